"""The shop's mailbox: set, tried, and fetched from."""

from typing import Annotated, Any

import typer

from beizai.base import clock
from beizai.base.errors import Invalid, Phrase
from beizai.cli.answer import answer, table
from beizai.cli.command import AsJson, HomeFolder, Noun

app = Noun(
    "The shop's mailbox, from which mails come into the conversations.",
    invoke_without_command=True,
    no_args_is_help=False,
)
_MEANINGS = {
    "host": "the mail server (IMAP)",
    "port": "993 with tls, 143 with starttls",
    "security": "tls, starttls, or none (on this machine only)",
    "user": "the user name there",
    "password": "kept enciphered",
    "folder": "the folder, usually INBOX",
    "address": "the address customers answer to",
    "marks_seen": "yes: what was fetched is marked there as read",
    "active": "yes: mails are fetched every minute",
    "from_on": "mails from this day on, such as 2026-12-25",
}


@app.callback()
def show_if_alone(context: typer.Context, home: HomeFolder = None, as_json: AsJson = False) -> None:
    if context.invoked_subcommand is None:
        show()


def _open() -> None:
    from beizai.homes.opening import open_home

    open_home()


@app.command()
def show() -> None:
    """The mailbox as it is set, when it was last looked into, and what went wrong."""
    _open()
    from beizai.conversations.mails import mailbox

    found = mailbox.mailbox()
    values = {name: getattr(found, name) for name in _MEANINGS} | {"password": bool(found.password)}
    trouble = str(Phrase.from_data(found.trouble["said"])) if found.trouble else ""
    rows = [(name, _plain(values[name]), meaning) for name, meaning in _MEANINGS.items()]
    told: dict[str, Any] = {"mailbox": values, "fetched_at": found.fetched_at, "trouble": trouble}
    told |= {"unreadable": mailbox.unreadable()}
    words = [table(("Setting", "Value", "Meaning"), rows)]
    words += [f"Last looked: {found.fetched_at:%Y-%m-%d %H:%M} UTC."] if found.fetched_at else []
    answer(told, [*words, *([f"It failed: {trouble}"] if trouble else [])])


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


@app.command("set")
def set_them(
    what: Annotated[list[str], typer.Argument(metavar="NAME=VALUE...", help="See `beizai mailbox show`.")],
) -> None:
    """Change the mailbox: each setting as NAME=VALUE. password=- asks for it on standard input."""
    _open()
    from beizai.conversations.mails import mailbox
    from beizai.staff import audit
    from beizai.staff.shop import now

    wrong = next((one for one in what if "=" not in one), None)
    if wrong is not None:
        raise Invalid("“{text}” cannot be read.", text=wrong, hint="Write NAME=VALUE.")
    values: dict[str, Any] = {name.strip(): value for name, _, value in (one.partition("=") for one in what)}
    if values.get("password") == "-":
        values["password"] = typer.get_text_stream("stdin").readline().rstrip("\n")
    mailbox.change(values, today=now().date())
    audit.record(
        "mailbox.changed", at=clock.machine_now(), user=None, settings=sorted(values), by="command line"
    )
    answer({"changed": sorted(values)}, [f"{name} is set." for name in sorted(values)])


@app.command()
def test() -> None:
    """Opens the mailbox and looks, changing nothing there."""
    _open()
    from beizai.conversations.mails import mailbox

    tried = mailbox.test(mailbox.mailbox())
    words = f"The mailbox opens: {tried.mails} mails lie there, {tried.new} of them would be fetched."
    answer({"mails": tried.mails, "new": tried.new}, words)


@app.command()
def fetch(
    most: Annotated[int, typer.Option(help="At most so many.", min=1, max=10_000)] = 200,
) -> None:
    """Fetches what is new, now."""
    _open()
    from beizai.conversations.mails import fetching
    from beizai.staff.shop import now

    result = fetching.fetch(now=now(), at=clock.machine_now(), most=most)
    words = [f"{result.mails} mails were fetched."]
    words += [f"  {count} {became}" for became, count in sorted(result.became.items())]
    words += [f"{result.waiting} wait for the next time."] if result.waiting else []
    answer({"mails": result.mails, "became": result.became, "waiting": result.waiting}, words)
