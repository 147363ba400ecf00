"""Divergences of a distribution over classes predicted from a target distribution."""

from typing import Annotated, Any

import numpy as np

from lossary.array_words import cumsum, log_softmax
from lossary.engine.decorators import composed, samplewise, softmax
from lossary.formula.calls import textbook
from lossary.formula.domains import Interval, NonNegative, Positive, Probability
from lossary.formula.links import ArrayLink
from lossary.formula.properties import Limit
from lossary.formula.relative import log_ratio, relative_term
from lossary.vocabulary import abs, exp, expm1, log, log1p, log_sum_exp, sqrt, total, where, xmuly

_DISTRIBUTION = {
    "logits": (lambda z: exp(z - log_sum_exp(z)), Interval()),
    "probabilities": (lambda p: p, Interval(0.0, 1.0)),
    "log_probabilities": (exp, Interval(high=0.0)),
}
"""The forms of a distribution over the components of a sample."""
_OF_ARRAYS = {
    "logits": ArrayLink(
        lambda z: exp(log_softmax(z)), Interval(), lambda p, slopes: p * (slopes - (p * slopes).sum(-1)[..., None])
    ),
    "probabilities": ArrayLink(lambda p: p, Interval(0.0, 1.0), lambda p, slopes: slopes),
    "log_probabilities": ArrayLink(exp, Interval(high=0.0), lambda p, slopes: p * slopes),
}
"""The same of arrays."""


@softmax(target_forms=True, convex=True, proper=True)
def kl_divergence(probability: Probability, target: Probability):
    r"""Kullback–Leibler divergence, forward: :math:`D(t \| p) = \sum_k t_k \log(t_k / p_k)` (Kullback and Leibler, 1951).

    In nats: the cross-entropy less the entropy of the target: the gradient is the same, the least loss is 0, where p = t. Of
    labels it is the cross-entropy. It covers every class of the target: p = 0 where t > 0 costs ∞, and t = 0 costs nothing,
    with slope 0, whatever p is; a logit of -∞ there does no harm. Where p is near t, its error is a rounding of the
    difference; :func:`lossary.generalized_kl` keeps more.

    The prediction is p as ``given`` says: ``"logits"`` (the default), ``"probabilities"`` or ``"log_probabilities"``; the
    target holds class indices, or t in the form that ``target_given`` names: ``"probabilities"`` (the default), ``"logits"`` or
    ``"log_probabilities"``; it gets no gradient. Options and shapes are those of :func:`lossary.cross_entropy`; its
    ``temperature`` divides the logits of the prediction only, and :func:`lossary.distillation` has one for both. Labels out of
    range, probabilities outside [0, 1], rows that do not sum to 1 and shapes that do not fit raise.

    >>> import lossary
    >>> float(lossary.kl_divergence([[0.25, 0.75]], [[1.0, 0.0]], given="probabilities"))
    1.3862943611198906
    """
    return textbook(target * log(target / probability), xmuly(target, log_ratio(target, probability)))


@softmax(target_forms=True)
def reverse_kl(probability: Probability, target: Probability):
    r"""Kullback–Leibler divergence, reverse: :math:`D(p \| t) = \sum_k p_k \log(p_k / t_k)` (Kullback and Leibler, 1951).

    In nats. It is 0 where p = t. It seeks modes: p > 0 where t = 0 costs ∞, and p may leave out what t allows. So a target of
    labels costs ∞ unless ``label_smoothing`` makes every class possible. Where p = t = 0 nothing is added; the slope in the
    probability is ∞ there, the one in the logit 0.

    The prediction is p as ``given`` says, the target t as ``target_given`` does; options, shapes and what raises are those of
    :func:`lossary.kl_divergence`.

    >>> import lossary
    >>> float(lossary.reverse_kl([[0.5, 0.5]], [[0.25, 0.75]], given="probabilities"))
    0.14384103622589045
    """
    return textbook(probability * log(probability / target), xmuly(probability, -log_ratio(target, probability)))


@softmax(
    target_forms=True, by_word={"scaled": {True: {"limits": (Limit("kl_divergence", beta=0.0), Limit("reverse_kl", beta=1.0))}}}
)
def jensen_shannon(
    probability: Probability,
    target: Probability,
    *,
    beta: Annotated[Any, Interval(0.0, 1.0, open=True)] = 0.5,
    scaled: bool = False,
):
    r"""Jensen–Shannon divergence, generalised by a weight β (Lin, 1991): symmetric and finite at β = ½, in nats.

    .. math:: \beta\,D(t \| m) + (1 - \beta)\,D(p \| m), \quad m = \beta t + (1 - \beta) p

    D is the Kullback–Leibler divergence. It lies between 0, exactly where p = t, and the entropy of (β, 1 - β), which is log 2
    at ``beta`` = ½. β is in (0, 1), or an array with one value a sample. ``scaled=True`` divides it by β(1 - β): that goes over
    into :func:`lossary.kl_divergence` as β → 0 and into :func:`lossary.reverse_kl` as β → 1 (Agarwal et al., 2024).

    The prediction is p as ``given`` says, the target t as ``target_given`` does; options and shapes are those of
    :func:`lossary.kl_divergence`. A ``beta`` outside (0, 1) raises, and so does what raises there.

    >>> import lossary
    >>> float(lossary.jensen_shannon([[1.0, 0.0]], [1], given="probabilities"))
    0.6931471805599453
    """
    middle = beta * target + (1 - beta) * probability
    # where both are 0, p alone would cost p·log(1/(1 - β)) in its own term
    at_origin = -log1p(-beta) * probability - probability + middle
    # the linear parts of the terms cancel, β(m - t) + (1 - β)(m - p) = 0, and no term is negative
    of_target = relative_term(target, middle, middle, (1 - beta) * (probability - target))
    of_prediction = relative_term(probability, middle, at_origin, beta * (target - probability))
    shown = beta * target * log(target / middle) + (1 - beta) * probability * log(probability / middle)
    if scaled:
        return textbook(shown / (beta * (1 - beta)), of_target / (1 - beta) + of_prediction / beta)
    return textbook(shown, beta * of_target + (1 - beta) * of_prediction)


@softmax(target_forms=True)
def squared_hellinger(probability: Probability, target: Probability):
    r"""Squared Hellinger distance: :math:`\tfrac12 \sum_k (\sqrt{p_k} - \sqrt{t_k})^2` (Hellinger, 1909).

    That is 1 less :math:`\sum_k \sqrt{p_k t_k}`. It lies between 0, where p = t, and 1, where no class is possible under both;
    it is symmetric, and finite for labels too, so one confident mistake costs 1 at most. Its square root is a distance. Where
    p = 0 < t its slope in the probability is -∞.

    The prediction is p as ``given`` says, the target t as ``target_given`` does; options, shapes and what raises are those of
    :func:`lossary.kl_divergence`.

    >>> import lossary
    >>> float(lossary.squared_hellinger([[0.36, 0.64]], [0], given="probabilities"))
    0.4
    """
    # √p - √t without cancellation
    difference = (probability - target) / (sqrt(probability) + sqrt(target))
    computed = where(target == 0, probability / 2, difference**2 / 2)
    return textbook((sqrt(probability) - sqrt(target)) ** 2 / 2, computed)


@softmax(target_forms=True)
def total_variation(probability: Probability, target: Probability):
    r"""Total variation distance: :math:`\tfrac12 \sum_k |p_k - t_k|`, the greatest difference in the probability of any event.

    It lies between 0, where p = t, and 1; of labels it is 1 less the probability of the class, the mean absolute error of
    Ghosh et al. (2017), which bears wrong labels well. Its slope where p = t is 0.

    The prediction is p as ``given`` says, the target t as ``target_given`` does; options, shapes and what raises are those of
    :func:`lossary.kl_divergence`.

    >>> import lossary
    >>> float(lossary.total_variation([[0.25, 0.75]], [0], given="probabilities"))
    0.75
    """
    return abs(probability - target) / 2


@samplewise(given={"prediction": _DISTRIBUTION}, labels=True, target_forms=True, limits=(Limit("kl_divergence", order=1.0),))
def renyi(prediction: Probability, target: Probability, *, order: Positive = 0.5):
    r"""Rényi's divergence of an order α (Rényi, 1961), in nats.

    .. math:: D_\alpha(t \| p) = \frac{1}{\alpha - 1} \log \sum_k t_k^\alpha p_k^{1 - \alpha}

    It is 0 where p = t and grows with α, the ``order``: at 1 it is :func:`lossary.kl_divergence`, at ½ it is symmetric, -2
    log(1 - H²) of the :func:`lossary.squared_hellinger` H², and for α < 1 it is ∞ only where no class is possible under both.

    The prediction is p as ``given`` says: ``"logits"`` (the default), ``"probabilities"`` or ``"log_probabilities"``; the
    target holds class indices, or t in the form that ``target_given`` names (``"probabilities"`` by default). Classes lie on
    ``axis``, by default the last. Values outside [0, 1], rows that do not sum to 1, an ``order`` that is not positive and
    shapes that do not fit raise.

    >>> import lossary
    >>> float(lossary.renyi([[0.25, 0.75]], [[1.0, 0.0]], order=2.0, given="probabilities"))
    1.3862943611198906
    """
    excess = order - 1
    ratio = log_ratio(target, prediction)
    # Σ tᵅp¹⁻ᵅ = 1 + (α - 1)·Σ t·((t/p)^(α - 1) - 1)/(α - 1), whose sum is the divergence where that is small or α = 1
    # at α = 1 both as their series, of which the second terms are 0 but have the slope in α
    at_one = ratio * (1 + xmuly(excess, ratio) / 2)
    tilted = total(xmuly(target, where(excess == 0, at_one, expm1(excess * ratio) / excess)))
    near = where(excess == 0, tilted * (1 - xmuly(excess, tilted) / 2), log1p(excess * tilted) / excess)
    terms = where(target == 0, float("-inf"), order * log(target) - excess * log(prediction))
    computed = where(abs(excess * tilted) < 0.5, near, log_sum_exp(terms) / excess)
    return textbook(log(total(target**order * prediction ** (1 - order))) / (order - 1), computed)


@samplewise(convex=True, homogeneous=1)
def generalized_kl(prediction: NonNegative, target: NonNegative):
    r"""Generalised Kullback–Leibler divergence: :math:`\sum_k \bigl(t_k \log(t_k / p_k) - t_k + p_k\bigr)`.

    The I-divergence (Csiszár, 1975) of counts, intensities or spectra, which need not sum to 1; for distributions it is
    :func:`lossary.kl_divergence`, and each term is half the deviance of a Poisson count. It is 0 only where p = t, and keeps
    its digits near there. p = 0 where t > 0 costs ∞; t = 0 costs p.

    Prediction p and target t are of one shape; the components of a sample lie on ``axis``, by default the last. Negative
    numbers and shapes that differ raise.

    >>> import lossary
    >>> float(lossary.generalized_kl([[2.0, 3.0]], [[1.0, 3.0]]))
    0.3068528194400546
    """
    return total(relative_term(target, prediction, prediction))


def _steps(prediction: Any, target: Any) -> Any:
    """Return the differences of the two distribution functions, but for the last, which is 0."""
    return cumsum(prediction - target)[..., :-1]


def _of_later_steps(slopes):
    """The slopes in the probabilities, from those in the distribution function: each probability is in all later ones."""
    return np.pad(np.flip(np.flip(slopes, -1).cumsum(-1), -1), [(0, 0)] * (slopes.ndim - 1) + [(0, 1)])


@composed(
    given=_OF_ARRAYS, labels=True, target_forms=True, gradient=lambda p, t: _of_later_steps(2 * _steps(p, t)), proper=True
)
def ranked_probability_score(prediction: Probability, target: Probability):
    r"""Ranked probability score of classes in order: :math:`\sum_{k<K} (P_k - T_k)^2` of running sums P and T (Epstein, 1969).

    The Brier score of every "at most class k", so a forecast near the class costs less than one far off. It is 0 where p = t,
    and K - 1 at most; Epstein divides by K - 1. With soft targets it is the squared earth mover's distance of ratings (Hou et
    al., 2016), ``squared_earth_mover``. Of events it is strictly proper, the sample's best being the shares of the classes.

    The prediction is p as ``given`` says: ``"logits"`` (the default), ``"probabilities"`` or ``"log_probabilities"``; the
    target holds class indices, or t in the form that ``target_given`` names (``"probabilities"`` by default). The classes lie
    in order on ``axis``, by default the last. Labels out of range, values outside [0, 1], rows that do not sum to 1 and shapes
    that do not fit raise.

    >>> import lossary
    >>> lossary.ranked_probability_score([[0.5, 0.25, 0.25]], [2], given="probabilities", reduction="none")
    array([0.8125])
    """
    return (_steps(prediction, target) ** 2).sum(-1)


@composed(given=_OF_ARRAYS, labels=True, target_forms=True, gradient=lambda p, t: _of_later_steps(np.sign(_steps(p, t))))
def wasserstein_1(prediction: Probability, target: Probability):
    r"""Wasserstein distance of classes in order, one step apart: :math:`\sum_{k<K} |P_k - T_k|`, P and T being running sums.

    The earth mover's distance in one dimension (Vallender, 1974): how much probability has to be moved times how many classes
    far. It is 0 where p = t, K - 1 at most, and symmetric; of a class that came it is the mean distance from that class. The
    slope of a step without a difference is 0.

    The prediction is p as ``given`` says: ``"logits"`` (the default), ``"probabilities"`` or ``"log_probabilities"``; the
    target holds class indices, or t in the form that ``target_given`` names (``"probabilities"`` by default). The classes lie
    in order on ``axis``, by default the last. Labels out of range, values outside [0, 1], rows that do not sum to 1 and shapes
    that do not fit raise.

    >>> import lossary
    >>> lossary.wasserstein_1([[0.5, 0.25, 0.25]], [2], given="probabilities", reduction="none")
    array([1.25])
    """
    return abs(_steps(prediction, target)).sum(-1)
