"""Home: where the book stands today, drawn as the loop, and what is worth doing this week."""
