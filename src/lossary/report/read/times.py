"""Read a column of times: dates, moments, instants, seconds since 1970, or plain numbers of steps.

A time is kept as an integer of 64 bits: nanoseconds since 1970, or for steps the bits of the number, in the order of numbers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from lossary.errors import UsageError, short_repr
from lossary.report.read.identity import family_of, parsed
from lossary.report.read.table import Batch, Column, Mask, Table
from lossary.report.read.text import NULL_WORDS, parse_number
from lossary.report.read.zones import DAY, is_zone, zone_of

_FIRST_ROWS = 1 << 12
_EPOCHS = {"seconds": 10**9, "milliseconds": 10**6, "microseconds": 10**3, "nanoseconds": 1}
_OLDEST, _NEWEST = 315_532_800, 4_102_444_800
"""1980 and 2100, in seconds since 1970: numbers between them are taken as times, in one of these units."""
_ZONE = re.compile(r"tz=([^\]]+)\]")
_MONTH = re.compile(r"\d{4}-\d\d")
_QUARTER = re.compile(r"(\d{4})-?Q([1-4])")
_WEEK = re.compile(r"\d{4}-W\d\d")
_SLASHES = re.compile(r"(\d{4})/(\d{1,2})/(\d{1,2})(.*)")
_HOURS_APART = re.compile(r".*:\d\d(\.\d+)?[+-]\d\d")
_BASIC = (19_000_101, 21_001_231)
"""Whole numbers between these whose digits are dates, YYYYMMDD, are taken as dates."""
_REMEDY = (
    "write times as ISO 8601 does, 2024-01-31 or 2024-01-31 12:00, all with a time zone or none, or pass dates, timestamps or "
    "numbers"
)


@dataclass(frozen=True)
class Clock:
    """How the times of a column are read, decided by its type and its first rows."""

    column: str
    family: str
    """"moment" (no time zone), "instant" (kept in UTC), "epoch", "digits" (YYYYMMDD) or "step"."""
    unit: int = 1
    """Nanoseconds in the unit of an epoch."""
    within: str = "UTC"
    """The time zone in which instants are shown, and their days begin."""

    @property
    def is_calendar(self) -> bool:
        """True if times belong to days, weeks and months; steps do not."""
        return self.family != "step"

    @property
    def described(self) -> str:
        """How times are read, in words."""
        unit = next(name for name, size in _EPOCHS.items() if size == self.unit)
        return {
            "moment": "dates and times as written, without a time zone",
            "instant": f"times in {self.within}",
            "epoch": f"{unit} since 1970, in {self.within}",
            "digits": "dates written as YYYYMMDD",
            "step": "numbers of steps, in their order",
        }[self.family]

    @property
    def zone(self) -> str | None:
        """The time zone in which days begin, or None if times have none."""
        return self.within if self.family in ("instant", "epoch") else None

    def read(self, batch: Batch) -> tuple[np.ndarray, Mask, Mask]:
        """Return the times of a batch, which rows have none, and which cannot be read as the others are."""
        column = batch.columns[self.column]
        if self.family in ("moment", "instant"):
            return self._parsed(column)
        found = column.numbers()
        null, wrong, values = found.null, found.text, found.values
        x = values.astype(np.float64)
        outside = ~np.isfinite(x) if null is None else ~np.isfinite(x) & ~null
        with np.errstate(invalid="ignore", over="ignore"):
            if self.family == "step":
                times = ordered(x)
            elif self.family == "digits":
                times, days = _dates_of(np.where(outside, 0, x))
                outside |= ~days
            else:
                outside |= ~_is_between(x, self.unit)
                kept = np.where(outside, 0, values)
                # microseconds are as fine as float64 is for seconds of our time
                whole = np.rint(kept * (self.unit / 1000)).astype(np.int64) * 1000 if kept.dtype.kind == "f" else None
                times = kept.astype(np.int64) * self.unit if whole is None else whole
        if null is not None:
            outside &= ~null
        wrong = outside if wrong is None else wrong | outside
        return times, null, wrong if wrong.any() else None

    def _parsed(self, column: Column) -> tuple[np.ndarray, Mask, Mask]:
        """Return dates and times, parsed where they are text."""
        if column.is_text and (found := _written_alike(column, self.family)) is not None:
            return found, None, None
        codes, values = column.distinct() if column.is_text else (None, column)
        keys = values.keys(self.family)
        times, wrong = keys.whole, np.zeros(len(keys), bool)
        missing = np.zeros(len(keys), bool) if keys.missing is None else keys.missing.copy()
        if len(keys.other):
            times = times.copy()
            raw = keys.data.tobytes()
            for row, start, stop in zip(keys.other.tolist(), keys.ends[:-1].tolist(), keys.ends[1:].tolist(), strict=True):
                word = raw[start:stop].decode(errors="replace").strip()
                key = parsed(_in_full(word).encode(), self.family)
                if isinstance(key, int):
                    times[row] = key
                else:
                    missing[row] = word.lower() in NULL_WORDS
                    wrong[row] = not missing[row]
        if codes is not None:  # the last entry is that of null
            times, wrong, missing = (np.append(x, last)[codes] for x, last in ((times, 0), (wrong, False), (missing, True)))
        return times, missing if missing.any() else None, wrong if wrong.any() else None


def clock_of(tables: Sequence[Table], column: str, time_zone: str | None = None) -> Clock:
    """Return how the times of a column are read; raise if tables hold times of different types, or none.

    Days begin in the time zone that is given, or else in that of the column, if all tables have the same, or in UTC.
    """
    clock = _clock_of(tables, column)
    if time_zone is None:
        zones = {found[1] if (found := _ZONE.search(table.kinds[column])) else "UTC" for table in tables}
        own = zones.pop() if len(zones) == 1 else "UTC"
        return replace(clock, within=own) if clock.family == "instant" and is_zone(own) else clock
    if clock.zone is None:
        raise UsageError(
            f"a time zone is for instants, times with a zone of their own or seconds since 1970; column {column!r} holds "
            f"{clock.described}; leave out the time zone: days begin as the times are written"
        )
    zone_of(time_zone)
    return replace(clock, within=time_zone)


def _clock_of(tables: Sequence[Table], column: str) -> Clock:
    kinds = dict[str, Table]()
    for table in tables:
        table.require(column, "time")
        kind = table.kinds[column]
        family = family_of(kind) if kind in ("number", "text", "untyped") or _is_time(kind) else ""
        family = "moment" if family == "day" else family
        if family not in ("number", "text", "moment", "instant"):
            raise UsageError(
                f"a time is a date, a timestamp, a number or text; {table.path} holds {kind} in column {column!r}; "
                "convert it, or name another column"
            )
        kinds.setdefault(family, table)
    known = kinds.keys() - {"text"}
    if len(known) > 1 or (known == {"number"} and len(kinds) > 1):
        (one, first), (other, second) = list(kinds.items())[:2]
        listed = " and ".join(f"{t.kinds[column]} in column {column!r} of {t.path}" for t in (first, second))
        zones = {one, other} == {"instant", "moment"}
        raise UsageError(
            f"times are of one type; got {listed}; {'give both a time zone, or neither' if zones else 'convert one of them'}"
        )
    if known and known != {"number"}:
        return Clock(column, known.pop())
    return _by_first_rows(next(iter(kinds.values())), column)


def _is_time(kind: str) -> bool:
    return kind.startswith(("timestamp", "datetime64", "date"))


def _by_first_rows(table: Table, column: str) -> Clock:
    """Return how times are read that are numbers or text, by the first rows."""
    batch = next(table.batches([column], _FIRST_ROWS), None)
    if batch is None:
        return Clock(column, "step")
    held = batch.columns[column]
    if held.is_text:
        _, texts = held.text_codes()
        words = [word for text in texts if (word := str(text).strip()).lower() not in NULL_WORDS]
        if any(parse_number(word) is None for word in words):
            return _of_texts(batch, column, words, table)
    found = held.numbers()
    values = found.values if found.null is None else found.values[~found.null]
    x = values.astype(np.float64)
    x = x[np.isfinite(x)]
    if x.size:
        for unit in _EPOCHS.values():
            if _is_between(x, unit).all():
                return Clock(column, "epoch", unit)
        if _dates_of(x)[1].all():
            return Clock(column, "digits")
    return Clock(column, "step")


def _of_texts(batch: Batch, column: str, words: Sequence[str], table: Table) -> Clock:
    """Return how times are read that are text: with a time zone, or without."""
    for family in ("moment", "instant"):
        clock = Clock(column, family)
        _, missing, wrong = clock.read(batch)
        if wrong is None or not (wrong if missing is None else wrong | missing).all():
            return clock
    raise UsageError(f"a time is read from text that is ISO 8601; {table.path} holds {short_repr(words[0])}; {_REMEDY}")


_FORMS = {10: "0000-00-00", 16: "0000-00-00 00:00", 19: "0000-00-00 00:00:00", 20: "0000-00-00 00:00:00Z"}
"""Forms of times in which each has its digits at the same places, by their length."""


def _written_alike(column: Column, family: str) -> np.ndarray | None:
    """Return times that are all written in one form with the digits at the same places; None if any is not."""
    keys = column.keys("text")
    size = int(keys.ends[1] - keys.ends[0]) if len(keys.other) else 0
    form = _FORMS.get(size, "")
    if keys.missing is not None or form.endswith("Z") != (family == "instant") or (np.diff(keys.ends) != size).any():
        return None
    if not form:
        return None
    chars = keys.data.reshape(-1, size)
    for place, wanted in enumerate(form):
        held = chars[:, place]
        if wanted == "0":
            fits = (held >= ord("0")) & (held <= ord("9"))
        else:
            fits = (held == ord(wanted)) | ((held == ord("T")) & (place == 10))
        if not fits.all():
            return None
    digits = chars.astype(np.int64) - ord("0")

    def number(start: int, stop: int) -> np.ndarray:
        found = np.zeros(len(digits), np.int64)
        for place in range(start, min(stop, size)):
            found = 10 * found + digits[:, place]
        return found

    days, good = _dates_of((10_000 * number(0, 4) + 100 * number(5, 7) + number(8, 10)).astype(np.float64))
    hours, minutes, seconds = number(11, 13), number(14, 16), number(17, 19)
    if not (good & (hours < 24) & (minutes < 60) & (seconds < 60)).all():
        return None
    return days + ((hours * 60 + minutes) * 60 + seconds) * 10**9


def _in_full(word: str) -> str:
    """Return a time in the form of ISO 8601 that is parsed: a month, a quarter, a week, 2024/1/31, or with a time zone +00."""
    if _MONTH.fullmatch(word):
        return f"{word}-01"
    if found := _QUARTER.fullmatch(word):
        return f"{found[1]}-{3 * int(found[2]) - 2:02}-01"
    if _WEEK.fullmatch(word):
        with suppress(ValueError):  # there is no such week
            return date.fromisoformat(word).isoformat()
    if found := _SLASHES.fullmatch(word):  # the year comes first, so that it is no other date
        word = f"{found[1]}-{found[2]:0>2}-{found[3]:0>2}{found[4]}"
    return f"{word}:00" if _HOURS_APART.fullmatch(word) else word


def advice(clock: Clock) -> str:
    """Return what to do about times that cannot be read."""
    return f"Times are read as {clock.described}, by the first rows: {_REMEDY}."


def _is_between(x: np.ndarray, unit: int) -> np.ndarray:
    """Return which numbers lie between 1980 and 2100 in a unit of so many nanoseconds since 1970."""
    scale = 10**9 // unit
    found: np.ndarray = (x >= _OLDEST * scale) & (x < _NEWEST * scale)
    return found


def _dates_of(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the nanoseconds of numbers that write dates as YYYYMMDD, and which do."""
    good = (x == np.floor(x)) & (x >= _BASIC[0]) & (x <= _BASIC[1])
    whole = np.where(good, x, _BASIC[0]).astype(np.int64)
    year, month, day = whole // 10_000, whole // 100 % 100, whole % 100
    months = (year - 1970) * 12 + np.clip(month, 1, 12) - 1
    first = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    after = (months + 1).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    good &= (month >= 1) & (month <= 12) & (day >= 1) & (day <= after - first)
    return (first + day - 1) * DAY, good


_SIGN = np.int64(np.iinfo(np.int64).max)


def ordered(x: np.ndarray) -> np.ndarray:
    """Return numbers as integers in the same order, one to one; -0 is 0."""
    bits = (np.ascontiguousarray(x, np.float64) + 0.0).view(np.int64)
    found: np.ndarray = np.where(bits < 0, bits ^ _SIGN, bits)
    return found


def numbers_of(times: np.ndarray) -> np.ndarray:
    """Return the numbers of which :func:`ordered` made integers."""
    found: np.ndarray = np.where(times < 0, times ^ _SIGN, times).astype(np.int64).view(np.float64)
    return found
