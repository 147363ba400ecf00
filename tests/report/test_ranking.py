"""Which of several models is best? Against SciPy, statsmodels and arch; the same for any order and any split."""

import json
import math
import pickle
from concurrent.futures import Future

import numpy as np
import pandas as pd
import pytest
import scipy.stats
import statsmodels.api as sm
from arch.bootstrap import MCS
from statsmodels.stats.multitest import multipletests

from lossary.report import BadDataError, UsageError, compare, score
from lossary.report.measure.models.paired import PairedLosses
from lossary.report.measure.statistics.confidence_set import confidence_set, holm
from lossary.report.measure.statistics.intervals import Estimate, IntervalOptions, tails_of_student

rng = np.random.default_rng(18)
NAMES = ("mean", "line", "tree", "forest")


def columns(rows=300, **more):
    """A table of four models; the last two are hard to tell apart."""
    y = rng.normal(size=rows)
    noise = {"mean": 1.2, "line": 0.8, "tree": 0.5, "forest": 0.49}
    held = {f"p_{name}": y + size * rng.normal(size=rows) for name, size in noise.items()}
    return {"y": y, **held, "w": rng.gamma(1, size=rows), "g": rng.choice(["n", "s", "w"], rows), **more}


def ranked(data, **options):
    return compare(data, **{"loss": "squared_error", "target": "y", "prediction": "p_*", **options})


def losses_of(data):
    return {name: (data[f"p_{name}"] - data["y"]) ** 2 for name in NAMES}


def ends(interval):
    return interval.low, interval.high


@pytest.mark.parametrize("weight", [None, "w"])
def test_means_differences_and_pairs(weight):
    data = columns()
    found, losses = ranked(data, weight=weight, level=0.9), losses_of(data)
    w = data["w"] if weight else np.ones(300)

    def fitted(values):
        fit = sm.WLS(values, np.ones(300), weights=w).fit(cov_type="HC1")
        return fit.params[0], fit.conf_int(0.1)[0], fit.pvalues[0]

    assert [model.name for model in found.models] == sorted(NAMES, key=lambda name: np.average(losses[name], weights=w))
    assert [model.rank for model in found.models] == [1, 2, 3, 4]
    assert (found.best, found.reference, found.baseline) == (found.models[0].name, found.models[0].name, None)
    adjusted = dict(
        zip(
            [(pair.a, pair.b) for pair in found.pairs],
            multipletests([pair.p_value for pair in found.pairs], method="holm")[1],
            strict=True,
        )
    )
    for pair in found.pairs:
        difference = losses[pair.b] - losses[pair.a]
        mean, interval, p = fitted(difference)
        assert (pair.difference, *ends(pair.interval)) == pytest.approx((mean, *interval), rel=1e-9)
        assert pair.p_value == pytest.approx(p, rel=1e-7)
        assert pair.adjusted == pytest.approx(adjusted[pair.a, pair.b], rel=1e-12)
        assert (pair.wins, pair.losses, pair.ties) == ((difference < 0).sum(), (difference > 0).sum(), 0)
        if not weight:
            test = scipy.stats.ttest_rel(losses[pair.b], losses[pair.a])
            assert pair.p_value == pytest.approx(2 * scipy.stats.norm.sf(abs(test.statistic)), rel=1e-9)
    for model in found.models:
        mean, interval, _ = fitted(losses[model.name])
        assert (model.mean, *ends(model.interval)) == pytest.approx((mean, *interval), rel=1e-9)
        assert model.root == pytest.approx(mean**0.5)
        assert model.source == f"p_{model.name}"
        if model.name != found.best:
            assert model.p_value == model.confidence
            assert model.verdict == ("undecided" if model.in_set else "worse")
            assert model.in_set == (model.confidence >= 0.1)
    alone = score(data, loss="mse", target="y", prediction="p_tree", weight=weight)
    assert found.model("tree").mean == alone.mean
    assert str(found)


def test_the_confidence_set_is_that_of_arch():
    n = 400
    hard = rng.gamma(1, size=n)
    shifts = (0, 0.02, 0.05, 0.09, 0.4)
    losses = [hard + 0.5 * rng.normal(size=n) + shift for shift in shifts]
    paired = PairedLosses(len(losses), weighted=False)
    paired.add(losses, None)
    each, options = range(len(losses)), IntervalOptions("normal")
    found = confidence_set([x.mean() for x in losses], [[paired.difference(i, j, options) for j in each] for i in each])
    expected = MCS(np.stack(losses, 1), 0.05, reps=4000, block_size=1, method="R", bootstrap="stationary", seed=7)
    expected.compute()
    values = expected.pvalues["Pvalue"].sort_index()
    assert found == pytest.approx(values.to_numpy(), abs=0.03)
    assert len({round(p, 2) for p in found}) > 2
    assert min(found) < 0.01 < sorted(found)[2]


@pytest.mark.parametrize("seed", [3, 9, 11])
def test_one_test_decides(seed):
    """With many models Holm's p-values against the best are above 0.05 where the set holds the best alone; none contradicts."""
    own = np.random.default_rng(seed)
    y = own.normal(size=200)
    data = {"y": y, **{f"p_{k:02d}": y + (2 if k else 0.55) * own.normal(size=200) for k in range(30)}}
    data["p_01"] = y + 0.66 * own.normal(size=200)
    found = ranked(data)
    assert found.best_set == ("p_00",)
    told = [model for model in found.models if not model.in_set]
    assert all((model.verdict == "worse") == (model.p_value < 0.05) == (model in told) for model in found.models[1:])
    first = next(pair for pair in found.pairs if {pair.a, pair.b} == {"p_00", "p_01"})
    assert first.p_value <= found.model("p_01").p_value < 0.05 < first.adjusted
    beside = ranked(data, baseline="p_01")
    others = [model for model in beside.models if model.name != "p_01"]
    pairs = [next(p for p in beside.pairs if {p.a, p.b} == {"p_01", model.name}).p_value for model in others]
    assert [model.p_value for model in others] == pytest.approx(multipletests(pairs, method="holm")[1], rel=1e-12)
    for model in others:
        way = "better" if model.difference < 0 else "worse"
        assert model.verdict == (way if model.p_value < 0.05 else "undecided")
    assert {(model.in_set, model.confidence) for model in beside.models} == {(None, None)}
    assert beside.best_set == ()
    assert "   best?" not in str(beside)


def test_p_values_do_not_fall_as_models_leave():
    # ten models that t = 2.5 tells from the first one, which is little among so many; the last to leave has t = 2.2
    means = [0.0, 0.22, *[2.5 * 2**0.5] * 10]

    def pair(i, j):
        return Estimate(means[j] - means[i], None, 0.1 if {i, j} == {0, 1} else 2**0.5)

    found = confidence_set(means, [[pair(i, j) for j in range(12)] for i in range(12)])
    assert 0.2 < found[2] < 0.6
    assert found[1] == found[2] == min(found)
    assert found[0] == 1.0
    alone = confidence_set(means[:2], [[pair(i, j) for j in range(2)] for i in range(2)])
    assert alone == pytest.approx([1.0, 2 * scipy.stats.norm.sf(2.2)], rel=1e-9)
    few = [[Estimate(p.value, None, p.standard_error, 4) for p in (pair(i, 0), pair(i, 1))] for i in range(2)]
    assert confidence_set(means[:2], few) == pytest.approx([1.0, 2 * scipy.stats.t.sf(2.2, 4)], rel=1e-9)


@pytest.mark.parametrize("freedom", [1, 2, 5, 30, 4095])
def test_tails_of_student(freedom):
    for t in (0.0, 1e-200, 1e-9, 0.1, 1.0, 2.5, 10.0, 1e5, 1e200, np.inf):
        # SciPy's rounds to 1 near 0
        assert tails_of_student(t, freedom) == pytest.approx(2 * scipy.stats.t.sf(t, freedom), rel=1e-9, abs=1e-300)


def test_holm_is_that_of_statsmodels():
    for _ in range(20):
        p = rng.random(rng.integers(1, 9)) ** 3
        assert holm(p.tolist()) == pytest.approx(multipletests(p, method="holm")[1], rel=1e-14)


# ---- the same models as columns, as stacked rows and as files


def test_more_models_than_a_word_has_bits():
    rows = [(f"m{model:02}", k, 0.0, model + k) for model in range(70) for k in range(3) if (model, k) != (66, 1)]
    frame = pd.DataFrame(rows, columns=["model", "id", "y", "p"])
    found = ranked(frame, prediction="p", model="model", id="id")
    assert (found.count, found.left_out, len(found.models)) == (2, 1, 70)
    twice = pd.concat([frame, frame[-1:]])
    with pytest.raises(BadDataError, match="id 2 occurs 2 times of model m69"):
        ranked(twice, prediction="p", model="model", id="id")


def shapes(data, shuffled=True):
    """The same predictions in three shapes: options for each, and the data."""
    frame = pd.DataFrame(data).rename_axis("k").reset_index()
    shared = ["k", "y", "w", "g"]
    stacked = frame.melt(shared, [f"p_{name}" for name in NAMES], "model", "p")
    stacked["model"] = stacked.model.str.removeprefix("p_")
    files = [stacked[stacked.model == name].drop(columns="model") for name in NAMES]
    if shuffled:
        stacked, *files = (one.sample(frac=1, random_state=3) for one in (stacked, *files))
    return {
        "columns": ([frame], {"prediction": "p_*", "id": "k"}),
        "stacked": ([stacked], {"prediction": "p", "model": "model", "id": "k"}),
        "files": (files, {"prediction": "p", "id": "k", "names": NAMES}),
        "places": ([one.sort_values("k") for one in files], {"prediction": "p", "names": ",".join(NAMES)}),
    }


def of_shape(shape, **options):
    held, own = shape
    return compare(*held, **{"loss": "squared_error", "target": "y", **own, **options})


def told(found):
    """What is the same in every shape."""
    held = json.loads(json.dumps(found.to_dict()))
    for model in held["models"]:
        del model["source"]
    return {key: held[key] for key in ("count", "weight", "best", "reference", "models", "pairs", "breakdowns", "best_set")}


@pytest.mark.parametrize(
    "options",
    [{"group": "g", "weight": "w"}, {"interval": "bootstrap"}, {"baseline": "line", "interval": "none"}],
    ids=["weighted", "bootstrap", "baseline"],
)
def test_columns_stacked_rows_and_files_say_the_same(options):
    each = shapes(columns(200))
    expected = told(of_shape(each["columns"], **options))
    for name in ("stacked", "files", "places"):
        if name != "places" or options.get("interval") != "bootstrap":  # which is by place there
            assert told(of_shape(each[name], **options)) == expected, name


def test_clusters():
    data = columns(240)
    data["c"] = np.arange(240) // 6
    found, losses = ranked(data, cluster="c"), losses_of(data)
    frame = pd.DataFrame({"c": data["c"]})
    for pair in found.pairs:
        frame["d"] = losses[pair.b] - losses[pair.a]
        fitted = sm.OLS(frame.d, np.ones(240)).fit(cov_type="cluster", cov_kwds={"groups": frame.c}, use_t=True)
        # buckets that two clusters share would make a small difference
        assert ends(pair.interval) == pytest.approx(fitted.conf_int().to_numpy()[0], rel=1e-2)
        assert pair.p_value == pytest.approx(fitted.pvalues.iloc[0], rel=0.1, abs=1e-12)
    assert (found.clusters, found.count) == (40, 240)


def test_groups_say_who_is_best_where():
    data = columns()
    losses, north = losses_of(data), data["g"] == "n"
    data["p_line"] = np.where(north, data["y"] + 0.01, data["p_line"])
    losses = losses_of(data)
    found = ranked(data, group="g")
    (breakdown,) = found.breakdowns
    assert sorted(part.name for part in breakdown.parts) == ["n", "s", "w"]
    for part in breakdown.parts:
        own = data["g"] == part.name
        means = {name: losses[name][own].mean() for name in NAMES}
        assert part.best == min(means, key=means.get)
        assert (part.count, part.weight) == (own.sum(), own.sum())
        for model, held in zip(found.models, part.models, strict=True):
            difference = (losses[model.name] - losses[found.best])[own]
            assert held.mean == pytest.approx(means[model.name], rel=1e-12)
            assert held.difference == pytest.approx(difference.mean(), rel=1e-12, abs=1e-15)
            if model.name != found.best:
                expected = scipy.stats.norm.interval(0.95, difference.mean(), scipy.stats.sem(difference))
                assert ends(held.interval) == pytest.approx(expected, rel=1e-9)
    assert any("line is better than" in note and "where g is n" in note for note in found.notes)


def test_any_split_and_order_gives_the_same_bits(monkeypatch):
    data = columns(500)
    expected = told(ranked(data, group="g", weight="w"))
    order = rng.permutation(500)
    parts = [{name: x[order][half] for name, x in data.items()} for half in (slice(0, 180), slice(180, None))]
    module = __import__("lossary.report.measure.rows.model_rows", fromlist=["BATCH_NUMBERS"])
    monkeypatch.setattr(module, "BATCH_NUMBERS", 256 * 4)
    frames = [pd.DataFrame(part) for part in parts]
    assert told(ranked(frames, group="g", weight="w", workers=2)) == expected


class Elsewhere:
    """An executor whose work travels as to another process."""

    def submit(self, function, *arguments):
        found = Future()
        function, arguments = pickle.loads(pickle.dumps((function, arguments)))
        found.set_result(pickle.loads(pickle.dumps(function(*arguments))))
        return found


def test_work_may_be_done_elsewhere():
    frames = [pd.DataFrame(columns(60)) for _ in range(3)]
    assert told(ranked(frames, executor=Elsewhere(), group="g", weight="w")) == told(ranked(frames, group="g", weight="w"))


def test_murphy_diagrams_are_of_the_rows_of_all_parts():
    frames = [pd.DataFrame(columns(60)) for _ in range(3)]
    parts, whole = (ranked(frames, **how).murphy for how in ({"executor": Elsewhere()}, {"workers": 1}))
    assert parts.rows == whole.rows == 180
    assert parts.thresholds == whole.thresholds
    for one, other in zip(parts.models, whole.models, strict=True):
        assert one.scores == pytest.approx(other.scores, rel=1e-12)


EXTREMES = {
    "logits": ([0.5, 50.0, -math.inf, math.nan, -3.0], np.float64, {"skip_invalid": True}),
    "probabilities": ([0.5, 1.0, 0.0, 0.25, 1.0], np.float32, {}),
    "clipped": ([0.5, 1.0, 0.0, 0.25, 1.0], np.float64, {"clip": 1e-3}),
}


@pytest.mark.parametrize("name", EXTREMES)
def test_what_is_counted_is_counted_in_all_parts(name):
    extremes, dtype, options = EXTREMES[name]
    given = name if name == "logits" else "probabilities"
    frame = pd.DataFrame({"y": [1, 1, 1, 0, 1], "a": np.array(extremes, dtype), "b": dtype(0.5), "w": [1, 2, 3, 1, 0]})
    frames = [frame.iloc[k:].reset_index(drop=True) for k in (2, 1, 0)]  # the first part has the fewest kinds
    asked = {"loss": "bce", "given": given, "target": "y", "prediction": "a,b", "weight": "w", **options}
    found, whole = (compare(frames, **asked, **how).to_dict() for how in ({"executor": Elsewhere()}, {"workers": 1}))
    assert whole["findings"]
    for key in whole:
        if key not in ("call", "murphy"):  # rows of the same place in frames of one name may be summed in any order
            assert json.dumps(found[key]) == json.dumps(whole[key]), key


def test_sums_of_groups_merge_and_travel():
    losses = [rng.normal(size=90) for _ in range(3)]
    index, weight = rng.integers(0, 3, 90), rng.gamma(1, size=90)
    whole, halves = PairedLosses(3, weighted=True, size=3), []
    whole.add(losses, weight, index)
    for part in (slice(0, 30), slice(30, None)):
        halves.append(PairedLosses(3, weighted=True, size=3))
        halves[-1].add([x[part] for x in losses], weight[part], index[part])
    halves[0].merge(pickle.loads(pickle.dumps(halves[1])))
    options = IntervalOptions("normal")
    for i, j, place in np.ndindex(3, 3, 3):
        assert halves[0].difference(i, j, options, place) == whole.difference(i, j, options, place)
    assert whole.difference(0, 1, options).value == -whole.difference(1, 0, options).value


# ---- which columns are whose


def test_models_are_named_by_globs_lists_patterns_and_mappings():
    y = np.array([0, 1, 2, 1])
    shares = {
        f"{model}_p_{k}": np.where(y == k, right, (1 - right) / 2)
        for model, right in (("rf", 0.8), ("gb", 0.5))
        for k in range(3)
    }
    data = {"y": y, **shares}
    options = {"loss": "cross_entropy", "given": "probabilities", "target": "y"}
    expected = compare(data, prediction="{model}_p_*", **options)
    assert [(model.name, round(model.mean, 9)) for model in expected.models] == [
        ("rf", round(-np.log(0.8), 9)),
        ("gb", round(-np.log(0.5), 9)),
    ]
    for prediction in ("rf=rf_p_*,gb=gb_p_*", {"rf": "rf_p_*", "gb": "gb_p_*"}, "rf=rf_p_0,rf_p_1,rf_p_2,gb=gb_p_*"):
        assert told(compare(data, prediction=prediction, **options)) == told(expected)
    spread = {"y": [0.5, 1.0], "a_mu": [0.0, 1.0], "a_s2": [1.0, 1.0], "b_mu": [0.5, 1.0], "b_s2": [1.0, 1.0]}
    found = compare(spread, loss="gaussian", target="y", prediction="mean={model}_mu,variance={model}_s2")
    assert [model.name for model in found.models] == ["b", "a"]
    numbers = {"y": [1.0, 2.0], "m1": [1.0, 2.0], "m2": [1.0, 1.0], "east/x": [3.0, 1.0], "west/x": [3.0, 1.0]}
    for prediction, names in (
        ("m1,m2", ["m1", "m2"]),
        ("m?", ["m1", "m2"]),
        ("east/*,west/*", ["east/x", "west/x"]),
        ("{model}/x", ["east", "west"]),
        (["m1", "east/x"], ["m1", "east/x"]),
    ):
        found = compare(numbers, loss="mae", target="y", prediction=prediction)
        assert sorted(model.name for model in found.models) == sorted(names)
    found = compare(numbers, loss="mae", target="y", prediction="m?", names="one,other", baseline="m2")
    assert (found.baseline, found.model("one").source, found.model("one").difference) == ("other", "m1", -0.5)


def test_files_may_call_their_predictions_by_other_names():
    files, options = shapes(columns(50))["files"]
    expected = of_shape((files, options))
    renamed = [one.rename(columns={"p": name}) for one, name in zip(files, NAMES, strict=True)]
    truth = renamed[0][["k", "y"]]
    found = of_shape(([one.drop(columns="y") for one in renamed], {"id": "k", "prediction": ",".join(NAMES), "truth": truth}))
    assert told(found) == told(expected)
    assert [model.name for model in found.models] == [model.name for model in expected.models]


def test_scores_are_shown_as_scores():
    scores = {"k": range(4), "good": [1.0, 1.0, 0.0, 1.0], "bad": [0.0, 1.0, 0.0, 1.0], "worse": [0.0, 1.0, 0.0, 0.0]}
    found = compare(scores, given="loss", higher_is_better=True, prediction="good,bad,worse", id="k")
    assert [(model.name, model.mean) for model in found.models] == [("good", -0.75), ("bad", -0.5), ("worse", -0.25)]
    text = str(found)
    assert "good has the highest mean score" in text
    assert "0.75" in text
    assert "-0.75" not in text


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"prediction": None}, "models are compared by their predictions; name the columns"),
        ({"prediction": "p_a*"}, "two or more; got p_a"),
        ({"prediction": "p_a,p_b", "baseline": "c"}, "no model 'c'; the models are p_a, p_b"),
        ({"prediction": "p_a,p_b", "names": "x"}, "a name for each of the 2 models"),
        ({"prediction": "p_a,p_b", "names": "x,x"}, "got 'x' twice"),
        ({"prediction": "q_{model}"}, "no column like 'q_{model}'"),
        ({"prediction": "p", "model": "m"}, "brought together by an id"),
        ({"prediction": "p_a,p_b", "prediction_b": "p"}, "prediction_b is for two sets"),
        ({"prediction": "p_*", "loss": "cross_entropy"}, "which part of their names is the model"),
        ({"prediction": "p_a,p_b", "loss": "gaussian"}, "mean={model}_mean"),
        ({"prediction": "mean=p_a,variance=p_b", "loss": "gaussian"}, "the predictions of each model are named"),
    ],
)
def test_what_is_not_understood_is_explained(options, said):
    data = {"y": [0.0, 1.0], "p_a": [0.5, 0.5], "p_b": [0.1, 0.9], "p": [0.1, 0.9], "m": ["x", "y"]}
    with pytest.raises(UsageError, match=said.replace("{", r"\{")):
        compare(data, **{"loss": "mse", "target": "y", **options})


# ---- data that are wrong


def test_rows_that_one_model_lacks_are_left_out_of_all():
    data = columns(60)
    data["p_tree"][[3, 7]] = np.nan
    with pytest.raises(BadDataError, match=r"row 4 \(index 3\), column 'p_tree': got NaN"):
        ranked(data)
    found = ranked(data, skip_invalid=True)
    kept = {name: np.delete(x, [3, 7]) for name, x in data.items()}
    assert told(ranked(kept))["pairs"] == told(found)["pairs"]
    assert (found.count, found.left_out, found.model("tree").rows, found.model("line").rows) == (58, 2, 58, 60)
    stacked = of_shape(shapes(data)["stacked"], skip_invalid=True)
    assert told(stacked)["pairs"] == told(found)["pairs"]
    assert (stacked.count, stacked.left_out) == (58, 2)
    assert any("2 rows were left out" in note for note in stacked.notes)


def test_infinite_losses_and_probabilities_taken_for_logits():
    data = {"y": [0, 1, 1, 0], "sure": [0.1, 0.0, 0.9, 0.2], "also": [0.2, 0.0, 0.8, 0.1], "mild": [0.4, 0.6, 0.6, 0.4]}
    options = {"loss": "bce", "target": "y", "prediction": "sure,also,mild"}
    with pytest.raises(UsageError, match=r"every prediction of sure lies in \[0, 1\]"):
        compare(data, **options)
    found = compare(data, given="probabilities", **options)
    assert [(model.name, model.rank) for model in found.models] == [("mild", 1), ("sure", 2), ("also", 2)]
    assert [model.in_set for model in found.models] == [True, False, False]
    assert (found.model("sure").verdict, found.model("sure").infinite) == ("worse", 1)
    (pair,) = (pair for pair in found.pairs if {pair.a, pair.b} == {"sure", "also"})
    others = [-np.log(p) for p in (0.8, 0.8, 0.9, 0.9, 0.9, 0.8)]
    assert pair.difference == pytest.approx((sum(others[:3]) - sum(others[3:])) / 4)  # two infinite losses are no difference
    assert len(found.warnings) == 2
    assert "1 row of sure is infinite, first in the data, row 2" in found.warnings[0]
    clipped = compare(data, given="probabilities", clip=1e-3, **options)
    assert sum("had a probability closer" in warning for warning in clipped.warnings) == 2


def test_the_warnings_of_a_score_name_the_model():
    near = np.array([1 - 2.0**-30, 0.5, 0.4, 0.75], np.float32)
    data = {"y": [1, 0, 0, 1], "k": [1, 2, 2, None], "near": near, "mild": [0.7, 0.4, 0.3, 0.6]}
    found = compare(data, loss="bce", given="probabilities", target="y", prediction="near,mild", id="k")
    assert [finding.code for finding in found.findings if finding.level == "warning"] == ["L103", "L201", "L202"]
    assert "1 row of near has a probability that is 1 in float32" in found.warnings[0]
    alone = score(data, loss="bce", given="probabilities", target="y", prediction="near", id="k").warnings
    assert [warning.replace(" of near", "") for warning in found.warnings] == list(alone)
    logits = {"y": [1, 0], "far": [40.0, -1.0], "mild": [2.0, -3.0]}
    found = compare(logits, loss="bce", target="y", prediction="far,mild")
    (alone,) = score(logits, loss="bce", target="y", prediction="far").warnings
    assert [warning.replace(" of far", "") for warning in found.warnings] == [alone]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda frame: frame.assign(k=np.r_[0, 0, 2:60]), "the id 0 occurs 2 times"),
        (lambda frame: frame.assign(y=np.r_[9.0, frame.y[1:]]), "with one target each; the row of id 0 has several"),
        (lambda frame: frame.assign(k=frame.k + 1000), "no id in common"),
        (lambda frame: frame.drop(columns="k"), "no column 'k'"),
        (lambda frame: frame.assign(k=[None, *range(1, 60)]), "every row has an id"),
    ],
)
def test_ids_and_targets_that_do_not_fit(change, said):
    files, options = shapes(columns(60), shuffled=False)["files"]
    files[2] = change(files[2].reset_index(drop=True))
    with pytest.raises((BadDataError, UsageError), match=said):
        of_shape((files, options))


def test_models_without_a_difference_are_not_told_apart():
    data = {"y": np.arange(40.0), "a": np.arange(40.0) + 1, "b": np.arange(40.0) - 1, "c": np.arange(40.0) + 3}
    found = compare(data, loss="mae", target="y", prediction="a,b,c")
    assert [(model.name, model.rank, model.in_set, model.confidence) for model in found.models] == [
        ("a", 1, True, 1.0),
        ("b", 1, True, 1.0),
        ("c", 3, False, pytest.approx(0, abs=1e-3)),  # by 2 in every row
    ]
    (pair,) = (pair for pair in found.pairs if (pair.a, pair.b) == ("a", "b"))
    assert (pair.difference, pair.p_value, pair.ties) == (0.0, 1.0, 40)
    single = compare({name: x[:1] for name, x in data.items()}, loss="mae", target="y", prediction="a,b,c")
    assert {model.in_set for model in single.models} == {None}
    beside = compare({name: x[:1] for name, x in data.items()}, loss="mae", target="y", prediction="a,b,c", baseline="b")
    same = compare({**data, "c": data["b"]}, loss="mae", target="y", prediction="a,b,c")
    assert same.sentence == "all 3 models have the same mean loss"
    few = [{"k": range(4), "y": data["y"][:4], "p": data["y"][:4] + shift} for shift in ([0, 1, 2, 0], [1, 2, 0, 1])]
    assert [f.code for f in compare(*few, id="k", loss="mae", target="y", prediction="p").findings] == ["L312"]
    assert beside.sentence == "whether a and c are better or worse than b is not known: there is no interval"
    assert "not known" in single.sentence
