"""Losses and their gradients beside their peers in one process, two threads each; writes its tables into RESULTS.md.

    python benchmarks/kernels.py [--only PATTERN] [--quick]
    python benchmarks/kernels.py --start [--quick]

``--only`` runs the rows that match a regular expression, ``--quick`` takes few repeats; either way the tables are
printed and not written. ``--start`` measures importing and the first call in fresh processes instead.
"""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from typing import Any
from unittest.mock import patch

# two threads each; read when the libraries are imported, PJRT_NPROC by JAX
os.environ["LOSSARY_NUM_THREADS"] = "2"
os.environ["OMP_NUM_THREADS"] = "2"
os.environ["OPENBLAS_NUM_THREADS"] = "2"
os.environ["PJRT_NPROC"] = "2"
os.environ["TORCHINDUCTOR_COMPILE_THREADS"] = "1"  # compiles in this process, so that no helpers stay beside it

import jax
import jax.numpy as jnp
import numpy as np
import optax
import sklearn.metrics
import torch
from contestants import (
    ARRAY_PEERS,
    COMPILED,
    EAGER,
    JAX,
    NUMPY,
    SKLEARN,
    TENSOR_PEERS,
    TOLERANCE,
    Call,
    Family,
    Work,
    compiled,
    jitted,
    step,
    to_jax,
)
from fields import classes_of_optax, ensembles, images, special_functions
from harness import FULL, QUICK, Effort, agree, digits, line, machine, medians, wrap, write_between
from more_losses import more_losses
from start import start_section
from torch.nn import functional

import lossary
from lossary.arrays.graph import as_graph_node
from lossary.engine import dispatch
from lossary.engine.call import changed
from lossary.vocabulary import distance, log, maximum, norm, total

# ---- losses of classes from logits


def numpy_cross_entropy(z: np.ndarray, y: np.ndarray) -> tuple[Any, Any]:
    """The stable formula of the textbooks, array operation by array operation."""
    rows = np.arange(len(z))
    shifted = z - z.max(axis=1, keepdims=True)
    gradient = np.exp(shifted)
    sums = gradient.sum(axis=1, keepdims=True)
    value = (np.log(sums[:, 0]) - shifted[rows, y]).mean()
    gradient /= sums
    gradient[rows, y] -= 1
    gradient /= len(z)
    return value, gradient


def cross_entropy(rows: int, classes: int, dtype: torch.dtype, with_numpy: bool) -> Work:
    torch.manual_seed(0)
    z, y = torch.randn(rows, classes).to(dtype), torch.randint(0, classes, (rows,))
    output = torch.zeros_like(z)

    def optax_mean(z: Any, y: Any) -> Any:
        return optax.softmax_cross_entropy_with_integer_labels(z, y).mean()

    def double_precision() -> AbstractContextManager[Any]:
        return jax.enable_x64(dtype == torch.float64)

    with double_precision():
        jax_arrays = to_jax(z), to_jax(y)
    peers = {
        EAGER: step(functional.cross_entropy, z, y),
        COMPILED: step(compiled(functional.cross_entropy), z, y),
        JAX: jitted(jax.value_and_grad(optax_mean), *jax_arrays),
    }
    if with_numpy:
        peers[NUMPY] = partial(numpy_cross_entropy, z.numpy(), y.numpy())
    return Work(
        ours={
            "value_and_gradient": lambda: lossary.cross_entropy.value_and_gradient(z, y),
            "autograd": step(lossary.cross_entropy, z, y),
        },
        peers=peers,
        limit=lambda: output.copy_(z),
        truth=step(functional.cross_entropy, z.double(), y)(),
        tolerance=TOLERANCE[dtype],
        context=double_precision,
    )


@lossary.softmax
def brier(probability: Any, target: Any) -> Any:
    return (probability - target) ** 2


def torch_brier(z: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    squares: torch.Tensor = (torch.softmax(z, -1) - functional.one_hot(y, z.shape[-1])) ** 2
    return squares.sum(-1).mean()


def brier_score(rows: int, classes: int) -> Work:
    torch.manual_seed(0)
    z, y = torch.randn(rows, classes), torch.randint(0, classes, (rows,))
    output = torch.zeros_like(z)

    def jax_mean(z: Any, y: Any) -> Any:
        return ((jax.nn.softmax(z) - jax.nn.one_hot(y, classes)) ** 2).sum(-1).mean()

    return Work(
        ours={"value_and_gradient": lambda: brier.value_and_gradient(z, y), "autograd": step(brier, z, y)},
        peers={
            EAGER: step(torch_brier, z, y),
            COMPILED: step(compiled(torch_brier), z, y),
            JAX: jitted(jax.value_and_grad(jax_mean), to_jax(z), to_jax(y)),
        },
        limit=lambda: output.copy_(z),
        truth=step(torch_brier, z.double(), y)(),
        tolerance=TOLERANCE[z.dtype],
    )


def losses_of_classes() -> Family:
    family = Family(
        "Value and gradient of losses of classes from logits and class indices",
        "reading the logits once and writing as much: `copy_` into a tensor that is there already",
        TENSOR_PEERS,
    )
    f32, f64, bf16 = torch.float32, torch.float64, torch.bfloat16
    for rows, classes, dtype, with_numpy in (
        (64, 10, f32, True),
        (4096, 10, f32, True),
        (4096, 1000, f32, True),
        (4096, 1000, f64, True),
        (4096, 1000, bf16, False),
        (2048, 32000, f32, False),
        (512, 128256, f32, False),
    ):
        title = f"cross-entropy {rows} × {classes} {str(dtype).removeprefix('torch.')}"
        family.works[title] = partial(cross_entropy, rows, classes, dtype, with_numpy)
    family.works["Brier score 4096 × 1000 float32"] = partial(brier_score, 4096, 1000)
    return family


# ---- losses element by element


def numpy_binary_cross_entropy(z: np.ndarray, t: np.ndarray) -> tuple[Any, Any]:
    return np.maximum(z, 0) - z * t + np.log1p(np.exp(-np.abs(z))), lambda: 1 / (1 + np.exp(-z)) - t


def numpy_squared_error(p: np.ndarray, t: np.ndarray) -> tuple[Any, Any]:
    r = p - t
    return r**2, lambda: 2 * r


def numpy_absolute_error(p: np.ndarray, t: np.ndarray) -> tuple[Any, Any]:
    r = p - t
    return np.abs(r), lambda: np.sign(r)


def numpy_huber(p: np.ndarray, t: np.ndarray) -> tuple[Any, Any]:
    r = p - t
    a = np.abs(r)
    return np.where(a <= 1, r**2 / 2, a - 0.5), lambda: np.clip(r, -1, 1)


def numpy_mean(losses: Callable[..., Any], with_gradient: bool, p: np.ndarray, t: np.ndarray) -> Any:
    values, slopes = losses(p, t)
    value = values.mean()
    return (value, slopes() / p.size) if with_gradient else value


ELEMENTWISE: dict[str, tuple[Any, Any, Any, Any]] = {
    "binary cross-entropy": (
        lossary.binary_cross_entropy,
        functional.binary_cross_entropy_with_logits,
        optax.sigmoid_binary_cross_entropy,
        numpy_binary_cross_entropy,
    ),
    "squared error": (lossary.squared_error, functional.mse_loss, optax.squared_error, numpy_squared_error),
    "absolute error": (lossary.absolute_error, functional.l1_loss, lambda p, t: jnp.abs(p - t), numpy_absolute_error),
    "Huber": (lossary.huber, functional.huber_loss, optax.huber_loss, numpy_huber),
}
"""Ours, torch's, Optax's (written out where it has none) and NumPy's."""


def elementwise(name: str, count: int, with_gradient: bool) -> Work:
    ours, torch_loss, optax_loss, numpy_loss = ELEMENTWISE[name]
    torch.manual_seed(0)
    p = torch.randn(count)
    t = torch.randint(0, 2, (count,)).float() if name == "binary cross-entropy" else torch.randn(count)
    output, compiled_loss = torch.zeros_like(p), compiled(torch_loss)

    def optax_mean(p: Any, t: Any) -> Any:
        return optax_loss(p, t).mean()

    shared = {
        JAX: jitted(jax.value_and_grad(optax_mean) if with_gradient else optax_mean, to_jax(p), to_jax(t)),
        NUMPY: partial(numpy_mean, numpy_loss, with_gradient, p.numpy(), t.numpy()),
    }
    truth = step(torch_loss, p.double(), t.double())()
    if with_gradient:
        return Work(
            ours={"value_and_gradient": lambda: ours.value_and_gradient(p, t), "autograd": step(ours, p, t)},
            peers={EAGER: step(torch_loss, p, t), COMPILED: step(compiled_loss, p, t), **shared},
            limit=lambda: torch.add(p, t, out=output),
            truth=truth,
            tolerance=TOLERANCE[p.dtype],
        )
    return Work(
        ours={"": lambda: ours(p, t)},
        peers={EAGER: lambda: torch_loss(p, t), COMPILED: lambda: compiled_loss(p, t), **shared},
        limit=lambda: torch.dot(p, t),
        truth=truth[0],
        tolerance=TOLERANCE[p.dtype],
        context=torch.no_grad,
    )


def elementwises(with_gradient: bool) -> Family:
    if with_gradient:
        title = "Value and gradient, element by element, float32"
        limit = "reading both inputs once and writing an output: `torch.add` into a tensor that is there already"
    else:
        title = "Value only, element by element, float32, torch under `no_grad`"
        limit = "reading both inputs once: `torch.dot`, which takes 10,000,000 elements as fast as memory gives them"
    family = Family(title, limit, TENSOR_PEERS)
    for name in ELEMENTWISE:
        for count in (1_000, 100_000, 10_000_000):
            family.works[f"{name} {count:,}"] = partial(elementwise, name, count, with_gradient)
    return family


# ---- several predictions, and sums of losses


@lossary.pointwise
def gaussian(mean, variance, target):
    return (log(variance) + (target - mean) ** 2 / variance) / 2


def torch_gaussian(m: torch.Tensor, v: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
    return (0.5 * (torch.log(v) + (t - m) ** 2 / v)).mean()  # what gaussian_nll_loss computes, but for its checks


def jax_gaussian(m: Any, v: Any, t: Any) -> Any:
    return ((jnp.log(v) + (t - m) ** 2 / v) / 2).mean()


def torch_sum(p: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
    return functional.mse_loss(p, t) + 0.5 * functional.l1_loss(p, t)


def jax_sum(p: Any, t: Any) -> Any:
    return ((p - t) ** 2 + 0.5 * jnp.abs(p - t)).mean()


def several(name: str, count: int) -> Work:
    """Value and gradients in all predictions; these side by side in one array, for the check."""
    ours, torch_loss, jax_loss, predictions = SEVERAL[name]
    torch.manual_seed(0)
    arrays = [torch.randn(count), *([torch.rand(count) + 0.5] if predictions == 2 else []), torch.randn(count)]
    output = [torch.zeros(count) for _ in range(predictions)]

    def joined(value: Any, gradients: Any) -> tuple[Any, Any]:
        return value, gradients if predictions == 1 else np.stack([np.asarray(g) for g in gradients])

    def training(loss: Callable[..., Any], tensors: list[torch.Tensor]) -> Call:
        leaves = [x.detach().requires_grad_() for x in tensors[:predictions]]

        def run() -> tuple[Any, Any]:
            for leaf in leaves:
                leaf.grad = None
            cost = loss(*leaves, *tensors[predictions:])
            cost.backward()
            return cost, leaves[0].grad if predictions == 1 else tuple(leaf.grad for leaf in leaves)

        return run

    places = 0 if predictions == 1 else (0, 1)
    return Work(
        ours={"value_and_gradient": lambda: ours.value_and_gradient(*arrays), "autograd": training(ours, arrays)},
        peers={
            EAGER: training(torch_loss, arrays),
            COMPILED: training(compiled(torch_loss), arrays),
            JAX: jitted(jax.value_and_grad(jax_loss, argnums=places), *map(to_jax, arrays)),
        },
        limit=lambda: [torch.add(arrays[0], arrays[-1], out=x) for x in output],
        truth=joined(*training(torch_loss, [x.double() for x in arrays])()),
        tolerance=TOLERANCE[torch.float32],
        joined=joined,
    )


SEVERAL: dict[str, tuple[Any, Any, Any, int]] = {
    "Gaussian likelihood": (gaussian, torch_gaussian, jax_gaussian, 2),
    "squared + 0.5 absolute error": (lossary.squared_error + 0.5 * lossary.absolute_error, torch_sum, jax_sum, 1),
}
"""Ours, torch's and JAX's, and the number of predictions."""


def several_predictions() -> Family:
    family = Family(
        "Value and all gradients of losses of several predictions, and of a sum of losses, float32",
        "`torch.add` of two inputs into a tensor that is there already, once for each prediction",
        (EAGER, COMPILED, JAX),
    )
    for name in SEVERAL:
        for count in (1_000, 100_000, 10_000_000):
            family.works[f"{name} {count:,}"] = partial(several, name, count)
    return family


# ---- sums over the components of a sample


@lossary.samplewise
def dice(prediction, target):
    return 1 - 2 * total(prediction * target) / (total(prediction) + total(target))


@lossary.samplewise
def cosine(prediction, target):
    return 1 - total(prediction * target) / (norm(prediction) * norm(target))


@lossary.samplewise
def triplet(prediction, target):
    """Of an anchor, and one array that is positive for it and negative for the next."""
    return maximum(0, distance(prediction, target) - distance(prediction, -target) + 1)


def torch_dice(p: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
    return (1 - 2 * (p * t).sum(-1) / (p.sum(-1) + t.sum(-1))).mean()


def torch_cosine(p: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
    return (1 - functional.cosine_similarity(p, t, dim=-1)).mean()


def torch_triplet(p: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
    return functional.triplet_margin_loss(p, t, -t, eps=0)


def jax_dice(p: Any, t: Any) -> Any:
    return (1 - 2 * (p * t).sum(-1) / (p.sum(-1) + t.sum(-1))).mean()


def jax_cosine(p: Any, t: Any) -> Any:
    return optax.cosine_distance(p, t).mean()


def jax_triplet(p: Any, t: Any) -> Any:
    return jnp.maximum(0, jnp.linalg.norm(p - t, axis=-1) - jnp.linalg.norm(p + t, axis=-1) + 1).mean()


SAMPLES = {
    "soft Dice": (dice, torch_dice, jax_dice),
    "cosine distance": (cosine, torch_cosine, jax_cosine),
    "triplet": (triplet, torch_triplet, jax_triplet),
}


def of_samples(name: str, rows: int, components: int) -> Work:
    ours, torch_loss, jax_loss = SAMPLES[name]
    torch.manual_seed(0)
    p, t = torch.rand(rows, components), torch.rand(rows, components)
    output = torch.zeros_like(p)
    return Work(
        ours={"value_and_gradient": lambda: ours.value_and_gradient(p, t), "autograd": step(ours, p, t)},
        peers={
            EAGER: step(torch_loss, p, t),
            COMPILED: step(compiled(torch_loss), p, t),
            JAX: jitted(jax.value_and_grad(jax_loss), to_jax(p), to_jax(t)),
        },
        limit=lambda: (torch.dot(p.view(-1), t.view(-1)), torch.add(p, t, out=output)),
        truth=step(torch_loss, p.double(), t.double())(),
        tolerance=TOLERANCE[p.dtype],
    )


def samples() -> Family:
    family = Family(
        "Value and gradient of sums over the components of a sample, float32",
        "reading both inputs twice and writing an output: `torch.dot`, and `torch.add` into a tensor that is there already",
        (EAGER, COMPILED, JAX),
    )
    for name, rows, components in (
        ("soft Dice", 8, 1_048_576),
        ("soft Dice", 1024, 1024),
        ("soft Dice", 1_000_000, 4),
        ("cosine distance", 100_000, 64),
        ("triplet", 4096, 128),
    ):
        family.works[f"{name} {rows:,} × {components:,}"] = partial(of_samples, name, rows, components)
    return family


# ---- steps of training, with and without Numba


def without_numba(
    loss: Callable[..., Any], prediction: torch.Tensor, target: torch.Tensor, **options: Any
) -> Callable[..., Any]:
    """The loss as it is computed where Numba is missing: how a kind of call is computed is decided at its first."""
    alone = changed(loss, plans={})  # with plans of its own
    alone._compute = as_graph_node(partial(dispatch.compute, alone), quiet=False)
    call: Callable[..., Any] = partial(alone, **options)
    with patch("lossary.kernels.native.available", lambda name: False):
        call(prediction.detach().requires_grad_(), target).sum().backward()
    return call


def with_option(option: str, torch_loss: Callable[..., Any], target: torch.Tensor) -> tuple[dict[str, Any], Callable[..., Any]]:
    """Options of ours, and torch's loss as its users write the same."""
    each = partial(torch_loss, reduction="none")
    if option in ("weight", "where"):
        weight = torch.rand(target.shape) if option == "weight" else torch.rand(target.shape) < 0.7
        return {option: weight}, lambda p, t: (weight * each(p, t)).sum() / weight.sum()
    if option == "reduction":
        return {"reduction": "none"}, each
    if option == "class_weight":
        weight = torch.rand(int(target.max()) + 1)
        return {option: weight}, lambda p, t: torch_loss(p, t, weight=weight.to(p.dtype))
    return ({option: 0.1}, partial(torch_loss, label_smoothing=0.1)) if option == "label_smoothing" else ({}, torch_loss)


def training_step(name: str, shape: tuple[int, ...], option: str = "") -> Work:
    torch.manual_seed(0)
    if name == "cross-entropy":
        ours, torch_loss = lossary.cross_entropy, functional.cross_entropy
        shape = shape if len(shape) > 1 else (shape[0] // 10, 10)
        p, t = torch.randn(shape), torch.randint(0, shape[1], shape[:1])
    else:
        ours, torch_loss, *_ = ELEMENTWISE[name]
        p = torch.randn(shape)
        t = torch.randint(0, 2, shape).float() if name == "binary cross-entropy" else torch.randn(shape)
    options, torch_loss = with_option(option, torch_loss, t)
    p = p.bfloat16() if option == "bfloat16" else p
    t = t.to(p.dtype) if t.is_floating_point() else t

    def summed(loss: Callable[..., Any]) -> Callable[..., Any]:
        return loss if option != "reduction" else lambda p, t: loss(p, t).sum()

    output, by_kernel = torch.zeros_like(p), step(summed(partial(ours, **options)), p, t)
    by_kernel()
    return Work(
        ours={"a kernel": by_kernel, "NumPy, without Numba": step(summed(without_numba(ours, p, t, **options)), p, t)},
        peers={EAGER: step(summed(torch_loss), p, t)},
        limit=lambda: output.copy_(p),
        truth=step(summed(torch_loss), p.double(), t.double() if t.is_floating_point() else t)(),
        tolerance=TOLERANCE[p.dtype],
    )


def training_steps() -> Family:
    family = Family(
        "A step of training by torch.autograd, float32, with and without Numba",
        "reading the prediction once and writing as much: `copy_` into a tensor that is there already",
        (EAGER,),
    )
    for name in (*ELEMENTWISE, "cross-entropy"):
        for shape in ((64, 10), (1_000,), (100_000,), (4096, 1000)):
            title = f"{name} {' × '.join(f'{n:,}' if len(shape) == 1 else str(n) for n in shape)}"
            family.works[title] = partial(training_step, name, shape)
    return family


def training_options() -> Family:
    family = Family(
        "A step of training with options, with and without Numba",
        "reading the prediction once and writing as much: `copy_` into a tensor that is there already",
        (EAGER,),
    )
    for name in ("Huber", "cross-entropy"):
        of_classes = ("label_smoothing", "class_weight") if name == "cross-entropy" else ()
        for option in ("weight", "where", "reduction", "bfloat16", *of_classes):
            for elements in (1_000, 100_000):
                family.works[f"{name} {elements:,} {option}"] = partial(training_step, name, (elements,), option)
    return family


# ---- NumPy arrays


def log_loss() -> Work:
    rng = np.random.default_rng(0)
    count = 1_000_000
    probabilities, labels = rng.dirichlet(np.ones(10), count), rng.integers(0, 10, count)
    rows, as_torch = np.arange(count), torch.from_numpy(probabilities)
    return Work(
        ours={"": lambda: lossary.cross_entropy(probabilities, labels, given="probabilities")},
        peers={
            SKLEARN: lambda: sklearn.metrics.log_loss(labels, probabilities, labels=range(10)),
            NUMPY: lambda: -np.log(probabilities[rows, labels]).mean(),
        },
        limit=lambda: as_torch.sum(),
        truth=functional.nll_loss(as_torch.log(), torch.from_numpy(labels)),
        tolerance=1e-9,
    )


def mean_squared_error() -> Work:
    rng = np.random.default_rng(0)
    p, t = rng.normal(size=(2, 10_000_000))
    as_torch = torch.from_numpy(p), torch.from_numpy(t)
    return Work(
        ours={"": lambda: lossary.squared_error(p, t)},
        peers={SKLEARN: lambda: sklearn.metrics.mean_squared_error(t, p), NUMPY: lambda: ((p - t) ** 2).mean()},
        limit=lambda: torch.dot(*as_torch),
        truth=functional.mse_loss(*as_torch),
        tolerance=1e-9,
    )


def squared_error_into_buffer() -> Work:
    rng = np.random.default_rng(0)
    p, t = rng.standard_normal((2, 10_000_000), dtype=np.float32)
    buffer, output = np.zeros_like(p), torch.zeros(len(p))
    as_torch = torch.from_numpy(p), torch.from_numpy(t)
    ours = {"value_and_gradient": lambda: lossary.squared_error.value_and_gradient(p, t)}
    if takes_out():
        ours["value_and_gradient with out="] = lambda: lossary.squared_error.value_and_gradient(p, t, out=buffer)
    return Work(
        ours=ours,
        peers={NUMPY: partial(numpy_mean, numpy_squared_error, True, p, t)},
        limit=lambda: torch.add(*as_torch, out=output),
        truth=step(functional.mse_loss, *(x.double() for x in as_torch))(),
        tolerance=TOLERANCE[torch.float32],
    )


def takes_out() -> bool:
    """Whether a gradient can be written into an array that is there already."""
    try:
        lossary.squared_error.value_and_gradient(np.ones(1), np.zeros(1), out=np.zeros(1))
    except TypeError:
        return False
    return True


def numpys() -> Family:
    return Family(
        "NumPy arrays",
        "reading the input once, by torch: `sum` of the probabilities, `dot` of two arrays, and with a gradient `add` into an "
        "array that is there already",
        ARRAY_PEERS,
        {
            "log loss 1,000,000 × 10 probabilities float64, value": log_loss,
            "squared error 10,000,000 float64, value": mean_squared_error,
            "squared error 10,000,000 float32, value and gradient": squared_error_into_buffer,
        },
    )


# ---- measuring and writing


def check(name: str, work: Work) -> None:
    """Stop unless all contestants give the same value and gradient."""
    for who, call in {**work.ours, **work.peers}.items():
        got, truth = call(), work.truth
        if work.joined is not None:
            got = work.joined(*got)
        if not isinstance(truth, tuple):
            got, truth = (got,), (truth,)
        for what, mine, true in zip(("value", "gradient"), got, truth, strict=False):
            agree(f"{name}, {what} by {who or 'ours'}", mine, true, work.tolerance)


def rows_of(name: str, work: Work, columns: tuple[str, ...], effort: Effort) -> Iterator[str]:
    """Check the answers, measure, and write a row for each way of calling ours."""
    with work.context():
        check(name, work)
        times = medians({**work.ours, **work.peers, "the limit": work.limit}, effort)
    for way in work.ours:
        mine = times[way]
        ratios = [digits(times[peer] / mine, 2) if peer in work.peers else "" for peer in columns]
        title = f"{name}, by {way}" if way else name
        yield line([title, digits(1e3 * mine), *ratios, digits(mine / times["the limit"], 2)])


def run(family: Family, pattern: str, effort: Effort) -> str:
    """The family's section; its rows are printed as they come."""
    matches = re.compile(pattern, re.IGNORECASE).search
    chosen = {name: make for name, make in family.works.items() if matches(f"{family.title}: {name}".replace(" × ", "x"))}
    if not chosen:
        return ""
    lines = []

    def out(text: str) -> None:
        lines.append(text)
        print(text, flush=True)

    again = f"`python benchmarks/kernels.py --only '{family.title.replace('`', '.')}'` prints this table again."
    out(f"\n### {family.title}\n\n{again}\n" + wrap(f"The limit is {family.limit}.") + "\n")
    out(line(["work", "ours (ms)", *family.columns, "× the limit"]))
    out("|---|" + "---:|" * (len(family.columns) + 2))
    for name, make in chosen.items():
        torch.compiler.reset()
        jax.clear_caches()
        for row in rows_of(name, make(), family.columns, effort):
            out(row)
    return "\n".join(lines)


INTRODUCTION = """\
Our time in milliseconds; under a peer's name, its time divided by ours, so that above 1 we are faster and below 1 slower; in
the last column, our time divided by that of moving the memory alone. Every answer is checked against float64 first. All run in
one process with 2 threads each, taking turns in shuffled order: 9 rounds (5 of a call above 0.5 s), in each of them untimed
calls and then about 20 ms of timed ones, but one at least; the figures are medians. `torch.compile` and `jax.jit` have compiled
before. `value_and_gradient` is our function of that name, *autograd* is `loss(prediction, target).backward()`; torch's own is
always forward and backward by autograd.
`--only PATTERN` runs the rows that match, such as `--only 'huber 1,000'`."""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument(
        "--only", default="", metavar="PATTERN", help="only the rows that match it, table title and name; not written"
    )
    parser.add_argument("--quick", action="store_true", help="few repeats; not written")
    parser.add_argument("--start", action="store_true", help="importing and the first call, in fresh processes")
    options = parser.parse_args()
    if options.start:
        text = start_section(options.quick)
        print(text)
        if not options.quick:
            write_between("start", text)
        return
    torch.set_num_threads(2)
    header = machine(["numpy", "scipy", "torch", "jax", "optax", "scikit-learn", "scoringrules", "lossary"])
    print(header)
    effort = QUICK if options.quick else FULL
    by_elements = elementwises(with_gradient=True), elementwises(with_gradient=False)
    families = [
        losses_of_classes(),
        *by_elements,
        more_losses(),
        images(),
        ensembles(),
        special_functions(),
        classes_of_optax(),
        several_predictions(),
        samples(),
        training_steps(),
        training_options(),
        numpys(),
    ]
    sections = [run(family, options.only, effort) for family in families]
    if not (options.quick or options.only):
        write_between("kernels", "\n".join([header, "", INTRODUCTION, *sections]))


if __name__ == "__main__":
    main()
