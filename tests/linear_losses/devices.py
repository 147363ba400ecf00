"""Linear losses inside ``jax.shard_map`` on four devices of the CPU; its own process, for devices are counted once."""

import jax
import jax.numpy as jnp
import torch
from jax import lax
from jax.sharding import PartitionSpec as P

import lossary
from lossary import linear_cross_entropy
from tests.linear_losses.test_linear_jax import LOSSES, as_jax, pulled
from tests.linear_losses.truth import RETURNS, Batch, assert_close, with_gradients

MESH = jax.make_mesh((2, 2), ("rows", "classes"), axis_types=(jax.sharding.AxisType.Auto,) * 2)
BATCH = Batch(rows=14, classes=12)
LAYER = tuple(as_jax(x) for x in (BATCH.hidden, BATCH.weight, BATCH.bias))
LABELS, SOFT = as_jax(BATCH.labels), as_jax(BATCH.soft)
ERROR = 1e-11


def same(got, gradients, want=None, found=None):
    for name in found or ():
        assert_close(found[name], want[name], ERROR, name)
    for x, gradient in zip(got, gradients, strict=True):
        assert_close(x, gradient, ERROR)


def sharded_classes(case, check):
    """All of a loss, with its classes on two devices."""
    target, options = BATCH.options(case)
    options |= BATCH.teacher if target is None else {}
    loss = LOSSES[options.get("divergence", "cross_entropy")]
    more = {name: as_jax(x) for name, x in options.items() if name != "divergence"}
    per_class = {name: more.pop(name) for name in ("teacher_weight", "teacher_bias") if name in more}
    arguments = () if target is None else (as_jax(target),)
    spec_of_target = P(None, "classes") if case.startswith("soft") else P()

    def local(hidden, weight, bias, per_class, *target):
        found = loss(hidden, weight, *target, bias=bias, process_group="classes", returns=RETURNS, chunk=5, **per_class, **more)
        return found._asdict()

    specs = (P(), P("classes"), P("classes"), P("classes"), *[spec_of_target] * len(arguments))
    mapped = jax.shard_map(local, mesh=MESH, in_specs=specs, out_specs=P(), check_vma=check)
    for extras in (False, True):
        pulls = BATCH.pulls(options, extras)

        def cost(layer, pulls=pulls):
            found = mapped(*layer, per_class, *arguments)
            return pulled(found, pulls), found

        want, gradients = with_gradients(pulls, BATCH.hidden, BATCH.weight, target, bias=BATCH.bias, **options)
        got, found = jax.jit(jax.grad(cost, has_aux=True))(LAYER)
        same(got, gradients, want, found)


def sharded_rows(check, both):
    """Rows on two devices, whose costs add up; and, with both, classes on two more."""
    class_weight = as_jax(BATCH.class_weight)
    group = "classes" if both else None
    place = P("classes") if both else P()

    def local(hidden, weight, bias, labels):
        counted = labels != -100
        n = lax.psum(jnp.where(counted, class_weight[labels], 0).sum(), "rows")
        options = {"class_weight": class_weight, "ignore_index": -100, "process_group": group, "chunk": 3}
        return lax.psum(linear_cross_entropy(hidden, weight, labels, bias=bias, normalizer=n, **options), "rows")

    specs = (P("rows"), place, place, P("rows"))
    mapped = jax.shard_map(local, mesh=MESH, in_specs=specs, out_specs=P(), check_vma=check)
    options = {"class_weight": BATCH.class_weight, "ignore_index": -100, "bias": BATCH.bias}
    want, gradients = with_gradients({"loss": torch.ones(())}, BATCH.hidden, BATCH.weight, BATCH.ignored, **options)
    labels = as_jax(BATCH.ignored)
    value, got = jax.jit(jax.value_and_grad(lambda layer: mapped(*layer, labels)))(LAYER)
    same(got, gradients, want, {"loss": value})

    # gradients inside of the map: of the rows here, or with the checks of all of them
    def inside(hidden, weight, bias, labels):
        n = lax.psum(jnp.where(labels != -100, class_weight[labels], 0).sum(), "rows")
        options = {"class_weight": class_weight, "ignore_index": -100, "process_group": group, "chunk": 3}
        _, (d_hidden, d_weight, d_bias) = linear_cross_entropy.value_and_gradient(
            hidden, weight, labels, bias=bias, normalizer=n, **options
        )
        if not check:
            d_weight, d_bias = lax.psum((d_weight, d_bias), "rows")
        return d_hidden, d_weight, d_bias

    if not both:
        mapped = jax.shard_map(inside, mesh=MESH, in_specs=specs, out_specs=specs[:3], check_vma=check)
        same(jax.jit(mapped)(*LAYER, labels), gradients)


def one_device_of_the_axis(check):
    """An axis of one device shares nothing out."""
    mesh = jax.make_mesh((1,), ("classes",), axis_types=(jax.sharding.AxisType.Auto,))
    local = lambda h, w: linear_cross_entropy(h, w, LABELS, process_group="classes", chunk=5)
    mapped = jax.shard_map(local, mesh=mesh, in_specs=(P(), P("classes")), out_specs=P(), check_vma=check)
    want, gradients = with_gradients({"loss": torch.ones(())}, BATCH.hidden, BATCH.weight, BATCH.labels)
    value, got = jax.jit(jax.value_and_grad(mapped, (0, 1)))(*LAYER[:2])
    same(got, gradients, want, {"loss": value})


def invalid(check):
    """What cannot be raised is NaN in its row, whichever device found it."""

    def local(hidden, weight, target):
        return linear_cross_entropy(hidden, weight, target, process_group="classes", reduction="none", chunk=5)

    for target, spec in ((LABELS.at[3].set(12), P()), (SOFT.at[3, 1].set(-0.5), P(None, "classes"))):
        mapped = jax.shard_map(local, mesh=MESH, in_specs=(P(), P("classes"), spec), out_specs=P(), check_vma=check)
        rows = jax.jit(mapped)(*LAYER[:2], target)
        assert jnp.isnan(rows).nonzero()[0].tolist() == [3], rows
        gradient = jax.jit(jax.grad(lambda h, mapped=mapped, target=target: mapped(h, LAYER[1], target).sum()))(LAYER[0])
        assert jnp.isnan(gradient).any(1).nonzero()[0].tolist() == [3], gradient


@lossary.softmax
def focal(log_probability, *, gamma=2.0):
    return -((1 - lossary.vocabulary.exp(log_probability)) ** gamma) * log_probability


def refused():
    """What classes on several devices do not have, and how that is said."""

    def local(gamma, hidden, weight):
        return lossary.linear(focal)(hidden, weight, LABELS, gamma=gamma, process_group="classes")

    mapped = jax.shard_map(local, mesh=MESH, in_specs=(P(), P(), P("classes")), out_specs=P())
    try:
        jax.grad(mapped)(1.5, *LAYER[:2])
    except NotImplementedError as error:
        assert "learned parameters" in str(error)  # noqa: PT017
    else:
        raise AssertionError("a learned parameter of sharded classes was taken")


CHECKS = {
    "class_weight": (True, False),
    "soft, all": (True, False),
    "none": (True,),
    "taught": (False,),
    "kl": (True,),
    "js, rows": (False,),
}
"""Cases, and whether ``check_vma`` is on."""

if __name__ == "__main__":
    for case, checks in CHECKS.items():
        for check in checks:
            print(case, check, flush=True)
            sharded_classes(case, check)
    for check in (True, False):
        print("others", check, flush=True)
        sharded_rows(check, both=False)
        sharded_rows(check, both=True)
        one_device_of_the_axis(check)
        invalid(check)
    refused()
    print("fine")
