"""Ready-made books as data: for each trade what is worth knowing of a customer, and whom to look at first."""
