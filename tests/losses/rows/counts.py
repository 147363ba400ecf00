"""Truths of the losses of counts and of positive numbers, likelihoods by their densities."""

import numpy as np

from tests.losses.rows import MP, Row


def counts(link=np.log, low=0.0):
    def inputs(rng):
        mean = rng.lognormal(1, 1, 20)
        target = rng.poisson(rng.lognormal(1, 1, 20)).astype(float)
        target[:4] = (0, 0, 0.5, 37)
        return link(mean), np.maximum(target, low)

    return inputs


def inflated(link):
    def inputs(rng):
        mean, target = counts(lambda x: x)(rng)
        return mean, link(rng.uniform(0.02, 0.9, 20)), target

    return inputs


def plain(x):
    return x


def logit(p):
    return np.log(p / (1 - p))


def of_mean(truth):
    """A truth that takes a mean, or its logarithm, which is what losses take by default."""

    def found(prediction, target, given="log", **options):
        return truth(MP.exp(prediction) if given == "log" else prediction, target, **options)

    return found


def twice_excess(cost, mean, target):
    return 2 * (cost(mean) - cost(target))


@of_mean
def poisson(mean, target, constant="none"):
    cost = lambda m: m - target * MP.log(m) if target else m
    return {
        "none": lambda: cost(mean),
        "likelihood": lambda: -MP.log(MP.exp(-mean) * mean**target / MP.gamma(target + 1)),
        "deviance": lambda: twice_excess(cost, mean, target),
    }[constant]()


@of_mean
def gamma(mean, target, shape=1, constant="none"):
    k = MP.mpf(shape)
    density = (k / mean) ** k * target ** (k - 1) * MP.exp(-k * target / mean) / MP.gamma(k)
    cost = lambda m: MP.log(m) + target / m
    return {
        "none": lambda: cost(mean),
        "likelihood": lambda: -MP.log(density),
        "deviance": lambda: twice_excess(cost, mean, target),
    }[constant]()


def boxcox(x, power):
    return MP.log(x) if power == 0 else (x**power - 1) / power


@of_mean
def tweedie(mean, target, power=1.5, constant="none"):
    p = MP.mpf(power)
    if constant == "none":
        return boxcox(mean, 2 - p) - target * boxcox(mean, 1 - p)
    # ∫ (t - y)/t^p dt from y to the mean, doubled, which is how a deviance is defined
    if p in (1, 2) or target == 0:
        if target == 0:
            return 2 * mean ** (2 - p) / (2 - p)
        if p == 1:
            return 2 * (target * MP.log(target / mean) - target + mean)
        return 2 * (MP.log(mean / target) + target / mean - 1)
    primitive = lambda t: t ** (2 - p) / (2 - p) - target * t ** (1 - p) / (1 - p)
    return 2 * (primitive(mean) - primitive(target))


def binomial_pmf(count, mean, dispersion):
    a = MP.mpf(dispersion)
    if a == 0:
        return MP.exp(-mean) * mean**count / MP.gamma(count + 1)
    r = 1 / a
    with MP.workdps(150):
        return MP.exp(
            MP.loggamma(count + r)
            - MP.loggamma(r)
            - MP.loggamma(count + 1)
            + count * MP.log(a * mean / (1 + a * mean))
            - r * MP.log(1 + a * mean)
        )


@of_mean
def negative_binomial(mean, target, dispersion=1, constant="none"):
    a = MP.mpf(dispersion)

    def cost(m):
        heavy = MP.log(1 + a * m) / a if a else m
        return heavy + target * MP.log(1 + a * m) - (target * MP.log(m) if target else 0)

    return {
        "none": lambda: cost(mean),
        "likelihood": lambda: -MP.log(binomial_pmf(target, mean, dispersion)),
        "deviance": lambda: twice_excess(cost, mean, target),
    }[constant]()


def zero_inflated(mean, zero, target, given="logits", dispersion=0, constant="none"):
    p = 1 / (1 + MP.exp(-zero)) if given == "logits" else zero
    if target == 0:
        return -MP.log(p + (1 - p) * binomial_pmf(0, mean, dispersion))
    if constant == "likelihood":
        return -MP.log((1 - p) * binomial_pmf(target, mean, dispersion))
    return -MP.log(1 - p) + negative_binomial(mean, target, given="mean", dispersion=dispersion)


def zero_inflated_negative_binomial(mean, zero, target, given="logits", dispersion=1, constant="none"):
    return zero_inflated(mean, zero, target, given, dispersion, constant)


FORMS = ("none", "likelihood", "deviance")
LOGS, MEANS, POSITIVE = counts(), counts(plain), counts(np.log, 0.25)
# terms of a size of 40 or so cancel where prediction and target agree
ROWS = [
    *(Row("poisson", poisson, LOGS, {"constant": c}, size=40) for c in FORMS),
    *(Row("poisson", poisson, MEANS, {"constant": c, "given": "mean"}, size=40) for c in FORMS),
    *(Row("gamma", gamma, POSITIVE, {"constant": c}, size=40) for c in ("none", "deviance")),
    Row("gamma", gamma, POSITIVE, {"constant": "likelihood", "shape": 2.5}, size=40),
    Row("gamma", gamma, counts(plain, 0.25), {"constant": "deviance", "given": "mean"}, size=40),
    *(Row("tweedie", tweedie, LOGS, {"power": p}, size=100) for p in (1.5, 1.0, 2.0, 1 + 1e-10, 1.25)),
    Row("tweedie", tweedie, MEANS, {"given": "mean"}, size=100),
    *(
        Row("tweedie", tweedie, POSITIVE, {"power": p, "constant": "deviance"}, bound=64, size=100)
        for p in (0.0, 0.5, 1.0, 1.5, 2.0, 3.0)
    ),
    Row("tweedie", tweedie, LOGS, {"constant": "deviance"}, size=100),
    *(Row("negative_binomial", negative_binomial, LOGS, {"constant": c}, size=60) for c in FORMS),
    *(
        Row("negative_binomial", negative_binomial, MEANS, {"constant": c, "given": "mean", "dispersion": 0.375}, size=60)
        for c in FORMS
    ),
    *(
        Row("negative_binomial", negative_binomial, LOGS, {"constant": "likelihood", "dispersion": a}, size=60)
        for a in (0.0, 1e-9, 0.09, 7.0)
    ),
    Row("zero_inflated_poisson", zero_inflated, inflated(logit), size=60),
    Row("zero_inflated_poisson", zero_inflated, inflated(plain), {"given": "probabilities", "constant": "likelihood"}, size=60),
    Row("zero_inflated_negative_binomial", zero_inflated_negative_binomial, inflated(logit), size=60),
    Row(
        "zero_inflated_negative_binomial",
        zero_inflated_negative_binomial,
        inflated(plain),
        {"given": "probabilities", "constant": "likelihood", "dispersion": 0.25},
        size=60,
    ),
]
