"""Losses over time and by run as people see them: the numbers in words are those of the report."""

import math
import re

import numpy as np
import pandas as pd
import pytest

from lossary.report import compare, score
from lossary.report.show.format import number
from lossary.report.show.over_time import over_time, places_of, sparkline
from lossary.report.show.text import write

rng = np.random.default_rng(2)
DAYS = 200
FRAME = pd.DataFrame({"y": rng.normal(size=DAYS * 4), "day": np.repeat(pd.date_range("2024-01-01", periods=DAYS), 4)})
FRAME = FRAME.assign(**{f"m_{k}": FRAME["y"] + rng.normal(size=DAYS * 4) * (1 + k / 3) for k in range(3)})
FRAME = FRAME.assign(k=np.arange(DAYS * 4), seed=np.arange(DAYS * 4) % 4, item=np.arange(DAYS * 4) // 4)
OPTIONS = {"loss": "mse", "target": "y"}


def alone(k):
    return FRAME.assign(p=FRAME[f"m_{k}"])


@pytest.fixture(scope="module")
def reports():
    return {
        "score": score(FRAME, prediction="m_0", time="day", run="seed", id="item", **OPTIONS),
        "comparison": compare(alone(0), alone(1), id="k", prediction="p", time="day", **OPTIONS),
        "runs": compare(alone(0), alone(1), id="item", run="seed", prediction="p", **OPTIONS),
        "ranking": compare(FRAME, prediction="m_*", time="day", run="seed", id="item", **OPTIONS),
    }


def test_bars_rise_with_the_values():
    assert sparkline([0, 1, 2, 3, 4, 5, 6, 7]) == "▁▂▃▄▅▆▇█"
    assert sparkline([2.0, 2.0]) == "▄▄"
    assert sparkline([math.nan, math.inf]) == ""
    assert sparkline([1e308, -1e308, math.nan]) == "█▁ "
    assert len(sparkline(np.arange(1000.0))) == 40
    assert sparkline(np.arange(1000.0)) == "".join(sorted(sparkline(np.arange(1000.0))))


def test_places_are_times_steps_or_their_order():
    at = places_of([{"start": start} for start in ("2024-01", "2024-02-01 12:00", "2024-02-02")])
    assert np.diff(at).tolist() == [31.5 * 86_400, 43_200]
    assert places_of([{"start": "2"}, {"start": "10.5"}]) == [2.0, 10.5]
    assert places_of([{"start": "soon"}, {"start": "later"}]) == [0.0, 1.0]


@pytest.mark.parametrize(("name", "key"), [("score", "mean"), ("comparison", "difference")])
def test_the_picture_says_its_numbers(reports, name, key):
    found = reports[name].to_dict()["time"]
    drawn = over_time(found, key, 0.0, "mean loss")
    values = {period["start"]: period[key] for period in found["periods"]}
    least, most = min(values, key=values.get), max(values, key=values.get)
    for start in (least, most, found["periods"][0]["start"], found["periods"][-1]["start"]):
        assert f"{number(values[start])} ({start})" in drawn
    assert len(re.search(r'<polyline points="([^"]*)"', drawn)[1].split()) == len(values)
    band = re.search(r'<polygon points="([^"]*)"', drawn)
    assert (band is None) == all(period["interval"] is None for period in found["periods"])
    places = [float(x) for x in re.findall(r"[ \",]([\d.]+),", band[1] if band else "")]
    assert all(0 <= x <= 360 for x in places)


def test_a_period_of_few_rows_does_not_flatten_the_picture():
    periods = [{"start": str(k), "mean": float(k % 3), "interval": {"low": -1.0, "high": 3.0, "level": 0.9, "method": "normal"}}
               for k in range(9)]  # fmt: skip
    periods[4]["interval"] = {"low": -1e6, "high": 1e6, "level": 0.9, "method": "normal"}
    drawn = over_time({"periods": periods, "column": "t", "zone": None, "every": "time"}, "mean", math.nan, "mean loss")
    heights = [float(y) for _, y in (point.split(",") for point in re.search(r'line points="([^"]*)"', drawn)[1].split())]
    assert max(heights) - min(heights) > 50


@pytest.mark.parametrize("name", ["score", "comparison", "runs", "ranking"])
def test_pages_texts_and_markdown_have_the_periods_and_the_runs(reports, name):
    report = reports[name]
    page, text, markdown = report.to_html(), write(report.to_dict(), 80), report.to_markdown()
    if report.time is not None:
        last = report.time.periods[-1]
        mean = getattr(last, "mean", None) or getattr(last, "difference", None) or last.models[0].mean
        assert f'<td class="n">{number(mean)}</td>' in page
        assert last.start in text
        assert last.start in markdown
        assert "by week, from Monday" in page
    if report.runs is not None:
        assert "How" in page
        assert "runs" in text
        assert all(re.search(rf"^ *\W*{run.name}\W", text, re.MULTILINE) for run in report.runs.parts)
    plain = re.sub(r"\x1b\[[\d;]*m", "", text)
    assert max(map(len, plain.splitlines())) <= 80


def test_what_columns_are_called_is_only_words():
    frame = FRAME.rename(columns={"day": "<script>", "seed": "<b>&"})
    page = score(frame, prediction="m_0", time="<script>", run="<b>&", id="item", **OPTIONS).to_html()
    assert page.count("<script>") == 1  # that of the page
    assert "<b>&" not in page
    assert "&lt;script&gt;" in page
