"""Every loss, its slopes and its curvatures against its rows of truth, on every library, by kernels and by array operations."""

import functools

import numpy as np
import pytest

import lossary
from tests.losses.rows import MP, all_rows
from tests.oracle import as_library, jitted, to_numpy

ROWS = all_rows()
FIRST = {row.loss: row for row in reversed(ROWS)}
"""One row a loss, the first: JAX compiles each formula anew, which takes longer than all else, and kernels are the same for
arrays and tensors."""
LONG_TO_COMPILE, SLOW = ("cox", "ctc", "list_mle", "lovasz_softmax", "sparsemax"), [pytest.mark.heavy]
by_row = pytest.mark.parametrize("row", ROWS, ids=str)


def numbers(x):
    """An array as numbers of mpmath; whole numbers and conditions as they are."""
    if np.ndim(x):
        return [numbers(element) for element in x]
    return MP.mpf(float(x)) if np.asarray(x).dtype.kind == "f" else np.asarray(x).item()


def replaced(x, index, value):
    """Nested lists with another number at an index."""
    if not index:
        return value
    return [*x[: index[0]], replaced(x[index[0]], index[1:], value), *x[index[0] + 1 :]]


def at(x, index):
    return functools.reduce(lambda found, i: found[i], index, x)


@functools.cache
def truths(number):
    """The inputs of a row; and each sample's loss, slopes and curvatures in each prediction."""
    row = ROWS[number]
    loss = lossary.losses.registry[row.loss]
    arrays = tuple(np.asarray(x) for x in row.inputs(np.random.default_rng(7)))
    losses = loss(*arrays, reduction="none", **row.options)
    several = np.shape(losses)[:1] == arrays[0].shape[:1]  # else the arrays are those of one sample
    samples = [tuple(x[i] for x in arrays) for i in range(len(arrays[0]))] if several else [arrays]
    values, slopes, curvatures = [], [[] for _ in loss.predictions], [[] for _ in loss.predictions]
    step = MP.mpf(10) ** -16
    for sample in samples:
        given = [numbers(x) for x in sample]
        middle = row.truth(*given, **row.options)
        values.append(middle)
        for k, name in enumerate(loss.predictions):
            place = loss.inputs.index(name)
            first, second = np.empty(np.shape(sample[place]), object), np.empty(np.shape(sample[place]), object)
            for index in np.ndindex(first.shape):
                x = at(given[place], index)
                moved = [
                    row.truth(*given[:place], replaced(given[place], index, x + d), *given[place + 1 :], **row.options)
                    for d in (-step, step)
                ]
                first[index] = (moved[1] - moved[0]) / (2 * step)
                second[index] = (moved[1] - 2 * middle + moved[0]) / step**2
            slopes[k].append(first)
            curvatures[k].append(second)
    shapes = [arrays[loss.inputs.index(name)].shape for name in loss.predictions]
    shaped = [[np.array(x, object).reshape(s) for x, s in zip(found, shapes, strict=True)] for found in (slopes, curvatures)]
    return arrays, np.array(values, object), *shaped


def check(got, truth, row, what, times=1.0):
    """Raise where numbers are further from the truth than a row allows."""
    got = to_numpy(got)
    eps = np.finfo(got.dtype).eps
    assert got.size == truth.size, what
    for i, (g, t) in enumerate(zip(got.ravel(), truth.ravel(), strict=True)):
        if g == t:
            continue
        allowed = times * row.bound * eps * max(abs(float(t)), row.size, np.finfo(got.dtype).tiny)
        assert abs(float(MP.mpf(float(g)) - t)) <= allowed, f"{row}: {what} {i}: got {g!r}, truth {float(t)!r}"


def listed(loss, slopes):
    return slopes if len(loss.predictions) > 1 else (slopes,)


def options_of(row):
    return {"reduction": "none", **row.options}


def check_value_and_slopes(row, library):
    loss = lossary.losses.registry[row.loss]
    arrays, values, slopes, _ = truths(ROWS.index(row))
    inputs = {name: as_library(library, x) for name, x in zip(loss.inputs, arrays, strict=True)}

    def compute(predictions):
        return loss.value_and_gradient(**inputs | predictions, **options_of(row))

    got, found = jitted(library, compute)({name: inputs[name] for name in loss.predictions})
    check(got, values, row, "value")
    for name, g, t in zip(loss.predictions, listed(loss, found), slopes, strict=True):
        check(g, t, row, f"slope in {name}")


# array operations of NumPy and of torch are written once, so NumPy's serve one row of each loss
@pytest.mark.parametrize(
    ("row", "library"),
    [
        *((row, library) for row in ROWS for library in ("torch", "numpy-kernels")),
        *((row, "numpy") for row in FIRST.values()),
    ],
    ids=str,
    indirect=["library"],
)
def test_values_and_slopes_are_true(row, library):
    check_value_and_slopes(row, library)


@pytest.mark.parametrize("row", FIRST.values(), ids=str)
def test_values_and_slopes_of_tensors_by_kernels_are_true(row, kernels):
    check_value_and_slopes(row, "torch")


@pytest.mark.parametrize(
    "row", [pytest.param(row, marks=SLOW * (row.loss in LONG_TO_COMPILE)) for row in FIRST.values()], ids=str
)
def test_values_and_slopes_are_true_on_jax(row):
    check_value_and_slopes(row, "jax")


@by_row
def test_torch_differentiates(row):
    loss = lossary.losses.registry[row.loss]
    arrays, values, slopes, _ = truths(ROWS.index(row))
    inputs = [as_library("torch", x) for x in arrays]
    predictions = [x.requires_grad_() for name, x in zip(loss.inputs, inputs, strict=True) if name in loss.predictions]
    cost = loss(*inputs, **{**row.options, "reduction": "sum"})
    cost.backward()
    total = np.array([MP.fsum(values.ravel())], object)
    check(cost, total, row, "cost", times=len(values))
    for name, x, t in zip(loss.predictions, predictions, slopes, strict=True):
        check(x.grad, t, row, f"slope in {name}")


@by_row
def test_curvatures_are_true(row):
    loss = lossary.losses.registry[row.loss]
    arrays, _, _, curvatures = truths(ROWS.index(row))
    try:
        found = loss.curvature(*arrays, **options_of(row))
    except TypeError as error:
        if "curvature of a composed loss" not in str(error):
            raise
        pytest.skip("has no curvature")
    for name, g, t in zip(loss.predictions, listed(loss, found), curvatures, strict=True):
        check(g, t, row, f"curvature in {name}", times=4)


@by_row
def test_single_precision_is_near_double(row):
    loss = lossary.losses.registry[row.loss]
    singles = [x.astype(np.float32) if x.dtype.kind == "f" else x for x in truths(ROWS.index(row))[0]]
    doubles = [x.astype(np.float64) if x.dtype.kind == "f" else x for x in singles]
    got, found = loss.value_and_gradient(*singles, **options_of(row))
    value, slopes = loss.value_and_gradient(*doubles, **options_of(row))
    assert got.dtype == np.float32
    for what, g, t in zip(
        ("value", *loss.predictions), (got, *listed(loss, found)), (value, *listed(loss, slopes)), strict=True
    ):
        check(g, np.asarray(t).astype(object), row, what)


def test_every_loss_has_a_row():
    assert {row.loss for row in ROWS} == set(lossary.losses.registry)
