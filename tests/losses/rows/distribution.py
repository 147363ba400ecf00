"""Truths of negative log-likelihoods, from the densities; constants that are dropped are added again."""

import numpy as np

from tests.losses.rows import MP, Row


def location_scale(rng):
    """Locations, scales and targets, also far out."""
    location, scale = rng.normal(0, 3, 20), rng.gamma(2, 1, 20)
    return location, scale, location + scale * rng.choice([-1, 1], 20) * np.exp(rng.uniform(-5, 4, 20))


def log_scale(rng):
    location, scale, target = location_scale(rng)
    return location, np.log(scale), target


def positive_target(rng):
    return rng.normal(0, 1, 20), rng.gamma(2, 0.5, 20), np.exp(rng.normal(0, 2, 20))


def variance_of(x, given):
    return {"variance": x, "scale": x**2, "log_variance": MP.exp(x), "log_scale": MP.exp(2 * x)}[given]


def scale_of(x, given):
    return x if given == "scale" else MP.exp(x)


def dropped(constant, terms):
    return 0 if constant == "likelihood" else terms


def gaussian(mean, variance, target, given="variance", constant="none"):
    v = variance_of(variance, given)
    density = MP.exp(-((target - mean) ** 2) / (2 * v)) / MP.sqrt(2 * MP.pi * v)
    return -MP.log(density) - dropped(constant, MP.log(2 * MP.pi) / 2)


def laplace(location, scale, target, given="scale", constant="none"):
    b = scale_of(scale, given)
    return -MP.log(MP.exp(-abs(target - location) / b) / (2 * b)) - dropped(constant, MP.log(2))


def student_t(location, scale, target, given="scale", degrees=4, constant="none"):
    s, n = scale_of(scale, given), MP.mpf(degrees)
    z = (target - location) / s
    density = MP.gamma((n + 1) / 2) / MP.gamma(n / 2) / MP.sqrt(n * MP.pi) * (1 + z**2 / n) ** (-(n + 1) / 2) / s
    return -MP.log(density) - dropped(constant, MP.log(2 * MP.pi) / 2)


def lognormal(location, scale, target, given="scale", constant="none"):
    s = scale_of(scale, given)
    density = MP.exp(-((MP.log(target) - location) ** 2) / (2 * s**2)) / (target * s * MP.sqrt(2 * MP.pi))
    return -MP.log(density) - dropped(constant, MP.log(target) + MP.log(2 * MP.pi) / 2)


ROWS = [
    Row("gaussian", gaussian, location_scale, size=1),
    *(Row("gaussian", gaussian, log_scale, {"given": given}, size=1) for given in ("log_variance", "log_scale")),
    Row("gaussian", gaussian, location_scale, {"given": "scale"}, size=1),
    *(Row(f.__name__, f, location_scale, {"constant": "likelihood"}, size=1) for f in (gaussian, laplace, student_t)),
    Row("lognormal", lognormal, positive_target, {"constant": "likelihood"}, size=2),
    # no gradient goes through the weight, which is 1 here; tests/losses/test_distribution.py has others
    Row("beta_gaussian", lambda *inputs, beta: gaussian(*inputs), location_scale, {"beta": 0.0}, size=1),
    Row("laplace", laplace, location_scale, size=1),
    Row("laplace", laplace, log_scale, {"given": "log_scale"}, size=1),
    Row("student_t", student_t, location_scale, size=1),
    Row("student_t", student_t, location_scale, {"degrees": 0.75}, size=1),
    Row("student_t", student_t, log_scale, {"degrees": 30.0, "given": "log_scale"}, size=40),
    Row("lognormal", lognormal, positive_target, size=1),
]
