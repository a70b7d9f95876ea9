"""The events API as programs use it: Segment's calls and its own public client, refusals, and a server that is killed."""

import gzip
import json
import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from events_api import EventsApi, events_api

from beizai.events import calls

OK = {"success": True}
SENT = {"timestamp": "2026-01-01T00:00:00Z", "sentAt": "2026-01-01T00:00:05Z"}


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EventsApi]:
    with events_api(tmp_path_factory.mktemp("events")) as found, found.serving():
        yield found


def test_each_call_has_its_own_address_and_all_go_in_a_batch(tmp_path: Path) -> None:
    told: dict[str, dict[str, Any]] = {
        "identify": {"userId": "7", "traits": {"name": "Mei Lin"}, "anonymousId": "a"},
        "track": {"userId": "7", "event": "Bought", "properties": {"price": 3}},
        "page": {"userId": "7", "name": "Tea"},
        "screen": {"userId": "7", "name": "Home"},
        "group": {"userId": "7", "groupId": "g", "traits": {"name": "House"}},
        "alias": {"userId": "7", "previousId": "b"},
    }
    with events_api(tmp_path) as api, api.serving():
        singly = [api.post(f"/v1/{kind}", event | SENT)[:2] for kind, event in told.items()]
        batch = {"batch": [{"type": kind} | event for kind, event in told.items()], "sentAt": SENT["sentAt"]}
        together = [api.post(path, batch)[:2] for path in ("/v1/batch", "/v1/import")]
        found = api.finish()
    assert singly + together == [(200, OK)] * 8
    kinds = [row["kind"] for row in found["events"]]
    assert sorted(kinds) == sorted(["identified", "tracked", "visited", "visited", "grouped", "aliased"] * 3)
    assert {row["customer_id"] for row in found["events"]} == {found["events"][0]["customer_id"]}
    assert (found["customers"][0]["name"], found["aside"]) == ("Mei Lin", [])


def test_what_is_told_twice_at_once_or_later_is_kept_once(tmp_path: Path) -> None:
    event = {"event": "Bought", "userId": "7", "messageId": "m"}
    with events_api(tmp_path) as api, api.serving():
        threads = [threading.Thread(target=api.post, args=("/v1/track", event)) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(api.finish()["events"]) == 1
        assert api.post("/v1/track", event)[:2] == (200, OK)
        assert len(api.finish()["events"]) == 1


def test_gzip_is_unpacked(api: EventsApi) -> None:
    body = gzip.compress(json.dumps({"batch": [{"type": "track", "event": "A", "userId": "1"}]}).encode())
    assert api.post("/v1/batch", body, headers={"Content-Encoding": "gzip"})[:2] == (200, OK)


@pytest.mark.parametrize(
    ("path", "body", "headers", "code"),
    [
        ("/v1/batch", b"{", {}, "invalid_json"),
        ("/v1/track", b"", {}, "invalid_json"),
        ("/v1/track", b'"' * 10, {}, "invalid_json"),
        ("/v1/batch", b"[" * 100_000, {}, "invalid_json"),
        ("/v1/batch", b" " * (calls.REQUEST_BYTES + 1), {}, "too_large"),
        ("/v1/batch", gzip.compress(b" " * 90_000_000), {"Content-Encoding": "gzip"}, "too_large"),
        ("/v1/batch", b"no gzip", {"Content-Encoding": "gzip"}, "invalid_gzip"),
        ("/v1/track", b'{"a":"' + b"x" * calls.EVENT_BYTES + b'"}', {}, "event_too_large"),
        ("/v1/batch", b'{"batch":[' + b"{}," * 2500 + b"{}]}", {}, "too_many_events"),
        ("/v1/batch", b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', {}, "invalid_json"),
    ],
)
def test_what_cannot_be_read_or_is_too_large_is_refused_with_400(
    api: EventsApi, path: str, body: bytes, headers: dict[str, str], code: str
) -> None:
    status, answer, _ = api.post(path, body, headers=headers)
    assert (status, answer["success"], answer["code"]) == (400, False, code)


def test_a_key_is_needed_in_the_header_or_in_the_body(api: EventsApi) -> None:
    event = {"event": "A", "userId": "1"}
    assert api.post("/v1/track", event, key=None)[0] == 401
    assert api.post("/v1/track", event, key="wrong")[:2][1]["code"] == "invalid_write_key"
    assert api.post("/v1/track", event, key=None, headers={"Authorization": "Bearer x"})[0] == 401
    assert api.post("/v1/track", event, key=None, headers={"Authorization": "Basic !"})[0] == 401
    assert api.post("/v1/track", event | {"writeKey": api.program}, key=None)[0] == 200


def test_a_page_may_ask_and_is_answered_but_not_with_a_programs_key(api: EventsApi) -> None:
    origin = {"Origin": "https://shop.example"}
    event = {"event": "A", "anonymousId": "1"}
    status, _, headers = api.post("/v1/track", event, key=api.page, headers=origin)
    assert (status, headers["access-control-allow-origin"]) == (200, "https://shop.example")
    status, answer, headers = api.post("/v1/track", event, headers=origin)
    assert (status, answer["code"], "access-control-allow-origin" in headers) == (403, "origin", True)


def test_the_script_for_pages_is_small() -> None:
    from beizai.edge import collect

    assert len(collect._script()) < 5_000


def test_the_public_client_of_segment_works_unchanged(tmp_path: Path) -> None:
    from segment.analytics.client import Client

    failed: list[object] = []
    with events_api(tmp_path) as api, api.serving():
        for zipped in (False, True):
            client = Client(
                api.program,
                host=api.url,
                gzip=zipped,
                on_error=lambda *error: failed.append(error),
                sync_mode=False,
            )
            client.identify("7", {"name": "Mei Lin", "email": "mei@example.com"}, anonymous_id="a")
            client.track("7", "Bought", {"price": 3})
            client.page("7", "Shop", "Tea")
            client.screen("7", "App", "Home")
            client.group("7", "g", {"name": "House"})
            client.alias("b", "7")
            client.flush()
            client.join()
        found = api.finish()
    assert (failed, len(found["events"]), found["aside"]) == ([], 12, [])
    assert found["customers"][0]["name"] == "Mei Lin"


def load(api: EventsApi, seed: str, acknowledged: list[str], until: threading.Event) -> None:
    """Tells batches of events with ids of their own; what was not acknowledged is told once more by nobody."""
    number = 0
    while not until.is_set():
        ids = [f"{seed}-{number}-{place}" for place in range(20)]
        number += 1
        batch = [{"type": "track", "event": "A", "anonymousId": one, "messageId": one} for one in ids]
        try:
            if api.post("/v1/batch", {"batch": batch})[0] == 200:
                acknowledged += ids
        except OSError:
            time.sleep(0.02)


def killed(api: EventsApi, rounds: int) -> list[str]:
    acknowledged: list[str] = []
    for number in range(rounds):
        until = threading.Event()
        with api.serving():
            args = [(api, f"{number}-{one}", acknowledged, until) for one in range(8)]
            threads = [threading.Thread(target=load, args=each) for each in args]
            for thread in threads:
                thread.start()
            time.sleep(random.uniform(0.4, 1.2))
            assert api.process is not None
            api.process.kill()
            until.set()
            for thread in threads:
                thread.join()
    return acknowledged


@pytest.mark.parametrize("rounds", [2, pytest.param(20, marks=[pytest.mark.long, pytest.mark.timeout(900)])])
def test_nothing_acknowledged_is_lost_and_nothing_doubled_when_the_server_is_killed(
    tmp_path: Path, rounds: int
) -> None:
    with events_api(tmp_path) as api:
        acknowledged = killed(api, rounds)
        kept = [row["anonymous_id"] for row in api.finish()["events"]]
    assert len(acknowledged) > rounds * 20
    assert len(set(kept)) == len(kept)
    assert not set(acknowledged) - set(kept)
