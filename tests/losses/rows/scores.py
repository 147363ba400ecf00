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


def with_levels(rng):
    return rng.normal(0, 2, (20, 3)), rng.normal(0, 2, 20)


def quantiles(prediction, target, levels=None):
    levels = levels or [MP.mpf(2 * k + 1) / (2 * len(prediction)) for k in range(len(prediction))]
    losses = [max(t * (target - q), (t - 1) * (target - q)) for q, t in zip(prediction, map(MP.mpf, levels), strict=True)]
    return MP.fsum(losses) / len(levels)


def weighted_interval_score(prediction, target, levels):
    """Of a median between the bounds of intervals, from the outermost in."""
    count = len(levels) // 2
    found = abs(target - prediction[count]) / 2
    for k in range(count):
        alpha = 2 * MP.mpf(levels[k])
        found += alpha / 2 * interval_score(prediction[k], prediction[-1 - k], target, alpha)
    return found / (count + MP.mpf(1) / 2)


ROWS = [
    *(
        Row(name, truth, inputs, options, size=1)
        for name, truth in (("crps_gaussian", gaussian), ("crps_laplace", laplace), ("crps_logistic", logistic))
        for inputs, options in ((location_scale, {}), (log_scale, {"given": "log_scale"}))
    ),
    Row("interval_score", interval_score, intervals, size=1),
    Row("interval_score", interval_score, intervals, {"alpha": 0.75}, size=1),
    Row("quantiles", quantiles, with_levels, size=1),
    Row("quantiles", quantiles, with_levels, {"levels": (0.125, 0.5, 0.75)}, size=1),
    Row("weighted_interval_score", weighted_interval_score, with_levels, {"levels": (0.0625, 0.5, 0.9375)}, size=1),
]
