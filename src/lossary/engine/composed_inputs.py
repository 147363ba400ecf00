"""Reading of the arrays of array code: by the signature of a loss, and of whole numbers and booleans."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lossary.arrays.checks import InvalidValues, as_listed, normalize_axis
from lossary.engine.calculation import Calculation
from lossary.engine.call import Call
from lossary.engine.class_labels import check_labels
from lossary.engine.inputs import add_interval_problem, refuse_other_shapes
from lossary.formula.domains import Interval
from lossary.formula.signature import Axes, written
from lossary.printable import as_typed


class Reading:
    """The shapes of one call's inputs by the signature of a loss, checked."""

    def __init__(self, name: str, axes: Mapping[str, Axes], arrays: Mapping[str, Any], axis: Any) -> None:
        self._name, self._axes = name, axes
        if len(set(axes.values())) == 1:
            refuse_other_shapes(name, arrays)
            arrays = dict([next(iter(arrays.items()))])  # all others are alike
        for role, x in arrays.items():
            if x.ndim < len(axes[role]):
                raise ValueError(
                    f"{name}: {role} has the shape {written(axes[role])}, where … are the axes of samples, if there are any; "
                    f"got shape {tuple(x.shape)}; add an axis, or stack samples"
                )
        self.axis = self._read_axis(axis, arrays)
        """The axis that makes up a sample where an input has one such axis."""
        self._lengths: dict[str, tuple[int, str]] = {}
        """The length of each named axis, and the input that it was first seen in."""
        first = next(iter(arrays))
        self._samples = self._sample_shape(first, arrays[first])
        for role, x in arrays.items():
            if self._sample_shape(role, x) != self._samples:
                raise ValueError(
                    f"{name}: {first}{written(axes[first])} and {role}{written(axes[role])} share the axes … of samples; "
                    f"got shapes {tuple(arrays[first].shape)} and {tuple(x.shape)}; nothing is broadcast silently, so "
                    "reshape one of them"
                )
            for of_axis, place in zip(axes[role], self.places(role, x.ndim), strict=True):
                self._check_length(role, of_axis, x.shape[place])

    def _read_axis(self, axis: Any, arrays: Mapping[str, Any]) -> int:
        if axis is None:
            return -1
        moved = [role for role, axes in self._axes.items() if len(axes) == 1]
        if not moved or any(len(axes) > 1 for axes in self._axes.values()):
            shapes = ", ".join(f"{role}{written(axes)}" for role, axes in self._axes.items())
            raise TypeError(
                f"{self._name}: axis= says where the one axis of a sample lies; the inputs are {shapes}, with the axes of a "
                f"sample last; got axis={as_typed(axis)}; move the axes there, and leave axis= out"
            )
        return normalize_axis(self._name, axis, arrays[moved[0]].ndim)

    def places(self, role: str, ndim: int) -> tuple[int, ...]:
        """Return the axes of an input as passed that make up one sample."""
        count = len(self._axes[role])
        return (self.axis % ndim,) if count == 1 else tuple(range(ndim - count, ndim))

    def _sample_shape(self, role: str, x: Any) -> tuple[int, ...]:
        places = self.places(role, x.ndim)
        return tuple([length for place, length in enumerate(x.shape) if place not in places])

    def _check_length(self, role: str, axis: str, length: int) -> None:
        known, source = self._lengths.setdefault(axis, (length, role))
        if length != known:
            raise ValueError(
                f"{self._name}: the axis {axis} has one length in {source} and {role}; got {known} and {length}; "
                "nothing is broadcast silently, so cut or pad one of them"
            )

    def named_array(self, call: Call, role: str, axes: Axes, value: Any) -> Any:
        """Return a parameter that is an array, of each sample or of all, as an array with the axes of samples; None as None."""
        if value is None:
            return None
        single = isinstance(value, (bool, int, float))
        x = call.backend.array(as_listed([value] if single else value, call.prediction), f"{self._name}: {role}")
        x = x.reshape(()) if single else x
        count = x.ndim - len(axes)
        if count < 0 or tuple(x.shape[:count]) not in ((), self._samples):
            samples = f", with the axes of samples {self._samples} before it or none"
            raise ValueError(
                f"{self._name}: {role} has the shape ({', '.join(axes)}){samples}; got {tuple(x.shape)}; "
                "nothing is broadcast silently, so reshape or broadcast it first"
            )
        for axis, length in zip(axes, x.shape[count:], strict=True):
            self._check_length(role, axis, length)
        return call.backend.xp.broadcast_to(x, (*self._samples, *x.shape[count:]))


def load_array(calculation: Calculation, call: Call, role: str, x: Any, whole: type | None) -> Any:
    """Return an array in the dtype of the computation, or as whole numbers or booleans, and list values that are none."""
    backend, axes = call.backend, call.axes_of(role)
    if whole is None:
        calculation.check_whole_numbers(call, role, x, axes)
        return backend.cast(x, call.dtype)
    if whole is bool:
        if backend.kind(x) == "bool":
            return x
        problem = (x != 0) & (x != 1), f"{role} is true or false, or 1 or 0", "compare it, as in x > 0"
        found = x == 1
    else:
        check_labels(calculation.__name__, backend, x, "round them first if they were measured", role)
        found = backend.class_index(x)
        if backend.signed(x):
            return found
        problem = found < 0, f"whole numbers of {role} lie below the largest {found.dtype}", "map them to smaller ones"
    mask, invariant, remedy = problem
    call.problems.append(InvalidValues(f"{role} whole", mask, x, axes, invariant, remedy))
    return found


def add_domain_problem(
    call: Call, role: str, values: Any, interval: Interval, remedy: str = "", *, known: bool = False
) -> None:
    """List which values lie outside an interval; NaN does too where values must be ``known``."""
    add_interval_problem(call, role, values, interval, remedy or "check its scale")
    if known:
        call.problems.append(
            InvalidValues(f"{role} range", values != values, values, call.axes_of(role), f"{role} is no NaN", "correct it")
        )
