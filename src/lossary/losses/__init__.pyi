"""The losses: definitions only. A person who adds a loss works in one file here, and names it in the table below.

A file is imported when one of its losses is first asked for.
"""

# Made by tools/stubs.py from the definitions; run `make stubs` instead of editing this file.
# mypy: disable-error-code="override, overload-cannot-match"
from lossary.losses.binary import asymmetric as asymmetric
from lossary.losses.binary import binary_cross_entropy as bce
from lossary.losses.binary import binary_cross_entropy as binary_cross_entropy
from lossary.losses.binary import binary_cross_entropy as log_loss
from lossary.losses.binary import binary_cross_entropy as soft_margin
from lossary.losses.binary import brier_binary as brier_binary
from lossary.losses.binary import focal_binary as focal_binary
from lossary.losses.embedding import cosine_distance as cosine
from lossary.losses.embedding import cosine_distance as cosine_distance
from lossary.losses.embedding import margin_ranking as margin_ranking
from lossary.losses.embedding import triplet as triplet
from lossary.losses.embedding import triplet as triplet_margin
from lossary.losses.find import registry as registry
from lossary.losses.margin import exponential as exponential
from lossary.losses.margin import hinge as hinge
from lossary.losses.margin import modified_huber as modified_huber
from lossary.losses.margin import perceptron as perceptron
from lossary.losses.margin import squared_hinge as squared_hinge
from lossary.losses.multiclass import brier as brier
from lossary.losses.multiclass import cross_entropy as ce
from lossary.losses.multiclass import cross_entropy as cross_entropy
from lossary.losses.multiclass import focal as focal
from lossary.losses.multiclass import generalized_cross_entropy as generalized_cross_entropy
from lossary.losses.multiclass import poly1 as poly1
from lossary.losses.multiclass import symmetric_cross_entropy as symmetric_cross_entropy
from lossary.losses.region import dice as dice
from lossary.losses.region import dice as soft_f1
from lossary.losses.region import dice as sorensen_dice
from lossary.losses.region import focal_tversky as focal_tversky
from lossary.losses.region import jaccard as jaccard
from lossary.losses.region import matthews as matthews
from lossary.losses.region import matthews as mcc
from lossary.losses.region import tversky as tversky
from lossary.losses.regression import absolute_error as absolute_error
from lossary.losses.regression import absolute_error as l1
from lossary.losses.regression import absolute_error as mae
from lossary.losses.regression import huber as huber
from lossary.losses.regression import squared_error as l2
from lossary.losses.regression import squared_error as mse
from lossary.losses.regression import squared_error as squared_error

__all__ = [
    "absolute_error",
    "asymmetric",
    "bce",
    "binary_cross_entropy",
    "brier",
    "brier_binary",
    "ce",
    "cosine",
    "cosine_distance",
    "cross_entropy",
    "dice",
    "exponential",
    "focal",
    "focal_binary",
    "focal_tversky",
    "generalized_cross_entropy",
    "hinge",
    "huber",
    "jaccard",
    "l1",
    "l2",
    "log_loss",
    "mae",
    "margin_ranking",
    "matthews",
    "mcc",
    "modified_huber",
    "mse",
    "perceptron",
    "poly1",
    "soft_f1",
    "soft_margin",
    "sorensen_dice",
    "squared_error",
    "squared_hinge",
    "symmetric_cross_entropy",
    "triplet",
    "triplet_margin",
    "tversky",
]

LOSSES: dict[str, dict[str, tuple[str, ...]]]
FUNCTIONS: dict[str, tuple[str, ...]]
ALIASES: dict[str, str]
NAMES: frozenset[str]
