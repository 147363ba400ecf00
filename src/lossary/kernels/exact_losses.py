"""A kernel that computes the losses of samples and their exact sum in one pass, for the totals of reports."""

from __future__ import annotations

import functools
from dataclasses import dataclass

from lossary.formula.expression import Expression
from lossary.formula.languages.numba import Writer, name_in_kernel
from lossary.kernels import memory
from lossary.kernels.native import Native, native
from lossary.kernels.words import WORDS

_KERNEL = '''\
from lossary.kernels.accumulator import add_all, add_squares
{header}

{functions}

def kernel({arguments}):
    """Samples, 256 at a time."""
    parts, high, low = chunk_float64(), chunk_float64(), chunk_float64()
    outside = False
    for first in range(0, size, 256):
        count = min(int64(256), size - first)
        for k in range(count):
            i = first + k
{body}
        for k in range(count):
            losses[first + k] = parts[k]
        if squared != 0:
            add_squares(parts, high, low, count, squares, square_specials)
        add_all(parts, count, limbs, specials)
    flags[0] = int64(outside)
'''


@dataclass(frozen=True, eq=False)
class ExactLosses:
    """The formulas and array types that the source of such a kernel depends on; it computes in float64."""

    name: str
    """The name of the loss, for messages."""
    loss: Expression
    invalid: Expression
    """A condition that holds for invalid samples."""
    arrays: tuple[tuple[str, str], ...]
    """The symbols that are arrays, with their dtypes."""
    numbers: tuple[str, ...]

    def _arguments(self) -> dict[str, str]:
        found = {name_in_kernel(name): memory.pointer(dtype) for name, dtype in self.arrays} | {"losses": "float64*"}
        found |= dict.fromkeys(("limbs", "specials", "squares", "square_specials", "flags"), "int64*")
        found |= {"size": "int64", "squared": "int64"}
        return found | dict.fromkeys(map(name_in_kernel, self.numbers), "float64")

    @functools.cached_property
    def source(self) -> str:
        """The kernel as Python that Numba compiles."""
        writer = Writer(WORDS)
        names = [name for name, _ in self.arrays]
        functions = [writer.function("sample", names, self.numbers, {"loss": self.loss}, "float64")]
        functions.append(writer.function("invalid", names, self.numbers, {"invalid": self.invalid}, "float64"))
        given = ", ".join((*(f"one_{name_in_kernel(name)}" for name in names), *map(name_in_kernel, self.numbers)))
        lines = [
            f"one_{name_in_kernel(name)} = {memory.read(dtype, f'{name_in_kernel(name)}[i]')}" for name, dtype in self.arrays
        ]
        lines += [f"outside = outside | invalid({given})", f"parts[k] = sample({given}) + real(0)"]  # + 0: no loss of -0
        header = memory.header("float64", writer.called, *(dtype for _, dtype in self.arrays), blocks=("chunk_float64",))
        return _KERNEL.format(
            header=header,
            functions="\n\n".join(functions),
            arguments=", ".join(self._arguments()),
            body="\n".join(f"            {line}" for line in lines),
        )

    @functools.cached_property
    def native(self) -> Native | None:
        """The kernel as machine code, or None if it is unavailable."""
        return native(self.source, tuple(self._arguments().values()), self.name)
