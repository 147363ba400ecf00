"""The logarithm of the gamma function."""

from __future__ import annotations

from typing import Any

import numpy as np

from lossary.kernels.math.formats import FLOAT64
from lossary.kernels.math.llvm import inlined, polynomial, select
from lossary.kernels.math.logarithm import make_log

_log = make_log(FLOAT64)
_HALF_LOG_2_PI = 0.4189385332046727  # (log(2·π) - 1)/2
_LOG_GAMMA, _LOG_GAMMA_REST = 0.46580963736232694, -1.9584203614658358e-17  # a coefficient in two numbers
_LOG_GAMMA_TAIL = (
    -0.13157899128683395,
    0.05257942622043233,
    -0.02419443643069458,
    0.011991915957146897,
    -0.006215450413894576,
    0.003317270853895826,
    -0.0018070640148370677,
    0.0009992728663002323,
    -0.0005589497741910855,
    0.00031549305822231333,
    -0.00017938925297204228,
    0.00010263673839220052,
    -5.902593773811161e-05,
    3.403037094951045e-05,
    -1.9708231107429816e-05,
    1.1706938033306176e-05,
    -6.901721434532891e-06,
    3.3772791014103135e-06,
    -1.8334524571871086e-06,
    2.386741869230747e-06,
    -1.6262551493197e-06,
    -8.90291537257874e-07,
    7.538578879131338e-07,
    1.37448128632076e-06,
    -9.695490101617987e-07,
    -6.097016383791789e-07,
    4.2457974490977266e-07,
    2.0599896023346335e-07,
    -1.3392804654337345e-07,
)
"""log Γ(1 + w) / (w·(w - 1)) of v = w - 5/8, for -1/4 ≤ w ≤ 3/2, is the coefficient + v·tail(v): 0.2 ulp."""
_STIRLING = (
    0.0833333333333331,
    -0.0027777777773586106,
    0.0007936505764818185,
    -0.0005951896846094316,
    0.000836458698826893,
    -0.001633434390098775,
)
"""x·(log Γ(x) - (x - 1/2)·(log x - 1) - (log(2·π) - 1)/2) of 1/x², for x ≥ 8: 0.01 ulp."""


@inlined
def log_gamma_float64(x: Any) -> Any:
    """log Γ(x) for x ≥ 0, also near its zeros at 1 and 2; NaN below."""
    # x in [3/4, 5/2) as it is; from there up to 8 down to [3/2, 5/2) by Γ(x) = (x - 1)·Γ(x - 1); below up, by Γ(x) = Γ(x + 1)/x
    small, large = x < 0.75, x >= 8.0
    factor, steps = 1.0, 0.0
    for i in range(1, 7):
        step = x - i >= 1.5
        factor = factor * select(step, x - i, 1.0)
        steps = steps + select(step, 1.0, 0.0)
    # the zeros of log Γ at 1 and 2 as factors: log Γ(1 + w) = w·(w - 1)·p(w)
    w = select(small, x, (x - steps) - 1.0)
    v = w - 0.625
    p = _LOG_GAMMA + (_LOG_GAMMA_REST + v * polynomial(v, _LOG_GAMMA_TAIL))
    near = select(w < 0.5, w * w - w, w * (w - 1.0)) * p  # w - 1 is exact from 1/2 on
    log_x = _log(select(small | large, x, factor))
    # Stirling's series
    r = 1.0 / x
    far = (x - 0.5) * (log_x - 1.0) + (_HALF_LOG_2_PI + r * polynomial(r * r, _STIRLING))
    return select(large, far, near + select(small, -log_x, log_x))


@inlined
def log_gamma_float32(x: Any) -> Any:
    """log Γ(x) for x ≥ 0, also near its zeros at 1 and 2; NaN below. In float64 throughout."""
    return np.float32(log_gamma_float64(np.float64(x)))
