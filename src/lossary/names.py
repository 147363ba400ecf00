"""Names that are not known: which of ours was meant, also by those who know it from another library."""

from __future__ import annotations

import difflib
import functools
import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ParamSpec, TypeVar

from lossary.printable import as_typed

P = ParamSpec("P")
R = TypeVar("R")

_SAME: Mapping[str, str] = {
    "prediction": "input inputs logits log_probs output outputs pred predicted predictions preds probabilities probs scores "
    "y_hat y_pred y_prob y_proba y_score yhat",
    "target": "actual ground_truth label labels targets truth y y_true",
    "weight": "sample_weight sample_weights w weights",
    "where": "attention_mask loss_mask mask padding_mask valid_mask",
    "axis": "axes class_axis dim dims",
    "normalizer": "avg_factor denominator loss_factor",
    "positive_weight": "pos_weight scale_pos_weight",
    "class_weight": "class_weights",
    "ignore_index": "ignore_class ignore_label",
    "label_smoothing": "label_smooth label_smoothing_factor smooth_eps smooth_factor",
    "soft_cap": "final_logit_softcapping logit_softcapping logits_soft_cap softcap",
    "z_loss": "lse_square_scale z_loss_coef z_loss_factor z_loss_multiplier z_loss_weight",
    "hidden": "e hidden_state hidden_states input inputs student_input",
    "chunk": "chunk_size chunks num_chunks",
    "teacher_hidden": "teacher_input",
    "mixture": "beta jsd_beta",
    "p": "input pk probabilities probs",
    "q": "qk target",
    "z": "input logits scores x",
    "base": "log_base",
    "parameters": "params",
    "group": "by group_by group_id group_ids groupby groups qid query query_id",
    "workers": "n_jobs num_workers threads",
    "level": "confidence confidence_level",
    "id": "key on",
    "span": "range x_range xlim",
    "alpha": "q quantile quantile_level tau",
    "levels": "q quantile_levels quantiles taus",
    "temperature": "tau temp",
    "mean": "loc mu",
    "location": "loc mean mu",
    "scale": "sigma std stddev",
    "variance": "var",
    "degrees": "degrees_of_freedom df dof nu",
    "dispersion": "alpha",
    "order": "alpha",
    "power": "exponent p",
    "truncation": "k ndcg_at top_k truncation_level",
    "flip_probability": "label_smoothing",
    "gamma_positive": "gamma_pos",
    "gamma_negative": "gamma_neg",
    "prediction_length": "input_length input_lengths logit_length logit_lengths",
    "target_length": "label_length label_lengths target_lengths",
    "gradient": "grad",
    "curvature": "hess hessian",
    "validation": "eval_set eval_sets evals valid_set valid_sets validation_data",
}
"""Options as they are named here, and under which names other libraries have them."""

_SENTENCES: tuple[tuple[str, str, str], ...] = (
    (
        "reduction",
        "size_average",
        'write reduction="mean" or "sum"; lossary.reduction_from_legacy(size_average, reduce) says which',
    ),
    (
        "reduction",
        "reduce",
        'write reduction="none" for reduce=False; lossary.reduction_from_legacy(size_average, reduce) says which',
    ),
    ("reduction", "normalize", 'write reduction="mean" for normalize=True, "sum" for False'),
    (
        "reduction",
        "multioutput",
        '"uniform_average" is the mean; for each output, average reduction="none" over the other axes',
    ),
    ("given", "from_logits", 'write given="logits" (the default) or given="probabilities"'),
    ("given", "logits", 'write prediction=, with given="logits", the default'),
    ("given", "probabilities probs", 'write prediction=, with given="probabilities"'),
    ("given", "log_probabilities log_probs", 'write prediction=, with given="log_probabilities"'),
    (
        "sample_weight",
        "exposure offset init_score base_margin baseline",
        "divide counts by their exposure, and pass that as sample_weight=",
    ),
    ("fit_intercept", "class_weight", "pass compute_sample_weight(class_weight, y) of scikit-learn to fit() as sample_weight="),
    ("class_weight", "pos_weight", "write class_weight=[1, pos_weight] for the classes 0 and 1"),
    ("label_smoothing", "eps epsilon", "smoothing is label_smoothing=; nothing is clipped, so clip the prediction yourself"),
    ("smooth", "eps epsilon", "what is added to numerator and denominator is smooth="),
    ("given", "eps epsilon", "nothing is clipped here, so clip the prediction yourself"),
    ("delta", "beta", "smooth L1 with beta is huber with delta=beta, divided by beta"),
    ("class_weight", "gamma", "that is the focal loss; the documentation of lossary.softmax shows how to make it"),
    ("class_weight", "n_classes num_classes", "the class axis says how many classes there are, so leave it out"),
    ("returns", "return_lse return_z_loss", 'write returns=("log_normalizer",)'),
    ("hidden", "shift", "pass hidden[:, :-1] and labels[:, 1:]"),
    (
        "normalizer",
        "num_items_in_batch",
        "here it is normalizer=; Trainer takes compute_loss_func=lossary.trainers.transformers.loss(…) of a loss",
    ),
    ("given", "log_input", 'write given="log" (the default) for log_input=True, given="mean" for False'),
    ("constant", "full", 'write constant="likelihood" for full=True'),
    ("variance", "scale sigma std stddev", 'write variance=, with given="scale"'),
    ("dispersion", "r size theta total_count", "the dispersion is one over it"),
    ("temperature", "logit_scale", "the temperature is one over it"),
    ("balance", "alpha", "write balance=alpha/(1 - alpha), and multiply the loss by 1 - alpha"),
    ("l2", "C alpha penalty reg_lambda", "penalties of the mean loss are l2= and l1="),
    ("where", "ignore_index", "write where=target != ignore_index"),
    ("axis", "keepdim keepdims", "the result has no such axis; put one in afterwards, as by [..., None]"),
    ("axis", "dtype", "the dtype of the input decides, so convert the input"),
)
"""The remedy for an option of another library, where the loss has the option named first; looked up before ``_SAME``."""

_VALUES: Mapping[str, Mapping[Any, str]] = {
    "reduction": {
        None: '"none" gives each loss',
        "auto": '"mean" is the default',
        "avg": '"mean" is the average',
        "average": '"mean" is the average',
        "elementwise_mean": '"mean" is the average',
        "mean_with_sample_weight": '"mean" divides by the sum of the weights',
        "mean_per_sample": '"batchmean" divides by the number of samples; axis= says what a sample is',
        "sum_over_batch_size": '"batchmean" divides by the number of samples',
        "sum_over_nonzero_weights": '"mean" divides by the sum of the weights, normalizer= by any number',
        "batch_mean": '"batchmean" divides by the number of samples',
        "batch": '"none" gives each loss',
        "weighted_mean": '"mean" divides by the sum of the weights',
    },
    "given": {
        "probs": '"probabilities" are meant',
        "probability": '"probabilities" are meant',
        "proba": '"probabilities" are meant',
        "scores": '"logits" are raw scores',
        "raw": '"logits" are raw scores',
        "log_probs": '"log_probabilities" are meant',
        "std": '"scale" is the standard deviation',
        "stddev": '"scale" is the standard deviation',
        "sigma": '"scale" is the standard deviation',
        "log_std": '"log_scale" is its logarithm',
        "log_sigma": '"log_scale" is its logarithm',
        "rate": '"mean" is meant',
    },
    "empty": {None: '"zero" gives 0, "nan" gives NaN'},
}
"""Values of options in other libraries, and what to write here."""


_LOSSES: Mapping[str, str] = {
    "absolute_error": "mean_absolute_error",
    "additive_angular": "arc_face arcface",
    "additive_cosine": "am_softmax cos_face cosface",
    "binary_cross_entropy": "bce_with_logits binary_cross_entropy_with_logits binary_crossentropy",
    "bradley_terry": "bpr",
    "cross_entropy": "categorical_crossentropy nll sparse_categorical_crossentropy",
    "info_nce": "clip infonce nt_xent ntxent simclr",
    "kl_divergence": "kl_div kld kullback_leibler",
    "poisson": "poisson_deviance poisson_nll",
    "quantiles": "wql",
    "scaled": "mase rmsse",
    "squared_error": "mean_squared_error rmse",
    "supervised_contrastive": "sup_con supcon",
}
"""Losses as they are named here, and under which names others have them, which may end in ``_loss``."""


def like_a_loss(word: str, known: Iterable[str]) -> str:
    """Return ``; did you mean 'x'?`` for the name that another library has for a loss, or one that is like a known one."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", word)  # BCE_With_Logits_Loss
    known, short = tuple(known), spaced.lower().removesuffix("_loss")
    if short in known:
        return f"; did you mean {short!r}?"
    ours = next((ours for ours, theirs in _LOSSES.items() if ours in known and short in theirs.split()), "")
    return f"; did you mean {ours!r}?" if ours else did_you_mean(word, known)


def nearest(word: str, known: Iterable[str], most: int = 1, cutoff: float = 0.6) -> list[str]:
    """Return the known words most like a word, whatever the case of its letters."""
    folded = {k.lower(): k for k in known}
    return [folded[k] for k in difflib.get_close_matches(word.lower(), folded, most, cutoff)]


def did_you_mean(word: Any, known: Iterable[str], most: int = 1, cutoff: float = 0.6) -> str:
    """Return ``; did you mean 'x'?`` for a word that is like a known one, else nothing."""
    near = nearest(word, known, most, cutoff) if isinstance(word, str) else []
    return f"; did you mean {' or '.join(map(repr, near))}?" if near else ""


def of_other_libraries(name: str, known: Iterable[str]) -> str:
    """Return what to write for an option as other libraries name it, or nothing."""
    known = list(known)
    advice = next((sentence for ours, theirs, sentence in _SENTENCES if ours in known and name in theirs.split()), "")
    if advice:
        return advice
    ours = next((ours for ours, theirs in _SAME.items() if ours in known and name in theirs.split()), "")
    return f"here it is {ours}=" if ours else ""


def unknown_option(where: str, name: str, known: Iterable[str], remark: str = "") -> TypeError:
    """Return the error for an option that a function does not have."""
    known = list(known)
    advice = of_other_libraries(name, known)
    hint = f"; {advice}" if advice else did_you_mean(name, known)
    listed = ("" if hint.endswith("?") else ";") + f" it has {', '.join(known) or 'none'}" if not advice else ""
    return TypeError(f"{where} has no option {name!r}{hint}{listed}{remark}")


def wrong_choice(where: str, option: str, value: Any, choices: Iterable[Any]) -> ValueError:
    """Return the error for an option whose value is none of the words that it may be."""
    choices = tuple(choices)
    theirs = _VALUES.get(option, {})
    advice = theirs.get(value, "") if value is None or isinstance(value, str) else ""
    return ValueError(
        f"{where}: {option} is one of {', '.join(map(repr, choices))}; got {as_typed(value)}"
        + (f"; {advice}" if advice else did_you_mean(value, [choice for choice in choices if isinstance(choice, str)]))
    )


def explains_options(function: Callable[P, R]) -> Callable[P, R]:
    """Return the function with an error for unknown options that says which one was meant."""
    parameters = inspect.signature(function).parameters.values()
    known = tuple(p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY) and p.name != "self")

    @functools.wraps(function)
    def call(*arguments: P.args, **options: P.kwargs) -> R:
        for name in options:
            if name not in known:
                raise unknown_option(function.__name__, name, known)
        return function(*arguments, **options)

    return call
