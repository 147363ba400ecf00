"""Show scores, of which more is better, as scores: what was measured is their negative, so that the least is the best."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lossary.report.measure.plan.ready import ready_made_score
from lossary.report.show.format import real

_TURNED = ("mean", "difference", "mean_a", "mean_b", "loss_a", "loss_b")


def oriented(report: Mapping[str, Any]) -> dict[str, Any]:
    """Return a report with what is shown of it: of scores, means and differences of the opposite sign.

    ``measure`` is "loss" or "score"; ``better`` is 1 where more is better, else -1.
    """
    if report["loss"] != ready_made_score.__name__:
        return {**report, "measure": "loss", "better": -1}
    found = {**_turned(report), "measure": "score", "better": 1}
    if report["kind"] == "score":
        worst = [{**row, "loss": _negative(row["loss"])} for row in report["worst"]]
        found |= {"sum": _negative(report["sum"]), "worst": worst, "figure": None}
    if report["kind"] != "ranking":
        found["histogram"] = found["histogram"][::-1]
    return found


def _turned(x: Any, key: str = "") -> Any:
    if isinstance(x, Mapping):
        found = {name: _turned(value, name) for name, value in x.items()}
        if "low" in x and "high" in x:  # an interval, or the range of the means of runs
            found |= {"low": _negative(x["high"]), "high": _negative(x["low"])}
        return found
    if isinstance(x, (list, tuple)):
        return [_turned(one, key) for one in x]
    return _negative(x) if key in _TURNED else x


def _negative(x: Any) -> Any:
    return None if x is None else -real(x) + 0.0  # makes 0 of -0
