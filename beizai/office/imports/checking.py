"""What the check of a file says: how much can be read, what is put right, what will happen."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from beizai.imports.files import Preview
from beizai.imports.judging import Repair
from beizai.imports.recognise import ATTRIBUTE
from beizai.imports.shown import Cell, ShownRow
from beizai.office.imports import told
from beizai.office.merges.words import doubts as doubt_words
from beizai.office.wording import day, money, number

_SHOWN_COLUMNS = 30
_CONSENT = ("consent_without_proof", "consent_brought")


@dataclass(frozen=True)
class RepairLine:
    """One repair: the rule, an example, how many rows, and whether it is done."""

    code: str
    rule: told.Rule
    before: str
    after: str
    rows: int
    optional: bool
    done: bool


@dataclass(frozen=True)
class Kept:
    """One reason why rows are kept aside."""

    words: str
    rows: int
    first_row: int


def check_words(seen: Preview) -> dict[str, Any]:
    """Everything the page shows, in words."""
    counts = seen.counts
    rows = counts.get("rows", 0)
    repairs = [_line(repair) for repair in seen.repairs if repair.code not in _CONSENT]
    return {
        "preview": seen,
        "head": head(seen),
        "parts": _parts(counts),
        "counts": counts,
        "bringable": rows - counts.get("kept_aside", 0),
        "repairs": [line for line in repairs if line.optional],
        "noticed": [line for line in repairs if not line.optional],
        "consent": [_line(repair) for repair in seen.repairs if repair.code in _CONSENT],
        "kept": [Kept(told.aside(reason), count, first) for reason, count, first in seen.reasons],
        "happens": [*happens(seen), *_doubts(seen.doubts)],
        "questions": seen.questions,
        "sheet": _sheet(seen),
    }


@dataclass(frozen=True)
class SheetCell:
    """One cell of the file as it will be read; `why` where it is left out."""

    text: str
    after: str
    state: str
    why: str


def _sheet(seen: Preview) -> dict[str, Any]:
    """The file itself: Excel's letters, the headers with what each means, the first rows and those a repair touches."""
    columns = seen.staged.columns[:_SHOWN_COLUMNS]
    meaning = {header: name for name, header in seen.columns.items()}
    return {
        "columns": [(one.letter, one.header, _meaning(meaning.get(one.header, ""))) for one in columns],
        "rows": [
            (row.row_no, [_cell(cell) for cell in row.cells[: len(columns)]], _aside(row))
            for row in seen.rows_shown
        ],
        "hidden": len(seen.staged.columns) - len(columns),
    }


def _meaning(name: str) -> str:
    if name.startswith(ATTRIBUTE):
        return _("Attribute")
    return told.field(name) if name else _("Not brought in")


def _cell(cell: Cell) -> SheetCell:
    why = ""
    if cell.state == "out":
        why = (
            told.repair(cell.code).name if told.repair(cell.code).name != cell.code else told.aside(cell.code)
        )
    return SheetCell(cell.text, cell.after, cell.state, why)


def _aside(row: ShownRow) -> str:
    """Why the whole row is kept aside, where no cell of it can be named."""
    return told.aside(row.aside) if row.aside and not any(cell.state == "out" for cell in row.cells) else ""


def head(seen: Preview) -> str:
    """The finding: how much of the file can be read."""
    if seen.questions:
        return _("Something must be said before the file can be read")
    counts = seen.counts
    aside, decide = counts.get("kept_aside", 0), counts.get("to_decide", 0)
    if decide:
        return _("Almost all of the file can be read. %(n)s rows need a decision.") % {"n": number(decide)}
    if not aside:
        return _("All of the file can be read")
    return _("%(n)s of %(all)s rows are kept aside, the others can be read") % {
        "n": number(aside),
        "all": number(counts.get("rows", 0)),
    }


def _parts(counts: Mapping[str, int]) -> list[tuple[float, str]]:
    rows = max(counts.get("rows", 0), 1)
    named = (("as_it_stands", "blue"), ("repaired", "teal"), ("to_decide", "ochre"), ("kept_aside", "hatch"))
    return [(counts.get(name, 0) / rows, css) for name, css in named]


def _line(repair: Repair) -> RepairLine:
    return RepairLine(
        repair.code,
        told.repair(repair.code),
        repair.before,
        repair.after,
        repair.rows,
        repair.optional,
        repair.done,
    )


def happens(seen: Preview) -> list[tuple[str, str, str]]:
    """What will happen, as name, figure and one more sentence."""
    found = seen.happens
    if not found:
        return []
    if seen.kind == "customers":
        return [
            (_("New customers"), number(found["new_customers"]), ""),
            (
                _("Known already"),
                number(found["known_customers"]),
                _known(found),
            ),
            (
                _("Permissions written down"),
                number(found["permissions"]),
                _("only with words, place and time"),
            ),
        ]
    return [
        (_("New orders"), number(found["new_orders"]), _span(found)),
        (_("Replaced orders"), number(found["changed_orders"]), _("undoing brings the earlier ones back")),
        (_("Known already"), number(found["known_orders"]), _("the same order again adds nothing")),
        (
            _("New customers"),
            number(found["new_customers"]),
            _("%(n)s are known") % {"n": number(found["known_customers"])},
        ),
        (
            _("Sales without a customer"),
            number(found["anonymous_orders"]),
            _("kept and counted, nobody is invented for them"),
        ),
        (_("Returns"), number(found["returns"]), ""),
        (_("Net sum"), money(int(found["amount_minor"])), ""),
        (_("May be written to afterwards"), _("none of the new ones"), _("an order is no permission")),
    ]


def _known(found: Mapping[str, Any]) -> str:
    """By what they were known, and what happens to their cards."""
    ways = {"number": _("by number"), "email": _("by email"), "phone": _("by phone and name")}
    named = [
        f"{words} {number(found[f'known_by_{way}'])}"
        for way, words in ways.items()
        if found[f"known_by_{way}"]
    ]
    return " · ".join([*named, _("their cards are added to; what you wrote by hand stays")])


def _doubts(found: Mapping[str, int]) -> list[tuple[str, str, str]]:
    """Rows that may be of a card nobody can be sure of, and what becomes of them."""
    if not found:
        return []
    named = " · ".join(f"{doubt_words().get(why, why)}: {number(rows)}" for why, rows in found.items())
    told_after = _("nothing is guessed: they wait under One person?")
    return [(_("Perhaps known"), number(sum(found.values())), f"{named} · {told_after}")]


def _span(found: Mapping[str, Any]) -> str:
    first, last = _date(found.get("first_on")), _date(found.get("last_on"))
    return _("%(first)s to %(last)s") % {"first": day(first), "last": day(last)} if first and last else ""


def _date(value: Any) -> date | None:
    return date.fromisoformat(str(value)[:10]) if value else None
