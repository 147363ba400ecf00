"""The constant prediction with the least mean loss."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple, Protocol

import numpy as np

from lossary.arrays import select
from lossary.arrays.checks import as_numpy
from lossary.engine import dispatch
from lossary.engine.calculation import Calculation
from lossary.engine.call import Call
from lossary.engine.class_shares import ClassShares, best_shares
from lossary.engine.exact_sum import ExactSums
from lossary.engine.median import Pair, weighted_quantile
from lossary.engine.reduction import Total
from lossary.formula.domains import Interval
from lossary.formula.expression import symbol
from lossary.formula.links import PROBABILITIES
from lossary.formula.numbers import is_array
from lossary.names import unknown_option
from lossary.printable import as_typed

_LOOKED_AT, _FEW = 1000, 32
"""Targets that are looked at to see whether they are a few numbers, and how many of these are few."""


class Targets(Protocol):
    """The targets of all samples and their weights, which can be read repeatedly; reports read them from files."""

    @property
    def in_memory(self) -> bool:
        """Whether all targets are in memory."""

    def __iter__(self) -> Iterator[Pair]:
        """Yield targets and weights, some at a time."""

    def sample(self) -> tuple[np.ndarray, np.ndarray]:
        """Return all targets and weights if they are in memory, else a sample of them."""


class Constant(NamedTuple):
    """A constant prediction."""

    value: float
    statistic: str | None
    """Of the targets: "mean", "median", "mode" or a quantile, such as "0.9-quantile"; None if it was searched for."""


class _TargetsInMemory(NamedTuple):
    """Targets in memory."""

    values: np.ndarray
    weights: np.ndarray
    in_memory: bool = True

    def __iter__(self) -> Iterator[Any]:
        yield self.values, self.weights

    def sample(self) -> tuple[np.ndarray, np.ndarray]:
        return self.values, self.weights


def refusal(loss: Calculation) -> str | None:
    """Return why no constant is sought for a loss, or None if one is."""
    name, inputs = loss.__name__, ", ".join(loss.inputs)
    if len(loss.predictions) != 1 or "target" not in loss.inputs:
        return f"a best constant is one prediction for all targets, and {name} is a loss of ({inputs})"
    if loss.target_form is not None:
        return f"the target is made of labels or probabilities; got target_given={loss.target_form!r}"
    what = {
        "composed": "composed of array operations",
        "samplewise": "a loss of the components of a sample together",
        "sum": "a sum of losses of several kinds",
    }.get(loss.kind)
    return None if what is None else f"{name} is {what}, for which no best constant is sought"


def of_arrays(
    loss: Calculation, target: Any, weight: Any, where: Any, given: str | None, classes: int | None, own: dict[str, Any]
) -> float | np.ndarray:
    """Return the best constant of targets in memory; see :meth:`Loss.best_constant`."""
    name = f"{loss.__name__}.best_constant"
    if (reason := refusal(loss)) is not None:
        raise TypeError(f"{name}: {reason}; minimise its mean over a constant yourself")
    for option, value in own.items():
        if option not in loss.formulas.parameters:
            raise unknown_option(name, option, ("target", "weight", "where", "given", "classes", *loss.formulas.parameters))
        if getattr(value, "ndim", 0) or isinstance(value, (list, tuple)):
            raise TypeError(f"{name}: {option} is one number for all targets; got {type(value).__name__}")
    if given is not None:
        loss.check_choice("given", given, loss.formulas.given)
    own = {option: float(value) if is_array(value) else value for option, value in own.items()}
    if loss.kind == "softmax":
        return _distribution(loss, target, weight, where, given or "probabilities", classes, own)
    if classes is not None:
        raise TypeError(f"{name}: classes= is the number of classes of a label, and {loss.__name__} has none; leave it out")
    form = usual_form(loss)
    if given is not None and not (_is_probability(loss, form) and _link(loss, given) is PROBABILITIES.get(given)):
        form = given
    target = _as_float(target)
    point = loss.formulas.interval(loss.predictions[0], form).inner_point
    options = {"weight": _as_float(weight), "where": as_numpy(where), **own, **_given(form)}
    targets, weights = _counted(_read(loss, lambda x: np.full(x.shape, point), target, options))
    if not targets.size or np.isnan(targets).any():
        return math.nan
    try:
        found = best_of_targets(loss, own, _TargetsInMemory(targets, weights), _sum(weights), form).value
    except (ValueError, ArithmeticError) as error:
        raise ValueError(f"{name}: no best constant was found: {error}") from None
    return found if given in (None, form) else _of_probability(found, given)


def _sum(weights: np.ndarray) -> float:
    """Return the sum, rounded once; of equal weights without adding them up."""
    first = float(weights[0])
    return len(weights) * first if (weights == first).all() else math.fsum(weights)


def _read(loss: Calculation, points: Callable[[Any], np.ndarray], target: Any, options: dict[str, Any]) -> Call:
    """Return the call of constant predictions, checked and loaded, its excluded samples as they are."""
    target = select.of(np.zeros(0)).array(target, f"{loss.__name__}: target")
    inputs = (points(target), target)
    call = loss.read(loss.read_options({**options, "check": None}), select.of(*inputs), inputs)
    with np.errstate(all="ignore"):
        loss.load(call)
    loss.raise_or_mark_invalid(call, True)
    return call


def _counted(call: Call) -> tuple[np.ndarray, np.ndarray]:
    """Return the targets and the weights of samples that count, these divided by a power of 2 so that none is large."""
    target = call.target.reshape(-1, *call.target.shape[len(call.sample_shape) :])
    weight = np.ones(len(target)) if call.weight is None else call.weight.reshape(-1)
    counted = weight > 0
    if call.mask is not None:
        counted &= call.mask.reshape(-1)
    target, weight = target[counted], weight[counted].astype(np.float64, copy=False)
    return target, np.ldexp(weight, -math.frexp(float(weight.max(initial=0)))[1])


def _distribution(
    loss: Calculation, target: Any, weight: Any, where: Any, given: str, classes: int | None, own: dict[str, Any]
) -> np.ndarray:
    name = f"{loss.__name__}.best_constant"
    target = as_numpy(target) if _is_labels(target) else _as_float(target)
    if classes is not None and (isinstance(classes, bool) or not isinstance(classes, (int, np.integer)) or classes < 1):
        raise TypeError(f"{name}: classes is the number of classes, 1 or more; got {as_typed(classes)}")

    def points(x: np.ndarray) -> np.ndarray:
        if x.dtype.kind in "iu":  # labels
            count = classes or int(x[() if where is None else as_numpy(where)].max(initial=0)) + 1
            return np.broadcast_to(0.0, (*x.shape, max(count, 1)))
        if classes is not None and x.shape[-1:] != (classes,):
            raise ValueError(f"{name}: targets have {classes} classes on the last axis; got shape {x.shape}")
        return np.broadcast_to(0.0, x.shape)

    call = _read(loss, points, target, {"weight": _as_float(weight), "where": as_numpy(where), **own})
    targets, weights = _counted(call)
    count = call.extra.classes
    if not len(targets) or np.isnan(targets).any():
        return np.full(count, math.nan)
    shares = ClassShares()
    shares.add(targets, weights, count)
    try:
        p = best_shares(loss, own, shares.weights(), _sum(weights), hard=shares.hard)
    except ValueError as error:
        raise ValueError(f"{name}: no best constant was found: {error}") from None
    with np.errstate(divide="ignore"):
        return p if given == "probabilities" else np.log(p)


def _is_labels(target: Any) -> bool:
    return str(getattr(target, "dtype", np.asarray(target).dtype if isinstance(target, (list, tuple)) else "")).startswith(
        ("int", "uint", "torch.int", "torch.uint")
    )


def _as_float(value: Any) -> Any:
    """Return an array of any library as NumPy's, with formats that NumPy lacks as float32."""
    found = as_numpy(value)
    return found.float().numpy() if hasattr(found, "detach") else found


def _given(form: str | None) -> dict[str, str]:
    return {} if form is None else {"given": form}


def _link(loss: Calculation, form: str) -> Any:
    formulas: Any = loss.formulas
    return formulas.links[form]


def usual_form(loss: Calculation) -> str | None:
    """Return the form of a constant unless another is asked for: that of the formula, such as a mean, else the default."""
    forms = loss.formulas.given
    own = [form for form in forms if loss.formulas.linked == loss.predictions[0] and _is_own_form(loss, form)]
    return next(iter((*own, *forms)), None)


def _is_probability(loss: Calculation, form: str | None) -> bool:
    """Return whether a form is that of a prediction that is a probability."""
    return form == "probabilities" and form in loss.formulas.given and loss.formulas.linked == loss.predictions[0]


def _is_own_form(loss: Calculation, form: str | None) -> bool:
    """Return whether the formula itself takes the prediction in a form."""
    linked = symbol(loss.formulas.linked)
    return form is None or _link(loss, form)[0](linked) is linked


def _of_probability(p: float, given: str) -> float:
    """Return a probability as logit or logarithm."""
    log = math.log(p) if p else -math.inf
    if given == "log_probabilities":
        return log
    return log - math.log1p(-p) if p < 1 else math.inf


def best_of_targets(
    loss: Calculation, parameters: Mapping[str, Any], targets: Targets, total_weight: float, form: str | None
) -> Constant:
    """Return the best constant for a pointwise loss: the mean, a quantile, the mode, or a numerical minimiser.

    ``form`` is the form of the constant. Raise ValueError if there is no lowest point.
    """
    statistic = loss.formulas.minimizer(parameters) if _is_own_form(loss, form) else None
    if statistic == "mean":
        total = Total()
        for values, weights in targets:
            total.update(values, weights)
        return Constant(total.mean, statistic)
    if statistic == "median":
        return Constant(weighted_quantile(targets, total_weight), statistic)
    if statistic == "quantile" and (level := {**loss.formulas.parameters, **parameters}.get("alpha")) is not None:
        return Constant(weighted_quantile(targets, total_weight, level), f"{level:g}-quantile")
    if statistic == "mode":
        return Constant(_mode(targets), statistic)
    domain = loss.formulas.interval(loss.predictions[0], form)
    found = minimise(loss, {**parameters, **_given(form)}, targets, total_weight, domain)
    if found is None:
        raise ValueError("the mean loss of a constant has no single lowest point")
    return Constant(found, None)


def _mode(targets: Targets) -> float:
    """Return the target of the greatest weight, the least of several."""
    found: dict[float, float] = {}
    for values, weights in targets:
        distinct, places = np.unique(values, return_inverse=True)
        for value, weight in zip(distinct.tolist(), np.bincount(places, weights).tolist(), strict=True):
            found[value] = found.get(value, 0.0) + weight
    return float(max(sorted(found), key=lambda value: found[value]))


def minimise(
    loss: Calculation, options: Mapping[str, Any], targets: Targets, total_weight: float, domain: Interval
) -> float | None:
    """Return where the slope of the mean loss of a constant changes sign, by secant steps safeguarded by bisection.

    Return None if there is no such place, or if it is not the minimum: then the loss is not convex.
    """
    values, weights = targets.sample()
    values, weights = values[weights > 0], weights[weights > 0]

    def slope_on(pairs: Targets | Sequence[Pair]) -> Callable[[float], float]:
        def slope(constant: float) -> float:
            total = ExactSums()
            for target, weight in pairs:
                inputs = (np.full(len(target), constant), target)
                more = {"weight": weight, "reduction": "none", "check": False, **options}
                total.add(np.asarray(dispatch.compute(loss, "gradient", inputs, more)))
            return total.value()

        return cache(slope)

    def cost(constant: float) -> float:
        inputs = (np.full(len(distinct[0]), constant), distinct[0])
        return float(dispatch.compute(loss, "value", inputs, {"weight": distinct[1], "check": False, **options}))

    distinct = _merged(values, weights)
    slope = slope_on([distinct])
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 0.0)
    spread = high - low or max(abs(high), 1.0)
    bracket = bracket_of(slope, low, high, spread, domain)
    if bracket is None:
        return None
    found = root_of(slope, *bracket, tolerance=1e-13 * spread)
    if loss.formulas.properties.convex is not True:
        grid = np.linspace(*bracket, 33).tolist() + np.quantile(finite, np.linspace(0, 1, 33)).tolist()
        lowest = cost(found)
        if any(cost(c) < lowest - 1e-9 * abs(lowest) for c in grid if not domain.outside(c)):
            return None
    if not targets.in_memory:
        step = 8 * float(np.subtract(*np.quantile(finite, (0.75, 0.25)))) / math.sqrt(len(values)) or spread
        slope = slope_on(targets)
        bracket = bracket_of(slope, found - step, found + step, step, domain)
        if bracket is None:
            return None
        enough = 1e-15 * abs(cost(found)) * total_weight
        found = root_of(slope, *bracket, tolerance=1e-13 * spread, enough=enough)
    return found


def _merged(values: np.ndarray, weights: np.ndarray) -> Pair:
    """Return the distinct targets and the sum of the weights of each, if these are few, as outcomes are; else all of them."""
    found = np.unique(values[:_LOOKED_AT])
    if len(values) <= _LOOKED_AT or len(found) > _FEW:
        return values, weights
    places = np.minimum(np.searchsorted(found, values), len(found) - 1)
    if (found[places] != values).any():
        return values, weights
    sums = [ExactSums() for _ in found]
    for k, total in enumerate(sums):
        total.add(weights[places == k])
    return found, np.array([total.value() for total in sums])


def bracket_of(
    slope: Callable[[float], float], low: float, high: float, step: float, domain: Interval
) -> tuple[float, float] | None:
    """Return two places in the domain with a falling slope at the first and a rising slope at the second."""

    bottom, top = domain.low, domain.high
    if domain.open:  # but not so near to 0 that a reciprocal is infinite: 0 of it would be NaN
        bottom, top = max(math.nextafter(bottom, math.inf), bottom + 2.0**-1000), math.nextafter(top, -math.inf)

    def inside(x: float) -> float:
        return min(max(x, bottom), top)

    low, high = inside(low), inside(high)
    for i in range(60):
        falls, rises = slope(low) <= 0, slope(high) >= 0
        if falls and rises:
            return low, high
        stuck_low = falls or low == bottom
        stuck_high = rises or high == top
        if stuck_low and stuck_high:  # the minimum is an end of the domain
            return (low, low) if not falls else (high, high)
        low, high = (low if falls else inside(low - step * 2**i)), (high if rises else inside(high + step * 2**i))
    return None


def root_of(slope: Callable[[float], float], low: float, high: float, *, tolerance: float, enough: float = 0.0) -> float:
    """Return where the slope changes sign; ``enough`` is the accepted excess of the (convex) function over its minimum."""
    falling, rising = slope(low), slope(high)
    for i in range(200):
        if min(-falling, rising) * (high - low) < enough:
            return low if -falling < rising else high
        if falling == 0 or high - low <= max(tolerance, 2 * math.ulp(low)):
            return low if falling == 0 or rising != 0 else high
        if rising == 0:
            return high
        middle = low + (high - low) / 2
        if i % 3 and math.isfinite(falling) and math.isfinite(rising):
            # a secant step, extended a little to the farther side so that both ends converge
            secant = low + (high - low) * (falling / (falling - rising))
            secant += math.copysign(min(tolerance / 2, (high - low) / 8), middle - secant)
            middle = min(max(secant, low), high) if low < secant < high else middle
        value = slope(middle)
        if value != value:
            raise ArithmeticError(f"the gradient at {middle!r} is NaN")
        if value < 0:
            low, falling = middle, value
        elif value > 0:
            high, rising = middle, value
        else:
            return middle
    return low + (high - low) / 2
