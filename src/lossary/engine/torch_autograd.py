"""Losses of torch tensors by plans, and how autograd differentiates what a plan has computed."""

from __future__ import annotations

import dataclasses
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
from lossary.engine.results import result_type
from lossary.kernels import gpu


def compute(calculation: Calculation, options: Options, operation: str, prediction: Any, target: Any) -> Any:
    """Return the result of a call by a kernel or an array function, or None if only array operations serve it."""
    if operation == "value" and options.plain:
        cost = _repeat_step(calculation, options, prediction, target)
        if cost is not None:
            return cost
    tracked, on_gpu = torch.is_grad_enabled(), gpu.serves(prediction)
    fits = _is_on_gpu if on_gpu else backend.in_memory
    if not (fits(prediction) and fits(target)) or (tracked and target.requires_grad) or torch_state.is_watched():
        log.because("tensor subclasses, other devices, learned targets, torch.func and torch.compile have no kernel")
        return None
    if not options.plain:
        for x in (options.weight, options.where, options.extra.class_weight):
            if isinstance(x, torch.Tensor) and not (fits(x) and not (tracked and x.requires_grad)):
                log.because("weights that are learned, or not plain tensors where the prediction is, have no kernel")
                return None
        normalizer = options.reduction.normalizer
        if on_gpu and tracked and isinstance(normalizer, torch.Tensor) and normalizer.requires_grad:
            log.because("a learned normalizer has no kernel")
            return None
    differentiated = tracked and prediction.requires_grad
    training = differentiated and operation == "value"
    # float16 is trained with scaled costs: a gradient that is rounded already would have to be computed again
    with_gradient = training and options.reduction.how != "none" and prediction.dtype != torch.float16
    asked = "value_and_gradient" if with_gradient else operation
    if on_gpu:
        from lossary.engine import torch_gpu

        if training:
            recompute = Recompute(calculation, options, operation, () if options.plain else tuple(plans.arrays_among(options)))
            found = torch_gpu.train(calculation, options, prediction, target, recompute)
        else:
            found = torch_gpu.compute(calculation, options, operation, prediction, target)
        if found is None:
            log.because("on a GPU only the cross-entropy of logits has a kernel")
            return None
        log.served(calculation.__name__, operation, prediction, target, "a Triton kernel", "the tensors are on a GPU")
        if training:
            return found
    else:
        found, _ = plans.compute(calculation, backend, options, asked, prediction, target, training=training)
    if found is None:
        return None
    if not differentiated:
        return found if operation == "value_and_gradient" else found[operation != "value"]
    more = () if options.plain else tuple(plans.arrays_among(options))
    recompute = Recompute(calculation, options, operation, more)
    returns = options.extra.returns
    value, gradient = found
    values = value if returns else () if value is None else (value,)
    if with_gradient:
        outputs = _apply_with_gradient(prediction, (target, tuple(values), gradient, recompute))
        return result_type(returns)(*outputs) if returns else outputs[0]
    outputs = _apply_on_demand(prediction, target, (*values, *(() if gradient is None else (gradient,))), recompute)
    if returns:
        outputs = result_type(returns)(*outputs[: len(values)]), *outputs[len(values) :]
    return outputs if operation == "value_and_gradient" else outputs[0]


def _repeat_step(calculation: Calculation, options: Options, prediction: Any, target: Any) -> Any:
    """Return the cost of a step of training that is like one before, or None: as :func:`compute`, in half the Python calls.

    A step on few elements takes 20 µs, in which each call of a Python function counts.
    """
    if (
        type(prediction) not in backend.PLAIN_TYPES
        or type(target) not in backend.PLAIN_TYPES
        or not prediction.requires_grad
        or target.requires_grad
        or not torch.is_grad_enabled()
        or prediction.is_nested
        or target.is_nested
    ):
        return None
    by_kernel = prediction.numel() >= plans.SMALLEST_IN_AUTOGRAD
    plan = calculation.plans.get(
        (options.key, _STEP, by_kernel, prediction.dtype, prediction.shape, target.dtype, target.shape)
    )
    if (
        plan is None
        or not (prediction.is_cpu and target.is_cpu)
        or prediction.layout is not torch.strided
        or target.layout is not torch.strided
        or not (prediction.is_contiguous() and target.is_contiguous())
        or prediction.is_neg()
        or target.is_neg()
        or prediction._is_zerotensor()
        or target._is_zerotensor()
        or torch_state.is_watched()
        or log.enabled()  # the other way tells of the call
    ):
        return None
    found = plan.run(backend, (prediction, target))
    if found is None:
        return None
    value, gradient = found
    returns = options.extra.returns
    outputs = _apply_with_gradient(
        prediction, (target, value if returns else (value,), gradient, _recompute_step(calculation, options))
    )
    return result_type(returns)(*outputs) if returns else outputs[0]


_STEP = "value_and_gradient", True
"""What a step of training asks of a plan."""


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

    def differentiate(self, prediction: Any, target: Any, upstream: tuple[torch.Tensor | None, ...]) -> torch.Tensor:
        """Return the gradient of the outputs by array operations, differentiable where gradients are tracked."""
        tracked = torch.is_grad_enabled()
        with torch.enable_grad():
            x = prediction if tracked else prediction.detach().requires_grad_()
            call = self.calculation.read(self.options, backend, x, target)
            outputs = _flatten(compute_with_arrays(self.calculation, call, self.operation))
            asked = [(y, u) for y, u in zip(outputs, upstream, strict=True) if u is not None and y.requires_grad]
            if not asked:
                return torch.zeros_like(prediction)
            return torch.autograd.grad([y for y, _ in asked], x, [u for _, u in asked], create_graph=tracked)[0]

    def slopes(self, prediction: Any, target: Any, upstream: torch.Tensor) -> torch.Tensor | None:
        """Return the gradient by a kernel, for the upstream gradient of a cost or of each loss; None if no kernel serves.

        In half precision, the product with the upstream gradient is rounded once.
        """
        if self.operation != "value" or not backend.readable(upstream) or torch_state.is_batch(upstream):
            return None
        options, factor = self.options, 1.0
        reduced = options.reduction.how != "none"
        if bool((upstream == 0).any()):  # a product as in all of autograd: 0 times NaN is NaN, unlike for a weight of 0
            wide = prediction.detach().float() if backend.is_half(prediction.dtype) else prediction
            found, _ = plans.compute(self.calculation, backend, options, "gradient", wide, target, training=True)
            call = self.calculation.read(options, backend, prediction, target)
            u = upstream if reduced else call.broadcast_over_components(upstream)
            return None if found is None else times(u, found[1]).to(prediction.dtype)
        if reduced:
            factor = upstream.item()
        else:  # the upstream gradient is one more weight, though it may be negative
            weight = upstream.contiguous() if options.weight is None else options.weight * upstream
            key = None if options.key is None else (options.key, "upstream")
            options = dataclasses.replace(options, plain=False, key=key, weight=weight, check=False)
        found, _ = plans.compute(
            self.calculation, backend, options, "gradient", prediction, target, training=True, factor=factor
        )
        return None if found is None else found[1]


@lru_cache(maxsize=256)
def _recompute_step(calculation: Calculation, options: Options) -> Recompute:
    """Return how to compute a cost again whose options are numbers and words."""
    return Recompute(calculation, options, "value", ())


class GradientFromForward(torch.autograd.Function):
    """A cost, and what a call returns beside it, with a gradient that was computed in the forward pass.

    The values come in a tuple: an input that is returned as it is would be a view of itself, which torch forbids to change.
    """

    @staticmethod
    def forward(ctx: Any, prediction: torch.Tensor, computed: tuple[torch.Tensor, tuple[Any, ...], Any, Recompute]) -> Any:
        """Return the values."""
        target, values, gradient, recompute = computed  # one argument: torch looks at each
        ctx.recompute = recompute
        ctx.save_for_backward(prediction, target, gradient, *recompute.more)  # whose changes torch then notices
        if len(values) > 1:
            mark_outputs(ctx, recompute.options, values)
        return values

    @staticmethod
    def backward(ctx: Any, *upstream: Any) -> Any:
        """Return the gradient times the upstream gradient."""
        prediction, target, gradient, *_ = ctx.saved_tensors
        u, *others = upstream
        # create_graph: the gradient itself is to be differentiable
        if torch.is_grad_enabled() or u is None or (others and any(other is not None for other in others)):
            return ctx.recompute.differentiate(prediction, target, upstream), None
        is_plain = type(u) is torch.Tensor and u.is_cpu and not torch_state.in_transform()
        if not is_plain or torch_state.is_batch(u):
            return times(u, gradient), None
        factor = u.item()
        if factor != 1:
            if backend.is_half(gradient.dtype):
                gradient = ctx.recompute.slopes(prediction, target, u)
            else:
                keep = torch_state.keeps_graph() or factor == 0
                gradient = times(u, gradient) if keep else gradient.mul_(u)
        elif torch_state.keeps_graph():  # the caller may change what is returned
            gradient = gradient.clone()
        return gradient, None


class GradientOnDemand(torch.autograd.Function):
    """Any other outputs: their gradient is computed when it is asked for."""

    @staticmethod
    def forward(
        ctx: Any, prediction: torch.Tensor, target: torch.Tensor, outputs: tuple[Any, ...], recompute: Recompute
    ) -> Any:
        """Return the outputs."""
        ctx.recompute = recompute
        ctx.save_for_backward(prediction, target, *recompute.more)
        mark_outputs(ctx, recompute.options, outputs)
        return outputs

    @staticmethod
    def backward(ctx: Any, *upstream: Any) -> Any:
        """Return the gradient for the upstream gradients."""
        prediction, target, *_ = ctx.saved_tensors
        u, *others = upstream
        by_arrays = torch.is_grad_enabled() or u is None or any(other is not None for other in others)
        slopes = None if by_arrays else ctx.recompute.slopes(prediction, target, u)
        if slopes is None:
            slopes = ctx.recompute.differentiate(prediction, target, upstream)
        return slopes, None, None, None


def _flatten(outputs: Any) -> list[Any]:
    """Return the tensors of nested tuples in a list."""
    return [x for part in outputs for x in _flatten(part)] if isinstance(outputs, tuple) else [outputs]


# without the check for torch.func, which was made before
_apply_with_gradient: Any = super(torch.autograd.Function, GradientFromForward).apply
_apply_on_demand: Any = super(torch.autograd.Function, GradientOnDemand).apply
