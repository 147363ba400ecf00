"""Timing side by side in one process, checks that the timed answers agree, tables, and their place in RESULTS.md."""

from __future__ import annotations

import gc
import os
import platform
import random
import statistics
import sys
import textwrap
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

RESULTS = Path(__file__).with_name("RESULTS.md")
UNSTEADY = 1.3
"""Upper quartile over lower from which a measurement is reported."""


@dataclass(frozen=True)
class Effort:
    """How long to measure; times in seconds."""

    rounds: int = 9
    slow_rounds: int = 5
    slow: float = 0.5
    """A call longer than this is slow."""
    slot: float = 0.02
    warm_up: float = 0.05
    pause: float = 0.005
    """Before each slot, so that the threads of the one before stop spinning."""


FULL, QUICK = Effort(), Effort(rounds=3, slow_rounds=1, slow=0.1, slot=0.005, warm_up=0.0, pause=0.002)


def medians(calls: Mapping[str, Callable[[], Any]], effort: Effort) -> dict[str, float]:
    """Seconds a call of each contestant.

    In each round every contestant gets one slot, in an order shuffled anew: a short pause, untimed calls for a quarter of the
    slot, so that its threads are awake and its data is near again, and then the timed ones. Times that differ widely between
    rounds are reported on stderr: something else was running.
    """
    usual = {name: _warm_up(call, effort) for name, call in calls.items()}
    times: dict[str, list[float]] = {name: [] for name in calls}
    order, shuffler = list(calls), random.Random(0)
    collecting = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        for round_ in range(effort.rounds):
            shuffler.shuffle(order)
            for name in order:
                if round_ < effort.slow_rounds or usual[name] <= effort.slow:
                    time.sleep(effort.pause)
                    times[name].append(_slot(calls[name], max(1, round(effort.slot / usual[name]))))
    finally:
        if collecting:
            gc.enable()
    for name, several in times.items():
        low, middle, high = statistics.quantiles(several, n=4) if len(several) > 1 else several * 3
        if high > low * UNSTEADY:
            text = f"unsteady: {name}, quartiles {1e3 * low:.3g}, {1e3 * middle:.3g}, {1e3 * high:.3g} ms"
            print(text, file=sys.stderr, flush=True)
    return {name: statistics.median(several) for name, several in times.items()}


def _warm_up(call: Callable[[], Any], effort: Effort) -> float:
    """Seconds a warm call takes."""
    call()
    fastest, spent = float("inf"), 0.0
    while spent == 0.0 or spent < effort.warm_up:
        start = time.perf_counter()
        call()
        once = time.perf_counter() - start
        fastest, spent = min(fastest, once), spent + once
    return fastest


def _slot(call: Callable[[], Any], count: int) -> float:
    for _ in range(1 + count // 4):
        call()
    start = time.perf_counter()
    for _ in range(count):
        call()
    return (time.perf_counter() - start) / count


def plain(array: Any) -> np.ndarray:
    """Any library's array or number as NumPy's, in half precision made float32."""
    if hasattr(array, "detach"):
        array = array.detach()
        return (array.float() if array.dtype.itemsize < 4 else array).numpy()
    array = np.asarray(array)
    return array.astype(np.float32) if array.dtype.itemsize < 4 else array


def agree(who: str, got: Any, truth: Any, tolerance: float) -> None:
    """Stop unless each number agrees, relative to itself or, a hundredth of that, to the largest."""
    got, truth = plain(got), plain(truth)
    if got.shape != truth.shape:
        raise AssertionError(f"{who}: shape {got.shape} instead of {truth.shape}")
    allowed = tolerance * (np.abs(truth) + 0.01 * np.abs(truth).max())
    wrong = ~(np.abs(got - truth) <= allowed)
    if wrong.any():
        place = np.unravel_index(int(wrong.argmax()), wrong.shape)
        raise AssertionError(
            f"{who}: {int(wrong.sum())} of {wrong.size} numbers are off; {got[place]} instead of {truth[place]} "
            f"at {tuple(map(int, place))}"
        )


def line(cells: Iterable[str]) -> str:
    """A row of a Markdown table."""
    return f"| {' | '.join(cells)} |"


def digits(x: float, count: int = 3) -> str:
    """A positive number with so many significant digits and no exponent."""
    return f"{x:,.0f}" if x >= 10 ** (count - 1) else f"{x:.{count}g}"


def machine(packages: Iterable[str]) -> str:
    """What a figure depends on: the machine, the versions and the day."""
    cpu = {}
    if Path("/proc/cpuinfo").exists():
        for entry in Path("/proc/cpuinfo").read_text().splitlines():
            key, _, value = entry.partition(":")
            cpu.setdefault(key.strip(), value.strip())
    flags = [flag for flag in ("avx2", "avx512f") if flag in cpu.get("flags", "").split()]
    return wrap(
        f"{cpu.get('model name') or platform.processor() or platform.machine()}, {os.cpu_count()} cores "
        f"({', '.join(flags) or 'neither avx2 nor avx512f'}), {platform.system()}, load {os.getloadavg()[0]:.1f} at the start; "
        f"Python {platform.python_version()}, {', '.join(f'{name} {version(name)}' for name in packages)}; {date.today()}."
    )


def wrap(text: str) -> str:
    """Text in lines of at most 128 characters."""
    return textwrap.fill(text, 128, break_long_words=False, break_on_hyphens=False)


def write_between(marker: str, text: str) -> None:
    """Replace what stands between two marker comments in RESULTS.md."""
    begin, end = f"<!-- {marker}:begin -->", f"<!-- {marker}:end -->"
    whole = RESULTS.read_text(encoding="utf-8")
    before, found, rest = whole.partition(begin)
    _, closed, after = rest.partition(end)
    if not (found and closed):
        sys.exit(f"{RESULTS} has no {begin} … {end} to write between")
    RESULTS.write_text(f"{before}{begin}\n{text.strip()}\n{end}{after}", encoding="utf-8")
