"""Phone numbers read all at once are what they are when read one by one."""

import random

import duckdb
import pytest

from beizai.base.contact_points import normal_phone
from beizai.base.errors import Invalid
from beizai.imports import person_statements
from beizai.imports.dialling import dialling


def one_by_one(text: str, country: str) -> str | None:
    try:
        return normal_phone(text, country)
    except Invalid:
        return None


def written(draw: random.Random, country: str) -> str:
    plan = dialling(country)
    assert plan is not None
    digits = "".join(draw.choice("0123456789") for _ in range(draw.choice([*plan.lengths, 5, 11])))
    start = draw.choice(
        ["", plan.prefix, f"+{plan.code}", plan.code, f"00{plan.code}", f"+{plan.code}0", "+1", "0"]
    )
    text = start + digits
    if draw.random() < 0.4:
        text = (
            " ".join((text[:3], text[3:6], text[6:]))
            if draw.random() < 0.5
            else f"{text[:4]}-({text[4:6]}){text[6:]}"
        )
    return text.strip()


@pytest.mark.parametrize("country", ["FR", "US", "GB", "CN", "DE", "IT", "ES", "RU", "BR", "JP", "CA"])
def test_numbers_of_a_plain_shape_are_read_as_phonenumbers_reads_them(country: str) -> None:
    draw = random.Random(f"dialling {country}")
    texts = sorted({written(draw, country) for _ in range(1_500)})
    plan = dialling(country)
    assert plan is not None
    con = duckdb.connect()
    con.execute("create table placed (phone varchar, dials varchar)")
    con.executemany("insert into placed values (?, ?)", [(text, country) for text in texts])
    con.execute("create table phone_words (text varchar, country varchar, normal varchar, national varchar)")
    con.execute(person_statements.EMAIL_MACROS)
    con.execute(person_statements.PLAIN_PHONES, {"country": country, **plan.__dict__})
    found = dict(con.execute("select text, normal from phone_words").fetchall())
    assert {text: one_by_one(text, country) for text in found} == found
    assert len(found) > len(texts) * 0.02
