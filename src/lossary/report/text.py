"""A score as a person reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lossary.report.score import Score


def number(x: float | None) -> str:
    """Six digits, or all before the point."""
    if x is None:
        return "none"
    return f"{x:,.0f}" if 1e6 <= abs(x) < 1e15 else f"{x + 0.0:,.6g}"  # + 0.0 makes 0 of -0


def write(score: Score) -> str:
    """The report."""
    own = ", ".join(f"{name}={value:g}" for name, value in score.parameters.items())
    nats = " nats" if score.entropy is not None else ""
    files = score.files[0] if len(score.files) == 1 else f"{len(score.files)} files, {score.files[0]} … {score.files[-1]}"
    rows = [("file" if len(score.files) == 1 else "files", files), ("rows", f"{score.count:,}")]
    if score.invalid:
        kinds = ", ".join(f"{kind} {count:,}" for kind, count in score.invalid.items())
        rows.append(("skipped", f"{sum(score.invalid.values()):,} ({kinds})"))
    if score.weight != score.count:
        rows.append(("weight", number(score.weight)))
    rows.append(("mean loss", number(score.mean) + nats))
    if score.entropy is not None:
        parts = f"= {number(score.entropy)} entropy of the targets + {number(score.divergence)} KL(target ‖ prediction)"
        rows.append(("", parts))
    rows.append(("sum", number(score.sum) + nats))
    rows.append(("best constant", f"{number(score.baseline)}{nats if score.baseline is not None else ''}"))
    if score.constant:
        rows[-1] = ("best constant", f"{rows[-1][1]}, predicting {score.constant}")
    meaning = "" if score.skill is None else "  (1 is perfect, 0 no better than the best constant)"
    rows.append(("skill", number(score.skill) + meaning))
    width = max(len(label) for label, _ in rows)
    lines = [score.loss + (f" ({own})" if own else "")]
    lines += [f"  {label:<{width}}  {value}" for label, value in rows]
    lines += [f"  note: {note}" for note in score.notes]
    return "\n".join(lines)
