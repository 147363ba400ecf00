"""Reading of input that the kinds of loss share: arrays, axes, domains."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import cache
from typing import Any

from lossary.arrays.checks import InvalidValues
from lossary.arrays.protocol import ArrayBackend
from lossary.engine.calculation import Calculation
from lossary.engine.call import Call, Options
from lossary.formula.domains import Interval
from lossary.formula.expression import Expression

Definition = Callable[..., Any]
LOGITS_HINT = 'these look like raw scores: pass given="logits", or apply softmax or a sigmoid first'


_LARGEST = 1000
"""Distinct parts of a loss and its derivative: to compile a kernel of more takes from half a minute to hours."""


@cache
def compilable(*formulas: Expression) -> bool:
    """Return whether a kernel of these formulas compiles in reasonable time; otherwise array operations compute them."""
    return len({part for formula in formulas for part in formula.walk()}) <= _LARGEST


def read_pair(calculation: Calculation, backend: ArrayBackend, prediction: Any, target: Any) -> tuple[Any, Any]:
    """Return prediction and target as arrays of one shape."""
    prediction, target = read_arrays(calculation, backend, prediction, target)
    if prediction.shape != target.shape:
        raise ValueError(
            f"{calculation.__name__}: prediction and target have the same shape; got {tuple(prediction.shape)} and "
            f"{tuple(target.shape)}; nothing is broadcast silently, so reshape one of them (often with squeeze() or [:, None])"
        )
    return prediction, target


def read_arrays(calculation: Calculation, backend: ArrayBackend, prediction: Any, target: Any) -> tuple[Any, Any]:
    """Return prediction and target as arrays of numbers."""
    prediction = backend.array(prediction, f"{calculation.__name__}: prediction")
    target = backend.array(target, f"{calculation.__name__}: target")
    if backend.kind(prediction) == "bool":
        raise TypeError(f"{calculation.__name__}: prediction is made of numbers; got bool; pass scores or probabilities")
    return prediction, target


def new_call(
    backend: ArrayBackend, prediction: Any, target: Any, options: Options, axes: tuple[int, ...], **found: Any
) -> Call:
    """Return a call on arrays as passed; ``axes`` make up a sample, and what the kind found out joins its options."""
    dtype = backend.compute_dtype(prediction, target)
    shape = tuple(prediction.shape)
    return Call(
        backend=backend,
        prediction=prediction,
        target=target,
        dtype=dtype,
        input_dtype=prediction.dtype if backend.kind(prediction) == "float" else dtype,
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
        call.problems.append(InvalidValues(f"{role} range", interval.outside(values), values, call.axes, invariant, remedy))


def remedy_for(given: str | None, interval: Interval) -> str:
    """Return the remedy for a prediction outside its interval."""
    return LOGITS_HINT if given else f"map it into {interval} first"
