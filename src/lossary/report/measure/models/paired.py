"""Losses of several models on the same rows: exact sums of each model and of each pair, and what is told from them.

Whatever a comparison says of two models comes from :meth:`PairedLosses.difference`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np

from lossary.engine.exact_sum import ExactSums
from lossary.report.measure.breakdown.dependence import Dependence
from lossary.report.measure.statistics.histogram import LogHistogram
from lossary.report.measure.statistics.intervals import Estimate, IntervalOptions
from lossary.report.measure.statistics.moments import Moments, counts_of
from lossary.report.measure.statistics.turning import Turning, turning

COUNTED_MODELS = 3
"""Models up to which differences are counted by size, 8 MB and some 10 ns a row for each pair."""
MOST_PAIR_SUMS = 1 << 16
"""Groups times pairs up to which the pairs of each group are measured; more would take too much memory."""


class Sums(NamedTuple):
    """Σwℓ and the sums for its standard error, of losses of rows whose weights are summed elsewhere."""

    loss: ExactSums
    square: ExactSums
    cross: ExactSums

    @classmethod
    def of(cls, size: int, weighted: bool) -> Sums:
        """Return sums of nothing, for so many groups."""
        return cls(ExactSums(size), ExactSums(size), ExactSums(size if weighted else 1))

    def add(self, weighted_losses: np.ndarray, weight: np.ndarray | None, index: np.ndarray | None) -> None:
        """Add rows: their wℓ, w, and the group of each."""
        self.loss.add(weighted_losses, index, squares=self.square)
        if weight is not None:
            with np.errstate(invalid="ignore", over="ignore"):
                self.cross.add(np.where(weight == 0, 0.0, weight * weighted_losses), index)


class PairedLosses:
    """The moments of the losses of several models on the same rows, and of the differences of each pair, by group."""

    def __init__(
        self,
        models: int,
        *,
        weighted: bool,
        buckets: int = 0,
        size: int = 1,
        dependence: Dependence | None = None,
        counted: bool = False,
    ) -> None:
        self.models = [Moments(size, weighted=weighted, buckets=buckets) for _ in range(models)]
        self.weighted = weighted
        self.pairs: dict[tuple[int, int], Sums] | None = {
            pair: Sums.of(size, weighted) for pair in combinations(range(models), 2)
        }
        """The sums of ℓ_j - ℓ_i for i < j, or None if there are too many groups."""
        self.dependence = dependence
        """Sums by time and by run, of the losses of each model and then of the differences of each pair; or None."""
        few = counted and models <= COUNTED_MODELS
        self.histograms = {pair: LogHistogram(whole=False) for pair in (self.pairs if few else {})}
        """The counts of w(ℓ_j - ℓ_i) of each pair, if they are ``counted`` and models are few."""
        self.fewer, self.more = (np.zeros((models, models), np.int64) for _ in range(2))
        """For i < j, the number of rows where j has the smaller loss, and where it has the larger."""

    @property
    def size(self) -> int:
        """The number of groups."""
        return self.models[0].size

    def add(
        self,
        losses: Sequence[np.ndarray],
        weight: np.ndarray | None,
        index: np.ndarray | None = None,
        hashes: np.ndarray | None = None,
        rows: Any = None,
        sums: Sequence[tuple[ExactSums, ExactSums] | None] | None = None,
    ) -> None:
        """Add rows: the losses of each model, the weight, the group and the hash of each row; see :meth:`Moments.add`.

        ``rows`` have times and runs, where these are measured; ``sums`` are those of each model, where they are known.
        """
        weighted = [_weigh(values, weight) for values in losses]
        counts = counts_of(index, self.size, len(losses[0]))
        for moments, values, known in zip(self.models, weighted, sums or [None] * len(losses), strict=True):
            moments.add(values, weight, index, hashes, counts=counts, sums=known)
        infinite = any(bool(np.isinf(x).any()) for x in losses) if self.histograms else False
        for pair, difference in self._differences(losses):
            values = _weigh(difference, weight)
            if self.pairs is not None:
                self.pairs[pair].add(values, weight, index)
            if self.dependence is not None:
                weighted.append(values)
            if pair in self.histograms:
                self.histograms[pair].add(values[~np.isnan(values)] if infinite else values)
            if index is None:
                self.fewer[pair] += np.count_nonzero(difference < 0)
                self.more[pair] += np.count_nonzero(difference > 0)
        if self.dependence is not None:
            self.dependence.add(rows, weighted)

    def _differences(self, losses: Sequence[np.ndarray]) -> Iterator[tuple[tuple[int, int], np.ndarray]]:
        if self.pairs is None:
            return
        infinite = [bool(np.isinf(x).any()) for x in losses]
        for i, j in self.pairs:
            with np.errstate(invalid="ignore", over="ignore"):
                found = losses[j] - losses[i]
                if infinite[i] and infinite[j]:  # two infinite losses are no difference
                    found = np.where(losses[i] == losses[j], 0.0, found)
            yield (i, j), found

    def merge(self, other: PairedLosses, at: np.ndarray | None = None) -> None:
        """Add the rows of another, whose group k is group ``at[k]`` here."""
        for mine, theirs in zip(self.models, other.models, strict=True):
            mine.merge(theirs, at)
        if self.pairs is None or other.pairs is None:
            self.pairs = None
        else:
            for pair, sums in self.pairs.items():
                for one, another in zip(sums, other.pairs[pair], strict=True):
                    one.merge(another, at if one.size > 1 or self.size == 1 else None)
        if self.dependence is not None and other.dependence is not None:
            self.dependence.merge(other.dependence)
        for pair, histogram in self.histograms.items():
            histogram.merge(other.histograms[pair])
        self.fewer += other.fewer
        self.more += other.more

    def grow(self, size: int) -> None:
        """Make room for more groups; their pairs are given up if there are too many."""
        for moments in self.models:
            moments.grow(size)
        if self.pairs is not None and size * len(self.pairs) > MOST_PAIR_SUMS and size > 1:
            self.pairs = None
        for sums in (self.pairs or {}).values():
            for one in sums if self.weighted else sums[:2]:
                one.grow(size)

    def mean(self, model: int, place: int = 0) -> float:
        """Return the mean loss of a model in a group."""
        return self.models[model].mean(place)

    def estimate(self, model: int, options: IntervalOptions, place: int = 0) -> Estimate:
        """Return the mean loss of a model in a group, with its interval."""
        moments = self.models[model]
        found = None if self.dependence is None else self.dependence.estimate(moments, options, model)
        return found or moments.estimate(options, place)

    def place_of(self, i: int, j: int) -> int:
        """Return the place of the pair i < j among what is measured by time and by run."""
        return len(self.models) + list(self.pairs or ()).index((i, j))

    def difference(self, i: int, j: int, options: IntervalOptions, place: int = 0) -> Estimate:
        """Return the mean of ℓ_j - ℓ_i in a group, with its interval; it is paired, so what makes rows hard cancels."""
        if i == j:
            return Estimate(0.0)
        if i > j:
            return self.difference(j, i, options, place).negative
        first, second = self.models[i], self.models[j]
        if self.pairs is None:
            return Estimate(second.mean(place) - first.mean(place))
        moments = first.beside(*self.pairs[i, j])
        dependent = None if self.dependence is None else self.dependence.estimate(moments, options, self.place_of(i, j))
        if dependent is not None:
            return dependent
        if options.method == "none" or not options.resampled:
            return moments.estimate(options, place)
        found = None
        if first.buckets is not None and second.buckets is not None:
            found = first.buckets.difference(second.buckets, options.level, options.method, place)
        return Estimate(moments.mean(place)) if found is None else replace(found, value=moments.mean(place))

    def turning(self, i: int, j: int, options: IntervalOptions) -> Turning | None:
        """Return how few rows decide about the mean of ℓ_j - ℓ_i, or None where models are many."""
        if i > j:
            found = self.turning(j, i, options)
            swapped = {"better": "worse", "worse": "better"}
            return None if found is None else replace(found, becomes=swapped.get(str(found.becomes), found.becomes))
        if (i, j) not in self.histograms or self.pairs is None:
            return None
        moments, interval = self.models[i].beside(*self.pairs[i, j]), self.difference(i, j, options).interval
        plain = not self.weighted and not options.resampled and interval is not None and interval.method == "normal"
        squares = moments.squares() if plain else None
        return turning(self.histograms[i, j], moments.loss.value(), moments.weight(), interval, squares=squares)

    def outcomes(self, i: int, j: int) -> tuple[int, int]:
        """Return the number of rows where j has the smaller loss than i, and where it has the larger."""
        if i > j:
            more, fewer = self.outcomes(j, i)
            return fewer, more
        return int(self.fewer[i, j]), int(self.more[i, j])


def _weigh(values: np.ndarray, weight: np.ndarray | None) -> np.ndarray:
    with np.errstate(over="ignore"):
        return values if weight is None else weight * values
