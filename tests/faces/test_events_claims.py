"""Whoever says over the events API that somebody's address is theirs gets no card by it: a person is asked."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from events_api import ROOT, EventsApi, events_api

# Told in a Python of its own, on the home the server writes to: the card that was there before, then all there is to see.
WRITE = """
import django, json
django.setup()
from beizai.base import clock
from beizai.customers import cards
from beizai.customers.models import ContactPoint
from beizai.sources import register
now = clock.machine_now()
new = cards.NewCard(name="Marie Lin", language="fr", points=[("email", "marie@example.test")])
card = cards.add(new, source=register.office(now), now=now)
ContactPoint.objects.filter(customer=card).update(verified_at=now)
print(json.dumps(card.pk))
"""
READ = """
import django, json
django.setup()
from beizai.customers.models import ContactPoint, Customer
from beizai.identity.models import Belonging, Proposal
cards = Customer.objects.order_by("pk").values("pk", "name", "language", "facts", "revision")
points = ContactPoint.objects.order_by("pk")
print(json.dumps({
    "cards": list(cards),
    "proved": [[one.customer_id, one.normal, one.verified_at is not None] for one in points],
    "joined": Belonging.objects.count(),
    "asked": [[one.left_id, one.right_id, one.state, list(one.evidence)] for one in Proposal.objects.all()],
}))
"""


def told(program: str, api: EventsApi) -> Any:
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=api.environment, cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_who_claims_anothers_proved_email_gets_nothing_of_their_card(tmp_path: Path) -> None:
    with events_api(tmp_path) as api:
        marie = told(WRITE, api)
        before = told(READ, api)
        claim = {
            "userId": "stranger",
            "anonymousId": "a-device",
            "traits": {"email": "Marie@example.test", "name": "Mallory", "language": "en"},
        }
        with api.serving():
            answers = [
                api.post("/v1/identify", claim, key=api.page, headers={"Origin": "https://shop.example"}),
                api.post("/v1/identify", claim | {"messageId": "again"}),
                api.post("/v1/track", {"userId": "stranger", "anonymousId": "a-device", "event": "Looked"}),
            ]
            events = api.finish()["events"]
        after = told(READ, api)
    assert [status for status, *_ in answers] == [200, 200, 200]
    assert not any("Marie" in json.dumps(answer) or "marie" in json.dumps(answer) for _, answer, _ in answers)
    assert after["cards"][0] == before["cards"][0]
    assert after["cards"][0]["pk"] == marie
    others = {card["pk"]: card["name"] for card in after["cards"][1:]}
    assert set(others.values()) == {"Mallory"}
    assert len(events) == 3
    assert {row["customer_id"] for row in events} <= {None, *others}
    assert [point for point in after["proved"] if point[2]] == [[marie, "marie@example.test", True]]
    assert after["joined"] == 0
    assert {(left, state) for left, _, state, _ in after["asked"]} >= {(marie, "open")}
    assert {right for left, right, *_ in after["asked"] if left == marie} == set(others)
