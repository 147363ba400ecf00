"""Losses of a number that weigh outliers little. Every element is a sample; ``axis=-1`` makes rows samples."""

import math
from typing import Annotated, Any

from lossary.engine.decorators import pointwise
from lossary.formula.calls import hypot_slope, textbook
from lossary.formula.domains import Interval, NonNegative, Positive, Real
from lossary.formula.properties import Limit
from lossary.vocabulary import abs, boxcox1p, exp, expm1, hypot, log1p, log1pmx, minimum, where, xdivy, xmuly


@pointwise(convex=True, lipschitz=1, symmetric=True, limits=(Limit("absolute_error", epsilon=0.0),))
def charbonnier(prediction: Real, target: Real, *, epsilon: NonNegative = 1e-3):
    r"""Charbonnier loss of image restoration: :math:`\sqrt{(\hat y - y)^2 + \varepsilon^2}` (Charbonnier et al., 1994).

    A smooth absolute error. It is :func:`lossary.pseudo_huber` with δ = ``epsilon`` ε, divided by δ, plus ε: right predictions
    cost ε, not 0, and far out the slope is 1, not δ. Under the root stands ε², not ε as in some code. The gradient is
    :math:`r/\sqrt{r^2 + \varepsilon^2}`, so outliers weigh as in the absolute error.

    Prediction and target: any real numbers, of one shape; ``epsilon`` ≥ 0, in units of the target. Shapes that differ, arrays
    that are not of real numbers, a negative ``epsilon`` and unknown options raise.

    >>> import lossary
    >>> lossary.charbonnier([3.0, 0.0], [0.0, 0.0], epsilon=4.0, reduction="none")
    array([5., 4.])
    """
    return hypot(prediction - target, epsilon)


@pointwise(
    symmetric=True,
    limits=(
        Limit("squared_error", 0.5, alpha=2.0),
        Limit("pseudo_huber", alpha=1.0),
        Limit("cauchy", alpha=0.0),
        Limit("geman_mcclure", alpha=-2.0),
        Limit("welsch", alpha=-math.inf),
    ),
)
def general_robust(prediction: Real, target: Real, *, alpha: Annotated[Any, Interval(high=2.0)] = 1.0, scale: Positive = 1.0):
    r"""General robust loss (Barron, 2019), of which half the squared error, pseudo-Huber, Cauchy and Welsch are cases.

    .. math:: \frac{|\alpha - 2|}{\alpha} \biggl(\Bigl(\frac{(r/c)^2}{|\alpha - 2|} + 1\Bigr)^{\alpha/2} - 1\biggr)

    r is the residual :math:`\hat y - y`, c the ``scale``: for r small beside it, the loss is (r/c)²/2. ``alpha`` says how much
    outliers weigh: 2 is the squared error, 1 the pseudo-Huber loss, 0 :func:`lossary.cauchy`, -2
    :func:`lossary.geman_mcclure`, and -∞ :func:`lossary.welsch`; it is continuous through all of these. Below 1 it is not
    convex, and below 0 bounded. Both may be learned, ``alpha`` from below 2, where its slope is infinite; as a likelihood it
    then lacks its normaliser.

    Prediction and target: any real numbers, of one shape; ``alpha`` ≤ 2, ``scale`` > 0 in units of the target. Shapes that
    differ, arrays that are not of real numbers, parameters outside these ranges and unknown options raise.

    >>> import lossary
    >>> lossary.general_robust([0.1, 100.0], [0.0, 0.0], alpha=-2.0, reduction="none")
    array([0.00498753, 1.99920032])
    """
    z, b = ((prediction - target) / scale) ** 2, 2 - alpha
    # with b = 2 - α it is [(b + z)·e^(-u) - b]/α, u = b/2·log(1 + z/b): near α = 2, no digits of the slope in α are lost
    u = xmuly(b, log1p(xdivy(z, b))) / 2
    near_2 = where(z > 3 * b, (b + z) * exp(-u) - b, z + (b + z) * expm1(-u)) / alpha
    below = where(alpha == -math.inf, -expm1(-z / 2), b / 2 * boxcox1p(z / b, alpha / 2))
    computed = where(alpha > 1.5, near_2, below)
    return textbook(abs(alpha - 2) / alpha * ((z / abs(alpha - 2) + 1) ** (alpha / 2) - 1), computed)


@pointwise(symmetric=True, lipschitz=lambda scale: 1 / (math.sqrt(2) * scale))
def cauchy(prediction: Real, target: Real, *, scale: Positive = 1.0):
    r"""Cauchy loss, or Lorentzian: :math:`\log\bigl(1 + (r/c)^2/2\bigr)` (Black and Anandan, 1996).

    r is the residual :math:`\hat y - y`, c the ``scale``. It is (r/c)²/2 near 0 and grows like a logarithm: the slope of an
    outlier falls as 2/r. It is the general robust loss at α = 0, and is not convex. A Cauchy distribution's likelihood has
    (r/γ)², so γ² = 2c².

    Prediction and target: any real numbers, of one shape; ``scale`` > 0, in units of the target. Shapes that differ, arrays
    that are not of real numbers, a ``scale`` that is not positive and unknown options raise.

    >>> import lossary
    >>> lossary.cauchy([2.0, 0.0], [0.0, 0.0], reduction="none")
    array([1.09861229, 0.        ])
    """
    return log1p(((prediction - target) / scale) ** 2 / 2)


@pointwise(symmetric=True, lipschitz=lambda scale: math.exp(-0.5) / scale)
def welsch(prediction: Real, target: Real, *, scale: Positive = 1.0):
    r"""Welsch loss, or Leclerc: :math:`1 - e^{-(r/c)^2/2}` (Dennis and Welsch, 1978).

    r is the residual :math:`\hat y - y`, c the ``scale``. It is (r/c)²/2 near 0, exact there, and at most 1: outliers beyond
    some 4c have no slope. It is the general robust loss as α → -∞, and is not convex.

    Prediction and target: any real numbers, of one shape; ``scale`` > 0, in units of the target. Shapes that differ, arrays
    that are not of real numbers, a ``scale`` that is not positive and unknown options raise.

    >>> import lossary
    >>> lossary.welsch([1.0, 100.0], [0.0, 0.0], reduction="none")
    array([0.39346934, 1.        ])
    """
    return -expm1(-(((prediction - target) / scale) ** 2) / 2)


@pointwise(symmetric=True, lipschitz=lambda scale: 3 * math.sqrt(3) / (8 * scale))
def geman_mcclure(prediction: Real, target: Real, *, scale: Positive = 1.0):
    r"""Geman–McClure loss: :math:`\dfrac{2 (r/c)^2}{(r/c)^2 + 4}` (Geman and McClure, 1985).

    r is the residual :math:`\hat y - y`, c the ``scale``. It is (r/c)²/2 near 0 and tends to 2: an outlier's slope falls as
    16c²/r³. It is the general robust loss at α = -2, and is not convex.

    Prediction and target: any real numbers, of one shape; ``scale`` > 0, in units of the target. Shapes that differ, arrays
    that are not of real numbers, a ``scale`` that is not positive and unknown options raise.

    >>> import lossary
    >>> lossary.geman_mcclure([2.0, 100.0], [0.0, 0.0], reduction="none")
    array([1.        , 1.99920032])
    """
    x = (prediction - target) / scale
    # 2x²/(x² + 4) = 2s² with s = x/√(x² + 4), which does not overflow, and whose slope does not cancel
    return textbook(2 * x**2 / (x**2 + 4), 2 * hypot_slope(x, 2) ** 2)


@pointwise(symmetric=True, lipschitz=lambda c: 16 * c / (25 * math.sqrt(5)))
def tukey(prediction: Real, target: Real, *, c: Positive = 4.685):
    r"""Tukey's biweight (Beaton and Tukey, 1974): outliers beyond ``c`` have no weight at all.

    .. math:: \begin{cases} \frac{c^2}{6} \bigl(1 - (1 - (r/c)^2)^3\bigr) & |r| \le c \\ c^2/6 & \text{otherwise} \end{cases}

    r is the residual :math:`\hat y - y`. It is r²/2 near 0, exact there; the gradient is :math:`r (1 - (r/c)^2)^2` up to c, 0
    beyond. The default has 95 % of the efficiency of the mean for normal residuals of standard deviation 1: divide by
    theirs first. It is not convex.

    Prediction and target: any real numbers, of one shape; ``c`` > 0, in units of the target. Shapes that differ, arrays that
    are not of real numbers, a ``c`` that is not positive and unknown options raise.

    >>> import lossary
    >>> lossary.tukey([1.0, 5.0], [0.0, 0.0], c=2.0, reduction="none")
    array([0.38541667, 0.66666667])
    """
    z = ((prediction - target) / c) ** 2
    # 1 - (1 - z)³ = z·(3 - 3z + z²) keeps the digits of a small z, and its slope 3·(1 - z)² as it stands those near c
    computed = where(z < 0.5, z * (3 - z * (3 - z)), 1 - (1 - minimum(z, 1)) ** 3)
    return textbook(where(abs(prediction - target) <= c, c**2 / 6 * (1 - (1 - z) ** 3), c**2 / 6), c**2 / 6 * computed)


@pointwise(convex=True, symmetric=True, lipschitz=lambda c: c)
def fair(prediction: Real, target: Real, *, c: Positive = 1.0):
    r"""Fair's loss: :math:`c^2 \bigl(|r|/c - \log(1 + |r|/c)\bigr)` (Fair, 1974).

    r is the residual :math:`\hat y - y`. It is r²/2 near 0, exact there, and nearly c·|r| far out; the gradient is
    :math:`c\,r/(|r| + c)`, so outliers weigh as in the absolute error. It is convex, with a continuous curvature.

    Prediction and target: any real numbers, of one shape; ``c`` > 0, in units of the target. Shapes that differ, arrays that
    are not of real numbers, a ``c`` that is not positive and unknown options raise.

    >>> import lossary
    >>> lossary.fair([1.0, 1e-6], [0.0, 0.0], reduction="none")
    array([3.06852819e-01, 4.99999667e-13])
    """
    x = abs(prediction - target) / c
    return textbook(c**2 * (x - log1p(x)), -(c**2) * log1pmx(x))


@pointwise(symmetric=True, lipschitz=lambda width, curvature: max(1.0, width / curvature))
def wing(prediction: Real, target: Real, *, width: Positive = 10.0, curvature: Positive = 2.0):
    r"""Wing loss of landmarks (Feng et al., 2018): a logarithm near zero, so that small residuals keep a large slope.

    .. math:: \begin{cases} w \log(1 + |r|/\varepsilon) & |r| < w \\ |r| - w + w \log(1 + w/\varepsilon) & \text{otherwise}
              \end{cases}

    r is the residual :math:`\hat y - y`, w the ``width`` and ε the ``curvature``. The slope is w/ε near 0, falls to w/(w + ε),
    and is 1 beyond w, so outliers weigh as in the absolute error. It is not convex.

    Prediction and target: any real numbers, of one shape; ``width`` and ``curvature`` > 0, in units of the target. Shapes that
    differ, arrays that are not of real numbers, parameters that are not positive and unknown options raise.

    >>> import lossary
    >>> lossary.wing([2.0, 20.0], [0.0, 0.0], reduction="none")
    array([ 6.93147181, 27.91759469])
    """
    size = abs(prediction - target)
    return where(size < width, width * log1p(size / curvature), size - width + width * log1p(width / curvature))
