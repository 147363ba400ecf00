"""A loss as a scorer of scikit-learn, which is imported when a score is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np

from lossary.trainers.targets import class_indexes, read_targets, refuse_other_inputs, target_of

if TYPE_CHECKING:
    from lossary.engine.calls import Loss

__all__ = ["scorer"]

_SET_HERE = ("weight", "where", "axis", "reduction", "normalizer", "empty", "returns")
"""Options of a loss that its place as a scorer decides."""
_METHODS = {"probabilities": "predict_proba", "log_probabilities": "predict_log_proba"}
"""What gives the prediction of a classifier in these forms; others are scores."""


def scorer(loss: Loss, **parameters: Any) -> Scorer:
    """Return a loss as ``scoring=`` of searches and cross-validation: minus its mean, so that greater is better.

    Losses of classes take ``predict_proba`` of the estimator, losses of margins its ``decision_function``, all others its
    ``predict``, which are means where the loss is one of means. Labels of any type are read by the estimator's ``classes_``;
    of two, the second is the positive one. Several outputs of a regressor are averaged. ``parameters`` are the loss's own;
    ``given="logits"`` takes the ``decision_function`` as logits, and ``given="log"`` what is predicted as the logarithm of a
    mean. Under metadata routing, ``set_score_request(sample_weight=True)`` asks for weights.

    Raises TypeError for losses of other inputs and unknown parameters, and ValueError for values that parameters cannot have.
    A score raises TypeError where the loss does not fit the estimator, and ValueError for labels that training has not seen.

    >>> import lossary
    >>> from sklearn.linear_model import LinearRegression
    >>> model = LinearRegression().fit([[0.0], [1.0]], [0.0, 1.0])
    >>> print(round(lossary.scorer(lossary.absolute_error)(model, [[0.0], [1.0]], [0.5, 1.0]), 6))
    -0.25
    """
    of: Any = loss
    refuse_other_inputs(of, "a scorer", several=True)
    if of.kind == "sum":
        terms = ", ".join(f"{term.__name__!r}: scorer({term.__name__})" for term, _ in of.terms)
        raise TypeError(f"a scorer takes a loss of probabilities, and the sum {of.__name__} takes none; pass {{{terms}}}")
    for option in _SET_HERE:
        if option in parameters:
            raise TypeError(f"scorer: {option}= is decided by the estimator and scikit-learn; leave it out")
    chosen, rest = of.choose(parameters)
    chosen.read_options(rest)
    return Scorer(loss, parameters)


class Scorer:
    """Minus the mean loss of an estimator's predictions; made by :func:`scorer`."""

    def __init__(self, loss: Any, parameters: dict[str, Any]) -> None:
        self.loss, self.parameters = loss, parameters
        forms = loss.properties.given
        self._form = parameters.get("given", next((form for form in ("probabilities", "mean") if form in forms), None))
        self._weight: bool | str | None = None
        """Whether routed weights are taken, or under which name; None: it was not said."""

    def __repr__(self) -> str:
        return f"scorer({self.loss.__name__}{''.join(f', {name}={x!r}' for name, x in self.parameters.items())})"

    def __call__(self, estimator: Any, X: Any, y: Any, sample_weight: Any = None) -> float:  # noqa: N803
        """Return minus the mean loss of the estimator on these samples."""
        from sklearn.base import is_classifier

        if not hasattr(estimator, "predict"):
            name = self.loss.__name__
            raise TypeError(
                f"a scorer takes an estimator, features and targets; got {type(estimator).__name__} first; of predictions that "
                f"you have, call -{name}(prediction, target)"
            )
        if is_classifier(estimator):
            prediction, target = _of_classes(self.loss, self._form, estimator, X, y)
        else:
            prediction, target = _of_numbers(self.loss, estimator, X, y)
        options = self.parameters if self._form is None else {**self.parameters, "given": self._form}
        if sample_weight is not None:
            weight = np.asarray(sample_weight)
            several = self.loss.kind == "pointwise" and target.ndim > weight.ndim  # outputs, which are averaged
            options = {**options, "weight": np.broadcast_to(weight[:, None], target.shape) if several else weight}
        return -float(self.loss(*prediction, target, **options))

    @property
    def _score_func(self) -> Any:
        """Raise AttributeError, by the private name by which ``TunedThresholdClassifierCV`` takes scorers apart."""
        raise AttributeError(
            "TunedThresholdClassifierCV judges labels at each threshold by a function of them, and a scorer of a loss judges "
            "an estimator; pass scoring=sklearn.metrics.make_scorer(function), such as lambda y, label: -(label != y).mean()"
        )

    def set_score_request(self, *, sample_weight: bool | str | None) -> Self:
        """Say whether weights that are routed are taken, or under which name; return the scorer."""
        import sklearn

        if not sklearn.get_config()["enable_metadata_routing"]:
            raise RuntimeError("set_score_request needs metadata routing: sklearn.set_config(enable_metadata_routing=True)")
        self._weight = sample_weight
        return self

    def get_metadata_routing(self) -> Any:
        """Return what is asked for, as scikit-learn's routing takes it."""
        from sklearn.utils.metadata_routing import MetadataRequest

        request = MetadataRequest(owner=self)
        request.score.add_request(param="sample_weight", alias=self._weight)
        return request


def _of_numbers(loss: Any, estimator: Any, x: Any, y: Any) -> tuple[Any, Any]:
    """Return a regressor's predictions and the targets; columns are flat."""
    found, name = estimator.predict(x), type(estimator).__name__
    prediction = [np.asarray(part, np.float64) for part in (found if isinstance(found, tuple) else (found,))]
    target = np.asarray(read_targets("a scorer", y), np.float64)
    if len(prediction) != len(loss.predictions):
        raise TypeError(
            f"{loss.__name__} is a loss of {', '.join(loss.predictions)}, and predict of {name} gives {len(prediction)}; "
            "lossary.trainers.boosting.Regressor gives all"
        )
    if target_of(loss).by_class and prediction[0].ndim < 2 and loss.kind != "pointwise":
        raise TypeError(
            f"{loss.__name__} is a loss of classes, and {name} predicts numbers; take a classifier, or another loss"
        )
    if loss.kind == "pointwise":
        prediction = [_flat(part) for part in prediction]
    return prediction, _flat(target)


def _flat(x: Any) -> Any:
    """Return a column as an array of one axis."""
    return x[:, 0] if x.ndim == 2 and x.shape[1] == 1 else x


def _of_classes(loss: Any, form: str | None, estimator: Any, x: Any, y: Any) -> tuple[Any, Any]:
    """Return a classifier's probabilities, scores or labels, as the loss takes them, and the labels as numbers."""
    labels, name, of = _flat(read_targets("a scorer", y)), loss.__name__, type(estimator).__name__
    if labels.ndim != 1:
        raise ValueError(f"a scorer judges one label a sample; got labels of shape {labels.shape}; score each output by itself")
    classes = np.asarray(estimator.classes_)
    target = class_indexes(labels, classes)
    if loss.kind == "pointwise" and target_of(loss).by_class:  # of decisions
        return (class_indexes(estimator.predict(x), classes),), target
    if not target_of(loss).by_class:
        if not loss.has_binary_target:
            raise TypeError(
                f"a classifier is judged by a loss of two classes or of several; got {name} for {of}; pass brier_binary, or "
                "brier for several"
            )
        if len(classes) != 2:
            raise ValueError(
                f"{name} is a loss of two classes; {of} has {len(classes)}; pass a loss of several, such as cross_entropy"
            )
        target = target.astype(np.float64)
    method = _METHODS.get(str(form), "decision_function")
    if not hasattr(estimator, method):
        remedy = (
            "pass a loss of probabilities, such as binary_cross_entropy"
            if method == "decision_function"
            else "wrap it in CalibratedClassifierCV, or pass a loss of margins, such as hinge"
        )
        raise TypeError(f"{name} takes {method} of an estimator, which {of} does not have; {remedy}")
    prediction = np.asarray(getattr(estimator, method)(x), np.float64)
    if target_of(loss).by_class:
        if prediction.ndim < 2:
            raise ValueError(f"{name} takes a score for each class; {of} has one score for its two classes; pass hinge")
    elif prediction.ndim == 2:
        prediction = prediction[:, 1]
    return (prediction,), target
