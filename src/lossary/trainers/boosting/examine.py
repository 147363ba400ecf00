"""What is wrong with an objective that someone wrote for an engine: it is called with made data, and what comes is judged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal

import numpy as np

from lossary.trainers.boosting.called import Called, Engine, Remark, UnusableError

Targets = Literal["real", "positive", "binary", "classes"]
_ROWS, _CLASSES = 64, 3
_START = {
    "lightgbm": "scores begin at 0 whatever boost_from_average says: give init_score, and add it to each prediction",
    "xgboost": "scores begin at base_score, which is 0.5 unless you give it: give the best constant",
}
_FARTHEST: dict[Targets, float] = {"real": 1e4, "positive": 30.0, "binary": 100.0, "classes": 100.0}
"""How far from the target, or from 0, scores get in training: a residual, a logarithm of a mean, a logit."""
_FAR, _LONGEST, _SHORTEST = 10.0, 3.0, 1e-4
"""A residual, and by how much a step from there may be longer; one twice as long costs nothing where the loss is even.

A slope of 0.01 and a curvature of 1, as of a quantile of 0.01, make a step of 1e-3 of the way.
"""
_LOGISTIC = "p = 1 / (1 + exp(-score)) first"
_EXPONENTIAL = "mean = exp(score) first, and predict with exp(score)"
_NEGATE = "negate the gradient, or swap the arguments; then run this again"


def examine(objective: Callable[..., Any], engine: Engine, targets: Targets = "real") -> Iterator[Remark]:
    """Call an objective as an engine does, on made data, and yield what is right and wrong about it.

    It may be of the native interface, ``f(scores, dataset)``, or of the estimators, ``f(y_true, y_pred)``, with weights as a
    third argument or not. ``targets`` says what it is meant for. The engine must be installed.
    """
    target, scores = _made(np.random.default_rng(0), targets)
    called = Called(objective, engine)
    try:
        yield called.interface(scores, target)
        yield from _judged(called, targets, target, scores)
    except UnusableError as problem:
        yield problem.remark


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


def _judged(called: Called, targets: Targets, target: np.ndarray, scores: np.ndarray) -> Iterator[Remark]:
    slope, curvature = called(scores, target)
    again = called(scores, target)
    if not (np.array_equal(slope, again[0]) and np.array_equal(curvature, again[1])):
        found = "two calls on the same data differ: it draws random numbers, or keeps something of the call before"
        yield Remark("result", True, found, "make it a function of scores and data alone")
        return
    if (refusal := called.refusal(target, _CLASSES if targets == "classes" else 1)) is not None:
        yield Remark("result", True, refusal, "return two NumPy arrays of the shape of the scores")
        return
    if not slope.any():
        remedy = "return the derivative of the loss in the score"
        yield Remark("gradient", True, "it is 0 in every row: nothing is learnt", remedy)
        return
    if (noise := _noise(called, scores, target, slope, curvature)) is not None:
        yield noise
        return
    yield Remark("layout", False, f"two arrays of {' × '.join(map(str, slope.shape))}, as the scores")
    yield (sign := _sign(called, targets, target))
    if sign.wrong and sign.remedy != _NEGATE:
        return
    yield (scale := _scale(called, scores, target, slope))
    if not sign.wrong:
        yield from _derivatives(called, targets, scores, target, slope, curvature)
    if targets == "real" and not sign.wrong and (steps := _steps(called, target)) is not None:
        yield steps
    yield _weights(called, scores, target, slope, curvature, not scale.wrong)
    if targets in ("real", "positive"):
        yield Remark("start", False, _START[called.engine])
    if targets in ("binary", "positive") and not sign.wrong:
        yield _link(called, targets)
    yield _extremes(called, targets, target)


def _noise(called: Called, scores: np.ndarray, target: np.ndarray, slope: np.ndarray, curvature: np.ndarray) -> Remark | None:
    """Return what is wrong if next to equal scores have other gradients or curvatures, or None."""
    near = called(scores * (1 + 2.0**-20), target)
    for name, x, y in (("gradient", slope, near[0]), ("curvature", curvature, near[1])):
        jump = np.abs(x - y) / np.abs(x).max(initial=1e-300)
        if (jump > 0.01).mean() > 0.2:
            found = f"the {name} changes by up to {jump.max():.0%} where scores change by a millionth of them: rounding"
            return Remark("result", True, found, "take formulas of the derivatives, not differences")
    return None


def _sign(called: Called, targets: Targets, target: np.ndarray) -> Remark:
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
    if targets in ("binary", "positive") and _takes_predictions(called, targets, target):
        what, link = ("probabilities", _LOGISTIC) if targets == "binary" else ("means", _EXPONENTIAL)
        found = f"the gradient turns its sign where scores are no {what}, so they are taken for such"
        return Remark("link", True, found, link)
    if (above < 0).mean() > 0.9 and (below > 0).mean() > 0.9:
        return Remark("sign", True, "the gradient is negative where the score is too high: the loss rises", _NEGATE)
    if targets == "binary" and not above.any() and (below < 0).mean() > 0.9:
        return Remark(
            "sign", True, "the gradient is 0 for the label 0: labels are 0 and 1 here", "take 2 * y - 1 for labels of -1 and 1"
        )
    found = (
        f"{(above > 0).mean():.0%} of the gradients are positive where scores are too high, {(below < 0).mean():.0%} negative"
    )
    remedy = "check the order of arguments, and --target"
    if called.flat:
        remedy = "return arrays of shape (samples, classes)"
    return Remark("sign", True, f"{found} where too low", remedy)


def _takes_predictions(called: Called, targets: Targets, target: np.ndarray) -> bool:
    """Return whether the gradient has the right sign if scores are probabilities, or means."""
    high, low = (0.7 + 0 * target, 0.3 + 0 * target) if targets == "binary" else (1.5 * target, target / 1.5)
    above, below = called(high, target)[0], called(low, target)[0]
    if targets == "binary":
        above, below = above[target == 0], below[target == 1]
    return bool((above > 0).all() and (below < 0).all())


def _scale(called: Called, scores: np.ndarray, target: np.ndarray, slope: np.ndarray) -> Remark:
    """Judge whether a row's gradient depends on how many rows there are."""
    twice, _ = called(np.concatenate([scores, scores]), np.concatenate([target, target]))
    ratio = _ratio(twice[: len(target)], slope)
    if ratio is not None and abs(ratio - 1) < 1e-3:
        size = float(np.abs(slope).mean())
        return Remark("scale", False, f"a row's gradient is its own, {size:.3g} on average")
    if ratio is not None and abs(ratio - 0.5) < 1e-3:
        found = "a row's gradient halves with twice as many rows: it is that of the mean, and too small to split a leaf"
        return Remark("scale", True, found, "return the gradient of each row's own loss")
    remedy = (
        "read scores as (samples, classes), and return such arrays"
        if called.flat
        else "return the gradient of each row's own loss"
    )
    return Remark("scale", True, "a row's gradient depends on the other rows", remedy)


def _ratio(x: np.ndarray, y: np.ndarray) -> float | None:
    """Return the factor between two arrays, or None if there is no single one."""
    norm = float(np.sum(y * y))
    if norm == 0:
        return None
    factor = float(np.sum(x * y)) / norm
    return factor if np.allclose(x, factor * y, rtol=1e-3, atol=1e-4 * np.abs(y).max() * max(abs(factor), 1e-9)) else None


def _derivatives(
    called: Called, targets: Targets, scores: np.ndarray, target: np.ndarray, slope: np.ndarray, curvature: np.ndarray
) -> Iterator[Remark]:
    """Judge the curvature, beside finite differences of the gradient."""
    if not curvature.any():
        found = "it is 0 in every row: no leaf is split, and the engine says nothing"
        yield Remark("curvature", True, found, "return 1, or train with lossary's objective of the loss")
        return
    differences = _differences(called, scores, target)
    inner = _slope_of_prediction(targets, scores)
    if inner is not None and _is_one(_ratio(curvature * inner, differences)) and not _is_one(_ratio(curvature, differences)):
        of, by = ("the probability", "p * (1 - p)") if targets == "binary" else ("the mean", "the mean")
        found = f"gradient and curvature are derivatives with respect to {of}, not to the score"
        yield Remark("differences", True, found, f"multiply the gradient by {by}, and derive that again")
        return
    if (curvature <= 0).any():
        which = "negative" if (curvature < 0).any() else "0"
        found = f"it is {which} in {(curvature <= 0).mean():.0%} of the rows, where the engine's steps lose their sense"
        yield Remark("curvature", True, found, "use its size, an upper bound, or lossary's objective")
    yield _beside_differences(targets, curvature, differences)


def _steps(called: Called, target: np.ndarray) -> Remark | None:
    """Return what is wrong if Newton steps from scores that are far away end beyond the target or hardly begin, or None."""
    away = np.where(np.arange(len(target)) % 2, _FAR, -_FAR)
    slope, curvature = called(target + away, target)
    usable = curvature > 0
    if not usable.any():
        return None
    longer = float(np.median(np.abs(slope[usable] / curvature[usable]))) / _FAR
    if longer < _SHORTEST:
        found = f"at residuals of {_FAR:g}, gradient / curvature is {longer:.3g} of the way: rounds learn next to nothing"
        return Remark("steps", True, found, "divide the curvature, as far as the derivative of the gradient lets it")
    if longer <= _LONGEST:
        return None
    found = f"at residuals of {_FAR:g}, gradient / curvature is {longer:.3g} times as far: leaves overshoot the target"
    return Remark("steps", True, found, "return gradient / residual as curvature, or train with lossary's objective")


def _differences(called: Called, scores: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Return the derivative of the gradient in each score, by finite differences.

    Each row goes its own way, so that what depends on all rows, such as a scale, stays as it is.
    """
    h = 0.02 * np.where(np.arange(len(target)) % 2, 1, -1).reshape(-1, *[1] * (scores.ndim - 1))
    found = np.zeros(scores.shape)
    for k in range(_CLASSES if scores.ndim == 2 else 1):
        column = np.arange(_CLASSES) == k if scores.ndim == 2 else np.array(True)
        change = called(scores + h * column, target)[0] - called(scores - h * column, target)[0]
        found = np.where(column, change / (2 * h), found)
    return found


def _slope_of_prediction(targets: Targets, scores: np.ndarray) -> np.ndarray | None:
    """Return the derivative of the prediction in the score, or None if that is the prediction itself."""
    if targets == "binary":
        return 1 / (2 + np.exp(scores) + np.exp(-scores))
    return np.exp(scores) if targets == "positive" else None


def _is_one(ratio: float | None) -> bool:
    return ratio is not None and abs(ratio - 1) < 0.02


def _beside_differences(targets: Targets, curvature: np.ndarray, differences: np.ndarray) -> Remark:
    usable = np.abs(differences) > 1e-3 * np.abs(differences).max(initial=1e-12)
    ratio = _ratio(curvature[usable], differences[usable]) if usable.any() else None
    if targets == "classes" and ratio is not None and 0.98 < ratio < 0.98 * _CLASSES / (_CLASSES - 1):
        found = (
            "the curvature is each class's own, and leaves out what classes share: steps are up to K / (K - 1) times too long"
        )
        return Remark("differences", True, found, "multiply it by 2 as XGBoost does, or K / (K - 1) as LightGBM")
    if _is_one(ratio):
        return Remark("differences", False, "the curvature is the derivative of the gradient, by finite differences")
    if ratio is not None and ratio < 0:
        found = "the curvature is minus the derivative of the gradient"
        return Remark("differences", True, found, "negate the wrong one of them")
    if ratio is not None and ratio < 0.98:
        longer = f"{1 / ratio:.3g}"
        found = f"the curvature is {ratio:.3g} times the derivative of the gradient, so steps are {longer} times too long"
        return Remark("differences", True, found, f"multiply it by {longer}, or divide the gradient")
    if (share := (curvature < differences - 0.1 * np.abs(differences)).mean()) > 0.05:
        found = (
            f"the curvature is less than the derivative of the gradient in {share:.0%} of the rows: steps there are too long"
        )
        return Remark("differences", True, found, "check both formulas against finite differences of the loss")
    at_least = "covers" if (curvature > 0).all() else "differs from"
    return Remark("differences", False, f"the curvature {at_least} the derivative of the gradient, by finite differences")


def _weights(
    called: Called, scores: np.ndarray, target: np.ndarray, slope: np.ndarray, curvature: np.ndarray, is_own: bool
) -> Remark:
    """Judge whether weights count."""
    if called.by_arrays and not called.takes_weight:
        weight_of = "sample_weight=None" if called.engine == "xgboost" else "weight"
        remedy = f"take (y_true, y_pred, {weight_of}), and multiply both by it"
        return Remark("weights", True, "it takes no weights, and the estimators leave them to the objective", remedy)
    weight = np.resize([0.5, 3.0], len(target)).astype(np.float32)
    each = weight.reshape(-1, *[1] * (slope.ndim - 1))
    weighted = called(scores, target, weight)
    both = [(name, x, y) for name, x, y in zip(("gradient", "curvature"), weighted, (slope, curvature), strict=True) if y.any()]
    factors = [_ratio(x, each * y) for _, x, y in both]
    if None not in factors and np.ptp(np.array(factors, np.float64)) < 1e-3:  # up to a common factor
        twice, _ = called(*(np.concatenate([x, x]) for x in (scores, target, weight)))
        if is_own and _is_one(_ratio(2 * twice[: len(target)], weighted[0])):
            found = "with weights, a row's gradient halves with twice as many rows: weights are divided by their sum"
            return Remark("weights", True, found, "take the weights as they are, or divide them by their mean")
        return Remark("weights", False, "gradient and curvature are multiplied by the weights")
    ignored = [name for name, x, y in both if np.allclose(x, y)]
    what = f"{' and '.join(ignored)} ignore them" if ignored else "gradient and curvature are no multiples of them"
    return Remark("weights", True, f"with weights, {what}", "multiply both by the data's weights; the engine does not")


def _link(called: Called, targets: Targets) -> Remark:
    """Judge whether scores are taken for what they are: logits, or logarithms of a mean."""
    if targets == "binary":
        slope, _ = called(np.array([5.0, -5.0, 9.0, -9.0]), np.array([1.0, 0.0, 1.0, 0.0]))
        found = None
        if slope[0] > 0 and slope[1] < 0:
            found = "a score of 5 is pushed down though its label is 1: scores are taken for probabilities"
        elif slope[0] < 0 < slope[1] and np.array_equal(slope[:2], slope[2:]):
            found = "scores of 5 and 9 have the same gradient: they are taken for probabilities, and cut off at 1"
        if found is not None:
            return Remark("link", True, found, _LOGISTIC)
        return Remark("link", False, "scores may be any number: a score of 5 fits the label 1")
    low, high, target = np.full(2, -30.0), np.full(2, 30.0), np.array([1.0, 4.0])
    try:
        for _ in range(16):  # the scores at which the gradient changes its sign
            middle = (low + high) / 2
            rises = called(middle, target)[0] > 0
            low, high = np.where(rises, low, middle), np.where(rises, middle, high)
    except UnusableError:
        low = np.full(2, np.nan)
    if not abs(low[1] - low[0] - np.log(4)) < 0.1:
        found = (
            "the best scores for means of 1 and 4 do not differ by log 4: scores are taken for means, and may become negative"
        )
        return Remark("link", True, found, _EXPONENTIAL)
    return Remark("link", False, "scores are logarithms of the mean")


def _extremes(called: Called, targets: Targets, target: np.ndarray) -> Remark:
    """Judge whether gradient and curvature are numbers at scores far from the target."""
    far = _FARTHEST[targets]
    of = {"real": "residuals", "positive": "logarithms of a mean", "binary": "logits", "classes": "logits"}[targets]
    away = np.where(np.arange(len(target)) % 4 < 2, far, -far)  # both signs for every label
    scores = away[:, None] * np.eye(_CLASSES)[target.astype(int)] if targets == "classes" else away
    try:
        called(scores + target if targets == "real" else scores, target)
    except UnusableError:
        found = f"gradient or curvature is infinite or NaN at {of} of {far:g}: one such row spoils all trees"
        return Remark("extremes", True, found, "write it without overflow, as 1 / (1 + exp(-s))")
    if targets == "real":
        try:
            called(target.astype(np.float32), target)  # as engines hold labels
        except UnusableError:
            found = "gradient or curvature is infinite or NaN where the score is the target, as where a leaf holds one sample"
            return Remark("extremes", True, found, "take numpy.sign(residual), or a number above 0 below the fraction")
    return Remark("extremes", False, f"gradient and curvature are numbers at {of} of ±{far:g}")
