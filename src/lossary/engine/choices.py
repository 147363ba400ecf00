"""Choices: parameters of a loss that are words. Each combination of words has a formula, kernels and plans of its own."""

from __future__ import annotations

import functools
from abc import ABC
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast

from lossary.formula.reading import ChoiceValue
from lossary.names import wrong_choice

C = TypeVar("C", bound="Choosing")
M = TypeVar("M", bound=Callable[..., Any])


class Choosing(ABC):
    """A loss as far as its choices go: it is the loss of the default words, and has those of other words made."""

    __name__: str
    choices: Mapping[str, tuple[ChoiceValue, ...]] = {}
    """The parameters that are words, or True and False, with all that each may be, the default first."""
    _make: Callable[[dict[str, ChoiceValue]], Any]
    _made: dict[tuple[ChoiceValue, ...], Any]
    origin: tuple[Any, tuple[ChoiceValue, ...]] | None = None
    """The loss that was asked for words and the words of which this is the loss, or None if it is no such loss."""

    def offer(self: C, choices: Mapping[str, tuple[ChoiceValue, ...]], make: Callable[[dict[str, ChoiceValue]], C]) -> C:
        """Let calls choose words, of which ``make`` returns the loss; return this loss, which is that of the defaults."""
        self.choices, self._make = choices, make
        self._made = {tuple(words[0] for words in choices.values()): self}
        return self

    @property
    def choice_names(self) -> tuple[str, ...]:
        """The names of the choices that a user of the loss has."""
        return tuple(self.origin[0].choices if self.origin else self.choices)

    def choose(self: C, options: Mapping[str, Any]) -> tuple[C, dict[str, Any]]:
        """Return the loss of the words among these options, and the other options."""
        rest = dict(options)
        if self.choices.keys().isdisjoint(rest):
            return self, rest
        chosen = {name: rest.pop(name, words[0]) for name, words in self.choices.items()}
        for name, word in chosen.items():
            if not isinstance(word, type(self.choices[name][0])) or word not in self.choices[name]:
                raise wrong_choice(self.__name__, name, word, self.choices[name])
        return self.of_words(*chosen.values()), rest

    def word_of(self, name: str, text: str) -> ChoiceValue:
        """Return the word of a choice that a text says: "true" and "false" are True and False where these are meant."""
        flag = isinstance(self.choices[name][0], bool)
        return {"true": True, "false": False}.get(text.lower(), text) if flag else text

    def of_words(self: C, *words: ChoiceValue) -> C:
        """Return the loss of these words, one for each choice."""
        if not self.choices:
            return self
        if words not in self._made:
            made = self._made[words] = self._make(dict(zip(self.choices, words, strict=True)))
            made.origin = self, words
        found: C = self._made[words]
        return found


def by_choice(method: M) -> M:
    """Return a method that the loss of the words among its options carries out."""

    @functools.wraps(method)
    def call(self: Any, *arguments: Any, **options: Any) -> Any:
        if self.choices:
            self, options = self.choose(options)
        return method(self, *arguments, **options)

    return cast("M", call)


def restore_choice(loss: C, words: tuple[ChoiceValue, ...]) -> C:
    """Return the loss of these words, one for each choice."""
    return loss.of_words(*words)
