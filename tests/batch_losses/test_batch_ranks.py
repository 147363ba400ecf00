"""A batch that ranks share gives the numbers of one process."""

import os
import subprocess
import sys

import numpy as np
import pytest
import torch

from tests.batch_losses.naive import CASES, batch
from tests.processes import one_thread

SIZES = (3, 1, 5, 2)
SHARED = (1, 3, 5)
"""Cases of info_nce in both directions, siglip, and supervised_contrastive; the others share the way of the last."""
pytestmark = pytest.mark.compiled


@pytest.fixture(scope="module", autouse=True)
def alone():
    with one_thread():
        for loss in {CASES[case][0] for case in SHARED}:  # what blocks are compiled to, here once and not by each rank
            loss(*(torch.tensor(x, requires_grad=x.ndim == 2) for x in batch(loss, np.random.default_rng(0)))).backward()
        yield


def on_rank(rank, case, sizes, reduction):
    """The cost of this rank and the gradients of what it holds."""
    loss, options = CASES[case]
    inputs = batch(loss, np.random.default_rng(0), samples=sum(sizes))
    first = sum(sizes[:rank])
    mine = [torch.tensor(x[first : first + sizes[rank]], requires_grad=x.ndim == 2) for x in inputs]
    cost = loss(*mine, process_group=torch.distributed.group.WORLD, reduction=reduction, **options)
    cost.backward()
    return float(cost.detach()), [x.grad.numpy() for x in mine if x.requires_grad]


@pytest.mark.parametrize("case", SHARED, ids=lambda case: f"{CASES[case][0].__name__}-{case}")
def test_sums_of_ranks_are_those_of_one_process(ranks, case):
    loss, options = CASES[case]
    inputs = batch(loss, np.random.default_rng(0), samples=sum(SIZES))
    cost, slopes = loss.value_and_gradient(*inputs, reduction="sum", **options)
    found = ranks(on_rank, case, SIZES, "sum")
    np.testing.assert_allclose(sum(answer[0] for answer in found), cost, rtol=1e-12)
    for k, whole in enumerate(slopes if isinstance(slopes, tuple) else (slopes,)):
        np.testing.assert_allclose(np.concatenate([answer[1][k] for answer in found]), whole, rtol=1e-10, atol=1e-12)


def test_means_of_ranks_of_one_size_average_to_that_of_one_process(ranks):
    loss, options = CASES[1]
    cost, slopes = loss.value_and_gradient(*batch(loss, np.random.default_rng(0), samples=8), **options)
    found = ranks(on_rank, 1, (2, 2, 2, 2), "mean")
    np.testing.assert_allclose(np.mean([answer[0] for answer in found]), cost, rtol=1e-12)
    for k, whole in enumerate(slopes):
        np.testing.assert_allclose(np.concatenate([answer[1][k] for answer in found]) / 4, whole, rtol=1e-10, atol=1e-13)


def error_on_rank(rank, wrong):
    x = torch.ones(2, 3 if rank or wrong != "components" else 4)
    options = {"weight": torch.tensor([1.0, -1.0 if rank == 0 and wrong == "weight" else 1.0])}
    with pytest.raises(ValueError) as caught:
        CASES[0][0](x, x, process_group=torch.distributed.group.WORLD, **options)
    return str(caught.value)


def test_all_ranks_raise_where_one_is_wrong(ranks):
    first, *others = ranks(error_on_rank, "weight")
    assert "a weight is a finite number" in first
    assert all("the input of another rank is invalid" in message for message in others)
    assert all("one number of components; got the shapes [[2, 4], [2, 3]" in x for x in ranks(error_on_rank, "components"))


@pytest.mark.heavy
def test_devices_of_jax():
    pytest.importorskip("jax")
    flags = f"{os.environ.get('XLA_FLAGS', '')} --xla_force_host_platform_device_count=4"
    environment = {**os.environ, "XLA_FLAGS": flags}
    command = [sys.executable, "-W", "error", "-m", "tests.batch_losses.devices"]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    assert result.stdout.endswith("fine\n"), result.stdout + result.stderr
