"""Losses of a probability with targets that are whole numbers, 0 or 1."""

import numpy as np
import pytest

import lossary
from lossary.vocabulary import log
from tests import oracle

rng = np.random.default_rng(5)
PROBABILITIES = np.concatenate(
    [
        rng.random(3000),
        10.0 ** -rng.uniform(0, 322, 3000),
        1 - 10.0 ** -rng.uniform(0, 16, 3000),
        [0, 1, 5e-324, 2.0**-1022, 0.5],
    ]
)


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int64, bool])
@pytest.mark.parametrize("event", [0, 1])
def test_values_are_within_two_ulp(event, dtype):
    p = PROBABILITIES
    found = lossary.binary_cross_entropy(p, np.full(len(p), event, dtype), given="probabilities", reduction="none")
    for i in [*range(0, len(p), 40), *range(len(p) - 5, len(p))]:
        x = oracle.exact(p[i]) if event else 1 - oracle.exact(p[i])
        truth = oracle.MP.inf if x == 0 else -oracle.MP.log(x)
        assert found[i] == truth or oracle.ulps(found[i], truth) <= 2


@pytest.mark.parametrize("given", ["logits", "probabilities", "log_probabilities"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_targets_of_whole_numbers_and_of_floats_agree(given, dtype):
    z = rng.normal(size=6000) * 20
    x = {"logits": z, "probabilities": 1 / (1 + np.exp(-z)), "log_probabilities": -np.logaddexp(0, -z)}[given].astype(dtype)
    y = rng.integers(0, 2, 6000)
    options = {"given": given, "reduction": "none"}
    half = lossary.binary_cross_entropy(x, y.astype(np.int8), **options)
    whole = lossary.binary_cross_entropy(x, y.astype(dtype), **options)
    np.testing.assert_array_max_ulp(half, whole, 4, dtype)


@pytest.mark.parametrize("outside", [-1, 2, 127])
def test_whole_numbers_beyond_0_and_1_are_refused(outside):
    y = np.zeros(5000, np.int8)
    y[4321] = outside
    with pytest.raises(ValueError, match=f"target lies in .*got {outside}"):
        lossary.binary_cross_entropy(np.zeros(5000), y, reduction="none")
    # unchecked, the formula is taken as it stands: -(2·log a - log(1 - a)) for 2
    found = lossary.binary_cross_entropy(np.zeros(5000), y, reduction="none", check=False)
    assert found[4321] == pytest.approx(np.log(2))


def test_a_loss_of_ones_own():
    @lossary.pointwise(given=lossary.engine.decorators.PROBABILITIES)
    def confident(prediction: lossary.formula.domains.Probability, target: lossary.formula.domains.Probability):
        return -((target * log(prediction) + (1 - target) * log(1 - prediction)) ** 2)

    y, p = rng.integers(0, 2, 5000), rng.uniform(0.01, 0.99, 5000)
    found = confident(p, y, given="probabilities", reduction="none")
    np.testing.assert_allclose(found, -(np.log(np.where(y == 1, p, 1 - p)) ** 2), rtol=1e-14)
