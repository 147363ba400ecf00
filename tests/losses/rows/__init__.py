"""The truth of each loss, one row a way of calling it; ``tests/losses/test_rows.py`` holds every loss to its rows."""

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import mpmath
import numpy as np

import lossary

MP = mpmath.mp.clone()
MP.dps = 60


@dataclass
class Row:
    """A loss, an independent computation of it, and numbers to try it with."""

    loss: str
    truth: Callable[..., Any]
    """The loss of one sample in mpmath: takes the sample's inputs by position, as numbers of ``MP`` (vectors as lists), whole
    numbers as int; and ``options`` by name.
    """
    inputs: Callable[[np.random.Generator], tuple[np.ndarray, ...]]
    """Some 20 samples, where the loss is smooth: the arrays of a call in the loss's order."""
    options: dict[str, Any] = field(default_factory=dict)
    bound: float = 16
    """How many units in the last place values and slopes may be off."""
    size: float = 0.0
    """Errors are in units in the last place of numbers of this size at least: of the terms that cancel."""

    def __str__(self):
        return ", ".join([self.loss, *(f"{name}={value}" for name, value in self.options.items())])


def all_rows():
    """Every row there is, in the order of the table of losses."""
    found = []
    for file in lossary.losses.LOSSES:
        try:
            found += import_module(f"tests.losses.rows.{file}").ROWS
        except ModuleNotFoundError as error:
            if error.name != f"tests.losses.rows.{file}":
                raise
    return found
