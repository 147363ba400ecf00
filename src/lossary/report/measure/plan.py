"""Decide which columns are read, and what they mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from lossary.engine.decorators import PROBABILITIES
from lossary.engine.loss import Loss
from lossary.errors import UnreadableError, UsageError
from lossary.report.measure.select import Names, Selection, is_glob, select
from lossary.report.read.identity import common_family
from lossary.report.read.table import Batch, Table
from lossary.report.read.text import natural


@dataclass(frozen=True)
class Plan:
    """The columns that are read from every file, and what they mean."""

    loss: Loss
    given: str | None
    parameters: Mapping[str, float]
    prediction: Selection
    target: Selection
    weight: str | None
    classes: tuple[str, ...] | None
    """The names of the classes in order, if labels are mapped by name."""
    labels: int | None
    """The number of classes if the target is a label, 0 if not known yet; None if the target is a number or a distribution."""
    groups: tuple[str, ...] = ()
    """The columns by whose values the loss is broken down."""
    id: str | None = None
    """The column of row ids."""
    cluster: str | None = None
    """The column of clusters: rows with equal values depend on one another."""
    families: Mapping[str, str] = field(default_factory=dict)
    """For each column of ids, clusters or groups, the type in which values are compared; see ``identity.py``."""
    scale: int = 0
    """Weights are divided by 2**scale as they are read."""
    order: tuple[int, ...] | None = None
    """The column of each class, if classes are wanted in another order."""

    @property
    def columns_by_role(self) -> dict[str, Any]:
        """The columns by role, as the user named them."""
        group = list(self.groups) or None
        found = {"target": self.target.text, "prediction": self.prediction.text, "weight": self.weight}
        return {**found, "group": group, "id": self.id, "cluster": self.cluster}

    @property
    def given_as(self) -> str | None:
        """What predictions are, by default or by choice; None if the loss has no choice."""
        return self.given or next(iter(self.loss.properties.given), None)

    @property
    def is_binary(self) -> bool:
        """Whether the prediction is the probability of one event, or its logit or logarithm."""
        given = self.loss.properties.given
        return self.loss.kind == "pointwise" and "probabilities" in given and self.given_as in PROBABILITIES

    @property
    def is_regression(self) -> bool:
        """Whether prediction and target are numbers of the same kind."""
        return self.loss.kind == "pointwise" and not self.loss.properties.given

    @property
    def least_confidence(self) -> float:
        """The least probability of the predicted class: 1/2 for two classes; for more, bands begin at 0."""
        return 0.5 if len(self.class_names) == 2 else 0.0

    @property
    def class_names(self) -> list[str]:
        """The name of each class."""
        if self.is_binary:
            return list(self.classes or ("0", "1"))
        names = list(self.classes or map(str, range(self.prediction.width or 0)))
        return names if self.order is None else [names[place] for place in self.order]

    @property
    def options(self) -> dict[str, Any]:
        """The keyword arguments of the loss."""
        return {**self.parameters, **({"given": self.given} if self.given else {})}

    @property
    def columns(self) -> list[str]:
        """All columns that are read, without repetitions."""
        single = [name for name in (self.weight, self.id, self.cluster) if name is not None]
        return list(dict.fromkeys([*self.prediction.columns, *self.target.columns, *single, *self.groups]))

    @property
    def number_columns(self) -> list[str]:
        """The columns of predictions, targets and weights."""
        return [*self.prediction.columns, *self.target_columns]

    @property
    def target_columns(self) -> list[str]:
        """The columns of targets and weights."""
        return list(dict.fromkeys([*self.target.columns, *([] if self.weight is None else [self.weight])]))

    def with_width(self, batch: Batch) -> Plan:
        """Return the plan with the length of list columns, which the first rows show."""
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
        """Return the plan with the classes in the order of another plan, which has the same classes by name.

        Names that are whole numbers are compared as numbers: the class of ``p_01`` is that of ``p_1``.
        """
        if self.loss.kind != "softmax":  # both sides of a binary loss have the same names
            return self
        ours, theirs = self.class_names, first.class_names
        if not (ours and theirs):  # list columns without rows
            return self
        numbers = class_numbers(ours), class_numbers(theirs)
        if numbers[0] is not None and numbers[1] is not None:
            ours, theirs = [*map(str, numbers[0])], [*map(str, numbers[1])]
        if set(ours) != set(theirs):
            alone = {"A": [c for c in theirs if c not in ours], "B": [c for c in ours if c not in theirs]}
            listed = "; ".join(f"only {side} has {_few(names)}" for side, names in alone.items() if names)
            raise UsageError(
                f"A and B predict the same classes, which are matched by name; {listed}; name both alike by --classes in the "
                "order of their columns, or give the side that lacks a class a column of probability 0 for it"
            )
        return self if ours == theirs else replace(self, order=tuple(ours.index(name) for name in theirs))


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:8]) + (f", … ({len(names)})" if len(names) > 8 else "")


MOST_CLASSES = 1 << 20
"""Numbers in a row; more are a sign of damage, or of a column of other data."""
_SIMPLE = ("number", "bool", "untyped", "text", "date", "time", "duration", "binary", "large_binary", "fixed_size_binary")
"""Prefixes of the kinds of columns (see ``Table.kinds``) that have one value a row, such as ``datetime64[ns]``."""


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
    if isinstance(target, str) and target not in table.kinds and not is_glob(target) and "," not in target:
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
    table.require_unique(plan.columns)
    return plan


def _require_kind(table: Table, column: str, role: str, kinds: Sequence[str], what: str) -> None:
    if (kind := table.kinds[column]) not in kinds:
        raise UsageError(f"a {role} is {what}; {table.path} holds {_spoken(kind)} in column {column!r}; convert it first")


def _spoken(kind: str) -> str:
    return {"bool": "booleans", "list": "lists", "number": "numbers"}.get(kind, kind)


def _numbers(table: Table, selection: Selection, loss: Loss) -> Selection:
    """Return the selection with its width; raise unless its columns hold numbers."""
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
    """Return the prediction with its columns in the order of the classes, and the names of the classes."""
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


def check_same(plan: Plan, first: Table, table: Table, prediction: Names, target: Names) -> None:
    """Raise if the columns of a file differ from those of the first."""
    for name in plan.columns:
        if name not in table.kinds:
            raise UnreadableError(
                f"{table.path} has no column {name!r}, and {first.path} has; files scored together have the same columns"
            )
        one, other = first.kinds[name], table.kinds[name]
        if name not in plan.number_columns:
            continue  # ids, clusters and groups may have different types
        if one != other and "untyped" not in (one, other):
            raise UnreadableError(
                f"column {name!r} holds {_spoken(other)} in {table.path} and {_spoken(one)} in {first.path}; files scored "
                "together hold the same"
            )
    table.require_unique(plan.columns)
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
    """Return the plan with the families in which identities are compared; ``others`` share the ids."""
    found = dict[str, str]()
    for name, role in [*((name, "group") for name in plan.groups), (plan.cluster, "cluster"), (plan.id, "id")]:
        if name is not None:
            held = [*tables, *(others if role == "id" else ())]
            found[name] = common_family(role, ((table.path, name, table.kinds[name]) for table in held))
    return replace(plan, families=found)


def class_numbers(classes: Sequence[str] | None) -> list[int] | None:
    """Return the classes as integers, or None unless all are named by distinct integers."""
    try:
        found = [int(name.replace("_", "?")) for name in classes or ()]  # int() reads 1_0, which is a name here
    except ValueError:
        return None
    return found if found and len(set(found)) == len(found) else None
