"""Find losses by name: built-in ones, and a user's own in a file or a module."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lossary import losses
from lossary.engine.loss import Loss
from lossary.engine.user_module import load
from lossary.errors import UsageError, nearest

if TYPE_CHECKING:
    from lossary.engine.calls import Loss as AnyLoss

ALIASES = {
    "mae": "absolute_error",
    "l1": "absolute_error",
    "mse": "squared_error",
    "l2": "squared_error",
    "bce": "binary_cross_entropy",
    "log_loss": "binary_cross_entropy",
    "ce": "cross_entropy",
}
"""Short names of losses."""


def find_loss(name: AnyLoss | str) -> Loss:
    """Return a built-in loss by its name, or a user's own as ``path/to/file.py:name`` or ``module:name``."""
    if isinstance(name, Loss):
        return name
    if not isinstance(name, str):
        raise UsageError(
            "a loss is one of lossary's or its name, as in loss='huber'; got "
            f"{f'the {type(name).__name__} {name.__name__}' if hasattr(name, '__name__') else type(name).__name__}; "
            "a formula of your own becomes a loss by @lossary.pointwise, @lossary.softmax or @lossary.composed"
        )
    place, colon, attribute = name.rpartition(":")
    if colon:
        return _find_own(place, attribute)
    known = ALIASES.get(name, name)
    if known not in losses.__all__:
        raise UsageError(
            f"there is no loss {name!r}{nearest(name, losses.__all__, 'there are')}; "
            "a loss of your own is named as path/to/file.py:name or module:name"
        )
    found: Loss = getattr(losses, known)
    return found


def _find_own(place: str, attribute: str) -> Loss:
    module = load(place)
    if not hasattr(module, attribute):
        own = [key for key, value in vars(module).items() if isinstance(value, Loss)]
        raise UsageError(f"{place} has no {attribute!r}{nearest(attribute, own, 'its losses')}")
    found = getattr(module, attribute)
    if not isinstance(found, Loss):
        raise UsageError(
            f"{attribute!r} in {place} is a {type(found).__name__}, not a loss; "
            "decorate its definition with @lossary.pointwise, @lossary.softmax or @lossary.composed"
        )
    return found
