"""Truths of scores of forecasts, in the papers' forms."""

from tests.losses.rows import MP, Row
from tests.losses.rows.distribution import location_scale, log_scale, scale_of


def crps(standard):
    """The score of a location and a scale, from that of the standard distribution."""

    def truth(location, scale, target, given="scale"):
        s = scale_of(scale, given)
        return s * standard((target - location) / s)

    return truth


gaussian = crps(lambda z: z * (2 * MP.ncdf(z) - 1) + 2 * MP.npdf(z) - 1 / MP.sqrt(MP.pi))
laplace = crps(lambda z: abs(z) + MP.exp(-abs(z)) - MP.mpf(3) / 4)
logistic = crps(lambda z: z - 2 * MP.log(1 / (1 + MP.exp(-z))) - 1)


def intervals(rng):
    lower, width = rng.normal(0, 3, 20), rng.gamma(2, 1, 20)
    return lower, lower + width, lower + width * rng.uniform(-2, 3, 20)


def interval_score(lower, upper, target, alpha=0.1):
    return upper - lower + 2 / MP.mpf(alpha) * (max(lower - target, 0) + max(target - upper, 0))


ROWS = [
    *(
        Row(name, truth, inputs, options, size=1)
        for name, truth in (("crps_gaussian", gaussian), ("crps_laplace", laplace), ("crps_logistic", logistic))
        for inputs, options in ((location_scale, {}), (log_scale, {"given": "log_scale"}))
    ),
    Row("interval_score", interval_score, intervals, size=1),
    Row("interval_score", interval_score, intervals, {"alpha": 0.75}, size=1),
]
