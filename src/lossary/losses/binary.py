"""Losses of a probability predicted and an event that happened or not."""

from lossary.engine.decorators import PROBABILITIES, pointwise
from lossary.formula.domains import Probability
from lossary.vocabulary import xlogy


@pointwise(given=PROBABILITIES, convex=True, minimizer="mean")
def binary_cross_entropy(prediction: Probability, target: Probability):
    r"""Binary cross-entropy, the log loss of two outcomes, in nats: :math:`-[y \log a + (1 - y) \log(1 - a)]` (Good, 1952).

    ``given`` says what the prediction is: ``"logits"`` z (the default, :math:`a = 1/(1+e^{-z})`), ``"probabilities"`` a or
    ``"log_probabilities"`` log a. From logits the gradient is :math:`a - y`. The constant with the least loss is the mean of
    the target.

    The target is 0, 1 or any probability between. Probability 0 for what happened costs ∞; nothing is clipped; 0·log 0 is 0.
    Prediction and target have one shape. Values outside these ranges raise, as do shapes that differ and unknown options.

    >>> import lossary
    >>> lossary.binary_cross_entropy([0.9, 0.2], [1, 0], given="probabilities", reduction="none")
    array([0.10536052, 0.22314355])
    """
    return -(xlogy(target, prediction) + xlogy(1 - target, 1 - prediction))
