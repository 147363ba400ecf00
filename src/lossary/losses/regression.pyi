"""Losses of a number predicted and a number observed. Every element is a sample; ``axis=-1`` makes rows samples."""

# Made by tools/stubs.py from the definitions; run `make stubs` instead of editing this file.
# mypy: disable-error-code="override, overload-cannot-match"

from typing import Final, Literal, Unpack, overload

from lossary.engine.calls import A, Array, Float, Floats, Loss, Options, Parameter, Plain, Reduced, Reduction, TotalOptions
from lossary.engine.reduction import Total

class _AbsoluteError(Loss):
    @overload
    def __call__(self, prediction: Plain, target: Plain, *, reduction: Literal["none"], **options: Unpack[Options]) -> Floats:
        r"""Absolute error, the L1 loss: :math:`|\hat y - y|` (Boscovich, 1757; Laplace, 1774).

        Its mean is the mean absolute error. The constant with the least absolute error is the median of the target, so single
        outliers hardly move it. The gradient is the sign of the residual, and 0 where the residual is 0.

        Prediction and target: any real numbers, of one shape. The loss is in units of the target. Shapes that differ, arrays
        that are not of real numbers and unknown options raise.

        >>> import lossary
        >>> float(lossary.absolute_error([2.5, 0.0, 2.0], [3.0, -0.5, 2.0]))
        0.3333333333333333
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

absolute_error: Final[_AbsoluteError]
r"""Absolute error, the L1 loss: :math:`|\hat y - y|` (Boscovich, 1757; Laplace, 1774).

    Its mean is the mean absolute error. The constant with the least absolute error is the median of the target, so single
    outliers hardly move it. The gradient is the sign of the residual, and 0 where the residual is 0.

    Prediction and target: any real numbers, of one shape. The loss is in units of the target. Shapes that differ, arrays
    that are not of real numbers and unknown options raise.

    >>> import lossary
    >>> float(lossary.absolute_error([2.5, 0.0, 2.0], [3.0, -0.5, 2.0]))
    0.3333333333333333
    """

class _Huber(Loss):
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        delta: Parameter = 1.0,
        reduction: Literal["none"],
        **options: Unpack[Options],
    ) -> Floats:
        r"""Huber's loss (Huber, 1964): quadratic near zero, linear beyond ``delta``.

        .. math:: \begin{cases} (\hat y - y)^2 / 2 & |\hat y - y| \le \delta \\ \delta\,(|\hat y - y| - \delta/2) & \text{otherwise}
                  \end{cases}

        The gradient is the residual, held within ±δ: small errors are treated as by the squared error, large ones as by the
        absolute error. Its minimiser lies between the mean (δ → ∞) and the median (δ → 0) of the target.

        Prediction and target: any real numbers, of one shape; ``delta`` > 0, in units of the target. Shapes that differ, arrays
        that are not of real numbers, a ``delta`` that is not positive and unknown options raise.

        >>> import lossary
        >>> lossary.huber([0.5, 3.0], [0.0, 0.0], delta=1.0, reduction="none")
        array([0.125, 2.5  ])
        """
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        delta: Parameter = 1.0,
        reduction: Reduced = "mean",
        **options: Unpack[Options],
    ) -> Float: ...
    @overload
    def __call__(
        self, prediction: A, target: A, *, delta: Parameter = 1.0, reduction: Reduction = "mean", **options: Unpack[Options]
    ) -> A: ...
    @overload
    def gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        delta: Parameter = 1.0,
        reduction: Reduction = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def gradient(
        self, prediction: A, target: A, *, delta: Parameter = 1.0, reduction: Reduction = "mean", **options: Unpack[Options]
    ) -> A: ...
    @overload
    def value_and_gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        delta: Parameter = 1.0,
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
        delta: Parameter = 1.0,
        reduction: Reduced = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> tuple[Float, Floats]: ...
    @overload
    def value_and_gradient(
        self, prediction: A, target: A, *, delta: Parameter = 1.0, reduction: Reduction = "mean", **options: Unpack[Options]
    ) -> tuple[A, A]: ...
    @overload
    def curvature(
        self,
        prediction: Plain,
        target: Plain,
        *,
        delta: Parameter = 1.0,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def curvature(
        self, prediction: A, target: A, *, delta: Parameter = 1.0, reduction: Reduction = "mean", **options: Unpack[Options]
    ) -> A: ...
    def total(self, prediction: Array, target: Array, *, delta: Parameter = 1.0, **options: Unpack[TotalOptions]) -> Total: ...

huber: Final[_Huber]
r"""Huber's loss (Huber, 1964): quadratic near zero, linear beyond ``delta``.

    .. math:: \begin{cases} (\hat y - y)^2 / 2 & |\hat y - y| \le \delta \\ \delta\,(|\hat y - y| - \delta/2) & \text{otherwise}
              \end{cases}

    The gradient is the residual, held within ±δ: small errors are treated as by the squared error, large ones as by the
    absolute error. Its minimiser lies between the mean (δ → ∞) and the median (δ → 0) of the target.

    Prediction and target: any real numbers, of one shape; ``delta`` > 0, in units of the target. Shapes that differ, arrays
    that are not of real numbers, a ``delta`` that is not positive and unknown options raise.

    >>> import lossary
    >>> lossary.huber([0.5, 3.0], [0.0, 0.0], delta=1.0, reduction="none")
    array([0.125, 2.5  ])
    """

class _SquaredError(Loss):
    @overload
    def __call__(self, prediction: Plain, target: Plain, *, reduction: Literal["none"], **options: Unpack[Options]) -> Floats:
        r"""Squared error, the L2 loss: :math:`(\hat y - y)^2` (Legendre, 1805; Gauss, 1809).

        Its mean is the mean squared error. The constant with the least squared error is the mean of the target. There is no factor
        ½: the gradient is :math:`2(\hat y - y)`.

        Prediction and target: any real numbers, of one shape. The loss is in squared units of the target. Shapes that differ,
        arrays that are not of real numbers and unknown options raise.

        >>> import lossary
        >>> float(lossary.squared_error([2.5, 0.0, 2.0], [3.0, -0.5, 2.0]))
        0.16666666666666666
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

squared_error: Final[_SquaredError]
r"""Squared error, the L2 loss: :math:`(\hat y - y)^2` (Legendre, 1805; Gauss, 1809).

    Its mean is the mean squared error. The constant with the least squared error is the mean of the target. There is no factor
    ½: the gradient is :math:`2(\hat y - y)`.

    Prediction and target: any real numbers, of one shape. The loss is in squared units of the target. Shapes that differ,
    arrays that are not of real numbers and unknown options raise.

    >>> import lossary
    >>> float(lossary.squared_error([2.5, 0.0, 2.0], [3.0, -0.5, 2.0]))
    0.16666666666666666
    """
