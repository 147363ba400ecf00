"""Generated Python source -> machine code: compiled by Numba once, kept on disk, loaded without Numba.

A kernel is the function ``kernel`` of a generated module; its arguments are numbers and addresses, typed by their names
(``"float32*"`` is an address of float32 numbers). Numba turns it into LLVM's intermediate code, of which everything but the
bare loop is dropped, and the object code is kept in a folder of the user's cache, named by all that decides it. Loading it
takes LLVM alone (50 ms), a tenth of what importing Numba takes. Where the folder cannot be written, kernels live in memory.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import os
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

Native = Callable[..., None]
"""Takes numbers and addresses; lets other threads of Python run meanwhile."""

_C_TYPES = {"int64": ctypes.c_int64, "float32": ctypes.c_float, "float64": ctypes.c_double}
_engines: list[Any] = []  # what holds the code of loaded kernels
_lock = threading.RLock()  # reentrant: the thread that compiles may fork itself


@functools.cache
def available() -> bool:
    """Whether kernels can be compiled here: Numba is installed (``pip install lossary[fast]``)."""
    from importlib.util import find_spec

    return find_spec("numba") is not None


def native(source: str, arguments: tuple[str, ...]) -> Native:
    """The function ``kernel`` of a module's source, whose arguments are of these types, as machine code."""
    with _lock:
        return _native(source, arguments)


@functools.cache
def _native(source: str, arguments: tuple[str, ...]) -> Native:
    machine = _machine()
    path = _folder() / f"{_key(source, arguments)}.o"
    code = _read(path)
    if code is None:
        code = _compile(source, arguments, machine)
        _write(path, code)
    return _load(code, arguments, machine)


# no fork while something is compiled: the child would wait for ever for Numba's own lock, whose holder it lacks
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_lock.release)


# ---- the cache on disk


def _hash(content: bytes) -> Any:
    import hashlib  # here and below: what costs milliseconds to import is not needed to import lossary

    return hashlib.sha256(content)


def _folder() -> Path:
    """``LOSSARY_CACHE_DIR``, or the user's cache folder as the operating system has it."""
    from pathlib import Path

    chosen = os.environ.get("LOSSARY_CACHE_DIR")
    if chosen:
        return Path(chosen)
    if sys.platform == "win32":
        parent = os.environ.get("LOCALAPPDATA") or os.path.expanduser(r"~\AppData\Local")
    elif sys.platform == "darwin":
        parent = os.path.expanduser("~/Library/Caches")
    else:
        parent = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return Path(parent, "lossary")


def _key(source: str, arguments: tuple[str, ...]) -> str:
    """A digest of everything that decides the code: the source, what it imports, our version, LLVM's and the processor."""
    import llvmlite
    import llvmlite.binding as llvm

    from lossary import __version__

    parts = [source, repr(arguments), __version__, llvmlite.__version__, _imported()]
    parts += [llvm.get_process_triple(), llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()]
    return _hash("\0".join(parts).encode()).hexdigest()[:40]


@functools.cache
def _imported() -> str:
    """The text of the modules that kernels are made with, so that a change to one of them makes new kernels."""
    from pathlib import Path

    return "".join(
        Path(__file__).with_name(name).read_text("utf-8") for name in ("vector_math.py", "half.py", "blocks.py", "native.py")
    )


def _read(path: Path) -> bytes | None:
    """Object code from a file that begins with its digest; None where there is none, or it is damaged."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    digest, code = content[:32], content[32:]
    return code if _hash(code).digest() == digest else None


def _write(path: Path, code: bytes) -> None:
    """Put the code where every process finds it whole or not at all; where that fails, the next process compiles again."""
    import tempfile

    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(_hash(code).digest() + code)
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise


# ---- compiling and loading


@functools.cache
def _machine() -> Any:
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(),
        features=llvm.get_host_cpu_features().flatten(),
        opt=3,
        # addresses of 64 bits, as Numba has them: code and constants may come to lie more than 2 GB apart
        reloc="static" if llvm.get_process_triple().startswith("x86") else "default",
        codemodel="jitdefault",
        jit=True,
    )


def _compile(source: str, arguments: tuple[str, ...], machine: Any) -> bytes:
    return bytes(machine.emit_object(_module(source, arguments, machine)))


def _module(source: str, arguments: tuple[str, ...], machine: Any) -> Any:
    """The kernel as LLVM's intermediate code, optimised."""
    import llvmlite.binding as llvm
    import numba

    namespace: dict[str, Any] = {}
    exec(compile(source, "<lossary kernel>", "exec"), namespace)  # noqa: S102 - our own generated text
    types = [
        numba.types.CPointer(getattr(numba.types, name[:-1])) if name.endswith("*") else getattr(numba.types, name)
        for name in arguments
    ]
    # "reassoc" is for the kernel's own sums; formulas and elementary functions, which would inherit it, say otherwise
    function = numba.cfunc(numba.types.void(*types), error_model="numpy", fastmath={"reassoc"})(namespace["kernel"])
    module = llvm.parse_assembly(function.inspect_llvm())
    for part in (*module.functions, *module.global_variables):
        if not part.is_declaration:
            part.linkage = "internal"
    entry = module.get_function(function.native_name)
    entry.linkage, entry.name = "external", "kernel"
    # a loop that cannot raise returns 0 only: seeing that, LLVM drops the code that would report an error to Python
    tuning = llvm.create_pipeline_tuning_options(speed_level=2)
    tuning.loop_vectorization = tuning.slp_vectorization = tuning.loop_unrolling = False  # done already
    builder = llvm.create_pass_builder(machine, tuning)
    builder.getModulePassManager().run(module, builder)
    return module


def _load(code: bytes, arguments: tuple[str, ...], machine: Any) -> Native:
    import llvmlite.binding as llvm

    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    _engines.append(engine)
    types: list[Any] = [ctypes.c_void_p if name.endswith("*") else _C_TYPES[name] for name in arguments]
    return ctypes.CFUNCTYPE(None, *types)(engine.get_function_address("kernel"))
