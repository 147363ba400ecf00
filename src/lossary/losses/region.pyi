"""Losses of a region predicted and the region that is there: ratios of sums over pixels, which lie on ``axis``."""

# Made by tools/stubs.py from the definitions; run `make stubs` instead of editing this file.
# mypy: disable-error-code="override, overload-cannot-match"

from typing import Final, Literal, Unpack, overload

from lossary.engine.calls import A, Array, Float, Floats, Loss, Options, Parameter, Plain, Reduced, Reduction, TotalOptions
from lossary.engine.reduction import Total

class _Dice(Loss):
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        smooth: Parameter = 0.0,
        given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        over: Literal["sample", "batch"] = "sample",
        reduction: Literal["none"],
        **options: Unpack[Options],
    ) -> Floats:
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
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        smooth: Parameter = 0.0,
        given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduced = "mean",
        **options: Unpack[Options],
    ) -> Float: ...
    @overload
    def __call__(
        self,
        prediction: A,
        target: A,
        *,
        smooth: Parameter = 0.0,
        given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        smooth: Parameter = 0.0,
        given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduction = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def gradient(
        self,
        prediction: A,
        target: A,
        *,
        smooth: Parameter = 0.0,
        given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def value_and_gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        smooth: Parameter = 0.0,
        given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        over: Literal["sample", "batch"] = "sample",
        reduction: Literal["none"],
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> tuple[Floats, Floats]: ...
    @overload
    def value_and_gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        smooth: Parameter = 0.0,
        given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduced = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> tuple[Float, Floats]: ...
    @overload
    def value_and_gradient(
        self,
        prediction: A,
        target: A,
        *,
        smooth: Parameter = 0.0,
        given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> tuple[A, A]: ...
    @overload
    def curvature(
        self,
        prediction: Plain,
        target: Plain,
        *,
        smooth: Parameter = 0.0,
        given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def curvature(
        self,
        prediction: A,
        target: A,
        *,
        smooth: Parameter = 0.0,
        given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    def total(
        self,
        prediction: Array,
        target: Array,
        *,
        smooth: Parameter = 0.0,
        given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        over: Literal["sample", "batch"] = "sample",
        **options: Unpack[TotalOptions],
    ) -> Total: ...

dice: Final[_Dice]
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

class _FocalTversky(Loss):
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        alpha: Parameter = 0.3,
        beta: Parameter = 0.7,
        gamma: Parameter = 0.75,
        smooth: Parameter = 0.0,
        given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        over: Literal["sample", "batch"] = "sample",
        reduction: Literal["none"],
        **options: Unpack[Options],
    ) -> Floats:
        r"""Focal Tversky loss, :math:`L^\gamma` of the Tversky loss L (Abraham and Khan, 2019).

        ``gamma`` γ < 1 raises the slope where L is small, so regions that are nearly right still count; γ > 1 turns to those that
        are wrong. (The paper writes 1/γ for what is γ here and in its authors' code, and its α weighs misses.) For γ < 1 the slope
        at a right prediction is infinite; the gradient there is 0.

        ``alpha``, ``beta``, ``smooth``, inputs, ``axis``, empty regions, pixels left out, and what raises: as of :func:`tversky`.

        >>> import lossary
        >>> lossary.focal_tversky([[1.0, 1.0, 0.0]], [[1.0, 0.0, 0.0]], alpha=1.0, gamma=0.5, reduction="none")
        array([0.70710678])
        """
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        alpha: Parameter = 0.3,
        beta: Parameter = 0.7,
        gamma: Parameter = 0.75,
        smooth: Parameter = 0.0,
        given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduced = "mean",
        **options: Unpack[Options],
    ) -> Float: ...
    @overload
    def __call__(
        self,
        prediction: A,
        target: A,
        *,
        alpha: Parameter = 0.3,
        beta: Parameter = 0.7,
        gamma: Parameter = 0.75,
        smooth: Parameter = 0.0,
        given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        alpha: Parameter = 0.3,
        beta: Parameter = 0.7,
        gamma: Parameter = 0.75,
        smooth: Parameter = 0.0,
        given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduction = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def gradient(
        self,
        prediction: A,
        target: A,
        *,
        alpha: Parameter = 0.3,
        beta: Parameter = 0.7,
        gamma: Parameter = 0.75,
        smooth: Parameter = 0.0,
        given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def value_and_gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        alpha: Parameter = 0.3,
        beta: Parameter = 0.7,
        gamma: Parameter = 0.75,
        smooth: Parameter = 0.0,
        given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        over: Literal["sample", "batch"] = "sample",
        reduction: Literal["none"],
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> tuple[Floats, Floats]: ...
    @overload
    def value_and_gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        alpha: Parameter = 0.3,
        beta: Parameter = 0.7,
        gamma: Parameter = 0.75,
        smooth: Parameter = 0.0,
        given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduced = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> tuple[Float, Floats]: ...
    @overload
    def value_and_gradient(
        self,
        prediction: A,
        target: A,
        *,
        alpha: Parameter = 0.3,
        beta: Parameter = 0.7,
        gamma: Parameter = 0.75,
        smooth: Parameter = 0.0,
        given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> tuple[A, A]: ...
    @overload
    def curvature(
        self,
        prediction: Plain,
        target: Plain,
        *,
        alpha: Parameter = 0.3,
        beta: Parameter = 0.7,
        gamma: Parameter = 0.75,
        smooth: Parameter = 0.0,
        given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def curvature(
        self,
        prediction: A,
        target: A,
        *,
        alpha: Parameter = 0.3,
        beta: Parameter = 0.7,
        gamma: Parameter = 0.75,
        smooth: Parameter = 0.0,
        given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    def total(
        self,
        prediction: Array,
        target: Array,
        *,
        alpha: Parameter = 0.3,
        beta: Parameter = 0.7,
        gamma: Parameter = 0.75,
        smooth: Parameter = 0.0,
        given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        over: Literal["sample", "batch"] = "sample",
        **options: Unpack[TotalOptions],
    ) -> Total: ...

focal_tversky: Final[_FocalTversky]
r"""Focal Tversky loss, :math:`L^\gamma` of the Tversky loss L (Abraham and Khan, 2019).

    ``gamma`` γ < 1 raises the slope where L is small, so regions that are nearly right still count; γ > 1 turns to those that
    are wrong. (The paper writes 1/γ for what is γ here and in its authors' code, and its α weighs misses.) For γ < 1 the slope
    at a right prediction is infinite; the gradient there is 0.

    ``alpha``, ``beta``, ``smooth``, inputs, ``axis``, empty regions, pixels left out, and what raises: as of :func:`tversky`.

    >>> import lossary
    >>> lossary.focal_tversky([[1.0, 1.0, 0.0]], [[1.0, 0.0, 0.0]], alpha=1.0, gamma=0.5, reduction="none")
    array([0.70710678])
    """

class _GeneralizedDice(Loss):
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        given: Literal["probabilities", "logits"] = "probabilities",
        reduction: Literal["none"],
        **options: Unpack[Options],
    ) -> Floats:
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
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        given: Literal["probabilities", "logits"] = "probabilities",
        reduction: Reduced = "mean",
        **options: Unpack[Options],
    ) -> Float: ...
    @overload
    def __call__(
        self,
        prediction: A,
        target: A,
        *,
        given: Literal["probabilities", "logits"] = "probabilities",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        given: Literal["probabilities", "logits"] = "probabilities",
        reduction: Reduction = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def gradient(
        self,
        prediction: A,
        target: A,
        *,
        given: Literal["probabilities", "logits"] = "probabilities",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def value_and_gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        given: Literal["probabilities", "logits"] = "probabilities",
        reduction: Literal["none"],
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> tuple[Floats, Floats]: ...
    @overload
    def value_and_gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        given: Literal["probabilities", "logits"] = "probabilities",
        reduction: Reduced = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> tuple[Float, Floats]: ...
    @overload
    def value_and_gradient(
        self,
        prediction: A,
        target: A,
        *,
        given: Literal["probabilities", "logits"] = "probabilities",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> tuple[A, A]: ...
    @overload
    def curvature(
        self,
        prediction: Plain,
        target: Plain,
        *,
        given: Literal["probabilities", "logits"] = "probabilities",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def curvature(
        self,
        prediction: A,
        target: A,
        *,
        given: Literal["probabilities", "logits"] = "probabilities",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    def total(
        self,
        prediction: Array,
        target: Array,
        *,
        given: Literal["probabilities", "logits"] = "probabilities",
        **options: Unpack[TotalOptions],
    ) -> Total: ...

generalized_dice: Final[_GeneralizedDice]
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

class _Jaccard(Loss):
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        smooth: Parameter = 0.0,
        given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        over: Literal["sample", "batch"] = "sample",
        reduction: Literal["none"],
        **options: Unpack[Options],
    ) -> Floats:
        r"""Jaccard loss, 1 - intersection over union of soft counts (Jaccard, 1901; Rahman and Wang, 2016).

        .. math:: 1 - \frac{\sum_i p_i y_i + s}{\sum_i p_i + \sum_i y_i - \sum_i p_i y_i + s}

        It is d/(½ + d/2) of the :func:`dice` loss d, so it ranks hard predictions alike. ``smooth`` s is added above and below.

        Inputs, ``axis``, empty regions, pixels left out, and what raises: as of :func:`tversky`, which this is with α = β = 1.

        >>> import lossary
        >>> lossary.jaccard([[1.0, 0.5, 0.0, 0.0]], [[1.0, 0.5, 0.0, 0.0]], reduction="none")
        array([0.28571429])
        """
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        smooth: Parameter = 0.0,
        given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduced = "mean",
        **options: Unpack[Options],
    ) -> Float: ...
    @overload
    def __call__(
        self,
        prediction: A,
        target: A,
        *,
        smooth: Parameter = 0.0,
        given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        smooth: Parameter = 0.0,
        given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduction = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def gradient(
        self,
        prediction: A,
        target: A,
        *,
        smooth: Parameter = 0.0,
        given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def value_and_gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        smooth: Parameter = 0.0,
        given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        over: Literal["sample", "batch"] = "sample",
        reduction: Literal["none"],
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> tuple[Floats, Floats]: ...
    @overload
    def value_and_gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        smooth: Parameter = 0.0,
        given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduced = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> tuple[Float, Floats]: ...
    @overload
    def value_and_gradient(
        self,
        prediction: A,
        target: A,
        *,
        smooth: Parameter = 0.0,
        given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> tuple[A, A]: ...
    @overload
    def curvature(
        self,
        prediction: Plain,
        target: Plain,
        *,
        smooth: Parameter = 0.0,
        given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def curvature(
        self,
        prediction: A,
        target: A,
        *,
        smooth: Parameter = 0.0,
        given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    def total(
        self,
        prediction: Array,
        target: Array,
        *,
        smooth: Parameter = 0.0,
        given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        over: Literal["sample", "batch"] = "sample",
        **options: Unpack[TotalOptions],
    ) -> Total: ...

jaccard: Final[_Jaccard]
r"""Jaccard loss, 1 - intersection over union of soft counts (Jaccard, 1901; Rahman and Wang, 2016).

    .. math:: 1 - \frac{\sum_i p_i y_i + s}{\sum_i p_i + \sum_i y_i - \sum_i p_i y_i + s}

    It is d/(½ + d/2) of the :func:`dice` loss d, so it ranks hard predictions alike. ``smooth`` s is added above and below.

    Inputs, ``axis``, empty regions, pixels left out, and what raises: as of :func:`tversky`, which this is with α = β = 1.

    >>> import lossary
    >>> lossary.jaccard([[1.0, 0.5, 0.0, 0.0]], [[1.0, 0.5, 0.0, 0.0]], reduction="none")
    array([0.28571429])
    """

class _LovaszHinge(Loss):
    @overload
    def __call__(self, prediction: Plain, target: Plain, *, reduction: Literal["none"], **options: Unpack[Options]) -> Floats:
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
    @overload
    def __call__(
        self, prediction: Plain, target: Plain, *, reduction: Reduced = "mean", **options: Unpack[Options]
    ) -> Float: ...
    @overload
    def __call__(self, prediction: A, target: A, *, reduction: Reduction = "mean", **options: Unpack[Options]) -> A: ...
    @overload
    def gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        reduction: Reduction = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def gradient(self, prediction: A, target: A, *, reduction: Reduction = "mean", **options: Unpack[Options]) -> A: ...
    @overload
    def value_and_gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        reduction: Literal["none"],
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> tuple[Floats, Floats]: ...
    @overload
    def value_and_gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        reduction: Reduced = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> tuple[Float, Floats]: ...
    @overload
    def value_and_gradient(
        self, prediction: A, target: A, *, reduction: Reduction = "mean", **options: Unpack[Options]
    ) -> tuple[A, A]: ...
    @overload
    def curvature(
        self, prediction: Plain, target: Plain, *, reduction: Reduction = "mean", **options: Unpack[Options]
    ) -> Floats: ...
    @overload
    def curvature(self, prediction: A, target: A, *, reduction: Reduction = "mean", **options: Unpack[Options]) -> A: ...
    def total(self, prediction: Array, target: Array, **options: Unpack[TotalOptions]) -> Total: ...

lovasz_hinge: Final[_LovaszHinge]
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

class _LovaszSoftmax(Loss):
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        ignore_index: Parameter | None = None,
        given: Literal["probabilities", "logits"] = "probabilities",
        classes: Literal["present", "all"] = "present",
        reduction: Literal["none"],
        **options: Unpack[Options],
    ) -> Floats:
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
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        ignore_index: Parameter | None = None,
        given: Literal["probabilities", "logits"] = "probabilities",
        classes: Literal["present", "all"] = "present",
        reduction: Reduced = "mean",
        **options: Unpack[Options],
    ) -> Float: ...
    @overload
    def __call__(
        self,
        prediction: A,
        target: A,
        *,
        ignore_index: Parameter | None = None,
        given: Literal["probabilities", "logits"] = "probabilities",
        classes: Literal["present", "all"] = "present",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        ignore_index: Parameter | None = None,
        given: Literal["probabilities", "logits"] = "probabilities",
        classes: Literal["present", "all"] = "present",
        reduction: Reduction = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def gradient(
        self,
        prediction: A,
        target: A,
        *,
        ignore_index: Parameter | None = None,
        given: Literal["probabilities", "logits"] = "probabilities",
        classes: Literal["present", "all"] = "present",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def value_and_gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        ignore_index: Parameter | None = None,
        given: Literal["probabilities", "logits"] = "probabilities",
        classes: Literal["present", "all"] = "present",
        reduction: Literal["none"],
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> tuple[Floats, Floats]: ...
    @overload
    def value_and_gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        ignore_index: Parameter | None = None,
        given: Literal["probabilities", "logits"] = "probabilities",
        classes: Literal["present", "all"] = "present",
        reduction: Reduced = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> tuple[Float, Floats]: ...
    @overload
    def value_and_gradient(
        self,
        prediction: A,
        target: A,
        *,
        ignore_index: Parameter | None = None,
        given: Literal["probabilities", "logits"] = "probabilities",
        classes: Literal["present", "all"] = "present",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> tuple[A, A]: ...
    @overload
    def curvature(
        self,
        prediction: Plain,
        target: Plain,
        *,
        ignore_index: Parameter | None = None,
        given: Literal["probabilities", "logits"] = "probabilities",
        classes: Literal["present", "all"] = "present",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def curvature(
        self,
        prediction: A,
        target: A,
        *,
        ignore_index: Parameter | None = None,
        given: Literal["probabilities", "logits"] = "probabilities",
        classes: Literal["present", "all"] = "present",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    def total(
        self,
        prediction: Array,
        target: Array,
        *,
        ignore_index: Parameter | None = None,
        given: Literal["probabilities", "logits"] = "probabilities",
        classes: Literal["present", "all"] = "present",
        **options: Unpack[TotalOptions],
    ) -> Total: ...

lovasz_softmax: Final[_LovaszSoftmax]
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

class _Matthews(Loss):
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        over: Literal["sample", "batch"] = "sample",
        reduction: Literal["none"],
        **options: Unpack[Options],
    ) -> Floats:
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
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduced = "mean",
        **options: Unpack[Options],
    ) -> Float: ...
    @overload
    def __call__(
        self,
        prediction: A,
        target: A,
        *,
        given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduction = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def gradient(
        self,
        prediction: A,
        target: A,
        *,
        given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def value_and_gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        over: Literal["sample", "batch"] = "sample",
        reduction: Literal["none"],
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> tuple[Floats, Floats]: ...
    @overload
    def value_and_gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduced = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> tuple[Float, Floats]: ...
    @overload
    def value_and_gradient(
        self,
        prediction: A,
        target: A,
        *,
        given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> tuple[A, A]: ...
    @overload
    def curvature(
        self,
        prediction: Plain,
        target: Plain,
        *,
        given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def curvature(
        self,
        prediction: A,
        target: A,
        *,
        given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    def total(
        self,
        prediction: Array,
        target: Array,
        *,
        given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        over: Literal["sample", "batch"] = "sample",
        **options: Unpack[TotalOptions],
    ) -> Total: ...

matthews: Final[_Matthews]
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

class _Tversky(Loss):
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        alpha: Parameter = 0.5,
        beta: Parameter = 0.5,
        smooth: Parameter = 0.0,
        given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        over: Literal["sample", "batch"] = "sample",
        reduction: Literal["none"],
        **options: Unpack[Options],
    ) -> Floats:
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
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        alpha: Parameter = 0.5,
        beta: Parameter = 0.5,
        smooth: Parameter = 0.0,
        given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduced = "mean",
        **options: Unpack[Options],
    ) -> Float: ...
    @overload
    def __call__(
        self,
        prediction: A,
        target: A,
        *,
        alpha: Parameter = 0.5,
        beta: Parameter = 0.5,
        smooth: Parameter = 0.0,
        given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        alpha: Parameter = 0.5,
        beta: Parameter = 0.5,
        smooth: Parameter = 0.0,
        given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduction = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def gradient(
        self,
        prediction: A,
        target: A,
        *,
        alpha: Parameter = 0.5,
        beta: Parameter = 0.5,
        smooth: Parameter = 0.0,
        given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def value_and_gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        alpha: Parameter = 0.5,
        beta: Parameter = 0.5,
        smooth: Parameter = 0.0,
        given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        over: Literal["sample", "batch"] = "sample",
        reduction: Literal["none"],
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> tuple[Floats, Floats]: ...
    @overload
    def value_and_gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        alpha: Parameter = 0.5,
        beta: Parameter = 0.5,
        smooth: Parameter = 0.0,
        given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduced = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> tuple[Float, Floats]: ...
    @overload
    def value_and_gradient(
        self,
        prediction: A,
        target: A,
        *,
        alpha: Parameter = 0.5,
        beta: Parameter = 0.5,
        smooth: Parameter = 0.0,
        given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> tuple[A, A]: ...
    @overload
    def curvature(
        self,
        prediction: Plain,
        target: Plain,
        *,
        alpha: Parameter = 0.5,
        beta: Parameter = 0.5,
        smooth: Parameter = 0.0,
        given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def curvature(
        self,
        prediction: A,
        target: A,
        *,
        alpha: Parameter = 0.5,
        beta: Parameter = 0.5,
        smooth: Parameter = 0.0,
        given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    def total(
        self,
        prediction: Array,
        target: Array,
        *,
        alpha: Parameter = 0.5,
        beta: Parameter = 0.5,
        smooth: Parameter = 0.0,
        given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        over: Literal["sample", "batch"] = "sample",
        **options: Unpack[TotalOptions],
    ) -> Total: ...

tversky: Final[_Tversky]
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
