"""The chat's pages: the one a visitor writes on, and the desk staff set up."""
