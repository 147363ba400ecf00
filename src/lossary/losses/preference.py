"""Losses of log-probabilities of sequences, of which one is preferred. Each pair of sequences is a sample.

:func:`lossary.sequence_log_probabilities` makes the log-probabilities of hidden states, without logits in memory.
"""

from typing import Annotated, Any

from lossary.engine.decorators import pointwise
from lossary.formula.domains import Interval, LogProbability, NonNegative, Positive, Probability, Real
from lossary.formula.properties import Limit
from lossary.vocabulary import exp, expm1, log1mexp, log1p, sigmoid, softplus, stop_gradient, where

Flip = Annotated[float, Interval(0.0, 0.5)]


def _gain(policy: Any, reference: Any) -> Any:
    """Return log π - log π of the reference, which is not differentiated even if it is part of a graph."""
    return policy - stop_gradient(reference)


@pointwise(convex=True, lipschitz=1, neutral=("margin",))
def bradley_terry(chosen: Real, rejected: Real, *, margin: Real = 0.0):
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
    return softplus(margin - (chosen - rejected))


@pointwise(
    convex=True,
    lipschitz=lambda beta, flip_probability: beta * (1 - flip_probability),
    neutral=("flip_probability",),
    observed=("reference_chosen", "reference_rejected"),
)
def dpo(
    chosen: Real,
    rejected: Real,
    reference_chosen: Real,
    reference_rejected: Real,
    *,
    beta: Positive = 0.1,
    flip_probability: Flip = 0.0,
):
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
    better, worse = _gain(chosen, reference_chosen), _gain(rejected, reference_rejected)
    right, wrong = bradley_terry(beta * better, beta * worse), bradley_terry(beta * worse, beta * better)
    return (1 - flip_probability) * right + flip_probability * wrong


@pointwise(convex=True, observed=("reference_chosen", "reference_rejected"))
def ipo(chosen: Real, rejected: Real, reference_chosen: Real, reference_rejected: Real, *, beta: Positive = 0.1):
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
    better, worse = _gain(chosen, reference_chosen), _gain(rejected, reference_rejected)
    return (better - worse - 1 / (2 * beta)) ** 2


@pointwise(convex=True, lipschitz=lambda beta, margin: beta, limits=(Limit("bradley_terry", beta=1.0, margin=0.0),))
def simpo(chosen: Real, rejected: Real, *, beta: Positive = 2.0, margin: Real = 1.0):
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
    return bradley_terry(beta * chosen, beta * rejected, margin=margin)


@pointwise
def orpo(chosen: LogProbability, rejected: LogProbability, *, beta: NonNegative = 0.1, likelihood: bool = True):
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
    log_odds = chosen - log1mexp(chosen) - (rejected - log1mexp(rejected))
    # -log σ(log-odds) = log(1 + (1/π_w - 1)/(1/π_l - 1)), whose derivatives keep their digits up to π_w = 1
    certain = log1p(expm1(-chosen) * exp(rejected) / -expm1(rejected))
    odds_ratio = beta * where((chosen > -1) & (rejected < 0), certain, softplus(-log_odds))
    return odds_ratio - chosen if likelihood else odds_ratio


@pointwise(
    lipschitz=lambda beta, reference_point, desirable_weight, undesirable_weight: (
        beta / 4 * max(desirable_weight, undesirable_weight)
    ),
    neutral=("desirable_weight", "undesirable_weight"),
    observed=("reference",),
)
def kto(
    policy: Real,
    reference: Real,
    target: Probability,
    *,
    beta: Positive = 0.1,
    reference_point: NonNegative = 0.0,
    desirable_weight: NonNegative = 1.0,
    undesirable_weight: NonNegative = 1.0,
):
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
    gain = beta * (_gain(policy, reference) - stop_gradient(reference_point))
    return desirable_weight * target * sigmoid(-gain) + undesirable_weight * (1 - target) * sigmoid(gain)
