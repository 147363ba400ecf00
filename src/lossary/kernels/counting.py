"""What the samples of a batch weigh together: the divisor of a mean where some count more than others, or not at all."""

from __future__ import annotations

import functools
from dataclasses import dataclass

from lossary.kernels import memory
from lossary.kernels.native import Native, native
from lossary.kernels.task import Task
from lossary.kernels.template import chosen

_BLOCK = 16_384
_BLOCKS = ("take_next", "chunk_float64", "running", "add_chunk", "total_of")

_KERNEL = '''\
def kernel({arguments}):
    """Blocks of samples, until none is left."""
    parts, totals, lost = chunk_float64(), running(), running()
    while True:
        number = take_next(counter)
        start = number * {block}
        if start >= samples:
            return
        outside = False
        mislabelled = False  #? labelled
        for k in range(16):
            totals[k], lost[k] = 0.0, 0.0
        for first in range(start, min(start + {block}, samples), 256):
            count = min(256, samples - first)
            for k in range(count):
                i = first + k
                counts = True
                weight_i = 1.0
                counts = where[i] != 0  #? masked
                weight_i = float64({weight})  #? weighted
                label = int64(target[i])  #? labelled
                counts = counts & (label != ignored)  #? labelled & ignoring
                known = (label >= 0) & (label < classes)  #? labelled
                mislabelled = mislabelled | (counts & (not known))  #? labelled
                weight_i *= float64(class_weight[label if known else 0])  #? class_weighted
                outside = outside | (counts & ((not weight_i >= 0.0) | (weight_i == inf)))  #? weighted | class_weighted
                parts[k] = weight_i if counts else 0.0
            for k in range(count, 256):
                parts[k] = 0.0
            add_chunk(parts, totals, lost)
        sums[number] = total_of(totals, lost)
        flags[number] = float64(outside)  #? !labelled
        flags[number] = 2.0 if mislabelled else float64(outside)  #? labelled
'''


@dataclass(frozen=True)
class Counting:
    """What decides how much a sample counts: its label, its weight, a mask, the weight of its class."""

    precision: str
    target: str | None
    """The dtype of the labels, where they decide."""
    weight: str | None
    masked: bool
    ignoring: bool
    class_weighted: bool

    def _arrays(self) -> dict[str, str]:
        arrays = {"target": self.target, "weight": self.weight, "where": "bool" if self.masked else None}
        arrays["class_weight"] = self.precision if self.class_weighted else None
        return {name: dtype for name, dtype in arrays.items() if dtype is not None}

    def reads(self) -> tuple[str, ...]:
        """The arrays that it reads, in this order."""
        return tuple(self._arrays())

    def arguments(self) -> dict[str, str]:
        """The names and types of the kernel's arguments."""
        found = {name: memory.pointer(dtype) for name, dtype in self._arrays().items()}
        found |= {**memory.SHARED, **dict.fromkeys(("samples", "classes", "ignored"), "int64")}
        return found | {"share": "float64"}

    @functools.cached_property
    def source(self) -> str:
        """The kernel as Python that Numba compiles."""
        flags = {
            "labelled": self.target is not None,
            "weighted": self.weight is not None,
            "masked": self.masked,
            "ignoring": self.ignoring,
            "class_weighted": self.class_weighted,
        }
        weight = memory.read(self.weight, "weight[i]") if self.weight else ""
        body = chosen(_KERNEL, flags).format(arguments=", ".join(self.arguments()), block=_BLOCK, weight=weight)
        dtypes = [self.weight] if self.weight else []
        return "\n\n".join([memory.header(self.precision, (), *dtypes, blocks=_BLOCKS), body])

    @functools.cached_property
    def native(self) -> Native | None:
        """The kernel as machine code; None where it cannot be had."""
        return native(self.source, tuple(self.arguments().values()), "the weight of a batch")


@functools.cache
def _compiled(kernel: Counting) -> Native | None:
    return kernel.native


def task(kernel: Counting, samples: int, classes: int, ignored: int) -> Task | None:
    """The kernel for so many samples; its result is their weight, flagged like that of any kernel. None if it cannot be had."""
    function = _compiled(kernel)
    return None if function is None else Task(function, (samples, classes, ignored), -(-samples // _BLOCK), samples * 0.5)
