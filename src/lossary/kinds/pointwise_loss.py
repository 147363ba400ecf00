"""Losses of each element."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lossary.call import Call, normalize_axis
from lossary.derive import derivative, stable, substitute, trace
from lossary.expression import Expression, symbol
from lossary.kinds.common import Definition, Link, add_interval_problem, new_call, read_pair, remedy_for
from lossary.loss import Loss
from lossary.vocabulary import xmuly


class Pointwise(Loss):
    """Element by element: every element is a sample, or a component of one if ``axis`` says so."""

    kind = "pointwise"

    def __init__(
        self,
        definition: Definition,
        *,
        given: Mapping[str, Link] | None = None,
        convex: bool | None = None,
        minimizer: str | None = None,
    ) -> None:
        self._links = given or {}
        super().__init__(definition, ("prediction", "target"), convex=convex, minimizer=minimizer)
        self._formulas: dict[tuple[str | None, int, bool], Expression] = {}

    def _given_choices(self) -> tuple[str, ...]:
        return tuple(self._links)

    def formula(self, given: str | None = None, order: int = 0) -> Expression:
        """The formula of one element."""
        return self._formula(given, order, weighted=False)

    def _formula(self, given: str | None, order: int, *, weighted: bool) -> Expression:
        key = (given, order, weighted)
        if key not in self._formulas:
            formula = trace(self.definition, ("prediction", "target", *self._parameters))
            if given is not None:
                formula = substitute(formula, {"prediction": self._links[given][0](symbol("prediction"))})
            formula = stable(formula)
            if weighted:  # inside the formula, so that an infinite slope of weight 0 counts nothing: 0·inf = 0
                formula = xmuly(symbol("weight"), formula)
            for _ in range(order):
                formula = derivative(formula, "prediction")
            self._formulas[key] = formula
        return self._formulas[key]

    def _read_input(self, backend: Any, prediction: Any, target: Any, axis: Any, own: dict[str, Any]) -> Call:
        prediction, target = read_pair(self, backend, prediction, target)
        axes = self._axes(axis, prediction.ndim)
        dtype = backend.compute_dtype(prediction, target)
        arrays = {"prediction": backend.cast(prediction, dtype), "target": backend.cast(target, dtype)}
        call = new_call(backend, prediction, dtype, axes, own, axes=axes, **arrays)
        given = own.get("given")
        interval = self._links[given][1] if given else self.properties.prediction
        add_interval_problem(call, "prediction", call.prediction, interval, remedy_for(given, interval))
        add_interval_problem(call, "target", call.target, self.properties.target, "check the target column or its scale")
        return call

    def _axes(self, axis: Any, ndim: int) -> tuple[int, ...]:
        if axis is None:
            return ()
        axes = axis if isinstance(axis, tuple) else (axis,)
        return tuple(sorted({normalize_axis(self.__name__, a, ndim) for a in axes}))

    def _evaluate(self, call: Call, order: int) -> Any:
        values = {"prediction": call.prediction, "target": call.target, **call.parameters}
        if call.weight is not None:
            weight = call.spread(call.weight)
            if call.axes:
                weight = call.backend.xp.broadcast_to(weight, tuple(call.prediction.shape))
            values["weight"] = weight
        formula = self._formula(call.own.get("given"), order, weighted=call.weight is not None)
        return call.backend.evaluate(formula, values, call.prediction)

    def _weighted_losses(self, call: Call) -> Any:
        return call.backend.add_up(self._evaluate(call, 0), call.axes)

    def _slopes(self, call: Call, order: int) -> Any:
        return self._evaluate(call, order)

    def _make_harmless(self, call: Call, unused: Any) -> None:
        where, unused = call.backend.xp.where, call.spread(unused)
        given = call.own.get("given")
        interval = self._links[given][1] if given else self.properties.prediction
        call.prediction = where(unused, interval.inner_point, call.prediction)
        call.target = where(unused, self.properties.target.inner_point, call.target)
