"""Read a call of a linear loss: check its arguments, and reshape every array to one row axis."""

from __future__ import annotations

import dataclasses
import math
import operator
from collections.abc import Mapping
from typing import Any

from lossary.arrays.checks import check_size
from lossary.engine.call import Call, Options
from lossary.engine.logit_options import checked_cap
from lossary.engine.softmax import Softmax
from lossary.formula.domains import Interval
from lossary.formula.numbers import check_number, is_array
from lossary.linear_losses.cost import PreparedCall
from lossary.linear_losses.job import Arrays, LinearJob
from lossary.linear_losses.spec import LinearSpec
from lossary.printable import as_typed

_OF_LOSS = ("where", "reduction", "normalizer", "empty", "check")
_SHARE = Interval(0.0, 1.0, open=True)
Layer = tuple[Any, Any, Any]
"""Hidden states, weight, and bias or None."""


def read(
    spec: LinearSpec, backend: Any, arrays: tuple[Any, Any, Any], options: Mapping[str, Any], class_sums: Any
) -> PreparedCall:
    """Read a call with the arrays hidden, weight and target, and these options."""
    given = {**spec.defaults, **options}
    with class_sums.raise_on_all_ranks(spec.name):  # nothing in this context communicates
        layer = _layer(spec.name, "", backend, *arrays[:2], given["bias"])
        teacher = _teacher(spec, backend, given, layer, arrays[2])
        call = _call(spec, backend, layer, teacher, arrays[2], given, class_sums)
        job = _job(spec, given, call)
        if not job.dense:
            _load_labels(spec.loss, call)
        _load_weight(spec.loss, call)
    if job.dense and arrays[2] is not None:
        _load_probabilities(spec.loss, call)
    if call.extra.class_weight is not None:
        call.extra.class_weight = class_sums.local_part(call.extra.class_weight)
    divisor, reduction, shape = None, call.reduction, call.sample_shape
    if reduction.how != "none":
        divisor = reduction.divisor(backend, shape, spec.loss.divisor_weight(call), call.mask)
    return PreparedCall(job, in_rows(call, layer, teacher, taught=arrays[2] is None), call, divisor, shape)


def read_options(spec: LinearSpec, given: Mapping[str, Any]) -> Options:
    """Read the options that a loss of the logits has too."""
    for name in spec.loss.sized_options:
        if is_array(given.get(name)):
            check_number(f"{spec.loss.__name__}: {name}", given[name], Interval())
    names = (*spec.loss.parameters, *spec.loss.extra_options, *_OF_LOSS)
    found = {name: given[name] for name in names if name in given}
    return spec.loss.read_options(found | {"weight": given["sample_weight"]})


def read_rows(name: str, chunk: Any) -> int | None:
    """Return the number of rows of a block, or None if it is to be chosen."""
    if isinstance(chunk, str) and chunk == "auto":
        return None
    try:
        rows = operator.index(chunk)
    except TypeError:
        rows = 0
    if isinstance(chunk, bool) or rows < 1:
        raise ValueError(f'{name}: chunk is a number of rows ≥ 1, or "auto"; got {as_typed(chunk)}')
    return rows


def _layer(name: str, who: str, backend: Any, hidden: Any, weight: Any, bias: Any) -> Layer:
    """Read hidden states, weight and bias, of the student or (``who``) of the teacher."""
    roles = {"hidden": hidden, "weight": weight, "bias": bias}
    hidden, weight, bias = (None if x is None else backend.array(x, f"{name}: {who}{role}") for role, x in roles.items())
    for role, x in (("hidden", hidden), ("weight", weight), ("bias", bias)):
        if x is not None and backend.kind(x) == "bool":
            raise TypeError(f"{name}: {who}{role} is made of numbers; got bool")
    if hidden.ndim < 1 or weight.ndim != 2 or hidden.shape[-1] != weight.shape[1]:
        swapped = weight.ndim == 2 and tuple(hidden.shape[-1:]) == tuple(weight.shape[:1])
        raise ValueError(
            f"{name}: {who}hidden has the shape (…, features) and {who}weight (classes, features); "
            f"got {tuple(hidden.shape)} and {tuple(weight.shape)}" + ("; is the weight transposed?" if swapped else "")
        )
    if bias is not None and tuple(bias.shape) != (weight.shape[0],):
        raise ValueError(
            f"{name}: {who}bias has one number a class, so its shape is ({weight.shape[0]},); got {tuple(bias.shape)}"
        )
    return hidden, weight, bias


def _teacher(spec: LinearSpec, backend: Any, given: Mapping[str, Any], student: Layer, target: Any) -> Layer | None:
    """Read the teacher's layer, or return None if there is no teacher."""
    name, distils = spec.name, spec.divergence == "distillation"
    states, matrix, bias = (given.get(f"teacher_{role}") for role in ("hidden", "weight", "bias"))
    if states is None and matrix is None:
        if target is None:
            raise TypeError(
                f"{name}: a target is class indices or class probabilities; or pass teacher_hidden= and teacher_weight="
            )
        for option in ("teacher_bias", "teacher_soft_cap"):
            if given.get(option) is not None:
                raise TypeError(f"{name}: {option}= is a teacher's; pass teacher_hidden= and teacher_weight= with it")
        return None
    if states is None or matrix is None:
        raise TypeError(f"{name}: a teacher has both teacher_hidden= and teacher_weight=")
    if target is not None and not distils:
        raise TypeError(
            f"{name}: the target is given, or a teacher that has it; got both; lossary.linear_distillation takes both"
        )
    if target is None and distils:
        raise TypeError(
            f"{name}: a target is class indices or class probabilities; got None; without it, use linear_kl_divergence"
        )
    for option in ("class_weight", "ignore_index"):
        if given.get(option) is not None and not distils:
            raise TypeError(f"{name}: {option}= needs a target; a teacher gives probabilities; use where= to leave rows out")
    states, matrix, bias = _layer(name, "teacher_", backend, states, matrix, bias)
    rows, classes = tuple(student[0].shape[:-1]), student[1].shape[0]
    if matrix.shape[0] != classes or tuple(states.shape[:-1]) != rows:
        raise ValueError(
            f"{name}: a teacher has the student's rows and classes, {rows} and {classes}; "
            f"got {tuple(states.shape[:-1])} and {matrix.shape[0]}"
        )
    return backend.detached(states), backend.detached(matrix), None if bias is None else backend.detached(bias)


def _call(
    spec: LinearSpec, backend: Any, layer: Layer, teacher: Layer | None, target: Any, given: Mapping[str, Any], class_sums: Any
) -> Call:
    """Read options and target as a loss of the logits does."""
    (hidden, weight, _), name = layer, spec.name
    shape, dtype = tuple(hidden.shape[:-1]), backend.compute_dtype(hidden, weight)
    # stands for the logits: an array of their shape that has the memory of one number
    logits = backend.placeholder((*shape, class_sums.count(int(weight.shape[0]))), dtype, hidden)
    loss_options = read_options(spec, given)
    if loss_options.parameter_arrays:
        raise TypeError(
            f"{name}: {loss_options.parameter_arrays[0]} is one number for all rows; got an array; for one value a row, "
            "compute the logits and pass them to the loss itself"
        )
    if target is not None:
        target = backend.array(target, f"{name}: target")
        _check_target(name, tuple(target.shape), (*shape, weight.shape[0]), class_sums.shared)
    dense = target is None or target.ndim == hidden.ndim
    inputs = {"prediction": logits, "target": logits if dense else target}
    call = spec.loss.read_target(backend, inputs, loss_options)
    if target is not None:
        call.target = target
    if given["where"] is not None and backend.kind(backend.array(given["where"], f"{name}: where")) != "bool":
        raise TypeError(f"{name}: where is a mask of booleans, true for rows that count; write where=mask != 0")
    call = spec.loss.read_array_options(call, loss_options)
    if call.weight is not None and getattr(call.weight, "requires_grad", False):
        raise TypeError(
            f"{name}: sample_weight= gets no gradient; got a tensor that requires one; pass sample_weight.detach(), or "
            "compute the logits and pass them to the loss itself"
        )
    call.dtype, call.input_dtypes = dtype, (hidden.dtype if backend.kind(hidden) == "float" else dtype,)
    spec.loss.check_sizes(call)
    call.class_sums = class_sums
    if call.extra.class_weight is not None:
        call.extra.class_weight = backend.cast(call.extra.class_weight, dtype)
    return call


def _check_target(name: str, got: tuple[int, ...], wide: tuple[int, ...], shared: bool) -> None:
    """Raise ValueError unless the target has one label, or one distribution, for each row."""
    rows = wide[:-1]
    if got in (rows, wide):
        return
    if shared and len(got) == len(wide):
        raise ValueError(f"{name}: each rank holds the probabilities of its own classes, of shape {wide}; got {got}")
    hint = ""
    if math.prod(got) == math.prod(rows):
        hint = "; flatten both, or reshape the target"
    elif len(got) == len(rows) and got[:-1] == rows[:-1] and got[-1] in (rows[-1] - 1, rows[-1] + 1):
        hint = "; where labels are the inputs one step on, hidden[:, :-1] goes with labels[:, 1:]"
    raise ValueError(
        f"{name}: target holds class indices of shape {rows}, or class probabilities of shape {wide}; got {got}{hint}"
    )


def _job(spec: LinearSpec, given: Mapping[str, Any], call: Call) -> LinearJob:
    name = spec.name
    for option in ("teacher_soft_cap", "mixture", "teacher_share"):
        if isinstance(given.get(option), (int, float)):
            check_size(f"{name}: {option}", given[option], call.backend, call.dtype)
    return LinearJob(
        loss=spec.key,
        parameters=tuple(call.parameters.items()),
        **{
            field: getattr(call.extra, field)
            for field in ("classes", "dense", "smoothed", "z_loss", "soft_cap", "temperature", "returns")
        },
        divergence=spec.divergence,
        mixture=check_number(f"{name}: mixture", given.get("mixture", 0.5), _SHARE),
        teacher_share=check_number(f"{name}: teacher_share", given.get("teacher_share", 0.5), Interval(0.0, 1.0)),
        teacher_soft_cap=checked_cap(f"{name}: teacher_soft_cap", given.get("teacher_soft_cap")),
        rows=read_rows(name, given["chunk"]),
    )


def in_rows(call: Call, layer: Layer, teacher: Layer | None, taught: bool) -> Arrays:
    """Reshape the arrays to one row axis; if ``taught``, the teacher alone has the target."""
    rows = math.prod(call.sample_shape)
    states, matrix, bias = teacher or (None, None, None)
    counted, mass, sample_weight = call.mask, call.extra.mass, call.weight
    if sample_weight is not None:  # a row of weight 0 may hold anything
        counted = sample_weight != 0 if counted is None else counted & (sample_weight != 0)
    if mass is not None and call.extra.label_smoothing == 0:  # a row whose classes have weight 0 does not count
        counted = mass != 0 if counted is None else counted & (mass != 0)
    return Arrays(
        backend=call.backend,
        dtype=call.dtype,
        hidden=layer[0].reshape(rows, layer[0].shape[-1]),
        weight=layer[1],
        bias=layer[2],
        target=None if taught else call.target.reshape(rows, *call.target.shape[len(call.sample_shape) :]),
        counted=None if counted is None else counted.reshape(rows),
        mass=None if mass is None else mass.reshape(rows),
        sample_weight=None if sample_weight is None else call.backend.detached(sample_weight).reshape(rows),
        class_weight=call.extra.class_weight,
        teacher_hidden=None if states is None else states.reshape(rows, states.shape[-1]),
        teacher_weight=matrix,
        teacher_bias=bias,
        class_sums=call.class_sums,
    )


def _load_labels(loss: Softmax, call: Call) -> None:
    """Check class indices and convert them to the form that kernels read; compute the weight of each row."""
    where, class_weight = call.mask, call.extra.class_weight
    loss.load_target(call)
    if where is not None and call.mask is not where:
        call.mask = call.mask & where
    loss.raise_or_mark_invalid(call, call.check)
    if class_weight is not None:
        call.extra.mass = class_weight[call.target]


def _load_weight(loss: Softmax, call: Call) -> None:
    """Check the weights of samples and convert them."""
    if call.weight is not None:
        loss.load_weight(call)
        loss.raise_or_mark_invalid(call, call.check)


def _load_probabilities(loss: Softmax, call: Call) -> None:
    """Check class probabilities and compute the weight of each row."""
    _check_probabilities(loss, call)
    if call.extra.class_weight is not None:
        backend, class_sums = call.backend, call.class_sums
        local = backend.matvec(backend.cast(call.target, call.dtype), class_sums.local_part(call.extra.class_weight))
        call.extra.mass = class_sums.sum_of_ranks(local)


def _check_probabilities(loss: Softmax, call: Call) -> None:
    """Raise for rows that are no distribution, or mark them; by parts, since a mask is as large as the target."""
    target = call.target
    rows = target.reshape(math.prod(target.shape[:-1]), target.shape[-1])  # a rank may have no classes
    if not call.check:
        return
    step = max(1, (1 << 22) // max(1, rows.shape[1]))
    readable = call.backend.readable(rows[:1] != 0)  # a constant is not readable while tracing
    if readable and call.class_sums.ranks == 1:
        for begin in range(0, rows.shape[0], step):
            part = call.inputs | {"target": rows[begin : begin + step]}
            some = dataclasses.replace(call, inputs=part, problems=[], mask=None, axes=(1,))
            some.extra = dataclasses.replace(call.extra, axis=1)
            loss.load_target(some)
            if any(bool(problem.mask.any()) for problem in some.problems):
                break
        else:
            return
    whole = dataclasses.replace(call, problems=[], axes=(target.ndim - 1,))
    loss.load_target(whole)
    if readable and call.class_sums.ranks > 1:
        counted = True if call.mask is None else call.mask
        wrong = any(bool((problem.samples() & counted).any()) for problem in whole.problems)
        if call.class_sums.any_rank(wrong) and not wrong:
            raise ValueError(f"{loss.__name__}: another rank's part of the target holds no probabilities; see its own error")
    loss.raise_or_mark_invalid(whole, call.check)
    call.invalid = whole.invalid
