"""Compiled kernels on disk: loaded without Numba, whole or not at all, and never in the way."""

import hashlib
import os
import platform
import struct
import subprocess
import sys
from pathlib import Path

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


@pytest.mark.heavy
def test_a_kernel_is_compiled_once_loaded_without_numba_and_healed(tmp_path):
    cold, numba, _ = run(tmp_path)
    assert cold.startswith(PLAIN)
    assert numba
    (file,) = tmp_path.iterdir()
    content = file.read_bytes()
    for damaged in (content[:-1], content[:40] + bytes([content[40] ^ 1]) + content[41:]):
        file.write_bytes(damaged)
        assert run(tmp_path) == (cold, True, True)
    assert run(tmp_path) == (cold, False, True)
    file.unlink()
    file.mkdir()  # a folder in the place of the kernel is no error
    assert run(tmp_path) == (cold, True, True)
    assert list(tmp_path.iterdir()) == [file]
    assert file.is_dir()


def test_a_folder_that_cannot_be_made_and_a_full_disk_are_no_error(tmp_path):
    file = tmp_path / "file"
    file.write_text("mine")
    assert run(file)[0].startswith(PLAIN)
    assert file.read_text() == "mine"
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


BITS = """
import sys, numpy as np, lossary
x = np.linspace(-3, 3, 20_480)
answers = [lossary.binary_cross_entropy.value_and_gradient(x, np.sin(x) ** 2)]
for k in (10, 1024):
    z, y = x.reshape(-1, k).astype("f4"), np.arange(20_480 // k) % k
    answers.append(lossary.cross_entropy.value_and_gradient(z, y))
print([np.asarray(part).tobytes() for pair in answers for part in pair], "numba" in sys.modules)
"""


@pytest.mark.heavy
def test_a_second_process_gives_the_same_bits_without_numba(tmp_path):
    folder = tmp_path / "a folder of Müller's" / "deeper"
    environment = {**os.environ, "LOSSARY_CACHE_DIR": str(folder)}
    command = [sys.executable, "-c", BITS]
    cold, warm = (subprocess.run(command, env=environment, capture_output=True, text=True, check=True) for _ in range(2))
    assert cold.stderr == warm.stderr == ""
    assert cold.stdout.endswith("True\n")
    assert warm.stdout == cold.stdout.replace("True\n", "False\n")
    assert sorted(file.suffix for file in folder.iterdir()) == [".o"] * 3


def test_kernels_go_into_the_users_cache_unless_another_folder_is_chosen(monkeypatch, tmp_path):
    from lossary.kernels import native

    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("LOSSARY_CACHE_DIR", str(tmp_path / "chosen"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert native._folder() == tmp_path / "chosen"
    monkeypatch.setenv("LOSSARY_CACHE_DIR", "")
    assert native._folder() == tmp_path / "xdg" / "lossary"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert native._folder() == tmp_path / "home" / ".cache" / "lossary"


def test_what_is_written_is_read_back_and_anything_else_is_not(tmp_path):
    from lossary.kernels import native

    path = tmp_path / "new" / "kernel.o"
    code = bytes(range(256)) * 3
    assert native._read(path) is None
    native._write(path, code)
    assert native._read(path) == code
    whole = path.read_bytes()
    for place in (0, 31, 32, 400, len(whole) - 1):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :])
        assert native._read(path) is None
        path.write_bytes(whole[:place])
        assert native._read(path) is None
    path.write_bytes(whole + b"more")
    assert native._read(path) is None
    path.write_bytes(hashlib.sha256(b"other").digest() + code)
    assert native._read(path) is None
    native._write(path, code)
    assert native._read(path) == code
    assert [file.name for file in path.parent.iterdir()] == ["kernel.o"]


@pytest.mark.parametrize("broken", ["os.replace", "os.fdopen", "tempfile.mkstemp", "pathlib.Path.mkdir"])
@pytest.mark.parametrize("number", ["ENOSPC", "EROFS", "EACCES"])
def test_a_cache_that_cannot_be_written_is_no_error_and_leaves_nothing_behind(broken, number, monkeypatch, tmp_path):
    import errno

    from lossary.kernels import native

    def refuse(*arguments, **options):
        raise OSError(getattr(errno, number), "refused")

    monkeypatch.setattr(broken, refuse)
    native._write(tmp_path / "kernel.o", b"code")
    monkeypatch.undo()
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_fills_up_while_writing_leaves_nothing_behind(monkeypatch, tmp_path):
    from lossary.kernels import native

    fdopen = os.fdopen

    def small(handle, mode):
        file = fdopen(handle, mode)

        class Small:
            def __enter__(self):
                return self

            def __exit__(self, *error):
                file.close()

            def write(self, content):
                file.write(content[:7])
                raise OSError(28, "No space left on device")

        return Small()

    monkeypatch.setattr(os, "fdopen", small)
    native._write(tmp_path / "kernel.o", b"code" * 100)
    assert list(tmp_path.iterdir()) == []


def test_numba_that_cannot_be_imported_is_no_numba(tmp_path):
    value, _, llvm = run(tmp_path, before="import sys\nsys.modules['numba'] = None\n")
    assert value.startswith(PLAIN)
    assert not llvm
    assert list(tmp_path.iterdir()) == []


def test_threads_of_one_process_may_ask_for_the_same_kernel_at_once(tmp_path):
    script = """
import numpy as np, lossary
from concurrent.futures import ThreadPoolExecutor
x = np.linspace(-3, 3, 20_000, dtype=np.float32)
with ThreadPoolExecutor(6) as pool:
    print({float(value) for value in pool.map(lambda _: lossary.squared_error(x, x / 2), range(12))})
"""
    environment = {**os.environ, "LOSSARY_CACHE_DIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count(",") == 0
    assert len(list(tmp_path.iterdir())) == 1


def test_the_processors_features_and_what_kernels_are_made_with_are_part_of_the_name(monkeypatch):
    import llvmlite.binding as llvm

    from lossary.kernels import native

    first = native._key("source", ("int64",))
    features = llvm.get_host_cpu_features()
    features["another feature"] = True
    monkeypatch.setattr(llvm, "get_host_cpu_features", lambda: features)
    assert native._key("source", ("int64",)) != first
    monkeypatch.undo()
    monkeypatch.setattr("llvmlite.__version__", "0")
    assert native._key("source", ("int64",)) != first
    monkeypatch.undo()
    monkeypatch.setattr(native, "_imported", lambda: "")
    assert native._key("source", ("int64",)) != first
    monkeypatch.undo()
    assert native._key("source", ("int64",)) == first
    for module in ("vector_math", "half", "blocks", "native"):
        assert Path(native.__file__).with_name(f"{module}.py").read_text("utf-8") in native._imported()


@pytest.mark.skipif((sys.platform, platform.machine()) != ("linux", "x86_64"), reason="the object file is another elsewhere")
def test_code_may_lie_far_from_its_constants():
    import lossary
    from lossary.kernels import native

    kernel = lossary.binary_cross_entropy._kernel("logits", True, 1, True, False, ("float64",) * 5)
    code = native._compile(kernel.source, tuple(kernel.arguments().values()), native._machine())
    kinds = relocations(code)
    assert kinds
    assert kinds <= {1}  # R_X86_64_64, and none of 32 bits


def relocations(code):
    """The kinds of relocation in an ELF object of 64 bits."""
    start, size, count = struct.unpack_from("<Q", code, 40)[0], *struct.unpack_from("<HH", code, 58)
    found = set()
    for k in range(count):
        _, kind, _, _, offset, length, _, target = struct.unpack_from("<IIQQQQII", code, start + k * size)
        # of addresses in executable code, not in the unwinder's tables
        if kind == 4 and struct.unpack_from("<Q", code, start + target * size + 8)[0] & 4:
            found |= {struct.unpack_from("<Q", code, offset + at + 8)[0] & 0xFFFFFFFF for at in range(0, length, 24)}
    return found


def test_the_sizes_of_a_kernels_own_arrays_are_those_it_is_written_for():
    from lossary.kernels import blocks, elementwise, softmax

    assert (blocks.LANES, blocks.TILED_CLASSES) == (softmax.LANES, softmax.TILED_CLASSES)
    assert f"range(start, stop, {blocks.CHUNK})" in elementwise._KERNEL
