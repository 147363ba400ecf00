"""scoringrules: it takes the target first, and returns one score a sample."""

from tests.dialects import Row

LIBRARY = "scoringrules 0.10"
MODULES = {"sr": "scoringrules", "np": "numpy"}
ARRAYS = "numpy"
ROWS = [
    Row("sr.crps_normal(t, p, v)", "lossary.crps_gaussian(p, v, t, reduction='none')", "`v` is the standard deviation here."),
    Row("sr.crps_laplace(t, p, v)", "lossary.crps_laplace(p, v, t, reduction='none')"),
    Row("sr.crps_logistic(t, p, v)", "lossary.crps_logistic(p, v, t, reduction='none')"),
    Row(
        "sr.crps_ensemble(t, members)",
        "lossary.crps_ensemble(members, t, reduction='none')",
        '`estimator="qd"`, its default, `"nrg"` and `"int"` are the energy form.',
    ),
    Row(
        "sr.crps_ensemble(t, members, estimator='fair')",
        "lossary.crps_ensemble(members, t, estimator='fair', reduction='none')",
        '`estimator="pwm"` is the same.',
    ),
    Row(
        "sr.crps_ensemble(t, members, estimator='akr')",
        "lossary.crps_ensemble(members, t, reduction='none')",
        "The kernel representation of Leutbecher and Haiden is another estimator, which is not here.",
        differs=True,
    ),
    Row("sr.es_ensemble(place, vectors)", "lossary.energy_score(vectors, place, reduction='none')"),
    Row(
        "sr.es_ensemble(place, vectors, estimator='fair')",
        "lossary.energy_score(vectors, place, estimator='fair', reduction='none')",
    ),
    Row("sr.vs_ensemble(place, vectors, p=0.5)", "lossary.variogram_score(vectors, place, power=0.5, reduction='none')"),
    Row("sr.quantile_score(t, p, 0.9)", "lossary.quantile(p, t, alpha=0.9, reduction='none')"),
    Row(
        "sr.crps_quantile(t, members, np.arange(0.1, 0.8, 0.1))",
        "2 * lossary.quantiles(members, t, levels=np.arange(0.1, 0.8, 0.1), reduction='none')",
        "Twice the mean quantile loss; `weighted_interval_score` of the same levels.",
    ),
    Row("sr.interval_score(t, p - v, p + v, 0.1)", "lossary.interval_score(p - v, p + v, t, alpha=0.1, reduction='none')"),
    Row(
        "sr.weighted_interval_score(t, p, (p - v)[:, None], (p + v)[:, None], np.array([0.2]))",
        "lossary.weighted_interval_score(np.stack([p - v, p, p + v], -1), t, levels=(0.1, 0.5, 0.9), reduction='none')",
        "The levels of the bounds are α/2 and 1 - α/2.",
    ),
    Row("sr.brier_score(e, q)", "lossary.brier_binary(q, e, given='probabilities', reduction='none')"),
    Row(
        "sr.rps_score(k + 1, u)",
        "lossary.ranked_probability_score(u, k, given='probabilities', reduction='none')",
        "scoringrules numbers classes from 1.",
    ),
    Row("sr.log_score(e, q)", "lossary.binary_cross_entropy(q, e, given='probabilities', reduction='none')"),
    Row("sr.logs_normal(t, p, v)", "lossary.gaussian(p, v**2, t, constant='likelihood', reduction='none')"),
    Row("sr.logs_laplace(t, p, v)", "lossary.laplace(p, v, t, constant='likelihood', reduction='none')"),
    Row("sr.logs_t(t, 3.0, p, v)", "lossary.student_t(p, v, t, degrees=3.0, constant='likelihood', reduction='none')"),
    Row("sr.logs_lognormal(a, p, v)", "lossary.lognormal(p, v, a, constant='likelihood', reduction='none')"),
    Row("sr.logs_poisson(y, m)", "lossary.poisson(m, y, given='mean', constant='likelihood', reduction='none')"),
    Row(
        "sr.logs_gamma(a, 2.5, scale=m / 2.5)",
        "lossary.gamma(m, a, given='mean', shape=2.5, constant='likelihood', reduction='none')",
    ),
    Row(
        "sr.logs_negbinom(y, 2.5, mu=m)",
        "lossary.negative_binomial(m, y, given='mean', dispersion=0.4, constant='likelihood', reduction='none')",
        "scoringrules takes n = 1/α.",
    ),
]
