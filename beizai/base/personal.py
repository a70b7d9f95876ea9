"""The register of personal data: each room says what it holds of a person, and how that is given out and erased.

A test fails when a table with a customer's id is not registered.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from beizai.base.errors import Invalid

GiveOut = Callable[[int], Sequence[Mapping[str, Any]]]
Erase = Callable[[int, datetime], int]
Expire = Callable[[datetime], int]


@dataclass(frozen=True)
class Holding:
    """What one table holds of a person.

    `table` is the database or lake table; `give_out` returns its rows of a customer in readable words;
    `erase` takes them out (or says why some stay, in `kept_because`) and returns how many went;
    `keep_days` is how long rows are kept by default (None: as long as the person is in the book);
    `expire` takes out what is older than a time and returns how many rows that was.
    """

    table: str
    what: str
    give_out: GiveOut
    erase: Erase
    keep_days: int | None = None
    kept_because: str = ""
    expire: Expire | None = None


_holdings: dict[str, Holding] = {}


def register(holding: Holding) -> None:
    """Registers a table once; the same table twice is a mistake of ours."""
    if holding.table in _holdings and _holdings[holding.table].what != holding.what:
        raise Invalid("The table {table} is registered twice.", table=holding.table)
    _holdings[holding.table] = holding


def holdings() -> tuple[Holding, ...]:
    """Everything registered, by table name."""
    return tuple(_holdings[name] for name in sorted(_holdings))
