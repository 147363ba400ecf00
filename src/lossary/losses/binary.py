"""Losses of a probability predicted and an event that happened or not."""

from lossary.engine.decorators import PROBABILITIES, pointwise
from lossary.formula.domains import NonNegative, Probability
from lossary.vocabulary import xlogy


@pointwise(given=PROBABILITIES, convex=True, minimizer="mean", proper=True, neutral=("positive_weight", "label_smoothing"))
def binary_cross_entropy(
    prediction: Probability, target: Probability, *, positive_weight: NonNegative = 1.0, label_smoothing: Probability = 0.0
):
    r"""Binary cross-entropy, the log loss of two outcomes, in nats: :math:`-[y \log a + (1 - y) \log(1 - a)]` (Good, 1952).

    ``given`` says what the prediction is: ``"logits"`` z (the default, :math:`a = 1/(1+e^{-z})`), ``"probabilities"`` a or
    ``"log_probabilities"`` log a. From logits the gradient is :math:`a - y`. The constant with the least loss is the mean of
    the target.

    The target is 0, 1 or any probability between. Probability 0 for what happened costs ∞; nothing is clipped; 0·log 0 is 0.
    ``positive_weight`` w multiplies the part of what happened, :math:`-[w y \log a + (1 - y) \log(1 - a)]` (``pos_weight`` of
    torch); ``label_smoothing`` s moves the target towards one half, to :math:`(1 - s) y + s/2` (Szegedy et al., 2016). With
    either of them the constant with the least loss is no longer the mean. Both may be arrays with one value a sample.

    Prediction and target have one shape. Values outside these ranges raise, as do shapes that differ and unknown options.

    >>> import lossary
    >>> lossary.binary_cross_entropy([0.9, 0.2], [1, 0], given="probabilities", reduction="none")
    array([0.10536052, 0.22314355])
    """
    happened = target + label_smoothing * (0.5 - target)
    return -(positive_weight * xlogy(happened, prediction) + xlogy(1 - happened, 1 - prediction))
