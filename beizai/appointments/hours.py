"""The free times of a day: staff hours less absences less what is taken (pure)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

GRAIN = timedelta(minutes=5)


@dataclass(frozen=True, order=True)
class Span:
    """A stretch of time, its end not in it; both ends aware, in UTC."""

    begins_at: datetime
    ends_at: datetime

    def meets(self, other: "Span") -> bool:
        """Whether the two share a moment."""
        return self.begins_at < other.ends_at and other.begins_at < self.ends_at


def span_of(day: date, begins: time, ends: time, zone: tzinfo) -> Span:
    """A stretch of a civil day as moments: on the day the clocks change it is an hour longer or shorter."""
    return Span(
        datetime.combine(day, begins, zone).astimezone(UTC), datetime.combine(day, ends, zone).astimezone(UTC)
    )


def without(open_spans: Iterable[Span], taken: Iterable[Span]) -> list[Span]:
    """What is left of the open stretches, in order."""
    left = sorted(open_spans)
    for hole in taken:
        left = [piece for span in left for piece in _cut(span, hole)]
    return left


def _cut(span: Span, hole: Span) -> Iterator[Span]:
    if not span.meets(hole):
        yield span
        return
    if span.begins_at < hole.begins_at:
        yield Span(span.begins_at, hole.begins_at)
    if hole.ends_at < span.ends_at:
        yield Span(hole.ends_at, span.ends_at)


def starts(
    free: Iterable[Span], length: timedelta, *, step: timedelta, not_before: datetime
) -> list[datetime]:
    """The times something of this length can begin: every `step` from the beginning of each free stretch.

    Beginning where a stretch begins leaves no crumbs between two appointments.
    """
    found = []
    for span in free:
        at = span.begins_at
        if at < not_before:
            at += step * -((at - not_before) // step)  # the first step that is not past
        while at + length <= span.ends_at:
            found.append(at)
            at += step
    return sorted(set(found))


def grains(begins_at: datetime, length: timedelta) -> list[datetime]:
    """The five-minute pieces a stretch takes up."""
    return [begins_at + GRAIN * number for number in range(-(-length // GRAIN))]
