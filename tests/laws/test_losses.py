"""Laws over all losses: kernel and plain twin, libraries, forward and reverse mode, a row alone and among others."""

import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.laws.cases import POINTWISE, SOFTMAX, cases, law
from tests.laws.compare import same

pytestmark = pytest.mark.filterwarnings("ignore:.*the two look swapped")
ERROR = {np.dtype(np.float32): 4e-6, np.dtype(np.float64): 1e-13}


@law(300)
@given(cases())
def test_kernel_and_plain_operations_give_the_same(kernels, case):
    value, gradient = case.call("both")
    plain_value, plain_gradient = case.plainly("both")
    error = ERROR[case.prediction.dtype]
    same(value, plain_value, error=error)
    same(gradient, plain_gradient, error=error)


@law(150)
@given(cases())
def test_autograd_gives_the_derived_gradient(kernels, case):
    x = torch.from_numpy(case.prediction.copy()).requires_grad_()
    options = {
        name: torch.from_numpy(option) if isinstance(option, np.ndarray) else option for name, option in case.options.items()
    }
    cost = case.loss(x, torch.from_numpy(case.target), **options)
    cost.sum().backward()
    value, gradient = case.plainly("both")
    same(cost.detach(), value, error=ERROR[case.prediction.dtype])
    same(x.grad, gradient, error=ERROR[case.prediction.dtype])


@law(150)
@given(cases())
def test_torch_gives_the_same_as_numpy(case):
    libraries_agree("torch", case)


@law(25)
@given(cases(shape=(4, 3), within=(1e-30, np.inf)))  # XLA has no subnormal numbers on a CPU
def test_jax_gives_the_same_as_numpy(case):
    libraries_agree("jax", case)


def libraries_agree(library, case):
    value, gradient = case.call("both")
    other_value, other_gradient = case.call("both", library)
    error = 10 * ERROR[case.prediction.dtype]
    same(other_value, value, error=error)
    same(other_gradient, gradient, error=error)


@law(150)
@given(cases(), st.integers(0, 2**32 - 1))
def test_forward_mode_is_reverse_mode(case, seed):
    direction = torch.from_numpy(
        np.random.default_rng(seed).integers(-2, 3, case.prediction.shape).astype(case.prediction.dtype)
    )
    options = {name: torch.from_numpy(x) if isinstance(x, np.ndarray) else x for name, x in case.options.items()}
    target = torch.from_numpy(case.target)

    def cost(x):
        return case.loss(x, target, **options).sum()

    x = torch.from_numpy(case.prediction)
    value, forward = torch.func.jvp(cost, (x,), (direction,))
    leaf = x.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(cost(leaf), leaf)
    assume(bool(torch.isfinite(gradient).all()))
    expected = (gradient * direction).sum()
    same(forward, expected, error=10 * ERROR[case.prediction.dtype], scale=float((gradient * direction).abs().sum()) + 1)
    same(
        value,
        case.plainly() if case.options["reduction"] != "none" else case.plainly().sum(),
        error=10 * ERROR[case.prediction.dtype],
    )


@law(150)
@given(cases(reductions=("none",)))
def test_a_row_alone_is_a_row_in_a_crowd(kernels, case):
    crowd = case.call("both")
    for i in range(len(case.prediction)):
        for alone in (case.rows([i]).call("both"), case.rows([i]).plainly("both"), case.rows([i] * 70).call("both")):
            for found, expected in zip(alone, crowd, strict=True):
                same(found[0], expected[i], error=ERROR[case.prediction.dtype])


@law(150)
@given(cases(reductions=("mean",), within=(1e-6, 1e6)), st.integers(-30, 30))
@pytest.mark.parametrize("library", ["numpy", "torch"])
def test_a_common_factor_of_weights_changes_nothing(library, case, power):
    assume("weight" in case.options)
    factor = case.options["weight"].dtype.type(2.0**power)
    scaled = case.with_options(weight=case.options["weight"] * factor)
    for found, expected in zip(scaled.call("both", library), case.call("both", library), strict=True):
        np.testing.assert_array_equal(normal(found), normal(expected))


def normal(x):
    """The array with 0 for numbers that came of subnormal ones, whose last digit depends on when they became such."""
    return np.where(np.abs(x) < 2.0**40 * np.finfo(x.dtype).tiny, 0, x)


@law(150)
@given(cases(reductions=("mean", "sum")))
@pytest.mark.parametrize("library", ["numpy", "torch"])
def test_rows_of_weight_0_change_nothing(library, case):
    rows = len(case.prediction)
    weight = case.options.get("weight", np.ones(rows, case.prediction.dtype))
    with_weights = case.with_options(weight=weight)
    more = with_weights.rows([*range(rows), *range(rows)])
    more.options["weight"] = np.r_[weight, np.zeros(rows, weight.dtype)]
    value, gradient = with_weights.call("both", library)
    more_value, more_gradient = more.call("both", library)
    same(more_value, value, error=ERROR[case.prediction.dtype])
    same(more_gradient[:rows], gradient, error=ERROR[case.prediction.dtype])
    assert not more_gradient[rows:].any()


@law(100)
@given(cases(losses=SOFTMAX), st.randoms(use_true_random=False))
def test_an_order_of_classes_is_as_good_as_another(case, random):
    classes = case.prediction.shape[1]
    order = list(range(classes))
    random.shuffle(order)
    labels = case.target.ndim == 1
    target = np.array([k if k < 0 else order.index(k) for k in case.target]) if labels else case.target[:, order]
    more = {"class_weight": case.options["class_weight"][order]} if "class_weight" in case.options else {}
    other = type(case)(case.loss, case.prediction[:, order], target, {**case.options, **more})
    value, gradient = case.call("both")
    other_value, other_gradient = other.call("both")
    same(other_value, value, error=ERROR[case.prediction.dtype])
    same(other_gradient, gradient[:, order], error=ERROR[case.prediction.dtype])


@law(100)
@given(cases(), st.randoms(use_true_random=False))
def test_an_order_of_rows_is_as_good_as_another(case, random):
    order = list(range(len(case.prediction)))
    random.shuffle(order)
    value, gradient = case.call("both")
    other_value, other_gradient = case.rows(order).call("both")
    same(other_value, value if value.ndim == 0 else value[order], error=ERROR[case.prediction.dtype])
    same(other_gradient, gradient[order], error=ERROR[case.prediction.dtype])


@law(100)
@given(cases(special=False, options=False, losses=POINTWISE, reductions=("sum",)))
def test_micro_batches_add_up(case):
    whole = case.call("both")
    parts = [case.rows([i]).call("both") for i in range(len(case.prediction))]
    same(
        np.sum([value for value, _ in parts]),
        whole[0],
        error=ERROR[case.prediction.dtype],
        scale=float(np.abs([v for v, _ in parts]).sum()),
    )
    same(np.concatenate([gradient for _, gradient in parts]), whole[1], error=ERROR[case.prediction.dtype])
