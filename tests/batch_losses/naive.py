"""Losses of a batch as their papers state them, in torch: all similarities in a matrix, pairs one by one."""

import torch
from torch.nn import functional

import lossary


def unit(x):
    return x / x.norm(dim=-1, keepdim=True)


def info_nce(anchor, positive, *, temperature=0.1, symmetric=False, negative=None):
    a, p, place = unit(anchor), unit(positive), torch.arange(len(anchor))
    candidates = p if negative is None else torch.cat([p, unit(negative)])
    losses = functional.cross_entropy(a @ candidates.T / temperature, place, reduction="none")
    if symmetric:
        losses = (losses + functional.cross_entropy(p @ a.T / temperature, place, reduction="none")) / 2
    return losses


def siglip(first, second, *, temperature=0.1, bias=-10.0):
    logits = unit(first) @ unit(second).T / temperature + bias
    return -functional.logsigmoid((2 * torch.eye(len(first)) - 1) * logits).sum(1)


def _each(embedding, labels, loss):
    """The loss of each anchor, of its similarities with its positives and its negatives."""
    similarities, losses = unit(embedding) @ unit(embedding).T, []
    for i, row in enumerate(similarities):
        others = torch.arange(len(row)) != i
        losses.append(loss(row[others & (labels == labels[i])], row[others & (labels != labels[i])]))
    return torch.stack(losses)


def supervised_contrastive(embedding, labels, *, temperature=0.1):
    def loss(positives, negatives):
        whole = torch.logsumexp(torch.cat([positives, negatives]) / temperature, 0)
        return (whole - positives / temperature).mean() if len(positives) else 0 * whole

    return _each(embedding, labels, loss)


def circle(embedding, labels, *, gamma=80.0, margin=0.4):
    def loss(positives, negatives):
        pull, push = torch.relu(1 + margin - positives.detach()), torch.relu(negatives.detach() + margin)
        total = (
            torch.exp(-gamma * pull * (positives - (1 - margin))).sum() * torch.exp(gamma * push * (negatives - margin)).sum()
        )
        return torch.log(1 + total)

    return _each(embedding, labels, loss)


def multi_similarity(embedding, labels, *, alpha=2.0, beta=50.0, threshold=0.5):
    def loss(positives, negatives):
        near = torch.log(1 + torch.exp(-alpha * (positives - threshold)).sum()) / alpha
        return near + torch.log(1 + torch.exp(beta * (negatives - threshold)).sum()) / beta

    return _each(embedding, labels, loss)


NAIVE = {
    lossary.info_nce: info_nce,
    lossary.siglip: siglip,
    lossary.supervised_contrastive: supervised_contrastive,
    lossary.circle: circle,
    lossary.multi_similarity: multi_similarity,
}
CASES = [
    (lossary.info_nce, {}),
    (lossary.info_nce, {"symmetric": True, "temperature": 0.5}),
    (lossary.siglip, {}),
    (lossary.siglip, {"temperature": 0.5, "bias": 0.25}),
    (lossary.supervised_contrastive, {}),
    (lossary.supervised_contrastive, {"temperature": 0.7}),
    (lossary.circle, {}),
    (lossary.circle, {"gamma": 3.0, "margin": 0.2}),
    (lossary.multi_similarity, {}),
    (lossary.multi_similarity, {"alpha": 1.5, "beta": 4.0, "threshold": 0.2}),
]


def batch(loss, rng, samples=9, components=4):
    """The inputs of a loss: embeddings, and labels of which one occurs once."""
    embeddings = [rng.normal(size=(samples, components)) for _ in loss.predictions]
    return (*embeddings, rng.permutation([7, *(i % 3 for i in range(samples - 1))])) if "target" in loss.inputs else embeddings
