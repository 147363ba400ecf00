"""The words of the vocabulary applied to formulas: ``exp(x)`` is the word ``exp`` of a formula."""

from __future__ import annotations

from functools import partial

from lossary.formula.expression import Expression, apply

abs = partial(apply, "abs")
arctan = partial(apply, "arctan")
arctan2 = partial(apply, "arctan2")
clip = partial(apply, "clip")
cos = partial(apply, "cos")
difference = partial(apply, "difference")
digamma = partial(apply, "digamma")
erf = partial(apply, "erf")
erfc = partial(apply, "erfc")
exp = partial(apply, "exp")
expm1 = partial(apply, "expm1")
floor = partial(apply, "floor")
gaussian = partial(apply, "gaussian")
hypot = partial(apply, "hypot")
hypot_excess = partial(apply, "hypot_excess")
hypot_slope = partial(apply, "hypot_slope")
log = partial(apply, "log")
log1mexp = partial(apply, "log1mexp")
log1p = partial(apply, "log1p")
log1pmx = partial(apply, "log1pmx")
log_cosh = partial(apply, "log_cosh")
log_gamma = partial(apply, "log_gamma")
log_ndtr = partial(apply, "log_ndtr")
log_ndtr_curvature = partial(apply, "log_ndtr_curvature")
log_ndtr_slope = partial(apply, "log_ndtr_slope")
log_sigmoid = partial(apply, "log_sigmoid")
log_softplus = partial(apply, "log_softplus")
log_softplus_slope = partial(apply, "log_softplus_slope")
logaddexp = partial(apply, "logaddexp")
maximum = partial(apply, "maximum")
minimum = partial(apply, "minimum")
reciprocal_expm1 = partial(apply, "reciprocal_expm1")
sigmoid = partial(apply, "sigmoid")
sign = partial(apply, "sign")
sin = partial(apply, "sin")
softplus = partial(apply, "softplus")
sqrt = partial(apply, "sqrt")
stop_gradient = partial(apply, "stop_gradient")
tanh = partial(apply, "tanh")
textbook = partial(apply, "textbook")
derived = partial(apply, "derived")
where = partial(apply, "where")
xdivy = partial(apply, "xdivy")
xlogy = partial(apply, "xlogy")
xmuly = partial(apply, "xmuly")


def boxcox(x: Expression, lmbda: Expression, order: int = 0) -> Expression:
    """Return the Box-Cox transformation (x^λ - 1)/λ, or its derivative of an order in λ."""
    return apply("boxcox", x, lmbda, order)


def boxcox1p(x: Expression, lmbda: Expression, order: int = 0) -> Expression:
    """Return the Box-Cox transformation of 1 + x, or its derivative of an order in λ."""
    return apply("boxcox1p", x, lmbda, order)


def polygamma(order: int, x: Expression) -> Expression:
    """Return the derivative of an order ≥ 1 of the digamma function."""
    return apply("polygamma", order, x)


def trigamma(x: Expression) -> Expression:
    """Return the derivative of the digamma function."""
    return polygamma(1, x)
