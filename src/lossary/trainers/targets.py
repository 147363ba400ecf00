"""What the target of a loss is beside its prediction, for training systems that hand both over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from lossary.counted import first_few
from lossary.errors import short_repr

if TYPE_CHECKING:
    from lossary.engine.calls import Loss
else:
    from lossary.engine.loss import Loss


class Target(NamedTuple):
    """The form of a target."""

    by_class: bool
    """Whether class indexes may stand for rows over classes, which are the last axis."""
    axes: int
    """How many last axes of the target make up one sample, if it is no class index."""
    fewer: int
    """How many axes fewer than the prediction it then has."""
    whole: bool
    """Whether it holds whole numbers, as of an integer dtype."""


def refuse_other_inputs(loss: Any, system: str, *, several: bool = False) -> None:
    """Raise unless a loss takes a prediction (or ``several``) and a target."""
    if not isinstance(loss, Loss):
        got = f"{type(loss).__name__} {loss.__name__}" if hasattr(loss, "__name__") else short_repr(loss)
        raise TypeError(f"{system} takes a loss, such as lossary.huber; got {got}")
    if loss.inputs != (*loss.predictions, "target") or (len(loss.predictions) > 1 and not several):
        takes = "predictions" if several else "one prediction"
        raise TypeError(
            f"{system} takes a loss of {takes} and a target; {loss.__name__} is one of {', '.join(loss.inputs)}; call it in a "
            "function of your own"
        )


def read_targets(where: str, target: Any) -> Any:
    """Return targets or labels as a NumPy array; raise ValueError if one is missing.

    Those of nullable and Arrow-backed types, and numbers and booleans in arrays of objects, get NumPy's type for them:
    scikit-learn makes 0.0 and 1.0 of nullable booleans, and takes no objects but text. NaN among floats is left to its checks.
    """
    found = np.asarray(target)
    if found.ndim == 0:  # a sparse matrix or no array at all, which scikit-learn refuses
        return target
    missing = np.ravel(np.ma.getmaskarray(target)) if isinstance(target, np.ma.MaskedArray) else np.zeros(found.size, bool)
    if found.dtype == object:
        missing |= [is_missing(x) for x in found.ravel().tolist()]
    if missing.any():
        first = int(np.argmax(missing))
        shown = repr(found.flat[first]) if found.dtype == object else "masked"
        such = f" ({missing.sum()} such)" if missing.sum() > 1 else ""
        raise ValueError(f"{where}: each sample has a target; got {shown} at index {first}{such}; leave such samples out")
    if found.dtype == object:
        typed = np.array(found.tolist())
        if typed.dtype.kind in "biuf" and typed.tolist() == found.tolist():
            return typed
    return found


def is_missing(x: Any) -> bool:
    """Return whether an object stands for a missing value: None, NaN, NaT, or NA of pandas, which equals nothing."""
    return x is None or type(x).__name__ == "NAType" or (not isinstance(x, np.ndarray) and bool(x != x))


def class_indexes(labels: Any, classes: Any) -> Any:
    """Return the place of each label among the classes of training, which may be in any order."""
    labels, classes = read_targets("labels", labels), np.asarray(classes)
    unknown = set(np.unique(labels).tolist()) - set(classes.tolist())
    if unknown:
        known, others = (first_few([repr(label) for label in x]) for x in (classes.tolist(), sorted(unknown, key=str)))
        raise ValueError(
            f"labels are those of training, {known}; got {others}; leave such samples out, or train on samples of all classes, "
            "as StratifiedKFold chooses them"
        )
    order = np.argsort(classes)
    return order[np.searchsorted(classes, labels, sorter=order)]


def target_of(loss: Any) -> Target:
    """Return the form of the target of a loss of a prediction and a target; TypeError for a sum whose terms differ in it."""
    if loss.kind == "sum":
        found = {target_of(term) for term, _ in loss.terms}
        if len(found) > 1:
            raise TypeError(
                f"losses that are added here have the same samples and the same form of the target; those of {loss.__name__} "
                "have not; add their costs in a function of your own"
            )
        return found.pop()
    axes = {"pointwise": 0, "composed": len(loss.formulas.axes.get("target", ()))}.get(loss.kind, 1)
    fewer = len(loss.formulas.axes[loss.predictions[0]]) - axes if loss.kind == "composed" else 0
    return Target("ignore_index" in loss.extra_options, axes, fewer, loss.formulas.whole_types.get("target") is int)
