"""Break the loss down over time: sums by distinct time, gathered into periods when all rows are known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from lossary.errors import UsageError
from lossary.report.measure.breakdown.frame import frame_of
from lossary.report.measure.statistics.intervals import ConfidenceInterval, IntervalOptions
from lossary.report.measure.statistics.moments import Moments
from lossary.report.measure.statistics.serial import Series, autocorrelation
from lossary.report.read.identity import as_text
from lossary.report.read.times import Clock, numbers_of, ordered
from lossary.report.read.zones import DAY, HOUR, offsets, start_of_day, start_of_hour, to_local

MOST_TIMES = 1 << 16
"""Distinct times that are kept apart; more are rounded down to seconds, minutes, hours or days, whichever are few enough."""
MOST_SUMS = 1 << 18
"""Distinct times of all losses together, where these are many: those of each model, and of each pair."""
MOST_PERIODS = 10_000
CHOSEN_PERIODS = 150
"""The most periods where nothing is said of their length."""
_STEPS = {"second": 10**9, "minute": 60 * 10**9, "hour": HOUR, "day": DAY}
_LEAST_POWER, _POWERS = -64, 1100
"""Steps are rounded down to multiples of 2^-63 or, if these are too many, of a larger power of 2."""


@dataclass(frozen=True)
class Period:
    """The rows of one period."""

    start: str
    """The beginning of the period: a date, a time, a month, or a number of steps."""
    count: int
    weight: float
    mean: float
    interval: ConfidenceInterval | None
    """By the rows of the period, taken as independent."""


@dataclass(frozen=True)
class OverTime:
    """The loss over time."""

    column: str
    read: str
    """How times are read, in words."""
    zone: str | None
    """The time zone in which days begin, or None if times have none."""
    every: str
    """The length of a period: "day", "week" (from Monday), "month", "hour", "year", "time" (each distinct time), or a number of
    steps."""
    chosen: bool
    """True if nothing was said of the length of periods."""
    times: int
    """The number of distinct times."""
    rounded: str | None
    """To what times were rounded down because they are too many, or None if they were not."""
    horizon: int | None
    """How many times ahead forecasts look, where that was said."""
    autocorrelation: float | None
    """The correlation of the losses of one time with those of the next."""
    periods: tuple[Any, ...]
    """In order: a :class:`Period` of a score each, of a comparison what its differences are."""

    def frame(self) -> Any:
        """Return the periods as a pandas frame, one row each."""
        return frame_of(self.periods)


MakePeriod = Callable[[str, int, Sequence[Moments]], Any]
"""A function of the start of a period, its place, and the moments of each loss by place."""


class TimeSums:
    """Sums for means and standard errors of several losses of the same rows, by distinct time, in bounded memory."""

    def __init__(self, clock: Clock, losses: int = 1, *, weighted: bool) -> None:
        self.clock, self.weighted = clock, weighted
        self.most = max(min(MOST_TIMES, 256), min(MOST_TIMES, MOST_SUMS // losses))
        self.level = 0
        """How far times are rounded down; 0 if they are not. It depends on the set of all times alone."""
        self.times = np.zeros(0, np.int64)
        """The distinct times, in order."""
        self._at = np.zeros(0, np.int64)
        """The place of each in the moments."""
        self.moments = [Moments(16, weighted=weighted) for _ in range(losses)]

    def add(self, times: np.ndarray, weighted_losses: Sequence[np.ndarray], weight: np.ndarray | None) -> None:
        """Add rows: their times, the wℓ of each loss, and w."""
        distinct, codes = _distinct(self._rounded(times, self.level))
        if self._note(distinct):  # rounded further
            distinct, codes = _distinct(self._rounded(times, self.level))
        index = self._at[np.searchsorted(self.times, distinct)][codes]
        for moments, values in zip(self.moments, weighted_losses, strict=True):
            moments.add(values, weight, index)

    def merge(self, other: TimeSums) -> None:
        """Add the rows of another."""
        if not len(other.times):
            return
        if other.level > self.level:
            self._round(other.level)
        self._note(np.unique(self._rounded(other.times, self.level)))
        at = np.zeros(other._room, np.int64)  # room without rows adds nothing, wherever it goes
        at[other._at] = self._at[np.searchsorted(self.times, self._rounded(other.times, self.level))]
        for mine, theirs in zip(self.moments, other.moments, strict=True):
            mine.merge(theirs, at)

    @property
    def _room(self) -> int:
        return self.moments[0].size

    def _note(self, distinct: np.ndarray) -> bool:
        """Make room for times, in order; return whether times had to be rounded further for that."""
        fresh = np.setdiff1d(distinct, self.times, assume_unique=True)
        if not len(fresh):
            return False
        known = np.concatenate([self.times, fresh])
        if len(known) > self.most:
            self._round(self._next_level(known))
            self._note(np.unique(self._rounded(distinct, self.level)))
            return True
        at = np.concatenate([self._at, np.arange(len(self.times), len(known))])
        order = np.argsort(known, kind="stable")
        self.times, self._at = known[order], at[order]
        if len(known) > self._room:
            for moments in self.moments:
                moments.grow(1 << (len(known) - 1).bit_length())
        return False

    def _round(self, level: int) -> None:
        """Round the times further down, and gather their sums."""
        times = self._rounded(self.times, level)
        distinct, codes = np.unique(times, return_inverse=True)
        self.moments = self._gathered(codes, max(16, 1 << (len(distinct) - 1).bit_length()))
        self.times, self._at, self.level = distinct, np.arange(len(distinct)), level

    def _gathered(self, index: np.ndarray, size: int) -> list[Moments]:
        """Return the moments of groups of times; ``index`` is the group of each time."""
        at = np.zeros(self._room, np.int64)
        at[self._at] = index
        found = [Moments(size, weighted=self.weighted) for _ in self.moments]
        for gathered, moments in zip(found, self.moments, strict=True):
            gathered.merge(moments, at)
        return found

    def _next_level(self, times: np.ndarray) -> int:
        """Return the least level at which some times are few enough."""
        low, high = self.level, len(_STEPS) if self.clock.is_calendar else _POWERS
        if len(np.unique(self._rounded(times, high))) > self.most:
            raise UsageError(
                f"times are at most {self.most:,} distinct days; column {self.clock.column!r} has more; check what it holds"
            )
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if len(np.unique(self._rounded(times, middle))) <= self.most else (middle, high)
        return high

    def _rounded(self, times: np.ndarray, level: int) -> np.ndarray:
        if not level:
            return times
        if self.clock.is_calendar:
            step, size = list(_STEPS.items())[level - 1]
            if step in ("hour", "day"):
                return _begins(times, step, self.clock.zone)
            return times // size * size
        with np.errstate(over="ignore"):
            numbers = numbers_of(times)
            power = _LEAST_POWER + level
            small = np.abs(numbers) < 2.0 ** min(1023, power + 53)  # larger ones are multiples already
            return ordered(np.where(small, np.ldexp(np.floor(np.ldexp(numbers, -power)), power), numbers))

    # ---- reading

    def series(self, loss: int = 0) -> Series:
        """Return Σwℓ and Σw of each time that has rows, in order, of one of the losses."""
        at, moments = self._at, self.moments[loss]
        return Series(moments.loss.values()[at], np.array([moments.weight(k) for k in at.tolist()]))

    def over_time(self, every: str | None, options: IntervalOptions, make: MakePeriod, *, loss: int = 0) -> OverTime | None:
        """Return the losses by period, each made by a function, and the autocorrelation of one of the losses."""
        if not len(self.times):
            return None
        length, index, starts = self._periods(every)
        moments = self._gathered(index, len(starts))
        rounded = None
        if self.level:
            rounded = list(_STEPS)[self.level - 1] if self.clock.is_calendar else f"{2.0 ** (_LEAST_POWER + self.level):g}"
        return OverTime(
            column=self.clock.column,
            read=self.clock.described,
            zone=self.clock.zone,
            every=length,
            chosen=every is None,
            times=len(self.times),
            rounded=rounded,
            horizon=options.horizon,
            autocorrelation=autocorrelation(self.series(loss)),
            periods=tuple(make(start, k, moments) for k, start in enumerate(starts)),
        )

    def _periods(self, every: str | None) -> tuple[str, np.ndarray, list[str]]:
        """Return the length of periods, the period of each time, and the start of each period, in order."""
        lengths: Sequence[str] = ("time", "hour", "day", "week", "month", "year") if every is None else (every,)
        if not self.clock.is_calendar:
            if every is not None:
                raise UsageError(
                    f"every={every!r} is of dates, and column {self.clock.column!r} holds {self.clock.described}; leave it out"
                )
            return self._steps()
        starts = index = np.zeros(0, np.int64)
        length = ""
        for length in lengths:
            starts, index = np.unique(self._starts(length), return_inverse=True)
            if len(starts) <= CHOSEN_PERIODS:
                break
        if len(starts) > MOST_PERIODS:
            raise UsageError(
                f"a breakdown over time has at most {MOST_PERIODS:,} periods; every {length} there are {len(starts):,}; pass "
                "every='month', or leave it out"
            )
        return length, index, self._written(starts, length)

    def _starts(self, length: str) -> np.ndarray:
        """Return the beginning of the period of each time: of hours the instant, of longer periods what clocks show."""
        if length == "time":
            return self.times
        if length == "hour":
            return _begins(self.times, "hour", self.clock.zone)
        return _starts(self.times if self.clock.zone is None else to_local(self.times, self.clock.zone), length)

    def _written(self, starts: np.ndarray, length: str) -> list[str]:
        """Return the beginning of periods as text, with the distance from UTC where clocks show the same twice."""
        if length not in ("time", "hour") or self.clock.zone is None:
            return _written(starts, length)
        ahead = offsets(starts, self.clock.zone)
        texts = _written(starts + ahead, length)
        twice = {one for one, next in pairwise(sorted(texts)) if one == next}
        return [text + _as_offset(off) if text in twice else text for text, off in zip(texts, ahead.tolist(), strict=True)]

    def _steps(self) -> tuple[str, np.ndarray, list[str]]:
        """Return the periods of steps: each by itself if they are few, else equally many steps, a round number."""
        numbers = numbers_of(self.times)
        if len(numbers) <= CHOSEN_PERIODS:
            return "time", np.arange(len(numbers)), [f"{x:.15g}" for x in numbers.tolist()]
        width = max(numbers[-1] / CHOSEN_PERIODS - numbers[0] / CHOSEN_PERIODS, 1e-300)
        power = int(np.floor(np.log10(width)))
        size = next(float(f"{m}e{power}") for m in (1, 2, 5, 10) if float(f"{m}e{power}") >= width)
        places, index = np.unique(np.floor(numbers / size), return_inverse=True)
        return f"{size:g}", index, [f"{x:.12g}" for x in (places * size + 0.0).tolist()]


def _distinct(times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the distinct times in order, and the place of each time among them."""
    if len(times) and (times[1:] >= times[:-1]).all():  # np.unique would sort them
        first = np.concatenate([[True], times[1:] != times[:-1]])
        return times[first], np.cumsum(first) - 1
    return np.unique(times, return_inverse=True)


def _begins(times: np.ndarray, step: str, zone: str | None) -> np.ndarray:
    """Return an instant of the hour or the day of each time, always the same, in a time zone or without one."""
    if zone is None:
        found: np.ndarray = times // _STEPS[step] * _STEPS[step]
        return found
    return start_of_hour(times, zone) if step == "hour" else start_of_day(to_local(times, zone) // DAY * DAY, zone)


def _as_offset(ahead: int) -> str:
    """Return the distance of clocks from UTC as ISO 8601 writes it."""
    minutes = abs(ahead) // (60 * 10**9)
    return f"{'-' if ahead < 0 else '+'}{minutes // 60:02}:{minutes % 60:02}"


def _starts(times: np.ndarray, length: str) -> np.ndarray:
    """Return the beginning of the day, week, month or year of each time."""
    if length == "day":
        return times // DAY * DAY
    if length == "week":
        return ((times // DAY + 3) // 7 * 7 - 3) * DAY  # 1970 began on a Thursday, weeks begin on Mondays
    whole: np.ndarray = times.astype("datetime64[ns]").astype(f"datetime64[{length[0].upper()}]").astype("datetime64[ns]")
    return whole.astype(np.int64)


def _written(starts: np.ndarray, length: str) -> list[str]:
    """Return the beginning of periods as text."""
    if length in ("month", "year"):
        return [str(x) for x in starts.astype("datetime64[ns]").astype(f"datetime64[{length[0].upper()}]")]
    whole = not (starts % DAY).any()
    texts = [as_text(start, "day" if whole else "moment") for start in starts.tolist()]
    return texts if whole or (starts % (60 * 10**9)).any() else [text.removesuffix(":00") for text in texts]
