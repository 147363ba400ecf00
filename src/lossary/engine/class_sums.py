"""Sums over the classes of a row: where this process has all classes, and where they are shared out."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

from lossary.arrays.protocol import ArrayBackend
from lossary.arrays.rows import from_top
from lossary.formula.calls import exp, xmuly
from lossary.formula.expression import symbol


@dataclass(frozen=True)
class AllClasses:
    """Computations over all classes of a row, where this process has all of them."""

    backend: ArrayBackend
    ranks: int = 1
    key: str = ""
    """The key by which another process of the group finds its own object."""

    @property
    def shared(self) -> bool:
        """Whether the classes are shared out among ranks."""
        return False

    @property
    def first(self) -> Any:
        """The index of the first class here."""
        return 0

    def count(self, columns: int) -> int:
        """Return the number of classes, of which so many are here."""
        return columns

    def local_part(self, per_class: Any) -> Any:
        """Return the part of one value a class that belongs to the classes here."""
        return per_class

    def total(self, terms: Any) -> Any:
        """Return the sum over the classes."""
        return self.backend.sum_axes(terms, (terms.ndim - 1,))

    def log_softmax(self, z: Any) -> Any:
        """Return log p of every class."""
        return self.backend.log_softmax(z)

    def log_normalizer(self, z: Any) -> Any:
        """Return log Z = log Σ e^z."""
        return self.backend.log_normalizer(z)

    def is_undefined(self, z: Any) -> Any:
        """Return whether a row has no softmax: it holds NaN, only -∞, or ∞ more than once."""
        xp = self.backend.xp
        return ~(xp.amax(z, -1) > -math.inf) | ((z == math.inf).sum(-1) > 1)

    def entropy(self, z: Any) -> Any:
        """Return -Σ p log p; no term is negative, so nothing cancels."""
        return -self.total(self.p_log_p(self.log_softmax(z)))

    def p_log_p(self, log_p: Any) -> Any:
        """Return the terms p log p; 0 where p is 0."""
        return self.backend.evaluate(_P_LOG_P, {"log_p": log_p}, log_p)

    def argmax(self, x: Any) -> Any:
        """Return the index of the first of the largest."""
        return self.backend.xp.argmax(x, -1)

    def max_local_classes(self, columns: int) -> int:
        """Return the largest number of classes of a rank, by which all ranks size their blocks of rows."""
        return columns

    def sum_of_ranks(self, x: Any) -> Any:
        """Return the sum over ranks of a value that does not belong to a class."""
        return x

    def raise_on_all_ranks(self, name: str) -> AbstractContextManager[None]:
        """Return a context in which an error on one rank is raised on all ranks, which would wait for it otherwise."""
        return nullcontext()


@dataclass(frozen=True)
class ShardedClasses(AllClasses, ABC):
    """The same where the classes are shared out; subclasses find the largest and the sums of a row."""

    @property
    def shared(self) -> bool:
        """Whether the classes are shared out among ranks."""
        return True

    @abstractmethod
    def max_and_rest(self, z: Any) -> tuple[Any, Any]:
        """Return the largest number of each row, and Σ e^(z - top) over all others."""

    def log_softmax(self, z: Any) -> Any:
        """Return log p of every class here."""
        top, others = self.max_and_rest(z)
        return from_top(self.backend.xp, z, top) - self.backend.xp.log1p(others)[..., None]

    def log_normalizer(self, z: Any) -> Any:
        """Return log Z of all classes."""
        top, others = self.max_and_rest(z)
        return top + self.backend.xp.log1p(others)

    def is_undefined(self, z: Any) -> Any:
        """Return whether a row has no softmax."""
        others = self.max_and_rest(z)[1]
        return others != others


_P_LOG_P = xmuly(exp(symbol("log_p")), symbol("log_p"))
"""0 where p is 0, also for log p = -∞."""
