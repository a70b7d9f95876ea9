"""Exported chats are read as they come: WhatsApp from either side of the Atlantic and from China, Telegram, a plain table."""

import json
from datetime import datetime

import pytest

from beizai.base.errors import Invalid
from beizai.conversations.exports import Line, read
from beizai.conversations.proposing import propose, rules

KNOWN = {"town", "age", "occupation", "employer", "years_of_play", "reaction"}


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("14/04/2026, 09:12 - Ann Lee: Hello\n", datetime(2026, 4, 14, 9, 12)),
        ("[14.04.26, 09:12:33] Ann Lee: Hello\n", datetime(2026, 4, 14, 9, 12, 33)),
        ("4/14/26, 9:12\u202fPM - Ann Lee: Hello\n", datetime(2026, 4, 14, 21, 12)),
        (
            "[2026/4/14 下午9:12:33] Ann Lee: Hello\n".replace(" 下", ", 下"),
            datetime(2026, 4, 14, 21, 12, 33),
        ),
        ("4/14/26, 12:05 AM - Ann Lee: Hello\n", datetime(2026, 4, 14, 0, 5)),
    ],
)
def test_whatsapp_texts_of_several_places_read_alike(text, at):
    assert read(text.encode()) == [Line("Ann Lee", at, "Hello")]


def test_a_message_of_several_lines_is_one_and_what_the_program_says_is_none():
    text = (
        "14/04/2026, 09:12 - Messages are end-to-end encrypted.\n"
        "14/04/2026, 09:12 - Ann: First\nsecond: line\n"
        "14/04/2026, 09:13 - Shop: Hello Ann\n14/04/2026, 09:14 - Ann: <Media omitted>\n"
    )
    assert [(line.who, line.text) for line in read(text.encode())] == [
        ("Ann", "First\nsecond: line"),
        ("Shop", "Hello Ann"),
    ]


def test_dates_that_read_in_two_ways_are_asked():
    text = b"04/05/2026, 09:12 - Ann: Hello\n"
    with pytest.raises(Invalid) as refused:
        read(text)
    assert refused.value.code == "dates_ambiguous"
    assert read(text, dates="dmy")[0].at == datetime(2026, 5, 4, 9, 12)
    assert read(text, dates="mdy")[0].at == datetime(2026, 4, 5, 9, 12)


def test_telegram_s_json_with_formatted_text_and_service_lines():
    chat = {
        "messages": [
            {"type": "service", "date": "2026-04-14T09:00:00", "text": ""},
            {"type": "message", "from": "Ann", "date": "2026-04-14T09:12:00", "text": ["Hi ", {"type": "bold", "text": "there"}]},
        ]
    }  # fmt: skip
    assert read(json.dumps(chat).encode()) == [Line("Ann", datetime(2026, 4, 14, 9, 12), "Hi there")]


def test_a_plain_table_in_the_words_of_its_makers():
    assert read("姓名,时间,内容\n陈晓雯,2026-04-14 09:12,你好\n".encode()) == [
        Line("陈晓雯", datetime(2026, 4, 14, 9, 12), "你好")
    ]
    with pytest.raises(Invalid, match="Row 2"):
        read(b"who,at,text\nAnn,noon,Hello\n")


@pytest.mark.parametrize(
    "data", [b"", b"\xff\xfe\x00a", b"{", b'{"messages": 3}', b"just words\n", b"[[[[" * 10_000]
)
def test_what_is_no_chat_is_refused_in_words(data):
    with pytest.raises(Invalid):
        read(data)


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        ("Good morning. I live in New York and need shoes.", "town", "New York"),
        ("Bonjour, j'habite à Nantes depuis peu.", "town", "Nantes"),
        ("我住在杭州。", "town", "杭州"),
        ("I'm 34 years old.", "age", "34"),
        ("J'ai 34 ans", "age", "34"),
        ("我今年34岁", "age", "34"),
        ("I am a nurse at the clinic.", "occupation", "nurse"),
        ("我是老师。", "occupation", "老师"),
        ("I work at Airbus.", "employer", "Airbus"),
        ("我在阿里巴巴上班", "employer", "阿里巴巴"),
        ("I have played it for 6 years", "years_of_play", "6"),
        ("I'm allergic to ammonia.", "reaction", "ammonia"),
        ("我对氨水过敏", "reaction", "氨水"),
    ],
)
def test_what_people_tell_of_themselves_is_proposed_with_its_sentence(text, key, value):
    (found,) = [one for one in propose(text, KNOWN) if one.attribute_key == key]
    assert found.value == value
    assert found.sentence in text
    assert found.version >= 1


@pytest.mark.parametrize("text", ["Do you live in Paris?", "She is 34 years old.", "I am at home.", ""])
def test_what_is_said_of_others_or_of_nothing_is_not_proposed(text):
    assert propose(text, KNOWN) == []


def test_only_what_the_book_asks_is_proposed_and_long_texts_end():
    assert propose("I live in Nantes.", set()) == []
    assert propose("a " * 400_000, KNOWN) == []
    assert len({rule.name for rule in rules()}) == len(rules())
