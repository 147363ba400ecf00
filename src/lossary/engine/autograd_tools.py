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


is_batch: Any = torch._C._functorch.is_legacy_batchedtensor
"""Whether an upstream gradient stands for a batch of them (``torch.autograd.grad(…, is_grads_batched=True)``)."""
keeps_graph: Any = getattr(torch._C._autograd, "_get_current_graph_task_keep_graph", lambda: True)
"""Whether the graph that is being run backward may be run again."""
