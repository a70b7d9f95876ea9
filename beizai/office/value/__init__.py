"""The pages that say who brings the sales, who is who, and what to do for each; every figure with its why."""
