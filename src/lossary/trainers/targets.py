"""What the target of a loss is beside its prediction, for training systems that hand both over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

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


def refuse_other_inputs(loss: Any, system: str) -> None:
    """Raise unless a loss takes a prediction and a target."""
    if isinstance(loss, Loss) and len(loss.predictions) == 1 and loss.inputs == (*loss.predictions, "target"):
        return
    takes = f" ({', '.join(loss.inputs)})" if isinstance(loss, Loss) else "; pass a loss itself, such as lossary.huber"
    name = getattr(loss, "__name__", loss)
    raise TypeError(f"a loss in {system} is one of a prediction and a target; got {name}{takes}")


def target_of(loss: Any) -> Target:
    """Return the form of the target of a loss of a prediction and a target; TypeError for a sum whose terms differ in it."""
    if loss.kind == "sum":
        found = {target_of(term) for term, _ in loss.terms}
        if len(found) > 1:
            raise TypeError(
                f"{loss.__name__}: losses that are added here have the same samples and the same form of the target"
            )
        return found.pop()
    axes = {"pointwise": 0, "composed": len(loss.formulas.axes.get("target", ()))}.get(loss.kind, 1)
    fewer = len(loss.formulas.axes[loss.predictions[0]]) - axes if loss.kind == "composed" else 0
    return Target("ignore_index" in loss.extra_options, axes, fewer, loss.formulas.whole_types.get("target") is int)
