"""Lists of contact points nobody writes to: our own and imported ones, kept as keyed hashes that survive erasure."""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import Max, OuterRef, Q, QuerySet, Subquery

from beizai.base import contact_points, home
from beizai.base.errors import Invalid, NotFound
from beizai.consent.models import (
    ListCheck,
    ListedPoint,
    PointsSeen,
    Purpose,
    SuppressedPoint,
    Suppression,
    SuppressionLift,
)
from beizai.consent.pieces import AT_ONCE, pieces
from beizai.customers import belonging, points
from beizai.customers.models import Channel, ContactPoint
from beizai.staff.models import User

DO_NOT_CALL = "do_not_call"
_LONGEST_LINE = 1000


@dataclass(frozen=True)
class Imported:
    """What importing a list did. `unread`: (line, text) of the first rows that are no address or number."""

    list_check_id: int
    points: int
    on_cards: int
    unread_count: int
    unread: tuple[tuple[int, str], ...]


def suppress(
    channel: str, normal: str, reason: str, *, at: datetime, evidence: Mapping[str, Any] | None = None
) -> None:
    """Nobody writes to this contact point any more; saying it twice changes nothing."""
    row = Suppression(
        channel=channel,
        normal_hash=_hash(channel, normal),
        reason=reason,
        evidence=dict(evidence or {}),
        at=at,
    )
    with transaction.atomic():
        Suppression.objects.bulk_create([row], ignore_conflicts=True)
        mine = Suppression.objects.get(channel=channel, normal_hash=row.normal_hash, reason=reason)
        if is_lifted(mine):
            SuppressionLift.objects.create(suppression=mine, lifted=False, reason=reason, at=at)
        _points_on_own_list(channel, [normal], reason).exclude(ended_at=None).delete()
        _mark(channel, [normal], reason, at=at)


def lift(
    channel: str, normal: str, suppression_id: int, *, why: str, at: datetime, user: User | None = None
) -> None:
    """Takes a contact point off our own list again; that it stood there, and why it was taken off, stays.

    NotFound where it does not stand there; Invalid without a reason.
    """
    if not why.strip():
        raise Invalid(
            "Taking somebody off the list needs its reason.", hint="Say who asked for it, when and how."
        )
    with transaction.atomic():
        row = Suppression.objects.select_for_update().filter(pk=suppression_id).first()
        if (
            row is None
            or (row.channel, row.normal_hash) != (channel, _hash(channel, normal))
            or is_lifted(row)
        ):
            raise NotFound("This does not stand on our own list.", hint="Look it up once more.")
        SuppressionLift.objects.create(suppression=row, lifted=True, reason=why, user=user, at=at)
        stood = list(_points_on_own_list(channel, [normal], row.reason).filter(ended_at=None))
        SuppressedPoint.objects.filter(pk__in=[one.pk for one in stood]).delete()
        for one in stood:  # rows of their own again: copies for analysis read the cards of new rows anew
            one.pk, one.ended_at = None, at
        SuppressedPoint.objects.bulk_create(stood)


def is_lifted(row: Suppression) -> bool:
    """Whether somebody was taken off our own list after they had come onto it."""
    return bool(row.lifts.order_by("-pk").values_list("lifted", flat=True).first())


@dataclass(frozen=True)
class OnList:
    """A list a contact point stands on: our own (`suppression_id`, with the reason), or one of others by its name."""

    at: datetime
    reason: str
    suppression_id: int | None = None
    name: str = ""


def standing(channel: str, normal: str) -> list[OnList]:
    """Every list this contact point stands on now, our own first."""
    hashed = _hash(channel, normal)
    own = in_force().filter(channel=channel, normal_hash=hashed).order_by("at")
    others = ListedPoint.objects.filter(normal_hash=hashed, list_check__in=looks().numbers(channel))
    return [
        *(OnList(row.at, row.reason, suppression_id=row.pk) for row in own),
        *(
            OnList(one.list_check.checked_at, DO_NOT_CALL, name=one.list_check.name)
            for one in others.select_related("list_check")
        ),
    ]


def in_force() -> QuerySet[Any]:
    """Our own list without those who were taken off it."""
    rows: Any = Suppression.objects.all()
    last = SuppressionLift.objects.filter(suppression=OuterRef("pk")).order_by("-pk").values("lifted")[:1]
    found: QuerySet[Any] = rows.annotate(lifted=Subquery(last)).filter(Q(lifted=None) | Q(lifted=False))
    return found


def _points_on_own_list(channel: str, normals: Iterable[str], reason: str) -> QuerySet[SuppressedPoint]:
    mine = ContactPoint.objects.filter(channel=channel, normal__in=list(normals)).values("pk")
    return SuppressedPoint.objects.filter(
        contact_point_id__in=mine, channel=channel, reason=reason, list_check_id=0
    )


def import_list(
    path: Path,
    *,
    name: str,
    channel: str,
    checked_at: datetime,
    now: datetime,
    country: str = "",
    user: User | None = None,
) -> Imported:
    """Takes in a list others keep (the first column of a CSV or text file), as looked at on a date.

    It replaces the earlier looks of the same name. What is no address or number is counted and told.
    Invalid where nothing in the file can be read, or where the date lies ahead.
    """
    if channel not in Channel.values:
        raise Invalid(
            "“{channel}” is not a channel.",
            hint="Channels: {all}.",
            channel=channel,
            all=", ".join(Channel.values),
        )
    if checked_at > now:
        raise Invalid("The date of the check lies ahead of today.", hint="Give the day the list was taken.")
    normals, unread = _read(path, channel, country)
    if not normals:
        raise Invalid(
            "“{file}” names no address or number for {channel}.",
            hint="One to a line, or in the first column.",
            file=path.name,
            channel=channel,
        )
    with transaction.atomic():
        check = ListCheck.objects.create(
            name=name,
            channel=channel,
            checked_at=checked_at,
            file_name=path.name[:200],
            file_sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
            points=len(normals),
            unread=len(unread),
            user=user,
            recorded_at=now,
        )
        for piece in pieces(sorted(normals)):
            ListedPoint.objects.bulk_create(
                [ListedPoint(list_check=check, normal_hash=_hash(channel, normal)) for normal in piece]
            )
        on_cards = _mark(channel, normals, DO_NOT_CALL, at=checked_at, list_check_id=check.pk)
    return Imported(check.pk, len(normals), on_cards, len(unread), tuple(unread[:20]))


@dataclass(frozen=True)
class Looks:
    """The looks at lists of others known at a time: the newest of each list, and when one of a channel was last."""

    newest: Mapping[tuple[str, str], tuple[int, datetime]]  # (channel, list) → (list check, looked at)

    def checked_at(self, channel: str) -> datetime | None:
        return max((at for (on, _), (_, at) in self.newest.items() if on == channel), default=None)

    def numbers(self, channel: str) -> list[int]:
        return [number for (on, _), (number, _) in self.newest.items() if on == channel]


def looks(at: datetime | None = None) -> Looks:
    """The looks that hold at a time; None: the newest of all."""
    rows = ListCheck.objects.all() if at is None else ListCheck.objects.filter(checked_at__lte=at)
    found = rows.order_by("checked_at", "pk").values_list("channel", "name", "pk", "checked_at")
    return Looks({(channel, name): (pk, checked_at) for channel, name, pk, checked_at in found})


def suppressed_among(
    channel: str, normals: Iterable[str], *, purpose: str = Purpose.MARKETING
) -> Mapping[str, str]:
    """Which of these contact points nobody may write to, each with the reason. Lists of others bind marketing alone."""
    found: dict[str, str] = {}
    newest = looks().numbers(channel) if purpose == Purpose.MARKETING else []
    for piece in pieces(normals):
        by_hash = {_hash(channel, normal): normal for normal in piece}
        if newest:
            listed = ListedPoint.objects.filter(normal_hash__in=list(by_hash), list_check__in=newest)
            found |= {by_hash[one]: DO_NOT_CALL for one in listed.values_list("normal_hash", flat=True)}
        rows = in_force().filter(channel=channel, normal_hash__in=list(by_hash))
        found |= {by_hash[one]: reason for one, reason in rows.values_list("normal_hash", "reason")}
    return found


def any_list(channel: str) -> bool:
    """Whether any contact point of this channel stands on a list."""
    lists: tuple[type[Suppression | ListCheck], ...] = (Suppression, ListCheck)
    return any(rows._default_manager.filter(channel=channel).exists() for rows in lists)


def shut(
    customer_ids: Collection[int] | None, channel: str, purpose: str, at: datetime, *, looks: Looks
) -> dict[int, str]:
    """Whose every address or number of this channel in use then stood on a list, with the list (None: everybody)."""
    owners = belonging.leading(customer_ids)
    marked = _marked(customer_ids, owners, channel, purpose, at, looks=looks)
    found: dict[int, str] = {}
    still_open: set[int] = set()
    for piece in pieces(sorted({card for card, _ in marked.values()})):
        for point_id, card in _live(piece, owners, channel, at):
            if point_id in marked:
                found.setdefault(card, marked[point_id][1])
            else:
                still_open.add(card)
    return {card: reason for card, reason in found.items() if card not in still_open}


def catch_up() -> int:
    """Compares contact points that came since with the lists; returns how many stand on one.

    The sender looks at the lists itself as well, so that one it would miss is not written to.
    """
    seen = PointsSeen.objects.filter(pk=1).values_list("last_point_id", flat=True).first() or 0
    last = ContactPoint.objects.aggregate(last=Max("pk"))["last"] or 0
    if last <= seen:
        return 0  # the usual case: two look-ups by key
    return _compare(ContactPoint.objects.filter(pk__gt=seen, pk__lte=last), last)


def compare_all() -> int:
    """Compares every contact point with the lists anew, for the night."""
    last = ContactPoint.objects.aggregate(last=Max("pk"))["last"] or 0
    return _compare(ContactPoint.objects.filter(pk__lte=last), last)


def _compare(new: QuerySet[ContactPoint], last: int) -> int:
    listed = set(ListCheck.objects.order_by().values_list("channel", flat=True).distinct())
    own = set(Suppression.objects.order_by().values_list("channel", flat=True).distinct())
    marked = 0
    rows = new.filter(channel__in=own | listed).order_by("pk").values_list("channel", "normal")
    for piece in pieces(rows.iterator(chunk_size=AT_ONCE)):
        for channel in {channel for channel, _ in piece}:
            marked += _mark_known(channel, {normal for one, normal in piece if one == channel})
    PointsSeen.objects.update_or_create(pk=1, defaults={"last_point_id": last})
    return marked


def _mark_known(channel: str, normals: set[str]) -> int:
    """Marks those of these contact points that stand on a list already."""
    by_hash = {_hash(channel, normal): normal for normal in normals}
    marked = 0
    own = in_force().filter(channel=channel, normal_hash__in=list(by_hash))
    for normal_hash, reason, at in own.values_list("normal_hash", "reason", "at"):
        marked += _mark(channel, [by_hash[normal_hash]], reason, at=at)
    for normal_hash, check_id, at in ListedPoint.objects.filter(
        list_check__channel=channel, normal_hash__in=list(by_hash)
    ).values_list("normal_hash", "list_check", "list_check__checked_at"):
        marked += _mark(channel, [by_hash[normal_hash]], DO_NOT_CALL, at=at, list_check_id=check_id)
    return marked


def _mark(channel: str, normals: Iterable[str], reason: str, *, at: datetime, list_check_id: int = 0) -> int:
    marked = 0
    for piece in pieces(normals):
        mine = ContactPoint.objects.filter(channel=channel, normal__in=piece).values_list("pk", "customer_id")
        new = [
            SuppressedPoint(
                contact_point_id=point_id,
                customer_id=customer_id,
                channel=channel,
                reason=reason,
                list_check_id=list_check_id,
                at=at,
            )
            for point_id, customer_id in mine
        ]
        SuppressedPoint.objects.bulk_create(new, ignore_conflicts=True)
        marked += len(new)
    return marked


def _marked(
    customer_ids: Collection[int] | None,
    owners: Mapping[int, int],
    channel: str,
    purpose: str,
    at: datetime,
    *,
    looks: Looks,
) -> dict[int, tuple[int, str]]:
    """contact point → (its card now, reason), of those on a list that held at the time."""
    rows = SuppressedPoint.objects.filter(channel=channel, at__lte=at)
    rows = rows.filter(Q(list_check_id=0) | Q(list_check_id__in=looks.numbers(channel)))
    rows = rows.filter(Q(ended_at=None) | Q(ended_at__gt=at))
    if purpose != Purpose.MARKETING:
        rows = rows.exclude(reason=DO_NOT_CALL)
    if customer_ids is not None:
        rows = rows.filter(customer_id__in=[*customer_ids, *owners])
    return {
        point_id: (owners.get(customer_id, customer_id), reason)
        for point_id, customer_id, reason in rows.values_list("contact_point_id", "customer_id", "reason")
    }


def _live(
    cards: list[int], owners: Mapping[int, int], channel: str, at: datetime
) -> Iterator[tuple[int, int]]:
    these = set(cards)
    ids = [*cards, *(one for one, card in owners.items() if card in these)]
    live = ContactPoint.objects.filter(
        Q(ended_at=None) | Q(ended_at__gt=at), customer_id__in=ids, channel=channel, added_at__lte=at
    )
    for point_id, customer_id in live.values_list("pk", "customer_id"):
        yield point_id, owners.get(customer_id, customer_id)


def _hash(channel: str, normal: str) -> str:
    return contact_points.suppression_hash(home.current().key("suppression"), channel, normal)


def _read(path: Path, channel: str, country: str) -> tuple[set[str], list[tuple[int, str]]]:
    """The normal forms a file names, and (line, text) of what is none. A head line is a line that is none."""
    normals: set[str] = set()
    unread: list[tuple[int, str]] = []
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        for number, line in enumerate(file, start=1):
            text = line[:_LONGEST_LINE].replace(";", ",").replace("\t", ",").split(",")[0].strip().strip('"')
            if not text:
                continue
            try:
                normals.add(points.normal(channel, text, country))
            except Invalid:
                unread.append((number, text[:80]))
    return normals, unread
