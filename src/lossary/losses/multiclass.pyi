"""Losses of a distribution over classes predicted and the class that came."""

# Made by tools/stubs.py from the definitions; run `make stubs` instead of editing this file.
# mypy: disable-error-code="override, overload-cannot-match"

from typing import Any, Final, Literal, SupportsIndex, Unpack, overload

from lossary.engine.calls import (
    A,
    Array,
    Float,
    Floats,
    Given,
    Loss,
    Number,
    Options,
    Plain,
    Reduced,
    Reduction,
    Result,
    Returns,
    TotalOptions,
    Weights,
)
from lossary.engine.reduction import Total

class _CrossEntropy(Loss):
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        given: Given = "logits",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        returns: tuple[()] = (),
        reduction: Literal["none"],
        **options: Unpack[Options],
    ) -> Floats:
        r"""Cross-entropy, the log loss of many classes: :math:`-\sum_k y_k \log p_k`, in nats (Good, 1952).

        ``given`` says what the prediction is: ``"logits"`` z (the default, :math:`p = \mathrm{softmax}(z)`), ``"probabilities"`` p
        or ``"log_probabilities"``. From logits the gradient is :math:`p - y`. The constant with the least loss is the share of
        each class.

        The classes lie on ``axis`` (the last unless said). The target holds class indices (integers of any dtype, without the class
        axis) or class probabilities (with it). ``class_weight`` multiplies each class's term, and a sample then counts with the
        weight of its class, whichever way the target is given (for probabilities torch counts each row as 1). ``ignore_index``
        leaves out rows of that index; ``label_smoothing`` ε mixes the target with the uniform distribution, (1 - ε)·y + ε/K.
        Probability 0 for the true class costs ∞; nothing is clipped or renormalised.

        Logits may be capped and tempered, :math:`z = c\tanh(x/c)/T`, by ``soft_cap`` c and ``temperature`` T. ``z_loss`` α adds
        :math:`\alpha(\log Z)^2` to the loss of each sample, with :math:`Z = \sum_k e^{z_k}`. ``smoothing="others"`` shares ε among
        the K - 1 other classes. ``returns=("log_normalizer", "entropy", "accuracy", "token_losses")``, or some of these, gives a
        named tuple of the cost and of one number a sample each, differentiable but for the accuracy, 0 for samples left out. For
        hidden states and a weight instead of logits, see :func:`lossary.linear_cross_entropy`.

        Labels out of range, probabilities outside [0, 1] or rows that do not sum to 1 raise, as do shapes that do not fit.

        >>> import lossary
        >>> float(lossary.cross_entropy([[3.0, 1.0, -3.0]], [0]))
        0.12910890882985...
        >>> lossary.cross_entropy.gradient([[3.0, 1.0, -3.0]], [0])
        array([[-0.12112176,  0.11894324,  0.00217852]])
        """
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        given: Given = "logits",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        returns: tuple[()] = (),
        reduction: Reduced = "mean",
        **options: Unpack[Options],
    ) -> Float: ...
    @overload
    def __call__(
        self,
        prediction: A,
        target: A,
        *,
        given: Given = "logits",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        returns: tuple[()] = (),
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def __call__(
        self,
        prediction: A,
        target: A,
        *,
        given: Given = "logits",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        returns: Returns,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> Result[A]: ...
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        given: Given = "logits",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        returns: Returns,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> Result[Any]: ...
    @overload
    def gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        given: Given = "logits",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
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
        given: Given = "logits",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def value_and_gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        given: Given = "logits",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        returns: tuple[()] = (),
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
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        returns: tuple[()] = (),
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
        given: Given = "logits",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        returns: tuple[()] = (),
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> tuple[A, A]: ...
    @overload
    def value_and_gradient(
        self,
        prediction: A,
        target: A,
        *,
        given: Given = "logits",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        returns: Returns,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> tuple[Result[A], A]: ...
    @overload
    def value_and_gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        given: Given = "logits",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        returns: Returns,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> tuple[Result[Any], Floats]: ...
    @overload
    def curvature(
        self,
        prediction: Plain,
        target: Plain,
        *,
        given: Given = "logits",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def curvature(
        self,
        prediction: A,
        target: A,
        *,
        given: Given = "logits",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    def total(
        self,
        prediction: Array,
        target: Array,
        *,
        given: Given = "logits",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        **options: Unpack[TotalOptions],
    ) -> Total: ...

cross_entropy: Final[_CrossEntropy]
r"""Cross-entropy, the log loss of many classes: :math:`-\sum_k y_k \log p_k`, in nats (Good, 1952).

    ``given`` says what the prediction is: ``"logits"`` z (the default, :math:`p = \mathrm{softmax}(z)`), ``"probabilities"`` p
    or ``"log_probabilities"``. From logits the gradient is :math:`p - y`. The constant with the least loss is the share of
    each class.

    The classes lie on ``axis`` (the last unless said). The target holds class indices (integers of any dtype, without the class
    axis) or class probabilities (with it). ``class_weight`` multiplies each class's term, and a sample then counts with the
    weight of its class, whichever way the target is given (for probabilities torch counts each row as 1). ``ignore_index``
    leaves out rows of that index; ``label_smoothing`` ε mixes the target with the uniform distribution, (1 - ε)·y + ε/K.
    Probability 0 for the true class costs ∞; nothing is clipped or renormalised.

    Logits may be capped and tempered, :math:`z = c\tanh(x/c)/T`, by ``soft_cap`` c and ``temperature`` T. ``z_loss`` α adds
    :math:`\alpha(\log Z)^2` to the loss of each sample, with :math:`Z = \sum_k e^{z_k}`. ``smoothing="others"`` shares ε among
    the K - 1 other classes. ``returns=("log_normalizer", "entropy", "accuracy", "token_losses")``, or some of these, gives a
    named tuple of the cost and of one number a sample each, differentiable but for the accuracy, 0 for samples left out. For
    hidden states and a weight instead of logits, see :func:`lossary.linear_cross_entropy`.

    Labels out of range, probabilities outside [0, 1] or rows that do not sum to 1 raise, as do shapes that do not fit.

    >>> import lossary
    >>> float(lossary.cross_entropy([[3.0, 1.0, -3.0]], [0]))
    0.12910890882985...
    >>> lossary.cross_entropy.gradient([[3.0, 1.0, -3.0]], [0])
    array([[-0.12112176,  0.11894324,  0.00217852]])
    """
