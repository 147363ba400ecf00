"""Losses of each element, f(predictions…, target)."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Unpack

import numpy as np

from lossary.arrays import select
from lossary.arrays.checks import normalize_axis
from lossary.arrays.protocol import ArrayBackend
from lossary.engine.array_plan import ArrayFunction
from lossary.engine.call import Call, Options
from lossary.engine.choices import by_choice
from lossary.engine.exact_sum import Scored, scored
from lossary.engine.formula_loss import FormulaLoss
from lossary.engine.inputs import Definition, compilable, new_call, read_alike
from lossary.engine.made_definition import make_definition
from lossary.engine.pointwise_arrays import PointwiseArrays
from lossary.formula.expression import symbol
from lossary.formula.formulas import PointwiseFormulas
from lossary.formula.known import NOTHING, Known
from lossary.formula.links import Link
from lossary.formula.properties import Facts
from lossary.formula.reading import NAMES_OF_TARGETS
from lossary.kernels import elementwise, exact_losses, memory, native
from lossary.kernels.task import Task
from lossary.printable import as_typed


class Pointwise(FormulaLoss):
    """Element by element: every element is a sample, or a component of one if ``axis`` says so."""

    kind = "pointwise"
    formulas: PointwiseFormulas

    def __init__(
        self,
        definition: Definition,
        *,
        given: Mapping[str, Link] | Mapping[str, Mapping[str, Link]] | None = None,
        neutral: Sequence[str] = (),
        observed: Sequence[str] = (),
        leaves_out: Callable[..., Any] | None = None,
        **facts: Unpack[Facts],
    ) -> None:
        self.leaves_out = leaves_out
        formulas = PointwiseFormulas(
            definition, self.taken_names(), links=given or {}, neutral=neutral, observed=observed, facts=facts
        )
        super().__init__(definition, formulas)
        self._kernels: dict[Any, elementwise.Elementwise] = {}
        self._exact_kernels: dict[Any, exact_losses.ExactLosses] = {}

    @functools.cache  # noqa: B019 - losses are few and live on
    def with_predictions(self, parameters: tuple[str, ...]) -> Pointwise | None:
        own = self.formulas
        if not own.traced.symbols().issuperset(parameters) or NAMES_OF_TARGETS.intersection(parameters):
            return None
        inputs = (*self.predictions, *parameters, *self.inputs[len(self.predictions) :])
        kept = {name: x for name, x in own.parameters.items() if name not in parameters}
        definition = make_definition(self.__name__, inputs, kept, own.intervals, own.traced)
        links = {own.linked: own.links} if own.links else {}
        neutral = [name for name in own.neutral if name in kept]
        return Pointwise(definition, given=links, neutral=neutral, observed=own.observed, requires=own.properties.requires)

    def read_inputs(self, backend: ArrayBackend, inputs: Sequence[Any], options: Options) -> Call:
        arrays = read_alike(self, backend, inputs)
        return new_call(self, backend, arrays, options, self._axes(options.axis, next(iter(arrays.values())).ndim))

    def load_inputs(self, call: Call) -> None:
        self.load_arrays(call)

    def _axes(self, axis: Any, ndim: int) -> tuple[int, ...]:
        if axis is None:
            return ()
        axes = axis if isinstance(axis, (tuple, list)) else (axis,)
        found = {normalize_axis(self.__name__, a, ndim) for a in axes}
        if len(found) < len(axes):
            raise ValueError(f"{self.__name__}: axis names each axis once; got {as_typed(axis)} for an array of {ndim} axes")
        return tuple(sorted(found))

    def _evaluate(self, call: Call, order: int, of: str | None = None) -> Any:
        return self.evaluate(call, order, of, spread=bool(call.axes))

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
            rounded=self.rounded(call, arrays),
            known=self.known(call),
        )
        held = [backend.contiguous(x) for x in (*arrays.values(), *([] if call.mask is None else [call.mask]))]
        task = elementwise.task(kernel, backend.size(call.prediction), [call.parameters[name] for name in kernel.numbers])
        return None if task is None else (task, held)

    @by_choice
    def exact_losses(self, inputs: Sequence[np.ndarray], *, with_squares: bool, **options: Any) -> Scored | None:
        """Return losses and exact sums by one kernel, or None if none serves or a value is invalid or NaN."""
        if self.leaves_out is not None:
            return None
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
        arrays, known = tuple(dtypes.items()), self.known(call)
        kernel = self._exact_kernels.get((given, arrays, known))
        if kernel is None:
            # predictions are float64; NaN counts as invalid, as a formula may not look at it
            unknown = [symbol(name) != symbol(name) for name, dtype in arrays if "float" in dtype]
            outside = self.invalid(given, (*dtypes,), self.rounded(call, call.inputs))
            invalid = functools.reduce(operator.or_, unknown if outside is None else [outside, *unknown])
            kernel = self._exact_kernels[given, arrays, known] = exact_losses.ExactLosses(
                name=self.__name__,
                loss=self.formulas.weighted(given, 0, False, known=known),
                invalid=invalid,
                arrays=arrays,
                numbers=self.numbers(arrays, known),
            )
        if kernel.native is None:
            return None
        return scored(
            kernel.native, tuple(call.inputs.values()), [call.parameters[name] for name in kernel.numbers], squared=with_squares
        )

    def array_function(self, call: Call, with_loss: bool, order: int) -> ArrayFunction | None:
        """Return value, derivative and validity as one function if an element is a sample."""
        if call.axes or self.inputs != ("prediction", "target"):
            return None
        given, weighted, known = call.extra.given, call.weight is not None, self.known(call)
        arrays = call.inputs if call.weight is None else {**call.inputs, "weight": call.weight}
        return PointwiseArrays(
            self.formulas.weighted(given, 0, weighted, known=known) if with_loss else None,
            self.formulas.weighted(given, order, weighted, known=known) if order else None,
            self.invalid(given, arrays, self.rounded(call, arrays)) if call.check else None,
            call.parameters,
            weighted,
            np.dtype(call.backend.dtype_name(call.dtype)),
        )

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
        known: Known = NOTHING,
    ) -> elementwise.Elementwise:
        """Return the kernel for these dtypes of the computation, of losses and slopes, and of the arrays that it reads."""
        key = (given, with_loss, order, reduced, masked, precision, stored, arrays, rounded, known)
        kernel = self._kernels.get(key)
        if kernel is None:
            read = tuple(name for name, _ in arrays)
            weighted = "weight" in read
            weigh = functools.partial(self.formulas.weighted, known=known)
            slopes = [weigh(given, order, weighted, name) for name in self.predictions if order]
            kernel = self._kernels[key] = elementwise.Elementwise(
                name=self.__name__,
                precision=precision,
                loss=weigh(given, 0, weighted) if with_loss else None,
                slopes=tuple(slopes),
                invalid=self.invalid(given, read, rounded),
                arrays=arrays,
                numbers=self.numbers(arrays, known),
                masked=masked,
                reduced=reduced,
                stored=stored,
            )
        return kernel

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
