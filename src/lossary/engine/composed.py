"""Losses of array code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Unpack

from lossary.arrays.protocol import ArrayBackend
from lossary.engine import class_labels
from lossary.engine.call import Call, Options
from lossary.engine.composed_inputs import Reading, add_domain_problem, load_array
from lossary.engine.distributions import add_sum_problems
from lossary.engine.inputs import Definition, add_broken_requirements, new_call, read_arrays, remedy_for
from lossary.engine.loss import Loss
from lossary.formula.calls import xmuly
from lossary.formula.expression import symbol
from lossary.formula.formulas import ComposedFormulas
from lossary.formula.links import ArrayLink
from lossary.formula.properties import Facts


class Composed(Loss):
    """Any array code from the components of a sample, along the last axes, to its loss."""

    kind = "composed"
    formulas: ComposedFormulas

    def __init__(
        self,
        definition: Definition,
        *,
        signature: str | None = None,
        observed: Sequence[str] = (),
        labels: bool = False,
        neutral: Sequence[str] = (),
        arrays: Mapping[str, str] | None = None,
        given: Mapping[str, ArrayLink] | None = None,
        gradient: Definition | None = None,
        curvature: Definition | None = None,
        **facts: Unpack[Facts],
    ) -> None:
        formulas = ComposedFormulas(
            definition,
            self.taken_names(),
            facts,
            signature=signature,
            observed=observed,
            neutral=neutral,
            arrays=arrays,
            links=given,
        )
        if labels:
            self.takes_labels, self.label_rows = True, True
            self.extra_options = {**class_labels.OPTIONS, **self.extra_options}
        super().__init__(definition, formulas)
        self._counts = {name: len(axes) for name, axes in {**formulas.axes, **formulas.arrays}.items()}
        self._given_derivatives = {1: gradient, 2: curvature}

    def read_inputs(self, backend: ArrayBackend, inputs: Sequence[Any], options: Options) -> Call:
        labels = None
        if self.takes_labels:
            inputs, labels = class_labels.as_rows(self.__name__, backend, inputs, options.axis)
        arrays = read_arrays(self, backend, inputs)
        reading = Reading(self.__name__, self.formulas.axes, arrays, options.axis)
        first = self.predictions[0]
        call = new_call(self, backend, arrays, options, reading.places(first, arrays[first].ndim), axis=reading.axis)
        call.labels = labels
        names = self.formulas.arrays
        call.parameters = {name: value for name, value in call.parameters.items() if name not in names}
        call.arrays_by_name = {
            name: reading.named_array(call, name, axes, options.parameters[name]) for name, axes in names.items()
        }
        return call

    def load_inputs(self, call: Call) -> None:
        first = len(call.sample_shape)
        call.input_axes = {name: tuple(range(first, first + count)) for name, count in self._counts.items()}
        call.axes = call.axes_of(call.predictions[0])
        dtypes = {role: x.dtype for role, x in call.inputs.items()}
        for role, x in call.inputs.items():
            if call.extra.axis != -1 and self._counts[role] == 1:
                x = call.backend.move_axis(x, call.extra.axis, -1)
            call.inputs[role] = load_array(self, call, role, x, self.formulas.whole_types.get(role))
            given, interval = call.extra.given, self.formulas.interval(role, call.extra.given)
            remedy = remedy_for(given, interval, self.properties.given) if given and role == self.formulas.linked else ""
            add_domain_problem(call, role, call.inputs[role], interval, remedy)
        class_labels.add_label_problem(call)
        if self.of_distributions:
            add_sum_problems(call, dtypes)
        call.arrays_by_name = dict(call.arrays_by_name)
        for name, x in call.arrays_by_name.items():
            if x is not None:
                call.arrays_by_name[name] = load_array(self, call, name, x, self.formulas.whole_types.get(name))
                add_domain_problem(call, name, call.arrays_by_name[name], self.formulas.intervals[name], known=True)
        values = {**call.parameters, **call.arrays_by_name, **call.inputs}
        add_broken_requirements(call, self.properties.requires, values)

    def _taken(self, call: Call, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the inputs in the form that the definition takes."""
        if call.extra.given is None:
            return inputs
        linked = self.formulas.linked
        return {**inputs, linked: self.formulas.links[call.extra.given].function(inputs[linked])}

    def _losses(self, call: Call, inputs: Mapping[str, Any]) -> Any:
        losses = self.definition(*self._taken(call, inputs).values(), **call.parameters, **call.arrays_by_name)
        if not hasattr(losses, "shape"):
            raise TypeError(f"{self.__name__}: the definition returns an array of losses; got {type(losses).__name__}")
        if tuple(losses.shape) != call.sample_shape:
            raise ValueError(
                f"{self.__name__}: the definition of a composed loss returns one loss a sample, so its shape is "
                f"{call.sample_shape}; got {tuple(losses.shape)}; reduce over the last axis only"
            )
        return self.weigh(call, losses if losses.dtype == call.dtype else call.backend.cast(losses, call.dtype))

    @staticmethod
    def weigh(call: Call, losses: Any) -> Any:
        """Return wℓ of each sample."""
        if call.weight is None:
            return losses
        formula = xmuly(symbol("weight"), symbol("loss"))
        return call.backend.evaluate(formula, {"weight": call.weight, "loss": losses}, losses)

    def weighted_losses(self, call: Call) -> Any:
        return self._losses(call, call.inputs)

    def slopes(self, call: Call, order: int) -> tuple[Any, ...]:
        given = None if order == 2 and call.extra.given else self._given_derivatives[order]
        differentiable = order == 1 and call.backend.differentiable
        if given is not None and not differentiable:  # it may be written for NumPy alone
            taken = self._taken(call, call.inputs)
            found = given(*taken.values(), **call.parameters, **call.arrays_by_name)
            slopes = self._checked_slopes(call, found)
            if call.extra.given is not None:
                link, of = self.formulas.links[call.extra.given], self.formulas.linked
                slopes = [
                    link.slopes(taken[of], x) if name == of else x for name, x in zip(self.predictions, slopes, strict=True)
                ]
            if call.weight is None:
                return tuple(slopes)
            weights = [call.broadcast_over_components(call.weight, name) for name in call.predictions]
            return tuple([x * weight for x, weight in zip(slopes, weights, strict=True)])
        if differentiable:
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

    def _checked_slopes(self, call: Call, slopes: Any) -> Sequence[Any]:
        """Return the slopes that a function given by hand found, one array for each prediction."""
        if len(self.predictions) == 1:
            slopes = (slopes,)
        if not isinstance(slopes, (tuple, list)) or len(slopes) != len(self.predictions):
            got = f"{len(slopes)} of them" if isinstance(slopes, (tuple, list)) else type(slopes).__name__
            raise TypeError(
                f"{self.__name__}: a derivative given by hand is a tuple of arrays, one for each of "
                f"{', '.join(self.predictions)}; got {got}"
            )
        for name, slope in zip(self.predictions, slopes, strict=True):
            shape, found = tuple(call.inputs[name].shape), tuple(getattr(slope, "shape", ()))
            if found != shape:
                raise ValueError(
                    f"{self.__name__}: a derivative given by hand has the shape of {name}, with the axes of samples first: "
                    f"{shape}; got {found}; broadcast it, or sum over the axes that {name} does not have"
                )
        return slopes

    def to_input_layout(self, call: Call, slopes: Any) -> Any:
        moved = call.extra.axis != -1 and slopes.ndim == len(call.sample_shape) + 1
        return call.backend.move_axis(slopes, -1, call.extra.axis) if moved else slopes

    def fill_excluded(self, call: Call, unused: Any) -> None:
        backend, where = call.backend, call.backend.xp.where
        for name, x in call.inputs.items():
            interval, excluded = self.formulas.interval(name, call.extra.given), call.broadcast_over_components(unused, name)
            if name in self.formulas.whole_types:  # such as labels and their number, which still have to go together
                excluded = excluded & interval.outside(x)
            call.inputs[name] = where(excluded, backend.full((), interval.inner_point, x), x)
        for name, x in call.arrays_by_name.items():
            if x is not None:
                interval = self.formulas.intervals[name]
                excluded = call.broadcast_over_components(unused, name) & (interval.outside(x) | (x != x))
                call.arrays_by_name[name] = where(excluded, backend.full((), interval.inner_point, x), x)
        super().fill_excluded(call, unused)
