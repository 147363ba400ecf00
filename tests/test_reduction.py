"""Exact sums and totals, against whole-number arithmetic; and what PyTorch's older arguments meant."""

import math
import random
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import lossary
from lossary.exact_sum import ExactSums
from lossary.reduction import Total

anything = st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=50)


def exact(values):
    result = ExactSums()
    result.add(np.array(values, float))
    return result


@given(anything)
def test_a_sum_is_rounded_once(values):
    try:
        truth = float(sum(map(Fraction, values), Fraction(0)))
    except OverflowError:
        truth = math.inf if sum(map(Fraction, values)) > 0 else -math.inf
    assert exact(values).value() == truth


@given(anything, anything, st.randoms())
def test_order_and_grouping_do_not_matter(first, second, shuffle):
    together = first + second
    shuffle.shuffle(together)
    parts = exact(first)
    parts.merge(exact(second))
    assert parts.value() == exact(together).value()


def test_infinities_and_nan_are_kept():
    assert exact([1.0, math.inf]).value() == math.inf
    assert exact([-math.inf, 1e308]).value() == -math.inf
    assert math.isnan(exact([math.inf, -math.inf]).value())
    assert math.isnan(exact([math.nan]).value())
    total = exact([math.inf])
    total.merge(exact([-math.inf]))
    assert math.isnan(total.value())


def test_extremes_of_the_range():
    assert exact([5e-324] * 3).value() == 1.5e-323
    assert exact([1e308, 1e308, -1e308]).value() == 1e308
    assert exact([1e308, 5e-324, -1e308]).value() == 5e-324
    assert exact([1.0] * 10 + [2.0**-60] * 1000).value() == math.fsum([1.0] * 10 + [2.0**-60] * 1000)
    assert exact([]).value() == 0


def test_many_numbers():
    x = np.random.default_rng(0).normal(size=200_000) * 10.0 ** np.random.default_rng(1).integers(-20, 20, 200_000)
    assert exact(x).value() == math.fsum(x)


@pytest.mark.parametrize("loss", [lossary.huber, lossary.cross_entropy])
def test_totals_are_the_same_to_the_bit_for_any_split_and_order(loss):
    rng = np.random.default_rng(2)
    p = rng.normal(size=(300, 3))
    t = rng.integers(0, 3, 300) if loss is lossary.cross_entropy else rng.normal(size=(300, 3))
    w = rng.uniform(size=300) if loss is lossary.cross_entropy else rng.uniform(size=(300, 3))
    whole = loss.total(p, t, weight=w)
    order = list(range(300))
    random.Random(0).shuffle(order)
    parts = Total()
    for start in range(0, 300, 37):
        rows = order[start : start + 37]
        parts += loss.total(p[rows], t[rows], weight=w[rows])
    assert (parts.sum, parts.weight, parts.mean, parts.count) == (whole.sum, whole.weight, whole.mean, whole.count)
    losses = loss(p, t, weight=w, reduction="none").ravel()
    assert whole.sum == math.fsum(losses)
    assert whole.weight == math.fsum(w.ravel())
    assert whole.mean == pytest.approx(loss(p, t, weight=w), rel=1e-15)


def test_totals_count_unmasked_samples_only():
    z, y = [[0.0, 0.0], [np.nan, 0.0], [1.0, 1.0]], [0, 1, -100]
    total = lossary.cross_entropy.total(z, y, where=[True, False, True], ignore_index=-100, class_weight=[2.0, 1.0])
    assert (total.count, total.weight) == (1, 2.0)
    assert total.mean == pytest.approx(math.log(2))
    empty = lossary.huber.total([], [])
    assert empty.count == 0
    assert math.isnan(empty.mean)
    assert (empty + total).sum == total.sum


def test_totals_of_tensors():
    p = torch.tensor([1.0, 2.0], requires_grad=True)
    assert lossary.squared_error.total(p, torch.zeros(2)).sum == 5
    with pytest.raises(TypeError):
        Total() + 3


LEGACY = [(s, r) for s in (None, True, False) for r in (None, True, False)]


@pytest.mark.filterwarnings("ignore:size_average and reduce args will be deprecated")
@pytest.mark.parametrize(("size_average", "reduce"), LEGACY)
def test_legacy_arguments_mean_what_pytorch_makes_of_them(size_average, reduce):
    p, t = torch.tensor([1.0, 4.0]), torch.zeros(2)
    theirs = torch.nn.functional.mse_loss(p, t, size_average=size_average, reduce=reduce)
    name = lossary.reduction_from_legacy(size_average, reduce)
    ours = lossary.squared_error(p, t, reduction=name)
    torch.testing.assert_close(ours, theirs)


def test_legacy_name_of_the_mean():
    assert lossary.reduction_from_legacy(reduction="elementwise_mean") == "mean"
    assert lossary.reduction_from_legacy() == "mean"
    assert lossary.reduction_from_legacy(size_average=False, reduction="mean") == "sum"
