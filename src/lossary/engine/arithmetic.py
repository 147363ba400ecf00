"""Sums, differences and multiples of losses, as operators."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np


class Arithmetic:
    """What can be added to its like and multiplied by numbers; ``combination.py`` makes the loss of a sum."""

    __name__: str

    sum_of: ClassVar[Callable[[Sequence[tuple[Any, float]]], Any]]
    """Makes the loss of a sum; ``combination.py`` provides it, which knows the kinds."""

    @property
    def terms(self) -> tuple[tuple[Any, float], ...]:
        """The losses that this one is the sum of, with their factors."""
        return ((self, 1.0),)

    def __add__(self, other: Any) -> Any:
        if isinstance(other, Arithmetic):
            return Arithmetic.sum_of((*self.terms, *other.terms))
        if type(other) is int and other == 0:  # with which sum() begins
            return self
        if isinstance(other, (int, float, np.integer, np.floating)):
            raise TypeError(
                f"{self.__name__}: a loss is added to another loss; got the number {other}; call it within a definition instead"
            )
        return NotImplemented

    __radd__ = __add__

    def __sub__(self, other: Any) -> Any:
        return self + -1 * other if isinstance(other, Arithmetic) else NotImplemented

    def __neg__(self) -> Any:
        return -1 * self

    def __mul__(self, factor: Any) -> Any:
        if isinstance(factor, bool) or not isinstance(factor, (int, float, np.integer, np.floating)):
            if hasattr(factor, "ndim"):
                raise TypeError(
                    f"{self.__name__}: the factor of a loss is a number; got {type(factor).__name__}; a factor that is learned "
                    "or varies is a parameter of a definition that calls the loss"
                )
            return NotImplemented
        return Arithmetic.sum_of(tuple([(loss, float(factor) * own) for loss, own in self.terms]))

    __rmul__ = __mul__
    __array_ufunc__ = None  # so that NumPy's numbers leave the product to the loss

    def __truediv__(self, divisor: Any) -> Any:
        if isinstance(divisor, (int, float, np.integer, np.floating)) and divisor == 0:
            raise ZeroDivisionError(f"{self.__name__}: a loss is divided by a number other than 0; got {divisor}")
        return self * (1 / divisor) if isinstance(divisor, (int, float, np.integer, np.floating)) else NotImplemented
