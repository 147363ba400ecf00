"""Options of losses of logits: smoothing, shaping of logits, z-loss, and what ``returns=`` may name."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from lossary.engine.call import Extra
from lossary.formula.calls import tanh
from lossary.formula.derivative import derivative
from lossary.formula.domains import Interval
from lossary.formula.expression import Expression, symbol
from lossary.formula.numbers import check_number, is_array
from lossary.formula.stable import stable
from lossary.names import wrong_choice
from lossary.printable import as_typed

OPTIONS: Mapping[str, Any] = {
    "label_smoothing": 0.0,
    "smoothing": "uniform",
    "z_loss": 0.0,
    "soft_cap": None,
    "temperature": 1.0,
    "returns": (),
}
RETURNS = ("log_normalizer", "entropy", "accuracy", "token_losses")
"""The names that ``returns=`` accepts: one number a sample each."""
_POSITIVE = Interval(0.0, float("inf"), open=True)
NUMBERS: Mapping[str, Interval] = {
    "label_smoothing": Interval(0.0, 1.0),
    "z_loss": Interval(0.0),
    "soft_cap": _POSITIVE,
    "temperature": _POSITIVE,
}
"""The options that are numbers, or arrays of one number, and where they lie."""


def checked(name: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return these options of a loss, checked as far as that takes no arrays."""
    read: dict[str, Any] = {}
    for option, interval in NUMBERS.items():
        value = options[option]
        if is_array(value):
            read[option] = value
        elif option == "soft_cap":
            read[option] = checked_cap(f"{name}: soft_cap", value)
        else:
            read[option] = check_number(f"{name}: {option}", value, interval)
    read["smoothing"] = options["smoothing"]
    if read["smoothing"] not in ("uniform", "others"):
        raise wrong_choice(name, "smoothing", options["smoothing"], ("uniform", "others"))
    read["returns"] = _checked_returns(name, options["returns"])
    given = options.get("given", "logits")
    if given != "logits":
        for option in ("z_loss", "soft_cap", "temperature", "returns"):
            if is_array(read[option]) or read[option] != OPTIONS[option]:
                raise TypeError(f"{name}: {option}= is for logits; got given={given!r}; pass logits, or leave it out")
    return read


def checked_cap(role: str, cap: Any) -> float | None:
    """Return the checked cap of logits, or None if there is none."""
    if cap is not None and check_number(role, cap, _POSITIVE) == float("inf"):
        raise ValueError(f"{role} is finite; got {cap}; leave it out, or pass None, for logits without a cap")
    return None if cap is None else check_number(role, cap, _POSITIVE)


def _checked_returns(name: str, returns: Any) -> tuple[str, ...]:
    if isinstance(returns, str) or not isinstance(returns, (tuple, list)):
        raise TypeError(f"{name}: returns is a tuple of names, such as ('entropy',); got {as_typed(returns)}")
    for word in returns:
        if word not in RETURNS:
            raise wrong_choice(name, "each of returns", word, RETURNS)
    if len(set(returns)) < len(returns):
        raise ValueError(f"{name}: returns names each result once; got {returns!r}")
    return tuple(returns)


def smoothed(name: str, extra: Extra, classes: int) -> tuple[Any, Any]:
    """Return ``kept`` and ``floor``: smoothing makes kept·t + floor of a class's probability t."""
    amount = extra.label_smoothing
    # not the truth of the amount, which torch.compile would take for this value only
    if extra.smoothing == "uniform" or not extra.smooths:
        return 1 - amount, amount / classes
    if classes == 1:
        raise ValueError(f'{name}: smoothing="others" shares among the other classes, and there is only one class')
    floor = amount / (classes - 1)
    return 1 - amount - floor, floor


@cache
def shaping(capped: bool, tempered: bool, order: int = 0) -> Expression:
    """Return the shaped logit c·tanh(z/c)/T that the softmax takes, or a derivative of it."""
    z: Any = symbol("logit")
    if capped:
        z = symbol("soft_cap") * tanh(z / symbol("soft_cap"))
    if tempered:
        z = z / symbol("temperature")
    formula = stable(z)
    for _ in range(order):
        formula = derivative(formula, "logit")
    return formula
