"""Losses that an engine has itself: those that build the trees of ours, and those whose leaves are fitted in its own way."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np

from lossary.losses import (
    absolute_error,
    binary_cross_entropy,
    cross_entropy,
    expectile,
    gamma,
    huber,
    poisson,
    quantile,
    squared_error,
    tweedie,
)
from lossary.trainers.boosting.objective import Engine, Objective


class BuiltIn(NamedTuple):
    """An objective of an engine."""

    name: str
    neutral: float | None = None
    """XGBoost's ``base_score`` that is a score of 0."""
    renamed: tuple[str, str] | None = None
    """A parameter of the loss, and the name that the engine has for it."""
    fixed: tuple[tuple[str, float], ...] = ()
    """Parameters of the engine's objective that are not its usual ones."""
    watched: bool = False
    """Whether leaves are fitted in the engine's own way, and ours is trained if the training cost rises by that."""
    weighted: bool = True
    """Whether it is right with weights, too."""
    renewed: bool = False
    """Whether each leaf is given the minimiser of the loss, times the rate."""
    in_units: bool = False
    """Whether the parameter is in the unit of the target."""
    from_average: bool = False
    """Whether CatBoost finds our start itself, in less time than it reads one of each row."""

    def parameters(self, own: Objective) -> dict[str, Any]:
        """Return what to add to the engine's parameters."""
        named = dict(self.fixed)
        if self.renamed is not None:
            named[self.renamed[1]] = own.scores.numbers[self.renamed[0]] / (own.unit.size if self.in_units else 1.0)
        if own.engine == "catboost":
            options = ":" + ";".join(f"{name}={float(x)!r}" for name, x in named.items()) if named else ""
            classes = {"classes_count": len(own.start)} if np.ndim(own.start) else {}
            return {"loss_function": self.name + options, "boost_from_average": self.from_average, **classes}
        found: dict[str, Any] = {"objective": self.name, **named}
        found |= {"base_score": self.neutral} if own.engine == "xgboost" else {"boost_from_average": False}
        return {name: x for name, x in own.parameters.items() if name in ("num_class", "max_delta_step")} | found


VERSIONS = {"lightgbm": ((4, 6), (4, 7)), "xgboost": ((3, 2), (3, 4)), "catboost": ((1, 2), (1, 2))}
"""The first and the last release of each engine with which the table was tried; others get our objective."""

POWER, OF_CATBOOST = ("power", "tweedie_variance_power"), ("power", "variance_power")
TABLE: dict[tuple[Engine, str, str], BuiltIn] = {
    ("lightgbm", "squared_error", "majorizer"): BuiltIn("l2"),
    ("lightgbm", "binary_cross_entropy", "exact"): BuiltIn("binary"),
    ("lightgbm", "poisson", "bound"): BuiltIn("poisson"),  # its own lets leaves step further, so it is given our limit
    ("lightgbm", "poisson", "exact"): BuiltIn("poisson", fixed=(("poisson_max_delta_step", 1e-9),)),  # 0 is refused
    ("lightgbm", "gamma", "exact"): BuiltIn("gamma"),
    ("lightgbm", "tweedie", "exact"): BuiltIn("tweedie", renamed=POWER),
    ("xgboost", "squared_error", "majorizer"): BuiltIn("reg:squarederror", 0.0),
    ("xgboost", "poisson", "bound"): BuiltIn("count:poisson", 1.0),
    ("xgboost", "cross_entropy", "bound"): BuiltIn("multi:softprob", 0.0),
    ("xgboost", "binary_cross_entropy", "exact"): BuiltIn("binary:logistic", 0.5),
    ("xgboost", "gamma", "exact"): BuiltIn("reg:gamma", 1.0),
    ("xgboost", "tweedie", "exact"): BuiltIn("reg:tweedie", 1.0, renamed=POWER),
    ("catboost", "squared_error", "majorizer"): BuiltIn("RMSE"),
    ("catboost", "expectile", "majorizer"): BuiltIn("Expectile", fixed=(("alpha", 0.5),)),  # the squared error again
    ("catboost", "binary_cross_entropy", "exact"): BuiltIn("CrossEntropy", from_average=True),
    ("catboost", "poisson", "exact"): BuiltIn("Poisson"),
    ("catboost", "tweedie", "exact"): BuiltIn("Tweedie", renamed=OF_CATBOOST),
}
"""By engine, loss and kind of curvature: those that build the trees of ours."""

# slopes are 0 at residuals below delta, in the unit of the target: by default 1e-6, and so in MAE
_EXACT = BuiltIn("Quantile", fixed=(("alpha", 0.5), ("delta", 0.0)), watched=True, weighted=False)
WATCHED: dict[str, BuiltIn] = {
    "absolute_error": _EXACT,
    "quantile": _EXACT._replace(renamed=("alpha", "alpha")),
    "huber": BuiltIn("Huber", renamed=("delta", "delta"), watched=True, in_units=True),
    "expectile": BuiltIn("Expectile", renamed=("alpha", "alpha"), watched=True),
    "binary_cross_entropy": BuiltIn("CrossEntropy", watched=True, from_average=True),
    "poisson": BuiltIn("Poisson", watched=True),
    "tweedie": BuiltIn("Tweedie", renamed=OF_CATBOOST, watched=True),
    "cross_entropy": BuiltIn("MultiClass", watched=True),
}
"""By loss: those of CatBoost that fit leaves in its own way, for ``curvature="auto"``."""
RENEWED: dict[tuple[Engine, str], BuiltIn] = {
    ("lightgbm", "quantile"): BuiltIn("quantile", renamed=("alpha", "alpha"), renewed=True),
    ("xgboost", "quantile"): BuiltIn("reg:quantileerror", 0.0, renamed=("alpha", "quantile_alpha"), renewed=True),
}
"""By engine and loss: those that put the minimiser of the loss into each leaf, for ``curvature="auto"``."""
_LOSSES: dict[str, Any] = {
    loss.__name__: loss
    for loss in (
        *(absolute_error, binary_cross_entropy, cross_entropy, expectile, gamma, huber, poisson, quantile),
        *(squared_error, tweedie),
    )
}

_NOT_RENEWED = {"monotone_constraints", "mc", "monotone_constraint", "monotonic_cst", "linear_tree", "linear_trees"}
"""LightGBM refuses to renew leaves with constraints, XGBoost's break them, and those of linear trees are no constants."""
_OTHERWISE = {"max_delta_step", "max_tree_output", "max_leaf_output", "boosting", "boosting_type", "boost", "booster"}
"""Parameters with which an engine's own objective and ours train in other ways."""


def find(own: Objective, parameters: Mapping[str, Any], validated: bool, weighted: bool) -> BuiltIn | None:
    """Return the engine's own objective to train in the place of ours, or None if there is none.

    ``validated`` says whether there are validation data: the metric of these takes scores, which an objective of LightGBM turns
    into predictions.
    """
    loss = own.scores.loss
    found = TABLE.get((own.engine, loss.__name__, own.curvature.kind))
    if found is None and own.asked == "auto":
        found = WATCHED.get(loss.__name__) if own.engine == "catboost" else RENEWED.get((own.engine, loss.__name__))
    if found is None or loss is not _LOSSES[loss.__name__] or not _OTHERWISE.isdisjoint(parameters):
        return None
    if (own.scores.has_size and own.factor != 1.0) or (found.renewed and not _NOT_RENEWED.isdisjoint(parameters)):
        return None
    if (weighted and not found.weighted) or (loss is tweedie and not 1 < own.scores.numbers["power"] < 2):
        return None
    others = {name: x for name, x in own.scores.parameters.items() if found.renamed is None or name != found.renamed[0]}
    if any(loss.parameters[name] != x for name, x in others.items()):
        return None
    if validated and own.engine == "lightgbm" and not own.scores.in_units_of_target:
        return None
    first, last = VERSIONS[own.engine]
    return found if first <= _release(own.engine) <= last else None


def _release(engine: Engine) -> tuple[int, ...]:
    return tuple(int(part) for part in import_module(engine).__version__.split(".")[:2])
