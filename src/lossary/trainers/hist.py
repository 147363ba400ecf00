"""Any loss in the gradient boosting of scikit-learn, by the class that its own losses are of, which is private."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import sklearn
from sklearn._loss.loss import BaseLoss
from sklearn.utils.metaestimators import available_if

from lossary.engine.loss import Loss
from lossary.formula.domains import Interval
from lossary.names import unknown_option
from lossary.trainers.scores.curvature import choose
from lossary.trainers.scores.scores import Scores, refusal
from lossary.trainers.scores.starts import start

_OLDEST, _NEWEST = (1, 6), (1, 9)
"""The releases of scikit-learn whose private class this was tried with."""


class HistLoss(BaseLoss):
    """A loss as ``HistGradientBoostingRegressor`` and ``…Classifier`` take one; made by ``hist_gradient_boosting``."""

    def __init__(self, loss: Any, curvature: str, parameters: dict[str, Any]) -> None:
        release = tuple(int(part) for part in sklearn.__version__.split(".")[:2])
        if not _OLDEST <= release <= _NEWEST:
            raise ImportError(
                f"hist_gradient_boosting uses a private class of scikit-learn, as it is from 1.6 to 1.9; got "
                f"{sklearn.__version__}; use lossary.trainers.boosting.Regressor or Classifier"
            )
        if not isinstance(loss, Loss):
            raise TypeError(f"hist_gradient_boosting takes a loss, such as lossary.huber; got {loss!r}")
        chosen, numbers = loss.choose(parameters)
        if (reason := refusal(chosen)) is not None:
            raise TypeError(f"hist_gradient_boosting: {reason}")
        if chosen.kind == "softmax":
            raise TypeError(
                f"hist_gradient_boosting is for losses of one score; {loss.__name__} has one for each class; "
                "lossary.trainers.boosting.Classifier takes it"
            )
        for name in numbers:
            if name not in chosen.parameters:
                raise unknown_option("hist_gradient_boosting", name, (*loss.parameters, "curvature"))
        chosen.read_options(numbers)
        self.scores = Scores(loss, parameters)
        self.choice = choose(self.scores, curvature, held=False)
        self._made_of = loss, curvature, parameters
        super().__init__(closs=None, link=_Link(self.scores))

    def __repr__(self) -> str:
        loss, curvature, parameters = self._made_of
        own = "".join(f", {name}={x!r}" for name, x in parameters.items())
        return f"hist_gradient_boosting({loss.__name__}, curvature={curvature!r}{own})"

    def __reduce__(self) -> tuple[Callable[..., HistLoss], tuple[Any, ...]]:
        return HistLoss, self._made_of

    def __deepcopy__(self, memory: Any) -> HistLoss:
        return HistLoss(*self._made_of)

    def loss(
        self, y_true: Any, raw_prediction: Any, sample_weight: Any = None, loss_out: Any = None, n_threads: int = 1
    ) -> Any:
        """Return each sample's loss, weighted."""
        found = self.scores.value(np.asarray(_flat(raw_prediction), np.float64), np.asarray(y_true, np.float64))
        return _into(loss_out, found if sample_weight is None else found * sample_weight)

    def gradient_hessian(
        self,
        y_true: Any,
        raw_prediction: Any,
        sample_weight: Any = None,
        gradient_out: Any = None,
        hessian_out: Any = None,
        n_threads: int = 1,
    ) -> tuple[Any, Any]:
        """Return each sample's slope and curvature, weighted."""
        found = self.choice.pair.derivatives(_flat(raw_prediction), 0.0, y_true, sample_weight, np.float64)
        return _into(gradient_out, found[0]), _into(hessian_out, found[1])

    def gradient(
        self, y_true: Any, raw_prediction: Any, sample_weight: Any = None, gradient_out: Any = None, n_threads: int = 1
    ) -> Any:
        """Return each sample's slope, weighted."""
        found = self.choice.pair.derivatives(_flat(raw_prediction), 0.0, y_true, sample_weight, np.float64)
        return _into(gradient_out, found[0])

    def fit_intercept_only(self, y_true: Any, sample_weight: Any = None) -> Any:
        """Return the constant score with the least mean loss."""
        target = np.asarray(y_true, np.float64)
        if self.scores.binary and target.max() > 1 and np.array_equal(target, np.floor(target)):
            raise ValueError(
                f"hist_gradient_boosting is for losses of one score, as {self.scores.loss.__name__} of two classes; got labels "
                f"of {int(target.max()) + 1} classes or more; lossary.trainers.boosting.Classifier takes losses of several"
            )
        found, _ = start(self.scores, target, sample_weight)
        self.scores.check(found, target, sample_weight)
        return np.float64(found)

    @available_if(lambda self: self.scores.form == "logits")
    def predict_proba(self, raw_prediction: Any) -> Any:
        """Return the probabilities of both classes."""
        share = self.scores.inverse_link(_flat(raw_prediction))
        return np.stack([1 - share, share], axis=1)


class _Link:
    """How predictions follow from scores, as scikit-learn asks for it."""

    interval_y_pred = Interval()

    def __init__(self, scores: Scores) -> None:
        self.inverse = scores.inverse_link


def _flat(scores: Any) -> Any:
    return scores.reshape(-1) if scores.ndim == 2 else scores


def _into(place: Any, found: Any) -> Any:
    if place is None:
        return found
    place[...] = found.reshape(place.shape)
    return place
