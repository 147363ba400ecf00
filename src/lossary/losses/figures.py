"""Figures that people ask for by name and that are no losses: what to ask for instead."""

from __future__ import annotations

_NO_MEAN = "it is no mean over rows, so it has no total, no paired comparison and no share of a group"
_DECISIONS = (
    f"not computed: it depends on a threshold, and {_NO_MEAN}. Say what errors cost: lossary score with "
    "--cost false_positive=1,false_negative=5, which finds the threshold, too"
)
_ORDER = (
    f'not computed: {_NO_MEAN}. Use loss="binary_cross_entropy", whose report tells discrimination, which this is a measure '
    "of, from miscalibration, which it cannot see"
)
_READY = (
    'not computed: score it where you have the texts, and pass the score of each row by given="loss" with higher_is_better=True'
)

ALTERNATIVES: dict[tuple[str, ...], str] = {
    ("accuracy", "acc", "error_rate"): (
        'the share of right labels: loss="accuracy" with predicted labels; of probabilities, loss="cross_entropy" or '
        'loss="binary_cross_entropy" reports it, too, as in --fail-below accuracy=0.9; in code, zero_one is its loss'
    ),
    ("rmse", "root_mean_squared_error"): 'the root of the mean squared error: loss="rmse"; in code, squared_error is its loss',
    ("rmsle", "root_mean_squared_log_error"): (
        'the root of the mean squared error of logarithms: loss="rmsle"; in code, squared_log_error is its loss'
    ),
    ("r2", "r_squared", "r2_score", "coefficient_of_determination", "d2", "nse", "nash_sutcliffe"): (
        'the skill of the squared error, 1 - mean / mean of the best constant: loss="squared_error" reports it; D² is the '
        "skill of another loss"
    ),
    ("logloss", "log_likelihood", "nll"): 'loss="binary_cross_entropy" for two outcomes, loss="cross_entropy" for more',
    ("perplexity", "bits_per_byte"): 'the exponential of the mean of loss="cross_entropy", which is in nats',
    ("ece", "expected_calibration_error", "calibration_error"): (
        'reports of loss="binary_cross_entropy" and loss="cross_entropy" say how far probabilities come '
        "true, by miscalibration in nats and by class"
    ),
    ("coverage", "picp", "mpiw", "sharpness", "pit"): (
        'reports of loss="weighted_interval_score", loss="crps_ensemble" and others of forecasts have the coverage and the '
        "width of intervals, and the PIT histogram"
    ),
    ("ndcg", "mrr"): 'NDCG is in reports of losses of lists: loss="lambda_rank" query="COLUMN"',
    ("mase", "rmsse"): "in code, lossary.scaled(lossary.absolute_error, by=lossary.naive_scale(history))",
    ("bias", "mean_error", "me"): "reports of losses of one number have the mean of prediction - target",
    ("auc", "roc_auc", "auroc", "gini", "ks", "concordance", "c_index"): _ORDER,
    ("average_precision", "pr_auc", "auprc", "map_at_k"): _ORDER,
    ("f1", "f1_score", "fbeta", "precision", "recall", "sensitivity", "specificity", "balanced_accuracy"): _DECISIONS,
    ("kappa", "cohen_kappa", "jaccard_score"): _DECISIONS,
    ("wape", "wmape", "explained_variance", "max_error", "median_absolute_error"): (
        f'not computed: {_NO_MEAN}. Use loss="absolute_error", whose report has quantiles and the skill'
    ),
    ("bleu", "rouge", "exact_match", "meteor", "pass_at_k"): _READY,
}
"""What to ask for, by the names of a figure, by the arguments of a report."""


def figures_like(word: str) -> dict[str, str]:
    """Return what to ask for by the first name of each figure of which a name contains a word.

    >>> list(figures_like("log-loss")), list(figures_like("F1"))
    (['logloss'], ['f1'])
    """
    plain = _plain(word)
    if len(plain) < 2:
        return {}
    exact = {names[0]: said for names, said in ALTERNATIVES.items() if plain in map(_plain, names)}
    return exact or {names[0]: said for names, said in ALTERNATIVES.items() if any(plain in _plain(name) for name in names)}


def said_of_figure(word: str) -> str | None:
    """Return what to ask for where a word is the name of a figure, or None."""
    return next((said for names, said in ALTERNATIVES.items() if _plain(word) in map(_plain, names)), None)


def _plain(word: str) -> str:
    return "".join(c for c in word.casefold().replace("²", "2") if c.isalnum())
