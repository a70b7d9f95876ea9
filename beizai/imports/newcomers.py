"""Customers a file names by their number in its source."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from beizai.customers import belonging, search
from beizai.customers.models import ExternalId, FactChange
from beizai.imports.slices import chunks, write_slices
from beizai.sources.models import Source

_ASK_ALL = 20_000  # beyond so many numbers the whole list of the source is read once


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
    numbers = belonging.ids_of(customer_id)
    return ExternalId.objects.filter(source_id=source_id, customer_id__in=numbers).exists()
