"""An answer to a mail: to whom it may go, under which subject, and the heads that keep it in its thread."""

from beizai.base.contact_points import normal_email
from beizai.base.errors import Invalid
from beizai.consent.rules import suppressed_among
from beizai.conversations.models import Mailbox, MailHead
from beizai.customers.models import Channel

_MOST_REFERENCES = 20


def key(utterance_id: int) -> str:
    """Under which the mail of an answer is asked for."""
    return f"answer:{utterance_id}"


def may_answer(sender: str) -> bool:
    """Who wrote to us is answered, unless the address is one nobody may write to."""
    try:
        normal = normal_email(sender)
    except Invalid:
        return False
    return not suppressed_among(Channel.EMAIL, [normal])


def subject(head: MailHead) -> str:
    """The subject of an answer: the same, with one “Re:” before it."""
    text = head.subject.strip()
    return text if text[:3].casefold() == "re:" else f"Re: {text}"[:200]


def headers(head: MailHead | None) -> dict[str, str]:
    """The heads of an answer: the mail it answers and those before it, and the mailbox the next one goes to."""
    box = Mailbox.objects.filter(pk=1).first()
    found = {"Reply-To": box.address} if box is not None and box.active and box.address else {}
    if head is None or not head.message_id:
        return found
    before = [*head.references.split(), head.message_id]
    kept = before if len(before) <= _MOST_REFERENCES else [before[0], *before[1 - _MOST_REFERENCES :]]
    return found | {"In-Reply-To": head.message_id, "References": " ".join(kept)}
