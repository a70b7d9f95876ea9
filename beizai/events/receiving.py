"""From the events API to the cards and the book: each call read, held against its schema, and given to its person."""

import json
import time
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from beizai.base import ids
from beizai.base.errors import Invalid
from beizai.customers import search
from beizai.events import callers, calls, inbox, leases, names, quarantine
from beizai.events.arrivals import Told, told_in
from beizai.events.calls import Call
from beizai.events.calls.request import Piece, digest
from beizai.events.inbox import Arrived, Message
from beizai.events.quarantine import Misfit
from beizai.events.schemas import Checks
from beizai.lake import EVENTS
from beizai.sources.models import Source
from beizai.staff.models import Shop
from beizai.staff.shop import shop

_ARRIVALS = 4  # at once: a few thousand events
_MESSAGE_BYTES = 500_000
_TURN_SECONDS = 0.05
_ROW_BYTES = 400  # of a row without its props
LAKE_KIND = {
    "track": "tracked",
    "page": "visited",
    "screen": "visited",
    "identify": "identified",
    "group": "grouped",
    "alias": "aliased",
}
_CONTEXT = ("page", "campaign", "locale", "referrer", "timezone")


@dataclass(frozen=True)
class Heard:
    """A call that can be taken, and how it came."""

    told: Told
    piece: Piece
    mark: str
    call: Call

    def misfit(self, error: Invalid) -> Misfit:
        """It could not be taken after all."""
        return Misfit(self.mark, self.told, self.piece, error)


def receive_once(*, limit: int = _ARRIVALS) -> int:
    """Reads what came in at the events API; returns how many events (at least 1). 0 where nothing waits. Cheap to call often.

    What is written on cards, aside and in the list of names may be done again after a crash, to the same effect;
    the rows for the lake are taken in by the same stroke that takes the arrival out.
    """
    box = inbox.current()
    if not box.arrived(1):
        return 0
    with leases.hold("inbox"):
        arrived = box.arrived(limit)
        heard, misfits = _read(arrived)
        messages = _enter(heard, misfits) if heard else []
        quarantine.keep(misfits)
        box.exchange(arrived, messages)
    return max(1, len(heard))


def _enter(heard: Sequence[Heard], misfits: list[Misfit]) -> list[Message]:
    """The messages for the lake; a call that its card cannot take goes to the misfits."""
    house = shop()
    latest = max(one.told.received_at for one in heard)
    people, refused = _people(heard, house)
    misfits += refused
    aside = {one.mark for one in refused}
    heard = [one for one in heard if one.mark not in aside]
    names.count(((one.told.source_id, one.call.kind, one.call.name) for one in heard), latest)
    refusing = callers.refusing(set(people.values()), latest) if people else set()
    rows = (_row(one, people, refusing) | {"simulated": house.simulated} for one in heard)
    return list(_messages(rows, latest))


def receive_all() -> int:
    """Reads everything that waits now."""
    total = 0
    while count := receive_once():
        total += count
    return total


def _read(arrived: Iterable[Arrived]) -> tuple[list[Heard], list[Misfit]]:
    heard: list[Heard] = []
    misfits: list[Misfit] = []
    checks = Checks()
    for told, piece, mark in _pieces(arrived):
        try:
            call = calls.understand(piece, kind=told.kind, received_at=told.received_at)
            checks.hold(call)
            heard.append(Heard(told, piece, mark, call))
        except Invalid as error:
            misfits.append(Misfit(mark, told, piece, error))
    return heard, misfits


def _pieces(arrived: Iterable[Arrived]) -> Iterator[tuple[Told, Piece, str]]:
    """Every event that was not told before, with a mark that is the same when it is read again."""
    for one in arrived:
        told_before = set(one.told)
        for request, told in enumerate(told_in(one.body)):
            single = bool(told.kind) or told.key_id == quarantine.NO_KEY
            for place, piece in enumerate(calls.unpack(told.body, single=single)):
                known = _digest(told, piece)
                if known is not None and known in told_before:
                    continue
                if known is not None:
                    told_before.add(known)  # once in an arrival, too
                place_of_it = f"{one.seq}.{request}.{place}.{told.received_at.timestamp()}"
                yield told, piece, known.hex() if known else place_of_it


def _digest(told: Told, piece: Piece) -> bytes | None:
    try:
        message_id = calls.heads(piece.raw, single=True).message_ids[0]
    except Invalid:
        return None
    return digest(told.source_id, message_id) if message_id else None


def _people(heard: Sequence[Heard], house: Shop) -> tuple[dict[tuple[int, str], int], list[Misfit]]:
    """The customers of the calls by source and userId, and what their cards could not take.

    A number nobody knows gets a card, but where only a page says it, an identify has to.
    """
    people: dict[tuple[int, str], int] = {}
    misfits: list[Misfit] = []
    by_source: dict[int, list[Heard]] = defaultdict(list)
    for one in heard:
        if one.call.user_id:
            by_source[one.told.source_id].append(one)
    for source_id, some in by_source.items():
        source = Source.objects.get(pk=source_id)
        known = callers.known(source_id, (one.call.user_id or "" for one in some))
        known |= callers.make(_unknown(some, known), source=source)
        writing = deque(
            one for one in some if one.call.kind in ("identify", "alias") and one.call.user_id in known
        )
        while writing:
            misfits += _write_for_a_moment(writing, known, source, house)
        people |= {(source_id, number): customer for number, customer in known.items()}
    return people, misfits


def _unknown(some: Iterable[Heard], known: Mapping[str, int]) -> dict[str, datetime]:
    """The numbers that get a card, each with the time of its first call here."""
    found: dict[str, datetime] = {}
    for one in some:
        number = one.call.user_id or ""
        if number not in known and (not one.told.in_browser or one.call.kind == "identify"):
            found.setdefault(number, one.call.occurred_at)
    return found


def _write_for_a_moment(
    writing: deque[Heard], known: Mapping[str, int], source: Source, house: Shop
) -> list[Misfit]:
    """Writes down what identify and alias say, in the order they came, in one short transaction."""
    misfits: list[Misfit] = []
    changed: set[int] = set()
    until = time.monotonic() + _TURN_SECONDS
    with transaction.atomic():
        while writing and time.monotonic() < until:
            one = writing.popleft()
            customer = known[one.call.user_id or ""]
            try:
                if one.call.kind == "identify" and callers.identify(
                    one.call, customer, source=source, shop=house, in_browser=one.told.in_browser
                ):
                    changed.add(customer)
            except Invalid as error:
                misfits.append(one.misfit(error))
                continue
            if _may_be_followed(one):
                callers.join(one.call, customer)
        search.index_many(sorted(changed))
    time.sleep(_TURN_SECONDS if writing else 0)  # the others' turn
    return misfits


def _may_be_followed(one: Heard) -> bool:
    """On a page only who allowed it there; a program answers for what it tells."""
    said = one.call.allows_tracking
    return said is True if one.told.in_browser else said is not False


def _messages(rows: Iterable[dict[str, Any]], received_at: datetime) -> Iterator[Message]:
    """The rows for the lake, as many to a message as fit."""
    gathered: list[dict[str, Any]] = []
    size = 0
    for row in rows:
        gathered.append(row)
        size += len(row["props"].encode()) + _ROW_BYTES
        if size > _MESSAGE_BYTES:
            yield Message("", {EVENTS: gathered}, received_at)
            gathered, size = [], 0
    if gathered:
        yield Message("", {EVENTS: gathered}, received_at)


def _row(one: Heard, people: Mapping[tuple[int, str], int], refusing: set[int]) -> dict[str, Any]:
    call, told = one.call, one.told
    customer = people.get((told.source_id, call.user_id or ""))
    followed = _may_be_followed(one) and customer not in refusing
    return {
        "event_id": ids.new_event_id(call.occurred_at),
        "customer_id": customer if followed else None,
        "anonymous_id": call.anonymous_id if followed else None,
        "kind": LAKE_KIND[call.kind],
        "occurred_at": call.occurred_at,
        "received_at": told.received_at,
        "source_id": told.source_id,
        "props": json.dumps(_props(call), ensure_ascii=False),
    }


def _props(call: Call) -> dict[str, Any]:
    """What is kept of a call. Of identify only which traits it named: their values stand on the card, with their history."""
    context = {name: call.context[name] for name in _CONTEXT if call.context.get(name)}
    kept: dict[str, Any] = {"name": call.name} if call.name else {}
    if call.kind == "identify":
        kept["traits"] = sorted(map(str, call.details))[:200]
    elif call.details:
        kept["traits" if call.kind == "group" else "properties"] = call.details
    if call.kind in ("page", "screen"):
        kept["page"] = call.name or _path(call)
    if call.kind == "screen":
        kept["screen"] = True
    if call.group_id:
        kept["group"] = call.group_id
    return kept | ({"context": context} if context else {})


def _path(call: Call) -> str:
    page = call.context.get("page")
    path = page.get("path") if isinstance(page, dict) else ""
    return path[:200] if isinstance(path, str) else ""
