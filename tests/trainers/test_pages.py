"""Examples of the documentation for libraries that no extra has: they are run where these are installed."""

import os
import subprocess
import sys
from pathlib import Path

import jax
import numpy as np
import optax
import pytest
import torch
import torch.nn.functional as F

from tests.trainers.pages import example

pytestmark = pytest.mark.heavy


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


def test_devices_of_jax():
    flags = f"{os.environ.get('XLA_FLAGS', '')} --xla_force_host_platform_device_count=2"
    command = [sys.executable, "-W", "error", "-c", example("optax.md", "shard_map")]
    result = subprocess.run(command, env={**os.environ, "XLA_FLAGS": flags}, capture_output=True, text=True, timeout=300)
    assert result.stdout == "2 True\n", result.stdout + result.stderr


FEATURES = torch.randn(16, 3, generator=torch.Generator().manual_seed(0))
LABELS = torch.tensor([0, 1, -100, 1, 0] + [-100] * 5 + [1, 1, 0, 1, 0, -100])
OF_DEVICES = slice(0, 5), slice(5, 16)  # of these the second has no label in the first part of a step


def network():
    torch.manual_seed(1)
    return torch.nn.Linear(3, 2)


def train_on_two_devices(folder):
    """Train on the devices of Lightning, which starts this a second time for the second one."""
    import lightning

    names, found = {}, []
    exec(example("lightning.md", "LightningModule"), names)
    own = torch.arange(16)[OF_DEVICES[int(os.environ.get("LOCAL_RANK", "0"))]]
    for accumulate in (1, 3):
        batches = [part.tolist() for part in own.tensor_split(accumulate)]
        model = names["Model"](network(), accumulate)
        quiet = dict.fromkeys(("logger", "enable_checkpointing", "enable_progress_bar", "enable_model_summary"), False)
        trainer = lightning.Trainer(
            max_epochs=1, accelerator="cpu", devices=2, strategy="ddp", use_distributed_sampler=False, **quiet
        )
        data = torch.utils.data.TensorDataset(FEATURES, LABELS)
        trainer.fit(model, torch.utils.data.DataLoader(data, batch_sampler=batches))
        found.append(model.network.weight.detach())
    if trainer.is_global_zero:
        torch.save(found, f"{folder}/found.pt")


def test_lightning_on_two_devices(tmp_path):
    pytest.importorskip("lightning", reason="pip install lightning")
    code = f"from tests.trainers.test_pages import train_on_two_devices; train_on_two_devices({str(tmp_path)!r})"
    script = tmp_path / "train.py"  # Lightning runs it again, as a file
    script.write_text(code)
    root = Path(__file__).parents[2]
    path = os.pathsep.join([str(root), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONPATH": path, "GLOO_SOCKET_IFNAME": "lo", "OMP_NUM_THREADS": "1"}
    subprocess.run([sys.executable, str(script)], check=True, env=environment, cwd=root, timeout=300)
    start = network()
    F.cross_entropy(start(FEATURES), LABELS, ignore_index=-100).backward()
    expected = (start.weight - 0.5 * start.weight.grad).detach()
    for weight in torch.load(tmp_path / "found.pt"):
        torch.testing.assert_close(weight, expected)
