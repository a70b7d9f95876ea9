"""What sites and programs tell: the calls of the events API, as the Segment HTTP API defines them (pure)."""

from beizai.events.calls.call import KINDS, Call, understand
from beizai.events.calls.request import (
    DEPTH,
    EVENT_BYTES,
    EVENTS,
    REQUEST_BYTES,
    Heads,
    heads,
    unpack,
    unzip,
)

__all__ = [
    "DEPTH",
    "EVENTS",
    "EVENT_BYTES",
    "KINDS",
    "REQUEST_BYTES",
    "Call",
    "Heads",
    "heads",
    "understand",
    "unpack",
    "unzip",
]
