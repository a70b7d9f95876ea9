"""People of a source without a lawful basis, for whom nothing was recorded since: nobody writes to them, not even about service."""

from collections.abc import Collection
from datetime import datetime

from beizai.consent.models import ConsentEntry, Decision
from beizai.customers import belonging
from beizai.customers.models import Customer
from beizai.sources.register import without_basis

_FEW = 500


def unfounded(ids: Collection[int] | None, at: datetime) -> set[int]:
    """Which of these cards (None: of all) came from a source without a basis, never bought, and never agreed to anything.

    An order of their own is a contract; a permission of any kind is a basis recorded for the person. A joint card stands
    on the ground of each card in it.
    """
    silent = without_basis()
    if not silent:
        return set()
    rows = Customer.objects.filter(source_id__in=silent)
    if ids is not None:
        rows = rows.filter(pk__in=list(ids))
    found = set(rows.exclude(standing__purchase_days__gt=0).values_list("pk", flat=True))
    if not found:
        return found
    owners = belonging.leading(None if ids is None else list(ids))
    others = {number: card for number, card in owners.items() if card in found}
    numbers = found | others.keys()
    said = ConsentEntry.objects.filter(decision=Decision.GRANTED, at__lte=at)
    if ids is not None or len(numbers) <= _FEW:
        said = said.filter(customer_id__in=numbers)
    agreed = set(said.values_list("customer_id", flat=True).distinct())
    grounded = set(
        Customer.objects.filter(pk__in=list(others))
        .exclude(source_id__in=silent)
        .values_list("pk", flat=True)
    )
    return found - agreed - {others[number] for number in others if number in agreed | grounded}
