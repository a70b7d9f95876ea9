"""The chat: each message once and in its order however often it is sent, who it is only when it is proved, limits on what comes from outside."""

import io
import random
from datetime import UTC, datetime, timedelta

import pytest
from PIL import Image

from beizai.base import home as homes
from beizai.base import personal
from beizai.base.errors import Forbidden, Invalid, NotFound, Unavailable
from beizai.consent.rules import may_contact
from beizai.conversations import pictures, talking
from beizai.conversations.chats import desk, limits, links, mailing, thread
from beizai.conversations.chats.thread import Sent
from beizai.conversations.models import Attachment, Chat, Conversation, ProposedFact, Speaker, Utterance
from beizai.conversations.pictures import Came
from beizai.customers import cards
from beizai.customers.models import AttributeDefinition, ContactPoint, Customer
from beizai.identity.models import AnonymousJoin
from beizai.messages.models import ServiceMail
from beizai.sources.register import office
from beizai.staff.models import Shop, User

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("home")]
NOW = datetime(2026, 4, 14, 9, 0, tzinfo=UTC)  # a Tuesday, eleven in Paris
ALL_DAY = {str(day): [["09:00", "18:00"]] for day in range(5)}


@pytest.fixture(autouse=True)
def shop():
    made = Shop.objects.create(
        pk=1, name="Lin Tea", timezone="Europe/Paris", public_url="https://tea.example"
    )
    desk.change({"open": True, "hours": ALL_DAY, "reply": {"en": "Thank you."}, "form_path": "/f/ask/"})
    return made


@pytest.fixture
def mei():
    return User.objects.create_user("mei@example.test", None, name="Mei", role="staff")


def begun(at=NOW):
    return links.read_begun(links.begin(at - timedelta(seconds=30)), at=at)


def sent(text="Do you have it in black?", message_id="message-1", **more):
    return Sent(text, message_id, more.pop("address", "192.0.2.7"), more.pop("language", "en"), **more)


def started(text="Do you have it in black?", **more):
    return thread.start(begun(), sent(text, **more), now=NOW, at=NOW)


def texts(chat, speaker=Speaker.CUSTOMER):
    rows = Utterance.objects.filter(conversation_id=chat.pk, speaker=speaker, automatic=False)
    return list(rows.order_by("pk").values_list("text", flat=True))


def picture(kind="PNG", size=(40, 30)):
    out = io.BytesIO()
    Image.new("RGB", size, "red").save(out, kind)
    return Came("../../<b>shoe<br>.png", out.tell(), out.getvalue())


def test_a_first_message_sent_again_is_the_same_thread_with_the_same_message():
    page = begun()
    chats = {thread.start(page, sent(), now=NOW, at=NOW).pk for _again in range(3)}
    assert len(chats) == Conversation.objects.count() == 1
    chat = Chat.objects.get()
    assert texts(chat) == ["Do you have it in black?"]
    (automatic,) = Utterance.objects.filter(automatic=True)
    assert automatic.text == "Thank you.\nhttps://tea.example/f/ask/\n(This is an automatic reply.)"


def test_nothing_is_lost_or_doubled_whatever_is_sent_again_and_read_again(mei):
    """A page that loses answers, reloads and sends again, and staff who press twice, against what both meant to say."""
    chance = random.Random(20261122)
    chat, meant, answered, shown, after = started("0"), ["0"], [], [], 0
    for number in range(1, 60):
        mine = chance.random() < 0.6
        for _again in range(chance.randint(1, 3)):  # the answer got lost: the same once more
            if mine:
                at = NOW + timedelta(minutes=11 * number)
                thread.write(chat, sent(str(number), f"message-{number}"), now=NOW, at=at)
            else:
                thread.answer(chat.pk, f"a{number}", by=mei, once=str(number), now=NOW)
        (meant if mine else answered).append(str(number) if mine else f"a{number}")
        if chance.random() < 0.1:
            shown, after = [], 0  # the page was loaded anew
        for one in thread.news(chat, after):
            shown.append(one.text)
            after = one.pk
    assert texts(chat) == meant
    assert texts(chat, Speaker.STAFF) == answered
    everything = list(Utterance.objects.filter(automatic=False).order_by("pk").values_list("text", flat=True))
    seen = [one for one in shown if "automatic" not in one]
    assert seen == everything[-len(seen) :]
    assert [one.text for one in thread.news(chat, 0) if not one.automatic] == everything


def test_the_same_words_sent_twice_on_purpose_stand_there_twice():
    chat = started("Hello?")
    thread.write(chat, sent("Hello?", "message-2"), now=NOW, at=NOW)
    assert texts(chat) == ["Hello?", "Hello?"]


def test_staff_have_it_unread_until_they_read_it_and_a_closed_one_opens_again(mei):
    chat = started()
    assert desk.waiting() == 1
    talking.read_by_staff(chat.pk)
    assert desk.waiting() == 0
    talking.settle(chat.pk, by=mei, now=NOW)
    thread.write(chat, sent("One more thing.", "message-2"), now=NOW, at=NOW)
    assert desk.waiting() == 1
    assert Conversation.objects.get().closed_at is None
    thread.answer(chat.pk, "Yes.", by=mei, once="1", now=NOW)
    assert Conversation.objects.get().owner == mei


def test_the_visitor_is_told_honestly_who_is_there(mei):
    found, night = desk.desk(), NOW + timedelta(hours=12)
    assert desk.standing(found, now=NOW, at=NOW).state == "soon"
    desk.say_here(mei, True, at=NOW)
    assert desk.standing(found, now=NOW, at=NOW).state == "here"
    assert (
        desk.standing(found, now=NOW, at=NOW + timedelta(minutes=2)).state == "soon"
    )  # the inbox was closed
    away = desk.standing(found, now=night, at=night)
    assert (away.state, away.opens_at) == ("away", datetime(2026, 4, 15, 7, 0, tzinfo=UTC))
    desk.change({"holidays": ["2026-04-15"]})
    assert desk.standing(desk.desk(), now=night, at=night).opens_at == datetime(2026, 4, 16, 7, 0, tzinfo=UTC)
    chat = started()
    chat.refresh_from_db()
    assert not desk.is_late(chat, found, at=NOW + timedelta(minutes=5))
    assert desk.is_late(chat, found, at=NOW + timedelta(minutes=6))
    thread.answer(chat.pk, "Yes.", by=mei, once="1", now=NOW)
    chat.refresh_from_db()
    assert not desk.is_late(chat, found, at=NOW + timedelta(hours=1))


def test_the_answer_goes_by_mail_only_to_who_has_left_and_once(mei):
    chat = started()
    mailing.leave_address(chat, "Ann@Example.test", name="Ann", address="192.0.2.7", now=NOW, at=NOW)
    assert [mail.kind for mail in ServiceMail.objects.all()] == [mailing.CONFIRM_KIND]
    thread.answer(chat.pk, "In black and in blue.", by=mei, once="1", now=NOW)
    assert mailing.mail_answers(now=NOW, at=NOW) == 0  # the page is open
    later = NOW + timedelta(minutes=2)
    assert mailing.mail_answers(now=later, at=later) == 1
    assert mailing.mail_answers(now=later, at=later) == 0
    mail = ServiceMail.objects.get(kind=mailing.ANSWER_KIND)
    assert mail.address == "ann@example.test"
    assert "In black and in blue." in mail.text
    assert "https://tea.example/chat/mail/" in mail.text
    assert mail.customer_id is None
    chat.refresh_from_db()
    thread.looked(chat, 10**6, at=later)
    assert mailing.mail_answers(now=later, at=later + timedelta(hours=1)) == 0  # it was read on the page


def test_an_address_nobody_proved_gets_three_answers_and_a_disowned_one_none(mei):
    chat = started()
    mailing.leave_address(chat, "ann@example.test", name="", address="192.0.2.7", now=NOW, at=NOW)
    for number in range(5):
        thread.answer(chat.pk, f"Answer {number}", by=mei, once=str(number), now=NOW)
        mailing.mail_answers(now=NOW, at=NOW + timedelta(minutes=2))
    assert ServiceMail.objects.filter(kind=mailing.ANSWER_KIND).count() == 3
    token = links.mail(Chat.objects.get())
    mailing.disown(token, now=NOW)
    assert Chat.objects.get().email == ""
    with pytest.raises(NotFound):
        mailing.confirm(token, now=NOW)


def test_who_claims_another_s_address_joins_nothing_until_it_is_proved():
    ann = cards.add(cards.NewCard("Ann", points=[("email", "ann@example.test")]), source=office(NOW), now=NOW)
    ContactPoint.objects.update(verified_at=NOW)
    chat = started(anonymous_id="device-1")
    mailing.leave_address(chat, "ann@example.test", name="Mallory", address="192.0.2.7", now=NOW, at=NOW)
    assert Conversation.objects.get().customer is None
    assert not AnonymousJoin.objects.exists()
    Chat.objects.update(name="Ann")
    mailing.confirm(links.mail(Chat.objects.get()), now=NOW)
    mailing.confirm(links.mail(Chat.objects.get()), now=NOW)
    assert Conversation.objects.get().customer == ann
    assert list(AnonymousJoin.objects.values_list("anonymous_id", "customer_id")) == [("device-1", ann.pk)]


def test_a_proved_address_nobody_has_becomes_a_card_without_any_permission():
    chat = started()
    mailing.leave_address(chat, "bo@example.test", name="Bo", address="192.0.2.7", now=NOW, at=NOW)
    mailing.confirm(links.mail(Chat.objects.get()), now=NOW)
    card = Customer.objects.get()
    assert (card.name, card.source.kind) == ("Bo", "chat")
    assert ContactPoint.objects.get().verified_at == NOW
    assert not may_contact(card.pk, "email", "marketing", NOW).allowed


def test_a_link_of_one_purpose_opens_nothing_else():
    chat = started()
    mailing.leave_address(chat, "ann@example.test", name="", address="192.0.2.7", now=NOW, at=NOW)
    chat.refresh_from_db()
    page, held, mailed = links.begin(NOW), links.thread(chat), links.mail(chat)
    for reader, wrong in (
        (links.read_thread, (page, mailed, held[:-2] + "AA", "", "x" * 5_000)),
        (links.read_mail, (page, held, "é")),
    ):
        for token in wrong:
            with pytest.raises(NotFound):
                reader(token)
    with pytest.raises(NotFound):
        links.read_begun(held, at=NOW)
    mailing.leave_address(chat, "bo@example.test", name="", address="192.0.2.7", now=NOW, at=NOW)
    with pytest.raises(NotFound):
        links.read_mail(mailed)  # of the address that was there before


def test_programs_and_floods_are_kept_out():
    with pytest.raises(Forbidden):
        links.read_begun(links.begin(NOW), at=NOW + timedelta(seconds=1))
    with pytest.raises(Invalid):
        links.read_begun(links.begin(NOW), at=NOW + timedelta(days=2))
    with pytest.raises(Forbidden):
        started(trap="http://spam.example")
    for text, code in (("x" * 4_001, "long"), (" \x00 ", "empty")):
        with pytest.raises(Invalid) as refused:
            started(text)
        assert refused.value.code == code
    assert not Conversation.objects.exists()
    for number in range(10):
        started(message_id=f"message-{number}")
    with pytest.raises(Unavailable):
        started(message_id="message-11")
    chat = started(message_id="another-1", address="192.0.2.8")
    for number in range(39):
        thread.write(chat, sent(str(number), f"message-{number}", address="192.0.2.8"), now=NOW, at=NOW)
    with pytest.raises(Unavailable):
        thread.write(chat, sent("One more", "message-99", address="192.0.2.8"), now=NOW, at=NOW)
    assert limits.sweep(NOW + timedelta(days=3)) > 0


def test_a_chat_that_is_closed_takes_nobody_in_but_answers_those_who_are_there():
    chat = started()
    desk.change({"open": False})
    with pytest.raises(Forbidden):
        started(message_id="message-9")
    thread.write(chat, sent("Still here?", "message-2"), now=NOW, at=NOW)
    assert len(texts(chat)) == 2


def test_a_picture_is_drawn_anew_and_anything_else_is_refused():
    chat = started()
    thread.write(chat, sent("", "message-2", picture=picture()), now=NOW, at=NOW)
    thread.write(chat, sent("", "message-2", picture=picture()), now=NOW, at=NOW)
    (one,) = Attachment.objects.all()
    assert one.name == "<b>shoe<br>.png"
    with Image.open(pictures.path_of(one)) as drawn:
        assert (drawn.format, drawn.size) == ("JPEG", (40, 30))
    for came in (Came("a.png", 9, b"<svg/>..."), Came("a.png", 20_000_000, b"x")):
        with pytest.raises(Invalid):
            thread.write(chat, sent("", "message-3", picture=came), now=NOW, at=NOW)
    assert Attachment.objects.count() == 1


def test_facts_are_proposed_and_taken_only_once_it_is_known_whose_they_are():
    AttributeDefinition.objects.create(key="town", label="Town")
    ann = cards.add(cards.NewCard("Ann"), source=office(NOW), now=NOW)
    chat = started("I live in Nantes.")
    proposal = ProposedFact.objects.get()
    with pytest.raises(Invalid):
        talking.take(proposal.pk, source=office(NOW), by=None, now=NOW)
    talking.belongs_to(chat.pk, ann.pk)
    talking.take(proposal.pk, source=office(NOW), by=None, now=NOW)
    ann.refresh_from_db()
    assert ann.facts["town"]["v"] == "Nantes"
    bo = cards.add(cards.NewCard("Bo"), source=office(NOW), now=NOW)
    with pytest.raises(Invalid):
        talking.belongs_to(chat.pk, bo.pk)


def test_what_the_desk_cannot_be_is_refused():
    for values in (
        {"hours": {"7": [["09:00", "18:00"]]}},
        {"hours": {"0": [["18:00", "09:00"]]}},
        {"hours": {"0": [["nine", "ten"]]}},
        {"holidays": ["Christmas"]},
        {"sites": ["https://x.example; script-src *"]},
        {"sites": ["javascript:alert(1)"]},
        {"form_path": "https://elsewhere.example/"},
        {"privacy_url": "javascript:alert(1)"},
        {"answer_minutes": 0},
        {"colour": "red"},
    ):
        with pytest.raises(Invalid):
            desk.change(values)
    assert desk.desk().hours == ALL_DAY
    assert homes.current().uploads.exists()


def test_what_was_said_in_a_chat_is_given_out_erased_and_kept_no_longer_than_it_says():
    ann = cards.add(cards.NewCard("Ann"), source=office(NOW), now=NOW)
    mine, strangers = started(message_id="message-a"), started(message_id="message-b")
    for number, chat in enumerate((mine, strangers)):
        thread.write(chat, sent("", f"picture-{number}", picture=picture()), now=NOW, at=NOW)
    talking.belongs_to(mine.pk, ann.pk)
    paths = [pictures.path_of(one) for one in Attachment.objects.order_by("pk")]
    (held,) = [each for each in personal.holdings() if each.table == "conversations_conversation"]
    assert [row["files"] for row in held.give_out(ann.pk)][-1] == "<b>shoe<br>.png"
    held.erase(ann.pk, NOW)
    assert not paths[0].exists()
    assert paths[1].exists()
    (rule,) = [one for one in personal.keepings() if one.kind == "conversations_without_card"]
    before = NOW + timedelta(days=1)
    rule.take(rule.find(before, (), "").marks, before, ())
    assert not paths[1].exists()
    assert not Conversation.objects.exists()
