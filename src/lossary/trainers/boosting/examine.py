"""What is wrong with an objective that someone wrote for an engine: it is called with made data, and what comes is judged."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterator
from typing import Any, Literal, NamedTuple

import numpy as np

Engine = Literal["lightgbm", "xgboost"]
Targets = Literal["real", "positive", "binary", "classes"]
_ROWS, _CLASSES = 64, 3
_FIRST = ("y_true", "y", "target", "targets", "label", "labels", "true")
"""Names of a first parameter that is the targets: the convention of the estimators."""


_START = {
    "lightgbm": "scores begin at 0 whatever boost_from_average says: give init_score, and add it to each prediction",
    "xgboost": "scores begin at base_score, which is 0.5 unless you give it: give the best constant",
}


class Remark(NamedTuple):
    """One thing that was looked at."""

    name: str
    wrong: bool
    found: str
    remedy: str | None = None


class _UnusableError(Exception):
    """The objective gives nothing that can be judged further; holds what was found, and the remedy."""


def examine(objective: Callable[..., Any], engine: Engine, targets: Targets = "real") -> Iterator[Remark]:
    """Call an objective as an engine does, on made data, and yield what is right and wrong about it.

    It may be of the native interface, ``f(scores, dataset)``, or of the estimators, ``f(y_true, y_pred)``, with weights as a
    third argument or not. ``targets`` says what it is meant for. The engine must be installed.
    """
    called = _Called(objective, engine)
    yield called.interface()
    rng = np.random.default_rng(0)
    target, scores = _made(rng, targets)
    try:
        yield from _judged(called, targets, target, scores)
    except _UnusableError as problem:
        found, remedy = problem.args
        yield Remark("result", True, found, remedy)


def _made(rng: np.random.Generator, targets: Targets) -> tuple[np.ndarray, np.ndarray]:
    make: dict[Targets, Callable[[], np.ndarray]] = {
        "real": lambda: 3 * rng.normal(size=_ROWS),
        "positive": lambda: rng.poisson(2.0, size=_ROWS) + 1.0,
        "binary": lambda: np.resize([0.0, 1.0], _ROWS),
        "classes": lambda: np.resize(np.arange(float(_CLASSES)), _ROWS),
    }
    target = make[targets]()
    shape = (_ROWS, _CLASSES) if targets == "classes" else (_ROWS,)
    spread = rng.uniform(0.3, 2.0, size=shape) * rng.choice([-1, 1], size=shape)
    return target, spread + (target if targets == "real" else 0.0)


def _judged(called: _Called, targets: Targets, target: np.ndarray, scores: np.ndarray) -> Iterator[Remark]:
    slope, curvature = called(scores, target)
    yield Remark("layout", False, f"two arrays of {' × '.join(map(str, slope.shape))}, as the scores")
    yield _sign(called, targets, target)
    yield _scale(called, scores, target, slope)
    yield from _derivatives(called, scores, target, slope, curvature)
    yield _weights(called, scores, target, slope, curvature)
    if targets in ("real", "positive"):
        yield Remark("start", False, _START[called.engine])
    if targets in ("binary", "positive"):
        yield _link(called, targets)


class _Called:
    """An objective of either interface, called with arrays."""

    def __init__(self, objective: Callable[..., Any], engine: Engine) -> None:
        self.objective, self.engine = objective, engine
        try:
            parameters = list(inspect.signature(objective).parameters.values())
        except ValueError:  # a function of C
            parameters = []
        positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
        self.count = len(parameters)
        self.by_arrays = bool(positional) and (positional[0].name in _FIRST or len(positional) > 2)
        self.takes_weight = self.by_arrays and len(positional) > 2

    def interface(self) -> Remark:
        if not self.by_arrays:
            return Remark("interface", False, f"native: f(scores, {'Dataset' if self.engine == 'lightgbm' else 'DMatrix'})")
        of = "f(y_true, y_pred, weight)" if self.takes_weight else "f(y_true, y_pred)"
        if self.engine == "lightgbm" and self.count not in (2, 3, 4):
            found = f"LightGBM's estimators count the parameters of a function and know 2, 3 or 4; this has {self.count}"
            return Remark("interface", True, found, "take (y_true, y_pred) or (y_true, y_pred, weight)")
        return Remark("interface", False, f"that of the estimators: {of}")

    def __call__(self, scores: np.ndarray, target: np.ndarray, weight: np.ndarray | None = None) -> tuple[Any, Any]:
        scores = np.array(scores, np.float64 if self.engine == "lightgbm" else np.float32)
        if self.engine == "lightgbm" and scores.ndim == 2:
            scores = np.asfortranarray(scores)
        labels = np.asarray(target, np.float32)
        arguments: tuple[Any, ...] = (scores, _table(self.engine, labels, weight))
        if self.by_arrays:
            arguments = (labels, scores, weight) if self.takes_weight else (labels, scores)
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            try:
                found = self.objective(*arguments)
            except Exception as error:
                found_is = f"calling it raises {type(error).__name__}: {error}"
                raise _UnusableError(found_is, "make it run on the engine's own data") from error
        return _read(found, scores)


def _table(engine: Engine, labels: np.ndarray, weight: np.ndarray | None) -> Any:
    features = np.arange(float(len(labels)))[:, None]
    if engine == "lightgbm":
        from lightgbm import Dataset

        return Dataset(features, labels, weight=weight, free_raw_data=False, params={"verbosity": -1}).construct()
    from xgboost import DMatrix

    return DMatrix(features, labels, weight=weight)


def _read(found: Any, scores: np.ndarray) -> tuple[Any, Any]:
    if not isinstance(found, tuple | list) or len(found) != 2:
        what = f"{type(found).__name__} of {len(found)}" if hasattr(found, "__len__") else type(found).__name__
        raise _UnusableError(f"it returns {what}, and the engine takes two arrays", "return (gradient, curvature)")
    arrays = [np.asarray(x, np.float64) for x in found]
    for name, x in zip(("gradient", "curvature"), arrays, strict=True):
        if x.shape != scores.shape:
            shapes = f"{x.shape or 'a single number'}, and the scores are of {scores.shape}"
            remedy = "return arrays of shape (samples, classes)" if scores.ndim == 2 else "return one value a sample"
            raise _UnusableError(f"the {name} is of shape {shapes}; no sum, no mean, no flat array of classes", remedy)
        if not np.isfinite(x).all():
            share, span = 1 - np.isfinite(x).mean(), f"{scores.min():.1f} to {scores.max():.1f}"
            raise _UnusableError(
                f"the {name} is infinite or NaN in {share:.0%} of the rows, at scores from {span}",
                "apply the link first (exp, sigmoid), without overflow",
            )
    return arrays[0], arrays[1]


def _sign(called: _Called, targets: Targets, target: np.ndarray) -> Remark:
    """Judge whether the gradient is positive where a score is too high."""
    if targets == "classes":
        slope, _ = called(np.zeros((len(target), _CLASSES)), target)
        own = slope[np.arange(len(target)), target.astype(int)]
        above, below = np.delete(slope, 0, axis=1)[target == 0].ravel(), own
    else:
        far = 6.0
        base = target if targets == "real" else np.log(target) if targets == "positive" else 4 * target - 2
        above, below = called(base + far, target)[0], called(base - far, target)[0]
        if targets == "binary":  # a sure and right score has no slope left
            above, below = above[target == 0], below[target == 1]
    if (above > 0).mean() > 0.9 and (below < 0).mean() > 0.9:
        return Remark("sign", False, "the gradient is positive where the score is too high, negative where it is too low")
    if (above < 0).mean() > 0.9 and (below > 0).mean() > 0.9:
        return Remark(
            "sign", True, "the gradient is negative where the score is too high: the loss rises", "negate the gradient"
        )
    found = (
        f"{(above > 0).mean():.0%} of the gradients are positive where scores are too high, {(below < 0).mean():.0%} negative"
    )
    return Remark("sign", True, f"{found} where too low", "check the order of arguments, and --target")


def _scale(called: _Called, scores: np.ndarray, target: np.ndarray, slope: np.ndarray) -> Remark:
    """Judge whether a row's gradient depends on how many rows there are."""
    twice, _ = called(np.concatenate([scores, scores]), np.concatenate([target, target]))
    ratio = _ratio(twice[: len(target)], slope)
    if ratio is not None and abs(ratio - 1) < 1e-3:
        size = float(np.abs(slope).mean())
        return Remark("scale", False, f"a row's gradient is its own, {size:.3g} on average")
    if ratio is not None and abs(ratio - 0.5) < 1e-3:
        found = "a row's gradient halves with twice as many rows: it is that of the mean, and too small to split a leaf"
        return Remark("scale", True, found, "return the gradient of each row's own loss")
    return Remark("scale", True, "a row's gradient depends on the other rows", "return the gradient of each row's own loss")


def _ratio(x: np.ndarray, y: np.ndarray) -> float | None:
    """Return the factor between two arrays, or None if there is no single one."""
    norm = float(np.sum(y * y))
    if norm == 0:
        return None
    factor = float(np.sum(x * y)) / norm
    return factor if np.allclose(x, factor * y, rtol=1e-3, atol=1e-4 * np.abs(y).max() * max(abs(factor), 1e-9)) else None


def _derivatives(
    called: _Called, scores: np.ndarray, target: np.ndarray, slope: np.ndarray, curvature: np.ndarray
) -> Iterator[Remark]:
    """Judge the curvature, beside finite differences of the gradient."""
    if not np.any(slope):
        yield Remark(
            "gradient", True, "it is 0 in every row: nothing is learnt", "return the derivative of the loss in the score"
        )
        return
    if (curvature <= 0).all() and not curvature.any():
        found = "it is 0 in every row: no leaf is split, and the engine says nothing"
        yield Remark("curvature", True, found, "return 1, or train with lossary's objective of the loss")
        return
    if (curvature <= 0).any():
        which = "negative" if (curvature < 0).any() else "0"
        found = f"it is {which} in {(curvature <= 0).mean():.0%} of the rows, where the engine's steps lose their sense"
        yield Remark("curvature", True, found, "use its size, an upper bound, or lossary's objective")
    # each row goes its own way, so that what depends on all rows, such as a scale, stays as it is
    h = 0.02 * np.where(np.arange(len(target)) % 2, 1, -1).reshape(-1, *[1] * (scores.ndim - 1))
    differences = np.zeros_like(slope)
    for k in range(_CLASSES if scores.ndim == 2 else 1):
        column = np.arange(_CLASSES) == k if scores.ndim == 2 else np.array(True)
        change = called(scores + h * column, target)[0] - called(scores - h * column, target)[0]
        differences = np.where(column, change / (2 * h), differences)
    usable = np.abs(differences) > 1e-3 * np.abs(differences).max(initial=1e-12)
    ratio = _ratio(curvature[usable], differences[usable]) if usable.any() else None
    if ratio is not None and abs(ratio - 1) < 0.02:
        yield Remark("differences", False, "the curvature is the derivative of the gradient, by finite differences")
    elif ratio is not None and ratio < 0:
        yield Remark(
            "differences", True, "the curvature is minus the derivative of the gradient", "negate the wrong one of them"
        )
    elif ratio is not None and ratio < 0.98:
        found = (
            f"the curvature is {ratio:.3g} times the derivative of the gradient, so steps are {1 / ratio:.3g} times too long"
        )
        yield Remark("differences", True, found, f"multiply it by {1 / ratio:.3g}, or divide the gradient")
    elif (share := (curvature < differences - 0.1 * np.abs(differences)).mean()) > 0.05:
        found = (
            f"the curvature is less than the derivative of the gradient in {share:.0%} of the rows: steps there are too long"
        )
        yield Remark("differences", True, found, "check both formulas against finite differences of the loss")
    else:
        at_least = "covers" if (curvature > 0).all() else "differs from"
        yield Remark("differences", False, f"the curvature {at_least} the derivative of the gradient, by finite differences")


def _weights(called: _Called, scores: np.ndarray, target: np.ndarray, slope: np.ndarray, curvature: np.ndarray) -> Remark:
    """Judge whether weights count."""
    if called.by_arrays and not called.takes_weight:
        remedy = "take (y_true, y_pred, weight), and multiply both by it"
        return Remark("weights", True, "it takes no weights, and the estimators leave them to the objective", remedy)
    weight = np.resize([0.5, 3.0], len(target)).astype(np.float32)
    each = weight.reshape(-1, *[1] * (slope.ndim - 1))
    weighted = called(scores, target, weight)
    ratios = [_ratio(x, each * y) for x, y in zip(weighted, (slope, curvature), strict=True)]
    if ratios[0] is not None and ratios[1] is not None and abs(ratios[0] - ratios[1]) < 1e-3:  # up to a common factor
        return Remark("weights", False, "gradient and curvature are multiplied by the weights")
    ignored = [
        name for name, x, y in zip(("gradient", "curvature"), weighted, (slope, curvature), strict=True) if np.allclose(x, y)
    ]
    what = f"{' and '.join(ignored)} ignore them" if ignored else "gradient and curvature are no multiples of them"
    return Remark("weights", True, f"with weights, {what}", "multiply both by the data's weights; the engine does not")


def _link(called: _Called, targets: Targets) -> Remark:
    """Judge whether scores are taken for what they are: logits, or logarithms of a mean."""
    if targets == "binary":
        slope, _ = called(np.array([5.0, -5.0]), np.array([1.0, 0.0]))
        if slope[0] > 0 and slope[1] < 0:
            found = "a score of 5 is pushed down though its label is 1: scores are taken for probabilities"
            return Remark("link", True, found, "p = 1 / (1 + exp(-score)) first")
        return Remark("link", False, "scores may be any number: a score of 5 fits the label 1")
    low, high, target = np.full(2, -30.0), np.full(2, 30.0), np.array([1.0, 4.0])
    try:
        for _ in range(40):  # the scores at which the gradient changes its sign
            middle = (low + high) / 2
            rises = called(middle, target)[0] > 0
            low, high = np.where(rises, low, middle), np.where(rises, middle, high)
    except _UnusableError:
        low = np.full(2, np.nan)
    if not abs(low[1] - low[0] - np.log(4)) < 0.1:
        found = (
            "the best scores for means of 1 and 4 do not differ by log 4: scores are taken for means, and may become negative"
        )
        return Remark("link", True, found, "mean = exp(score) first, and predict with exp(score)")
    return Remark("link", False, "scores are logarithms of the mean")
