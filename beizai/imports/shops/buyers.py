"""Who bought: the card of a shop's customer or guest, what the shop says of them, and what they agreed to there."""

from datetime import datetime

from django.db import transaction

from beizai.base.errors import Invalid
from beizai.consent import ledger
from beizai.consent.ledger import Given
from beizai.consent.models import ConsentEntry, Decision, Purpose
from beizai.customers import belonging, cards, history, points, search
from beizai.customers.cards import NewCard
from beizai.customers.models import Channel, ContactPoint, Customer, ExternalId
from beizai.events import callers
from beizai.events.calls import Call
from beizai.identity import deterministic
from beizai.identity.deterministic import Point
from beizai.imports.shops import connections
from beizai.imports.shops.models import ShopConnection, ShopOrder
from beizai.imports.shops.told import Buyer, Permission
from beizai.staff.shop import shop

_UNSUBSCRIBED = "Unsubscribed in the shop."


def enter(buyer: Buyer, connection: ShopConnection, *, at: datetime, received_at: datetime) -> int | None:
    """The buyer's card, made where there is none, with what the shop says of them at `at`; None for a sale without a name.

    A number of the shop decides, then an email by the house's one rule; what several people share joins nobody.
    """
    if buyer.is_nobody():
        return None
    house = shop()
    email, phone = (
        _normal(Channel.EMAIL, buyer.email),
        _normal(Channel.PHONE, buyer.phone, buyer.country or house.country),
    )
    with transaction.atomic():
        card = _guest_before(buyer, email, connection)
        if card is None:
            card = _found_or_made(buyer, email, phone, connection, at=at)
        if not _is_written(buyer, card, {email, phone} - {""}):
            _write(buyer, card, connection, email=bool(email), phone=bool(phone), at=at)
        for permission in buyer.permissions:
            _decide(permission, card, connection, received_at=received_at)
    return card


def normal_email(value: str) -> str:
    """An email in its normal form; "" where it cannot be one."""
    return _normal(Channel.EMAIL, value)


def _normal(channel: str, value: str, country: str = "") -> str:
    """The normal form; "" where it cannot be one: an order is not lost for the phone in it."""
    try:
        return points.normal(channel, value, country) if value else ""
    except Invalid:
        return ""


def _guest_before(buyer: Buyer, email: str, connection: ShopConnection) -> int | None:
    """The card this guest had before, so that each further order does not make another."""
    if buyer.number or not email:
        return None
    guest = connections.guest(email, connection.pk)
    rows = ShopOrder.objects.filter(connection=connection, guest=guest, customer_id__isnull=False)
    before = rows.order_by("pk").values_list("customer_id", flat=True).first()
    if before is None:
        return None
    card = belonging.card_of(before)
    return card if Customer.objects.filter(pk=card).exists() else None


def _found_or_made(buyer: Buyer, email: str, phone: str, connection: ShopConnection, *, at: datetime) -> int:
    source = connection.source
    if buyer.number:
        before = ExternalId.objects.filter(source=source, value=buyer.number).first()
        if before is not None:
            return belonging.card_of(before.customer_id)
    asked = [Point(Channel.EMAIL, email, told=True)] if email else []
    asked += [Point(Channel.PHONE, phone, told=True)] if phone else []
    numbers = [(source.pk, buyer.number)] if buyer.number else []
    found = deterministic.same_card(external_ids=numbers, points=asked, name=buyer.name, source_id=source.pk)
    card = found.card_id if found.card_id is not None else _made(buyer, email, phone, connection, at=at)
    if buyer.number:
        _, is_new = ExternalId.objects.get_or_create(
            source=source, value=buyer.number, defaults={"customer_id": card}
        )
        if is_new and found.card_id is not None:
            history.write(card, "external", None, buyer.number, source=source, now=at)
        search.index_one(card)
    deterministic.propose(card, found, now=at)
    return card


def _made(buyer: Buyer, email: str, phone: str, connection: ShopConnection, *, at: datetime) -> int:
    given = [(Channel.EMAIL, buyer.email)] if email else []
    given += [(Channel.PHONE, buyer.phone)] if phone else []
    country = buyer.country.upper() if len(buyer.country) == 2 else ""
    new = NewCard(
        name=buyer.name or ("" if given else f"#{buyer.number}"),
        given_name=buyer.given_name,
        family_name=buyer.family_name,
        country=country,
        language=buyer.language,
        points=given,
        simulated=connection.source.simulated,
    )
    return cards.add(new, source=connection.source, now=at, country=shop().country).pk


def _is_written(buyer: Buyer, card: int, normals: set[str]) -> bool:
    """Whether the card says all of it already, as with most orders of a regular."""
    columns = ("given_name", "family_name", "language", "country", "postal_address")
    stands = Customer.objects.filter(pk=card).values(*columns).first() or {}
    lines = ("street", "postalCode", "city", "state", "country")
    said = {
        "given_name": buyer.given_name,
        "family_name": buyer.family_name,
        "language": buyer.language,
        "country": buyer.country,
        "postal_address": "\n".join(buyer.address[one] for one in lines if buyer.address.get(one)),
    }
    if any(value and stands.get(name) != value for name, value in said.items()):
        return False
    rows = ContactPoint.objects.filter(customer_id=card, ended_at=None, normal__in=normals)
    return set(rows.values_list("normal", flat=True)) == normals


def _write(
    buyer: Buyer, card: int, connection: ShopConnection, *, email: bool, phone: bool, at: datetime
) -> None:
    """What the shop says of them, as an identify of the events API would: nothing over what is newer or another's."""
    said = {
        "firstName": buyer.given_name,
        "lastName": buyer.family_name,
        "language": buyer.language,
        "email": buyer.email if email else "",
        "phone": buyer.phone if phone else "",
        "address": dict(buyer.address),
    }
    call = Call(
        kind="identify",
        occurred_at=at,
        message_id=None,
        user_id=buyer.number or None,
        anonymous_id=None,
        name="",
        details={name: value for name, value in said.items() if value},
        context={},
    )
    if callers.identify(call, card, source=connection.source, shop=shop(), in_browser=False):
        search.index_one(card)


def _decide(permission: Permission, card: int, connection: ShopConnection, *, received_at: datetime) -> None:
    """A permission needs the words that stood in the shop, which its owner has written down, and its time; a refusal is
    always written down. The same decision is written down once.
    """
    words = connection.email_words if permission.channel == "email" else connection.sms_words
    if permission.granted and (not words or permission.at is None):
        return
    at = min(permission.at or received_at, received_at)
    decision = Decision.GRANTED if permission.granted else Decision.WITHDRAWN
    told = ConsentEntry.objects.filter(
        customer_id__in=belonging.ids_of(card),
        channel=permission.channel,
        purpose=Purpose.MARKETING,
        decision=decision,
        source=connection.source,
        at=at,
    )
    if told.exists():
        return
    evidence = {"shop": connection.name, "kind": connection.kind, "opt_in_level": permission.level}
    given = Given(
        customer_id=card,
        purpose=Purpose.MARKETING,
        decision=decision,
        text=words if permission.granted else _UNSUBSCRIBED,
        at=at,
        source_id=connection.source_id,
        channel=permission.channel,
        evidence={name: value for name, value in evidence.items() if value},
        simulated=connection.source.simulated,
        form=connection.name,
    )
    ledger.record(given, now=received_at)
