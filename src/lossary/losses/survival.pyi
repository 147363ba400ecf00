"""Losses of times until an event, of which some are censored: known to lie beyond, before or between bounds."""

# Made by tools/stubs.py from the definitions; run `make stubs` instead of editing this file.
# mypy: disable-error-code="override, overload-cannot-match"

from typing import Final, Literal, Unpack, overload

from lossary.engine.calls import A, Array, Float, Floats, Loss, Options, Parameter, Plain, Reduced, Reduction, TotalOptions
from lossary.engine.reduction import Total

class _AcceleratedFailure(Loss):
    @overload
    def __call__(
        self,
        location: Plain,
        lower: Plain,
        upper: Plain,
        *,
        scale: Parameter = 1.0,
        distribution: Literal["normal", "logistic", "extreme"] = "normal",
        reduction: Literal["none"],
        **options: Unpack[Options],
    ) -> Floats:
        r"""Negative log-likelihood of an accelerated failure time, log T = μ + σε, of exact and censored times (Wei, 1992).

        .. math:: -\log \frac{f(z)}{\sigma t} \text{ for } t = \text{lower} = \text{upper}, \quad
                  -\log(F(z_u) - F(z_l)) \text{ for bounds}, \quad z = \frac{\log t - \mu}{\sigma}

        ``location`` μ is any real number. The time lies from ``lower`` ≥ 0 to ``upper`` > 0: equal bounds are an exact time,
        ``upper`` = ∞ is censored on the right, ``lower`` = 0 on the left. ``scale`` σ > 0 may be learned. ``distribution`` of ε:
        ``"normal"`` (T is lognormal), ``"logistic"`` (log-logistic), ``"extreme"`` (Weibull: F(z) = 1 - exp(-eᶻ)). The loss is in
        nats, no constant is dropped, and densities are per unit of time. Tails keep their digits; of normal bounds that nearly
        agree, the logarithm of their probability loses some. Where all times are exact, the best constant μ is the mean of
        log T for ``"normal"``.

        All inputs have one shape. Bounds in another order, an infinite ``lower`` and values out of their ranges raise.

        >>> import lossary
        >>> lossary.accelerated_failure([0.0, 0.0], [1.0, 2.0], [1.0, float("inf")], reduction="none")
        array([0.91893853, 1.41014209])
        """
    @overload
    def __call__(
        self,
        location: Plain,
        lower: Plain,
        upper: Plain,
        *,
        scale: Parameter = 1.0,
        distribution: Literal["normal", "logistic", "extreme"] = "normal",
        reduction: Reduced = "mean",
        **options: Unpack[Options],
    ) -> Float: ...
    @overload
    def __call__(
        self,
        location: A,
        lower: A,
        upper: A,
        *,
        scale: Parameter = 1.0,
        distribution: Literal["normal", "logistic", "extreme"] = "normal",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def gradient(
        self,
        location: Plain,
        lower: Plain,
        upper: Plain,
        *,
        scale: Parameter = 1.0,
        distribution: Literal["normal", "logistic", "extreme"] = "normal",
        reduction: Reduction = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def gradient(
        self,
        location: A,
        lower: A,
        upper: A,
        *,
        scale: Parameter = 1.0,
        distribution: Literal["normal", "logistic", "extreme"] = "normal",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def value_and_gradient(
        self,
        location: Plain,
        lower: Plain,
        upper: Plain,
        *,
        scale: Parameter = 1.0,
        distribution: Literal["normal", "logistic", "extreme"] = "normal",
        reduction: Literal["none"],
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> tuple[Floats, Floats]: ...
    @overload
    def value_and_gradient(
        self,
        location: Plain,
        lower: Plain,
        upper: Plain,
        *,
        scale: Parameter = 1.0,
        distribution: Literal["normal", "logistic", "extreme"] = "normal",
        reduction: Reduced = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> tuple[Float, Floats]: ...
    @overload
    def value_and_gradient(
        self,
        location: A,
        lower: A,
        upper: A,
        *,
        scale: Parameter = 1.0,
        distribution: Literal["normal", "logistic", "extreme"] = "normal",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> tuple[A, A]: ...
    @overload
    def curvature(
        self,
        location: Plain,
        lower: Plain,
        upper: Plain,
        *,
        scale: Parameter = 1.0,
        distribution: Literal["normal", "logistic", "extreme"] = "normal",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def curvature(
        self,
        location: A,
        lower: A,
        upper: A,
        *,
        scale: Parameter = 1.0,
        distribution: Literal["normal", "logistic", "extreme"] = "normal",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    def total(
        self,
        location: Array,
        lower: Array,
        upper: Array,
        *,
        scale: Parameter = 1.0,
        distribution: Literal["normal", "logistic", "extreme"] = "normal",
        **options: Unpack[TotalOptions],
    ) -> Total: ...

accelerated_failure: Final[_AcceleratedFailure]
r"""Negative log-likelihood of an accelerated failure time, log T = μ + σε, of exact and censored times (Wei, 1992).

    .. math:: -\log \frac{f(z)}{\sigma t} \text{ for } t = \text{lower} = \text{upper}, \quad
              -\log(F(z_u) - F(z_l)) \text{ for bounds}, \quad z = \frac{\log t - \mu}{\sigma}

    ``location`` μ is any real number. The time lies from ``lower`` ≥ 0 to ``upper`` > 0: equal bounds are an exact time,
    ``upper`` = ∞ is censored on the right, ``lower`` = 0 on the left. ``scale`` σ > 0 may be learned. ``distribution`` of ε:
    ``"normal"`` (T is lognormal), ``"logistic"`` (log-logistic), ``"extreme"`` (Weibull: F(z) = 1 - exp(-eᶻ)). The loss is in
    nats, no constant is dropped, and densities are per unit of time. Tails keep their digits; of normal bounds that nearly
    agree, the logarithm of their probability loses some. Where all times are exact, the best constant μ is the mean of
    log T for ``"normal"``.

    All inputs have one shape. Bounds in another order, an infinite ``lower`` and values out of their ranges raise.

    >>> import lossary
    >>> lossary.accelerated_failure([0.0, 0.0], [1.0, 2.0], [1.0, float("inf")], reduction="none")
    array([0.91893853, 1.41014209])
    """

class _Cox(Loss):
    @overload
    def __call__(
        self,
        log_hazard: Plain,
        time: Plain,
        event: Plain,
        *,
        ties: Literal["efron", "breslow"] = "efron",
        reduction: Literal["none"],
        **options: Unpack[Options],
    ) -> Floats:
        r"""Negative log partial likelihood of proportional hazards (Cox, 1972, 1975).

        .. math:: \sum_{i: e_i = 1} \Bigl(\log \sum_{j: t_j \ge t_i} e^{\eta_j} - \eta_i\Bigr)

        ``log_hazard`` η is any real number; ``time`` and ``event`` (true, or false for censoring) say what came. All on the last
        axis make up one cohort, which is one sample: its loss is the sum over its events, 0 where there is none, in nats. So a
        mini-batch is a cohort of its own; for the loss per event pass ``normalizer=`` their number. Adding a number to all η
        changes nothing.

        ``ties`` says how d events of one time are counted: ``"efron"`` (Efron, 1977) takes l/d of them out of the risk set of
        the one that l others precede, ``"breslow"`` (Breslow, 1974) none. Without ties both are the exact likelihood. Sums are
        kept as logarithms, so no η is too large. A time that is NaN makes the loss NaN. Inputs of different shapes raise, as do
        several cohorts of one subject each: a column of shape (n, 1) is one cohort on ``axis=0``.

        >>> import lossary
        >>> lossary.cox([1.0, 0.0, -1.0], [2.0, 3.0, 5.0], [True, False, True])
        np.float64(0.40760596444438...)
        """
    @overload
    def __call__(
        self,
        log_hazard: Plain,
        time: Plain,
        event: Plain,
        *,
        ties: Literal["efron", "breslow"] = "efron",
        reduction: Reduced = "mean",
        **options: Unpack[Options],
    ) -> Float: ...
    @overload
    def __call__(
        self,
        log_hazard: A,
        time: A,
        event: A,
        *,
        ties: Literal["efron", "breslow"] = "efron",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def gradient(
        self,
        log_hazard: Plain,
        time: Plain,
        event: Plain,
        *,
        ties: Literal["efron", "breslow"] = "efron",
        reduction: Reduction = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def gradient(
        self,
        log_hazard: A,
        time: A,
        event: A,
        *,
        ties: Literal["efron", "breslow"] = "efron",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def value_and_gradient(
        self,
        log_hazard: Plain,
        time: Plain,
        event: Plain,
        *,
        ties: Literal["efron", "breslow"] = "efron",
        reduction: Literal["none"],
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> tuple[Floats, Floats]: ...
    @overload
    def value_and_gradient(
        self,
        log_hazard: Plain,
        time: Plain,
        event: Plain,
        *,
        ties: Literal["efron", "breslow"] = "efron",
        reduction: Reduced = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> tuple[Float, Floats]: ...
    @overload
    def value_and_gradient(
        self,
        log_hazard: A,
        time: A,
        event: A,
        *,
        ties: Literal["efron", "breslow"] = "efron",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> tuple[A, A]: ...
    @overload
    def curvature(
        self,
        log_hazard: Plain,
        time: Plain,
        event: Plain,
        *,
        ties: Literal["efron", "breslow"] = "efron",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def curvature(
        self,
        log_hazard: A,
        time: A,
        event: A,
        *,
        ties: Literal["efron", "breslow"] = "efron",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    def total(
        self,
        log_hazard: Array,
        time: Array,
        event: Array,
        *,
        ties: Literal["efron", "breslow"] = "efron",
        **options: Unpack[TotalOptions],
    ) -> Total: ...

cox: Final[_Cox]
r"""Negative log partial likelihood of proportional hazards (Cox, 1972, 1975).

    .. math:: \sum_{i: e_i = 1} \Bigl(\log \sum_{j: t_j \ge t_i} e^{\eta_j} - \eta_i\Bigr)

    ``log_hazard`` η is any real number; ``time`` and ``event`` (true, or false for censoring) say what came. All on the last
    axis make up one cohort, which is one sample: its loss is the sum over its events, 0 where there is none, in nats. So a
    mini-batch is a cohort of its own; for the loss per event pass ``normalizer=`` their number. Adding a number to all η
    changes nothing.

    ``ties`` says how d events of one time are counted: ``"efron"`` (Efron, 1977) takes l/d of them out of the risk set of
    the one that l others precede, ``"breslow"`` (Breslow, 1974) none. Without ties both are the exact likelihood. Sums are
    kept as logarithms, so no η is too large. A time that is NaN makes the loss NaN. Inputs of different shapes raise, as do
    several cohorts of one subject each: a column of shape (n, 1) is one cohort on ``axis=0``.

    >>> import lossary
    >>> lossary.cox([1.0, 0.0, -1.0], [2.0, 3.0, 5.0], [True, False, True])
    np.float64(0.40760596444438...)
    """

class _DiscreteHazard(Loss):
    @overload
    def __call__(
        self, prediction: Plain, interval: Plain, event: Plain, *, reduction: Literal["none"], **options: Unpack[Options]
    ) -> Floats:
        r"""Negative log-likelihood of hazards in discrete time, the logistic hazard (Brown, 1975; Gensheimer and Narasimhan, 2019).

        .. math:: -\sum_{k < K} \log(1 - h_k) - [e \log h_K + (1 - e) \log(1 - h_K)], \quad h_k = \frac{1}{1 + e^{-z_k}}

        The prediction is a logit z for each of the intervals, on the last axis: of the probability that the event comes there,
        given that it has not come before. ``interval`` K counts from 0, one a sample, and ``event`` is true where the event came
        in it, false where the sample was censored after it. That is the binary cross-entropy of all intervals up to K; later ones
        count nothing. In nats; the gradient is h - 1 where the event came, h in the intervals before.

        An interval that is out of range, and shapes that do not fit raise.

        >>> import lossary
        >>> lossary.discrete_hazard([[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]], [1, 0], [True, False], reduction="none")
        array([1.38629436, 0.69314718])
        """
    @overload
    def __call__(
        self, prediction: Plain, interval: Plain, event: Plain, *, reduction: Reduced = "mean", **options: Unpack[Options]
    ) -> Float: ...
    @overload
    def __call__(
        self, prediction: A, interval: A, event: A, *, reduction: Reduction = "mean", **options: Unpack[Options]
    ) -> A: ...
    @overload
    def gradient(
        self,
        prediction: Plain,
        interval: Plain,
        event: Plain,
        *,
        reduction: Reduction = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def gradient(
        self, prediction: A, interval: A, event: A, *, reduction: Reduction = "mean", **options: Unpack[Options]
    ) -> A: ...
    @overload
    def value_and_gradient(
        self,
        prediction: Plain,
        interval: Plain,
        event: Plain,
        *,
        reduction: Literal["none"],
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> tuple[Floats, Floats]: ...
    @overload
    def value_and_gradient(
        self,
        prediction: Plain,
        interval: Plain,
        event: Plain,
        *,
        reduction: Reduced = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> tuple[Float, Floats]: ...
    @overload
    def value_and_gradient(
        self, prediction: A, interval: A, event: A, *, reduction: Reduction = "mean", **options: Unpack[Options]
    ) -> tuple[A, A]: ...
    @overload
    def curvature(
        self, prediction: Plain, interval: Plain, event: Plain, *, reduction: Reduction = "mean", **options: Unpack[Options]
    ) -> Floats: ...
    @overload
    def curvature(
        self, prediction: A, interval: A, event: A, *, reduction: Reduction = "mean", **options: Unpack[Options]
    ) -> A: ...
    def total(self, prediction: Array, interval: Array, event: Array, **options: Unpack[TotalOptions]) -> Total: ...

discrete_hazard: Final[_DiscreteHazard]
r"""Negative log-likelihood of hazards in discrete time, the logistic hazard (Brown, 1975; Gensheimer and Narasimhan, 2019).

    .. math:: -\sum_{k < K} \log(1 - h_k) - [e \log h_K + (1 - e) \log(1 - h_K)], \quad h_k = \frac{1}{1 + e^{-z_k}}

    The prediction is a logit z for each of the intervals, on the last axis: of the probability that the event comes there,
    given that it has not come before. ``interval`` K counts from 0, one a sample, and ``event`` is true where the event came
    in it, false where the sample was censored after it. That is the binary cross-entropy of all intervals up to K; later ones
    count nothing. In nats; the gradient is h - 1 where the event came, h in the intervals before.

    An interval that is out of range, and shapes that do not fit raise.

    >>> import lossary
    >>> lossary.discrete_hazard([[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]], [1, 0], [True, False], reduction="none")
    array([1.38629436, 0.69314718])
    """

class _SurvivalBrier(Loss):
    @overload
    def __call__(
        self,
        survival: Plain,
        time: Plain,
        event: Plain,
        *,
        horizon: Parameter = 1.0,
        censoring: Parameter = 1.0,
        reduction: Literal["none"],
        **options: Unpack[Options],
    ) -> Floats:
        r"""Brier score of the probability to survive a horizon τ, weighted for censoring (Graf et al., 1999).

        .. math:: \frac{S^2}{\hat G} \text{ for an event up to } \tau, \quad \frac{(1 - S)^2}{\hat G} \text{ for } t > \tau, \quad
                  0 \text{ if censored before}

        ``survival`` S is the predicted probability that the event comes after ``horizon`` τ, which has the unit of ``time`` and
        is 1 unless given; ``event`` is 1 for an event at ``time``, 0 for censoring. ``censoring`` Ĝ is the probability to be
        uncensored until then, one value a sample, as :func:`lossary.censoring_survival` gives it. Without censoring Ĝ = 1, and
        this is the Brier score of the event that t > τ; its best constant is then the share of survivors.

        All inputs have one shape. Values out of their ranges raise, as does Ĝ = 0, which a shorter horizon avoids.

        >>> import lossary
        >>> time, event, uncensored = [2.0, 6.0, 1.0], [1, 0, 0], [1.0, 0.5, 1.0]
        >>> lossary.survival_brier([0.75, 0.5, 0.5], time, event, horizon=5.0, censoring=uncensored, reduction="none")
        array([0.5625, 0.5   , 0.    ])
        """
    @overload
    def __call__(
        self,
        survival: Plain,
        time: Plain,
        event: Plain,
        *,
        horizon: Parameter = 1.0,
        censoring: Parameter = 1.0,
        reduction: Reduced = "mean",
        **options: Unpack[Options],
    ) -> Float: ...
    @overload
    def __call__(
        self,
        survival: A,
        time: A,
        event: A,
        *,
        horizon: Parameter = 1.0,
        censoring: Parameter = 1.0,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def gradient(
        self,
        survival: Plain,
        time: Plain,
        event: Plain,
        *,
        horizon: Parameter = 1.0,
        censoring: Parameter = 1.0,
        reduction: Reduction = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def gradient(
        self,
        survival: A,
        time: A,
        event: A,
        *,
        horizon: Parameter = 1.0,
        censoring: Parameter = 1.0,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def value_and_gradient(
        self,
        survival: Plain,
        time: Plain,
        event: Plain,
        *,
        horizon: Parameter = 1.0,
        censoring: Parameter = 1.0,
        reduction: Literal["none"],
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> tuple[Floats, Floats]: ...
    @overload
    def value_and_gradient(
        self,
        survival: Plain,
        time: Plain,
        event: Plain,
        *,
        horizon: Parameter = 1.0,
        censoring: Parameter = 1.0,
        reduction: Reduced = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> tuple[Float, Floats]: ...
    @overload
    def value_and_gradient(
        self,
        survival: A,
        time: A,
        event: A,
        *,
        horizon: Parameter = 1.0,
        censoring: Parameter = 1.0,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> tuple[A, A]: ...
    @overload
    def curvature(
        self,
        survival: Plain,
        time: Plain,
        event: Plain,
        *,
        horizon: Parameter = 1.0,
        censoring: Parameter = 1.0,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def curvature(
        self,
        survival: A,
        time: A,
        event: A,
        *,
        horizon: Parameter = 1.0,
        censoring: Parameter = 1.0,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    def total(
        self,
        survival: Array,
        time: Array,
        event: Array,
        *,
        horizon: Parameter = 1.0,
        censoring: Parameter = 1.0,
        **options: Unpack[TotalOptions],
    ) -> Total: ...

survival_brier: Final[_SurvivalBrier]
r"""Brier score of the probability to survive a horizon τ, weighted for censoring (Graf et al., 1999).

    .. math:: \frac{S^2}{\hat G} \text{ for an event up to } \tau, \quad \frac{(1 - S)^2}{\hat G} \text{ for } t > \tau, \quad
              0 \text{ if censored before}

    ``survival`` S is the predicted probability that the event comes after ``horizon`` τ, which has the unit of ``time`` and
    is 1 unless given; ``event`` is 1 for an event at ``time``, 0 for censoring. ``censoring`` Ĝ is the probability to be
    uncensored until then, one value a sample, as :func:`lossary.censoring_survival` gives it. Without censoring Ĝ = 1, and
    this is the Brier score of the event that t > τ; its best constant is then the share of survivors.

    All inputs have one shape. Values out of their ranges raise, as does Ĝ = 0, which a shorter horizon avoids.

    >>> import lossary
    >>> time, event, uncensored = [2.0, 6.0, 1.0], [1, 0, 0], [1.0, 0.5, 1.0]
    >>> lossary.survival_brier([0.75, 0.5, 0.5], time, event, horizon=5.0, censoring=uncensored, reduction="none")
    array([0.5625, 0.5   , 0.    ])
    """
