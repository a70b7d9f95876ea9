"""A whole file meets the book: whose card each of its rows is, by the rule of `same`, all rows at once.

The rows lie in an engine of the caller's (see `meeting_statements` for the tables); the book's addresses that are
among them are brought there, names are compared one by one, and the rest is a handful of statements.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import duckdb
import pyarrow as pa
from django.db import connection
from django.db.models import QuerySet

from beizai.customers import belonging
from beizai.customers.models import Channel, ContactPoint, Customer, ExternalId
from beizai.identity import deterministic, rules, same
from beizai.identity import meeting_statements as statements
from beizai.identity.models import SharedPoint

BOTH = (Channel.EMAIL, Channel.PHONE)
_ASK_ALL = 20_000  # beyond so many addresses, all the book has are read once and compared in the engine
_PIECE = 100_000


def meet(
    con: duckdb.DuckDBPyConnection, source_id: int | None, *, channels: Collection[Channel] = BOTH
) -> None:
    """Fills `met` for the rows whose address leads to one card, and `maybe` for those a person should look at."""
    _run(con, statements.TABLES)
    for channel in channels:
        _bring_holders(con, channel, source_id)
    if not con.execute("select count(*) from holders").fetchall()[0][0]:
        return
    _lead(con)
    _count(con)
    _name(con)
    _share(con)
    _run(con, statements.PAIRS)
    _number(con, source_id)
    _compare(con, statements.NAMES_OF_ROWS)
    for statement in (statements.JUDGED, statements.DECIDED):
        _run(con, statement)
    for channel in channels:
        if channel is Channel.PHONE:
            _run(con, statements.TAKEN)
            _run(con, statements.FORGET_TAKEN)
        email = channel is Channel.EMAIL
        con.execute(statements.MEET, {"because": channel.value, "email": email}).complete()
    _run(con, statements.MAYBE)


def _bring_holders(con: duckdb.DuckDBPyConnection, channel: Channel, source_id: int | None) -> None:
    """The cards that have one of the file's addresses now."""
    rows = ContactPoint.objects.filter(channel=channel, ended_at=None)
    if not rows.exists():
        return
    email = channel is Channel.EMAIL
    _run(con, statements.ASKED_EMAILS if email else statements.ASKED_PHONES)
    wanted = con.execute("select count(*) from asked_points").fetchall()[0][0]
    if not wanted:
        return
    named = ("normal", "customer_id", "verified", "stands", "own")
    told = deterministic.standing(rows, source_id).values_list(*named)
    for piece in read_all(told) if wanted > _ASK_ALL else _asked(told, _column(con, _ALL_ASKED)):
        columns = list(zip(*piece, strict=True))
        flags = [pa.array(column, pa.int8()) for column in columns[2:]]
        incoming = pa.table(
            [pa.array(columns[0], pa.string()), pa.array(columns[1], pa.int64()), *flags], names=list(named)
        )
        con.register("incoming", incoming)
        _run(con, statements.TAKE_EMAILS if email else statements.TAKE_PHONES)
        con.unregister("incoming")


_ALL_ASKED = "select normal from asked_points order by normal"


def read_all(rows: QuerySet[Any, Any]) -> Iterator[list[Any]]:
    """All rows of a large answer in pieces, straight from the database, without Django's own look at each."""
    text, given = rows.query.sql_with_params()
    with connection.chunked_cursor() as cursor:
        cursor.execute(text, given)
        while piece := cursor.fetchmany(_PIECE):
            yield piece


def _asked(rows: QuerySet[Any, Any], wanted: Sequence[str]) -> Iterator[list[Any]]:
    for piece in belonging.in_pieces(wanted, 500):
        found = list(rows.filter(normal__in=piece))
        if found:
            yield found


def _lead(con: duckdb.DuckDBPyConnection) -> None:
    """Joined numbers lead to the card that was kept."""
    _fill(con, "leads", ["number", "card_id"], sorted(belonging.leading().items()))
    _run(con, statements.KEPT)


def _name(con: duckdb.DuckDBPyConnection) -> None:
    wanted = _column(con, statements.KEPT_CARDS)
    rows = Customer.objects.values_list("pk", "name")
    if len(wanted) > _ASK_ALL:
        for piece in read_all(rows):
            _fill(con, "called", ["card_id", "name"], piece)
        return
    for few in belonging.in_pieces(wanted, 500):
        _fill(con, "called", ["card_id", "name"], rows.filter(pk__in=few))


def _count(con: duckdb.DuckDBPyConnection) -> None:
    """How many cards have each address, and what people said of it; then only what the rows ask by is kept."""
    said = SharedPoint.objects.filter(channel__in=BOTH).values_list("channel", "normal", "shared")
    _fill(
        con,
        "said_shared",
        ["email", "normal", "shared"],
        ((channel == Channel.EMAIL, normal, is_so) for channel, normal, is_so in said),
    )
    con.execute(statements.POINTS, {"limit": rules.rules().shared_by}).complete()
    _run(con, statements.ASKS)


def _share(con: duckdb.DuckDBPyConnection) -> None:
    """What cards of different names have is shared."""
    _compare(con, statements.NAMES_OF_CARDS)
    _run(con, statements.SHARED_BY_NAMES)


def _number(con: duckdb.DuckDBPyConnection, source_id: int | None) -> None:
    """The cards among those laid beside a number that have another one in its source."""
    asked = _column(con, statements.WITH_NUMBER) if source_id is not None else []
    if not asked or source_id is None:
        return
    if len(asked) > _ASK_ALL:
        rows = ExternalId.objects.filter(source_id=source_id).values_list("customer_id")
        whose = belonging.leading()
        for piece in read_all(rows):
            _fill(con, "numbered", ["card_id"], ((whose.get(one, one),) for (one,) in piece))
    else:
        _fill(con, "numbered", ["card_id"], ((one,) for one in deterministic.numbered(source_id, asked)))
    _run(con, statements.NUMBERED)


def _compare(con: duckdb.DuckDBPyConnection, question: str) -> None:
    pairs = con.execute(question).fetchall()
    verdicts = ((one, other, same.names(one, other).value) for one, other in pairs)
    _fill(con, "compared", ["one", "other", "verdict"], verdicts)


def _fill(
    con: duckdb.DuckDBPyConnection, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    rest = iter(rows)
    while piece := list(islice(rest, _PIECE)):
        arrays = [pa.array(column) for column in zip(*piece, strict=True)]
        con.register("incoming", pa.table(arrays, names=list(columns)))
        _run(con, f"insert into {table} select * from incoming")  # noqa: S608  (the table is one of our constants)
        con.unregister("incoming")


def _column(con: duckdb.DuckDBPyConnection, question: str) -> list[Any]:
    return [value for (value,) in con.execute(question).fetchall()]


def _run(con: duckdb.DuckDBPyConnection, statement: str) -> None:
    con.execute(statement).complete()
