"""Samples of few components, computed side by side: all components of a sample at once, in one pass."""

from __future__ import annotations

from collections.abc import Sequence

from lossary.formula.languages.numba import name_in_kernel
from lossary.kernels import memory
from lossary.kernels.code import Code
from lossary.kernels.samplewise.spec import SamplewiseKernel
from lossary.kernels.sizes import LANES, RUNNING


def source(kernel: SamplewiseKernel, components: int) -> str:
    """Return the kernel for samples of exactly so many components as Python that Numba compiles."""
    words = {word for step in kernel.passes.sums for found in step.words for word, _ in found}
    precision, math = kernel.precision, set[str]()
    blocks = {f"lanes_{precision}"}
    if kernel.loss is not None and kernel.reduced:
        blocks |= {"running", "add_lanes", "total_of"} if precision == "float64" else set()
    if words & {"largest", "ties", "log_sum_exp"} or ("norm" in words and precision == "float64"):
        blocks.add("larger")
    if "norm" in words:
        math.add("sqrt_float64")
    if "log_sum_exp" in words:
        math |= {"log1p_float64", f"exp_below_{precision}"}
    return kernel.module(lambda kernel, code: _write(kernel, code, components), blocks, math)


def _write(kernel: SamplewiseKernel, code: Code, components: int) -> None:
    """Write groups of samples, until none is left."""
    summed, double = kernel.loss is not None and kernel.reduced, kernel.precision == "float64"
    each = [f"_{j}" for j in range(components)]
    read, made = (
        [_lane(name, at) for name, _ in kernel.inputs for at in each],
        [_made(name, at) for name in kernel.slope_arrays for at in each],
    )
    for name in (*read, *made, *(["parts"] if kernel.loss is not None else [])):
        code(f"{name} = lanes_{kernel.precision}()")
    if summed and double:
        code("totals, lost = running(), running()")
    code("groups = (samples + group - 1) // group")
    with code.turns("number = take_next(counter)", end="number >= groups"):
        code("total, outside = 0.0, False", "stop = min(number * group + group, samples)")
        if summed and double:
            with code.block(f"for k in range({RUNNING})"):
                code("totals[k], lost[k] = 0.0, 0.0")
        with code.block(f"for first in range(number * group, stop, {LANES})"):
            code(f"count = min(int64({LANES}), stop - first)")
            _lanes(kernel, code, each)
            if summed and double:
                with code.block(f"for k in range(count, {LANES})"):
                    code("parts[k] = real(0)")
                code("add_lanes(parts, totals, lost)")
            elif summed:
                with code.block("for k in range(count)"):
                    code("total += float64(parts[k])")
        if summed and double:
            code("total = total_of(totals, lost)")
        code("sums[number] = total", "flags[number] = float64(outside)")


def _lane(name: str, at: str) -> str:
    """The local array that holds one component of an input for all samples."""
    return f"lane_{name_in_kernel(name)}{at}"


def _made(name: str, at: str) -> str:
    """The local array that holds one component of slopes for all samples."""
    return f"lane_{name}{at}"


def _lanes(kernel: SamplewiseKernel, code: Code, each: Sequence[str]) -> None:
    """Write the lines that compute ``count`` samples; ``each`` ends the names of what belongs to a component.

    Reading, computing and storing have loops of their own, so that each is vectorised: no local array overlaps another.
    """
    step = len(each)
    for name, dtype in kernel.inputs:
        with code.block("for k in range(count)"):
            code(f"i = (first + k) * {step}")
            for j, at in enumerate(each):
                code(f"{_lane(name, at)}[k] = {memory.read(dtype, f'{name_in_kernel(name)}[i + {j}]')}")
    with code.block("for k in range(count)"):
        code("sample = first + k")
        _sample(kernel, code, each)
    if kernel.stores_losses:
        with code.block("for k in range(count)"):
            code(f"losses[first + k] = {memory.written(kernel.stored[0], 'parts[k]')}")
    for name, dtype in zip(kernel.slope_arrays, kernel.stored[1:], strict=False):
        with code.block("for k in range(count)"):
            code(f"i = (first + k) * {step}")
            for j, at in enumerate(each):
                code(f"{name}[i + {j}] = {memory.written(dtype, f'{_made(name, at)}[k]')}")


def _sample(kernel: SamplewiseKernel, code: Code, each: Sequence[str]) -> None:
    """Write the lines that compute one sample."""
    kernel.read_sample(code)
    if kernel.masked:
        code("counts = where[sample] != 0")
    for at in each:
        code(*(f"{kernel.text(name, at)} = {_lane(name, at)}[k]" for name, _ in kernel.inputs))
        kernel.check(code, at, "counts & " if kernel.masked else "")
    for level, step in enumerate(kernel.passes.sums):
        kernel.call(code, f"before_{level}")
        for at in each:
            kernel.call(code, f"terms_{level}", at)
        for k, words in enumerate(step.words):
            _words(kernel, code, words, [f"term_{k}{at}" for at in each])
    if kernel.loss is not None:
        kernel.call(code, "value")
        code(f"parts[k] = {_masked(kernel, 'loss + real(0)')}")  # + 0: no loss of -0
    if kernel.slopes:
        kernel.call(code, "before_slopes")
        for at in each:
            kernel.call(code, "slopes", at)
            for n, name in enumerate(kernel.slope_arrays):
                code(f"{_made(name, at)}[k] = {_masked(kernel, kernel.slope(n, at))}")


def _masked(kernel: SamplewiseKernel, text: str) -> str:
    return f"select(counts, {text}, real(0))" if kernel.masked else text


def _words(kernel: SamplewiseKernel, code: Code, words: Sequence[tuple[str, str]], terms: list[str]) -> None:
    """Write the values of words over these numbers."""
    precision, names = kernel.precision, dict(words)
    wide = [f"float64({term})" for term in terms]
    if names.keys() & {"largest", "ties", "log_sum_exp"}:
        code(f"top = {_largest(terms)}", f"ties = {' + '.join(f'select({term} == top, 1.0, 0.0)' for term in terms)}")
    for word, name in words:
        if word == "total":
            value = " + ".join(wide)
        elif word == "norm" and precision == "float32":  # float64 holds all squares
            value = f"sqrt_float64({' + '.join(f'{x} * {x}' for x in wide)})"
        elif word == "norm":
            # max·√Σ(x/max)²: no square overflows, and none that matters underflows; 2 ulp
            code(f"size = {_largest([f'abs({term})' for term in terms])}")
            squares = " + ".join(f"({x} / size) * ({x} / size)" for x in wide)
            value = f"select((size == 0.0) | (size == inf), size, size * sqrt_float64({squares}))"
        elif word == "log_sum_exp":
            # log Σ e^x = max + log1p(Σ of the others): all digits where one number outweighs the others
            others = " + ".join(f"float64(select({t} == top, real(0), exp_below_{precision}({t} - top)))" for t in terms)
            value = f"select(abs(top) == inf, float64(top), float64(top) + log1p_float64((ties - 1.0) + ({others})))"
        else:
            value = "top" if word == "largest" else "ties"
        code(f"{kernel.text(name)} = real({value})")


def _largest(terms: Sequence[str]) -> str:
    text = terms[0]
    for term in terms[1:]:
        text = f"larger({text}, {term})"
    return text
