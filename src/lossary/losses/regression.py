"""Losses of a number predicted and a number observed. Every element is a sample; ``axis=-1`` makes rows samples."""

import math
from typing import Annotated, Any

from lossary.engine.decorators import pointwise
from lossary.formula.calls import log_cosh as log_of_cosh
from lossary.formula.calls import textbook
from lossary.formula.domains import Interval, NonNegative, Positive, Real
from lossary.formula.properties import Limit
from lossary.vocabulary import abs, hypot_excess, maximum, where

Level = Annotated[Any, Interval(0.0, 1.0, open=True)]
"""The level of a quantile or an expectile."""


@pointwise(convex=True, minimizer="mean", symmetric=True, homogeneous=2)
def squared_error(prediction: Real, target: Real):
    r"""Squared error, the L2 loss: :math:`(\hat y - y)^2` (Legendre, 1805; Gauss, 1809).

    Its mean is the mean squared error. The constant with the least squared error is the mean of the target. There is no factor
    ½: the gradient is :math:`2(\hat y - y)`.

    Prediction and target: any real numbers, of one shape. The loss is in squared units of the target. Shapes that differ,
    arrays that are not of real numbers and unknown options raise.

    >>> import lossary
    >>> float(lossary.squared_error([2.5, 0.0, 2.0], [3.0, -0.5, 2.0]))
    0.16666666666666666
    """
    return (prediction - target) ** 2


@pointwise(convex=True, minimizer="median", lipschitz=1, symmetric=True, homogeneous=1)
def absolute_error(prediction: Real, target: Real):
    r"""Absolute error, the L1 loss: :math:`|\hat y - y|` (Boscovich, 1757; Laplace, 1774).

    Its mean is the mean absolute error. The constant with the least absolute error is the median of the target, so single
    outliers hardly move it. The gradient is the sign of the residual, and 0 where the residual is 0.

    Prediction and target: any real numbers, of one shape. The loss is in units of the target. Shapes that differ, arrays
    that are not of real numbers and unknown options raise.

    >>> import lossary
    >>> float(lossary.absolute_error([2.5, 0.0, 2.0], [3.0, -0.5, 2.0]))
    0.3333333333333333
    """
    return abs(prediction - target)


@pointwise(
    convex=True,
    lipschitz=lambda delta: delta,
    symmetric=True,
    limits=(Limit("squared_error", 0.5, delta=math.inf),),
)
def huber(prediction: Real, target: Real, *, delta: Positive = 1.0):
    r"""Huber's loss (Huber, 1964): quadratic near zero, linear beyond ``delta``.

    .. math:: \begin{cases} (\hat y - y)^2 / 2 & |\hat y - y| \le \delta \\ \delta\,(|\hat y - y| - \delta/2) & \text{otherwise}
              \end{cases}

    The gradient is the residual, held within ±δ: small errors are treated as by the squared error, large ones as by the
    absolute error. Its minimiser lies between the mean (δ → ∞) and the median (δ → 0) of the target.

    Prediction and target: any real numbers, of one shape; ``delta`` > 0, in units of the target. Shapes that differ, arrays
    that are not of real numbers, a ``delta`` that is not positive and unknown options raise.

    >>> import lossary
    >>> lossary.huber([0.5, 3.0], [0.0, 0.0], delta=1.0, reduction="none")
    array([0.125, 2.5  ])
    """
    residual = prediction - target
    return where(abs(residual) <= delta, residual**2 / 2, delta * (abs(residual) - delta / 2))


@pointwise(
    convex=True,
    lipschitz=1,
    symmetric=True,
    limits=(Limit("absolute_error", beta=0.0), Limit("huber", beta=1.0)),
)
def smooth_l1(prediction: Real, target: Real, *, beta: NonNegative = 1.0):
    r"""Smooth L1 (Girshick, 2015): Huber's loss with δ = ``beta``, divided by it, so that its slope far out is 1.

    .. math:: \begin{cases} (\hat y - y)^2 / (2\beta) & |\hat y - y| < \beta \\ |\hat y - y| - \beta/2 & \text{otherwise}
              \end{cases}

    β → 0 gives the absolute error, and β = 0 is it, where :func:`lossary.huber` becomes 0. The gradient lies within ±1. Its
    minimiser lies between the mean (β → ∞) and the median (β = 0) of the target, so outliers weigh little.

    Prediction and target: any real numbers, of one shape; ``beta`` ≥ 0, in units of the target, as the loss. Shapes that
    differ, arrays that are not of real numbers, a negative ``beta`` and unknown options raise.

    >>> import lossary
    >>> lossary.smooth_l1([0.5, 3.0], [0.0, 0.0], beta=2.0, reduction="none")
    array([0.0625, 2.    ])
    """
    residual = prediction - target
    # the square of a residual below a tiny β would underflow
    square = textbook(residual**2 / (2 * beta), residual * (residual / (2 * beta)))
    return where(abs(residual) < beta, square, abs(residual) - beta / 2)


@pointwise(
    convex=True,
    lipschitz=lambda delta: delta,
    symmetric=True,
    limits=(Limit("squared_error", 0.5, delta=math.inf),),
)
def pseudo_huber(prediction: Real, target: Real, *, delta: Positive = 1.0):
    r"""Pseudo-Huber loss, smooth: :math:`\delta^2 \bigl(\sqrt{1 + (r/\delta)^2} - 1\bigr)` (Charbonnier et al., 1994).

    r is the residual :math:`\hat y - y`. It is r²/2 near 0 and δ·|r| - δ² far out; the slope :math:`r/\sqrt{1 + (r/\delta)^2}`
    lies within ±δ, so outliers weigh little. It keeps its digits for small residuals, and neither δ² nor r² overflows. Its
    minimiser lies between mean (δ → ∞) and median (δ → 0) of the target.

    Prediction and target: any real numbers, of one shape; ``delta`` > 0, in units of the target. Shapes that differ, arrays
    that are not of real numbers, a ``delta`` that is not positive and unknown options raise.

    >>> import lossary
    >>> lossary.pseudo_huber([0.75, 2.4], [0.0, 0.0], delta=1.0, reduction="none")
    array([0.25, 1.6 ])
    """
    return delta * hypot_excess(prediction - target, delta)


@pointwise(convex=True, lipschitz=1, symmetric=True)
def log_cosh(prediction: Real, target: Real):
    r"""Log-cosh loss: :math:`\log \cosh(\hat y - y)` (Green, 1990).

    It is r²/2 near 0, exact there, and |r| - log 2 far out, without overflow. The gradient is :math:`\tanh(\hat y - y)`, so
    outliers weigh as much as in the absolute error; every derivative is continuous. Its minimiser lies between the mean and the
    median of the target. It depends on the unit: divide by a scale first.

    Prediction and target: any real numbers, of one shape. Shapes that differ, arrays that are not of real numbers and unknown
    options raise.

    >>> import lossary
    >>> lossary.log_cosh([100.0, 1e-4], [0.0, 0.0], reduction="none")
    array([9.93068528e+01, 4.99999999e-09])
    """
    return log_of_cosh(prediction - target)


@pointwise(
    convex=True,
    minimizer="quantile",
    lipschitz=lambda alpha: max(alpha, 1 - alpha),
    homogeneous=1,
    limits=(Limit("absolute_error", 0.5, alpha=0.5),),
)
def quantile(prediction: Real, target: Real, *, alpha: Level = 0.5):
    r"""Quantile loss, the pinball loss: :math:`\max(\alpha u, (\alpha - 1) u)` (Koenker and Bassett, 1978).

    u is :math:`y - \hat y`. The constant with the least loss is the ``alpha``-quantile of the target: α weighs predictions
    that are too low, 1 - α those too high. At α = ½ it is half the absolute error. Some libraries multiply by 2, as twice its
    mean over all levels is the CRPS. The slope is -α or 1 - α, and 0 where u = 0.

    Prediction and target: any real numbers, of one shape; 0 < ``alpha`` < 1, a number, learned, or one value a sample. Shapes
    that differ, arrays that are not of real numbers, other levels and unknown options raise.

    >>> import lossary
    >>> lossary.quantile([1.0, 1.0], [3.0, 0.0], alpha=0.9, reduction="none")
    array([1.8, 0.1])
    """
    return where(target >= prediction, alpha, 1 - alpha) * abs(target - prediction)


@pointwise(
    convex=True,
    lipschitz=lambda alpha, delta: max(alpha, 1 - alpha) * delta,
    limits=(Limit("huber", 0.5, alpha=0.5), Limit("expectile", 0.5, delta=math.inf)),
)
def huber_quantile(prediction: Real, target: Real, *, alpha: Level = 0.5, delta: Positive = 1.0):
    r"""Quantile loss, quadratic near zero: :math:`|\alpha - 1_{y < \hat y}| \, H_\delta(\hat y - y)` (Dabney et al., 2018).

    H is Huber's loss. Divided by ``delta`` δ, as some do, it becomes the quantile loss as δ → 0; for δ → ∞ it is half the
    expectile loss. Its minimiser lies between the quantile and the expectile of the target. Outliers weigh as in
    the quantile loss.

    Prediction and target: any real numbers, of one shape; 0 < ``alpha`` < 1, ``delta`` > 0 in units of the target. Shapes that
    differ, arrays that are not of real numbers, parameters outside these ranges and unknown options raise.

    >>> import lossary
    >>> lossary.huber_quantile([1.0, 1.0], [3.0, 0.0], alpha=0.9, reduction="none")
    array([1.35, 0.05])
    """
    return where(target >= prediction, alpha, 1 - alpha) * huber(prediction, target, delta=delta)


@pointwise(
    convex=True,
    minimizer="expectile",
    homogeneous=2,
    limits=(Limit("squared_error", 0.5, alpha=0.5),),
)
def expectile(prediction: Real, target: Real, *, alpha: Level = 0.5):
    r"""Expectile loss, asymmetric least squares: :math:`|\alpha - 1_{y < \hat y}| \, (\hat y - y)^2` (Newey and Powell, 1987).

    The constant with the least loss is the ``alpha``-expectile of the target: the residuals above it, weighed α, and those
    below, weighed 1 - α, balance. At α = ½ it is half the squared error and the mean. α weighs predictions that are too low.
    Outliers count as in the squared error.

    Prediction and target: any real numbers, of one shape; 0 < ``alpha`` < 1. The loss is in squared units of the target. Shapes
    that differ, arrays that are not of real numbers, other levels and unknown options raise.

    >>> import lossary
    >>> lossary.expectile([1.0, 1.0], [3.0, 0.0], alpha=0.9, reduction="none")
    array([3.6, 0.1])
    """
    return where(target >= prediction, alpha, 1 - alpha) * (prediction - target) ** 2


@pointwise(convex=True, lipschitz=1, symmetric=True, limits=(Limit("absolute_error", epsilon=0.0),))
def epsilon_insensitive(prediction: Real, target: Real, *, epsilon: NonNegative = 0.1):
    r"""ε-insensitive loss of support vector regression: :math:`\max(0, |\hat y - y| - \varepsilon)` (Vapnik, 1995).

    Residuals up to ``epsilon`` cost nothing; beyond, the slope is ±1, so outliers weigh as in the absolute error. With ε = 0
    it is the absolute error. Where the residual is ε the slope is 0.

    Prediction and target: any real numbers, of one shape; ``epsilon`` ≥ 0, in units of the target. Shapes that differ, arrays
    that are not of real numbers, a negative ``epsilon`` and unknown options raise.

    >>> import lossary
    >>> lossary.epsilon_insensitive([1.0, 1.0], [1.25, 3.0], epsilon=0.5, reduction="none")
    array([0. , 1.5])
    """
    return maximum(0, abs(prediction - target) - epsilon)


@pointwise(convex=True, symmetric=True, limits=(Limit("squared_error", epsilon=0.0),))
def squared_epsilon_insensitive(prediction: Real, target: Real, *, epsilon: NonNegative = 0.1):
    r"""Squared ε-insensitive loss: :math:`\max(0, |\hat y - y| - \varepsilon)^2` (Vapnik, 1995).

    Residuals up to ``epsilon`` cost nothing, larger ones the square of what exceeds it; the gradient is continuous. With ε = 0
    it is the squared error, and outliers count as there.

    Prediction and target: any real numbers, of one shape; ``epsilon`` ≥ 0, in units of the target. Shapes that differ, arrays
    that are not of real numbers, a negative ``epsilon`` and unknown options raise.

    >>> import lossary
    >>> lossary.squared_epsilon_insensitive([1.0, 1.0], [1.25, 3.0], epsilon=0.5, reduction="none")
    array([0.  , 2.25])
    """
    return maximum(0, abs(prediction - target) - epsilon) ** 2


@pointwise(
    convex=True,
    symmetric=True,
    homogeneous=lambda exponent: exponent,
    limits=(Limit("absolute_error", exponent=1.0), Limit("squared_error", exponent=2.0)),
)
def power_error(prediction: Real, target: Real, *, exponent: Annotated[Any, Interval(1.0)] = 1.5):
    r"""Power of the absolute error, the Lq loss: :math:`|\hat y - y|^q` (Gonin and Money, 1989).

    ``exponent`` q = 1 is the absolute error and q = 2 the squared error; between them the minimiser lies between median and
    mean, and a larger q gives more weight to large residuals. The curvature at a residual of 0 is ∞ for 1 < q < 2.

    Prediction and target: any real numbers, of one shape; ``exponent`` ≥ 1. The loss is in units of the target to the power q.
    Shapes that differ, arrays that are not of real numbers, a smaller ``exponent`` and unknown options raise.

    >>> import lossary
    >>> lossary.power_error([4.0, 1.0], [0.0, 1.0], exponent=1.5, reduction="none")
    array([8., 0.])
    """
    return abs(prediction - target) ** exponent
