"""Losses of rankings: scores that put the items of a list, such as the answers to a query, in the order of their relevance.

Items come in flat arrays, with the group (the query) of each; a group is a sample.
"""

# Made by tools/stubs.py from the definitions; run `make stubs` instead of editing this file.
# mypy: disable-error-code="override, overload-cannot-match"

from typing import Any, Final, Literal, Unpack, overload

from lossary.engine.calls import A, Array, Float, Floats, Loss, Options, Parameter, Plain, Reduced, Reduction, TotalOptions
from lossary.engine.reduction import Total

class _LambdaRank(Loss):
    @overload
    def __call__(
        self,
        prediction: Plain,
        relevance: Plain,
        group: Plain,
        *,
        truncation: Parameter = ...,
        gain: Literal["exponential", "linear"] = "exponential",
        reduction: Literal["none"],
        **options: Unpack[Options],
    ) -> Floats:
        r"""LambdaRank (Burges, 2010): the pairwise logistic loss, each pair weighed by what it would change in NDCG; in nats.

        .. math:: \sum_{y_i > y_j} |\Delta_{ij}| \log(1 + e^{-(s_i - s_j)}), \qquad
                  \Delta_{ij} = \frac{(g_i - g_j)(d_i - d_j)}{\sum_k g_{(k)} d_k}

        :math:`\Delta_{ij}` is the change of NDCG if i and j change places (as a loss: Wang et al., 2018). The gain g of an item is
        :math:`2^y - 1`, or y with ``gain="linear"``. The discount d of place r, counted from 1 by falling score (equal scores keep
        the order of the arrays), is :math:`1/\log_2(1 + r)`, and 0 behind place ``truncation``. The weights are held constant in
        the gradient. A group without relevant items has loss 0. It is not divided by a number of pairs.

        Flat arrays of one length: scores (``prediction``), ``relevance`` ≥ 0 and ``group``, the id of the query of each item,
        numbers or strings in any order. A sample is a group: ``weight``, ``where`` and ``reduction="none"`` have one number for
        each, in ascending order of ids. In JAX, groups are known before tracing: a NumPy array. All pairs of a group are in memory.
        Relevances below 0, a ``truncation`` below 1, shapes that differ and unknown options raise.

        >>> import lossary
        >>> lossary.lambda_rank([2.0, 0.0, 1.0, 1.0], [1, 0, 0, 2], [7, 7, 8, 8], reduction="none")
        array([0.04684535, 0.25582   ])
        """
    @overload
    def __call__(
        self,
        prediction: Plain,
        relevance: Plain,
        group: Plain,
        *,
        truncation: Parameter = ...,
        gain: Literal["exponential", "linear"] = "exponential",
        reduction: Reduced = "mean",
        **options: Unpack[Options],
    ) -> Float: ...
    @overload
    def __call__(
        self,
        prediction: A,
        relevance: A,
        group: Any,
        *,
        truncation: Parameter = ...,
        gain: Literal["exponential", "linear"] = "exponential",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def gradient(
        self,
        prediction: Plain,
        relevance: Plain,
        group: Plain,
        *,
        truncation: Parameter = ...,
        gain: Literal["exponential", "linear"] = "exponential",
        reduction: Reduction = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def gradient(
        self,
        prediction: A,
        relevance: A,
        group: Any,
        *,
        truncation: Parameter = ...,
        gain: Literal["exponential", "linear"] = "exponential",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def value_and_gradient(
        self,
        prediction: Plain,
        relevance: Plain,
        group: Plain,
        *,
        truncation: Parameter = ...,
        gain: Literal["exponential", "linear"] = "exponential",
        reduction: Literal["none"],
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> tuple[Floats, Floats]: ...
    @overload
    def value_and_gradient(
        self,
        prediction: Plain,
        relevance: Plain,
        group: Plain,
        *,
        truncation: Parameter = ...,
        gain: Literal["exponential", "linear"] = "exponential",
        reduction: Reduced = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> tuple[Float, Floats]: ...
    @overload
    def value_and_gradient(
        self,
        prediction: A,
        relevance: A,
        group: Any,
        *,
        truncation: Parameter = ...,
        gain: Literal["exponential", "linear"] = "exponential",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> tuple[A, A]: ...
    @overload
    def curvature(
        self,
        prediction: Plain,
        relevance: Plain,
        group: Plain,
        *,
        truncation: Parameter = ...,
        gain: Literal["exponential", "linear"] = "exponential",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def curvature(
        self,
        prediction: A,
        relevance: A,
        group: Any,
        *,
        truncation: Parameter = ...,
        gain: Literal["exponential", "linear"] = "exponential",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    def total(
        self,
        prediction: Array,
        relevance: Array,
        group: Array,
        *,
        truncation: Parameter = ...,
        gain: Literal["exponential", "linear"] = "exponential",
        **options: Unpack[TotalOptions],
    ) -> Total: ...

lambda_rank: Final[_LambdaRank]
r"""LambdaRank (Burges, 2010): the pairwise logistic loss, each pair weighed by what it would change in NDCG; in nats.

    .. math:: \sum_{y_i > y_j} |\Delta_{ij}| \log(1 + e^{-(s_i - s_j)}), \qquad
              \Delta_{ij} = \frac{(g_i - g_j)(d_i - d_j)}{\sum_k g_{(k)} d_k}

    :math:`\Delta_{ij}` is the change of NDCG if i and j change places (as a loss: Wang et al., 2018). The gain g of an item is
    :math:`2^y - 1`, or y with ``gain="linear"``. The discount d of place r, counted from 1 by falling score (equal scores keep
    the order of the arrays), is :math:`1/\log_2(1 + r)`, and 0 behind place ``truncation``. The weights are held constant in
    the gradient. A group without relevant items has loss 0. It is not divided by a number of pairs.

    Flat arrays of one length: scores (``prediction``), ``relevance`` ≥ 0 and ``group``, the id of the query of each item,
    numbers or strings in any order. A sample is a group: ``weight``, ``where`` and ``reduction="none"`` have one number for
    each, in ascending order of ids. In JAX, groups are known before tracing: a NumPy array. All pairs of a group are in memory.
    Relevances below 0, a ``truncation`` below 1, shapes that differ and unknown options raise.

    >>> import lossary
    >>> lossary.lambda_rank([2.0, 0.0, 1.0, 1.0], [1, 0, 0, 2], [7, 7, 8, 8], reduction="none")
    array([0.04684535, 0.25582   ])
    """

class _ListMle(Loss):
    @overload
    def __call__(
        self, prediction: Plain, relevance: Plain, group: Plain, *, reduction: Literal["none"], **options: Unpack[Options]
    ) -> Floats:
        r"""Likelihood of an order (ListMLE; Xia et al., 2008), in nats: items are drawn one after another by their scores.

        .. math:: \sum_i \Big(\log \sum_{j: y_j \le y_i} e^{s_j} - s_i\Big)

        Without ties this is the negative log-likelihood of the order by relevance y in the model of Plackett (1975) and Luce
        (1959): each item is drawn, with a probability in proportion to :math:`e^s`, from those that are left. Items of equal
        relevance are each drawn from all that are no more relevant (as Breslow, 1974, treats equal times), so the order of the
        arrays does not matter. Convex in the scores. The loss of a group is a sum over its items.

        Flat arrays of one length: scores (``prediction``), ``relevance`` (any real numbers) and ``group``, the id of the query of
        each item, numbers or strings in any order. A sample is a group: ``weight``, ``where`` and ``reduction="none"`` have one
        number for each, in ascending order of ids. In JAX, groups are known before tracing: a NumPy array. Shapes that differ and
        unknown options raise.

        >>> import lossary
        >>> lossary.list_mle([2.0, 0.0, 1.0, 1.0], [1, 0, 0, 2], [7, 7, 8, 8], reduction="none")
        array([0.12692801, 0.69314718])
        """
    @overload
    def __call__(
        self, prediction: Plain, relevance: Plain, group: Plain, *, reduction: Reduced = "mean", **options: Unpack[Options]
    ) -> Float: ...
    @overload
    def __call__(
        self, prediction: A, relevance: A, group: Any, *, reduction: Reduction = "mean", **options: Unpack[Options]
    ) -> A: ...
    @overload
    def gradient(
        self,
        prediction: Plain,
        relevance: Plain,
        group: Plain,
        *,
        reduction: Reduction = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def gradient(
        self, prediction: A, relevance: A, group: Any, *, reduction: Reduction = "mean", **options: Unpack[Options]
    ) -> A: ...
    @overload
    def value_and_gradient(
        self,
        prediction: Plain,
        relevance: Plain,
        group: Plain,
        *,
        reduction: Literal["none"],
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> tuple[Floats, Floats]: ...
    @overload
    def value_and_gradient(
        self,
        prediction: Plain,
        relevance: Plain,
        group: Plain,
        *,
        reduction: Reduced = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> tuple[Float, Floats]: ...
    @overload
    def value_and_gradient(
        self, prediction: A, relevance: A, group: Any, *, reduction: Reduction = "mean", **options: Unpack[Options]
    ) -> tuple[A, A]: ...
    @overload
    def curvature(
        self, prediction: Plain, relevance: Plain, group: Plain, *, reduction: Reduction = "mean", **options: Unpack[Options]
    ) -> Floats: ...
    @overload
    def curvature(
        self, prediction: A, relevance: A, group: Any, *, reduction: Reduction = "mean", **options: Unpack[Options]
    ) -> A: ...
    def total(self, prediction: Array, relevance: Array, group: Array, **options: Unpack[TotalOptions]) -> Total: ...

list_mle: Final[_ListMle]
r"""Likelihood of an order (ListMLE; Xia et al., 2008), in nats: items are drawn one after another by their scores.

    .. math:: \sum_i \Big(\log \sum_{j: y_j \le y_i} e^{s_j} - s_i\Big)

    Without ties this is the negative log-likelihood of the order by relevance y in the model of Plackett (1975) and Luce
    (1959): each item is drawn, with a probability in proportion to :math:`e^s`, from those that are left. Items of equal
    relevance are each drawn from all that are no more relevant (as Breslow, 1974, treats equal times), so the order of the
    arrays does not matter. Convex in the scores. The loss of a group is a sum over its items.

    Flat arrays of one length: scores (``prediction``), ``relevance`` (any real numbers) and ``group``, the id of the query of
    each item, numbers or strings in any order. A sample is a group: ``weight``, ``where`` and ``reduction="none"`` have one
    number for each, in ascending order of ids. In JAX, groups are known before tracing: a NumPy array. Shapes that differ and
    unknown options raise.

    >>> import lossary
    >>> lossary.list_mle([2.0, 0.0, 1.0, 1.0], [1, 0, 0, 2], [7, 7, 8, 8], reduction="none")
    array([0.12692801, 0.69314718])
    """

class _ListNet(Loss):
    @overload
    def __call__(
        self,
        prediction: Plain,
        relevance: Plain,
        group: Plain,
        *,
        normalize: Literal["softmax", "sum", "none"] = "softmax",
        reduction: Literal["none"],
        **options: Unpack[Options],
    ) -> Floats:
        r"""Softmax cross-entropy of a list of scores (ListNet; Cao et al., 2007), in nats: :math:`-\sum_i t_i \log p_i`.

        p is the softmax of the scores of a group, and t says where the first place belongs. ``normalize="softmax"``, as in the
        paper, makes t the softmax of the relevances; ``"sum"`` their shares :math:`y_i / \sum_j y_j` (0 where all are 0, and with
        them the loss); with ``"none"`` t is the relevance itself, so lists with more of it weigh more (optax). Convex in the
        scores; the gradient is :math:`p \sum_j t_j - t`.

        Flat arrays of one length: scores (``prediction``), ``relevance`` ≥ 0 and ``group``, the id of the query of each item,
        numbers or strings in any order. A sample is a group: ``weight``, ``where`` and ``reduction="none"`` have one number for
        each, in ascending order of ids. In JAX, groups are known before tracing: a NumPy array. Relevances below 0, shapes that
        differ and unknown options raise.

        >>> import lossary
        >>> lossary.list_net([2.0, 0.0, 1.0, 1.0], [1, 0, 0, 1], [7, 7, 8, 8], normalize="sum", reduction="none")
        array([0.12692801, 0.69314718])
        """
    @overload
    def __call__(
        self,
        prediction: Plain,
        relevance: Plain,
        group: Plain,
        *,
        normalize: Literal["softmax", "sum", "none"] = "softmax",
        reduction: Reduced = "mean",
        **options: Unpack[Options],
    ) -> Float: ...
    @overload
    def __call__(
        self,
        prediction: A,
        relevance: A,
        group: Any,
        *,
        normalize: Literal["softmax", "sum", "none"] = "softmax",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def gradient(
        self,
        prediction: Plain,
        relevance: Plain,
        group: Plain,
        *,
        normalize: Literal["softmax", "sum", "none"] = "softmax",
        reduction: Reduction = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def gradient(
        self,
        prediction: A,
        relevance: A,
        group: Any,
        *,
        normalize: Literal["softmax", "sum", "none"] = "softmax",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def value_and_gradient(
        self,
        prediction: Plain,
        relevance: Plain,
        group: Plain,
        *,
        normalize: Literal["softmax", "sum", "none"] = "softmax",
        reduction: Literal["none"],
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> tuple[Floats, Floats]: ...
    @overload
    def value_and_gradient(
        self,
        prediction: Plain,
        relevance: Plain,
        group: Plain,
        *,
        normalize: Literal["softmax", "sum", "none"] = "softmax",
        reduction: Reduced = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> tuple[Float, Floats]: ...
    @overload
    def value_and_gradient(
        self,
        prediction: A,
        relevance: A,
        group: Any,
        *,
        normalize: Literal["softmax", "sum", "none"] = "softmax",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> tuple[A, A]: ...
    @overload
    def curvature(
        self,
        prediction: Plain,
        relevance: Plain,
        group: Plain,
        *,
        normalize: Literal["softmax", "sum", "none"] = "softmax",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def curvature(
        self,
        prediction: A,
        relevance: A,
        group: Any,
        *,
        normalize: Literal["softmax", "sum", "none"] = "softmax",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    def total(
        self,
        prediction: Array,
        relevance: Array,
        group: Array,
        *,
        normalize: Literal["softmax", "sum", "none"] = "softmax",
        **options: Unpack[TotalOptions],
    ) -> Total: ...

list_net: Final[_ListNet]
r"""Softmax cross-entropy of a list of scores (ListNet; Cao et al., 2007), in nats: :math:`-\sum_i t_i \log p_i`.

    p is the softmax of the scores of a group, and t says where the first place belongs. ``normalize="softmax"``, as in the
    paper, makes t the softmax of the relevances; ``"sum"`` their shares :math:`y_i / \sum_j y_j` (0 where all are 0, and with
    them the loss); with ``"none"`` t is the relevance itself, so lists with more of it weigh more (optax). Convex in the
    scores; the gradient is :math:`p \sum_j t_j - t`.

    Flat arrays of one length: scores (``prediction``), ``relevance`` ≥ 0 and ``group``, the id of the query of each item,
    numbers or strings in any order. A sample is a group: ``weight``, ``where`` and ``reduction="none"`` have one number for
    each, in ascending order of ids. In JAX, groups are known before tracing: a NumPy array. Relevances below 0, shapes that
    differ and unknown options raise.

    >>> import lossary
    >>> lossary.list_net([2.0, 0.0, 1.0, 1.0], [1, 0, 0, 1], [7, 7, 8, 8], normalize="sum", reduction="none")
    array([0.12692801, 0.69314718])
    """

class _PairwiseLogistic(Loss):
    @overload
    def __call__(
        self,
        prediction: Plain,
        relevance: Plain,
        group: Plain,
        *,
        normalize: Literal["pairs", "none"] = "pairs",
        reduction: Literal["none"],
        **options: Unpack[Options],
    ) -> Floats:
        r"""Pairwise logistic loss of a ranking (RankNet; Burges et al., 2005), in nats: the more relevant item scores higher.

        .. math:: \frac{1}{|P|} \sum_{(i, j) \in P} \log(1 + e^{-(s_i - s_j)}), \qquad P = \{(i, j): y_i > y_j\}

        over the pairs of a group with different relevance y; ``normalize="none"`` leaves out the division by their number |P|.
        Items of equal relevance make no pair, and a group without pairs has loss 0. Only differences of scores count, and only the
        order of relevances. Convex in the scores, whose slopes grow no further than the number of pairs of an item.

        Flat arrays of one length: scores (``prediction``), ``relevance`` (any real numbers) and ``group``, the id of the query of
        each item, numbers or strings in any order. A sample is a group: ``weight``, ``where`` and ``reduction="none"`` have one
        number for each, in ascending order of ids. In JAX, groups are known before tracing: a NumPy array. All pairs of a group are
        in memory. Shapes that differ and unknown options raise.

        >>> import lossary
        >>> lossary.pairwise_logistic([2.0, 0.0, 1.0, 1.0], [1, 0, 0, 2], ["a", "a", "b", "b"], reduction="none")
        array([0.12692801, 0.69314718])
        """
    @overload
    def __call__(
        self,
        prediction: Plain,
        relevance: Plain,
        group: Plain,
        *,
        normalize: Literal["pairs", "none"] = "pairs",
        reduction: Reduced = "mean",
        **options: Unpack[Options],
    ) -> Float: ...
    @overload
    def __call__(
        self,
        prediction: A,
        relevance: A,
        group: Any,
        *,
        normalize: Literal["pairs", "none"] = "pairs",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def gradient(
        self,
        prediction: Plain,
        relevance: Plain,
        group: Plain,
        *,
        normalize: Literal["pairs", "none"] = "pairs",
        reduction: Reduction = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def gradient(
        self,
        prediction: A,
        relevance: A,
        group: Any,
        *,
        normalize: Literal["pairs", "none"] = "pairs",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def value_and_gradient(
        self,
        prediction: Plain,
        relevance: Plain,
        group: Plain,
        *,
        normalize: Literal["pairs", "none"] = "pairs",
        reduction: Literal["none"],
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> tuple[Floats, Floats]: ...
    @overload
    def value_and_gradient(
        self,
        prediction: Plain,
        relevance: Plain,
        group: Plain,
        *,
        normalize: Literal["pairs", "none"] = "pairs",
        reduction: Reduced = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> tuple[Float, Floats]: ...
    @overload
    def value_and_gradient(
        self,
        prediction: A,
        relevance: A,
        group: Any,
        *,
        normalize: Literal["pairs", "none"] = "pairs",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> tuple[A, A]: ...
    @overload
    def curvature(
        self,
        prediction: Plain,
        relevance: Plain,
        group: Plain,
        *,
        normalize: Literal["pairs", "none"] = "pairs",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def curvature(
        self,
        prediction: A,
        relevance: A,
        group: Any,
        *,
        normalize: Literal["pairs", "none"] = "pairs",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    def total(
        self,
        prediction: Array,
        relevance: Array,
        group: Array,
        *,
        normalize: Literal["pairs", "none"] = "pairs",
        **options: Unpack[TotalOptions],
    ) -> Total: ...

pairwise_logistic: Final[_PairwiseLogistic]
r"""Pairwise logistic loss of a ranking (RankNet; Burges et al., 2005), in nats: the more relevant item scores higher.

    .. math:: \frac{1}{|P|} \sum_{(i, j) \in P} \log(1 + e^{-(s_i - s_j)}), \qquad P = \{(i, j): y_i > y_j\}

    over the pairs of a group with different relevance y; ``normalize="none"`` leaves out the division by their number |P|.
    Items of equal relevance make no pair, and a group without pairs has loss 0. Only differences of scores count, and only the
    order of relevances. Convex in the scores, whose slopes grow no further than the number of pairs of an item.

    Flat arrays of one length: scores (``prediction``), ``relevance`` (any real numbers) and ``group``, the id of the query of
    each item, numbers or strings in any order. A sample is a group: ``weight``, ``where`` and ``reduction="none"`` have one
    number for each, in ascending order of ids. In JAX, groups are known before tracing: a NumPy array. All pairs of a group are
    in memory. Shapes that differ and unknown options raise.

    >>> import lossary
    >>> lossary.pairwise_logistic([2.0, 0.0, 1.0, 1.0], [1, 0, 0, 2], ["a", "a", "b", "b"], reduction="none")
    array([0.12692801, 0.69314718])
    """
