"""What is left out, what is no number, what is no class, and where rows lie."""

import numpy as np
import pytest
import torch

from tests.kernels.gpu.interpreted import cross_entropy, in_blocks

CLASSES = 70
LABELS = [torch.int8, torch.int16, torch.int32, torch.int64, torch.uint8, torch.uint16, torch.uint32, torch.uint64]
EVERYTHING = {"losses": True, "log_normalizers": True, "entropies": True, "correct": True}


@pytest.fixture(params=["whole", "blocks"], autouse=True)
def read(request, monkeypatch):
    if request.param == "blocks":
        in_blocks(monkeypatch, 32)


def logits_of(count, dtype=torch.float32):
    return (3 * torch.randn(count, CLASSES, generator=torch.Generator().manual_seed(1))).to(dtype)


def answer(logits, target, **options):
    """All that can be asked for, the slopes last."""
    slopes, later = torch.full_like(logits, 777), torch.full_like(logits, 666)
    *found, statistics = cross_entropy.rows(logits, target, slopes=slopes, statistics=True, **EVERYTHING, **options)
    cross_entropy.gradient(logits, target, statistics, later, **options)
    assert_same([later], [slopes])
    return (*found, slopes)


def assert_same(got, expected):
    for g, e in zip(got, expected, strict=True):
        torch.testing.assert_close(g, e, rtol=0, atol=0, equal_nan=True)


def test_labels_of_every_dtype():
    logits, labels = logits_of(4), torch.tensor([0, 69, 31, 32])
    expected = answer(logits, labels)
    for dtype in LABELS:
        assert_same(answer(logits, labels.to(dtype)), expected)


@pytest.mark.parametrize(
    ("label", "dtype", "options"),
    [
        (-1, torch.int8, {}),
        (70, torch.uint8, {"kept": 0.9, "floor": 0.1 / CLASSES}),
        (2**63 + 3, torch.uint64, {}),
        (2**32 + 5, torch.int64, {"z_loss": 0.1, "class_weight": torch.ones(CLASSES)}),
        (-1, torch.int64, {"kept": 0.9, "floor": 0.1 / CLASSES}),
    ],
)
def test_a_label_that_is_no_class(label, dtype, options):
    logits = logits_of(3)
    logits[1, 5] = 9.0  # so that 5 would be right
    labels = torch.tensor([4, label, 5], dtype=dtype)
    losses, normalizers, entropies, correct, slopes = answer(logits, labels, **options)
    good = answer(logits, torch.tensor([4, 5, 5]), **options)
    assert losses.isnan().tolist() == [False, True, False]
    assert slopes.isnan().all(-1).tolist() == [False, True, False]
    assert not slopes[::2].isnan().any()
    assert_same([normalizers, entropies, correct[1]], [good[1], good[2], torch.tensor(0.0)])
    assert_same([losses[::2], slopes[::2]], [good[0][::2], good[4][::2]])
    for way in ({"where": torch.tensor([False])}, {"weight": torch.tensor([0.0])}):
        assert all(not y.any() for y in answer(logits[1:2], labels[1:2], **way, **options))


@pytest.mark.parametrize("dense", [False, True])
@pytest.mark.parametrize(
    "options", [{}, {"kept": 0.9, "floor": 0.1 / CLASSES, "z_loss": 0.1, "soft_cap": 5.0}], ids=["plain", "all"]
)
@pytest.mark.parametrize("filled", [(np.nan, np.inf), (-np.inf, np.nan)], ids=str)
def test_rows_that_count_nothing(filled, options, dense):
    logits = logits_of(4)
    logits[1:3] = torch.tensor(filled)[:, None]
    target = torch.full((4, CLASSES), 1 / CLASSES) if dense else torch.tensor([3, 5, 5, 7])
    where, weight = torch.tensor([True, False, True, True]), torch.tensor([1.0, 2.0, 0.0, 1.0])
    found = answer(logits, target, where=where, weight=weight, share=-2.0, **options)
    for y in found:
        assert (y[1:3] == 0).all()
        assert y[[0, 3]].isfinite().all()
    assert_same((y[[0, 3]] for y in found), answer(logits[[0, 3]], target[[0, 3]], share=-2.0, **options))


def test_labels_whose_class_weighs_nothing():
    logits, labels, class_weight = logits_of(2), torch.tensor([3, 5]), torch.ones(CLASSES)
    logits[0, 9], class_weight[3] = np.nan, 0
    found = answer(logits, labels, class_weight=class_weight, z_loss=0.1)
    assert all(not y[0].any() and y[1].all() for y in found if y is not found[3])
    smoothed = answer(logits, labels, class_weight=class_weight, kept=0.9, floor=0.1 / CLASSES)
    assert smoothed[0].isnan().tolist() == [True, False]


@pytest.mark.parametrize(("place", "dense"), [(0, True), (69, False)])
@pytest.mark.parametrize("options", [{}, {"kept": 0.9, "floor": 0.1 / CLASSES}, {"kept": 0.0, "floor": 1 / CLASSES}])
def test_rows_without_a_normalizer(place, dense, options):
    logits = logits_of(4)
    logits[0, place] = np.nan
    logits[1, [place, 40]] = np.inf
    logits[2] = -np.inf
    target = torch.full((4, CLASSES), 1 / CLASSES) if dense else torch.tensor([2, place, 0, 2])
    losses, normalizers, entropies, correct, slopes = answer(logits, target, **options)
    for y in (losses, normalizers, entropies):
        assert y.isnan().tolist() == [True, True, True, False]
    assert slopes[:3].isnan().all()
    assert slopes[3].isfinite().all()
    assert not correct[:3].any()


@pytest.mark.parametrize("place", [0, 40, 69])
def test_one_infinite_logit_has_all_the_probability(place):
    logits, labels = logits_of(2), torch.tensor([place, 20])
    logits[:, place], logits[:, 9] = np.inf, -np.inf
    one_hot = torch.nn.functional.one_hot(labels, CLASSES).float()
    p = torch.nn.functional.one_hot(torch.tensor([place, place]), CLASSES).float()
    for target in (labels, one_hot):
        losses, normalizers, entropies, correct, slopes = answer(logits, target)
        assert (losses.tolist(), normalizers.tolist()) == ([0, np.inf], [np.inf, np.inf])
        assert (entropies.tolist(), correct.tolist()) == ([0, 0], [1, 0])
        assert torch.equal(slopes, p - one_hot)
    losses, *_, slopes = answer(logits, labels, kept=0.8, floor=0.2 / CLASSES)
    assert losses.tolist() == [np.inf, np.inf]
    torch.testing.assert_close(slopes, p - 0.8 * one_hot - 0.2 / CLASSES, rtol=1e-6, atol=1e-7)
    slopes = answer(logits, labels, z_loss=0.1)[4]
    assert torch.equal(slopes, torch.where(p == 1, np.inf, -one_hot))


def test_probabilities_whose_classes_weigh_nothing():
    logits, class_weight, target = logits_of(2), torch.ones(CLASSES), torch.zeros(2, CLASSES)
    logits[0, 9], class_weight[3:5], target[0, 3:5], target[1, 7] = np.nan, 0, 0.5, 1
    found = answer(logits, target, class_weight=class_weight, z_loss=0.1)
    assert all(not y[0].any() and y[1].all() for y in found if y is not found[3])


def test_a_soft_cap_makes_infinities_finite():
    logits = logits_of(1)
    logits[0, 3], logits[0, 40] = np.inf, -np.inf
    losses, *_, slopes = answer(logits, torch.tensor([3]), soft_cap=5.0)
    assert losses.isfinite().all()
    assert slopes.isfinite().all()
    assert slopes[0, 3] == slopes[0, 40] == 0
    logits[0, 8] = np.nan
    losses, *_, slopes = answer(logits, torch.tensor([3]), soft_cap=5.0)
    assert losses.isnan().all()
    assert slopes.isnan().all()


@pytest.mark.parametrize("hidden", [slice(0, 40), slice(1, 70)])
@pytest.mark.parametrize("filled", [-np.inf, torch.finfo(torch.float32).min])
def test_hidden_classes_are_as_if_absent(hidden, filled):
    logits = logits_of(1)
    logits[:, hidden] = filled
    left = torch.ones(CLASSES, dtype=torch.bool)
    left[hidden] = False
    labels = torch.tensor([0]) if left[0] else torch.tensor([69])
    chances = torch.where(left, torch.rand(1, CLASSES), 0).div(3)
    zeroed = left.float()
    for target, options in (
        (labels, {"z_loss": 0.1}),
        (labels, {"temperature": 0.5}),
        (chances, {"temperature": 0.5}),
        (labels, {"class_weight": zeroed, "kept": 0.9, "floor": 0.01}),
        (chances, {"class_weight": zeroed, "kept": 0.9, "floor": 0.01}),
    ):
        fewer = {**options, **({"class_weight": zeroed[left]} if "class_weight" in options else {})}
        labels_left = left[: int(labels[0])].sum().expand(1)
        found = answer(logits, target, **options)
        expected = answer(
            logits[:, left].contiguous(), target[:, left].contiguous() if target.ndim == 2 else labels_left, **fewer
        )
        for g, e in zip(found[:4], expected[:4], strict=True):
            torch.testing.assert_close(g, e, rtol=1e-6, atol=1e-6)
        torch.testing.assert_close(found[4][:, left], expected[4], rtol=1e-6, atol=1e-7)
        assert (found[4][:, hidden] == 0).all()


@pytest.mark.parametrize("hidden", [slice(5, 6), slice(0, 69), slice(5, 70)])
def test_a_hidden_class_that_counts_costs_infinitely_much(hidden):
    logits = logits_of(1)
    logits[0, hidden] = -np.inf
    for target, options in (
        (torch.tensor([5]), {}),
        (torch.tensor([6]), {"kept": 0.9, "floor": 0.1 / CLASSES}),
        (torch.full((1, CLASSES), 1 / CLASSES), {}),
    ):
        losses, *_, slopes = answer(logits, target, **options)
        assert losses.tolist() == [np.inf]
        given = logits.clone().requires_grad_()
        smoothing = options.get("floor", 0.0) * CLASSES
        torch.nn.functional.cross_entropy(given, target, label_smoothing=smoothing).backward()
        torch.testing.assert_close(slopes, given.grad, rtol=1e-5, atol=1e-7)


def test_a_hidden_label_that_weighs_nothing_costs_what_smoothing_does():
    logits, class_weight = logits_of(1), torch.ones(CLASSES)
    logits[0, 5], class_weight[5] = -np.inf, 0
    found = answer(logits, torch.tensor([5]), class_weight=class_weight, kept=0.9, floor=0.1 / CLASSES)
    expected = answer(logits, class_weight[None] / CLASSES, kept=0.1)
    torch.testing.assert_close([found[0], found[4]], [expected[0], expected[4]], rtol=1e-6, atol=1e-8)


def test_the_first_of_several_largest_is_the_answer():
    logits = torch.zeros(4, CLASSES)
    logits[:, [20, 21, 50, 69]] = 2.0
    labels = torch.tensor([20, 21, 50, 69])
    assert answer(logits, labels)[3].tolist() == [1, 0, 0, 0]
    target = torch.zeros(4, CLASSES)
    for i, places in enumerate(([20, 50], [21], [19, 20], [50, 69])):
        target[i, places] = 0.5
    assert answer(logits, target)[3].tolist() == [1, 0, 0, 0]
    assert answer(torch.zeros(2, CLASSES), torch.tensor([0, 1]))[3].tolist() == [1, 0]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16, torch.float64], ids=str)
def test_slopes_may_be_written_over_the_logits(dtype):
    logits, labels = logits_of(2, dtype), torch.tensor([1, 69])
    for target in (labels, torch.rand(2, CLASSES)):
        buffer, apart = (torch.full((2, CLASSES + 7), 555.0, dtype=dtype) for _ in range(2))
        given, slopes = buffer[:, 3 : CLASSES + 3], apart[:, 3 : CLASSES + 3]
        given.copy_(logits)
        options = {"soft_cap": 5.0, "z_loss": 0.1, **EVERYTHING}
        expected = (*cross_entropy.rows(given, target, slopes=slopes, **options)[:4], slopes)
        found = cross_entropy.rows(given, target, slopes=given, **options)
        assert_same((*found[:4], given), expected)
        assert (buffer[:, :3] == 555).all()
        assert (buffer[:, CLASSES + 3 :] == 555).all()


def test_rows_may_lie_more_than_32_bits_apart():
    """The last row, by a stride that itself fits 32 bits. The memory between rows is reserved, but never touched."""
    stride = 2**30 + 8
    buffer = torch.empty(2 * stride + 2 * CLASSES, dtype=torch.bfloat16)
    logits, target = (buffer.as_strided((3, CLASSES), (stride, 1), start) for start in (0, CLASSES))
    logits.copy_(logits_of(3))
    target.copy_(torch.rand(3, CLASSES).softmax(-1))
    near = logits.contiguous(), target.contiguous()
    expected = answer(*near)
    assert_same((*cross_entropy.rows(logits, target, slopes=logits, **EVERYTHING)[:4], logits), expected)


def test_share_is_a_number_or_a_tensor():
    logits, labels = logits_of(2), torch.tensor([1, 2])
    once, half = answer(logits, labels), answer(logits, labels, share=0.5)
    assert_same(half, (*once[:4], once[4] / 2))
    for share in (torch.tensor(0.5), torch.tensor([0.5], dtype=torch.float64), torch.tensor(0.5, dtype=torch.bfloat16)):
        assert_same(answer(logits, labels, share=share), half)


def test_options_keep_their_digits_in_float64():
    logits, labels = logits_of(1, torch.float64), torch.tensor([1])
    got = cross_entropy.rows(logits, labels, z_loss=0.1, temperature=1.1, kept=0.7, floor=0.3 / CLASSES)
    log_p = (logits / 1.1).log_softmax(-1)
    expected = -0.7 * log_p[:, 1] - 0.3 * log_p.mean(-1) + 0.1 * (logits / 1.1).logsumexp(-1) ** 2
    torch.testing.assert_close(got.losses, expected, rtol=1e-14, atol=0)


def test_nothing_is_made_that_was_not_asked_for():
    logits, labels = logits_of(2), torch.tensor([1, 2])
    assert cross_entropy.rows(logits, labels)[1:] == (None,) * 4
    slopes = torch.empty_like(logits)
    assert cross_entropy.rows(logits, labels, slopes=slopes, losses=False) == (None,) * 5
    assert torch.equal(slopes, answer(logits, labels)[4])
    everything = answer(logits, labels)
    for i, name in enumerate(EVERYTHING):
        alone = cross_entropy.rows(logits, labels, **{**dict.fromkeys(EVERYTHING, False), name: True})
        assert torch.equal(alone[i], everything[i])
    assert [y.shape for y in answer(logits[:0], labels[:0])] == [(0,), (0,), (0,), (0,), (0, CLASSES)]


def test_one_class():
    for target in (torch.tensor([0, 0]), torch.ones(2, 1)):
        losses, normalizers, entropies, correct, slopes = answer(torch.tensor([[3.0], [-2.0]]), target)
        assert losses.tolist() == entropies.tolist() == slopes.flatten().tolist() == [0, 0]
        assert normalizers.tolist() == [3, -2]
        assert correct.tolist() == [1, 1]


def test_what_is_refused():
    logits, labels = torch.zeros(2, 3), torch.tensor([0, 1])
    for wrong, message in (
        ({"target": labels[:1]}, r"target has the shape \(2,\) or \(2, 3\) for logits of shape \(2, 3\); got \(1,\)"),
        ({"weight": torch.ones(3)}, r"weight has the shape \(2,\) .* got \(3,\)"),
        ({"where": torch.ones(2, 1)}, r"where has the shape \(2,\) .* got \(2, 1\)"),
        ({"class_weight": torch.ones(2)}, r"class_weight has the shape \(3,\) .* got \(2,\)"),
        ({"slopes": torch.ones(2)}, r"slopes has the shape \(2, 3\) .* got \(2,\)"),
        ({"logits": torch.zeros(3)}, r"logits have the shape \(rows, classes\), .* got \(3,\)"),
        ({"logits": torch.zeros(2, 0)}, r"with at least one class; got \(2, 0\)"),
        ({"logits": torch.zeros(3, 2).T}, r"the classes of logits lie side by side; got strides \(1, 2\)"),
        ({"target": torch.zeros(3, 2).T}, "the classes of target lie side by side"),
        ({"slopes": torch.zeros(3, 2).T}, "the classes of slopes lie side by side"),
    ):
        with pytest.raises(ValueError, match=message):
            cross_entropy.rows(**{"logits": logits, "target": labels, **wrong})
