"""All options, crossed and at random, against the definition in float64: losses, slopes and all else that can be asked for."""

import itertools

import numpy as np
import pytest
import torch

from tests.kernels.gpu.interpreted import assert_as_good, cross_entropy, in_blocks, plain

LABELS = [torch.int8, torch.int16, torch.int32, torch.int64, torch.uint8, torch.uint16, torch.uint32, torch.uint64]
EVERYTHING = {"losses": True, "log_normalizers": True, "entropies": True, "correct": True}


def check(logits, target, in_place=False, stride=None, **options):
    """Call it with logits that lie `stride` apart, and compare all that it yields."""
    count, classes = logits.shape
    number = torch.float64 if logits.dtype == torch.float64 else torch.float32
    share = options.pop("share", 1.0)
    truth, slopes_truth = plain(logits, target, torch.float64, share=share, **options)
    plainly, slopes_plainly = plain(logits, target, number, share=share, **options)
    buffer = logits.new_full((count, stride or classes), 777.0)
    given = buffer[:, :classes]
    given.copy_(logits)
    slopes = given if in_place else torch.full((count, classes + 3), 555.0, dtype=logits.dtype)[:, :classes]

    got = cross_entropy.rows(given, target, slopes=slopes, share=share, statistics=True, **EVERYTHING, **options)
    later = torch.full_like(logits, 666)
    cross_entropy.gradient(logits, target, got.statistics, later, share=share, **options)
    torch.testing.assert_close(later, slopes, rtol=0, atol=0, equal_nan=True)

    assert (buffer[:, classes:] == 777).all()
    if not in_place:
        assert torch.equal(given.nan_to_num(), logits.nan_to_num())
        assert (slopes._base[:, classes:] == 555).all()
    z = logits.double() / options.get("temperature", 1.0)
    z = torch.where(z.abs() < 1e30, z, 0.0).abs().max()
    known = torch.finfo(torch.float64).eps * 8 * (1 + z)
    eps = torch.finfo(number).eps
    if options.get("soft_cap"):  # what is capped is rounded before distances are taken
        eps *= 1 + min(z, options["soft_cap"] / options.get("temperature", 1.0))
    for name in ("losses", "log_normalizers", "entropies"):
        values = [getattr(answer, name)[:, None] for answer in (got, truth, plainly)]
        assert values[0].dtype == number
        assert_as_good(*values, eps, known, name)
    certain = torch.ones(count, dtype=torch.bool)
    if options.get("soft_cap"):  # close to the cap, rounding may make ties
        tops = (logits.double() / options["soft_cap"]).tanh().topk(min(2, classes)).values
        certain = tops[:, 0] - tops[:, -1] > 1e-5
    assert torch.equal(got.correct[certain], truth.correct.to(number)[certain])
    if number != logits.dtype:  # rounded once more
        half = torch.finfo(logits.dtype)
        room = half.eps / 2 * slopes_truth.abs() + half.smallest_normal * half.eps
        slopes = slopes.double()
        slopes = torch.where(
            (slopes - slopes_truth).abs() <= room, slopes_truth, slopes - room * (slopes - slopes_truth).sign()
        )
    assert_as_good(slopes, slopes_truth, slopes_plainly, eps, known, "slopes")


@pytest.fixture(params=["whole", "blocks"])
def read(request, monkeypatch):
    if request.param == "blocks":
        in_blocks(monkeypatch, 32)
    return request.param


CHOICES = ("dense", "class_weight", "smoothed", "z_loss", "soft_cap", "temperature")


CROSSED = list(itertools.product([False, True], repeat=len(CHOICES)))


@pytest.mark.parametrize(  # each three of the choices and how rows are read
    ("chosen", "read"), [(chosen, ("whole", "blocks")[sum(chosen) % 2]) for chosen in CROSSED], indirect=["read"]
)
def test_options_crossed(chosen, read):
    on = dict(zip(CHOICES, chosen, strict=True))
    number = CROSSED.index(chosen)
    generator = torch.Generator().manual_seed(number)
    classes = 83
    logits = 4 * torch.randn(1, classes, generator=generator, dtype=torch.float64)
    dtype = [torch.float32, torch.bfloat16, torch.float16, torch.float64][(number + number // 4 + number // 16) % 4]
    labels = torch.randint(classes, (1,), generator=generator).to(LABELS[number % len(LABELS)])
    probabilities = torch.rand(1, classes, generator=generator).softmax(-1)
    options = {}
    if on["class_weight"]:
        options["class_weight"] = 2 * torch.rand(classes, generator=generator)
    if on["smoothed"]:
        options |= {"kept": 0.9, "floor": 0.1 / classes}
    if on["z_loss"]:
        options["z_loss"] = 0.03
    if on["soft_cap"]:
        options["soft_cap"] = 6.0
    if on["temperature"]:
        options["temperature"] = 1.7
    check(logits.to(dtype), probabilities if on["dense"] else labels, **options)


def drawn(seed):
    """Logits, a target and options, any of them."""
    rng = np.random.default_rng(seed)
    count, classes = int(rng.integers(1, 5)), int(rng.choice([1, 2, 3, 7, 31, 32, 33, 64, 97, 130]))
    dtype = [torch.float32, torch.float64, torch.bfloat16, torch.float16][rng.integers(4)]
    logits = torch.from_numpy(rng.normal(size=(count, classes)) * rng.choice([0.01, 1, 8, 60])) + rng.choice([0, -40, 300])
    if rng.random() < 0.3:
        logits = logits.round()  # ties
    if rng.random() < 0.3:
        hidden = torch.from_numpy(rng.random(logits.shape) < 0.3)
        hidden[:, rng.integers(classes)] = False
        logits[hidden] = [-np.inf, torch.finfo(dtype).min][rng.integers(2)]
    dense = rng.random() < 0.4
    if dense:
        target = torch.from_numpy(rng.dirichlet(np.full(classes, rng.choice([0.03, 1.0])), count))
        target = target.to([torch.float32, torch.float64, torch.bfloat16, torch.float16][rng.integers(4)])
        if rng.random() < 0.3:
            target = (target == target.amax(-1, keepdim=True)).to(target.dtype)
        target[rng.random(target.shape) < 0.3] = 0
    else:
        target = torch.from_numpy(rng.integers(0, classes, count)).to(LABELS[rng.integers(classes > 128, len(LABELS))])
    options = {}
    if rng.random() < 0.4:
        options["weight"] = torch.from_numpy(rng.choice([0.0, 0.5, 1.0, 3.7], count)).to(
            [torch.float32, torch.float64, torch.bfloat16][rng.integers(3)]
        )
    if rng.random() < 0.4:
        options["where"] = torch.from_numpy(rng.random(count) < 0.7)
    if rng.random() < 0.4:
        options["class_weight"] = torch.from_numpy(rng.choice([0.0, 0.3, 1.0, 2.0], classes)).to(
            [torch.float32, torch.float64][rng.integers(2)]
        )
    if rng.random() < 0.4:
        smoothing = float(rng.choice([0.05, 0.3, 1.0]))
        options |= {"kept": 1 - smoothing, "floor": smoothing / classes}
    if rng.random() < 0.4:
        options["z_loss"] = float(rng.choice([1e-4, 0.1]))
    if rng.random() < 0.3:
        options["soft_cap"] = float(rng.choice([1.0, 30.0]))
    if rng.random() < 0.3:
        options["temperature"] = float(rng.choice([0.3, 3.0]))
    if rng.random() < 0.5:
        options["share"] = [0.37, torch.tensor(0.37), torch.tensor([-2.5], dtype=torch.float64)][rng.integers(3)]
    if rng.random() < 0.5:
        options["in_place"] = True
    if rng.random() < 0.5:
        options["stride"] = classes + int(rng.integers(1, 9))
    return logits.to(dtype), target, options


@pytest.mark.parametrize("block", range(4))
def test_options_at_random(block, read):
    for seed in range(8 * block, 8 * block + 8):
        logits, target, options = drawn(seed + 1000 * (read == "whole"))
        try:
            check(logits, target, **options)
        except AssertionError as error:
            raise AssertionError(f"seed {seed}: {logits.dtype} {tuple(logits.shape)} {target.dtype} {options}") from error


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16, torch.float64])
@pytest.mark.parametrize("classes", [2049, 3000])
def test_large_rows(classes, dtype):
    generator = torch.Generator().manual_seed(classes)
    logits = 3 * torch.randn(2, classes, generator=generator) - 50
    labels = torch.randint(classes, (2,), generator=generator)
    check(logits.to(dtype), labels, kept=0.9, floor=0.1 / classes)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_vocabulary(dtype):
    generator = torch.Generator().manual_seed(0)
    logits = 3 * torch.randn(2, 50_257, generator=generator) - 50
    labels = torch.tensor([50_256, 123], dtype=torch.uint16)
    check(logits.to(dtype), labels, z_loss=1e-4, in_place=True)
    target = torch.rand(2, 50_257, generator=generator).softmax(-1)
    check(logits.to(dtype), target, kept=0.9, floor=0.1 / 50_257, soft_cap=30.0)
