"""A kernel at work: its threads, and what they share."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lossary.kernels import threads
from lossary.kernels.native import Native

_WORTH_A_THREAD = 50_000
"""Nanoseconds of work for each thread, below which waking it up costs more than it saves (measured)."""


@dataclass(frozen=True)
class Task:
    """A kernel with all that it takes besides arrays: the same for all calls on arrays of one shape."""

    function: Native
    constants: tuple[int | float, ...]
    share: float
    """What the slopes of a reduced cost are multiplied by: the kernel's last argument."""
    blocks: int
    nanoseconds: float
    """What it takes in one thread, roughly."""
    room: int = 0
    """Numbers of 8 bytes that each thread has for itself."""

    def run(self, addresses: Sequence[int], count: int, factor: float = 1.0) -> tuple[float, float]:
        """Run in up to ``count`` threads on arrays at these addresses; the slopes are multiplied by the factor as well.

        The sum of the losses, and the largest flag of a block (0: all is valid; 1: something is not; 2: a label is not).
        """
        blocks = self.blocks
        count = max(1, min(count, blocks, int(self.nanoseconds / _WORTH_A_THREAD)))
        # for every block its sum and its flag; before them, in cache lines of their own, the counters of blocks
        # and of threads; behind them each thread's room. A zero is the same as a float and as an integer
        shared = np.zeros(16 + 2 * blocks)
        own = np.empty(count * self.room) if self.room else shared
        start: int = shared.__array_interface__["data"][0]
        room: int = own.__array_interface__["data"][0] if self.room else start
        arguments = (*addresses, start, start + 64, room, start + 128, start + 128 + 8 * blocks, *self.constants, self.share * factor)
        function = self.function
        if count == 1:
            function(*arguments)
        else:
            threads.run(lambda: function(*arguments), count)
        results: list[float] = shared[16:].tolist()
        try:
            total = math.fsum(results[:blocks])
        except (OverflowError, ValueError):  # infinities, or sums beyond the largest number
            total = float(np.sum(shared[16 : 16 + blocks]))
        return total, max(results[blocks:], default=0.0)
