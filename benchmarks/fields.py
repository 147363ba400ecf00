"""Losses of images, ensembles and distributions, and special functions, beside the libraries of their fields."""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import numpy as np
import optax
import scipy.special
import scoringrules
import torch
from contestants import (
    COMPILED,
    EAGER,
    JAX,
    NUMPY,
    SCIPY,
    SCORINGRULES,
    TOLERANCE,
    Family,
    Work,
    compiled,
    jitted,
    step,
    to_jax,
)
from torch import Tensor
from torch.nn import functional

import lossary

# ---- images


def torch_dice(p: Tensor, t: Tensor) -> Tensor:
    """Soft Dice of each class of each image."""
    axes = (2, 3)
    return (1 - 2 * (p * t).sum(axes) / (p.sum(axes) + t.sum(axes))).mean()


def torch_focal(z: Tensor, y: Tensor) -> Tensor:
    log_p = torch.log_softmax(z, 1).gather(1, y[:, None])[:, 0]
    return (-((1 - log_p.exp()) ** 2) * log_p).mean()


def image_loss(name: str, shape: tuple[int, int, int, int]) -> Work:
    torch.manual_seed(0)
    labels = torch.randint(0, shape[1], (shape[0], *shape[2:]))
    if name == "Dice":
        x, y = torch.rand(shape), functional.one_hot(labels, shape[1]).permute(0, 3, 1, 2).float().contiguous()
        ours, torch_loss, axis = lossary.dice, torch_dice, (2, 3)
    else:
        x, y = torch.randn(shape), labels
        ours, torch_loss, axis = lossary.focal, torch_focal, 1
    output = torch.zeros_like(x)
    return Work(
        ours={
            "value_and_gradient": lambda: ours.value_and_gradient(x, y, axis=axis),
            "autograd": step(partial(ours, axis=axis), x, y),
        },
        peers={EAGER: step(torch_loss, x, y), COMPILED: step(compiled(torch_loss), x, y)},
        limit=lambda: output.copy_(x),
        truth=step(torch_loss, x.double(), y.double() if y.is_floating_point() else y)(),
        tolerance=TOLERANCE[torch.float32],
    )


def images(shape: tuple[int, int, int, int] = (8, 4, 512, 512)) -> Family:
    family = Family(
        "Value and gradient of losses of images, float32",
        "reading the prediction once and writing as much: `copy_` into a tensor that is there already",
        (EAGER, COMPILED),
    )
    for name in ("Dice", "focal"):
        family.works[f"{name} {' × '.join(map(str, shape))}"] = partial(image_loss, name, shape)
    return family


# ---- ensembles


def ensemble(count: int, members: int) -> Work:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(count, members)), rng.normal(size=count)
    as_torch = torch.from_numpy(x)
    by_numba = partial(scoringrules.crps_ensemble, y, x, backend="numba")
    return Work(
        ours={"": lambda: lossary.crps_ensemble(x, y, reduction="none")},
        peers={SCORINGRULES: by_numba, NUMPY: partial(scoringrules.crps_ensemble, y, x, backend="numpy")},
        limit=lambda: torch.sum(as_torch),
        truth=np.asarray(by_numba()),
        tolerance=1e-9,
    )


def ensembles(count: int = 1_000_000, members: int = 50) -> Family:
    return Family(
        "The CRPS of ensembles, float64, one value a sample",
        "reading the members once: torch's `sum`; under NumPy stands scoringrules' NumPy backend",
        (SCORINGRULES, NUMPY),
        {f"CRPS of {count:,} ensembles of {members}": partial(ensemble, count, members)},
    )


# ---- special functions


def unequal(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    return rng.normal(size=count), rng.normal(size=count)


def positive(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    return rng.gamma(2, size=count), rng.gamma(2, size=count)


def probabilities(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    return rng.random(count), (rng.random(count) < 0.3).astype(float)


def scipy_cross_entropy(p: np.ndarray, t: np.ndarray) -> np.ndarray:
    found: np.ndarray = -(scipy.special.xlogy(t, p) + scipy.special.xlog1py(1 - t, -p))
    return found


BY_SCIPY: dict[str, tuple[Any, Any, Any]] = {
    "Huber, special.huber": (lossary.huber, lambda p, t: scipy.special.huber(1.0, p - t), unequal),
    "pseudo-Huber, special.pseudo_huber": (lossary.pseudo_huber, lambda p, t: scipy.special.pseudo_huber(1.0, p - t), unequal),
    "log loss, special.xlogy": (
        partial(lossary.binary_cross_entropy, given="probabilities"),
        scipy_cross_entropy,
        probabilities,
    ),
    "Poisson deviance, special.kl_div": (
        partial(lossary.poisson, given="mean", constant="deviance"),
        lambda p, t: 2 * scipy.special.kl_div(t, p),
        positive,
    ),
    "generalised KL, special.kl_div": (
        lambda p, t: lossary.generalized_kl(p.reshape(-1, 100), t.reshape(-1, 100), reduction="sum") / p.size,
        lambda p, t: scipy.special.kl_div(t, p),
        positive,
    ),
}
"""Ours, the losses by SciPy, and what makes prediction and target."""


def by_scipy(name: str, count: int) -> Work:
    ours, theirs, inputs = BY_SCIPY[name]
    p, t = inputs(np.random.default_rng(0), count)
    as_torch = torch.from_numpy(p), torch.from_numpy(t)
    return Work(
        ours={"": lambda: ours(p, t)},
        peers={SCIPY: lambda: theirs(p, t).mean()},
        limit=lambda: torch.dot(*as_torch),
        truth=theirs(p, t).mean(),
        tolerance=1e-9,
    )


def special_functions(count: int = 10_000_000) -> Family:
    family = Family(
        "The mean of special functions, float64, value only",
        "reading both inputs once: `torch.dot`",
        (SCIPY,),
    )
    for name in BY_SCIPY:
        family.works[f"{name} {count:,}"] = partial(by_scipy, name, count)
    return family


# ---- losses of classes in Optax


def labelled(rows: int, classes: int) -> tuple[Tensor, Tensor]:
    return torch.randn(rows, classes), torch.randint(0, classes, (rows,))


def soft(rows: int, classes: int) -> tuple[Tensor, Tensor]:
    return torch.randn(rows, classes), torch.softmax(torch.randn(rows, classes), -1)


def optax_poly(z: Any, y: Any) -> Any:
    return optax.losses.poly_loss_cross_entropy(z, jax.nn.one_hot(y, z.shape[-1]), epsilon=1.0).mean()


def optax_kl(z: Any, t: Any) -> Any:
    return optax.losses.kl_divergence(jax.nn.log_softmax(z), t).mean()


BY_OPTAX: dict[str, tuple[Any, Any, Any]] = {
    "poly-1, optax.losses.poly_loss_cross_entropy": (lossary.poly1, optax_poly, labelled),
    "multi-class hinge, optax.losses.multiclass_hinge_loss": (
        lossary.crammer_singer,
        lambda z, y: optax.losses.multiclass_hinge_loss(z, y).mean(),
        labelled,
    ),
    "Kullback–Leibler, optax.kl_divergence": (lossary.kl_divergence, optax_kl, soft),
}


def by_optax(name: str, rows: int, classes: int) -> Work:
    ours, theirs, inputs = BY_OPTAX[name]
    torch.manual_seed(0)
    x, y = inputs(rows, classes)
    output = torch.zeros_like(x)
    with jax.enable_x64(True):
        truth = jitted(jax.value_and_grad(theirs), to_jax(x.double()), to_jax(y.double() if y.is_floating_point() else y))()
    return Work(
        ours={"value_and_gradient": lambda: ours.value_and_gradient(x, y), "autograd": step(ours, x, y)},
        peers={JAX: jitted(jax.value_and_grad(theirs), to_jax(x), to_jax(y))},
        limit=lambda: output.copy_(x),
        truth=tuple(map(np.asarray, truth)),
        tolerance=TOLERANCE[torch.float32],
    )


def classes_of_optax(rows: int = 4096, classes: int = 1000) -> Family:
    family = Family(
        "Value and gradient of more losses of classes, float32",
        "reading the logits once and writing as much: `copy_` into a tensor that is there already",
        (JAX,),
    )
    for name in BY_OPTAX:
        family.works[f"{name} {rows} × {classes}"] = partial(by_optax, name, rows, classes)
    return family
