"""A linear or logistic model with a loss: its cost, and the cost's gradient and Hessian in the model's parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lossary.arrays.checks import as_numpy
from lossary.engine.loss import Loss
from lossary.names import wrong_choice

MODELS = ("linear", "logistic")


@dataclass(frozen=True)
class Model:
    """Scores z = Xw, and the loss of z itself ("linear") or of the probability 1/(1 + e⁻ᶻ) ("logistic")."""

    loss: Loss
    design: np.ndarray
    """The features, a row a sample; the first column is 1 if there is an intercept."""
    target: np.ndarray
    weight: np.ndarray | None
    logistic: bool
    options: Mapping[str, Any]
    """Parameters of the loss and ``given``."""
    names: tuple[str, ...]
    """The parameters of the model."""

    def cost(self, parameters: np.ndarray, rows: Any = slice(None)) -> float:
        """Return the mean loss of these rows."""
        return float(self.loss(self._predictions(parameters, rows), self.target[rows], **self._options(rows)))

    def gradient(self, parameters: np.ndarray, rows: Any = slice(None)) -> np.ndarray:
        """Return the gradient of the mean loss of these rows."""
        predictions = self._predictions(parameters, rows)
        slopes = np.asarray(self.loss.gradient(predictions, self.target[rows], **self._options(rows)))
        if self.logistic:
            slopes = slopes * predictions * (1 - predictions)
        return np.asarray(slopes @ self.design[rows])

    def hessian(self, parameters: np.ndarray) -> np.ndarray:
        """Return the Hessian of the mean loss of all rows; at a kink of the loss, that beside it."""
        p = self._predictions(parameters, slice(None))
        options = self._options(slice(None))
        bend = np.asarray(self.loss.curvature(p, self.target, **options))
        if self.logistic:  # of ℓ(σ(z)): ℓ″σ′² + ℓ′σ″, with σ′ = σ(1 - σ) and σ″ = σ′(1 - 2σ)
            slope = p * (1 - p)
            bend = bend * slope**2 + np.asarray(self.loss.gradient(p, self.target, **options)) * slope * (1 - 2 * p)
        return np.asarray(self.design.T @ (self.design * bend[:, None]))

    def _predictions(self, parameters: np.ndarray, rows: Any) -> np.ndarray:
        scores = self.design[rows] @ parameters
        if self.logistic:
            from lossary.activations import sigmoid

            scores = np.asarray(sigmoid(scores))
        return np.asarray(scores)

    def _options(self, rows: Any) -> dict[str, Any]:
        return {**self.options, **({} if self.weight is None else {"weight": self.weight[rows]})}


def make_model(
    what: str,
    loss: Any,
    features: Any,
    target: Any,
    *,
    model: str,
    intercept: bool,
    weight: Any,
    given: str | None,
    names: Sequence[str] | None,
    parameters: Mapping[str, Any],
) -> Model:
    """Return the model of these data; raise for a loss or data that do not fit."""
    if not isinstance(loss, Loss):
        raise TypeError(f"{what}: it takes a loss, such as lossary.huber; got {type(loss).__name__}")
    if loss.inputs != ("prediction", "target") or loss.kind != "pointwise":
        raise TypeError(
            f"{what}: a loss of one prediction and a target judges a linear model; {loss.__name__} is a {loss.kind} loss of "
            f"{', '.join(loss.inputs)}"
        )
    if model not in MODELS:
        raise wrong_choice(what, "model", model, MODELS)
    if model == "logistic" and given is None and "probabilities" in loss.properties.given:
        given = "probabilities"
    x, y = (np.asarray(as_numpy(array), dtype=float) for array in (features, target))
    x = x[:, None] if x.ndim == 1 else x
    if x.ndim != 2 or y.shape != x.shape[:1] or not len(y):
        raise ValueError(
            f"{what}: features have a row a sample, and the target a number a sample; got shapes {x.shape} and {y.shape}"
        )
    if not np.isfinite(x).all():
        raise ValueError(f"{what}: features are finite numbers; got NaN or infinity; leave such rows out")
    named = list(names) if names is not None else [f"w{i + 1}" for i in range(x.shape[1])]
    if len(named) != x.shape[1]:
        raise ValueError(f"{what}: names= has one name a feature; got {len(named)} for {x.shape[1]} features")
    if intercept:
        x, named = np.column_stack([np.ones(len(x)), x]), ["intercept", *named]
    weights = None if weight is None else np.asarray(as_numpy(weight), dtype=float)
    options = {**parameters, **({} if given is None else {"given": given})}
    made = Model(loss, x, y, weights, model == "logistic", options, tuple(named))
    made.cost(np.zeros(x.shape[1]))  # raises for options that the loss does not have, and for targets outside its domain
    return made
