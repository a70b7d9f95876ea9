"""What the shop has set, and setting it."""

from typing import Annotated

import typer

from beizai.base import clock
from beizai.cli.answer import answer, table
from beizai.cli.command import AsJson, HomeFolder, Noun

app = Noun(
    "What the shop has set: who it is, how it sends, what it earns.",
    invoke_without_command=True,
    no_args_is_help=False,
)


@app.callback()
def show_if_alone(context: typer.Context, home: HomeFolder = None, as_json: AsJson = False) -> None:
    if context.invoked_subcommand is None:
        show()


@app.command()
def show() -> None:
    """Every setting with its value and meaning."""
    from beizai.homes.opening import open_home

    open_home()
    from beizai.staff import shop_settings
    from beizai.staff.shop import shop

    values = shop_settings.values(shop())
    rows = [
        (one.name, _shown(values[one.name], secret=one.secret), one.meaning) for one in shop_settings.SETTINGS
    ]
    answer({"settings": values}, table(("Setting", "Value", "Meaning"), rows))


def _shown(value: object, *, secret: bool) -> str:
    if secret:
        return "(set)" if value else ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else " ".join(str(value).split())


@app.command("set")
def set_them(
    what: Annotated[
        list[str], typer.Argument(metavar="NAME VALUE | NAME=VALUE...", help='"" takes a value away.')
    ],
) -> None:
    """Change settings: one by name and value, or several as name=value."""
    from beizai.homes.opening import open_home

    open_home()
    from django.db import transaction

    from beizai.staff import audit, shop_settings
    from beizai.staff.shop import shop

    wanted = _pairs(what)
    secret = {name: shop_settings.setting(name).secret for name in wanted}
    with transaction.atomic():
        here = shop()
        changed = {name: shop_settings.change(here, name, value) for name, value in wanted.items()}
        for name in changed:
            audit.record(
                "settings.changed", at=clock.machine_now(), user=None, setting=name, by="command line"
            )
    lines = [
        f"{name} is {_shown(value, secret=secret[name]) or 'empty'} now." for name, value in changed.items()
    ]
    answer({"changed": changed}, lines)


def _pairs(what: list[str]) -> dict[str, str]:
    if len(what) == 2 and "=" not in what[0]:
        return {what[0]: what[1]}
    if not all("=" in one for one in what):
        raise typer.BadParameter("Write NAME VALUE, or NAME=VALUE for each setting.")
    return {name.strip(): value for name, _, value in (one.partition("=") for one in what)}
