"""The log ``lossary``: off unless asked for, and then it says which path serves a call and why."""

import logging
import os
import subprocess
import sys
import time
from importlib import resources

import numpy as np
import pytest

import lossary
from lossary import log


@pytest.fixture(autouse=True)
def _nothing_told(monkeypatch):
    monkeypatch.setattr(log, "_told", set())


def run(script, **environment):
    environment = {**os.environ, "LOSSARY_LOG": "", **environment}
    return subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True)


def test_off_it_costs_no_import():
    done = run("import sys, numpy, lossary; lossary.huber([1.0], [2.0]); print('logging' in sys.modules)")
    assert (done.returncode, done.stdout, done.stderr) == (0, "False\n", "")


@pytest.mark.heavy
def test_the_environment_turns_it_on_and_a_wrong_level_is_answered_with_a_sentence(tmp_path):
    script = (
        "import numpy as np, lossary\n"
        "x = np.zeros(5000)\n"
        "lossary.huber(x, x); lossary.huber(x, x); lossary.huber(x[:5], x[:5])\n"
    )
    cold = run(script, LOSSARY_LOG="info", LOSSARY_CACHE_DIR=str(tmp_path)).stderr.splitlines()
    (file,) = tmp_path.iterdir()
    assert [line.partition(": ")[2].split(" ")[0] for line in cold if " INFO" in line] == ["huber:", "huber,", "huber,"]
    assert f"kept as {file}" in "".join(cold)
    warm = run(script, LOSSARY_LOG="DEBUG", LOSSARY_CACHE_DIR=str(tmp_path)).stderr
    assert f"kernel {file.name} loaded" in warm
    assert "compiled" not in warm
    done = run("import lossary\nprint(1)", LOSSARY_LOG="loud")
    assert done.stdout == "1\n"
    assert "<string>:1: RuntimeWarning: lossary: LOSSARY_LOG is one of debug, info, warning, error; got 'loud'" in done.stderr


def test_each_kind_of_call_is_told_once_with_its_reason(caplog):
    x = np.linspace(-1, 1, 5000)
    for part in (x, x[:9]):  # calls made before anybody listened are told of as well
        lossary.huber(part, part)
    with caplog.at_level(logging.INFO, "lossary"):
        for _ in range(2):
            lossary.huber(x, x)
            lossary.huber(x[:9], x[:9])
            lossary.huber(x[:18:2], x[:9])
            lossary.huber(x[:9], x[:9], axis=0)
        with pytest.raises(ValueError):
            lossary.binary_cross_entropy(x, x * 2)
    found = [message for message in caplog.messages if ", value of" in message]
    assert [message.partition(": by ")[2] for message in found] == [
        "a kernel; outside of autograd, kernels serve from 4096 elements on",
        "one function of NumPy arrays; outside of autograd, kernels serve from 4096 elements on",
        "array operations; few elements with gaps in memory, or with options that are arrays, have no function",
        "array operations; these options have no function of NumPy arrays",
        "a kernel; outside of autograd, kernels serve from 4096 elements on",
        "array operations; a value is invalid, which array operations explain",
    ]
    assert found[0].startswith("huber, value of float64[5000] and float64[5000]")


def test_torch_and_jax_give_their_reasons(caplog):
    import jax.numpy as jnp
    import torch

    x = torch.zeros(3, requires_grad=True)
    with caplog.at_level(logging.INFO, "lossary"):
        lossary.huber(x, x)
        lossary.huber(jnp.zeros(3), jnp.zeros(3))
    found = [message.partition(": by ")[2] for message in caplog.messages]
    assert found[0].startswith("array operations; tensor subclasses, other devices, learned targets")
    assert found[1] == "array operations; XLA fuses the plain computation itself"


def test_a_step_of_training_that_is_repeated_is_told_once_anybody_listens(caplog):
    import torch

    x, y = torch.zeros(6, 4, requires_grad=True), torch.zeros(6, dtype=torch.long)
    for _ in range(2):
        lossary.cross_entropy(x, y)
    with caplog.at_level(logging.INFO, "lossary"):
        for _ in range(2):
            lossary.cross_entropy(x, y)
    assert [message.partition(": by ")[2] for message in caplog.messages] == [
        "a kernel; under autograd kernels serve at any size"
    ]


def test_what_takes_long_is_told_once_while_it_does(caplog):
    for _ in range(2):
        with log.told_if_long("it takes long", seconds=0.01):
            until = time.monotonic() + 30
            while not caplog.messages and time.monotonic() < until:
                time.sleep(0.01)
            assert caplog.messages == ["it takes long"]
    assert caplog.records[0].levelname == "WARNING"
    log._told.clear()
    caplog.clear()
    with log.told_if_long("it does not", seconds=60):
        pass
    assert caplog.messages == []


def test_compiling_reaches_stderr_and_never_stdout():
    script = (
        "import time, lossary\nfrom lossary import log\nwith log.told_if_long('lossary compiles', 0.01):\n    time.sleep(0.5)\n"
    )
    done = run(script)
    assert (done.stdout, done.stderr) == ("", "lossary compiles\n")


def test_a_command_warns_in_a_sentence():
    script = "import sys; sys.modules['numba'] = None\nfrom lossary.cli.main import main\nmain(sys.argv[1:])\n"
    data = str(resources.files("lossary") / "data" / "engel.parquet")
    arguments = ("score", data, "--loss", "huber", "--target", "target", "--prediction", "prediction", "--quiet")
    done = subprocess.run([sys.executable, "-c", script, *arguments], capture_output=True, text=True)
    assert done.returncode == 0
    assert float(done.stdout) > 0
    assert done.stderr.startswith("lossary: warning: Numba is not installed, so huber is computed by plain array operations")
    assert done.stderr.count("\n") == 1
