"""The people who work with the book: the shop they work for, their roles, and what they did (audit)."""
