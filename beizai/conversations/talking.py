"""Writing down what was said, who has it in hand, and taking what customers told of themselves onto the card."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import F

from beizai.base import clock
from beizai.base.errors import Forbidden, Invalid, NotFound
from beizai.conversations import proposing
from beizai.conversations.exports import Line
from beizai.conversations.models import Attachment, Conversation, Kind, ProposedFact, Speaker, Utterance, Way
from beizai.customers import answers, belonging, facts
from beizai.customers.models import AttributeDefinition, Customer
from beizai.sources.models import Source
from beizai.staff.models import User
from beizai.staff.shop import shop

_LONGEST = 20_000
_DUE = {
    Kind.COMPLAINT: timedelta(days=1),
    Kind.QUESTION: timedelta(days=2),
    Kind.AFTER_SALES: timedelta(days=2),
}


@dataclass(frozen=True)
class Told:
    """What somebody of the staff writes down after a call, a visit, a mail."""

    customer_id: int
    kind: str
    way: str
    text: str
    said_at: datetime
    speaker: str = Speaker.CUSTOMER
    due_at: datetime | None = None
    owner: User | None = None


@dataclass(frozen=True)
class Also:
    """What belongs to something said: `key` by which the same comes once, what came with it (attachments not yet saved),
    what it quotes, whether the program said it itself, and whether the customer said it just now, themselves (`heard`)."""

    key: str = ""
    attachments: Sequence[Attachment] = ()
    quoted: str = ""
    automatic: bool = False
    heard: bool = False


@dataclass(frozen=True)
class Brought:
    """What an export brought: messages of the customer's own, those known already, and those of others left out."""

    conversation: Conversation
    new: int
    known: int
    left_out: int
    proposals: int


def wait_of(kind: Kind) -> timedelta | None:
    """How long a matter of this kind may wait for an answer; None where it waits for none."""
    return _DUE.get(kind)


def get(conversation_id: int) -> Conversation:
    """The conversation, or NotFound."""
    found = Conversation.objects.select_related("customer", "owner").filter(pk=conversation_id).first()
    if found is None:
        raise NotFound("There is no conversation {number}.", number=conversation_id)
    return found


def open_one(told: Told, *, source: Source, by: User | None, now: datetime) -> Conversation:
    """A new matter with its first words. A complaint is due in a day, a question in two, unless said otherwise."""
    if told.kind not in Kind.values or told.way not in Way.values:
        raise Invalid("“{word}” is no kind of conversation.", word=f"{told.kind}, {told.way}")
    if not Customer.objects.filter(pk=told.customer_id).exists():
        raise NotFound("There is no customer {number}.", number=told.customer_id)
    wait = wait_of(Kind(told.kind))
    with transaction.atomic():
        made = Conversation.objects.create(
            customer_id=told.customer_id,
            kind=told.kind,
            way=told.way,
            owner=told.owner or by,
            due_at=told.due_at or (now + wait if wait else None),
            source=source,
            opened_at=now,
            said_at=told.said_at,
            closed_at=now if told.kind == Kind.TALK and told.due_at is None else None,
        )
        say(made.pk, told.text, speaker=told.speaker, said_at=told.said_at, by=by)
    return made


def say(
    conversation_id: int,
    text: str,
    *,
    speaker: str,
    said_at: datetime,
    by: User | None,
    also: Also = Also(),
) -> Utterance | None:
    """Adds what was said; None where it stands there already. What a customer says may propose facts.

    What is said in one conversation is entered one after the other: numbers rise in the order in which it can be read,
    so that who asks for what came after a number misses nothing.
    """
    words = text.strip()
    if not words and not also.attachments:
        raise Invalid("Nothing was written.", hint="Write what was said.")
    if len(words) > _LONGEST:
        raise Invalid("The text has over {most} characters.", most=_LONGEST, hint="Say it in fewer words.")
    with transaction.atomic():
        held = Conversation.objects.select_for_update().filter(pk=conversation_id)
        if not held.values_list("pk", flat=True).first():
            raise NotFound("There is no conversation {number}.", number=conversation_id)
        said, is_new = Utterance.objects.get_or_create(
            conversation_id=conversation_id,
            key=also.key or _key(speaker, said_at, words),
            defaults={
                "speaker": speaker, "user": by, "text": words, "said_at": said_at, "quoted": also.quoted,
                "automatic": also.automatic,
            },
        )  # fmt: skip
        if not is_new:
            return None
        for one in also.attachments:
            one.utterance = said
            one.save()
        Conversation.objects.filter(pk=conversation_id, said_at__lt=said_at).update(said_at=said_at)
        if also.heard:
            Conversation.objects.filter(pk=conversation_id).update(heard_id=said.pk, closed_at=None)
        if speaker == Speaker.CUSTOMER:
            _propose(said)
    return said


def read_by_staff(conversation_id: int) -> None:
    """Somebody of the staff has the conversation before them: nothing in it is unread any more."""
    unread = Conversation.objects.filter(pk=conversation_id, heard_id__gt=F("read_id"))
    unread.update(read_id=F("heard_id"))


def belongs_to(conversation_id: int, customer_id: int) -> Conversation:
    """Whose conversation it is, said by a person or proved; the facts proposed from it are compared with their card."""
    if not Customer.objects.filter(pk=customer_id).exists():
        raise NotFound("There is no customer {number}.", number=customer_id)
    with transaction.atomic():
        found = Conversation.objects.select_for_update().filter(pk=conversation_id).first()
        if found is None:
            raise NotFound("There is no conversation {number}.", number=conversation_id)
        if found.customer_id is not None and found.customer_id != customer_id:
            raise Invalid(
                "This conversation is on a card already.", hint="Join the two cards if they are one person."
            )
        Conversation.objects.filter(pk=conversation_id).update(customer_id=customer_id)
    return get(conversation_id)


def settle(conversation_id: int, *, by: User | None, now: datetime) -> Conversation:
    """Dealt with. Pressed twice is once."""
    Conversation.objects.filter(pk=conversation_id, closed_at=None).update(closed_at=now)
    return get(conversation_id)


def open_again(conversation_id: int) -> Conversation:
    """It was not dealt with after all."""
    Conversation.objects.filter(pk=conversation_id).update(closed_at=None)
    return get(conversation_id)


def hand_to(conversation_id: int, owner: User | None, due_at: datetime | None) -> Conversation:
    """Gives a matter into somebody's hands, with a day."""
    Conversation.objects.filter(pk=conversation_id).update(owner=owner, due_at=due_at)
    return get(conversation_id)


def complaining(customer_ids: Iterable[int]) -> set[int]:
    """Who of these has a complaint that is not closed: nobody sells to them until it is."""
    open_ones = Conversation.objects.filter(kind=Kind.COMPLAINT, closed_at=None)
    return set(customer_ids) & set(
        belonging.cards_of(open_ones.exclude(customer=None).values_list("customer_id", flat=True)).values()
    )


def bring_in(
    lines: list[Line],
    *,
    customer_id: int,
    name: str,
    way: str,
    source: Source,
    by: User | None,
    now: datetime,
) -> Brought:
    """An exported chat with one customer. Only their own messages are kept: what others wrote is theirs."""
    own = [line for line in lines if line.who == name]
    if not own:
        raise Invalid(
            "“{name}” wrote nothing in this chat.",
            name=name,
            hint="Who wrote: {names}.",
            names=", ".join(sorted(speakers(lines))[:20]),
        )
    zone = clock.zone(shop().timezone)
    with transaction.atomic():
        held = Conversation.objects.filter(customer_id=customer_id, source=source, way=way).first()
        if held is None:
            last = _aware(own[-1].at, zone)
            if not Customer.objects.filter(pk=customer_id).exists():
                raise NotFound("There is no customer {number}.", number=customer_id)
            held = Conversation.objects.create(
                customer_id=customer_id, kind=Kind.TALK, way=way, source=source, owner=by, opened_at=now,
                said_at=last, closed_at=now,
            )  # fmt: skip
        before = ProposedFact.objects.filter(utterance__conversation=held).count()
        new = sum(
            say(
                held.pk,
                line.text[:_LONGEST],
                speaker=Speaker.CUSTOMER,
                said_at=_aware(line.at, zone),
                by=None,
            )
            is not None
            for line in own
        )
        after = ProposedFact.objects.filter(utterance__conversation=held).count()
    return Brought(held, new, len(own) - new, len(lines) - len(own), after - before)


def speakers(lines: list[Line]) -> dict[str, int]:
    """Who wrote how much in an export."""
    return dict(Counter(line.who for line in lines))


def take(proposal_id: int, *, source: Source, by: User | None, now: datetime) -> ProposedFact:
    """Puts a proposed fact on the card. Invalid where the value does not fit the attribute: then it stays proposed."""
    with transaction.atomic():
        proposal = _open_proposal(proposal_id)
        if proposal.utterance.conversation.customer_id is None:
            raise Invalid("Nobody has said whose conversation this is.", hint="Choose the card first.")
        one = facts.definition(proposal.attribute_key)
        card = Customer.objects.select_for_update().get(pk=proposal.utterance.conversation.customer_id)
        value = answers.parse(one, proposal.value, currency=shop().currency)
        facts.put(card, one.key, value, source=source, now=now, user=by)
        card.changed_at, card.revision = now, card.revision + 1
        card.save(update_fields=["facts", "changed_at", "revision"])
        proposal.state, proposal.user, proposal.decided_at = "taken", by, now
        proposal.save(update_fields=["state", "user", "decided_at"])
    return proposal


def leave(proposal_id: int, *, by: User | None, now: datetime) -> ProposedFact:
    """It was not meant so: never proposed again from this sentence."""
    proposal = _open_proposal(proposal_id)
    proposal.state, proposal.user, proposal.decided_at = "left", by, now
    proposal.save(update_fields=["state", "user", "decided_at"])
    return proposal


def _open_proposal(proposal_id: int) -> ProposedFact:
    found = ProposedFact.objects.select_related("utterance__conversation").filter(pk=proposal_id).first()
    if found is None:
        raise NotFound("There is no proposal {number}.", number=proposal_id)
    if found.state != "open":
        raise Forbidden("That was decided already.")
    return found


def _propose(said: Utterance) -> None:
    known = set(AttributeDefinition.objects.filter(retired_at=None).values_list("key", flat=True))
    card = said.conversation.customer
    told = card.facts if card is not None else {}
    rows = [
        ProposedFact(
            utterance=said,
            attribute_key=one.attribute_key,
            value=one.value[:200],
            sentence=one.sentence,
            rule=one.rule,
            rule_version=one.version,
        )
        for one in proposing.propose(said.text, known)
        if str(told.get(one.attribute_key, {}).get("v", "")).casefold() != one.value.casefold()
    ]
    ProposedFact.objects.bulk_create(rows, ignore_conflicts=True)


def _key(speaker: str, said_at: datetime, text: str) -> str:
    return hashlib.sha256(f"{speaker}\n{said_at.isoformat()}\n{text}".encode()).hexdigest()


def _aware(at: datetime, zone: ZoneInfo) -> datetime:
    return at.replace(tzinfo=zone)
