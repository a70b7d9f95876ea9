"""The pages of sources: where customers come from, what they cost and what they brought."""
