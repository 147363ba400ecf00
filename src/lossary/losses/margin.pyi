"""Losses of raw scores, whose sign is the predicted outcome of two, or the largest of which is the predicted class."""

# Made by tools/stubs.py from the definitions; run `make stubs` instead of editing this file.
# mypy: disable-error-code="override, overload-cannot-match"

from typing import Final, Literal, SupportsIndex, Unpack, overload

from lossary.engine.calls import (
    A,
    Array,
    Float,
    Floats,
    Loss,
    Options,
    Parameter,
    Plain,
    Reduced,
    Reduction,
    TotalOptions,
    Weights,
)
from lossary.engine.reduction import Total

class _CrammerSinger(Loss):
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        margin: Parameter = 1.0,
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        over: Literal["sample", "batch"] = "sample",
        reduction: Literal["none"],
        **options: Unpack[Options],
    ) -> Floats:
        r"""Multi-class hinge loss of the worst class: :math:`\max(0, m + \max_{k \ne y} z_k - z_y)` (Crammer and Singer, 2001).

        The prediction is a row of raw scores z, whose largest is the predicted class. Scores that beat all others by ``margin`` m
        cost nothing. The slope is at most 1; classes that tie for the largest share it. It is convex, and robust to how far a
        mistake goes, not to how many there are. It is what Optax and scikit-learn call the multi-class hinge loss;
        :func:`lossary.weston_watkins` sums over the other classes.

        The classes lie on ``axis`` (the last unless said). The target holds class indices (integers, without that axis) or one-hot
        rows t (with it; of other rows the loss is :math:`\max_k [z_k + m (1 - t_k)] - \sum_k t_k z_k`). The loss is in units of
        the score. Labels out of range, targets outside [0, 1], shapes that do not fit and unknown options raise.

        >>> import lossary
        >>> lossary.crammer_singer([[2.0, 1.5, 0.0], [3.0, 0.0, 0.0]], [0, 0], reduction="none")
        array([0.5, 0. ])
        """
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        margin: Parameter = 1.0,
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
        margin: Parameter = 1.0,
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
        margin: Parameter = 1.0,
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
        margin: Parameter = 1.0,
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
        margin: Parameter = 1.0,
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
        margin: Parameter = 1.0,
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
        margin: Parameter = 1.0,
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
        margin: Parameter = 1.0,
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
        margin: Parameter = 1.0,
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
        margin: Parameter = 1.0,
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        over: Literal["sample", "batch"] = "sample",
        **options: Unpack[TotalOptions],
    ) -> Total: ...

crammer_singer: Final[_CrammerSinger]
r"""Multi-class hinge loss of the worst class: :math:`\max(0, m + \max_{k \ne y} z_k - z_y)` (Crammer and Singer, 2001).

    The prediction is a row of raw scores z, whose largest is the predicted class. Scores that beat all others by ``margin`` m
    cost nothing. The slope is at most 1; classes that tie for the largest share it. It is convex, and robust to how far a
    mistake goes, not to how many there are. It is what Optax and scikit-learn call the multi-class hinge loss;
    :func:`lossary.weston_watkins` sums over the other classes.

    The classes lie on ``axis`` (the last unless said). The target holds class indices (integers, without that axis) or one-hot
    rows t (with it; of other rows the loss is :math:`\max_k [z_k + m (1 - t_k)] - \sum_k t_k z_k`). The loss is in units of
    the score. Labels out of range, targets outside [0, 1], shapes that do not fit and unknown options raise.

    >>> import lossary
    >>> lossary.crammer_singer([[2.0, 1.5, 0.0], [3.0, 0.0, 0.0]], [0, 0], reduction="none")
    array([0.5, 0. ])
    """

class _Exponential(Loss):
    @overload
    def __call__(self, prediction: Plain, target: Plain, *, reduction: Literal["none"], **options: Unpack[Options]) -> Floats:
        r"""Exponential loss of AdaBoost: :math:`y e^{-z} + (1 - y) e^z` (Freund and Schapire, 1997).

        The prediction is a raw score z. The target is 0 or 1, or a probability between, for which it is the expected loss; for
        targets of -1 and 1 pass ``(target + 1) / 2``. The constant with the least loss is half the log odds of the mean p of the
        target, so :math:`p = \sigma(2z)`. The loss grows exponentially with a mistake, so wrong labels dominate it.

        Prediction and target have one shape; the loss has no unit. Targets outside [0, 1], shapes that differ and unknown options
        raise.

        >>> import lossary
        >>> lossary.exponential([0.0, 1.0], [1, 0], reduction="none")
        array([1.        , 2.71828183])
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

exponential: Final[_Exponential]
r"""Exponential loss of AdaBoost: :math:`y e^{-z} + (1 - y) e^z` (Freund and Schapire, 1997).

    The prediction is a raw score z. The target is 0 or 1, or a probability between, for which it is the expected loss; for
    targets of -1 and 1 pass ``(target + 1) / 2``. The constant with the least loss is half the log odds of the mean p of the
    target, so :math:`p = \sigma(2z)`. The loss grows exponentially with a mistake, so wrong labels dominate it.

    Prediction and target have one shape; the loss has no unit. Targets outside [0, 1], shapes that differ and unknown options
    raise.

    >>> import lossary
    >>> lossary.exponential([0.0, 1.0], [1, 0], reduction="none")
    array([1.        , 2.71828183])
    """

class _Hinge(Loss):
    @overload
    def __call__(self, prediction: Plain, target: Plain, *, reduction: Literal["none"], **options: Unpack[Options]) -> Floats:
        r"""Hinge loss of a support vector machine: :math:`y \max(0, 1 - z) + (1 - y) \max(0, 1 + z)` (Cortes and Vapnik, 1995).

        The prediction is a raw score z, whose sign is the predicted outcome; no probability follows from it. The target is 0 or 1
        (with s = 2y - 1 the loss is max(0, 1 - sz)), or a probability between, for which it is the expected loss. For targets of
        -1 and 1 pass ``(target + 1) / 2``.

        Right scores from 1 on cost nothing. The slope is at most 1, so outliers pull no harder than any other mistake; at the kink
        it is 0. The constant with the least loss is 1 or -1, the sign of the more frequent outcome.

        Prediction and target have one shape; ``axis=-1`` makes rows of several labels samples. The loss is in units of the score.
        Targets outside [0, 1], shapes that differ and unknown options raise.

        >>> import lossary
        >>> lossary.hinge([0.5, 3.0, -0.5], [1, 1, 1], reduction="none")
        array([0.5, 0. , 1.5])
        >>> lossary.hinge([[0.5, -2.0], [3.0, 1.0]], [[1, 0], [1, 1]], axis=-1, reduction="none")
        array([0.5, 0. ])
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

hinge: Final[_Hinge]
r"""Hinge loss of a support vector machine: :math:`y \max(0, 1 - z) + (1 - y) \max(0, 1 + z)` (Cortes and Vapnik, 1995).

    The prediction is a raw score z, whose sign is the predicted outcome; no probability follows from it. The target is 0 or 1
    (with s = 2y - 1 the loss is max(0, 1 - sz)), or a probability between, for which it is the expected loss. For targets of
    -1 and 1 pass ``(target + 1) / 2``.

    Right scores from 1 on cost nothing. The slope is at most 1, so outliers pull no harder than any other mistake; at the kink
    it is 0. The constant with the least loss is 1 or -1, the sign of the more frequent outcome.

    Prediction and target have one shape; ``axis=-1`` makes rows of several labels samples. The loss is in units of the score.
    Targets outside [0, 1], shapes that differ and unknown options raise.

    >>> import lossary
    >>> lossary.hinge([0.5, 3.0, -0.5], [1, 1, 1], reduction="none")
    array([0.5, 0. , 1.5])
    >>> lossary.hinge([[0.5, -2.0], [3.0, 1.0]], [[1, 0], [1, 1]], axis=-1, reduction="none")
    array([0.5, 0. ])
    """

class _ModifiedHuber(Loss):
    @overload
    def __call__(self, prediction: Plain, target: Plain, *, reduction: Literal["none"], **options: Unpack[Options]) -> Floats:
        r"""Modified Huber loss: a squared hinge that is linear for grave mistakes (Zhang, 2004).

        .. math:: y \varphi(z) + (1 - y) \varphi(-z), \quad
                  \varphi(m) = \begin{cases} \max(0, 1 - m)^2 & m \ge -1 \\ -4 m & \text{otherwise} \end{cases}

        The prediction is a raw score z. The target is 0 or 1, or a probability between, for which it is the expected loss; for
        targets of -1 and 1 pass ``(target + 1) / 2``. The slope is at most 4, so it is robust to outliers. The constant with the
        least loss is 2p - 1, p being the mean of the target, so (z + 1)/2 within [0, 1] estimates the probability.

        Prediction and target have one shape. Targets outside [0, 1], shapes that differ and unknown options raise.

        >>> import lossary
        >>> lossary.modified_huber([0.5, 3.0, -2.0], [1, 1, 1], reduction="none")
        array([0.25, 0.  , 8.  ])
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

modified_huber: Final[_ModifiedHuber]
r"""Modified Huber loss: a squared hinge that is linear for grave mistakes (Zhang, 2004).

    .. math:: y \varphi(z) + (1 - y) \varphi(-z), \quad
              \varphi(m) = \begin{cases} \max(0, 1 - m)^2 & m \ge -1 \\ -4 m & \text{otherwise} \end{cases}

    The prediction is a raw score z. The target is 0 or 1, or a probability between, for which it is the expected loss; for
    targets of -1 and 1 pass ``(target + 1) / 2``. The slope is at most 4, so it is robust to outliers. The constant with the
    least loss is 2p - 1, p being the mean of the target, so (z + 1)/2 within [0, 1] estimates the probability.

    Prediction and target have one shape. Targets outside [0, 1], shapes that differ and unknown options raise.

    >>> import lossary
    >>> lossary.modified_huber([0.5, 3.0, -2.0], [1, 1, 1], reduction="none")
    array([0.25, 0.  , 8.  ])
    """

class _Perceptron(Loss):
    @overload
    def __call__(self, prediction: Plain, target: Plain, *, reduction: Literal["none"], **options: Unpack[Options]) -> Floats:
        r"""Loss of the perceptron: :math:`y \max(0, -z) + (1 - y) \max(0, z)` (Rosenblatt, 1958).

        The prediction is a raw score z. The target is 0 or 1, or a probability between, for which it is the expected loss; for
        targets of -1 and 1 pass ``(target + 1) / 2``. Right signs cost nothing, however small the score, and so does 0, where the
        slope is 0: start from scores that are not all 0. The slope is at most 1.

        Prediction and target have one shape. The loss is in units of the score. Targets outside [0, 1], shapes that differ and
        unknown options raise.

        >>> import lossary
        >>> lossary.perceptron([0.5, -0.5], [1, 1], reduction="none")
        array([0. , 0.5])
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

perceptron: Final[_Perceptron]
r"""Loss of the perceptron: :math:`y \max(0, -z) + (1 - y) \max(0, z)` (Rosenblatt, 1958).

    The prediction is a raw score z. The target is 0 or 1, or a probability between, for which it is the expected loss; for
    targets of -1 and 1 pass ``(target + 1) / 2``. Right signs cost nothing, however small the score, and so does 0, where the
    slope is 0: start from scores that are not all 0. The slope is at most 1.

    Prediction and target have one shape. The loss is in units of the score. Targets outside [0, 1], shapes that differ and
    unknown options raise.

    >>> import lossary
    >>> lossary.perceptron([0.5, -0.5], [1, 1], reduction="none")
    array([0. , 0.5])
    """

class _Sparsemax(Loss):
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
        r"""Loss of a sparse softmax (Martins and Astudillo, 2016).

        .. math:: \tfrac12 \sum_k (p_k - y_k)^2 + \sum_k y_k \max(0, \tau - z_k), \quad p_k = \max(0, z_k - \tau)

        The prediction is a row of raw scores z, and p the distribution nearest to it, with τ such that it sums to 1: classes far
        below the largest have probability 0. The gradient is p - y, as that of the cross-entropy is with softmax: it is the
        Fenchel-Young loss of half the sum of squares. A true class that is ahead by 1 costs nothing. The slope is at most 1. It is
        convex, and the best constant gives the shares of the classes.

        The classes lie on ``axis`` (the last unless said). The target holds class indices (integers, without that axis) or class
        probabilities (with it). The loss has no unit. Labels out of range, targets outside [0, 1], shapes that do not fit and
        unknown options raise.

        >>> import lossary
        >>> lossary.sparsemax([[1.5, 1.0, -1.0], [3.0, 0.0, 0.0]], [0, 0], reduction="none")
        array([0.0625, 0.    ])
        >>> lossary.sparsemax.gradient([[1.5, 1.0, -1.0]], [0])
        array([[-0.25,  0.25,  0.  ]])
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

sparsemax: Final[_Sparsemax]
r"""Loss of a sparse softmax (Martins and Astudillo, 2016).

    .. math:: \tfrac12 \sum_k (p_k - y_k)^2 + \sum_k y_k \max(0, \tau - z_k), \quad p_k = \max(0, z_k - \tau)

    The prediction is a row of raw scores z, and p the distribution nearest to it, with τ such that it sums to 1: classes far
    below the largest have probability 0. The gradient is p - y, as that of the cross-entropy is with softmax: it is the
    Fenchel-Young loss of half the sum of squares. A true class that is ahead by 1 costs nothing. The slope is at most 1. It is
    convex, and the best constant gives the shares of the classes.

    The classes lie on ``axis`` (the last unless said). The target holds class indices (integers, without that axis) or class
    probabilities (with it). The loss has no unit. Labels out of range, targets outside [0, 1], shapes that do not fit and
    unknown options raise.

    >>> import lossary
    >>> lossary.sparsemax([[1.5, 1.0, -1.0], [3.0, 0.0, 0.0]], [0, 0], reduction="none")
    array([0.0625, 0.    ])
    >>> lossary.sparsemax.gradient([[1.5, 1.0, -1.0]], [0])
    array([[-0.25,  0.25,  0.  ]])
    """

class _SquaredHinge(Loss):
    @overload
    def __call__(self, prediction: Plain, target: Plain, *, reduction: Literal["none"], **options: Unpack[Options]) -> Floats:
        r"""Squared hinge loss: :math:`y \max(0, 1 - z)^2 + (1 - y) \max(0, 1 + z)^2` (Cortes and Vapnik, 1995).

        The prediction is a raw score z. The target is 0 or 1, or a probability between, for which it is the expected loss; for
        targets of -1 and 1 pass ``(target + 1) / 2``. It is smooth where :func:`lossary.hinge` has a kink, but its slope grows with
        the mistake, so it is less robust. The constant with the least loss is 2p - 1, p being the mean of the target.

        Prediction and target have one shape. The loss is in squared units of the score. Targets outside [0, 1], shapes that differ
        and unknown options raise.

        >>> import lossary
        >>> lossary.squared_hinge([0.5, 3.0, -0.5], [1, 1, 1], reduction="none")
        array([0.25, 0.  , 2.25])
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

squared_hinge: Final[_SquaredHinge]
r"""Squared hinge loss: :math:`y \max(0, 1 - z)^2 + (1 - y) \max(0, 1 + z)^2` (Cortes and Vapnik, 1995).

    The prediction is a raw score z. The target is 0 or 1, or a probability between, for which it is the expected loss; for
    targets of -1 and 1 pass ``(target + 1) / 2``. It is smooth where :func:`lossary.hinge` has a kink, but its slope grows with
    the mistake, so it is less robust. The constant with the least loss is 2p - 1, p being the mean of the target.

    Prediction and target have one shape. The loss is in squared units of the score. Targets outside [0, 1], shapes that differ
    and unknown options raise.

    >>> import lossary
    >>> lossary.squared_hinge([0.5, 3.0, -0.5], [1, 1, 1], reduction="none")
    array([0.25, 0.  , 2.25])
    """

class _WestonWatkins(Loss):
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        margin: Parameter = 1.0,
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        over: Literal["sample", "batch"] = "sample",
        reduction: Literal["none"],
        **options: Unpack[Options],
    ) -> Floats:
        r"""Multi-class hinge loss of all other classes: :math:`\sum_{k \ne y} \max(0, m + z_k - z_y)` (Weston and Watkins, 1999).

        The prediction is a row of raw scores z, whose largest is the predicted class. Scores that beat all others by ``margin`` m
        cost nothing. It is convex. ``torch.nn.functional.multi_margin_loss`` divides the sum by the number of classes;
        :func:`lossary.crammer_singer` takes the worst class alone.

        The classes lie on ``axis`` (the last unless said). The target holds class indices (integers, without that axis) or one-hot
        rows t (with it; of other rows :math:`z_y` is :math:`\sum_k t_k z_k`, and class k counts by :math:`1 - t_k`). The loss is
        in units of the score. Labels out of range, targets outside [0, 1], shapes that do not fit and unknown options raise.

        >>> import lossary
        >>> lossary.weston_watkins([[2.0, 1.5, 1.25], [3.0, 0.0, 0.0]], [0, 0], reduction="none")
        array([0.75, 0.  ])
        """
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        margin: Parameter = 1.0,
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
        margin: Parameter = 1.0,
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
        margin: Parameter = 1.0,
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
        margin: Parameter = 1.0,
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
        margin: Parameter = 1.0,
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
        margin: Parameter = 1.0,
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
        margin: Parameter = 1.0,
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
        margin: Parameter = 1.0,
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
        margin: Parameter = 1.0,
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
        margin: Parameter = 1.0,
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        over: Literal["sample", "batch"] = "sample",
        **options: Unpack[TotalOptions],
    ) -> Total: ...

weston_watkins: Final[_WestonWatkins]
r"""Multi-class hinge loss of all other classes: :math:`\sum_{k \ne y} \max(0, m + z_k - z_y)` (Weston and Watkins, 1999).

    The prediction is a row of raw scores z, whose largest is the predicted class. Scores that beat all others by ``margin`` m
    cost nothing. It is convex. ``torch.nn.functional.multi_margin_loss`` divides the sum by the number of classes;
    :func:`lossary.crammer_singer` takes the worst class alone.

    The classes lie on ``axis`` (the last unless said). The target holds class indices (integers, without that axis) or one-hot
    rows t (with it; of other rows :math:`z_y` is :math:`\sum_k t_k z_k`, and class k counts by :math:`1 - t_k`). The loss is
    in units of the score. Labels out of range, targets outside [0, 1], shapes that do not fit and unknown options raise.

    >>> import lossary
    >>> lossary.weston_watkins([[2.0, 1.5, 1.25], [3.0, 0.0, 0.0]], [0, 0], reduction="none")
    array([0.75, 0.  ])
    """
