"""What a comparison is asked for, checked before any file is opened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from typing import Any

from lossary.engine.loss import Loss
from lossary.report.measure.plan import checks
from lossary.report.measure.plan.inputs import Predictions
from lossary.report.measure.plan.job import Progress
from lossary.report.measure.plan.long_form import not_scored, with_defaults
from lossary.report.measure.plan.make_plan import make_plan
from lossary.report.measure.plan.plan import ColumnPlan
from lossary.report.measure.plan.roles import Roles
from lossary.report.measure.plan.select import Names
from lossary.report.measure.statistics.intervals import IntervalOptions
from lossary.report.read.data import Data
from lossary.report.read.form import TextFormat
from lossary.report.read.table import Table
from lossary.report.truth import Opened, in_lists, open_sides


@dataclass(frozen=True)
class Workers:
    """Who shares the work."""

    count: int | None
    engine: str | None
    address: str | None
    executor: Executor | None


@dataclass(frozen=True)
class Asked:
    """The options that all comparisons share; see :func:`lossary.report.compare`."""

    loss: Loss
    given: str | None
    parameters: Mapping[str, Any]
    id: Any
    target: Names | None
    weight: str | None
    classes: Sequence[str] | None
    groups: Sequence[str]
    cluster: str | None
    time: str | None
    every: str | None
    time_zone: str | None
    run: str | None
    interval: IntervalOptions
    skip_invalid: bool
    clip: float | None
    query: Any
    """The column whose value the items of a list share, or None."""
    predictions: Any
    """The predictions of all sides, as the user wrote them."""
    long: str | None
    truth: Data | None
    unlabelled: str
    unpredicted: str
    missing_members: str
    form: TextFormat
    progress: Progress | None

    def open(self, sides: Sequence[list[Table]], model: Sequence[str] = ()) -> tuple[list[Opened], str | None]:
        """Return the tables of each side with the truth beside them, and the column of ids; ``model`` says whose a row is."""
        roles = [self.weight, self.cluster, self.time, self.run, *self.groups]
        skipping = {"unlabelled": self.unlabelled, "unpredicted": self.unpredicted}
        opened, id = open_sides(
            sides, self.id, self.truth, self.target, roles, self.form, **skipping, long=self.long, model=model
        )
        if self.query is None:
            return opened, id
        found = [in_lists(one, self.query, self.loss, self.predictions, [*roles, *model]) for one in opened]
        return [one for one, _ in found], found[0][1]

    def joined_by_run(self) -> Asked:
        """Return the options of rows that are joined by id: each run has rows of its own, and shares what the id says."""
        if self.run is None or self.id is None:
            return self
        ids = self.id.split(",") if isinstance(self.id, str) else self.id
        others = [name.strip() for name in ids if name.strip() != self.run]
        cluster = others[0] if self.cluster is None and len(others) == 1 else self.cluster
        return replace(self, id=[*others, self.run], cluster=cluster)

    def plan(
        self,
        opened: Opened,
        prediction: Predictions,
        weight: str | None,
        groups: Sequence[str],
        id: str | None,
        cluster: str | None,
        *,
        dated: bool = True,
    ) -> ColumnPlan:
        """Return the plan of one side or model; ``dated`` if times and runs are read from it."""
        prediction, parameters = with_defaults(self.loss, opened.long, prediction, self.parameters)
        run, time = (self.run, self.time) if dated else (None, None)
        roles = Roles(weight, groups, id, cluster, run, time, self.time_zone)
        found = make_plan(opened.tables, self.loss, self.given, parameters, opened.target, prediction, self.classes, roles)
        found = checks.with_partial(checks.with_clip(found, self.clip), (), self.missing_members)
        notes = (*found.notes, *opened.notes, *not_scored(opened.long, found))
        return replace(found, unlabelled=self.unlabelled == "skip", notes=notes)
