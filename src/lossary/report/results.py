"""The result of a score."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from lossary.counted import counted
from lossary.report.findings import Finding
from lossary.report.measure.breakdown.grouping import Breakdown
from lossary.report.measure.breakdown.over_time import OverTime
from lossary.report.measure.breakdown.runs import Runs
from lossary.report.measure.breakdown.slices import Slices
from lossary.report.measure.one_model.calibration import Calibration
from lossary.report.measure.one_model.class_calibration import ByClassCalibration
from lossary.report.measure.one_model.confusion import Confusion
from lossary.report.measure.one_model.costs import Costs
from lossary.report.measure.one_model.forecast_sums import Forecast
from lossary.report.measure.one_model.recalibration import Recalibration
from lossary.report.measure.one_model.relevance import Relevance
from lossary.report.measure.one_model.worst import Row
from lossary.report.measure.plan.figures import Figure, root_of
from lossary.report.measure.statistics.intervals import ConfidenceInterval
from lossary.report.show.document import Report, as_json, unit_of

FRACTIONS = (0.001, 0.01, 0.05, 0.1, 0.2, 0.5)
QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)


@dataclass(frozen=True)
class Other:
    """Another loss of the same rows."""

    loss: str
    parameters: Mapping[str, Any]
    given: str | None
    """The kind of predictions, such as "logits", or None if the loss has no choice."""
    mean: float
    interval: ConfidenceInterval | None
    baseline: float | None
    skill: float | None


@dataclass(frozen=True)
class Term:
    """What a term of a sum of losses contributes."""

    loss: str
    parameters: Mapping[str, Any]
    factor: float
    mean: float
    """The mean of factor·ℓ; those of all terms add up to the mean loss."""
    share: float | None
    """The share of the total loss, or None if that is 0 or not finite."""


@dataclass(frozen=True)
class Clip:
    """Probabilities that were moved away from 0 and 1."""

    at: float
    rows: int
    """The number of rows in which at least one was moved."""


@dataclass(frozen=True)
class Quantile:
    """A value, and the share of the rows below it."""

    at: float
    value: float


@dataclass(frozen=True)
class Residuals:
    """The mean of prediction - target, and quantiles over rows (not by weight), right to 0.2 %."""

    bias: float
    interval: ConfidenceInterval | None
    quantiles: tuple[Quantile, ...]
    exact: bool = False
    """True if the quantiles are exact, which those of small whole numbers are."""


@dataclass(frozen=True, repr=False)
class Score(Report):
    """The score of predictions under one loss. Losses are in the unit of the loss, nats for cross-entropies."""

    kind: ClassVar[str] = "score"
    loss: str
    parameters: Mapping[str, Any]
    """The loss's own parameters, defaults included, and its choices where they were asked for."""
    given: str | None
    """The kind of predictions, such as "logits", or None if the loss has no choice."""
    columns: Mapping[str, Any]
    """The columns by role: target, prediction (by name where there are several), weight, group, id, cluster, run, time; None
    for a role without a column."""
    classes: Mapping[str, str | None] | None
    """The column that predicts each class, None for a class that no column predicts; None if nothing names the classes."""
    files: tuple[str, ...]
    count: int
    """The number of rows scored, including rows of weight 0."""
    weight: float
    """Σw; the number of rows if there are no weights."""
    sum: float
    """Σwℓ, rounded once."""
    mean: float
    """Σwℓ / Σw."""
    variance: float | None = None
    """Σw(ℓ - mean)² / Σw."""
    interval: ConfidenceInterval | None = None
    """The confidence interval of the mean."""
    clusters: int | None = None
    """The number of clusters by which the interval was made, or None if there are none."""
    figure: Figure | None = None
    """What was asked for by a name such as "rmse", or None if a loss was."""
    baseline: float | None = None
    """The mean loss of the best constant prediction, or None if none was found."""
    constant: str = ""
    """That constant, in words."""
    entropy: float | None = None
    """The mean entropy of the targets in nats, for cross-entropies; the mean loss is this plus the KL divergence."""
    accuracy: float | None = None
    """The share of rows, by weight, whose most probable class is the target."""
    weightless: int = 0
    """The number of rows of weight 0, which nothing but ``count`` depends on."""
    invalid: Mapping[str, int] = field(default_factory=dict)
    """The number of rows skipped, by reason; each row counts once."""
    clip: Clip | None = None
    """How far probabilities were moved away from 0 and 1, or None if they were left as they are."""
    infinite: int = 0
    """The number of rows whose loss is infinite."""
    also: tuple[Other, ...] = ()
    """Other losses of the same rows."""
    terms: tuple[Term, ...] = ()
    """The terms of a sum of losses; none if the loss is no sum."""
    breakdowns: tuple[Breakdown, ...] = ()
    """The loss by group, class and confidence."""
    time: OverTime | None = None
    """The loss over time, or None without a column of times."""
    runs: Runs | None = None
    """The loss by run of the model, or None without a column of runs."""
    concentration: tuple[tuple[float, float], ...] | None = None
    """Pairs: a share of the rows, the worst ones, and their share of the loss."""
    histogram: tuple[Mapping[str, Any], ...] = ()
    """The bins of the losses of rows: low, high and count."""
    worst: tuple[Row, ...] = ()
    """The rows of largest weighted loss."""
    confusion: Confusion | None = None
    """Which class was predicted for which, or None without classes, or with more than thirty."""
    calibration: Calibration | None = None
    slices: Slices | None = None
    """The slices that lose much, or None if none were searched for, or a loss is not finite."""
    class_calibration: ByClassCalibration | None = None
    """How often each class happens beside its probability, of three classes or more, or None of other predictions."""
    costs: Costs | None = None
    """What decisions by the probability cost, or None if no costs and no capacity were asked for."""
    recalibration: Recalibration | None = None
    """The decomposition of the mean loss of predicted means, medians and quantiles, or None of others."""
    residuals: Residuals | None = None
    forecast: Forecast | None = None
    """Coverage, sharpness, the probability transform and bias of quantiles, ensembles and distributions, or None of others."""
    relevance: Relevance | None = None
    """How well lists of items are ordered, or None of other losses."""
    findings: tuple[Finding, ...] = ()
    """What there is to remark, each with its code; ``warnings`` and ``notes`` are their sentences."""
    call: Mapping[str, Any] | None = field(default=None, compare=False)
    """The data, the options and the sizes of the files that it was made of, or None if these were arrays."""

    @property
    def skill(self) -> float | None:
        """1 - mean / baseline: 1 is perfect, 0 no better than the best constant; None unless the baseline is positive."""
        return skill_of(self.mean, self.baseline)

    @property
    def root(self) -> Figure | None:
        """The root of the mean of squared errors ("rmse") or of squared logarithmic errors ("rmsle"), or None if of others."""
        return root_of(self.loss, self.mean, self.interval)

    @property
    def divergence(self) -> float | None:
        """The mean KL divergence from target to prediction in nats, for cross-entropies."""
        return None if self.entropy is None else self.mean - self.entropy

    @property
    def unit(self) -> str | None:
        """The unit of the loss, or None if it is not known."""
        return unit_of(self.loss)

    def metrics(self) -> dict[str, float]:
        """Return the numbers of the score by flat names, as loggers of experiments take them.

        >>> import lossary
        >>> columns = {"y": [1.0, 2.0, 6.0], "p": [1.0, 3.0, 5.0]}
        >>> found = lossary.report.score(columns, loss="mse", target="y", prediction="p", also="mae")
        >>> {name: round(value, 3) for name, value in found.metrics().items() if name in ("rmse", "absolute_error", "skill")}
        {'rmse': 0.816, 'skill': 0.857, 'absolute_error': 0.667}
        """
        single = {
            self.loss: self.mean,
            **_ends(self.loss, self.interval),
            **{figure.name: figure.value for figure in (self.root, self.figure) if figure is not None},
            "skill": self.skill,
            "accuracy": self.accuracy,
            "bias": None if self.residuals is None else self.residuals.bias,
            "expected_calibration_error": None if self.calibration is None else self.calibration.expected_calibration_error,
            "count": float(self.count),
        }
        others = dict[str, float]()
        for other in self.also:
            others |= {other.loss: other.mean, **_ends(other.loss, other.interval)}
        groups = {
            f"{self.loss}/{breakdown.by}={part.name}": part.mean
            for breakdown in self.breakdowns
            if breakdown.kind == "group"
            for part in breakdown.parts
        }
        found = {**single, **others, **groups, **self._of_forecasts()}
        return {name: x for name, x in found.items() if x is not None}

    def _of_forecasts(self) -> dict[str, float]:
        intervals = () if self.forecast is None else self.forecast.intervals
        gains = () if self.relevance is None else self.relevance.ndcg
        return {
            **{f"coverage_{one.level:g}": one.coverage for one in intervals},
            **{f"width_{one.level:g}": one.width for one in intervals},
            **{"ndcg" if one.at is None else f"ndcg_{one.at}": one.mean for one in gains},
        }

    def _derived(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            "skill": self.skill,
            "divergence": self.divergence,
            "unit": self.unit,
            "root": as_json(self.root),
        }
        if self.concentration is not None:
            found["concentration"] = [{"rows": rows, "loss": loss} for rows, loss in self.concentration]
        if self.calibration is not None:
            found["calibration"] = {**as_json(self.calibration), "unit": "nats"}
        return found

    def __repr__(self) -> str:
        return f"<Score {self.loss}: mean {self.mean!r} of {counted(self.count, 'row')}>"


def _ends(name: str, interval: ConfidenceInterval | None) -> dict[str, float]:
    return {} if interval is None else {f"{name}_low": interval.low, f"{name}_high": interval.high}


def skill_of(mean: float, baseline: float | None) -> float | None:
    """Return 1 - mean / baseline, or None if the baseline is not positive and finite."""
    if baseline is None or not 0 < baseline < math.inf or mean != mean:
        return None
    return 1 - mean / baseline
