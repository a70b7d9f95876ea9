"""Webhooks: other programs are told what happened, signed as Standard Webhooks defines it, at public addresses only."""

from beizai.channels.webhook.address import Allowed, Target, checked_addresses, is_public, read_url
from beizai.channels.webhook.posting import Answer, Limits, Ways, post
from beizai.channels.webhook.signing import headers, new_secret, signature, webhook_id

__all__ = [
    "Allowed",
    "Answer",
    "Limits",
    "Target",
    "Ways",
    "checked_addresses",
    "headers",
    "is_public",
    "new_secret",
    "post",
    "read_url",
    "signature",
    "webhook_id",
]
