"""Bounds on a score, which decide the exit code."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from lossary.errors import UsageError
from lossary.losses.find import find_loss
from lossary.report.results import Score


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
        return self.option == "--fail-above"

    def failure(self, found: Score) -> str | None:
        """Return the sentence that says how the score fails, or None if it passes; NaN passes nothing."""
        wrong = [
            f"{name} {value!r}"
            for name, value in self._values(found)
            if not (value <= self.bound if self.is_above else value >= self.bound)
        ]
        if not wrong:
            return None
        way = "above" if self.is_above else "below"
        more = f" and {len(wrong) - 3} more" if len(wrong) > 3 else ""
        return f"{', '.join(wrong[:3])}{more} is {way} {self.option} {self.what}{'=' if self.what else ''}{self.bound!r}"

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
        column, _, name = self.what.partition(":")
        breakdown = next((b for b in found.breakdowns if b.by == column and b.kind in ("group", "class")), None)
        if breakdown is None:
            raise UsageError(f"{self.option} bounds a group of a --group column; got {self.what!r}; add --group {column}")
        parts = [part for part in breakdown.parts if name in ("*", part.name)]
        if not parts or (name == "*" and len(parts) < breakdown.of):
            names = ", ".join(part.name for part in breakdown.parts[:6])
            of = f", the {len(breakdown.parts)} with most of the loss" if len(breakdown.parts) < breakdown.of else ""
            raise UsageError(f"{self.option} bounds a group of {column!r}, as {names}{of}; got {name!r}")
        yield from ((f"the mean loss where {column} is {part.name}", part.mean) for part in parts)
