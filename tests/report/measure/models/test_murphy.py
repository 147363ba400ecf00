"""Murphy diagrams: elementary scores against their definition and their integrals, and verdicts that a shift makes certain."""

import numpy as np
import pytest

from lossary.report import compare
from lossary.report.measure.models.murphy import ROWS, Scores


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
    one, two = (Scores(z, y, w, steps, level) for z in (x, other))
    for place in (*range(0, 3000, 250), *np.searchsorted(steps, np.arange(-2, 2.5, 0.5) + shift).tolist()):
        scores = [np.array([naive(a, b, steps[place], level) for a, b in zip(z, y, strict=True)]) for z in (x, other)]
        assert one.mean()[place] == pytest.approx(w @ scores[0], abs=1e-9)
        assert one.square_of_difference(two)[place] == pytest.approx(w @ (scores[0] - scores[1]) ** 2, abs=1e-7)
    residual = y - x
    loss = residual**2 if level is None else np.maximum(level * residual, (level - 1) * residual)
    even = Scores(x, y, w, np.linspace(-3, 3, 3001)[:-1] + 0.001 + shift, level)
    assert even.mean().sum() * 0.002 == pytest.approx(w @ loss, rel=1e-6)


def table(rows: int = 400) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(2)
    y = rng.normal(size=rows)
    near = y + rng.normal(size=rows) * 0.3
    return {"id": np.arange(rows), "y": y, "near": near, "far": y + 3 * (near - y), "w": rng.uniform(0.5, 2, rows)}


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
        assert found.models[1].high[place] == pytest.approx(mean + 1.959963984540054 * error, rel=1e-9)
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
    same = {"y": np.ones(5), "a": np.ones(5), "b": np.ones(5)}
    assert compare(same, loss="squared_error", target="y", prediction="a,b").murphy is None
    time = {**table(20), "day": np.arange(20)}
    found = compare(time, loss="squared_error", target="y", prediction="near,far", time="day").murphy
    assert found.models[1].low == ()


def test_rows_of_a_cluster_are_not_sampled_together() -> None:
    """More rows than a sample holds, in two clusters: both are seen."""
    rows = 3 * ROWS
    y, cluster = np.repeat([0.0, 10.0], [2 * ROWS, ROWS]), np.repeat(["a", "b"], [2 * ROWS, ROWS])
    side = {"id": np.arange(rows), "y": y, "p": y + 1, "c": cluster}
    found = compare(side, side, side, prediction="p", target="y", id="id", cluster="c", loss="squared_error").murphy
    assert found.rows == ROWS
    assert found.thresholds == (0.0, 1.0, 10.0)  # of the predictions and targets of both, but the largest
