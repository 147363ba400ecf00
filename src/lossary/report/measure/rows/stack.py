"""Bring the losses of several models together by the ids of rows, in a database on disk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from lossary.errors import BadDataError, UnreadableError, UsageError
from lossary.report.measure.plan.form import UnsaidForm
from lossary.report.measure.plan.functional import consistent_functional
from lossary.report.measure.plan.job import Job, Progress
from lossary.report.measure.plan.models import MOST_MODELS
from lossary.report.measure.rows.database import IdDatabase, has_integer_ids, names_of, storable
from lossary.report.measure.rows.forecasts import form_of, packed
from lossary.report.measure.rows.offender import Offender, first_offender
from lossary.report.measure.rows.rows import Rows, read_rows
from lossary.report.measure.rows.values import scale_of
from lossary.report.read.arrow_of import arrow_of_numbers
from lossary.report.read.identity import shown
from lossary.report.read.text import natural

ROWS = 1 << 16
"""Rows of a batch that is read from the database."""
GROUP = "group"
"""The beginning of the database columns of groups; a number follows."""


class Stack(IdDatabase):
    """The losses of several models in a database, one row for each model and id.

    Either each job is a model of its own, or there is one job whose rows say by ``model_columns`` whose they are.
    """

    def __init__(
        self,
        folder: Path,
        jobs: Sequence[Job],
        names: Sequence[str],
        model_columns: Sequence[str],
        groups: Sequence[str],
        progress: Progress | None,
    ) -> None:
        super().__init__(folder)
        self.jobs, self.model_columns, self.groups, self.progress = jobs, model_columns, groups, progress
        self.names = list(names)
        self.places: dict[str, int] = {name: k for k, name in enumerate(names)}
        plan = jobs[0].plan
        self.by_place = plan.id is None
        self.family = "number" if self.by_place else plan.families[str(plan.id)]
        self.has_integer_ids = self.by_place or all(has_integer_ids(job) for job in jobs)
        self.keeps_predictions = consistent_functional(plan) is not None
        self.keeps_forecasts = form_of(plan) is not None
        self.weighted = any(job.plan.weight is not None for job in jobs)
        self.rows, self.invalid = Counter[int](), Counter[int]()
        """The number of rows of each model, and of those that cannot be scored."""
        self.kinds = Counter[str]()
        self.offender: Offender | None = None
        self.clipped = [0 for _ in jobs]
        self.forms: dict[int, UnsaidForm] = {}
        self.done = 0.0
        for k, job in enumerate(jobs):
            self._load_job(k, job)
        self.order = sorted(range(len(self.names)), key=lambda k: natural(self.names[k])) if model_columns else range(len(jobs))
        """The models as they are listed: those of stacked rows by name, whatever the order of rows."""
        self._check_places()
        largest = self.query("select max(weight) from losses")[0][0] if self.weighted else None
        self.scale = scale_of(largest or 1.0)
        self._check_together()

    # ---- loading

    def _schema(self) -> Any:
        import pyarrow as pa  # type: ignore[import-untyped]

        plan = self.jobs[0].plan
        fields = [("model", pa.int32()), ("id", pa.int64() if self.has_integer_ids else pa.binary())]
        fields += [("hash", pa.uint64()), ("loss", pa.float64())]
        fields += [("prediction", pa.float64())] if self.keeps_predictions else []
        fields += [("forecast", pa.binary())] if self.keeps_forecasts else []
        fields += [("target", pa.binary() if plan.target.width else pa.float64())] if plan.has_target else []
        fields += [("weight", pa.float64())] if self.weighted else []
        fields += [("cluster", pa.uint64())] if plan.cluster is not None else []
        fields += [("time", pa.int64())] if plan.time is not None else []
        fields += [("run", pa.string()), ("run_hash", pa.uint64())] if plan.run is not None else []
        return pa.schema([*fields, *((f"{GROUP}{k}", pa.string()) for k in range(len(self.groups)))])

    def _load_job(self, k: int, job: Job) -> None:
        """Compute the losses of a job and write them into the table."""
        schema = self._schema()
        self._load("insert into losses" if k else "create table losses as", schema, self._batches(k, job, schema))
        self._refuse_invalid(job)
        for place, form in self.forms.items():
            form.refuse(f" of {self.names[place]}")

    def _batches(self, k: int, job: Job, schema: Any) -> Iterator[Any]:
        works = [(table, part) for table in job.tables for part in table.parts()]
        seen = 0
        for table, part in works:
            before = 0.0
            for batch in table.batches(job.plan.columns, job.size, part):
                if self.stopped.is_set():
                    raise KeyboardInterrupt
                rows = read_rows(batch, job.plan, table.path)
                models = self._models_of(rows, k)
                yield from self._records(rows, models, k, seen, schema)
                seen += batch.rows
                self.done += (batch.done - before) / len(works) / len(self.jobs)
                before = batch.done
                if self.progress is not None:
                    self.progress(min(self.done, 1.0), sum(self.rows.values()))
        if not seen:
            raise UnreadableError(f"{job.tables[0].path} has no rows; leave it out, or write it again")

    def _models_of(self, rows: Rows, k: int) -> np.ndarray:
        """Return the place of the model of each row of the batch."""
        if not self.model_columns:
            return np.full(rows.batch.rows, k)
        each = [rows.batch.columns[name].distinct() for name in self.model_columns]
        codes, inverse = np.unique(np.stack([codes for codes, _ in each]), axis=1, return_inverse=True)
        words = []
        for name, (_, values) in zip(self.model_columns, each, strict=True):
            family = rows.plan.families[name]
            words.append([*(shown(key, family) for key in values.keys(family).listed()), "null"])
        places = []
        for one in codes.T.tolist():
            name = "/".join(held[code] for held, code in zip(words, one, strict=True))
            if name not in self.places:
                self.places[name] = len(self.names)
                self.names.append(name)
            places.append(self.places[name])
        if len(self.names) > MOST_MODELS:
            columns = ", ".join(self.model_columns)
            raise UsageError(f"at most {MOST_MODELS} models are compared; column {columns} names more; choose another")
        return np.array(places, np.int64)[inverse.reshape(-1)]

    def _records(self, rows: Rows, models: np.ndarray, k: int, first: int, schema: Any) -> Iterator[Any]:
        import pyarrow as pa

        plan, problems = rows.plan, rows.problems
        self.rows.update(dict(enumerate(np.bincount(models).tolist())))
        self.clipped[k] += rows.clipped
        if problems.bad is not None:
            self.invalid.update(dict(enumerate(np.bincount(models[problems.bad]).tolist())))
            self.kinds.update({kind: int(mask.sum()) for kind, mask in problems.masks.items()})
            if self.offender is None and (errors := problems.errors()) is not None:
                self.offender = first_offender(rows.path, rows.batch, rows.batch.start, plan, errors)
        own = rows.pick(models)
        for place in np.unique(own).tolist():
            mine = own == place
            inputs = rows.inputs if mine.all() else {name: x[mine] for name, x in rows.inputs.items()}
            self.forms.setdefault(place, UnsaidForm(plan)).add(inputs)
        held: dict[str, Any] = {"model": own.astype(np.int32), "id": self.required_ids(rows, first), "hash": rows.identities}
        held["loss"] = rows.losses
        if self.keeps_predictions:
            held["prediction"] = rows.prediction
        if self.keeps_forecasts:
            held["forecast"] = packed(plan, rows.inputs)
        if plan.has_target:
            held["target"] = storable(rows.target, plan.target.width)
        if rows.weight is not None:
            held["weight"] = rows.weight
        if plan.cluster is not None:
            held["cluster"] = rows.cluster_hashes
        if plan.time is not None:
            held["time"] = rows.times
        if plan.run is not None:
            held |= {"run": names_of(plan.run, rows), "run_hash": rows.hashes}
        if plan.groups:
            held |= {f"{GROUP}{g}": names_of(name, rows) for g, name in enumerate(self.groups)}
        yield _record(held, schema, len(own))
        if rows.weightless and problems.weightless is not None:  # of rows of weight 0 only the ids are kept
            nothing = np.flatnonzero(problems.weightless)
            ids = self._ids(rows, nothing, first)
            kept = np.flatnonzero(ids.is_valid().to_numpy(zero_copy_only=False))
            held = {"model": models[nothing][kept].astype(np.int32), "id": ids.take(pa.array(kept))}
            yield _record({**held, "weight": np.zeros(len(kept))}, schema, len(kept))

    # ---- checking

    def _refuse_invalid(self, job: Job) -> None:
        rows, skipped = sum(self.rows.values()), sum(self.invalid.values())
        if self.offender is not None and (not job.skip_invalid or skipped == rows):
            raise BadDataError(*self.offender.lines(job.plan, self.kinds, rows, skip_invalid=job.skip_invalid))

    def _check_places(self) -> None:
        """Raise if rows are compared place by place, and one model has more of them."""
        counts = {name: self.rows[k] for k, name in enumerate(self.names)}
        if self.by_place and len(set(counts.values())) > 1:
            listed = ", ".join(f"{name} {count:,}" for name, count in list(counts.items())[:8])
            raise UsageError(
                f"without an id, rows are compared place by place, so every model has equally many; got {listed}; name the "
                'column that tells rows apart, as in id="row"'
            )

    def _check_together(self) -> None:
        """Count the ids, and raise if one occurs twice in a model, or if its rows disagree."""
        kept = "filter (where weight is null or weight > 0)" if self.weighted else ""
        differ = " or ".join(f"min({column}) <> max({column})" for column in self._shared()) or "false"
        models, of_weight = self._models(""), self._models(kept)
        of_id = (
            f"select {models} as models, count(*) {kept} > {of_weight} as twice, "  # noqa: S608
            f"{differ} as differs from losses group by id"
        )
        in_all = f"count(*) filter (where models = {len(self.names)})"
        found = self.query(f"select count(*), {in_all}, bool_or(twice), bool_or(differs) from ({of_id})")  # noqa: S608
        self.ids, self.count, twice, differs = found[0]
        if twice:
            self._refuse_repeated()
        if differs:
            self._refuse_different()

    def _models(self, kept: str) -> str:
        """Return an expression for the number of different models of an id, a bit each; count(distinct) takes twice as long."""
        bits = [
            f"case when model between {k} and {k + 63} then 1::ubigint << (model - {k}) else 0::ubigint end"
            for k in range(0, len(self.names), 64)
        ]
        return " + ".join(f"coalesce(bit_count(bit_or({bit}) {kept}), 0)::int" for bit in bits)

    def _shared(self) -> dict[str, str]:
        """Return the columns that the rows of an id have in common, and what they are in words."""
        plan = self.jobs[0].plan
        found = {"target": "target"} if plan.has_target else {}
        found |= {"weight": "weight"} if self.weighted else {}
        found |= {"cluster": "cluster"} if plan.cluster is not None else {}
        found |= {"time": "time"} if plan.time is not None else {}
        found |= {"run": "run"} if plan.run is not None else {}
        return found | {f"{GROUP}{k}": f"group in column {name!r}" for k, name in enumerate(self.groups)}

    def _refuse_repeated(self) -> None:
        """Raise for the least id that a model has twice; rows of weight 0 may repeat."""
        kept = "where weight is null or weight > 0" if self.weighted else ""
        twice = self.query(
            f"select id, model, count(*) from losses {kept} group by id, model having count(*) > 1 order by id, model limit 1"  # noqa: S608
        )
        key, model, count = twice[0]
        told = f" of model {self.names[model]}" if self.model_columns else f" in {self.jobs[model].tables[0].path}"
        raise BadDataError(
            f"the id {self.id(key)!r} occurs {count} times{told}, in column {self.jobs[0].plan.id!r}; ids are unique for each "
            "model; choose another column, name the model by another column too, or remove the copies"
        )

    def _refuse_different(self) -> None:
        """Raise for the least id whose rows have different targets, weights, clusters or groups."""
        plan, asked = self.jobs[0].plan, self._shared()
        differ = " or ".join(f"min({column}) <> max({column})" for column in asked)
        spans = ", ".join(f"min({column}), max({column})" for column in asked)
        found = self.query(f"select id, {spans} from losses group by id having {differ} order by id limit 1")  # noqa: S608
        key, *values = found[0]
        column, low, high = next(
            (column, low, high)
            for column, low, high in zip(asked, values[::2], values[1::2], strict=True)
            if low is not None and low != high
        )
        told = "" if column in ("cluster", "time") else f": {self._named(column, low)} and {self._named(column, high)}"
        remedy = "name the column that tells rows apart" if self.by_place else f"check that {plan.id!r} tells rows apart"
        more = ", or name the target once, in a file of its own, by truth" if column == "target" else ""
        raise BadDataError(
            f"models predict the same rows, with one {asked[column]} each; {self.row(key)} has several{told}; {remedy}{more}"
        )

    def _named(self, column: str, value: Any) -> Any:
        if isinstance(value, bytes):
            return np.frombuffer(value).tolist()
        names = self.jobs[0].plan.class_names if self.jobs[0].plan.is_binary or self.jobs[0].plan.labels is not None else []
        return names[int(value)] if column == "target" and names and value == int(value) else value

    # ---- reading

    def least_ids(self) -> list[Any]:
        """Return the least id of each model."""
        return [self.id(key) for _, key in self.query("select model, min(id) from losses group by model order by model")]

    def joined(self) -> Iterator[Any]:
        """Yield record batches of the rows that all models have and that weigh something: the losses of each, and the rest."""
        plan = self.jobs[0].plan
        columns = [f"max(loss) filter (where model = {k}) as loss{k}" for k in self.order]
        # what rows of all models share; by place, hashes differ with the file
        columns += ["id", "max(hash) filter (where model = 0) as hash"]
        if self.keeps_predictions:
            columns += [f"max(prediction) filter (where model = {k}) as prediction{k}" for k in self.order]
        columns += ["min(target) as target"] if plan.has_target else []
        columns += ["min(weight) as weight"] if self.weighted else []
        columns += ["min(cluster) as cluster"] if plan.cluster is not None else []
        columns += ["min(time) as time"] if plan.time is not None else []
        columns += ["min(run) as run", "min(run_hash) as run_hash"] if plan.run is not None else []
        columns += [f"min({GROUP}{k}) as {GROUP}{k}" for k in range(len(self.groups))]
        yield from self._read(f"select {', '.join(columns)} from losses group by id {self._in_all()}", ROWS)  # noqa: S608

    def forecasts(self) -> Iterator[Any]:
        """Yield record batches of the same rows, one row a model: its forecast, and the target, weight and hash of the id."""
        of_run = "run_hash" if self.jobs[0].plan.run is not None else "cluster" if self.jobs[0].plan.cluster is not None else ""
        columns = [f"min({of_run}) as hash" if of_run else "max(hash) filter (where model = 0) as hash"]
        columns += ["min(weight) as weight"] if self.weighted else []
        shared = f"select id, {', '.join(columns)} from losses group by id {self._in_all()}"  # noqa: S608
        more = ", s.weight" if self.weighted else ""
        held = f"select l.model, l.forecast, l.target, s.hash{more} from losses l join ({shared}) s using (id)"  # noqa: S608
        yield from self._read(held, ROWS)

    def _in_all(self) -> str:
        """Return the condition on an id that all models have it, and that it weighs something."""
        weighty = " and (min(weight) is null or min(weight) > 0)" if self.weighted else ""
        return f"having count(*) = {len(self.names)}{weighty}"


def _record(held: dict[str, Any], schema: Any, rows: int) -> Any:
    """Return a record batch with nulls for what is not held."""
    import pyarrow as pa

    arrays = []
    for field in schema:
        values = held.get(field.name)
        if isinstance(values, np.ndarray):
            arrays.append(arrow_of_numbers(values))
        else:
            arrays.append(pa.nulls(rows, field.type) if values is None else pa.array(values, field.type))
    return pa.record_batch(arrays, schema=schema)
