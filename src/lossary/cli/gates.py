"""Conditions on scores and comparisons: bounds, and verdicts, which decide the exit code."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lossary.errors import UsageError
from lossary.losses.find import find_loss
from lossary.report.measure.statistics.intervals import ConfidenceInterval
from lossary.report.measure.statistics.margin import Margin
from lossary.report.ranking_result import Ranking
from lossary.report.results import Score

if TYPE_CHECKING:
    from lossary.report.comparison_result import Comparison


PASS, WARN, FAIL = "pass", "warn", "fail"


@dataclass(frozen=True)
class Outcome:
    """What became of a condition."""

    condition: str
    """As it was given: ``--fail-above high=0.4``."""
    status: str
    """ "pass", "warn" or "fail"."""
    sentence: str


def _number(x: float, limit: float) -> str:
    """Return x in six digits, or in as many more as show on which side of the limit it is."""
    texts = (f"{x:.{digits}g}" for digits in range(6, 17))
    return next((text for text in texts if float(text) != limit and (float(text) > limit) == (x > limit)), repr(x))


def worst_of(outcomes: Iterable[Outcome]) -> str:
    """Return the worst status."""
    return max((outcome.status for outcome in outcomes), key=(PASS, WARN, FAIL).index, default=PASS)


def verdict_outcomes(
    found: Comparison | Ranking,
    *,
    fail_if_worse: bool,
    warn_if_worse: bool,
    fail_if_worse_than: str | None = None,
    warn_if_worse_than: str | None = None,
) -> list[Outcome]:
    """Return what became of the conditions that B be not worse than A, or no model worse than the baseline, or by a margin.

    A comparison that cannot tell passes none.
    """
    wrong = _worse_models(found) if isinstance(found, Ranking) else _worse_side(found)
    given = (("--fail-if-worse", fail_if_worse, FAIL), ("--warn-if-worse", warn_if_worse, WARN))
    sentence = wrong or found.sentence
    outcomes = [Outcome(option, status if wrong else PASS, sentence) for option, is_given, status in given if is_given]
    for option, text, status in (
        ("--fail-if-worse-than", fail_if_worse_than, FAIL),
        ("--warn-if-worse-than", warn_if_worse_than, WARN),
    ):
        if text is not None:
            margin = Margin.read(text)
            sentences = {name: _beyond(margin, x, interval, mean) for name, x, interval, mean in _differences(found)}
            wrong = "; ".join(f"{name} {sentence}" for name, sentence in sentences.items() if sentence)
            are = "are" if len(sentences) > 1 else "is"
            sentence = wrong or f"{' and '.join(sentences)} {are} not worse by {margin}: the interval ends below that"
            outcomes.append(Outcome(f"{option} {text}", status if wrong else PASS, sentence))
    return outcomes


def _differences(found: Comparison | Ranking) -> Iterator[tuple[str, float, ConfidenceInterval | None, float]]:
    """Yield what is judged by a margin: its name, how much worse it is, with the interval, and the mean that it is beside."""
    if not isinstance(found, Ranking):
        yield "B", found.difference, found.interval, found.a.mean
        return
    mean = found.model(found.reference).mean
    for model in found.models:
        if model.name != found.reference:
            yield model.name, model.difference, model.difference_interval, mean


def _beyond(margin: Margin, difference: float, interval: ConfidenceInterval | None, mean: float) -> str:
    """Return in what a difference may reach a margin; nothing if it surely does not."""
    if margin.holds(difference, interval, mean):
        return ""
    size = margin.of(mean)
    if size is None:
        return f"cannot be judged: {margin} of a mean loss of {_number(mean, 0)} is no margin"
    if interval is None:
        return "cannot be judged: there is no interval"
    of = f" ({margin} of {_number(mean, 0)})" if margin.relative else ""
    return f"may be worse by {_number(interval.high, size)}, which is not below {_number(size, interval.high)}{of}"


def _worse_side(found: Comparison) -> str:
    """Return in what B is worse, or why it cannot be told; nothing if it is not worse."""
    if found.verdict == "worse":
        return f"B is worse than A by {_number(found.difference, 0)}"
    if found.verdict == "undecided" and found.interval is None:
        return f"cannot tell whether B is worse; {found.sentence}"
    return ""


def _worse_models(found: Ranking) -> str:
    """Return which models are worse than the baseline, or of which it cannot be told."""
    worse = [f"{model.name} by {_number(model.difference, 0)}" for model in found.models if model.verdict == "worse"]
    if worse:
        return f"worse than {found.reference}: {', '.join(worse)}"
    unknown = [model.name for model in found.models if model.verdict == "undecided" and model.p_value is None]
    return f"cannot tell whether {', '.join(unknown)} is worse than {found.reference}: there is no interval" if unknown else ""


def read_gates(loss: str | None, *, is_share: bool, **bounds: Sequence[str]) -> list[Gate]:
    """Return the gates of the texts of each option, such as ``fail_above``; ``is_share`` if more is better."""
    gates = [Gate.read(f"--{name.replace('_', '-')}", text) for name, texts in bounds.items() for text in texts]
    wrong = next((gate for gate in gates if not gate.what and gate.is_above == is_share), None)
    if wrong is not None:
        raise UsageError(
            "--fail-above bounds a mean loss or an RMSE, --fail-below an accuracy (--loss accuracy); got "
            f"{wrong.option} with --loss {loss}"
        )
    return gates


@dataclass(frozen=True)
class Gate:
    """A bound: ``what`` is bounded, from above or from below."""

    option: str
    what: str
    """Empty for the score itself, else as in "high", "mae", "accuracy" or "region:north"."""
    bound: float

    @classmethod
    def read(cls, option: str, text: str) -> Gate:
        """Return the gate of a text such as ``0.35``, ``mae=3`` or ``region:north=0.5``."""
        what, _, number = text.rpartition("=")
        try:
            bound = float(number)
        except ValueError:
            bound = math.nan
        if bound != bound:
            raise UsageError(f"{option} takes a number, or what it bounds and a number, as in mae=3; got {text!r}")
        return cls(option, what.strip(), bound)

    @property
    def is_above(self) -> bool:
        """True if the bound is from above."""
        return self.option.endswith("-above")

    def outcome(self, found: Score) -> Outcome:
        """Return whether the score passes; NaN passes nothing."""
        values = list(self._values(found))
        wrong = [(name, x) for name, x in values if not (x <= self.bound if self.is_above else x >= self.bound)]
        told = [f"{name} is {_number(x, self.bound)}" for name, x in wrong or values]
        more = f" and {len(told) - 3} more" if len(told) > 3 else ""
        condition = f"{self.option} {self.what}{'=' if self.what else ''}{self.bound!r}"
        sentence = f"{', '.join(told[:3])}{more}, {'' if wrong else 'not '}{'above' if self.is_above else 'below'} "
        if not wrong:
            return Outcome(condition, PASS, f"{sentence}{self.bound!r}")
        return Outcome(condition, FAIL if self.option.startswith("--fail") else WARN, sentence + condition)

    def _values(self, found: Score) -> Iterator[tuple[str, float]]:
        if not self.what:
            yield ("the mean loss", found.mean) if found.figure is None else (found.figure.name, found.figure.value)
        elif self.what in ("high", "low"):
            interval = found.interval if found.figure is None else found.figure.interval
            end = math.nan if interval is None else getattr(interval, self.what)
            yield f"the {'upper' if self.what == 'high' else 'lower'} end of the interval", end
        elif self.what in ("rmse", "rmsle") and found.root is not None:
            yield self.what, found.root.value
        elif self.what in ("accuracy", "skill") and (value := getattr(found, self.what)) is not None:
            yield self.what, value
        elif ":" in self.what:
            yield from self._groups(found)
        else:
            loss = find_loss(self.what).__name__
            known = {found.loss: found.mean} | {other.loss: other.mean for other in found.also}
            if loss not in known:
                scored = ", ".join(known)
                raise UsageError(f"{self.option} bounds what is scored: {scored}; got {self.what!r}; add it by --also")
            yield f"the mean {loss}", known[loss]

    def _groups(self, found: Score) -> Iterator[tuple[str, float]]:
        held = [b for b in found.breakdowns if b.kind in ("group", "class") and self.what.startswith(f"{b.by}:")]
        if not held:
            column = self.what.partition(":")[0]
            raise UsageError(f"{self.option} bounds a group of a --group column; got {self.what!r}; add --group {column}")
        breakdown = max(held, key=lambda one: len(one.by))  # age:5 is named in full, beside a column age
        column, name = breakdown.by, self.what[len(breakdown.by) + 1 :]
        parts = [part for part in breakdown.parts if name in ("*", part.name)]
        if name == "*" and len(parts) < breakdown.of:
            raise UsageError(
                f"{self.option} {self.what} bounds every group, and of {breakdown.of:,} groups a report keeps the "
                f"{len(parts):,} with most of the loss; bound single groups, or a column of fewer"
            )
        if not parts:
            names = ", ".join(part.name for part in breakdown.parts[:6])
            of = f", the {len(breakdown.parts)} with most of the loss" if len(breakdown.parts) < breakdown.of else ""
            raise UsageError(f"{self.option} bounds a group of {column!r}, as {names}{of}; got {name!r}")
        yield from ((f"the mean loss where {column} is {part.name}", part.mean) for part in parts)
