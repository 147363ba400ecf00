"""Losses of a number that weigh outliers little. Every element is a sample; ``axis=-1`` makes rows samples."""

# Made by tools/stubs.py from the definitions; run `make stubs` instead of editing this file.
# mypy: disable-error-code="override, overload-cannot-match"

from typing import Final, Literal, Unpack, overload

from lossary.engine.calls import A, Array, Float, Floats, Loss, Options, Parameter, Plain, Reduced, Reduction, TotalOptions
from lossary.engine.reduction import Total

class _Cauchy(Loss):
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        scale: Parameter = 1.0,
        reduction: Literal["none"],
        **options: Unpack[Options],
    ) -> Floats:
        r"""Cauchy loss, or Lorentzian: :math:`\log\bigl(1 + (r/c)^2/2\bigr)` (Black and Anandan, 1996).

        r is the residual :math:`\hat y - y`, c the ``scale``. It is (r/c)²/2 near 0 and grows like a logarithm: the slope of an
        outlier falls as 2/r. It is the general robust loss at α = 0, and is not convex. A Cauchy distribution's likelihood has
        (r/γ)², so γ² = 2c².

        Prediction and target: any real numbers, of one shape; ``scale`` > 0, in units of the target. Shapes that differ, arrays
        that are not of real numbers, a ``scale`` that is not positive and unknown options raise.

        >>> import lossary
        >>> lossary.cauchy([2.0, 0.0], [0.0, 0.0], reduction="none")
        array([1.09861229, 0.        ])
        """
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        scale: Parameter = 1.0,
        reduction: Reduced = "mean",
        **options: Unpack[Options],
    ) -> Float: ...
    @overload
    def __call__(
        self, prediction: A, target: A, *, scale: Parameter = 1.0, reduction: Reduction = "mean", **options: Unpack[Options]
    ) -> A: ...
    @overload
    def gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        scale: Parameter = 1.0,
        reduction: Reduction = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def gradient(
        self, prediction: A, target: A, *, scale: Parameter = 1.0, reduction: Reduction = "mean", **options: Unpack[Options]
    ) -> A: ...
    @overload
    def value_and_gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        scale: Parameter = 1.0,
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
        scale: Parameter = 1.0,
        reduction: Reduced = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> tuple[Float, Floats]: ...
    @overload
    def value_and_gradient(
        self, prediction: A, target: A, *, scale: Parameter = 1.0, reduction: Reduction = "mean", **options: Unpack[Options]
    ) -> tuple[A, A]: ...
    @overload
    def curvature(
        self,
        prediction: Plain,
        target: Plain,
        *,
        scale: Parameter = 1.0,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def curvature(
        self, prediction: A, target: A, *, scale: Parameter = 1.0, reduction: Reduction = "mean", **options: Unpack[Options]
    ) -> A: ...
    def total(self, prediction: Array, target: Array, *, scale: Parameter = 1.0, **options: Unpack[TotalOptions]) -> Total: ...

cauchy: Final[_Cauchy]
r"""Cauchy loss, or Lorentzian: :math:`\log\bigl(1 + (r/c)^2/2\bigr)` (Black and Anandan, 1996).

    r is the residual :math:`\hat y - y`, c the ``scale``. It is (r/c)²/2 near 0 and grows like a logarithm: the slope of an
    outlier falls as 2/r. It is the general robust loss at α = 0, and is not convex. A Cauchy distribution's likelihood has
    (r/γ)², so γ² = 2c².

    Prediction and target: any real numbers, of one shape; ``scale`` > 0, in units of the target. Shapes that differ, arrays
    that are not of real numbers, a ``scale`` that is not positive and unknown options raise.

    >>> import lossary
    >>> lossary.cauchy([2.0, 0.0], [0.0, 0.0], reduction="none")
    array([1.09861229, 0.        ])
    """

class _Charbonnier(Loss):
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        epsilon: Parameter = 0.001,
        reduction: Literal["none"],
        **options: Unpack[Options],
    ) -> Floats:
        r"""Charbonnier loss of image restoration: :math:`\sqrt{(\hat y - y)^2 + \varepsilon^2}` (Charbonnier et al., 1994).

        A smooth absolute error. It is :func:`lossary.pseudo_huber` with δ = ``epsilon`` ε, divided by δ, plus ε: right predictions
        cost ε, not 0, and far out the slope is 1, not δ. Under the root stands ε², not ε as in some code. The gradient is
        :math:`r/\sqrt{r^2 + \varepsilon^2}`, so outliers weigh as in the absolute error.

        Prediction and target: any real numbers, of one shape; ``epsilon`` ≥ 0, in units of the target. Shapes that differ, arrays
        that are not of real numbers, a negative ``epsilon`` and unknown options raise.

        >>> import lossary
        >>> lossary.charbonnier([3.0, 0.0], [0.0, 0.0], epsilon=4.0, reduction="none")
        array([5., 4.])
        """
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        epsilon: Parameter = 0.001,
        reduction: Reduced = "mean",
        **options: Unpack[Options],
    ) -> Float: ...
    @overload
    def __call__(
        self, prediction: A, target: A, *, epsilon: Parameter = 0.001, reduction: Reduction = "mean", **options: Unpack[Options]
    ) -> A: ...
    @overload
    def gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        epsilon: Parameter = 0.001,
        reduction: Reduction = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def gradient(
        self, prediction: A, target: A, *, epsilon: Parameter = 0.001, reduction: Reduction = "mean", **options: Unpack[Options]
    ) -> A: ...
    @overload
    def value_and_gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        epsilon: Parameter = 0.001,
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
        epsilon: Parameter = 0.001,
        reduction: Reduced = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> tuple[Float, Floats]: ...
    @overload
    def value_and_gradient(
        self, prediction: A, target: A, *, epsilon: Parameter = 0.001, reduction: Reduction = "mean", **options: Unpack[Options]
    ) -> tuple[A, A]: ...
    @overload
    def curvature(
        self,
        prediction: Plain,
        target: Plain,
        *,
        epsilon: Parameter = 0.001,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def curvature(
        self, prediction: A, target: A, *, epsilon: Parameter = 0.001, reduction: Reduction = "mean", **options: Unpack[Options]
    ) -> A: ...
    def total(
        self, prediction: Array, target: Array, *, epsilon: Parameter = 0.001, **options: Unpack[TotalOptions]
    ) -> Total: ...

charbonnier: Final[_Charbonnier]
r"""Charbonnier loss of image restoration: :math:`\sqrt{(\hat y - y)^2 + \varepsilon^2}` (Charbonnier et al., 1994).

    A smooth absolute error. It is :func:`lossary.pseudo_huber` with δ = ``epsilon`` ε, divided by δ, plus ε: right predictions
    cost ε, not 0, and far out the slope is 1, not δ. Under the root stands ε², not ε as in some code. The gradient is
    :math:`r/\sqrt{r^2 + \varepsilon^2}`, so outliers weigh as in the absolute error.

    Prediction and target: any real numbers, of one shape; ``epsilon`` ≥ 0, in units of the target. Shapes that differ, arrays
    that are not of real numbers, a negative ``epsilon`` and unknown options raise.

    >>> import lossary
    >>> lossary.charbonnier([3.0, 0.0], [0.0, 0.0], epsilon=4.0, reduction="none")
    array([5., 4.])
    """

class _Fair(Loss):
    @overload
    def __call__(
        self, prediction: Plain, target: Plain, *, c: Parameter = 1.0, reduction: Literal["none"], **options: Unpack[Options]
    ) -> Floats:
        r"""Fair's loss: :math:`c^2 \bigl(|r|/c - \log(1 + |r|/c)\bigr)` (Fair, 1974).

        r is the residual :math:`\hat y - y`. It is r²/2 near 0, exact there, and nearly c·|r| far out; the gradient is
        :math:`c\,r/(|r| + c)`, so outliers weigh as in the absolute error. It is convex, with a continuous curvature.

        Prediction and target: any real numbers, of one shape; ``c`` > 0, in units of the target. Shapes that differ, arrays that
        are not of real numbers, a ``c`` that is not positive and unknown options raise.

        >>> import lossary
        >>> lossary.fair([1.0, 1e-6], [0.0, 0.0], reduction="none")
        array([3.06852819e-01, 4.99999667e-13])
        """
    @overload
    def __call__(
        self, prediction: Plain, target: Plain, *, c: Parameter = 1.0, reduction: Reduced = "mean", **options: Unpack[Options]
    ) -> Float: ...
    @overload
    def __call__(
        self, prediction: A, target: A, *, c: Parameter = 1.0, reduction: Reduction = "mean", **options: Unpack[Options]
    ) -> A: ...
    @overload
    def gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        c: Parameter = 1.0,
        reduction: Reduction = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def gradient(
        self, prediction: A, target: A, *, c: Parameter = 1.0, reduction: Reduction = "mean", **options: Unpack[Options]
    ) -> A: ...
    @overload
    def value_and_gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        c: Parameter = 1.0,
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
        c: Parameter = 1.0,
        reduction: Reduced = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> tuple[Float, Floats]: ...
    @overload
    def value_and_gradient(
        self, prediction: A, target: A, *, c: Parameter = 1.0, reduction: Reduction = "mean", **options: Unpack[Options]
    ) -> tuple[A, A]: ...
    @overload
    def curvature(
        self, prediction: Plain, target: Plain, *, c: Parameter = 1.0, reduction: Reduction = "mean", **options: Unpack[Options]
    ) -> Floats: ...
    @overload
    def curvature(
        self, prediction: A, target: A, *, c: Parameter = 1.0, reduction: Reduction = "mean", **options: Unpack[Options]
    ) -> A: ...
    def total(self, prediction: Array, target: Array, *, c: Parameter = 1.0, **options: Unpack[TotalOptions]) -> Total: ...

fair: Final[_Fair]
r"""Fair's loss: :math:`c^2 \bigl(|r|/c - \log(1 + |r|/c)\bigr)` (Fair, 1974).

    r is the residual :math:`\hat y - y`. It is r²/2 near 0, exact there, and nearly c·|r| far out; the gradient is
    :math:`c\,r/(|r| + c)`, so outliers weigh as in the absolute error. It is convex, with a continuous curvature.

    Prediction and target: any real numbers, of one shape; ``c`` > 0, in units of the target. Shapes that differ, arrays that
    are not of real numbers, a ``c`` that is not positive and unknown options raise.

    >>> import lossary
    >>> lossary.fair([1.0, 1e-6], [0.0, 0.0], reduction="none")
    array([3.06852819e-01, 4.99999667e-13])
    """

class _GemanMcclure(Loss):
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        scale: Parameter = 1.0,
        reduction: Literal["none"],
        **options: Unpack[Options],
    ) -> Floats:
        r"""Geman–McClure loss: :math:`\dfrac{2 (r/c)^2}{(r/c)^2 + 4}` (Geman and McClure, 1985).

        r is the residual :math:`\hat y - y`, c the ``scale``. It is (r/c)²/2 near 0 and tends to 2: an outlier's slope falls as
        16c²/r³. It is the general robust loss at α = -2, and is not convex.

        Prediction and target: any real numbers, of one shape; ``scale`` > 0, in units of the target. Shapes that differ, arrays
        that are not of real numbers, a ``scale`` that is not positive and unknown options raise.

        >>> import lossary
        >>> lossary.geman_mcclure([2.0, 100.0], [0.0, 0.0], reduction="none")
        array([1.        , 1.99920032])
        """
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        scale: Parameter = 1.0,
        reduction: Reduced = "mean",
        **options: Unpack[Options],
    ) -> Float: ...
    @overload
    def __call__(
        self, prediction: A, target: A, *, scale: Parameter = 1.0, reduction: Reduction = "mean", **options: Unpack[Options]
    ) -> A: ...
    @overload
    def gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        scale: Parameter = 1.0,
        reduction: Reduction = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def gradient(
        self, prediction: A, target: A, *, scale: Parameter = 1.0, reduction: Reduction = "mean", **options: Unpack[Options]
    ) -> A: ...
    @overload
    def value_and_gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        scale: Parameter = 1.0,
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
        scale: Parameter = 1.0,
        reduction: Reduced = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> tuple[Float, Floats]: ...
    @overload
    def value_and_gradient(
        self, prediction: A, target: A, *, scale: Parameter = 1.0, reduction: Reduction = "mean", **options: Unpack[Options]
    ) -> tuple[A, A]: ...
    @overload
    def curvature(
        self,
        prediction: Plain,
        target: Plain,
        *,
        scale: Parameter = 1.0,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def curvature(
        self, prediction: A, target: A, *, scale: Parameter = 1.0, reduction: Reduction = "mean", **options: Unpack[Options]
    ) -> A: ...
    def total(self, prediction: Array, target: Array, *, scale: Parameter = 1.0, **options: Unpack[TotalOptions]) -> Total: ...

geman_mcclure: Final[_GemanMcclure]
r"""Geman–McClure loss: :math:`\dfrac{2 (r/c)^2}{(r/c)^2 + 4}` (Geman and McClure, 1985).

    r is the residual :math:`\hat y - y`, c the ``scale``. It is (r/c)²/2 near 0 and tends to 2: an outlier's slope falls as
    16c²/r³. It is the general robust loss at α = -2, and is not convex.

    Prediction and target: any real numbers, of one shape; ``scale`` > 0, in units of the target. Shapes that differ, arrays
    that are not of real numbers, a ``scale`` that is not positive and unknown options raise.

    >>> import lossary
    >>> lossary.geman_mcclure([2.0, 100.0], [0.0, 0.0], reduction="none")
    array([1.        , 1.99920032])
    """

class _GeneralRobust(Loss):
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        alpha: Parameter = 1.0,
        scale: Parameter = 1.0,
        reduction: Literal["none"],
        **options: Unpack[Options],
    ) -> Floats:
        r"""General robust loss (Barron, 2019), of which half the squared error, pseudo-Huber, Cauchy and Welsch are cases.

        .. math:: \frac{|\alpha - 2|}{\alpha} \biggl(\Bigl(\frac{(r/c)^2}{|\alpha - 2|} + 1\Bigr)^{\alpha/2} - 1\biggr)

        r is the residual :math:`\hat y - y`, c the ``scale``: for r small beside it, the loss is (r/c)²/2. ``alpha`` says how much
        outliers weigh: 2 is the squared error, 1 the pseudo-Huber loss, 0 :func:`lossary.cauchy`, -2
        :func:`lossary.geman_mcclure`, and -∞ :func:`lossary.welsch`; it is continuous through all of these. Below 1 it is not
        convex, and below 0 bounded. Both may be learned, ``alpha`` from below 2, where its slope is infinite; as a likelihood it
        then lacks its normaliser.

        Prediction and target: any real numbers, of one shape; ``alpha`` ≤ 2, ``scale`` > 0 in units of the target. Shapes that
        differ, arrays that are not of real numbers, parameters outside these ranges and unknown options raise.

        >>> import lossary
        >>> lossary.general_robust([0.1, 100.0], [0.0, 0.0], alpha=-2.0, reduction="none")
        array([0.00498753, 1.99920032])
        """
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        alpha: Parameter = 1.0,
        scale: Parameter = 1.0,
        reduction: Reduced = "mean",
        **options: Unpack[Options],
    ) -> Float: ...
    @overload
    def __call__(
        self,
        prediction: A,
        target: A,
        *,
        alpha: Parameter = 1.0,
        scale: Parameter = 1.0,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        alpha: Parameter = 1.0,
        scale: Parameter = 1.0,
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
        alpha: Parameter = 1.0,
        scale: Parameter = 1.0,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def value_and_gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        alpha: Parameter = 1.0,
        scale: Parameter = 1.0,
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
        alpha: Parameter = 1.0,
        scale: Parameter = 1.0,
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
        alpha: Parameter = 1.0,
        scale: Parameter = 1.0,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> tuple[A, A]: ...
    @overload
    def curvature(
        self,
        prediction: Plain,
        target: Plain,
        *,
        alpha: Parameter = 1.0,
        scale: Parameter = 1.0,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def curvature(
        self,
        prediction: A,
        target: A,
        *,
        alpha: Parameter = 1.0,
        scale: Parameter = 1.0,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    def total(
        self,
        prediction: Array,
        target: Array,
        *,
        alpha: Parameter = 1.0,
        scale: Parameter = 1.0,
        **options: Unpack[TotalOptions],
    ) -> Total: ...

general_robust: Final[_GeneralRobust]
r"""General robust loss (Barron, 2019), of which half the squared error, pseudo-Huber, Cauchy and Welsch are cases.

    .. math:: \frac{|\alpha - 2|}{\alpha} \biggl(\Bigl(\frac{(r/c)^2}{|\alpha - 2|} + 1\Bigr)^{\alpha/2} - 1\biggr)

    r is the residual :math:`\hat y - y`, c the ``scale``: for r small beside it, the loss is (r/c)²/2. ``alpha`` says how much
    outliers weigh: 2 is the squared error, 1 the pseudo-Huber loss, 0 :func:`lossary.cauchy`, -2
    :func:`lossary.geman_mcclure`, and -∞ :func:`lossary.welsch`; it is continuous through all of these. Below 1 it is not
    convex, and below 0 bounded. Both may be learned, ``alpha`` from below 2, where its slope is infinite; as a likelihood it
    then lacks its normaliser.

    Prediction and target: any real numbers, of one shape; ``alpha`` ≤ 2, ``scale`` > 0 in units of the target. Shapes that
    differ, arrays that are not of real numbers, parameters outside these ranges and unknown options raise.

    >>> import lossary
    >>> lossary.general_robust([0.1, 100.0], [0.0, 0.0], alpha=-2.0, reduction="none")
    array([0.00498753, 1.99920032])
    """

class _Tukey(Loss):
    @overload
    def __call__(
        self, prediction: Plain, target: Plain, *, c: Parameter = 4.685, reduction: Literal["none"], **options: Unpack[Options]
    ) -> Floats:
        r"""Tukey's biweight (Beaton and Tukey, 1974): outliers beyond ``c`` have no weight at all.

        .. math:: \begin{cases} \frac{c^2}{6} \bigl(1 - (1 - (r/c)^2)^3\bigr) & |r| \le c \\ c^2/6 & \text{otherwise} \end{cases}

        r is the residual :math:`\hat y - y`. It is r²/2 near 0, exact there; the gradient is :math:`r (1 - (r/c)^2)^2` up to c, 0
        beyond. The default has 95 % of the efficiency of the mean for normal residuals of standard deviation 1: divide by
        theirs first. It is not convex.

        Prediction and target: any real numbers, of one shape; ``c`` > 0, in units of the target. Shapes that differ, arrays that
        are not of real numbers, a ``c`` that is not positive and unknown options raise.

        >>> import lossary
        >>> lossary.tukey([1.0, 5.0], [0.0, 0.0], c=2.0, reduction="none")
        array([0.38541667, 0.66666667])
        """
    @overload
    def __call__(
        self, prediction: Plain, target: Plain, *, c: Parameter = 4.685, reduction: Reduced = "mean", **options: Unpack[Options]
    ) -> Float: ...
    @overload
    def __call__(
        self, prediction: A, target: A, *, c: Parameter = 4.685, reduction: Reduction = "mean", **options: Unpack[Options]
    ) -> A: ...
    @overload
    def gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        c: Parameter = 4.685,
        reduction: Reduction = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def gradient(
        self, prediction: A, target: A, *, c: Parameter = 4.685, reduction: Reduction = "mean", **options: Unpack[Options]
    ) -> A: ...
    @overload
    def value_and_gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        c: Parameter = 4.685,
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
        c: Parameter = 4.685,
        reduction: Reduced = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> tuple[Float, Floats]: ...
    @overload
    def value_and_gradient(
        self, prediction: A, target: A, *, c: Parameter = 4.685, reduction: Reduction = "mean", **options: Unpack[Options]
    ) -> tuple[A, A]: ...
    @overload
    def curvature(
        self,
        prediction: Plain,
        target: Plain,
        *,
        c: Parameter = 4.685,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def curvature(
        self, prediction: A, target: A, *, c: Parameter = 4.685, reduction: Reduction = "mean", **options: Unpack[Options]
    ) -> A: ...
    def total(self, prediction: Array, target: Array, *, c: Parameter = 4.685, **options: Unpack[TotalOptions]) -> Total: ...

tukey: Final[_Tukey]
r"""Tukey's biweight (Beaton and Tukey, 1974): outliers beyond ``c`` have no weight at all.

    .. math:: \begin{cases} \frac{c^2}{6} \bigl(1 - (1 - (r/c)^2)^3\bigr) & |r| \le c \\ c^2/6 & \text{otherwise} \end{cases}

    r is the residual :math:`\hat y - y`. It is r²/2 near 0, exact there; the gradient is :math:`r (1 - (r/c)^2)^2` up to c, 0
    beyond. The default has 95 % of the efficiency of the mean for normal residuals of standard deviation 1: divide by
    theirs first. It is not convex.

    Prediction and target: any real numbers, of one shape; ``c`` > 0, in units of the target. Shapes that differ, arrays that
    are not of real numbers, a ``c`` that is not positive and unknown options raise.

    >>> import lossary
    >>> lossary.tukey([1.0, 5.0], [0.0, 0.0], c=2.0, reduction="none")
    array([0.38541667, 0.66666667])
    """

class _Welsch(Loss):
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        scale: Parameter = 1.0,
        reduction: Literal["none"],
        **options: Unpack[Options],
    ) -> Floats:
        r"""Welsch loss, or Leclerc: :math:`1 - e^{-(r/c)^2/2}` (Dennis and Welsch, 1978).

        r is the residual :math:`\hat y - y`, c the ``scale``. It is (r/c)²/2 near 0, exact there, and at most 1: outliers beyond
        some 4c have no slope. It is the general robust loss as α → -∞, and is not convex.

        Prediction and target: any real numbers, of one shape; ``scale`` > 0, in units of the target. Shapes that differ, arrays
        that are not of real numbers, a ``scale`` that is not positive and unknown options raise.

        >>> import lossary
        >>> lossary.welsch([1.0, 100.0], [0.0, 0.0], reduction="none")
        array([0.39346934, 1.        ])
        """
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        scale: Parameter = 1.0,
        reduction: Reduced = "mean",
        **options: Unpack[Options],
    ) -> Float: ...
    @overload
    def __call__(
        self, prediction: A, target: A, *, scale: Parameter = 1.0, reduction: Reduction = "mean", **options: Unpack[Options]
    ) -> A: ...
    @overload
    def gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        scale: Parameter = 1.0,
        reduction: Reduction = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def gradient(
        self, prediction: A, target: A, *, scale: Parameter = 1.0, reduction: Reduction = "mean", **options: Unpack[Options]
    ) -> A: ...
    @overload
    def value_and_gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        scale: Parameter = 1.0,
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
        scale: Parameter = 1.0,
        reduction: Reduced = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> tuple[Float, Floats]: ...
    @overload
    def value_and_gradient(
        self, prediction: A, target: A, *, scale: Parameter = 1.0, reduction: Reduction = "mean", **options: Unpack[Options]
    ) -> tuple[A, A]: ...
    @overload
    def curvature(
        self,
        prediction: Plain,
        target: Plain,
        *,
        scale: Parameter = 1.0,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def curvature(
        self, prediction: A, target: A, *, scale: Parameter = 1.0, reduction: Reduction = "mean", **options: Unpack[Options]
    ) -> A: ...
    def total(self, prediction: Array, target: Array, *, scale: Parameter = 1.0, **options: Unpack[TotalOptions]) -> Total: ...

welsch: Final[_Welsch]
r"""Welsch loss, or Leclerc: :math:`1 - e^{-(r/c)^2/2}` (Dennis and Welsch, 1978).

    r is the residual :math:`\hat y - y`, c the ``scale``. It is (r/c)²/2 near 0, exact there, and at most 1: outliers beyond
    some 4c have no slope. It is the general robust loss as α → -∞, and is not convex.

    Prediction and target: any real numbers, of one shape; ``scale`` > 0, in units of the target. Shapes that differ, arrays
    that are not of real numbers, a ``scale`` that is not positive and unknown options raise.

    >>> import lossary
    >>> lossary.welsch([1.0, 100.0], [0.0, 0.0], reduction="none")
    array([0.39346934, 1.        ])
    """

class _Wing(Loss):
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        width: Parameter = 10.0,
        curvature: Parameter = 2.0,
        reduction: Literal["none"],
        **options: Unpack[Options],
    ) -> Floats:
        r"""Wing loss of landmarks (Feng et al., 2018): a logarithm near zero, so that small residuals keep a large slope.

        .. math:: \begin{cases} w \log(1 + |r|/\varepsilon) & |r| < w \\ |r| - w + w \log(1 + w/\varepsilon) & \text{otherwise}
                  \end{cases}

        r is the residual :math:`\hat y - y`, w the ``width`` and ε the ``curvature``. The slope is w/ε near 0, falls to w/(w + ε),
        and is 1 beyond w, so outliers weigh as in the absolute error. It is not convex.

        Prediction and target: any real numbers, of one shape; ``width`` and ``curvature`` > 0, in units of the target. Shapes that
        differ, arrays that are not of real numbers, parameters that are not positive and unknown options raise.

        >>> import lossary
        >>> lossary.wing([2.0, 20.0], [0.0, 0.0], reduction="none")
        array([ 6.93147181, 27.91759469])
        """
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        width: Parameter = 10.0,
        curvature: Parameter = 2.0,
        reduction: Reduced = "mean",
        **options: Unpack[Options],
    ) -> Float: ...
    @overload
    def __call__(
        self,
        prediction: A,
        target: A,
        *,
        width: Parameter = 10.0,
        curvature: Parameter = 2.0,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        width: Parameter = 10.0,
        curvature: Parameter = 2.0,
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
        width: Parameter = 10.0,
        curvature: Parameter = 2.0,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def value_and_gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        width: Parameter = 10.0,
        curvature: Parameter = 2.0,
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
        width: Parameter = 10.0,
        curvature: Parameter = 2.0,
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
        width: Parameter = 10.0,
        curvature: Parameter = 2.0,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> tuple[A, A]: ...
    @overload
    def curvature(
        self,
        prediction: Plain,
        target: Plain,
        *,
        width: Parameter = 10.0,
        curvature: Parameter = 2.0,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def curvature(
        self,
        prediction: A,
        target: A,
        *,
        width: Parameter = 10.0,
        curvature: Parameter = 2.0,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    def total(
        self,
        prediction: Array,
        target: Array,
        *,
        width: Parameter = 10.0,
        curvature: Parameter = 2.0,
        **options: Unpack[TotalOptions],
    ) -> Total: ...

wing: Final[_Wing]
r"""Wing loss of landmarks (Feng et al., 2018): a logarithm near zero, so that small residuals keep a large slope.

    .. math:: \begin{cases} w \log(1 + |r|/\varepsilon) & |r| < w \\ |r| - w + w \log(1 + w/\varepsilon) & \text{otherwise}
              \end{cases}

    r is the residual :math:`\hat y - y`, w the ``width`` and ε the ``curvature``. The slope is w/ε near 0, falls to w/(w + ε),
    and is 1 beyond w, so outliers weigh as in the absolute error. It is not convex.

    Prediction and target: any real numbers, of one shape; ``width`` and ``curvature`` > 0, in units of the target. Shapes that
    differ, arrays that are not of real numbers, parameters that are not positive and unknown options raise.

    >>> import lossary
    >>> lossary.wing([2.0, 20.0], [0.0, 0.0], reduction="none")
    array([ 6.93147181, 27.91759469])
    """
