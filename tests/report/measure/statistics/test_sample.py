"""A sample holds the same rows in the same order, however they were read."""

import numpy as np
import pytest

from lossary.report.measure.statistics.sample import Sample


@pytest.mark.parametrize("shape", [(), (3,)])
def test_rows_of_equal_priority_stand_in_an_order_of_their_own(shape):
    rng = np.random.default_rng(3)
    priority = rng.integers(0, 4, 40).astype(np.uint64)  # as tables of the same name have
    values = rng.integers(0, 3, (40, *shape)).astype(float)
    rows = zip(priority.tolist(), values.reshape(40, -1).tolist(), strict=True)
    expected = sorted(rows, key=lambda row: (row[0], row[1][::-1]))
    for order in (np.arange(40), rng.permutation(40)):
        sample = Sample(100)
        for part in np.array_split(order, 3):
            sample.add(priority[part], {"x": values[part]}, len(part))
        found, arrays = sample.priorities_and_arrays()
        assert found.tolist() == [row[0] for row in expected]
        assert arrays["x"].reshape(40, -1).tolist() == [row[1] for row in expected]
