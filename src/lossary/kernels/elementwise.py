"""Element by element: loss and slope of every sample, and the sum of the losses, in one pass.

The elements are cut into blocks of a fixed size; threads take the next block from a shared counter. Each block's losses are
summed in float64 (losses of float64 in pairs, the rounding errors of the running sums being kept), then the blocks' sums
exactly: the result is within 2 ulp of the sum of the losses, and does not depend on how many threads there are.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

from lossary.formula.expression import Expression
from lossary.formula.languages.numba import Writer, own
from lossary.kernels import memory
from lossary.kernels.native import Native, native
from lossary.kernels.task import Task
from lossary.kernels.template import chosen

BLOCK = 8192
_AT_ONCE = 8
"""Blocks that a thread takes at once where there are many: memory is read faster in long stretches (a tenth, measured)."""

_COSTLY = {
    *("exp", "expm1", "log", "log1p", "log1mexp", "log_cosh", "log_gamma", "log_sigmoid", "power", "reciprocal_expm1"),
    *("sigmoid", "softplus", "tanh", "xlogy"),
}

_KERNEL = '''\
{header}

{functions}

def kernel({arguments}):
    """Blocks of samples, a few at a time, until none is left."""
    parts = chunk_{precision}()  #? summed
    totals, lost = running(), running()  #? summed & double
    blocks = (size + {block} - 1) // {block}
    while True:
        turn = take_next(counter) * at_once
        if turn >= blocks:
            return
        for number in range(turn, min(turn + at_once, blocks)):
            start = number * {block}
            stop = min(start + {block}, size)
            total, outside = 0.0, False
            for k in range(16):  #? summed & double
                totals[k], lost[k] = 0.0, 0.0  #? summed & double
            for first in range(start, stop, 256):
                count = min(256, stop - first)
                for k in range(count):
                    i = first + k
{body}
                for k in range(count):  # a loop of its own, so that its order is the same in every kernel  #? summed & !double
                    total += float64(parts[k])  # which has digits enough for float32  #? summed & !double
                for k in range(count, 256):  #? summed & double
                    parts[k] = real(0)  #? summed & double
                add_chunk(parts, totals, lost)  #? summed & double
            total = total_of(totals, lost)  #? summed & double
            sums[number] = total
            flags[number] = float64(outside)
'''


@dataclass(frozen=True, eq=False)
class Elementwise:
    """What a kernel computes, and of what: all that its source is made of."""

    name: str
    """Of the loss, for messages."""
    precision: str
    loss: Expression | None
    slope: Expression | None
    """Formulas of one sample, of the symbols in ``arrays`` and ``numbers``; None for what nobody asked for."""
    invalid: Expression | None
    """A condition that no sample may meet; None where there is none to check."""
    arrays: tuple[tuple[str, str], ...]
    """The symbols that come as arrays, with the dtypes that they are stored in."""
    numbers: tuple[str, ...]
    masked: bool
    """Whether there is an array ``where`` of booleans; a sample where it is false has loss and slope 0."""
    reduced: bool
    """Whether the losses are summed and the slopes multiplied by ``share``; else both are stored as they are."""
    stored: tuple[str, str]
    """The dtypes that losses and slopes are stored in."""

    def arguments(self) -> dict[str, str]:
        """The names and types of the kernel's arguments."""
        found = {name: memory.pointer(dtype) for name, dtype in self.arrays}
        if self.masked:
            found["where"] = "uint8*"
        if self.loss is not None and not self.reduced:
            found["losses"] = memory.pointer(self.stored[0])
        if self.slope is not None:
            found["slopes"] = memory.pointer(self.stored[1])
        found |= {**memory.SHARED, "size": "int64", "at_once": "int64"}
        return found | dict.fromkeys((*map(own, self.numbers), "share"), self.precision)

    @functools.cached_property
    def source(self) -> str:
        """The kernel as Python that Numba compiles."""
        writer = Writer()
        inputs = [name for name, _ in self.arrays]
        formulas = {"loss": self.loss, "slope": self.slope}
        asked = {name: formula for name, formula in formulas.items() if formula is not None}
        functions = [writer.function("sample", inputs, self.numbers, asked, self.precision)]
        lines = [f"{name}_i = {memory.read(dtype, f'{name}[i]')}" for name, dtype in self.arrays]
        given = ", ".join((*(f"{name}_i" for name in inputs), *map(own, self.numbers)))
        lines += [f"{', '.join(asked)} = sample({given})"]
        if self.masked:
            writer.called.add("select")
            lines += ["counts = where[i] != 0", *(f"{name} = select(counts, {name}, real(0))" for name in asked)]
        if self.invalid is not None:
            asked = {"whether it is invalid": self.invalid}
            functions.append(writer.function("invalid", inputs, self.numbers, asked, self.precision))
            lines += [f"outside = outside | {'counts & ' * self.masked}invalid({given})"]
        if self.loss is not None:
            # + 0: no loss of -0
            kept = memory.written(self.stored[0], "loss + real(0)")
            lines += ["parts[k] = loss" if self.reduced else f"losses[i] = {kept}"]
        if self.slope is not None:
            lines += [f"slopes[i] = {memory.written(self.stored[1], 'share * slope' if self.reduced else 'slope')}"]
        summed = self.loss is not None and self.reduced
        dtypes = (*(dtype for _, dtype in self.arrays), *self.stored)
        double = self.precision == "float64"
        blocks = {"take_next", *([f"chunk_{self.precision}"] if summed else [])}
        if summed and double:
            blocks |= {"running", "add_chunk", "total_of"}
        return chosen(_KERNEL, {"summed": summed, "double": double}).format(
            precision=self.precision,
            header=memory.header(self.precision, writer.called, *dtypes, blocks=blocks),
            functions="\n\n".join(functions),
            arguments=", ".join(self.arguments()),
            block=BLOCK,
            body="\n".join(f"                    {line}" for line in lines),
        )

    @functools.cached_property
    def nanoseconds(self) -> float:
        """What a sample takes, roughly (measured with AVX-512): memory, and the elementary functions."""
        nodes = {node for formula in (self.loss, self.slope) if formula is not None for node in formula.walk()}
        functions = sum(node.head in _COSTLY for node in nodes)
        return 0.25 + 0.2 * functions if self.precision == "float32" else 0.5 + 0.6 * functions

    @functools.cached_property
    def native(self) -> Native | None:
        """The kernel as machine code; None where it cannot be had."""
        return native(self.source, tuple(self.arguments().values()), self.name)


def task(kernel: Elementwise, size: int, numbers: Sequence[float]) -> Task | None:
    """The kernel for so many samples, and its numbers; None where it cannot be had."""
    if kernel.native is None:
        return None
    blocks = -(-size // BLOCK)
    at_once = _AT_ONCE if blocks > 16 * _AT_ONCE else 1
    may_refuse = kernel.invalid is not None
    return Task(kernel.native, (size, at_once, *numbers), blocks, size * kernel.nanoseconds, may_refuse=may_refuse)
