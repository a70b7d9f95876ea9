"""One row of a customers file as a person: what it tells is mended, what cannot be right is left out or kept aside."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from beizai.base import clock
from beizai.base.contact_points import normal_email, normal_phone
from beizai.base.errors import Invalid
from beizai.consent.models import Decision
from beizai.imports import dates
from beizai.imports.desk import Choices
from beizai.imports.mending import digits_lost, dropped_zero, full_postcode, meant_domain
from beizai.imports.places import country_code

_YES = {"yes", "y", "true", "1", "oui", "o", "vrai", "是", "x", "subscribed", "opted in", "granted"}
_NO = {"no", "n", "false", "0", "non", "faux", "否", "unsubscribed", "opted out", "refused"}
_LONGEST = 200
_OLDEST = date(1900, 1, 1)


@dataclass(slots=True)
class Permission:
    """What one row says of a permission. `proved`: it has its words, its place and its time."""

    decision: str
    text: str
    where: str
    at: datetime | None
    proved: bool


@dataclass(slots=True)
class Entry:
    """One customer as a file tells of them; several rows of one person become one entry."""

    row_no: int
    number: str = ""
    name: str = ""
    given_name: str = ""
    family_name: str = ""
    email: str = ""
    email_normal: str = ""
    phone: str = ""
    phone_normal: str = ""
    postal_address: str = ""
    country: str = ""
    language: str = ""
    birthday: date | None = None
    tags: tuple[str, ...] = ()
    facts: dict[str, str] = field(default_factory=dict)
    permissions: list[Permission] = field(default_factory=list)
    card: int | None = None


@dataclass
class Tally:
    """What was counted while the rows were read: repairs with their first example, reasons with their first row."""

    repairs: Counter[str] = field(default_factory=Counter)
    examples: dict[str, tuple[str, str]] = field(default_factory=dict)
    reasons: Counter[str] = field(default_factory=Counter)
    first: dict[str, int] = field(default_factory=dict)
    rejected: list[tuple[int, str]] = field(default_factory=list)

    def mend(self, code: str, before: str, after: str) -> None:
        """Counts a repair."""
        self.repairs[code] += 1
        self.examples.setdefault(code, (before, after))

    def reject(self, row_no: int, reason: str) -> None:
        """Keeps a row aside."""
        self.reasons[reason] += 1
        self.first.setdefault(reason, row_no)
        self.rejected.append((row_no, reason))


class RowReader:
    """Reads one row after the other into entries, counting what it mends."""

    def __init__(
        self,
        choices: Choices,
        styles: dict[str, dates.Style | None],
        keys: tuple[str, ...],
        tally: Tally,
        consent: str,
    ) -> None:
        self._choices = choices
        self._styles = styles
        self._keys = keys
        self._tally = tally
        self._consent = consent

    def read(self, row: Sequence[Any]) -> Entry | None:
        """The entry of a row, or None where it is kept aside."""
        row_no, problem, number, name, given, family, email, phone, *rest = row
        reason = self._reason(problem, (number, name, given, family, email, phone))
        if reason:
            self._tally.reject(row_no, reason)
            return None
        address, street, postcode, city, birthday, country, language, tags, *rest = rest
        consent, text, where, agreed_at, *attributes = rest
        code = (country_code(country) or "") if country else ""
        if country and not code:
            self._tally.mend("country_unknown", country, "")
        entry = Entry(
            row_no, number or "", name or "", (given or "")[:100], (family or "")[:100], country=code
        )
        entry.name = entry.name or " ".join(part for part in (entry.given_name, entry.family_name) if part)
        self._email(entry, email)
        self._phone(entry, phone)
        entry.postal_address = (address or self._address(street, postcode, city, code))[:1000]
        entry.language = (language or "")[:10]
        entry.birthday = self._birthday(birthday)
        entry.tags = tuple(
            dict.fromkeys(
                tag.strip()[:60] for tag in (tags or "").replace(";", ",").split(",") if tag.strip()
            )
        )
        entry.facts = {
            key: value.strip()
            for key, value in zip(self._keys, attributes, strict=True)
            if value and value.strip()
        }
        self._permission(entry, consent, text, where, agreed_at)
        return entry

    def _reason(self, problem: str | None, who: Sequence[str | None]) -> str:
        number, name, given, family, email, phone = who
        if problem:
            return f"{problem}:"
        if not any(who):
            return "nobody:"
        for field_name, value in (
            ("customer", number),
            ("name", name),
            ("given_name", given),
            ("family_name", family),
        ):
            if value and len(value) > _LONGEST:
                return f"text_too_long:{field_name}"
        if number and digits_lost(number):
            return "digits_lost:customer"
        if not any((number, name, given, family)) and not phone and email and not self._is_email(email):
            return "not_an_email:email"
        return ""

    def _is_email(self, text: str) -> bool:
        try:
            normal_email(text)
        except Invalid:
            return False
        return True

    def _email(self, entry: Entry, text: str | None) -> None:
        if not text:
            return
        text = text[:254].removeprefix("mailto:")
        local, _, domain = text.partition("@")
        meant = meant_domain(domain.lower())
        if meant:
            self._tally.mend("email_typos", text, f"{local}@{meant}")
            if self._choices.does("email_typos", default=False):
                text = f"{local}@{meant}"
        try:
            entry.email, entry.email_normal = text, normal_email(text)
        except Invalid:
            entry.email = ""
            self._tally.mend("left_out_contacts", text, "")

    def _phone(self, entry: Entry, text: str | None) -> None:
        if not text:
            return
        if digits_lost(text):
            self._tally.mend("phones_lost", text, "")
            return
        try:
            entry.phone, entry.phone_normal = (
                text[:254],
                normal_phone(text, entry.country or self._choices.country),
            )
        except Invalid:
            entry.phone = ""
            self._tally.mend("left_out_contacts", text, "")
            return
        if dropped_zero(text, entry.phone_normal):
            self._tally.mend("phone_zeros", text, entry.phone_normal)

    def _address(self, street: str | None, postcode: str | None, city: str | None, country: str) -> str:
        full = postcode or ""
        if postcode and self._choices.does("postcode_zeros"):
            full = full_postcode(postcode, country or self._choices.country)
            if full != postcode:
                self._tally.mend("postcode_zeros", postcode, full)
        place = " ".join(part for part in (full, city or "") if part)
        return "\n".join(part for part in (street or "", place) if part)

    def _birthday(self, text: str | None) -> date | None:
        if not text:
            return None
        day = dates.read_day(text.split("T")[0].split(" 00:00")[0], self._styles["birthday"])
        today = self._choices.now.date()
        if day is None or not _OLDEST <= day.on <= today:
            self._tally.mend("birthdays_left_out", text, "")
            return None
        return day.on

    def _permission(
        self, entry: Entry, consent: str | None, text: str | None, where: str | None, agreed_at: str | None
    ) -> None:
        answer = (consent or "").strip().casefold()
        if answer in _NO:
            words = text or f"{self._consent}: {consent}"
            entry.permissions.append(
                Permission(Decision.REFUSED, words, where or "", self._moment(agreed_at), True)
            )
            return
        if answer not in _YES and not text:
            return
        at = self._moment(agreed_at)
        proved = bool(text and where and at)
        if proved:
            entry.permissions.append(Permission(Decision.GRANTED, text or "", where or "", at, True))
        else:
            self._tally.mend(
                "consent_without_proof", f"{self._consent}: {consent}" if consent else text or "", ""
            )

    def _moment(self, text: str | None) -> datetime | None:
        if not text:
            return None
        head, _, tail = text.replace("T", " ").partition(" ") if ":" in text else (text, "", "")
        day = dates.read_day(head, self._styles["consent_at"])
        if day is None:
            return None
        found = dates.read_clock(tail) if tail else None
        local = datetime(day.on.year, day.on.month, day.on.day, tzinfo=UTC) + timedelta(
            microseconds=found.microseconds if found else day.microseconds
        )
        if found and found.offset_minutes is not None:
            at = local - timedelta(minutes=found.offset_minutes)
        else:
            at = local.replace(tzinfo=clock.zone(self._choices.zone)).astimezone(UTC)
        return at if at <= self._choices.now else None
