"""Linear losses of JAX arrays: a scan over blocks of rows, with a derivative of its own."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax
from jax.custom_derivatives import SymbolicZero

from lossary.arrays import jax as backend
from lossary.arrays.rows import on_last_axis, others_of_softmax
from lossary.engine.class_sums import AllClasses, ShardedClasses
from lossary.linear_losses import all_rows, loop
from lossary.linear_losses.block import Block, BlockResult, UpstreamGradients
from lossary.linear_losses.cost import Gradients, PreparedCall, cost_of
from lossary.linear_losses.divergence import from_teacher
from lossary.linear_losses.job import FIELDS, Arrays, LinearJob

Array = jax.Array
_psum: Any = lax.psum  # JAX gives them no types
_pmax: Any = lax.pmax
_pmin: Any = lax.pmin
_ROWS = ("hidden", "target", "counted", "mass", "teacher_hidden")
"""The arrays with a row axis."""


@dataclass(frozen=True)
class MeshClasses(ShardedClasses):
    """Sums over all classes of a row, which are sharded along an axis of a mesh, inside ``jax.shard_map``."""

    axis: str = ""
    columns: int = 0
    """The number of this device's classes."""

    @property
    def first(self) -> Any:
        """The index of this device's first class."""
        return lax.axis_index(self.axis) * self.columns

    def count(self, columns: int) -> int:
        """Return the number of classes of all devices."""
        return columns * self.ranks

    def local_part(self, per_class: Array) -> Array:
        """Return the part of this device's classes."""
        return lax.dynamic_slice_in_dim(per_class, self.first, self.columns)

    def total(self, terms: Array) -> Array:
        """Return the sum over the classes of all devices."""
        return _psum(terms.sum(-1), self.axis)

    def max_and_rest(self, z: Array) -> tuple[Array, Array]:
        """Return the maximum of each row, and Σ e^(z - max) of all classes but one that has the maximum."""
        top = _pmax(z.max(-1), self.axis)
        at_top = z == top[..., None]
        below = jnp.where(at_top, 0.0, jnp.exp(z - top[..., None])).sum(-1)
        others = _psum(below, self.axis) + (_psum(at_top.sum(-1).astype(z.dtype), self.axis) - 1)
        return top, others_of_softmax(jnp, top, others)

    def argmax(self, x: Array) -> Array:
        """Return the index, among all classes, of the first that has the maximum."""
        value = x.max(-1)
        first = jnp.where(value == _pmax(value, self.axis), jnp.argmax(x, -1) + self.first, self.count(self.columns))
        return _pmin(first, self.axis)

    def sum_of_ranks(self, x: Array) -> Array:
        """Return the sum of the devices' parts."""
        summed: Array = _psum(x, self.axis)
        return summed


def localize(name: str, arrays: tuple[Any, ...], options: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any], Any]:
    """Return arrays and options as they are, and how to sum over classes."""
    axis = options.get("process_group")
    if axis is None:
        return arrays, options, AllClasses(backend)
    if not isinstance(axis, str):
        raise TypeError(f"{name}: in JAX, process_group= is the name of a mesh axis, inside jax.shard_map; got {axis!r}")
    columns = jnp.shape(arrays[1])[0] if jnp.ndim(arrays[1]) else 0
    return arrays, options, MeshClasses(backend, ranks=lax.axis_size(axis), axis=axis, columns=columns)


def compute(prepared: PreparedCall, with_gradient: bool) -> Any:
    """Return the value, or value and gradients."""
    if not with_gradient:
        return _value(prepared)
    arrays = prepared.arrays
    given = {name: x for name in ("hidden", "weight", "bias") if (x := getattr(arrays, name)) is not None}
    inputs = {name: x if backend.kind(x) == "float" else x.astype(arrays.dtype) for name, x in given.items()}

    def cost(inputs: dict[str, Array]) -> tuple[Array, Any]:
        value = _value(dataclasses.replace(prepared, arrays=dataclasses.replace(arrays, **inputs)))
        return (value[0] if prepared.job.returns else value).sum(), value

    found, value = jax.grad(cost, has_aux=True)(inputs)
    return value, Gradients(
        found["hidden"].reshape(*prepared.shape, arrays.hidden.shape[-1]), found["weight"], found.get("bias")
    )


def _value(prepared: PreparedCall) -> Any:
    arrays, call, job = prepared.arrays, prepared.call, prepared.job
    if call.invalid is not None:  # where values cannot be read
        hidden = arrays.hidden + jnp.where(call.invalid, jnp.nan, 0.0).reshape(-1, 1)  # so their gradient is NaN
        arrays = dataclasses.replace(arrays, hidden=hidden)
    if any(type(number) not in (int, float) for _, number in job.parameters):  # learned, or traced
        if arrays.class_sums.shared:
            raise NotImplementedError("a vocabulary that is sharded over devices has no learned parameters")
        total, losses, *extras = all_rows.compute(job, arrays)
    else:
        reduced = call.reduction.how != "none"
        share = lax.stop_gradient(
            jnp.asarray(call.reduction.share(backend, prepared.divisor) if reduced else 1.0, arrays.dtype)
        )
        fixed = {name: getattr(arrays, name) for name in FIELDS[3:]}
        rows = _mapped if jax.sharding.get_abstract_mesh().manual_axes else _differentiable
        total, losses, *extras = rows(
            _Static(job, arrays.dtype, arrays.class_sums, reduced), arrays.hidden, arrays.weight, arrays.bias, fixed, share
        )
    found = dict(zip(all_rows.EXTRAS, extras, strict=True), token_losses=losses)
    return cost_of(prepared, total, losses, [found[name] for name in job.returns])


@dataclass(frozen=True)
class _Static:
    """The static arguments of a trace."""

    job: LinearJob
    dtype: Any
    class_sums: Any
    reduced: bool

    def arrays(self, layer: Sequence[Any], fixed: dict[str, Any]) -> Arrays:
        """Return the arrays of a call, from hidden states, weight and bias, and the others by name."""
        hidden, weight, bias = layer
        more = {"backend": backend, "dtype": self.dtype, "class_sums": self.class_sums}
        return Arrays(hidden=hidden, weight=weight, bias=bias, **more, **fixed)


def _rows(static: _Static, hidden: Array, weight: Array, bias: Array | None, fixed: dict[str, Any], share: Array) -> Any:
    """Return Σwℓ, losses, log normalizers, entropies and correctness."""
    return _values(static, _run(static, static.arrays((hidden, weight, bias), fixed), share, (False,) * 3, UpstreamGradients()))


def _values(static: _Static, found: loop.Result) -> tuple[Any, ...]:
    extras = dict(zip(static.job.returns, found.extras, strict=True))
    return backend.total(found.losses), found.losses, *map(extras.get, all_rows.EXTRAS)


def _forward(static: _Static, *arguments: Any) -> Any:
    """Return values and what the backward pass needs; each input comes with a mark whether it is differentiated."""
    needed = tuple(x is not None and x.perturbed for x in arguments[:3])
    values = jax.tree.map(lambda x: x.value, arguments, is_leaf=lambda x: hasattr(x, "perturbed"))
    return _forward_of(static, values, needed, static.reduced)


def _forward_of(static: _Static, values: Any, needed: tuple[bool, ...], early: bool) -> Any:
    *layer, fixed, share = values
    found = _run(static, static.arrays(layer, fixed), share, tuple(one and early for one in needed), UpstreamGradients())
    return _values(static, found), (layer, fixed, share, _Needed(needed), found[2:])


@jax.tree_util.register_static
@dataclass(frozen=True)
class _Needed:
    """Whether hidden states, weight and bias are differentiated."""

    each: tuple[bool, ...]


def _backward(static: _Static, saved: Any, upstream_gradients: Any) -> Any:
    layer, fixed, share, needed, early = saved
    total, losses, log_normalizers, entropies = (
        None if x is None or isinstance(x, SymbolicZero) else x for x in upstream_gradients[:4]
    )
    if static.reduced and losses is None and log_normalizers is None and entropies is None:
        if total is None:
            return None, None, None, None, None
        # a share of 0 means that there is nothing to average; the gradients are 0 already
        factor = jnp.where(share == 0, 0.0, total / jnp.where(share == 0, 1.0, share))
        found: Any = [None if x is None else x * factor for x in early]
    else:
        rows = layer[0].shape[0]
        losses = jnp.zeros(rows, static.dtype) if losses is None else losses
        losses = losses if total is None else losses + total
        again = dataclasses.replace(static, job=dataclasses.replace(static.job, returns=()))
        one = jnp.ones((), static.dtype)
        upstream = UpstreamGradients(losses, log_normalizers, entropies)
        found = _run(again, again.arrays(layer, fixed), one, needed.each, upstream)[2:]
    given = [None if x is None else x.astype(like.dtype) for x, like in zip(found, layer, strict=True)]
    return *given, None, None


_differentiable = jax.custom_vjp(_rows, nondiff_argnums=(0,))
_differentiable.defvjp(_forward, _backward, symbolic_zeros=True)


def _forward_mapped(static: _Static, *arguments: Any) -> Any:
    """As ``_forward``, without marks: all inputs are differentiated, and all results have upstream gradients."""
    early = static.reduced and not set(static.job.returns) - {"accuracy"}
    return _forward_of(static, arguments, tuple(x is not None for x in arguments[:3]), early)


def _varying(x: Any) -> frozenset[str]:
    """Return the mesh axes along which an array differs, as ``jax.shard_map`` tracks them unless check_vma=False."""
    kind: Any = jax.typeof(x)
    return kind.vma if hasattr(kind, "vma") else kind.manual_axis_type.varying  # before JAX 0.10, and since


def _fitted(gradient: Any, like: Any) -> Any:
    """Make a gradient vary over the mesh as its input does: sum it over the axes along which the input is the same."""
    summed = tuple(_varying(gradient) - _varying(like))
    spread = tuple(_varying(like) - _varying(gradient))
    gradient = _psum(gradient, summed) if summed else gradient
    return lax.pcast(gradient, spread, to="varying") if spread else gradient


def _backward_mapped(static: _Static, saved: Any, upstream_gradients: Any) -> Any:
    early = static.reduced and not set(static.job.returns) - {"accuracy"}
    upstream_gradients = [None if x is None or (i and early) else x for i, x in enumerate(upstream_gradients)]
    over, weight = static.class_sums, saved[0][1]
    if over.ranks > 1 and over.axis not in _varying(weight):
        # without check_vma, a sum over the axis is its own transpose; the hidden states' part of each device is added up later
        upstream_gradients = [None if x is None else _psum(x, over.axis) for x in upstream_gradients]
    *found, _, _ = _backward(static, saved, upstream_gradients)
    layer = saved[0]
    return *(None if x is None else _fitted(x, like) for x, like in zip(found, layer, strict=True)), None, None


_mapped = jax.custom_vjp(_rows, nondiff_argnums=(0,))
"""The same inside ``jax.shard_map``, which has no symbolic zeros."""
_mapped.defvjp(_forward_mapped, _backward_mapped)


def _run(static: _Static, arrays: Arrays, share: Any, needed: Sequence[bool], upstream: UpstreamGradients) -> loop.Result:
    """Compute all rows, block after block; the last one is padded with rows that do not count."""
    job, count, upstream = static.job, arrays.hidden.shape[0], upstream.weighted(arrays.sample_weight)
    size = min(job.rows or loop.rows_of_block(job, arrays, False), max(1, count))
    blocks = max(1, -(-count // size))
    size = max(1, -(-count // blocks))
    empty = blocks * size - count
    rows = {name: getattr(arrays, name) for name in _ROWS}
    if empty or not count:
        rows["counted"] = jnp.ones(count, bool) if rows["counted"] is None else rows["counted"]
        rows = {name: None if x is None else jnp.pad(x, [(0, empty)] + [(0, 0)] * (x.ndim - 1)) for name, x in rows.items()}
        upstream = UpstreamGradients(*(None if x is None else jnp.pad(x, (0, empty)) for x in upstream))
    parts = jax.tree.map(lambda x: x.reshape(blocks, size, *x.shape[1:]), (rows, upstream))

    def step(part: Any) -> tuple[Any, Any]:
        some, pull = part
        found, hidden = _block(job, dataclasses.replace(arrays, **some), share, pull, any(needed))
        d_hidden = found.slopes @ arrays.weight.astype(static.dtype) if needed[0] else None
        d_weight = found.slopes.T @ hidden if needed[1] else None
        d_bias = found.slopes.sum(0) if needed[2] else None
        return (d_weight, d_bias), (found.losses, found.extras, d_hidden)

    first, ahead = step(jax.tree.map(lambda x: x[0], parts))
    if blocks > 1:

        def onward(sums: Any, part: Any) -> tuple[Any, Any]:
            more, found = step(part)
            return jax.tree.map(jnp.add, sums, more), found

        first, others = lax.scan(onward, first, jax.tree.map(lambda x: x[1:], parts))
        ahead = jax.tree.map(lambda a, b: jnp.concatenate([a, b.reshape(-1, *a.shape[1:])]), ahead, others)
    losses, extras, d_hidden = jax.tree.map(lambda x: x[:count], ahead)
    d_weight, d_bias = first
    return loop.Result(losses, extras, d_hidden, d_weight, d_bias)


def _block(
    job: LinearJob, arrays: Arrays, share: Any, upstream: UpstreamGradients, with_slopes: bool
) -> tuple[BlockResult, Array]:
    """Return the results of a block, 0 where masked, and its hidden states in the dtype computed in."""

    def states(x: Array) -> Array:
        x = x.astype(arrays.dtype)
        return x if arrays.counted is None else jnp.where(arrays.counted[:, None], x, 0)

    def logits(states: Array, weight: Array, bias: Array | None) -> Array:
        z = states @ weight.astype(arrays.dtype).T
        return z if bias is None else z + on_last_axis(bias.astype(arrays.dtype), z.ndim)

    hidden = states(arrays.hidden)
    z = logits(hidden, arrays.weight, arrays.bias)
    target = arrays.target.astype(arrays.dtype) if job.dense and arrays.target is not None else arrays.target
    some = Block(job, arrays, target, arrays.mass, upstream, share, with_slopes)
    if arrays.teacher_hidden is not None:
        z_teacher = logits(states(arrays.teacher_hidden), arrays.teacher_weight, arrays.teacher_bias)
        found = from_teacher(some, z, z_teacher)
    else:
        found = some.compute(z)
    if arrays.counted is None:
        return found, hidden
    counted = arrays.counted
    losses, extras = jax.tree.map(lambda x: jnp.where(counted, x, 0), (found.losses, found.extras))
    slopes = jnp.where(counted[:, None], found.slopes, 0) if with_slopes else None
    return BlockResult(losses, extras, slopes), hidden
