"""The pages by which a file comes into the book: read, checked, brought in as one, and taken out again if need be."""
