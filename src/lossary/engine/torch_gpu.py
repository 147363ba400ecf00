"""Cross-entropy of torch tensors on a graphics processor: value and gradient by one kernel."""

from __future__ import annotations

from typing import Any

import torch

from lossary.arrays import torch as backend
from lossary.engine.logit_options import result
from lossary.engine.softmax import Softmax


def answer(loss: Any, request: Any, operation: str, prediction: torch.Tensor, target: torch.Tensor) -> tuple[Any, Any] | None:
    """The value and the gradient, of which None is the one that nobody asked for; None where no kernel serves."""
    if operation == "curvature" or not isinstance(loss, Softmax) or not loss.is_cross_entropy:
        return None
    call = loss.read(request, backend, prediction.detach(), target)
    own, reduction = call.own, call.reduction
    computed = torch.float64 if prediction.dtype == torch.float64 else torch.float32
    if own["given"] != "logits" or backend.kind(prediction) != "float" or call.dtype != computed:
        return None
    from lossary.kernels.gpu import cross_entropy

    moved, where = call.prediction.movedim(own["axis"], -1), call.mask
    z = moved.reshape(-1, own["classes"])
    if own["class_weight"] is not None:
        call.own = own = {**own, "class_weight": own["class_weight"].to(computed)}
    loss.load_target(call)
    if where is not None and call.mask is not where:
        call.mask = call.mask & where
    if call.weight is not None:
        call.weight = call.weight.to(computed)
    divisor = None
    if reduction.how != "none":
        divisor = reduction.divisor(backend, call.sample_shape, loss._divisor_weight(call), call.mask)
    loss.settle_problems(call, call.check)
    weight = call.weight
    if call.check and weight is not None:
        weight = torch.where((weight < 0) | (weight == torch.inf), torch.nan, weight)
    if call.invalid is not None:  # nothing can be raised here, so such a sample becomes NaN
        weight = torch.where(call.invalid, torch.nan, 1.0 if weight is None else weight)
    kept, floor = own["smoothed"]
    found = cross_entropy.rows(
        z if z.stride(1) == 1 else z.contiguous(),
        call.target.reshape(z.shape).contiguous() if own["dense"] else call.target.reshape(-1),
        weight=None if weight is None else weight.reshape(-1),
        where=None if call.mask is None else call.mask.reshape(-1),
        class_weight=own["class_weight"],
        kept=kept,
        floor=floor,
        z_loss=own["z_loss"],
        soft_cap=own["soft_cap"],
        temperature=own["temperature"],
        share=1.0 if divisor is None else reduction.share(backend, divisor),
        slopes=(slopes := torch.empty(z.shape, dtype=call.given_dtype, device=z.device) if operation != "value" else None),
        losses=operation != "gradient",
        log_normalizers="log_normalizer" in own["returns"],
        entropies="entropy" in own["returns"],
        correct="accuracy" in own["returns"],
    )
    gradient = None if slopes is None else slopes.reshape(moved.shape).movedim(-1, own["axis"])
    if found.losses is None:
        return None, gradient
    extras: dict[str, Any] = dict(zip(("token_losses", *EXTRAS), found, strict=True))
    losses = found.losses.reshape(call.sample_shape)
    if reduction.how == "none":
        value = losses.to(call.stored_dtype)
    else:
        value = backend.scalar(reduction.finished(backend, backend.total(losses), divisor), computed)
    if own["returns"]:
        value = result(own["returns"])(value, *(extras[name].reshape(call.sample_shape).clone() for name in own["returns"]))
    return value, gradient


EXTRAS = ("log_normalizer", "entropy", "accuracy")
"""What a kernel finds of each row beside its loss, in its order."""
