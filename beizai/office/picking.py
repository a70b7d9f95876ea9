"""Whom something is for: looked up while typing, or chosen by number."""

from typing import Any

from django.http import HttpRequest

from beizai.customers import search
from beizai.customers.models import Customer
from beizai.office.customers.listing import display_name
from beizai.office.permissions import person

_SHOWN = 6


def people(words: str, request: HttpRequest) -> list[dict[str, Any]]:
    """The first cards found by these words: their numbers and the names this reader may see."""
    if not words:
        return []
    found = Customer.objects.in_bulk(search.first_ids(words, _SHOWN))
    return [{"id": card.pk, "name": display_name(card, person(request))} for card in found.values()]


def chosen(text: str) -> Customer | None:
    """The card of this number, as an address or a form gives it; None where there is none."""
    return Customer.objects.filter(pk=int(text)).first() if text.isdecimal() and len(text) < 19 else None
