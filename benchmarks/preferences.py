"""A step of DPO on hidden states beside one by torch from all logits: time, and memory.

    python benchmarks/preferences.py [--write] [--quick]

Two pairs of answers of 512 tokens, half of each a prompt; the policy's two gradients, and a reference without any. The ways run
in one process in shuffled order for the times, and each in a process of its own for its memory. Takes a minute.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

import torch
from harness import FULL, QUICK, Effort, agree, digits, line, machine, medians, write_between
from linear import resident
from torch.nn import functional

import lossary

SHAPE = (4, 512, 512, 32_000)
BETA = 0.1
Tensor = torch.Tensor
Model = tuple[Tensor, Tensor]


def inputs(sequences: int, length: int, features: int, classes: int) -> tuple[Model, Model, Tensor]:
    """Hidden states and weight of the policy, those of the reference, and tokens."""
    torch.manual_seed(0)
    models = [(torch.randn(sequences, length, features), torch.randn(classes, features) * 0.05) for _ in range(2)]
    tokens = torch.randint(0, classes, (sequences, length))
    tokens[:, : length // 2] = -100
    return models[0], models[1], tokens


def by_logits(hidden: Tensor, weight: Tensor, tokens: Tensor) -> Tensor:
    each = functional.log_softmax(hidden @ weight.T, -1).gather(-1, tokens.clamp(min=0)[..., None])[..., 0]
    return torch.where(tokens == -100, 0.0, each).sum(-1)


def by_blocks(hidden: Tensor, weight: Tensor, tokens: Tensor) -> Tensor:
    return lossary.sequence_log_probabilities(hidden, weight, tokens, tokens="sum", ignore_index=-100)


WAYS = {"torch, all logits": by_logits, "lossary": by_blocks}


def step(name: str, policy: Model, reference: Model, tokens: Tensor) -> tuple[Tensor, ...]:
    """Cost and both gradients."""
    log_probabilities = WAYS[name]
    hidden, weight = (x.detach().requires_grad_() for x in policy)
    own = log_probabilities(hidden, weight, tokens)
    with torch.no_grad():
        fixed = log_probabilities(*reference, tokens)
    chosen, rejected = slice(None, None, 2), slice(1, None, 2)
    four = own[chosen], own[rejected], fixed[chosen], fixed[rejected]
    if name == "lossary":
        cost = lossary.dpo(*four, beta=BETA)
    else:
        cost = -functional.logsigmoid(BETA * ((four[0] - four[1]) - (four[2] - four[3]))).mean()
    cost.backward()
    return cost.detach(), hidden.grad, weight.grad


def print_memory(name: str, shape: tuple[int, int, int, int]) -> None:
    """Print the megabytes at the peak of a step, beyond inputs and the gradients that it hands back."""
    step(name, *inputs(2, 32, 64, 640))  # what is loaded once
    policy, reference, tokens = inputs(*shape)
    Path("/proc/self/clear_refs").write_text("5")  # resets the peak
    before = resident("VmRSS")
    step(name, policy, reference, tokens)
    print(json.dumps(resident("VmHWM") - before - sum(x.nbytes for x in policy) / 2**20))


def table(shape: tuple[int, int, int, int], effort: Effort) -> str:
    arguments = inputs(*shape)
    truth = step("torch, all logits", *arguments)
    for what, got, expected in zip(("cost", "hidden", "weight"), step("lossary", *arguments), truth, strict=True):
        agree(what, got, expected, 1e-3)
    seconds = medians({name: (lambda name=name: step(name, *arguments)) for name in WAYS}, effort)
    lines = [line(("", "seconds", "lossary's time over it", "extra memory, MB")), line(["---"] * 4)]
    for name, one in seconds.items():
        code = f"import preferences; preferences.print_memory({name!r}, {shape!r})"
        done = subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.PIPE, text=True, cwd=sys.path[0])
        lines.append(line((name, digits(one), f"{seconds['lossary'] / one:.2f}", digits(json.loads(done.stdout)))))
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    effort, shape = (QUICK, (4, 64, 64, 2000)) if options.quick else (FULL, SHAPE)
    sequences, length, features, classes = shape
    title = f"### {sequences // 2} pairs of answers of {length} tokens, {features} features, {classes:,} classes, float32"
    text = "\n\n".join((machine(("torch", "numpy", "numba")), title, table(shape, effort)))
    print(text)
    if options.write:
        write_between("preferences", text)


if __name__ == "__main__":
    main()
