"""Threads: the same bits for any number of them, and safe wherever they are used."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import lossary
from lossary.kernels import threads

RNG = np.random.default_rng(3)
Z = {classes: RNG.normal(size=(200_000 // classes, classes)) for classes in (10, 1000)}
LABELS = {classes: RNG.integers(0, classes, len(z)) for classes, z in Z.items()}
X, Y = RNG.normal(size=1_000_003), RNG.random(1_000_003)


@pytest.fixture(autouse=True)
def _as_before():
    yield
    lossary.set_num_threads(None)


def answers(dtype):
    found = [lossary.binary_cross_entropy.value_and_gradient(X.astype(dtype), Y.astype(dtype))]
    found += [lossary.cross_entropy.value_and_gradient(Z[c].astype(dtype), LABELS[c]) for c in Z]
    return [np.asarray(part).tobytes() for pair in found for part in pair]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_results_are_the_same_bits_for_1_2_and_7_threads(dtype, monkeypatch):
    monkeypatch.setattr("lossary.kernels.task._WORTH_A_THREAD", 1)
    found = []
    for count in (1, 2, 7):
        lossary.set_num_threads(count)
        found.append(answers(dtype))
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize("count", [0, -1, 1.5, True, "x"])
def test_a_number_of_threads_is_whole_and_positive(count, monkeypatch):
    with pytest.raises(ValueError, match="whole number ≥ 1; got"):
        lossary.set_num_threads(count)
    if not isinstance(count, bool):
        monkeypatch.setenv("LOSSARY_NUM_THREADS", str(count))
        with pytest.raises(ValueError, match="LOSSARY_NUM_THREADS is a whole number ≥ 1"):
            lossary.get_num_threads()


def test_the_environment_and_the_call_set_the_number(monkeypatch):
    monkeypatch.setenv("LOSSARY_NUM_THREADS", "3")
    assert lossary.get_num_threads() == 3
    lossary.set_num_threads(5)
    assert lossary.get_num_threads() == 5


def test_losses_may_be_called_from_many_threads_at_once():
    lossary.set_num_threads(4)
    expected = answers("float32")
    with ThreadPoolExecutor(8) as pool:
        assert all(found == expected for found in pool.map(answers, ["float32"] * 16))


def test_work_may_ask_for_threads_itself():
    seen = []

    def inner():
        seen.append(1)

    threads.run(lambda: threads.run(inner, 3), 3)
    assert 1 <= len(seen) <= 9


def test_an_error_in_any_thread_is_raised_and_the_pool_lives_on():
    def work():
        raise OSError("broken")

    for _ in range(20):
        with pytest.raises(OSError, match="broken"):
            threads.run(work, 3)
    done = []
    threads.run(lambda: done.append(1), 3)
    assert done


SCRIPT = """
import os, numpy as np, lossary
lossary.set_num_threads(4)
x, y = np.linspace(-3, 3, 2_000_000), np.linspace(0, 1, 2_000_000)
first = lossary.binary_cross_entropy(x, y)
{then}
"""


@pytest.mark.parametrize(
    "then",
    [
        "",
        "pid = os.fork()\n"
        "again = lossary.binary_cross_entropy(x, y)\n"
        "if pid == 0: os._exit(0 if again == first else 1)\n"
        "assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0",
        "import threading\n"
        "def forever():\n"
        "    while True: lossary.binary_cross_entropy(x, y)\n"
        "threading.Thread(target=forever, daemon=True).start()\n"
        "import time; time.sleep(0.2)",
    ],
    ids=["exit", "fork", "exit amid a call"],
)
def test_forks_and_the_end_of_the_interpreter(then):
    if "fork" in then and not hasattr(os, "fork"):
        pytest.skip("there is no fork here")
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", SCRIPT.format(then=then)]
    done = subprocess.run(command, timeout=60, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
