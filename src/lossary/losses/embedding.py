"""Losses of embeddings: vectors that lie near each other where they belong together. The last axis holds their components."""

from typing import Annotated

from lossary.engine.decorators import pointwise, samplewise
from lossary.formula.domains import Interval, NonNegative, Probability, Real
from lossary.vocabulary import abs, distance, largest, maximum, minimum, norm, stop_gradient, total, where, xdivy, xlogy, xmuly

Cosine = Annotated[float, Interval(-1.0, 1.0)]
Order = Annotated[float, Interval(1.0, 1000.0)]


@samplewise(symmetric=True, homogeneous=0)
def cosine_distance(first: Real, second: Real):
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
    a, b = norm(first), norm(second)
    # 1 - â·b̂ = ‖â - b̂‖²/2 for vectors of length 1; no digits cancel where a and b have almost one direction
    return where((a == 0) | (b == 0), 1, total((first / a - second / b) ** 2) / 2)


@samplewise(of_sample=("target",))
def cosine_embedding(first: Real, second: Real, target: Probability, *, margin: Cosine = 0.0):
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
    apart = cosine_distance(first, second)
    return target * apart + (1 - target) * maximum(0, 1 - margin - apart)


@samplewise(of_sample=("target",))
def contrastive(
    first: Real,
    second: Real,
    target: Probability,
    *,
    margin: NonNegative = 1.0,
    squared: bool = True,
):
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
    missing = maximum(0, margin - distance(first, second))
    if not squared:
        return target * distance(first, second) + (1 - target) * missing
    # where t = 0, a square that overflows costs nothing
    return (xmuly(target, total((first - second) ** 2)) + (1 - target) * missing**2) / 2


def _norm(x, order):
    """Return the norm of this order of a vector, with slope 0 where the vector is 0."""
    # top·(Σ(|x|/top)^p)^(1/p): nothing that matters overflows or underflows. As top cancels, it is a constant to derivatives
    top = stop_gradient(largest(abs(x)))
    powers = total(xdivy(abs(x), top) ** order)
    length = norm(x)
    shares = stop_gradient(xdivy(abs(x), length))  # of a norm N, d N/d p at p = 2 is N/2·Σ (|x|/N)² log(|x|/N)
    euclidean = length + xmuly(order - 2, stop_gradient(length) / 2 * total(xlogy(shares**2, shares)))
    return where(order == 2, euclidean, where(top == 0, 0, top * powers ** (1 / order)))


@samplewise(neutral=("power",))
def triplet(
    anchor: Real,
    positive: Real,
    negative: Real,
    *,
    margin: NonNegative = 1.0,
    power: Order = 2.0,
    swap: bool = False,
):
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
    apart = _norm(anchor - negative, power)
    if swap:
        apart = minimum(apart, _norm(positive - negative, power))
    return maximum(0, _norm(anchor - positive, power) - apart + margin)


@pointwise(convex=True, lipschitz=1)
def margin_ranking(first: Real, second: Real, target: Probability, *, margin: NonNegative = 0.0):
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
    lead = first - second
    return target * maximum(0, margin - lead) + (1 - target) * maximum(0, margin + lead)
