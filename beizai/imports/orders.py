"""An orders file comes in: lines become orders, the new are added, the changed replaced, the known counted."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from beizai.base import ids
from beizai.base.clock import naive_utc
from beizai.base.progress import Progress
from beizai.customers.models import Channel
from beizai.events import batches
from beizai.events.book import open_book
from beizai.imports import finding, newcards, newcomers, people, person_statements, statements, widths
from beizai.imports.desk import Choices, Desk
from beizai.imports.goods import enter_products
from beizai.imports.judging import Judgement, Repair, judge_orders
from beizai.imports.newcomers import Arrival
from beizai.lake import LINES, ORDERS

_CHUNK = 400_000


@dataclass(frozen=True)
class Reading:
    """What an orders file would do, all counted, nothing written."""

    judgement: Judgement
    totals: dict[str, Any]
    reasons: tuple[tuple[str, int, int], ...]  # code:field, rows, the first of them
    fates: dict[str, int]  # new, changed, known -> orders
    customers: dict[str, int]  # customers, known, by_number, by_email, by_phone

    @property
    def rejected(self) -> int:
        return self.judgement.rows - int(self.totals["accepted"])

    def happens(self) -> dict[str, Any]:
        """What would happen, in counts."""
        known = self.customers["known"]
        counted = {f"{fate}_orders": count for fate, count in self.fates.items()}
        told = ("anonymous_rows", "anonymous_orders", "returns", "amount_minor", "first_on", "last_on")
        people = {"new_customers": self.customers["customers"] - known, "known_customers": known}
        return counted | people | {name: self.totals[name] for name in told}


def read_orders(desk: Desk, choices: Choices, *, source_id: int | None, progress: Progress) -> Reading:
    """Judges every row, puts the orders together and compares them with the book."""
    progress(0, 4, "reading dates, numbers and names")
    judgement = judge_orders(desk, choices)
    progress(1, 4, "putting orders together")
    desk.run(statements.FILE_ORDERS)
    totals = desk.one(statements.TOTALS)
    rejected = judgement.rows - int(totals["accepted"])
    reasons = tuple(desk.rows(statements.REASONS)) if rejected else ()
    progress(2, 4, "comparing with the book")
    desk.run(statements.ORDER_TABLES)
    if source_id is not None:
        _number(desk, source_id)
        _recall(desk, source_id)
    desk.run(statements.FATED)
    fates = {"new": 0, "changed": 0, "known": 0} | dict(desk.rows(statements.FATES))
    progress(3, 4, "looking for the customers")
    named = desk.mapped.fields.keys() & {"email", "phone", "name"}
    desk.run(statements.FILE_PEOPLE if named else statements.FILE_CUSTOMERS)
    people.judge_named(desk, choices)
    widths.propose(desk, choices, source_id=source_id)
    zeros = choices.does("number_zeros")
    finding.find_cards(desk, source_id, with_zeros=zeros, channels=(Channel.EMAIL,))
    widths.forget_found(desk, choices)
    customers = {name: int(value) for name, value in desk.one(person_statements.COUNTED).items()}
    judgement = _contacts_judged(desk, choices, judgement, totals)
    return Reading(judgement, totals, reasons, fates, customers)


def write_orders(
    desk: Desk, reading: Reading, choices: Choices, arrival: Arrival, batch_id: int, *, progress: Progress
) -> int:
    """Writes the new customers and products into the office, then lines and orders into the lake; returns the new cards.

    Nothing of it is in the book before the batch is.
    """
    newcomers.attach(dict(desk.rows(person_statements.TO_ATTACH)), arrival)
    made = newcards.make_cards(desk, arrival, progress=progress)
    desk.run(person_statements.FILL_CUSTOMER_IDS)
    batches.keep_alive(batch_id)
    goods = enter_products(desk.rows(statements.FILE_PRODUCTS), arrival)
    desk.fill(
        "product_ids",
        pa.table(
            {
                "product": pa.array(goods, pa.string()),
                "product_id": pa.array([pk for pk, _ in goods.values()], pa.int64()),
                "category": pa.array([category or None for _, category in goods.values()], pa.string()),
            }
        ),
    )
    desk.run(statements.COMING)
    total = int(reading.totals["accepted"])
    bound = {"source_id": arrival.source.pk, "simulated": arrival.simulated}
    done = 0
    for piece in _pieces(desk, statements.LINES, bound):
        batches.append_rows(batch_id, LINES, piece)
        done += piece.num_rows
        progress(done, total, "lines into the lake")
    for piece in _pieces(desk, statements.ORDERS, bound | {"received_at": naive_utc(arrival.now)}):
        batches.append_rows(batch_id, ORDERS, piece)
    return made


def _pieces(desk: Desk, question: str, parameters: dict[str, Any]) -> Iterator[pa.Table]:
    """The answer in tables of about 400,000 rows."""
    reader = desk.con.sql(question, params=parameters).to_arrow_reader(100_000)
    held: list[pa.RecordBatch] = []
    rows = 0
    for batch in reader:
        held.append(batch)
        rows += batch.num_rows
        if rows >= _CHUNK:
            yield pa.Table.from_batches(held)
            held, rows = [], 0
    if rows:
        yield pa.Table.from_batches(held)


def _number(desk: Desk, source_id: int) -> None:
    """Gives every order of the file its id."""
    cursor = desk.con.cursor()
    try:
        for batch in cursor.sql(statements.NUMBERS).to_arrow_reader(200_000):
            numbers = batch.column(0).to_pylist()
            order_ids = ids.order_ids(source_id, numbers)
            desk.fill("order_ids", pa.table({"number": batch.column(0), "order_id": pa.array(order_ids)}))
    finally:
        cursor.close()


def number_orders(desk: Desk, source_id: int) -> None:
    """Gives the orders of a file their ids, where its source has only now got its own number."""
    if desk.mapped.kind == "orders":
        _number(desk, source_id)


def _recall(desk: Desk, source_id: int) -> None:
    """Brings over what the book knows of these orders."""
    wanted = desk.con.sql("select order_id from order_ids").to_arrow_table()
    with open_book() as book:
        raw = book.con.con
        raw.register("wanted_orders", wanted)
        found = book.run(
            lambda con: con.con.sql(statements.OF_SOURCE, params={"source_id": source_id}).to_arrow_table()
        )
        raw.unregister("wanted_orders")
    if found.num_rows:
        desk.fill("known_orders", found)


def _contacts_judged(desk: Desk, choices: Choices, judgement: Judgement, totals: dict[str, Any]) -> Judgement:
    repairs = list(judgement.repairs)
    wrong, example = desk.rows(person_statements.LEFT_OUT_NEW)[0]
    if wrong:
        repairs.append(Repair("left_out_contacts", wrong, example, "", optional=False))
    short, before, after = desk.rows(person_statements.PADDED_NUMBERS)[0]
    if short:
        done = choices.does(widths.NUMBERS, default=False)
        repairs.append(Repair(widths.NUMBERS, short, before, after, done=done))
    if totals["two_customers"]:
        repairs.append(Repair("two_customers", int(totals["two_customers"]), optional=False))
    return Judgement(judgement.rows, judgement.dates, judgement.decimal, tuple(repairs))
