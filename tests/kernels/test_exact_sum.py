"""The kernels of exact sums beside their plain twin: the same units to the bit for any bits, and nothing else is written."""

from unittest import mock

import numpy as np
import pytest

from lossary.engine import exact_sum
from lossary.engine.exact_sum import ExactSums
from lossary.kernels import exact_sum as kernels
from lossary.kernels.native import available
from lossary.kernels.sizes import LIMBS

pytestmark = pytest.mark.compiled

NARROW = [
    np.array([1.0, 2.0**52 - 1, 3.0]),
    np.array([-1e-300, 1e-310]),
    np.array([2.0**-763, 2.0**-815]),
    np.array([-0.0, 5e-324]),
]


def any_bits(rng, size):
    """Numbers of all magnitudes, NaN and infinities among them."""
    return rng.integers(0, 2**64, size, dtype=np.uint64).view(np.float64)


def both(x, index=None, size=1):
    """What is held after additions by kernel and by the twin."""
    found = []
    for smallest in (0, 1 << 62):
        sums, squares = ExactSums(size), ExactSums(size)
        with mock.patch.object(exact_sum, "_SMALLEST", smallest):
            sums.add(x, index, squares=squares)
        found.append([part.state(place) for part in (sums, squares) for place in range(size)])
    return found


def address(array):
    return array.__array_interface__["data"][0]


def test_kernels_are_tested_here():
    assert available("sums")


@pytest.mark.parametrize("size", [0, 1, 2, 255, 256, 257, 511, 512, 513, 5000])
def test_any_bits_give_the_same_units(size):
    rng = np.random.default_rng(size)
    for _ in range(4):
        x = any_bits(rng, size)
        finite = np.where(np.isfinite(x), x, 1.0)
        for values in (x, finite, np.sort(finite), finite * 0.0):
            kernel, twin = both(values)
            assert kernel == twin
            kernel, twin = both(values, rng.integers(-1, 3, size), 3)
            assert kernel == twin


@pytest.mark.parametrize("exponent", [-1074, -1022, -970, -815, -763, -762, -711, -600, -540, -537, -500, -1, 0, 460, 511, 970])
@pytest.mark.parametrize("spread", [0, 30, 60, 110, 160, 220])
def test_every_magnitude_and_spread_gives_the_same_units(exponent, spread):
    # a chunk is taken apart in four steps of 52 bits; what is spread wider, or next to zero, goes number by number
    rng = np.random.default_rng(spread + 2000 + exponent)
    x = np.ldexp(rng.uniform(-1, 1, 700), np.minimum(1023, exponent + rng.integers(0, spread + 1, 700)))
    kernel, twin = both(x)
    assert kernel == twin
    kernel, twin = both(np.abs(x), np.arange(700) % 2, 2)
    assert kernel == twin


def test_a_number_that_is_none_hides_no_other_in_its_chunk():
    for special in (np.nan, np.inf, -np.inf):
        for place in (0, 255, 256, 511, 599):
            x = np.linspace(-3, 1e3, 600)
            x[place] = special
            kernel, twin = both(x)
            assert kernel == twin
            assert sum(kernel[0][1]) == 1


@pytest.mark.parametrize("squared", [0, 1])
def test_a_kernel_writes_to_its_sums_alone(squared):
    rng = np.random.default_rng(7)
    x = any_bits(rng, 1000)
    index = rng.integers(-3, 4, 1000)
    for by_index, few in ((False, False), (True, True), (True, False)):
        size = 4 if by_index else 1
        # each kind of memory between two others
        memory = np.full((9, LIMBS * size), 77)
        limbs, specials, squares, square_specials = memory[1], memory[3], memory[5], memory[7]
        limbs[:] = squares[:] = 0
        specials[: 3 * size] = square_specials[: 3 * size] = 0
        places = [address(part) for part in (limbs, specials, squares, square_specials)]
        if by_index:
            kernels.by_index(few)(address(x), address(index), *places, squared, x.size, size)
        else:
            kernels.all_together()(address(x), *places, squared, x.size)
        assert (memory[::2] == 77).all()
        assert (memory[[3, 7], 3 * size :] == 77).all()
        assert limbs.any()
        assert bool(squares.any()) == bool(squared)
        assert int(specials[: 3 * size].sum()) == int((~np.isfinite(x[index >= 0] if by_index else x)).sum())


@pytest.mark.parametrize("parts", [NARROW[:1], NARROW[1:3], NARROW])
def test_chunks_one_after_another_do_not_mix(parts):
    x = np.concatenate([np.resize(part, 256) for part in parts])
    kernel, twin = both(x)
    assert kernel == twin
    each = [both(np.resize(part, 256))[0] for part in parts]
    assert kernel[0][0] == sum(sums[0] for sums, _ in each)
    assert kernel[1][0] == sum(squares[0] for _, squares in each)
