"""Cards of one person are joined to one that is kept, and taken apart again, each as it was."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max, Model, Q

from beizai.base.errors import Forbidden, Invalid, NotFound
from beizai.customers import search
from beizai.customers.models import Customer, FactChange, Note, Standing
from beizai.identity import cards, rules, shown
from beizai.identity.models import Belonging, Merge, MergedCard, OwnCard, Proposal, Touched
from beizai.staff import audit
from beizai.staff.models import User

_LISTED = 200


@dataclass(frozen=True)
class Apart:
    """What taking apart did: the kept card, those that are cards of their own again, and what was written on the joint
    card meanwhile and stays with the kept one: ({"field", "old", "new", "at"}, the latest first)."""

    merge_id: int
    card_id: int
    cards: tuple[int, ...]
    stayed: tuple[Mapping[str, Any], ...]


def merge(
    card_ids: Collection[int],
    into: int,
    *,
    now: datetime,
    by: User | None = None,
    rule: str = "",
    evidence: Mapping[str, Any] | None = None,
) -> Merge:
    """Joins these cards to the card `into`. Nothing of them is rewritten; the kept card shows what they say together.

    Invalid where a card is joined to itself, named twice, or belongs to another card already; NotFound where there is none.
    """
    joining = list(dict.fromkeys(card_ids))
    with transaction.atomic():
        _check(joining, len(card_ids), into)
        for number in (into, *joining):
            _settle(number, now)
        made = Merge.objects.create(
            card_id=into,
            user=by,
            rule=rule,
            evidence=dict(evidence or {}),
            at=now,
            last_change_id=_last(FactChange, into),
            last_note_id=_last(Note, into),
        )
        MergedCard.objects.bulk_create(MergedCard(merge=made, customer_id=number) for number in joining)
        _enter(made, joining)
        _refreshed(into, now)
        Standing.objects.filter(pk__in=joining).delete()
        _decide(made, joining, by)
        audit.record(
            "cards.merged", at=now, user=by, card=into, cards=joining[:50], count=len(joining), rule=rule
        )
    return made


def unmerge(merge_id: int, *, now: datetime, by: User | None = None) -> Apart:
    """Takes a merge apart, in whatever order: each card says again what it would have said without it.

    What was written on the joint card meanwhile stays with the kept card and is listed. The pairs are noted as two people.
    """
    with transaction.atomic():
        found = Merge.objects.select_for_update(of=("self",)).filter(pk=merge_id).first()
        if found is None:
            raise NotFound(
                "There is no merge {merge}.", merge=merge_id, hint="See the card's history of merges."
            )
        if found.undone_at is not None:
            raise Forbidden("The merge {merge} has been taken apart already.", merge=merge_id)
        numbers = list(found.cards.order_by("customer_id").values_list("customer_id", flat=True))
        root = cards.card_of(found.card_id)
        _settle(root, now)
        apart = [number for number in numbers if Belonging.objects.filter(pk=number, merge=found).exists()]
        stayed = written_since(found)
        _leave(root, apart)
        for number in (root, *apart):
            _refreshed(number, now)
        _stand(apart, now)
        found.undone_at, found.undone_by, found.stayed = now, by, list(stayed)
        found.save()
        _two_people(found, apart, now, by)
        audit.record("cards.unmerged", at=now, user=by, card=found.card_id, merge=merge_id, cards=apart[:50])
    return Apart(merge_id, found.card_id, tuple(apart), stayed)


def refresh(customer_ids: Iterable[int], *, now: datetime) -> int:
    """Puts together anew what the joint cards of these numbers show, after an import or its undoing; how many there were."""
    joint = sorted(cards.groups(set(cards.cards_of(customer_ids).values())))
    for root in joint:
        with transaction.atomic():
            _settle(root, now)
            _refreshed(root, now)
    return len(joint)


def after_import(import_id: int, *, now: datetime) -> list[int]:
    """An import has written on joint cards or on what was joined to them: they are put together anew; the cards it wrote on.

    The same cards are refreshed after it was undone.
    """
    if not Belonging.objects.exists():
        return []
    rows = FactChange.objects.filter(import_id=import_id)
    joint = rows.filter(
        Q(customer_id__in=OwnCard.objects.values("pk")) | Q(customer_id__in=Belonging.objects.values("pk"))
    )
    numbers = sorted(set(joint.values_list("customer_id", flat=True)))
    refresh(numbers, now=now)
    return numbers


def apart_for_import(import_id: int, *, now: datetime, by: User | None = None) -> list[int]:
    """Before an import is undone: the merges that joined a card it made, or joined others to one, are taken apart, the latest
    first; which they were."""
    made = Customer.objects.filter(import_id=import_id).values("pk")
    standing = Merge.objects.filter(undone_at=None)
    touched = standing.filter(Q(card_id__in=made) | Q(cards__customer_id__in=made))
    numbers = sorted(set(touched.values_list("pk", flat=True)), reverse=True)
    for number in numbers:
        unmerge(number, now=now, by=by)
    return numbers


def merges_of(customer_id: int) -> list[Merge]:
    """The merges this card was ever part of, on either side, the latest first."""
    numbers = cards.ids_of(cards.card_of(customer_id))
    mine = Merge.objects.filter(Q(card_id__in=numbers) | Q(cards__customer_id__in=numbers)).distinct()
    return list(mine.select_related("user", "undone_by").order_by("-at", "-pk"))


def _check(joining: list[int], given: int, into: int) -> None:
    if not joining:
        raise Invalid("Nothing is to be joined.", hint="Name at least one card beside the one that is kept.")
    if into in joining or given != len(joining):
        raise Invalid("A card cannot be joined to itself.", hint="Name two different cards.")
    there = set(
        Customer.objects.select_for_update()
        .filter(pk__in=[into, *joining])
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    for number in (into, *joining):
        if number not in there:
            raise NotFound("There is no card {card}.", card=number, hint="Search by name, email or phone.")
    elsewhere = Belonging.objects.filter(pk__in=[into, *joining]).order_by("pk").first()
    if elsewhere is not None:
        raise Invalid(
            "The card {card} was joined to the card {kept} already.",
            card=elsewhere.customer_id,
            kept=elsewhere.card_id,
            hint="Use the card {kept} instead, or take the merge {merge} apart first.",
            merge=elsewhere.merge_id,
            code="joined_already",
        )


def _settle(root: int, now: datetime) -> None:
    """What was written on a joint card since becomes its own, before the group changes."""
    below = cards.below(root)
    if below:
        group = shown.load(root, below)
        shown.absorb(group)
        for own in group.own.values():
            own.save()


def _enter(made: Merge, joining: list[int]) -> None:
    Belonging.objects.filter(card_id__in=joining).update(card_id=made.card_id)
    Belonging.objects.bulk_create(
        Belonging(
            customer_id=number, joined_to_id=made.card_id, card_id=made.card_id, merge=made, since_at=made.at
        )
        for number in joining
    )


def _leave(root: int, apart: Collection[int]) -> None:
    below = cards.below(root)
    Belonging.objects.filter(pk__in=apart).delete()
    for number in apart:
        beneath = shown.beneath(below, number)
        Belonging.objects.filter(pk__in=beneath).update(card_id=number)


def _refreshed(root: int, now: datetime) -> None:
    """The rows show what they should, and what was made of them is told to be made anew."""
    group = shown.load(root, cards.below(root))
    shown.put_together(group, now=now)
    ids = list(group.cards)
    Touched.objects.bulk_create(Touched(customer_id=number) for number in ids)
    search.index_many(ids)
    rules.draw_stamp()


def _stand(numbers: Collection[int], now: datetime) -> None:
    """Cards of their own have a standing beside them; it is counted when it is next looked at."""
    there = set(Standing.objects.filter(pk__in=numbers).values_list("pk", flat=True))
    bare = Customer.objects.filter(pk__in=numbers).exclude(pk__in=there).order_by("pk")
    Standing.objects.bulk_create(
        Standing(customer_id=one, as_of=now) for one in bare.values_list("pk", flat=True)
    )


def _decide(made: Merge, joining: list[int], by: User | None) -> None:
    among = [made.card_id, *joining]
    open_ones = Proposal.objects.filter(left_id__in=among, right_id__in=among)
    open_ones.update(state=Proposal.State.JOINED, merge=made, decided_at=made.at, decided_by=by)


def _two_people(found: Merge, apart: Collection[int], now: datetime, by: User | None) -> None:
    Proposal.objects.bulk_create(
        [
            Proposal(
                left_id=min(found.card_id, number),
                right_id=max(found.card_id, number),
                probability=0.0,
                rule="unmerged",
                state=Proposal.State.APART,
                proposed_at=now,
                decided_at=now,
                decided_by=by,
            )
            for number in apart
        ],
        update_conflicts=True,
        unique_fields=["left_id", "right_id"],
        update_fields=["state", "decided_at", "decided_by"],
    )


def written_since(found: Merge) -> tuple[Mapping[str, Any], ...]:
    """Changes, addresses, tags, ties and notes the kept card was given since, the latest first."""
    changes = FactChange.objects.filter(customer_id=found.card_id, pk__gt=found.last_change_id)
    rows = [
        {"field": row.field, "old": row.old, "new": row.new, "at": row.at.isoformat()}
        for row in changes.order_by("-pk")[:_LISTED]
    ]
    notes = Note.objects.filter(customer_id=found.card_id, pk__gt=found.last_note_id).order_by("-pk")
    rows += [
        {"field": "note", "old": None, "new": row.text[:200], "at": row.at.isoformat()}
        for row in notes[:_LISTED]
    ]
    return tuple(sorted(rows, key=lambda row: str(row["at"]), reverse=True)[:_LISTED])


def _last(model: type[Model], card_id: int) -> int:
    rows = model._default_manager.filter(customer_id=card_id)
    return rows.aggregate(last=Max("pk"))["last"] or 0
