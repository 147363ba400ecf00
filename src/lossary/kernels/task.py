"""A kernel at work: its threads, and what they share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lossary.kernels import threads
from lossary.kernels.native import Native


@dataclass(frozen=True)
class Task:
    """A kernel with all that it takes besides arrays: the same for all calls on arrays of one shape."""

    function: Native
    constants: tuple[int | float, ...]
    blocks: int
    room: int = 0
    """Numbers of 8 bytes that each thread has for itself."""

    def run(self, addresses: Sequence[int], count: int) -> tuple[float, bool]:
        """Run in up to ``count`` threads on arrays at these addresses; the sum of the losses, and whether any was invalid."""
        blocks, count = self.blocks, min(count, self.blocks)
        # for every block its sum and whether it is invalid; before them, in cache lines of their own, the counters of blocks
        # and of threads; behind them each thread's room. A zero is the same as a float and as an integer
        shared = np.zeros(16 + 2 * blocks)
        own = np.empty(count * self.room) if self.room else shared
        start: int = shared.__array_interface__["data"][0]
        room: int = own.__array_interface__["data"][0] if self.room else start
        results = start + 128
        arguments = (*addresses, start, start + 64, room, results, results + 8 * blocks, *self.constants)
        function = self.function
        threads.run(lambda: function(*arguments), count)
        if blocks == 1:
            total, outside = shared[16:].tolist()
        else:
            total, outside = np.add.reduce(shared[16:].reshape(2, blocks), axis=1).tolist()
        return total, outside != 0
