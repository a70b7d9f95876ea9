"""The channels: the message compiler and the drivers that carry messages; all SMTP knowledge stays in here."""
