"""Columns that hold the loss or the score of each row ready-made."""

import json

import numpy as np
import pytest

from lossary.report import UsageError, compare, score
from lossary.report.show import format

rng = np.random.default_rng(12)
N = 300
A = {"id": np.arange(N), "loss": rng.normal(size=N), "acc": rng.random(N) < 0.6, "task": np.arange(N) % 4}
B = {"id": np.arange(N)[::-1], "acc": (A["acc"] | (rng.random(N) < 0.3))[::-1]}


def test_losses():
    found = score(A, given="loss", prediction="loss", group="task")
    assert found.mean == pytest.approx(A["loss"].mean(), rel=1e-13)
    reach = 1.959963984540054 * A["loss"].std(ddof=1) / np.sqrt(N)
    assert found.interval.high == pytest.approx(found.mean + reach, rel=1e-12)
    assert [part.mean for part in found.breakdowns[0].parts] == pytest.approx(
        [A["loss"][A["task"] == k].mean() for k in range(4)], rel=1e-12
    )
    assert found.figure is None


def test_scores_are_better_the_higher_they_are():
    found = score(A, given="loss", higher_is_better=True, prediction="acc")
    assert (found.figure.name, found.figure.value) == ("score", pytest.approx(A["acc"].mean(), rel=1e-13))
    assert found.figure.interval.low < found.figure.value < found.figure.interval.high
    assert found.worst[0]["prediction"] == 0.0
    assert f"mean score  {A['acc'].mean():.6g}" in str(found)


def test_a_page_of_scores_shows_scores():
    found = score({**A, "g": ["a", "b", "b"] * 100}, given="loss", higher_is_better=True, prediction="acc", group="g")
    page, text = found.to_html(), str(found)
    for shown in (page, text, found.to_markdown()):
        assert "mean score" in shown
        assert "mean loss" not in shown
        assert ">NaN<" not in shown
    for part in found.breakdowns[0].parts:  # what was measured is minus the score
        assert f'data-v="{-part.mean:.6g}"' in page
        assert f"{-part.mean:.4g}" in text
    assert "How groups differ" in page
    assert "share of the loss" not in page


def test_comparisons_of_scores():
    compared = compare(A, B, id="id", given="loss", higher_is_better=True, prediction="acc")
    assert compared.difference == pytest.approx(A["acc"].mean() - B["acc"].mean(), rel=1e-12)
    assert compared.verdict == "better"
    assert any("more is better" in note for note in compared.notes)
    page, text = compared.to_html(), str(compared)
    assert f"mean score of A  {A['acc'].mean():.6g}" in text
    assert f"mean score of B  {B['acc'].mean():.6g}" in text
    gain = B["acc"].mean() - A["acc"].mean()
    assert f"B - A            {gain:.6g}" in text
    assert f"On average B scores {format.number(abs(gain))} {'more' if gain > 0 else 'less'} than A" in " ".join(page.split())
    assert page.index("← A better") < page.index("B better →")
    assert "mean loss" not in page + text


def test_json_lines_of_a_harness(tmp_path):
    path = tmp_path / "s.jsonl"
    path.write_text("".join(json.dumps({"doc_id": k, "acc": float(x)}) + "\n" for k, x in enumerate(A["acc"])))
    found = score(path, given="loss", higher_is_better=True, prediction="acc", id="doc_id")
    assert found.figure.value == pytest.approx(A["acc"].mean(), rel=1e-13)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"prediction": "acc"}, 'a score takes a loss, .*; or given="loss"'),
        ({"prediction": "acc", "given": "loss", "loss": "mae"}, "leave out loss='mae'"),
        ({"given": "loss"}, "a ready-made loss is one column; got None"),
        ({"prediction": "acc", "loss": "mae", "target": "loss", "higher_is_better": True}, "is for ready-made scores"),
        ({"prediction": "loss", "given": "loss", "target": "acc"}, "has no target"),
    ],
)
def test_what_is_unclear_is_refused(options, sentence):
    with pytest.raises(UsageError, match=sentence):
        score(A, **options)
