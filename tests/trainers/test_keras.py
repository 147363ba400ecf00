"""Losses as those of Keras, in its own training, beside its own losses."""

import os
import subprocess
import sys
from pathlib import Path

os.environ["KERAS_HOME"] = str(Path(__file__).parents[1] / "dialects" / "keras")  # else Keras writes its settings at home

import keras
import numpy as np
import pytest
import torch

import lossary
from lossary.trainers.keras import Loss
from lossary.vocabulary import log1p

RNG = np.random.default_rng(0)
SAMPLES, CLASSES, LENGTH = 12, 3, 4
NUMBERS = RNG.normal(size=(SAMPLES, CLASSES)).astype("float32")
SCORES = RNG.normal(size=(SAMPLES, CLASSES)).astype("float32")
LABELS = RNG.integers(CLASSES, size=SAMPLES)
SEQUENCES = RNG.normal(size=(SAMPLES, LENGTH, CLASSES)).astype("float32")
WEIGHT = RNG.choice([0.5, 1.0, 3.0], SAMPLES).astype("float32")


@lossary.pointwise
def own(prediction, target, *, scale=1.0):
    """Return log(1 + (r/scale)²)."""
    return log1p(((prediction - target) / scale) ** 2)


sparse = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
PEERS = {
    "squares": (Loss(lossary.squared_error), keras.losses.MeanSquaredError(), NUMBERS, SCORES),
    "huber": (Loss(lossary.huber, delta=0.5), keras.losses.Huber(delta=0.5), NUMBERS, SCORES),
    "outcomes": (
        Loss(lossary.binary_cross_entropy),
        keras.losses.BinaryCrossentropy(from_logits=True),
        (NUMBERS > 0) * 1,
        SCORES,
    ),
    "labels": (Loss(lossary.cross_entropy), sparse, LABELS, SCORES),
    "column of labels": (Loss(lossary.cross_entropy), sparse, LABELS[:, None], SCORES),
    "ignored labels": (
        Loss(lossary.cross_entropy, ignore_index=-1),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=-1),
        np.where(LABELS == 1, -1, LABELS)[:, None],
        SCORES,
    ),
    "ignored labels by weight": (
        Loss(lossary.cross_entropy, ignore_index=-1, reduction="mean_with_sample_weight"),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=-1, reduction="mean_with_sample_weight"),
        np.where(LABELS == 1, -1, LABELS),
        SCORES,
    ),
    "sequences": (Loss(lossary.cross_entropy), sparse, RNG.integers(CLASSES, size=(SAMPLES, LENGTH)), SEQUENCES),
    "one-hot": (
        Loss(lossary.cross_entropy, label_smoothing=0.1),
        keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1),
        np.eye(CLASSES)[LABELS],
        SCORES,
    ),
    "by weight": (
        Loss(lossary.huber, reduction="mean_with_sample_weight"),
        keras.losses.Huber(reduction="mean_with_sample_weight"),
        NUMBERS,
        SCORES,
    ),
}


def value_and_slope(loss, target, prediction, weight):
    prediction = torch.tensor(prediction, requires_grad=True)
    cost = loss(target, prediction, sample_weight=weight)
    cost.backward()
    return cost.item(), prediction.grad.numpy()


@pytest.mark.parametrize("name", PEERS)
def test_a_loss_is_that_of_keras(name):
    ours, theirs, target, prediction = PEERS[name]
    ours = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(ours))
    for weight in (None, np.repeat(WEIGHT[:, None], LENGTH, 1) if name == "sequences" else WEIGHT):
        found, expected = (value_and_slope(loss, target, prediction, weight) for loss in (ours, theirs))
        np.testing.assert_allclose(found[0], expected[0], rtol=1e-5)
        np.testing.assert_allclose(found[1], expected[1], rtol=1e-4, atol=1e-6)


def test_losses_of_vectors_have_one_value_a_sample():
    assert Loss(lossary.huber).call(torch.tensor(NUMBERS), torch.tensor(SCORES)).shape == (SAMPLES,)
    assert Loss(lossary.dice, given="logits").call(torch.tensor((NUMBERS > 0) * 1.0), torch.tensor(SCORES)).shape == (SAMPLES,)
    # a target without the axis of one output
    assert Loss(lossary.huber).call(torch.tensor(NUMBERS[:, 0]), torch.tensor(SCORES[:, :1])).shape == (SAMPLES,)
    expected = np.mean(WEIGHT * np.where(abs(d := NUMBERS[:, 0] - SCORES[:, 0]) <= 1, d**2 / 2, abs(d) - 0.5))
    assert float(Loss(lossary.huber)(NUMBERS[:, 0], SCORES[:, :1], WEIGHT)) == pytest.approx(expected, rel=1e-5)


@pytest.mark.filterwarnings("ignore:__array__ implementation")  # Keras's own
def test_a_model_trains_and_is_saved_with_its_loss(tmp_path):
    def trained(loss):
        keras.utils.set_random_seed(0)
        model = keras.Sequential([keras.Input((CLASSES,)), keras.layers.Dense(CLASSES)])
        model.compile("sgd", loss, run_eagerly=True)
        model.fit(SCORES, LABELS, epochs=2, batch_size=5, sample_weight=WEIGHT, verbose=0, shuffle=False)
        return model

    model, expected = trained(Loss(lossary.cross_entropy)), trained(sparse)
    for found, of in zip(model.get_weights(), expected.get_weights(), strict=True):
        np.testing.assert_allclose(found, of, rtol=1e-4, atol=1e-6)
    model.compile("sgd", Loss(own, scale=2.0))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert (loaded.loss.loss, loaded.loss.parameters) == (own, {"scale": 2.0})
    assert loaded.evaluate(SCORES, NUMBERS, verbose=0) == pytest.approx(
        np.log1p(((model.predict(SCORES, verbose=0) - NUMBERS) / 2) ** 2).mean(), rel=1e-5
    )


def test_probabilities_are_taken_as_they_are():
    shares = torch.softmax(torch.tensor(SCORES), -1).numpy()
    cost, slope = value_and_slope(Loss(lossary.cross_entropy, given="probabilities"), LABELS, shares, None)
    of_label = shares[np.arange(SAMPLES), LABELS]
    assert cost == pytest.approx(-np.log(of_label).mean(), rel=1e-5)
    np.testing.assert_allclose(slope, -np.eye(CLASSES)[LABELS] / (SAMPLES * of_label[:, None]), rtol=1e-5)


def of_quantiles(prediction):
    residual = NUMBERS[:, :1] - prediction
    return np.maximum(residual * [0.1, 0.5, 0.9], residual * [-0.9, -0.5, -0.1]).mean()


def of_ordered_classes(prediction):
    beyond, cost = 1 / (1 + np.exp(-prediction)), 0.0
    for chances, label in zip(beyond, LABELS, strict=True):
        for k in range(CLASSES - 1):
            cost -= np.log(chances[k]) if label > k else np.log(1 - chances[k]) if label == k else 0
    return cost / SAMPLES


FITTED = {
    "probabilities": (
        Loss(lossary.cross_entropy, given="probabilities"),
        LABELS,
        CLASSES,
        lambda p: -np.log(p[np.arange(SAMPLES), LABELS]).mean(),
    ),
    "weighted probabilities": (
        Loss(lossary.cross_entropy, given="probabilities", class_weight=[1.0, 2.0, 4.0]),
        LABELS,
        CLASSES,
        lambda p: -(2.0**LABELS * np.log(p[np.arange(SAMPLES), LABELS])).mean(),
    ),
    "quantiles of a column": (Loss(lossary.quantiles, levels=[0.1, 0.5, 0.9]), NUMBERS[:, :1], 3, of_quantiles),
    "ordered classes": (Loss(lossary.corn), LABELS, CLASSES - 1, of_ordered_classes),
    "a column of ordered classes": (Loss(lossary.corn), LABELS[:, None], CLASSES - 1, of_ordered_classes),
}


@pytest.mark.filterwarnings("ignore:__array__ implementation")
@pytest.mark.parametrize("name", FITTED)
def test_a_model_is_fitted(name):
    loss, target, outputs, truth = FITTED[name]
    model = keras.Sequential(
        [keras.Input((CLASSES,)), keras.layers.Dense(outputs, activation="softmax" if "probabilities" in name else None)]
    )
    model.compile(keras.optimizers.SGD(0.1), loss, run_eagerly=True)
    before = truth(model.predict(SCORES, verbose=0))
    model.fit(SCORES, target, batch_size=SAMPLES, epochs=3, verbose=0)
    after = truth(model.predict(SCORES, verbose=0))
    assert after < before
    assert model.evaluate(SCORES, target, batch_size=5, verbose=0) == pytest.approx(after, rel=1e-5)


@pytest.mark.heavy
def test_a_model_trains_on_jax():
    code = """
import numpy as np, keras, lossary
from lossary.trainers.keras import Loss
assert keras.backend.backend() == "jax"
x, y = np.random.default_rng(0).normal(size=(12, 3)).astype("float32"), np.arange(12) % 4 - 1
found = []
for loss in (
    Loss(lossary.cross_entropy, ignore_index=-1),
    keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=-1),
):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(3)])
    model.compile("sgd", loss)
    model.fit(x, y, epochs=2, batch_size=5, verbose=0, shuffle=False)
    found.append(model.get_weights())
for ours, theirs in zip(*found):
    np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6)
model.compile("sgd", Loss(lossary.cross_entropy))
assert np.isnan(model.evaluate(x, y + 0.5, verbose=0))
"""
    environment = {**os.environ, "KERAS_BACKEND": "jax"}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)


def test_weights_of_classes_are_kept():
    loss = Loss(lossary.cross_entropy, class_weight=np.array([1.0, 2.0, 4.0]))
    again = Loss.from_config(loss.get_config())
    assert loss.get_config() == again.get_config()
    expected = torch.nn.functional.cross_entropy(
        torch.tensor(SCORES), torch.tensor(LABELS), torch.tensor([1.0, 2.0, 4.0]), reduction="none"
    ).mean()
    assert float(again(LABELS, SCORES)) == pytest.approx(expected.item(), rel=1e-5)


@pytest.mark.parametrize(
    ("error", "message", "make"),
    [
        (ValueError, "whole numbers, from 0 to 2", lambda: Loss(lossary.cross_entropy)(LABELS + 0.5, SCORES)),
        (ValueError, "labels are whole numbers; got fractions", lambda: Loss(lossary.corn)(LABELS + 0.5, SCORES)),
        (ValueError, "-1", lambda: Loss(lossary.cross_entropy)(LABELS - 1, SCORES)),
        (TypeError, "gaussian is one of mean, variance, target", lambda: Loss(lossary.gaussian)),
        (TypeError, "got 'huber'", lambda: Loss("huber")),
        (TypeError, "weight= is decided by Keras; .* sample_weight=", lambda: Loss(lossary.huber, weight=WEIGHT)),
        (
            ValueError,  # in bfloat16, 257 is 256
            "bfloat16, which tells 256 classes apart; got 300",
            lambda: Loss(lossary.cross_entropy, dtype="bfloat16")(np.array([257]), np.zeros((1, 300))),
        ),
        (ValueError, "has no loss 'hubber'; did you mean 'huber'", lambda: Loss.from_config({"loss": "hubber"})),
        (TypeError, "normalizer= is decided by Keras", lambda: Loss(lossary.huber, normalizer=2)),
        (TypeError, "dleta", lambda: Loss(lossary.huber, dleta=2.0)),
        (ValueError, "is saved by its name", lambda: Loss(lossary.huber + lossary.absolute_error).get_config()),
        (ValueError, "import it first", lambda: Loss.from_config({"loss": "elsewhere:own"})),
    ],
)
def test_errors(error, message, make):
    with pytest.raises(error, match=message):
        make()


def test_lists_are_taken():  # as by Keras's own losses
    assert float(Loss(lossary.huber)([[1.0]], [[3.0]])) == float(keras.losses.Huber()([[1.0]], [[3.0]])) == 1.5


def test_repr():
    assert repr(Loss(lossary.huber, delta=2.0)) == "Loss(huber, reduction='sum_over_batch_size', delta=2.0)"


def test_other_backends_are_refused(monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "tensorflow")
    with pytest.raises(ValueError, match="torch and jax; got 'tensorflow'"):
        Loss(lossary.huber)
