"""Divergences between a student's distribution and a teacher's, from a block of logits of each; alone, or beside a target."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

from lossary.engine.logit_options import shaping
from lossary.linear_losses.block import Block, BlockResult, UpstreamGradients
from lossary.linear_losses.job import Arrays, LinearJob, loss_of


def teacher_logits(job: LinearJob, arrays: Arrays, z: Any) -> Any:
    """Return the teacher's logits, capped and divided by the temperature."""
    capped, tempered = job.teacher_soft_cap is not None, job.temperature != 1
    if not (capped or tempered):
        return z
    values = {"logit": z, "soft_cap": job.teacher_soft_cap, "temperature": job.temperature}
    formula = shaping(capped, tempered)
    return arrays.backend.evaluate(formula, {name: x for name, x in values.items() if name in formula.symbols()}, z)


def from_teacher(block: Block, z: Any, z_teacher: Any) -> BlockResult:
    """Compute a block whose target is a teacher's distribution, or in a distillation that and a target besides."""
    job, arrays, upstream = block.job, block.arrays, block.upstream
    if job.divergence == "distillation":
        return _distillation(block, z, z_teacher)
    z_teacher = teacher_logits(job, arrays, z_teacher)
    log_t = arrays.class_sums.log_softmax(z_teacher)
    if job.divergence == "js":
        return _jensen_shannon(block, z, log_t)
    found = block.changed(target=arrays.backend.xp.exp(log_t)).compute(z)
    if job.divergence == "cross_entropy":
        return found
    # KL(t‖p) = H(t, p) - H(t), whose second part does not depend on the student
    losses = found.losses - _weighted(arrays.class_sums.entropy(z_teacher), upstream.losses)
    extras = [losses if name == "token_losses" else x for name, x in zip(job.returns, found.extras, strict=True)]
    return found._replace(losses=losses, extras=extras)


def _distillation(block: Block, z: Any, z_teacher: Any) -> BlockResult:
    """(1 - λ) times the cross-entropy of the target, at temperature 1, plus λT² times KL(t‖p) at temperature T."""
    job = block.job
    own, taught = 1 - job.teacher_share, job.teacher_share * job.temperature**2
    of_target = block.changed(
        job=dataclasses.replace(job, divergence="cross_entropy", temperature=1.0), share=own * block.share
    )
    of_teacher = block.changed(
        job=dataclasses.replace(job, divergence="kl", dense=True, smoothed=(1.0, 0.0), z_loss=0.0, returns=()),
        upstream=UpstreamGradients(block.upstream.losses),
        share=taught * block.share,
    )
    hard = of_target.compute(z if block.kernel is None else z + 0)  # a kernel overwrites them
    soft = from_teacher(of_teacher, z, z_teacher)
    zeros = block.arrays.backend.xp.zeros_like  # a part without a share may be infinite
    losses = own * hard.losses if own else zeros(hard.losses)
    losses = losses + (taught * soft.losses if taught else zeros(soft.losses))
    extras = [losses if name == "token_losses" else x for name, x in zip(job.returns, hard.extras, strict=True)]
    return BlockResult(losses, extras, hard.slopes + soft.slopes if block.with_slopes else None)


def _jensen_shannon(block: Block, z: Any, log_t: Any) -> BlockResult:
    r"""β·KL(t‖m) + (1 - β)·KL(p‖m) with m = β·t + (1 - β)·p.

    With :math:`\partial/\partial z_j = (1-\beta)\,p_j\,(\log(p_j/m_j) - \mathrm{KL}(p‖m))`.
    """
    job, arrays, upstream = block.job, block.arrays, block.upstream
    over, xp, beta = arrays.class_sums, arrays.backend.xp, job.mixture
    t = xp.exp(log_t)
    loss, call = loss_of(job), job.call(arrays, z, t, upstream.losses, None)
    log_p = over.log_softmax(loss.logits(call))
    p = xp.exp(log_p)
    log_m = xp.logaddexp(log_p + math.log1p(-beta), log_t + math.log(beta))
    toward_p = xp.where(p == 0, 0, log_p - log_m)
    p_part = over.total(p * toward_p)
    losses = beta * over.total(t * xp.where(t == 0, 0, log_t - log_m)) + (1 - beta) * p_part
    losses = _weighted(losses, upstream.losses)
    extras, slopes = loss.extras(call, losses), None
    if block.with_slopes:
        slopes = _weighted((1 - beta) * block.share, upstream.losses)
        slopes = (slopes[..., None] if upstream.losses is not None else slopes) * p * (toward_p - p_part[..., None])
        if job.soft_cap is not None or job.temperature != 1:
            slopes = slopes * loss.logits(call, 1)
        if upstream.for_extras:
            slopes = slopes + loss.extra_slopes(call, upstream.log_normalizer, upstream.entropy)
    return BlockResult(losses, extras, slopes)


def _weighted(x: Any, weight: Any) -> Any:
    return x if weight is None else x * weight
