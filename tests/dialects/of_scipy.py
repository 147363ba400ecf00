"""SciPy's functions, one value an element, and its densities."""

from tests.dialects import Row

LIBRARY = "SciPy 1.17"
MODULES = {"special": "scipy.special", "stats": "scipy.stats"}
ARRAYS = "numpy"
ROWS = [
    Row("special.huber(0.7, p - t)", "lossary.huber(p, t, delta=0.7, reduction='none')", "SciPy takes δ first."),
    Row("special.pseudo_huber(0.7, p - t)", "lossary.pseudo_huber(p, t, delta=0.7, reduction='none')"),
    Row("special.rel_entr(d, u).sum(-1)", "lossary.kl_divergence(u, d, given='probabilities', reduction='none')"),
    Row(
        "special.kl_div(d, u).sum(-1)",
        "lossary.generalized_kl(u, d, reduction='none')",
        "SciPy's `kl_div` is the generalised divergence, with - p + q.",
    ),
    Row("-stats.norm.logpdf(t, p, v**0.5)", "lossary.gaussian(p, v, t, constant='likelihood', reduction='none')"),
    Row("-stats.laplace.logpdf(t, p, v)", "lossary.laplace(p, v, t, constant='likelihood', reduction='none')"),
    Row(
        "-stats.t.logpdf(t, 3, p, v)",
        "lossary.student_t(p, v, t, degrees=3.0, constant='likelihood', reduction='none')",
    ),
    Row("-stats.poisson.logpmf(y, m)", "lossary.poisson(m, y, given='mean', constant='likelihood', reduction='none')"),
    Row(
        "-stats.nbinom.logpmf(y, 2.5, 1 / (1 + m / 2.5))",
        "lossary.negative_binomial(m, y, given='mean', dispersion=0.4, constant='likelihood', reduction='none')",
        "SciPy takes n = 1/α and the probability 1/(1 + αm).",
    ),
    Row(
        "-stats.gamma.logpdf(a, 2.5, scale=m / 2.5)",
        "lossary.gamma(m, a, given='mean', shape=2.5, constant='likelihood', reduction='none')",
    ),
    Row("stats.gmean(a + 1) - 1", "lossary.squared_log_error.best_constant(a)"),
]
