"""Lossary: each loss written once, as its formula; value, gradient, curvature and code in many languages derived from it."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from lossary import log, losses
from lossary._version import __version__ as __version__
from lossary.engine.decorators import composed, pointwise, samplewise, softmax
from lossary.engine.reduction import Total, reduction_from_legacy
from lossary.kernels.threads import get_num_threads, set_num_threads
from lossary.names import like_a_loss

if TYPE_CHECKING:
    from lossary import activations, distributed, information, plots, report, vocabulary
    from lossary import torch as torch
    from lossary.batch_losses import BatchLoss, circle, info_nce, multi_similarity, siglip, supervised_contrastive
    from lossary.engine.calls import Loss
    from lossary.lab import descent, landscape
    from lossary.linear_losses.losses import (
        LinearLoss,
        linear,
        linear_cross_entropy,
        linear_distillation,
        linear_jensen_shannon,
        linear_kl_divergence,
    )
    from lossary.linear_losses.sequences import sequence_log_probabilities
    from lossary.losses import *  # noqa: F403
    from lossary.suggestion import suggest
    from lossary.trainers.scorer import scorer

if not TYPE_CHECKING:  # a type checker sees what is public of a loss, in calls.pyi
    from lossary.engine.loss import Loss

__all__ = [
    "BatchLoss",
    "LinearLoss",
    "Loss",
    "Total",
    "activations",
    "circle",
    "composed",
    "descent",
    "distributed",
    "get_num_threads",
    "info_nce",
    "information",
    "landscape",
    "linear",
    "linear_cross_entropy",
    "linear_distillation",
    "linear_jensen_shannon",
    "linear_kl_divergence",
    "multi_similarity",
    "plots",
    "pointwise",
    "reduction_from_legacy",
    "report",
    "samplewise",
    "scorer",
    "sequence_log_probabilities",
    "set_num_threads",
    "siglip",
    "softmax",
    "suggest",
    "supervised_contrastive",
    "vocabulary",
]
__all__ += losses.__all__

log.configure()
_PLACES = {
    "lossary.batch_losses": ("BatchLoss", *losses.ELSEWHERE["batch_losses"]),
    "lossary.linear_losses": ("LinearLoss", "linear", "sequence_log_probabilities", *losses.ELSEWHERE["linear_losses"]),
    "lossary.lab": ("descent", "landscape"),
    "lossary.suggestion": ("suggest",),
    "lossary.trainers.scorer": ("scorer",),
}
"""The module of each public name that is loaded when it is first asked for."""
_MODULES = (
    "activations",
    "array_words",
    "batch_losses",
    "distributed",
    "domains",
    "information",
    "kinds",
    "lab",
    "linear_losses",
    "plots",
    "report",
    "vocabulary",
)

if not TYPE_CHECKING:  # a type checker would take any name for one that there is

    def __getattr__(name: str) -> Any:
        if name in _MODULES:
            return import_module(f"lossary.{name}")
        for module, names in _PLACES.items():
            if name in names:
                return getattr(import_module(module), name)
        # torch is not in __all__: `from lossary import *` would put lossary.torch in the place of the reader's own torch
        if name == "torch":
            if _has_torch():
                return import_module("lossary.torch")
            raise AttributeError('lossary.torch takes PyTorch, which is not installed: pip install "lossary[torch]"', name=name)
        if name in losses.NAMES:
            globals()[name] = found = getattr(losses, name)  # the next access finds it without this function
            return found
        # tools ask every module for names such as __wrapped__, which are like no loss
        similar = "" if name.startswith("_") else like_a_loss(name, [*__dir__(), *losses.ALIASES])
        raise AttributeError(f"module 'lossary' has no attribute {name!r}{similar}", name=name)


def __dir__() -> list[str]:
    return sorted([*__all__, "torch"] if _has_torch() else __all__)


def _has_torch() -> bool:
    try:
        return find_spec("torch") is not None
    except (ImportError, ValueError):  # something stands in its place
        return False
