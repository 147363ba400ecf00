"""Threads: the same bits for any number of them, and safe wherever they are used."""

import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import lossary
from lossary.kernels import threads

pytestmark = pytest.mark.compiled

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
    with pytest.raises(ValueError, match="whole number ≥ 1; got '2'"):
        lossary.set_num_threads("2")


def test_the_environment_and_the_call_set_the_number(monkeypatch):
    monkeypatch.setenv("LOSSARY_NUM_THREADS", "3")
    assert lossary.get_num_threads() == 3
    lossary.set_num_threads(5)
    assert lossary.get_num_threads() == 5


def test_a_limit_within_a_limit_ends_with_it():
    with threads.limited(3):
        with threads.limited(1):
            assert lossary.get_num_threads() == 1
        assert lossary.get_num_threads() == 3


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
@pytest.mark.heavy
def test_forks_and_the_end_of_the_interpreter(then):
    if "fork" in then and not hasattr(os, "fork"):
        pytest.skip("there is no fork here")
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", SCRIPT.format(then=then)]
    done = subprocess.run(command, timeout=60, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def with_a_helper(of_caller, of_helper):
    """Run one of two functions in the caller and the other in a helper that is sure to take part."""
    caller, begun = threading.current_thread(), threading.Event()

    def work():
        if threading.current_thread() is caller:
            assert begun.wait(30)
            of_caller()
        elif not begun.is_set():
            begun.set()
            of_helper()

    threads.run(work, 2)


def broken():
    raise ArithmeticError("broken")


@pytest.mark.parametrize("of_caller", [True, False])
def test_an_error_of_one_thread_is_raised_when_the_others_are_done(of_caller):
    done = []

    def last():
        time.sleep(0.1)
        done.append(1)

    for count in range(1, 6):
        with pytest.raises(ArithmeticError, match="broken"):
            with_a_helper(*((broken, last) if of_caller else (last, broken)))
        assert len(done) == count
    with_a_helper(last, last)
    assert len(done) == 7


def test_an_interrupt_of_the_caller_waits_for_its_helpers():
    done = []

    def interrupt():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        with_a_helper(interrupt, lambda: (time.sleep(0.2), done.append(1)))
    assert done == [1]


def test_helpers_that_are_busy_are_not_waited_for():
    lossary.set_num_threads(4)
    release = threading.Event()
    lossary.cross_entropy(Z[10], LABELS[10])
    hold = [threading.Thread(target=threads.run, args=(lambda: release.wait(30), 4), daemon=True) for _ in range(3)]
    for thread in hold:
        thread.start()
    expected = lossary.binary_cross_entropy(X, Y)
    assert not release.is_set()
    release.set()
    for thread in hold:
        thread.join()
    assert lossary.binary_cross_entropy(X, Y) == expected


def test_losses_may_be_called_by_work_of_the_pool_itself():
    lossary.set_num_threads(3)
    expected, found = answers("float32"), []
    threads.run(lambda: found.append(answers("float32")), 3)
    assert 1 <= len(found) <= 3
    assert all(answer == expected for answer in found)


@pytest.mark.heavy
def test_soft_targets_give_the_same_bits_for_1_2_and_7_threads(monkeypatch):
    monkeypatch.setattr("lossary.kernels.task._WORTH_A_THREAD", 1)
    found = []
    for count in (1, 2, 7):
        lossary.set_num_threads(count)
        parts = []
        for classes, z in Z.items():
            target = np.full(z.shape, 1 / classes)
            parts += lossary.cross_entropy.value_and_gradient(np.asfortranarray(z), target, reduction="none")
        found.append([np.asarray(part).tobytes() for part in parts])
    assert found[0] == found[1] == found[2]


def test_the_pool_has_as_many_daemons_as_were_ever_helpful():
    threads.run(lambda: None, 5)
    names = {thread.name for thread in threading.enumerate() if thread.name.startswith("lossary-")}
    threads.run(lambda: None, 3)
    again = [thread for thread in threading.enumerate() if thread.name.startswith("lossary-")]
    assert {thread.name for thread in again} == names
    assert len(again) == len(names) == threads._started
    assert len(names) >= 4
    assert all(thread.daemon for thread in again)


POOL = """
if __name__ == "__main__":
    import multiprocessing
    with multiprocessing.get_context("fork").Pool(3) as pool:
        assert pool.map(again, range(9)) == [first] * 9
    assert again(0) == first
"""
FORKED_TWICE = """
import threading
def helpers(): return sum(thread.name.startswith("lossary-") for thread in threading.enumerate())
def child(depth):
    pid = os.fork()
    if pid == 0:
        right = helpers() == 0 and again(0) == first and helpers() == 3 and (depth == 0 or child(depth - 1))
        os._exit(0 if right else 1)
    right = again(0) == first
    return right and os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
assert child(2)
"""
WHILE_BUSY = """
import threading
stop = False
def busy():
    while not stop: again(0)
users = [threading.Thread(target=busy) for _ in range(3)]
for user in users: user.start()
for _ in range(10):
    pid = os.fork()
    if pid == 0: os._exit(0 if again(0) == first else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
stop = True
for user in users: user.join()
"""


@pytest.mark.parametrize("then", [POOL, FORKED_TWICE, WHILE_BUSY], ids=["a pool", "forked twice", "while busy"])
def test_forked_processes_have_a_pool_of_their_own(then):
    if not hasattr(os, "fork"):
        pytest.skip("there is no fork here")
    again = "def again(_): return lossary.binary_cross_entropy(x, y)\n"
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", SCRIPT.format(then=again + then)]
    done = subprocess.run(command, timeout=100, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


IDLE = "import time\ntime.sleep(0.1)\n"
BUSY = """
import threading, time
def forever():
    while True: lossary.binary_cross_entropy(x, y)
for _ in range(3): threading.Thread(target=forever, daemon=True).start()
time.sleep(0.2)
"""


@pytest.mark.parametrize("then", [IDLE, BUSY], ids=["idle", "busy daemons"])
def test_the_interpreter_ends_at_once(then):
    command = [sys.executable, "-c", SCRIPT.format(then=then + "print(time.time())")]
    done = subprocess.run(command, timeout=60, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert time.time() - float(done.stdout) < 5
