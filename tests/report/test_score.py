"""Scores against scikit-learn, NumPy and naive loops; the same for any order, batch size and format."""

import dataclasses
import json
import math

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import scipy.special
import sklearn.metrics

import lossary
from lossary.report import BadDataError, UsageError, score
from lossary.report import score as score_function
from lossary.report.measure.one_model import targets as targets_module
from lossary.vocabulary import log, sqrt

scoring = __import__("lossary.report.score", fromlist=["BATCH_NUMBERS"])
rng = np.random.default_rng(7)


def parquet(path, **columns):
    pq.write_table(pa.table(columns), path)
    return path


@pytest.fixture
def regression(tmp_path):
    y = rng.standard_t(3, 500) * 3
    p = y + rng.normal(size=500)
    return parquet(tmp_path / "r.parquet", y=y, p=p, w=rng.random(500)), y, p


def weights_of(path):
    return pq.read_table(path).column("w").to_numpy()


@pytest.mark.parametrize("weighted", [False, True])
def test_regression_means_agree_with_scikit_learn(regression, weighted):
    path, y, p = regression
    w = weights_of(path) if weighted else None
    options = {"target": "y", "prediction": "p", "weight": "w" if weighted else None}
    squared = score(path, loss="squared_error", **options)
    assert squared.mean == pytest.approx(sklearn.metrics.mean_squared_error(y, p, sample_weight=w), rel=1e-14)
    assert squared.skill == pytest.approx(sklearn.metrics.r2_score(y, p, sample_weight=w), rel=1e-13)
    absolute = score(path, loss="absolute_error", **options)
    assert absolute.mean == pytest.approx(sklearn.metrics.mean_absolute_error(y, p, sample_weight=w), rel=1e-14)
    assert absolute.skill == pytest.approx(sklearn.metrics.d2_absolute_error_score(y, p, sample_weight=w), rel=1e-12)
    assert absolute.count == 500
    assert absolute.weight == (pytest.approx(w.sum(), rel=1e-14) if weighted else 500.0)


def test_huber_agrees_with_scipy(regression):
    path, y, p = regression
    found = score(path, loss="huber", target="y", prediction="p", parameters={"delta": 2})
    assert found.mean == pytest.approx(scipy.special.huber(2.0, p - y).mean(), rel=1e-14)
    assert found.parameters == {"delta": 2}


@pytest.mark.parametrize("weighted", [False, True])
def test_binary_cross_entropy_agrees_with_scikit_learn(tmp_path, weighted):
    z, y, w = rng.normal(size=400), rng.integers(0, 2, 400), rng.random(400)
    a = 1 / (1 + np.exp(-z))
    path = parquet(tmp_path / "b.parquet", y=y.astype(np.int8), z=z, a=a, la=np.log(a), w=w)
    weight = "w" if weighted else None
    expected = sklearn.metrics.log_loss(y, a, sample_weight=w if weighted else None)
    for column, given in (("z", None), ("z", "logits"), ("a", "probabilities"), ("la", "log_probabilities")):
        found = score(path, loss="binary_cross_entropy", target="y", prediction=column, given=given, weight=weight)
        assert found.mean == pytest.approx(expected, rel=1e-13)
        assert found.entropy == 0
        assert found.divergence == found.mean
    share = np.average(y, weights=w if weighted else None)
    prior = -(share * math.log(share) + (1 - share) * math.log(1 - share))
    assert found.baseline == pytest.approx(prior, rel=1e-13)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_cross_entropy_agrees_with_scikit_learn(tmp_path, weighted, dtype):
    z, y, w = rng.normal(size=(300, 4)).astype(dtype), rng.integers(0, 4, 300), rng.random(300)
    path = parquet(tmp_path / "c.parquet", y=y, w=w, **{f"z_{k}": z[:, k] for k in range(4)})
    found = score(path, loss="cross_entropy", target="y", prediction="z_*", weight="w" if weighted else None)
    p = scipy.special.softmax(z.astype(np.float64), axis=1)
    expected = sklearn.metrics.log_loss(y, p, sample_weight=w if weighted else None)
    assert found.mean == pytest.approx(expected, rel=1e-13)
    shares = np.bincount(y, w if weighted else None)
    assert found.baseline == pytest.approx(scipy.stats.entropy(shares), rel=1e-13)
    assert found.to_dict()["baseline"] == found.baseline


def test_soft_targets_split_into_entropy_and_divergence(tmp_path):
    t, p = rng.dirichlet(np.ones(3), 50), rng.dirichlet(np.ones(3), 50)
    columns = {f"t_{c}": t[:, k] for k, c in enumerate("abc")} | {
        f"p_{c}": p[:, k] for k, c in reversed(list(enumerate("abc")))
    }
    path = parquet(tmp_path / "s.parquet", **columns)
    options = {"loss": "cross_entropy", "prediction": "p_*", "given": "probabilities"}
    found = score(path, target="t_*", **options)
    assert found.mean == pytest.approx(-(t * np.log(p)).sum(1).mean(), rel=1e-13)
    assert found.entropy == pytest.approx(scipy.stats.entropy(t, axis=1).mean(), rel=1e-13)
    assert found.divergence == pytest.approx(scipy.stats.entropy(t, p, axis=1).mean(), rel=1e-12)
    assert found.baseline == pytest.approx(scipy.stats.entropy(t.mean(0)), rel=1e-13)
    named = score(path, target=["t_a", "t_b", "t_c"], **options)
    assert named.columns["target"] == "t_a,t_b,t_c"
    assert dataclasses.replace(named, columns=found.columns) == found

    path = parquet(tmp_path / "l.parquet", t=t.tolist(), p=p.tolist())
    lists = score(path, loss="cross_entropy", target="t", prediction="p", given="probabilities")
    assert lists.mean == found.mean
    t = rng.random(50)
    path = parquet(tmp_path / "b.parquet", t=t, p=p[:, 0])
    binary = score(path, loss="binary_cross_entropy", target="t", prediction="p", given="probabilities")
    entropy = scipy.stats.entropy([t, 1 - t]).mean()
    assert binary.entropy == pytest.approx(entropy, rel=1e-13)
    assert binary.baseline == pytest.approx(scipy.stats.entropy([t.mean(), 1 - t.mean()]), rel=1e-13)
    # a mixture of hard and soft targets
    t[:25] = np.round(t[:25])
    path = parquet(tmp_path / "m.parquet", t=t, p=p[:, 0])
    mixed = score(path, loss="binary_cross_entropy", target="t", prediction="p", given="probabilities")
    assert mixed.entropy == pytest.approx(scipy.special.entr(t).mean() + scipy.special.entr(1 - t).mean(), rel=1e-13)


LOSSES = ["squared_error", "absolute_error", "huber"]


def content(found):
    """A score as JSON, less where its rows come from."""
    plain = found.to_dict()
    del plain["files"], plain["call"]
    for row in plain["worst"]:
        del row["file"], row["row"]
    return json.dumps(plain)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("weight", [None, "w"])
def test_the_result_is_the_same_for_any_order_and_split(tmp_path, monkeypatch, loss, weight):
    y, p, w = rng.standard_cauchy(3000), rng.standard_cauchy(3000), rng.random(3000)
    y[::7] = 0.5
    whole = parquet(tmp_path / "whole.parquet", y=y, p=p, w=w)
    order = rng.permutation(3000)
    parts = [
        parquet(tmp_path / f"{i}.parquet", y=y[part], p=p[part], w=w[part])
        for i, part in enumerate(np.split(order, [10, 1500]))
    ]
    options = {"loss": loss, "target": "y", "prediction": "p", "weight": weight}
    expected = content(score(whole, **options))
    monkeypatch.setattr(scoring, "BATCH_NUMBERS", 300)
    assert content(score(whole, **options)) == expected
    assert content(score(parts, **options)) == expected
    assert content(score(parts[::-1], **options)) == expected
    monkeypatch.setattr(targets_module, "KEPT_ROWS", 100)  # targets no longer fit in memory
    again = score(parts, **options)
    assert again.baseline == pytest.approx(json.loads(expected)["baseline"], rel=1e-13)
    assert again.mean == json.loads(expected)["mean"]


def test_classes_are_the_same_for_any_order(tmp_path, monkeypatch):
    z, y, w = rng.normal(size=(2000, 12)), rng.integers(0, 12, 2000), rng.random(2000)
    columns = {f"z_{k}": z[:, k] for k in rng.permutation(12)}
    first = parquet(tmp_path / "1.parquet", y=y, w=w, **columns)
    backwards = parquet(tmp_path / "2.parquet", y=y[::-1], w=w[::-1], **{k: v[::-1] for k, v in columns.items()})
    options = {"loss": "cross_entropy", "target": "y", "prediction": "z_*", "weight": "w"}
    expected = score(first, **options)
    monkeypatch.setattr(scoring, "BATCH_NUMBERS", 1)
    assert content(score(backwards, **options)) == content(expected)
    assert expected.mean == pytest.approx(
        sklearn.metrics.log_loss(y, scipy.special.softmax(z, axis=1), sample_weight=w), rel=1e-13
    )


def test_columns_come_in_natural_order(tmp_path):
    z = rng.normal(size=(40, 12))
    y = rng.integers(0, 12, 40)
    path = parquet(tmp_path / "n.parquet", y=y, **{f"logit_{k}": z[:, k] for k in sorted(range(12), key=str)})
    assert score(path, loss="cross_entropy", target="y", prediction="logit_*").mean == cross_entropy_of(z, y)
    # names that are no numbers: a label is a place in the natural order
    path = parquet(tmp_path / "m.parquet", y=y, **{f"logit_c{k}": z[:, k] for k in sorted(range(12), key=str)})
    assert score(path, loss="cross_entropy", target="y", prediction="logit_*").mean == cross_entropy_of(z, y)


def cross_entropy_of(z, y):
    return pytest.approx(-scipy.special.log_softmax(z, axis=1)[np.arange(len(y)), y].mean(), rel=1e-13)


def test_labels_map_to_classes(tmp_path):
    z, y = rng.normal(size=(30, 3)), rng.integers(0, 3, 30)
    names = np.array(["cat", "dog", "eel"])
    by_name = {f"z_{c}": z[:, k] for k, c in enumerate(names)}
    path = parquet(
        tmp_path / "x.parquet",
        word=names[y].tolist(),
        large=pa.array(names[y].tolist(), pa.large_string()),
        view=pa.array(names[y].tolist(), pa.string_view()),
        category=pa.array(names[y].tolist()).dictionary_encode(),
        index=y,
        whole=y.astype(np.float64),
        tiny=y.astype(np.uint64),
        decimal=pa.array(y).cast(pa.decimal128(20, 0)),
        digits=[str(v) for v in y],
        number=(y + 1) * 10,
        number_word=[str((v + 1) * 10) for v in y],
        **by_name,
        **{f"n_{(k + 1) * 10}": z[:, k] for k in range(3)},
        rows=z.tolist(),
        fixed=pa.FixedSizeListArray.from_arrays(z.ravel(), 3),
    )
    expected = cross_entropy_of(z, y)

    def mean(target, prediction, classes=None):
        return score(path, loss="cross_entropy", target=target, prediction=prediction, classes=classes).mean

    for target in ("word", "large", "view", "category", "index", "whole", "tiny", "decimal", "digits"):
        assert mean(target, "z_*") == expected, target
        assert mean(target, "rows", "cat,dog,eel") == expected
        assert mean(target, "fixed", ["cat", "dog", "eel"]) == expected
    assert mean("word", "z_*", "eel,cat,dog") == expected  # names choose the columns' order
    assert mean("word", "z_cat,z_dog,z_eel", "cat,dog,eel") == expected
    assert mean("index", ["z_cat", "z_dog", "z_eel"]) == expected
    assert mean("number", "n_*") == expected  # labels match integer suffixes as numbers
    assert mean("number_word", "n_*") == expected
    assert mean("number", "rows", "10,20,30") == expected
    assert mean("number", "n_*", "30,10,20") == expected
    assert mean("number_word", "n_*", "30,10,20") == expected
    with pytest.raises(BadDataError, match=r"column 'word': got '\w+'; a label is one of 0 … 2"):
        mean("word", "rows")
    with pytest.raises(
        BadDataError, match=r'Name the classes in the order of z_cat, z_dog, z_eel, as in classes="10,20,30"'
    ) as error:
        mean("number", "z_*")
    assert "skip" not in str(error.value)  # it would leave out whole classes


def test_binary_labels(tmp_path):
    z, y = rng.normal(size=30), rng.integers(0, 2, 30)
    path = parquet(
        tmp_path / "x.parquet",
        z=z,
        y=y,
        flag=y.astype(bool),
        word=np.array(["no", "yes"])[y].tolist(),
        one_two=y + 1,
        half=y / 2,
    )

    def mean(target, classes=None):
        return score(path, loss="binary_cross_entropy", target=target, prediction="z", classes=classes).mean

    expected = mean("y")
    assert mean("flag") == expected
    assert mean("word", "no,yes") == expected
    assert mean("one_two", "1,2") == expected
    assert mean("y", "no,yes") == expected
    assert mean("word", "yes,no") != expected
    with pytest.raises(UsageError, match=r'holds text: no, yes. Pass classes="no,yes" if the prediction is that of yes, or'):
        mean("word")
    with pytest.raises(BadDataError, match="label"):
        mean("half", "no,yes")
    with pytest.raises(
        BadDataError, match=r"target range.*\n.*Pass classes=.1,2. if the prediction is that of 2, or classes=.2,1."
    ):
        mean("one_two")


def test_infinite_losses_are_reported_not_refused(tmp_path):
    path = parquet(tmp_path / "i.parquet", y=[0, 1], p_0=[0.0, 0.5], p_1=[1.0, 0.5])
    found = score(path, loss="cross_entropy", target="y", prediction="p_*", given="probabilities")
    plain = found.to_dict()
    expected = {"count": 2, "weight": 2.0, "sum": "Infinity", "mean": "Infinity", "skill": "-Infinity", "invalid": {}}
    expected |= {"variance": "NaN", "interval": None, "infinite": 1, "concentration": None}
    assert {name: plain[name] for name in expected} == expected
    assert plain["worst"][0]["loss"] == "Infinity"
    assert any("probability 0 to what happened" in warning for warning in found.warnings)
    assert "inf" in str(found)
    path = parquet(tmp_path / "y.parquet", y=[1.0, np.inf], p=[1.0, 2.0])
    found = score(path, loss="squared_error", target="y", prediction="p")
    assert (found.mean, found.baseline, found.skill) == (math.inf, math.inf, None)


def test_a_nan_loss_is_bad_data(tmp_path):
    path = parquet(tmp_path / "n.parquet", y=[1.0, np.inf, 3.0], p=[1.0, np.inf, 2.0])
    with pytest.raises(BadDataError, match=r"row 2 \(index 1\).*the loss of prediction inf and target inf is NaN"):
        score(path, loss="squared_error", target="y", prediction="p")
    found = score(path, loss="squared_error", target="y", prediction="p", skip_invalid=True)
    assert (found.mean, found.count, found.invalid, found.baseline) == (0.5, 2, {"NaN loss": 1}, 1.0)


def test_a_row_of_weight_zero_counts_nothing(tmp_path):
    path = parquet(tmp_path / "w.parquet", y=[0, 1, 1], p=[1.0, 0.5, 0.25], w=[0, 1, 3])
    found = score(path, loss="binary_cross_entropy", target="y", prediction="p", weight="w", given="probabilities")
    assert found.mean == pytest.approx((math.log(2) + 3 * math.log(4)) / 4, rel=1e-15)
    assert (found.count, found.weight, found.baseline, found.skill) == (3, 4.0, 0.0, None)
    path = parquet(tmp_path / "0.parquet", y=[0, 1], p=[0.3, 0.5], w=[0, 0])
    nothing = score(path, loss="squared_error", target="y", prediction="p", weight="w")
    assert nothing.to_dict()["mean"] == "NaN"
    assert (nothing.baseline, nothing.skill) == (None, None)
    assert "every row weighs 0" in str(nothing)


def test_invalid_rows_are_counted_once_each_and_left_out_of_everything(tmp_path, monkeypatch):
    y = [1.0, None, 3.0, math.nan, 5.0, 6.0, 7.0, 8.0]
    p = [1.5, 2.0, None, 4.0, 5.5, math.nan, 7.5, 8.0]
    w = [1.0, 1.0, 1.0, 1.0, -1.0, None, 1.0, math.inf]
    path = parquet(tmp_path / "x.parquet", y=y, p=p, w=w)
    with pytest.raises(BadDataError) as error:
        score(path, loss="absolute_error", target="y", prediction="p", weight="w")
    assert str(error.value) == (
        f"{path}, row 2 (index 1), column 'y': got null; every row has a value\n"
        "  6 of 8 rows cannot be scored (NaN: 2, null: 2, weight: 2)\n"
        '  If the outcome is not known yet, pass unlabelled="skip" to leave out such rows and count them.'
        " Or pass skip_invalid=True to score the other 2 rows."
    )
    for kept in (1 << 20, 0):
        monkeypatch.setattr(targets_module, "KEPT_ROWS", kept)
        found = score(path, loss="absolute_error", target="y", prediction="p", weight="w", skip_invalid=True)
        assert (found.count, found.mean, found.baseline) == (2, 0.5, 3.0)
        assert found.invalid == {"NaN": 2, "null": 2, "weight": 2}


def test_skipping_everything_is_refused(tmp_path):
    path = parquet(tmp_path / "x.parquet", y=[None, 1.0], p=[1.0, None])
    with pytest.raises(BadDataError, match="No valid row is left"):
        score(path, loss="absolute_error", target="y", prediction="p", skip_invalid=True)


def test_logits_passed_as_probabilities(tmp_path):
    path = parquet(tmp_path / "x.parquet", y=[0, 1], z_0=[0.2, 1.5], z_1=[0.8, 3.0])
    with pytest.raises(BadDataError, match=r"""(?s)row 2 \(index 1\), column 'z_0': got 1.5; .*given="logits\""""):
        score(path, loss="cross_entropy", target="y", prediction="z_*", given="probabilities")
    path = parquet(tmp_path / "s.parquet", y=[0, 1], z_0=[0.2, 0.5], z_1=[0.8, 0.4])
    with pytest.raises(BadDataError, match=r"(?s)column 'z_\*': the row sums to 0.9;.*Normalise"):
        score(path, loss="cross_entropy", target="y", prediction="z_*", given="probabilities")
    with pytest.raises(BadDataError, match=r'(?s)These look like probabilities: pass given="probabilities".'):
        score(path, loss="cross_entropy", target="y", prediction="z_*", given="log_probabilities")


def test_probabilities_passed_as_logits_are_noticed(tmp_path):
    path = parquet(tmp_path / "x.parquet", y=[0, 1], p_0=[0.2, 0.5], p_1=[0.8, 0.5], q=[0.3, 0.9], z=[0.3, 1.1])
    for asked in (
        {"loss": "cross_entropy", "prediction": "p_*"},
        {"loss": "binary_cross_entropy", "prediction": "q"},
        {"loss": "binary_cross_entropy", "prediction": "q", "details": False},
    ):
        with pytest.raises(UsageError, match=r'pass given="probabilities", or given="logits" if they are logits'):
            score(path, target="y", **asked)
        assert not score(path, target="y", given="logits", **asked).warnings
    with pytest.raises(UsageError, match=r'as in also="binary_cross_entropy:given=probabilities"'):
        score(path, loss="mse", target="y", prediction="q", also="bce")
    assert score(path, loss="mse", target="y", prediction="q", also="bce:given=logits").also[0].mean > 0.5
    assert not score(path, loss="binary_cross_entropy", target="y", prediction="z").warnings
    assert not score(path, loss="cross_entropy", target="y", prediction=["z", "q"]).warnings
    assert not score(path, loss="squared_error", target="y", prediction="q").warnings


def test_half_precision_rows_sum_to_one_less_exactly(tmp_path):
    p = rng.dirichlet(np.ones(5), 200).astype(np.float16)
    y = rng.integers(0, 5, 200)
    halves = pa.FixedSizeListArray.from_arrays(pa.array(p.ravel(), pa.float16()), 5)
    path = parquet(tmp_path / "h.parquet", y=y, p=halves)
    found = score(path, loss="cross_entropy", target="y", prediction="p", given="probabilities")
    assert found.mean == pytest.approx(-np.log(p.astype(np.float64))[np.arange(200), y].mean(), rel=1e-13)


def test_a_users_own_losses(tmp_path):
    @lossary.pointwise(convex=True)
    def pinball(prediction, target, *, level=0.5):
        from lossary.vocabulary import maximum

        return maximum(level * (target - prediction), (level - 1) * (target - prediction))

    @lossary.composed
    def distance(prediction, target):
        return sqrt(((prediction - target) ** 2).sum(-1))

    y, p = rng.normal(size=101), rng.normal(size=101)
    path = parquet(tmp_path / "x.parquet", y=y, p=p, ys=np.stack([y, y], 1).tolist(), ps=np.stack([p, y], 1).tolist())
    found = score(path, loss=pinball, target="y", prediction="p", parameters={"level": 0.9})
    assert found.mean == pytest.approx(sklearn.metrics.mean_pinball_loss(y, p, alpha=0.9), rel=1e-14)
    assert found.skill == pytest.approx(sklearn.metrics.d2_pinball_score(y, p, alpha=0.9), rel=1e-6)
    far = score(path, loss=distance, target="ys", prediction="ps")
    assert far.mean == pytest.approx(abs(p - y).mean(), rel=1e-14)
    assert far.baseline is None
    assert "composed" in far.notes[0]
    assert score(path, loss=distance, target="y", prediction="p").mean == pytest.approx(abs(p - y).mean(), rel=1e-14)

    @lossary.pointwise
    def broken(prediction, target):
        return log(prediction) - target

    with pytest.raises(BadDataError, match="NaN loss"):
        score(path, loss=broken, target="y", prediction="p")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"loss": "hubber"}, "did you mean 'huber'"),
        ({"loss": "huber", "parameters": {"dleta": 2}}, "no parameter 'dleta'; did you mean 'delta'"),
        ({"loss": "huber", "parameters": {"delta": -1}}, "delta lies in"),
        ({"loss": "huber", "given": "logits"}, 'leave out given="logits"'),
        ({"loss": "cross_entropy", "given": "logit"}, "given is one of"),
        ({"target": "Y"}, "no column 'Y' for the target; did you mean 'y'"),
        ({"prediction": "q"}, "no column 'q' for the prediction"),
        ({"prediction": "q*"}, r"no column like 'q\*'"),
        ({"weight": "v"}, "no column 'v' for the weight"),
        ({"weight": "flag"}, "holds booleans"),
        ({"loss": "cross_entropy"}, "takes one prediction per class.*binary_cross_entropy"),
        ({"loss": "cross_entropy", "prediction": "p*"}, "matches a single column"),
        ({"loss": "cross_entropy", "prediction": "p,w", "classes": "a,b,c"}, "3 classes"),
        ({"loss": "cross_entropy", "prediction": "p,w", "classes": "a,a"}, "names of classes are distinct"),
        ({"loss": "cross_entropy", "prediction": "p,w", "classes": "p,x"}, "all or none"),
        ({"prediction": "p,w"}, "one prediction per row.*one column at a time"),
        ({"prediction": "p,p"}, "names 'p' twice"),
        ({"prediction": "flag"}, "holds booleans in column 'flag'"),
        ({"prediction": "when"}, r"holds timestamp\[us\]"),
        ({"target": "when"}, r"holds timestamp\[us\]"),
        ({"prediction": "rows"}, "is a list column"),
        ({"classes": "a,b"}, "squared_error has none"),
        ({"loss": "binary_cross_entropy", "classes": "a,b,c"}, "has two classes"),
        ({"prediction": 3}, "a column name"),
        ({"prediction": []}, "a column name"),
    ],
)
def test_wrong_usage(tmp_path, options, sentence):
    path = parquet(
        tmp_path / "x.parquet",
        y=[1.0, 0.0],
        p=[1.0, 0.0],
        w=[1.0, 0.0],
        flag=[True, False],
        when=pa.array([1, 2], pa.timestamp("us")),
        rows=[[1.0], [2.0]],
    )
    with pytest.raises(UsageError, match=f"(?s){sentence}"):
        score_function(path, **{"loss": "squared_error", "target": "y", "prediction": "p", **options})
    with pytest.raises(UsageError, match="at least one file"):
        score_function([], loss="huber", target="y", prediction="p")


def test_targets_and_predictions_of_different_classes(tmp_path):
    path = parquet(tmp_path / "x.parquet", t_a=[1.0], t_b=[0.0], p_a=[0.5], p_c=[0.5])
    with pytest.raises(UsageError, match="have the same classes; the target has a, b, the prediction a, c"):
        score(path, loss="cross_entropy", target="t_*", prediction="p_?", given="probabilities")
