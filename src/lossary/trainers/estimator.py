"""What estimators of any loss share: parameters beside their own, reading of data, labels."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import _check_sample_weight, _check_y, check_consistent_length, check_is_fitted, validate_data

from lossary.engine.loss import Loss
from lossary.trainers.scores.scores import Scores
from lossary.trainers.scores.weights import check_weights
from lossary.trainers.targets import class_indexes, read_targets


class LossEstimator(BaseEstimator):
    """An estimator whose ``parameters`` are those that are not its own: of its loss, and of what trains it."""

    loss: Any
    parameters: dict[str, Any]
    missing: bool | str = True
    """Which features are read: True for finite ones, "allow-nan" for NaN too."""

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return all parameters: of the estimator, the loss and what trains it."""
        return {**super().get_params(deep), **self.parameters}

    def set_params(self, **params: Any) -> Self:
        """Set parameters; those that are not the estimator's own are the loss's, or of what trains it.

        Names that neither has raise TypeError, as they do in ``fit``: a search over a misspelt one would give NaN as scores.
        """
        own, before = super().get_params(deep=False), dict(self.__dict__)
        others = {name: x for name, x in params.items() if name not in own}
        self.parameters = {**self.parameters, **others}
        for name in own:
            if name in params:
                setattr(self, name, params[name])
        if isinstance(self.loss, Loss):
            try:
                self._check_names({name: x for name, x in others.items() if name not in self._of_loss()})
            except TypeError:
                self.__dict__.update(before)  # a wrong name that stayed could not be taken out again
                raise
        return self

    def _check_names(self, others: dict[str, Any]) -> None:
        """Raise TypeError for parameters that are neither the loss's nor of what trains it; ``others`` are not the loss's."""
        raise NotImplementedError

    def _of_loss(self) -> set[str]:
        """Return the names of the parameters that the loss has."""
        return {*self.loss.parameters, *self.loss.choices}

    def _check_loss(self) -> None:
        if not isinstance(self.loss, Loss):
            raise TypeError(f"{type(self).__name__} takes a loss, such as lossary.huber; got {self.loss!r}")
        # words choose the curvature of boosting, and losses have numbers
        own = self._of_loss() & super().get_params(deep=False).keys() - {"curvature"}
        if own:
            raise TypeError(
                f"parameters of a loss have other names than those of {type(self).__name__}; got {', '.join(sorted(own))} of "
                f"{self.loss.__name__}; rename them in its definition"
            )

    def _own(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the parameters of the loss, and the others."""
        self._check_loss()
        own = self._of_loss()
        of_loss = {name: x for name, x in self.parameters.items() if name in own}
        return of_loss, {name: x for name, x in self.parameters.items() if name not in of_loss}

    def _read(self, x: Any, y: Any, weight: Any, *, first: bool = True, batch: bool = False) -> Any:
        """Return features, targets and weights (or None) of training, or of a batch, which may have one sample.

        Of data after the first, features are those of it. All weights of a batch may be 0 then.
        """
        x, y = validate_data(
            self,
            _unmasked(x),
            read_targets(type(self).__name__, y),
            accept_sparse="csr",
            dtype=(np.float64, np.float32),
            ensure_all_finite=self.missing,
            ensure_min_samples=2 if first and not batch else 1,
            reset=first,
        )
        return x, y, self._weights(weight, x, some=first or not batch)

    def _numbers(self, target: Any) -> Any:
        """Return targets as the numbers that the loss takes."""
        found = _check_y(read_targets(type(self).__name__, target), estimator=self)
        try:
            if found.dtype.kind not in "biufO" or (found.dtype.kind == "O" and any(isinstance(x, str) for x in found)):
                raise ValueError(f"these are {found.dtype}, such as {found.tolist()[0]!r}")  # NumPy makes numbers of some
            return _check_y(found.astype(np.float64), estimator=self)
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"{type(self).__name__}: a target is a finite number; got others: {error}; convert them or leave them out, or "
                "train a classifier on labels"
            ) from error

    def _weights(self, weight: Any, x: Any, *, some: bool = True) -> Any:
        """Return weights (or None) of samples with these features."""
        if weight is None:
            return None
        found = check_weights(type(self).__name__, weight, some=some)
        if not found.any():  # which scikit-learn refuses
            check_consistent_length(x, found if found.ndim else x)
            return np.zeros(x.shape[0])
        return _check_sample_weight(found if found.ndim else float(found), x, dtype=np.float64)

    def _features(self, x: Any) -> Any:
        """Return features of predictions."""
        check_is_fitted(self)
        return self._later(x)

    def _later(self, x: Any) -> Any:
        """Return features like those that were read first."""
        dtypes = (np.float64, np.float32)
        return validate_data(self, _unmasked(x), accept_sparse="csr", dtype=dtypes, ensure_all_finite=self.missing, reset=False)

    def _total_scores(self, x: Any) -> Any:
        """Return the score of each sample (and class)."""
        raise NotImplementedError

    def _trained(self) -> Scores:
        """Return the loss of scores that was trained."""
        raise NotImplementedError


def _unmasked(x: Any) -> Any:
    """Return features; raise TypeError if some are masked, which scikit-learn would read as if they were not."""
    if isinstance(x, np.ma.MaskedArray) and np.ma.is_masked(x):
        raise TypeError("features are a plain array; got a masked array; pass X.filled(numpy.nan), where NaN is missing")
    return x


def _has_probabilities(estimator: LossClassifierParts) -> bool:
    properties = estimator.loss.properties
    return properties.kind == "softmax" or "logits" in properties.given


class LossClassifierParts(ClassifierMixin, LossEstimator):
    """Labels of any type, and scores read as labels and probabilities."""

    classes_: Any

    @property
    def _several(self) -> bool:
        return isinstance(self.loss, Loss) and self.loss.properties.kind == "softmax"

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = self._several
        return tags

    def _read_labels(self, y: Any) -> Any:
        """Return the labels as numbers, those of training; the classes are kept."""
        check_classification_targets(y)
        self._keep_classes(y)
        return self._indexes(y)

    def _keep_classes(self, y: Any) -> None:
        """Keep the classes of training: those among the labels."""
        self._check_loss()
        loss = self.loss
        if not self._several and not (loss.kind == "pointwise" and loss.has_binary_target):
            raise TypeError(
                f"{type(self).__name__} takes pointwise losses of two outcomes and softmax losses of classes; "
                f"{loss.__name__} is neither: use a regressor for a loss of numbers, or another loss, such as brier_binary"
            )
        y = read_targets(type(self).__name__, y)
        kind = type_of_target(y)
        if kind != "binary" and not self._several:
            raise ValueError(  # the first sentences are those that scikit-learn's own checks look for
                f"Only binary classification is supported. The type of the target is {kind}. {self.loss.__name__} is a loss of "
                "two classes; use one of several, such as lossary.cross_entropy"
            )
        classes = np.unique(y)
        if len(classes) < 2:
            raise ValueError(
                f"{self.loss.__name__} takes labels of two classes or more; got one class, {classes.tolist()[0]!r}"
            )
        self.classes_ = classes

    def _indexes(self, labels: Any) -> Any:
        found = class_indexes(labels, self.classes_)
        return found if self._several else found.astype(np.float64)

    def _numbers(self, target: Any) -> Any:
        return self._indexes(_check_y(read_targets(type(self).__name__, target), y_numeric=False, estimator=self))

    @property
    def _class_count(self) -> int | None:
        return len(self.classes_) if self._several else None

    def decision_function(self, X: Any) -> Any:  # noqa: N803 - scikit-learn's name
        """Return the score of each sample: of the second class over the first, or of each of several classes."""
        total = self._total_scores(X)
        return total[:, 1] - total[:, 0] if total.ndim == 2 and len(self.classes_) == 2 else total

    @available_if(_has_probabilities)
    def predict_proba(self, X: Any) -> Any:  # noqa: N803
        """Return the probability of each class for each sample."""
        total = self._total_scores(X)
        found = self._trained().inverse_link(total)
        return found if found.ndim == 2 else np.stack([1 - found, found], axis=1)

    def predict(self, X: Any) -> Any:  # noqa: N803
        """Return the label of each sample."""
        scores = self.decision_function(X)
        return self.classes_[scores.argmax(axis=1) if scores.ndim == 2 else (scores > 0).astype(int)]

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:  # noqa: N803
        """Return the share of labels that are predicted."""
        return float(super().score(X, read_targets(type(self).__name__, y), sample_weight))
