"""A home as a whole: made, opened, copied while in use, brought back, brought up to date, checked."""
