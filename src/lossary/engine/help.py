"""What ``help`` says of a loss beside its own docstring: the options of its calls, and what it can do."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any

MEANINGS = {
    "given": "what the prediction is",
    "class_weight": "one number ≥ 0 a class; it multiplies the class's term, and a sample counts with the weight of its class",
    "ignore_index": "samples with this label count nothing",
    "label_smoothing": "ε: the target becomes (1 - ε)·target + ε/K",
    "smoothing": '"uniform" shares ε among all classes, "others" among the K - 1 others',
    "z_loss": "α: adds α·(log Σ exp(logits))² to each loss",
    "soft_cap": "c: logits become c·tanh(logits/c)",
    "temperature": "T: logits are divided by it",
    "over": '"batch" makes one sample of the whole batch: the first axis then holds components too',
    "returns": "further results, in a named tuple with the cost",
    "weight": "what each sample counts: numbers ≥ 0, one a sample; a common factor changes no mean, whatever its size",
    "where": "a mask of the samples that count",
    "axis": (
        "whose components make up one sample, and are summed into its loss; `None` for element by element, the class axis "
        "(`-1`) for losses of classes, the last axis for losses of vectors"
    ),
    "reduction": '`"mean"` Σwℓ/Σw, `"sum"` Σwℓ, `"batchmean"` Σwℓ/number of samples, `"none"` one loss a sample',
    "normalizer": (
        'divide Σwℓ by this, whatever `reduction` (other than `"none"`) would divide by; 0 says that the whole batch has no '
        "samples, which `empty` answers"
    ),
    "empty": 'what the mean of nothing is: `"nan"`, `"zero"` or `"raise"`',
    "check": "`False` skips the checks of values",
}
"""The meaning of every option that is not a loss's own."""
METHODS = """\
gradient(…), value_and_gradient(…), curvature(…)   of the cost; they take what the loss takes
total(…)            an exact total that can be merged with others
best_constant(…)    the constant prediction with the least mean loss on some targets
latex(), code(…)    the formula, in LaTeX, NumPy, torch, JAX, JavaScript, SQL
plot()              a picture of it
prepare(…)          compiles ahead what calls will need
properties          what is known of it: domains, convexity, best constant"""


def explained(options: Mapping[str, Any]) -> str:
    """Return the part of a docstring that explains options, with their defaults, and lists methods."""
    lines = ["", "", "Options of a call, by keyword:", ""]
    for name, default in options.items():
        text = f"{name} = {default!r}: {MEANINGS[name].replace('`', '')}"
        lines += textwrap.wrap(text, 118, initial_indent="    ", subsequent_indent="        ")
    lines += ["", "Methods, more about which says help(lossary.Loss):", "", textwrap.indent(METHODS, "    "), ""]
    return "\n".join(lines)
