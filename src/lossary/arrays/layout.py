"""The layout of arrays in memory."""

from __future__ import annotations

import math
from collections.abc import Sequence


def steps_around(shape: Sequence[int], strides: Sequence[int], axis: int) -> tuple[int, int, int] | None:
    """Return the distances between neighbours before an axis, along it and after it; None if those on one side differ.

    Where the axis is the last, all others count as lying after it.
    """
    last = axis == len(shape) - 1
    found = []
    for group in ([], range(axis)) if last else (range(axis), range(axis + 1, len(shape))):
        step, extent = 0, 1
        for i in reversed(group):
            if shape[i] == 1:
                continue
            if extent == 1:
                step = strides[i]
            elif strides[i] != step * extent:
                return None
            extent *= shape[i]
        found.append(step)
    return found[0], strides[axis], found[1]


def contiguous_strides(shape: Sequence[int]) -> list[int]:
    """Return the distances between neighbours along each axis of a contiguous array in C order."""
    return [math.prod(shape[i + 1 :]) for i in range(len(shape))]
