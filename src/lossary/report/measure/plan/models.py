"""Which columns of a table hold the predictions of which model, as the user says it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lossary.engine.loss import Loss
from lossary.errors import UsageError
from lossary.names import did_you_mean
from lossary.report.measure.plan.inputs import Predictions, known_columns, named_predictions
from lossary.report.measure.plan.plan import has_components
from lossary.report.measure.plan.select import Names, select
from lossary.report.read.table import Table
from lossary.report.read.text import natural

PART = "{model}"
"""What stands for the name of the model in a pattern of column names."""
MOST_MODELS = 256
_WHOLE_WORDS = re.compile(r"([^,*?]*[\W_])?\*([\W_][^,*?]*)?")
"""A glob of which ``*`` is set apart: what it matches names the models, unless that is a mere number."""


def models_of(loss: Loss, table: Table, prediction: Any, others: Sequence[str]) -> dict[str, Predictions]:
    """Return the predictions of each model, as a score takes them; patterns do not match the ``others``.

    Where a model has one column, a list or a glob of columns names the models. Else a pattern says which part of the names
    is the model, ``"{model}_p_*"``, or each model is named, ``"rf=rf_*,gbm=gbm_*"`` or a mapping.
    """
    if prediction is None:
        raise UsageError(
            f'models are compared by their predictions; name the columns, as in prediction="a,b"; {known_columns(table)}'
        )
    if PART in str(prediction):
        return _by_pattern(loss, table, prediction, others)
    named = named_predictions(prediction) if not _is_column(prediction, table) else None
    if named and not all(name in loss.predictions for name in named):
        return {str(name): value for name, value in named.items()}
    if named:
        raise UsageError(
            f"the predictions of each model are named; got {', '.join(named)} of one; say which part of a name is the model, "
            f'as in prediction="{",".join(f"{name}={PART}_{name}" for name in loss.predictions)}"'
        )
    if len(loss.predictions) > 1:
        raise UsageError(
            f"{loss.__name__} takes several predictions of each model; say which part of a name is the model, as in "
            f'prediction="{",".join(f"{name}={PART}_{name}" for name in loss.predictions)}"'
        )
    selection = select(table, prediction, "prediction", others)
    if has_components(loss, loss.predictions[0]) and not all(table.kinds[name] == "list" for name in selection.columns):
        raise UsageError(
            f"{loss.__name__} takes several columns of each model; say which part of their names is the model, as in "
            f'prediction="{PART}_*", or name each, as in prediction="one=one_*,other=other_*"; {known_columns(table)}'
        )
    names, matched = selection.columns, selection.names or ()
    if _WHOLE_WORDS.fullmatch(selection.text) and not any(re.fullmatch(r"[\d\W]*", name) for name in matched):
        names = matched
    return dict(zip(names, selection.columns, strict=True))


def predictions_of_files(loss: Loss, tables: Sequence[Table], prediction: Predictions) -> list[Predictions]:
    """Return the predictions of each set of data: the same of all, or of as many columns listed as there are sets, one each."""
    listed = prediction.split(",") if isinstance(prediction, str) else prediction
    if isinstance(listed, Mapping) or listed is None or len(loss.predictions) > 1 or has_components(loss, loss.predictions[0]):
        return [prediction] * len(tables)
    columns = [str(name).strip() for name in listed]
    if len(columns) != len(tables):
        return [prediction] * len(tables)
    return list(columns)


def check_models(names: Iterable[str]) -> None:
    """Raise unless there are several models of different names."""
    held = list(names)
    if len(held) < 2:
        raise UsageError(
            f"models are compared with one another, so there are two or more; got {', '.join(held) or 'none'}; name more "
            "columns, or more files"
        )
    if len(held) > MOST_MODELS:
        raise UsageError(f"at most {MOST_MODELS} models are compared; got {len(held):,}; name fewer")
    twice = next((name for name in held if held.count(name) > 1), None)
    if twice is not None:
        raise UsageError(f'each model has a name of its own; got {twice!r} twice; name them, as in names=["one", "two"]')


def short_names(paths: Sequence[str]) -> list[str]:
    """Return names for files: their own without folder and ending, or the whole path where these are the same.

    >>> short_names(["out/a.csv", "out/b.csv"]), short_names(["run1/p.csv", "run2/p.csv"])
    (['a', 'b'], ['run1/p.csv', 'run2/p.csv'])
    """
    names = [re.sub(r"(?<=.)\.[^.]*$", "", path.rpartition("/")[2]) for path in paths]
    if len(set(names)) == len(names):
        return names
    return list(paths) if len(set(paths)) == len(paths) else [f"model {k + 1}" for k in range(len(paths))]


def renamed(names: Sequence[str], wanted: Any) -> list[str]:
    """Return the names of the models: those that are wanted, if any."""
    if wanted is None:
        return list(names)
    held = [name.strip() for name in wanted.split(",")] if isinstance(wanted, str) else [str(name) for name in wanted]
    if len(held) != len(names):
        raise UsageError(f"there is a name for each of the {len(names)} models ({', '.join(names[:8])}); got {len(held)} names")
    return held


def place_of(name: Any, names: Sequence[str], columns: Sequence[Any]) -> int:
    """Return the place of a model by its name or the column of its predictions."""
    for known in (names, columns):
        if name in known:
            return list(known).index(name)
    raise UsageError(f"there is no model {name!r}; the models are {', '.join(names[:12])}{did_you_mean(str(name), names)}")


def _by_pattern(loss: Loss, table: Table, prediction: Any, others: Sequence[str]) -> dict[str, Predictions]:
    """Return the predictions of each model that a pattern with ``{model}`` finds."""
    patterns = named_predictions(prediction) or {"": prediction}
    every = [item for names in patterns.values() for item in _items(names)]
    found = list[list[str]]()
    for pattern in every:
        if pattern.count(PART) != 1:
            raise UsageError(f'a pattern names the model once, as in prediction="{PART}_p_*"; got {pattern!r}')
        words = {PART: "(?P<model>.+?)", "*": ".*", "?": "."}
        parts = re.split(r"(\{model\}|[*?])", pattern)
        expression = re.compile("".join(words.get(part, re.escape(part)) for part in parts), re.DOTALL)
        matches = (expression.fullmatch(name) for name in table.kinds if name not in others)
        found.append(sorted({match["model"] for match in matches if match}, key=natural))
        if not found[-1]:
            raise UsageError(f"{table.path} has no column like {pattern!r} for the prediction; {known_columns(table)}")
    names = [name for name in found[0] if all(name in more for more in found)]
    alone = next((name for more in found for name in more if name not in names), None)
    if alone is not None:
        raise UsageError(f"every pattern finds the same models; model {alone!r} has no column for one of {', '.join(every)}")

    def of(name: str) -> Predictions:
        filled: dict[str, Names] = {
            key: [item.replace(PART, name) for item in _items(value)] for key, value in patterns.items()
        }
        only = filled.get("", [])
        return filled if "" not in filled else only[0] if len(only) == 1 else only

    return {name: of(name) for name in names}


def _items(names: Any) -> list[str]:
    return [item.strip() for item in (names.split(",") if isinstance(names, str) else list(names))]


def _is_column(prediction: Any, table: Table) -> bool:
    return isinstance(prediction, str) and prediction in table.kinds
