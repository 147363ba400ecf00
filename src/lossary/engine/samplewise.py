"""Losses of each sample, made of sums over its components."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from lossary.arrays.checks import normalize_axis
from lossary.arrays.protocol import ArrayBackend
from lossary.engine.call import Call, Options
from lossary.engine.inputs import Definition, add_interval_problem, new_call, read_alike, remedy_for
from lossary.engine.loss import Loss
from lossary.formula.formulas import SamplewiseFormulas
from lossary.formula.links import Link


class Samplewise(Loss):
    """A formula of sums over the components of a sample, which lie on ``axis``: the last one, or several."""

    kind = "samplewise"
    formulas: SamplewiseFormulas

    def __init__(
        self,
        definition: Definition,
        *,
        given: Mapping[str, Link] | Mapping[str, Mapping[str, Link]] | None = None,
        convex: bool | None = None,
    ) -> None:
        formulas = SamplewiseFormulas(definition, self.taken_names(), links=given or {}, convex=convex, minimizer=None)
        super().__init__(definition, formulas)

    def read_inputs(self, backend: ArrayBackend, inputs: Sequence[Any], options: Options) -> Call:
        arrays = read_alike(self, backend, inputs)
        ndim = next(iter(arrays.values())).ndim
        axes = options.axis if isinstance(options.axis, (tuple, list)) else (-1 if options.axis is None else options.axis,)
        found = sorted({normalize_axis(self.__name__, axis, ndim) for axis in axes})
        if not found or len(found) < len(axes):
            raise TypeError(
                f"{self.__name__}: axis names the axes of the components of a sample, each once; got {options.axis!r} for an "
                f"array of {ndim} axes"
            )
        return new_call(self, backend, arrays, options, tuple(found))

    def load_inputs(self, call: Call) -> None:
        given, axes = call.extra.given, call.axes
        lengths = tuple(call.prediction.shape[axis] for axis in axes)
        call.component_axes = axes, lengths
        call.axes = (len(call.sample_shape),)
        for role, x in call.inputs.items():
            for i, axis in reversed([*enumerate(axes)]):
                x = call.backend.move_axis(x, axis, len(call.sample_shape) + i)
            x = x.reshape((*call.sample_shape, math.prod(lengths)))
            self.check_whole_numbers(call, role, x, call.axes)
            call.inputs[role] = values = call.backend.cast(x, call.dtype)
            interval = self.formulas.interval(role, given)
            remedy = "check the target column or its scale, and that the prediction comes first"
            if role != "target":
                remedy = remedy_for(given if role == self.formulas.linked else None, interval)
            add_interval_problem(call, role, values, interval, remedy)

    def to_input_layout(self, call: Call, slopes: Any) -> Any:
        axes, lengths = call.component_axes
        slopes = slopes.reshape((*call.sample_shape, *lengths))
        for i, axis in enumerate(axes):
            slopes = call.backend.move_axis(slopes, len(call.sample_shape) + i, axis)
        return slopes

    def _evaluate(self, call: Call, order: int, of: str | None = None) -> Any:
        per_sample = {name: call.parameters[name] for name in call.parameter_arrays}
        if call.weight is not None:
            per_sample["weight"] = call.weight
        values = {**call.inputs, **call.parameters, **{name: x[..., None] for name, x in per_sample.items()}}
        formula = self.formulas.weighted(call.extra.given, order, call.weight is not None, of)
        return call.backend.evaluate(formula, values, call.prediction)

    def weighted_losses(self, call: Call) -> Any:
        return self._evaluate(call, 0)[..., 0]

    def slopes(self, call: Call, order: int) -> tuple[Any, ...]:
        shape = tuple(call.prediction.shape)
        found = [self._evaluate(call, order, name) for name in call.predictions]
        return tuple([x if tuple(x.shape) == shape else call.backend.xp.broadcast_to(x, shape) for x in found])

    def fill_excluded(self, call: Call, unused: Any) -> None:
        for name, x in call.inputs.items():
            point = self.formulas.interval(name, call.extra.given).inner_point
            call.inputs[name] = call.backend.xp.where(unused[..., None], point, x)
        super().fill_excluded(call, unused)
