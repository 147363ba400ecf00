"""The losses: definitions only. A person who adds a loss works in one file here, and names it in the table below.

A file is imported when one of its losses is first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from lossary.names import did_you_mean

LOSSES: dict[str, dict[str, tuple[str, ...]]] = {
    "regression": {
        "absolute_error": ("l1", "mae"),
        "epsilon_insensitive": (),
        "expectile": (),
        "huber": (),
        "huber_quantile": (),
        "log_cosh": (),
        "power_error": ("lq",),
        "pseudo_huber": (),
        "quantile": ("pinball",),
        "smooth_l1": (),
        "squared_epsilon_insensitive": (),
        "squared_error": ("l2", "mse"),
    },
    "robust": {
        "cauchy": ("lorentzian",),
        "charbonnier": (),
        "fair": (),
        "geman_mcclure": (),
        "general_robust": ("barron",),
        "tukey": ("biweight",),
        "welsch": ("leclerc",),
        "wing": (),
    },
    "relative": {
        "absolute_percentage_error": ("mape",),
        "squared_log_error": ("msle",),
        "symmetric_percentage_error": ("smape",),
    },
    "counts": {
        "gamma": (),
        "negative_binomial": (),
        "poisson": (),
        "tweedie": (),
        "zero_inflated_negative_binomial": ("zinb",),
        "zero_inflated_poisson": ("zip_loss",),
    },
    "distribution": {
        "beta_gaussian": ("beta_nll",),
        "gaussian": ("gaussian_nll",),
        "laplace": (),
        "lognormal": (),
        "student_t": (),
    },
    "scores": {
        "crps_gaussian": (),
        "crps_laplace": (),
        "crps_logistic": (),
        "interval_score": ("winkler",),
        "quantiles": (),
        "weighted_interval_score": ("wis",),
    },
    "ensembles": {
        "crps_ensemble": ("crps",),
        "energy_score": (),
        "variogram_score": (),
    },
    "divergences": {
        "generalized_kl": (),
        "jensen_shannon": (),
        "kl_divergence": ("kl",),
        "ranked_probability_score": ("rps", "squared_earth_mover"),
        "renyi": (),
        "reverse_kl": (),
        "squared_hellinger": ("hellinger",),
        "total_variation": (),
        "wasserstein_1": ("earth_mover",),
    },
    "binary": {
        "asymmetric": (),
        "binary_cross_entropy": ("bce", "log_loss", "soft_margin"),
        "brier_binary": (),
        "focal_binary": (),
    },
    "margin": {
        "crammer_singer": (),
        "exponential": (),
        "hinge": (),
        "modified_huber": (),
        "perceptron": (),
        "sparsemax": (),
        "squared_hinge": (),
        "weston_watkins": (),
    },
    "ordered": {
        "corn": (),
        "ordinal": (),
    },
    "multiclass": {
        "brier": (),
        "cross_entropy": ("ce",),
        "distillation": (),
        "focal": (),
        "generalized_cross_entropy": (),
        "poly1": (),
        "spherical": (),
        "symmetric_cross_entropy": (),
        "zero_one": (),
    },
    "embedding": {
        "contrastive": (),
        "cosine_distance": ("cosine",),
        "cosine_embedding": (),
        "margin_ranking": (),
        "triplet": ("triplet_margin",),
    },
    "ranking": {
        "lambda_rank": (),
        "list_mle": (),
        "list_net": (),
        "pairwise_logistic": ("rank_net",),
    },
    "preference": {
        "bradley_terry": (),
        "dpo": (),
        "ipo": (),
        "kto": (),
        "orpo": (),
        "simpo": (),
    },
    "region": {
        "dice": ("soft_f1", "sorensen_dice"),
        "focal_tversky": (),
        "generalized_dice": (),
        "jaccard": (),
        "lovasz_hinge": (),
        "lovasz_softmax": (),
        "matthews": ("mcc",),
        "tversky": (),
    },
    "boxes": {
        "ciou": ("complete_iou",),
        "diou": ("distance_iou",),
        "giou": ("generalized_iou",),
        "iou": (),
    },
    "sequence": {
        "ctc": (),
    },
    "survival": {
        "accelerated_failure": ("aft",),
        "cox": (),
        "discrete_hazard": ("logistic_hazard",),
        "survival_brier": (),
    },
}
"""The losses by file, each with its aliases."""
FIELDS: dict[str, tuple[str, ...]] = {
    "regression": ("regression", "robust", "relative"),
    "classification": ("binary", "margin", "multiclass", "ordered"),
    "distribution": ("distribution", "scores", "ensembles", "divergences", "ordered"),
    "vision": ("region", "boxes"),
}
"""Fields of several files; every other file is a field of its own."""
FUNCTIONS: dict[str, tuple[str, ...]] = {
    "angular": ("additive_angular", "additive_cosine"),
    "censoring": ("censoring_survival",),
    "diffusion": ("snr_weight",),
    "scaling": ("naive_scale", "scaled"),
}
"""Public functions that are no losses, by file: of weights, scales and logits."""
ELSEWHERE: dict[str, tuple[str, ...]] = {
    "batch_losses": ("circle", "info_nce", "multi_similarity", "siglip", "supervised_contrastive"),
    "linear_losses": ("linear_cross_entropy", "linear_distillation", "linear_jensen_shannon", "linear_kl_divergence"),
}
"""Losses of a whole batch, or on top of a linear layer, by package; they have no rows to score, so the registry lacks them."""
ALIASES = {alias: name for names in LOSSES.values() for name, aliases in names.items() for alias in aliases}
"""The loss that each alias stands for."""
_FILES = {name: file for file, names in (*LOSSES.items(), *FUNCTIONS.items()) for name in names}

NAMES = frozenset((*_FILES, *ALIASES))
"""Every name that is found here."""

__all__ = [*_FILES]


def __getattr__(name: str) -> Any:
    if name == "registry":
        return import_module(f"{__name__}.find").registry
    if name not in NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}{did_you_mean(name, NAMES)}", name=name)
    known = ALIASES.get(name, name)
    found = getattr(import_module(f"{__name__}.{_FILES[known]}"), known)
    globals()[name] = found  # the next access finds it without this function
    return found


def __dir__() -> list[str]:
    return sorted([*__all__, "ALIASES", "ELSEWHERE", "FIELDS", "FUNCTIONS", "LOSSES", "registry"])
