"""Calls computed by one function of NumPy arrays: of few elements, and of many where no kernel can be had."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Sequence
from contextvars import Context
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, NamedTuple, Protocol

import numpy as np

from lossary import log
from lossary.arrays.protocol import KernelArrays
from lossary.kernels import threads

_CACHED = 3 << 20
"""Bytes of all arrays that are used at a time, so that they stay in a core's cache (measured)."""
_SMALL = 1 << 16
"""Bytes up to which NumPy allocates an array faster than it sums or slices one of other memory (measured)."""
_scratch: deque[np.ndarray] = deque(maxlen=8)
"""Memory for the arrays on the way, which the system would clear anew for every call; appending and popping are atomic."""
_quiet: deque[Context] = deque(maxlen=8)
"""Contexts in which NumPy does not warn, each for one thread at a time."""


class Weights(NamedTuple):
    """What samples weigh: one value a sample, one a class, or None."""

    weight: np.ndarray | None = None
    mask: np.ndarray | None = None
    class_weight: np.ndarray | None = None


ALIKE = Weights()
"""All samples weigh 1."""


class ArrayFunction(Protocol):
    """Losses and slopes of samples."""

    buffers: int
    """How many arrays like the prediction it needs on the way."""
    needs_finite: bool
    """Whether the results hold only if all losses are finite."""

    def read(self, target: np.ndarray, weights: Weights) -> tuple[np.ndarray, Weights, np.ndarray | None] | None:
        """Return target and weights for ``compute``, and the weights that a mean divides by, or None if each weighs 1.

        Return None where only array operations serve.
        """

    def compute(
        self,
        prediction: np.ndarray,
        target: np.ndarray,
        weights: Weights,
        share: float,
        buffers: Sequence[Any],
        losses: np.ndarray | None,
        slopes: np.ndarray | None,
    ) -> tuple[Any, Any] | None:
        """Return the losses, and the slopes times ``share``, in the given arrays or new ones.

        Return None where only array operations serve.
        """


def samples_at_a_time(samples: int, size: int) -> int:
    """Return how many of the samples, for which arrays of so many bytes each are used, are computed at a time."""
    blocks = max(1, min(samples, math.ceil(samples * size / _CACHED)))
    return math.ceil(samples / blocks)


@dataclass(frozen=True)
class ArrayPlan:
    """A function of NumPy arrays."""

    path: ClassVar[str] = "one function of NumPy arrays"
    function: ArrayFunction
    with_loss: bool
    with_slopes: bool
    reduced: bool
    divisor: float | None
    """The divisor of the sum of losses and of the slopes, or None if weights and masks decide."""
    present: tuple[bool, bool, bool] | None
    """Whether there are weights, a mask, and weights of classes; None if every sample counts alike."""
    weighted: bool
    """Whether the divisor is a sum of weights."""
    dtype: Any
    """The dtype of the computation."""
    stored: Any
    """The dtype of each loss."""
    cast: bool
    """Whether arrays have to be converted to the dtype of the computation."""
    labels: bool
    """Whether the target is made of labels, which are not converted."""
    shape: tuple[int, ...]
    """The number of samples, and of the classes of each, if there are any."""
    block: int
    """Samples that are computed at a time."""

    def run(self, backend: KernelArrays, arrays: Sequence[Any], out: Any = None, factor: float = 1.0) -> tuple[Any, Any] | None:
        """Return losses and slopes of arrays of the dtype that is computed in, or None if the function does not serve them."""
        answer = _quietly(self._run, backend, arrays, factor)
        if answer is None:
            log.because("a value is invalid or infinite, which the function of NumPy arrays leaves out")
        return answer

    def _run(self, backend: KernelArrays, arrays: Sequence[Any], factor: float) -> tuple[Any, Any] | None:
        x, y, *more = arrays
        if self.cast:
            prediction = backend.to_numpy(backend.cast(x, self.dtype))
            target = backend.to_numpy(y if self.labels else backend.cast(y, self.dtype))
        else:
            prediction, target = backend.to_numpy(x), backend.to_numpy(y)
        weights, divisor = ALIKE, self.divisor
        if self.present is not None:
            read = self.function.read(target, self._weights(backend, more))
            if read is None:
                return None
            target, weights, summed = read
            if divisor is None:
                divisor = self._divisor(weights.mask, summed)
        if divisor is None or not 2.0**-60 < divisor < 2.0**60:  # there is nothing to divide by, or weights are scaled first
            return None
        found = self._at_once if self.shape[0] <= self.block else self._in_blocks
        answer = found(backend, prediction, target, weights, factor / divisor)
        if answer is None:
            return None
        losses, slopes = answer
        if self.with_loss and self.reduced:
            losses = backend.number(losses / divisor + 0.0, self.dtype)  # + 0.0: no loss of -0.0
        elif self.with_loss and self.cast:
            losses = backend.cast(losses, self.stored)
        return losses, backend.cast(slopes, x.dtype) if self.with_slopes and self.cast else slopes

    def _weights(self, backend: KernelArrays, more: list[Any]) -> Weights:
        assert self.present is not None
        weight, mask, class_weight = (more.pop(0) if there else None for there in self.present)
        return Weights(
            None if weight is None else backend.to_numpy(backend.cast(weight, self.dtype)),
            None if mask is None else backend.to_numpy(mask),
            None if class_weight is None else backend.to_numpy(backend.cast(class_weight, self.dtype)),
        )

    def _divisor(self, mask: np.ndarray | None, weights: np.ndarray | None) -> float:
        if weights is None or not self.weighted:
            return float(math.prod(self.shape[:1]) if mask is None else np.count_nonzero(mask))
        return _sum(weights)

    def _at_once(
        self, backend: KernelArrays, prediction: np.ndarray, target: np.ndarray, weights: Weights, share: float
    ) -> tuple[Any, Any] | None:
        if prediction.nbytes <= _SMALL:
            found = self._compute(prediction, target, weights, share, (None,) * self.function.buffers, None, None)
        else:
            with Buffers(self.function.buffers, prediction.shape, prediction.dtype) as buffers:
                found = self._compute(prediction, target, weights, share, buffers, None, None)
        if found is None:
            return None
        losses, slopes = found
        if self.with_loss and not self.reduced:
            losses = backend.from_numpy(losses)
        return losses, backend.from_numpy(slopes) if self.with_slopes else None

    def _in_blocks(
        self, backend: KernelArrays, prediction: np.ndarray, target: np.ndarray, weights: Weights, share: float
    ) -> tuple[Any, Any] | None:
        count, block = self.shape[0], self.block
        slopes = backend.new(prediction.shape, self.dtype) if self.with_slopes else None
        losses = backend.new(target.shape, self.dtype) if self.with_loss and not self.reduced else None
        rows, targets = prediction.reshape(self.shape), target.reshape(count)
        weight, mask = (None if x is None else x.reshape(count) for x in weights[:2])
        into = None if slopes is None else backend.to_numpy(slopes).reshape(self.shape)
        losses_into = None if losses is None else backend.to_numpy(losses).reshape(count)
        starts = deque(range(0, count, block))
        sums, lost = dict.fromkeys(starts, 0.0), list[int]()

        def work() -> None:
            with Buffers(self.function.buffers, rows[:block].shape, rows.dtype) as buffers:
                while starts and not lost:
                    try:
                        start = starts.popleft()
                    except IndexError:  # another thread was faster
                        return
                    part = slice(start, start + block)
                    found = self._compute(
                        rows[part],
                        targets[part],
                        weights if weights is ALIKE else Weights(_part(weight, part), _part(mask, part), weights.class_weight),
                        share,
                        buffers if start + block <= count else [x[: count - start] for x in buffers],
                        _part(losses_into, part),
                        _part(into, part),
                    )
                    if found is None:
                        lost.append(start)
                    elif self.reduced:
                        sums[start] = found[0]

        # a thread is worth its waking, and its waiting for Python's lock, from four blocks on (measured)
        threads.run(partial(_quietly, work), min(backend.threads(), math.ceil(len(starts) / 4)))
        if lost:
            return None
        return math.fsum(sums.values()) if self.with_loss and self.reduced else losses, slopes

    def _compute(
        self,
        prediction: np.ndarray,
        target: np.ndarray,
        weights: Weights,
        share: float,
        buffers: Sequence[Any],
        losses: np.ndarray | None,
        slopes: np.ndarray | None,
    ) -> tuple[Any, Any] | None:
        """Return the sum of the losses, or the losses, and the slopes."""
        computed = self.function.compute(prediction, target, weights, share, buffers, losses, slopes)
        if computed is None:
            return None
        found, slopes = computed
        summed = _sum(found) if self.with_loss and self.reduced else None
        if found is not None and self.function.needs_finite:
            size = np.vdot(found, found) if summed is None else summed
            if not math.isfinite(size):
                return None
        if self.with_loss and not self.reduced:
            return np.add(found, 0.0, losses, dtype=prediction.dtype, casting="same_kind"), slopes  # + 0.0: no loss of -0.0
        return summed, slopes


def _sum(x: np.ndarray) -> float:
    """Return a sum in float64; ``einsum`` takes longer to begin, and less for each number."""
    if x.nbytes <= _SMALL:
        return float(np.add.reduce(x, None, np.float64))
    return float(np.einsum("i->", x.reshape(-1), dtype=np.float64))


def _quietly(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function without NumPy's warnings: as ``numpy.errstate`` does, in a third of its time."""
    try:
        context = _quiet.pop()
    except IndexError:
        context = Context()
        context.run(np.seterr, all="ignore")
    try:
        return context.run(function, *arguments)
    finally:
        _quiet.append(context)


class Buffers:
    """A context with arrays of one shape, in memory that is used again."""

    def __init__(self, count: int, shape: tuple[int, ...], dtype: np.dtype) -> None:
        self._shape, self._dtype = (count, *shape), dtype
        self._size = math.prod(self._shape) * dtype.itemsize

    def __enter__(self) -> list[np.ndarray]:
        try:
            memory = _scratch.pop()
        except IndexError:
            memory = np.empty(0, np.uint8)
        self._memory = memory if memory.size >= self._size else np.empty(self._size, np.uint8)
        return [*self._memory[: self._size].view(self._dtype).reshape(self._shape)]

    def __exit__(self, *raised: object) -> None:
        if self._size <= 2 * _CACHED:  # a row of very many classes takes more, which would stay for good
            _scratch.append(self._memory)


def _part(x: np.ndarray | None, part: slice) -> np.ndarray | None:
    return None if x is None else x[part]


def as_array(x: np.ndarray, result: Any) -> np.ndarray:
    """Return what a formula made of an array as an array like it: some do not depend on it, or are whole numbers."""
    if isinstance(result, np.ndarray) and result.dtype == x.dtype and result.ndim:
        return result
    return np.full(x.shape, result, x.dtype)
