"""The customers' pages: the list, the card, its history, and what goes out."""
