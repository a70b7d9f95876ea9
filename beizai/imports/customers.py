"""A customers file comes in: new cards are made, known ones gain what they lacked, permissions need their proof."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from beizai.base.progress import Progress
from beizai.consent import ledger
from beizai.consent.models import Decision, Purpose
from beizai.customers.models import Channel, ContactPoint
from beizai.imports import dates, newcomers, statements
from beizai.imports.cards import Plan, write_plan
from beizai.imports.desk import Choices, Desk
from beizai.imports.entries import Entry, RowReader, Tally
from beizai.imports.judging import Judgement, Repair
from beizai.imports.models import Import
from beizai.imports.newcomers import Arrival
from beizai.imports.slices import chunks


@dataclass(frozen=True)
class Reading:
    """What a customers file would do, all counted, nothing written."""

    judgement: Judgement
    entries: tuple[Entry, ...]
    tally: Tally
    labels: dict[str, str]  # attribute key -> header

    @property
    def rejected(self) -> int:
        return len(self.tally.rejected)

    @property
    def reasons(self) -> tuple[tuple[str, int, int], ...]:
        return tuple(
            (code, count, self.tally.first[code]) for code, count in self.tally.reasons.most_common()
        )

    def happens(self) -> dict[str, Any]:
        """What would happen, in counts."""
        known = sum(entry.card is not None for entry in self.entries)
        proved = sum(p.proved and p.decision == Decision.GRANTED for e in self.entries for p in e.permissions)
        return {"new_customers": len(self.entries) - known, "known_customers": known, "permissions": proved}


def read_customers(desk: Desk, choices: Choices, *, source_id: int | None, progress: Progress) -> Reading:
    """Reads every row, puts rows of one person together and looks for their cards. Invalid asks where dates are doubtful."""
    repairs = _prepare(desk, choices)
    styles = _styles(desk, choices)
    tally = Tally()
    labels = {key: desk.staged.columns[index].header for key, index in desk.mapped.attributes.items()}
    question = statements.CUSTOMER_CELLS if labels else statements.CUSTOMER_CELLS_ALONE
    found = desk.con.execute(question)
    reader = RowReader(choices, styles, tuple(labels), tally, _consent_header(desk))
    entries: list[Entry] = []
    rows = 0
    while piece := found.fetchmany(10_000):
        rows += len(piece)
        entries += [entry for row in piece if (entry := reader.read(row)) is not None]
        progress(rows, desk.staged.rows, "reading customers")
    entries = _together(entries, choices, tally)
    _find_cards(entries, source_id, choices, tally)
    desk.run("create table rejected (row_no bigint, reason varchar)")
    if tally.rejected:
        desk.con.executemany("insert into rejected values (?, ?)", tally.rejected)
    all_repairs = (*repairs, *_repairs(tally, choices))
    return Reading(Judgement(rows, styles["birthday"], None, all_repairs), tuple(entries), tally, labels)


def write_customers(
    reading: Reading, choices: Choices, arrival: Arrival, row: Import, *, progress: Progress
) -> None:
    """Makes and completes the cards, writes down permissions with their proof, and counts into the import's row."""
    plan = Plan(reading.entries, reading.labels, choices.currency)
    changed = write_plan(plan, arrival, progress=progress)
    row.refresh_from_db(fields=["choices"])  # the attributes it made
    row.permissions = _record_permissions(reading.entries, arrival, row)
    row.rows, row.rejected = reading.judgement.rows, reading.rejected
    row.accepted = row.rows - row.rejected
    row.reasons = dict(reading.tally.reasons)
    row.customers = len(reading.entries)
    row.new_customers = sum(one.new for one in changed.values())
    row.changed_customers = sum(not one.new and one.changed for one in changed.values())


def _prepare(desk: Desk, choices: Choices) -> list[Repair]:
    profile = desk.one(statements.CUSTOMER_PROFILE)
    points = 0 < profile["customer_points"] == profile["customer_dots"]
    example = str(profile["customer_example"] or "")
    found = (
        Repair(
            "whole_numbers", profile["customer_points"] if points else 0, example, example.removesuffix(".0")
        ),
        Repair("null_words", profile["null_words"], "NaN", ""),
        Repair("wrapped_text", profile["wrapped"], '="0012"', "0012"),
    )
    repairs = [Repair(r.code, r.rows, r.before, r.after, True, choices.does(r.code)) for r in found if r.rows]
    done = {repair.code for repair in repairs if repair.done}
    desk.variables(
        untidy=True,
        wrapped="wrapped_text" in done,
        null_words="null_words" in done,
        strip_customer="whole_numbers" in done,
    )
    return repairs


def _styles(desk: Desk, choices: Choices) -> dict[str, dates.Style | None]:
    said = dates.style_named(choices.dates)
    styles: dict[str, dates.Style | None] = {}
    for name, question in (("birthday", statements.CUSTOMER_DAYS), ("consent_at", statements.CONSENT_DAYS)):
        styles[name] = None
        if name in desk.mapped.fields:
            column = desk.staged.columns[desk.mapped.fields[name]].header
            styles[name] = dates.decide(dict(desk.rows(question)), said, column=column)
    return styles


def _consent_header(desk: Desk) -> str:
    index = desk.mapped.fields.get("consent")
    return desk.staged.columns[index].header if index is not None else ""


def _together(entries: list[Entry], choices: Choices, tally: Tally) -> list[Entry]:
    """Rows of the same person become one entry: same number; or same email, or same phone and name."""
    by_key: dict[tuple[str, ...], Entry] = {}
    kept: list[Entry] = []
    join = choices.does("same_person")
    for entry in entries:
        keys = _keys(entry) if join else _keys(entry)[:1] if entry.number else ()
        earlier = next(
            (by_key[key] for key in keys if key in by_key and _may_be_one(by_key[key], entry)), None
        )
        if earlier is None:
            kept.append(entry)
            earlier = entry
        else:
            tally.mend("same_person", f"row {entry.row_no}", f"row {earlier.row_no}")
            _complete(earlier, entry)
        for key in keys:
            by_key.setdefault(key, earlier)
    return kept


def _keys(entry: Entry) -> list[tuple[str, ...]]:
    keys: list[tuple[str, ...]] = [("number", entry.number)] if entry.number else []
    if entry.email_normal:
        keys.append(("email", entry.email_normal))
    if entry.phone_normal and entry.name:
        keys.append(("phone", entry.phone_normal, entry.name.casefold()))
    return keys


def _may_be_one(one: Entry, other: Entry) -> bool:
    """Two different numbers of one source are two customers, whatever else they share."""
    return not (one.number and other.number and one.number != other.number)


_OWN = (
    "number",
    "name",
    "given_name",
    "family_name",
    "email",
    "email_normal",
    "phone",
    "phone_normal",
    "postal_address",
    "country",
    "language",
    "birthday",
)


def _complete(entry: Entry, other: Entry) -> None:
    for name in _OWN:
        if not getattr(entry, name):
            setattr(entry, name, getattr(other, name))
    entry.tags = tuple(dict.fromkeys((*entry.tags, *other.tags)))
    entry.facts = other.facts | entry.facts
    entry.permissions += other.permissions


def _find_cards(entries: Sequence[Entry], source_id: int | None, choices: Choices, tally: Tally) -> None:
    """The card of each entry: by number, else by an email one card alone has, else by phone and name."""
    numbered = [entry for entry in entries if entry.number]
    if source_id is not None:
        numbers = [entry.number for entry in numbered]
        known = newcomers.known_numbers(source_id, numbers)
        if choices.does("number_zeros"):
            zeros = newcomers.known_with_zeros(
                source_id, [number for number in numbers if number not in known]
            )
            for number, card in zeros.items():
                tally.mend("number_zeros", number, "")
                known[number] = card
        for entry in numbered:
            entry.card = known.get(entry.number)
    taken = {entry.card for entry in entries if entry.card is not None}
    for channel, normal in ((Channel.EMAIL, "email_normal"), (Channel.PHONE, "phone_normal")):
        left = [entry for entry in entries if entry.card is None and getattr(entry, normal)]
        owners = _owners(channel, {getattr(entry, normal) for entry in left})
        for entry in left:
            found = owners.get(getattr(entry, normal), [])
            cards = [
                card
                for card, name in found
                if channel == Channel.EMAIL or name.casefold() == entry.name.casefold()
            ]
            if (
                len(cards) == 1
                and cards[0] not in taken
                and not _numbered_otherwise(entry, cards[0], source_id)
            ):
                entry.card = cards[0]
                taken.add(cards[0])


def _numbered_otherwise(entry: Entry, card: int, source_id: int | None) -> bool:
    return bool(entry.number) and source_id is not None and newcomers.has_number(source_id, card)


def _owners(channel: Channel, normals: Iterable[str]) -> dict[str, list[tuple[int, str]]]:
    owners: dict[str, list[tuple[int, str]]] = {}
    for chunk in chunks(sorted(normals), 500):
        rows = ContactPoint.objects.filter(channel=channel, normal__in=chunk, ended_at=None)
        for normal, card, name in rows.values_list("normal", "customer_id", "customer__name"):
            owners.setdefault(normal, []).append((card, name))
    return owners


_LEFT_BY_DEFAULT = {"email_typos"}
_OPTIONAL = {"email_typos", "postcode_zeros", "same_person", "number_zeros"}


def _repairs(tally: Tally, choices: Choices) -> Iterable[Repair]:
    for code, count in tally.repairs.most_common():
        before, after = tally.examples[code]
        done = choices.does(code, default=code not in _LEFT_BY_DEFAULT)
        yield Repair(code, count, before, after, code in _OPTIONAL, done)


def _record_permissions(entries: Iterable[Entry], arrival: Arrival, row: Import) -> int:
    """Writes proved permissions and all refusals into the ledger; returns the permissions."""
    given = [
        ledger.Given(
            customer_id=entry.card,
            purpose=Purpose.MARKETING,
            decision=one.decision,
            text=one.text,
            at=one.at or arrival.now,
            source_id=arrival.source.pk,
            channel=Channel.EMAIL if one.decision == Decision.GRANTED else "",
            evidence={
                "import": arrival.import_id,
                "file": row.file_name,
                "row": entry.row_no,
                "where": one.where,
            },
            import_id=arrival.import_id,
            simulated=arrival.simulated,
        )
        for entry in entries
        if entry.card is not None
        for one in entry.permissions
    ]
    for piece in chunks(given, 500):
        ledger.record_many(piece, now=arrival.now)
    return sum(one.decision == Decision.GRANTED for one in given)
