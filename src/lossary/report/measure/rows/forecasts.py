"""What a forecast of a number says: the quantiles, members or distribution of each row, beside the target that came."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from lossary import losses
from lossary.report.measure.plan.plan import ColumnPlan
from lossary.report.measure.statistics.intervals import quantile_of_normal
from lossary.vocabulary import erfc

CENTRAL = (0.5, 0.8, 0.9, 0.95)
"""Levels of central intervals of ensembles and distributions, which have every one."""
MOST_RANKS = 64
"""Ranks that are counted one by one; the probability transform of larger ensembles is counted in bins of equal width."""
WIDE = 20
"""Bins of equal width from 0 to 1."""


@dataclass(frozen=True)
class Central:
    """The central interval of one level in some rows: its ends, and which rows have one (None: all)."""

    low: np.ndarray
    high: np.ndarray
    present: np.ndarray | None = None


@dataclass(frozen=True)
class Said:
    """What the forecasts of some rows say."""

    low: np.ndarray
    """The probability that the forecast gives to less than the target, as far as it is known at least …"""
    high: np.ndarray
    """… and at most."""
    intervals: Sequence[Central]
    """The central intervals of the levels of the form."""
    centre: np.ndarray | None = None
    """One number for the forecast, such as its median."""
    below: np.ndarray | None = None
    """For each quantile, whether the target lies below it; None if the forecast has no quantiles."""
    upto: np.ndarray | None = None
    """The same, or meets it."""
    crossing: np.ndarray | None = None
    """The rows whose quantiles cross."""


class Forecasts(Protocol):
    """Rows that hold forecasts."""

    @property
    def inputs(self) -> Mapping[str, np.ndarray]:
        """The inputs of the loss by name."""

    @property
    def target(self) -> np.ndarray:
        """The target of each row."""

    @property
    def prediction(self) -> np.ndarray:
        """The first input."""

    @property
    def weight(self) -> np.ndarray | None:
        """The weight of each row."""

    @property
    def hashes(self) -> np.ndarray:
        """The hashes by which rows are resampled."""


@dataclass(frozen=True)
class StoredForecasts:
    """Rows whose forecasts come from a database."""

    inputs: Mapping[str, np.ndarray]
    target: np.ndarray
    weight: np.ndarray | None
    hashes: np.ndarray

    @property
    def prediction(self) -> np.ndarray:
        """The first input."""
        return next(iter(self.inputs.values()))


def packed(plan: ColumnPlan, inputs: Mapping[str, np.ndarray]) -> list[bytes]:
    """Return the predictions of each row as bytes."""
    numbers = np.column_stack([inputs[name] for name in plan.loss.predictions]).astype(np.float64, copy=False)
    return [row.tobytes() for row in np.ascontiguousarray(numbers)]


def unpacked(plan: ColumnPlan, rows: Sequence[bytes]) -> dict[str, np.ndarray]:
    """Return the predictions that were packed."""
    numbers, found, start = np.frombuffer(b"".join(rows)).reshape(len(rows), -1), {}, 0
    for name in plan.loss.predictions:
        width = plan.inputs[name].width
        part = numbers[:, start : start + (width or 1)]
        found[name] = part if width else part[:, 0]
        start += width or 1
    return found


class Form(ABC):
    """A form in which a loss takes a forecast."""

    name: str
    centre = ""
    """What the one number for a forecast is; an empty text if there is none."""
    levels: tuple[float, ...] = ()
    """The levels of quantiles, in rising order."""
    central: tuple[float, ...] = CENTRAL
    """The levels of central intervals, in rising order."""
    edges: np.ndarray
    """The bins of the probability transform."""

    @abstractmethod
    def of(self, rows: Forecasts) -> Said:
        """Return what the forecasts of some rows say."""


class Quantiles(Form):
    """Quantiles of some levels: columns of one input, or inputs of their own."""

    name = "quantiles"

    def __init__(self, levels: Sequence[float], inputs: Sequence[str]) -> None:
        self.inputs, self._order = inputs, np.argsort(levels, kind="stable")
        self.levels = tuple(levels[k] for k in self._order)
        self.edges = np.array([0.0, *self.levels, 1.0])
        places = {round(level, 9): k for k, level in enumerate(self.levels)}
        pairs = [(k, places.get(round(1 - level, 9))) for k, level in enumerate(self.levels) if level < 0.5]
        self._pairs = [(low, high) for low, high in pairs[::-1] if high is not None]
        self.central = tuple(round(1 - 2 * self.levels[low], 9) for low, _ in self._pairs)
        self._median = places.get(0.5)
        self.centre = "" if self._median is None else "median"

    def of(self, rows: Forecasts) -> Said:
        """Return what the quantiles of some rows say."""
        held = [rows.inputs[name] for name in self.inputs]
        values = (held[0] if held[0].ndim == 2 else np.stack(held, axis=1))[:, self._order]
        y = rows.target[:, None]
        below, upto = y < values, y <= values
        # a target that meets quantiles may lie on either side of them
        first, last = (~upto).sum(axis=1), (~below).sum(axis=1)
        return Said(
            self.edges[first],
            self.edges[last + 1],
            [Central(values[:, low], values[:, high]) for low, high in self._pairs],
            None if self._median is None else values[:, self._median],
            below,
            upto,
            np.asarray((values[:, 1:] < values[:, :-1]).any(axis=1)),
        )


class Members(Form):
    """The members of an ensemble, NaN where one is missing."""

    name, centre = "ensemble", "mean"

    def __init__(self, input: str, width: int) -> None:
        self.input = input
        ranks = width + 1 if 1 < width + 1 <= MOST_RANKS else WIDE
        self.edges = np.arange(ranks + 1) / ranks

    def of(self, rows: Forecasts) -> Said:
        """Return what the members of some rows say."""
        members = np.sort(rows.inputs[self.input], axis=1)  # NaN comes last
        y = rows.target[:, None]
        count = (~np.isnan(members)).sum(axis=1)
        with np.errstate(invalid="ignore", over="ignore"):
            first, last = (members < y).sum(axis=1), (members <= y).sum(axis=1)
            mean = np.where(np.isnan(members), 0.0, members).sum(axis=1) / count
        intervals = [self._central(members, count, level) for level in self.central]
        return Said(first / (count + 1), (last + 1) / (count + 1), intervals, mean)

    def _central(self, members: np.ndarray, count: np.ndarray, level: float) -> Central:
        """Return an interval between members, by the quantiles at which a further member lies below in p of all cases.

        That is the place p·(M + 1), counted from 1, between two members on a straight line (Weibull, 1939).
        """
        place = np.round((1 - level) / 2 * (count + 1) - 1, 9)  # whole where it should be, as with 19 members at 90 %
        present = place >= 0
        ends = [self._between(members, np.where(present, at, 0.0)) for at in (place, count - 1 - place)]
        return Central(ends[0], ends[1], present)

    def _between(self, members: np.ndarray, place: np.ndarray) -> np.ndarray:
        index = np.arange(len(members))
        whole = np.floor(place).astype(np.int64)
        part = place - whole
        low = members[index, whole]
        high = members[index, np.minimum(whole + (part > 0), members.shape[1] - 1)]
        with np.errstate(invalid="ignore", over="ignore"):
            return np.where((part == 0) | (low == high), low, low + part * (high - low))


@dataclass(frozen=True)
class Family:
    """A family of distributions: location and scale, or those of the logarithm."""

    probability: Callable[[Any], Any]
    """The distribution function of the standard one."""
    reach: Callable[[float], float]
    """How far its central interval of a level reaches to either side."""
    logarithmic: bool = False


def _normal(z: np.ndarray) -> Any:
    return erfc(-z / math.sqrt(2)) / 2


def _laplace(z: np.ndarray) -> Any:
    tail = np.exp(-abs(z)) / 2
    return np.where(z < 0, tail, 1 - tail)


def _logistic(z: np.ndarray) -> Any:
    return 1 / (1 + np.exp(-z))


_NORMAL = Family(_normal, quantile_of_normal)
_LAPLACE = Family(_laplace, lambda level: -math.log1p(-level))
_FAMILIES: dict[str, Family] = {
    "gaussian": _NORMAL,
    "beta_gaussian": _NORMAL,
    "crps_gaussian": _NORMAL,
    "lognormal": Family(_normal, quantile_of_normal, logarithmic=True),
    "laplace": _LAPLACE,
    "crps_laplace": _LAPLACE,
    "crps_logistic": Family(_logistic, lambda level: 2 * math.atanh(level)),
}
_SCALES: dict[str | None, Callable[[np.ndarray], np.ndarray]] = {
    None: lambda x: x,
    "scale": lambda x: x,
    "variance": np.sqrt,
    "log_scale": np.exp,
    "log_variance": lambda x: np.exp(x / 2),
}


class Distribution(Form):
    """A distribution of a known family, by its location and its scale."""

    name, centre = "distribution", "median"
    edges = np.arange(WIDE + 1) / WIDE

    def __init__(self, family: str, inputs: Sequence[str], given: str | None) -> None:
        self.family, self.inputs, self.given = family, inputs, given

    def of(self, rows: Forecasts) -> Said:
        """Return what the distributions of some rows say."""
        family = _FAMILIES[self.family]
        location, scale = rows.inputs[self.inputs[0]], _SCALES[self.given](rows.inputs[self.inputs[1]])

        def back(x: np.ndarray) -> np.ndarray:
            found: np.ndarray = np.exp(x) if family.logarithmic else x
            return found

        with np.errstate(all="ignore"):
            y = np.log(rows.target) if family.logarithmic else rows.target
            reached = np.asarray(family.probability((y - location) / scale))
            intervals = [
                Central(back(location - reach * scale), back(location + reach * scale))
                for reach in map(family.reach, self.central)
            ]
            return Said(reached, reached, intervals, back(location))


def form_of(plan: ColumnPlan) -> Form | None:
    """Return the form of the forecasts that a loss judges, or None if it judges none."""
    loss: Any = plan.loss
    name, inputs = loss.__name__, loss.predictions
    if loss in (losses.quantiles, losses.weighted_interval_score):
        width = plan.prediction.width or 1
        levels: Any = plan.parameters.get("levels") or [(k + 0.5) / width for k in range(width)]
        return Quantiles(levels, inputs)
    if loss in (losses.quantile, losses.interval_score):
        alpha = float(plan.parameters["alpha"])  # type: ignore[arg-type]
        return Quantiles([alpha] if loss is losses.quantile else [alpha / 2, 1 - alpha / 2], inputs)
    if loss is losses.crps_ensemble:
        return Members(inputs[0], plan.prediction.width or 1)
    if name in _FAMILIES and loss is getattr(losses, name):
        return Distribution(name, inputs, plan.given_as)
    return None
