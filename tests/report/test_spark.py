"""The worker function for engines that hand over record batches, called as Spark's ``mapInArrow`` calls it."""

import pickle

import numpy as np
import pyarrow as pa
import pytest
import sklearn.metrics

import lossary
from lossary.report import BadDataError, UsageError, score, total_in_arrow

rng = np.random.default_rng(8)
Y, P, W = rng.integers(0, 2, 5000), rng.random(5000), rng.random(5000)
TABLE = pa.table({"y": Y, "p": P, "w": W})
OPTIONS = {"loss": "binary_cross_entropy", "target": "y", "prediction": "p", "given": "probabilities", "weight": "w"}


def joined(worker, partitions):
    total = lossary.Total()
    for partition in partitions:
        for found in pickle.loads(pickle.dumps(worker))(iter(partition)):
            assert found.num_rows == 1
            total.merge(lossary.Total.from_bytes(found["total"][0].as_py()))
    return total


@pytest.mark.parametrize("size", [1, 700, 5000])
def test_the_total_of_partitions_is_that_of_all_rows(size):
    batches = TABLE.to_batches(max_chunksize=size)[: min(5000 // size, 500)]
    partitions = [batches[0::3], batches[1::3], batches[2::3], [], [TABLE.slice(0, 0).combine_chunks().to_batches()][0]]
    total = joined(total_in_arrow(**OPTIONS), partitions)
    rows = size * len(batches)
    whole = lossary.binary_cross_entropy.total(P[:rows], Y[:rows], weight=W[:rows], given="probabilities")
    assert (total.count, total.weight) == (whole.count, whole.weight)
    assert total.sum == pytest.approx(whole.sum, rel=1e-15)
    assert total.mean == pytest.approx(
        sklearn.metrics.log_loss(Y[:rows], P[:rows], sample_weight=W[:rows], labels=[0, 1]), rel=1e-13
    )
    assert total.mean == score(TABLE.slice(0, rows), **OPTIONS).mean


def test_a_factor_of_all_weights_changes_no_mean():
    parts = [TABLE.slice(0, 2000), TABLE.slice(2000)]
    scaled = [part.set_column(2, "w", pa.array(part["w"].to_numpy() * 2.0**1023)) for part in parts]
    expected, found = (joined(total_in_arrow(**OPTIONS), [p.to_batches() for p in some]) for some in (parts, scaled))
    assert (found.mean, found.count) == (expected.mean, 5000)
    assert found.variance == pytest.approx(expected.variance, rel=1e-12)


def test_classes_of_a_list_column():
    z, y = rng.normal(size=(600, 4)), rng.integers(0, 4, 600)
    table = pa.table({"z": pa.array(z.tolist()), "y": y})
    total = joined(total_in_arrow(loss="ce", target="y", prediction="z"), [table.to_batches(100)])
    assert total == lossary.cross_entropy.total(z, y)


def test_invalid_rows():
    bad = pa.record_batch({"y": [1.0, None, 2.0], "p": [1.0, 1.0, 0.0]})
    worker = total_in_arrow(loss="mse", target="y", prediction="p")
    with pytest.raises(BadDataError, match=r"row 5 \(index 4\), column 'y': got null"):
        list(worker(iter([bad.slice(0, 1), bad.slice(2), bad.slice(2), bad])))
    [found] = total_in_arrow(loss="mse", target="y", prediction="p", skip_invalid=True)(iter([bad]))
    assert (found["rows"][0].as_py(), found["invalid"][0].as_py()) == (3, 1)
    with pytest.raises(UsageError, match="no column 'z'"):
        list(total_in_arrow(loss="mse", target="y", prediction="z")(iter([bad])))
    assert list(worker(iter([]))) == []
