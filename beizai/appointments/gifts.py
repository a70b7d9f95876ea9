"""A gift made to somebody's measures: the giver never sees them, and hears the same of everybody who is not to be told of.

When the order is taken nobody is looked up, so that the answer at the counter cannot differ. Later the workshop looks,
and the giver hears one of two sentences: it can be made; or the person has to come in. The second is the same whether they
are unknown, have not allowed it, or were never measured.
"""

import secrets
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction

from beizai.appointments.models import GiftOrder, GiftState, GiftStep, MadeToMeasure
from beizai.base.contact_points import normal_email, normal_phone
from beizai.base.errors import Forbidden, Invalid, NotFound
from beizai.consent.rules import may_contact
from beizai.customers import ties
from beizai.customers.models import ContactPoint, Customer, TieKind
from beizai.sources.models import Source
from beizai.staff.models import User
from beizai.staff.shop import shop

_LETTERS = "23456789CDFGHJKLMNPQRTVWXY"  # none that is read for another
_DAYS_A_MONTH = 30.44
_NEXT: Mapping[str, tuple[str, ...]] = {
    GiftState.TAKEN: (GiftState.CANCELLED,),
    GiftState.NEEDS_THEM: (GiftState.CANCELLED,),
    GiftState.CAN_BE_MADE: (GiftState.MAKING, GiftState.CANCELLED),
    GiftState.MAKING: (GiftState.READY, GiftState.CANCELLED),
    GiftState.READY: (GiftState.HANDED_OVER, GiftState.CANCELLED),
}


@dataclass(frozen=True)
class Wanted:
    """What a giver orders, and what they say of the person it is for."""

    giver_id: int
    what_id: int
    receiver_name: str
    receiver_point: str
    wish: str = ""
    price_minor: int | None = None
    wanted_on: date | None = None
    simulated: bool = False


@dataclass(frozen=True)
class Sheet:
    """What the workshop works by: the measures, nothing of who pays."""

    gift: GiftOrder
    measures: tuple[tuple[str, Any], ...]  # attribute key, value


def get(gift_id: int) -> GiftOrder:
    """The order, or NotFound."""
    found = GiftOrder.objects.select_related("giver", "receiver", "what").filter(pk=gift_id).first()
    if found is None:
        raise NotFound("There is no gift order {number}.", number=gift_id)
    return found


def take(wanted: Wanted, *, by: User | None, now: datetime) -> GiftOrder:
    """Takes the order. Nobody is looked up: known and unknown are answered alike, and as fast."""
    what = MadeToMeasure.objects.filter(pk=wanted.what_id).first()
    if what is None:
        raise NotFound("There is nothing made to measure with the number {number}.", number=wanted.what_id)
    if not Customer.objects.filter(pk=wanted.giver_id).exists():
        raise NotFound("There is no customer {number}.", number=wanted.giver_id)
    name, point = wanted.receiver_name.strip(), _normal(wanted.receiver_point)
    if not name or not point:
        raise Invalid(
            "For whom it is needs a name, and an email address or telephone number.",
            hint="The giver knows one of them; it is used to find the measures and for nothing else.",
        )
    with transaction.atomic():
        made = GiftOrder.objects.create(
            number=_number(),
            giver_id=wanted.giver_id,
            what=what,
            wish=wanted.wish.strip()[:2_000],
            price_minor=wanted.price_minor,
            wanted_on=wanted.wanted_on,
            receiver_name=name[:200],
            receiver_point=point,
            taken_at=now,
            taken_by=by,
            simulated=wanted.simulated,
        )
        GiftStep.objects.create(gift=made, step=GiftState.TAKEN, user=by, at=now)
    return made


def look(gift_id: int, *, by: User | None, now: datetime) -> GiftOrder:
    """The workshop looks whether it can be made: the person is found, allows it, and was measured not too long ago."""
    gift = get(gift_id)
    if gift.state not in (GiftState.TAKEN, GiftState.NEEDS_THEM):
        raise Forbidden("Gift order {number} was looked at already.", number=gift.number)
    receiver = _receiver(gift)
    entry_id, reason = _allowed(gift.what, receiver, now)
    with transaction.atomic():
        gift.receiver, gift.consent_id, gift.reason = (receiver if not reason else None), entry_id, reason
        gift.state = GiftState.NEEDS_THEM if reason else GiftState.CAN_BE_MADE
        gift.save(update_fields=["receiver", "consent_id", "reason", "state"])
        GiftStep.objects.create(gift=gift, step=gift.state, user=by, at=now)
    return gift


def step(gift_id: int, state: str, *, source: Source, by: User | None, now: datetime) -> GiftOrder:
    """The next step; Forbidden where it does not follow. A permission taken back meanwhile stops the making."""
    gift = get(gift_id)
    if gift.state == state:  # pressed twice
        return gift
    if state not in _NEXT.get(gift.state, ()):
        raise Forbidden("Gift order {number} cannot go there from where it stands.", number=gift.number)
    if state == GiftState.MAKING:
        sheet(gift.pk, now=now)
    with transaction.atomic():
        changed = GiftOrder.objects.filter(pk=gift.pk, state=gift.state)
        ended = state in (GiftState.HANDED_OVER, GiftState.CANCELLED)
        if not changed.update(state=state, settled_at=now if ended else None):
            raise Forbidden("Gift order {number} was changed by somebody else.", number=gift.number)
        GiftStep.objects.create(gift=gift, step=state, user=by, at=now)
        if state == GiftState.HANDED_OVER and gift.receiver_id is not None:
            ties.tie(
                gift.giver_id, TieKind.GIVES_TO, gift.receiver_id, source=source, now=now, user=by
            )  # not before: until then it is a surprise
        if ended:
            changed = GiftOrder.objects.filter(pk=gift.pk)
            changed.update(receiver_point="")
    return get(gift_id)


def sheet(gift_id: int, *, now: datetime) -> Sheet:
    """The measures for the workshop; Forbidden as soon as the person does not allow it any more."""
    gift = get(gift_id)
    if gift.receiver is None:
        raise Forbidden("There are no measures for gift order {number}.", number=gift.number)
    _entry, reason = _allowed(gift.what, gift.receiver, now)
    if reason:
        raise Forbidden(
            "The measures for gift order {number} may not be used any more.",
            number=gift.number,
            hint="Tell the giver that the person has to come in.",
        )
    facts = gift.receiver.facts
    return Sheet(gift, tuple((key, facts[key]["v"]) for key in gift.what.attribute_keys))


def _allowed(what: MadeToMeasure, receiver: Customer | None, now: datetime) -> tuple[int | None, str]:
    """The consent it rests on, or why not: unknown, no_permission, not_measured, too_old."""
    if receiver is None:
        return None, "unknown"
    answer = may_contact(receiver.pk, "", "gifts", now)
    if not answer.allowed:
        return None, "no_permission"
    facts = [receiver.facts.get(key) for key in what.attribute_keys]
    if not all(fact and fact.get("v") not in (None, "") for fact in facts):
        return None, "not_measured"
    oldest = now - timedelta(days=what.good_for_months * _DAYS_A_MONTH)
    if what.good_for_months and any(
        datetime.fromisoformat(fact["at"]) < oldest for fact in facts if fact and fact.get("at")
    ):
        return None, "too_old"
    return answer.entry_id, ""


def _receiver(gift: GiftOrder) -> Customer | None:
    """The one card with this contact point whose name agrees; two such cards are as none: staff must not guess."""
    points = ContactPoint.objects.filter(normal=gift.receiver_point, ended_at=None)
    cards = Customer.objects.filter(pk__in=points.values("customer_id")).exclude(pk=gift.giver_id)
    agreeing = [card for card in cards[:50] if _agree(card.name, gift.receiver_name)]
    return agreeing[0] if len(agreeing) == 1 else None


def _agree(known: str, said: str) -> bool:
    """Whether a name said can be that on a card: one is made of words of the other, accents and case aside.

    >>> _agree("Zoé Marchand", "marchand zoe"), _agree("Zoé Marchand", "Zoe"), _agree("陈晓雯", "陈晓雯女士")
    (True, True, True)
    >>> _agree("Zoé Marchand", "Paul Marchand")
    False
    """
    one, other = _words(known), _words(said)
    if not one or not other:
        return False
    if one <= other or other <= one:
        return True
    return not known.isascii() and (known.strip() in said or said.strip() in known)


def _words(name: str) -> set[str]:
    plain = unicodedata.normalize("NFKD", name.casefold())
    return set("".join(mark for mark in plain if not unicodedata.combining(mark)).split())


def _normal(point: str) -> str:
    text = point.strip()
    if not text:
        return ""
    return normal_email(text) if "@" in text else normal_phone(text, shop().country)


def _number() -> str:
    for _try in range(20):
        number = "G-" + "".join(secrets.choice(_LETTERS) for _place in range(6))
        if not GiftOrder.objects.filter(number=number).exists():
            return number
    raise Invalid("No number could be drawn for the gift order.", hint="Try again.")
