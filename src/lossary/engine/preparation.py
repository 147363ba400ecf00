"""Compiling ahead: small arrays of the same dtypes and options go through the very calls that are to come.

A kernel is made for dtypes, options, the number of classes if it is small, and the axis that they lie on; the number of samples
does not matter. So arrays that stand for others may be as small as one likes, or have no memory at all.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

import numpy as np

_FEATURES = 1
_ROWS = 2


def prepare(loss: Any, call: Any, options: Mapping[str, Any], smallest: int) -> None:
    """Have the kernels of calls like this one, which serve from some number of elements on, at any number of samples."""
    shape = _enough(call.prediction.shape, call.axes, smallest)
    samples = tuple(length for axis, length in enumerate(shape) if axis not in call.axes)
    given = call.extra.given
    if loss.kind == "softmax":
        classes = call.extra.classes
        prediction_at = {"logits": 0.0, "probabilities": 1 / classes, "log_probabilities": -math.log(classes)}[given]
        labels = next(label for label in (0, 1) if label != call.extra.ignore_index)
        target_at = 1 / classes if call.extra.dense else min(labels, classes - 1)
        points = {"prediction": prediction_at, "target": target_at}
        target_shape = shape if call.extra.dense else samples
    else:
        points = {name: loss.formulas.interval(name, given).inner_point for name in loss.inputs}
        target_shape = shape
    parameters = {name: loss.parameters[name] for name in call.parameter_arrays}
    arrays: dict[str, Any] = {"weight": samples, "where": samples, "class_weight": (call.extra.classes,)}
    small = {name: _full(options[name], size, 1) for name, size in arrays.items() if options.get(name) is not None}
    small |= {name: _full(options[name], samples, value) for name, value in parameters.items()}
    shapes = {**dict.fromkeys(loss.inputs, shape), "target": target_shape, **dict.fromkeys(loss.formulas.of_sample, samples)}
    inputs = [_full(call.inputs[name], shapes[name], points[name]) for name in loss.inputs]
    own = {**options, **small}
    learned = inputs[: len(loss.predictions)]
    _run(lambda: loss(*inputs, **own), lambda: loss.value_and_gradient(*inputs, **own), learned)


def prepare_linear(loss: Any, given: tuple[Any, Any, Any], options: Mapping[str, Any]) -> None:
    """Have the kernels of calls of a linear loss like this one, at any number of rows and features."""
    hidden, weight, target = given
    classes = np.shape(weight)[0]
    arrays: dict[str, Any] = {
        "bias": ((classes,), 0),
        "class_weight": ((classes,), 1),
        "where": ((_ROWS,), 1),
        "sample_weight": ((_ROWS,), 1),
        "teacher_hidden": ((_ROWS, _FEATURES), 0),
        "teacher_weight": ((classes, _FEATURES), 0),
        "teacher_bias": ((classes,), 0),
    }
    small = {name: _full(options[name], *stand_in) for name, stand_in in arrays.items() if options.get(name) is not None}
    x, w = _full(hidden, (_ROWS, _FEATURES), 0), _full(weight, (classes, _FEATURES), 0)
    own = {**options, **small}
    if target is not None:
        label = next(label for label in (0, 1) if label != options.get("ignore_index"))
        dense = np.ndim(target) == np.ndim(hidden)
        own["target"] = _full(
            target, (_ROWS, classes) if dense else (_ROWS,), 1 / classes if dense else min(label, classes - 1)
        )
    learned = [x, w, *([own["bias"]] if options.get("bias") is not None else [])]
    _run(lambda: loss(x, w, **own), lambda: loss.value_and_gradient(x, w, **own), learned)


def _run(value: Callable[[], Any], value_and_gradient: Callable[[], Any], learned: Sequence[Any]) -> None:
    torch = sys.modules.get("torch")
    if torch is None or not isinstance(learned[0], torch.Tensor):
        value()
        value_and_gradient()
        return
    context: AbstractContextManager[None] = torch.no_grad()
    with context:
        value()
        value_and_gradient()
    if learned[0].is_floating_point():
        with torch.enable_grad():
            for x in learned:
                x.requires_grad_()
            cost = value()
            # not the cost itself: where a gradient is to be multiplied, another kernel may do it
            (2 * (cost[0] if isinstance(cost, tuple) else cost).sum()).backward()


def _enough(shape: Sequence[int], axes: Sequence[int], smallest: int) -> list[int]:
    """A shape alike with as many samples as make a kernel serve: an axis of length 1 stays one, any other may have 2."""
    found = [length if axis in axes else min(2, length) or 2 for axis, length in enumerate(shape)]
    first = next((axis for axis in range(len(shape)) if axis not in axes), None)
    if first is not None:
        found[first] *= -(-smallest // math.prod(found))
    return found


def _full(like: Any, shape: Sequence[int], value: float) -> Any:
    """An array of one value in the library, dtype and order of axes of another, whatever its size."""
    torch = sys.modules.get("torch")
    of_torch = torch is not None and isinstance(like, torch.Tensor)
    x: Any = like if of_torch else np.asarray(like)
    strides = x.stride() if of_torch else x.strides
    axes = range(len(shape))
    order = sorted(axes, key=lambda axis: -strides[axis]) if len(strides) == len(shape) else list(axes)
    laid = [shape[axis] for axis in order]
    back = [order.index(axis) for axis in axes]
    if torch is not None and of_torch:
        return torch.full(laid, value, dtype=x.dtype, device="cpu" if x.is_meta else x.device).permute(back)
    return np.full(laid, value, x.dtype).transpose(back)
