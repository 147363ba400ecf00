"""Forecasts in the long form of hubs: one row a quantile, member, median or mean."""

import pickle

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scipy import stats

import lossary
from lossary.cli.main import main
from lossary.report import BadDataError, UsageError, compare, score
from lossary.report.read.combined import with_id
from lossary.report.read.data import tables_of

LEVELS = [0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975]
PLACES, DATES, HORIZONS = ["01", "06", "US"], ["2025-11-22", "2025-11-29"], [0, 1, 2]
ID = "reference_date,horizon,location"
QUANTILES = {"loss": "wis", "long": "output_type_id=value", "id": ID}


def model_output(seed, members=0):
    rng = np.random.default_rng(seed)
    rows = []
    for date in DATES:
        for horizon in HORIZONS:
            for place in PLACES:
                end = (pd.Timestamp(date) + pd.Timedelta(weeks=horizon)).strftime("%Y-%m-%d")
                shared = (date, horizon, end, place)
                mean, scale = 50 + 20 * rng.normal(), 5 + rng.gamma(2.0)
                rows += [(*shared, "quantile", f"{p}", round(mean + scale * stats.norm.ppf(p), 3)) for p in LEVELS]
                rows += [(*shared, "median", "NA", round(mean, 3)), (*shared, "mean", "NA", round(mean + 1, 3))]
                rows += [(*shared, "sample", f"s{k}", round(mean + scale * rng.normal(), 3)) for k in range(members)]
    names = ["reference_date", "horizon", "target_end_date", "location", "output_type", "output_type_id", "value"]
    return pd.DataFrame(rows, columns=names).sample(frac=1, random_state=seed)


def oracle_output():
    rng = np.random.default_rng(0)
    ends = sorted({(pd.Timestamp(d) + pd.Timedelta(weeks=h)).strftime("%Y-%m-%d") for d in DATES for h in HORIZONS})
    return pd.DataFrame(
        [(end, place, round(50 + 20 * rng.normal(), 1)) for end in ends for place in PLACES],
        columns=["target_end_date", "location", "oracle_value"],
    )


def naive(output, truth, of):
    """The mean over forecasts of what is found of the values of one forecast and its truth."""
    known = {(end, place): y for end, place, y in truth.itertuples(index=False)}
    found = []
    for _, rows in output.groupby(["reference_date", "horizon", "location"]):
        first = rows.iloc[0]
        found.append(of(rows, known[first.target_end_date, first.location]))
    return np.mean(found)


def naive_wis(rows, y):
    rows = rows[rows.output_type == "quantile"]
    levels, q = rows.output_type_id.astype(float).to_numpy(), rows.value.to_numpy()
    return 2 * np.mean(np.where(y > q, levels * (y - q), (1 - levels) * (q - y)))


@pytest.fixture
def hub(tmp_path):
    output, truth = model_output(1, members=8), oracle_output()
    output.to_csv(tmp_path / "model.csv", index=False)
    truth.to_csv(tmp_path / "oracle.csv", index=False)
    return output, truth, str(tmp_path / "model.csv"), str(tmp_path / "oracle.csv")


ID_OF_END = f"{ID},target_end_date"


def test_quantiles_of_a_hub(hub, capsys):
    output, truth, path, oracle = hub
    found = score(path, truth=oracle, target="oracle_value", group="horizon", **{**QUANTILES, "id": ID_OF_END})
    assert found.count == 18
    assert found.parameters == {"levels": tuple(LEVELS)}
    assert found.mean == pytest.approx(naive(output, truth, naive_wis), rel=1e-12)
    assert {part.name for part in found.breakdowns[0].parts} == {"0", "1", "2"}
    assert found.files == (path,)
    assert found.worst[0]["id"].split(", ")[2] in PLACES  # leading zeros are kept
    codes = {one.code: one for one in found.findings}
    assert "of the long form mean, median, sample_s0" in codes["L208"].message
    assert codes["L208"].count == 18 * 10
    assert codes["L209"].message == (
        "the truth has no column reference_date, horizon; it was joined by location, target_end_date"
    )
    long = ["--long", "output_type_id=value", "--id", ID_OF_END, "--truth", oracle]
    with pytest.raises(SystemExit) as exit:
        main(["score", path, "--loss", "wis", *long, "--target", "oracle_value", "--json"])
    out = capsys.readouterr().out
    assert exit.value.code == 0
    assert f'"mean": {found.mean!r}' in out


def test_other_output_types_of_a_hub(hub):
    output, truth, path, oracle = hub
    options = {**QUANTILES, "id": ID_OF_END, "truth": oracle, "target": "oracle_value"}

    def crps(rows, y):
        x = rows[rows.output_type == "sample"].value.to_numpy()
        return abs(x - y).mean() - abs(x[:, None] - x).mean() / 2

    found = score(path, **{**options, "loss": "crps_ensemble"})
    assert found.columns["prediction"] == "sample_*"
    assert found.mean == pytest.approx(naive(output, truth, crps), rel=1e-12)
    found = score(path, **{**options, "loss": "mae", "prediction": "median"})
    assert found.mean == pytest.approx(
        naive(output, truth, lambda rows, y: abs(rows[rows.output_type == "median"].value.iloc[0] - y)), rel=1e-12
    )
    without = output[(output.output_type_id != "0.5")]
    without = pd.concat([without.iloc[:100].replace({"0.1": "0.10", "0.9": ".9"}), without.iloc[100:]])
    whole = score(without, **{**options, "prediction": "quantile_*,median"})
    assert whole.mean == pytest.approx(naive(output, truth, naive_wis), rel=1e-12)
    with pytest.raises(UsageError, match=r"absolute_error takes a prediction; name its column.*quantile_0\.025"):
        score(path, **{**options, "loss": "mae"})


def test_the_truth_may_stand_in_the_long_form_in_any_format(hub, tmp_path):
    output, truth, *_ = hub
    merged = output.merge(truth, on=["target_end_date", "location"])
    merged = merged[merged.output_type == "quantile"].drop(columns="output_type").rename(columns={"output_type_id": "tau"})
    expected = naive(output, truth, naive_wis)
    numbers = pa.table({**{name: merged[name].to_numpy() for name in merged}, "tau": merged.tau.astype(float).to_numpy()})
    pq.write_table(numbers, tmp_path / "x.parquet")
    merged.to_json(tmp_path / "x.jsonl", orient="records", lines=True)
    halves = [merged.iloc[:50], merged.iloc[50:]]
    for data in (merged, numbers, str(tmp_path / "x.parquet"), str(tmp_path / "x.jsonl"), halves):
        found = score(data, loss="wis", long="tau=value", id=ID, target="oracle_value")
        assert found.mean == pytest.approx(expected, rel=1e-12)
        assert found.count == 18
        assert found.columns["prediction"] == "tau_*"
        assert not found.findings


def test_a_forecast_may_stand_in_several_files(hub, tmp_path):
    output, truth, _, oracle = hub
    paths = [str(tmp_path / name) for name in ("one.csv", "two.csv")]
    for path, part in zip(paths, (output.iloc[:100], output.iloc[100:]), strict=True):
        part.to_csv(path, index=False)
    found = score(paths, truth=oracle, target="oracle_value", **{**QUANTILES, "id": ID_OF_END})
    assert found.mean == pytest.approx(naive(output, truth, naive_wis), rel=1e-12)
    assert found.files == tuple(paths)


def test_forecasts_go_on_over_batches_and_null_is_a_place(monkeypatch, hub):
    monkeypatch.setattr("lossary.report.read.gather._ROWS", 4)
    output, truth, *_ = hub
    merged = output.merge(truth, on=["target_end_date", "location"])
    merged["location"] = merged.location.replace({"US": None})
    found = score(merged, loss="wis", long="output_type_id=value", id=ID, target="oracle_value")
    assert found.count == 18
    assert found.mean == pytest.approx(naive(output, truth, naive_wis), rel=1e-12)
    assert [one.message for one in found.findings if one.code == "L202"] == [
        "6 rows have no id in column 'reference_date, horizon, location'"
    ]


def test_tables_with_ids_of_several_columns_go_to_other_processes():
    (tables,), name = with_id([tables_of({"a": [1, 2], "b": ["x", "y"]})], "a,b")
    assert name in pickle.loads(pickle.dumps(tables[0])).kinds


def test_a_remark_on_a_file_is_one_on_its_forecasts(hub):
    output, truth, path, _ = hub
    merged = output[output.output_type == "quantile"].merge(truth, on=["target_end_date", "location"])
    merged.to_csv(path, index=False, sep=";")
    found = score(path, loss="wis", long="output_type_id=value", id=ID, target="oracle_value")
    assert found.mean == pytest.approx(naive(output, truth, naive_wis), rel=1e-12)
    assert "L602" in [one.code for one in found.findings]  # fields are separated by semicolons


def test_a_member_a_row(tmp_path):
    rng = np.random.default_rng(3)
    members = rng.normal(size=(20, 6))
    rows = [(k, m, members[k, m], k / 10) for k in range(20) for m in range(6) if (k, m) != (3, 4)]
    frame = pd.DataFrame(rows, columns=["case", "member", "x", "y"])
    options = {"loss": "crps_ensemble", "long": "member=x", "id": "case", "target": "y"}
    with pytest.raises(BadDataError, match=r"row 4 \(index 3\), column 'member_4': got null"):
        score(frame, **options)
    found = score(frame, missing_members="skip", **options)
    kept = [np.delete(row, 4) if k == 3 else row for k, row in enumerate(members)]
    assert found.mean == pytest.approx(
        np.mean([lossary.crps_ensemble(x[None], [k / 10]) for k, x in enumerate(kept)]), rel=1e-12
    )
    assert found.forecast.missing.members == 1


def test_hubs_are_compared(hub, tmp_path):
    output, truth, path, oracle = hub
    other = model_output(2)
    options = {**QUANTILES, "id": ID_OF_END, "truth": oracle, "target": "oracle_value"}
    found = compare(path, other, **options)
    means = [naive(one, truth, naive_wis) for one in (output, other)]
    assert found.difference == pytest.approx(means[1] - means[0], rel=1e-12)
    third = model_output(3)
    means.append(naive(third, truth, naive_wis))
    stacked = pd.concat([one.assign(model_id=name) for one, name in zip((output, other, third), "abc", strict=True)])
    for ranked in (compare(path, other, third, names="a,b,c", **options), compare(stacked, model="model_id", **options)):
        assert {one.name: one.mean for one in ranked.models} == pytest.approx(dict(zip("abc", means, strict=True)), rel=1e-12)


def test_what_the_long_form_takes(hub):
    output, _, path, oracle = hub
    options = {**QUANTILES, "truth": oracle, "target": "oracle_value"}
    for changed, message in (
        ({"id": None}, "in the long form several rows are one forecast; name what they share"),
        ({"long": "value"}, r"the long form is said by two columns.*got 'value'"),
        ({"long": "level=value"}, "has no column 'level' for the long form"),
        ({"id": "location,value"}, "a forecast has several values of 'value'"),
    ):
        with pytest.raises(UsageError, match=message):
            score(path, **{**options, **changed})
    options["id"] = ID_OF_END
    with pytest.raises(
        BadDataError, match=r"a forecast has one value of each level; horizon \d, .*location .* has 2 values of"
    ):
        score(path, **{**options, "id": "horizon,location"})
    output["value"] = ["many", *output.value.astype(str).iloc[1:]]
    with pytest.raises(BadDataError, match="column 'value': got 'many', which is not a number"):
        score(output, **options)
    output = model_output(1)
    output.loc[3, "output_type"] = None
    with pytest.raises(BadDataError, match="column 'output_type': got null; each row says what its value is"):
        score(output, **options)
    output = model_output(1).assign(w=np.arange(18 * 9))
    with pytest.raises(BadDataError, match="the rows of one forecast share one value of 'w'"):
        score(output, weight="w", **options)
    big = pd.DataFrame({"id": np.arange(5000), "w": np.arange(5000), "x": 1.0, "y": 2.0})
    with pytest.raises(UsageError, match=r"column 'w' of .* has more than 4,096 different values"):
        score(big, loss="wis", long="w=x", id="id", target="y")
