"""Parameters of engines: which there are, and which say nothing to an objective that is not the engine's own."""

from __future__ import annotations

import inspect
import json
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from typing import Any

import numpy as np

from lossary.names import did_you_mean, of_other_libraries
from lossary.trainers.boosting.objective import Engine

_OF_LOSS = (
    *("objective", "metric", "num_class", "base_score", "boost_from_average", "disable_default_eval_metric"),
    *("loss_function", "eval_metric", "class_names", "classes_count", "target_border", "num_target"),
)
_OF_CLASSES = ("scale_pos_weight", "is_unbalance", "unbalance", "unbalanced_sets", "class_weights", "auto_class_weights")
_OF_THEIRS = (*_OF_CLASSES, "reg_sqrt", "sigmoid", "poisson_max_delta_step")
"""What engines read in objectives of their own only, and pass over in others without a word."""
_OF_LIGHTGBMS = (
    *("alpha", "fair_c", "tweedie_variance_power", "objective_seed", "label_gain", "lambdarank_truncation_level"),
    *("lambdarank_norm", "lambdarank_position_bias_regularization"),
)
"""The same, of LightGBM; ``alpha`` is a penalty in XGBoost."""
_OF_DATA = {"num_feature", "updater_seq"}
"""What is in the configuration of XGBoost, and says how the data are."""
_BESIDE_CONFIGURATION = frozenset({"verbosity", "seed", "nthread", "n_jobs", "random_state"})
_ELSEWHERE = {
    "the number of rounds is n_estimators=": (
        *("iterations", "max_iter", "n_iter", "n_rounds", "nrounds", "num_boost_round", "num_iteration", "num_iterations"),
        *("num_round", "num_rounds", "num_tree", "num_trees"),
    ),
    "training stops by early_stopping_rounds=": (
        *("early_stopping", "early_stopping_round", "n_iter_no_change", "od_wait", "use_best_model"),
        *("early_stopping_min_delta", "first_metric_only"),
    ),
    "pass sample_weight to fit()": ("class_weight", "sample_weight", "sample_weights", "weight", "weights"),
    "pass validation=(X, y) to fit()": ("eval_set", "evals", "valid_sets", "validation", "validation_data", "eval_fraction"),
}
"""What estimators have under another name, or take in another place."""
_OF_FILES = (
    *("config", "convert_model", "convert_model_language", "data", "group_column", "header", "ignore_column", "input_model"),
    *("is_provide_training_metric", "label_column", "metric_freq", "num_iteration_predict", "output_model", "output_result"),
    *("parser_config_file", "pre_partition", "precise_float_parser", "predict_contrib", "predict_leaf_index"),
    *("predict_raw_score", "save_binary", "snapshot_freq", "start_iteration_predict", "task", "two_round", "valid"),
    "weight_column",
)
"""What LightGBM reads where its command line trains from files, and passes over otherwise."""
_COLUMNS = ("group_column", "ignore_column", "label_column", "weight_column")
CATEGORIES = (
    *("cat_feature", "cat_features", "categorical_column", "categorical_feature", "categorical_features"),
    *("enable_categorical", "feature_types"),
)
_SAME = (
    ("n_jobs", "nthread", "num_threads", "thread_count"),
    ("random_state", "seed", "random_seed"),
    ("verbosity", "verbose"),
    ("max_depth", "depth"),
    ("max_leaves", "num_leaves"),
    ("min_child_samples", "min_data_in_leaf"),
    ("subsample", "bagging_fraction"),
    ("colsample_bytree", "feature_fraction", "rsm"),
    ("reg_lambda", "lambda_l2", "l2_leaf_reg"),
    ("max_bin", "border_count"),
)
"""Names of one thing in several engines."""


_SAME_OF_XGBOOST = (
    *(("learning_rate", "eta"), ("min_split_loss", "gamma"), ("reg_lambda", "lambda"), ("reg_alpha", "alpha")),
    *(("random_state", "seed"), ("n_jobs", "nthread")),
)


def check(estimator: str, engine: Engine, parameters: Mapping[str, Any], loss: Collection[str], own: Collection[str]) -> None:
    """Raise TypeError for a parameter that follows from the loss, or that the engine would pass over.

    ``loss`` are the names of the loss's parameters, ``own`` those of the estimator's.
    """
    known = {"lightgbm": _of_lightgbm, "xgboost": _of_xgboost, "catboost": _of_catboost}[engine]()
    for name, value in parameters.items():
        if name in _OF_LOSS:
            raise TypeError(f"{estimator}: {name} follows from the loss; got {value!r}; leave it out")
        if name in _OF_THEIRS or (engine == "lightgbm" and name in _OF_LIGHTGBMS):
            remedy = "pass sample_weight to fit()" if name in _OF_CLASSES else "leave it out"
            remedy += f"; parameters of the loss are {', '.join(loss)}" if loss and name not in _OF_CLASSES else ""
            raise TypeError(f"{estimator}: {engine} reads {name} in objectives of its own only; got {value!r}; {remedy}")
        for remedy, names in _ELSEWHERE.items():
            if name in names:
                raise TypeError(f"{estimator} does not pass {name} on to {engine}; {remedy}")
        if engine == "lightgbm" and name in _with_aliases(_OF_FILES):
            remedy = "leave it out, and such columns out of X" if name in _with_aliases(_COLUMNS) else "leave it out"
            raise TypeError(f"{estimator}: lightgbm reads {name} in its command line only; got {value!r}; {remedy}")
        if name in ("text_features", "embedding_features"):
            raise TypeError(
                f"{estimator} has no {name}; features are numbers and categories; got {value!r}; make numbers of it"
            )
        if name in CATEGORIES and not (engine == "lightgbm" and name in known):  # which takes numbers as categories, too
            raise TypeError(f"{estimator} has no {name}; columns of dtype category in a DataFrame are categories")
        if known and name not in known:
            raise TypeError(f"{estimator}: {name} is no parameter of the loss nor of {engine}{_hint(name, known, loss, own)}")
    given = {name for name, value in parameters.items() if value is not None}
    for names in _same(engine):
        if len(both := sorted(given.intersection(names))) > 1:
            raise TypeError(f"{estimator}: {' and '.join(both)} are one parameter of {engine}; give one of them")


def _same(engine: Engine) -> Collection[tuple[str, ...]]:
    """Return names of which each is another one of the same parameter; CatBoost refuses them itself."""
    if engine == "lightgbm":
        return [(name, *others) for name, others in _aliases().items()]
    return _SAME_OF_XGBOOST if engine == "xgboost" else ()


def _hint(name: str, known: Collection[str], loss: Collection[str], own: Collection[str]) -> str:
    """Return which parameter was meant."""
    if advice := of_other_libraries(name, loss):
        return f"; {advice}"
    others = next((others for others in _SAME if name in others), ())
    same = next((other for other in others if other in known), None)
    return did_you_mean(name, {*loss, *own, *known}) if same is None else f"; there it is {same}="


@cache
def _of_lightgbm() -> frozenset[str]:
    return _with_aliases(tuple(_aliases())) - _with_aliases(_OF_FILES)


@cache
def _with_aliases(names: tuple[str, ...]) -> frozenset[str]:
    """Return names of LightGBM's parameters, and their other names."""
    return frozenset(other for name in names for other in (name, *_aliases().get(name, ())))


@cache
def _aliases() -> Mapping[str, Collection[str]]:
    from lightgbm import basic

    found = getattr(basic, "_ConfigAliases", None)  # private: without it nothing is checked
    return {} if found is None else found._get_all_param_aliases()


@cache
def _of_catboost() -> frozenset[str]:
    from catboost import CatBoostClassifier, CatBoostRegressor

    return frozenset(name for kind in (CatBoostClassifier, CatBoostRegressor) for name in inspect.signature(kind).parameters)


@cache
def _of_xgboost() -> frozenset[str]:
    """Return the names in the configurations of small models of each kind."""
    import xgboost

    found = set(_BESIDE_CONFIGURATION)
    table = xgboost.DMatrix(np.zeros((4, 1)), np.zeros(4))
    with xgboost.config_context(verbosity=0):  # as a parameter it would hold for all later models
        for booster in ("dart", "gblinear"):
            model = xgboost.train({"booster": booster, "nthread": 1}, table, 1)
            found.update(_names(json.loads(model.save_config())))
    return frozenset(found - _OF_DATA)


def _names(configuration: Any, of: str = "") -> Iterator[str]:
    """Yield the names of parameters, which are in the parts whose own names, as ``of``, end in ``_param``."""
    for name, value in configuration.items() if isinstance(configuration, dict) else ():
        yield from _names(value, name)
        if of.endswith("_param"):
            yield name
    for value in configuration if isinstance(configuration, list) else ():
        yield from _names(value)
