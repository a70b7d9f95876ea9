"""Files into the book: looked at, brought in whole, listed, taken out again."""

import re
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from beizai.base.errors import Invalid
from beizai.base.progress import Progress
from beizai.cli.answer import answer, mode, progress, remark, table
from beizai.cli.command import Noun
from beizai.cli.imports_told import tell_preview, tell_result
from beizai.cli.wording import counted, word

bringing = Noun("Bring a file into the book: CSV, Excel or Parquet.")
app = Noun("What was brought in, and taking it out again.")

SOURCE = "Shop"  # orders and customers of one shop know each other by its numbers
KEYS = ("import_id", "rows", "accepted", "rejected", "anonymous_rows", "orders", "customers", "seconds")

File = Annotated[Path, typer.Argument(help="The file.")]
Columns = Annotated[
    str, typer.Option(metavar="FIELD=COLUMN,...", help="Which column is which field; FIELD= leaves one out.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would happen, and write nothing.")]
Dates = Annotated[
    str,
    typer.Option(
        metavar="dmy|mdy|ymd", help="How dates are written, where the file can be read in two ways."
    ),
]
Decimal = Annotated[str, typer.Option(metavar="point|comma", help="What parts the decimals.")]
SourceName = Annotated[
    str, typer.Option("--source", help="Where the file comes from; an order is known by source and number.")
]
Sheet = Annotated[str, typer.Option(help="The sheet of a workbook.")]
Report = Annotated[
    bool,
    typer.Option("--report", help="Show every repair and the file as it would be read, and write nothing."),
]
Repairs = Annotated[
    str,
    typer.Option(
        "--repair",
        metavar="KIND,...",
        help="What to put right beside the usual, such as typos, number-width, postcode-width.",
    ),
]
Leaves = Annotated[
    str,
    typer.Option(
        "--leave", metavar="KIND,...", help="What to leave as it stands: postcodes, same-person, numbers."
    ),
]
Basis = Annotated[
    str,
    typer.Option(
        metavar="|".join(("consent", "contract", "soft_opt_in", "legitimate_interest")),
        help="On what ground the people of this source may be kept; without one nobody of them is written to.",
    ),
]
Evidence = Annotated[str, typer.Option(help="What shows the basis: the form, the contract, the assessment.")]

SameMeaning = Annotated[
    str,
    typer.Option(
        "--same-meaning",
        metavar="FIELD,...",
        help="Fields whose column means what it meant, though it holds something else than in the last file.",
    ),
]

KINDS = {
    "typos": "email_typos",
    "postcodes": "postcode_zeros",
    "same-person": "same_person",
    "numbers": "number_zeros",
    "number-width": "number_width",
    "postcode-width": "postcode_width",
}


@dataclass(frozen=True)
class _Said:
    """What the user says of the file; empty leaves it to the file."""

    columns: str
    dates: str
    decimal: str
    sheet: str
    repair: str = ""
    leave: str = ""
    basis: str = ""
    evidence: str = ""
    same_meaning: str = ""


def install(root: Noun) -> None:
    root.command("template")(template)


@bringing.command()
def orders(
    file: File, columns: Columns = "", dry_run: DryRun = False, dates: Dates = "", decimal: Decimal = "",
    source: SourceName = SOURCE, sheet: Sheet = "", report: Report = False, repair: Repairs = "", leave: Leaves = "",
    same_meaning: SameMeaning = "",
) -> None:  # fmt: skip
    """Bring orders in: new ones are added, changed ones replaced, known ones counted."""
    said = _Said(columns, dates, decimal, sheet, repair, leave, same_meaning=same_meaning)
    _import("orders", file, dry_run=dry_run, report=report, source=source, said=said)


@bringing.command()
def customers(
    file: File, columns: Columns = "", dry_run: DryRun = False, dates: Dates = "", decimal: Decimal = "",
    source: SourceName = SOURCE, sheet: Sheet = "", report: Report = False, repair: Repairs = "", leave: Leaves = "",
    basis: Basis = "", evidence: Evidence = "", same_meaning: SameMeaning = "",
) -> None:  # fmt: skip
    """Bring customers in: new cards are made, known ones completed."""
    said = _Said(columns, dates, decimal, sheet, repair, leave, basis, evidence, same_meaning)
    _import("customers", file, dry_run=dry_run, report=report, source=source, said=said)


def _import(kind: Any, file: Path, *, dry_run: bool, report: bool, source: str, said: _Said) -> None:
    from beizai.homes.opening import open_home

    open_home()
    from beizai.imports import files
    from beizai.staff.shop import now

    at, wish = now(), _wish(kind, said)
    _check_basis(said)
    looking = dry_run or report
    with progress() as tell:
        if looking:
            seen = files.preview(file, kind=kind, source=source, now=at, wish=wish, progress=tell)
        else:
            done = _asking(
                wish,
                lambda said: files.bring_in(file, kind=kind, source=source, now=at, wish=said, progress=tell),
            )
            if said.basis:
                _say_basis(source, said, at)
            _count_anew(tell)
    if looking:
        tell_preview(seen)
    else:
        tell_result(done, kind, _without_basis(source))


def _check_basis(said: _Said) -> None:
    if bool(said.basis) != bool(said.evidence):
        raise Invalid(
            "A basis and what shows it belong together.",
            hint="Say both: --basis consent --evidence 'the form at the till, kept in the blue folder'.",
        )


def _say_basis(source: str, said: _Said, at: Any) -> None:
    from beizai.sources import register
    from beizai.sources.models import Source

    found = Source.objects.get(name=source)
    register.say_basis(found.pk, said.basis, said.evidence, now=at)


def _without_basis(source: str) -> bool:
    from beizai.sources import register
    from beizai.sources.models import Source

    return not register.has_basis(Source.objects.get(name=source).pk)


def _count_anew(tell: Progress) -> None:
    """Where every customer stands, after the book has changed."""
    from beizai.staff.shop import now
    from beizai.value import standings

    tell(0, 0, "counting where everybody stands")
    standings.refresh(now())


_ASKED = {"dates_ambiguous": "dates", "dates_mixed": "dates", "decimal_ambiguous": "decimal"}
_ANSWERS = {"dates": ("dmy", "mdy", "ymd"), "decimal": ("point", "comma")}


def _asking(wish: Any, bring: Callable[[Any], Any]) -> Any:
    """Brings the file in; at a terminal, what only the user can say is asked. A script is refused and says it by an option."""
    while True:
        try:
            return bring(wish)
        except Invalid as error:
            field = _ASKED.get(error.code)
            if field is None or mode.json or sys.stdin is None or not sys.stdin.isatty():
                raise
            remark(f"{error.message} {error.hint}")
            wish = replace(wish, **{field: _chosen(field, _ANSWERS[field])})


def _chosen(field: str, answers: tuple[str, ...]) -> str:
    while True:
        said = str(typer.prompt(f"{field} ({', '.join(answers)})", err=True)).strip().lower()
        if said in answers:
            return said


def _wish(kind: str, said: _Said) -> Any:
    from beizai.imports.files import Wish
    from beizai.imports.reading import Options

    options = Options(sheet=said.sheet or None, kind=kind)
    repairs = {**_kinds(said.repair, done=True), **_kinds(said.leave, done=False)}
    same = tuple(part.strip() for part in said.same_meaning.split(",") if part.strip())
    columns = _pairs(said.columns)
    return Wish(
        columns, said.dates or None, said.decimal or None, repairs, options=options, same_meaning=same
    )


def _kinds(text: str, *, done: bool) -> dict[str, bool]:
    """Kinds of repair by their short names or their codes."""
    found = {}
    for word_ in (part.strip() for part in text.split(",") if part.strip()):
        code = KINDS.get(word_, word_)
        if code not in KINDS.values():
            raise Invalid(
                "“{kind}” is not a repair one can choose.",
                hint="Kinds: {kinds}.",
                kind=word_,
                kinds=", ".join(KINDS),
            )
        found[code] = done
    return found


def _pairs(text: str) -> dict[str, str] | None:
    """The pairs of customer=CustomerID,order=InvoiceNo; a comma inside a column's name is written with a backslash before it."""
    if not text.strip():
        return None
    found = {}
    for pair in re.split(r"(?<!\\),", text):
        name, sign, column = pair.partition("=")
        if not sign or not name.strip():
            raise Invalid(
                "“{pair}” is not FIELD=COLUMN.",
                hint="Write --columns customer=CustomerID,order=InvoiceNo.",
                pair=pair,
            )
        found[name.strip()] = column.strip().replace("\\,", ",")
    return found


@app.command("list")
def list_imports(
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 50,
) -> None:
    """What was brought in, the latest first."""
    from beizai.homes.opening import open_home

    open_home()
    from beizai.imports import files

    rows: list[dict[str, Any]] = [
        {
            "state": row.state,
            "kind": row.kind,
            "file": row.file_name,
            "source": row.source.name,
            "started_at": row.started_at,
        }
        | {key: value for key, value in asdict(files.result_of(row)).items() if key in KEYS}
        for row in files.imports_list(limit)
    ]
    shown = [
        (
            r["import_id"],
            r["started_at"].date(),
            r["file"],
            r["kind"],
            r["accepted"],
            r["rejected"],
            word(r["state"]),
        )
        for r in rows
    ]
    heads = ("Import", "Date", "File", "Kind", "Accepted", "Kept aside", "State")
    answer({"imports": rows}, table(heads, shown) if rows else "Nothing was brought in yet.")


@app.command()
def undo(number: Annotated[int, typer.Argument(metavar="IMPORT", help="The number of the import.")]) -> None:
    """Take out what an import brought and put back what it replaced; what stays is listed with the reason."""
    from beizai.homes.opening import open_home

    open_home()
    from beizai.imports import files
    from beizai.staff.shop import now

    with progress() as tell:
        tell(0, 0, "taking it out")
        done = files.undo(number, now=now())
        _count_anew(tell)
    document = asdict(done) | {
        "stayed": [
            {"customer_id": card, "name": name, "reason": reason} for card, name, reason in done.stayed
        ],
        "products_changed": [{"product_id": pk, "number": code} for pk, code in done.products_changed],
        "bring_again": [{"import_id": pk, "file_name": name} for pk, name in done.bring_again],
    }
    lines = [
        f"Import {number} is out: {counted(done.orders_out, 'order')} taken out, {done.orders_restored:,} put back;"
        f" {counted(done.customers_out, 'card')} taken out, {done.customers_stayed:,} stay.",
        *(f"  #{card} {name} stays: {word(reason)}" for card, name, reason in done.stayed[:20]),
        *(f"  Product {code} stays as it is: changed since." for _, code in done.products_changed[:20]),
        *(
            f"  Import {later} ({name}) held orders known already: bring its file in again to have back those now out."
            for later, name in done.bring_again
        ),
    ]
    answer(document, lines)


def template(
    file: Annotated[Path, typer.Argument(help="Where to write it.")] = Path("beizai-template.xlsx"),
) -> None:
    """Write a blank Excel file that can be brought in without being asked about its columns."""
    from beizai.imports.template import write_template

    if file.exists():
        raise Invalid("{file} is there already.", hint="Name a new file.", file=file)
    write_template(file)
    answer({"file": str(file.absolute())}, f"{file} is written: a sheet for orders, one for customers.")
