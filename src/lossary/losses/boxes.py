"""Losses of a box predicted and the box that is there: (x1, y1, x2, y2) on the last axis."""

import functools
import math
from typing import Any

from lossary.array_words import concatenate
from lossary.engine.decorators import composed, pointwise
from lossary.formula.domains import Real
from lossary.formula.properties import Requirement
from lossary.vocabulary import arctan2, maximum, minimum, stop_gradient, where, xdivy

Arrays = tuple[Any, ...]

# ---- the formulas, of the corners (x1, y1), (x2, y2) of the prediction and (u1, v1), (u2, v2) of the target

_formula = pointwise(observed=("u1", "v1", "u2", "v2"))


def _compared(x1: Any, y1: Any, x2: Any, y2: Any, u1: Any, v1: Any, u2: Any, v2: Any) -> Arrays:
    """Return the IoU loss, the area of the union and the sides of the smallest box around both."""
    common = maximum(0, minimum(x2, u2) - maximum(x1, u1)) * maximum(0, minimum(y2, v2) - maximum(y1, v1))
    first, second = (x2 - x1) * (y2 - y1), (u2 - u1) * (v2 - v1)
    # 1 - I/U = (A + B - 2I)/U: what lies in one box only, for which 1 - I/U would cancel where they nearly agree
    union, apart = first + second - common, (first - common) + (second - common)
    same = (x1 == u1) & (y1 == v1) & (x2 == u2) & (y2 == v2)
    loss = where(union == 0, where(same, 0, 1), apart / union)
    return loss, union, maximum(x2, u2) - minimum(x1, u1), maximum(y2, v2) - minimum(y1, v1)


@_formula
def _iou(x1: Real, y1: Real, x2: Real, y2: Real, u1: Real, v1: Real, u2: Real, v2: Real) -> Real:
    return _compared(x1, y1, x2, y2, u1, v1, u2, v2)[0]


@_formula
def _giou(x1: Real, y1: Real, x2: Real, y2: Real, u1: Real, v1: Real, u2: Real, v2: Real) -> Real:
    loss, union, width, height = _compared(x1, y1, x2, y2, u1, v1, u2, v2)
    around = width * height
    return loss + where(around == 0, 0, (around - union) / around)


@_formula
def _diou(x1: Real, y1: Real, x2: Real, y2: Real, u1: Real, v1: Real, u2: Real, v2: Real) -> Real:
    loss, _, width, height = _compared(x1, y1, x2, y2, u1, v1, u2, v2)
    between = (((x1 - u1) + (x2 - u2)) ** 2 + ((y1 - v1) + (y2 - v2)) ** 2) / 4
    diagonal = width**2 + height**2
    return loss + where(diagonal == 0, 0, between / diagonal)


@_formula
def _ciou(x1: Real, y1: Real, x2: Real, y2: Real, u1: Real, v1: Real, u2: Real, v2: Real) -> Real:
    apart = _compared(x1, y1, x2, y2, u1, v1, u2, v2)[0]
    turned = 4 / math.pi**2 * (arctan2(u2 - u1, v2 - v1) - arctan2(x2 - x1, y2 - y1)) ** 2
    return _diou(x1, y1, x2, y2, u1, v1, u2, v2) + stop_gradient(xdivy(turned, apart + turned)) * turned


# ---- the losses, of arrays of boxes


def _corners(prediction: Any, target: Any) -> Arrays:
    return tuple(box[..., i] for box in (prediction, target) for i in range(4))


def _losses(formula: Any, prediction: Any, target: Any) -> Any:
    return formula(*_corners(prediction, target), reduction="none")


def _slopes(derivative: Any, prediction: Any, target: Any) -> Any:
    slopes = derivative(*_corners(prediction, target), reduction="none")
    return concatenate([slope[..., None] for slope in slopes])


def _wrong_way(box: Any) -> Any:
    """Return where a corner lies beyond the second one."""
    if box.shape[-1] != 4:
        raise ValueError(
            f"a box is (x1, y1, x2, y2) on the last axis, four numbers; got shape {tuple(box.shape)}; stack the four there"
        )
    second = box[..., 2:]
    return box > concatenate([second, second])


_ORDERED = "a box is (x1, y1, x2, y2) with x1 ≤ x2 and y1 ≤ y2"
_REMEDY = "sort the corners; (x, y, width, height) is (x, y, x + width, y + height)"


def _of_boxes(formula: Any) -> Any:
    """Return the decorator of a loss of boxes with this formula."""
    return composed(
        signature="(box),(box)",
        gradient=functools.partial(_slopes, formula.gradient),
        curvature=functools.partial(_slopes, formula.curvature),
        symmetric=True,
        homogeneous=0,
        requires=(
            Requirement(lambda prediction: _wrong_way(prediction), "prediction", _ORDERED, _REMEDY),
            Requirement(lambda target: _wrong_way(target), "target", _ORDERED, _REMEDY),
        ),
    )


@_of_boxes(_iou)
def iou(prediction: Real, target: Real) -> Any:
    r"""IoU loss: 1 - intersection over union of two boxes (Jaccard, 1901; Yu et al., 2016, of whose it is the linear form).

    .. math:: 1 - \frac{|A \cap B|}{|A \cup B|}

    Boxes are (x1, y1, x2, y2) on the last axis, of any unit, with x1 ≤ x2 and y1 ≤ y2; each is a sample. The loss is 0 for
    equal boxes and 1 for boxes that do not overlap, which have no gradient. Boxes that together have no area cost 0 if they
    are equal, else 1. There is no ε: the loss does not depend on the unit.

    Boxes whose corners are in another order raise, as do shapes that differ and last axes of a length other than 4.

    >>> import lossary
    >>> lossary.iou([[0.0, 0.0, 2.0, 2.0]], [[1.0, 0.0, 3.0, 2.0]], reduction="none")
    array([0.66666667])
    """
    return _losses(_iou, prediction, target)


@_of_boxes(_giou)
def giou(prediction: Real, target: Real) -> Any:
    r"""Generalised IoU loss of two boxes (Rezatofighi et al., 2019).

    .. math:: 1 - \frac{|A \cap B|}{|A \cup B|} + \frac{|C| - |A \cup B|}{|C|}

    C is the smallest box around both. It lies in [0, 2]; the last term, 0 where C has no area, draws boxes together that do not
    overlap. Boxes, their order, boxes without area and what raises: as of :func:`iou`.

    >>> import lossary
    >>> lossary.giou([[0.0, 0.0, 1.0, 1.0]], [[2.0, 0.0, 3.0, 1.0]], reduction="none")
    array([1.33333333])
    """
    return _losses(_giou, prediction, target)


@_of_boxes(_diou)
def diou(prediction: Real, target: Real) -> Any:
    r"""Distance IoU loss of two boxes (Zheng et al., 2020).

    .. math:: 1 - \frac{|A \cap B|}{|A \cup B|} + \frac{\rho^2}{c^2}

    ρ is the distance of the centres, and c the diagonal of the smallest box around both; the last term is 0 where c = 0. It
    lies in [0, 2]. Boxes, their order, boxes without area and what raises: as of :func:`iou`.

    >>> import lossary
    >>> lossary.diou([[0.0, 0.0, 1.0, 1.0]], [[2.0, 0.0, 3.0, 1.0]], reduction="none")
    array([1.4])
    """
    return _losses(_diou, prediction, target)


@_of_boxes(_ciou)
def ciou(prediction: Real, target: Real) -> Any:
    r"""Complete IoU loss of two boxes: :func:`diou` and a term for the ratio of the sides (Zheng et al., 2020).

    .. math:: 1 - \frac{|A \cap B|}{|A \cup B|} + \frac{\rho^2}{c^2} + \alpha v, \quad
              v = \frac{4}{\pi^2} \left(\arctan\frac{w_B}{h_B} - \arctan\frac{w_A}{h_A}\right)^2, \;
              \alpha = \frac{v}{1 - |A \cap B| / |A \cup B| + v}

    α has no gradient, as in the paper, and is 0 at 0/0. (Its authors' later code sets α = 0 where the IoU is below ½; this does
    not, nor does torchvision.) Boxes, their order, boxes without area and what raises: as of :func:`iou`.

    >>> import lossary
    >>> lossary.ciou([[0.0, 0.0, 2.0, 1.0]], [[0.0, 0.0, 2.0, 2.0]], reduction="none")
    array([0.53449813])
    """
    return _losses(_ciou, prediction, target)
