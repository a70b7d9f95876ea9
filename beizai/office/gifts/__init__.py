"""The pages of gifts made to measure: taking an order at the counter, and what the workshop does with it."""
