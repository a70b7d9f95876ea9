"""Mails somebody waits for (a reminder, a confirmation, a code): asked for once by their key, sent once by the worker.

They are no campaign: no draw, no window, no pixel. A crash in the middle leaves a mail in doubt, and it is not sent again.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from django.db import transaction
from django.db.models import QuerySet

from beizai.base.contact_points import normal_email
from beizai.base.errors import Unavailable
from beizai.channels.compile import Outgoing
from beizai.channels.compile.envelope import a_label
from beizai.messages.models import ServiceMail, ServiceState
from beizai.staff.models import Shop

HandOver = Callable[[Outgoing, Shop], None]
"""Gives one mail to the shop's mail server and waits; Unavailable with the server's words where it is not taken."""

_TRIES = 6
_PAUSE = timedelta(minutes=2)
_ANSWERS = ("In-Reply-To", "References")
_BY_A_PERSON = ("answer",)  # kinds somebody of the staff wrote
_FOR_GOOD = ("bounced",)
_IN_DOUBT_AFTER = timedelta(minutes=5)


def ask(
    key: str,
    *,
    kind: str,
    to: str,
    subject: str,
    text: str,
    now: datetime,
    html: str = "",
    customer_id: int | None = None,
    good_until: datetime | None = None,
    headers: Mapping[str, str] | None = None,
) -> ServiceMail:
    """Has the worker send a mail. The same key again is the same mail, however often it is asked for.

    After `good_until` it is no longer of use to anybody and is not sent. Invalid where the address cannot be one.
    `headers`: of an answer, the mail it answers (In-Reply-To, References) and where the next one goes (Reply-To).
    """
    normal_email(to)
    mail, _made = ServiceMail.objects.get_or_create(
        key=key,
        defaults={
            "kind": kind,
            "customer_id": customer_id,
            "address": to,
            "subject": subject,
            "text": text,
            "html": html,
            "headers": dict(headers or {}),
            "due_at": now,
            "good_until": good_until,
            "asked_at": now,
        },
    )
    return mail


def take_back(key: str) -> bool:
    """Takes a mail back that has not been sent yet; False where it is too late."""
    waiting = ServiceMail.objects.filter(key=key, state=ServiceState.WAITING)
    return bool(waiting.update(state=ServiceState.TAKEN_BACK, text="", html=""))


def send_due(the_shop: Shop, hand_over: HandOver, *, now: datetime, limit: int = 20) -> int:
    """Sends what is due; how many mails were settled. Nothing is sent while the shop's sending stands still."""
    _doubt_what_was_left(now)
    if the_shop.sending_paused or not the_shop.smtp_host or not the_shop.sender_address:
        return 0
    due = ServiceMail.objects.filter(state=ServiceState.WAITING, due_at__lte=now).order_by("due_at", "id")
    return sum(_send(mail, the_shop, hand_over, now) for mail in due[:limit])


def _send(mail: ServiceMail, the_shop: Shop, hand_over: HandOver, now: datetime) -> int:
    mine = ServiceMail.objects.filter(pk=mail.pk, state=ServiceState.WAITING)
    if mail.good_until is not None and now > mail.good_until:
        return mine.update(state=ServiceState.TOO_LATE, text="", html="")
    with transaction.atomic():  # durable before the first byte leaves
        if not mine.update(state=ServiceState.SENDING, due_at=now):
            return 0
    taken = ServiceMail.objects.filter(pk=mail.pk, state=ServiceState.SENDING)
    try:
        hand_over(_written(mail, the_shop, now), the_shop)
    except Unavailable as error:
        return _put_off(taken, mail, error, now)
    # what was said stays in the ledger without its words: a code or a link in them opens doors
    return taken.update(state=ServiceState.SENT, sent_at=now, text="", html="", detail="")


def _put_off(taken: QuerySet[ServiceMail], mail: ServiceMail, error: Unavailable, now: datetime) -> int:
    detail = error.message[:300]
    if error.code == "in_doubt":
        return taken.update(state=ServiceState.IN_DOUBT, detail=detail)
    if error.code in _FOR_GOOD or mail.attempts + 1 >= _TRIES:
        return taken.update(state=ServiceState.FAILED, detail=detail, attempts=mail.attempts + 1)
    later = now + _PAUSE * 2**mail.attempts
    taken.update(state=ServiceState.WAITING, due_at=later, attempts=mail.attempts + 1, detail=detail)
    return 0


def _doubt_what_was_left(now: datetime) -> None:
    """A mail that was being sent when its worker died: perhaps it arrived, so it is not sent again."""
    left = ServiceMail.objects.filter(state=ServiceState.SENDING, due_at__lt=now - _IN_DOUBT_AFTER)
    left.update(state=ServiceState.IN_DOUBT)


def message_id(mail: ServiceMail, the_shop: Shop) -> str:
    """The mail's own id, by which an answer to it is known."""
    domain = a_label(the_shop.sender_address).rpartition("@")[2]
    return f"<service-{mail.number.hex}@{domain}>"


def _written(mail: ServiceMail, the_shop: Shop, now: datetime) -> Outgoing:
    local, _at, domain = a_label(the_shop.sender_address).rpartition("@")
    to = a_label(mail.address)
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(the_shop.sender_name or the_shop.name, local, domain)
    message["To"] = to
    reply_to = mail.headers.get("Reply-To") or the_shop.reply_to
    if reply_to:
        message["Reply-To"] = a_label(reply_to)
    for name in _ANSWERS:
        if mail.headers.get(name):
            message[name] = " ".join(mail.headers[name].split())
    message["Subject"] = " ".join(mail.subject.split())
    message["Date"] = format_datetime(now)
    message["Message-ID"] = message_id(mail, the_shop)
    if mail.kind not in _BY_A_PERSON:
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday notice answers it
    message.set_content(mail.text, cte="quoted-printable")
    if mail.html:
        message.add_alternative(mail.html, subtype="html", cte="quoted-printable")
    return Outgoing(mail.pk, f"{local}@{domain}", to, message.as_bytes())
