"""Losses of each element, f(prediction, target)."""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Mapping
from typing import Any

import numpy as np

from lossary.arrays import select
from lossary.arrays.checks import exact_up_to, normalize_axis
from lossary.arrays.protocol import ArrayBackend
from lossary.engine.array_plan import ArrayFunction
from lossary.engine.call import Call, Options
from lossary.engine.exact_sum import Scored, scored
from lossary.engine.inputs import Definition, add_interval_problem, compilable, new_call, read_pair, remedy_for
from lossary.engine.loss import Loss
from lossary.formula.branchless import branchless
from lossary.formula.domains import Interval
from lossary.formula.expression import Expression, constant, symbol
from lossary.formula.formulas import PointwiseFormulas
from lossary.formula.languages.python import compiled_together
from lossary.formula.links import Link
from lossary.kernels import elementwise, exact_losses, memory, native
from lossary.kernels.task import Task

_ARGUMENTS = ("prediction", "target")


class Pointwise(Loss):
    """Element by element: every element is a sample, or a component of one if ``axis`` says so."""

    kind = "pointwise"
    formulas: PointwiseFormulas

    def __init__(
        self,
        definition: Definition,
        *,
        given: Mapping[str, Link] | None = None,
        convex: bool | None = None,
        minimizer: str | None = None,
    ) -> None:
        formulas = PointwiseFormulas(definition, self.taken_names(), links=given or {}, convex=convex, minimizer=minimizer)
        super().__init__(definition, formulas)
        self._kernels: dict[Any, elementwise.Elementwise] = {}
        self._exact_kernels: dict[Any, exact_losses.ExactLosses] = {}

    def read_inputs(self, backend: ArrayBackend, prediction: Any, target: Any, options: Options) -> Call:
        prediction, target = read_pair(self, backend, prediction, target)
        return new_call(backend, prediction, target, options, self._axes(options.axis, prediction.ndim))

    def load_inputs(self, call: Call) -> None:
        backend, given = call.backend, call.extra.given
        for role in ("prediction", "target"):
            self.check_whole_numbers(call, role, getattr(call, role), call.axes)
        call.prediction, call.target = backend.cast(call.prediction, call.dtype), backend.cast(call.target, call.dtype)
        interval = self.formulas.interval_of_prediction(given)
        add_interval_problem(call, "prediction", call.prediction, interval, remedy_for(given, interval))
        remedy = "check the target column or its scale, and that the prediction comes first"
        add_interval_problem(call, "target", call.target, self.properties.target, remedy)

    def _axes(self, axis: Any, ndim: int) -> tuple[int, ...]:
        if axis is None:
            return ()
        axes = axis if isinstance(axis, (tuple, list)) else (axis,)
        found = {normalize_axis(self.__name__, a, ndim) for a in axes}
        if len(found) < len(axes):
            raise ValueError(f"{self.__name__}: axis names each axis once; got {axis!r} for an array of {ndim} axes")
        return tuple(sorted(found))

    def _evaluate(self, call: Call, order: int) -> Any:
        values = {"prediction": call.prediction, "target": call.target, **call.parameters}
        if call.weight is not None:
            weight = call.broadcast_over_components(call.weight)
            if call.axes:
                weight = call.backend.xp.broadcast_to(weight, tuple(call.prediction.shape))
            values["weight"] = weight
        formula = self.formulas.weighted(call.extra.given, order, call.weight is not None)
        return call.backend.evaluate(formula, values, call.prediction)

    def weighted_losses(self, call: Call) -> Any:
        return call.backend.sum_axes(self._evaluate(call, 0), call.axes)

    def slopes(self, call: Call, order: int) -> Any:
        return self._evaluate(call, order)

    def kernel_task(self, call: Call, with_loss: bool, order: int) -> tuple[Task, list[Any]] | None:
        """Return a fused kernel if an element is a sample, or the cost does not depend on which elements make up one."""
        backend, reduced = call.backend, call.reduction.how != "none"
        if call.axes and not (reduced and call.weight is None and call.mask is None):
            return None
        if not compilable(*(self.formula(call.extra.given, n) for n in {0, order})):
            return None
        inputs = [call.prediction, call.target] + ([] if call.weight is None else [call.weight])
        dtypes = (call.dtype, call.stored_dtype, call.input_dtype, *(x.dtype for x in inputs))
        names = tuple(map(backend.dtype_name, dtypes))
        rounded = self._rounded(call)
        kernel = self._kernel(call.extra.given, with_loss, order, reduced, call.mask is not None, names, rounded)
        held = [backend.contiguous(x) for x in (*inputs, *([] if call.mask is None else [call.mask]))]
        task = elementwise.task(kernel, backend.size(call.prediction), tuple(call.parameters.values()))
        return None if task is None else (task, held)

    def exact_losses(self, prediction: np.ndarray, target: np.ndarray, *, squared: bool, **options: Any) -> Scored | None:
        """Return losses and exact sums by one kernel, or None if none serves or a value is invalid or NaN."""
        call = self.read(self.read_options({**options, "reduction": "none"}), select.of(prediction), prediction, target)
        names = tuple(call.backend.dtype_name(x.dtype) for x in (prediction, target))
        if (
            names[0] != "float64"
            or names[1] not in memory.DTYPES
            or call.axes
            or prediction.ndim != 1
            or not native.available(self.__name__)
        ):
            return None
        given = call.extra.given
        if not compilable(self.formula(given)):
            return None
        kernel = self._exact_kernels.get((given, names))
        if kernel is None:
            # predictions are float64; NaN counts as invalid, as a formula may not look at it
            unknown = [symbol(name) != symbol(name) for name, dtype in zip(_ARGUMENTS, names, strict=True) if "float" in dtype]
            outside = self._invalid(given, False, self._rounded(call))
            invalid = functools.reduce(operator.or_, unknown if outside is None else [outside, *unknown])
            kernel = self._exact_kernels[given, names] = exact_losses.ExactLosses(
                name=self.__name__,
                loss=self.formulas.weighted(given, 0, False),
                invalid=invalid,
                arrays=tuple(zip(_ARGUMENTS, names, strict=True)),
                numbers=tuple(self.formulas.parameters),
            )
        if kernel.native is None:
            return None
        return scored(kernel.native, (prediction, target), call.parameters.values(), squared=squared)

    def array_function(self, call: Call, with_loss: bool, order: int) -> ArrayFunction | None:
        """Return value, derivative and validity as one function if an element is a sample."""
        if call.axes:
            return None
        given, numbers, nothing = call.extra.given, tuple(call.parameters.values()), constant(0)
        invalid = self._invalid(given, False, self._rounded(call)) if call.check else None
        asked = (
            self.formulas.weighted(given, 0, False) if with_loss else nothing,
            self.formulas.weighted(given, order, False) if order else nothing,
        )
        formulas, exact = zip(*map(branchless, asked), strict=True)
        names = (*_ARGUMENTS, *self.formulas.parameters)
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
        given: str | None,
        with_loss: bool,
        order: int,
        reduced: bool,
        masked: bool,
        dtypes: tuple[str, ...],
        rounded: tuple[tuple[str, int], ...] = (),
    ) -> elementwise.Elementwise:
        """Return the kernel for the dtypes of the computation, of losses, slopes, prediction, target and perhaps weight."""
        key = (given, with_loss, order, reduced, masked, dtypes, rounded)
        kernel = self._kernels.get(key)
        if kernel is None:
            precision, loss_dtype, slope_dtype, *stored = dtypes
            weighted = len(stored) == 3
            loss = self.formulas.weighted(given, 0, weighted)
            kernel = elementwise.Elementwise(
                name=self.__name__,
                precision=precision,
                loss=loss if with_loss else None,
                slope=self.formulas.weighted(given, order, weighted) if order else None,
                invalid=self._invalid(given, weighted, rounded),
                arrays=tuple(zip(("prediction", "target", "weight"), stored, strict=False)),
                numbers=tuple(self.formulas.parameters),
                masked=masked,
                reduced=reduced,
                stored=(loss_dtype, slope_dtype),
            )
            self._kernels[key] = kernel
        return kernel

    def kernel_source(self, given: str | None, with_loss: bool, order: int) -> str:
        """Return the source of the kernel for contiguous arrays of float64."""
        return self._kernel(given, with_loss, order, True, False, ("float64",) * 5).source

    def _rounded(self, call: Call) -> tuple[tuple[str, int], ...]:
        """Return which arrays hold integers that may be too large for the dtype of the computation, and from which size on."""
        arrays = {"prediction": call.prediction, "target": call.target, "weight": call.weight}
        given, found = call.extra.given, []
        interval = self.formulas.interval_of_prediction(given)
        bounds = {"prediction": interval, "target": self.properties.target}
        for name, x in arrays.items():
            if x is None or call.backend.kind(x) != "integer" or math.isfinite(bounds.get(name, Interval()).high):
                continue
            limit = exact_up_to(call.backend, call.dtype, x.dtype)
            if limit is not None:
                found.append((name, limit))
        return tuple(found)

    def _invalid(self, given: str | None, weighted: bool, rounded: tuple[tuple[str, int], ...] = ()) -> Expression | None:
        """Return the condition under which a sample's values are invalid, or None if all values are valid."""
        interval = self.formulas.interval_of_prediction(given)
        conditions = [
            where.outside(symbol(name))
            for name, where in (("prediction", interval), ("target", self.properties.target))
            if not where.everything
        ]
        if weighted:
            conditions.append(~((symbol("weight") >= 0) & (symbol("weight") < math.inf)))
        # the limit itself too, which larger numbers are rounded to: the plain computation looks at what was given
        conditions += [abs(symbol(name)) >= float(limit) for name, limit in rounded]
        return functools.reduce(operator.or_, conditions) if conditions else None

    def fill_excluded(self, call: Call, unused: Any) -> None:
        where, unused = call.backend.xp.where, call.broadcast_over_components(unused)
        given = call.extra.given
        interval = self.formulas.interval_of_prediction(given)
        call.prediction = where(unused, interval.inner_point, call.prediction)
        call.target = where(unused, self.properties.target.inner_point, call.target)
