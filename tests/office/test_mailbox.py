"""The shop's mailbox over a real IMAP server: each mail once, whatever dies; in its thread; answered in it; machines left out."""

import os
from contextlib import contextmanager
from datetime import UTC, date, datetime
from email.message import EmailMessage

import imap_server
import pytest
from django.db import connection

from beizai.base.errors import Invalid, Unavailable
from beizai.conversations import talking
from beizai.conversations.chats import desk
from beizai.conversations.mails import answering, entering, fetching, imap, mailbox
from beizai.conversations.models import (
    Attachment,
    Conversation,
    FetchedMail,
    Mailbox,
    MailHead,
    ProposedFact,
    Utterance,
)
from beizai.customers import cards
from beizai.customers.models import AttributeDefinition
from beizai.messages import service
from beizai.messages.models import ServiceMail, ServiceState
from beizai.sources.register import office
from beizai.staff.models import Shop, User

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("home"), pytest.mark.imap]
NOW = datetime(2026, 4, 14, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def running():
    if imap_server.program() is None:
        message = "Dovecot: apt-get install dovecot-imapd"
        pytest.fail(message) if os.environ.get("CI") == "true" else pytest.skip(message)
    with imap_server.server() as made:
        yield made


@pytest.fixture
def server(running, monkeypatch):
    """The server, its inbox empty, trusted for this test."""
    for name in running.flags():
        for sub in ("new", "cur"):
            (running.mails / sub / name).unlink(missing_ok=True)
    monkeypatch.setenv("SSL_CERT_FILE", str(running.certificate))
    return running


@pytest.fixture(autouse=True)
def shop():
    Shop.objects.create(
        pk=1,
        name="Lin Tea",
        timezone="Europe/Paris",
        sender_address="shop@tea.example",
        sender_name="Lin Tea",
    )


@pytest.fixture
def box(server):
    return mailbox.change(
        {
            "host": "localhost",
            "port": server.tls,
            "user": imap_server.USER,
            "password": imap_server.PASSWORD,
            "address": "shop@tea.example",
            "from_on": "2020-01-01",
            "active": True,
        },
        today=date(2026, 4, 14),
    )


def mail(number, text="Do you have it in black?", *, sender="Ann Lee <ann@example.test>", **heads):
    one = EmailMessage()
    one["From"], one["To"], one["Subject"] = sender, "shop@tea.example", heads.pop("Subject", "Black shoes")
    one["Message-ID"], one["Date"] = f"<{number}@example.test>", "Tue, 14 Apr 2026 09:00:00 +0200"
    for name, value in heads.items():
        one[name.replace("_", "-")] = value
    one.set_content(text)
    return one.as_bytes()


def fetch():
    return fetching.fetch(now=NOW, at=NOW).became


def texts():
    return list(Utterance.objects.order_by("pk").values_list("text", flat=True))


def ann():
    return cards.add(
        cards.NewCard("Ann Lee", points=[("email", "ann@example.test")]), source=office(NOW), now=NOW
    )


def test_a_mail_becomes_a_conversation_of_the_card_once_and_stays_in_the_mailbox(server, box):
    card = ann()
    AttributeDefinition.objects.create(key="town", label="Town")
    server.deliver(mail(1, "I live in Nantes.\n\nOn Monday, Lin Tea wrote:\n> Where do you live?\n"), 1)
    assert fetch() == {"conversation": 1}
    assert fetch() == {}
    (found,) = Conversation.objects.all()
    assert (found.customer, found.way, found.subject) == (card, "email", "Black shoes")
    said = Utterance.objects.get()
    assert (said.text, "Where do you live?" in said.quoted) == ("I live in Nantes.", True)
    card.refresh_from_db()
    assert "town" not in card.facts  # only proposed
    assert ProposedFact.objects.get().value == "Nantes"
    assert len(server.flags()) == 1


def test_whatever_dies_in_between_each_mail_comes_once(server, box, monkeypatch):
    for number in range(1, 7):
        server.deliver(mail(number, f"Mail {number}", Subject=f"Matter {number}"), number)
    real, calls = entering.enter, []

    class Died(BaseException):
        """The process was killed."""

    def dying(*args, **named):
        calls.append(1)
        became = real(*args, **named)
        if len(calls) in (2, 4, 5):
            raise Died
        return became

    monkeypatch.setattr(entering, "enter", dying)
    for _life in range(4):
        with pytest.raises(Died) if len(calls) < 5 else _nothing():
            fetch()
    assert sorted(texts()) == [f"Mail {number}" for number in range(1, 7)]
    assert fetch() == {}


@contextmanager
def _nothing():
    yield


def test_numbers_given_anew_double_nothing_and_lose_nothing(server, box):
    server.deliver(mail(1), 1)
    fetch()
    server.renumber()
    server.deliver(mail(2, "And in blue?", Subject="Blue"), 2)
    before = Mailbox.objects.get().uid_validity
    assert fetch() == {"known": 1, "conversation": 1}
    assert Mailbox.objects.get().uid_validity != before
    assert texts() == ["Do you have it in black?", "And in blue?"]


def test_an_answer_goes_out_in_its_thread_and_what_comes_back_finds_it(server, box):
    card = ann()
    server.deliver(mail(1, References="<zero@example.test>"), 1)
    fetch()
    found = Conversation.objects.get()
    said = talking.say(found.pk, "Yes, from 38.", speaker="staff", said_at=NOW, by=None)
    head = MailHead.objects.get()
    asked = service.ask(
        answering.key(said.pk), kind="answer", to="ann@example.test", subject=answering.subject(head),
        text="Yes, from 38.", headers=answering.headers(head), now=NOW,
    )  # fmt: skip
    sent = []
    Shop.objects.update(smtp_host="localhost")
    service.send_due(Shop.objects.get(), lambda mail, _shop: sent.append(mail.data), now=NOW)
    raw = sent[0].decode()
    assert "Subject: Re: Black shoes" in raw
    assert "In-Reply-To: <1@example.test>" in raw
    assert "References: <zero@example.test> <1@example.test>" in raw
    assert "Auto-Submitted" not in raw
    ours = service.message_id(asked, Shop.objects.get())
    server.deliver(mail(2, "I take them.", Subject="Something else", In_Reply_To=ours), 2)
    server.deliver(mail(3, "Me too!", sender="bo@example.test", In_Reply_To=ours), 3)
    server.deliver(mail(4, "When do you open?", Subject="Re: Black shoes"), 4)
    assert fetch() == {"conversation": 3}
    assert list(found.utterances.order_by("pk").values_list("text", flat=True)) == [
        "Do you have it in black?", "Yes, from 38.", "I take them.", "When do you open?",
    ]  # fmt: skip
    other = Conversation.objects.exclude(pk=found.pk).get()
    assert (other.customer, found.customer_id) == (None, card.pk)  # another's mail joins no thread of hers


def test_machines_become_no_conversation_and_a_bounce_is_told_where_it_belongs(server, box):
    server.deliver(mail(1), 1)
    fetch()
    found = Conversation.objects.get()
    said = talking.say(found.pk, "Yes.", speaker="staff", said_at=NOW, by=None)
    asked = service.ask(
        answering.key(said.pk), kind="answer", to="ann@example.test", subject="x", text="x", now=NOW
    )
    ServiceMail.objects.update(state=ServiceState.SENT)
    server.deliver(mail(2, "I am away.", Auto_Submitted="auto-replied"), 2)
    server.deliver(mail(3, "Buy now!", List_Id="<x.example>"), 3)
    server.deliver(bounce(service.message_id(asked, Shop.objects.get())), 4)
    server.deliver(bounce("<service-00000000000000000000000000000000@tea.example>"), 5)
    assert fetch() == {"automatic": 1, "list": 1, "bounce": 2}
    assert Conversation.objects.count() == 1
    assert ServiceMail.objects.get().state == ServiceState.FAILED
    assert "No such user" in Utterance.objects.get(automatic=True).text


def bounce(message_id):
    return (
        "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example\nSubject: Failed\n"
        f"Message-ID: <{abs(hash(message_id))}@mx.example>\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
        "--b\nContent-Type: text/plain\n\nSorry.\n--b\nContent-Type: message/delivery-status\n\n"
        "Reporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; ann@example.test\nAction: failed\n"
        "Status: 5.1.1\nDiagnostic-Code: smtp; 550 No such user\n\n"
        f"--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: {message_id}\n\n--b--\n"
    ).encode()


def test_a_shared_address_leads_to_nobody_s_card(server, box):
    ann()
    cards.add(cards.NewCard("Bo Lee", points=[("email", "ann@example.test")]), source=office(NOW), now=NOW)
    server.deliver(mail(1), 1)
    fetch()
    assert Conversation.objects.get().customer is None


def test_odd_mails_keep_nobody_behind_them_waiting(server, box):
    large = EmailMessage()
    large["From"], large["Subject"], large["Message-ID"] = "ann@example.test", "Large", "<large@example.test>"
    large.set_content("See the file.")
    large.add_attachment(b"x" * 38_000_000, maintype="application", subtype="zip", filename="all.zip")
    server.deliver(large.as_bytes(), 1)
    server.deliver(
        b"From: a@b.example\nContent-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 400_000, 2
    )
    server.deliver(b"\xff\xfe\x00" * 1_000, 3)
    server.deliver(mail(4, "I come after them.", sender="bo@example.test"), 4)
    became = fetch()
    assert sum(became.values()) == 4
    assert {"See the file.", "I come after them."} <= set(texts())
    assert Attachment.objects.get(utterance__text="See the file.").file == ""
    assert FetchedMail.objects.count() == 4


def test_the_automatic_reply_says_so_and_no_two_machines_talk(server, box):
    desk.change({"reply": {"en": "Thank you."}, "mail_reply": True})
    server.deliver(mail(1), 1)
    server.deliver(mail(2, "Another.", Subject="Another matter"), 2)
    server.deliver(
        mail(3, "Away.", Subject="Away", Auto_Submitted="auto-replied", sender="c@example.test"), 3
    )
    fetch()
    (reply,) = ServiceMail.objects.all()
    assert "This is an automatic reply." in reply.text
    assert reply.headers["In-Reply-To"] == "<1@example.test>"


def test_only_where_it_is_wished_is_a_mail_marked_as_read(server, box):
    server.deliver(mail(1), 1)
    fetch()
    assert not any("S" in name.partition(":2,")[2] for name in server.flags())
    mailbox.change({"marks_seen": True}, today=NOW.date())
    server.deliver(mail(2, Subject="Other"), 2)
    fetch()
    assert sum("S" in name.partition(":2,")[2] for name in server.flags()) == 1


def test_what_is_wrong_with_the_mailbox_is_said_and_kept(server, box, monkeypatch):
    assert mailbox.test(box).mails == 0
    for values, code in (
        ({"password": "wrong"}, "auth_refused"),
        ({"password": "geheim-ä"}, "auth_refused"),
        ({"password": imap_server.PASSWORD, "folder": "Éléments"}, "no_folder"),
        ({"folder": "INBOX", "port": server.plain}, "no_tls"),
        ({"port": 1}, "no_connection"),
    ):
        found = mailbox.change(values, today=NOW.date())
        with pytest.raises(Unavailable) as refused:
            fetching.fetch(now=NOW, at=NOW)
        assert refused.value.code == code
        found.refresh_from_db()
        assert found.trouble["code"] == code
        assert imap_server.PASSWORD not in str(refused.value) + found.password
    mailbox.change({"port": server.plain, "security": "starttls"}, today=NOW.date())
    fetch()
    assert Mailbox.objects.get().trouble == {}
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(Unavailable) as refused:  # a certificate nobody vouches for
        mailbox.test(Mailbox.objects.get())
    assert refused.value.code == "no_tls"


def test_a_password_goes_over_no_open_line():
    for values in (
        {"host": "mail.example", "security": "none"},
        {"port": "0"},
        {"security": "perhaps"},
        {"folder": "a\r\nb"},
        {"active": True},
        {"colour": "red"},
    ):
        with pytest.raises(Invalid):
            mailbox.change(values, today=NOW.date())
    assert not Mailbox.objects.exists()


def test_the_office_tries_the_mailbox_and_says_what_is_wrong(server, box, client):
    user = User.objects.create_user("wei@example.test", None, role="owner", language="en")
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    page = "/collection/conversations/mailbox/"
    given = {
        "host": "localhost",
        "port": server.tls,
        "security": "tls",
        "user": imap_server.USER,
        "folder": "INBOX",
    }
    server.deliver(mail(1), 1)
    assert client.post(page, given | {"step": "test", "from_on": "2020-01-01"}).status_code == 302
    assert "1 mails lie there" in client.get(page).content.decode()
    assert (
        client.post(page, given | {"step": "fetch", "from_on": "2020-01-01", "active": "1"}).status_code
        == 302
    )
    assert Conversation.objects.count() == 1
    wrong = client.post(page, given | {"step": "test", "password": "wrong", "from_on": "2020-01-01"})
    assert wrong.status_code == 400
    assert "refused the name or the password" in wrong.content.decode()
    assert imap_server.PASSWORD not in client.get(page).content.decode()


def test_names_of_folders_are_said_as_imap_wants_them():
    assert imap.quoted('a"b\\c') == '"a\\"b\\\\c"'
    assert imap.quoted("收件箱") == '"&ZTZO9nux-"'
    assert connection.vendor in ("sqlite", "postgresql")
