"""The loss over time: against pandas and statsmodels; the same bits for any order, batches and merging; bounded memory."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lossary.report import UsageError, compare, score
from lossary.report.measure.breakdown import over_time
from lossary.report.measure.breakdown.over_time import TimeSums
from lossary.report.read.times import Clock, ordered

rng = np.random.default_rng(5)
MOMENT, STEP = Clock("t", "moment"), Clock("t", "step")
OPTIONS = {"loss": "mse", "target": "y", "prediction": "p"}


def forecasts(rows=300, **columns):
    y = rng.normal(size=rows)
    return pd.DataFrame({"y": y, "p": y + rng.standard_t(5, rows), "w": rng.uniform(0.5, 2, rows), **columns})


def losses_of(frame):
    return (frame["p"] - frame["y"]) ** 2


@pytest.mark.parametrize("weight", [None, "w"])
@pytest.mark.parametrize(("every", "code"), [("day", "D"), ("week", "W-SUN"), ("month", "M")])
def test_periods_are_those_of_pandas(every, code, weight):
    times = pd.Timestamp("2023-11-20") + pd.to_timedelta(rng.integers(0, 80 * 24, 300), "h")
    frame = forecasts(t=times).sample(frac=1, random_state=1)
    found = score(frame, **OPTIONS, weight=weight, time="t", every=every).time
    w = frame["w"] if weight else pd.Series(1.0, frame.index)
    period = frame["t"].dt.to_period(code)
    sums = pd.DataFrame({"loss": losses_of(frame) * w, "weight": w}).groupby(period).sum()
    starts = sums.index.strftime("%Y-%m") if every == "month" else sums.index.start_time.strftime("%Y-%m-%d")
    assert [one.start for one in found.periods] == list(starts)
    assert [one.count for one in found.periods] == period.value_counts().sort_index().tolist()
    assert [one.mean for one in found.periods] == pytest.approx((sums["loss"] / sums["weight"]).tolist(), rel=1e-12)
    assert [one.weight for one in found.periods] == pytest.approx(sums["weight"].tolist(), rel=1e-12)
    assert (found.every, found.chosen, found.times, found.zone) == (every, False, frame["t"].nunique(), None)
    k = int(np.argmax([one.count for one in found.periods]))
    alone = score(frame[period == sums.index[k]], **OPTIONS, weight=weight)
    assert (found.periods[k].mean, found.periods[k].interval) == (alone.mean, alone.interval)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/Sao_Paulo", "Asia/Kathmandu", "-03:30"])
@pytest.mark.parametrize(("every", "code"), [("day", "D"), ("week", "W-SUN"), ("month", "M")])
def test_days_begin_in_the_time_zone(every, code, zone):
    times = pd.Timestamp("2017-10-10", tz="UTC") + pd.to_timedelta(rng.integers(0, 160 * 24, 300), "h")
    frame = forecasts(t=times.tz_convert(zone))
    period = frame["t"].dt.tz_localize(None).dt.to_period(code)
    counts = period.value_counts().sort_index()
    starts = counts.index.strftime("%Y-%m") if every == "month" else counts.index.start_time.strftime("%Y-%m-%d")
    frame["utc"] = times
    frame["seconds"] = times.as_unit("s").asi8
    frame["text"] = times.strftime("%Y-%m-%dT%H:%M:%SZ")
    for column, asked in (("t", None), ("utc", zone), ("seconds", zone), ("text", zone)):
        found = score(frame, **OPTIONS, time=column, every=every, time_zone=asked).time
        assert [(one.start, one.count) for one in found.periods] == list(zip(starts, counts, strict=True)), column
        assert found.zone == zone
        assert zone in found.read
    assert score(frame, **OPTIONS, time="t", every=every, time_zone="UTC").time.zone == "UTC"


def test_days_of_comparisons_begin_in_the_time_zone():
    frame = forecasts(48, t=pd.date_range("2024-01-01", periods=48, freq="h", tz="UTC"))
    frame = frame.assign(q=frame["p"] + 1, row=range(48))
    asked = {"loss": "mse", "target": "y", "time": "t", "every": "day", "time_zone": "Asia/Kathmandu"}
    pair = compare(frame, frame.assign(p=frame["q"]), id="row", prediction="p", **asked)
    ranking = compare(frame, prediction="p,q", **asked)
    for found in (pair, ranking):
        days = [("2024-01-01", 19), ("2024-01-02", 24), ("2024-01-03", 5)]
        assert [(one.start, one.count) for one in found.time.periods] == days


def test_an_hour_that_clocks_show_twice_is_two_periods():
    times = pd.date_range("2023-10-28 23:30", periods=4, freq="h", tz="UTC")
    found = score(forecasts(4, t=times), **OPTIONS, time="t", time_zone="Europe/Berlin")
    starts = ["2023-10-29 01:30", "2023-10-29 02:30+02:00", "2023-10-29 02:30+01:00", "2023-10-29 03:30"]
    assert [one.start for one in found.time.periods] == starts
    assert "2023-10-29 02:30+01:00" in found.to_html()


def test_days_that_are_rounded_to_are_those_of_the_time_zone(monkeypatch):
    hours = np.arange(400 * 24)
    frame = forecasts(len(hours), t=pd.Timestamp("2017-01-01", tz="UTC") + pd.to_timedelta(hours, "h"))
    whole = score(frame, **OPTIONS, time="t", every="day", time_zone="America/Sao_Paulo").time
    monkeypatch.setattr(over_time, "MOST_TIMES", 500)
    found = score(frame, **OPTIONS, time="t", every="day", time_zone="America/Sao_Paulo").time
    assert (found.rounded, whole.rounded) == ("day", None)
    assert found.periods == whole.periods


@pytest.mark.parametrize(
    ("column", "zone", "sentence"),
    [
        ("naive", "Europe/Berlin", "a time zone is for instants.*'naive' holds dates and times as written"),
        ("steps", "Europe/Berlin", "a time zone is for instants.*'steps' holds numbers of steps"),
        ("t", "Europe/Nowhere", "a time zone is a name of the IANA database"),
        ("t", 2, "a time zone is a name, such as Europe/Berlin; got 2"),
        (None, "Europe/Berlin", "time_zone is of rows in time; name the column of times too"),
    ],
)
def test_time_zones_that_say_nothing_are_refused(column, zone, sentence):
    times = pd.date_range("2024-01-01", periods=20, freq="h")
    frame = forecasts(20, naive=times, t=times.tz_localize("UTC"), steps=np.arange(20))
    with pytest.raises(UsageError, match=sentence):
        score(frame, **OPTIONS, time=column, time_zone=zone)


def test_the_length_of_periods_follows_from_how_many_there_are():
    def every(start, count, step):
        return score(forecasts(count, t=pd.date_range(start, periods=count, freq=step)), **OPTIONS, time="t").time

    assert [every("2024-01-01", 100, "s").every, every("2024-01-01", 200, "min").every] == ["time", "hour"]
    assert [every("2024-01-01", 200, "h").every, every("2024-01-01", 200, "D").every] == ["day", "week"]
    assert every("2000-01-31", 151, "ME").every == "year"
    assert every("2024-01-01", 100, "s").periods[1].start == "2024-01-01 00:00:01"
    assert every("2024-01-01", 200, "min").periods[1].start == "2024-01-01 01:00"
    assert every("2020-01-31", 14, "ME").periods[1].start == "2020-02-29"


def test_steps_are_shown_one_by_one_or_in_rounds():
    few = score(forecasts(4, t=[2.5, -1.0, 10.0, 2.5]), **OPTIONS, time="t").time
    assert [(one.start, one.count) for one in few.periods] == [("-1", 1), ("2.5", 2), ("10", 1)]
    many = score(forecasts(300, t=np.arange(300) * 7), **OPTIONS, time="t").time
    assert many.every == "20"
    assert [one.start for one in many.periods[:3]] == ["0", "20", "40"]
    assert [one.count for one in many.periods[:3]] == [3, 3, 3]
    with pytest.raises(UsageError, match="every='day' is of dates, and column 't' holds numbers of steps, in their order"):
        score(forecasts(3, t=[1, 2, 3]), **OPTIONS, time="t", every="day")


def test_too_many_periods_are_refused(monkeypatch):
    monkeypatch.setattr(over_time, "MOST_PERIODS", 3)
    frame = forecasts(4, t=pd.date_range("2024-01-01", periods=4))
    with pytest.raises(UsageError, match="at most 3 periods; every day there are 4; pass every='month', or leave it out"):
        score(frame, **OPTIONS, time="t", every="day")


def parts_of(clock, times, values, sizes, merged):
    """Sums of times that come in parts, each added by itself or merged."""
    found, start = TimeSums(clock, weighted=False), 0
    for size in sizes:
        part = slice(start, start + size)
        start += size
        if merged:
            other = TimeSums(clock, weighted=False)
            other.add(times[part], [values[part]], None)
            found.merge(other)
        else:
            found.add(times[part], [values[part]], None)
    return found


def state(sums):
    return sums.level, sums.times.tolist(), sums.series().loss.tolist(), sums.series().weight.tolist()


def test_times_are_rounded_as_far_as_those_that_they_are_merged_with(monkeypatch):
    monkeypatch.setattr(over_time, "MOST_TIMES", 2)
    times, values = np.array([0, 61, 62, 63]) * 10**9, np.arange(4.0)
    parts = parts_of(MOMENT, times, values, [1, 3], merged=True)
    assert state(parts) == state(parts_of(MOMENT, times, values, [4], merged=False))
    assert parts.times.tolist() == [0, 60 * 10**9]


@given(
    st.lists(st.integers(-(10**12), 10**12), min_size=1, max_size=40),
    st.lists(st.integers(1, 9), min_size=40, max_size=40),
    st.booleans(),
    st.sampled_from([MOMENT, STEP]),
    st.integers(2, 40),
)
@settings(deadline=None)
def test_sums_do_not_depend_on_order_or_parts(seconds, sizes, merged, clock, most):
    times = np.array(seconds, np.int64)
    times = times // 10**6 * 10**9 if clock is MOMENT else ordered(times.astype(float))
    values = np.arange(len(times)) / 7
    order = np.random.default_rng(len(times)).permutation(len(times))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(over_time, "MOST_TIMES", most)
        try:
            whole = parts_of(clock, times, values, [len(times)], merged=False)
        except UsageError:
            with pytest.raises(UsageError, match="distinct days"):
                parts_of(clock, times[order], values[order], sizes, merged)
            return
        assert state(parts_of(clock, times[order], values[order], sizes, merged)) == state(whole)
        assert len(whole.times) <= most
    assert math.fsum(whole.series().loss) == pytest.approx(math.fsum(values))
    if whole.level and clock is MOMENT:  # the finest that is fine enough
        size = [10**9, 60 * 10**9, 3600 * 10**9, 86_400 * 10**9][whole.level - 1]
        assert whole.times.tolist() == sorted({int(time) // size * size for time in times})


def test_times_that_are_too_many_are_rounded_down_and_that_is_said(monkeypatch):
    monkeypatch.setattr(over_time, "MOST_TIMES", 30)
    frame = forecasts(400, t=pd.date_range("2024-01-01", periods=400, freq="37min"))
    found = score(frame, **OPTIONS, time="t")
    days = losses_of(frame).groupby(frame["t"].dt.floor("D")).agg(["sum", "count"])
    assert (found.time.rounded, found.time.times, found.time.every) == ("day", len(days), "time")
    assert [one.count for one in found.time.periods] == days["count"].tolist()
    assert found.findings[-3].message.endswith("so they were rounded down to the day")
    steps = score(forecasts(100, t=np.arange(100.0)), **OPTIONS, time="t").time
    assert (steps.rounded, steps.times, steps.periods[1].start, steps.periods[1].count) == ("4", 25, "4", 4)


def test_the_interval_of_rows_in_time_is_that_of_sums_by_time():
    statsmodels = pytest.importorskip("statsmodels.api")
    times = np.sort(rng.integers(0, 60, 400))
    frame = forecasts(400, t=pd.Timestamp("2024-01-01") + pd.to_timedelta(times, "D")).sample(frac=1, random_state=2)
    found = score(frame, **OPTIONS, time="t", horizon=3, also="mae")
    ordered_frame = frame.sort_values("t")
    codes = ordered_frame["t"].rank(method="dense").astype(int).to_numpy() - 1
    for losses, interval in (
        (losses_of(ordered_frame), found.interval),
        ((ordered_frame["p"] - ordered_frame["y"]).abs(), found.also[0].interval),
    ):
        fit = statsmodels.OLS(losses.to_numpy(), np.ones(400)).fit(
            cov_type="hac-groupsum",
            cov_kwds={"time": codes, "maxlags": 2, "use_correction": False, "weights_func": lambda lags: np.ones(lags + 1)},
        )
        count = codes.max() + 1
        from scipy import stats

        reach = stats.t.ppf(0.975, count - 1) * fit.bse[0] / math.sqrt((count + 1 - 6 + 6 / count) / count)
        assert interval.method == "diebold-mariano"
        assert interval.high - interval.low == pytest.approx(2 * reach, rel=1e-9)
    assert found.time.horizon == 3
    assert [one.code for one in found.findings] == ["L305", "L308"]


def test_few_times_leave_the_interval_as_it_is():
    frame = forecasts(90, t=np.repeat(np.arange(9), 10))
    found, plain = score(frame, **OPTIONS, time="t"), score(frame, **OPTIONS)
    assert found.interval == plain.interval
    assert [one.code for one in found.findings] == ["L306", "L308"]
    # intervals by clusters and runs are not by time, and say so themselves
    for asked, codes in (({"cluster": "t"}, ["L302", "L301"]), ({"run": "t"}, ["L310"])):
        by = score(frame, **OPTIONS, time="t", **asked)
        assert [one.code for one in by.findings] == codes
        assert by.time.periods[0].interval is None
    more = score(forecasts(100, t=np.repeat(np.arange(10), 10)), **OPTIONS, time="t")
    assert more.interval.method == "cosines"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"every": "day"}, 'every is of rows in time; name the column of times too, as in time="date"'),
        ({"horizon": 2}, "horizon is of rows in time"),
        ({"time": "t", "every": "year"}, "every is one of day, week, month; got 'year'"),
        ({"time": "t", "horizon": 0}, "a horizon is how many times ahead forecasts look, 1 or more; got 0"),
        ({"time": "t", "horizon": 2, "cluster": "g"}, "makes the interval by the order of times; leave out cluster"),
        ({"time": "t", "horizon": 2, "run": "g"}, "leave out run, or the horizon"),
        ({"time": "t", "horizon": 2, "interval": "bootstrap"}, 'leave out interval="bootstrap", or the horizon'),
        ({"time": "t", "horizon": 12}, "a horizon is shorter than the series; got 12 with 12 distinct times"),
        ({"run": "g", "interval": "bootstrap"}, "runs are too few to be drawn again"),
        ({"time": ["t"]}, "the time is the name of one column"),
        ({"time": "z"}, "has no column 'z' for the time"),
    ],
)
def test_options_that_do_not_go_together_are_refused(options, sentence):
    frame = forecasts(12, t=np.arange(12), g=[1, 2] * 6)
    with pytest.raises(UsageError, match=sentence.replace('"', "[\"']")):
        score(frame, **OPTIONS, **options)


def test_reports_are_the_same_for_any_workers_and_order(tmp_path):
    frame = forecasts(200, t=pd.date_range("2024-01-01", periods=50).repeat(4), s=np.tile([1, 2], 100))
    pieces = [frame[:70], frame[70:90], frame[90:]]
    documents = []
    for k, order in enumerate(itertools.permutations(range(3))):
        found = score([pieces[i] for i in order], **OPTIONS, time="t", run="s" if k % 2 else None, workers=1 + k % 2).to_dict()
        documents.append({key: found[key] for key in ("time", "interval", "runs")})
    assert documents[0] == documents[2] == documents[4]
    assert documents[1] == documents[3] == documents[5]
    (tmp_path / "x.csv").write_text(frame.to_csv(index=False))
    assert score(tmp_path / "x.csv", **OPTIONS, time="t").to_dict()["time"]["periods"] == documents[0]["time"]["periods"]


def test_infinite_losses_have_no_interval_in_time():
    frame = pd.DataFrame({"y": [1] * 12, "p": [0.5] * 11 + [0.0], "t": range(12)})
    found = score(frame, loss="bce", given="probabilities", target="y", prediction="p", time="t")
    assert found.interval is None
    assert found.time.autocorrelation is None
    assert found.time.periods[-1].mean == math.inf
    assert "∞" in found.to_html()
    assert "inf" in str(found)
