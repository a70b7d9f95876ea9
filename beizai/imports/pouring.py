"""Rows from the desk into the office's tables by the ten thousand: asked for ahead in a thread, written while the next are made."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

from django.db import connection
from django.db.models import Model

from beizai.base.progress import Progress
from beizai.imports.desk import Desk
from beizai.imports.slices import copy_file, insert, write_slices

_T = TypeVar("_T")
_FETCHED = 20_000
_END = object()


@dataclass(frozen=True)
class Table:
    """Where rows go: the columns a question answers with, and those that are the same on every row.

    `once`: a row the table has already is passed over (somebody was quicker).
    """

    model: type[Model]
    columns: Sequence[str]
    same: Mapping[str, Any] = field(default_factory=dict)
    once: bool = False


@dataclass(frozen=True)
class Question:
    """What the desk is asked, in one piece or in several; each of `pieces` holds the parameters of one."""

    text: str
    pieces: Sequence[Mapping[str, Any]] = ({},)


def pour(desk: Desk, question: Question, table: Table, *, count: int, progress: Progress, what: str) -> None:
    """Writes everything the question answers into the table, in its order; `count` rows or pieces are told to who waits."""
    done = 0
    progress(0, count, what)
    if connection.vendor == "postgresql":
        for path in ahead(_files(desk, question)):
            copy_file(table.model, table.columns, path, same=table.same, once=table.once)
            path.unlink()
            done += 1
            progress(min(count, done * count // len(question.pieces)), count, what)
        return
    write = partial(insert, table.model, table.columns, same=table.same, once=table.once)
    for rows in ahead(_lists(desk, question)):
        write_slices(rows, write)
        done += len(rows)
        progress(min(done, count), count, what)


def _lists(desk: Desk, question: Question) -> Iterator[list[tuple[Any, ...]]]:
    with desk.con.cursor() as con:
        for piece in question.pieces:
            found = con.execute(question.text, piece or None)
            while rows := found.fetchmany(_FETCHED):
                yield rows


def _files(desk: Desk, question: Question) -> Iterator[Path]:
    """The answers as the database's own COPY reads them: no row passes through Python."""
    with desk.con.cursor() as con:
        for piece in question.pieces:
            path = desk.staged.path.with_name(f"{uuid4().hex}.csv")
            con.sql(question.text, params=dict(piece)).write_csv(str(path), header=False, na_rep="\\N")
            yield path


def ahead(items: Iterator[_T]) -> Iterator[_T]:
    """The same items, the next one made in a thread while the last is used."""
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(next, items, _END)
        while (item := coming.result()) is not _END:
            coming = pool.submit(next, items, _END)
            yield item  # type: ignore[misc]
