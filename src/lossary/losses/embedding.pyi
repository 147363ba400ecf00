"""Losses of embeddings: vectors that lie near each other where they belong together. The last axis holds their components."""

# Made by tools/stubs.py from the definitions; run `make stubs` instead of editing this file.
# mypy: disable-error-code="override, overload-cannot-match"

from typing import Final, Generic, Literal, NamedTuple, Unpack, overload

from lossary.engine.calls import A, Array, Float, Floats, Loss, Options, Parameter, Plain, Reduced, Reduction, T, TotalOptions
from lossary.engine.reduction import Total

class _ContrastiveGradient(NamedTuple, Generic[T]):
    first: T
    second: T

class _Contrastive(Loss):
    @overload
    def __call__(
        self,
        first: Plain,
        second: Plain,
        target: Plain,
        *,
        margin: Parameter = 1.0,
        squared: bool = True,
        over: Literal["sample", "batch"] = "sample",
        reduction: Literal["none"],
        **options: Unpack[Options],
    ) -> Floats:
        r"""Contrastive loss of a pair (Hadsell, Chopra and LeCun, 2006): like pairs at distance 0, others ``margin`` apart.

        .. math:: t\,\frac{d^2}{2} + (1 - t)\,\frac{\max(0, m - d)^2}{2}, \qquad d = \lVert a - b \rVert

        The target t is 1 for a pair that belongs together and 0 for one that does not (in the paper it is the other way round);
        anything between mixes the two terms. ``margin`` m is in units of the vectors. ``squared=False`` takes
        :math:`t d + (1 - t) \max(0, m - d)` instead. Where the two vectors are equal the distance has gradient 0.

        ``first`` and ``second`` have one shape with the components on the last axis; the target has one number a sample, without
        that axis. A target outside [0, 1] (-1 and 1 become ``(target + 1) / 2``), shapes that do not fit and unknown options raise.

        >>> import lossary
        >>> pairs = [[0.0, 0.0], [0.0, 0.0]], [[3.0, 4.0], [0.0, 0.5]]
        >>> lossary.contrastive(*pairs, [1, 0], reduction="none")
        array([12.5  ,  0.125])
        """
    @overload
    def __call__(
        self,
        first: Plain,
        second: Plain,
        target: Plain,
        *,
        margin: Parameter = 1.0,
        squared: bool = True,
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduced = "mean",
        **options: Unpack[Options],
    ) -> Float: ...
    @overload
    def __call__(
        self,
        first: A,
        second: A,
        target: A,
        *,
        margin: Parameter = 1.0,
        squared: bool = True,
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def gradient(
        self,
        first: Plain,
        second: Plain,
        target: Plain,
        *,
        margin: Parameter = 1.0,
        squared: bool = True,
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduction = "mean",
        out: tuple[Floats, ...] | None = None,
        **options: Unpack[Options],
    ) -> _ContrastiveGradient[Floats]: ...
    @overload
    def gradient(
        self,
        first: A,
        second: A,
        target: A,
        *,
        margin: Parameter = 1.0,
        squared: bool = True,
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> _ContrastiveGradient[A]: ...
    @overload
    def value_and_gradient(
        self,
        first: Plain,
        second: Plain,
        target: Plain,
        *,
        margin: Parameter = 1.0,
        squared: bool = True,
        over: Literal["sample", "batch"] = "sample",
        reduction: Literal["none"],
        out: tuple[Floats, ...] | None = None,
        **options: Unpack[Options],
    ) -> tuple[Floats, _ContrastiveGradient[Floats]]: ...
    @overload
    def value_and_gradient(
        self,
        first: Plain,
        second: Plain,
        target: Plain,
        *,
        margin: Parameter = 1.0,
        squared: bool = True,
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduced = "mean",
        out: tuple[Floats, ...] | None = None,
        **options: Unpack[Options],
    ) -> tuple[Float, _ContrastiveGradient[Floats]]: ...
    @overload
    def value_and_gradient(
        self,
        first: A,
        second: A,
        target: A,
        *,
        margin: Parameter = 1.0,
        squared: bool = True,
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> tuple[A, _ContrastiveGradient[A]]: ...
    @overload
    def curvature(
        self,
        first: Plain,
        second: Plain,
        target: Plain,
        *,
        margin: Parameter = 1.0,
        squared: bool = True,
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> _ContrastiveGradient[Floats]: ...
    @overload
    def curvature(
        self,
        first: A,
        second: A,
        target: A,
        *,
        margin: Parameter = 1.0,
        squared: bool = True,
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> _ContrastiveGradient[A]: ...
    def total(
        self,
        first: Array,
        second: Array,
        target: Array,
        *,
        margin: Parameter = 1.0,
        squared: bool = True,
        over: Literal["sample", "batch"] = "sample",
        **options: Unpack[TotalOptions],
    ) -> Total: ...

contrastive: Final[_Contrastive]
r"""Contrastive loss of a pair (Hadsell, Chopra and LeCun, 2006): like pairs at distance 0, others ``margin`` apart.

    .. math:: t\,\frac{d^2}{2} + (1 - t)\,\frac{\max(0, m - d)^2}{2}, \qquad d = \lVert a - b \rVert

    The target t is 1 for a pair that belongs together and 0 for one that does not (in the paper it is the other way round);
    anything between mixes the two terms. ``margin`` m is in units of the vectors. ``squared=False`` takes
    :math:`t d + (1 - t) \max(0, m - d)` instead. Where the two vectors are equal the distance has gradient 0.

    ``first`` and ``second`` have one shape with the components on the last axis; the target has one number a sample, without
    that axis. A target outside [0, 1] (-1 and 1 become ``(target + 1) / 2``), shapes that do not fit and unknown options raise.

    >>> import lossary
    >>> pairs = [[0.0, 0.0], [0.0, 0.0]], [[3.0, 4.0], [0.0, 0.5]]
    >>> lossary.contrastive(*pairs, [1, 0], reduction="none")
    array([12.5  ,  0.125])
    """

class _CosineDistanceGradient(NamedTuple, Generic[T]):
    first: T
    second: T

class _CosineDistance(Loss):
    @overload
    def __call__(
        self,
        first: Plain,
        second: Plain,
        *,
        over: Literal["sample", "batch"] = "sample",
        reduction: Literal["none"],
        **options: Unpack[Options],
    ) -> Floats:
        r"""Cosine distance of two vectors: :math:`1 - \cos(a, b) = 1 - a \cdot b / (\lVert a \rVert \lVert b \rVert)`.

        Between 0 (same direction) and 2 (opposite); lengths do not matter (cosine similarity: Salton, 1975). It is computed as
        :math:`\lVert a/\lVert a \rVert - b/\lVert b \rVert \rVert^2 / 2`, which keeps its digits for small angles. A vector of
        zeros has no direction: its cosine with any vector is 0, the loss 1, the gradient 0.

        Two arrays of one shape, any real numbers, whose last axis (``axis``) holds the components; one loss a sample. Both get a
        gradient. Shapes that differ and unknown options raise.

        >>> import lossary
        >>> lossary.cosine_distance([[1.0, 0.0], [1.0, 1.0]], [[0.0, 2.0], [3.0, 3.0]], reduction="none")
        array([1., 0.])
        """
    @overload
    def __call__(
        self,
        first: Plain,
        second: Plain,
        *,
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduced = "mean",
        **options: Unpack[Options],
    ) -> Float: ...
    @overload
    def __call__(
        self,
        first: A,
        second: A,
        *,
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def gradient(
        self,
        first: Plain,
        second: Plain,
        *,
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduction = "mean",
        out: tuple[Floats, ...] | None = None,
        **options: Unpack[Options],
    ) -> _CosineDistanceGradient[Floats]: ...
    @overload
    def gradient(
        self,
        first: A,
        second: A,
        *,
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> _CosineDistanceGradient[A]: ...
    @overload
    def value_and_gradient(
        self,
        first: Plain,
        second: Plain,
        *,
        over: Literal["sample", "batch"] = "sample",
        reduction: Literal["none"],
        out: tuple[Floats, ...] | None = None,
        **options: Unpack[Options],
    ) -> tuple[Floats, _CosineDistanceGradient[Floats]]: ...
    @overload
    def value_and_gradient(
        self,
        first: Plain,
        second: Plain,
        *,
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduced = "mean",
        out: tuple[Floats, ...] | None = None,
        **options: Unpack[Options],
    ) -> tuple[Float, _CosineDistanceGradient[Floats]]: ...
    @overload
    def value_and_gradient(
        self,
        first: A,
        second: A,
        *,
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> tuple[A, _CosineDistanceGradient[A]]: ...
    @overload
    def curvature(
        self,
        first: Plain,
        second: Plain,
        *,
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> _CosineDistanceGradient[Floats]: ...
    @overload
    def curvature(
        self,
        first: A,
        second: A,
        *,
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> _CosineDistanceGradient[A]: ...
    def total(
        self, first: Array, second: Array, *, over: Literal["sample", "batch"] = "sample", **options: Unpack[TotalOptions]
    ) -> Total: ...

cosine_distance: Final[_CosineDistance]
r"""Cosine distance of two vectors: :math:`1 - \cos(a, b) = 1 - a \cdot b / (\lVert a \rVert \lVert b \rVert)`.

    Between 0 (same direction) and 2 (opposite); lengths do not matter (cosine similarity: Salton, 1975). It is computed as
    :math:`\lVert a/\lVert a \rVert - b/\lVert b \rVert \rVert^2 / 2`, which keeps its digits for small angles. A vector of
    zeros has no direction: its cosine with any vector is 0, the loss 1, the gradient 0.

    Two arrays of one shape, any real numbers, whose last axis (``axis``) holds the components; one loss a sample. Both get a
    gradient. Shapes that differ and unknown options raise.

    >>> import lossary
    >>> lossary.cosine_distance([[1.0, 0.0], [1.0, 1.0]], [[0.0, 2.0], [3.0, 3.0]], reduction="none")
    array([1., 0.])
    """

class _CosineEmbeddingGradient(NamedTuple, Generic[T]):
    first: T
    second: T

class _CosineEmbedding(Loss):
    @overload
    def __call__(
        self,
        first: Plain,
        second: Plain,
        target: Plain,
        *,
        margin: Parameter = 0.0,
        over: Literal["sample", "batch"] = "sample",
        reduction: Literal["none"],
        **options: Unpack[Options],
    ) -> Floats:
        r"""Cosine embedding loss: draws the vectors of like pairs together, and others apart until their cosine is ``margin``.

        .. math:: t\,(1 - \cos(a, b)) + (1 - t) \max(0, \cos(a, b) - m)

        The target t is 1 for a pair that belongs together and 0 for one that does not; anything between mixes the two terms. torch
        (``CosineEmbeddingLoss``, 2016) has 1 and -1: pass ``(target + 1) / 2``. ``margin`` m lies in [-1, 1]. A vector of zeros has
        cosine 0 with any other, and gradient 0.

        ``first`` and ``second`` have one shape with the components on the last axis; the target has one number a sample, without
        that axis. A target outside [0, 1], shapes that do not fit and unknown options raise.

        >>> import lossary
        >>> pairs = [[1.0, 0.0], [1.0, 0.0]], [[0.0, 2.0], [3.0, 4.0]]
        >>> lossary.cosine_embedding(*pairs, [1, 0], margin=0.5, reduction="none")
        array([1. , 0.1])
        """
    @overload
    def __call__(
        self,
        first: Plain,
        second: Plain,
        target: Plain,
        *,
        margin: Parameter = 0.0,
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduced = "mean",
        **options: Unpack[Options],
    ) -> Float: ...
    @overload
    def __call__(
        self,
        first: A,
        second: A,
        target: A,
        *,
        margin: Parameter = 0.0,
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def gradient(
        self,
        first: Plain,
        second: Plain,
        target: Plain,
        *,
        margin: Parameter = 0.0,
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduction = "mean",
        out: tuple[Floats, ...] | None = None,
        **options: Unpack[Options],
    ) -> _CosineEmbeddingGradient[Floats]: ...
    @overload
    def gradient(
        self,
        first: A,
        second: A,
        target: A,
        *,
        margin: Parameter = 0.0,
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> _CosineEmbeddingGradient[A]: ...
    @overload
    def value_and_gradient(
        self,
        first: Plain,
        second: Plain,
        target: Plain,
        *,
        margin: Parameter = 0.0,
        over: Literal["sample", "batch"] = "sample",
        reduction: Literal["none"],
        out: tuple[Floats, ...] | None = None,
        **options: Unpack[Options],
    ) -> tuple[Floats, _CosineEmbeddingGradient[Floats]]: ...
    @overload
    def value_and_gradient(
        self,
        first: Plain,
        second: Plain,
        target: Plain,
        *,
        margin: Parameter = 0.0,
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduced = "mean",
        out: tuple[Floats, ...] | None = None,
        **options: Unpack[Options],
    ) -> tuple[Float, _CosineEmbeddingGradient[Floats]]: ...
    @overload
    def value_and_gradient(
        self,
        first: A,
        second: A,
        target: A,
        *,
        margin: Parameter = 0.0,
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> tuple[A, _CosineEmbeddingGradient[A]]: ...
    @overload
    def curvature(
        self,
        first: Plain,
        second: Plain,
        target: Plain,
        *,
        margin: Parameter = 0.0,
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> _CosineEmbeddingGradient[Floats]: ...
    @overload
    def curvature(
        self,
        first: A,
        second: A,
        target: A,
        *,
        margin: Parameter = 0.0,
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> _CosineEmbeddingGradient[A]: ...
    def total(
        self,
        first: Array,
        second: Array,
        target: Array,
        *,
        margin: Parameter = 0.0,
        over: Literal["sample", "batch"] = "sample",
        **options: Unpack[TotalOptions],
    ) -> Total: ...

cosine_embedding: Final[_CosineEmbedding]
r"""Cosine embedding loss: draws the vectors of like pairs together, and others apart until their cosine is ``margin``.

    .. math:: t\,(1 - \cos(a, b)) + (1 - t) \max(0, \cos(a, b) - m)

    The target t is 1 for a pair that belongs together and 0 for one that does not; anything between mixes the two terms. torch
    (``CosineEmbeddingLoss``, 2016) has 1 and -1: pass ``(target + 1) / 2``. ``margin`` m lies in [-1, 1]. A vector of zeros has
    cosine 0 with any other, and gradient 0.

    ``first`` and ``second`` have one shape with the components on the last axis; the target has one number a sample, without
    that axis. A target outside [0, 1], shapes that do not fit and unknown options raise.

    >>> import lossary
    >>> pairs = [[1.0, 0.0], [1.0, 0.0]], [[0.0, 2.0], [3.0, 4.0]]
    >>> lossary.cosine_embedding(*pairs, [1, 0], margin=0.5, reduction="none")
    array([1. , 0.1])
    """

class _MarginRankingGradient(NamedTuple, Generic[T]):
    first: T
    second: T

class _MarginRanking(Loss):
    @overload
    def __call__(
        self,
        first: Plain,
        second: Plain,
        target: Plain,
        *,
        margin: Parameter = 0.0,
        reduction: Literal["none"],
        **options: Unpack[Options],
    ) -> Floats:
        r"""Margin ranking loss: of two scores, the one that belongs in front is greater by ``margin`` (Herbrich et al., 2000).

        .. math:: t \max(0, m - (a - b)) + (1 - t) \max(0, m + (a - b))

        The target t is 1 where the first belongs in front and 0 where the second does; anything between mixes the two terms. torch
        has 1 and -1: pass ``(target + 1) / 2``. Every element is a sample. Convex in both scores; slopes lie within ±1.

        Three arrays of one shape; ``margin`` m ≥ 0, in units of the scores. A target outside [0, 1], shapes that differ and unknown
        options raise. For lists of items see :func:`lossary.pairwise_logistic`.

        >>> import lossary
        >>> lossary.margin_ranking([2.0, 2.0], [1.0, 1.0], [1, 0], margin=0.5, reduction="none")
        array([0. , 1.5])
        """
    @overload
    def __call__(
        self,
        first: Plain,
        second: Plain,
        target: Plain,
        *,
        margin: Parameter = 0.0,
        reduction: Reduced = "mean",
        **options: Unpack[Options],
    ) -> Float: ...
    @overload
    def __call__(
        self,
        first: A,
        second: A,
        target: A,
        *,
        margin: Parameter = 0.0,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def gradient(
        self,
        first: Plain,
        second: Plain,
        target: Plain,
        *,
        margin: Parameter = 0.0,
        reduction: Reduction = "mean",
        out: tuple[Floats, ...] | None = None,
        **options: Unpack[Options],
    ) -> _MarginRankingGradient[Floats]: ...
    @overload
    def gradient(
        self,
        first: A,
        second: A,
        target: A,
        *,
        margin: Parameter = 0.0,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> _MarginRankingGradient[A]: ...
    @overload
    def value_and_gradient(
        self,
        first: Plain,
        second: Plain,
        target: Plain,
        *,
        margin: Parameter = 0.0,
        reduction: Literal["none"],
        out: tuple[Floats, ...] | None = None,
        **options: Unpack[Options],
    ) -> tuple[Floats, _MarginRankingGradient[Floats]]: ...
    @overload
    def value_and_gradient(
        self,
        first: Plain,
        second: Plain,
        target: Plain,
        *,
        margin: Parameter = 0.0,
        reduction: Reduced = "mean",
        out: tuple[Floats, ...] | None = None,
        **options: Unpack[Options],
    ) -> tuple[Float, _MarginRankingGradient[Floats]]: ...
    @overload
    def value_and_gradient(
        self,
        first: A,
        second: A,
        target: A,
        *,
        margin: Parameter = 0.0,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> tuple[A, _MarginRankingGradient[A]]: ...
    @overload
    def curvature(
        self,
        first: Plain,
        second: Plain,
        target: Plain,
        *,
        margin: Parameter = 0.0,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> _MarginRankingGradient[Floats]: ...
    @overload
    def curvature(
        self,
        first: A,
        second: A,
        target: A,
        *,
        margin: Parameter = 0.0,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> _MarginRankingGradient[A]: ...
    def total(
        self, first: Array, second: Array, target: Array, *, margin: Parameter = 0.0, **options: Unpack[TotalOptions]
    ) -> Total: ...

margin_ranking: Final[_MarginRanking]
r"""Margin ranking loss: of two scores, the one that belongs in front is greater by ``margin`` (Herbrich et al., 2000).

    .. math:: t \max(0, m - (a - b)) + (1 - t) \max(0, m + (a - b))

    The target t is 1 where the first belongs in front and 0 where the second does; anything between mixes the two terms. torch
    has 1 and -1: pass ``(target + 1) / 2``. Every element is a sample. Convex in both scores; slopes lie within ±1.

    Three arrays of one shape; ``margin`` m ≥ 0, in units of the scores. A target outside [0, 1], shapes that differ and unknown
    options raise. For lists of items see :func:`lossary.pairwise_logistic`.

    >>> import lossary
    >>> lossary.margin_ranking([2.0, 2.0], [1.0, 1.0], [1, 0], margin=0.5, reduction="none")
    array([0. , 1.5])
    """

class _TripletGradient(NamedTuple, Generic[T]):
    anchor: T
    positive: T
    negative: T

class _Triplet(Loss):
    @overload
    def __call__(
        self,
        anchor: Plain,
        positive: Plain,
        negative: Plain,
        *,
        margin: Parameter = 1.0,
        power: Parameter = 2.0,
        swap: bool = False,
        over: Literal["sample", "batch"] = "sample",
        reduction: Literal["none"],
        **options: Unpack[Options],
    ) -> Floats:
        r"""Triplet loss: the anchor lies nearer to the positive than to the negative, by ``margin`` (Weinberger and Saul, 2009).

        .. math:: \max(0, \lVert a - p \rVert - \lVert a - n \rVert + m)

        (Schroff et al., 2015, have squared distances.) Distances are p-norms, ``power`` p from 1 to 1000: 2 is the Euclidean, 1 the
        sum of absolute differences. With ``swap=True`` the negative's distance is that from the anchor or from the positive,
        whichever is smaller (anchor swap, Balntas et al., 2016). Distances of 0 have gradient 0, and nothing is added to them.

        Three arrays of one shape, whose last axis holds the components; all get a gradient. ``margin`` m ≥ 0, in units of the
        vectors. The loss is not convex. Shapes that differ and values outside these ranges raise.

        Triplets that cost nothing have no slope, and as a model learns most are such. The mean of the active ones alone, which
        other libraries call that of the non-zero losses, is the mean of a mask, as below: its size says how hard the active ones
        are, not how many there are.

        >>> import lossary
        >>> lossary.triplet([[0.0, 0.0]], [[3.0, 4.0]], [[0.0, 2.0]])
        np.float64(4.0)
        >>> triplets = [[0.0, 0.0], [0.0, 0.0]], [[3.0, 4.0], [0.0, 1.0]], [[0.0, 2.0], [3.0, 4.0]]
        >>> each = lossary.triplet(*triplets, reduction="none")
        >>> each
        array([4., 0.])
        >>> lossary.triplet(*triplets, where=each > 0, empty="zero")
        np.float64(4.0)
        """
    @overload
    def __call__(
        self,
        anchor: Plain,
        positive: Plain,
        negative: Plain,
        *,
        margin: Parameter = 1.0,
        power: Parameter = 2.0,
        swap: bool = False,
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduced = "mean",
        **options: Unpack[Options],
    ) -> Float: ...
    @overload
    def __call__(
        self,
        anchor: A,
        positive: A,
        negative: A,
        *,
        margin: Parameter = 1.0,
        power: Parameter = 2.0,
        swap: bool = False,
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def gradient(
        self,
        anchor: Plain,
        positive: Plain,
        negative: Plain,
        *,
        margin: Parameter = 1.0,
        power: Parameter = 2.0,
        swap: bool = False,
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduction = "mean",
        out: tuple[Floats, ...] | None = None,
        **options: Unpack[Options],
    ) -> _TripletGradient[Floats]: ...
    @overload
    def gradient(
        self,
        anchor: A,
        positive: A,
        negative: A,
        *,
        margin: Parameter = 1.0,
        power: Parameter = 2.0,
        swap: bool = False,
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> _TripletGradient[A]: ...
    @overload
    def value_and_gradient(
        self,
        anchor: Plain,
        positive: Plain,
        negative: Plain,
        *,
        margin: Parameter = 1.0,
        power: Parameter = 2.0,
        swap: bool = False,
        over: Literal["sample", "batch"] = "sample",
        reduction: Literal["none"],
        out: tuple[Floats, ...] | None = None,
        **options: Unpack[Options],
    ) -> tuple[Floats, _TripletGradient[Floats]]: ...
    @overload
    def value_and_gradient(
        self,
        anchor: Plain,
        positive: Plain,
        negative: Plain,
        *,
        margin: Parameter = 1.0,
        power: Parameter = 2.0,
        swap: bool = False,
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduced = "mean",
        out: tuple[Floats, ...] | None = None,
        **options: Unpack[Options],
    ) -> tuple[Float, _TripletGradient[Floats]]: ...
    @overload
    def value_and_gradient(
        self,
        anchor: A,
        positive: A,
        negative: A,
        *,
        margin: Parameter = 1.0,
        power: Parameter = 2.0,
        swap: bool = False,
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> tuple[A, _TripletGradient[A]]: ...
    @overload
    def curvature(
        self,
        anchor: Plain,
        positive: Plain,
        negative: Plain,
        *,
        margin: Parameter = 1.0,
        power: Parameter = 2.0,
        swap: bool = False,
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> _TripletGradient[Floats]: ...
    @overload
    def curvature(
        self,
        anchor: A,
        positive: A,
        negative: A,
        *,
        margin: Parameter = 1.0,
        power: Parameter = 2.0,
        swap: bool = False,
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> _TripletGradient[A]: ...
    def total(
        self,
        anchor: Array,
        positive: Array,
        negative: Array,
        *,
        margin: Parameter = 1.0,
        power: Parameter = 2.0,
        swap: bool = False,
        over: Literal["sample", "batch"] = "sample",
        **options: Unpack[TotalOptions],
    ) -> Total: ...

triplet: Final[_Triplet]
r"""Triplet loss: the anchor lies nearer to the positive than to the negative, by ``margin`` (Weinberger and Saul, 2009).

    .. math:: \max(0, \lVert a - p \rVert - \lVert a - n \rVert + m)

    (Schroff et al., 2015, have squared distances.) Distances are p-norms, ``power`` p from 1 to 1000: 2 is the Euclidean, 1 the
    sum of absolute differences. With ``swap=True`` the negative's distance is that from the anchor or from the positive,
    whichever is smaller (anchor swap, Balntas et al., 2016). Distances of 0 have gradient 0, and nothing is added to them.

    Three arrays of one shape, whose last axis holds the components; all get a gradient. ``margin`` m ≥ 0, in units of the
    vectors. The loss is not convex. Shapes that differ and values outside these ranges raise.

    Triplets that cost nothing have no slope, and as a model learns most are such. The mean of the active ones alone, which
    other libraries call that of the non-zero losses, is the mean of a mask, as below: its size says how hard the active ones
    are, not how many there are.

    >>> import lossary
    >>> lossary.triplet([[0.0, 0.0]], [[3.0, 4.0]], [[0.0, 2.0]])
    np.float64(4.0)
    >>> triplets = [[0.0, 0.0], [0.0, 0.0]], [[3.0, 4.0], [0.0, 1.0]], [[0.0, 2.0], [3.0, 4.0]]
    >>> each = lossary.triplet(*triplets, reduction="none")
    >>> each
    array([4., 0.])
    >>> lossary.triplet(*triplets, where=each > 0, empty="zero")
    np.float64(4.0)
    """
