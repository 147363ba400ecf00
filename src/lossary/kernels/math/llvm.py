"""Decorators of functions that are inlined into kernels, and LLVM instructions that Python has no spelling for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import njit, types
from numba.core.errors import TypingError
from numba.extending import intrinsic as numba_intrinsic

from lossary.kernels.library import PREFIX, link

_Decorator = Callable[[Callable[..., Any]], Any]
intrinsic: _Decorator = numba_intrinsic
# error_model: Python's check for division by zero is a branch. forceinline: a loop with calls in it does not vectorise.
# Neither Python nor C calls them, so they need no wrappers for either, which take an eighth of the time to compile a kernel.
_FOR_KERNELS: dict[str, Any] = {"error_model": "numpy", "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
inlined: _Decorator = njit(fastmath={"contract"}, forceinline=True, **_FOR_KERNELS)
"""Computes as written, except that a multiplication and an addition may be fused."""
exactly: _Decorator = njit(fastmath=False, forceinline=True, **_FOR_KERNELS)
"""Computes as written, to the bit; for formulas."""
called: _Decorator = njit(fastmath=False, **_FOR_KERNELS)
"""Computes as written, and is not inlined; for long functions that are called several times."""


@intrinsic
def select(typingctx: Any, condition: Any, a: Any, b: Any) -> Any:
    """Return ``a`` if the condition holds, else ``b``; both are computed. The word ``where``."""
    unliteral: Any = types.unliteral
    kind = unliteral(a)
    if kind != unliteral(b):
        raise TypingError(
            f"select: both choices must be of one type, not {a} and {b}; write constants in the type of the other"
        )

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.select(*arguments)

    return kind(types.boolean, kind, kind), codegen


def _cast(source: Any, target: Any) -> Any:
    """Make a function that reinterprets the bits of one type as another."""

    @intrinsic
    def cast(typingctx: Any, x: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return builder.bitcast(arguments[0], context.get_value_type(target))

        return target(source), codegen

    return cast


@intrinsic
def polynomial(typingctx: Any, x: Any, coefficients: Any) -> Any:
    """Return c₀ + c₁x + c₂x² + …, by Horner's rule."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        x, values = arguments
        *rest, total = (builder.extract_value(values, i) for i in range(coefficients.count))
        for c in reversed(rest):
            total = builder.fadd(c, builder.fmul(x, total, flags=("contract",)), flags=("contract",))
        return total

    return x(x, coefficients), codegen


@intrinsic
def square_root(typingctx: Any, x: Any) -> Any:
    """Return the square root by the processor's instruction; ``math.sqrt`` calls the C library."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.call(builder.module.declare_intrinsic("llvm.sqrt", [arguments[0].type]), arguments)

    return x(x), codegen


def library_function(name: str) -> Any:
    """Make a function that calls the C library's of a name, of one float64."""

    @intrinsic
    def function(typingctx: Any, x: Any) -> Any:
        return types.float64(types.float64), _call_of(name, 1)

    return function


def library_function_of_two(name: str) -> Any:
    """Make a function that calls the C library's of a name, of two float64 numbers."""

    @intrinsic
    def function(typingctx: Any, x: Any, y: Any) -> Any:
        return types.float64(types.float64, types.float64), _call_of(name, 2)

    return function


def _call_of(name: str, arity: int) -> Callable[..., Any]:
    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        link()
        double = ir.DoubleType()
        kind = ir.FunctionType(double, [double] * arity)
        known = builder.module.globals.get(PREFIX + name)
        return builder.call(known or ir.Function(builder.module, kind, PREFIX + name), arguments)

    return codegen


bits_float32 = _cast(types.float32, types.uint32)
bits_float64 = _cast(types.float64, types.uint64)
real_float32 = _cast(types.uint32, types.float32)
real_float64 = _cast(types.uint64, types.float64)
