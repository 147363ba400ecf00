"""Divergences between a student's distribution and a teacher's, of a block of logits each."""

from __future__ import annotations

import math
from typing import Any

from lossary.engine.logit_options import shaping
from lossary.linear_losses.block import Found, Kernel, Pulls, plainly
from lossary.linear_losses.job import Arrays, Job, loss_of


def teacher_logits(job: Job, arrays: Arrays, z: Any) -> Any:
    """What the teacher's softmax is taken of."""
    capped, tempered = job.teacher_soft_cap is not None, job.temperature != 1
    if not (capped or tempered):
        return z
    values = {"logit": z, "soft_cap": job.teacher_soft_cap, "temperature": job.temperature}
    formula = shaping(capped, tempered)
    return arrays.backend.evaluate(formula, {name: x for name, x in values.items() if name in formula.symbols()}, z)


def from_teacher(
    job: Job, arrays: Arrays, z: Any, z_teacher: Any, share: Any, pulls: Pulls, with_slopes: bool, kernel: Kernel | None
) -> Found:
    """The block with a teacher's distribution for its target."""
    z_teacher = teacher_logits(job, arrays, z_teacher)
    log_t = arrays.over_classes.log_softmax(z_teacher)
    if job.divergence == "js":
        return _jensen_shannon(job, arrays, z, log_t, share, pulls, with_slopes)
    found = (kernel or plainly)(job, arrays, z, arrays.backend.xp.exp(log_t), None, share, pulls, with_slopes)
    if job.divergence == "cross_entropy":
        return found
    # KL(t‖p) = H(t, p) - H(t), whose second part no weight of the student changes
    losses = found.losses - _weighed(arrays.over_classes.entropy(z_teacher), pulls.losses)
    extras = [losses if name == "token_losses" else x for name, x in zip(job.returns, found.extras, strict=True)]
    return found._replace(losses=losses, extras=extras)


def _jensen_shannon(job: Job, arrays: Arrays, z: Any, log_t: Any, share: Any, pulls: Pulls, with_slopes: bool) -> Found:
    r"""β·KL(t‖m) + (1 - β)·KL(p‖m) with m = β·t + (1 - β)·p.

    With :math:`\partial/\partial z_j = (1-\beta)\,p_j\,(\log(p_j/m_j) - \mathrm{KL}(p‖m))`.
    """
    over, xp, beta = arrays.over_classes, arrays.backend.xp, job.mixture
    loss, call = loss_of(job), job.call(arrays, z, log_t, pulls.losses, None)
    log_p = over.log_softmax(loss.logits(call))
    p, t = xp.exp(log_p), xp.exp(log_t)
    log_m = xp.logaddexp(log_p + math.log1p(-beta), log_t + math.log(beta))
    toward_p = xp.where(p == 0, 0, log_p - log_m)
    p_part = over.total(p * toward_p)
    losses = beta * over.total(t * xp.where(t == 0, 0, log_t - log_m)) + (1 - beta) * p_part
    losses = _weighed(losses, pulls.losses)
    call.target = t
    extras, slopes = loss.extras(call, losses), None
    if with_slopes:
        slopes = _weighed((1 - beta) * share, pulls.losses)
        slopes = (slopes[..., None] if pulls.losses is not None else slopes) * p * (toward_p - p_part[..., None])
        if job.soft_cap is not None or job.temperature != 1:
            slopes = slopes * loss.logits(call, 1)
        if pulls.of_extras:
            slopes = slopes + loss.extra_slopes(call, pulls.log_normalizer, pulls.entropy)
    return Found(losses, extras, slopes)


def _weighed(x: Any, weight: Any) -> Any:
    return x if weight is None else x * weight
