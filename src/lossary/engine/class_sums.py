"""Sums over the classes of a row: where this process has all classes, and where they are shared out."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

from lossary.arrays.protocol import ArrayBackend
from lossary.arrays.rows import from_top
from lossary.formula.expression import symbol
from lossary.formula.words import exp, xmuly


@dataclass(frozen=True)
class AllClasses:
    """What is computed over all classes of a row, where this process has all of them."""

    backend: ArrayBackend
    ranks: int = 1
    key: str = ""
    """What another process of the group would find its own such object by."""

    @property
    def shared(self) -> bool:
        """Whether the classes are shared out, be it to one rank."""
        return False

    @property
    def first(self) -> Any:
        """The index of the first class here."""
        return 0

    def count(self, columns: int) -> int:
        """How many classes there are, of which so many are here."""
        return columns

    def mine(self, per_class: Any) -> Any:
        """Of something that each class has, the part of the classes here."""
        return per_class

    def total(self, terms: Any) -> Any:
        """The sum over the classes."""
        return self.backend.add_up(terms, (terms.ndim - 1,))

    def log_softmax(self, z: Any) -> Any:
        """Log p of every class."""
        return self.backend.log_softmax(z)

    def log_normalizer(self, z: Any) -> Any:
        """Log Z = log Σ e^z."""
        return self.backend.log_normalizer(z)

    def is_undefined(self, z: Any) -> Any:
        """Whether a row has no softmax: it holds NaN, nothing but -∞, or ∞ more than once."""
        xp = self.backend.xp
        return ~(xp.amax(z, -1) > -math.inf) | ((z == math.inf).sum(-1) > 1)

    def entropy(self, z: Any) -> Any:
        """-Σ p log p; no term is below 0, so nothing cancels."""
        return -self.total(self.p_log_p(self.log_softmax(z)))

    def p_log_p(self, log_p: Any) -> Any:
        """The terms p log p; 0 where p is 0."""
        return self.backend.evaluate(_P_LOG_P, {"log_p": log_p}, log_p)

    def argmax(self, x: Any) -> Any:
        """The index of the first of the largest."""
        return self.backend.xp.argmax(x, -1)

    def widest(self, columns: int) -> int:
        """How many classes a rank has at most, where this one has so many: what all ranks lay out their blocks of rows by."""
        return columns

    def sum_of_ranks(self, x: Any) -> Any:
        """The sum of what each rank has of something that is not of a class."""
        return x

    def agreement(self, name: str) -> AbstractContextManager[None]:
        """Within it a call of this name is read: what one rank refuses, all refuse, for they would wait for it."""
        return nullcontext()


@dataclass(frozen=True)
class ShardedClasses(AllClasses, ABC):
    """The same where the classes are shared out: an heir says how the largest and sums of a row are found."""

    @property
    def shared(self) -> bool:
        """Whether the classes are shared out, be it to one rank."""
        return True

    @abstractmethod
    def top_and_others(self, z: Any) -> tuple[Any, Any]:
        """The largest number of each row, and Σ e^(z - top) of all but one at the top."""

    def log_softmax(self, z: Any) -> Any:
        """Log p of every class here."""
        top, others = self.top_and_others(z)
        return from_top(self.backend.xp, z, top) - self.backend.xp.log1p(others)[..., None]

    def log_normalizer(self, z: Any) -> Any:
        """Log Z of all classes."""
        top, others = self.top_and_others(z)
        return top + self.backend.xp.log1p(others)

    def is_undefined(self, z: Any) -> Any:
        """Whether a row has no softmax."""
        others = self.top_and_others(z)[1]
        return others != others


_P_LOG_P = xmuly(exp(symbol("log_p")), symbol("log_p"))
"""0 where p is 0, also for log p = -∞."""
