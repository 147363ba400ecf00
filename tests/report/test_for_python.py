"""What a result offers to programs: flat numbers, frames, Markdown."""

import numpy as np
import pytest

from lossary.report import compare, score

COLUMNS = {"k": [1, 2, 3, 4], "y": [1.0, 2.0, 6.0, 0.0], "p": [1.0, 3.0, 5.0, 2.0], "g": ["a", "b", "b", "|*"]}
OPTIONS = {"loss": "mse", "target": "y", "prediction": "p", "group": "g"}


def test_metrics_are_flat_numbers():
    found = score(COLUMNS, also="mae", **OPTIONS)
    metrics = found.metrics()
    assert all(type(x) is float for x in metrics.values())
    assert metrics["squared_error"] == pytest.approx(metrics["rmse"] ** 2) == 1.5
    assert metrics["absolute_error"] == 1.0
    assert metrics["squared_error_low"] == found.interval.low
    assert (metrics["squared_error/g=b"], metrics["squared_error/g=|*"], metrics["bias"]) == (1.0, 4.0, 0.5)
    assert "accuracy" not in metrics
    logits = {"y": [0, 1], "z": [-2.0, 3.0]}
    assert score(logits, loss="bce", target="y", prediction="z").metrics()["accuracy"] == 1.0
    compared = compare(COLUMNS, COLUMNS | {"p": COLUMNS["y"]}, id="k", **OPTIONS).metrics()
    assert (compared["squared_error_difference"], compared["wins"], compared["squared_error_a"]) == (-1.5, 3.0, 1.5)


def test_breakdowns_are_frames():
    frame = score(COLUMNS, **OPTIONS).breakdowns[0].frame()
    assert frame.set_index("name")["mean"].to_dict() == {"|*": 4.0, "b": 1.0, "a": 0.0}
    assert np.isnan(frame.set_index("name").loc["a", "low"])
    paired = compare(COLUMNS, COLUMNS | {"p": COLUMNS["y"]}, id="k", **OPTIONS).breakdowns[0].frame()
    assert paired.set_index("name")["difference"].to_dict() == {"|*": -4.0, "b": -1.0, "a": 0.0}


@pytest.mark.parametrize("text", ["<b>x</b>", "a|b", "`c`", "[d](e)", "f\ng", "\\|"])
def test_no_name_is_markup_in_markdown(text):
    found = score(COLUMNS | {"g": [text] * 4}, **OPTIONS)
    (row,) = [line for line in found._repr_markdown_().splitlines() if "| 4 | 100 %" in line]
    assert not set("<>`[]").intersection(row.replace("\\`", "").replace("\\[", "").replace("\\]", ""))
    bars = [k for k, c in enumerate(row) if c == "|" and (k - len(row[:k].rstrip("\\"))) % 2 == 0]
    assert len(bars) == len(["", " g ", " rows ", " of rows ", " of loss ", " mean ", " interval ", " bias ", ""]) - 1
