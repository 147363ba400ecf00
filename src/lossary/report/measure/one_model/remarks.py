"""Remarks that scores and comparisons share: on clusters, and on probabilities that were clipped."""

from __future__ import annotations

from collections.abc import Iterator

from lossary.counted import counted
from lossary.report import findings
from lossary.report.findings import Finding
from lossary.report.measure.plan.plan import ColumnPlan
from lossary.report.measure.statistics.intervals import Estimate
from lossary.report.measure.statistics.moments import Moments
from lossary.report.measure.statistics.resample import BUCKETS

FEW = 30
"""Clusters, or rows, below which Student's t no longer makes up for how little is known of their spread."""


def clusters_of(plan: ColumnPlan, moments: Moments) -> int | None:
    """Return the number of clusters by which the interval is made, or None if there are none."""
    if plan.run is not None:  # buckets hold runs
        return None
    return moments.buckets.used() if plan.cluster is not None and moments.buckets is not None else None


def cluster_note(column: str | None, clusters: int | None) -> list[Finding]:
    """Return the note on clusters; none if there are none."""
    if clusters is None:
        return []
    about = "some " if clusters > BUCKETS // 8 else ""  # some clusters share a bucket
    sentence = f"intervals take rows with the same {column!r} as dependent: {about}{counted(clusters, 'cluster')}"
    return [findings.CLUSTERED.found(sentence, clusters)]


def cluster_warning(column: str | None, clusters: int | None) -> list[Finding]:
    """Return the warning that clusters are few; none if they are not."""
    if clusters is None or clusters >= FEW:
        return []
    rest = f"intervals rest on {counted(clusters, 'cluster')} of {column!r}"
    sentence = f"{rest}: from fewer than {FEW} they are rough, and often too narrow"
    return [findings.FEW_CLUSTERS.found(sentence, clusters)]


def clip_warning(of: str, rows: int, clip: float) -> Finding:
    """Return the warning that probabilities were clipped; ``of`` says whose."""
    return findings.CLIPPED.found(
        f"{counted(rows, 'row')}{of} had a probability closer to 0 or 1 than {clip:g}, which was moved to {clip:g} from it: "
        "this is the score of changed predictions, and depends on that number",
        rows,
    )


def few_rows_note(rows: int, estimate: Estimate) -> Iterator[Finding]:
    """Yield a note if a verdict rests on few rows and the normal distribution."""
    if rows < FEW and estimate.standard_error is not None and estimate.freedom is None:
        rest = f"the verdict rests on {counted(rows, 'row')} and the normal distribution"
        yield findings.FEW_ROWS.found(f"{rest}: from fewer than {FEW} it looks surer than it is", rows)


def crossing_warning(rows: int, of: str = "") -> Finding:
    """Return the warning that the quantiles of some rows cross; ``of`` says whose, as in " of B"."""
    have = "has" if rows == 1 else "have"
    return findings.CROSSING.found(
        f"{counted(rows, 'row')}{of} {have} quantiles that cross, a lower level above a higher one: each is scored as it "
        "is, and no target lies within an interval whose ends have changed places; sort the quantiles of a row to mend it",
        rows,
    )


def missing_members_note(rows: int, members: int, of: str = "") -> list[Finding]:
    """Return the note on missing members; none if none is. ``of`` says whose."""
    if not rows:
        return []
    lack = "lacks" if rows == 1 else "lack"
    which = f"{counted(rows, 'row')}{of} {lack} members of the ensemble"
    sentence = f"{which}, {counted(members, 'member')} in all; each was scored by those that it has"
    return [findings.MISSING_MEMBERS.found(sentence, rows)]


DIGITS = {"float16": 11, "float32": 24}
"""The bits of a number of types that hold fewer than float64 does."""


def few_digits_warning(of: str, rows: int, kind: str) -> Finding:
    """Return the warning that some probabilities are 1 in the type in which they are stored; ``of`` says whose."""
    return findings.FEW_DIGITS.found(
        f"{counted(rows, 'row')}{of} {'has' if rows == 1 else 'have'} a probability that is 1 in {kind}, as these predictions "
        f"are stored: what lies closer to 1 than {2.0 ** -DIGITS[kind]:.1e} cannot be told apart; store logits or float64",
        rows,
    )


def saturated_warning(of: str, rows: int) -> Finding:
    """Return the warning that logits are so large that float64 does not tell their probability from 0 or 1."""
    return findings.SATURATED.found(
        f"{counted(rows, 'row')}{of} {'has' if rows == 1 else 'have'} saturated logits (beyond ±36.7): the probability rounds "
        "to 0 or 1 in float64; check that predictions are scaled as they were trained",
        rows,
    )


def id_warnings(column: str, twice: int, missing: int) -> Iterator[Finding]:
    """Yield the warnings that rows have the id of an earlier row, or none."""
    if twice:
        have = counted(twice, "row has", "rows have")
        sentence = f"{have} an id in column {column!r} that an earlier row has; each was scored"
        yield findings.DUPLICATE_IDS.found(sentence, twice)
    if missing:
        have = counted(missing, "row has", "rows have")
        yield findings.MISSING_IDS.found(f"{have} no id in column {column!r}", missing)
