"""Losses of a row of classes, Σₖ tₖ f(log pₖ)."""

from __future__ import annotations

import dataclasses
import functools
import math
import operator
from collections.abc import Mapping
from typing import Any

import numpy as np

from lossary.arrays.checks import (
    InvalidValues,
    as_listed,
    check_class_weight,
    exact_up_to,
    normalize_axis,
    sum_tolerance,
    whole_number_problem,
)
from lossary.arrays.layout import contiguous_strides, steps_around
from lossary.arrays.protocol import ArrayBackend
from lossary.arrays.rows import on_last_axis
from lossary.engine import logit_options
from lossary.engine.array_plan import ArrayFunction, as_array, samples_at_a_time
from lossary.engine.call import Call, Options
from lossary.engine.class_sums import AllClasses
from lossary.engine.inputs import LOGITS_HINT, Definition, add_interval_problem, compilable, new_call, read_arrays, remedy_for
from lossary.engine.loss import Loss
from lossary.engine.results import result_type
from lossary.formula.domains import Interval
from lossary.formula.expression import symbol
from lossary.formula.formulas import SoftmaxFormulas
from lossary.formula.languages.python import compiled_together
from lossary.formula.stable import WEIGHT, stable
from lossary.formula.words import xmuly
from lossary.kernels.sizes import TILED_CLASSES
from lossary.kernels.softmax import kernel as softmax
from lossary.kernels.task import Task


class Softmax(Loss):
    """Row by row: Σₖ tₖ f(log pₖ) over the classes of one axis, f being the definition and p = softmax(logits)."""

    kind = "softmax"
    sized_options = ("label_smoothing", "z_loss", "soft_cap", "temperature")
    extra_options: Mapping[str, Any] = {"class_weight": None, "ignore_index": None, **logit_options.OPTIONS}

    formulas: SoftmaxFormulas

    def __init__(self, definition: Definition, *, convex: bool | None = None) -> None:
        super().__init__(definition, SoftmaxFormulas(definition, self.taken_names(), convex=convex))
        self._kernels: dict[Any, softmax.Softmax] = {}

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
        ignored = options["ignore_index"]
        try:
            if isinstance(ignored, (bool, np.bool_)):
                raise TypeError
            ignored = None if ignored is None else operator.index(ignored)
        except TypeError:
            raise TypeError(f"{self.__name__}: ignore_index is an integer; got {ignored!r}") from None
        return {"ignore_index": ignored, **logit_options.checked(self.__name__, options)}

    def read_inputs(self, backend: ArrayBackend, prediction: Any, target: Any, options: Options) -> Call:
        return self.read_target(backend, *read_arrays(self, backend, prediction, target), options)

    def read_target(self, backend: ArrayBackend, prediction: Any, target: Any, options: Options) -> Call:
        """Return the call on arrays; only shape and dtype of the prediction are used."""
        if isinstance(options.axis, (tuple, list)):
            raise TypeError(f"{self.__name__}: axis is the one axis of the classes; got {options.axis}")
        axis = normalize_axis(self.__name__, -1 if options.axis is None else options.axis, prediction.ndim)
        classes, dense = prediction.shape[axis], target.ndim == prediction.ndim
        call = new_call(backend, prediction, target, options, (axis,), axis=axis, classes=classes, dense=dense, mass=None)
        if classes == 0:
            raise ValueError(f"{self.__name__}: there is at least one class; got a class axis of length 0")
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
        if not dense and backend.kind(target) != "integer":
            raise TypeError(
                f"{self.__name__}: class indices are integers; got dtype {target.dtype} of shape {tuple(target.shape)}; "
                "convert them with astype(int) (torch: long()), or pass class probabilities with a class axis"
            )
        self._read_class_weight(call)
        return call

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
            interval = self.formulas.interval_of_prediction(given)
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
        what = "log_probabilities" if call.extra.given == "log_probabilities" and role == "prediction" else "probabilities"
        call.problems.append(
            InvalidValues(
                f"{role} sum",
                ~(abs(sums - 1) <= tolerance),
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
        backend, weight = call.backend, call.extra.class_weight
        if weight is None:
            return
        check_class_weight(self.__name__, weight)
        weight = backend.array(as_listed(weight, call.prediction), f"{self.__name__}: class_weight")
        if tuple(weight.shape) != (call.extra.classes,):
            raise ValueError(
                f"{self.__name__}: class_weight has one weight a class, so its shape is ({call.extra.classes},); "
                f"got {tuple(weight.shape)}"
            )
        valid = (weight >= 0).all()
        if backend.readable(valid) and not bool(valid):
            InvalidValues("class weight", ~(weight >= 0), weight, (), "a class weight is a number ≥ 0", "correct it").refuse(
                self.__name__
            )
        finite = "a class weight is finite in the dtype computed in"
        too_large = backend.cast(weight, call.dtype) == math.inf
        found = (
            InvalidValues("class weight size", too_large, weight, (), finite, "divide all weights by the largest"),
            whole_number_problem(backend, call.dtype, "class_weight", weight, ()),
        )
        for problem in found:
            if call.check and problem is not None and backend.readable(problem.mask):
                problem.refuse(self.__name__)
        call.extra.class_weight = weight

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

    def kernel_task(self, call: Call, with_loss: bool, order: int, in_place: bool = False) -> tuple[Task, list[Any]] | None:
        """Return a fused kernel for values and gradients, on whichever axis the classes lie.

        ``in_place`` puts the gradient in the place of logits that lie in rows, in the dtype computed in.
        """
        backend, extra, name = call.backend, call.extra, call.backend.dtype_name
        axis, classes, dense = extra.axis, extra.classes, extra.dense
        returns = extra.returns if with_loss else ()
        shaped, z_loss = extra.soft_cap is not None or extra.temperature != 1, extra.z_loss
        special = shaped or z_loss or returns or in_place
        ignored = self.ignored_label(call)
        if order == 2 or not compilable(self.formula(extra.given), self.formula(extra.given, 1)):
            return None
        wide = [x for x in (call.prediction, call.weight) if x is not None and backend.kind(x) == "integer"]
        if any(exact_up_to(backend, call.dtype, x.dtype) for x in wide):  # which may have to be refused
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
            precision=name(call.dtype),
            given=extra.given,
            losses=with_loss,
            slopes=order == 1,
            prediction=name(prediction.dtype),
            target=name(target.dtype),
            dense=dense,
            weight=None if weight is None else name(weight.dtype),
            masked=mask is not None,
            ignoring=ignored is not None,
            class_weighted=class_weight is not None,
            smoothed=bool(extra.label_smoothing),
            reduced=reduced,
            stored=(name(call.dtype if reduced or returns else call.stored_dtype), name(call.input_dtype)),
            tiled=classes <= TILED_CLASSES and not special,
            adjacent=prediction_steps[1] == slopes_steps[1] == 1 or in_place,
            shaped=(extra.soft_cap is not None, extra.temperature != 1) if shaped else None,
            z_lossed=bool(z_loss),
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
            tuple(call.parameters.values()),
            (extra.soft_cap or 0.0, extra.temperature, z_loss) if shaped or z_loss else None,
        )
        return None if task is None else (task, [x for x in (prediction, target, weight, mask, class_weight) if x is not None])

    def ignored_label(self, call: Call) -> int | None:
        """Return ``ignore_index`` as ``class_index`` represents it, or None if the labels' dtype does not hold it."""
        ignored, backend, labels = call.extra.ignore_index, call.backend, call.target
        if ignored is None:
            return None
        signed, bits = backend.signed(labels), 8 * labels.dtype.itemsize
        least = -(2 ** (bits - 1)) if signed else 0
        if not least <= ignored < least + 2**bits:
            return None
        half = 2 ** (8 * backend.index_dtype().itemsize - 1)
        return (ignored + half) % (2 * half) - half  # unsigned labels that are too large become negative indices

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

    def array_function(self, call: Call, with_loss: bool, order: int) -> ArrayFunction | None:
        """Return value and gradient of rows of logits with labels as one function, if there are no other options."""
        extra = call.extra
        special = extra.dense or any(
            getattr(extra, name) != default for name, default in self.extra_options.items() if name != "class_weight"
        )
        if (
            special
            or extra.class_weight is not None
            or extra.given != "logits"
            or order == 2
            or extra.axis != call.prediction.ndim - 1
        ):
            return None
        classes, shape, numbers = extra.classes, call.sample_shape, tuple(call.parameters.values())
        samples = math.prod(shape)
        places = np.arange(samples_at_a_time(samples, classes, call.dtype.itemsize)) * classes
        names = ("log_probability", *self.formulas.parameters)
        formulas = (self.formula("logits", 0), self.formula("logits", 1))
        term = compiled_together(formulas, "numpy", names, frozenset(self.formulas.parameters))

        def compute(logits: np.ndarray, labels: np.ndarray) -> tuple[Any, Any] | None:
            z, label_at = logits.reshape(-1, classes), labels.reshape(-1).astype(np.int64, copy=False)
            if label_at.size and label_at.view(np.uint64).max() >= classes:  # a negative label is a huge number
                return None
            starts = places[: len(z)]
            label_at, at_top = starts + label_at, starts + z.argmax(-1)
            top = z.take(at_top)
            if not math.isfinite(top.sum()):
                return None
            shifted = z - top[:, None]
            shifted_label = shifted.take(label_at)
            e = np.exp(shifted, out=shifted)
            e.put(at_top, 0)
            others = np.einsum("ij->i", e) if classes <= _SUMMED_ONE_BY_ONE else e.sum(-1)
            place = shifted_label - np.log1p(others)
            losses, slope = (as_array(place, x) for x in term(place, *numbers))
            if not order:
                return losses.reshape(labels.shape), None
            e.put(at_top, 1)
            whole = 1 + others
            rest = np.where(label_at == at_top, others, whole - e.take(label_at)) / whole  # 1 - p, which does not cancel
            slopes = np.multiply(e, (-slope / whole)[:, None], out=e)
            slopes.put(label_at, slope * rest)
            return losses.reshape(labels.shape), slopes.reshape(logits.shape)

        return compute

    def _kernel(self, *, shaped: tuple[bool, bool] | None = None, **what: Any) -> softmax.Softmax:
        """Return the kernel of the loss's formulas with these properties."""
        key = (shaped, *what.values())
        kernel = self._kernels.get(key)
        if kernel is None:
            loss, slope = (self.formula(what["given"], order) for order in (0, 1))
            shape = None if shaped is None else (logit_options.shaping(*shaped), logit_options.shaping(*shaped, order=1))
            kernel = softmax.Softmax(
                name=self.__name__, loss=loss, slope=slope, numbers=tuple(self.formulas.parameters), shape=shape, **what
            )
            self._kernels[key] = kernel
        return kernel

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

    # ---- the plain twin

    def logits(self, call: Call, order: int = 0) -> Any:
        """Return the shaped logits that the softmax takes, or their derivative in the logits as passed."""
        capped, tempered = call.extra.soft_cap is not None, bool(call.extra.temperature != 1)
        if not (capped or tempered or order):
            return call.prediction
        formula = logit_options.shaping(capped, tempered, order)
        values = {"logit": call.prediction, "soft_cap": call.extra.soft_cap, "temperature": call.extra.temperature}
        used = {name: value for name, value in values.items() if name in formula.symbols() or name == "logit"}
        return call.backend.evaluate(formula, used, call.prediction)

    def _coefficients(self, call: Call) -> Any:
        """Return w·tₖ·cₖ for every class, with t after smoothing."""
        backend, (kept, floor) = call.backend, call.extra.smoothed
        target = call.target
        if not call.extra.dense:
            target = backend.one_hot(target - call.class_sums.first, call.prediction.shape[-1], call.prediction)
        if call.extra.label_smoothing != 0:
            target = target * kept + floor
        if call.extra.class_weight is not None:
            target = target * on_last_axis(call.extra.class_weight, target.ndim)
        return target if call.weight is None else target * call.weight[..., None]

    def _terms(self, call: Call, coefficient: Any, prediction: Any, order: int) -> Any:
        """Return the coefficient times f, or its derivative, of each class; in terms of log p where logits are passed."""
        given = call.extra.given
        name = "log_probability" if given == "logits" else "prediction"
        formula = xmuly(symbol(WEIGHT), self.formula(given, order))
        values = {WEIGHT: coefficient, name: prediction, **call.parameters}
        return call.backend.evaluate(formula, values, prediction)

    def weighted_losses(self, call: Call) -> Any:
        backend, extra = call.backend, call.extra
        z = self.logits(call)
        log_p = call.class_sums.log_softmax(z) if extra.given == "logits" else z
        hidden = extra.hidden
        if hidden is not None:  # what weighs nothing has no gradient, but its loss is what its weight is differentiated to
            log_p = backend.xp.where(hidden[..., None], math.nan, log_p)
        weight = self.divisor_weight(call)
        if extra.dense or extra.label_smoothing != 0 or call.class_sums.shared:
            losses = call.class_sums.total(self._terms(call, self._coefficients(call), log_p, 0))
        else:
            log_p = backend.take(log_p, call.target)
            coefficient = backend.full(tuple(log_p.shape), 1.0, log_p) if weight is None else weight
            losses = self._terms(call, coefficient, log_p, 0)
        if extra.z_loss != 0:
            log_normalizer = call.class_sums.log_normalizer(z)
            values = {"z_loss": extra.z_loss, "x": log_normalizer} | ({} if weight is None else {"weight": weight})
            formula = _SQUARE if weight is None else xmuly(symbol("weight"), _SQUARE)
            losses = losses + backend.evaluate(formula, values, log_normalizer)
        return losses

    def slopes(self, call: Call, order: int) -> Any:
        coefficients, extra = self._coefficients(call), call.extra
        if extra.given != "logits":
            return self._terms(call, coefficients, call.prediction, order)
        backend, total = call.backend, call.class_sums.total
        z = self.logits(call)
        log_p = call.class_sums.log_softmax(z)
        p, rest = backend.xp.exp(log_p), -backend.xp.expm1(log_p)  # p and 1 - p, neither by a subtraction that cancels
        first = self._terms(call, coefficients, log_p, 1)
        first_sum = total(first)[..., None]
        # Σₖ sₖ(δⱼₖ - pⱼ) with sₖ = tₖf′(log pₖ), as sⱼ(1 - pⱼ) - pⱼ Σ_{k≠j} sₖ
        slopes = first * rest - p * (first_sum - first)
        pull: Any = 0.0
        if extra.z_loss != 0:  # the derivative of αw(log Z)² with respect to log Z
            weight = self.divisor_weight(call)
            normalizer = backend.multiply(call.class_sums.log_normalizer(z)[..., None], 2 * extra.z_loss)
            pull = p if weight is None else weight[..., None] * p
            slopes = slopes + _multiplied(backend, pull, normalizer)
        shaped = extra.soft_cap is not None or extra.temperature != 1
        chain = self.logits(call, 1) if shaped else 1.0
        if order == 1:
            return slopes * chain if shaped else slopes
        second = self._terms(call, coefficients, log_p, 2)
        second_sum = total(second)[..., None]
        curvature = second * rest**2 + p**2 * (second_sum - second) - p * rest * first_sum
        if extra.z_loss != 0:
            curvature = curvature + 2 * extra.z_loss * pull * p + _multiplied(backend, pull * rest, normalizer)
        if shaped:
            curvature = curvature * chain**2
        return curvature if extra.soft_cap is None else curvature + slopes * self.logits(call, 2)

    def extras(self, call: Call, losses: Any) -> list[Any]:
        """Return what ``returns=`` names for each sample; 0 where a sample is excluded."""
        backend, counted, found = call.backend, call.mask, []
        nothing = self.has_no_weight(call)
        if nothing is not None:
            counted = ~nothing if counted is None else counted & ~nothing
        z = self.logits(call)
        for word in call.extra.returns:
            if word == "token_losses":
                found.append(losses + 0.0)  # no loss of -0.0
                continue
            if word == "log_normalizer":
                values = call.class_sums.log_normalizer(z)
            elif word == "entropy":
                values = call.class_sums.entropy(z)
            else:
                target = call.class_sums.argmax(call.target) if call.extra.dense else call.target
                values = backend.cast((call.class_sums.argmax(z) == target) & ~call.class_sums.is_undefined(z), call.dtype)
            found.append(call.masked(call.nan_where_invalid(values, call.invalid), counted))
        return found

    def extra_slopes(self, call: Call, log_normalizer: Any, entropy: Any) -> Any:
        """Return the gradient of log normalizers and entropies in the logits, for upstream gradients (or None), one a row."""
        z = self.logits(call)
        log_p = call.class_sums.log_softmax(z)
        p, slopes = call.backend.xp.exp(log_p), 0.0
        if log_normalizer is not None:
            slopes = slopes + log_normalizer[..., None] * p
        if entropy is not None:
            # ∂H/∂z = -p (log p + H); p log p is 0 where p is
            p_log_p = call.class_sums.p_log_p(log_p)
            slopes = slopes - entropy[..., None] * (p_log_p - p * call.class_sums.total(p_log_p)[..., None])
        shaped = call.extra.soft_cap is not None or call.extra.temperature != 1
        return slopes * self.logits(call, 1) if shaped else slopes

    def with_extras(self, call: Call, cost: Any, losses: Any) -> Any:
        names = call.extra.returns
        return result_type(names)(cost, *self.extras(call, losses)) if names else cost

    def to_input_layout(self, call: Call, slopes: Any) -> Any:
        return call.backend.move_axis(slopes, -1, call.extra.axis)

    def has_no_weight(self, call: Call) -> Any:
        nothing, extra, class_weight = super().has_no_weight(call), call.extra, call.extra.class_weight
        smoothed = extra.label_smoothing != 0
        if class_weight is None and (smoothed or not extra.dense):
            return nothing
        if extra.mass is not None and not smoothed:  # where classes are shared out, each rank has it too
            without = extra.mass == 0
        elif smoothed or extra.dense:
            counted = call.backend.cast(self._coefficients(call) != 0, call.dtype)
            return call.class_sums.total(counted) == 0
        else:
            without = class_weight[call.target] == 0
        return without if nothing is None else nothing | without

    def find_hidden(self, call: Call, nothing: Any) -> Any:
        """Return the rows of weight 0 that have no softmax, whose gradient would be 0·NaN."""
        if call.extra.given != "logits":
            return None
        hidden = nothing & call.class_sums.is_undefined(self.logits(call))
        call.extra = dataclasses.replace(call.extra, hidden=hidden)
        return hidden

    def fill_excluded(self, call: Call, unused: Any) -> None:
        where, classes = call.backend.xp.where, call.extra.classes
        value = {"probabilities": 1 / classes, "log_probabilities": -1.0}.get(call.extra.given or "", 0.0)
        call.prediction = where(unused[..., None], value, call.prediction)
        if call.extra.dense:
            call.target = where(unused[..., None], 0, call.target)


_SUMMED_ONE_BY_ONE = 128
"""Classes up to which a row is added up without pairs, as NumPy's own sum does up to here, only faster for many short rows."""


def _multiplied(backend: ArrayBackend, x: Any, y: Any) -> Any:
    """Return x·y, and 0 where x is 0, whatever y is."""
    return backend.evaluate(_PRODUCT, {"x": x, "y": y}, x)


_PRODUCT = xmuly(symbol("x"), symbol("y"))
_SQUARE = symbol("z_loss") * symbol("x") * symbol("x")
"""In this order: (log Z)² need not be finite where the product is."""
