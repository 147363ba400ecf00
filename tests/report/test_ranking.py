"""Which of several models is best? Against SciPy, statsmodels and arch; the same for any order and any split."""

import numpy as np
import pytest
import scipy.stats
import statsmodels.api as sm
from arch.bootstrap import MCS
from statsmodels.stats.multitest import multipletests

from lossary.report import compare, score
from lossary.report.measure.confidence_set import confidence_set
from lossary.report.measure.intervals import IntervalOptions
from lossary.report.measure.paired import PairedLosses

rng = np.random.default_rng(18)
NAMES = ("mean", "line", "tree", "forest")


def columns(rows=300, **more):
    """A table of four models; the last two are hard to tell apart."""
    y = rng.normal(size=rows)
    noise = {"mean": 1.2, "line": 0.8, "tree": 0.5, "forest": 0.49}
    held = {f"p_{name}": y + size * rng.normal(size=rows) for name, size in noise.items()}
    return {"y": y, **held, "w": rng.gamma(1, size=rows), "g": rng.choice(["n", "s", "w"], rows), **more}


def ranked(data, **options):
    return compare(data, **{"loss": "squared_error", "target": "y", "prediction": "p_*", **options})


def losses_of(data):
    return {name: (data[f"p_{name}"] - data["y"]) ** 2 for name in NAMES}


def ends(interval):
    return interval.low, interval.high


@pytest.mark.parametrize("weight", [None, "w"])
def test_means_differences_and_pairs(weight):
    data = columns()
    found, losses = ranked(data, weight=weight, level=0.9), losses_of(data)
    w = data["w"] if weight else np.ones(300)

    def fitted(values):
        fit = sm.WLS(values, np.ones(300), weights=w).fit(cov_type="HC1")
        return fit.params[0], fit.conf_int(0.1)[0], fit.pvalues[0]

    assert [model.name for model in found.models] == sorted(NAMES, key=lambda name: np.average(losses[name], weights=w))
    assert [model.rank for model in found.models] == [1, 2, 3, 4]
    assert (found.best, found.reference, found.baseline) == (found.models[0].name, found.models[0].name, None)
    adjusted = dict(
        zip(
            [(pair.a, pair.b) for pair in found.pairs],
            multipletests([pair.p_value for pair in found.pairs], method="holm")[1],
            strict=True,
        )
    )
    for pair in found.pairs:
        difference = losses[pair.b] - losses[pair.a]
        mean, interval, p = fitted(difference)
        assert (pair.difference, *ends(pair.interval)) == pytest.approx((mean, *interval), rel=1e-9)
        assert pair.p_value == pytest.approx(p, rel=1e-7)
        assert pair.adjusted == pytest.approx(adjusted[pair.a, pair.b], rel=1e-12)
        assert (pair.wins, pair.losses, pair.ties) == ((difference < 0).sum(), (difference > 0).sum(), 0)
        if not weight:
            test = scipy.stats.ttest_rel(losses[pair.b], losses[pair.a])
            assert pair.p_value == pytest.approx(2 * scipy.stats.norm.sf(abs(test.statistic)), rel=1e-9)
    for model in found.models:
        mean, interval, _ = fitted(losses[model.name])
        assert (model.mean, *ends(model.interval)) == pytest.approx((mean, *interval), rel=1e-9)
        assert model.root == pytest.approx(mean**0.5)
        assert model.source == f"p_{model.name}"
        if model.name != found.best:
            assert model.p_value == pytest.approx(adjusted[found.best, model.name], rel=1e-12)
            assert model.verdict == ("worse" if model.p_value <= 0.1 else "undecided")
    alone = score(data, loss="mse", target="y", prediction="p_tree", weight=weight)
    assert found.model("tree").mean == alone.mean
    assert str(found)


def test_the_confidence_set_is_that_of_arch():
    n = 400
    hard = rng.gamma(1, size=n)
    shifts = (0, 0.02, 0.05, 0.09, 0.4)
    losses = [hard + 0.5 * rng.normal(size=n) + shift for shift in shifts]
    paired = PairedLosses(len(losses), weighted=False)
    paired.add(losses, None)
    each, options = range(len(losses)), IntervalOptions("normal")
    found = confidence_set([x.mean() for x in losses], [[paired.difference(i, j, options) for j in each] for i in each])
    expected = MCS(np.stack(losses, 1), 0.05, reps=4000, block_size=1, method="R", bootstrap="stationary", seed=7)
    expected.compute()
    values = expected.pvalues["Pvalue"].sort_index()
    assert found == pytest.approx(values.to_numpy(), abs=0.03)
    assert len({round(p, 2) for p in found}) > 2
    assert min(found) < 0.01 < sorted(found)[2]
