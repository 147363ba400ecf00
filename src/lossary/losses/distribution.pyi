"""Negative log-likelihoods of distributions of a number, by their parameters."""

# Made by tools/stubs.py from the definitions; run `make stubs` instead of editing this file.
# mypy: disable-error-code="override, overload-cannot-match"

from typing import Final, Generic, Literal, NamedTuple, Unpack, overload

from lossary.engine.calls import A, Array, Float, Floats, Loss, Options, Parameter, Plain, Reduced, Reduction, T, TotalOptions
from lossary.engine.reduction import Total

class _BetaGaussianGradient(NamedTuple, Generic[T]):
    mean: T
    variance: T

class _BetaGaussian(Loss):
    @overload
    def __call__(
        self,
        mean: Plain,
        variance: Plain,
        target: Plain,
        *,
        beta: Parameter = 0.5,
        given: Literal["variance", "scale", "log_variance", "log_scale"] = "variance",
        reduction: Literal["none"],
        **options: Unpack[Options],
    ) -> Floats:
        r"""β-NLL (Seitzer et al., 2022): :func:`lossary.gaussian`, each sample weighed by its variance, as a constant.

        .. math:: \operatorname{sg}(v^\beta) \cdot \tfrac12 \bigl(\log v + (y - \mu)^2 / v\bigr)

        The weight counters that a sample with a large variance hardly moves the mean: ``beta`` = 0 is :func:`lossary.gaussian`, at
        β = 1 the gradient in the mean is that of half the squared error. sg: no gradient goes through the weight, so the gradient
        is not the slope of the value, and curvatures are those of the weighted likelihood. The best constants stay mean and
        variance.

        ``given``, domains, shapes, the dropped constant and what raises are those of :func:`lossary.gaussian`; ``beta`` is not
        negative, and else raises.

        >>> import lossary
        >>> lossary.beta_gaussian.gradient([1.0], [4.0], [2.0], beta=1.0)
        Gradient(mean=array([-1.]), variance=array([0.375]))
        """
    @overload
    def __call__(
        self,
        mean: Plain,
        variance: Plain,
        target: Plain,
        *,
        beta: Parameter = 0.5,
        given: Literal["variance", "scale", "log_variance", "log_scale"] = "variance",
        reduction: Reduced = "mean",
        **options: Unpack[Options],
    ) -> Float: ...
    @overload
    def __call__(
        self,
        mean: A,
        variance: A,
        target: A,
        *,
        beta: Parameter = 0.5,
        given: Literal["variance", "scale", "log_variance", "log_scale"] = "variance",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def gradient(
        self,
        mean: Plain,
        variance: Plain,
        target: Plain,
        *,
        beta: Parameter = 0.5,
        given: Literal["variance", "scale", "log_variance", "log_scale"] = "variance",
        reduction: Reduction = "mean",
        out: tuple[Floats, ...] | None = None,
        **options: Unpack[Options],
    ) -> _BetaGaussianGradient[Floats]: ...
    @overload
    def gradient(
        self,
        mean: A,
        variance: A,
        target: A,
        *,
        beta: Parameter = 0.5,
        given: Literal["variance", "scale", "log_variance", "log_scale"] = "variance",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> _BetaGaussianGradient[A]: ...
    @overload
    def value_and_gradient(
        self,
        mean: Plain,
        variance: Plain,
        target: Plain,
        *,
        beta: Parameter = 0.5,
        given: Literal["variance", "scale", "log_variance", "log_scale"] = "variance",
        reduction: Literal["none"],
        out: tuple[Floats, ...] | None = None,
        **options: Unpack[Options],
    ) -> tuple[Floats, _BetaGaussianGradient[Floats]]: ...
    @overload
    def value_and_gradient(
        self,
        mean: Plain,
        variance: Plain,
        target: Plain,
        *,
        beta: Parameter = 0.5,
        given: Literal["variance", "scale", "log_variance", "log_scale"] = "variance",
        reduction: Reduced = "mean",
        out: tuple[Floats, ...] | None = None,
        **options: Unpack[Options],
    ) -> tuple[Float, _BetaGaussianGradient[Floats]]: ...
    @overload
    def value_and_gradient(
        self,
        mean: A,
        variance: A,
        target: A,
        *,
        beta: Parameter = 0.5,
        given: Literal["variance", "scale", "log_variance", "log_scale"] = "variance",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> tuple[A, _BetaGaussianGradient[A]]: ...
    @overload
    def curvature(
        self,
        mean: Plain,
        variance: Plain,
        target: Plain,
        *,
        beta: Parameter = 0.5,
        given: Literal["variance", "scale", "log_variance", "log_scale"] = "variance",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> _BetaGaussianGradient[Floats]: ...
    @overload
    def curvature(
        self,
        mean: A,
        variance: A,
        target: A,
        *,
        beta: Parameter = 0.5,
        given: Literal["variance", "scale", "log_variance", "log_scale"] = "variance",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> _BetaGaussianGradient[A]: ...
    def total(
        self,
        mean: Array,
        variance: Array,
        target: Array,
        *,
        beta: Parameter = 0.5,
        given: Literal["variance", "scale", "log_variance", "log_scale"] = "variance",
        **options: Unpack[TotalOptions],
    ) -> Total: ...

beta_gaussian: Final[_BetaGaussian]
r"""β-NLL (Seitzer et al., 2022): :func:`lossary.gaussian`, each sample weighed by its variance, as a constant.

    .. math:: \operatorname{sg}(v^\beta) \cdot \tfrac12 \bigl(\log v + (y - \mu)^2 / v\bigr)

    The weight counters that a sample with a large variance hardly moves the mean: ``beta`` = 0 is :func:`lossary.gaussian`, at
    β = 1 the gradient in the mean is that of half the squared error. sg: no gradient goes through the weight, so the gradient
    is not the slope of the value, and curvatures are those of the weighted likelihood. The best constants stay mean and
    variance.

    ``given``, domains, shapes, the dropped constant and what raises are those of :func:`lossary.gaussian`; ``beta`` is not
    negative, and else raises.

    >>> import lossary
    >>> lossary.beta_gaussian.gradient([1.0], [4.0], [2.0], beta=1.0)
    Gradient(mean=array([-1.]), variance=array([0.375]))
    """

class _GaussianGradient(NamedTuple, Generic[T]):
    mean: T
    variance: T

class _Gaussian(Loss):
    @overload
    def __call__(
        self,
        mean: Plain,
        variance: Plain,
        target: Plain,
        *,
        given: Literal["variance", "scale", "log_variance", "log_scale"] = "variance",
        constant: Literal["none", "likelihood"] = "none",
        reduction: Literal["none"],
        **options: Unpack[Options],
    ) -> Floats:
        r"""Negative log-likelihood of a normal distribution, in nats (Gauss, 1809): :math:`\bigl(\log v + (y - \mu)^2 / v\bigr)/2`.

        ``constant="likelihood"`` adds ½·log 2π, which is dropped by default. The loss may be negative. ``given`` says in which
        form the variance v comes: ``"variance"`` (the default), ``"scale"`` σ, ``"log_variance"`` or ``"log_scale"``, the last two
        from a network without a link. Best are the mean and the variance of the target; in v alone the best is the squared
        residual, to which the gradient (v - r²)/(2v²) leads. Large residuals weigh 1/v, so a few of them widen v, or draw the
        mean.

        Mean and target are real, v is positive and nothing is added to it (torch holds it above 1e-6): a variance of 0 raises. All
        are of one shape. Shapes that differ, values outside of these ranges and unknown options raise.

        >>> import lossary
        >>> lossary.gaussian([1.0, 2.0], [0.5, 1.0], [1.5, 1.0], reduction="none")
        array([-0.09657359,  0.5       ])
        >>> lossary.gaussian.gradient([1.0], [0.0], [1.5], given="log_variance")
        Gradient(mean=array([-0.5]), variance=array([0.375]))
        """
    @overload
    def __call__(
        self,
        mean: Plain,
        variance: Plain,
        target: Plain,
        *,
        given: Literal["variance", "scale", "log_variance", "log_scale"] = "variance",
        constant: Literal["none", "likelihood"] = "none",
        reduction: Reduced = "mean",
        **options: Unpack[Options],
    ) -> Float: ...
    @overload
    def __call__(
        self,
        mean: A,
        variance: A,
        target: A,
        *,
        given: Literal["variance", "scale", "log_variance", "log_scale"] = "variance",
        constant: Literal["none", "likelihood"] = "none",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def gradient(
        self,
        mean: Plain,
        variance: Plain,
        target: Plain,
        *,
        given: Literal["variance", "scale", "log_variance", "log_scale"] = "variance",
        constant: Literal["none", "likelihood"] = "none",
        reduction: Reduction = "mean",
        out: tuple[Floats, ...] | None = None,
        **options: Unpack[Options],
    ) -> _GaussianGradient[Floats]: ...
    @overload
    def gradient(
        self,
        mean: A,
        variance: A,
        target: A,
        *,
        given: Literal["variance", "scale", "log_variance", "log_scale"] = "variance",
        constant: Literal["none", "likelihood"] = "none",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> _GaussianGradient[A]: ...
    @overload
    def value_and_gradient(
        self,
        mean: Plain,
        variance: Plain,
        target: Plain,
        *,
        given: Literal["variance", "scale", "log_variance", "log_scale"] = "variance",
        constant: Literal["none", "likelihood"] = "none",
        reduction: Literal["none"],
        out: tuple[Floats, ...] | None = None,
        **options: Unpack[Options],
    ) -> tuple[Floats, _GaussianGradient[Floats]]: ...
    @overload
    def value_and_gradient(
        self,
        mean: Plain,
        variance: Plain,
        target: Plain,
        *,
        given: Literal["variance", "scale", "log_variance", "log_scale"] = "variance",
        constant: Literal["none", "likelihood"] = "none",
        reduction: Reduced = "mean",
        out: tuple[Floats, ...] | None = None,
        **options: Unpack[Options],
    ) -> tuple[Float, _GaussianGradient[Floats]]: ...
    @overload
    def value_and_gradient(
        self,
        mean: A,
        variance: A,
        target: A,
        *,
        given: Literal["variance", "scale", "log_variance", "log_scale"] = "variance",
        constant: Literal["none", "likelihood"] = "none",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> tuple[A, _GaussianGradient[A]]: ...
    @overload
    def curvature(
        self,
        mean: Plain,
        variance: Plain,
        target: Plain,
        *,
        given: Literal["variance", "scale", "log_variance", "log_scale"] = "variance",
        constant: Literal["none", "likelihood"] = "none",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> _GaussianGradient[Floats]: ...
    @overload
    def curvature(
        self,
        mean: A,
        variance: A,
        target: A,
        *,
        given: Literal["variance", "scale", "log_variance", "log_scale"] = "variance",
        constant: Literal["none", "likelihood"] = "none",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> _GaussianGradient[A]: ...
    def total(
        self,
        mean: Array,
        variance: Array,
        target: Array,
        *,
        given: Literal["variance", "scale", "log_variance", "log_scale"] = "variance",
        constant: Literal["none", "likelihood"] = "none",
        **options: Unpack[TotalOptions],
    ) -> Total: ...

gaussian: Final[_Gaussian]
r"""Negative log-likelihood of a normal distribution, in nats (Gauss, 1809): :math:`\bigl(\log v + (y - \mu)^2 / v\bigr)/2`.

    ``constant="likelihood"`` adds ½·log 2π, which is dropped by default. The loss may be negative. ``given`` says in which
    form the variance v comes: ``"variance"`` (the default), ``"scale"`` σ, ``"log_variance"`` or ``"log_scale"``, the last two
    from a network without a link. Best are the mean and the variance of the target; in v alone the best is the squared
    residual, to which the gradient (v - r²)/(2v²) leads. Large residuals weigh 1/v, so a few of them widen v, or draw the
    mean.

    Mean and target are real, v is positive and nothing is added to it (torch holds it above 1e-6): a variance of 0 raises. All
    are of one shape. Shapes that differ, values outside of these ranges and unknown options raise.

    >>> import lossary
    >>> lossary.gaussian([1.0, 2.0], [0.5, 1.0], [1.5, 1.0], reduction="none")
    array([-0.09657359,  0.5       ])
    >>> lossary.gaussian.gradient([1.0], [0.0], [1.5], given="log_variance")
    Gradient(mean=array([-0.5]), variance=array([0.375]))
    """

class _LaplaceGradient(NamedTuple, Generic[T]):
    location: T
    scale: T

class _Laplace(Loss):
    @overload
    def __call__(
        self,
        location: Plain,
        scale: Plain,
        target: Plain,
        *,
        given: Literal["scale", "log_scale"] = "scale",
        constant: Literal["none", "likelihood"] = "none",
        reduction: Literal["none"],
        **options: Unpack[Options],
    ) -> Floats:
        r"""Negative log-likelihood of a Laplace distribution, in nats: :math:`\log b + |y - \mu| / b` (Laplace, 1774).

        ``constant="likelihood"`` adds log 2, which is dropped by default. ``given`` says whether the scale b comes as ``"scale"``
        (the default) or ``"log_scale"``. Best are the median of the target and its mean absolute deviation from there. The
        gradient in the location is ∓1/b, 0 at a residual of 0: outliers pull no more than others.

        Location and target are real, b is positive, all of one shape. Shapes that differ, a scale that is not positive and unknown
        options raise.

        >>> import lossary
        >>> lossary.laplace([1.0, 2.0], [1.0, 0.5], [1.5, 1.0], reduction="none")
        array([0.5       , 1.30685282])
        """
    @overload
    def __call__(
        self,
        location: Plain,
        scale: Plain,
        target: Plain,
        *,
        given: Literal["scale", "log_scale"] = "scale",
        constant: Literal["none", "likelihood"] = "none",
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
        constant: Literal["none", "likelihood"] = "none",
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
        constant: Literal["none", "likelihood"] = "none",
        reduction: Reduction = "mean",
        out: tuple[Floats, ...] | None = None,
        **options: Unpack[Options],
    ) -> _LaplaceGradient[Floats]: ...
    @overload
    def gradient(
        self,
        location: A,
        scale: A,
        target: A,
        *,
        given: Literal["scale", "log_scale"] = "scale",
        constant: Literal["none", "likelihood"] = "none",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> _LaplaceGradient[A]: ...
    @overload
    def value_and_gradient(
        self,
        location: Plain,
        scale: Plain,
        target: Plain,
        *,
        given: Literal["scale", "log_scale"] = "scale",
        constant: Literal["none", "likelihood"] = "none",
        reduction: Literal["none"],
        out: tuple[Floats, ...] | None = None,
        **options: Unpack[Options],
    ) -> tuple[Floats, _LaplaceGradient[Floats]]: ...
    @overload
    def value_and_gradient(
        self,
        location: Plain,
        scale: Plain,
        target: Plain,
        *,
        given: Literal["scale", "log_scale"] = "scale",
        constant: Literal["none", "likelihood"] = "none",
        reduction: Reduced = "mean",
        out: tuple[Floats, ...] | None = None,
        **options: Unpack[Options],
    ) -> tuple[Float, _LaplaceGradient[Floats]]: ...
    @overload
    def value_and_gradient(
        self,
        location: A,
        scale: A,
        target: A,
        *,
        given: Literal["scale", "log_scale"] = "scale",
        constant: Literal["none", "likelihood"] = "none",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> tuple[A, _LaplaceGradient[A]]: ...
    @overload
    def curvature(
        self,
        location: Plain,
        scale: Plain,
        target: Plain,
        *,
        given: Literal["scale", "log_scale"] = "scale",
        constant: Literal["none", "likelihood"] = "none",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> _LaplaceGradient[Floats]: ...
    @overload
    def curvature(
        self,
        location: A,
        scale: A,
        target: A,
        *,
        given: Literal["scale", "log_scale"] = "scale",
        constant: Literal["none", "likelihood"] = "none",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> _LaplaceGradient[A]: ...
    def total(
        self,
        location: Array,
        scale: Array,
        target: Array,
        *,
        given: Literal["scale", "log_scale"] = "scale",
        constant: Literal["none", "likelihood"] = "none",
        **options: Unpack[TotalOptions],
    ) -> Total: ...

laplace: Final[_Laplace]
r"""Negative log-likelihood of a Laplace distribution, in nats: :math:`\log b + |y - \mu| / b` (Laplace, 1774).

    ``constant="likelihood"`` adds log 2, which is dropped by default. ``given`` says whether the scale b comes as ``"scale"``
    (the default) or ``"log_scale"``. Best are the median of the target and its mean absolute deviation from there. The
    gradient in the location is ∓1/b, 0 at a residual of 0: outliers pull no more than others.

    Location and target are real, b is positive, all of one shape. Shapes that differ, a scale that is not positive and unknown
    options raise.

    >>> import lossary
    >>> lossary.laplace([1.0, 2.0], [1.0, 0.5], [1.5, 1.0], reduction="none")
    array([0.5       , 1.30685282])
    """

class _LognormalGradient(NamedTuple, Generic[T]):
    location: T
    scale: T

class _Lognormal(Loss):
    @overload
    def __call__(
        self,
        location: Plain,
        scale: Plain,
        target: Plain,
        *,
        given: Literal["scale", "log_scale"] = "scale",
        constant: Literal["none", "likelihood"] = "none",
        reduction: Literal["none"],
        **options: Unpack[Options],
    ) -> Floats:
        r"""Negative log-likelihood of a lognormal distribution: :math:`\log s + (\log y - \mu)^2 / (2 s^2)` (Galton, 1879).

        In nats: :func:`lossary.gaussian` of log y. ``constant="likelihood"`` adds the terms without μ and s, log y + ½·log 2π,
        which are dropped by default. Best are the mean of log y and its standard deviation; the median of the distribution is
        :math:`e^\mu`, its mean :math:`e^{\mu + s^2/2}`.

        ``given`` says whether the scale s comes as ``"scale"`` (the default) or ``"log_scale"``. The location is real, scale and
        target are positive, all of one shape. What lies outside and shapes that differ raise.

        >>> import lossary
        >>> lossary.lognormal([0.0], [0.5], [2.0])
        np.float64(0.2677588472764575)
        """
    @overload
    def __call__(
        self,
        location: Plain,
        scale: Plain,
        target: Plain,
        *,
        given: Literal["scale", "log_scale"] = "scale",
        constant: Literal["none", "likelihood"] = "none",
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
        constant: Literal["none", "likelihood"] = "none",
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
        constant: Literal["none", "likelihood"] = "none",
        reduction: Reduction = "mean",
        out: tuple[Floats, ...] | None = None,
        **options: Unpack[Options],
    ) -> _LognormalGradient[Floats]: ...
    @overload
    def gradient(
        self,
        location: A,
        scale: A,
        target: A,
        *,
        given: Literal["scale", "log_scale"] = "scale",
        constant: Literal["none", "likelihood"] = "none",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> _LognormalGradient[A]: ...
    @overload
    def value_and_gradient(
        self,
        location: Plain,
        scale: Plain,
        target: Plain,
        *,
        given: Literal["scale", "log_scale"] = "scale",
        constant: Literal["none", "likelihood"] = "none",
        reduction: Literal["none"],
        out: tuple[Floats, ...] | None = None,
        **options: Unpack[Options],
    ) -> tuple[Floats, _LognormalGradient[Floats]]: ...
    @overload
    def value_and_gradient(
        self,
        location: Plain,
        scale: Plain,
        target: Plain,
        *,
        given: Literal["scale", "log_scale"] = "scale",
        constant: Literal["none", "likelihood"] = "none",
        reduction: Reduced = "mean",
        out: tuple[Floats, ...] | None = None,
        **options: Unpack[Options],
    ) -> tuple[Float, _LognormalGradient[Floats]]: ...
    @overload
    def value_and_gradient(
        self,
        location: A,
        scale: A,
        target: A,
        *,
        given: Literal["scale", "log_scale"] = "scale",
        constant: Literal["none", "likelihood"] = "none",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> tuple[A, _LognormalGradient[A]]: ...
    @overload
    def curvature(
        self,
        location: Plain,
        scale: Plain,
        target: Plain,
        *,
        given: Literal["scale", "log_scale"] = "scale",
        constant: Literal["none", "likelihood"] = "none",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> _LognormalGradient[Floats]: ...
    @overload
    def curvature(
        self,
        location: A,
        scale: A,
        target: A,
        *,
        given: Literal["scale", "log_scale"] = "scale",
        constant: Literal["none", "likelihood"] = "none",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> _LognormalGradient[A]: ...
    def total(
        self,
        location: Array,
        scale: Array,
        target: Array,
        *,
        given: Literal["scale", "log_scale"] = "scale",
        constant: Literal["none", "likelihood"] = "none",
        **options: Unpack[TotalOptions],
    ) -> Total: ...

lognormal: Final[_Lognormal]
r"""Negative log-likelihood of a lognormal distribution: :math:`\log s + (\log y - \mu)^2 / (2 s^2)` (Galton, 1879).

    In nats: :func:`lossary.gaussian` of log y. ``constant="likelihood"`` adds the terms without μ and s, log y + ½·log 2π,
    which are dropped by default. Best are the mean of log y and its standard deviation; the median of the distribution is
    :math:`e^\mu`, its mean :math:`e^{\mu + s^2/2}`.

    ``given`` says whether the scale s comes as ``"scale"`` (the default) or ``"log_scale"``. The location is real, scale and
    target are positive, all of one shape. What lies outside and shapes that differ raise.

    >>> import lossary
    >>> lossary.lognormal([0.0], [0.5], [2.0])
    np.float64(0.2677588472764575)
    """

class _StudentTGradient(NamedTuple, Generic[T]):
    location: T
    scale: T

class _StudentT(Loss):
    @overload
    def __call__(
        self,
        location: Plain,
        scale: Plain,
        target: Plain,
        *,
        degrees: Parameter = 4.0,
        given: Literal["scale", "log_scale"] = "scale",
        constant: Literal["none", "likelihood"] = "none",
        reduction: Literal["none"],
        **options: Unpack[Options],
    ) -> Floats:
        r"""Negative log-likelihood of Student's t distribution with ν degrees of freedom, in nats (Lange et al., 1989).

        .. math:: \log s + \frac{\nu + 1}{2} \log\Bigl(1 + \frac{(y - \mu)^2}{\nu s^2}\Bigr)
                  + \log \Gamma\bigl(\tfrac{\nu}{2}\bigr) - \log \Gamma\bigl(\tfrac{\nu + 1}{2}\bigr) + \tfrac12 \log \tfrac{\nu}{2}

        ``constant="likelihood"`` adds ½·log 2π, which is dropped by default, so that ν → ∞ gives :func:`lossary.gaussian`;
        ``degrees`` ν may be learned, as what depends on it is kept (to 1e-15·ν log ν). Large residuals cost their logarithm only,
        and their slope falls to 0: outliers are given up. It is not convex.

        ``given`` says whether the scale s comes as ``"scale"`` (the default) or ``"log_scale"``. Location and target are real,
        scale and ``degrees`` positive, all of one shape; ``degrees`` may have one value a sample. What lies outside and shapes
        that differ raise.

        >>> import lossary
        >>> lossary.student_t([0.0, 0.0], [1.0, 1.0], [1.0, 100.0], degrees=3.0, reduction="none")
        array([ 0.65731446, 16.30600639])
        """
    @overload
    def __call__(
        self,
        location: Plain,
        scale: Plain,
        target: Plain,
        *,
        degrees: Parameter = 4.0,
        given: Literal["scale", "log_scale"] = "scale",
        constant: Literal["none", "likelihood"] = "none",
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
        degrees: Parameter = 4.0,
        given: Literal["scale", "log_scale"] = "scale",
        constant: Literal["none", "likelihood"] = "none",
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
        degrees: Parameter = 4.0,
        given: Literal["scale", "log_scale"] = "scale",
        constant: Literal["none", "likelihood"] = "none",
        reduction: Reduction = "mean",
        out: tuple[Floats, ...] | None = None,
        **options: Unpack[Options],
    ) -> _StudentTGradient[Floats]: ...
    @overload
    def gradient(
        self,
        location: A,
        scale: A,
        target: A,
        *,
        degrees: Parameter = 4.0,
        given: Literal["scale", "log_scale"] = "scale",
        constant: Literal["none", "likelihood"] = "none",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> _StudentTGradient[A]: ...
    @overload
    def value_and_gradient(
        self,
        location: Plain,
        scale: Plain,
        target: Plain,
        *,
        degrees: Parameter = 4.0,
        given: Literal["scale", "log_scale"] = "scale",
        constant: Literal["none", "likelihood"] = "none",
        reduction: Literal["none"],
        out: tuple[Floats, ...] | None = None,
        **options: Unpack[Options],
    ) -> tuple[Floats, _StudentTGradient[Floats]]: ...
    @overload
    def value_and_gradient(
        self,
        location: Plain,
        scale: Plain,
        target: Plain,
        *,
        degrees: Parameter = 4.0,
        given: Literal["scale", "log_scale"] = "scale",
        constant: Literal["none", "likelihood"] = "none",
        reduction: Reduced = "mean",
        out: tuple[Floats, ...] | None = None,
        **options: Unpack[Options],
    ) -> tuple[Float, _StudentTGradient[Floats]]: ...
    @overload
    def value_and_gradient(
        self,
        location: A,
        scale: A,
        target: A,
        *,
        degrees: Parameter = 4.0,
        given: Literal["scale", "log_scale"] = "scale",
        constant: Literal["none", "likelihood"] = "none",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> tuple[A, _StudentTGradient[A]]: ...
    @overload
    def curvature(
        self,
        location: Plain,
        scale: Plain,
        target: Plain,
        *,
        degrees: Parameter = 4.0,
        given: Literal["scale", "log_scale"] = "scale",
        constant: Literal["none", "likelihood"] = "none",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> _StudentTGradient[Floats]: ...
    @overload
    def curvature(
        self,
        location: A,
        scale: A,
        target: A,
        *,
        degrees: Parameter = 4.0,
        given: Literal["scale", "log_scale"] = "scale",
        constant: Literal["none", "likelihood"] = "none",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> _StudentTGradient[A]: ...
    def total(
        self,
        location: Array,
        scale: Array,
        target: Array,
        *,
        degrees: Parameter = 4.0,
        given: Literal["scale", "log_scale"] = "scale",
        constant: Literal["none", "likelihood"] = "none",
        **options: Unpack[TotalOptions],
    ) -> Total: ...

student_t: Final[_StudentT]
r"""Negative log-likelihood of Student's t distribution with ν degrees of freedom, in nats (Lange et al., 1989).

    .. math:: \log s + \frac{\nu + 1}{2} \log\Bigl(1 + \frac{(y - \mu)^2}{\nu s^2}\Bigr)
              + \log \Gamma\bigl(\tfrac{\nu}{2}\bigr) - \log \Gamma\bigl(\tfrac{\nu + 1}{2}\bigr) + \tfrac12 \log \tfrac{\nu}{2}

    ``constant="likelihood"`` adds ½·log 2π, which is dropped by default, so that ν → ∞ gives :func:`lossary.gaussian`;
    ``degrees`` ν may be learned, as what depends on it is kept (to 1e-15·ν log ν). Large residuals cost their logarithm only,
    and their slope falls to 0: outliers are given up. It is not convex.

    ``given`` says whether the scale s comes as ``"scale"`` (the default) or ``"log_scale"``. Location and target are real,
    scale and ``degrees`` positive, all of one shape; ``degrees`` may have one value a sample. What lies outside and shapes
    that differ raise.

    >>> import lossary
    >>> lossary.student_t([0.0, 0.0], [1.0, 1.0], [1.0, 100.0], degrees=3.0, reduction="none")
    array([ 0.65731446, 16.30600639])
    """
