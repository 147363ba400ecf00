"""Reports on losses of several predictions, of rows of numbers, of all classes, and on sums, against loops of NumPy."""

import json
import math
import subprocess
import sys
import textwrap

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import scipy.stats

import lossary
from lossary.formula.domains import Interval
from lossary.report import BadDataError, UsageError, compare, score, total_in_arrow
from lossary.vocabulary import abs as absolute
from lossary.vocabulary import exp, log, maximum, total

rng = np.random.default_rng(23)
N = 300
MODULE = """
import lossary
from lossary.domains import Positive, Real
from lossary.vocabulary import log, total

@lossary.pointwise
def gaussian(mean: Real, variance: Positive, target: Real):
    return (log(variance) + (target - mean) ** 2 / variance) / 2

@lossary.samplewise
def dice(prediction, target, *, smooth=0.0):
    return 1 - (2 * total(prediction * target) + smooth) / (total(prediction) + total(target) + smooth)

both = dice + 0.5 * lossary.squared_error
"""


@lossary.pointwise
def gaussian(mean: lossary.domains.Real, variance: lossary.domains.Positive, target: lossary.domains.Real):
    return (log(variance) + (target - mean) ** 2 / variance) / 2


@lossary.pointwise(given={"variance": {"variance": (lambda v: v, Interval(0.0, open=True)), "log_variance": (exp, Interval())}})
def linked(mean, variance: lossary.domains.Positive, target):
    return (log(variance) + (target - mean) ** 2 / variance) / 2


@lossary.pointwise
def distance_apart(one, other):  # no target
    return absolute(one - other)


@lossary.samplewise
def dice(prediction, target, *, smooth=0.0):
    return 1 - (2 * total(prediction * target) + smooth) / (total(prediction) + total(target) + smooth)


@lossary.samplewise
def triplet(anchor, positive, negative, *, margin=1.0):  # no target
    return maximum(0, total((anchor - positive) ** 2) - total((anchor - negative) ** 2) + margin)


@lossary.softmax
def brier(probability, target):
    return (probability - target) ** 2


@pytest.fixture
def columns():
    return {
        "mu": rng.normal(size=N),
        "s2": rng.gamma(2.0, size=N),
        "y": rng.normal(size=N),
        "w": rng.gamma(1.0, size=N),
        "g": np.array(["n", "s"])[rng.integers(0, 2, N)],
    }


def naive_gaussian(columns):
    rows = zip(columns["mu"], columns["s2"], columns["y"], strict=True)
    return np.array([(math.log(v) + (y - m) ** 2 / v) / 2 for m, v, y in rows])


NAMED = {"mean": "mu", "variance": "s2"}


@pytest.fixture(params=["mapping", "frame", "parquet", "csv", "npz", "arrow"])
def data(request, columns, tmp_path):
    path = str(tmp_path / f"p.{request.param}")
    if request.param == "npz":
        np.savez(path, **columns)
    elif request.param == "csv":
        pd.DataFrame(columns).to_csv(path, index=False)
    elif request.param == "parquet":
        pq.write_table(pa.table(columns), path, row_group_size=70)
    elif request.param == "arrow":
        return pa.table(columns)
    else:
        return columns if request.param == "mapping" else pd.DataFrame(columns)
    return path


def test_several_predictions(data, columns):
    found = score(data, loss=gaussian, prediction=NAMED, target="y", weight="w", group="g")
    losses, w = naive_gaussian(columns), columns["w"]
    assert found.mean == pytest.approx(np.average(losses, weights=w), rel=1e-13)
    assert found.sum == pytest.approx(math.fsum(losses * w), rel=1e-13)
    assert found.columns == {
        "prediction": NAMED, "target": "y", "weight": "w", "group": ["g"], "id": None, "cluster": None, "run": None,
        "time": None,
    }  # fmt: skip
    for part in found.breakdowns[0].parts:
        mask = columns["g"] == part.name
        assert part.mean == pytest.approx(np.average(losses[mask], weights=w[mask]), rel=1e-12)
        assert part.bias is None
    worst = np.argsort(-losses * w)[:10]
    assert [row["row"] for row in found.worst] == worst.tolist()
    assert found.worst[0]["prediction"] == {"mean": columns["mu"][worst[0]], "variance": columns["s2"][worst[0]]}
    assert (found.baseline, found.skill, found.calibration, found.residuals, found.accuracy) == (None,) * 5
    assert [b.kind for b in found.breakdowns] == ["group"]
    assert any("gaussian is a loss of mean, variance, target" in note for note in found.notes)
    quick = score(data, loss=gaussian, prediction="mean=mu, variance=s2", target="y", weight="w", details=False)
    assert (quick.mean, quick.sum) == (found.mean, found.sum)


def test_the_interval_is_that_of_the_losses(columns):
    found, losses = score(columns, loss=gaussian, prediction=NAMED, target="y"), naive_gaussian(columns)
    ends = scipy.stats.norm.interval(0.95, losses.mean(), scipy.stats.sem(losses))
    assert (found.interval.low, found.interval.high) == pytest.approx(ends, rel=1e-10)
    assert found.variance == pytest.approx(losses.var(), rel=1e-11)


def test_names_that_are_left_out_are_columns(columns):
    renamed = {"mean": columns["mu"], "s2": columns["s2"], "y": columns["y"]}
    expected = score(columns, loss=gaussian, prediction=NAMED, target="y").mean
    for prediction in ({"variance": "s2"}, "variance=s2"):
        assert score(renamed, loss=gaussian, prediction=prediction, target="y").mean == expected
    renamed["variance"] = renamed.pop("s2")
    assert score(renamed, loss=gaussian, target="y").mean == expected
    arrays = {"mean": columns["mu"], "variance": columns["s2"]}
    assert score(None, loss=gaussian, prediction=arrays, target=columns["y"]).mean == expected


@pytest.mark.compiled  # as kernels are in other processes
@pytest.mark.parametrize(
    "workers", [{"workers": 1}, {"workers": 3}, pytest.param({"workers": 2, "engine": "processes"}, marks=pytest.mark.heavy)]
)
def test_the_same_bits_whoever_does_the_work(columns, tmp_path, workers, monkeypatch):
    monkeypatch.setattr(__import__("lossary.report.read.arrow", fromlist=["PART_ROWS"]), "PART_ROWS", 50)
    path = tmp_path / "p.parquet"
    pq.write_table(pa.table(columns), path, row_group_size=50)
    (tmp_path / "own.py").write_text(MODULE)
    options = {"prediction": NAMED, "target": "y", "weight": "w", "group": "g"}
    whole = score(columns, loss=gaussian, **options)
    parts = score(path, loss=f"{tmp_path / 'own.py'}:gaussian", **options, **workers)
    assert (parts.sum, parts.mean, parts.variance, parts.interval) == (whole.sum, whole.mean, whole.variance, whole.interval)
    assert parts.breakdowns == whole.breakdowns
    assert [row["row"] for row in parts.worst] == [row["row"] for row in whole.worst]


def test_given_is_the_form_of_the_linked_input(columns):
    expected = score(columns, loss=linked, prediction=NAMED, target="y")
    assert expected.mean == pytest.approx(naive_gaussian(columns).mean(), rel=1e-13)
    logs = columns | {"s2": np.log(columns["s2"])}
    found = score(logs, loss=linked, prediction=NAMED, target="y", given="log_variance")
    assert found.mean == pytest.approx(expected.mean, rel=1e-13)
    with pytest.raises(BadDataError, match=r"column 's2': got -\S+; variance, given as variance, lies in \(0, ∞\)"):
        score(logs, loss=linked, prediction=NAMED, target="y", given="variance")


def test_invalid_rows(columns):
    columns["s2"][7], columns["mu"][9], columns["y"][11] = -1.0, np.nan, np.nan
    with pytest.raises(BadDataError, match=r"row 8 \(index 7\), column 's2': got -1.0; variance lies in \(0, ∞\)"):
        score(columns, loss=gaussian, prediction=NAMED, target="y")
    found = score(columns, loss=gaussian, prediction=NAMED, target="y", skip_invalid=True)
    assert found.invalid == {"NaN": 2, "variance range": 1}
    rest = {name: np.delete(values, [7, 9, 11]) for name, values in columns.items()}
    assert found.mean == score(rest, loss=gaussian, prediction=NAMED, target="y").mean
    columns["w"][[7, 9, 11]] = 0
    assert score(columns, loss=gaussian, prediction=NAMED, target="y", weight="w").weightless == 3


def test_no_target(columns):
    found = score(columns, loss=distance_apart, prediction={"one": "mu", "other": "y"}, worst=1)
    assert found.mean == pytest.approx(np.abs(columns["mu"] - columns["y"]).mean(), rel=1e-13)
    assert found.columns["target"] is None
    assert found.worst[0]["target"] is None
    assert (found.baseline, found.residuals) == (None, None)
    for text in (str(found), found.to_html()):
        assert "none" not in text.partition("Worst")[2]
    with pytest.raises(UsageError, match=r"distance_apart has no target, it takes one, other; leave out target=.y."):
        score(columns, loss=distance_apart, prediction={"one": "mu", "other": "s2"}, target="y")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            {"prediction": "mu"},
            r"takes several predictions, mean, variance; .*mean=COLUMN,variance=COLUMN. .*got 'mu'; .*mu, s2, y",
        ),
        ({"prediction": ["mu", "s2"]}, "takes several predictions"),
        (
            {"prediction": {"maen": "mu", "variance": "s2"}},
            "no prediction 'maen'; did you mean 'mean'.*has the columns mu, s2, y",
        ),
        ({"prediction": {**NAMED, "scale": "w"}}, "no prediction 'scale'; it has: mean, variance; .*has the columns mu"),
        ({"prediction": {**NAMED, "target": "y"}}, "no prediction 'target'; the target is named as target=.y."),
        (
            {"prediction": {"mean": "mu"}},
            "has no column 'variance'; name the columns, as in prediction=.variance=COLUMN.*mu, s2",
        ),
        ({"prediction": None}, "has no column 'mean' or 'variance'"),
        ({"prediction": {"mean": "mu", "variance": "s3"}}, "no column 's3' for the variance; it has: mu, s2, y"),
        ({"prediction": {"mean": "mu", "variance": "mu"}}, "mean and variance are different columns; got 'mu' for both"),
        ({"prediction": {"mean": "mu", "variance": "y"}}, "target are different columns"),
        ({"prediction": "mean=mu,mean=s2"}, "a prediction is named once; got 'mean' twice"),
        ({"prediction": {"mean": "mu", "variance": "g"}}, "a variance is a number|'g'"),
        ({"prediction": NAMED, "target": None}, "gaussian takes a target; name its column, as in target=.y."),
        ({"prediction": NAMED, "also": "mae"}, "absolute_error takes prediction, target, and gaussian mean, variance, target"),
        ({"prediction": NAMED, "given": "logits"}, 'leave out given="logits"'),
        ({"prediction": NAMED, "classes": "a,b"}, "leave it out"),
    ],
)
def test_columns_are_named_in_errors(columns, options, said):
    with pytest.raises((UsageError, BadDataError), match=said):
        score(columns, loss=gaussian, **{"target": "y", **options})


def test_one_prediction_by_name(columns):
    expected = score(columns, loss="mse", target="y", prediction="mu")
    for prediction in ({"prediction": "mu"}, "prediction=mu"):
        assert score(columns, loss="mse", target="y", prediction=prediction) == expected
    odd = {"prediction=mu": columns["mu"], "mu": columns["s2"], "y": columns["y"]}  # a column of that name comes first
    assert score(odd, loss="mse", target="y", prediction="prediction=mu").mean == expected.mean


def test_one_prediction_of_another_name(columns):
    @lossary.pointwise
    def squared(score, target):
        return (score - target) ** 2

    expected = score(columns, loss="mse", target="y", prediction="mu", weight="w")
    for prediction in ("mu", {"score": "mu"}):
        found = score(columns, loss=squared, target="y", prediction=prediction, weight="w")
        assert found.mean == pytest.approx(expected.mean, rel=1e-14)
        assert found.baseline == pytest.approx(expected.baseline, rel=1e-12)
        assert found.residuals == expected.residuals


# ---- rows of numbers


@pytest.fixture
def rows():
    p, t = rng.random((N, 3)), rng.integers(0, 2, (N, 3)) + 0.25
    return p, t


def naive_dice(p, t, smooth=0.0):
    return np.array([1 - (2 * sum(a * b for a, b in zip(x, y, strict=True)) + smooth) / (sum(x) + sum(y) + smooth)
                     for x, y in zip(p.tolist(), t.tolist(), strict=True)])  # fmt: skip


def test_rows_of_numbers(rows, tmp_path):
    p, t = rows
    expected = naive_dice(p, t, 0.5)
    options = {"loss": dice, "parameters": {"smooth": 0.5}}
    listed = {"p": p, "t": t}
    spread = {f"p_{k}": p[:, k] for k in range(3)} | {f"t_{k}": t[:, k] for k in range(3)}
    pq.write_table(pa.table({"p": p.tolist(), "t": t.tolist()}), tmp_path / "lists.parquet")
    pd.DataFrame(spread).to_csv(tmp_path / "spread.csv", index=False)
    np.savez(tmp_path / "lists.npz", **listed)
    several = {"prediction": "p_*", "target": ["t_0", "t_1", "t_2"]}
    one = {"prediction": "p", "target": "t"}
    for data, named in (
        (listed, one), (tmp_path / "lists.parquet", one), (tmp_path / "lists.npz", one), (spread, several),
        (tmp_path / "spread.csv", several),
    ):  # fmt: skip
        found = score(data, **options, **named)
        assert found.mean == pytest.approx(expected.mean(), rel=1e-13)
        worst = int(expected.argmax())
        assert found.worst[0]["row"] == worst
        assert found.worst[0]["prediction"] == p[worst].tolist()
        assert found.worst[0]["target"] == t[worst].tolist()
        assert (found.baseline, found.residuals, found.calibration) == (None, None, None)
        assert any("dice is a loss of the components of a sample together" in note for note in found.notes)
    assert score(None, **options, prediction=p, target=t).mean == found.mean
    alike = {f"x_{name}": x for name, x in spread.items()}
    named = {"prediction": "x_*", "target": ["x_t_0", "x_t_1", "x_t_2"]}  # a glob leaves out what another input names
    assert score(alike, **options, **named).mean == found.mean


def test_rows_of_numbers_have_one_length(rows):
    p, t = rows
    with pytest.raises(UsageError, match=r"as many in each of prediction, target; got prediction 3 \(p\), target 2 \(t\)"):
        score({"p": p, "t": t[:, :2]}, loss=dice, prediction="p", target="t")
    with pytest.raises(UsageError, match=r"got prediction 3 \(p\), target 1 \(y\)"):
        score({"p": p, "y": t[:, 0]}, loss=dice, prediction="p", target="y")
    ragged = pa.table({"p": [[1.0, 2.0], [1.0], [2.0, 3.0]], "t": [[1.0, 0.0]] * 3})
    with pytest.raises(BadDataError, match=r"row 2 .*column 'p': got \[1.0\]; the lists of every row have 2 numbers"):
        score(ragged, loss=dice, prediction="p", target="t")


def test_several_predictions_of_rows():
    a, p, n = (rng.normal(size=(N, 4)) for _ in range(3))
    expected = [max(0.0, sum((x - y) ** 2) - sum((x - z) ** 2) + 2.0) for x, y, z in zip(a, p, n, strict=True)]
    found = score(
        {"a": a, "p": p, "n": n}, loss=triplet, prediction="anchor=a,positive=p,negative=n", parameters={"margin": 2.0}
    )
    assert found.mean == pytest.approx(np.mean(expected), rel=1e-12)
    spread = {f"{name}{k}": x[:, k] for name, x in (("a", a), ("p", p), ("n", n)) for k in range(4)}
    named = "anchor=a0,a1,a2,a3,positive=p?,negative=n*"
    assert score(spread, loss=triplet, prediction=named, parameters={"margin": 2.0}).mean == found.mean
    assert list(found.worst[0]["prediction"]) == ["anchor", "positive", "negative"]
    assert "anchor [" in str(found)


# ---- sums, and losses of all classes


def test_sums_say_what_each_term_contributes(rows, columns):
    p, t = rows
    dices, squares = naive_dice(p, t), ((p - t) ** 2).mean(axis=1)  # averaged over the row beside a loss of rows
    found = score({"p": p, "t": t}, loss=dice + 0.5 * lossary.squared_error, prediction="p", target="t")
    assert found.mean == pytest.approx((dices + 0.5 * squares).mean(), rel=1e-13)
    assert [(term.loss, term.factor) for term in found.terms] == [("dice", 1.0), ("squared_error", 0.5)]
    assert [term.mean for term in found.terms] == pytest.approx([dices.mean(), 0.5 * squares.mean()], rel=1e-13)
    assert sum(term.share for term in found.terms) == pytest.approx(1, rel=1e-13)
    assert "Terms of the sum" in str(found)
    assert "What each term contributes" in found.to_html()
    pointwise = lossary.huber + 2 * lossary.absolute_error
    found = score(columns, loss=pointwise, prediction="mu", target="y", weight="w", parameters={"delta": 0.5}, also="mae")
    residual = np.abs(columns["mu"] - columns["y"])
    hubers = np.where(residual <= 0.5, residual**2 / 2, 0.5 * (residual - 0.25))
    w = columns["w"]
    expected = [np.average(hubers, weights=w), 2 * np.average(residual, weights=w)]
    assert [term.mean for term in found.terms] == pytest.approx(expected, rel=1e-12)
    assert found.mean == pytest.approx(sum(expected), rel=1e-12)
    assert [term.parameters for term in found.terms] == [{"delta": 0.5}, {}]
    assert found.residuals is not None
    assert found.baseline < found.mean
    assert score(columns, loss="huber", prediction="mu", target="y").terms == ()


def test_terms_take_the_form_of_the_predictions(columns):
    @lossary.pointwise(given=lossary.kinds.PROBABILITIES)
    def half_brier(prediction, target):
        return (prediction - target) ** 2 / 2

    y, p = (columns["y"] > 0) * 1, 1 / (1 + np.exp(-columns["mu"]))
    loss = half_brier + 2 * half_brier
    found = score({"y": y, "p": p}, loss=loss, prediction="p", target="y", given="probabilities")
    expected = ((p - y) ** 2 / 2).mean()
    assert [term.mean for term in found.terms] == pytest.approx([expected, 2 * expected], rel=1e-12)
    assert found.baseline == pytest.approx(1.5 * y.var(), rel=1e-10)
    assert score({"y": y, "p": columns["mu"]}, loss=loss, prediction="p", target="y").mean == pytest.approx(3 * expected)


def test_losses_of_all_classes():
    z, labels = rng.normal(size=(N, 3)), rng.integers(0, 3, N)
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    expected = np.array([sum((p[i, k] - (labels[i] == k)) ** 2 for k in range(3)) for i in range(N)])
    data = {"z": z, "p": p, "c": labels, "t": np.eye(3)[labels]}
    found = score(data, loss=brier, prediction="z", target="c")
    assert found.mean == pytest.approx(expected.mean(), rel=1e-12)
    shares = np.bincount(labels) / N
    constant = np.mean([((shares - np.eye(3)[k]) ** 2).sum() for k in labels])
    assert found.baseline == pytest.approx(constant, rel=1e-10)
    assert found.accuracy == np.mean(z.argmax(axis=1) == labels)
    assert {b.kind for b in found.breakdowns} == {"class", "confidence"}
    for prediction, given in (("z", None), ("p", "probabilities")):
        dense = score(data, loss=brier, prediction=prediction, target="t", given=given)
        assert dense.mean == pytest.approx(expected.mean(), rel=1e-12)
        assert dense.baseline == pytest.approx(constant, rel=1e-10)
    soft = score(data | {"t": rng.dirichlet(np.ones(3), N)}, loss=brier, prediction="z", target="t")
    assert soft.baseline is None
    assert any("the targets are distributions" in note for note in soft.notes)
    both = score(data, loss=lossary.cross_entropy + 0.5 * brier, prediction="z", target="c")
    entropy = -np.log(p[np.arange(N), labels])
    assert both.mean == pytest.approx((entropy + 0.5 * expected).mean(), rel=1e-12)
    assert [term.mean for term in both.terms] == pytest.approx([entropy.mean(), 0.5 * expected.mean()], rel=1e-12)
    assert both.accuracy == found.accuracy
    assert both.baseline is None
    assert any("a sum of losses of several kinds, for which no best constant is sought" in note for note in both.notes)


def test_the_loss_is_split_into_entropy_and_divergence_by_default_only():
    data = {"y": [0.2, 0.9, 1.0], "p": [0.3, 0.6, 0.9]}
    options = {"loss": "bce", "target": "y", "prediction": "p", "given": "probabilities"}
    assert score(data, **options).entropy > 0
    assert score(data, **options, parameters={"positive_weight": 3.0}).entropy is None
    hard = score(data | {"y": [0, 1, 1]}, **options)
    assert "is that of giving probability" in hard.to_html()
    weighted = score(data | {"y": [0, 1, 1]}, **options, parameters={"positive_weight": 3.0})
    assert "is that of giving probability" not in weighted.to_html()


# ---- comparisons


def test_a_comparison_of_several_predictions(columns):
    a = {"k": np.arange(N), **columns}
    order = rng.permutation(N)[:200]
    b = {"k": order, "y": columns["y"][order], "m": rng.normal(size=200), "s2": rng.gamma(3.0, size=200)}
    options = {"id": "k", "loss": gaussian, "target": "y"}
    found = compare(a, b, prediction=NAMED, prediction_b={"mean": "m"}, weight="w", group="g", **options)
    one, other = naive_gaussian(columns)[order], naive_gaussian({**b, "mu": b["m"]})
    w = columns["w"][order]
    assert found.difference == pytest.approx(np.average(other - one, weights=w), rel=1e-11)
    assert (found.wins, found.losses) == ((other < one).sum(), (other > one).sum())
    best = int(((other - one) * w).argmin())
    row = found.changed["better"][0]
    assert row["id"] == order[best]
    assert row["prediction_a"] == {"mean": columns["mu"][order[best]], "variance": columns["s2"][order[best]]}
    assert row["prediction_b"] == {"mean": b["m"][best], "variance": b["s2"][best]}
    assert compare(a, b, prediction="mean=mu,variance=s2", prediction_b="mean=m", weight="w", group="g", **options) == found
    for text in (str(found), found.to_html()):
        assert "variance" in text
    with pytest.raises(UsageError, match="no column 'mu' for the mean"):
        compare(a, b, prediction=NAMED, **options)


def test_a_comparison_takes_the_target_of_a(columns):
    a = {"k": np.arange(N), **columns}
    b = a | {"y": columns["y"].astype(np.float32)}
    found = compare(a, b, id="k", loss=gaussian, target="y", prediction=NAMED)
    assert found.verdict == "equal"


def test_a_comparison_without_target_and_of_rows(columns):
    a = {"k": np.arange(N), **columns}
    b = a | {"mu": columns["mu"] / 2}
    found = compare(a, b, id="k", loss=distance_apart, prediction={"one": "mu", "other": "y"})
    expected = np.abs(b["mu"] - a["y"]) - np.abs(a["mu"] - a["y"])
    assert found.difference == pytest.approx(expected.mean(), rel=1e-11)
    assert found.changed["worse"][0]["target"] is None
    assert "None" not in str(found)
    p, q, t = rng.random((N, 3)), rng.random((N, 3)), rng.random((N, 3))
    sides = [{"k": np.arange(N), "p": x, "t": t} for x in (p, q)]
    found = compare(*sides, id="k", loss=dice, prediction="p", target="t")
    assert found.difference == pytest.approx((naive_dice(q, t) - naive_dice(p, t)).mean(), rel=1e-11)
    assert found.changed["worse"][0]["prediction_a"] is None
    assert found.to_html().count("prediction of A") == 0
    assert "None" not in str(found)


# ---- from the command line, and elsewhere


def lossary_command(*arguments):
    return subprocess.run([sys.executable, "-m", "lossary", *map(str, arguments)], capture_output=True, text=True, check=False)


@pytest.mark.heavy
def test_the_command(columns, tmp_path):
    (tmp_path / "own.py").write_text(textwrap.dedent(MODULE))
    pd.DataFrame(columns | {"k": np.arange(N)}).to_csv(tmp_path / "p.csv", index=False)
    loss = ("--loss", f"{tmp_path / 'own.py'}:gaussian", "--target", "y")
    done = lossary_command("score", tmp_path / "p.csv", *loss, "--prediction", "mean=mu,variance=s2", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["mean"] == pytest.approx(naive_gaussian(columns).mean(), rel=1e-13)
    assert found["columns"]["prediction"] == NAMED
    done = lossary_command("score", tmp_path / "p.csv", *loss)
    assert done.returncode == 2
    assert "has no column 'mean' or 'variance'; name the columns, as in --prediction mean=COLUMN,variance=COLUMN" in done.stderr
    paths = (tmp_path / "p.csv", tmp_path / "p.csv", "--id", "k")
    done = lossary_command("compare-predictions", *paths, *loss, "--prediction", "mean=mu,variance=s2", "--quiet")
    assert (done.returncode, done.stdout) == (0, "equal 0.0\n")


def test_totals_of_record_batches(columns):
    worker = total_in_arrow(loss=gaussian, target="y", prediction=NAMED)
    record = pa.record_batch(columns)
    [found] = worker(iter([record.slice(0, 100), record.slice(100)]))
    whole = score(columns, loss=gaussian, prediction=NAMED, target="y")
    assert lossary.Total.from_bytes(found["total"][0].as_py()).mean == whole.mean


def test_raw_scores_of_classes_are_scored_with_labels(tmp_path):
    scores, labels = rng.normal(size=(N, 3)), rng.integers(0, 3, N)
    pd.DataFrame({**{f"z_{k}": scores[:, k] for k in range(3)}, "y": labels}).to_parquet(tmp_path / "scores.parquet")
    report = score(tmp_path / "scores.parquet", loss="crammer_singer", prediction="z_*", target="y", also="sparsemax")
    margins = scores + (np.arange(3) != labels[:, None])
    np.testing.assert_allclose(report.mean, (margins.max(1) - scores[np.arange(N), labels]).mean(), rtol=1e-12)
    np.testing.assert_allclose(report.also[0].mean, lossary.sparsemax(scores, labels), rtol=1e-12)
    assert report.accuracy == (scores.argmax(1) == labels).mean()
    assert report.calibration is None  # scores are no probabilities
