"""Held-out absolute error of trees that are trained on it, by the engines' own objectives, by hand and by ours.

30,000 rows to train on, as many to judge by, 8 features, noise of Student's t with 2 degrees of freedom; 100 rounds.
``python benchmarks/trainers.py`` prints a table in Markdown.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import lightgbm
import numpy as np
import xgboost

import lossary
from lossary.trainers.boosting import Regressor, objective

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


def main() -> None:
    print("| | held-out absolute error | seconds |\n|---|---|---|")
    print(f"| the true mean | {np.abs(Y_NEW - mean_of(X_NEW)).mean():.2f} | |")
    for name, predict in contestants().items():
        start = time.perf_counter()
        prediction = predict()
        print(f"| {name} | {np.abs(prediction - Y_NEW).mean():.2f} | {time.perf_counter() - start:.1f} |", flush=True)


if __name__ == "__main__":
    main()
