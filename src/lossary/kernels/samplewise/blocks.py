"""Samples cut into blocks: in even phases blocks, until none is left; in odd phases, what is made of the blocks of a sample."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from lossary.kernels.code import Code
from lossary.kernels.samplewise import whole
from lossary.kernels.samplewise.spec import SamplewiseKernel


def source(kernel: SamplewiseKernel, size: int) -> str:
    """Return the kernel for blocks of this size as Python that Numba compiles."""
    return kernel.module(lambda kernel, code: _write(kernel, code, size), *whole.called(kernel))


def numbers_of_block(kernel: SamplewiseKernel) -> int:
    """Return how many numbers of 8 bytes a block leaves in the workspace, at most."""
    return max((sum(len(sums.names) for sums in level) for level in kernel.sums), default=0)


def numbers_of_sample(kernel: SamplewiseKernel) -> int:
    """Return how many numbers of 8 bytes are kept for a sample: the values of all words."""
    return len(_names(kernel, len(kernel.sums)))


def _names(kernel: SamplewiseKernel, level: int) -> list[str]:
    """The names of the values of words before a level."""
    return [name for step in kernel.passes.sums[:level] for words in step.words for _, name in words]


def _write(kernel: SamplewiseKernel, code: Code, size: int) -> None:
    whole.local_arrays(kernel, code)
    code(f"blocks = (components + {size} - 1) // {size}", "values = samples * blocks * group")
    for level, level_sums in enumerate(kernel.sums):
        with code.block(f"if phase == {2 * level}"), _each_block(kernel, code, level, size):
            whole.add(kernel, code, level)
            first = 0
            for sums in level_sums:
                sums.store(code, "number * group", first)
                first += len(sums.names)
            if level == 0:
                code("flags[number] = float64(outside)")
        with code.block(f"if phase == {2 * level + 1}"):
            _join(kernel, code, level)
    if kernel.slopes:
        last = len(kernel.sums)
        with code.block(f"if phase == {2 * last}"), _each_block(kernel, code, last, size):
            whole.slopes(kernel, code)
            if last == 0:
                code("flags[number] = float64(outside)")


@contextmanager
def _each_block(kernel: SamplewiseKernel, code: Code, level: int, size: int) -> Iterator[None]:
    """Write a loop over blocks, of samples for which the values of the levels before are there."""
    slopes = level == len(kernel.sums)
    with code.turns("number = take_next(counter)", end="number >= samples * blocks"):
        if slopes:  # backwards: what was read last may still be in the cache
            code("number = samples * blocks - 1 - number")
        code("sample = number // blocks", "start = sample * components", f"begin = (number - sample * blocks) * {size}")
        code(f"end = min(begin + {size}, components)", "outside = False")
        if kernel.masked:
            with code.block("if where[sample] == 0"):
                if slopes:
                    whole.zeros(kernel, code)
                if level == 0:
                    code("flags[number] = 0.0")
                code("continue")
        _read(kernel, code, level)
        yield


def _read(kernel: SamplewiseKernel, code: Code, level: int) -> None:
    """Write how all that is known of a sample before a level is read."""
    kernel.read_sample(code)
    for i, name in enumerate(_names(kernel, level)):
        code(f"{kernel.text(name)} = real(workspace[values + sample * {numbers_of_sample(kernel)} + {i}])")


def _join(kernel: SamplewiseKernel, code: Code, level: int) -> None:
    """Write how the sums of blocks are joined, and the values of words made of them; after the last level, the loss."""
    last = level == len(kernel.sums) - 1 and kernel.loss is not None
    code("total, lost = 0.0, 0.0")
    with code.block("for sample in range(samples)"):
        if kernel.masked:
            with code.block("if where[sample] == 0"):
                if last and kernel.stores_losses:
                    whole.keep_loss(kernel, code, "real(0)")
                code("continue")
        _read(kernel, code, level)
        whole.begin(kernel, code, level)
        with code.block("for number in range(sample * blocks, sample * blocks + blocks)"):
            first = 0
            for sums in kernel.sums[level]:
                sums.join(code, "number * group", first)
                first += len(sums.names)
        whole.finish(kernel, code, level)
        before = len(_names(kernel, level))
        for i, name in enumerate(_names(kernel, level + 1)[before:]):
            place = f"values + sample * {numbers_of_sample(kernel)} + {before + i}"
            code(f"workspace[{place}] = float64({kernel.text(name)})")
        if last:
            whole.loss(kernel, code)
    code("sums[0] = joined(total, lost)")
