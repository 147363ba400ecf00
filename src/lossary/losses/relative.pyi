"""Losses of a number relative to the size of the target. Every element is a sample; ``axis=-1`` makes rows samples."""

# Made by tools/stubs.py from the definitions; run `make stubs` instead of editing this file.
# mypy: disable-error-code="override, overload-cannot-match"

from typing import Final, Literal, Unpack, overload

from lossary.engine.calls import A, Array, Float, Floats, Loss, Options, Parameter, Plain, Reduced, Reduction, TotalOptions
from lossary.engine.reduction import Total

class _AbsolutePercentageError(Loss):
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        floor: Parameter = 0.0,
        zero: Literal["inf", "skip", "raise"] = "inf",
        reduction: Literal["none"],
        **options: Unpack[Options],
    ) -> Floats:
        r"""Absolute percentage error, as a fraction: :math:`|\hat y - y| / \max(|y|, f)` (Makridakis, 1993).

        Its mean is MAPE; 100 times that is in percent. A target of 0 costs ∞ unless the prediction is 0 too, which costs nothing:
        ``floor`` f, the least number that is divided by, is 0. scikit-learn's is 2e-16, LightGBM's 1, Keras's 1e-7. With
        ``zero="skip"`` samples whose target is 0 are left out of the mean and of what it is divided by, and with ``"raise"`` they
        raise. The best constant is a median with weights 1/y, so low forecasts look good.

        Prediction and target: any real numbers, of one shape; ``floor`` ≥ 0, in units of the target. Shapes that differ, arrays
        that are not of real numbers, a negative ``floor`` and unknown options raise.

        >>> import lossary
        >>> lossary.absolute_percentage_error([110.0, 1.0], [100.0, 0.0], reduction="none")
        array([0.1, inf])
        """
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        floor: Parameter = 0.0,
        zero: Literal["inf", "skip", "raise"] = "inf",
        reduction: Reduced = "mean",
        **options: Unpack[Options],
    ) -> Float: ...
    @overload
    def __call__(
        self,
        prediction: A,
        target: A,
        *,
        floor: Parameter = 0.0,
        zero: Literal["inf", "skip", "raise"] = "inf",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        floor: Parameter = 0.0,
        zero: Literal["inf", "skip", "raise"] = "inf",
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
        floor: Parameter = 0.0,
        zero: Literal["inf", "skip", "raise"] = "inf",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def value_and_gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        floor: Parameter = 0.0,
        zero: Literal["inf", "skip", "raise"] = "inf",
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
        floor: Parameter = 0.0,
        zero: Literal["inf", "skip", "raise"] = "inf",
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
        floor: Parameter = 0.0,
        zero: Literal["inf", "skip", "raise"] = "inf",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> tuple[A, A]: ...
    @overload
    def curvature(
        self,
        prediction: Plain,
        target: Plain,
        *,
        floor: Parameter = 0.0,
        zero: Literal["inf", "skip", "raise"] = "inf",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def curvature(
        self,
        prediction: A,
        target: A,
        *,
        floor: Parameter = 0.0,
        zero: Literal["inf", "skip", "raise"] = "inf",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    def total(
        self,
        prediction: Array,
        target: Array,
        *,
        floor: Parameter = 0.0,
        zero: Literal["inf", "skip", "raise"] = "inf",
        **options: Unpack[TotalOptions],
    ) -> Total: ...

absolute_percentage_error: Final[_AbsolutePercentageError]
r"""Absolute percentage error, as a fraction: :math:`|\hat y - y| / \max(|y|, f)` (Makridakis, 1993).

    Its mean is MAPE; 100 times that is in percent. A target of 0 costs ∞ unless the prediction is 0 too, which costs nothing:
    ``floor`` f, the least number that is divided by, is 0. scikit-learn's is 2e-16, LightGBM's 1, Keras's 1e-7. With
    ``zero="skip"`` samples whose target is 0 are left out of the mean and of what it is divided by, and with ``"raise"`` they
    raise. The best constant is a median with weights 1/y, so low forecasts look good.

    Prediction and target: any real numbers, of one shape; ``floor`` ≥ 0, in units of the target. Shapes that differ, arrays
    that are not of real numbers, a negative ``floor`` and unknown options raise.

    >>> import lossary
    >>> lossary.absolute_percentage_error([110.0, 1.0], [100.0, 0.0], reduction="none")
    array([0.1, inf])
    """

class _SquaredLogError(Loss):
    @overload
    def __call__(self, prediction: Plain, target: Plain, *, reduction: Literal["none"], **options: Unpack[Options]) -> Floats:
        r"""Squared log error: :math:`\bigl(\log(1 + \hat y) - \log(1 + y)\bigr)^2` (Tofallis, 2015, compares such errors).

        Its mean is the mean squared log error. It weighs ratios of 1 + ŷ and 1 + y, so it suits targets of many magnitudes, and
        half as much costs as much as twice as much. The best constant is the geometric mean of 1 + y, less 1. It keeps its digits
        where ŷ is near y. It is not convex: beyond e·(1 + y) the slope falls.

        Prediction and target: numbers above -1, of one shape. Smaller ones raise, as do shapes that differ, arrays that are not of
        real numbers and unknown options.

        >>> import lossary
        >>> lossary.squared_log_error([1.0, 0.0], [3.0, 0.0], reduction="none")
        array([0.48045301, 0.        ])
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

squared_log_error: Final[_SquaredLogError]
r"""Squared log error: :math:`\bigl(\log(1 + \hat y) - \log(1 + y)\bigr)^2` (Tofallis, 2015, compares such errors).

    Its mean is the mean squared log error. It weighs ratios of 1 + ŷ and 1 + y, so it suits targets of many magnitudes, and
    half as much costs as much as twice as much. The best constant is the geometric mean of 1 + y, less 1. It keeps its digits
    where ŷ is near y. It is not convex: beyond e·(1 + y) the slope falls.

    Prediction and target: numbers above -1, of one shape. Smaller ones raise, as do shapes that differ, arrays that are not of
    real numbers and unknown options.

    >>> import lossary
    >>> lossary.squared_log_error([1.0, 0.0], [3.0, 0.0], reduction="none")
    array([0.48045301, 0.        ])
    """

class _SymmetricPercentageError(Loss):
    @overload
    def __call__(self, prediction: Plain, target: Plain, *, reduction: Literal["none"], **options: Unpack[Options]) -> Floats:
        r"""Symmetric percentage error, as a fraction: :math:`2 |\hat y - y| / (|y| + |\hat y|)` (Makridakis, 1993).

        Its mean is sMAPE, between 0 and 2; some libraries leave out the 2 or multiply by 100. It is 0 where both are 0, and 2
        wherever one of them is 0 or they differ in sign: there its slope is 0, so nothing is learned. It is not convex.

        Prediction and target: any real numbers, of one shape. Shapes that differ, arrays that are not of real numbers and unknown
        options raise.

        >>> import lossary
        >>> lossary.symmetric_percentage_error([1.0, 0.0], [3.0, 0.0], reduction="none")
        array([1., 0.])
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

symmetric_percentage_error: Final[_SymmetricPercentageError]
r"""Symmetric percentage error, as a fraction: :math:`2 |\hat y - y| / (|y| + |\hat y|)` (Makridakis, 1993).

    Its mean is sMAPE, between 0 and 2; some libraries leave out the 2 or multiply by 100. It is 0 where both are 0, and 2
    wherever one of them is 0 or they differ in sign: there its slope is 0, so nothing is learned. It is not convex.

    Prediction and target: any real numbers, of one shape. Shapes that differ, arrays that are not of real numbers and unknown
    options raise.

    >>> import lossary
    >>> lossary.symmetric_percentage_error([1.0, 0.0], [3.0, 0.0], reduction="none")
    array([1., 0.])
    """
