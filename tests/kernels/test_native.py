"""Compiled kernels on disk: loaded without Numba, whole or not at all, and never in the way."""

import ctypes
import os
import platform
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.compiled

WORK = """
import sys, numpy as np, lossary
x = np.linspace(-3, 3, {size}, dtype=np.float32)
print(repr(lossary.squared_error(x, x / 2)), "numba" in sys.modules, "llvmlite" in sys.modules)
"""
PLAIN = "np.float32(0.7500"


def run(folder, size=20_000, before="", warned=None):
    environment = {**os.environ, "LOSSARY_CACHE_DIR": str(folder), "LOSSARY_LOG": "error"}
    done = subprocess.run(
        [sys.executable, "-c", before + WORK.format(size=size)], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("RuntimeWarning") == (warned is not None), done.stderr
    assert (warned or "") in done.stderr
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
    assert run(tmp_path, warned="cannot be written (Is a directory)") == (cold, True, True)
    assert list(tmp_path.iterdir()) == [file]
    assert file.is_dir()


@pytest.mark.heavy
def test_two_processes_may_compile_the_same_kernel_at_once(tmp_path):
    environment = {**os.environ, "LOSSARY_CACHE_DIR": str(tmp_path), "LOSSARY_LOG": "error"}
    command = [sys.executable, "-c", WORK.format(size=20_000)]
    both = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    outputs = [process.communicate()[0].split()[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert outputs[0] == outputs[1]
    (file,) = tmp_path.iterdir()
    assert file.suffix == ".o"


def test_another_source_processor_or_version_is_another_file(monkeypatch):
    from lossary.kernels import native

    first = native._key("source", ("int64",))
    assert first == native._key("source", ("int64",))
    assert first != native._key("source ", ("int64",))
    assert first != native._key("source", ("float32",))
    monkeypatch.setattr("lossary._version.__version__", "0.0.0")
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
    environment = {**os.environ, "LOSSARY_CACHE_DIR": str(folder), "LOSSARY_LOG": "error"}
    command = [sys.executable, "-c", BITS]
    cold, warm = (subprocess.run(command, env=environment, capture_output=True, text=True, check=True) for _ in range(2))
    assert cold.stderr == warm.stderr == ""
    assert cold.stdout.endswith("True\n")
    assert warm.stdout == cold.stdout.replace("True\n", "False\n")
    assert sorted(file.suffix for file in folder.iterdir()) == [".o"] * 3


@pytest.mark.heavy
def test_threads_of_one_process_may_ask_for_the_same_kernel_at_once(tmp_path):
    script = """
import numpy as np, lossary
from concurrent.futures import ThreadPoolExecutor
x = np.linspace(-3, 3, 20_000, dtype=np.float32)
with ThreadPoolExecutor(6) as pool:
    print({float(value) for value in pool.map(lambda _: lossary.squared_error(x, x / 2), range(12))})
"""
    environment = {**os.environ, "LOSSARY_CACHE_DIR": str(tmp_path), "LOSSARY_LOG": "error"}
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


def test_a_change_to_any_file_that_kernels_are_made_with_makes_new_kernels(tmp_path):
    from lossary.kernels import native

    folder = tmp_path / "kernels"
    shutil.copytree(Path(native.__file__).parent, folder)
    text = native._imported.__wrapped__
    assert text() == text(folder)
    files = list(folder.rglob("*.py"))
    assert {"math/power.py", "blocks.py", "compiler.py"} <= {path.relative_to(folder).as_posix() for path in files}
    for path in (*files, folder / "math" / "another.py"):
        before = text(folder)
        with path.open("a") as file:
            file.write("# a change\n")
        assert text(folder) != before, path


MISSING = """
import importlib.util as u
find = u.find_spec
u.find_spec = lambda n, *a: None if n == "numba" else find(n, *a)
"""
FINDER = """
import sys
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == {name!r}:
            print("tried", file=sys.stderr)
            raise {error}
sys.meta_path.insert(0, Finder())
"""
NO_TARGET = """
import llvmlite.binding
def none(*_): raise RuntimeError("No available targets")
llvmlite.binding.Target.from_default_triple = none
"""
NO_MEMORY = """
import numba
def refuse(*_, **__): raise MemoryError("of the compiler")
numba.cfunc = refuse
"""
OLDER = "Numba needs NumPy 2.2 or less. Got NumPy 2.4."
FAILURES = {
    "missing": (MISSING, "Numba is not installed, so squared_error is computed by plain array operations"),
    "removed": ("import sys\nsys.modules['numba'] = None\n", "Numba is not installed"),
    "older than NumPy": (
        FINDER.format(name="numba.core", error=f"ImportError({OLDER!r})"),
        f"Numba cannot be used (ImportError: {OLDER}), so squared_error",
    ),
    "strange": (FINDER.format(name="numba.core", error="SystemError('no')"), "Numba cannot be used (SystemError: no)"),
    "no LLVM": (FINDER.format(name="llvmlite", error="AttributeError('x')"), "LLVM cannot be used (AttributeError: x)"),
    "old LLVM": (
        "import llvmlite.binding\nllvmlite.binding.llvm_version_info = (15, 0, 7)\n",
        "LLVM cannot be used (RuntimeError: kernels take LLVM 20 or newer, which Numba 0.62 brings; got LLVM 15.0.7)",
    ),
    "unknown processor": (NO_TARGET, "LLVM cannot be used (RuntimeError: No available targets)"),
    "refused": (NO_MEMORY, "the kernel of squared_error cannot be compiled (MemoryError: of the compiler), so squared_error"),
}
TWICE = """
import sys, warnings, numpy as np, lossary
x = np.linspace(-3, 3, 20_000, dtype=np.float32)
values = {float(lossary.squared_error(x, x / 2)) for _ in range(3)}
(value,) = values
assert abs(value - float((x / 2).astype("f8") @ (x / 2).astype("f8")) / 20_000) < 1e-6
import lossary.engine.exact_sum
sums = lossary.engine.exact_sum.ExactSums()
sums.add(np.ones(5000))
assert sums.values() == 5000
"""


@pytest.mark.parametrize("failure", FAILURES)
def test_whatever_fails_the_answer_is_right_and_one_warning_says_why(failure, tmp_path):
    before, warning = FAILURES[failure]
    environment = {**os.environ, "LOSSARY_CACHE_DIR": str(tmp_path), "LOSSARY_LOG": "error"}
    script = tmp_path / "of_a_user.py"
    script.write_text(before + TWICE)
    done = subprocess.run([sys.executable, str(script)], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    expected = 2 if failure == "refused" else 1  # each kernel may be refused for itself
    assert done.stderr.count("RuntimeWarning: lossary: ") == expected, done.stderr
    assert warning in done.stderr
    line = 1 + (before + TWICE).splitlines().index(next(x for x in TWICE.splitlines() if "values = {" in x))
    assert f"of_a_user.py:{line}: RuntimeWarning" in done.stderr  # the user's own line
    assert done.stderr.count("tried") <= 1  # what fails is not tried again
    assert "lossary doctor" in done.stderr or "pip install" in done.stderr


def test_losses_that_have_no_kernel_and_small_calls_ask_for_no_numba(tmp_path):
    script = (
        MISSING
        + """
import numpy as np, lossary
@lossary.composed
def own(prediction, target):
    return abs(prediction - target).mean(-1)
x = np.zeros((2000, 10))
own(x, x)
lossary.huber(x[:10], x[:10])
lossary.cross_entropy.curvature(x, np.zeros(2000, int))
"""
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=os.environ)
    assert (done.returncode, done.stderr) == (0, "")


def test_an_interruption_is_no_failure_and_a_failure_is_not_tried_again(monkeypatch):
    from lossary.kernels import compiler, native

    native._native.cache_clear()
    source, tries = "def kernel(x):\n    x[0] = 2.5\n", []

    def interrupt(*_):
        tries.append(1)
        raise KeyboardInterrupt

    monkeypatch.setattr("lossary.kernels.cache.read", lambda *_: None)
    monkeypatch.setattr("lossary.kernels.cache.write", lambda *_: None)
    compiled = compiler.compiled
    monkeypatch.setattr(compiler, "compiled", interrupt)
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            native.native(source, ("float64*",), "a test")
    assert len(tries) == 2
    monkeypatch.setattr(compiler, "compiled", compiled)
    kernel = native.native(source, ("float64*",), "a test")
    number = ctypes.c_double()
    kernel(ctypes.addressof(number))
    assert number.value == 2.5

    def fail(*_):
        tries.append(1)
        raise RuntimeError("Symbol not found")

    monkeypatch.setattr(compiler, "compiled", fail)
    with pytest.warns(RuntimeWarning, match="the kernel of another test cannot be compiled .RuntimeError: Symbol not found."):
        assert native.native(source + "\n", ("float64*",), "another test") is None
    assert native.native(source + "\n", ("float64*",), "another test") is None
    assert len(tries) == 3


def test_code_that_does_not_load_is_compiled_anew(tmp_path, monkeypatch):
    from lossary.kernels import cache, native

    monkeypatch.setenv("LOSSARY_CACHE_DIR", str(tmp_path))
    source, arguments = "def kernel(x):\n    x[0] = 7.5\n", ("float64*",)
    native.native(source, arguments, "a test")
    key = native._key(source, arguments)
    whole = cache.read(key)
    unnamed = whole.replace(b"kernel", b"kernal")
    assert unnamed != whole
    for code in (b"nothing", whole[:-100], whole[:4] + bytes(60), unnamed):
        native._native.cache_clear()
        cache.write(key, code)
        assert cache.read(key) == code
        number = ctypes.c_double()
        native.native(source, arguments, "a test")(ctypes.addressof(number))
        assert number.value == 7.5
        assert cache.read(key) != code


@pytest.mark.heavy
def test_a_forked_process_computes_while_its_parent_compiles(tmp_path):
    script = """
import os, sys, threading, time, warnings, numpy as np, lossary
warnings.simplefilter("ignore", DeprecationWarning)  # of threads and forks
x = np.linspace(-3, 3, 20_000, dtype=np.float32)
lossary.huber(x[:9], x[:9])  # or the child might wait for a module that the thread imports
thread = threading.Thread(target=lossary.huber, args=(x, x))
thread.start()
while "numba" not in sys.modules:
    time.sleep(0.001)
child = os.fork()
value = lossary.squared_error(x, x / 2)
assert abs(value - 0.75) < 1e-3
if child == 0:
    os._exit(0)
thread.join()
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
"""
    environment = {**os.environ, "LOSSARY_CACHE_DIR": str(tmp_path), "LOSSARY_LOG": "error"}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif((sys.platform, platform.machine()) != ("linux", "x86_64"), reason="the object file is another elsewhere")
def test_code_may_lie_far_from_its_constants():
    import lossary
    from lossary.kernels import compiler

    kernel = lossary.binary_cross_entropy._kernel(
        given="logits",
        with_loss=True,
        order=1,
        reduced=True,
        masked=False,
        precision="float64",
        stored=("float64", "float64"),
        arrays=(("prediction", "float64"), ("target", "float64")),
    )
    code = compiler.compiled(kernel.source, tuple(kernel.arguments().values()))
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
