"""Losses of a region predicted and the region that is there: ratios of sums over pixels, which lie on ``axis``."""

from lossary.engine.decorators import PROBABILITIES, samplewise
from lossary.formula.domains import NonNegative, Positive, Probability
from lossary.formula.properties import Limit
from lossary.vocabulary import average, sqrt, total, where

FORMS = {form: PROBABILITIES[form] for form in ("probabilities", "logits", "log_probabilities")}


@samplewise(
    given=FORMS, neutral=("smooth",), limits=(Limit("dice", alpha=0.5, beta=0.5), Limit("jaccard", alpha=1.0, beta=1.0))
)
def tversky(
    prediction: Probability,
    target: Probability,
    *,
    alpha: NonNegative = 0.5,
    beta: NonNegative = 0.5,
    smooth: NonNegative = 0.0,
):
    r"""Tversky loss, a Dice loss that weighs false alarms and misses apart (Tversky, 1977; Salehi et al., 2017).

    .. math:: 1 - \frac{T + s}{T + \alpha F + \beta M + s}, \quad T = \sum_i p_i y_i, \;
              F = \sum_i p_i (1 - y_i), \; M = \sum_i (1 - p_i)\, y_i

    ``alpha`` weighs pixels that are predicted and not there, ``beta`` those that are there and not predicted, as in MONAI and
    Keras; α = β = ½ is :func:`dice`, α = β = 1 :func:`jaccard`. ``smooth`` s is added above and below.

    Prediction (``given`` as probabilities unless said otherwise) and target lie in [0, 1]. The pixels on ``axis``, one or
    several, make up one region: with (images, classes, height, width), ``axis=(2, 3)`` takes each class of each image,
    ``axis=(0, 2, 3)`` each class over all images. The loss has no unit. Without any pixel predicted or there it is 0, with
    gradient 0; with none there and some predicted it is 1, and its gradient is 0 unless s > 0. Pixels where both are 0 count
    nothing, so to leave pixels out, make both 0 there. Values outside of [0, 1], negative parameters and shapes that differ
    raise.

    >>> import lossary
    >>> float(lossary.tversky([[1.0, 1.0, 0.0, 0.0]], [[1.0, 0.0, 0.0, 1.0]], alpha=0.25, beta=0.75))
    0.5
    """
    # 1 - (T + s)/(T + αF + βM + s), without the difference, which would cancel where the prediction is good
    wrong = alpha * total(prediction * (1 - target)) + beta * total((1 - prediction) * target)
    whole = total(prediction * target) + wrong + smooth
    return where(whole == 0, 0, wrong / whole)


@samplewise(given=FORMS, neutral=("smooth",), symmetric=True)
def dice(prediction: Probability, target: Probability, *, smooth: NonNegative = 0.0):
    r"""Dice loss, 1 - F₁ of soft counts (Dice, 1945; Milletari et al., 2016).

    .. math:: 1 - \frac{2 \sum_i p_i y_i + s}{\sum_i p_i + \sum_i y_i + s}

    Its gradient at a right prediction of 0s and 1s is not 0 but ±1/B, where B is the sum below. ``smooth`` s is 0 unless said
    otherwise (Keras, MONAI and others add some small number). A ratio of sums over a batch is not the mean of the ratios of
    its images: ``axis`` says which of them is meant.

    Inputs, ``axis``, empty regions, pixels left out, and what raises: as of :func:`tversky`, which this is with α = β = ½.

    >>> import lossary
    >>> lossary.dice([[1.0, 0.5, 0.0]], [[1.0, 0.0, 0.0]], reduction="none")
    array([0.2])
    >>> lossary.dice.gradient([[1.0, 0.5, 0.0]], [[1.0, 0.0, 0.0]])
    array([[-0.48,  0.32,  0.32]])
    """
    return tversky(prediction, target, alpha=0.5, beta=0.5, smooth=smooth / 2)


@samplewise(given=FORMS, neutral=("smooth",), symmetric=True)
def jaccard(prediction: Probability, target: Probability, *, smooth: NonNegative = 0.0):
    r"""Jaccard loss, 1 - intersection over union of soft counts (Jaccard, 1901; Rahman and Wang, 2016).

    .. math:: 1 - \frac{\sum_i p_i y_i + s}{\sum_i p_i + \sum_i y_i - \sum_i p_i y_i + s}

    It is d/(½ + d/2) of the :func:`dice` loss d, so it ranks hard predictions alike. ``smooth`` s is added above and below.

    Inputs, ``axis``, empty regions, pixels left out, and what raises: as of :func:`tversky`, which this is with α = β = 1.

    >>> import lossary
    >>> lossary.jaccard([[1.0, 0.5, 0.0, 0.0]], [[1.0, 0.5, 0.0, 0.0]], reduction="none")
    array([0.28571429])
    """
    return tversky(prediction, target, alpha=1, beta=1, smooth=smooth)


@samplewise(given=FORMS, neutral=("smooth",), limits=(Limit("tversky", of={"alpha": 0.3, "beta": 0.7}, gamma=1.0),))
def focal_tversky(
    prediction: Probability,
    target: Probability,
    *,
    alpha: NonNegative = 0.3,
    beta: NonNegative = 0.7,
    gamma: Positive = 0.75,
    smooth: NonNegative = 0.0,
):
    r"""Focal Tversky loss, :math:`L^\gamma` of the Tversky loss L (Abraham and Khan, 2019).

    ``gamma`` γ < 1 raises the slope where L is small, so regions that are nearly right still count; γ > 1 turns to those that
    are wrong. (The paper writes 1/γ for what is γ here and in its authors' code, and its α weighs misses.) For γ < 1 the slope
    at a right prediction is infinite; the gradient there is 0.

    ``alpha``, ``beta``, ``smooth``, inputs, ``axis``, empty regions, pixels left out, and what raises: as of :func:`tversky`.

    >>> import lossary
    >>> lossary.focal_tversky([[1.0, 1.0, 0.0]], [[1.0, 0.0, 0.0]], alpha=1.0, gamma=0.5, reduction="none")
    array([0.70710678])
    """
    loss = tversky(prediction, target, alpha=alpha, beta=beta, smooth=smooth)
    return where((loss == 0) & (gamma < 1), 0, loss**gamma)


@samplewise(given=FORMS, symmetric=True)
def matthews(prediction: Probability, target: Probability):
    r"""Matthews loss, 1 - Matthews' correlation coefficient φ of soft counts (Matthews, 1975; Abhishek and Hamarneh, 2021).

    .. math:: 1 - \frac{T N - F M}{\sqrt{(T + F)(T + M)(N + F)(N + M)}}

    T and N are the pixels rightly predicted to be there and not to be there, F and M the false alarms and misses, as sums of
    products: :math:`T = \sum_i p_i y_i` and so on. Unlike the Dice loss it counts N, so region and background are on a par, and
    pixels where both are 0 count. It lies in [0, 2], and is 1 for a prediction that knows nothing.

    Inputs and ``axis`` are as of :func:`tversky`. Where the root is 0, the loss is 0 if nothing is wrong (F = M = 0), else 1,
    with gradient 0. Values outside of [0, 1] and shapes that differ raise.

    >>> import lossary
    >>> lossary.matthews([[1.0, 1.0, 0.0, 0.0]], [[1.0, 0.0, 0.0, 0.0]], reduction="none")
    array([0.42264973])
    """
    both, neither = average(prediction * target), average((1 - prediction) * (1 - target))
    false_alarm, missed = average(prediction * (1 - target)), average((1 - prediction) * target)
    right, wrong = both * neither, false_alarm * missed
    across, along = both * missed + false_alarm * neither, both * false_alarm + missed * neither
    agreement = right - wrong
    root = sqrt((right + wrong + across) * (right + wrong + along))
    # 1 - a/r = (r² - a²)/(r(r + a)), with r² - a² as a sum of products that are not negative: nothing cancels near a loss of 0
    excess = 4 * right * wrong + (right + wrong) * (across + along) + across * along
    loss = where(agreement > 0, excess / (root * (root + agreement)), 1 - agreement / root)
    return where(root == 0, where(false_alarm + missed == 0, 0, 1), loss)
