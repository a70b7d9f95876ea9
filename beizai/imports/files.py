"""A file, from the first look to the book and back out: preview, bring in, list, undo."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from beizai.base import home
from beizai.base.errors import Invalid, NotFound, Phrase
from beizai.base.progress import Progress, silent
from beizai.events import batches
from beizai.identity import merging
from beizai.imports import columns, customers, finding, orders, statements, undoing
from beizai.imports.aside import write_aside
from beizai.imports.columns import Change
from beizai.imports.desk import Choices, Desk, open_desk
from beizai.imports.judging import Repair
from beizai.imports.models import ColumnMapping, Import
from beizai.imports.newcomers import Arrival
from beizai.imports.reading import AS_FOUND, Options, Staged, open_file
from beizai.imports.reasons import in_words
from beizai.imports.recognise import Kind, Mapped, check, choose, propose
from beizai.imports.shown import ShownRow, shown_rows
from beizai.sources.models import Source, SourceKind
from beizai.sources.register import source as the_source
from beizai.staff.models import User
from beizai.staff.shop import shop

_SAMPLE = 200
_SHOWN = 20


@dataclass(frozen=True)
class Wish:
    """What the user says about a file; None and empty leave it to the file.

    `columns`: field to header (or letter; "" leaves the field out). `dates`: dmy, mdy, ymd. `decimal`: point, comma.
    `repairs`: repair code to done or left.
    """

    columns: Mapping[str, str] | None = None
    dates: str | None = None
    decimal: str | None = None
    repairs: Mapping[str, bool] = field(default_factory=dict)
    options: Options = AS_FOUND
    same_meaning: tuple[
        str, ...
    ] = ()  # fields whose column means what it meant, though it holds something else now


NO_WISH = Wish()


@dataclass(frozen=True)
class Question:
    """Something only the user can say before the file can be read: a code, the words, the answers."""

    code: str
    message: str
    hint: str
    answers: tuple[str, ...]


@dataclass(frozen=True)
class Preview:
    """A file as it will be read, and what would happen. Nothing is written.

    `counts`: rows, as_it_stands, repaired, to_decide, kept_aside. `happens`: for orders new_orders, changed_orders,
    known_orders, new_customers, known_customers, anonymous_rows, anonymous_orders, returns, amount_minor (text), first_on, last_on;
    for customers new_customers, known_customers, known_by_number, known_by_email, known_by_phone, permissions.
    """

    file_name: str
    kind: str
    staged: Staged
    mapped: Mapped
    columns: Mapping[str, str]  # field -> header
    sample: tuple[tuple[int, tuple[str | None, ...]], ...]  # row number, cells
    questions: tuple[Question, ...] = ()
    dates: str | None = None
    decimal: str | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    reasons: tuple[tuple[str, int, int], ...] = ()  # code:field, rows, first row
    repairs: tuple[Repair, ...] = ()
    happens: Mapping[str, Any] = field(default_factory=dict)
    rows_shown: tuple[
        ShownRow, ...
    ] = ()  # the first rows and those a repair touches, old values beside the new
    known: tuple[tuple[str, int, int], ...] = ()  # because, row, card: the first of those the book knows
    doubts: Mapping[str, int] = field(
        default_factory=dict
    )  # why (see identity.same): rows nobody can be sure of
    doubtful: tuple[tuple[str, int, int], ...] = ()  # why, row, card it may be: the first of them
    changed: tuple[Change, ...] = ()  # columns that hold something else than in the last file of the source


@dataclass(frozen=True)
class Result:
    """What an import did. `orders` and `customers` are those the file names; the new ones are counted apart."""

    import_id: int
    rows: int
    accepted: int
    rejected: int
    anonymous_rows: int
    orders: int
    customers: int
    seconds: float
    new_orders: int = 0
    changed_orders: int = 0
    known_orders: int = 0
    new_customers: int = 0
    changed_customers: int = 0
    permissions: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)
    kept_aside: str = ""
    remarks: tuple[dict[str, Any], ...] = ()
    met: Mapping[str, int] = field(
        default_factory=dict
    )  # number, zeros, email, phone: rows whose card was known
    doubts: Mapping[str, int] = field(default_factory=dict)  # why: rows nobody can be sure of
    doubted_pairs: int = 0  # pairs of cards that wait for a person since


def preview(
    path: Path, *, kind: Kind, source: str, now: datetime, wish: Wish = NO_WISH, progress: Progress = silent
) -> Preview:  # fmt: skip
    """How a file would be read and what would happen. What must be asked comes as questions, not as an error."""
    known = Source.objects.filter(name=source).first()
    with _open(path, kind, known, wish, progress) as (staged, desk, remembered):
        sample = tuple((staged.first_row + place, row) for place, row in enumerate(desk.sample(_SHOWN)))
        shown = Preview(path.name, kind, staged, desk.mapped, desk.mapped.headers(staged.columns), sample)
        try:
            check(desk.mapped)
            changed = _changed(desk, remembered, wish)
            if changed:
                asked = columns.must_ask(changed)
                return _with(shown, questions=(_question(asked),), changed=changed)
            reading = _read(desk, _choices(wish, remembered, now), known, progress)
        except Invalid as error:
            return _with(shown, questions=(_question(error),))
        rows = shown_rows(desk, reading.judgement.repairs, reading.reasons)
        met = reading.known if isinstance(reading, customers.Reading) else ()
        doubts = {"doubts": finding.doubts(desk), "doubtful": finding.doubtful(desk)}
        return _with(shown, **_told(reading), rows_shown=rows, known=met, **doubts)


def bring_in(
    path: Path,
    *,
    kind: Kind,
    source: str,
    now: datetime,
    by: User | None = None,
    wish: Wish = NO_WISH,
    progress: Progress = silent,
    simulated: bool = False,
) -> Result:
    """Brings a file into the book: all of it at one instant, or nothing. Not inside a transaction.

    Invalid where the file cannot be read or must be asked about; then nothing was written.
    """
    started = time.perf_counter()
    known = Source.objects.filter(name=source).first()
    with _open(path, kind, known, wish, progress) as (staged, desk, remembered):
        check(desk.mapped)
        if changed := _changed(desk, remembered, wish):
            raise columns.must_ask(changed)
        choices = _choices(wish, remembered, now)
        reading = _read(desk, choices, known, progress)
        _must_hold_something(reading, path.name)
        named = known or the_source(source, SourceKind(kind), now=now, simulated=simulated)
        if known is None:  # the id of an order holds the source's number, which there was none of before
            orders.number_orders(desk, named.pk)
        batch = batches.open_batch(
            f"import_{kind}", opened_at=now, source_id=named.pk, user_id=by.pk if by else None
        )
        row = Import.objects.create(
            kind=kind,
            source=named,
            batch_id=batch.pk,
            file_name=path.name[:255],
            columns=desk.mapped.headers(staged.columns),
            choices={"dates": reading.judgement.dates, "decimal": reading.judgement.decimal, "sheet": staged.sheet,
                     "encoding": staged.encoding, "repairs": dict(wish.repairs)},
            simulated=simulated,
            user=by,
            started_at=now,
        )  # fmt: skip
        arrival = Arrival(row.pk, named, now, simulated)
        try:
            _write(desk, reading, choices, arrival, row, progress=progress)
        except BaseException:
            undoing.take_out(row, now=now)
            raise
        _remember(named, kind, desk, reading.judgement, now)
    seconds = round(time.perf_counter() - started, 3)
    Import.objects.filter(pk=row.pk).update(seconds=seconds)
    progress(1, 1, "in the book")
    return result_of(Import.objects.get(pk=row.pk))


def imports_list(limit: int = 200) -> list[Import]:
    """The imports, the latest first."""
    return list(Import.objects.select_related("source", "user").order_by("-pk")[:limit])


def undo(import_id: int, *, now: datetime, by: User | None = None) -> undoing.Undone:
    """Takes an import out of the book and restores what it replaced; what stays is listed with the reason."""
    row = Import.objects.filter(pk=import_id).first()
    if row is None:
        raise NotFound("There is no import {n}.", hint="See the list of imports.", n=import_id)
    return undoing.undo(row, now=now, by=by)


def result_of(row: Import) -> Result:
    """What an import did, from its row."""
    return Result(
        import_id=row.pk,
        rows=row.rows,
        accepted=row.accepted,
        rejected=row.rejected,
        anonymous_rows=row.anonymous_rows,
        orders=row.orders,
        customers=row.customers,
        seconds=row.seconds,
        new_orders=row.new_orders,
        changed_orders=row.changed_orders,
        known_orders=row.known_orders,
        new_customers=row.new_customers,
        changed_customers=row.changed_customers,
        permissions=row.permissions,
        reasons=row.reasons,
        kept_aside=row.aside,
        remarks=tuple(row.remarks),
        met=row.choices.get("met", {}),
        doubts=row.choices.get("doubts", {}),
        doubted_pairs=row.choices.get("doubted_pairs", 0),
    )


_Reading = orders.Reading | customers.Reading
_Opened = tuple[Staged, Desk, ColumnMapping | None]


@contextmanager
def _open(path: Path, kind: Kind, known: Source | None, wish: Wish, progress: Progress) -> Iterator[_Opened]:
    if kind not in ("orders", "customers"):
        raise Invalid("“{kind}” cannot be imported.", hint="Import orders or customers.", kind=kind)
    work = home.current().uploads / "reading"
    options = Options(**{**wish.options.__dict__, "kind": kind})
    with open_file(path, work=work, options=options, progress=progress) as staged:
        remembered = ColumnMapping.objects.filter(source=known, kind=kind).first() if known else None
        with open_desk(staged, Mapped(kind, {}), staged.path.parent) as desk:
            desk.mapped = _map(desk, kind, remembered, wish)
            desk.lay_out()
            yield staged, desk, remembered


def _map(desk: Desk, kind: Kind, remembered: ColumnMapping | None, wish: Wish) -> Mapped:
    columns = desk.staged.columns
    proposed = propose(columns, kind, desk.sample(_SAMPLE))
    headers = {column.header for column in columns}
    if remembered and set(remembered.columns.values()) <= headers:
        proposed = choose(Mapped(kind, {}, {}, proposed.preset), columns, remembered.columns)
    return choose(proposed, columns, wish.columns or {})


def _choices(wish: Wish, remembered: ColumnMapping | None, now: datetime) -> Choices:
    the_shop = shop()
    before = None if wish.same_meaning else remembered  # how days are written may be what has changed
    return Choices(
        currency=the_shop.currency,
        zone=the_shop.timezone,
        now=now,
        country=the_shop.country,
        dates=wish.dates or (before.dates if before else "") or None,
        decimal=wish.decimal or (remembered.decimal if remembered else "") or None,
        repairs=wish.repairs,
    )


def _read(desk: Desk, choices: Choices, known: Source | None, progress: Progress) -> _Reading:
    source_id = known.pk if known else None
    if desk.mapped.kind == "orders":
        return orders.read_orders(desk, choices, source_id=source_id, progress=progress)
    return customers.read_customers(desk, choices, source_id=source_id, progress=progress)


def _must_hold_something(reading: _Reading, name: str) -> None:
    if reading.judgement.rows == 0:
        raise Invalid("{name} has no rows with anything in them.", hint="Export it again.", name=name)
    if reading.rejected == reading.judgement.rows:
        reason = reading.reasons[0][0] if reading.reasons else ""
        raise Invalid(
            "Not one of the {rows:,} rows of {name} can be read. The most frequent reason: {reason}",
            hint="Look at the preview: a column may be mistaken for another.",
            code="nothing_readable",
            rows=reading.judgement.rows,
            name=name,
            reason=Phrase(in_words(reason)),
        )


def _write(
    desk: Desk, reading: _Reading, choices: Choices, arrival: Arrival, row: Import, *, progress: Progress
) -> None:
    finding.leave_out_the_gone(desk)
    if isinstance(reading, orders.Reading):
        new_customers = orders.write_orders(desk, reading, choices, arrival, row.batch_id, progress=progress)
        _count_orders(row, reading, new_customers)
    else:
        customers.write_customers(desk, reading, choices, arrival, row, progress=progress)
    doubted = finding.put_before_people(desk, row.pk, now=arrival.now)
    row.choices = row.choices | {
        "met": finding.met(desk),
        "doubts": finding.doubts(desk),
        "doubted_pairs": doubted,
    }
    row.remarks = [remark.__dict__ for remark in desk.staged.remarks] + [
        _as_remark(one) for one in reading.judgement.repairs
    ]
    if reading.rejected:
        if isinstance(reading, orders.Reading):
            desk.run(statements.REJECTED)
        found = write_aside(desk, home.current().uploads / "kept-aside", f"import-{row.pk}-kept-aside")
        row.aside = str(found.relative_to(home.current().root))
    row.save()
    batches.enter(row.batch_id, at=arrival.now)
    undoing.settle(row, now=arrival.now)
    merging.after_import(row.pk, now=arrival.now)


def _count_orders(row: Import, reading: orders.Reading, new_customers: int) -> None:
    row.rows, row.rejected = reading.judgement.rows, reading.rejected
    row.reasons = {reason: count for reason, count, _ in reading.reasons}
    for name in ("accepted", "anonymous_rows", "orders", "customers"):
        setattr(row, name, int(reading.totals[name]))
    row.new_orders, row.changed_orders, row.known_orders = (
        reading.fates[fate] for fate in ("new", "changed", "known")
    )
    row.new_customers = new_customers


def _as_remark(repair: Repair) -> dict[str, Any]:
    example = f"{repair.before} → {repair.after}" if repair.before else ""
    return {"code": repair.code, "count": repair.rows, "example": example, "done": repair.done}


def _changed(desk: Desk, remembered: ColumnMapping | None, wish: Wish) -> tuple[Change, ...]:
    """The columns that changed their meaning since the last file of the source, but those the user has spoken for."""
    if remembered is None or not remembered.profile:
        return ()
    headers = desk.mapped.headers(desk.staged.columns)
    renamed = {name for name in wish.columns or {} if headers.get(name) != remembered.columns.get(name)}
    found = columns.changed(desk, remembered.profile, columns.profiles(desk), {*wish.same_meaning, *renamed})
    return tuple(one for one in found if not (wish.dates and one.code == "date_order"))


def _remember(source: Source, kind: str, desk: Desk, judgement: Any, now: datetime) -> None:
    ColumnMapping.objects.update_or_create(
        source=source,
        kind=kind,
        defaults={
            "columns": desk.mapped.headers(desk.staged.columns),
            "dates": judgement.dates or "",
            "decimal": judgement.decimal or "",
            "profile": columns.profiles(desk),
            "used_at": now,
        },
    )


_ANSWERS: Mapping[str, tuple[str, ...]] = {
    "dates_ambiguous": ("dmy", "mdy", "ymd"),
    "dates_mixed": ("dmy", "mdy", "ymd"),
    "decimal_ambiguous": ("point", "comma"),
}


def _question(error: Invalid) -> Question:
    return Question(error.code or "columns", error.phrase, error.hint_phrase, _ANSWERS.get(error.code, ()))


def _with(shown: Preview, **told: Any) -> Preview:
    return Preview(**{**shown.__dict__, **told})


_HOW_IT_IS_WRITTEN = (
    "date_style",
    "decimal_comma",
    "phones_national",
)  # a way of writing is no mistake that was repaired


def _told(reading: _Reading) -> dict[str, Any]:
    rows, aside = reading.judgement.rows, reading.rejected
    repairs = reading.judgement.repairs
    mended = (one.rows for one in repairs if one.done and one.code not in _HOW_IT_IS_WRITTEN)
    repaired = min(rows - aside, max(mended, default=0))
    to_decide = min(
        rows - aside - repaired, sum(one.rows for one in repairs if one.optional and not one.done)
    )
    counts = {
        "rows": rows,
        "as_it_stands": rows - aside - repaired - to_decide,
        "repaired": repaired,
        "to_decide": to_decide,
        "kept_aside": aside,
    }
    return {
        "dates": reading.judgement.dates,
        "decimal": reading.judgement.decimal,
        "counts": counts,
        "reasons": reading.reasons,
        "repairs": repairs,
        "happens": reading.happens(),
    }
