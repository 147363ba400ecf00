"""Divergences between a student's distribution and a teacher's, from a block of logits of each."""

from __future__ import annotations

import math
from typing import Any

from lossary.engine.logit_options import shaping
from lossary.linear_losses.block import BlockResult, Kernel, UpstreamGradients, by_arrays
from lossary.linear_losses.job import Arrays, Job, loss_of


def teacher_logits(job: Job, arrays: Arrays, z: Any) -> Any:
    """Return the teacher's logits, capped and divided by the temperature."""
    capped, tempered = job.teacher_soft_cap is not None, job.temperature != 1
    if not (capped or tempered):
        return z
    values = {"logit": z, "soft_cap": job.teacher_soft_cap, "temperature": job.temperature}
    formula = shaping(capped, tempered)
    return arrays.backend.evaluate(formula, {name: x for name, x in values.items() if name in formula.symbols()}, z)


def from_teacher(
    job: Job,
    arrays: Arrays,
    z: Any,
    z_teacher: Any,
    share: Any,
    upstream: UpstreamGradients,
    with_slopes: bool,
    kernel: Kernel | None,
) -> BlockResult:
    """Compute a block whose target is a teacher's distribution."""
    z_teacher = teacher_logits(job, arrays, z_teacher)
    log_t = arrays.class_sums.log_softmax(z_teacher)
    if job.divergence == "js":
        return _jensen_shannon(job, arrays, z, log_t, share, upstream, with_slopes)
    found = (kernel or by_arrays)(job, arrays, z, arrays.backend.xp.exp(log_t), None, share, upstream, with_slopes)
    if job.divergence == "cross_entropy":
        return found
    # KL(t‖p) = H(t, p) - H(t), whose second part does not depend on the student
    losses = found.losses - _weighted(arrays.class_sums.entropy(z_teacher), upstream.losses)
    extras = [losses if name == "token_losses" else x for name, x in zip(job.returns, found.extras, strict=True)]
    return found._replace(losses=losses, extras=extras)


def _jensen_shannon(
    job: Job, arrays: Arrays, z: Any, log_t: Any, share: Any, upstream: UpstreamGradients, with_slopes: bool
) -> BlockResult:
    r"""β·KL(t‖m) + (1 - β)·KL(p‖m) with m = β·t + (1 - β)·p.

    With :math:`\partial/\partial z_j = (1-\beta)\,p_j\,(\log(p_j/m_j) - \mathrm{KL}(p‖m))`.
    """
    over, xp, beta = arrays.class_sums, arrays.backend.xp, job.mixture
    loss, call = loss_of(job), job.call(arrays, z, log_t, upstream.losses, None)
    log_p = over.log_softmax(loss.logits(call))
    p, t = xp.exp(log_p), xp.exp(log_t)
    log_m = xp.logaddexp(log_p + math.log1p(-beta), log_t + math.log(beta))
    toward_p = xp.where(p == 0, 0, log_p - log_m)
    p_part = over.total(p * toward_p)
    losses = beta * over.total(t * xp.where(t == 0, 0, log_t - log_m)) + (1 - beta) * p_part
    losses = _weighted(losses, upstream.losses)
    call.target = t
    extras, slopes = loss.extras(call, losses), None
    if with_slopes:
        slopes = _weighted((1 - beta) * share, upstream.losses)
        slopes = (slopes[..., None] if upstream.losses is not None else slopes) * p * (toward_p - p_part[..., None])
        if job.soft_cap is not None or job.temperature != 1:
            slopes = slopes * loss.logits(call, 1)
        if upstream.for_extras:
            slopes = slopes + loss.extra_slopes(call, upstream.log_normalizer, upstream.entropy)
    return BlockResult(losses, extras, slopes)


def _weighted(x: Any, weight: Any) -> Any:
    return x if weight is None else x * weight
