"""The public endpoints under load: clicks, the open pixel, one-click unsubscribe (bare ASGI, no ORM on the hot path)."""

from beizai.edge.app import application

__all__ = ["application"]
