"""Which functional of the target a loss asks for: its mean, its median or a quantile."""

from __future__ import annotations

from lossary.report.measure.plan.plan import ColumnPlan


def functional_of(plan: ColumnPlan) -> tuple[str, float | None] | None:
    """Return which functional of the target the loss asks for, and the level of a quantile; None of any other loss."""
    if plan.shape != "number" or not plan.is_single or plan.is_binary or plan.given_as not in (None, "mean", "log"):
        return None
    found = plan.loss.formulas.minimizer(plan.parameters)
    if found == "quantile":
        return found, float(plan.parameters.get("alpha", 0.5))  # type: ignore[arg-type]
    return (found, 0.5 if found == "median" else None) if found in ("mean", "median") else None


def consistent_functional(plan: ColumnPlan) -> tuple[str, float | None] | None:
    """Return the functional that the loss asks for, and the level of a quantile; None of any other loss."""
    if plan.is_binary and plan.is_single and plan.shape == "number":
        return ("mean", None) if plan.loss.formulas.minimizer(plan.parameters) == "mean" else None
    return functional_of(plan)
