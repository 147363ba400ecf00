"""Truths of the losses of boxes, from the paper of each."""

import numpy as np

from tests.losses.rows import MP, Row


def boxes(rng):
    """Boxes that overlap, boxes within others and boxes apart."""
    first = np.sort(rng.uniform(1, 20, (20, 2, 2)), 1).reshape(20, 4)
    shift = np.r_[np.full(12, 1.5), np.full(8, 9)][:, None]
    return first, first + np.tile(rng.uniform(-1, 1, (20, 2)) * shift, 2) + np.c_[
        np.zeros((20, 2)), rng.uniform(0.1, 2, (20, 2))
    ]


def area(box):
    return max(box[2] - box[0], 0) * max(box[3] - box[1], 0)


def overlap(a, b):
    """Intersection over union, the union, and the box around both."""
    common = area([max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3])])
    union = area(a) + area(b) - common
    return common / union, union, [min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])]


def iou(a, b):
    return 1 - overlap(a, b)[0]


def giou(a, b):
    ratio, union, around = overlap(a, b)
    return 1 - ratio + (area(around) - union) / area(around)


def diou(a, b):
    ratio, _, around = overlap(a, b)
    between = ((a[0] + a[2]) / 2 - (b[0] + b[2]) / 2) ** 2 + ((a[1] + a[3]) / 2 - (b[1] + b[3]) / 2) ** 2
    return 1 - ratio + between / ((around[2] - around[0]) ** 2 + (around[3] - around[1]) ** 2)


def ciou(a, b):
    def turned(a):
        angles = [MP.atan((box[2] - box[0]) / (box[3] - box[1])) for box in (b, a)]
        return 4 / MP.pi**2 * (angles[0] - angles[1]) ** 2

    # without a gradient: these numbers, all above 1, do not change by the 1e-16 of a numerical derivative
    fixed = [MP.mpf(float(x)) for x in a]
    alpha = turned(fixed) / (iou(fixed, b) + turned(fixed))
    return diou(a, b) + alpha * turned(a)


ROWS = [
    Row("iou", iou, boxes, size=1),
    Row("giou", giou, boxes, size=1),
    Row("diou", diou, boxes, size=1),
    Row("ciou", ciou, boxes, size=1),
]
