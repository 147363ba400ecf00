"""Estimators for scikit-learn that train trees with any loss."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from scipy.sparse import csr_matrix, issparse
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils.validation import check_consistent_length, check_is_fitted, validate_data

from lossary.losses import binary_cross_entropy, squared_error
from lossary.names import explains_options
from lossary.trainers.boosting import engines
from lossary.trainers.boosting.columns import categories_of, coded, explaining_text, names_for
from lossary.trainers.boosting.float32 import check_features
from lossary.trainers.boosting.objective import ENGINES, Engine, check_engine, made
from lossary.trainers.boosting.parameters import CATEGORIES, check
from lossary.trainers.boosting.units import check_digits, rescaled
from lossary.trainers.estimator import LossClassifierParts, LossEstimator
from lossary.trainers.scores.scores import Scores

if TYPE_CHECKING:
    from lossary.engine.calls import Loss
else:
    from lossary.engine.loss import Loss


_BOOSTERS = ("booster", "boosting", "boosting_type", "boost")
_LIMITS = {
    "lightgbm": "min_child_samples (by default 20 rows a leaf), min_child_weight or min_split_gain is too great for them",
    "xgboost": "min_child_weight or gamma is too great for them, or their unit too small: gains below 1e-6 count as none",
    "catboost": "min_data_in_leaf or l2_leaf_reg is too great for them",
}
"""Why an engine may split no leaf."""


class _Boosting(LossEstimator):
    """What both estimators do: parameters, training, scores."""

    missing = "allow-nan"

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
        theirs, refused = self.model_.theirs, self.model_.refused
        if theirs is not None and theirs.watched:
            return self.objective_.describe(
                f"leaves: as CatBoost fits them for its own {theirs.name}; the training cost never rose"
            )
        if theirs is not None and theirs.renewed:
            return self.objective_.describe(
                f"leaves: the constant with the least loss in each, by the engine's own {theirs.name}"
            )
        said = self.objective_.describe()
        if theirs is not None:
            limit = self.objective_.parameters.get("max_delta_step")
            held = "" if limit is None else f", with leaves limited to ±{limit:g}"
            said += f"\ntrained by the engine's own {theirs.name}, which is the same{held}"
        if refused is not None:
            said += f"\nby the engine's own {refused.name}, which was tried before, the training cost rose or did not fall"
        return said

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.sparse = self.leaves == "engine"
        return tags

    def _check_names(self, others: dict[str, Any]) -> None:
        if self.engine in ENGINES:  # fit says which there are
            own = BaseEstimator.get_params(self, deep=False)
            check(type(self).__name__, self.engine, others, sorted(self._of_loss()), own)

    def _train(self, features: Any, target: Any, weight: Any, validation: Any, classes: int | None) -> Self:
        loss_parameters, parameters = self._own()
        check_engine(self.engine)
        self._check_names(parameters)
        beside = [name for name in parameters if name in CATEGORIES and self.categories_]
        if beside:
            raise TypeError(
                f"{type(self).__name__} takes columns of dtype category as categories; got {beside[0]} beside such columns, "
                "which LightGBM would pass over; give its columns that dtype, too, and leave it out"
            )
        for name, value in (("n_estimators", self.n_estimators), ("early_stopping_rounds", self.early_stopping_rounds)):
            rounds = isinstance(value, (int, np.integer)) and not isinstance(value, bool) and value > 0
            if not rounds and (name == "n_estimators" or value is not None):
                or_none = "" if name == "n_estimators" else ", or None"
                raise ValueError(f"{name} is a whole number, 1 or more{or_none}; got {value!r}")
        if self.early_stopping_rounds is not None and validation is None:
            raise ValueError("early_stopping_rounds needs fit(…, validation=(X, y)), data to stop by; got none")
        if self.early_stopping_rounds is not None and "dart" in (parameters.get(name) for name in _BOOSTERS):
            raise ValueError(
                "early_stopping_rounds goes back to a round, and dart changes the trees of earlier ones; leave it out"
            )
        self.objective_ = own = made(
            self.loss, target, weight, engine=self.engine, curvature=self.curvature, classes=classes, **loss_parameters
        )
        if self.engine == "catboost" and not own.scores.has_unit:
            check_digits(own.scores, target, weight)  # in the others, no label counts
        parameters = rescaled(_with_seeds(parameters), own.scores, own.unit.size)
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
        check_features(self.engine, features, getattr(self, "feature_names_in_", None), first=True)
        names = names_for(self.engine, self.feature_names_in_) if hasattr(self, "feature_names_in_") else None
        columns = engines.Columns(tuple(self.categories_), names, issparse(features))
        data = engines.Samples(features, target, weight, columns)
        watched = None
        if validation is not None:
            watched = engines.Samples(*validation)._replace(columns=columns)
            with _about_validation():
                self.objective_.scores.check(self.objective_.start, watched.target, watched.weight)
        patience = None if self.early_stopping_rounds is None else int(self.early_stopping_rounds)
        self.model_ = train(engines.Task(own, data, watched, parameters, int(self.n_estimators), patience))
        self.booster_ = self.model_.booster
        self.validation_costs_ = self.model_.costs
        if np.any(target != target[0]) and not engines.gains(self.model_, self.n_features_in_).any():
            warnings.warn(
                f"{self.engine} split no leaf, so all predictions are equal: no feature tells these targets apart, or "
                f"{_LIMITS[self.engine]}",
                stacklevel=4,  # the line that calls fit
            )
        return self

    def _read(self, x: Any, y: Any, weight: Any, **how: Any) -> Any:
        self.categories_ = categories_of(x)
        names = x
        with explaining_text(x, self.categories_):
            if not self.categories_:
                x, y, weight = super()._read(x, y, weight, **how)
                return _as_engines_take(x), y, weight
            x = coded(x, self.categories_)
        x, y, weight = super()._read(x, y, weight, **how)
        validate_data(self, names, skip_check_array=True)
        return x, y, weight

    def _later(self, x: Any) -> Any:
        if not self.categories_:
            with explaining_text(x, self.categories_, trained=True):
                found = _as_engines_take(super()._later(x))
            check_features(self.engine, found, getattr(self, "feature_names_in_", None), first=False)
            return found
        if not hasattr(x, "columns"):
            raise ValueError(
                f"training had columns of categories, so a table with the columns {list(self.feature_names_in_)} is needed; "
                f"got {type(x).__name__}"
            )
        validate_data(self, x, skip_check_array=True, reset=False)
        with explaining_text(x, self.categories_, trained=True):
            found = coded(x, self.categories_)
        check_features(self.engine, found, self.feature_names_in_, first=False)
        return found

    def _watched(self, validation: Any) -> Any:
        """Return features, targets and weights (or None) of validation data, read as those of training are."""
        if validation is None:
            return None
        if not isinstance(validation, (tuple, list)) or len(validation) not in (2, 3):
            many = f" of {len(validation)}" if isinstance(validation, (tuple, list)) else ""
            raise TypeError(
                f"validation is (X, y) or (X, y, weight), one set of data; got {type(validation).__name__}{many}; "
                "pass the pair itself"
            )
        features, target, *weight = validation
        with _about_validation():
            features, target = self._later(features), self._numbers(target)
            check_consistent_length(features, target)
            return features, target, self._weights(weight[0], features) if weight else None

    @property
    def feature_importances_(self) -> Any:
        """The share of each feature in what splits gained, as the engine reckons it; they sum to 1."""
        check_is_fitted(self)
        found = engines.gains(self.model_, self.n_features_in_)
        return found / found.sum() if found.sum() > 0 else found

    def _total_scores(self, x: Any) -> Any:
        check_is_fitted(self)
        return self.objective_.total(engines.scores(self.objective_, self.model_, self._features(x)))

    def _trained(self) -> Scores:
        return self.objective_.scores


def _with_seeds(parameters: dict[str, Any]) -> dict[str, Any]:
    """Return parameters with a number drawn from each generator of random numbers, as engines take seeds only."""
    generators = {name: x for name, x in parameters.items() if isinstance(x, (np.random.RandomState, np.random.Generator))}
    most = np.iinfo(np.int32).max
    drawn = {
        name: int(x.integers(most) if isinstance(x, np.random.Generator) else x.randint(most)) for name, x in generators.items()
    }
    return {**parameters, **drawn}


def _as_engines_take(features: Any) -> Any:
    """Return sparse features as a matrix, as LightGBM predicts of no sparse array, and CatBoost trains on none."""
    return csr_matrix(features) if issparse(features) else features


@contextmanager
def _about_validation() -> Iterator[None]:
    """Say that an error is about the validation data."""
    try:
        yield
    except (TypeError, ValueError) as error:
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(f"validation: {error}") from error


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

    @explains_options
    def fit(self, X: Any, y: Any, sample_weight: Any = None, *, validation: Any = None) -> Self:  # noqa: N803 - scikit-learn's
        """Train on features and targets; return the estimator."""
        if isinstance(self.loss, Loss) and self.loss.properties.kind == "softmax":
            raise TypeError(f"Regressor takes losses of numbers; {self.loss.__name__} is one of classes: use Classifier")
        X, y, weight = self._read(X, y, sample_weight)
        return self._train(X, self._numbers(y), weight, self._watched(validation), None)

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

    @explains_options
    def fit(self, X: Any, y: Any, sample_weight: Any = None, *, validation: Any = None) -> Self:  # noqa: N803
        """Train on features and labels; return the estimator."""
        X, y, weight = self._read(X, y, sample_weight)
        indexes = self._read_labels(y)
        return self._train(X, indexes, weight, self._watched(validation), self._class_count)
