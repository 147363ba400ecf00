"""Say which slices lose much, for a terminal and for a page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lossary.counted import counted
from lossary.report.show.format import number, plain_cell, plain_interval, plain_percent
from lossary.report.show.layout import Section
from lossary.report.show.ranking_text import p_value
from lossary.report.show.tables import count, table

Found = Mapping[str, Any]


def slice_name(one: Found) -> str:
    """Return the conditions of a slice in words.

    >>> slice_name({"conditions": [{"column": "region", "value": "north"}, {"column": "age", "value": "18 to 29"}]})
    'region north, age 18 to 29'
    """
    return ", ".join(f"{condition['column']} {condition['value']}" for condition in one["conditions"])


def slices_sentence(found: Found) -> str:
    """Return what was searched, in words."""
    slices = f"{counted(found['tried'], 'slice')} by {', '.join(found['columns'])}"
    searched = f"{slices} were tried on half of {number(found['rows'])} rows"
    if not found["tested"]:
        return f"{searched}; none stood out"
    told = "none loses more beyond chance" if not found["found"] else f"{len(found['found'])} lose more beyond chance"
    return f"{searched}, the {found['tested']} that stood out tested on the other half; {told}"


def slices_sections(found: Found | None) -> list[Section]:
    """Return the table of a terminal."""
    if found is None:
        return []
    return [
        table(
            f"Slices: {slices_sentence(found)}",
            found["found"],
            ("slice", None, slice_name),
            ("rows", "count", count),
            ("of rows", "share", plain_percent),
            ("mean", "mean", plain_cell),
            ("other rows", "rest", plain_cell),
            ("more by", "interval", plain_interval),
            ("p (Holm)", "p_value", p_value),
        )
    ]
