"""Say by how many clusters an interval was made."""

from __future__ import annotations

from lossary.counted import counted
from lossary.report.measure.moments import Moments
from lossary.report.measure.plan import Plan
from lossary.report.measure.resample import BUCKETS

_FEW = 30
"""Clusters below which Student's t no longer makes up for how little is known of their spread."""


def clusters_of(plan: Plan, moments: Moments) -> int | None:
    """Return the number of clusters by which the interval is made, or None if there are none."""
    return moments.buckets.used() if plan.cluster is not None and moments.buckets is not None else None


def cluster_note(column: str | None, clusters: int | None) -> list[str]:
    """Return the note on clusters; none if there are none."""
    if clusters is None:
        return []
    about = "some " if clusters > BUCKETS // 8 else ""  # some clusters share a bucket
    return [f"intervals take rows with the same {column!r} as dependent: {about}{counted(clusters, 'cluster')}"]


def cluster_warning(column: str | None, clusters: int | None) -> list[str]:
    """Return the warning that clusters are few; none if they are not."""
    if clusters is None or clusters >= _FEW:
        return []
    return [
        f"intervals rest on {counted(clusters, 'cluster')} of {column!r}: from fewer than {_FEW} they are rough, and often too "
        "narrow"
    ]
