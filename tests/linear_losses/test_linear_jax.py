"""Linear losses of JAX arrays, under all of its transforms."""

import os
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch

import lossary
from lossary import linear_cross_entropy
from tests.linear_losses.cases import CASES, Batch, all_close, assert_close
from tests.oracle import without_x64
from tests.softmax_oracle import RETURNS, focal, truth, with_gradients

ERROR = 5e-12
"""Sums of tens of terms of float64, in another order, and the same number by another formula."""


EXTRAS = ("none", "class_weight", "soft, all", "kl", "js, rows")
"""Cases that are tried with cotangents of all that is returned."""


def quick(function):
    """Compiled in half the time, for it runs once."""
    options = {"xla_backend_optimization_level": 0, "xla_llvm_disable_expensive_passes": True}
    return jax.jit(function, compiler_options=options)


def as_jax(x):
    return jnp.asarray(x.numpy()) if isinstance(x, torch.Tensor) else x


def of_case(batch, case):
    """A linear loss with all but its layer."""
    loss, _, options = batch.case(case)
    options = {name: as_jax(x) for name, x in options.items()}
    return lambda layer, **more: loss(*layer[:2], bias=layer[2], **options, **more)


def layer_of(batch):
    return tuple(map(as_jax, batch.layer))


def pulled(found, pulls):
    return sum((as_jax(u) * found[name]).sum() for name, u in pulls.items())


def pull(call, pulls, **more):
    """Results, and gradients of what has these cotangents."""

    def cost(layer):
        found = call(layer, returns=RETURNS, **more)._asdict()
        return pulled(found, pulls), found

    return jax.grad(cost, has_aux=True)


BASIC = {"labels", "none", "class_weight", "smoothing", "soft, all", "kl", "js, rows"}


@pytest.mark.parametrize("case", [pytest.param(case, marks=[] if case in BASIC else pytest.mark.heavy) for case in CASES])
def test_results_and_gradients_are_those_of_the_definition(case):
    batch = Batch()
    pulls = batch.pulls(case, case in EXTRAS)
    want, gradients = batch.expected(case, pulls)
    layer = tuple(map(as_jax, batch.case(case)[1]))
    got, found = quick(pull(of_case(batch, case), pulls, chunk=5))(layer)
    for name in want:
        assert found[name].dtype == jnp.float64
        assert_close(found[name], want[name], ERROR, name)
    all_close(got, gradients, ERROR)


def test_calls_at_once_agree_with_those_that_are_traced():
    batch = Batch()
    loss, layer, options = batch.case("class_weight")
    hidden, weight, bias = map(as_jax, layer)
    options = {name: as_jax(x) for name, x in options.items()}
    want, gradients = batch.expected("class_weight")
    value, found = loss.value_and_gradient(hidden, weight, bias=bias, **options)
    assert found._fields == ("hidden", "weight", "bias")
    assert_close(value, want["loss"], ERROR)
    all_close(found, gradients, ERROR)
    assert_close(loss(hidden, weight, bias=bias, **options), want["loss"], ERROR)
    assert loss.gradient(hidden, weight, **options).bias is None


def test_shapes_of_hidden_states():
    batch = Batch(rows=12)
    hidden, weight, _ = layer_of(batch)
    want, gradients = with_gradients((*batch.layer[:2], None), batch.labels)
    labels = as_jax(batch.labels)
    both = quick(lambda h, y: linear_cross_entropy.value_and_gradient(h, weight, y, chunk=5))
    rows = lambda h, y: linear_cross_entropy(h, weight, y, reduction="none")
    value, found = both(hidden.reshape(3, 4, 5), labels.reshape(3, 4))
    assert found.hidden.shape == (3, 4, 5)
    assert_close(value, want["loss"], ERROR)
    assert_close(found.hidden.reshape(12, 5), gradients[0], ERROR)
    assert jax.eval_shape(rows, hidden.reshape(3, 4, 5), labels.reshape(3, 4)).shape == (3, 4)
    one, found = both(hidden[0], labels[0])
    assert (one.shape, found.hidden.shape) == ((), (5,))
    assert_close(one, want["token_losses"][0], ERROR)


def test_few_rows_and_classes():
    batch = Batch()
    hidden, weight, _ = layer_of(batch)
    labels, soft = as_jax(batch.labels), as_jax(batch.soft)

    @quick
    def nothing(hidden, target):
        found = linear_cross_entropy.value_and_gradient(hidden, weight, target, empty="zero")
        each = linear_cross_entropy(hidden, weight, target, reduction="none")
        return found, linear_cross_entropy(hidden, weight, target), each

    for target in (labels[:0], soft[:0]):
        (value, found), mean, each = nothing(hidden[:0], target)
        assert value == 0
        assert found.hidden.shape == (0, 5)
        assert (found.weight == 0).all()
        assert jnp.isnan(mean)
        assert each.shape == (0,)
    with pytest.raises(ValueError, match="the mean of no samples"):
        linear_cross_entropy(hidden[:0], weight, labels[:0], empty="raise")
    cost = linear_cross_entropy.value_and_gradient
    nobody = lambda h: cost(h, weight, labels, where=jnp.zeros(13, bool), empty="zero")
    one_class = lambda h: cost(h, weight[:1], jnp.zeros(13, int), z_loss=0.1)
    (value, left_out), (one, found) = quick(lambda h: (nobody(h), one_class(h)))(hidden)
    assert value == 0
    assert (left_out.hidden == 0).all()
    want, gradients = with_gradients((batch.hidden, batch.weight[:1], None), batch.labels * 0, z_loss=0.1)
    assert_close(one, want["loss"], ERROR)
    assert_close(found.weight, gradients[1], ERROR)
    with pytest.raises(ValueError, match="at least one class"):
        linear_cross_entropy(hidden, weight[:0], labels)


# ---- precisions


@pytest.mark.parametrize(
    ("hidden", "weight", "extras"),
    [("bfloat16", "bfloat16", False), ("float16", "float32", True), ("bfloat16", "float64", False)],
)
def test_precisions(hidden, weight, extras):
    batch = Batch(rows=60)
    dtypes = [jnp.dtype(name) for name in (hidden, weight, weight)]
    layer = tuple(x.astype(dtype) for x, dtype in zip(layer_of(batch), dtypes, strict=True))
    exact = [x.astype(jnp.float64) for x in layer]
    computed = "float64" if "float64" in (hidden, weight) else "float32"
    error = 5e-6 if computed == "float32" else ERROR
    pulls = {"loss": 1.0, **({"log_normalizer": batch.pull["log_normalizer"]} if extras else {})}
    want, gradients = with_gradients(exact, batch.labels, pulls, z_loss=0.1)
    cost = lambda layer, returns: linear_cross_entropy(
        *layer[:2], as_jax(batch.labels), bias=layer[2], z_loss=0.1, returns=returns, chunk=7
    )
    got, found = quick(pull(cost, pulls))(layer)
    assert {x.dtype.name for x in found.values()} == {computed}
    for name in ("loss", "log_normalizer", "entropy", "token_losses"):
        assert_close(found[name], want[name], error, name)
    for x, gradient, dtype in zip(got, gradients, dtypes, strict=True):
        assert x.dtype == dtype
        # one rounding at the end: half precision has 8 bits, or 11 and numbers from 6e-8 on
        bits = {"bfloat16": 2.0**-8, "float16": 2.0**-11}.get(dtype.name, 0.0)
        bound = bits * gradient.abs() + error * gradient.abs().max() + (6e-8 if dtype.name == "float16" else 0)
        assert (abs(torch.from_numpy(np.array(x.astype(jnp.float64))) - gradient) <= bound).all()


def test_integer_hidden_states():
    value, found = linear_cross_entropy.value_and_gradient(jnp.array([[1, 2]]), jnp.array([[1, 0], [0, 1]]), jnp.array([0]))
    assert float(value) == pytest.approx(np.log1p(np.e))
    assert found.weight.dtype == jnp.float64


def test_without_64_bits():
    g = np.random.default_rng(0)
    h, w, y = g.normal(size=(5000, 4)).astype(np.float32), g.normal(size=(7, 4)).astype(np.float32), g.integers(0, 7, 5000)
    want, gradients = with_gradients((h, w, None), y)
    with without_x64():
        h, w, y = map(jnp.asarray, (h, w, y))
        cost, found = quick(lambda *x: linear_cross_entropy.value_and_gradient(*x, chunk=300))(h, w, y)
        assert cost.dtype == found.hidden.dtype == found.weight.dtype == jnp.float32
        halves = jax.eval_shape(linear_cross_entropy, h.astype(jnp.bfloat16), w.astype(jnp.bfloat16), jnp.ones((5000, 7)))
        assert halves.dtype == jnp.float32
    assert float(cost) == pytest.approx(want["loss"].item(), rel=1e-6)
    assert_close(found.weight, gradients[1], 5e-6)
    assert abs(np.asarray(found.hidden) - gradients[0].numpy()).max() < 1e-5 * gradients[0].abs().max().item()


# ---- transforms


def test_a_divisor_that_is_traced():
    batch = Batch()
    hidden, weight, _ = layer_of(batch)
    cost = lambda h, n: linear_cross_entropy(h, weight, as_jax(batch.labels), normalizer=n, chunk=5)
    want, gradients = with_gradients((*batch.layer[:2], None), batch.labels, normalizer=2.5)
    both = quick(jax.value_and_grad(cost, (0, 1)))
    value, (d_hidden, d_normalizer) = both(hidden, 2.5)
    assert_close(value, want["loss"], ERROR)
    assert_close(d_hidden, gradients[0], ERROR)
    assert float(d_normalizer) == pytest.approx(-float(value) / 2.5)
    nothing, (d_hidden, _) = both(hidden, 0.0)
    assert jnp.isnan(nothing)
    assert (d_hidden == 0).all()


def test_vmap_over_layers_targets_and_masks():
    batch = Batch()
    hidden, weight, _ = layer_of(batch)
    labels, where = as_jax(batch.labels), as_jax(batch.where)

    def cost(h, w, y, m):
        return linear_cross_entropy(h, w, y, where=m, class_weight=as_jax(batch.class_weight), chunk=5)

    stacked = [jnp.stack([hidden, hidden[::-1]]), jnp.stack([weight, weight[::-1]]), jnp.stack([labels, labels[::-1]])]
    each = quick(jax.vmap(jax.value_and_grad(cost, (0, 1)), (0, 0, 0, None)))(*stacked, where)
    for i in range(2):
        h, w, y = (np.array(x[i]) for x in stacked)
        want, gradients = with_gradients((h, w, None), y, where=batch.where, class_weight=batch.class_weight)
        assert_close(each[0][i], want["loss"], ERROR)
        for x, gradient in zip(each[1], gradients, strict=True):
            assert_close(x[i], gradient, ERROR)
    masks = jnp.stack([where, ~where])
    each = quick(jax.vmap(cost, (None, None, None, 0)))(hidden, weight, labels, masks)
    for i, mask in enumerate((batch.where, ~batch.where)):
        want = truth(*batch.layer[:2], None, batch.labels, where=mask, class_weight=batch.class_weight)
        assert_close(each[i], want["loss"], ERROR)


def products(function, *arguments):
    """How many matrix products a function's trace has."""
    return str(jax.make_jaxpr(function)(*arguments)).count("dot_general")


def test_only_what_is_asked_for_is_computed():
    batch = Batch()
    layer = layer_of(batch)
    labels = as_jax(batch.labels)
    cost = lambda *layer: linear_cross_entropy(*layer[:2], labels, bias=layer[2], chunk=13)
    assert products(cost, *layer) == 1
    assert products(jax.grad(cost, 0), *layer) == 2
    assert products(jax.grad(cost, 1), *layer) == 2
    assert products(jax.grad(cost, 2), *layer) == 1
    assert products(jax.grad(cost, (0, 1, 2)), *layer) == 3
    _, gradients = with_gradients(batch.layer, batch.labels)
    all_close(quick(lambda *layer: [jax.grad(cost, i)(*layer) for i in range(3)])(*layer), gradients, ERROR)
    # a cost and numbers beside it that nobody differentiates are one pass too
    extra = lambda *layer: linear_cross_entropy(*layer[:2], labels, bias=layer[2], chunk=13, returns=("entropy",))
    assert products(jax.grad(lambda *x: extra(*x).loss, (0, 1)), *layer) == 3
    # and of losses one by one, whose cotangents come later, there are two
    rows = lambda *layer: linear_cross_entropy(*layer[:2], labels, bias=layer[2], chunk=13, reduction="none").sum()
    assert products(jax.grad(rows, (0, 1)), *layer) == 4


@pytest.mark.heavy
@pytest.mark.parametrize(("case", "mode"), [("soft, all", jax.jacrev), ("js", jax.jacfwd)])
def test_second_derivatives(case, mode):
    batch = Batch(rows=3, features=2, classes=4)
    batch.where = torch.tensor([True, False, True])
    _, layer, options = batch.case(case)
    hidden, weight, bias = map(as_jax, layer)
    cost = lambda h, w: of_case(batch, case)((h, w, bias), chunk=2)
    exact = lambda h, w: truth(h, w, batch.bias, divergence=CASES[case].get("divergence", "cross_entropy"), **options)["loss"]
    want = torch.autograd.functional.hessian(exact, (layer[0], batch.weight))
    got = quick(mode(jax.grad(cost, (0, 1)), (0, 1)))(hidden, weight)
    for i in range(2):
        for j in range(2):
            assert_close(got[i][j], want[i][j], ERROR)


def test_jax_hessian_and_second_derivatives_of_extras():
    batch = Batch(rows=3, features=2, classes=4)
    hidden, weight, _ = layer_of(batch)

    def cost(h):
        found = linear_cross_entropy(h, weight, as_jax(batch.labels), returns=("entropy", "log_normalizer"), chunk=2)
        return found.loss + (found.entropy**2).sum() + (found.log_normalizer**2).sum()

    def exact(h):
        found = truth(h, batch.weight, None, batch.labels)
        return found["loss"] + (found["entropy"] ** 2).sum() + (found["log_normalizer"] ** 2).sum()

    want = torch.autograd.functional.hessian(exact, batch.hidden)
    assert_close(np.asarray(quick(jax.hessian(cost))(hidden)), want, ERROR)


def test_checkpoint():
    batch = Batch()
    hidden, weight, _ = layer_of(batch)
    cost = jax.checkpoint(lambda h, w: linear_cross_entropy(jnp.tanh(h), w, as_jax(batch.labels), chunk=5))
    tanh = torch.tanh(batch.hidden)
    _, gradients = with_gradients((tanh, batch.weight, None), batch.labels)
    d_hidden, d_weight = quick(jax.grad(cost, (0, 1)))(hidden, weight)
    assert_close(d_hidden, gradients[0] * (1 - tanh**2), ERROR)
    assert_close(d_weight, gradients[1], ERROR)


def test_losses_of_ones_own_and_parameters_that_are_learned():
    batch = Batch()
    hidden, weight, _ = layer_of(batch)
    linear_focal = lossary.linear(focal)
    gamma = torch.tensor(1.5, dtype=torch.float64, requires_grad=True)
    layer = *batch.layer[:2], None
    want, gradients = with_gradients(layer, batch.labels, loss=focal, gamma=1.5)
    truth(*layer, batch.labels, focal, gamma=gamma)["loss"].backward()
    cost = lambda h, w, gamma: linear_focal(h, w, as_jax(batch.labels), gamma=gamma, chunk=5)
    value, found = quick(jax.value_and_grad(lambda h, w: cost(h, w, 1.5), (0, 1)))(hidden, weight)
    learned, again = quick(jax.value_and_grad(cost, (0, 1, 2)))(hidden, weight, 1.5)
    for one, several in ((value, found), (learned, again)):
        assert_close(one, want["loss"], ERROR)
        assert_close(several[0], gradients[0], ERROR)
        assert_close(several[1], gradients[1], ERROR)
    assert float(again[2]) == pytest.approx(gamma.grad.item(), rel=1e-10)


# ---- memory


def test_memory_does_not_grow_with_the_logits():
    classes, features = 2000, 8
    weight = jax.ShapeDtypeStruct((classes, features), jnp.float32)

    def peak(rows):
        arrays = jax.ShapeDtypeStruct((rows, features), jnp.float32), weight, jax.ShapeDtypeStruct((rows,), jnp.int32)
        cost = lambda h, w, y: linear_cross_entropy(h, w, y, chunk=64)
        return jax.jit(jax.value_and_grad(cost, (0, 1))).lower(*arrays).compile().memory_analysis().temp_size_in_bytes

    few, many = peak(64 * 4), peak(64 * 64)
    assert few < 12 * 64 * classes * 4  # some arrays as large as a block's logits
    assert many - few < 64 * 60 * features * 4 * 20 < 64 * 60 * classes * 4 / 10


# ---- refusals


@pytest.mark.heavy
@pytest.mark.parametrize("check", [True, False])
def test_labels_out_of_range(check):
    batch = Batch()
    hidden, weight, _ = layer_of(batch)
    labels = as_jax(batch.labels).at[3].set(11)
    cost = lambda h, y, **more: linear_cross_entropy(h, weight, y, check=check, chunk=5, **more)
    if check:
        with pytest.raises(ValueError, match="a class index lies in 0 … 10"):
            cost(hidden, labels)

    @quick
    def several(h, y):
        others = cost(h, y, where=jnp.arange(13) != 3), cost(h, y, ignore_index=11)
        return *jax.value_and_grad(cost)(h, y), cost(h, y, reduction="none"), *others

    value, gradient, rows, *others = several(hidden, labels)
    assert jnp.isnan(value)
    assert jnp.isnan(gradient).any(1).nonzero()[0].tolist() == [3]
    assert jnp.isnan(rows).nonzero()[0].tolist() == [3]
    want = truth(*batch.layer[:2], None, batch.labels, where=torch.arange(13) != 3)["loss"]
    for other in others:
        assert_close(other, want, ERROR)


def test_rows_that_are_no_distribution():
    batch = Batch()
    hidden, weight, _ = layer_of(batch)
    soft = as_jax(batch.soft).at[3, 2].add(0.5)
    with pytest.raises(ValueError, match="sum"):
        linear_cross_entropy(hidden, weight, soft)
    cost = lambda h, y: linear_cross_entropy(h, weight, y, reduction="none", chunk=5)
    for rows in quick(lambda h, y: (cost(h, y), cost(h, soft)))(hidden, soft):  # traced, and a constant
        assert jnp.isnan(rows).nonzero()[0].tolist() == [3]


@pytest.mark.parametrize(
    ("error", "message", "change", "options"),
    [
        (ValueError, "transposed", {"weight": lambda w: w.T}, {}),
        (ValueError, "features", {"weight": lambda w: w[:, 1:]}, {}),
        (ValueError, "bias has one number a class", {}, {"bias": jnp.zeros(3)}),
        (TypeError, "made of numbers", {"hidden": lambda h: h > 0}, {}),
        (ValueError, "target holds class indices", {"target": lambda y: y[1:]}, {}),
        (TypeError, "class indices are integers", {"target": lambda y: y * 1.0}, {}),
        (TypeError, "or pass teacher_hidden", {"target": lambda y: None}, {}),
        (TypeError, "has no option 'tempreture'; did you mean 'temperature'", {}, {"tempreture": 2.0}),
        (ValueError, "temperature", {}, {"temperature": 0.0}),
        (ValueError, "chunk is a number of rows", {}, {"chunk": 0}),
        (ValueError, "chunk is a number of rows", {}, {"chunk": "all"}),
        (ValueError, "each of returns is one of", {}, {"returns": ("entropi",)}),
        (ValueError, "class_weight has one weight a class", {}, {"class_weight": jnp.ones(3)}),
        (TypeError, "the name of a mesh axis", {}, {"process_group": 3}),
        (TypeError, "pass teacher_hidden= and teacher_weight= with it", {}, {"teacher_bias": jnp.zeros(11)}),
    ],
)
def test_what_is_refused(error, message, change, options):
    batch = Batch()
    arrays = dict(zip(("hidden", "weight"), layer_of(batch)[:2], strict=True)) | {"target": as_jax(batch.labels)}
    for name, function in change.items():
        arrays[name] = function(arrays[name])
    with pytest.raises(error, match=message):
        linear_cross_entropy(**arrays, **options)


def test_an_axis_that_there_is_not():
    batch = Batch()
    hidden, weight, _ = layer_of(batch)
    with pytest.raises(NameError, match="tp"):
        linear_cross_entropy(hidden, weight, as_jax(batch.labels), process_group="tp")


# ---- several devices


@pytest.mark.heavy
def test_shard_map():
    flags = f"{os.environ.get('XLA_FLAGS', '')} --xla_force_host_platform_device_count=4"
    command = [sys.executable, "-W", "error", "-m", "tests.linear_losses.devices"]
    environment = {**os.environ, "XLA_FLAGS": flags}
    result = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    assert result.stdout.endswith("fine\n"), result.stdout + result.stderr
