"""Losses of classes on top of a linear layer, without the logits of all rows in memory at once."""

# Made by tools/stubs.py from the definitions; run `make stubs` instead of editing this file.
# mypy: disable-error-code="override, overload-cannot-match"

from typing import Any, Final, Literal, SupportsIndex, overload

from lossary.engine.calls import (
    A,
    Array,
    Constant,
    Empty,
    Float,
    Floats,
    Gradients,
    Loss,
    Number,
    Plain,
    Reduced,
    Reduction,
    Result,
    Returns,
    Weights,
)
from lossary.linear_losses.loss import LinearLoss as LinearLoss

def linear(loss: Loss) -> LinearLoss:
    r"""Return a loss of hidden states and a linear layer's weight, from any loss made by :func:`lossary.softmax`.

    Any other loss raises TypeError. Calls take and raise what those of :func:`lossary.linear_cross_entropy` do.

    >>> import lossary
    >>> @lossary.softmax
    ... def focal(log_probability, *, gamma=2.0):
    ...     return -(1 - lossary.vocabulary.exp(log_probability)) ** gamma * log_probability
    >>> linear_focal = lossary.linear(focal)
    >>> float(linear_focal([[1.0, 0.0]], [[2.0, 0.0], [0.0, 1.0]], [0], gamma=1.0))
    0.01513..."""

class _LinearCrossEntropy(LinearLoss):
    @overload
    def __call__(
        self,
        hidden: Plain,
        weight: Plain,
        target: Plain | None = None,
        *,
        bias: Plain | None = None,
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        where: Array | None = None,
        label_smoothing: Constant = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Constant = 0.0,
        soft_cap: Constant | None = None,
        temperature: Constant = 1.0,
        sample_weight: Array | None = None,
        normalizer: Number | None = None,
        empty: Empty = "nan",
        check: bool = True,
        chunk: int | Literal["auto"] = "auto",
        process_group: Any = None,
        teacher_hidden: Plain | None = None,
        teacher_weight: Plain | None = None,
        teacher_bias: Plain | None = None,
        teacher_soft_cap: Constant | None = None,
        returns: tuple[()] = (),
        reduction: Literal["none"],
    ) -> Floats:
        r"""Cross-entropy of ``hidden @ weight.T + bias``, a language model's last layer, without all its logits in memory.

        With logits :math:`x = hW^\top + b`, capped and tempered to :math:`z = c\tanh(x/c)/T`, and
        :math:`\log Z = \log\sum_k e^{z_k}`, the loss of a row in nats is

        .. math:: \ell = \sum_k t_k c_k\,(\log Z - z_k) + \alpha\,(\log Z)^2 \sum_k y_k c_k

        where y is the target, t what smoothing makes of it, c the class weights and :math:`\alpha` is ``z_loss``.

        Arguments:

        - ``hidden`` (…, features), ``weight`` (classes, features), ``bias`` (classes,) or None.
        - ``target``: class indices (…) of any integer dtype, or class probabilities (…, classes). Or none, and ``teacher_hidden``
          (…, other features), ``teacher_weight`` (classes, other features), perhaps ``teacher_bias`` and ``teacher_soft_cap``: the
          target is then the softmax of the teacher's logits, at the same temperature; no gradient flows to the teacher.
          Both: :func:`lossary.linear_distillation`.
        - ``class_weight``, ``ignore_index``, ``where``, ``reduction``, ``normalizer``, ``empty``, ``check``: as
          :func:`lossary.cross_entropy` has them. Rows that are left out are not computed, and may hold anything.
        - ``sample_weight`` (…): weights of rows, which are ``weight=`` elsewhere. Rows of weight 0 are not computed. It gets no
          gradient.
        - ``label_smoothing`` ε: with ``smoothing="uniform"`` :math:`t = (1-\varepsilon)y + \varepsilon/K` (Szegedy et al., 2016),
          with ``"others"`` the ε is shared by the K - 1 other classes.
        - ``z_loss`` α keeps log Z near 0 (Chowdhery et al., 2022); ``soft_cap`` c bounds the logits (Gemma, 2024);
          ``temperature`` T divides them (Hinton et al., 2015).
        - ``returns``: ``"log_normalizer"`` (log Z), ``"entropy"`` (of the softmax), ``"accuracy"`` (1 where the first of the
          largest logits is the target's class, else 0) and ``"token_losses"`` (as of ``reduction="none"``), one number a row, 0
          where a row is left out. The call then gives a named tuple of the loss and these, from the same pass. All but the accuracy
          can be differentiated.
        - ``chunk``: rows of a block. ``"auto"`` keeps what is as large as a block's logits within 64 MB together, or takes one row.
        - ``process_group``: the group whose ranks hold the classes, each some of them side by side; ``weight``, ``bias``, soft
          targets and a teacher's weight are then this rank's part, and ``class_weight`` is that of all classes. In JAX, the name of
          a mesh axis inside ``jax.shard_map``.

        Logits, losses and gradients are computed in float32 for half precision, in float64 for float64. The gradients of a reduced
        cost are computed with it, and only those that are asked for; with ``reduction="none"``, and where what ``returns`` names is
        differentiated, the blocks are computed once more. Second derivatives have all logits in memory.

        Works on NumPy arrays, torch tensors (autograd, ``torch.compile``) and JAX arrays (``jit``, ``grad``, ``vmap``,
        ``shard_map``). ``linear_cross_entropy.value_and_gradient(…)`` gives the value and the gradients ``(hidden, weight, bias)``.

        Raises TypeError and ValueError for shapes that do not fit, labels out of range, rows that are no distribution, and unknown
        options. Under ``jit``, ``torch.compile`` and on a GPU an invalid row becomes NaN.

        >>> import numpy as np, lossary
        >>> hidden = np.array([[1.0, 0.0], [0.0, 2.0], [1.0, 1.0]])
        >>> weight = np.array([[2.0, 0.0], [0.0, 1.0], [-1.0, 0.5]])
        >>> found = lossary.linear_cross_entropy(hidden, weight, [0, 1, -100], ignore_index=-100, returns=("accuracy",))
        >>> print(round(float(found.loss), 6), found.accuracy)
        0.288726 [1. 1. 0.]
        >>> value, gradient = lossary.linear_cross_entropy.value_and_gradient(hidden, weight, [0, 1, 2])
        >>> gradient.weight.shape
        (3, 2)
        """
    @overload
    def __call__(
        self,
        hidden: Plain,
        weight: Plain,
        target: Plain | None = None,
        *,
        bias: Plain | None = None,
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        where: Array | None = None,
        label_smoothing: Constant = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Constant = 0.0,
        soft_cap: Constant | None = None,
        temperature: Constant = 1.0,
        sample_weight: Array | None = None,
        normalizer: Number | None = None,
        empty: Empty = "nan",
        check: bool = True,
        chunk: int | Literal["auto"] = "auto",
        process_group: Any = None,
        teacher_hidden: Plain | None = None,
        teacher_weight: Plain | None = None,
        teacher_bias: Plain | None = None,
        teacher_soft_cap: Constant | None = None,
        returns: tuple[()] = (),
        reduction: Reduced = "mean",
    ) -> Float: ...
    @overload
    def __call__(
        self,
        hidden: A,
        weight: A,
        target: A | None = None,
        *,
        bias: A | None = None,
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        where: Array | None = None,
        label_smoothing: Constant = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Constant = 0.0,
        soft_cap: Constant | None = None,
        temperature: Constant = 1.0,
        sample_weight: Array | None = None,
        normalizer: Number | None = None,
        empty: Empty = "nan",
        check: bool = True,
        chunk: int | Literal["auto"] = "auto",
        process_group: Any = None,
        teacher_hidden: A | None = None,
        teacher_weight: A | None = None,
        teacher_bias: A | None = None,
        teacher_soft_cap: Constant | None = None,
        returns: tuple[()] = (),
        reduction: Reduction = "mean",
    ) -> A: ...
    @overload
    def __call__(
        self,
        hidden: A,
        weight: A,
        target: A | None = None,
        *,
        bias: A | None = None,
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        where: Array | None = None,
        label_smoothing: Constant = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Constant = 0.0,
        soft_cap: Constant | None = None,
        temperature: Constant = 1.0,
        sample_weight: Array | None = None,
        normalizer: Number | None = None,
        empty: Empty = "nan",
        check: bool = True,
        chunk: int | Literal["auto"] = "auto",
        process_group: Any = None,
        teacher_hidden: A | None = None,
        teacher_weight: A | None = None,
        teacher_bias: A | None = None,
        teacher_soft_cap: Constant | None = None,
        returns: Returns,
        reduction: Reduction = "mean",
    ) -> Result[A]: ...
    @overload
    def __call__(
        self,
        hidden: Plain,
        weight: Plain,
        target: Plain | None = None,
        *,
        bias: Plain | None = None,
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        where: Array | None = None,
        label_smoothing: Constant = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Constant = 0.0,
        soft_cap: Constant | None = None,
        temperature: Constant = 1.0,
        sample_weight: Array | None = None,
        normalizer: Number | None = None,
        empty: Empty = "nan",
        check: bool = True,
        chunk: int | Literal["auto"] = "auto",
        process_group: Any = None,
        teacher_hidden: Plain | None = None,
        teacher_weight: Plain | None = None,
        teacher_bias: Plain | None = None,
        teacher_soft_cap: Constant | None = None,
        returns: Returns,
        reduction: Reduction = "mean",
    ) -> Result[Any]: ...
    @overload
    def gradient(
        self,
        hidden: Plain,
        weight: Plain,
        target: Plain | None = None,
        *,
        bias: Plain | None = None,
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        where: Array | None = None,
        label_smoothing: Constant = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Constant = 0.0,
        soft_cap: Constant | None = None,
        temperature: Constant = 1.0,
        sample_weight: Array | None = None,
        normalizer: Number | None = None,
        empty: Empty = "nan",
        check: bool = True,
        chunk: int | Literal["auto"] = "auto",
        process_group: Any = None,
        teacher_hidden: Plain | None = None,
        teacher_weight: Plain | None = None,
        teacher_bias: Plain | None = None,
        teacher_soft_cap: Constant | None = None,
        returns: tuple[()] = (),
        reduction: Reduced = "mean",
    ) -> Gradients[Floats]: ...
    @overload
    def gradient(
        self,
        hidden: A,
        weight: A,
        target: A | None = None,
        *,
        bias: A | None = None,
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        where: Array | None = None,
        label_smoothing: Constant = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Constant = 0.0,
        soft_cap: Constant | None = None,
        temperature: Constant = 1.0,
        sample_weight: Array | None = None,
        normalizer: Number | None = None,
        empty: Empty = "nan",
        check: bool = True,
        chunk: int | Literal["auto"] = "auto",
        process_group: Any = None,
        teacher_hidden: A | None = None,
        teacher_weight: A | None = None,
        teacher_bias: A | None = None,
        teacher_soft_cap: Constant | None = None,
        returns: tuple[()] = (),
        reduction: Reduction = "mean",
    ) -> Gradients[A]: ...
    @overload
    def value_and_gradient(
        self,
        hidden: Plain,
        weight: Plain,
        target: Plain | None = None,
        *,
        bias: Plain | None = None,
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        where: Array | None = None,
        label_smoothing: Constant = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Constant = 0.0,
        soft_cap: Constant | None = None,
        temperature: Constant = 1.0,
        sample_weight: Array | None = None,
        normalizer: Number | None = None,
        empty: Empty = "nan",
        check: bool = True,
        chunk: int | Literal["auto"] = "auto",
        process_group: Any = None,
        teacher_hidden: Plain | None = None,
        teacher_weight: Plain | None = None,
        teacher_bias: Plain | None = None,
        teacher_soft_cap: Constant | None = None,
        returns: tuple[()] = (),
        reduction: Literal["none"],
    ) -> tuple[Floats, Gradients[Floats]]: ...
    @overload
    def value_and_gradient(
        self,
        hidden: Plain,
        weight: Plain,
        target: Plain | None = None,
        *,
        bias: Plain | None = None,
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        where: Array | None = None,
        label_smoothing: Constant = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Constant = 0.0,
        soft_cap: Constant | None = None,
        temperature: Constant = 1.0,
        sample_weight: Array | None = None,
        normalizer: Number | None = None,
        empty: Empty = "nan",
        check: bool = True,
        chunk: int | Literal["auto"] = "auto",
        process_group: Any = None,
        teacher_hidden: Plain | None = None,
        teacher_weight: Plain | None = None,
        teacher_bias: Plain | None = None,
        teacher_soft_cap: Constant | None = None,
        returns: tuple[()] = (),
        reduction: Reduced = "mean",
    ) -> tuple[Float, Gradients[Floats]]: ...
    @overload
    def value_and_gradient(
        self,
        hidden: A,
        weight: A,
        target: A | None = None,
        *,
        bias: A | None = None,
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        where: Array | None = None,
        label_smoothing: Constant = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Constant = 0.0,
        soft_cap: Constant | None = None,
        temperature: Constant = 1.0,
        sample_weight: Array | None = None,
        normalizer: Number | None = None,
        empty: Empty = "nan",
        check: bool = True,
        chunk: int | Literal["auto"] = "auto",
        process_group: Any = None,
        teacher_hidden: A | None = None,
        teacher_weight: A | None = None,
        teacher_bias: A | None = None,
        teacher_soft_cap: Constant | None = None,
        returns: tuple[()] = (),
        reduction: Reduction = "mean",
    ) -> tuple[A, Gradients[A]]: ...
    @overload
    def value_and_gradient(
        self,
        hidden: A,
        weight: A,
        target: A | None = None,
        *,
        bias: A | None = None,
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        where: Array | None = None,
        label_smoothing: Constant = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Constant = 0.0,
        soft_cap: Constant | None = None,
        temperature: Constant = 1.0,
        sample_weight: Array | None = None,
        normalizer: Number | None = None,
        empty: Empty = "nan",
        check: bool = True,
        chunk: int | Literal["auto"] = "auto",
        process_group: Any = None,
        teacher_hidden: A | None = None,
        teacher_weight: A | None = None,
        teacher_bias: A | None = None,
        teacher_soft_cap: Constant | None = None,
        returns: Returns,
        reduction: Reduction = "mean",
    ) -> tuple[Result[A], Gradients[A]]: ...
    @overload
    def value_and_gradient(
        self,
        hidden: Plain,
        weight: Plain,
        target: Plain | None = None,
        *,
        bias: Plain | None = None,
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        where: Array | None = None,
        label_smoothing: Constant = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Constant = 0.0,
        soft_cap: Constant | None = None,
        temperature: Constant = 1.0,
        sample_weight: Array | None = None,
        normalizer: Number | None = None,
        empty: Empty = "nan",
        check: bool = True,
        chunk: int | Literal["auto"] = "auto",
        process_group: Any = None,
        teacher_hidden: Plain | None = None,
        teacher_weight: Plain | None = None,
        teacher_bias: Plain | None = None,
        teacher_soft_cap: Constant | None = None,
        returns: Returns,
        reduction: Reduction = "mean",
    ) -> tuple[Result[Any], Gradients[Floats]]: ...

linear_cross_entropy: Final[_LinearCrossEntropy]
r"""Cross-entropy of ``hidden @ weight.T + bias``, a language model's last layer, without all its logits in memory.

    With logits :math:`x = hW^\top + b`, capped and tempered to :math:`z = c\tanh(x/c)/T`, and
    :math:`\log Z = \log\sum_k e^{z_k}`, the loss of a row in nats is

    .. math:: \ell = \sum_k t_k c_k\,(\log Z - z_k) + \alpha\,(\log Z)^2 \sum_k y_k c_k

    where y is the target, t what smoothing makes of it, c the class weights and :math:`\alpha` is ``z_loss``.

    Arguments:

    - ``hidden`` (…, features), ``weight`` (classes, features), ``bias`` (classes,) or None.
    - ``target``: class indices (…) of any integer dtype, or class probabilities (…, classes). Or none, and ``teacher_hidden``
      (…, other features), ``teacher_weight`` (classes, other features), perhaps ``teacher_bias`` and ``teacher_soft_cap``: the
      target is then the softmax of the teacher's logits, at the same temperature; no gradient flows to the teacher.
      Both: :func:`lossary.linear_distillation`.
    - ``class_weight``, ``ignore_index``, ``where``, ``reduction``, ``normalizer``, ``empty``, ``check``: as
      :func:`lossary.cross_entropy` has them. Rows that are left out are not computed, and may hold anything.
    - ``sample_weight`` (…): weights of rows, which are ``weight=`` elsewhere. Rows of weight 0 are not computed. It gets no
      gradient.
    - ``label_smoothing`` ε: with ``smoothing="uniform"`` :math:`t = (1-\varepsilon)y + \varepsilon/K` (Szegedy et al., 2016),
      with ``"others"`` the ε is shared by the K - 1 other classes.
    - ``z_loss`` α keeps log Z near 0 (Chowdhery et al., 2022); ``soft_cap`` c bounds the logits (Gemma, 2024);
      ``temperature`` T divides them (Hinton et al., 2015).
    - ``returns``: ``"log_normalizer"`` (log Z), ``"entropy"`` (of the softmax), ``"accuracy"`` (1 where the first of the
      largest logits is the target's class, else 0) and ``"token_losses"`` (as of ``reduction="none"``), one number a row, 0
      where a row is left out. The call then gives a named tuple of the loss and these, from the same pass. All but the accuracy
      can be differentiated.
    - ``chunk``: rows of a block. ``"auto"`` keeps what is as large as a block's logits within 64 MB together, or takes one row.
    - ``process_group``: the group whose ranks hold the classes, each some of them side by side; ``weight``, ``bias``, soft
      targets and a teacher's weight are then this rank's part, and ``class_weight`` is that of all classes. In JAX, the name of
      a mesh axis inside ``jax.shard_map``.

    Logits, losses and gradients are computed in float32 for half precision, in float64 for float64. The gradients of a reduced
    cost are computed with it, and only those that are asked for; with ``reduction="none"``, and where what ``returns`` names is
    differentiated, the blocks are computed once more. Second derivatives have all logits in memory.

    Works on NumPy arrays, torch tensors (autograd, ``torch.compile``) and JAX arrays (``jit``, ``grad``, ``vmap``,
    ``shard_map``). ``linear_cross_entropy.value_and_gradient(…)`` gives the value and the gradients ``(hidden, weight, bias)``.

    Raises TypeError and ValueError for shapes that do not fit, labels out of range, rows that are no distribution, and unknown
    options. Under ``jit``, ``torch.compile`` and on a GPU an invalid row becomes NaN.

    >>> import numpy as np, lossary
    >>> hidden = np.array([[1.0, 0.0], [0.0, 2.0], [1.0, 1.0]])
    >>> weight = np.array([[2.0, 0.0], [0.0, 1.0], [-1.0, 0.5]])
    >>> found = lossary.linear_cross_entropy(hidden, weight, [0, 1, -100], ignore_index=-100, returns=("accuracy",))
    >>> print(round(float(found.loss), 6), found.accuracy)
    0.288726 [1. 1. 0.]
    >>> value, gradient = lossary.linear_cross_entropy.value_and_gradient(hidden, weight, [0, 1, 2])
    >>> gradient.weight.shape
    (3, 2)
    """

class _LinearDistillation(LinearLoss):
    @overload
    def __call__(
        self,
        hidden: Plain,
        weight: Plain,
        target: Plain,
        teacher_hidden: Plain,
        teacher_weight: Plain,
        *,
        bias: Plain | None = None,
        ignore_index: SupportsIndex | None = None,
        where: Array | None = None,
        label_smoothing: Constant = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Constant = 0.0,
        soft_cap: Constant | None = None,
        temperature: Constant = 1.0,
        sample_weight: Array | None = None,
        normalizer: Number | None = None,
        empty: Empty = "nan",
        check: bool = True,
        chunk: int | Literal["auto"] = "auto",
        process_group: Any = None,
        teacher_bias: Plain | None = None,
        teacher_soft_cap: Constant | None = None,
        teacher_share: Constant = 0.5,
        returns: tuple[()] = (),
        reduction: Literal["none"],
    ) -> Floats:
        r"""Labels and a teacher's distribution in one pass, without the logits of all rows in memory (Hinton et al., 2015).

        .. math:: \ell = (1-\lambda)\,\mathrm{CE}(y, \mathrm{softmax}(z)) + \lambda\,T^2\,\mathrm{KL}(q‖p), \quad
                  p = \mathrm{softmax}(z/T), q = \mathrm{softmax}(z'/T)

        with the student's logits z of ``hidden`` and ``weight`` and the teacher's z′ of ``teacher_hidden`` and ``teacher_weight``.
        λ is ``teacher_share`` in [0, 1], T is ``temperature``. **The factor T² is part of the loss**, so λ keeps its meaning as T
        grows: for T → ∞, T²·KL tends to half the variance over classes of z - z′. The labels' part is at temperature 1. No
        gradient flows to the teacher.

        ``target`` holds class indices, or class probabilities. Options are those of :func:`lossary.linear_cross_entropy` but
        ``class_weight``; ``ignore_index`` leaves the whole row out, ``label_smoothing`` and ``z_loss`` are of the labels' part, and
        what ``returns`` names is of softmax(z).

        >>> import lossary
        >>> float(lossary.linear_distillation([[1.0]], [[1.0], [0.0]], [0], [[0.0]], [[1.0], [0.0]], temperature=2.0))
        0.21849...
        """
    @overload
    def __call__(
        self,
        hidden: Plain,
        weight: Plain,
        target: Plain,
        teacher_hidden: Plain,
        teacher_weight: Plain,
        *,
        bias: Plain | None = None,
        ignore_index: SupportsIndex | None = None,
        where: Array | None = None,
        label_smoothing: Constant = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Constant = 0.0,
        soft_cap: Constant | None = None,
        temperature: Constant = 1.0,
        sample_weight: Array | None = None,
        normalizer: Number | None = None,
        empty: Empty = "nan",
        check: bool = True,
        chunk: int | Literal["auto"] = "auto",
        process_group: Any = None,
        teacher_bias: Plain | None = None,
        teacher_soft_cap: Constant | None = None,
        teacher_share: Constant = 0.5,
        returns: tuple[()] = (),
        reduction: Reduced = "mean",
    ) -> Float: ...
    @overload
    def __call__(
        self,
        hidden: A,
        weight: A,
        target: A,
        teacher_hidden: A,
        teacher_weight: A,
        *,
        bias: A | None = None,
        ignore_index: SupportsIndex | None = None,
        where: Array | None = None,
        label_smoothing: Constant = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Constant = 0.0,
        soft_cap: Constant | None = None,
        temperature: Constant = 1.0,
        sample_weight: Array | None = None,
        normalizer: Number | None = None,
        empty: Empty = "nan",
        check: bool = True,
        chunk: int | Literal["auto"] = "auto",
        process_group: Any = None,
        teacher_bias: A | None = None,
        teacher_soft_cap: Constant | None = None,
        teacher_share: Constant = 0.5,
        returns: tuple[()] = (),
        reduction: Reduction = "mean",
    ) -> A: ...
    @overload
    def __call__(
        self,
        hidden: A,
        weight: A,
        target: A,
        teacher_hidden: A,
        teacher_weight: A,
        *,
        bias: A | None = None,
        ignore_index: SupportsIndex | None = None,
        where: Array | None = None,
        label_smoothing: Constant = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Constant = 0.0,
        soft_cap: Constant | None = None,
        temperature: Constant = 1.0,
        sample_weight: Array | None = None,
        normalizer: Number | None = None,
        empty: Empty = "nan",
        check: bool = True,
        chunk: int | Literal["auto"] = "auto",
        process_group: Any = None,
        teacher_bias: A | None = None,
        teacher_soft_cap: Constant | None = None,
        teacher_share: Constant = 0.5,
        returns: Returns,
        reduction: Reduction = "mean",
    ) -> Result[A]: ...
    @overload
    def __call__(
        self,
        hidden: Plain,
        weight: Plain,
        target: Plain,
        teacher_hidden: Plain,
        teacher_weight: Plain,
        *,
        bias: Plain | None = None,
        ignore_index: SupportsIndex | None = None,
        where: Array | None = None,
        label_smoothing: Constant = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Constant = 0.0,
        soft_cap: Constant | None = None,
        temperature: Constant = 1.0,
        sample_weight: Array | None = None,
        normalizer: Number | None = None,
        empty: Empty = "nan",
        check: bool = True,
        chunk: int | Literal["auto"] = "auto",
        process_group: Any = None,
        teacher_bias: Plain | None = None,
        teacher_soft_cap: Constant | None = None,
        teacher_share: Constant = 0.5,
        returns: Returns,
        reduction: Reduction = "mean",
    ) -> Result[Any]: ...
    @overload
    def gradient(
        self,
        hidden: Plain,
        weight: Plain,
        target: Plain,
        teacher_hidden: Plain,
        teacher_weight: Plain,
        *,
        bias: Plain | None = None,
        ignore_index: SupportsIndex | None = None,
        where: Array | None = None,
        label_smoothing: Constant = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Constant = 0.0,
        soft_cap: Constant | None = None,
        temperature: Constant = 1.0,
        sample_weight: Array | None = None,
        normalizer: Number | None = None,
        empty: Empty = "nan",
        check: bool = True,
        chunk: int | Literal["auto"] = "auto",
        process_group: Any = None,
        teacher_bias: Plain | None = None,
        teacher_soft_cap: Constant | None = None,
        teacher_share: Constant = 0.5,
        returns: tuple[()] = (),
        reduction: Reduced = "mean",
    ) -> Gradients[Floats]: ...
    @overload
    def gradient(
        self,
        hidden: A,
        weight: A,
        target: A,
        teacher_hidden: A,
        teacher_weight: A,
        *,
        bias: A | None = None,
        ignore_index: SupportsIndex | None = None,
        where: Array | None = None,
        label_smoothing: Constant = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Constant = 0.0,
        soft_cap: Constant | None = None,
        temperature: Constant = 1.0,
        sample_weight: Array | None = None,
        normalizer: Number | None = None,
        empty: Empty = "nan",
        check: bool = True,
        chunk: int | Literal["auto"] = "auto",
        process_group: Any = None,
        teacher_bias: A | None = None,
        teacher_soft_cap: Constant | None = None,
        teacher_share: Constant = 0.5,
        returns: tuple[()] = (),
        reduction: Reduction = "mean",
    ) -> Gradients[A]: ...
    @overload
    def value_and_gradient(
        self,
        hidden: Plain,
        weight: Plain,
        target: Plain,
        teacher_hidden: Plain,
        teacher_weight: Plain,
        *,
        bias: Plain | None = None,
        ignore_index: SupportsIndex | None = None,
        where: Array | None = None,
        label_smoothing: Constant = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Constant = 0.0,
        soft_cap: Constant | None = None,
        temperature: Constant = 1.0,
        sample_weight: Array | None = None,
        normalizer: Number | None = None,
        empty: Empty = "nan",
        check: bool = True,
        chunk: int | Literal["auto"] = "auto",
        process_group: Any = None,
        teacher_bias: Plain | None = None,
        teacher_soft_cap: Constant | None = None,
        teacher_share: Constant = 0.5,
        returns: tuple[()] = (),
        reduction: Literal["none"],
    ) -> tuple[Floats, Gradients[Floats]]: ...
    @overload
    def value_and_gradient(
        self,
        hidden: Plain,
        weight: Plain,
        target: Plain,
        teacher_hidden: Plain,
        teacher_weight: Plain,
        *,
        bias: Plain | None = None,
        ignore_index: SupportsIndex | None = None,
        where: Array | None = None,
        label_smoothing: Constant = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Constant = 0.0,
        soft_cap: Constant | None = None,
        temperature: Constant = 1.0,
        sample_weight: Array | None = None,
        normalizer: Number | None = None,
        empty: Empty = "nan",
        check: bool = True,
        chunk: int | Literal["auto"] = "auto",
        process_group: Any = None,
        teacher_bias: Plain | None = None,
        teacher_soft_cap: Constant | None = None,
        teacher_share: Constant = 0.5,
        returns: tuple[()] = (),
        reduction: Reduced = "mean",
    ) -> tuple[Float, Gradients[Floats]]: ...
    @overload
    def value_and_gradient(
        self,
        hidden: A,
        weight: A,
        target: A,
        teacher_hidden: A,
        teacher_weight: A,
        *,
        bias: A | None = None,
        ignore_index: SupportsIndex | None = None,
        where: Array | None = None,
        label_smoothing: Constant = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Constant = 0.0,
        soft_cap: Constant | None = None,
        temperature: Constant = 1.0,
        sample_weight: Array | None = None,
        normalizer: Number | None = None,
        empty: Empty = "nan",
        check: bool = True,
        chunk: int | Literal["auto"] = "auto",
        process_group: Any = None,
        teacher_bias: A | None = None,
        teacher_soft_cap: Constant | None = None,
        teacher_share: Constant = 0.5,
        returns: tuple[()] = (),
        reduction: Reduction = "mean",
    ) -> tuple[A, Gradients[A]]: ...
    @overload
    def value_and_gradient(
        self,
        hidden: A,
        weight: A,
        target: A,
        teacher_hidden: A,
        teacher_weight: A,
        *,
        bias: A | None = None,
        ignore_index: SupportsIndex | None = None,
        where: Array | None = None,
        label_smoothing: Constant = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Constant = 0.0,
        soft_cap: Constant | None = None,
        temperature: Constant = 1.0,
        sample_weight: Array | None = None,
        normalizer: Number | None = None,
        empty: Empty = "nan",
        check: bool = True,
        chunk: int | Literal["auto"] = "auto",
        process_group: Any = None,
        teacher_bias: A | None = None,
        teacher_soft_cap: Constant | None = None,
        teacher_share: Constant = 0.5,
        returns: Returns,
        reduction: Reduction = "mean",
    ) -> tuple[Result[A], Gradients[A]]: ...
    @overload
    def value_and_gradient(
        self,
        hidden: Plain,
        weight: Plain,
        target: Plain,
        teacher_hidden: Plain,
        teacher_weight: Plain,
        *,
        bias: Plain | None = None,
        ignore_index: SupportsIndex | None = None,
        where: Array | None = None,
        label_smoothing: Constant = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Constant = 0.0,
        soft_cap: Constant | None = None,
        temperature: Constant = 1.0,
        sample_weight: Array | None = None,
        normalizer: Number | None = None,
        empty: Empty = "nan",
        check: bool = True,
        chunk: int | Literal["auto"] = "auto",
        process_group: Any = None,
        teacher_bias: Plain | None = None,
        teacher_soft_cap: Constant | None = None,
        teacher_share: Constant = 0.5,
        returns: Returns,
        reduction: Reduction = "mean",
    ) -> tuple[Result[Any], Gradients[Floats]]: ...

linear_distillation: Final[_LinearDistillation]
r"""Labels and a teacher's distribution in one pass, without the logits of all rows in memory (Hinton et al., 2015).

    .. math:: \ell = (1-\lambda)\,\mathrm{CE}(y, \mathrm{softmax}(z)) + \lambda\,T^2\,\mathrm{KL}(q‖p), \quad
              p = \mathrm{softmax}(z/T), q = \mathrm{softmax}(z'/T)

    with the student's logits z of ``hidden`` and ``weight`` and the teacher's z′ of ``teacher_hidden`` and ``teacher_weight``.
    λ is ``teacher_share`` in [0, 1], T is ``temperature``. **The factor T² is part of the loss**, so λ keeps its meaning as T
    grows: for T → ∞, T²·KL tends to half the variance over classes of z - z′. The labels' part is at temperature 1. No
    gradient flows to the teacher.

    ``target`` holds class indices, or class probabilities. Options are those of :func:`lossary.linear_cross_entropy` but
    ``class_weight``; ``ignore_index`` leaves the whole row out, ``label_smoothing`` and ``z_loss`` are of the labels' part, and
    what ``returns`` names is of softmax(z).

    >>> import lossary
    >>> float(lossary.linear_distillation([[1.0]], [[1.0], [0.0]], [0], [[0.0]], [[1.0], [0.0]], temperature=2.0))
    0.21849...
    """

class _LinearJensenShannon(LinearLoss):
    @overload
    def __call__(
        self,
        hidden: Plain,
        weight: Plain,
        teacher_hidden: Plain,
        teacher_weight: Plain,
        *,
        bias: Plain | None = None,
        where: Array | None = None,
        soft_cap: Constant | None = None,
        temperature: Constant = 1.0,
        sample_weight: Array | None = None,
        normalizer: Number | None = None,
        empty: Empty = "nan",
        check: bool = True,
        chunk: int | Literal["auto"] = "auto",
        process_group: Any = None,
        teacher_bias: Plain | None = None,
        teacher_soft_cap: Constant | None = None,
        mixture: Constant = 0.5,
        returns: tuple[()] = (),
        reduction: Literal["none"],
    ) -> Floats:
        r"""The Jensen–Shannon divergence of two linear layers' softmax in nats, without the logits of all rows in memory.

        .. math:: \ell = \beta\,\mathrm{KL}(q‖m) + (1-\beta)\,\mathrm{KL}(p‖m), \quad m = \beta q + (1-\beta) p

        for the student's p and the teacher's q (Lin, 1991; with other weights than ½, Agarwal et al., 2024); β is ``mixture``. No
        gradient flows to the teacher. Options are those of :func:`lossary.linear_kl_divergence` but ``z_loss``.

        >>> import lossary
        >>> float(lossary.linear_jensen_shannon([[1.0]], [[1.0], [0.0]], [[0.0]], [[1.0], [0.0]]))
        0.02853525620039...
        """
    @overload
    def __call__(
        self,
        hidden: Plain,
        weight: Plain,
        teacher_hidden: Plain,
        teacher_weight: Plain,
        *,
        bias: Plain | None = None,
        where: Array | None = None,
        soft_cap: Constant | None = None,
        temperature: Constant = 1.0,
        sample_weight: Array | None = None,
        normalizer: Number | None = None,
        empty: Empty = "nan",
        check: bool = True,
        chunk: int | Literal["auto"] = "auto",
        process_group: Any = None,
        teacher_bias: Plain | None = None,
        teacher_soft_cap: Constant | None = None,
        mixture: Constant = 0.5,
        returns: tuple[()] = (),
        reduction: Reduced = "mean",
    ) -> Float: ...
    @overload
    def __call__(
        self,
        hidden: A,
        weight: A,
        teacher_hidden: A,
        teacher_weight: A,
        *,
        bias: A | None = None,
        where: Array | None = None,
        soft_cap: Constant | None = None,
        temperature: Constant = 1.0,
        sample_weight: Array | None = None,
        normalizer: Number | None = None,
        empty: Empty = "nan",
        check: bool = True,
        chunk: int | Literal["auto"] = "auto",
        process_group: Any = None,
        teacher_bias: A | None = None,
        teacher_soft_cap: Constant | None = None,
        mixture: Constant = 0.5,
        returns: tuple[()] = (),
        reduction: Reduction = "mean",
    ) -> A: ...
    @overload
    def __call__(
        self,
        hidden: A,
        weight: A,
        teacher_hidden: A,
        teacher_weight: A,
        *,
        bias: A | None = None,
        where: Array | None = None,
        soft_cap: Constant | None = None,
        temperature: Constant = 1.0,
        sample_weight: Array | None = None,
        normalizer: Number | None = None,
        empty: Empty = "nan",
        check: bool = True,
        chunk: int | Literal["auto"] = "auto",
        process_group: Any = None,
        teacher_bias: A | None = None,
        teacher_soft_cap: Constant | None = None,
        mixture: Constant = 0.5,
        returns: Returns,
        reduction: Reduction = "mean",
    ) -> Result[A]: ...
    @overload
    def __call__(
        self,
        hidden: Plain,
        weight: Plain,
        teacher_hidden: Plain,
        teacher_weight: Plain,
        *,
        bias: Plain | None = None,
        where: Array | None = None,
        soft_cap: Constant | None = None,
        temperature: Constant = 1.0,
        sample_weight: Array | None = None,
        normalizer: Number | None = None,
        empty: Empty = "nan",
        check: bool = True,
        chunk: int | Literal["auto"] = "auto",
        process_group: Any = None,
        teacher_bias: Plain | None = None,
        teacher_soft_cap: Constant | None = None,
        mixture: Constant = 0.5,
        returns: Returns,
        reduction: Reduction = "mean",
    ) -> Result[Any]: ...
    @overload
    def gradient(
        self,
        hidden: Plain,
        weight: Plain,
        teacher_hidden: Plain,
        teacher_weight: Plain,
        *,
        bias: Plain | None = None,
        where: Array | None = None,
        soft_cap: Constant | None = None,
        temperature: Constant = 1.0,
        sample_weight: Array | None = None,
        normalizer: Number | None = None,
        empty: Empty = "nan",
        check: bool = True,
        chunk: int | Literal["auto"] = "auto",
        process_group: Any = None,
        teacher_bias: Plain | None = None,
        teacher_soft_cap: Constant | None = None,
        mixture: Constant = 0.5,
        returns: tuple[()] = (),
        reduction: Reduced = "mean",
    ) -> Gradients[Floats]: ...
    @overload
    def gradient(
        self,
        hidden: A,
        weight: A,
        teacher_hidden: A,
        teacher_weight: A,
        *,
        bias: A | None = None,
        where: Array | None = None,
        soft_cap: Constant | None = None,
        temperature: Constant = 1.0,
        sample_weight: Array | None = None,
        normalizer: Number | None = None,
        empty: Empty = "nan",
        check: bool = True,
        chunk: int | Literal["auto"] = "auto",
        process_group: Any = None,
        teacher_bias: A | None = None,
        teacher_soft_cap: Constant | None = None,
        mixture: Constant = 0.5,
        returns: tuple[()] = (),
        reduction: Reduction = "mean",
    ) -> Gradients[A]: ...
    @overload
    def value_and_gradient(
        self,
        hidden: Plain,
        weight: Plain,
        teacher_hidden: Plain,
        teacher_weight: Plain,
        *,
        bias: Plain | None = None,
        where: Array | None = None,
        soft_cap: Constant | None = None,
        temperature: Constant = 1.0,
        sample_weight: Array | None = None,
        normalizer: Number | None = None,
        empty: Empty = "nan",
        check: bool = True,
        chunk: int | Literal["auto"] = "auto",
        process_group: Any = None,
        teacher_bias: Plain | None = None,
        teacher_soft_cap: Constant | None = None,
        mixture: Constant = 0.5,
        returns: tuple[()] = (),
        reduction: Literal["none"],
    ) -> tuple[Floats, Gradients[Floats]]: ...
    @overload
    def value_and_gradient(
        self,
        hidden: Plain,
        weight: Plain,
        teacher_hidden: Plain,
        teacher_weight: Plain,
        *,
        bias: Plain | None = None,
        where: Array | None = None,
        soft_cap: Constant | None = None,
        temperature: Constant = 1.0,
        sample_weight: Array | None = None,
        normalizer: Number | None = None,
        empty: Empty = "nan",
        check: bool = True,
        chunk: int | Literal["auto"] = "auto",
        process_group: Any = None,
        teacher_bias: Plain | None = None,
        teacher_soft_cap: Constant | None = None,
        mixture: Constant = 0.5,
        returns: tuple[()] = (),
        reduction: Reduced = "mean",
    ) -> tuple[Float, Gradients[Floats]]: ...
    @overload
    def value_and_gradient(
        self,
        hidden: A,
        weight: A,
        teacher_hidden: A,
        teacher_weight: A,
        *,
        bias: A | None = None,
        where: Array | None = None,
        soft_cap: Constant | None = None,
        temperature: Constant = 1.0,
        sample_weight: Array | None = None,
        normalizer: Number | None = None,
        empty: Empty = "nan",
        check: bool = True,
        chunk: int | Literal["auto"] = "auto",
        process_group: Any = None,
        teacher_bias: A | None = None,
        teacher_soft_cap: Constant | None = None,
        mixture: Constant = 0.5,
        returns: tuple[()] = (),
        reduction: Reduction = "mean",
    ) -> tuple[A, Gradients[A]]: ...
    @overload
    def value_and_gradient(
        self,
        hidden: A,
        weight: A,
        teacher_hidden: A,
        teacher_weight: A,
        *,
        bias: A | None = None,
        where: Array | None = None,
        soft_cap: Constant | None = None,
        temperature: Constant = 1.0,
        sample_weight: Array | None = None,
        normalizer: Number | None = None,
        empty: Empty = "nan",
        check: bool = True,
        chunk: int | Literal["auto"] = "auto",
        process_group: Any = None,
        teacher_bias: A | None = None,
        teacher_soft_cap: Constant | None = None,
        mixture: Constant = 0.5,
        returns: Returns,
        reduction: Reduction = "mean",
    ) -> tuple[Result[A], Gradients[A]]: ...
    @overload
    def value_and_gradient(
        self,
        hidden: Plain,
        weight: Plain,
        teacher_hidden: Plain,
        teacher_weight: Plain,
        *,
        bias: Plain | None = None,
        where: Array | None = None,
        soft_cap: Constant | None = None,
        temperature: Constant = 1.0,
        sample_weight: Array | None = None,
        normalizer: Number | None = None,
        empty: Empty = "nan",
        check: bool = True,
        chunk: int | Literal["auto"] = "auto",
        process_group: Any = None,
        teacher_bias: Plain | None = None,
        teacher_soft_cap: Constant | None = None,
        mixture: Constant = 0.5,
        returns: Returns,
        reduction: Reduction = "mean",
    ) -> tuple[Result[Any], Gradients[Floats]]: ...

linear_jensen_shannon: Final[_LinearJensenShannon]
r"""The Jensen–Shannon divergence of two linear layers' softmax in nats, without the logits of all rows in memory.

    .. math:: \ell = \beta\,\mathrm{KL}(q‖m) + (1-\beta)\,\mathrm{KL}(p‖m), \quad m = \beta q + (1-\beta) p

    for the student's p and the teacher's q (Lin, 1991; with other weights than ½, Agarwal et al., 2024); β is ``mixture``. No
    gradient flows to the teacher. Options are those of :func:`lossary.linear_kl_divergence` but ``z_loss``.

    >>> import lossary
    >>> float(lossary.linear_jensen_shannon([[1.0]], [[1.0], [0.0]], [[0.0]], [[1.0], [0.0]]))
    0.02853525620039...
    """

class _LinearKlDivergence(LinearLoss):
    @overload
    def __call__(
        self,
        hidden: Plain,
        weight: Plain,
        teacher_hidden: Plain,
        teacher_weight: Plain,
        *,
        bias: Plain | None = None,
        where: Array | None = None,
        z_loss: Constant = 0.0,
        soft_cap: Constant | None = None,
        temperature: Constant = 1.0,
        sample_weight: Array | None = None,
        normalizer: Number | None = None,
        empty: Empty = "nan",
        check: bool = True,
        chunk: int | Literal["auto"] = "auto",
        process_group: Any = None,
        teacher_bias: Plain | None = None,
        teacher_soft_cap: Constant | None = None,
        returns: tuple[()] = (),
        reduction: Literal["none"],
    ) -> Floats:
        r"""KL(teacher‖student) in nats of two linear layers' softmax, without the logits of all rows in memory.

        .. math:: \ell = \sum_k q_k (\log q_k - \log p_k), \quad p = \mathrm{softmax}(z/T), q = \mathrm{softmax}(z'/T)

        with the student's logits z of ``hidden`` and ``weight`` and the teacher's z′ of ``teacher_hidden`` and ``teacher_weight``
        (Hinton et al., 2015, who multiply by T²; this does not). No gradient flows to the teacher. Options are those of
        :func:`lossary.linear_cross_entropy`, without those of a target (``class_weight``, ``ignore_index``, smoothing); ``where=``
        leaves rows out.

        >>> import lossary
        >>> float(lossary.linear_kl_divergence([[1.0]], [[1.0], [0.0]], [[0.0]], [[1.0], [0.0]]))
        0.12011450695827...
        """
    @overload
    def __call__(
        self,
        hidden: Plain,
        weight: Plain,
        teacher_hidden: Plain,
        teacher_weight: Plain,
        *,
        bias: Plain | None = None,
        where: Array | None = None,
        z_loss: Constant = 0.0,
        soft_cap: Constant | None = None,
        temperature: Constant = 1.0,
        sample_weight: Array | None = None,
        normalizer: Number | None = None,
        empty: Empty = "nan",
        check: bool = True,
        chunk: int | Literal["auto"] = "auto",
        process_group: Any = None,
        teacher_bias: Plain | None = None,
        teacher_soft_cap: Constant | None = None,
        returns: tuple[()] = (),
        reduction: Reduced = "mean",
    ) -> Float: ...
    @overload
    def __call__(
        self,
        hidden: A,
        weight: A,
        teacher_hidden: A,
        teacher_weight: A,
        *,
        bias: A | None = None,
        where: Array | None = None,
        z_loss: Constant = 0.0,
        soft_cap: Constant | None = None,
        temperature: Constant = 1.0,
        sample_weight: Array | None = None,
        normalizer: Number | None = None,
        empty: Empty = "nan",
        check: bool = True,
        chunk: int | Literal["auto"] = "auto",
        process_group: Any = None,
        teacher_bias: A | None = None,
        teacher_soft_cap: Constant | None = None,
        returns: tuple[()] = (),
        reduction: Reduction = "mean",
    ) -> A: ...
    @overload
    def __call__(
        self,
        hidden: A,
        weight: A,
        teacher_hidden: A,
        teacher_weight: A,
        *,
        bias: A | None = None,
        where: Array | None = None,
        z_loss: Constant = 0.0,
        soft_cap: Constant | None = None,
        temperature: Constant = 1.0,
        sample_weight: Array | None = None,
        normalizer: Number | None = None,
        empty: Empty = "nan",
        check: bool = True,
        chunk: int | Literal["auto"] = "auto",
        process_group: Any = None,
        teacher_bias: A | None = None,
        teacher_soft_cap: Constant | None = None,
        returns: Returns,
        reduction: Reduction = "mean",
    ) -> Result[A]: ...
    @overload
    def __call__(
        self,
        hidden: Plain,
        weight: Plain,
        teacher_hidden: Plain,
        teacher_weight: Plain,
        *,
        bias: Plain | None = None,
        where: Array | None = None,
        z_loss: Constant = 0.0,
        soft_cap: Constant | None = None,
        temperature: Constant = 1.0,
        sample_weight: Array | None = None,
        normalizer: Number | None = None,
        empty: Empty = "nan",
        check: bool = True,
        chunk: int | Literal["auto"] = "auto",
        process_group: Any = None,
        teacher_bias: Plain | None = None,
        teacher_soft_cap: Constant | None = None,
        returns: Returns,
        reduction: Reduction = "mean",
    ) -> Result[Any]: ...
    @overload
    def gradient(
        self,
        hidden: Plain,
        weight: Plain,
        teacher_hidden: Plain,
        teacher_weight: Plain,
        *,
        bias: Plain | None = None,
        where: Array | None = None,
        z_loss: Constant = 0.0,
        soft_cap: Constant | None = None,
        temperature: Constant = 1.0,
        sample_weight: Array | None = None,
        normalizer: Number | None = None,
        empty: Empty = "nan",
        check: bool = True,
        chunk: int | Literal["auto"] = "auto",
        process_group: Any = None,
        teacher_bias: Plain | None = None,
        teacher_soft_cap: Constant | None = None,
        returns: tuple[()] = (),
        reduction: Reduced = "mean",
    ) -> Gradients[Floats]: ...
    @overload
    def gradient(
        self,
        hidden: A,
        weight: A,
        teacher_hidden: A,
        teacher_weight: A,
        *,
        bias: A | None = None,
        where: Array | None = None,
        z_loss: Constant = 0.0,
        soft_cap: Constant | None = None,
        temperature: Constant = 1.0,
        sample_weight: Array | None = None,
        normalizer: Number | None = None,
        empty: Empty = "nan",
        check: bool = True,
        chunk: int | Literal["auto"] = "auto",
        process_group: Any = None,
        teacher_bias: A | None = None,
        teacher_soft_cap: Constant | None = None,
        returns: tuple[()] = (),
        reduction: Reduction = "mean",
    ) -> Gradients[A]: ...
    @overload
    def value_and_gradient(
        self,
        hidden: Plain,
        weight: Plain,
        teacher_hidden: Plain,
        teacher_weight: Plain,
        *,
        bias: Plain | None = None,
        where: Array | None = None,
        z_loss: Constant = 0.0,
        soft_cap: Constant | None = None,
        temperature: Constant = 1.0,
        sample_weight: Array | None = None,
        normalizer: Number | None = None,
        empty: Empty = "nan",
        check: bool = True,
        chunk: int | Literal["auto"] = "auto",
        process_group: Any = None,
        teacher_bias: Plain | None = None,
        teacher_soft_cap: Constant | None = None,
        returns: tuple[()] = (),
        reduction: Literal["none"],
    ) -> tuple[Floats, Gradients[Floats]]: ...
    @overload
    def value_and_gradient(
        self,
        hidden: Plain,
        weight: Plain,
        teacher_hidden: Plain,
        teacher_weight: Plain,
        *,
        bias: Plain | None = None,
        where: Array | None = None,
        z_loss: Constant = 0.0,
        soft_cap: Constant | None = None,
        temperature: Constant = 1.0,
        sample_weight: Array | None = None,
        normalizer: Number | None = None,
        empty: Empty = "nan",
        check: bool = True,
        chunk: int | Literal["auto"] = "auto",
        process_group: Any = None,
        teacher_bias: Plain | None = None,
        teacher_soft_cap: Constant | None = None,
        returns: tuple[()] = (),
        reduction: Reduced = "mean",
    ) -> tuple[Float, Gradients[Floats]]: ...
    @overload
    def value_and_gradient(
        self,
        hidden: A,
        weight: A,
        teacher_hidden: A,
        teacher_weight: A,
        *,
        bias: A | None = None,
        where: Array | None = None,
        z_loss: Constant = 0.0,
        soft_cap: Constant | None = None,
        temperature: Constant = 1.0,
        sample_weight: Array | None = None,
        normalizer: Number | None = None,
        empty: Empty = "nan",
        check: bool = True,
        chunk: int | Literal["auto"] = "auto",
        process_group: Any = None,
        teacher_bias: A | None = None,
        teacher_soft_cap: Constant | None = None,
        returns: tuple[()] = (),
        reduction: Reduction = "mean",
    ) -> tuple[A, Gradients[A]]: ...
    @overload
    def value_and_gradient(
        self,
        hidden: A,
        weight: A,
        teacher_hidden: A,
        teacher_weight: A,
        *,
        bias: A | None = None,
        where: Array | None = None,
        z_loss: Constant = 0.0,
        soft_cap: Constant | None = None,
        temperature: Constant = 1.0,
        sample_weight: Array | None = None,
        normalizer: Number | None = None,
        empty: Empty = "nan",
        check: bool = True,
        chunk: int | Literal["auto"] = "auto",
        process_group: Any = None,
        teacher_bias: A | None = None,
        teacher_soft_cap: Constant | None = None,
        returns: Returns,
        reduction: Reduction = "mean",
    ) -> tuple[Result[A], Gradients[A]]: ...
    @overload
    def value_and_gradient(
        self,
        hidden: Plain,
        weight: Plain,
        teacher_hidden: Plain,
        teacher_weight: Plain,
        *,
        bias: Plain | None = None,
        where: Array | None = None,
        z_loss: Constant = 0.0,
        soft_cap: Constant | None = None,
        temperature: Constant = 1.0,
        sample_weight: Array | None = None,
        normalizer: Number | None = None,
        empty: Empty = "nan",
        check: bool = True,
        chunk: int | Literal["auto"] = "auto",
        process_group: Any = None,
        teacher_bias: Plain | None = None,
        teacher_soft_cap: Constant | None = None,
        returns: Returns,
        reduction: Reduction = "mean",
    ) -> tuple[Result[Any], Gradients[Floats]]: ...

linear_kl_divergence: Final[_LinearKlDivergence]
r"""KL(teacher‖student) in nats of two linear layers' softmax, without the logits of all rows in memory.

    .. math:: \ell = \sum_k q_k (\log q_k - \log p_k), \quad p = \mathrm{softmax}(z/T), q = \mathrm{softmax}(z'/T)

    with the student's logits z of ``hidden`` and ``weight`` and the teacher's z′ of ``teacher_hidden`` and ``teacher_weight``
    (Hinton et al., 2015, who multiply by T²; this does not). No gradient flows to the teacher. Options are those of
    :func:`lossary.linear_cross_entropy`, without those of a target (``class_weight``, ``ignore_index``, smoothing); ``where=``
    leaves rows out.

    >>> import lossary
    >>> float(lossary.linear_kl_divergence([[1.0]], [[1.0], [0.0]], [[0.0]], [[1.0], [0.0]]))
    0.12011450695827...
    """
