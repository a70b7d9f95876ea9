"""Events in the office: a key made and used, an event mended, a schema said."""

import json
from datetime import UTC, datetime

import pytest
from django.test import Client

from beizai.base.home import Home
from beizai.events import inbox, keys, receiving
from beizai.events.arrivals import Told, arrival_of
from beizai.events.models import EventSchema, QuarantinedEvent, WriteKey
from beizai.staff.models import Role, User

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def client(role: str) -> Client:
    found = Client()
    found.force_login(User.objects.create_user(f"{role}@example.test", password="tea and gifts 1", role=role))
    return found


def tell(key: WriteKey, *events: dict[str, object]) -> None:
    told = Told(key.pk, key.source_id, False, NOW, "", json.dumps({"batch": list(events)}).encode())
    inbox.current().arrive(arrival_of([told], [], NOW)).result(10)
    receiving.receive_all()


@pytest.fixture
def owner(home: Home) -> Client:
    return client(Role.OWNER)


def test_a_key_is_shown_once_and_revoked_for_good(owner: Client) -> None:
    given = {"name": "Shop", "place": "page", "origins": "https://Shop.example/tea\n"}
    made = owner.post("/collection/events/keys/new/", given)
    row = WriteKey.objects.get()
    assert (row.in_browser, row.origins) == (True, ["https://shop.example"])
    assert "data-key=" in made.content.decode()
    text = made.context["text"]
    assert keys.digest(text) in keys.known()
    assert text not in owner.get("/collection/events/").content.decode()
    owner.post(f"/collection/events/keys/{row.pk}/", {"revoke": "1"})
    assert not keys.known()


def test_an_origin_that_is_none_is_said_beside_its_field(owner: Client) -> None:
    answer = owner.post("/collection/events/keys/new/", {"name": "A", "place": "page", "origins": "shop"})
    assert (answer.status_code, WriteKey.objects.count()) == (200, 0)
    assert "shop" in str(answer.context["form"].errors["origins"])


def test_an_event_aside_is_mended_and_the_rest_played_again_once_the_schema_fits(owner: Client) -> None:
    schema = {"call": "track", "name": "Bought", "schema": '{"required": ["price"]}'}
    owner.post("/collection/events/schemas/new/", schema)
    key, _ = keys.make("Shop", now=NOW)
    tell(key, *({"type": "track", "event": "Bought", "userId": str(number)} for number in range(3)))
    assert "Bought" in owner.get("/collection/events/").content.decode()
    assert owner.get("/collection/events/aside/?reason=schema&name=Bought").context["count"] == 3
    first = QuarantinedEvent.objects.earliest("pk")
    page = f"/collection/events/aside/{first.pk}/"
    assert "price" in str(owner.post(page, {"body": first.body}).context["form"].errors)
    mended = json.dumps(json.loads(first.body) | {"properties": {"price": 3}})
    assert owner.post(page, {"body": mended}).status_code == 302
    kept = EventSchema.objects.get()
    owner.post(f"/collection/events/schemas/{kept.pk}/", schema | {"schema": "{}"})
    owner.post("/collection/events/aside/all/", {"reason": "schema", "name": "Bought", "do": "replay"})
    assert not QuarantinedEvent.objects.exists()
    receiving.receive_all()
    assert owner.get("/collection/events/").context["names"][0].row.count == 3


def test_a_schema_that_is_none_is_said_beside_its_field(owner: Client) -> None:
    for text in ("{", "[]", '{"type": "nonsense"}'):
        answer = owner.post("/collection/events/schemas/new/", {"call": "track", "name": "A", "schema": text})
        assert "schema" in answer.context["form"].errors
    assert not EventSchema.objects.exists()


def test_who_may_not_change_settings_makes_no_key_and_an_analyst_sees_no_event(home: Home) -> None:
    assert client(Role.MARKETER).get("/collection/events/keys/new/").status_code == 403
    analyst = client(Role.ANALYST)
    assert analyst.get("/collection/events/").status_code == 403
    assert analyst.get("/collection/events/aside/?reason=schema").status_code == 403
