"""Intervals of a mean by the Poisson bootstrap over rows or clusters, independent of the order of rows."""

from __future__ import annotations

import math
from functools import cache

import numpy as np

from lossary.engine.exact_sum import ExactSums, rounded
from lossary.report.measure.statistics.intervals import ConfidenceInterval, Estimate, quantile_of_student

BUCKETS = 4096
REPLICATES = 1000
_SEED = 20_070_611
_BITS = 32


class Buckets:
    """Σwℓ and Σw of rows collected in buckets, by a hash of their id or cluster.

    Rows of one cluster share a bucket, and buckets are independent if clusters are. So resampling buckets gives the same
    spread of the mean as resampling clusters (random groups: Wolter, 2007, chapter 2). If clusters are fewer than buckets, most
    have a bucket of their own. Each of the ``groups`` has its own buckets.
    """

    def __init__(self, buckets: int = BUCKETS, groups: int = 1) -> None:
        self.buckets, self.groups = buckets, groups
        self.loss, self.weight = ExactSums(groups * buckets), ExactSums(groups * buckets)

    def add(self, weighted: np.ndarray, weight: np.ndarray | None, hashes: np.ndarray, group: np.ndarray | None = None) -> None:
        """Add rows: their wℓ, w, the hash of each, and the group of each."""
        index = (hashes >> np.uint64(64 - self.buckets.bit_length() + 1)).astype(np.int64)
        if group is not None:
            index = np.where(group < 0, -1, index + group * self.buckets)
        self.loss.add(weighted, index)
        self.weight.add(np.ones(len(index)) if weight is None else weight, index)

    def grow(self, groups: int) -> None:
        """Make room for more groups."""
        if groups > self.groups:
            self.groups = groups
            self.loss.grow(groups * self.buckets)
            self.weight.grow(groups * self.buckets)

    def merge(self, other: Buckets, at: np.ndarray | None = None) -> None:
        """Add the buckets of another, whose group k is group ``at[k]`` here."""
        where = None if at is None else (at[:, None] * self.buckets + np.arange(self.buckets)).reshape(-1)
        self.loss.merge(other.loss, where)
        self.weight.merge(other.weight, where)

    def used(self) -> int:
        """Return how many buckets hold rows, in all groups together."""
        return int(np.count_nonzero(self.weight.values()))

    def estimate(self, level: float, method: str, group: int = 0) -> Estimate | None:
        """Return the mean of a group with its interval, or None if fewer than two buckets hold rows."""
        used = self._used(group)
        return resampled(self._values(self.loss, used), self._values(self.weight, used), level, method, self._places(used))

    def difference(self, other: Buckets, level: float, method: str, group: int = 0) -> Estimate | None:
        """Return the mean of another's losses less that of these, of the same rows in the same buckets; see ``estimate``."""
        used = self._used(group)
        if any(any((*self.loss.special(k), *other.loss.special(k))) for k in used):
            return None
        found = np.array([rounded(other.loss.units(k) - self.loss.units(k)) for k in used])
        return resampled(found, self._values(self.weight, used), level, method, self._places(used))

    def _used(self, group: int) -> list[int]:
        """Return the places of the buckets of a group that hold rows."""
        return self.weight.used(group * self.buckets, (group + 1) * self.buckets)

    def _places(self, used: list[int]) -> np.ndarray:
        return np.array(used, np.int64) % self.buckets

    def _values(self, sums: ExactSums, used: list[int]) -> np.ndarray:
        return np.array([sums.value(k) for k in used])


def resampled(
    loss: np.ndarray, weight: np.ndarray, level: float, method: str, places: np.ndarray | None = None
) -> Estimate | None:
    """Return the mean Σwℓ / Σw with its interval, from these sums of buckets; None if fewer than two hold rows.

    The bootstrap takes the ``places`` of the buckets, by which each is drawn.
    """
    used = weight > 0
    if used.sum() < 2 or not np.isfinite(loss).all():
        return None
    places = np.flatnonzero(used) if places is None else places[used]
    # scaled by a power of 2, so that squares of weights neither overflow nor underflow
    exponent = -int(np.frexp(weight.max())[1])
    with np.errstate(over="ignore", under="ignore"):
        loss, weight = np.ldexp(loss[used], exponent), np.ldexp(weight[used], exponent)
    if not np.isfinite(loss).all():
        return None
    mean, mass, n = math.fsum(loss) / math.fsum(weight), math.fsum(weight), len(loss)
    error = math.sqrt(math.fsum((loss - mean * weight) ** 2) * n / (n - 1)) / mass
    if method == "normal":
        reach = quantile_of_student(level, n - 1) * error
        return Estimate(mean, ConfidenceInterval(mean - reach, mean + reach, level, method), error, n - 1)
    means = []
    for draws in _draws()[:, places]:
        drawn = float((draws * weight).sum())
        if drawn > 0:
            means.append(float((draws * loss).sum()) / drawn)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return Estimate(mean, ConfidenceInterval(float(low), float(high), level, method), error, n - 1)


@cache
def _draws() -> np.ndarray:
    """Return how often each replicate draws each bucket: Poisson numbers of mean 1 from a fixed seed."""
    steps, total, term = list[int](), 0.0, math.exp(-1)
    for k in range(1, 14):
        total += term
        steps.append(min((1 << _BITS) - 1, round(total * (1 << _BITS))))
        term /= k
    raw = np.random.Philox(key=_SEED).random_raw(REPLICATES * BUCKETS // 2).view(np.uint32).reshape(REPLICATES, BUCKETS)
    return np.searchsorted(np.array(steps, np.uint32), raw, side="right").astype(np.uint8)
