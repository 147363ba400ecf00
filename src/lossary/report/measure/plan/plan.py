"""The plan of a score: which columns are read, and what they mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from lossary.counted import first_few
from lossary.engine.decorators import PROBABILITIES
from lossary.engine.listwise import Listwise
from lossary.engine.loss import Loss
from lossary.errors import UnreadableError, UsageError
from lossary.report.findings import Finding
from lossary.report.measure.plan.bins import Bins
from lossary.report.measure.plan.select import Selection
from lossary.report.read.table import Batch
from lossary.report.read.text import natural
from lossary.report.read.times import Clock

PRESENT = "present"
"""The option of a loss of ensembles that says which members are there."""
RELEVANCE = "relevance"
"""What losses of lists call the target of an item."""
Parameters = Mapping[str, float | str | tuple[float, ...]]
"""The parameters of a loss: numbers, words, and levels and the like, one number a column."""


@dataclass(frozen=True)
class OtherLoss:
    """Another loss on the same rows, or a term of a sum of losses."""

    loss: Loss
    parameters: dict[str, Any]
    given: str | None
    shape: str
    """What a row is: see :func:`shape_of`."""
    factor: float = 1.0
    said: str | None = None
    """What was said of the form of the predictions, or None if ``given`` is the default of the loss."""
    of_decisions: bool = False
    """Whether it is a loss of labels, and compares the class that each prediction is in favour of with the target."""

    @property
    def options(self) -> dict[str, Any]:
        """The keyword arguments of the loss."""
        return options_of(self.loss, self.parameters, self.given, self.shape)


@dataclass(frozen=True)
class ColumnPlan:
    """The columns that are read from every file, and what they mean."""

    loss: Loss
    given: str | None
    parameters: Parameters
    inputs: Mapping[str, Selection]
    """The columns of each input of the loss: of its predictions, and of the target if it has one."""
    weight: str | None
    classes: tuple[str, ...] | None
    """The names of the classes in order, if labels are mapped by name."""
    labels: int | None
    """The number of classes if the target is a label, 0 if not known yet; None if the target is a number or a distribution."""
    groups: tuple[str, ...] = ()
    """The columns by whose values the loss is broken down, or of bins: ``age:5``."""
    bins: Mapping[str, Bins] = field(default_factory=dict)
    """The bins of those groups that are bins of a column of numbers."""
    slices: tuple[str, ...] = ()
    """The columns whose values are searched for slices that lose much."""
    id: str | None = None
    """The column of row ids."""
    cluster: str | None = None
    """The column of clusters: rows with equal values depend on one another."""
    run: str | None = None
    """The column of runs of one model, such as seeds: rows of one run depend on one another."""
    time: Clock | None = None
    """The column of times, and how they are read."""
    families: Mapping[str, str] = field(default_factory=dict)
    """For each column of ids, clusters, runs or groups, the type in which values are compared; see ``identity.py``."""
    scale: int = 0
    """Weights are divided by 2**scale as they are read."""
    clip: float | None = None
    """Probabilities are moved to at least this far from 0, and binary ones from 1; None leaves them as they are."""
    unlabelled: bool = False
    """True if rows without a target are left out without being errors."""
    partial: bool = False
    """True if members of ensembles that are missing are left out, row by row."""
    notes: tuple[Finding, ...] = ()
    """Remarks on how the data were read."""
    complement: str | None = None
    """The column of the probability of the first class of two, beside the prediction, which is that of the second."""
    order: tuple[int, ...] | None = None
    """The column of each class, if classes are wanted in another order."""

    @property
    def columns_by_role(self) -> dict[str, Any]:
        """The columns by role, as the user named them."""
        group = list(self.groups) or None
        target = self.inputs[RELEVANCE if self.is_listwise else "target"].text if self.has_target or self.is_listwise else None
        predictions = {name: self.inputs[name].text for name in self.loss.predictions}
        named = predictions if len(predictions) > 1 else self.prediction.text
        found = {"target": target, "prediction": named, "weight": self.weight}
        time = None if self.time is None else self.time.column
        return {**found, "group": group, "id": self.id, "cluster": self.cluster, "run": self.run, "time": time}

    @property
    def prediction(self) -> Selection:
        """The columns of the first prediction, and the only one of most losses."""
        return self.inputs[self.loss.predictions[0]]

    @property
    def target(self) -> Selection:
        """The columns of the target."""
        return self.inputs["target"]

    @property
    def has_target(self) -> bool:
        """True if the loss has a target."""
        return "target" in self.inputs

    @property
    def shape(self) -> str:
        """What a row is to the loss: "number", "classes" or "components"."""
        return shape_of(self.loss)

    @property
    def is_listwise(self) -> bool:
        """True if a row is a list of items, of any length."""
        return isinstance(self.loss, Listwise)

    @property
    def is_single(self) -> bool:
        """True if the loss has one prediction and a target."""
        return is_single(self.loss)

    @property
    def given_as(self) -> str | None:
        """The kind of predictions, by default or by choice; None if the loss has no choice."""
        return self.given or next(iter(self.loss.properties.given), None)

    @property
    def is_binary(self) -> bool:
        """True if the prediction is the probability of one event, or its logit or logarithm."""
        given = self.loss.properties.given
        return self.shape == "number" and self.is_single and "probabilities" in given and self.given_as in PROBABILITIES

    @property
    def predicts_probabilities(self) -> bool:
        """True if predictions are probabilities in one form or another, not raw scores of classes."""
        return self.is_binary or (self.shape == "classes" and "probabilities" in self.loss.properties.given)

    @property
    def predicts_label(self) -> bool:
        """True if the prediction is a label as the target is, and nothing but their equality counts."""
        return predicts_label(self.loss)

    @property
    def has_named_labels(self) -> bool:
        """True if prediction and target are labels that are read by the names of their classes, as places among these."""
        return self.labels is not None and self.predicts_label

    @property
    def is_regression(self) -> bool:
        """True if prediction and target are numbers of the same kind."""
        return self.shape == "number" and self.is_single and not self.loss.properties.given and not self.predicts_label

    @property
    def has_bias(self) -> bool:
        """True if prediction - target has a mean to speak of: of numbers, and of the probability of one event."""
        return self.is_regression or self.is_binary

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
    def class_columns(self) -> dict[str, str | None] | None:
        """The column of each class, None for the class that a binary loss predicts by the other; None without names."""
        if self.complement is not None:
            return dict(zip(self.class_names, (self.complement, self.prediction.columns[0]), strict=True))
        if self.classes is None or self.predicts_label:
            return None
        if self.is_binary:
            return dict(zip(self.classes, (None, self.prediction.text), strict=True))
        columns = self.prediction.columns
        held = columns if self.prediction.several else [f"{columns[0]}[{k}]" for k in range(len(self.classes))]
        return dict(zip(self.classes, held, strict=True))

    @property
    def classes_by_place(self) -> str | None:
        """Which class was laid on which column, in words, where the names of neither tell; None if names tell, or if there is
        nothing to tell."""
        names = self.prediction.names
        if self.shape != "classes" or names is None or self.classes in (None, names):
            return None
        pairs = list((self.class_columns or {}).items())
        shown = ", ".join(f"{name} = {column}" for name, column in pairs[:8]) + (", …" if len(pairs) > 8 else "")
        return f"no column is named as a class, so the classes were laid on the columns in their order: {shown}"

    @property
    def options(self) -> dict[str, Any]:
        """The keyword arguments of the loss."""
        return options_of(self.loss, self.parameters, self.given, self.shape)

    @property
    def terms(self) -> list[OtherLoss]:
        """The terms of a sum of losses; none if the loss is no sum."""
        found = []
        for loss, factor in self.loss.terms:
            own = {name: value for name, value in self.parameters.items() if name in loss.parameters or name in loss.choices}
            given = self.given if self.given in loss.properties.given else None
            found.append(OtherLoss(loss, own, given, self.shape, factor))
        return found if len(found) > 1 else []

    @property
    def columns(self) -> list[str]:
        """All columns that are read, without repetitions."""
        time = None if self.time is None else self.time.column
        single = [name for name in (self.weight, self.id, self.cluster, self.run, time) if name is not None]
        return list(dict.fromkeys([*self.input_columns, *single, *map(self.column_of, self.groups), *self.slices]))

    def column_of(self, group: str) -> str:
        """Return the column that a group is made of."""
        return self.bins[group].column if group in self.bins else group

    @property
    def crossed(self) -> str | None:
        """The column by which rows of different runs depend on one another, or None if there is none."""
        if self.run is None or self.cluster is not None or self.id is None:
            return None if self.run is None else self.cluster
        return None if self.run in self.id.split(", ") else self.id  # an id that holds the run differs between runs

    @property
    def input_columns(self) -> list[str]:
        """The columns of predictions and targets."""
        found = [column for selection in self.inputs.values() for column in selection.columns]
        return found if self.complement is None else [*found, self.complement]

    @property
    def number_columns(self) -> list[str]:
        """The columns of predictions, targets and weights."""
        return [*self.input_columns, *([] if self.weight is None else [self.weight])]

    @property
    def target_columns(self) -> list[str]:
        """The columns of targets and weights."""
        return list(dict.fromkeys([*self.target.columns, *([] if self.weight is None else [self.weight])]))

    def with_width(self, batch: Batch) -> ColumnPlan:
        """Return the plan with the length of list columns, which the first rows show."""
        plan = self
        if self.is_listwise:
            return plan
        for name, selection in self.inputs.items():
            if selection.width == 0 and (width := batch.columns[selection.columns[0]].width()):
                if width > MOST_CLASSES:
                    raise UnreadableError(
                        f"a row of a list column has at most {MOST_CLASSES:,} numbers; column {selection.columns[0]!r} has "
                        f"{width:,}; check that the file is not damaged"
                    )
                plan = replace(plan, inputs={**plan.inputs, name: replace(selection, width=width)})
        if plan.shape == "components":
            plan.check_widths()
        if plan.labels == 0 and plan.prediction.width:
            plan = replace(plan, labels=plan.prediction.width)
        return plan

    def check_widths(self) -> None:
        """Raise unless inputs and parameters that share an axis have as many numbers a row, where these are known."""
        if self.is_listwise:  # each list has a length of its own
            return
        if is_of_vectors(self.loss):
            self._check_dimensions()
        widths = {name: 1 if s.width is None else s.width for name, s in self.inputs.items() if s.width != 0}
        axes = {name: has_components(self.loss, name) for name in self.inputs}
        for axis in sorted(set(filter(None, axes.values()))):
            alike = [name for name in self.inputs if axes[name] == axis]
            known = {name: widths[name] for name in alike if name in widths}
            if len(set(known.values())) > 1:
                listed = ", ".join(f"{name} {width} ({self.inputs[name].text})" for name, width in known.items())
                raise UsageError(
                    f"{self.loss.__name__} is a loss of the numbers of a row, as many in each of {', '.join(alike)}; "
                    f"got {listed}; name list columns of one length, or as many columns for each"
                )
            for name, own in self.loss.formulas.arrays.items():
                numbers = self.parameters.get(name)
                if own == (axis,) and isinstance(numbers, tuple) and known and len(numbers) not in known.values():
                    one, width = next(iter(known.items()))
                    raise UsageError(
                        f"{self.loss.__name__} takes as many {name} as numbers of {one}; got {len(numbers)} {name} and {width} "
                        f"({self.inputs[one].text})"
                    )

    def _check_dimensions(self) -> None:
        """Raise unless each dimension of the target has a part of the prediction, all with as many members."""
        dimensions, parts = self.target.width or 1, self.prediction.parts or (1,)
        if self.target.width == 0:  # lists of a length not known yet
            return
        if len(parts) != dimensions:
            raise UsageError(
                f"{self.loss.__name__} takes the members of each dimension of the target, by a glob or a list column for each, "
                f'as in prediction="u_*,v_*" and target="u,v"; got {len(parts)} of {self.prediction.text} for {dimensions} of '
                f"{self.target.text}"
            )
        if len(set(parts)) > 1:
            raise UsageError(f"each dimension has as many members; {self.prediction.text} has {', '.join(map(str, parts))}")

    def in_order_of(self, first: ColumnPlan) -> ColumnPlan:
        """Return the plan with the classes in the order of another plan, which has the same classes by name.

        Names that are whole numbers are compared as numbers: the class of ``p_01`` is that of ``p_1``.
        """
        if self.has_named_labels and self.classes != first.classes:
            both = sorted({*(self.classes or ()), *(first.classes or ())}, key=natural)
            raise UsageError(
                "the labels of all predictions are compared by the same names, and these hold others; name them all, as in "
                f'classes="{",".join(both)}"'
            )
        if self.shape != "classes":  # both sides of a binary loss have the same names
            return self
        ours, theirs = self.class_names, first.class_names
        if not (ours and theirs):  # list columns without rows
            return self
        numbers = class_numbers(ours), class_numbers(theirs)
        if numbers[0] is not None and numbers[1] is not None:
            ours, theirs = [*map(str, numbers[0])], [*map(str, numbers[1])]
        if set(ours) != set(theirs):
            alone = {"A": [c for c in theirs if c not in ours], "B": [c for c in ours if c not in theirs]}
            listed = "; ".join(f"only {side} has {first_few(names)}" for side, names in alone.items() if names)
            raise UsageError(
                f"A and B predict the same classes, which are matched by name; {listed}; name both alike by classes in the "
                "order of their columns, or give the side that lacks a class a column of probability 0 for it"
            )
        return self if ours == theirs else replace(self, order=tuple(ours.index(name) for name in theirs))


def shape_of(loss: Loss) -> str:
    """Return what a row is to a loss: "number", one number for each class ("classes"), or several numbers ("components")."""
    if all(term.kind == "softmax" or term.takes_labels for term, _ in loss.terms):
        return "classes"
    return "number" if loss.kind == "pointwise" else "components"


def is_single(loss: Loss) -> bool:
    """Return whether a loss has one prediction and a target."""
    return len(loss.predictions) == 1 and len(loss.inputs) == 2 and "target" in loss.inputs


def predicts_label(loss: Loss) -> bool:
    """Return whether a loss compares a predicted label with the label that is the target, such as zero-one loss."""
    return shape_of(loss) == "number" and is_single(loss) and loss.properties.minimizer == "mode"


def is_of_vectors(loss: Loss) -> bool:
    """Return whether a loss is of an ensemble of vectors, members by dimensions, and a target with these dimensions."""
    axes = loss.formulas.axes
    return is_single(loss) and len(held := axes.get(loss.predictions[0], ())) == 2 and axes.get("target") == held[1:]


def has_components(loss: Loss, name: str) -> str:
    """Return the axis along which a row has several numbers for an input, or an empty text if it has one number."""
    formulas = loss.formulas
    if formulas.axes:
        return "".join(formulas.axes.get(name, ()))  # the group of an item has none
    return "" if shape_of(loss) == "number" or name in formulas.of_sample else "n"


def options_of(loss: Loss, parameters: Mapping[str, Any], given: str | None, shape: str) -> dict[str, Any]:
    """Return the keyword arguments of a loss of rows of a shape."""
    options: dict[str, Any] = {**parameters, **({"given": given} if given else {})}
    if isinstance(loss, Listwise) or is_of_vectors(loss):
        return options
    has_axis = any(loss.formulas.axes.values()) if loss.formulas.axes else shape != "number"
    # a pointwise loss within a sum of several kinds is summed over the numbers of a row
    return options if not has_axis else {**options, "axis": -1}


MOST_CLASSES = 1 << 20
"""Numbers in a row; more are a sign of damage, or of a column of other data."""


def places_of_numbers(classes: Sequence[str] | None) -> dict[int, int]:
    """Return the place of each class that is named by an integer; none if two of them are the same number."""
    found = [(numbers[0], k) for k, name in enumerate(classes or ()) if (numbers := class_numbers([name])) is not None]
    places = dict(found)
    return places if len(places) == len(found) else {}


def class_numbers(classes: Sequence[str] | None) -> list[int] | None:
    """Return the classes as integers, or None unless all are named by distinct integers."""
    try:
        found = [int(name.replace("_", "?")) for name in classes or ()]  # int() reads 1_0, which is a name here
    except ValueError:
        return None
    return found if found and len(set(found)) == len(found) else None
