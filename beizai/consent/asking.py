"""Everybody who may be written to, as a condition the office database answers by itself, for long lists of customers."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from beizai.consent import suppression
from beizai.consent.countries import STRICTEST, Law, everywhere, law_of, laws, needs_list
from beizai.consent.models import Basis, ConsentEntry, Decision, Purpose
from beizai.consent.restricting import restricted
from beizai.consent.rules import may_contact_many
from beizai.customers import belonging
from beizai.customers.models import Customer
from beizai.staff.shop import shop


def permitted_q(channel: str, purpose: str, at: datetime, *, key: str, country: str) -> Q:
    """The customers `may_contact` says yes to; `key` and `country` lead from the asked table to the card's columns.

    Not for service mail, which needs no decision.
    """
    said = _said(channel, purpose, at, key, country)
    told = sorted(set(belonging.leading(None).values()))
    if told:
        answers = may_contact_many(told, channel, purpose, at)
        said = (said & ~_one_of(key, told)) | _one_of(
            key, [one for one, answer in answers.items() if answer.allowed]
        )
    shut = suppression.shut(None, channel, purpose, at, looks=suppression.looks(at))
    left_alone = shut.keys() | restricted(at)
    return said & ~_one_of(key, sorted(left_alone)) if left_alone else said


def _one_of(key: str, ids: list[int]) -> Q:
    return Q(**{f"{key}__in": ids})


def _said(channel: str, purpose: str, at: datetime, key: str, country: str) -> Q:
    plain = everywhere(purpose, channel)
    sure = Q(basis__in=plain, separate=True)
    found = Q(Exists(_carrying(channel, purpose, at, sure).filter(customer_id=OuterRef(key))))
    if not _any_but(plain, purpose):
        return found
    for law in laws().values():
        rest = _carrying(channel, purpose, at, _lawful(law, channel, purpose, at)).filter(
            customer_id=OuterRef(key)
        )
        found |= _protected_by(law, country) & Q(Exists(rest))
    return found


def _any_but(plain: Collection[str], purpose: str) -> bool:
    """Whether a permission rests on anything else than these bases asked on their own: two looks into an index.

    A truth value is asked for by `in`: SQLite seeks an index by a comparison, not by a bare column.
    """
    granted = ConsentEntry.objects.filter(purpose=purpose, decision=Decision.GRANTED)
    others = [basis for basis in Basis.values if basis not in plain]
    return (
        granted.filter(separate__in=[False]).exists()
        or granted.filter(separate__in=[True], basis__in=others).exists()
    )


def _protected_by(law: Law, country: str) -> Q:
    own = Q(**{f"{country}__in": sorted(law.countries)})
    if law == law_of("", shop().country):
        own |= Q(**{country: ""})
    if law.code == STRICTEST:
        named = frozenset.union(*(one.countries for one in laws().values()))
        own |= ~Q(**{f"{country}__in": [*sorted(named), ""]})
    return own


def _lawful(law: Law, channel: str, purpose: str, at: datetime) -> Q:
    found = Q(pk__in=[])
    checked = suppression.looks(at).checked_at(channel)
    fresh = checked is not None and checked + timedelta(days=law.list_days) > at
    for basis in law.bases(purpose, channel):
        if needs_list(law, purpose, channel, basis) and not fresh:
            continue
        days = law.ends_after_days.get(basis)
        found |= Q(basis=basis, at__gt=at - timedelta(days=days)) if days else Q(basis=basis)
    return found & Q(separate=True) if purpose in law.separate else found


def _carrying(channel: str, purpose: str, at: datetime, lawful: Q) -> QuerySet[ConsentEntry]:
    """Permissions that have not ended and that no refusal has followed, nor met in the same instant."""
    spoken = ConsentEntry.objects.filter(
        Q(channel=channel) | Q(channel=""), purpose=purpose, topic="", at__lte=at
    )
    against = spoken.filter(
        ~Q(decision=Decision.GRANTED), customer_id=OuterRef("customer_id"), at__gte=OuterRef("at")
    )
    return spoken.filter(
        lawful, Q(expires_at=None) | Q(expires_at__gt=at), decision=Decision.GRANTED
    ).exclude(Exists(against))


def marketed_to(channel: str, at: datetime) -> set[int]:
    """Every customer who may be sent offers on this channel, by their ids alone."""
    asked = permitted_q(channel, Purpose.MARKETING, at, key="pk", country="country")
    return set(Customer.objects.filter(asked).values_list("pk", flat=True).iterator(20_000))
