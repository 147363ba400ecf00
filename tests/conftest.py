import gc
import os
from pathlib import Path

import jax
import pytest

os.environ.pop("LOSSARY_LOG", None)
import lossary  # noqa: F401

# compiled kernels of tests: kept from run to run, away from the user's own; LOSSARY_TEST_CACHE names another place for them
_CACHE = Path(__file__).parents[1] / ".pytest_cache" / "lossary-kernels"
os.environ["LOSSARY_CACHE_DIR"] = os.environ.get("LOSSARY_TEST_CACHE") or str(_CACHE)

# of processes that tests start, for some must leave stderr empty; this one has read it already
os.environ["LOSSARY_LOG"] = "error"

jax.config.update("jax_enable_x64", True)  # so that the three libraries can be held to the same digits


@pytest.fixture
def kernels(monkeypatch):
    """Every call that a kernel can serve goes by one, however small."""
    monkeypatch.setattr("lossary.engine.plans.SMALLEST", 1)
    monkeypatch.setattr("lossary.engine.plans.SMALLEST_IN_AUTOGRAD", 1)


@pytest.fixture(autouse=True)
def _few_compiled(request, monkeypatch):
    """Without ``kernels``, small calls under autograd go by array operations too: each kernel takes a second to compile."""
    if "kernels" not in request.fixturenames:
        monkeypatch.setattr("lossary.engine.plans.SMALLEST_IN_AUTOGRAD", 4096)


@pytest.fixture(params=["numpy", "torch", "jax", "numpy-kernels", "torch-kernels"])
def library(request):
    name, _, kernels = request.param.partition("-")
    if kernels:
        request.getfixturevalue("kernels")
    return name


@pytest.fixture(scope="module", autouse=True)
def _what_is_there_stays():
    """The collector goes through the million objects of the libraries imported no more: compiling would wait for it."""
    gc.collect()
    gc.freeze()


def pytest_sessionfinish():
    """What libraries count at the end is not missing."""
    gc.unfreeze()
