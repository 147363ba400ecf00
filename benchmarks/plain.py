"""The losses as they are computed without kernels, beside their peers in one process: medians of alternating runs.

python benchmarks/plain.py
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import sklearn.metrics
import torch

import lossary

torch.set_num_threads(2)
rng = np.random.default_rng(0)


def seconds(call: Callable[[], Any], least: float = 0.02) -> float:
    count, spent = 0, 0.0
    start = time.perf_counter()
    while spent < least:
        call()
        count += 1
        spent = time.perf_counter() - start
    return spent / count


def compare(what: str, peer: str, ours: Callable[[], Any], theirs: Callable[[], Any]) -> None:
    ours(), theirs()
    pairs = [(seconds(ours), seconds(theirs)) for _ in range(9)]
    mine, other = (statistics.median(times) for times in zip(*pairs, strict=True))
    print(f"| {what} | {peer} | {1e3 * mine:.3g} ms | {1e3 * other:.3g} ms | {other / mine:.2g} |", flush=True)


def step(loss: Callable[..., Any], prediction: torch.Tensor, target: torch.Tensor) -> Callable[[], None]:
    def run() -> None:
        prediction.grad = None
        loss(prediction, target).backward()

    return run


def main() -> None:
    print("| work | peer | ours | peer's | speed-up |\n|---|---|---|---|---|")
    p, t = rng.normal(size=10_000_000), rng.normal(size=10_000_000)
    compare("squared error, value, 1e7 float64", "scikit-learn", lambda: lossary.squared_error(p, t),
            lambda: sklearn.metrics.mean_squared_error(t, p))  # fmt: skip
    probabilities = rng.dirichlet(np.ones(10), 1_000_000)
    labels = rng.integers(0, 10, 1_000_000)
    compare("log loss, 1e6 × 10 probabilities", "scikit-learn",
            lambda: lossary.cross_entropy(probabilities, labels, given="probabilities"),
            lambda: sklearn.metrics.log_loss(labels, probabilities, labels=range(10)))  # fmt: skip
    f = torch.nn.functional
    for rows, classes in ((64, 10), (4096, 10), (4096, 1000), (2048, 32000)):
        z, y = torch.randn(rows, classes, requires_grad=True), torch.randint(0, classes, (rows,))
        compare(f"cross-entropy, value and gradient, {rows} × {classes} float32", "torch eager",
                step(lossary.cross_entropy, z, y), step(f.cross_entropy, z, y))  # fmt: skip
    for n in (1_000, 100_000, 10_000_000):
        x, y = torch.randn(n, requires_grad=True), torch.rand(n)
        compare(f"binary cross-entropy, value and gradient, {n:,} float32", "torch eager",
                step(lossary.binary_cross_entropy, x, y), step(f.binary_cross_entropy_with_logits, x, y))  # fmt: skip
        compare(f"Huber, value and gradient, {n:,} float32", "torch eager",
                step(lossary.huber, x, y), step(f.huber_loss, x, y))  # fmt: skip


if __name__ == "__main__":
    main()
