"""Beizai: database marketing in one program, from the customer book to what a campaign earned."""

__version__ = "0.1.0"
