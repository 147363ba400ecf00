"""Truths of scores of ensembles, by sums over all pairs."""

from tests.losses.rows import MP, Row


def numbers(rng):
    return rng.normal(0, 2, (20, 5)), rng.normal(0, 2, 20)


def vectors(rng):
    return rng.normal(0, 2, (12, 4, 3)), rng.normal(0, 2, (12, 3))


def score(distance):
    """The score of members by a distance."""

    def truth(members, target, estimator="energy", fairness=0.95):
        count, fairness = len(members), {"energy": 0, "fair": 1}.get(estimator, fairness)
        pairs = MP.fsum(distance(a, b) for a in members for b in members)
        fair = pairs / (count * (count - 1))
        return (
            MP.fsum(distance(x, target) for x in members) / count
            - (1 - MP.mpf(fairness)) * pairs / count**2 / 2
            - MP.mpf(fairness) * fair / 2
        )

    return truth


def euclidean(a, b):
    return MP.sqrt(MP.fsum((x - y) ** 2 for x, y in zip(a, b, strict=True)))


def variogram_score(members, target, power=0.5):
    power, dimensions = MP.mpf(power), range(len(target))
    expected = lambda i, j: MP.fsum(abs(x[i] - x[j]) ** power for x in members) / len(members)
    return MP.fsum(
        (abs(target[i] - target[j]) ** power - expected(i, j)) ** 2 for i in dimensions for j in dimensions if i != j
    )


absolute = score(lambda a, b: abs(a - b))
ESTIMATORS = ({}, {"estimator": "fair"}, {"estimator": "almost_fair", "fairness": 0.9375})
ROWS = [
    *(Row("crps_ensemble", absolute, numbers, options, size=1) for options in ESTIMATORS),
    *(Row("energy_score", score(euclidean), vectors, options, size=1) for options in ESTIMATORS),
    Row("variogram_score", variogram_score, vectors, size=4),
    Row("variogram_score", variogram_score, vectors, {"power": 2.0}, size=64),
]
