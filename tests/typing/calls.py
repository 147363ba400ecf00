"""Code that uses lossary, checked by mypy and never run; ``# E: code`` marks an error that must be found."""

from typing import Any, assert_type

import jax
import numpy as np
import numpy.typing as npt
import torch

import lossary
from lossary.formula.domains import Positive, Probability, Real
from lossary.vocabulary import exp, log1p

Floats = npt.NDArray[np.floating[Any]]
Float = np.floating[Any]
x, y = np.array([1.0, 2.0]), np.array([0.0, 1.0])
labels = np.array([0, 1])
t, u = torch.ones(2), torch.zeros(2)
a, b = jax.numpy.ones(2), jax.numpy.zeros(2)

# results by the kind of array
assert_type(lossary.huber(x, y), Float)
assert_type(lossary.huber([1.0], [2.0]), Float)
assert_type(lossary.huber(1.0, 2.0, delta=2), Float)
assert_type(lossary.huber(x, y, reduction="none"), Floats)
assert_type(lossary.huber(t, u), torch.Tensor)
assert_type(lossary.huber(t, u, reduction="none"), torch.Tensor)
assert_type(lossary.huber(a, b), jax.Array)
assert_type(lossary.huber.gradient(x, y), Floats)
assert_type(lossary.huber.gradient(a, b), jax.Array)
assert_type(lossary.huber.value_and_gradient(x, y), tuple[Float, Floats])
assert_type(lossary.huber.value_and_gradient(x, y, reduction="none"), tuple[Floats, Floats])
assert_type(lossary.huber.value_and_gradient(t, u), tuple[torch.Tensor, torch.Tensor])
assert_type(lossary.huber.curvature(t, u), torch.Tensor)
assert_type(lossary.huber.total(t, u), lossary.Total)
assert_type(lossary.cross_entropy(x, labels, class_weight=[1.0, 2.0], ignore_index=-100), Float)
assert_type(lossary.cross_entropy(t, u, returns=("entropy",)).entropy, torch.Tensor)
assert_type(lossary.linear_cross_entropy(t, u, t), torch.Tensor)
assert_type(lossary.linear_cross_entropy.gradient(t, u, t).weight, torch.Tensor)
assert_type(lossary.linear_kl_divergence(x, y, x, y), Float)

# every option
lossary.huber(x, y, delta=torch.tensor(1.0), weight=x, where=[True, False], axis=-1, normalizer=4, empty="zero", check=False)
lossary.huber(prediction=x, target=y, axis=(0, 1))
lossary.huber.gradient(x, y, out=x)
lossary.cross_entropy(t, u, given="probabilities", label_smoothing=0.1, smoothing="others", soft_cap=30.0, temperature=2)
options: dict[str, Any] = {}
lossary.huber(x, y, **options)

lossary.torch.CrossEntropy(ignore_index=-100, class_weight=[1.0, 2.0], returns=("entropy",))
lossary.torch.LinearCrossEntropy(8, 50, z_loss=1e-4, chunk="auto")


# several predictions, parameters of samples, sums
@lossary.pointwise
def gaussian(mean: Real, variance: Positive, target: Real) -> Real:
    return (log1p(variance) + (target - mean) ** 2 / variance) / 2


gaussian(x, y, x, weight=y).item()
gaussian(mean=x, variance=y, target=x)
gaussian.gradient(t, u, t).variance.sum()
lossary.huber(x, y, delta=[1.0, 2.0])
lossary.huber(x, y, delta=y)
assert_type(lossary.huber + 0.5 * lossary.squared_error / 2, lossary.Loss)
assert_type((lossary.huber + lossary.squared_error)(x, y), Float)
assert_type(gaussian.inputs, tuple[str, ...])

# what is wrong
lossary.torch.CrossEntropy(label_smothing=0.1)  # E: call-arg
lossary.torch.LinearCrossEntropy(8, 50, reduction="avg")  # E: arg-type
lossary.huber(x, y, reduction="avg")  # E: call-overload
lossary.huber(x, y, delat=1.0)  # E: call-overload
lossary.huber(x, y, delta="1")  # E: arg-type
lossary.huber(x, y, label_smoothing=0.1)  # E: call-overload
lossary.huber(x, y, 1.0)  # E: call-overload
lossary.huber(x)  # E: call-overload
lossary.huber(t, y)  # E: call-overload
lossary.huber(x, y, empty="nil")  # E: call-overload
lossary.cross_entropy(t, u, temperature=t)
lossary.linear_cross_entropy(t, t, u, temperature=t)  # E: call-overload
lossary.huber(t, u, delta=t)
lossary.huber.typo  # E: attr-defined
lossary.hubber  # E: attr-defined
lossary.huber.read_options_of  # E: attr-defined
lossary.huber.gradient(x, y, reducton="sum")  # E: call-overload
lossary.huber.total(x, y, reduction="sum")  # E: call-arg
lossary.cross_entropy(x, labels, label_smothing=0.1)  # E: call-overload
lossary.cross_entropy(x, labels, given="logit")  # E: call-overload
lossary.cross_entropy(x, labels, smoothing="other")  # E: call-overload
lossary.cross_entropy(x, labels, returns=("entrpy",))  # E: arg-type
lossary.binary_cross_entropy(x, y, from_logits=True)  # E: call-overload
lossary.linear_cross_entropy(t, u, t, softcap=30.0)  # E: call-overload
lossary.pointwise(convx=True)  # E: call-overload


# a loss that is given
def train(loss: lossary.Loss) -> torch.Tensor:
    loss(t, u, reduction="avg")  # E: call-overload
    loss.typo  # E: attr-defined
    return loss(t, u, gamma=2.0)


train(lossary.huber)
train(lossary.cross_entropy)
train(3)  # E: arg-type


# a loss of one's own passes `mypy --strict` where the definition is annotated with domains
@lossary.pointwise
def cauchy(prediction: Real, target: Real, *, scale: Positive = 1.0) -> Real:
    return log1p(((prediction - target) / scale) ** 2)


@lossary.pointwise(convex=True, minimizer="mean")
def brier(prediction: Probability, target: Probability) -> Real:
    return (prediction - target) ** 2


@lossary.softmax
def focal(log_probability: Real, *, gamma: Positive = 2.0) -> Real:
    return -((1 - exp(log_probability)) ** gamma) * log_probability


assert_type(cauchy(x, y, scale=2.0), Float)
assert_type(cauchy(t, u, scale=2.0), torch.Tensor)
assert_type(focal.gradient(t, u, gamma=1), torch.Tensor)
assert_type(lossary.linear(focal), lossary.LinearLoss)
cauchy(x, y, reduction="avg")  # E: call-overload
train(cauchy)


@lossary.pointwise
def bare(prediction, target):  # E: no-untyped-def
    return prediction - target


bare(x, y)
