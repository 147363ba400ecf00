"""Digits: the parts against NumPy's functions in float64, confident rows against 50-digit arithmetic, class by class."""

import mpmath
import numpy as np
import pytest
import torch
import triton
import triton.language as tl

from lossary.kernels.gpu.functions import decay, log1p, tanh
from tests.kernels.gpu.interpreted import INTERPRETED, cross_entropy, in_blocks, on_gpu


@triton.jit
def _apply(x, y, slope, which: tl.constexpr, size: tl.constexpr):
    lanes = tl.arange(0, size)
    given = tl.load(x + lanes)
    if which == 0:
        tl.store(y + lanes, decay(-given))
    if which == 1:
        tl.store(y + lanes, log1p(given))
    if which == 2:
        t, steep = tanh(given)
        tl.store(y + lanes, t)
        tl.store(slope + lanes, steep)


def applied(which, x):
    y, slope = torch.full_like(x, 777), torch.full_like(x, 777)
    launch = _apply[(1,)]
    (launch if INTERPRETED else on_gpu(launch))(x, y, slope, which, len(x))
    return y, slope


def ulps(got, truth):
    """The largest error in units in the last place of the truth, which is given in a wider type."""
    got = got.numpy()
    ulp = np.spacing(np.abs(truth).astype(got.dtype)).astype(np.longdouble)
    return float(np.max(np.abs(got.astype(np.longdouble) - truth) / ulp))


def spread(low, high, dtype, sign=1):
    return (sign * torch.logspace(np.log10(low), np.log10(high), 2**15, dtype=torch.float64)).to(dtype)


def wide(x):
    return x.numpy().astype(np.longdouble)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_parts(dtype):
    x = spread(1e-12, 87.0, dtype, -1)
    assert ulps(applied(0, x)[0], np.exp(wide(x))) <= (2 if INTERPRETED else 2.5)  # NVIDIA's own 2^x is within 2
    x = spread(1e-30, 1e6, dtype)
    assert ulps(applied(1, x)[0], np.log1p(wide(x))) <= 4
    for sign in (-1, 1):
        x = spread(1e-20, 40.0, dtype, sign)
        t, slope = applied(2, x)
        assert ulps(t, np.tanh(wide(x))) <= 4
        assert ulps(slope, 1 / np.cosh(wide(x)) ** 2) <= 6


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_parts_at_special_numbers(dtype):
    def same(got, expected):
        torch.testing.assert_close(got, torch.tensor(expected, dtype=dtype), equal_nan=True, rtol=0, atol=0)

    x = torch.tensor([0.0, -0.0, -np.inf, np.nan], dtype=dtype)
    same(applied(0, x)[0], [1.0, 1.0, 0.0, np.nan])
    same(applied(1, -x.nan_to_num(neginf=-1.0))[0], [0.0, 0.0, np.log(2), 0.0])
    x = torch.tensor([0.0, -np.inf, np.inf, np.nan], dtype=dtype)
    t, slope = applied(2, x)
    same(t, [0.0, -1.0, 1.0, np.nan])
    same(slope, [1.0, 0.0, 0.0, np.nan])


CLASSES = 70
TOPS = [0, 33, 69]  # in the first, a middle and the last block


def confident(dtype, tops, gap=27.5):
    """A row whose largest logits, all alike, leave about e^-gap to each other class."""
    generator = torch.Generator().manual_seed(7)
    row = torch.rand(CLASSES, generator=generator, dtype=torch.float64) * 8 - 3
    row[tops] = 5 + gap
    return row.to(dtype)


def exactly(row, label, temperature=1.0, kept=1.0, floor=0.0):
    """Loss, slopes and entropy with 50 digits."""
    with mpmath.workdps(50):
        z = [mpmath.mpf(float(x)) / mpmath.mpf(temperature) for x in row]
        lse = mpmath.log(mpmath.fsum(map(mpmath.exp, z)))
        a = [mpmath.mpf(floor) + (mpmath.mpf(kept) if k == label else 0) for k in range(len(z))]
        loss = mpmath.fsum(a[k] * (lse - z[k]) for k in range(len(z)))
        p = [mpmath.exp(x - lse) for x in z]
        slopes = [(p[k] * mpmath.fsum(a) - a[k]) / mpmath.mpf(temperature) for k in range(len(z))]
        return loss, slopes, mpmath.fsum(q * (lse - x) for q, x in zip(p, z, strict=True))


def assert_digits(got, exact, eps, distance=36.0):
    """Right up to a few roundings, and that of distances from the largest logit, which is by as many ulp as they are long."""
    times = 10 + distance
    errors = [float(abs(mpmath.mpf(float(g)) - e) / abs(e) / eps) for g, e in zip(got, exact, strict=True)]
    assert max(errors) <= times, f"{errors.index(max(errors))}: {max(errors)} roundings"


@pytest.fixture(params=["whole", "blocks"])
def read(request, monkeypatch):
    if request.param == "blocks":
        in_blocks(monkeypatch, 32)


@pytest.mark.usefixtures("read")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("tops", [*([top] for top in TOPS), [3, 4], [5, 68]])
@pytest.mark.parametrize("temperature", [1.0, 1.5])
def test_confident_rows(tops, dtype, temperature):
    eps, distance = torch.finfo(dtype).eps, 36.0 * (1 + (temperature != 1))
    row = confident(dtype, tops, 27.5 * temperature)
    labels = torch.tensor([tops[0], (tops[0] + 40) % CLASSES])  # right by far, and wrong by far
    logits = row.expand(2, -1).clone()
    slopes = torch.empty_like(logits)
    got = cross_entropy.rows(logits, labels, slopes=slopes, temperature=temperature, entropies=True)
    for i, label in enumerate(labels.tolist()):
        loss, slopes_exact, entropy = exactly(row, label, temperature)
        assert_digits(got.losses[i : i + 1], [loss], eps, distance)
        assert_digits(got.entropies[i : i + 1], [entropy], eps, distance)
        assert_digits(slopes[i], slopes_exact, eps, distance)
    if len(tops) == 1:
        assert 0 < float(got.losses[0]) < 1e-10
        assert 0 > float(slopes[0, tops[0]]) > -1e-10


@pytest.mark.usefixtures("read")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("top", TOPS)
def test_confident_rows_of_probabilities(top, dtype):
    eps = torch.finfo(dtype).eps
    row = confident(dtype, [top])
    logits, slopes = row[None].clone(), torch.empty(1, CLASSES, dtype=dtype)
    target = torch.nn.functional.one_hot(torch.tensor([top]), CLASSES).to(dtype)
    got = cross_entropy.rows(logits, target, slopes=slopes)
    loss, slopes_exact, _ = exactly(row, top)
    assert_digits(got.losses, [loss], eps)
    assert_digits(slopes[0], slopes_exact, eps)


@pytest.mark.usefixtures("read")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("top", TOPS)
def test_smoothing_of_confident_rows(top, dtype):
    eps = torch.finfo(dtype).eps
    row = confident(dtype, [top], 5.0)
    logits, slopes = row[None].clone(), torch.empty(1, CLASSES, dtype=dtype)
    floor = 2.0**-20  # as exact in float32
    got = cross_entropy.rows(logits, torch.tensor([top]), slopes=slopes, kept=1 - CLASSES * floor, floor=floor)
    loss, slopes_exact, _ = exactly(row, top, kept=float(torch.tensor(1 - CLASSES * floor, dtype=dtype)), floor=floor)
    assert_digits(got.losses, [loss], eps)
    assert_digits(slopes[0], slopes_exact, eps)


@pytest.mark.usefixtures("read")
def test_a_flat_row_with_one_class_that_falls_far_behind():
    """Its entropy and slopes are sums of many equal numbers."""
    row = torch.zeros(CLASSES)
    row[11] = -60.0
    slopes = torch.empty(1, CLASSES)
    got = cross_entropy.rows(row[None].clone(), torch.tensor([11]), slopes=slopes, entropies=True)
    loss, slopes_exact, entropy = exactly(row, 11)
    eps = torch.finfo(torch.float32).eps
    assert_digits(got.losses, [loss], eps)
    assert_digits(got.entropies, [entropy], eps)
    assert_digits(slopes[0], slopes_exact, eps)
