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
def set_one(
    name: Annotated[str, typer.Argument(help="The setting.")],
    value: Annotated[str, typer.Argument(help='Its new value; "" takes it away.')],
) -> None:
    """Change one setting."""
    from beizai.homes.opening import open_home

    open_home()
    from beizai.staff import audit, shop_settings
    from beizai.staff.shop import shop

    setting = shop_settings.setting(name)
    changed = shop_settings.change(shop(), name, value)
    audit.record("settings.changed", at=clock.machine_now(), user=None, setting=name, by="command line")
    answer(
        {"name": name, "value": changed},
        f"{name} is {_shown(changed, secret=setting.secret) or 'empty'} now.",
    )
