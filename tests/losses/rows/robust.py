"""Truths of the losses that weigh outliers little."""

from tests.losses.rows import MP, Row
from tests.losses.rows.regression import near, reals


def of_ratio(formula):
    return lambda prediction, target, scale=1: formula(((prediction - target) / MP.mpf(scale)) ** 2)


def general(z, alpha):
    a = MP.mpf(alpha)
    if a == 2:
        return z / 2
    if a == 0:
        return MP.log(1 + z / 2)
    if a == -MP.inf:
        return 1 - MP.exp(-z / 2)
    return abs(a - 2) / a * ((z / abs(a - 2) + 1) ** (a / 2) - 1)


def general_robust(prediction, target, alpha=1, scale=1):
    return general(((prediction - target) / MP.mpf(scale)) ** 2, alpha)


def tukey(prediction, target, c=4.685):
    c = MP.mpf(c)
    return c**2 / 6 * (1 - (1 - min(((prediction - target) / c) ** 2, MP.mpf(1))) ** 3)


def fair(prediction, target, c=1):
    x = abs(prediction - target) / MP.mpf(c)
    return MP.mpf(c) ** 2 * (x - MP.log(1 + x))


def wing(prediction, target, width=10, curvature=2):
    r, w, e = abs(prediction - target), MP.mpf(width), MP.mpf(curvature)
    return w * MP.log(1 + r / e) if r < w else r - (w - w * MP.log(1 + w / e))


def charbonnier(prediction, target, epsilon=1e-3):
    return MP.sqrt((prediction - target) ** 2 + MP.mpf(epsilon) ** 2)


ROWS = [
    Row("charbonnier", charbonnier, reals),
    Row("charbonnier", charbonnier, reals, {"epsilon": 0.75}),
    *(Row("general_robust", general_robust, reals, {"alpha": a}) for a in (2.0, 1.0, 0.0, 1e-9, -2.0, -9.5, float("-inf"))),
    *(Row("general_robust", general_robust, reals, {"alpha": a}, bound=64) for a in (2 - 1e-13, 1.75, -1.0, -4.0)),
    Row("general_robust", general_robust, near, {"alpha": 0.5, "scale": 2.0}),
    Row("cauchy", of_ratio(lambda z: MP.log(1 + z / 2)), reals, {"scale": 1.5}, bound=150),  # XLA's log1p near -0.4
    Row("welsch", of_ratio(lambda z: 1 - MP.exp(-z / 2)), reals, {"scale": 1.5}),
    Row("welsch", of_ratio(lambda z: 1 - MP.exp(-z / 2)), near),
    Row("geman_mcclure", of_ratio(lambda z: 2 * z / (z + 4)), reals, {"scale": 1.5}),
    Row("tukey", tukey, reals, bound=32),  # 1 - (r/c)² cancels near c
    Row("tukey", tukey, reals, {"c": 1.5}, size=1e-3),
    Row("tukey", tukey, near),
    Row("fair", fair, reals, {"c": 1.5}),
    Row("fair", fair, near),
    Row("wing", wing, reals),
    Row("wing", wing, reals, {"width": 2.0, "curvature": 0.5}),
]
