"""Scores of a forecast: of a distribution by its parameters, of an interval."""

import math
from typing import Annotated, Any

from lossary.engine.decorators import pointwise
from lossary.formula.calls import textbook
from lossary.formula.domains import Interval, Positive, Real
from lossary.losses.distribution import SCALE
from lossary.vocabulary import abs, clip, erf, exp, maximum, minimum, softplus


@pointwise(given={"scale": SCALE}, convex=True, lipschitz=1, homogeneous=1)
def crps_gaussian(mean: Real, scale: Positive, target: Real):
    r"""Continuous ranked probability score of a normal distribution (Gneiting et al., 2005).

    .. math:: \sigma \bigl[z\,(2\Phi(z) - 1) + 2\varphi(z) - 1/\sqrt{\pi}\bigr], \quad z = (y - \mu)/\sigma

    The integral of :math:`(F(x) - \mathbf{1}\{y \le x\})^2` over x, in units of the target. It is convex in mean and scale
    together, and strictly proper: best are the true ones. It grows as |y - μ| in the tails, so it bears outliers as the
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
    true ones. In the tails it grows as |y - μ|, and near y = μ it is quadratic.

    ``given`` says whether the scale b comes as ``"scale"`` (the default) or ``"log_scale"``. Location and target are real, b
    is positive, all of one shape. Shapes that differ, a scale that is not positive and unknown options raise.

    >>> import lossary
    >>> lossary.crps_laplace([0.0, 0.0], [1.0, 1.0], [0.0, 3.0], reduction="none")
    array([0.25      , 2.29978707])
    """
    distance = abs(target - location)
    # beyond 800 the exponential is 0 in double precision: the quotient itself may overflow
    z = textbook(distance / scale, minimum(distance / scale, 800))
    return distance + scale * (exp(-z) - 0.75)


@pointwise(given={"scale": SCALE}, convex=True, lipschitz=1, homogeneous=1)
def crps_logistic(location: Real, scale: Positive, target: Real):
    r"""Continuous ranked probability score of a logistic distribution (Taillardat et al., 2016).

    .. math:: |y - \mu| + 2 s \log\bigl(1 + e^{-|y - \mu|/s}\bigr) - s

    In units of the target. It is convex in location and scale together and strictly proper: best are the true ones. In the
    tails it grows as |y - μ|. The gradient in μ is -tanh((y - μ)/(2s)).

    ``given`` says whether the scale s comes as ``"scale"`` (the default) or ``"log_scale"``. Location and target are real, s
    is positive, all of one shape. Shapes that differ, a scale that is not positive and unknown options raise.

    >>> import lossary
    >>> lossary.crps_logistic([0.0, 0.0], [1.0, 1.0], [0.0, 3.0], reduction="none")
    array([0.38629436, 2.0971747 ])
    """
    distance = abs(target - location)
    # beyond 800 the softplus is 0 in double precision: the quotient itself may overflow
    z = textbook(distance / scale, minimum(distance / scale, 800))
    return distance + scale * (2 * softplus(-z) - 1)


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
