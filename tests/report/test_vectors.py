"""Ensembles of vectors: a glob or a list column of members for each dimension of the target."""

import numpy as np
import pyarrow as pa
import pytest

from lossary.report import BadDataError, UsageError, compare, score

rng = np.random.default_rng(6)
N, MEMBERS = 40, 7
X, Y = rng.normal(size=(N, MEMBERS, 2)), rng.normal(size=(N, 2))
TARGETS = {"u": Y[:, 0], "v": Y[:, 1], "g": np.array(["a", "b"])[np.arange(N) % 2], "k": np.arange(N)}
COLUMNS = TARGETS | {f"{name}_{m}": X[:, m, d] for d, name in enumerate("uv") for m in range(MEMBERS)}
LISTS = TARGETS | {"us": X[:, :, 0], "vs": X[:, :, 1]}


def energy_score(y, x, pairs=MEMBERS**2):
    """E|X − y| − ½ E|X − X′|: the mean over pairs of members, or over as many as is said."""
    apart = np.linalg.norm(x[:, :, None] - x[:, None], axis=-1).sum((1, 2))
    return np.linalg.norm(x - y[:, None], axis=-1).mean(1) - apart / pairs / 2


def variogram_score(y, x):
    """Σ (√|yᵢ − yⱼ| − E√|Xᵢ − Xⱼ|)² over pairs of dimensions."""
    return 2 * (np.sqrt(abs(y[:, 0] - y[:, 1])) - np.sqrt(abs(x[..., 0] - x[..., 1])).mean(1)) ** 2


EXPECTED = {"energy_score": energy_score(Y, X), "variogram_score": variogram_score(Y, X)}


@pytest.mark.parametrize("loss", EXPECTED)
@pytest.mark.parametrize("form", ["columns", "arrays", "lists"])
def test_members_of_vectors(loss, form):
    data, prediction = (COLUMNS, "u_*,v_*") if form == "columns" else (LISTS, "us,vs")
    if form == "lists":
        data = pa.table({name: x.tolist() for name, x in LISTS.items()})
    found = score(data, loss=loss, target="u,v", prediction=prediction, group="g")
    expected = EXPECTED[loss]
    assert found.mean == pytest.approx(expected.mean(), rel=1e-9)
    assert {part.name: part.mean for part in found.breakdowns[0].parts} == pytest.approx(
        {"a": expected[::2].mean(), "b": expected[1::2].mean()}, rel=1e-9
    )
    worst = found.worst[0]
    assert worst["prediction"] == X[worst["row"]].tolist()
    assert worst["target"] == Y[worst["row"]].tolist()
    assert str(found)
    assert found.to_html()


def test_the_order_of_dimensions_is_that_of_the_target():
    found = score(COLUMNS, loss="energy_score", target="v,u", prediction=["v_*", "u_*"])
    assert found.mean == pytest.approx(EXPECTED["energy_score"].mean(), rel=1e-9)
    other = score(COLUMNS, loss="energy_score", target="v,u", prediction="u_*,v_*")
    assert other.mean == pytest.approx(energy_score(Y[:, ::-1], X).mean(), rel=1e-9)
    one = score(COLUMNS, loss="energy_score", target="u", prediction="u_*", parameters={"estimator": "fair"})
    fair = energy_score(Y[:, :1], X[..., :1], MEMBERS * (MEMBERS - 1))
    assert one.mean == pytest.approx(fair.mean(), rel=1e-9)


def test_ensembles_of_vectors_are_compared():
    models = COLUMNS | {f"b_{name}": x / 2 for name, x in COLUMNS.items() if "_" in name}
    options = {"loss": "energy_score", "target": "u,v", "id": "k"}
    found = compare(models, models, prediction="u_*,v_*", prediction_b="b_u_*,b_v_*", **options)
    half = energy_score(Y, X / 2).mean()
    assert found.difference == pytest.approx(half - EXPECTED["energy_score"].mean(), rel=1e-9)
    ranked = compare(models, prediction={"whole": "u_*,v_*", "half": "b_u_*,b_v_*"}, **options)
    assert {one.name: one.mean for one in ranked.models} == pytest.approx(
        {"whole": EXPECTED["energy_score"].mean(), "half": half}, rel=1e-9
    )


def test_what_vectors_take():
    for options, message in (
        ({"prediction": "u_*"}, r"a glob or a list column for each.*got 1 of u_\* for 2 of u,v"),
        ({"prediction": "u_*,v_0,v_1"}, "got 3 of"),
        ({"prediction": "u_*,v_0"}, r"each dimension has as many members; u_\*,v_0 has 7, 1"),
    ):
        with pytest.raises(UsageError, match=message):
            score(COLUMNS, loss="energy_score", target="u,v", **options)
    bad = {**COLUMNS, "v_3": np.where(np.arange(N) == 4, np.nan, COLUMNS["v_3"])}
    with pytest.raises(BadDataError, match=r"row 5 \(index 4\), column 'v_3': got NaN"):
        score(bad, loss="energy_score", target="u,v", prediction="u_*,v_*")
    uneven = pa.table({"u": [1.0], "v": [2.0], "us": [[1.0, 2.0]], "vs": [[1.0, 2.0, 3.0]]})
    with pytest.raises(BadDataError, match="the lists of every row have 2 numbers"):
        score(uneven, loss="energy_score", target="u,v", prediction="us,vs")
