"""Rows of classes: loss and slopes of every sample, and the sum of the losses, reading the logits from memory once.

The classes of a sample may lie anywhere at equal distances, so the class axis can be any one, without a copy of the array.
Few classes are computed for 64 samples side by side (``tiles.txt``), so that the vector units are full; many classes, one
sample after another (``rows.txt``).

One logit of +∞ has all the probability. NaN, two logits of +∞ and nothing but -∞ make a row NaN. A row of which no class counts
is 0 and so are its slopes, whatever it holds.

With m the largest logit and r = Σ e^(zₖ - m) over the classes below m (plus 1 for each tie but one), log pₖ = zₖ - m -
log1p(r), and 1 - p = r/(1 + r) for the largest: no digit of a confident sample is lost. r is summed in blocks of 256 numbers,
and these in float64: the relative error stays below 1e-6 for any number of float32 terms.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass

from lossary.formula.expression import Expression, symbol
from lossary.formula.languages.numba import Writer, own
from lossary.formula.stable import WEIGHT
from lossary.formula.words import xmuly
from lossary.kernels import memory
from lossary.kernels.native import Native, native
from lossary.kernels.sizes import LANES
from lossary.kernels.task import Task
from lossary.kernels.template import chosen, template

_BLOCK = 16_384
"""Elements of a block, about; a block is at least one sample, or one tile of them."""


@dataclass(frozen=True, eq=False)
class Softmax:
    """What a kernel computes, and of what: all that its source is made of."""

    name: str
    """Of the loss, for messages."""
    precision: str
    given: str
    """"logits", "probabilities" or "log_probabilities"."""
    loss: Expression
    slope: Expression
    """f and f′, of ``log_probability`` where logits are given, else of ``prediction``."""
    losses: bool
    slopes: bool
    """Which of the two are asked for."""
    numbers: tuple[str, ...]
    prediction: str
    target: str
    """The dtypes that they are stored in."""
    dense: bool
    """Whether the target holds probabilities."""
    weight: str | None
    masked: bool
    ignoring: bool
    class_weighted: bool
    smoothed: bool
    reduced: bool
    """Whether the losses are summed and the slopes multiplied by ``share``; else both are stored as they are."""
    stored: tuple[str, str]
    """The dtypes that losses and slopes are stored in."""
    tiled: bool
    adjacent: bool
    """Whether the classes of a sample lie side by side, in prediction and slopes."""
    shape: tuple[Expression, Expression] | None = None
    """What the softmax is taken of, of a ``logit``, ``soft_cap`` and ``temperature``, and its derivative; rows only."""
    z_lossed: bool = False
    """Whether a multiple of (log Z)² is added; rows only."""
    returns: tuple[str, ...] = ()
    """What else is written of each sample, in this order, as ``kinds.logits`` names it; rows only."""
    in_place: bool = False
    """Whether the slopes come in the place of the prediction; adjacent rows only."""

    def arguments(self) -> dict[str, str]:
        """The names and types of the kernel's arguments."""
        found = {"prediction": memory.pointer(self.prediction), "target": memory.pointer(self.target)}
        if self.weight:
            found["weight"] = memory.pointer(self.weight)
        if self.masked:
            found["where"] = "uint8*"
        if self.class_weighted:
            found["class_weight"] = f"{self.precision}*"
        if self._kept_losses:
            found["losses"] = memory.pointer(self.stored[0])
        found |= {_EXTRAS[word]: f"{self.precision}*" for word in self.returns if word in _EXTRAS}
        if self.slopes and not self.in_place:
            found["slopes"] = memory.pointer(self.stored[1])
        found |= {**memory.SHARED, "workspace": f"{self.precision}*"}
        integers = ["outers", "inners", "classes", "block"]
        for name in ("prediction", "target", "slopes"):
            integers += [f"{name}_outer", f"{name}_class", f"{name}_inner"]
        found |= dict.fromkeys([*integers, "ignored"], "int64")
        shape = ("soft_cap", "temperature", "z_loss") if self._special else ()
        return found | dict.fromkeys(("kept", "floor", "tolerance", *shape, *map(own, self.numbers), "share"), "float64")

    @property
    def _special(self) -> bool:
        return self.shape is not None or self.z_lossed

    @property
    def _kept_losses(self) -> bool:
        return (self.losses and not self.reduced) or "token_losses" in self.returns

    @functools.cached_property
    def source(self) -> str:
        """The kernel as Python that Numba compiles."""
        writer = Writer()
        name = "log_probability" if self.given == "logits" else "prediction"
        formulas = {"loss": xmuly(symbol(WEIGHT), self.loss), "slope": xmuly(symbol(WEIGHT), self.slope)}
        inputs = (name, WEIGHT)
        functions = [writer.function("term", inputs, self.numbers, formulas, self.precision)]
        if not self.tiled and self.precision != "float64":
            functions.append(writer.function("exact_term", inputs, self.numbers, formulas, "float64"))
        if self.shape:
            shape = {"logit": self.shape[0], "chain": self.shape[1]}
            functions.append(writer.function("shape", ("logit", "soft_cap", "temperature"), (), shape, self.precision))
        spread = self.dense or self.smoothed
        # rows are read and written where they are, if nothing has to be converted
        read_in_place = self.adjacent and self.prediction == self.precision and not self.shape
        kept = self.slopes and not spread and read_in_place and "entropy" not in self.returns  # else z is needed again
        if kept and self.adjacent and self.stored[1] == self.precision:
            e = ("prediction", "start") if self.in_place else ("slopes", "begin")
        else:
            e = ("workspace", "behind")
        flags = {
            "logits": self.given == "logits",
            "logs": self.given == "log_probabilities",
            "losses": self.losses,
            "slopes": self.slopes,
            "dense": self.dense,
            "weighted": self.weight is not None,
            "masked": self.masked,
            "ignoring": self.ignoring,
            "class_weighted": self.class_weighted,
            "smoothed": self.smoothed,
            "spread": spread,
            "may_vanish": (self.class_weighted and spread) or (self.dense and not self.smoothed),
            "reduced": self.reduced,
            "adjacent": self.adjacent,
            "read_in_place": read_in_place,
            "shaped": self.shape is not None,
            "z_lossed": self.z_lossed,
            "kept_losses": self._kept_losses,
            "double": self.precision == "float64",
            **{name: word in self.returns for word, name in _EXTRAS.items()},
        }
        body = chosen(template("tiles" if self.tiled else "rows"), flags)
        fill = {
            "arguments": ", ".join(self.arguments()),
            "numbers": "".join(f", {own(number)}" for number in self.numbers),
            "real_numbers": "".join(f", real({own(number)})" for number in self.numbers),
            "exact": "term" if self.precision == "float64" else "exact_term",
            "z": "prediction" if read_in_place else "workspace",
            "z_at": "start" if read_in_place else "mine",
            "e": e[0],
            "e_at": e[1],
            "precision": self.precision,
        }
        for key, text in fill.items():
            body = body.replace(f"<{key}>", text)
        if self.in_place:
            # one name for one place, or LLVM would take the two for arrays that overlap, and not vectorise
            body = re.sub(r"slopes\[begin \+ (\w+) \* slopes_class\]", r"prediction[start + \1]", body)
        stores = {"losses": self.stored[0], "slopes": self.stored[1]}
        body = re.sub(r"<stored (\w+): (.*?)>", lambda m: memory.written(stores[m[1]], m[2]), body)
        reads = {"prediction": self.prediction, "target": self.target, "weight": self.weight or ""}
        body = re.sub(r"<read (\w+)\[(.*?)\]>", lambda m: memory.read(reads[m[1]], f"{m[1]}[{m[2]}]"), body)
        called = writer.called | {word for word in _LIBRARY if re.search(rf"\b{word}\(", body)}
        blocks = {word for word in _BLOCKS if re.search(rf"\b{word}\(", body)}
        header = memory.header(self.precision, called, *reads.values(), *self.stored, blocks=blocks)
        return "\n\n".join([header, *functions, body])

    @property
    def nanoseconds(self) -> float:
        """What a class of a sample takes, roughly (measured with AVX-512)."""
        once = (2.5 if self.tiled else 0.8) if self.precision == "float32" else (3.5 if self.tiled else 1.6)
        return once * (0.6 + 0.4 * self.slopes) * (2 if self.dense or self.smoothed else 1)

    @functools.cached_property
    def native(self) -> Native | None:
        """The kernel as machine code; None where it cannot be had."""
        return native(self.source, tuple(self.arguments().values()), self.name)


_EXTRAS = {"log_normalizer": "log_normalizers", "entropy": "entropies", "accuracy": "corrects"}
"""Where what ``returns`` names is written."""
_LIBRARY = (
    "select",
    *(f"{word}_{p}" for word in ("exp", "exp_below", "from_top", "log1p", "xmuly") for p in memory.PRECISIONS),
)
_SUMS = ("add_lanes", "add_one", "joined", "running", "total_of")
_BLOCKS = (
    "take_next",
    "larger",
    *_SUMS,
    "lanes_int64",
    *(f"{kind}_{p}" for kind in ("lanes", "tile") for p in memory.PRECISIONS),
)


Steps = tuple[int, int, int]


def task(
    kernel: Softmax,
    shape: tuple[int, int, int],
    steps: tuple[Steps, Steps, Steps],
    ignored: int,
    smoothed: tuple[float, float],
    tolerance: float,
    numbers: Sequence[float],
    shape_numbers: tuple[float, float, float] | None = None,
) -> Task | None:
    """The kernel for a shape (outer, classes, inner), with the distances of neighbours in prediction, target and slopes.

    None where it cannot be had.

    Further: the label that is left out, what smoothing keeps of a probability and adds to it, how far from 1 probabilities may
    sum, the loss's own numbers; and soft cap, temperature and the factor of (log Z)², where there are such things.
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
    room = 0 if kernel.tiled else 2 * classes
    may_refuse = kernel.dense or kernel.weight is not None or kernel.given != "logits"
    labels = None if kernel.dense else (classes, ignored if kernel.ignoring else None)
    return Task(kernel.native, (*constants, *weights, *numbers), blocks, nanoseconds, room, may_refuse, labels)
