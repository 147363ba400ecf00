"""Examples of the documentation for libraries that no extra has: they are run where these are installed."""

import re
from pathlib import Path

import jax
import numpy as np
import optax
import pytest
import torch

pytestmark = pytest.mark.heavy

PAGES = Path(__file__).parents[2] / "docs" / "trainers"


def example(page, word):
    """Return the example of a page in which a word stands."""
    blocks = re.findall(r"^```python\n(.*?)^```", (PAGES / page).read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    (found,) = (block for block in blocks if word in block)
    return found


@pytest.mark.parametrize("word", ["nnx", "linen"])
def test_flax(word):
    pytest.importorskip("flax", reason="pip install flax, which brings ten packages of 100 MB")
    names = {}
    exec(example("optax.md", word), names)
    costs, features, labels = names["costs"], names["features"], names["labels"]
    assert len(costs) == 40
    assert costs[-1] < costs[0] / 2
    if word == "nnx":
        from flax import nnx

        first = nnx.Linear(3, 2, rngs=nnx.Rngs(1))(features)
    else:
        model = names["model"]
        first = model.apply(model.init(jax.random.key(1), features), features)
    kept = np.asarray(labels) >= 0
    expected = optax.softmax_cross_entropy_with_integer_labels(first[kept], labels[kept]).mean()
    assert costs[0] == pytest.approx(float(expected), rel=1e-5)


@pytest.mark.filterwarnings("ignore")
def test_lightning():
    lightning = pytest.importorskip("lightning", reason="pip install lightning")
    names = {}
    exec(example("lightning.md", "LightningModule"), names)
    features = torch.randn(8, 3, generator=torch.Generator().manual_seed(0))
    data = torch.utils.data.TensorDataset(features, torch.tensor([0, 1, 1, -100, 0, 0, -100, -100]))
    found = []
    for size, accumulate in ((8, 1), (2, 4), (1, 8)):
        torch.manual_seed(1)
        model = names["Model"](torch.nn.Linear(3, 2), accumulate)
        quiet = dict.fromkeys(("logger", "enable_checkpointing", "enable_progress_bar", "enable_model_summary"), False)
        trainer = lightning.Trainer(max_epochs=3, accelerator="cpu", **quiet)
        trainer.fit(model, torch.utils.data.DataLoader(data, batch_size=size))
        found.append(model.network.weight.detach())
    for other in found[1:]:
        torch.testing.assert_close(other, found[0])
