"""What a shop asks for somebody's privacy: a task for a person, with its day; nothing is given out or erased by itself."""

from datetime import datetime, timedelta

from django.db import transaction

from beizai.base import clock
from beizai.base.errors import Invalid, NotFound
from beizai.consent import erasing
from beizai.consent.models import ErasureCertificate
from beizai.customers import belonging, points
from beizai.customers.models import Channel, Customer, ExternalId
from beizai.identity import deterministic
from beizai.identity.deterministic import Point
from beizai.imports.shops.models import ShopConnection, ShopRequest
from beizai.imports.shops.told import Gone, Request
from beizai.staff import audit
from beizai.staff.models import User
from beizai.staff.shop import shop

WITHIN = timedelta(days=30)  # Shopify's own limit, and the month of GDPR art. 12
GIVEN_OUT, ERASED, NOTHING_HELD, KEPT = "given_out", "erased", "nothing_held", "kept"
ANSWERS = (GIVEN_OUT, NOTHING_HELD, KEPT)


def ask(said: Request, connection: ShopConnection, *, received_at: datetime) -> None:
    """Puts a request before a person, once."""
    card = None if said.kind == ShopRequest.Kind.SHOP_REDACT else _card(said.number, said.email, connection)
    _put(connection, said, card, received_at)


def left(said: Gone, connection: ShopConnection) -> None:
    """A customer's account was deleted in the shop, which may be a wish to be forgotten: a person looks."""
    card = _card(said.key, "", connection)
    if card is not None:
        request = Request(kind=ShopRequest.Kind.CUSTOMER_DELETED, key=said.key, number=said.key)
        _put(connection, request, card, said.at)


def _put(connection: ShopConnection, said: Request, card: int | None, at: datetime) -> None:
    due_on = clock.civil_date(at + WITHIN, shop().timezone)
    ShopRequest.objects.get_or_create(
        connection=connection,
        kind=said.kind,
        key=said.key[:80],
        defaults={"customer_id": card, "number": said.number, "asked_at": at, "due_on": due_on},
    )


def _card(number: str, email: str, connection: ShopConnection) -> int | None:
    if number:
        found = ExternalId.objects.filter(source=connection.source, value=number).first()
        if found is not None:
            return belonging.card_of(found.customer_id)
    try:
        asked = [Point(Channel.EMAIL, points.normal(Channel.EMAIL, email), told=True)] if email else []
    except Invalid:
        return None
    return deterministic.same_card(points=asked, source_id=connection.source_id).card_id if asked else None


def waiting(limit: int = 200) -> list[ShopRequest]:
    """What nobody has answered yet, the most urgent first."""
    rows = ShopRequest.objects.filter(answered_at=None).select_related("connection")
    return list(rows.order_by("due_on", "pk")[:limit])


def get(request_id: int) -> ShopRequest:
    """The request of this number, or NotFound."""
    found = ShopRequest.objects.select_related("connection").filter(pk=request_id).first()
    if found is None:
        raise NotFound("There is no request {n}.", n=request_id, hint="See what waits.")
    return found


def answer(request_id: int, answer: str, *, now: datetime, user: User | None = None) -> None:
    """A person says what was done. Answering again changes nothing."""
    if answer not in ANSWERS:
        raise Invalid(
            "“{answer}” is no answer to a request.",
            answer=answer,
            hint="There are: {known}.",
            known=", ".join(ANSWERS),
        )
    _answered(get(request_id), answer, now=now, user=user)


def erase(request_id: int, *, now: datetime, user: User | None = None) -> ErasureCertificate:
    """A person says yes: the card of the request is erased, with its certificate. Invalid where it has none."""
    found = get(request_id)
    if found.customer_id is None or not Customer.objects.filter(pk=found.customer_id).exists():
        raise Invalid("This request is about nobody of the book.", hint="Answer that nothing is held.")
    with transaction.atomic():
        reason = f"{found.connection.name}: {found.kind} {found.key}"
        certificate = erasing.erase(found.customer_id, reason, at=now, user=user)
        _answered(found, ERASED, now=now, user=user)
    return certificate


def _answered(found: ShopRequest, answer: str, *, now: datetime, user: User | None) -> None:
    rows = ShopRequest.objects.filter(pk=found.pk, answered_at=None)
    if rows.update(answered_at=now, answer=answer, user=user):
        audit.record("shop.request_answered", at=now, user=user, request=found.pk, answer=answer)
