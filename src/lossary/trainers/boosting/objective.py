"""Objective, metric and start value of a loss, as an engine takes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np

from lossary.names import did_you_mean
from lossary.trainers.boosting.for_catboost import Derivatives, MeanLoss, OfClasses
from lossary.trainers.boosting.units import PLAIN, Labels, Unit, check_digits, unit_of
from lossary.trainers.scores.curvature import choose
from lossary.trainers.scores.scores import Scores
from lossary.trainers.scores.starts import start
from lossary.trainers.scores.weights import check_weights

if TYPE_CHECKING:
    from lossary.engine.calls import Loss
else:
    from lossary.engine.loss import Loss

ENGINES = ("lightgbm", "xgboost", "catboost")
Engine = Literal["lightgbm", "xgboost", "catboost"]
_OF_TARGET = Unit()
_DEFAULT_BASE = 0.5
"""What XGBoost's scores begin at for objectives that are not its own, unless it is told otherwise."""


class Data(Protocol):
    """A Dataset of LightGBM or a DMatrix of XGBoost."""

    def get_label(self) -> Any:
        """Return the targets."""

    def get_weight(self) -> Any:
        """Return the weights, or None or an empty array if there are none."""


class Objective:
    """A loss as the objective of an engine, made by :func:`objective`: call it with scores and the engine's data.

    The engine's own scores begin at 0; ``start`` is added to them here, in float64, so that neither the training data, nor the
    data that training is watched on, nor a prediction needs a start value of the engine's own.
    """

    def __init__(
        self, scores: Scores, engine: Engine, curvature: str, start: Any, why: str, factor: Any = None, unit: Unit = _OF_TARGET
    ) -> None:
        self.scores, self.engine, self.start, self.unit = scores, engine, start, unit
        self.curvature = choose(scores.scaled(*unit), curvature, held=engine != "catboost")
        self.asked, self._why, self._factor = curvature, why, factor

    def __repr__(self) -> str:
        own = "".join(f", {name}={x!r}" for name, x in self.scores.parameters.items())
        return f"objective({self.scores.loss.__name__}, engine={self.engine!r}{own})"

    def __reduce__(self) -> tuple[Callable[..., Objective], tuple[Any, ...]]:
        own = (self.scores.loss, self.scores.parameters, self.engine, self.asked, self.start, self._why, self._factor)
        return _restored, (*own, self.unit)

    @property
    def parameters(self) -> dict[str, Any]:
        """What to add to the engine's parameters."""
        own: dict[str, Any] = {} if self.curvature.longest_step is None else {"max_delta_step": self.curvature.longest_step}
        if np.ndim(self.start):
            own["num_class"] = len(self.start)
        if self.engine == "catboost":
            return self.of_catboost(PLAIN)
        if self.engine == "lightgbm":
            return {**own, "objective": self, "metric": "None"}
        return {**own, "base_score": 0.0, "disable_default_eval_metric": True}

    def of_catboost(self, labels: Labels) -> dict[str, Any]:
        """Return the parameters for CatBoost, whose data have these labels."""
        if not np.ndim(self.start):
            derivatives, mean = Derivatives(self, labels), MeanLoss(self, labels)
            return {"loss_function": derivatives, "eval_metric": mean, "boost_from_average": False}
        if self.scores.several:
            from lossary.trainers.boosting.of_predictions import MeanLossOfPredictions, OfPredictions  # which import CatBoost

            return {"loss_function": OfPredictions(self, labels), "eval_metric": MeanLossOfPredictions(self, labels)}
        if len(self.start) == 2:
            raise ValueError(
                f"CatBoost keeps one score for two classes where the objective is not its own; got {self.scores.loss.__name__} "
                "of two; take a loss of two outcomes, such as binary_cross_entropy, or another engine"
            )
        return {
            "loss_function": OfClasses(self, labels),
            "eval_metric": MeanLoss(self, labels),
            "classes_count": len(self.start),
        }

    def __call__(self, raw: Any, data: Data) -> tuple[Any, Any]:
        """Return slopes and curvatures at the engine's scores."""
        if not hasattr(data, "get_label"):
            raise TypeError(
                f"an objective is called with the scores and the data of {self.engine}.train(…); got {type(data).__name__} in "
                "the place of the data, as scikit-learn's interface of the engine calls it; take Regressor or Classifier of "
                "lossary.trainers.boosting there"
            )
        target = data.get_label()
        if len(target) != len(raw):
            raise ValueError(f"training data have one label a sample; got {len(target)} labels for {len(raw)} samples")
        if self.engine == "xgboost" and (first := raw.flat[0]) == _DEFAULT_BASE and (raw == first).all():
            raise ValueError(
                f"scores of XGBoost begin at 0; got {first:g} of every sample, its default base_score; pass own.parameters "
                "beside your parameters"
            )
        return self.derivatives(raw, target, data.get_weight())

    def derivatives(self, raw: Any, target: Any, weight: Any) -> tuple[Any, Any]:
        """Return slopes and curvatures at scores without the start, weighted, as float32 arrays of the shape of the scores."""
        return self._derivatives(raw, target, weight, self.factor)

    def _derivatives(self, raw: Any, target: Any, weight: Any, factor: Any) -> tuple[Any, Any]:
        target, weight = self._read(target, weight)
        target = target if self.unit.size == 1.0 else target / self.unit.size
        return self.curvature.pair.derivatives(raw, self.begun, target, weight, factor=factor)

    @property
    def begun(self) -> Any:
        """The start, in the engine's unit of scores."""
        return self.scores.in_unit(self.start, self.unit.size)

    @property
    def factor(self) -> Any:
        """What slopes and curvatures are multiplied by; None: what makes the mean curvature of each score 1.

        It is that of half the squared error then, whatever the unit: what penalties and the least sum of curvatures are
        compared with. Losses of counts have a size of their own, but for targets so small that all rows together count less
        than one.
        """
        return 1.0 if self._factor is None and not self._is_scaled else self._factor

    @property
    def _is_scaled(self) -> bool:
        return self.scores.in_units_of_target or self.scores.several or self.curvature.kind == "smoothed"

    def metric(self, raw: Any, data: Data) -> tuple[Any, ...]:
        """Return the name of the loss and its mean, as the engine takes a metric: LightGBM asks which way is better, too."""
        mean = self.cost(raw, data.get_label(), data.get_weight())
        return (self.scores.loss.__name__, mean, False) if self.engine == "lightgbm" else (self.scores.loss.__name__, mean)

    def cost(self, raw: Any, target: Any, weight: Any = None) -> float:
        """Return the mean loss at scores without the start."""
        target, weight = self._read(target, weight)
        target = target.astype(np.int64 if self.scores.loss.kind == "softmax" else np.float64)
        return float(np.average(self.scores.value(self.total(raw), target), weights=weight))

    def total(self, raw: Any) -> Any:
        """Return scores with the start, as float64."""
        return self.scores.in_unit(raw, 1 / self.unit.size) + self.start

    def prediction(self, raw: Any) -> Any:
        """Return predictions, such as means or probabilities, of scores without the start."""
        if np.shape(raw)[1:] != np.shape(self.start):
            shape = "(N,)" if not np.ndim(self.start) else f"(N, {len(self.start)})"
            ask = {"lightgbm": "raw_score=True", "xgboost": "output_margin=True", "catboost": 'prediction_type="RawFormulaVal"'}
            raise ValueError(
                f"prediction takes raw scores of shape {shape}; got {np.shape(raw)}; ask for predict(…, {ask[self.engine]})"
            )
        return self.scores.inverse_link(self.total(raw))

    def describe(self, steps: str | None = None) -> str:
        """Return which curvature and which start were chosen, and why; ``steps`` says it of steps that are not by ours."""
        of = self.scores.loss.__name__
        own = "".join(f", {name}={value:g}" for name, value in self.scores.parameters.items())
        start = ", ".join(f"{x:.6g}" for x in np.ravel(self.start))
        return "\n".join(
            (
                f"{of}{own} in {self.engine}",
                *(self._score_of(name) for name in self.scores.names),
                *([f"unit of scores: {self.unit.size:g}, as float32 has no digits for others"] if self.unit.size != 1 else []),
                f"curvature: {self.curvature.kind}: {self.curvature.why}" if steps is None else steps,
                f"start: {start}: {self._why}",
            )
        )

    def _score_of(self, name: str) -> str:
        """Return a line that says which number is added up for a prediction."""
        scores, which = self.scores, f" of {name}" if self.scores.several else ""
        if scores.lows[name] > -np.inf:
            low = scores.lows[name]
            return f"score{which}: log(prediction - {low:g})" if low else f"score{which}: log(prediction)"
        of_form = scores.form is not None and name == scores.loss.formulas.linked
        return f"score{which}: {scores.form if of_form else 'the prediction itself'}"

    def _read(self, target: Any, weight: Any) -> tuple[Any, Any]:
        return np.asarray(target), None if weight is None or not len(weight) else np.asarray(weight)


def check_engine(engine: Any) -> None:
    """Raise ValueError for an engine that there is not."""
    if engine not in ENGINES:
        raise ValueError(f"engine is one of {', '.join(ENGINES)}; got {engine!r}{did_you_mean(str(engine), ENGINES)}")


def objective(
    loss: Loss,
    target: Any,
    weight: Any = None,
    *,
    engine: Engine,
    curvature: str = "auto",
    classes: int | None = None,
    **parameters: Any,
) -> Objective:
    """Return objective, metric and start value of a loss for the native interface of "lightgbm", "xgboost" or "catboost".

    ``target`` and ``weight`` are those of training: the start is the constant score with the least mean loss on them. The
    result is called by the engine; give it ``own.parameters`` beside your own, and ``own.metric``. Predictions of the engine
    are scores without the start; ``own.prediction`` makes means, probabilities or numbers of them. ``own.describe()`` says
    which curvature was chosen, and why. Losses of classes take labels; ``parameters`` are the loss's own.

    Losses of several predictions, such as a mean and a variance, have a score for each, and as many trees a round. With XGBoost
    ask for ``predict(…, output_margin=True)`` of these and of classes; CatBoost takes the target once for each prediction.
    ``own.prediction`` returns a named tuple then.

    ``curvature`` is one of

    - ``"majorizer"``: slope by distance, ψ(r)/r, of losses that are even in the distance r from the target (or from the
      score 0), concave in r², beside a part that is linear in r. A Newton step by it never raises the cost;
    - ``"relaxed"``: the greater of the second derivative and of half of that, or of half of a bound of all scores: a Newton
      step never raises the cost either;
    - ``"smoothed"``: the majorizer of losses with a kink, where it is infinite: by √(r² + s²), s from the residuals;
    - ``"balanced"``: half of what pulls the score of a logarithm or logit down plus half of what pulls it up: no Newton step,
      however long, raises the cost;
    - ``"fisher"``: the expected second derivative: of likelihoods by location and scale, and of losses of a mean;
    - ``"bound"``: the greatest second derivative, of all scores or of those within a step of 0.7, to which leaves are held;
    - ``"exact"``: the second derivative, even where it is 0 or negative;
    - ``"absolute"``: the greater of its size and of slope by distance (of several predictions: and of its expectation, where
      that is known), which nothing is proven of;
    - ``"auto"``: the second derivative if it changes by e^|step| at most in a step of a logarithm or logit, and leaves held to
      steps of 1.79, which never raise the cost (CatBoost cannot hold them: balanced); else the first of relaxed (majorizer,
      where it is the second derivative), smoothed, bound and absolute that there is.

    Scores are in the unit of the target, but where that is so small or large that float32 has no digits for it: ``own.unit``
    says which power of 2 is their unit then, and ``own.prediction`` undoes it.

    Raises TypeError for losses without a target or a formula, ValueError for a curvature that the loss has not, or for targets
    that labels of float32 do not tell apart.

    >>> import lossary, numpy as np
    >>> from lossary.trainers.boosting import objective
    >>> own = objective(lossary.squared_error, np.array([1.0, 2.0, 6.0]), engine="lightgbm")
    >>> own.start
    3.0
    >>> print(own.describe())
    squared_error in lightgbm
    score: the prediction itself
    curvature: majorizer: slope by distance of the residual: the loss is concave in its square
    start: 3: the constant with the least mean loss
    """
    target = _one_a_sample(target)
    own = made(loss, target, weight, engine=engine, curvature=curvature, classes=classes, **parameters)
    check_digits(own.scores, target, weight)
    return own


def _one_a_sample(target: Any) -> Any:
    """Return targets as an array of one axis; raise ValueError if they are none, not finite, or several of a sample."""
    found = np.asarray(target)
    found = found[:, 0] if found.ndim == 2 and found.shape[1] == 1 else found
    if found.ndim != 1 or not len(found):
        raise ValueError(f"objective takes the targets of training, one number a sample; got an array of shape {found.shape}")
    if found.dtype.kind == "f" and not (finite := np.isfinite(found)).all():
        first = int(np.argmin(finite))
        raise ValueError(f"objective takes finite targets; got {found[first]} at index {first}; leave such samples out")
    return found


def made(
    loss: Loss,
    target: Any,
    weight: Any,
    *,
    engine: Engine,
    curvature: str,
    classes: int | None,
    **parameters: Any,
) -> Objective:
    """Return the objective, whatever digits the labels of an engine have."""
    check_engine(engine)
    scores = Scores(loss, parameters, several=True)
    if weight is not None:
        weight = check_weights(f"boosting with {scores.loss.__name__}", weight)
        if weight.shape != np.shape(target)[:1]:
            raise ValueError(f"objective takes one weight a sample; got {weight.shape} for targets of shape {np.shape(target)}")
    at, why = start(scores, target, weight, classes)
    scores.check(at, target, weight)
    unit = unit_of(scores, at, target, weight)
    own = Objective(scores, engine, curvature, at, why, unit=unit)
    if not (scores.has_size or (engine == "catboost" and own._is_scaled)):
        return own
    if np.ndim(at) and own.curvature.kind == "smoothed":
        if curvature != "auto":
            raise ValueError(
                f"catboost shows an objective of several scores one row a call, and curvature='smoothed' takes a scale from "
                f"all rows; {loss.__name__} has {len(at)} scores; use curvature='absolute', or engine='lightgbm' or 'xgboost'"
            )
        own, curvature = Objective(scores, engine, "absolute", at, why, unit=unit), "absolute"
    # CatBoost shows the objective some rows at a time, which must not have factors of their own
    _, weighted = own._derivatives(np.zeros((np.size(target), *np.shape(at))), target, weight, 1.0)
    mean = weighted.sum(axis=0, dtype=np.float64) / (np.size(target) if weight is None else np.sum(weight))
    if not own._is_scaled and not 0 < mean * np.size(target) < 1:
        return own
    return Objective(scores, engine, curvature, at, why, 1 / mean, unit)


def _restored(loss: Loss, parameters: dict[str, Any], *own: Any) -> Objective:
    return Objective(Scores(loss, parameters, several=True), *own)
