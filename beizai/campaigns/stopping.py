"""A list that should not have been written to: too many of its first mails bounce or are disowned, so no more are sent."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count, Exists, OuterRef

from beizai.campaigns.models import Campaign
from beizai.customers.models import Customer
from beizai.messages.arbitration import Refusal
from beizai.messages.models import Message, State
from beizai.sources.models import Source, SourceStop
from beizai.sources.register import stopped

FEWEST = 20  # first mails; a share of fewer says nothing
_LOOKED_BACK = timedelta(days=14)
_FAILED = (State.BOUNCED, State.COMPLAINED)
BOUNCED, DISOWNED = "bounced", "disowned"


@dataclass(frozen=True)
class FirstMails:
    """The first mails to the people of one import (or of a source, outside of imports): how many, how many failed and how."""

    source_id: int
    import_id: int | None
    written: int
    bounced: int
    disowned: int

    @property
    def failed(self) -> int:
        return self.bounced + self.disowned


@dataclass(frozen=True)
class Stopped:
    """A stop that a campaign brought about, and to how many of its people it was therefore not sent."""

    stop: SourceStop
    left_out: int


def of_campaign(campaign: Campaign) -> list[Stopped]:
    """The stops that mails of this campaign brought about, the first first; those lifted since too."""
    if campaign.started_at is None:
        return []
    until = campaign.started_at + _LOOKED_BACK
    made = SourceStop.objects.filter(stopped_at__gte=campaign.started_at, stopped_at__lte=until)
    mails = Message.objects.filter(campaign_id=campaign.pk)
    found = []
    for stop in made.select_related("source").order_by("pk"):
        people = Customer.objects.filter(source_id=stop.source_id)
        if stop.import_id is not None:
            people = people.filter(import_id=stop.import_id)
        if people.filter(pk__in=mails.filter(state__in=_FAILED).values("customer_id")).exists():
            refused = mails.filter(
                state=State.REFUSED, reason=Refusal.SOURCE_STOPPED, changed_at__gte=stop.stopped_at
            )
            found.append(Stopped(stop, people.filter(pk__in=refused.values("customer_id")).count()))
    return found


def look(now: datetime) -> list[SourceStop]:
    """Looks at the campaigns of the last two weeks and stops what has to be stopped; returns the new stops."""
    lately = Campaign.objects.filter(started_at__gt=now - _LOOKED_BACK).order_by("pk")
    limits = dict(Source.objects.values_list("pk", "stop_permille"))
    made: list[SourceStop] = []
    for campaign_id in list(lately.values_list("pk", flat=True)):
        if Message.objects.filter(campaign_id=campaign_id, state__in=_FAILED).exists():
            made += [
                stop for one in first_mails(campaign_id) if (stop := _judged(one, limits[one.source_id], now))
            ]
    return made


def first_mails(campaign_id: int) -> list[FirstMails]:
    """What became of a campaign's mails to people who had never been written to before, by source and import."""
    counted: dict[tuple[int, int | None], dict[str, int]] = {}
    for states, name in (
        ((State.SENT, *_FAILED), "written"),
        ((State.BOUNCED,), BOUNCED),
        ((State.COMPLAINED,), DISOWNED),
    ):
        for source_id, import_id, count in _count(campaign_id, states):
            counted.setdefault((source_id, import_id), {})[name] = count
    return [
        FirstMails(*key, found.get("written", 0), found.get(BOUNCED, 0), found.get(DISOWNED, 0))
        for key, found in sorted(counted.items(), key=lambda item: (item[0][0], item[0][1] or 0))
    ]


def _count(campaign_id: int, states: Iterable[str]) -> Iterable[tuple[int, int | None, int]]:
    these = Message.objects.filter(campaign_id=campaign_id, state__in=list(states)).values("customer_id")
    earlier = Message.objects.filter(
        customer_id=OuterRef("pk"), campaign_id__lt=campaign_id, sent_at__isnull=False
    )
    people = Customer.objects.filter(pk__in=these).exclude(Exists(earlier)).order_by()
    return people.values_list("source_id", "import_id").annotate(Count("pk"))


def _judged(found: FirstMails, permille: int, now: datetime) -> SourceStop | None:
    if found.written < FEWEST or found.failed * 1000 <= found.written * permille:
        return None
    held = stopped()
    if (found.source_id, found.import_id) in held or (found.source_id, None) in held or _lifted(found):
        return None
    reason = BOUNCED if found.bounced >= found.disowned else DISOWNED
    with transaction.atomic():
        return SourceStop.objects.create(
            source_id=found.source_id,
            import_id=found.import_id,
            reason=reason,
            written=found.written,
            failed=found.failed,
            stopped_at=now,
        )


def _lifted(found: FirstMails) -> bool:
    """Whether somebody let it go on, and not half as many again have failed since."""
    last = (
        SourceStop.objects.filter(source_id=found.source_id, import_id=found.import_id)
        .exclude(lifted_at=None)
        .order_by("-pk")
        .first()
    )
    return last is not None and found.failed <= last.failed * 1.5
