"""A kernel at work: its threads, and what they share."""

from __future__ import annotations

import ctypes
import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lossary.kernels import threads
from lossary.kernels.native import Native

_WORTH_A_THREAD = 75_000
"""Nanoseconds of work for each thread, below which waking it up costs more than it saves (measured)."""


@dataclass(frozen=True)
class Task:
    """A kernel with all that it takes besides arrays: the same for all calls on arrays of one shape."""

    function: Native
    constants: tuple[int | float, ...]
    blocks: int
    nanoseconds: float
    """What it takes in one thread, roughly."""
    room: int = 0
    """Numbers of 8 bytes that each thread has for itself."""
    may_refuse: bool = True
    """Whether a value that is no label may turn out to be invalid."""
    labels: tuple[int, int | None] | None = None
    """The number of classes and the label that is left out, where the target holds labels."""

    def run(self, addresses: Sequence[int], count: int, share: float) -> tuple[float, float]:
        """Run in up to ``count`` threads on arrays at these addresses; slopes of a reduced cost are multiplied by the share.

        The sum of the losses, and the largest flag of a block (0: all is valid; 1: something is not; 2: a label is not).
        """
        blocks = self.blocks
        shared = self._shared()
        start = ctypes.addressof(shared)
        if count > 1:
            count = max(1, min(count, blocks, int(self.nanoseconds / _WORTH_A_THREAD)))
        room = start
        if self.room:
            own = np.empty(count * self.room)
            room = own.__array_interface__["data"][0]
        places = (start, start + 64, room, start + 128, start + 128 + 8 * blocks)
        arguments = (*addresses, *places, *self.constants, share)
        function = self.function
        if count == 1:
            function(*arguments)
        else:
            threads.run(lambda: function(*arguments), count)
        if blocks == 1:
            return shared[16], shared[17]
        sums = shared[16 : 16 + blocks]
        try:
            total = math.fsum(sums)
        except (OverflowError, ValueError):  # infinities, or sums beyond the largest number
            total = float(np.sum(sums))
        return total, max(shared[16 + blocks :], default=0.0)

    @functools.cached_property
    def _shared(self) -> type[ctypes.Array[ctypes.c_double]]:
        """What threads share, zeroed: counters of blocks and of threads in cache lines of their own, then sums and flags."""
        return ctypes.c_double * (16 + 2 * self.blocks)  # a zero is the same as a float and as an integer
