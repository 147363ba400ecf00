"""Losses of a distribution over classes predicted and the class that came."""

from functools import partial
from typing import Annotated, Any

from lossary.engine.decorators import samplewise, softmax
from lossary.engine.label_loss import LabelLoss
from lossary.formula.domains import Interval, LogProbability, NonNegative, Positive, Probability, Real
from lossary.formula.properties import Limit
from lossary.losses.regression import squared_error
from lossary.vocabulary import abs, exp, expm1, log, log_sum_exp, maximum, norm, sign, stop_gradient, total, where, xmuly


@softmax(convex=True, lipschitz=1, proper=True)
def cross_entropy(log_probability: LogProbability):
    r"""Cross-entropy, the log loss of many classes: :math:`-\sum_k y_k \log p_k`, in nats (Good, 1952).

    ``given`` says what the prediction is: ``"logits"`` z (the default, :math:`p = \mathrm{softmax}(z)`), ``"probabilities"`` p
    or ``"log_probabilities"``. From logits the gradient is :math:`p - y`. The constant with the least loss is the share of
    each class.

    The classes lie on ``axis`` (the last unless said). The target holds class indices (integers of any dtype, without the class
    axis) or class probabilities (with it). ``class_weight`` multiplies each class's term, and a sample then counts with the
    weight of its class, whichever way the target is given (for probabilities torch counts each row as 1). ``ignore_index``
    leaves out rows of that index; ``label_smoothing`` ε mixes the target with the uniform distribution, (1 - ε)·y + ε/K.
    Probability 0 for the true class costs ∞; nothing is clipped or renormalised.

    Logits may be capped and tempered, :math:`z = c\tanh(x/c)/T`, by ``soft_cap`` c and ``temperature`` T. ``z_loss`` α adds
    :math:`\alpha(\log Z)^2` to the loss of each sample, with :math:`Z = \sum_k e^{z_k}`. ``smoothing="others"`` shares ε among
    the K - 1 other classes. ``returns=("log_normalizer", "entropy", "accuracy", "token_losses")``, or some of these, gives a
    named tuple of the cost and of one number a sample each, differentiable but for the accuracy, 0 for samples left out. For
    hidden states and a weight instead of logits, see :func:`lossary.linear_cross_entropy`.

    Labels out of range, probabilities outside [0, 1] or rows that do not sum to 1 raise, as do shapes that do not fit.

    >>> import lossary
    >>> float(lossary.cross_entropy([[3.0, 1.0, -3.0]], [0]))
    0.12910890882985...
    >>> lossary.cross_entropy.gradient([[3.0, 1.0, -3.0]], [0])
    array([[-0.12112176,  0.11894324,  0.00217852]])
    """
    return -log_probability


@softmax(limits=(Limit("cross_entropy", gamma=0),))
def focal(log_probability: LogProbability, *, gamma: NonNegative = 2.0):
    r"""Focal loss of classes: :math:`-\sum_k y_k (1 - p_k)^\gamma \log p_k`, in nats (Lin et al., 2017).

    ``given`` says what the prediction is: ``"logits"`` (the default, p = softmax), ``"probabilities"`` p or
    ``"log_probabilities"``. ``gamma`` γ turns the weight away from what is predicted well already; γ = 0 is
    :func:`lossary.cross_entropy`. The slope in a logit is bounded. For γ > 0 the best constant is nearer to uniform than the
    shares of the classes: probabilities trained by it are not calibrated.

    The target holds class indices or class probabilities, in which the loss is linear. ``class_weight`` is the α of the paper;
    it and the other options are those of :func:`lossary.cross_entropy`. Certainty in the true class costs 0, with slope 0, and
    probability 0 for it ∞. Labels out of range, probabilities outside [0, 1], rows that do not sum to 1, shapes that do
    not fit and unknown options raise.

    >>> import lossary
    >>> float(lossary.focal([[2.0, 0.0]], [0]))
    0.0018035628352403757
    """
    # a product that is 0 where log p is: there the slope of a power below 1 is infinite
    return xmuly(-log_probability, (1 - exp(log_probability)) ** gamma)


@softmax(limits=(Limit("cross_entropy", epsilon=0),))
def poly1(log_probability: LogProbability, *, epsilon: Annotated[Any, Interval(-1.0)] = 1.0):
    r"""Cross-entropy with another first term: :math:`\sum_k y_k [-\log p_k + \epsilon (1 - p_k)]` (Leng et al., 2022).

    In the series -log p = (1 - p) + (1 - p)²/2 + …, ``epsilon`` ε is added to the first coefficient: above 0 it drives
    confident predictions further, -1 takes the term away, and 0 is :func:`lossary.cross_entropy`. The best constant gives the
    shares of the classes for ε = 0 only. In nats; Optax has ε = 2 as its default, the paper 1.

    The target holds class indices or class probabilities; ``given`` and the other options are those of
    :func:`lossary.cross_entropy`. Probability 0 for the true class costs ∞. Labels out of range, probabilities outside [0, 1],
    rows that do not sum to 1, shapes that do not fit and unknown options raise.

    >>> import lossary
    >>> float(lossary.poly1([[2.0, 0.0]], [0]))
    0.24613093306...
    """
    return -log_probability + epsilon * (1 - exp(log_probability))


@softmax(lipschitz=lambda q: q**q / (1 + q) ** (1 + q), limits=(Limit("cross_entropy", q=0),))
def generalized_cross_entropy(log_probability: LogProbability, *, q: Probability = 0.7):
    r"""Generalised cross-entropy for noisy labels: :math:`\sum_k y_k (1 - p_k^q)/q` (Zhang and Sabuncu, 2018).

    ``q`` lies between 0, where it is :func:`lossary.cross_entropy`, and 1, where it is 1 - p, half the absolute error of the
    row and robust to labels that are wrong at random. It is at most 1/q, so wrong labels weigh little. It is minus the Box-Cox
    transform of p; only for q = 0 does the best constant give the shares of the classes.

    The target holds class indices or class probabilities; ``given`` and the other options are those of
    :func:`lossary.cross_entropy`. Labels out of range, probabilities outside [0, 1], rows that do not sum to 1, shapes that do
    not fit and unknown options raise.

    >>> import lossary
    >>> float(lossary.generalized_cross_entropy([[2.0, 0.0]], [0]))
    0.12145261482...
    """
    # (1 - p^q)/q of log p, which keeps its digits where p is nearly 1
    # at q = 0 as its series, of which the second term is 0 but has the slope in q
    at_zero = log_probability * (1 + xmuly(q, log_probability) / 2)
    return -where(q == 0, at_zero, expm1(q * log_probability) / q)


@softmax(limits=(Limit("cross_entropy", alpha=1, beta=0),))
def symmetric_cross_entropy(
    log_probability: LogProbability,
    target: Probability,
    *,
    alpha: NonNegative = 0.1,
    beta: NonNegative = 1.0,
    log_zero: Annotated[Any, Interval(high=0.0)] = -4.0,
):
    r"""Cross-entropy and its reverse: :math:`-\sum_k [\alpha y_k \log p_k + \beta p_k \log y_k]`, in nats (Wang et al., 2019).

    ``alpha`` α weighs the cross-entropy, ``beta`` β the reverse, which is bounded, so robust to wrong labels. A logarithm of
    the target below ``log_zero`` A, as log 0 of the other classes, counts as A; so of a label the reverse is -A(1 - p). With
    β = 0 and α = 1 it is :func:`lossary.cross_entropy`.

    The target holds class indices or class probabilities; ``given`` and the other options are those of
    :func:`lossary.cross_entropy`. Probability 0 for the true class costs ∞ unless α = 0. Labels out of range, probabilities
    outside [0, 1], rows that do not sum to 1, shapes that do not fit and unknown options raise.

    >>> import lossary
    >>> float(lossary.symmetric_cross_entropy([[2.0, 0.0]], [0]))
    0.48950448919...
    """
    return -(alpha * xmuly(target, log_probability) + beta * exp(log_probability) * maximum(log(target), log_zero))


@softmax(proper=True)
def brier(probability: Probability, target: Probability):
    r"""Brier score of classes: :math:`\sum_k (p_k - y_k)^2` (Brier, 1950).

    ``given`` says what the prediction is: ``"logits"`` (the default, p = softmax), ``"probabilities"`` p or
    ``"log_probabilities"``. The score is strictly proper: the best constant gives the shares of the classes. It lies in [0, 2],
    so it is robust to single confident mistakes, but it is not convex in logits. For two classes it is twice
    :func:`lossary.brier_binary`; scikit-learn halves it then.

    The target holds class indices or class probabilities; the other options are those of :func:`lossary.cross_entropy`. Labels
    out of range, probabilities outside [0, 1], rows that do not sum to 1, shapes that do not fit and unknown options raise.

    >>> import lossary
    >>> float(lossary.brier([[0.2, 0.5, 0.3]], [1], given="probabilities"))
    0.38
    """
    # p - y = (1 - y)·p - y·(1 - p): no digits are lost where p is nearly 1
    return squared_error((1 - target) * probability, target * (1 - probability))


_ROWS = {
    "logits": (lambda z: exp(z - log_sum_exp(z)), Interval()),
    "probabilities": (lambda p: p, Interval(0.0, 1.0)),
    "log_probabilities": (exp, Interval(high=0.0)),
}
"""The forms of a distribution over classes, in a formula of the whole row."""


@samplewise(given=_ROWS, labels=True, proper=True)
def spherical(prediction: Probability, target: Probability):
    r"""Spherical score, subtracted from 1: :math:`1 - \sum_k y_k p_k / \Vert p \Vert` (Good, 1971).

    ``given`` says what the prediction is: ``"logits"`` (the default, p = softmax), ``"probabilities"`` p or
    ``"log_probabilities"``. The score is strictly proper: the best constant gives the shares of the classes. It lies in [0, 1],
    so it is robust to single confident mistakes, but it is not convex in logits. The length of p does not matter: unnormalised
    rows serve as well.

    The classes lie on ``axis`` (the last unless said). The target holds class indices (integers, without that axis) or class
    probabilities (with it). The loss has no unit. Labels out of range, numbers outside [0, 1], shapes that do not fit and
    unknown options raise.

    >>> import lossary
    >>> float(lossary.spherical([[0.6, 0.8, 0.0]], [1], given="probabilities"))
    0.19999999999999996
    """
    return 1 - total(target * prediction) / norm(prediction)


@samplewise(observed=("teacher",), convex=True)
def distillation(student: Real, teacher: Real, *, temperature: Positive = 1.0):
    r"""Distillation of a teacher's logits: :math:`T^2 \sum_k q_k (\log q_k - \log p_k)` (Hinton et al., 2015), in nats.

    Both inputs are rows of logits; p is the softmax of the student's over T, and q that of the teacher's.
    ``temperature`` T softens both; the factor T² keeps the size of the gradient, T(p - q), and many libraries leave it out: the
    loss tends to :math:`\frac{1}{2K} \Vert z - \bar z - (t - \bar t) \Vert^2` as T grows. The teacher gets no gradient. The
    loss is 0 where both distributions agree, and convex in the student. It is the Kullback-Leibler divergence from the teacher:
    its entropy is subtracted.

    The classes lie on ``axis`` (the last unless said). A class that the teacher rules out (logit -∞) counts nothing; one that
    the student alone rules out costs ∞. Student and teacher have one shape. Shapes that differ, a temperature that is not
    positive and unknown options raise. From hidden states, see :func:`lossary.linear_kl_divergence`.

    >>> import lossary
    >>> float(lossary.distillation([[2.0, 0.0]], [[0.0, 0.0]], temperature=2.0))
    0.48045802783...
    """
    log_p = student / temperature - log_sum_exp(student / temperature)
    fixed = stop_gradient(teacher) / temperature
    log_q = fixed - log_sum_exp(fixed)
    return temperature**2 * total(xmuly(exp(log_q), log_q - log_p))


@partial(LabelLoss, minimizer="mode", lipschitz=0)
def zero_one(prediction: Real, target: Real):
    r"""Zero-one loss of labels: 0 if the prediction is the target, else 1, :math:`[\hat y \ne y]` (Bayes, 1763).

    It is for evaluation: its mean is the share of mistakes, and 1 minus that the accuracy. Its gradient is 0 everywhere, so
    nothing is learned by it; train by :func:`lossary.cross_entropy`. The best constant is the most frequent label.

    Prediction and target are labels of one shape, compared as numbers; of several labels a row, ``axis=-1`` counts the mistakes
    of each. A prediction with one axis more holds scores of classes on ``axis`` (the last unless said), of which the largest is
    the predicted class, the first of several. NaN is no label, and its loss is NaN. Shapes that
    differ, arrays that are not of numbers and unknown options raise.

    >>> import lossary
    >>> float(lossary.zero_one([2, 0, 1], [2, 1, 1]))
    0.3333333333333333
    >>> lossary.zero_one([[0.2, 0.7, 0.1], [0.5, 0.3, 0.2]], [1, 2], reduction="none")
    array([0., 1.])
    """
    return abs(sign(prediction - target))
