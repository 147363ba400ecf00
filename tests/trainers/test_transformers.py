"""Losses in Hugging Face's Trainer: the arithmetic with outputs made by hand, and the Trainer itself with tiny models."""

import os
import pickle
import socket
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
import torch.nn.functional as F

import lossary
from lossary import distributed
from lossary.trainers.label_counts import LabelCounts, refuse_wrong_count
from lossary.trainers.transformers import loss
from tests.trainers.pages import example

SAMPLES, CLASSES, LENGTH = 8, 3, 5
RNG = torch.Generator().manual_seed(0)


class FakeCausalLMOutput(dict):
    """An output whose class says what the model is."""


def tokens(shape):
    found = torch.randint(CLASSES, shape, generator=RNG)
    found[torch.rand(shape, generator=RNG) < 0.4] = -100
    found[0] = 1  # a row with all of its labels, and one with none
    found[-1] = -100
    return found


def normal(*shape):
    return torch.randn(*shape, generator=RNG)


OUTCOMES = normal(SAMPLES, CLASSES).gt(0).float()
MISSING = torch.where(normal(SAMPLES, CLASSES) > 1, -100.0, OUTCOMES)
SOFT = torch.softmax(normal(SAMPLES, CLASSES), -1)
ABSENT = SOFT.clone()
ABSENT[3] = -100
NUMBERS = normal(SAMPLES)


def of_tokens(z, y):
    return F.cross_entropy(z.reshape(-1, CLASSES), y.reshape(-1), ignore_index=-100)


def of_outcomes(z, y):
    return F.binary_cross_entropy_with_logits(z[y != -100], y[y != -100])


LEVELS = torch.tensor([0.1, 0.5, 0.9])


def of_ordered_classes(z, y):
    """The cost of getting beyond each class up to that of the label, and of stopping there."""
    costs = []
    for logits, label in zip(z, y.tolist(), strict=True):
        if label >= 0:
            costs.append(-F.logsigmoid(logits[:label]).sum() - F.logsigmoid(-logits[label : label + 1]).sum())
    return torch.stack(costs).mean()


def of_boxes(z, y):
    """One less the share that both boxes have in common, and the empty share of the smallest box around both."""
    z, y = z[y[:, 0] >= 0], y[y[:, 0] >= 0]

    def area(x):
        return (x[:, 2:] - x[:, :2]).clamp(min=0).prod(-1)

    common = area(torch.cat([torch.maximum(z, y)[:, :2], torch.minimum(z, y)[:, 2:]], -1))
    around = area(torch.cat([torch.minimum(z, y)[:, :2], torch.maximum(z, y)[:, 2:]], -1))
    both = area(z) + area(y) - common
    return (1 - common / both + (around - both) / around).mean()


# the loss in the Trainer; labels; the shape of logits; the elements that Trainer counts; the mean loss of all rows by torch
KINDS = {
    "classes": (loss(lossary.cross_entropy), torch.arange(SAMPLES) % CLASSES, (CLASSES,), lambda y: y, of_tokens),
    "tokens": (
        loss(lossary.cross_entropy, shift=False),
        tokens((SAMPLES, LENGTH)),
        (LENGTH, CLASSES),
        lambda y: y,
        of_tokens,
    ),
    "causal": (
        loss(lossary.cross_entropy),
        tokens((SAMPLES, LENGTH)),
        (LENGTH, CLASSES),
        lambda y: y[:, 1:],
        lambda z, y: of_tokens(z[:, :-1], y[:, 1:]),
    ),
    "smoothed": (
        loss(lossary.cross_entropy, shift=True, label_smoothing=0.2),
        tokens((SAMPLES, LENGTH)),
        (LENGTH, CLASSES),
        lambda y: y[:, 1:],
        lambda z, y: F.cross_entropy(
            z[:, :-1].reshape(-1, CLASSES), y[:, 1:].reshape(-1), ignore_index=-100, label_smoothing=0.2
        ),
    ),
    "weighted": (
        loss(lossary.cross_entropy, class_weight=[1.0, 2.0, 4.0]),
        torch.arange(SAMPLES) % CLASSES,
        (CLASSES,),
        lambda y: y,
        lambda z, y: F.cross_entropy(z, y, torch.tensor([1.0, 2.0, 4.0]), reduction="none").mean(),
    ),
    "outcomes": (loss(lossary.binary_cross_entropy), OUTCOMES, (CLASSES,), lambda y: y, of_outcomes),
    "missing outcomes": (loss(lossary.binary_cross_entropy), MISSING, (CLASSES,), lambda y: y, of_outcomes),
    "rows of outcomes": (
        loss(lossary.binary_cross_entropy, unit="rows"),
        OUTCOMES,
        (CLASSES,),
        lambda y: y,
        lambda z, y: CLASSES * of_outcomes(z, y),
    ),
    "soft": (loss(lossary.cross_entropy), SOFT, (CLASSES,), lambda y: y, F.cross_entropy),
    "absent soft": (
        loss(lossary.cross_entropy, unit="rows"),
        ABSENT,
        (CLASSES,),
        lambda y: y,
        lambda z, y: F.cross_entropy(z[y[:, 0] >= 0], y[y[:, 0] >= 0]),
    ),
    "regions": (
        loss(lossary.dice, smooth=1.0, given="logits"),
        OUTCOMES,
        (CLASSES,),
        lambda y: y,
        lambda z, y: (1 - (2 * (z.sigmoid() * y).sum(-1) + 1) / (z.sigmoid().sum(-1) + y.sum(-1) + 1)).mean(),
    ),
    "numbers": (
        loss(lossary.huber, delta=0.5),
        NUMBERS,
        (1,),
        lambda y: y,
        lambda z, y: F.huber_loss(z[:, 0], y, delta=0.5),
    ),
    "counts": (
        loss(lossary.poisson),
        torch.arange(SAMPLES),
        (),
        lambda y: y,
        lambda z, y: F.poisson_nll_loss(z, y.float()),
    ),
    "margins": (
        loss(lossary.weston_watkins),
        torch.tensor([0, -100, 2, 1, 1, 0, -100, 2]),
        (CLASSES,),
        lambda y: y,
        lambda z, y: CLASSES * F.multi_margin_loss(z[y >= 0], y[y >= 0]),
    ),
    "a sum of losses, of a column": (
        loss(lossary.cross_entropy + 0.5 * lossary.brier, class_weight=None),
        torch.arange(SAMPLES)[:, None] % CLASSES,
        (CLASSES,),
        lambda y: y,
        lambda z, y: F.cross_entropy(z, y[:, 0]) + 0.5 * F.mse_loss(z.softmax(-1), F.one_hot(y[:, 0]).float()) * CLASSES,
    ),
    "quantiles": (
        loss(lossary.quantiles, levels=[0.1, 0.5, 0.9]),
        NUMBERS[:, None],
        (3,),
        lambda y: y,
        lambda z, y: torch.maximum((y - z) * LEVELS, (y - z) * (LEVELS - 1)).mean(-1).mean(),
    ),
    "one quantile": (
        loss(lossary.quantiles, levels=[0.9]),
        NUMBERS,
        (1,),
        lambda y: y,
        lambda z, y: torch.maximum((y - z[:, 0]) * 0.9, (z[:, 0] - y) * 0.1).mean(),
    ),
    "ordered classes": (
        loss(lossary.corn),
        torch.tensor([0, 1, -100, 2, 3, 0, 3, 1]),
        (CLASSES,),
        lambda y: y,
        of_ordered_classes,
    ),
    "boxes": (
        loss(lossary.giou),
        torch.where(torch.arange(SAMPLES)[:, None] == 2, -100.0, torch.tensor([0.0, 0.0, 2.0, 1.0])),
        (),
        lambda y: y,
        of_boxes,
    ),
    "several numbers": (
        loss(lossary.squared_error),
        normal(SAMPLES, CLASSES),
        (CLASSES,),
        lambda y: y,
        F.mse_loss,
    ),
}
BOXES = torch.tensor([0.1, 0.2, 1.3, 1.6]) + 0.1 * torch.rand(SAMPLES, 4, generator=RNG)
PARTS = (slice(0, 1), slice(1, 3), slice(3, 8))


@pytest.mark.parametrize("kind", KINDS)
def test_parts_of_a_batch_add_up_to_the_batch(kind):
    objective, labels, shape, counted, truth = KINDS[kind]
    objective = pickle.loads(pickle.dumps(objective))
    count = (counted(labels) != -100).sum()
    scores = BOXES if kind == "boxes" else normal(SAMPLES, *shape)
    expected, given = scores.clone().requires_grad_(), scores.clone().requires_grad_()
    cost = truth(expected, labels)
    cost.backward()
    output = FakeCausalLMOutput if kind == "causal" else dict
    parts = [objective(output(logits=given[rows]), labels[rows], num_items_in_batch=count) for rows in PARTS]
    sum(parts).backward()
    torch.testing.assert_close(sum(parts), cost)
    torch.testing.assert_close(given.grad, expected.grad)

    with torch.no_grad():  # evaluation, by batches and at once
        torch.testing.assert_close(objective(output(logits=scores), labels), cost.detach())
        shares = [
            objective(output(logits=scores[rows]), labels[rows], count) for rows in PARTS
        ]  # of devices, which Trainer adds
    torch.testing.assert_close(sum(shares), cost.detach())
    found = [
        objective.metrics(SimpleNamespace(predictions=(scores[rows],), label_ids=labels[rows]), rows.stop == SAMPLES)
        for rows in PARTS
    ]
    assert found[:2] == [{}, {}]
    assert found[2] == objective.metrics(SimpleNamespace(predictions=scores.numpy(), label_ids=labels.numpy()))
    assert found[2]["mean_loss"] == pytest.approx(cost.item(), rel=1e-6)


def test_devices_of_data_parallel_have_a_count_each():
    objective, labels, *_ = KINDS["classes"]
    scores = normal(SAMPLES, CLASSES).requires_grad_()
    one = objective({"logits": scores}, labels, torch.tensor(SAMPLES))
    # Trainer repeats the count for each of two devices, then multiplies the loss by 2
    two = 2 * objective({"logits": scores}, labels, torch.tensor([[SAMPLES], [SAMPLES]]))
    torch.testing.assert_close(one, two)


def output(module):
    return type("SomeOutput", (dict,), {"__module__": module})


LOGITS = torch.zeros(2, 4, CLASSES, requires_grad=True)
INDEXES = torch.zeros(2, 4, dtype=torch.int64)


def judged(logits, labels):
    return loss(lossary.cross_entropy, shift=True).metrics(SimpleNamespace(predictions=logits, label_ids=labels))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: loss(lossary.cross_entropy)({"logits": LOGITS[0]}, INDEXES[0]), ValueError, "gave no num_items_in_batch"),
        (lambda: loss(lossary.cross_entropy)({"logits": LOGITS}, None, 3), ValueError, "under the name 'labels'"),
        (lambda: loss(lossary.cross_entropy)({"logits": LOGITS}, INDEXES, 3), ValueError, "pass shift=True"),
        (lambda: loss(lossary.cross_entropy)({"start": LOGITS}, INDEXES, 3), ValueError, "has 'logits'; got start"),
        (lambda: loss(lossary.huber)({"logits": LOGITS[0, 0]}, torch.full((3,), -100.0), 3), ValueError, "shift or scale"),
        (
            lambda: loss(lossary.cross_entropy, shift=True)({"logits": LOGITS}, torch.zeros(2, 4, CLASSES), 3),
            ValueError,
            "class indexes, one a position",
        ),
        (
            lambda: loss(lossary.binary_cross_entropy, unit="rows")({"logits": LOGITS[0]}, MISSING[:4], 3),
            ValueError,
            'partly of -100; pass unit="labels"',
        ),
        (
            lambda: loss(lossary.huber).metrics(SimpleNamespace(predictions=LOGITS, label_ids=INDEXES)),
            ValueError,
            "first batch",
        ),
        (lambda: loss(lossary.huber, unit="row"), ValueError, "did you mean 'rows'"),
        (lambda: loss(lossary.huber, shift="yes"), ValueError, "True or False; got 'yes'"),
        (lambda: loss(lossary.huber, dleta=1.0), TypeError, "dleta"),
        (lambda: loss(lossary.huber, normalizer=3), TypeError, "normalizer= is set by"),
        (lambda: loss(lossary.gaussian), TypeError, "one prediction and a target; gaussian is one of mean, variance, target"),
        (lambda: loss(F.cross_entropy), TypeError, "got function cross_entropy"),
        (lambda: loss({"logits": LOGITS}, INDEXES, num_items_in_batch=8), TypeError, "got loss itself"),
        (lambda: lossary.cross_entropy({}, INDEXES, num_items_in_batch=8), TypeError, r"compute_loss_func=.*\.loss\(…\)"),
        (lambda: loss(lossary.cross_entropy, shift=False)(INDEXES, {"logits": LOGITS}, 8), TypeError, "a tensor; got dict"),
        (
            lambda: loss(lossary.binary_cross_entropy)({"logits": LOGITS[0, :, :2]}, INDEXES[0], 4),
            ValueError,
            r"one logit a label; got logits \(4, 2\) and labels \(4,\)",
        ),
        (lambda: loss(lossary.zero_one), TypeError, "that of zero_one is 0 everywhere"),
        (lambda: loss(lossary.huber)(None, INDEXES, 8), ValueError, "has 'logits'; got NoneType; return them"),
        (lambda: judged((), INDEXES), ValueError, "got outputs of shape none; return them from the model by name"),
        (lambda: loss(lossary.huber)((LOGITS.sum(), LOGITS), INDEXES, 8), ValueError, "begins with its logits; got one number"),
        (
            lambda: loss(lossary.cross_entropy, shift=True)({"logits": LOGITS, "aux_loss": LOGITS.sum()}, INDEXES, 3),
            ValueError,
            "returned aux_loss, which its own loss has",
        ),
        (lambda: loss(lossary.huber)({"logits": None, "hidden": LOGITS}, INDEXES, 3), ValueError, "got hidden; return them"),
        (
            lambda: loss(lossary.cross_entropy, shift=False)({"logits": LOGITS.movedim(-1, 1)}, INDEXES, 3),
            ValueError,
            "axis of classes at the end; got logits \\(2, 3, 4\\) and labels",
        ),
        (
            lambda: loss(lossary.cross_entropy, unit="rows", shift=False)({"logits": LOGITS}, INDEXES, 8),
            ValueError,
            'shape \\(2, 4\\) for cross_entropy; pass unit="labels"',
        ),
        (
            lambda: loss(lossary.corn, unit="rows", shift=False)({"logits": LOGITS}, INDEXES, 8),
            ValueError,
            "shape \\(2, 4\\) for corn; pass unit",
        ),
        (lambda: judged(LOGITS, None), ValueError, "one array of labels is judged; got none"),
        (lambda: judged(LOGITS, (INDEXES, INDEXES)), ValueError, "got 2 arrays; set label_names"),
        (lambda: judged(INDEXES, INDEXES), ValueError, "as floats; got outputs of shape \\(2, 4\\)"),
        (lambda: loss(lossary.binary_cross_entropy + lossary.corn), TypeError, "the same samples and the same form"),
    ],
)
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize("weight", [[1.0, 2.0, 4.0], torch.tensor([1.0, 2.0, 4.0])])
def test_weights_go_where_the_model_is(weight):
    objective = loss(lossary.cross_entropy, class_weight=weight)
    labels = torch.arange(SAMPLES) % CLASSES
    scores = normal(SAMPLES, CLASSES)
    with torch.no_grad():
        elsewhere = objective({"logits": scores.to("meta")}, labels.to("meta"), torch.tensor(SAMPLES))  # as on a GPU
    assert elsewhere.device.type == "meta"
    expected = F.cross_entropy(scores, labels, torch.tensor([1.0, 2.0, 4.0]), reduction="none").mean()
    torch.testing.assert_close(objective({"logits": scores}, labels, SAMPLES), expected)


def test_an_output_may_be_the_logits_themselves():
    logits = torch.tensor([[2.0, 0.0], [0.0, 1.0]])
    expected = F.cross_entropy(logits, torch.tensor([0, 0]))
    assert loss(lossary.cross_entropy)(logits, torch.tensor([0, 0]), 2).item() == pytest.approx(expected.item())


def test_functions_of_ones_own_around_the_loss():
    names = {"loss": loss, "lossary": lossary}
    exec(example("transformers.md", "of_pixels"), names)
    scores, labels = normal(2, CLASSES, 4, 5), tokens((2, 4, 5))
    cost = names["of_pixels"](SimpleNamespace(logits=scores), labels, (labels != -100).sum())
    torch.testing.assert_close(cost, F.cross_entropy(scores, labels, ignore_index=-100))

    names = {"objective": loss(lossary.cross_entropy, shift=True)}
    names["arguments"] = SimpleNamespace(gradient_accumulation_steps=2, world_size=4)
    exec(example("transformers.md", "aux_loss"), names)
    scores, labels = normal(SAMPLES, LENGTH, CLASSES), tokens((SAMPLES, LENGTH))
    parts = [
        names["with_balance"](
            SimpleNamespace(logits=scores[rows], aux_loss=torch.tensor(balance)), labels[rows], (labels[:, 1:] != -100).sum()
        )
        for rows, balance in ((slice(0, 3), 100.0), (slice(3, 8), 300.0))
    ]
    # Trainer multiplies by the number of processes, and gradients are averaged over these
    torch.testing.assert_close(sum(parts), of_tokens(scores[:, :-1], labels[:, 1:]) + 0.001 * 200 / 4)


def test_logits_are_found_among_outputs():
    labels, scores = tokens((SAMPLES, LENGTH)), normal(SAMPLES, LENGTH, CLASSES)
    objective = loss(lossary.cross_entropy, shift=False)
    for outputs in (
        scores.numpy(),
        (scores.numpy(), normal(SAMPLES, 9)),
        (normal(3, 9).numpy(), normal(3), scores.numpy(), (scores,)),
    ):
        found = objective.metrics(SimpleNamespace(predictions=outputs, label_ids=labels.numpy()))
        assert found["mean_loss"] == pytest.approx(of_tokens(scores, labels).item(), rel=1e-6)


def test_the_class_of_an_output_says_whether_labels_are_shifted():
    objective = loss(lossary.cross_entropy)
    labels = tokens((SAMPLES, LENGTH))
    scores = normal(SAMPLES, LENGTH, CLASSES)
    with torch.no_grad():
        aligned = objective(output("transformers.modeling_outputs")(logits=scores), labels)
    torch.testing.assert_close(aligned, of_tokens(scores, labels))
    with torch.no_grad():
        shifted = objective(FakeCausalLMOutput(logits=scores), labels)
    torch.testing.assert_close(shifted, of_tokens(scores[:, :-1], labels[:, 1:]))


# ---- the Trainer itself


def rows_of(kind):
    """Rows of a tiny data set, of unequal numbers of labels."""
    words = torch.randint(20, (SAMPLES, LENGTH), generator=torch.Generator().manual_seed(3))
    labels = {
        "causal": torch.where(KINDS["causal"][1] == -100, -100, words),
        "tokens": KINDS["tokens"][1],
        "outcomes": MISSING,
        "rows of outcomes": OUTCOMES,
        "soft": SOFT,
        "numbers": NUMBERS,
    }[kind]
    return [{"input_ids": x, "labels": y} for x, y in zip(words, labels, strict=True)]


def model_of(kind):
    import transformers

    torch.manual_seed(0)
    sizes = {"vocab_size": 20, "bos_token_id": 0, "eos_token_id": 0, "pad_token_id": 0}
    if kind == "causal":
        drops = {"resid_pdrop": 0.0, "embd_pdrop": 0.0, "attn_pdrop": 0.0}
        model = transformers.GPT2LMHeadModel(
            transformers.GPT2Config(n_embd=8, n_layer=1, n_head=1, n_positions=LENGTH, **sizes, **drops)
        )
        model.loss_type = "ForCausalLM"  # else Trainer counts the labels at the first position too
        return model
    config = transformers.BertConfig(
        hidden_size=8,
        num_hidden_layers=1,
        num_attention_heads=1,
        intermediate_size=8,
        num_labels=1 if kind == "numbers" else CLASSES,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        **sizes,
    )
    of = transformers.BertForTokenClassification if kind == "tokens" else transformers.BertForSequenceClassification
    return of(config)


def trainer_of(kind, folder, batch, accumulation, devices=1, **more):
    import transformers

    objective = KINDS[kind][0]
    arguments = transformers.TrainingArguments(
        str(folder),
        per_device_train_batch_size=batch,
        per_device_eval_batch_size=3,
        gradient_accumulation_steps=accumulation,
        learning_rate=1.0,
        lr_scheduler_type="constant",
        optim="sgd",
        max_grad_norm=0.0,
        use_cpu=True,
        report_to="none",
        save_strategy="no",
        disable_tqdm=True,
        logging_strategy="no",
        batch_eval_metrics=kind != "tokens",
        **{"max_steps": 1, **more},
    )
    assert arguments.n_gpu <= 1
    if devices > 1:  # Trainer counts as for so many, and torch's DataParallel without a GPU runs the module itself
        arguments._n_gpu = devices
    rows = rows_of(kind)
    return transformers.Trainer(
        model_of(kind),
        arguments,
        train_dataset=rows,
        eval_dataset=rows,
        compute_loss_func=objective,
        compute_metrics=objective.metrics,
    )


def test_a_count_that_has_labels_which_nothing_predicts_is_refused():
    objective, labels, *_ = KINDS["smoothed"]
    objective = pickle.loads(pickle.dumps(objective))
    scores = normal(SAMPLES, LENGTH, CLASSES).requires_grad_()
    right, wrong = (labels[:, 1:] != -100).sum(), (labels != -100).sum()

    def steps(objective, *counts):
        for count in counts:
            for rows in PARTS:
                objective({"logits": scores[rows]}, labels[rows], count)

    with pytest.raises(ValueError, match=r"are the first of their rows.*labels\[:, 0\] = -100"):
        steps(objective, wrong, right)
    steps(pickle.loads(pickle.dumps(KINDS["smoothed"][0])), right, right.clone(), right.clone())


@pytest.mark.parametrize(
    ("processes", "shifted", "message"),
    [  # labels seen, of these the first of a row, and the count of Trainer, of each process
        ([[10, 2, 10]], True, "counted 10 labels, but 2 of them"),
        ([[10, 2, 16], [6, 0, 16]], True, "counted 16 labels, but 2 of them"),
        ([[10, 2, 8]], False, "counted 8 labels, without the 2"),
        ([[10, 2, 13], [6, 1, 13]], False, "counted 13 labels, without the 3"),
        ([[10, 2, 8], [6, 1, 5]], True, r"the count of its own labels \(8, 5\)"),
        ([[10, 2, 10], [6, 1, 6]], False, r"the count of its own labels \(10, 6\)"),
    ],
)
def test_a_wrong_count_is_refused(processes, shifted, message):
    with pytest.raises(ValueError, match=message):
        refuse_wrong_count(processes, shifted)


@pytest.mark.parametrize(
    ("processes", "shifted"),
    [
        ([[10, 2, 8]], True),
        ([[10, 2, 10]], False),
        ([[8, 0, 8]], True),
        ([[8, 0, 8]], False),
        ([[10, 2, 13], [6, 1, 13]], True),
        ([[5, 0, 5], [0, 0, 5]], True),
        ([[5, 1, 5], [5, 1, 5]], False),  # equal counts: a mean of means is the mean
    ],
)
def test_a_right_count_is_taken(processes, shifted):
    refuse_wrong_count(processes, shifted)


def cost_and_slopes(kind):
    """The mean loss of all rows by torch, and its slopes in the weights of the model."""
    before, rows, truth = model_of(kind), rows_of(kind), KINDS[kind][4]
    labels = torch.stack([row["labels"] for row in rows])
    logits = before(input_ids=torch.stack([row["input_ids"] for row in rows])).logits
    if kind == "causal":
        cost = F.cross_entropy(logits[:, :-1].reshape(-1, 20), labels[:, 1:].reshape(-1), ignore_index=-100)
    else:
        cost = truth(logits, labels)
    cost.backward()
    slopes = {name: p.grad for name, p in before.named_parameters() if p.grad is not None}
    assert max(x.abs().max() for x in slopes.values()) > 0.01
    return cost.item(), slopes


def moved(kind, model):
    """What a step of rate 1 took off the weights, which is its gradient."""
    return {name: (p - model.get_parameter(name)).detach() for name, p in model_of(kind).named_parameters()}


@pytest.mark.heavy
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", ["causal", "tokens", "outcomes", "rows of outcomes", "soft", "numbers"])
def test_a_step_is_the_same_in_one_batch_and_in_four(kind, tmp_path):
    pytest.importorskip("transformers", reason="the package transformers is not installed")
    pytest.importorskip("accelerate", reason="the package accelerate is not installed")
    cost, slopes = cost_and_slopes(kind)
    for accumulation in (1, 4):
        trainer = trainer_of(kind, tmp_path, SAMPLES // accumulation, accumulation)
        assert trainer.evaluate()["eval_mean_loss"] == pytest.approx(cost, rel=1e-6)
        assert trainer.train().training_loss == pytest.approx(cost, rel=1e-5)
        for name, step in moved(kind, trainer.model).items():
            torch.testing.assert_close(step, slopes.get(name, torch.zeros_like(step)), rtol=1e-4, atol=1e-6)


SPLIT = ("causal", "soft", "numbers")


@pytest.mark.heavy
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("accumulation", [1, 2])
@pytest.mark.parametrize("kind", SPLIT)
def test_a_step_is_the_same_for_two_devices_of_data_parallel(kind, accumulation, tmp_path):
    pytest.importorskip("transformers", reason="the package transformers is not installed")
    pytest.importorskip("accelerate", reason="the package accelerate is not installed")
    cost, slopes = cost_and_slopes(kind)
    trainer = trainer_of(kind, tmp_path, SAMPLES // accumulation // 2, accumulation, devices=2)
    trainer.train()
    assert type(trainer.model_wrapped) is torch.nn.DataParallel
    for name, step in moved(kind, trainer.model).items():
        torch.testing.assert_close(step, slopes.get(name, torch.zeros_like(step)), rtol=1e-4, atol=1e-6)
    assert trainer_of(kind, tmp_path, 1, 1, devices=2).evaluate()["eval_mean_loss"] == pytest.approx(cost, rel=1e-6)


def rows_of_two_processes():
    """Features and labels, unequally many in two processes and none in one part of a step; the gradient by torch."""
    x = torch.randn(SAMPLES, LENGTH, CLASSES, generator=torch.Generator().manual_seed(4))
    y = torch.where(torch.arange(SAMPLES)[:, None] % 2 == 1, -100, KINDS["tokens"][1])
    y[1] = 2
    network = network_of_tokens()
    of_tokens(network(x), y).backward()
    return x, y, network.weight.grad


def network_of_tokens():
    torch.manual_seed(5)
    return torch.nn.Linear(CLASSES, CLASSES, bias=False)


def train_with_accelerate(accumulate):
    """Return what a step of the documentation's loop took off the weights."""
    from accelerate import Accelerator

    names = {}
    exec(example("transformers.md", "accelerator.no_sync"), names)
    x, y, _ = rows_of_two_processes()
    accelerator, network = Accelerator(cpu=True), network_of_tokens()
    batches = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x, y), batch_size=SAMPLES // 2 // accumulate)
    made = accelerator.prepare(network, torch.optim.SGD(network.parameters(), lr=1.0), batches)
    names["train"](accelerator, *made, accumulate)
    return (network_of_tokens().weight - network.weight).detach()


def slope_with_shards(accumulate):
    """Return the gradient of weights that two processes have half of each."""
    from torch.distributed import get_rank
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import fully_shard

    x, y, _ = rows_of_two_processes()
    network = fully_shard(network_of_tokens(), mesh=init_device_mesh("cpu", (2,)))
    parts = [z[get_rank() :: 2].chunk(accumulate) for z in (x, y)]
    n = distributed.normalizer(lossary.cross_entropy, parts[1], gradient_reduction="mean", ignore_index=-100)
    for features, labels in zip(*parts, strict=True):
        lossary.cross_entropy(network(features), labels, ignore_index=-100, normalizer=n).backward()
    return network.weight.grad.full_tensor()


def error_of_own_counts(folder):
    """Return what is raised where each process divides by the count of its own labels."""
    trainer = trainer_of("causal", folder, SAMPLES // 2, 1, max_steps=2, average_tokens_across_devices=False)
    with pytest.raises(ValueError, match="each process divided by the count of its own labels") as caught:
        trainer.train()
    return str(caught.value)


def train_in_a_process(folder):
    """Take a step of each kind in one of two processes; the first writes down what came of it."""
    found = {}
    for kind in SPLIT:
        trainer = trainer_of(kind, folder, SAMPLES // 4, 2)
        assert trainer.args.world_size == 2
        trainer.train()  # an evaluation before it would leave the model without its wrapper
        steps = moved(kind, trainer.accelerator.unwrap_model(trainer.model))
        measured = trainer_of(kind, folder, 1, 1).evaluate()
        found[kind] = measured["eval_mean_loss"], steps
    found["accelerate"] = [train_with_accelerate(accumulate) for accumulate in (1, 2)]
    found["shards"] = [slope_with_shards(accumulate) for accumulate in (1, 2)]
    found["own counts"] = error_of_own_counts(folder)
    if os.environ["RANK"] == "0":
        torch.save(found, f"{folder}/found.pt")


@pytest.mark.heavy
def test_a_step_is_the_same_in_two_processes(tmp_path):
    pytest.importorskip("transformers", reason="the package transformers is not installed")
    pytest.importorskip("accelerate", reason="the package accelerate is not installed")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    of_all = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "OMP_NUM_THREADS": "1"}
    code = f"from tests.trainers.test_transformers import train_in_a_process; train_in_a_process({str(tmp_path)!r})"
    started = [
        subprocess.Popen(
            [sys.executable, "-c", code],
            env={**os.environ, **of_all, "RANK": str(rank), "LOCAL_RANK": str(rank), "GLOO_SOCKET_IFNAME": "lo"},
            cwd=Path(__file__).parents[2],
        )
        for rank in range(2)
    ]
    try:
        assert [process.wait(150) for process in started] == [0, 0]
    finally:
        for process in started:
            process.kill()
    found = torch.load(tmp_path / "found.pt")
    for kind in SPLIT:
        cost, slopes = cost_and_slopes(kind)
        mean, steps = found[kind]
        assert mean == pytest.approx(cost, rel=1e-6)
        for name, step in steps.items():
            torch.testing.assert_close(step, slopes.get(name, torch.zeros_like(step)), rtol=1e-4, atol=1e-6)
    for steps in (found["accelerate"], found["shards"]):
        for step in steps:
            torch.testing.assert_close(step, rows_of_two_processes()[2], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("parts", [1, 2])
def test_a_count_that_is_too_small_is_found_at_the_first_step(parts):
    labels, counts = torch.ones(2, 5, dtype=torch.int64), LabelCounts()
    count = torch.tensor(8 * parts)  # without the first label of each row
    for _ in range(parts - 1):
        counts.add(count, labels, shifted=False)
    with pytest.raises(ValueError, match=r"without the .* that are the first of their rows, but shift=False judges"):
        counts.add(count, labels, shifted=False)
    right = LabelCounts()
    for count in (torch.tensor(10 * parts), torch.tensor(10 * parts)):
        for _ in range(parts):
            right.add(count, labels, shifted=False)
