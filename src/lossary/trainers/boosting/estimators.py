"""Estimators for scikit-learn that train trees with any loss."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from lossary.losses import binary_cross_entropy, squared_error
from lossary.trainers.boosting import engines
from lossary.trainers.boosting.objective import Engine, objective

if TYPE_CHECKING:
    from lossary.engine.calls import Loss
else:
    from lossary.engine.loss import Loss

_OURS = ("objective", "metric", "num_class", "base_score", "boost_from_average", "disable_default_eval_metric")
"""Parameters of engines that follow from the loss."""


class _Boosting(BaseEstimator):
    """What both estimators do: parameters, training, scores."""

    def __init__(
        self,
        loss: Loss,
        *,
        engine: Engine = "lightgbm",
        curvature: str = "auto",
        leaves: str = "engine",
        n_estimators: int = 100,
        early_stopping_rounds: int | None = None,
        **parameters: Any,
    ) -> None:
        self.loss = loss
        self.engine = engine
        self.curvature = curvature
        self.leaves = leaves
        self.n_estimators = n_estimators
        self.early_stopping_rounds = early_stopping_rounds
        self.parameters = parameters

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return all parameters: of the estimator, the loss and the engine."""
        return {**super().get_params(deep), **self.parameters}

    def set_params(self, **params: Any) -> Self:
        """Set parameters; those that are not the estimator's own are the loss's or the engine's."""
        own = super().get_params(deep=False)
        self.parameters = {**self.parameters, **{name: x for name, x in params.items() if name not in own}}
        for name in own:
            if name in params:
                setattr(self, name, params[name])
        return self

    def describe(self) -> str:
        """Return which curvature and which start were chosen, and why."""
        check_is_fitted(self)
        return self.objective_.describe()

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.sparse = self.leaves == "engine"
        return tags

    def _features(self, x: Any) -> Any:
        return validate_data(self, x, accept_sparse="csr", dtype=(np.float64, np.float32), ensure_all_finite=False, reset=False)

    def _train(self, features: Any, target: Any, weight: Any, validation: Any, classes: int | None) -> Self:
        loss_parameters = {name: x for name, x in self.parameters.items() if name in self.loss.parameters}
        parameters = {name: x for name, x in self.parameters.items() if name not in loss_parameters}
        for name in _OURS:
            if name in parameters:
                raise TypeError(f"{type(self).__name__}: {name} follows from the loss; got {parameters[name]!r}; leave it out")
        if self.early_stopping_rounds is not None and validation is None:
            raise ValueError("early_stopping_rounds needs fit(…, validation=(X, y)), data to stop by; got none")
        self.objective_ = objective(
            self.loss, target, weight, engine=self.engine, curvature=self.curvature, classes=classes, **loss_parameters
        )
        train = engines.train
        if self.leaves == "renew":
            if self.engine != "lightgbm" or not self.objective_.scores.in_units_of_target:
                raise ValueError(
                    f"leaves='renew' is for LightGBM and losses of a number in the unit of the target; "
                    f"got {self.engine} and {self.loss.__name__}; use leaves='engine'"
                )
            train = engines.renewed
        elif self.leaves != "engine":
            raise ValueError(f"leaves is 'engine' or 'renew'; got {self.leaves!r}")
        data = engines.Samples(features, target, weight)
        watched = None if validation is None else engines.Samples(*validation)
        self.model_ = train(self.objective_, data, watched, parameters, self.n_estimators, self.early_stopping_rounds)
        self.booster_ = self.model_.booster
        self.validation_costs_ = self.model_.costs
        return self

    def _scores(self, x: Any) -> Any:
        check_is_fitted(self)
        return engines.scores(self.objective_, self.model_, self._features(x))


class Regressor(RegressorMixin, _Boosting):
    """Gradient boosting of any loss of one number, by LightGBM or XGBoost.

    ``parameters`` are the loss's own, such as ``alpha`` of a quantile, and the engine's, by the names that it has for them. The
    start is the constant with the least mean loss; predictions are numbers or means, whatever score the trees add up.
    ``leaves="renew"`` puts the minimiser of the loss into each leaf of LightGBM: the cost of training cannot rise then.
    ``early_stopping_rounds`` stops by the loss itself on ``fit(…, validation=(X, y))``, or ``(X, y, weight)``.

    >>> import numpy as np, lossary
    >>> from lossary.trainers.boosting import Regressor
    >>> x = np.random.default_rng(0).normal(size=(400, 2))
    >>> y = x[:, 0] + np.random.default_rng(1).standard_t(2, size=400)
    >>> model = Regressor(lossary.quantile, alpha=0.8, n_estimators=30, num_threads=1).fit(x, y)
    >>> bool(0.75 < np.mean(y <= model.predict(x)) < 0.85)
    True
    """

    def __init__(
        self,
        loss: Loss = squared_error,
        *,
        engine: Engine = "lightgbm",
        curvature: str = "auto",
        leaves: str = "engine",
        n_estimators: int = 100,
        early_stopping_rounds: int | None = None,
        **parameters: Any,
    ) -> None:
        super().__init__(
            loss,
            engine=engine,
            curvature=curvature,
            leaves=leaves,
            n_estimators=n_estimators,
            early_stopping_rounds=early_stopping_rounds,
            **parameters,
        )

    def fit(self, X: Any, y: Any, sample_weight: Any = None, *, validation: Any = None) -> Self:  # noqa: N803 - scikit-learn's
        """Train on features and targets; return the estimator."""
        X, y = _read(self, X, y, numeric=True)
        weight = None if sample_weight is None else _check_sample_weight(sample_weight, X, dtype=np.float64)
        return self._train(X, np.asarray(y, np.float64), weight, validation, None)

    def predict(self, X: Any) -> Any:  # noqa: N803
        """Return a prediction for each sample."""
        scores = self._scores(X)
        return self.objective_.prediction(scores)


def _has_probabilities(estimator: Classifier) -> bool:
    return estimator.loss.properties.kind == "softmax" or "logits" in estimator.loss.properties.given


class Classifier(ClassifierMixin, _Boosting):
    """Gradient boosting of any loss of two classes, or of several by a softmax, by LightGBM or XGBoost.

    Labels may be of any type. Losses of margins, such as :func:`lossary.hinge`, have no ``predict_proba``. Everything else is
    as in :class:`Regressor`.

    >>> import numpy as np, lossary
    >>> from lossary.trainers.boosting import Classifier
    >>> x = np.random.default_rng(0).normal(size=(400, 2))
    >>> y = np.where(x[:, 0] > 0, "up", "down")
    >>> model = Classifier(lossary.focal_binary, gamma=1.0, n_estimators=30, num_threads=1).fit(x, y)
    >>> print(model.predict([[2.0, 0.0], [-2.0, 0.0]]), model.predict_proba([[2.0, 0.0]]).shape)
    ['up' 'down'] (1, 2)
    """

    def __init__(
        self,
        loss: Loss = binary_cross_entropy,
        *,
        engine: Engine = "lightgbm",
        curvature: str = "auto",
        leaves: str = "engine",
        n_estimators: int = 100,
        early_stopping_rounds: int | None = None,
        **parameters: Any,
    ) -> None:
        super().__init__(
            loss,
            engine=engine,
            curvature=curvature,
            leaves=leaves,
            n_estimators=n_estimators,
            early_stopping_rounds=early_stopping_rounds,
            **parameters,
        )

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = self.loss.properties.kind == "softmax"
        return tags

    def fit(self, X: Any, y: Any, sample_weight: Any = None, *, validation: Any = None) -> Self:  # noqa: N803
        """Train on features and labels; return the estimator."""
        X, y = _read(self, X, y, numeric=False)
        check_classification_targets(y)
        several, kind = self.loss.properties.kind == "softmax", type_of_target(y)
        if kind != "binary" and not several:
            raise ValueError(  # the first sentences are those that scikit-learn's own checks look for
                f"Only binary classification is supported. The type of the target is {kind}. {self.loss.__name__} is a loss of "
                "two classes; use one of several, such as lossary.cross_entropy"
            )
        self.classes_ = np.unique(y)
        if len(self.classes_) < 2:
            raise ValueError(f"{self.loss.__name__} takes labels of two classes or more; got one class, {self.classes_[0]!r}")
        if validation is not None:
            features, labels, *more = validation
            validation = (features, self._indexes(labels), *more)
        weight = None if sample_weight is None else _check_sample_weight(sample_weight, X, dtype=np.float64)
        return self._train(X, self._indexes(y), weight, validation, len(self.classes_) if several else None)

    def decision_function(self, X: Any) -> Any:  # noqa: N803
        """Return the score of each sample: of the second class over the first, or of each of several classes."""
        scores = self._scores(X)
        total = self.objective_.total(scores)
        return total[:, 1] - total[:, 0] if total.ndim == 2 and len(self.classes_) == 2 else total

    @available_if(_has_probabilities)
    def predict_proba(self, X: Any) -> Any:  # noqa: N803
        """Return the probability of each class for each sample."""
        scores = self._scores(X)
        found = self.objective_.prediction(scores)
        return found if found.ndim == 2 else np.stack([1 - found, found], axis=1)

    def predict(self, X: Any) -> Any:  # noqa: N803
        """Return the label of each sample."""
        scores = self.decision_function(X)
        return self.classes_[scores.argmax(axis=1) if scores.ndim == 2 else (scores > 0).astype(int)]

    def _indexes(self, labels: Any) -> Any:
        labels = np.asarray(labels)
        unknown = set(np.unique(labels).tolist()) - set(self.classes_.tolist())
        if unknown:
            raise ValueError(f"labels are those of training ({self.classes_.tolist()}); got {sorted(unknown)}")
        found = np.searchsorted(self.classes_, labels)
        return found if self.loss.properties.kind == "softmax" else found.astype(np.float64)


def _read(estimator: Any, x: Any, y: Any, *, numeric: bool) -> Any:
    return validate_data(
        estimator,
        x,
        y,
        accept_sparse="csr",
        dtype=(np.float64, np.float32),
        ensure_all_finite="allow-nan",
        ensure_min_samples=2,
        y_numeric=numeric,
    )
