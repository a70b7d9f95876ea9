"""Who is who: which numbers are one person, how cards are joined and taken apart, and what a joined card says."""
