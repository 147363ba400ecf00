"""Cross-entropy on a GPU beside torch, Liger and Apple's cut cross-entropy: time and memory of value and gradient.

    python benchmarks/gpu.py [--write]

Each call makes a value and its gradients, as a step of training does. There are two times, both medians: by events on the GPU,
which is kept busy until the CPU has handed over all kernels, with the second level of caches emptied before; and on the CPU,
which a small model waits for. Peers that are not installed are left out. ``--write`` puts the table into RESULTS.md.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import torch
import triton
from harness import digits, line, wrap, write_between
from torch.nn import functional

import lossary

Call = Callable[[], Any]
COLUMNS = ("torch eager", "torch.compile", "torch chunked", "Liger", "cut cross-entropy")
LOGITS = (
    (8192, 32_000, torch.bfloat16),
    (8192, 32_000, torch.float32),
    (4096, 128_256, torch.bfloat16),
    (65_536, 1000, torch.float32),
    (1_000_000, 10, torch.float32),
    (64, 10, torch.float32),
)
LINEAR = ((8192, 4096, 32_000), (8192, 4096, 128_256), (2048, 2048, 50_257))
ELEMENTS = (("huber", "huber_loss", 16_000_000), ("binary_cross_entropy", "binary_cross_entropy_with_logits", 16_000_000))


def step(loss: Callable[..., torch.Tensor], *inputs: torch.Tensor) -> Call:
    """Value and gradients of all inputs that want one."""

    def call() -> torch.Tensor:
        for x in inputs:
            x.grad = None
        cost = loss(*inputs)
        cost.backward()
        return cost

    return call


def numbers(*shape: int, dtype: torch.dtype = torch.float32, scale: float = 1.0) -> torch.Tensor:
    return (scale * torch.randn(*shape, device="cuda")).to(dtype).requires_grad_()


def liger_logits(x: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    from liger_kernel.ops.cross_entropy import LigerCrossEntropyFunction

    return LigerCrossEntropyFunction.apply(x, target, None, -100)[0]


def liger_linear(hidden: torch.Tensor, weight: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    from liger_kernel.ops.fused_linear_cross_entropy import LigerFusedLinearCrossEntropyFunction

    return LigerFusedLinearCrossEntropyFunction.apply(hidden, weight, target)[0]


def cut(hidden: torch.Tensor, weight: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    from cut_cross_entropy import linear_cross_entropy

    return linear_cross_entropy(hidden, weight, target)


def chunked(hidden: torch.Tensor, weight: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    from torch.nn import LinearCrossEntropyOptions

    return functional.linear_cross_entropy(hidden, weight, target, options=LinearCrossEntropyOptions())


def eager_linear(hidden: torch.Tensor, weight: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    return functional.cross_entropy(hidden @ weight.T, target)


def compiled(function: Callable[..., torch.Tensor]) -> Callable[..., torch.Tensor]:
    """Compiled for one shape, whatever was compiled before."""
    torch._dynamo.reset()
    return torch.compile(function, dynamic=False)


def cases() -> Iterator[tuple[str, dict[str, Callable[..., torch.Tensor]], tuple[torch.Tensor, ...], int]]:
    """What is computed, by whom, of which inputs, and how many bytes at least are read and written."""
    for rows, classes, dtype in LOGITS:
        x, target = numbers(rows, classes, dtype=dtype), torch.randint(classes, (rows,), device="cuda")
        peers = {"lossary": lossary.cross_entropy, "torch eager": functional.cross_entropy, "Liger": liger_logits}
        peers["torch.compile"] = compiled(functional.cross_entropy)
        yield f"cross-entropy {rows:,} × {classes:,}, {str(dtype)[6:]}", peers, (x, target), 2 * x.nbytes
    for rows, features, classes in LINEAR:
        hidden = numbers(rows, features, dtype=torch.bfloat16)
        weight = numbers(classes, features, dtype=torch.bfloat16, scale=0.02)
        target = torch.randint(classes, (rows,), device="cuda")
        peers = {"lossary": lossary.linear_cross_entropy, "torch eager": eager_linear, "torch chunked": chunked}
        peers |= {"torch.compile": compiled(eager_linear), "Liger": liger_linear, "cut cross-entropy": cut}
        yield f"linear {rows:,} × {features:,} × {classes:,}, bfloat16", peers, (hidden, weight, target), 0
    for ours, theirs, count in ELEMENTS:
        x, target = numbers(count), torch.rand(count, device="cuda")
        peer = getattr(functional, theirs)
        peers = {"lossary": getattr(lossary, ours), "torch eager": peer, "torch.compile": compiled(peer)}
        yield f"{ours} {count:,}, float32", peers, (x, target), 3 * x.nbytes


def measure(call: Call) -> tuple[float, float, float]:
    """Return milliseconds on the GPU, milliseconds on the CPU, and MB of memory beyond what was there before."""
    call()
    torch.cuda.synchronize()
    before = torch.cuda.memory_allocated()
    torch.cuda.reset_peak_memory_stats()
    call()
    memory = torch.cuda.max_memory_allocated() - before
    flushed = torch.empty(2**28, dtype=torch.uint8, device="cuda")
    on_gpu, on_cpu = [], []
    for _ in range(20):
        flushed.zero_()
        torch.cuda._sleep(12_000_000)  # some milliseconds: in training, too, the CPU is ahead
        start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        start.record()
        call()
        end.record()
        torch.cuda.synchronize()
        on_gpu.append(start.elapsed_time(end))
        begin = time.perf_counter()
        call()
        on_cpu.append(time.perf_counter() - begin)
        torch.cuda.synchronize()
    return statistics.median(on_gpu), 1e3 * statistics.median(on_cpu), memory / 1e6


def main() -> None:
    """Measure all cases; print the table, and write it where that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    table = [
        line(["value and gradients", "lossary: ms on the GPU, on the CPU (MB)", *COLUMNS, "at least ms"]),
        line(["---"] * (len(COLUMNS) + 3)),
    ]
    source = torch.empty(2**31, dtype=torch.uint8, device="cuda")
    speed = 2 * source.nbytes / triton.testing.do_bench(source.clone, return_mode="median") * 1e3
    torch.manual_seed(0)
    for name, peers, inputs, bytes_ in cases():
        cells: dict[str, tuple[float, float, float]] = {}
        costs = {}
        for who, loss in peers.items():
            given = inputs
            if who == "Liger":  # it writes gradients over its inputs
                given = tuple(x.detach().clone().requires_grad_(x.requires_grad) for x in inputs)
            try:
                costs[who] = step(loss, *given)().item()
                cells[who] = measure(step(loss, *given))
            except Exception as error:
                print(f"{name}: {who}: {type(error).__name__}: {str(error)[:200]}", flush=True)
        for who, cost in costs.items():
            if abs(cost / costs["lossary"] - 1) > 0.06:  # some add up in bfloat16
                print(f"{name}: the cost by {who} is {cost}, ours is {costs['lossary']}; its time is left out", flush=True)
                cells.pop(who, None)
        best = cells["lossary"]
        row = [name, f"{digits(best[0])}, {digits(best[1])} ({best[2]:,.0f})"]
        for who in COLUMNS:
            on_gpu, on_cpu, memory = cells.get(who, (0, 0, 0))
            row.append(f"{on_gpu / best[0]:.2f} ×, {on_cpu / best[1]:.2f} × ({memory:,.0f})" if who in cells else "")
        row.append(digits(bytes_ / speed * 1e3) if bytes_ else "")
        table.append(line(row))
        print(table[-1], flush=True)
        del inputs, peers
        torch.cuda.empty_cache()
    names = ("torch", "triton", "liger-kernel", "cut-cross-entropy")
    packages = []
    for package in names:
        try:
            packages.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            continue
    machine = wrap(
        f"{torch.cuda.get_device_name()}; Python {platform.python_version()}, {', '.join(packages)}; a copy moves "
        f"{speed / 1e12:.2f} TB/s; {date.today()}. "
        "Times of others are multiples of ours; in brackets MB beside the inputs and their gradients."
    )
    text = f"{machine}\n\n" + "\n".join(table)
    print(text)
    if arguments.write:
        write_between("gpu", text)


if __name__ == "__main__":
    main()
