"""Mails of the shop's mailbox: fetched once, read with limits, put to the conversations they belong to, answered in them."""
