"""How calls of linear losses are read: what is refused in so many words, and what goes through compilers and pickles."""

import pickle

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch
import torch._dynamo.testing
from torch import nn
from torch.nn import functional

import lossary
import lossary.torch
from lossary import distributed, linear_cross_entropy
from tests.softmax_oracle import focal

H, W, Y = torch.randn(6, 8, dtype=torch.float64), torch.randn(10, 8, dtype=torch.float64), torch.arange(6)
TEACHER = {"teacher_hidden": H, "teacher_weight": W}
WRONG = {
    "a layer": (
        lambda: linear_cross_entropy(H, nn.Linear(8, 10), Y),
        TypeError,
        "got Linear; pass its tensors, such as layer.w",
    ),
    "a tuple": (lambda: linear_cross_entropy((H, H), W, Y), TypeError, "hidden must be .* got tuple; pass one of the tensors"),
    "a bool for a bias": (lambda: linear_cross_entropy(H, W, Y, bias=True), TypeError, "bias must be a torch tensor"),
    "weight without numbers": (
        lambda: linear_cross_entropy(H, W.to("meta"), Y),
        ValueError,
        "one device; got hidden on cpu, weight on meta; give it its numbers first",
    ),
    "bias without numbers": (lambda: linear_cross_entropy(H, W, Y, bias=W[:, 0].to("meta")), ValueError, "bias on meta"),
    "teacher elsewhere": (
        lambda: lossary.linear_kl_divergence(H, W, teacher_hidden=H, teacher_weight=W.to("meta")),
        ValueError,
        "teacher_weight on meta",
    ),
    "flattened labels": (
        lambda: linear_cross_entropy(H.reshape(2, 3, 8), W, Y),
        ValueError,
        r"shape \(2, 3\), .* \(2, 3, 10\); got \(6,\); flatten both, or reshape the target",
    ),
    "labels one short": (
        lambda: linear_cross_entropy(H.reshape(2, 3, 8), W, Y.reshape(2, 3)[:, 1:]),
        ValueError,
        r"got \(2, 2\); where labels are the inputs one step on, hidden\[:, :-1\] goes with labels\[:, 1:\]",
    ),
    "labels of another batch": (lambda: linear_cross_entropy(H, W, Y[:4]), ValueError, r"probabilities .* got \(4,\)$"),
    "a mask of numbers": (
        lambda: linear_cross_entropy(H, W, Y, where=torch.ones(6)),
        TypeError,
        "where is a mask of booleans, true for rows that count; write where=mask != 0$",
    ),
    "a class weight below 0": (
        lambda: linear_cross_entropy(H, W, Y, class_weight=torch.tensor([1.0] * 7 + [-2.0] * 3)),
        ValueError,
        r"class weight is a number ≥ 0; got -2.0 at index 7 \(3 such\)",
    ),
    "sample weights that are learned": (
        lambda: linear_cross_entropy(H, W, Y, sample_weight=torch.ones(6, requires_grad=True)),
        TypeError,
        r"sample_weight= gets no gradient; .* pass sample_weight.detach\(\)",
    ),
    "sample weights of another shape": (
        lambda: linear_cross_entropy(H, W, Y, sample_weight=torch.ones(5)),
        ValueError,
        r"weight has one value a sample, so its shape is \(6,\); got \(5,\)",
    ),
    "a sample weight below 0": (
        lambda: lossary.linear_distillation(H, W, Y, H, W, sample_weight=torch.arange(6.0) - 1),
        ValueError,
        "linear_distillation: a weight is a number ≥ 0; got -1.0 at index 0",
    ),
    "a target and a teacher": (
        lambda: linear_cross_entropy(H, W, Y, **TEACHER),
        TypeError,
        "got both; lossary.linear_distillation takes both",
    ),
    "no target to distil beside": (
        lambda: lossary.linear_distillation(H, W, None, H, W),
        TypeError,
        "got None; without it, use linear_kl_divergence",
    ),
    "a share above 1": (
        lambda: lossary.linear_distillation(H, W, Y, H, W, teacher_share=1.5),
        ValueError,
        r"teacher_share lies in \[0, 1\]; got 1.5",
    ),
    "check of text": (lambda: linear_cross_entropy(H, W, Y, check="no"), TypeError, "check is True or False; got 'no'"),
    "what a teacher has not": (
        lambda: lossary.linear_kl_divergence(H, W, H, W, ignore_index=-100),
        TypeError,
        "no option 'ignore_index', for a teacher gives probabilities; where= leaves rows out",
    ),
    "bias of a module": (
        lambda: lossary.torch.LinearCrossEntropy(8, 10, bias=torch.zeros(10)),
        TypeError,
        "bias says whether there is one, True or False; got Tensor",
    ),
    "class weights of a module": (
        lambda: lossary.torch.LinearCrossEntropy(8, 10, class_weight=[1.0] * 9),
        ValueError,
        r"its shape is \(10,\); got \(9,\)",
    ),
    "a teacher for a module": (
        lambda: lossary.torch.LinearCrossEntropy(8, 10, teacher_weight=W),
        TypeError,
        "teacher_weight= is for lossary.linear_cross_entropy",
    ),
    "a normalizer of nothing": (
        lambda: distributed.normalizer(H, Y),
        TypeError,
        "is given a loss and then targets; got Tensor",
    ),
    "padding that is counted": (
        lambda: distributed.normalizer(linear_cross_entropy, [Y, torch.tensor([1, -100, -100])]),
        ValueError,
        r"at least 0; got -100 at index 1 \(2 such\); pass ignore_index=",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_call_says_what_to_do(case):
    call, kind, message = WRONG[case]
    with pytest.raises(kind, match=message):
        call()


@pytest.mark.parametrize("name", ["hidden", "bias", "chunk", "process_group", "teacher_hidden", "mixture"])
def test_a_parameter_is_not_called_as_an_option_of_linear_losses_is(name):
    namespace = {}
    exec(f"def loss(log_probability, *, {name}=2.0): return -log_probability * {name}", namespace)
    loss = lossary.softmax(namespace["loss"])
    assert loss([[0.0, 0.0]], [0]) == pytest.approx(2 * np.log(2))
    with pytest.raises(TypeError, match=f"linear_loss: '{name}' is an option of linear losses; give the parameter another"):
        lossary.linear(loss)


@pytest.mark.parametrize("loss", [linear_cross_entropy, lossary.cross_entropy])
def test_a_misspelt_option_is_named_where_it_is_compiled_too(loss):
    torch.compiler.reset()
    arrays = (H, W, Y) if loss is linear_cross_entropy else (H @ W.T, Y)
    with pytest.raises(Exception, match="no option 'z_los'; did you mean 'z_loss'"):
        torch.compile(lambda *arrays: loss(*arrays, z_los=0.1), fullgraph=True, backend="eager")(*arrays)


@pytest.mark.heavy
def test_a_normalizer_that_changes_at_every_call_is_compiled_twice():
    labels = torch.where(Y < 2, -100, Y)
    truth = functional.cross_entropy(H @ W.T, labels, reduction="sum", ignore_index=-100)
    calls = {
        "linear": (lambda h, n: linear_cross_entropy(h, W, labels, ignore_index=-100, normalizer=n), truth),
        "logits": (lambda h, n: lossary.cross_entropy(h @ W.T, labels, ignore_index=-100, normalizer=n), truth),
        "pointwise": (lambda h, n: lossary.squared_error(h, h * 0, normalizer=n), (H**2).sum()),
    }
    for name, (call, total) in calls.items():
        torch.compiler.reset()
        counter = torch._dynamo.testing.CompileCounterWithBackend("aot_eager")
        compiled = torch.compile(call, fullgraph=True, backend=counter)
        for n in np.linspace(1.5, 20, 12).tolist():
            h = H.clone().requires_grad_()
            value = compiled(h, n)
            torch.testing.assert_close(value, total / n)
            (gradient,) = torch.autograd.grad(value, h)
            h = H.clone().requires_grad_()
            torch.testing.assert_close(gradient, torch.autograd.grad(call(h, 1.0), h)[0] / n)
        assert counter.frame_count == 2, name


def test_the_divisor_of_a_linear_loss_is_that_of_its_loss():
    micro = [torch.tensor([[1, -100, 3]]), torch.tensor([[0, 4, -100], [2, -100, -100]])]
    options = {"ignore_index": -100, "class_weight": torch.arange(1.0, 11)}
    expected = sum((options["class_weight"][y[y >= 0]]).sum().item() for y in micro)
    assert distributed.normalizer(linear_cross_entropy, micro, bias=torch.ones(10), chunk=4, **options) == expected
    assert distributed.normalizer(lossary.cross_entropy, micro, **options) == expected
    weights = [2.0 + y for y in micro]
    expected = sum((options["class_weight"][y[y >= 0]] * w[y >= 0]).sum().item() for y, w in zip(micro, weights, strict=True))
    assert distributed.normalizer(linear_cross_entropy, micro, sample_weight=weights, **options) == expected
    where = [torch.tensor([[True, False, True]]), torch.tensor([[True, True, False], [True, False, False]])]
    assert distributed.normalizer(linear_cross_entropy, micro, where=where) == 5  # what is masked may hold anything


@pytest.mark.parametrize("loss", ["linear", "logits"])
def test_results_are_pickled(loss):
    returns = ("entropy", "accuracy")
    found = (
        linear_cross_entropy(H, W, Y, returns=returns)
        if loss == "linear"
        else lossary.cross_entropy(H @ W.T, Y, returns=returns)
    )
    again = pickle.loads(pickle.dumps(found))
    assert type(again) is type(found)
    assert all(map(torch.equal, again, found))


def test_a_parameter_that_jax_traces_makes_jax_arrays_of_all():
    h, w, y = H.numpy(), W.numpy(), Y.numpy()
    found = jax.grad(lambda gamma: lossary.linear(focal)(h, w, y, gamma=gamma))(1.5)
    log_p = jnp.take_along_axis(jax.nn.log_softmax(h @ w.T), y[:, None], 1)
    expected = jax.grad(lambda gamma: (-((1 - jnp.exp(log_p)) ** gamma) * log_p).mean())(1.5)
    assert found == pytest.approx(float(expected), rel=1e-12)
