"""Join the losses of two sets of predictions by an id, in a database on disk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from lossary.errors import BadDataError, UnreadableError, UsageError
from lossary.report.measure.plan.form import UnsaidForm
from lossary.report.measure.plan.job import Job, Progress
from lossary.report.measure.plan.plan import ColumnPlan
from lossary.report.measure.rows.database import IdDatabase, has_integer_ids, names_of, storable
from lossary.report.measure.rows.forecasts import form_of, packed
from lossary.report.measure.rows.offender import Offender, first_offender
from lossary.report.measure.rows.rows import Rows, read_rows
from lossary.report.measure.rows.values import Problems, scale_of
from lossary.report.read.arrow_of import arrow_of_numbers

ROWS = 1 << 17
"""Rows of a batch."""
GROUP = "group:"
"""The prefix of the database columns of groups; a number follows."""


class Join(IdDatabase):
    """The losses of both sides in a database on disk, one row for each id."""

    def __init__(self, folder: Path, sides: Sequence[Job], progress: Progress | None) -> None:
        super().__init__(folder)
        self.sides, self.progress = sides, progress
        self.done, self.rows = 0.0, [0, 0]
        self.invalid, self.offenders = (Counter[str](), Counter[str]()), list[Offender | None]((None, None))
        # names of columns may differ in case only, which the database ignores
        self.groups = {name: f"{GROUP}{k}" for k, name in enumerate(sides[0].plan.groups)}
        self.weighted = [job.plan.weight is not None for job in sides]
        self.weightless = [0, 0]
        self.clipped = [0, 0]
        self.forms = [UnsaidForm(job.plan) for job in sides]
        self.by_place = sides[0].plan.id is None
        self.family = "number" if self.by_place else sides[0].plan.families[str(sides[0].plan.id)]
        self.keeps_forecasts = form_of(sides[0].plan) is not None
        self.has_integer_ids = self.by_place or all(has_integer_ids(job) for job in sides)
        for k, name in enumerate("ab"):
            self._load_side(k, name)
        for k, name in enumerate("ab"):
            if self.weighted[1 - k] and not self.weighted[k] and self.offenders[k] is not None:
                self._mark_weightless(k, name, "ba"[k])
            self._refuse_invalid(k)
            self.forms[k].refuse(f" of {'AB'[k]} ({sides[k].tables[0].path})")
            self._check_ids(k, name)
        self._check_places()
        self._check_weights()
        names = [name for name, weighted in zip("ab", self.weighted, strict=True) if weighted]
        largest = [self.query(f"select max(weight) from {name}")[0][0] or 0.0 for name in names]  # noqa: S608
        self.scale = scale_of(max(largest, default=1.0))

    def _load_side(self, side: int, name: str) -> None:
        """Compute the losses of one side and write them into a table."""
        schema = self._schema(side)
        self._load(f"create table {name} as", schema, self._batches(side, schema))
        if self.weighted[side] or not self.weighted[1 - side]:
            self._refuse_invalid(side)  # without reading the other side first
        # of rows of weight 0 only the ids are kept
        nothing = "weight = 0" if self.weighted[side] else "false"
        unseen = f"id not in (select id from {name} where not ({nothing}))"  # noqa: S608
        self.query(f"create table {name}0 as select distinct id from {name} where {nothing} and {unseen}")  # noqa: S608
        self.query(f"delete from {name} where {nothing}")  # noqa: S608

    def _mark_weightless(self, side: int, name: str, other: str) -> None:
        """Treat invalid rows as rows of weight 0 if they have weight 0 on the other side, which has the weights."""
        import pyarrow as pa  # type: ignore[import-untyped]

        job = self.sides[side]
        self.invalid[side].clear()
        self.offenders[side] = None
        batches = ((t, b) for t in job.tables for part in t.parts() for b in t.batches(job.plan.columns, job.size, part))
        seen = 0
        for table, batch in batches:
            rows, first, seen = read_rows(batch, job.plan, table.path), seen, seen + batch.rows
            if rows.problems.bad is None:
                continue
            places = np.flatnonzero(rows.problems.bad)
            self.data.register("suspects", pa.table({"id": self._ids(rows, places, first), "place": places}))
            known = f"from suspects where id in (select id from {other}0)"  # noqa: S608
            found = self._run(partial(self._all, f"select place {known}"))
            fresh = f"select distinct id {known} and id not in (select id from {name}0)"  # noqa: S608
            self._run(partial(self._all, f"insert into {name}0 {fresh}"))
            self.data.unregister("suspects")
            excused = np.zeros(batch.rows, bool)
            excused[[place for (place,) in found]] = True
            self.weightless[side] += len(found)
            left = Problems(batch.rows, excused)
            for kind, mask in rows.problems.masks.items():
                left.add(kind, mask)
            self._note_invalid(side, rows, left)

    def _all(self, query: str) -> list[Any]:
        return self.data.execute(query).fetchall()

    def _note_invalid(self, side: int, rows: Rows, problems: Problems) -> None:
        if problems.bad is not None:
            self.invalid[side].update({kind: int(mask.sum()) for kind, mask in problems.masks.items()})
            if self.offenders[side] is None and (errors := problems.errors()) is not None:
                self.offenders[side] = first_offender(rows.path, rows.batch, rows.batch.start, rows.plan, errors)

    def _refuse_invalid(self, side: int) -> None:
        job, offender, invalid, rows = self.sides[side], self.offenders[side], self.invalid[side], self.rows[side]
        if offender is not None and (not job.skip_invalid or sum(invalid.values()) == rows):
            raise BadDataError(*offender.lines(job.plan, invalid, rows, skip_invalid=job.skip_invalid))

    @property
    def skipped(self) -> int:
        """The number of rows of both sides that could not be scored."""
        return sum(sum(invalid.values()) for invalid in self.invalid)

    def _schema(self, side: int) -> Any:
        """Return the database columns of a side; only A has clusters and groups."""
        import pyarrow as pa

        plan = self.sides[side].plan
        fields = [("id", pa.int64() if self.has_integer_ids else pa.binary())]
        fields += [] if side else [("hash", pa.uint64())]
        fields += [("loss", pa.float64())]
        fields += [("target", pa.binary() if plan.target.width else pa.float64())] if plan.has_target else []
        fields += [(column, pa.float64()) for column in stored_predictions(plan).values()]
        fields += [("forecast", pa.binary())] if self.keeps_forecasts else []
        fields += [("weight", pa.float64())] if plan.weight is not None else []
        fields += [("cluster", pa.uint64())] if plan.cluster is not None else []
        fields += [("time", pa.int64())] if plan.time is not None else []
        fields += [("run", pa.string()), ("run_hash", pa.uint64())] if plan.run is not None else []
        return pa.schema(fields + [(self.groups[name], pa.string()) for name in plan.groups])

    def _batches(self, side: int, schema: Any) -> Iterator[Any]:
        job = self.sides[side]
        works = [(table, part) for table in job.tables for part in table.parts()]
        for table, part in works:
            before = 0.0
            for batch in table.batches(job.plan.columns, job.size, part):
                if self.stopped.is_set():
                    raise KeyboardInterrupt
                rows = read_rows(batch, job.plan, table.path)
                yield self._record(rows, side, schema)
                if rows.weightless:
                    yield self._weightless(rows, side, schema)
                self.rows[side] += batch.rows
                self.done += (batch.done - before) / len(works) / 2
                before = batch.done
                if self.progress is not None:
                    self.progress(min(self.done, 1.0), sum(self.rows))
        if not self.rows[side]:
            raise UnreadableError(f"{job.tables[0].path} has no rows; leave it out, or write it again")

    def _record(self, rows: Rows, side: int, schema: Any) -> Any:
        import pyarrow as pa

        plan = rows.plan
        self.forms[side].add(rows.inputs)
        self.clipped[side] += rows.clipped
        self._note_invalid(side, rows, rows.problems)
        ids = self.required_ids(rows, self.rows[side])
        arrays: list[Any] = [
            ids,
            *([] if side else [rows.identities]),
            rows.losses,
        ]
        arrays += [storable(rows.target, plan.target.width)] if plan.has_target else []
        for name in stored_predictions(plan):
            x = rows.inputs[name]
            arrays.append((x.argmax(axis=1) if x.ndim == 2 else x).astype(np.float64, copy=False))
        arrays += [pa.array(packed(plan, rows.inputs), pa.binary())] if self.keeps_forecasts else []
        arrays += [] if rows.weight is None else [rows.weight]
        arrays += [rows.cluster_hashes] if plan.cluster is not None else []
        arrays += [rows.times] if plan.time is not None else []
        arrays += [names_of(plan.run, rows), rows.hashes] if plan.run is not None else []
        arrays += [names_of(name, rows) for name in plan.groups]
        return pa.record_batch(
            [arrow_of_numbers(array) if isinstance(array, np.ndarray) else array for array in arrays], schema=schema
        )

    def _weightless(self, rows: Rows, side: int, schema: Any) -> Any:
        """Return the ids of rows of weight 0, without those that have none."""
        import pyarrow as pa

        self.weightless[side] += rows.weightless
        mask = rows.problems.weightless
        ids = self._ids(rows, np.flatnonzero([] if mask is None else mask), self.rows[side]).drop_null()
        held = {"id": ids, "weight": arrow_of_numbers(np.zeros(len(ids)))}
        return pa.record_batch([held.get(f.name, pa.nulls(len(ids), f.type)) for f in schema], schema=schema)

    def _check_places(self) -> None:
        """Raise if rows are compared place by place, and one side has more of them."""
        if self.by_place and self.rows[0] != self.rows[1]:
            raise UsageError(
                f"without an id, rows are compared place by place, so A and B have equally many; got {self.rows[0]:,} and "
                f'{self.rows[1]:,}; name the column that tells rows apart, as in id="row"'
            )

    def _check_weights(self) -> None:
        """Raise if a row has different weights in A and B."""
        if not all(self.weighted):
            return
        rounded = [f"{x}.weight is distinct from try_cast({y}.weight as float)::double" for x, y in ("ab", "ba")]
        differ = f"a.weight <> b.weight and {' and '.join(rounded)}"
        plain = f"select id, a.weight, b.weight from a join b using (id) where {differ}"  # noqa: S608
        nothing = ["select id, a.weight, 0.0 from a join b0 using (id)", "select id, 0.0, b.weight from a0 join b using (id)"]
        worst = self.query(" union all ".join([plain, *nothing]) + " order by id limit 1")
        if worst:
            (key, one, other), column = worst[0], self.sides[0].plan.weight
            raise BadDataError(
                f"a row has one weight; {self.row(key)} has weight {one} in A and {other} in B; correct them, "
                f"or leave column {column!r} out of one side: the weights are then those of the other"
            )

    def counts(self) -> tuple[list[int], int]:
        """Return the number of ids of each side, and of both, including rows of weight 0."""
        own = [self.query(f"select (select count(*) from {n}) + (select count(*) from {n}0)")[0][0] for n in "ab"]  # noqa: S608
        both = self.query(
            "select (select count(*) from a join b using (id)) "
            "+ (select count(*) from a0 where id in (select id from b union all select id from b0)) "
            "+ (select count(*) from b0 where id in (select id from a))"
        )
        return own, both[0][0]

    def _check_ids(self, side: int, name: str) -> None:
        # rows of weight 0 on the other side may repeat
        counted = f"select id, count(*) from {name} where id not in (select id from {'ba'[side]}0)"  # noqa: S608
        twice = self.query(f"{counted} group by id having count(*) > 1 order by id limit 1")
        if twice:
            first, *others = (table.path for table in self.sides[side].tables)
            more = f" and {len(others)} more" if others else ""
            raise BadDataError(
                f"{first}{more}: the id {self.id(twice[0][0])!r} occurs {twice[0][1]} times in column "
                f"{self.sides[side].plan.id!r}; ids are unique; choose another column, or remove the copies"
            )

    def pairs(self) -> Iterator[Any]:
        """Yield record batches of the rows that both sides have."""
        plan = self.sides[0].plan
        names = [*(["cluster"] if plan.cluster is not None else []), *(["time"] if plan.time is not None else [])]
        names += [*(["run", "run_hash"] if plan.run is not None else []), *self.groups.values()]
        more = "".join(f', a."{name}"' for name in names)
        more += f", {'a' if self.weighted[0] else 'b'}.weight" if any(self.weighted) else ""
        held = ["loss", *(["target"] if plan.has_target else []), *stored_predictions(plan).values()]
        held += ["forecast"] if self.keeps_forecasts else []
        columns = ", ".join(f"{s}.{name} as {name}_{s}" for name in held for s in "ab")
        query = f"select a.id, a.hash, {columns}{more} from a join b using (id)"  # noqa: S608
        yield from self._read(query, ROWS)


def stored_predictions(plan: ColumnPlan) -> dict[str, str]:
    """Return the database column of each prediction: of one for each class, the predicted class; none of rows of numbers."""
    names = () if plan.shape == "components" else plan.loss.predictions
    return {name: f"prediction{k}" for k, name in enumerate(names)}
