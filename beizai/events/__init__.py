"""What happened: the inbox that takes it durably and once, the batches of imports, and the book that is read."""
