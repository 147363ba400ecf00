"""One direction of a batch: the similarities of its anchors with all candidates, a row an anchor, block after block."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

BUDGET = 64 << 20
"""Bytes of a block of similarities together with all other arrays of its size. A block has at least one row."""
_COPIES = 4


@dataclass(frozen=True)
class Side:
    """Anchors, and the candidates that each of them is compared with."""

    backend: Any
    rows: Any
    """The anchors of this rank, divided by the temperature: (anchors, components)."""
    columns: Any
    """The candidates, of all ranks: (candidates, components)."""
    place: Any
    """For each anchor, the index of the candidate that belongs to it, or that is the anchor itself."""
    labels: tuple[Any, Any] | None = None
    """The labels of anchors and candidates, or None where only the candidate in its place belongs to an anchor."""
    bias: Any = None
    """What is added to all similarities, or None."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """The parameters of the formula of a row."""
    chunk: int | None = None
    """The number of rows of a block, or None to choose it by the memory of a block."""

    def blocks(self) -> Iterator[slice]:
        """Yield the rows of each block, of about equal size."""
        count = self.rows.shape[0]
        size = self.chunk or max(1, BUDGET // (_COPIES * self.rows.dtype.itemsize * max(1, self.columns.shape[0])))
        blocks = -(-count // size)
        return (slice(count * i // blocks, count * (i + 1) // blocks) for i in range(blocks))

    def similarities(self, rows: Any) -> Any:
        """Return the similarities of some anchors with all candidates."""
        products = rows @ self.columns.T
        return products if self.bias is None else products + self.bias

    def relations(self, block: Any) -> Any:
        """Return what the candidates are to some anchors: 1 where they belong together, 0 where not, -1 the anchor itself."""
        backend = self.backend
        own = backend.arange(self.columns.shape[0], self.columns) == self.place[block][:, None]
        if self.labels is None:
            return backend.cast(own, backend.xp.int8)
        anchors, candidates = self.labels
        alike = backend.cast(anchors[block][:, None] == candidates, backend.xp.int8)
        return backend.xp.where(own, -1, alike)
