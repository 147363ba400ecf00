"""The search for slices that lose much."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from lossary.report import UsageError, score
from lossary.report.measure.statistics.sample import priorities
from lossary.report.read.identity import scatter

ROWS = 4000


def table(seed: int, effect: float) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    columns = {name: rng.choice(list("abcd"), ROWS) for name in ("region", "device")}
    columns |= {"age": rng.integers(18, 80, ROWS), "noise": rng.normal(size=ROWS), "y": rng.normal(size=ROWS)}
    frame = pd.DataFrame(columns)
    frame.loc[::7, "noise"] = np.nan
    size = np.where((frame.region == "a") & (frame.device == "b"), 1 + effect, 1.0)
    frame["p"] = frame.y + rng.normal(size=ROWS) * size
    return frame


def searched(frame: pd.DataFrame, **options):
    return score(frame, loss="squared_error", target="y", prediction="p", slices="region,device,age,noise", **options).slices


def test_a_slice_that_is_there_is_found_and_measured_on_the_other_half() -> None:
    frame = table(1, effect=2.0)
    found = searched(frame)
    one = next(s for s in found.found if len(s.conditions) == 2)
    assert [(c.column, c.value) for c in one.conditions] == [("region", "a"), ("device", "b")]
    # which half a row is in is the only thing taken from the code under test
    path = score(frame, loss="squared_error", target="y", prediction="p").files[0]
    tested = frame[(scatter(priorities(path, 0, ROWS)) & np.uint64(1)) == 1]
    assert 0.45 * ROWS < len(tested) < 0.55 * ROWS
    loss, inside = (tested.p - tested.y) ** 2, (tested.region == "a") & (tested.device == "b")
    assert (one.count, one.share) == (inside.sum(), pytest.approx(inside.mean()))
    assert (one.mean, one.rest) == (pytest.approx(loss[inside].mean()), pytest.approx(loss[~inside].mean()))
    welch = stats.ttest_ind(loss[inside], loss[~inside], equal_var=False)
    z = stats.norm.ppf(0.975)
    assert one.interval.high - one.difference == pytest.approx(z * one.difference / welch.statistic, rel=1e-9)
    raw = stats.norm.sf(welch.statistic)
    assert raw <= one.p_value <= found.tested * raw * (1 + 1e-9)


def test_nothing_is_found_where_there_is_nothing() -> None:
    results = [searched(table(seed, effect=0.0)) for seed in range(12)]
    assert all(result.tried > 60 for result in results)
    assert sum(bool(result.found) for result in results) <= 1


def test_text_that_writes_numbers_nulls_and_few_rows(tmp_path) -> None:
    frame = table(2, effect=2.0)
    frame.to_csv(tmp_path / "x.csv", index=False)
    columns = ["region", "device", "age", "noise"]
    from_file = score(tmp_path / "x.csv", loss="squared_error", target="y", prediction="p", slices=columns)
    assert from_file.slices.tried == searched(frame).tried
    assert searched(frame[:40]) is None
    frame.loc[3, "p"] = np.inf
    assert searched(frame) is None


def test_what_is_no_column() -> None:
    with pytest.raises(UsageError, match="no column 'zone'"):
        score(table(3, 0.0), loss="squared_error", target="y", prediction="p", slices="region,zone")
