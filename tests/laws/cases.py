"""What the laws are tried with: every loss of samples, with options and numbers that Hypothesis chooses."""

import os
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

import lossary
from lossary.engine.plain import compute_with_arrays
from lossary.vocabulary import exp, log1p, where

_TIMES = int(os.environ.get("LOSSARY_FUZZ", "0"))


def law(examples, *, shrink=True):
    """Settings of a law: the same examples each time; LOSSARY_FUZZ=50 tries 50 times as many, others at each run."""
    phases = (Phase.explicit, Phase.reuse, Phase.generate, *([Phase.shrink] if shrink else []))
    return settings(
        phases=phases,
        max_examples=examples * max(1, _TIMES),
        derandomize=not _TIMES,
        deadline=None,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )


@lossary.pointwise
def cauchy(prediction, target, *, scale=1.0):
    return log1p(((prediction - target) / scale) ** 2)


@lossary.pointwise
def lopsided(prediction, target, *, slant=0.25):
    residual = target - prediction
    return where(residual >= 0, slant * residual, (slant - 1) * residual)


@lossary.softmax
def focal(log_probability, *, gamma=2.0):
    return -((1 - exp(log_probability)) ** gamma) * log_probability


BUILT_IN = [lossary.absolute_error, lossary.binary_cross_entropy, lossary.cross_entropy, lossary.huber, lossary.squared_error]
"""These laws are about how losses are computed; those in tests/losses are about each loss."""
LOSSES = [*BUILT_IN, cauchy, lopsided, focal]
POINTWISE = [loss for loss in LOSSES if loss.kind == "pointwise"]
SOFTMAX = [loss for loss in LOSSES if loss.kind == "softmax"]

_SPECIAL = (0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan, 1e30, -1e30, 3e38, 1e-30, 1e-40, 88.8, -103.0)
ORDINARY = st.floats(-20, 20, width=32)
NUMBERS = st.one_of(ORDINARY, ORDINARY, st.sampled_from(_SPECIAL))
_SHARES = st.one_of(st.floats(0, 1, width=32), st.sampled_from((0.0, 1.0, 0.5, 1e-40)))


def _inside(interval, *, special):
    if (interval.low, interval.high) == (0, 1):
        return _SHARES
    if interval.everything:
        return NUMBERS if special else ORDINARY
    return st.floats(-20, interval.high, width=32)


@dataclass
class Case:
    """A loss and a call of it, as NumPy arrays of one row a sample."""

    loss: lossary.Loss
    prediction: np.ndarray
    target: np.ndarray
    options: dict[str, Any]

    def with_options(self, **more):
        return Case(self.loss, self.prediction, self.target, {**self.options, **more})

    def rows(self, chosen):
        """The same call on some of the rows, in some order."""
        arrays = {name: value[chosen] for name, value in self.options.items() if name in ("weight", "where")}
        return Case(self.loss, self.prediction[chosen], self.target[chosen], {**self.options, **arrays})

    def call(self, operation="value", library="numpy", **more):
        """What the loss makes of it, as NumPy arrays."""
        convert = {"numpy": lambda x: x, "torch": torch.from_numpy, "jax": _jax}[library]
        options = {**self.options, **more}
        options = {name: convert(x.copy()) if isinstance(x, np.ndarray) else x for name, x in options.items()}
        method = {"value": self.loss, "both": self.loss.value_and_gradient, "curvature": self.loss.curvature}[operation]
        found = method(convert(self.prediction.copy()), convert(self.target.copy()), **options)
        return tuple(map(np.asarray, found)) if isinstance(found, tuple) else np.asarray(found)

    def plainly(self, operation="value"):
        """The same by plain array operations, the twin of every kernel."""
        operation = {"both": "value_and_gradient"}.get(operation, operation)
        found = compute_with_arrays(self.loss, self.loss.read_call((self.prediction, self.target), self.options), operation)
        return tuple(map(np.asarray, found)) if isinstance(found, tuple) else np.asarray(found)


def _jax(x):
    import jax.numpy as jnp

    return jnp.asarray(x)


@st.composite
def cases(
    draw,
    losses=LOSSES,
    *,
    special=True,
    options=True,
    dtypes=(np.float64, np.float32),
    reductions=("none", "sum", "mean", "batchmean"),
    shape=None,
    within=None,
):
    """Calls of losses: a few rows, with special numbers among them."""
    loss = draw(st.sampled_from(losses))
    dtype = draw(st.sampled_from(dtypes))
    rows, classes = shape or (draw(st.integers(1, 6)), draw(st.sampled_from((1, 2, 3, 5, 50))))
    chosen: dict[str, Any] = {"reduction": draw(st.sampled_from(reductions))}
    givens = loss.properties.given
    given = draw(st.sampled_from(givens)) if givens else None
    if given:
        chosen["given"] = given
    if loss.kind == "softmax":
        prediction, target = _classes(draw, given, (rows, classes), special, chosen, options)
    else:
        interval = {
            "probabilities": lossary.formula.domains.Interval(0.0, 1.0),
            "log_probabilities": lossary.formula.domains.Interval(high=0.0),
        }.get(given, lossary.formula.domains.Interval() if given else loss.properties.prediction)
        prediction = draw(st.lists(_inside(interval, special=special), min_size=rows, max_size=rows))
        target = draw(st.lists(_inside(loss.properties.target, special=special), min_size=rows, max_size=rows))
        prediction, target = np.array(prediction), np.array(target)
    if within is not None:
        prediction, target = (_without_extremes(x, *within) for x in (prediction, target))
    prediction = prediction.astype(dtype)
    target = target.astype(dtype) if target.dtype.kind == "f" else target
    if options:
        if draw(st.booleans()):
            weights = st.sampled_from((0.0, 1.0, 0.5, 2.0, 3.25, 1e-3))
            chosen["weight"] = np.array(draw(st.lists(weights, min_size=rows, max_size=rows)), dtype)
        if draw(st.booleans()):
            chosen["where"] = np.array(draw(st.lists(st.booleans(), min_size=rows, max_size=rows)))
    return Case(loss, prediction, target, chosen)


def _without_extremes(x, smallest, largest):
    """The array with finite numbers of moderate size only, whose products with weights are finite and normal."""
    if x.dtype.kind != "f":
        return x
    return np.where(np.isfinite(x), np.where(np.abs(x) < smallest, 0, x.clip(-largest, largest)), x)


def _classes(draw, given, shape, special, chosen, options):
    rows, classes = shape
    if given == "logits":
        row = st.lists(NUMBERS if special else ORDINARY, min_size=min(classes, 5), max_size=min(classes, 5))
        prediction = np.array([np.resize(draw(row), classes) for _ in range(rows)])
    else:
        prediction = _distributions(draw, rows, classes)
        if given == "log_probabilities":
            with np.errstate(divide="ignore"):
                prediction = np.log(prediction)
    if draw(st.booleans()):
        return prediction, _with_class_options(draw, chosen, classes, given, options) or _distributions(draw, rows, classes)
    _with_class_options(draw, chosen, classes, given, options)
    target = np.array(draw(st.lists(st.integers(0, classes - 1), min_size=rows, max_size=rows)), np.int64)
    if options and draw(st.booleans()):
        chosen["ignore_index"] = -100
        target[:: draw(st.integers(1, 3))] = -100
    return prediction, target


def _with_class_options(draw, chosen, classes, given, options):
    if not options:
        return
    if draw(st.booleans()):
        weights = st.sampled_from((0.0, 1.0, 0.5, 2.0))
        chosen["class_weight"] = np.resize(np.array(draw(st.lists(weights, min_size=1, max_size=4))), classes)
    if draw(st.integers(0, 3)) == 0:
        chosen["label_smoothing"] = 0.1
    if given == "logits":
        if draw(st.integers(0, 3)) == 0:
            chosen["temperature"] = 0.5
        if draw(st.integers(0, 3)) == 0:
            chosen["soft_cap"] = 30.0
        if draw(st.integers(0, 3)) == 0:
            chosen["z_loss"] = 0.01


def _distributions(draw, rows, classes):
    counts = st.lists(st.integers(0, 8), min_size=min(classes, 5), max_size=min(classes, 5))
    found = []
    for _ in range(rows):
        row = np.resize(draw(counts), classes).astype(float)
        if not row.sum():
            row[0] = 1
        found.append(row / row.sum())
    return np.array(found)
