"""The result of a comparison of several models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from lossary.counted import counted
from lossary.report.findings import Finding
from lossary.report.measure.breakdown.frame import frame_of
from lossary.report.measure.breakdown.over_time import OverTime
from lossary.report.measure.breakdown.runs import Runs
from lossary.report.measure.models.forecasts import forecast_metrics
from lossary.report.measure.models.murphy import Murphy
from lossary.report.measure.models.ranking import ModelsBreakdown
from lossary.report.measure.one_model.forecast_sums import Forecast
from lossary.report.measure.one_model.recalibration import Recalibration
from lossary.report.measure.statistics.intervals import ConfidenceInterval
from lossary.report.measure.statistics.turning import Turning
from lossary.report.show.document import Report


@dataclass(frozen=True)
class Model:
    """One of the models."""

    name: str
    source: Any
    """What holds its predictions: a column or several, or the files."""
    rank: int
    """1 for the least mean loss; models of equal means share a rank."""
    mean: float
    """Σwℓ / Σw, over the rows that all models have."""
    interval: ConfidenceInterval | None
    """The interval of the mean."""
    difference: float
    """The mean loss less that of the reference."""
    difference_interval: ConfidenceInterval | None
    """The paired interval of the difference."""
    detectable: float | None
    """The smallest true difference from the reference that such rows show with 80 % power, or None without an interval."""
    turning: Turning | None
    """How few rows decide about the difference from the reference; None for the reference, and of more than three models."""
    p_value: float | None
    """The p-value that decides about the model: of the confidence set, or of the difference from the baseline, adjusted for the
    number of other models (Holm). None for the reference, or if there is none."""
    verdict: str
    """By that p-value: without a baseline "worse" if the model is not in the confidence set; "better" or "worse" than the
    baseline; else "undecided". "reference" for the reference itself."""
    confidence: float | None
    """The p-value of the model confidence set; a model is in the set unless it is below 1 - level. None beside a baseline."""
    in_set: bool | None
    """True if the model is not told apart from the best, or None if nothing can be told, and beside a baseline."""
    rows: int
    """The number of rows that could be scored, before those were left out that another model lacks."""
    infinite: int = 0
    """The number of rows of infinite loss."""
    root: float | None = None
    """The root of the mean of squared errors, or None for other losses."""


@dataclass(frozen=True)
class Pair:
    """Two models on the same rows."""

    a: str
    b: str
    difference: float
    """The mean loss of b less that of a."""
    interval: ConfidenceInterval | None
    p_value: float | None
    """The p-value of the difference, by itself."""
    adjusted: float | None
    """The same, adjusted for the number of all pairs (Holm): for statements on all pairs at once. It decides about no model."""
    wins: int
    """The number of rows where b has the smaller loss."""
    losses: int
    ties: int


@dataclass(frozen=True, repr=False)
class Ranking(Report):
    """Several models compared under one loss on the same rows, the least mean loss first."""

    kind: ClassVar[str] = "ranking"
    loss: str
    parameters: Mapping[str, Any]
    unit: str | None
    given: str | None
    """The kind of predictions, such as "logits", or None if the loss has no choice."""
    files: tuple[str, ...]
    columns: Mapping[str, Any]
    """The columns by role: target, weight, group, id, cluster, model; None for a role without a column."""
    classes: tuple[str, ...] | None
    """The names of the classes, or None if the loss has none."""
    clusters: int | None
    """The number of clusters by which intervals were made, or None if there are none."""
    count: int
    """The number of rows that all models have, including rows of weight 0."""
    weight: float
    left_out: int
    """The number of rows that were left out, as one of the models lacks them or cannot be scored on them."""
    level: float | None
    """The level of the intervals and of the set, or None if there are none."""
    best: str | None
    """The model of the least mean loss, or None if no mean is a number."""
    reference: str
    """The model from which differences are taken: the baseline, or the best."""
    baseline: str | None
    """The model that was named as the baseline, or None."""
    models: tuple[Model, ...]
    pairs: tuple[Pair, ...]
    """Every two models, in the order of ranks."""
    breakdowns: tuple[ModelsBreakdown, ...]
    calibration: Mapping[str, Recalibration] = field(default_factory=dict)
    """The decomposition of the mean loss of each model; none but of predicted means, medians, quantiles and probabilities."""
    murphy: Murphy | None = None
    """The models under every loss with the same best prediction, or None of losses that have none of these."""
    forecasts: Mapping[str, Forecast] = field(default_factory=dict)
    """What is found of the forecasts of each model, such as coverage and width; empty of losses that judge no forecasts."""
    time: OverTime | None = None
    """The losses over time, or None without a column of times."""
    runs: Runs | None = None
    """The losses by run, or None without a column of runs; spread, low and high are of the reference."""
    findings: tuple[Finding, ...] = ()
    """What there is to remark, each with its code; ``warnings`` and ``notes`` are their sentences."""
    call: Mapping[str, Any] | None = field(default=None, compare=False)
    """The data, the options and the sizes of the files that it was made of, or None if these were arrays."""

    @property
    def best_set(self) -> tuple[str, ...]:
        """The names of the models that are not told apart from the best; none beside a baseline."""
        return tuple(model.name for model in self.models if model.in_set)

    @property
    def sentence(self) -> str:
        """The verdict in words."""
        from lossary.report.show.ranking_text import ranking_sentence

        return ranking_sentence(self.to_dict())

    def model(self, name: str) -> Model:
        """Return the model of a name."""
        return next(model for model in self.models if model.name == name)

    def frame(self) -> Any:
        """Return the models as a pandas frame, one row each."""
        return frame_of(self.models)

    def metrics(self) -> dict[str, float]:
        """Return the numbers of the comparison by flat names, as loggers of experiments take them."""
        found = {f"{self.loss}_{model.name}": model.mean for model in self.models}
        differences = {
            f"{self.loss}_{model.name}_difference": model.difference for model in self.models if model.name != self.reference
        }
        return found | differences | forecast_metrics(self.forecasts)

    def _derived(self) -> dict[str, Any]:
        return {"best_set": self.best_set}

    def __repr__(self) -> str:
        means = ", ".join(f"{model.name} {model.mean:.6g}" for model in self.models[:4])
        more = f", … ({len(self.models)})" if len(self.models) > 4 else ""
        return f"<Ranking {self.loss}: {means}{more}, over {counted(self.count, 'row')}>"
