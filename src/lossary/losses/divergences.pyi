"""Divergences of a distribution over classes predicted from a target distribution."""

# Made by tools/stubs.py from the definitions; run `make stubs` instead of editing this file.
# mypy: disable-error-code="override, overload-cannot-match"

from typing import Any, Final, Literal, SupportsIndex, Unpack, overload

from lossary.engine.calls import (
    A,
    Array,
    Float,
    Floats,
    Given,
    Loss,
    Number,
    Options,
    Parameter,
    Plain,
    Reduced,
    Reduction,
    Result,
    Returns,
    TotalOptions,
    Weights,
)
from lossary.engine.reduction import Total

class _GeneralizedKl(Loss):
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        over: Literal["sample", "batch"] = "sample",
        reduction: Literal["none"],
        **options: Unpack[Options],
    ) -> Floats:
        r"""Generalised Kullback–Leibler divergence: :math:`\sum_k \bigl(t_k \log(t_k / p_k) - t_k + p_k\bigr)`.

        The I-divergence (Csiszár, 1975) of counts, intensities or spectra, which need not sum to 1; for distributions it is
        :func:`lossary.kl_divergence`, and each term is half the deviance of a Poisson count. It is 0 only where p = t, and keeps
        its digits near there. p = 0 where t > 0 costs ∞; t = 0 costs p.

        Prediction p and target t are of one shape; the components of a sample lie on ``axis``, by default the last. Negative
        numbers and shapes that differ raise.

        >>> import lossary
        >>> float(lossary.generalized_kl([[2.0, 3.0]], [[1.0, 3.0]]))
        0.3068528194400546
        """
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduced = "mean",
        **options: Unpack[Options],
    ) -> Float: ...
    @overload
    def __call__(
        self,
        prediction: A,
        target: A,
        *,
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduction = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def gradient(
        self,
        prediction: A,
        target: A,
        *,
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def value_and_gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        over: Literal["sample", "batch"] = "sample",
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
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduced = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> tuple[Float, Floats]: ...
    @overload
    def value_and_gradient(
        self,
        prediction: A,
        target: A,
        *,
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> tuple[A, A]: ...
    @overload
    def curvature(
        self,
        prediction: Plain,
        target: Plain,
        *,
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def curvature(
        self,
        prediction: A,
        target: A,
        *,
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    def total(
        self, prediction: Array, target: Array, *, over: Literal["sample", "batch"] = "sample", **options: Unpack[TotalOptions]
    ) -> Total: ...

generalized_kl: Final[_GeneralizedKl]
r"""Generalised Kullback–Leibler divergence: :math:`\sum_k \bigl(t_k \log(t_k / p_k) - t_k + p_k\bigr)`.

    The I-divergence (Csiszár, 1975) of counts, intensities or spectra, which need not sum to 1; for distributions it is
    :func:`lossary.kl_divergence`, and each term is half the deviance of a Poisson count. It is 0 only where p = t, and keeps
    its digits near there. p = 0 where t > 0 costs ∞; t = 0 costs p.

    Prediction p and target t are of one shape; the components of a sample lie on ``axis``, by default the last. Negative
    numbers and shapes that differ raise.

    >>> import lossary
    >>> float(lossary.generalized_kl([[2.0, 3.0]], [[1.0, 3.0]]))
    0.3068528194400546
    """

class _JensenShannon(Loss):
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        beta: Parameter = 0.5,
        given: Given = "logits",
        scaled: bool = False,
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        returns: tuple[()] = (),
        reduction: Literal["none"],
        **options: Unpack[Options],
    ) -> Floats:
        r"""Jensen–Shannon divergence, generalised by a weight β (Lin, 1991): symmetric and finite at β = ½, in nats.

        .. math:: \beta\,D(t \| m) + (1 - \beta)\,D(p \| m), \quad m = \beta t + (1 - \beta) p

        D is the Kullback–Leibler divergence. It lies between 0, exactly where p = t, and the entropy of (β, 1 - β), which is log 2
        at ``beta`` = ½. β is in (0, 1), or an array with one value a sample. ``scaled=True`` divides it by β(1 - β): that goes over
        into :func:`lossary.kl_divergence` as β → 0 and into :func:`lossary.reverse_kl` as β → 1 (Agarwal et al., 2024).

        The prediction is p as ``given`` says, the target t as ``target_given`` does; options and shapes are those of
        :func:`lossary.kl_divergence`. A ``beta`` outside (0, 1) raises, and so does what raises there.

        >>> import lossary
        >>> float(lossary.jensen_shannon([[1.0, 0.0]], [1], given="probabilities"))
        0.6931471805599453
        """
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        beta: Parameter = 0.5,
        given: Given = "logits",
        scaled: bool = False,
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        returns: tuple[()] = (),
        reduction: Reduced = "mean",
        **options: Unpack[Options],
    ) -> Float: ...
    @overload
    def __call__(
        self,
        prediction: A,
        target: A,
        *,
        beta: Parameter = 0.5,
        given: Given = "logits",
        scaled: bool = False,
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        returns: tuple[()] = (),
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def __call__(
        self,
        prediction: A,
        target: A,
        *,
        beta: Parameter = 0.5,
        given: Given = "logits",
        scaled: bool = False,
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        returns: Returns,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> Result[A]: ...
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        beta: Parameter = 0.5,
        given: Given = "logits",
        scaled: bool = False,
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        returns: Returns,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> Result[Any]: ...
    @overload
    def gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        beta: Parameter = 0.5,
        given: Given = "logits",
        scaled: bool = False,
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        reduction: Reduction = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def gradient(
        self,
        prediction: A,
        target: A,
        *,
        beta: Parameter = 0.5,
        given: Given = "logits",
        scaled: bool = False,
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def value_and_gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        beta: Parameter = 0.5,
        given: Given = "logits",
        scaled: bool = False,
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        returns: tuple[()] = (),
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
        beta: Parameter = 0.5,
        given: Given = "logits",
        scaled: bool = False,
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        returns: tuple[()] = (),
        reduction: Reduced = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> tuple[Float, Floats]: ...
    @overload
    def value_and_gradient(
        self,
        prediction: A,
        target: A,
        *,
        beta: Parameter = 0.5,
        given: Given = "logits",
        scaled: bool = False,
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        returns: tuple[()] = (),
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> tuple[A, A]: ...
    @overload
    def value_and_gradient(
        self,
        prediction: A,
        target: A,
        *,
        beta: Parameter = 0.5,
        given: Given = "logits",
        scaled: bool = False,
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        returns: Returns,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> tuple[Result[A], A]: ...
    @overload
    def value_and_gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        beta: Parameter = 0.5,
        given: Given = "logits",
        scaled: bool = False,
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        returns: Returns,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> tuple[Result[Any], Floats]: ...
    @overload
    def curvature(
        self,
        prediction: Plain,
        target: Plain,
        *,
        beta: Parameter = 0.5,
        given: Given = "logits",
        scaled: bool = False,
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def curvature(
        self,
        prediction: A,
        target: A,
        *,
        beta: Parameter = 0.5,
        given: Given = "logits",
        scaled: bool = False,
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    def total(
        self,
        prediction: Array,
        target: Array,
        *,
        beta: Parameter = 0.5,
        given: Given = "logits",
        scaled: bool = False,
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        **options: Unpack[TotalOptions],
    ) -> Total: ...

jensen_shannon: Final[_JensenShannon]
r"""Jensen–Shannon divergence, generalised by a weight β (Lin, 1991): symmetric and finite at β = ½, in nats.

    .. math:: \beta\,D(t \| m) + (1 - \beta)\,D(p \| m), \quad m = \beta t + (1 - \beta) p

    D is the Kullback–Leibler divergence. It lies between 0, exactly where p = t, and the entropy of (β, 1 - β), which is log 2
    at ``beta`` = ½. β is in (0, 1), or an array with one value a sample. ``scaled=True`` divides it by β(1 - β): that goes over
    into :func:`lossary.kl_divergence` as β → 0 and into :func:`lossary.reverse_kl` as β → 1 (Agarwal et al., 2024).

    The prediction is p as ``given`` says, the target t as ``target_given`` does; options and shapes are those of
    :func:`lossary.kl_divergence`. A ``beta`` outside (0, 1) raises, and so does what raises there.

    >>> import lossary
    >>> float(lossary.jensen_shannon([[1.0, 0.0]], [1], given="probabilities"))
    0.6931471805599453
    """

class _KlDivergence(Loss):
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        returns: tuple[()] = (),
        reduction: Literal["none"],
        **options: Unpack[Options],
    ) -> Floats:
        r"""Kullback–Leibler divergence, forward: :math:`D(t \| p) = \sum_k t_k \log(t_k / p_k)` (Kullback and Leibler, 1951).

        In nats: the cross-entropy less the entropy of the target: the gradient is the same, the least loss is 0, where p = t. Of
        labels it is the cross-entropy. It covers every class of the target: p = 0 where t > 0 costs ∞, and t = 0 costs nothing,
        with slope 0, whatever p is; a logit of -∞ there does no harm. Where p is near t, its error is a rounding of the
        difference; :func:`lossary.generalized_kl` keeps more.

        The prediction is p as ``given`` says: ``"logits"`` (the default), ``"probabilities"`` or ``"log_probabilities"``; the
        target holds class indices, or t in the form that ``target_given`` names: ``"probabilities"`` (the default), ``"logits"`` or
        ``"log_probabilities"``; it gets no gradient. Options and shapes are those of :func:`lossary.cross_entropy`; its
        ``temperature`` divides the logits of the prediction only, and :func:`lossary.distillation` has one for both. Labels out of
        range, probabilities outside [0, 1], rows that do not sum to 1 and shapes that do not fit raise.

        >>> import lossary
        >>> float(lossary.kl_divergence([[0.25, 0.75]], [[1.0, 0.0]], given="probabilities"))
        1.3862943611198906
        """
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        returns: tuple[()] = (),
        reduction: Reduced = "mean",
        **options: Unpack[Options],
    ) -> Float: ...
    @overload
    def __call__(
        self,
        prediction: A,
        target: A,
        *,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        returns: tuple[()] = (),
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def __call__(
        self,
        prediction: A,
        target: A,
        *,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        returns: Returns,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> Result[A]: ...
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        returns: Returns,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> Result[Any]: ...
    @overload
    def gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        reduction: Reduction = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def gradient(
        self,
        prediction: A,
        target: A,
        *,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def value_and_gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        returns: tuple[()] = (),
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
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        returns: tuple[()] = (),
        reduction: Reduced = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> tuple[Float, Floats]: ...
    @overload
    def value_and_gradient(
        self,
        prediction: A,
        target: A,
        *,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        returns: tuple[()] = (),
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> tuple[A, A]: ...
    @overload
    def value_and_gradient(
        self,
        prediction: A,
        target: A,
        *,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        returns: Returns,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> tuple[Result[A], A]: ...
    @overload
    def value_and_gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        returns: Returns,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> tuple[Result[Any], Floats]: ...
    @overload
    def curvature(
        self,
        prediction: Plain,
        target: Plain,
        *,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def curvature(
        self,
        prediction: A,
        target: A,
        *,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    def total(
        self,
        prediction: Array,
        target: Array,
        *,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        **options: Unpack[TotalOptions],
    ) -> Total: ...

kl_divergence: Final[_KlDivergence]
r"""Kullback–Leibler divergence, forward: :math:`D(t \| p) = \sum_k t_k \log(t_k / p_k)` (Kullback and Leibler, 1951).

    In nats: the cross-entropy less the entropy of the target: the gradient is the same, the least loss is 0, where p = t. Of
    labels it is the cross-entropy. It covers every class of the target: p = 0 where t > 0 costs ∞, and t = 0 costs nothing,
    with slope 0, whatever p is; a logit of -∞ there does no harm. Where p is near t, its error is a rounding of the
    difference; :func:`lossary.generalized_kl` keeps more.

    The prediction is p as ``given`` says: ``"logits"`` (the default), ``"probabilities"`` or ``"log_probabilities"``; the
    target holds class indices, or t in the form that ``target_given`` names: ``"probabilities"`` (the default), ``"logits"`` or
    ``"log_probabilities"``; it gets no gradient. Options and shapes are those of :func:`lossary.cross_entropy`; its
    ``temperature`` divides the logits of the prediction only, and :func:`lossary.distillation` has one for both. Labels out of
    range, probabilities outside [0, 1], rows that do not sum to 1 and shapes that do not fit raise.

    >>> import lossary
    >>> float(lossary.kl_divergence([[0.25, 0.75]], [[1.0, 0.0]], given="probabilities"))
    1.3862943611198906
    """

class _RankedProbabilityScore(Loss):
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        reduction: Literal["none"],
        **options: Unpack[Options],
    ) -> Floats:
        r"""Ranked probability score of classes in order: :math:`\sum_{k<K} (P_k - T_k)^2` of running sums P and T (Epstein, 1969).

        The Brier score of every "at most class k", so a forecast near the class costs less than one far off. It is 0 where p = t,
        and K - 1 at most; Epstein divides by K - 1. With soft targets it is the squared earth mover's distance of ratings (Hou et
        al., 2016), ``squared_earth_mover``. Of events it is strictly proper, the sample's best being the shares of the classes.

        The prediction is p as ``given`` says: ``"logits"`` (the default), ``"probabilities"`` or ``"log_probabilities"``; the
        target holds class indices, or t in the form that ``target_given`` names (``"probabilities"`` by default). The classes lie
        in order on ``axis``, by default the last. Labels out of range, values outside [0, 1], rows that do not sum to 1 and shapes
        that do not fit raise.

        >>> import lossary
        >>> lossary.ranked_probability_score([[0.5, 0.25, 0.25]], [2], given="probabilities", reduction="none")
        array([0.8125])
        """
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        reduction: Reduced = "mean",
        **options: Unpack[Options],
    ) -> Float: ...
    @overload
    def __call__(
        self,
        prediction: A,
        target: A,
        *,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        reduction: Reduction = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def gradient(
        self,
        prediction: A,
        target: A,
        *,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def value_and_gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
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
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        reduction: Reduced = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> tuple[Float, Floats]: ...
    @overload
    def value_and_gradient(
        self,
        prediction: A,
        target: A,
        *,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> tuple[A, A]: ...
    @overload
    def curvature(
        self,
        prediction: Plain,
        target: Plain,
        *,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def curvature(
        self,
        prediction: A,
        target: A,
        *,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    def total(
        self,
        prediction: Array,
        target: Array,
        *,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        **options: Unpack[TotalOptions],
    ) -> Total: ...

ranked_probability_score: Final[_RankedProbabilityScore]
r"""Ranked probability score of classes in order: :math:`\sum_{k<K} (P_k - T_k)^2` of running sums P and T (Epstein, 1969).

    The Brier score of every "at most class k", so a forecast near the class costs less than one far off. It is 0 where p = t,
    and K - 1 at most; Epstein divides by K - 1. With soft targets it is the squared earth mover's distance of ratings (Hou et
    al., 2016), ``squared_earth_mover``. Of events it is strictly proper, the sample's best being the shares of the classes.

    The prediction is p as ``given`` says: ``"logits"`` (the default), ``"probabilities"`` or ``"log_probabilities"``; the
    target holds class indices, or t in the form that ``target_given`` names (``"probabilities"`` by default). The classes lie
    in order on ``axis``, by default the last. Labels out of range, values outside [0, 1], rows that do not sum to 1 and shapes
    that do not fit raise.

    >>> import lossary
    >>> lossary.ranked_probability_score([[0.5, 0.25, 0.25]], [2], given="probabilities", reduction="none")
    array([0.8125])
    """

class _Renyi(Loss):
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        order: Parameter = 0.5,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        over: Literal["sample", "batch"] = "sample",
        reduction: Literal["none"],
        **options: Unpack[Options],
    ) -> Floats:
        r"""Rényi's divergence of an order α (Rényi, 1961), in nats.

        .. math:: D_\alpha(t \| p) = \frac{1}{\alpha - 1} \log \sum_k t_k^\alpha p_k^{1 - \alpha}

        It is 0 where p = t and grows with α, the ``order``: at 1 it is :func:`lossary.kl_divergence`, at ½ it is symmetric, -2
        log(1 - H²) of the :func:`lossary.squared_hellinger` H², and for α < 1 it is ∞ only where no class is possible under both.

        The prediction is p as ``given`` says: ``"logits"`` (the default), ``"probabilities"`` or ``"log_probabilities"``; the
        target holds class indices, or t in the form that ``target_given`` names (``"probabilities"`` by default). Classes lie on
        ``axis``, by default the last. Values outside [0, 1], rows that do not sum to 1, an ``order`` that is not positive and
        shapes that do not fit raise.

        >>> import lossary
        >>> float(lossary.renyi([[0.25, 0.75]], [[1.0, 0.0]], order=2.0, given="probabilities"))
        1.3862943611198906
        """
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        order: Parameter = 0.5,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduced = "mean",
        **options: Unpack[Options],
    ) -> Float: ...
    @overload
    def __call__(
        self,
        prediction: A,
        target: A,
        *,
        order: Parameter = 0.5,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        order: Parameter = 0.5,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduction = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def gradient(
        self,
        prediction: A,
        target: A,
        *,
        order: Parameter = 0.5,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def value_and_gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        order: Parameter = 0.5,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        over: Literal["sample", "batch"] = "sample",
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
        order: Parameter = 0.5,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduced = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> tuple[Float, Floats]: ...
    @overload
    def value_and_gradient(
        self,
        prediction: A,
        target: A,
        *,
        order: Parameter = 0.5,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> tuple[A, A]: ...
    @overload
    def curvature(
        self,
        prediction: Plain,
        target: Plain,
        *,
        order: Parameter = 0.5,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def curvature(
        self,
        prediction: A,
        target: A,
        *,
        order: Parameter = 0.5,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        over: Literal["sample", "batch"] = "sample",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    def total(
        self,
        prediction: Array,
        target: Array,
        *,
        order: Parameter = 0.5,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        over: Literal["sample", "batch"] = "sample",
        **options: Unpack[TotalOptions],
    ) -> Total: ...

renyi: Final[_Renyi]
r"""Rényi's divergence of an order α (Rényi, 1961), in nats.

    .. math:: D_\alpha(t \| p) = \frac{1}{\alpha - 1} \log \sum_k t_k^\alpha p_k^{1 - \alpha}

    It is 0 where p = t and grows with α, the ``order``: at 1 it is :func:`lossary.kl_divergence`, at ½ it is symmetric, -2
    log(1 - H²) of the :func:`lossary.squared_hellinger` H², and for α < 1 it is ∞ only where no class is possible under both.

    The prediction is p as ``given`` says: ``"logits"`` (the default), ``"probabilities"`` or ``"log_probabilities"``; the
    target holds class indices, or t in the form that ``target_given`` names (``"probabilities"`` by default). Classes lie on
    ``axis``, by default the last. Values outside [0, 1], rows that do not sum to 1, an ``order`` that is not positive and
    shapes that do not fit raise.

    >>> import lossary
    >>> float(lossary.renyi([[0.25, 0.75]], [[1.0, 0.0]], order=2.0, given="probabilities"))
    1.3862943611198906
    """

class _ReverseKl(Loss):
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        returns: tuple[()] = (),
        reduction: Literal["none"],
        **options: Unpack[Options],
    ) -> Floats:
        r"""Kullback–Leibler divergence, reverse: :math:`D(p \| t) = \sum_k p_k \log(p_k / t_k)` (Kullback and Leibler, 1951).

        In nats. It is 0 where p = t. It seeks modes: p > 0 where t = 0 costs ∞, and p may leave out what t allows. So a target of
        labels costs ∞ unless ``label_smoothing`` makes every class possible. Where p = t = 0 nothing is added; the slope in the
        probability is ∞ there, the one in the logit 0.

        The prediction is p as ``given`` says, the target t as ``target_given`` does; options, shapes and what raises are those of
        :func:`lossary.kl_divergence`.

        >>> import lossary
        >>> float(lossary.reverse_kl([[0.5, 0.5]], [[0.25, 0.75]], given="probabilities"))
        0.14384103622589045
        """
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        returns: tuple[()] = (),
        reduction: Reduced = "mean",
        **options: Unpack[Options],
    ) -> Float: ...
    @overload
    def __call__(
        self,
        prediction: A,
        target: A,
        *,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        returns: tuple[()] = (),
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def __call__(
        self,
        prediction: A,
        target: A,
        *,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        returns: Returns,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> Result[A]: ...
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        returns: Returns,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> Result[Any]: ...
    @overload
    def gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        reduction: Reduction = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def gradient(
        self,
        prediction: A,
        target: A,
        *,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def value_and_gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        returns: tuple[()] = (),
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
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        returns: tuple[()] = (),
        reduction: Reduced = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> tuple[Float, Floats]: ...
    @overload
    def value_and_gradient(
        self,
        prediction: A,
        target: A,
        *,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        returns: tuple[()] = (),
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> tuple[A, A]: ...
    @overload
    def value_and_gradient(
        self,
        prediction: A,
        target: A,
        *,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        returns: Returns,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> tuple[Result[A], A]: ...
    @overload
    def value_and_gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        returns: Returns,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> tuple[Result[Any], Floats]: ...
    @overload
    def curvature(
        self,
        prediction: Plain,
        target: Plain,
        *,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def curvature(
        self,
        prediction: A,
        target: A,
        *,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    def total(
        self,
        prediction: Array,
        target: Array,
        *,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        **options: Unpack[TotalOptions],
    ) -> Total: ...

reverse_kl: Final[_ReverseKl]
r"""Kullback–Leibler divergence, reverse: :math:`D(p \| t) = \sum_k p_k \log(p_k / t_k)` (Kullback and Leibler, 1951).

    In nats. It is 0 where p = t. It seeks modes: p > 0 where t = 0 costs ∞, and p may leave out what t allows. So a target of
    labels costs ∞ unless ``label_smoothing`` makes every class possible. Where p = t = 0 nothing is added; the slope in the
    probability is ∞ there, the one in the logit 0.

    The prediction is p as ``given`` says, the target t as ``target_given`` does; options, shapes and what raises are those of
    :func:`lossary.kl_divergence`.

    >>> import lossary
    >>> float(lossary.reverse_kl([[0.5, 0.5]], [[0.25, 0.75]], given="probabilities"))
    0.14384103622589045
    """

class _SquaredHellinger(Loss):
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        returns: tuple[()] = (),
        reduction: Literal["none"],
        **options: Unpack[Options],
    ) -> Floats:
        r"""Squared Hellinger distance: :math:`\tfrac12 \sum_k (\sqrt{p_k} - \sqrt{t_k})^2` (Hellinger, 1909).

        That is 1 less :math:`\sum_k \sqrt{p_k t_k}`. It lies between 0, where p = t, and 1, where no class is possible under both;
        it is symmetric, and finite for labels too, so one confident mistake costs 1 at most. Its square root is a distance. Where
        p = 0 < t its slope in the probability is -∞.

        The prediction is p as ``given`` says, the target t as ``target_given`` does; options, shapes and what raises are those of
        :func:`lossary.kl_divergence`.

        >>> import lossary
        >>> float(lossary.squared_hellinger([[0.36, 0.64]], [0], given="probabilities"))
        0.4
        """
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        returns: tuple[()] = (),
        reduction: Reduced = "mean",
        **options: Unpack[Options],
    ) -> Float: ...
    @overload
    def __call__(
        self,
        prediction: A,
        target: A,
        *,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        returns: tuple[()] = (),
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def __call__(
        self,
        prediction: A,
        target: A,
        *,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        returns: Returns,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> Result[A]: ...
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        returns: Returns,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> Result[Any]: ...
    @overload
    def gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        reduction: Reduction = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def gradient(
        self,
        prediction: A,
        target: A,
        *,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def value_and_gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        returns: tuple[()] = (),
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
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        returns: tuple[()] = (),
        reduction: Reduced = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> tuple[Float, Floats]: ...
    @overload
    def value_and_gradient(
        self,
        prediction: A,
        target: A,
        *,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        returns: tuple[()] = (),
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> tuple[A, A]: ...
    @overload
    def value_and_gradient(
        self,
        prediction: A,
        target: A,
        *,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        returns: Returns,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> tuple[Result[A], A]: ...
    @overload
    def value_and_gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        returns: Returns,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> tuple[Result[Any], Floats]: ...
    @overload
    def curvature(
        self,
        prediction: Plain,
        target: Plain,
        *,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def curvature(
        self,
        prediction: A,
        target: A,
        *,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    def total(
        self,
        prediction: Array,
        target: Array,
        *,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        **options: Unpack[TotalOptions],
    ) -> Total: ...

squared_hellinger: Final[_SquaredHellinger]
r"""Squared Hellinger distance: :math:`\tfrac12 \sum_k (\sqrt{p_k} - \sqrt{t_k})^2` (Hellinger, 1909).

    That is 1 less :math:`\sum_k \sqrt{p_k t_k}`. It lies between 0, where p = t, and 1, where no class is possible under both;
    it is symmetric, and finite for labels too, so one confident mistake costs 1 at most. Its square root is a distance. Where
    p = 0 < t its slope in the probability is -∞.

    The prediction is p as ``given`` says, the target t as ``target_given`` does; options, shapes and what raises are those of
    :func:`lossary.kl_divergence`.

    >>> import lossary
    >>> float(lossary.squared_hellinger([[0.36, 0.64]], [0], given="probabilities"))
    0.4
    """

class _TotalVariation(Loss):
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        returns: tuple[()] = (),
        reduction: Literal["none"],
        **options: Unpack[Options],
    ) -> Floats:
        r"""Total variation distance: :math:`\tfrac12 \sum_k |p_k - t_k|`, the greatest difference in the probability of any event.

        It lies between 0, where p = t, and 1; of labels it is 1 less the probability of the class, the mean absolute error of
        Ghosh et al. (2017), which bears wrong labels well. Its slope where p = t is 0.

        The prediction is p as ``given`` says, the target t as ``target_given`` does; options, shapes and what raises are those of
        :func:`lossary.kl_divergence`.

        >>> import lossary
        >>> float(lossary.total_variation([[0.25, 0.75]], [0], given="probabilities"))
        0.75
        """
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        returns: tuple[()] = (),
        reduction: Reduced = "mean",
        **options: Unpack[Options],
    ) -> Float: ...
    @overload
    def __call__(
        self,
        prediction: A,
        target: A,
        *,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        returns: tuple[()] = (),
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def __call__(
        self,
        prediction: A,
        target: A,
        *,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        returns: Returns,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> Result[A]: ...
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        returns: Returns,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> Result[Any]: ...
    @overload
    def gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        reduction: Reduction = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def gradient(
        self,
        prediction: A,
        target: A,
        *,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def value_and_gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        returns: tuple[()] = (),
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
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        returns: tuple[()] = (),
        reduction: Reduced = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> tuple[Float, Floats]: ...
    @overload
    def value_and_gradient(
        self,
        prediction: A,
        target: A,
        *,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        returns: tuple[()] = (),
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> tuple[A, A]: ...
    @overload
    def value_and_gradient(
        self,
        prediction: A,
        target: A,
        *,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        returns: Returns,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> tuple[Result[A], A]: ...
    @overload
    def value_and_gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        returns: Returns,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> tuple[Result[Any], Floats]: ...
    @overload
    def curvature(
        self,
        prediction: Plain,
        target: Plain,
        *,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def curvature(
        self,
        prediction: A,
        target: A,
        *,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    def total(
        self,
        prediction: Array,
        target: Array,
        *,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        label_smoothing: Number = 0.0,
        smoothing: Literal["uniform", "others"] = "uniform",
        z_loss: Number = 0.0,
        soft_cap: Number | None = None,
        temperature: Number = 1.0,
        **options: Unpack[TotalOptions],
    ) -> Total: ...

total_variation: Final[_TotalVariation]
r"""Total variation distance: :math:`\tfrac12 \sum_k |p_k - t_k|`, the greatest difference in the probability of any event.

    It lies between 0, where p = t, and 1; of labels it is 1 less the probability of the class, the mean absolute error of
    Ghosh et al. (2017), which bears wrong labels well. Its slope where p = t is 0.

    The prediction is p as ``given`` says, the target t as ``target_given`` does; options, shapes and what raises are those of
    :func:`lossary.kl_divergence`.

    >>> import lossary
    >>> float(lossary.total_variation([[0.25, 0.75]], [0], given="probabilities"))
    0.75
    """

class _Wasserstein1(Loss):
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        reduction: Literal["none"],
        **options: Unpack[Options],
    ) -> Floats:
        r"""Wasserstein distance of classes in order, one step apart: :math:`\sum_{k<K} |P_k - T_k|`, P and T being running sums.

        The earth mover's distance in one dimension (Vallender, 1974): how much probability has to be moved times how many classes
        far. It is 0 where p = t, K - 1 at most, and symmetric; of a class that came it is the mean distance from that class. The
        slope of a step without a difference is 0.

        The prediction is p as ``given`` says: ``"logits"`` (the default), ``"probabilities"`` or ``"log_probabilities"``; the
        target holds class indices, or t in the form that ``target_given`` names (``"probabilities"`` by default). The classes lie
        in order on ``axis``, by default the last. Labels out of range, values outside [0, 1], rows that do not sum to 1 and shapes
        that do not fit raise.

        >>> import lossary
        >>> lossary.wasserstein_1([[0.5, 0.25, 0.25]], [2], given="probabilities", reduction="none")
        array([1.25])
        """
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        reduction: Reduced = "mean",
        **options: Unpack[Options],
    ) -> Float: ...
    @overload
    def __call__(
        self,
        prediction: A,
        target: A,
        *,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        reduction: Reduction = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def gradient(
        self,
        prediction: A,
        target: A,
        *,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def value_and_gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
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
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        reduction: Reduced = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> tuple[Float, Floats]: ...
    @overload
    def value_and_gradient(
        self,
        prediction: A,
        target: A,
        *,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> tuple[A, A]: ...
    @overload
    def curvature(
        self,
        prediction: Plain,
        target: Plain,
        *,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def curvature(
        self,
        prediction: A,
        target: A,
        *,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    def total(
        self,
        prediction: Array,
        target: Array,
        *,
        given: Given = "logits",
        target_given: Literal["probabilities", "logits", "log_probabilities"] = "probabilities",
        class_weight: Weights | None = None,
        ignore_index: SupportsIndex | None = None,
        **options: Unpack[TotalOptions],
    ) -> Total: ...

wasserstein_1: Final[_Wasserstein1]
r"""Wasserstein distance of classes in order, one step apart: :math:`\sum_{k<K} |P_k - T_k|`, P and T being running sums.

    The earth mover's distance in one dimension (Vallender, 1974): how much probability has to be moved times how many classes
    far. It is 0 where p = t, K - 1 at most, and symmetric; of a class that came it is the mean distance from that class. The
    slope of a step without a difference is 0.

    The prediction is p as ``given`` says: ``"logits"`` (the default), ``"probabilities"`` or ``"log_probabilities"``; the
    target holds class indices, or t in the form that ``target_given`` names (``"probabilities"`` by default). The classes lie
    in order on ``axis``, by default the last. Labels out of range, values outside [0, 1], rows that do not sum to 1 and shapes
    that do not fit raise.

    >>> import lossary
    >>> lossary.wasserstein_1([[0.5, 0.25, 0.25]], [2], given="probabilities", reduction="none")
    array([1.25])
    """
