"""Checks of arrays, written once for all libraries: invalid values, axes, sizes, tolerances."""

from __future__ import annotations

import math
import operator
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from lossary.arrays.protocol import ArrayBackend
from lossary.formula.numbers import is_array, is_symbolic
from lossary.printable import as_typed


@dataclass
class InvalidValues:
    """One kind of invalid values, at the places where the mask is true."""

    kind: str
    mask: Any
    values: Any
    axes: tuple[int, ...]
    """The axes of the mask that make up one sample."""
    invariant: str
    remedy: str

    def samples(self) -> Any:
        """Return the mask over samples."""
        return self.mask.any(self.axes) if self.axes else self.mask

    def refuse(self, name: str) -> None:
        """Raise for the first invalid value, if there is one."""
        mask = to_numpy(self.mask)
        if not mask.any():
            return
        place = tuple(int(i) for i in np.unravel_index(int(mask.argmax()), mask.shape))
        value = self.values[place].item()
        position = f" at index {place[0] if len(place) == 1 else place}" if place else ""
        many = f" ({int(mask.sum())} such)" if mask.sum() > 1 else ""
        raise ValueError(f"{name}: {self.invariant}; got {value}{position}{many}; {self.remedy}")


def sum_tolerance(backend: ArrayBackend, dtype: Any) -> float:
    """Return how far from 1 the probabilities of a row may sum: four printed digits, or √eps in half precision."""
    return float(backend.eps(dtype) ** 0.5) if backend.is_half(dtype) else 1e-4


def exact_up_to(backend: ArrayBackend, dtype: Any, stored: Any) -> int | None:
    """Return up to which size a floating dtype holds the integers of a stored dtype exactly, or None if it holds all."""
    digits = 24 if backend.eps(dtype) > 2.0**-30 else 53 if backend.eps(dtype) > 2.0**-60 else 64
    return None if 8 * stored.itemsize <= digits else 2**digits


def whole_number_problem(
    backend: ArrayBackend, dtype: Any, role: str, values: Any, axes: tuple[int, ...]
) -> InvalidValues | None:
    """Return which integers would be rounded, or None if the dtype holds all of them."""
    if backend.kind(values) != "integer" or (limit := exact_up_to(backend, dtype, values.dtype)) is None:
        return None
    index = backend.class_index(values)  # in which unsigned numbers that are too large become negative
    rounded = (index > limit) | (index < (-limit if backend.signed(values) else 0))
    name = "float32" if limit == 2**24 else "float64"
    remedy = "convert to float64 first" if limit == 2**24 else "subtract a common offset first"
    invariant = f"whole numbers in {role} are exact in {name}, up to {limit} in size"
    return InvalidValues(f"{role} size", rounded, values, axes, invariant, f"{remedy}")


def check_size(role: str, value: Any, backend: ArrayBackend, dtype: Any, *, inverted: bool = False) -> None:
    """Raise for a finite number that the dtype rounds to 0 or infinity; ``inverted`` checks its reciprocal too."""
    if is_symbolic(value):
        return
    if is_array(value):
        if not backend.readable(value):
            return
        value = value.item()
    least, most, name = (2.0**-126, 3.4028234663852886e38, "float32")
    if backend.eps(dtype) < 2.0**-30:
        least, most, name = 2.0**-1022, float(np.finfo(np.float64).max), "float64"
    if inverted:
        least, most = max(least, 1 / most), 1 / least
    size = abs(value)
    if size and size != math.inf and not least <= size <= most:
        remedy = "pass another number" + (", or float64 predictions" if name == "float32" else "")
        held = f"{role} lies in {least:.2g} … {most:.2g} or is 0, as {name} is the dtype computed in"
        raise ValueError(f"{held}; got {value}; {remedy}")


def normalize_axis(name: str, axis: Any, ndim: int) -> int:
    """Return an axis counted from the front, or raise."""
    try:
        if isinstance(axis, (bool, np.bool_)):
            raise TypeError
        place = operator.index(axis)
    except TypeError:
        raise TypeError(f"{name}: axis is an integer; got {as_typed(axis)}") from None
    if not -ndim <= place < ndim:
        if ndim == 0:
            raise ValueError(f"{name} runs along an axis; got a single number; pass an array, such as [number]")
        raise ValueError(f"{name}: axis lies in {-ndim} … {ndim - 1} for an array of {ndim} axes; got {place}")
    return place % ndim


def as_listed(value: Any, like: Any) -> Any:
    """Return numbers in a list as a tensor on the device of another, in full precision; anything else as it is."""
    if type(value) not in (list, tuple) or not hasattr(like, "requires_grad") or any(map(is_array, value)):
        return value
    import torch

    numbers = np.asarray(value)
    return torch.as_tensor(numbers, device=like.device) if numbers.dtype.kind in "biuf" else value


def check_class_weight(name: str, value: Any) -> None:
    """Raise for weights of classes in scikit-learn's forms that are not arrays."""
    if isinstance(value, str):
        raise TypeError(
            f"{name}: class_weight has one number a class, in their order; got {as_typed(value)}; what "
            "scikit-learn calls balanced is len(y) / (classes * numpy.bincount(y, minlength=classes))"
        )
    if isinstance(value, Mapping):
        raise TypeError(
            f"{name}: class_weight has one number a class, in their order; got {type(value).__name__}; write "
            "[class_weight[k] for k in range(classes)]"
        )


def as_numpy(x: Any) -> Any:
    """Return an array in this machine's memory as a NumPy array if NumPy has its dtype, else as it is."""
    if hasattr(x, "detach"):
        x = x.detach().cpu()
        return x if str(x.dtype) == "torch.bfloat16" else x.numpy()
    return np.asarray(x) if is_array(x) else x


def to_numpy(x: Any) -> np.ndarray:
    """Return any library's array as a NumPy array."""
    return x.detach().cpu().numpy() if hasattr(x, "detach") else np.asarray(x)
