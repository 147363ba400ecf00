"""What a report finds of forecasts beside their loss: coverage, width, probability transform, bias, the best constant."""

import math

import numpy as np
import pyarrow as pa
import pytest
from scipy import optimize, stats
from sklearn.metrics import mean_pinball_loss
from statsmodels.stats.proportion import proportion_confint

import lossary
from lossary.report import score

rng = np.random.default_rng(5)
N = 400
LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
MEAN, SCALE = rng.normal(size=N), rng.gamma(4.0, 0.25, size=N)
Y = MEAN + 1.3 * rng.normal(size=N)
COUNTS = rng.poisson(2.0, size=N).astype(float)
WEIGHT = rng.gamma(2.0, size=N)


def by_levels(q, **more):
    return {"y": Y, **{f"q{level}": q[:, k] for k, level in enumerate(LEVELS)}, **more}


def judged(data, loss="weighted_interval_score", **options):
    options = {"prediction": "q*", "parameters": {"levels": "from-names"}, **options}
    return score(data, loss=loss, target="y", **options)


def spread_over(ranges, edges, weight):
    """The share of the weight in each bin, of numbers spread evenly over ranges."""
    found = [0.0] * (len(edges) - 1)
    for (low, high), w in zip(ranges, weight, strict=True):
        for k in range(len(found)):
            if low == high:
                found[k] += w * (edges[k] <= low < edges[k + 1])
            else:
                found[k] += w * max(0.0, min(high, edges[k + 1]) - max(low, edges[k])) / (high - low)
    return [x / sum(weight) for x in found]


QUANTILES = MEAN[:, None] + SCALE[:, None] * stats.norm.ppf(LEVELS)
TIED = np.round(QUANTILES)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("tied", [False, True])
def test_quantiles(weighted, tied):
    q, y = (TIED, np.round(Y)) if tied else (QUANTILES, Y)
    w = WEIGHT if weighted else np.ones(N)
    result = judged(by_levels(q, y=y, w=w), weight="w" if weighted else None)
    found = result.forecast
    assert found.kind == "quantiles"
    edges = [0.0, *LEVELS, 1.0]
    for k, one in enumerate(found.quantiles):
        assert one.level == LEVELS[k]
        assert one.below == pytest.approx(np.average(y < q[:, k], weights=w), rel=1e-12)
        assert one.at_or_below == pytest.approx(np.average(y <= q[:, k], weights=w), rel=1e-12)
        low, high = proportion_confint(one.at_or_below * (n := w.sum() ** 2 / (w**2).sum()), n, method="wilson")
        assert (one.interval.low, one.interval.high) == pytest.approx((low, high), rel=1e-9)
    for one, (a, b) in zip(found.intervals, ((1, 3), (0, 4)), strict=True):
        assert one.level == pytest.approx(LEVELS[b] - LEVELS[a])
        assert one.coverage == pytest.approx(np.average((q[:, a] <= y) & (y <= q[:, b]), weights=w), rel=1e-12)
        assert one.width == pytest.approx(np.average(q[:, b] - q[:, a], weights=w), rel=1e-12)
        assert one.count == N
    # by hand: a target that meets quantiles lies somewhere in the bins that they bound
    ranges = [(edges[sum(r < t)], edges[sum(r <= t) + 1]) for r, t in zip(q, y, strict=True)]
    assert [b.share for b in found.pit] == pytest.approx(spread_over(ranges, edges, w), rel=1e-12)
    assert found.bias == pytest.approx(np.average(q[:, 2] - y, weights=w), rel=1e-12)
    assert (found.centre, found.crossing, found.missing) == ("median", 0, None)
    metrics = result.metrics()
    assert (metrics["coverage_0.9"], metrics["width_0.5"]) == (found.intervals[1].coverage, found.intervals[0].width)


def test_quantiles_do_not_depend_on_the_order_of_columns_and_rows():
    whole = judged(by_levels(QUANTILES))
    turned = rng.permutation(N)
    columns = {name: x[turned] for name, x in reversed(by_levels(QUANTILES).items())}
    parts = [pa.table({name: x[part] for name, x in columns.items()}) for part in (slice(0, 100), slice(100, None))]
    assert judged(parts).forecast == whole.forecast
    listed = {"y": Y, "q": QUANTILES[:, ::-1]}
    assert judged(listed, prediction="q", parameters={"levels": LEVELS[::-1]}).forecast == whole.forecast


def test_quantiles_that_cross_are_counted():
    q = QUANTILES.copy()
    q[3, :2], q[7, 3:] = q[3, 1::-1], q[7, :2:-1]
    found = judged(by_levels(q))
    assert found.forecast.crossing == 2
    assert "2 rows have quantiles that cross" in found.warnings[0]
    assert not judged(by_levels(QUANTILES)).warnings
    bounds = {"y": Y, "lower": QUANTILES[:, 0].copy(), "upper": QUANTILES[:, 4].copy()}
    bounds["lower"][:5], bounds["upper"][:5] = bounds["upper"][:5].copy(), bounds["lower"][:5].copy()
    found = score(bounds, loss="interval_score", target="y")
    assert found.forecast.crossing == 5
    inside = (bounds["lower"] <= Y) & (bounds["upper"] >= Y)
    assert found.forecast.intervals[0].coverage == inside.mean()


def test_bounds_of_an_interval_and_a_single_quantile():
    bounds = {"y": Y, "lower": QUANTILES[:, 0], "upper": QUANTILES[:, 4]}
    found = score(bounds, loss="interval_score", target="y")
    inside = (bounds["lower"] <= Y) & (bounds["upper"] >= Y)
    assert [(one.level, one.coverage) for one in found.forecast.intervals] == [(0.9, inside.mean())]
    assert [one.level for one in found.forecast.quantiles] == [0.05, 0.95]
    assert (found.forecast.bias, found.forecast.centre) == (None, None)
    ends = optimize.minimize(lambda e: lossary.interval_score(np.full(N, e[0]), np.full(N, e[1]), Y), [-1, 1], method="Powell")
    assert found.baseline == pytest.approx(ends.fun, rel=1e-4)
    assert found.baseline <= ends.fun + 1e-12
    one = score({"y": Y, "q": QUANTILES[:, 3]}, loss="quantile", target="y", prediction="q", parameters={"alpha": 0.75})
    assert one.forecast.quantiles[0].at_or_below == np.mean(QUANTILES[:, 3] >= Y)
    assert one.forecast.crossing is None


def naive_ensemble(members, y, level):
    rows = [(np.sort(row[~np.isnan(row)]), t) for row, t in zip(members, y, strict=True)]
    found = []
    for row, t in rows:
        place = (1 - level) / 2 * (len(row) + 1)
        if place < 1 - 1e-9:
            continue
        low, high = np.interp([place, len(row) + 1 - place], np.arange(1, len(row) + 1), row)
        found.append((low <= t <= high, high - low))
    return found


@pytest.mark.parametrize("estimator", ["energy", "fair"])
def test_members(estimator):
    members = (MEAN[:, None] + SCALE[:, None] * rng.normal(size=(N, 19))).round(1)
    data = {"y": Y.round(1), **{f"ens_{k}": x for k, x in enumerate(members.T)}}
    result = score(data, loss="crps_ensemble", target="y", prediction="ens_*", parameters={"estimator": estimator})
    found = result.forecast
    assert [one.level for one in found.intervals] == [0.5, 0.8, 0.9]  # 19 members say nothing of 95 %
    for one in found.intervals:
        rows = naive_ensemble(members, data["y"], one.level)
        assert one.coverage == pytest.approx(np.mean([inside for inside, _ in rows]), rel=1e-12)
        assert one.width == pytest.approx(np.mean([width for _, width in rows]), rel=1e-12)
        assert one.count == len(rows) == N
    ranges = [((r < t).sum() / 20, ((r <= t).sum() + 1) / 20) for r, t in zip(members, data["y"], strict=True)]
    assert [b.share for b in found.pit] == pytest.approx(spread_over(ranges, [k / 20 for k in range(21)], np.ones(N)), rel=1e-9)
    assert found.bias == pytest.approx((members.mean(1) - data["y"]).mean(), rel=1e-12)
    assert (found.missing.rows, found.missing.members, found.missing.fewest) == (0, 0, 19)
    # the whole distribution of the targets, as a forecast of each of them
    climatology = np.mean([lossary.crps_ensemble(data["y"][None], [t]) for t in data["y"]])
    assert result.baseline == pytest.approx(climatology, rel=1e-12)


def test_large_ensembles_are_counted_in_bins():
    members = rng.normal(size=(50, 100))
    found = score({"y": Y[:50], "x": members}, loss="crps_ensemble", target="y", prediction="x").forecast
    ranges = [((r < t).sum() / 101, ((r < t).sum() + 1) / 101) for r, t in zip(members, Y[:50], strict=True)]
    assert [b.share for b in found.pit] == pytest.approx(
        spread_over(ranges, [k / 20 for k in range(21)], np.ones(50)), abs=1e-12
    )


FAMILIES = {
    "gaussian": (stats.norm, "variance", lambda s: s**2, None),
    "gaussian log": (stats.norm, "variance", lambda s: 2 * np.log(s), "log_variance"),
    "gaussian scale": (stats.norm, "variance", lambda s: s, "scale"),
    "crps_gaussian": (stats.norm, "scale", lambda s: s, None),
    "laplace": (stats.laplace, "scale", lambda s: s, None),
    "laplace log": (stats.laplace, "scale", np.log, "log_scale"),
    "crps_laplace": (stats.laplace, "scale", lambda s: s, None),
    "crps_logistic": (stats.logistic, "scale", lambda s: s, None),
}


@pytest.mark.parametrize("weight", [None, "w"])
def test_a_probability_transform_on_an_edge_lies_in_the_bin_that_begins_there(weight):
    data = {"mean": [0.0, 1.0, 0.0], "scale": [1.0, 2.0, 1.0], "y": [0.0, 1.0, 9.0], "w": [1.0, 1.0, 2.0]}
    pit = [b.share for b in score(data, loss="crps_gaussian", target="y", weight=weight).forecast.pit]
    assert [k for k, share in enumerate(pit) if share] == [10, 19]  # 0.5 is an edge; all above 0.95 is the last bin
    assert pit[10] == pytest.approx(0.5 if weight else 2 / 3, rel=1e-15)


@pytest.mark.parametrize("name", FAMILIES)
def test_distributions(name):
    family, second, form, given = FAMILIES[name]
    loss, inputs = name.split()[0], lossary.losses.find.find_loss(name.split()[0]).inputs
    result = score({inputs[0]: MEAN, second: form(SCALE), "y": Y}, loss=loss, target="y", given=given)
    found = result.forecast
    pit = family.cdf(Y, MEAN, SCALE)
    assert [b.share for b in found.pit] == pytest.approx(np.histogram(pit, 20, (0, 1))[0] / N, rel=1e-12)
    for one in found.intervals:
        low, high = family.interval(one.level, MEAN, SCALE)
        assert one.coverage == ((low <= Y) & (high >= Y)).mean()
        assert one.width == pytest.approx((high - low).mean(), rel=1e-9)
    assert found.bias == pytest.approx((MEAN - Y).mean(), rel=1e-12)
    if loss.startswith("crps"):
        assert result.baseline == pytest.approx(np.abs(Y[:, None] - Y).mean() / 2, rel=1e-12)
    else:
        best = optimize.minimize(
            lambda x: np.mean(-family.logpdf(Y, x[0], np.exp(x[1]))), [0.0, 0.0], method="Nelder-Mead", options={"xatol": 1e-7}
        )
        constant = {"gaussian": math.log(2 * math.pi) / 2, "laplace": math.log(2)}[loss]
        assert result.baseline == pytest.approx(best.fun - constant, rel=1e-5)
        assert result.baseline <= best.fun - constant + 1e-12


def test_lognormal_is_judged_in_the_unit_of_the_target():
    y = np.exp(Y)
    result = score({"location": MEAN, "scale": SCALE, "y": y}, loss="lognormal", target="y")
    low, high = stats.lognorm.interval(0.9, SCALE, scale=np.exp(MEAN))
    assert result.forecast.intervals[2].coverage == ((low <= y) & (y <= high)).mean()
    assert result.forecast.intervals[2].width == pytest.approx((high - low).mean(), rel=1e-9)
    assert result.baseline == pytest.approx(math.log(Y.std()) + 0.5, rel=1e-12)


@pytest.mark.parametrize("weighted", [False, True])
def test_the_best_constant_quantiles(weighted):
    w = WEIGHT if weighted else np.ones(N)
    found = judged(by_levels(QUANTILES, y=COUNTS, w=w), weight="w" if weighted else None, also="quantiles")
    least = [min(mean_pinball_loss(COUNTS, np.full(N, c), alpha=a, sample_weight=w) for c in set(COUNTS)) for a in LEVELS]
    assert found.baseline == pytest.approx(2 * np.mean(least), rel=1e-12)
    assert found.also[0].baseline == pytest.approx(np.mean(least), rel=1e-12)
    assert found.skill == pytest.approx(1 - found.mean / found.baseline)
    assert not any("best constant" in note for note in found.notes)


def test_the_best_constants_of_targets_beyond_memory_are_marked(monkeypatch):
    monkeypatch.setattr("lossary.report.measure.one_model.targets.KEPT_ROWS", 100)
    monkeypatch.setattr("lossary.report.measure.one_model.targets.DISTINCT", 10)
    found = judged(by_levels(QUANTILES))
    assert found.constant.startswith("≈ the quantiles of the target")
    exact = np.mean([mean_pinball_loss(Y, np.full(N, np.quantile(Y, a)), alpha=a) for a in LEVELS]) * 2
    assert found.baseline == pytest.approx(exact, rel=1e-3)
    assert found.baseline >= exact - 1e-3


def test_intervals_of_shares_are_clustered():
    house = np.arange(N) // 8
    y = Y + np.repeat(rng.normal(size=N // 8), 8)
    found = judged(by_levels(QUANTILES, y=y, house=house), cluster="house").forecast
    inside = (QUANTILES[:, 0] <= y) & (y <= QUANTILES[:, 4])
    means = inside.reshape(-1, 8).mean(1)
    one = found.intervals[1]
    assert one.interval.method == "normal"
    reach = stats.t.ppf(0.975, len(means) - 1) * means.std(ddof=1) / math.sqrt(len(means))
    assert one.interval.high - one.interval.low == pytest.approx(min(1, means.mean() + reach) - means.mean() + reach, rel=0.1)
    always = judged(by_levels(QUANTILES, y=np.where(house == 3, 99.0, MEAN), house=house), cluster="house").forecast
    assert always.intervals[1].coverage == 1 - 8 / N
    assert always.intervals[1].interval.high == 1
    resampled = judged(by_levels(QUANTILES, y=y), interval="bootstrap").forecast.intervals[1]
    assert resampled.interval.method == "bootstrap"


@pytest.mark.parametrize("value", [math.inf, -math.inf])
def test_infinite_numbers(value):
    q = QUANTILES.copy()
    q[0, -1 if value > 0 else 0] = value
    found = judged(by_levels(q)).forecast
    assert found.intervals[1].width == math.inf
    assert math.isfinite(found.intervals[0].width)
    members = rng.normal(size=(N, 9))
    members[1] = value
    found = score({"y": Y, "x": members}, loss="crps_ensemble", target="y", prediction="x").forecast
    assert sum(b.share for b in found.pit) == pytest.approx(1)


def test_infinite_and_constant_targets():
    y = np.where(np.arange(N) == 3, math.inf, Y)
    found = judged(by_levels(QUANTILES, y=y))
    assert (found.mean, found.baseline, found.skill) == (math.inf, math.inf, None)
    members = np.tile([-math.inf, math.inf, 0.0], (N, 1))
    found = score({"y": Y, "x": members}, loss="crps_ensemble", target="y", prediction="x")
    assert found.mean == math.inf
    assert found.baseline < 1
    found = score({"mean": MEAN, "variance": SCALE, "y": np.full(N, 2.0)}, loss="gaussian", target="y")
    assert found.baseline is None
    assert "the mean of the target, 2, and its variance, 0, make no forecast" in found.notes[0]
    huge = score({"mean": MEAN, "variance": SCALE, "y": np.full(N, 1e200)}, loss="gaussian", target="y")
    assert [one.code for one in huge.findings if one.level == "warning"] == ["L106"]


def test_a_single_row_and_a_single_quantile():
    found = score({"y": [1.0], "q0.5": [1.0]}, loss="wis", target="y", prediction="q0.5", parameters={"levels": [0.5]})
    assert [b.share for b in found.forecast.pit] == [0.5, 0.5]
    assert found.forecast.quantiles[0].at_or_below == 1
    assert found.forecast.intervals == ()
    assert found.baseline == 0
