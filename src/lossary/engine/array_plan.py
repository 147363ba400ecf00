"""Calls computed by one function of NumPy arrays: of few elements, and of many where no kernel can be had."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from lossary import log
from lossary.arrays.protocol import KernelArrays
from lossary.kernels import threads

ArrayFunction = Callable[[np.ndarray, np.ndarray], tuple[Any, Any] | None]
"""From prediction and target to losses and slopes; None where only the plain computation serves."""
_BLOCK = 1 << 18
"""Bytes of a prediction that are computed at a time, so that the arrays on the way stay in caches (measured)."""


def samples_at_a_time(samples: int, columns: int, itemsize: int) -> int:
    """Return how many of the samples, of so many numbers each, are computed at a time: in blocks of one size."""
    blocks = max(1, min(samples, math.ceil(samples * columns * itemsize / _BLOCK)))
    return math.ceil(samples / blocks)


@dataclass(frozen=True)
class ArrayPlan:
    """A function of NumPy arrays."""

    path: ClassVar[str] = "one function of NumPy arrays"
    function: ArrayFunction
    with_loss: bool
    with_slopes: bool
    divisor: float | None
    """The divisor of the sum of losses and of the slopes, or None if each loss is asked for."""
    dtype: Any
    shape: tuple[int, ...]
    """The number of samples, and of the classes of each, if there are any."""
    block: int
    """Samples that are computed at a time."""

    def run(self, backend: KernelArrays, arrays: Sequence[Any], out: Any = None, factor: float = 1.0) -> tuple[Any, Any] | None:
        """Return losses and slopes of arrays of the dtype that is computed in, or None if the function does not serve them."""
        prediction, target = map(backend.to_numpy, arrays)
        with np.errstate(all="ignore"):
            found = self._at_once if self.shape[0] <= self.block else self._in_blocks
            answer = found(backend, prediction, target, factor)
        if answer is None:
            log.because("a value is invalid or infinite, which the function of NumPy arrays leaves out")
        return answer

    def _at_once(self, backend: KernelArrays, x: np.ndarray, y: np.ndarray, factor: float) -> tuple[Any, Any] | None:
        computed = self.function(x, y)
        if computed is None:
            return None
        losses, slopes = computed
        if self.with_slopes:
            slopes = as_array(x, slopes)
            if self.divisor is not None:
                slopes = slopes * (factor / self.divisor)
            elif slopes is x or slopes is y:  # a formula may be one of its symbols
                slopes = slopes.copy()
            slopes = backend.from_numpy(slopes)
        if self.with_loss:
            losses = as_array(y, losses, x.dtype)
            if self.divisor is None:
                losses = backend.from_numpy(losses + 0.0)  # + 0.0: no loss of -0.0
            else:
                losses = self._cost(backend, float(np.add.reduce(losses, None, np.float64)))
        return losses if self.with_loss else None, slopes if self.with_slopes else None

    def _in_blocks(self, backend: KernelArrays, x: np.ndarray, y: np.ndarray, factor: float) -> tuple[Any, Any] | None:
        samples, block, each = self.shape[0], self.block, self.divisor is None
        slopes = backend.new(x.shape, self.dtype) if self.with_slopes else None
        losses = backend.new(y.shape, self.dtype) if self.with_loss and each else None
        rows, targets = x.reshape(self.shape), y.reshape(samples)
        into = None if slopes is None else backend.to_numpy(slopes).reshape(self.shape)
        losses_into = None if losses is None else backend.to_numpy(losses).reshape(samples)
        share = 1.0 if self.divisor is None else factor / self.divisor
        starts = deque(range(0, samples, block))
        sums, lost = dict.fromkeys(starts, 0.0), list[int]()

        def work() -> None:
            with np.errstate(all="ignore"):  # each thread has its own
                while starts and not lost:
                    try:
                        start = starts.popleft()
                    except IndexError:  # another thread was faster
                        return
                    part = slice(start, start + block)
                    computed = self.function(rows[part], targets[part])
                    if computed is None:
                        lost.append(start)
                        return
                    if into is not None:
                        np.multiply(as_array(rows[part], computed[1]), share, out=into[part])
                    if losses_into is not None:
                        np.add(computed[0], 0.0, out=losses_into[part])  # + 0.0: no loss of -0.0
                    elif self.with_loss:
                        sums[start] = float(np.add.reduce(as_array(targets[part], computed[0], x.dtype), None, np.float64))

        threads.run(work, min(backend.threads(), len(starts)))
        if lost:
            return None
        if self.with_loss and not each:
            losses = self._cost(backend, math.fsum(sums.values()))
        return losses, slopes

    def _cost(self, backend: KernelArrays, total: float) -> Any:
        assert self.divisor is not None
        return backend.number(total / self.divisor + 0.0, self.dtype)


def as_array(x: np.ndarray, result: Any, dtype: Any = None) -> np.ndarray:
    """Return what a formula made of an array as an array like it: some do not depend on it, or are whole numbers."""
    if isinstance(result, np.ndarray) and result.dtype == (dtype or x.dtype):
        return result
    return np.full(x.shape, result, dtype or x.dtype)
