"""Softmax kernels: loss and slopes of every sample, and the sum of the losses, reading the logits from memory once.

The classes of a sample may lie anywhere at equal distances, so the class axis can be any one, without a copy of the array.
Few classes are computed for 64 samples side by side (``tiles.py``), so that the vector units are full; many classes, one sample
after another (``rows.py``).

One logit of +∞ has all the probability. NaN, two logits of +∞ and nothing but -∞ make a row NaN. A sample of which no class
counts has loss 0 and slopes 0, whatever it holds.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass

from lossary.formula.calls import xmuly
from lossary.formula.expression import symbol
from lossary.formula.languages.numba import Writer
from lossary.formula.stable import WEIGHT
from lossary.kernels import memory
from lossary.kernels.native import Native, native
from lossary.kernels.sizes import LANES
from lossary.kernels.softmax import rows, tiles
from lossary.kernels.softmax.options import SoftmaxOptions
from lossary.kernels.task import Task
from lossary.kernels.words import WORDS

_BLOCK = 16_384
"""Elements of a block, about; a block is at least one sample, or one tile of them."""
_FUNCTIONS = (
    "select",
    *(f"{word}_{p}" for word in ("exp", "exp_below", "from_top", "log1p", "xmuly") for p in memory.PRECISIONS),
)
"""Elementary functions that the kernel itself may call."""
_BLOCKS = (
    *("take_next", "larger", "add_lanes", "add_one", "joined", "running", "total_of", "lanes_int64"),
    *(f"{kind}_{p}" for kind in ("lanes", "tile") for p in memory.PRECISIONS),
)
"""Functions of ``blocks.py`` that it may call."""


@dataclass(frozen=True, eq=False)
class SoftmaxKernel(SoftmaxOptions):
    """A softmax kernel: its options, its source, and its machine code."""

    @functools.cached_property
    def source(self) -> str:
        """The kernel as Python that Numba compiles."""
        writer = Writer(WORDS)
        functions = self._functions(writer)
        body = tiles.source(self) if self.tiled else rows.source(self)
        called = writer.called | {word for word in _FUNCTIONS if re.search(rf"\b{word}\(", body)}
        blocks = {word for word in _BLOCKS if re.search(rf"\b{word}\(", body)}
        of_samples = (dtype for _, dtype in self.of_samples)
        dtypes = (self.prediction, self.target, self.weight or "", *of_samples, *self.stored)
        header = memory.header(self.precision, called, *dtypes, blocks=blocks)
        return "\n\n".join([header, *functions, body])

    def _functions(self, writer: Writer) -> list[str]:
        """Write the formulas as functions: of one class's term, and of what the softmax is taken of."""
        name = "log_probability" if self.logits else "prediction"
        formulas = {"loss": xmuly(symbol(WEIGHT), self.loss), "slope": xmuly(symbol(WEIGHT), self.slope)}
        inputs = (name, WEIGHT, "target") if self.takes_target else (name, WEIGHT)
        of_samples = [name for name, _ in self.of_samples]
        parameters = (*self.numbers, *of_samples)
        functions = [writer.function("term", inputs, parameters, formulas, self.precision)]
        if self.label_apart and not self.tiled and not self.double:
            functions.append(writer.function("exact_term", (name, WEIGHT), parameters, formulas, "float64"))
        if self.invalid is not None:
            functions.append(writer.function("invalid", of_samples, (), {"invalid": self.invalid}, self.precision))
        if self.shape:
            shape = {"logit": self.shape[0], "chain": self.shape[1]}
            functions.append(writer.function("shape", ("logit", "soft_cap", "temperature"), (), shape, self.precision))
        return functions

    @property
    def nanoseconds(self) -> float:
        """The estimated time of one class of a sample (fitted to measurements with AVX-512)."""
        once = (2.5 if self.tiled else 0.8) if self.precision == "float32" else (3.5 if self.tiled else 1.6)
        return once * (0.6 + 0.4 * self.slopes) * (2 if self.soft else 1)

    @functools.cached_property
    def native(self) -> Native | None:
        """The kernel as machine code, or None if it is unavailable."""
        return native(self.source, tuple(self.arguments().values()), self.name)


Steps = tuple[int, int, int]


def task(
    kernel: SoftmaxKernel,
    shape: tuple[int, int, int],
    steps: tuple[Steps, Steps, Steps],
    ignored: int,
    smoothed: tuple[float, float],
    tolerance: float,
    numbers: Sequence[float],
    shape_numbers: tuple[float, float, float] | None = None,
) -> Task | None:
    """Return the kernel for arrays of a shape (outer, classes, inner), or None if kernels are unavailable.

    ``steps`` are the strides of prediction, target and slopes in elements, in the order outer, class, inner; ``smoothed`` the
    factor and the constant that smoothing applies to a probability; ``tolerance`` the largest deviation from 1 of a sum of
    probabilities; ``numbers`` the loss's own parameters; ``shape_numbers`` soft cap, temperature and the factor of (log Z)².
    """
    if kernel.native is None:
        return None
    outers, classes, inners = shape
    assert not (kernel.tiled and (kernel.returns or kernel.shape or kernel.z_lossed))
    if kernel.tiled:
        block = max(1, _BLOCK // (LANES * classes))
        blocks = -(-outers * -(-inners // LANES) // block)
    else:
        block = max(1, _BLOCK // classes)
        blocks = -(-outers * inners // block)
    nanoseconds = outers * inners * classes * kernel.nanoseconds
    constants = (outers, inners, classes, block, *steps[0], *steps[1], *steps[2], ignored)
    weights = (*smoothed, tolerance, *(shape_numbers or ()))
    workspace = 0 if kernel.tiled else 2 * classes
    may_refuse = kernel.dense or kernel.weight is not None or kernel.given != "logits" or kernel.invalid is not None
    labels = None if kernel.dense else (classes, ignored if kernel.ignoring else None)
    return Task(kernel.native, (*constants, *weights, *numbers), blocks, nanoseconds, workspace, may_refuse, labels)
