"""The losses: definitions only. A person who adds a loss works in one file here, and names it in the table below.

A file is imported when one of its losses is first asked for.
"""

# Made by tools/stubs.py from the definitions; run `make stubs` instead of editing this file.
# mypy: disable-error-code="override, overload-cannot-match"
from lossary.losses.binary import binary_cross_entropy as bce
from lossary.losses.binary import binary_cross_entropy as binary_cross_entropy
from lossary.losses.binary import binary_cross_entropy as log_loss
from lossary.losses.find import registry as registry
from lossary.losses.multiclass import cross_entropy as ce
from lossary.losses.multiclass import cross_entropy as cross_entropy
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
    "bce",
    "binary_cross_entropy",
    "ce",
    "cross_entropy",
    "dice",
    "focal_tversky",
    "huber",
    "jaccard",
    "l1",
    "l2",
    "log_loss",
    "mae",
    "matthews",
    "mcc",
    "mse",
    "soft_f1",
    "sorensen_dice",
    "squared_error",
    "tversky",
]

LOSSES: dict[str, dict[str, tuple[str, ...]]]
FUNCTIONS: dict[str, tuple[str, ...]]
ALIASES: dict[str, str]
NAMES: frozenset[str]
