"""A batch on four devices of JAX gives the numbers of one; run with XLA_FLAGS=--xla_force_host_platform_device_count=4."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, PartitionSpec

import lossary
from tests.batch_losses.naive import batch

jax.config.update("jax_enable_x64", True)

for loss in (lossary.info_nce, lossary.supervised_contrastive):
    inputs = [jnp.asarray(x) for x in batch(loss, np.random.default_rng(0), samples=12)]
    options = {"symmetric": True} if loss is lossary.info_nce else {"chunk": 2}
    rows = PartitionSpec("data")

    @functools.partial(
        jax.shard_map, mesh=Mesh(jax.devices(), ("data",)), in_specs=(rows,) * len(inputs), out_specs=PartitionSpec()
    )
    def shared(*parts, loss=loss, options=options):
        return jax.lax.pmean(loss(*parts, process_group="data", **options), "data")

    places = tuple(range(len(loss.predictions)))
    found, slopes = jax.jit(jax.value_and_grad(shared, places))(*inputs)
    expected, whole = jax.jit(jax.value_and_grad(functools.partial(loss, **options), places))(*inputs)
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    for got, slope in zip(slopes, whole, strict=True):
        np.testing.assert_allclose(got, slope, rtol=1e-10, atol=1e-13)
print("fine")
