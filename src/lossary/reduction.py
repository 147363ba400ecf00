"""From the losses of samples to a cost, and exact totals of many batches.

Words: a *loss* belongs to one sample, a *cost* to a batch, and the *objective* is what is optimised.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

REDUCTIONS = ("mean", "sum", "batchmean", "none")
EMPTY = ("nan", "zero", "raise")
_SLICE_BITS = 15
_SLICE = 1 << (_SLICE_BITS - 1)
_ROUNDS = 6
"""Each round takes 38 bits; after some, the numbers that are left span too wide a range and go by exponent."""


@dataclass
class Reduction:
    """How weighted losses become a cost: Σwℓ divided by what ``how`` and ``normalizer`` say.

    ``mean`` divides by Σw over unmasked samples, ``batchmean`` by their number, ``sum`` by nothing; ``normalizer`` replaces the
    divisor. Where the divisor is 0 there is nothing to average: ``empty`` says what comes of it.
    """

    how: str
    normalizer: Any
    empty: str

    def divisor(self, backend: Any, shape: tuple[int, ...], weight: Any, mask: Any) -> Any:
        """The divisor in float64, or None where nothing is divided."""
        if self.normalizer is not None:
            return self.normalizer
        if self.how == "sum":
            return None
        if self.how == "batchmean" or weight is None:
            if mask is None:
                return math.prod(shape)
            return backend.total(mask)
        return backend.total(weight if mask is None else backend.xp.where(mask, weight, 0))

    def cost(self, backend: Any, losses: Any, divisor: Any) -> Any:
        """The cost; ``losses`` are weighted, and 0 where masked."""
        total = backend.total(losses)
        if divisor is None:
            return total
        if not hasattr(divisor, "ndim"):  # a plain number
            if divisor:
                return backend.divide(total, divisor)
            self._refuse_empty()
            return total * math.nan if self.empty == "nan" else total * 0
        nothing = divisor == 0
        if self.empty == "raise" and backend.readable(nothing) and bool(nothing):
            self._refuse_empty()
        # the quotient is taken of a divisor that is never 0, so that its gradient is 0 there and not NaN
        mean = backend.divide(total, backend.xp.where(nothing, 1, divisor))
        return backend.xp.where(nothing, math.nan if self.empty == "nan" else 0.0, mean)

    def share(self, backend: Any, divisor: Any) -> Any:
        """∂cost/∂(Σwℓ): what every slope is multiplied by; 0 where there is nothing to average."""
        if divisor is None:
            return 1
        if not hasattr(divisor, "ndim"):  # a plain number
            return 1 / divisor if divisor else 0
        return backend.xp.where(divisor == 0, 0.0, backend.divide(1, backend.xp.where(divisor == 0, 1, divisor)))

    def _refuse_empty(self) -> None:
        if self.empty == "raise":
            raise ValueError(
                "the mean of no samples does not exist: every sample is masked, or weighs 0, or there are none; "
                'pass at least one, or empty="nan" or "zero"'
            )


class ExactSum:
    """Σx of float64 numbers without rounding: an integer for the mantissas, in units of the smallest subnormal.

    The result does not depend on the order or the grouping of what is added.
    """

    __slots__ = ("_units", "infinite")
    _UNIT = -1074  # the exponent of the smallest positive float64

    def __init__(self) -> None:
        self._units = 0
        self.infinite = 0.0  # +inf, -inf or NaN once such a number was added

    def add(self, values: np.ndarray) -> None:
        """Add numbers of any shape."""
        x = np.asarray(values, dtype=np.float64).reshape(-1)
        finite = np.isfinite(x)
        if not finite.all():
            with np.errstate(invalid="ignore"):
                self.infinite = float(self.infinite + x[~finite].sum())
            x = x[finite]
        for start in range(0, x.size, _SLICE):
            rest = self._add_leading_bits(x[start : start + _SLICE])
            if rest is not None:
                self._add_by_exponent(rest)

    def _add_leading_bits(self, x: np.ndarray) -> np.ndarray | None:
        """Add all of x, or what the first rounds reach of it; returns what is left, if anything."""
        for _ in range(_ROUNDS):
            largest = max(float(x.max()), -float(x.min()))
            if largest == 0:
                return None
            # with σ = 2^e ≥ 2n·max|x|, (x + σ) - σ is x rounded to a multiple of ulp(σ), and the sum of n such is below 2^53 of
            # these units: exact in float64 in any order (Rump, Ogita and Oishi, 2008); so is the rest, x less that
            exponent = math.frexp(largest)[1] + _SLICE_BITS
            if exponent > 1023:
                return x
            sigma = math.ldexp(1.0, exponent)
            leading = (x + sigma) - sigma
            x = x - leading
            numerator, denominator = float(leading.sum()).as_integer_ratio()
            self._units += numerator * ((1 << -self._UNIT) // denominator)
        return x

    def _add_by_exponent(self, x: np.ndarray) -> None:
        # x = m·2^e with an integer m of 53 bits, split in two halves whose sums over 2^14 numbers stay exact in float64
        mantissa, exponent = np.frexp(x)
        scaled = np.ldexp(mantissa, 53)
        high = np.floor(np.ldexp(scaled, -27))
        low = scaled - np.ldexp(high, 27)
        base = int(exponent.min()) - 53
        shift = exponent - int(exponent.min())
        highs = np.bincount(shift, weights=high)
        lows = np.bincount(shift, weights=low)
        for step, (upper, lower) in enumerate(zip(highs.tolist(), lows.tolist(), strict=True)):
            if upper or lower:
                amount, places = (int(upper) << 27) + int(lower), base + step - self._UNIT
                # a subnormal's mantissa ends in as many zeros as its places are below the unit
                self._units += amount << places if places >= 0 else amount >> -places

    def merge(self, other: ExactSum) -> None:
        """Add what another sum holds."""
        self._units += other._units
        with np.errstate(invalid="ignore"):
            self.infinite = float(np.float64(self.infinite) + other.infinite)

    def value(self) -> float:
        """The sum, rounded once."""
        if self.infinite:
            return self.infinite
        try:
            return self._units / (1 << -self._UNIT)  # division of integers rounds correctly
        except OverflowError:
            return math.inf if self._units > 0 else -math.inf


@dataclass
class Total:
    """Σwℓ, Σw and the number of samples, exact and mergeable: the same to the last bit for any split into batches.

    >>> import lossary
    >>> total = lossary.squared_error.total([1.0, 2.0], [0.0, 0.0])
    >>> total += lossary.squared_error.total([3.0], [0.0])
    >>> total.sum, total.mean, total.count
    (14.0, 4.666666666666667, 3)
    """

    count: int = 0
    """Unmasked samples."""
    _sum: ExactSum = field(default_factory=ExactSum, repr=False)
    _weight: ExactSum = field(default_factory=ExactSum, repr=False)

    def add(self, losses: np.ndarray, weights: np.ndarray | None = None) -> None:
        """Add weighted losses, and the weights that they carry (1 each if not given)."""
        self.count += losses.size
        self._sum.add(losses)
        self._weight.add(np.array([losses.size]) if weights is None else weights)

    @property
    def sum(self) -> float:
        """Σwℓ, rounded once."""
        return self._sum.value()

    @property
    def weight(self) -> float:
        """Σw, rounded once."""
        return self._weight.value()

    @property
    def mean(self) -> float:
        """Σwℓ / Σw; NaN where there is nothing."""
        return self.sum / self.weight if self.weight else math.nan

    def __iadd__(self, other: Total) -> Total:
        if not isinstance(other, Total):
            return NotImplemented
        self.count += other.count
        self._sum.merge(other._sum)
        self._weight.merge(other._weight)
        return self

    def __add__(self, other: Total) -> Total:
        if not isinstance(other, Total):
            return NotImplemented
        total = Total()
        total += self
        total += other
        return total


def reduction_from_legacy(size_average: bool | None = None, reduce: bool | None = None, reduction: str | None = None) -> str:
    """What PyTorch's older arguments mean, as a ``reduction`` of this library.

    ``reduce=False`` gave one loss a sample and made ``size_average`` irrelevant; else ``size_average`` (true by default) chose
    the mean over the sum. For one release ``"mean"`` was called ``"elementwise_mean"``.

    >>> reduction_from_legacy(size_average=False)
    'sum'
    >>> reduction_from_legacy(size_average=True, reduce=False)
    'none'
    >>> reduction_from_legacy(reduction="elementwise_mean")
    'mean'
    """
    for name, value in (("size_average", size_average), ("reduce", reduce)):
        if value is not None and not isinstance(value, (bool, np.bool_)):
            raise TypeError(f"{name} is True, False or None; got {value!r}")
    if size_average is not None or reduce is not None:  # as in PyTorch, the older arguments win over the newer one
        if reduce is not None and not reduce:
            return "none"
        return "mean" if size_average is None or size_average else "sum"
    known = {None: "mean", "elementwise_mean": "mean", "mean": "mean", "sum": "sum", "none": "none"}
    if reduction not in known:
        raise ValueError(f'reduction is "none", "mean", "sum" or the older "elementwise_mean" in PyTorch; got {reduction!r}')
    return known[reduction]
