"""Which card a person of a file has: by number, else by an email one card alone has, else by phone and name."""

from collections.abc import Callable, Iterator
from typing import Any

from django.db.models import QuerySet

from beizai.customers import belonging
from beizai.customers.models import Channel, ContactPoint, ExternalId
from beizai.imports import newcomers, person_statements
from beizai.imports.desk import Desk
from beizai.imports.people import fill
from beizai.imports.slices import chunks

_ASK_ALL = 20_000  # beyond so many, all the book has is read once and compared here
_PIECE = 200_000


BOTH = (Channel.EMAIL, Channel.PHONE)


def find_cards(
    desk: Desk, source_id: int | None, *, with_zeros: bool, channels: tuple[Channel, ...] = BOTH
) -> int:
    """Fills the table `met` (row, card, because); returns how many were found by a number that had lost its zeros.

    Where a card was joined to another, it is that one.
    """
    zeros = _by_number(desk, source_id, with_zeros=with_zeros) if source_id is not None else 0
    _by_point(desk, source_id, channels)
    _follow(desk)
    return zeros


def _follow(desk: Desk) -> None:
    met = [card for (card,) in desk.rows("select distinct customer_id from met")]
    moved = [(card, lead) for card, lead in belonging.cards_of(met).items() if card != lead] if met else []
    if moved:
        desk.run("create or replace table moved (card bigint, lead bigint)")
        fill(desk, "moved", moved)
        desk.run("update met set customer_id = lead from moved where card = customer_id")


def zeros_example(desk: Desk) -> tuple[str, str]:
    """A number that had lost its zeros, as it stands, and as the book knows it."""
    found = desk.rows("select number, known from zeroed limit 1")
    return found[0] if found else ("", "")


def _by_number(desk: Desk, source_id: int, *, with_zeros: bool) -> int:
    rows = ExternalId.objects.filter(source_id=source_id)
    if not rows.exists():
        return 0
    desk.run("create or replace table book_numbers (value varchar, customer_id bigint)")
    count = desk.rows("select count(number) from people")[0][0]
    if count > _ASK_ALL:
        _bring(desk, "book_numbers", rows.values_list("value", "customer_id"))
    else:
        numbers = [number for _, number in desk.rows(person_statements.NUMBERED)]
        fill(desk, "book_numbers", list(newcomers.known_numbers(source_id, numbers).items()))
    desk.run(_MET_BY_NUMBER)
    return _with_zeros(desk, source_id) if with_zeros else 0


_MET_BY_NUMBER = """
insert into met select p.row_no, any_value(b.customer_id), 'number' from people p join book_numbers b on b.value = p.number group by p.row_no
"""
_LEFT = (
    "select row_no, number from people where number is not null and row_no not in (select row_no from met)"
)


def _with_zeros(desk: Desk, source_id: int) -> int:
    left = desk.rows(_LEFT)
    found = newcomers.known_with_zeros(source_id, [number for _, number in left])
    taken = [(row_no, found[number], "zeros") for row_no, number in left if number in found]
    fill(desk, "met", taken)
    desk.run("create or replace table zeroed (number varchar, known varchar)")
    if taken:
        number = next(number for _, number in left if number in found)
        known = ExternalId.objects.filter(source_id=source_id, customer_id=found[number]).first()
        fill(desk, "zeroed", [(number, known.value if known else "")])
    return len(taken)


def _by_point(desk: Desk, source_id: int | None, channels: tuple[Channel, ...]) -> None:
    """By email, then by phone and name; a card is met once, and never by two different numbers of the source."""
    taken = {card for (card,) in desk.rows("select customer_id from met")}
    for channel in channels:
        column = 2 if channel == Channel.EMAIL else 3
        owners = _owners(desk, channel)
        if not owners:
            continue
        met = []
        for row in desk.rows(person_statements.POINTED):
            found = owners.get(row[column] or "", [])
            same_name = (row[4] or "").casefold()
            cards = [card for card, name in found if column == 2 or name.casefold() == same_name]
            if len(cards) != 1 or cards[0] in taken:
                continue
            if row[1] and source_id is not None and newcomers.has_number(source_id, cards[0]):
                continue
            met.append((row[0], cards[0], channel.value))
            taken.add(cards[0])
        fill(desk, "met", met)


_WANTED: dict[str, str] = {
    Channel.EMAIL: "select distinct email_normal from people where email_normal is not null and row_no not in (select row_no from met)",
    Channel.PHONE: "select distinct phone_normal from people where phone_normal is not null and row_no not in (select row_no from met)",
}


def _owners(desk: Desk, channel: Channel) -> dict[str, list[tuple[int, str]]]:
    """The cards that have one of the file's addresses now."""
    rows = ContactPoint.objects.filter(channel=channel, ended_at=None)
    if not rows.exists():
        return {}
    wanted = [normal for (normal,) in desk.rows(_WANTED[channel])]
    found = list(_asked(rows, wanted))
    leads = belonging.cards_of({card for _, card, _ in found})
    owners: dict[str, dict[int, str]] = {}
    for normal, card, name in found:
        owners.setdefault(normal, {}).setdefault(leads[card], name)
    return {normal: list(cards.items()) for normal, cards in owners.items()}


def _asked(rows: QuerySet[ContactPoint], wanted: list[str]) -> Iterator[tuple[str, int, str]]:
    named = ("normal", "customer_id", "customer__name")
    if len(wanted) > _ASK_ALL:
        among = set(wanted)
        yield from (
            found for found in rows.values_list(*named).iterator(chunk_size=10_000) if found[0] in among
        )
        return
    for chunk in chunks(sorted(wanted), 500):
        yield from rows.filter(normal__in=chunk).values_list(*named)


def _bring(desk: Desk, table: str, rows: Any) -> None:
    each: Callable[..., Any] = rows.iterator
    for piece in chunks(each(chunk_size=10_000), _PIECE):
        fill(desk, table, piece)
