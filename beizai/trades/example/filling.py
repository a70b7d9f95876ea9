"""Example customers come into a home: files through the imports, talks, bookings and ties through their rooms; and go out again whole."""

import csv
import tempfile
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib.resources import files as resources
from pathlib import Path
from typing import Any

from django.db import transaction

from beizai.appointments import booking
from beizai.appointments.models import Appointment, Service, StaffHours
from beizai.base import clock
from beizai.base.errors import Invalid, NotFound
from beizai.base.progress import Progress, silent
from beizai.consent import erasing
from beizai.conversations import talking
from beizai.conversations.models import Conversation
from beizai.customers.models import AttributeDefinition, Customer, ExternalId, Tie
from beizai.imports import bring_in
from beizai.imports import files as imports
from beizai.imports.models import ColumnMapping, Import
from beizai.sources.models import Source, SourceKind
from beizai.sources.register import source as the_source
from beizai.staff import audit
from beizai.staff.models import Branch, Role, Shop, User
from beizai.staff.shop import shop
from beizai.trades import books, prospecting
from beizai.trades.example import inventing
from beizai.trades.example.inventing import NEWEST_DAYS, OLDEST_DAYS, Line, Person, World
from beizai.trades.models import Example
from beizai.value import standings

SOURCE = "Example (SIMULATED)"
_HEAD = ("Customer", "Given name", "Family name", "Email", "Consent", "Consent text", "Consent where", "Consent date")  # fmt: skip
_ORDERS = ("Order", "Date", "Customer", "Product", "Product name", "Category", "Quantity", "Unit price", "Cost", "Store")  # fmt: skip
_NO = {"en": "No, do not write to me.", "fr": "Non, ne m'écrivez pas.", "zh-hans": "不，请不要联系我。"}
_MOST_TALKS = 60
_A_FULL_DAY = 12  # bookings


@dataclass(frozen=True)
class Added:
    """What was brought in."""

    example: Example
    customers: int
    orders: int
    ties: int
    talks: int
    appointments: int


@dataclass(frozen=True)
class Removed:
    """What was taken out; `erased` were written to or touched since, so that they were erased like anybody who asks for it."""

    customers: int
    orders: int
    rows: int
    erased: tuple[int, ...] = field(default=())


def present() -> Example | None:
    """The example in this home, if there is one."""
    return Example.objects.filter(removed_at=None).order_by("-pk").first()


def add(
    name: str, *, now: datetime, seed: int = 1, by: User | None = None, progress: Progress = silent
) -> Added:
    """Fills a home that has opened this trade's book with its example; the same seed gives the same people. Not inside a transaction.

    Invalid where an example is there already, or the trade's book was not opened: its attributes are what the people tell of themselves.
    """
    trade, here = books.trade(name), shop()
    if present() is not None:
        raise Invalid("There is an example in this home already.", hint="Take it out first.")
    if trade.name not in {one.name for one in books.opened(here)}:
        raise Invalid("The book “{name}” is not opened in this home.", hint="Open it first.", name=trade.name)
    world = _world(trade, here, now, seed)
    where = the_source(SOURCE, SourceKind.DEMO, now=now - timedelta(days=OLDEST_DAYS), simulated=True)
    _price(where, world, here)
    example = Example.objects.create(trade=trade.name, source=where, seed=seed, added_at=now)
    try:
        return _fill(world, trade, example, by=by, progress=progress)
    except BaseException:
        remove(now=now, by=by)
        raise


def _fill(
    world: World, trade: books.Trade, example: Example, *, by: User | None, progress: Progress
) -> Added:
    here, now = shop(), world.now
    points = _points(trade, here)
    everybody = inventing.people(world, points)
    bought = inventing.lines(world, everybody)
    progress(0, 5, "inventing customers (SIMULATED)")
    with tempfile.TemporaryDirectory(prefix="beizai-example-") as folder:
        at = Path(folder)
        for is_new, days in ((False, OLDEST_DAYS), (True, NEWEST_DAYS)):
            some = [one for one in everybody if one.is_new == is_new]
            if some:
                path = _customers_file(at / f"customers-{'new' if is_new else 'old'}.csv", world, some, days)
                _bring(path, "customers", example, now=now - timedelta(days=days), by=by)
        progress(1, 5, "their orders (SIMULATED)")
        _bring(_orders_file(at / "orders.csv", world, bought), "orders", example, now=now, by=by)
    cards = dict(ExternalId.objects.filter(source=example.source).values_list("value", "customer_id"))
    progress(2, 5, "whom they know (SIMULATED)")
    _into_branches(world, everybody, cards, example)
    tied = _tie(world, everybody, cards, example.source)
    talks = _talk(world, everybody, bought, cards, example.source)
    progress(3, 5, "their appointments (SIMULATED)")
    booked = _book(world, everybody, cards, example)
    progress(4, 5, "counting where everybody stands")
    standings.refresh(now)
    example.customers = len(everybody)
    example.save()
    audit.record("example.added", at=now, user=by, customers=len(everybody), example=example.pk)
    orders = len({line.order for line in bought})
    progress(5, 5, "the example is in the book")
    return Added(example, len(everybody), orders, tied, talks, booked)


def remove(*, now: datetime, by: User | None = None) -> Removed:
    """Takes the example out again: its bookings, talks and ties, then its imports, the last first.

    Who of it was written to or edited meanwhile does not go with an import; they are erased as anybody who asks for it.
    """
    example = present()
    if example is None:
        raise NotFound("There is no example in this home.", hint="'beizai trades example add' brings one in.")
    rows = _rows_out(example)
    customers = orders = 0
    for number in reversed(example.imports):
        row = Import.objects.filter(pk=number).first()
        if row is not None and row.state == Import.State.IN_BOOK:
            undone = imports.undo(number, now=now, by=by)
            customers, orders = customers + undone.customers_out, orders + undone.orders_out
    left = Customer.objects.filter(import_id__in=example.imports, simulated=True).order_by("pk")
    erased = list(left.values_list("pk", flat=True))
    for number in erased:
        if Customer.objects.filter(pk=number).exists():
            erasing.erase(number, "The example was taken out.", at=now, user=by)
    branches = Branch.objects.filter(pk__in=example.rows.get("branches", ()))
    branches.filter(customer__isnull=True).delete()
    audit.record("example.removed", at=now, user=by, customers=customers + len(erased), example=example.pk)
    example.removed_at = now
    example.save(update_fields=["removed_at"])
    standings.refresh(now)
    return Removed(customers + len(erased), orders, rows, tuple(erased))


def _rows_out(example: Example) -> int:
    with transaction.atomic():
        gone = [
            Appointment.objects.filter(source=example.source, simulated=True).delete()[0],
            Conversation.objects.filter(source=example.source).delete()[0],
            Tie.objects.filter(source=example.source).delete()[0],
            StaffHours.objects.filter(pk__in=example.rows.get("staff_hours", ())).delete()[0],
        ]
    Customer.objects.filter(branch_id__in=example.rows.get("branches", ()), simulated=True).update(
        branch=None
    )
    return sum(gone)


def _world(trade: books.Trade, here: Shop, now: datetime, seed: int) -> World:
    package = resources("beizai.trades")
    parameters = tomllib.loads(
        package.joinpath(trade.name).joinpath("example.toml").read_text(encoding="utf-8")
    )
    names = tomllib.loads(package.joinpath("example/names.toml").read_text(encoding="utf-8"))
    language, zone = books.language_of(here), clock.zone(here.timezone)
    return World(parameters, trade.attributes, names[language], language, now, zone, f"{trade.name} {seed}")


def _points(trade: books.Trade, here: Shop) -> inventing.Points:
    """What makes a buyer in this trade, by its own points; the example's people are drawn by it and by chance."""
    scheme = prospecting.read(trade.prospects)

    def points(facts: Mapping[str, Any]) -> float:
        return float(sum(one.points(facts.get(one.key)) or 0 for one in scheme.criteria if one.is_fact))

    return points


def _price(where: Source, world: World, here: Shop) -> None:
    cost = prospecting.unit(here) * float(world.parameters["cost_per_record"])
    Source.objects.filter(pk=where.pk).update(cost_per_record_minor=round(cost))


def _customers_file(path: Path, world: World, people: Sequence[Person], days: int) -> Path:
    keys = [fact["key"] for fact in world.parameters.get("facts", ())]
    told = (world.now - timedelta(days=days + 1)).date().isoformat()
    words, where = world.said(world.parameters["consent"]), world.said(world.parameters["where"])
    said = {"granted": ("yes", words, where, told), "refused": ("no", _NO[world.language], where, told)}
    rows = (
        [one.number, one.given_name, one.family_name, one.email, *said.get(one.decision, ("",) * 4)]
        + [inventing.as_cell(one.facts.get(key)) for key in keys]
        for one in people
    )
    return _written(path, [*_HEAD, *keys], rows)


def _orders_file(path: Path, world: World, bought: Iterable[Line]) -> Path:
    rows = (
        [
            line.order,
            f"{line.at:%Y-%m-%d %H:%M}",
            line.person,
            line.product["number"],
            world.said(line.product["name"]),
            world.said(line.product["category"]),
            line.quantity,
            f"{line.product['price']:.2f}",
            f"{line.product['cost']:.2f}",
            line.branch,
        ]
        for line in bought
    )
    return _written(path, _ORDERS, rows)


def _written(path: Path, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(head)
        writer.writerows(rows)
    return path


def _bring(path: Path, kind: Any, example: Example, *, now: datetime, by: User | None) -> None:
    """One file through the imports; its number is kept at once, so that it can be taken out whatever comes after."""
    columns: dict[str, str] = {}
    if kind == "customers":
        with path.open(encoding="utf-8", newline="") as file:
            head = next(csv.reader(file))
        known = set(AttributeDefinition.objects.values_list("key", flat=True))
        columns = {f"attribute.{key}": key for key in head if key in known}
    wish = imports.Wish(columns=columns, dates="ymd", decimal="point")
    done = bring_in(path, kind=kind, source=SOURCE, now=now, by=by, wish=wish, simulated=True)
    ColumnMapping.objects.filter(
        source=example.source
    ).delete()  # the files are ours: nothing to remember of them
    example.imports = [*example.imports, done.import_id]
    example.save(update_fields=["imports"])


def _into_branches(
    world: World, everybody: Sequence[Person], cards: Mapping[str, int], example: Example
) -> None:
    names = world.said(world.parameters["branches"]) if "branches" in world.parameters else ()
    made = []
    for name in names:
        branch, is_new = Branch.objects.get_or_create(name=name)
        made += [branch.pk] if is_new else []
        numbers = [cards[one.number] for one in everybody if one.branch == name]
        Customer.objects.filter(pk__in=numbers).update(branch=branch)
    example.rows = {**example.rows, "branches": made}
    example.save(update_fields=["rows"])


def _tie(world: World, everybody: Sequence[Person], cards: Mapping[str, int], where: Source) -> int:
    ties = inventing.ties(world, everybody)
    new = {one.number for one in everybody if one.is_new}
    Tie.objects.bulk_create(
        [
            Tie(
                customer_id=cards[one],
                other_id=cards[other],
                kind=kind,
                source=where,
                added_at=world.now - timedelta(days=NEWEST_DAYS if one in new else OLDEST_DAYS),
            )
            for one, kind, other in ties
        ],
        ignore_conflicts=True,
        batch_size=500,
    )
    return len(ties)


def _talk(
    world: World, everybody: Sequence[Person], bought: Sequence[Line], cards: Mapping[str, int], where: Source
) -> int:
    """What some of them said, before their first purchase where they bought."""
    first: dict[str, datetime] = {}
    for line in bought:
        first.setdefault(line.person, line.at)
    said = 0
    for number, talk in enumerate(world.parameters.get("talks", ())):
        lot = world.lot(f"talk {number}")
        chosen = [one for one in everybody if lot.random() < talk["share"]][:_MOST_TALKS]
        for one in chosen:
            before = first.get(one.number, world.now)
            at = min(before, world.now) - timedelta(days=lot.randint(1, 9), minutes=lot.randint(5, 500))
            told = talking.Told(cards[one.number], talk["kind"], talk["way"], world.said(talk["text"]), at)
            made = talking.open_one(told, source=where, by=None, now=at)
            is_open = one.number not in first and talk["kind"] != "talk"
            closed = None if is_open or talk["kind"] == "complaint" else at + timedelta(days=1)
            Conversation.objects.filter(pk=made.pk).update(simulated=True, closed_at=closed)
            said += 1
    return said


def _book(world: World, everybody: Sequence[Person], cards: Mapping[str, int], example: Example) -> int:
    """The days to come, filled in part; hours are given to the owner where nobody has any."""
    wanted = world.parameters.get("appointments")
    services = list(Service.objects.filter(active=True))
    if not wanted or not services:
        return 0
    _hours(wanted, example)
    lot, booked = world.lot("appointments"), 0
    comers = [one for one in everybody if one.buys]
    lot.shuffle(comers)
    today = world.now.astimezone(world.zone).date()
    for ahead in range(wanted["days"]):
        for _ in range(round(_A_FULL_DAY * wanted["share"])):
            service = lot.choices(services, [1 / (1 + place) for place in range(len(services))])[0]
            free = booking.free_times(service, today + timedelta(days=ahead), now=world.now)
            if not free or not comers:
                break
            time = free[lot.randrange(min(4, len(free)))]
            one = comers.pop()
            asked = booking.Booking(
                cards[one.number], service.pk, time.staff_id, time.starts_at,
                wish=lot.choice(world.said(wanted["wish"])) if lot.random() < 0.6 else "",
                simulated=True,
            )  # fmt: skip
            booking.book(asked, source=example.source, by=None, now=world.now)
            booked += 1
    return booked


def _hours(wanted: Mapping[str, Any], example: Example) -> None:
    if StaffHours.objects.exists():
        return
    owner = User.objects.filter(is_active=True, role=Role.OWNER).order_by("pk").first()
    if owner is None:
        return
    begins, ends = (datetime.strptime(wanted[end], "%H:%M").time() for end in ("begins", "ends"))  # noqa: DTZ007  (a time on the wall)
    made = [StaffHours.objects.create(staff=owner, weekday=day, begins=begins, ends=ends) for day in range(6)]
    example.rows = {**example.rows, "staff_hours": [one.pk for one in made]}
    example.save(update_fields=["rows"])
