"""Decide which columns are read, and how."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from lossary.counted import counted, first_few
from lossary.engine.listwise import Listwise
from lossary.engine.loss import Loss
from lossary.errors import UnreadableError, UsageError
from lossary.formula.formulas import ComposedFormulas
from lossary.report.findings import Finding
from lossary.report.measure.plan.bins import Bins, column_of
from lossary.report.measure.plan.both_classes import second_of, takes_both
from lossary.report.measure.plan.inputs import Predictions, columns_of_inputs, single_names
from lossary.report.measure.plan.labels import both_orders, labels_of
from lossary.report.measure.plan.levels import with_levels
from lossary.report.measure.plan.plan import (
    ColumnPlan,
    Parameters,
    has_components,
    is_of_vectors,
    is_single,
    predicts_label,
    shape_of,
)
from lossary.report.measure.plan.roles import Roles
from lossary.report.measure.plan.select import Names, Selection, claimed, is_glob, select
from lossary.report.read.identity import common_family
from lossary.report.read.table import Table
from lossary.report.read.text import natural, parse_number
from lossary.report.read.times import clock_of

MOST_LABELS = 10_000
"""Classes of labels in text; more are a sign that the column holds no labels."""
_SIMPLE = ("number", "bool", "untyped", "text", "date", "time", "duration", "binary", "large_binary", "fixed_size_binary")
"""Prefixes of the kinds of columns (see ``Table.kinds``) that have one value per row, such as ``datetime64[ns]``."""


def make_plan(
    tables: Sequence[Table],
    loss: Loss,
    given: str | None,
    parameters: Parameters,
    target: Names | None,
    prediction: Predictions,
    classes: Sequence[str] | None,
    roles: Roles,
) -> ColumnPlan:
    """Decide from the first table which columns are read and how; raise unless the others have the same."""
    table, weight = tables[0], roles.weight
    if weight is not None:
        table.require(weight, "weight")
        _require_kind(table, weight, "weight", ("number", "untyped", "text"), "one number per row")
    made_of = {name: column_of(name, table.kinds) for name in roles.groups}
    columns = [column for column, _ in made_of.values()]
    keys: dict[str, Sequence[str | None]] = {"group": columns, "id": [roles.id], "cluster": [roles.cluster]}
    keys |= {"run": [roles.run], "slice": roles.slices}
    for role, names in keys.items():
        for name in names:
            _check_key(table, name, role)
    wanted = columns_of_inputs(loss, table, prediction, target)
    if isinstance(target, str) and target not in table.kinds and not is_glob(target) and "," not in target:
        table.require(target, "target")
    clock = None if roles.time is None else clock_of(tables, roles.time, roles.time_zone)
    others = [name for names in ([weight, roles.time], *keys.values()) for name in names if name is not None]
    inputs = _select_inputs(table, loss, wanted, others)
    listed = tuple(c.strip() for c in classes) if classes is not None else None
    if listed is not None and len(set(listed)) < len(listed):
        raise UsageError(f"the names of classes are distinct; got {', '.join(listed)}")
    labels: int | None = None
    complement, said = None, list[Finding]()
    if takes_both(loss, inputs[loss.predictions[0]]):
        for column in inputs[loss.predictions[0]].columns:
            _require_kind(table, column, "prediction", ("number", "untyped", "text"), "a number")
        second, complement, note = second_of(inputs[loss.predictions[0]], given, listed)
        inputs, given, said = {**inputs, loss.predictions[0]: second}, "probabilities", [note]
    if shape_of(loss) == "classes":
        predicted = _numbers(table, inputs["prediction"], loss, "prediction")
        predicted, aligned, listed, labels = _softmax_columns(table, loss, predicted, inputs["target"], listed)
        inputs = {"prediction": predicted, "target": aligned}
    else:
        inputs = {name: _numbers(table, selection, loss, name) for name, selection in inputs.items()}
        _refuse_batches(loss, inputs)
        listed = _all_labels(tables, loss, inputs, listed)
        labels = _binary_labels(table, loss, inputs, listed)
    parameters, inputs = with_levels(loss, parameters, inputs)
    plan = ColumnPlan(loss, given, parameters, inputs, weight, listed, labels, tuple(roles.groups))
    bins = {name: Bins(column, count) for name, (column, count) in made_of.items() if count is not None}
    plan = replace(plan, id=roles.id, cluster=roles.cluster, run=roles.run, time=clock, slices=tuple(roles.slices))
    plan = replace(plan, bins=bins, complement=complement)
    if plan.shape == "components":
        plan.check_widths()
    table.require_unique(plan.columns)
    for other in tables[1:]:
        _check_same(plan, table, other, wanted)
    said += [table.remarks[name] for name in (None, *plan.number_columns) if name in table.remarks]
    return with_families(replace(plan, notes=tuple(said)), tables)


def _select_inputs(table: Table, loss: Loss, wanted: Mapping[str, Names], others: Sequence[str]) -> dict[str, Selection]:
    """Return the columns of each input; raise if two inputs have one in common."""
    found: dict[str, Selection] = {}
    for name, names in wanted.items():
        role = "prediction" if len(loss.predictions) == 1 and name != "target" else name
        rest = single_names(table, [n for other, n in wanted.items() if other not in (name, *found)])
        taken = [column for selection in found.values() for column in selection.columns]
        taken += claimed(table, names, [n for other, n in wanted.items() if other not in (name, *found)])
        found[name] = select(table, names, role, [*taken, *rest, *others])
        for other, selection in found.items():
            both = [column for column in found[name].columns if column in selection.columns and other != name]
            if both:
                raise UsageError(
                    f"{selection.role} and {role} are different columns; got {both[0]!r} for both: scored against itself it "
                    "says nothing"
                )
    return found


def _check_key(table: Table, name: str | None, role: str) -> None:
    """Raise unless a column of ids, clusters or groups exists and has one value per row."""
    if name is None:
        return
    table.require(name, role)
    if not table.kinds[name].startswith(_SIMPLE):
        article = "an" if role == "id" else "a"
        raise UsageError(
            f"{article} {role} is one value per row; {table.path} holds {_spoken(table.kinds[name])} in column {name!r}; "
            "convert it to text, as .astype(str) of pandas does, or name another column"
        )


def _softmax_columns(
    table: Table, loss: Loss, predicted: Selection, wanted: Selection, classes: tuple[str, ...] | None
) -> tuple[Selection, Selection, tuple[str, ...] | None, int | None]:
    """Return the prediction and the target of a loss of classes, the names of the classes, and the number of labels."""
    if predicted.width is None:
        raise UsageError(
            f"{loss.__name__} takes one prediction per class, and {predicted.columns[0]!r} is one column of single numbers; "
            'pass a glob such as prediction="logit_*", a list of columns, or a list column'
            + ('; for two classes and one column, loss="binary_cross_entropy"' if loss.__name__ == "cross_entropy" else "")
        )
    predicted, classes = _in_class_order(predicted, classes)
    if wanted.several or table.kinds[wanted.columns[0]] == "list":
        return predicted, _aligned(_numbers(table, wanted, loss, "target"), predicted), classes, None
    _require_kind(table, wanted.columns[0], "target", ("number", "bool", "untyped", "text"), "one class label per row")
    return predicted, wanted, classes, predicted.width


def _all_labels(
    tables: Sequence[Table], loss: Loss, inputs: Mapping[str, Selection], classes: tuple[str, ...] | None
) -> tuple[str, ...] | None:
    """Return the names of the classes where predictions are labels in text: those of ``classes``, or all that are found.

    Labels that are numbers in the first rows are compared as numbers, and need no names.
    """
    if classes is not None or not predicts_label(loss):
        return classes
    columns = [selection.columns[0] for selection in inputs.values()]
    words = {
        name: [parse_number(word) for word in _first_labels(tables[0], selection.columns[0])]
        for name, selection in inputs.items()
    }
    if all(number is not None for numbers in words.values() for number in numbers):
        refuse_fractions(tables[0], loss, inputs)
        return None
    found: set[str] = set()
    for held in tables:
        for batch in held.batches(columns, 1 << 16):
            found.update(word for name in columns for word in labels_of(batch, name))
            if len(found) > MOST_LABELS:
                raise UsageError(
                    f"labels in text are of at most {MOST_LABELS:,} classes, and {', '.join(map(repr, columns))} hold more; "
                    "compare numbers, or check that these are the columns of labels"
                )
    return tuple(sorted(found, key=natural))


def refuse_fractions(table: Table, loss: Loss, inputs: Mapping[str, Selection]) -> None:
    """Raise where numbers other than whole ones would be compared with labels that are whole: hardly any is equal."""
    columns = [inputs[name].columns[0] for name in (loss.predictions[0], "target")]
    predicted, known = ([parse_number(word) for word in _first_labels(table, column)] for column in columns)
    wrong = [x for x in predicted if x is not None and math.isfinite(x) and not float(x).is_integer()]
    if wrong and all(x is not None and float(x).is_integer() for x in known):
        column = inputs[loss.predictions[0]].text
        raise UsageError(
            f"{loss.__name__} compares labels, and {column!r} holds numbers such as {wrong[0]:g} where the "
            'labels of the target are whole; round them first, or for probabilities pass loss="binary_cross_entropy", whose '
            "report has the accuracy, too"
        )


def _binary_labels(table: Table, loss: Loss, inputs: Mapping[str, Selection], classes: tuple[str, ...] | None) -> int | None:
    """Return the number of classes if those of the target are named, else None."""
    if predicts_label(loss):
        return None if classes is None else len(classes)
    is_binary = shape_of(loss) == "number" and is_single(loss) and "probabilities" in loss.properties.given
    if classes is None:
        if is_binary and table.kinds[inputs["target"].columns[0]] == "text":
            found = _first_labels(table, inputs["target"].columns[0])
            if not all(parse_number(word) in (0, 1) for word in found):
                raise UsageError(
                    f"{loss.__name__} takes 0 and 1 as target, and {inputs['target'].text!r} holds text: {first_few(found)}. "
                    f"{both_orders(found)}"
                )
        return None
    if (
        not is_binary
        and "target" in inputs
        and (allowed := loss.formulas.interval("target", None)).low == 0
        and allowed.high == 1
    ):
        raise UsageError(
            f"classes are those of a loss of probabilities, and {loss.__name__} is of raw scores; write 0 and 1 into the target"
        )
    if not is_binary:
        raise UsageError(f"classes names the classes of a target, and {loss.__name__} has none; leave it out")
    if len(classes) != 2:
        found = _first_labels(table, inputs["target"].columns[0])
        raise UsageError(f"{loss.__name__} has two classes; got {', '.join(classes)}. {both_orders(found)}")
    return 2


def _first_labels(table: Table, column: str) -> tuple[str, ...]:
    """Return the distinct labels of the first rows."""
    batch = next(table.batches([column], 1 << 12), None)
    return () if batch is None else labels_of(batch, column)


def _require_kind(table: Table, column: str, role: str, kinds: Sequence[str], what: str) -> None:
    if (kind := table.kinds[column]) not in kinds:
        raise UsageError(f"a {role} is {what}; {table.path} holds {_spoken(kind)} in column {column!r}; convert it first")


def _spoken(kind: str) -> str:
    return {"bool": "booleans", "list": "lists", "number": "numbers"}.get(kind, kind)


def _refuse_batches(loss: Loss, inputs: Mapping[str, Selection]) -> None:
    """Raise where a loss of a whole batch, such as of all times and events, would take each row as a batch of its own."""
    if isinstance(loss, Listwise):
        single = [selection.text for selection in inputs.values() if selection.width != 0]
        if single:
            raise UsageError(
                f"{loss.__name__} is a loss of lists of items, and {single[0]!r} has one number a row; name the column that "
                'says which list an item is in, as in query="query_id", or name list columns'
            )
        return
    formulas = loss.formulas
    if not (isinstance(formulas, ComposedFormulas) and formulas.has_signature):
        return
    if all(formulas.axes.values()) and all(selection.width is None for selection in inputs.values()):
        raise UsageError(
            f"{loss.__name__} is of the numbers of a row, and {', '.join(inputs)} are each one column of single numbers; name "
            "list columns, or several columns; if all rows make up one sample, call the loss on arrays"
        )


def _numbers(table: Table, selection: Selection, loss: Loss, name: str) -> Selection:
    """Return the selection with its width; raise unless its columns hold numbers."""
    role = selection.role
    if is_of_vectors(loss) and selection.several and all(table.kinds[column] == "list" for column in selection.columns):
        return replace(selection, width=0, lists=True)
    if not selection.several and table.kinds[selection.columns[0]] == "list":
        selection = replace(selection, width=0)
    else:
        allowed = [
            "number",
            "untyped",
            "text",
            *(["bool"] if predicts_label(loss) or name not in loss.predictions or "target" not in loss.inputs else []),
        ]
        for column in selection.columns:
            _require_kind(table, column, role, allowed, "a number" + (" or a list of numbers" if not selection.several else ""))
    if selection.width is not None and not has_components(loss, name):
        columns = f"{counted(selection.width, 'column')}: {', '.join(selection.columns[:6])}"
        what = "a list column" if selection.width == 0 else columns
        remedy = f'name it, as in {role}="{selection.columns[0]}"' if selection.width == 1 else "score one column at a time"
        raise UsageError(
            f"{loss.__name__} takes one {role} per row, and {selection.text!r} is {what}; {remedy}"
            + {
                "binary_cross_entropy": '; for classes, loss="cross_entropy"',
                "zero_one": '; of columns of classes, loss="cross_entropy" reports the accuracy, too',
                "quantile": '; for quantiles of several levels, loss="quantiles"',
            }.get(loss.__name__, "")
        )
    return selection


def _in_class_order(prediction: Selection, classes: tuple[str, ...] | None) -> tuple[Selection, tuple[str, ...] | None]:
    """Return the prediction with its columns in the order of the classes, and the names of the classes."""
    names = prediction.names
    if names is None:
        return (prediction if classes is None else replace(prediction, width=len(classes))), classes
    if len(names) == 1:
        raise UsageError(
            f"{prediction.text!r} matches a single column, {prediction.columns[0]!r}; there is one column per class"
        )
    if classes is None:
        return prediction, names
    if len(classes) != len(names):
        raise UsageError(
            f"there is one class per prediction column; got {len(classes)} classes ({', '.join(classes)}) and {len(names)} "
            f"columns ({', '.join(prediction.columns)})"
        )
    found = {name: _column_of(name, names) for name in classes}
    unknown = [name for name, place in found.items() if place is None]
    if len(unknown) == len(names):
        return prediction, classes
    order = [place for place in found.values() if place is not None]
    if unknown or len(set(order)) < len(names):
        raise UsageError(
            f"classes match the prediction columns by name, all or none; {', '.join(sorted(unknown or classes))} match none "
            f"of {', '.join(prediction.columns)}, or not one each"
        )
    return replace(prediction, columns=tuple(prediction.columns[i] for i in order), names=classes), classes


def _column_of(name: str, names: Sequence[str]) -> int | None:
    """Return the place of the only name that equals a name, or that does without regard to case; None if there is none."""
    if name in names:
        return names.index(name)
    alike = [k for k, other in enumerate(names) if other.casefold() == name.casefold()]
    return alike[0] if len(alike) == 1 else None


def _aligned(target: Selection, prediction: Selection) -> Selection:
    """Return the target with its columns in the order of the prediction's, if both name the classes."""
    if target.width and prediction.width and target.width != prediction.width:
        raise UsageError(
            f"target and prediction have the same classes; got {target.width} target and {prediction.width} prediction columns"
        )
    if target.names is None:
        return replace(target, width=prediction.width)
    if prediction.names is None:
        return target
    if set(target.names) != set(prediction.names):
        if not (is_glob(target.text) or is_glob(prediction.text)):
            return target  # listed one by one: taken in the order given
        raise UsageError(
            f"target and prediction have the same classes; the target has {', '.join(target.names)}, the prediction "
            f"{', '.join(prediction.names)}"
        )
    order = [target.names.index(name) for name in prediction.names]
    return replace(target, columns=tuple(target.columns[i] for i in order), names=prediction.names)


def _check_same(plan: ColumnPlan, first: Table, table: Table, wanted: Mapping[str, Names]) -> None:
    """Raise if the columns of a file differ from those of the first."""
    for name in plan.columns:
        if name not in table.kinds:
            raise UnreadableError(
                f"{table.path} has no column {name!r}, and {first.path} has; files scored together have the same columns"
            )
        one, other = first.kinds[name], table.kinds[name]
        if name not in plan.number_columns:
            continue  # ids, clusters and groups may have different types
        if (name in first.remarks) != (name in table.remarks):
            sided = (first, table) if name in first.remarks else (table, first)
            raise UnreadableError(
                f"column {name!r} is written in percent in {sided[0].path} and not in {sided[1].path}; files scored together "
                "have columns of the same unit"
            )
        if one != other and "untyped" not in (one, other):
            raise UnreadableError(
                f"column {name!r} holds {_spoken(other)} in {table.path} and {_spoken(one)} in {first.path}; files scored "
                "together have columns of the same types"
            )
    table.require_unique(plan.columns)
    for name, selection in plan.inputs.items():
        if selection.several:
            keys = [
                plan.weight,
                plan.id,
                plan.cluster,
                plan.run,
                None if plan.time is None else plan.time.column,
                *map(plan.column_of, plan.groups),
            ]
            others = [key for key in keys if key is not None]
            others += [column for other, s in plan.inputs.items() if other != name for column in s.columns]
            extra = set(select(table, wanted[name], selection.role, others).columns) - set(selection.columns)
            if extra:
                raise UnreadableError(
                    f"{selection.text!r} also matches {', '.join(sorted(extra, key=natural))} in {table.path}, which "
                    f"{first.path} lacks; files scored together have the same columns"
                )


def with_families(plan: ColumnPlan, tables: Sequence[Table], others: Sequence[Table] = ()) -> ColumnPlan:
    """Return the plan with the families in which identities are compared; ``others`` share the ids."""
    found = dict.fromkeys(plan.bins, "number")
    single = [(plan.cluster, "cluster"), (plan.run, "run"), (plan.id, "id")]
    several = [(name, "group") for name in (*plan.groups, *plan.slices) if name not in plan.bins]
    for name, role in [*several, *single]:
        if name is not None:
            held = [*tables, *(others if role == "id" else ())]
            found[name] = common_family(role, ((table.path, name, table.kinds[name]) for table in held))
    return replace(plan, families=found)
