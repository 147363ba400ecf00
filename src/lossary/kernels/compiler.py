"""Generated Python source -> object code by Numba and LLVM, and object code -> a function by LLVM alone.

A kernel is the function ``kernel`` of a generated module; its arguments are numbers and addresses, typed by their names
(``"float32*"`` is an address of float32 numbers). Numba turns it into LLVM's intermediate code, of which everything but the
bare loop is dropped. Loading the object code takes LLVM alone (50 ms), a tenth of what importing Numba takes.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import re
from collections.abc import Callable, Iterator
from typing import Any

from lossary.kernels import library
from lossary.kernels.object_file import is_object

Native = Callable[..., None]
"""A compiled kernel: takes numbers and addresses, and runs without Python's lock."""

_C_TYPES = {"int64": ctypes.c_int64, "float32": ctypes.c_float, "float64": ctypes.c_double}
_OLDEST_LLVM = 20
_engines: list[Any] = []
"""Own the code of loaded kernels."""


@functools.cache
def machine() -> Any:
    """Return LLVM's target machine for this processor."""
    import llvmlite.binding as llvm

    if llvm.llvm_version_info[0] < _OLDEST_LLVM:  # which may end the process on code that it cannot translate
        version = ".".join(map(str, llvm.llvm_version_info))
        raise RuntimeError(f"kernels take LLVM {_OLDEST_LLVM} or newer, which Numba 0.62 brings; got LLVM {version}")
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


def compiled(source: str, arguments: tuple[str, ...]) -> bytes:
    """Compile the function ``kernel`` of a module's source, for arguments of these types; return its object code."""
    return bytes(machine().emit_object(_module(source, arguments)))


def _module(source: str, arguments: tuple[str, ...]) -> Any:
    """Return the kernel as an optimised LLVM module."""
    import llvmlite.binding as llvm
    import numba

    namespace: dict[str, Any] = {}
    exec(compile(source, "<lossary kernel>", "exec"), namespace)  # noqa: S102 - our own generated text
    types = [
        numba.types.CPointer(getattr(numba.types, name[:-1])) if name.endswith("*") else getattr(numba.types, name)
        for name in arguments
    ]
    # "reassoc" is for the kernel's own sums; formulas and elementary functions, which would inherit it, say otherwise
    with _unoptimised():
        function = numba.cfunc(numba.types.void(*types), error_model="numpy", fastmath={"reassoc"})(namespace["kernel"])
    # of the kernel's own arithmetic only sums may be done in another order: (x/s)·(x/s) as x²/s² would overflow
    module = llvm.parse_assembly(re.sub(r"(?<!fadd) reassoc\b", "", function.inspect_llvm()))
    for part in (*module.functions, *module.global_variables):
        if not part.is_declaration:
            part.linkage = "internal"
    entry = module.get_function(function.native_name)
    entry.linkage, entry.name = "external", "kernel"
    _optimise(module)
    return module


def _optimise(module: Any) -> None:
    """Let LLVM optimise a module, whose kernel alone can be called."""
    import llvmlite.binding as llvm

    passes = llvm.create_pass_builder(machine(), llvm.create_pipeline_tuning_options(speed_level=3))
    # Numba runs these first too, so that loops vectorise: without them softmax of 4 classes takes 1.1 to 1.2 times as long
    first = llvm.create_new_module_pass_manager()
    first.add_loop_rotate_pass()
    first.add_instruction_combine_pass()
    first.add_jump_threading_pass()
    first.run(module, passes)
    # a loop that cannot raise returns 0 only: seeing that, LLVM drops the code that would report an error to Python
    passes.getModulePassManager().run(module, passes)
    # once more what is cheap: softmax of 4 classes gains 3 %
    again = passes.getFunctionPassManager()
    for function in module.functions:
        if not function.is_declaration:
            again.run(function, passes)


@contextlib.contextmanager
def _unoptimised() -> Iterator[None]:
    """Let Numba write LLVM's code as it is: to optimise it whole at the end, not each function too, takes a fifth less time."""
    import numba
    from numba.core.compiler_lock import global_compiler_lock
    from numba.core.registry import cpu_target

    config: Any = numba.config
    with global_compiler_lock:  # other threads that compile wait here, so they see nothing of this
        cpu_target.target_context.codegen()  # made with the user's level, and kept
        level = config.OPT
        config.OPT = type(level)(0)
        try:
            yield
        finally:
            config.OPT = level


def loaded(code: bytes, arguments: tuple[str, ...]) -> Native:
    """Load object code; return its kernel as a function. Raise ValueError if it holds none."""
    import llvmlite.binding as llvm

    if not is_object(code):
        raise ValueError("no object code")
    if library.PREFIX.encode() in code:
        library.link()
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine())
    _engines.append(engine)  # also if loading fails: deleting the engine would free the target, which all engines share
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    address = engine.get_function_address("kernel")
    if not address:
        raise ValueError("object code without a kernel")
    types: list[Any] = [ctypes.c_void_p if name.endswith("*") else _C_TYPES[name] for name in arguments]
    return ctypes.CFUNCTYPE(None, *types)(address)
