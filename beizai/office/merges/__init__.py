"""One person, several cards: the pairs to look at, each merge with its undoing, and the rules of joining."""
