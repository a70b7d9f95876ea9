"""Targets on the command line: how many customers are wanted of the book, a branch, a source, a member of staff."""

from datetime import date
from typing import Annotated, Any

import typer

from beizai.base import clock
from beizai.cli.answer import answer, table
from beizai.cli.command import Noun
from beizai.cli.dates import civil

app = Noun("How many customers are wanted by a day, and how many there are.")

_BOOK = "book"


def _open() -> None:
    from beizai.homes.opening import open_home

    open_home()


def _of_the_book() -> dict[str, Any]:
    from beizai.customers import belonging
    from beizai.customers.models import Customer
    from beizai.staff.shop import shop

    here = shop()
    return {
        "of": _BOOK,
        "id": here.pk,
        "name": here.name,
        "customers": belonging.listed(Customer.objects.all()).count(),
        "wanted": here.customer_target,
        "by": here.customer_target_on,
    }


def _of(scope: str) -> list[dict[str, Any]]:
    from beizai.customers import targets

    return [
        {
            "of": scope,
            "id": one.number,
            "name": one.name,
            "customers": one.customers,
            "wanted": one.wanted,
            "by": one.by_on,
        }
        for one in targets.aims(scope)
    ]


@app.command("list")
def list_targets(
    of: Annotated[str, typer.Option("--of", help="book, branch, source or user; left out, all.")] = "",
) -> None:
    """How many customers there are and are wanted: of the book, each branch, source and member of staff."""
    _open()
    scopes = [_scope(of)] if of else [_BOOK, "branch", "source", "user"]
    found = [one for scope in scopes for one in ([_of_the_book()] if scope == _BOOK else _of(scope))]
    rows = [
        (one["of"], one["name"], str(one["customers"]), str(one["wanted"] or ""), str(one["by"] or ""))
        for one in found
    ]
    answer({"targets": found}, table(("Of", "Name", "Customers", "Wanted", "By"), rows))


@app.command("set")
def set_target(
    of: Annotated[str, typer.Argument(help="book, branch, source or user.")],
    customers: Annotated[int, typer.Argument(help="How many are wanted; 0 takes the target away.")],
    name: Annotated[str, typer.Option(help="Which branch, source or user (by email).")] = "",
    by: Annotated[str, typer.Option(help="By which day, such as 2026-12-31.")] = "",
) -> None:
    """Set how many customers are wanted of the book, a branch, a source or a member of staff."""
    _open()
    from beizai.customers import targets
    from beizai.staff import audit

    scope, day = _scope(of), civil(by) if by else None
    if scope == _BOOK:
        _want_in_the_book(customers, day)
    else:
        targets.aim(scope, targets.named(scope, name), customers or None, day)
    at = clock.machine_now()
    audit.record("target.set", at=at, user=None, of=f"{scope}:{name}", customers=customers, by="command line")
    wanted = f"{customers} customers are wanted" if customers else "No target is set"
    words = f"{wanted} of {name or 'the book'}{f' by {day}' if day and customers else ''}."
    answer({"of": scope, "name": name, "wanted": customers or None, "by": day if customers else None}, words)


def _scope(name: str) -> str:
    from beizai.base.errors import Invalid
    from beizai.customers import targets

    found = name.strip().lower()
    if found != _BOOK and found not in targets.SCOPES:
        raise Invalid("There is no target of “{name}”.", hint="Use book, branch, source or user.", name=name)
    return found


def _want_in_the_book(customers: int, day: date | None) -> None:
    from beizai.staff import shop_settings
    from beizai.staff.shop import shop

    here = shop()
    shop_settings.change(here, "customer_target", str(customers) if customers else "")
    shop_settings.change(here, "customer_target_on", day.isoformat() if day and customers else "")
