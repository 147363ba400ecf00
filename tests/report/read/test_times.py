"""Times of columns: what they are read as, against the standard library, and what is refused."""

import datetime as dt
import struct

import numpy as np
import pyarrow as pa
import pytest

from lossary.report import BadDataError, UsageError, score
from lossary.report.read.data import tables_of
from lossary.report.read.form import TextFormat
from lossary.report.read.times import clock_of, numbers_of, ordered

UTC = dt.UTC


def read(*columns):
    tables = [table for values in columns for table in tables_of(pa.table({"t": values}), TextFormat(None, None, None))]
    clock = clock_of(tables, "t")
    found = [clock.read(batch) for table in tables for batch in table.batches(["t"], 100)]
    return clock, np.concatenate([times for times, *_ in found]), found


def nanoseconds(*moments):
    epoch = dt.datetime(1970, 1, 1)  # times without a zone
    return [(moment.replace(tzinfo=None) - epoch) // dt.timedelta(microseconds=1) * 1000 for moment in moments]


DAYS = [dt.datetime(2024, 2, 29), dt.datetime(1999, 12, 31)]
HOURS = [dt.datetime(2024, 2, 29, 13, 5), dt.datetime(2024, 3, 1)]
INSTANT = [dt.datetime(2024, 2, 29, 12, tzinfo=dt.timezone(dt.timedelta(hours=2)))]


@pytest.mark.parametrize(
    ("values", "family", "expected"),
    [
        (["2024-02-29", "1999-12-31"], "moment", DAYS),
        ([day.date() for day in DAYS], "moment", DAYS),
        (DAYS, "moment", DAYS),
        (["2024-02-29 13:05", "2024-03-01"], "moment", HOURS),
        (["2024-02-29T13:05:00", "2024-03"], "moment", HOURS),
        (["2024-02-29T12:00+02:00"], "instant", [dt.datetime(2024, 2, 29, 10, tzinfo=UTC)]),
        (INSTANT, "instant", [dt.datetime(2024, 2, 29, 10, tzinfo=UTC)]),
        (["2024/2/29 13:05", "2024/03/01"], "moment", HOURS),
        (["2024Q2", "2024-Q1"], "moment", [dt.datetime(2024, 4, 1), dt.datetime(2024, 1, 1)]),
        (["2024-W01", "2025-W01"], "moment", [dt.datetime(2024, 1, 1), dt.datetime(2024, 12, 30)]),
        (["2024-02-29 12:00:00+02"], "instant", [dt.datetime(2024, 2, 29, 10, tzinfo=UTC)]),
        (
            ["2024-02-29 10:00:00.5+00", "2024-02-29T10:00:00Z"],
            "instant",
            [dt.datetime(2024, 2, 29, 10, 0, 0, 500_000, tzinfo=UTC), dt.datetime(2024, 2, 29, 10, tzinfo=UTC)],
        ),
        ([20240229, 19991231], "digits", DAYS),
        (["20240229", "19991231"], "digits", DAYS),
        ([1709211900, 1709251200], "epoch", HOURS),
        ([1709211900.0, 1709251200.0], "epoch", HOURS),
        ([1709211900000, 1709251200000], "epoch", HOURS),
        ([1709211900000000, 1709251200000000], "epoch", HOURS),
        ([1709211900000000000, 1709251200000000000], "epoch", HOURS),
    ],
)
def test_times_are_those_of_the_standard_library(values, family, expected):
    clock, times, _ = read(values)
    assert (clock.family, times.tolist()) == (family, nanoseconds(*expected))


@pytest.mark.parametrize("values", [[3, 1, 2], [0.5, -2.0, 1e300], ["10", "9"], [1709211900, 5], [20241301, 20240101], [2024]])
def test_other_numbers_are_steps_in_their_order(values):
    clock, times, _ = read(values)
    numbers = [float(value) for value in values]
    assert clock.family == "step"
    assert numbers_of(times).tolist() == numbers
    assert np.argsort(times).tolist() == np.argsort(numbers).tolist()


def test_numbers_and_their_integers_are_ordered_alike():
    x = np.array([-np.inf, -1e308, -3.5, -5e-324, -0.0, 0.0, 5e-324, 2.0, 1e308, np.inf])
    found = ordered(x)
    assert (np.sign(np.diff(found)) == np.sign(np.diff(x))).all()
    assert [struct.pack("d", value) for value in numbers_of(found)] == [struct.pack("d", value + 0.0) for value in x]


@pytest.mark.parametrize(
    ("values", "missing", "wrong"),
    [
        (["2024-02-29", None, "NA", "29.2.2024", "2024-13-01", "2024-02-29 12:00Z"], [1, 2], [3, 4, 5]),
        ([1709211900.0, None, 5.0, float("nan"), float("inf")], [1], [2, 3, 4]),
        (["1", "", "x", "nan"], [1], [2, 3]),
        ([DAYS[0], None], [1], []),
    ],
)
def test_rows_without_a_time_are_marked(values, missing, wrong):
    # the first row says how all are read
    tables = tables_of(pa.table({"t": values[:1]}), TextFormat(None, None, None))
    clock = clock_of(tables, "t")
    (table,) = tables_of(pa.table({"t": values}), TextFormat(None, None, None))
    _, null, bad = clock.read(next(table.batches(["t"], 100)))
    assert [[] if mask is None else np.flatnonzero(mask).tolist() for mask in (null, bad)] == [missing, wrong]


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ([["31/01/2024"]], r"a time is read from text that is ISO 8601; .* holds '31/01/2024'; write times as ISO 8601 does"),
        ([[True]], "a time is a date, a timestamp, a number or text; .* holds bool in column 't'"),
        ([DAYS, INSTANT], "give both a time zone, or neither"),
        ([DAYS, [1, 2]], "times are of one type; got .* and number in column 't'"),
        ([[1, 2], ["2024-01-01"]], "times are of one type; got number .* and text"),
    ],
)
def test_columns_that_hold_no_times_or_several_kinds_are_refused(columns, sentence):
    with pytest.raises(UsageError, match=sentence):
        read(*columns)


def test_an_unreadable_time_is_bad_data_with_its_place_and_remedy():
    data = {"y": [1.0, 2, 3], "p": [1.0, 2, 4], "t": ["2024-01-01", "soon", "2024-01-03"]}
    options = {"loss": "mse", "target": "y", "prediction": "p", "time": "t"}
    with pytest.raises(BadDataError) as caught:
        score(data, **options)
    lines = str(caught.value).splitlines()
    problem = "got 'soon'; every row has a time, written as those of the first rows are"
    assert lines[0].endswith(f"row 2 (index 1), column 't': {problem}")
    assert lines[1] == "  1 of 3 rows cannot be scored (time: 1)"
    assert lines[2].startswith("  Times are read as dates and times as written, without a time zone, by the first rows: write")
    assert score(data, **options, skip_invalid=True).invalid == {"time": 1}


@pytest.mark.parametrize("form", ["%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%SZ"])
def test_times_written_alike_are_those_read_one_by_one(form):
    rng = np.random.default_rng(1)
    moments = [dt.datetime(1900, 1, 1) + dt.timedelta(seconds=int(s)) for s in rng.integers(0, 6_000_000_000, 200)]
    texts = [moment.strftime(form) for moment in moments]
    expected = nanoseconds(*(dt.datetime.strptime(text, form) for text in texts))
    assert read(texts)[1].tolist() == expected
    # one that is written otherwise makes all be read one by one
    mixed = ["2024-01" if not form.endswith("Z") else "2024-01-31 00:00+00", *texts]
    assert read(mixed)[1].tolist()[1:] == expected


@pytest.mark.parametrize(
    "odd", ["2023-02-29", "2024-13-01", "2024-00-01", "2024-01-00", "2024x01-01", "0000-01-01", "2024-W60", "2024Q5"]
)
def test_dates_that_there_are_not_are_refused(odd):
    (table,) = tables_of(pa.table({"t": ["2024-01-31", odd]}), TextFormat(None, None, None))
    _, _, wrong = clock_of([table], "t").read(next(table.batches(["t"], 9)))
    assert wrong.tolist() == [False, True]
