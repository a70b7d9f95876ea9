"""Conversations over HTTP: written down, a fact taken with one press, answered once, a chat brought in."""

from datetime import UTC, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from beizai.conversations.models import Conversation, ProposedFact
from beizai.customers import cards
from beizai.customers.models import AttributeDefinition, Customer
from beizai.messages.models import ServiceMail
from beizai.sources.register import office
from beizai.staff.models import Shop, User

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("home")]
NOW = datetime(2026, 4, 14, 7, 0, tzinfo=UTC)


@pytest.fixture
def desk(client):
    Shop.objects.create(pk=1, currency="EUR", timezone="Europe/Paris", country="FR", clock_at=NOW)
    AttributeDefinition.objects.create(key="town", label="Town")
    user = User.objects.create_user("mei@example.test", None, name="Mei", role="staff")
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.fixture
def ann(desk):
    return cards.add(
        cards.NewCard(name="Ann Lee", points=[("email", "ann@example.test")]), source=office(NOW), now=NOW
    )


def written(desk, ann, text="I live in Nantes. Do you deliver?", kind="question"):
    given = {"customer": ann.pk, "kind": kind, "way": "call", "text": text}
    return desk.post("/collection/conversations/new/", given)


def test_a_call_is_written_down_and_what_it_tells_is_taken_with_one_press(desk, ann):
    assert "Ann Lee" in desk.get("/collection/conversations/new/", {"who": "ann"}).content.decode()
    page = desk.get(written(desk, ann).url).content.decode()
    assert "Town: Nantes" in page
    assert "I live in Nantes." in page
    desk.post(f"/collection/conversations/fact/{ProposedFact.objects.get().pk}/", {"take": "1"})
    assert Customer.objects.get(pk=ann.pk).facts["town"]["v"] == "Nantes"
    assert "1 conversation waits for you" in desk.get("/collection/conversations/").content.decode()


def test_an_answer_goes_out_once_and_the_matter_is_closed_and_opened(desk, ann):
    path = written(desk, ann).url
    for _press in range(2):
        desk.post(f"{path}do/", {"step": "answer", "text": "Yes, we do."})
    mail = ServiceMail.objects.get()
    assert (mail.address, mail.text.splitlines()[0]) == ("ann@example.test", "Yes, we do.")
    desk.post(f"{path}do/", {"step": "close"})
    assert "Nobody waits" in desk.get("/collection/conversations/").content.decode()
    assert "Yes, we do." in desk.get("/collection/conversations/?view=closed").content.decode()
    desk.post(f"{path}do/", {"step": "open"})
    assert Conversation.objects.get().closed_at is None


def test_a_chat_is_brought_in_and_its_dates_are_asked_where_they_read_in_two_ways(desk, ann):
    def bring(**more):
        chat = "04/05/2026, 09:12 - Ann Lee: I live in Nantes.\n04/05/2026, 09:13 - Shop: Thank you\n"
        file = SimpleUploadedFile("chat.txt", chat.encode())
        return desk.post("/collection/conversations/bring/", {"customer": ann.pk, "file": file, **more})

    page = bring().content.decode()
    assert "What stands first in a date?" in page
    assert bring(dates="dmy").status_code == 302
    assert "were known" in desk.get("/collection/conversations/").content.decode()
    assert ProposedFact.objects.count() == 1


def test_what_cannot_be_written_down_is_said_and_kept_on_the_page(desk, ann):
    page = written(desk, ann, text="x" * 20_001).content.decode()
    assert "has over" in page
    assert not Conversation.objects.exists()


def test_an_analyst_reads_no_conversations(client, desk, ann):
    path = written(desk, ann).url
    ana = User.objects.create_user("ana@example.test", None, name="Ana", role="analyst")
    client.force_login(ana, backend="allauth.account.auth_backends.AuthenticationBackend")
    for address in ("/collection/conversations/", path):
        assert client.get(address).status_code == 403
