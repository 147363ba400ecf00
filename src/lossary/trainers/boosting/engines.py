"""Training by the engines, with an objective of ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import csr_matrix, issparse

from lossary.trainers.boosting import built_in
from lossary.trainers.boosting.built_in import BuiltIn
from lossary.trainers.boosting.columns import of_catboost
from lossary.trainers.boosting.for_catboost import MeanLoss
from lossary.trainers.boosting.leaves import best_steps
from lossary.trainers.boosting.objective import Objective
from lossary.trainers.boosting.units import PLAIN, Labels, keeps_digits

_RATE = 0.03
_LEAVES = {
    "leaf_estimation_method": "Newton",
    "leaf_estimation_iterations": 1,
    "leaf_estimation_backtracking": "No",
}
"""What CatBoost does by default with objectives from Python; for its own it has other defaults."""
_OF_OUTPUT = {"logging_level", "silent", "verbose", "verbose_eval"}
"""Of these CatBoost takes one."""
_SLACK = 1e-6
"""By how much of its size a cost may rise in a round: costs of CatBoost are no more exact."""


class Columns(NamedTuple):
    """What is known of the columns of features."""

    categorical: tuple[int, ...] = ()
    """Which are codes of categories."""
    names: tuple[str, ...] | None = None
    """Their names, as the engine takes them."""
    sparse: bool = False
    """Whether training had a sparse matrix."""


class Samples(NamedTuple):
    """Features, targets and weights (or None)."""

    features: Any
    target: Any
    weight: Any = None
    columns: Columns = Columns()


class Task(NamedTuple):
    """What is trained, by which data, and for how long."""

    own: Objective
    data: Samples
    validation: Samples | None
    parameters: Mapping[str, Any]
    """Parameters of the engine."""
    rounds: int
    patience: int | None
    """The rounds without a lower validation cost after which training stops, or None."""
    theirs: BuiltIn | None = None
    """The engine's own objective, if that is trained in the place of ours."""

    @property
    def labels(self) -> Labels:
        """How the engine holds the targets, as float32."""
        own = self.own
        if not own.scores.has_unit:
            return PLAIN
        by_labels = self.theirs is None and own.engine == "catboost"  # which shows ours no other targets
        if by_labels and keeps_digits(self.data.target, self.data.weight):
            return Labels(unit=own.unit.size)  # a loss by the share of the target needs all digits of those near 0
        located = next(k for k, name in enumerate(own.scores.names) if own.scores.is_in_units(name))
        return Labels(float(np.ravel(own.start)[located]), own.unit.size)

    @property
    def start(self) -> Any:
        """What the engine's scores begin at; None: at 0, and the objective or the labels have the start."""
        return None if self.theirs is None or self.own.scores.in_units_of_target else self.own.start

    def with_parameters(self, added: Mapping[str, Any]) -> Task:
        """Return the task with more parameters of the engine."""
        return self._replace(parameters={**self.parameters, **added})

    def best(self, costs: list[float], done: int) -> int:
        """Return the rounds that predictions are made of: those with the least validation cost if training could stop early."""
        return max(int(np.argmin(costs)) + 1 if costs and self.patience is not None else done, 1)


class Model(NamedTuple):
    """A trained booster of an engine."""

    booster: Any
    rounds: int
    """The rounds that predictions are made of."""
    costs: list[float]
    """The mean loss on the validation data after each round; empty without any."""
    columns: Columns = Columns()
    theirs: BuiltIn | None = None
    """The engine's own objective, if that was trained in the place of ours."""
    refused: BuiltIn | None = None
    """The engine's own objective, if that was tried, and the training cost rose or did not fall."""


def train(task: Task) -> Model:
    """Train for a number of rounds, or until the mean loss on the validation data was not lowered for ``patience`` rounds."""
    own = task.own
    trained = {"lightgbm": _by_lightgbm, "catboost": _by_catboost, "xgboost": _by_xgboost}[own.engine]
    target, theirs = task.data.target, None
    # engines' own objectives refuse targets that are all 0, or learn nothing from targets that are all equal, with no word
    if np.any(target != target[0]) and (own.scores.in_units_of_target or keeps_digits(target, task.data.weight)):
        theirs = built_in.find(own, task.parameters, task.validation is not None, task.data.weight is not None)
    if theirs is not None:
        model = trained(task.with_parameters(theirs.parameters(own))._replace(theirs=theirs))
        if model.refused is None:
            return model
    return trained(task.with_parameters(_own(task)))._replace(refused=theirs)


def scores(own: Objective, model: Model, features: Any) -> Any:
    """Return the scores of samples, without the start."""
    if own.engine == "lightgbm":
        return model.booster.predict(features, raw_score=True, num_iteration=model.rounds)
    if own.engine == "catboost":
        pool = _pool(Samples(features, None, columns=model.columns))
        return model.booster.predict(pool, prediction_type="RawFormulaVal", ntree_end=model.rounds)
    table = _matrix(Samples(features, None, columns=model.columns))
    return model.booster.predict(table, output_margin=True, iteration_range=(0, model.rounds))


def gains(model: Model, count: int) -> Any:
    """Return by how much splits by each feature lowered the cost, as the engine reckons it, or coefficients of gblinear."""
    booster, names = model.booster, model.columns.names
    if hasattr(booster, "feature_importance"):
        return np.asarray(booster.feature_importance("gain", iteration=model.rounds), np.float64)
    if hasattr(booster, "get_feature_importance"):  # CatBoost
        return booster.get_feature_importance()
    from xgboost.core import XGBoostError

    try:
        by_name = booster[: model.rounds].get_score(importance_type="total_gain")
    except XGBoostError:  # booster="gblinear" has coefficients in the place of trees, and so no part of them
        by_name = booster.get_score(importance_type="weight")
    return np.array([np.abs(by_name.get(name, 0.0)).sum() for name in names or (f"f{k}" for k in range(count))])


def _dataset(data: Samples, labels: Labels, **options: Any) -> Any:
    from lightgbm import Dataset

    categorical, names, _ = data.columns
    if categorical:
        options["categorical_feature"] = list(categorical)
    if names is not None:
        options["feature_name"] = list(names)
    return Dataset(data.features, labels.of(data.target), weight=data.weight, **options)


def _matrix(data: Samples, labels: Labels = PLAIN, start: Any = None) -> Any:
    from xgboost import DMatrix

    categorical, names, sparse = data.columns
    features = data.features
    if issparse(features) != sparse:  # zeros that a sparse matrix leaves out are missing to XGBoost, those of arrays are not
        features = csr_matrix(features) if sparse else features.toarray()
    options: dict[str, Any] = {} if names is None else {"feature_names": list(names)}
    if categorical:
        types = ["c" if k in categorical else "q" for k in range(data.features.shape[1])]
        options |= {"feature_types": types, "enable_categorical": True}
    begin = None if start is None else np.broadcast_to(start, (len(data.target), *np.shape(start)))
    return DMatrix(features, labels.of(data.target), weight=data.weight, base_margin=begin, **options)


def _pool(data: Samples, start: Any = None) -> Any:
    from catboost import Pool

    categorical, names, _ = data.columns
    options: dict[str, Any] = {} if names is None else {"feature_names": list(names)}
    features = data.features
    if issparse(features) and features.nnz < 2**31:  # CatBoost takes indices of 32 bits
        parts = features.data, features.indices.astype(np.int32), features.indptr.astype(np.int32)
        features = csr_matrix(parts, shape=features.shape)
    if categorical:
        features, options["cat_features"] = of_catboost(features, categorical, names), list(categorical)
    begin = None if start is None else np.broadcast_to(start, (len(data.target), *np.shape(start)))
    return Pool(features, data.target, weight=data.weight, baseline=begin, **options)


def _table(data: Samples, labels: Labels, given: Mapping[str, Any], **options: Any) -> tuple[Any, dict[str, Any]]:
    """Return LightGBM's data of training, and the parameters, with which it trains on data that no feature can split, too."""
    read = {**given, "objective": "none"}
    table = _dataset(data, labels, params=read, free_raw_data=False, **options).construct()
    if any(table.feature_num_bin(k) for k in range(data.features.shape[1])):
        return table, dict(given)
    whole = {"feature_pre_filter": False}  # it fails without any features
    return _dataset(data, labels, params={**read, **whole}, free_raw_data=False, **options), {**given, **whole}


def _by_lightgbm(task: Task) -> Model:
    import lightgbm

    own, data, validation = task.own, task.data, task.validation
    begin = None if task.start is None else np.full(len(data.target), task.start)
    labels = task.labels
    table, given = _table(data, labels, {"verbosity": -1, "metric": "None", **task.parameters}, init_score=begin)

    def derivatives(raw: Any, table: Any) -> tuple[Any, Any]:
        return own.derivatives(raw, data.target, table.get_weight())

    def metric(raw: Any, _table: Any) -> tuple[str, float, bool]:
        assert validation is not None
        return own.scores.loss.__name__, own.cost(raw, validation.target, validation.weight), False

    watched: dict[str, Any] = {}
    callbacks = []
    sets = []
    if validation is not None:
        sets = [_dataset(validation, labels, reference=table)]
        callbacks.append(lightgbm.record_evaluation(watched))
        if task.patience is not None:
            callbacks.append(lightgbm.early_stopping(task.patience, verbose=False))
    booster = lightgbm.train(
        {**given, **({"objective": derivatives} if task.theirs is None else {})},
        table,
        task.rounds,
        valid_sets=sets,
        feval=metric if sets else None,
        callbacks=callbacks,
    )
    costs = next(iter(watched["valid_0"].values())) if sets else []
    return Model(booster.free_dataset(), task.best(costs, booster.current_iteration()), costs, data.columns, task.theirs)


def renewed(task: Task) -> Model:
    """Train LightGBM, and put the minimiser of the loss into each leaf after each round, times the learning rate."""
    import lightgbm

    own, data, validation = task.own, task.data, task.validation
    usual, given = _table(data, task.labels, {"verbosity": -1, **task.parameters, **_own(task), "objective": "none"})
    rates = (given.get(name) for name in ("learning_rate", "eta", "shrinkage_rate"))
    rate = next((float(x) for x in rates if x is not None), 0.1)
    # a prediction without a number of threads sets that of later rounds, too
    threads = {name: x for name, x in given.items() if name in ("num_threads", "num_thread", "nthread", "nthreads", "n_jobs")}
    booster = lightgbm.Booster(given, usual)
    raw = np.zeros(len(data.target))
    watched = None if validation is None else np.zeros(len(validation.target))
    costs: list[float] = []
    for i in range(task.rounds):
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
            if _has_waited(task, costs):
                break
    model = Model(booster.free_dataset(), task.best(costs, booster.current_iteration()), costs, data.columns)
    if task.patience is not None:
        booster.best_iteration = model.rounds  # as LightGBM's own early stopping notes it; its predictions go by it
    return model


def _has_waited(task: Task, costs: list[float]) -> bool:
    """Return whether training stops, as the least cost was too many rounds ago."""
    return task.patience is not None and len(costs) - 1 - int(np.argmin(costs)) >= task.patience


def _by_xgboost(task: Task) -> Model:
    import xgboost

    own, data, validation = task.own, task.data, task.validation
    table = _matrix(data, task.labels, task.start)
    weight = table.get_weight()  # which copies at each call

    def derivatives(raw: Any, _table: Any) -> tuple[Any, Any]:
        return own.derivatives(raw, data.target, weight)

    costs: list[float] = []
    callbacks = []
    if validation is not None:
        watched, held_out = validation, _matrix(validation)

        class Watch(xgboost.callback.TrainingCallback):
            """Computes the cost from scores, which a metric would not get from an objective of XGBoost's own."""

            def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
                costs.append(own.cost(model.predict(held_out, output_margin=True), watched.target, watched.weight))
                return _has_waited(task, costs)

        callbacks.append(Watch())
    booster = xgboost.train(
        {"disable_default_eval_metric": True, **task.parameters},
        table,
        task.rounds,
        obj=derivatives if task.theirs is None else None,
        callbacks=callbacks,
    )
    model = Model(booster, task.best(costs, booster.num_boosted_rounds()), costs, data.columns, task.theirs)
    if task.patience is not None:  # as XGBoost's own early stopping notes them
        booster.set_attr(best_iteration=str(model.rounds - 1), best_score=str(min(costs, default=np.nan)))
    return model


def _by_catboost(task: Task) -> Model:
    from catboost import CatBoost, CatBoostError

    own, data, validation, start, labels = task.own, task.data, task.validation, task.start, task.labels
    from_average = task.theirs is not None and task.theirs.from_average
    watched = task.theirs if task.theirs is not None and task.theirs.watched else None
    period = task.rounds if validation is None and watched is None else 1
    usual: dict[str, Any] = {"allow_writing_files": False, "allow_const_label": True, "metric_period": period}
    if _OF_OUTPUT.isdisjoint(task.parameters):
        usual["logging_level"] = "Silent"
    if task.theirs is not None:
        usual |= {"learning_rate": _RATE} if "eta" not in task.parameters else {}
        usual |= _LEAVES if watched is None else {}
        if validation is not None:
            usual["eval_metric"] = MeanLoss(own, labels, begun=0.0 if start is None else start)
        start = None if from_average else start
    data = data._replace(target=labels.of(data.target))
    validation = None if validation is None else validation._replace(target=labels.of(validation.target))
    if own.scores.several:
        data, validation = _repeated(data, own), None if validation is None else _repeated(validation, own)
    given = {**usual, **task.parameters, "iterations": task.rounds}
    booster = CatBoost(given)
    sets = None if validation is None else _pool(validation, start)
    table = _pool(data, start)
    try:
        booster.fit(table, eval_set=sets, early_stopping_rounds=task.patience, use_best_model=task.patience is not None)
    except CatBoostError as error:
        if "constant or ignored" not in str(error):
            raise
        raise ValueError(
            "CatBoost trains on features of which one has two values or more; got none; leave engine='catboost' for 'lightgbm' "
            "or 'xgboost', which predict a constant then"
        ) from error
    if from_average:
        scale, bias = booster.get_scale_and_bias()
        booster.set_scale_and_bias(scale, bias - own.start)
    costs = booster.get_evals_result()["validation"][type(given["eval_metric"]).__name__] if sets is not None else []
    model = Model(booster, task.best(costs, booster.tree_count_), costs, data.columns, task.theirs)
    return model if watched is None or _fell(watched, task, booster, table, start) else model._replace(refused=watched)


def _fell(theirs: BuiltIn, task: Task, booster: Any, table: Any, start: Any) -> bool:
    """Return whether the training cost fell, and rose in no round.

    CatBoost reckons it after each round, with exponentials of five digits; the first round is compared with the start by ours.
    """
    own, data = task.own, task.data
    found = booster.predict(table, prediction_type="RawFormulaVal", ntree_end=1)
    if start is not None:
        found = found - start  # which CatBoost adds, as the data have it
    first, second = (own.cost(scores, data.target, data.weight) for scores in (np.zeros_like(found), found))
    watched = next(x for name, x in booster.get_evals_result()["learn"].items() if name.startswith(theirs.name))
    steps = np.array([second - first, *np.diff(watched)]) / max(abs(first), abs(watched[0]), 1e-300)
    return bool((steps <= _SLACK).all() and steps.sum() < -1e-12)


def _repeated(data: Samples, own: Objective) -> Samples:
    """Return samples with a target for each prediction, as CatBoost takes them."""
    return data._replace(target=np.stack([data.target] * len(own.start), axis=1))


def _own(task: Task) -> dict[str, Any]:
    """Return the objective's parameters; of two limits of a step, the shorter."""
    added = task.own.of_catboost(task.labels) if task.own.engine == "catboost" else task.own.parameters
    asked = task.parameters.get("max_delta_step", 0)
    if "max_delta_step" in added and asked > 0:
        added["max_delta_step"] = min(added["max_delta_step"], asked)
    return added
