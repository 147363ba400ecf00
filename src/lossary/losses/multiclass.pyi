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
    Parameter,
    Plain,
    Reduced,
    Reduction,
    Result,
    Returns,
    TotalOptions,
    Weights,
)
from lossary.engine.reduction import Total

class _Brier(Loss):
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
        r"""Brier score of classes: :math:`\sum_k (p_k - y_k)^2` (Brier, 1950).

        ``given`` says what the prediction is: ``"logits"`` (the default, p = softmax), ``"probabilities"`` p or
        ``"log_probabilities"``. The score is strictly proper: the best constant gives the shares of the classes. It lies in [0, 2],
        so it is robust to single confident mistakes, but it is not convex in logits. For two classes it is twice
        :func:`lossary.brier_binary`; scikit-learn halves it then.

        The target holds class indices or class probabilities; the other options are those of :func:`lossary.cross_entropy`. Labels
        out of range, probabilities outside [0, 1], rows that do not sum to 1, shapes that do not fit and unknown options raise.

        >>> import lossary
        >>> float(lossary.brier([[0.2, 0.5, 0.3]], [1], given="probabilities"))
        0.38
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

brier: Final[_Brier]
r"""Brier score of classes: :math:`\sum_k (p_k - y_k)^2` (Brier, 1950).

    ``given`` says what the prediction is: ``"logits"`` (the default, p = softmax), ``"probabilities"`` p or
    ``"log_probabilities"``. The score is strictly proper: the best constant gives the shares of the classes. It lies in [0, 2],
    so it is robust to single confident mistakes, but it is not convex in logits. For two classes it is twice
    :func:`lossary.brier_binary`; scikit-learn halves it then.

    The target holds class indices or class probabilities; the other options are those of :func:`lossary.cross_entropy`. Labels
    out of range, probabilities outside [0, 1], rows that do not sum to 1, shapes that do not fit and unknown options raise.

    >>> import lossary
    >>> float(lossary.brier([[0.2, 0.5, 0.3]], [1], given="probabilities"))
    0.38
    """

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

class _Distillation(Loss):
    @overload
    def __call__(
        self,
        student: Plain,
        teacher: Plain,
        *,
        temperature: Parameter = 1.0,
        over: Literal["sample", "batch"] = "sample",
        reduction: Literal["none"],
        **options: Unpack[Options],
    ) -> Floats:
        r"""Distillation of a teacher's logits: :math:`T^2 \sum_k q_k (\log q_k - \log p_k)` (Hinton et al., 2015), in nats.

        Both inputs are rows of logits; p is the softmax of the student's over T, and q that of the teacher's.
        ``temperature`` T softens both; the factor T² keeps the size of the gradient, T(p - q), and many libraries leave it out: the
        loss tends to :math:`\frac{1}{2K} \Vert z - \bar z - (t - \bar t) \Vert^2` as T grows. The teacher gets no gradient. The
        loss is 0 where both distributions agree, and convex in the student. It is the Kullback-Leibler divergence from the teacher:
        its entropy is subtracted.

        The classes lie on ``axis`` (the last unless said). A class that the teacher rules out (logit -∞) counts nothing; one that
        the student alone rules out costs ∞. Student and teacher have one shape. Shapes that differ, a temperature that is not
        positive and unknown options raise. From hidden states, see :func:`lossary.linear_kl_divergence`.

        >>> import lossary
        >>> float(lossary.distillation([[2.0, 0.0]], [[0.0, 0.0]], temperature=2.0))
        0.48045802783...
        """
    @overload
    def __call__(
        self,
        student: Plain,
        teacher: Plain,
        *,
        temperature: Parameter = 1.0,
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduced = "mean",
        **options: Unpack[Options],
    ) -> Float: ...
    @overload
    def __call__(
        self,
        student: A,
        teacher: A,
        *,
        temperature: Parameter = 1.0,
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def gradient(
        self,
        student: Plain,
        teacher: Plain,
        *,
        temperature: Parameter = 1.0,
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduction = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def gradient(
        self,
        student: A,
        teacher: A,
        *,
        temperature: Parameter = 1.0,
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def value_and_gradient(
        self,
        student: Plain,
        teacher: Plain,
        *,
        temperature: Parameter = 1.0,
        over: Literal["sample", "batch"] = "sample",
        reduction: Literal["none"],
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> tuple[Floats, Floats]: ...
    @overload
    def value_and_gradient(
        self,
        student: Plain,
        teacher: Plain,
        *,
        temperature: Parameter = 1.0,
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduced = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> tuple[Float, Floats]: ...
    @overload
    def value_and_gradient(
        self,
        student: A,
        teacher: A,
        *,
        temperature: Parameter = 1.0,
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> tuple[A, A]: ...
    @overload
    def curvature(
        self,
        student: Plain,
        teacher: Plain,
        *,
        temperature: Parameter = 1.0,
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def curvature(
        self,
        student: A,
        teacher: A,
        *,
        temperature: Parameter = 1.0,
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    def total(
        self,
        student: Array,
        teacher: Array,
        *,
        temperature: Parameter = 1.0,
        over: Literal["sample", "batch"] = "sample",
        **options: Unpack[TotalOptions],
    ) -> Total: ...

distillation: Final[_Distillation]
r"""Distillation of a teacher's logits: :math:`T^2 \sum_k q_k (\log q_k - \log p_k)` (Hinton et al., 2015), in nats.

    Both inputs are rows of logits; p is the softmax of the student's over T, and q that of the teacher's.
    ``temperature`` T softens both; the factor T² keeps the size of the gradient, T(p - q), and many libraries leave it out: the
    loss tends to :math:`\frac{1}{2K} \Vert z - \bar z - (t - \bar t) \Vert^2` as T grows. The teacher gets no gradient. The
    loss is 0 where both distributions agree, and convex in the student. It is the Kullback-Leibler divergence from the teacher:
    its entropy is subtracted.

    The classes lie on ``axis`` (the last unless said). A class that the teacher rules out (logit -∞) counts nothing; one that
    the student alone rules out costs ∞. Student and teacher have one shape. Shapes that differ, a temperature that is not
    positive and unknown options raise. From hidden states, see :func:`lossary.linear_kl_divergence`.

    >>> import lossary
    >>> float(lossary.distillation([[2.0, 0.0]], [[0.0, 0.0]], temperature=2.0))
    0.48045802783...
    """

class _Focal(Loss):
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        gamma: Parameter = 2.0,
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
        r"""Focal loss of classes: :math:`-\sum_k y_k (1 - p_k)^\gamma \log p_k`, in nats (Lin et al., 2017).

        ``given`` says what the prediction is: ``"logits"`` (the default, p = softmax), ``"probabilities"`` p or
        ``"log_probabilities"``. ``gamma`` γ turns the weight away from what is predicted well already; γ = 0 is
        :func:`lossary.cross_entropy`. The slope in a logit is bounded. For γ > 0 the best constant is nearer to uniform than the
        shares of the classes: probabilities trained by it are not calibrated.

        The target holds class indices or class probabilities, in which the loss is linear. ``class_weight`` is the α of the paper;
        it and the other options are those of :func:`lossary.cross_entropy`. Certainty in the true class costs 0, with slope 0, and
        probability 0 for it ∞. Labels out of range, probabilities outside [0, 1], rows that do not sum to 1, shapes that do
        not fit and unknown options raise.

        >>> import lossary
        >>> float(lossary.focal([[2.0, 0.0]], [0]))
        0.0018035628352403757
        """
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        gamma: Parameter = 2.0,
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
        gamma: Parameter = 2.0,
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
        gamma: Parameter = 2.0,
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
        gamma: Parameter = 2.0,
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
        gamma: Parameter = 2.0,
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
        gamma: Parameter = 2.0,
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
        gamma: Parameter = 2.0,
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
        gamma: Parameter = 2.0,
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
        gamma: Parameter = 2.0,
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
        gamma: Parameter = 2.0,
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
        gamma: Parameter = 2.0,
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
        gamma: Parameter = 2.0,
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
        gamma: Parameter = 2.0,
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
        gamma: Parameter = 2.0,
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

focal: Final[_Focal]
r"""Focal loss of classes: :math:`-\sum_k y_k (1 - p_k)^\gamma \log p_k`, in nats (Lin et al., 2017).

    ``given`` says what the prediction is: ``"logits"`` (the default, p = softmax), ``"probabilities"`` p or
    ``"log_probabilities"``. ``gamma`` γ turns the weight away from what is predicted well already; γ = 0 is
    :func:`lossary.cross_entropy`. The slope in a logit is bounded. For γ > 0 the best constant is nearer to uniform than the
    shares of the classes: probabilities trained by it are not calibrated.

    The target holds class indices or class probabilities, in which the loss is linear. ``class_weight`` is the α of the paper;
    it and the other options are those of :func:`lossary.cross_entropy`. Certainty in the true class costs 0, with slope 0, and
    probability 0 for it ∞. Labels out of range, probabilities outside [0, 1], rows that do not sum to 1, shapes that do
    not fit and unknown options raise.

    >>> import lossary
    >>> float(lossary.focal([[2.0, 0.0]], [0]))
    0.0018035628352403757
    """

class _GeneralizedCrossEntropy(Loss):
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        q: Parameter = 0.7,
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
        r"""Generalised cross-entropy for noisy labels: :math:`\sum_k y_k (1 - p_k^q)/q` (Zhang and Sabuncu, 2018).

        ``q`` lies between 0, where it is :func:`lossary.cross_entropy`, and 1, where it is 1 - p, half the absolute error of the
        row and robust to labels that are wrong at random. It is at most 1/q, so wrong labels weigh little. It is minus the Box-Cox
        transform of p; only for q = 0 does the best constant give the shares of the classes.

        The target holds class indices or class probabilities; ``given`` and the other options are those of
        :func:`lossary.cross_entropy`. Labels out of range, probabilities outside [0, 1], rows that do not sum to 1, shapes that do
        not fit and unknown options raise.

        >>> import lossary
        >>> float(lossary.generalized_cross_entropy([[2.0, 0.0]], [0]))
        0.12145261482...
        """
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        q: Parameter = 0.7,
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
        q: Parameter = 0.7,
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
        q: Parameter = 0.7,
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
        q: Parameter = 0.7,
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
        q: Parameter = 0.7,
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
        q: Parameter = 0.7,
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
        q: Parameter = 0.7,
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
        q: Parameter = 0.7,
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
        q: Parameter = 0.7,
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
        q: Parameter = 0.7,
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
        q: Parameter = 0.7,
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
        q: Parameter = 0.7,
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
        q: Parameter = 0.7,
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
        q: Parameter = 0.7,
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

generalized_cross_entropy: Final[_GeneralizedCrossEntropy]
r"""Generalised cross-entropy for noisy labels: :math:`\sum_k y_k (1 - p_k^q)/q` (Zhang and Sabuncu, 2018).

    ``q`` lies between 0, where it is :func:`lossary.cross_entropy`, and 1, where it is 1 - p, half the absolute error of the
    row and robust to labels that are wrong at random. It is at most 1/q, so wrong labels weigh little. It is minus the Box-Cox
    transform of p; only for q = 0 does the best constant give the shares of the classes.

    The target holds class indices or class probabilities; ``given`` and the other options are those of
    :func:`lossary.cross_entropy`. Labels out of range, probabilities outside [0, 1], rows that do not sum to 1, shapes that do
    not fit and unknown options raise.

    >>> import lossary
    >>> float(lossary.generalized_cross_entropy([[2.0, 0.0]], [0]))
    0.12145261482...
    """

class _Poly1(Loss):
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        epsilon: Parameter = 1.0,
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
        r"""Cross-entropy with another first term: :math:`\sum_k y_k [-\log p_k + \epsilon (1 - p_k)]` (Leng et al., 2022).

        In the series -log p = (1 - p) + (1 - p)²/2 + …, ``epsilon`` ε is added to the first coefficient: above 0 it drives
        confident predictions further, -1 takes the term away, and 0 is :func:`lossary.cross_entropy`. The best constant gives the
        shares of the classes for ε = 0 only. In nats; Optax has ε = 2 as its default, the paper 1.

        The target holds class indices or class probabilities; ``given`` and the other options are those of
        :func:`lossary.cross_entropy`. Probability 0 for the true class costs ∞. Labels out of range, probabilities outside [0, 1],
        rows that do not sum to 1, shapes that do not fit and unknown options raise.

        >>> import lossary
        >>> float(lossary.poly1([[2.0, 0.0]], [0]))
        0.24613093306...
        """
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        epsilon: Parameter = 1.0,
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
        epsilon: Parameter = 1.0,
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
        epsilon: Parameter = 1.0,
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
        epsilon: Parameter = 1.0,
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
        epsilon: Parameter = 1.0,
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
        epsilon: Parameter = 1.0,
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
        epsilon: Parameter = 1.0,
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
        epsilon: Parameter = 1.0,
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
        epsilon: Parameter = 1.0,
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
        epsilon: Parameter = 1.0,
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
        epsilon: Parameter = 1.0,
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
        epsilon: Parameter = 1.0,
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
        epsilon: Parameter = 1.0,
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
        epsilon: Parameter = 1.0,
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

poly1: Final[_Poly1]
r"""Cross-entropy with another first term: :math:`\sum_k y_k [-\log p_k + \epsilon (1 - p_k)]` (Leng et al., 2022).

    In the series -log p = (1 - p) + (1 - p)²/2 + …, ``epsilon`` ε is added to the first coefficient: above 0 it drives
    confident predictions further, -1 takes the term away, and 0 is :func:`lossary.cross_entropy`. The best constant gives the
    shares of the classes for ε = 0 only. In nats; Optax has ε = 2 as its default, the paper 1.

    The target holds class indices or class probabilities; ``given`` and the other options are those of
    :func:`lossary.cross_entropy`. Probability 0 for the true class costs ∞. Labels out of range, probabilities outside [0, 1],
    rows that do not sum to 1, shapes that do not fit and unknown options raise.

    >>> import lossary
    >>> float(lossary.poly1([[2.0, 0.0]], [0]))
    0.24613093306...
    """

class _Spherical(Loss):
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        given: Given = "logits",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        over: Literal["sample", "batch"] = "sample",
        reduction: Literal["none"],
        **options: Unpack[Options],
    ) -> Floats:
        r"""Spherical score, subtracted from 1: :math:`1 - \sum_k y_k p_k / \Vert p \Vert` (Good, 1971).

        ``given`` says what the prediction is: ``"logits"`` (the default, p = softmax), ``"probabilities"`` p or
        ``"log_probabilities"``. The score is strictly proper: the best constant gives the shares of the classes. It lies in [0, 1],
        so it is robust to single confident mistakes, but it is not convex in logits. The length of p does not matter: unnormalised
        rows serve as well.

        The classes lie on ``axis`` (the last unless said). The target holds class indices (integers, without that axis) or class
        probabilities (with it). The loss has no unit. Labels out of range, numbers outside [0, 1], shapes that do not fit and
        unknown options raise.

        >>> import lossary
        >>> float(lossary.spherical([[0.6, 0.8, 0.0]], [1], given="probabilities"))
        0.19999999999999996
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
        given: Given = "logits",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
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
        given: Given = "logits",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
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
        given: Given = "logits",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
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
        given: Given = "logits",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
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
        given: Given = "logits",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
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
        given: Given = "logits",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
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
        given: Given = "logits",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
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
        given: Given = "logits",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        over: Literal["sample", "batch"] = "sample",
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
        over: Literal["sample", "batch"] = "sample",
        **options: Unpack[TotalOptions],
    ) -> Total: ...

spherical: Final[_Spherical]
r"""Spherical score, subtracted from 1: :math:`1 - \sum_k y_k p_k / \Vert p \Vert` (Good, 1971).

    ``given`` says what the prediction is: ``"logits"`` (the default, p = softmax), ``"probabilities"`` p or
    ``"log_probabilities"``. The score is strictly proper: the best constant gives the shares of the classes. It lies in [0, 1],
    so it is robust to single confident mistakes, but it is not convex in logits. The length of p does not matter: unnormalised
    rows serve as well.

    The classes lie on ``axis`` (the last unless said). The target holds class indices (integers, without that axis) or class
    probabilities (with it). The loss has no unit. Labels out of range, numbers outside [0, 1], shapes that do not fit and
    unknown options raise.

    >>> import lossary
    >>> float(lossary.spherical([[0.6, 0.8, 0.0]], [1], given="probabilities"))
    0.19999999999999996
    """

class _SymmetricCrossEntropy(Loss):
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        alpha: Parameter = 0.1,
        beta: Parameter = 1.0,
        log_zero: Parameter = -4.0,
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
        r"""Cross-entropy and its reverse: :math:`-\sum_k [\alpha y_k \log p_k + \beta p_k \log y_k]`, in nats (Wang et al., 2019).

        ``alpha`` α weighs the cross-entropy, ``beta`` β the reverse, which is bounded, so robust to wrong labels. A logarithm of
        the target below ``log_zero`` A, as log 0 of the other classes, counts as A; so of a label the reverse is -A(1 - p). With
        β = 0 and α = 1 it is :func:`lossary.cross_entropy`.

        The target holds class indices or class probabilities; ``given`` and the other options are those of
        :func:`lossary.cross_entropy`. Probability 0 for the true class costs ∞ unless α = 0. Labels out of range, probabilities
        outside [0, 1], rows that do not sum to 1, shapes that do not fit and unknown options raise.

        >>> import lossary
        >>> float(lossary.symmetric_cross_entropy([[2.0, 0.0]], [0]))
        0.48950448919...
        """
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        alpha: Parameter = 0.1,
        beta: Parameter = 1.0,
        log_zero: Parameter = -4.0,
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
        alpha: Parameter = 0.1,
        beta: Parameter = 1.0,
        log_zero: Parameter = -4.0,
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
        alpha: Parameter = 0.1,
        beta: Parameter = 1.0,
        log_zero: Parameter = -4.0,
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
        alpha: Parameter = 0.1,
        beta: Parameter = 1.0,
        log_zero: Parameter = -4.0,
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
        alpha: Parameter = 0.1,
        beta: Parameter = 1.0,
        log_zero: Parameter = -4.0,
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
        alpha: Parameter = 0.1,
        beta: Parameter = 1.0,
        log_zero: Parameter = -4.0,
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
        alpha: Parameter = 0.1,
        beta: Parameter = 1.0,
        log_zero: Parameter = -4.0,
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
        alpha: Parameter = 0.1,
        beta: Parameter = 1.0,
        log_zero: Parameter = -4.0,
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
        alpha: Parameter = 0.1,
        beta: Parameter = 1.0,
        log_zero: Parameter = -4.0,
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
        alpha: Parameter = 0.1,
        beta: Parameter = 1.0,
        log_zero: Parameter = -4.0,
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
        alpha: Parameter = 0.1,
        beta: Parameter = 1.0,
        log_zero: Parameter = -4.0,
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
        alpha: Parameter = 0.1,
        beta: Parameter = 1.0,
        log_zero: Parameter = -4.0,
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
        alpha: Parameter = 0.1,
        beta: Parameter = 1.0,
        log_zero: Parameter = -4.0,
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
        alpha: Parameter = 0.1,
        beta: Parameter = 1.0,
        log_zero: Parameter = -4.0,
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

symmetric_cross_entropy: Final[_SymmetricCrossEntropy]
r"""Cross-entropy and its reverse: :math:`-\sum_k [\alpha y_k \log p_k + \beta p_k \log y_k]`, in nats (Wang et al., 2019).

    ``alpha`` α weighs the cross-entropy, ``beta`` β the reverse, which is bounded, so robust to wrong labels. A logarithm of
    the target below ``log_zero`` A, as log 0 of the other classes, counts as A; so of a label the reverse is -A(1 - p). With
    β = 0 and α = 1 it is :func:`lossary.cross_entropy`.

    The target holds class indices or class probabilities; ``given`` and the other options are those of
    :func:`lossary.cross_entropy`. Probability 0 for the true class costs ∞ unless α = 0. Labels out of range, probabilities
    outside [0, 1], rows that do not sum to 1, shapes that do not fit and unknown options raise.

    >>> import lossary
    >>> float(lossary.symmetric_cross_entropy([[2.0, 0.0]], [0]))
    0.48950448919...
    """

class _ZeroOne(Loss):
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        reduction: Literal["none"],
        **options: Unpack[Options],
    ) -> Floats:
        r"""Zero-one loss of labels: 0 if the prediction is the target, else 1, :math:`[\hat y \ne y]` (Bayes, 1763).

        It is for evaluation: its mean is the share of mistakes, and 1 minus that the accuracy. Its gradient is 0 everywhere, so
        nothing is learned by it; train by :func:`lossary.cross_entropy`. The best constant is the most frequent label.

        Prediction and target are labels of one shape, compared as numbers; of several labels a row, ``axis=-1`` counts the mistakes
        of each. A prediction with one axis more holds scores of classes on ``axis`` (the last unless said), of which the largest is
        the predicted class, the first of several. NaN is no label, and its loss is NaN. Shapes that
        differ, arrays that are not of numbers and unknown options raise.

        >>> import lossary
        >>> float(lossary.zero_one([2, 0, 1], [2, 1, 1]))
        0.3333333333333333
        >>> lossary.zero_one([[0.2, 0.7, 0.1], [0.5, 0.3, 0.2]], [1, 2], reduction="none")
        array([0., 1.])
        """
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        reduction: Reduced = "mean",
        **options: Unpack[Options],
    ) -> Float: ...
    @overload
    def __call__(
        self,
        prediction: A,
        target: A,
        *,
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
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
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def value_and_gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
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
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
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
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> tuple[A, A]: ...
    @overload
    def curvature(
        self,
        prediction: Plain,
        target: Plain,
        *,
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def curvature(
        self,
        prediction: A,
        target: A,
        *,
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    def total(
        self,
        prediction: Array,
        target: Array,
        *,
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        **options: Unpack[TotalOptions],
    ) -> Total: ...

zero_one: Final[_ZeroOne]
r"""Zero-one loss of labels: 0 if the prediction is the target, else 1, :math:`[\hat y \ne y]` (Bayes, 1763).

    It is for evaluation: its mean is the share of mistakes, and 1 minus that the accuracy. Its gradient is 0 everywhere, so
    nothing is learned by it; train by :func:`lossary.cross_entropy`. The best constant is the most frequent label.

    Prediction and target are labels of one shape, compared as numbers; of several labels a row, ``axis=-1`` counts the mistakes
    of each. A prediction with one axis more holds scores of classes on ``axis`` (the last unless said), of which the largest is
    the predicted class, the first of several. NaN is no label, and its loss is NaN. Shapes that
    differ, arrays that are not of numbers and unknown options raise.

    >>> import lossary
    >>> float(lossary.zero_one([2, 0, 1], [2, 1, 1]))
    0.3333333333333333
    >>> lossary.zero_one([[0.2, 0.7, 0.1], [0.5, 0.3, 0.2]], [1, 2], reduction="none")
    array([0., 1.])
    """
