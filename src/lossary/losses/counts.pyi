"""Losses of counts and of positive numbers. The prediction is the logarithm of a mean, or the mean."""

# Made by tools/stubs.py from the definitions; run `make stubs` instead of editing this file.
# mypy: disable-error-code="override, overload-cannot-match"

from typing import Final, Generic, Literal, NamedTuple, Unpack, overload

from lossary.engine.calls import (
    A,
    Array,
    Float,
    Floats,
    Given,
    Loss,
    Options,
    Parameter,
    Plain,
    Reduced,
    Reduction,
    T,
    TotalOptions,
)
from lossary.engine.reduction import Total

class _Gamma(Loss):
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        shape: Parameter = 1.0,
        given: Literal["log", "mean"] = "log",
        constant: Literal["none", "likelihood", "deviance"] = "none",
        reduction: Literal["none"],
        **options: Unpack[Options],
    ) -> Floats:
        r"""Gamma loss of positive numbers, in nats: :math:`\log \hat y + y / \hat y` (McCullagh and Nelder, 1989).

        ``given`` says what the prediction is: ``"log"`` s (the default, :math:`\hat y = e^s`, the gradient is
        :math:`1 - y/\hat y`) or ``"mean"`` ŷ. The constant with the least loss is the mean of the target. It counts relative
        errors: a prediction half as large costs more than one twice as large.

        ``constant="likelihood"`` gives the negative log-likelihood of a gamma distribution of ``shape`` k, of which 1 is the
        exponential distribution, :math:`k (\log \hat y + y/\hat y - \log k) - (k - 1) \log y + \log \Gamma(k)`; only there does
        the shape count, and it may be learned. ``"deviance"`` is :math:`2 (\log(\hat y/y) + y/\hat y - 1)`, 0 for right
        predictions.

        Prediction (as mean) and target are positive, of one shape; numbers that are not raise, as do shapes that differ and unknown
        options.

        >>> import lossary
        >>> lossary.gamma([2.0], [3.0], given="mean", reduction="none")
        array([2.19314718])
        >>> lossary.gamma([3.0], [3.0], given="mean", constant="deviance", reduction="none")
        array([0.])
        """
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        shape: Parameter = 1.0,
        given: Literal["log", "mean"] = "log",
        constant: Literal["none", "likelihood", "deviance"] = "none",
        reduction: Reduced = "mean",
        **options: Unpack[Options],
    ) -> Float: ...
    @overload
    def __call__(
        self,
        prediction: A,
        target: A,
        *,
        shape: Parameter = 1.0,
        given: Literal["log", "mean"] = "log",
        constant: Literal["none", "likelihood", "deviance"] = "none",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        shape: Parameter = 1.0,
        given: Literal["log", "mean"] = "log",
        constant: Literal["none", "likelihood", "deviance"] = "none",
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
        shape: Parameter = 1.0,
        given: Literal["log", "mean"] = "log",
        constant: Literal["none", "likelihood", "deviance"] = "none",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def value_and_gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        shape: Parameter = 1.0,
        given: Literal["log", "mean"] = "log",
        constant: Literal["none", "likelihood", "deviance"] = "none",
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
        shape: Parameter = 1.0,
        given: Literal["log", "mean"] = "log",
        constant: Literal["none", "likelihood", "deviance"] = "none",
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
        shape: Parameter = 1.0,
        given: Literal["log", "mean"] = "log",
        constant: Literal["none", "likelihood", "deviance"] = "none",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> tuple[A, A]: ...
    @overload
    def curvature(
        self,
        prediction: Plain,
        target: Plain,
        *,
        shape: Parameter = 1.0,
        given: Literal["log", "mean"] = "log",
        constant: Literal["none", "likelihood", "deviance"] = "none",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def curvature(
        self,
        prediction: A,
        target: A,
        *,
        shape: Parameter = 1.0,
        given: Literal["log", "mean"] = "log",
        constant: Literal["none", "likelihood", "deviance"] = "none",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    def total(
        self,
        prediction: Array,
        target: Array,
        *,
        shape: Parameter = 1.0,
        given: Literal["log", "mean"] = "log",
        constant: Literal["none", "likelihood", "deviance"] = "none",
        **options: Unpack[TotalOptions],
    ) -> Total: ...

gamma: Final[_Gamma]
r"""Gamma loss of positive numbers, in nats: :math:`\log \hat y + y / \hat y` (McCullagh and Nelder, 1989).

    ``given`` says what the prediction is: ``"log"`` s (the default, :math:`\hat y = e^s`, the gradient is
    :math:`1 - y/\hat y`) or ``"mean"`` ŷ. The constant with the least loss is the mean of the target. It counts relative
    errors: a prediction half as large costs more than one twice as large.

    ``constant="likelihood"`` gives the negative log-likelihood of a gamma distribution of ``shape`` k, of which 1 is the
    exponential distribution, :math:`k (\log \hat y + y/\hat y - \log k) - (k - 1) \log y + \log \Gamma(k)`; only there does
    the shape count, and it may be learned. ``"deviance"`` is :math:`2 (\log(\hat y/y) + y/\hat y - 1)`, 0 for right
    predictions.

    Prediction (as mean) and target are positive, of one shape; numbers that are not raise, as do shapes that differ and unknown
    options.

    >>> import lossary
    >>> lossary.gamma([2.0], [3.0], given="mean", reduction="none")
    array([2.19314718])
    >>> lossary.gamma([3.0], [3.0], given="mean", constant="deviance", reduction="none")
    array([0.])
    """

class _NegativeBinomial(Loss):
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        dispersion: Parameter = 1.0,
        given: Literal["log", "mean"] = "log",
        constant: Literal["none", "likelihood", "deviance"] = "none",
        reduction: Literal["none"],
        **options: Unpack[Options],
    ) -> Floats:
        r"""Negative binomial loss of counts that vary more than Poisson's, in nats (Lawless, 1987).

        .. math:: \bigl(y + \tfrac1\alpha\bigr) \log(1 + \alpha \hat y) - y \log \hat y

        The variance of the target is :math:`\hat y + \alpha \hat y^2`; the ``dispersion`` α is 1 over the "size" or "total count"
        of others, and α = 0 gives :func:`lossary.poisson`, exactly. The constant with the least loss is the mean of the target,
        whatever α; large counts weigh less than in the Poisson loss.

        ``given`` says what the prediction is: ``"log"`` s (the default, :math:`\hat y = e^s`, the gradient is
        :math:`(\hat y - y)/(1 + \alpha \hat y)`) or ``"mean"`` ŷ. ``constant="likelihood"`` adds log Γ(y + 1) + log Γ(1/α)
        - log Γ(y + 1/α) - y log α, exact for small α too: with it, α can be learned. ``"deviance"`` is twice what the loss exceeds
        that of ŷ = y by, 0 for right predictions.

        Prediction (as mean), target and ``dispersion`` are 0 or more, of one shape; the last may be one number. Values outside
        these ranges raise, as do shapes that differ and unknown options.

        >>> import lossary
        >>> lossary.negative_binomial([2.0], [3], given="mean", constant="likelihood", dispersion=0.5, reduction="none")
        array([2.07944154])
        """
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        dispersion: Parameter = 1.0,
        given: Literal["log", "mean"] = "log",
        constant: Literal["none", "likelihood", "deviance"] = "none",
        reduction: Reduced = "mean",
        **options: Unpack[Options],
    ) -> Float: ...
    @overload
    def __call__(
        self,
        prediction: A,
        target: A,
        *,
        dispersion: Parameter = 1.0,
        given: Literal["log", "mean"] = "log",
        constant: Literal["none", "likelihood", "deviance"] = "none",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        dispersion: Parameter = 1.0,
        given: Literal["log", "mean"] = "log",
        constant: Literal["none", "likelihood", "deviance"] = "none",
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
        dispersion: Parameter = 1.0,
        given: Literal["log", "mean"] = "log",
        constant: Literal["none", "likelihood", "deviance"] = "none",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def value_and_gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        dispersion: Parameter = 1.0,
        given: Literal["log", "mean"] = "log",
        constant: Literal["none", "likelihood", "deviance"] = "none",
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
        dispersion: Parameter = 1.0,
        given: Literal["log", "mean"] = "log",
        constant: Literal["none", "likelihood", "deviance"] = "none",
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
        dispersion: Parameter = 1.0,
        given: Literal["log", "mean"] = "log",
        constant: Literal["none", "likelihood", "deviance"] = "none",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> tuple[A, A]: ...
    @overload
    def curvature(
        self,
        prediction: Plain,
        target: Plain,
        *,
        dispersion: Parameter = 1.0,
        given: Literal["log", "mean"] = "log",
        constant: Literal["none", "likelihood", "deviance"] = "none",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def curvature(
        self,
        prediction: A,
        target: A,
        *,
        dispersion: Parameter = 1.0,
        given: Literal["log", "mean"] = "log",
        constant: Literal["none", "likelihood", "deviance"] = "none",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    def total(
        self,
        prediction: Array,
        target: Array,
        *,
        dispersion: Parameter = 1.0,
        given: Literal["log", "mean"] = "log",
        constant: Literal["none", "likelihood", "deviance"] = "none",
        **options: Unpack[TotalOptions],
    ) -> Total: ...

negative_binomial: Final[_NegativeBinomial]
r"""Negative binomial loss of counts that vary more than Poisson's, in nats (Lawless, 1987).

    .. math:: \bigl(y + \tfrac1\alpha\bigr) \log(1 + \alpha \hat y) - y \log \hat y

    The variance of the target is :math:`\hat y + \alpha \hat y^2`; the ``dispersion`` α is 1 over the "size" or "total count"
    of others, and α = 0 gives :func:`lossary.poisson`, exactly. The constant with the least loss is the mean of the target,
    whatever α; large counts weigh less than in the Poisson loss.

    ``given`` says what the prediction is: ``"log"`` s (the default, :math:`\hat y = e^s`, the gradient is
    :math:`(\hat y - y)/(1 + \alpha \hat y)`) or ``"mean"`` ŷ. ``constant="likelihood"`` adds log Γ(y + 1) + log Γ(1/α)
    - log Γ(y + 1/α) - y log α, exact for small α too: with it, α can be learned. ``"deviance"`` is twice what the loss exceeds
    that of ŷ = y by, 0 for right predictions.

    Prediction (as mean), target and ``dispersion`` are 0 or more, of one shape; the last may be one number. Values outside
    these ranges raise, as do shapes that differ and unknown options.

    >>> import lossary
    >>> lossary.negative_binomial([2.0], [3], given="mean", constant="likelihood", dispersion=0.5, reduction="none")
    array([2.07944154])
    """

class _Poisson(Loss):
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        given: Literal["log", "mean"] = "log",
        constant: Literal["none", "likelihood", "deviance"] = "none",
        reduction: Literal["none"],
        **options: Unpack[Options],
    ) -> Floats:
        r"""Poisson loss of counts, in nats: :math:`\hat y - y \log \hat y` (Nelder and Wedderburn, 1972).

        ``given`` says what the prediction is: ``"log"`` s (the default, :math:`\hat y = e^s`, the gradient is :math:`\hat y - y`)
        or ``"mean"`` ŷ. The constant with the least loss is exactly the mean of the target: nothing is added within the logarithm.
        Large counts weigh more than in the squared error of logarithms, outliers as in a likelihood.

        ``constant="likelihood"`` adds log Γ(y + 1), exact for every y: the negative log-likelihood. ``"deviance"`` is
        :math:`2 (y \log(y/\hat y) - y + \hat y)`, 0 for right predictions. All three have the same minimiser, and the first two the
        same gradient.

        The target is 0 or more, whole or not; a mean of 0 costs ∞ where the target is positive. Both are of one shape. Values
        outside these ranges raise, as do shapes that differ and unknown options.

        >>> import lossary
        >>> lossary.poisson([0.0, 1.0], [2, 3], reduction="none")
        array([ 1.        , -0.28171817])
        >>> lossary.poisson([2.0], [3], given="mean", constant="deviance", reduction="none")
        array([0.43279065])
        """
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        given: Literal["log", "mean"] = "log",
        constant: Literal["none", "likelihood", "deviance"] = "none",
        reduction: Reduced = "mean",
        **options: Unpack[Options],
    ) -> Float: ...
    @overload
    def __call__(
        self,
        prediction: A,
        target: A,
        *,
        given: Literal["log", "mean"] = "log",
        constant: Literal["none", "likelihood", "deviance"] = "none",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        given: Literal["log", "mean"] = "log",
        constant: Literal["none", "likelihood", "deviance"] = "none",
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
        given: Literal["log", "mean"] = "log",
        constant: Literal["none", "likelihood", "deviance"] = "none",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def value_and_gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        given: Literal["log", "mean"] = "log",
        constant: Literal["none", "likelihood", "deviance"] = "none",
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
        given: Literal["log", "mean"] = "log",
        constant: Literal["none", "likelihood", "deviance"] = "none",
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
        given: Literal["log", "mean"] = "log",
        constant: Literal["none", "likelihood", "deviance"] = "none",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> tuple[A, A]: ...
    @overload
    def curvature(
        self,
        prediction: Plain,
        target: Plain,
        *,
        given: Literal["log", "mean"] = "log",
        constant: Literal["none", "likelihood", "deviance"] = "none",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def curvature(
        self,
        prediction: A,
        target: A,
        *,
        given: Literal["log", "mean"] = "log",
        constant: Literal["none", "likelihood", "deviance"] = "none",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    def total(
        self,
        prediction: Array,
        target: Array,
        *,
        given: Literal["log", "mean"] = "log",
        constant: Literal["none", "likelihood", "deviance"] = "none",
        **options: Unpack[TotalOptions],
    ) -> Total: ...

poisson: Final[_Poisson]
r"""Poisson loss of counts, in nats: :math:`\hat y - y \log \hat y` (Nelder and Wedderburn, 1972).

    ``given`` says what the prediction is: ``"log"`` s (the default, :math:`\hat y = e^s`, the gradient is :math:`\hat y - y`)
    or ``"mean"`` ŷ. The constant with the least loss is exactly the mean of the target: nothing is added within the logarithm.
    Large counts weigh more than in the squared error of logarithms, outliers as in a likelihood.

    ``constant="likelihood"`` adds log Γ(y + 1), exact for every y: the negative log-likelihood. ``"deviance"`` is
    :math:`2 (y \log(y/\hat y) - y + \hat y)`, 0 for right predictions. All three have the same minimiser, and the first two the
    same gradient.

    The target is 0 or more, whole or not; a mean of 0 costs ∞ where the target is positive. Both are of one shape. Values
    outside these ranges raise, as do shapes that differ and unknown options.

    >>> import lossary
    >>> lossary.poisson([0.0, 1.0], [2, 3], reduction="none")
    array([ 1.        , -0.28171817])
    >>> lossary.poisson([2.0], [3], given="mean", constant="deviance", reduction="none")
    array([0.43279065])
    """

class _Tweedie(Loss):
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        power: Parameter = 1.5,
        given: Literal["log", "mean"] = "log",
        constant: Literal["none", "deviance"] = "none",
        reduction: Literal["none"],
        **options: Unpack[Options],
    ) -> Floats:
        r"""Tweedie loss of amounts that are often 0, such as claims (Tweedie, 1984; Jørgensen, 1987).

        .. math:: \frac{\hat y^{2-p} - 1}{2 - p} - y \, \frac{\hat y^{1-p} - 1}{1 - p}

        ``power`` p says how the variance grows with the mean, as :math:`\hat y^p`: 0 normal, 1 Poisson, between 1 and 2 compound
        Poisson, 2 gamma, 3 inverse Gaussian. The loss is continuous in p through all of these, exact near them too. The constant
        with the least loss is the mean of the target, whatever p; a larger p gives large targets less weight.

        ``given`` says what the prediction is: ``"log"`` s (the default, :math:`\hat y = e^s`, the gradient is
        :math:`\hat y^{1-p} (\hat y - y)`) or ``"mean"`` ŷ. ``constant="deviance"`` is twice what the loss exceeds that of ŷ = y by:
        0 for right predictions, ½ of it at p = 0 half the squared error. The likelihood has no closed form.

        Prediction (as mean) positive, target 0 or more, of one shape; a target of 0 has an infinite deviance for p ≥ 2. Values
        outside these ranges raise, as do shapes that differ and unknown options.

        >>> import lossary
        >>> [float(lossary.tweedie([1.5], [2.0], given="mean", power=p, constant="deviance")) for p in (1, 1 + 1e-12, 2)]
        [0.150728289807..., 0.150728289807..., 0.091302521763...]
        """
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        power: Parameter = 1.5,
        given: Literal["log", "mean"] = "log",
        constant: Literal["none", "deviance"] = "none",
        reduction: Reduced = "mean",
        **options: Unpack[Options],
    ) -> Float: ...
    @overload
    def __call__(
        self,
        prediction: A,
        target: A,
        *,
        power: Parameter = 1.5,
        given: Literal["log", "mean"] = "log",
        constant: Literal["none", "deviance"] = "none",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        power: Parameter = 1.5,
        given: Literal["log", "mean"] = "log",
        constant: Literal["none", "deviance"] = "none",
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
        power: Parameter = 1.5,
        given: Literal["log", "mean"] = "log",
        constant: Literal["none", "deviance"] = "none",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def value_and_gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        power: Parameter = 1.5,
        given: Literal["log", "mean"] = "log",
        constant: Literal["none", "deviance"] = "none",
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
        power: Parameter = 1.5,
        given: Literal["log", "mean"] = "log",
        constant: Literal["none", "deviance"] = "none",
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
        power: Parameter = 1.5,
        given: Literal["log", "mean"] = "log",
        constant: Literal["none", "deviance"] = "none",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> tuple[A, A]: ...
    @overload
    def curvature(
        self,
        prediction: Plain,
        target: Plain,
        *,
        power: Parameter = 1.5,
        given: Literal["log", "mean"] = "log",
        constant: Literal["none", "deviance"] = "none",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def curvature(
        self,
        prediction: A,
        target: A,
        *,
        power: Parameter = 1.5,
        given: Literal["log", "mean"] = "log",
        constant: Literal["none", "deviance"] = "none",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    def total(
        self,
        prediction: Array,
        target: Array,
        *,
        power: Parameter = 1.5,
        given: Literal["log", "mean"] = "log",
        constant: Literal["none", "deviance"] = "none",
        **options: Unpack[TotalOptions],
    ) -> Total: ...

tweedie: Final[_Tweedie]
r"""Tweedie loss of amounts that are often 0, such as claims (Tweedie, 1984; Jørgensen, 1987).

    .. math:: \frac{\hat y^{2-p} - 1}{2 - p} - y \, \frac{\hat y^{1-p} - 1}{1 - p}

    ``power`` p says how the variance grows with the mean, as :math:`\hat y^p`: 0 normal, 1 Poisson, between 1 and 2 compound
    Poisson, 2 gamma, 3 inverse Gaussian. The loss is continuous in p through all of these, exact near them too. The constant
    with the least loss is the mean of the target, whatever p; a larger p gives large targets less weight.

    ``given`` says what the prediction is: ``"log"`` s (the default, :math:`\hat y = e^s`, the gradient is
    :math:`\hat y^{1-p} (\hat y - y)`) or ``"mean"`` ŷ. ``constant="deviance"`` is twice what the loss exceeds that of ŷ = y by:
    0 for right predictions, ½ of it at p = 0 half the squared error. The likelihood has no closed form.

    Prediction (as mean) positive, target 0 or more, of one shape; a target of 0 has an infinite deviance for p ≥ 2. Values
    outside these ranges raise, as do shapes that differ and unknown options.

    >>> import lossary
    >>> [float(lossary.tweedie([1.5], [2.0], given="mean", power=p, constant="deviance")) for p in (1, 1 + 1e-12, 2)]
    [0.150728289807..., 0.150728289807..., 0.091302521763...]
    """

class _ZeroInflatedNegativeBinomialGradient(NamedTuple, Generic[T]):
    mean: T
    zero_probability: T

class _ZeroInflatedNegativeBinomial(Loss):
    @overload
    def __call__(
        self,
        mean: Plain,
        zero_probability: Plain,
        target: Plain,
        *,
        dispersion: Parameter = 1.0,
        given: Given = "logits",
        constant: Literal["none", "likelihood"] = "none",
        reduction: Literal["none"],
        **options: Unpack[Options],
    ) -> Floats:
        r"""Negative log-likelihood of a negative binomial count with more zeros, in nats (Greene, 1994).

    .. math:: \begin{cases} -\log\bigl(\pi + (1 - \pi) (1 + \alpha\mu)^{-1/\alpha}\bigr) & y = 0 \\
              -\log(1 - \pi) + (y + 1/\alpha) \log(1 + \alpha\mu) - y \log \mu & y > 0 \end{cases}

    ``given`` says how the ``zero_probability`` π comes: as ``"logits"`` (the default), ``"probabilities"`` or
    ``"log_probabilities"``; ``mean`` μ and ``dispersion`` α are those of :func:`lossary.negative_binomial`, and α = 0 gives
    :func:`lossary.zero_inflated_poisson`. It is computed by logarithms of sums. ``constant="likelihood"`` adds what depends
    on target and dispersion alone: with it, α can be learned. Large counts weigh less than in the Poisson loss.

    μ is positive, target and α 0 or more, all of one shape. Values outside these ranges raise, as do shapes that differ and
    unknown options.

    >>> import lossary
    >>> lossary.zero_inflated_negative_binomial([2.0, 2.0], [0.0, 0.0], [0, 3], reduction="none")
    array([0.40546511, 3.00815479])
    """
    @overload
    def __call__(
        self,
        mean: Plain,
        zero_probability: Plain,
        target: Plain,
        *,
        dispersion: Parameter = 1.0,
        given: Given = "logits",
        constant: Literal["none", "likelihood"] = "none",
        reduction: Reduced = "mean",
        **options: Unpack[Options],
    ) -> Float: ...
    @overload
    def __call__(
        self,
        mean: A,
        zero_probability: A,
        target: A,
        *,
        dispersion: Parameter = 1.0,
        given: Given = "logits",
        constant: Literal["none", "likelihood"] = "none",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def gradient(
        self,
        mean: Plain,
        zero_probability: Plain,
        target: Plain,
        *,
        dispersion: Parameter = 1.0,
        given: Given = "logits",
        constant: Literal["none", "likelihood"] = "none",
        reduction: Reduction = "mean",
        out: tuple[Floats, ...] | None = None,
        **options: Unpack[Options],
    ) -> _ZeroInflatedNegativeBinomialGradient[Floats]: ...
    @overload
    def gradient(
        self,
        mean: A,
        zero_probability: A,
        target: A,
        *,
        dispersion: Parameter = 1.0,
        given: Given = "logits",
        constant: Literal["none", "likelihood"] = "none",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> _ZeroInflatedNegativeBinomialGradient[A]: ...
    @overload
    def value_and_gradient(
        self,
        mean: Plain,
        zero_probability: Plain,
        target: Plain,
        *,
        dispersion: Parameter = 1.0,
        given: Given = "logits",
        constant: Literal["none", "likelihood"] = "none",
        reduction: Literal["none"],
        out: tuple[Floats, ...] | None = None,
        **options: Unpack[Options],
    ) -> tuple[Floats, _ZeroInflatedNegativeBinomialGradient[Floats]]: ...
    @overload
    def value_and_gradient(
        self,
        mean: Plain,
        zero_probability: Plain,
        target: Plain,
        *,
        dispersion: Parameter = 1.0,
        given: Given = "logits",
        constant: Literal["none", "likelihood"] = "none",
        reduction: Reduced = "mean",
        out: tuple[Floats, ...] | None = None,
        **options: Unpack[Options],
    ) -> tuple[Float, _ZeroInflatedNegativeBinomialGradient[Floats]]: ...
    @overload
    def value_and_gradient(
        self,
        mean: A,
        zero_probability: A,
        target: A,
        *,
        dispersion: Parameter = 1.0,
        given: Given = "logits",
        constant: Literal["none", "likelihood"] = "none",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> tuple[A, _ZeroInflatedNegativeBinomialGradient[A]]: ...
    @overload
    def curvature(
        self,
        mean: Plain,
        zero_probability: Plain,
        target: Plain,
        *,
        dispersion: Parameter = 1.0,
        given: Given = "logits",
        constant: Literal["none", "likelihood"] = "none",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> _ZeroInflatedNegativeBinomialGradient[Floats]: ...
    @overload
    def curvature(
        self,
        mean: A,
        zero_probability: A,
        target: A,
        *,
        dispersion: Parameter = 1.0,
        given: Given = "logits",
        constant: Literal["none", "likelihood"] = "none",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> _ZeroInflatedNegativeBinomialGradient[A]: ...
    def total(
        self,
        mean: Array,
        zero_probability: Array,
        target: Array,
        *,
        dispersion: Parameter = 1.0,
        given: Given = "logits",
        constant: Literal["none", "likelihood"] = "none",
        **options: Unpack[TotalOptions],
    ) -> Total: ...

zero_inflated_negative_binomial: Final[_ZeroInflatedNegativeBinomial]
r"""Negative log-likelihood of a negative binomial count with more zeros, in nats (Greene, 1994).

    .. math:: \begin{cases} -\log\bigl(\pi + (1 - \pi) (1 + \alpha\mu)^{-1/\alpha}\bigr) & y = 0 \\
              -\log(1 - \pi) + (y + 1/\alpha) \log(1 + \alpha\mu) - y \log \mu & y > 0 \end{cases}

    ``given`` says how the ``zero_probability`` π comes: as ``"logits"`` (the default), ``"probabilities"`` or
    ``"log_probabilities"``; ``mean`` μ and ``dispersion`` α are those of :func:`lossary.negative_binomial`, and α = 0 gives
    :func:`lossary.zero_inflated_poisson`. It is computed by logarithms of sums. ``constant="likelihood"`` adds what depends
    on target and dispersion alone: with it, α can be learned. Large counts weigh less than in the Poisson loss.

    μ is positive, target and α 0 or more, all of one shape. Values outside these ranges raise, as do shapes that differ and
    unknown options.

    >>> import lossary
    >>> lossary.zero_inflated_negative_binomial([2.0, 2.0], [0.0, 0.0], [0, 3], reduction="none")
    array([0.40546511, 3.00815479])
    """

class _ZeroInflatedPoissonGradient(NamedTuple, Generic[T]):
    mean: T
    zero_probability: T

class _ZeroInflatedPoisson(Loss):
    @overload
    def __call__(
        self,
        mean: Plain,
        zero_probability: Plain,
        target: Plain,
        *,
        given: Given = "logits",
        constant: Literal["none", "likelihood"] = "none",
        reduction: Literal["none"],
        **options: Unpack[Options],
    ) -> Floats:
        r"""Negative log-likelihood of counts that are 0 for a reason of their own in some cases, in nats (Lambert, 1992).

        .. math:: \begin{cases} -\log\bigl(\pi + (1 - \pi) e^{-\mu}\bigr) & y = 0 \\ -\log(1 - \pi) + \mu - y \log \mu & y > 0
                  \end{cases}

        ``given`` says how the ``zero_probability`` π comes: as ``"logits"`` (the default), ``"probabilities"`` or
        ``"log_probabilities"``; ``mean`` μ is that of the Poisson distribution, so of all counts it is (1 - π)μ. It is computed
        by logarithms of sums, so a π or an :math:`e^{-\mu}` that underflows still has a finite loss and slope.
        ``constant="likelihood"`` adds log Γ(y + 1). As with all likelihoods of counts, outliers weigh much.

        μ is positive, the target 0 or more, all of one shape. Values outside these ranges raise, as do shapes that differ and
        unknown options.

        >>> import lossary
        >>> lossary.zero_inflated_poisson([2.0, 2.0], [0.0, 0.0], [0, 3], reduction="none")
        array([0.56621917, 0.61370564])
        """
    @overload
    def __call__(
        self,
        mean: Plain,
        zero_probability: Plain,
        target: Plain,
        *,
        given: Given = "logits",
        constant: Literal["none", "likelihood"] = "none",
        reduction: Reduced = "mean",
        **options: Unpack[Options],
    ) -> Float: ...
    @overload
    def __call__(
        self,
        mean: A,
        zero_probability: A,
        target: A,
        *,
        given: Given = "logits",
        constant: Literal["none", "likelihood"] = "none",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def gradient(
        self,
        mean: Plain,
        zero_probability: Plain,
        target: Plain,
        *,
        given: Given = "logits",
        constant: Literal["none", "likelihood"] = "none",
        reduction: Reduction = "mean",
        out: tuple[Floats, ...] | None = None,
        **options: Unpack[Options],
    ) -> _ZeroInflatedPoissonGradient[Floats]: ...
    @overload
    def gradient(
        self,
        mean: A,
        zero_probability: A,
        target: A,
        *,
        given: Given = "logits",
        constant: Literal["none", "likelihood"] = "none",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> _ZeroInflatedPoissonGradient[A]: ...
    @overload
    def value_and_gradient(
        self,
        mean: Plain,
        zero_probability: Plain,
        target: Plain,
        *,
        given: Given = "logits",
        constant: Literal["none", "likelihood"] = "none",
        reduction: Literal["none"],
        out: tuple[Floats, ...] | None = None,
        **options: Unpack[Options],
    ) -> tuple[Floats, _ZeroInflatedPoissonGradient[Floats]]: ...
    @overload
    def value_and_gradient(
        self,
        mean: Plain,
        zero_probability: Plain,
        target: Plain,
        *,
        given: Given = "logits",
        constant: Literal["none", "likelihood"] = "none",
        reduction: Reduced = "mean",
        out: tuple[Floats, ...] | None = None,
        **options: Unpack[Options],
    ) -> tuple[Float, _ZeroInflatedPoissonGradient[Floats]]: ...
    @overload
    def value_and_gradient(
        self,
        mean: A,
        zero_probability: A,
        target: A,
        *,
        given: Given = "logits",
        constant: Literal["none", "likelihood"] = "none",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> tuple[A, _ZeroInflatedPoissonGradient[A]]: ...
    @overload
    def curvature(
        self,
        mean: Plain,
        zero_probability: Plain,
        target: Plain,
        *,
        given: Given = "logits",
        constant: Literal["none", "likelihood"] = "none",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> _ZeroInflatedPoissonGradient[Floats]: ...
    @overload
    def curvature(
        self,
        mean: A,
        zero_probability: A,
        target: A,
        *,
        given: Given = "logits",
        constant: Literal["none", "likelihood"] = "none",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> _ZeroInflatedPoissonGradient[A]: ...
    def total(
        self,
        mean: Array,
        zero_probability: Array,
        target: Array,
        *,
        given: Given = "logits",
        constant: Literal["none", "likelihood"] = "none",
        **options: Unpack[TotalOptions],
    ) -> Total: ...

zero_inflated_poisson: Final[_ZeroInflatedPoisson]
r"""Negative log-likelihood of counts that are 0 for a reason of their own in some cases, in nats (Lambert, 1992).

    .. math:: \begin{cases} -\log\bigl(\pi + (1 - \pi) e^{-\mu}\bigr) & y = 0 \\ -\log(1 - \pi) + \mu - y \log \mu & y > 0
              \end{cases}

    ``given`` says how the ``zero_probability`` π comes: as ``"logits"`` (the default), ``"probabilities"`` or
    ``"log_probabilities"``; ``mean`` μ is that of the Poisson distribution, so of all counts it is (1 - π)μ. It is computed
    by logarithms of sums, so a π or an :math:`e^{-\mu}` that underflows still has a finite loss and slope.
    ``constant="likelihood"`` adds log Γ(y + 1). As with all likelihoods of counts, outliers weigh much.

    μ is positive, the target 0 or more, all of one shape. Values outside these ranges raise, as do shapes that differ and
    unknown options.

    >>> import lossary
    >>> lossary.zero_inflated_poisson([2.0, 2.0], [0.0, 0.0], [0, 3], reduction="none")
    array([0.56621917, 0.61370564])
    """
