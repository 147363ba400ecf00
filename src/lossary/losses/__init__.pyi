"""The losses: definitions only. A person who adds a loss works in one file here, and names it in the table below.

A file is imported when one of its losses is first asked for.
"""

# Made by tools/stubs.py from the definitions; run `make stubs` instead of editing this file.
# mypy: disable-error-code="override, overload-cannot-match"
from lossary.losses.angular import additive_angular as additive_angular
from lossary.losses.angular import additive_cosine as additive_cosine
from lossary.losses.binary import asymmetric as asymmetric
from lossary.losses.binary import binary_cross_entropy as bce
from lossary.losses.binary import binary_cross_entropy as binary_cross_entropy
from lossary.losses.binary import binary_cross_entropy as log_loss
from lossary.losses.binary import binary_cross_entropy as soft_margin
from lossary.losses.binary import brier_binary as brier_binary
from lossary.losses.binary import focal_binary as focal_binary
from lossary.losses.boxes import ciou as ciou
from lossary.losses.boxes import ciou as complete_iou
from lossary.losses.boxes import diou as diou
from lossary.losses.boxes import diou as distance_iou
from lossary.losses.boxes import giou as generalized_iou
from lossary.losses.boxes import giou as giou
from lossary.losses.boxes import iou as iou
from lossary.losses.censoring import censoring_survival as censoring_survival
from lossary.losses.counts import gamma as gamma
from lossary.losses.counts import negative_binomial as negative_binomial
from lossary.losses.counts import poisson as poisson
from lossary.losses.counts import tweedie as tweedie
from lossary.losses.counts import zero_inflated_negative_binomial as zero_inflated_negative_binomial
from lossary.losses.counts import zero_inflated_negative_binomial as zinb
from lossary.losses.counts import zero_inflated_poisson as zero_inflated_poisson
from lossary.losses.counts import zero_inflated_poisson as zip_loss
from lossary.losses.diffusion import snr_weight as snr_weight
from lossary.losses.distribution import beta_gaussian as beta_gaussian
from lossary.losses.distribution import beta_gaussian as beta_nll
from lossary.losses.distribution import gaussian as gaussian
from lossary.losses.distribution import gaussian as gaussian_nll
from lossary.losses.distribution import laplace as laplace
from lossary.losses.distribution import lognormal as lognormal
from lossary.losses.distribution import student_t as student_t
from lossary.losses.divergences import generalized_kl as generalized_kl
from lossary.losses.divergences import jensen_shannon as jensen_shannon
from lossary.losses.divergences import kl_divergence as kl
from lossary.losses.divergences import kl_divergence as kl_divergence
from lossary.losses.divergences import ranked_probability_score as ranked_probability_score
from lossary.losses.divergences import ranked_probability_score as rps
from lossary.losses.divergences import ranked_probability_score as squared_earth_mover
from lossary.losses.divergences import renyi as renyi
from lossary.losses.divergences import reverse_kl as reverse_kl
from lossary.losses.divergences import squared_hellinger as hellinger
from lossary.losses.divergences import squared_hellinger as squared_hellinger
from lossary.losses.divergences import total_variation as total_variation
from lossary.losses.divergences import wasserstein_1 as earth_mover
from lossary.losses.divergences import wasserstein_1 as wasserstein_1
from lossary.losses.embedding import contrastive as contrastive
from lossary.losses.embedding import cosine_distance as cosine
from lossary.losses.embedding import cosine_distance as cosine_distance
from lossary.losses.embedding import cosine_embedding as cosine_embedding
from lossary.losses.embedding import margin_ranking as margin_ranking
from lossary.losses.embedding import triplet as triplet
from lossary.losses.embedding import triplet as triplet_margin
from lossary.losses.ensembles import crps_ensemble as crps
from lossary.losses.ensembles import crps_ensemble as crps_ensemble
from lossary.losses.ensembles import energy_score as energy_score
from lossary.losses.ensembles import variogram_score as variogram_score
from lossary.losses.find import registry as registry
from lossary.losses.margin import crammer_singer as crammer_singer
from lossary.losses.margin import exponential as exponential
from lossary.losses.margin import hinge as hinge
from lossary.losses.margin import modified_huber as modified_huber
from lossary.losses.margin import perceptron as perceptron
from lossary.losses.margin import sparsemax as sparsemax
from lossary.losses.margin import squared_hinge as squared_hinge
from lossary.losses.margin import weston_watkins as weston_watkins
from lossary.losses.multiclass import brier as brier
from lossary.losses.multiclass import cross_entropy as ce
from lossary.losses.multiclass import cross_entropy as cross_entropy
from lossary.losses.multiclass import distillation as distillation
from lossary.losses.multiclass import focal as focal
from lossary.losses.multiclass import generalized_cross_entropy as generalized_cross_entropy
from lossary.losses.multiclass import poly1 as poly1
from lossary.losses.multiclass import spherical as spherical
from lossary.losses.multiclass import symmetric_cross_entropy as symmetric_cross_entropy
from lossary.losses.multiclass import zero_one as zero_one
from lossary.losses.ordered import corn as corn
from lossary.losses.ordered import ordinal as ordinal
from lossary.losses.preference import bradley_terry as bradley_terry
from lossary.losses.preference import dpo as dpo
from lossary.losses.preference import ipo as ipo
from lossary.losses.preference import kto as kto
from lossary.losses.preference import orpo as orpo
from lossary.losses.preference import simpo as simpo
from lossary.losses.ranking import lambda_rank as lambda_rank
from lossary.losses.ranking import list_mle as list_mle
from lossary.losses.ranking import list_net as list_net
from lossary.losses.ranking import pairwise_logistic as pairwise_logistic
from lossary.losses.ranking import pairwise_logistic as rank_net
from lossary.losses.region import dice as dice
from lossary.losses.region import dice as soft_f1
from lossary.losses.region import dice as sorensen_dice
from lossary.losses.region import focal_tversky as focal_tversky
from lossary.losses.region import generalized_dice as generalized_dice
from lossary.losses.region import jaccard as jaccard
from lossary.losses.region import lovasz_hinge as lovasz_hinge
from lossary.losses.region import lovasz_softmax as lovasz_softmax
from lossary.losses.region import matthews as matthews
from lossary.losses.region import matthews as mcc
from lossary.losses.region import tversky as tversky
from lossary.losses.regression import absolute_error as absolute_error
from lossary.losses.regression import absolute_error as l1
from lossary.losses.regression import absolute_error as mae
from lossary.losses.regression import epsilon_insensitive as epsilon_insensitive
from lossary.losses.regression import expectile as expectile
from lossary.losses.regression import huber as huber
from lossary.losses.regression import huber_quantile as huber_quantile
from lossary.losses.regression import log_cosh as log_cosh
from lossary.losses.regression import power_error as lq
from lossary.losses.regression import power_error as power_error
from lossary.losses.regression import pseudo_huber as pseudo_huber
from lossary.losses.regression import quantile as pinball
from lossary.losses.regression import quantile as quantile
from lossary.losses.regression import smooth_l1 as smooth_l1
from lossary.losses.regression import squared_epsilon_insensitive as squared_epsilon_insensitive
from lossary.losses.regression import squared_error as l2
from lossary.losses.regression import squared_error as mse
from lossary.losses.regression import squared_error as squared_error
from lossary.losses.relative import absolute_percentage_error as absolute_percentage_error
from lossary.losses.relative import absolute_percentage_error as mape
from lossary.losses.relative import squared_log_error as msle
from lossary.losses.relative import squared_log_error as squared_log_error
from lossary.losses.relative import symmetric_percentage_error as smape
from lossary.losses.relative import symmetric_percentage_error as symmetric_percentage_error
from lossary.losses.robust import cauchy as cauchy
from lossary.losses.robust import cauchy as lorentzian
from lossary.losses.robust import charbonnier as charbonnier
from lossary.losses.robust import fair as fair
from lossary.losses.robust import geman_mcclure as geman_mcclure
from lossary.losses.robust import general_robust as barron
from lossary.losses.robust import general_robust as general_robust
from lossary.losses.robust import tukey as biweight
from lossary.losses.robust import tukey as tukey
from lossary.losses.robust import welsch as leclerc
from lossary.losses.robust import welsch as welsch
from lossary.losses.robust import wing as wing
from lossary.losses.scaling import naive_scale as naive_scale
from lossary.losses.scaling import scaled as scaled
from lossary.losses.scores import crps_gaussian as crps_gaussian
from lossary.losses.scores import crps_laplace as crps_laplace
from lossary.losses.scores import crps_logistic as crps_logistic
from lossary.losses.scores import interval_score as interval_score
from lossary.losses.scores import interval_score as winkler
from lossary.losses.scores import quantiles as quantiles
from lossary.losses.scores import weighted_interval_score as weighted_interval_score
from lossary.losses.scores import weighted_interval_score as wis
from lossary.losses.sequence import ctc as ctc
from lossary.losses.survival import accelerated_failure as accelerated_failure
from lossary.losses.survival import accelerated_failure as aft
from lossary.losses.survival import cox as cox
from lossary.losses.survival import discrete_hazard as discrete_hazard
from lossary.losses.survival import discrete_hazard as logistic_hazard
from lossary.losses.survival import survival_brier as survival_brier

__all__ = [
    "absolute_error",
    "absolute_percentage_error",
    "accelerated_failure",
    "additive_angular",
    "additive_cosine",
    "aft",
    "asymmetric",
    "barron",
    "bce",
    "beta_gaussian",
    "beta_nll",
    "binary_cross_entropy",
    "biweight",
    "bradley_terry",
    "brier",
    "brier_binary",
    "cauchy",
    "ce",
    "censoring_survival",
    "charbonnier",
    "ciou",
    "complete_iou",
    "contrastive",
    "corn",
    "cosine",
    "cosine_distance",
    "cosine_embedding",
    "cox",
    "crammer_singer",
    "cross_entropy",
    "crps",
    "crps_ensemble",
    "crps_gaussian",
    "crps_laplace",
    "crps_logistic",
    "ctc",
    "dice",
    "diou",
    "discrete_hazard",
    "distance_iou",
    "distillation",
    "dpo",
    "earth_mover",
    "energy_score",
    "epsilon_insensitive",
    "expectile",
    "exponential",
    "fair",
    "focal",
    "focal_binary",
    "focal_tversky",
    "gamma",
    "gaussian",
    "gaussian_nll",
    "geman_mcclure",
    "general_robust",
    "generalized_cross_entropy",
    "generalized_dice",
    "generalized_iou",
    "generalized_kl",
    "giou",
    "hellinger",
    "hinge",
    "huber",
    "huber_quantile",
    "interval_score",
    "iou",
    "ipo",
    "jaccard",
    "jensen_shannon",
    "kl",
    "kl_divergence",
    "kto",
    "l1",
    "l2",
    "lambda_rank",
    "laplace",
    "leclerc",
    "list_mle",
    "list_net",
    "log_cosh",
    "log_loss",
    "logistic_hazard",
    "lognormal",
    "lorentzian",
    "lovasz_hinge",
    "lovasz_softmax",
    "lq",
    "mae",
    "mape",
    "margin_ranking",
    "matthews",
    "mcc",
    "modified_huber",
    "mse",
    "msle",
    "naive_scale",
    "negative_binomial",
    "ordinal",
    "orpo",
    "pairwise_logistic",
    "perceptron",
    "pinball",
    "poisson",
    "poly1",
    "power_error",
    "pseudo_huber",
    "quantile",
    "quantiles",
    "rank_net",
    "ranked_probability_score",
    "renyi",
    "reverse_kl",
    "rps",
    "scaled",
    "simpo",
    "smape",
    "smooth_l1",
    "snr_weight",
    "soft_f1",
    "soft_margin",
    "sorensen_dice",
    "sparsemax",
    "spherical",
    "squared_earth_mover",
    "squared_epsilon_insensitive",
    "squared_error",
    "squared_hellinger",
    "squared_hinge",
    "squared_log_error",
    "student_t",
    "survival_brier",
    "symmetric_cross_entropy",
    "symmetric_percentage_error",
    "total_variation",
    "triplet",
    "triplet_margin",
    "tukey",
    "tversky",
    "tweedie",
    "variogram_score",
    "wasserstein_1",
    "weighted_interval_score",
    "welsch",
    "weston_watkins",
    "wing",
    "winkler",
    "wis",
    "zero_inflated_negative_binomial",
    "zero_inflated_poisson",
    "zero_one",
    "zinb",
    "zip_loss",
]

LOSSES: dict[str, dict[str, tuple[str, ...]]]
FIELDS: dict[str, tuple[str, ...]]
FUNCTIONS: dict[str, tuple[str, ...]]
ELSEWHERE: dict[str, tuple[str, ...]]
ALIASES: dict[str, str]
NAMES: frozenset[str]
