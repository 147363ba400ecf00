"""Targets that are class labels, for losses whose formula takes a row with one number for each class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lossary.arrays.checks import InvalidValues, normalize_axis
from lossary.arrays.protocol import ArrayBackend
from lossary.engine.call import Call


def as_rows(name: str, backend: ArrayBackend, inputs: Sequence[Any], axis: Any) -> tuple[Sequence[Any], Any]:
    """Return prediction and target with labels as one-hot rows, and these labels: None where the target is rows already."""
    x, y = inputs
    prediction, target = backend.array(x, f"{name}: prediction"), backend.array(y, f"{name}: target")
    if target.ndim == prediction.ndim:
        return inputs, None
    place = normalize_axis(name, -1 if axis is None else axis, prediction.ndim)
    classes, shape = prediction.shape[place], tuple(n for i, n in enumerate(prediction.shape) if i != place)
    if tuple(target.shape) != shape:
        raise ValueError(
            f"{name}: target holds class indices of shape {shape}, or one number for each class, of shape "
            f"{tuple(prediction.shape)}; got {tuple(target.shape)}; the class axis is {place}, pass axis= if it is another"
        )
    if backend.kind(target) != "integer":
        raise TypeError(
            f"{name}: class indices are integers; got dtype {target.dtype} of shape {tuple(target.shape)}; "
            "convert them with astype(int) (torch: long()), or pass class probabilities with a class axis"
        )
    labels = backend.class_index(target)
    rows = backend.one_hot(labels, classes, prediction)
    return (prediction, backend.move_axis(rows, -1, place)), labels


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
        remedy = "correct it, or leave samples out by where="
        call.problems.append(InvalidValues("label", outside, call.labels, (), invariant, remedy))


def _classes(call: Call) -> int:
    (axis,) = call.axes
    classes: int = call.prediction.shape[axis]
    return classes
