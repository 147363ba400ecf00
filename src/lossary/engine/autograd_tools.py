"""What autograd functions of losses share."""

from __future__ import annotations

from typing import Any

import torch

from lossary.engine.call import Options


def mark_outputs(ctx: Any, options: Options, outputs: tuple[torch.Tensor, ...]) -> None:
    """Mark outputs that have no derivative, and have missing upstream gradients passed as None."""
    returns = options.extra.returns
    if returns:
        ctx.set_materialize_grads(False)
        ctx.mark_non_differentiable(*(outputs[1 + i] for i, name in enumerate(returns) if name == "accuracy"))
