"""Who brought whom, who lives with whom, who gives presents to whom."""

from collections.abc import Iterable
from datetime import date, datetime

from django.db import transaction
from django.db.models import Count, Q

from beizai.base.errors import Invalid
from beizai.customers import belonging, cards, history
from beizai.customers.models import Customer, Tie, TieKind
from beizai.sources.models import Source
from beizai.staff.models import User

BOTH_WAYS = frozenset({TieKind.HOUSEHOLD, TieKind.FRIEND})


def tie(
    customer_id: int,
    kind: str,
    other_id: int,
    *,
    source: Source,
    now: datetime,
    user: User | None = None,
    since_on: date | None = None,
    occasion: str = "",
) -> Tie:
    """Ties one card to another, once. A customer is brought by one person; nobody brings those who brought them.

    `occasion`: at which they came together, or for which presents are given. Household and friend hold both ways:
    the same tie from the other side is the same tie.
    """
    if kind not in TieKind.values:
        raise Invalid(
            "“{kind}” is not a tie.", hint="Ties: {ties}.", kind=kind, ties=", ".join(TieKind.values)
        )
    if customer_id == other_id:
        raise Invalid("A card cannot be tied to itself.", hint="Choose another person.")
    if kind == TieKind.REFERRED_BY:
        _must_fit(customer_id, other_id)
    mirrored = (
        Tie.objects.filter(customer_id=other_id, other_id=customer_id, kind=kind).first()
        if kind in BOTH_WAYS
        else None
    )
    if mirrored is not None:
        return mirrored
    with transaction.atomic():
        made, is_new = Tie.objects.get_or_create(
            customer_id=customer_id,
            other_id=other_id,
            kind=kind,
            defaults={
                "since_on": since_on,
                "occasion": occasion.strip()[:120],
                "source": source,
                "added_at": now,
            },
        )
        if is_new:
            history.write(customer_id, f"tie:{kind}", None, other_id, source=source, user=user, now=now)
            cards.touched(customer_id, now)
    return made


def untie(tie_id: int, *, source: Source, now: datetime, user: User | None = None) -> None:
    """Takes a tie away; its line in the history stays."""
    found = Tie.objects.filter(pk=tie_id).first()
    if found is None:
        return
    with transaction.atomic():
        history.write(
            found.customer_id, f"tie:{found.kind}", found.other_id, None, source=source, user=user, now=now
        )
        cards.touched(found.customer_id, now)
        found.delete()


def of(customer_id: int) -> list[Tie]:
    """The ties of a card, and of those joined to it, in both directions, with the cards at their ends."""
    numbers = belonging.ids_of(customer_id)
    both = Tie.objects.filter(Q(customer_id__in=numbers) | Q(other_id__in=numbers))
    both = both.exclude(customer_id__in=numbers, other_id__in=numbers)
    return list(both.select_related("customer__standing", "other__standing").order_by("kind", "pk")[:200])


def referrals(customer_ids: Iterable[int]) -> dict[int, int]:
    """How many customers each of these has brought."""
    rows = Tie.objects.filter(other_id__in=list(customer_ids), kind=TieKind.REFERRED_BY)
    return dict(rows.values_list("other_id").annotate(n=Count("pk")))


def _must_fit(customer_id: int, other_id: int) -> None:
    """Somebody was brought once, by one person, and by nobody they brought themselves; joined cards are one person."""
    card, other = belonging.card_of(customer_id), belonging.card_of(other_id)
    if card == other:
        raise Invalid("A card cannot be tied to itself.", hint="Choose another person.")
    if any(bringer != other for bringer in _brought_by(card)):
        raise Invalid(
            "This customer has been brought by somebody already.",
            hint="Take that tie away first.",
            code="brought_once",
        )
    seen, ahead = {other}, [other]
    while ahead and len(seen) < 1000:
        for bringer in _brought_by(ahead.pop()):
            if bringer == card:
                raise Invalid(
                    "They would have brought each other.",
                    hint="Only one of the two came first.",
                    code="brought_in_a_ring",
                )
            if bringer not in seen:
                seen.add(bringer)
                ahead.append(bringer)


def _brought_by(card_id: int) -> list[int]:
    """The cards that brought this one or a card joined to it: more than one only where two brought ones were joined."""
    held = Tie.objects.filter(customer_id__in=belonging.ids_of(card_id), kind=TieKind.REFERRED_BY)
    return sorted(set(belonging.cards_of(held.values_list("other_id", flat=True)).values()))


def names(customer_ids: Iterable[int]) -> dict[int, str]:
    """The names of these cards."""
    return dict(Customer.objects.filter(pk__in=list(customer_ids)).values_list("pk", "name"))


def exists(customer_id: int, kind: str, other_id: int) -> bool:
    """Whether this tie is known, from either side where it holds both ways."""
    known = Q(customer_id=customer_id, other_id=other_id)
    if kind in BOTH_WAYS:
        known |= Q(customer_id=other_id, other_id=customer_id)
    return Tie.objects.filter(known, kind=kind).exists()
