"""Coverage and width of several models: those of a score of each, however their rows are brought together."""

import numpy as np
import pytest
from scipy.stats import norm

from lossary.report import compare, score

rng = np.random.default_rng(5)
ROWS, LEVELS = 150, (0.05, 0.25, 0.5, 0.75, 0.95)


def table():
    y = np.round(rng.normal(size=ROWS), 1)
    held = {"y": y, "id": np.arange(ROWS), "w": rng.uniform(0.5, 2, ROWS), "c": rng.integers(0, 20, ROWS)}
    for name, scale in (("sure", 0.3), ("wide", 1.5)):
        centre = y + rng.normal(size=ROWS)
        for level in LEVELS:
            held[f"{name}_q{level}"] = np.round(centre + scale * norm.ppf(level), 1)
    held["sure_q0.5"][3] = 9.0
    return held


def side_of(data, name):
    """The rows of one model, its quantiles under the names that both have."""
    return {"model": np.full(ROWS, name), **{k: data[k] for k in ["y", "id", "w", "c"]}} | {
        f"q{level}": data[f"{name}_q{level}"] for level in LEVELS
    }


@pytest.mark.parametrize("more", [{}, {"weight": "w"}, {"cluster": "c", "weight": "w"}, {"interval": "bootstrap"}])
def test_each_model_has_the_coverage_of_its_own_score(more):
    data = table()
    options = {"loss": "weighted_interval_score", "parameters": {"levels": "from-names"}, "target": "y", **more}
    alone = {name: score(data, prediction=f"{name}_q*", id="id", **options).forecast for name in ("sure", "wide")}
    shares = np.mean((data["sure_q0.05"] <= data["y"]) & (data["y"] <= data["sure_q0.95"]))
    if not more:
        assert alone["sure"].intervals[-1].coverage == pytest.approx(shares, rel=1e-12)
    columns = compare(data, prediction="{model}_q*", id="id", **options)
    assert columns.forecasts == alone
    sides = [side_of(data, name) for name in alone]
    mixed = {k: x[::-1] for k, x in sides[1].items()}
    stacked = {k: np.concatenate([sides[0][k], mixed[k]]) for k in sides[0]}
    pair = compare(sides[0], mixed, prediction="q*", id="id", **options)
    assert list(pair.forecasts) == ["A", "B"]
    found = [
        dict(zip(alone, pair.forecasts.values(), strict=True)),
        compare(stacked, prediction="q*", id="id", model="model", **options).forecasts,
        compare(*sides, mixed, prediction="q*", id="id", names=["sure", "wide", "again"], **options).forecasts,
    ]
    for one in found:
        for name, forecast in alone.items():
            assert one[name] == forecast
    assert [finding.code for finding in columns.findings].count("L107") == 1
    for report in (columns, pair):
        assert report.metrics()[f"coverage_0.9_{next(iter(report.forecasts))}".replace("_A", "_a")] > 0
        assert "Central intervals" in str(report)
        assert "of sure has quantiles that cross" in str(columns)
        assert "Coverage by level of each model" in report.to_html()
    left_out = {k: x[:100] for k, x in sides[1].items()}
    short = score({k: x[:100] for k, x in sides[0].items()}, prediction="q*", id="id", **options).forecast
    assert compare(sides[0], left_out, prediction="q*", id="id", **options).forecasts["A"] == short


def test_ensembles_and_distributions():
    y = rng.normal(size=60)
    data = {"y": y, "k": np.arange(60)}
    for name, size in (("few", 4), ("many", 30)):
        data |= {f"{name}_{k}": y + rng.normal(size=60) for k in range(size)}
    data["many_0"][:5] = np.nan
    options = {"loss": "crps_ensemble", "target": "y", "missing_members": "skip"}
    found = compare(data, prediction="{model}_*", **options)
    assert found.forecasts == {name: score(data, prediction=f"{name}_*", **options).forecast for name in found.forecasts}
    assert "5 rows of many lack members" in str(found)
    sides = [{"k": data["k"], "y": y, **{k: x for k, x in data.items() if k.startswith(name)}} for name in ("few", "many")]
    three = compare(*sides, sides[0], prediction="*_*", id="k", names="few,many,again", **options)
    assert {name: three.forecasts[name] for name in found.forecasts} == found.forecasts
    spread = {"y": y, "k": np.arange(60), "a_m": y + 1, "a_s": np.full(60, 2.0), "b_m": y * 0, "b_s": np.exp(y)}
    found = compare(spread, loss="crps_gaussian", target="y", prediction="mean={model}_m,scale={model}_s", given="scale")
    pair = compare(
        spread,
        spread,
        loss="crps_gaussian",
        target="y",
        id="k",
        given="scale",
        prediction={"mean": "a_m", "scale": "a_s"},
        prediction_b={"mean": "b_m", "scale": "b_s"},
    )
    assert [found.forecasts["a"], found.forecasts["b"]] == [*pair.forecasts.values()]
    assert compare(data, loss="mae", target="y", prediction="few_*").forecasts == {}
