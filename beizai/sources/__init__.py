"""Where customers, facts and consents come from, and what they cost."""
