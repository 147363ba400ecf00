"""A dozen of the other losses element by element, beside torch's own function or, where it has none, the usual expression."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import jax
import optax
import torch
from contestants import COMPILED, EAGER, JAX, TOLERANCE, Family, Work, compiled, jitted, step, to_jax
from torch import Tensor
from torch.nn import functional

import lossary


def numbers(count: int) -> tuple[Tensor, Tensor]:
    return torch.randn(count), torch.randn(count)


def amounts(count: int) -> tuple[Tensor, Tensor]:
    return torch.rand(count) + 0.1, torch.rand(count) + 0.1


def counts(count: int) -> tuple[Tensor, Tensor]:
    return torch.randn(count), torch.randint(0, 10, (count,)).float()


def log_amounts(count: int) -> tuple[Tensor, Tensor]:
    return torch.randn(count), torch.rand(count) + 0.1


def events(count: int) -> tuple[Tensor, Tensor]:
    return torch.randn(count), torch.randint(0, 2, (count,)).float()


def quantile(p: Tensor, t: Tensor) -> Tensor:
    u = t - p
    return torch.maximum(0.9 * u, -0.1 * u).mean()


def expectile(p: Tensor, t: Tensor) -> Tensor:
    return (torch.where(t >= p, 0.9, 0.1) * (p - t) ** 2).mean()


def log_cosh(p: Tensor, t: Tensor) -> Tensor:
    r = p - t
    return (r + functional.softplus(-2 * r) - math.log(2)).mean()


def pseudo_huber(p: Tensor, t: Tensor) -> Tensor:
    return (torch.sqrt(1 + (p - t) ** 2) - 1).mean()


def cauchy(p: Tensor, t: Tensor) -> Tensor:
    return torch.log1p((p - t) ** 2 / 2).mean()


def tukey(p: Tensor, t: Tensor) -> Tensor:
    c = 4.685
    return (c**2 / 6 * (1 - (1 - torch.clamp(((p - t) / c) ** 2, max=1)) ** 3)).mean()


def squared_log_error(p: Tensor, t: Tensor) -> Tensor:
    return ((torch.log1p(p) - torch.log1p(t)) ** 2).mean()


def symmetric_percentage_error(p: Tensor, t: Tensor) -> Tensor:
    return (2 * (p - t).abs() / (p.abs() + t.abs())).mean()


def gamma(s: Tensor, t: Tensor) -> Tensor:
    return (s + t * torch.exp(-s)).mean()


def tweedie(s: Tensor, t: Tensor) -> Tensor:
    return ((torch.exp(s / 2) - 1) / 0.5 + t * (torch.exp(-s / 2) - 1) / 0.5).mean()


def negative_binomial(s: Tensor, t: Tensor) -> Tensor:
    return ((t + 1) * functional.softplus(s) - t * s).mean()


def focal(z: Tensor, t: Tensor) -> Tensor:
    p = torch.sigmoid(z)
    wrong = p * (1 - t) + (1 - p) * t
    return (wrong**2 * functional.binary_cross_entropy_with_logits(z, t, reduction="none")).mean()


def hinge(z: Tensor, t: Tensor) -> Tensor:
    return functional.relu(1 - (2 * t - 1) * z).mean()


MORE: dict[str, tuple[Any, Any, Any]] = {
    "quantile": (partial(lossary.quantile.value_and_gradient, alpha=0.9), quantile, numbers),
    "expectile": (partial(lossary.expectile.value_and_gradient, alpha=0.9), expectile, numbers),
    "smooth L1": (lossary.smooth_l1.value_and_gradient, functional.smooth_l1_loss, numbers),
    "log-cosh": (lossary.log_cosh.value_and_gradient, log_cosh, numbers),
    "pseudo-Huber": (lossary.pseudo_huber.value_and_gradient, pseudo_huber, numbers),
    "Cauchy": (lossary.cauchy.value_and_gradient, cauchy, numbers),
    "Tukey": (lossary.tukey.value_and_gradient, tukey, numbers),
    "squared log error": (lossary.squared_log_error.value_and_gradient, squared_log_error, amounts),
    "sMAPE": (lossary.symmetric_percentage_error.value_and_gradient, symmetric_percentage_error, amounts),
    "Poisson": (lossary.poisson.value_and_gradient, functional.poisson_nll_loss, counts),
    "gamma": (lossary.gamma.value_and_gradient, gamma, log_amounts),
    "Tweedie": (lossary.tweedie.value_and_gradient, tweedie, counts),
    "negative binomial": (lossary.negative_binomial.value_and_gradient, negative_binomial, counts),
    "binary focal": (lossary.focal_binary.value_and_gradient, focal, events),
    "hinge": (lossary.hinge.value_and_gradient, hinge, events),
}
"""Value and gradient by ours, the cost in torch, and what makes prediction and target."""
BY_OPTAX: dict[str, Any] = {
    "smooth L1": optax.huber_loss,
    "log-cosh": optax.log_cosh,
    "binary focal": optax.sigmoid_focal_loss,
    "hinge": lambda z, t: optax.hinge_loss(z, 2 * t - 1),
}
"""The losses that Optax has."""


def work(name: str, count: int) -> Work:
    ours, torch_loss, inputs = MORE[name]
    torch.manual_seed(0)
    p, t = inputs(count)
    output = torch.zeros_like(p)
    peers = {EAGER: step(torch_loss, p, t), COMPILED: step(compiled(torch_loss), p, t)}
    if name in BY_OPTAX:
        peers[JAX] = jitted(jax.value_and_grad(lambda p, t: BY_OPTAX[name](p, t).mean()), to_jax(p), to_jax(t))
    return Work(
        ours={"": lambda: ours(p, t)},
        peers=peers,
        limit=lambda: torch.add(p, t, out=output),
        truth=step(torch_loss, p.double(), t.double())(),
        tolerance=10 * TOLERANCE[p.dtype],
    )


def more_losses() -> Family:
    family = Family(
        "Value and gradient of more losses, element by element, float32",
        "reading both inputs once and writing an output: `torch.add` into a tensor that is there already",
        (EAGER, COMPILED, JAX),
    )
    for name in MORE:
        for count in (100_000, 10_000_000):
            family.works[f"{name} {count:,}"] = partial(work, name, count)
    return family
