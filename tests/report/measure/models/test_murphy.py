"""Murphy diagrams: elementary scores against their definition and their integrals, and verdicts that a shift makes certain."""

from functools import cache

import numpy as np
import pytest

from lossary.report import compare, score
from lossary.report.measure.models.murphy import ROWS, ThresholdScores


def naive(x: float, y: float, threshold: float, level: float | None) -> float:
    """Return the score of Ehm et al. (2016): equations 10 and 14, that of the mean times 4."""
    if not min(x, y) <= threshold < max(x, y):
        return 0.0
    if level is None:
        return 2 * abs(y - threshold)
    return 1 - level if y < x else level


@pytest.mark.parametrize("level", [None, 0.5, 0.9])
@pytest.mark.parametrize("shift", [0.0, 1e4])
def test_elementary_scores(level: float | None, shift: float) -> None:
    rng = np.random.default_rng(1)
    x, other, y = rng.integers(-4, 5, (3, 40)) / 2 + shift
    w = rng.uniform(0.5, 2.0, 40)
    w /= w.sum()
    steps = np.sort(np.append(np.linspace(-3, 3, 3001)[:-1] + 0.001, np.arange(-2, 2.5, 0.5))) + shift
    one, two = (ThresholdScores(z, y, w, steps, level) for z in (x, other))
    for place in (*range(0, 3000, 250), *np.searchsorted(steps, np.arange(-2, 2.5, 0.5) + shift).tolist()):
        scores = [np.array([naive(a, b, steps[place], level) for a, b in zip(z, y, strict=True)]) for z in (x, other)]
        assert one.mean()[place] == pytest.approx(w @ scores[0], abs=1e-9)
        assert one.square_of_difference(two)[place] == pytest.approx(w @ (scores[0] - scores[1]) ** 2, abs=1e-7)
    residual = y - x
    loss = residual**2 if level is None else np.maximum(level * residual, (level - 1) * residual)
    even = ThresholdScores(x, y, w, np.linspace(-3, 3, 3001)[:-1] + 0.001 + shift, level)
    assert even.mean().sum() * 0.002 == pytest.approx(w @ loss, rel=1e-6)


def table(rows: int = 400) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(2)
    y = rng.normal(size=rows)
    near = y + rng.normal(size=rows) * 0.3
    return {"id": np.arange(rows), "y": y, "near": near, "far": y + 3 * (near - y), "w": rng.uniform(0.5, 2, rows)}


@cache
def normal(columns: int) -> np.ndarray:
    return np.random.default_rng(1).normal(size=(10_000, columns))


def width_of(columns, w, thresholds, level) -> float:
    """Return how many standard errors hold the largest of the differences at all thresholds, by draws of the rows."""
    pairs = [pair for name in ("far", "near") for pair in zip(columns[name], columns["y"], strict=True)]
    each = [[naive(*pair, t, level) for t in thresholds] for pair in pairs]
    difference = np.array(each[:400]) - np.array(each[400:])
    parts = w[:, None] * (difference - np.average(difference, axis=0, weights=w))
    size = np.sqrt((parts**2).sum(axis=0))
    parts = parts[:, size > 0] / size[size > 0]
    return float(np.quantile(abs(normal(400) @ parts).max(axis=1), 0.95))  # a wild bootstrap


@pytest.mark.parametrize(("loss", "parameters"), [("squared_error", {}), ("absolute_error", {}), ("quantile", {"alpha": 0.8})])
@pytest.mark.parametrize("weight", [None, "w"])
def test_a_model_that_is_farther_everywhere_is_worse(loss, parameters, weight) -> None:
    columns = table()
    options = {"loss": loss, "parameters": parameters, "target": "y", "weight": weight}
    found = compare(columns, prediction="near,far", **options).murphy
    level = {"squared_error": None, "absolute_error": 0.5, "quantile": 0.8}[loss]
    assert [(model.name, model.verdict) for model in found.models] == [("near", "reference"), ("far", "worse")]
    assert found.rows == 400
    w = np.ones(400) if weight is None else columns["w"]
    width = width_of(columns, w, found.thresholds, level)
    for place in (3, 40, 90):
        t = found.thresholds[place]
        scores = {
            name: np.array([naive(a, b, t, level) for a, b in zip(columns[name], columns["y"], strict=True)])
            for name in ("near", "far")
        }
        difference = scores["far"] - scores["near"]
        mean, size = np.average(difference, weights=w), w.sum() ** 2 / (w**2).sum()
        error = np.sqrt(np.average((difference - mean) ** 2, weights=w) / (size - 1))
        assert found.models[0].scores[place] == pytest.approx(np.average(scores["near"], weights=w), rel=1e-12)
        assert found.models[1].differences[place] == pytest.approx(mean, rel=1e-9)
        ours = (found.models[1].high[place] - mean) / error
        assert width - 0.05 < ours < width + 0.3  # a bound, never far above what draws find
    assert found.models[1].shown_worse
    assert not found.models[1].shown_better


def test_every_way_of_comparing_finds_the_same() -> None:
    columns = table()
    options = {"loss": "squared_error", "target": "y"}
    direct = compare(columns, prediction="near,far", **options).murphy
    sides = [
        {"id": columns["id"][order], "y": columns["y"][order], "p": columns[name][order]}
        for name, order in (("near", slice(None)), ("far", np.random.default_rng(0).permutation(400)))
    ]
    paired = compare(*sides, prediction="p", id="id", **options).murphy
    three = compare(*sides, sides[0], prediction="p", id="id", names=["near", "far", "again"], **options).murphy
    stacked = {name: np.concatenate([side[name] for side in sides]) for name in ("id", "y", "p")}
    stacked["model"] = np.repeat(["near", "far"], 400)
    rows = compare(stacked, prediction="p", id="id", model="model", **options).murphy
    assert [one.verdict for one in three.models] == ["reference", "equal", "worse"]
    for found in (paired, rows):
        assert found.thresholds == direct.thresholds
        for one, other in zip(found.models, direct.models, strict=True):
            assert one.verdict == other.verdict
            np.testing.assert_allclose(one.scores, other.scores, rtol=1e-12)


def test_probabilities_in_every_form() -> None:
    rng = np.random.default_rng(3)
    z = rng.normal(size=(2, 300))
    y = (rng.random(300) < 1 / (1 + np.exp(-z[0]))).astype(float)
    forms = {"logits": z, "probabilities": 1 / (1 + np.exp(-z)), "log_probabilities": -np.log1p(np.exp(-z))}
    found = [
        compare({"y": y, "a": a, "b": b}, loss="bce", given=form, target="y", prediction="a,b").murphy
        for form, (a, b) in forms.items()
    ]
    for one in found:
        assert one.functional == "mean"
        np.testing.assert_allclose(one.models[0].scores, found[0].models[0].scores, atol=1e-12)
    p, t = forms["probabilities"][0], 0.3
    place = int(np.argmin(abs(np.array(found[0].thresholds) - t)))
    expected = np.mean([naive(a, b, found[0].thresholds[place], None) for a, b in zip(p, y, strict=True)])
    model = next(model for model in found[0].models if model.name == "a")
    assert model.scores[place] == pytest.approx(expected, rel=1e-12)


def test_what_has_none() -> None:
    columns = table(20)
    assert compare(columns, loss="huber", target="y", prediction="near,far").murphy is None
    columns["far"] = np.where(columns["id"] == 3, np.inf, columns["far"])
    assert compare(columns, loss="squared_error", target="y", prediction="near,far").murphy is None
    huge = {"y": np.zeros(5), "a": np.linspace(1, 2, 5) * 1e100, "b": np.ones(5)}
    assert compare(huge, loss="squared_error", target="y", prediction="a,b").murphy is None
    same = {"y": np.ones(5), "a": np.ones(5), "b": np.ones(5)}
    assert compare(same, loss="squared_error", target="y", prediction="a,b").murphy is None
    alone = {name: x[:1] for name, x in table(20).items()}
    assert compare(alone, loss="squared_error", target="y", prediction="near,far").murphy.models[1].low == ()
    found = compare(table(20), loss="squared_error", target="y", prediction="near,far", interval="none").murphy
    assert found.models[1].low == ()


def differences(columns, found, name="far"):
    """Return the differences of the elementary scores of rows and thresholds."""
    scores = [
        np.array([[naive(a, b, t, None) for t in found.thresholds] for a, b in zip(columns[k], columns["y"], strict=True)])
        for k in (name, "near")
    ]
    return scores[0] - scores[1]


@pytest.mark.parametrize(
    ("more", "by"),
    [
        ({"cluster": "c"}, "clusters"),
        ({"time": "t"}, "times"),
        ({"time": "t", "horizon": 3}, "times"),
        ({"run": "s", "id": "u"}, "runs"),
        ({"run": "s"}, "runs"),
    ],
)
def test_bands_of_dependent_rows_have_the_errors_of_a_mean(more, by) -> None:
    """The band of each threshold is as wide, but for one factor, as the interval of the mean of its differences."""
    rows = 120
    own = np.random.default_rng(8)
    columns = {**table(rows), "c": own.integers(0, 12, rows), "t": own.permutation(rows) // 2, "s": np.arange(rows) % 4}
    columns["u"] = np.arange(rows) // 4
    found = compare(columns, loss="squared_error", target="y", prediction="near,far", **more).murphy
    assert found.by == by
    factors = []
    for place in (20, 45, 50, 70):
        means = differences(columns, found)[:, place]
        one = score({**columns, "l": means}, given="loss", prediction="l", **more)
        interval = one.interval
        reach = found.models[1].high[place] - found.models[1].differences[place]
        assert found.models[1].differences[place] == pytest.approx(one.mean, rel=1e-9)
        factors.append(2 * reach / (interval.high - interval.low))
    assert min(factors) > 1
    if by != "runs" or "id" not in more:  # there each threshold has degrees of freedom of its own
        assert max(factors) == pytest.approx(min(factors), rel=1e-6)
    assert max(factors) < 4


def test_equal_models_are_seldom_told_apart() -> None:
    """At all thresholds together: one in twenty, where each by itself finds some in most samples."""
    told = 0
    for seed in range(12):
        own = np.random.default_rng(seed)
        y = own.normal(size=150)
        columns = {"y": y, "a": y + own.normal(size=150), "b": y + own.normal(size=150)}
        found = compare(columns, loss="squared_error", target="y", prediction="a,b").murphy.models[1]
        told += bool(found.shown_better or found.shown_worse)
    assert told <= 3  # with a chance of 1 in 20 each, more are seen once in 450 times


def test_rows_of_a_cluster_are_not_sampled_together() -> None:
    """More rows than a sample holds, in two clusters: both are seen."""
    rows = 3 * ROWS
    y, cluster = np.repeat([0.0, 10.0], [2 * ROWS, ROWS]), np.repeat(["a", "b"], [2 * ROWS, ROWS])
    side = {"id": np.arange(rows), "y": y, "p": y + 1, "c": cluster}
    found = compare(side, side, side, prediction="p", target="y", id="id", cluster="c", loss="squared_error").murphy
    assert found.rows == ROWS
    assert found.thresholds == (0.0, 1.0, 10.0)  # of the predictions and targets of both, but the largest
