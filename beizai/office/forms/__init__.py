"""The pages of forms: those the shop builds them with, and those customers fill in."""
