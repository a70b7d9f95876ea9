"""Names of customers as this person may see them: an analyst sees a number instead, staff of another branch nothing of them."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from beizai.base.errors import NotFound
from beizai.customers.models import Customer
from beizai.office import sight
from beizai.staff.models import User
from beizai.staff.roles import May, may


def names(user: User, customer_ids: Iterable[int]) -> dict[int, str]:
    """What to call each of these customers; a card that is gone, or whose name is not known, is called by its number."""
    wanted = list(customer_ids)
    known: dict[int, str] = {}
    if may(user, May.SEE_NAMES):
        known = dict(Customer.objects.filter(pk__in=wanted).values_list("pk", "name"))
    open_to = sight.sees(user, wanted)
    return {
        number: (known.get(number) or f"#{number}") if number in open_to else _("Customer of another branch")
        for number in wanted
    }


def colleague(user_id: int) -> User:
    """The person of this number who has an account here."""
    found = User.objects.filter(pk=user_id).first()
    if found is None:
        raise NotFound(_("This person has no account here."))
    return found
