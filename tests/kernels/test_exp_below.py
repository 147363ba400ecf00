"""The exponential of softmax kernels."""

import mpmath
import numpy as np
import pytest
from numba import njit

from lossary.kernels import math as kernel_math

pytestmark = pytest.mark.compiled


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_it_is_within_1_5_ulp_and_0_below_the_normal_numbers(precision):
    function = getattr(kernel_math, f"exp_below_{precision}")

    @njit(error_model="numpy")
    def loop(x, out):
        for i in range(x.shape[0]):
            out[i] = function(x[i])

    real = np.dtype(precision).type
    lowest = float(np.log(np.finfo(real).smallest_normal)) + 0.01
    rng = np.random.default_rng(1)
    x = np.concatenate([rng.uniform(lowest, 0, 4000), -(10.0 ** rng.uniform(-12, 0, 1000)), [-0.0, 0.0, lowest]]).astype(real)
    out = np.empty_like(x)
    loop(x, out)
    with mpmath.workdps(60):
        exact = [mpmath.exp(mpmath.mpf(float(value))) for value in x]
        errors = [abs(mpmath.mpf(float(y)) - e) / float(np.spacing(real(e))) for y, e in zip(out, exact, strict=True)]
    assert max(errors) <= 1.5
    assert out[-2] == out[-3] == 1

    far = np.array([lowest * 1.01, -1e4, np.finfo(real).min, -np.inf], real)
    out = np.empty_like(far)
    loop(far, out)
    assert (out == 0).all()
