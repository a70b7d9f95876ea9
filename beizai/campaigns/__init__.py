"""Campaigns: the plan, who is chosen (eligibility, then the draw), approval."""
