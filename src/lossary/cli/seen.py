"""What the names and the first rows of a file say of its columns."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any

import numpy as np

from lossary.errors import UnreadableError, UsageError
from lossary.report.measure.plan.labels import labels_of
from lossary.report.measure.plan.levels import levels_of
from lossary.report.read.data import tables_of
from lossary.report.read.form import TextFormat
from lossary.report.read.text import NULL_WORDS, natural

TARGETS = (
    *("y_true", "y_test", "y", "target", "label", "labels", "label_ids", "actual", "actuals", "ground_truth", "truth", "gold"),
    *("gold_label", "true_label", "observed", "observation", "obs", "result", "outcome", "class"),
)
IDS = ("id", "row_id", "doc_id", "sample_id", "example_id", "question_id", "unique_id", "item_id", "series_id", "row", "k")
TIMES = ("date", "time", "timestamp", "datetime", "ds", "day", "week", "month", "year", "valid_time", "target_end_date")
KEYS = (*TIMES, "cutoff", "horizon", "h", "step", "fold", "split", "seed", "epoch", "index", "weight", "weights")
"""Columns that are no predictions, whatever numbers they hold."""
_ROWS = 4096
_WORD = r"(?:quantile|percentile|pct|q|p)[-_ ]?"
_QUANTILE = re.compile(
    rf"(?P<stem>(?:.*[-_. ])?)(?P<word>{_WORD})(?P<number>\d*\.?\d+)(?P<tail>(?:[-_ ][a-z]+)*)"
    r"|(?P<bare>(?:.*[-_ ])?)(?P<share>0?\.\d+|\d+(?:\.\d+)?(?= ?%))(?P<sign>(?: ?%)?)",
    re.IGNORECASE,
)
_END = re.compile(r"(?P<stem>(?:.*[-_. ])?)(?:lo|low|lower|hi|high|upper)[-_. ]+(?P<number>\d+(?:\.\d+)?)", re.IGNORECASE)
_MEDIAN = re.compile(r"(?P<stem>(?:.*[-_. ])?)median", re.IGNORECASE)
SPREAD = re.compile(
    r"(?:.*[-_. ])?(?:lo|low|lower|hi|high|upper|se|std|stderr|sd|sigma|var|variance|median)(?:[-_. ].*)?", re.IGNORECASE
)
"""Names of ends of intervals and of standard errors, which are no predictions of their own."""


class Seen:
    """The columns of a file and its first rows."""

    def __init__(self, files: Sequence[Any], form: TextFormat) -> None:
        self.table = tables_of(list(files), form)[0]
        self.names = [name for name in self.table.kinds if name]
        first = next(iter(self.table.batches(self.names, _ROWS)), None) if self.names else None
        if first is None or not first.rows:
            raise UnreadableError(f"{self.table.path} has no rows; write it again")
        self.first = first

    # ---- what columns are

    @cached_property
    def target(self) -> str | None:
        """The column of the target."""
        return one_of(self.names, TARGETS)

    @property
    def target_value(self) -> str:
        """The column of the target in the long form of hubs, whose column "target" names what was forecast."""
        return one_of(self.names, ("oracle_value", "observation", "observed", "y_true", "actual")) or ""

    @cached_property
    def id(self) -> list[str]:
        """The columns that tell rows apart: one, or one with those of time; none if no usual names do."""
        name = one_of(self.names, IDS)
        times = [column for column in self.names if column.casefold() in TIMES]
        more = [column for column in self.names if column.casefold() in ("cutoff", "horizon", "h")]
        found = [[name], [name, *times[:1]], [name, *times[:1], *more]] if name is not None else []
        return next((columns for columns in found if self._are_distinct(columns)), [])

    def _are_distinct(self, columns: Sequence[str]) -> bool:
        codes = np.stack([self.first.columns[name].distinct()[0] for name in columns])
        return int(np.unique(codes, axis=1).shape[1]) == self.first.rows

    def id_options(self) -> list[str]:
        """Return the option that names the id."""
        return ["--id", ",".join(self.id)] if self.id else []

    @property
    def rest(self) -> list[str]:
        """The columns that are no target, id or key by name."""
        return [name for name in self.names if name != self.target and name.casefold() not in (*IDS, *KEYS)]

    def is_list(self, name: str) -> bool:
        """Return whether rows of a column are lists."""
        return self.table.kinds[name] == "list"

    def values(self, name: str) -> np.ndarray:
        """Return the numbers of a column, without those that are missing."""
        found = self.first.columns[name].numbers()
        values = found.values.astype(np.float64)
        kept = np.isfinite(values)
        for mask in (found.null, found.text):
            kept &= True if mask is None else ~mask
        return values[kept]

    def is_numbers(self, name: str) -> bool:
        """Return whether a column holds numbers, some perhaps missing."""
        if self.is_list(name):
            return False
        found = self.first.columns[name].numbers()
        return not (found.text is not None and found.text.any()) and self.values(name).size > 0

    def labels(self, name: str) -> tuple[str, ...]:
        """Return the distinct values of a column as labels."""
        return () if self.is_list(name) else labels_of(self.first, name)

    def lacks_some(self, name: str) -> bool:
        """Return whether a row of a column is empty."""
        column = self.first.columns[name]
        if column.is_text:
            codes, words = column.text_codes()
            missing = [code for code, word in enumerate(words) if str(word).strip().lower() in NULL_WORDS or word is None]
            return bool((codes < 0).any() or np.isin(codes, missing).any())
        found = column.numbers()
        empty = found.null is not None and bool(found.null.any())
        return empty or (found.values.dtype.kind == "f" and bool(np.isnan(found.values).any()))

    def form(self, columns: Sequence[str]) -> str:
        """Return what predictions look like: "probabilities", "logits", or "numbers" of one column of whole numbers."""
        each = [self.values(name) for name in columns]
        if all(x.min() >= 0 and x.max() <= 1 for x in each) and (len(columns) == 1 or self._sum_to_one(each)):
            return "probabilities"
        return "numbers" if len(columns) == 1 and bool((each[0] == np.rint(each[0])).all()) else "logits"

    def _sum_to_one(self, each: Sequence[np.ndarray]) -> bool:
        return len({len(x) for x in each}) == 1 and bool((abs(np.sum(each, axis=0) - 1) < 0.05).all())

    # ---- columns that belong together

    def like(self, pattern: str) -> list[str]:
        """Return the columns of numbers that a glob finds, without regard to case, in natural order."""
        names = [name for name in self.rest if fnmatchcase(name.casefold(), pattern) and self.is_numbers(name)]
        return sorted(names, key=natural)

    @cached_property
    def quantiles(self) -> dict[str, list[str]]:
        """The columns of quantiles or of ends of intervals by what precedes them, which is the model if there are several."""
        found = dict[tuple[str, str, str], list[str]]()
        for name in self.rest:
            if match := _END.fullmatch(name):
                found.setdefault(("ends", match["stem"], ""), []).append(name)
            elif match := _QUANTILE.fullmatch(name):
                stem, tail = (match["stem"], match["tail"]) if match["word"] else (match["bare"], match["sign"])
                found.setdefault((str(match["word"]), stem, tail), []).append(name)
        medians = {match["stem"]: name for name in self.rest if (match := _MEDIAN.fullmatch(name))}
        groups = dict[str, list[str]]()
        for (_, stem, _), columns in found.items():
            for names in ([*columns, medians[stem]] if stem in medians else columns, columns):
                levels = levels_of(names) if len(names) > 1 else None
                if levels is not None and min(levels) <= 0.5 <= max(levels) and stem not in groups:
                    groups[stem] = sorted(names, key=self.names.index)
        return groups

    def glob(self, columns: Sequence[str]) -> str:
        """Return globs that find these columns and no others but the target, or their list."""
        beginnings = list(dict.fromkeys(re.sub(r"\d*\.?\d+(?=\D*$)", "*", name, count=1) for name in columns))
        patterns = ["0.*" if pattern == "*" else pattern for pattern in beginnings]
        matched = {name for name in self.names for pattern in patterns if fnmatchcase(name, pattern)} - {self.target}
        return ",".join(patterns if matched == {*columns} else columns)


def one_of(names: Iterable[str], usual: Sequence[str]) -> str | None:
    """Return the only name that is among the usual ones without regard to case; else the only one whose last key is."""
    held = list(names)
    for key in (str.casefold, lambda name: name.casefold().rpartition(".")[2]):
        found = [name for name in held if key(name) in usual]
        if found:
            return found[0] if len(found) == 1 else None
    return None


def not_said(seen: Seen, what: str, example: str, more: str = "") -> UsageError:
    """Return the error that names of columns do not say what is what."""
    listed = ", ".join(seen.names[:12]) + (", …" if len(seen.names) > 12 else "")
    return UsageError(
        f"{seen.table.path} has the columns {listed}, whose names do not say {what}; name them, as in {example}{more}"
    )
