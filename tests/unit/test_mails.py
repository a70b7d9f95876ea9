"""Mails as they come: who wrote what in answer to what; machines told from people; nothing makes the reader stumble."""

from email.message import EmailMessage

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from beizai.conversations.mails import quoting, reading
from beizai.conversations.mails.reading import AUTOMATIC, BOUNCE, LETTER, LIST, read

BOUNCED = b"""Return-Path: <>
From: MAILER-DAEMON@mx.example
To: shop@tea.example
Subject: Undelivered Mail Returned to Sender
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

It could not be delivered.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; ann@example.test
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 No such user

--b
Content-Type: message/rfc822

Message-ID: <service-0123@tea.example>
From: shop@tea.example

Hello
--b--
"""


def mail(text="Do you have it in black?", **heads):
    one = EmailMessage()
    one["From"], one["To"] = "Ann Lee <ann@example.test>", "shop@tea.example"
    one["Subject"], one["Message-ID"] = "Black shoes", "<one@example.test>"
    one["Date"] = "Tue, 14 Apr 2026 09:00:00 +0200"
    for name, value in heads.items():
        del one[name.replace("_", "-")]
        one[name.replace("_", "-")] = value
    one.set_content(text)
    return one


def test_a_letter_is_read_with_its_sender_its_words_and_what_it_answers():
    found = read(mail(References="<a@x> <b@x>", In_Reply_To="<b@x>").as_bytes())
    assert (found.nature, found.sender, found.sender_name) == (LETTER, "ann@example.test", "Ann Lee")
    assert (found.subject, found.text, found.answers) == (
        "Black shoes",
        "Do you have it in black?",
        ("<a@x>", "<b@x>"),
    )
    assert not found.cut


def test_the_words_of_an_html_mail_and_its_files_are_read():
    one = EmailMessage()
    one["From"] = "ann@example.test"
    one.set_content("<p>Is the <b>black</b> one in?<p><script>alert(1)</script>", subtype="html")
    one.add_attachment(b"\x89PNG", maintype="image", subtype="png", filename="shoe.png")
    one.add_attachment(
        b"MZ" * 50, maintype="application", subtype="octet-stream", filename="../../x\u202e.exe"
    )
    found = read(one.as_bytes())
    assert "Is the black one in?" in found.text
    assert "alert" not in found.text
    picture, program = found.files
    assert (picture.name, picture.content) == ("shoe.png", b"\x89PNG")
    assert (program.size, program.content) == (100, None)


@pytest.mark.parametrize(
    ("heads", "nature"),
    [
        ({"Auto-Submitted": "auto-replied"}, AUTOMATIC),
        ({"Auto-Submitted": "no"}, LETTER),
        ({"Precedence": "auto_reply"}, AUTOMATIC),
        ({"Precedence": "bulk"}, LIST),
        ({"List-Id": "<news.example>"}, LIST),
        ({"Return-Path": "<>"}, AUTOMATIC),
        ({"X-Autoreply": "yes"}, AUTOMATIC),
    ],
)
def test_machines_are_told_from_people(heads, nature):
    one = mail()
    for name, value in heads.items():
        one[name] = value
    assert read(one.as_bytes()).nature == nature


def test_a_bounce_says_which_mail_and_why():
    found = read(BOUNCED)
    assert found.nature == BOUNCE
    assert found.bounce is not None
    assert (found.bounce.original_id, found.bounce.status, found.bounce.for_good) == (
        "<service-0123@tea.example>",
        "5.1.1",
        True,
    )
    assert "No such user" in found.bounce.words


@pytest.mark.parametrize(
    "quoted",
    [
        "On Tue, 14 Apr 2026 at 09:00, Lin Tea <shop@tea.example> wrote:\n> In black?",
        "On Tue, 14 Apr 2026 at 09:00, Lin Tea\n<shop@tea.example> wrote:\n\n> In black?\n> Or blue?",
        "Le mar. 14 avr. 2026 à 09:00, Lin Tea a écrit :\n> En noir ?",
        "在 2026年4月14日，林茶写道：\n> 黑色吗？",
        "-----Original Message-----\nFrom: Lin Tea\nIn black?",
        "From: Lin Tea <shop@tea.example>\nSent: Tuesday\nTo: Ann\nSubject: Shoes\n\nIn black?",
        "> In black?\n> Or blue?",
    ],
)
def test_what_is_quoted_is_parted_and_kept(quoted):
    said, rest = quoting.parted(f"Yes, please.\nAnn\n\n{quoted}\n")
    assert said == "Yes, please.\nAnn"
    assert rest == quoted.strip()


def test_answers_between_quoted_lines_stay():
    text = "> In black?\nYes.\n> When?\nFriday."
    assert quoting.parted(text) == (text, "")
    assert quoting.parted("> Only quoted")[0] == "> Only quoted"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00\xff\xfe",
        b"From: a@b.example\n" * 50_000,
        b"Subject: =?utf-8?b?////?= =?no-such?q?=C3?=\nFrom: =?x?Q?\n\nHello",
        b"Content-Type: text/plain; charset=\xff\xfe\nContent-Transfer-Encoding: base64\n\n!!!!",
        b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 1_000_000,
        b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (n, n) for n in range(3_000)),
        b"Content-Type: message/rfc822\n\n" * 20_000,
        b"Content-Type: text/html\n\n" + b"<div>" * 200_000,
        b"Content-Type: text/html\n\n" + b"<table><tr><td>" * 3_000 + b"x",
        b"References: " + b"<a@b> " * 400_000 + b"\n\nHello",
        b"From: " + b"(" * 100_000 + b"\n\nHello",
        b"Content-Type: text/plain; " + b"a=b; " * 20_000 + b"\n\nHello",
    ],
    ids=range(13),
)
def test_no_mail_makes_the_reader_stumble_or_stay(raw):
    found = read(raw)
    assert len(found.text) <= 20_000
    assert "\x00" not in found.text + found.subject + found.sender


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=2_000), st.integers(0, 400), st.binary(max_size=30))
def test_any_bytes_within_a_mail_are_read(noise, place, more):
    raw = bytearray(BOUNCED + mail().as_bytes())
    raw[place : place + len(more)] = more
    for one in (bytes(raw), noise, b"From: a@b.example\nContent-Type: " + noise):
        assert isinstance(read(one), reading.Letter)
