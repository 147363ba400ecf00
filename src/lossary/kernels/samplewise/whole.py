"""Whole samples, one after another; and the passes over a part of a sample, of which blocks are made too."""

from __future__ import annotations

from lossary.kernels import memory
from lossary.kernels.code import Code
from lossary.kernels.samplewise.spec import SamplewiseKernel
from lossary.kernels.samplewise.sums import JOIN_TOPS, blocks_called
from lossary.kernels.sizes import CHUNK


def source(kernel: SamplewiseKernel) -> str:
    """Return the kernel for whole samples as Python that Numba compiles."""
    return kernel.module(_write, *called(kernel))


def called(kernel: SamplewiseKernel) -> tuple[set[str], set[str], list[str]]:
    """Return the functions of ``blocks`` and of ``math`` that sums take, and the text of others."""
    every = [sums for level in kernel.sums for sums in level]
    blocks = {"add_one", "joined", *blocks_called({word for sums in every for word in sums.words})}
    if every:
        blocks.add(f"chunk_{kernel.precision}")
    math = set().union(*(sums.functions() for sums in every))
    return blocks, math, [JOIN_TOPS] if any(sums.has_top for sums in every) else []


def _write(kernel: SamplewiseKernel, code: Code) -> None:
    """Write groups of samples, until none is left."""
    local_arrays(kernel, code)
    code("groups = (samples + group - 1) // group", "begin, end = int64(0), components")
    with code.turns("number = take_next(counter)", end="number >= groups"):
        code("total, lost, outside = 0.0, 0.0, False")
        with code.block("for sample in range(number * group, min(number * group + group, samples))"):
            code("start = sample * components")
            if kernel.masked:
                with code.block("if where[sample] == 0"):
                    zeros(kernel, code)
                    if kernel.stores_losses:
                        keep_loss(kernel, code, "real(0)")
                    code("continue")
            kernel.read_sample(code)
            for level in range(len(kernel.sums)):
                add(kernel, code, level)
                finish(kernel, code, level)
            loss(kernel, code)
            slopes(kernel, code)
        code("sums[number] = joined(total, lost)", "flags[number] = float64(outside)")


def local_arrays(kernel: SamplewiseKernel, code: Code) -> None:
    """Write the local arrays."""
    for number in range(max(map(len, kernel.sums), default=0)):
        code(f"part_{number} = chunk_{kernel.precision}()")


def begin(kernel: SamplewiseKernel, code: Code, level: int) -> None:
    """Write how the sums of a pass begin."""
    for sums in kernel.sums[level]:
        sums.begin(code)


def add(kernel: SamplewiseKernel, code: Code, level: int) -> None:
    """Write a pass that accumulates sums of the components from ``begin`` to ``end``."""
    kernel.call(code, f"before_{level}")
    begin(kernel, code, level)
    with code.block(f"for first in range(begin, end, {CHUNK})"):
        code(f"count = min(int64({CHUNK}), end - first)")
        with code.block("for k in range(count)"):
            code("i = start + first + k")
            _read(kernel, code, f"terms_{level}", check=level == 0)
            kernel.call(code, f"terms_{level}")
            for k, sums in enumerate(kernel.sums[level]):
                code(f"{sums.part}[k] = term_{k}")
        for sums in kernel.sums[level]:
            sums.add_chunk(code)


def _read(kernel: SamplewiseKernel, code: Code, function: str, *, check: bool) -> None:
    """Write how the inputs of a function at ``i`` are read, and checked if this is the first pass."""
    symbols = set().union(*(formula.symbols() for formula in kernel.formulas[function].values()))
    if check and kernel.invalid is not None:
        symbols |= kernel.invalid.symbols()
    kernel.read_inputs(code, symbols)
    if check:
        kernel.check(code)


def finish(kernel: SamplewiseKernel, code: Code, level: int) -> None:
    """Write how the values of words are made of the sums."""
    for sums, words in zip(kernel.sums[level], kernel.passes.sums[level].words, strict=True):
        for word, name in words:
            code(f"{kernel.text(name)} = {sums.value(word)}")


def loss(kernel: SamplewiseKernel, code: Code) -> None:
    """Write how the loss of a sample is made of the sums, and kept."""
    if kernel.loss is not None:
        kernel.call(code, "value")
        keep_loss(kernel, code, "loss + real(0)")  # + 0: no loss of -0


def keep_loss(kernel: SamplewiseKernel, code: Code, text: str) -> None:
    """Write how a loss is stored, or added."""
    if kernel.stores_losses:
        code(f"losses[sample] = {memory.written(kernel.stored[0], text)}")
    else:
        code(f"total, lost = add_one(float64({text}), total, lost)")


def slopes(kernel: SamplewiseKernel, code: Code) -> None:
    """Write the pass that computes the slopes of the components from ``begin`` to ``end``."""
    if not kernel.slopes:
        return
    kernel.call(code, "before_slopes")
    with code.block("for first in range(begin, end)"):
        code("i = start + first")
        _read(kernel, code, "slopes", check=not kernel.sums)
        kernel.call(code, "slopes")
        kernel.store_slopes(code, [kernel.slope(k) for k in range(len(kernel.slopes))])


def zeros(kernel: SamplewiseKernel, code: Code) -> None:
    """Write zeros for the slopes from ``begin`` to ``end``."""
    if kernel.slopes:
        with code.block("for first in range(begin, end)"):
            code("i = start + first")
            kernel.store_slopes(code, ["real(0)"] * len(kernel.slopes))
