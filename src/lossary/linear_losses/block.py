"""One block of rows: from logits to losses and slopes, by a kernel if there is one, else by array operations."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from lossary import log
from lossary.engine.call import Call
from lossary.engine.class_sums import AllClasses
from lossary.kernels import gpu, memory, native
from lossary.linear_losses.job import Arrays, LinearJob, loss_of


class BlockResult(NamedTuple):
    """The results of a block of rows."""

    losses: Any
    extras: list[Any]
    """The results that ``job.returns`` names, in that order."""
    slopes: Any
    """The derivative, by the logits, of Σ share·wℓ and of extras with upstream gradients; None if not requested."""


class UpstreamGradients(NamedTuple):
    """Upstream gradients of each per-row output, or None; that of a loss is the row's weight where only values are computed."""

    losses: Any = None
    log_normalizer: Any = None
    entropy: Any = None

    def of_rows(self, rows: Any) -> UpstreamGradients:
        """Return the upstream gradients of some rows."""
        return UpstreamGradients(*(None if x is None else x[rows] for x in self))

    def weighted(self, weight: Any) -> UpstreamGradients:
        """Return the upstream gradients of losses that are multiplied by a weight each, or by 1 if it is None."""
        if weight is None:
            return self
        return self._replace(losses=weight if self.losses is None else weight * self.losses)

    @property
    def for_extras(self) -> bool:
        """Whether anything but the losses has an upstream gradient."""
        return self.log_normalizer is not None or self.entropy is not None


@dataclass(frozen=True)
class Block:
    """Some rows of a call, and what is to be computed of their logits."""

    job: LinearJob
    arrays: Arrays
    """The arrays of the whole call, of which those without a row axis are used."""
    target: Any
    mass: Any
    """Σ tₖcₖ of each row, or None without class weights."""
    upstream: UpstreamGradients
    share: Any
    """The factor of the losses' slopes."""
    with_slopes: bool
    kernel: Kernel | None = None
    """What computes it, or None for array operations."""

    def changed(self, **fields: Any) -> Block:
        """Return the block with other fields."""
        return dataclasses.replace(self, **fields)

    def compute(self, z: Any) -> BlockResult:
        """Return the results from the logits, which a kernel overwrites."""
        return (self.kernel or by_arrays)(self, z)


Kernel = Callable[[Block, Any], BlockResult]
"""A function of a block and its logits."""


def kernel_of(job: LinearJob, arrays: Arrays, upstream: UpstreamGradients) -> Kernel | None:
    """Return a kernel that computes the blocks, or None if there is none; log which path serves, and why."""
    kernel, path, reason = _choose(job, arrays, upstream)
    name = f"linear {loss_of(job).__name__}"
    log.served(name, "blocks of rows", (arrays.hidden, arrays.weight), path, reason)
    return kernel


def _choose(job: LinearJob, arrays: Arrays, upstream: UpstreamGradients) -> tuple[Kernel | None, str, str]:
    """Return the kernel, and for the log the path and the reason."""
    if type(arrays.class_sums) is not AllClasses or job.divergence == "js" or upstream.for_extras:
        reason = "sharded classes, Jensen–Shannon divergences and differentiated extras have no kernel"
    elif arrays.backend.in_memory(arrays.hidden):
        if arrays.backend.dtype_name(arrays.dtype) in memory.PRECISIONS and native.available(loss_of(job).__name__):
            return by_kernel, "a kernel", "kernels serve at any size"
        reason = native.problem() or f"{arrays.dtype} has no kernel"
    elif gpu.serves(arrays.hidden) and loss_of(job).is_cross_entropy:
        return by_triton, "a Triton kernel", "the tensors are on a GPU"
    else:
        reason = "on this device only cross-entropy has a kernel, where Triton is installed"
    return None, "array operations", reason


def by_kernel(block: Block, z: Any) -> BlockResult:
    """Compute a block by one kernel, which overwrites the logits with the slopes."""
    job, arrays, backend = block.job, block.arrays, block.arrays.backend
    names = (*(name for name in job.returns if name != "token_losses"), "token_losses")
    call = _call(block, z)
    call.extra.returns = names
    made = loss_of(job).kernel_task(call, True, int(block.with_slopes), in_place=True)
    if made is None:  # it could not be compiled
        return by_arrays(block, z)
    task, read = made
    found = {name: backend.new(tuple(call.sample_shape), arrays.dtype) for name in names}
    order = ("token_losses", *names[:-1])
    task.run([backend.address(x) for x in (*read, *(found[name] for name in order))], backend.threads(), block.share)
    return BlockResult(found["token_losses"], [found[name] for name in job.returns], z if block.with_slopes else None)


def by_triton(block: Block, z: Any) -> BlockResult:
    """Compute a block by one kernel on a GPU, with slopes in the dtype that they are multiplied in.

    They overwrite the logits if these have that dtype.
    """
    from lossary.kernels.gpu import cross_entropy
    from lossary.linear_losses.products_gpu import multiplies_halves

    job, arrays = block.job, block.arrays
    kept, floor = job.smoothed
    slopes = z if block.with_slopes else None
    if block.with_slopes and multiplies_halves(z, arrays.weight):
        slopes = z.new_empty((z.shape[0], z.stride(0)), dtype=arrays.weight.dtype)[:, : z.shape[1]]  # rows as far apart
    found = cross_entropy.rows(
        z,
        block.target,
        weight=block.upstream.losses,
        class_weight=arrays.class_weight,
        kept=kept,
        floor=floor,
        z_loss=job.z_loss,
        soft_cap=job.soft_cap,
        temperature=job.temperature,
        share=block.share,
        slopes=slopes,
        log_normalizers="log_normalizer" in job.returns,
        entropies="entropy" in job.returns,
        correct="accuracy" in job.returns,
    )
    extras = dict(zip(("token_losses", "log_normalizer", "entropy", "accuracy"), found[:4], strict=True))
    return BlockResult(found.losses, [extras[name] for name in job.returns], slopes)


def by_arrays(block: Block, z: Any) -> BlockResult:
    """Compute a block by array operations."""
    call, upstream = _call(block, z), block.upstream
    loss, slopes = loss_of(block.job), None
    losses = loss.weighted_losses(call)
    extras = loss.extras(call, losses)
    if block.with_slopes:
        slopes = loss.slopes(call, 1)[0] * block.share
        if upstream.for_extras:
            slopes = slopes + loss.extra_slopes(call, upstream.log_normalizer, upstream.entropy)
    return BlockResult(losses, extras, slopes)


def _call(block: Block, z: Any) -> Call:
    """Return the logits of a block as a call of the loss."""
    return block.job.call(block.arrays, z, block.target, block.upstream.losses, block.mass)
