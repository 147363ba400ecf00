"""Training by the engines, with an objective of ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from lossary.trainers.boosting import built_in
from lossary.trainers.boosting.built_in import BuiltIn
from lossary.trainers.boosting.columns import of_catboost
from lossary.trainers.boosting.for_catboost import MeanLoss
from lossary.trainers.boosting.leaves import best_steps
from lossary.trainers.boosting.objective import Objective

_OF_CATBOOST = {
    "learning_rate": 0.03,
    "leaf_estimation_method": "Newton",
    "leaf_estimation_iterations": 1,
    "leaf_estimation_backtracking": "No",
}
"""What CatBoost does by default with objectives from Python; for its own it has other defaults."""


class Samples(NamedTuple):
    """Features, targets and weights (or None), and which features are codes of categories."""

    features: Any
    target: Any
    weight: Any = None
    categorical: tuple[int, ...] = ()


class Model(NamedTuple):
    """A trained booster of an engine."""

    booster: Any
    rounds: int
    """The rounds that predictions are made of."""
    costs: list[float]
    """The mean loss on the validation data after each round; empty without any."""
    categorical: tuple[int, ...] = ()
    theirs: BuiltIn | None = None
    """The engine's own objective, if that was trained in the place of ours."""


def train(
    own: Objective, data: Samples, validation: Samples | None, parameters: Mapping[str, Any], rounds: int, patience: int | None
) -> Model:
    """Train for a number of rounds, or until the mean loss on the validation data was not lowered for ``patience`` rounds."""
    trained = {"lightgbm": _by_lightgbm, "catboost": _by_catboost, "xgboost": _by_xgboost}[own.engine]
    theirs = built_in.find(own, parameters, validation is not None)
    if theirs is None:
        return trained(own, data, validation, {**parameters, **_own(own, parameters)}, rounds, patience)
    # an objective of the engine's begins at our start by data, not by a parameter, so that scores are without it, as ours
    model = trained(own, data, validation, {**parameters, **theirs.parameters(own)}, rounds, patience, start=own.start)
    return model._replace(theirs=theirs)


def scores(own: Objective, model: Model, features: Any) -> Any:
    """Return the scores of samples, without the start."""
    if own.engine == "lightgbm":
        return model.booster.predict(features, raw_score=True, num_iteration=model.rounds)
    if own.engine == "catboost":
        pool = _pool(Samples(features, None, categorical=model.categorical))
        return model.booster.predict(pool, prediction_type="RawFormulaVal", ntree_end=model.rounds)
    table = _matrix(Samples(features, None, categorical=model.categorical))
    return model.booster.predict(table, output_margin=True, iteration_range=(0, model.rounds))


def gains(model: Model, count: int) -> Any:
    """Return by how much splits by each feature lowered the cost, as the engine reckons it."""
    booster = model.booster
    if hasattr(booster, "feature_importance"):
        return np.asarray(booster.feature_importance("gain", iteration=model.rounds), np.float64)
    if hasattr(booster, "get_feature_importance"):  # CatBoost, of numbers and then of categories
        found = np.empty(count)
        found[[*(k for k in range(count) if k not in model.categorical), *model.categorical]] = booster.get_feature_importance()
        return found
    by_name = booster.get_score(importance_type="total_gain")
    return np.array([by_name.get(f"f{k}", 0.0) for k in range(count)])


def _dataset(data: Samples, **options: Any) -> Any:
    from lightgbm import Dataset

    columns: dict[str, Any] = {"categorical_feature": list(data.categorical)} if data.categorical else {}
    return Dataset(data.features, data.target, weight=data.weight, **columns, **options)


def _matrix(data: Samples, start: Any = None) -> Any:
    from xgboost import DMatrix

    columns: dict[str, Any] = {}
    if data.categorical:
        types = ["c" if k in data.categorical else "q" for k in range(data.features.shape[1])]
        columns = {"feature_types": types, "enable_categorical": True}
    begin = None if start is None else np.broadcast_to(start, (len(data.target), *np.shape(start)))
    return DMatrix(data.features, data.target, weight=data.weight, base_margin=begin, **columns)


def _pool(data: Samples, start: Any = None) -> Any:
    from catboost import Pool

    features = of_catboost(data.features, data.categorical) if data.categorical else data.features
    begin = None if start is None else np.full(len(data.target), start)
    return Pool(features, data.target, weight=data.weight, baseline=begin)


def _by_lightgbm(
    own: Objective,
    data: Samples,
    validation: Samples | None,
    parameters: Mapping[str, Any],
    rounds: int,
    patience: int | None,
    start: Any = None,
) -> Model:
    import lightgbm

    begin = None if start is None else np.full(len(data.target), start)
    table = _dataset(data, init_score=begin, free_raw_data=False)
    watched: dict[str, Any] = {}
    callbacks = []
    sets = []
    if validation is not None:
        sets = [_dataset(validation, reference=table)]
        callbacks.append(lightgbm.record_evaluation(watched))
        if patience is not None:
            callbacks.append(lightgbm.early_stopping(patience, verbose=False))
    booster = lightgbm.train(
        {"verbosity": -1, "metric": "None", **parameters},
        table,
        rounds,
        valid_sets=sets,
        feval=own.metric if sets else None,
        callbacks=callbacks,
    )
    costs = next(iter(watched["valid_0"].values())) if sets else []
    best = booster.best_iteration if patience is not None and sets else booster.current_iteration()
    return Model(booster.free_dataset(), max(best, 1), costs, data.categorical)


def renewed(
    own: Objective, data: Samples, validation: Samples | None, parameters: Mapping[str, Any], rounds: int, patience: int | None
) -> Model:
    """Train LightGBM, and put the minimiser of the loss into each leaf after each round, times the learning rate."""
    import lightgbm

    usual = _dataset(data, free_raw_data=False)
    given = {"verbosity": -1, **parameters, **_own(own, parameters), "objective": "none"}
    rate = next((float(given[name]) for name in ("learning_rate", "eta", "shrinkage_rate") if name in given), 0.1)
    # a prediction without a number of threads sets that of later rounds, too
    threads = {name: x for name, x in given.items() if name in ("num_threads", "num_thread", "nthread", "nthreads", "n_jobs")}
    booster = lightgbm.Booster(given, usual)
    raw = np.zeros(len(data.target))
    watched = None if validation is None else np.zeros(len(validation.target))
    costs: list[float] = []
    for i in range(rounds):
        derivatives = own.derivatives(raw, data.target, data.weight)

        def given_derivatives(_scores: Any, _table: Any, found: Any = derivatives) -> Any:
            return found

        if booster.update(fobj=given_derivatives):
            break  # no leaf is split any more
        leaves = booster.predict(data.features, pred_leaf=True, start_iteration=i, num_iteration=1, **threads)
        leaf = np.asarray(leaves).reshape(-1).astype(np.int64)
        count = int(leaf.max()) + 1
        steps = np.array([booster.get_leaf_output(i, k) / rate for k in range(count)])
        steps = rate * best_steps(own, raw, data.target, data.weight, leaf, steps)
        for k, step in enumerate(steps.tolist()):
            booster.set_leaf_output(i, k, step)
        raw += steps[leaf]
        if validation is not None and watched is not None:
            watched += booster.predict(validation.features, raw_score=True, start_iteration=i, num_iteration=1, **threads)
            costs.append(own.cost(watched, validation.target, validation.weight))
            if patience is not None and _waited(costs) >= patience:
                break
    best = int(np.argmin(costs)) + 1 if costs and patience is not None else booster.current_iteration()
    return Model(booster.free_dataset(), max(best, 1), costs, data.categorical)


def _waited(costs: list[float]) -> int:
    """Return the number of rounds since the least cost."""
    return len(costs) - 1 - int(np.argmin(costs))


def _by_xgboost(
    own: Objective,
    data: Samples,
    validation: Samples | None,
    parameters: Mapping[str, Any],
    rounds: int,
    patience: int | None,
    start: Any = None,
) -> Model:
    import xgboost

    table = _matrix(data, start)
    target, weight = table.get_label(), table.get_weight()  # which copy at each call

    def derivatives(raw: Any, _table: Any) -> tuple[Any, Any]:
        return own.derivatives(raw, target, weight)

    costs: list[float] = []
    callbacks = []
    if validation is not None:
        watched, held_out = validation, _matrix(validation)

        class Watch(xgboost.callback.TrainingCallback):
            """Computes the cost from scores, which a metric would not get from an objective of XGBoost's own."""

            def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
                costs.append(own.cost(model.predict(held_out, output_margin=True), watched.target, watched.weight))
                return patience is not None and _waited(costs) >= patience

        callbacks.append(Watch())
    booster = xgboost.train(
        {"verbosity": 0, "disable_default_eval_metric": True, **parameters},
        table,
        rounds,
        obj=derivatives if start is None else None,
        callbacks=callbacks,
    )
    best = int(np.argmin(costs)) + 1 if costs and patience is not None else booster.num_boosted_rounds()
    return Model(booster, best, costs, data.categorical)


def _by_catboost(
    own: Objective,
    data: Samples,
    validation: Samples | None,
    parameters: Mapping[str, Any],
    rounds: int,
    patience: int | None,
    start: Any = None,
) -> Model:
    from catboost import CatBoost

    usual = {"logging_level": "Silent", "allow_writing_files": False, "metric_period": rounds if validation is None else 1}
    if start is not None:
        usual |= {name: x for name, x in _OF_CATBOOST.items() if name != "learning_rate" or "eta" not in parameters}
        if validation is not None:
            usual["eval_metric"] = MeanLoss(own, begun=start)
        elif own.scores.in_units_of_target:  # a start of each row takes CatBoost 0.4 µs a row to read
            data, start = data._replace(target=data.target - start), None
    if own.scores.several:
        data, validation = _repeated(data, own), None if validation is None else _repeated(validation, own)
    given = {**usual, **parameters, "iterations": rounds}
    booster = CatBoost(given)
    sets = None if validation is None else _pool(validation, start)
    table = _pool(data, start)
    booster.fit(table, eval_set=sets, early_stopping_rounds=patience if sets else None, use_best_model=False)
    costs = booster.get_evals_result()["validation"][type(given["eval_metric"]).__name__] if sets is not None else []
    best = int(np.argmin(costs)) + 1 if costs and patience is not None else booster.tree_count_
    return Model(booster, max(best, 1), costs, data.categorical)


def _repeated(data: Samples, own: Objective) -> Samples:
    """Return samples with a target for each prediction, as CatBoost takes them."""
    return data._replace(target=np.stack([data.target] * len(own.start), axis=1))


def _own(own: Objective, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the objective's parameters; of two limits of a step, the shorter."""
    added = own.parameters
    if "max_delta_step" in added and parameters.get("max_delta_step", 0) > 0:
        added["max_delta_step"] = min(added["max_delta_step"], parameters["max_delta_step"])
    return added
