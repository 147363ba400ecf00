"""Losses of classes by their definitions: all logits at once, in float64, differentiated by torch's autograd."""

import numpy as np
import torch

import lossary
from lossary.vocabulary import exp

RETURNS = ("log_normalizer", "entropy", "accuracy", "token_losses")


@lossary.softmax
def focal(log_probability, *, gamma=2.0):
    return -((1 - exp(log_probability)) ** gamma) * log_probability


@lossary.softmax
def generalized(log_probability, *, q=0.7):
    """Generalized cross-entropy (Zhang & Sabuncu, 2018)."""
    return (1 - exp(q * log_probability)) / q


@lossary.softmax
def brier(probability, target):
    return (probability - target) ** 2


@lossary.softmax
def quality(log_probability, target, *, power=2.0):
    """Quality focal loss (Li et al., 2020), of a row of classes."""
    return -(abs(target - exp(log_probability)) ** power) * (target + 0.25) * log_probability


WITH_TARGET = {
    brier: lambda log_p, t: (log_p.exp() - t) ** 2,
    quality: lambda log_p, t, power=2.0: -((t - log_p.exp()).abs() ** power) * (t + 0.25) * log_p,
}
"""Terms of losses that take the target of each class."""
TERMS = {
    lossary.cross_entropy: lambda log_p: -log_p,
    focal: lambda log_p, gamma=2.0: -((1 - log_p.exp()) ** gamma) * log_p,
    generalized: lambda log_p, q=0.7: (1 - log_p.exp() ** q) / q,
}


def shaped(z, soft_cap=None, temperature=1.0):
    if soft_cap is not None:
        z = soft_cap * torch.tanh(z / soft_cap)
    return z / temperature


def naive_rows(
    z, target, loss=lossary.cross_entropy, *, weight=None, class_weight=None, label_smoothing=0.0, smoothing="uniform",
    z_loss=0.0, soft_cap=None, temperature=1.0, **parameters,
):  # fmt: skip
    """The weighted loss of each row of logits, of rows of probabilities."""
    x = shaped(z, soft_cap, temperature)
    classes = z.shape[-1]
    lse = torch.logsumexp(x, -1)
    c = torch.ones(classes, dtype=z.dtype) if class_weight is None else double(class_weight)
    e = label_smoothing
    t = (1 - e) * target + e / classes if smoothing == "uniform" else (1 - e) * target + e * (1 - target) / (classes - 1)
    if loss in WITH_TARGET:
        terms = c * WITH_TARGET[loss](x - lse[..., None], t, **parameters)
    else:
        terms = torch.where(t * c == 0, 0.0, t * c * TERMS[loss](x - lse[..., None], **parameters))
    rows = terms.sum(-1) + z_loss * (target * c).sum(-1) * lse**2
    return rows if weight is None else rows * double(weight)


def extras_of(z, target, soft_cap=None, temperature=1.0):
    """Log normalizer, entropy and accuracy of each row."""
    x = shaped(z, soft_cap, temperature)
    log_p = torch.log_softmax(x, -1)
    p = log_p.exp()
    entropy = -torch.where(p == 0, 0.0, p * log_p).sum(-1)
    first = ((x == x.max(-1, keepdim=True).values).cumsum(-1) == 0).sum(-1)
    return torch.logsumexp(x, -1), entropy, (first == target.argmax(-1)).to(z.dtype)


def double(x):
    """Numbers of any library in float64; a tensor stays in its graph."""
    return x.double() if isinstance(x, torch.Tensor) else torch.tensor(np.asarray(x, np.float64))


def wide(target, classes):
    """Labels as rows of probabilities in float64; such rows as they are."""
    target = target if isinstance(target, torch.Tensor) else torch.tensor(np.asarray(target))
    return target.double() if target.is_floating_point() else torch.nn.functional.one_hot(target.long(), classes).double()


# ---- on top of a linear layer


def truth(
    hidden, weight, bias, target=None, loss=lossary.cross_entropy, *, teacher_hidden=None, teacher_weight=None,
    teacher_bias=None, teacher_soft_cap=None, divergence="cross_entropy", mixture=0.5, teacher_share=0.5, where=None,
    ignore_index=None, sample_weight=None, reduction="mean", normalizer=None, soft_cap=None, temperature=1.0, **options,
):  # fmt: skip
    """The loss, and all that ``returns=`` names; rows that are left out may hold anything."""
    classes, counted = weight.shape[0], torch.ones(hidden.shape[:-1], dtype=torch.bool)
    counted = counted if where is None else torch.as_tensor(where)
    counted = counted if ignore_index is None else counted & torch.as_tensor(target != ignore_index)
    unmasked = counted
    if sample_weight is not None:
        counted = counted & (torch.as_tensor(sample_weight) != 0)
    keep = counted[..., None]

    def logits(x, weight, bias):
        z = torch.where(keep, double(x), 0.0) @ double(weight).T
        return z if bias is None else z + double(bias)

    z = logits(hidden, weight, bias)
    x = shaped(z, soft_cap, temperature)
    if teacher_hidden is not None:
        taught = torch.softmax(shaped(logits(teacher_hidden, teacher_weight, teacher_bias), teacher_soft_cap, temperature), -1)
        taught = taught.detach()
    if target is None:
        t = taught
    elif len(target.shape) < z.ndim:
        t = wide(torch.where(counted, torch.as_tensor(target), 0), classes)
    else:
        t = torch.where(keep, double(target), 1 / classes)
    if divergence == "distillation":
        softened, x = x, shaped(z, soft_cap)
    own = 1.0 if divergence == "distillation" else temperature
    losses = naive_rows(z, t, loss, soft_cap=soft_cap, temperature=own, **options)
    if divergence == "kl":  # from the teacher
        losses = losses + torch.special.xlogy(t, t).sum(-1)
    elif divergence == "js":
        p = torch.softmax(x, -1)
        m = mixture * t + (1 - mixture) * p
        to_m = lambda p: (torch.special.xlogy(p, p) - torch.special.xlogy(p, m)).sum(-1)
        losses = mixture * to_m(t) + (1 - mixture) * to_m(p)
    elif divergence == "distillation":
        kl = torch.nn.functional.kl_div(torch.log_softmax(softened, -1), taught, reduction="none").sum(-1)
        losses = (1 - teacher_share) * losses + teacher_share * temperature**2 * kl
    mass = t.sum(-1) if options.get("class_weight") is None else t @ double(options["class_weight"])
    if sample_weight is not None:
        losses, mass = losses * double(sample_weight), mass * double(sample_weight)
    losses, mass, *extras = (torch.where(counted, x, 0.0) for x in (losses, mass, *extras_of(x, t)))
    divisor = {"mean": mass.sum(), "batchmean": unmasked.sum(), "sum": 1, "none": 1}[reduction]
    cost = (losses if reduction == "none" else losses.sum()) / (divisor if normalizer is None else normalizer)
    return dict(zip(("loss", *RETURNS), (cost, *extras, losses), strict=True))


def pulled(found, pulls):
    """Σ u·x over results and their cotangents."""
    return sum((u * found[name]).sum() for name, u in pulls.items())


def with_gradients(layer, target=None, pulls=(("loss", 1.0),), **options):
    """The truth, and the gradients of Σ u·x for cotangents of some of its results, in hidden states, weight and bias."""
    inputs = [None if x is None else double(x).detach().clone().requires_grad_() for x in layer]
    found = truth(*inputs, target, **options)
    gradients = torch.autograd.grad(pulled(found, dict(pulls)), [x for x in inputs if x is not None])
    return {name: x.detach() for name, x in found.items()}, gradients
