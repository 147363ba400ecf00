"""What a linear loss is, apart from any call: the loss of its logits, the divergence, and the options with their defaults."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from lossary.engine.logit_options import OPTIONS
from lossary.engine.softmax import Softmax
from lossary.linear_losses.job import key_of
from lossary.names import unknown_option

_LAYER = ("hidden", "weight", "target", "bias")
_COMMON: Mapping[str, Any] = {
    "sample_weight": None,
    "reduction": "mean",
    "normalizer": None,
    "empty": "nan",
    "check": True,
    "chunk": "auto",
    "process_group": None,
}
_TEACHER: Mapping[str, Any] = {"teacher_hidden": None, "teacher_weight": None, "teacher_bias": None, "teacher_soft_cap": None}
_OF_TARGET = ("class_weight", "ignore_index", "label_smoothing", "smoothing")
"""Options that a divergence from a teacher does not have."""


@dataclass(frozen=True, eq=False)
class LinearSpec:
    """A linear loss: its name, the loss of the logits, and "cross_entropy", or "kl", "js" or "distillation" from a teacher."""

    name: str
    of: Softmax
    """The loss that it was made from."""
    divergence: str

    @cached_property
    def key(self) -> str:
        """The key of the loss; see :func:`~lossary.linear_losses.job.loss_of`."""
        return key_of(self.of)

    @cached_property
    def loss(self) -> Softmax:
        """The same loss under the name of the linear loss: it reads the options, and raises in this name."""
        loss = Softmax(self.of.definition)
        loss.__name__ = self.name
        return loss

    @cached_property
    def defaults(self) -> dict[str, Any]:
        """The options, and parameters of the loss, with their defaults."""
        defaults: dict[str, Any] = {"class_weight": None, "ignore_index": None, "where": None, **OPTIONS, **_COMMON}
        if self.divergence == "cross_entropy":
            defaults |= _TEACHER
        elif self.divergence == "distillation":
            del defaults["class_weight"]
            defaults |= {"teacher_bias": None, "teacher_soft_cap": None, "teacher_share": 0.5}
        else:
            defaults = {option: value for option, value in defaults.items() if option not in _OF_TARGET}
            defaults |= {"teacher_bias": None, "teacher_soft_cap": None}
        if self.divergence == "js":
            del defaults["z_loss"]
            defaults["mixture"] = 0.5
        for parameter in self.of.parameters:
            if parameter in (*_LAYER, *_COMMON, *_TEACHER, "mixture", "teacher_share"):
                raise TypeError(f"{self.name}: {parameter!r} is an option of linear losses; give the parameter another name")
        return {"bias": None, **self.of.parameters, **defaults}

    @cached_property
    def signature(self) -> inspect.Signature:
        """The signature of a call."""
        keyword, either = inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD
        leading = [inspect.Parameter(name, either) for name in ("hidden", "weight")]
        if self.divergence == "cross_entropy":
            leading.append(inspect.Parameter("target", either, default=None))
        else:
            taught = ("target",) if self.divergence == "distillation" else ()
            leading += [inspect.Parameter(name, either) for name in (*taught, "teacher_hidden", "teacher_weight")]
        options = [inspect.Parameter(name, keyword, default=default) for name, default in self.defaults.items()]
        return inspect.Signature([*leading, *options])

    def bind(self, arguments: tuple[Any, ...], options: Mapping[str, Any]) -> tuple[tuple[Any, Any, Any], dict[str, Any]]:
        """Return the arrays hidden, weight and target, and everything else by name."""
        self.refuse_unknown(options)
        try:
            bound = self.signature.bind(*arguments, **options).arguments
        except TypeError as error:
            raise TypeError(f"{self.name}: {error}; it takes {self.signature}") from None
        return (bound.pop("hidden"), bound.pop("weight"), bound.pop("target", None)), dict(bound)

    def refuse_unknown(self, options: Mapping[str, Any]) -> None:
        """Raise TypeError for an option that the loss does not have."""
        for name in options:
            if name in self.signature.parameters:
                continue
            if name in _OF_TARGET and self.divergence != "distillation":
                raise TypeError(
                    f"{self.name} has no option {name!r}, for a teacher gives probabilities; where= leaves rows out"
                )
            known = [known for known in self.signature.parameters if known != "weight"]  # a matrix, not sample weights
            raise unknown_option(self.name, name, known)
