"""Webhooks: programs of others are told what happened in the book, once each, until they have taken it."""
