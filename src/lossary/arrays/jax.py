"""JAX arrays. Values are differentiable to any order, with the derived derivatives at each, in both modes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.custom_derivatives import SymbolicZero

from lossary.arrays import numpy as on_numpy
from lossary.arrays.checks import InvalidValues
from lossary.arrays.rows import from_top, on_last_axis, others_of_softmax
from lossary.arrays.samples import by_stages
from lossary.formula.component_words import COMPONENT_WORDS, has_component_words
from lossary.formula.derivative import derivative
from lossary.formula.expression import Expression, apply, symbol
from lossary.formula.languages.python import compiled

name = "jax"
xp = jnp
differentiable = True
_BLOCK = 4096


def array(value: Any, role: str) -> jax.Array:
    if isinstance(value, jax.Array):
        return value
    numbers = on_numpy.array(value, role)
    narrow = jax.dtypes.canonicalize_dtype(numbers.dtype)
    if numbers.dtype.kind in "iu" and narrow != numbers.dtype:  # which would be cut to their last 32 bits
        limits = np.iinfo(narrow)
        outside = (numbers < limits.min) | (numbers > limits.max)
        held = f"without jax_enable_x64, integers in JAX lie in {limits.min} … {limits.max}"
        remedy = "set jax.config.update('jax_enable_x64', True), or map them to smaller ones"
        InvalidValues("integers", outside, numbers, (), held, remedy).refuse(role)
    return jnp.asarray(numbers)


def one_device(name: str, arrays: Mapping[str, Any]) -> None:
    pass  # JAX says it


def kind(x: jax.Array) -> str:
    if jnp.issubdtype(x.dtype, jnp.floating):
        return "float"
    if jnp.issubdtype(x.dtype, jnp.complexfloating):
        raise TypeError(f"losses are of real numbers; got dtype {x.dtype}; pass .real or abs(…)")
    return "bool" if x.dtype == jnp.bool_ else "integer"


def signed(x: jax.Array) -> bool:
    return bool(jnp.issubdtype(x.dtype, jnp.signedinteger))


def compute_dtype(*values: jax.Array) -> Any:
    floats = [jnp.float32 if is_half(x.dtype) else x.dtype for x in values if kind(x) == "float"]
    return jnp.result_type(*floats) if floats else jnp.result_type(float)


def is_half(dtype: Any) -> bool:
    return bool(jnp.issubdtype(dtype, jnp.floating)) and jnp.dtype(dtype).itemsize < 4


def eps(dtype: Any) -> float:
    return float(jnp.finfo(dtype).eps)


def cast(x: jax.Array, dtype: Any) -> jax.Array:
    return x.astype(dtype)


def class_index(x: jax.Array) -> jax.Array:
    return x.astype(jnp.result_type(int))


def index_dtype() -> Any:
    return jnp.result_type(int)


def full(shape: tuple[int, ...], value: float, like: jax.Array) -> jax.Array:
    return jnp.full(shape, value, like.dtype)


@cache
def _function(formula: Expression, names: tuple[str, ...]) -> Any:
    """A formula as a function whose derivatives are again such functions, derived when first needed."""
    compute = compiled(formula, "jax", names)

    def whole(*inputs: Any) -> jax.Array:
        like = max((x for x in inputs), key=jnp.ndim)
        return jnp.broadcast_to(jnp.asarray(compute(*inputs), like.dtype), like.shape)

    function = jax.custom_jvp(whole)

    def rule(primals: tuple[Any, ...], tangents: tuple[Any, ...]) -> tuple[Any, Any]:
        value = function(*primals)
        # an input that does not vary is left out: its slope may be infinite where ours is not
        parts = [
            tangent * _function(derivative(formula, name), names)(*primals)
            for name, tangent in zip(names, tangents, strict=True)
            if type(tangent) is not SymbolicZero
        ]
        return value, sum(parts[1:], parts[0]) if parts else jnp.zeros_like(value)

    function.defjvp(rule, symbolic_zeros=True)
    return function


def evaluate(formula: Expression, values: Mapping[str, Any], like: jax.Array) -> jax.Array:
    inputs = [x if isinstance(x, jax.Array) else jnp.asarray(x, like.dtype) for x in values.values()]
    if has_component_words(formula):
        arrays = dict(zip(values, inputs, strict=True))
        return by_stages(formula, arrays, like, lambda part, used: _function(part, tuple(used))(*used.values()), _reduced)
    result: jax.Array = _function(formula, tuple(values))(*inputs)
    return result


def _reduced(word: str, x: jax.Array) -> jax.Array:
    """Return a word over the components of samples."""
    if word == "total":
        return x.sum(-1, keepdims=True)
    result: jax.Array = _reduction(word)(x)
    return result


@cache
def _reduction(word: str) -> Any:
    """A word over components as a function whose derivatives are formulas of x and the whole."""
    x, whole = symbol("x"), symbol("whole")
    compute = compiled(apply(word, x), "jax", ("x",))
    function = jax.custom_jvp(lambda numbers: compute(numbers).astype(numbers.dtype))
    slope = COMPONENT_WORDS[word].slope(x, whole)

    def rule(primals: tuple[Any, ...], tangents: tuple[Any, ...]) -> tuple[Any, Any]:
        (numbers,), (tangent,) = primals, tangents
        value = function(numbers)
        if slope.is_zero:
            return value, jnp.zeros_like(value)
        return value, (tangent * evaluate(slope, {"x": numbers, "whole": value}, numbers)).sum(-1, keepdims=True)

    function.defjvp(rule)
    return function


@jax.custom_jvp
def log_softmax(z: jax.Array) -> jax.Array:
    top, others = max_and_rest(z)
    # log Σ e^z = max + log1p(Σ of the others): the loss of a confident row keeps its digits instead of becoming 0
    return from_top(jnp, z, top) - jnp.log1p(others)[..., None]


@log_softmax.defjvp
def _log_softmax_rule(primals: tuple[Any], tangents: tuple[Any]) -> tuple[Any, Any]:
    log_p = log_softmax(*primals)
    spread = jnp.exp(log_p) * tangents[0]
    # dz - Σ p dz, arranged as (1 - p) dz - (Σ p dz - p dz): its transpose has no p - 1 that cancels either
    return log_p, -jnp.expm1(log_p) * tangents[0] - (spread.sum(-1, keepdims=True) - spread)


@jax.custom_jvp
def log_normalizer(z: jax.Array) -> jax.Array:
    top, others = max_and_rest(z)
    return top + jnp.log1p(others)


@log_normalizer.defjvp
def _log_normalizer_rule(primals: tuple[Any], tangents: tuple[Any]) -> tuple[Any, Any]:
    p = jnp.exp(log_softmax(*primals))
    return log_normalizer(*primals), jnp.where(p == 0, 0, p * tangents[0]).sum(-1)  # 0·∞ = 0, where log Z is infinite


def max_and_rest(z: jax.Array) -> tuple[jax.Array, jax.Array]:
    top = z.max(-1)
    place = _is_class(jnp.argmax(z, -1), z.shape[-1])
    return top, others_of_softmax(jnp, top, jnp.where(place, 0, jnp.exp(from_top(jnp, z, top))).sum(-1))


def take(x: jax.Array, index: jax.Array) -> jax.Array:
    return jnp.take_along_axis(x, index[..., None], axis=-1)[..., 0]


def one_hot(index: jax.Array, classes: int, like: jax.Array) -> jax.Array:
    return _is_class(index, classes).astype(like.dtype)


def _is_class(index: jax.Array, classes: int) -> jax.Array:
    return index[..., None] == on_last_axis(jnp.arange(classes), index.ndim + 1)


def expand(x: jax.Array, axis: int) -> jax.Array:
    return jnp.expand_dims(x, axis)


def move_axis(x: jax.Array, source: int, destination: int) -> jax.Array:
    return jnp.moveaxis(x, source, destination)


def sum_axes(x: jax.Array, axes: tuple[int, ...]) -> jax.Array:
    return x.sum(axes)


def matvec(rows: jax.Array, per_class: jax.Array) -> jax.Array:
    return rows @ per_class


def total(x: jax.Array) -> jax.Array:
    flat = x.reshape(-1).astype(jnp.result_type(float))
    # without jax_enable_x64 there is no float64; sums of sums over blocks keep the float32 error near 1 ulp·√blocks
    while flat.shape[0] > _BLOCK:
        whole = flat.shape[0] // _BLOCK * _BLOCK
        flat = jnp.concatenate([flat[:whole].reshape(-1, _BLOCK).sum(1), flat[whole:].sum().reshape(1)])
    return flat.sum()


def divide(a: Any, b: Any) -> Any:
    return a / b


def multiply(a: Any, b: Any) -> Any:
    return a * b


def scalar(x: Any, dtype: Any) -> jax.Array:
    return jnp.asarray(x).astype(dtype)


def argsort(x: jax.Array, axis: int, descending: bool) -> jax.Array:
    return jnp.argsort(x, axis, stable=True, descending=descending)


def take_along_axis(x: jax.Array, index: jax.Array, axis: int) -> jax.Array:
    return jnp.take_along_axis(x, index, axis)


def flip(x: jax.Array, axis: int) -> jax.Array:
    return jnp.flip(x, axis)


def cumsum(x: jax.Array, axis: int) -> jax.Array:
    return x.cumsum(axis)


def logcumsumexp(x: jax.Array, axis: int) -> jax.Array:
    result: jax.Array = jax.lax.cumlogsumexp(x, axis % x.ndim)
    return result


def cummax(x: jax.Array, axis: int) -> jax.Array:
    result: jax.Array = jax.lax.cummax(x, axis % x.ndim)
    return result


def fold(step: Callable[..., jax.Array], start: jax.Array, arrays: Sequence[jax.Array], axis: int) -> jax.Array:
    slices = tuple(jnp.moveaxis(x, axis, 0) for x in arrays)
    result: jax.Array = jax.lax.scan(lambda state, x: (step(state, *x), None), start, slices)[0]
    return result


def concatenate(arrays: Sequence[jax.Array], axis: int) -> jax.Array:
    return jnp.concatenate([*arrays], axis)


def arange(n: int, like: jax.Array) -> jax.Array:
    return jnp.arange(n)


def readable(value: Any) -> bool:
    if isinstance(value, jax.core.Tracer):
        return False
    return not isinstance(value, jax.Array) or all(device.platform == "cpu" for device in value.devices())


def learned(x: jax.Array) -> bool:
    return True


def gradient(cost: Any, prediction: jax.Array) -> jax.Array:
    result: jax.Array = jax.grad(cost)(prediction)
    return result


def detached(x: jax.Array) -> jax.Array:
    return jax.lax.stop_gradient(x)


def placeholder(shape: tuple[int, ...], dtype: Any, like: jax.Array) -> Any:
    return jax.ShapeDtypeStruct(shape, dtype)
