"""Reports on forecasts: members of an ensemble, quantiles of several levels, and inputs that are only observed."""

import json
import shlex

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import lossary
from lossary.cli.main import main
from lossary.report import BadDataError, UsageError, compare, score
from lossary.report.measure.plan.levels import levels_of
from lossary.vocabulary import distance, maximum, where

rng = np.random.default_rng(9)
N = 200


@lossary.composed(signature="(n),(n)", observed=("event",))
def batch(log_hazard, event):
    return (log_hazard * event).sum(-1)


@lossary.samplewise(of_sample=("target",))
def contrastive(a, b, target, *, margin=2.0):
    return target * distance(a, b) ** 2 + (1 - target) * maximum(0, margin - distance(a, b)) ** 2


@lossary.pointwise(observed=("censored",))
def tobit(prediction, censored, target):
    return where(censored > 0, 3 * (target - prediction) ** 2, (target - prediction) ** 2)


def naive_crps(rows, y):
    return np.array(
        [np.mean(abs(r - t)) - np.mean([abs(a - b) for a in r for b in r]) / 2 for r, t in zip(rows, y, strict=True)]
    )


def naive_quantiles(columns, y, levels):
    losses = [np.where(y > q, a * (y - q), (1 - a) * (q - y)) for q, a in zip(columns, levels, strict=True)]
    return np.mean(losses, axis=0)


@pytest.fixture
def columns():
    found = {f"ens_{k}": rng.normal(size=N) for k in range(12)}
    found |= {"y": rng.normal(size=N), "w": rng.gamma(1.0, size=N), "g": np.array(["n", "s"])[rng.integers(0, 2, N)]}
    return found


def members_of(columns):
    return np.stack([columns[f"ens_{k}"] for k in range(12)], 1)


def written(folder, name, columns):
    path = folder / f"{name}.parquet"
    pq.write_table(pa.table(columns), path)
    return str(path)


@pytest.fixture
def run(capsys):
    def run(*arguments):
        with pytest.raises(SystemExit) as exit:
            main([str(x) for x in arguments])
        return exit.value.code, "".join(capsys.readouterr())

    return run


def test_members_of_an_ensemble_are_columns(columns, tmp_path):
    rows, y, w = members_of(columns), columns["y"], columns["w"]
    losses = naive_crps(rows, y)
    also = "crps_ensemble:estimator=fair"
    found = score(columns, loss="crps_ensemble", target="y", prediction="ens_*", weight="w", group="g", also=also)
    assert found.mean == pytest.approx(np.average(losses, weights=w), rel=1e-13)
    parts = {part.name: part.mean for part in found.breakdowns[0].parts}
    chosen = columns["g"] == "n"
    assert parts["n"] == pytest.approx(np.average(losses[chosen], weights=w[chosen]), rel=1e-13)
    fair = np.array(
        [np.mean(abs(r - t)) - sum(abs(a - b) for a in r for b in r) / (2 * 12 * 11) for r, t in zip(rows, y, strict=True)]
    )
    assert found.also[0].mean == pytest.approx(np.average(fair, weights=w), rel=1e-12)
    assert found.columns["prediction"] == "ens_*"
    worst = found.worst[0]
    assert worst["target"] == y[worst["row"]]
    assert worst["prediction"] == rows[worst["row"]].tolist()
    path = written(tmp_path, "x", {"y": y, "ens": rows.tolist()})
    assert score(path, loss="crps_ensemble", target="y", prediction="ens").mean == pytest.approx(losses.mean(), rel=1e-13)
    assert score(None, loss="crps_ensemble", target=y, prediction=rows).mean == pytest.approx(losses.mean(), rel=1e-13)
    assert score(columns, loss="crps_ensemble", target="y", prediction=["ens_3", "ens_1"]).mean == pytest.approx(
        naive_crps(rows[:, [3, 1]], y).mean(), rel=1e-13
    )
    assert score(columns, loss=2 * lossary.crps_ensemble, target="y", prediction="ens_*").mean == pytest.approx(
        2 * losses.mean(), rel=1e-13
    )


def test_a_parameter_that_changes_nothing_is_not_shown(columns):
    assert "fairness" not in str(score(columns, loss="crps_ensemble", target="y", prediction="ens_*"))
    almost = {"estimator": "almost_fair", "fairness": 0.9}
    shown = str(score(columns, loss="crps_ensemble", target="y", prediction="ens_*", parameters=almost))
    assert "crps_ensemble (fairness=0.9, estimator=almost_fair)" in shown


def test_a_row_with_a_missing_member_is_invalid(columns):
    columns["ens_7"][3] = np.nan
    with pytest.raises(BadDataError, match=r"row 4 \(index 3\), column 'ens_7': got NaN"):
        score(columns, loss="crps_ensemble", target="y", prediction="ens_*")
    found = score(columns, loss="crps_ensemble", target="y", prediction="ens_*", skip_invalid=True)
    assert found.invalid == {"NaN": 1}
    keep = np.arange(N) != 3
    assert found.mean == pytest.approx(naive_crps(members_of(columns)[keep], columns["y"][keep]).mean(), rel=1e-13)


@pytest.mark.parametrize("form", ["columns", "lists", "csv"])
def test_missing_members_are_left_out_where_that_is_said(columns, form, tmp_path, run):
    members = members_of(columns)
    members[rng.uniform(size=members.shape) < 0.3] = np.nan
    members[5], members[6] = np.nan, 1.0
    kept = [row[~np.isnan(row)] for row in members]
    whole = np.arange(N) != 5
    expected = naive_crps([kept[k] for k in range(N) if whole[k]], columns["y"][whole])
    lists = [[None if np.isnan(x) else x for x in row] for row in members.tolist()]
    named = pa.table({"y": columns["y"], **{f"ens_{k}": pa.array([row[k] for row in lists]) for k in range(12)}})
    path = tmp_path / ("x.csv" if form == "csv" else "x.parquet")
    if form == "lists":
        pq.write_table(pa.table({"y": columns["y"], "ens": lists}), path)
    elif form == "columns":
        pq.write_table(named, path)
    else:
        path.write_text(named.to_pandas().to_csv(index=False, na_rep="NA"))
    prediction = "ens" if form == "lists" else "ens_*"
    options = {"loss": "crps_ensemble", "target": "y", "prediction": prediction}
    with pytest.raises(BadDataError, match=r'pass missing_members="skip" to score each row by the members that it has'):
        score(path, **options)
    with pytest.raises(
        BadDataError, match=r"row 6 \(index 5\), column 'ens.*': got no member at all; an ensemble has at least one"
    ):
        score(path, missing_members="skip", **options)
    also = "crps_ensemble:estimator=fair" if form == "columns" else ()
    found = score(path, missing_members="skip", skip_invalid=True, also=also, **options)
    assert found.invalid == {"no members": 1}
    assert found.mean == pytest.approx(expected.mean(), rel=1e-12)
    lacking = [12 - len(row) for row, keep in zip(kept, whole, strict=True) if keep]
    missing = found.forecast.missing
    assert (missing.rows, missing.members, missing.fewest) == (np.count_nonzero(lacking), sum(lacking), 12 - max(lacking))
    (note,) = [one for one in found.findings if one.code == "L207"]
    assert f"{missing.rows} rows lack members of the ensemble, {missing.members} members in all" in note.message
    ranks = [
        ((r < t).sum() / (len(r) + 1), ((r <= t).sum() + 1) / (len(r) + 1)) for r, t in zip(kept, columns["y"], strict=True)
    ]
    ranks = [ranks[k] for k in range(N) if whole[k]]
    lowest = np.mean([max(0, min(high, 1 / 13) - low) / (high - low) for low, high in ranks])
    assert found.forecast.pit[0].share == pytest.approx(lowest, rel=1e-9)
    half = next(one for one in found.forecast.intervals if one.level == 0.5)
    assert half.count == sum(len(row) >= 3 for row in kept)
    if also:
        fair = [
            np.mean(abs(r - t)) - sum(abs(a - b) for a in r for b in r) / (2 * len(r) * (len(r) - 1))
            for r, t in zip(kept, columns["y"], strict=True)
            if len(r) > 1
        ]
        assert found.also[0].mean == pytest.approx(np.mean(fair), rel=1e-12)
    code, out = run("score", path, *(x for k, v in options.items() for x in (f"--{k}", v)), "--missing-members", "skip")
    assert code == 3
    assert "--skip-invalid" in out


def test_missing_members_are_of_ensembles(columns):
    with pytest.raises(UsageError, match="members are those of an ensemble, as of crps_ensemble, and quantiles takes all"):
        score(columns, loss="quantiles", target="y", prediction="ens_*", missing_members="skip")
    with pytest.raises(UsageError, match="missing_members is raise or skip"):
        score(columns, loss="crps_ensemble", target="y", prediction="ens_*", missing_members=True)
    found = score(columns, loss="crps_ensemble", target="y", prediction="ens_*", missing_members="skip")
    assert found.mean == score(columns, loss="crps_ensemble", target="y", prediction="ens_*").mean
    assert not found.findings


def test_ensembles_are_compared(columns, tmp_path):
    columns |= {"row": np.arange(N)}
    other = {**columns, **{f"ens_{k}": columns[f"ens_{k}"] / 2 for k in range(12)}}
    paths = [written(tmp_path, name, one) for name, one in (("a", columns), ("b", other))]
    found = compare(*paths, id="row", loss="crps_ensemble", target="y", prediction="ens_*")
    losses = [naive_crps(members_of(one), columns["y"]) for one in (columns, other)]
    assert found.difference == pytest.approx((losses[1] - losses[0]).mean(), rel=1e-12)
    other["y"] = other["y"] + 1
    with pytest.raises(BadDataError, match="target"):
        compare(paths[0], written(tmp_path, "c", other), id="row", loss="crps_ensemble", target="y", prediction="ens_*")


def test_models_of_quantiles_and_of_ensembles_with_missing_members_are_ranked(columns):
    levels = {"parameters": {"levels": "from-names"}}
    y, models = columns["y"], {}
    for k, name in enumerate(("ets", "arima", "naive")):
        models |= {f"{name}-lo-80": columns["ens_1"] / 2 - k - 1, f"{name}-median": columns["ens_1"] / 2}
        models |= {f"{name}-hi-80": columns["ens_1"] / 2 + k + 1}
    found = compare({"y": y, **models}, loss="wis", target="y", prediction="{model}-*", **levels)
    for model in found.models:
        values = [models[f"{model.name}-{end}"] for end in ("lo-80", "median", "hi-80")]
        assert model.mean == pytest.approx(2 * naive_quantiles(values, y, (0.1, 0.5, 0.9)).mean(), rel=1e-12)
    members = {"a": members_of(columns), "b": members_of(columns) / 2}
    members["a"][3, 2:], members["b"][4, 5] = np.nan, np.nan
    frame = {"y": y, **{f"{name}_{k}": x for name, rows in members.items() for k, x in enumerate(rows.T)}}
    means = {name: naive_crps([row[~np.isnan(row)] for row in rows], y).mean() for name, rows in members.items()}
    options = {"loss": "crps_ensemble", "target": "y", "missing_members": "skip"}
    found = compare(frame, prediction="{model}_*", **options)
    assert {model.name: model.mean for model in found.models} == pytest.approx(means, rel=1e-12)
    sides = [{"y": y, **{f"m_{k}": x for k, x in enumerate(rows.T)}} for rows in members.values()]
    found = compare(*sides, prediction="m_*", **options)
    assert found.difference == pytest.approx(means["b"] - means["a"], rel=1e-12)


LEVELS = (0.05, 0.1, 0.5, 0.9)
SPELLED = {
    "q0.": ("q0.05", "q0.1", "q0.5", "q0.9"),
    "q": ("q05", "q10", "q50", "q90"),
    "p": ("p5", "p10", "p50", "p90"),
    "quantile": ("quantile_0.050_count", "quantile_0.100_count", "quantile_0.500_count", "quantile_0.900_count"),
    "%": ("Q5.0", "Q10.0", "Q50.0", "Q90.0"),
    "bare": ("0.05", "0.1", "0.5", "0.9"),
}


@pytest.mark.parametrize("names", SPELLED.values(), ids=SPELLED)
def test_levels_are_read_from_names(names):
    y = rng.normal(size=N)
    values = [rng.normal(size=N) for _ in names]
    shuffled = [2, 0, 3, 1]
    columns = {"y": y, **{names[i]: values[i] for i in shuffled}}
    expected = naive_quantiles(values, y, LEVELS)
    for wanted in ([names[i] for i in shuffled], ",".join(names)):
        found = score(columns, loss="quantiles", target="y", prediction=wanted, parameters={"levels": "from-names"}, also="wis")
        assert found.mean == pytest.approx(expected.mean(), rel=1e-13)
        assert found.parameters == {"levels": LEVELS}
        assert found.also[0].mean == pytest.approx(2 * expected.mean(), rel=1e-13)
    again = score(columns, loss="quantiles", target="y", prediction=list(names), parameters={"levels": [0.9, 0.5, 0.1, 0.05]})
    assert again.mean == pytest.approx(expected.mean(), rel=1e-13)  # by name, whatever their order
    with pytest.raises(UsageError, match=r"each column is the quantile of one level.*levels are 0\.1, 0\.2, 0\.5, 0\.9"):
        score(columns, loss="quantiles", target="y", prediction=list(names), parameters={"levels": [0.1, 0.2, 0.5, 0.9]})


@pytest.mark.parametrize(
    ("names", "levels"),
    [
        (("q025", "q50", "q975"), (0.025, 0.5, 0.975)),
        (("p2.5", "p50", "p97.5"), (0.025, 0.5, 0.975)),
        (("p0.5", "p50", "p99.5"), (0.005, 0.5, 0.995)),
        (("h24_q10", "h24_q90"), (0.1, 0.9)),
        (("q0.5",), (0.5,)),
        (("q1", "q5", "q9"), None),
        (("a1", "a2"), None),
        (("q0.1", "p0.5"), None),
        (("q10", "q0.1"), None),
        (("q010", "q10"), (0.01, 0.1)),
        (("q10", "q100"), None),
        (("low", "high"), None),
        (("q00", "q50"), None),
        (("q10_h1", "q20_h2"), None),
        (("AutoARIMA-lo-95", "AutoARIMA-lo-80", "AutoARIMA-hi-80", "AutoARIMA-hi-95"), (0.025, 0.1, 0.9, 0.975)),
        (("NBEATS2-median", "NBEATS2-lo-90", "NBEATS2-hi-90"), (0.5, 0.05, 0.95)),
        (("Lo.80", "Hi.80", "Lo.99.9", "Hi.99.9"), (0.1, 0.9, 0.0005, 0.9995)),
        (("lower_90", "upper_90"), (0.05, 0.95)),
        (("('y1', 0.8, 'lower')", "('y1', 0.8, 'upper')"), (0.1, 0.9)),
        (("2.5%", "50%", "97.5%"), (0.025, 0.5, 0.975)),
        (("5 %", "95 %"), (0.05, 0.95)),
        (("q0.1", "median", "q0.9"), (0.1, 0.5, 0.9)),
        (("q0.1", "q0.5", "median"), None),
        (("median",), None),
        (("AutoARIMA", "AutoARIMA-lo-90", "AutoARIMA-hi-90"), None),
        (("a-lo-90", "b-hi-90"), None),
        (("lower", "upper"), None),
        (("lo-90", "hi-90", "q0.5"), None),
        (("loss_10", "loss_90"), (0.1, 0.9)),
    ],
)
def test_names_that_say_levels(names, levels):
    assert levels_of(names) == levels


def test_ends_of_an_interval_say_its_level(columns):
    named = {"y": columns["y"], "m-lo-80": columns["ens_2"] - 2, "m-hi-80": columns["ens_2"] + 2}
    ends = {"lower": "m-lo-80", "upper": "m-hi-80"}
    with pytest.raises(
        UsageError, match=r"alpha is 0\.1, and the names m-lo-80 and m-hi-80 say an interval of 0\.8; .*'alpha': 0\.2}"
    ):
        score(named, loss="interval_score", target="y", prediction=ends)
    found = score(named, loss="interval_score", target="y", prediction=ends, parameters={"alpha": 0.2})
    assert found.mean == pytest.approx(lossary.interval_score(named["m-lo-80"], named["m-hi-80"], named["y"], alpha=0.2))
    swapped = {"lower": "m-hi-80", "upper": "m-lo-80"}
    with pytest.raises(UsageError, match="the ends in the other order"):
        score(named, loss="interval_score", target="y", prediction=swapped, parameters={"alpha": 0.2})
    point = {**named, "m": columns["ens_2"]}
    with pytest.raises(UsageError, match=r"got m, m-hi-80, m-lo-80 \(m without a level: leave such columns out\)"):
        score(point, loss="wis", target="y", prediction="m*", parameters={"levels": "from-names"})
    found = score(point, loss="wis", target="y", prediction="m-*", parameters={"levels": "from-names"})
    assert found.parameters == {"levels": (0.1, 0.9)}


def test_levels_that_names_do_not_say(run, columns, tmp_path):
    named = {**columns, "q10": columns["ens_2"], "q90": columns["ens_3"]}
    found = score(columns, loss="quantiles", target="y", prediction="ens_0,ens_1", parameters={"levels": (0.2, 0.8)})
    expected = naive_quantiles([columns["ens_0"], columns["ens_1"]], columns["y"], (0.2, 0.8))
    assert found.mean == pytest.approx(expected.mean(), rel=1e-13)
    for options, message in (
        ({"parameters": {"levels": "from-names"}}, r"levels are read from names such as q0\.1.*got ens_0, ens_1"),
        ({"prediction": "q10,q90"}, 'takes other levels by default than the names q10, q90 say; pass levels="from-names"'),
        ({"parameters": {"levels": (0.2, 0.5, 0.8)}}, "takes as many levels as numbers of prediction; got 3 levels and 2"),
        ({"parameters": {"levels": "low,high"}}, r"levels of quantiles are numbers, one for each column.*got 'low,high'"),
        ({"parameters": {"levels": (0.2, 1.5)}}, r"levels of quantiles lie in \(0, 1\); got 1\.5"),
        ({"parameters": {"levels": 3}}, "levels of quantiles are numbers, one for each column"),
    ):
        with pytest.raises(UsageError, match=message):
            score(named, loss="quantiles", target="y", **{"prediction": "ens_0,ens_1", **options})
    code, out = run("score", written(tmp_path, "x", named), "--loss", "wis", "--target", "y", "--prediction", "q*")
    assert code == 2
    assert "pass --levels from-names, or list them" in out


def test_the_command_scores_forecasts(run, columns, tmp_path):
    names, values = SPELLED["q0."], [*np.sort(rng.normal(size=(len(LEVELS), N)), axis=0)]
    path = written(tmp_path, "x", {**columns, **dict(zip(names, values, strict=True))})
    code, out = run("score", path, "--loss", "crps_ensemble", "--target", "y", "--prediction", "ens_*", "--json")
    assert code == 0, out
    assert json.loads(out)["mean"] == pytest.approx(naive_crps(members_of(columns), columns["y"]).mean(), rel=1e-13)
    asked = ["score", path, "--loss", "quantiles", "--target", "y", "--prediction", "q*"]
    for levels in (["--levels", "from-names"], ["--levels", "0.05,0.1,0.5,0.9"], ["--param", "levels=0.05,0.1,0.5,0.9"]):
        code, out = run(*asked, *levels, "--json")
        assert code == 0, out
        found = json.loads(out)
        assert found["mean"] == pytest.approx(naive_quantiles(values, columns["y"], LEVELS).mean(), rel=1e-13)
        assert found["parameters"] == {"levels": list(LEVELS)}
    page = tmp_path / "page.html"
    code, out = run(*asked, "--levels", "from-names", "--html", page)
    assert code == 0, out
    assert "levels=0.05, 0.1, 0.5, 0.9" in out
    assert "levels" in page.read_text(encoding="utf-8")
    code, out = run("score", path, "--loss", "mse", "--target", "y", "--prediction", "ens_0", "--levels", "0.5")
    assert code == 2
    assert "--levels are those of quantiles, and squared_error takes none" in out
    rows = written(tmp_path, "y", {**columns, **dict(zip(names, values, strict=True)), "row": np.arange(N)})
    code, out = run("compare-predictions", rows, rows, "--id", "row", *asked[2:], "--levels", "from-names", "--json")
    assert code == 0, out
    assert json.loads(out)["verdict"] == "equal"


def test_inputs_that_are_observed_are_columns_of_their_names(columns):
    censored = rng.uniform(size=N) > 0.5
    residual = (columns["y"] - columns["ens_0"]) ** 2
    expected = (residual * (1 + 2 * censored)).mean()
    named = {**columns, "censored": censored}
    found = score(named, loss=tobit, target="y", prediction="ens_0")
    assert found.mean == pytest.approx(expected, rel=1e-13)
    assert found.baseline is None
    other = {**columns, "c": censored}
    assert score(other, loss=tobit, target="y", prediction="prediction=ens_0,censored=c").mean == pytest.approx(
        expected, rel=1e-13
    )
    with pytest.raises(UsageError, match=r"tobit takes prediction, censored, and .* has no column 'censored'"):
        score(columns, loss=tobit, target="y", prediction="ens_0")


def test_one_value_a_sample_beside_vectors(columns):
    label = rng.integers(0, 2, N)
    a, b = (np.stack([columns[f"ens_{k}"] for k in range(i, i + 3)], 1) for i in (0, 3))
    found = score(
        {**columns, "same": label},
        loss=contrastive,
        target="same",
        prediction={"a": ["ens_0", "ens_1", "ens_2"], "b": ["ens_3", "ens_4", "ens_5"]},
    )
    d = np.sqrt(((a - b) ** 2).sum(1))
    assert found.mean == pytest.approx((label * d**2 + (1 - label) * np.maximum(0, 2 - d) ** 2).mean(), rel=1e-13)
    with pytest.raises(UsageError, match="contrastive takes one target per row, and 'ens_6,ens_7' is 2 columns"):
        score(columns, loss=contrastive, target="ens_6,ens_7", prediction={"a": "ens_0,ens_1", "b": "ens_2,ens_3"})


def test_array_code_may_refuse_rows_of_some_length(columns):
    with pytest.raises(UsageError, match=r"a fair score has at least two members; got 1"):
        score(columns, loss="crps_ensemble", target="y", prediction=["ens_0"], parameters={"estimator": "fair"})
    corners = {f"{side}_{k}": rng.uniform(size=N) / 2 + k // 2 / 2 for side in "pt" for k in range(4)}
    boxes = {side: np.stack([corners[f"{side}_{k}"] for k in range(4)], 1) for side in "pt"}
    found = score(corners, loss="iou", target="t_*", prediction="p_*")
    assert found.mean == pytest.approx(lossary.iou(boxes["p"], boxes["t"]), rel=1e-13)
    with pytest.raises(UsageError, match="a box is"):
        score(corners, loss="iou", target="t_0,t_1", prediction="p_0,p_1")


def test_losses_of_no_rows_are_refused(columns):
    with pytest.raises(UsageError, match="pairwise_logistic is a loss of lists of items"):
        score({**columns, "group": columns["g"]}, loss="pairwise_logistic", prediction="prediction=ens_0,relevance=y")
    with pytest.raises(UsageError, match="if all rows make up one sample, call the loss on arrays"):
        score({**columns, "event": columns["g"] == "n"}, loss=batch, prediction="ens_0")

    @lossary.composed(signature="(t,c),(l)")
    def aligned(prediction, target):
        return prediction.sum((-2, -1)) + target.sum(-1)

    with pytest.raises(UsageError, match="aligned takes arrays of the axes t, c as prediction"):
        score(columns, loss=aligned, target="y", prediction="ens_*")
    with pytest.raises(UsageError, match="crps_ensemble takes one target per row, and 'ens_5,ens_6' is 2 columns"):
        score(columns, loss="crps_ensemble", target="ens_5,ens_6", prediction="ens_0,ens_1")


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("y", "q0.1", "q0.5", "q0.9"), "--loss weighted_interval_score --levels from-names --target y --prediction 'q*'"),
        (("y", "Q10", "Q90"), "--loss weighted_interval_score --levels from-names --target y --prediction 'Q*'"),
        (("actual", "0.1", "0.9"), "--loss weighted_interval_score --levels from-names --target actual --prediction '0.*'"),
        (
            ("unique_id", "y", "ETS", "ETS-lo-80", "ETS-hi-80"),
            "--loss weighted_interval_score --levels from-names --id unique_id --target y --prediction 'ETS-lo-*,ETS-hi-*'",
        ),
        (("obs", "ens_0", "ens_1"), "--loss crps_ensemble --target obs --prediction 'ens_*'"),
        (
            ("location", "horizon", "output_type", "output_type_id", "value"),
            "--loss weighted_interval_score --long output_type_id=value --id location,horizon --truth TRUTH.csv "
            "--target oracle_value",
        ),
    ],
)
def test_the_command_for_forecasts_is_said(names, expected, run, tmp_path):
    path = written(tmp_path, "x", {name: np.arange(3) / 10 for name in names})
    code, out = run("score", path)
    assert code == 2
    assert out.rstrip().endswith(f"lossary score {path} {expected}")
    if "TRUTH" not in out:
        code, out = run(*shlex.split(out.rstrip().splitlines()[-1])[1:], "--quiet")
        assert code == 0, out


def test_class_indices_that_a_file_stores_as_decimals_are_whole_numbers():
    z, labels = rng.normal(size=(5, 2)), np.array([0, 1, 2, 2, 1])
    table = {"z0": z[:, 0], "z1": z[:, 1], "y": labels.astype(float)}
    found = score(table, loss="corn", target="y", prediction="z*")
    assert found.mean == pytest.approx(lossary.corn(z, labels))
    with pytest.raises(BadDataError, match=r"got 0\.5; target is made of whole numbers"):
        score({**table, "y": labels + 0.5}, loss="corn", target="y", prediction="z*")
