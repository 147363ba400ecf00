"""Parameters of engines: which there are, and which say nothing to an objective that is not the engine's own."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import numpy as np

from lossary.names import did_you_mean
from lossary.trainers.boosting.objective import Engine

_OF_LOSS = (
    *("objective", "metric", "num_class", "base_score", "boost_from_average", "disable_default_eval_metric"),
    *("loss_function", "eval_metric", "iterations"),
)
_OF_CLASSES = ("scale_pos_weight", "is_unbalance", "unbalance", "unbalanced_sets", "class_weights", "auto_class_weights")
_OF_THEIRS = (*_OF_CLASSES, "reg_sqrt", "sigmoid", "poisson_max_delta_step")
"""What engines read in objectives of their own only, and pass over in others without a word."""
_BESIDE_CONFIGURATION = frozenset({"verbosity", "seed", "nthread", "n_jobs", "random_state"})


def check(estimator: str, engine: Engine, parameters: Mapping[str, Any]) -> None:
    """Raise TypeError for a parameter that follows from the loss, or that the engine would pass over."""
    known = _of_lightgbm() if engine == "lightgbm" else _of_xgboost() if engine == "xgboost" else frozenset()
    for name, value in parameters.items():
        if name in _OF_LOSS:
            raise TypeError(f"{estimator}: {name} follows from the loss; got {value!r}; leave it out")
        if name in _OF_THEIRS:
            remedy = "pass sample_weight to fit()" if name in _OF_CLASSES else "leave it out"
            raise TypeError(f"{estimator}: {engine} reads {name} in objectives of its own only; got {value!r}; {remedy}")
        if known and name not in known:  # CatBoost itself raises
            raise TypeError(f"{estimator}: {name} is no parameter of the loss nor of {engine}{did_you_mean(name, known)}")


@cache
def _of_lightgbm() -> frozenset[str]:
    from lightgbm import basic

    aliases = getattr(basic, "_ConfigAliases", None)  # private: without it nothing is checked
    if aliases is None:
        return frozenset()
    return frozenset(name for names in aliases._get_all_param_aliases().items() for name in (names[0], *names[1]))


@cache
def _of_xgboost() -> frozenset[str]:
    """Return the names in the configurations of small models of each kind."""
    import xgboost

    found = set(_BESIDE_CONFIGURATION)
    table = xgboost.DMatrix(np.zeros((4, 1)), np.zeros(4))
    for booster in ("dart", "gblinear"):
        model = xgboost.train({"verbosity": 0, "booster": booster, "nthread": 1}, table, 1)
        found.update(_names(json.loads(model.save_config())))
    return frozenset(found)


def _names(configuration: Any) -> Iterator[str]:
    if isinstance(configuration, dict):
        for name, value in configuration.items():
            yield name
            yield from _names(value)
    elif isinstance(configuration, list):
        for value in configuration:
            yield from _names(value)
