"""Losses that are formulas of their inputs: what pointwise and samplewise losses have in common."""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Iterable, Mapping
from typing import Any

from lossary.arrays.checks import exact_up_to
from lossary.engine.call import Call
from lossary.engine.inputs import add_broken_requirements, add_interval_problem, remedy_for
from lossary.engine.loss import Loss
from lossary.formula.domains import Interval
from lossary.formula.expression import Expression, symbol
from lossary.formula.formulas import SampleFormulas
from lossary.formula.known import Known


class FormulaLoss(Loss):
    """A loss by one formula: how it is evaluated on arrays, and when its inputs are invalid."""

    formulas: SampleFormulas

    def load_arrays(self, call: Call) -> None:
        """Convert the inputs, whose components lie on ``call.axes_of`` each, and list their invalid values."""
        given = call.extra.given
        for role, x in call.inputs.items():
            self.check_whole_numbers(call, role, x, call.axes_of(role))
        for role, x in call.inputs.items():
            call.inputs[role] = values = call.backend.cast(x, call.dtype)
            interval = self.formulas.interval(role, given)
            remedy = "check the target column or its scale, and that the prediction comes first"
            if role == "target" and self.has_binary_target:
                remedy += "; for targets of -1 and 1 pass (target + 1) / 2"
            if role != "target":
                remedy = remedy_for(given if role == self.formulas.linked else None, interval, self.properties.given)
            add_interval_problem(call, role, values, interval, remedy)
        add_broken_requirements(call, self.properties.requires, call.inputs)

    def evaluate(self, call: Call, order: int, of: str | None, *, spread: bool) -> Any:
        """Return the formula or a derivative, with what is of samples broadcast to all components if ``spread``."""
        per_sample = {name: call.inputs[name] for name in self.formulas.of_sample}
        per_sample |= {name: call.parameters[name] for name in call.parameter_arrays}
        if call.weight is not None:
            per_sample["weight"] = call.weight
        values = {**call.inputs, **call.parameters}
        for name, x in per_sample.items():
            wide = call.broadcast_over_components(x)
            values[name] = call.backend.xp.broadcast_to(wide, tuple(call.prediction.shape)) if spread else wide
        formula = self.formulas.weighted(call.extra.given, order, call.weight is not None, of, self.known(call))
        return call.backend.evaluate(formula, values, call.prediction)

    def numbers(self, arrays: Iterable[tuple[str, str]], known: Known) -> tuple[str, ...]:
        """Return the parameters that a kernel takes as numbers."""
        left_out = {name for name, _ in arrays} | {name for name, _ in known.fixed}
        return tuple(name for name in self.formulas.parameters if name not in left_out)

    def rounded(self, call: Call, arrays: Mapping[str, Any]) -> tuple[tuple[str, int], ...]:
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

    def invalid(self, given: str | None, arrays: Iterable[str], rounded: tuple[tuple[str, int], ...] = ()) -> Expression | None:
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
        conditions += [requirement.at({name: symbol(name) for name in self.inputs}) for requirement in self.properties.requires]
        # the limit itself too, which larger numbers are rounded to: the plain computation looks at what was given
        conditions += [abs(symbol(name)) >= float(limit) for name, limit in rounded]
        return functools.reduce(operator.or_, conditions) if conditions else None

    def fill_excluded(self, call: Call, unused: Any) -> None:
        where = call.backend.xp.where
        for name, x in call.inputs.items():
            spread = call.broadcast_over_components(unused, name)
            call.inputs[name] = where(spread, self.formulas.interval(name, call.extra.given).inner_point, x)
        super().fill_excluded(call, unused)
