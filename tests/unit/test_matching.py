"""The matcher: what compares how, what is learned without known doubles, who ends up on one card."""

import random

import numpy as np
import pyarrow as pa
import pytest

from beizai.base.errors import Invalid
from beizai.identity.matching import Matcher, find_pairs, one_to_one, people, sentence, settings_for
from beizai.identity.matching.columns import cards_of
from beizai.identity.matching.distance import likeness, slips
from beizai.identity.matching.levels import levels
from beizai.identity.matching.settings import EXPECTED, ROLES, Level

GIVEN = "Anna Ben Clara David Eva Franz Greta Hugo Ines Jakob Klara Lukas Marie Nils Olga Paul Rosa Stefan Tina Uta".split()
FAMILY = "Abel Bauer Christ Dorn Ernst Fuchs Graf Huber Iser Jung Kaiser Lang Maier Neumann Ott Pohl Reiter Sommer".split()
TOWNS = ("Graz", "Salzburg", "Bregenz", "Innsbruck", "Klagenfurt", "Villach", "Wels")


def compared(role: str, a: str | None, b: str | None) -> Level:
    table = pa.table({"id": [1, 2], role: [a, b]})
    settings = settings_for([role])
    row = levels(cards_of(table, settings), settings, np.array([0]), np.array([1]))[0, 0]
    return Level.MISSING if row < 0 else list(EXPECTED[ROLES[role].kind])[row]


@pytest.mark.parametrize(
    ("role", "a", "b", "level"),
    [
        ("given_name", "Anna", "ANNA ", Level.SAME),
        ("given_name", "Jean-Rémy", "jean remy", Level.WRITTEN_OTHERWISE),
        ("given_name", "Martha", "Marhta", Level.ONE_SLIP),
        ("given_name", "Al", "Ali", Level.ALIKE),
        ("given_name", "J.", "John", Level.ALIKE),
        ("given_name", "伟明", "伟民", Level.DIFFERS),
        ("given_name", "小", "小明", Level.DIFFERS),
        ("family_name", "Catherine", "Katharine", Level.TWO_SLIPS),
        ("family_name", "Ott", None, Level.MISSING),
        ("family_name", "Ott", " - ", Level.MISSING),
        ("street", "Rue de la Paix", "rue de la paix 3 bis", Level.ALIKE),
        ("birthday_on", "1980-03-07", "19800307", Level.SAME),
        ("birthday_on", "1980-03-07", "1980-07-03", Level.SWAPPED),
        ("birthday_on", "1980-03-07", "1980-03-08", Level.ONE_SLIP),
        ("birthday_on", "1980-03-07", "1965-03-07", Level.YEAR_OFF),
        ("birthday_on", "1980-03-07", "1971-12-25", Level.DIFFERS),
        ("house", "12", "13", Level.DIFFERS),
        ("postcode", "75002", "57002", Level.ONE_SLIP),
        ("phone", "+43 660 1234567", "0660/1234567", Level.ENDING),
        ("email", "ann@web.at", "ann+shop@web.at", Level.WRITTEN_OTHERWISE),
        ("email", "ann.ott@web.at", "ann.ott@gmx.net", Level.LOCAL_PART),
        ("email", "ann.ott@web.at", "an.ott@web.at", Level.ONE_SLIP),
        ("email", "ann7@web.at", "ann8@web.at", Level.DIFFERS),
    ],
)
def test_two_values_compare_as_a_clerk_would(role: str, a: str, b: str | None, level: Level) -> None:
    assert compared(role, a, b) == level


def test_distances_are_the_published_ones() -> None:
    words = [
        ("ca", "abc"),
        ("martha", "marhta"),
        ("dwayne", "duane"),
        ("dixon", "dicksonx"),
        ("", "abc"),
        ("ab", "ba"),
    ]
    letters = [
        np.array([word[side] for word in words], dtype="U16")
        .view(np.uint32)
        .reshape(-1, 16)
        .astype(np.uint16)
        for side in (0, 1)
    ]
    lengths = [np.array([len(word[side]) for word in words]) for side in (0, 1)]
    assert slips(letters[0], lengths[0], letters[1], lengths[1]).tolist() == [3, 1, 2, 4, 3, 1]
    alike = likeness(letters[0], lengths[0], letters[1], lengths[1])
    assert alike[1:4] == pytest.approx([0.9611, 0.84, 0.8133], abs=5e-4)  # Winkler's examples


def book(cards: int, doubles: int, *, seed: int = 1) -> tuple[pa.Table, set[tuple[int, int]]]:
    """SIMULATED cards; each double is a copy of an earlier card in which every field but the name errs one time in five."""
    draw = random.Random(seed)
    rows = [
        {
            "given_name": draw.choice(GIVEN),
            "family_name": draw.choice(FAMILY) + draw.choice(["", "er", "mann", "inger"]),
            "birthday_on": f"{draw.randint(1940, 2005)}-{draw.randint(1, 12):02}-{draw.randint(1, 28):02}",
            "postcode": str(draw.randint(1000, 1400)),
            "town": draw.choice(TOWNS),
            "phone": f"0660{draw.randint(1000000, 9999999)}",
        }
        for _ in range(cards)
    ]
    truth = set()
    for number, original in enumerate(draw.sample(range(cards), doubles)):
        copy = dict(rows[original])
        for name in ("birthday_on", "postcode", "town", "phone"):
            if draw.random() < 0.2:
                copy[name] = rows[draw.randrange(cards)][name]
        rows.append(copy)
        truth.add((original, cards + number))
    return pa.Table.from_pylist([{"id": number, **row} for number, row in enumerate(rows)]), truth


def test_what_agreement_is_worth_is_learned_without_known_doubles() -> None:
    table, truth = book(1200, 400)
    matcher = Matcher.of(table, settings_for(table.column_names))
    names = [role.name for role in matcher.settings.roles]
    phone = matcher.model.m[names.index("phone")][2]
    assert phone[0] == pytest.approx(0.8, abs=0.06)  # planted: one in five errs
    assert matcher.model.doubles * 1600 * 1599 / 2 == pytest.approx(len(truth), rel=0.1)
    found = {pair for one in people(matcher, matcher.pairs()).merge for pair in [one.ids] if len(pair) == 2}
    assert len(found & truth) >= 0.9 * len(truth)
    assert len(found - truth) <= 0.02 * len(truth)


def test_a_book_without_doubles_has_none_to_merge() -> None:
    table, _ = book(1500, 0)
    assert find_pairs(table, settings_for(table.column_names)).num_rows <= 3


def test_the_order_of_the_rows_changes_nothing() -> None:
    table, _ = book(300, 80)
    settings = settings_for(table.column_names)
    shuffled = table.take(np.random.default_rng(5).permutation(table.num_rows))
    pairs, again = find_pairs(table, settings), find_pairs(shuffled, settings)
    assert pairs.select(["left_id", "right_id"]).equals(again.select(["left_id", "right_id"]))


def test_only_pairs_with_these_cards_are_looked_for() -> None:
    table, _ = book(300, 80)
    settings = settings_for(table.column_names)
    whole = find_pairs(table, settings)
    part = find_pairs(table, settings, among=[300, 301])
    touching = [row for row in whole.to_pylist() if {row["left_id"], row["right_id"]} & {300, 301}]
    assert part.num_rows == len(touching) > 0


def test_every_pair_says_why() -> None:
    table, _ = book(300, 80)
    pair = find_pairs(table, settings_for(table.column_names)).to_pylist()[0]
    assert "phone the same (+" in sentence(pair)


def test_exchanged_names_are_seen_and_said_once() -> None:
    table, _ = book(200, 40)
    row = {**table.to_pylist()[0], "id": 999}
    row["given_name"], row["family_name"] = row["family_name"], row["given_name"]
    matcher = Matcher.of(
        pa.concat_tables([table, pa.Table.from_pylist([row])]), settings_for(table.column_names)
    )
    pair = matcher.scored([0], [999]).to_pylist()[0]
    assert (pair["given_name_level"], pair["family_name_level"]) == (Level.SWAPPED, Level.MISSING)
    assert pair["probability"] > 0.95


def test_whole_names_are_taken_apart_chinese_ones_surname_first() -> None:
    table = pa.table({"id": [1, 2, 3], "name": ["欧阳 修", "Ott, Ann", "Ann Ott"]})
    cards = cards_of(table, settings_for(["name"]))
    texts = cards.columns["family_name"].spellings.texts.to_pylist()
    assert [texts[place] for place in cards.columns["family_name"].plain] == ["欧阳", "ott", "ott"]


def test_members_of_a_household_stay_apart() -> None:
    draw = random.Random(3)
    rows = []
    for household in range(400):
        home = {
            "family_name": draw.choice(FAMILY) + draw.choice(["", "er", "mann"]),
            "street": f"{draw.choice(FAMILY)}gasse",
            "house": str(draw.randint(1, 99)),
            "postcode": str(draw.randint(1000, 1400)),
            "phone": f"0660{draw.randint(1000000, 9999999)}",
        }
        rows += [
            {
                "given_name": name,
                "birthday_on": f"{draw.randint(1940, 2005)}-{draw.randint(1, 12):02}-{draw.randint(1, 28):02}",
                **home,
            }
            for name in draw.sample(GIVEN, 3)
        ]
        if household % 4 == 0:
            rows.append({**rows[-1], "phone": None})
    table = pa.Table.from_pylist([{"id": number, **row} for number, row in enumerate(rows)])
    matcher = Matcher.of(table, settings_for(table.column_names))
    merged = people(matcher, matcher.pairs()).merge
    assert len(merged) == 100
    assert all(len(person.ids) == 2 for person in merged)


def test_what_was_told_apart_is_not_joined_by_way_of_a_third() -> None:
    table, _ = book(300, 0)
    first = table.to_pylist()[0]
    table = pa.concat_tables([table, pa.Table.from_pylist([{**first, "id": 900}, {**first, "id": 901}])])
    matcher = Matcher.of(table, settings_for(table.column_names))
    pairs = matcher.pairs()
    assert [person.ids for person in people(matcher, pairs).merge] == [(0, 900, 901)]
    apart = people(matcher, pairs, apart=[(901, 900)])
    assert [person.ids for person in apart.merge] == [(0, 900)]
    assert apart.review.select(["left_id", "right_id"]).to_pylist() == [{"left_id": 0, "right_id": 901}]


def test_one_to_one_takes_the_likeliest_first() -> None:
    pairs = pa.table({"left_id": [1, 1, 2], "right_id": [7, 8, 7], "probability": [0.97, 0.99, 0.98]})
    assert one_to_one(pairs, merge_from=0.95).select(["left_id", "right_id"]).to_pylist() == [
        {"left_id": 1, "right_id": 8},
        {"left_id": 2, "right_id": 7},
    ]


@pytest.mark.parametrize("rows", [0, 1])
def test_an_empty_book_has_no_pairs(rows: int) -> None:
    table = pa.table(
        {"id": pa.array([1][:rows], pa.int64()), "name": pa.array(["Ann Ott"][:rows], pa.string())}
    )
    assert find_pairs(table, settings_for(table.column_names)).num_rows == 0


def test_a_column_without_a_value_says_nothing() -> None:
    table, _ = book(100, 20)
    table = table.append_column("email", pa.nulls(120, pa.string()))
    pairs = find_pairs(table, settings_for(table.column_names))
    assert set(pairs["email_level"].to_pylist()) == {Level.MISSING}


def test_an_unknown_role_and_a_doubled_id_are_refused() -> None:
    with pytest.raises(Invalid, match="no role"):
        settings_for(["name"]).__class__(columns={"shoe": "shoe"})
    with pytest.raises(Invalid, match="same id"):
        find_pairs(pa.table({"id": [1, 1], "name": ["A B", "A B"]}), settings_for(["name"]))
