"""Losses of array code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Unpack

from lossary.arrays.checks import normalize_axis
from lossary.arrays.protocol import ArrayBackend
from lossary.engine.call import Call, Options
from lossary.engine.inputs import Definition, add_interval_problem, new_call, read_alike
from lossary.engine.loss import Loss
from lossary.formula.calls import xmuly
from lossary.formula.expression import symbol
from lossary.formula.formulas import ComposedFormulas
from lossary.formula.properties import Facts


class Composed(Loss):
    """Any array code from the components of a sample, along the last axis, to its loss."""

    kind = "composed"

    def __init__(
        self,
        definition: Definition,
        *,
        gradient: Definition | None = None,
        curvature: Definition | None = None,
        **facts: Unpack[Facts],
    ) -> None:
        super().__init__(definition, ComposedFormulas(definition, self.taken_names(), facts))
        self._given_derivatives = {1: gradient, 2: curvature}

    def read_inputs(self, backend: ArrayBackend, inputs: Sequence[Any], options: Options) -> Call:
        arrays = read_alike(self, backend, inputs)
        axis = normalize_axis(self.__name__, -1 if options.axis is None else options.axis, next(iter(arrays.values())).ndim)
        return new_call(self, backend, arrays, options, (axis,), axis=axis)

    def load_inputs(self, call: Call) -> None:
        backend, axis = call.backend, call.extra.axis
        call.axes = (call.prediction.ndim - 1,)
        for role, x in call.inputs.items():
            given = backend.move_axis(x, axis, -1)
            self.check_whole_numbers(call, role, given, call.axes)
            call.inputs[role] = values = backend.cast(given, call.dtype)
            add_interval_problem(call, role, values, self.properties.domains[role], "check its scale")

    def _losses(self, call: Call, inputs: Mapping[str, Any]) -> Any:
        losses = self.definition(*inputs.values(), **call.parameters)
        if not hasattr(losses, "shape"):
            raise TypeError(f"{self.__name__}: the definition returns an array of losses; got {type(losses).__name__}")
        if tuple(losses.shape) != call.sample_shape:
            raise ValueError(
                f"{self.__name__}: the definition of a composed loss returns one loss a sample, so its shape is "
                f"{call.sample_shape}; got {tuple(losses.shape)}; reduce over the last axis only"
            )
        if call.weight is None:
            return losses
        formula = xmuly(symbol("weight"), symbol("loss"))
        return call.backend.evaluate(formula, {"weight": call.weight, "loss": losses}, losses)

    def weighted_losses(self, call: Call) -> Any:
        return self._losses(call, call.inputs)

    def slopes(self, call: Call, order: int) -> tuple[Any, ...]:
        given = self._given_derivatives[order]
        if given is not None:
            slopes = self._checked_slopes(given(*call.inputs.values(), **call.parameters))
            return tuple(slopes if call.weight is None else [x * call.weight[..., None] for x in slopes])
        if order == 1 and call.backend.differentiable:
            return tuple(
                call.backend.gradient(
                    lambda x, name=name: self._losses(call, {**call.inputs, name: x}).sum(), call.inputs[name]
                )
                for name in call.predictions
            )
        what = {1: "gradient", 2: "curvature"}[order]
        raise TypeError(
            f"{self.__name__}: the {what} of a composed loss is not derived"
            + (" for NumPy arrays" if order == 1 else "")
            + f"; give it as a function of the same arguments: @composed({what}=…)"
        )

    def _checked_slopes(self, slopes: Any) -> Sequence[Any]:
        """Return the slopes that a function given by hand found, one array for each prediction."""
        if len(self.predictions) == 1:
            return (slopes,)
        if not isinstance(slopes, (tuple, list)) or len(slopes) != len(self.predictions):
            got = f"{len(slopes)} of them" if isinstance(slopes, (tuple, list)) else type(slopes).__name__
            raise TypeError(
                f"{self.__name__}: a derivative given by hand is a tuple of arrays, one for each of "
                f"{', '.join(self.predictions)}; got {got}"
            )
        return slopes

    def to_input_layout(self, call: Call, slopes: Any) -> Any:
        return call.backend.move_axis(slopes, -1, call.extra.axis)

    def fill_excluded(self, call: Call, unused: Any) -> None:
        where, spread = call.backend.xp.where, unused[..., None]
        for name, interval in self.properties.domains.items():
            call.inputs[name] = where(spread, interval.inner_point, call.inputs[name])
        super().fill_excluded(call, unused)
