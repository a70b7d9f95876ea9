"""The file itself as it will be read: its first rows and those a repair touches, the old value beside the new."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from beizai.imports import person_statements
from beizai.imports.desk import Desk
from beizai.imports.judging import Repair

State = Literal["", "fix", "ask", "out"]
FIRST_ROWS = 6
_MOST = 24
_PROPOSED = {"email_typos", "number_width", "postcode_width"}  # left as they stand until said


@dataclass(frozen=True)
class Cell:
    """One cell: how it stands, how it is read, the rule (a code of `reasons`), and the state.

    fix: put right; ask: proposed, left as it stands until said; out: left out, or the reason why its row is kept aside.
    """

    text: str
    after: str = ""
    code: str = ""
    state: State = ""


@dataclass(frozen=True)
class ShownRow:
    """A row of the file under its own number; `aside` where it is kept aside as a whole."""

    row_no: int
    cells: tuple[Cell, ...]
    aside: str = ""


def shown_rows(
    desk: Desk, repairs: Iterable[Repair], reasons: Sequence[tuple[str, int, int]]
) -> tuple[ShownRow, ...]:
    """The first rows, and for each repair and each reason the first rows it touches, in the order of the file."""
    first = desk.staged.first_row
    wanted = set(range(first, first + FIRST_ROWS)) | {row_no for _, _, row_no in reasons[:8]}
    if desk.mapped.kind == "customers":
        wanted |= {row_no for (row_no,) in desk.rows(person_statements.MENDED_FIRST)}
    numbers = sorted(wanted)[:_MOST]
    changed = _changed(desk, numbers, {one.code for one in repairs if one.done})
    asides = {row_no: reason for reason, _, row_no in reasons}
    asides |= _asides(desk, numbers)
    return tuple(
        ShownRow(
            row_no,
            tuple(_cells(desk, row_no, cells, changed, asides.get(row_no, ""))),
            asides.get(row_no, ""),
        )
        for row_no, *cells in _as_they_stand(desk, numbers)
    )


def _cells(
    desk: Desk, row_no: int, cells: Sequence[str | None], changed: dict[tuple[int, int], Cell], aside: str
) -> Iterable[Cell]:
    code, _, field = aside.partition(":")
    guilty = desk.mapped.fields.get(field, -1)
    for index, text in enumerate(cells):
        if index == guilty and aside:
            yield Cell(text or "", "", code, "out")
        else:
            found = changed.get((row_no, index))
            yield replace(found, text=text or "") if found else Cell(text or "")


def _as_they_stand(desk: Desk, numbers: list[int]) -> list[tuple[Any, ...]]:
    desk.con.read_parquet(str(desk.staged.path), file_row_number=True).create_view("shown_file", replace=True)
    return desk.rows(
        "select file_row_number + $first, * exclude (file_row_number, problem) from shown_file "
        "where file_row_number + $first in (select unnest($numbers)) order by 1",
        {"first": desk.staged.first_row, "numbers": numbers},
    )


def _asides(desk: Desk, numbers: list[int]) -> dict[int, str]:
    if desk.mapped.kind != "customers":
        return {}
    asked = "select row_no, reason from rejected where row_no in (select unnest($numbers))"
    return dict(desk.rows(asked, {"numbers": numbers}))


def _changed(desk: Desk, numbers: list[int], done: set[str]) -> dict[tuple[int, int], Cell]:
    """The cells of these rows that are not read as they stand, by row and column."""
    if desk.mapped.kind != "customers":
        return {}
    found: dict[tuple[int, int], Cell] = {}
    for row_no, field, code, before, after in desk.rows(person_statements.MENDED_CELLS, {"numbers": numbers}):
        index = desk.mapped.fields.get(field)
        if index is not None:
            state: State = "ask" if code in _PROPOSED and code not in done else "fix" if after else "out"
            found.setdefault((row_no, index), Cell(before or "", after or "", code, state))
    return found
