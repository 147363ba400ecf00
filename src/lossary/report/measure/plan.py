"""Which columns of a file are meant, and what their rows say: predictions, targets and weights, with all that is wrong."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from lossary.engine.decorators import PROBABILITIES
from lossary.engine.loss import Loss
from lossary.errors import UnreadableError, UsageError, nearest
from lossary.report.measure.checks import told
from lossary.report.read.identity import common_family
from lossary.report.read.table import LARGEST_EXACT, NULL_WORDS, Batch, Table, parse_number

Names = str | Sequence[str]


@dataclass(frozen=True)
class Selection:
    """The columns of the prediction or of the target."""

    role: str
    text: str
    """As the user wrote it."""
    columns: tuple[str, ...]
    names: tuple[str, ...] | None
    """What tells several columns apart: what a glob's ``*`` matched, or what listed names end in; None for one column."""
    width: int | None = None
    """How many numbers a row has; None if it has one."""

    @property
    def several(self) -> bool:
        """Whether there is more than one column, or could be."""
        return self.names is not None


def select(table: Table, wanted: Names, role: str, others: Sequence[str]) -> Selection:
    """The columns that a name, a glob or a list of these means; ``others`` are columns that a glob does not match."""
    if isinstance(wanted, str) and wanted in table.kinds:
        return Selection(role, wanted, (wanted,), None)
    given: Any = wanted.split(",") if isinstance(wanted, str) else wanted
    items = list(given) if isinstance(given, Iterable) and not isinstance(given, (bytes, Mapping)) else [given]
    if not items or not all(isinstance(item, str) for item in items):
        raise UsageError(
            f"the {role} is a column name, a glob such as 'logit_*' or a list of these; got {told(wanted)}; name columns of "
            "the data, or pass data=None with arrays"
        )
    items = [item.strip() for item in items]
    text, found = ",".join(items), list[tuple[str, str]]()
    shared = _shared_beginning([item for item in items if item in table.kinds])
    for item in items:
        if item in table.kinds:
            found.append((item, item.removeprefix(shared)))
        elif any(c in item for c in "*?"):
            found += _glob(table, item, role, others)
        else:
            table.require(item, role)
    columns = tuple(column for column, _ in found)
    twice = next((c for c in columns if columns.count(c) > 1), None)
    if twice is not None:
        raise UsageError(f"the columns of the {role} differ from one another; {text!r} names {twice!r} twice")
    if len(items) == len(columns) == 1 and not _is_glob(items[0]):
        return Selection(role, text, columns, None)
    return Selection(role, text, columns, tuple(name for _, name in found), len(columns))


def _is_glob(item: str) -> bool:
    return "*" in item or "?" in item


def _glob(table: Table, pattern: str, role: str, others: Sequence[str]) -> list[tuple[str, str]]:
    expression = re.compile("".join({"*": "(.*)", "?": "(.)"}.get(c, re.escape(c)) for c in pattern), re.DOTALL)
    matches = [(name, match) for name in table.kinds if name and name not in others and (match := expression.fullmatch(name))]
    if not matches:
        near = nearest(pattern.replace("*", "").replace("?", ""), table.kinds, "it has")
        raise UsageError(f"{table.path} has no column like {pattern!r} for the {role}{near}")
    return sorted(((name, "".join(match.groups())) for name, match in matches), key=lambda pair: natural(pair[0]))


def _shared_beginning(names: Sequence[str]) -> str:
    """What listed names have in common, as the fixed part of a glob would: up to a separator, or to where a number begins."""
    if len(names) < 2:
        return ""
    same = [len(set(letters)) == 1 for letters in zip(*names, strict=False)]
    shared = names[0][: [*same, False].index(False)]
    bare = shared.rstrip("0123456789")
    if all(name.removeprefix(bare).isdecimal() for name in names):
        return bare
    return "".join(re.findall(r"^.*[^0-9A-Za-z]", shared))


def natural(name: str) -> list[tuple[int, int, str]]:
    """A sorting key under which ``logit_2`` comes before ``logit_10``."""
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in re.split(r"(\d+)", name) if part]


@dataclass(frozen=True)
class Plan:
    """How the rows of every file are read."""

    loss: Loss
    given: str | None
    parameters: Mapping[str, float]
    prediction: Selection
    target: Selection
    weight: str | None
    classes: tuple[str, ...] | None
    """The names of the classes in order, where labels are mapped by name."""
    labels: int | None
    """The number of classes where the target is a label; None where it is a number or a distribution; 0 if not known yet."""
    groups: tuple[str, ...] = ()
    """Columns by whose values the loss is broken down."""
    id: str | None = None
    """The column that tells rows apart."""
    cluster: str | None = None
    """The column whose values rows share that depend on one another."""
    families: Mapping[str, str] = field(default_factory=dict)
    """The types of values that the columns of ids, clusters and groups are compared in; see ``identity.py``."""
    scale: int = 0
    """Weights are divided by 2 to this power as they are read."""
    order: tuple[int, ...] | None = None
    """The place in the columns of each class, where classes are wanted in another order."""

    @property
    def described(self) -> dict[str, Any]:
        """The columns by their roles, as they were asked for."""
        group = list(self.groups) or None
        found = {"target": self.target.text, "prediction": self.prediction.text, "weight": self.weight}
        return {**found, "group": group, "id": self.id, "cluster": self.cluster}

    @property
    def given_as(self) -> str | None:
        """What predictions are, also where that is the default; None where there is no choice."""
        return self.given or next(iter(self.loss.properties.given), None)

    @property
    def is_binary(self) -> bool:
        """Whether the prediction is the probability of one event, in some form."""
        given = self.loss.properties.given
        return self.loss.kind == "pointwise" and "probabilities" in given and self.given_as in PROBABILITIES

    @property
    def is_regression(self) -> bool:
        """Whether prediction and target are numbers of the same kind."""
        return self.loss.kind == "pointwise" and not self.loss.properties.given

    @property
    def least_confidence(self) -> float:
        """The least probability that the predicted class can be given, but for many classes, where it is 0."""
        return 0.5 if len(self.class_names) == 2 else 0.0

    @property
    def class_names(self) -> list[str]:
        """What each class is called."""
        if self.is_binary:
            return list(self.classes or ("0", "1"))
        names = list(self.classes or map(str, range(self.prediction.width or 0)))
        return names if self.order is None else [names[place] for place in self.order]

    @property
    def options(self) -> dict[str, Any]:
        """What the loss is called with."""
        return {**self.parameters, **({"given": self.given} if self.given else {})}

    @property
    def columns(self) -> list[str]:
        """Every column needed, once."""
        single = [name for name in (self.weight, self.id, self.cluster) if name is not None]
        return list(dict.fromkeys([*self.prediction.columns, *self.target.columns, *single, *self.groups]))

    @property
    def read_as_numbers(self) -> list[str]:
        """The columns of predictions, targets and weights."""
        return [*self.prediction.columns, *self.target_columns]

    @property
    def target_columns(self) -> list[str]:
        """The columns needed to know target and weight."""
        return list(dict.fromkeys([*self.target.columns, *([] if self.weight is None else [self.weight])]))

    def with_width(self, batch: Batch) -> Plan:
        """The same, once the first rows have shown how long the lists are."""
        plan = self
        for role in ("prediction", "target"):
            selection: Selection = getattr(plan, role)
            if selection.width == 0 and (width := batch.columns[selection.columns[0]].width()):
                if width > MOST_CLASSES:
                    raise UnreadableError(
                        f"a row of a list column has at most {MOST_CLASSES:,} numbers; column {selection.columns[0]!r} has "
                        f"{width:,}; check that the file is not damaged"
                    )
                plan = replace(plan, **{role: replace(selection, width=width)})  # type: ignore[arg-type]
        if plan.labels == 0 and plan.prediction.width:
            plan = replace(plan, labels=plan.prediction.width)
        return plan

    def in_order_of(self, first: Plan) -> Plan:
        """The same, with the classes in the order of another plan, which has the same classes by name.

        Names that are whole numbers are compared as numbers: the class of ``p_01`` is that of ``p_1``.
        """
        if self.loss.kind != "softmax":  # of a binary loss, both files are told the same names
            return self
        ours, theirs = self.class_names, first.class_names
        if not (ours and theirs):  # lists without a single row
            return self
        numbers = class_numbers(ours), class_numbers(theirs)
        if numbers[0] is not None and numbers[1] is not None:
            ours, theirs = [*map(str, numbers[0])], [*map(str, numbers[1])]
        if set(ours) != set(theirs):
            alone = {"A": [c for c in theirs if c not in ours], "B": [c for c in ours if c not in theirs]}
            told = "; ".join(f"only {side} has {_few(names)}" for side, names in alone.items() if names)
            raise UsageError(
                f"A and B predict the same classes, which are matched by name; {told}; name both alike by --classes in the "
                "order of their columns, or give the side that lacks a class a column of probability 0 for it"
            )
        return self if ours == theirs else replace(self, order=tuple(ours.index(name) for name in theirs))


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:8]) + (f", … ({len(names)})" if len(names) > 8 else "")


MOST_CLASSES = 1 << 20
"""Numbers in a row; more are a sign of damage, or of a column that holds something else."""
_SIMPLE = ("number", "bool", "untyped", "text", "date", "time", "duration", "binary", "large_binary", "fixed_size_binary")
"""How the kinds of columns begin, as ``Table.kinds`` has them, whose rows are one value each: ``datetime64[ns]``, say."""


def make_plan(
    table: Table,
    loss: Loss,
    given: str | None,
    parameters: Mapping[str, float],
    target: Names,
    prediction: Names,
    weight: str | None,
    classes: Sequence[str] | None,
    groups: Sequence[str] = (),
    id: str | None = None,
    cluster: str | None = None,
) -> Plan:
    """Decide from the first file which columns are read and how."""
    if weight is not None:
        table.require(weight, "weight")
        _require_kind(table, weight, "weight", ("number", "untyped", "text"), "one number a row")
    for name, role in [*((group, "group") for group in groups), (id, "id"), (cluster, "cluster")]:
        if name is not None:
            table.require(name, role)
            if not table.kinds[name].startswith(_SIMPLE):
                held = _spoken(table.kinds[name])
                article = "an" if role == "id" else "a"
                raise UsageError(
                    f"{article} {role} is one value a row; {table.path} holds {held} in column {name!r}; convert it to text, "
                    "as .astype(str) of pandas does, or name another column"
                )
    if isinstance(target, str) and target not in table.kinds and not _is_glob(target) and "," not in target:
        table.require(target, "target")
    fixed = [name for name in (target, weight, id, cluster, *groups) if isinstance(name, str) and name in table.kinds]
    predicted = select(table, prediction, "prediction", fixed)
    others = [name for name in (weight, id, cluster, *groups) if name is not None]
    wanted = select(table, target, "target", [*predicted.columns, *others])
    both = [column for column in wanted.columns if column in predicted.columns]
    if both:
        raise UsageError(
            f"prediction and target are different columns; got {both[0]!r} for both: scored against itself it says nothing"
        )
    predicted = _numbers(table, predicted, loss)
    names = tuple(c.strip() for c in classes) if classes is not None else None
    labels: int | None = None
    if names is not None and len(set(names)) < len(names):
        raise UsageError(f"classes differ from one another; got {', '.join(names)}")
    if loss.kind == "softmax":
        if predicted.width is None:
            column = predicted.columns[0]
            raise UsageError(
                f"{loss.__name__} takes one prediction a class, and {column!r} is one column of single numbers; pass a glob "
                "such as --prediction 'logit_*', a list of columns, or a list column"
                + ("; for two classes and one column, --loss binary_cross_entropy" if loss.__name__ == "cross_entropy" else "")
            )
        predicted, names = _in_class_order(predicted, names)
        if wanted.several or table.kinds[wanted.columns[0]] == "list":
            wanted = _aligned(_numbers(table, wanted, loss), predicted)
        else:
            _require_kind(table, wanted.columns[0], "target", ("number", "bool", "untyped", "text"), "a class label a row")
            labels = predicted.width
    else:
        wanted = _numbers(table, wanted, loss)
        if names is not None:
            if not (loss.kind == "pointwise" and "probabilities" in loss.properties.given):
                raise UsageError(f"--classes names the classes of a target, and {loss.__name__} has none; leave it out")
            if len(names) != 2:
                raise UsageError(f"{loss.__name__} has two classes, named as --classes no,yes; got {', '.join(names)}")
            labels = 2
        elif table.kinds[wanted.columns[0]] == "text" and "probabilities" in loss.properties.given:
            raise UsageError(
                f"{loss.__name__} takes 0 and 1 as target, and {wanted.text!r} holds text; "
                "say which text is which by --classes no,yes"
            )
    plan = Plan(loss, given, parameters, predicted, wanted, weight, names, labels, tuple(groups), id, cluster)
    plan = with_families(plan, [table])
    table.require_once(plan.columns)
    return plan


def _require_kind(table: Table, column: str, role: str, kinds: Sequence[str], what: str) -> None:
    if (kind := table.kinds[column]) not in kinds:
        raise UsageError(f"a {role} is {what}; {table.path} holds {_spoken(kind)} in column {column!r}; convert it first")


def _spoken(kind: str) -> str:
    return {"bool": "booleans", "list": "lists", "number": "numbers"}.get(kind, kind)


def _numbers(table: Table, selection: Selection, loss: Loss) -> Selection:
    """The selection with its width, its columns being of numbers."""
    role = selection.role
    if not selection.several and table.kinds[selection.columns[0]] == "list":
        selection = replace(selection, width=0)
    else:
        allowed = ["number", "untyped", "text", *(["bool"] if role == "target" else [])]
        for column in selection.columns:
            _require_kind(table, column, role, allowed, "a number" + (" or a list of numbers" if not selection.several else ""))
    if loss.kind == "pointwise" and selection.width is not None:
        what = "a list column" if selection.width == 0 else f"{selection.width} columns: {', '.join(selection.columns[:6])}"
        raise UsageError(
            f"{loss.__name__} takes one {role} a row, and {selection.text!r} is {what}; score one column at a time"
            + ("; for classes, --loss cross_entropy" if loss.__name__ == "binary_cross_entropy" else "")
        )
    return selection


def _in_class_order(prediction: Selection, classes: tuple[str, ...] | None) -> tuple[Selection, tuple[str, ...] | None]:
    """The prediction's columns in the order of the classes, and the names of the classes."""
    names = prediction.names
    if names is None:
        return (prediction if classes is None else replace(prediction, width=len(classes))), classes
    if len(names) == 1:
        raise UsageError(f"{prediction.text!r} matches a single column, {prediction.columns[0]!r}; there is one column a class")
    if classes is None:
        return prediction, names
    if len(classes) != len(names):
        raise UsageError(
            f"there is one class a prediction column; got {len(classes)} classes ({', '.join(classes)}) and {len(names)} "
            f"columns ({', '.join(prediction.columns)})"
        )
    known = set(classes) & set(names)
    if not known:
        return prediction, classes
    if len(known) < len(names):
        raise UsageError(
            f"classes match the prediction columns by name, all or none; {', '.join(sorted(set(classes) - known))} match none "
            f"of {', '.join(prediction.columns)}"
        )
    order = [names.index(c) for c in classes]
    return replace(prediction, columns=tuple(prediction.columns[i] for i in order), names=classes), classes


def _aligned(target: Selection, prediction: Selection) -> Selection:
    """Target columns in the order of the prediction's, where both say which class is which."""
    if target.width and prediction.width and target.width != prediction.width:
        raise UsageError(
            f"target and prediction have the same classes; got {target.width} target and {prediction.width} prediction columns"
        )
    if target.names is None:
        return replace(target, width=prediction.width)
    if prediction.names is None:
        return target
    if set(target.names) != set(prediction.names):
        if not (_is_glob(target.text) or _is_glob(prediction.text)):
            return target  # listed one by one: taken in the order given
        raise UsageError(
            f"target and prediction have the same classes; the target has {', '.join(target.names)}, the prediction "
            f"{', '.join(prediction.names)}"
        )
    order = [target.names.index(name) for name in prediction.names]
    return replace(target, columns=tuple(target.columns[i] for i in order), names=prediction.names)


def check_same(plan: Plan, first: Table, table: Table, prediction: Names, target: Names) -> None:
    """Refuse a file whose columns differ from those of the first."""
    for name in plan.columns:
        if name not in table.kinds:
            raise UnreadableError(
                f"{table.path} has no column {name!r}, and {first.path} has; files scored together have the same columns"
            )
        one, other = first.kinds[name], table.kinds[name]
        if name not in plan.read_as_numbers:
            continue  # identities of different types are compared as values of one
        if one != other and "untyped" not in (one, other):
            raise UnreadableError(
                f"column {name!r} holds {_spoken(other)} in {table.path} and {_spoken(one)} in {first.path}; files scored "
                "together hold the same"
            )
    table.require_once(plan.columns)
    for selection, wanted, other_role in ((plan.prediction, prediction, plan.target), (plan.target, target, plan.prediction)):
        if selection.several:
            single = [name for name in (plan.weight, plan.id, plan.cluster, *plan.groups) if name is not None]
            extra = set(select(table, wanted, selection.role, [*other_role.columns, *single]).columns) - set(selection.columns)
            if extra:
                raise UnreadableError(
                    f"{selection.text!r} also matches {', '.join(sorted(extra, key=natural))} in {table.path}, which "
                    f"{first.path} lacks; files scored together have the same columns"
                )


def with_families(plan: Plan, tables: Sequence[Table], others: Sequence[Table] = ()) -> Plan:
    """The plan, with the families that identities are compared in; ``others`` have the same ids."""
    found = dict[str, str]()
    for name, role in [*((name, "group") for name in plan.groups), (plan.cluster, "cluster"), (plan.id, "id")]:
        if name is not None:
            held = [*tables, *(others if role == "id" else ())]
            found[name] = common_family(role, ((table.path, name, table.kinds[name]) for table in held))
    return replace(plan, families=found)


class Problems:
    """Why rows cannot be scored: each row has the first reason found."""

    def __init__(self, rows: int, weightless: np.ndarray | None = None) -> None:
        self.rows = rows
        self.masks: dict[str, np.ndarray] = {}
        self.bad: np.ndarray | None = None
        self.weightless = weightless
        """Rows of weight 0: nothing about them is a problem; None where there are none."""

    def add(self, kind: str, mask: np.ndarray | None) -> None:
        """Rows of one kind; those that have a reason already keep it."""
        if mask is not None and self.weightless is not None:
            mask = mask & ~self.weightless
        if mask is None or not mask.any():
            return
        if self.bad is None:
            self.bad = np.zeros(self.rows, bool)
        fresh = mask & ~self.bad
        if fresh.any():
            self.masks[kind] = self.masks[kind] | fresh if kind in self.masks else fresh
            self.bad |= fresh

    @property
    def left_out(self) -> np.ndarray | None:
        """Rows that are invalid or weigh 0; None where there are none."""
        if self.bad is None or self.weightless is None:
            return self.weightless if self.bad is None else self.bad
        return self.bad | self.weightless


def numbers(batch: Batch, selection: Selection, problems: Problems, *, nan: bool, exact: bool = True) -> np.ndarray:
    """The numbers of a selection, in the dtype that they are stored in.

    NaN among them is a problem, if that is looked for; and so are whole numbers that float64 would round, unless ``exact`` is
    false: what is outside [0, 1] anyway needs no second reason.
    """
    if not selection.several:
        found = [
            batch.columns[selection.columns[0]].numbers(selection.width if selection.width != 0 else 1)
        ]  # 0: no list is known yet
    else:
        found = [batch.columns[column].numbers() for column in selection.columns]
    for part in found:
        problems.add("null", part.null)
        problems.add("not a number", part.text)
        problems.add("row length", part.length)
        if exact:
            problems.add("inexact", _inexact(part.values) if part.inexact is None else part.inexact)
    values = np.stack([part.values for part in found], axis=1) if selection.several else found[0].values
    if nan and values.dtype.kind == "f":
        mask = np.isnan(values)
        problems.add("NaN", mask.any(axis=1) if mask.ndim == 2 else mask)
    return values


def _inexact(values: np.ndarray) -> np.ndarray | None:
    """Rows with an integer that float64 would round; None where the dtype has none."""
    if values.dtype.kind not in "iu" or values.dtype.itemsize < 8 or not values.size:
        return None
    if values.max() <= LARGEST_EXACT and values.min() >= -LARGEST_EXACT:
        return None
    mask: np.ndarray = (values > LARGEST_EXACT) | (values < -LARGEST_EXACT)
    return np.asarray(mask.any(axis=1)) if mask.ndim == 2 else mask


def read_prediction(batch: Batch, plan: Plan, problems: Problems, *, nan: bool = True) -> np.ndarray:
    """Predictions as stored, integers as float64; a row of them for losses of several numbers."""
    values = numbers(batch, plan.prediction, problems, nan=nan)
    values = values if values.dtype.kind == "f" else values.astype(np.float64)
    values = values if plan.order is None else values[:, plan.order]
    return values[:, None] if plan.loss.kind == "composed" and values.ndim == 1 else values


def read_target(batch: Batch, plan: Plan, problems: Problems, *, nan: bool = True) -> np.ndarray:
    """Targets: class indices, the integers of a binary target, numbers in float64, or rows of numbers."""
    if plan.labels is not None:
        labels = _labels(batch, plan, problems)
        return labels if plan.order is None else np.argsort(plan.order)[labels]
    values = numbers(batch, plan.target, problems, nan=nan, exact=not plan.loss.properties.given)
    values = values if plan.order is None else values[:, plan.order]
    if not plan.is_binary or values.dtype.kind == "f":
        values = values.astype(np.float64, copy=False)
    return values[:, None] if plan.loss.kind == "composed" and values.ndim == 1 else values


def read_weight(batch: Batch, plan: Plan) -> tuple[np.ndarray | None, Problems]:
    """Weights in float64, or None; and what is wrong with them, and which of them are 0."""
    problems = Problems(batch.rows)
    if plan.weight is None:
        return None, problems
    selection = Selection("weight", plan.weight, (plan.weight,), None)
    values = numbers(batch, selection, problems, nan=True).astype(np.float64, copy=False)
    problems.add("weight", ~((values >= 0) & (values < np.inf)))
    nothing = values == 0
    if problems.bad is not None:
        nothing &= ~problems.bad
    problems.weightless = nothing if nothing.any() else None
    return scaled(values, -plan.scale), problems


def scale_of(largest: float) -> int:
    """The power of 2 that weights are divided by, of which the largest is given: 0 unless their squares might not be float64.

    A common factor of all weights changes nothing that is divided by their sum.
    """
    exponent = math.frexp(largest)[1]
    return exponent if abs(exponent) > 100 else 0


def scaled(weights: np.ndarray, exponent: int) -> np.ndarray:
    """Weights times 2 to some power; what is not 0 stays above 0."""
    if not exponent:
        return weights
    with np.errstate(over="ignore", under="ignore"):
        return np.where(weights > 0, np.maximum(np.ldexp(weights, exponent), 5e-324), weights)


def class_numbers(classes: Sequence[str] | None) -> list[int] | None:
    """The classes as integers, if that is what they are named by."""
    try:
        found = [int(name.replace("_", "?")) for name in classes or ()]  # 1_0 is a name
    except ValueError:
        return None
    return found if found and len(set(found)) == len(found) else None


def _labels(batch: Batch, plan: Plan, problems: Problems) -> np.ndarray:
    column = batch.columns[plan.target.columns[0]]
    whole = {name: k for k, name in enumerate(plan.prediction.columns)} if plan.prediction.several else {}
    count, numbered = plan.labels or 0, class_numbers(plan.classes)
    if column.is_text:
        codes, words = column.words()
        found = [_class_of(word, plan.classes, numbered, count, whole) for word in words]
        kinds = [kind for _, kind in found] + ["null"]  # code -1, a null, is the last
        for kind in ("null", "NaN", "label"):
            problems.add(kind, np.array([k == kind for k in kinds])[codes])
        indices: np.ndarray = np.array([index for index, _ in found] + [0], np.int64)[codes]
        return indices
    part = column.numbers()
    problems.add("null", part.null)
    values = part.values
    if values.dtype.kind == "f":
        problems.add("NaN", np.isnan(values))
    if numbered is None:
        index, known = values, (values >= 0) & (values < count)
    else:
        order = np.argsort(numbered)
        place = np.minimum(np.searchsorted(np.array(numbered)[order], values), len(order) - 1)
        index = order[place]
        known = np.array(numbered)[index] == values
    known &= values == np.floor(values) if values.dtype.kind == "f" else True
    problems.add("label", ~known)
    labels: np.ndarray = np.where(known, index, 0).astype(np.int64)
    return labels


def _class_of(
    word: str, classes: Sequence[str] | None, numbered: list[int] | None, count: int, whole: Mapping[str, int]
) -> tuple[int, str | None]:
    """The class that a text means, by the name of the class or by the whole name of its column, or what is wrong with it."""
    if numbered is None and classes is not None:
        for name in (word, word.strip()):
            if name in classes:
                return classes.index(name), None
    for name in (word, word.strip()):
        if name in whole:
            return whole[name], None
    if word.strip().lower() in NULL_WORDS:
        return 0, "null"
    try:
        number: float | None = int(word.replace("_", "?"))  # exact, also beyond 2^53
    except ValueError:
        number = parse_number(word)
    if number is None or number != number:
        return 0, "label" if number is None else "NaN"
    if numbered is not None:
        return (numbered.index(int(number)), None) if number in numbered else (0, "label")
    return (int(number), None) if 0 <= number < count and number == int(number) else (0, "label")
