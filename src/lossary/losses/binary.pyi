"""Losses of a probability predicted and an event that happened or not."""

# Made by tools/stubs.py from the definitions; run `make stubs` instead of editing this file.
# mypy: disable-error-code="override, overload-cannot-match"

from typing import Final, Literal, Unpack, overload

from lossary.engine.calls import (
    A,
    Array,
    Float,
    Floats,
    Given,
    Loss,
    Options,
    Parameter,
    Plain,
    Reduced,
    Reduction,
    TotalOptions,
)
from lossary.engine.reduction import Total

class _Asymmetric(Loss):
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        gamma_positive: Parameter = 1.0,
        gamma_negative: Parameter = 4.0,
        shift: Parameter = 0.05,
        given: Given = "logits",
        reduction: Literal["none"],
        **options: Unpack[Options],
    ) -> Floats:
        r"""Asymmetric loss of many labels, of which few apply: a focal loss without easy negatives (Ridnik et al., 2021), in nats.

        .. math:: -[y (1 - p)^{\gamma_+} \log p + (1 - y)\, p_m^{\gamma_-} \log(1 - p_m)], \quad p_m = \max(p - m, 0)

        ``given`` says what the prediction is: ``"logits"`` (the default), ``"probabilities"`` p or ``"log_probabilities"``.
        ``gamma_positive`` γ₊ and ``gamma_negative`` γ₋ are the focal powers of labels that apply and that do not; ``shift`` m is
        the probability up to which a label that does not apply costs nothing. With equal powers and m = 0 it is
        :func:`lossary.focal_binary`. It is not proper: the constant with the least loss is not the mean of the target.

        The target is 0, 1 or a probability between, in which the loss is linear. Prediction and target have one shape;
        ``axis=-1`` sums the labels of a row. Values outside these ranges raise, as do shapes that differ and unknown options.

        >>> import lossary
        >>> lossary.asymmetric([0.9, 0.04, 0.65], [1, 0, 0], given="probabilities", reduction="none")
        array([0.01053605, 0.        , 0.11875128])
        """
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        gamma_positive: Parameter = 1.0,
        gamma_negative: Parameter = 4.0,
        shift: Parameter = 0.05,
        given: Given = "logits",
        reduction: Reduced = "mean",
        **options: Unpack[Options],
    ) -> Float: ...
    @overload
    def __call__(
        self,
        prediction: A,
        target: A,
        *,
        gamma_positive: Parameter = 1.0,
        gamma_negative: Parameter = 4.0,
        shift: Parameter = 0.05,
        given: Given = "logits",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        gamma_positive: Parameter = 1.0,
        gamma_negative: Parameter = 4.0,
        shift: Parameter = 0.05,
        given: Given = "logits",
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
        gamma_positive: Parameter = 1.0,
        gamma_negative: Parameter = 4.0,
        shift: Parameter = 0.05,
        given: Given = "logits",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def value_and_gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        gamma_positive: Parameter = 1.0,
        gamma_negative: Parameter = 4.0,
        shift: Parameter = 0.05,
        given: Given = "logits",
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
        gamma_positive: Parameter = 1.0,
        gamma_negative: Parameter = 4.0,
        shift: Parameter = 0.05,
        given: Given = "logits",
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
        gamma_positive: Parameter = 1.0,
        gamma_negative: Parameter = 4.0,
        shift: Parameter = 0.05,
        given: Given = "logits",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> tuple[A, A]: ...
    @overload
    def curvature(
        self,
        prediction: Plain,
        target: Plain,
        *,
        gamma_positive: Parameter = 1.0,
        gamma_negative: Parameter = 4.0,
        shift: Parameter = 0.05,
        given: Given = "logits",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def curvature(
        self,
        prediction: A,
        target: A,
        *,
        gamma_positive: Parameter = 1.0,
        gamma_negative: Parameter = 4.0,
        shift: Parameter = 0.05,
        given: Given = "logits",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    def total(
        self,
        prediction: Array,
        target: Array,
        *,
        gamma_positive: Parameter = 1.0,
        gamma_negative: Parameter = 4.0,
        shift: Parameter = 0.05,
        given: Given = "logits",
        **options: Unpack[TotalOptions],
    ) -> Total: ...

asymmetric: Final[_Asymmetric]
r"""Asymmetric loss of many labels, of which few apply: a focal loss without easy negatives (Ridnik et al., 2021), in nats.

    .. math:: -[y (1 - p)^{\gamma_+} \log p + (1 - y)\, p_m^{\gamma_-} \log(1 - p_m)], \quad p_m = \max(p - m, 0)

    ``given`` says what the prediction is: ``"logits"`` (the default), ``"probabilities"`` p or ``"log_probabilities"``.
    ``gamma_positive`` γ₊ and ``gamma_negative`` γ₋ are the focal powers of labels that apply and that do not; ``shift`` m is
    the probability up to which a label that does not apply costs nothing. With equal powers and m = 0 it is
    :func:`lossary.focal_binary`. It is not proper: the constant with the least loss is not the mean of the target.

    The target is 0, 1 or a probability between, in which the loss is linear. Prediction and target have one shape;
    ``axis=-1`` sums the labels of a row. Values outside these ranges raise, as do shapes that differ and unknown options.

    >>> import lossary
    >>> lossary.asymmetric([0.9, 0.04, 0.65], [1, 0, 0], given="probabilities", reduction="none")
    array([0.01053605, 0.        , 0.11875128])
    """

class _BinaryCrossEntropy(Loss):
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        positive_weight: Parameter = 1.0,
        label_smoothing: Parameter = 0.0,
        given: Given = "logits",
        reduction: Literal["none"],
        **options: Unpack[Options],
    ) -> Floats:
        r"""Binary cross-entropy, the log loss of two outcomes, in nats: :math:`-[y \log a + (1 - y) \log(1 - a)]` (Good, 1952).

        ``given`` says what the prediction is: ``"logits"`` z (the default, :math:`a = 1/(1+e^{-z})`), ``"probabilities"`` a or
        ``"log_probabilities"`` log a. From logits the gradient is :math:`a - y`. The constant with the least loss is the mean of
        the target.

        The target is 0, 1 or any probability between. Probability 0 for what happened costs ∞; nothing is clipped; 0·log 0 is 0.
        ``positive_weight`` w multiplies the part of what happened, :math:`-[w y \log a + (1 - y) \log(1 - a)]` (``pos_weight`` of
        torch); ``label_smoothing`` s moves the target towards one half, to :math:`(1 - s) y + s/2` (Szegedy et al., 2016). With
        either of them the constant with the least loss is no longer the mean. Both may be arrays with one value a sample.

        It is also the soft-margin loss :math:`\log(1 + e^{-sz})` of a raw score z, with s = 2y - 1, under the name ``soft_margin``.

        Prediction and target have one shape; ``axis=-1`` makes rows of several labels samples, whose terms are summed. Values
        outside these ranges raise, as do shapes that differ and unknown options.

        >>> import lossary
        >>> lossary.binary_cross_entropy([0.9, 0.2], [1, 0], given="probabilities", reduction="none")
        array([0.10536052, 0.22314355])
        """
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        positive_weight: Parameter = 1.0,
        label_smoothing: Parameter = 0.0,
        given: Given = "logits",
        reduction: Reduced = "mean",
        **options: Unpack[Options],
    ) -> Float: ...
    @overload
    def __call__(
        self,
        prediction: A,
        target: A,
        *,
        positive_weight: Parameter = 1.0,
        label_smoothing: Parameter = 0.0,
        given: Given = "logits",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        positive_weight: Parameter = 1.0,
        label_smoothing: Parameter = 0.0,
        given: Given = "logits",
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
        positive_weight: Parameter = 1.0,
        label_smoothing: Parameter = 0.0,
        given: Given = "logits",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def value_and_gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        positive_weight: Parameter = 1.0,
        label_smoothing: Parameter = 0.0,
        given: Given = "logits",
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
        positive_weight: Parameter = 1.0,
        label_smoothing: Parameter = 0.0,
        given: Given = "logits",
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
        positive_weight: Parameter = 1.0,
        label_smoothing: Parameter = 0.0,
        given: Given = "logits",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> tuple[A, A]: ...
    @overload
    def curvature(
        self,
        prediction: Plain,
        target: Plain,
        *,
        positive_weight: Parameter = 1.0,
        label_smoothing: Parameter = 0.0,
        given: Given = "logits",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def curvature(
        self,
        prediction: A,
        target: A,
        *,
        positive_weight: Parameter = 1.0,
        label_smoothing: Parameter = 0.0,
        given: Given = "logits",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    def total(
        self,
        prediction: Array,
        target: Array,
        *,
        positive_weight: Parameter = 1.0,
        label_smoothing: Parameter = 0.0,
        given: Given = "logits",
        **options: Unpack[TotalOptions],
    ) -> Total: ...

binary_cross_entropy: Final[_BinaryCrossEntropy]
r"""Binary cross-entropy, the log loss of two outcomes, in nats: :math:`-[y \log a + (1 - y) \log(1 - a)]` (Good, 1952).

    ``given`` says what the prediction is: ``"logits"`` z (the default, :math:`a = 1/(1+e^{-z})`), ``"probabilities"`` a or
    ``"log_probabilities"`` log a. From logits the gradient is :math:`a - y`. The constant with the least loss is the mean of
    the target.

    The target is 0, 1 or any probability between. Probability 0 for what happened costs ∞; nothing is clipped; 0·log 0 is 0.
    ``positive_weight`` w multiplies the part of what happened, :math:`-[w y \log a + (1 - y) \log(1 - a)]` (``pos_weight`` of
    torch); ``label_smoothing`` s moves the target towards one half, to :math:`(1 - s) y + s/2` (Szegedy et al., 2016). With
    either of them the constant with the least loss is no longer the mean. Both may be arrays with one value a sample.

    It is also the soft-margin loss :math:`\log(1 + e^{-sz})` of a raw score z, with s = 2y - 1, under the name ``soft_margin``.

    Prediction and target have one shape; ``axis=-1`` makes rows of several labels samples, whose terms are summed. Values
    outside these ranges raise, as do shapes that differ and unknown options.

    >>> import lossary
    >>> lossary.binary_cross_entropy([0.9, 0.2], [1, 0], given="probabilities", reduction="none")
    array([0.10536052, 0.22314355])
    """

class _BrierBinary(Loss):
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        given: Given = "logits",
        reduction: Literal["none"],
        **options: Unpack[Options],
    ) -> Floats:
        r"""Brier score of two outcomes: :math:`(p - y)^2` (Brier, 1950), :func:`lossary.squared_error` of a probability.

        ``given`` says what the prediction is: ``"logits"`` (the default), ``"probabilities"`` p or ``"log_probabilities"``. The
        constant with the least loss is the mean of the target; the score is strictly proper. It lies in [0, 1], so no sample
        weighs more than any other, however wrong: it is more robust than the cross-entropy, but not convex in logits, where its
        slope vanishes for confident mistakes. Brier's own score of both outcomes is twice this, as :func:`lossary.brier` has it.

        The target is 0, 1 or a probability between. Prediction and target have one shape. Values outside these ranges raise, as do
        shapes that differ and unknown options.

        >>> import lossary
        >>> lossary.brier_binary([0.9, 0.2], [1, 0], given="probabilities", reduction="none")
        array([0.01, 0.04])
        """
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        given: Given = "logits",
        reduction: Reduced = "mean",
        **options: Unpack[Options],
    ) -> Float: ...
    @overload
    def __call__(
        self, prediction: A, target: A, *, given: Given = "logits", reduction: Reduction = "mean", **options: Unpack[Options]
    ) -> A: ...
    @overload
    def gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        given: Given = "logits",
        reduction: Reduction = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def gradient(
        self, prediction: A, target: A, *, given: Given = "logits", reduction: Reduction = "mean", **options: Unpack[Options]
    ) -> A: ...
    @overload
    def value_and_gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        given: Given = "logits",
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
        given: Given = "logits",
        reduction: Reduced = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> tuple[Float, Floats]: ...
    @overload
    def value_and_gradient(
        self, prediction: A, target: A, *, given: Given = "logits", reduction: Reduction = "mean", **options: Unpack[Options]
    ) -> tuple[A, A]: ...
    @overload
    def curvature(
        self,
        prediction: Plain,
        target: Plain,
        *,
        given: Given = "logits",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def curvature(
        self, prediction: A, target: A, *, given: Given = "logits", reduction: Reduction = "mean", **options: Unpack[Options]
    ) -> A: ...
    def total(self, prediction: Array, target: Array, *, given: Given = "logits", **options: Unpack[TotalOptions]) -> Total: ...

brier_binary: Final[_BrierBinary]
r"""Brier score of two outcomes: :math:`(p - y)^2` (Brier, 1950), :func:`lossary.squared_error` of a probability.

    ``given`` says what the prediction is: ``"logits"`` (the default), ``"probabilities"`` p or ``"log_probabilities"``. The
    constant with the least loss is the mean of the target; the score is strictly proper. It lies in [0, 1], so no sample
    weighs more than any other, however wrong: it is more robust than the cross-entropy, but not convex in logits, where its
    slope vanishes for confident mistakes. Brier's own score of both outcomes is twice this, as :func:`lossary.brier` has it.

    The target is 0, 1 or a probability between. Prediction and target have one shape. Values outside these ranges raise, as do
    shapes that differ and unknown options.

    >>> import lossary
    >>> lossary.brier_binary([0.9, 0.2], [1, 0], given="probabilities", reduction="none")
    array([0.01, 0.04])
    """

class _FocalBinary(Loss):
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        gamma: Parameter = 2.0,
        balance: Parameter = 1.0,
        given: Given = "logits",
        reduction: Literal["none"],
        **options: Unpack[Options],
    ) -> Floats:
        r"""Focal loss of outcomes, in nats (Lin et al., 2017): :math:`-[y (1 - p)^\gamma \log p + (1 - y) p^\gamma \log(1 - p)]`.

        ``given`` says what the prediction is: ``"logits"`` (the default), ``"probabilities"`` p or ``"log_probabilities"``.
        ``gamma`` γ turns the weight away from what is predicted well already; γ = 0 is :func:`lossary.binary_cross_entropy`. The
        slope in a logit is bounded, so outliers pull little more than other mistakes. For γ > 0 the constant with the least loss is
        nearer to ½ than the mean of the target: probabilities trained by it are not calibrated.

        The target is 0, 1 or a probability between, in which the loss is linear (libraries differ there: torchvision and Keras mix
        p first). ``balance`` w multiplies the part of what happened, and changes nothing by default. The α of the paper, which
        weighs the events by α and the others by 1 - α, is w = α/(1 - α), and the whole times 1 - α.

        Certainty in what happened costs 0, with slope 0; probability 0 for it costs ∞. Prediction and target have one shape;
        ``axis=-1`` makes rows of several labels samples. Values outside these ranges raise, as do shapes that differ and unknown
        options.

        >>> import lossary
        >>> lossary.focal_binary([0.9, 0.2], [1, 0], given="probabilities", reduction="none")
        array([0.00105361, 0.00892574])
        >>> lossary.focal_binary([[4.0, -4.0], [0.0, 0.0]], [[1, 0], [1, 0]], axis=-1, reduction="none")
        array([1.17431394e-05, 3.46573590e-01])
        """
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        gamma: Parameter = 2.0,
        balance: Parameter = 1.0,
        given: Given = "logits",
        reduction: Reduced = "mean",
        **options: Unpack[Options],
    ) -> Float: ...
    @overload
    def __call__(
        self,
        prediction: A,
        target: A,
        *,
        gamma: Parameter = 2.0,
        balance: Parameter = 1.0,
        given: Given = "logits",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        gamma: Parameter = 2.0,
        balance: Parameter = 1.0,
        given: Given = "logits",
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
        gamma: Parameter = 2.0,
        balance: Parameter = 1.0,
        given: Given = "logits",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def value_and_gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        gamma: Parameter = 2.0,
        balance: Parameter = 1.0,
        given: Given = "logits",
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
        gamma: Parameter = 2.0,
        balance: Parameter = 1.0,
        given: Given = "logits",
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
        gamma: Parameter = 2.0,
        balance: Parameter = 1.0,
        given: Given = "logits",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> tuple[A, A]: ...
    @overload
    def curvature(
        self,
        prediction: Plain,
        target: Plain,
        *,
        gamma: Parameter = 2.0,
        balance: Parameter = 1.0,
        given: Given = "logits",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def curvature(
        self,
        prediction: A,
        target: A,
        *,
        gamma: Parameter = 2.0,
        balance: Parameter = 1.0,
        given: Given = "logits",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    def total(
        self,
        prediction: Array,
        target: Array,
        *,
        gamma: Parameter = 2.0,
        balance: Parameter = 1.0,
        given: Given = "logits",
        **options: Unpack[TotalOptions],
    ) -> Total: ...

focal_binary: Final[_FocalBinary]
r"""Focal loss of outcomes, in nats (Lin et al., 2017): :math:`-[y (1 - p)^\gamma \log p + (1 - y) p^\gamma \log(1 - p)]`.

    ``given`` says what the prediction is: ``"logits"`` (the default), ``"probabilities"`` p or ``"log_probabilities"``.
    ``gamma`` γ turns the weight away from what is predicted well already; γ = 0 is :func:`lossary.binary_cross_entropy`. The
    slope in a logit is bounded, so outliers pull little more than other mistakes. For γ > 0 the constant with the least loss is
    nearer to ½ than the mean of the target: probabilities trained by it are not calibrated.

    The target is 0, 1 or a probability between, in which the loss is linear (libraries differ there: torchvision and Keras mix
    p first). ``balance`` w multiplies the part of what happened, and changes nothing by default. The α of the paper, which
    weighs the events by α and the others by 1 - α, is w = α/(1 - α), and the whole times 1 - α.

    Certainty in what happened costs 0, with slope 0; probability 0 for it costs ∞. Prediction and target have one shape;
    ``axis=-1`` makes rows of several labels samples. Values outside these ranges raise, as do shapes that differ and unknown
    options.

    >>> import lossary
    >>> lossary.focal_binary([0.9, 0.2], [1, 0], given="probabilities", reduction="none")
    array([0.00105361, 0.00892574])
    >>> lossary.focal_binary([[4.0, -4.0], [0.0, 0.0]], [[1, 0], [1, 0]], axis=-1, reduction="none")
    array([1.17431394e-05, 3.46573590e-01])
    """
