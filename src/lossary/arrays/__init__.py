"""Whose arrays come in and go out. Each module here gives the same functions for one library's arrays.

The code in ``loss.py`` and ``reduction.py`` is written once against these functions:

==================  =====================================================================================
``array``           any accepted input as this library's array, or a clear TypeError
``one_device``      raises where arrays are on several devices
``kind``            "float", "integer" or "bool"
``compute_dtype``   the dtype to compute in: the widest float given, never half precision
``cast``            to another dtype
``scalar``          a result, an array or a number, in a dtype
``is_half``         whether a dtype is half precision; ``eps`` is the machine epsilon of one
``signed``          whether integers have a sign; ``class_index`` makes them indices of ``index_dtype``
``full``            an array of one value, of the dtype of another
``move_axis``       an axis to another place; ``expand`` puts in one of length 1
``take``            one element a row, by index; ``one_hot`` the rows that would pick them
``add_up``          sums along axes; ``multiply`` and ``divide`` are quiet about overflow and NaN
``evaluate``        a formula of arrays and numbers; differentiable, with derived derivatives of any order
``log_softmax``     along the last axis; differentiable, exact for confident rows; ``log_normalizer`` is what it subtracts
``top_and_others``  the largest number of each row, and Σ e^(z - top) of all but one at the top
``weighed``         rows of numbers a class, times one vector of them
``total``           the sum of everything in float64, over blocks of fixed size
``readable``        whether the values can be looked at now (not while tracing or on a GPU)
``learned``         whether an array may be one that is differentiated, as far as can be told
``gradient``        of a plain function, by the library's own means (composed losses only)
==================  =====================================================================================
"""

from __future__ import annotations

import functools
import math
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any, ParamSpec, TypeVar

import numpy as np

from lossary.arrays.real import check_indexes

P = ParamSpec("P")
R = TypeVar("R")
_nodes: list[Callable[..., Any]] = []
_backends: dict[type, Any] = {}


def name_of(*values: Any) -> str:
    """The library whose arrays are among the values; torch and JAX are recognised, never imported to look."""
    torch, jax = sys.modules.get("torch"), sys.modules.get("jax")
    if torch is not None and any(isinstance(value, torch.Tensor) for value in values):
        return "torch"
    if jax is not None and any(isinstance(value, jax.Array) for value in values):
        return "jax"
    return "numpy"


def of(*values: Any) -> Any:
    """The backend for these values."""
    kinds = {*map(type, values)}
    if len(kinds) == 1:  # by far the most calls
        (kind,) = kinds
        backend = _backends.get(kind)
        if backend is None:
            backend = import_module(f"lossary.arrays.{name_of(*values)}")
            if kind.__module__ in ("numpy", "torch"):
                _backends[kind] = backend
            else:
                check_indexes(*values)
        return backend
    return import_module(f"lossary.arrays.{name_of(*values)}")


def one_node(function: Callable[P, R], apart: Callable[P, bool] | None = None, *, quiet: bool = True) -> Callable[P, R]:
    """The function, entering a graph of ``torch.compile`` as one call, whose operations only the compiler then looks into.

    Calls for which ``apart`` says so are not compiled: the graph ends before them, and another begins behind. With ``quiet``,
    NumPy warns of no overflow and the like, whatever ``numpy.seterr`` says.
    """
    if quiet:
        function = np.errstate(all="ignore")(function)
    key = len(_nodes)
    _nodes.append(function)

    @functools.wraps(function)
    def call(*arguments: P.args, **options: P.kwargs) -> R:
        torch = sys.modules.get("torch")
        if torch is None or not torch.compiler.is_compiling():
            return function(*arguments, **options)
        from lossary.arrays.torch import in_graph, out_of_graph

        if apart is not None and apart(*arguments, **options):
            result_apart: R = out_of_graph(key, arguments, tuple(options), tuple(options.values()))
            return result_apart
        result: R = in_graph(key, arguments, tuple(options), tuple(options.values()))
        return result

    return call


def from_top(xp: Any, z: Any, top: Any) -> Any:
    """z - top, and 0 where the two are one infinity, as it is for all other equal numbers."""
    return xp.where(z == top[..., None], 0, z - top[..., None])


def on_last_axis(x: Any, axes: int) -> Any:
    """Numbers along the last of so many axes; JAX need not add them, which its users may forbid (jax_numpy_rank_promotion)."""
    return x.reshape((*[1] * (axes - 1), -1))


def others_of_softmax(xp: Any, top: Any, others: Any) -> Any:
    """Σ e^(z - top) of all but one at the top; NaN where a row has no softmax: it is -∞ throughout, or ∞ twice."""
    return xp.where((top > -math.inf) & ((top < math.inf) | (others == 0)), others, math.nan)


def run_node(key: int, arguments: tuple[Any, ...], names: tuple[str, ...], values: tuple[Any, ...]) -> Any:
    """What a node of a graph stands for."""
    return _nodes[key](*arguments, **dict(zip(names, values, strict=True)))
