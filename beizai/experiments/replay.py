"""The replay: the same draw made again thousands of times, to see what luck alone would have done."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from beizai.base.errors import Invalid
from beizai.experiments import lot

Floats = NDArray[np.float64]
_PICKS = 1 << 18  # drawn at once: they and their rows stay in the processor's cache


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """How the lot was drawn: in blocks with one person left alone in each, or all of them in one block."""

    order: NDArray[np.intp]  # rows sorted by block, then as given
    start: NDArray[np.int64]  # first place of each block in that order
    size: NDArray[np.int64]
    alone: NDArray[np.int64]  # places (in that order) of those left alone, rising

    @property
    def blocks(self) -> int:
        return self.size.size

    @property
    def in_blocks(self) -> bool:
        return self.alone.size == self.blocks and self.blocks > 1

    @property
    def treated(self) -> int:
        return self.order.size - self.alone.size


def design(block: NDArray[np.integer], treated: NDArray[np.bool_]) -> Design:
    """The design behind a stored draw; rows must be sorted by customer id.

    Invalid where it is neither one person left alone in each block nor one block for all.
    """
    order = np.argsort(block, kind="stable")
    start = np.flatnonzero(np.diff(block[order], prepend=block.min() - 1))
    size = np.diff(start, append=block.size)
    alone = np.flatnonzero(~treated[order])
    found = Design(order, start, size, alone)
    one_each = alone.size == start.size and bool(np.all((alone >= start) & (alone < start + size)))
    if not (one_each and size.min() > 1) and start.size > 1:
        raise Invalid("The stored draw does not leave exactly one person alone in each of its blocks.")
    return found


@dataclass(frozen=True, slots=True, eq=False)
class Replayed:
    """Sums over those left alone, a row for each draw; row 0 is the draw that really happened."""

    sums: Floats  # (permutations + 1, values + products)
    totals: Floats  # the same sums over everybody; zero for a design in blocks


def replay(
    how: Design,
    values: Floats,
    products: Sequence[tuple[int, int]],
    *,
    campaign_id: int,
    permutations: int,
) -> Replayed:
    """Draw again `permutations` times and add up `values` (people, k) and products of them over those left alone.

    In blocks each value stands for the block's difference, written to minus left alone, if that person were
    the one left alone, weighted by the number written to: its mean over the blocks is the difference of the design.
    In one block values are taken from their mean and added up as they are.
    Memory is bounded whatever the number of people; 1 million with 100,000 blocks take about 2 s for 999 draws.
    """
    values = values[how.order]
    values = _differences(how, values) if how.in_blocks else values - values.mean(axis=0)
    left, right = [i for i, _ in products], [j for _, j in products]
    sums = np.zeros((permutations + 1, values.shape[1] + len(products)))
    again = (
        _by_block(how, campaign_id, permutations)
        if how.in_blocks
        else _at_once(how, campaign_id, permutations)
    )
    for draws, people, chosen in again:
        part = values[people]
        sums[draws] += chosen @ np.hstack([part, part[:, left] * part[:, right]])
    totals = np.zeros(sums.shape[1])
    if not how.in_blocks:
        totals = np.concatenate([values.sum(axis=0), (values[:, left] * values[:, right]).sum(axis=0)])
    return Replayed(sums, totals)


def _differences(how: Design, values: Floats) -> Floats:
    mean = np.add.reduceat(values, how.start, axis=0) / how.size[:, None]
    weight = how.size * (how.blocks / how.treated)
    return (np.repeat(mean, how.size, axis=0) - values) * np.repeat(weight, how.size)[:, None]


_Part = tuple[slice, slice, sparse.csr_array]


def _chosen(places: NDArray[np.int64], people: int) -> sparse.csr_array:
    draws, each = places.shape
    picks = places.astype(np.int32).ravel()
    ends = np.arange(draws + 1, dtype=np.int32) * each
    return sparse.csr_array((np.ones(picks.size), picks, ends), shape=(draws, people))


def _by_block(how: Design, campaign_id: int, permutations: int) -> Iterator[_Part]:
    stream = lot.chances(campaign_id, "permutations")
    every = max(1, _PICKS // (permutations + 1))
    for first in range(0, how.blocks, every):
        here = slice(first, first + every)
        start, size = how.start[here], how.size[here]
        people = slice(int(start[0]), int(start[-1] + size[-1]))
        places = np.empty((permutations + 1, start.size), dtype=np.int64)
        places[0] = how.alone[here]
        chance = lot.halves(stream, permutations * start.size).reshape(permutations, start.size)
        np.multiply(
            chance, size, out=places[1:]
        )  # a number below 2^32 times the size, halved 32 times: a place
        places[1:] >>= 32
        places[1:] += start
        yield slice(None), people, _chosen(places - people.start, people.stop - people.start)


def _at_once(how: Design, campaign_id: int, permutations: int) -> Iterator[_Part]:
    stream, people, left = lot.chances(campaign_id, "permutations"), how.order.size, how.alone.size
    yield slice(0, 1), slice(None), _chosen(how.alone[None, :], people)
    every = max(1, _PICKS // people)
    for first in range(1, permutations + 1, every):
        draws = slice(first, min(first + every, permutations + 1))
        count = draws.stop - draws.start
        chance = np.asarray(stream.random_raw(count * people)).reshape(count, people)
        places = np.argpartition(chance, left - 1, axis=1)[:, :left]
        yield draws, slice(None), _chosen(np.sort(places, axis=1), people)
