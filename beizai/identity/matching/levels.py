"""How each field of two cards compares: the same, written otherwise, exchanged, a slip or two away, alike, different."""

import numpy as np
from numpy.typing import NDArray

from beizai.identity.matching.columns import Cards, Column, Spellings
from beizai.identity.matching.distance import likeness, slips
from beizai.identity.matching.settings import EXPECTED, Kind, Level, Settings

Levels = NDArray[np.int8]
Rows = NDArray[np.int64]
Truths = NDArray[np.bool_]

NUMBER: dict[Kind, dict[Level, int]] = {
    kind: {level: place for place, level in enumerate(levels)} for kind, levels in EXPECTED.items()
}
_ALIKE = 0.88  # Jaro-Winkler, the threshold in common use
_WORDS_IN_COMMON = 0.5


def levels(cards: Cards, settings: Settings, left: Rows, right: Rows) -> Levels:
    """(fields, pairs): the place of each level among its kind's in `EXPECTED`; -1 where one value is not known."""
    out = np.empty((len(settings.roles), len(left)), np.int8)
    for place, role in enumerate(settings.roles):
        out[place] = _COMPARE[role.kind](cards.columns[role.name], left, right)
    names = [role.name for role in settings.roles]
    if "given_name" in names and "family_name" in names:
        _see_exchanged_names(out, names, cards, left, right)
    return out


def _equal(
    column: Column, left: Rows, right: Rows
) -> tuple[Levels, NDArray[np.int32], NDArray[np.int32], Rows]:
    """Same, written otherwise or (so far) different; the two plain forms; which pairs are worth a closer look."""
    number = NUMBER[column.kind]
    a, b = column.plain[left], column.plain[right]
    out = np.full(len(left), number[Level.DIFFERS], np.int8)
    same = a == b
    otherwise = number.get(Level.WRITTEN_OTHERWISE, number[Level.SAME])
    out[same] = np.where(
        column.written[left[same]] == column.written[right[same]], number[Level.SAME], otherwise
    )
    missing = (a < 0) | (b < 0)
    out[missing] = -1
    return out, a, b, np.flatnonzero(~same & ~missing)


def _strangers(spellings: Spellings, a: NDArray[np.int32], b: NDArray[np.int32]) -> tuple[Truths, Truths]:
    """Which forms may lie within two slips, and which may be alike, by length and letters alone (never wrongly no)."""
    bag_a, bag_b = spellings.bags[a], spellings.bags[b]
    long_a, long_b = spellings.lengths[a], spellings.lengths[b]
    only_a, only_b = np.bitwise_count(bag_a & ~bag_b), np.bitwise_count(bag_b & ~bag_a)
    near = (np.maximum(only_a, only_b) <= 2) & (np.abs(long_a - long_b) <= 2)
    common = np.minimum(long_a - only_a, long_b - only_b)
    alike = common * (1 / long_a + 1 / long_b) >= 1.4  # Jaro-Winkler 0.88 needs Jaro 0.8 needs this
    return near, alike


def _near(spellings: Spellings, a: NDArray[np.int32], b: NDArray[np.int32], may: Truths) -> NDArray[np.int64]:
    """Slips between the forms; 9 where there can be no two."""
    out = np.full(len(a), 9)
    pick = np.flatnonzero(may)
    if len(pick):
        a, b = a[pick], b[pick]
        out[pick] = slips(
            spellings.letters[a], spellings.lengths[a], spellings.letters[b], spellings.lengths[b]
        )
    return out


def _alike(spellings: Spellings, a: NDArray[np.int32], b: NDArray[np.int32], may: Truths) -> Truths:
    """Jaro-Winkler from 0.88 on."""
    out = np.zeros(len(a), np.bool_)
    pick = np.flatnonzero(may)
    if len(pick):
        a, b = a[pick], b[pick]
        out[pick] = (
            likeness(spellings.letters[a], spellings.lengths[a], spellings.letters[b], spellings.lengths[b])
            >= _ALIKE
        )
    return out


def _spelled(column: Column, left: Rows, right: Rows) -> Levels:
    """Names and texts. A slip needs four letters, two need six: "Al" and "Ali" are alike at most."""
    number, spellings = NUMBER[column.kind], column.spellings
    out, a, b, look = _equal(column, left, right)
    a, b = a[look], b[look]
    near, may_be_alike = _strangers(spellings, a, b)
    away = _near(spellings, a, b, near)
    longest = np.maximum(spellings.lengths[a], spellings.lengths[b])
    one, two = (away == 1) & (longest >= 4), (away == 2) & (longest >= 6)
    alike = _alike(spellings, a, b, may_be_alike & ~one & ~two)
    alike |= _in_words(spellings, a, b) if column.kind is Kind.TEXT else _initial(spellings, a, b)
    graded = np.select(
        [one, two, alike], [number[Level.ONE_SLIP], number[Level.TWO_SLIPS], number[Level.ALIKE]], out[look]
    )
    out[look] = graded
    return out


def _in_words(spellings: Spellings, a: NDArray[np.int32], b: NDArray[np.int32]) -> Truths:
    """At least half of their words in common, two at the least."""
    words_a, words_b = spellings.words[a], spellings.words[b]
    common = np.bitwise_count(words_a & words_b)
    in_common: Truths = (common >= 2) & (common >= _WORDS_IN_COMMON * np.bitwise_count(words_a | words_b))
    return in_common


def _initial(spellings: Spellings, a: NDArray[np.int32], b: NDArray[np.int32]) -> Truths:
    """One of them is the other's first letter: "J." and "John"; not for a name of one character in full."""
    shortest = np.minimum(spellings.lengths[a], spellings.lengths[b])
    first_a, first_b = spellings.letters[a, 0], spellings.letters[b, 0]
    initial: Truths = (shortest == 1) & (first_a == first_b) & (first_a < 0x2E80)
    return initial


def _number(column: Column, left: Rows, right: Rows) -> Levels:
    """Postcodes, house numbers, ids. House 12 and house 13 are two houses: a slip needs three places."""
    number, spellings = NUMBER[column.kind], column.spellings
    out, a, b, look = _equal(column, left, right)
    a, b = a[look], b[look]
    near, _ = _strangers(spellings, a, b)
    away = _near(spellings, a, b, near)
    longest = np.maximum(spellings.lengths[a], spellings.lengths[b])
    out[look] = np.where((away == 1) & (longest >= 3), number[Level.ONE_SLIP], out[look])
    return out


def _date(column: Column, left: Rows, right: Rows) -> Levels:
    number, spellings = NUMBER[Kind.DATE], column.spellings
    out, a, b, look = _equal(column, left, right)
    a, b = a[look], b[look]
    date_a, date_b = spellings.parts[a], spellings.parts[b]
    known = date_a[:, 0] >= 0
    swapped = known & (date_a == date_b[:, [0, 2, 1]]).all(axis=1)
    year_off = known & (date_a[:, 1:] == date_b[:, 1:]).all(axis=1)
    near, _ = _strangers(spellings, a, b)
    away = _near(spellings, a, b, near)
    out[look] = np.select(
        [swapped, away == 1, year_off, away == 2],
        [number[level] for level in (Level.SWAPPED, Level.ONE_SLIP, Level.YEAR_OFF, Level.TWO_SLIPS)],
        out[look],
    )
    return out


def _phone(column: Column, left: Rows, right: Rows) -> Levels:
    number, spellings = NUMBER[Kind.PHONE], column.spellings
    out, a, b, look = _equal(column, left, right)
    a, b = a[look], b[look]
    slip, same_part = _long_slip(spellings, a, b), _same_part(spellings, a, b, 0)
    out[look] = np.select(
        [same_part, slip], [number[Level.ENDING], number[Level.ONE_SLIP]], number[Level.DIFFERS]
    )
    return out


def _email(column: Column, left: Rows, right: Rows) -> Levels:
    """ann7 and ann8 at one provider are two mailboxes: what differs in digits alone is no slip."""
    number, spellings = NUMBER[Kind.EMAIL], column.spellings
    out, a, b, look = _equal(column, left, right)
    a, b = a[look], b[look]
    slip = _long_slip(spellings, a, b) & ~_same_part(spellings, a, b, 1)
    out[look] = np.select(
        [slip, _same_part(spellings, a, b, 0)],
        [number[Level.ONE_SLIP], number[Level.LOCAL_PART]],
        number[Level.DIFFERS],
    )
    return out


def _long_slip(spellings: Spellings, a: NDArray[np.int32], b: NDArray[np.int32]) -> Truths:
    """One slip in six letters or digits or more."""
    near, _ = _strangers(spellings, a, b)
    longest = np.maximum(spellings.lengths[a], spellings.lengths[b])
    return np.asarray((_near(spellings, a, b, near) == 1) & (longest >= 6), np.bool_)


def _same_part(spellings: Spellings, a: NDArray[np.int32], b: NDArray[np.int32], which: int) -> Truths:
    part = spellings.parts[a, which]
    return np.asarray((part >= 0) & (part == spellings.parts[b, which]), np.bool_)


def _see_exchanged_names(out: Levels, names: list[str], cards: Cards, left: Rows, right: Rows) -> None:
    """Given and family name the other way round is said once, at the given name; the family name then says nothing."""
    at_given, at_family = names.index("given_name"), names.index("family_name")
    given, family = cards.columns["given_name"].plain, cards.columns["family_name"].plain
    swapped = (given[left] == family[right]) & (family[left] == given[right]) & (given[left] != family[left])
    swapped &= (given[left] >= 0) & (family[left] >= 0)
    out[at_given, swapped] = NUMBER[Kind.NAME][Level.SWAPPED]
    out[at_family, swapped] = -1


_COMPARE = {
    Kind.NAME: _spelled,
    Kind.TEXT: _spelled,
    Kind.NUMBER: _number,
    Kind.DATE: _date,
    Kind.PHONE: _phone,
    Kind.EMAIL: _email,
}
