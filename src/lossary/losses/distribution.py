"""Negative log-likelihoods of distributions of a number, by their parameters."""

import math
from typing import Literal

from lossary.engine.decorators import pointwise
from lossary.formula.calls import textbook
from lossary.formula.domains import Interval, NonNegative, Positive, Real
from lossary.formula.properties import Limit
from lossary.vocabulary import abs, exp, log, log1p, log_gamma, sqrt, stop_gradient, where

_POSITIVE, _LOGARITHM = Interval(0.0, float("inf"), open=True), Interval()
_VARIANCE = {
    "variance": (lambda v: v, _POSITIVE),
    "scale": (lambda s: s**2, _POSITIVE),
    "log_variance": (exp, _LOGARITHM),
    "log_scale": (lambda s: exp(2 * s), _LOGARITHM),
}
"""The forms of a variance."""
SCALE = {"scale": (lambda s: s, _POSITIVE), "log_scale": (exp, _LOGARITHM)}
"""The forms of a scale."""
Constant = Literal["none", "likelihood"]
_HALF_LOG_2_PI = math.log(2 * math.pi) / 2


@pointwise(given={"variance": _VARIANCE}, convex=("mean",))
def gaussian(mean: Real, variance: Positive, target: Real, *, constant: Constant = "none"):
    r"""Negative log-likelihood of a normal distribution, in nats (Gauss, 1809): :math:`\bigl(\log v + (y - \mu)^2 / v\bigr)/2`.

    ``constant="likelihood"`` adds ½·log 2π, which is dropped by default. The loss may be negative. ``given`` says in which
    form the variance v comes: ``"variance"`` (the default), ``"scale"`` σ, ``"log_variance"`` or ``"log_scale"``, the last two
    from a network without a link. Best are the mean and the variance of the target; in v alone the best is the squared
    residual, to which the gradient (v - r²)/(2v²) leads. Large residuals weigh 1/v, so a few of them widen v, or draw the
    mean.

    Mean and target are real, v is positive and nothing is added to it (torch holds it above 1e-6): a variance of 0 raises. All
    are of one shape. Shapes that differ, values outside of these ranges and unknown options raise.

    >>> import lossary
    >>> lossary.gaussian([1.0, 2.0], [0.5, 1.0], [1.5, 1.0], reduction="none")
    array([-0.09657359,  0.5       ])
    >>> lossary.gaussian.gradient([1.0], [0.0], [1.5], given="log_variance")
    Gradient(mean=array([-0.5]), variance=array([0.375]))
    """
    loss = (log(variance) + (target - mean) ** 2 / variance) / 2
    return loss + _HALF_LOG_2_PI if constant == "likelihood" else loss


@pointwise(given={"variance": _VARIANCE}, convex=("mean",), limits=(Limit("gaussian", beta=0.0),))
def beta_gaussian(mean: Real, variance: Positive, target: Real, *, beta: NonNegative = 0.5):
    r"""β-NLL (Seitzer et al., 2022): :func:`lossary.gaussian`, each sample weighed by its variance, as a constant.

    .. math:: \operatorname{sg}(v^\beta) \cdot \tfrac12 \bigl(\log v + (y - \mu)^2 / v\bigr)

    The weight counters that a sample with a large variance hardly moves the mean: ``beta`` = 0 is :func:`lossary.gaussian`, at
    β = 1 the gradient in the mean is that of half the squared error. sg: no gradient goes through the weight, so the gradient
    is not the slope of the value, and curvatures are those of the weighted likelihood. The best constants stay mean and
    variance.

    ``given``, domains, shapes, the dropped constant and what raises are those of :func:`lossary.gaussian`; ``beta`` is not
    negative, and else raises.

    >>> import lossary
    >>> lossary.beta_gaussian.gradient([1.0], [4.0], [2.0], beta=1.0)
    Gradient(mean=array([-1.]), variance=array([0.375]))
    """
    return stop_gradient(variance) ** beta * gaussian(mean, variance, target)


@pointwise(given={"scale": SCALE}, convex=("location",))
def laplace(location: Real, scale: Positive, target: Real, *, constant: Constant = "none"):
    r"""Negative log-likelihood of a Laplace distribution, in nats: :math:`\log b + |y - \mu| / b` (Laplace, 1774).

    ``constant="likelihood"`` adds log 2, which is dropped by default. ``given`` says whether the scale b comes as ``"scale"``
    (the default) or ``"log_scale"``. Best are the median of the target and its mean absolute deviation from there. The
    gradient in the location is ∓1/b, 0 at a residual of 0: outliers pull no more than others.

    Location and target are real, b is positive, all of one shape. Shapes that differ, a scale that is not positive and unknown
    options raise.

    >>> import lossary
    >>> lossary.laplace([1.0, 2.0], [1.0, 0.5], [1.5, 1.0], reduction="none")
    array([0.5       , 1.30685282])
    """
    loss = log(scale) + abs(target - location) / scale
    return loss + math.log(2) if constant == "likelihood" else loss


@pointwise(given={"scale": SCALE})
def student_t(location: Real, scale: Positive, target: Real, *, degrees: Positive = 4.0, constant: Constant = "none"):
    r"""Negative log-likelihood of Student's t distribution with ν degrees of freedom, in nats (Lange et al., 1989).

    .. math:: \log s + \frac{\nu + 1}{2} \log\Bigl(1 + \frac{(y - \mu)^2}{\nu s^2}\Bigr)
              + \log \Gamma\bigl(\tfrac{\nu}{2}\bigr) - \log \Gamma\bigl(\tfrac{\nu + 1}{2}\bigr) + \tfrac12 \log \tfrac{\nu}{2}

    ``constant="likelihood"`` adds ½·log 2π, which is dropped by default, so that ν → ∞ gives :func:`lossary.gaussian`;
    ``degrees`` ν may be learned, as what depends on it is kept (to 1e-15·ν log ν). Large residuals cost their logarithm only,
    and their slope falls to 0: outliers are given up. It is not convex.

    ``given`` says whether the scale s comes as ``"scale"`` (the default) or ``"log_scale"``. Location and target are real,
    scale and ``degrees`` positive, all of one shape; ``degrees`` may have one value a sample. What lies outside and shapes
    that differ raise.

    >>> import lossary
    >>> lossary.student_t([0.0, 0.0], [1.0, 1.0], [1.0, 100.0], degrees=3.0, reduction="none")
    array([ 0.65731446, 16.30600639])
    """
    z = (target - location) / scale
    normalizer = log_gamma(degrees / 2) - log_gamma((degrees + 1) / 2) + log(degrees / 2) / 2
    # log(1 + z²/ν) is log(z²) - log ν for large z, whose square would overflow
    tail = where(abs(z) < 1e15 * sqrt(degrees), log1p(z**2 / degrees), 2 * log(abs(z)) - log(degrees))
    loss = log(scale) + (degrees + 1) / 2 * textbook(log1p(z**2 / degrees), tail) + normalizer
    return loss + _HALF_LOG_2_PI if constant == "likelihood" else loss


@pointwise(given={"scale": SCALE}, convex=("location",))
def lognormal(location: Real, scale: Positive, target: Positive, *, constant: Constant = "none"):
    r"""Negative log-likelihood of a lognormal distribution: :math:`\log s + (\log y - \mu)^2 / (2 s^2)` (Galton, 1879).

    In nats: :func:`lossary.gaussian` of log y. ``constant="likelihood"`` adds the terms without μ and s, log y + ½·log 2π,
    which are dropped by default. Best are the mean of log y and its standard deviation; the median of the distribution is
    :math:`e^\mu`, its mean :math:`e^{\mu + s^2/2}`.

    ``given`` says whether the scale s comes as ``"scale"`` (the default) or ``"log_scale"``. The location is real, scale and
    target are positive, all of one shape. What lies outside and shapes that differ raise.

    >>> import lossary
    >>> lossary.lognormal([0.0], [0.5], [2.0])
    np.float64(0.2677588472764575)
    """
    loss = log(scale) + ((log(target) - location) / scale) ** 2 / 2
    return loss + log(target) + _HALF_LOG_2_PI if constant == "likelihood" else loss
