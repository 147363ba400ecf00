"""What may be done to logits before the softmax, what may be added to their loss, and what else a call may return."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections import namedtuple
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cache
from typing import Any

from lossary.arrays import from_top
from lossary.engine.call import check_number
from lossary.formula.derivative import derivative
from lossary.formula.domains import Interval
from lossary.formula.expression import Expression, symbol
from lossary.formula.stable import stable
from lossary.formula.words import exp, tanh, xmuly
from lossary.names import wrong_choice

OPTIONS: Mapping[str, Any] = {
    "label_smoothing": 0.0,
    "smoothing": "uniform",
    "z_loss": 0.0,
    "soft_cap": None,
    "temperature": 1.0,
    "returns": (),
}
RETURNS = ("log_normalizer", "entropy", "accuracy", "token_losses")
"""What ``returns=`` may name: one number a sample each."""
_POSITIVE = Interval(0.0, float("inf"), open=True)


def checked(name: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """These options of a loss of this name, checked."""
    read: dict[str, Any] = {}
    for option, interval in (("label_smoothing", Interval(0.0, 1.0)), ("z_loss", Interval(0.0)), ("temperature", _POSITIVE)):
        read[option] = check_number(f"{name}: {option}", options[option], interval)
    read["soft_cap"] = checked_cap(f"{name}: soft_cap", options["soft_cap"])
    read["smoothing"] = options["smoothing"]
    if read["smoothing"] not in ("uniform", "others"):
        raise wrong_choice(name, "smoothing", options["smoothing"], ("uniform", "others"))
    read["returns"] = _checked_returns(name, options["returns"])
    given = options.get("given", "logits")
    if given != "logits":
        for option in ("z_loss", "soft_cap", "temperature", "returns"):
            if read[option] != OPTIONS[option]:
                raise TypeError(f"{name}: {option}= is for logits; got given={given!r}; pass logits, or leave it out")
    return read


def checked_cap(role: str, cap: Any) -> float | None:
    """What logits are capped by, if by anything."""
    if cap is not None and check_number(role, cap, _POSITIVE) == float("inf"):
        raise ValueError(f"{role} is finite; got {cap}; leave it out, or pass None, for logits without a cap")
    return None if cap is None else check_number(role, cap, _POSITIVE)


def _checked_returns(name: str, returns: Any) -> tuple[str, ...]:
    if isinstance(returns, str) or not isinstance(returns, (tuple, list)):
        raise TypeError(f"{name}: returns is a tuple of names, such as ('entropy',); got {returns!r}")
    for word in returns:
        if word not in RETURNS:
            raise wrong_choice(name, "each of returns", word, RETURNS)
    if len(set(returns)) < len(returns):
        raise ValueError(f"{name}: returns names each result once; got {returns!r}")
    return tuple(returns)


@cache
def result(returns: tuple[str, ...]) -> Any:
    """The named tuple of a cost and of what was asked for beside it."""
    return _pickled(namedtuple("Result", ("loss", *returns)), returns)


def _pickled(kind: Any, returns: tuple[str, ...]) -> Any:
    """The class, which no module has under a name, such that pickle makes it again."""
    kind.__reduce__ = lambda self: (_unpickled, (returns, tuple(self)))
    return kind


def _unpickled(returns: tuple[str, ...], values: tuple[Any, ...]) -> Any:
    return result(returns)(*values)


def smoothed(name: str, own: Mapping[str, Any], classes: int) -> tuple[float, float]:
    """``kept`` and ``floor``: smoothing makes kept·t + floor of a class's probability t."""
    amount = own["label_smoothing"]
    if own["smoothing"] == "uniform" or amount == 0:  # not its truth, which torch.compile would take for this value only
        return 1 - amount, amount / classes
    if classes == 1:
        raise ValueError(f'{name}: smoothing="others" shares among the other classes, and there is only one class')
    floor = amount / (classes - 1)
    return 1 - amount - floor, floor


@cache
def shaping(capped: bool, tempered: bool, order: int = 0) -> Expression:
    """The logit that the softmax takes, c·tanh(z/c)/T, or a derivative of it."""
    z: Any = symbol("logit")
    if capped:
        z = symbol("soft_cap") * tanh(z / symbol("soft_cap"))
    if tempered:
        z = z / symbol("temperature")
    formula = stable(z)
    for _ in range(order):
        formula = derivative(formula, "logit")
    return formula


@dataclass(frozen=True)
class Whole:
    """What is computed over all classes of a row, where this process has all of them."""

    backend: Any
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
class Shared(Whole, ABC):
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
