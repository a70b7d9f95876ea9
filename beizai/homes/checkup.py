"""A check-up of a home: what is in order, what is not, and what to do about it."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from beizai.base.errors import BeizaiError
from beizai.base.home import Home

_LEAST_FREE_BYTES = 1_000_000_000


class State(StrEnum):
    """How a thing is: in order, worth a look, or in the way of work."""

    GOOD = "good"
    LOOK = "look"
    BAD = "bad"


@dataclass(frozen=True)
class Finding:
    """One thing looked at: how it is, in words, and what to do where it is not in order."""

    name: str
    state: State
    what: str
    do: str = ""


def check_home(home: Home) -> Iterator[Finding]:
    """What can be told without the office's tables: the folder, its keys, room on the disk."""
    if not os.access(home.root, os.R_OK | os.W_OK):
        yield Finding(
            "home", State.BAD, f"{home.root} cannot be written to.", "Run Beizai as the user who owns it."
        )
        return
    yield Finding("home", State.GOOD, str(home.root))
    missing = [
        name for name in ("django", "signing", "suppression") if not (home.keys / f"{name}.key").exists()
    ]
    if missing:
        yield Finding(
            "keys", State.BAD, f"Missing: {', '.join(missing)}.", "Restore the keys folder from its backup."
        )
    elif os.name == "posix" and home.keys.stat().st_mode & 0o077:
        yield Finding(
            "keys", State.LOOK, "Others on this machine can read the keys.", f"chmod 700 {home.keys}"
        )
    else:
        yield Finding("keys", State.GOOD, "There, and readable by their owner alone.")
    free = shutil.disk_usage(home.root).free
    state = State.GOOD if free > _LEAST_FREE_BYTES else State.LOOK
    yield Finding("disk", state, f"{free / 1e9:.1f} GB free.", "" if state == State.GOOD else "Make room.")


def check_office() -> Finding:
    """Whether the office database answers and, on SQLite, is whole."""
    from django.db import connection

    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA quick_check")
            said = cursor.fetchone()[0]
            if said != "ok":
                return Finding(
                    "office", State.BAD, f"office.db is damaged: {said}", "Restore the last backup."
                )
            return Finding("office", State.GOOD, "SQLite, whole.")
        cursor.execute("SHOW server_version")
        return Finding("office", State.GOOD, f"PostgreSQL {cursor.fetchone()[0]}.")


def check_lake() -> Finding:
    """Whether the lake can be read: how many orders are in the book."""
    from beizai.events.book import open_book

    with open_book() as book:
        orders = book.arrow(book.orders.aggregate(n=book.orders.count())).to_pylist()[0]["n"]
    return Finding("lake", State.GOOD, f"Readable; {orders:,} orders in the book.")


def check_inbox() -> Finding:
    """What waits on its way to the lake, and what could not be read."""
    from beizai.events import inbox

    store = inbox.current()
    waiting, aside = store.waiting(), len(store.store.aside())
    if aside:
        return Finding(
            "inbox",
            State.LOOK,
            f"{aside} messages could not be read and were set aside.",
            "See the log; they are kept.",
        )
    if waiting >= 1000:
        return Finding(
            "inbox",
            State.LOOK,
            "1,000 messages or more wait.",
            "Is a worker at work? 'beizai serve' or 'beizai worker'.",
        )
    return Finding("inbox", State.GOOD, f"{waiting} waiting.")


def check_hits(home: Home, *, now: datetime) -> Finding:
    """Clicks and opens whose inbox could not be written: the people were led on, the count lacks them."""
    from beizai.events import unkept

    lost = unkept.count(home, since=now - unkept.REMEMBERED)
    if not lost:
        return Finding("clicks", State.GOOD, "Every click and open of the last 30 days was kept.")
    return Finding(
        "clicks",
        State.LOOK,
        f"{lost:,} clicks and opens of the last 30 days were not kept: the inbox could not be written.",
        "The people were led on. The log says why; most often the disk was full.",
    )


def check_batches() -> Finding:
    """Imports that were broken off."""
    from beizai.events.models import Batch

    coming_in = Batch.objects.filter(state=Batch.State.COMING_IN).count()
    if coming_in:
        return Finding(
            "batches",
            State.LOOK,
            f"{coming_in} coming in.",
            "If no import is running, a worker finishes or takes them out.",
        )
    return Finding("batches", State.GOOD, "Nothing half in.")


def check_webhooks() -> Finding:
    """Whether the programs that are told what happens take it."""
    from beizai.webhooks.models import WebhookEndpoint

    off = WebhookEndpoint.objects.filter(state="off").exclude(off_because="by_hand")
    failing = WebhookEndpoint.objects.filter(state="on", failing_since__isnull=False)
    see = "'beizai webhooks log ENDPOINT' says what they answered; 'beizai webhooks on ENDPOINT' switches one on."
    if off.exists():
        names = ", ".join(f"{one.name} ({one.off_because})" for one in off)
        return Finding("webhooks", State.LOOK, f"Switched off by themselves: {names}.", see)
    if failing.exists():
        names = ", ".join(f"{one.name} since {one.failing_since:%Y-%m-%d %H:%M} UTC" for one in failing)
        return Finding("webhooks", State.LOOK, f"Not taken: {names}.", see)
    told = WebhookEndpoint.objects.filter(state="on").count()
    return Finding("webhooks", State.GOOD, f"{told} told, all take it." if told else "Nobody is told.")


def check_settings() -> Iterator[Finding]:
    """What the shop must have said before it can write to anybody."""
    from beizai.products.models import CategoryMargin
    from beizai.staff.models import Role, User
    from beizai.staff.shop import shop

    here = shop()
    yield _said(
        "postal address",
        here.postal_address,
        "It stands under every mail; the law asks for it in most countries.",
        "postal_address",
    )
    yield _said("sender", here.sender_address, "Mails must come from an address.", "sender_address")
    owners = User.objects.filter(role=Role.OWNER, is_active=True)
    if not owners.exclude(password__startswith="!").exists():  # noqa: S106  (Django's sign for none)
        yield Finding(
            "owner", State.LOOK, "No owner has set a password.", "'beizai users reset EMAIL' gives a link."
        )
    else:
        yield Finding("owner", State.GOOD, f"{owners.count()} may change everything.")
    margins = CategoryMargin.objects.count()
    if margins:
        yield Finding(
            "margins", State.GOOD, f"{margins} categories; the rest {here.book_margin_permille / 10:g} %."
        )
    else:
        yield Finding("margins", State.LOOK, f"A line without its cost counts with {here.book_margin_permille / 10:g} %, whatever it is.",
                      "Profit is only as right as the margins: set book_margin_permille, or margins by category in the office.")  # fmt: skip
    if here.sending_paused:
        yield Finding(
            "sending",
            State.LOOK,
            "All sending is paused.",
            "'beizai settings set sending_paused no' lets it go on.",
        )


def _said(name: str, value: str, why: str, setting: str) -> Finding:
    if value.strip():
        return Finding(name, State.GOOD, " ".join(value.split()))
    return Finding(name, State.LOOK, f"Not set. {why}", f"'beizai settings set {setting} …'")


def check_mail_server(seconds: float = 5.0) -> Finding:
    """Whether the mail server can be reached and says who it is; nothing is sent."""
    import smtplib

    from beizai.staff.shop import shop

    here = shop()
    if not here.smtp_host:
        return Finding("mail server", State.LOOK, "Not set.", "'beizai settings set smtp_host …'")
    if here.smtp_host == "catcher":
        return Finding("mail server", State.GOOD, "The built-in catcher: mails stay on this machine.")
    where = f"{here.smtp_host}:{here.smtp_port}"
    kind = smtplib.SMTP_SSL if here.smtp_security == "tls" else smtplib.SMTP
    try:
        with kind(here.smtp_host, here.smtp_port, timeout=seconds) as server:
            server.ehlo()
            if here.smtp_security == "starttls" and not server.has_extn("starttls"):
                return Finding(
                    "mail server",
                    State.BAD,
                    f"{where} does not offer STARTTLS.",
                    "Set smtp_security, or another port.",
                )
    except (OSError, smtplib.SMTPException) as error:
        return Finding(
            "mail server",
            State.BAD,
            f"{where} cannot be reached: {error}",
            "Check smtp_host, smtp_port and smtp_security.",
        )
    return Finding("mail server", State.GOOD, f"{where} answers.")


def every_check(home: Home, *, now: datetime) -> Iterator[Finding]:
    """All checks, one after the other; a check that itself fails is a finding."""
    yield from check_home(home)
    for name, check in (
        ("office", check_office),
        ("lake", check_lake),
        ("inbox", check_inbox),
        ("clicks", lambda: check_hits(home, now=now)),
        ("batches", check_batches),
        ("webhooks", check_webhooks),
    ):
        yield _guarded(name, check)
    yield from check_settings()
    yield _guarded("mail server", check_mail_server)


def _guarded(name: str, check: Callable[[], Finding]) -> Finding:
    try:
        return check()
    except BeizaiError as error:
        return Finding(name, State.BAD, error.message, error.hint)
    except Exception as error:  # noqa: BLE001  (a check-up must go on; what failed is what it found)
        return Finding(
            name, State.BAD, f"{type(error).__name__}: {error}", "See the log, or restore the last backup."
        )
