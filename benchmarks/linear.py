"""Linear cross-entropy beside torch's own: time, memory, and error in half precision.

    python benchmarks/linear.py [--write] [--quick]

Value and both gradients, as a step of training has them. Each contestant runs in the same process and in shuffled order for the
times, and in a process of its own for its memory. ``--write`` puts the tables into RESULTS.md. Takes ten minutes.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from harness import QUICK, Effort, agree, digits, line, machine, medians, wrap, write_between
from torch.nn import LinearCrossEntropyOptions, functional

import lossary

EFFORT = Effort(slow_rounds=3)
SHAPE = (2048, 1024, 32_000)
GROWTH = (8_000, 32_000, 128_000, 256_000)


def inputs(rows: int, features: int, classes: int, dtype: torch.dtype = torch.float32) -> tuple[torch.Tensor, ...]:
    torch.manual_seed(0)
    hidden, weight = torch.randn(rows, features), torch.randn(classes, features) * 0.05
    return hidden.to(dtype), weight.to(dtype), torch.randint(0, classes, (rows,))


def step(
    loss: Callable[..., torch.Tensor], hidden: torch.Tensor, weight: torch.Tensor, target: torch.Tensor
) -> tuple[torch.Tensor, ...]:
    """Cost and both gradients."""
    hidden, weight = hidden.detach().requires_grad_(), weight.detach().requires_grad_()
    cost = loss(hidden, weight, target)
    cost.backward()
    return cost.detach(), hidden.grad, weight.grad


def eager(hidden: torch.Tensor, weight: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    return functional.cross_entropy(hidden @ weight.T, target)


def chunked(hidden: torch.Tensor, weight: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    return functional.linear_cross_entropy(hidden, weight, target, options=LinearCrossEntropyOptions())


PEERS: dict[str, Callable[..., torch.Tensor]] = {
    "torch eager": eager,
    "torch chunked": chunked,
    "lossary": lossary.linear_cross_entropy,
}


def products(hidden: torch.Tensor, weight: torch.Tensor, slopes: torch.Tensor) -> None:
    """The three matrix products that a step consists of."""
    hidden @ weight.T
    slopes @ weight
    slopes.T @ hidden


# ---- memory, in a process of its own


def resident(what: str) -> float:
    """Megabytes that this process holds now ("VmRSS"), or held at most since it last reset that ("VmHWM"); on Linux."""
    for entry in Path("/proc/self/status").read_text().splitlines():
        if entry.startswith(what):
            return int(entry.split()[1]) / 1024
    raise OSError("the memory of a process is read from /proc/self/status")


def measure_memory(name: str, shape: tuple[int, int, int], dtype: str) -> float:
    """Megabytes at the peak of a step, beyond inputs and the gradients that it hands back."""
    code = f"import linear; linear.print_memory({name!r}, {shape!r}, {dtype!r})"
    done = subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.PIPE, text=True, cwd=sys.path[0])
    return json.loads(done.stdout)


def print_memory(name: str, shape: tuple[int, int, int], dtype: str) -> None:
    step(PEERS[name], *inputs(64, 64, 640, getattr(torch, dtype)))  # what is loaded once
    hidden, weight, target = inputs(*shape, getattr(torch, dtype))
    Path("/proc/self/clear_refs").write_text("5")  # resets the peak
    before = resident("VmRSS")
    step(PEERS[name], hidden, weight, target)
    gradients = (hidden.nbytes + weight.nbytes) / 2**20
    print(json.dumps(resident("VmHWM") - before - gradients))


# ---- tables


def times(shape: tuple[int, int, int], effort: Effort) -> str:
    arguments = inputs(*shape)
    truth = step(eager, *arguments)
    for name in ("torch chunked", "lossary"):
        for what, got, expected in zip(("cost", "hidden", "weight"), step(PEERS[name], *arguments), truth, strict=True):
            agree(f"{name}: {what}", got, expected, 1e-3)
    slopes = torch.randn(shape[0], shape[2])
    calls: dict[str, Callable[[], Any]] = {name: (lambda loss=loss: step(loss, *arguments)) for name, loss in PEERS.items()}
    calls["three matrix products"] = lambda: products(*arguments[:2], slopes)
    seconds = medians(calls, effort)
    memory = {name: measure_memory(name, shape, "float32") for name in PEERS}
    lines = [line(("", "seconds", "lossary's time over it", "extra memory, MB")), line(["---"] * 4)]
    for name, one in seconds.items():
        megabytes = digits(memory[name]) if name in memory else ""
        lines.append(line((name, digits(one), f"{seconds['lossary'] / one:.2f}", megabytes)))
    return "\n".join(lines)


def half(effort: Effort, shape: tuple[int, int, int] = (256, 512, 4000)) -> str:
    arguments = inputs(*shape, torch.bfloat16)
    exact = step(eager, *(x.double() if x.is_floating_point() else x for x in arguments))
    peers = {name: loss for name, loss in PEERS.items() if name != "torch chunked"}
    seconds = medians({name: (lambda loss=loss: step(loss, *arguments)) for name, loss in peers.items()}, effort)
    lines = [line(("", "seconds", "error of the cost", "of the hidden states' gradient", "of the weight's")), line(["---"] * 5)]
    for name, loss in peers.items():
        found = step(loss, *arguments)
        errors = [float((got.double() - truth).norm() / truth.norm()) for got, truth in zip(found, exact, strict=True)]
        lines.append(line((name, digits(seconds[name]), *(f"{error:.1e}" for error in errors))))
    return "\n".join(lines)


def growth(effort: Effort, rows: int = 512, features: int = 512) -> str:
    lines = [line(("classes", "seconds", "ns a logit", "extra memory, MB")), line(["---"] * 4)]
    for classes in GROWTH:
        arguments = inputs(rows, features, classes)
        seconds = medians({"lossary": lambda arguments=arguments: step(PEERS["lossary"], *arguments)}, effort)["lossary"]
        memory = measure_memory("lossary", (rows, features, classes), "float32")
        lines.append(line((f"{classes:,}", digits(seconds), f"{1e9 * seconds / rows / classes:.1f}", digits(memory))))
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    effort, shape = (QUICK, (256, 128, 4000)) if options.quick else (EFFORT, SHAPE)
    rows, features, classes = shape
    text = "\n\n".join(
        (
            machine(("torch", "numpy", "numba")),
            f"### {rows} rows, {features} features, {classes:,} classes, float32: value and both gradients",
            times(shape, effort),
            "### bfloat16, 256 rows, 512 features, 4000 classes",
            wrap("Errors are relative, of the whole vector, against float64 on the same bfloat16 inputs."),
            half(effort),
            "### As the vocabulary grows: 512 rows, 512 features, float32",
            growth(effort),
        )
    )
    print(text)
    if options.write:
        write_between("linear", text)


if __name__ == "__main__":
    main()
