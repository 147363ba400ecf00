"""A small character-level language model, trained with torch's loss and with Lossary's: the same curve, less memory.

The text is documentation that comes with Python itself (``pydoc_data.topics``), read three characters at a time, so that the
vocabulary is large, as language models have it, and the last layer dominates; the model is a gated recurrent network. Each
training runs in a process of its own, whose peak memory is then its own too. On two cores:

    pip install "lossary[torch,plots]"
    python examples/language_model.py
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from pydoc_data.topics import topics

import torch
from torch import nn

import lossary.torch

FEATURES, CONTEXT, BATCH = 128, 64, 32


def triples(size: int) -> tuple[torch.Tensor, int]:
    """The text as a sequence of character triples, and the size of the vocabulary; rare ones become one word."""
    text = "\n".join(topics[name] for name in sorted(topics))
    pieces = [text[i : i + 3] for i in range(0, len(text) - 2, 3)]
    known = {piece: i for i, (piece, _) in enumerate(Counter(pieces).most_common(size - 1))}
    return torch.tensor([known.get(piece, size - 1) for piece in pieces]), size


class Model(nn.Module):
    """Embedding, recurrent layer, and a last layer that shares the embedding's weight."""

    def __init__(self, classes: int, whose: str) -> None:
        super().__init__()
        self.embedding = nn.Embedding(classes, FEATURES)
        nn.init.normal_(self.embedding.weight, std=0.05)
        self.recurrent = nn.GRU(FEATURES, FEATURES, batch_first=True)
        self.head = lossary.torch.LinearCrossEntropy(FEATURES, classes, weight=self.embedding.weight)
        self.whose = whose

    def forward(self, words: torch.Tensor, following: torch.Tensor) -> torch.Tensor:
        """The cost of predicting the words that follow."""
        hidden, _ = self.recurrent(self.embedding(words))
        if self.whose == "lossary":
            return self.head(hidden, following)
        logits = nn.functional.linear(hidden, self.embedding.weight)
        return nn.functional.cross_entropy(logits.flatten(0, 1), following.flatten())


def train(whose: str, steps: int, classes: int) -> dict[str, object]:
    """Costs of all steps, seconds, and megabytes at the peak beyond what there was before the first step."""
    text, classes = triples(classes)
    torch.manual_seed(0)
    model = Model(classes, whose)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    places = torch.Generator().manual_seed(0)
    before, start, costs = peak(), time.perf_counter(), []
    for _ in range(steps):
        begin = torch.randint(0, len(text) - CONTEXT - 1, (BATCH, 1), generator=places)
        words = text[begin + torch.arange(CONTEXT + 1)]
        cost = model(words[:, :-1], words[:, 1:])
        optimizer.zero_grad()
        cost.backward()
        optimizer.step()
        costs.append(cost.item())
    return {"costs": costs, "seconds": time.perf_counter() - start, "megabytes": peak() - before}


def peak() -> float:
    """The most memory that this process has held so far, in megabytes."""
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return held / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def draw(found: dict[str, dict], path: Path) -> None:
    """Both curves, and the memory beside them."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.6), layout="constrained")
    curve, memory = figure.subplots(1, 2, width_ratios=(3, 1))
    for (whose, one), style in zip(found.items(), ({"lw": 4, "alpha": 0.35}, {"lw": 1.2}), strict=True):
        curve.plot(one["costs"], label=f"{whose}: {one['seconds']:.0f} s", **style)
    curve.set(xlabel="step", ylabel="cost (nats a word)", title="Training")
    curve.legend(frameon=False)
    bars = memory.bar(list(found), [one["megabytes"] for one in found.values()], color=("tab:blue", "tab:orange"))
    memory.bar_label(bars, fmt="{:.0f} MB")
    memory.margins(y=0.12)
    memory.set(title="Memory of training")
    for axes in (curve, memory):
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=150)


def main() -> None:
    """Both trainings, one after the other, and what they have in common."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--classes", type=int, default=16_000, help="size of the vocabulary")
    parser.add_argument("--output", type=Path, default=Path("language_model.png"))
    parser.add_argument("--only", choices=("torch", "lossary"), help="train with one loss, and print the results as JSON")
    options = parser.parse_args()
    if options.only:
        print(json.dumps(train(options.only, options.steps, options.classes)))
        return
    found = {}
    for whose in ("torch", "lossary"):
        command = [sys.executable, __file__, "--only", whose, "--steps", str(options.steps), "--classes", str(options.classes)]
        found[whose] = one = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        print(
            f"{whose}: cost {one['costs'][0]:.4f} to {one['costs'][-1]:.4f}, {one['seconds']:.0f} s, {one['megabytes']:.0f} MB"
        )
    apart = max(abs(a - b) for a, b in zip(*(one["costs"] for one in found.values()), strict=True))
    print(f"the two curves are at most {apart:.1g} apart; see {options.output}")
    draw(found, options.output)


if __name__ == "__main__":
    main()
