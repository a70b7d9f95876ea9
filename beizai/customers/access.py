"""Whom of the book somebody at a branch may open: everybody, the branch's own customers, or those too who stand before them."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.db.models import Exists, OuterRef, Q

from beizai.base.clock import civil_date, start_of
from beizai.base.contact_points import normal_email, normal_phone
from beizai.base.errors import Forbidden, Invalid, NotFound
from beizai.customers import belonging
from beizai.customers.models import ContactPoint, Customer, ExternalId, ServedAt, ServedHow
from beizai.staff import audit
from beizai.staff.models import Access, AuditEntry, Branch, Role, User

LOOKED_UP, MISSED = "customer.looked_up", "customer.look_up_missed"
_ALIKE = 3  # a family's telephone leads to a few cards; more are nobody in particular


@dataclass(frozen=True)
class Sight:
    """Whom one person may open now. `branch` None: the whole book. Who was looked up `since` (today) stands open to them."""

    user: User
    branch: Branch | None
    since: datetime

    @property
    def whole(self) -> bool:
        return self.branch is None

    def within(self, column: str = "pk") -> Q:
        """The condition on rows that have a card's number in `column`; it is asked row by row, so any order can be walked."""
        if self.branch is None:
            return Q()
        own = ServedAt.objects.filter(branch=self.branch)
        found = Q(Exists(own.filter(customer_id=OuterRef(column))))
        found |= belonging.of_joined(own.order_by().values_list("customer_id", flat=True), column)
        return found | Q(**{f"{column}__in": self._opened}) if self._opened else found

    def few(self, most: int) -> list[int] | None:
        """The cards of a small branch; None where there are more than `most`, or the whole book is open."""
        if self.branch is None:
            return None
        own = ServedAt.objects.filter(branch=self.branch).order_by().values_list("customer_id", flat=True)
        found = {*own[: (most + 1) * len(ServedHow)], *self._opened}
        if len(found) > most:
            return None
        return sorted(set(belonging.cards_of(found).values()))

    def sees(self, customer_ids: Iterable[int]) -> set[int]:
        """Which of these numbers lead to a card they may open."""
        wanted = set(customer_ids)
        if self.branch is None or not wanted:
            return wanted
        cards = belonging.cards_of(wanted)
        asked = Customer.objects.filter(self.within(), pk__in=set(cards.values()))
        seen = set(asked.values_list("pk", flat=True))
        return {number for number in wanted if cards[number] in seen}

    def require(self, *customer_ids: int) -> None:
        """NotFound, in the words for a card that is not there, where one of these may not be opened."""
        hidden = set(customer_ids) - self.sees(customer_ids)
        if hidden:
            raise NotFound("There is no card {n}.", hint="Search by name, email or phone.", n=min(hidden))

    @cached_property
    def _opened(self) -> list[int]:
        found = AuditEntry.objects.filter(user=self.user, action=LOOKED_UP, at__gte=self.since)
        return [number for number in found.values_list("customer_id", flat=True) if number is not None]


def sight(user: User, at: datetime, timezone: str) -> Sight:
    """Whom this person may open. Staff of a branch are held to what its owner lets them; everybody else sees the book."""
    since = start_of(civil_date(at, timezone), timezone)
    branch = user.branch if user.role == Role.STAFF and user.branch_id is not None else None
    return Sight(user, branch if branch is not None and branch.access != Access.WHOLE_BOOK else None, since)


def exactly(text: str, country: str) -> list[int]:
    """The cards with exactly this phone, email or customer number; none where it fits more than three."""
    given = text.strip()
    if not given or len(given) > 254:
        return []
    normal = [found for found in (_normal_email(given), _normal_phone(given, country)) if found]
    points = ContactPoint.objects.filter(channel__in=("email", "phone", "sms"), ended_at=None)
    numbers = list(points.filter(normal__in=normal).values_list("customer_id", flat=True)[:50])
    numbers += ExternalId.objects.filter(value=given).values_list("customer_id", flat=True)[:50]
    cards = sorted(set(belonging.cards_of(numbers).values()))
    return cards if len(cards) <= _ALIKE else []


def look_up(who: Sight, text: str, *, country: str, now: datetime) -> list[int]:
    """Opens the cards of exactly this phone, email or number to somebody of another branch, for today; each is written down.

    Forbidden where the branch sees its own customers alone, or the day's look-ups are used up; one that finds nobody counts.
    """
    found = exactly(text, country)
    unseen = set(found) - who.sees(found)
    if who.branch is None or (found and not unseen):
        return found
    if who.branch.access != Access.LOOK_UP:
        raise Forbidden(
            "Your branch opens its own customers alone.",
            hint="An owner can change this under Settings, Branches.",
        )
    _refuse_too_many(who)
    if not found:
        audit.record(MISSED, at=now, user=who.user, branch=who.branch.name)
    for number in sorted(unseen):
        audit.record(LOOKED_UP, at=now, user=who.user, customer_id=number, branch=who.branch.name)
    return found


def _refuse_too_many(who: Sight) -> None:
    assert who.branch is not None
    used = AuditEntry.objects.filter(user=who.user, action__in=(LOOKED_UP, MISSED), at__gte=who.since).count()
    if used >= who.branch.look_ups_a_day:
        raise Forbidden(
            "You have looked up {most} customers of other branches today; more are not opened.",
            hint="Ask the owner: the number stands under Settings, Branches.",
            most=who.branch.look_ups_a_day,
        )


def _normal_email(text: str) -> str:
    try:
        return normal_email(text) if "@" in text else ""
    except Invalid:
        return ""


def _normal_phone(text: str, country: str) -> str:
    try:
        return "" if "@" in text else normal_phone(text, country)
    except Invalid:
        return ""


def at_home(card: Customer, at: datetime) -> None:
    """Keeps what a card says of its home branch among the branches' own customers; to be told whenever that changes."""
    held = ServedAt.objects.filter(customer=card, how=ServedHow.HOME)
    if list(held.values_list("branch_id", flat=True)) == [card.branch_id] or (
        card.branch_id is None and not held.exists()
    ):
        return
    held.delete()
    if card.branch_id is not None:
        ServedAt.objects.create(branch_id=card.branch_id, customer=card, how=ServedHow.HOME, since_at=at)


def served(customer_id: int, by: User | None, at: datetime) -> None:
    """Somebody of a branch served this customer: from now on they are one of the branch's own."""
    if by is None or by.branch_id is None:
        return
    ServedAt.objects.get_or_create(
        branch_id=by.branch_id, customer_id=customer_id, how=ServedHow.CAME, defaults={"since_at": at}
    )


def write_own(branch_id: int, customer_ids: Collection[int], how: ServedHow, at: datetime) -> None:
    """Writes down a branch's own customers, of cards that are in the book; who stands there already stays."""
    there = Customer.objects.filter(pk__in=customer_ids).values_list("pk", flat=True)
    rows = [ServedAt(branch_id=branch_id, customer_id=number, how=how, since_at=at) for number in there]
    ServedAt.objects.bulk_create(rows, ignore_conflicts=True)
