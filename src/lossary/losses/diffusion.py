"""Weights of the squared error of diffusion models: what a model predicts and how noisy the sample is make the loss."""

from __future__ import annotations

import math
from typing import Any, Literal

from lossary.arrays import select
from lossary.arrays.checks import InvalidValues
from lossary.formula.calls import minimum, where
from lossary.formula.expression import Expression, symbol
from lossary.names import explains_options, wrong_choice
from lossary.printable import as_typed

SNR, GAMMA = symbol("snr"), symbol("gamma")
WEIGHTS: dict[str, Expression] = {
    "epsilon": where(SNR <= GAMMA, 1, GAMMA / SNR),
    "x0": minimum(SNR, GAMMA),
    # ∞/(∞ + 1) is 1
    "v": where(SNR <= GAMMA, where(math.inf == SNR, 1, SNR / (SNR + 1)), GAMMA / (SNR + 1)),
}
"""The weights of an error in the noise, in the sample and in the velocity, which make one loss of all three."""


@explains_options
def snr_weight(snr: Any, predicts: Literal["epsilon", "x0", "v"] = "epsilon", *, gamma: float = 5.0) -> Any:
    r"""Return the min-SNR-γ weights of squared errors of a diffusion model (Hang et al., 2023).

    .. math:: w_\epsilon = \min(1, \gamma/s), \quad w_{x_0} = \min(s, \gamma), \quad w_v = \frac{\min(s, \gamma)}{s + 1}

    ``snr`` s ≥ 0 is the signal-to-noise ratio :math:`\alpha_t^2/\sigma_t^2` of each sample, and ``predicts`` what the model
    does: the noise ε, the clean sample x₀, or v. The three are one loss, as
    :math:`\|\Delta\epsilon\|^2 = s \|\Delta x_0\|^2` and :math:`\|\Delta v\|^2 = (s + 1) \|\Delta x_0\|^2`. ``gamma`` γ > 0;
    ∞ weighs as the plain error of ε does. At s = 0, as of schedules that end in pure noise, and at s = ∞ the weights are
    their limits, never NaN.

    The weights have the shape of ``snr``, an array of NumPy, torch or JAX; pass them as ``weight=`` where a sample's error is
    one number, or multiply each sample's loss. A negative ``snr``, ``gamma`` ≤ 0 and unknown words raise.

    >>> import lossary
    >>> lossary.snr_weight([0.0, 1.0, 20.0], "v")
    array([0.        , 0.5       , 0.23809524])
    >>> prediction, noise = [[0.5, 1.0], [0.0, 2.0]], [[0.0, 1.0], [1.0, 2.0]]
    >>> float(lossary.squared_error(prediction, noise, axis=-1, weight=lossary.snr_weight([1.0, 10.0]), reduction="batchmean"))
    0.375
    """
    if predicts not in WEIGHTS:
        raise wrong_choice("snr_weight", "predicts", predicts, WEIGHTS)
    if not gamma > 0:
        raise ValueError(f"snr_weight: gamma is a number > 0, or inf for no bound; got {as_typed(gamma)}; the paper takes 5")
    backend = select.of(snr)
    given = backend.array(snr, "snr_weight: snr")
    negative = given < 0
    if backend.readable(negative):
        remedy = "pass the ratio α²/σ² itself, not its logarithm"
        InvalidValues("snr", negative, given, (), "snr is a ratio ≥ 0", remedy).refuse("snr_weight")
    x = backend.cast(given, backend.compute_dtype(given))
    return backend.evaluate(WEIGHTS[predicts], {"snr": x, "gamma": float(gamma)}, x)[()]
