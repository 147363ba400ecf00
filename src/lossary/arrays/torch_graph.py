"""Nodes as torch.compile sees them: calls of plain functions of tensors and constants."""

from __future__ import annotations

from typing import Any

import torch

from lossary.arrays.nodes import run_node


@torch.compiler.allow_in_graph
def in_graph(key: int, arguments: tuple[Any, ...], names: tuple[str, ...], values: tuple[Any, ...]) -> Any:
    """A whole function as one node of a graph; ``torch.compile`` takes plain functions of tensors and constants only."""
    return run_node(key, arguments, names, values)


@torch.compiler.disable
def out_of_graph(key: int, arguments: tuple[Any, ...], names: tuple[str, ...], values: tuple[Any, ...]) -> Any:
    """A whole function, which the compiler leaves alone."""
    return run_node(key, arguments, names, values)
