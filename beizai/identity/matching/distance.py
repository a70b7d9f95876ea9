"""How far two spellings lie apart: typing slips and likeness, for a hundred thousand pairs at once.

Texts come as letters (n, width) uint16 padded with 0, width 16 or 32. Both measures keep one bit per position of the
first text in one integer per pair, so each step of the inner loop handles every pair of the chunk together.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Letters = NDArray[np.uint16]
Lengths = NDArray[np.int64]

_CHUNK = 1 << 15  # pairs whose bits fit the processor's caches


def slips(a: Letters, length_a: Lengths, b: Letters, length_b: Lengths) -> NDArray[np.int64]:
    """Letters left out, put in, changed or exchanged with their neighbour (optimal string alignment distance).

    Hyyrö 2003, "A bit-vector algorithm for computing Levenshtein and Damerau edit distances".
    """
    out: NDArray[np.int64] = _in_chunks(_slips, (a, length_a), (b, length_b)).astype(np.int64)
    return out


def likeness(a: Letters, length_a: Lengths, b: Letters, length_b: Lengths) -> NDArray[np.float64]:
    """Jaro-Winkler similarity, 0 to 1: letters in common at near places, a common beginning counting more (Winkler 1990)."""
    return _in_chunks(_likeness, (a, length_a), (b, length_b))


def _in_chunks(
    measure: Callable[..., NDArray[np.float64]],
    first: tuple[Letters, Lengths],
    second: tuple[Letters, Lengths],
) -> NDArray[np.float64]:
    (a, length_a), (b, length_b) = first, second
    out = np.empty(len(a))
    for start in range(0, len(a), _CHUNK):
        part = slice(start, start + _CHUNK)
        width = _width(max(int(length_a[part].max()), int(length_b[part].max()), 1))
        out[part] = measure(a[part, :width], length_a[part], b[part, :width], length_b[part])
    return out


def _width(longest: int) -> int:
    return 16 if longest <= 16 else 32


def _where_equal(a: Letters, letter: NDArray[np.uint16]) -> NDArray[np.uint64]:
    """Bit i is set where letter i of the first text is this letter."""
    packed = np.packbits(a == letter[:, None], axis=1, bitorder="little")
    kind = np.uint16 if packed.shape[1] == 2 else np.uint32
    return packed.view(kind).ravel().astype(np.uint64)


def _slips(a: Letters, length_a: Lengths, b: Letters, length_b: Lengths) -> NDArray[np.float64]:
    one = np.uint64(1)
    up, down = np.full(len(a), np.uint64(0xFFFFFFFFFFFFFFFF)), np.zeros(len(a), np.uint64)
    diagonal, before = np.zeros(len(a), np.uint64), np.zeros(len(a), np.uint64)
    distance = length_a.astype(np.int64)
    last = np.maximum(length_a - 1, 0).astype(np.uint64)
    for j in range(int(length_b.max())):
        equal = _where_equal(a, b[:, j])
        exchanged = (((~diagonal) & equal) << one) & before
        diagonal = (((equal & up) + up) ^ up) | equal | down | exchanged
        plus, minus = down | ~(diagonal | up), diagonal & up
        change = ((plus >> last) & one).astype(np.int64) - ((minus >> last) & one).astype(np.int64)
        distance += np.where(j < length_b, change, 0)
        plus, minus = (plus << one) | one, minus << one
        up, down = minus | ~(diagonal | plus), plus & diagonal
        before = equal
    return np.where(length_a == 0, length_b, distance).astype(np.float64)


def _likeness(a: Letters, length_a: Lengths, b: Letters, length_b: Lengths) -> NDArray[np.float64]:
    matched, flags, equals = _matched(a, length_a, b, length_b)
    count = np.bitwise_count(matched).astype(np.float64)
    out_of_order = np.zeros(len(a))
    rest = matched.copy()
    for j, equal in enumerate(equals):
        here = flags[j]
        lowest = rest & (~rest + np.uint64(1))
        out_of_order += here & ((equal & lowest) == 0)
        rest = np.where(here, rest ^ lowest, rest)
    safe = np.maximum(count, 1)
    jaro = (
        count / np.maximum(length_a, 1) + count / np.maximum(length_b, 1) + (count - out_of_order // 2) / safe
    ) / 3
    jaro = np.where(count == 0, 0.0, jaro)
    same = (a[:, :4] == b[:, :4]) & (a[:, :4] != 0)
    begins = np.cumprod(same, axis=1).sum(axis=1)
    return np.where(jaro > 0.7, jaro + begins * 0.1 * (1 - jaro), jaro)


def _matched(
    a: Letters, length_a: Lengths, b: Letters, length_b: Lengths
) -> tuple[NDArray[np.uint64], list[NDArray[np.bool_]], list[NDArray[np.uint64]]]:
    """The places of the first text that found their letter, which letters of the second did, and the equalities."""
    reach = np.maximum(np.maximum(length_a, length_b) // 2 - 1, 0)
    matched = np.zeros(len(a), np.uint64)
    one = np.uint64(1)
    flags, equals = [], []
    for j in range(int(length_b.max())):
        equal = _where_equal(a, b[:, j])
        first = np.maximum(j - reach, 0).astype(np.uint64)
        window = ((one << (j + reach + 1 - first.astype(np.int64)).astype(np.uint64)) - one) << first
        candidates = np.where(j < length_b, equal & window & ~matched, np.uint64(0))
        found = candidates & (~candidates + one)
        matched |= found
        flags.append(found != 0)
        equals.append(equal)
    return matched, flags, equals
