"""How far a log of the office can be read without leaving out a row that somebody is still writing.

A row's number is given when it is written and seen when its transaction ends: on PostgreSQL a later number may be seen
before an earlier one. Whoever writes to a table holds a lock on it from before its first number until the end, so:
the highest number seen, then everybody who holds such a lock; when they are gone, all below it is there or never will be.
SQLite has one writer at a time: what is seen is all.
"""

from dataclasses import dataclass, field

from django.db import connection
from django.db.models import Max, Model

_WRITERS = """
    SELECT virtualtransaction FROM pg_locks
    WHERE locktype = 'relation' AND relation = %s::regclass AND granted AND pid <> pg_backend_pid()
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND mode IN ('RowExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
"""


@dataclass
class _Mark:
    high: int
    writers: frozenset[str]


@dataclass
class Settled:
    """Remembers for one process how far each table is settled."""

    _ends: dict[str, int] = field(default_factory=dict)
    _marks: dict[str, _Mark] = field(default_factory=dict)

    def end(self, model: type[Model]) -> int:
        """The highest number below which nothing more will appear. It may lag behind while somebody writes for long."""
        if connection.vendor != "postgresql":
            return highest(model)
        table = model._meta.db_table
        mark = self._marks.pop(table, None) or self._marked(model, table)
        if mark.writers and mark.writers & _writers(table):
            self._marks[table] = mark
        else:
            self._ends[table] = mark.high
        return self._ends.get(table, 0)

    def _marked(self, model: type[Model], table: str) -> _Mark:
        high = highest(model)  # before the writers are looked at: whoever wrote below it is among them
        return _Mark(high, _writers(table))


def highest(model: type[Model]) -> int:
    """The highest number that can be seen."""
    return int(model._default_manager.aggregate(high=Max("pk"))["high"] or 0)


def _writers(table: str) -> frozenset[str]:
    with connection.cursor() as cursor:
        cursor.execute(_WRITERS, [f'"{table}"'])
        return frozenset(row[0] for row in cursor.fetchall())
