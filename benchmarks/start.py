"""Importing and the first call, each in fresh processes: what ``python benchmarks/kernels.py --start`` runs."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time

from harness import digits, line, machine, wrap

FIRST_CALLS = {
    "squared_error.value_and_gradient, 10,000,000 float32": """
p, t = rng.standard_normal((2, 10_000_000), dtype=np.float32)
call = lambda: lossary.squared_error.value_and_gradient(p, t)
""",
    "cross_entropy.value_and_gradient, 4096 × 1000 float32": """
p, t = rng.standard_normal((4096, 1000), dtype=np.float32), rng.integers(0, 1000, 4096)
call = lambda: lossary.cross_entropy.value_and_gradient(p, t)
""",
}
"""On NumPy arrays."""

BEFORE = """
import time
import numpy as np
import lossary
rng = np.random.default_rng(0)
"""
AFTER = """
for _ in range(4):
    start = time.perf_counter()
    call()
    print(time.perf_counter() - start)
"""


def python(code: str, cache: str) -> tuple[float, str]:
    """Seconds of a whole process, and what it printed."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**environment, "LOSSARY_CACHE_DIR": cache},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return time.perf_counter() - start, done.stdout


def imports(repeats: int, cache: str) -> str:
    times: dict[str, list[float]] = {name: [] for name in ("numpy", "lossary")}
    for name in times:
        python(f"import {name}", cache)  # compiles the bytecode
    for _ in range(repeats):
        for name, several in times.items():
            several.append(python(f"import {name}", cache)[0])
    middle = {name: 1e3 * statistics.median(several) for name, several in times.items()}
    return wrap(
        f'`python -c "import lossary"` takes {middle["lossary"] - middle["numpy"]:.0f} ms more than '
        f'`python -c "import numpy"` ({middle["lossary"]:.0f} and {middle["numpy"]:.0f} ms, bytecode cached).'
    )


def first_calls(repeats: int, cache: str) -> list[str]:
    cases = [(work, how) for work in FIRST_CALLS for how in ("warm", "empty")]
    times: dict[tuple[str, str], list[list[float]]] = {case: [] for case in cases}
    for work in FIRST_CALLS:
        python(BEFORE + FIRST_CALLS[work] + AFTER, cache)  # fills the cache
    for _ in range(repeats):
        for work, how in cases:
            with tempfile.TemporaryDirectory() as empty:
                printed = python(BEFORE + FIRST_CALLS[work] + AFTER, cache if how == "warm" else empty)[1]
            times[work, how].append([float(seconds) for seconds in printed.split()])
    lines = [line(["work", "kernel cache", "first call (ms)", "later calls (ms)"]), "|---|---|---:|---:|"]
    for work, how in cases:
        first = statistics.median(run[0] for run in times[work, how])
        later = statistics.median(statistics.median(run[1:]) for run in times[work, how])
        lines.append(line([work, how, digits(1e3 * first), digits(1e3 * later)]))
    return lines


def start_section(quick: bool) -> str:
    """Medians of fresh processes, taking turns."""
    repeats = 2 if quick else 11
    header = machine(["numpy", "lossary"])
    with tempfile.TemporaryDirectory() as cache:
        sentence, table = imports(repeats, cache), first_calls(repeats, cache)
    method = wrap(
        f"`python benchmarks/kernels.py --start`: medians of {repeats} fresh processes, taking turns. "
        "A first call comes after the import; the kernel cache (`LOSSARY_CACHE_DIR`) is filled before, or an empty folder."
    )
    return "\n".join([header, "", method, "", sentence, "", *table])
