"""Scores of a forecast: of a distribution by its parameters, of an interval."""

# Made by tools/stubs.py from the definitions; run `make stubs` instead of editing this file.
# mypy: disable-error-code="override, overload-cannot-match"

from typing import Final, Generic, Literal, NamedTuple, Unpack, overload

from lossary.engine.calls import A, Array, Float, Floats, Loss, Options, Parameter, Plain, Reduced, Reduction, T, TotalOptions
from lossary.engine.reduction import Total

class _CrpsGaussianGradient(NamedTuple, Generic[T]):
    mean: T
    scale: T

class _CrpsGaussian(Loss):
    @overload
    def __call__(
        self,
        mean: Plain,
        scale: Plain,
        target: Plain,
        *,
        given: Literal["scale", "log_scale"] = "scale",
        reduction: Literal["none"],
        **options: Unpack[Options],
    ) -> Floats:
        r"""Continuous ranked probability score of a normal distribution (Gneiting et al., 2005).

        .. math:: \sigma \bigl[z\,(2\Phi(z) - 1) + 2\varphi(z) - 1/\sqrt{\pi}\bigr], \quad z = (y - \mu)/\sigma

        The integral of :math:`(F(x) - \mathbf{1}\{y \le x\})^2` over x, in units of the target. It is convex in mean and scale
        together, and strictly proper: best are the true ones. It grows as ``abs(y - μ)`` in the tails, so it bears outliers as the
        absolute error does, which it is for σ → 0. The gradient in μ is -erf(z/√2), in σ 2φ(z) - 1/√π.

        ``given`` says whether σ comes as ``"scale"`` (the default) or ``"log_scale"``. Mean and target are real, σ is positive,
        all of one shape. Shapes that differ, a scale that is not positive and unknown options raise.

        >>> import lossary
        >>> lossary.crps_gaussian([0.0, 0.0], [1.0, 1.0], [0.0, 3.0], reduction="none")
        array([0.23369498, 2.43657473])
        """
    @overload
    def __call__(
        self,
        mean: Plain,
        scale: Plain,
        target: Plain,
        *,
        given: Literal["scale", "log_scale"] = "scale",
        reduction: Reduced = "mean",
        **options: Unpack[Options],
    ) -> Float: ...
    @overload
    def __call__(
        self,
        mean: A,
        scale: A,
        target: A,
        *,
        given: Literal["scale", "log_scale"] = "scale",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def gradient(
        self,
        mean: Plain,
        scale: Plain,
        target: Plain,
        *,
        given: Literal["scale", "log_scale"] = "scale",
        reduction: Reduction = "mean",
        out: tuple[Floats, ...] | None = None,
        **options: Unpack[Options],
    ) -> _CrpsGaussianGradient[Floats]: ...
    @overload
    def gradient(
        self,
        mean: A,
        scale: A,
        target: A,
        *,
        given: Literal["scale", "log_scale"] = "scale",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> _CrpsGaussianGradient[A]: ...
    @overload
    def value_and_gradient(
        self,
        mean: Plain,
        scale: Plain,
        target: Plain,
        *,
        given: Literal["scale", "log_scale"] = "scale",
        reduction: Literal["none"],
        out: tuple[Floats, ...] | None = None,
        **options: Unpack[Options],
    ) -> tuple[Floats, _CrpsGaussianGradient[Floats]]: ...
    @overload
    def value_and_gradient(
        self,
        mean: Plain,
        scale: Plain,
        target: Plain,
        *,
        given: Literal["scale", "log_scale"] = "scale",
        reduction: Reduced = "mean",
        out: tuple[Floats, ...] | None = None,
        **options: Unpack[Options],
    ) -> tuple[Float, _CrpsGaussianGradient[Floats]]: ...
    @overload
    def value_and_gradient(
        self,
        mean: A,
        scale: A,
        target: A,
        *,
        given: Literal["scale", "log_scale"] = "scale",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> tuple[A, _CrpsGaussianGradient[A]]: ...
    @overload
    def curvature(
        self,
        mean: Plain,
        scale: Plain,
        target: Plain,
        *,
        given: Literal["scale", "log_scale"] = "scale",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> _CrpsGaussianGradient[Floats]: ...
    @overload
    def curvature(
        self,
        mean: A,
        scale: A,
        target: A,
        *,
        given: Literal["scale", "log_scale"] = "scale",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> _CrpsGaussianGradient[A]: ...
    def total(
        self,
        mean: Array,
        scale: Array,
        target: Array,
        *,
        given: Literal["scale", "log_scale"] = "scale",
        **options: Unpack[TotalOptions],
    ) -> Total: ...

crps_gaussian: Final[_CrpsGaussian]
r"""Continuous ranked probability score of a normal distribution (Gneiting et al., 2005).

    .. math:: \sigma \bigl[z\,(2\Phi(z) - 1) + 2\varphi(z) - 1/\sqrt{\pi}\bigr], \quad z = (y - \mu)/\sigma

    The integral of :math:`(F(x) - \mathbf{1}\{y \le x\})^2` over x, in units of the target. It is convex in mean and scale
    together, and strictly proper: best are the true ones. It grows as ``abs(y - μ)`` in the tails, so it bears outliers as the
    absolute error does, which it is for σ → 0. The gradient in μ is -erf(z/√2), in σ 2φ(z) - 1/√π.

    ``given`` says whether σ comes as ``"scale"`` (the default) or ``"log_scale"``. Mean and target are real, σ is positive,
    all of one shape. Shapes that differ, a scale that is not positive and unknown options raise.

    >>> import lossary
    >>> lossary.crps_gaussian([0.0, 0.0], [1.0, 1.0], [0.0, 3.0], reduction="none")
    array([0.23369498, 2.43657473])
    """

class _CrpsLaplaceGradient(NamedTuple, Generic[T]):
    location: T
    scale: T

class _CrpsLaplace(Loss):
    @overload
    def __call__(
        self,
        location: Plain,
        scale: Plain,
        target: Plain,
        *,
        given: Literal["scale", "log_scale"] = "scale",
        reduction: Literal["none"],
        **options: Unpack[Options],
    ) -> Floats:
        r"""Continuous ranked probability score of a Laplace distribution: :math:`|y - \mu| + b\,e^{-|y - \mu|/b} - \tfrac34 b`.

        In units of the target (Jordan et al., 2019). It is convex in location and scale together and strictly proper: best are the
        true ones. In the tails it grows as ``abs(y - μ)``, and near y = μ it is quadratic.

        ``given`` says whether the scale b comes as ``"scale"`` (the default) or ``"log_scale"``. Location and target are real, b
        is positive, all of one shape. Shapes that differ, a scale that is not positive and unknown options raise.

        >>> import lossary
        >>> lossary.crps_laplace([0.0, 0.0], [1.0, 1.0], [0.0, 3.0], reduction="none")
        array([0.25      , 2.29978707])
        """
    @overload
    def __call__(
        self,
        location: Plain,
        scale: Plain,
        target: Plain,
        *,
        given: Literal["scale", "log_scale"] = "scale",
        reduction: Reduced = "mean",
        **options: Unpack[Options],
    ) -> Float: ...
    @overload
    def __call__(
        self,
        location: A,
        scale: A,
        target: A,
        *,
        given: Literal["scale", "log_scale"] = "scale",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def gradient(
        self,
        location: Plain,
        scale: Plain,
        target: Plain,
        *,
        given: Literal["scale", "log_scale"] = "scale",
        reduction: Reduction = "mean",
        out: tuple[Floats, ...] | None = None,
        **options: Unpack[Options],
    ) -> _CrpsLaplaceGradient[Floats]: ...
    @overload
    def gradient(
        self,
        location: A,
        scale: A,
        target: A,
        *,
        given: Literal["scale", "log_scale"] = "scale",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> _CrpsLaplaceGradient[A]: ...
    @overload
    def value_and_gradient(
        self,
        location: Plain,
        scale: Plain,
        target: Plain,
        *,
        given: Literal["scale", "log_scale"] = "scale",
        reduction: Literal["none"],
        out: tuple[Floats, ...] | None = None,
        **options: Unpack[Options],
    ) -> tuple[Floats, _CrpsLaplaceGradient[Floats]]: ...
    @overload
    def value_and_gradient(
        self,
        location: Plain,
        scale: Plain,
        target: Plain,
        *,
        given: Literal["scale", "log_scale"] = "scale",
        reduction: Reduced = "mean",
        out: tuple[Floats, ...] | None = None,
        **options: Unpack[Options],
    ) -> tuple[Float, _CrpsLaplaceGradient[Floats]]: ...
    @overload
    def value_and_gradient(
        self,
        location: A,
        scale: A,
        target: A,
        *,
        given: Literal["scale", "log_scale"] = "scale",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> tuple[A, _CrpsLaplaceGradient[A]]: ...
    @overload
    def curvature(
        self,
        location: Plain,
        scale: Plain,
        target: Plain,
        *,
        given: Literal["scale", "log_scale"] = "scale",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> _CrpsLaplaceGradient[Floats]: ...
    @overload
    def curvature(
        self,
        location: A,
        scale: A,
        target: A,
        *,
        given: Literal["scale", "log_scale"] = "scale",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> _CrpsLaplaceGradient[A]: ...
    def total(
        self,
        location: Array,
        scale: Array,
        target: Array,
        *,
        given: Literal["scale", "log_scale"] = "scale",
        **options: Unpack[TotalOptions],
    ) -> Total: ...

crps_laplace: Final[_CrpsLaplace]
r"""Continuous ranked probability score of a Laplace distribution: :math:`|y - \mu| + b\,e^{-|y - \mu|/b} - \tfrac34 b`.

    In units of the target (Jordan et al., 2019). It is convex in location and scale together and strictly proper: best are the
    true ones. In the tails it grows as ``abs(y - μ)``, and near y = μ it is quadratic.

    ``given`` says whether the scale b comes as ``"scale"`` (the default) or ``"log_scale"``. Location and target are real, b
    is positive, all of one shape. Shapes that differ, a scale that is not positive and unknown options raise.

    >>> import lossary
    >>> lossary.crps_laplace([0.0, 0.0], [1.0, 1.0], [0.0, 3.0], reduction="none")
    array([0.25      , 2.29978707])
    """

class _CrpsLogisticGradient(NamedTuple, Generic[T]):
    location: T
    scale: T

class _CrpsLogistic(Loss):
    @overload
    def __call__(
        self,
        location: Plain,
        scale: Plain,
        target: Plain,
        *,
        given: Literal["scale", "log_scale"] = "scale",
        reduction: Literal["none"],
        **options: Unpack[Options],
    ) -> Floats:
        r"""Continuous ranked probability score of a logistic distribution (Taillardat et al., 2016).

        .. math:: |y - \mu| + 2 s \log\bigl(1 + e^{-|y - \mu|/s}\bigr) - s

        In units of the target. It is convex in location and scale together and strictly proper: best are the true ones. In the
        tails it grows as ``abs(y - μ)``. The gradient in μ is -tanh((y - μ)/(2s)).

        ``given`` says whether the scale s comes as ``"scale"`` (the default) or ``"log_scale"``. Location and target are real, s
        is positive, all of one shape. Shapes that differ, a scale that is not positive and unknown options raise.

        >>> import lossary
        >>> lossary.crps_logistic([0.0, 0.0], [1.0, 1.0], [0.0, 3.0], reduction="none")
        array([0.38629436, 2.0971747 ])
        """
    @overload
    def __call__(
        self,
        location: Plain,
        scale: Plain,
        target: Plain,
        *,
        given: Literal["scale", "log_scale"] = "scale",
        reduction: Reduced = "mean",
        **options: Unpack[Options],
    ) -> Float: ...
    @overload
    def __call__(
        self,
        location: A,
        scale: A,
        target: A,
        *,
        given: Literal["scale", "log_scale"] = "scale",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def gradient(
        self,
        location: Plain,
        scale: Plain,
        target: Plain,
        *,
        given: Literal["scale", "log_scale"] = "scale",
        reduction: Reduction = "mean",
        out: tuple[Floats, ...] | None = None,
        **options: Unpack[Options],
    ) -> _CrpsLogisticGradient[Floats]: ...
    @overload
    def gradient(
        self,
        location: A,
        scale: A,
        target: A,
        *,
        given: Literal["scale", "log_scale"] = "scale",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> _CrpsLogisticGradient[A]: ...
    @overload
    def value_and_gradient(
        self,
        location: Plain,
        scale: Plain,
        target: Plain,
        *,
        given: Literal["scale", "log_scale"] = "scale",
        reduction: Literal["none"],
        out: tuple[Floats, ...] | None = None,
        **options: Unpack[Options],
    ) -> tuple[Floats, _CrpsLogisticGradient[Floats]]: ...
    @overload
    def value_and_gradient(
        self,
        location: Plain,
        scale: Plain,
        target: Plain,
        *,
        given: Literal["scale", "log_scale"] = "scale",
        reduction: Reduced = "mean",
        out: tuple[Floats, ...] | None = None,
        **options: Unpack[Options],
    ) -> tuple[Float, _CrpsLogisticGradient[Floats]]: ...
    @overload
    def value_and_gradient(
        self,
        location: A,
        scale: A,
        target: A,
        *,
        given: Literal["scale", "log_scale"] = "scale",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> tuple[A, _CrpsLogisticGradient[A]]: ...
    @overload
    def curvature(
        self,
        location: Plain,
        scale: Plain,
        target: Plain,
        *,
        given: Literal["scale", "log_scale"] = "scale",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> _CrpsLogisticGradient[Floats]: ...
    @overload
    def curvature(
        self,
        location: A,
        scale: A,
        target: A,
        *,
        given: Literal["scale", "log_scale"] = "scale",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> _CrpsLogisticGradient[A]: ...
    def total(
        self,
        location: Array,
        scale: Array,
        target: Array,
        *,
        given: Literal["scale", "log_scale"] = "scale",
        **options: Unpack[TotalOptions],
    ) -> Total: ...

crps_logistic: Final[_CrpsLogistic]
r"""Continuous ranked probability score of a logistic distribution (Taillardat et al., 2016).

    .. math:: |y - \mu| + 2 s \log\bigl(1 + e^{-|y - \mu|/s}\bigr) - s

    In units of the target. It is convex in location and scale together and strictly proper: best are the true ones. In the
    tails it grows as ``abs(y - μ)``. The gradient in μ is -tanh((y - μ)/(2s)).

    ``given`` says whether the scale s comes as ``"scale"`` (the default) or ``"log_scale"``. Location and target are real, s
    is positive, all of one shape. Shapes that differ, a scale that is not positive and unknown options raise.

    >>> import lossary
    >>> lossary.crps_logistic([0.0, 0.0], [1.0, 1.0], [0.0, 3.0], reduction="none")
    array([0.38629436, 2.0971747 ])
    """

class _IntervalScoreGradient(NamedTuple, Generic[T]):
    lower: T
    upper: T

class _IntervalScore(Loss):
    @overload
    def __call__(
        self,
        lower: Plain,
        upper: Plain,
        target: Plain,
        *,
        alpha: Parameter = 0.1,
        reduction: Literal["none"],
        **options: Unpack[Options],
    ) -> Floats:
        r"""Interval score, Winkler's score (Winkler, 1972; Gneiting and Raftery, 2007), of a central prediction interval.

        .. math:: u - l + \frac{2}{\alpha} (l - y)_+ + \frac{2}{\alpha} (y - u)_+

        α is the share of targets outside (0.1 of a 90 % interval). The width is paid for, and each miss 2/α times how far it
        misses. Best are the α/2- and the (1 - α/2)-quantile. It is 2/α times the sum of two :func:`lossary.quantile` losses. The
        slope at a bound that the target meets is that of a target inside.

        Bounds and target are real, of one shape, in units of the score; ``alpha`` is in (0, 1), or an array with one value a
        sample. Bounds that cross are not refused, and cost at least (2/α - 1) times by how much. Shapes that differ and an
        ``alpha`` outside raise.

        >>> import lossary
        >>> lossary.interval_score([1.0, 1.0], [3.0, 3.0], [2.0, 3.5], alpha=0.5, reduction="none")
        array([2., 4.])
        """
    @overload
    def __call__(
        self,
        lower: Plain,
        upper: Plain,
        target: Plain,
        *,
        alpha: Parameter = 0.1,
        reduction: Reduced = "mean",
        **options: Unpack[Options],
    ) -> Float: ...
    @overload
    def __call__(
        self,
        lower: A,
        upper: A,
        target: A,
        *,
        alpha: Parameter = 0.1,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def gradient(
        self,
        lower: Plain,
        upper: Plain,
        target: Plain,
        *,
        alpha: Parameter = 0.1,
        reduction: Reduction = "mean",
        out: tuple[Floats, ...] | None = None,
        **options: Unpack[Options],
    ) -> _IntervalScoreGradient[Floats]: ...
    @overload
    def gradient(
        self,
        lower: A,
        upper: A,
        target: A,
        *,
        alpha: Parameter = 0.1,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> _IntervalScoreGradient[A]: ...
    @overload
    def value_and_gradient(
        self,
        lower: Plain,
        upper: Plain,
        target: Plain,
        *,
        alpha: Parameter = 0.1,
        reduction: Literal["none"],
        out: tuple[Floats, ...] | None = None,
        **options: Unpack[Options],
    ) -> tuple[Floats, _IntervalScoreGradient[Floats]]: ...
    @overload
    def value_and_gradient(
        self,
        lower: Plain,
        upper: Plain,
        target: Plain,
        *,
        alpha: Parameter = 0.1,
        reduction: Reduced = "mean",
        out: tuple[Floats, ...] | None = None,
        **options: Unpack[Options],
    ) -> tuple[Float, _IntervalScoreGradient[Floats]]: ...
    @overload
    def value_and_gradient(
        self,
        lower: A,
        upper: A,
        target: A,
        *,
        alpha: Parameter = 0.1,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> tuple[A, _IntervalScoreGradient[A]]: ...
    @overload
    def curvature(
        self,
        lower: Plain,
        upper: Plain,
        target: Plain,
        *,
        alpha: Parameter = 0.1,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> _IntervalScoreGradient[Floats]: ...
    @overload
    def curvature(
        self,
        lower: A,
        upper: A,
        target: A,
        *,
        alpha: Parameter = 0.1,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> _IntervalScoreGradient[A]: ...
    def total(
        self, lower: Array, upper: Array, target: Array, *, alpha: Parameter = 0.1, **options: Unpack[TotalOptions]
    ) -> Total: ...

interval_score: Final[_IntervalScore]
r"""Interval score, Winkler's score (Winkler, 1972; Gneiting and Raftery, 2007), of a central prediction interval.

    .. math:: u - l + \frac{2}{\alpha} (l - y)_+ + \frac{2}{\alpha} (y - u)_+

    α is the share of targets outside (0.1 of a 90 % interval). The width is paid for, and each miss 2/α times how far it
    misses. Best are the α/2- and the (1 - α/2)-quantile. It is 2/α times the sum of two :func:`lossary.quantile` losses. The
    slope at a bound that the target meets is that of a target inside.

    Bounds and target are real, of one shape, in units of the score; ``alpha`` is in (0, 1), or an array with one value a
    sample. Bounds that cross are not refused, and cost at least (2/α - 1) times by how much. Shapes that differ and an
    ``alpha`` outside raise.

    >>> import lossary
    >>> lossary.interval_score([1.0, 1.0], [3.0, 3.0], [2.0, 3.5], alpha=0.5, reduction="none")
    array([2., 4.])
    """

class _Quantiles(Loss):
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        levels: Parameter | None = None,
        reduction: Literal["none"],
        **options: Unpack[Options],
    ) -> Floats:
        r"""Quantile loss of several quantiles, the mean of their :func:`lossary.quantile` losses (Koenker and Bassett, 1978).

        .. math:: \frac{1}{K} \sum_k \max\bigl(\tau_k (y - q_k), (\tau_k - 1)(y - q_k)\bigr)

        The best constants are the quantiles of the target of the ``levels`` τ. They are K numbers in (0, 1), for all samples or
        for each; by default the middles of K equal steps, (k - ½)/K: then twice the loss of sorted quantiles is their
        :func:`lossary.crps_ensemble`. Many levels approach half the CRPS. Quantiles that cross are not refused.

        The prediction has the levels on its last axis (``axis``), one more than the target has. It is in units of the target; the
        slope at a quantile that the target meets is 0. Levels outside (0, 1) and shapes that do not fit raise.

        >>> import lossary
        >>> lossary.quantiles([[0.0, 1.0, 2.0]], [3.0], levels=(0.1, 0.5, 0.9), reduction="none")
        array([0.73333333])
        """
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        levels: Parameter | None = None,
        reduction: Reduced = "mean",
        **options: Unpack[Options],
    ) -> Float: ...
    @overload
    def __call__(
        self,
        prediction: A,
        target: A,
        *,
        levels: Parameter | None = None,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        levels: Parameter | None = None,
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
        levels: Parameter | None = None,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def value_and_gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        levels: Parameter | None = None,
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
        levels: Parameter | None = None,
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
        levels: Parameter | None = None,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> tuple[A, A]: ...
    @overload
    def curvature(
        self,
        prediction: Plain,
        target: Plain,
        *,
        levels: Parameter | None = None,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def curvature(
        self,
        prediction: A,
        target: A,
        *,
        levels: Parameter | None = None,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    def total(
        self, prediction: Array, target: Array, *, levels: Parameter | None = None, **options: Unpack[TotalOptions]
    ) -> Total: ...

quantiles: Final[_Quantiles]
r"""Quantile loss of several quantiles, the mean of their :func:`lossary.quantile` losses (Koenker and Bassett, 1978).

    .. math:: \frac{1}{K} \sum_k \max\bigl(\tau_k (y - q_k), (\tau_k - 1)(y - q_k)\bigr)

    The best constants are the quantiles of the target of the ``levels`` τ. They are K numbers in (0, 1), for all samples or
    for each; by default the middles of K equal steps, (k - ½)/K: then twice the loss of sorted quantiles is their
    :func:`lossary.crps_ensemble`. Many levels approach half the CRPS. Quantiles that cross are not refused.

    The prediction has the levels on its last axis (``axis``), one more than the target has. It is in units of the target; the
    slope at a quantile that the target meets is 0. Levels outside (0, 1) and shapes that do not fit raise.

    >>> import lossary
    >>> lossary.quantiles([[0.0, 1.0, 2.0]], [3.0], levels=(0.1, 0.5, 0.9), reduction="none")
    array([0.73333333])
    """

class _WeightedIntervalScore(Loss):
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        levels: Parameter | None = None,
        reduction: Literal["none"],
        **options: Unpack[Options],
    ) -> Floats:
        r"""Weighted interval score of a median and K central intervals, given as 2K + 1 quantiles (Bracher et al., 2021).

        .. math:: \frac{1}{K + 1/2} \Bigl( \tfrac12 |y - m| + \sum_k \frac{\alpha_k}{2}
                  \bigl[u_k - l_k + \tfrac{2}{\alpha_k} (l_k - y)_+ + \tfrac{2}{\alpha_k} (y - u_k)_+\bigr] \Bigr)

        That is twice the mean quantile loss, 2 times :func:`lossary.quantiles`, of the ``levels`` α/2, ½ and 1 - α/2; it is
        computed so, and takes any levels in (0, 1), by default the middles of as many equal steps. Many levels approach the CRPS.

        The prediction has the levels on its last axis (``axis``), one more than the target has, in units of the target. Levels
        outside (0, 1) and shapes that do not fit raise.

        >>> import lossary
        >>> lossary.weighted_interval_score([[0.0, 1.0, 2.0]], [3.0], levels=(0.1, 0.5, 0.9), reduction="none")
        array([1.46666667])
        """
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        levels: Parameter | None = None,
        reduction: Reduced = "mean",
        **options: Unpack[Options],
    ) -> Float: ...
    @overload
    def __call__(
        self,
        prediction: A,
        target: A,
        *,
        levels: Parameter | None = None,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        levels: Parameter | None = None,
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
        levels: Parameter | None = None,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def value_and_gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        levels: Parameter | None = None,
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
        levels: Parameter | None = None,
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
        levels: Parameter | None = None,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> tuple[A, A]: ...
    @overload
    def curvature(
        self,
        prediction: Plain,
        target: Plain,
        *,
        levels: Parameter | None = None,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def curvature(
        self,
        prediction: A,
        target: A,
        *,
        levels: Parameter | None = None,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    def total(
        self, prediction: Array, target: Array, *, levels: Parameter | None = None, **options: Unpack[TotalOptions]
    ) -> Total: ...

weighted_interval_score: Final[_WeightedIntervalScore]
r"""Weighted interval score of a median and K central intervals, given as 2K + 1 quantiles (Bracher et al., 2021).

    .. math:: \frac{1}{K + 1/2} \Bigl( \tfrac12 |y - m| + \sum_k \frac{\alpha_k}{2}
              \bigl[u_k - l_k + \tfrac{2}{\alpha_k} (l_k - y)_+ + \tfrac{2}{\alpha_k} (y - u_k)_+\bigr] \Bigr)

    That is twice the mean quantile loss, 2 times :func:`lossary.quantiles`, of the ``levels`` α/2, ½ and 1 - α/2; it is
    computed so, and takes any levels in (0, 1), by default the middles of as many equal steps. Many levels approach the CRPS.

    The prediction has the levels on its last axis (``axis``), one more than the target has, in units of the target. Levels
    outside (0, 1) and shapes that do not fit raise.

    >>> import lossary
    >>> lossary.weighted_interval_score([[0.0, 1.0, 2.0]], [3.0], levels=(0.1, 0.5, 0.9), reduction="none")
    array([1.46666667])
    """
