"""pytorch-metric-learning: losses of a batch, over all its pairs or triplets."""

from tests.dialects import Row

LIBRARY = "pytorch-metric-learning 2.9"
MODULES = {
    "torch": "torch",
    "metric": "pytorch_metric_learning.losses",
    "distances": "pytorch_metric_learning.distances",
    "reducers": "pytorch_metric_learning.reducers",
}
ARRAYS = "torch"
_PLAIN = "distance=distances.LpDistance(normalize_embeddings=False), reducer=reducers.MeanReducer()"
_TRIPLETS = "torch.cat([f, g, h]), torch.zeros(144), (torch.arange(48), torch.arange(48, 96), torch.arange(96, 144))"
_PAIRS = "torch.cat([f, g]), torch.arange(48).repeat(2)"
ROWS = [
    Row(
        f"metric.NTXentLoss(temperature=0.1)({_PAIRS})",
        f"lossary.supervised_contrastive({_PAIRS}, temperature=0.1)",
        "Two views of each sample. Its own default for the temperature is 0.07.",
        close=1e-9,
    ),
    Row(
        "metric.NTXentLoss(temperature=0.1)(f, k)",
        "lossary.supervised_contrastive(f, k, temperature=0.1)",
        "With several positives, its NT-Xent has one of them at a time in the denominator; `SupConLoss` all of them.",
        differs=True,
    ),
    Row(
        "metric.SupConLoss(temperature=0.1)(f, k)",
        "lossary.supervised_contrastive(f, k, temperature=0.1)",
        "It takes the mean over anchors whose loss is not 0; here all count.",
        close=1e-9,
    ),
    Row("metric.CircleLoss(m=0.4, gamma=80)(f, k)", "lossary.circle(f, k, margin=0.4, gamma=80)", close=1e-9),
    Row(
        "metric.MultiSimilarityLoss(alpha=2, beta=50, base=0.5)(f, k)",
        "lossary.multi_similarity(f, k)",
        close=1e-9,
    ),
    Row(
        f"metric.TripletMarginLoss(margin=1.0, {_PLAIN})({_TRIPLETS})",
        "lossary.triplet(f, g, h)",
        "By default it normalises embeddings, takes all triplets of a batch, a margin of 0.05, and the mean of those above 0.",
        close=1e-9,
    ),
    Row(
        f"metric.TripletMarginLoss(margin=1.0, swap=True, {_PLAIN})({_TRIPLETS})",
        "lossary.triplet(f, g, h, swap=True)",
        close=1e-9,
    ),
    Row(
        f"metric.TripletMarginLoss(margin=1.0, distance=distances.LpDistance(normalize_embeddings=False))({_TRIPLETS})",
        "lossary.triplet(f, g, h, where=lossary.triplet(f, g, h, reduction='none') > 0, empty='zero')",
        "By default it averages triplets whose loss is above 0 (`AvgNonZeroReducer`): the number grows as they get fewer.",
        close=1e-9,
    ),
]
