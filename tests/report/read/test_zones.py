"""Clocks of time zones agree with those of pandas, at all times and where they are changed."""

import numpy as np
import pandas as pd
import pytest

from lossary.report import UsageError
from lossary.report.read.zones import DAY, HOUR, offsets, start_of_day, start_of_hour, to_local

ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/Sao_Paulo",  # clocks were changed at midnight
    "Australia/Lord_Howe",  # by half an hour
    "Asia/Kathmandu",
    "Pacific/Apia",  # a day was left out
    "Africa/Casablanca",
    "+05:30",
    "-03:00",
)


def times_of(zone):
    """Instants of 1900 to 2100, and those around every change of clocks from 2010 to 2020."""
    rng = np.random.default_rng(0)
    anywhere = rng.integers(-70 * 366 * DAY, 130 * 366 * DAY, 500)
    hours = np.arange(40 * 366 * DAY, 50 * 366 * DAY, HOUR)
    changed = hours[1:][np.diff(local_of(hours, zone)) != HOUR]
    near = (changed[:, None] + np.array([-DAY, -HOUR, -1, 0, 1, HOUR, DAY])).ravel()
    return np.unique(np.concatenate([anywhere, near]))


def local_of(times, zone):
    found = pd.to_datetime(times, utc=True).tz_convert(zone).tz_localize(None)
    return found.as_unit("ns").asi8


@pytest.mark.parametrize("zone", ZONES)
def test_clocks_are_those_of_pandas(zone):
    times = times_of(zone)
    assert np.array_equal(to_local(times, zone), local_of(times, zone))


@pytest.mark.parametrize("zone", ZONES)
def test_a_day_has_one_instant_of_its_own(zone):
    times = times_of(zone)
    days = local_of(times, zone) // DAY
    found = start_of_day(days * DAY, zone)
    assert np.array_equal(local_of(found, zone) // DAY, days)
    assert np.abs(offsets(found, zone)).max() <= 15 * HOUR
    assert (np.diff(found) >= 0).all()


@pytest.mark.parametrize("zone", ZONES)
def test_hours_nest(zone):
    times = times_of(zone)
    found = start_of_hour(times, zone)
    assert np.array_equal(start_of_hour(found, zone), found)
    assert ((times - found >= 0) & (times - found < HOUR)).all()
    recent = times > 48 * 366 * DAY
    if zone != "Australia/Lord_Howe":
        assert not (local_of(found[recent], zone) % HOUR).any()


def test_what_is_no_zone():
    for name, hint in (("Europe/Berln", "did you mean 'Europe/Berlin'"), ("nowhere at all", ""), ("../etc/passwd", "")):
        with pytest.raises(UsageError, match=f"a time zone is a name of the IANA database.*got '{name}'.*{hint}"):
            offsets(np.zeros(1, np.int64), name)
