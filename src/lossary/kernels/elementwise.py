"""Elementwise kernels: loss and slopes of every sample, and the sum of the losses, in one pass.

The elements are cut into blocks of a fixed size; threads take the next block from a shared counter. The losses of a block are
summed in float64; float64 losses in pairs, with the rounding errors of the running sums. The sums of the blocks are added
exactly. The result is within 2 ulp of the sum of the losses and does not depend on the number of threads.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

from lossary.formula.expression import Expression
from lossary.formula.languages.numba import Writer, name_in_kernel
from lossary.kernels import memory
from lossary.kernels.code import Code
from lossary.kernels.native import Native, native
from lossary.kernels.sizes import CHUNK, RUNNING
from lossary.kernels.task import Task
from lossary.kernels.words import WORDS

BLOCK = 8192
_AT_ONCE = 8
"""Blocks that a thread takes at once if there are many: long stretches of memory are read faster (by a tenth, measured)."""

_COSTLY = {
    *("exp", "expm1", "log", "log1p", "log1pmx", "log1mexp", "log_cosh", "log_sigmoid", "power", "reciprocal_expm1"),
    *("arctan", "arctan2", "cos", "sigmoid", "sin", "softplus", "tanh", "xlogy"),
    *(
        "boxcox",
        "boxcox1p",
        "digamma",
        "erf",
        "erfc",
        "gaussian",
        "log_gamma",
        "log_ndtr",
        "log_ndtr_curvature",
        "log_ndtr_slope",
    ),
    *("log_softplus", "log_softplus_slope", "logaddexp", "polygamma"),
}


@dataclass(frozen=True, eq=False)
class Elementwise:
    """The formulas and array types that the source of an elementwise kernel depends on."""

    name: str
    """The name of the loss, for messages."""
    precision: str
    loss: Expression | None
    """The formula of one sample in the symbols of ``arrays`` and ``numbers``, or None if it is not requested."""
    slopes: tuple[Expression, ...]
    """Its derivatives in the predictions; empty if they are not requested."""
    invalid: Expression | None
    """A condition that holds for invalid samples, or None if nothing is checked."""
    arrays: tuple[tuple[str, str], ...]
    """The symbols that are arrays, with their dtypes."""
    numbers: tuple[str, ...]
    masked: bool
    """Whether there is a mask ``where``; samples for which it is false have loss and slope 0."""
    reduced: bool
    """Whether losses are summed and slopes multiplied by ``share``; else both are stored as they are."""
    stored: tuple[str, ...]
    """The dtypes of stored losses, and of the slopes in each prediction."""
    by_reciprocals: bool = False
    """Whether quotients by the same number are products with its reciprocal, an ulp further off."""

    def arguments(self) -> dict[str, str]:
        """Return the names and types of the kernel's arguments."""
        found = {name_in_kernel(name): memory.pointer(dtype) for name, dtype in self.arrays}
        if self.masked:
            found["where"] = "uint8*"
        if self.loss is not None and not self.reduced:
            found["losses"] = memory.pointer(self.stored[0])
        for name, dtype in zip(self._slope_arrays, self.stored[1:], strict=False):
            found[name] = memory.pointer(dtype)
        found |= {**memory.SHARED, "size": "int64", "at_once": "int64"}
        return found | dict.fromkeys((*map(name_in_kernel, self.numbers), "share"), self.precision)

    @functools.cached_property
    def source(self) -> str:
        """The kernel as Python that Numba compiles."""
        writer = Writer(WORDS)
        functions = self._functions(writer)
        called = {*writer.called, *(["select"] if self.masked else ())}
        blocks = {"take_next"}
        if self._summed:
            blocks |= {f"chunk_{self.precision}", *(("running", "add_chunk", "total_of") if self._double else ())}
        dtypes = (*(dtype for _, dtype in self.arrays), *self.stored)
        header = memory.header(self.precision, called, *dtypes, blocks=blocks)
        return "\n\n".join([header, *functions, self._kernel()])

    @property
    def _summed(self) -> bool:
        return self.loss is not None and self.reduced

    @property
    def _double(self) -> bool:
        return self.precision == "float64"

    def _functions(self, writer: Writer) -> list[str]:
        """Write the formulas as functions of one sample."""
        inputs = [name for name, _ in self.arrays]
        fast = self.by_reciprocals
        functions = [writer.function("sample", inputs, self.numbers, self._formulas, self.precision, by_reciprocals=fast)]
        if self.invalid is not None:
            functions.append(writer.function("invalid", inputs, self.numbers, {"invalid": self.invalid}, self.precision))
        return functions

    @property
    def _formulas(self) -> dict[str, Expression]:
        loss = {} if self.loss is None else {"loss": self.loss}
        return loss | dict(zip(self._slope_names, self.slopes, strict=True))

    @property
    def _slope_names(self) -> list[str]:
        """The names of the slopes, in the order of the predictions."""
        return ["slope"] if len(self.slopes) == 1 else [f"slope_{i}" for i in range(len(self.slopes))]

    @property
    def _slope_arrays(self) -> list[str]:
        """The names of the arrays for slopes, in the order of the predictions."""
        return [name.replace("slope", "slopes") for name in self._slope_names]

    def _kernel(self) -> str:
        """Write the function ``kernel``: blocks of samples, a few at a time, until none is left."""
        summed, code = self._summed, Code()
        with code.block(f"def kernel({', '.join(self.arguments())})"):
            code('"""Blocks of samples, a few at a time, until none is left."""')
            if summed:
                code(f"parts = chunk_{self.precision}()")
                if self._double:
                    code("totals, lost = running(), running()")
            code(f"blocks = (size + {BLOCK} - 1) // {BLOCK}")
            with (
                code.turns("turn = take_next(counter) * at_once", end="turn >= blocks"),
                code.block("for number in range(turn, min(turn + at_once, blocks))"),
            ):
                code(f"start = number * {BLOCK}", f"stop = min(start + {BLOCK}, size)", "total, outside = 0.0, False")
                if summed and self._double:
                    with code.block(f"for k in range({RUNNING})"):
                        code("totals[k], lost[k] = 0.0, 0.0")
                with code.block(f"for first in range(start, stop, {CHUNK})"):
                    code(f"count = min({CHUNK}, stop - first)")
                    with code.block("for k in range(count)"):
                        self._sample(code)
                    if summed:
                        self._add_chunk(code)
                if summed and self._double:
                    code("total = total_of(totals, lost)")
                code("sums[number] = total", "flags[number] = float64(outside)")
        return str(code)

    def _sample(self, code: Code) -> None:
        """Write the lines that compute one sample."""
        code(
            "i = first + k",
            *(
                f"one_{name_in_kernel(name)} = {memory.read(dtype, f'{name_in_kernel(name)}[i]')}"
                for name, dtype in self.arrays
            ),
        )
        arguments = ", ".join((*(f"one_{name_in_kernel(name)}" for name, _ in self.arrays), *map(name_in_kernel, self.numbers)))
        code(f"{', '.join(self._formulas)} = sample({arguments})")
        if self.masked:
            code("counts = where[i] != 0", *(f"{name} = select(counts, {name}, real(0))" for name in self._formulas))
        if self.invalid is not None:
            code(f"outside = outside | {'counts & ' if self.masked else ''}invalid({arguments})")
        if self.loss is not None:
            stored = memory.written(self.stored[0], "loss + real(0)")  # + 0: no loss of -0
            code("parts[k] = loss" if self.reduced else f"losses[i] = {stored}")
        for name, array, dtype in zip(self._slope_names, self._slope_arrays, self.stored[1:], strict=False):
            slope = f"share * {name}" if self.reduced else name
            code(f"{array}[i] = {memory.written(dtype, slope)}")

    def _add_chunk(self, code: Code) -> None:
        """Add the losses of a chunk, in a loop of its own, so that the order is the same in every kernel."""
        if self._double:
            with code.block(f"for k in range(count, {CHUNK})"):
                code("parts[k] = real(0)")
            code("add_chunk(parts, totals, lost)")
        else:
            with code.block("for k in range(count)"):
                code("total += float64(parts[k])")  # float64 has digits enough for float32

    @functools.cached_property
    def nanoseconds(self) -> float:
        """The estimated time of one sample (fitted to measurements with AVX-512): memory, and elementary functions."""
        nodes = {node for formula in self._formulas.values() for node in formula.walk()}
        functions = sum(node.head in _COSTLY for node in nodes)
        return 0.25 + 0.2 * functions if self.precision == "float32" else 0.5 + 0.6 * functions

    @functools.cached_property
    def native(self) -> Native | None:
        """The kernel as machine code, or None if it is unavailable."""
        return native(self.source, tuple(self.arguments().values()), self.name)


def task(kernel: Elementwise, size: int, numbers: Sequence[float]) -> Task | None:
    """Return the kernel for a number of samples and these numbers, or None if kernels are unavailable."""
    if kernel.native is None:
        return None
    blocks = -(-size // BLOCK)
    at_once = _AT_ONCE if blocks > 16 * _AT_ONCE else 1
    may_refuse = kernel.invalid is not None
    return Task(kernel.native, (size, at_once, *numbers), blocks, size * kernel.nanoseconds, may_refuse=may_refuse)
