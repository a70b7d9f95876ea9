"""The campaigns a trade proposes: each can be opened as a draft, to be read, changed and approved like any other."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from html import escape
from importlib.resources import files

from beizai.base.errors import NotFound
from beizai.campaigns import plan as campaigns
from beizai.campaigns.models import Campaign
from beizai.customers.models import Customer
from beizai.segments.models import Segment
from beizai.staff.models import Shop, User
from beizai.trades import books
from beizai.trades.books import Table, Trade

_WORDS: Mapping[str, Mapping[str, str]] = {
    "hello": {"en": "Good day", "fr": "Bonjour", "zh-hans": "您好"},
    "stop": {"en": "No more mails", "fr": "Ne plus recevoir", "zh-hans": "退订"},
    "what": {"en": "What you receive", "fr": "Ce que vous recevez", "zh-hans": "接收设置"},
}


@dataclass(frozen=True)
class Proposed:
    """One plan as it reads in the shop's language."""

    key: str
    name: str
    segment: str
    subject: str
    body: tuple[str, ...]
    button: str
    window_days: int


def plans(shop: Shop, *, language: str = "") -> list[Proposed]:
    """What the books this shop has opened propose, in the shop's language or another; the book it names first stands first."""
    own = books.language_of(shop)
    return [
        _said(chosen, table, language or own, own)
        for chosen in books.opened(shop)
        for table in chosen.campaigns
    ]


def draft(key: str, shop: Shop, *, now: datetime, by: User | None) -> Campaign:
    """Opens a plan as a draft. NotFound where the trade has none of this name, or its segment is not in the book."""
    found = next((one for one in plans(shop) if one.key == key), None)
    if found is None:
        raise NotFound(
            "The book of this trade has no plan “{key}”.", key=key, hint="'beizai trades plans' names them."
        )
    return campaigns.save(
        campaigns.Plan(
            name=found.name,
            segment=found.segment,
            subject=found.subject,
            mjml=mail(found, books.language_of(shop)),
            window_days=found.window_days,
            simulated=_all_invented(),
        ),
        now=now,
        by=by,
    )


def can_be_drafted(found: Proposed) -> bool:
    """Whether its segment is in the book."""
    return Segment.objects.filter(name=found.segment).exists()


def mail(found: Proposed, language: str) -> str:
    """The plan's words as a mail: paragraphs, one button, what every marketing mail must show."""
    frame = files(__package__).joinpath("mail.mjml").read_text(encoding="utf-8")
    body = "\n".join(f"        <mj-text>{escape(words)}</mj-text>" for words in found.body)
    return frame % {
        "hello": _WORDS["hello"][language],
        "body": body,
        "button": escape(found.button),
        "stop": _WORDS["stop"][language],
        "what": _WORDS["what"][language],
    }


def _said(chosen: Trade, table: Table, language: str, own: str) -> Proposed:
    said = books.said(table, language)
    return Proposed(
        said["key"],
        said["name"],
        books.said_name(chosen, said["segment"], own),
        said["subject"],
        tuple(said["body"]),
        said["button"],
        said["window_days"],
    )


def _all_invented() -> bool:
    """Whether everybody in the book is invented: then so is the campaign."""
    return Customer.objects.exists() and not Customer.objects.filter(simulated=False).exists()
