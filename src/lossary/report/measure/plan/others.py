"""Read which other losses are of the same predictions, and in which form each takes them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from lossary.engine.decorators import PROBABILITIES
from lossary.engine.loss import Loss
from lossary.errors import UsageError, short_repr
from lossary.losses.find import find_loss
from lossary.report.measure.plan.checks import all_parameters, try_options
from lossary.report.measure.plan.figures import loss_of
from lossary.report.measure.plan.make_plan import refuse_fractions
from lossary.report.measure.plan.plan import (
    ColumnPlan,
    OtherLoss,
    has_components,
    is_single,
    predicts_label,
    shape_of,
)
from lossary.report.read.table import Table

if TYPE_CHECKING:
    from lossary.engine.calls import Loss as AnyLoss

_IN_UNIT_OF_TARGET = (None, "probabilities", "mean")


def prediction_form(loss: Loss, given: str | None) -> str | None:
    """Return the form in which a loss takes its prediction, in the words of ``given``; None for numbers like the target."""
    if loss.properties.given:
        return given or next(iter(loss.properties.given))
    if shape_of(loss) == "classes":
        return "logits"
    if not is_single(loss):
        return None
    prediction, target = (loss.formulas.interval(name, None) for name in (loss.predictions[0], "target"))
    if (prediction.low, prediction.high) == (0, 1):
        return "probabilities"
    of_two = (target.low, target.high) == (0, 1) or loss.formulas.whole_types.get("target") is bool
    return "logits" if of_two else None


def other_losses(also: str | AnyLoss | Sequence[str | AnyLoss] | None, given: str | None, main: Loss) -> list[OtherLoss]:
    """Return other losses of the same predictions, written as in ``mae,huber:delta=2,bce:given=probabilities``."""
    items = also.split(",") if isinstance(also, str) else [also] if isinstance(also, Loss) else also or ()
    if not isinstance(items, Iterable):
        raise UsageError(f"other losses are a list of losses or their names; got {short_repr(also)}")
    found = []
    for item in items:
        if isinstance(item, str) and not item.strip():
            continue
        loss, own, own_given = _parse_other(item) if isinstance(item, str) else (find_loss(item), {}, None)
        of_decisions = predicts_label(loss) and _decides(main, given)
        if not of_decisions:
            _require_same_inputs(loss, main)
        own = all_parameters(loss, own)
        choice = own_given or (given if given in loss.properties.given else None)
        try_options(loss, own, choice)
        form = choice or next(iter(loss.properties.given), None)
        found.append(OtherLoss(loss, own, form, shape_of(loss), said=choice, of_decisions=of_decisions))
    return found


def _decides(loss: Loss, given: str | None) -> bool:
    """Return whether each row's prediction is in favour of one class: one of two, or the largest of several."""
    return shape_of(loss) in ("number", "classes") and prediction_form(loss, given) in PROBABILITIES


def _require_same_inputs(loss: Loss, main: Loss) -> None:
    """Raise unless a row is the same to two losses."""
    if shape_of(loss) != shape_of(main):
        what = {"number": "one number per row", "classes": "one number per class", "components": "rows of numbers"}
        takes, other = (what[shape_of(one)] for one in (loss, main))
    elif loss.inputs != main.inputs or any(bool(has_components(loss, x)) != bool(has_components(main, x)) for x in loss.inputs):
        takes, other = (", ".join(one.inputs) for one in (loss, main))
    else:
        return
    raise UsageError(
        f"other losses are of the same predictions; {loss.__name__} takes {takes}, and {main.__name__} {other}; "
        "score it on its own"
    )


def _parse_other(text: str) -> tuple[Loss, dict[str, float | str], str | None]:
    """Return the loss, the parameters and the ``given`` of a text such as ``huber:delta=2``."""
    file, mark, rest = text.rpartition(".py:")  # the name of a user's own loss follows a colon, too
    name, *pairs = (part.strip() for part in rest.split(":"))
    parameters, given = dict[str, float | str](), None
    loss = find_loss(file + mark + loss_of(name))
    for pair in pairs:
        key, equals, value = (part.strip() for part in pair.partition("="))
        if key == "given" and equals:
            given = value
            continue
        if key in loss.choices:
            parameters[key] = loss.word_of(key, value)
            continue
        try:
            parameters[key] = float(value)
        except ValueError:
            raise UsageError(
                "another loss is written as name or name:parameter=number, as in huber:delta=2 or "
                f"bce:given=probabilities; got {text!r}"
            ) from None
    return loss, parameters, given


def with_plan(others: Sequence[OtherLoss], plan: ColumnPlan, table: Table) -> list[OtherLoss]:
    """Return other losses with the levels and the like of the main loss, as they are facts about the columns.

    Raise for those that would take the predictions for something else than the main loss does, such as logits for means.
    """
    parameters, found = plan.parameters, list[OtherLoss]()
    for other in others:
        _require_same_form(other, plan, table)
        shared = {name: parameters[name] for name in other.loss.formulas.arrays if name in parameters}
        found.append(replace(other, parameters={**other.parameters, **shared}))
    return found


def _require_same_form(other: OtherLoss, plan: ColumnPlan, table: Table) -> None:
    """Raise unless another loss takes the predictions for what they are."""
    loss, name = other.loss, other.loss.__name__
    if other.of_decisions:
        if plan.shape == "classes" and plan.labels is None:
            raise UsageError(
                f"{name} compares the predicted class with a label, and here the target is a distribution over classes; "
                "leave it out"
            )
        return
    if plan.has_named_labels and not predicts_label(loss):
        raise UsageError(f"other losses are of the same predictions; {name} takes numbers, and these are labels; leave it out")
    if predicts_label(loss) and not plan.predicts_label:
        refuse_fractions(table, loss, plan.inputs)
    ours, theirs = prediction_form(plan.loss, plan.given), prediction_form(loss, other.given)
    if other.said or ours == theirs or (ours in _IN_UNIT_OF_TARGET and theirs in _IN_UNIT_OF_TARGET):
        return
    unit = next((form for form in plan.loss.properties.given if form in _IN_UNIT_OF_TARGET), None)
    if loss.properties.given:  # first the forms that those of the main loss suggest
        known = sorted(loss.properties.given, key=lambda form: (form in _IN_UNIT_OF_TARGET) != (ours in _IN_UNIT_OF_TARGET))
        remedy = "say what they are, as in " + " or ".join(f'also="{name}:given={form}"' for form in known[:2])
    elif theirs is None and unit is not None:
        remedy = f'write {_SPOKEN[unit]} into the column and pass given="{unit}", or leave {name} out'
    else:
        remedy = f"score it on its own, with a column of {_spoken(loss, theirs)}"
    raise UsageError(
        f"other losses are of the same predictions, which are {_spoken(plan.loss, ours)} to {plan.loss.__name__} and "
        f"{_spoken(loss, theirs)} to {name}; {remedy}"
    )


_SPOKEN = {"log": "logarithms of means", "mean": "means", "probabilities": "probabilities"}


def _spoken(loss: Loss, form: str | None) -> str:
    """Return in words what predictions are to a loss."""
    if form is None:
        return "numbers in the unit of the target"
    return _SPOKEN.get(form, form.replace("_", " ")) if loss.properties.given or form != "logits" else "raw scores"
