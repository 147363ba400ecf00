"""Losses of counts and of positive numbers. The prediction is the logarithm of a mean, or the mean."""

import math
from typing import Literal

from lossary.engine.decorators import PROBABILITIES, pointwise
from lossary.formula.calls import textbook
from lossary.formula.domains import Interval, NonNegative, Positive, Probability, Real
from lossary.formula.properties import Limit
from lossary.formula.relative import log1pmx_near, relative_term
from lossary.vocabulary import boxcox, exp, expm1, log, log1p, log1pmx, log_gamma, logaddexp, where, xlogy, xmuly

Constant = Literal["none", "likelihood", "deviance"]
_MEAN = {"log": (exp, Interval()), "mean": (lambda mean: mean, Interval(0.0))}
"""The forms of a mean that may be 0."""
_POSITIVE_MEAN = {"log": (exp, Interval()), "mean": (lambda mean: mean, Interval(0.0, open=True))}


@pointwise(given=_MEAN, convex=True, minimizer="mean")
def poisson(prediction: NonNegative, target: NonNegative, *, constant: Constant = "none"):
    r"""Poisson loss of counts, in nats: :math:`\hat y - y \log \hat y` (Nelder and Wedderburn, 1972).

    ``given`` says what the prediction is: ``"log"`` s (the default, :math:`\hat y = e^s`, the gradient is :math:`\hat y - y`)
    or ``"mean"`` ŷ. The constant with the least loss is exactly the mean of the target: nothing is added within the logarithm.
    Large counts weigh more than in the squared error of logarithms, outliers as in a likelihood.

    ``constant="likelihood"`` adds log Γ(y + 1), exact for every y: the negative log-likelihood. ``"deviance"`` is
    :math:`2 (y \log(y/\hat y) - y + \hat y)`, 0 for right predictions. All three have the same minimiser, and the first two the
    same gradient.

    The target is 0 or more, whole or not; a mean of 0 costs ∞ where the target is positive. Both are of one shape. Values
    outside these ranges raise, as do shapes that differ and unknown options.

    >>> import lossary
    >>> lossary.poisson([0.0, 1.0], [2, 3], reduction="none")
    array([ 1.        , -0.28171817])
    >>> lossary.poisson([2.0], [3], given="mean", constant="deviance", reduction="none")
    array([0.43279065])
    """
    loss = prediction - xlogy(target, prediction)
    if constant == "likelihood":
        return loss + log_gamma(target + 1)
    if constant == "deviance":
        return 2 * relative_term(target, prediction, prediction)
    return loss


@pointwise(given=_POSITIVE_MEAN, convex=True, minimizer="mean")
def gamma(prediction: Positive, target: Positive, *, shape: Positive = 1.0, constant: Constant = "none"):
    r"""Gamma loss of positive numbers, in nats: :math:`\log \hat y + y / \hat y` (McCullagh and Nelder, 1989).

    ``given`` says what the prediction is: ``"log"`` s (the default, :math:`\hat y = e^s`, the gradient is
    :math:`1 - y/\hat y`) or ``"mean"`` ŷ. The constant with the least loss is the mean of the target. It counts relative
    errors: a prediction half as large costs more than one twice as large.

    ``constant="likelihood"`` gives the negative log-likelihood of a gamma distribution of ``shape`` k, of which 1 is the
    exponential distribution, :math:`k (\log \hat y + y/\hat y - \log k) - (k - 1) \log y + \log \Gamma(k)`; only there does
    the shape count, and it may be learned. ``"deviance"`` is :math:`2 (\log(\hat y/y) + y/\hat y - 1)`, 0 for right
    predictions.

    Prediction (as mean) and target are positive, of one shape; numbers that are not raise, as do shapes that differ and unknown
    options.

    >>> import lossary
    >>> lossary.gamma([2.0], [3.0], given="mean", reduction="none")
    array([2.19314718])
    >>> lossary.gamma([3.0], [3.0], given="mean", constant="deviance", reduction="none")
    array([0.])
    """
    if constant == "likelihood":
        loss = shape * (log(prediction) + target / prediction - log(shape))
        return loss - (shape - 1) * log(target) + log_gamma(shape)
    if constant == "deviance":
        written = 2 * ((log(prediction) - log(target)) + (target / prediction - 1))
        # x - log(1 + x) with x = (y - ŷ)/ŷ, whose numerator is exact for y near ŷ: no digits cancel
        excess = (target - prediction) / prediction
        return textbook(written, where(abs(excess) < 0.2, -2 * log1pmx_near(excess), written))
    return log(prediction) + target / prediction


def _power(x, exponent):
    """Return the Box-Cox transformation (xᵉ - 1)/e by way of log x, which is passed as it is where x = eˢ."""
    # at e = 0 as its series, log x·(1 + e·log x/2), of which the second term is 0 but has the slope in e
    at_zero = log(x) * (1 + xmuly(exponent, log(x)) / 2)
    return textbook(boxcox(x, exponent), where(exponent == 0, at_zero, expm1(exponent * log(x)) / exponent))


@pointwise(given=_POSITIVE_MEAN, minimizer="mean")
def tweedie(prediction: Positive, target: NonNegative, *, power: Real = 1.5, constant: Literal["none", "deviance"] = "none"):
    r"""Tweedie loss of amounts that are often 0, such as claims (Tweedie, 1984; Jørgensen, 1987).

    .. math:: \frac{\hat y^{2-p} - 1}{2 - p} - y \, \frac{\hat y^{1-p} - 1}{1 - p}

    ``power`` p says how the variance grows with the mean, as :math:`\hat y^p`: 0 normal, 1 Poisson, between 1 and 2 compound
    Poisson, 2 gamma, 3 inverse Gaussian. The loss is continuous in p through all of these, exact near them too. The constant
    with the least loss is the mean of the target, whatever p; a larger p gives large targets less weight.

    ``given`` says what the prediction is: ``"log"`` s (the default, :math:`\hat y = e^s`, the gradient is
    :math:`\hat y^{1-p} (\hat y - y)`) or ``"mean"`` ŷ. ``constant="deviance"`` is twice what the loss exceeds that of ŷ = y by:
    0 for right predictions, ½ of it at p = 0 half the squared error. The likelihood has no closed form.

    Prediction (as mean) positive, target 0 or more, of one shape; a target of 0 has an infinite deviance for p ≥ 2. Values
    outside these ranges raise, as do shapes that differ and unknown options.

    >>> import lossary
    >>> [float(lossary.tweedie([1.5], [2.0], given="mean", power=p, constant="deviance")) for p in (1, 1 + 1e-12, 2)]
    [0.150728289807..., 0.150728289807..., 0.091302521763...]
    """

    def cost(mean):
        return _power(mean, 2 - power) - xmuly(target, _power(mean, 1 - power))

    if constant == "deviance":
        over = xmuly(target, _power(target, 1 - power) - _power(prediction, 1 - power))
        return 2 * (over - (_power(target, 2 - power) - _power(prediction, 2 - power)))
    return cost(prediction)


def _log_rising(target, dispersion):
    """Return log Γ(y + 1/α) - log Γ(1/α) + y log α, the logarithm of (1 + α)(1 + 2α)… up to y - 1; 0 at α = 0."""
    # for r = 1/α ≥ 10 by Stirling's series S, so that nothing cancels: r·log1pmx(y/r) + (y - ½)·log1p(y/r) + S(r + y) - S(r)
    share = dispersion * target

    def series(v):
        coefficients = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156)
        total = 0.0
        for c in reversed(coefficients):
            total = c + v**2 * total
        return v * total

    # at α = 0, -αy²/2 is 0 but has the slope in α
    large = where(dispersion == 0, -share * target / 2, log1pmx(share) / dispersion) + (target - 0.5) * log1p(share)
    large = large + series(dispersion / (1 + share)) - series(dispersion)
    small = log_gamma(target + 1 / dispersion) - log_gamma(1 / dispersion) + target * log(dispersion)
    written = log_gamma(target + 1 / dispersion) - log_gamma(1 / dispersion) + target * log(dispersion)
    return textbook(written, where(dispersion <= 0.1, large, small))


@pointwise(given=_MEAN, convex=True, minimizer="mean", limits=(Limit("poisson", dispersion=0.0),))
def negative_binomial(
    prediction: NonNegative, target: NonNegative, *, dispersion: NonNegative = 1.0, constant: Constant = "none"
):
    r"""Negative binomial loss of counts that vary more than Poisson's, in nats (Lawless, 1987).

    .. math:: \bigl(y + \tfrac1\alpha\bigr) \log(1 + \alpha \hat y) - y \log \hat y

    The variance of the target is :math:`\hat y + \alpha \hat y^2`; the ``dispersion`` α is 1 over the "size" or "total count"
    of others, and α = 0 gives :func:`lossary.poisson`, exactly. The constant with the least loss is the mean of the target,
    whatever α; large counts weigh less than in the Poisson loss.

    ``given`` says what the prediction is: ``"log"`` s (the default, :math:`\hat y = e^s`, the gradient is
    :math:`(\hat y - y)/(1 + \alpha \hat y)`) or ``"mean"`` ŷ. ``constant="likelihood"`` adds log Γ(y + 1) + log Γ(1/α)
    - log Γ(y + 1/α) - y log α, exact for small α too: with it, α can be learned. ``"deviance"`` is twice what the loss exceeds
    that of ŷ = y by, 0 for right predictions.

    Prediction (as mean), target and ``dispersion`` are 0 or more, of one shape; the last may be one number. Values outside
    these ranges raise, as do shapes that differ and unknown options.

    >>> import lossary
    >>> lossary.negative_binomial([2.0], [3], given="mean", constant="likelihood", dispersion=0.5, reduction="none")
    array([2.07944154])
    """

    def cost(mean):
        share = dispersion * mean
        # at α = 0, the series ŷ·(1 - αŷ/2) is ŷ, with its slope in α
        limit = mean * (1 - xmuly(dispersion, mean) / 2)
        # log(1 + αμ) is log αμ + log(1 + 1/(αμ)) where αμ is large; y times it less y log μ keeps its digits then
        rest = log1p(where(share > 1, exp(-log(dispersion) - log(mean)), share))
        whole = rest + where(share > 1, log(dispersion) + log(mean), 0)
        kept = target * rest + where(share > 1, target * log(dispersion), -xlogy(target, mean))
        at_zero = textbook(log1p(share) / dispersion, where(dispersion == 0, limit, whole / dispersion))
        return at_zero + textbook(target * log1p(share) - xlogy(target, mean), kept)

    if constant == "likelihood":
        return cost(prediction) + (log_gamma(target + 1) - _log_rising(target, dispersion))
    if constant == "deviance":
        return 2 * (cost(prediction) - cost(target))
    return cost(prediction)


def _log_of_zero(inflated, none, log_none):
    """Return log(π + (1 - π)·p₀) of the probability p₀ of a count of 0, passed as it is written and as its logarithm."""
    log_yes, log_no = log(inflated), log(1 - inflated)
    # at π = 0 and π = 1, where log π or log(1 - π) has an infinite slope, the same about log p₀ and about 0
    at_0 = log_none + log1p(xmuly(inflated, expm1(-log_none)))
    at_1 = log1p(xmuly(1 - inflated, expm1(log_none)))
    inside = logaddexp(log_yes, log_no + log_none)
    computed = where(log_yes == -math.inf, at_0, where(log_no == -math.inf, at_1, inside))
    return textbook(log(inflated + (1 - inflated) * none), computed)


@pointwise(given={"zero_probability": PROBABILITIES})
def zero_inflated_poisson(
    mean: Positive, zero_probability: Probability, target: NonNegative, *, constant: Literal["none", "likelihood"] = "none"
):
    r"""Negative log-likelihood of counts that are 0 for a reason of their own in some cases, in nats (Lambert, 1992).

    .. math:: \begin{cases} -\log\bigl(\pi + (1 - \pi) e^{-\mu}\bigr) & y = 0 \\ -\log(1 - \pi) + \mu - y \log \mu & y > 0
              \end{cases}

    ``given`` says how the ``zero_probability`` π comes: as ``"logits"`` (the default), ``"probabilities"`` or
    ``"log_probabilities"``; ``mean`` μ is that of the Poisson distribution, so of all counts it is (1 - π)μ. It is computed
    by logarithms of sums, so a π or an :math:`e^{-\mu}` that underflows still has a finite loss and slope.
    ``constant="likelihood"`` adds log Γ(y + 1). As with all likelihoods of counts, outliers weigh much.

    μ is positive, the target 0 or more, all of one shape. Values outside these ranges raise, as do shapes that differ and
    unknown options.

    >>> import lossary
    >>> lossary.zero_inflated_poisson([2.0, 2.0], [0.0, 0.0], [0, 3], reduction="none")
    array([0.56621917, 0.61370564])
    """
    at_zero = _log_of_zero(zero_probability, exp(-mean), -mean)
    above = poisson(mean, target, given="mean", constant=constant) - log(1 - zero_probability)
    return where(target == 0, -at_zero, above)


@pointwise(given={"zero_probability": PROBABILITIES}, limits=(Limit("zero_inflated_poisson", dispersion=0.0),))
def zero_inflated_negative_binomial(
    mean: Positive,
    zero_probability: Probability,
    target: NonNegative,
    *,
    dispersion: NonNegative = 1.0,
    constant: Literal["none", "likelihood"] = "none",
):
    r"""Negative log-likelihood of a negative binomial count with more zeros, in nats (Greene, 1994).

    .. math:: \begin{cases} -\log\bigl(\pi + (1 - \pi) (1 + \alpha\mu)^{-1/\alpha}\bigr) & y = 0 \\
              -\log(1 - \pi) + (y + 1/\alpha) \log(1 + \alpha\mu) - y \log \mu & y > 0 \end{cases}

    ``given`` says how the ``zero_probability`` π comes: as ``"logits"`` (the default), ``"probabilities"`` or
    ``"log_probabilities"``; ``mean`` μ and ``dispersion`` α are those of :func:`lossary.negative_binomial`, and α = 0 gives
    :func:`lossary.zero_inflated_poisson`. It is computed by logarithms of sums. ``constant="likelihood"`` adds what depends
    on target and dispersion alone: with it, α can be learned. Large counts weigh less than in the Poisson loss.

    μ is positive, target and α 0 or more, all of one shape. Values outside these ranges raise, as do shapes that differ and
    unknown options.

    >>> import lossary
    >>> lossary.zero_inflated_negative_binomial([2.0, 2.0], [0.0, 0.0], [0, 3], reduction="none")
    array([0.40546511, 3.00815479])
    """
    limit = mean * (1 - xmuly(dispersion, mean) / 2)  # as of negative_binomial
    log_none = -where(dispersion == 0, limit, log1p(dispersion * mean) / dispersion)
    at_zero = _log_of_zero(zero_probability, (1 + dispersion * mean) ** (-1 / dispersion), log_none)
    count = negative_binomial(mean, target, given="mean", constant=constant, dispersion=dispersion)
    return where(target == 0, -at_zero, count - log(1 - zero_probability))
