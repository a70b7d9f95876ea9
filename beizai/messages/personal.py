"""What the message ledger holds of a person."""

from datetime import datetime
from typing import Any

from beizai.base import keeping
from beizai.base.personal import Holding, register
from beizai.messages.models import Message, ServiceMail, ServiceState, State

_UNDER_WAY = (State.CHOSEN, State.LEASED, State.RETRY)
_WAITING = (ServiceState.WAITING, ServiceState.SENDING)


def _give_out(customer_id: int) -> list[dict[str, Any]]:
    rows = Message.objects.filter(customer_id=customer_id).order_by("id")
    shown = rows.values(
        "campaign_id", "channel", "address", "group", "state", "reason", "detail", "sent_at", "changed_at"
    )
    return [dict(row) for row in shown]


def _erase(customer_id: int, at: datetime) -> int:
    rows = Message.objects.filter(customer_id=customer_id)
    return rows.update(address="", detail="")


def _addressed() -> Any:
    """The address of what is over; that it was sent stays."""
    return Message.objects.exclude(address="", detail="").exclude(state__in=_UNDER_WAY)


register(
    Holding(
        table="beizai_messages_message",
        what="what was sent to them, what was not and why, and at which address",
        give_out=_give_out,
        erase=_erase,
        kept_because="That a number of a card was in a campaign stays, so that its result stays true; the address goes.",
        kept=keeping.by_age(
            "message_addresses",
            "at which address somebody was written to, and what the mail server said",
            _addressed,
            age="changed_at",
            counted_from="sent",
            keep_days=1095,
            fate=keeping.Fate.EMPTIED,
            out=lambda rows: rows.update(address="", detail=""),
        ),
    )
)


def _give_service(customer_id: int) -> list[dict[str, Any]]:
    rows = ServiceMail.objects.filter(customer_id=customer_id).order_by("id")
    shown = rows.values("kind", "address", "subject", "state", "asked_at", "sent_at")
    return [dict(row) for row in shown]


def _erase_service(customer_id: int, at: datetime) -> int:
    return ServiceMail.objects.filter(customer_id=customer_id).delete()[0]


register(
    Holding(
        table="beizai_messages_servicemail",
        what="mails they waited for: reminders, confirmations",
        give_out=_give_service,
        erase=_erase_service,
        kept=keeping.by_age(
            "service_mails",
            "mails somebody waited for: reminders, confirmations",
            lambda: ServiceMail.objects.exclude(state__in=_WAITING),
            age="asked_at",
            counted_from="asked",
            keep_days=400,
            least_days=30,
        ),
    )
)
