"""Rows of the lake that still say whose they are, and how that is taken off them."""

from dataclasses import dataclass
from datetime import datetime

from beizai.lake.schema import EVENTS


@dataclass(frozen=True)
class Named:
    """Rows of one table with a name on them: of some kinds (none: of all), but of nobody spared, by customer or by device."""

    table: str
    kinds: tuple[str, ...] = ()
    spared: frozenset[int] = frozenset()
    devices: frozenset[str] = frozenset()

    @property
    def condition(self) -> str:
        """As SQL both engines read. delta-rs takes its predicate as text only: every value is written by `int` or `_text`.

        >>> Named("events", ("opened",), frozenset({7})).condition
        "kind IN ('opened') AND (customer_id IS NULL OR customer_id NOT IN (7)) AND (customer_id IS NOT NULL OR anonymous_id IS NOT NULL)"
        """
        parts = []
        if self.kinds:
            parts.append(f"kind IN ({', '.join(_text(kind) for kind in self.kinds)})")
        if self.spared:
            numbers = ", ".join(str(int(one)) for one in sorted(self.spared))
            parts.append(f"(customer_id IS NULL OR customer_id NOT IN ({numbers}))")
        if self.devices and self.table == EVENTS:
            names = ", ".join(_text(one) for one in sorted(self.devices))
            parts.append(f"(anonymous_id IS NULL OR anonymous_id NOT IN ({names}))")
        events = self.table == EVENTS
        parts.append(
            "(customer_id IS NOT NULL OR anonymous_id IS NOT NULL)" if events else "customer_id IS NOT NULL"
        )
        return " AND ".join(parts)

    @property
    def emptied(self) -> dict[str, str]:
        """What each column becomes: an event keeps its kind, time, campaign and link."""
        if self.table == EVENTS:
            return {"customer_id": "NULL", "anonymous_id": "NULL", "props": "NULL"}
        return {"customer_id": "NULL"}


def predicate(named: Named, period: str, before: datetime) -> str:
    """The rows of one month that happened before a moment (naive UTC)."""
    return f"period = {_text(period)} AND occurred_at < {_text(before.isoformat())} AND {named.condition}"


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
