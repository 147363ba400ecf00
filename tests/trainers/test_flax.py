"""The examples of the documentation for Flax, where it is installed: it brings ten packages of 100 MB, so no extra has it."""

import re
from pathlib import Path

import jax
import numpy as np
import optax
import pytest

pytestmark = pytest.mark.heavy
pytest.importorskip("flax", reason="pip install flax")

PAGE = Path(__file__).parents[2] / "docs" / "trainers" / "optax.md"
EXAMPLES = re.findall(r"^```python\n(from|import)(.*?)^```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("example", ["".join(found) for found in EXAMPLES], ids=["nnx", "linen"])
def test_examples_train_as_optax_alone_does(example):
    names = {}
    exec(example, names)
    costs = names["costs"]
    assert len(costs) == 40
    assert costs[-1] < costs[0] / 2
    # the same labels in optax's own loss: the first cost is of the model as it was made
    kept = np.asarray(names["labels"]) >= 0
    if "network" in names:
        from flax import nnx

        first = nnx.Linear(3, 2, rngs=nnx.Rngs(1))(names["features"])
    else:
        first = names["model"].apply(names["model"].init(jax.random.key(1), names["features"]), names["features"])
    expected = optax.softmax_cross_entropy_with_integer_labels(first[kept], names["labels"][kept]).mean()
    assert costs[0] == pytest.approx(float(expected), rel=1e-5)
