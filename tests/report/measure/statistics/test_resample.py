"""Intervals by resampling against SciPy's bootstrap, statsmodels' clusters, and simulation."""

import itertools
import pickle
import sys

import mpmath
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import scipy.stats
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st

from lossary.report import score
from lossary.report.measure.statistics.intervals import quantile_of_student
from lossary.report.measure.statistics.resample import BUCKETS, Buckets, _draws
from lossary.report.read.identity import scatter

scoring = sys.modules["lossary.report.score"]
rng = np.random.default_rng(41)


def apart(count, buckets=BUCKETS):
    """Whole numbers whose hashes lie in buckets of their own."""
    names = np.arange(20_000)
    places = scatter((names).astype(np.uint64)) >> np.uint64(64 - buckets.bit_length() + 1)
    _, first = np.unique(places, return_index=True)
    return names[np.sort(first)[:count]]


def scored(columns, **options):
    return score(columns, **{"loss": "squared_error", "target": "y", "prediction": "p", **options})


def ends(interval):
    return interval.low, interval.high


def clustered(clusters=60, rows=900, weighted=False):
    names = apart(clusters)
    c = rng.choice(names, rows)
    shift = dict(zip(names.tolist(), rng.normal(size=clusters), strict=True))
    y = np.zeros(rows)
    p = np.array([shift[k] for k in c.tolist()]) + rng.normal(size=rows) * 0.3
    return {"y": y, "p": p, "c": c, "w": rng.gamma(1, size=rows)}


@pytest.mark.parametrize("weight", [None, "w"])
def test_an_interval_by_clusters_is_that_of_a_regression_with_clustered_errors(weight):
    columns = clustered()
    found = scored(columns, cluster="c", weight=weight, level=0.9)
    weights = columns["w"] if weight else np.ones(900)
    fitted = sm.WLS(columns["p"] ** 2, np.ones(900), weights=weights).fit(
        cov_type="cluster", cov_kwds={"groups": columns["c"]}, use_t=True
    )
    assert ends(found.interval) == pytest.approx(fitted.conf_int(0.1)[0], rel=1e-5)  # t to five digits
    assert found.interval.method == "normal"


def test_each_part_has_the_interval_of_its_own_clusters():
    names = apart(40, 512)  # parts have fewer buckets
    columns = {"y": np.zeros(600), "p": rng.normal(size=600), "c": rng.choice(names, 600), "g": rng.integers(0, 3, 600)}
    for part in scored(columns, cluster="c", group="g").breakdowns[0].parts:
        own = columns["g"] == int(part.name)
        groups = {"groups": columns["c"][own]}
        fitted = sm.OLS(columns["p"][own] ** 2, np.ones(own.sum())).fit(cov_type="cluster", cov_kwds=groups, use_t=True)
        assert ends(part.interval) == pytest.approx(fitted.conf_int(0.05)[0], rel=1e-5)


@pytest.mark.parametrize("weighted", [False, True])
def test_the_bootstrap_is_scipys(weighted):
    losses, weights = rng.exponential(size=1500), rng.gamma(1, size=1500)
    columns = {"y": np.zeros(1500), "p": np.sqrt(losses), "w": weights}
    found = scored(columns, weight="w" if weighted else None, interval="bootstrap", level=0.9).interval
    data = (losses, weights) if weighted else (losses,)

    def mean(x, w=None, axis=-1):
        return np.average(x, weights=w, axis=axis)

    expected = scipy.stats.bootstrap(
        data, mean, paired=True, method="percentile", n_resamples=4000, confidence_level=0.9, batch=100, rng=3
    ).confidence_interval
    width = expected.high - expected.low
    assert found.low == pytest.approx(expected.low, abs=0.1 * width)
    assert found.high == pytest.approx(expected.high, abs=0.1 * width)
    assert found.method == "bootstrap"


@pytest.mark.parametrize("level", [0.01, 0.5, 0.8, 0.9, 0.95, 0.99, 0.999, 0.9999])
def test_few_clusters_are_less_sure_as_student_found(level):
    freedoms = [*range(1, 201), 511, 4095]
    expected = scipy.stats.t.isf((1 - level) / 2, freedoms)
    assert [quantile_of_student(level, freedom) for freedom in freedoms] == pytest.approx(expected, rel=1e-12, abs=0)


def test_quantiles_of_student_at_extreme_levels():
    for level in (1e-9, 1 - 2.0**-40):
        for freedom in (1, 3, 200):
            with mpmath.workdps(60):
                half = mpmath.mpf(freedom) / 2
                t = mpmath.mpf(quantile_of_student(level, freedom))
                tail = mpmath.betainc(half, 0.5, 0, freedom / (freedom + t * t), regularized=True)
                scale = 2 * t * mpmath.gamma(half + 0.5) / mpmath.gamma(half) / mpmath.sqrt(freedom * mpmath.pi)
                slope = scale * (1 + t * t / freedom) ** -(half + 0.5)  # what the tail loses by t's growing e-fold
                assert abs((tail - (1 - mpmath.mpf(level))) / slope) < 1e-12  # the relative error of t


def test_the_bootstrap_over_clusters_is_as_wide_as_their_errors_are():
    columns = clustered(300, 6000)
    wide = scored(columns, cluster="c", interval="bootstrap").interval
    expected = scored(columns, cluster="c").interval
    assert ends(wide) == pytest.approx(ends(expected), abs=0.15 * (expected.high - expected.low))
    alone = scored(columns).interval
    assert wide.high - wide.low > 2 * (alone.high - alone.low)


@pytest.mark.heavy
def test_intervals_by_clusters_cover_the_truth_where_others_do_not():
    draws, truth = np.random.default_rng(6), 1.09
    names = apart(50)
    covered = dict.fromkeys((None, "c"), 0)
    for _ in range(40):
        c = np.repeat(names, 20)
        p = np.repeat(draws.normal(size=50), 20) + draws.normal(size=1000) * 0.3
        for cluster in covered:
            found = scored({"y": np.zeros(1000), "p": p, "c": c}, cluster=cluster, level=0.9).interval
            covered[cluster] += found.low <= truth <= found.high
    assert covered["c"] / 40 > 0.7
    assert covered[None] / 40 < 0.6


@pytest.mark.heavy
def test_the_bootstrap_covers_the_truth_as_often_as_it_says():
    draws = np.random.default_rng(7)
    covered = 0
    for _ in range(40):
        columns = {"y": np.zeros(300), "p": np.sqrt(draws.exponential(size=300)), "k": draws.integers(0, 2**62, 300)}
        found = scored(columns, id="k", interval="bootstrap", level=0.9).interval
        covered += found.low <= 1 <= found.high
    assert 0.7 < covered / 40 < 1


def test_draws_are_poisson_of_mean_1():
    draws = _draws()
    counts = np.bincount(draws.ravel(), minlength=10)[:10]
    expected = scipy.stats.poisson.pmf(np.arange(10), 1) * draws.size
    assert (abs(counts - expected) < 5 * np.sqrt(expected) + 5).all()
    assert abs(np.corrcoef(draws[:, :50].T) - np.eye(50)).max() < 0.2


@given(st.integers(0, 2**32 - 1), st.booleans())
@settings(max_examples=12, deadline=None)
def test_the_order_and_the_split_do_not_matter(seed, weighted):
    draws = np.random.default_rng(seed)
    n = int(draws.integers(2, 200))
    losses, hashes = draws.exponential(size=n), scatter((draws.integers(0, 40, n)).astype(np.uint64))
    weights, group = (draws.gamma(1, size=n) if weighted else None), draws.integers(-1, 3, n)

    def of(rows, groups=group):
        found = Buckets(64)
        found.grow(3)
        found.add(losses[rows], None if weights is None else weights[rows], hashes[rows], groups[rows])
        return found

    def state(buckets):
        return [buckets.estimate(0.9, method, k) for k, method in itertools.product(range(3), ("normal", "bootstrap"))]

    order = draws.permutation(n)
    expected = state(of(np.arange(n)))
    assert state(of(order)) == expected
    first, second = of(order[: n // 3]), of(order[n // 3 :])
    first.merge(pickle.loads(pickle.dumps(second)))
    assert state(first) == expected
    there, at = Buckets(64), np.array([2, 0, 1])
    there.grow(3)
    there.merge(of(order), at)
    assert [state(there)[2 * k + j] for k in at for j in (0, 1)] == expected


def test_rows_that_an_id_tells_apart_may_come_in_any_order_and_file(tmp_path, monkeypatch):
    columns = clustered() | {"k": rng.permutation(900).astype(str)}
    for options in (
        {"interval": "bootstrap", "id": "k"},
        {"cluster": "c"},
        {"interval": "bootstrap", "cluster": "c", "weight": "w"},
    ):
        options["also"] = "mae"
        expected = scored(columns, **options)
        paths = []
        for k, rows in enumerate(np.split(rng.permutation(900), [10, 500])):
            paths.append(tmp_path / f"{k}.parquet")
            pq.write_table(pa.table({name: values[rows] for name, values in columns.items()}), paths[-1])
        monkeypatch.setattr(scoring, "BATCH_NUMBERS", 256)
        for found in (scored(paths, **options, workers=3), scored(paths[::-1], **options, workers=1)):
            assert found.interval == expected.interval
            assert found.also == expected.also
        monkeypatch.undo()


@pytest.mark.parametrize("kind", ["int8", "uint64", "float64", "float32"])
def test_clusters_are_told_apart_by_their_values_not_by_how_they_are_stored(kind):
    columns = clustered(50)
    columns["c"] = columns["c"] % 100
    expected = scored(columns, cluster="c").interval
    assert scored(columns | {"c": columns["c"].astype(kind)}, cluster="c").interval == expected
    text = [f"é{k}" for k in columns["c"]]
    named = scored(columns | {"c": np.array(text)}, cluster="c").interval
    for array in (
        pa.array(text),
        pa.array(text, pa.large_string()),
        pa.array(text).dictionary_encode(),
        pa.array(text, pa.string_view()),
    ):
        assert scored(pa.table(columns | {"c": array}), cluster="c").interval == named


def test_what_resampling_cannot_tell_is_none():
    columns = {"y": [0.0, 0.0, 0.0], "p": [1.0, 2.0, 3.0], "c": [1, 1, 1]}
    assert scored(columns, cluster="c").interval is None
    assert scored({"y": [0.0], "p": [1.0]}, interval="bootstrap").interval is None
    assert scored({"y": [0.0, 0.0], "p": [np.inf, 1.0]}, interval="bootstrap").interval is None
    assert scored({"y": [0.0, 0.0], "p": [2.0, 1.0], "w": [0, 0]}, interval="bootstrap", weight="w").interval is None
    assert scored(columns, cluster="c", interval="none").interval is None
    same = scored({"y": [0.0, 0.0], "p": [0.1, 0.1]}, interval="bootstrap").interval
    assert ends(same) == pytest.approx((0.01, 0.01), rel=1e-14)
    for level in (1e-9, 1 - 1e-15):
        found = scored({"y": np.zeros(50), "p": np.arange(50.0)}, interval="bootstrap", level=level).interval
        assert found.low <= found.high


def test_too_many_groups_have_no_resampled_intervals_and_a_note_says_so():
    columns = {"y": np.zeros(900), "p": np.ones(900), "g": np.arange(900) % 300, "c": np.arange(900)}
    found = scored(columns, cluster="c", group="g")
    assert all(part.interval is None for part in found.breakdowns[0].parts)
    assert "the groups of 'g' are more than 256, so they have no resampled intervals" in found.notes
    assert found.interval is not None
