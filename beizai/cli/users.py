"""Who may log in: adding people, changing their role, giving them a new link."""

from typing import Annotated, Any

import typer

from beizai.base import clock
from beizai.cli.answer import answer, table
from beizai.cli.command import Noun

app = Noun("Who may log in, and with which role.")

Email = Annotated[str, typer.Argument(help="Their email address.")]


def _open() -> None:
    from beizai.homes.opening import open_home

    open_home()


def _record(action: str, user: Any, **detail: Any) -> None:
    from beizai.staff import audit

    audit.record(action, at=clock.machine_now(), user=None, user_id=user.pk, by="command line", **detail)


def _said(user: Any, **more: Any) -> dict[str, Any]:
    return {
        "id": user.pk,
        "email": user.email,
        "name": user.name,
        "role": user.role,
        "active": user.is_active,
    } | more


@app.command("list")
def list_users() -> None:
    """Everybody who may log in."""
    _open()
    from beizai.staff.models import User

    users = list(User.objects.order_by("pk"))
    rows = [(user.email, user.name, user.role, "" if user.is_active else "stopped") for user in users]
    answer({"users": [_said(user) for user in users]}, table(("Email", "Name", "Role", ""), rows))


@app.command()
def add(
    email: Email,
    role: Annotated[str, typer.Option(help="owner, marketer, staff or analyst.")] = "staff",
    name: Annotated[str, typer.Option(help="Their name.")] = "",
) -> None:
    """Give somebody an account; prints the link by which they set a password."""
    _open()
    from beizai.staff import accounts

    user = accounts.add(email, role=accounts.role_named(role), name=name)
    _record("user.added", user, role=user.role)
    link = accounts.password_link(user)
    answer(
        _said(user, link=link),
        [f"{user.email} may log in as {user.role} after setting a password here, once:", f"  {link}"],
    )


@app.command()
def role(
    email: Email, role: Annotated[str, typer.Argument(help="owner, marketer, staff or analyst.")]
) -> None:
    """Change somebody's role."""
    _open()
    from beizai.staff import accounts

    user = accounts.change_role(accounts.find(email), accounts.role_named(role))
    _record("user.role", user, role=user.role)
    answer(_said(user), f"{user.email} is {user.role} now.")


@app.command()
def reset(email: Email) -> None:
    """Give somebody a new link to set a password; the old password works until it is used."""
    _open()
    from beizai.staff import accounts

    user = accounts.find(email)
    _record("user.reset", user)
    link = accounts.password_link(user)
    answer(
        _said(user, link=link),
        [f"{user.email} can set a new password here, once, within three days:", f"  {link}"],
    )
