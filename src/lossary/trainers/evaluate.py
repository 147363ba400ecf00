"""Formulas of many samples: by one kernel where there are many and kernels are available, else by NumPy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from lossary.formula.expression import Expression, constant
from lossary.formula.languages.python import compiled_together
from lossary.kernels import elementwise, native
from lossary.kernels.threads import get_num_threads

SMALLEST = 4096
"""Samples from which on a kernel serves; below, loading one costs more than it saves."""


class Evaluation:
    """Formulas that are computed together, in float64, and the sum of another one of them."""

    def __init__(self, name: str, results: Sequence[Expression], total: Expression | None = None) -> None:
        self.name, self.results, self.total = name, tuple(results), total
        self.symbols = {symbol for formula in self._all for symbol in formula.symbols()}
        self._kernels: dict[Any, elementwise.Elementwise] = {}

    @property
    def _all(self) -> tuple[Expression, ...]:
        return self.results if self.total is None else (*self.results, self.total)

    def __call__(
        self, size: int, arrays: Mapping[str, np.ndarray], numbers: Mapping[str, float], into: Sequence[np.ndarray]
    ) -> float:
        """Write the values of the formulas for each sample into arrays, and return the sum of the other formula (or 0).

        Arrays are of one axis and without gaps in memory, of any dtype that kernels read; ``numbers`` are equal for all
        samples. What the formulas do not name may be among them.
        """
        read = {name: x for name, x in arrays.items() if name in self.symbols}
        constants = {name: x for name, x in numbers.items() if name in self.symbols}
        if size >= SMALLEST and (kernel := self._kernel(read, constants, into)) is not None:
            task = elementwise.task(kernel, size, [*constants.values()])
            assert task is not None
            addresses = [x.__array_interface__["data"][0] for x in (*read.values(), *into)]
            return task.run(addresses, get_num_threads(), 1.0)[0]
        function = compiled_together(self._all, "numpy", (*read, *constants), frozenset(constants))
        with np.errstate(all="ignore"):
            found = function(*(np.asarray(x, np.float64) for x in read.values()), *constants.values())
            for place, values in zip(into, found, strict=False):
                place[...] = values
            return 0.0 if self.total is None else float(np.sum(np.broadcast_to(found[-1], (size,))))

    def prepared(
        self, size: int, arrays: Mapping[str, np.ndarray], numbers: Mapping[str, float], into: Sequence[np.ndarray]
    ) -> Prepared | None:
        """Return what calls of one thread on such arrays have in common; None if kernels are unavailable."""
        read = {name: x for name, x in arrays.items() if name in self.symbols}
        constants = {name: x for name, x in numbers.items() if name in self.symbols}
        kernel = self._kernel(read, constants, into)
        return None if kernel is None else Prepared(kernel, size, (*read,), constants)

    def values(
        self, size: int, arrays: Mapping[str, np.ndarray], numbers: Mapping[str, float], dtype: Any = np.float64
    ) -> list[np.ndarray]:
        """Return the values of the formulas for each sample."""
        into = [np.empty(size, dtype) for _ in self.results]
        self(size, arrays, numbers, into)
        return into

    def _kernel(
        self, read: Mapping[str, np.ndarray], constants: Mapping[str, float], into: Sequence[np.ndarray]
    ) -> elementwise.Elementwise | None:
        if not native.available(self.name):
            return None
        key = tuple((name, x.dtype.name) for name, x in read.items()), (*constants,), tuple(x.dtype.name for x in into)
        if key not in self._kernels:
            self._kernels[key] = self._made(*key)
        return self._kernels[key] if self._kernels[key].native is not None else None

    def _made(
        self, arrays: tuple[tuple[str, str], ...], numbers: tuple[str, ...], stored: tuple[str, ...]
    ) -> elementwise.Elementwise:
        return elementwise.Elementwise(
            name=self.name,
            precision="float64",
            loss=constant(0.0) if self.total is None else self.total,
            slopes=self.results,
            invalid=None,
            arrays=arrays,
            numbers=numbers,
            masked=False,
            reduced=True,
            stored=("float64", *stored),
        )


class Prepared:
    """The kernel of an evaluation for many calls on arrays of one size and of the same dtypes, in one thread."""

    def __init__(
        self, kernel: elementwise.Elementwise, size: int, names: tuple[str, ...], numbers: Mapping[str, float]
    ) -> None:
        self._kernel, self._size, self._names, self._numbers = kernel, size, names, dict(numbers)
        self._task: Any = elementwise.task(kernel, size, [*numbers.values()])

    def __call__(self, addresses: Mapping[str, int], into: Sequence[int], numbers: Mapping[str, float] | None = None) -> float:
        """Read arrays at addresses and write to others; ``numbers`` are those that differ from those of the preparation."""
        task = self._task
        if numbers:
            changed = (numbers.get(name, x) for name, x in self._numbers.items())
            task = elementwise.task(self._kernel, self._size, [*changed])
        return task.run((*(addresses[name] for name in self._names), *into), 1, 1.0)[0]
