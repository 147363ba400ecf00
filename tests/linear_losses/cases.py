"""What linear losses of every library are tried with, and how their numbers are compared."""

from typing import Any

import torch

from lossary import linear_cross_entropy, linear_distillation, linear_jensen_shannon, linear_kl_divergence
from tests.softmax_oracle import double, with_gradients

LOSSES = {
    "cross_entropy": linear_cross_entropy,
    "kl": linear_kl_divergence,
    "js": linear_jensen_shannon,
    "distillation": linear_distillation,
}
PER_CLASS = ("weight", "bias", "teacher_weight", "teacher_bias")
"""What has a row or an entry for each class."""
CASES: dict[str, dict[str, Any]] = {
    "labels": {},
    "none": {"reduction": "none", "where": "where"},
    "sum": {"reduction": "sum", "target": "ignored", "ignore_index": -100},
    "batchmean": {"reduction": "batchmean", "class_weight": "class_weight", "z_loss": 0.05, "where": "where"},
    "normalizer": {"normalizer": 3.5, "target": "ignored", "ignore_index": -100},
    "class_weight": {
        "class_weight": "class_weight",
        "z_loss": 0.1,
        "ignore_index": -100,
        "target": "ignored",
        "where": "where",
    },
    "smoothing": {"label_smoothing": 0.1, "class_weight": "class_weight", "z_loss": 0.05},
    "smoothing of others": {
        "label_smoothing": 0.1,
        "smoothing": "others",
        "z_loss": 0.1,
        "soft_cap": 3.0,
        "temperature": 0.7,
        "reduction": "none",
    },
    "soft": {"target": "soft"},
    "soft, all": {
        "target": "soft",
        "class_weight": "class_weight",
        "label_smoothing": 0.2,
        "z_loss": 0.05,
        "soft_cap": 4.0,
        "temperature": 1.5,
        "where": "where",
    },
    "taught": {
        "target": None,
        "teacher_soft_cap": 2.0,
        "temperature": 2.0,
        "label_smoothing": 0.1,
        "smoothing": "others",
        "z_loss": 0.1,
    },
    "kl": {"divergence": "kl", "temperature": 2.0, "where": "where", "reduction": "batchmean"},
    "kl, rows": {"divergence": "kl", "reduction": "none", "soft_cap": 3.0, "teacher_soft_cap": 2.0, "z_loss": 0.1},
    "js": {"divergence": "js", "mixture": 0.3, "soft_cap": 3.0},
    "weighted": {"sample_weight": "sample_weight", "target": "ignored", "ignore_index": -100, "z_loss": 0.1},
    "weighted, all": {
        "sample_weight": "sample_weight",
        "class_weight": "class_weight",
        "target": "soft",
        "where": "where",
        "label_smoothing": 0.1,
        "reduction": "batchmean",
    },
    "weighted, rows": {"sample_weight": "sample_weight", "where": "where", "reduction": "none"},
    "weighted js": {"sample_weight": "sample_weight", "divergence": "js"},
    "weighted kl": {"sample_weight": "sample_weight", "divergence": "kl", "temperature": 2.0, "z_loss": 0.1},
    "distillation": {
        "divergence": "distillation",
        "temperature": 2.0,
        "teacher_share": 0.3,
        "target": "ignored",
        "ignore_index": -100,
        "sample_weight": "sample_weight",
        "soft_cap": 3.0,
        "teacher_soft_cap": 2.0,
    },
    "distillation, rows": {
        "divergence": "distillation",
        "temperature": 1.5,
        "target": "soft",
        "label_smoothing": 0.1,
        "z_loss": 0.1,
        "where": "where",
        "reduction": "none",
    },
    "js, rows": {"divergence": "js", "reduction": "none", "where": "where", "temperature": 1.3},
}
"""Options; arrays by the names that a batch has them under."""


class Batch:
    """Rows, a layer of classes, its teacher, and options for them."""

    def __init__(self, rows=13, features=5, classes=11, seed=0):
        g = torch.Generator().manual_seed(seed)

        def normal(*shape):
            return torch.randn(*shape, dtype=torch.float64, generator=g)

        self.rows, self.classes = rows, classes
        self.hidden, self.weight, self.bias = self.layer = normal(rows, features), normal(classes, features), normal(classes)
        self.labels = torch.randint(0, classes, (rows,), generator=g)
        self.ignored = torch.where(torch.rand(rows, generator=g) < 0.4, -100, self.labels)
        self.soft = torch.softmax(2 * normal(rows, classes), -1)
        self.class_weight = torch.rand(classes, dtype=torch.float64, generator=g) + 0.1
        self.where = torch.rand(rows, generator=g) < 0.6
        self.teacher = {
            "teacher_hidden": normal(rows, 3),
            "teacher_weight": normal(classes, 3),
            "teacher_bias": normal(classes).index_fill(0, torch.tensor([classes - 1]), -torch.inf),  # it rules a class out
        }
        self.sample_weight = 2 * torch.rand(rows, dtype=torch.float64, generator=g) * (torch.rand(rows, generator=g) < 0.8)
        self.pull = {name: normal(rows) for name in ("log_normalizer", "entropy", "token_losses")}
        self.upstream = normal(rows)

    def case(self, name):
        """A linear loss, the layer that it is called with, and all its options; what rows hold that are left out is NaN."""
        options = {"target": "labels", **CASES[name]}
        loss = LOSSES[options.pop("divergence", "cross_entropy")]
        options = {name: getattr(self, x) if x in vars(self) else x for name, x in options.items()}
        if options["target"] is None or loss not in (linear_cross_entropy, linear_distillation):
            del options["target"]
        if options.get("target") is None or loss is linear_distillation:
            options |= self.teacher
        out = ~options["where"] if "where" in options else torch.zeros(self.rows, dtype=torch.bool)
        out = out | (options["target"] == -100) if "ignore_index" in options else out
        out = out | (options["sample_weight"] == 0) if "sample_weight" in options else out
        spoilt = lambda x: torch.where(out[:, None], torch.nan, x)
        if "teacher_hidden" in options:
            options["teacher_hidden"] = spoilt(options["teacher_hidden"])
        return loss, (spoilt(self.hidden), *self.layer[1:]), options

    def expected(self, name, pulls=(("loss", 1.0),)):
        """What a case comes to, and the gradients of what has these cotangents."""
        _, layer, options = self.case(name)
        return with_gradients(layer, pulls=pulls, divergence=CASES[name].get("divergence", "cross_entropy"), **options)

    def pulls(self, name, extras):
        """Cotangents of the loss, and of extras."""
        loss = self.upstream if CASES[name].get("reduction") == "none" else torch.tensor(1.7, dtype=torch.float64)
        return {"loss": loss, **(self.pull if extras else {})}


def assert_close(got, want, tolerance, what=""):
    """Within a tolerance relative to each number, and to the largest of the array."""
    got, want = (double(x).detach() for x in (got, want))
    assert got.shape == want.shape, (what, got.shape, want.shape)
    size = want.abs()
    bound = tolerance * (size + max(1e-3, size.max().item() if size.numel() else 0.0))
    assert ((got - want).abs() <= bound).all(), (what, (got - want).abs().max().item(), tolerance)


def all_close(found, expected, tolerance):
    """The same of several, of which those that are None are not there."""
    for one, two in zip([x for x in found if x is not None], [x for x in expected if x is not None], strict=True):
        assert_close(one, two, tolerance)
