"""Reliability and its decomposition against scikit-learn, statsmodels and naive sums over the rows."""

import json
import math
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import scipy.special
import scipy.stats
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import accuracy_score, log_loss, precision_score, recall_score
from statsmodels.stats.proportion import proportion_confint

import lossary
from lossary.engine.decorators import PROBABILITIES
from lossary.report import score
from lossary.report.measure.one_model.calibration import isotonic

scoring = sys.modules["lossary.report.score"]
rng = np.random.default_rng(31)
GRID = (np.arange(20) + 0.5) / 20
"""Probabilities farther apart than the bins that rows are counted in, so that each is known for itself."""


def calibration(columns, **options):
    return score(columns, **{"loss": "binary_cross_entropy", "target": "y", "prediction": "p", **options}).calibration


def events(p, skewed=1.5):
    return (rng.random(len(p)) < p**skewed).astype(int)


def decomposed(y, p, w=None):
    """Miscalibration, discrimination and uncertainty by the rows themselves."""
    best = IsotonicRegression(y_min=0, y_max=1).fit(p, y, sample_weight=w).predict(p)

    def cost(q):
        return np.average(-scipy.special.xlogy(y, q) - scipy.special.xlogy(1 - y, 1 - q), weights=w)

    constant = cost(np.full(len(y), np.average(y, weights=w)))
    return cost(p) - cost(best), constant - cost(best), constant


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0.01, 100)), min_size=1, max_size=40))
@settings(max_examples=100, deadline=None)
@example([(1.0, 1.0), (0.0, 1.0)])
@example([(0.5, 1.0), (0.5, 2.0), (0.5, 3.0)])
def test_pooling_what_falls_gives_the_nearest_rising_sequence(pairs):
    values, weights = (np.array(part) for part in zip(*pairs, strict=True))
    expected = IsotonicRegression(y_min=0, y_max=1).fit(range(len(values)), values, sample_weight=weights)
    found = isotonic(values, weights)
    assert found == pytest.approx(expected.predict(range(len(values))), rel=1e-9, abs=1e-12)
    assert (np.diff(found) >= 0).all()


@pytest.mark.parametrize("form", ["hard", "soft"])
@pytest.mark.parametrize("weighted", [False, True])
def test_the_parts_of_the_loss_are_those_of_isotonic_regression_on_the_rows(form, weighted):
    p, w = rng.choice(GRID, 3000), rng.gamma(1, size=3000) if weighted else None
    y = events(p) if form == "hard" else rng.beta(2 * p, 2 - 2 * p)
    columns = {"y": y, "p": p} | ({"w": w} if weighted else {})
    found = calibration(columns, given="probabilities", weight="w" if weighted else None)
    miscalibration, discrimination, uncertainty = decomposed(y, p, w)
    assert found.event == "target is 1"
    assert found.miscalibration == pytest.approx(miscalibration, rel=1e-9)
    assert found.discrimination == pytest.approx(discrimination, rel=1e-9)
    assert found.uncertainty == pytest.approx(uncertainty, rel=1e-12)
    if form == "hard":
        mean = log_loss(y, p, sample_weight=w)
        assert found.miscalibration - found.discrimination + found.uncertainty == pytest.approx(mean, rel=1e-13)


@given(st.integers(0, 2**32 - 1), st.floats(0.2, 4), st.booleans())
@settings(max_examples=25, deadline=None)
def test_the_mean_is_the_sum_of_its_parts_none_of_which_is_negative(seed, scale, weighted):
    draws = np.random.default_rng(seed)
    z = draws.normal(size=int(draws.integers(2, 400))) * scale
    columns = {"y": draws.random(len(z)) < scipy.special.expit(z / 2), "p": z}
    columns |= {"w": draws.gamma(1, size=len(z))} if weighted else {}
    found = score(
        columns,
        loss="binary_cross_entropy",
        given="logits",
        target="y",
        prediction="p",
        weight="w" if weighted else None,
        interval="none",
    )
    parts = found.calibration
    assert parts.miscalibration - parts.discrimination + parts.uncertainty == pytest.approx(found.mean, rel=1e-12, abs=1e-15)
    # rows are counted in bins, within which the best map does not tell them apart: no more than 0.4 % of a probability
    assert parts.miscalibration > -2e-3
    assert parts.discrimination > -1e-12
    assert parts.uncertainty >= 0
    assert parts.expected_calibration_error >= 0
    assert sum(b.count for b in parts.bins) == len(z)


def test_predictions_that_are_right_on_average_are_not_miscalibrated():
    p = np.repeat(GRID, 1000)
    y = np.concatenate([np.arange(1000) < 1000 * q for q in GRID])
    found = calibration({"y": y, "p": p}, given="probabilities")
    assert found.miscalibration == pytest.approx(0, abs=1e-12)
    assert found.expected_calibration_error == pytest.approx(0, abs=1e-3)
    assert found.uncertainty == pytest.approx(math.log(2), rel=1e-12)
    assert found.discrimination == pytest.approx(math.log(2) - scipy.stats.entropy([GRID, 1 - GRID]).mean(), rel=1e-10)


def test_bins_are_those_of_scikit_learn_where_each_holds_one_probability():
    values = (np.arange(10) + 0.5) / 10
    p = np.repeat(values, 200)
    y = events(p)
    found = calibration({"y": y, "p": p}, given="probabilities", level=0.9)
    observed, predicted = calibration_curve(y, p, n_bins=10, strategy="quantile")
    assert [b.count for b in found.bins] == [200] * 10
    assert [b.observed for b in found.bins] == pytest.approx(observed, rel=1e-14)
    assert [b.predicted for b in found.bins] == pytest.approx(predicted, rel=0.002)
    for b, share in zip(found.bins, observed, strict=True):
        assert b.low == b.high == pytest.approx(b.predicted)
        expected = proportion_confint(round(200 * share), 200, 0.1, method="wilson")
        assert (b.interval.low, b.interval.high) == pytest.approx(expected, rel=1e-12)
        assert (b.interval.method, b.interval.level) == ("wilson", 0.9)
    error = np.average(abs(observed - predicted))
    assert found.expected_calibration_error == pytest.approx(error, abs=0.002)


@pytest.mark.parametrize("weighted", [False, True])
def test_bins_of_any_predictions_hold_about_as_many_rows_each(weighted):
    p = np.sort(rng.beta(0.5, 2, 4000))
    y, w = events(p), rng.gamma(1, size=4000) if weighted else np.ones(4000)
    found = calibration({"y": y, "p": p, "w": w}, given="probabilities", weight="w" if weighted else None)
    assert len(found.bins) == 10
    assert all(320 <= b.count <= 480 for b in found.bins)
    ends = np.cumsum([0] + [b.count for b in found.bins])
    for b, first, last in zip(found.bins, ends, ends[1:], strict=False):
        own = slice(first, last)  # the rows by rising probability
        assert b.low == pytest.approx(p[own].min(), rel=0.002, abs=1e-18)
        assert b.high == pytest.approx(p[own].max(), rel=0.002)
        assert b.weight == pytest.approx(w[own].sum(), rel=1e-12)
        assert b.predicted == pytest.approx(np.average(p[own], weights=w[own]), rel=0.002)
        assert b.observed == pytest.approx(np.average(y[own], weights=w[own]), rel=1e-12)


def test_the_event_of_many_classes_is_that_the_predicted_one_is_right():
    z, y = rng.normal(size=(3000, 3)) * 2, rng.integers(0, 3, 3000)
    found = score({"y": y, "p": z}, loss="cross_entropy", target="y", prediction="p")
    top, right = scipy.special.softmax(z, axis=1).max(axis=1), z.argmax(axis=1) == y
    assert found.accuracy == pytest.approx(right.mean(), rel=1e-15)
    assert found.calibration.event == "predicted class is right"
    parts = found.calibration
    assert parts.uncertainty == pytest.approx(scipy.stats.entropy([right.mean(), 1 - right.mean()]), rel=1e-12)
    total = parts.miscalibration - parts.discrimination + parts.uncertainty
    assert total == pytest.approx(log_loss(right, top), rel=1e-5)
    miscalibration, discrimination, _ = decomposed(right.astype(float), top)
    assert parts.miscalibration == pytest.approx(miscalibration, abs=2e-3)
    assert parts.discrimination == pytest.approx(discrimination, abs=2e-3)


@pytest.mark.parametrize("given", PROBABILITIES)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_it_does_not_matter_how_a_prediction_is_given_or_stored(given, dtype):
    p = rng.choice(GRID, 500)
    y = events(p)
    column = {"logits": scipy.special.logit(p), "probabilities": p, "log_probabilities": np.log(p)}[given].astype(dtype)
    found = calibration({"y": y, "p": column}, given=given)
    miscalibration, discrimination, uncertainty = decomposed(y, p)
    rough = 1e-9 if dtype == np.float64 else 1e-5
    assert found.miscalibration == pytest.approx(miscalibration, abs=rough)
    assert found.discrimination == pytest.approx(discrimination, abs=rough)
    assert found.uncertainty == pytest.approx(uncertainty, rel=1e-12)


def test_whole_weights_are_rows_written_so_often():
    p, w = rng.choice(GRID, 300), rng.integers(0, 4, 300)
    columns = {"y": events(p), "p": p, "w": w}
    weighted = calibration(columns, given="probabilities", weight="w")
    repeated = calibration({name: np.repeat(values, w) for name, values in columns.items()}, given="probabilities")
    for name in ("miscalibration", "discrimination", "uncertainty"):
        assert getattr(weighted, name) == pytest.approx(getattr(repeated, name), rel=1e-12)
    assert sum(b.weight for b in weighted.bins) == w.sum()


def test_files_batches_and_workers_may_be_any_number(tmp_path, monkeypatch):
    z, w = rng.normal(size=2000) * 3, rng.gamma(1, size=2000)
    columns = {"y": rng.random(2000) < scipy.special.expit(z), "p": z, "w": w}
    for weight in (None, "w"):
        expected = calibration(columns, weight=weight)
        paths = []
        for k, rows in enumerate(np.split(rng.permutation(2000), [3, 900])):
            paths.append(tmp_path / f"{k}.parquet")
            pq.write_table(pa.table({name: values[rows] for name, values in columns.items()}), paths[-1])
        monkeypatch.setattr(scoring, "BATCH_NUMBERS", 300)
        assert calibration(paths, weight=weight, workers=3) == expected
        assert calibration(paths[::-1], weight=weight, workers=1) == expected
        monkeypatch.undo()


def test_probabilities_of_exactly_0_and_1_are_bins_of_their_own():
    found = score(
        {"y": [0, 0, 1, 1], "p": [0.0, 0.0, 1.0, 1.0]},
        loss="binary_cross_entropy",
        target="y",
        prediction="p",
        given="probabilities",
    )
    ends = [(b.low, b.high, b.predicted, b.observed, b.count) for b in found.calibration.bins]
    assert ends == [(0.0, 0.0, 0.0, 0.0, 2), (1.0, 1.0, 1.0, 1.0, 2)]
    assert (found.mean, found.calibration.miscalibration) == (0, 0)
    assert found.calibration.discrimination == found.calibration.uncertainty == pytest.approx(math.log(2))


@pytest.mark.parametrize("far", [1e308, math.inf])
def test_logits_without_end_are_certainties(far):
    right = calibration({"y": [0, 1], "p": [-far, far]})
    assert right.miscalibration == 0
    assert [b.predicted for b in right.bins] == [0.0, 1.0]
    found = score({"y": [0, 1, 0, 1], "p": [-far, far, far, -far]}, loss="binary_cross_entropy", target="y", prediction="p")
    assert found.calibration.miscalibration == found.mean - 0.6931471805599453 + found.calibration.discrimination
    assert found.calibration.miscalibration > 1e307
    assert found.calibration.uncertainty == pytest.approx(math.log(2))
    assert "saturated logits" in found.warnings[-1]
    json.dumps(found.to_dict(), allow_nan=False)


def test_one_class_alone_leaves_nothing_to_tell_apart():
    found = calibration({"y": [1, 1, 1], "p": [0.5, 1.0, 2.0]})
    assert (found.discrimination, found.uncertainty) == (0, 0)
    assert found.miscalibration > 0
    one = calibration({"y": [1], "p": [2.0]})
    assert one.miscalibration == pytest.approx(math.log1p(math.exp(-2)))
    assert one.bins[0].count == 1


def test_only_events_are_calibrated():
    numbers = {"y": [0.0, 1.0], "p": [0.5, 0.5], "w": [0.0, 0.0]}
    assert calibration(numbers, loss="squared_error") is None
    assert calibration(numbers, weight="w") is None  # nobody weighs anything
    rows = {"y": rng.dirichlet(np.ones(3), 5), "p": rng.normal(size=(5, 3))}
    found = calibration(rows, loss="cross_entropy")  # a distribution is no class that could be predicted
    assert found is None

    @lossary.pointwise(given=PROBABILITIES)
    def distance(prediction, target):
        return abs(prediction - target)

    # what is best to predict under it is 0 or 1, not the probability
    assert calibration({"y": [0, 1], "p": [0.2, 0.5]}, loss=distance, given="probabilities") is None


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_probabilities_that_are_1_where_they_are_stored_are_noticed(dtype):
    p = np.array([0.5, 1 - 2.0**-30, 0.25]).astype(dtype)
    found = score({"y": [0, 1, 1], "p": p}, loss="binary_cross_entropy", target="y", prediction="p", given="probabilities")
    assert f"1 row has a probability that is 1 in {np.dtype(dtype).name}, as" in found.warnings[0]
    wide = score(
        {"y": [0, 1, 1], "p": p.astype(np.float64)},
        loss="binary_cross_entropy",
        target="y",
        prediction="p",
        given="probabilities",
    )
    assert not wide.warnings


def test_a_prediction_in_a_form_of_ones_own_has_a_mean_and_no_calibration():
    given = {
        **lossary.kinds.PROBABILITIES,
        "odds": (lambda odds: odds / (1 + odds), lossary.formula.domains.Interval(0.0)),
    }

    @lossary.pointwise(given=given, minimizer="mean")
    def brier(prediction: lossary.formula.domains.Probability, target: lossary.formula.domains.Probability):
        return (prediction - target) ** 2

    odds, y = np.array([1.0, 3.0, 0.25]), np.array([0, 1, 1])
    found = score({"p": odds, "y": y}, loss=brier, target="y", prediction="p", given="odds")
    assert found.mean == pytest.approx(np.mean((odds / (1 + odds) - y) ** 2), rel=1e-14)
    assert (found.calibration, found.accuracy, found.residuals) == (None, None, None)


@pytest.mark.parametrize("weighted", [False, True])
def test_thresholds_and_the_spread_agree_with_scikit_learn(weighted):
    draws = np.random.default_rng(77)
    p = draws.random(2000)
    p = p[abs(p * 20 - np.rint(p * 20)) > 0.1]  # none within a bin of a threshold
    y, w = draws.random(len(p)) < p, draws.gamma(2, size=len(p)) if weighted else np.ones(len(p))
    columns = {"y": y.astype(int), "p": p, **({"w": w} if weighted else {})}
    found = score(
        columns, loss="bce", given="probabilities", target="y", prediction="p", weight="w" if weighted else None
    ).calibration
    assert [one["count"] for one in found.spread] == np.histogram(p, 20, (0, 1))[0].tolist()
    assert [t.at for t in found.thresholds] == [k / 10 for k in range(1, 10)]
    for t in found.thresholds:
        called = p > t.at
        assert t.share == pytest.approx(np.average(called, weights=w), rel=1e-12)
        assert t.precision == pytest.approx(precision_score(y, called, sample_weight=w), rel=1e-12)
        assert t.recall == pytest.approx(recall_score(y, called, sample_weight=w), rel=1e-12)
        assert t.accuracy == pytest.approx(accuracy_score(y, called, sample_weight=w), rel=1e-12)
    never = score({"y": [0, 0], "p": [0.05, 0.05]}, loss="bce", given="probabilities", target="y", prediction="p").calibration
    assert (never.thresholds[0].precision, never.thresholds[0].recall, never.thresholds[0].accuracy) == (None, None, 1.0)
