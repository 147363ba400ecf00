"""A loss as a scorer of scikit-learn, which is imported when a score is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from lossary.names import unknown_option

if TYPE_CHECKING:
    from lossary.engine.calls import Loss
else:
    from lossary.engine.loss import Loss

__all__ = ["scorer"]


def scorer(loss: Loss, **parameters: Any) -> Scorer:
    """Return a loss as ``scoring=`` of searches and cross-validation: minus its mean, so that greater is better.

    Losses of classes take ``predict_proba`` of the estimator, losses of margins its ``decision_function``, all others its
    ``predict``, which are means where the loss is one of means. Labels of any type are read by the estimator's ``classes_``.
    ``parameters`` are the loss's own.

    >>> import lossary
    >>> from sklearn.linear_model import LinearRegression
    >>> model = LinearRegression().fit([[0.0], [1.0]], [0.0, 1.0])
    >>> print(round(lossary.scorer(lossary.absolute_error)(model, [[0.0], [1.0]], [0.5, 1.0]), 6))
    -0.25
    """
    for name in parameters:
        if name not in loss.parameters:
            raise unknown_option(f"scorer of {loss.__name__}", name, tuple(loss.parameters))
    return Scorer(loss, parameters)


class Scorer(NamedTuple):
    """Minus the mean loss of an estimator's predictions; made by :func:`scorer`."""

    loss: Any
    parameters: dict[str, Any]

    def __call__(self, estimator: Any, X: Any, y: Any, sample_weight: Any = None) -> float:  # noqa: N803
        """Return minus the mean loss of the estimator on these samples."""
        from sklearn.base import is_classifier

        options = {**self.parameters, "weight": sample_weight}
        properties = self.loss.properties
        if is_classifier(estimator):
            target = np.searchsorted(estimator.classes_, y)
            if properties.kind == "softmax":
                prediction = estimator.predict_proba(X)
            else:
                target = target.astype(np.float64)
                by_probability = "probabilities" in properties.given
                prediction = estimator.predict_proba(X)[:, 1] if by_probability else estimator.decision_function(X)
        else:
            prediction, target = estimator.predict(X), np.asarray(y, np.float64)
        for form in ("probabilities", "mean"):
            if form in properties.given:
                options["given"] = form
        several = prediction if isinstance(prediction, tuple) else (prediction,)
        return -float(self.loss(*(np.asarray(x, np.float64) for x in several), target, **options))
