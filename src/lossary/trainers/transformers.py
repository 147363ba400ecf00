"""Any loss in the ``Trainer`` of Hugging Face's transformers, with the divisor that its counts of labels make right."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

try:
    import torch
except ModuleNotFoundError as error:
    if error.name is None or error.name.partition(".")[0] != "torch":
        raise
    raise ModuleNotFoundError(
        'lossary.trainers.transformers takes PyTorch, which is not installed: pip install "lossary[torch]"', name="torch"
    ) from None

from lossary.engine.reduction import Total
from lossary.names import wrong_choice
from lossary.trainers.label_counts import IGNORED, LabelCounts
from lossary.trainers.targets import refuse_other_inputs, target_of

if TYPE_CHECKING:
    from lossary.engine.calls import Loss

__all__ = ["TrainerLoss", "loss"]

_SET_HERE = ("reduction", "normalizer", "axis", "where", "weight", "ignore_index", "returns")
"""Options of a loss that its place in ``Trainer`` decides."""


def loss(loss: Loss, unit: str = "labels", shift: bool | str = "auto", **options: Any) -> TrainerLoss:
    r"""Return a loss as ``compute_loss_func=`` of ``Trainer``, right for any number of accumulated batches and devices.

    It returns :math:`\sum \ell / N`, the sum of this batch's losses over the number N of units in the whole accumulated
    batch, so that gradients add up to those of one large batch. N comes from ``num_items_in_batch``, by which ``Trainer``
    counts the elements of ``labels`` that are not -100; these alone are judged.

    - ``unit="labels"``: each label counts one: a number, a class index, an outcome of a multi-label target (N is the count), or
      what the loss judges as one: a distribution over C classes, a region, a box (N is the count divided by its elements).
    - ``unit="rows"``: all labels of a row together count one, so a multi-label loss is a sum over its C labels (count over C).
    - ``shift``: whether logits at a position predict the label of the next one. ``"auto"`` goes by the class of the
      model's output: yes for a causal language model, no for any other of transformers.

    ``options`` are the loss's own, such as ``label_smoothing``, ``delta`` or ``given="logits"``; class weights multiply
    losses and leave N as it is. In an evaluation N is the count of one batch over all devices, and ``Trainer`` takes a mean of
    such means. :meth:`TrainerLoss.metrics` gives the mean over all units instead.

    Raises TypeError for losses of other inputs than one prediction and a target, and for options that are set here. A call
    raises ValueError where ``Trainer`` has no count, in place of a mean that accumulation would multiply, where ``"auto"``
    cannot tell, and where the count is wrong for the labels.

    >>> import lossary
    >>> from transformers import Trainer  # doctest: +SKIP
    >>> from lossary.trainers.transformers import loss
    >>> objective = loss(lossary.cross_entropy, label_smoothing=0.1)
    >>> Trainer(model, arguments, compute_loss_func=objective, compute_metrics=objective.metrics)  # doctest: +SKIP
    """
    if "num_items_in_batch" in options:
        raise TypeError("compute_loss_func= takes what loss(…) returns, as loss(lossary.cross_entropy); got loss itself")
    return TrainerLoss(loss, unit, shift, options)


class _Batch(NamedTuple):
    """A batch as the loss takes it."""

    logits: Any
    labels: Any
    options: dict[str, Any]
    components: int
    """The elements of ``labels`` that make up one unit."""


class TrainerLoss:
    """A loss of a model's output and labels; made by :func:`loss`."""

    loss: Any

    def __init__(self, loss: Loss, unit: str, shift: bool | str, options: Mapping[str, Any]) -> None:
        if unit not in ("labels", "rows"):
            raise wrong_choice("loss of a Trainer", "unit", unit, ("labels", "rows"))
        if shift is not True and shift is not False and shift != "auto":
            raise ValueError(f'shift is "auto", True or False; got {shift!r}')
        for option in _SET_HERE:
            if option in options:
                raise TypeError(f"{option}= is set by the loss's place in Trainer (labels of -100 are left out); leave it out")
        of: Any = loss
        refuse_other_inputs(of, "Trainer")
        self.loss, rest = of.choose(dict(options))
        self.loss.read_options(rest)
        form = next(iter(self.loss.formulas.given), None)
        if self.loss.kind == "pointwise" and self.loss.formulas.formula(form, 1).is_zero:
            raise TypeError(
                f"Trainer takes a loss with a slope; that of {of.__name__} is 0 everywhere; judge by it, and train another"
            )
        self._target = target_of(self.loss)
        self.unit, self.shift, self.options = unit, shift, rest
        self._shifted: bool | None = None if shift == "auto" else bool(shift)
        self._total = Total()
        self._counts = LabelCounts()

    def __repr__(self) -> str:
        options = "".join(f", {name}={value!r}" for name, value in self.options.items())
        return f"loss({self.loss.__name__}, unit={self.unit!r}, shift={self.shift!r}{options})"

    def __call__(self, outputs: Any, labels: Any, num_items_in_batch: Any = None) -> Any:
        """Return the cost of a batch, as a share of the whole accumulated batch's; this is what ``Trainer`` calls."""
        if labels is None:
            raise ValueError(
                "Trainer hands over labels that the batch has under the name 'labels'; it had none; name the column 'labels', "
                "or judge several columns in compute_loss of a Trainer of your own"
            )
        if not isinstance(labels, torch.Tensor):
            raise TypeError(
                f"labels are a tensor; got {type(labels).__name__}; call the loss of a Trainer by (outputs, labels, "
                "num_items_in_batch)"
            )
        logits, training = _logits(outputs), torch.is_grad_enabled()
        if self.shift == "auto":
            self._shifted = _predicts_next(outputs, logits, labels)
        batch = self._read(logits, labels)
        if training:
            self._total = Total()  # of an evaluation that was broken off
            _refuse_auxiliary(outputs)
        if num_items_in_batch is None:
            if not training:  # each batch is judged by itself
                return self._call(batch, {"reduction": "batchmean"})
            raise ValueError(
                "Trainer gave no num_items_in_batch, and does not divide by the accumulated batches either, so a mean would be "
                "too large by their number; it counts where each batch has a tensor under 'labels', and in transformers ≥ 4.48"
            )
        if training:
            self._counts.add(num_items_in_batch, labels, bool(self._shifted))
        # under DataParallel each of the G devices has its count here, and Trainer multiplies by G or counts a G-th
        count = torch.as_tensor(num_items_in_batch).to(batch.logits.device, torch.float64).sum()
        return self._call(batch, {"normalizer": count / batch.components})

    def metrics(self, prediction: Any, compute_result: bool = True) -> dict[str, float]:
        """Return the exact mean loss over all units as ``mean_loss``; this is a ``compute_metrics=`` of ``Trainer``.

        ``Trainer``'s own ``eval_loss`` is a mean of the means of batches, which depends on how the data is split. This one does
        not, to the last bit. With ``batch_eval_metrics=True`` in the arguments, memory holds one batch of logits at a time; an
        evaluation that is broken off then leaves its sum behind until training goes on, so make the loss anew for another one.
        """
        if self._shifted is None:
            raise ValueError('shift="auto" is found out by the first batch of training or evaluation; pass shift=True or False')
        if not hasattr(prediction.label_ids, "ndim"):
            got = "none" if prediction.label_ids is None else f"{len(prediction.label_ids)} arrays"
            raise ValueError(f'one array of labels is judged; got {got}; set label_names=["labels"] in the arguments')
        labels = torch.as_tensor(prediction.label_ids)
        batch = self._read(_logits_among(prediction.predictions, labels), labels)
        self._total += self.loss.total(batch.logits, batch.labels, **batch.options)
        if not compute_result:
            return {}
        total, self._total = self._total, Total()
        return {"mean_loss": total.sum / total.count if total.count else math.nan}

    def _call(self, batch: _Batch, reduction: dict[str, Any]) -> Any:
        of: Any = self.loss
        return of(batch.logits, batch.labels, **batch.options, **reduction)

    def _read(self, logits: Any, labels: Any) -> _Batch:
        batch = self._units(logits, labels)
        # tensors among the options, such as weights of classes, go where the model is
        own = {name: x.to(logits.device) if isinstance(x, torch.Tensor) else x for name, x in self.options.items()}
        return batch._replace(options={**own, **batch.options})

    def _units(self, logits: Any, labels: Any) -> _Batch:
        name, target = self.loss.__name__, self._target
        if (target.by_class or target.fewer) and labels.ndim == logits.ndim and labels.shape[-1] == 1 < logits.shape[-1]:
            labels = labels[..., 0]  # a column
        by_class = target.by_class and labels.ndim == logits.ndim - 1
        if self._shifted and labels.ndim > 1:
            if not by_class:
                raise ValueError(
                    "labels that are shifted are class indexes, one a position, as Trainer counts them without the first one; "
                    f"got labels of shape {tuple(labels.shape)} for {name} of logits {tuple(logits.shape)}; pass shift=False"
                )
            # the last position predicts nothing; the logits stay where they are
            labels = torch.nn.functional.pad(labels[..., 1:], (0, 1), value=IGNORED)
        if by_class:
            self._refuse_rows_of_many(labels, labels.ndim)
            if labels.shape != logits.shape[:-1]:
                raise ValueError(
                    f"{name}: logits have the shape of the labels and an axis of classes at the end; got logits "
                    f"{tuple(logits.shape)} and labels {tuple(labels.shape)}; bring them there in a function of your own"
                )
            return _Batch(logits, labels, {"ignore_index": IGNORED}, 1)
        if not target.fewer and logits.ndim == labels.ndim + 1 and logits.shape[-1] == 1:
            logits = logits[..., 0]
        if self.loss.kind == "pointwise" and logits.shape != labels.shape:
            raise ValueError(
                f"{name} takes one logit a label; got logits {tuple(logits.shape)} and labels {tuple(labels.shape)}; give the "
                "model as many outputs as a row has labels (num_labels=), or take a loss of classes, such as cross_entropy"
            )
        kept = labels != IGNORED
        whole_rows = self.loss.kind == "pointwise" and self.unit == "rows" and labels.ndim > 1
        axes = 1 if whole_rows else target.axes
        self._refuse_rows_of_many(labels, labels.ndim - axes)
        if not axes:
            numbers = not (self.loss.has_binary_target or target.whole)
            if labels.ndim == 1 and numbers and not bool(kept.all()):
                raise ValueError(
                    f"Trainer takes a label of {IGNORED} for one that is not there and does not count it; got targets of "
                    f"{name} that are {IGNORED}; shift or scale the targets"
                )
            return _Batch(logits, labels, {"where": kept}, 1)
        kept = kept.flatten(-axes)
        rows = kept.any(-1)
        if not torch.equal(rows, kept.all(-1)):
            raise ValueError(
                f"a row has all of its labels or none, as Trainer counts labels and not rows; got rows partly of {IGNORED}; "
                + ('pass unit="labels"' if self.loss.kind == "pointwise" else "fill them")
            )
        where = {"where": rows, "axis": -1} if whole_rows else {"where": rows}
        return _Batch(logits, labels, where, kept.shape[-1])

    def _refuse_rows_of_many(self, labels: Any, axes: int) -> None:
        """Raise where a row has several units, whose number in a row the count of ``Trainer`` does not tell."""
        if self.unit == "rows" and axes > 1:
            raise ValueError(
                f'unit="rows" is for labels of which a row has one unit, as Trainer counts labels and not rows; got labels of '
                f'shape {tuple(labels.shape)} for {self.loss.__name__}; pass unit="labels"'
            )


def _logits(outputs: Any) -> Any:
    """Return the logits of a model's output: by name, the first of a tuple, or the output itself."""
    if isinstance(outputs, torch.Tensor):
        return outputs
    if not isinstance(outputs, Mapping):
        found = outputs.logits if hasattr(outputs, "logits") else outputs[0] if outputs else None
        if not isinstance(found, torch.Tensor):
            raise ValueError(f"a model's output has 'logits'; got {type(outputs).__name__}; return them")
        if found.ndim == 0:
            raise ValueError(
                "a model's output begins with its logits; got one number; return no loss, as the model is given no labels"
            )
        return found
    if outputs.get("logits") is None:
        found = ", ".join([str(name) for name, x in outputs.items() if x is not None])
        raise ValueError(
            f"a model's output has 'logits'; got {found or 'nothing'}; return them "
            "(use_liger_kernel=True leaves them out where prediction_loss_only=True)"
        )
    return outputs["logits"]


def _logits_among(predictions: Any, labels: Any) -> Any:
    """Return the logits among all that ``Trainer`` collected of a model's outputs, without their names."""
    arrays = predictions if isinstance(predictions, (tuple, list)) else [predictions]
    for x in arrays:
        # a model of experts has an auxiliary loss before its logits; whole numbers are the decisions or words made of logits
        if hasattr(x, "ndim") and x.ndim in (labels.ndim, labels.ndim + 1) and len(x) == len(labels):
            logits = torch.as_tensor(x)
            if logits.is_floating_point():
                return logits
    found = ", ".join(str(tuple(x.shape)) if hasattr(x, "shape") else type(x).__name__ for x in arrays)
    raise ValueError(
        f"the outputs have the logits of the labels of shape {tuple(labels.shape)}, as floats; got outputs of shape "
        f"{found or 'none'}; return them from the model by name, {{'logits': …}}, as Trainer leaves out the first of a tuple"
    )


def _refuse_auxiliary(outputs: Any) -> None:
    """Raise where a model gives a loss of its own besides, such as the balance of its experts, which would be left out."""
    if not isinstance(outputs, Mapping):
        return
    for name, value in outputs.items():
        if name.endswith("aux_loss") and value is not None:
            raise ValueError(
                f"the model returned {name}, which its own loss has as a term and this one has not; set "
                "output_router_logits=False in its configuration to train without it, or add it in a function of your own that "
                'calls this object with {"logits": outputs.logits}, made with shift=True or False'
            )


def _predicts_next(outputs: Any, logits: Any, labels: Any) -> bool:
    """Return whether logits at a position are for the next label, by the name of the class of the output."""
    name = type(outputs).__name__
    if "CausalLM" in name:
        return True
    # one label a sample, or labels of the shape of the logits: nothing to shift
    if labels.ndim == 1 or labels.ndim == logits.ndim:
        return False
    if type(outputs).__module__.startswith("transformers.modeling_outputs"):
        return False
    raise ValueError(
        f"whether logits predict the label of the next position cannot be told from an output of type {name}; "
        "pass shift=True (a causal language model) or shift=False"
    )
