"""Names of customers as this person may see them: an analyst sees a number instead."""

from collections.abc import Iterable

from beizai.customers.models import Customer
from beizai.staff.models import User
from beizai.staff.roles import May, may


def names(user: User, customer_ids: Iterable[int]) -> dict[int, str]:
    """What to call each of these customers; a card that is gone, or whose name is not known, is called by its number."""
    wanted = list(customer_ids)
    known: dict[int, str] = {}
    if may(user, May.SEE_NAMES):
        known = dict(Customer.objects.filter(pk__in=wanted).values_list("pk", "name"))
    return {number: known.get(number) or f"#{number}" for number in wanted}
