"""The choice of a kernel for samples of a number of components."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from lossary.kernels.native import Native, native
from lossary.kernels.samplewise import blocks, few, whole
from lossary.kernels.samplewise.spec import SamplewiseKernel
from lossary.kernels.task import PassesTask, Task

LONG = 32_768
"""Components beyond which a sample is cut into blocks of this size, if there are few samples."""
_MANY = 256
_GROUP = 8192
"""Components, about, of the samples that a thread takes at once."""
FEW = 8
"""The most components of samples that are computed side by side; for each number there is a kernel of its own."""
_LARGEST = 1000
"""Parts of formulas, each as many times as there are components: a kernel of more would take long to compile."""


def task(kernel: SamplewiseKernel, samples: int, components: int, numbers: Sequence[float]) -> Task | PassesTask | None:
    """Return the kernel for samples of so many components and these numbers, or None if kernels are unavailable."""
    nanoseconds, may_refuse = samples * components * kernel.nanoseconds, kernel.invalid is not None
    if components <= LONG or samples >= _MANY:
        function = _whole_samples(kernel, components)
        if function is None:
            return None
        group = max(1, _GROUP // max(1, components))
        constants = (samples, components, group, 0, *numbers)
        return Task(function, constants, -(-samples // group), nanoseconds, may_refuse=may_refuse)
    function = _native(kernel, ("blocks", LONG), lambda: blocks.source(kernel, LONG))
    if function is None:
        return None
    number, of_block = samples * -(-components // LONG), blocks.numbers_of_block(kernel)
    return PassesTask(
        function,
        (samples, components, of_block),
        numbers=tuple(numbers),
        blocks=number,
        phases=2 * len(kernel.passes.sums) + bool(kernel.slopes),
        nanoseconds=nanoseconds,
        workspace=number * of_block + samples * blocks.numbers_of_sample(kernel),
        may_refuse=may_refuse,
    )


def _whole_samples(kernel: SamplewiseKernel, components: int) -> Native | None:
    if 0 < components <= FEW and components * len(kernel.parts) <= _LARGEST:
        return _native(kernel, components, lambda: few.source(kernel, components))
    return _native(kernel, "whole", lambda: whole.source(kernel))


def _native(kernel: SamplewiseKernel, key: Any, source: Callable[[], str]) -> Native | None:
    if key not in kernel.natives:
        kernel.natives[key] = native(source(), tuple(kernel.arguments().values()), kernel.name)
    return kernel.natives[key]
