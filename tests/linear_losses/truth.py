"""Linear losses by their definitions: all logits at once, float64, derivatives by torch's autograd of these few lines."""

from typing import Any

import numpy as np
import torch

RETURNS = ("log_normalizer", "entropy", "accuracy", "token_losses")


def logits(hidden, weight, bias, soft_cap, temperature):
    z = hidden @ weight.T
    z = z if bias is None else z + bias
    z = z if soft_cap is None else soft_cap * torch.tanh(z / soft_cap)
    return z / temperature


def truth(
    hidden,
    weight,
    target=None,
    *,
    bias=None,
    teacher_hidden=None,
    teacher_weight=None,
    teacher_bias=None,
    teacher_soft_cap=None,
    divergence="cross_entropy",
    mixture=0.5,
    class_weight=None,
    ignore_index=None,
    where=None,
    label_smoothing=0.0,
    smoothing="uniform",
    z_loss=0.0,
    soft_cap=None,
    temperature=1.0,
    reduction="mean",
    normalizer=None,
    f=lambda log_p: -log_p,
) -> dict[str, Any]:
    """The loss, and all that ``returns=`` names; of rows, in one dimension."""
    rows, classes = hidden.shape[0], weight.shape[0]
    counted = torch.ones(rows, dtype=bool) if where is None else where
    labelled = target is not None and not target.is_floating_point()
    if labelled and ignore_index is not None:
        counted = counted & (target != ignore_index)
    if labelled:
        y = torch.nn.functional.one_hot(torch.where(counted, target, 0), classes).double()
    elif target is None:
        y = torch.softmax(logits(teacher_hidden, teacher_weight, teacher_bias, teacher_soft_cap, temperature), -1).detach()
    else:
        y = target
    keep = counted[:, None]
    z = logits(torch.where(keep, hidden, 0), weight, bias, soft_cap, temperature)
    y = torch.where(keep, y, 1 / classes)
    log_normalizer = torch.logsumexp(z, -1)
    log_p = z - log_normalizer[:, None]
    c = torch.ones(classes, dtype=torch.float64) if class_weight is None else class_weight
    if smoothing == "uniform":
        t = (1 - label_smoothing) * y + label_smoothing / classes
    else:
        t = (1 - label_smoothing) * y + label_smoothing / (classes - 1) * (1 - y)
    mass = (y * c).sum(-1)
    losses = (t * c * f(log_p)).sum(-1) + z_loss * log_normalizer**2 * mass
    if divergence == "kl":
        losses = losses + torch.special.xlogy(y, y).sum(-1)
    elif divergence == "js":
        p = log_p.exp()
        m = mixture * y + (1 - mixture) * p
        losses = mixture * (y * (y / m).log()).sum(-1) + (1 - mixture) * (p * (p / m).log()).sum(-1)
    zero = torch.zeros((), dtype=torch.float64)
    losses = torch.where(counted, losses, zero)
    divisor = {"none": None, "sum": None, "mean": mass[counted].sum(), "batchmean": counted.sum()}[reduction]
    divisor = divisor if normalizer is None else normalizer
    cost = losses if reduction == "none" else losses.sum() / (1 if divisor is None else divisor)
    return {
        "loss": cost,
        "log_normalizer": torch.where(counted, log_normalizer, zero),
        "entropy": torch.where(counted, -(log_p.exp() * log_p).sum(-1), zero),
        "accuracy": torch.where(counted, (z.argmax(-1) == y.argmax(-1)).double(), zero),
        "token_losses": losses,
    }


def with_gradients(pulls, hidden, weight, target=None, *, bias=None, **options):
    """The truth, and the gradients of Σ u·x for the cotangents ``pulls`` of some of its results."""
    inputs = [x.detach().clone().requires_grad_() for x in (hidden, weight, bias) if x is not None]
    found = truth(*inputs[:2], target, bias=inputs[2] if bias is not None else None, **options)
    gradients = torch.autograd.grad(pulled(found, pulls), inputs)
    return {name: x.detach() for name, x in found.items()}, gradients


def pulled(found, pulls):
    """Σ u·x over results and their cotangents."""
    return sum((u * found[name]).sum() for name, u in pulls.items())


class Batch:
    """Rows, a layer of classes, its teacher, and options for them."""

    def __init__(self, rows=13, features=5, classes=11, seed=0):
        g = torch.Generator().manual_seed(seed)

        def normal(*shape):
            return torch.randn(*shape, dtype=torch.float64, generator=g)

        self.rows, self.classes = rows, classes
        self.hidden, self.weight, self.bias = normal(rows, features), normal(classes, features), normal(classes)
        self.labels = torch.randint(0, classes, (rows,), generator=g)
        self.ignored = torch.where(torch.rand(rows, generator=g) < 0.4, -100, self.labels)
        self.soft = torch.softmax(2 * normal(rows, classes), -1)
        self.class_weight = torch.rand(classes, dtype=torch.float64, generator=g) + 0.1
        self.where = torch.rand(rows, generator=g) < 0.6
        self.teacher = {
            "teacher_hidden": normal(rows, 3),
            "teacher_weight": normal(classes, 3),
            "teacher_bias": normal(classes),
        }
        self.pull = {name: normal(rows) for name in ("log_normalizer", "entropy", "token_losses")}
        self.upstream = normal(rows)

    def options(self, case):
        """The target and the options of a case; arrays are given by the names that they have here."""
        options = {name: getattr(self, x) if isinstance(x, str) and hasattr(self, x) else x for name, x in CASES[case].items()}
        target = options.pop("target", self.labels)
        return (None if "divergence" in options or options.pop("taught", False) else target), options

    def pulls(self, options, extras):
        """Cotangents of the loss, and of extras."""
        loss = self.upstream if options.get("reduction") == "none" else torch.tensor(1.7, dtype=torch.float64)
        return {"loss": loss, **(self.pull if extras else {})}


CASES: dict[str, dict[str, Any]] = {
    "labels": {},
    "sum": {"reduction": "sum"},
    "none": {"reduction": "none"},
    "batchmean": {"reduction": "batchmean", "class_weight": "class_weight", "where": "where"},
    "normalizer": {"normalizer": 3.5, "ignore_index": -100, "target": "ignored"},
    "where": {"where": "where"},
    "ignored": {"target": "ignored", "ignore_index": -100},
    "class_weight": {
        "class_weight": "class_weight",
        "z_loss": 0.1,
        "ignore_index": -100,
        "target": "ignored",
        "where": "where",
    },
    "smoothing": {"label_smoothing": 0.1, "class_weight": "class_weight"},
    "smoothing of others": {"label_smoothing": 0.1, "smoothing": "others", "reduction": "none"},
    "shaped": {"z_loss": 0.1, "soft_cap": 3.0, "temperature": 0.7},
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
    "taught": {"taught": True, "teacher_soft_cap": 2.0, "temperature": 2.0},
    "kl": {"divergence": "kl", "temperature": 2.0, "where": "where", "reduction": "batchmean"},
    "kl, rows": {"divergence": "kl", "reduction": "none", "soft_cap": 3.0, "teacher_soft_cap": 2.0},
    "js": {"divergence": "js", "mixture": 0.3, "soft_cap": 3.0},
    "js, rows": {"divergence": "js", "reduction": "none", "where": "where", "temperature": 1.3},
}


def assert_close(got, want, tolerance, what=""):
    """Within a tolerance relative to the largest number of the array."""
    got, want = (x.double() if isinstance(x, torch.Tensor) else torch.tensor(np.array(x)).double() for x in (got, want))
    assert got.shape == want.shape, (what, got.shape, want.shape)
    bound = tolerance * max(1e-3, want.abs().max().item() if want.numel() else 0.0)
    assert ((got - want).abs() <= bound).all(), (what, (got - want).abs().max().item(), bound)
