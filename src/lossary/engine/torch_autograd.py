"""Losses of torch tensors by plans, and how autograd differentiates what a plan has computed."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import torch

from lossary import log
from lossary.arrays import torch as backend
from lossary.arrays import torch_state
from lossary.arrays.torch_formula import times
from lossary.engine import plans
from lossary.engine.autograd_tools import mark_outputs
from lossary.engine.calculation import Calculation
from lossary.engine.call import Call, Options
from lossary.engine.plain import compute_with_arrays
from lossary.engine.results import as_gradient, result_type
from lossary.kernels import gpu


def compute(calculation: Calculation, options: Options, operation: str, inputs: tuple[Any, ...]) -> Any:
    """Return the result of a call by a kernel or an array function, or None if only array operations serve it."""
    count = len(calculation.predictions)
    predictions, others = inputs[:count], inputs[count:]
    tracked, on_gpu = torch.is_grad_enabled(), gpu.serves(inputs[0])
    fits = _is_on_gpu if on_gpu else backend.in_memory
    if not all(map(fits, inputs)) or (tracked and any(x.requires_grad for x in others)) or torch_state.is_watched():
        log.because("tensor subclasses, other devices, learned targets, torch.func and torch.compile have no kernel")
        return None
    more = () if options.plain else tuple(options.arrays())
    if not options.plain:
        for x in more:
            if not isinstance(x, torch.Tensor):
                if tracked:  # the backward pass saves tensors
                    log.because("lists among the options have no kernel in training")
                    return None
            elif not (fits(x) and not (tracked and x.requires_grad)):
                log.because("weights that are learned, or not plain tensors where the prediction is, have no kernel")
                return None
        if options.extra.has_number_arrays:
            log.because("learned options have no kernel")
            return None
        normalizer = options.reduction.normalizer
        if on_gpu and tracked and isinstance(normalizer, torch.Tensor) and normalizer.requires_grad:
            log.because("a learned normalizer has no kernel")
            return None
    differentiated = tracked and any(x.requires_grad for x in predictions)
    training = differentiated and operation == "value"
    # float16 is trained with scaled costs: a gradient that is rounded already would have to be computed again, and in any half
    # precision those of each sample's loss
    reduced = options.reduction.how != "none"
    half = any(x.dtype == torch.float16 if reduced else backend.is_half(x.dtype) for x in predictions)
    with_gradient = training and not half and (reduced or inputs[0].numel() <= MOST_KEPT)
    asked = "value_and_gradient" if with_gradient else operation
    recompute = Recompute(calculation, options, operation, more)
    if on_gpu:
        from lossary.engine import torch_gpu

        if not calculation.is_cross_entropy:
            found = None
        elif training:
            found = torch_gpu.train(calculation, options, inputs[0], inputs[1], recompute)
        else:
            found = torch_gpu.compute(calculation, options, operation, inputs[0], inputs[1])
        if found is None:
            log.because("on a GPU only the cross-entropy of logits has a kernel")
            return None
        log.served(calculation.__name__, operation, inputs, "a Triton kernel", "the tensors are on a GPU")
        if training:
            return found
    else:
        found, _ = plans.compute(calculation, backend, options, asked, inputs, training=training)
    if found is None:
        return None
    if not differentiated:
        return found if operation == "value_and_gradient" else found[operation != "value"]
    value, gradient = found
    if with_gradient:
        return _with_gradient(recompute, value, gradient, inputs)
    returns = options.extra.returns
    values = value if returns else () if value is None else (value,)
    gradients = () if gradient is None else (gradient,) if count == 1 else gradient
    outputs = _apply_on_demand((others, (*values, *gradients), recompute), *predictions)
    if operation == "value":
        return result_type(returns)(*outputs) if returns else outputs[0]
    gradients = as_gradient(calculation.predictions, outputs[len(values) :])
    if operation != "value_and_gradient":
        return gradients
    return result_type(returns)(*outputs[: len(values)]) if returns else outputs[0], gradients


def learned_numbers(calculation: Calculation, options: Options, inputs: Sequence[Any]) -> dict[str, torch.Tensor]:
    """Return the parameters that are learned numbers, if kernels could serve were they predictions."""
    learned = {
        name: x for name, x in options.parameters.items() if isinstance(x, torch.Tensor) and x.requires_grad and x.ndim == 0
    }
    served = learned and torch.is_grad_enabled() and all(map(backend.in_memory, (*inputs, *learned.values())))
    if not served or calculation.kind != "pointwise" or not all(x.is_floating_point() for x in learned.values()):
        return {}
    return {} if torch_state.is_watched() or not inputs[0].ndim or torch.compiler.is_compiling() else learned


def spread(calculation: Calculation, inputs: Sequence[Any], learned: dict[str, torch.Tensor]) -> tuple[Any, ...]:
    """Return the inputs with learned numbers as predictions, one value an element, behind the loss's own."""
    shape, count = inputs[0].shape, len(calculation.predictions)
    dtype = backend.compute_dtype(*inputs)
    wide = [x.to(dtype).expand(shape).contiguous() for x in learned.values()]
    return *inputs[:count], *wide, *inputs[count:]


def repeat_step(calculation: Calculation, options: Options, inputs: tuple[Any, ...]) -> Any:
    """Return the value in a step of training that is like one before, or None: as :func:`compute`, in half the Python calls.

    A step on few elements takes 20 µs, in which each call of a Python function counts.
    """
    if options.key is None or not torch.is_grad_enabled():
        return None
    count = len(calculation.predictions)
    arrays = inputs if options.plain else (*inputs, *options.arrays())
    differentiated = False
    for i, x in enumerate(arrays):
        if (
            type(x) not in PLAIN_TYPES
            or x.is_nested
            or not x.is_cpu
            or x.layout is not _STRIDED
            or not x.is_contiguous()
            or x.is_neg()
            or x._is_zerotensor()
        ):
            return None
        if x.requires_grad:
            if i >= count:
                return None
            differentiated = True
    if not differentiated:
        return None
    by_kernel = inputs[0].numel() >= plans.SMALLEST_IN_AUTOGRAD
    plan = calculation.plans.get(plans.key_of(options, _STEP, by_kernel, arrays))
    if plan is None or torch_state.is_watched() or log.enabled():  # the other way tells of the call
        return None
    found = plan.run(backend, arrays)
    if found is None:
        return None
    value, gradient = found
    if options.plain:
        recompute = _recompute_step(calculation, options)
    else:
        recompute = Recompute(calculation, options, "value", arrays[len(inputs) :])
    return _with_gradient(recompute, value, gradient, inputs)


MOST_KEPT = 1 << 18
"""Elements up to which slopes are computed with the losses of samples and kept; those of more would take memory."""
PLAIN_TYPES, _STRIDED = backend.PLAIN_TYPES, torch.strided
_STEP = "value_and_gradient", True
"""What a step of training asks of a plan."""


def _with_gradient(recompute: Recompute, value: Any, gradient: Any, inputs: tuple[Any, ...]) -> Any:
    """Return a value that autograd differentiates by a gradient that is known already."""
    count, returns = len(recompute.calculation.predictions), recompute.options.extra.returns
    gradients = (gradient,) if count == 1 else gradient
    outputs = _apply_with_gradient((value, (*gradients, *inputs, *recompute.more), recompute), *inputs[:count])
    return result_type(returns)(*outputs) if returns else outputs


def losses(calculation: Calculation, call: Call) -> Any:
    """Return the weighted loss of each sample by a kernel, or None if no kernel serves or a value is invalid."""
    if torch_state.is_watched() or not all(map(backend.in_memory, call.arrays())):
        return None
    return plans.losses(calculation, call)


def _is_on_gpu(x: Any) -> bool:
    return type(x) in backend.PLAIN_TYPES and gpu.serves(x) and x.layout is torch.strided


class Recompute(NamedTuple):
    """A call that can be computed again for its gradient."""

    calculation: Calculation
    options: Options
    operation: str
    more: tuple[Any, ...]
    """The arrays among the options, which torch watches for changes in place."""

    def inputs_among(self, saved: Sequence[Any], start: int) -> Sequence[Any]:
        """Return the inputs among saved tensors, where they begin at some place."""
        return saved[start : start + len(self.calculation.inputs)]

    def differentiate(
        self, inputs: Sequence[Any], upstream: Sequence[torch.Tensor | None], needed: Sequence[bool]
    ) -> list[torch.Tensor | None]:
        """Return the gradients of the outputs in the needed predictions, None for others; differentiable where tracked."""
        tracked = torch.is_grad_enabled()
        with torch.enable_grad():
            xs, others = [*inputs[: len(needed)]], inputs[len(needed) :]
            if not tracked:
                xs = [x.detach().requires_grad_(wanted) for x, wanted in zip(xs, needed, strict=True)]
            call = self.calculation.read(self.options, backend, (*xs, *others))
            outputs = _flatten(compute_with_arrays(self.calculation, call, self.operation))
            asked = [(y, u) for y, u in zip(outputs, upstream, strict=True) if u is not None and y.requires_grad]
            wanted = [x for x, wanted in zip(xs, needed, strict=True) if wanted]
            if asked:
                costs, cotangents = zip(*asked, strict=True)
                found = torch.autograd.grad(costs, wanted, cotangents, create_graph=tracked, materialize_grads=True)
            else:
                found = tuple(map(torch.zeros_like, wanted))
            rest = iter(found)
            return [next(rest) if wanted else None for wanted in needed]

    def broadcast(
        self, upstream: torch.Tensor, slopes: Sequence[torch.Tensor], inputs: Sequence[Any]
    ) -> Sequence[torch.Tensor]:
        """Return the upstream gradient of each loss as it is multiplied with the slopes in each prediction."""
        if all(slope.shape == upstream.shape for slope in slopes):
            return (upstream,) * len(slopes)
        axis = self.calculation.class_axis(self.options)
        if axis is not None:
            return (upstream.unsqueeze(axis),)
        call = self.calculation.read(self.options, backend, self.inputs_among(inputs, 0))
        return [call.broadcast_over_components(upstream, name) for name in call.predictions]

    def slopes(self, inputs: Sequence[Any], upstream: torch.Tensor) -> Sequence[torch.Tensor] | None:
        """Return the gradients by a kernel, for the upstream gradient of a cost or of each loss; None if no kernel serves.

        In half precision, the product with the upstream gradient is rounded once.
        """
        if self.operation != "value" or not backend.readable(upstream) or torch_state.is_batch(upstream):
            return None
        options, factor = self.options, 1.0
        reduced = options.reduction.how != "none"
        if _may_be_0(upstream):  # a product as in all of autograd: 0 times NaN is NaN, unlike for a weight of 0
            count = len(self.calculation.predictions)
            wide = [x.detach().float() if backend.is_half(x.dtype) else x for x in inputs[:count]]
            found = self._by_plan(options, (*wide, *inputs[count:]), factor)
            call = self.calculation.read(options, backend, inputs)
            u = upstream if reduced else call.broadcast_over_components(upstream)
            return None if found is None else [times(u, slope).to(x.dtype) for slope, x in zip(found, inputs, strict=False)]
        if reduced:
            factor = upstream.item()
        else:  # the upstream gradient is one more weight, though it may be negative
            weight = upstream.contiguous() if options.weight is None else options.weight * upstream
            key = None if options.key is None else (options.key, "upstream")
            options = dataclasses.replace(options, plain=False, key=key, weight=weight, check=False)
        return self._by_plan(options, inputs, factor)

    def _by_plan(self, options: Options, inputs: Sequence[Any], factor: float) -> Sequence[torch.Tensor] | None:
        """Return the gradients by a plan, or None if none serves."""
        found, _ = plans.compute(self.calculation, backend, options, "gradient", inputs, training=True, factor=factor)
        if found is None:
            return None
        return (found[1],) if len(self.calculation.predictions) == 1 else found[1]


@lru_cache(maxsize=256)
def _recompute_step(calculation: Calculation, options: Options) -> Recompute:
    """Return how to compute a cost again whose options are numbers and words."""
    return Recompute(calculation, options, "value", ())


class GradientFromForward(torch.autograd.Function):
    """A cost, and what a call returns beside it, with gradients that were computed in the forward pass.

    What was computed comes in a tuple: an input that is returned as it is would be a view of itself, which torch forbids to
    change.
    """

    @staticmethod
    def forward(ctx: Any, computed: tuple[Any, Sequence[Any], Recompute], *predictions: torch.Tensor) -> Any:
        """Return the value, or all values."""
        values, saved, ctx.recompute = computed  # one argument: torch looks at each
        ctx.save_for_backward(*saved)  # gradients, and arrays whose changes torch then notices
        if type(values) is not torch.Tensor:
            mark_outputs(ctx, ctx.recompute.options, values)
        return values

    @staticmethod
    def backward(ctx: Any, *upstream: Any) -> Any:
        """Return the gradients times the upstream gradient."""
        u, saved, recompute = upstream[0], ctx.saved_tensors, ctx.recompute
        count, keep = len(recompute.calculation.predictions), torch_state.keeps_graph()
        # create_graph: the gradient itself is to be differentiable
        if torch.is_grad_enabled() or u is None or (len(upstream) > 1 and any(other is not None for other in upstream[1:])):
            return None, *recompute.differentiate(recompute.inputs_among(saved, count), upstream, ctx.needs_input_grad[1:])
        is_plain = type(u) is torch.Tensor and u.is_cpu and not torch_state.in_transform() and not torch_state.is_batch(u)
        gradients = saved[:count]
        if is_plain and _is_1(u):  # the caller may change what is returned
            return (None, *[gradient.clone() for gradient in gradients]) if keep else (None, *gradients)
        inputs = saved[count:]
        if recompute.options.reduction.how == "none":
            wide = recompute.broadcast(u, gradients, inputs)
            return None, *[_product(x, gradient, is_plain, keep) for x, gradient in zip(wide, gradients, strict=True)]
        if not is_plain or u.item() == 0:
            return None, *[times(u, gradient) for gradient in gradients]
        if any(backend.is_half(gradient.dtype) for gradient in gradients):
            return None, *recompute.slopes(recompute.inputs_among(inputs, 0), u)
        return None, *[gradient * u if keep else gradient.mul_(u) for gradient in gradients]


class GradientOnDemand(torch.autograd.Function):
    """Any other outputs: their gradients are computed when they are asked for."""

    @staticmethod
    def forward(ctx: Any, computed: tuple[Sequence[Any], tuple[Any, ...], Recompute], *predictions: torch.Tensor) -> Any:
        """Return the outputs."""
        others, outputs, recompute = computed
        ctx.recompute = recompute
        ctx.save_for_backward(*predictions, *others, *recompute.more)
        mark_outputs(ctx, recompute.options, outputs)
        return outputs

    @staticmethod
    def backward(ctx: Any, *upstream: Any) -> Any:
        """Return the gradients for the upstream gradients."""
        recompute, needed = ctx.recompute, ctx.needs_input_grad[1:]
        inputs = recompute.inputs_among(ctx.saved_tensors, 0)
        u, *others = upstream
        by_arrays = torch.is_grad_enabled() or u is None or any(other is not None for other in others)
        slopes = None if by_arrays else recompute.slopes(inputs, u)
        if slopes is None:
            slopes = recompute.differentiate(inputs, upstream, needed)
        return None, *slopes


def _product(u: torch.Tensor, slope: torch.Tensor, is_plain: bool, keep: bool) -> torch.Tensor:
    """Return upstream gradients times slopes, in their memory unless they are kept; 0 times an infinite slope is 0."""
    if not is_plain or not math.isfinite(slope.sum().item()):
        return times(u, slope)
    return u * slope if keep else slope.mul_(u)


def _is_1(u: torch.Tensor) -> bool:
    """Return whether an upstream gradient is a 1, or one 1 for all losses, as of their sum."""
    if u.ndim:
        return u.numel() > 0 and not any(u.stride()) and bool(u.as_strided((), ()).item() == 1)
    return bool(u.item() == 1)


def _may_be_0(x: torch.Tensor) -> bool:
    """Return whether an element is 0 or NaN: by a minimum, as torch compares and looks for any at a fifth of its speed."""
    return x.numel() > 0 and not bool(x.abs().amin() > 0)


def _flatten(outputs: Any) -> list[Any]:
    """Return the tensors of nested tuples in a list."""
    return [x for part in outputs for x in _flatten(part)] if isinstance(outputs, tuple) else [outputs]


torch_state.call_backward(GradientFromForward)
# without the check for torch.func, which was made before
_apply_with_gradient: Any = super(torch.autograd.Function, GradientFromForward).apply
_apply_on_demand: Any = super(torch.autograd.Function, GradientOnDemand).apply
