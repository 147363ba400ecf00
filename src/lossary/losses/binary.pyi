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

        Prediction and target have one shape. Values outside these ranges raise, as do shapes that differ and unknown options.

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

    Prediction and target have one shape. Values outside these ranges raise, as do shapes that differ and unknown options.

    >>> import lossary
    >>> lossary.binary_cross_entropy([0.9, 0.2], [1, 0], given="probabilities", reduction="none")
    array([0.10536052, 0.22314355])
    """
