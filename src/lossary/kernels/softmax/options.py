"""Everything that the source of a softmax kernel depends on."""

from __future__ import annotations

from dataclasses import dataclass

from lossary.formula.expression import Expression
from lossary.formula.languages.numba import name_in_kernel
from lossary.kernels import memory
from lossary.kernels.code import Code

EXTRA_RESULTS = {"log_normalizer": "log_normalizers", "entropy": "entropies", "accuracy": "corrects"}
"""The array that each of the words in ``returns`` is written to."""


@dataclass(frozen=True, eq=False)
class SoftmaxOptions:
    """The formulas, options and array types of a softmax kernel.

    Each class k of a sample has a term cₖ·f(log pₖ). Its coefficient cₖ is the target, after smoothing, times the class weight.
    A formula that takes the target has terms cₖ·f(log pₖ, tₖ), whose coefficient is the class weight alone.
    """

    name: str
    """The name of the loss, for messages."""
    precision: str
    given: str
    """"logits", "probabilities" or "log_probabilities"."""
    loss: Expression
    slope: Expression
    """f and f′, of ``log_probability`` if logits are given, else of ``prediction``."""
    takes_target: bool
    """Whether they are formulas of ``target`` too, the class's probability after smoothing."""
    losses: bool
    slopes: bool
    """Which of the two the kernel computes."""
    numbers: tuple[str, ...]
    """The names of the loss's own parameters that are numbers."""
    prediction: str
    target: str
    """The dtypes of these arrays."""
    dense: bool
    """Whether the target holds probabilities, rather than labels."""
    weight: str | None
    """The dtype of the sample weights, or None if there are none."""
    masked: bool
    ignoring: bool
    class_weighted: bool
    smoothed: bool
    reduced: bool
    """Whether losses are summed and slopes multiplied by ``share``; else both are stored as they are."""
    stored: tuple[str, str]
    """The dtypes of stored losses and slopes."""
    tiled: bool
    """Whether 64 samples are computed side by side (``tiles.py``), rather than one after another (``rows.py``)."""
    adjacent: bool
    """Whether the classes of a sample are contiguous, in prediction and slopes."""
    shape: tuple[Expression, Expression] | None = None
    """The number exponentiated, a formula of ``logit``, ``soft_cap`` and ``temperature``, and its derivative; rows only."""
    z_lossed: bool = False
    """Whether a multiple of (log Z)² is added; rows only."""
    of_samples: tuple[tuple[str, str], ...] = ()
    """The names and dtypes of the loss's own parameters that are arrays with one value a sample."""
    invalid: Expression | None = None
    """The condition under which one of these values is invalid, or None if there are none."""
    returns: tuple[str, ...] = ()
    """Names of further results of each sample, in this order; rows only."""
    in_place: bool = False
    """Whether the slopes overwrite the prediction; contiguous rows only."""

    @property
    def logits(self) -> bool:
        """Whether logits are given."""
        return self.given == "logits"

    @property
    def logs(self) -> bool:
        """Whether log-probabilities are given."""
        return self.given == "log_probabilities"

    @property
    def soft(self) -> bool:
        """Whether several classes may have a coefficient; else only the label's class has one."""
        return self.dense or self.smoothed or self.takes_target

    @property
    def label_apart(self) -> bool:
        """Whether the term of the label's class is computed apart from those of the others."""
        return not self.dense and not self.takes_target

    @property
    def may_vanish(self) -> bool:
        """Whether all coefficients of a soft target may be 0, by which the sample counts for nothing."""
        return not self.takes_target and ((self.class_weighted and self.soft) or (self.dense and not self.smoothed))

    @property
    def double(self) -> bool:
        """Whether the kernel computes in float64."""
        return self.precision == "float64"

    @property
    def stores_losses(self) -> bool:
        """Whether each sample's loss is written to an array."""
        return (self.losses and not self.reduced) or "token_losses" in self.returns

    @property
    def extra_results(self) -> tuple[str, ...]:
        """The arrays of further results that the kernel writes."""
        return tuple(EXTRA_RESULTS[word] for word in self.returns if word in EXTRA_RESULTS)

    def arguments(self) -> dict[str, str]:
        """Return the names and types of the kernel's arguments."""
        found = {"prediction": memory.pointer(self.prediction), "target": memory.pointer(self.target)}
        if self.weight:
            found["weight"] = memory.pointer(self.weight)
        found |= {name_in_kernel(name): memory.pointer(dtype) for name, dtype in self.of_samples}
        if self.masked:
            found["where"] = "uint8*"
        if self.class_weighted:
            found["class_weight"] = f"{self.precision}*"
        if self.stores_losses:
            found["losses"] = memory.pointer(self.stored[0])
        found |= dict.fromkeys(self.extra_results, f"{self.precision}*")
        if self.slopes and not self.in_place:
            found["slopes"] = memory.pointer(self.stored[1])
        found |= {**memory.SHARED, "workspace": f"{self.precision}*"}
        integers = ["outers", "inners", "classes", "block"]
        for name in ("prediction", "target", "slopes"):
            integers += [f"{name}_outer", f"{name}_class", f"{name}_inner"]
        found |= dict.fromkeys([*integers, "ignored"], "int64")
        shape = ("soft_cap", "temperature", "z_loss") if self.shape is not None or self.z_lossed else ()
        return found | dict.fromkeys(
            ("kept", "floor", "tolerance", *shape, *map(name_in_kernel, self.numbers), "share"), "float64"
        )

    # ---- text of expressions

    def term(self, argument: str, coefficient: str, target: str) -> str:
        """Return code for a class's term and its slope; the target is used where the formula takes it."""
        taken = f", {target}" if self.takes_target else ""
        return f"term({argument}, {coefficient}{taken}{self.real_numbers})"

    def read(self, array: str, place: str) -> str:
        """Return code for a number of prediction, target or weight, in the precision computed in."""
        dtypes = {"prediction": self.prediction, "target": self.target, "weight": self.weight or ""}
        return memory.read(dtypes[array], f"{array}[{place}]")

    def stored_loss(self, text: str) -> str:
        """Return code for a loss as it is stored."""
        return memory.written(self.stored[0], text)

    def stored_slope(self, text: str) -> str:
        """Return code for a slope as it is stored."""
        return memory.written(self.stored[1], text)

    @property
    def flag(self) -> str:
        """Code for the flag of a block: 0 if all is valid, 2 if a label is out of range, 1 if something else is invalid."""
        return "float64(outside)" if self.dense else "2.0 if mislabelled else float64(outside)"

    def of_sample(self, name: str) -> str:
        """Return code for the value that the sample at hand has of a parameter, in the precision computed in."""
        return f"these_{name_in_kernel(name)}[k]" if self.tiled else f"this_{name_in_kernel(name)}"

    @property
    def double_numbers(self) -> str:
        """The loss's own parameters as further arguments of a call in float64."""
        values = [f"float64({self.of_sample(name)})" for name, _ in self.of_samples]
        return "".join(f", {value}" for value in (*map(name_in_kernel, self.numbers), *values))

    @property
    def real_numbers(self) -> str:
        """The loss's own parameters as further arguments of a call in the precision computed in."""
        values = [self.of_sample(name) for name, _ in self.of_samples]
        return "".join(f", {value}" for value in (*(f"real({name_in_kernel(number)})" for number in self.numbers), *values))

    def read_of_sample(self, code: Code, sample: str, counts: str) -> None:
        """Write how the parameters of a sample are read, and checked where the sample counts."""
        for name, dtype in self.of_samples:
            code(f"{self.of_sample(name)} = {memory.read(dtype, f'{name_in_kernel(name)}[{sample}]')}")
        if self.invalid is not None:
            values = ", ".join(self.of_sample(name) for name, _ in self.of_samples)
            code(f"outside = outside or ({counts} and invalid({values}))")
