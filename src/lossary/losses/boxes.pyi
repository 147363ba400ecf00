"""Losses of a box predicted and the box that is there: (x1, y1, x2, y2) on the last axis."""

# Made by tools/stubs.py from the definitions; run `make stubs` instead of editing this file.
# mypy: disable-error-code="override, overload-cannot-match"

from typing import Final, Literal, Unpack, overload

from lossary.engine.calls import A, Array, Float, Floats, Loss, Options, Plain, Reduced, Reduction, TotalOptions
from lossary.engine.reduction import Total

class _Ciou(Loss):
    @overload
    def __call__(self, prediction: Plain, target: Plain, *, reduction: Literal["none"], **options: Unpack[Options]) -> Floats:
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
    @overload
    def __call__(
        self, prediction: Plain, target: Plain, *, reduction: Reduced = "mean", **options: Unpack[Options]
    ) -> Float: ...
    @overload
    def __call__(self, prediction: A, target: A, *, reduction: Reduction = "mean", **options: Unpack[Options]) -> A: ...
    @overload
    def gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        reduction: Reduction = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def gradient(self, prediction: A, target: A, *, reduction: Reduction = "mean", **options: Unpack[Options]) -> A: ...
    @overload
    def value_and_gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        reduction: Literal["none"],
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> tuple[Floats, Floats]: ...
    @overload
    def value_and_gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        reduction: Reduced = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> tuple[Float, Floats]: ...
    @overload
    def value_and_gradient(
        self, prediction: A, target: A, *, reduction: Reduction = "mean", **options: Unpack[Options]
    ) -> tuple[A, A]: ...
    @overload
    def curvature(
        self, prediction: Plain, target: Plain, *, reduction: Reduction = "mean", **options: Unpack[Options]
    ) -> Floats: ...
    @overload
    def curvature(self, prediction: A, target: A, *, reduction: Reduction = "mean", **options: Unpack[Options]) -> A: ...
    def total(self, prediction: Array, target: Array, **options: Unpack[TotalOptions]) -> Total: ...

ciou: Final[_Ciou]
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

class _Diou(Loss):
    @overload
    def __call__(self, prediction: Plain, target: Plain, *, reduction: Literal["none"], **options: Unpack[Options]) -> Floats:
        r"""Distance IoU loss of two boxes (Zheng et al., 2020).

        .. math:: 1 - \frac{|A \cap B|}{|A \cup B|} + \frac{\rho^2}{c^2}

        ρ is the distance of the centres, and c the diagonal of the smallest box around both; the last term is 0 where c = 0. It
        lies in [0, 2]. Boxes, their order, boxes without area and what raises: as of :func:`iou`.

        >>> import lossary
        >>> lossary.diou([[0.0, 0.0, 1.0, 1.0]], [[2.0, 0.0, 3.0, 1.0]], reduction="none")
        array([1.4])
        """
    @overload
    def __call__(
        self, prediction: Plain, target: Plain, *, reduction: Reduced = "mean", **options: Unpack[Options]
    ) -> Float: ...
    @overload
    def __call__(self, prediction: A, target: A, *, reduction: Reduction = "mean", **options: Unpack[Options]) -> A: ...
    @overload
    def gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        reduction: Reduction = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def gradient(self, prediction: A, target: A, *, reduction: Reduction = "mean", **options: Unpack[Options]) -> A: ...
    @overload
    def value_and_gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        reduction: Literal["none"],
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> tuple[Floats, Floats]: ...
    @overload
    def value_and_gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        reduction: Reduced = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> tuple[Float, Floats]: ...
    @overload
    def value_and_gradient(
        self, prediction: A, target: A, *, reduction: Reduction = "mean", **options: Unpack[Options]
    ) -> tuple[A, A]: ...
    @overload
    def curvature(
        self, prediction: Plain, target: Plain, *, reduction: Reduction = "mean", **options: Unpack[Options]
    ) -> Floats: ...
    @overload
    def curvature(self, prediction: A, target: A, *, reduction: Reduction = "mean", **options: Unpack[Options]) -> A: ...
    def total(self, prediction: Array, target: Array, **options: Unpack[TotalOptions]) -> Total: ...

diou: Final[_Diou]
r"""Distance IoU loss of two boxes (Zheng et al., 2020).

    .. math:: 1 - \frac{|A \cap B|}{|A \cup B|} + \frac{\rho^2}{c^2}

    ρ is the distance of the centres, and c the diagonal of the smallest box around both; the last term is 0 where c = 0. It
    lies in [0, 2]. Boxes, their order, boxes without area and what raises: as of :func:`iou`.

    >>> import lossary
    >>> lossary.diou([[0.0, 0.0, 1.0, 1.0]], [[2.0, 0.0, 3.0, 1.0]], reduction="none")
    array([1.4])
    """

class _Giou(Loss):
    @overload
    def __call__(self, prediction: Plain, target: Plain, *, reduction: Literal["none"], **options: Unpack[Options]) -> Floats:
        r"""Generalised IoU loss of two boxes (Rezatofighi et al., 2019).

        .. math:: 1 - \frac{|A \cap B|}{|A \cup B|} + \frac{|C| - |A \cup B|}{|C|}

        C is the smallest box around both. It lies in [0, 2]; the last term, 0 where C has no area, draws boxes together that do not
        overlap. Boxes, their order, boxes without area and what raises: as of :func:`iou`.

        >>> import lossary
        >>> lossary.giou([[0.0, 0.0, 1.0, 1.0]], [[2.0, 0.0, 3.0, 1.0]], reduction="none")
        array([1.33333333])
        """
    @overload
    def __call__(
        self, prediction: Plain, target: Plain, *, reduction: Reduced = "mean", **options: Unpack[Options]
    ) -> Float: ...
    @overload
    def __call__(self, prediction: A, target: A, *, reduction: Reduction = "mean", **options: Unpack[Options]) -> A: ...
    @overload
    def gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        reduction: Reduction = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def gradient(self, prediction: A, target: A, *, reduction: Reduction = "mean", **options: Unpack[Options]) -> A: ...
    @overload
    def value_and_gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        reduction: Literal["none"],
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> tuple[Floats, Floats]: ...
    @overload
    def value_and_gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        reduction: Reduced = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> tuple[Float, Floats]: ...
    @overload
    def value_and_gradient(
        self, prediction: A, target: A, *, reduction: Reduction = "mean", **options: Unpack[Options]
    ) -> tuple[A, A]: ...
    @overload
    def curvature(
        self, prediction: Plain, target: Plain, *, reduction: Reduction = "mean", **options: Unpack[Options]
    ) -> Floats: ...
    @overload
    def curvature(self, prediction: A, target: A, *, reduction: Reduction = "mean", **options: Unpack[Options]) -> A: ...
    def total(self, prediction: Array, target: Array, **options: Unpack[TotalOptions]) -> Total: ...

giou: Final[_Giou]
r"""Generalised IoU loss of two boxes (Rezatofighi et al., 2019).

    .. math:: 1 - \frac{|A \cap B|}{|A \cup B|} + \frac{|C| - |A \cup B|}{|C|}

    C is the smallest box around both. It lies in [0, 2]; the last term, 0 where C has no area, draws boxes together that do not
    overlap. Boxes, their order, boxes without area and what raises: as of :func:`iou`.

    >>> import lossary
    >>> lossary.giou([[0.0, 0.0, 1.0, 1.0]], [[2.0, 0.0, 3.0, 1.0]], reduction="none")
    array([1.33333333])
    """

class _Iou(Loss):
    @overload
    def __call__(self, prediction: Plain, target: Plain, *, reduction: Literal["none"], **options: Unpack[Options]) -> Floats:
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
    @overload
    def __call__(
        self, prediction: Plain, target: Plain, *, reduction: Reduced = "mean", **options: Unpack[Options]
    ) -> Float: ...
    @overload
    def __call__(self, prediction: A, target: A, *, reduction: Reduction = "mean", **options: Unpack[Options]) -> A: ...
    @overload
    def gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        reduction: Reduction = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def gradient(self, prediction: A, target: A, *, reduction: Reduction = "mean", **options: Unpack[Options]) -> A: ...
    @overload
    def value_and_gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        reduction: Literal["none"],
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> tuple[Floats, Floats]: ...
    @overload
    def value_and_gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        reduction: Reduced = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> tuple[Float, Floats]: ...
    @overload
    def value_and_gradient(
        self, prediction: A, target: A, *, reduction: Reduction = "mean", **options: Unpack[Options]
    ) -> tuple[A, A]: ...
    @overload
    def curvature(
        self, prediction: Plain, target: Plain, *, reduction: Reduction = "mean", **options: Unpack[Options]
    ) -> Floats: ...
    @overload
    def curvature(self, prediction: A, target: A, *, reduction: Reduction = "mean", **options: Unpack[Options]) -> A: ...
    def total(self, prediction: Array, target: Array, **options: Unpack[TotalOptions]) -> Total: ...

iou: Final[_Iou]
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
