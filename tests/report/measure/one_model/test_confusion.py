"""Which class was predicted for which: against scikit-learn."""

import numpy as np
import pandas as pd
import pytest
import sklearn.metrics

from lossary.report import score
from lossary.report.show import html

rng = np.random.default_rng(19)
N = 300


@pytest.mark.parametrize("workers", [1, 3])
def test_classes(workers, tmp_path):
    z, y = rng.normal(size=(N, 4)), rng.integers(0, 4, N)
    columns = {f"z_{name}": z[:, k] for k, name in enumerate("abcd")} | {"y": np.array(list("abcd"))[y]}
    parts = [pd.DataFrame({name: x[rows] for name, x in columns.items()}) for rows in (slice(0, 100), slice(100, N))]
    found = score(parts, loss="ce", target="y", prediction="z_*", workers=workers)
    assert found.confusion.classes == ("a", "b", "c", "d")
    assert np.array(found.confusion.counts).tolist() == sklearn.metrics.confusion_matrix(y, z.argmax(axis=1)).tolist()
    assert "said b" in str(found)
    assert "Which class was taken for which" in found.to_html()


def test_two_classes():
    z, y, w = rng.normal(size=N), rng.integers(0, 2, N), rng.choice([0.0, 2.0], N)
    found = score({"y": y, "z": z, "w": w}, loss="bce", target="y", prediction="z", weight="w")
    kept = w > 0
    assert np.array(found.confusion.counts).tolist() == sklearn.metrics.confusion_matrix(y[kept], z[kept] > 0).tolist()
    soft = score({"y": [0.5, 1.0], "z": [-1.5, 2.0]}, loss="bce", target="y", prediction="z")
    assert soft.confusion.counts == ((0, 0), (0, 1))
    assert score({"y": [0.5], "z": [1.5]}, loss="bce", target="y", prediction="z").confusion is None
    assert score({"y": [0.5], "z": [1.5]}, loss="mse", target="y", prediction="z").confusion is None


def test_the_most_frequent_confusions_are_named():
    confusion = {"classes": ["a", "b", "c"], "counts": [[5, 2, 0], [9, 1, 0], [0, 1, 7]]}
    assert html.confusions(confusion) == [("b", "a", 9), ("a", "b", 2), ("c", "b", 1)]
    assert html.shades(confusion)[1] == [0.9, 0.1, 0.0]
