"""When somebody is at the desk: hours by weekday in the shop's own time, and the days on which it is closed (pure)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

from beizai.base.errors import Invalid

_LOOK_AHEAD_DAYS = 60
_MOST_SPANS, _MOST_HOLIDAYS = 4, 200


@dataclass(frozen=True)
class Week:
    """The hours of each weekday (0 = Monday), and the closed days."""

    hours: Mapping[int, tuple[tuple[time, time], ...]]
    holidays: frozenset[date]


def read(hours: Mapping[str, Any], holidays: Sequence[Any]) -> Week:
    """The week of `{"0": [["09:00", "18:00"]]}` and `["2026-12-25"]`; Invalid says which line is wrong.

    >>> read({"5": [["10:00", "14:00"]]}, ["2026-12-25"]).hours[5]
    ((datetime.time(10, 0), datetime.time(14, 0)),)
    """
    found: dict[int, tuple[tuple[time, time], ...]] = {}
    for key, spans in hours.items():
        if key not in set("0123456") or len(spans) > _MOST_SPANS:
            raise Invalid("“{text}” is no weekday.", text=str(key), hint="Monday is 0, Sunday is 6.")
        found[int(key)] = tuple(sorted(_span(one) for one in spans))
    if len(holidays) > _MOST_HOLIDAYS:
        raise Invalid("There are over {most} closed days.", most=_MOST_HOLIDAYS)
    return Week({day: spans for day, spans in found.items() if spans}, frozenset(map(_day, holidays)))


def _span(given: Any) -> tuple[time, time]:
    try:
        begins, ends = (time.fromisoformat("23:59" if one == "24:00" else one) for one in given)
    except (ValueError, TypeError):
        raise Invalid("“{text}” are no hours.", text=str(given), hint="Write 09:00-18:00.") from None
    if ends <= begins:
        raise Invalid("“{text}” ends before it begins.", text=f"{begins:%H:%M}-{ends:%H:%M}")
    return begins, ends


def _day(given: Any) -> date:
    try:
        return date.fromisoformat(given)
    except (ValueError, TypeError):
        raise Invalid("“{text}” is no date.", text=str(given), hint="Write 2026-12-25.") from None


def is_open(week: Week, at: datetime, zone: tzinfo) -> bool:
    """Whether the desk has its hours now."""
    local = at.astimezone(zone)
    if local.date() in week.holidays:
        return False
    return any(begins <= local.time() < ends for begins, ends in week.hours.get(local.weekday(), ()))


def next_opening(week: Week, at: datetime, zone: tzinfo) -> datetime | None:
    """When the desk opens next; None where it does not within two months."""
    today = at.astimezone(zone).date()
    for ahead in range(_LOOK_AHEAD_DAYS):
        day = today + timedelta(days=ahead)
        if day in week.holidays:
            continue
        for begins, _ends in week.hours.get(day.weekday(), ()):
            opens = datetime.combine(day, begins, zone).astimezone(UTC)
            if opens > at:
                return opens
    return None


def lines(text: str) -> list[list[str]]:
    """The hours of one day as somebody types them.

    >>> lines("9:00-12:30, 14:00-18:00"), lines("")
    ([['09:00', '12:30'], ['14:00', '18:00']], [])
    """
    found = []
    for piece in text.replace("，", ",").replace("–", "-").replace(";", ",").split(","):
        if not piece.strip():
            continue
        begins, dash, ends = piece.partition("-")
        if not dash:
            raise Invalid("“{text}” are no hours.", text=piece.strip(), hint="Write 09:00-18:00.")
        found.append([one.strip().rjust(5, "0") for one in (begins, ends)])
    return found


def typed(spans: Sequence[Sequence[str]]) -> str:
    """The hours of one day as they are shown in a field."""
    return ", ".join("-".join(span) for span in spans)
