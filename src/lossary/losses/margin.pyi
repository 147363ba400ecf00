"""Losses of a raw score whose sign is the predicted outcome: of its margin, the score for an event and minus it for none."""

# Made by tools/stubs.py from the definitions; run `make stubs` instead of editing this file.
# mypy: disable-error-code="override, overload-cannot-match"

from typing import Final, Literal, Unpack, overload

from lossary.engine.calls import A, Array, Float, Floats, Loss, Options, Plain, Reduced, Reduction, TotalOptions
from lossary.engine.reduction import Total

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
