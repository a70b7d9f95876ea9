"""Everything that happened with one customer, in one row of time: orders, messages, answers, notes, decisions, changes."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from beizai.base import clock
from beizai.campaigns.models import Campaign
from beizai.consent.models import ConsentEntry
from beizai.customers import belonging
from beizai.customers.models import Customer, FactChange, Note, Tie, TieKind
from beizai.events.book import Book, open_book
from beizai.identity import merging
from beizai.messages.models import Message
from beizai.office import people, reasons, wording
from beizai.office.customers.reach import channel_name
from beizai.office.customers.why import keep_up
from beizai.sources.models import Source
from beizai.staff.models import User
from beizai.staff.roles import May, may

KINDS = ("orders", "messages", "talks")
_MOST = 400


@dataclass(frozen=True)
class Entry:
    """One thing that happened: when, what kind, one sentence, the evidence below it, its drawing and its colour."""

    at: datetime
    kind: str
    words: str
    evidence: str = ""
    icon: str = "dot"
    tone: str = ""
    link: str = ""
    simulated: bool = False


@dataclass
class Timeline:
    """The entries, the latest first, in years."""

    entries: list[Entry]
    earlier: int = 0
    years: list[tuple[int, list[Entry]]] = field(init=False)

    def __post_init__(self) -> None:
        self.years = []
        for entry in self.entries:
            year = wording.civil(entry.at)
            if not self.years or self.years[-1][0] != (year.year if year else 0):
                self.years.append((year.year if year else 0, []))
            self.years[-1][1].append(entry)


def timeline(card: Customer, reader: User, *, show: str = "all", limit: int = 40) -> Timeline:
    """The timeline of a card; `show` one of KINDS or "all"."""
    found = [entry for entry in _everything(card, reader) if show in ("all", entry.kind)]
    found.sort(key=lambda entry: entry.at, reverse=True)
    return Timeline(found[:limit], max(len(found) - limit, 0))


def _everything(card: Customer, reader: User) -> Iterator[Entry]:
    with open_book() as book:
        yield from _orders(book, card)
        happened = _rows(book, book.events.filter(book.events.customer_id == card.pk))
    numbers = belonging.ids_of(card.pk)
    yield from _messages(numbers, happened)
    yield from _happenings(happened)
    yield from _talks(numbers, reader)
    yield from _ties(numbers, reader)
    yield from _joined(card.pk)
    yield Entry(card.created_at, "facts", _("The card was made"), card.source.name, "customers")


def _rows(book: Book, asked: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = book.arrow(asked.order_by(asked.occurred_at.desc()).limit(_MOST)).to_pylist()
    return rows


def _orders(book: Book, card: Customer) -> Iterator[Entry]:
    orders = _rows(book, book.orders.filter(book.orders.customer_id == card.pk))
    keep_up(book, card, orders, complete=len(orders) < _MOST)
    names = dict(Source.objects.filter(pk__in={row["source_id"] for row in orders}).values_list("pk", "name"))
    goods = _goods(book, card.pk)
    for row in orders:
        returned = row["kind"] == "return"
        amount = wording.money(row["amount_minor"])
        place = row["store"] or names.get(row["source_id"], "")
        words = (
            _("Return %(number)s, %(amount)s, %(place)s")
            if returned
            else _("Order %(number)s, %(amount)s, %(place)s")
        )
        yield Entry(
            clock.aware(row["occurred_at"]),
            "orders",
            words % {"number": row["number"], "amount": amount, "place": place},
            "; ".join(goods.get(row["order_id"], [])[:4]),
            "undo" if returned else "order",
            "b",
            simulated=row["simulated"],
        )


def _goods(book: Book, customer_id: int) -> dict[int, list[str]]:
    from beizai.products.models import Product

    lines = _rows(book, book.lines.filter(book.lines.customer_id == customer_id))
    ids = {row["product_id"] for row in lines if row["product_id"]}
    names = dict(Product.objects.filter(pk__in=ids).exclude(name="").values_list("pk", "name"))
    found: dict[int, list[str]] = {}
    for row in sorted(lines, key=lambda row: row["line_no"]):
        words = names.get(row["product_id"]) or row["product"] or row["category"]
        if words:
            pieces = row["quantity_milli"] / 1000
            found.setdefault(row["order_id"], []).append(
                words if pieces in (1, -1) else f"{pieces:g} × {words}"
            )
    return found


def _messages(numbers: list[int], happened: list[dict[str, Any]]) -> Iterator[Entry]:
    rows = list(Message.objects.filter(customer_id__in=numbers).order_by("-pk")[:_MOST])
    names = dict(Campaign.objects.filter(pk__in={row.campaign_id for row in rows}).values_list("pk", "name"))
    for row in rows:
        name = names.get(row.campaign_id, f"#{row.campaign_id}")
        mine = [one for one in happened if one["campaign_id"] == row.campaign_id]
        words, icon, tone = _message_words(row, name, mine)
        evidence = _openings(mine) or (reasons.why(row.state, row.reason).name if row.reason else "")
        at = row.sent_at or row.changed_at
        yield Entry(at, "messages", words, evidence, icon, tone, link=f"/campaigns/{row.campaign_id}/")


def _message_words(row: Message, name: str, mine: list[dict[str, Any]]) -> tuple[str, str, str]:
    place = {"name": name}
    if row.state == "held_out":
        return _("Held out of “%(name)s”: left alone on purpose") % place, "alone", ""
    if row.state == "refused":
        return _("Not written to for “%(name)s”") % place, "lock", ""
    if row.state == "sent":
        kinds = {one["kind"] for one in mine if one["verdict"] == "person"}
        if "clicked" in kinds:
            return _("“%(name)s”: sent, clicked") % place, "email", "g"
        if "opened" in kinds:
            return _("“%(name)s”: sent, opened, not clicked") % place, "email", ""
        return _("“%(name)s”: sent") % place, "email", ""
    state = reasons.state(row.state)
    return (
        _("“%(name)s”: %(state)s") % (place | {"state": state.name}),
        state.icon,
        "w" if state.badge == "warn" else "",
    )


def _openings(mine: list[dict[str, Any]]) -> str:
    """Opens by a person and by a machine, said apart."""
    said = []
    for kind, verdict, words in (
        ("opened", "person", _("opened by a person at %(time)s")),
        ("opened", "machine", _("a machine opened it at %(time)s")),
        ("clicked", "person", _("clicked at %(time)s")),
        ("clicked", "machine", _("a machine followed a link at %(time)s")),
    ):
        first = min(
            (one["occurred_at"] for one in mine if one["kind"] == kind and one["verdict"] == verdict),
            default=None,
        )
        if first is not None:
            said.append(words % {"time": wording.moment(clock.aware(first))})
    return "; ".join(said)


_SINGLE: dict[str, tuple[Callable[[], str], str]] = {
    "unsubscribed": (lambda: _("Took their permission back by the link in a mail"), "alone"),
    "complained": (lambda: _("Called a mail spam"), "warn"),
    "bounced": (lambda: _("A mail came back"), "warn"),
    "coupon_redeemed": (lambda: _("Redeemed a coupon"), "tag"),
    "visited": (lambda: _("Visited the website"), "eye"),
    "form_answered": (lambda: _("Answered the form “%(name)s”"), "note"),
    "tracked": (lambda: _("Told by the site or a program: “%(name)s”"), "eye"),
    "identified": (lambda: _("Said who they are"), "user"),
    "segment_entered": (lambda: _("Entered the segment “%(name)s”"), "segments"),
    "segment_left": (lambda: _("Left the segment “%(name)s”"), "segments"),
}


def _happenings(happened: Iterable[dict[str, Any]]) -> Iterator[Entry]:
    for row in happened:
        if row["kind"] not in _SINGLE:
            continue
        words, icon = _SINGLE[row["kind"]]
        props = json.loads(row["props"]) if row["props"] else {}
        named = {"name": props.get("segment") or props.get("name") or ""}
        at = clock.aware(row["occurred_at"])
        evidence = str(props.get("coupon", "") or props.get("page", ""))
        yield Entry(at, "messages", words() % named, evidence, icon, simulated=row["simulated"])


def _talks(numbers: list[int], reader: User) -> Iterator[Entry]:
    notes = Note.objects.filter(customer_id__in=numbers).select_related("user")[:_MOST]
    for note in notes if may(reader, May.SEE_NAMES) else []:
        words = _("Note by %(who)s: “%(text)s”") if note.user else _("Note: “%(text)s”")
        yield Entry(note.at, "talks", words % {"who": str(note.user), "text": note.text}, "", "note")
    for entry in ConsentEntry.objects.filter(customer_id__in=numbers).select_related("source")[:_MOST]:
        source = entry.source.name if entry.source else ""
        yield Entry(
            entry.at,
            "talks",
            decision_words(entry),
            f"“{entry.text}” {source}" if entry.text else source,
            "check" if entry.decision == "granted" else "alone",
            "g" if entry.decision == "granted" else "",
            simulated=entry.simulated,
        )


def decision_words(entry: ConsentEntry) -> str:
    """One decision of the ledger in a sentence."""
    purpose = purpose_name(entry.purpose)
    if entry.topic:
        purpose = _("%(purpose)s about %(topic)s") % {"purpose": purpose, "topic": entry.topic}
    place = {"channel": channel_name(entry.channel), "purpose": purpose}
    match entry.decision:
        case "granted":
            return _("Allowed %(purpose)s by %(channel)s") % place
        case "refused":
            return _("Refused %(purpose)s by %(channel)s") % place
    return _("Took back the permission for %(purpose)s by %(channel)s") % place


def purpose_name(purpose: str) -> str:
    """What the permission is for."""
    return {
        "marketing": _("offers"),
        "service": _("service"),
        "tracking": _("keeping opens and clicks"),
        "sharing": _("passing data to a partner"),
        "sensitive": _("keeping sensitive facts"),
        "abroad": _("taking data to another country"),
        "gifts": _("gifts made by their measures"),
    }.get(purpose, purpose)


def _ties(numbers: list[int], reader: User) -> Iterator[Entry]:
    mine = Tie.objects.filter(Q(customer_id__in=numbers) | Q(other_id__in=numbers), kind=TieKind.REFERRED_BY)
    rows = list(mine.exclude(customer_id__in=numbers, other_id__in=numbers)[:_MOST])
    names = people.names(reader, {row.customer_id for row in rows} | {row.other_id for row in rows})
    for row in rows:
        if row.other_id in numbers:
            words, other = _("Brought %(name)s"), row.customer_id
        else:
            words, other = _("Was brought by %(name)s"), row.other_id
        yield Entry(
            row.added_at,
            "talks",
            words % {"name": names[other]},
            row.occasion,
            "star",
            "g",
            link=f"/customers/{other}/",
        )


def _joined(card_id: int) -> Iterator[Entry]:
    """Cards that were joined to this one, or taken off it."""
    for made in merging.merges_of(card_id):
        link = f"/customers/merges/{made.pk}/"
        count = made.cards.count()
        words = ngettext("%(n)s card was joined to this one", "%(n)s cards were joined to this one", count)
        yield Entry(
            made.at,
            "facts",
            words % {"n": wording.number(count)},
            str(made.user or ""),
            "customers",
            link=link,
        )
        if made.undone_at is not None:
            yield Entry(
                made.undone_at, "facts", _("Taken apart again"), str(made.undone_by or ""), "undo", link=link
            )


def changes_in_words(rows: Iterable[FactChange]) -> list[dict[str, Any]]:
    """The history of a card: what, from what, to what, by whom."""
    return [
        {
            "at": row.at,
            "what": field_name(row.field),
            "old": _shown(row.old),
            "new": _shown(row.new),
            "who": str(row.user) if row.user else row.source.name,
        }
        for row in rows
    ]


def _shown(value: Any) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return wording.listed([_shown(one) for one in value])
    if isinstance(value, dict):
        told = [_shown(part) for part in value.values()]
        return _("a picture") if "file" in value else " · ".join(told)
    try:
        return (
            wording.day(date.fromisoformat(value))
            if isinstance(value, str) and len(value) == 10
            else str(value)
        )
    except ValueError:
        return str(value)


def field_name(name: str) -> str:
    """A column, fact, contact point, tag or tie in words."""
    kind, _colon, rest = name.partition(":")
    match kind:
        case "came":
            return _("Came themselves")
        case "fact":
            return definitions().get(rest, rest)
        case "contact":
            return channel_name(rest).capitalize()
        case "tag":
            return _("Tag")
        case "tie":
            return tie_name(rest)
    return {
        "name": _("Name"),
        "given_name": _("Given name"),
        "family_name": _("Family name"),
        "country": _("Country"),
        "language": _("Language"),
        "birthday_on": _("Birthday"),
        "postal_address": _("Postal address"),
        "branch_id": _("Branch"),
    }.get(name, name)


def definitions() -> dict[str, str]:
    """The labels of the attributes by key."""
    from beizai.customers.models import AttributeDefinition

    return dict(AttributeDefinition.objects.values_list("key", "label"))


def tie_name(kind: str) -> str:
    """A tie in words."""
    return {
        "referred_by": _("Brought by"),
        "household": _("Same household"),
        "friend": _("Friend"),
        "gives_to": _("Gives presents to"),
        "works_at": _("Works at"),
        "influences": _("Influences"),
    }.get(kind, kind)
