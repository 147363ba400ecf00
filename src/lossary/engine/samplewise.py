"""Losses of each sample, made of sums over its components."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping, Sequence
from typing import Any, Unpack

import numpy as np

from lossary.arrays.checks import normalize_axis
from lossary.arrays.graph import as_graph_node
from lossary.arrays.protocol import ArrayBackend
from lossary.engine import class_labels, component_mask, dispatch
from lossary.engine.call import Call, Options
from lossary.engine.distributions import add_sum_problems
from lossary.engine.formula_loss import FormulaLoss
from lossary.engine.inputs import Definition, compilable, new_call, read_arrays, refuse_other_shapes
from lossary.engine.made_definition import make_definition
from lossary.formula.domains import Interval
from lossary.formula.formulas import SamplewiseFormulas
from lossary.formula.known import NOTHING, Known
from lossary.formula.links import Link
from lossary.formula.properties import Facts
from lossary.kernels.samplewise import kernel as samplewise
from lossary.kernels.samplewise import whole
from lossary.kernels.samplewise.spec import SamplewiseKernel
from lossary.kernels.task import PassesTask, Task
from lossary.printable import as_typed


class Samplewise(FormulaLoss):
    """A formula of sums over the components of a sample, which lie on ``axis``: the last one, or several."""

    kind = "samplewise"
    formulas: SamplewiseFormulas
    extra_options: Mapping[str, Any] = {"over": "sample"}

    def __init__(
        self,
        definition: Definition,
        *,
        given: Mapping[str, Link] | Mapping[str, Mapping[str, Link]] | None = None,
        neutral: Sequence[str] = (),
        observed: Sequence[str] = (),
        of_sample: Sequence[str] = (),
        labels: bool = False,
        **facts: Unpack[Facts],
    ) -> None:
        formulas = SamplewiseFormulas(
            definition,
            self.taken_names(),
            links=given or {},
            neutral=neutral,
            observed=observed,
            of_sample=of_sample,
            facts=facts,
        )
        if labels:
            self.takes_labels, self.label_rows = True, True
            self.extra_options = {**class_labels.OPTIONS, **self.extra_options}
        super().__init__(definition, formulas)
        self._kernels: dict[Any, SamplewiseKernel] = {}
        self._compute = as_graph_node(self._compute_counted, quiet=False)

    @functools.cached_property
    def of_counted(self) -> Samplewise:
        """The loss of those components that a mask counts, which it takes behind what is observed and before the target."""
        own = self.formulas
        mask, place = component_mask.name_of_mask(own), component_mask.place_of_mask(own)
        inputs = (*self.inputs[:place], mask, *self.inputs[place:])
        formula = component_mask.of_counted(own.traced, mask)
        intervals = {**own.intervals, mask: Interval()}
        found = Samplewise(
            make_definition(self.__name__, inputs, own.parameters, intervals, formula),
            given={own.linked: own.links} if own.links else {},
            neutral=[*own.neutral],
            observed=(*own.observed, mask),
            of_sample=own.of_sample,
            requires=own.properties.requires,
        )
        found.has_binary_target = False  # the input behind the prediction is not what it is compared with
        return found

    def _with_mask(
        self, inputs: tuple[Any, ...], options: dict[str, Any]
    ) -> tuple[Samplewise, tuple[Any, ...], dict[str, Any]]:
        """Return the loss, inputs and options of a call, where a mask of components is one of the inputs."""
        loss, rest = self.choose(options) if self.choices else (self, options)
        if rest.get("where") is None or loss.takes_labels:
            return self, inputs, options
        found = component_mask.read_mask(loss.__name__, loss.formulas, inputs, rest)
        if found is None:
            return self, inputs, options
        return loss.of_counted, found, {name: x for name, x in rest.items() if name != "where"}

    def _compute_counted(self, operation: str, inputs: tuple[Any, ...], options: dict[str, Any]) -> Any:
        loss, inputs, options = self._with_mask(inputs, options)
        return dispatch.compute(loss, operation, inputs, options)

    def sample_losses(self, *inputs: Any, **options: Any) -> tuple[np.ndarray, np.ndarray | None]:
        loss, inputs, options = self._with_mask(inputs, options)
        found: tuple[np.ndarray, np.ndarray | None] = super(Samplewise, loss).sample_losses(*inputs, **options)
        return found

    def problems(self, *inputs: Any, **options: Any) -> dict[str, np.ndarray]:
        loss, inputs, options = self._with_mask(self._by_name(inputs, options), options)
        found: dict[str, np.ndarray] = super(Samplewise, loss).problems(*inputs, **options)
        return found

    def check_extra_options(self, options: dict[str, Any]) -> dict[str, Any]:
        self.check_choice("over", options["over"], ("sample", "batch"))
        return {}

    def read_inputs(self, backend: ArrayBackend, inputs: Sequence[Any], options: Options) -> Call:
        labels = None
        if self.takes_labels:
            inputs, labels = class_labels.as_rows(self.__name__, backend, inputs, options.axis)
        arrays = read_arrays(self, backend, inputs)
        refuse_other_shapes(self.__name__, {name: arrays[name] for name in self.formulas.component_inputs})
        ndim = next(iter(arrays.values())).ndim
        axes = options.axis if isinstance(options.axis, (tuple, list)) else (-1 if options.axis is None else options.axis,)
        found = sorted({normalize_axis(self.__name__, axis, ndim) for axis in axes})
        if not found or len(found) < len(axes):
            raise TypeError(
                f"{self.__name__}: axis names the axes of the components of a sample, each once; got {as_typed(options.axis)} "
                f"for an array of {ndim} axes"
            )
        if options.extra.over == "batch":  # the samples lie on the first axis
            found = sorted({0, *found})
        call = new_call(self, backend, arrays, options, tuple(found))
        for name in self.formulas.of_sample:
            self.refuse_other_shape(name, arrays[name], call.sample_shape)
            call.input_axes = {**call.input_axes, name: ()}
        call.labels = labels
        return call

    def load_inputs(self, call: Call) -> None:
        axes = call.axes
        lengths = tuple(call.prediction.shape[axis] for axis in axes)
        call.component_axes = axes, lengths
        call.axes = (len(call.sample_shape),)
        for role in self.formulas.component_inputs:
            x = call.inputs[role]
            for i, axis in reversed([*enumerate(axes)]):
                x = call.backend.move_axis(x, axis, len(call.sample_shape) + i)
            call.inputs[role] = x.reshape((*call.sample_shape, math.prod(lengths)))
        dtypes = {role: x.dtype for role, x in call.inputs.items()}
        self.load_arrays(call)
        class_labels.add_label_problem(call)
        if self.of_distributions:
            add_sum_problems(call, dtypes)

    def to_input_layout(self, call: Call, slopes: Any) -> Any:
        axes, lengths = call.component_axes
        slopes = slopes.reshape((*call.sample_shape, *lengths))
        for i, axis in enumerate(axes):
            slopes = call.backend.move_axis(slopes, len(call.sample_shape) + i, axis)
        return slopes

    def weighted_losses(self, call: Call) -> Any:
        return self.evaluate(call, 0, None, spread=False)[..., 0]

    def slopes(self, call: Call, order: int) -> tuple[Any, ...]:
        shape = tuple(call.prediction.shape)
        found = [self.evaluate(call, order, name, spread=False) for name in call.predictions]
        return tuple([x if tuple(x.shape) == shape else call.backend.xp.broadcast_to(x, shape) for x in found])

    def kernel_task(self, call: Call, with_loss: bool, order: int) -> tuple[Task | PassesTask, list[Any]] | None:
        """Return a fused kernel if the components of a sample lie on the last axes."""
        backend, ndim, given = call.backend, call.prediction.ndim, call.extra.given
        if call.axes != tuple(range(ndim - len(call.axes), ndim)):
            return None
        if not class_labels.are_classes(call):
            return None
        if not compilable(*(self.formula(given, n, name) for n in {0, order} for name in call.predictions)):
            return None
        dtype = backend.dtype_name
        per_sample = {name: call.inputs[name] for name in self.formulas.of_sample}
        per_sample |= {} if call.weight is None else {"weight": call.weight}
        per_sample |= {name: call.parameters[name] for name in call.parameter_arrays}
        kernel = self._kernel(
            given=given,
            with_loss=with_loss,
            order=order,
            reduced=call.reduction.how != "none",
            masked=call.mask is not None,
            precision=dtype(call.dtype),
            stored=(dtype(call.stored_dtype), *map(dtype, call.input_dtypes)),
            inputs=tuple([(name, dtype(call.inputs[name].dtype)) for name in self.formulas.component_inputs]),
            per_sample=tuple([(name, dtype(x.dtype)) for name, x in per_sample.items()]),
            rounded=self.rounded(call, {**call.inputs, **per_sample}),
            known=self.known(call),
        )
        components = math.prod(call.prediction.shape[axis] for axis in call.axes)
        numbers = [call.parameters[name] for name in kernel.numbers]
        task = samplewise.task(kernel, math.prod(call.sample_shape), components, numbers)
        mask = [] if call.mask is None else [call.mask]
        of_components = [call.inputs[name] for name in self.formulas.component_inputs]
        held = [backend.contiguous(x) for x in (*of_components, *per_sample.values(), *mask)]
        return None if task is None else (task, held)

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
        inputs: tuple[tuple[str, str], ...],
        per_sample: tuple[tuple[str, str], ...],
        rounded: tuple[tuple[str, int], ...] = (),
        known: Known = NOTHING,
    ) -> SamplewiseKernel:
        """Return the kernel for these dtypes of the computation, of losses and slopes, and of the arrays that it reads."""
        key = (given, with_loss, order, reduced, masked, precision, stored, inputs, per_sample, rounded, known)
        kernel = self._kernels.get(key)
        if kernel is None:
            read = (*inputs, *per_sample)
            weighted = "weight" in (name for name, _ in per_sample)
            weigh = functools.partial(self.formulas.weighted, given, known=known)
            kernel = self._kernels[key] = SamplewiseKernel(
                name=self.__name__,
                precision=precision,
                loss=weigh(0, weighted) if with_loss else None,
                slopes=tuple([weigh(order, weighted, name) for name in self.predictions if order]),
                invalid=self.invalid(given, [name for name, _ in read], rounded),
                inputs=inputs,
                per_sample=per_sample,
                numbers=self.numbers(read, known),
                masked=masked,
                reduced=reduced,
                stored=stored,
            )
        return kernel

    def kernel_source(self, given: str | None, with_loss: bool, order: int) -> str:
        """Return the source of the kernel for contiguous arrays of float64, samples one after another."""
        return whole.source(
            self._kernel(
                given=given,
                with_loss=with_loss,
                order=order,
                reduced=True,
                masked=False,
                precision="float64",
                stored=("float64",) * (1 + len(self.predictions)),
                inputs=tuple([(name, "float64") for name in self.formulas.component_inputs]),
                per_sample=tuple([(name, "float64") for name in self.formulas.of_sample]),
            )
        )
