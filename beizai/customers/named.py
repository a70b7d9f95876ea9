"""People known only through another: a name and a tie, and no way to reach them until they come themselves."""

from datetime import date, datetime

from django.db import transaction
from django.db.models import Q

from beizai.base.errors import Invalid, NotFound
from beizai.customers import cards, history, ties
from beizai.customers.cards import NewCard
from beizai.customers.models import Customer, ProposedTie, TieKind
from beizai.sources.models import Source
from beizai.staff.models import User


def add_named(
    through_id: int,
    name: str,
    kind: str,
    *,
    source: Source,
    now: datetime,
    user: User | None = None,
    since_on: date | None = None,
    occasion: str = "",
) -> Customer:
    """A card for somebody a customer spoke of, tied to that customer; it takes no contact points."""
    if not name.strip():
        raise Invalid("Somebody new needs a name.", hint="Write how the customer calls them.")
    with transaction.atomic():
        made = cards.add(NewCard(name=name.strip()), source=source, now=now, user=user)
        Customer.objects.filter(pk=made.pk).update(only_named=True, through_id=through_id)
        ties.tie(
            through_id, kind, made.pk, source=source, now=now, user=user, since_on=since_on, occasion=occasion
        )
    made.refresh_from_db()
    return made


def came(customer_id: int, *, source: Source, now: datetime, user: User | None = None) -> bool:
    """They came themselves: the card may take what they tell. False where they had before."""
    with transaction.atomic():
        found = Customer.objects.select_for_update().filter(pk=customer_id, only_named=True).first()
        if found is None:
            return False
        found.only_named = None
        history.write(customer_id, "came", None, True, source=source, user=user, now=now)
        cards.touch(found, now)
    return True


def propose(
    customer_id: int,
    kind: str,
    other_name: str,
    *,
    evidence: str,
    source: Source,
    now: datetime,
    other_id: int | None = None,
) -> ProposedTie | None:
    """Proposes a tie once; None where it is known, was proposed before, or would tie a card to itself."""
    name = " ".join(other_name.split())[:200]
    if not name or other_id == customer_id:
        return None
    if other_id is not None and ties.exists(customer_id, kind, other_id):
        return None
    made, is_new = ProposedTie.objects.get_or_create(
        customer_id=customer_id,
        kind=kind,
        other_name=name,
        defaults={
            "other_id": other_id,
            "evidence": evidence[:300],
            "source": source,
            "proposed_at": now,
        },
    )
    return made if is_new else None


def order_to(
    customer_id: int,
    recipient: str,
    *,
    order: str,
    source: Source,
    now: datetime,
    postal_address: str = "",
) -> ProposedTie | None:
    """An order to another person's address: proposes that the customer gives them presents.

    The recipient is a card where exactly one has this name (and, if several have, this postal address).
    Nothing is kept of the address: it was not the recipient who gave it.
    """
    name = " ".join(recipient.split())
    buyer = Customer.objects.filter(pk=customer_id).first()
    if buyer is None or not name or name.casefold() in _own_names(buyer):
        return None
    found = list(Customer.objects.filter(name__iexact=name).exclude(pk=customer_id)[:20])
    if len(found) > 1:
        wanted = _folded(postal_address)
        found = [one for one in found if wanted and _folded(one.postal_address) == wanted]
    other_id = found[0].pk if len(found) == 1 else None
    return propose(
        customer_id,
        TieKind.GIVES_TO,
        name,
        evidence=order,
        source=source,
        now=now,
        other_id=other_id,
    )


def _own_names(card: Customer) -> set[str]:
    given, family = card.given_name.strip(), card.family_name.strip()
    names = {card.name, f"{given} {family}", f"{family} {given}", f"{family}{given}"}
    return {" ".join(name.split()).casefold() for name in names}


def _folded(address: str) -> str:
    return "".join(sign for sign in address.casefold() if sign.isalnum())


def decide(
    proposal_id: int, *, accept: bool, source: Source, now: datetime, user: User | None = None
) -> None:
    """Makes the tie (and, where there is none, the card of somebody known only through the customer), or leaves it."""
    with transaction.atomic():
        found = ProposedTie.objects.select_for_update().filter(pk=proposal_id).first()
        if found is None:
            raise NotFound("This proposal is gone.", hint="See what is proposed now.")
        if found.decided_at is not None:
            return
        if accept and found.other_id is not None:
            ties.tie(found.customer_id, found.kind, found.other_id, source=source, now=now, user=user)
        elif accept:
            add_named(found.customer_id, found.other_name, found.kind, source=source, now=now, user=user)
        found.decided_at, found.accepted, found.user = now, accept, user
        found.save(update_fields=["decided_at", "accepted", "user"])


def tied(proposal_id: int) -> list[int]:
    """The cards a proposed tie is between; nobody where it is gone."""
    rows = ProposedTie.objects.filter(pk=proposal_id).values_list("customer_id", "other_id")
    return [number for row in rows for number in row if number is not None]


def waiting(limit: int = 200, *, among: Q | None = None) -> list[ProposedTie]:
    """What is proposed and waits for a person, the latest first. `among`: a condition on the card it was proposed for."""
    rows = ProposedTie.objects.filter(Q(decided_at=None)).select_related("customer", "other")
    rows = rows.filter(among) if among is not None else rows
    return list(rows.order_by("-pk")[:limit])
