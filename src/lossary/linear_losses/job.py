"""A call of a linear loss in two parts: its arrays, and its options, which are hashable and can be written as text."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
from dataclasses import dataclass
from functools import cache
from typing import Any

from lossary.engine.call import Call, Extra
from lossary.engine.reduction import Reduction
from lossary.engine.softmax import Softmax

_losses: dict[str, Softmax] = {}
"""Losses by a key that contains their formula, since another process may run what ``torch.compile`` keeps on disk."""
SUM = Reduction("sum", None, "nan")


@dataclass(frozen=True)
class LinearJob:
    """The options of a call, the same for all its blocks of rows."""

    loss: str
    """The key of a loss; see :func:`loss_of`."""
    parameters: tuple[tuple[str, float], ...]
    """The loss's own parameters."""
    classes: int
    """The number of classes of all ranks together."""
    dense: bool
    """Whether the target, or a teacher, gives a probability of each class."""
    smoothed: tuple[float, float]
    """The factor and the constant that smoothing applies to a probability."""
    z_loss: float
    soft_cap: float | None
    temperature: float
    returns: tuple[str, ...]
    divergence: str
    """"cross_entropy", or "kl", "js" or "distillation" from a teacher."""
    mixture: float
    """The teacher's weight in a Jensen–Shannon divergence."""
    teacher_share: float
    """The share of the teacher's part in a distillation."""
    teacher_soft_cap: float | None
    rows: int | None
    """The number of rows of a block, or None to choose it by the memory of a block."""

    def text(self) -> tuple[str, list[Any]]:
        """Return the job as text, which :func:`job_of` reads, and the numbers that ``torch.compile`` traces as symbols."""
        numbers: list[Any] = []

        def spell_open(number: Any) -> dict[str, int]:
            numbers.append(number)
            return {"open": len(numbers) - 1}

        fields = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return json.dumps(fields, sort_keys=True, default=spell_open), numbers

    def call(self, arrays: Any, z: Any, target: Any, weight: Any, mass: Any) -> Call:
        """Return some rows of logits as a call of the loss; target and weights are valid, and nothing is masked."""
        extra = Extra(
            given="logits",
            class_weight=arrays.class_weight,
            label_smoothing=float(self.smoothed != (1.0, 0.0)),
            z_loss=self.z_loss,
            soft_cap=self.soft_cap,
            temperature=self.temperature,
            returns=self.returns,
            axis=z.ndim - 1,
            classes=self.classes,
            dense=self.dense,
            smoothed=self.smoothed,
            mass=mass,
        )
        return Call(
            backend=arrays.backend,
            inputs={"prediction": z, "target": target},
            predictions=("prediction",),
            dtype=z.dtype,
            input_dtypes=(z.dtype,),
            sample_shape=tuple(z.shape[:-1]),
            axes=(z.ndim - 1,),
            parameters=dict(self.parameters),
            extra=extra,
            reduction=SUM,
            check=False,
            weight=weight,
            class_sums=arrays.class_sums,
        )


@cache
def job_of(text: str, numbers: tuple[float, ...] = ()) -> LinearJob:
    """Read a job from text; numbers that are symbols there are NaN if they are not given."""
    fields = json.loads(text, object_hook=lambda x: (numbers[x["open"]] if numbers else math.nan) if "open" in x else x)
    fields |= {name: tuple(fields[name]) for name in ("smoothed", "returns")}
    fields["parameters"] = tuple((name, value) for name, value in fields["parameters"])
    return LinearJob(**fields)


def key_of(loss: Softmax) -> str:
    """Return the key of a loss, its name and a digest of its formula, and remember the loss under it."""
    digest = hashlib.sha256(repr((loss.formula().listing(), dict(loss.parameters))).encode()).hexdigest()[:16]
    key = f"{loss.__module__}.{loss.__qualname__}:{digest}"
    _losses.setdefault(key, loss)
    return key


def loss_of(job: LinearJob) -> Softmax:
    """Return the loss of a job."""
    return _losses[job.loss]


FIELDS = (
    "hidden",
    "weight",
    "bias",
    "target",
    "counted",
    "mass",
    "class_weight",
    "sample_weight",
    "teacher_hidden",
    "teacher_weight",
    "teacher_bias",
)
"""The arrays of a call, in the order in which operators take them."""


@dataclass(frozen=True)
class Arrays:
    """The arrays of a call: all with one row axis, the targets valid."""

    backend: Any
    dtype: Any
    """The dtype to compute in: never half precision."""
    hidden: Any
    weight: Any
    bias: Any
    target: Any
    """64-bit labels, rows of probabilities, or None if a teacher gives them."""
    counted: Any
    """A mask of the rows that count, or None if all do."""
    mass: Any
    """Σ tₖcₖ of each row, or None without class weights."""
    class_weight: Any
    sample_weight: Any
    """The weight of each row, or None if each weighs 1."""
    teacher_hidden: Any
    teacher_weight: Any
    teacher_bias: Any
    class_sums: Any
