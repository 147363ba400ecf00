"""Formulas of many samples: by one kernel where there are many and kernels are available, else by NumPy."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping, Sequence
from ctypes import byref, c_double, c_int64, c_void_p
from typing import Any

import numpy as np

from lossary.formula.expression import Expression, constant
from lossary.formula.languages.python import compiled_together
from lossary.kernels import elementwise, native
from lossary.kernels.threads import get_num_threads

SMALLEST = 4096
"""Samples from which on a kernel serves; below, loading one costs more than it saves."""


_SHARED, _UNREAD = c_double * 2, (c_double * 1)()
_ONE_BLOCK, _SHARE = c_int64(1), c_double(1.0)


class Evaluation:
    """Formulas that are computed together, in float64, and the sum of another one of them."""

    def __init__(self, name: str, results: Sequence[Expression], total: Expression | None = None) -> None:
        self.name, self.results, self.total = name, tuple(results), total
        self.symbols = {symbol for formula in self._all for symbol in formula.symbols()}
        self._kernels: dict[Any, elementwise.Elementwise] = {}

    def __reduce__(self) -> tuple[Any, ...]:
        return Evaluation, (self.name, self.results, self.total)  # kernels belong to the process

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
        if size >= SMALLEST and (kernel := self._kernel(_dtypes(read), constants, [x.dtype.name for x in into])) is not None:
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

    def prepared(self, arrays: Mapping[str, str], numbers: Mapping[str, float], into: Sequence[str]) -> Prepared | None:
        """Return what calls on few samples have in common, by the dtypes of arrays; None if kernels are unavailable."""
        read = {name: dtype for name, dtype in arrays.items() if name in self.symbols}
        constants = {name: x for name, x in numbers.items() if name in self.symbols}
        kernel = self._kernel(read, constants, into)
        return (
            None
            if kernel is None
            else Prepared(
                kernel, None if len(read) == len(arrays) else [k for k, name in enumerate(arrays) if name in read], constants
            )
        )

    def values(
        self, size: int, arrays: Mapping[str, np.ndarray], numbers: Mapping[str, float], dtype: Any = np.float64
    ) -> list[np.ndarray]:
        """Return the values of the formulas for each sample."""
        into = [np.empty(size, dtype) for _ in self.results]
        self(size, arrays, numbers, into)
        return into

    def _kernel(
        self, read: Mapping[str, str], constants: Mapping[str, float], into: Sequence[str]
    ) -> elementwise.Elementwise | None:
        if not native.available(self.name):
            return None
        key = (*read.items(),), (*constants,), (*into,)
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
            by_reciprocals=True,
        )


def _dtypes(arrays: Mapping[str, np.ndarray]) -> dict[str, str]:
    return {name: x.dtype.name for name, x in arrays.items()}


_DATA = object.__basicsize__
"""Where an array of NumPy holds the address of its numbers: its first field, by NumPy's C interface."""


def address_of(array: np.ndarray) -> c_void_p:
    """Return the address of an array's numbers, for ctypes, while the array lives.

    ``array.ctypes.data`` takes 1.3 µs, longer than the derivatives of a thousand samples; this 0.1.
    """
    return c_void_p.from_address(id(array) + _DATA)


def _keeping_lock(function: native.Native) -> native.Native:
    """Return a kernel that keeps Python's lock while it runs, and takes references and numbers of ctypes as they are."""
    return ctypes.PYFUNCTYPE(None)(ctypes.cast(function, ctypes.c_void_p).value)  # type: ignore


class Prepared:
    """The kernel of an evaluation for many calls on few samples.

    A call runs in its own thread and keeps Python's lock: where threads wait for the lock, giving it up and getting it again
    takes longer than the samples do.
    """

    def __init__(self, kernel: elementwise.Elementwise, places: Sequence[int] | None, numbers: Mapping[str, float]) -> None:
        assert kernel.native is not None
        self._function = _keeping_lock(kernel.native)
        self._places, self._numbers = places, {name: c_double(x) for name, x in numbers.items()}

    def __call__(
        self, size: int, arrays: Sequence[Any], into: Sequence[Any], numbers: Mapping[str, float] | None = None
    ) -> float:
        """Read and write arrays of ``size`` samples, at most ``elementwise.BLOCK``, and return the sum.

        Arrays are given by their addresses; ``numbers`` are those that differ from the preparation's.
        """
        own = self._numbers
        if numbers is not None:
            own = own | {name: c_double(x) for name, x in numbers.items() if name in own}
        if self._places is not None:
            arrays = [arrays[k] for k in self._places]
        shared = _SHARED()  # zeros: a counter, and a sum; the rest is never read
        self._function(
            *(*arrays, *into),
            *(shared, _UNREAD, _UNREAD, byref(shared, 8), _UNREAD),
            *(c_int64(size), _ONE_BLOCK, *own.values(), _SHARE),
        )
        return shared[1]
