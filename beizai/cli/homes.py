"""Making a home, bringing it up to date."""

import sys
from dataclasses import asdict, replace
from typing import Annotated, Any

import typer

from beizai.base import clock, home
from beizai.base.errors import Invalid
from beizai.cli.answer import answer, progress
from beizai.cli.command import Noun


def install(app: Noun) -> None:
    app.command("init")(init)
    app.command("upgrade")(upgrade)


def init(
    name: Annotated[str, typer.Option(help="The shop's name.")] = "",
    currency: Annotated[str, typer.Option(help="The book's currency, such as GBP.")] = "",
    timezone: Annotated[str, typer.Option(help="The shop's time zone, such as Europe/London.")] = "",
    locale: Annotated[str, typer.Option(help="Language and country, such as fr or en_GB.")] = "",
    trade: Annotated[str, typer.Option(help="A ready-made book; 'beizai trades list' names them.")] = "",
    owner: Annotated[str, typer.Option(metavar="EMAIL", help="Who owns the book.")] = "",
    example: Annotated[
        bool, typer.Option("--example", help="Fill it with invented customers of the trade, SIMULATED.")
    ] = False,
) -> None:
    """Make a home: an empty book, its shop and its owner."""
    from beizai.homes.make import Wishes, make

    if example and not trade:
        raise Invalid(
            "An example needs its trade.", hint="Name one: --trade NAME; 'beizai trades list' names them."
        )

    wishes = Wishes(name, currency, timezone, locale, trade, owner)
    if sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty():
        wishes = _asked(wishes)
    made = make(home.current(), wishes, now=clock.machine_now())
    document: dict[str, Any] = {}
    lines: list[str] = []
    if example:
        from beizai.cli.trades import filled

        document, lines = filled(1, clock.machine_now())
    answer(
        asdict(made) | ({"example": document} if example else {}),
        [
            f"A new book in {made.home}: {made.currency}, {made.timezone}.",
            *lines,
            f"The owner is {made.owner}. Set the password here, once, within three days:",
            f"  {made.link}",
            "(the office must be running: beizai serve)",
        ],
    )


def _asked(wishes: Any) -> Any:
    """At a terminal: what was not given is asked, with the default in brackets."""
    from beizai.base.money import currency_of
    from beizai.homes.make import OWNER, local_zone, place

    def ask(question: str, default: str) -> str:
        return str(typer.prompt(question, default=default, err=True))

    country = place(wishes.locale).country
    currency = currency_of(country) if country else "EUR"
    return replace(
        wishes,
        name=wishes.name or ask("Name of the shop", "My shop"),
        currency=wishes.currency or ask("Currency", currency),
        timezone=wishes.timezone or ask("Time zone", local_zone()),
        owner=wishes.owner or ask("Email of the owner", OWNER),
    )


def upgrade() -> None:
    """Bring the book up to this version; a backup is made first."""
    from beizai.homes.upgrade import upgrade as bring_up_to_date

    with progress() as tell:
        done = bring_up_to_date(now=clock.machine_now(), progress=tell)
    if not done.applied:
        answer(asdict(done), "The book is of this version already.")
        return
    answer(
        asdict(done),
        [f"{len(done.applied)} changes made to its tables.", f"The backup made before: {done.backup}"],
    )
