"""Scores of a forecast: of a distribution by its parameters, of an interval."""

import math
from typing import Annotated, Any

import numpy as np

from lossary.array_words import arange
from lossary.arrays.select import of
from lossary.engine.decorators import composed, pointwise
from lossary.formula.calls import derived, textbook
from lossary.formula.domains import Interval, Positive, Real
from lossary.losses.distribution import SCALE
from lossary.vocabulary import abs, clip, erf, exp, expm1, log1pmx, log_cosh, maximum, minimum, softplus, where


@pointwise(given={"scale": SCALE}, convex=True, lipschitz=1, homogeneous=1)
def crps_gaussian(mean: Real, scale: Positive, target: Real):
    r"""Continuous ranked probability score of a normal distribution (Gneiting et al., 2005).

    .. math:: \sigma \bigl[z\,(2\Phi(z) - 1) + 2\varphi(z) - 1/\sqrt{\pi}\bigr], \quad z = (y - \mu)/\sigma

    The integral of :math:`(F(x) - \mathbf{1}\{y \le x\})^2` over x, in units of the target. It is convex in mean and scale
    together, and strictly proper: best are the true ones. It grows as ``abs(y - μ)`` in the tails, so it bears outliers as the
    absolute error does, which it is for σ → 0. The gradient in μ is -erf(z/√2), in σ 2φ(z) - 1/√π.

    ``given`` says whether σ comes as ``"scale"`` (the default) or ``"log_scale"``. Mean and target are real, σ is positive,
    all of one shape. Shapes that differ, a scale that is not positive and unknown options raise.

    >>> import lossary
    >>> lossary.crps_gaussian([0.0, 0.0], [1.0, 1.0], [0.0, 3.0], reduction="none")
    array([0.23369498, 2.43657473])
    """
    residual = target - mean
    # beyond 40, φ and 1 - |erf| are 0 in double precision: z itself may overflow
    z = textbook(residual / scale, clip(residual / scale, -40, 40))
    return residual * erf(z / math.sqrt(2)) + scale * (math.sqrt(2 / math.pi) * exp(-(z**2) / 2) - 1 / math.sqrt(math.pi))


@pointwise(given={"scale": SCALE}, convex=True, lipschitz=1, homogeneous=1)
def crps_laplace(location: Real, scale: Positive, target: Real):
    r"""Continuous ranked probability score of a Laplace distribution: :math:`|y - \mu| + b\,e^{-|y - \mu|/b} - \tfrac34 b`.

    In units of the target (Jordan et al., 2019). It is convex in location and scale together and strictly proper: best are the
    true ones. In the tails it grows as ``abs(y - μ)``, and near y = μ it is quadratic.

    ``given`` says whether the scale b comes as ``"scale"`` (the default) or ``"log_scale"``. Location and target are real, b
    is positive, all of one shape. Shapes that differ, a scale that is not positive and unknown options raise.

    >>> import lossary
    >>> lossary.crps_laplace([0.0, 0.0], [1.0, 1.0], [0.0, 3.0], reduction="none")
    array([0.25      , 2.29978707])
    """
    distance = abs(target - location)
    # beyond 800 the exponential is 0 in double precision: the quotient itself may overflow
    z = textbook(distance / scale, minimum(distance / scale, 800))
    # z + e^-z - 1 = -(log(1 + x) - x) with x = e^-z - 1, whose slope -x does not cancel at 0
    near = scale * (0.25 - log1pmx(expm1(-z)))
    shown = distance + scale * (exp(-z) - 0.75)
    return textbook(shown, derived(shown, where(z < 1, near, shown)))


@pointwise(given={"scale": SCALE}, convex=True, lipschitz=1, homogeneous=1)
def crps_logistic(location: Real, scale: Positive, target: Real):
    r"""Continuous ranked probability score of a logistic distribution (Taillardat et al., 2016).

    .. math:: |y - \mu| + 2 s \log\bigl(1 + e^{-|y - \mu|/s}\bigr) - s

    In units of the target. It is convex in location and scale together and strictly proper: best are the true ones. In the
    tails it grows as ``abs(y - μ)``. The gradient in μ is -tanh((y - μ)/(2s)).

    ``given`` says whether the scale s comes as ``"scale"`` (the default) or ``"log_scale"``. Location and target are real, s
    is positive, all of one shape. Shapes that differ, a scale that is not positive and unknown options raise.

    >>> import lossary
    >>> lossary.crps_logistic([0.0, 0.0], [1.0, 1.0], [0.0, 3.0], reduction="none")
    array([0.38629436, 2.0971747 ])
    """
    distance = abs(target - location)
    # beyond 800 the softplus is 0 in double precision: the quotient itself may overflow
    z = textbook(distance / scale, minimum(distance / scale, 800))
    # log(1 + e^-z) = log 2 - z/2 + log cosh(z/2), whose slope tanh(z/2) does not cancel with that of |y - μ| at 0
    near = scale * (2 * log_cosh(z / 2) + (2 * math.log(2) - 1))
    shown = distance + scale * (2 * softplus(-z) - 1)
    return textbook(shown, derived(shown, where(z < 1, near, shown)))


@pointwise(convex=True, lipschitz=lambda alpha: 2 / alpha - 1, homogeneous=1)
def interval_score(lower: Real, upper: Real, target: Real, *, alpha: Annotated[Any, Interval(0.0, 1.0, open=True)] = 0.1):
    r"""Interval score, Winkler's score (Winkler, 1972; Gneiting and Raftery, 2007), of a central prediction interval.

    .. math:: u - l + \frac{2}{\alpha} (l - y)_+ + \frac{2}{\alpha} (y - u)_+

    α is the share of targets outside (0.1 of a 90 % interval). The width is paid for, and each miss 2/α times how far it
    misses. Best are the α/2- and the (1 - α/2)-quantile. It is 2/α times the sum of two :func:`lossary.quantile` losses. The
    slope at a bound that the target meets is that of a target inside.

    Bounds and target are real, of one shape, in units of the score; ``alpha`` is in (0, 1), or an array with one value a
    sample. Bounds that cross are not refused, and cost at least (2/α - 1) times by how much. Shapes that differ and an
    ``alpha`` outside raise.

    >>> import lossary
    >>> lossary.interval_score([1.0, 1.0], [3.0, 3.0], [2.0, 3.5], alpha=0.5, reduction="none")
    array([2., 4.])
    """
    return upper - lower + 2 / alpha * (maximum(0, lower - target) + maximum(0, target - upper))


def _levels(prediction: Any, levels: Any) -> Any:
    """Return the levels of quantiles, by default the middles of as many equal steps from 0 to 1."""
    if levels is not None:
        return levels
    count = prediction.shape[-1]
    return (of(prediction).cast(arange(count, prediction), prediction.dtype) + 0.5) / count


def _quantile_slopes(prediction, target, *, levels):
    above = prediction - target[..., None]
    return np.where(above == 0, 0, (above > 0) - _levels(prediction, levels)) / prediction.shape[-1]


_QUANTILES: Any = {
    "signature": "(k),()",
    "arrays": {"levels": "(k)"},
    "convex": True,
    "homogeneous": 1,
    "curvature": lambda prediction, target, *, levels: where(prediction == prediction, 0.0, prediction),
}
"""The slopes are steps, so the second derivative is 0, but for NaN."""


@composed(**_QUANTILES, gradient=_quantile_slopes)
def quantiles(prediction: Real, target: Real, *, levels: Annotated[Any, Interval(0.0, 1.0, open=True)] = None):
    r"""Quantile loss of several quantiles, the mean of their :func:`lossary.quantile` losses (Koenker and Bassett, 1978).

    .. math:: \frac{1}{K} \sum_k \max\bigl(\tau_k (y - q_k), (\tau_k - 1)(y - q_k)\bigr)

    The best constants are the quantiles of the target of the ``levels`` τ. They are K numbers in (0, 1), for all samples or
    for each; by default the middles of K equal steps, (k - ½)/K: then twice the loss of sorted quantiles is their
    :func:`lossary.crps_ensemble`. Many levels approach half the CRPS. Quantiles that cross are not refused.

    The prediction has the levels on its last axis (``axis``), one more than the target has. It is in units of the target; the
    slope at a quantile that the target meets is 0. Levels outside (0, 1) and shapes that do not fit raise.

    >>> import lossary
    >>> lossary.quantiles([[0.0, 1.0, 2.0]], [3.0], levels=(0.1, 0.5, 0.9), reduction="none")
    array([0.73333333])
    """
    error = target[..., None] - prediction
    levels = _levels(prediction, levels)
    return (abs(error) * where(error > 0, levels, 1 - levels)).mean(-1)


def _weighted_interval_slopes(prediction, target, *, levels):
    return 2 * _quantile_slopes(prediction, target, levels=levels)


@composed(**_QUANTILES, gradient=_weighted_interval_slopes)
def weighted_interval_score(prediction: Real, target: Real, *, levels: Annotated[Any, Interval(0.0, 1.0, open=True)] = None):
    r"""Weighted interval score of a median and K central intervals, given as 2K + 1 quantiles (Bracher et al., 2021).

    .. math:: \frac{1}{K + 1/2} \Bigl( \tfrac12 |y - m| + \sum_k \frac{\alpha_k}{2}
              \bigl[u_k - l_k + \tfrac{2}{\alpha_k} (l_k - y)_+ + \tfrac{2}{\alpha_k} (y - u_k)_+\bigr] \Bigr)

    That is twice the mean quantile loss, 2 times :func:`lossary.quantiles`, of the ``levels`` α/2, ½ and 1 - α/2; it is
    computed so, and takes any levels in (0, 1), by default the middles of as many equal steps. Many levels approach the CRPS.

    The prediction has the levels on its last axis (``axis``), one more than the target has, in units of the target. Levels
    outside (0, 1) and shapes that do not fit raise.

    >>> import lossary
    >>> lossary.weighted_interval_score([[0.0, 1.0, 2.0]], [3.0], levels=(0.1, 0.5, 0.9), reduction="none")
    array([1.46666667])
    """
    return 2 * quantiles.definition(prediction, target, levels=levels)
