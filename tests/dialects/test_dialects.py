"""Every row of every library: its call and ours give the same numbers and slopes, or differ as its note says."""

import re
from importlib import import_module

import numpy as np
import pytest

import lossary
from tests.dialects import FILES, HEAVY, library
from tests.oracle import as_library, to_numpy

rng = np.random.default_rng(17)
N = 48
NUMBERS = {
    "p": rng.normal(0, 2, N),
    "t": rng.normal(0, 2, N),
    "w": rng.uniform(0.5, 2, N),
    "m": rng.lognormal(1, 0.7, N),
    "y": rng.poisson(3.0, N).astype(float),
    "v": rng.uniform(0.2, 3, N),
    "a": rng.gamma(2.0, 1.5, N),
    "z": rng.normal(0, 2, N),
    "e": rng.integers(0, 2, N).astype(float),
    "x": rng.normal(0, 2, (N, 5)),
    "k": np.arange(N) % 5,
    "d": rng.dirichlet(np.ones(5), N),
    "c": np.array([0.5, 1.0, 2.0, 1.5, 0.75]),
    "f": rng.normal(0, 1, (N, 6)),
    "g": rng.normal(0, 1, (N, 6)),
    "h": rng.normal(0, 1, (N, 6)),
    "match": rng.choice([-1.0, 1.0], N),
    "frames": rng.normal(0, 2, (4, 9, 5)),
    "words": rng.integers(1, 5, (4, 3)),
    "times": np.array([9, 8, 7, 9]),
    "counts": np.array([3, 2, 3, 1]),
    "members": rng.normal(0, 2, (N, 7)),
    "vectors": rng.normal(0, 2, (N, 4, 3)),
    "place": rng.normal(0, 2, (N, 3)),
    "region": rng.uniform(0.05, 0.95, (3, 2, 4, 5)),
    "mask": rng.integers(0, 2, (3, 2, 4, 5)).astype(float),
}
NUMBERS |= {
    "s": np.log(NUMBERS["m"]),
    "q": 1 / (1 + np.exp(-NUMBERS["z"])),
    "u": np.exp(NUMBERS["x"]) / np.exp(NUMBERS["x"]).sum(-1, keepdims=True),
    "sign": 2 * NUMBERS["e"] - 1,
}
NUMBERS |= {name: -rng.uniform(5, 60, N) for name in ("chosen", "rejected")}
NUMBERS |= {f"ref_{name}": NUMBERS[name] + rng.normal(0, 4, N) for name in ("chosen", "rejected")}
NUMBERS |= {f"{name}_mean": NUMBERS[name] / 20 for name in ("chosen", "rejected")}
PREDICTIONS = (
    "p",
    "m",
    "v",
    "z",
    "x",
    "f",
    "g",
    "h",
    "s",
    "q",
    "chosen",
    "rejected",
    "chosen_mean",
    "rejected_mean",
    "frames",
    "region",
)
"""What a gradient is compared in."""
ROWS = [(file, row) for file in FILES for row in library(file).ROWS]
MARKED = [pytest.param(file, row, marks=pytest.mark.heavy if file in HEAVY else ()) for file, row in ROWS]


@pytest.mark.parametrize(("file", "row"), MARKED, ids=lambda x: x if isinstance(x, str) else str(x))
def test_both_calls_give_the_same(file, row):
    module = library(file)
    names = {name: pytest.importorskip(path) for name, path in module.MODULES.items()}
    arrays = {name: as_library(module.ARRAYS, value) for name, value in NUMBERS.items()}
    if module.ARRAYS == "torch":
        for name in PREDICTIONS:
            arrays[name].requires_grad_()
    theirs, ours = (eval(text, {**names, **arrays, "lossary": lossary}) for text in (row.theirs, row.ours))
    if row.differs:
        assert row.note
        assert not np.allclose(to_numpy(ours), to_numpy(theirs), rtol=row.close, atol=0)
        return
    np.testing.assert_allclose(to_numpy(ours), to_numpy(theirs), rtol=row.close)
    if module.ARRAYS == "torch" and getattr(theirs, "requires_grad", False):
        torch = import_module("torch")
        learned = [arrays[name] for name in PREDICTIONS]
        found = [torch.autograd.grad(cost.sum(), learned, allow_unused=True) for cost in (ours, theirs)]
        for got, expected in zip(*found, strict=True):
            if expected is not None:
                np.testing.assert_allclose(to_numpy(got), to_numpy(expected), rtol=100 * row.close, atol=1e-13)


@pytest.mark.heavy
@pytest.mark.parametrize(("file", "row"), [(file, row) for file, row in ROWS if library(file).ARRAYS == "jax"], ids=str)
def test_both_calls_have_the_same_slopes_in_jax(file, row):
    module = library(file)
    names = {name: pytest.importorskip(path) for name, path in module.MODULES.items()}
    jax = import_module("jax")
    arrays = {name: as_library("jax", value) for name, value in NUMBERS.items()}
    learned = {name: arrays[name] for name in PREDICTIONS if re.search(rf"\b{name}\b", row.theirs)}

    def slopes(text):
        cost = lambda learned: eval(text, {**names, **arrays, **learned, "lossary": lossary}).sum()
        return jax.jit(jax.grad(cost))(learned)

    for got, expected in zip(slopes(row.ours).values(), slopes(row.theirs).values(), strict=True):
        close = np.allclose(got, expected, rtol=100 * row.close, atol=1e-13)
        assert close or row.differs


def test_no_call_stands_twice():
    calls = [row.theirs for _, row in ROWS]
    assert len(set(calls)) == len(calls)
