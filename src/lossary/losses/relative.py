"""Losses of a number relative to the size of the target. Every element is a sample; ``axis=-1`` makes rows samples."""

from typing import Annotated, Any, Literal

from lossary.engine.decorators import pointwise
from lossary.formula.calls import textbook
from lossary.formula.domains import Interval, NonNegative, Real
from lossary.formula.properties import Requirement
from lossary.vocabulary import abs, log1p, maximum, where

AboveMinusOne = Annotated[Any, Interval(-1.0, open=True)]
"""Numbers with a logarithm of one more."""


@pointwise(minimizer="geometric mean", symmetric=True)
def squared_log_error(prediction: AboveMinusOne, target: AboveMinusOne):
    r"""Squared log error: :math:`\bigl(\log(1 + \hat y) - \log(1 + y)\bigr)^2` (Tofallis, 2015, compares such errors).

    Its mean is the mean squared log error. It weighs ratios of 1 + ŷ and 1 + y, so it suits targets of many magnitudes, and
    half as much costs as much as twice as much. The best constant is the geometric mean of 1 + y, less 1. It keeps its digits
    where ŷ is near y. It is not convex: beyond e·(1 + y) the slope falls.

    Prediction and target: numbers above -1, of one shape. Smaller ones raise, as do shapes that differ, arrays that are not of
    real numbers and unknown options.

    >>> import lossary
    >>> lossary.squared_log_error([1.0, 0.0], [3.0, 0.0], reduction="none")
    array([0.48045301, 0.        ])
    """
    # log((1 + ŷ)/(1 + y)) = log(1 + (ŷ - y)/(1 + y)) for ŷ ≥ y, else with the two exchanged: nothing cancels
    above, below = log1p((prediction - target) / (1 + target)), log1p((target - prediction) / (1 + prediction))
    return textbook(log1p(prediction) - log1p(target), where(prediction >= target, above, -below)) ** 2


_NOT_ZERO = Requirement(
    lambda target: target == 0, "target", "the target is not 0", 'leave such samples out with zero="skip", or choose a floor='
)


@pointwise(
    convex=True, by_word={"zero": {"skip": {"leaves_out": lambda target: target == 0}, "raise": {"requires": (_NOT_ZERO,)}}}
)
def absolute_percentage_error(
    prediction: Real, target: Real, *, floor: NonNegative = 0.0, zero: Literal["inf", "skip", "raise"] = "inf"
):
    r"""Absolute percentage error, as a fraction: :math:`|\hat y - y| / \max(|y|, f)` (Makridakis, 1993).

    Its mean is MAPE; 100 times that is in percent. A target of 0 costs ∞ unless the prediction is 0 too, which costs nothing:
    ``floor`` f, the least number that is divided by, is 0. scikit-learn's is 2e-16, LightGBM's 1, Keras's 1e-7. With
    ``zero="skip"`` samples whose target is 0 are left out of the mean and of what it is divided by, and with ``"raise"`` they
    raise. The best constant is a median with weights 1/y, so low forecasts look good.

    Prediction and target: any real numbers, of one shape; ``floor`` ≥ 0, in units of the target. Shapes that differ, arrays
    that are not of real numbers, a negative ``floor`` and unknown options raise.

    >>> import lossary
    >>> lossary.absolute_percentage_error([110.0, 1.0], [100.0, 0.0], reduction="none")
    array([0.1, inf])
    """
    ratio = abs(prediction - target) / maximum(abs(target), floor)
    return textbook(ratio, where(prediction == target, 0, ratio))


@pointwise(symmetric=True, homogeneous=0)
def symmetric_percentage_error(prediction: Real, target: Real):
    r"""Symmetric percentage error, as a fraction: :math:`2 |\hat y - y| / (|y| + |\hat y|)` (Makridakis, 1993).

    Its mean is sMAPE, between 0 and 2; some libraries leave out the 2 or multiply by 100. It is 0 where both are 0, and 2
    wherever one of them is 0 or they differ in sign: there its slope is 0, so nothing is learned. It is not convex.

    Prediction and target: any real numbers, of one shape. Shapes that differ, arrays that are not of real numbers and unknown
    options raise.

    >>> import lossary
    >>> lossary.symmetric_percentage_error([1.0, 0.0], [3.0, 0.0], reduction="none")
    array([1., 0.])
    """
    ratio = 2 * abs(prediction - target) / (abs(target) + abs(prediction))
    return textbook(ratio, where(prediction == target, 0, ratio))
