"""New cards by the hundred thousand: rows are made ready on the desk, then written table by table, slice after slice."""

import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC
from functools import partial
from operator import itemgetter
from typing import Any

from django.db import connection

from beizai.base.progress import Progress
from beizai.consent.models import Basis, ConsentEntry, Purpose
from beizai.customers.models import (
    AttributeDefinition,
    ContactPoint,
    Customer,
    ExternalId,
    SearchWords,
    Tag,
)
from beizai.imports import person_statements
from beizai.imports.cards import parsed
from beizai.imports.desk import Desk
from beizai.imports.entries import tags_of
from beizai.imports.models import Import
from beizai.imports.newcomers import Arrival
from beizai.imports.people import fill, read_names
from beizai.imports.slices import insert, moment, reserve, wide_open, write_parts, write_slices

_FETCHED = 2_000
_PIECE = 40_000


def make_people(
    desk: Desk,
    definitions: Mapping[str, AttributeDefinition],
    arrival: Arrival,
    *,
    currency: str,
    progress: Progress,
) -> int:
    """Makes a card for everyone on the desk whom the book does not know; returns how many. Table `new_ids` has their ids."""
    if definitions:
        _read_facts(desk, definitions, currency)
    return make_cards(desk, arrival, facts=bool(definitions), progress=progress)


def make_cards(desk: Desk, arrival: Arrival, *, facts: bool = False, progress: Progress) -> int:
    """The same without attributes, as for customers an orders file names."""
    read_names(desk)
    end = f',"source":{arrival.source.pk},"at":{json.dumps(arrival.now.isoformat())}}}' if facts else ""
    count = int(desk.rows("select count(*) from people where row_no not in (select row_no from met)")[0][0])
    first = reserve(Customer, count) if count else 1
    desk.variables(first_id=first)
    desk.run(person_statements.NEW_IDS)
    spans = [(at, min(first + count, at + _PIECE) - 1) for at in range(first, first + count, _PIECE)]
    done = 0
    with wide_open(), ThreadPoolExecutor(1) as ahead:
        coming = ahead.submit(_piece, desk, spans[0], end=end) if spans else None
        for place, (start, stop) in enumerate(spans):
            assert coming is not None
            piece = coming.result()
            coming = ahead.submit(_piece, desk, spans[place + 1], end=end) if place + 1 < len(spans) else None
            _write(piece, arrival)
            done += stop - start + 1
            progress(done, count, "new customers")
    return count


def _read_facts(desk: Desk, definitions: Mapping[str, AttributeDefinition], currency: str) -> None:
    names = {f"attribute_{index}": key for key, index in desk.mapped.attributes.items()}
    kinds = [
        (name, place, json.dumps(key), str(definitions[key].kind))
        for place, (name, key) in enumerate(names.items())
    ]
    fill(desk, "fact_keys", kinds)
    odd = [
        (name, text, json.dumps(value))
        for name, _, text in desk.rows(person_statements.ODD_FACTS)
        if (value := parsed(definitions[names[name]], text, currency)) is not None
    ]
    fill(desk, "fact_words", odd)


@dataclass(frozen=True, slots=True)
class _Piece:
    """Some thousand new cards, made ready while those before are written."""

    people: list[tuple[Any, ...]]
    facts: dict[int, str]


def _piece(desk: Desk, span: tuple[int, int], *, end: str) -> _Piece:
    con = desk.con.cursor()
    ids = {"first": span[0], "last": span[1]}
    top, bottom = con.execute(person_statements.SPAN, ids).fetchall()[0]
    asked = ids | {"top": top, "bottom": bottom}
    people = con.execute(person_statements.CARD_ROWS, asked).fetchall()
    told = dict(con.execute(person_statements.FACT_ROWS, asked | {"fact_end": end}).fetchall()) if end else {}
    con.close()
    return _Piece(people, told)


def _write(piece: _Piece, arrival: Arrival) -> None:
    """Table after table, each in the order of an index of its own: fewer pages are touched."""
    at, source, simulated = moment(arrival.now), arrival.source.pk, arrival.simulated
    came = (source, arrival.import_id, simulated, 0, at, at)
    told, people = piece.facts, piece.people
    given = (source, simulated, at)
    points = [(p[0], "email", p[9], p[10], *given) for p in people if p[10]]
    points += [(p[0], "phone", p[11], p[12], *given) for p in people if p[12]]
    points.sort(key=itemgetter(1, 3))
    for model, columns, rows in (
        (Customer, _CARD, [(*p[:8], told.get(p[0], "{}"), *came) for p in people]),
        (ExternalId, ("customer", "value", "source"), [(p[0], p[8], source) for p in people if p[8]]),
        (ContactPoint, _POINT, points),
        (
            Tag,
            ("customer", "tag", "added_at"),
            [(p[0], tag, at) for p in people if p[13] for tag in tags_of(p[13])],
        ),
        (SearchWords, ("customer", "words"), [(p[0], p[14]) for p in people if p[14]]),
    ):
        write_slices(rows, partial(insert, model, columns))


_CARD = (
    "id", "name", "given_name", "family_name", "country", "language", "birthday_on", "postal_address", "facts", "source", "import_id",
    "simulated", "revision", "created_at", "changed_at",
)  # fmt: skip
_POINT = ("customer", "channel", "value", "normal", "source", "simulated", "added_at")


def _rows(desk: Desk, question: str, first: int, last: int) -> Iterator[Sequence[Any]]:
    found = desk.con.execute(question, {"first": first, "last": last})
    while rows := found.fetchmany(_FETCHED):
        yield from rows


def record_decisions(desk: Desk, arrival: Arrival, row: Import, *, progress: Progress) -> None:
    """Writes down every refusal, and every permission that has its words, its place and its time."""
    desk.variables(
        import_id=str(arrival.import_id),
        file_name=row.file_name,
        now_utc=arrival.now.astimezone(UTC).replace(tzinfo=None),
    )
    desk.run(person_statements.DECISIONS)
    count = int(desk.rows("select count(*) from decisions")[0][0])
    zone = "+00" if connection.vendor == "postgresql" else ""
    came = (
        str(Purpose.MARKETING),
        str(Basis.CONSENT),
        arrival.source.pk,
        arrival.import_id,
        arrival.simulated,
        moment(arrival.now),
    )
    columns = (
        "customer_id", "channel", "decision", "text", "text_sha256", "evidence", "at", "purpose", "basis", "source", "import_id",
        "simulated", "recorded_at",
    )  # fmt: skip

    def write(start: int, stop: int) -> None:
        found = _rows(desk, person_statements.DECISION_ROWS, start, stop - 1)
        insert(ConsentEntry, columns, ((*said[:6], f"{said[6]}{zone}", *came) for said in found))

    with wide_open():
        write_parts(count, write, progress=progress, what="permissions and refusals")
