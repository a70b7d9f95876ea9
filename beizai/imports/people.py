"""The people of a file, judged all at once: what each row tells is mended, what cannot be right is left out or kept aside."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import duckdb
import phonenumbers
import pyarrow as pa

from beizai.base import clock
from beizai.base.contact_points import normal_email, normal_phone, search_words
from beizai.base.errors import Invalid
from beizai.identity.same import Names, names
from beizai.imports import dates, person_statements
from beizai.imports.desk import Choices, Desk
from beizai.imports.dialling import dialling
from beizai.imports.mending import FIVE_DIGITS, meant_domain
from beizai.imports.places import country_code

YES = ("yes", "y", "true", "1", "oui", "o", "vrai", "是", "x", "subscribed", "opted in", "granted")
NO = ("no", "n", "false", "0", "non", "faux", "否", "unsubscribed", "opted out", "refused")
_OLDEST = date(1900, 1, 1)
Styles = dict[str, dates.Style | None]


def judge_people(desk: Desk, choices: Choices, styles: Styles, *, consent_header: str) -> None:
    """Makes the table `judged_people`, a row for each of the file, and the views of what was mended."""
    _prepare(desk, choices, consent_header=consent_header)
    desk.run(person_statements.TOLD_MORE if desk.mapped.attributes else person_statements.TOLD)
    _words(desk, "country_words", person_statements.COUNTRIES, country_code)
    _judge(desk, choices, styles)


def judge_named(desk: Desk, choices: Choices) -> None:
    """The same for the customers an orders file names (table `told_people`): number, country, email, phone, name."""
    _prepare(desk, choices, consent_header="")
    desk.run(person_statements.TOLD_OF_ORDERS)
    _judge(desk, choices, {})
    desk.run(person_statements.PEOPLE_OF_ORDERS)


def _prepare(desk: Desk, choices: Choices, *, consent_header: str) -> None:
    for statement in (
        person_statements.WORD_TABLES,
        person_statements.EMAIL_MACROS,
        person_statements.MENDED_MACROS,
        person_statements.FACT_MACROS,
    ):
        desk.run(statement)
    desk.variables(
        home=choices.country or None,
        mend_typos=choices.does("email_typos", default=False),
        mend_postcodes=choices.does("postcode_zeros"),
        five_digits=sorted(FIVE_DIGITS),
        yes_words=list(YES),
        no_words=list(NO),
        consent_header=consent_header,
    )


def _judge(desk: Desk, choices: Choices, styles: Styles) -> None:
    desk.run(person_statements.PLACED)
    _words(desk, "domain_words", person_statements.DOMAINS, meant_domain)
    desk.run(person_statements.MEANT)
    _words(desk, "email_words", person_statements.ODD_EMAILS, lambda text: _or_none(normal_email, text))
    _read_phones(desk)
    if "birthday" in desk.mapped.fields:
        _words(desk, "birthday_words", _BIRTHDAYS, lambda text: _birthday(text, styles["birthday"], choices))
    if "consent_at" in desk.mapped.fields:
        _words(desk, "moment_words", _MOMENTS, lambda text: _moment(text, styles["consent_at"], choices))
    desk.run(person_statements.JUDGED_PEOPLE)
    desk.run(person_statements.FORGET_TOLD)
    desk.run(person_statements.MENDED)


_BIRTHDAYS = "select distinct birthday from told where birthday is not null"
_MOMENTS = "select distinct consent_at from told where consent_at is not null"


def _words(desk: Desk, table: str, question: str, read: Callable[[str], Any]) -> None:
    """Reads each different text once; what cannot be read is left out."""
    read_texts = [(text, value) for (text,) in desk.rows(question) if (value := read(text)) is not None]
    fill(desk, table, read_texts)


def fill(desk: Desk, table: str, rows: Sequence[Sequence[Any]]) -> None:
    """Adds rows to one of the small tables."""
    if rows:
        columns = [pa.array(column) for column in zip(*rows, strict=True)]
        desk.fill(table, pa.table(columns, names=[f"c{index}" for index in range(len(columns))]))


def _or_none(read: Callable[..., str], *given: str) -> str | None:
    try:
        return read(*given)
    except Invalid:
        return None


def _read_phones(desk: Desk) -> None:
    if "phone" not in desk.mapped.fields:
        return
    for country, _ in desk.rows(person_statements.DIALLING):
        plan = dialling(country) if country else None
        if plan:
            try:
                desk.run(person_statements.PLAIN_PHONES, {"country": country, **plan.__dict__})
            except duckdb.Error:  # a plan in a pattern the engine cannot read: all go one by one
                continue
    found = []
    for text, country in desk.rows(person_statements.ODD_PHONES):
        normal = _or_none(normal_phone, text, country or "")
        if normal:
            found.append((text, country, normal, national(normal)))
    fill(desk, "phone_words", found)


def national(normal: str) -> str:
    """The digits of a normal number without the code of its country."""
    return str(phonenumbers.parse(normal, None).national_number)


def _birthday(text: str, style: dates.Style | None, choices: Choices) -> date | None:
    day = dates.read_day(text.split("T", maxsplit=1)[0].split(" 00:00", maxsplit=1)[0], style)
    return day.on if day is not None and _OLDEST <= day.on <= choices.now.date() else None


def _moment(text: str, style: dates.Style | None, choices: Choices) -> datetime | None:
    """The moment in UTC, naive; None where it cannot be read or lies ahead."""
    head, _, tail = text.replace("T", " ").partition(" ") if ":" in text else (text, "", "")
    day = dates.read_day(head, style)
    if day is None:
        return None
    found = dates.read_clock(tail) if tail else None
    local = datetime(day.on.year, day.on.month, day.on.day, tzinfo=UTC) + timedelta(
        microseconds=found.microseconds if found else day.microseconds
    )
    if found and found.offset_minutes is not None:
        at = local - timedelta(minutes=found.offset_minutes)
    else:
        at = local.replace(tzinfo=clock.zone(choices.zone)).astimezone(UTC)
    return at.replace(tzinfo=None) if at <= choices.now else None


def group_rows(desk: Desk, *, join: bool) -> int:
    """Puts rows of one person together (table `grouped`), makes the view `people`; returns how many rows go to another.

    The same number is the same person; so is the same email under no other name, or the same phone and name, unless the
    numbers differ. Without `join` only the number counts; what would be joined is still counted.
    """
    desk.run(person_statements.KEYS)
    rows = desk.rows(person_statements.DOUBLED)
    leaders = _leaders(rows, join=join)
    fill(desk, "grouped", [*leaders.items(), *((leader, leader) for leader in set(leaders.values()))])
    desk.run(person_statements.PEOPLE_JOINED if leaders else person_statements.PEOPLE)
    return len(leaders if join else _leaders(rows, join=True))


@dataclass(slots=True)
class _Leader:
    """The first row of somebody, and the number and name they have by now."""

    row_no: int
    number: str | None
    name: str


def _leaders(rows: Iterable[Sequence[Any]], *, join: bool) -> dict[int, int]:
    """The first row of the same person, for each row that is not the first."""
    by_number: dict[str, _Leader] = {}
    by_email: dict[str, dict[str, _Leader]] = {}
    by_phone: dict[tuple[str, str], _Leader] = {}
    leaders: dict[int, int] = {}
    for row_no, number, email, phone, called in rows:
        name = (called or "").casefold()
        phoned = (phone or "", name)
        sharing = by_email.setdefault(email, {}) if join and email else {}
        near = [
            by_number.get(number) if number else None,
            _with_email(sharing, name),
            by_phone.get(phoned) if join and all(phoned) else None,
        ]
        leader = next((one for one in near if one and not _two_numbers(one, number)), None)
        if leader is None:
            leader = _Leader(row_no, number, name)
        else:
            leader.number, leader.name = leader.number or number, leader.name or name
            leaders[row_no] = leader.row_no
        by_number.setdefault(number or "", leader)
        sharing.setdefault(name, leader)
        by_phone.setdefault(phoned, leader)
    return leaders


_SHARING = 3  # under more names than this, an email is an office's or nobody's: only the very name counts


def _with_email(sharing: dict[str, _Leader], name: str) -> _Leader | None:
    """Who of those with this email it is: of the same name, else the only one whose name is not another's."""
    if name in sharing or len(sharing) > _SHARING:
        return sharing.get(name)
    near = {id(one): one for one in sharing.values() if names(name, one.name) is not Names.DIFFER}
    return next(iter(near.values())) if len(near) == 1 else None


def _two_numbers(leader: _Leader, number: str | None) -> bool:
    """Two different numbers of one source are two customers, whatever else they share."""
    return bool(leader.number and number and leader.number != number)


def read_names(desk: Desk) -> None:
    """The search words of names that are more than plain letters."""
    rows = desk.rows(person_statements.ODD_NAMES)
    fill(desk, "name_words", [(text, " ".join(sorted(search_words(text)))) for (text,) in rows])
