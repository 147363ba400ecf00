"""Calls of other libraries beside ours: each row is a test, and a line of the page docs/from-other-libraries.md.

A library has a file here with ``LIBRARY``, its name and version; ``MODULES``, what its code imports, by name;
``ARRAYS``, whose arrays it takes ("numpy", "torch" or "jax"); and ``ROWS``. Its name stands in ``FILES``, and in ``HEAVY``
if its import takes seconds.
"""

from dataclasses import dataclass
from importlib import import_module

FILES = (
    "of_torch",
    "of_sklearn",
    "of_scipy",
    "of_optax",
    "of_trl",
    "of_keras",
    "of_monai",
    "of_metric_learning",
    "of_scoringrules",
)
HEAVY = ("of_keras", "of_scoringrules")

NAMES = {
    "p, t": "numbers predicted, and what came",
    "w": "a positive weight for each",
    "m, y": "positive means, and counts; ``s`` is log m",
    "v, a": "variances, and positive amounts",
    "z, e": "logits, and events that are 0 or 1; ``q`` is sigmoid(z), and ``sign`` is 2e - 1",
    "x, k": "rows of logits, and labels; ``u`` is softmax(x), ``d`` are target distributions, ``c`` weighs classes",
    "f, g, h": "rows of features; ``match`` is 1 or -1 for each row",
    "members": "forecasts of t by 7 members; ``vectors`` are forecasts of ``place``, 3 numbers, by 4 members",
    "region, mask": "probabilities and events of pixels, as (images, classes, height, width)",
    "frames, words": "logits of classes at 9 times, and labels; ``times`` and ``counts`` say how many of them count",
    "chosen, rejected": (
        "log-probabilities of answers, sums over tokens; ``ref_chosen`` and ``ref_rejected`` under a reference; "
        "``chosen_mean`` and ``rejected_mean`` are means over tokens"
    ),
}
"""The arrays that rows are written in."""


@dataclass(frozen=True)
class Row:
    """A call of another library and ours, as code; both give the same, unless ``differs`` says that they do not."""

    theirs: str
    ours: str
    note: str = ""
    """Why the calls differ, or the numbers."""
    differs: bool = False
    """Whether the numbers differ for these arrays, for the reason that the note gives."""
    close: float = 1e-12
    """How far apart the numbers may be, relatively; slopes a hundred times as far."""

    def __str__(self):
        return self.theirs


def library(file):
    """The module of a library's rows."""
    return import_module(f"{__name__}.{file}")
