"""Losses of a number predicted and a number observed. Every element is a sample; ``axis=-1`` makes rows samples."""

import math

from lossary.engine.decorators import pointwise
from lossary.formula.domains import Positive, Real
from lossary.formula.properties import Limit
from lossary.vocabulary import abs, where


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
