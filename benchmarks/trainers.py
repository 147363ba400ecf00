"""Trees that are trained on the absolute error, by the engines' own objectives, by hand and by ours; linear models.

Trees: held-out absolute error, 30,000 rows to train on, as many to judge by, 8 features, noise of Student's t with 2 degrees
of freedom; 100 rounds.
Linear models: 10,000 rows of 20 features, 100,000 of 20 and of 100, quantiles of 1000 of 300, and sparse ones, ours beside
scikit-learn's, in turns, processor time, the best of five; with OMP_NUM_THREADS=1 and LOSSARY_NUM_THREADS=1, as threads that
wait count, too.
``python benchmarks/trainers.py`` prints tables in Markdown; ``python benchmarks/trainers.py linear`` the second only.
``python benchmarks/trainers.py cost 1000000 100`` compares times of training by our estimators and by the engine's own losses,
from arrays of so many rows of 20 features and for so many rounds; the best of three, the time of processors too. Names of
engines or losses, and a number of threads, may follow. ``… reach 1000000 100`` compares rounds and times that the same
held-out loss takes. ``… several`` compares mean and variance with NGBoost
(``pip install ngboost``).
"""

from __future__ import annotations

import functools
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import lightgbm
import numpy as np
import scipy.sparse
import xgboost
from sklearn.linear_model import (
    ElasticNet,
    HuberRegressor,
    Lasso,
    LinearRegression,
    LogisticRegression,
    PoissonRegressor,
    QuantileRegressor,
    Ridge,
)
from sklearn.svm import LinearSVC

import lossary
from lossary.trainers.boosting import Classifier, Regressor, objective
from lossary.trainers.linear.problem import Problem
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
    print(
        "| rows × features | loss | ours, seconds | scikit-learn, seconds | ratio | cost above scikit-learn's |\n"
        "|---|---|---|---|---|---|"
    )
    for rows, width in ((10_000, 20), (100_000, 20), (100_000, 100)):
        rng = np.random.default_rng(0)
        x = rng.normal(size=(rows, width))
        mean = x @ (rng.normal(size=width) * (rng.random(width) < 0.7) * np.sqrt(20 / width))
        compare_linear(f"{rows:,} × {width}", x, mean, rng, rows == 10_000)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(1000, 300))
    compare_linear("1,000 × 300", x, x @ rng.normal(size=300), rng, True, ("quantile 0.8",))
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 5000))
    mean = x[:, :20] @ (2 * rng.normal(size=20))
    compare_linear("200 × 5,000", x, mean, rng, False, ("squared error, l1", "squared error, l1, to 1e-8"))
    rng = np.random.default_rng(0)
    filled = scipy.sparse.random(20_000, 10_000, 0.01, random_state=0, format="csr")
    mean = filled @ (3 * rng.normal(size=10_000) * (rng.random(10_000) < 0.02))
    compare_linear("20,000 × 10,000, 1 % filled", filled, mean, rng, False)


def compare_linear(
    size: str, x: Any, mean: np.ndarray, rng: np.random.Generator, quantiles: bool, only: tuple[str, ...] = ()
) -> None:
    """Print a line for each loss. Penalties of scikit-learn's are as strong as ours; its tolerances are its own."""
    rows = len(mean)
    y, labels = mean + rng.standard_t(3, size=rows), mean + rng.logistic(size=rows) > 0
    counts, classes = rng.poisson(np.exp(mean / 6)), np.digitize(mean + rng.logistic(size=rows), [-2, 0, 2])
    strong, dense = (0.1, True) if isinstance(x, np.ndarray) else (1e-3, False)
    models: dict[str, tuple[Any, Any, np.ndarray]] = {
        "squared error": (LossRegressor(), LinearRegression(), y),
        "squared error, l2": (LossRegressor(l2=strong), Ridge(alpha=strong / 2 * rows), y),
        "squared error, l1": (LossRegressor(l1=strong), Lasso(alpha=strong / 2), y),
        "squared error, l1, to 1e-8": (LossRegressor(l1=strong), Lasso(alpha=strong / 2, tol=1e-8), y),
        "squared error, both": (LossRegressor(l1=strong, l2=strong), ElasticNet(alpha=strong, l1_ratio=0.5), y),
        "logistic, l2": (LossClassifier(l2=strong / 10), LogisticRegression(C=10 / strong / rows), labels),
        "4 classes, l2": (
            LossClassifier(lossary.cross_entropy, l2=strong / 10),
            LogisticRegression(C=10 / strong / rows),
            classes,
        ),
        "Poisson, l2": (LossRegressor(lossary.poisson, l2=strong / 10), PoissonRegressor(alpha=strong / 10), counts),
        "Huber, 1.35": (LossRegressor(lossary.huber, delta=1.35), HuberRegressor(alpha=0), y),  # which fits a scale too
        "quantile 0.8": (LossRegressor(lossary.quantile, alpha=0.8), QuantileRegressor(quantile=0.8, alpha=0), y),
        "hinge, l2": (
            LossClassifier(lossary.hinge, l2=strong, fit_intercept=False),
            LinearSVC(C=1 / strong / rows, loss="hinge", fit_intercept=False),
            labels,
        ),
    }
    for name, (*pair, target) in models.items():
        if name not in only if only else name.endswith("1e-8"):
            continue
        if name.startswith("quantile") and not quantiles:
            continue  # scikit-learn's takes an hour
        if dense and name == "hinge, l2":
            continue  # coordinate descent without a limit of its steps takes minutes
        if not dense and name in ("squared error", "Huber, 1.35", "4 classes, l2"):
            continue  # without a penalty the data would be met exactly
        pair[0].fit(x, target)  # kernels are compiled
        best = [np.inf, np.inf]
        for _ in range(2 if name.startswith("quantile") else 5):
            for i, model in enumerate(pair):
                start = time.process_time()
                model.fit(x, target)
                best[i] = min(best[i], time.process_time() - start)
        costs = [cost_of(pair[0], model, x, target) for model in pair]
        above = "" if name.startswith("Huber") else f"{costs[0] - costs[1]:.0e}"
        print(f"| {size} | {name} | {best[0]:.4f} | {best[1]:.4f} | {best[0] / best[1]:.2f} | {above} |", flush=True)


def cost_of(ours: Any, model: Any, x: Any, target: np.ndarray) -> float:
    """Return the cost of ours at the coefficients of a model."""
    if ours.loss.kind == "softmax":
        return Problem(ours.scores_, x, target, None, ours.l2, ours.l1, True).value(model.coef_, model.intercept_)
    at = np.ravel(model.coef_), float(np.ravel(model.intercept_)[0])
    return Problem(ours.scores_, x, np.asarray(target, np.float64), None, ours.l2, ours.l1, True).value(*at)


def pairs_of(rows: int, seed: int = 0) -> dict[str, tuple[np.ndarray, dict[str, str]]]:
    """Return targets by loss, and each engine's own objective for them."""
    rng = np.random.default_rng(2 * seed)
    x = features_of(rows, seed)
    mean = x[:, 0] + np.sin(x[:, 1])
    noisy, counts = mean + rng.normal(size=rows), rng.poisson(np.exp(mean / 3))
    return {
        "squared_error": (noisy, {"lightgbm": "l2", "xgboost": "reg:squarederror", "catboost": "RMSE"}),
        "absolute_error": (noisy, {"lightgbm": "l1", "xgboost": "reg:absoluteerror", "catboost": "MAE"}),
        "quantile": (noisy, {"lightgbm": "quantile", "xgboost": "reg:quantileerror", "catboost": "Quantile:alpha=0.5"}),
        "huber": (noisy, {"lightgbm": "huber", "catboost": "Huber:delta=1"}),
        "pseudo_huber": (noisy, {"xgboost": "reg:pseudohubererror"}),
        "fair": (noisy, {"lightgbm": "fair"}),
        "log_cosh": (noisy, {"catboost": "LogCosh"}),
        "expectile": (noisy, {"catboost": "Expectile:alpha=0.5"}),
        "squared_log_error": (counts, {"xgboost": "reg:squaredlogerror"}),
        "poisson": (counts, {"lightgbm": "poisson", "xgboost": "count:poisson", "catboost": "Poisson"}),
        "gamma": (rng.gamma(2, np.exp(mean / 3)) + 0.01, {"lightgbm": "gamma", "xgboost": "reg:gamma"}),
        "tweedie": (
            counts * rng.gamma(2, 1, size=rows),
            {"lightgbm": "tweedie", "xgboost": "reg:tweedie", "catboost": "Tweedie:variance_power=1.5"},
        ),
        "binary_cross_entropy": (noisy > 0, {"lightgbm": "binary", "xgboost": "binary:logistic", "catboost": "Logloss"}),
        "cross_entropy": (np.digitize(noisy, [-1, 1]), {"lightgbm": "multiclass", "xgboost": "multi:softprob"}),
        "hinge": (noisy > 0, {"xgboost": "binary:hinge"}),
    }


def features_of(rows: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(2 * seed + 1).normal(size=(rows, 20)).astype(np.float32)


OF_ENGINE: dict[str, dict[str, Any]] = {
    "lightgbm": {"verbosity": -1, "num_leaves": 31, "learning_rate": 0.1},
    "xgboost": {"max_depth": 5, "eta": 0.1},
    "catboost": {"depth": 6, "learning_rate": 0.1},
}
THREADS = {"lightgbm": "num_threads", "xgboost": "nthread", "catboost": "thread_count"}


def by_their_own(engine: str, name: str, x: np.ndarray, y: np.ndarray, rounds: int, usual: dict[str, Any]) -> Any:
    """Train the engine's own objective from the same arrays; return the booster."""
    half = {"alpha": 0.5} if name == "quantile" else {}
    classes = {"num_class": 3} if name.startswith("multi") else {}
    if engine == "lightgbm":
        return lightgbm.train({**usual, **half, **classes, "objective": name}, lightgbm.Dataset(x, y), rounds)
    if engine == "xgboost":
        level = {"quantile_alpha": 0.5} if "quantile" in name else {}
        return xgboost.train({**usual, **level, **classes, "objective": name}, xgboost.DMatrix(x, y), rounds)
    import catboost

    silent = {"logging_level": "Silent", "allow_writing_files": False, "metric_period": rounds}
    return catboost.CatBoost({**silent, **usual, "iterations": rounds, "loss_function": name}).fit(catboost.Pool(x, y))


class Contest(NamedTuple):
    """An estimator of ours and an engine's own objective, and how both are trained."""

    name: str
    engine: str
    ours: Callable[[int], Any]
    theirs: Callable[[int], Any]


def contests(rows: int, only: tuple[str, ...]) -> Iterator[Contest]:
    """Yield what is trained for a number of rounds; ``only`` names engines, losses or a number of threads."""
    threads = next((int(word) for word in only if word.isdigit()), None)
    engines, losses = {word for word in only if word in OF_ENGINE}, {word for word in only if word in pairs_of(2)}
    x = features_of(rows)
    for name, (target, own) in pairs_of(rows).items():
        estimator: Any = Classifier if target.dtype == bool or name == "cross_entropy" else Regressor
        loss, y = getattr(lossary, name), target.astype(np.float32)
        for engine, of_theirs in own.items():
            if (engines and engine not in engines) or (losses and name not in losses):
                continue
            usual = OF_ENGINE[engine] | ({} if threads is None else {THREADS[engine]: threads})

            def by_ours(rounds: int, of: Any = (estimator, loss, y, engine, usual)) -> Any:
                estimator, loss, y, engine, usual = of
                return estimator(loss, engine=engine, n_estimators=rounds, **usual).fit(x, y)

            def by_theirs(rounds: int, of: Any = (engine, of_theirs, y, usual)) -> Any:
                engine, of_theirs, y, usual = of
                return by_their_own(engine, of_theirs, x, y, rounds, usual)

            by_ours(1)  # kernels are compiled
            yield Contest(name, engine, by_ours, by_theirs)


def times_of(trainings: Sequence[Callable[[], Any]], repeat: int = 3) -> tuple[list[float], list[float]]:
    """Return the least seconds of each, and the least of processors, one after the other each time."""
    wall: list[list[float]] = [[] for _ in trainings]
    processor: list[list[float]] = [[] for _ in trainings]
    for _ in range(repeat):
        for times, of_processors, train in zip(wall, processor, trainings, strict=True):
            start, of_processor = time.perf_counter(), time.process_time()
            train()
            times.append(time.perf_counter() - start)
            of_processors.append(time.process_time() - of_processor)
    return [min(x) for x in wall], [min(x) for x in processor]


def cost(rows: int, rounds: int, *only: str) -> None:
    """Compare the times of training, features binned in them."""
    print("| loss | engine | ours, seconds | its own, seconds | ratio | ratio of processor time |\n|---|---|---|---|---|---|")
    for name, engine, *trained in contests(rows, only):
        wall, processor = times_of([functools.partial(train, rounds) for train in trained])
        ratios = f"{wall[0] / wall[1]:.2f} | {processor[0] / processor[1]:.2f}"
        print(f"| `{name}` | {engine} | {wall[0]:.2f} | {wall[1]:.2f} | {ratios} |", flush=True)


def reach(rows: int, rounds: int, *only: str) -> None:
    """Compare what the same loss on as many held-out rows takes: 99 % of the fall that the worse of both reaches."""
    x, held_out = features_of(rows, 1), pairs_of(rows, 1)
    print("| loss | engine | least held-out loss, ours | its own | rounds, ours | its own | ratio of processor time |")
    print("|---|---|---|---|---|---|---|")
    for name, engine, ours, theirs in contests(rows, only):
        if engine == "catboost":
            continue
        model, booster, target = ours(rounds), theirs(rounds), held_out[name][0]
        target = target.astype(np.int64 if name == "cross_entropy" else np.float64)
        table = xgboost.DMatrix(x)
        counts = range(0, rounds + 1, 5)
        found: list[list[float]] = [[], []]
        for k in counts[1:]:
            model.model_ = model.model_._replace(rounds=k)
            by_ours = model._total_scores(x)
            if engine == "lightgbm":
                by_theirs = booster.predict(x, raw_score=True, num_iteration=k)
            else:
                by_theirs = booster.predict(table, output_margin=True, iteration_range=(0, k)).astype(np.float64)
            if name == "squared_log_error":  # XGBoost's scores are predictions
                by_theirs = np.log1p(np.maximum(by_theirs, -1 + 1e-6))
            for losses, scores in zip(found, (by_ours, by_theirs), strict=True):
                losses.append(float(model._trained().value(scores, target).mean()))
        first = float(model._trained().value(np.zeros_like(by_ours) + model.objective_.start, target).mean())
        worse = max(map(min, found))
        aim = worse + 0.01 * (first - worse)
        needed = [counts[1 + next(k for k, x in enumerate(losses) if x <= aim)] for losses in found]
        _, processor = times_of([functools.partial(train, k) for train, k in zip((ours, theirs), needed, strict=True)])
        least = " | ".join(f"{min(losses):.4f}" for losses in found)
        of_rounds = " | ".join(map(str, needed))
        print(f"| `{name}` | {engine} | {least} | {of_rounds} | {processor[0] / processor[1]:.2f} |", flush=True)


def several() -> None:
    """Compare mean and variance with NGBoost's, if it is installed: held-out negative log-likelihood, of 5 folds."""
    import statsmodels.api
    from ngboost import NGBRegressor
    from sklearn.datasets import load_diabetes
    from sklearn.model_selection import KFold

    engel = statsmodels.api.datasets.engel.load_pandas().data
    rng = np.random.default_rng(0)
    x = rng.normal(size=(4000, 8))
    made = mean_of(x) + 12 * np.exp(0.7 * x[:, 3]) * rng.normal(size=4000)
    sets = {
        "diabetes (442 rows)": load_diabetes(return_X_y=True),
        "Engel's food expenditure (235 rows)": (engel[["income"]].to_numpy(), engel["foodexp"].to_numpy()),
        "made (4000 rows)": (x, made),
    }

    def by_ngboost(x: np.ndarray, y: np.ndarray, x_new: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        model = NGBRegressor(n_estimators=300, learning_rate=0.02, verbose=False, random_state=0)
        found = model.fit(x, y).pred_dist(x_new)
        return found.loc, found.scale**2

    def by_ours(engine: Any, usual: dict[str, Any], x: np.ndarray, y: np.ndarray, x_new: np.ndarray) -> Any:
        return Regressor(lossary.gaussian, engine=engine, n_estimators=300, **usual).fit(x, y).predict(x_new)

    trees = {"max_depth": 3, "learning_rate": 0.02}
    models = {
        "NGBoost": by_ngboost,
        "ours, LightGBM": functools.partial(by_ours, "lightgbm", {**trees, "num_threads": 1, "min_data_in_leaf": 10}),
        "ours, XGBoost": functools.partial(by_ours, "xgboost", {**trees, "nthread": 1, "min_child_weight": 10}),
    }
    print("| data | model | held-out negative log-likelihood | seconds of processors |\n|---|---|---|---|")
    for title, (x, y) in sets.items():
        for name, fit in models.items():
            start, found = time.process_time(), []
            for train, test in KFold(5, shuffle=True, random_state=0).split(x):
                mean, variance = fit(x[train], y[train], x[test])
                found.append(float(lossary.gaussian(mean, variance, y[test], constant="likelihood")))
            print(f"| {title} | {name} | {np.mean(found):.3f} | {time.process_time() - start:.1f} |", flush=True)


def main() -> None:
    if "several" in sys.argv:
        return several()
    if "cost" in sys.argv:
        return cost(*map(int, sys.argv[2:4]), *sys.argv[4:])
    if "reach" in sys.argv:
        return reach(*map(int, sys.argv[2:4]), *sys.argv[4:])
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
