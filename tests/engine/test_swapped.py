"""Labels in the place of the prediction and probabilities in that of the target give a warning at the user's line."""

import warnings

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch

import lossary
from lossary import binary_cross_entropy, cross_entropy, huber

CHANCES = np.array([0.2, 0.9, 0.7, 0.4])
LABELS = np.array([0.0, 1.0, 1.0, 0.0])
ROWS, ONE_HOT = np.stack([CHANCES, 1 - CHANCES], -1), np.stack([LABELS, 1 - LABELS], -1)
ARRAYS = {"numpy": np.asarray, "torch": torch.tensor, "jax": jnp.asarray, "list": np.ndarray.tolist}


def found(call):
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        call()
    return [(str(w.message).partition(":")[0], w.filename) for w in seen]


@pytest.mark.parametrize("library", ARRAYS)
@pytest.mark.parametrize(("loss", "label", "chance"), [(binary_cross_entropy, LABELS, CHANCES), (cross_entropy, ONE_HOT, ROWS)])
def test_a_swapped_call_warns_at_the_users_line(loss, label, chance, library):
    arrays = ARRAYS[library]
    for call in (loss, loss.gradient, loss.value_and_gradient, loss.total):
        assert found(lambda call=call: call(arrays(label), arrays(chance))) == [(loss.__name__, __file__)]
    assert found(lambda: loss(arrays(label), arrays(chance), given="probabilities")) == [(loss.__name__, __file__)]
    assert found(lambda: loss(arrays(label.T), arrays(chance.T), axis=0)) == [(loss.__name__, __file__)]
    assert found(lambda: loss(arrays(label), arrays(chance), check=False)) == []
    assert found(lambda: loss(arrays(chance), arrays(label))) == []


def test_half_precision_integers_modules_and_a_learned_target_too():
    y, p = torch.tensor(ONE_HOT), torch.tensor(ROWS)
    expected = [("cross_entropy", __file__)]
    assert found(lambda: cross_entropy(y.bfloat16(), p.bfloat16())) == expected
    assert found(lambda: cross_entropy(y.long(), p.requires_grad_())) == expected
    assert found(lambda: lossary.torch.CrossEntropy()(y, p)) == expected
    assert found(lambda: binary_cross_entropy(LABELS.astype(bool).astype(int), CHANCES)) == [("binary_cross_entropy", __file__)]

    @lossary.pointwise
    def own(prediction: lossary.formula.domains.Probability, target: lossary.formula.domains.Probability):
        return (prediction - target) ** 2

    assert found(lambda: own(LABELS, CHANCES)) == [("own", __file__)]


def test_once_a_line():
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("default")
        for _ in range(3):
            binary_cross_entropy(LABELS, CHANCES)
        binary_cross_entropy(LABELS, CHANCES)
    assert len(seen) == 2


@pytest.mark.parametrize("library", ["numpy", "torch", "jax"])
def test_no_warning_where_it_may_be_meant(library):
    arrays = ARRAYS[library]
    zeros, ones, smooth = np.zeros(4), np.ones(4), LABELS * 0.9 + 0.05
    calls = [
        lambda: binary_cross_entropy(arrays(zeros), arrays(smooth)),  # a head that begins with zeros, and smoothed labels
        lambda: binary_cross_entropy(arrays(ones), arrays(smooth)),
        lambda: binary_cross_entropy(arrays(LABELS), arrays(LABELS)),  # decisions, and what happened
        lambda: binary_cross_entropy(arrays(LABELS + np.eye(4)[0] / 2), arrays(smooth)),
        lambda: cross_entropy(arrays(np.zeros((4, 2))), arrays(ROWS)),
        lambda: cross_entropy(arrays(np.ones((4, 2))), arrays(ROWS)),
        lambda: cross_entropy(arrays(ONE_HOT), arrays(LABELS.astype(int))),
        lambda: cross_entropy(arrays(np.zeros((0, 2))), arrays(np.zeros((0, 2))), reduction="sum"),
        lambda: huber(arrays(LABELS), arrays(CHANCES)),  # nothing tells
    ]
    assert [found(call) for call in calls] == [[]] * len(calls)


def test_no_warning_where_values_cannot_be_looked_at():
    jax.jit(binary_cross_entropy)(jnp.array(LABELS), jnp.array(CHANCES))
    jax.grad(binary_cross_entropy)(jnp.array(LABELS), jnp.array(CHANCES))
    torch.func.vmap(binary_cross_entropy)(torch.tensor(LABELS)[None], torch.tensor(CHANCES)[None])
    torch.compile(binary_cross_entropy, backend="aot_eager", fullgraph=True)(torch.tensor(LABELS), torch.tensor(CHANCES))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: cross_entropy(LABELS.astype(int), ROWS), "the prediction comes first: are the two swapped"),
        (lambda: cross_entropy(ONE_HOT, np.log(ROWS)), "after the prediction"),
        (lambda: binary_cross_entropy(LABELS, 4 * CHANCES - 2), "that the prediction comes first"),
    ],
)
def test_logits_in_the_place_of_the_target_are_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()
