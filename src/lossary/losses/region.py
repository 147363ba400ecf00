"""Losses of a region predicted and the region that is there: ratios of sums over pixels, which lie on ``axis``."""

from typing import Any, Literal

import numpy as np

from lossary.array_words import arange, argsort, cast, cumsum, log_softmax, take_along_axis
from lossary.engine.decorators import PROBABILITIES, composed, samplewise
from lossary.formula.domains import Interval, NonNegative, Positive, Probability, Real
from lossary.formula.links import ArrayLink
from lossary.formula.properties import Limit, Requirement
from lossary.vocabulary import average, exp, largest, sqrt, total, where

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

    ``alpha`` weighs pixels that are predicted and not there, ``beta`` those that are there and not predicted, as in MONAI
    (Keras's α weighs the latter); α = β = ½ is :func:`dice`, α = β = 1 :func:`jaccard`. ``smooth`` s is added above and below.

    Prediction (``given`` as probabilities unless said otherwise) and target lie in [0, 1]. The pixels on ``axis``, one or
    several, make up one region: with (images, classes, height, width), ``axis=(2, 3)`` takes each class of each image,
    and with ``over="batch"`` each class over all images. The loss has no unit. Without any pixel predicted or there it is 0,
    with gradient 0; with none there and some predicted it is 1, and its gradient is 0 unless s > 0. ``where`` of the shape of
    the inputs leaves out single pixels. Values outside of [0, 1], negative parameters and shapes that differ raise.

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
    its images: ``over="batch"`` takes the sums over all of them.

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

    Inputs, ``axis`` and pixels left out are as of :func:`tversky`. Where the root is 0, the loss is 0 if nothing is wrong
    (F = M = 0), else 1, with gradient 0. Values outside of [0, 1] and shapes that differ raise.

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


# ---- of several classes: (…, classes, pixels)


def _softmax(z: Any) -> Any:
    return exp(log_softmax(z.swapaxes(-1, -2))).swapaxes(-1, -2)


OF_CLASSES = {
    "probabilities": ArrayLink(lambda p: p, Interval(0.0, 1.0), lambda p, slopes: slopes),
    "logits": ArrayLink(_softmax, Interval(), lambda p, slopes: p * (slopes - (p * slopes).sum(-2, keepdims=True))),
}


def _shares(target: Any) -> Any:
    """Return the weight of each class, 1/Σt² in units of the greatest."""
    volume = target.sum(-1)
    least = -largest(-where(volume > 0, volume, np.inf))
    return where(volume > 0, (least / where(volume > 0, volume, 1.0)) ** 2, 1.0)[..., None]


def _generalized_dice_slope(prediction: Any, target: Any) -> Any:
    weight = _shares(target)
    whole = (weight * (prediction + target)).sum((-2, -1), keepdims=True)
    loss = generalized_dice.definition(prediction, target)[..., None, None]
    return np.where(whole == 0, 0, weight * (1 - 2 * target - loss) / np.where(whole == 0, 1, whole))


@composed(signature="(c,n),(c,n)", given=OF_CLASSES, gradient=_generalized_dice_slope)
def generalized_dice(prediction: Probability, target: Probability):
    r"""Generalised Dice loss of several classes, of which small regions weigh as much as large ones (Sudre et al., 2017).

    .. math:: 1 - \frac{2 \sum_k w_k \sum_i p_{ki} y_{ki}}{\sum_k w_k \sum_i (p_{ki} + y_{ki})}, \quad
              w_k = \frac{1}{(\sum_i y_{ki})^2}

    Prediction and target have the shape (images, classes, pixels), as of ``p.flatten(2)`` in torch, and lie in [0, 1]; an
    image is a sample. With ``given="logits"`` the prediction is the softmax over the classes. A class that is not in the
    target weighs as much as the rarest one that is, so predicting it costs something. The loss is 0, with gradient 0, where
    nothing is predicted or there. Pixels where both are 0 count nothing. Values outside of [0, 1] and shapes that differ
    raise.

    >>> import lossary
    >>> lossary.generalized_dice([[[1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]], [[[1.0, 1.0, 1.0], [0.0, 0.0, 0.0]]], reduction="none")
    array([0.33333333])
    """
    weight = _shares(target)
    wrong = (weight * (prediction * (1 - target) + (1 - prediction) * target)).sum((-2, -1))
    whole = (weight * (prediction + target)).sum((-2, -1))
    return where(whole == 0, 0.0, wrong / where(whole == 0, 1.0, whole))


# ---- Lovász extensions of the Jaccard loss


def _lovasz_weights(errors: Any, inside: Any) -> Any:
    """Return by how much the Jaccard loss rises where each pixel joins those with larger errors, as wrong ones."""
    order = argsort(errors, descending=True)
    there = take_along_axis(where(inside, 1, 0), order)
    size, found = there.sum(-1)[..., None], cumsum(there)
    union = size + arange(errors.shape[-1], errors) + 1 - found
    left, union = cast(size - found, errors), cast(union, errors)
    # |I|/|U| falls by 1/|U| where the intersection loses a pixel, by |I|/(|U| - 1) - |I|/|U| where the union gains one
    gained = where(union > 1, left / (where(union > 1, union - 1, 1.0) * union), 1.0)
    return take_along_axis(where(there == 1, 1 / union, gained), argsort(order))


def _hinge(prediction: Any, target: Any) -> tuple[Any, Any]:
    """Return which way each score should go, and how much it lacks to a margin of 1."""
    sign = where(target, 1.0, -1.0)
    return sign, 1 - sign * prediction


def _lovasz_hinge_slope(prediction: Any, target: Any) -> Any:
    sign, errors = _hinge(prediction, target)
    return np.where(errors <= 0, 0, -sign * _lovasz_weights(errors, target)).astype(prediction.dtype)


@composed(
    signature="(n),(n)",
    gradient=_lovasz_hinge_slope,
    curvature=lambda prediction, target: where(prediction == prediction, 0.0, prediction),  # the slopes are steps
    convex=True,
)
def lovasz_hinge(prediction: Real, target: bool):
    r"""Lovász hinge of one region: the convex extension of the Jaccard loss to hinge errors (Berman et al., 2018).

    .. math:: \sum_i m_{(i)} \, (J_i - J_{i-1}), \quad m_i = \max(0, 1 - s_i z_i), \; s_i = \pm 1

    The prediction is a raw score z, positive inside the region, and the target true or false (or 1 and 0). The errors m of the
    pixels on the last axis, or on ``axis``, are sorted, the largest first, and J is the Jaccard loss if the first i of them
    were wrong and all others right. Where nothing is there, it is the largest error. (kornia applies a sigmoid first, which
    is another loss.) Of equal errors the first counts as the larger one: the value does not depend on it, the gradient
    does. To leave pixels out, make their score -1 or less and their target false. Shapes that differ raise.

    >>> import lossary
    >>> lossary.lovasz_hinge([[2.0, -0.5, -2.0]], [[True, True, False]], reduction="none")
    array([0.75])
    """
    _, errors = _hinge(prediction, target)
    return (where(errors <= 0, 0.0, errors) * _lovasz_weights(errors, target)).sum(-1)  # NaN stays NaN


def _ignored(target: Any, ignore_index: Any) -> Any:
    return target != target if ignore_index is None else target == ignore_index[..., None]


def _of_classes(prediction: Any, target: Any, classes: str, ignore_index: Any) -> tuple[Any, Any, Any]:
    """Return where each class is, the errors of each pixel, and the weight of each class in the mean."""
    ignored = _ignored(target, ignore_index)[..., None, :]
    inside = (target[..., None, :] == arange(prediction.shape[-2], target)[:, None]) & ~ignored
    counted = where(inside, 1, 0).sum(-1) > (0 if classes == "present" else -1)
    counted = cast(where(counted, 1, 0), prediction)
    number = counted.sum(-1)[..., None]
    # an error of 0 comes behind all others, and so changes none of their weights
    errors = where(ignored, 0.0, where(inside, 1 - prediction, prediction))
    return inside, errors, counted / where(number > 0, number, 1.0)


def _lovasz_softmax_slope(prediction: Any, target: Any, *, classes: str, ignore_index: Any) -> Any:
    inside, errors, share = _of_classes(prediction, target, classes, ignore_index)
    weights = _lovasz_weights(errors, inside)
    slope = np.where(_ignored(target, ignore_index)[..., None, :], 0, np.where(inside, -weights, weights))
    return (share[..., None] * slope).astype(prediction.dtype)


@composed(
    signature="(c,n),(n)",
    given=OF_CLASSES,
    arrays={"ignore_index": "()"},
    gradient=_lovasz_softmax_slope,
    convex=True,
    requires=(
        Requirement(
            lambda prediction, target, ignore_index: (
                ((target < 0) | (target >= prediction.shape[-2])) & ~_ignored(target, ignore_index)
            ),
            "target",
            "a label is one of the classes, on the axis before the pixels",
            "the prediction has the shape (images, classes, pixels), and classes count from 0",
        ),
    ),
)
def lovasz_softmax(
    prediction: Probability,
    target: int,
    *,
    classes: Literal["present", "all"] = "present",
    ignore_index: int | None = None,
):
    r"""Lovász-Softmax of several classes: the mean over classes of the extended Jaccard loss (Berman et al., 2018).

    .. math:: \frac{1}{|C|} \sum_{k \in C} \sum_i m_{k(i)} \, (J_{ki} - J_{k,i-1}), \quad
              m_{ki} = 1 - p_{ki} \text{ if } y_i = k, \text{ else } p_{ki}

    The prediction holds probabilities, or with ``given="logits"`` raw scores, of the shape (images, classes, pixels), as of
    ``p.flatten(2)`` in torch; the target class indices, of the shape (images, pixels). Errors are sorted and weighed as for
    :func:`lovasz_hinge`. C are the ``"present"`` ``classes`` of an image, or ``"all"``, of which those that are absent cost
    their largest probability. At predictions of 0 and 1 the loss is the mean of the Jaccard losses of C; without pixels it is
    0. Pixels labelled ``ignore_index`` are left out.

    Of equal errors the first counts as the larger one. Labels out of range, values outside of [0, 1] and shapes that do not
    fit raise.

    >>> import lossary
    >>> lossary.lovasz_softmax([[[1.0, 0.5, 0.0], [0.0, 0.5, 1.0]]], [[0, 0, 1]], reduction="none")
    array([0.25])
    """
    inside, errors, share = _of_classes(prediction, target, classes, ignore_index)
    return (share * (errors * _lovasz_weights(errors, inside)).sum(-1)).sum(-1)
