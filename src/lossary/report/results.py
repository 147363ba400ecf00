"""The result of a score."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from lossary.counted import counted
from lossary.report.measure.calibration import Calibration
from lossary.report.measure.grouping import Breakdown
from lossary.report.measure.intervals import Interval
from lossary.report.measure.worst import Row
from lossary.report.show.document import Report, as_json, unit_of

FRACTIONS = (0.001, 0.01, 0.05, 0.1, 0.2, 0.5)


QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)


@dataclass(frozen=True)
class Other:
    """Another loss of the same rows."""

    loss: str
    parameters: Mapping[str, float]
    given: str | None
    """What the predictions are taken as, for a loss that has a choice."""
    mean: float
    interval: Interval | None
    baseline: float | None
    skill: float | None


@dataclass(frozen=True)
class Quantile:
    """A value with this share of the rows below."""

    at: float
    value: float


@dataclass(frozen=True)
class Residuals:
    """Of prediction - target: the mean, and quantiles over rows (not by weight), right to 0.2 %."""

    bias: float
    interval: Interval | None
    quantiles: tuple[Quantile, ...]


@dataclass(frozen=True, repr=False)
class Score(Report):
    """How good predictions are under one loss. Losses are in the units of the loss: nats for the cross-entropies."""

    kind: ClassVar[str] = "score"
    loss: str
    parameters: Mapping[str, float]
    """The loss's own parameters, defaults included."""
    given: str | None
    """What the predictions are, for a loss that has a choice."""
    columns: Mapping[str, Any]
    """Which columns are meant: target, prediction, weight, group, id, cluster; None for what there is not."""
    files: tuple[str, ...]
    count: int
    """Rows scored, those of weight 0 among them."""
    weight: float
    """Σw; the number of rows if there are no weights."""
    sum: float
    """Σwℓ, rounded once, whatever the order of the rows."""
    mean: float
    """Σwℓ / Σw."""
    variance: float | None = None
    """Σw(ℓ - mean)² / Σw."""
    interval: Interval | None = None
    """For the mean loss that rows like these have."""
    baseline: float | None = None
    """The mean loss of the best constant prediction; None if none was found."""
    constant: str = ""
    """That constant, in words."""
    entropy: float | None = None
    """Mean entropy of the targets in nats, for the cross-entropies; the mean loss is it plus the KL divergence."""
    accuracy: float | None = None
    """The share of rows, by weight, whose most probable class is the target."""
    weightless: int = 0
    """Rows of weight 0: nothing but ``count`` depends on them."""
    invalid: Mapping[str, int] = field(default_factory=dict)
    """Rows skipped, by what is wrong with them; each counts once."""
    infinite: int = 0
    """Rows whose loss is infinite."""
    also: tuple[Other, ...] = ()
    """Other losses of the same rows."""
    breakdowns: tuple[Breakdown, ...] = ()
    """Where the loss comes from."""
    concentration: tuple[tuple[float, float], ...] | None = None
    """Pairs of a share of the rows, the worst ones, and the share of the loss that they carry."""
    histogram: tuple[Mapping[str, Any], ...] = ()
    """Of the losses of rows: low, high and count."""
    worst: tuple[Row, ...] = ()
    """The rows that cost most."""
    calibration: Calibration | None = None
    residuals: Residuals | None = None
    notes: tuple[str, ...] = ()
    """What a person should know about this score."""
    warnings: tuple[str, ...] = ()
    """Signs that something is wrong, or that something else was meant."""

    @property
    def skill(self) -> float | None:
        """1 - mean / baseline: 1 is perfect, 0 no better than the best constant; None where the baseline is not above 0."""
        return skill_of(self.mean, self.baseline)

    @property
    def divergence(self) -> float | None:
        """Mean KL divergence from target to prediction in nats, for the cross-entropies."""
        return None if self.entropy is None else self.mean - self.entropy

    @property
    def unit(self) -> str | None:
        """The unit of the loss, or None if it is not known."""
        return unit_of(self.loss)

    def _derived(self) -> dict[str, Any]:
        found: dict[str, Any] = {"skill": self.skill, "divergence": self.divergence, "unit": self.unit}
        if self.concentration is not None:
            found["concentration"] = [{"rows": rows, "loss": loss} for rows, loss in self.concentration]
        if self.calibration is not None:
            found["calibration"] = {**as_json(self.calibration), "unit": "nats"}
        return found

    def __repr__(self) -> str:
        return f"<Score {self.loss}: mean {self.mean!r} of {counted(self.count, 'row')}>"


def skill_of(mean: float, baseline: float | None) -> float | None:
    """Return 1 - mean / baseline, or None if the baseline is not positive and finite."""
    if baseline is None or not 0 < baseline < math.inf or mean != mean:
        return None
    return 1 - mean / baseline
