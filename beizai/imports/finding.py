"""Which card a person of a file has: by number, else by an address that leads to one card, by the house's one rule."""

from datetime import datetime

from beizai.customers import belonging
from beizai.customers.models import Channel, Customer, ExternalId
from beizai.identity import deterministic, meeting, meeting_statements, proposals
from beizai.imports import newcomers, person_statements
from beizai.imports.desk import Desk
from beizai.imports.people import fill

_PIECE = 2_000
_ASK_ALL = 20_000  # beyond so many, all the book has is read once and compared here


def find_cards(
    desk: Desk, source_id: int | None, *, with_zeros: bool, channels: tuple[Channel, ...] = meeting.BOTH
) -> int:
    """Fills the tables `met` (row, card, because) and `maybe` (row, card, reason); returns how many were found by a number
    that had lost its zeros.

    Where a card was joined to another, it is that one.
    """
    desk.run(person_statements.ARRIVALS)
    zeros = _by_number(desk, source_id, with_zeros=with_zeros) if source_id is not None else 0
    _follow(desk)
    meeting.meet(desk.con, source_id, channels=channels)
    return zeros


def _follow(desk: Desk) -> None:
    moved = belonging.leading()
    if moved:
        desk.run("create or replace table moved (card bigint, lead bigint)")
        fill(desk, "moved", list(moved.items()))
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
    count = desk.rows("select count(number) from arrivals")[0][0]
    if count > _ASK_ALL:
        for piece in meeting.read_all(rows.values_list("value", "customer_id")):
            fill(desk, "book_numbers", piece)
    else:
        numbers = [number for _, number in desk.rows(person_statements.NUMBERED)]
        fill(desk, "book_numbers", list(newcomers.known_numbers(source_id, numbers).items()))
    desk.run(_MET_BY_NUMBER)
    return _with_zeros(desk, source_id) if with_zeros else 0


_MET_BY_NUMBER = """
insert into met select p.row_no, any_value(b.customer_id), 'number' from arrivals p join book_numbers b on b.value = p.number group by p.row_no
"""
_LEFT = (
    "select row_no, number from arrivals where number is not null and row_no not in (select row_no from met)"
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


def met(desk: Desk) -> dict[str, int]:
    """How many rows were known, by what."""
    return dict(desk.rows("select because, count(*) from met group by because order by because"))


def doubts(desk: Desk) -> dict[str, int]:
    """How many rows may be of a card nobody can be sure of, by why."""
    return dict(desk.rows(meeting_statements.DOUBTS))


def doubtful(desk: Desk) -> tuple[tuple[str, int, int], ...]:
    """The first of them: why, the row, the card it may be."""
    return tuple(desk.rows(meeting_statements.DOUBTFUL))


_GONE = """
delete from judged_people where row_no in (select row_no from met where customer_id not in (select id from there))
  or row_no in (select row_no from grouped where leader in (select row_no from met where customer_id not in (select id from there)));
delete from met where customer_id not in (select id from there)
"""


def leave_out_the_gone(desk: Desk) -> None:
    """Whose card was erased since the file was judged does not come in again by it: their rows go from the desk."""
    wanted = [card for (card,) in desk.rows("select distinct customer_id from met")]
    rows = Customer.objects.values_list("pk")
    pieces = (
        meeting.read_all(rows)
        if len(wanted) > _ASK_ALL
        else (list(rows.filter(pk__in=few)) for few in belonging.in_pieces(wanted, 500))
    )
    desk.run("create or replace table there (id bigint)")
    for piece in pieces:
        fill(desk, "there", piece)
    desk.run(_GONE)


def put_before_people(desk: Desk, import_id: int, *, now: datetime) -> int:
    """What nobody can be sure of waits for a person, each pair once; returns how many pairs the import added."""
    added = 0
    rows = desk.con.cursor().execute(person_statements.DOUBTED)
    while piece := rows.fetchmany(_PIECE):
        ids = {number for found in piece for number in found[:2]}
        there = set()
        for few in belonging.in_pieces(sorted(ids), 500):
            there |= set(Customer.objects.filter(pk__in=few).values_list("pk", flat=True))
        pairs = [deterministic.pair(one, other, why) for one, other, why in piece if {one, other} <= there]
        added += proposals.add_new(pairs, rule=proposals.by_import(import_id), now=now)
    return added
