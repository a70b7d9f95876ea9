"""Branches on the command line: what there is, a new one, what its staff may open, who works there, whom they served for others."""

from typing import Annotated, Any

import typer

from beizai.base import clock
from beizai.cli.answer import answer, table
from beizai.cli.command import Noun

app = Noun("The shop's branches, and what their staff may open of the one book.")

Name = Annotated[str, typer.Argument(help="The branch's name.")]


def _open() -> None:
    from beizai.homes.opening import open_home

    open_home()


def _record(action: str, **detail: Any) -> None:
    from beizai.staff import audit

    audit.record(action, at=clock.machine_now(), user=None, by="command line", **detail)


def _said(branch: Any, **more: Any) -> dict[str, Any]:
    return {
        "id": branch.pk,
        "name": branch.name,
        "postal_address": branch.postal_address,
        "access": branch.access,
        "look_ups_a_day": branch.look_ups_a_day,
    } | more


@app.command("list")
def list_branches() -> None:
    """Every branch: what its staff may open, who works there, how many customers are at home there, how many are wanted."""
    _open()
    from beizai.customers import targets
    from beizai.staff.models import Branch, User

    rows = Branch.objects.in_bulk()
    staff: dict[int, list[str]] = {}
    for branch_id, email in (
        User.objects.exclude(branch=None).order_by("pk").values_list("branch_id", "email")
    ):
        staff.setdefault(branch_id or 0, []).append(email)
    found = [
        _said(rows[aim.number], customers=aim.customers, wanted=aim.wanted, staff=staff.get(aim.number, []))
        for aim in targets.aims("branch")
    ]
    lines = [
        (one["name"], one["access"], str(one["customers"]), str(one["wanted"] or ""), ", ".join(one["staff"]))
        for one in found
    ]
    answer({"branches": found}, table(("Branch", "Access", "At home there", "Wanted", "Staff"), lines))


@app.command()
def add(
    name: Name,
    address: Annotated[str, typer.Option(help="Its postal address.")] = "",
    access: Annotated[str, typer.Option(help="whole_book, look_up or own.")] = "whole_book",
) -> None:
    """Make a branch."""
    _open()
    from beizai.staff import branches

    made = branches.add(name, postal_address=address, access=branches.access_named(access))
    _record("branch.saved", branch=made.name, access=made.access)
    answer(_said(made), f"The branch “{made.name}” is made; its staff open: {made.access}.")


@app.command()
def access(
    name: Name,
    access: Annotated[
        str,
        typer.Argument(
            help="whole_book, look_up (its own customers and anybody by exact phone, email or number) or own."
        ),
    ],
    look_ups: Annotated[
        int | None, typer.Option(help="Customers of other branches one person may look up in a day.")
    ] = None,
) -> None:
    """Say what the staff of a branch may open of the book."""
    _open()
    from beizai.staff import branches

    number = {} if look_ups is None else {"look_ups_a_day": look_ups}
    found = branches.change(branches.find(name), access=access, **number)
    _record("branch.saved", branch=found.name, access=found.access)
    answer(_said(found), f"The staff of “{found.name}” open: {found.access}.")


@app.command()
def change(
    name: Name,
    to: Annotated[str, typer.Option(help="Its new name.")] = "",
    address: Annotated[str | None, typer.Option(help="Its postal address.")] = None,
) -> None:
    """Give a branch another name or address."""
    _open()
    from beizai.staff import branches

    changes = ({"name": to} if to else {}) | ({} if address is None else {"postal_address": address})
    found = branches.change(branches.find(name), **changes)
    _record("branch.saved", branch=found.name, access=found.access)
    answer(_said(found), f"Kept: “{found.name}”.")


@app.command()
def staff(
    email: Annotated[str, typer.Argument(help="Who: their email address.")],
    name: Annotated[str, typer.Argument(help="The branch they work at; left out, at none.")] = "",
) -> None:
    """Say at which branch somebody works."""
    _open()
    from beizai.staff import accounts, branches

    user = branches.place(accounts.find(email), branches.find(name) if name else None)
    where = user.branch.name if user.branch else ""
    _record("user.branch", user_id=user.pk, branch=where)
    words = f"{user.email} works at {where}." if where else f"{user.email} works at no branch."
    answer({"email": user.email, "branch": where}, words)


@app.command("look-ups")
def look_ups(
    name: Name, limit: Annotated[int, typer.Option(help="At most so many, the latest.")] = 100
) -> None:
    """Whom the staff of a branch opened of other branches' customers, and looked up in vain."""
    _open()
    from beizai.customers import access as opening
    from beizai.staff import branches
    from beizai.staff.models import AuditEntry

    actions = (opening.LOOKED_UP, opening.MISSED)
    rows = AuditEntry.objects.filter(user__branch=branches.find(name), action__in=actions)
    found = [
        {"at": row.at, "user": str(row.user), "customer_id": row.customer_id}
        for row in rows.select_related("user").order_by("-at", "-pk")[: max(limit, 0)]
    ]
    lines = [
        (
            f"{one['at']:%Y-%m-%d %H:%M}",
            one["user"],
            f"#{one['customer_id']}" if one["customer_id"] else "nobody",
        )
        for one in found
    ]
    answer({"look_ups": found}, table(("When", "Who", "Card"), lines))


@app.command()
def remove(name: Name) -> None:
    """Take a branch out at which nobody works."""
    _open()
    from beizai.staff import branches

    found = branches.find(name)
    branches.remove(found)
    _record("branch.removed", branch=found.name)
    answer({"removed": found.name}, f"The branch “{found.name}” is taken out.")
