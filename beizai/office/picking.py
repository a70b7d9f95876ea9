"""Whom something is for: looked up while typing, or chosen by number."""

from typing import Any

from django.http import HttpRequest

from beizai.customers import search
from beizai.customers.models import Customer
from beizai.office import sight
from beizai.office.customers.listing import display_name
from beizai.office.permissions import person

_SHOWN = 6


def people(words: str, request: HttpRequest) -> list[dict[str, Any]]:
    """The first cards found by these words: their numbers and the names this reader may see."""
    if not words:
        return []
    reader = person(request)
    found = Customer.objects.in_bulk(search.first_ids(words, _SHOWN, among=sight.of(reader).within()))
    sight.sees(reader, found)
    return [{"id": card.pk, "name": display_name(card, person(request))} for card in found.values()]


def chosen(text: str, request: HttpRequest) -> Customer | None:
    """The card of this number, as an address or a form gives it; None where there is none the reader may open."""
    if not text.isdecimal() or len(text) > 18:
        return None
    return Customer.objects.filter(sight.of(person(request)).within(), pk=int(text)).first()
