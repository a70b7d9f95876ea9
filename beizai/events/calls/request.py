"""A request of the events API: measured before it is taken, and looked into no further than that needs."""

import hashlib
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from beizai.base.errors import Invalid

REQUEST_BYTES = 500 << 10
EVENT_BYTES = 32 << 10
EVENTS = 2_500
DEPTH = 32
_GZIP = 31  # zlib's name for gzip with its largest window
_ID_BYTES = 16
_T = TypeVar("_T")


class _Head(msgspec.Struct, gc=False):
    messageId: str | None = None


class _Single(msgspec.Struct, gc=False):
    messageId: str | None = None
    writeKey: str | None = None


class _Batch(msgspec.Struct, gc=False):
    batch: list[_Head]
    writeKey: str | None = None


class _Pieces(msgspec.Struct, gc=False):
    batch: list[msgspec.Raw]
    writeKey: Any = None
    sentAt: Any = None
    context: Any = None


_single = msgspec.json.Decoder(_Single)
_batch = msgspec.json.Decoder(_Batch)
_pieces = msgspec.json.Decoder(_Pieces)
_head = msgspec.json.Decoder(_Head)
_anything = msgspec.json.Decoder()


@dataclass(frozen=True, slots=True)
class Heads:
    """What the edge must know of a request: the ids its events are known again by, and the key if it stands inside."""

    message_ids: Sequence[str | None]
    write_key: str | None


def unzip(body: bytes) -> bytes:
    """The body of a gzipped request; never more of it than a request may be long."""
    unpacking = zlib.decompressobj(_GZIP)
    try:
        found = unpacking.decompress(body, REQUEST_BYTES + 1)
    except zlib.error:
        raise Invalid("The body is not gzip.", code="invalid_gzip") from None
    if len(found) > REQUEST_BYTES:
        raise too_large()
    if not unpacking.eof:
        raise Invalid("The gzipped body is not whole.", code="invalid_gzip")
    return found


def too_large() -> Invalid:
    """The refusal of a request that is too long."""
    return Invalid("A request has at most {limit} bytes.", limit=REQUEST_BYTES, code="too_large")


def heads(body: bytes, *, single: bool) -> Heads:
    """The ids in a request. Invalid where it is no JSON, or anything in it is larger than is allowed."""
    try:
        return _of_one(body) if single else _of_many(body)
    except RecursionError:
        raise Invalid("The JSON is nested too deeply.", code="invalid_json") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Invalid("The body is not JSON of the events API.", code="invalid_json") from None


def _of_one(body: bytes) -> Heads:
    if len(body) > EVENT_BYTES:
        raise _event_too_large()
    try:
        found = _single.decode(body)
    except msgspec.ValidationError:
        given = _anything.decode(body)
        key = given.get("writeKey") if isinstance(given, dict) else None
        return Heads([None], key if isinstance(key, str) else None)
    return Heads([found.messageId], found.writeKey)


def _of_many(body: bytes) -> Heads:
    if len(body) <= EVENT_BYTES:
        try:
            found = _batch.decode(body)
        except msgspec.ValidationError:
            pass  # something in it is of another type: looked at piece by piece
        else:
            return Heads([one.messageId for one in _not_too_many(found.batch)], found.writeKey)
    pieces = _pieces.decode(body)
    if any(len(bytes(raw)) > EVENT_BYTES for raw in _not_too_many(pieces.batch)):
        raise _event_too_large()
    key = pieces.writeKey if isinstance(pieces.writeKey, str) else None
    return Heads([_id_in(raw) for raw in pieces.batch], key)


def _id_in(raw: msgspec.Raw) -> str | None:
    try:
        return _head.decode(raw).messageId
    except msgspec.ValidationError:
        return None  # what is wrong with it is said by the worker, in quarantine


def _not_too_many(events: list[_T]) -> list[_T]:
    if len(events) > EVENTS:
        raise Invalid("A batch has at most {limit} events.", limit=EVENTS, code="too_many_events")
    return events


def _event_too_large() -> Invalid:
    return Invalid("An event has at most {limit} bytes.", limit=EVENT_BYTES, code="event_too_large")


def digest(source_id: int, message_id: str) -> bytes:
    """What an event is known again by: its id within its source."""
    told = f"{source_id}\x1fcall\x1f{message_id}".encode("utf-8", "surrogatepass")
    return hashlib.blake2b(told, digest_size=_ID_BYTES).digest()


@dataclass(frozen=True, slots=True)
class Piece:
    """One event of a request, as it came; `sent_at` and `context` are those of its batch."""

    raw: bytes
    sent_at: Any = None
    context: Any = None


def unpack(body: bytes, *, single: bool) -> list[Piece]:
    """The events of a request that the edge has taken."""
    if single:
        return [Piece(body)]
    found = _pieces.decode(body)
    return [Piece(bytes(raw), found.sentAt, found.context) for raw in found.batch]
