"""Comparisons of rows in time and in runs: the same however models are laid out, and against statsmodels and pandas."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from lossary.cli import main as cli
from lossary.report import UsageError, compare

rng = np.random.default_rng(8)
OPTIONS = {"loss": "mse", "target": "y"}
MODELS = ("a", "b", "c")


def models(times=60, shops=3, runs=2):
    rows = times * shops * runs
    shock = np.convolve(rng.normal(size=times + 9), np.ones(10) / 3, "valid")
    frame = pd.DataFrame({"y": rng.normal(size=rows), "w": rng.uniform(0.5, 2, rows), "k": np.arange(rows)})
    frame["day"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(rows) // (shops * runs), "D")
    frame["seed"] = np.arange(rows) % runs
    frame["item"] = np.arange(rows) // runs
    for k, name in enumerate(MODELS):
        frame[f"m_{name}"] = frame["y"] + np.repeat(shock, shops * runs) * (1 - 0.1 * k) + rng.normal(size=rows)
    return frame.sample(frac=1, random_state=3)


def alone(frame, model):
    return frame.drop(columns=[f"m_{name}" for name in MODELS]).assign(p=frame[f"m_{model}"])


def difference_of(frame, one, other):
    return (frame[f"m_{other}"] - frame["y"]) ** 2 - (frame[f"m_{one}"] - frame["y"]) ** 2


ASKED = [{"time": "day"}, {"time": "day", "horizon": 4}, {"run": "seed"}]


@pytest.mark.parametrize(("asked", "weight"), [(ASKED[0], None), (ASKED[1], "w"), (ASKED[2], "w")])
def test_a_comparison_is_the_same_of_columns_stacked_rows_and_files(asked, weight):
    frame = models()
    id = "item" if "run" in asked else "k"
    asked = asked | OPTIONS | {"weight": weight}
    columns = compare(frame, prediction="m_*", id=id, **asked)
    apart = [alone(frame, name).sample(frac=1, random_state=k) for k, name in enumerate(MODELS)]
    files = compare(*apart, prediction="p", id=id, names=MODELS, **asked)
    stacked = pd.concat([one.assign(model=name) for one, name in zip(apart, MODELS, strict=True)])
    rows = compare(stacked, prediction="p", model="model", id=id, **asked)
    for other in (files, rows):
        for one, another in zip(columns.models, other.models, strict=True):
            assert (one.name, one.mean, one.difference) == (another.name, another.mean, another.difference)
            for mine, theirs in ((one.interval, another.interval), (one.difference_interval, another.difference_interval)):
                assert (mine is None) == (theirs is None)
                # clusters of stacked rows may fall into other buckets
                assert mine is None or [mine.low, mine.high] == pytest.approx([theirs.low, theirs.high], rel=1e-9)
        assert other.time == columns.time
    pair = compare(apart[0], apart[1], prediction="p", id=id, **asked)
    found = next(pair for pair in columns.pairs if {pair.a, pair.b} == {"a", "b"})
    sign = 1 if found.a == "a" else -1
    assert pair.difference == sign * found.difference
    ends = sorted([sign * found.interval.low, sign * found.interval.high])
    assert [pair.interval.low, pair.interval.high] == pytest.approx(ends, rel=1e-9)


def test_differences_over_time_are_those_of_pandas():
    frame = models()
    found = compare(frame, prediction="m_*", baseline="b", time="day", every="week", **OPTIONS)
    places = {model.name: k for k, model in enumerate(found.models)}
    period = frame["day"].dt.to_period("W-SUN")
    for name in MODELS:
        mean = ((frame[f"m_{name}"] - frame["y"]) ** 2).groupby(period).mean()
        difference = difference_of(frame, "b", name).groupby(period)
        parts = [one.models[places[name]] for one in found.time.periods]
        assert [part.mean for part in parts] == pytest.approx(mean.tolist(), rel=1e-12)
        assert [part.difference for part in parts] == pytest.approx(difference.mean().tolist(), rel=1e-9, abs=1e-12)
        if name != "b":
            error = difference.std() / np.sqrt(difference.size()) * stats.norm.ppf(0.975)
            assert [part.interval.high - part.difference for part in parts] == pytest.approx(error.tolist(), rel=1e-9)
    pair = compare(alone(frame, "a"), alone(frame, "b"), id="k", prediction="p", time="day", every="week", **OPTIONS)
    assert [one.difference for one in pair.time.periods] == pytest.approx(
        difference_of(frame, "a", "b").groupby(period).mean().tolist(), rel=1e-9
    )
    assert [one.count for one in pair.time.periods] == period.value_counts().sort_index().tolist()
    for name in "ab":
        mean = ((frame[f"m_{name}"] - frame["y"]) ** 2).groupby(period).mean()
        assert [getattr(one, f"mean_{name}") for one in pair.time.periods] == pytest.approx(mean.tolist(), rel=1e-12)


def test_the_interval_of_a_difference_is_that_of_diebold_and_mariano():
    statsmodels = pytest.importorskip("statsmodels.api")
    frame = models().sort_values("day")
    pair = compare(alone(frame, "a"), alone(frame, "c"), id="k", prediction="p", time="day", horizon=5, **OPTIONS)
    codes = (frame["day"] - frame["day"].min()).dt.days.to_numpy()
    fit = statsmodels.OLS(difference_of(frame, "a", "c").to_numpy(), np.ones(len(frame))).fit(
        cov_type="hac-groupsum",
        cov_kwds={"time": codes, "maxlags": 4, "use_correction": False, "weights_func": lambda lags: np.ones(lags + 1)},
    )
    error = fit.bse[0] / math.sqrt((60 + 1 - 10 + 20 / 60) / 60)
    t = stats.t(59)
    assert pair.interval.method == "diebold-mariano"
    assert pair.interval.high - pair.difference == pytest.approx(error * t.ppf(0.975), rel=1e-9)
    assert pair.detectable == pytest.approx(error * (t.ppf(0.975) + t.ppf(0.8)), rel=1e-9)
    assert pair.turning.recomputed is False
    ranking = compare(frame, prediction="m_*", baseline="a", time="day", horizon=5, **OPTIONS)
    assert ranking.model("c").detectable == pytest.approx(pair.detectable, rel=1e-9)
    assert ranking.model("c").p_value >= next(p for p in ranking.pairs if {p.a, p.b} == {"a", "c"}).p_value
    p = 2 * t.sf(abs(pair.difference) / error)
    assert next(p for p in ranking.pairs if {p.a, p.b} == {"a", "c"}).p_value == pytest.approx(p, rel=1e-6)


def test_few_rows_decide_as_a_loop_finds():
    x = rng.normal(-0.15, 1, 300)
    a = {"k": np.arange(300), "l": np.zeros(300)}
    found = compare(a, a | {"l": x}, id="k", given="loss", prediction="l")
    kept = np.sort(x)
    assert found.verdict == "better"
    expected = next(k for k in range(300) if kept[k:].sum() >= 0)
    assert expected <= found.turning.sign <= expected + 1
    reach = [kept[k:].mean() + stats.norm.ppf(0.975) * kept[k:].std(ddof=1) / math.sqrt(300 - k) for k in range(50)]
    assert found.turning.verdict == pytest.approx(next(k for k in range(50) if reach[k] >= 0), abs=1)
    assert (found.turning.becomes, found.turning.recomputed) == ("undecided", True)
    assert f"leaving out about {found.turning.verdict} of 300 rows that count most makes the verdict undecided" in str(found)
    assert f"leaving out {found.turning.sign} turns the sign" in found.to_html()
    assert found.to_dict()["turning"]["sign"] == found.turning.sign
    columns = compare({"base": a["l"], "new": x}, given="loss", prediction="base,new", baseline="base")
    assert columns.model("new").turning == found.turning
    other = compare({"base": a["l"], "new": x}, given="loss", prediction="base,new", baseline="new")
    assert other.model("base").turning == found.turning
    assert f"base against new is undecided without about {found.turning.verdict} of 300 rows" in str(other)
    undecided = compare({"base": a["l"], "new": x + 0.12}, given="loss", prediction="new,base", baseline="base")
    way = undecided.model("new").turning.becomes
    turned = compare({"base": a["l"], "new": x + 0.12}, given="loss", prediction="new,base", baseline="new")
    assert {way, turned.model("base").turning.becomes} == {"better", "worse"}
    weights = {"w": np.full(300, 2.0)}
    weighted = compare(a | weights, a | {"l": x}, id="k", given="loss", prediction="l", weight="w")
    assert (weighted.turning.sign, weighted.turning.recomputed) == (found.turning.sign, False)


def test_runs_of_two_files_are_joined_by_run_and_id():
    frame = models()
    pair = compare(alone(frame, "a"), alone(frame, "b"), id="item", run="seed", prediction="p", **OPTIONS)
    assert (pair.id, pair.count, pair.only_a, pair.runs.crossed) == ("item, seed", 360, 0, "item")
    difference = difference_of(frame, "a", "b").groupby(frame["seed"])
    assert [run.difference for run in pair.runs.parts] == pytest.approx(difference.mean().tolist(), rel=1e-9)
    assert pair.runs.spread == pytest.approx(difference.mean().std(), rel=1e-9)
    for name in "ab":
        mean = ((frame[f"m_{name}"] - frame["y"]) ** 2).groupby(frame["seed"]).mean()
        assert [getattr(run, f"mean_{name}") for run in pair.runs.parts] == pytest.approx(mean.tolist(), rel=1e-12)
    known = compare(alone(frame, "a"), alone(frame, "b"), id="item,seed", run="seed", prediction="p", **OPTIONS)
    assert known.interval == pair.interval
    without = compare(alone(frame, "a"), alone(frame, "b"), id="k", run="seed", prediction="p", cluster=None, **OPTIONS)
    assert without.runs.crossed == "k"
    for text in (str(pair), pair.to_html(), pair.to_markdown()):
        assert "seed" in text


@pytest.mark.parametrize(
    ("shift", "margin", "code", "said"),
    [
        (-0.3, "1%", 0, ""),
        (0.0, "20%", 0, ""),
        (0.0, "0.0001%", 1, "B may be worse by "),
        (0.3, "1%", 1, "which is not below 0.01"),
        (0.3, "0.5", 0, ""),
        (0.3, "x", 2, "a margin is a number above 0, or a percentage"),
        (0.3, "0", 2, "a margin is a number above 0, or a percentage"),
    ],
)
def test_a_margin_is_kept_if_the_interval_ends_below_it(tmp_path, capsys, shift, margin, code, said):
    base = np.abs(np.random.default_rng(1).normal(size=400))
    base /= base.mean()
    noise = np.tile([-0.01, 0.01], 200)
    for name, values in (("a", base), ("b", base + noise + shift)):
        pd.DataFrame({"k": range(400), "l": values}).to_csv(tmp_path / f"{name}.csv", index=False)
    files = [str(tmp_path / f"{name}.csv") for name in "ab"]
    with pytest.raises(SystemExit) as exit:
        cli.main(
            ["compare", *files, "--id", "k", "--given", "loss", "--prediction", "l", "--fail-if-worse-than", margin, "--quiet"]
        )
    assert exit.value.code == code
    assert said in capsys.readouterr().err


def test_margins_of_several_models_are_beside_the_baseline(tmp_path, capsys):
    frame = models()
    frame.to_csv(tmp_path / "x.csv", index=False)

    def run(*more):
        with pytest.raises(SystemExit) as exit:
            cli.main(
                ["compare", str(tmp_path / "x.csv"), "--loss", "mse", "--target", "y", "--prediction", "m_*", "--quiet", *more]
            )
        return exit.value.code, capsys.readouterr().err

    found = compare(frame, prediction="m_*", baseline="b", **OPTIONS)
    most = max(model.difference_interval.high for model in found.models if model.name != "b")
    assert run("--baseline", "b", "--fail-if-worse-than", repr(most * 1.01))[0] == 0
    code, error = run("--baseline", "b", "--fail-if-worse-than", repr(most * 0.99))
    assert (code, "may be worse by" in error) == (1, True)
    assert run("--baseline", "b", "--warn-if-worse-than", repr(most * 0.99))[0] == 0
    assert run("--fail-if-worse-than", "1%")[0] == 2


def test_options_of_comparisons_that_do_not_go_together_are_refused():
    frame = models()
    for options, sentence in (
        ({"every": "day"}, "every is of rows in time"),
        ({"time": "day", "horizon": 60}, "a horizon is shorter than the series; got 60 with 60 distinct times"),
        ({"time": "day", "horizon": 2, "run": "seed"}, "leave out run"),
    ):
        with pytest.raises(UsageError, match=sentence):
            compare(frame, prediction="m_*", **OPTIONS, **options)
        with pytest.raises(UsageError, match=sentence):
            compare(alone(frame, "a"), alone(frame, "b"), id="k", prediction="p", **OPTIONS, **options)
