"""The pages of conversations: what waits for an answer, what was said, what it tells for the card."""
