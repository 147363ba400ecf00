import functools
import re

import numpy as np
import pytest
import torch
from numba import njit

from lossary.kernels import half

pytestmark = pytest.mark.compiled

PATTERNS = np.arange(65536, dtype=np.uint16)


@functools.cache
def loop(function):
    @njit
    def run(numbers, results):
        for i in range(numbers.shape[0]):
            results[i] = function(numbers[i])

    return run


def apply(function, numbers, dtype):
    results = np.empty(numbers.shape, dtype)
    loop(function)(numbers, results)
    return results


def bfloat16(numbers):
    return torch.from_numpy(numbers).bfloat16().view(torch.int16).numpy().view(np.uint16)


def from_bfloat16(patterns):
    return torch.from_numpy(patterns.view(np.int16).copy()).view(torch.bfloat16).float().numpy()


def float16(numbers):
    with np.errstate(all="ignore"):
        return numbers.astype(np.float16).view(np.uint16)


def from_float16(patterns):
    with np.errstate(all="ignore"):
        return patterns.view(np.float16).astype(np.float32)


WAYS = {
    "bfloat16": (half.float32_from_bfloat16, half.bfloat16_from_float32, from_bfloat16, bfloat16),
    "float16": (half.float32_from_float16, half.float16_from_float32, from_float16, float16),
}


@pytest.mark.parametrize("kind", WAYS)
def test_every_pattern_is_read_as_torch_and_numpy_read_it(kind):
    read, _, oracle, _ = WAYS[kind]
    ours, theirs = apply(read, PATTERNS, np.float32), oracle(PATTERNS)
    number = ~np.isnan(theirs)
    np.testing.assert_array_equal(ours.view(np.uint32)[number], theirs.view(np.uint32)[number])
    assert np.isnan(ours[~number]).all()


@pytest.mark.parametrize("kind", WAYS)
def test_numbers_are_rounded_as_torch_and_numpy_round_them(kind):
    read, write, _, oracle = WAYS[kind]
    values = apply(read, PATTERNS, np.float32)
    values = np.sort(values[np.isfinite(values)])
    with np.errstate(over="ignore"):
        ties = (values[1:].astype(np.float64) / 2 + values[:-1].astype(np.float64) / 2).astype(np.float32)
    random = np.random.default_rng(0).integers(0, 2**32, 1_000_000, dtype=np.uint32).view(np.float32)
    extremes = np.array(
        [np.inf, -np.inf, np.nan, -np.nan, 0, -0.0, 65519.996, 65520, 65536, 3.4028235e38, 3.3961776e38, 1e-45], np.float32
    )
    points = np.concatenate(
        [values, ties, np.nextafter(ties, np.float32(0)), np.nextafter(ties, np.float32(1e38)), random, extremes]
    )
    ours, theirs = apply(write, points, np.uint16), oracle(points)
    number = ~np.isnan(points)
    np.testing.assert_array_equal(ours[number], theirs[number])
    not_numbers = apply(read, ours[~number], np.float32)
    assert np.isnan(not_numbers).all()
    np.testing.assert_array_equal(np.signbit(not_numbers), np.signbit(points[~number]))


@pytest.mark.parametrize("kind", WAYS)
def test_a_nan_whose_payload_is_in_the_lost_bits_stays_nan(kind):
    read, write, _, _ = WAYS[kind]
    points = np.array([0x7F800001, 0xFF800001, 0x7FFFFFFF, 0xFFFFFFFF], np.uint32).view(np.float32)
    assert np.isnan(apply(read, apply(write, points, np.uint16), np.float32)).all()


@pytest.mark.parametrize("kind", WAYS)
def test_loops_are_vectorised(kind):
    read, write, _, _ = WAYS[kind]
    apply(write, apply(read, PATTERNS, np.float32), np.uint16)
    for function in (read, write):
        (code,) = loop(function).inspect_llvm().values()
        assert "vector.body" in code
        assert re.search(r"<\d+ x (?:float|i32|i16)>", code)
