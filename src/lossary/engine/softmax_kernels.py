"""Kernels and array functions of losses of classes."""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Sequence
from typing import Any, Unpack

import numpy as np

from lossary.arrays.checks import (
    exact_up_to,
    sum_tolerance,
)
from lossary.arrays.layout import contiguous_strides, steps_around
from lossary.engine import logit_options
from lossary.engine.array_plan import ArrayFunction
from lossary.engine.call import Call
from lossary.engine.class_targets import ClassTargets
from lossary.engine.inputs import Definition, compilable
from lossary.engine.softmax_arrays import SoftmaxArrays
from lossary.formula.expression import Expression, symbol
from lossary.formula.known import NOTHING, Known
from lossary.formula.properties import Facts
from lossary.kernels.sizes import TILED_CLASSES
from lossary.kernels.softmax import kernel as softmax
from lossary.kernels.task import Task


class SoftmaxKernels(ClassTargets):
    """A loss of rows of classes, by a kernel or by one function of arrays."""

    def __init__(self, definition: Definition, **facts: Unpack[Facts]) -> None:
        super().__init__(definition, **facts)
        self._kernels: dict[Any, softmax.SoftmaxKernel] = {}

    def kernel_task(self, call: Call, with_loss: bool, order: int, in_place: bool = False) -> tuple[Task, list[Any]] | None:
        """Return a fused kernel for values and gradients, on whichever axis the classes lie.

        ``in_place`` puts the gradient in the place of logits that lie in rows, in the dtype computed in.
        """
        backend, extra, name_of = call.backend, call.extra, call.backend.dtype_name
        axis, classes, dense = extra.axis, extra.classes, extra.dense
        returns = extra.returns if with_loss else ()
        shaped, z_loss = extra.shaped, extra.z_loss
        special = shaped or z_loss or returns or in_place
        ignored = self.ignored_label(call)
        if order == 2 or not compilable(self.formula(extra.given), self.formula(extra.given, 1)):
            return None
        of_samples = {name: backend.contiguous(call.parameters[name]) for name in call.parameter_arrays}
        if self._may_be_rounded(call):
            return None
        prediction, prediction_steps = backend.layout(call.prediction, axis)
        target, target_steps = backend.layout(call.target, axis) if dense else (backend.contiguous(call.target), (0, 0, 0))
        shape = tuple(call.prediction.shape)
        slopes_steps = steps_around(shape, contiguous_strides(shape), axis) or (0, 0, 0)
        class_weight = extra.class_weight
        if class_weight is not None:
            class_weight = backend.contiguous(backend.cast(class_weight, call.dtype))
        weight, mask = (None if x is None else backend.contiguous(x) for x in (call.weight, call.mask))
        reduced = call.reduction.how != "none"
        kernel = self._kernel(
            known=self.known(call),
            precision=name_of(call.dtype),
            given=extra.given,
            losses=with_loss,
            slopes=order == 1,
            prediction=name_of(prediction.dtype),
            target=name_of(target.dtype),
            dense=dense,
            weight=None if weight is None else name_of(weight.dtype),
            masked=mask is not None,
            ignoring=ignored is not None,
            class_weighted=class_weight is not None,
            smoothed=bool(extra.label_smoothing),
            reduced=reduced,
            stored=(name_of(call.dtype if reduced or returns else call.stored_dtype), name_of(call.input_dtype)),
            tiled=classes <= TILED_CLASSES and not special,
            adjacent=prediction_steps[1] == slopes_steps[1] == 1 or in_place,
            shaped=(extra.capped, extra.tempered) if shaped else None,
            z_lossed=bool(z_loss),
            of_samples=tuple([(name, name_of(x.dtype)) for name, x in of_samples.items()]),
            returns=returns,
            in_place=in_place,
        )
        outers = math.prod(shape[:axis]) if axis < len(shape) - 1 else 1
        task = softmax.task(
            kernel,
            (outers, classes, backend.size(call.prediction) // (outers * classes)),
            (prediction_steps, target_steps, slopes_steps),
            ignored or 0,
            extra.smoothed,
            min(sum_tolerance(backend, x.dtype) for x in (call.prediction, call.target) if backend.kind(x) == "float"),
            [call.parameters[name] for name in kernel.numbers],
            (extra.soft_cap or 0.0, extra.temperature, z_loss) if shaped or z_loss else None,
        )
        arrays = (prediction, target, weight, *of_samples.values(), mask, class_weight)
        return None if task is None else (task, [x for x in arrays if x is not None])

    def counting_task(self, call: Call) -> tuple[Task, tuple[str, ...]] | None:
        """As every loss has it, and by labels and the weights of their classes."""
        ignored, class_weighted = (
            self.ignored_label(call),
            call.extra.class_weight is not None and call.reduction.how == "mean",
        )
        if call.extra.dense and class_weighted:
            return None
        labelled = ignored is not None or class_weighted
        return self.make_counting_task(call, labelled=labelled, ignored=ignored, class_weighted=class_weighted)

    @staticmethod
    def _may_be_rounded(call: Call) -> bool:
        """Return whether the dtype of the computation may not hold whole numbers, which may then have to be refused."""
        per_sample = (call.parameters[name] for name in call.parameter_arrays)
        arrays = [x for x in (call.prediction, call.weight, call.extra.class_weight, *per_sample) if x is not None]
        backend = call.backend
        return any(backend.kind(x) == "integer" and exact_up_to(backend, call.dtype, x.dtype) for x in arrays)

    def array_function(self, call: Call, with_loss: bool, order: int) -> ArrayFunction | None:
        """Return value and gradient of rows of logits with labels as one function, if there are no other options."""
        extra = call.extra
        served = {"class_weight", "ignore_index", "smoothing"} | ({"label_smoothing"} if self.is_cross_entropy else set())
        if (
            extra.dense
            or self.formulas.takes_target
            or any(getattr(extra, name) != x for name, x in self.extra_options.items() if name not in served)
            or extra.given != "logits"
            or order == 2
            or extra.axis != call.prediction.ndim - 1
            or self._may_be_rounded(call)
        ):
            return None
        known = self.known(call)
        return SoftmaxArrays(
            (self.formulas.formula("logits", 0, known=known), self.formulas.formula("logits", 1, known=known)),
            call.parameters,
            extra.classes,
            extra.smoothed,
            self.ignored_label(call),
            order == 1,
            bool(call.check),
            np.dtype(call.backend.dtype_name(call.dtype)),
        )

    def _kernel(
        self,
        *,
        known: Known = NOTHING,
        shaped: tuple[bool, bool] | None = None,
        of_samples: tuple[tuple[str, str], ...] = (),
        **what: Any,
    ) -> softmax.SoftmaxKernel:
        """Return the kernel of the loss's formulas with these properties."""
        key = (known, shaped, of_samples, *what.values())
        kernel = self._kernels.get(key)
        if kernel is None:
            loss, slope = (self.formulas.formula(what["given"], order, known=known) for order in (0, 1))
            shape = None if shaped is None else (logit_options.shaping(*shaped), logit_options.shaping(*shaped, order=1))
            arrays, fixed = [name for name, _ in of_samples], dict(known.fixed)
            kernel = softmax.SoftmaxKernel(
                name=self.__name__,
                loss=loss,
                slope=slope,
                numbers=tuple(name for name in self.formulas.parameters if name not in (*arrays, *fixed)),
                of_samples=of_samples,
                invalid=self._invalid(arrays),
                shape=shape,
                takes_target=self.formulas.takes_target,
                **what,
            )
            self._kernels[key] = kernel
        return kernel

    def _invalid(self, parameters: Sequence[str]) -> Expression | None:
        """Return the condition under which one of these parameters is invalid, or None if there are none."""
        intervals = [(symbol(name), self.formulas.intervals[name]) for name in parameters]
        conditions = [x != x for x, _ in intervals] + [where.outside(x) for x, where in intervals if not where.everything]
        return functools.reduce(operator.or_, conditions) if conditions else None

    def kernel_source(self, given: str | None, with_loss: bool, order: int) -> str:
        """Return the source of the kernel for float64 logits in rows and int64 labels."""
        if order == 2:
            raise ValueError(f"{self.__name__}.code: there is a kernel for the value and the gradient of a softmax loss only")
        options: dict[str, Any] = dict.fromkeys(("dense", "masked", "ignoring", "class_weighted", "smoothed", "tiled"), False)
        kernel = self._kernel(
            precision="float64",
            given=given,
            losses=with_loss,
            slopes=order == 1,
            prediction="float64",
            target="int64",
            weight=None,
            reduced=True,
            stored=("float64", "float64"),
            adjacent=True,
            **options,
        )
        return kernel.source
