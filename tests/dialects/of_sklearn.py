"""scikit-learn's metrics: they take the target first."""

from tests.dialects import Row

LIBRARY = "scikit-learn 1.9"
MODULES = {"metrics": "sklearn.metrics"}
ARRAYS = "numpy"
ROWS = [
    Row("metrics.mean_squared_error(t, p, sample_weight=w)", "lossary.squared_error(p, t, weight=w)"),
    Row(
        "metrics.root_mean_squared_error(t, p)", "lossary.squared_error(p, t) ** 0.5", "A root of a mean is no mean of losses."
    ),
    Row("metrics.mean_absolute_error(t, p)", "lossary.absolute_error(p, t)"),
    Row("metrics.mean_pinball_loss(t, p, alpha=0.9)", "lossary.quantile(p, t, alpha=0.9)"),
    Row(
        "metrics.mean_absolute_percentage_error(a, m)",
        "lossary.absolute_percentage_error(m, a)",
        "For a target of 0 scikit-learn divides by 2e-16; here it costs ∞, or see `zero=` and `floor=`.",
    ),
    Row("metrics.mean_squared_log_error(y, m)", "lossary.squared_log_error(m, y)"),
    Row("metrics.mean_poisson_deviance(y, m)", "lossary.poisson(m, y, given='mean', constant='deviance')"),
    Row("metrics.mean_gamma_deviance(a, m)", "lossary.gamma(m, a, given='mean', constant='deviance')"),
    Row(
        "metrics.mean_tweedie_deviance(y, m, power=1.5)",
        "lossary.tweedie(m, y, power=1.5, given='mean', constant='deviance')",
        "Here it is continuous in the power.",
    ),
    Row("metrics.log_loss(e, q)", "lossary.binary_cross_entropy(q, e, given='probabilities')"),
    Row("metrics.log_loss(k, u)", "lossary.cross_entropy(u, k, given='probabilities')"),
    Row(
        "metrics.log_loss([0, 1], [0.0, 0.0])",
        "lossary.binary_cross_entropy([0.0, 0.0], [0, 1], given='probabilities')",
        "scikit-learn holds probabilities away from 0 and 1 by the epsilon of their dtype; here a wrong certainty costs ∞.",
        differs=True,
    ),
    Row("metrics.brier_score_loss(e, q)", "lossary.brier_binary(q, e, given='probabilities')"),
    Row("metrics.brier_score_loss(k, u)", "lossary.brier(u, k, given='probabilities')"),
    Row("metrics.hinge_loss(e, z)", "lossary.hinge(z, e)", "Targets are 0 and 1 here; scikit-learn takes any two labels."),
    Row("metrics.hinge_loss(k, x)", "lossary.crammer_singer(x, k)"),
    Row("metrics.zero_one_loss(k, x.argmax(-1))", "lossary.zero_one(x, k)", "Or of labels, as in scikit-learn."),
]
