"""The chat over HTTP: without script, with it, on other sites; and what strangers try."""

import io
import json
from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from PIL import Image

from beizai.base import clock
from beizai.conversations.chats import desk, links, mailing, thread
from beizai.conversations.models import Attachment, Chat, Conversation, Utterance
from beizai.customers import cards
from beizai.customers.models import ContactPoint
from beizai.messages.models import ServiceMail
from beizai.sources.register import office
from beizai.staff.models import Shop, User

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("home")]
NOW = datetime(2026, 4, 14, 9, 0, tzinfo=UTC)
BAD = "<img src=x onerror=alert(1)><script>alert(1)</script>"


@pytest.fixture(autouse=True)
def shop():
    Shop.objects.create(pk=1, name="Lin Tea", timezone="Europe/Paris", clock_at=NOW)
    desk.change({"open": True, "hours": {"1": [["09:00", "18:00"]]}, "reply": {"en": "Thank you."}})


@pytest.fixture
def mei():
    return User.objects.create_user("mei@example.test", None, name="Mei", role="staff", language="en")


@pytest.fixture
def staff(mei):
    made = Client(enforce_csrf_checks=False)
    made.force_login(mei, backend="allauth.account.auth_backends.AuthenticationBackend")
    return made


@pytest.fixture
def visitor():
    return Client(enforce_csrf_checks=True, headers={"accept-language": "en"})


def fields(text="Do you have it in black?", message_id="message-1", **more):
    token = links.begin(timezone.now() - timedelta(seconds=10))
    return {"text": text, "id": message_id, "token": token, "lang": "en"} | more


def begin(visitor, text="Do you have it in black?", **more):
    """A thread's address, begun without script."""
    answer = visitor.post("/chat/", fields(text, **more))
    assert answer.status_code == 302, answer.content
    return answer.url


def photo():
    out = io.BytesIO()
    Image.new("RGB", (20, 10), "red").save(out, "PNG")
    return SimpleUploadedFile(f"{BAD}.png", out.getvalue(), "image/png")


def test_the_page_sets_no_cookie_and_says_why_it_keeps_what_is_written(visitor):
    page = visitor.get("/chat/")
    assert page.status_code == 200
    assert not page.cookies
    assert "is read by its staff alone" in page.content.decode()
    assert not Conversation.objects.exists()
    assert "script-src 'self'" in page["Content-Security-Policy"]
    assert page["Referrer-Policy"] == "no-referrer"


def test_without_script_a_message_is_written_answered_and_read(visitor, staff):
    thread_url = begin(visitor)
    page = visitor.get(thread_url).content.decode()
    assert "Do you have it in black?" in page
    assert "This is an automatic reply." in page
    number = Conversation.objects.get().pk
    assert "Do you have it in black?" in staff.get(f"/collection/conversations/{number}/").content.decode()
    staff.post(
        f"/collection/conversations/{number}/do/", {"step": "answer", "text": "Yes, from 38.", "once": "a"}
    )
    staff.post(
        f"/collection/conversations/{number}/do/", {"step": "answer", "text": "Yes, from 38.", "once": "a"}
    )
    assert visitor.get(thread_url).content.decode().count("Yes, from 38.") == 1


def test_the_script_sends_again_and_asks_for_what_is_new(visitor, mei):
    sent = fields()
    answers = [visitor.post("/chat/", sent, headers={"x-chat": "1"}).json() for _again in range(2)]
    assert answers[0]["thread"] == answers[1]["thread"]
    assert Utterance.objects.filter(speaker="customer").count() == 1
    news = f"{answers[0]['thread']}news/"
    last = answers[0]["last"]
    assert visitor.get(f"{news}?after={last}").json()["html"] == ""
    thread.answer(Conversation.objects.get().pk, "Yes.", by=mei, once="1", now=NOW)
    told = visitor.get(f"{news}?after={last}").json()
    assert (told["fresh"], "Yes." in told["html"]) == (1, True)
    for odd in ("-1", "x", "9" * 40, ""):
        assert visitor.get(f"{news}?after={odd}").status_code == 200


def test_a_page_nobody_looks_at_does_not_keep_the_answer_from_the_mail(visitor, mei):
    url = begin(visitor)
    visitor.post(f"{url}address/", {"email": "ann@example.test"})
    Chat.objects.update(seen_at=None)
    thread.answer(Conversation.objects.get().pk, "Yes.", by=mei, once="1", now=NOW)
    visitor.get(f"{url}news/?after=0&hidden=1")
    assert mailing.mail_answers(now=NOW, at=clock.machine_now()) == 1


def test_words_and_names_of_files_do_nothing_on_any_page(visitor, staff):
    url = begin(visitor, BAD, picture=photo())
    visitor.post(f"{url}address/", {"email": "ann@example.test", "name": BAD})
    number = Conversation.objects.get().pk
    pages = [
        visitor.get(url),
        visitor.get(f"{url}news/?after=0"),
        staff.get("/collection/conversations/rows/"),
    ]
    pages += [staff.get(f"/collection/conversations/{number}/{rest}") for rest in ("", "said/", "whose/")]
    pages.append(visitor.get(f"/chat/mail/{links.mail(Chat.objects.get())}/"))
    for page in pages:
        assert page.status_code == 200
        text = (
            json.loads(page.content)["html"]
            if page["Content-Type"] == "application/json"
            else page.content.decode()
        )
        assert "<img src=x" not in text
        assert "<script>alert" not in text
    picture = visitor.get(f"{url}picture/{Attachment.objects.get().pk}/")
    assert picture["Content-Type"] == "image/jpeg"
    assert picture["X-Content-Type-Options"] == "nosniff"


def test_a_javascript_address_in_an_answer_is_no_link(visitor, mei):
    url = begin(visitor)
    number = Conversation.objects.get().pk
    thread.answer(number, 'javascript:alert(1) https://tea.example/a"onclick=x', by=mei, once="1", now=NOW)
    page = visitor.get(url).content.decode()
    assert 'href="javascript' not in page
    assert '"onclick' not in page
    assert 'href="https://tea.example/a' in page


def test_another_s_thread_cannot_be_read_written_or_looked_at(visitor):
    mine = begin(visitor, picture=photo())
    other = begin(visitor, "I have another", message_id="message-2")
    number = Attachment.objects.get().pk
    assert visitor.get(f"{other}picture/{number}/").status_code == 404
    assert visitor.get(f"{mine}picture/{number}/").status_code == 200
    token = mine.split("/")[3]
    for wrong in (token[:-3] + "abc", "x", links.begin(timezone.now()), links.mail(Chat.objects.first())):
        for path in ("", "news/", f"picture/{number}/"):
            assert visitor.get(f"/chat/t/{wrong}/{path}").status_code == 404
        assert visitor.post(f"/chat/t/{wrong}/", fields()).status_code == 404
        assert visitor.post(f"/chat/t/{wrong}/address/", {"email": "a@b.example"}).status_code == 404
        assert visitor.post(f"/chat/mail/{token}/", {"mine": "yes"}).status_code == 404
    assert Utterance.objects.filter(speaker="customer").count() == 2


def test_nobody_learns_from_the_chat_whether_an_address_is_known(visitor):
    card = cards.add(
        cards.NewCard("Ann Secret", points=[("email", "ann@example.test")]), source=office(NOW), now=NOW
    )
    ContactPoint.objects.update(verified_at=NOW)
    bodies = []
    for number, email in enumerate(("ann@example.test", "nobody@example.test")):
        url = begin(visitor, message_id=f"message-{number}")
        page = visitor.post(f"{url}address/", {"email": email}).content.decode()
        assert "Ann Secret" not in page + visitor.get(url).content.decode()
        bodies.append("We have sent a mail to this address" in page)
    assert bodies == [True, True]
    assert ServiceMail.objects.count() == 2
    assert not Conversation.objects.filter(customer=card).exists()


def test_a_link_in_the_mail_shows_and_only_its_button_proves(visitor):
    url = begin(visitor)
    visitor.post(f"{url}address/", {"email": "ann@example.test"})
    path = f"/chat/mail/{links.mail(Chat.objects.get())}/"
    assert "Did you write this?" in visitor.get(path).content.decode()
    assert Chat.objects.get().proved_at is None
    answer = visitor.post(path, {"mine": "yes"})
    assert answer.url == url
    assert Conversation.objects.get().customer is not None


def test_programs_are_refused_in_words(visitor):
    quick = fields() | {"token": links.begin(timezone.now())}
    assert visitor.post("/chat/", quick).status_code == 400
    assert visitor.post("/chat/", quick, headers={"x-chat": "1"}).json()["code"] == "too_quick"
    assert visitor.post("/chat/", fields(website="x")).status_code == 400
    assert visitor.post("/chat/", fields("x" * 4_001)).status_code == 400
    no_picture = SimpleUploadedFile("a.png", b"<svg onload=alert(1)>", "image/png")
    answer = visitor.post("/chat/", fields(picture=no_picture), headers={"x-chat": "1"})
    assert answer.json()["code"] == "not_a_photo"
    statuses = {
        visitor.post("/chat/", fields(message_id=f"message-{number}")).status_code for number in range(21)
    }
    assert statuses == {302, 429}
    assert visitor.put("/chat/").status_code == 405


def test_the_sites_that_may_show_it_are_named_and_no_others(visitor):
    assert visitor.get("/chat/")["X-Frame-Options"] == "SAMEORIGIN"
    desk.change({"sites": ["https://www.tea.example"]})
    page = visitor.get("/chat/?in=frame&from=https://www.tea.example")
    assert "frame-ancestors 'self' https://www.tea.example" in page["Content-Security-Policy"]
    assert "X-Frame-Options" not in page
    assert 'data-origin="https://www.tea.example"' in page.content.decode()
    odd = visitor.get("/chat/", {"in": "frame", "from": '"><script>'}).content.decode()
    assert 'data-origin=""' in odd


def test_the_script_for_sites_is_small_and_ours_alone(visitor):
    script = visitor.get("/chat/chat.js")
    assert script["Content-Type"].startswith("text/javascript")
    assert len(script.content) < 5_000
    assert b"http" not in script.content.replace(b"https://www.example", b"")


def test_a_closed_chat_says_so(visitor):
    desk.change({"open": False})
    assert visitor.get("/chat/").status_code == 404
    assert visitor.post("/chat/", fields()).status_code == 400


@pytest.mark.parametrize(("lang", "words"), [("en", "Send"), ("fr", "Envoyer"), ("zh-hans", "发送")])
def test_it_speaks_three_languages(visitor, lang, words):
    assert words in visitor.get(f"/chat/?lang={lang}").content.decode()


def test_staff_see_what_is_unread_until_it_was_opened(visitor, staff):
    begin(visitor)
    assert "new" in staff.get("/collection/conversations/rows/?view=unread").content.decode()
    staff.get(f"/collection/conversations/{Conversation.objects.get().pk}/said/")
    assert "Do you have it" not in staff.get("/collection/conversations/rows/?view=unread").content.decode()


def test_the_visitor_is_told_when_somebody_is_here(visitor, staff):
    assert "nobody is at the desk" in visitor.get("/chat/").content.decode()
    staff.post("/collection/conversations/here/", {"here": "1"})
    assert "Somebody is here" in visitor.get("/chat/").content.decode()
    staff.post("/collection/conversations/here/", {"here": "0"})
    assert "nobody is at the desk" in visitor.get("/chat/").content.decode()


def test_a_stranger_s_conversation_is_put_on_a_card_or_a_new_one(visitor, staff):
    begin(visitor, "I live in Nantes.")
    first = Conversation.objects.get()
    ann = cards.add(cards.NewCard("Ann"), source=office(NOW), now=NOW)
    page = f"/collection/conversations/{first.pk}/whose/"
    assert "Put it on the card of Ann" in staff.get(f"{page}?customer={ann.pk}").content.decode()
    staff.post(page, {"customer": ann.pk})
    first.refresh_from_db()
    assert first.customer == ann
    begin(visitor, "And I?", message_id="message-2")
    second = Conversation.objects.exclude(pk=first.pk).get()
    staff.post(f"/collection/conversations/{second.pk}/whose/", {"name": "Bo", "email": "bo@example.test"})
    second.refresh_from_db()
    assert second.customer.name == "Bo"
    assert ContactPoint.objects.get(normal="bo@example.test").verified_at is None


def test_the_office_s_pages_need_their_permissions(visitor, staff, client):
    begin(visitor)
    number = Conversation.objects.get().pk
    inside = ("", "rows/", f"{number}/", f"{number}/said/", f"{number}/whose/", "desk/", "mailbox/")
    for rest in inside:
        assert visitor.get(f"/collection/conversations/{rest}").status_code == 302
    assert staff.get("/collection/conversations/desk/").status_code == 403
    assert staff.get("/collection/conversations/mailbox/").status_code == 403
    analyst = User.objects.create_user("ana@example.test", None, role="analyst")
    client.force_login(analyst, backend="allauth.account.auth_backends.AuthenticationBackend")
    for rest in inside[:5]:
        assert client.get(f"/collection/conversations/{rest}").status_code == 403
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(
        User.objects.get(name="Mei"), backend="allauth.account.auth_backends.AuthenticationBackend"
    )
    answer = strict.post(f"/collection/conversations/{number}/do/", {"step": "answer", "text": "x"})
    assert answer.status_code == 403


def test_the_desk_is_set_up_in_the_office(client):
    owner = User.objects.create_user("wei@example.test", None, role="owner", language="en")
    client.force_login(owner, backend="allauth.account.auth_backends.AuthenticationBackend")
    given = {"open": "1", "day0": "9:00-12:30, 14:00-18:00", "holidays": "2026-12-25", "answer_minutes": "10"}
    given |= {"greeting.fr": "Bonjour", "sites": "https://www.tea.example"}
    assert client.post("/collection/conversations/desk/", given).status_code == 302
    found = desk.desk()
    assert found.hours == {"0": [["09:00", "12:30"], ["14:00", "18:00"]]}
    assert (found.holidays, found.greeting["fr"]) == (["2026-12-25"], "Bonjour")
    wrong = client.post("/collection/conversations/desk/", given | {"day0": "nine"})
    assert wrong.status_code == 400
    assert "nine" in wrong.content.decode()
