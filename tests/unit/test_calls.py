"""Calls of the events API: measured, understood, their clocks put right."""

import doctest
import gzip
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from beizai.base.errors import Invalid
from beizai.events import calls
from beizai.events.calls.request import Piece

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def understood(kind: str = "track", **given: Any) -> calls.Call:
    whole = {"event": "Bought", "userId": "7", "messageId": "m"} | given
    return calls.understand(Piece(json.dumps(whole).encode()), kind=kind, received_at=NOW)


def reason(kind: str = "track", **given: Any) -> str:
    with pytest.raises(Invalid) as refused:
        understood(kind, **given)
    return refused.value.code


def test_a_devices_wrong_clock_is_put_right_by_the_time_of_sending() -> None:
    call = understood(timestamp="1970-01-01T00:00:00Z", sentAt="1970-01-01T00:00:10Z")
    assert call.occurred_at == NOW - timedelta(seconds=10)


def test_the_original_time_counts_before_the_corrected_one() -> None:
    call = understood(originalTimestamp="2026-11-21T11:00:00Z", timestamp="2020-01-01T00:00:00Z")
    assert call.occurred_at == NOW - timedelta(hours=1)


def test_without_a_time_it_happened_when_it_came() -> None:
    assert understood().occurred_at == NOW


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"timestamp": "1970-01-01T00:00:00Z"}, "too_long_ago"),
        ({"timestamp": "2090-01-01T00:00:00Z"}, "in_future"),
        ({"timestamp": "yesterday"}, "bad_time"),
        ({"timestamp": 1e300}, "bad_time"),
        ({"timestamp": "0001-01-01T00:00:00+14:00"}, "bad_time"),
        ({"userId": None}, "no_identifier"),
        ({"userId": {"a": 1}}, "bad_identifier"),
        ({"userId": "x" * 201}, "bad_identifier"),
        ({"event": " "}, "no_event_name"),
        ({"event": "x" * 201}, "name_too_long"),
        ({"properties": [1]}, "not_an_object"),
        ({"kind": "alias"}, "no_previous_id"),
        ({"kind": "group"}, "no_group_id"),
        ({"kind": "", "type": "poke"}, "unknown_type"),
    ],
)
def test_what_cannot_be_taken_has_its_reason(given: dict[str, Any], code: str) -> None:
    assert reason(**given) == code


def test_a_number_as_user_id_is_text() -> None:
    assert understood(userId=7).user_id == "7"


def test_deep_nesting_is_refused_however_deep() -> None:
    for depth in (calls.DEPTH + 1, 900, 12_000):
        raw = b'{"userId":"1","event":"A","properties":{"a":' + b"[" * depth + b"]" * depth + b"}}"
        with pytest.raises(Invalid) as refused:
            calls.understand(Piece(raw), kind="track", received_at=NOW)
        assert refused.value.code == "too_deep"


def test_a_batch_gives_its_ids_and_its_key() -> None:
    body = json.dumps({"batch": [{"messageId": "a"}, {"messageId": 5}, 7, {}], "writeKey": "k"}).encode()
    found = calls.heads(body, single=False)
    assert (list(found.message_ids), found.write_key) == (["a", None, None, None], "k")


@pytest.mark.parametrize(
    "body", [b"", b"{", b'{"batch":1}', b"[]", b"{}", b"\xff", b'{"batch":' + b"[" * 90_000]
)
def test_what_is_no_batch_is_refused(body: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        calls.heads(body, single=False)
    assert refused.value.code == "invalid_json"


def test_a_large_event_is_refused_alone_and_within_a_batch() -> None:
    event = {"event": "A", "properties": {"text": "x" * calls.EVENT_BYTES}}
    for body, single in ((event, True), ({"batch": [event]}, False)):
        with pytest.raises(Invalid) as refused:
            calls.heads(json.dumps(body).encode(), single=single)
        assert refused.value.code == "event_too_large"


def test_too_many_events_are_refused() -> None:
    with pytest.raises(Invalid) as refused:
        calls.heads(json.dumps({"batch": [{}] * (calls.EVENTS + 1)}).encode(), single=False)
    assert refused.value.code == "too_many_events"


def test_a_zip_bomb_is_not_unpacked() -> None:
    with pytest.raises(Invalid) as refused:
        calls.unzip(gzip.compress(b"x" * 100_000_000))
    assert refused.value.code == "too_large"
    assert calls.unzip(gzip.compress(b"short")) == b"short"
    for broken in (b"no gzip", gzip.compress(b"short")[:-9]):
        with pytest.raises(Invalid):
            calls.unzip(broken)


def test_the_examples_of_the_keys_hold() -> None:
    from beizai.events import keys

    assert doctest.testmod(keys).failed == 0
