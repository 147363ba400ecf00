"""The rules, as data: the kinds of targets, what may be found out about one, and the losses that follow.

``lossary.suggest``, ``lossary suggest`` and the page "Which loss?" of the documentation read them here.
"""

from __future__ import annotations

from dataclasses import dataclass

ROWS = 1_000_000
"""The most rows that are looked at: the first ones."""
ORDERED = 10
"""The largest K of grades 1 … K."""
COUNTED = 1000
"""The largest median of counts; whole numbers beyond are amounts that were rounded, such as prices."""
LAST_CLASS = 0.25
"""The least share of the last of K classes, as a part of 1/K, for whole numbers 0 … K - 1 to be taken as labels."""
OUTLIER = 5.0
"""Robust standard deviations from the median beyond which a value is far off."""
OUTLIERS = 0.002
"""The share of values far off from which there are outliers."""
SKEWED = 0.15
"""The skewness by octiles from which a distribution is skewed, in [-1, 1]; it is 0 if symmetric, 0.43 if exponential."""
SPREAD = 5.0
"""The 95 % quantile over the 5 % quantile from which positive values are spread."""
OVERDISPERSED = 1.2
"""The variance over the mean from which counts are overdispersed; it is 1 for a Poisson distribution."""
EXCESS = 0.02
"""The share of zeros, beyond those that the mean and the variance explain, from which there are too many."""
RARE = 0.1
"""The share of one of two classes below which it is rare; of K classes, as a part of 1/K."""
ERRORS = 4.0
"""Standard errors by which a figure lies beyond what it is compared with, so that chance is not the reason."""
EFFICIENT = 1.345
"""δ of Huber's loss in robust standard deviations that has 95 % of the efficiency of the squared error under normal noise."""

KINDS = {
    "real": "any other numbers",
    "positive": "numbers above 0",
    "amounts": "numbers from 0 on, some of them 0",
    "counts": f"whole numbers from 0 on, half of them up to {COUNTED:,}, that are not labels",
    "binary": "two distinct values: 0 and 1, true and false, or two words",
    "classes": (
        "more than two words, or whole numbers 0 … K - 1 that all occur, the last in at least "
        f"{LAST_CLASS:g}/K of the rows (counts would be rare there)"
    ),
    "ordered": f"grades: whole numbers 1 … K that all occur, K ≤ {ORDERED}",
    "probabilities": "numbers from 0 to 1, some of them strictly between",
    "distributions": "rows of probabilities that sum to 1",
}
"""The kinds of targets; ``kind=`` states another than the one that is found out."""
FACTS = {
    "outliers": (
        f"more than {100 * OUTLIERS:g} % of the values lie further than {OUTLIER:g} robust standard deviations from the median "
        "(one is 1.4826 times the median distance from the median)"
    ),
    "skewed": f"the upper and the lower octile lie unequally far from the median: their skewness is at least {SKEWED:g}",
    "spread": f"the 95 % quantile is at least {SPREAD:g} times the 5 % quantile",
    "mostly zeros": "more than half of the values are 0",
    "overdispersed": f"the variance is at least {OVERDISPERSED:g} times the mean",
    "excess zeros": (
        f"the share of zeros is at least {100 * EXCESS:g} % of all rows above that of a negative binomial distribution of this "
        "mean and variance"
    ),
    "overdispersed above 0": f"the counts above 0 vary at least {OVERDISPERSED:g} times as much as Poisson counts above 0",
    "rare class": f"the rarer of two classes has a share below {100 * RARE:g} %, or the rarest of K one below {RARE:g}/K",
}
"""What may be found out of a target, or of residuals if there is a prediction. Figures that chance may explain do not count: a
skewness, a dispersion or a share of zeros also lies ``ERRORS`` standard errors beyond what it is compared with.
"""


@dataclass(frozen=True)
class Rule:
    """A loss for a kind of target, if all of some facts hold and none of others."""

    kind: str
    loss: str
    call: str
    """How it is called, with the names of numbers that are found out in braces."""
    finds: str
    """What the prediction with the least mean loss is."""
    reason: str
    needs: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()


_POISSON = "lossary.poisson(prediction, target)"
_HUBER = (
    "no outlier pulls harder than a residual of δ; this δ is 1.345 robust standard deviations, of residuals if there are any"
)
_BERNOULLI = "lossary.binary_cross_entropy(prediction, target{given})"

RULES = (
    # ---- real numbers
    Rule(
        "real",
        "squared_error",
        "lossary.squared_error(prediction, target)",
        "the mean",
        "no outliers: under normal noise, no loss finds the mean with fewer rows",
        unless=("outliers",),
    ),
    Rule(
        "real",
        "huber",
        "lossary.huber(prediction, target, delta={delta:.3g})",
        "between the median and the mean",
        _HUBER,
        needs=("outliers",),
    ),
    Rule(
        "real",
        "absolute_error",
        "lossary.absolute_error(prediction, target)",
        "the median",
        "outliers count no more than any value on their side; nothing has to be chosen",
        needs=("outliers",),
    ),
    Rule(
        "real",
        "quantile",
        "lossary.quantile(prediction, target, alpha=0.9)",
        "the quantile α",
        "mean, median and the usual largest value differ: say which share of values may lie below the prediction",
        needs=("skewed",),
    ),
    Rule(
        "real",
        "gaussian",
        "lossary.gaussian(mean, variance, target)",
        "the mean and the variance",
        "if the spread is wanted too, for intervals or because it differs from row to row",
        unless=("outliers",),
    ),
    Rule(
        "real",
        "student_t",
        "lossary.student_t(location, scale, target, degrees=4)",
        "the centre and the scale",
        "if the spread is wanted too; its tails allow for outliers",
        needs=("outliers",),
    ),
    # ---- positive numbers
    Rule(
        "positive",
        "gamma",
        "lossary.gamma(prediction, target)",
        "the mean",
        "values differ by factors: errors count in proportion to the size, and the prediction, a logarithm, is never below 0",
        needs=("spread",),
    ),
    Rule(
        "positive",
        "squared_log_error",
        "lossary.squared_log_error(prediction, target)",
        "the mean of log(1 + y), taken back: below the mean",
        "a factor of 2 too much costs as one too little does, and single large values pull little",
        needs=("spread",),
    ),
    Rule(
        "positive",
        "lognormal",
        "lossary.lognormal(location, scale, target)",
        "mean and standard deviation of log y",
        "if the spread is wanted too",
        needs=("spread",),
    ),
    Rule(
        "positive",
        "squared_error",
        "lossary.squared_error(prediction, target)",
        "the mean",
        "the values are of one order of magnitude, and none stands out",
        unless=("spread", "outliers"),
    ),
    Rule(
        "positive",
        "huber",
        "lossary.huber(prediction, target, delta={delta:.3g})",
        "between the median and the mean",
        _HUBER,
        needs=("outliers",),
        unless=("spread",),
    ),
    Rule(
        "positive",
        "absolute_error",
        "lossary.absolute_error(prediction, target)",
        "the median",
        "the median, in units of the target, whatever the tails are",
        needs=("outliers",),
    ),
    Rule(
        "positive",
        "absolute_percentage_error",
        "lossary.absolute_percentage_error(prediction, target)",
        "below the median: that of rows weighted by 1/y",
        "only if errors are judged in percent of the target: it rewards predictions that are too low",
    ),
    # ---- amounts
    Rule(
        "amounts",
        "tweedie",
        "lossary.tweedie(prediction, target, power=1.5)",
        "the mean",
        "zeros and positive amounts are one distribution, a Poisson number of gamma amounts",
    ),
    Rule(
        "amounts",
        "poisson",
        _POISSON,
        "the mean",
        "finds the mean of any target from 0 on, and has no parameter; large amounts count more than under Tweedie",
    ),
    Rule(
        "amounts",
        "absolute_error",
        "lossary.absolute_error(prediction, target)",
        "the median",
        "outliers count no more than any value on their side",
        needs=("outliers",),
        unless=("mostly zeros",),
    ),
    Rule(
        "amounts",
        "quantile",
        "lossary.quantile(prediction, target, alpha=0.9)",
        "the quantile α",
        "more than half of the values are 0, so the median is 0: ask for a larger quantile",
        needs=("mostly zeros",),
    ),
    # ---- counts
    Rule(
        "counts",
        "poisson",
        _POISSON,
        "the mean",
        "the variance is about the mean, as of events that happen independently",
        unless=("overdispersed",),
    ),
    Rule(
        "counts",
        "zero_inflated_negative_binomial",
        "lossary.zero_inflated_negative_binomial(mean, zero_probability, target)",
        "the mean of the counts that can be above 0, and the share of further zeros",
        "more zeros than counts of this spread have, and the others vary more than Poisson counts",
        needs=("excess zeros", "overdispersed above 0"),
    ),
    Rule(
        "counts",
        "zero_inflated_poisson",
        "lossary.zero_inflated_poisson(mean, zero_probability, target)",
        "the mean of the counts that can be above 0, and the share of further zeros",
        "more zeros than counts of this spread have; the others vary as Poisson counts do",
        needs=("excess zeros",),
        unless=("overdispersed above 0",),
    ),
    Rule(
        "counts",
        "negative_binomial",
        "lossary.negative_binomial(prediction, target, dispersion={dispersion:.3g})",
        "the mean",
        "counts vary more than Poisson counts; the dispersion is that of the whole target, and smaller where inputs explain it",
        needs=("overdispersed",),
    ),
    Rule(
        "counts",
        "poisson",
        _POISSON,
        "the mean",
        "finds the mean also where counts vary more, only with larger errors than it says",
        needs=("overdispersed",),
    ),
    # ---- two classes
    Rule(
        "binary",
        "binary_cross_entropy",
        _BERNOULLI,
        "the probability",
        "strictly proper: the least loss is at the true probability; the prediction is a logit unless given= says otherwise",
    ),
    Rule(
        "binary",
        "binary_cross_entropy",
        "lossary.binary_cross_entropy(prediction, target, positive_weight={balance:.3g}{given})",
        "a probability that is too high, as if the classes were equally frequent",
        "only if missing the rare class costs that much more; a threshold below ½ on true probabilities does the same",
        needs=("rare class",),
    ),
    Rule(
        "binary",
        "focal_binary",
        "lossary.focal_binary(prediction, target, gamma=2.0{given})",
        "a score, not the probability: it is drawn towards ½",
        "only if many easy rows of the frequent class drown the others in training",
        needs=("rare class",),
    ),
    Rule(
        "binary",
        "brier_binary",
        "lossary.brier_binary(prediction, target{given})",
        "the probability",
        "proper too, and bounded: a wrong certainty, or a wrong label, costs no more than 1",
    ),
    # ---- classes
    Rule(
        "classes",
        "cross_entropy",
        "lossary.cross_entropy(logits, target)",
        "the probability of each class",
        "a strictly proper score: the least loss is at the true probabilities",
    ),
    Rule(
        "classes",
        "cross_entropy",
        "lossary.cross_entropy(logits, target, class_weight=class_weight)",
        "probabilities weighed by class_weight",
        "only if mistakes on rare classes cost more: a weight for each class, which multiplies its terms",
        needs=("rare class",),
    ),
    Rule(
        "classes",
        "focal",
        "lossary.focal(logits, target, gamma=2.0)",
        "scores, not the probabilities",
        "only if many easy rows of frequent classes drown the others in training",
        needs=("rare class",),
    ),
    Rule(
        "classes",
        "brier",
        "lossary.brier(logits, target)",
        "the probability of each class",
        "proper too, and bounded: a wrong certainty costs no more than 2",
    ),
    Rule(
        "classes",
        "generalized_cross_entropy",
        "lossary.generalized_cross_entropy(logits, target)",
        "near the most frequent class",
        "only if labels are wrong now and then: rows that contradict the model count less",
    ),
    # ---- ordered classes
    Rule(
        "ordered",
        "ordinal",
        "lossary.ordinal(score, thresholds, {labels})",
        "one score, and the probability of each grade by thresholds on it",
        "the grades have an order and no distances; one number a row is predicted",
    ),
    Rule(
        "ordered",
        "ranked_probability_score",
        "lossary.ranked_probability_score(logits, {labels})",
        "the probability of each grade",
        "proper, and a grade next to the true one costs less than one far off",
    ),
    Rule(
        "ordered",
        "cross_entropy",
        "lossary.cross_entropy(logits, {labels})",
        "the probability of each grade",
        "proper, without the order: a near miss costs as much as any other",
    ),
    Rule(
        "ordered",
        "absolute_error",
        "lossary.absolute_error(prediction, target)",
        "the median grade",
        "if grades are taken as equally far apart",
    ),
    # ---- probabilities
    Rule(
        "probabilities",
        "binary_cross_entropy",
        _BERNOULLI,
        "the mean",
        "takes targets between 0 and 1; predictions stay there too, and errors near 0 and 1 count most",
    ),
    Rule(
        "probabilities",
        "brier_binary",
        "lossary.brier_binary(prediction, target{given})",
        "the mean",
        "bounded: errors count alike wherever they are",
    ),
    Rule(
        "distributions",
        "cross_entropy",
        "lossary.cross_entropy(logits, target)",
        "the mean distribution",
        "takes rows of probabilities as they are; the gradient is that of the divergence",
    ),
    Rule(
        "distributions",
        "kl_divergence",
        "lossary.kl_divergence(logits, target)",
        "the mean distribution",
        "as cross-entropy, less what no prediction can help: 0 where the two agree",
    ),
    Rule(
        "distributions",
        "jensen_shannon",
        "lossary.jensen_shannon(logits, target)",
        "between the distributions",
        "bounded: a class that is ruled out wrongly costs no more than log 2",
    ),
)
"""The rules, of each kind in the order in which losses are suggested."""
