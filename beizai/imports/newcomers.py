"""Customers a file names: known by their number in the source, else by their email, else made anew."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from beizai.base.contact_points import normal_email, normal_phone
from beizai.base.errors import Invalid
from beizai.base.progress import Progress
from beizai.customers import search
from beizai.customers.models import Channel, ContactPoint, Customer, ExternalId, FactChange, SearchWords
from beizai.imports.slices import chunks, insert, moment, reserve, write_slices
from beizai.sources.models import Source

_ASK_ALL = 20_000  # beyond so many numbers the whole list of the source is read once


@dataclass(frozen=True)
class Person:
    """A customer as an orders file names them."""

    number: str
    country: str = ""
    email: str = ""
    phone: str = ""
    name: str = ""


@dataclass(frozen=True)
class Arrival:
    """What every row written by one import bears."""

    import_id: int
    source: Source
    now: datetime
    simulated: bool


def known_numbers(source_id: int, numbers: Sequence[str]) -> dict[str, int]:
    """The cards of the numbers this source has given before."""
    rows = ExternalId.objects.filter(source_id=source_id)
    if len(numbers) > _ASK_ALL:
        wanted = set(numbers)
        found = rows.values_list("value", "customer_id").iterator(chunk_size=10_000)
        return {value: customer_id for value, customer_id in found if value in wanted}
    known: dict[str, int] = {}
    for chunk in chunks(numbers, 500):
        known.update(rows.filter(value__in=chunk).values_list("value", "customer_id"))
    return known


def by_email(source_id: int, emails: Mapping[str, str]) -> dict[str, int]:
    """For numbers with a normal email: the one card that has it, where it is one and has no number of this source yet."""
    owners: dict[str, set[int]] = {}
    for chunk in chunks(sorted(set(emails.values())), 500):
        rows = ContactPoint.objects.filter(channel=Channel.EMAIL, normal__in=chunk, ended_at=None)
        for normal, customer_id in rows.values_list("normal", "customer_id"):
            owners.setdefault(normal, set()).add(customer_id)
    single = {normal: next(iter(found)) for normal, found in owners.items() if len(found) == 1}
    numbered: set[int] = set()
    for chunk_ids in chunks(sorted(set(single.values())), 500):
        rows_with = ExternalId.objects.filter(source_id=source_id, customer_id__in=chunk_ids)
        numbered.update(rows_with.values_list("customer_id", flat=True))
    times = Counter(emails.values())
    return {
        number: single[normal]
        for number, normal in emails.items()
        if normal in single and single[normal] not in numbered and times[normal] == 1
    }


def normal_points(person: Person, country: str) -> tuple[str, str, int]:
    """The normal email and phone of a person ("" where there is none), and how many could not be right."""
    email, phone, wrong = "", "", 0
    if person.email:
        try:
            email = normal_email(person.email)
        except Invalid:
            wrong += 1
    if person.phone:
        try:
            phone = normal_phone(person.phone, person.country or country)
        except Invalid:
            wrong += 1
    return email, phone, wrong


def attach(numbers: Mapping[str, int], arrival: Arrival) -> None:
    """Gives cards that were known by email their number in this source; the history says so."""

    def write(piece: Sequence[tuple[str, int]]) -> None:
        ExternalId.objects.bulk_create(
            [
                ExternalId(customer_id=customer_id, source=arrival.source, value=value)
                for value, customer_id in piece
            ]
        )
        FactChange.objects.bulk_create(
            FactChange(
                customer_id=customer_id,
                field="external",
                old=None,
                new=value,
                source=arrival.source,
                import_id=arrival.import_id,
                at=arrival.now,
            )
            for value, customer_id in piece
        )
        search.index_many(customer_id for _, customer_id in piece)

    write_slices(list(numbers.items()), write)


@dataclass(frozen=True, slots=True)
class _Ready:
    """A person with everything worked out that needs no lock: normal addresses, the words the card is found by."""

    who: Person
    points: tuple[tuple[str, str, str], ...]  # channel, value, normal
    words: frozenset[str]


def make_cards(
    people: Sequence[Person], arrival: Arrival, *, country: str, progress: Progress
) -> dict[str, int]:
    """New cards for these people, found by their words at once; returns the card of each number."""
    made: dict[str, int] = {}
    ready = [_ready(who, country) for who in people]

    def write(piece: Sequence[_Ready]) -> None:
        ids = reserve(Customer, len(piece))
        _write_cards(piece, ids, arrival)
        made.update(zip((one.who.number for one in piece), ids, strict=True))

    write_slices(ready, write, progress=progress, what="new customers")
    return made


def _ready(who: Person, country: str) -> _Ready:
    email, phone, _ = normal_points(who, country)
    words = search.number_terms(who.number)
    points = []
    if who.name:
        words |= search.name_terms(who.name)
    if email:
        points.append((Channel.EMAIL.value, who.email, email))
        words |= search.email_terms(email)
    if phone:
        points.append((Channel.PHONE.value, who.phone, phone))
        words |= search.phone_terms(phone)
    return _Ready(who, tuple(points), frozenset(words))


def _write_cards(piece: Sequence[_Ready], ids: Sequence[int], arrival: Arrival) -> None:
    at = moment(arrival.now)
    source_id = arrival.source.pk
    blank = ("", "", "", "", "{}", source_id, arrival.import_id, arrival.simulated, 0, at, at)
    columns = (
        "id", "name", "country", "given_name", "family_name", "language", "postal_address", "facts", "source",
        "import_id", "simulated", "revision", "created_at", "changed_at",
    )  # fmt: skip
    cards = list(zip(ids, piece, strict=True))
    insert(Customer, columns, [(pk, one.who.name, one.who.country, *blank) for pk, one in cards])
    insert(
        ExternalId, ("customer", "source", "value"), [(pk, source_id, one.who.number) for pk, one in cards]
    )
    points = [(pk, *point, source_id, arrival.simulated, at) for pk, one in cards for point in one.points]
    if points:
        insert(
            ContactPoint,
            ("customer", "channel", "value", "normal", "source", "simulated", "added_at"),
            points,
        )
    insert(
        SearchWords, ("customer", "words"), [(pk, search.in_a_row(one.words)) for pk, one in cards if one.words]
    )


def wrong_points(people: Iterable[Person], country: str) -> int:
    """How many emails and phones of these people cannot be right and would be left out."""
    return sum(normal_points(person, country)[2] for person in people)


def known_with_zeros(source_id: int, numbers: Sequence[str]) -> dict[str, int]:
    """Cards the book knows by these numbers with zeros in front, which Excel has dropped; only where it is one card."""
    wanted = {number for number in numbers if number.isdigit() and not number.startswith("0")}
    if not wanted:
        return {}
    found: dict[str, set[int]] = {}
    rows = ExternalId.objects.filter(source_id=source_id, value__startswith="0").values_list(
        "value", "customer_id"
    )
    for value, customer_id in rows.iterator(chunk_size=10_000):
        bare = value.lstrip("0")
        if value.isdigit() and bare in wanted:
            found.setdefault(bare, set()).add(customer_id)
    return {number: next(iter(cards)) for number, cards in found.items() if len(cards) == 1}


def has_number(source_id: int, customer_id: int) -> bool:
    """Whether a card has a number in this source."""
    return ExternalId.objects.filter(source_id=source_id, customer_id=customer_id).exists()
