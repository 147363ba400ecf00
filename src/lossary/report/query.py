"""Write the query by which DuckDB finds the same mean losses over the same files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lossary._version import __version__
from lossary.errors import UsageError
from lossary.report.measure.plan import checks
from lossary.report.measure.plan.figures import FIGURES
from lossary.report.measure.plan.inputs import Predictions
from lossary.report.measure.plan.make_plan import make_plan
from lossary.report.measure.plan.others import other_losses, with_plan
from lossary.report.measure.plan.plan import ColumnPlan, OtherLoss, has_components, places_of_numbers
from lossary.report.measure.plan.ready import GIVEN
from lossary.report.measure.plan.roles import Roles
from lossary.report.measure.plan.select import Names, Selection
from lossary.report.read.data import Data, tables_of
from lossary.report.read.form import TextFormat
from lossary.report.read.table import Table
from lossary.report.read.text import NULL_WORDS
from lossary.report.read.written import Writing

_TEXT = ("text", "untyped")
"""Kinds of columns whose values are read from text."""
_FORMULAS = {"rmse": "sqrt({})", "rmsle": "sqrt({})", "accuracy": "1 - {}"}
"""What is made of a mean loss, in SQL, for each figure."""


def write_query(
    data: Data,
    *,
    loss: Any = None,
    target: Names | None = None,
    prediction: Predictions = None,
    weight: str | None = None,
    given: str | None = None,
    higher_is_better: bool = False,
    parameters: Mapping[str, Any] | None = None,
    classes: Sequence[str] | str | None = None,
    group: Sequence[str] = (),
    also: Any = (),
    clip: float | None = None,
    unlabelled: str = "raise",
    form: TextFormat,
) -> str:
    """Return a query of DuckDB: the mean of each loss over all rows, and over those of each group.

    Options are those of :func:`lossary.report.score`. Raises UsageError where SQL has no way to say what is asked for.
    """
    figure = loss if loss in FIGURES else None
    loss = checks.ready_made(loss, given, prediction, higher_is_better=higher_is_better)
    given = None if given == GIVEN else given
    chosen, own = checks.check_loss(loss, parameters, given)
    groups, weight = checks.columns(group, "group"), checks.column(weight, "weight")
    tables = tables_of(data, form)
    source = _source(tables)
    plan = make_plan(tables, chosen, given, own, target, prediction, checks.classes(classes), Roles(weight, groups))
    if plan.bins:
        raise UsageError(f"--sql groups by the values of columns, not by bins; leave out --group {', '.join(plan.bins)}")
    plan, others = checks.with_clip(plan, clip), other_losses(also, plan.given, chosen)
    return _Writer(plan, tables[0], with_plan(others, plan, tables[0]), figure, unlabelled == "skip").query(source)


@dataclass(frozen=True)
class _Writer:
    plan: ColumnPlan
    table: Table
    others: Sequence[OtherLoss]
    figure: str | None
    skips_unlabelled: bool

    def query(self, source: str) -> str:
        """Return the query over what ``source`` reads."""
        plan, groups = self.plan, range(len(self.plan.groups))
        if plan.bins:
            raise UsageError(
                f"a query groups by the values of a column, not in bins; got {next(iter(plan.bins))!r}; leave it out"
            )
        inputs = [f"{self._input(name)} AS {_name(name)}" for name in plan.inputs]
        kept = [] if plan.weight is None else [f"{self._number(plan.weight)} AS _weight"]
        kept += [f"{_column(name)} AS _group_{k}" for k, name in enumerate(plan.groups)]
        where = [] if plan.weight is None else [f"{self._number(plan.weight)} > 0"]
        where += self._labelled() if self.skips_unlabelled else []
        filtered = f"\n  WHERE {' AND '.join(where)}" if where else ""
        losses = [(plan.loss.__name__, self._loss(plan.loss, plan.parameters, plan.given))]
        losses += [(other.loss.__name__, self._other(other)) for other in self.others]
        terms = [f"{text} AS _loss_{k}" for k, (_, text) in enumerate(losses)]
        carried = [*([] if plan.weight is None else ["_weight"]), *(f"_group_{k}" for k in groups)]
        if plan.shape == "components":
            several = [name for name in plan.inputs if has_components(plan.loss, name)]
            parts = [f"unnest({_name(n)}) AS {_name(n)}" if n in several else _name(n) for n in plan.inputs]
            rows = _select(["row_number() OVER () AS _row", *inputs, *kept], f"{source} AS source{filtered}")
            steps = [("sample", rows), ("component", _select(["_row", *parts, *carried], "sample"))]
            held = [f"any_value({name}) AS {name}" for name in carried]
            steps.append(("scored", _select([*held, *terms], "component\n  GROUP BY _row")))
        else:
            steps = [("sample", _select([*inputs, *kept], f"{source} AS source{filtered}"))]
            steps.append(("scored", _select([*carried, *terms], "sample")))
        names = _distinct([name for name, _ in losses])
        means = [f"{self._mean(k)} AS {_name(name)}" for k, name in enumerate(names)]
        if self.figure is not None:
            means.append(f"{_FORMULAS[self.figure].format(self._mean(0))} AS {_name(self.figure)}")
        counts = ["count(*) AS rows", "count(*) - count(_loss_0) AS without_loss"]
        found = [_select(["NULL AS part_of", "NULL AS part", *counts, *means], "scored")]
        for k in groups:
            part = [f"{_text(plan.groups[k])} AS part_of", f"_group_{k}::VARCHAR AS part"]
            found.append(_select([*part, *counts, *means], f"scored\n  GROUP BY _group_{k}"))
        tables = ",\n".join(f"{name} AS (\n{text}\n)" for name, text in steps)
        union = "\nUNION ALL\n".join(found)
        head = f"-- {plan.loss.__name__}, by lossary {__version__} for DuckDB, whose sums are rounded in float64"
        return f"{head}\nWITH {tables}\n{union}\nORDER BY part_of NULLS FIRST, rows DESC;"

    def _mean(self, k: int) -> str:
        if self.plan.weight is None:
            return f"avg(_loss_{k})"
        return f"sum(_weight * _loss_{k}) / sum(_weight) FILTER (WHERE _loss_{k} IS NOT NULL)"

    def _other(self, other: OtherLoss) -> str:
        if not other.of_decisions:
            return self._loss(other.loss, other.parameters, other.given)
        if self.plan.shape == "classes":
            predicted = "list_position(prediction, list_max(prediction)) - 1"
            return f"CASE WHEN target >= 0 AND target < len(prediction) THEN ({predicted} <> target)::DOUBLE END"
        least = {"probabilities": "0.5", "log_probabilities": "ln(0.5)"}.get(str(self.plan.given_as), "0")
        return f"CASE WHEN target IN (0, 1) THEN ((prediction > {least}) <> (target = 1))::DOUBLE END"

    def _loss(self, loss: Any, parameters: Mapping[str, Any], given: str | None) -> str:
        options = {**parameters, **({"given": given} if given else {})}
        try:
            return str(loss.code("sql", **options))
        except (TypeError, ValueError) as error:
            raise UsageError(f"--sql: SQL cannot say this loss: {error}") from None

    def _input(self, name: str) -> str:
        """Return the expression of an input of the loss."""
        selection, plan = self.plan.inputs[name], self.plan
        if plan.has_named_labels or (name == "target" and (plan.labels is not None or plan.is_binary)):
            return self._label(selection)
        if name == "target" and plan.shape == "classes":
            raise UsageError("--sql: the target is a distribution over classes, and SQL has class labels only; score it here")
        is_linked = name == str(plan.loss.formulas.linked)
        if selection.width is None and not has_components(plan.loss, name):
            return self._clipped(self._number(selection.columns[0])) if is_linked else self._number(selection.columns[0])
        if selection.several:
            values = f"[{', '.join(self._number(column) for column in selection.columns)}]"
        else:
            column = selection.columns[0]
            is_list = self.table.kinds[column] == "list"
            values = f"{_column(column)}::DOUBLE[]" if is_list else f"[{self._number(column)}]"
        return f"list_transform({values}, lambda z: {self._clipped('z')})" if is_linked and plan.clip is not None else values

    def _clipped(self, text: str) -> str:
        """Return an expression with probabilities moved away from 0, and binary ones from 1, as the plan says."""
        plan = self.plan
        if plan.clip is None:
            return text
        if plan.given_as != "probabilities":
            raise UsageError("--sql clips probabilities, not their logarithms; leave out --clip, or score them here")
        high = "1" if plan.shape == "classes" else f"1 - {plan.clip!r}"
        return f"greatest(least({text}, {high}), {plan.clip!r})"

    def _number(self, column: str) -> str:
        """Return a column as a number, by the decimal sign of its file."""
        text = _column(column)
        writing: Writing | None = getattr(self.table, "writing", None)
        if writing is not None:
            between = writing.thousands or ("." if writing.decimal == "," else None)
            text = text if between is None else f"replace({text}, {_text(between)}, '')"
            text = text if writing.decimal == "." else f"replace({text}, ',', '.')"
        if column in getattr(self.table, "percent", ()):
            text = f"regexp_replace({text}, '\\s*%\\s*$', 'e-2')"
        return f"{text}::DOUBLE"

    def _label(self, selection: Selection) -> str:
        """Return the expression of a class index, or of a binary target as a number; NULL for a label that is no class."""
        column, plan = selection.columns[0], self.plan
        is_text = self.table.kinds[column] in _TEXT
        if plan.labels is None:
            if not is_text:
                return f"{_column(column)}::DOUBLE"
            word = f"lower(trim({_column(column)}))"
            return f"CASE {word} WHEN 'true' THEN 1e0 WHEN 'false' THEN 0e0 ELSE {self._number(column)} END"
        numbers = places_of_numbers(plan.classes) or {k: k for k in range(plan.labels)}
        if not plan.labels:  # a list column, whose length no row has shown yet
            return f"{_column(column)}::BIGINT"
        by_number = _cases(f"TRY_CAST({_column(column)} AS DOUBLE)", ((str(number), k) for number, k in numbers.items()))
        if not is_text:
            return by_number
        columns = plan.prediction.columns if plan.prediction.several else ()
        words = [*enumerate(plan.classes or ()), *enumerate(columns)]
        lowered: dict[str, set[int]] = {}
        for k, word in words:
            lowered.setdefault(word.casefold(), set()).add(k)
        alike = [(_text(word), *places) for word, places in lowered.items() if len(places) == 1]
        exact = [(_text(word), k) for k, word in words]
        trimmed = f"trim({_column(column)})"
        ways = [_cases(value, cases) for value, cases in ((trimmed, exact), (f"lower({trimmed})", alike)) if cases]
        return f"coalesce({', '.join([*ways, by_number])})"

    def _labelled(self) -> Iterator[str]:
        """Yield the conditions of rows with a target."""
        for column in self.plan.target.columns if self.plan.has_target else ():
            yield f"{_column(column)} IS NOT NULL"
            if self.table.kinds[column] in _TEXT:
                yield f"lower(trim({_column(column)})) NOT IN ({', '.join(map(_text, sorted({*NULL_WORDS, 'nan'})))})"
            elif self.table.kinds[column] == "number":
                yield f"NOT isnan({_column(column)}::DOUBLE)"


def _source(tables: Sequence[Table]) -> str:
    """Return the call that reads the files, by their format."""
    from lossary.report.read.arrow import ParquetTable
    from lossary.report.read.delimited import CsvTable

    for table in tables:
        if not isinstance(table, (ParquetTable, CsvTable)) or type(table) is not type(tables[0]) or table.source.is_copy:
            raise UsageError(
                f"--sql is for Parquet files, or for CSV files, by their names; got {table.path}; write one of these"
            )
    places = f"[{', '.join(_text(table.source.place) for table in tables)}]"  # type: ignore[attr-defined]
    union = ", union_by_name = true" if len(tables) > 1 else ""
    first = tables[0]
    if not isinstance(first, CsvTable):
        return f"read_parquet({places}{union})"
    if any((t.encoding, t.delimiter, t.compression) != (first.encoding, first.delimiter, first.compression) for t in tables):  # type: ignore[attr-defined]
        raise UsageError("--sql reads CSV files of one encoding, delimiter and compression; score them here, or one by one")
    options = [f"delim = {_text(first.delimiter)}", "header = true", "all_varchar = true", "quote = '\"'", "escape = '\"'"]
    if first.encoding != "utf-8":
        encodings = {"utf-16": "utf-16", "iso8859-1": "latin-1"}
        if first.encoding not in encodings:
            raise UsageError(f"--sql: DuckDB reads UTF-8, UTF-16 and Latin-1; {first.path} is in {first.encoding}; convert it")
        options.append(f"encoding = {_text(encodings[first.encoding])}")
    if first.comment:
        options.append(f"comment = {_text(first.comment.decode())}")
    if first.compression:
        options.append(f"compression = {_text(first.compression)}")
    return f"read_csv({places}, {', '.join(options)}{union})"


def _select(items: Sequence[str], source: str) -> str:
    return "  SELECT\n    " + ",\n    ".join(items) + f"\n  FROM {source}"


def _cases(value: str, cases: Any) -> str:
    return f"CASE {value} {' '.join(f'WHEN {text} THEN {k}' for text, k in cases)} END"


def _distinct(names: Sequence[str]) -> list[str]:
    """Return the names, numbered where one occurs again."""
    return [f"{name}_{names[:k].count(name) + 1}" if name in names[:k] else name for k, name in enumerate(names)]


def _column(name: str) -> str:
    return f"source.{_name(name)}"


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
