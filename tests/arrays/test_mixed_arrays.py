"""Arrays that do not belong together, or that nothing can be computed of: a sentence each; and NumPy's error state."""

import re

import jax.numpy as jnp
import numpy as np
import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode

import lossary
import lossary.torch
from lossary import activations, cross_entropy, huber, information, linear_cross_entropy

Z = torch.linspace(-1, 1, 12).reshape(4, 3)
Y = torch.tensor([0, 1, 2, 0])
FORMS = {"NumPy": lambda x: x.numpy(), "list": lambda x: x.tolist(), "JAX": lambda x: jnp.asarray(x.numpy())}


@pytest.mark.parametrize("form", FORMS)
def test_a_tensor_beside_arrays_of_another_library_is_refused_in_either_order(form):
    other = FORMS[form]
    calls = [
        (lambda: cross_entropy(other(Z), Y), "cross_entropy: prediction"),
        (lambda: cross_entropy(Z, other(Y)), "cross_entropy: target"),
        (lambda: huber(other(Z), Z, reduction="none"), "huber: prediction"),
        (lambda: huber.gradient(Z, other(Z)), "huber: target"),
        (lambda: linear_cross_entropy(other(Z), Z[:3], Y), "linear_cross_entropy: hidden"),
        (lambda: information.cross_entropy(other(Z), Z), "cross_entropy: p"),
    ]
    for call, role in calls:
        with pytest.raises(TypeError, match=f"{role} must be a torch tensor like the others; got .*convert it"):
            call()


@pytest.mark.parametrize(
    ("x", "number"), [(Z, jnp.asarray(2.0)), (jnp.asarray(Z.numpy()), torch.tensor(2.0))], ids=["torch", "JAX"]
)
def test_a_number_of_another_library_is_refused(x, number):
    labels = Y if isinstance(x, torch.Tensor) else jnp.asarray(Y.numpy())
    calls = [
        (lambda: huber(x, x * 2, delta=number), "huber: delta"),
        (lambda: huber.gradient(x, x * 2, delta=number), "huber: delta"),
        (lambda: huber(x, x * 2, normalizer=number), "huber: normalizer"),
        (lambda: cross_entropy(x, labels, normalizer=number), "cross_entropy: normalizer"),
    ]
    for call, role in calls:
        with pytest.raises(TypeError, match=rf"{role} is a number, or an array of the prediction's library; .*; pass float\("):
            call()


@pytest.mark.parametrize("option", ["label_smoothing", "z_loss", "temperature", "soft_cap"])
@pytest.mark.parametrize("number", [torch.tensor(0.5, requires_grad=True), jnp.asarray(0.5)], ids=["torch", "JAX"])
def test_an_option_of_another_library_says_what_to_pass(option, number):
    other = [(Z.numpy(), Y.numpy())]
    other += [(Z, Y)] if not isinstance(number, torch.Tensor) else [(jnp.asarray(Z.numpy()), jnp.asarray(Y.numpy()))]
    for z, y in other:
        with pytest.raises(TypeError, match=rf"cross_entropy: {option} is a number.*pass float\("):
            cross_entropy(z, y, **{option: number})


def nested():
    return torch.nested.nested_tensor([torch.zeros(2, 3), torch.zeros(1, 3)])


UNUSUAL = {
    "sparse": (Z.to_sparse, r"must be a dense tensor; got layout torch.sparse_coo; pass .to_dense\(\)"),
    "quantized": (
        lambda: torch.quantize_per_tensor(Z, 0.1, 0, torch.qint8),
        r"must hold plain numbers; got dtype torch.qint8; pass .dequantize\(\)",
    ),
    "nested": (nested, r"must be a tensor of one shape; got a nested tensor; pad it"),
    "complex": (lambda: Z + 0j, r"must be an array of real numbers; got dtype torch.complex64; pass .real or .abs\(\)"),
    "fake": (lambda: FakeTensorMode().from_tensor(Z), "must be a tensor with numbers; got a FakeTensor; call this within"),
}


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("name", UNUSUAL)
def test_tensors_that_nothing_can_be_computed_of_are_refused(name):
    make, sentence = UNUSUAL[name]
    x = make()
    calls = {
        "cross_entropy: prediction": lambda: cross_entropy(x, Y),
        "cross_entropy: target": lambda: cross_entropy(Z, x),
        "huber: prediction": lambda: huber(x, Z, reduction="none"),
        "huber: target": lambda: huber.value_and_gradient(Z, x),
        "huber: weight": lambda: huber(Z, Z, weight=x),
        "cross_entropy: class_weight": lambda: cross_entropy(Z, Y, class_weight=x),
        "linear_cross_entropy: hidden": lambda: linear_cross_entropy(x, Z, Y),
        "linear_cross_entropy: weight": lambda: linear_cross_entropy(Z, x, Y),
        "softmax: z": lambda: activations.softmax(x),
        "sigmoid: z": lambda: activations.sigmoid(x),
        "entropy: p": lambda: information.entropy(x),
        "relative_entropy: q": lambda: information.relative_entropy(Z, x),
    }
    if name != "complex":  # a total is of NumPy arrays
        calls["huber: prediction "] = lambda: huber.total(x, Z)
    for role, call in calls.items():
        with pytest.raises(TypeError, match=role.strip() + " " + sentence):
            call()


def test_tensors_on_several_devices_are_refused():
    meta, weight = Z.to("meta"), torch.ones(4, device="meta")
    calls = [
        (lambda: cross_entropy(meta, Y), "cross_entropy: all tensors are on one device; got prediction on meta, target on cpu"),
        (
            lambda: huber(Z, meta),
            "huber: all tensors are on one device; got prediction on cpu, target on meta; give it",
        ),
        (lambda: cross_entropy(Z, Y, weight=weight), "got prediction on cpu, weight on meta"),
        (lambda: cross_entropy(Z, Y, where=weight > 0), "got prediction on cpu, where on meta"),
        (lambda: cross_entropy(Z, Y, class_weight=weight[:3]), "got prediction on cpu, class_weight on meta"),
        (lambda: huber(Z, Z, delta=torch.ones((), device="meta")), "got prediction on cpu, delta on meta"),
        (
            lambda: linear_cross_entropy(Z, meta, Y),
            "linear_cross_entropy: all tensors are on one device; got hidden on cpu",
        ),
        (lambda: information.cross_entropy(Z, meta), "cross_entropy: all tensors are on one device; got p on cpu, q on meta"),
        (lambda: huber.total(meta, meta), "huber: prediction must hold numbers; got a tensor on meta"),
    ]
    for call, sentence in calls:
        with pytest.raises(ValueError, match=re.escape(sentence)):
            call()


def test_a_tensor_that_requires_a_gradient_is_refused_among_numpy_arrays():
    with pytest.raises(TypeError, match=r"weight must be an array of numbers; got Tensor: .*requires grad"):
        cross_entropy(Z.numpy(), Y.numpy(), weight=torch.ones(4, requires_grad=True))


@pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning", "ignore:`torch.jit:DeprecationWarning")
def test_modules_are_traced_for_batches_of_any_size():
    torch.manual_seed(0)
    hidden, labels = torch.randn(7, 3), torch.arange(7) % 5
    for module, width in ((lossary.torch.LinearCrossEntropy(3, 5, z_loss=0.1), 3), (lossary.torch.CrossEntropy(), 5)):
        traced = torch.jit.trace(module, (torch.randn(4, width), Y), check_trace=False)
        inputs = hidden if width == 3 else torch.randn(7, 5)
        torch.testing.assert_close(traced(inputs, labels), module(inputs, labels))


@pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")
@pytest.mark.parametrize(
    "what",
    [cross_entropy, linear_cross_entropy, lossary.torch.CrossEntropy(), lossary.torch.LinearCrossEntropy(3, 5)],
    ids=lambda what: getattr(what, "__name__", type(what).__name__),
)
def test_what_has_no_torchscript_says_so(what):
    with pytest.raises(NotImplementedError, match=r"has no TorchScript: .*use torch.compile, torch.export or torch.jit.trace"):
        torch.jit.script(what)


LOGITS = np.array([[1e3, -1e3, 0.0], [-np.inf, 700.0, 0.1], [1e-300, 2e-308, 0.0], [5e4, -800.0, 3.0]])
HALF = np.array([[1000.0, -1000.0, 0.0], [-np.inf, 6e4, 6e-5]], np.float16)
P = np.array([[1.0, 0.0, 0.0], [1e-300, 0.5, 0.5], [0.25, 0.25, 0.5], [1 - 1e-16, 1e-16, 0.0]])
TARGET, SMALL = np.array([0, 2, 1, 1]), np.array([1e-200, 0.0, 1.0, 1e-308])
OPTIONS = {"label_smoothing": 0.1, "z_loss": 1e-200, "soft_cap": 1e-150, "temperature": 1e-100}


def everything():
    """Calls whose values overflow, underflow or are infinite on the way."""
    for loss in (huber, lossary.squared_error, lossary.absolute_error):
        for x in (1e200 * np.maximum(LOGITS, -9.0), 1e-200 * P):
            for ask in (loss, loss.gradient, loss.curvature, loss.value_and_gradient, loss.total):
                yield lambda ask=ask, x=x: ask(x, P)
            yield lambda loss=loss, x=x: loss(x, P, weight=SMALL, axis=-1)
    for options in (
        {},
        OPTIONS,
        {"reduction": "none"},
        {"class_weight": [1e-300, 1.0, 2.0]},
        {"weight": [1e-308, 1, 0, 1]},
    ):
        for ask in (cross_entropy, cross_entropy.gradient, cross_entropy.curvature, cross_entropy.value_and_gradient):
            for target in (TARGET, P):
                yield lambda ask=ask, target=target, options=options: ask(LOGITS, target, **options)
        if "reduction" not in options:
            yield lambda options=options: cross_entropy.total(LOGITS, TARGET, **options)
            yield lambda options=options: cross_entropy.problems(LOGITS, TARGET, **options)
    for name in ("softmax", "log_softmax", "logsumexp", "hardmax", "sigmoid", "log_sigmoid", "softplus"):
        yield lambda name=name: getattr(activations, name)(LOGITS)
        yield lambda name=name: getattr(activations, name)(HALF)
    for name in ("entropy", "perplexity", "self_information"):
        yield lambda name=name: getattr(information, name)(P)
    for name in ("cross_entropy", "relative_entropy", "jensen_shannon"):
        yield lambda name=name: getattr(information, name)(P, P[::-1])
    finite = np.where(np.isfinite(LOGITS), LOGITS, -9.0)
    yield lambda: linear_cross_entropy.value_and_gradient(finite, 1e3 * np.eye(3), TARGET)
    yield lambda: lossary.linear_jensen_shannon(finite, np.eye(3), 1e-200 * TARGET.reshape(4, 1) * np.ones(3), np.eye(3))


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_nothing_depends_on_what_numpy_is_told_to_do_about_errors():
    for i, call in enumerate(everything()):
        expected = repr(call())
        with np.errstate(all="raise"):
            assert repr(call()) == expected, i
