"""Find out what kind of target there is, and what stands out about it; the thresholds are those of the rules."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from lossary.suggestion import rules
from lossary.suggestion.values import Values


class Findings(NamedTuple):
    """What was found out about a target."""

    facts: dict[str, str]
    """The facts of the rules that hold, each with its figures."""
    numbers: dict[str, float | str]
    """What the calls of losses take from the target."""


def kind_of(values: Values) -> str:
    """Return the kind of a target, one of the rules' kinds."""
    y = values.target
    if y.ndim > 1:
        return "distributions"
    distinct = np.unique(y)
    if len(distinct) == 2 and (distinct == np.floor(distinct)).all():
        return "binary"
    if values.words is not None:
        return "classes"
    if distinct[0] >= 0 and (distinct == np.floor(distinct)).all() and np.median(y) <= rules.COUNTED:
        return _kind_of_whole(y, distinct)
    if distinct[0] >= 0 and distinct[-1] <= 1:
        return "probabilities"
    if distinct[0] > 0:
        return "positive"
    return "amounts" if distinct[0] == 0 else "real"


def _kind_of_whole(y: np.ndarray, distinct: np.ndarray) -> str:
    """Return the kind of whole numbers from 0 on: they count something, or are names of classes, or grades."""
    adjacent = len(distinct) == distinct[-1] - distinct[0] + 1
    if adjacent and distinct[0] == 1 and 3 <= len(distinct) <= rules.ORDERED:
        return "ordered"
    share = float(np.mean(y == distinct[-1]))
    if adjacent and distinct[0] == 0 and len(distinct) > 2 and share >= rules.LAST_CLASS / len(distinct):
        return "classes"
    return "counts"


def find(kind: str, values: Values) -> Findings:
    """Return what stands out about a target of a kind."""
    return {"counts": _counts, "binary": _classes, "classes": _classes}.get(kind, _amounts)(kind, values)


# ---- numbers


def _amounts(kind: str, values: Values) -> Findings:
    facts: dict[str, str] = {}
    numbers: dict[str, float | str] = {"given": _given(values)}
    y = values.target
    if kind == "ordered":
        least = 0 if values.words is not None else int(y.min())
        numbers["labels"] = f"target {'-' if least > 0 else '+'} {abs(least)}" if least else "target"
    if kind not in ("real", "positive", "amounts"):
        return Findings(facts, numbers)
    of = "values" if values.prediction is None else "residuals"
    x = y if values.prediction is None else y - values.prediction
    middle = float(np.median(x))
    far = np.abs(x - middle)
    robust = 1.4826 * float(np.median(far))
    if robust == 0:  # more than half of them are equal
        robust = math.sqrt(math.pi / 2) * float(np.mean(far))
    numbers["delta"] = rules.EFFICIENT * robust if robust > 0 else 1.0
    share = float(np.mean(far > rules.OUTLIER * robust))
    if share > rules.OUTLIERS and share * len(x) > 1:
        facts["outliers"] = (
            f"{_percent(share)} of the {of} lie further than {rules.OUTLIER:g} robust standard deviations (of {robust:.3g}) "
            f"from their median {middle:.3g}, the farthest {far.max() / robust:.3g}"
        )
    low, half, high = np.quantile(x, (1 / 8, 1 / 2, 7 / 8))
    skewness = float((high + low - 2 * half) / (high - low)) if high > low else 0.0
    if abs(skewness) >= rules.SKEWED and _beyond(abs(skewness), 1.1 / math.sqrt(len(x))):  # the error under normal noise
        facts["skewed"] = (
            f"an eighth of the {of} lie below {low:.3g}, half below {half:.3g}, all but an eighth below {high:.3g}: "
            f"skewness {skewness:.2f}"
        )
    if kind == "amounts" and (zeros := float(np.mean(y == 0))) > 0.5:
        facts = {"mostly zeros": f"{_percent(zeros)} of the values are 0"}
    if kind == "positive":
        low, high = np.quantile(y, (0.05, 0.95))
        if high >= rules.SPREAD * low:
            facts["spread"] = f"5 % of the values lie below {low:.3g}, 5 % above {high:.3g}: a factor of {high / low:.3g}"
    return Findings(facts, numbers)


def _given(values: Values) -> str:
    """Return the option that says that predictions are probabilities, if they can be nothing else."""
    p = values.prediction
    probabilities = p is not None and len(p) > 0 and bool(((p >= 0) & (p <= 1)).all())
    return ', given="probabilities"' if probabilities else ""


# ---- counts


def _counts(kind: str, values: Values) -> Findings:
    y, facts = values.target, dict[str, str]()
    mean, count = float(np.mean(y)), len(y)
    expects, than = np.array([mean]), "the variance is"
    if values.prediction is not None and bool((values.prediction > 0).all()):
        expects, than = values.prediction, "the squared residuals are"
    square = float(np.mean((y - expects) ** 2))
    dispersion, alpha = float(np.mean((y - expects) ** 2 / expects)), max(0.0, square - mean) / float(np.mean(expects**2))
    if dispersion >= rules.OVERDISPERSED and _beyond(dispersion - 1, math.sqrt(2 / count)):
        facts["overdispersed"] = f"{than} {dispersion:.3g} times the mean, which is {mean:.3g}"
    zeros = float(np.mean(y == 0))
    none = (1 + alpha * expects) ** (-1 / alpha) if alpha > 1e-6 else np.exp(-expects)
    expected = float(np.mean(none))
    error = math.sqrt(expected * (1 - expected) / count)
    if zeros - expected >= rules.EXCESS and _beyond(zeros - expected, error):
        facts["excess zeros"] = (
            f"{_percent(zeros)} of the counts are 0, where {_percent(expected)} are expected of this mean and variance"
        )
        positive = y[y > 0]
        if len(positive) > 1:
            ratio = float(np.var(positive)) / _variance_above_0(float(np.mean(positive)))
            if ratio >= rules.OVERDISPERSED and _beyond(ratio - 1, math.sqrt(2 / len(positive))):
                facts["overdispersed above 0"] = f"the counts above 0 vary {ratio:.3g} times as much as Poisson counts above 0"
    return Findings(facts, {"dispersion": alpha})


def _variance_above_0(mean: float) -> float:
    """Return the variance of Poisson counts above 0 with this mean, λ/(1 - e^-λ): it is m(1 + λ - m)."""
    low, high = 0.0, mean
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if middle < -math.expm1(-middle) * mean else (low, middle)
    return max(mean * (1 + high - mean), 1e-12)


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"


def _beyond(difference: float, error: float) -> bool:
    return difference > rules.ERRORS * error


# ---- classes


def _classes(kind: str, values: Values) -> Findings:
    names, counts = np.unique(values.target, return_counts=True)
    rarest = int(counts.argmin())
    one = rarest if values.words is not None else -1  # of words, the rarer is what is looked for
    share, positive = float(counts[rarest] / counts.sum()), float(counts[one] / counts.sum())
    limit = rules.RARE if kind == "binary" else rules.RARE / len(names)
    facts = {"rare class": f"class {_name(values, names[rarest])} has {_percent(share)} of the rows"} if share < limit else {}
    one_name = repr(_name(values, names[one])) if values.words is not None else _name(values, names[one])
    return Findings(facts, {"given": _given(values), "balance": (1 - positive) / positive, "one": one_name})


def _name(values: Values, value: float) -> str:
    return values.words[int(value)] if values.words is not None else f"{value:g}"
