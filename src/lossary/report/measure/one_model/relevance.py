"""How well lists are ordered: normalised discounted cumulative gain."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from lossary.report.measure.rows.lists import Lists
from lossary.report.measure.rows.rows import Rows
from lossary.report.measure.statistics.intervals import ConfidenceInterval, IntervalOptions
from lossary.report.measure.statistics.moments import Moments

PLACES = (1.0, 5.0, 10.0, math.inf)
"""The places down to which lists are looked at."""


@dataclass(frozen=True)
class Gain:
    """The mean NDCG of the first places of the lists that have a relevant item, by weight."""

    at: int | None
    """How many places, or None for all."""
    mean: float
    interval: ConfidenceInterval | None


@dataclass(frozen=True)
class Relevance:
    """How well lists of items are ordered by their scores."""

    items: int
    lists: int
    """The number of lists with a relevant item; others have no NDCG, and are left out of it."""
    ndcg: tuple[Gain, ...]


class RelevanceSums:
    """The sums from which the order of lists is judged."""

    def __init__(self, *, exponential: bool, weighted: bool, resampled: bool) -> None:
        from lossary.report.measure.breakdown.grouping import GROUP_BUCKETS

        self.exponential, self.items = exponential, 0
        self.gains = Moments(len(PLACES), weighted=weighted, buckets=GROUP_BUCKETS if resampled else 0)

    def add(self, rows: Rows) -> None:
        """Add lists."""
        scores, relevance = (Lists.joined(rows.inputs[name]) for name in rows.inputs)
        self.items += len(scores.flat)
        gain = np.exp2(relevance.flat) - 1 if self.exponential else relevance.flat
        hashes = None if self.gains.buckets is None else rows.hashes
        for k, at in enumerate(PLACES):
            with np.errstate(invalid="ignore"):
                found = ndcg(scores.flat, gain, scores.index, len(scores.lengths), at)
            index = np.where(np.isnan(found), -1, k)
            found = np.where(np.isnan(found), 0.0, found)
            self.gains.add(found if rows.weight is None else rows.weight * found, rows.weight, index, hashes)

    def merge(self, other: RelevanceSums) -> None:
        """Add the lists of another."""
        self.items += other.items
        self.gains.merge(other.gains)

    def relevance(self, options: IntervalOptions) -> Relevance:
        """Return what was found."""
        found = [
            Gain(None if math.isinf(at) else int(at), self.gains.mean(k), self.gains.interval(options, k))
            for k, at in enumerate(PLACES)
        ]
        return Relevance(self.items, int(self.gains.count[-1]), tuple(found))


def ndcg(scores: np.ndarray, gain: np.ndarray, index: np.ndarray, lists: int, at: float) -> np.ndarray:
    """Return the NDCG of each list, NaN where no item has a gain.

    The gain of the item at place r, counted from 1, is divided by log₂(1 + r). Items of equal score share their places: each
    counts at all of them alike (McSherry and Najork, 2008), so the order of the rows does not matter.

    >>> ndcg(np.array([2.0, 1.0, 0.0]), np.array([0.0, 1.0, 0.0]), np.zeros(3, int), 1, 10.0)
    array([0.63092975])
    """
    starts = np.searchsorted(index, np.arange(lists))

    def gathered(order: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return discounts and the lists, for items in an order within their lists."""
        place = np.arange(len(order)) - starts[index[order]] + 1
        return np.where(place <= at, 1 / np.log2(1 + place), 0.0), index[order]

    ideal = np.lexsort((-gain, index))
    discount, of = gathered(ideal)
    best = np.bincount(of, discount * gain[ideal], lists)
    order = np.lexsort((-gain, -scores, index))
    discount, of = gathered(order)
    score = scores[order]
    new = np.ones(len(order), bool)
    new[1:] = (of[1:] != of[:-1]) | (score[1:] != score[:-1])
    tie = np.cumsum(new) - 1
    shared = np.bincount(tie, discount) / np.bincount(tie) if len(tie) else np.zeros(0)
    found: np.ndarray = np.bincount(of, shared[tie] * gain[order], lists) / best
    return found
