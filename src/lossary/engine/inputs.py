"""Reading of input that the kinds of loss share: arrays, axes, domains."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from lossary.arrays.checks import InvalidValues
from lossary.arrays.protocol import ArrayBackend
from lossary.engine.calculation import Calculation
from lossary.engine.call import Call, Options
from lossary.formula.domains import Interval
from lossary.formula.expression import Expression
from lossary.formula.properties import Requirement

Definition = Callable[..., Any]
LOGITS_HINT = 'these look like raw scores: pass given="logits", or apply softmax or a sigmoid first'


_LARGEST = 1000
"""Distinct parts of a loss and its derivative: to compile a kernel of more takes from half a minute to hours."""


@cache
def compilable(*formulas: Expression) -> bool:
    """Return whether a kernel of these formulas compiles in reasonable time; otherwise array operations compute them."""
    return len({part for formula in formulas for part in formula.walk()}) <= _LARGEST


def read_alike(calculation: Calculation, backend: ArrayBackend, inputs: Sequence[Any]) -> dict[str, Any]:
    """Return the inputs as arrays of one shape, by their names."""
    arrays = read_arrays(calculation, backend, inputs)
    refuse_other_shapes(calculation.__name__, arrays)
    return arrays


def refuse_other_shapes(name: str, arrays: Mapping[str, Any]) -> None:
    """Raise unless all arrays have the same shape."""
    first = next(iter(arrays.values()))
    if any(x.shape != first.shape for x in arrays.values()):
        *names, last = arrays
        *shapes, last_shape = (str(tuple(x.shape)) for x in arrays.values())
        raise ValueError(
            f"{name}: {', '.join(names)} and {last} have the same shape; got {', '.join(shapes)} and "
            f"{last_shape}; nothing is broadcast silently, so reshape one of them (often with squeeze() or [:, None])"
        )


def read_arrays(calculation: Calculation, backend: ArrayBackend, inputs: Sequence[Any]) -> dict[str, Any]:
    """Return the inputs as arrays of numbers, by their names."""
    arrays = {}
    for name, x in zip(calculation.inputs, inputs, strict=True):
        arrays[name] = backend.array(x, f"{calculation.__name__}: {name}")
        if name in calculation.predictions and backend.kind(arrays[name]) == "bool":
            remedy = "pass scores or probabilities" if name == "prediction" else "convert it to a floating type"
            raise TypeError(f"{calculation.__name__}: {name} is made of numbers; got bool; {remedy}")
    return arrays


def new_call(
    calculation: Calculation,
    backend: ArrayBackend,
    inputs: dict[str, Any],
    options: Options,
    axes: tuple[int, ...],
    **found: Any,
) -> Call:
    """Return a call on arrays as passed; ``axes`` make up a sample, and what the kind found out joins its options."""
    dtype = backend.compute_dtype(*inputs.values())
    predictions = [inputs[name] for name in calculation.predictions]
    shape = tuple(predictions[0].shape)
    return Call(
        backend=backend,
        inputs=inputs,
        predictions=calculation.predictions,
        dtype=dtype,
        input_dtypes=tuple([x.dtype if backend.kind(x) == "float" else dtype for x in predictions]),
        sample_shape=tuple(n for i, n in enumerate(shape) if i not in axes) if axes else shape,
        axes=axes,
        parameters=options.parameters,
        extra=dataclasses.replace(options.extra, **found),
        reduction=options.reduction,
        check=options.check,
    )


def add_interval_problem(call: Call, role: str, values: Any, interval: Interval, remedy: str) -> None:
    """List which values lie outside an interval."""
    if not interval.everything:
        invariant = f"a {role} lies in {interval}"
        call.problems.append(
            InvalidValues(f"{role} range", interval.outside(values), values, call.axes_of(role), invariant, remedy)
        )


def add_broken_requirements(call: Call, requirements: Sequence[Requirement], values: Mapping[str, Any]) -> None:
    """List where inputs are not related as a loss requires."""
    for requirement in requirements:
        shown, found = values[requirement.of], requirement.at(values)
        if found is None:  # an array that was not passed
            continue
        kind = f"{requirement.of} relation"
        problem = InvalidValues(kind, found, shown, call.axes_of(requirement.of), requirement.invariant, requirement.remedy)
        call.problems.append(problem)


def remedy_for(given: str | None, interval: Interval, forms: Sequence[str] = ("logits",)) -> str:
    """Return the remedy for a prediction outside its interval, which may be passed in several forms."""
    if given and "logits" in forms:
        return LOGITS_HINT
    logarithm = next((form for form in forms if form in ("log", f"log_{given}")), "") if given else ""
    if logarithm and logarithm != given:
        return f'pass given="{logarithm}" if this is the logarithm, or map it into {interval} first, by exp or softplus'
    return f"map it into {interval} first"
