"""A column of probabilities for each of two classes, as one prediction of a binary loss: that of the second class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from lossary.engine.loss import Loss
from lossary.errors import UsageError
from lossary.report.findings import TWO_COLUMNS, Finding
from lossary.report.measure.plan.plan import class_numbers, is_single, shape_of
from lossary.report.measure.plan.select import Selection

_FALSE_TRUE = ("false", "true")


def takes_both(loss: Loss, selection: Selection) -> bool:
    """Return whether two columns are predictions of a loss of one probability."""
    is_binary = shape_of(loss) == "number" and is_single(loss) and "probabilities" in loss.properties.given
    return is_binary and selection.role == "prediction" and selection.several and selection.width == 2


def second_of(selection: Selection, given: str | None, classes: Sequence[str] | None) -> tuple[Selection, str, Finding]:
    """Return the prediction of the second class, the column of the first, and a note that says so.

    Columns are matched to classes by name: those of ``classes``, or 0 and 1, or false and true.
    """
    if given not in (None, "probabilities"):
        raise UsageError(
            f'a column for each of two classes holds probabilities, which sum to 1; got given="{given}" for '
            f"{selection.text!r}; name the column of the event alone"
        )
    ends = [name.casefold() for name in selection.names or ()]
    numbers = class_numbers(ends)
    if classes is not None and len(classes) == 2:
        order = [ends.index(name.casefold()) if name.casefold() in ends else -1 for name in classes]
        names = (classes[0], classes[1])
    elif numbers is not None and sorted(numbers) == [0, 1]:
        order, names = [numbers.index(0), numbers.index(1)], ("0", "1")
    elif sorted(ends) == sorted(_FALSE_TRUE):
        order, names = [ends.index(word) for word in _FALSE_TRUE], ("0", "1")
    else:
        order, names = [-1, -1], ("", "")
    if sorted(order) != [0, 1]:
        one, other = selection.names or ("", "")
        raise UsageError(
            f"two columns of probabilities are matched to the classes by name; {', '.join(selection.columns)} are those of "
            f"{one!r} and {other!r}; name the classes of the target so, that of the event last, as in "
            f'classes="{one},{other}", or name the column of the event alone'
        )
    first, second = (selection.columns[place] for place in order)
    said = f"the probabilities of {names[0]} and {names[1]}, {first!r} and {second!r}, are one prediction: that of {names[1]}"
    return replace(selection, columns=(second,), names=None, width=None), first, TWO_COLUMNS.found(said)
