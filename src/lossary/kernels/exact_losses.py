"""A kernel that computes the losses of samples, of which ``exact_sum.py`` then adds the totals of reports.

The sum is a kernel of its own, the same for all losses: compiled into each of these, it would take three quarters of the time.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

from lossary.formula.expression import Expression
from lossary.formula.languages.numba import Writer, name_in_kernel
from lossary.kernels import memory
from lossary.kernels.native import Native, native
from lossary.kernels.words import WORDS

_KERNEL = '''\
{header}

{functions}

def kernel({arguments}):
    """Samples, one after the other."""
    any_outside = False
    for i in range(size):
{body}
    if any_outside:
        outside[0] = 1
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
        found |= {"outside": "int64*", "size": "int64"}
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
        lines.append(f"any_outside = any_outside | invalid({given})")
        lines.append(f"losses[i] = sample({given}) + real(0)")  # + 0: no loss is -0
        header = memory.header("float64", writer.called, *(dtype for _, dtype in self.arrays), blocks=())
        return _KERNEL.format(
            header=header,
            functions="\n\n".join(functions),
            arguments=", ".join(self._arguments()),
            body="\n".join(f"        {line}" for line in lines),
        )

    @functools.cached_property
    def native(self) -> Native | None:
        """The kernel as machine code, or None if it is unavailable."""
        return native(self.source, tuple(self._arguments().values()), self.name)
