"""The calibration of several models, against scikit-learn and against the reports of each."""

import numpy as np
import pytest
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import log_loss

from lossary.report import compare, score


def outcomes():
    rng = np.random.default_rng(3)
    z = rng.normal(size=400)
    y = (rng.random(400) < 1 / (1 + np.exp(-z))).astype(int)
    return {"y": y, "m_right": z, "m_sure": 3 * z, "m_vague": z + rng.normal(size=400), "w": rng.uniform(0.5, 2, 400)}


@pytest.mark.parametrize("weight", [None, "w"])
@pytest.mark.parametrize("form", ["logits", "probabilities", "log_probabilities"])
def test_of_probabilities(form, weight):
    data = outcomes()
    y, w = data["y"], data["w"] if weight else np.ones(400)
    p = {name: 1 / (1 + np.exp(-data[name])) for name in data if name.startswith("m_")}
    given = {"logits": lambda name: data[name], "probabilities": p.get, "log_probabilities": lambda name: np.log(p[name])}
    columns = {"y": y, "w": w, **{name: given[form](name) for name in p}}
    found = compare(columns, loss="bce", given=form, target="y", prediction="m_*", weight=weight)
    assert list(found.calibration) == [model.name for model in found.models]
    for name, one in found.calibration.items():
        fit = IsotonicRegression().fit(p[f"m_{name}"], y, w).predict(p[f"m_{name}"])
        truth = [log_loss(y, x, sample_weight=w) for x in (p[f"m_{name}"], fit, np.full(400, np.average(y, weights=w)))]
        assert one.miscalibration == pytest.approx(truth[0] - truth[1], rel=1e-7)
        assert one.discrimination == pytest.approx(truth[2] - truth[1], rel=1e-7)
        assert one.uncertainty == pytest.approx(truth[2], rel=1e-9)
        assert found.model(name).mean == pytest.approx(one.miscalibration - one.discrimination + one.uncertainty, rel=1e-9)


@pytest.mark.parametrize("loss", ["squared_error", "absolute_error", "quantile"])
def test_of_means_and_quantiles_it_is_that_of_each_alone(loss):
    rng = np.random.default_rng(4)
    y = rng.gamma(2.0, 3.0, 300)
    data = {"y": y, "m_a": y + rng.normal(size=300), "m_b": 0.5 * y, "id": np.arange(300)}
    options = {"loss": loss, "target": "y"}
    found = compare(data, prediction="m_*", id="id", **options).calibration
    joined = compare(data, {**data, "m_a": data["m_b"]}, data, prediction="m_a", id="id", names="a,b,c", **options).calibration
    for name in "ab":
        alone = score(data, prediction=f"m_{name}", **options).recalibration
        assert found[name] == joined[name] == alone


def test_losses_that_are_not_finite_have_none():
    data = {"y": [0, 1, 1], "m_a": [0.5, 0.5, 0.0], "m_b": [0.5, 0.6, 0.7]}
    assert compare(data, loss="bce", given="probabilities", target="y", prediction="m_*").calibration == {}
