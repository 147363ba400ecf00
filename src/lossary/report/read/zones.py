"""Know how far the clocks of a time zone are ahead of UTC, for many times at once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache

import numpy as np

from lossary.errors import UsageError, short_repr
from lossary.names import did_you_mean

DAY = 86_400 * 10**9
"""Nanoseconds."""
HOUR = 3600 * 10**9
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_RECENT = np.array([1_577_836_800 * 10**9])
"""2020: zones were a few minutes or seconds off in the past, and hours begin at the same moments in all years."""
_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)")
_UTC = ("UTC", "Z", "Etc/UTC", "GMT")


@lru_cache(maxsize=64)
def zone_of(name: str) -> tzinfo:
    """Return the time zone of a name such as Europe/Berlin or +02:00; raise if there is none."""
    if name in _UTC:
        return UTC
    if found := _OFFSET.fullmatch(name):
        ahead = timedelta(hours=int(found[2]), minutes=int(found[3]))
        return timezone(-ahead if found[1] == "-" else ahead)
    import zoneinfo

    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        known = zoneinfo.available_timezones()
    remedy = did_you_mean(name, known, 3) if known else "; get the database with: pip install tzdata"
    raise UsageError(
        "a time zone is a name of the IANA database, such as Europe/Berlin, or an offset, such as +02:00; got "
        f"{short_repr(name)}{remedy}"
    )


def is_zone(name: str) -> bool:
    """Return whether there is a time zone of a name."""
    try:
        zone_of(name)
    except UsageError:
        return False
    return True


def to_local(times: np.ndarray, zone: str) -> np.ndarray:
    """Return what clocks show at instants, in nanoseconds since their own 1970."""
    found: np.ndarray = times + offsets(times, zone)
    return found


def start_of_day(local: np.ndarray, zone: str) -> np.ndarray:
    """Return an instant of each day, always the same; a day is given by its midnight on the clocks of the zone.

    It is midnight, or where clocks skip that, the moment when they do.
    """
    before = local - offsets(local - DAY, zone)
    found = local - offsets(before, zone)
    return np.where(to_local(found, zone) < local, before, found)


def start_of_hour(times: np.ndarray, zone: str) -> np.ndarray:
    """Return the beginning of the hour of each instant, in zones that are half an hour ahead too."""
    phase = int(offsets(_RECENT, zone)[0]) % HOUR
    found: np.ndarray = (times + phase) // HOUR * HOUR - phase
    return found


def offsets(times: np.ndarray, zone: str) -> np.ndarray:
    """Return how many nanoseconds the clocks of a zone are ahead of UTC at instants."""
    if zone in _UTC or not len(times):
        return np.zeros(len(times), np.int64)
    years = np.unique(times // (366 * DAY))  # blocks of 366 days, not those of a calendar
    starts, ahead = list[int](), list[int]()
    for year in years.tolist():
        for start, offset in _changes(zone, year):
            starts.append(start)
            ahead.append(offset)
    place = np.searchsorted(np.array(starts), times, side="right") - 1
    found: np.ndarray = np.array(ahead, np.int64)[place]
    return found


@lru_cache(maxsize=4096)
def _changes(zone: str, block: int) -> Sequence[tuple[int, int]]:
    """Return from when on which offset holds within 366 days, in nanoseconds; the first is that of their beginning."""
    held = zone_of(zone)

    def ahead(second: int) -> int:
        offset = (_EPOCH + timedelta(seconds=second)).astimezone(held).utcoffset() or timedelta()
        return 86_400 * offset.days + offset.seconds

    first = block * 366 * 86_400
    found = [(first, ahead(first))]
    for day in range(first, first + 366 * 86_400, 86_400):
        low, high = day, day + 86_400
        if ahead(high) == found[-1][1]:
            continue
        while high - low > 1:  # the second at which the clocks are changed
            middle = (low + high) // 2
            low, high = (middle, high) if ahead(middle) == found[-1][1] else (low, middle)
        found.append((high, ahead(high)))
    return [(start * 10**9, offset * 10**9) for start, offset in found]
