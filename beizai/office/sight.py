"""Whom the person at the screen may open, as their branch and its owner have it."""

from collections.abc import Collection

from beizai.base.errors import Forbidden
from beizai.customers import access
from beizai.customers.access import Sight
from beizai.office.frame import frame
from beizai.staff.models import Access, User


def of(user: User) -> Sight:
    """Whom this person may open now."""
    here = frame()
    return access.sight(user, here.now, here.shop.timezone)


def sees(user: User, customer_ids: Collection[int]) -> set[int]:
    """Which of these they may open; asked once a request for each."""
    if user.branch_id is None or (found := of(user)).whole:
        return set(customer_ids)
    seen = frame().seen
    if unknown := set(customer_ids) - set(seen):
        open_to = found.sees(unknown)
        seen.update({number: number in open_to for number in unknown})
    return {number for number in customer_ids if seen[number]}


def require(user: User, *customer_ids: int | None) -> None:
    """NotFound, as for a card that is not there, where one of these may not be opened."""
    of(user).require(*(number for number in customer_ids if number is not None))


def looks_up(user: User) -> bool:
    """Whether they may open somebody of another branch by an exact phone, email or number."""
    branch = of(user).branch if user.branch_id is not None else None
    return branch is not None and branch.access == Access.LOOK_UP


def require_book(user: User) -> None:
    """Forbidden to who sees a part of the book alone: joining cards needs all of them."""
    if not of(user).whole:
        raise Forbidden(
            "This page shows cards of the whole book, and your branch opens a part of it.",
            hint="An owner can change this under Settings, Branches.",
        )
