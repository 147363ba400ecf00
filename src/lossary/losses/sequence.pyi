"""Losses of sequences of labels whose places in time are not known."""

# Made by tools/stubs.py from the definitions; run `make stubs` instead of editing this file.
# mypy: disable-error-code="override, overload-cannot-match"

from typing import Final, Literal, Unpack, overload

from lossary.engine.calls import A, Array, Float, Floats, Loss, Options, Parameter, Plain, Reduced, Reduction, TotalOptions
from lossary.engine.reduction import Total

class _Ctc(Loss):
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        blank: Parameter = 0,
        prediction_length: Parameter | None = None,
        target_length: Parameter | None = None,
        given: Literal["logits", "log_probabilities", "probabilities"] = "logits",
        infeasible: Literal["infinity", "zero"] = "infinity",
        reduction: Literal["none"],
        **options: Unpack[Options],
    ) -> Floats:
        r"""Connectionist temporal classification, -log of the probability of a sequence of labels (Graves et al., 2006), in nats.

        .. math:: -\log \sum_{\pi: B(\pi) = y} \prod_t p_t(\pi_t)

        The sum is over all paths π, one class a time, that become the labels y when repeated classes are written once and then
        ``blank``, class 0 unless given, is left out. ``given`` says what the prediction is: ``"logits"`` (the gradient is p less
        the probability of each class on such paths, so it sums to 0 at each time), ``"log_probabilities"`` or ``"probabilities"``.

        The prediction has the shape (samples, time, classes), the target (samples, labels). ``prediction_length`` and
        ``target_length``, one a sample, say how many of them count; what lies behind is not looked at. Labels that take more time
        than there is have no path: they cost ∞, or 0 with ``infeasible="zero"``, with gradient 0 either way. No labels cost
        the blanks. torch takes log-probabilities as (time, samples, classes), and by default divides each loss by its number of
        labels.

        Labels out of range or equal to ``blank``, lengths beyond the axes, and shapes that do not fit raise.

        >>> import lossary
        >>> lossary.ctc([[[0.0, 1.0, 0.0], [2.0, 0.0, 0.0], [0.0, 0.0, 1.0]]], [[1, 2]], reduction="none")
        array([1.02744485])
        """
    @overload
    def __call__(
        self,
        prediction: Plain,
        target: Plain,
        *,
        blank: Parameter = 0,
        prediction_length: Parameter | None = None,
        target_length: Parameter | None = None,
        given: Literal["logits", "log_probabilities", "probabilities"] = "logits",
        infeasible: Literal["infinity", "zero"] = "infinity",
        reduction: Reduced = "mean",
        **options: Unpack[Options],
    ) -> Float: ...
    @overload
    def __call__(
        self,
        prediction: A,
        target: A,
        *,
        blank: Parameter = 0,
        prediction_length: Parameter | None = None,
        target_length: Parameter | None = None,
        given: Literal["logits", "log_probabilities", "probabilities"] = "logits",
        infeasible: Literal["infinity", "zero"] = "infinity",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        blank: Parameter = 0,
        prediction_length: Parameter | None = None,
        target_length: Parameter | None = None,
        given: Literal["logits", "log_probabilities", "probabilities"] = "logits",
        infeasible: Literal["infinity", "zero"] = "infinity",
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
        blank: Parameter = 0,
        prediction_length: Parameter | None = None,
        target_length: Parameter | None = None,
        given: Literal["logits", "log_probabilities", "probabilities"] = "logits",
        infeasible: Literal["infinity", "zero"] = "infinity",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def value_and_gradient(
        self,
        prediction: Plain,
        target: Plain,
        *,
        blank: Parameter = 0,
        prediction_length: Parameter | None = None,
        target_length: Parameter | None = None,
        given: Literal["logits", "log_probabilities", "probabilities"] = "logits",
        infeasible: Literal["infinity", "zero"] = "infinity",
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
        blank: Parameter = 0,
        prediction_length: Parameter | None = None,
        target_length: Parameter | None = None,
        given: Literal["logits", "log_probabilities", "probabilities"] = "logits",
        infeasible: Literal["infinity", "zero"] = "infinity",
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
        blank: Parameter = 0,
        prediction_length: Parameter | None = None,
        target_length: Parameter | None = None,
        given: Literal["logits", "log_probabilities", "probabilities"] = "logits",
        infeasible: Literal["infinity", "zero"] = "infinity",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> tuple[A, A]: ...
    @overload
    def curvature(
        self,
        prediction: Plain,
        target: Plain,
        *,
        blank: Parameter = 0,
        prediction_length: Parameter | None = None,
        target_length: Parameter | None = None,
        given: Literal["logits", "log_probabilities", "probabilities"] = "logits",
        infeasible: Literal["infinity", "zero"] = "infinity",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def curvature(
        self,
        prediction: A,
        target: A,
        *,
        blank: Parameter = 0,
        prediction_length: Parameter | None = None,
        target_length: Parameter | None = None,
        given: Literal["logits", "log_probabilities", "probabilities"] = "logits",
        infeasible: Literal["infinity", "zero"] = "infinity",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    def total(
        self,
        prediction: Array,
        target: Array,
        *,
        blank: Parameter = 0,
        prediction_length: Parameter | None = None,
        target_length: Parameter | None = None,
        given: Literal["logits", "log_probabilities", "probabilities"] = "logits",
        infeasible: Literal["infinity", "zero"] = "infinity",
        **options: Unpack[TotalOptions],
    ) -> Total: ...

ctc: Final[_Ctc]
r"""Connectionist temporal classification, -log of the probability of a sequence of labels (Graves et al., 2006), in nats.

    .. math:: -\log \sum_{\pi: B(\pi) = y} \prod_t p_t(\pi_t)

    The sum is over all paths π, one class a time, that become the labels y when repeated classes are written once and then
    ``blank``, class 0 unless given, is left out. ``given`` says what the prediction is: ``"logits"`` (the gradient is p less
    the probability of each class on such paths, so it sums to 0 at each time), ``"log_probabilities"`` or ``"probabilities"``.

    The prediction has the shape (samples, time, classes), the target (samples, labels). ``prediction_length`` and
    ``target_length``, one a sample, say how many of them count; what lies behind is not looked at. Labels that take more time
    than there is have no path: they cost ∞, or 0 with ``infeasible="zero"``, with gradient 0 either way. No labels cost
    the blanks. torch takes log-probabilities as (time, samples, classes), and by default divides each loss by its number of
    labels.

    Labels out of range or equal to ``blank``, lengths beyond the axes, and shapes that do not fit raise.

    >>> import lossary
    >>> lossary.ctc([[[0.0, 1.0, 0.0], [2.0, 0.0, 0.0], [0.0, 0.0, 1.0]]], [[1, 2]], reduction="none")
    array([1.02744485])
    """
