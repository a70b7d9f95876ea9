"""The register of personal data: each room says what it holds of a person, how that is given out, erased and kept.

A test fails when a table with a customer's id is not registered, or does not say how long it is kept.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from beizai.base import keeping
from beizai.base.errors import Invalid
from beizai.base.keeping import Keeping, Stays

GiveOut = Callable[[int], Sequence[Mapping[str, Any]]]
Erase = Callable[[int, datetime], int]


@dataclass(frozen=True)
class Holding:
    """What one table holds of a person.

    `table` is the database or lake table; `give_out` returns its rows of a customer in readable words;
    `erase` takes them out (or says why some stay, in `kept_because`) and returns how many went;
    `kept` is how long: one or more kinds with an age (`base.keeping`), or why it has none.
    """

    table: str
    what: str
    give_out: GiveOut
    erase: Erase
    kept_because: str = ""
    kept: Keeping | tuple[Keeping, ...] | Stays | None = None

    @property
    def keepings(self) -> tuple[Keeping, ...]:
        """The kinds of this table that have an age."""
        if isinstance(self.kept, Keeping):
            return (self.kept,)
        return self.kept if isinstance(self.kept, tuple) else ()

    @property
    def keep_days(self) -> int | None:
        """How long the longest kept of its kinds is kept by default; None: as long as the person is in the book."""
        days = [one.keep_days for one in self.keepings]
        return max((one for one in days if one is not None), default=None) if None not in days else None


_holdings: dict[str, Holding] = {}


def register(holding: Holding) -> None:
    """Registers a table once; the same table twice is a mistake of ours."""
    if holding.table in _holdings and _holdings[holding.table].what != holding.what:
        raise Invalid("The table {table} is registered twice.", table=holding.table)
    _holdings[holding.table] = holding


def holdings() -> tuple[Holding, ...]:
    """Everything registered, by table name."""
    return tuple(_holdings[name] for name in sorted(_holdings))


def keepings() -> tuple[Keeping, ...]:
    """Every kind with an age, of tables and of what else is held, by name."""
    found = {one.kind: one for holding in holdings() for one in holding.keepings}
    found |= {one.kind: one for one in keeping.others()}
    return tuple(found[kind] for kind in sorted(found))
