"""Linear losses inside ``jax.shard_map`` on four devices of the CPU; its own process, for devices are counted once."""

import jax
import jax.numpy as jnp
from jax import lax
from jax.sharding import PartitionSpec as P

import lossary
from lossary import linear_cross_entropy
from tests.linear_losses.cases import PER_CLASS, Batch, all_close, assert_close
from tests.linear_losses.test_linear_jax import as_jax, pulled
from tests.softmax_oracle import RETURNS, focal, with_gradients

MESH = jax.make_mesh((2, 2), ("rows", "classes"), axis_types=(jax.sharding.AxisType.Auto,) * 2)
BATCH = Batch(rows=14, classes=12)
LAYER = tuple(map(as_jax, BATCH.layer))
LABELS, SOFT = as_jax(BATCH.labels), as_jax(BATCH.soft)
ERROR = 5e-12


def sharded_classes(case, check):
    """All of a loss, with its classes on two devices."""
    loss, layer, options = BATCH.case(case)
    arrays = {name: as_jax(x) for name, x in options.items() if name in (*PER_CLASS, "target")}
    more = {name: as_jax(x) for name, x in options.items() if name not in arrays}
    places = dict.fromkeys(arrays, P("classes"))
    if "target" in arrays:
        places["target"] = P(None, "classes") if case.startswith("soft") else P()

    def local(hidden, weight, bias, arrays):
        found = loss(hidden, weight, bias=bias, process_group="classes", returns=RETURNS, chunk=5, **arrays, **more)
        return found._asdict()

    specs = (P(), P("classes"), P("classes"), places)
    mapped = jax.shard_map(local, mesh=MESH, in_specs=specs, out_specs=P(), check_vma=check)
    pulls = BATCH.pulls(case, True)

    def cost(layer):
        found = mapped(*layer, arrays)
        return pulled(found, pulls), found

    want, gradients = BATCH.expected(case, pulls)
    got, found = jax.jit(jax.grad(cost, has_aux=True))(tuple(map(as_jax, layer)))
    for name in found:
        assert_close(found[name], want[name], ERROR, name)
    all_close(got, gradients, ERROR)


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
    want, gradients = with_gradients(BATCH.layer, BATCH.ignored, class_weight=BATCH.class_weight, ignore_index=-100)
    labels = as_jax(BATCH.ignored)
    value, got = jax.jit(jax.value_and_grad(lambda layer: mapped(*layer, labels)))(LAYER)
    assert_close(value, want["loss"], ERROR)
    all_close(got, gradients, ERROR)

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
        all_close(jax.jit(mapped)(*LAYER, labels), gradients, ERROR)


def one_device_of_the_axis(check):
    """An axis of one device shares nothing out."""
    mesh = jax.make_mesh((1,), ("classes",), axis_types=(jax.sharding.AxisType.Auto,))
    local = lambda h, w: linear_cross_entropy(h, w, LABELS, process_group="classes", chunk=5)
    mapped = jax.shard_map(local, mesh=mesh, in_specs=(P(), P("classes")), out_specs=P(), check_vma=check)
    want, gradients = with_gradients((*BATCH.layer[:2], None), BATCH.labels)
    value, got = jax.jit(jax.value_and_grad(mapped, (0, 1)))(*LAYER[:2])
    assert_close(value, want["loss"], ERROR)
    all_close(got, gradients, ERROR)


def far_apart():
    """The largest logit of a row counts, whichever device has it: e^(z - another) would be infinite."""
    local = lambda h, w: linear_cross_entropy(h, w, LABELS, process_group="classes", reduction="none")
    mapped = jax.shard_map(local, mesh=MESH, in_specs=(P(), P("classes")), out_specs=P())
    want, _ = with_gradients((1000 * BATCH.hidden, BATCH.weight, None), BATCH.labels)
    assert_close(jax.jit(mapped)(1000 * LAYER[0], LAYER[1]), want["token_losses"], ERROR)


def invalid(check):
    """What cannot be raised is NaN in its row, whichever device found it."""

    def local(hidden, weight, target):
        return linear_cross_entropy(hidden, weight, target, process_group="classes", reduction="none", chunk=5)

    def slopes_and_rows(hidden):
        found = []
        for target, spec in ((LABELS.at[3].set(12), P()), (SOFT.at[3, 1].set(-0.5), P(None, "classes"))):
            specs = (P(), P("classes"), spec)
            mapped = jax.shard_map(local, mesh=MESH, in_specs=specs, out_specs=P(), check_vma=check)
            rows, pull = jax.vjp(lambda h, mapped=mapped, target=target: mapped(h, LAYER[1], target), hidden)
            found += [rows, pull(jnp.ones_like(rows))[0].sum(1)]
        return found

    for found in jax.jit(slopes_and_rows)(LAYER[0]):
        assert jnp.isnan(found).nonzero()[0].tolist() == [3], found


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
    far_apart()
    refused()
    print("fine")
