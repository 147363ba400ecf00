"""Truths of the losses of times until an event."""

import numpy as np

from tests.losses.rows import MP, Row


def cohorts(rng):
    return rng.normal(0, 2, (6, 8)), rng.integers(0, 5, (6, 8)).astype(float), rng.uniform(size=(6, 8)) < 0.6


def cox(log_hazard, time, event, ties="efron"):
    loss = MP.mpf(0)
    for moment in {t for t, e in zip(time, event, strict=True) if e}:
        at_risk = MP.fsum(MP.exp(h) for h, t in zip(log_hazard, time, strict=True) if t >= moment)
        tied = [h for h, t, e in zip(log_hazard, time, event, strict=True) if t == moment and e]
        out = MP.fsum(MP.exp(h) for h in tied) if ties == "efron" else 0
        loss += MP.fsum(MP.log(at_risk - MP.mpf(i) / len(tied) * out) - h for i, h in enumerate(tied))
    return loss


def intervals(rng):
    return rng.normal(0, 3, (20, 5)), rng.integers(0, 5, 20), rng.uniform(size=20) < 0.6


def discrete_hazard(logits, interval, event):
    hazards = [1 / (1 + MP.exp(-z)) for z in logits[: interval + 1]]
    survived = hazards[:-1] if event else hazards
    return -MP.fsum(MP.log(1 - h) for h in survived) - (MP.log(hazards[-1]) if event else 0)


def times(rng):
    """Exact times, and times censored on the right, on the left and on both sides."""
    lower = rng.uniform(0.1, 10, 24)
    upper = lower * rng.uniform(1.5, 4, 24)
    kind = np.arange(24) % 4
    bounds = np.where(kind == 2, 0, lower), np.select([kind == 0, kind == 1], [lower, np.inf], upper)
    return rng.normal(1, 1.5, 24), *bounds


LAWS = {
    "normal": (MP.npdf, MP.ncdf),
    "logistic": (lambda z: MP.exp(-z) / (1 + MP.exp(-z)) ** 2, lambda z: 1 / (1 + MP.exp(-z))),
    "extreme": (lambda z: MP.exp(z - MP.exp(z)), lambda z: 1 - MP.exp(-MP.exp(z))),
}


def accelerated_failure(location, lower, upper, scale=1.0, distribution="normal"):
    density, below = LAWS[distribution]
    z = lambda t: (MP.log(t) - location) / MP.mpf(scale)
    if lower == upper:
        return -MP.log(density(z(lower)) / (MP.mpf(scale) * lower))
    return -MP.log((1 if upper == MP.inf else below(z(upper))) - (0 if lower == 0 else below(z(lower))))


def survivors(rng):
    return rng.uniform(size=20), rng.uniform(0, 4, 20), (rng.uniform(size=20) < 0.6).astype(float)


def survival_brier(survival, time, event, horizon=1.0, censoring=1.0):
    if time > horizon:
        return (1 - survival) ** 2 / MP.mpf(censoring)
    return survival**2 / MP.mpf(censoring) if event == 1 else MP.mpf(0)


ROWS = [
    Row("cox", cox, cohorts, size=8),
    Row("cox", cox, cohorts, {"ties": "breslow"}, size=8),
    Row("discrete_hazard", discrete_hazard, intervals, size=0.1),
    *(Row("accelerated_failure", accelerated_failure, times, {"distribution": law, "scale": 0.75}, size=1) for law in LAWS),
    Row("survival_brier", survival_brier, survivors, {"horizon": 2.0}),
    Row("survival_brier", survival_brier, survivors, {"horizon": 1.5, "censoring": 0.625}),
]
