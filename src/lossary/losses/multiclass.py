"""Losses of a distribution over classes predicted and the class that came."""

from lossary.engine.decorators import softmax
from lossary.formula.domains import LogProbability


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
