"""Losses of array code."""

from __future__ import annotations

from typing import Any

from lossary.arrays.checks import normalize_axis
from lossary.arrays.protocol import ArrayBackend
from lossary.engine.call import Call, Options
from lossary.engine.inputs import Definition, add_interval_problem, new_call, read_pair
from lossary.engine.loss import Loss
from lossary.formula.expression import symbol
from lossary.formula.formulas import ComposedFormulas
from lossary.formula.words import xmuly


class Composed(Loss):
    """Any array code from the components of a sample, along the last axis, to its loss."""

    kind = "composed"

    def __init__(
        self,
        definition: Definition,
        *,
        gradient: Definition | None = None,
        curvature: Definition | None = None,
        convex: bool | None = None,
    ) -> None:
        super().__init__(definition, ComposedFormulas(definition, self.taken_names(), convex=convex))
        self._given_derivatives = {1: gradient, 2: curvature}

    def read_inputs(self, backend: ArrayBackend, prediction: Any, target: Any, options: Options) -> Call:
        prediction, target = read_pair(self, backend, prediction, target)
        axis = normalize_axis(self.__name__, -1 if options.axis is None else options.axis, prediction.ndim)
        return new_call(backend, prediction, target, options, (axis,), axis=axis)

    def load_inputs(self, call: Call) -> None:
        backend, axis = call.backend, call.extra.axis
        call.axes = (call.prediction.ndim - 1,)
        for role in ("prediction", "target"):
            given = backend.move_axis(getattr(call, role), axis, -1)
            self.check_whole_numbers(call, role, given, call.axes)
            values = backend.cast(given, call.dtype)
            setattr(call, role, values)
            add_interval_problem(call, role, values, getattr(self.properties, role), "check its scale")

    def _losses(self, call: Call, prediction: Any) -> Any:
        losses = self.definition(prediction, call.target, **call.parameters)
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
        return self._losses(call, call.prediction)

    def slopes(self, call: Call, order: int) -> Any:
        given = self._given_derivatives[order]
        if given is not None:
            slopes = given(call.prediction, call.target, **call.parameters)
            return slopes if call.weight is None else slopes * call.weight[..., None]
        if order == 1 and call.backend.differentiable:
            return call.backend.gradient(lambda prediction: self._losses(call, prediction).sum(), call.prediction)
        what = {1: "gradient", 2: "curvature"}[order]
        raise TypeError(
            f"{self.__name__}: the {what} of a composed loss is not derived"
            + (" for NumPy arrays" if order == 1 else "")
            + f"; give it as a function of the same arguments: @composed({what}=…)"
        )

    def to_input_layout(self, call: Call, slopes: Any) -> Any:
        return call.backend.move_axis(slopes, -1, call.extra.axis)

    def fill_excluded(self, call: Call, unused: Any) -> None:
        where, unused = call.backend.xp.where, unused[..., None]
        call.prediction = where(unused, self.properties.prediction.inner_point, call.prediction)
        call.target = where(unused, self.properties.target.inner_point, call.target)
