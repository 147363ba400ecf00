"""One call of a loss: its options, and its checked input."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from lossary.arrays.checks import InvalidValues
from lossary.engine.reduction import Reduction
from lossary.formula.numbers import is_array

D = TypeVar("D")


def changed(x: D, **fields: Any) -> D:
    """Return a dataclass with other fields, as :func:`dataclasses.replace` does, in a fifth of its time."""
    found = object.__new__(type(x))
    vars(found).update(vars(x), **fields)
    return found


@dataclass
class Extra:
    """Options that only some kinds of loss have, and what a kind found out about a call."""

    given: str | None = None
    class_weight: Any = None
    ignore_index: int | None = None
    label_smoothing: Any = 0.0
    """This and the next three are numbers, or 0-d arrays of torch or JAX, which may be learned or traced."""
    z_loss: Any = 0.0
    soft_cap: Any = None
    temperature: Any = 1.0
    smoothing: str = "uniform"
    returns: tuple[str, ...] = ()
    over: str = "sample"
    """Whether the components of all samples make up one ("batch")."""
    axis: int = -1
    """The axis of the classes, or of the components of a sample."""
    classes: int = 0
    dense: bool = False
    """Whether the target holds the probabilities of classes, not labels."""
    smoothed: tuple[Any, Any] = (1.0, 0.0)
    """``kept`` and ``floor``: smoothing makes kept·t + floor of a target t."""
    mass: Any = None
    """Σ tₖcₖ of each sample where the classes are shared out, or None."""
    hidden: Any = None
    """Rows of weight 0 that have no softmax, or None."""

    # an array may hold any number, and reading it would fix that number while tracing

    @property
    def smooths(self) -> bool:
        """Whether the target is smoothed."""
        return is_array(self.label_smoothing) or bool(self.label_smoothing != 0)

    @property
    def z_lossed(self) -> bool:
        """Whether a multiple of (log Z)² is added."""
        return is_array(self.z_loss) or bool(self.z_loss != 0)

    @property
    def capped(self) -> bool:
        """Whether logits are capped."""
        return self.soft_cap is not None

    @property
    def tempered(self) -> bool:
        """Whether logits are divided by a temperature."""
        return is_array(self.temperature) or bool(self.temperature != 1)

    @property
    def shaped(self) -> bool:
        """Whether the softmax takes something else than the logits as passed."""
        return self.capped or self.tempered

    @property
    def has_number_arrays(self) -> bool:
        """Whether one of the numbers is an array."""
        return any(map(is_array, (self.label_smoothing, self.z_loss, self.soft_cap, self.temperature)))


@dataclass(frozen=True, eq=False)
class Options:
    """The options of a call; ``plain`` ones are numbers and words only, are fully checked, and serve other calls too."""

    plain: bool
    key: Any
    """The same object for all calls whose options differ by arrays only, or None if there is none."""
    parameters: dict[str, Any]
    extra: Extra
    reduction: Reduction
    axis: Any
    weight: Any
    where: Any
    check: bool | None
    parameter_arrays: tuple[str, ...] = ()
    """The parameters that are arrays with one value a sample."""

    def arrays(self) -> list[Any]:
        """Return the arrays among the options, in the order in which kernels take them."""
        parameters = [self.parameters[name] for name in self.parameter_arrays]
        return [x for x in (self.weight, *parameters, self.where, self.extra.class_weight) if x is not None]


@dataclass
class Call:
    """One call: its arrays as passed, with shapes and dtypes checked; once loaded, as the computation takes them."""

    backend: Any
    """The library of the arrays: an ArrayBackend, and KernelArrays where a kernel is to read them."""
    inputs: dict[str, Any]
    """The arrays by their names: the predictions, and then the target, if there is one."""
    predictions: tuple[str, ...]
    """The inputs that get a gradient."""
    dtype: Any
    """The dtype of the computation."""
    input_dtypes: tuple[Any, ...]
    """The dtype of each prediction and its gradient."""
    sample_shape: tuple[int, ...]
    axes: tuple[int, ...]
    """The axes of the prediction that make up one sample."""
    parameters: dict[str, Any]
    extra: Extra
    reduction: Reduction
    check: bool | None
    """Whether values are checked; None if problems are only listed."""
    weight: Any = None
    mask: Any = None
    """The samples that count, or None if all do."""
    problems: list[InvalidValues] = field(default_factory=list)
    invalid: Any = None
    """Samples that are invalid where nothing could be raised; they become NaN."""
    undefined: Any = None
    """Samples with NaN, whose loss is NaN whatever the formula reads, or None; those that weigh 0 cost 0 all the same."""
    class_sums: Any = None
    """The sums over classes: :class:`lossary.engine.class_sums.AllClasses`, or sums over ranks."""
    input_axes: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """The axes of the inputs that make up one sample, by name, where they differ from ``axes``."""
    arrays_by_name: dict[str, Any] = field(default_factory=dict)
    """The parameters that are arrays with axes of their own, which only array code has; None where one is left out."""
    labels: Any = None
    """The class labels that stand as one-hot rows in the target, or None."""
    component_axes: tuple[tuple[int, ...], tuple[int, ...]] = ((), ())
    """The axes that a sample-wise loss has moved to the end as one, and their lengths."""
    keep_compute_dtype: bool = False
    """Whether losses are returned in the dtype of the computation, also for half precision."""

    @property
    def prediction(self) -> Any:
        """The first prediction, and the only one of most kinds of loss."""
        return self.inputs[self.predictions[0]]

    @prediction.setter
    def prediction(self, x: Any) -> None:
        self.inputs[self.predictions[0]] = x

    @property
    def target(self) -> Any:
        """The target."""
        return self.inputs["target"]

    @target.setter
    def target(self, x: Any) -> None:
        self.inputs["target"] = x

    @property
    def parameter_arrays(self) -> list[str]:
        """The parameters with one value a sample."""
        return [name for name, value in self.parameters.items() if getattr(value, "ndim", 0)]

    @property
    def input_dtype(self) -> Any:
        """The dtype of the predictions, or of the computation if theirs differ."""
        first, *others = self.input_dtypes
        return self.dtype if any(dtype != first for dtype in others) else first

    @property
    def stored_dtype(self) -> Any:
        """The dtype in which each loss is returned."""
        return self.input_dtype if self.backend.is_half(self.input_dtype) and not self.keep_compute_dtype else self.dtype

    def arrays(self) -> list[Any]:
        """Return the arrays of the call as they were passed."""
        parameters = [self.parameters[name] for name in self.parameter_arrays]
        others = (self.weight, *parameters, self.mask, self.extra.class_weight)
        return [*self.inputs.values(), *(x for x in others if x is not None)]

    def axes_of(self, name: str) -> tuple[int, ...]:
        """Return the axes of an input that make up one sample."""
        return self.input_axes.get(name, self.axes)

    def broadcast_over_components(self, per_sample: Any, name: str = "") -> Any:
        """Return one value a sample with axes of length 1 for the components of an input, by default the first prediction."""
        for axis in self.axes_of(name):
            per_sample = self.backend.expand(per_sample, axis)
        return per_sample

    def add_undefined(self, samples: Any) -> None:
        """Note samples with NaN, unless values are taken as they are."""
        if self.check:
            self.undefined = samples if self.undefined is None else self.undefined | samples

    def masked(self, x: Any, mask: Any) -> Any:
        """Return an array with 0 where the mask is false."""
        return x if mask is None else self.backend.xp.where(mask, x, 0)

    def nan_where_invalid(self, x: Any, invalid: Any) -> Any:
        """Return an array with NaN where invalid; a product, so that the gradient is NaN there too."""
        if invalid is None:
            return x
        one = self.backend.full((), 1.0, x)
        return self.backend.multiply(x, self.backend.xp.where(invalid, one * math.nan, one))
