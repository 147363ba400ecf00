"""A kernel that sums the weights of a batch: the divisor of a mean whose samples are weighted or masked."""

from __future__ import annotations

import functools
from dataclasses import dataclass

from lossary.kernels import memory
from lossary.kernels.code import Code
from lossary.kernels.native import Native, native
from lossary.kernels.sizes import CHUNK, RUNNING
from lossary.kernels.task import Task

_BLOCK = 16_384
_FUNCTIONS = ("take_next", "chunk_float64", "running", "add_chunk", "total_of")


@dataclass(frozen=True)
class Counting:
    """The arrays that decide how much a sample counts: its label, its weight, a mask, the weight of its class."""

    precision: str
    target: str | None
    """The dtype of the labels, or None if they do not matter."""
    weight: str | None
    masked: bool
    ignoring: bool
    class_weighted: bool

    def _arrays(self) -> dict[str, str]:
        arrays = {"target": self.target, "weight": self.weight, "where": "bool" if self.masked else None}
        arrays["class_weight"] = self.precision if self.class_weighted else None
        return {name: dtype for name, dtype in arrays.items() if dtype is not None}

    def reads(self) -> tuple[str, ...]:
        """Return the names of the arrays that the kernel reads, in order."""
        return tuple(self._arrays())

    def arguments(self) -> dict[str, str]:
        """Return the names and types of the kernel's arguments."""
        found = {name: memory.pointer(dtype) for name, dtype in self._arrays().items()}
        found |= {**memory.SHARED, **dict.fromkeys(("samples", "classes", "ignored"), "int64")}
        return found | {"share": "float64"}

    @functools.cached_property
    def source(self) -> str:
        """The kernel as Python that Numba compiles."""
        dtypes = [self.weight] if self.weight else []
        header = memory.header(self.precision, (), *dtypes, blocks=_FUNCTIONS)
        code = Code()
        with code.block(f"def kernel({', '.join(self.arguments())})"):
            code('"""Blocks of samples, until none is left."""', "parts, totals, lost = chunk_float64(), running(), running()")
            with code.turns("number = take_next(counter)", f"start = number * {_BLOCK}", end="start >= samples"):
                code("outside = False")
                if self.target:
                    code("mislabelled = False")
                with code.block(f"for k in range({RUNNING})"):
                    code("totals[k], lost[k] = 0.0, 0.0")
                with code.block(f"for first in range(start, min(start + {_BLOCK}, samples), {CHUNK})"):
                    code(f"count = min({CHUNK}, samples - first)")
                    with code.block("for k in range(count)"):
                        self._sample(code)
                    with code.block(f"for k in range(count, {CHUNK})"):
                        code("parts[k] = 0.0")
                    code("add_chunk(parts, totals, lost)")
                code("sums[number] = total_of(totals, lost)")
                code("flags[number] = " + ("2.0 if mislabelled else float64(outside)" if self.target else "float64(outside)"))
        return "\n\n".join([header, str(code)])

    def _sample(self, code: Code) -> None:
        """Write the lines that compute the weight of one sample."""
        code("i = first + k", "counts = True", "weight_i = 1.0")
        if self.masked:
            code("counts = where[i] != 0")
        if self.weight:
            code(f"weight_i = float64({memory.read(self.weight, 'weight[i]')})")
        if self.target:
            code("label = int64(target[i])")
            if self.ignoring:
                code("counts = counts & (label != ignored)")
            code("known = (label >= 0) & (label < classes)", "mislabelled = mislabelled | (counts & (not known))")
        if self.class_weighted:
            code("weight_i *= float64(class_weight[label if known else 0])")
        if self.weight or self.class_weighted:
            code("outside = outside | (counts & ((not weight_i >= 0.0) | (weight_i == inf)))")
        code("parts[k] = weight_i if counts else 0.0")

    @functools.cached_property
    def native(self) -> Native | None:
        """The kernel as machine code, or None if it is unavailable."""
        return native(self.source, tuple(self.arguments().values()), "the weight of a batch")


@functools.cache
def _compiled(kernel: Counting) -> Native | None:
    return kernel.native


def task(kernel: Counting, samples: int, classes: int, ignored: int) -> Task | None:
    """Return the kernel for a number of samples, or None if kernels are unavailable; its result is their total weight."""
    function = _compiled(kernel)
    return None if function is None else Task(function, (samples, classes, ignored), -(-samples // _BLOCK), samples * 0.5)
