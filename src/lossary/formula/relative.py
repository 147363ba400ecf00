"""Terms of divergences between two distributions, exact where these are close."""

from __future__ import annotations

import math

from lossary.formula.calls import abs, derived, log, log1p, log1pmx, textbook, where, xmuly
from lossary.formula.expression import Expression
from lossary.formula.word import polynomial


def log_ratio(p: Expression, q: Expression) -> Expression:
    """Return log(p/q), exact for p near q; -∞ at p = 0, for q = 0 too."""
    # log(1 + (p - q)/q): p - q is exact for p within a factor of 2 of q (Sterbenz), so this keeps the digits of p/q - 1; 2 ulp
    near = abs(q - p) < 0.5 * q
    return textbook(log(p / q), where(p == 0, -math.inf, where(near, log1p((p - q) / q), log(p) - log(q))))


def log1pmx_near(x: Expression) -> Expression:
    """Return log(1 + x) - x for x from -⅓ to ½: the word log1pmx without what it needs further out."""
    # log(1 + x) = 2u + ⅔u³ + ⅖u⁵ + … with u = x/(2 + x), and 2u - x = -u·x: no terms cancel; 4 ulp for |u| ≤ 0.2
    u = x / (2 + x)
    series = polynomial(u**2, tuple(1 / (2 * n + 3) for n in range(12)))
    return derived(-u * (x - 2 * u**2 * series), log1pmx(x))


def relative_term(p: Expression, q: Expression, at_origin: Expression, difference: Expression | None = None) -> Expression:
    """Return p·log(p/q) - p + q, never negative and exact for p near q; q at p = 0, and as given where both are 0.

    ``difference`` is q - p where q was rounded, or None if both are exact.
    """
    # p·(x - log(1 + x)) with x = (q - p)/p, whose numerator is exact for p near q: no digits cancel; 6 ulp
    near = -p * log1pmx_near((q - p if difference is None else difference) / p)
    # p/q would overflow or be subnormal for the most unlike
    quotient = where((p < 1e30 * q) & (q < 1e30 * p), log(p / q), log(p) - log(q))
    far = xmuly(p, quotient) - p + q
    computed = where((p == 0) & (q == 0), at_origin, where(abs(q - p) <= 0.2 * (p + q), near, far))
    return textbook(p * log(p / q) - p + q, computed)
