"""Which columns the inputs of a loss are read from, as the user says it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lossary.engine.listwise import Listwise
from lossary.engine.loss import Loss
from lossary.errors import UsageError, nearest, short_repr
from lossary.report.measure.plan.plan import RELEVANCE
from lossary.report.measure.plan.select import Names, is_glob
from lossary.report.read.table import Table

Predictions = Names | Mapping[str, Names] | None
"""The columns of the predictions: of the only one, or of each by its name."""


def columns_of_inputs(loss: Loss, table: Table, prediction: Predictions, target: Names | None) -> dict[str, Names]:
    """Return the columns of each input, in the order of the loss; raise unless there are some for each.

    A prediction that is left out is read from the column of its name.
    """
    found = dict(_by_name(loss, table, prediction))
    takes = [name for name in loss.inputs if name != "target"]
    if isinstance(loss, Listwise):  # the group of an item is the row of its list
        takes = [loss.predictions[0], RELEVANCE]
        found |= {} if target is None else {RELEVANCE: target}
        target = None
    for name in found:
        if name not in takes:
            remedy = '; the target is named as target="y"' if name == "target" else nearest(str(name), takes, "it has")
            raise UsageError(f"{loss.__name__} has no prediction {name!r}{remedy}; {known_columns(table)}")
    missing = [name for name in takes if name not in found]
    if missing and len(takes) == 1:
        raise UsageError(f'{loss.__name__} takes a prediction; name its column, as in prediction="p"; {known_columns(table)}')
    unknown = [name for name in missing if name not in table.kinds]
    if unknown:
        raise UsageError(
            f"{loss.__name__} takes {', '.join(takes)}, and {table.path} has no column "
            f'{" or ".join(map(repr, unknown))}; name the columns, as in prediction="'
            f'{",".join(f"{name}=COLUMN" for name in unknown)}"{nearest(unknown[0], table.kinds, "it has")}'
        )
    wanted: dict[str, Names] = {name: found.get(name, name) for name in takes}
    if "target" not in loss.inputs:
        if target is not None:
            raise UsageError(f'{loss.__name__} has no target, it takes {", ".join(loss.inputs)}; leave out target="{target}"')
        return wanted
    if target is None:
        raise UsageError(f'{loss.__name__} takes a target; name its column, as in target="y"; {known_columns(table)}')
    return {**wanted, "target": target}


def _by_name(loss: Loss, table: Table, prediction: Predictions) -> Mapping[str, Names]:
    """Return what was said of the predictions, by their names."""
    only = loss.predictions[0] if len(loss.predictions) == 1 else None
    is_column = only is not None and isinstance(prediction, str) and prediction in table.kinds
    named = None if is_column else _as_mapping(prediction)
    if named is not None and (only is None or isinstance(prediction, Mapping) or only in named or prediction is None):
        return named
    if only is not None and prediction is not None and not isinstance(prediction, Mapping):
        return {only: prediction}
    each = ",".join(f"{name}=COLUMN" for name in loss.predictions)
    raise UsageError(
        f"{loss.__name__} takes several predictions, {', '.join(loss.predictions)}; say which column each is, as in "
        f'prediction="{each}" (or a mapping); got {short_repr(prediction)}; {known_columns(table)}'
    )


def _pairs(text: str) -> dict[str, Names] | None:
    """Return the names and columns of ``mean=mu,variance=s2``, or None if a text does not begin so.

    What has no name follows the one before, as in ``anchor=a_1,a_2,other=b_*``.
    """
    found: dict[str, Names] = {}
    name = None
    for item in text.split(","):
        before, equals, column = item.partition("=")
        if equals:
            name = before.strip()
            if name in found:
                raise UsageError(f"a prediction is named once; got {name!r} twice in {text!r}")
            found[name] = column.strip()
        elif name is None:
            return None
        else:
            found[name] = f"{found[name]},{item.strip()}"
    return found


def known_columns(table: Table) -> str:
    """Return in words which columns a table has."""
    names = list(table.kinds)
    return f"{table.path} has the columns {', '.join(names[:12])}" + (f", … ({len(names)} in all)" if len(names) > 12 else "")


def prediction_of_b(loss: Loss, a: Predictions, b: Predictions) -> Predictions:
    """Return B's predictions: those of A, but for what is named for B."""
    own = None if len(loss.predictions) == 1 else _as_mapping(b)
    return b or a if own is None else {**(_as_mapping(a) or {}), **own}


def named_predictions(prediction: Any) -> Mapping[str, Any] | None:
    """Return what was said by name, in a mapping or as ``mean=mu,variance=s2``; None if nothing was named."""
    return prediction if isinstance(prediction, Mapping) else _pairs(prediction) if isinstance(prediction, str) else None


def _as_mapping(prediction: Predictions) -> Mapping[str, Names] | None:
    """Return what was said of predictions by name, or None if they were not named."""
    if prediction is None or isinstance(prediction, Mapping):
        return prediction or {}
    return _pairs(prediction) if isinstance(prediction, str) else None


def single_names(table: Table, wanted: Sequence[Names]) -> list[str]:
    """Return the columns that are named one by one, which globs do not match."""
    items: list[Any] = [item for names in wanted for item in (names.split(",") if isinstance(names, str) else names)]
    whole = [names for names in wanted if isinstance(names, str) and names in table.kinds]
    return [*whole, *(item for item in items if isinstance(item, str) and item in table.kinds and not is_glob(item))]
