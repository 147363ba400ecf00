"""Losses of classes as far as their input goes: logits or probabilities, labels, class weights."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping, Sequence
from typing import Any, Unpack

from lossary.arrays.checks import InvalidValues, check_size, normalize_axis, sum_tolerance
from lossary.arrays.protocol import ArrayBackend
from lossary.engine import class_labels, logit_options
from lossary.engine.call import Call, Options
from lossary.engine.class_sums import AllClasses
from lossary.engine.inputs import LOGITS_HINT, Definition, add_interval_problem, new_call, read_arrays, remedy_for
from lossary.engine.loss import Loss
from lossary.formula.domains import Interval
from lossary.formula.expression import symbol
from lossary.formula.formulas import SoftmaxFormulas
from lossary.formula.numbers import is_array
from lossary.formula.properties import Facts
from lossary.formula.stable import stable


class ClassTargets(Loss):
    """A loss of rows of classes, which reads their targets."""

    kind = "softmax"
    sized_options = tuple(logit_options.NUMBERS)
    extra_options: Mapping[str, Any] = {**class_labels.OPTIONS, **logit_options.OPTIONS}

    formulas: SoftmaxFormulas

    def __init__(self, definition: Definition, **facts: Unpack[Facts]) -> None:
        super().__init__(definition, SoftmaxFormulas(definition, self.taken_names(), facts))

    @functools.cached_property
    def has_binary_target(self) -> bool:
        return True

    def class_axis(self, options: Options) -> Any:
        return -1 if options.axis is None else options.axis

    @property
    def is_cross_entropy(self) -> bool:
        """Whether f is -log p, by whatever name."""
        return self.formula() is stable(-symbol("log_probability"))

    def check_extra_options(self, options: dict[str, Any]) -> dict[str, Any]:
        ignored = class_labels.checked_ignore_index(self.__name__, options["ignore_index"])
        return {"ignore_index": ignored, **logit_options.checked(self.__name__, options)}

    def read_inputs(self, backend: ArrayBackend, inputs: Sequence[Any], options: Options) -> Call:
        return self.read_target(backend, read_arrays(self, backend, inputs), options)

    def read_target(self, backend: ArrayBackend, inputs: dict[str, Any], options: Options) -> Call:
        """Return the call on arrays; only shape and dtype of the prediction are used."""
        prediction, target = inputs["prediction"], inputs["target"]
        if isinstance(options.axis, (tuple, list)):
            raise TypeError(f"{self.__name__}: axis is the one axis of the classes; got {options.axis}")
        axis = normalize_axis(self.__name__, -1 if options.axis is None else options.axis, prediction.ndim)
        classes, dense = prediction.shape[axis], target.ndim == prediction.ndim
        call = new_call(self, backend, inputs, options, (axis,), axis=axis, classes=classes, dense=dense, mass=None)
        if classes == 0:
            raise ValueError(f"{self.__name__}: there is at least one class; got a class axis of length 0")
        self._read_number_arrays(call)
        call.extra.smoothed = logit_options.smoothed(self.__name__, call.extra, classes)
        call.class_sums = AllClasses(backend)
        if tuple(target.shape) != (tuple(prediction.shape) if dense else call.sample_shape):
            raise ValueError(
                f"{self.__name__}: target holds class indices of shape {call.sample_shape}, or class probabilities of shape "
                f"{tuple(prediction.shape)}; got {tuple(target.shape)}; the class axis is {axis}, pass axis= if it is another"
                + ("; the prediction comes first: are the two swapped?" if target.ndim == prediction.ndim + 1 else "")
            )
        if dense and call.extra.ignore_index is not None:
            raise TypeError(
                f"{self.__name__}: ignore_index= is a class index, but target holds class probabilities; use where= instead"
            )
        if not dense:
            class_labels.check_labels(self.__name__, backend, target, "pass class probabilities with a class axis")
        self._read_class_weight(call)
        return call

    def _read_number_arrays(self, call: Call) -> None:
        """Read the options that are arrays of one number; they may be learned, so they stay arrays."""
        if not call.extra.has_number_arrays:
            return
        backend = call.backend
        for name, interval in logit_options.NUMBERS.items():
            value = getattr(call.extra, name)
            if is_array(value):
                value = self.read_number(backend, name, value, interval)
                if name == "soft_cap" and backend.readable(value):
                    logit_options.checked_cap(f"{self.__name__}: soft_cap", value.item())
                check_size(f"{self.__name__}: {name}", value, backend, call.dtype)
                setattr(call.extra, name, backend.cast(value, call.dtype))

    def load_inputs(self, call: Call) -> None:
        backend, axis, given = call.backend, call.extra.axis, call.extra.given
        input_dtype = call.prediction.dtype
        call.axes = (call.prediction.ndim - 1,)
        given_prediction = backend.move_axis(call.prediction, axis, -1)
        self.check_whole_numbers(call, "prediction", given_prediction, call.axes)
        call.prediction = backend.cast(given_prediction, call.dtype)
        if call.extra.class_weight is not None:
            call.extra = dataclasses.replace(call.extra, class_weight=backend.cast(call.extra.class_weight, call.dtype))
        if given != "logits":
            interval = self.formulas.interval("prediction", given)
            add_interval_problem(call, "prediction", call.prediction, interval, remedy_for(given, interval))
            probabilities = backend.xp.exp(call.prediction) if given == "log_probabilities" else call.prediction
            self._add_sum_problem(call, "prediction", probabilities, input_dtype)
        self.load_target(call)

    def load_target(self, call: Call) -> None:
        """Convert the target for the computation, and list its invalid values."""
        backend = call.backend
        if call.extra.dense:
            input_dtype = call.target.dtype
            call.target = backend.move_axis(backend.cast(call.target, call.dtype), call.extra.axis, -1)
            remedy = "pass class indices or class probabilities, after the prediction"
            add_interval_problem(call, "target", call.target, Interval(0.0, 1.0), remedy)
            self._add_sum_problem(call, "target", call.target, input_dtype)
        else:
            self._load_labels(call)

    def in_rows(self, call: Call) -> Call:
        backend, axis = call.backend, call.extra.axis
        call.prediction = backend.move_axis(call.prediction, axis, -1)
        if call.extra.dense:
            call.target = backend.move_axis(call.target, axis, -1)
        call.extra = dataclasses.replace(call.extra, axis=call.prediction.ndim - 1)
        return super().in_rows(call)

    def _add_sum_problem(self, call: Call, role: str, probabilities: Any, input_dtype: Any) -> None:
        backend = call.backend
        tolerance = sum_tolerance(backend, input_dtype)
        sums = call.class_sums.total(probabilities)
        call.add_undefined(sums != sums)  # of labels one number of the row is read, which need not be the NaN
        what = "log_probabilities" if call.extra.given == "log_probabilities" and role == "prediction" else "probabilities"
        call.problems.append(
            InvalidValues(
                f"{role} sum",
                abs(sums - 1) > tolerance,
                sums,
                (),
                f"the {what} of a {role} row sum to 1 (within {tolerance:.0e})",
                "normalise the rows yourself, or pass check=False to take them as they are"
                + (f"; if {LOGITS_HINT}" if role == "prediction" else ""),
            )
        )

    def _load_labels(self, call: Call) -> None:
        backend, labels, ignored = call.backend, call.target, call.extra.ignore_index
        counted = None
        index = backend.class_index(labels)
        if (marker := self.ignored_label(call)) is not None:
            counted = index != marker
            call.mask = counted
        outside = (index < 0) | (index >= call.extra.classes)
        call.problems.append(
            InvalidValues(
                "label",
                outside if counted is None else outside & counted,
                labels,
                (),
                f"a class index lies in 0 … {call.extra.classes - 1}, there being {call.extra.classes} classes",
                "pass ignore_index= if this index marks rows to leave out"
                if counted is None
                else f"only ignore_index={ignored} marks rows to leave out",
            )
        )
        harmless = backend.readable(outside) and not bool(outside.any())
        call.target = index if harmless else backend.xp.where(outside, 0, index)

    def _read_class_weight(self, call: Call) -> None:
        if (weight := call.extra.class_weight) is not None:
            call.extra.class_weight = class_labels.read_class_weight(
                self.__name__, call.backend, weight, call.extra.classes, call.prediction, call.dtype, call.check
            )

    def divisor_weight(self, call: Call) -> Any:
        # a sample weighs w·Σ tₖcₖ, t before smoothing
        class_weight = call.extra.class_weight
        if class_weight is None:
            return call.weight
        if call.extra.mass is not None:
            per_sample = call.extra.mass
        elif call.extra.dense:
            per_sample = call.backend.matvec(call.backend.cast(call.target, call.dtype), class_weight)
        else:
            per_sample = class_weight[call.target]
        return per_sample if call.weight is None else per_sample * call.weight

    def count_samples(self, call: Call) -> tuple[Any, Any] | None:
        """Return the weights of samples, w·Σ tₖcₖ, and the mask of those that count; None if a label is out of range."""
        backend, mask, target = call.backend, call.mask, call.target
        weight = None if call.weight is None else backend.cast(call.weight, call.dtype)
        class_weight = call.extra.class_weight
        if call.extra.dense:
            if class_weight is not None:
                rows = backend.move_axis(backend.cast(target, call.dtype), call.extra.axis, -1)
                per_sample = backend.matvec(rows, backend.cast(class_weight, call.dtype))
                weight = per_sample if weight is None else per_sample * weight
            return weight, mask
        if (marker := self.ignored_label(call)) is not None:
            counted = backend.class_index(target) != marker
            mask = counted if mask is None else mask & counted
        if class_weight is not None:
            labels = backend.class_index(target)
            if mask is not None:
                labels = backend.xp.where(mask, labels, 0)
            if bool(((labels < 0) | (labels >= call.extra.classes)).any()):
                return None
            per_sample = backend.cast(class_weight, call.dtype)[labels]
            weight = per_sample if weight is None else per_sample * weight
        return weight, mask

    def ignored_label(self, call: Call) -> int | None:
        """Return ``ignore_index`` as ``class_index`` represents it, or None if the labels' dtype does not hold it."""
        return class_labels.ignored_label(call.backend, call.target, call.extra.ignore_index)
