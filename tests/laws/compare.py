"""How two answers are held together: special values exactly, ordinary ones within an error that rounding explains."""

import numpy as np


def same(found, expected, *, error, scale=1.0):
    """Raise unless special values agree and the rest is within ``error`` of the larger of the value and a scale."""
    found, expected = np.asarray(found, np.float64), np.asarray(expected, np.float64)
    assert found.shape == expected.shape, (found.shape, expected.shape)
    np.testing.assert_array_equal(np.isnan(found), np.isnan(expected), "NaN")
    infinite = np.isinf(expected) | np.isinf(found)
    np.testing.assert_array_equal(found[infinite], expected[infinite], "infinity")
    ordinary = np.isfinite(expected) & ~infinite
    a, b = found[ordinary], expected[ordinary]
    limit = error * np.maximum(np.abs(b), scale)
    worst = np.abs(a - b) - limit
    assert not (worst > 0).any(), (
        f"{a[worst.argmax()]} is not {b[worst.argmax()]}, {worst.max() + limit.flat[worst.argmax()]:.3g} off"
    )
