"""Ready-made books as data, a folder each: what is worth knowing, what can be booked or made to measure, whom to look at first."""
