"""Webhooks in the office: which programs are told what, how that goes, and the log of every attempt."""
