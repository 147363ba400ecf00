"""Functions of kernels besides arithmetic: a shared counter, local arrays, a maximum that LLVM vectorises, and sums."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types

from lossary.kernels.math import exactly, select
from lossary.kernels.math.llvm import intrinsic
from lossary.kernels.sizes import CHUNK, LANES, RUNNING, TILED_CLASSES


@intrinsic
def take_next(context: Any, counter: Any) -> Any:
    """Return the number of the next block, and raise the counter that all threads share."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.atomic_rmw("add", arguments[0], ir.Constant(ir.IntType(64), 1), "monotonic")

    return types.int64(counter), code


@intrinsic
def larger(context: Any, a: Any, b: Any) -> Any:
    """Return the larger of two numbers, or NaN if either is NaN."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kind = arguments[0].type
        function = builder.module.declare_intrinsic("llvm.maximum", (kind,), ir.FunctionType(kind, (kind, kind)))
        return builder.call(function, arguments, fastmath=("nsz",))

    return a(a, b), code


@intrinsic
def fused_multiply_add(context: Any, a: Any, b: Any, c: Any) -> Any:
    """Return a·b + c, rounded once."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kind = arguments[0].type
        function = builder.module.declare_intrinsic("llvm.fma", (kind,), ir.FunctionType(kind, (kind, kind, kind)))
        return builder.call(function, arguments)

    return a(a, b, c), code


def _own_array(kind: Any, size: int) -> Any:
    """Make a function that allocates an array on the kernel's stack: LLVM knows that no other pointer refers to it."""

    @intrinsic
    def own_array(context: Any) -> Any:
        def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            with builder.goto_entry_block():
                return builder.alloca(context.get_value_type(kind), ir.Constant(ir.IntType(64), size))

        return types.CPointer(kind)(), code

    return own_array


chunk_float32 = _own_array(types.float32, CHUNK)
chunk_float64 = _own_array(types.float64, CHUNK)
chunk_int64 = _own_array(types.int64, CHUNK)
lanes_float32 = _own_array(types.float32, LANES)
lanes_float64 = _own_array(types.float64, LANES)
lanes_int64 = _own_array(types.int64, LANES)
tile_float32 = _own_array(types.float32, LANES * TILED_CLASSES)
tile_float64 = _own_array(types.float64, LANES * TILED_CLASSES)
running = _own_array(types.float64, RUNNING)


# ---- sums: within 2 ulp, and exact where equal numbers are added; in every kernel the same operations in the same order


@exactly
def add_one(x: Any, total: Any, lost: Any) -> Any:
    """Add a number to a running sum; return the sum and the total of its rounding errors (each exact: Knuth's two-sum)."""
    new = total + x
    part = new - total
    return new, lost + ((total - (new - part)) + (x - part))


@exactly
def joined(total: Any, lost: Any) -> Any:
    """Add the rounding errors to a running sum; they are NaN, and left out, if the sum is infinite."""
    return total + select(lost == lost, lost, 0.0)


@exactly
def add_lanes(x: Any, sums: Any, lost: Any) -> None:
    """Add 64 numbers to 16 running sums, in pairs of pairs."""
    for k in range(RUNNING):
        sums[k], lost[k] = add_one((x[k] + x[k + 16]) + (x[k + 32] + x[k + 48]), sums[k], lost[k])


@exactly
def add_chunk(x: Any, sums: Any, lost: Any) -> None:
    """Add 256 numbers to 16 running sums, in pairs of pairs."""
    quarters = lanes_float64()
    for k in range(LANES):
        quarters[k] = (x[k] + x[k + 64]) + (x[k + 128] + x[k + 192])
    add_lanes(quarters, sums, lost)


@exactly
def total_of(sums: Any, lost: Any) -> Any:
    """Return the sum of 16 running sums."""
    total, rest = 0.0, 0.0
    for k in range(16):
        total, rest = add_one(sums[k], total, rest)
        rest += select(lost[k] == lost[k], lost[k], 0.0)
    return joined(total, rest)
