"""Losses of times until an event, of which some are censored: known to lie beyond, before or between bounds."""

import math
from typing import Any, Literal

import numpy as np

from lossary.array_words import arange, argsort, cast, concatenate, cummax, flip, logcumsumexp, take_along_axis
from lossary.engine.decorators import composed, pointwise
from lossary.formula.domains import NonNegative, Positive, Probability, Real
from lossary.formula.properties import Requirement
from lossary.vocabulary import (
    exp,
    expm1,
    log,
    log1mexp,
    log1p,
    log_ndtr,
    log_sigmoid,
    logaddexp,
    sigmoid,
    softplus,
    where,
)

# ---- parametric models


@pointwise(
    observed=("lower", "upper"),
    convex=True,
    requires=(
        Requirement(lambda lower, upper: lower > upper, "upper", "lower ≤ upper", "swap the bounds"),
        Requirement(lambda lower: lower == math.inf, "lower", "lower < ∞", "an event after t is lower=t, upper=inf"),
    ),
)
def accelerated_failure(
    location: Real,
    lower: NonNegative,
    upper: Positive,
    *,
    scale: Positive = 1.0,
    distribution: Literal["normal", "logistic", "extreme"] = "normal",
):
    r"""Negative log-likelihood of an accelerated failure time, log T = μ + σε, of exact and censored times (Wei, 1992).

    .. math:: -\log \frac{f(z)}{\sigma t} \text{ for } t = \text{lower} = \text{upper}, \quad
              -\log(F(z_u) - F(z_l)) \text{ for bounds}, \quad z = \frac{\log t - \mu}{\sigma}

    ``location`` μ is any real number. The time lies from ``lower`` ≥ 0 to ``upper`` > 0: equal bounds are an exact time,
    ``upper`` = ∞ is censored on the right, ``lower`` = 0 on the left. ``scale`` σ > 0 may be learned. ``distribution`` of ε:
    ``"normal"`` (T is lognormal), ``"logistic"`` (log-logistic), ``"extreme"`` (Weibull: F(z) = 1 - exp(-eᶻ)). The loss is in
    nats, no constant is dropped, and densities are per unit of time. Tails keep their digits; of normal bounds that nearly
    agree, the logarithm of their probability loses some. Where all times are exact, the best constant μ is the mean of
    log T for ``"normal"``.

    All inputs have one shape. Bounds in another order, an infinite ``lower`` and values out of their ranges raise.

    >>> import lossary
    >>> lossary.accelerated_failure([0.0, 0.0], [1.0, 2.0], [1.0, float("inf")], reduction="none")
    array([0.91893853, 1.41014209])
    """
    low, high = (log(lower) - location) / scale, (log(upper) - location) / scale
    apart = (log(lower) - log(upper)) / scale
    if distribution == "normal":
        exact = low**2 / 2 + math.log(2 * math.pi) / 2
        before, after = log_ndtr(high), log_ndtr(-low)
        # in the upper tail the mirrored bounds, whose probabilities are small
        mirrored = low + high > 0
        more, less = where(mirrored, -low, high), where(mirrored, -high, low)
        between = log_ndtr(more) + log1mexp(log_ndtr(less) - log_ndtr(more))
    elif distribution == "logistic":
        exact = softplus(low) + softplus(-low)
        before, after = log_sigmoid(high), log_sigmoid(-low)
        # F(b) - F(a) = F(b)·(1 - F(a))·(1 - e^(a - b))
        between = before + after + log1mexp(apart)
    else:
        exact = exp(low) - low
        before, after = log1mexp(-exp(high)), -exp(low)
        # S(a) - S(b) = S(a)·(1 - e^-(e^b - e^a)), and e^b - e^a = -e^b·expm1(a - b)
        between = after + log1mexp(exp(high) * expm1(apart))
    bounded = where(lower == 0, before, between)
    beyond = where(lower == 0, 0, after)
    return where(lower == upper, exact + log(scale) + log(lower), -where(upper == math.inf, beyond, bounded))


@pointwise(observed=("time", "event"), convex=True)
def survival_brier(
    survival: Probability, time: NonNegative, event: Probability, *, horizon: Positive = 1.0, censoring: Positive = 1.0
):
    r"""Brier score of the probability to survive a horizon τ, weighted for censoring (Graf et al., 1999).

    .. math:: \frac{S^2}{\hat G} \text{ for an event up to } \tau, \quad \frac{(1 - S)^2}{\hat G} \text{ for } t > \tau, \quad
              0 \text{ if censored before}

    ``survival`` S is the predicted probability that the event comes after ``horizon`` τ, which has the unit of ``time`` and
    is 1 unless given; ``event`` is 1 for an event at ``time``, 0 for censoring. ``censoring`` Ĝ is the probability to be
    uncensored until then, one value a sample, as :func:`lossary.censoring_survival` gives it. Without censoring Ĝ = 1, and
    this is the Brier score of the event that t > τ; its best constant is then the share of survivors.

    All inputs have one shape. Values out of their ranges raise, as does Ĝ = 0, which a shorter horizon avoids.

    >>> import lossary
    >>> time, event, uncensored = [2.0, 6.0, 1.0], [1, 0, 0], [1.0, 0.5, 1.0]
    >>> lossary.survival_brier([0.75, 0.5, 0.5], time, event, horizon=5.0, censoring=uncensored, reduction="none")
    array([0.5625, 0.5   , 0.    ])
    """
    # a time that is neither up to the horizon nor beyond it is NaN, and its loss too
    return where(time <= horizon, event * survival**2, where(time > horizon, (1 - survival) ** 2, time)) / censoring


# ---- Cox's partial likelihood


def _in_order(time: Any, event: Any) -> tuple[Any, Any, Any, Any]:
    """Return the order by falling time, events last among equal times; who has an event; and the first and last place of ties.

    The risk set of an event goes from place 0 to the last place of its ties, and the events of its time from the first one.
    """
    if time.shape[-1] == 1 and math.prod(time.shape) > 1:
        raise ValueError(
            f"cox: a cohort has more than one subject, of whom each alone would cost 0; got {math.prod(time.shape)} cohorts "
            f"of one, in the shape {tuple(time.shape)}; pass axis=0, or squeeze the last axis, if they are one cohort"
        )
    events = where(event, 1, 0)
    by_event = argsort(events)
    order = take_along_axis(by_event, argsort(take_along_axis(time, by_event), descending=True))
    time, events = take_along_axis(time, order), take_along_axis(events, order)
    place, changes = arange(time.shape[-1], time), time[..., 1:] != time[..., :-1]
    edge = time[..., :1] == time[..., :1]
    starts = concatenate([edge, changes | (events[..., 1:] != events[..., :-1])])
    ends = concatenate([changes, edge])
    first = cummax(where(starts, place, 0))
    last = time.shape[-1] - 1 - flip(cummax(flip(where(ends, time.shape[-1] - 1 - place, 0))))
    return order, events == 1, first, last


def _log_risks(log_hazard: Any, first: Any, last: Any, ties: str) -> tuple[Any, Any]:
    """Return the logarithm of each event's denominator, and which share of its ties it takes out of the risk set."""
    running, place = logcumsumexp(log_hazard), arange(log_hazard.shape[-1], log_hazard)
    whole = take_along_axis(running, last)
    if ties == "breslow":
        return whole, place * 0.0
    share = cast(place - first, log_hazard) / cast(last - first + 1, log_hazard)
    before = where(first > 0, take_along_axis(running, where(first > 0, first - 1, 0)), -math.inf)
    # R - s·E = (1 - s)·R + s·(R - E), where R - E are those before the ties: nothing cancels
    return logaddexp(log1p(-share) + whole, log(share) + before), share


def _cox_slope(log_hazard: Any, time: Any, event: Any, *, ties: str) -> Any:
    order, events, first, last = _in_order(time, event)
    ordered = np.take_along_axis(log_hazard, order, -1)
    risks, share = _log_risks(ordered, first, last, ties)
    rates = np.where(events, -risks, -np.inf)
    # all events from a place on have those at that place or before in their risk set: log Σ 1/R
    later = np.flip(np.logaddexp.accumulate(np.flip(rates, -1), -1), -1)
    later = np.concatenate([later, np.full_like(later[..., :1], -np.inf)], -1)
    place = np.arange(order.shape[-1])
    after = np.take_along_axis(later, np.where(events, last + 1, place), -1)
    starts = np.flatnonzero((first == place) | ~events)
    tied = np.logaddexp.reduceat((rates + np.log1p(-share)).ravel(), starts)
    own = tied[np.searchsorted(starts, np.arange(order.size), "right") - 1].reshape(order.shape)
    slope = np.exp(ordered + np.logaddexp(after, own)) - events
    found = np.empty_like(log_hazard)
    np.put_along_axis(found, order, slope.astype(found.dtype), -1)
    return found


@composed(signature="(n),(n),(n)", observed=("time", "event"), gradient=_cox_slope, convex=True)
def cox(log_hazard: Real, time: Real, event: bool, *, ties: Literal["efron", "breslow"] = "efron"):
    r"""Negative log partial likelihood of proportional hazards (Cox, 1972, 1975).

    .. math:: \sum_{i: e_i = 1} \Bigl(\log \sum_{j: t_j \ge t_i} e^{\eta_j} - \eta_i\Bigr)

    ``log_hazard`` η is any real number; ``time`` and ``event`` (true, or false for censoring) say what came. All on the last
    axis make up one cohort, which is one sample: its loss is the sum over its events, 0 where there is none, in nats. So a
    mini-batch is a cohort of its own; for the loss per event pass ``normalizer=`` their number. Adding a number to all η
    changes nothing.

    ``ties`` says how d events of one time are counted: ``"efron"`` (Efron, 1977) takes l/d of them out of the risk set of
    the one that l others precede, ``"breslow"`` (Breslow, 1974) none. Without ties both are the exact likelihood. Sums are
    kept as logarithms, so no η is too large. A time that is NaN makes the loss NaN. Inputs of different shapes raise, as do
    several cohorts of one subject each: a column of shape (n, 1) is one cohort on ``axis=0``.

    >>> import lossary
    >>> lossary.cox([1.0, 0.0, -1.0], [2.0, 3.0, 5.0], [True, False, True])
    np.float64(0.40760596444438...)
    """
    order, events, first, last = _in_order(time, event)
    ordered = take_along_axis(log_hazard, order)
    risks, _ = _log_risks(ordered, first, last, ties)
    unknown = where(time != time, time, 0.0)  # NaN, which has no place in the order of times
    return where(events, risks - ordered, 0.0).sum(-1) + unknown.sum(-1)


# ---- discrete time


def _outcomes(prediction: Any, interval: Any, event: Any) -> tuple[Any, Any]:
    """Return which intervals were gone through, the last one included, and in which one an event came."""
    place, last = arange(prediction.shape[-1], prediction), interval[..., None]
    return place <= last, (place == last) & event[..., None]


def _hazard_slope(prediction: Any, interval: Any, event: Any) -> Any:
    through, happened = _outcomes(prediction, interval, event)
    return where(through, sigmoid(prediction), 0.0) - happened


def _hazard_curvature(prediction: Any, interval: Any, event: Any) -> Any:
    through, _ = _outcomes(prediction, interval, event)
    return where(through, sigmoid(prediction) * sigmoid(-prediction), 0.0)


@composed(
    signature="(k),(),()",
    observed=("interval", "event"),
    gradient=_hazard_slope,
    curvature=_hazard_curvature,
    convex=True,
    lipschitz=1,
    requires=(
        Requirement(
            lambda prediction, interval: (interval < 0) | (interval >= prediction.shape[-1]),
            "interval",
            "an interval is the place of one of the predictions, counted from 0",
            "take time beyond the last one as censored in it",
        ),
    ),
)
def discrete_hazard(prediction: Real, interval: int, event: bool):
    r"""Negative log-likelihood of hazards in discrete time, the logistic hazard (Brown, 1975; Gensheimer and Narasimhan, 2019).

    .. math:: -\sum_{k < K} \log(1 - h_k) - [e \log h_K + (1 - e) \log(1 - h_K)], \quad h_k = \frac{1}{1 + e^{-z_k}}

    The prediction is a logit z for each of the intervals, on the last axis: of the probability that the event comes there,
    given that it has not come before. ``interval`` K counts from 0, one a sample, and ``event`` is true where the event came
    in it, false where the sample was censored after it. That is the binary cross-entropy of all intervals up to K; later ones
    count nothing. In nats; the gradient is h - 1 where the event came, h in the intervals before.

    An interval that is out of range, and shapes that do not fit raise.

    >>> import lossary
    >>> lossary.discrete_hazard([[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]], [1, 0], [True, False], reduction="none")
    array([1.38629436, 0.69314718])
    """
    through, happened = _outcomes(prediction, interval, event)
    return where(happened, softplus(-prediction), where(through, softplus(prediction), 0.0)).sum(-1)
