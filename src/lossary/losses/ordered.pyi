"""Losses of classes in an order, such as grades."""

# Made by tools/stubs.py from the definitions; run `make stubs` instead of editing this file.
# mypy: disable-error-code="override, overload-cannot-match"

from typing import Final, Generic, Literal, NamedTuple, Unpack, overload

from lossary.engine.calls import A, Array, Float, Floats, Loss, Options, Plain, Reduced, Reduction, T, TotalOptions
from lossary.engine.reduction import Total

class _Corn(Loss):
    @overload
    def __call__(self, prediction: Plain, target: Plain, *, reduction: Literal["none"], **options: Unpack[Options]) -> Floats:
        r"""Conditional ordinal loss (Shi et al., 2023): :math:`\sum_{k < y} \log(1 + e^{-z_k}) + [y < K-1] \log(1 + e^{z_y})`.

        The logit :math:`z_k` is of getting beyond class k, if it was reached: :math:`P(y > k \mid y \ge k) = \sigma(z_k)`. So
        P(y > k) falls with k whatever the logits are, and the loss is minus the log-likelihood of the class in nats, a sum of
        binary cross-entropies of the classes up to it. It is convex; the slope in a logit is at most 1.

        The prediction has K - 1 logits on ``axis`` (the last unless said), the target the class index 0 … K - 1, without that axis.
        The reference code (coral-pytorch) divides the sum of a batch by its number of terms instead of its samples.

        Indices out of range, shapes that do not fit and unknown options raise.

        >>> import lossary
        >>> lossary.corn([[2.0, -1.0], [2.0, -1.0]], [0, 2], reduction="none")
        array([2.12692801, 1.4401897 ])
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

corn: Final[_Corn]
r"""Conditional ordinal loss (Shi et al., 2023): :math:`\sum_{k < y} \log(1 + e^{-z_k}) + [y < K-1] \log(1 + e^{z_y})`.

    The logit :math:`z_k` is of getting beyond class k, if it was reached: :math:`P(y > k \mid y \ge k) = \sigma(z_k)`. So
    P(y > k) falls with k whatever the logits are, and the loss is minus the log-likelihood of the class in nats, a sum of
    binary cross-entropies of the classes up to it. It is convex; the slope in a logit is at most 1.

    The prediction has K - 1 logits on ``axis`` (the last unless said), the target the class index 0 … K - 1, without that axis.
    The reference code (coral-pytorch) divides the sum of a batch by its number of terms instead of its samples.

    Indices out of range, shapes that do not fit and unknown options raise.

    >>> import lossary
    >>> lossary.corn([[2.0, -1.0], [2.0, -1.0]], [0, 2], reduction="none")
    array([2.12692801, 1.4401897 ])
    """

class _OrdinalGradient(NamedTuple, Generic[T]):
    score: T
    thresholds: T

class _Ordinal(Loss):
    @overload
    def __call__(
        self, score: Plain, thresholds: Plain, target: Plain, *, reduction: Literal["none"], **options: Unpack[Options]
    ) -> Floats:
        r"""Cumulative link loss of a score: :math:`-\log[\sigma(\theta_y - s) - \sigma(\theta_{y-1} - s)]` (McCullagh, 1980).

        It is minus the log-likelihood of the proportional odds model, in nats: a class up to k has probability
        :math:`\sigma(\theta_k - s)`, with :math:`\theta_{-1} = -\infty` and :math:`\theta_{K-1} = \infty`, so higher scores s mean
        higher classes. It is convex in score and thresholds together. The slope in the score is at most 1, so outliers hardly pull.

        The score s has one number a sample, ``thresholds`` θ K - 1 increasing ones on the last axis, and the target the class index
        0 … K - 1. Scores and thresholds are any real numbers in units of the logistic distribution. Thresholds that all samples
        share are broadcast first, by ``thresholds.expand(n, -1)`` in torch or ``numpy.broadcast_to``. A loss of each threshold is
        ``binary_cross_entropy(score[:, None] - thresholds, target[:, None] > arange(K - 1), axis=-1)``.

        Thresholds that do not increase, indices out of range, shapes that do not fit and unknown options raise.

        >>> import lossary
        >>> float(lossary.ordinal([0.5], [[-1.0, 1.0]], [1]))
        0.8209037200317182
        >>> lossary.ordinal.gradient([0.5], [[-1.0, 1.0]], [1]).score
        array([0.19511514])
        """
    @overload
    def __call__(
        self, score: Plain, thresholds: Plain, target: Plain, *, reduction: Reduced = "mean", **options: Unpack[Options]
    ) -> Float: ...
    @overload
    def __call__(
        self, score: A, thresholds: A, target: A, *, reduction: Reduction = "mean", **options: Unpack[Options]
    ) -> A: ...
    @overload
    def gradient(
        self,
        score: Plain,
        thresholds: Plain,
        target: Plain,
        *,
        reduction: Reduction = "mean",
        out: tuple[Floats, ...] | None = None,
        **options: Unpack[Options],
    ) -> _OrdinalGradient[Floats]: ...
    @overload
    def gradient(
        self, score: A, thresholds: A, target: A, *, reduction: Reduction = "mean", **options: Unpack[Options]
    ) -> _OrdinalGradient[A]: ...
    @overload
    def value_and_gradient(
        self,
        score: Plain,
        thresholds: Plain,
        target: Plain,
        *,
        reduction: Literal["none"],
        out: tuple[Floats, ...] | None = None,
        **options: Unpack[Options],
    ) -> tuple[Floats, _OrdinalGradient[Floats]]: ...
    @overload
    def value_and_gradient(
        self,
        score: Plain,
        thresholds: Plain,
        target: Plain,
        *,
        reduction: Reduced = "mean",
        out: tuple[Floats, ...] | None = None,
        **options: Unpack[Options],
    ) -> tuple[Float, _OrdinalGradient[Floats]]: ...
    @overload
    def value_and_gradient(
        self, score: A, thresholds: A, target: A, *, reduction: Reduction = "mean", **options: Unpack[Options]
    ) -> tuple[A, _OrdinalGradient[A]]: ...
    @overload
    def curvature(
        self, score: Plain, thresholds: Plain, target: Plain, *, reduction: Reduction = "mean", **options: Unpack[Options]
    ) -> _OrdinalGradient[Floats]: ...
    @overload
    def curvature(
        self, score: A, thresholds: A, target: A, *, reduction: Reduction = "mean", **options: Unpack[Options]
    ) -> _OrdinalGradient[A]: ...
    def total(self, score: Array, thresholds: Array, target: Array, **options: Unpack[TotalOptions]) -> Total: ...

ordinal: Final[_Ordinal]
r"""Cumulative link loss of a score: :math:`-\log[\sigma(\theta_y - s) - \sigma(\theta_{y-1} - s)]` (McCullagh, 1980).

    It is minus the log-likelihood of the proportional odds model, in nats: a class up to k has probability
    :math:`\sigma(\theta_k - s)`, with :math:`\theta_{-1} = -\infty` and :math:`\theta_{K-1} = \infty`, so higher scores s mean
    higher classes. It is convex in score and thresholds together. The slope in the score is at most 1, so outliers hardly pull.

    The score s has one number a sample, ``thresholds`` θ K - 1 increasing ones on the last axis, and the target the class index
    0 … K - 1. Scores and thresholds are any real numbers in units of the logistic distribution. Thresholds that all samples
    share are broadcast first, by ``thresholds.expand(n, -1)`` in torch or ``numpy.broadcast_to``. A loss of each threshold is
    ``binary_cross_entropy(score[:, None] - thresholds, target[:, None] > arange(K - 1), axis=-1)``.

    Thresholds that do not increase, indices out of range, shapes that do not fit and unknown options raise.

    >>> import lossary
    >>> float(lossary.ordinal([0.5], [[-1.0, 1.0]], [1]))
    0.8209037200317182
    >>> lossary.ordinal.gradient([0.5], [[-1.0, 1.0]], [1]).score
    array([0.19511514])
    """
