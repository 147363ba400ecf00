"""Processes that run what they are sent, as the ranks of a process group."""

import contextlib
import datetime
import multiprocessing
import os
import socket
import time
import traceback
import warnings
from typing import Any

import torch
from torch import distributed as dist

RANKS = 4
MODULES = ["tests.test_distributed", "tests.linear_losses.test_ranks", "tests.interpreter"]
"""Whose functions ranks run. One process imports them, and torch with them, for all ranks to be forked from."""


def serve(rank: int, ranks: int, init: str, connection: Any) -> None:
    warnings.simplefilter("error")
    torch.set_num_threads(1)
    os.environ["GLOO_SOCKET_IFNAME"] = socket.if_nameindex()[0][1]  # the loopback; a host name may lead anywhere
    patience = datetime.timedelta(seconds=60)  # of a machine that does much else at a time
    dist.init_process_group("gloo", init_method=init, rank=rank, world_size=ranks, timeout=patience)
    while True:
        function, *arguments = connection.recv()
        try:
            connection.send((True, function(rank, *arguments)))
        except Exception:
            connection.send((False, traceback.format_exc()))


@contextlib.contextmanager
def processes(ranks: int, folder: Any):
    """Calls a function in every rank: ``run(function, *arguments)`` gives their answers."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(MODULES)
    init = (folder / "init").as_uri()
    pipes = [context.Pipe() for _ in range(ranks)]
    started = [context.Process(target=serve, args=(i, ranks, init, pipe[1]), daemon=True) for i, pipe in enumerate(pipes)]
    for process in started:
        process.start()

    def run(function, *arguments):
        for ours, _ in pipes:
            ours.send((function, *arguments))
        until, answers = time.monotonic() + 90, []
        for ours, _ in pipes:
            answers.append(ours.recv() if ours.poll(max(0, until - time.monotonic())) else (False, "hangs or has died"))
        failures = [f"rank {rank}: {answer}" for rank, (done, answer) in enumerate(answers) if not done]
        assert not failures, "\n".join(failures)
        return [answer for _, answer in answers]

    try:
        yield run
    finally:
        for process in started:
            process.kill()
        for process in started:
            process.join(10)


@contextlib.contextmanager
def plain_kernels():
    """Run kernels as plain Python in a rank: each rank would compile each of them, at the same time as the others."""
    if os.environ.get("LOSSARY_TEST_COMPILE") == "all":
        yield
        return
    from tests import interpreter  # imports Numba

    interpreter.install()
    with interpreter.interpreting():
        yield


@contextlib.contextmanager
def one_thread():
    """For idle threads of this process spin, at the expense of the ranks."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
