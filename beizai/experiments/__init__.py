"""Leaving some people alone by lot, and saying what a campaign earned with an interval that holds. Pure."""
