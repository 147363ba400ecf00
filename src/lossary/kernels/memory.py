"""The dtypes that kernels read and write, and the code that does it."""

from __future__ import annotations

from collections.abc import Collection

HALVES = ("float16", "bfloat16")
PRECISIONS = ("float32", "float64")
DTYPES = frozenset((*HALVES, *PRECISIONS, "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"))
"""The dtypes of arrays that kernels read. Half precision is read as bit patterns."""


def pointer(dtype: str) -> str:
    """Return the type of a pointer to numbers of a dtype."""
    return {"float16": "uint16*", "bfloat16": "uint16*", "bool": "uint8*"}.get(dtype, f"{dtype}*")


def read(dtype: str, text: str) -> str:
    """Return code that converts a number, as it was read, to the precision computed in."""
    return f"real(float32_from_{dtype}({text}))" if dtype in HALVES else f"real({text})"


def written(dtype: str, text: str) -> str:
    """Return code that converts a number to the form in which it is stored."""
    return f"{dtype}_from_float32({text})" if dtype in HALVES else text


def header(precision: str, called: Collection[str], *dtypes: str, blocks: Collection[str] = ("take_next",)) -> str:
    """Return the import lines of a kernel that calls these functions of ``math`` and ``blocks`` and uses these dtypes."""
    halves = sorted({name for d in dtypes if d in HALVES for name in (f"float32_from_{d}", f"{d}_from_float32")})
    lines = ["from math import inf, nan", "", "from numba import float32, float64, int64", ""]
    if blocks:
        lines.append(f"from lossary.kernels.blocks import {', '.join(sorted(blocks))}")
    if halves:
        lines.append(f"from lossary.kernels.half import {', '.join(halves)}")
    lines.append(f"from lossary.kernels.math import {', '.join(sorted({'exactly', *called}))}")
    return "\n".join([*lines, "", f"real = {precision}"])


SHARED = {"counter": "int64*", "workers": "int64*", "workspace": "float64*", "sums": "float64*", "flags": "float64*"}
"""The arguments that every kernel takes after its arrays; see ``task.py``."""
