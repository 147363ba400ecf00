"""How the losses of the rows of a batch are computed: of each anchor's similarities with all candidates."""

from __future__ import annotations

from importlib import import_module
from typing import Any, NamedTuple, Protocol

from lossary.batch_losses.side import Side
from lossary.linear_losses import linear_cross_entropy


class Found(NamedTuple):
    """Σwℓ of the rows, and its gradients."""

    cost: Any
    rows: Any
    columns: Any
    bias: Any


class RowLosses(Protocol):
    """The losses of rows of similarities."""

    def losses(self, side: Side) -> Any:
        """Return the loss of each row, differentiable in torch and JAX."""

    def cost(self, side: Side, weight: Any) -> Any:
        """Return Σwℓ of the rows, differentiable in torch and JAX; without weights (None) all are 1."""

    def cost_and_gradients(self, side: Side, weight: Any) -> Found:
        """Return Σwℓ and its gradients, of arrays that no library differentiates."""


class CrossEntropyRows:
    """The cross-entropy of each row, whose class is the candidate that belongs to the anchor."""

    def losses(self, side: Side) -> Any:
        """Return the loss of each row."""
        if not side.columns.shape[0]:  # an empty batch: no anchors either
            return side.rows.sum(-1)
        return linear_cross_entropy(side.rows, side.columns, side.place, **self._options(side, "none"))

    def cost(self, side: Side, weight: Any) -> Any:
        """Return Σwℓ of the rows."""
        if not side.columns.shape[0]:
            return side.rows.sum() + side.columns.sum()
        if getattr(weight, "requires_grad", False):
            return (weight * self.losses(side)).sum()
        return linear_cross_entropy(side.rows, side.columns, side.place, sample_weight=weight, **self._options(side, "sum"))

    def cost_and_gradients(self, side: Side, weight: Any) -> Found:
        """Return Σwℓ and its gradients."""
        if not side.columns.shape[0]:
            return Found(side.rows.sum(), side.rows, side.columns, None)
        options = {"sample_weight": weight, **self._options(side, "sum")}
        cost, found = linear_cross_entropy.value_and_gradient(side.rows, side.columns, side.place, **options)
        return Found(cost, found.hidden, found.weight, None)

    @staticmethod
    def _options(side: Side, reduction: str) -> dict[str, Any]:
        return {"reduction": reduction, "chunk": side.chunk or "auto"}


class SimilarityRows:
    """A formula of each row's similarities and of their relations, by name a prediction and a target."""

    def __init__(self, loss: Any) -> None:
        self.loss = loss

    def losses(self, side: Side) -> Any:
        """Return the loss of each row; torch has all similarities in memory, where they are differentiated."""
        return import_module(f"lossary.batch_losses.on_{side.backend.name}").losses_by_blocks(self.of_block, side)

    def cost(self, side: Side, weight: Any) -> Any:
        """Return Σwℓ of the rows."""
        if side.backend.name == "torch":
            return import_module("lossary.batch_losses.on_torch").cost_by_blocks(self, side, weight)
        losses = self.losses(side)
        return side.backend.total(losses if weight is None else side.backend.xp.where(weight == 0, 0, weight * losses))

    def of_block(self, side: Side, block: Any) -> Any:
        """Return the losses of some rows."""
        similarities = side.similarities(side.rows[block])
        return self.loss(similarities, side.relations(block), reduction="none", check=False, **side.parameters)

    def cost_and_gradients(self, side: Side, weight: Any) -> Found:
        """Return Σwℓ and its gradients, block after block."""
        backend, cost, bias = side.backend, 0.0, None if side.bias is None else 0.0
        parts, columns = [], backend.zeros(tuple(side.columns.shape), side.columns.dtype, side.columns)
        for block in side.blocks():
            rows = side.rows[block]
            options = {"weight": None if weight is None else weight[block], "reduction": "sum", "check": False}
            more, slopes = self.loss.value_and_gradient(
                side.similarities(rows), side.relations(block), **options, **side.parameters
            )
            cost = cost + backend.total(more)
            parts.append(slopes @ side.columns)
            columns += slopes.T @ rows
            if bias is not None:
                bias = bias + backend.total(slopes)
        return Found(cost, backend.concatenate(parts, 0) if parts else side.rows, columns, bias)
