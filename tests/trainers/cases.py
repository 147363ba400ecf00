"""Every loss that trees can be trained with, each with a target that it takes."""

import numpy as np

import lossary
from lossary.trainers.scores.scores import Scores, refusal

WITHOUT_TRAINING = {
    "perceptron": "score 0 is the lowest point of its mean for any target",
    "reverse_kl": "infinite at labels, and its targets are distributions",
}
LOSSES = [loss for loss in map(lossary.losses.registry.__getitem__, lossary.losses.registry) if refusal(loss) is None]
TRAINED = [loss for loss in LOSSES if loss.__name__ not in WITHOUT_TRAINING]


def data(loss, samples=300, seed=0):
    """Return features and targets with outliers, which the features tell something about."""
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(samples, 4))
    mean = features[:, 0] + np.sin(2 * features[:, 1])
    if loss.kind == "softmax":
        return features, np.digitize(mean + 0.3 * rng.normal(size=samples), [-1.0, 1.0])
    if Scores(loss, {}).binary:
        return features, (mean + rng.normal(size=samples) > 0) * 1.0
    if loss.properties.target.low > -np.inf:
        return features, rng.poisson(np.exp(mean / 2)) + (0.1 if loss.properties.target.open else 0.0)
    return features, 10 * mean + 5 * rng.standard_t(2, size=samples)
