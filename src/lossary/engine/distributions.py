"""Distributions over the components of a sample: forms in which a target may be passed, and rows that have to sum to 1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lossary.arrays.checks import InvalidValues, normalize_axis, sum_tolerance
from lossary.arrays.protocol import ArrayBackend
from lossary.engine.call import Call, Options

FORMS = ("probabilities", "logits", "log_probabilities")
"""What ``target_given`` may be, the default first."""
_REMEDY = "normalise the rows yourself, or pass check=False to take them as they are"


def as_probabilities(name: str, form: str, backend: ArrayBackend, prediction: Any, target: Any, axis: Any) -> Any:
    """Return a target that is passed in another form as probabilities, without derivatives; in float32 if it is half."""
    x = backend.array(target, f"{name}: target")
    ndim = backend.array(prediction, f"{name}: prediction").ndim
    if x.ndim != ndim:
        raise ValueError(
            f"{name}: target_given={form!r} is the form of rows with one number for each class, {ndim} axes like the "
            f"prediction; got {x.ndim}; labels have no form, so leave it out"
        )
    x = backend.cast(backend.detached(x), backend.compute_dtype(x))
    if form == "log_probabilities":
        return backend.xp.exp(x)
    if isinstance(axis, (tuple, list)):
        raise TypeError(f"{name}: logits of a target have their classes on one axis; got axis={axis}; pass probabilities")
    place = normalize_axis(name, -1 if axis is None else axis, ndim)
    return backend.move_axis(backend.xp.exp(backend.log_softmax(backend.move_axis(x, place, -1))), -1, place)


def add_sum_problems(call: Call, dtypes: Mapping[str, Any]) -> None:
    """List rows that do not sum to 1, of inputs that were passed in these dtypes; their components lie on the last axis."""
    for role in ("prediction", "target"):
        given = call.extra.given if role == "prediction" else None
        if given == "logits" or (role == "target" and call.labels is not None):
            continue
        sums, distance = _sums(call.backend, call.inputs[role], given, (call.inputs[role].ndim - 1,))
        call.add_undefined(sums != sums)  # a class that did not come may be left out of the formula, though it is NaN
        tolerance = sum_tolerance(call.backend, dtypes[role])
        invariant = f"the probabilities of a {role} row sum to 1 (within {tolerance:.0e})"
        call.problems.append(InvalidValues(f"{role} sum", distance > tolerance, sums, (), invariant, _REMEDY))


def rows_sum_to_1(backend: ArrayBackend, inputs: Sequence[Any], options: Options) -> bool:
    """Return whether all rows of prediction and target do, or cannot be looked at."""
    prediction, target = (backend.array(x, "input") for x in inputs)
    axis = -1 if options.axis is None else options.axis
    for x, given in ((prediction, options.extra.given), (target, None)):
        if given == "logits" or x.ndim != prediction.ndim:
            continue
        x = backend.detached(x)
        axes = tuple([place % x.ndim for place in (axis if isinstance(axis, (tuple, list)) else (axis,))])
        _, distance = _sums(backend, backend.cast(x, backend.compute_dtype(x)), given, axes)
        if backend.readable(distance) and not bool((distance <= sum_tolerance(backend, x.dtype)).all()):
            return False
    return True


def _sums(backend: ArrayBackend, x: Any, given: str | None, axes: tuple[int, ...]) -> tuple[Any, Any]:
    """Return the sums of rows, and how far they are from 1; NaN for a row with NaN."""
    sums = backend.sum_axes(backend.xp.exp(x) if given == "log_probabilities" else x, axes)
    return sums, abs(sums - 1)
