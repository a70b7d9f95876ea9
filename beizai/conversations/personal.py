"""What conversations hold of a person."""

from datetime import datetime
from typing import Any

from beizai.base import keeping
from beizai.base.personal import Holding, register
from beizai.conversations.models import Conversation


def _give(customer_id: int) -> list[dict[str, Any]]:
    rows = Conversation.objects.filter(customer_id=customer_id).prefetch_related("utterances").order_by("id")
    return [
        {"kind": row.kind, "way": row.way, "who": said.speaker, "said_at": said.said_at, "text": said.text}
        for row in rows
        for said in row.utterances.all()
    ]


def _erase(customer_id: int, at: datetime) -> int:
    return Conversation.objects.filter(customer_id=customer_id).delete()[0]


register(
    Holding(
        table=Conversation._meta.db_table,
        what="conversations: what they said and were answered",
        give_out=_give,
        erase=_erase,
        kept=keeping.by_age(
            "conversations",
            "conversations that are closed: what was said",
            lambda: Conversation.objects.filter(closed_at__isnull=False),
            age="said_at",
            counted_from="last_said",
            keep_days=3 * 365,
        ),
    )
)
