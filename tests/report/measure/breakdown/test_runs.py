"""Intervals over runs: against statsmodels, NumPy and simulations."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from lossary.report import score
from lossary.report.measure.breakdown.runs import RunSums
from lossary.report.measure.statistics.moments import Moments
from lossary.report.measure.statistics.resample import Buckets

OPTIONS = {"loss": "mse", "target": "y", "prediction": "p"}


def crossed(runs=4, items=50, of_run=0.3, of_item=1.0, noise=0.5, seed=0):
    """Predictions of several runs for the same rows."""
    rng = np.random.default_rng(seed)
    error = of_run * rng.normal(size=(runs, 1)) + of_item * rng.normal(size=(1, items)) + noise * rng.normal(size=(runs, items))
    run, item = np.divmod(np.arange(runs * items), items)
    return pd.DataFrame({"p": error.reshape(-1), "y": 0.0, "run": run, "item": item, "w": rng.uniform(0.5, 2, runs * items)})


def variance_of(statsmodels, losses, groups, weights):
    fit = statsmodels.WLS(losses, np.ones(len(losses)), weights).fit()
    count = len(np.unique(groups))
    robust = fit.get_robustcov_results("cluster", groups=groups, use_correction=False)
    return robust.cov_params()[0, 0] * count / (count - 1)


@pytest.mark.parametrize("weight", [None, "w"])
@pytest.mark.parametrize("unit", [None, "item"])
def test_intervals_are_those_of_two_way_clusters(unit, weight):
    statsmodels = pytest.importorskip("statsmodels.api")
    frame = crossed()
    found = score(frame, **OPTIONS, weight=weight, run="run", id=unit)
    losses, weights = frame["p"].to_numpy() ** 2, frame["w"].to_numpy() if weight else np.ones(len(frame))
    of_runs = variance_of(statsmodels, losses, frame["run"].to_numpy(), weights)
    variance, freedom = of_runs, 3
    if unit:
        items = variance_of(statsmodels, losses, frame["item"].to_numpy(), weights)
        rows = variance_of(statsmodels, losses, np.arange(len(frame)), weights)
        variance += items - rows
        freedom = math.floor(3 * (variance / of_runs) ** 2)
        assert variance > of_runs
    reach = stats.t.ppf(0.975, freedom) * math.sqrt(variance)
    assert found.interval.method == "runs"
    assert found.runs.freedom == freedom
    assert [found.interval.low, found.interval.high] == pytest.approx([found.mean - reach, found.mean + reach], rel=1e-8)


def test_runs_are_listed_with_their_spread():
    frame = crossed()
    found = score(frame, **OPTIONS, run="run", id="item").runs
    means = (frame["p"] ** 2).groupby(frame["run"]).mean()
    assert [(run.name, run.count) for run in found.parts] == [("0", 50), ("1", 50), ("2", 50), ("3", 50)]
    assert [run.mean for run in found.parts] == pytest.approx(means.tolist())
    assert (found.spread, found.low, found.high) == pytest.approx((means.std(), means.min(), means.max()))
    assert (found.column, found.of, found.crossed) == ("run", 4, "item")


@pytest.mark.parametrize(("runs", "items", "of_run"), [(5, 60, 0.1), (4, 60, 0.0)])
def test_the_interval_holds_the_mean_about_as_often_as_it_says(runs, items, of_run):
    held = 0
    for seed in range(120):
        frame = crossed(runs, items, of_run, seed=seed)
        values, ones = frame["p"].to_numpy(), np.ones(len(frame))
        sums, moments = RunSums("run", "number", "item", weighted=False), Moments(weighted=False)
        moments.add(values, None)
        sums.by[0].keys = {k: k for k in range(runs)}
        sums.by[0].make_room()
        sums.by[0].moments.add(values, None, frame["run"].to_numpy())
        sums.units = [Buckets(64)]
        hashes = frame["item"].to_numpy().astype(np.uint64) << np.uint64(58)  # a bucket for each item
        sums.units[0].add(values, ones, hashes)
        interval = sums.estimate(moments, 0.95).interval
        held += interval.low <= 0 <= interval.high
    assert 0.89 < held / 120 < 0.99


def test_a_single_run_has_no_interval_and_ids_repeat_between_runs_only():
    frame = crossed()
    one = score(frame[frame["run"] == 0], **OPTIONS, run="run", id="item")
    assert (one.interval, one.runs.of, [found.code for found in one.findings]) == (None, 1, ["L404", "L311"])
    alone = score(frame, **OPTIONS, run="run")
    assert [found.code for found in alone.findings] == ["L404", "L310"]
    both = score(frame, **OPTIONS, run="run", id="item")
    assert [found.code for found in both.findings] == ["L404", "L309"]
    twice = score(pd.concat([frame, frame[:3]]), **OPTIONS, run="run", id="item")
    assert [(found.code, found.count) for found in twice.findings] == [("L201", 3), ("L404", None), ("L309", 4)]
    text = score(pd.concat([frame, frame[:3]]).astype({"item": str}), **OPTIONS, run="run", id="item")
    assert text.findings[0].count == 3


def test_the_interval_is_that_of_all_files_whoever_reads_them(tmp_path):
    frame = crossed()
    paths = [tmp_path / f"{k}.parquet" for k in range(2)]
    for path, part in zip(paths, (frame[:70], frame[70:]), strict=True):
        part.to_parquet(path)
    for workers in (1, 2):
        assert (
            score(paths, **OPTIONS, run="run", id="item", workers=workers).interval
            == score(frame, **OPTIONS, run="run", id="item").interval
        )


def test_groups_and_other_losses_of_runs_rest_on_runs():
    frame = crossed().assign(g=lambda frame: frame["item"] % 2)
    found = score(frame, **OPTIONS, run="run", group="g", also="mae")
    means = (frame["p"] ** 2)[frame["g"] == 0].groupby(frame["run"]).mean()
    reach = stats.t.ppf(0.975, 3) * means.std() / 2
    interval = next(part.interval for part in found.breakdowns[0].parts if part.name == "0")
    assert interval.high - interval.low == pytest.approx(2 * reach)
    means = frame["p"].abs().groupby(frame["run"]).mean()
    assert found.also[0].interval.high == pytest.approx(found.also[0].mean + stats.t.ppf(0.975, 3) * means.std() / 2)
