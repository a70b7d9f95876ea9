"""After cards were joined or taken apart: where these customers stand is counted anew at once."""

from collections.abc import Iterable

from beizai.customers.models import Customer
from beizai.events.book import open_book
from beizai.office.frame import frame
from beizai.value import standings

_MOST = 20  # of more, the card's page and the next counting see to it


def stand(card_ids: Iterable[int]) -> None:
    """Counts a few cards; the rest is counted when it is next looked at, or by the worker."""
    there = list(Customer.objects.filter(pk__in=list(card_ids)[:_MOST]).values_list("pk", flat=True))
    if there:
        with open_book() as book:
            for number in there:
                standings.refresh_one(book, number, frame().now)
