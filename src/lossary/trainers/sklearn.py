"""Any loss in scikit-learn: linear models, and a scorer for searches and cross-validation."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.exceptions import ConvergenceWarning

from lossary.losses import binary_cross_entropy, squared_error
from lossary.names import unknown_option
from lossary.printable import as_typed
from lossary.trainers.estimator import LossClassifierParts, LossEstimator
from lossary.trainers.hist import HistLoss
from lossary.trainers.linear.batches import Parabolas
from lossary.trainers.linear.problem import Problem, Solution
from lossary.trainers.linear.solve import solve
from lossary.trainers.scorer import scorer
from lossary.trainers.scores import starts
from lossary.trainers.scores.scores import Scores, refusal, scores_of

if TYPE_CHECKING:
    from lossary.engine.calls import Loss
else:
    from lossary.engine.loss import Loss

__all__ = ["LossClassifier", "LossRegressor", "hist_gradient_boosting", "scorer"]


class _Linear(LossEstimator):
    """What both linear models do."""

    def __init__(
        self,
        loss: Loss,
        *,
        l2: float = 0.0,
        l1: float = 0.0,
        fit_intercept: bool = True,
        max_iter: int = 2000,
        tol: float = 1e-6,
        warm_start: bool = False,
        **parameters: Any,
    ) -> None:
        self.loss = loss
        self.l2 = l2
        self.l1 = l1
        self.fit_intercept = fit_intercept
        self.max_iter = max_iter
        self.tol = tol
        self.warm_start = warm_start
        self.parameters = parameters

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def _train(self, features: Any, target: Any, weight: Any, classes: int | None) -> Self:
        self.scores_ = self._made_scores()
        start = starts.near(self.scores_, target, weight, classes)
        self._check(start, target, weight)
        first = self._first(features.shape[1], classes) if self.warm_start else None
        problem = Problem(self.scores_, features, target, weight, self.l2, self.l1, self.fit_intercept, first)
        self._keep(solve(problem, start, self.max_iter, self.tol))
        self._parabolas: Parabolas | None = None
        return self

    def _check(self, start: Any, target: Any, weight: Any) -> None:
        """Raise if the loss takes no such targets or weights, or is infinite at the start."""
        mean = self.scores_.check(start, target, weight)
        at = np.ascontiguousarray(np.broadcast_to(start, target.shape + np.shape(start)))
        with np.errstate(all="ignore"):
            slopes = self.scores_.slope(at, target)
            if np.isfinite(mean) and np.isfinite(slopes).all():
                return
            each = self.scores_.value(at, target) + slopes.reshape(len(target), -1).sum(axis=1)
        wrong = np.flatnonzero(~np.isfinite(each))
        first = int(wrong[0]) if len(wrong) else 0
        raise ValueError(
            f"{type(self).__name__} needs losses and slopes that are finite at the best constant score; got a mean loss of "
            f"{mean:.4g}, and of {self.loss.__name__} at the target {target[first]} (index {first}) one is not finite, as at "
            f"{len(wrong)} of {len(target)} targets; leave such samples out, divide the targets by a number, or choose another "
            "loss"
        )

    def _check_names(self, others: dict[str, Any]) -> None:
        for name in others:
            raise unknown_option(type(self).__name__, name, (*self.loss.parameters, *self._get_param_names()))

    def _made_scores(self) -> Scores:
        of_loss, others = self._own()
        self._check_names(others)
        for name in ("l1", "l2", "tol"):
            value = getattr(self, name)
            if not (isinstance(value, (int, float, np.number)) and not isinstance(value, bool) and 0 <= value < np.inf):
                raise ValueError(f"{name} is a number, 0 or more and finite; got {as_typed(value)}")
        for name in ("fit_intercept", "warm_start"):
            if not isinstance(getattr(self, name), (bool, np.bool_)):
                raise TypeError(f"{name} is True or False; got {getattr(self, name)!r}")
        if not (isinstance(self.max_iter, (int, np.integer)) and not isinstance(self.max_iter, bool) and self.max_iter >= 1):
            raise ValueError(f"max_iter is a whole number, 1 or more; got {as_typed(self.max_iter)}")
        loss, _ = self.loss.choose(of_loss)
        if (reason := refusal(loss)) is not None:
            remedy = "train it with PyTorch or JAX"
            if "slope" in reason:
                remedy = "train another one, such as binary_cross_entropy, and judge by this one"
            elif refusal(loss, several=True) is None:
                remedy = "lossary.trainers.boosting.Regressor has one for each"
            raise TypeError(f"{type(self).__name__}: {reason}; {remedy}")
        return scores_of(self.loss, of_loss)

    def _is_first(self) -> bool:
        """Return whether no batch was learnt from yet."""
        if hasattr(self, "coef_") and self._parabolas is None:
            raise ValueError(
                "partial_fit goes on where partial_fit ended; got a model that fit() has trained, which keeps coefficients but "
                "not how much data they stand for; call partial_fit instead of fit on the first data, in one batch or in many"
            )
        return not hasattr(self, "coef_")

    def _learn(self, features: Any, target: Any, weight: Any, classes: int | None) -> Self:
        """Learn from one batch more."""
        scores = self._made_scores()
        if self._is_first():
            start, _ = starts.start(scores, target, weight, classes)
            self._parabolas = Parabolas(scores, start, features.shape[1], self.fit_intercept)
        parabolas = self._parabolas
        assert parabolas is not None
        asked, first = _asked(scores, self.fit_intercept), _asked(parabolas.scores, parabolas.intercept)
        if (scores.loss, asked) != (parabolas.scores.loss, first):
            raise ValueError(
                f"all batches are learnt with one loss, its parameters and fit_intercept; got {asked} after {first}; clone the "
                "estimator to begin anew"
            )
        start = np.zeros(classes) if classes is not None else 0.0
        parabolas.scores.check(start, target, weight)
        parabolas.add(features, target, weight, self.l2, self.l1)
        self.scores_, (self.coef_, self.intercept_) = parabolas.scores, parabolas.solution
        return self

    def _first(self, width: int, classes: int | None) -> tuple[Any, Any] | None:
        """Return the coefficients and intercept of an earlier fit, or None."""
        if not hasattr(self, "coef_"):
            return None
        expected = (width,) if classes is None else (classes, width)
        if np.shape(self.coef_) != expected:
            raise ValueError(
                f"warm_start begins at the coefficients of the last fit, of shape {np.shape(self.coef_)}; these data need "
                f"{expected}; pass the same features and classes, or clone the estimator"
            )
        return self.coef_, self.intercept_

    def _keep(self, found: Solution) -> None:
        name = type(self).__name__
        if found.end == "unfinished":
            text = f"{name} stopped after {found.iterations} iterations; raise max_iter or tol"
            warnings.warn(text, ConvergenceWarning, stacklevel=4)
        elif found.end == "stuck":
            remedy = "l2 in the place of l1" if self.l1 else "l2, or leave out features that others nearly determine"
            text = (
                f"{name} ended where no step was found that lowers the cost, as at a kink of {self.loss.__name__}; other "
                f"coefficients may be better: set {remedy}"
            )
            warnings.warn(text, ConvergenceWarning, stacklevel=4)
        self.coef_, self.intercept_, self.n_iter_ = found.coefficients, found.intercept, found.iterations

    def _total_scores(self, x: Any) -> Any:
        x = self._features(x)
        return x @ self.coef_.T + self.intercept_

    def _trained(self) -> Scores:
        return self.scores_


def _asked(scores: Scores, intercept: bool) -> str:
    """Return what batches are learnt with, in words."""
    parameters = ", ".join(f"{name}={x}" for name, x in scores.numbers.items())
    return f"{scores.loss.__name__}({parameters}) with fit_intercept={intercept}"


class LossRegressor(RegressorMixin, _Linear):
    """A linear model that minimises any loss of one number, with penalties.

    The cost is the weighted mean loss plus ``l2``/2·Σβ² + ``l1``·Σ|β|; the intercept is not penalised. Losses of a mean that is
    positive take the linear model as its logarithm. A fit ends where the slope of the cost is ``tol`` times that of the
    constant model, or at the exact optimum of a loss with a kink (quantiles); what ends earlier is warned of. Features may be
    sparse. With ``warm_start`` a fit begins at the coefficients of the last one: fewer steps on similar data or penalties, and
    the same optimum where the cost is convex. ``parameters`` are the loss's own.

    >>> import lossary
    >>> from lossary.trainers.sklearn import LossRegressor
    >>> model = LossRegressor(lossary.quantile, alpha=0.5).fit([[0.0], [1.0], [2.0], [3.0], [4.0]], [1.0, 3.0, 50.0, 7.0, 9.0])
    >>> print(f"{model.coef_[0]:.4f} {model.intercept_:.4f}")
    2.0000 1.0000
    """

    def __init__(
        self,
        loss: Loss = squared_error,
        *,
        l2: float = 0.0,
        l1: float = 0.0,
        fit_intercept: bool = True,
        max_iter: int = 2000,
        tol: float = 1e-6,
        warm_start: bool = False,
        **parameters: Any,
    ) -> None:
        super().__init__(
            loss, l2=l2, l1=l1, fit_intercept=fit_intercept, max_iter=max_iter, tol=tol, warm_start=warm_start, **parameters
        )

    def _made_scores(self) -> Scores:
        scores = super()._made_scores()
        if scores.loss.kind == "softmax":
            raise TypeError(
                f"LossRegressor takes losses of a number; {scores.loss.__name__} is one of classes: use LossClassifier"
            )
        return scores

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:  # noqa: N803 - scikit-learn's name
        """Train on features and targets; return the estimator."""
        X, y, weight = self._read(X, y, sample_weight)
        return self._train(X, self._numbers(y), weight, None)

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:  # noqa: N803
        """Learn from one batch of features and targets more; return the estimator.

        A matrix of the size of features² is kept of the batches. There is no rate to choose, and scales of features do not
        matter. Coefficients of the squared error are those of :meth:`fit` on all data at once, and those of other losses come
        close to them after many batches.
        """
        X, y, weight = self._read(X, y, sample_weight, first=self._is_first(), batch=True)
        return self._learn(X, self._numbers(y), weight, None)

    def predict(self, X: Any) -> Any:  # noqa: N803
        """Return a prediction for each sample."""
        total = self._total_scores(X)
        return self._trained().inverse_link(total)


class LossClassifier(LossClassifierParts, _Linear):
    """A linear model that minimises any loss of two classes, or of several by a softmax, with penalties.

    Labels may be of any type. Losses of margins, such as :func:`lossary.hinge`, have no ``predict_proba``. Everything else is
    as in :class:`LossRegressor`.

    >>> import lossary
    >>> from lossary.trainers.sklearn import LossClassifier
    >>> model = LossClassifier(lossary.hinge, l2=0.1).fit([[0.0], [1.0], [2.0], [3.0]], ["no", "no", "yes", "yes"])
    >>> print(model.predict([[-1.0], [4.0]]))
    ['no' 'yes']
    """

    def __init__(
        self,
        loss: Loss = binary_cross_entropy,
        *,
        l2: float = 1e-3,
        l1: float = 0.0,
        fit_intercept: bool = True,
        max_iter: int = 2000,
        tol: float = 1e-6,
        warm_start: bool = False,
        **parameters: Any,
    ) -> None:
        super().__init__(
            loss, l2=l2, l1=l1, fit_intercept=fit_intercept, max_iter=max_iter, tol=tol, warm_start=warm_start, **parameters
        )

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:  # noqa: N803
        """Train on features and labels; return the estimator."""
        X, y, weight = self._read(X, y, sample_weight)
        labels = self._read_labels(y)
        self._train(X, labels, weight, self._class_count)
        if not (self.l1 or self.l2):
            self._warn_of_no_best(X, labels, weight)
        return self

    def _warn_of_no_best(self, features: Any, labels: Any, weight: Any) -> None:
        """Warn where all samples are told apart and the loss is not 0: larger coefficients always cost less."""
        total = self._total_scores(features)
        wrong = (total.argmax(axis=1) if total.ndim == 2 else total > 0) != labels
        if weight is not None:
            wrong &= weight > 0
        if not wrong.any() and np.average(self.scores_.value(total, labels), weights=weight) > 0:
            text = (
                f"{type(self).__name__} tells all samples apart, so no coefficients are the best: larger ones always cost "
                "less; set l2, or l1"
            )
            warnings.warn(text, ConvergenceWarning, stacklevel=3)

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:  # noqa: N803
        """Learn from one batch of features and labels more; return the estimator.

        The first call needs all ``classes`` that there will be. Everything else is as in :meth:`LossRegressor.partial_fit`.
        """
        first = self._is_first()
        X, y, weight = self._read(X, y, sample_weight, first=first, batch=True)
        if first:
            if classes is None:
                raise ValueError("classes must be passed on the first call to partial_fit: all labels that there will be")
            self._keep_classes(classes)
        elif classes is not None and not np.array_equal(np.unique(classes), self.classes_):
            raise ValueError(
                f"classes are those of the first call, {self.classes_.tolist()}; got {np.unique(classes).tolist()}"
            )
        return self._learn(X, self._indexes(y), weight, self._class_count)


def hist_gradient_boosting(loss: Loss, *, curvature: str = "auto", **parameters: Any) -> HistLoss:
    """Return a loss as ``loss=`` of ``HistGradientBoostingRegressor``, or a loss of two outcomes as that of ``…Classifier``.

    Boosting needs no other package then. The start is the constant with the least mean loss, predictions are numbers, means or
    probabilities, and early stopping is by the loss. ``curvature`` is that of :func:`lossary.trainers.boosting.objective`, and
    ``parameters`` are the loss's own; a curvature that holds within a step is not held to one. It is made of a private class of
    scikit-learn, so releases that it was not tried with are refused.

    Raises TypeError for a loss that has not one score a sample and for unknown parameters, and ValueError for values that
    parameters cannot have and for a curvature that is not known for the loss.

    >>> import numpy as np, lossary
    >>> from sklearn.ensemble import HistGradientBoostingRegressor
    >>> from lossary.trainers.sklearn import hist_gradient_boosting
    >>> x = np.random.default_rng(0).normal(size=(300, 2))
    >>> y = x[:, 0] + np.random.default_rng(1).standard_t(2, size=300)
    >>> model = HistGradientBoostingRegressor(loss=hist_gradient_boosting(lossary.huber, delta=0.5), max_iter=20).fit(x, y)
    >>> bool(np.corrcoef(model.predict(x), x[:, 0])[0, 1] > 0.9)
    True
    """
    return HistLoss(loss, curvature, parameters)
