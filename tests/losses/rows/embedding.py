"""Truths of the losses of embeddings."""

from tests.losses.rows import MP, Row


def dot(a, b):
    return MP.fsum(x * y for x, y in zip(a, b, strict=True))


def norm(a, order=2):
    return MP.fsum(abs(x) ** MP.mpf(order) for x in a) ** (1 / MP.mpf(order))


def gap(a, b):
    return [x - y for x, y in zip(a, b, strict=True)]


def cosine(a, b):
    return dot(a, b) / (norm(a) * norm(b))


def cosine_embedding(a, b, target, margin=0):
    return target * (1 - cosine(a, b)) + (1 - target) * max(MP.mpf(0), cosine(a, b) - margin)


def contrastive(a, b, target, margin=1, squared=True):
    d = norm(gap(a, b))
    like, unlike = d, max(MP.mpf(0), margin - d)
    if squared:
        like, unlike = like**2 / 2, unlike**2 / 2
    return target * like + (1 - target) * unlike


def triplet(anchor, positive, negative, margin=1, power=2, swap=False):
    away = norm(gap(anchor, negative), power)
    if swap:
        away = min(away, norm(gap(positive, negative), power))
    return max(MP.mpf(0), norm(gap(anchor, positive), power) - away + margin)


def margin_ranking(first, second, target, margin=0):
    ahead, behind = max(MP.mpf(0), margin - first + second), max(MP.mpf(0), margin + first - second)
    return target * ahead + (1 - target) * behind


def vectors(count):
    return lambda rng: tuple(rng.normal(0, 1, (count, 18, 5)))


def pairs(rng):
    """Pairs far from and near each other, with labels and mixtures of them."""
    first = rng.normal(0, 0.4, (18, 5))
    second = first * rng.uniform(0.5, 2, (18, 1)) + rng.normal(0, 1, (18, 5)) * rng.choice([0.05, 0.4], (18, 1))
    return first, second, rng.choice([0.0, 1.0, 0.25], 18)


def scores(rng):
    first = rng.normal(0, 2, 20)
    return first, first + rng.choice([-1, 1], 20) * rng.uniform(0.6, 3, 20), rng.choice([0.0, 1.0, 0.75], 20)


ROWS = [
    Row("cosine_distance", lambda a, b: 1 - cosine(a, b), vectors(2), size=1.0),
    Row("cosine_embedding", cosine_embedding, pairs, size=1.0),
    Row("cosine_embedding", cosine_embedding, pairs, {"margin": 0.3}, size=1.0),
    Row("contrastive", contrastive, pairs, size=1.0),
    Row("contrastive", contrastive, pairs, {"margin": 2.5}, size=1.0),
    Row("contrastive", contrastive, pairs, {"squared": False}, size=1.0),
    Row("triplet", triplet, vectors(3), size=1.0),
    Row("triplet", triplet, vectors(3), {"power": 1, "margin": 0.25}, size=4.0),
    Row("triplet", triplet, vectors(3), {"power": 3.5, "swap": True}, size=4.0),
    Row("margin_ranking", margin_ranking, scores, size=1.0),
    Row("margin_ranking", margin_ranking, scores, {"margin": 0.5}, size=1.0),
]
