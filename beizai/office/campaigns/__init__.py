"""The pages of a campaign: its plan step by step, who gets it, sending, and the ledger of every message."""
