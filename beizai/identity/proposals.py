"""Pairs of cards that may be one person, waiting for somebody to say."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from beizai.base.errors import Invalid, NotFound
from beizai.customers.belonging import in_pieces
from beizai.customers.models import ContactPoint, Customer, ExternalId
from beizai.identity import cards, merging
from beizai.identity.models import Merge, Proposal
from beizai.staff.models import User

_WAITING = (Proposal.State.OPEN, Proposal.State.LATER)


@dataclass(frozen=True)
class Found:
    """Two cards that may be one person: how likely, and what each field says ({role: {"level", "bits"}})."""

    one: int
    other: int
    probability: float
    evidence: Mapping[str, Any]


@dataclass(frozen=True)
class Line:
    """One field of both cards. `level` is how the two compare ("" where nobody compared them), `bits` what that says."""

    field: str
    left: str
    right: str
    differs: bool
    level: str = ""
    bits: float = 0.0


def add(found: Iterable[Found], *, rule: str, now: datetime) -> int:
    """Puts pairs into the queue, or brings those waiting in it up to date; what was decided stays decided. How many wait."""
    rows = {(min(one.one, one.other), max(one.one, one.other)): one for one in found if one.one != one.other}
    new = 0
    for piece in in_pieces(rows, 500):
        decided = _decided(piece)
        fresh = [
            Proposal(
                left_id=left,
                right_id=right,
                probability=rows[left, right].probability,
                rule=rule,
                evidence=dict(rows[left, right].evidence),
                proposed_at=now,
            )
            for left, right in piece
            if (left, right) not in decided
        ]
        Proposal.objects.bulk_create(
            fresh,
            update_conflicts=True,
            unique_fields=["left_id", "right_id"],
            update_fields=["probability", "rule", "evidence"],
        )
        new += len(fresh)
    return new


def add_new(found: Iterable[Found], *, rule: str, now: datetime) -> int:
    """As `add`, for pairs nobody has thought of: those that wait already, or were decided, stay as they are. How many are new."""
    rows = {(min(one.one, one.other), max(one.one, one.other)): one for one in found if one.one != one.other}
    before = Proposal.objects.filter(rule=rule).count()
    fresh = [
        Proposal(
            left_id=left, right_id=right, probability=one.probability, rule=rule, evidence=dict(one.evidence), proposed_at=now
        )
        for (left, right), one in rows.items()
    ]  # fmt: skip
    Proposal.objects.bulk_create(fresh, ignore_conflicts=True, batch_size=500)
    return Proposal.objects.filter(rule=rule).count() - before


def by_import(import_id: int) -> str:
    """The rule under which an import puts pairs into the queue."""
    return f"import {import_id}"


def take_back(rule: str) -> int:
    """Takes the pairs of a rule that still wait out of the queue; what somebody decided stays. How many."""
    return Proposal.objects.filter(rule=rule, state__in=_WAITING).delete()[0]


def waiting(*, later: bool = False) -> QuerySet[Proposal]:
    """The queue, the most likely first; with `later` those put off."""
    state = Proposal.State.LATER if later else Proposal.State.OPEN
    return Proposal.objects.filter(state=state).order_by("-probability", "id")


def count() -> int:
    """How many wait, at most 1,000: for a tally."""
    return waiting()[:1000].count()


def get(proposal_id: int) -> Proposal:
    """The pair of this number, or NotFound."""
    found = Proposal.objects.filter(pk=proposal_id).first()
    if found is None:
        raise NotFound("There is no pair {pair}.", pair=proposal_id, hint="See the pairs to look at.")
    return found


def of_card(card_id: int) -> list[Proposal]:
    """The pairs that wait with this card on a side."""
    numbers = cards.ids_of(card_id)
    mine = Proposal.objects.filter(state__in=_WAITING)
    found = [*mine.filter(left_id__in=numbers), *mine.filter(right_id__in=numbers)]
    return sorted(found, key=lambda one: (-one.probability, one.pk))


def join(proposal_id: int, *, keep: int | None = None, now: datetime, by: User | None = None) -> Merge:
    """They are one person: the other card is joined to the one kept (the older one, where it is not said)."""
    with transaction.atomic():
        found = _open(proposal_id)
        left, right = (cards.card_of(number) for number in (found.left_id, found.right_id))
        if left == right:
            raise Invalid(
                "These two were joined already.", hint="Look at the next pair.", code="joined_already"
            )
        kept = cards.card_of(keep) if keep is not None else left
        if kept not in (left, right):
            raise Invalid(
                "The card {card} is not one of the two.", card=keep, hint="Keep {left} or {right}.", left=left, right=right
            )  # fmt: skip
        evidence = {"proposal": found.pk, "probability": found.probability, "fields": found.evidence}
        made = merging.merge([right if kept == left else left], kept, now=now, by=by, evidence=evidence)
        _decide(found, Proposal.State.JOINED, now, by, made)
    return made


@transaction.atomic
def keep_apart(proposal_id: int, *, now: datetime, by: User | None = None) -> Proposal:
    """They are two people: never proposed again."""
    return _decide(_open(proposal_id), Proposal.State.APART, now, by)


@transaction.atomic
def put_off(proposal_id: int, *, now: datetime, by: User | None = None) -> Proposal:
    """Somebody else should look, or later."""
    return _decide(_open(proposal_id), Proposal.State.LATER, now, by)


def reopen(proposal_id: int, *, now: datetime, by: User | None = None) -> Proposal:
    """Takes back that they are two people, or were put off."""
    found = get(proposal_id)
    if found.state == Proposal.State.JOINED:
        raise Invalid("These two were joined.", hint="Take the merge apart instead.")
    return _decide(found, Proposal.State.OPEN, now, by)


def side_by_side(found: Proposal) -> list[Line]:
    """Both cards, field by field, what differs marked; contact points and numbers of all their numbers."""
    left, right = (_told(cards.card_of(number)) for number in (found.left_id, found.right_id))
    lines = []
    for name in dict.fromkeys([*left, *right]):
        one, other = left.get(name, ""), right.get(name, "")
        said = found.evidence.get(_ROLES.get(name, name), {})
        differs = bool(one and other) and one.casefold() != other.casefold()
        lines.append(Line(name, one, other, differs, said.get("level", ""), said.get("bits", 0.0)))
    return [line for line in lines if line.left or line.right]


# how the matcher calls what the card calls otherwise
_ROLES = {"postal_address": "address", "external": "external_number"}
_COLUMNS = ("name", "given_name", "family_name", "birthday_on", "country", "language", "postal_address")


def _told(card_id: int) -> dict[str, str]:
    card = Customer.objects.filter(pk=card_id).select_related("source").first()
    if card is None:
        return {}
    told = {name: str(getattr(card, name) or "") for name in _COLUMNS}
    numbers = cards.ids_of(card_id)
    points = ContactPoint.objects.filter(customer_id__in=numbers, ended_at=None).order_by("pk")
    for channel, value in points.values_list("channel", "value"):
        told[channel] = f"{told[channel]}, {value}" if told.get(channel) else value
    theirs = ExternalId.objects.filter(customer_id__in=numbers).order_by("pk")
    told["external"] = ", ".join(
        f"{name} {value}" for name, value in theirs.values_list("source__name", "value")
    )
    told |= {f"fact:{key}": str(fact.get("v", "")) for key, fact in sorted(card.facts.items())}
    return told | {"source": card.source.name}


def _open(proposal_id: int) -> Proposal:
    found = Proposal.objects.select_for_update(of=("self",)).filter(pk=proposal_id).first()
    if found is None:
        return get(proposal_id)
    if found.state not in _WAITING:
        raise Invalid(
            "Somebody has decided about this pair already.", hint="Look at the next pair.", code="decided"
        )
    return found


def _decide(
    found: Proposal, state: str, now: datetime, by: User | None, made: Merge | None = None
) -> Proposal:
    found.state, found.decided_at, found.decided_by = state, now, by
    found.merge = made or found.merge
    found.save()
    return found


def _decided(pairs: Sequence[tuple[int, int]]) -> set[tuple[int, int]]:
    rows = Proposal.objects.filter(left_id__in=[left for left, _ in pairs]).exclude(state__in=_WAITING)
    return set(rows.values_list("left_id", "right_id"))
