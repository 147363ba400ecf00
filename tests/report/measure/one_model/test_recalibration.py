"""Miscalibration, discrimination and uncertainty of means and quantiles, against scikit-learn and all monotone maps."""

from itertools import pairwise

import numpy as np
import pytest
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import mean_gamma_deviance, mean_pinball_loss, mean_poisson_deviance, mean_squared_error

from lossary.report import score
from lossary.report.measure.one_model.recalibration import ROWS, isotonic_quantile


def table(rows: int, *, weighted: bool = False) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(12)
    mean = rng.gamma(2.0, 2.0, rows)
    columns = {"y": rng.gamma(2.0, mean / 2) + 0.01, "p": np.round(mean**0.8 + 0.3, 2)}  # with equal predictions
    columns["n"] = rng.poisson(mean).astype(float)
    return {**columns, "w": rng.uniform(0.5, 2.0, rows)} if weighted else columns


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(
    ("loss", "options", "target", "truth"),
    [
        ("squared_error", {}, "y", mean_squared_error),
        ("poisson", {"given": "mean", "parameters": {"constant": "deviance"}}, "n", mean_poisson_deviance),
        ("gamma", {"given": "mean", "parameters": {"constant": "deviance"}}, "y", mean_gamma_deviance),
    ],
)
def test_means(loss, options, target, truth, weighted) -> None:
    columns = table(300, weighted=weighted)
    y, w = columns[target], columns.get("w", np.ones(300))
    found = score(columns, loss=loss, target=target, prediction="p", weight="w" if weighted else None, **options).recalibration
    fit = IsotonicRegression().fit(columns["p"], y, w).predict(columns["p"])
    rows = fit > 0 if loss == "poisson" else slice(None)  # scikit-learn refuses 0, where the deviance of 0 is 0
    best = truth(y[rows], fit[rows], sample_weight=w[rows]) * w[rows].sum() / w.sum()
    constant = truth(y, np.full(300, np.average(y, weights=w)), sample_weight=w)
    assert found.functional == "mean"
    assert found.rows == 300
    assert found.miscalibration == pytest.approx((truth(y, columns["p"], sample_weight=w) - best), rel=1e-9)
    assert found.discrimination == pytest.approx((constant - best), rel=1e-9)
    assert found.uncertainty == pytest.approx(constant, rel=1e-9)


def least_monotone(y: np.ndarray, w: np.ndarray, first: np.ndarray, level: float) -> float:
    """Return the least weighted quantile loss of all non-decreasing sequences of targets, by dynamic programming."""
    values = np.unique(y)
    best = np.zeros(len(values))
    for start, stop in pairwise([*first.tolist(), len(y)]):
        residual = y[start:stop, None] - values
        cost = (w[start:stop, None] * np.maximum(level * residual, (level - 1) * residual)).sum(axis=0)
        best = np.minimum.accumulate(best) + cost
    return float(best.min())


@pytest.mark.parametrize("level", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("seed", range(6))
def test_monotone_quantiles_lose_least(level: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = int(rng.integers(1, 40))
    y, w = rng.integers(0, 12, rows) / 2, rng.uniform(0.2, 3.0, rows)
    first = np.unique(np.append(0, rng.integers(0, rows, rows // 2)))
    found = isotonic_quantile(y, w, first, level)
    assert (np.diff(found) >= 0).all()
    residual = y - np.repeat(found, np.diff([*first, rows]))
    loss = (w * np.maximum(level * residual, (level - 1) * residual)).sum()
    assert loss == pytest.approx(least_monotone(y, w, first, level), rel=1e-12, abs=1e-12)


@pytest.mark.parametrize(("loss", "level", "factor"), [("quantile", 0.9, 1.0), ("absolute_error", 0.5, 2.0)])
def test_quantiles(loss: str, level: float, factor: float) -> None:
    columns = table(200)
    parameters = {"alpha": level} if loss == "quantile" else {}
    found = score(columns, loss=loss, target="y", prediction="p", parameters=parameters).recalibration
    y = columns["y"]
    constant = factor * mean_pinball_loss(y, np.full(200, np.quantile(y, level, method="inverted_cdf")), alpha=level)
    assert found.functional == ("quantile" if loss == "quantile" else "median")
    assert found.uncertainty == pytest.approx(constant, rel=1e-12)
    mean = factor * mean_pinball_loss(y, columns["p"], alpha=level)
    assert found.uncertainty - found.discrimination + found.miscalibration == pytest.approx(mean, rel=1e-12)
    order = np.argsort(columns["p"], kind="stable")
    _, first = np.unique(columns["p"][order], return_index=True)
    best = factor * least_monotone(y[order], np.ones(200), first, level) / 200
    assert mean - found.miscalibration == pytest.approx(best, rel=1e-12)


def test_levels() -> None:
    columns = table(500)
    found = score(columns, loss="squared_error", target="y", prediction="p").recalibration.levels
    assert sum(one.count for one in found) == 500
    order = np.argsort(columns["p"], kind="stable")
    x, y = columns["p"][order], columns["y"][order]
    start = 0
    for one in found:
        rows = slice(start, start + one.count)
        assert one.predicted == pytest.approx(x[rows].mean(), rel=1e-12)
        assert one.observed == pytest.approx(y[rows].mean(), rel=1e-12)
        assert one.low == np.quantile(y[rows], 0.1, method="inverted_cdf")
        start += one.count
        assert start == 500 or x[start] > x[start - 1]  # equal predictions stay together


def test_many_rows_are_sampled() -> None:
    columns = table(4 * ROWS)
    found = score(columns, loss="squared_error", target="y", prediction="p")
    again = score({k: x[: 3 * ROWS] for k, x in columns.items()}, loss="squared_error", target="y", prediction="p")
    assert found.recalibration.rows == ROWS == again.recalibration.rows
    terms = found.recalibration
    assert terms.uncertainty - terms.discrimination + terms.miscalibration == pytest.approx(found.mean, rel=0.1)


def test_what_has_none() -> None:
    for x in ({"y": [1.0, np.inf], "p": [1.0, 2.0]}, {"y": [1.0], "p": [1.0]}, {"y": [2.0, 2.0], "p": [1.0, 1.0]}):
        found = score({name: np.array(values) for name, values in x.items()}, loss="absolute_error", target="y", prediction="p")
        assert (found.recalibration is None) == (len(x["y"]) == 2 and np.isinf(x["y"][1]))
        if found.recalibration is not None:
            assert found.recalibration.discrimination == 0
    assert score({"y": [1.0, 2.0], "p": [1.0, 2.0]}, loss="huber", target="y", prediction="p").recalibration is None
