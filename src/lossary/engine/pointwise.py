"""Losses of each element, f(predictions…, target)."""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from lossary.arrays import select
from lossary.arrays.checks import exact_up_to, normalize_axis
from lossary.arrays.protocol import ArrayBackend
from lossary.engine.array_plan import ArrayFunction
from lossary.engine.call import Call, Options
from lossary.engine.exact_sum import Scored, scored
from lossary.engine.inputs import Definition, add_interval_problem, compilable, new_call, read_alike, remedy_for
from lossary.engine.loss import Loss
from lossary.formula.branchless import branchless
from lossary.formula.domains import Interval
from lossary.formula.expression import Expression, constant, symbol
from lossary.formula.formulas import PointwiseFormulas
from lossary.formula.languages.python import compiled_together
from lossary.formula.links import Link
from lossary.kernels import elementwise, exact_losses, memory, native
from lossary.kernels.task import Task


class Pointwise(Loss):
    """Element by element: every element is a sample, or a component of one if ``axis`` says so."""

    kind = "pointwise"
    formulas: PointwiseFormulas

    def __init__(
        self,
        definition: Definition,
        *,
        given: Mapping[str, Link] | Mapping[str, Mapping[str, Link]] | None = None,
        convex: bool | None = None,
        minimizer: str | None = None,
    ) -> None:
        formulas = PointwiseFormulas(definition, self.taken_names(), links=given or {}, convex=convex, minimizer=minimizer)
        super().__init__(definition, formulas)
        self._kernels: dict[Any, elementwise.Elementwise] = {}
        self._exact_kernels: dict[Any, exact_losses.ExactLosses] = {}

    def read_inputs(self, backend: ArrayBackend, inputs: Sequence[Any], options: Options) -> Call:
        arrays = read_alike(self, backend, inputs)
        return new_call(self, backend, arrays, options, self._axes(options.axis, next(iter(arrays.values())).ndim))

    def load_inputs(self, call: Call) -> None:
        given = call.extra.given
        for role, x in call.inputs.items():
            self.check_whole_numbers(call, role, x, call.axes)
        for role, x in call.inputs.items():
            call.inputs[role] = values = call.backend.cast(x, call.dtype)
            interval = self.formulas.interval(role, given)
            remedy = "check the target column or its scale, and that the prediction comes first"
            if role != "target":
                remedy = remedy_for(given if role == self.formulas.linked else None, interval)
            add_interval_problem(call, role, values, interval, remedy)

    def _axes(self, axis: Any, ndim: int) -> tuple[int, ...]:
        if axis is None:
            return ()
        axes = axis if isinstance(axis, (tuple, list)) else (axis,)
        found = {normalize_axis(self.__name__, a, ndim) for a in axes}
        if len(found) < len(axes):
            raise ValueError(f"{self.__name__}: axis names each axis once; got {axis!r} for an array of {ndim} axes")
        return tuple(sorted(found))

    def _evaluate(self, call: Call, order: int, of: str | None = None) -> Any:
        per_sample = {name: call.parameters[name] for name in call.parameter_arrays}
        if call.weight is not None:
            per_sample["weight"] = call.weight
        values = {**call.inputs, **call.parameters}
        for name, x in per_sample.items():
            spread = call.broadcast_over_components(x)
            values[name] = call.backend.xp.broadcast_to(spread, tuple(call.prediction.shape)) if call.axes else spread
        by_default = self._is_by_default(call)
        formula = self.formulas.weighted(call.extra.given, order, call.weight is not None, of, by_default=by_default)
        return call.backend.evaluate(formula, values, call.prediction)

    def _is_by_default(self, call: Call) -> bool:
        """Return whether there are parameters that change nothing by default, and all of them have their defaults."""
        neutral = self.formulas.neutral
        at_default = (type(x := call.parameters[name]) in (int, float) and x == default for name, default in neutral.items())
        return bool(neutral) and all(at_default)

    def weighted_losses(self, call: Call) -> Any:
        return call.backend.sum_axes(self._evaluate(call, 0), call.axes)

    def slopes(self, call: Call, order: int) -> tuple[Any, ...]:
        return tuple([self._evaluate(call, order, name) for name in call.predictions])

    def kernel_task(self, call: Call, with_loss: bool, order: int) -> tuple[Task, list[Any]] | None:
        """Return a fused kernel if an element is a sample, or the cost does not depend on which elements make up one."""
        backend, reduced = call.backend, call.reduction.how != "none"
        if call.axes and not (reduced and call.weight is None and call.mask is None):
            return None
        if call.axes and call.parameter_arrays:
            return None
        if not compilable(*(self.formula(call.extra.given, n, name) for n in {0, order} for name in call.predictions)):
            return None
        arrays = call.inputs | ({} if call.weight is None else {"weight": call.weight})
        arrays |= {name: call.parameters[name] for name in call.parameter_arrays}
        dtype = backend.dtype_name
        kernel = self._kernel(
            given=call.extra.given,
            with_loss=with_loss,
            order=order,
            reduced=reduced,
            masked=call.mask is not None,
            precision=dtype(call.dtype),
            stored=(dtype(call.stored_dtype), *map(dtype, call.input_dtypes)),
            arrays=tuple([(name, dtype(x.dtype)) for name, x in arrays.items()]),
            rounded=self._rounded(call, arrays),
            by_default=self._is_by_default(call),
        )
        held = [backend.contiguous(x) for x in (*arrays.values(), *([] if call.mask is None else [call.mask]))]
        task = elementwise.task(kernel, backend.size(call.prediction), [call.parameters[name] for name in kernel.numbers])
        return None if task is None else (task, held)

    def exact_losses(self, inputs: Sequence[np.ndarray], *, squared: bool, **options: Any) -> Scored | None:
        """Return losses and exact sums by one kernel, or None if none serves or a value is invalid or NaN."""
        call = self.read(self.read_options({**options, "reduction": "none"}), select.of(*inputs), inputs)
        dtypes = {name: call.backend.dtype_name(x.dtype) for name, x in call.inputs.items()}
        if (
            any(dtypes[name] != "float64" for name in call.predictions)
            or not memory.DTYPES.issuperset(dtypes.values())
            or call.axes
            or call.parameter_arrays
            or call.prediction.ndim != 1
            or not native.available(self.__name__)
        ):
            return None
        given = call.extra.given
        if not compilable(self.formula(given)):
            return None
        arrays, by_default = tuple(dtypes.items()), self._is_by_default(call)
        kernel = self._exact_kernels.get((given, arrays, by_default))
        if kernel is None:
            # predictions are float64; NaN counts as invalid, as a formula may not look at it
            unknown = [symbol(name) != symbol(name) for name, dtype in arrays if "float" in dtype]
            outside = self._invalid(given, (*dtypes,), self._rounded(call, call.inputs))
            invalid = functools.reduce(operator.or_, unknown if outside is None else [outside, *unknown])
            kernel = self._exact_kernels[given, arrays, by_default] = exact_losses.ExactLosses(
                name=self.__name__,
                loss=self.formulas.weighted(given, 0, False, by_default=by_default),
                invalid=invalid,
                arrays=arrays,
                numbers=self._numbers(arrays, by_default),
            )
        if kernel.native is None:
            return None
        return scored(
            kernel.native, tuple(call.inputs.values()), [call.parameters[name] for name in kernel.numbers], squared=squared
        )

    def array_function(self, call: Call, with_loss: bool, order: int) -> ArrayFunction | None:
        """Return value, derivative and validity as one function if an element is a sample."""
        if call.axes or self.inputs != ("prediction", "target"):
            return None
        by_default = self._is_by_default(call)
        given, numbers, nothing = call.extra.given, tuple(call.parameters.values()), constant(0)
        invalid = self._invalid(given, self.inputs, self._rounded(call, call.inputs)) if call.check else None
        asked = (
            self.formulas.weighted(given, 0, False, by_default=by_default) if with_loss else nothing,
            self.formulas.weighted(given, order, False, by_default=by_default) if order else nothing,
        )
        formulas, exact = zip(*map(branchless, asked), strict=True)
        names = (*self.inputs, *self.formulas.parameters)
        function = compiled_together(
            (*formulas, nothing if invalid is None else invalid), "numpy", names, frozenset(self.formulas.parameters)
        )
        dtype = np.dtype(call.backend.dtype_name(call.dtype))

        def compute(prediction: np.ndarray, target: np.ndarray) -> tuple[Any, Any] | None:
            target = target if target.dtype == dtype else target.astype(dtype)
            losses, slopes, refused = function(prediction, target, *numbers)
            if invalid is not None and refused.any():
                return None
            if not all(exact) and not math.isfinite(np.add.reduce(losses, None) + np.add.reduce(slopes, None)):
                return None
            return losses, slopes

        return compute

    def _kernel(
        self,
        *,
        given: str | None,
        with_loss: bool,
        order: int,
        reduced: bool,
        masked: bool,
        precision: str,
        stored: tuple[str, ...],
        arrays: tuple[tuple[str, str], ...],
        rounded: tuple[tuple[str, int], ...] = (),
        by_default: bool = False,
    ) -> elementwise.Elementwise:
        """Return the kernel for these dtypes of the computation, of losses and slopes, and of the arrays that it reads."""
        key = (given, with_loss, order, reduced, masked, precision, stored, arrays, rounded, by_default)
        kernel = self._kernels.get(key)
        if kernel is None:
            read = tuple(name for name, _ in arrays)
            weighted = "weight" in read
            weigh = functools.partial(self.formulas.weighted, by_default=by_default)
            slopes = [weigh(given, order, weighted, name) for name in self.predictions if order]
            kernel = self._kernels[key] = elementwise.Elementwise(
                name=self.__name__,
                precision=precision,
                loss=weigh(given, 0, weighted) if with_loss else None,
                slopes=tuple(slopes),
                invalid=self._invalid(given, read, rounded),
                arrays=arrays,
                numbers=self._numbers(arrays, by_default),
                masked=masked,
                reduced=reduced,
                stored=stored,
            )
        return kernel

    def _numbers(self, arrays: Iterable[tuple[str, str]], by_default: bool) -> tuple[str, ...]:
        """Return the parameters that a kernel takes as numbers."""
        left_out = {name for name, _ in arrays} | (self.formulas.neutral.keys() if by_default else set())
        return tuple(name for name in self.formulas.parameters if name not in left_out)

    def kernel_source(self, given: str | None, with_loss: bool, order: int) -> str:
        """Return the source of the kernel for contiguous arrays of float64."""
        return self._kernel(
            given=given,
            with_loss=with_loss,
            order=order,
            reduced=True,
            masked=False,
            precision="float64",
            stored=("float64",) * (1 + len(self.predictions)),
            arrays=tuple([(name, "float64") for name in self.inputs]),
        ).source

    def _rounded(self, call: Call, arrays: Mapping[str, Any]) -> tuple[tuple[str, int], ...]:
        """Return which arrays hold integers that may be too large for the dtype of the computation, and from which size on."""
        found = []
        for name, x in arrays.items():
            if call.backend.kind(x) != "integer" or math.isfinite(self._interval(call.extra.given, name).high):
                continue
            limit = exact_up_to(call.backend, call.dtype, x.dtype)
            if limit is not None:
                found.append((name, limit))
        return tuple(found)

    def _interval(self, given: str | None, name: str) -> Interval:
        """Return where an array lies."""
        if name in self.formulas.parameters:
            return self.formulas.intervals[name]
        return Interval(0.0) if name == "weight" else self.formulas.interval(name, given)

    def _invalid(
        self, given: str | None, arrays: Iterable[str], rounded: tuple[tuple[str, int], ...] = ()
    ) -> Expression | None:
        """Return the condition under which a sample's values are invalid, or None if all values are valid."""
        conditions = []
        for name in arrays:
            interval = self._interval(given, name)
            if name == "weight":
                conditions.append(~((symbol(name) >= 0) & (symbol(name) < math.inf)))
                continue
            if not interval.everything:
                conditions.append(interval.outside(symbol(name)))
            if name in self.formulas.parameters:
                conditions.append(symbol(name) != symbol(name))
        # the limit itself too, which larger numbers are rounded to: the plain computation looks at what was given
        conditions += [abs(symbol(name)) >= float(limit) for name, limit in rounded]
        return functools.reduce(operator.or_, conditions) if conditions else None

    def fill_excluded(self, call: Call, unused: Any) -> None:
        where, spread = call.backend.xp.where, call.broadcast_over_components(unused)
        for name, x in call.inputs.items():
            call.inputs[name] = where(spread, self.formulas.interval(name, call.extra.given).inner_point, x)
        super().fill_excluded(call, unused)
