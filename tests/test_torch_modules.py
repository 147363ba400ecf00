"""Modules of torch: what torch's own functions give, shared weights, and options checked when they are made."""

import copy
import inspect
import math
import pickle

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

import lossary.torch
from lossary.torch import CrossEntropy, LinearCrossEntropy
from tests.losses.rows import all_rows

ROWS, FEATURES, CLASSES = 12, 5, 9


def numbers(*shape: int, seed: int) -> torch.Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


LOGITS, HIDDEN = numbers(ROWS, CLASSES, seed=0), numbers(ROWS, FEATURES, seed=1)
LABELS = torch.arange(ROWS) * 5 % CLASSES
CLASS_WEIGHT = torch.linspace(0.5, 2, CLASSES, dtype=torch.float64)


def test_cross_entropy_is_torchs_where_the_two_agree():
    labels = torch.where(torch.arange(ROWS) % 4 == 0, -100, LABELS)
    ours = CrossEntropy(class_weight=CLASS_WEIGHT, ignore_index=-100)
    x, y = LOGITS.clone().requires_grad_(), LOGITS.clone().requires_grad_()
    ours(x, labels).backward()
    truth = functional.cross_entropy(y, labels, weight=CLASS_WEIGHT)
    truth.backward()
    torch.testing.assert_close(ours(LOGITS, labels), truth.detach(), rtol=1e-13, atol=0)
    torch.testing.assert_close(x.grad, y.grad, rtol=1e-12, atol=1e-15)


def test_what_changes_from_batch_to_batch_goes_with_the_call():
    weight, where = torch.rand(ROWS, dtype=torch.float64), torch.arange(ROWS) % 3 > 0
    losses = functional.cross_entropy(LOGITS, LABELS, reduction="none")
    found = CrossEntropy()(LOGITS, LABELS, weight=weight, where=where, normalizer=7.0)
    torch.testing.assert_close(found, (losses * weight)[where].sum() / 7, rtol=1e-13, atol=0)
    linear = LinearCrossEntropy(FEATURES, CLASSES, dtype=torch.float64)
    losses = functional.cross_entropy(HIDDEN @ linear.weight.T, LABELS, reduction="none")
    torch.testing.assert_close(linear(HIDDEN, LABELS, where=where, normalizer=7.0), losses[where].sum() / 7, rtol=1e-12, atol=0)


def test_the_logits_of_a_head_are_those_of_its_loss():
    for cap in (None, 2.0):
        head = LinearCrossEntropy(FEATURES, CLASSES, bias=True, dtype=torch.float64, soft_cap=cap, returns=("token_losses",))
        torch.nn.init.normal_(head.weight, std=3.0)
        weight = torch.linspace(0, 1, ROWS, dtype=torch.float64)
        found = head(HIDDEN, LABELS, sample_weight=weight)
        losses = functional.cross_entropy(head.logits(HIDDEN), LABELS, reduction="none")
        torch.testing.assert_close(found.loss, (weight * losses).sum() / weight.sum(), rtol=1e-12, atol=0)
        torch.testing.assert_close(found.token_losses, weight * losses, rtol=1e-12, atol=1e-15)
        assert cap is None or head.logits(HIDDEN).abs().max() <= cap


def test_class_weights_move_and_are_saved_with_a_module():
    for module in (CrossEntropy(class_weight=CLASS_WEIGHT), LinearCrossEntropy(FEATURES, CLASSES, class_weight=CLASS_WEIGHT)):
        assert torch.equal(module.state_dict()["class_weight"], CLASS_WEIGHT)
        assert module.to("meta").class_weight.is_meta
    assert CrossEntropy(class_weight=[1, 2]).class_weight.tolist() == [1, 2]
    assert not CrossEntropy().state_dict()


def test_a_linear_layers_weights_load_and_start_alike():
    linear = nn.Linear(FEATURES, CLASSES, dtype=torch.float64)
    module = LinearCrossEntropy(FEATURES, CLASSES, bias=True, dtype=torch.float64)
    bound = 1 / math.sqrt(FEATURES)
    for x in (module.weight, module.bias):
        assert x.dtype == torch.float64
        assert x.abs().max() <= bound
        assert x.abs().max() > bound / 2
    module.load_state_dict(linear.state_dict())
    hidden = HIDDEN.clone().requires_grad_()
    module(hidden, LABELS).backward()
    exact = HIDDEN.clone().requires_grad_()
    truth = functional.cross_entropy(linear(exact), LABELS)
    truth.backward()
    torch.testing.assert_close(module(HIDDEN, LABELS), truth, rtol=1e-13, atol=0)
    for ours, theirs in ((hidden, exact), (module.weight, linear.weight), (module.bias, linear.bias)):
        torch.testing.assert_close(ours.grad, theirs.grad, rtol=1e-11, atol=1e-14)


class Model(nn.Module):
    def __init__(self, head):
        super().__init__()
        torch.manual_seed(0)
        self.embedding = nn.Embedding(CLASSES, FEATURES, dtype=torch.float64)
        self.head = head(self.embedding.weight)

    def forward(self, words, following):
        return self.head(torch.tanh(self.embedding(words)), following)


def test_a_shared_weight_has_the_gradients_of_both_ends():
    model = Model(lambda weight: LinearCrossEntropy(FEATURES, CLASSES, weight=weight))
    assert len(list(model.parameters())) == 1
    model(LABELS, LABELS.flip(0)).backward()
    weight = model.embedding.weight.detach().clone().requires_grad_()
    functional.cross_entropy(torch.tanh(weight[LABELS]) @ weight.T, LABELS.flip(0)).backward()
    torch.testing.assert_close(model.embedding.weight.grad, weight.grad, rtol=1e-11, atol=1e-14)
    copied = copy.deepcopy(model)
    assert copied.head.weight is copied.embedding.weight
    assert copied.head.weight is not model.head.weight


def test_a_weight_may_be_shared_afterwards():
    module, embedding = LinearCrossEntropy(FEATURES, CLASSES), nn.Embedding(CLASSES, FEATURES)
    module.weight = embedding.weight
    module(embedding(LABELS), LABELS).backward()
    assert embedding.weight.grad is module.weight.grad


def test_a_shared_weight_is_left_as_it_is():
    weight = nn.Parameter(numbers(CLASSES, FEATURES, seed=2))
    before = weight.detach().clone()
    module = LinearCrossEntropy(FEATURES, CLASSES, bias=True, weight=weight)
    assert torch.equal(weight, before)
    assert module.bias.dtype == torch.float64


def test_modules_compile_to_one_graph():
    module = LinearCrossEntropy(FEATURES, CLASSES, dtype=torch.float64, label_smoothing=0.1)
    compiled = torch.compile(module, fullgraph=True, backend="aot_eager")
    hidden = HIDDEN.clone().requires_grad_()
    compiled(hidden, LABELS).backward()
    exact = HIDDEN.clone().requires_grad_()
    functional.cross_entropy(exact @ module.weight.detach().T, LABELS, label_smoothing=0.1).backward()
    torch.testing.assert_close(hidden.grad, exact.grad, rtol=1e-11, atol=1e-14)


def test_more_is_returned_where_it_is_asked_for():
    found = LinearCrossEntropy(FEATURES, CLASSES, dtype=torch.float64, returns=("accuracy",))(HIDDEN, LABELS)
    assert found._fields == ("loss", "accuracy")
    assert CrossEntropy(returns=("entropy",))(LOGITS, LABELS).entropy.shape == (ROWS,)


@pytest.mark.parametrize("make", [CrossEntropy, lambda **options: LinearCrossEntropy(FEATURES, CLASSES, **options)])
def test_wrong_options_are_refused_when_a_module_is_made(make):
    with pytest.raises(TypeError, match="did you mean 'label_smoothing'"):
        make(label_smothing=0.1)
    with pytest.raises(ValueError, match="label_smoothing lies in"):
        make(label_smoothing=1.5)
    with pytest.raises(ValueError, match="reduction is one of"):
        make(reduction="avg")


def test_a_wrong_weight_is_refused():
    with pytest.raises(TypeError, match="weight is a parameter to share"):
        LinearCrossEntropy(FEATURES, CLASSES, weight=torch.zeros(CLASSES, FEATURES))
    with pytest.raises(ValueError, match=r"\(9, 5\); got \(5, 9\)"):
        LinearCrossEntropy(FEATURES, CLASSES, weight=nn.Parameter(torch.zeros(FEATURES, CLASSES)))
    with pytest.raises(ValueError, match='chunk is a number of rows ≥ 1, or "auto"'):
        LinearCrossEntropy(FEATURES, CLASSES, chunk=0)


def test_a_module_says_what_it_is():
    assert repr(CrossEntropy(z_loss=0.1)) == "CrossEntropy(z_loss=0.1)"
    module = lossary.torch.LinearCrossEntropy(5, 9, soft_cap=30.0)
    assert repr(module) == "LinearCrossEntropy(features=5, classes=9, bias=False, soft_cap=30.0)"


REGISTRY = lossary.losses.registry
FIRST = {row.loss: row for row in reversed(all_rows())}


@pytest.mark.parametrize("name", REGISTRY)
def test_each_loss_has_a_module(name):
    row, loss = FIRST[name], REGISTRY[name]
    options = {option: x for option, x in row.options.items() if not isinstance(x, (list, np.ndarray))}
    kind = getattr(lossary.torch, "".join(word.capitalize() for word in name.split("_")))
    assert kind.__name__ in dir(lossary.torch)
    assert f"lossary.{name}`" in kind.__doc__
    module = pickle.loads(pickle.dumps(copy.deepcopy(kind(**options))))
    assert type(module) is kind
    assert repr(module) == f"{kind.__name__}({', '.join(f'{option}={x!r}' for option, x in options.items())})"
    assert inspect.signature(kind).parameters.keys() == loss.__signature__.parameters.keys() - {*loss.inputs, "weight", "where"}
    inputs = [torch.tensor(x) for x in row.inputs(np.random.default_rng(1))]
    rest = {option: x for option, x in row.options.items() if option not in options}
    torch.testing.assert_close(module(*inputs, **rest), loss(*inputs, **row.options), rtol=0, atol=0, equal_nan=True)


def test_aliases_have_the_module_of_their_loss():
    assert lossary.torch.Bce is lossary.torch.BinaryCrossEntropy
    assert lossary.torch.Mse is lossary.torch.SquaredError
    assert "Mse" not in dir(lossary.torch)


def test_options_by_position_are_refused():
    with pytest.raises(TypeError, match=r"Huber: options go by keyword; got 2.0 by position; it is \(\*, delta=1.0, "):
        lossary.torch.Huber(2.0)


def test_what_no_loss_is_called_has_no_module():
    with pytest.raises(AttributeError, match="no attribute 'Hubr'; did you mean 'Huber'"):
        lossary.torch.Hubr  # noqa: B018


def test_options_of_samples_go_into_the_call():
    with pytest.raises(TypeError, match="Huber has no option 'weight'; it has one value a sample, so it goes into the call"):
        lossary.torch.Huber(weight=torch.ones(3))
    with pytest.raises(TypeError, match="Focal has no option 'weight'; weights of classes are class_weight="):
        lossary.torch.Focal(weight=torch.ones(3))
    with pytest.raises(TypeError, match="huber has no option 'delt'; did you mean 'delta'"):
        lossary.torch.Huber(delt=1.0)
    with pytest.raises(ValueError, match=r"huber: delta lies in \(0, ∞\); got -1"):
        lossary.torch.Huber(delta=-1)
    x, w = numbers(5, seed=3), torch.rand(5, dtype=torch.float64)
    found = lossary.torch.Huber(delta=2.0)(x, torch.zeros_like(x), weight=w, where=w > 0.2, normalizer=3.0, delta=0.5)
    expected = lossary.huber(x, torch.zeros_like(x), weight=w, where=w > 0.2, normalizer=3.0, delta=0.5)
    torch.testing.assert_close(found, expected, rtol=0, atol=0)


def test_a_learned_option_is_a_parameter_of_the_module():
    module = lossary.torch.Huber(delta=nn.Parameter(torch.tensor(1.0)))
    module(torch.tensor([3.0]), torch.tensor([0.0])).backward()
    assert module.delta.grad.item() == 2
    assert [*module.state_dict()] == ["delta"]
    per_sample = lossary.torch.Huber(delta=torch.tensor([1.0, 2.0]))
    assert per_sample.to("meta").delta.is_meta
    assert not [*per_sample.parameters()]


@pytest.mark.parametrize("name", ["Huber", "FocalBinary", "Focal", "CrammerSinger", "Sparsemax"])
def test_modules_of_losses_compile_to_one_graph(name):
    module = getattr(lossary.torch, name)()
    of_numbers = name in ("Huber", "FocalBinary")
    x = (LOGITS[:, 0] if of_numbers else LOGITS).clone().requires_grad_()
    y = (LABELS % 2).double() if of_numbers else LABELS
    torch.compile(module, fullgraph=True, backend="aot_eager")(x, y).backward()
    torch.testing.assert_close(x.grad, module.loss.gradient(x.detach(), y), rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("name", ["info_nce", "siglip", "supervised_contrastive", "circle", "multi_similarity"])
def test_losses_of_a_batch_are_modules_too(name):
    loss = getattr(lossary, name)
    first, second = (numbers(6, 4, seed=seed) for seed in (3, 4))
    inputs = (first, second) if "target" not in loss.inputs else (first, torch.tensor([0, 0, 1, 1, 2, 2]))
    module = getattr(lossary.torch, "".join(word.capitalize() for word in name.split("_")))(reduction="sum")
    weight = torch.linspace(0.5, 2, 6, dtype=torch.float64)
    torch.testing.assert_close(module(*inputs, weight=weight), loss(*inputs, weight=weight, reduction="sum"))
    assert type(module).__name__ in dir(lossary.torch)
    assert repr(module) == f"{type(module).__name__}(reduction='sum')"
    assert repr(pickle.loads(pickle.dumps(module))) == repr(module)
    with pytest.raises(TypeError, match=f"{type(module).__name__}.* has no option 'tempreature'"):
        type(module)(tempreature=0.1)


def test_a_temperature_of_a_batch_is_learned():
    module = lossary.torch.InfoNce(temperature=nn.Parameter(torch.tensor(0.7, dtype=torch.float64)))
    module(numbers(6, 4, seed=3), numbers(6, 4, seed=4)).backward()
    assert module.temperature.grad != 0
    assert [*module.state_dict()] == ["temperature"]


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [("MSELoss", "Mse"), ("BCEWithLogitsLoss", "BinaryCrossEntropy"), ("KLDivLoss", "KlDivergence"), ("Hubber", "Huber")],
)
def test_names_of_torch_are_answered(theirs, ours):
    with pytest.raises(AttributeError, match=f"has no attribute '{theirs}'; did you mean '{ours}'"):
        getattr(lossary.torch, theirs)
