"""What a linear loss computes, apart from arrays: the same for all its blocks of rows, hashable, and spelt as text."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
from dataclasses import dataclass
from functools import cache
from typing import Any

from lossary.engine.call import Call
from lossary.engine.reduction import Reduction
from lossary.engine.softmax import Softmax

_losses: dict[str, Softmax] = {}
"""Losses by a key that names the formula: what is compiled and kept on disk may be run by another process."""
SUM = Reduction("sum", None, "nan")


@dataclass(frozen=True)
class Job:
    """All of a call but its arrays."""

    loss: str
    """The key of a loss; see :func:`loss_of`."""
    parameters: tuple[tuple[str, float], ...]
    """The loss's own."""
    classes: int
    """Of all ranks together."""
    dense: bool
    """Whether the target holds a probability of each class, perhaps a teacher's."""
    smoothed: tuple[float, float]
    """What smoothing keeps of a probability, and what it adds."""
    z_loss: float
    soft_cap: float | None
    temperature: float
    returns: tuple[str, ...]
    divergence: str
    """"cross_entropy", or "kl" or "js" from a teacher."""
    mixture: float
    """What the teacher counts in a Jensen–Shannon divergence."""
    teacher_soft_cap: float | None
    rows: int | None
    """Of a block; None to leave it to the memory that a block takes."""

    def text(self) -> tuple[str, list[Any]]:
        """The job as text, from which :func:`job_of` makes an equal one, and the numbers that a compiler leaves open."""
        numbers: list[Any] = []

        def spell_open(number: Any) -> dict[str, int]:
            numbers.append(number)
            return {"open": len(numbers) - 1}

        fields = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return json.dumps(fields, sort_keys=True, default=spell_open), numbers

    def call(self, arrays: Any, z: Any, target: Any, weight: Any, mass: Any) -> Call:
        """Some rows of logits as a call of the loss; the target and what rows weigh are valid, and nothing is masked."""
        own = {
            "given": "logits",
            "axis": z.ndim - 1,
            "classes": self.classes,
            "dense": self.dense,
            "smoothed": self.smoothed,
            "label_smoothing": self.smoothed != (1.0, 0.0),
            "ignore_index": None,
            "class_weight": arrays.class_weight,
            "mass": mass,
            **{name: getattr(self, name) for name in ("z_loss", "soft_cap", "temperature", "returns")},
        }
        return Call(
            backend=arrays.backend,
            prediction=z,
            target=target,
            dtype=z.dtype,
            input_dtype=z.dtype,
            sample_shape=tuple(z.shape[:-1]),
            axes=(z.ndim - 1,),
            parameters=dict(self.parameters),
            own=own,
            reduction=SUM,
            check=False,
            weight=weight,
            over_classes=arrays.over_classes,
        )


@cache
def job_of(text: str, numbers: tuple[float, ...] = ()) -> Job:
    """The job that some text spells; numbers that it leaves open are NaN where they are not given."""
    fields = json.loads(text, object_hook=lambda x: (numbers[x["open"]] if numbers else math.nan) if "open" in x else x)
    fields |= {name: tuple(fields[name]) for name in ("smoothed", "returns")}
    fields["parameters"] = tuple((name, value) for name, value in fields["parameters"])
    return Job(**fields)


def key_of(loss: Softmax) -> str:
    """A key of a loss: its name, and a digest of its formula."""
    digest = hashlib.sha256(repr((loss.formula().listing(), dict(loss.parameters))).encode()).hexdigest()[:16]
    key = f"{loss.__module__}.{loss.__qualname__}:{digest}"
    _losses.setdefault(key, loss)
    return key


def loss_of(job: Job) -> Softmax:
    """The loss of a job."""
    return _losses[job.loss]


FIELDS = (
    "hidden",
    "weight",
    "bias",
    "target",
    "counted",
    "mass",
    "class_weight",
    "teacher_hidden",
    "teacher_weight",
    "teacher_bias",
)
"""The arrays of a call, in the order in which operators take them."""


@dataclass(frozen=True)
class Arrays:
    """The arrays of a call: hidden states in rows, targets valid, what is masked left out of ``counted``."""

    backend: Any
    dtype: Any
    """What is computed in: never half precision."""
    hidden: Any
    weight: Any
    bias: Any
    target: Any
    """Labels of 64 bits, rows of probabilities, or None where a teacher has them."""
    counted: Any
    """A mask of the rows that count; None where all do."""
    mass: Any
    """Σ tₖcₖ of each row; None without class weights."""
    class_weight: Any
    teacher_hidden: Any
    teacher_weight: Any
    teacher_bias: Any
    over_classes: Any
