"""Trees that are trained on the absolute error, by the engines' own objectives, by hand and by ours; linear models.

Trees: held-out absolute error, 30,000 rows to train on, as many to judge by, 8 features, noise of Student's t with 2 degrees
of freedom; 100 rounds.
Linear models: 10,000 rows of 20 features, ours beside scikit-learn's, the best of three.
``python benchmarks/trainers.py`` prints tables in Markdown; ``python benchmarks/trainers.py linear`` the second only.
"""

from __future__ import annotations

import functools
import sys
import time
import timeit
from collections.abc import Callable
from typing import Any

import lightgbm
import numpy as np
import xgboost
from sklearn.linear_model import LogisticRegression, PoissonRegressor, QuantileRegressor

import lossary
from lossary.trainers.boosting import Regressor, objective
from lossary.trainers.sklearn import LossClassifier, LossRegressor

ROWS, ROUNDS = 30_000, 100
LIGHTGBM = {"num_leaves": 31, "learning_rate": 0.1, "verbosity": -1, "num_threads": 1}
XGBOOST = {"max_depth": 5, "eta": 0.1, "nthread": 1}


def mean_of(x: np.ndarray) -> np.ndarray:
    return 100 + 40 * x[:, 0] + 30 * np.sin(2 * x[:, 1]) * x[:, 2] + 20 * (x[:, 3] > 0)


def data(seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(ROWS, 8))
    return x, mean_of(x) + 12 * rng.standard_t(2, size=ROWS)


(X, Y), (X_NEW, Y_NEW) = data(0), data(1)


def by_lightgbm(how: Any, start: float = 0.0) -> np.ndarray:
    booster = lightgbm.train({**LIGHTGBM, "objective": how}, lightgbm.Dataset(X, Y), ROUNDS)
    return booster.predict(X_NEW) + start


def by_xgboost(how: Any, **options: Any) -> np.ndarray:
    table = xgboost.DMatrix(X, Y)
    if callable(how):
        return xgboost.train({**XGBOOST, **options}, table, ROUNDS, obj=how).predict(xgboost.DMatrix(X_NEW))
    return xgboost.train({**XGBOOST, "objective": how, **options}, table, ROUNDS).predict(xgboost.DMatrix(X_NEW))


def hand(curvature: float, start: float = 0.0, divisor: float = 1.0) -> Callable[..., Any]:
    """Return the objective of a tutorial: the sign of the residual, and a curvature."""

    def derivatives(scores: Any, table: Any) -> Any:
        residual = scores + start - table.get_label()
        return np.sign(residual) / divisor, np.full(len(residual), curvature / divisor)

    return derivatives


def ours(engine: str) -> np.ndarray:
    own = objective(lossary.absolute_error, Y, engine=engine)
    if engine == "lightgbm":
        booster = lightgbm.train({**LIGHTGBM, **own.parameters}, lightgbm.Dataset(X, Y), ROUNDS)
        return own.prediction(booster.predict(X_NEW))
    booster = xgboost.train({**XGBOOST, **own.parameters}, xgboost.DMatrix(X, Y), ROUNDS, obj=own)
    return own.prediction(booster.predict(xgboost.DMatrix(X_NEW)))


def renewed() -> np.ndarray:
    model = Regressor(lossary.absolute_error, leaves="renew", n_estimators=ROUNDS, **LIGHTGBM)
    return model.fit(X, Y).predict(X_NEW)


def contestants() -> dict[str, Callable[[], np.ndarray]]:
    middle = float(np.median(Y))
    return {
        "LightGBM's own `l1`": lambda: by_lightgbm("l1"),
        "XGBoost's own `reg:absoluteerror`": lambda: by_xgboost("reg:absoluteerror"),
        "XGBoost's own `reg:pseudohubererror`": lambda: by_xgboost("reg:pseudohubererror"),
        "by hand, LightGBM: sign, 1": lambda: by_lightgbm(hand(1.0)),
        "by hand, LightGBM: sign, 1, start at the median": lambda: by_lightgbm(hand(1.0, middle), middle),
        "by hand, LightGBM: the true curvature, 0": lambda: by_lightgbm(hand(0.0, middle), middle),
        "by hand, XGBoost: slope and curvature of the mean": lambda: (
            by_xgboost(hand(1.0, middle, ROWS), base_score=0.0) + middle
        ),
        "ours, LightGBM": lambda: ours("lightgbm"),
        "ours, LightGBM, leaves renewed": renewed,
        "ours, XGBoost": lambda: ours("xgboost"),
    }


def linear() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(10_000, 20))
    mean = x @ rng.normal(size=20)
    y, labels = mean + rng.standard_t(3, size=10_000), mean + rng.logistic(size=10_000) > 0
    models = {
        "quantile 0.8": (LossRegressor(lossary.quantile, alpha=0.8), QuantileRegressor(quantile=0.8, alpha=0), y),
        "Poisson": (LossRegressor(lossary.poisson, l2=0.01), PoissonRegressor(alpha=0.01), rng.poisson(np.exp(mean / 6))),
        "logistic": (LossClassifier(l2=0.01), LogisticRegression(C=0.01), labels),
    }
    print("| | ours, seconds | scikit-learn, seconds |\n|---|---|---|")
    for name, (*pair, target) in models.items():
        best = [min(timeit.repeat(functools.partial(model.fit, x, target), number=1, repeat=3)) for model in pair]
        print(f"| {name} | {best[0]:.3f} | {best[1]:.3f} |", flush=True)


def main() -> None:
    if "linear" in sys.argv:
        return linear()
    print("| | held-out absolute error | seconds |\n|---|---|---|")
    print(f"| the true mean | {np.abs(Y_NEW - mean_of(X_NEW)).mean():.2f} | |")
    for name, predict in contestants().items():
        start = time.perf_counter()
        prediction = predict()
        print(f"| {name} | {np.abs(prediction - Y_NEW).mean():.2f} | {time.perf_counter() - start:.1f} |", flush=True)
    print()
    return linear()


if __name__ == "__main__":
    main()
