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
]
