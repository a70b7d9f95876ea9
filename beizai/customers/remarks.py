"""What staff put on a card: notes and tags."""

from datetime import datetime

from django.db import transaction

from beizai.base.errors import Invalid
from beizai.customers import belonging, cards, history
from beizai.customers.models import Note, Tag
from beizai.sources.models import Source
from beizai.staff.models import User

_LONGEST_NOTE = 10_000
_LONGEST_TAG = 60


def note(customer_id: int, text: str, *, now: datetime, user: User | None = None) -> Note:
    """Writes a note on a card."""
    stripped = text.strip()
    if not stripped or len(stripped) > _LONGEST_NOTE:
        raise Invalid("A note needs words, and not more than 10,000 characters.", hint="Write what happened.")
    with transaction.atomic():
        written = Note.objects.create(customer_id=customer_id, text=stripped, user=user, at=now)
        cards.touched(customer_id, now)
    return written


def add_tag(customer_id: int, text: str, *, source: Source, now: datetime, user: User | None = None) -> str:
    """Puts a tag on a card, once; returns it as it is written (one space between words)."""
    tag = " ".join(text.split())
    if not tag or len(tag) > _LONGEST_TAG:
        raise Invalid(
            "“{text}” is not a tag.",
            hint="A tag is one or a few words, at most {limit} characters.",
            text=text[:60],
            limit=_LONGEST_TAG,
        )
    with transaction.atomic():
        _tag, made = Tag.objects.get_or_create(customer_id=customer_id, tag=tag, defaults={"added_at": now})
        if made:
            history.write(customer_id, f"tag:{tag}", None, tag, source=source, user=user, now=now)
            cards.touched(customer_id, now)
    return tag


def remove_tag(
    customer_id: int, tag: str, *, source: Source, now: datetime, user: User | None = None
) -> None:
    """Takes a tag off a card, and off those joined to it; one that is not there is no mistake."""
    with transaction.atomic():
        for number in belonging.ids_of(customer_id):
            gone, _each = Tag.objects.filter(customer_id=number, tag=tag).delete()
            if gone:
                history.write(number, f"tag:{tag}", tag, None, source=source, user=user, now=now)
                cards.touched(number, now)
