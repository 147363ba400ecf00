"""Losses of labels, which take rows of scores too: a row stands for the class of its largest score."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from lossary.arrays.checks import normalize_axis
from lossary.arrays.protocol import ArrayBackend
from lossary.engine import class_labels
from lossary.engine.array_plan import ArrayFunction
from lossary.engine.call import Call, Options
from lossary.engine.inputs import read_arrays
from lossary.engine.pointwise import Pointwise
from lossary.kernels.task import Task


class LabelLoss(Pointwise):
    """A pointwise loss of labels, whose slope is 0; a prediction with one axis more than the target holds scores of classes."""

    extra_options: Mapping[str, Any] = class_labels.OPTIONS
    label_rows = False

    def read_inputs(self, backend: ArrayBackend, inputs: Sequence[Any], options: Options) -> Call:
        arrays = read_arrays(self, backend, inputs)
        scores, target = arrays.values()
        if scores.ndim != target.ndim + 1:
            return super().read_inputs(backend, inputs, options)
        axis = normalize_axis(self.__name__, -1 if options.axis is None else options.axis, scores.ndim)
        if scores.shape[axis] < 2:
            raise ValueError(
                f"{self.__name__}: a row of scores has at least two classes; got a prediction of shape {tuple(scores.shape)} "
                f"for a target of shape {tuple(target.shape)}; squeeze the axis of the prediction if it holds labels"
            )
        labels = backend.xp.argmax(scores, axis)
        dtype = backend.compute_dtype(scores, target)
        if backend.kind(scores) == "float":
            labels = backend.xp.where((scores != scores).any(axis), float("nan"), backend.cast(labels, dtype))
        call = super().read_inputs(backend, (labels, target), dataclasses.replace(options, axis=None))
        call.component_axes = (axis,), (scores.shape[axis],)
        call.input_dtypes = (scores.dtype if backend.kind(scores) == "float" else dtype,)
        return call

    def kernel_task(self, call: Call, with_loss: bool, order: int) -> tuple[Task, list[Any]] | None:
        return None if _of_scores(call) else super().kernel_task(call, with_loss, order)

    def array_function(self, call: Call, with_loss: bool, order: int) -> ArrayFunction | None:
        return None if _of_scores(call) else super().array_function(call, with_loss, order)

    def to_input_layout(self, call: Call, slopes: Any) -> Any:
        if not _of_scores(call):
            return slopes
        ((axis,), (classes,)) = call.component_axes
        shape = (*slopes.shape[:axis], classes, *slopes.shape[axis:])
        return call.backend.xp.broadcast_to(call.backend.expand(slopes, axis), shape)


def _of_scores(call: Call) -> bool:
    return bool(call.component_axes[0])
