"""A kernel with the arguments of a call, run in several threads."""

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
    """A kernel and its arguments besides arrays, which are the same for all calls on arrays of one shape."""

    function: Native
    constants: tuple[int | float, ...]
    blocks: int
    nanoseconds: float
    """The estimated time in one thread."""
    workspace: int = 0
    """Numbers of 8 bytes in the workspace of each thread."""
    may_refuse: bool = True
    """Whether the kernel may find an invalid number (labels out of range apart)."""
    labels: tuple[int, int | None] | None = None
    """The number of classes and the ignored label, if the target holds labels."""

    def run(self, addresses: Sequence[int], count: int, share: float) -> tuple[float, float]:
        """Run in up to ``count`` threads on arrays at these addresses; ``share`` multiplies the slopes of a reduced cost.

        Return the sum of the losses and the largest flag of a block: 0 if all is valid, 2 if a label is out of range, 1 if
        something else is invalid.
        """
        blocks = self.blocks
        shared = self._shared_memory()
        workspace = start = ctypes.addressof(shared)
        if blocks == 1 and not self.workspace:  # the same in fewer steps
            self.function(*addresses, start, start + 64, start, start + 128, start + 136, *self.constants, share)
            return shared[16], shared[17]
        count = min(count, self._most_threads)
        if self.workspace:
            memory = np.empty(count * self.workspace)
            workspace = memory.__array_interface__["data"][0]
        places = start, start + 64, workspace, start + 128, start + 128 + 8 * blocks
        if count == 1:
            self.function(*addresses, *places, *self.constants, share)
        else:
            arguments = (*addresses, *places, *self.constants, share)
            threads.run(lambda: self.function(*arguments), count)
        if blocks == 1:
            return shared[16], shared[17]
        sums = shared[16 : 16 + blocks]
        try:
            total = math.fsum(sums)
        except (OverflowError, ValueError):  # infinities, or a sum beyond the largest number
            total = float(np.sum(sums))
        return total, max(shared[16 + blocks :], default=0.0)

    @functools.cached_property
    def _most_threads(self) -> int:
        """The number of threads beyond which waking another costs more than it saves."""
        return max(1, min(self.blocks, int(self.nanoseconds / _WORTH_A_THREAD)))

    @functools.cached_property
    def _shared_memory(self) -> type[ctypes.Array[ctypes.c_double]]:
        """The type of the memory that threads share: two counters, of blocks and of threads, then sums and flags."""
        # each counter has a cache line of its own; a zero is the same as a float and as an integer
        return ctypes.c_double * (16 + 2 * self.blocks)


@dataclass(frozen=True)
class PassesTask:
    """A kernel of several passes over blocks: even phases run in several threads, odd ones, which join blocks, in one."""

    function: Native
    constants: tuple[int, ...]
    numbers: tuple[float, ...]
    blocks: int
    phases: int
    nanoseconds: float
    """The estimated time in one thread."""
    workspace: int
    """Numbers of 8 bytes in the workspace that threads share."""
    may_refuse: bool = True
    """Whether the kernel may find an invalid number."""
    labels: None = None

    def run(self, addresses: Sequence[int], count: int, share: float) -> tuple[float, float]:
        """Run in up to ``count`` threads; see :meth:`Task.run`."""
        counters, sums, flags = np.zeros(8 * self.phases, np.int64), np.zeros(1), np.zeros(self.blocks)
        workspace = np.empty(self.workspace)
        shared = [x.__array_interface__["data"][0] for x in (counters, workspace, sums, flags)]
        count = max(1, min(count, self.blocks, int(self.nanoseconds / self.phases / _WORTH_A_THREAD)))
        for phase in range(self.phases):
            counter, *others = shared
            # each counter has a cache line of its own
            places = (counter + 64 * phase, counter + 64 * phase + 8, *others)
            arguments = (*addresses, *places, *self.constants, phase, *self.numbers, share)
            work = functools.partial(self.function, *arguments)
            if phase % 2 or count == 1:
                work()
            else:
                threads.run(work, count)
        return float(sums[0]), float(flags.max(initial=0.0))
