"""Estimators for scikit-learn that train trees with any loss."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils.validation import check_is_fitted

from lossary.losses import binary_cross_entropy, squared_error
from lossary.trainers.boosting import engines
from lossary.trainers.boosting.objective import Engine, objective
from lossary.trainers.estimator import LossClassifierParts, LossEstimator
from lossary.trainers.scores import Scores

if TYPE_CHECKING:
    from lossary.engine.calls import Loss
else:
    from lossary.engine.loss import Loss

_OURS = (
    *("objective", "metric", "num_class", "base_score", "boost_from_average", "disable_default_eval_metric"),
    *("loss_function", "eval_metric", "iterations"),
)
"""Parameters of engines that follow from the loss."""


class _Boosting(LossEstimator):
    """What both estimators do: training, scores."""

    missing = "allow-nan"

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

    def describe(self) -> str:
        """Return which curvature and which start were chosen, and why."""
        check_is_fitted(self)
        theirs = self.model_.theirs
        trained = "" if theirs is None else f"\ntrained by the engine's own {theirs.name}, which is the same"
        return self.objective_.describe() + trained

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.sparse = self.leaves == "engine"
        return tags

    def _train(self, features: Any, target: Any, weight: Any, validation: Any, classes: int | None) -> Self:
        loss_parameters, parameters = self._own()
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

    def _total_scores(self, x: Any) -> Any:
        check_is_fitted(self)
        return self.objective_.total(engines.scores(self.objective_, self.model_, self._features(x)))

    def _trained(self) -> Scores:
        return self.objective_.scores


class Regressor(RegressorMixin, _Boosting):
    """Gradient boosting of any loss of one number, or of several such as a mean and a variance.

    ``parameters`` are the loss's own, such as ``alpha`` of a quantile, and the engine's, by the names that it has for them. The
    start is the constant with the least mean loss; predictions are numbers or means, whatever score the trees add up.
    ``leaves="renew"`` puts the minimiser of the loss into each leaf of LightGBM: the cost of training cannot rise then.
    ``early_stopping_rounds`` stops by the loss itself on ``fit(…, validation=(X, y))``, or ``(X, y, weight)``. Of a loss of
    several predictions, ``predict`` returns a named tuple, and ``score`` minus the mean loss.

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
        X, y, weight = self._read(X, y, sample_weight, numeric=True)
        return self._train(X, np.asarray(y, np.float64), weight, validation, None)

    def predict(self, X: Any) -> Any:  # noqa: N803
        """Return a prediction for each sample; a named tuple of several, such as a mean and a variance."""
        total = self._total_scores(X)
        return self._trained().inverse_link(total)

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:  # noqa: N803
        """Return R² of the prediction; of several predictions minus the mean loss."""
        if len(self.loss.predictions) == 1:
            return float(super().score(X, y, sample_weight))
        total = self._total_scores(X)
        return -float(np.average(self._trained().value(total, np.asarray(y, np.float64)), weights=sample_weight))


class Classifier(LossClassifierParts, _Boosting):
    """Gradient boosting of any loss of two classes, or of several by a softmax, by LightGBM, XGBoost or CatBoost.

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

    def fit(self, X: Any, y: Any, sample_weight: Any = None, *, validation: Any = None) -> Self:  # noqa: N803
        """Train on features and labels; return the estimator."""
        X, y, weight = self._read(X, y, sample_weight, numeric=False)
        indexes = self._read_labels(y)
        if validation is not None:
            features, labels, *more = validation
            validation = (features, self._indexes(labels), *more)
        return self._train(X, indexes, weight, validation, self._class_count)
