"""Losses of rows of logits with labels as one function of NumPy arrays."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from lossary.engine.array_plan import Weights, as_array
from lossary.formula.expression import Expression
from lossary.formula.languages.python import compiled_together

_SUMMED_ONE_BY_ONE = 1024
"""Classes up to which a row is added up without pairs, which is faster: its error is still below 64 roundings."""
_NARROW = 32
"""Classes up to which float32 is computed in float64, relative to the label: fewer words, but twice the bytes (measured)."""


@lru_cache(maxsize=64)
def _starts(rows: int, classes: int) -> np.ndarray:
    """Return where each row starts."""
    return np.arange(rows) * classes


class SoftmaxArrays:
    """Value and gradient of Σₖ cₖ f(log pₖ) with c from labels, weights of classes and, if f is -log p, smoothing."""

    needs_finite = True

    def __init__(
        self,
        formulas: tuple[Expression, Expression],
        parameters: Mapping[str, Any],
        classes: int,
        smoothed: tuple[float, float],
        ignored: int | None,
        with_slope: bool,
        checked: bool,
        dtype: np.dtype,
    ) -> None:
        self._classes, self._ignored, self._with_slope, self._checked = classes, ignored, with_slope, checked
        self._narrow = classes <= _NARROW and dtype == np.float32
        self.buffers = 0 if with_slope or self._narrow else 1
        self._dtype, self._one = dtype, np.array(1, dtype)
        self._kept, self._floor = smoothed
        self._numbers = tuple(parameters.values())
        self._term = compiled_together(formulas, "numpy", ("log_probability", *parameters), frozenset(parameters))

    def read(self, target: np.ndarray, weights: Weights) -> tuple[np.ndarray, Weights, np.ndarray | None] | None:
        """Return labels that are indices, the weights of rows, and those that a mean divides by."""
        weight, mask, class_weight = weights
        labels = target.astype(np.int64, copy=False)
        if self._ignored is not None:
            counted = labels != self._ignored
            mask = counted if mask is None else mask & counted
        if mask is not None:
            labels = np.where(mask, labels, 0)
            weight = mask.astype(self._dtype) if weight is None else np.where(mask, weight, 0)
        if self._checked and weight is not None and not _are_weights(weight):
            return None
        summed = weight
        if class_weight is not None:
            if not self._are_indices(labels) or not _are_weights(class_weight):
                return None
            per_label = class_weight[labels]
            summed = per_label if weight is None else weight * per_label
        return labels, Weights(weight, mask, class_weight), summed

    def _are_indices(self, labels: np.ndarray) -> bool:
        # a negative label is a huge number
        return not labels.size or bool(np.maximum.reduce(labels.view(np.uint64), None) < self._classes)

    def compute(
        self,
        prediction: np.ndarray,
        target: np.ndarray,
        weights: Weights,
        share: float,
        buffers: Sequence[Any],
        losses: np.ndarray | None,
        slopes: np.ndarray | None,
    ) -> tuple[Any, Any] | None:
        """Return losses and slopes, or None if a label is none."""
        weight, _, class_weight = weights
        z, smooth = prediction.reshape(-1, self._classes), self._floor != 0
        labels = target.reshape(-1).astype(np.int64, copy=False)
        if not self._are_indices(labels):
            return None
        # exponents are relative to a base, one class of each row; the error of e^(z - base) is |z - base| roundings. In float64
        # the label will do, up to z - base = 700, which overflows and is left to array operations; in float32 it is the top
        starts, narrow = _starts(len(z), self._classes), self._narrow
        label_at = starts + labels
        base_at = label_at if narrow else starts + z.argmax(-1)
        if narrow:
            e = z.astype(np.float64)
            np.subtract(e, e.reshape(-1)[base_at][:, None], e)
        else:
            e = np.subtract(z, z.reshape(-1)[base_at][:, None], slopes if self._with_slope else buffers[0])
        flat = e.reshape(-1)
        at_label = 0.0 if narrow else flat[label_at]
        spread = None if not smooth else e.sum(-1) if class_weight is None else e @ class_weight
        np.exp(e, e)
        flat[base_at] = 0
        others = np.einsum("ij->i", e) if self._classes <= _SUMMED_ONE_BY_ONE else e.sum(-1)
        log_rest = np.log1p(others)  # log Σ e^(z - base)
        log_p = at_label - log_rest
        found, slope = self._term(log_p, *self._numbers)
        per_label = None if class_weight is None else class_weight[labels]
        if spread is not None:
            # Σₖ cₖ(log_rest - zₖ + base), where all terms are positive
            kept = self._kept if per_label is None else self._kept * per_label
            total = kept + self._floor * (self._classes if class_weight is None else float(class_weight.sum()))
            found = total * log_rest - (kept * at_label + self._floor * spread)
        elif per_label is not None:
            weight = per_label if weight is None else weight.reshape(-1) * per_label
        found = as_array(log_p, found)
        if weight is not None:
            weight = weight.reshape(-1)
            found = found * weight
        found = found.reshape(target.shape)
        if not self._with_slope:
            return found, None
        flat[base_at] = 1
        e_label = self._one if narrow else flat[label_at]
        whole = others + self._one
        # (1 - p)·whole of the label, which does not cancel: where the label is the base, e is 1 there
        rest = others if narrow else others + (self._one - e_label)
        if spread is None:
            per_whole = slope * (share if weight is None else share * weight) / whole
            np.multiply(e, np.negative(per_whole)[:, None], e)
            flat[label_at] = per_whole * rest
        else:
            floor = self._floor if class_weight is None else self._floor * class_weight
            label = kept + (self._floor if per_label is None else self._floor * per_label)
            np.multiply(e, (total / whole)[:, None], e)
            np.subtract(e, floor, e)
            flat[label_at] = (e_label * (total - label) - label * rest) / whole
            np.multiply(e, share if weight is None else (share * weight)[:, None], e)
        if narrow:
            e = e.astype(self._dtype) if slopes is None else _copied(slopes, e)
        return found, e.reshape(prediction.shape)


def _copied(to: np.ndarray, x: np.ndarray) -> np.ndarray:
    np.copyto(to, x, "same_kind")
    return to


def _are_weights(x: np.ndarray) -> bool:
    return bool(((x >= 0) & (x < math.inf)).all())
