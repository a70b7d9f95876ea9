"""The ready-made books: which there are, and what is in them."""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from beizai.cli.answer import answer, progress, table
from beizai.cli.command import Noun
from beizai.cli.wording import amount, counted, share

app = Noun("Ready-made books: a book for a trade, with what is worth knowing and whom to look at first.")
example = Noun("Example customers of the home's trade, SIMULATED.")
app.add_typer(example, name="example")

TradeName = Annotated[str, typer.Argument(metavar="TRADE", help="'beizai trades list' names them.")]


def _open() -> None:
    from beizai.homes.opening import open_home

    open_home()


@app.command("list")
def list_trades() -> None:
    """The trades there are. 'beizai init --trade NAME' opens a book of one."""
    from beizai.homes.opening import set_up_django

    set_up_django()
    from beizai.trades import books

    found = [
        {
            "name": one.name,
            "label": one.label["en"],
            "attributes": len(one.attributes),
            "segments": len(one.segments),
            "forms": len(one.forms),
            "services": len(one.services),
            "made_to_measure": len(one.made_to_measure),
        }
        for one in books.trades()
    ]
    heads = ("Name", "For", "Attributes", "Segments", "Forms", "Services", "Made to measure")
    answer({"trades": found}, table(heads, [tuple(one.values()) for one in found]))


@app.command("open")
def open_book(name: TradeName) -> None:
    """Give the home what a trade knows; what is there already stays as it is."""
    _open()
    from beizai.staff.shop import now, shop
    from beizai.trades import books

    chosen = books.open_book_of(name, shop(), now=now())
    language = books.language_of(shop())
    document = {"trade": chosen.name, "label": books.text(chosen.label, language)}
    answer(document, f"The book “{document['label']}” is open in this home.")


@app.command()
def week() -> None:
    """What the trade says is worth doing this week: for how many, and what; and its journeys, step by step."""
    _open()
    from beizai.staff.shop import now, shop
    from beizai.trades import weeks

    found = weeks.week(shop(), now())
    document = {
        "as_of": now(),
        "week": [asdict(one) for one in found.lines],
        "journeys": [asdict(one) for one in found.journeys],
    }
    if not found.lines and not found.journeys:
        answer(document, "No trade's book is open here: 'beizai trades open TRADE'.")
        return
    shown = [(one.head, one.customers, one.plan or "", one.do) for one in found.lines]
    steps = [
        f"{journey.name}: " + "; ".join(f"{step.when} {step.by}: {step.do}" for step in journey.steps)
        for journey in found.journeys
    ]
    answer(document, [table(("Whom", "Customers", "Plan", "What to do"), shown), "", *steps])


@app.command()
def funnel() -> None:
    """How many have come how far, from a card to a regular, and what each step has cost a head."""
    _open()
    from beizai.staff.shop import now, shop
    from beizai.trades import funnels

    at = now()
    found = funnels.funnel(shop(), at)
    if found is None:
        answer({"as_of": at, "funnel": None}, "The book of this home's trade has no funnel.")
        return
    shown = [
        (
            one.name,
            f"{one.customers:,}",
            share(one.of_before) if one.of_before is not None else "",
            amount(one.cost_minor, shop().currency) or "",
        )
        for one in found.steps
    ]
    heads = ("Step", "Customers", "Of the step before", "Cost of one")
    document = {"as_of": at, "cost_minor": found.cost_minor, "funnel": [asdict(one) for one in found.steps]}
    answer(document, table(heads, shown))


@app.command()
def plans() -> None:
    """The campaigns the trade proposes, each to be opened as a draft."""
    _open()
    from beizai.staff.shop import shop
    from beizai.trades import plans as proposed

    found = [asdict(one) for one in proposed.plans(shop())]
    shown = [(one["key"], one["name"], one["segment"], one["subject"]) for one in found]
    heads = ("Plan", "Name", "To", "Subject")
    answer({"plans": found}, table(heads, shown) if shown else "The book of this home proposes no campaign.")


@app.command()
def plan(
    key: Annotated[str, typer.Argument(metavar="PLAN", help="'beizai trades plans' names them.")],
) -> None:
    """Open a plan of the trade as a draft of a campaign, to be read, changed and approved."""
    _open()
    from beizai.staff.shop import now, shop
    from beizai.trades import plans as proposed

    draft = proposed.draft(key, shop(), now=now(), by=None)
    answer(
        {"id": draft.pk, "name": draft.name},
        [
            f"Campaign {draft.pk}, “{draft.name}”, is a draft.",
            f"'beizai campaigns preview {draft.pk}' looks at it.",
        ],
    )


@example.command("add")
def add_example(
    seed: Annotated[int, typer.Option(min=0, max=1_000_000, help="Another one gives other people.")] = 1,
) -> None:
    """Fill the home with the example of its trade: invented customers, orders, ties, talks, bookings; all SIMULATED."""
    _open()
    from beizai.staff.shop import now

    answer(*filled(seed, now()))


def filled(seed: int, at: Any) -> tuple[dict[str, Any], list[str]]:
    """The example of the home's trade brought in; a document and words."""
    from beizai.base.errors import Invalid
    from beizai.staff.shop import shop
    from beizai.trades import books
    from beizai.trades.example import filling

    opened = books.opened(shop())
    if not opened:
        raise Invalid(
            "No trade's book is open in this home.", hint="Open one first: 'beizai trades open TRADE'."
        )
    with progress() as tell:
        found = filling.add(opened[0].name, now=at, seed=seed, progress=tell)
    document = asdict(found) | {"example": found.example.pk, "trade": opened[0].name, "simulated": True}
    words = (
        f"SIMULATED: {counted(found.customers, 'customer')}, {counted(found.orders, 'order')}, {counted(found.ties, 'tie')},"
        f" {counted(found.talks, 'talk')}, {counted(found.appointments, 'appointment')}."
    )
    return document, [words, "'beizai trades example remove' takes all of it out again."]


@example.command("remove")
def remove_example() -> None:
    """Take the example out again, whole."""
    _open()
    from beizai.staff.shop import now
    from beizai.trades.example import filling

    done = filling.remove(now=now())
    erased = (
        f"{counted(len(done.erased), 'customer')} had been written to or edited, and were erased."
        if done.erased
        else ""
    )
    lines = [
        f"{counted(done.customers, 'customer')} and {counted(done.orders, 'order')} are out of the book."
    ]
    answer(asdict(done), [*lines, erased] if erased else lines)
