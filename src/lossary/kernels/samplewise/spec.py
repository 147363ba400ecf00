"""What the source of a kernel of sums over components depends on, and what all such sources have in common."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from lossary.formula.expression import Expression
from lossary.formula.languages.numba import Writer, name_in_kernel
from lossary.formula.passes import Passes, passes
from lossary.kernels import memory
from lossary.kernels.code import Code
from lossary.kernels.native import Native
from lossary.kernels.samplewise.sums import ComponentSums
from lossary.kernels.words import WORDS

_COSTLY = {
    *("exp", "expm1", "log", "log1p", "log1mexp", "log_cosh", "log_gamma", "log_sigmoid", "power", "reciprocal_expm1"),
    *("sigmoid", "softplus", "tanh", "xlogy", "log_sum_exp"),
}


@dataclass(frozen=True, eq=False)
class SamplewiseKernel:
    """The formulas and array types that the source of such a kernel depends on.

    Its task takes, in this order, the addresses of the inputs, of what has one number for each sample, of the mask, of stored
    losses, and of the slopes in each prediction. Inputs and slopes are rows of components side by side.
    """

    name: str
    """The name of the loss, for messages."""
    precision: str
    loss: Expression | None
    """The formula of one sample, or None if it is not requested."""
    slopes: tuple[Expression, ...]
    """Its derivatives in the predictions, formulas of a component (``component_slope``); empty if they are not requested."""
    invalid: Expression | None
    """A condition that holds for invalid components, or None if nothing is checked."""
    inputs: tuple[tuple[str, str], ...]
    """The symbols that are arrays of components, with their dtypes."""
    per_sample: tuple[tuple[str, str], ...]
    """The symbols that are arrays with one number for each sample, such as ``weight``, with their dtypes."""
    numbers: tuple[str, ...]
    masked: bool
    """Whether there is a mask ``where``; samples for which it is false have loss and slopes 0, and are not looked at."""
    reduced: bool
    """Whether losses are summed and slopes multiplied by ``share``; else both are stored as they are."""
    stored: tuple[str, ...]
    """The dtypes of stored losses, and of the slopes in each prediction."""

    @functools.cached_property
    def passes(self) -> Passes:
        """The formulas, pass by pass."""
        return passes(self.loss, self.slopes, [name for name, _ in self.inputs])

    def arguments(self) -> dict[str, str]:
        """Return the names and types of the kernels' arguments."""
        found = {name_in_kernel(name): memory.pointer(dtype) for name, dtype in (*self.inputs, *self.per_sample)}
        if self.masked:
            found["where"] = "uint8*"
        if self.stores_losses:
            found["losses"] = memory.pointer(self.stored[0])
        for name, dtype in zip(self.slope_arrays, self.stored[1:], strict=False):
            found[name] = memory.pointer(dtype)
        found |= {**memory.SHARED, **dict.fromkeys(("samples", "components", "group", "phase"), "int64")}
        return found | dict.fromkeys((*map(name_in_kernel, self.numbers), "share"), self.precision)

    @functools.cached_property
    def parts(self) -> set[Expression]:
        """The distinct parts of all formulas."""
        given = self.slopes if self.loss is None else (self.loss, *self.slopes)
        return {node for formula in given for node in formula.walk()}

    @functools.cached_property
    def nanoseconds(self) -> float:
        """The estimated time of one component (fitted to measurements with AVX-512): memory, and elementary functions."""
        functions = sum(node.head in _COSTLY for node in self.parts)
        return 0.5 + 0.2 * functions if self.precision == "float32" else 1 + 0.6 * functions

    @functools.cached_property
    def natives(self) -> dict[Any, Native | None]:
        """The kernels as machine code, by what they are for; None for what is unavailable."""
        return {}

    # ---- the text

    @property
    def stores_losses(self) -> bool:
        """Whether each loss is stored."""
        return self.loss is not None and not self.reduced

    @property
    def slope_arrays(self) -> list[str]:
        """The names of the arrays for slopes, in the order of the predictions."""
        return [f"slopes_{i}" for i in range(len(self.slopes))]

    @functools.cached_property
    def sums(self) -> list[list[ComponentSums]]:
        """What is accumulated in each pass."""
        return [
            [ComponentSums(i, frozenset(word for word, _ in words), self.precision) for i, words in enumerate(step.words)]
            for step in self.passes.sums
        ]

    @functools.cached_property
    def formulas(self) -> dict[str, dict[str, Expression]]:
        """The functions that the kernel calls: for each, its formulas by the names of the results."""
        found: dict[str, dict[str, Expression]] = {}
        for i, step in enumerate(self.passes.sums):
            found[f"before_{i}"] = step.held
            found[f"terms_{i}"] = {f"term_{k}": formula for k, formula in enumerate(step.formulas)}
        if self.invalid is not None:
            found["invalid"] = {"invalid": self.invalid}
        if self.passes.loss is not None:
            found["value"] = {"loss": self.passes.loss}
        if self.passes.slopes is not None:
            found["before_slopes"] = self.passes.slopes.held
            found["slopes"] = {f"slope_{k}": formula for k, formula in enumerate(self.passes.slopes.formulas)}
        return found

    def module(
        self,
        write: Callable[[SamplewiseKernel, Code], None],
        blocks: Collection[str],
        math: Collection[str],
        functions: Sequence[str] = (),
    ) -> str:
        """Return the text of a kernel whose body ``write`` writes.

        It calls these functions of ``blocks`` and ``math``, and those of which the text is given.
        """
        writer, code = Writer(WORDS), Code()
        own_functions = [
            writer.function(name, _symbols(formulas), (), formulas, self.precision)
            for name, formulas in self.formulas.items()
            if formulas
        ]
        with code.block(f"def kernel({', '.join(self.arguments())})"):
            write(self, code)
        dtypes = [dtype for _, dtype in (*self.inputs, *self.per_sample)] + [*self.stored]
        header = memory.header(self.precision, {*writer.called, *math, "select"}, *dtypes, blocks={"take_next", *blocks})
        return "\n\n".join([header, *functions, *own_functions, str(code)])

    def text(self, symbol: str, at: str = "") -> str:
        """Return the name of a symbol in the kernel; ``at`` tells apart the components that are computed at once."""
        if any(symbol == name for name, _ in self.inputs):
            return f"one_{name_in_kernel(symbol)}{at}"
        if any(symbol == name for name, _ in self.per_sample):
            return f"this_{name_in_kernel(symbol)}"
        if symbol in self.numbers:
            return name_in_kernel(symbol)
        return "real(components)" if symbol == self.passes.count else f"the_{symbol}"

    def call(self, code: Code, function: str, at: str = "") -> None:
        """Write the call of a function of a component or of a sample, whose results get their own names."""
        formulas = self.formulas[function]
        if formulas:
            results = ", ".join(f"the_{name}" if function.startswith("before") else f"{name}{at}" for name in formulas)
            code(f"{results} = {function}({', '.join(self.text(name, at) for name in _symbols(formulas))})")

    def read_sample(self, code: Code) -> None:
        """Write how the numbers of a sample are read."""
        for name, dtype in self.per_sample:
            code(f"{self.text(name)} = {memory.read(dtype, f'{name_in_kernel(name)}[sample]')}")

    def read_inputs(self, code: Code, symbols: Collection[str], place: str = "i", at: str = "") -> None:
        """Write how those of the inputs are read that are among the symbols."""
        for name, dtype in self.inputs:
            if name in symbols:
                code(f"{self.text(name, at)} = {memory.read(dtype, f'{name_in_kernel(name)}[{place}]')}")

    def check(self, code: Code, at: str = "", among: str = "") -> None:
        """Write how a component is checked."""
        if self.invalid is not None:
            given = ", ".join(self.text(name, at) for name in _symbols({"": self.invalid}))
            code(f"outside = outside | {among}invalid({given})")

    def store_slopes(self, code: Code, slopes: Sequence[str], place: str = "i") -> None:
        """Write how slopes are stored."""
        for name, dtype, slope in zip(self.slope_arrays, self.stored[1:], slopes, strict=False):
            code(f"{name}[{place}] = {memory.written(dtype, slope)}")

    def slope(self, number: int, at: str = "") -> str:
        """Return the code of a slope as it is stored."""
        return f"share * slope_{number}{at}" if self.reduced else f"slope_{number}{at}"


def _symbols(formulas: dict[str, Expression]) -> list[str]:
    return sorted(set().union(*(formula.symbols() for formula in formulas.values())))
