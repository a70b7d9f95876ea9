"""What conversations hold of a person."""

from datetime import datetime
from typing import Any

from beizai.base import keeping
from beizai.base.personal import Holding, register
from beizai.conversations import pictures
from beizai.conversations.models import Attachment, Conversation


def _give(customer_id: int) -> list[dict[str, Any]]:
    rows = Conversation.objects.filter(customer_id=customer_id).order_by("id")
    return [
        {
            "kind": row.kind,
            "way": row.way,
            "who": said.speaker,
            "said_at": said.said_at,
            "text": said.text,
            "quoted": said.quoted,
            "files": ", ".join(one.name for one in said.attachments.all()),
        }
        for row in rows.prefetch_related("utterances__attachments")
        for said in row.utterances.all()
    ]


def _erase(customer_id: int, at: datetime) -> int:
    return _take_out(Conversation.objects.filter(customer_id=customer_id))


def _take_out(rows: Any) -> int:
    """The rows, and the pictures that came with them."""
    pictures.forget(Attachment.objects.filter(utterance__conversation__in=rows).exclude(file=""))
    return int(rows.delete()[0])


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
            out=_take_out,
        ),
    )
)
keeping.keep(
    keeping.by_age(
        "conversations_without_card",
        "conversations nobody put on a card: visitors of the chat, senders of mails",
        lambda: Conversation.objects.filter(customer=None),
        age="said_at",
        counted_from="last_said",
        keep_days=180,
        owner="",
        out=_take_out,
    )
)
