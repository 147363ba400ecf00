"""Truths of the losses of classes."""

import numpy as np

from tests.losses.rows import MP, Row


def logits(rng):
    """Logits of 5 classes and labels."""
    return rng.normal(0, 3, (20, 5)), rng.integers(0, 5, 20)


def softmax(row):
    e = [MP.exp(x) for x in row]
    return [x / MP.fsum(e) for x in e]


def soft(rng):
    """Logits of 4 classes and distributions."""
    return rng.normal(0, 2, (20, 4)), rng.dirichlet(np.ones(4), 20)


def probabilities(rng):
    """Probabilities of 4 classes and labels."""
    return rng.dirichlet(np.ones(4), 20), rng.integers(0, 4, 20)


def of_label(loss):
    """The loss of a row, of one of the true class's probability."""

    def truth(row, target, given="logits", **parameters):
        p = softmax(row) if given == "logits" else row
        if isinstance(target, int):
            return loss(p[target], **parameters)
        return MP.fsum(t * loss(x, **parameters) for x, t in zip(p, target, strict=True))

    return truth


def of_row(loss):
    """The loss of a row, of one of its probabilities and the target's."""

    def truth(row, target, given="logits", **parameters):
        p = softmax(row) if given == "logits" else row
        return loss(p, [int(k == target) for k in range(len(row))] if isinstance(target, int) else target, **parameters)

    return truth


def symmetric_cross_entropy(p, target, alpha=0.1, beta=1, log_zero=-4):
    logs = [max(MP.log(t), log_zero) if t else log_zero for t in target]
    forward = -MP.fsum(t * MP.log(x) for x, t in zip(p, target, strict=True) if t)
    return MP.mpf(alpha) * forward - MP.mpf(beta) * MP.fsum(x * log for x, log in zip(p, logs, strict=True))


def brier(p, target):
    return MP.fsum((x - t) ** 2 for x, t in zip(p, target, strict=True))


def spherical(p, target):
    return 1 - MP.fsum(t * x for x, t in zip(p, target, strict=True)) / MP.sqrt(MP.fsum(x**2 for x in p))


def teachers(rng):
    """Logits of a student and of its teacher."""
    return rng.normal(0, 2, (20, 4)), rng.normal(0, 2, (20, 4))


def distillation(student, teacher, temperature=1):
    p, q = (softmax([x / temperature for x in row]) for row in (student, teacher))
    return temperature**2 * MP.fsum(b * MP.log(b / a) for a, b in zip(p, q, strict=True))


def labels(rng):
    return rng.integers(0, 3, 20).astype(float), rng.integers(0, 3, 20)


focal = of_label(lambda p, gamma=2: -((1 - p) ** gamma) * MP.log(p))
poly1 = of_label(lambda p, epsilon=1: -MP.log(p) + epsilon * (1 - p))
generalized = of_label(lambda p, q=0.7: (1 - p ** MP.mpf(q)) / MP.mpf(q))
AS_PROBABILITIES = {"given": "probabilities"}
ROWS = [
    Row("cross_entropy", lambda row, label: -MP.log(softmax(row)[label]), logits, size=1),
    Row("focal", focal, logits, size=1),
    Row("focal", focal, soft, {"gamma": 0.5}, size=1),
    Row("focal", focal, probabilities, AS_PROBABILITIES, bound=64, size=1),
    Row("poly1", poly1, logits, size=1),
    Row("poly1", poly1, soft, {"epsilon": 2}, size=1),
    Row("generalized_cross_entropy", generalized, logits, size=1),
    Row("generalized_cross_entropy", generalized, soft, {"q": 0.25}, size=1),
    Row("symmetric_cross_entropy", of_row(symmetric_cross_entropy), logits, size=1),
    Row("symmetric_cross_entropy", of_row(symmetric_cross_entropy), soft, {"alpha": 0.5, "log_zero": -1.5}, size=1),
    Row("brier", of_row(brier), logits, size=1),
    Row("brier", of_row(brier), soft, size=1),
    Row("brier", of_row(brier), probabilities, AS_PROBABILITIES, size=1),
    Row("spherical", of_row(spherical), logits, size=1),
    Row("spherical", of_row(spherical), soft, size=1),
    Row("spherical", of_row(spherical), probabilities, AS_PROBABILITIES, size=1),
    Row("distillation", distillation, teachers, size=1),
    Row("distillation", distillation, teachers, {"temperature": 4}, size=16),
    Row("zero_one", lambda p, t: MP.mpf(MP.nint(p) != t), labels),
]
