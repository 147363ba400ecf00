"""Truths of the losses of regions, from counts of pixels."""

from tests.losses.rows import MP, Row


def regions(rng):
    shape = (12, 5)
    return rng.uniform(0.02, 0.98, shape), rng.uniform(0, 1, shape).round(1)


def raw(rng):
    return rng.normal(0, 3, (12, 5)), rng.integers(0, 2, (12, 5)).astype(float)


def counts(prediction, target, given="probabilities"):
    """True and false positives, and false and true negatives."""
    if given == "logits":
        prediction = [1 / (1 + MP.exp(-z)) for z in prediction]
    pairs = list(zip(prediction, target, strict=True))
    return (
        MP.fsum(p * y for p, y in pairs),
        MP.fsum(p * (1 - y) for p, y in pairs),
        MP.fsum((1 - p) * y for p, y in pairs),
        MP.fsum((1 - p) * (1 - y) for p, y in pairs),
    )


def dice(prediction, target, smooth=0, **form):
    tp, fp, fn, _ = counts(prediction, target, **form)
    return 1 - (2 * tp + smooth) / (2 * tp + fp + fn + smooth)


def jaccard(prediction, target, smooth=0, **form):
    tp, fp, fn, _ = counts(prediction, target, **form)
    return 1 - (tp + smooth) / (tp + fp + fn + smooth)


def tversky(prediction, target, alpha=0.5, beta=0.5, smooth=0):
    tp, fp, fn, _ = counts(prediction, target)
    return 1 - (tp + smooth) / (tp + MP.mpf(alpha) * fp + MP.mpf(beta) * fn + smooth)


def focal_tversky(prediction, target, alpha=0.3, beta=0.7, gamma=0.75):
    return tversky(prediction, target, alpha, beta) ** MP.mpf(gamma)


def matthews(prediction, target):
    tp, fp, fn, tn = counts(prediction, target)
    return 1 - (tp * tn - fp * fn) / MP.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))


def classes(rng):
    return rng.uniform(0.02, 0.98, (10, 3, 4)), (rng.uniform(size=(10, 3, 4)) < [[0.8], [0.4], [0.1]]).astype(float)


def generalized_dice(prediction, target):
    volumes = [MP.fsum(row) for row in target]
    weights = [1 / v**2 if v else 1 / min([v for v in volumes if v], default=MP.mpf(1)) ** 2 for v in volumes]
    both = MP.fsum(
        w * p * y for w, ps, ys in zip(weights, prediction, target, strict=True) for p, y in zip(ps, ys, strict=True)
    )
    each = MP.fsum(
        w * (p + y) for w, ps, ys in zip(weights, prediction, target, strict=True) for p, y in zip(ps, ys, strict=True)
    )
    return 1 - 2 * both / each


def extended(errors, inside):
    """The Lovász extension of the Jaccard loss Δ(wrong) = |wrong| / |inside ∪ wrong|, by its definition."""
    wrong, loss, before = set(), MP.mpf(0), MP.mpf(0)
    for i in sorted(range(len(errors)), key=lambda i: -errors[i]):
        wrong.add(i)
        delta = MP.mpf(len(wrong)) / len(wrong | {j for j, there in enumerate(inside) if there})
        loss, before = loss + errors[i] * (delta - before), delta
    return loss


def scores(rng):
    return rng.normal(0, 1.5, (16, 6)), rng.uniform(size=(16, 6)) < 0.4


def lovasz_hinge(prediction, target):
    return extended([max(1 - (z if y else -z), MP.mpf(0)) for z, y in zip(prediction, target, strict=True)], target)


def labels(rng):
    return rng.uniform(0.02, 0.98, (10, 3, 5)), rng.integers(0, 3, (10, 5))


def raw_classes(rng):
    return rng.normal(0, 2, (6, 3, 5)), rng.integers(0, 3, (6, 5))


def lovasz_softmax(prediction, target, classes="present", given="probabilities"):
    if given == "logits":
        sums = [MP.fsum(map(MP.exp, pixel)) for pixel in zip(*prediction, strict=True)]
        prediction = [[MP.exp(z) / s for z, s in zip(row, sums, strict=True)] for row in prediction]
    found = []
    for k, row in enumerate(prediction):
        if classes == "all" or k in target:
            found.append(extended([1 - p if y == k else p for p, y in zip(row, target, strict=True)], [y == k for y in target]))
    return MP.fsum(found) / len(found)


ROWS = [
    Row("dice", dice, regions, size=0.1),
    Row("dice", dice, regions, {"smooth": 1.5}, size=0.1),
    Row("dice", dice, raw, {"given": "logits"}, size=0.1),
    Row("jaccard", jaccard, regions, size=0.1),
    Row("jaccard", jaccard, raw, {"given": "logits", "smooth": 1}, size=0.1),
    Row("tversky", tversky, regions, {"alpha": 0.75, "beta": 0.25}, size=0.1),
    Row("tversky", tversky, regions, {"alpha": 0.25, "beta": 0.875, "smooth": 0.5}, size=0.1),
    Row("focal_tversky", focal_tversky, regions, size=0.2),
    Row("focal_tversky", focal_tversky, regions, {"alpha": 0.5, "beta": 1.0, "gamma": 2.0}, size=0.1),
    Row("matthews", matthews, regions, bound=32, size=1),
    Row("generalized_dice", generalized_dice, classes, size=1),
    Row("lovasz_hinge", lovasz_hinge, scores, size=1),
    Row("lovasz_softmax", lovasz_softmax, labels, size=1),
    Row("lovasz_softmax", lovasz_softmax, labels, {"classes": "all"}, size=1),
    Row("lovasz_softmax", lovasz_softmax, raw_classes, {"given": "logits"}, size=1),
]
