"""Public functions as single nodes in graphs of ``torch.compile``."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import numpy as np

from lossary.arrays.nodes import add_node

P = ParamSpec("P")
R = TypeVar("R")


def as_graph_node(function: Callable[P, R], apart: Callable[P, bool] | None = None, *, quiet: bool = True) -> Callable[P, R]:
    """Return the function as one node in graphs of ``torch.compile``, which the compiler opens later.

    Calls for which ``apart`` returns true are not compiled: the graph ends before them. With ``quiet``,
    NumPy warns of no overflow and the like, whatever ``numpy.seterr`` says.
    """
    if quiet:
        function = np.errstate(all="ignore")(function)
    key = add_node(function)

    @functools.wraps(function)
    def call(*arguments: P.args, **options: P.kwargs) -> R:
        torch = sys.modules.get("torch")
        if torch is None or not torch.compiler.is_compiling():
            return function(*arguments, **options)
        from lossary.arrays.torch_graph import in_graph, out_of_graph

        if apart is not None and apart(*arguments, **options):
            result_apart: R = out_of_graph(key, arguments, tuple(options), tuple(options.values()))
            return result_apart
        result: R = in_graph(key, arguments, tuple(options), tuple(options.values()))
        return result

    return call
