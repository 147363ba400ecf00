"""Losses of classes by naive formulas of torch's own operations in float64: truths for kernels and blocks."""

import numpy as np
import torch

import lossary
from lossary.vocabulary import exp


@lossary.softmax
def focal(log_probability, *, gamma=2.0):
    return -((1 - exp(log_probability)) ** gamma) * log_probability


@lossary.softmax
def generalized(log_probability, *, q=0.7):
    """Generalized cross-entropy (Zhang & Sabuncu, 2018)."""
    return (1 - exp(q * log_probability)) / q


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
    """The weighted loss of each row by torch's own operations in float64, t rows of probabilities."""
    x = shaped(z, soft_cap, temperature)
    classes = z.shape[-1]
    lse = torch.logsumexp(x, -1)
    c = torch.ones(classes, dtype=z.dtype) if class_weight is None else torch.as_tensor(class_weight).to(z.dtype)
    e = label_smoothing
    t = (1 - e) * target + e / classes if smoothing == "uniform" else (1 - e) * target + e * (1 - target) / (classes - 1)
    terms = torch.where(t * c == 0, 0.0, t * c * TERMS[loss](x - lse[..., None], **parameters))
    rows = terms.sum(-1) + z_loss * (target * c).sum(-1) * lse**2
    return rows if weight is None else rows * torch.as_tensor(weight).to(z.dtype)


def extras_of(z, target, soft_cap=None, temperature=1.0):
    """Log normalizer, entropy and accuracy of each row."""
    x = shaped(z, soft_cap, temperature)
    log_p = torch.log_softmax(x, -1)
    p = log_p.exp()
    entropy = -torch.where(p == 0, 0.0, p * log_p).sum(-1)
    first = ((x == x.max(-1, keepdim=True).values).cumsum(-1) == 0).sum(-1)
    return torch.logsumexp(x, -1), entropy, (first == target.argmax(-1)).to(z.dtype)


def wide(target, classes):
    """Labels as rows of probabilities in float64; such rows as they are."""
    target = target if isinstance(target, torch.Tensor) else torch.tensor(np.asarray(target))
    return target.double() if target.is_floating_point() else torch.nn.functional.one_hot(target.long(), classes).double()


def linear(hidden, weight, bias=None):
    """Logits in float64."""
    z = hidden.double() @ weight.double().T
    return z if bias is None else z + bias.double()


def divergence_rows(z, z_teacher, divergence, mixture=0.5):
    """KL(t‖p), or β·KL(t‖m) + (1 - β)·KL(p‖m), of each row; of shaped logits."""
    log_p, log_t = torch.log_softmax(z, -1), torch.log_softmax(z_teacher, -1)
    p, t = log_p.exp(), log_t.exp()
    kl = lambda a, b: torch.where(a == 0, 0.0, a * (torch.where(a == 0, 1.0, a).log() - b)).sum(-1)
    if divergence == "kl":
        return kl(t, log_p)
    log_m = (mixture * t + (1 - mixture) * p).log()
    return mixture * kl(t, log_m) + (1 - mixture) * kl(p, log_m)
