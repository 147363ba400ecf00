"""The losses of a batch."""

from __future__ import annotations

from lossary.batch_losses import definitions
from lossary.batch_losses.loss import BatchLoss

__all__ = ["BatchLoss", "circle", "info_nce", "multi_similarity", "siglip", "supervised_contrastive"]

info_nce = BatchLoss(
    "info_nce",
    ("anchor", "positive"),
    None,
    {"temperature": 0.1},
    symmetric=True,
    doc=r"""InfoNCE (Oord et al., 2018), in nats: each anchor finds its own positive among the positives of the batch.

    .. math:: \ell_i = -\log \frac{e^{s_{ii}/\tau}}{\sum_j e^{s_{ij}/\tau}}, \qquad s_{ij} = \cos(a_i, p_j)

    The cross-entropy of each row of similarities, divided by the ``temperature`` τ > 0. ``symmetric=True`` takes the mean of
    both directions, as CLIP does (Radford et al., 2021). ``negative`` (any number, components) are further candidates for all
    anchors. Most libraries' NT-Xent (Chen et al., 2020) of two views is this, or :func:`lossary.supervised_contrastive` of both
    views, where an anchor is compared with the samples of its own view too.

    Arguments:

    - ``anchor`` and ``positive`` (samples, components), a row a sample, real numbers.
    - ``temperature``: a number, or a 0-d tensor or JAX array, which may be learned.
    - ``normalize=False`` compares the vectors as they are; by default by their cosine, as if each had length 1. A vector of
      zeros has cosine 0 with any other, and gradient 0.
    - ``weight`` weighs samples as anchors; one of weight 0 is still a candidate for the others. To leave samples out
      altogether, select rows beforehand. ``reduction``, ``normalizer`` and ``empty`` are those of any loss.
    - ``process_group``: the ranks that hold the batch, any number of samples each. The anchors of this rank are then compared
      with the samples of all ranks; the mean is over the anchors of this rank, and gradients flow to all ranks, which all run a
      backward pass. Averaging the gradients over ranks of one size, as DistributedDataParallel does, gives those of one
      process; ``normalizer`` serves for others. In JAX, the name of a mesh axis inside ``jax.shard_map``.
    - ``chunk``: rows of a block; ``"auto"`` keeps a block of similarities within 64 MB. There is never a matrix of all of them
      in memory, but for second derivatives.

    Works on NumPy arrays, torch tensors and JAX arrays, computed in float32 for half precision.
    ``lossary.info_nce.value_and_gradient(…)`` gives value and gradients ``(anchor, positive)``, and ``negative`` where given.
    Raises TypeError and ValueError for shapes that do not fit, values outside these ranges and unknown options.

    >>> import numpy as np, lossary
    >>> anchor, positive = np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([[2.0, 0.5], [0.0, 3.0]])
    >>> lossary.info_nce(anchor, positive, temperature=0.5, reduction="none")
    array([0.13423627, 0.19870646])
    >>> value, gradient = lossary.info_nce.value_and_gradient(anchor, positive, symmetric=True)
    >>> gradient.positive.shape
    (2, 2)
    """,
)
supervised_contrastive = BatchLoss(
    "supervised_contrastive",
    ("embedding", "target"),
    definitions.supervised_contrastive,
    {"temperature": 0.1},
    doc=r"""Supervised contrastive loss (Khosla et al., 2020), in nats: samples of one label find each other in the batch.

    .. math:: \ell_i = -\frac{1}{|P_i|} \sum_{p \in P_i} \log \frac{e^{s_{ip}/\tau}}{\sum_{j \ne i} e^{s_{ij}/\tau}}, \qquad
              s_{ij} = \cos(z_i, z_j)

    :math:`P_i` are the other samples with the label of i; all samples but i stand in the denominator. An anchor without a
    positive has loss 0, and counts in the mean unless its ``weight`` is 0. With one positive an anchor, this is NT-Xent.

    ``embedding`` (samples, components); ``target`` (samples,), labels of any integers; ``temperature`` τ > 0, which may be
    learned. Other options are those of :func:`lossary.info_nce`. With ``reduction="none"`` torch holds all similarities under
    autograd. Raises as it does.

    >>> import lossary
    >>> embedding = [[1.0, 0.0], [1.0, 0.1], [0.0, 1.0], [0.1, 1.0]]
    >>> round(float(lossary.supervised_contrastive(embedding, [0, 0, 1, 1], temperature=0.5)), 6)
    0.289878
    """,
)
siglip = BatchLoss(
    "siglip",
    ("first", "second"),
    definitions.siglip,
    {"temperature": 0.1, "bias": -10.0},
    doc=r"""Sigmoid loss of pairs (SigLIP; Zhai et al., 2023), in nats: of every pair of the batch, whether it belongs together.

    .. math:: \ell_i = \sum_j \log(1 + e^{-y_{ij} z_{ij}}), \qquad z_{ij} = \cos(a_i, b_j)/\tau + b, \quad
              y_{ij} = \begin{cases} 1 & i = j \\ -1 & i \ne j \end{cases}

    Nothing is normalised over the batch. ``temperature`` τ > 0 and ``bias`` b may be learned: tensors or JAX arrays without
    axes. They begin at the paper's 1/10 and -10, at which most pairs are taken for strangers. Swapping the two sides changes
    nothing.

    ``first`` and ``second`` (samples, components), a row a pair. Other options are those of :func:`lossary.info_nce`. With
    ``reduction="none"`` torch holds all similarities under autograd. Raises as it does.

    >>> import lossary
    >>> round(float(lossary.siglip([[1.0, 0.0], [0.0, 1.0]], [[2.0, 0.5], [0.0, 3.0]])), 6)
    0.773621
    """,
)
circle = BatchLoss(
    "circle",
    ("embedding", "target"),
    definitions.circle,
    {},
    doc=r"""Circle loss (Sun et al., 2020): similarities of one label rise to 1, others fall to 0, the worst first.

    .. math:: \ell_i = \log\Big(1 + \sum_n e^{\gamma \alpha_n (s_{in} - m)} \sum_p e^{-\gamma \alpha_p (s_{ip} - 1 + m)}\Big),
              \quad \alpha_p = \max(0, 1 + m - s_{ip}), \quad \alpha_n = \max(0, s_{in} + m)

    over the positives p and negatives n of each anchor, s being cosines. The weights α are held constant in the gradient.
    ``gamma`` γ > 0 and ``margin`` m are the paper's 80 and 0.4 (for faces, 256 and 0.25). An anchor without positives or
    without negatives has loss 0, and counts in the mean unless its ``weight`` is 0.

    ``embedding`` (samples, components); ``target`` (samples,), labels of any integers. Other options are those of
    :func:`lossary.info_nce`. With ``reduction="none"`` torch holds all similarities under autograd. Raises as it does.

    >>> import lossary
    >>> embedding = [[1.0, 0.0], [1.0, 0.1], [0.0, 1.0], [0.1, 1.0]]
    >>> round(float(lossary.circle(embedding, [0, 0, 1, 1], gamma=4.0)), 6)
    0.464236
    """,
)
multi_similarity = BatchLoss(
    "multi_similarity",
    ("embedding", "target"),
    definitions.multi_similarity,
    {},
    doc=r"""Multi-similarity loss (Wang et al., 2019): positives nearer than a threshold, negatives farther.

    .. math:: \ell_i = \frac{1}{\alpha} \log\Big(1 + \sum_p e^{-\alpha (s_{ip} - \lambda)}\Big)
              + \frac{1}{\beta} \log\Big(1 + \sum_n e^{\beta (s_{in} - \lambda)}\Big)

    over the positives p and negatives n of each anchor, s being cosines; ``alpha`` α > 0, ``beta`` β > 0, ``threshold`` λ. All
    pairs count: the paper leaves out easy ones beforehand.

    ``embedding`` (samples, components); ``target`` (samples,), labels of any integers. Other options are those of
    :func:`lossary.info_nce`. With ``reduction="none"`` torch holds all similarities under autograd. Raises as it does.

    >>> import lossary
    >>> embedding = [[1.0, 0.0], [1.0, 0.1], [0.0, 1.0], [0.1, 1.0]]
    >>> round(float(lossary.multi_similarity(embedding, [0, 0, 1, 1])), 6)
    0.15797
    """,
)
