"""Find losses by name: built-in ones, and a user's own in a file or a module."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from lossary import losses
from lossary.engine.loss import Loss
from lossary.engine.user_module import load
from lossary.errors import UsageError, nearest
from lossary.losses.figures import said_of_figure
from lossary.names import like_a_loss

if TYPE_CHECKING:
    from lossary.engine.calls import Loss as AnyLoss


class Registry(Mapping[str, Loss]):
    """The built-in losses by name. An alias finds its loss too, but only names are listed.

    >>> from lossary.losses import registry
    >>> registry["mae"].__name__
    'absolute_error'
    >>> registry.family("huber")
    'regression'
    """

    def __getitem__(self, name: str) -> Loss:
        if name not in self:
            raise KeyError(name)
        found: Loss = getattr(losses, name)
        return found

    def __iter__(self) -> Iterator[str]:
        return (name for names in losses.LOSSES.values() for name in names)

    def __len__(self) -> int:
        return sum(map(len, losses.LOSSES.values()))

    def __contains__(self, name: object) -> bool:
        return name in losses.ALIASES or any(name in names for names in losses.LOSSES.values())

    def family(self, name: str) -> str:
        """Return the field of a loss, which is the name of its file."""
        name = losses.ALIASES.get(name, name)
        return next(file for file, names in losses.LOSSES.items() if name in names)

    def fields(self) -> tuple[str, ...]:
        """Return the fields of losses: some of several files, and each file by itself."""
        return tuple(dict.fromkeys([*losses.FIELDS, *losses.LOSSES]))

    def aliases(self, name: str) -> tuple[str, ...]:
        """Return the other names of a loss."""
        return losses.LOSSES[self.family(name)][losses.ALIASES.get(name, name)]

    def search(
        self, word: str = "", *, family: str | None = None, robust: bool = False, convex: bool = False, proper: bool = False
    ) -> list[str]:
        """Return the names of the losses that fit, in the order of the table.

        ``word`` stands in their name, an alias or the first line of their docstring. ``family`` is their field, one of
        :meth:`fields`; ``robust`` asks for slopes that are bounded, ``convex`` for convexity in all predictions together, and
        ``proper`` for strictly proper scoring rules.

        Raises ValueError for a field that there is not.

        >>> from lossary.losses import registry
        >>> registry.search("mae")
        ['absolute_error']
        """
        if family is not None and family not in self.fields():
            raise ValueError(f"there are losses for {', '.join(self.fields())}; got {family!r}")
        files = (*losses.LOSSES,) if family is None else losses.FIELDS.get(family, (family,))
        found = []
        for name, loss in self.items():
            known = loss.properties
            said = " ".join((name, *self.aliases(name), (loss.definition.__doc__ or "").strip().partition("\n")[0]))
            fits = word.lower().replace("-", "_") in said.lower().replace("-", "_") and self.family(name) in files
            if fits and (known.lipschitz is not None or not robust) and (known.convex is True or not convex):
                found += [name] if known.proper or not proper else []
        return found


registry = Registry()
"""Every built-in loss."""


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
    if place in registry:
        raise UsageError(
            f"parameters of {place} are passed apart from its name; got {name!r}; write --param {attribute}, or in Python "
            "parameters={…}"
        )
    if colon:
        return _find_own(place, attribute)
    if name in (other for names in losses.ELSEWHERE.values() for other in names):
        raise UsageError(
            f"{name!r} is a loss of a batch or of a linear layer, not of rows; call it in Python, as help(lossary.{name}) says"
        )
    if name not in registry and (said := said_of_figure(name)) is not None:
        raise UsageError(f"{name!r} is no loss: {said}")
    if name not in registry:
        hint = like_a_loss(name, [*registry, *losses.ALIASES]) or ";"
        raise UsageError(
            f"there is no loss {name!r}{hint} `lossary losses` lists all {len(registry)}; "
            "a loss of your own is named as path/to/file.py:name or module:name"
        )
    return registry[name]


def _find_own(place: str, attribute: str) -> Loss:
    module = load(place)
    if not hasattr(module, attribute):
        own = [key for key in dir(module) if isinstance(getattr(module, key, None), Loss)]
        raise UsageError(f"{place} has no {attribute!r}{nearest(attribute, own, 'its losses')}")
    found = getattr(module, attribute)
    if not isinstance(found, Loss):
        raise UsageError(
            f"{attribute!r} in {place} is a {type(found).__name__}, not a loss; "
            "decorate its definition with @lossary.pointwise, @lossary.softmax or @lossary.composed"
        )
    return found
