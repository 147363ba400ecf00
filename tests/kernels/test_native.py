"""Compiled kernels on disk: loaded without Numba, whole or not at all, and never in the way."""

import os
import subprocess
import sys

import pytest

WORK = """
import sys, numpy as np, lossary
x = np.linspace(-3, 3, {size}, dtype=np.float32)
print(repr(lossary.squared_error(x, x / 2)), "numba" in sys.modules, "llvmlite" in sys.modules)
"""
PLAIN = "np.float32(0.7500"


def run(folder, size=20_000, before=""):
    environment = {**os.environ, "LOSSARY_CACHE_DIR": str(folder)}
    done = subprocess.run(
        [sys.executable, "-c", before + WORK.format(size=size)], env=environment, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    *value, numba, llvm = done.stdout.split()
    return " ".join(value), numba == "True", llvm == "True"


def test_a_small_call_loads_no_compiler(tmp_path):
    assert run(tmp_path, size=1000)[1:] == (False, False)
    assert not list(tmp_path.iterdir())


def test_a_kernel_is_compiled_once_loaded_without_numba_and_healed(tmp_path):
    cold, numba, _ = run(tmp_path)
    assert cold.startswith(PLAIN)
    assert numba
    (file,) = tmp_path.iterdir()
    content = file.read_bytes()
    assert run(tmp_path) == (cold, False, True)
    for damaged in (content[:-1], b"", content[:40] + bytes([content[40] ^ 1]) + content[41:], b"something else"):
        file.write_bytes(damaged)
        assert run(tmp_path) == (cold, True, True)
        assert run(tmp_path) == (cold, False, True)


def test_a_folder_that_cannot_be_made_and_a_full_disk_are_no_error(tmp_path):
    (tmp_path / "file").write_text("")
    assert run(tmp_path / "file" / "folder")[0].startswith(PLAIN)
    full = "import os, errno\ndef replace(*_): raise OSError(errno.ENOSPC, 'full')\nos.replace = replace\n"
    folder = tmp_path / "full"
    assert run(folder, before=full)[0].startswith(PLAIN)
    assert not list(folder.iterdir())


def test_two_processes_may_compile_the_same_kernel_at_once(tmp_path):
    environment = {**os.environ, "LOSSARY_CACHE_DIR": str(tmp_path)}
    command = [sys.executable, "-c", WORK.format(size=20_000)]
    both = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    outputs = [process.communicate()[0].split()[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert outputs[0] == outputs[1]
    (file,) = tmp_path.iterdir()
    assert file.suffix == ".o"


def test_without_numba_everything_is_computed_plainly(tmp_path):
    missing = (
        "import importlib.util as u\nfind = u.find_spec\nu.find_spec = lambda n, *a: None if n == 'numba' else find(n, *a)\n"
    )
    value, numba, llvm = run(tmp_path, before=missing)
    assert value.startswith(PLAIN)
    assert not numba
    assert not llvm


def test_another_source_processor_or_version_is_another_file(monkeypatch):
    from lossary.kernels import native

    first = native._key("source", ("int64",))
    assert first == native._key("source", ("int64",))
    assert first != native._key("source ", ("int64",))
    assert first != native._key("source", ("float32",))
    monkeypatch.setattr("lossary.__version__", "0.0.0")
    assert first != native._key("source", ("int64",))
    monkeypatch.undo()
    monkeypatch.setattr("llvmlite.binding.get_host_cpu_name", lambda: "another")
    assert first != native._key("source", ("int64",))


@pytest.mark.parametrize("loss", ["squared_error", "huber", "binary_cross_entropy", "cross_entropy"])
def test_the_source_of_a_kernel_is_python_and_compiles(loss):
    import lossary

    for what in ("numba", "value:numba", "gradient:numba"):
        compile(getattr(lossary, loss).code(what), "kernel", "exec")
