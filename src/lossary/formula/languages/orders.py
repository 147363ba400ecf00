"""Names of derivatives."""

from __future__ import annotations

ORDERS = {"value": 0, "gradient": 1, "curvature": 2}


def order_of(what: str) -> int:
    """Return how many derivatives a name such as "gradient" stands for."""
    if what not in ORDERS:
        raise ValueError(f"what to write is one of {', '.join(map(repr, ORDERS))}; got {what!r}")
    return ORDERS[what]
