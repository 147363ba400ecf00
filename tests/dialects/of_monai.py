"""MONAI's losses of regions, whose formulas are written out: the library is large, and these are short."""

from tests.dialects import Row

LIBRARY = "MONAI 1.5, by its formulas"
MODULES = {"torch": "torch", "F": "torch.nn.functional"}
ARRAYS = "torch"
_VIEWS = "F.normalize(torch.cat([f, g]))"


def _dice(axes, below="(region + mask)"):
    return f"(1 - (2 * (region * mask).sum({axes}) + 1e-5) / ({below}.sum({axes}) + 1e-5)).mean()"


ROWS = [
    Row(
        _dice((2, 3)),
        "lossary.dice(region, mask, axis=(2, 3), smooth=1e-5)",
        "`DiceLoss()` of probabilities: each class of each image. `smooth_nr` and `smooth_dr` are one number here.",
    ),
    Row(
        _dice((0, 2, 3)),
        "lossary.dice(region, mask, axis=(2, 3), over='batch', smooth=1e-5)",
        "`DiceLoss(batch=True)`: each class over all images.",
    ),
    Row(
        _dice((2, 3), "(region**2 + mask**2)"),
        "lossary.dice(region, mask, axis=(2, 3), smooth=1e-5)",
        "`DiceLoss(squared_pred=True)`, with squares below, is another loss, which is not here.",
        differs=True,
    ),
    Row(
        "(1 - ((region * mask).sum((2, 3)) + 0.5e-5) / ((region + mask - region * mask).sum((2, 3)) + 0.5e-5)).mean()",
        "lossary.jaccard(region, mask, axis=(2, 3), smooth=0.5e-5)",
        "`DiceLoss(jaccard=True)`: its numerator and denominator are twice these, so `smooth` is half of its 1e-5.",
    ),
    Row(
        "(1 - ((region * mask).sum((2, 3)) + 1e-5) / ((region * mask).sum((2, 3)) + 0.3 * (region * (1 - mask)).sum((2, 3))"
        " + 0.7 * ((1 - region) * mask).sum((2, 3)) + 1e-5)).mean()",
        "lossary.tversky(region, mask, axis=(2, 3), alpha=0.3, beta=0.7, smooth=1e-5)",
        "`TverskyLoss(alpha=0.3, beta=0.7)`: α weighs false alarms in both.",
    ),
    Row(
        f"{_dice((2, 3))} + F.binary_cross_entropy(region, mask)",
        "lossary.dice(region, mask, axis=(2, 3), smooth=1e-5)"
        " + lossary.binary_cross_entropy(region, mask, given='probabilities')",
        "`DiceCELoss` of one class; costs are added, each with its own axes.",
    ),
    Row(
        "((1 - torch.sigmoid(z * sign)) ** 2 * F.softplus(-z * sign)).mean()",
        "lossary.focal_binary(z, e, gamma=2.0)",
        "`FocalLoss(gamma=2.0)`, with sigmoids by default.",
    ),
    Row(
        "(F.softplus(-z * sign) * (1 - torch.sigmoid(z * sign)) ** 2 * torch.where(e == 1, 0.25, 0.75)).mean()",
        "0.75 * lossary.focal_binary(z, e, gamma=2.0, balance=0.25 / 0.75)",
        "`FocalLoss(alpha=0.25)`; `balance` is the ratio α/(1 - α).",
    ),
    Row(
        "((1 - torch.softmax(x, -1)[torch.arange(48), k]) ** 2 * F.cross_entropy(x, k, reduction='none')).mean()",
        "lossary.focal(x, k, gamma=2.0)",
        "`FocalLoss(use_softmax=True)`. MONAI has classes on axis 1.",
    ),
    Row(
        f"F.cross_entropy(({_VIEWS} @ {_VIEWS}.T / 0.5).fill_diagonal_(-torch.inf), torch.arange(96).roll(48))",
        "lossary.supervised_contrastive(torch.cat([f, g]), torch.arange(48).repeat(2), temperature=0.5)",
        "`ContrastiveLoss(temperature=0.5)` is NT-Xent of two views; `info_nce` compares a view with the other ones only.",
    ),
]
