"""Reports as text."""

import html
import sys

import pytest
import rich.console

from lossary.report import compare, score
from lossary.report.show.tables import known_points, parts_table


def test_text_is_written_whole_and_shown_nowhere_else_in_a_notebook(monkeypatch, capsys):
    monkeypatch.setattr(rich.console, "_is_jupyter", lambda: True)
    monkeypatch.setitem(sys.modules, "IPython", None)
    names = [f"a long name of a group that takes room {k}" for k in range(3)]
    found = score({"y": [1.0, 2.0, 4.0], "p": [1.0, 1.0, 1.0], "g": names}, loss="mse", target="y", prediction="p", group="g")
    text = str(found)
    assert all(name in text for name in names)
    assert capsys.readouterr() == ("", "")


def test_warnings_stand_in_the_text_and_the_page_of_scores_and_comparisons():
    a = {"k": [1, 2], "y": [0, 1], "p": [0.25, 0.0]}
    options = {"loss": "bce", "given": "probabilities", "target": "y", "prediction": "p"}
    for found in (score(a, **options), compare(a, a, id="k", **options)):
        assert found.warnings
        assert found.to_dict()["warnings"] == list(found.warnings)
        for finding in found.to_dict()["findings"]:
            code, level, warning = (finding[key] for key in ("code", "level", "message"))
            assert f"  {level} {code}: {warning}" in str(found)
            assert html.escape(warning) in html.unescape(found.to_html()).replace('"', "&quot;")
            assert f"<b>{code}</b>" in found.to_html()
            assert f"**{level} {code}:**" in found.to_markdown()


def test_of_many_parts_in_their_own_order_the_largest_are_shown():
    part = {"name": "", "count": 1, "weight_share": 0.1, "mean": 1.0, "interval": None, "bias": None}
    parts = [{**part, "name": str(k), "share": (k % 3) / 100} for k in range(60)]
    found = parts_table({"by": "g", "kind": "group", "of": 60, "order": "number", "parts": parts})
    assert [row[0] for row in found.rows] == [str(k) for k in range(60) if k % 3 == 2]
    assert found.title == "By g, the 20 largest of 60"
    few = parts_table({"by": "g", "kind": "group", "of": 50, "order": "number", "parts": parts[:50]})
    assert (len(few.rows), few.title) == (50, "By g")


@pytest.mark.parametrize(("count", "kept"), [(1, []), (3, [0.5]), (40, [0.1, 0.5]), (2000, [0.001, 0.01, 0.1, 0.5])])
def test_the_worst_rows_are_whole_rows(count, kept):
    points = [{"rows": rows, "loss": rows} for rows in (0.001, 0.01, 0.1, 0.5)]
    found = known_points({"concentration": points, "count": count})
    assert [point["rows"] for point in found] == (kept if len(kept) > 1 else [])
    assert known_points({"concentration": None, "count": count}) == []
