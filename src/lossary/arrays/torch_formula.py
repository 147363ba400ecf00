"""Formulas of torch tensors as autograd functions, differentiable to any order in both modes; so is the softmax."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import torch
from torch.autograd import forward_ad

from lossary.arrays import torch_state
from lossary.arrays.rows import from_top, others_of_softmax
from lossary.arrays.samples import by_stages
from lossary.formula.component_words import COMPONENT_WORDS, has_component_words
from lossary.formula.derivative import derivative
from lossary.formula.expression import Expression, apply, symbol
from lossary.formula.languages.python import compiled


@cache
def _function(formula: Expression, names: tuple[str, ...], scalars: frozenset[str]) -> Any:
    """A formula as an autograd function whose derivatives are again such functions, derived when first needed."""
    forward_formula = compiled(formula, "torch", names, scalars)

    def pulled(u: torch.Tensor | None, inputs: list[Any], position: int) -> torch.Tensor | None:
        """A tangent or cotangent times the slope in one input; None for 0."""
        slope = derivative(formula, names[position])
        if u is None or slope.is_zero:  # 0 also if u is infinite
            return None
        used = (
            slope.symbols()
        )  # what it does not depend on must not give it a tangent of 0, which counts beside an infinite one
        return times(u, evaluate(slope, {name: x for name, x in zip(names, inputs, strict=True) if name in used}))

    class Formula(torch.autograd.Function):
        generate_vmap_rule = True

        @staticmethod
        def forward(*inputs: Any) -> torch.Tensor:
            like = _widest(inputs)
            result = forward_formula(*inputs)
            if not isinstance(result, torch.Tensor):
                return torch.full_like(like, result)
            result = result.to(like.dtype)
            if any(result is x for x in inputs):  # a formula may be one of its symbols
                return result.clone()
            return result if result.shape == like.shape else result.expand(like.shape).clone()

        @staticmethod
        def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
            tensors = [x for x in inputs if isinstance(x, torch.Tensor)]
            ctx.save_for_backward(*tensors)
            ctx.save_for_forward(*tensors)
            ctx.numbers = [None if isinstance(x, torch.Tensor) else x for x in inputs]
            ctx.set_materialize_grads(False)  # an input without a tangent is left out: its slope may be infinite

        @staticmethod
        def backward(ctx: Any, *cotangents: torch.Tensor | None) -> Any:
            (cotangent,) = cotangents
            inputs = _inputs(ctx, ctx.saved_tensors)  # once: non-reentrant checkpoints refuse to be unpacked again
            found = [pulled(cotangent if needed else None, inputs, i) for i, needed in enumerate(ctx.needs_input_grad)]
            return tuple(None if u is None else u.sum_to_size(x.shape) for u, x in zip(found, inputs, strict=True))

        @staticmethod
        @_forward_rule
        def jvp(ctx: Any, saved: list[torch.Tensor], *tangents: torch.Tensor | None) -> Any:
            inputs = _inputs(ctx, saved)
            parts = [t for i, tangent in enumerate(tangents) if (t := pulled(tangent, inputs, i)) is not None]
            like = _widest(inputs)
            result = sum(parts[1:], parts[0]) if parts else torch.zeros_like(like)
            return result if result.shape == like.shape else result.expand(like.shape)

    return Formula.apply


def _widest(inputs: Sequence[Any]) -> torch.Tensor:
    """The tensor among the inputs that has the most axes, whose shape the result has."""
    return max((x for x in inputs if isinstance(x, torch.Tensor)), key=lambda x: x.ndim)


def _inputs(ctx: Any, saved: Sequence[torch.Tensor]) -> list[Any]:
    tensors = iter(saved)
    return [next(tensors) if number is None else number for number in ctx.numbers]


def times(u: torch.Tensor, slope: Any) -> torch.Tensor:
    """A tangent or cotangent times a slope; 0 times an infinite slope is 0."""
    return u * (slope.masked_fill((u == 0) & slope.isinf(), 0.0) if isinstance(slope, torch.Tensor) else slope)


def _forward_rule(rule: Callable[..., Any]) -> Callable[..., Any]:
    """A rule of forward mode that may itself be differentiated in forward mode.

    torch switches that mode off within such a rule, which would make all derivatives of second order 0. Switched on again, what
    was saved still carries the tangents that the rule is about; those of outer derivatives stay when these are taken off.
    """

    @functools.wraps(rule)
    def jvp(ctx: Any, *tangents: torch.Tensor | None) -> Any:
        if any(x is not None and torch_state.is_vmapped(x) for x in (*ctx.saved_tensors, *tangents)):
            # within vmap, tangents cannot be taken off
            if torch_state.count_forward_transforms() > 1:
                raise NotImplementedError(
                    "forward mode over forward mode of a function that calls torch.func.vmap has no second derivatives here; "
                    "put vmap outside, or use torch.func.jacrev for one of the two"
                )
            return rule(ctx, ctx.saved_tensors, *tangents)
        with torch_state.enable_forward_mode():
            primals = [forward_ad.unpack_dual(x).primal for x in ctx.saved_tensors]
            return rule(ctx, primals, *(None if t is None else forward_ad.unpack_dual(t).primal for t in tangents))

    return jvp


def evaluate(formula: Expression, values: Mapping[str, Any], like: torch.Tensor | None = None) -> Any:
    if like is not None and has_component_words(formula):
        return by_stages(formula, values, like, evaluate, reduced)
    scalars = frozenset(name for name, value in values.items() if not isinstance(value, torch.Tensor))
    function = _function if len(scalars) < len(values) else _number  # numbers alone make a number
    return function(formula, tuple(values), scalars)(*values.values())


def _number(formula: Expression, names: tuple[str, ...], scalars: frozenset[str]) -> Any:
    return compiled(formula, "torch", names, scalars)


@cache
def _reduction(word: str) -> Any:
    """A word over components as an autograd function whose derivatives are formulas of x and the whole."""
    x, whole = symbol("x"), symbol("whole")
    row = COMPONENT_WORDS[word]
    forward_formula, slope = compiled(apply(word, x), "torch", ("x",)), row.slope(x, whole)

    def slopes(x: torch.Tensor, whole: torch.Tensor) -> torch.Tensor:
        result: torch.Tensor = evaluate(slope, {"x": x, "whole": whole}, x)
        return result

    class Reduction(torch.autograd.Function):
        generate_vmap_rule = True

        @staticmethod
        def forward(x: torch.Tensor) -> torch.Tensor:
            if not x.shape[-1]:
                return x.new_full((*x.shape[:-1], 1), row.empty)
            result: torch.Tensor = forward_formula(x).to(x.dtype)
            return result

        @staticmethod
        def setup_context(ctx: Any, inputs: tuple[Any, ...], output: torch.Tensor) -> None:
            ctx.save_for_backward(*inputs, output)
            ctx.save_for_forward(*inputs, output)

        @staticmethod
        def backward(ctx: Any, *cotangents: torch.Tensor) -> torch.Tensor:
            return cotangents[0] * slopes(*ctx.saved_tensors)

        @staticmethod
        @_forward_rule
        def jvp(ctx: Any, saved: list[torch.Tensor], tangent: torch.Tensor) -> torch.Tensor:
            return (tangent * slopes(*saved)).sum(-1, keepdim=True)

    return Reduction.apply


def reduced(word: str, x: torch.Tensor) -> torch.Tensor:
    """Return a word over the components of samples."""
    if word == "total":
        return x.sum(-1, keepdim=True)
    if word == "count":
        return x.new_full((), x.shape[-1])
    result: torch.Tensor = _reduction(word)(x)
    return result


class _LogSoftmax(torch.autograd.Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(z: torch.Tensor) -> torch.Tensor:
        top, others = max_and_rest(z)
        # log Σ e^z = max + log1p(Σ of the others): the loss of a confident row keeps its digits instead of becoming 0
        return from_top(torch, z, top) - torch.log1p(others)[..., None]

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: torch.Tensor) -> None:
        ctx.save_for_backward(output)
        ctx.save_for_forward(output)

    @staticmethod
    def backward(ctx: Any, *cotangents: torch.Tensor) -> torch.Tensor:
        (log_p,) = ctx.saved_tensors
        u = cotangents[0]
        # u - p Σu, arranged as u (1 - p) - p (Σu - u): no p - 1 that cancels for a confident row
        return u * -torch.expm1(log_p) - torch.exp(log_p) * (u.sum(-1, keepdim=True) - u)

    @staticmethod
    @_forward_rule
    def jvp(ctx: Any, saved: list[torch.Tensor], tangent: torch.Tensor) -> torch.Tensor:
        (log_p,) = saved
        spread = torch.exp(log_p) * tangent
        return tangent * -torch.expm1(log_p) - (spread.sum(-1, keepdim=True) - spread)


class _LogNormalizer(torch.autograd.Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(z: torch.Tensor) -> torch.Tensor:
        top, others = max_and_rest(z)
        return top + torch.log1p(others)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: torch.Tensor) -> None:
        ctx.save_for_backward(*inputs)
        ctx.save_for_forward(*inputs)

    @staticmethod
    def backward(ctx: Any, *cotangents: torch.Tensor) -> torch.Tensor:
        p = torch.exp(log_softmax(*ctx.saved_tensors))
        return torch.where(p == 0, 0, p * cotangents[0][..., None])  # 0·∞ = 0, where log Z is infinite

    @staticmethod
    @_forward_rule
    def jvp(ctx: Any, saved: list[torch.Tensor], tangent: torch.Tensor) -> torch.Tensor:
        p = torch.exp(log_softmax(*saved))
        return torch.where(p == 0, 0, p * tangent).sum(-1)


def log_softmax(z: torch.Tensor) -> torch.Tensor:
    result: torch.Tensor = _LogSoftmax.apply(z)
    return result


def log_normalizer(z: torch.Tensor) -> torch.Tensor:
    result: torch.Tensor = _LogNormalizer.apply(z)
    return result


def max_and_rest(z: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    top, place = z.max(-1)
    others = from_top(torch, z, top).exp().scatter(-1, place[..., None], 0.0).sum(-1)
    return top, others_of_softmax(torch, top, others)
