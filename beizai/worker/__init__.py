"""What runs by itself: sending, carrying what happened into the lake, jobs in steps; what was written down below is carried up here."""
