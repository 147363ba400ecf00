import functools
import gc
import os
import sys
from pathlib import Path

import pytest

os.environ.pop("LOSSARY_LOG", None)
from lossary.engine.calculation import Calculation

# what tests compile: kept from run to run, away from the user's own; LOSSARY_TEST_CACHE names another place for it
_CACHE = Path(os.environ.get("LOSSARY_TEST_CACHE") or Path(__file__).parents[1] / ".pytest_cache" / "lossary")
os.environ["LOSSARY_CACHE_DIR"] = str(_CACHE / "kernels")

# of processes that tests start, for some must leave stderr empty; this one has read it already
os.environ["LOSSARY_LOG"] = "error"

os.environ["JAX_ENABLE_X64"] = "1"  # so that the three libraries can be held to the same digits

# a thread of torch or scikit-learn that waits for another one sleeps: two workers on two cores would else wait for each other
os.environ["OMP_WAIT_POLICY"] = "passive"

# JAX compiles each operation for each shape, longer than it computes: what one process compiled serves all
os.environ["JAX_COMPILATION_CACHE_DIR"] = str(_CACHE / "jax")
os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"
os.environ["JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES"] = "-1"

ALL_COMPILED = os.environ.get("LOSSARY_TEST_COMPILE") == "all"
if not ALL_COMPILED:
    # the derivatives are ours, the machine code is XLA's: it may be slow; without fusions compiling takes half the time
    os.environ["XLA_FLAGS"] = (
        "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true "
        "--xla_cpu_parallel_codegen_split_count=1 --xla_cpu_use_fusion_emitters=false"
    )


# compiling a kernel makes many objects: looking through them again and again took a tenth of its time
gc.set_threshold(100_000, 50)


_MADE = []


class _Plans(dict):
    """The plans of a loss, which are noted when there are some: of thousands of losses, a test calls a few."""

    def __setitem__(self, key, plan):
        super().__setitem__(key, plan)
        _MADE.append(self)


_make = Calculation.__init__


def _make_with_noted_plans(self):
    _make(self)
    self.plans = _Plans()


Calculation.__init__ = _make_with_noted_plans


@pytest.fixture(scope="session", autouse=True)
def _interpreter():
    if not ALL_COMPILED:
        from tests import interpreter  # imports Numba

        interpreter.install()


@pytest.fixture(autouse=True)
def _interpreted(request):
    """Run kernels as the Python that they are made of, in milliseconds; compiling one takes a second.

    Marked ``compiled`` are the tests of what the compiler makes of a kernel, and only they load machine code:
    - accuracy in ulp, since the order of float32 sums is that of the vectorised loop: tiles and rows of few classes and many;
    - each loss's value and gradient in both precisions, each dtype that arrays are stored in, and all options at once;
    - vectorisation, threads, forks, memory, the cache, ``prepare``, and what happens where compiling fails;
    - exact sums, which need a fused multiply-add: their few kernels are machine code in every test;
    - tests marked ``heavy``, whose arrays are large.
    LOSSARY_TEST_COMPILE=all compiles the kernels of all tests.
    """
    if ALL_COMPILED or request.node.get_closest_marker("compiled"):
        yield
        return
    from tests import interpreter

    with interpreter.interpreting():
        yield


@pytest.fixture(autouse=True)
def _nothing_remembered():
    """Forget the plans of earlier tests, which were made with other thresholds."""
    for plans in _MADE:
        plans.clear()
    _MADE.clear()


@pytest.fixture
def kernels(monkeypatch):
    """Serve every call by a kernel if there is one for it, however small the call."""
    monkeypatch.setattr("lossary.engine.plans.SMALLEST", 1)
    monkeypatch.setattr("lossary.engine.plans.SMALLEST_IN_AUTOGRAD", 1)


@pytest.fixture
def near_borders(monkeypatch):
    """Kernels serve from 256 elements on, and cut samples into blocks sooner: small arrays lie on both sides of each border."""
    monkeypatch.setattr("lossary.engine.plans.SMALLEST", 256)
    monkeypatch.setattr("lossary.kernels.samplewise.kernel.LONG", 2048)
    monkeypatch.setattr("lossary.kernels.samplewise.kernel._GROUP", 512)


@pytest.fixture
def answered(kernels, monkeypatch):
    """For each kernel that ran, whether its result was taken."""
    from lossary.engine.plans import KernelPlan

    found, run = [], KernelPlan.run

    def noted(self, *arguments):
        result = run(self, *arguments)
        found.append(result is not None)
        return result

    monkeypatch.setattr(KernelPlan, "run", noted)
    return found


@pytest.fixture(autouse=True)
def _few_compiled(request, monkeypatch):
    """Let small calls under autograd go by array operations where kernels are compiled for the test but are not its subject."""
    if request.node.get_closest_marker("compiled") and "kernels" not in request.fixturenames:
        monkeypatch.setattr("lossary.engine.plans.SMALLEST_IN_AUTOGRAD", 4096)


@pytest.fixture(params=["numpy", "torch", "jax", "numpy-kernels", "torch-kernels"])
def library(request):
    name, _, kernels = request.param.partition("-")
    if kernels:
        request.getfixturevalue("kernels")
    return name


@pytest.fixture(scope="session")
def ranks(tmp_path_factory):
    """Calls a function of a test module in every rank: ``ranks(function, *arguments)`` gives their answers."""
    from tests.processes import RANKS, processes

    with processes(RANKS, tmp_path_factory.mktemp("ranks")) as run:
        yield run


@pytest.fixture(scope="module", autouse=True)
def _what_is_there_stays():
    """The collector goes through the million objects of the libraries imported no more: compiling would wait for it."""
    gc.collect()
    gc.freeze()


@functools.cache
def _compiled_by_jax():
    """The events of JAX compiling something, from the first call of this on."""
    found = []

    def note(event, seconds, **of):
        if event == "/jax/core/compile/backend_compile_duration":
            found.append(seconds)

    sys.modules["jax"].monitoring.register_event_duration_secs_listener(note)
    return found


@functools.cache
def _shared_context_of_jax():
    """JAX writes each program down in a context of its own, which takes half of the time and nine tenths of the memory."""
    mlir = sys.modules["jax"]._src.interpreters.mlir
    mlir.make_ir_context = functools.cache(mlir.make_ir_context)
    return mlir.make_ir_context


@pytest.fixture(scope="module", autouse=True)
def _jax_forgets():
    """Free what JAX has compiled before it fills gigabytes; files have few programs in common."""
    if "jax" not in sys.modules:
        return
    _shared_context_of_jax()
    if len(_compiled_by_jax()) > 2000:
        sys.modules["jax"].clear_caches()
        _compiled_by_jax().clear()


def pytest_collection_modifyitems(items):
    for item in items:
        # heavy tests have arrays of true size, over which plain Python would take minutes
        if item.get_closest_marker("heavy"):
            item.add_marker("compiled")
    items.sort(key=lambda item: item.path.parent.name != "typing")  # a type checker takes longest, so it does not come last


def pytest_sessionfinish():
    """What libraries count at the end is not missing."""
    gc.unfreeze()
    if "jax" in sys.modules:
        _shared_context_of_jax().cache_clear()
