"""SIMULATED cards for the matcher: people, some in households, and doubles of them with the slips of the FEBRL generator.

Christen and Pudjijono 2009 made FEBRL's sets by typing slips, missing values, exchanged fields and values of others; so
does this, seeded, with skewed names, towns that follow from postcodes, moves and shared telephones besides.
"""

import random

import numpy as np
import pyarrow as pa

COLUMNS = (
    "given_name",
    "family_name",
    "birthday_on",
    "house",
    "street",
    "postcode",
    "town",
    "region",
    "phone",
    "email",
)
_HOME = ("house", "street", "postcode", "town", "region")
_STARTS = "b br d dr f fl g gr h j k kl l m n p pr qu r s sch sp st t tr v w z".split()
_MIDDLES = "a e i o u au ei ie oo ai".split()
_ENDS = "n r l s t m ck ng nn rd x th".split()
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def book(
    cards: int, *, doubles: float = 0.2, households: float = 0.25, seed: int = 7
) -> tuple[pa.Table, np.ndarray]:
    """`cards` cards with an id, this share of them doubles, in random order; and for each the person it is of.

    `households` is the share of people who live with another of the book.
    """
    people = int(cards * (1 - doubles))
    columns = _people(people, households, seed)
    draw = random.Random(seed)
    rows, persons = [], []
    while len(rows) < cards - people:
        person = draw.randrange(people)
        original = {name: columns[name][person] for name in COLUMNS}
        for _ in range(min(draw.choices((1, 2, 3), (70, 20, 10))[0], cards - people - len(rows))):
            rows.append(_spoiled(dict(original), columns, draw))
            persons.append(person)
    order = np.random.default_rng(seed).permutation(cards)
    table = pa.table(
        {
            name: pa.array([*columns[name], *(row[name] for row in rows)]).take(pa.array(order))
            for name in COLUMNS
        }
    )
    whose = np.concatenate([np.arange(people), np.array(persons, np.int64)])[order]
    return table.add_column(0, "id", pa.array(np.arange(cards))), whose


def _words(count: int, syllables: int, draw: random.Random) -> list[str]:
    found: dict[str, None] = {}
    while len(found) < count:
        many = draw.randint(1, syllables)
        word = "".join(draw.choice(_STARTS) + draw.choice(_MIDDLES) for _ in range(many)) + draw.choice(_ENDS)
        found[word] = None
    return list(found)


def _skewed(words: list[str], size: int, draw: np.random.Generator, power: float = 0.8) -> list[str]:
    """Few words for many, many for few (Zipf)."""
    weights = 1 / np.arange(1, len(words) + 1) ** power
    return np.array(words)[draw.choice(len(words), size, p=weights / weights.sum())].tolist()


def _people(people: int, households: float, seed: int) -> dict[str, list[str | None]]:
    draw, words = np.random.default_rng(seed), random.Random(seed)
    given = _skewed(_words(2000, 2, words), people, draw)
    family = _skewed(_words(20_000, 3, words), people, draw)
    towns, streets = _words(2500, 3, words), _words(8000, 3, words)
    postcode = draw.integers(0, 5000, people)
    street = _skewed([f"{one} street" for one in streets], people, draw, 0.5)
    house = draw.integers(1, 250, people)
    born = draw.integers(-14_000, 13_000, people).astype("datetime64[D]").astype(str)
    number = draw.integers(10_000_000, 99_999_999, people)
    with_home = np.flatnonzero(
        draw.random(people) < households
    )  # they live with the person before them in the list
    phone = [f"0{one}" for one in number]
    for member in with_home[with_home > 0].tolist():
        for column in (family, street, house, postcode, phone):
            column[member] = column[member - 1]
    tail = draw.integers(0, 1000, people)
    email = [
        f"{g}.{f}{n}@{('mail', 'web', 'post')[n % 3]}.example"
        for g, f, n in zip(given, family, tail, strict=True)
    ]
    return {
        "given_name": _holes(given, 0.02, draw),
        "family_name": _holes(family, 0.01, draw),
        "birthday_on": _holes(born.tolist(), 0.10, draw),
        "house": [str(one) for one in house],
        "street": _holes(street, 0.02, draw),
        "postcode": [f"{1000 + one}" for one in postcode],
        "town": [towns[one // 2] for one in postcode],
        "region": [f"r{one // 600}" for one in postcode],
        "phone": _holes(phone, 0.30, draw),
        "email": _holes(email, 0.40, draw),
    }


def _holes(values: list[str], share: float, draw: np.random.Generator) -> list[str | None]:
    return [
        None if hole else value for value, hole in zip(values, draw.random(len(values)) < share, strict=True)
    ]


def _spoiled(
    row: dict[str, str | None], columns: dict[str, list[str | None]], draw: random.Random
) -> dict[str, str | None]:
    """One to five things go wrong, as they do in a shop."""
    for _ in range(draw.randint(1, 5)):
        what, name = draw.random(), draw.choice(COLUMNS)
        if what < 0.60:
            row[name] = _slip(row[name], draw)
        elif what < 0.75:
            row[name] = None
        elif what < 0.80:
            other = draw.randrange(len(columns["house"]))  # moved
            row |= {one: columns[one][other] for one in _HOME}
        elif what < 0.85:
            row["given_name"], row["family_name"] = row["family_name"], row["given_name"]
        elif what < 0.90:
            row["given_name"] = (row["given_name"] or "x")[0]
        elif what < 0.95:
            name = draw.choice(("phone", "email"))
            row[name] = columns[name][draw.randrange(len(columns[name]))]
        elif row["birthday_on"]:
            year, month, day = (
                row["birthday_on"].split("-") if row["birthday_on"].count("-") == 2 else ("", "", "")
            )
            if day and int(day) <= 12:
                row["birthday_on"] = f"{year}-{day}-{month}"
    return row


def _slip(text: str | None, draw: random.Random) -> str | None:
    """A letter put in, left out, changed, or exchanged with the next."""
    if not text or len(text) < 2:
        return text
    at, letter = draw.randrange(len(text) - 1), draw.choice("0123456789" if text[0].isdigit() else _LETTERS)
    return draw.choice(
        (
            text[:at] + letter + text[at:],
            text[:at] + text[at + 1 :],
            text[:at] + letter + text[at + 1 :],
            text[:at] + text[at + 1] + text[at] + text[at + 2 :],
        )
    )
