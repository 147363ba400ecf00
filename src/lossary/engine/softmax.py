"""Losses of a row of classes: Σₖ tₖ f(log pₖ), or Σₖ f(pₖ, tₖ)."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

from lossary.arrays.protocol import ArrayBackend
from lossary.arrays.rows import on_last_axis
from lossary.engine import logit_options
from lossary.engine.call import Call
from lossary.engine.results import result_type
from lossary.engine.softmax_kernels import SoftmaxKernels
from lossary.formula.calls import xmuly
from lossary.formula.expression import symbol
from lossary.formula.stable import WEIGHT


class Softmax(SoftmaxKernels):
    """Row by row: Σₖ tₖ f(log pₖ) over the classes of one axis, f being the definition and p = softmax(logits).

    A definition that takes the target too has the loss Σₖ f(pₖ, tₖ).

    This file has the computation by array operations, the plain twin of the kernels.
    """

    def logits(self, call: Call, order: int = 0) -> Any:
        """Return the shaped logits that the softmax takes, or their derivative in the logits as passed."""
        if not (call.extra.shaped or order):
            return call.prediction
        formula = logit_options.shaping(call.extra.capped, call.extra.tempered, order)
        values = {"logit": call.prediction, "soft_cap": call.extra.soft_cap, "temperature": call.extra.temperature}
        used = {name: value for name, value in values.items() if name in formula.symbols() or name == "logit"}
        return call.backend.evaluate(formula, used, call.prediction)

    def _targets(self, call: Call) -> Any:
        """Return tₖ of every class, after smoothing."""
        backend, (kept, floor), target = call.backend, call.extra.smoothed, call.target
        if not call.extra.dense:
            target = backend.one_hot(target - call.class_sums.first, call.prediction.shape[-1], call.prediction)
        return target * kept + floor if call.extra.smooths else target

    def _coefficients(self, call: Call) -> Any:
        """Return w·tₖ·cₖ for every class, with t after smoothing; w·cₖ where the definition takes t."""
        takes_target = self.formulas.takes_target
        found = call.backend.full(tuple(call.prediction.shape), 1.0, call.prediction) if takes_target else self._targets(call)
        if call.extra.class_weight is not None:
            found = found * on_last_axis(call.extra.class_weight, found.ndim)
        return found if call.weight is None else found * call.weight[..., None]

    def _terms(self, call: Call, coefficient: Any, prediction: Any, order: int) -> Any:
        """Return the coefficient times f, or its derivative, of each class; in terms of log p where logits are passed."""
        given = call.extra.given
        name = "log_probability" if given == "logits" else "prediction"
        formula = xmuly(symbol(WEIGHT), self.formula(given, order))
        values = {WEIGHT: coefficient, name: prediction, **call.parameters}
        if self.formulas.takes_target:
            values["target"] = self._targets(call)
        if prediction.ndim > len(call.sample_shape):  # all classes
            values |= {name: call.parameters[name][..., None] for name in call.parameter_arrays}
        return call.backend.evaluate(formula, values, prediction)

    def weighted_losses(self, call: Call) -> Any:
        backend, extra = call.backend, call.extra
        z = self.logits(call)
        log_p = call.class_sums.log_softmax(z) if extra.given == "logits" else z
        hidden = extra.hidden
        if hidden is not None:  # what weighs nothing has no gradient, but its loss is what its weight is differentiated to
            log_p = backend.xp.where(hidden[..., None], math.nan, log_p)
        weight = self.divisor_weight(call)
        if extra.dense or extra.smooths or call.class_sums.shared or self.formulas.takes_target:
            losses = call.class_sums.total(self._terms(call, self._coefficients(call), log_p, 0))
        else:
            log_p = backend.take(log_p, call.target)
            coefficient = backend.full(tuple(log_p.shape), 1.0, log_p) if weight is None else weight
            losses = self._terms(call, coefficient, log_p, 0)
        if extra.z_lossed:
            log_normalizer = call.class_sums.log_normalizer(z)
            values = {"z_loss": extra.z_loss, "x": log_normalizer} | ({} if weight is None else {"weight": weight})
            formula = _SQUARE if weight is None else xmuly(symbol("weight"), _SQUARE)
            losses = losses + backend.evaluate(formula, values, log_normalizer)
        return losses

    def slopes(self, call: Call, order: int) -> tuple[Any, ...]:
        coefficients, extra = self._coefficients(call), call.extra
        if extra.given != "logits":
            return (self._terms(call, coefficients, call.prediction, order),)
        backend, total = call.backend, call.class_sums.total
        z = self.logits(call)
        log_p = call.class_sums.log_softmax(z)
        p, rest = backend.xp.exp(log_p), -backend.xp.expm1(log_p)  # p and 1 - p, neither by a subtraction that cancels
        first = self._terms(call, coefficients, log_p, 1)
        first_sum = total(first)[..., None]
        # Σₖ sₖ(δⱼₖ - pⱼ) with sₖ = tₖf′(log pₖ), as sⱼ(1 - pⱼ) - pⱼ Σ_{k≠j} sₖ
        slopes = first * rest - p * (first_sum - first)
        pull: Any = 0.0
        if extra.z_lossed:  # the derivative of αw(log Z)² with respect to log Z
            weight = self.divisor_weight(call)
            normalizer = backend.multiply(call.class_sums.log_normalizer(z)[..., None], 2 * extra.z_loss)
            pull = p if weight is None else weight[..., None] * p
            slopes = slopes + _multiplied(backend, pull, normalizer)
        chain = self.logits(call, 1) if extra.shaped else 1.0
        if order == 1:
            return (slopes * chain if extra.shaped else slopes,)
        second = self._terms(call, coefficients, log_p, 2)
        second_sum = total(second)[..., None]
        curvature = second * rest**2 + p**2 * (second_sum - second) - p * rest * first_sum
        if extra.z_lossed:
            curvature = curvature + 2 * extra.z_loss * pull * p + _multiplied(backend, pull * rest, normalizer)
        if extra.shaped:
            curvature = curvature * chain**2
        return (curvature + slopes * self.logits(call, 2) if extra.capped else curvature,)

    def extras(self, call: Call, losses: Any) -> list[Any]:
        """Return what ``returns=`` names for each sample; 0 where a sample is excluded."""
        backend, counted, found = call.backend, call.mask, []
        nothing = self.has_no_weight(call)
        if nothing is not None:
            counted = ~nothing if counted is None else counted & ~nothing
        z = self.logits(call)
        for word in call.extra.returns:
            if word == "token_losses":
                found.append(losses + 0.0)  # no loss of -0.0
                continue
            if word == "log_normalizer":
                values = call.class_sums.log_normalizer(z)
            elif word == "entropy":
                values = call.class_sums.entropy(z)
            else:
                target = call.class_sums.argmax(call.target) if call.extra.dense else call.target
                values = backend.cast((call.class_sums.argmax(z) == target) & ~call.class_sums.is_undefined(z), call.dtype)
            found.append(call.masked(call.nan_where_invalid(values, call.invalid), counted))
        return found

    def extra_slopes(self, call: Call, log_normalizer: Any, entropy: Any) -> Any:
        """Return the gradient of log normalizers and entropies in the logits, for upstream gradients (or None), one a row."""
        z = self.logits(call)
        log_p = call.class_sums.log_softmax(z)
        p, slopes = call.backend.xp.exp(log_p), 0.0
        if log_normalizer is not None:
            slopes = slopes + log_normalizer[..., None] * p
        if entropy is not None:
            # ∂H/∂z = -p (log p + H); p log p is 0 where p is
            p_log_p = call.class_sums.p_log_p(log_p)
            slopes = slopes - entropy[..., None] * (p_log_p - p * call.class_sums.total(p_log_p)[..., None])
        return slopes * self.logits(call, 1) if call.extra.shaped else slopes

    def with_extras(self, call: Call, cost: Any, losses: Any) -> Any:
        names = call.extra.returns
        return result_type(names)(cost, *self.extras(call, losses)) if names else cost

    def to_input_layout(self, call: Call, slopes: Any) -> Any:
        return call.backend.move_axis(slopes, -1, call.extra.axis)

    def has_no_weight(self, call: Call) -> Any:
        nothing, extra, class_weight = super().has_no_weight(call), call.extra, call.extra.class_weight
        smoothed = extra.smooths
        if self.formulas.takes_target or (class_weight is None and (smoothed or not extra.dense)):
            return nothing
        if extra.mass is not None and not smoothed:  # where classes are shared out, each rank has it too
            without = extra.mass == 0
        elif smoothed or extra.dense:
            counted = call.backend.cast(self._coefficients(call) != 0, call.dtype)
            return call.class_sums.total(counted) == 0
        else:
            without = class_weight[call.target] == 0
        return without if nothing is None else nothing | without

    def find_hidden(self, call: Call, nothing: Any) -> Any:
        """Return the rows of weight 0 that have no softmax, whose gradient would be 0·NaN."""
        if call.extra.given != "logits":
            return None
        hidden = nothing & call.class_sums.is_undefined(self.logits(call))
        call.extra = dataclasses.replace(call.extra, hidden=hidden)
        return hidden

    def fill_excluded(self, call: Call, unused: Any) -> None:
        where, classes = call.backend.xp.where, call.extra.classes
        value = {"probabilities": 1 / classes, "log_probabilities": -1.0}.get(call.extra.given or "", 0.0)
        call.prediction = where(unused[..., None], value, call.prediction)
        if call.extra.dense:
            call.target = where(unused[..., None], 0, call.target)
        super().fill_excluded(call, unused)


def _multiplied(backend: ArrayBackend, x: Any, y: Any) -> Any:
    """Return x·y, and 0 where x is 0, whatever y is."""
    return backend.evaluate(_PRODUCT, {"x": x, "y": y}, x)


_PRODUCT = xmuly(symbol("x"), symbol("y"))
_SQUARE = symbol("z_loss") * symbol("x") * symbol("x")
"""In this order: (log Z)² need not be finite where the product is."""
