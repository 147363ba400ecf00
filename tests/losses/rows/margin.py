"""Truths of the losses of margins."""

from tests.losses.rows import MP, Row


def scores(rng):
    return rng.normal(0, 2, 20), rng.integers(0, 2, 20).astype(float)


def expected(loss):
    """The expected loss of a score, of one of its margin."""
    return lambda score, target: target * loss(score) + (1 - target) * loss(-score)


def soft(rng):
    """Scores, and targets that are probabilities."""
    return rng.normal(0, 2, 20), rng.uniform(0, 1, 20)


MARGINS = {
    "hinge": lambda m: max(0, 1 - m),
    "squared_hinge": lambda m: max(0, 1 - m) ** 2,
    "modified_huber": lambda m: max(0, 1 - m) ** 2 if m >= -1 else -4 * m,
    "exponential": lambda m: MP.exp(-m),
    "perceptron": lambda m: max(0, -m),
}
ROWS = [Row(name, expected(loss), inputs, size=1) for name, loss in MARGINS.items() for inputs in (scores, soft)]
