"""Losses of log-probabilities of sequences, of which one is preferred. Each pair of sequences is a sample.

:func:`lossary.sequence_log_probabilities` makes the log-probabilities of hidden states, without logits in memory.
"""

# Made by tools/stubs.py from the definitions; run `make stubs` instead of editing this file.
# mypy: disable-error-code="override, overload-cannot-match"

from typing import Final, Generic, Literal, NamedTuple, Unpack, overload

from lossary.engine.calls import A, Array, Float, Floats, Loss, Options, Parameter, Plain, Reduced, Reduction, T, TotalOptions
from lossary.engine.reduction import Total

class _BradleyTerryGradient(NamedTuple, Generic[T]):
    chosen: T
    rejected: T

class _BradleyTerry(Loss):
    @overload
    def __call__(
        self, chosen: Plain, rejected: Plain, *, margin: Parameter = 0.0, reduction: Literal["none"], **options: Unpack[Options]
    ) -> Floats:
        r"""Bradley–Terry loss of a reward model: :math:`-\log\sigma(r_w - r_l - m)`, in nats (Bradley & Terry, 1952).

        ``chosen`` and ``rejected`` are the rewards r of the two answers, any real numbers of one shape; only their difference
        matters. ``margin`` m asks for a difference beyond 0, one number or one a pair (Touvron et al., 2023, who grade the pairs).
        The gradient in a reward lies within ±1: a pair that is labelled the wrong way round costs linearly, not more.
        Without a margin, the difference with the least loss is the log-odds of the share of pairs that prefer ``chosen``.

        Shapes that differ and unknown options raise.

        >>> import lossary
        >>> lossary.bradley_terry([1.0, 0.0], [0.0, 2.0], reduction="none")
        array([0.31326169, 2.12692801])
        """
    @overload
    def __call__(
        self,
        chosen: Plain,
        rejected: Plain,
        *,
        margin: Parameter = 0.0,
        reduction: Reduced = "mean",
        **options: Unpack[Options],
    ) -> Float: ...
    @overload
    def __call__(
        self, chosen: A, rejected: A, *, margin: Parameter = 0.0, reduction: Reduction = "mean", **options: Unpack[Options]
    ) -> A: ...
    @overload
    def gradient(
        self,
        chosen: Plain,
        rejected: Plain,
        *,
        margin: Parameter = 0.0,
        reduction: Reduction = "mean",
        out: tuple[Floats, ...] | None = None,
        **options: Unpack[Options],
    ) -> _BradleyTerryGradient[Floats]: ...
    @overload
    def gradient(
        self, chosen: A, rejected: A, *, margin: Parameter = 0.0, reduction: Reduction = "mean", **options: Unpack[Options]
    ) -> _BradleyTerryGradient[A]: ...
    @overload
    def value_and_gradient(
        self,
        chosen: Plain,
        rejected: Plain,
        *,
        margin: Parameter = 0.0,
        reduction: Literal["none"],
        out: tuple[Floats, ...] | None = None,
        **options: Unpack[Options],
    ) -> tuple[Floats, _BradleyTerryGradient[Floats]]: ...
    @overload
    def value_and_gradient(
        self,
        chosen: Plain,
        rejected: Plain,
        *,
        margin: Parameter = 0.0,
        reduction: Reduced = "mean",
        out: tuple[Floats, ...] | None = None,
        **options: Unpack[Options],
    ) -> tuple[Float, _BradleyTerryGradient[Floats]]: ...
    @overload
    def value_and_gradient(
        self, chosen: A, rejected: A, *, margin: Parameter = 0.0, reduction: Reduction = "mean", **options: Unpack[Options]
    ) -> tuple[A, _BradleyTerryGradient[A]]: ...
    @overload
    def curvature(
        self,
        chosen: Plain,
        rejected: Plain,
        *,
        margin: Parameter = 0.0,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> _BradleyTerryGradient[Floats]: ...
    @overload
    def curvature(
        self, chosen: A, rejected: A, *, margin: Parameter = 0.0, reduction: Reduction = "mean", **options: Unpack[Options]
    ) -> _BradleyTerryGradient[A]: ...
    def total(self, chosen: Array, rejected: Array, *, margin: Parameter = 0.0, **options: Unpack[TotalOptions]) -> Total: ...

bradley_terry: Final[_BradleyTerry]
r"""Bradley–Terry loss of a reward model: :math:`-\log\sigma(r_w - r_l - m)`, in nats (Bradley & Terry, 1952).

    ``chosen`` and ``rejected`` are the rewards r of the two answers, any real numbers of one shape; only their difference
    matters. ``margin`` m asks for a difference beyond 0, one number or one a pair (Touvron et al., 2023, who grade the pairs).
    The gradient in a reward lies within ±1: a pair that is labelled the wrong way round costs linearly, not more.
    Without a margin, the difference with the least loss is the log-odds of the share of pairs that prefer ``chosen``.

    Shapes that differ and unknown options raise.

    >>> import lossary
    >>> lossary.bradley_terry([1.0, 0.0], [0.0, 2.0], reduction="none")
    array([0.31326169, 2.12692801])
    """

class _DpoGradient(NamedTuple, Generic[T]):
    chosen: T
    rejected: T

class _Dpo(Loss):
    @overload
    def __call__(
        self,
        chosen: Plain,
        rejected: Plain,
        reference_chosen: Plain,
        reference_rejected: Plain,
        *,
        beta: Parameter = 0.1,
        flip_probability: Parameter = 0.0,
        reduction: Literal["none"],
        **options: Unpack[Options],
    ) -> Floats:
        r"""Direct preference optimisation, in nats (Rafailov et al., 2023), of log-probabilities of whole sequences.

        .. math:: -(1-\varepsilon)\log\sigma(\beta\Delta) - \varepsilon\log\sigma(-\beta\Delta), \quad
                  \Delta = (\log\pi_w - \log\pi^{\mathrm{ref}}_w) - (\log\pi_l - \log\pi^{\mathrm{ref}}_l)

        Each log-probability is the **sum** over the answer's tokens, in nats; those of the reference get no gradient. The loss is
        :func:`bradley_terry` of the implicit rewards :math:`\beta(\log\pi - \log\pi^{\mathrm{ref}})`: log 2 where the policy is the
        reference, and linear in Δ for pairs that are ranked the wrong way round. ``beta`` β > 0 says how near the reference the
        policy is held: the larger, the nearer. ``flip_probability`` ε in [0, ½] is the probability that a label is wrong (cDPO;
        Mitchell, 2023; ``label_smoothing`` of TRL): the least loss is then where βΔ is the log-odds of 1 - ε.

        The four have one shape, with one number a pair. Shapes that differ and options out of range raise.

        >>> import lossary
        >>> lossary.dpo([-10.0, -9.0], [-12.0, -7.0], [-11.0, -9.0], [-11.0, -9.0], reduction="none")
        array([0.59813887, 0.79813887])
        """
    @overload
    def __call__(
        self,
        chosen: Plain,
        rejected: Plain,
        reference_chosen: Plain,
        reference_rejected: Plain,
        *,
        beta: Parameter = 0.1,
        flip_probability: Parameter = 0.0,
        reduction: Reduced = "mean",
        **options: Unpack[Options],
    ) -> Float: ...
    @overload
    def __call__(
        self,
        chosen: A,
        rejected: A,
        reference_chosen: A,
        reference_rejected: A,
        *,
        beta: Parameter = 0.1,
        flip_probability: Parameter = 0.0,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def gradient(
        self,
        chosen: Plain,
        rejected: Plain,
        reference_chosen: Plain,
        reference_rejected: Plain,
        *,
        beta: Parameter = 0.1,
        flip_probability: Parameter = 0.0,
        reduction: Reduction = "mean",
        out: tuple[Floats, ...] | None = None,
        **options: Unpack[Options],
    ) -> _DpoGradient[Floats]: ...
    @overload
    def gradient(
        self,
        chosen: A,
        rejected: A,
        reference_chosen: A,
        reference_rejected: A,
        *,
        beta: Parameter = 0.1,
        flip_probability: Parameter = 0.0,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> _DpoGradient[A]: ...
    @overload
    def value_and_gradient(
        self,
        chosen: Plain,
        rejected: Plain,
        reference_chosen: Plain,
        reference_rejected: Plain,
        *,
        beta: Parameter = 0.1,
        flip_probability: Parameter = 0.0,
        reduction: Literal["none"],
        out: tuple[Floats, ...] | None = None,
        **options: Unpack[Options],
    ) -> tuple[Floats, _DpoGradient[Floats]]: ...
    @overload
    def value_and_gradient(
        self,
        chosen: Plain,
        rejected: Plain,
        reference_chosen: Plain,
        reference_rejected: Plain,
        *,
        beta: Parameter = 0.1,
        flip_probability: Parameter = 0.0,
        reduction: Reduced = "mean",
        out: tuple[Floats, ...] | None = None,
        **options: Unpack[Options],
    ) -> tuple[Float, _DpoGradient[Floats]]: ...
    @overload
    def value_and_gradient(
        self,
        chosen: A,
        rejected: A,
        reference_chosen: A,
        reference_rejected: A,
        *,
        beta: Parameter = 0.1,
        flip_probability: Parameter = 0.0,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> tuple[A, _DpoGradient[A]]: ...
    @overload
    def curvature(
        self,
        chosen: Plain,
        rejected: Plain,
        reference_chosen: Plain,
        reference_rejected: Plain,
        *,
        beta: Parameter = 0.1,
        flip_probability: Parameter = 0.0,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> _DpoGradient[Floats]: ...
    @overload
    def curvature(
        self,
        chosen: A,
        rejected: A,
        reference_chosen: A,
        reference_rejected: A,
        *,
        beta: Parameter = 0.1,
        flip_probability: Parameter = 0.0,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> _DpoGradient[A]: ...
    def total(
        self,
        chosen: Array,
        rejected: Array,
        reference_chosen: Array,
        reference_rejected: Array,
        *,
        beta: Parameter = 0.1,
        flip_probability: Parameter = 0.0,
        **options: Unpack[TotalOptions],
    ) -> Total: ...

dpo: Final[_Dpo]
r"""Direct preference optimisation, in nats (Rafailov et al., 2023), of log-probabilities of whole sequences.

    .. math:: -(1-\varepsilon)\log\sigma(\beta\Delta) - \varepsilon\log\sigma(-\beta\Delta), \quad
              \Delta = (\log\pi_w - \log\pi^{\mathrm{ref}}_w) - (\log\pi_l - \log\pi^{\mathrm{ref}}_l)

    Each log-probability is the **sum** over the answer's tokens, in nats; those of the reference get no gradient. The loss is
    :func:`bradley_terry` of the implicit rewards :math:`\beta(\log\pi - \log\pi^{\mathrm{ref}})`: log 2 where the policy is the
    reference, and linear in Δ for pairs that are ranked the wrong way round. ``beta`` β > 0 says how near the reference the
    policy is held: the larger, the nearer. ``flip_probability`` ε in [0, ½] is the probability that a label is wrong (cDPO;
    Mitchell, 2023; ``label_smoothing`` of TRL): the least loss is then where βΔ is the log-odds of 1 - ε.

    The four have one shape, with one number a pair. Shapes that differ and options out of range raise.

    >>> import lossary
    >>> lossary.dpo([-10.0, -9.0], [-12.0, -7.0], [-11.0, -9.0], [-11.0, -9.0], reduction="none")
    array([0.59813887, 0.79813887])
    """

class _IpoGradient(NamedTuple, Generic[T]):
    chosen: T
    rejected: T

class _Ipo(Loss):
    @overload
    def __call__(
        self,
        chosen: Plain,
        rejected: Plain,
        reference_chosen: Plain,
        reference_rejected: Plain,
        *,
        beta: Parameter = 0.1,
        reduction: Literal["none"],
        **options: Unpack[Options],
    ) -> Floats:
        r"""Identity preference optimisation (Azar et al., 2024): :math:`(\Delta - \frac1{2\beta})^2` with the Δ of :func:`dpo`.

        The least loss is at :math:`\Delta = 1/(2\beta)`, with ``beta`` β > 0. So unlike :func:`dpo` it holds the policy near the
        reference also where all pairs agree. Δ and 1/(2β) are in nats: **of a sequence** if the log-probabilities are sums over
        tokens, **of a token** if they are means, as the authors' code and TRL take them. The same β asks for far more in nats of a
        token. The loss is in nats².

        The four have one shape, with one number a pair; those of the reference get no gradient. Shapes that differ and options out
        of range raise.

        >>> import lossary
        >>> lossary.ipo([-1.0, -1.0], [-6.0, -1.0], [-1.0, -1.0], [-1.0, -1.0], reduction="none")
        array([ 0., 25.])
        """
    @overload
    def __call__(
        self,
        chosen: Plain,
        rejected: Plain,
        reference_chosen: Plain,
        reference_rejected: Plain,
        *,
        beta: Parameter = 0.1,
        reduction: Reduced = "mean",
        **options: Unpack[Options],
    ) -> Float: ...
    @overload
    def __call__(
        self,
        chosen: A,
        rejected: A,
        reference_chosen: A,
        reference_rejected: A,
        *,
        beta: Parameter = 0.1,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def gradient(
        self,
        chosen: Plain,
        rejected: Plain,
        reference_chosen: Plain,
        reference_rejected: Plain,
        *,
        beta: Parameter = 0.1,
        reduction: Reduction = "mean",
        out: tuple[Floats, ...] | None = None,
        **options: Unpack[Options],
    ) -> _IpoGradient[Floats]: ...
    @overload
    def gradient(
        self,
        chosen: A,
        rejected: A,
        reference_chosen: A,
        reference_rejected: A,
        *,
        beta: Parameter = 0.1,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> _IpoGradient[A]: ...
    @overload
    def value_and_gradient(
        self,
        chosen: Plain,
        rejected: Plain,
        reference_chosen: Plain,
        reference_rejected: Plain,
        *,
        beta: Parameter = 0.1,
        reduction: Literal["none"],
        out: tuple[Floats, ...] | None = None,
        **options: Unpack[Options],
    ) -> tuple[Floats, _IpoGradient[Floats]]: ...
    @overload
    def value_and_gradient(
        self,
        chosen: Plain,
        rejected: Plain,
        reference_chosen: Plain,
        reference_rejected: Plain,
        *,
        beta: Parameter = 0.1,
        reduction: Reduced = "mean",
        out: tuple[Floats, ...] | None = None,
        **options: Unpack[Options],
    ) -> tuple[Float, _IpoGradient[Floats]]: ...
    @overload
    def value_and_gradient(
        self,
        chosen: A,
        rejected: A,
        reference_chosen: A,
        reference_rejected: A,
        *,
        beta: Parameter = 0.1,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> tuple[A, _IpoGradient[A]]: ...
    @overload
    def curvature(
        self,
        chosen: Plain,
        rejected: Plain,
        reference_chosen: Plain,
        reference_rejected: Plain,
        *,
        beta: Parameter = 0.1,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> _IpoGradient[Floats]: ...
    @overload
    def curvature(
        self,
        chosen: A,
        rejected: A,
        reference_chosen: A,
        reference_rejected: A,
        *,
        beta: Parameter = 0.1,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> _IpoGradient[A]: ...
    def total(
        self,
        chosen: Array,
        rejected: Array,
        reference_chosen: Array,
        reference_rejected: Array,
        *,
        beta: Parameter = 0.1,
        **options: Unpack[TotalOptions],
    ) -> Total: ...

ipo: Final[_Ipo]
r"""Identity preference optimisation (Azar et al., 2024): :math:`(\Delta - \frac1{2\beta})^2` with the Δ of :func:`dpo`.

    The least loss is at :math:`\Delta = 1/(2\beta)`, with ``beta`` β > 0. So unlike :func:`dpo` it holds the policy near the
    reference also where all pairs agree. Δ and 1/(2β) are in nats: **of a sequence** if the log-probabilities are sums over
    tokens, **of a token** if they are means, as the authors' code and TRL take them. The same β asks for far more in nats of a
    token. The loss is in nats².

    The four have one shape, with one number a pair; those of the reference get no gradient. Shapes that differ and options out
    of range raise.

    >>> import lossary
    >>> lossary.ipo([-1.0, -1.0], [-6.0, -1.0], [-1.0, -1.0], [-1.0, -1.0], reduction="none")
    array([ 0., 25.])
    """

class _Kto(Loss):
    @overload
    def __call__(
        self,
        policy: Plain,
        reference: Plain,
        target: Plain,
        *,
        beta: Parameter = 0.1,
        reference_point: Parameter = 0.0,
        desirable_weight: Parameter = 1.0,
        undesirable_weight: Parameter = 1.0,
        reduction: Literal["none"],
        **options: Unpack[Options],
    ) -> Floats:
        r"""Kahneman–Tversky optimisation of single answers that are desirable or not (Ethayarajh et al., 2024).

        .. math:: \lambda_D\,y\,\bigl(1 - \sigma(\beta(r - z))\bigr) + \lambda_U\,(1-y)\,\bigl(1 - \sigma(\beta(z - r))\bigr), \quad
                  r = \log\pi - \log\pi^{\mathrm{ref}}

        ``policy`` and ``reference`` are log-probabilities of whole sequences, sums over tokens in nats; ``target`` y is 1 for a
        desirable answer and 0 for an undesirable one. ``reference_point`` z ≥ 0 is what answers have on average, one number or one
        a sample: TRL's is the mean of r over answers to other prompts of the batch, not below 0. **It gets no gradient**, nor does
        the reference. The larger ``beta`` β > 0, the sooner the loss levels off. ``desirable_weight`` and ``undesirable_weight``
        balance the two kinds without changing the divisor of the mean, as ``weight=`` would.

        The loss lies between 0 and the larger weight, so no single answer pulls far: the gradient is at most β/4 of it. It has no
        unit. The three have one shape. Shapes that differ and values out of range raise.

        >>> import lossary
        >>> lossary.kto([-9.0, -9.0], [-10.0, -10.0], [1, 0], beta=1.0, reduction="none")
        array([0.26894142, 0.73105858])
        """
    @overload
    def __call__(
        self,
        policy: Plain,
        reference: Plain,
        target: Plain,
        *,
        beta: Parameter = 0.1,
        reference_point: Parameter = 0.0,
        desirable_weight: Parameter = 1.0,
        undesirable_weight: Parameter = 1.0,
        reduction: Reduced = "mean",
        **options: Unpack[Options],
    ) -> Float: ...
    @overload
    def __call__(
        self,
        policy: A,
        reference: A,
        target: A,
        *,
        beta: Parameter = 0.1,
        reference_point: Parameter = 0.0,
        desirable_weight: Parameter = 1.0,
        undesirable_weight: Parameter = 1.0,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def gradient(
        self,
        policy: Plain,
        reference: Plain,
        target: Plain,
        *,
        beta: Parameter = 0.1,
        reference_point: Parameter = 0.0,
        desirable_weight: Parameter = 1.0,
        undesirable_weight: Parameter = 1.0,
        reduction: Reduction = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def gradient(
        self,
        policy: A,
        reference: A,
        target: A,
        *,
        beta: Parameter = 0.1,
        reference_point: Parameter = 0.0,
        desirable_weight: Parameter = 1.0,
        undesirable_weight: Parameter = 1.0,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def value_and_gradient(
        self,
        policy: Plain,
        reference: Plain,
        target: Plain,
        *,
        beta: Parameter = 0.1,
        reference_point: Parameter = 0.0,
        desirable_weight: Parameter = 1.0,
        undesirable_weight: Parameter = 1.0,
        reduction: Literal["none"],
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> tuple[Floats, Floats]: ...
    @overload
    def value_and_gradient(
        self,
        policy: Plain,
        reference: Plain,
        target: Plain,
        *,
        beta: Parameter = 0.1,
        reference_point: Parameter = 0.0,
        desirable_weight: Parameter = 1.0,
        undesirable_weight: Parameter = 1.0,
        reduction: Reduced = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> tuple[Float, Floats]: ...
    @overload
    def value_and_gradient(
        self,
        policy: A,
        reference: A,
        target: A,
        *,
        beta: Parameter = 0.1,
        reference_point: Parameter = 0.0,
        desirable_weight: Parameter = 1.0,
        undesirable_weight: Parameter = 1.0,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> tuple[A, A]: ...
    @overload
    def curvature(
        self,
        policy: Plain,
        reference: Plain,
        target: Plain,
        *,
        beta: Parameter = 0.1,
        reference_point: Parameter = 0.0,
        desirable_weight: Parameter = 1.0,
        undesirable_weight: Parameter = 1.0,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def curvature(
        self,
        policy: A,
        reference: A,
        target: A,
        *,
        beta: Parameter = 0.1,
        reference_point: Parameter = 0.0,
        desirable_weight: Parameter = 1.0,
        undesirable_weight: Parameter = 1.0,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    def total(
        self,
        policy: Array,
        reference: Array,
        target: Array,
        *,
        beta: Parameter = 0.1,
        reference_point: Parameter = 0.0,
        desirable_weight: Parameter = 1.0,
        undesirable_weight: Parameter = 1.0,
        **options: Unpack[TotalOptions],
    ) -> Total: ...

kto: Final[_Kto]
r"""Kahneman–Tversky optimisation of single answers that are desirable or not (Ethayarajh et al., 2024).

    .. math:: \lambda_D\,y\,\bigl(1 - \sigma(\beta(r - z))\bigr) + \lambda_U\,(1-y)\,\bigl(1 - \sigma(\beta(z - r))\bigr), \quad
              r = \log\pi - \log\pi^{\mathrm{ref}}

    ``policy`` and ``reference`` are log-probabilities of whole sequences, sums over tokens in nats; ``target`` y is 1 for a
    desirable answer and 0 for an undesirable one. ``reference_point`` z ≥ 0 is what answers have on average, one number or one
    a sample: TRL's is the mean of r over answers to other prompts of the batch, not below 0. **It gets no gradient**, nor does
    the reference. The larger ``beta`` β > 0, the sooner the loss levels off. ``desirable_weight`` and ``undesirable_weight``
    balance the two kinds without changing the divisor of the mean, as ``weight=`` would.

    The loss lies between 0 and the larger weight, so no single answer pulls far: the gradient is at most β/4 of it. It has no
    unit. The three have one shape. Shapes that differ and values out of range raise.

    >>> import lossary
    >>> lossary.kto([-9.0, -9.0], [-10.0, -10.0], [1, 0], beta=1.0, reduction="none")
    array([0.26894142, 0.73105858])
    """

class _OrpoGradient(NamedTuple, Generic[T]):
    chosen: T
    rejected: T

class _Orpo(Loss):
    @overload
    def __call__(
        self,
        chosen: Plain,
        rejected: Plain,
        *,
        beta: Parameter = 0.1,
        likelihood: bool = True,
        reduction: Literal["none"],
        **options: Unpack[Options],
    ) -> Floats:
        r"""Odds-ratio preference optimisation, without a reference, in nats (Hong et al., 2024).

        .. math:: -\log\pi_w - \beta\log\sigma\Bigl(\log\frac{\pi_w}{1-\pi_w} - \log\frac{\pi_l}{1-\pi_l}\Bigr)

        ``chosen`` and ``rejected`` are log-probabilities **divided by the number of tokens** (``tokens="mean"``), so π is the
        geometric mean of the tokens' probabilities. The first term is the negative log-likelihood of the chosen answer, added once
        for each pair: long and short answers count alike. TRL averages it over all tokens of the batch; for that,
        ``likelihood=False`` leaves it out here, and :func:`lossary.linear_cross_entropy` of the chosen answers is added. ``beta``
        is the paper's λ. The log-odds keep their digits for probabilities near 1; a rejected answer of probability 1 costs ∞, and
        two such are NaN.

        The two have one shape, with one number ≤ 0 a pair. Shapes that differ and values out of range raise.

        >>> import lossary
        >>> lossary.orpo([-0.5, -2.0], [-1.5, -1.0], reduction="none")
        array([0.51708592, 2.15514447])
        """
    @overload
    def __call__(
        self,
        chosen: Plain,
        rejected: Plain,
        *,
        beta: Parameter = 0.1,
        likelihood: bool = True,
        reduction: Reduced = "mean",
        **options: Unpack[Options],
    ) -> Float: ...
    @overload
    def __call__(
        self,
        chosen: A,
        rejected: A,
        *,
        beta: Parameter = 0.1,
        likelihood: bool = True,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def gradient(
        self,
        chosen: Plain,
        rejected: Plain,
        *,
        beta: Parameter = 0.1,
        likelihood: bool = True,
        reduction: Reduction = "mean",
        out: tuple[Floats, ...] | None = None,
        **options: Unpack[Options],
    ) -> _OrpoGradient[Floats]: ...
    @overload
    def gradient(
        self,
        chosen: A,
        rejected: A,
        *,
        beta: Parameter = 0.1,
        likelihood: bool = True,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> _OrpoGradient[A]: ...
    @overload
    def value_and_gradient(
        self,
        chosen: Plain,
        rejected: Plain,
        *,
        beta: Parameter = 0.1,
        likelihood: bool = True,
        reduction: Literal["none"],
        out: tuple[Floats, ...] | None = None,
        **options: Unpack[Options],
    ) -> tuple[Floats, _OrpoGradient[Floats]]: ...
    @overload
    def value_and_gradient(
        self,
        chosen: Plain,
        rejected: Plain,
        *,
        beta: Parameter = 0.1,
        likelihood: bool = True,
        reduction: Reduced = "mean",
        out: tuple[Floats, ...] | None = None,
        **options: Unpack[Options],
    ) -> tuple[Float, _OrpoGradient[Floats]]: ...
    @overload
    def value_and_gradient(
        self,
        chosen: A,
        rejected: A,
        *,
        beta: Parameter = 0.1,
        likelihood: bool = True,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> tuple[A, _OrpoGradient[A]]: ...
    @overload
    def curvature(
        self,
        chosen: Plain,
        rejected: Plain,
        *,
        beta: Parameter = 0.1,
        likelihood: bool = True,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> _OrpoGradient[Floats]: ...
    @overload
    def curvature(
        self,
        chosen: A,
        rejected: A,
        *,
        beta: Parameter = 0.1,
        likelihood: bool = True,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> _OrpoGradient[A]: ...
    def total(
        self, chosen: Array, rejected: Array, *, beta: Parameter = 0.1, likelihood: bool = True, **options: Unpack[TotalOptions]
    ) -> Total: ...

orpo: Final[_Orpo]
r"""Odds-ratio preference optimisation, without a reference, in nats (Hong et al., 2024).

    .. math:: -\log\pi_w - \beta\log\sigma\Bigl(\log\frac{\pi_w}{1-\pi_w} - \log\frac{\pi_l}{1-\pi_l}\Bigr)

    ``chosen`` and ``rejected`` are log-probabilities **divided by the number of tokens** (``tokens="mean"``), so π is the
    geometric mean of the tokens' probabilities. The first term is the negative log-likelihood of the chosen answer, added once
    for each pair: long and short answers count alike. TRL averages it over all tokens of the batch; for that,
    ``likelihood=False`` leaves it out here, and :func:`lossary.linear_cross_entropy` of the chosen answers is added. ``beta``
    is the paper's λ. The log-odds keep their digits for probabilities near 1; a rejected answer of probability 1 costs ∞, and
    two such are NaN.

    The two have one shape, with one number ≤ 0 a pair. Shapes that differ and values out of range raise.

    >>> import lossary
    >>> lossary.orpo([-0.5, -2.0], [-1.5, -1.0], reduction="none")
    array([0.51708592, 2.15514447])
    """

class _SimpoGradient(NamedTuple, Generic[T]):
    chosen: T
    rejected: T

class _Simpo(Loss):
    @overload
    def __call__(
        self,
        chosen: Plain,
        rejected: Plain,
        *,
        beta: Parameter = 2.0,
        margin: Parameter = 1.0,
        reduction: Literal["none"],
        **options: Unpack[Options],
    ) -> Floats:
        r"""Simple preference optimisation, without a reference, in nats (Meng et al., 2024).

        .. math:: -\log\sigma\bigl(\beta(\bar r_w - \bar r_l) - \gamma\bigr)

        ``chosen`` and ``rejected`` are the log-probabilities r̄ of the answers **divided by their numbers of tokens**
        (``tokens="mean"`` of :func:`lossary.sequence_log_probabilities`), in nats of a token. ``beta`` β > 0 scales them;
        ``margin`` γ is in units of β·r̄, and not of r̄, as TRL's ``simpo_gamma`` is. The loss is :func:`bradley_terry` of the
        rewards β·r̄: the gradient lies within ±β.

        The two have one shape, with one number a pair. Shapes that differ and options out of range raise.

        >>> import lossary
        >>> lossary.simpo([-0.5, -2.0], [-1.5, -1.0], reduction="none")
        array([0.31326169, 3.04858735])
        """
    @overload
    def __call__(
        self,
        chosen: Plain,
        rejected: Plain,
        *,
        beta: Parameter = 2.0,
        margin: Parameter = 1.0,
        reduction: Reduced = "mean",
        **options: Unpack[Options],
    ) -> Float: ...
    @overload
    def __call__(
        self,
        chosen: A,
        rejected: A,
        *,
        beta: Parameter = 2.0,
        margin: Parameter = 1.0,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def gradient(
        self,
        chosen: Plain,
        rejected: Plain,
        *,
        beta: Parameter = 2.0,
        margin: Parameter = 1.0,
        reduction: Reduction = "mean",
        out: tuple[Floats, ...] | None = None,
        **options: Unpack[Options],
    ) -> _SimpoGradient[Floats]: ...
    @overload
    def gradient(
        self,
        chosen: A,
        rejected: A,
        *,
        beta: Parameter = 2.0,
        margin: Parameter = 1.0,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> _SimpoGradient[A]: ...
    @overload
    def value_and_gradient(
        self,
        chosen: Plain,
        rejected: Plain,
        *,
        beta: Parameter = 2.0,
        margin: Parameter = 1.0,
        reduction: Literal["none"],
        out: tuple[Floats, ...] | None = None,
        **options: Unpack[Options],
    ) -> tuple[Floats, _SimpoGradient[Floats]]: ...
    @overload
    def value_and_gradient(
        self,
        chosen: Plain,
        rejected: Plain,
        *,
        beta: Parameter = 2.0,
        margin: Parameter = 1.0,
        reduction: Reduced = "mean",
        out: tuple[Floats, ...] | None = None,
        **options: Unpack[Options],
    ) -> tuple[Float, _SimpoGradient[Floats]]: ...
    @overload
    def value_and_gradient(
        self,
        chosen: A,
        rejected: A,
        *,
        beta: Parameter = 2.0,
        margin: Parameter = 1.0,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> tuple[A, _SimpoGradient[A]]: ...
    @overload
    def curvature(
        self,
        chosen: Plain,
        rejected: Plain,
        *,
        beta: Parameter = 2.0,
        margin: Parameter = 1.0,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> _SimpoGradient[Floats]: ...
    @overload
    def curvature(
        self,
        chosen: A,
        rejected: A,
        *,
        beta: Parameter = 2.0,
        margin: Parameter = 1.0,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> _SimpoGradient[A]: ...
    def total(
        self, chosen: Array, rejected: Array, *, beta: Parameter = 2.0, margin: Parameter = 1.0, **options: Unpack[TotalOptions]
    ) -> Total: ...

simpo: Final[_Simpo]
r"""Simple preference optimisation, without a reference, in nats (Meng et al., 2024).

    .. math:: -\log\sigma\bigl(\beta(\bar r_w - \bar r_l) - \gamma\bigr)

    ``chosen`` and ``rejected`` are the log-probabilities r̄ of the answers **divided by their numbers of tokens**
    (``tokens="mean"`` of :func:`lossary.sequence_log_probabilities`), in nats of a token. ``beta`` β > 0 scales them;
    ``margin`` γ is in units of β·r̄, and not of r̄, as TRL's ``simpo_gamma`` is. The loss is :func:`bradley_terry` of the
    rewards β·r̄: the gradient lies within ±β.

    The two have one shape, with one number a pair. Shapes that differ and options out of range raise.

    >>> import lossary
    >>> lossary.simpo([-0.5, -2.0], [-1.5, -1.0], reduction="none")
    array([0.31326169, 3.04858735])
    """
