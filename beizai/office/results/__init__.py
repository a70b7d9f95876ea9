"""The pages on which a shop sees what its campaigns earned, or that it cannot tell yet."""
