"""One block of rows: logits in, losses and slopes out, by a kernel where there is one and plainly elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from lossary import log
from lossary.engine.class_sums import AllClasses
from lossary.kernels import gpu, memory, native
from lossary.linear_losses.job import Arrays, Job, loss_of


class Found(NamedTuple):
    """What a block of rows comes to."""

    losses: Any
    extras: list[Any]
    """What ``job.returns`` names, in that order."""
    slopes: Any
    """The derivative of Σ share·wℓ, and of what has cotangents, with respect to the logits as given; None if not asked for."""


Kernel = Callable[..., Found]


class Pulls(NamedTuple):
    """Cotangents of what rows return; None where there are none."""

    losses: Any = None
    log_normalizer: Any = None
    entropy: Any = None

    def of(self, rows: Any) -> Pulls:
        """Those of some rows."""
        return Pulls(*(None if x is None else x[rows] for x in self))

    @property
    def of_extras(self) -> bool:
        """Whether anything but the losses has cotangents."""
        return self.log_normalizer is not None or self.entropy is not None


def kernel_of(job: Job, arrays: Arrays, pulls: Pulls) -> Kernel | None:
    """A kernel that computes the blocks, if there is one for where they are: it needs all classes there."""
    kernel, path, reason = _chosen(job, arrays, pulls)
    name = f"linear {loss_of(job).__name__}"
    log.served(name, "blocks of rows", arrays.hidden, arrays.weight, path, reason)
    return kernel


def _chosen(job: Job, arrays: Arrays, pulls: Pulls) -> tuple[Kernel | None, str, str]:
    """The kernel; and for the log, which path that is, and why."""
    if type(arrays.over_classes) is not AllClasses or job.divergence == "js" or pulls.of_extras:
        reason = "ranks that share the classes, Jensen–Shannon divergences and differentiated extras have no kernel"
    elif arrays.backend.in_memory(arrays.hidden):
        if arrays.backend.dtype_name(arrays.dtype) in memory.PRECISIONS and native.available(loss_of(job).__name__):
            return by_kernel, "a kernel", "kernels serve at any size"
        reason = native.problem() or f"{arrays.dtype} has no kernel"
    elif gpu.serves(arrays.hidden) and loss_of(job).is_cross_entropy:
        return by_triton, "a Triton kernel", "the tensors are on a GPU"
    else:
        reason = "on this device only cross-entropy has a kernel, where Triton is installed"
    return None, "array operations", reason


def by_kernel(job: Job, arrays: Arrays, z: Any, target: Any, mass: Any, share: float, pulls: Pulls, with_slopes: bool) -> Found:
    """The block by one kernel, which puts the slopes in the place of the logits."""
    backend = arrays.backend
    names = (*(name for name in job.returns if name != "token_losses"), "token_losses")
    call = job.call(arrays, z, target, pulls.losses, mass)
    call.own["returns"] = names
    made = loss_of(job).kernel_task(call, True, int(with_slopes), in_place=True)
    if made is None:  # it cannot be compiled
        return plainly(job, arrays, z, target, mass, share, pulls, with_slopes)
    task, read = made
    found = {name: backend.new(tuple(call.sample_shape), arrays.dtype) for name in names}
    order = ("token_losses", *names[:-1])
    task.run([backend.address(x) for x in (*read, *(found[name] for name in order))], backend.threads(), share)
    return Found(found["token_losses"], [found[name] for name in job.returns], z if with_slopes else None)


def by_triton(job: Job, arrays: Arrays, z: Any, target: Any, mass: Any, share: Any, pulls: Pulls, with_slopes: bool) -> Found:
    """The block by one kernel on a graphics processor, which puts the slopes in the place of the logits."""
    from lossary.kernels.gpu import cross_entropy

    kept, floor = job.smoothed
    found = cross_entropy.rows(
        z,
        target,
        weight=pulls.losses,
        class_weight=arrays.class_weight,
        kept=kept,
        floor=floor,
        z_loss=job.z_loss,
        soft_cap=job.soft_cap,
        temperature=job.temperature,
        share=share,
        slopes=z if with_slopes else None,
        log_normalizers="log_normalizer" in job.returns,
        entropies="entropy" in job.returns,
        correct="accuracy" in job.returns,
    )
    extras = dict(zip(("token_losses", "log_normalizer", "entropy", "accuracy"), found[:4], strict=True))
    return Found(found.losses, [extras[name] for name in job.returns], z if with_slopes else None)


def plainly(job: Job, arrays: Arrays, z: Any, target: Any, mass: Any, share: Any, pulls: Pulls, with_slopes: bool) -> Found:
    """The block by array operations."""
    call = job.call(arrays, z, target, pulls.losses, mass)
    loss, slopes = loss_of(job), None
    losses = loss.weighted_losses(call)
    extras = loss.extras(call, losses)
    if with_slopes:
        slopes = loss.slopes(call, 1) * share
        if pulls.of_extras:
            slopes = slopes + loss.extra_slopes(call, pulls.log_normalizer, pulls.entropy)
    return Found(losses, extras, slopes)
