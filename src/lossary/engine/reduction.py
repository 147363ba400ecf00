"""From the losses of samples to a cost, and exact totals of many batches.

Words: a *loss* belongs to one sample, a *cost* to a batch, and the *objective* is what is optimised.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from lossary.arrays.protocol import ArrayBackend
from lossary.arrays.real import check_indexes, real_array
from lossary.engine.exact_sum import ExactSums, rounded
from lossary.printable import as_typed

REDUCTIONS = ("mean", "sum", "batchmean", "none")
EMPTY = ("nan", "zero", "raise")


@dataclass
class Reduction:
    """The way from weighted losses to a cost: Σwℓ over a divisor that ``how`` and ``normalizer`` choose.

    ``mean`` divides by Σw over unmasked samples, ``batchmean`` by their number, ``sum`` by nothing; ``normalizer`` replaces the
    divisor. Where the divisor is 0 there is nothing to average: ``empty`` says what comes of it.
    """

    how: str
    normalizer: Any
    empty: str

    def divisor(self, backend: ArrayBackend, shape: tuple[int, ...], weight: Any, mask: Any) -> Any:
        """Return the divisor in float64, or None if nothing is divided."""
        if self.normalizer is not None:
            return self.normalizer
        if self.how == "sum":
            return None
        if self.how == "batchmean" or weight is None:
            if mask is None:
                return math.prod(shape)
            return backend.total(mask)
        return backend.total(weight if mask is None else backend.xp.where(mask, weight, 0))

    def cost(self, backend: ArrayBackend, losses: Any, divisor: Any) -> Any:
        """Return the cost of losses that are weighted, and 0 where masked."""
        return self.finished(backend, backend.total(losses), divisor)

    def finished(self, backend: ArrayBackend, total: Any, divisor: Any) -> Any:
        """Return the cost of Σwℓ."""
        if divisor is None:
            return total
        if not hasattr(divisor, "ndim"):  # a plain number
            if divisor != 0:  # not its truth, which torch.compile would take for this value only
                return backend.divide(total, divisor)
            self._refuse_empty()
            return total * math.nan if self.empty == "nan" else total * 0
        nothing = divisor == 0
        if self.empty == "raise" and backend.readable(nothing) and bool(nothing):
            self._refuse_empty()
        mean = backend.divide(total, self._proper(backend, divisor))
        return backend.xp.where(nothing, math.nan if self.empty == "nan" else 0.0, mean)

    def share(self, backend: ArrayBackend, divisor: Any) -> Any:
        """Return ∂cost/∂(Σwℓ), the factor of every slope; 0 if there is nothing to average."""
        if divisor is None:
            return 1
        if not hasattr(divisor, "ndim"):  # a plain number
            return 1 / divisor if divisor != 0 else 0
        return backend.xp.where(divisor == 0, 0.0, backend.divide(1, self._proper(backend, divisor)))

    @staticmethod
    def _proper(backend: ArrayBackend, divisor: Any) -> Any:
        """Return a divisor that makes quotients and their gradients finite where it is 0, and NaN where Σw has overflowed."""
        return backend.xp.where(divisor == 0, 1, backend.xp.where(divisor == math.inf, math.nan, divisor))

    def _refuse_empty(self) -> None:
        if self.empty == "raise":
            raise ValueError(
                "the mean of no samples does not exist: every sample is masked, or weighs 0, or there are none; "
                'pass at least one, or empty="nan" or "zero"'
            )


class Total:
    r"""Σwℓ, Σw, Σwℓ² and the number of samples, exact and mergeable: the same to the last bit for any split into batches.

    ``loss.total(…)`` makes one of a batch; ``+``, ``+=`` and :meth:`merge` join them, as do :meth:`to_bytes` and
    :meth:`from_bytes` across processes. Sums are held as whole numbers and rounded once, when they are read. NaN and infinite
    losses are counted in :attr:`invalid` and make the sum what they would.

    >>> import lossary
    >>> total = lossary.squared_error.total([1.0, 2.0], [0.0, 0.0])
    >>> total += lossary.squared_error.total([3.0], [0.0])
    >>> total.sum, total.mean, total.count
    (14.0, 4.666666666666667, 3)
    >>> lossary.Total.from_bytes(total.to_bytes()) == total
    True
    """

    __slots__ = ("_far", "_square", "_sum", "_weight", "count")

    count: int
    """Unmasked samples."""

    def __init__(self) -> None:
        self.count = 0
        self._sum, self._weight, self._square = ExactSums(), ExactSums(), ExactSums()
        self._far = [0, 0, 0]  # what samples of very small and large weights add to these, in units of 2^-(1074 + _FAR)

    def update(self, losses: Any, weight: Any = None) -> None:
        """Add losses of samples, of any shape, and what each weighs (1 if not given); weight 0 makes any loss count nothing."""
        remedy = "fill it, or leave the masked samples out"
        check_indexes(losses, weight)
        losses = _float64(losses, "Total.update: losses", remedy)
        if weight is None:
            self.add_weighted(losses, None)
            return
        weight = _float64(weight, "Total.update: weight", remedy)
        if weight.shape != losses.shape or not ((weight >= 0) & (weight < math.inf)).all():
            raise ValueError(
                f"there is one finite weight ≥ 0 a loss; got losses of shape {losses.shape}, weights of shape {weight.shape}"
                + ("" if weight.shape != losses.shape else f", from {weight.min()} to {weight.max()}")
                + "; broadcast or correct the weights"
            )
        for part, shift in by_size(weight):
            with np.errstate(all="ignore"):
                self.add_scaled(np.where(part == 0, 0.0, losses * part), part, shift)
        self.count += losses.size

    def add_scaled(self, weighted: np.ndarray, weights: np.ndarray, shift: int) -> None:
        """Add losses that are multiplied by their weights, these being divided by 2^shift, without counting them."""
        part = self if not shift else Total()
        count = self.count
        part.add_weighted(weighted, weights)
        self.count = count
        if shift:
            for k, (mine, theirs) in enumerate(zip(self.sums(), part.sums(), strict=True)):
                self._far[k] += theirs.units() << (_FAR + shift)
                mine.add(np.repeat([math.nan, math.inf, -math.inf], theirs.special()))

    def add_weighted(self, weighted: np.ndarray, weights: np.ndarray | None) -> None:
        """Add losses that are multiplied by their weights already."""
        self.count += weighted.size
        if weights is None:
            self._sum.add(weighted, squares=self._square)
            self._weight.add_count(weighted.size)
            return
        weighted, weights = weighted.astype(np.float64, copy=False), weights.astype(np.float64, copy=False)
        self._sum.add(weighted)
        self._weight.add(weights)
        with np.errstate(all="ignore"):
            self._square.add(np.where(weights == 0, 0.0, weighted * (weighted / weights)))  # wℓ² from wℓ, to 2 roundings

    def add_sums(self, count: int, losses: ExactSums, squares: ExactSums) -> None:
        """Add so many samples of weight 1 of which the sums are known."""
        self.count += count
        self._weight.add_count(count)
        self._sum.merge(losses)
        self._square.merge(squares)

    @property
    def sum(self) -> float:
        """Σwℓ, rounded once."""
        return self._value(0)

    @property
    def weight(self) -> float:
        """Σw, rounded once."""
        return self._value(1)

    def _value(self, k: int) -> float:
        exact = self.sums()[k]
        return exact.value() if not self._far[k] or any(exact.special()) else rounded(self._units(k), 1 << (1074 + _FAR))

    def _units(self, k: int) -> int:
        """Return the sum of the finite numbers, in units of 2^-(1074 + _FAR)."""
        return (self.sums()[k].units() << _FAR) + self._far[k]

    @property
    def mean(self) -> float:
        """Σwℓ / Σw, rounded once; NaN where there is nothing."""
        if any(self._sum.special()):  # so it is where a weight is, as ∞·0 is NaN
            return self.sum / self.weight if self.weight else math.nan
        weight = self._units(1)
        return rounded(self._units(0), weight) if weight else math.nan

    @property
    def variance(self) -> float:
        """Σw(ℓ - mean)² / Σw, the variance of the losses; NaN where there is nothing, or a loss or its square is not finite.

        It is computed as Σwℓ²/Σw - mean² in whole numbers, so nothing cancels: without weights it is rounded once.
        """
        total, weight, square = map(self._units, range(3))
        if not weight or any(self._square.special()):  # so it is where a loss or a weight is
            return math.nan
        # weighted squares are rounded one by one, so the difference of equal numbers may come out below 0
        return rounded(max(0, square * weight - total * total), weight * weight)

    @property
    def invalid(self) -> dict[str, int]:
        """The numbers of losses that are "NaN", "Infinity" or "-Infinity", without those that are 0."""
        counts = zip(("NaN", "Infinity", "-Infinity"), self._sum.special(), strict=True)
        return {kind: count for kind, count in counts if count}

    def merge(self, other: Total) -> None:
        """Add what another total holds."""
        if not isinstance(other, Total):
            raise TypeError(f"a total is merged with a Total; got {type(other).__name__}")
        self.count += other.count
        for mine, theirs in zip(self.sums(), other.sums(), strict=True):
            mine.merge(theirs)
        self._far = [mine + theirs for mine, theirs in zip(self._far, other._far, strict=True)]

    def sums(self) -> tuple[ExactSums, ExactSums, ExactSums]:
        """Σwℓ, Σw and Σwℓ², without what samples of very small and large weights add."""
        return self._sum, self._weight, self._square

    def __iadd__(self, other: Total) -> Total:
        if not isinstance(other, Total):
            return NotImplemented
        self.merge(other)
        return self

    def __add__(self, other: Total) -> Total:
        if not isinstance(other, Total):
            return NotImplemented
        total = Total()
        total.merge(self)
        total.merge(other)
        return total

    def _state(self) -> tuple[Any, ...]:
        return (self.count, *(part.state() for part in self.sums()), *self._far)

    def __eq__(self, other: object) -> bool:
        return self._state() == other._state() if isinstance(other, Total) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # it changes

    def __repr__(self) -> str:
        odd = f", invalid={self.invalid}" if self.invalid else ""
        return f"Total(count={self.count}, sum={self.sum!r}, weight={self.weight!r}, mean={self.mean!r}{odd})"

    def _repr_html_(self) -> str:  # what notebooks show
        from lossary.drawing.notebook import html_of_rows

        rows = [("count", f"{self.count:,}"), *((name, f"{getattr(self, name):.10g}") for name in ("sum", "weight", "mean"))]
        return html_of_rows([*rows, *((f"losses that are {kind}", f"{count:,}") for kind, count in self.invalid.items())])

    def to_bytes(self) -> bytes:
        """The whole state, to be sent or kept; equal totals give equal bytes."""
        numbers = [self.count]
        for units, special in (part.state() for part in self.sums()):
            numbers += [units, *special]
        numbers += self._far
        fields = [number.to_bytes(number.bit_length() // 8 + 1, "little", signed=True) for number in numbers]
        body = _MAGIC + b"".join(len(field).to_bytes(2, "little") + field for field in fields)
        return body + _digest(body)

    @classmethod
    def from_bytes(cls, data: bytes) -> Total:
        """The total that :meth:`to_bytes` wrote; refuses bytes that are damaged, or of something else."""
        if not isinstance(data, (bytes, bytearray, memoryview)):
            raise TypeError(f"a total is read from bytes, as Total.to_bytes() gives them; got {type(data).__name__}")
        data = bytes(data)
        if not data.startswith(_MAGIC[:-1]):
            raise ValueError(f"these are no bytes of a Total: they begin with {data[:8]!r}; pass what Total.to_bytes() gave")
        if data[: len(_MAGIC)] != _MAGIC:
            version = data[len(_MAGIC) - 1 : len(_MAGIC)].hex() or "unknown"
            raise ValueError(
                f"these bytes are of a Total in format {version}, and format {_MAGIC[-1]:02x} is what is read here; "
                "read them by the version of lossary that wrote them"
            )
        body, digest = data[:-_DIGEST], data[-_DIGEST:]
        if len(body) < len(_MAGIC) or digest != _digest(body):
            raise ValueError(f"these {len(data)} bytes of a Total are damaged or cut short; send or write them again")
        numbers, at = list[int](), len(_MAGIC)
        while at < len(body):
            end = at + 2 + int.from_bytes(body[at : at + 2], "little")
            numbers.append(int.from_bytes(body[at + 2 : end], "little", signed=True))
            at = end
        total = cls()
        total.count = numbers[0]
        states = [(numbers[i], (numbers[i + 1], numbers[i + 2], numbers[i + 3])) for i in (1, 5, 9)]
        total._sum, total._weight, total._square = (ExactSums.from_state(*state) for state in states)
        total._far = numbers[13:]
        return total

    def __reduce__(self) -> tuple[Any, ...]:
        return Total.from_bytes, (self.to_bytes(),)


_FAR = 2048
"""Bits below the smallest float64 that weights are kept to, beyond what their products with losses need."""
_SPAN = 128
"""Powers of 2 that weights of a part lie within, so that products with them are numbers of float32 too."""


def by_size(weight: np.ndarray) -> list[tuple[np.ndarray, int]]:
    """Weights in parts, each being divided by 2^shift and 0 where others have the weight, so that no product is lost.

    Which part a weight is in depends on itself alone, so that sums do not depend on batches.
    """
    used = weight[(weight > 0) & (weight < math.inf)]
    if not used.size or 2.0**-64 <= used.min() <= used.max() < 2.0**63:
        return [(weight, 0)]
    part = np.where((weight > 0) & (weight < math.inf), np.rint(np.frexp(weight)[1] / _SPAN), 0).astype(np.int64)
    return [(np.ldexp(np.where(part == k, weight, 0.0), -_SPAN * k), _SPAN * k) for k in np.unique(part[weight != 0]).tolist()]


def _float64(values: Any, role: str, remedy: str) -> np.ndarray:
    if hasattr(values, "detach"):  # a tensor
        values = values.detach().cpu()
        values = values.float() if str(values.dtype) == "torch.bfloat16" else values
    return real_array(values, role, remedy).astype(np.float64)


_MAGIC = b"lossary.Total\x02"
"""The last byte is the version of the format."""
_DIGEST = 16


def _digest(data: bytes) -> bytes:
    from hashlib import blake2b

    return blake2b(data, digest_size=_DIGEST).digest()


def reduction_from_legacy(size_average: bool | None = None, reduce: bool | None = None, reduction: str | None = None) -> str:
    """Return the ``reduction`` that PyTorch's older arguments mean.

    ``reduce=False`` gave one loss a sample and made ``size_average`` irrelevant; else ``size_average`` (true by default) chose
    the mean over the sum. For one release ``"mean"`` was called ``"elementwise_mean"``. Raises TypeError where an older
    argument is not True, False or None, and ValueError for another ``reduction``.

    >>> reduction_from_legacy(size_average=False)
    'sum'
    >>> reduction_from_legacy(size_average=True, reduce=False)
    'none'
    >>> reduction_from_legacy(reduction="elementwise_mean")
    'mean'
    """
    for name, value in (("size_average", size_average), ("reduce", reduce)):
        if value is not None and not isinstance(value, (bool, np.bool_)):
            raise TypeError(f"{name} is True, False or None; got {as_typed(value)}")
    if size_average is not None or reduce is not None:  # as in PyTorch, the older arguments win over the newer one
        if reduce is not None and not reduce:
            return "none"
        return "mean" if size_average is None or size_average else "sum"
    known = {None: "mean", "elementwise_mean": "mean", "mean": "mean", "sum": "sum", "none": "none"}
    if reduction not in known:
        raise ValueError(
            f'reduction is "none", "mean", "sum" or the older "elementwise_mean" in PyTorch; got {as_typed(reduction)}'
        )
    return known[reduction]
