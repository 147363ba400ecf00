"""What kernels are made with besides arithmetic: a shared counter, arrays of their own, and a maximum LLVM can vectorise."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types

from lossary.kernels.math import exactly, select
from lossary.kernels.math.llvm import intrinsic
from lossary.kernels.sizes import CHUNK, LANES, RUNNING, TILED_CLASSES


@intrinsic
def take_next(context: Any, counter: Any) -> Any:
    """The number of the next block that no thread has taken."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.atomic_rmw("add", arguments[0], ir.Constant(ir.IntType(64), 1), "monotonic")

    return types.int64(counter), code


@intrinsic
def larger(context: Any, a: Any, b: Any) -> Any:
    """The larger of two numbers; NaN if either is."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kind = arguments[0].type
        function = builder.module.declare_intrinsic("llvm.maximum", (kind,), ir.FunctionType(kind, (kind, kind)))
        return builder.call(function, arguments, fastmath=("nsz",))

    return a(a, b), code


@intrinsic
def fused_multiply_add(context: Any, a: Any, b: Any, c: Any) -> Any:
    """a·b + c, rounded once."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kind = arguments[0].type
        function = builder.module.declare_intrinsic("llvm.fma", (kind,), ir.FunctionType(kind, (kind, kind, kind)))
        return builder.call(function, arguments)

    return a(a, b, c), code


def _own_array(kind: Any, size: int) -> Any:
    """A function that makes an array in the kernel's own frame, where LLVM knows that no other pointer reaches it."""

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


# ---- sums: within 2 ulp, and exact where equal numbers are added. All are computed as written, in every kernel alike


@exactly
def add_one(x: Any, total: Any, lost: Any) -> Any:
    """A running sum with one more number, and what its roundings have lost (Knuth's two-sum: the rest of each is exact)."""
    new = total + x
    part = new - total
    return new, lost + ((total - (new - part)) + (x - part))


@exactly
def joined(total: Any, lost: Any) -> Any:
    """A running sum with what was lost; that is NaN where the sum is infinite."""
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
    """The sum of 16 running sums."""
    total, rest = 0.0, 0.0
    for k in range(16):
        total, rest = add_one(sums[k], total, rest)
        rest += select(lost[k] == lost[k], lost[k], 0.0)
    return joined(total, rest)
