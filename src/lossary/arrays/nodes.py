"""Functions that enter a graph of ``torch.compile`` as one node each, by number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_nodes: list[Callable[..., Any]] = []


def add_node(function: Callable[..., Any]) -> int:
    """Keep a function as a node, and return its number."""
    _nodes.append(function)
    return len(_nodes) - 1


def run_node(key: int, arguments: tuple[Any, ...], names: tuple[str, ...], values: tuple[Any, ...]) -> Any:
    """Call the function of a node."""
    return _nodes[key](*arguments, **dict(zip(names, values, strict=True)))
