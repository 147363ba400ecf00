"""Targets that are class labels: as rows with one number for each class, and what classes weigh and which are left out."""

from __future__ import annotations

import math
import operator
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from lossary.arrays import select
from lossary.arrays.checks import (
    InvalidValues,
    as_listed,
    check_class_weight,
    normalize_axis,
    whole_number_problem,
)
from lossary.arrays.protocol import ArrayBackend
from lossary.engine.call import Call
from lossary.printable import as_typed

OPTIONS: Mapping[str, Any] = {"class_weight": None, "ignore_index": None}
"""The options of losses of labels."""


def as_rows(name: str, backend: ArrayBackend, inputs: Sequence[Any], axis: Any) -> tuple[Sequence[Any], Any]:
    """Return prediction and target with labels as one-hot rows, and these labels: None where the target is rows already."""
    prediction, target, place = read_classes(name, backend, inputs, axis)
    if target.ndim == prediction.ndim:
        return inputs, None
    labels = backend.class_index(target)
    rows = backend.one_hot(labels, prediction.shape[place], prediction)
    return (prediction, backend.move_axis(rows, -1, place)), labels


def read_classes(name: str, backend: ArrayBackend, inputs: Sequence[Any], axis: Any) -> tuple[Any, Any, int]:
    """Return prediction and target as arrays, and the axis of the classes; the target holds labels or rows."""
    x, y = inputs
    prediction, target = backend.array(x, f"{name}: prediction"), backend.array(y, f"{name}: target")
    if target.ndim == prediction.ndim:
        return prediction, target, -1
    place = normalize_axis(name, -1 if axis is None else axis, prediction.ndim)
    shape = tuple(n for i, n in enumerate(prediction.shape) if i != place)
    if tuple(target.shape) != shape:
        raise ValueError(
            f"{name}: target holds class indices of shape {shape}, or one number for each class, of shape "
            f"{tuple(prediction.shape)}; got {tuple(target.shape)}; the class axis is {place}, pass axis= if it is another"
        )
    check_labels(name, backend, target, "pass class probabilities with a class axis")
    return prediction, target, place


def check_labels(name: str, backend: ArrayBackend, labels: Any, otherwise: str, role: str = "") -> None:
    """Raise unless labels or other indices are of an integer dtype; a float may be rounded already: float16 has no 2049."""
    if backend.kind(labels) != "integer":
        what = f"{role} is of an integer dtype, as it holds indices" if role else "class indices are integers"
        raise TypeError(
            f"{name}: {what}; got dtype {labels.dtype} of shape {tuple(labels.shape)}; "
            f"convert them with astype(int) (torch: long()), or {otherwise}"
        )


def checked_ignore_index(name: str, value: Any) -> int | None:
    """Return a label that is left out, or None."""
    try:
        if isinstance(value, (bool, np.bool_)):
            raise TypeError
        return None if value is None else operator.index(value)
    except TypeError:
        raise TypeError(f"{name}: ignore_index is an integer; got {as_typed(value)}") from None


def ignored_label(backend: ArrayBackend, labels: Any, ignored: int | None) -> int | None:
    """Return ``ignore_index`` as ``class_index`` represents it, or None if the labels' dtype does not hold it."""
    if ignored is None:
        return None
    signed, bits = backend.signed(labels), 8 * labels.dtype.itemsize
    least = -(2 ** (bits - 1)) if signed else 0
    if not least <= ignored < least + 2**bits:
        return None
    half = 2 ** (8 * backend.index_dtype().itemsize - 1)
    return (ignored + half) % (2 * half) - half  # unsigned labels that are too large become negative indices


def read_class_weight(
    name: str, backend: ArrayBackend, weight: Any, classes: int | None, like: Any, dtype: Any, check: bool | None
) -> Any:
    """Return the weights of classes as an array, checked; ``dtype`` is that of the computation."""
    check_class_weight(name, weight)
    weight = backend.array(as_listed(weight, like), f"{name}: class_weight")
    if weight.ndim != 1 or classes not in (None, weight.shape[0]):
        shape = "(classes,)" if classes is None else f"({classes},)"
        raise ValueError(f"{name}: class_weight has one weight a class, so its shape is {shape}; got {tuple(weight.shape)}")
    valid = (weight >= 0).all()
    if backend.readable(valid) and not bool(valid):
        InvalidValues("class weight", ~(weight >= 0), weight, (), "a class weight is a number ≥ 0", "correct it").refuse(name)
    finite = "a class weight is finite in the dtype computed in"
    too_large = backend.cast(weight, dtype) == math.inf
    found = (
        InvalidValues("class weight size", too_large, weight, (), finite, "divide all weights by the largest"),
        whole_number_problem(backend, dtype, "class_weight", weight, ()),
    )
    for problem in found:
        if check and problem is not None and backend.readable(problem.mask):
            problem.refuse(name)
    return weight


def as_weights(
    name: str, inputs: Sequence[Any], options: Mapping[str, Any], *, rows: bool
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return inputs and options with the weights of classes and the ignored label as weights and a mask of samples.

    A sample weighs Σ tₖcₖ, which is cₖ of a label k. ``rows`` says whether a target with as many axes as the prediction holds
    one number for each class, or labels like it. Ignored labels become 0, which is a class.
    """
    rest = dict(options)
    class_weight = rest.pop("class_weight", None)
    ignored = checked_ignore_index(name, rest.pop("ignore_index", None))
    if class_weight is None and ignored is None:
        return tuple(inputs), rest
    axis, backend = rest.get("axis"), select.of(*inputs)
    if rest.get("over", "sample") != "sample":
        raise TypeError(
            f'{name}: over="batch" makes one sample of all, which is of no one class; leave out class_weight= and ignore_index='
        )
    prediction, target, place = read_classes(name, backend, inputs, axis)
    alike = target.ndim == prediction.ndim
    if alike and not rows:
        if axis is not None:
            raise TypeError(f"{name}: axis= makes several labels one sample, which is of no one class; leave it out")
        check_labels(name, backend, target, "leave out class_weight= and ignore_index=")
    dtype, classes = backend.compute_dtype(prediction, target), None
    if rows or not alike:
        place = normalize_axis(name, -1 if axis is None else axis, prediction.ndim)
        classes = prediction.shape[place]
    if class_weight is not None:
        class_weight = read_class_weight(name, backend, class_weight, classes, prediction, dtype, rest.get("check", True))
        class_weight = backend.cast(class_weight, dtype)
    if alike and rows:
        if ignored is not None:
            raise TypeError(f"{name}: ignore_index= is a class index, but target holds class probabilities; use where= instead")
        per_sample = backend.matvec(backend.move_axis(backend.cast(target, dtype), place, -1), class_weight)
        return (prediction, target), _with_weight(name, backend, rest, prediction, per_sample)
    marker, labels = ignored_label(backend, target, ignored), backend.class_index(target)
    if marker is not None:
        counted = labels != marker
        labels = target = backend.xp.where(counted, labels, 0)
        rest = _with_mask(name, backend, rest, prediction, counted)
    if class_weight is not None:
        outside = (labels < 0) | (labels >= class_weight.shape[0])
        per_sample = class_weight[backend.xp.where(outside, 0, labels)]
        if classes is None:  # where it is known, labels are checked when the call is read
            rest_ = f"a class index lies in 0 … {class_weight.shape[0] - 1}, as there are {class_weight.shape[0]} weights"
            problem = InvalidValues("label", outside, labels, (), rest_, "correct it, or leave samples out by where=")
            if rest.get("check", True) and backend.readable(outside):
                problem.refuse(name)
            per_sample = backend.xp.where(outside, math.nan, per_sample)
        rest = _with_weight(name, backend, rest, prediction, per_sample)
    return (prediction, target), rest


def _with_weight(name: str, backend: ArrayBackend, options: dict[str, Any], like: Any, per_sample: Any) -> dict[str, Any]:
    """Return options whose weights are multiplied by those of the samples' classes."""
    if (weight := options.get("weight")) is None:
        return {**options, "weight": per_sample}
    weight = backend.array(as_listed(weight, like), f"{name}: weight")
    if tuple(weight.shape) != tuple(per_sample.shape) or backend.kind(weight) == "bool":
        return options  # which is refused when the call is read
    return {**options, "weight": per_sample * weight}


def _with_mask(name: str, backend: ArrayBackend, options: dict[str, Any], like: Any, counted: Any) -> dict[str, Any]:
    """Return options whose mask leaves out samples that do not count."""
    if (where := options.get("where")) is None:
        return {**options, "where": counted}
    where = backend.array(as_listed(where, like), f"{name}: where")
    if tuple(where.shape) != tuple(counted.shape) or backend.kind(where) != "bool":
        return options  # which is refused when the call is read
    return {**options, "where": where & counted}


def are_classes(call: Call) -> bool:
    """Return whether all labels are classes, or the target is rows; for arrays whose values can be read."""
    labels = call.labels
    return labels is None or 0 in labels.shape or (int(labels.min()) >= 0 and int(labels.max()) < _classes(call))


def add_label_problem(call: Call) -> None:
    """List labels that are no class; call the function once the classes lie on the last axis."""
    if call.labels is not None:
        classes = _classes(call)
        outside = (call.labels < 0) | (call.labels >= classes)
        invariant = f"a class index lies in 0 … {classes - 1}, there being {classes} classes"
        remedy = "pass ignore_index= if this index marks samples to leave out"
        call.problems.append(InvalidValues("label", outside, call.labels, (), invariant, remedy))


def _classes(call: Call) -> int:
    (axis,) = call.axes
    classes: int = call.prediction.shape[axis]
    return classes
