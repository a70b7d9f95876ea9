"""Why a customer is called what they are called: what was looked at, since when, and when it turns."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from beizai.base.errors import NotFound
from beizai.consent.models import ConsentEntry
from beizai.customers import belonging, cards
from beizai.customers.models import Customer, Standing
from beizai.events.book import Book, open_book
from beizai.office import labels
from beizai.office.frame import frame
from beizai.office.permissions import needs
from beizai.staff.roles import May
from beizai.value import kept, standings
from beizai.value.customers import one
from beizai.value.labels import SCALES, Label


@dataclass(frozen=True)
class Evidence:
    """A label with its reasons in words."""

    label: Label
    name: str
    rule: str
    looked: list[labels.Looked]
    becomes: str


@needs(May.SEE_CUSTOMERS)
def why_fragment(request: HttpRequest, customer_id: int, kind: str) -> HttpResponse:
    """The evidence behind the stage, the type or the tier of one customer, as of now."""
    if kind not in SCALES:
        raise NotFound("There is no label “{kind}”.", hint="Labels: stage, type, tier.", kind=kind)
    found = cards.get(customer_id)
    now = frame().now
    with open_book(now) as book:
        stands = one(book, found.pk, now, kept.lines(book, now, fresh=False))
    return render(request, "office/customers/why.html", {"evidence": evidence(stands.labels[kind])})


def evidence(label: Label) -> Evidence:
    """A label in words."""
    names = labels.LABELS_OF[label.kind]()
    return Evidence(
        label,
        names.get(label.code, label.code),
        labels.rules()[label.kind].get(label.code, ""),
        [labels.looked(check) for check in label.checks],
        names.get(label.becomes or "", ""),
    )


def keep_up(book: Book, card: Customer, orders: list[dict[str, Any]], *, complete: bool) -> None:
    """Brings the standing beside the card up to what is known now: a sale by hand, a new tie, a permission are seen at once."""
    standing = Standing.objects.filter(pk=card.pk).first()
    if standing is None or not standing.tier or standing.as_of <= _last_change(card):
        standings.refresh_one(book, card.pk, frame().now)
        return
    latest = max((row["occurred_on"] for row in orders), default=None)
    spent = sum(row["amount_minor"] for row in orders)
    if standing.last_order_on != latest or (complete and standing.spent_minor != spent):
        standings.refresh_one(book, card.pk, frame().now)


def _last_change(card: Customer) -> datetime:
    mine = ConsentEntry.objects.filter(customer_id__in=belonging.ids_of(card.pk))
    decided = mine.aggregate(last=Max("recorded_at"))["last"]
    return max(card.changed_at, decided) if decided else card.changed_at
