"""One mean over all micro-batches of gradient accumulation and all ranks of ``torch.distributed``; exact totals of all ranks.

Without an initialised process group everything here is local, and torch is not imported.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from lossary.arrays import select
from lossary.arrays.checks import InvalidValues, normalize_axis, to_numpy
from lossary.arrays.protocol import ArrayBackend
from lossary.arrays.torch_ranks import device_of, world_size
from lossary.engine.call import Call, Options
from lossary.engine.composed_inputs import Reading
from lossary.engine.loss import Loss
from lossary.engine.reduction import Total
from lossary.printable import as_typed

__all__ = ["all_reduce", "normalizer"]


def normalizer(
    loss: Loss, target: Any, *, gradient_reduction: str | None = None, process_group: Any = None, **options: Any
) -> float:
    r"""Return the ``normalizer=`` for every call, so that costs and gradients of all parts add up to those of the whole.

    .. math:: n = \sum_{\text{ranks}} \sum_{\text{micro-batches}} \sum_i w_i, \qquad
              \sum_{\text{ranks}} \sum_{\text{micro-batches}} \frac1n \sum_i w_i \ell_i
              = \frac{\sum_i w_i \ell_i}{\sum_i w_i} \text{ of all samples}

    and so for the gradient. The sums run over unmasked samples, which weigh what they do in the mean of that loss; with
    ``reduction="batchmean"`` each counts 1. No prediction is needed, so n is known before the first forward pass.

    - ``target``: the target of this rank's only batch, or a list or tuple of one target a micro-batch, perhaps none. Where the
      loss is one of classes, integers are class indices: convert one-hot targets of integers to a floating type first.
    - ``options``: those of the loss, as passed to it. ``weight``, ``where``, ``axis``, ``ignore_index``, ``class_weight`` and
      ``reduction`` matter; ``weight`` and ``where`` are lists where ``target`` is. The rest is checked and changes nothing.
    - ``gradient_reduction``: what becomes of the gradients of the ranks. ``"sum"``: they are added up. ``"mean"``: they are
      averaged, as DistributedDataParallel and FSDP do by default; n is then divided by the number of ranks, which undoes it,
      and the mean of the ranks' costs is that of the batch. It has to be said where there are several ranks.
    - ``process_group``: the ranks that hold different samples; the default group if not given.

    All ranks of the group call it together, with any number of micro-batches each. The result is 0 where nothing counts. It
    is a constant: gradients with respect to weights do not pass through it.

    Raises TypeError and ValueError for what the loss does not take, for class indices that look like one-hot targets, and for
    weights whose sum is not a finite number ≥ 0; where the input of one rank is invalid, every rank raises.

    >>> import lossary
    >>> from lossary import distributed
    >>> labels = [[0, 1, -100], [2]]
    >>> n = distributed.normalizer(lossary.cross_entropy, labels, ignore_index=-100)
    >>> n
    3.0
    >>> logits = [[[2.0, 0.0, 0.0], [0.0, 1.0, 0.0], [5.0, 5.0, 5.0]], [[0.0, 0.0, 3.0]]]
    >>> parts = [lossary.cross_entropy(z, y, ignore_index=-100, normalizer=n) for z, y in zip(logits, labels)]
    >>> whole = lossary.cross_entropy(logits[0] + logits[1], labels[0] + labels[1], ignore_index=-100)
    >>> print(round(float(sum(parts)), 12), round(float(whole), 12))
    0.295304145525 0.295304145525
    """
    of_logits = getattr(loss, "loss", None)
    if isinstance(of_logits, Loss):  # the loss is a linear one, whose mean is that of the same loss of logits
        loss, options = of_logits, {name: value for name, value in options.items() if name not in ("bias", "chunk")}
        if "sample_weight" in options:
            options["weight"] = options.pop("sample_weight")
    if not isinstance(loss, Loss):
        raise TypeError(
            f"normalizer is given a loss and then targets; got {type(loss).__name__}; pass a loss such as lossary.cross_entropy"
        )
    if loss.kind == "sum":
        raise TypeError(
            f"{loss.__name__} is a sum of losses of several kinds, whose samples may differ; find a normalizer for each term"
        )
    if gradient_reduction not in (None, "mean", "sum"):
        raise ValueError(f'gradient_reduction is "mean" or "sum"; got {as_typed(gradient_reduction)}')
    ranks = world_size(process_group)
    if ranks > 1 and gradient_reduction is None:
        raise ValueError(
            f"{loss.__name__}: the normalizer depends on what becomes of the gradients of the {ranks} ranks, and "
            'gradient_reduction= was not given; pass "mean" if they are averaged, as DistributedDataParallel and FSDP do, or '
            '"sum" if they are added up'
        )
    weight, where = options.pop("weight", None), options.pop("where", None)
    checked = loss.read_options(options)
    how = checked.reduction.how
    if how not in ("mean", "batchmean") or checked.reduction.normalizer is not None:
        got = "normalizer=" if checked.reduction.normalizer is not None else f'reduction="{how}"'
        raise ValueError(
            f'{loss.__name__}: a normalizer is found for reduction="mean" or "batchmean"; got {got}; leave it out here'
        )
    failure = None
    try:
        count = sum((_count(loss, checked, *batch) for batch in _micro_batches(loss, target, weight, where)), 0.0)
    except Exception as error:  # raised below, once the other ranks know: they would wait for this one
        failure, count = error, math.nan
    if ranks > 1:
        count = _sum_of_ranks(count, process_group)
    if failure is not None:
        raise failure
    if not 0 <= count < math.inf:
        raise ValueError(
            f"{loss.__name__}: the weights of all samples add up to a finite number ≥ 0; got {count}; "
            + ("the input of some rank is invalid, see its own error, or " if ranks > 1 else "")
            + "correct the weights; where= leaves samples out"
        )
    return count / ranks if gradient_reduction == "mean" else count


def all_reduce(total: Total, process_group: Any = None) -> Total:
    r"""The exact total of all ranks: Σwℓ, Σw and the number of samples, the same to the last bit however these are split.

    ``total`` is what ``loss.total(…)`` gave for this rank's samples; ``Total()`` where it has none. It is left as it is. All
    ranks of ``process_group`` (the default group if not given) call this together, and each gets a new, equal total.

    Raises TypeError for what is not a total, and ValueError on a rank outside the group.

    >>> import lossary
    >>> from lossary import distributed
    >>> total = lossary.Total()
    >>> for prediction, target in [([1.0, 2.0], [0.0, 0.0]), ([3.0], [0.0])]:
    ...     total += lossary.squared_error.total(prediction, target)
    >>> distributed.all_reduce(total).mean
    4.666666666666667
    """
    if not isinstance(total, Total):
        raise TypeError(
            f"all_reduce is given a lossary.Total; got {type(total).__name__}; loss.total(prediction, target) makes one"
        )
    ranks, mine = world_size(process_group), total.to_bytes()
    merged = Total()
    for part in [mine] if ranks == 1 else _gather(mine, ranks, process_group):
        merged.merge(Total.from_bytes(part))
    return merged


# ---- what samples of one rank count


def _micro_batches(loss: Loss, target: Any, weight: Any, where: Any) -> Iterable[tuple[Any, Any, Any]]:
    """Target, weight and mask of each micro-batch."""
    if not isinstance(target, (list, tuple)):
        return [(target, weight, where)]
    columns = [target]
    for name, values in (("weight", weight), ("where", where)):
        column = [None] * len(target) if values is None else values
        if not isinstance(column, (list, tuple)) or len(column) != len(target):
            got = f"{len(column)}" if isinstance(column, (list, tuple)) else type(column).__name__
            raise ValueError(
                f"{loss.__name__}: where target is a list of {len(target)} micro-batches, so is {name}; got {got}; "
                f"pass a list of one {name} a micro-batch"
            )
        columns.append(column)
    return zip(*columns, strict=True)


def _count(loss: Loss, checked: Options, target: Any, weight: Any, where: Any) -> float:
    """Return the divisor of the mean of one micro-batch, by the loss's own rule."""
    backend = select.of(target)
    target = backend.array(target, f"{loss.__name__}: target")
    # counting looks at the prediction's shape and dtype only, and one number repeated has any shape
    one = backend.xp.asarray(np.float64(0))
    parameters = {**checked.parameters, **dict.fromkeys(loss.formulas.arrays)}
    checked = dataclasses.replace(checked, plain=False, weight=weight, where=where, parameters=parameters)
    shapes = _other_shapes(loss, backend, checked, target)
    inputs = (*(backend.xp.broadcast_to(one, shape) for shape in shapes), target)  # the last input tells all other shapes
    call = loss.read(checked, backend, inputs)
    counted = loss.count_samples(call)
    if counted is None:
        raise _label_error(loss, call)
    if _takes_indices(loss) and backend.kind(target) == "integer":  # of how many classes, only the prediction would say
        outside = target < 0 if counted[1] is None else (target < 0) & counted[1]
        remedy = "pass ignore_index= if this index marks rows to leave out, to the loss and here"
        InvalidValues("label", outside, target, (), "a class index is at least 0", remedy).refuse(loss.__name__)
    found = float(to_numpy(call.reduction.divisor(backend, call.sample_shape, *counted)))
    if math.isinf(found):
        raise ValueError(
            f"{loss.__name__}: the weights of a batch have a finite sum; got infinity; divide all weights by one number"
        )
    return found


def _takes_indices(loss: Loss) -> bool:
    return loss.kind == "softmax" or loss.takes_labels


def _other_shapes(loss: Loss, backend: ArrayBackend, checked: Options, target: Any) -> list[tuple[int, ...]]:
    """The shapes of all inputs but the last, by that of the last; lengths that it does not tell do not matter, and are 1."""
    formulas, others, axis = loss.formulas, loss.inputs[:-1], checked.axis
    if formulas.of_sample:
        axes = axis if isinstance(axis, (tuple, list)) else (-1 if axis is None else axis,)
        ndim = target.ndim + len(axes)
        places = {normalize_axis(loss.__name__, one, ndim) for one in axes}
        lengths = iter(target.shape)
        whole = tuple([1 if place in places else next(lengths) for place in range(ndim)])
        return [tuple(target.shape) if name in formulas.of_sample else whole for name in others]
    if len(set(formulas.axes.values())) < 2:
        return [_prediction_shape(loss, backend, checked, target)] * len(others)
    own = formulas.axes[loss.inputs[-1]]
    reading = Reading(loss.__name__, {"target": own}, {"target": target}, axis if len(own) == 1 else None)
    places_of_own = reading.places("target", target.ndim)
    known = dict(zip(own, (target.shape[place] for place in places_of_own), strict=True))
    samples = [length for place, length in enumerate(target.shape) if place not in places_of_own]
    shapes = []
    for name in others:
        lengths_of_axes = [known.get(one, 1) for one in formulas.axes[name]]
        at = normalize_axis(loss.__name__, axis, len(samples) + 1) if axis is not None and len(lengths_of_axes) == 1 else None
        place = len(samples) if at is None else at
        shapes.append((*samples[:place], *lengths_of_axes, *samples[place:]))
    return shapes


def _prediction_shape(loss: Loss, backend: ArrayBackend, checked: Options, target: Any) -> tuple[int, ...]:
    """The shape of the predictions for a target; the number of classes, where only it is unknown, does not matter."""
    shape = tuple(target.shape)
    if not _takes_indices(loss) or backend.kind(target) != "integer":
        return shape
    axis = -1 if checked.axis is None else checked.axis
    place = normalize_axis(loss.__name__, axis, len(shape) + 1)
    if checked.extra.ignore_index is None and _looks_one_hot(target, axis):
        raise ValueError(
            f"{loss.__name__}: without a prediction, integers are class indices; got an array of shape {shape} that looks "
            f"one-hot, with a single 1 along axis {axis}; convert one-hot targets to a floating type, or flatten the indices"
        )
    class_weight = checked.extra.class_weight
    classes = 1 if class_weight is None or np.ndim(class_weight) == 0 else len(class_weight)
    return (*shape[:place], classes, *shape[place:])


def _looks_one_hot(target: Any, axis: int) -> bool:
    """Return whether class indices look one-hot, which would count as too many samples."""
    if target.ndim < 2 or not -target.ndim <= axis < target.ndim or target.shape[axis] < 2 or 0 in target.shape:
        return False
    ones = target == 1
    return bool((ones | (target == 0)).all()) and bool((ones.sum(axis) == 1).all())


def _label_error(loss: Loss, call: Call) -> ValueError:
    """Return the error for a label that has no class weight."""
    classes = call.extra.classes
    unweighted = dataclasses.replace(call, extra=dataclasses.replace(call.extra, class_weight=None))
    _, mask = loss.count_samples(unweighted) or (None, None)
    labels = to_numpy(call.target)[... if mask is None else to_numpy(mask)]
    outside = labels[(labels < 0) | (labels >= classes)]
    return ValueError(
        f"{loss.__name__}: a class index lies in 0 … {classes - 1}, class_weight being of {classes} classes; got {outside[0]}; "
        "pass ignore_index= if an index marks rows to leave out"
    )


# ---- what ranks tell each other


def _sum_of_ranks(number: float, process_group: Any) -> float:
    import torch

    whole = torch.tensor([number], dtype=torch.float64, device=device_of(process_group))
    torch.distributed.all_reduce(whole, group=process_group)
    return whole.item()


def _gather(data: bytes, ranks: int, process_group: Any) -> list[bytes]:
    """The bytes of every rank: as tensors, for what is pickled may run code where it is read."""
    import torch

    device = device_of(process_group)

    def gather(mine: torch.Tensor) -> list[torch.Tensor]:
        parts = [torch.empty_like(mine) for _ in range(ranks)]
        torch.distributed.all_gather(parts, mine, group=process_group)
        return parts

    lengths = [int(length) for length in gather(torch.tensor([len(data)], device=device))]
    padded = data.ljust(max(lengths), b"\0")  # all ranks send equally much
    parts = gather(torch.tensor(list(padded), dtype=torch.uint8, device=device))
    return [bytes(part.tolist()[:length]) for part, length in zip(parts, lengths, strict=True)]
