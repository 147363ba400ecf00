"""How numbers lie in memory, by the name of their dtype, and how a kernel reads and writes them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

HALVES = ("float16", "bfloat16")
PRECISIONS = ("float32", "float64")
DTYPES = frozenset(
    (*HALVES, *PRECISIONS, "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
)
"""What kernels read; all but half precision as C has it, that as its bits."""


class Memory(NamedTuple):
    """Contiguous numbers: where they begin, and their dtype."""

    address: int
    dtype: str


def pointer(dtype: str) -> str:
    """The type of an address of such numbers."""
    return {"float16": "uint16*", "bfloat16": "uint16*", "bool": "uint8*"}.get(dtype, f"{dtype}*")


def read(dtype: str, text: str) -> str:
    """Code for a number read, in the precision computed in."""
    return f"real(float32_from_{dtype}({text}))" if dtype in HALVES else f"real({text})"


def written(dtype: str, text: str) -> str:
    """Code for a number as it is stored."""
    return f"{dtype}_from_float32({text})" if dtype in HALVES else text


def header(precision: str, called: Iterable[str], *dtypes: str, blocks: Iterable[str] = ("take_next",)) -> str:
    """The import lines of a kernel: the elementary functions called, the dtypes read and written, and parts of ``blocks``."""
    halves = sorted({name for d in dtypes if d in HALVES for name in (f"float32_from_{d}", f"{d}_from_float32")})
    lines = ["from math import inf", "", "from numba import float32, float64, int64, njit", ""]
    lines.append(f"from lossary.kernels.blocks import {', '.join(sorted(blocks))}")
    if halves:
        lines.append(f"from lossary.kernels.half import {', '.join(halves)}")
    called = list(called)
    below = sorted(w for w in called if "below" in w)
    if below: lines.append(f"from lossary.kernels.exp_below import {', '.join(below)}")
    if called:
        lines.append(f"from lossary.kernels.vector_math import {', '.join(sorted(set(called) - set(below)))}")
    return "\n".join([*lines, "", f"real = {precision}"])


class Scratch:
    """What a kernel's threads share: the counter of blocks, and for each block the sum of its losses and whether it is invalid."""

    def __init__(self, blocks: int) -> None:
        self._blocks = blocks
        self._numbers = np.zeros(8 + 2 * blocks)  # zero as a float and as an integer; the counter has a cache line of its own
        address: int = self._numbers.__array_interface__["data"][0]
        self.addresses = (address, address + 64, address + 64 + 8 * blocks)

    def result(self) -> tuple[float, bool]:
        """The sum over all blocks, and whether any was invalid."""
        sums = self._numbers[8 : 8 + self._blocks]
        return float(sums.sum()), bool(self._numbers[8 + self._blocks :].any())
