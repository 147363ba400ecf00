"""What is wrong with an objective that someone wrote for an engine: it is called with made data, and what comes is judged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal

import numpy as np

from lossary.trainers.boosting.called import Called, Engine, Remark, UnusableError
from lossary.trainers.boosting.objective import Objective

Targets = Literal["real", "positive", "binary", "classes"]
_ROWS, _CLASSES = 64, 3
_START = {
    "lightgbm": "scores begin at 0 whatever boost_from_average says: give init_score, and add it to each prediction",
    "xgboost": "scores begin at base_score, which is 0.5 unless you give it: give the best constant",
}
_FARTHEST: dict[Targets, float] = {"real": 1e4, "positive": 30.0, "binary": 100.0, "classes": 100.0}
"""How far from the target, or from 0, scores get in training: a residual, a logarithm of a mean, a logit."""
_RESIDUALS = (10.0, 100.0, 1e3, 1e4)
"""Where the length of steps is judged."""
_SURE = 5.0
"""A logit of a probability of 0.993."""
_HARDLY = 1e-4
"""The part of a residual of 10 that a step covers at least: a quantile of 0.01 with curvature 1 takes 1e-3 of it."""
_SHORTEST = 0.01
"""The part of a residual of 10,000 that a step should cover: 100 rounds at a rate of 0.1 are 10 whole steps."""
_BY_DISTANCE = "return |gradient| / sqrt(residual**2 + s**2) as curvature, s small, or train with lossary's objective"
_BOUND = "return an upper bound of the second derivative, or train with lossary's objective"
_LOGISTIC = "p = 1 / (1 + exp(-score)) first"
_EXPONENTIAL = "mean = exp(score) first, and predict with exp(score)"
_NEGATE = "negate the gradient, or swap the arguments; then run lossary doctor again"


def examine(objective: Callable[..., Any], engine: Engine, targets: Targets = "real") -> Iterator[Remark]:
    """Call an objective as an engine does, on made data, and yield what is right and wrong about it.

    It may be of the native interface, ``f(scores, dataset)``, or of the estimators, ``f(y_true, y_pred)``, with weights as a
    third argument or not. ``targets`` says what it is meant for. The engine must be installed.
    """
    if isinstance(objective, Objective):
        yield from _of_lossary(objective, engine)
        return
    target, scores = _made(np.random.default_rng(0), targets)
    called = Called(objective, engine)
    try:
        interface = called.interface(scores, target)
        yield interface
        if called.needs_weight and not interface.wrong:
            yield _needs_weight(called)
        yield from _judged(called, targets, target, scores)
    except UnusableError as problem:
        yield problem.remark


def _of_lossary(own: Objective, engine: Engine) -> Iterator[Remark]:
    """Say what an objective of ours is. Its start and scale come from its own targets, so generated data would mislead."""
    found = f"lossary's own objective of {own.scores.loss.__name__}"
    if own.engine == engine:
        yield Remark("interface", False, f"{found}, which adds its start: it is not called on generated data")
        yield Remark("curvature", False, f"{own.curvature.kind}: {own.curvature.why}")
    else:
        yield Remark("interface", True, f"{found}, made for {own.engine}", f'make it with engine="{engine}"')


def _needs_weight(called: Called) -> Remark:
    if called.by_arrays:
        found, name = "without sample_weight in fit, the weight is None, and calling it fails", called.weight_name
        return Remark("weights", True, found, f"if {name} is None: {name} = np.ones(len(y_true))")
    nothing = "None" if called.engine == "lightgbm" else "an empty array"
    found = f"without weights in the data, get_weight() is {nothing}, and calling it fails"
    return Remark("weights", True, found, "take np.ones(len(scores)) as weights then")


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
        found = "two calls on the same data differ: it draws random numbers, or depends on the call before"
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
    is_judged = (curvature <= 0).any()  # as it is
    if targets == "real" and not sign.wrong and not is_judged and (steps := _steps(called, target)) is not None:
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
        found = f"the gradient has the wrong sign at scores that are not {what}: scores are taken for {what}"
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
        return Remark("scale", False, f"a row's gradient does not depend on other rows; its mean size is {size:.3g}")
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
    remedy = _BY_DISTANCE if targets == "real" else _BOUND
    if not curvature.any():
        found = "it is 0 in every row: no leaf is split, and the engine says nothing"
        yield Remark("curvature", True, found, remedy)
        return
    if targets == "binary" and _grows_as_in_probability(called):
        found = "the gradient is the derivative with respect to the probability, not to the score"
        yield Remark("differences", True, found, "multiply the gradient by p * (1 - p), and derive that again")
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
        found = f"it is {which} in {(curvature <= 0).mean():.0%} of the rows, and the engine divides by its sum over a leaf"
        yield Remark("curvature", True, found, remedy)
    elif targets == "binary" and _turns_negative(called, target):
        found = f"it is negative at logits of ±{_SURE:g} for the other label: the engine splits no leaf of such rows"
        yield Remark("curvature", True, found, remedy)
    yield _beside_differences(targets, curvature, differences)


def _turns_negative(called: Called, target: np.ndarray) -> bool:
    """Return whether the curvature is negative where the score is sure, and wrong."""
    try:
        _, curvature = called(np.where(target == 1, -_SURE, _SURE), target)
    except UnusableError:  # which is said of extremes
        return False
    return bool((curvature < 0).any())


def _steps(called: Called, target: np.ndarray) -> Remark | None:
    """Return what is wrong if the loss is higher after Newton steps from scores far away, or if they are too short."""
    for residual in _RESIDUALS:
        scores = target + np.where(np.arange(len(target)) % 2, residual, -residual)
        try:
            slope, curvature = called(scores, target)
        except UnusableError:  # which is said of extremes
            return None
        with np.errstate(all="ignore"):
            step = np.where(slope == 0, 0.0, -slope / curvature)
        if not step.any():
            return None
        longer = float(np.median(np.abs(step[step != 0]))) / residual
        if residual == _RESIDUALS[0] and longer < _HARDLY:
            found = (
                f"at residuals of {residual:g}, gradient / curvature is {longer:.3g} of the way: rounds learn next to nothing"
            )
            return Remark("steps", True, found, "divide the curvature, as far as the derivative of the gradient lets it")
        if _loss_rises(called, scores, target, step, residual):
            found = f"gradient / curvature is {longer:.3g} times as far" if np.isfinite(longer) else "the curvature is 0"
            found = f"at residuals of {residual:g}, {found}: leaves overshoot the target, and the loss rises"
            if (curvature < 0).mean() > 0.2:
                found = f"at residuals of {residual:g}, the curvature is negative: steps lead away from the target"
            return Remark("steps", True, found, _BY_DISTANCE)
    if longer >= _SHORTEST:
        return None
    found = f"at residuals of {residual:g}, gradient / curvature is {longer:.3g} times as far: getting there takes many rounds"
    return Remark("steps", False, found, f"divide the targets by their standard deviation, or {_BY_DISTANCE}")


def _loss_rises(called: Called, scores: np.ndarray, target: np.ndarray, step: np.ndarray, residual: float) -> bool:
    """Return whether the loss rises in many rows by a step, by the integral of the gradient over it."""
    step = np.clip(step, -100 * residual, 100 * residual)  # infinite where the curvature is 0
    parts = 64
    try:
        slopes = [called(scores + (k + 0.5) / parts * step, target)[0] for k in range(parts)]
    except UnusableError:  # the loss overflows on the way
        return True
    rise, size = np.mean(slopes, axis=0) * step, np.mean(np.abs(slopes), axis=0) * np.abs(step)
    # a step of twice the residual changes nothing where the loss is even
    return bool((rise > 0.1 * size).mean() > 0.2)


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


def _grows_as_in_probability(called: Called) -> bool:
    """Return whether gradients grow as 1 / p where p is near 0, and do not vanish where it is near 1.

    That of the logistic loss is -1 / p in p. In the score it would be that of a loss that falls without end.
    """
    label = np.resize([1.0, 0.0], 4)
    side = np.resize([1.0, -1.0], 4)
    (wrong, right) = (called(s * side * np.array([4.0, 4.0, 8.0, 8.0]), label)[0] for s in (-1, 1))
    grows = np.abs(wrong[2:]) > 20 * np.abs(wrong[:2])
    stays = np.abs(right[2:]) > 0.5 * np.abs(right[:2])
    return bool((grows & stays & (right[2:] != 0)).all())


def _is_one(ratio: float | None) -> bool:
    return ratio is not None and abs(ratio - 1) < 0.02


def _beside_differences(targets: Targets, curvature: np.ndarray, differences: np.ndarray) -> Remark:
    usable = np.abs(differences) > 1e-3 * np.abs(differences).max(initial=1e-12)
    # fewer rows are those next to a kink
    ratio = _ratio(curvature[usable], differences[usable]) if usable.mean() > 0.1 else None
    if targets == "classes" and ratio is not None and 0.98 < ratio < 0.98 * _CLASSES / (_CLASSES - 1):
        found = "the curvature is that of each class alone, without the others: steps are up to K / (K - 1) times too long"
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
        of = {"binary": "p * (1 - p)", "positive": "the mean"}.get(targets)
        hint = "" if of is None else f"; derivatives with respect to the score have a factor of {of}"
        return Remark("differences", True, found, f"check both formulas against finite differences of the loss{hint}")
    at_least = "covers" if (curvature > 0).all() else "differs from"
    return Remark("differences", False, f"the curvature {at_least} the derivative of the gradient, by finite differences")


def _weights(
    called: Called, scores: np.ndarray, target: np.ndarray, slope: np.ndarray, curvature: np.ndarray, is_own: bool
) -> Remark:
    """Judge whether weights count."""
    nothing = "empty" if called.engine == "xgboost" and not called.by_arrays else "None"
    if called.by_arrays and not called.takes_weight:
        weight_of = "sample_weight=None" if called.engine == "xgboost" else "weight"
        remedy = f"take (y_true, y_pred, {weight_of}), and multiply both by it where it is not None"
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
    subject = " and ".join(f"the {name}" for name in ignored) or "gradient and curvature"
    what = f"{'ignores' if len(ignored) == 1 else 'ignore'} them" if ignored else "are not multiplied by them"
    remedy = f"multiply both by the weights, as the engine does not; they are {nothing} if the data have none"
    return Remark("weights", True, f"with weights, {subject} {what}", remedy)


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
        of_logits = "p = scipy.special.expit(score), and bound what divides or is the argument of log"
        remedy = of_logits if targets == "binary" else "subtract the greatest score before exp, or bound its argument"
        return Remark("extremes", True, found, remedy)
    if targets == "real":
        try:
            called(target.astype(np.float32), target)  # as engines hold labels
        except UnusableError:
            found = "gradient or curvature is infinite or NaN where the score is the target, as where a leaf holds one sample"
            return Remark("extremes", True, found, "take numpy.sign(residual), or a number above 0 below the fraction")
    return Remark("extremes", False, f"gradient and curvature are numbers at {of} of ±{far:g}")
