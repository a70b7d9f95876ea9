"""Sources by name."""

from datetime import datetime

from beizai.sources.models import Source, SourceKind


def source(name: str, kind: SourceKind, *, now: datetime, simulated: bool = False) -> Source:
    """The source of this name, made where it is new."""
    return Source.objects.get_or_create(
        name=name, defaults={"kind": kind, "created_at": now, "simulated": simulated}
    )[0]


def till(now: datetime) -> Source:
    """The shop's own till: sales rung up by hand."""
    return source("Till", SourceKind.TILL, now=now)


def office(now: datetime) -> Source:
    """What staff enter on a card."""
    return source("Office", SourceKind.OFFICE, now=now)
