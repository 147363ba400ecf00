"""Large results: each is its holder's alone for as long as anything refers to it, and its memory is used again after that."""

import gc
import os
import subprocess
import sys
import threading

import numpy as np
import pytest
import torch

import lossary
from lossary.kernels import pool

SIZE = pool.SMALLEST // 4 + 1000  # numbers of float32
pytestmark = [pytest.mark.compiled, pytest.mark.skipif(pool._free is None, reason="this system has no MADV_FREE")]


@pytest.fixture(autouse=True)
def _empty_pool():
    gc.collect()
    pool._kept.clear()


def address(x):
    return x.__array_interface__["data"][0]


def test_memory_is_used_again_only_when_nothing_refers_to_it():
    first = pool.empty((SIZE,), np.float32)
    place = address(first)
    first[:] = 1
    part = first[10:20].reshape(2, 5)[:, ::2]
    del first
    second = pool.empty((SIZE,), np.float32)
    assert address(second) != place
    second[:] = 2
    assert (part == 1).all()
    del part
    third = pool.empty((SIZE - 900,), np.float32)
    assert address(third) == place
    assert third.flags.writeable
    assert third.flags.aligned
    assert third.shape == (SIZE - 900,)


HOLDERS = {
    "memoryview": memoryview,
    "tensor": torch.from_numpy,
    "part of a tensor": lambda x: torch.from_numpy(x).view(2, -1)[1, 5:],
    "dlpack": lambda x: torch.utils.dlpack.from_dlpack(x),
    "bytes of it": lambda x: x.view(np.uint8)[::7],
    "frombuffer": lambda x: np.frombuffer(x, np.float64),
}


@pytest.mark.parametrize("name", HOLDERS)
def test_whatever_refers_to_a_result_keeps_it(name):
    result = pool.empty((SIZE + SIZE % 2,), np.float32)
    place = address(result)
    held = HOLDERS[name](result)
    del result
    gc.collect()
    assert address(pool.empty((SIZE,), np.float32)) != place
    del held
    gc.collect()
    places = {address(pool.empty((SIZE,), np.float32)) for _ in range(3)}
    assert place in places


def test_small_results_and_ones_of_quite_another_size_are_not_taken_from_it():
    assert pool.empty((10,), np.float64).base is None
    large = pool.empty((4 * SIZE,), np.float32)
    place = address(large)
    del large
    assert address(pool.empty((SIZE,), np.float32)) != place  # so large a piece would be wasted on it


def test_few_pieces_are_kept():
    pieces = [pool.empty((SIZE,), np.float32) for _ in range(5)]
    del pieces
    assert len(pool._kept) == 2


@pytest.mark.parametrize("library", ["numpy", "torch"])
def test_gradients_that_are_held_do_not_change(library):
    x = np.linspace(-1, 1, SIZE, dtype=np.float32)
    held = []
    for k in range(4):
        target = np.full_like(x, k)
        given = (x, target) if library == "numpy" else (torch.from_numpy(x), torch.from_numpy(target))
        held.append(lossary.squared_error.value_and_gradient(*given, reduction="sum")[1])
        if k == 1:
            held[0] = held[0][::2]  # a view outlives its array
    for k, gradient in enumerate(held):
        expected = 2 * (x - np.float32(k))
        np.testing.assert_array_equal(np.asarray(gradient), expected[::2] if k == 0 else expected)


def test_gradients_of_many_threads_are_their_own():
    x = np.linspace(-1, 1, SIZE, dtype=np.float32)
    wrong = []

    def work(k):
        for _ in range(10):
            gradient = lossary.squared_error.gradient(x, np.full_like(x, k), reduction="sum")
            if not np.array_equal(gradient, 2 * (x - np.float32(k))):
                wrong.append(k)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_accumulated_gradients_of_torch_are_taken_over_without_a_copy():
    x = torch.zeros(SIZE, requires_grad=True)
    lossary.squared_error(x, torch.ones(SIZE)).backward()
    place = x.grad.data_ptr()
    again = pool.empty((SIZE,), np.float32)
    assert address(again) != place
    again[:] = 7
    torch.testing.assert_close(x.grad, torch.full((SIZE,), -2 / SIZE))
    x.grad = None
    del again
    gc.collect()
    assert len(pool._kept) == 2


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_forked_process_and_its_parent_do_not_share_results():
    script = f"""
import os, numpy as np, lossary
x = np.ones({SIZE}, np.float32)
def work(k): return lossary.squared_error.gradient(x, np.full_like(x, k), reduction="sum")
work(0)  # now a piece is kept
read, write = os.pipe()
child = os.fork()
mine = work(2 if child else 3)
ok = bool((mine == (-2 if child else -4)).all())
if not child:
    os.write(write, b"1" if ok else b"0")
    os._exit(0)
assert os.read(read, 1) == b"1" and ok
os.waitpid(child, 0)
assert (mine == -2).all()
kept = [work(k) for k in range(3)]  # alive as the interpreter ends
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
