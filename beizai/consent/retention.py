"""How long what is held of people is kept: each room says it, the shop may say otherwise, and once a day it is carried out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction

from beizai.base import personal
from beizai.base.clock import civil_date
from beizai.base.errors import Invalid, NotFound, Unavailable
from beizai.base.keeping import Due, Fate, Keeping, Mark
from beizai.consent import restricting
from beizai.consent.models import RetentionRule, RetentionRun
from beizai.customers import belonging
from beizai.staff import audit
from beizai.staff.models import User

_LONGEST_DAYS = 36_500


@dataclass(frozen=True)
class Rule:
    """How long one kind is kept (None: for ever), what becomes of it then, and whether the shop said so itself."""

    kind: str
    what: str
    fate: Fate
    counted_from: str
    keep_days: int | None
    default_days: int | None
    least_days: int
    by_the_shop: bool
    changed_at: datetime | None


@dataclass(frozen=True)
class Outlook:
    """A rule with what the next run will take out by it."""

    rule: Rule
    due: Due


@dataclass(frozen=True)
class Progress:
    """What a step of a run did: which kind it is at, what went so far, whether that was all."""

    kind: str
    taken: Mapping[str, int]
    finished: bool


def rules() -> list[Rule]:
    """Every kind that has an age, and how long it is kept here."""
    own = {one.kind: one for one in RetentionRule.objects.all()}
    return [_rule(one, own.get(one.kind)) for one in personal.keepings()]


def _rule(one: Keeping, own: RetentionRule | None) -> Rule:
    return Rule(
        one.kind,
        one.what,
        one.fate,
        one.counted_from,
        own.keep_days if own else one.keep_days,
        one.keep_days,
        one.least_days,
        own is not None,
        own.changed_at if own else None,
    )


def keep_for(kind: str, days: int | None, *, at: datetime, user: User | None = None) -> Rule:
    """The shop keeps a kind for so many days (None: for ever). NotFound, Invalid."""
    one = _known(kind)
    if days is not None and not one.least_days <= days <= _LONGEST_DAYS:
        raise Invalid(
            "{days} days cannot be kept to.",
            hint="Between {least} and {most}.",
            days=days,
            least=one.least_days,
            most=_LONGEST_DAYS,
        )
    with transaction.atomic():
        own, _ = RetentionRule.objects.update_or_create(
            kind=kind, defaults={"keep_days": days, "changed_at": at}
        )
        audit.record(
            "retention.set", at=at, user=user, kind=kind, days=days if days is not None else "for ever"
        )
    return _rule(one, own)


def back_to_default(kind: str, *, at: datetime, user: User | None = None) -> Rule:
    """The shop keeps a kind as the house does. NotFound where there is none of the name."""
    one = _known(kind)
    with transaction.atomic():
        if RetentionRule.objects.filter(kind=kind).delete()[0]:
            audit.record("retention.set", at=at, user=user, kind=kind, days="as the house does")
    return _rule(one, None)


def _known(kind: str) -> Keeping:
    known = {one.kind: one for one in personal.keepings()}
    if kind not in known:
        raise NotFound(
            "Nothing is taken out under the name “{kind}”.",
            hint="There are: {kinds}.",
            kind=kind,
            kinds=", ".join(known),
        )
    return known[kind]


def outlook(at: datetime) -> list[Outlook]:
    """What a run at this time would take out, kind by kind; nothing is changed."""
    kept_back = spared(at)
    known = {one.kind: one for one in personal.keepings()}
    found = []
    for rule in rules():
        days = rule.keep_days if rule.keep_days is not None else _LONGEST_DAYS
        due = known[rule.kind].due(at - timedelta(days=days), kept_back)
        found.append(Outlook(rule, due if rule.keep_days is not None else Due(0, due.oldest_at)))
    return found


def spared(at: datetime) -> frozenset[int]:
    """Whose data is only kept just now, by every number they have: nothing of theirs is taken out."""
    cards = restricting.restricted(at)
    return frozenset(number for card in cards for number in (card, *belonging.ids_of(card)))


def begin(at: datetime, *, user: User | None = None) -> RetentionRun:
    """The run that is under way, or a new one for this time."""
    with transaction.atomic():
        under_way = RetentionRun.objects.select_for_update().filter(finished_at=None).first()
        return under_way or RetentionRun.objects.create(at=at, user=user)


def carry_out(at: datetime, *, user: User | None = None) -> dict[str, int]:
    """A whole run, or the rest of one that broke off; returns how many of which kind went. Twice is once."""
    run = begin(at, user=user)
    taken: Mapping[str, int] = {}
    for progress in steps(run.pk):
        taken = progress.taken
    return dict(taken)


def steps(run_id: int) -> Iterator[Progress]:
    """Does a run piece by piece from where it stands: a short transaction each, so that nobody waits for it."""
    run = RetentionRun.objects.get(pk=run_id)
    while run.finished_at is None:
        one = next((one for one in personal.keepings() if one.kind >= run.kind), None)
        run = _finish(run_id) if one is None else _step(run, one)
        yield Progress(run.kind, run.taken, run.finished_at is not None)


def _step(run: RetentionRun, one: Keeping) -> RetentionRun:
    """The next few of a kind. Rows of the office and the note of them go as one; of the lake and of files, taking out twice is once."""
    own = RetentionRule.objects.filter(kind=one.kind).first()
    days = own.keep_days if own else one.keep_days
    after = run.after if run.kind == one.kind else ""
    if days is None:
        return _noted(run, one, 0, None)
    before, kept_back = run.at - timedelta(days=days), spared(run.at)
    found = one.find(before, kept_back, after)
    if not found.marks:
        return _noted(run, one, 0, found.after)
    if one.in_office:
        with transaction.atomic():
            count = one.take(found.marks, before, kept_back)
            return _noted(run, one, count, found.after)
    return _noted(run, one, one.take(found.marks, before, kept_back), found.after)


def _noted(run: RetentionRun, one: Keeping, count: int, after: Mark | None) -> RetentionRun:
    """Writes down where the run stands; where another process went on with it meanwhile, theirs holds and nothing of ours counts."""
    with transaction.atomic():
        now = RetentionRun.objects.select_for_update().get(pk=run.pk)
        if (now.kind, now.after, now.finished_at) != (run.kind, run.after, run.finished_at):
            raise Unavailable("Another process is carrying out the retention rules.", hint="Try again later.")
        if count:
            now.taken = {**now.taken, one.kind: now.taken.get(one.kind, 0) + count}
        now.kind, now.after = (one.kind, after) if after is not None else (_behind(one.kind), "")
        now.save(update_fields=["kind", "after", "taken"])
    return now


def _behind(kind: str) -> str:
    """A name that sorts right behind a kind and before every other."""
    return kind + "!"


def _finish(run_id: int) -> RetentionRun:
    """The end of a run, with its line in the audit log: counts alone."""
    with transaction.atomic():
        run = RetentionRun.objects.select_for_update().get(pk=run_id)
        if run.finished_at is None:
            run.finished_at = run.at
            run.save(update_fields=["finished_at"])
            if run.taken:
                audit.record("retention.carried_out", at=run.at, user=run.user, rows=run.taken)
    return run


def last_run() -> RetentionRun | None:
    """The latest run, finished or not."""
    return RetentionRun.objects.order_by("-pk").first()


def is_due(at: datetime, *, today: date, zone: str, standing: bool) -> bool:
    """Whether a run is to begin or to go on: once a day.

    A book whose clock stands is left as it is until its clock was moved: its first look only notes the day.
    """
    last = last_run()
    if last is None:
        if standing:
            RetentionRun.objects.create(at=at, finished_at=at)
        return not standing
    return last.finished_at is None or civil_date(last.at, zone) < today
