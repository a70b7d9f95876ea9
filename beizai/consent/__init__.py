"""The consent ledger: who allowed or refused what, with its proof; may_contact() with its reason."""
