"""The options of a loss's calls: read, checked, and remembered where they are plain numbers and words."""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from lossary.arrays import select
from lossary.arrays.protocol import ArrayBackend
from lossary.engine.call import Extra, Options, changed
from lossary.engine.choices import Choosing
from lossary.engine.reduction import EMPTY, REDUCTIONS, Reduction
from lossary.formula.domains import Interval
from lossary.formula.formulas import Formulas
from lossary.formula.numbers import check_number, is_array
from lossary.names import unknown_option, wrong_choice

COMMON: dict[str, Any] = {
    "weight": None,
    "where": None,
    "axis": None,
    "reduction": "mean",
    "normalizer": None,
    "empty": "nan",
    "check": True,
}
_REMEMBERED = 256
"""Checked options that a loss remembers; then it forgets all and starts anew."""
_ARRAYS = frozenset({"weight", "where", "class_weight"})
"""Options that are arrays."""
_PLAIN = frozenset({str, int, float, bool, type(None)})
"""Types of options that need no arrays to be read."""


class OptionReader(Choosing):
    """A loss as far as its options go."""

    kind: str
    formulas: Formulas
    inputs: tuple[str, ...]
    """What a call takes by position: predictions, then what is observed, and last the target if there is one."""
    predictions: tuple[str, ...]
    """The inputs that get a gradient."""
    extra_options: Mapping[str, Any] = {}
    """Options beside the common ones that this kind of loss has, with their defaults."""

    def __init__(self) -> None:
        self._remembered: dict[Any, Options] = {}

    def read_options(self, options: dict[str, Any]) -> Options:
        """Return options, checked as far as that takes no arrays; remembered where all are plain numbers and words."""
        types_ = tuple(map(type, options.values()))
        if not _PLAIN.issuperset(types_):
            arrays = {name: value for name, value in options.items() if type(value) not in _PLAIN and not _is_words(value)}
            others = {name: x for name, x in arrays.items() if name not in self._array_options}
            of_samples = {name: x for name, x in others.items() if name in self.formulas.parameters and _is_listed(x)}
            if len(of_samples) < len(others):
                return self._check(options, plain=False, parameter_arrays=tuple(of_samples))
            if arrays:
                plain = OptionReader.read_options(self, {name: x for name, x in options.items() if name not in arrays})
                class_weight, extra = arrays.get("class_weight"), plain.extra
                return changed(
                    plain,
                    plain=False,
                    parameters={**plain.parameters, **of_samples} if of_samples else plain.parameters,
                    parameter_arrays=tuple(of_samples),
                    extra=extra if class_weight is None else changed(extra, class_weight=class_weight),
                    weight=arrays.get("weight"),
                    where=arrays.get("where"),
                )
        key = (*options.items(), types_)  # with the types, because 1 == True
        checked = self._remembered.get(key)
        if checked is None:
            checked = self._check(options, plain=True)
            if len(self._remembered) >= _REMEMBERED:  # a divisor, say, may be another number at every call
                self._remembered.clear()
            self._remembered[key] = checked
        return checked

    @cached_property
    def _array_options(self) -> frozenset[str]:
        """The options that are arrays, besides parameters."""
        return _ARRAYS.intersection(self.known_options())

    @cached_property
    def without_options(self) -> Options:
        """The options of a call that names none."""
        return self.read_options({})

    def _check(self, options: dict[str, Any], *, plain: bool, parameter_arrays: tuple[str, ...] = ()) -> Options:
        known = self.known_options()
        self.refuse_unknown(options)
        read = {**known, **options}
        self.check_choice("reduction", read["reduction"], REDUCTIONS)
        self.check_choice("empty", read["empty"], EMPTY)
        if not isinstance(read["check"], (bool, type(None))):
            raise TypeError(f"{self.__name__}: check is True or False; got {read['check']!r}")
        if "given" in read:
            self.check_choice("given", read["given"], self.formulas.given)
        if read["normalizer"] is not None and read["reduction"] == "none":
            raise ValueError(
                f'{self.__name__}: normalizer= divides a sum, and reduction="none" makes none; leave one of them out'
            )
        read |= self.check_extra_options(read)
        if plain:
            for name in self.formulas.parameters.keys() - self.formulas.arrays.keys():
                read[name] = check_number(
                    f"{self.__name__}: {name}", read[name], self.formulas.intervals.get(name) or Interval()
                )
            if read["normalizer"] is not None:
                read["normalizer"] = check_number(f"{self.__name__}: normalizer", read["normalizer"], Interval(0.0))
        parameters = {name: read.pop(name) for name in self.formulas.parameters}
        reduction = Reduction(read.pop("reduction"), read.pop("normalizer"), read.pop("empty"))
        common = {name: read.pop(name) for name in ("weight", "where", "axis", "check")}
        plain = plain and common["weight"] is None and common["where"] is None  # one number is no array, but read as one
        return Options(
            plain=plain,
            key=object() if plain else None,
            parameters=parameters,
            reduction=reduction,
            extra=Extra(**read),
            parameter_arrays=parameter_arrays,
            **common,
        )

    def known_options(self) -> dict[str, Any]:
        """Return the options of a call with their defaults."""
        known = {**self.formulas.parameters, **self.extra_options, **COMMON}
        choices = self.formulas.given
        return {**known, "given": choices[0]} if choices else known

    def refuse_unknown(self, options: Mapping[str, Any]) -> None:
        """Raise for an option that this loss does not have."""
        known = self.known_options()
        for name in options:
            if name not in known:
                raise unknown_option(self.__name__, name, (*self.inputs, *known, *self.choice_names, "out"))

    def check_extra_options(self, options: dict[str, Any]) -> dict[str, Any]:
        """Return the options that only this kind of loss has, checked as far as that takes no arrays."""
        return {}

    def check_choice(self, name: str, value: Any, choices: tuple[str, ...]) -> None:
        """Raise unless an option is one of its choices."""
        if not isinstance(value, str) or value not in choices:
            raise wrong_choice(self.__name__, name, value, choices)

    def read_number(self, backend: ArrayBackend, name: str, value: Any, interval: Interval | None) -> Any:
        """Return a parameter or divisor: a plain number, or a 0-d array of torch or JAX; checked if its value can be read."""
        interval = interval or Interval()
        role = f"{self.__name__}: {name}"
        if not is_array(value) or not backend.differentiable:
            return check_number(role, value, interval)
        if select.name_of(value) != "numpy" and select.of(value) is not backend:
            got = f"{type(value).__name__} of {select.name_of(value)}"
            raise TypeError(f"{role} is a number, or an array of the prediction's library; got {got}; pass float({name})")
        # an array of torch or JAX may be learned or traced, so it stays one
        if value.ndim != 0:
            raise TypeError(f"{role} is one number; got an array of shape {tuple(value.shape)}")
        if backend.readable(value):
            check_number(role, value.item(), interval)
            return value
        return backend.xp.where(interval.outside(value), math.nan, value)

    def signature(self) -> inspect.Signature:
        """Return the signature of a call."""
        keyword, either = inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD
        options: dict[str, Any] = {**self.formulas.parameters}
        if self.formulas.given:
            options["given"] = self.formulas.given[0]
        options |= {name: words[0] for name, words in self.choices.items()}
        options |= {**self.extra_options, **COMMON}
        return inspect.Signature(
            [
                *(inspect.Parameter(name, either) for name in self.inputs),
                *(inspect.Parameter(name, keyword, default=default) for name, default in options.items()),
            ]
        )


def _is_listed(value: Any) -> bool:
    """Return whether an option is an array, a column or a list of numbers."""
    if hasattr(value, "ndim"):
        return bool(value.ndim)
    return hasattr(value, "__len__") and not isinstance(value, (str, bytes, dict))


def _is_words(value: Any) -> bool:
    """Return whether an option is a tuple of words."""
    return type(value) is tuple and all(type(word) is str for word in value)
