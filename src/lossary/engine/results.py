"""The named tuples that calls with ``returns=`` give, and the gradients and predictions of losses of several predictions."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np


def result_type(returns: tuple[str, ...]) -> Any:
    """Return the class of named tuples of a cost and of what was asked for beside it."""
    return _type("Result", ("loss", *returns))


def as_gradient(predictions: tuple[str, ...], gradients: Sequence[Any]) -> Any:
    """Return the gradient of a lone prediction as it is, and those of several as a named tuple."""
    return gradients[0] if len(predictions) == 1 else _type("Gradient", predictions)(*gradients)


def as_prediction(names: tuple[str, ...], values: Sequence[Any]) -> Any:
    """Return a lone prediction as it is, and several as a named tuple, of which ``numpy.asarray`` makes the last axis."""
    return values[0] if len(names) == 1 else _type("Prediction", names)(*values)


@cache
def _type(name: str, fields: tuple[str, ...]) -> Any:
    """Return a class of named tuples that no module names, but that is picklable."""
    make: Any = namedtuple
    kind = make(name, fields)
    kind.__reduce__ = lambda self: (_make, (name, fields, tuple(self)))
    if name == "Prediction":
        kind.__array__ = _by_sample
    return kind


def _by_sample(predictions: Any, dtype: Any = None, copy: bool | None = None) -> Any:
    """Return predictions as an array of rows, one a sample: scikit-learn's cross_val_predict puts these together."""
    return np.stack([np.asarray(x, dtype) for x in predictions], axis=-1)


def _make(name: str, fields: tuple[str, ...], values: tuple[Any, ...]) -> Any:
    return _type(name, fields)(*values)
