"""What weights mean: rows of weight 0 change nothing, and a common factor of all weights changes nothing."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest

from lossary.report import BadDataError, UsageError, compare, score

rng = np.random.default_rng(41)


def content(found, *but):
    plain = found.to_dict()
    for name in ("count", "weightless", "files", "call", *but):
        plain.pop(name, None)
    return plain


def with_nothing(table, rows, **wrong):
    """The table with rows of weight 0 among its rows, of which everything else may be wrong."""
    cycled = {name: itertools.cycle(wrong.get(name, [table[name].iloc[0]])) for name in table.columns}
    extra = pd.DataFrame({name: list(itertools.islice(values, rows)) for name, values in cycled.items()})
    return pd.concat([extra.assign(w=0.0), table, extra.assign(w=-0.0)], ignore_index=True)


def regression(n=40):
    y = rng.normal(size=n)
    columns = {"y": y, "p": y + rng.normal(size=n), "w": rng.gamma(1, size=n), "k": np.arange(n), "g": rng.integers(0, 3, n)}
    return pd.DataFrame(columns)


OPTIONS = {"target": "y", "prediction": "p", "weight": "w", "id": "k", "group": "g"}


@pytest.mark.parametrize("more", [{}, {"cluster": "g"}, {"interval": "bootstrap"}, {"details": False}, {"also": "mae"}])
def test_rows_of_weight_0_change_no_regression(more):
    table = regression()
    nothing = with_nothing(table, 96, p=[math.nan, 1e300, math.inf], y=[0.5, math.nan, -1e300], g=[0, 9, 9], k=[0, 0, 0])
    options = {**OPTIONS, "loss": "squared_error", **more}
    expected, found = score(table, **options), score(nothing, **options)
    # a row knows where it stands in its file, which is all that is new
    same = content(found), content(expected)
    for row in itertools.chain(*(part["worst"] for part in same)):
        del row["row"]
    assert same[0] == same[1]
    assert (found.count, found.weightless, expected.weightless) == (40 + 2 * 96, 2 * 96, 0)


def test_rows_of_weight_0_narrow_no_interval():
    y = np.concatenate([[1.0, -2.0, 3.0, 0.5], np.zeros(96)])
    w = np.concatenate([np.ones(4), np.zeros(96)])
    found = score({"y": y, "p": np.zeros(100), "w": w}, loss="mae", target="y", prediction="p", weight="w").interval
    losses = abs(y[:4])
    reach = 1.959963984540054 * losses.std(ddof=1) / 2  # √4 rows
    assert (found.low, found.high) == pytest.approx((losses.mean() - reach, losses.mean() + reach), rel=1e-12)


@pytest.mark.parametrize("given", ["probabilities", "logits"])
def test_rows_of_weight_0_change_no_probabilities(given):
    n = 60
    y, p = rng.integers(0, 2, n), rng.uniform(0.1, 0.9, n)
    table = pd.DataFrame({"y": y, "p": p if given == "probabilities" else 3 * p - 1, "w": rng.gamma(1, size=n)})
    wrong = (
        {"p": [0.0, 2.0, math.nan], "y": [1, 0, 1]} if given == "probabilities" else {"p": [1e3, 90.0, -99.0], "y": [1, 0, 1]}
    )
    options = {"loss": "bce", "given": given, "target": "y", "prediction": "p", "weight": "w", "worst": 0}
    expected = score(table, **options)
    found = score(with_nothing(table, 50, **wrong), **options)
    assert content(found) == content(expected)
    assert expected.calibration is not None
    assert expected.warnings == ()


def test_rows_of_weight_0_change_no_classes(tmp_path):
    n = 50
    table = pd.DataFrame({"y": rng.choice(["a", "b"], n), "p_a": rng.normal(size=n), "p_b": rng.normal(size=n)})
    table["w"] = rng.gamma(1, size=n)
    nothing = with_nothing(table, 40, y=["", "z", "a"], p_a=[math.nan, 0.0, 1e300], p_b=[math.nan, math.inf, 0.0])
    nothing.to_csv(tmp_path / "a.csv", index=False)
    options = {"loss": "cross_entropy", "target": "y", "prediction": "p_*", "weight": "w", "worst": 0}
    expected = content(score(table, **options))
    assert content(score(nothing, **options)) == expected
    assert content(score(tmp_path / "a.csv", **options)) == expected


def test_rows_of_weight_0_have_no_duplicates_and_no_best_constant():
    table = pd.DataFrame(
        {"y": [1.0, 2.0, 3.0], "p": [1.0, 2.0, 4.0], "w": [1.0, 2.0, 4.0], "k": ["a", "b", "c"], "g": [1, 1, 2]}
    )
    nothing = with_nothing(table, 1, k=["a", "a", None], y=[90.0, -50.0, 7.0])
    found = score(nothing, **OPTIONS, loss="mae")
    assert (found.baseline, found.warnings) == (pytest.approx((2 * 1 + 2 * 1 + 0) / 7), ())
    assert [(part.name, part.count) for part in found.breakdowns[0].parts] == [("1", 2), ("2", 1)]


@pytest.mark.parametrize("side", ["a", "b", "both"])
def test_rows_of_weight_0_change_no_comparison(side):
    table = regression(60)
    other = table.assign(p=table.y + rng.normal(size=60))
    extra = with_nothing(table, 150)[lambda rows: rows.w == 0].assign(k=np.arange(1000, 1300))
    sides = {"a": table, "b": other.drop(columns="g")}
    held = {name: frame if side in (name, "both") else frame.drop(columns="w") for name, frame in sides.items()}
    options = {"loss": "mse", "id": "k", "target": "y", "prediction": "p", "weight": "w", "group": "g"}
    expected = compare(*held.values(), **options)
    assert expected.weight == pytest.approx(table.w.sum())
    more = {name: pd.concat([extra[frame.columns].assign(p=2.0), frame], ignore_index=True) for name, frame in held.items()}
    found = compare(*more.values(), **options)
    same = [content(part, "a", "b") for part in (found, expected)]
    assert same[0] == same[1]
    assert (found.count, found.a.rows, found.only_a, found.only_b) == (360, 360, 0, 0)
    assert (found.a.mean, found.b.mean) == (expected.a.mean, expected.b.mean)


def test_rows_of_weight_0_may_be_invalid_and_copied_in_a_comparison():
    a = pd.DataFrame({"k": [1, 2, 3, 3, 2, None], "y": [0.0, 1.0, 2.0, math.nan, 1.0, 1.0], "p": 1.0, "w": [1, 1, 0, 0, 0, 0]})
    b = pd.DataFrame({"k": [1, 2, 3, 3], "y": [0.0, 1.0, 5.0, 6.0], "p": [0.5, 0.5, 0.5, 0.5]})
    options = {"loss": "mse", "id": "k", "target": "y", "prediction": "p", "weight": "w"}
    found = compare(a, b, **options)
    assert (found.wins, found.losses, found.ties, found.weight) == (1, 1, 0, 2.0)
    assert (found.count, found.only_a) == (3, 0)
    ties = compare(a, b.assign(p=1.0), **options)
    assert (ties.verdict, ties.ties) == ("equal", 2)


@pytest.mark.parametrize("weighted", ["a", "b"])
def test_invalid_rows_of_weight_0_in_the_other_file_are_not_looked_at(weighted):
    one = pd.DataFrame({"k": [1, 2, 3, 4], "y": [0.0, 1.0, 1.0, 2.0], "p": 1.0, "w": [1.0, 0.0, 2.0, 0.0]})
    other = pd.DataFrame({"k": [4, 3, 2, 1], "y": [math.nan, 1.0, 5.0, 0.0], "p": [0.5, 0.5, math.nan, 0.5]})
    options = {"loss": "mse", "id": "k", "target": "y", "prediction": "p", "weight": "w"}

    def found(other, **more):
        return compare(*((one, other) if weighted == "a" else (other, one)), **options, **more)

    sign = 1 if weighted == "a" else -1
    assert found(other).difference == pytest.approx(sign * ((0.25 - 1) + 2 * (0.25 - 0)) / 3)
    assert (found(other).count, found(other).only_a, found(other).only_b) == (4, 0, 0)
    assert [one.code for one in found(other).findings] == ["L312"]  # few rows
    worse = other.assign(p=[0.5, 0.5, math.nan, math.nan])
    with pytest.raises(BadDataError, match=r"row 4 \(index 3\), column 'p': got null"):
        found(worse)
    skipped = found(worse, skip_invalid=True)
    assert (skipped.weight, skipped.count, len(skipped.notes)) == (2.0, 3, 1)


def test_weights_of_a_and_b_agree():
    a = {"k": [1, 2, 3], "y": [0.0, 1.0, 2.0], "p": [1.0, 1.0, 1.0], "w": [1.0, 0.1, 2.0]}
    options = {"loss": "mse", "id": "k", "target": "y", "prediction": "p", "weight": "w"}
    assert compare(a, a | {"w": np.array([1.0, 0.1, 2.0], np.float32)}, **options).verdict == "equal"
    for weights, told in (
        ([1.0, 0.1, 3.0], "id 3 has weight 2.0 in A and 3.0 in B"),
        ([1.0, 0.0, 2.0], "id 2 has weight 0.1 in A and 0.0 in B"),
    ):
        with pytest.raises(BadDataError, match=f"a row has one weight; the row of {told}; correct them, or leave column 'w'"):
            compare(a, a | {"w": weights}, **options)
    with pytest.raises(UsageError, match="the data has no column 'v' for the weight"):
        compare(a, a, **options | {"weight": "v"})


def unscaled(found, factor):
    """The content of a report whose weights are multiplied, with weights as they would be without."""
    plain = content(found)

    def walk(part):
        if isinstance(part, dict):
            return {
                key: value * factor if key in ("weight", "sum") and isinstance(value, float) else walk(value)
                for key, value in part.items()
            }
        return [walk(item) for item in part] if isinstance(part, list) else part

    return walk(plain)


@pytest.mark.parametrize("power", [-900, -150, 60, 900])
def test_a_power_of_two_in_all_weights_changes_no_bit(power):
    table = regression(80)
    y = rng.integers(0, 2, 80)
    events = table.assign(y=y, p=rng.uniform(0.05, 0.95, 80))
    for frame, more in (
        (table, {"loss": "huber", "also": "mae"}),
        (table, {"loss": "mse", "cluster": "g", "interval": "bootstrap"}),
        (table, {"loss": "mse", "cluster": "k"}),
        (table, {"loss": "mse", "details": False}),
        (events, {"loss": "bce", "given": "probabilities"}),
    ):
        options = {**OPTIONS, **more}
        other = frame.assign(w=np.ldexp(frame.w, power))
        assert unscaled(score(other, **options), 2.0**-power) == content(score(frame, **options))


@pytest.mark.parametrize("factor", [1e-300, 1e-163, 1e160, 1e307])
def test_a_factor_of_all_weights_changes_nothing(factor):
    table = regression(30).assign(y=lambda rows: rows.y / 10)
    one, other = score(table, loss="mse", **OPTIONS), score(table.assign(w=table.w * factor), loss="mse", **OPTIONS)
    w, losses = table.w, (table.p - table.y) ** 2
    mean = np.average(losses, weights=w)
    reach = 1.959963984540054 * math.sqrt((w**2 * (losses - mean) ** 2).sum() * 30 / 29) / w.sum()
    for found in (one, other):
        assert found.mean == pytest.approx(mean, rel=1e-12)
        assert (found.interval.low, found.interval.high) == pytest.approx((mean - reach, mean + reach), rel=1e-9)
    assert other.baseline == pytest.approx(one.baseline, rel=1e-12)
    assert other.weight == (pytest.approx(w.sum() * factor) if factor < 1e300 or w.sum() < 17 else math.inf)


def test_weights_that_fall_by_age_have_intervals_or_none():
    n = 5000
    y = rng.integers(0, 2, n)
    w = 0.9 ** np.arange(n)[::-1]  # from 1e-229 to 1: the first rows count nothing that a number can show
    p = rng.uniform(0.05, 0.95, n)
    columns = {"y": y, "p": p, "w": w, "g": np.arange(n) // 1000}
    options = {"loss": "bce", "given": "probabilities", "target": "y", "prediction": "p", "weight": "w"}
    found = score(columns, group="g", **options)
    losses = -np.where(y == 1, np.log(p), np.log1p(-p))
    for part in found.breakdowns[0].parts:
        own = columns["g"] == int(part.name)
        v, loss = w[own] / w[own].max(), losses[own]
        mean = np.average(loss, weights=v)
        assert part.mean == pytest.approx(mean, rel=1e-12)
        assert (part.interval is None) == (part.name == "0")  # whose weights, below 1e-180, have squares that are 0
        if part.interval is not None:
            reach = 1.959963984540054 * math.sqrt((v**2 * (loss - mean) ** 2).sum() * 1000 / 999) / v.sum()
            assert (part.interval.low, part.interval.high) == pytest.approx((mean - reach, mean + reach), rel=1e-9)
    assert all(b.interval is None or b.interval.low < b.interval.high for b in found.calibration.bins)
    clustered = score(columns | {"c": np.arange(n) // 5}, group="g", cluster="c", **options)
    for part in clustered.breakdowns[0].parts:
        assert part.interval is None or part.interval.low < part.mean < part.interval.high


def test_losses_too_small_to_square_have_no_interval():
    columns = {"y": np.zeros(4), "p": np.array([1.0, 2.0, 3.0, 4.0]) * 1e-170, "w": [1.0, 2.0, 1.0, 2.0]}
    found = score(columns, loss="mae", target="y", prediction="p", weight="w")
    assert (found.mean, found.interval) == (pytest.approx(16e-170 / 6), None)


@pytest.mark.parametrize("power", [-800, 800])
def test_a_factor_of_all_weights_changes_no_comparison(power):
    table = regression(60)
    other = table[["k", "y"]].assign(p=table.y + rng.normal(size=60))
    options = {"loss": "mse", "id": "k", "target": "y", "prediction": "p", "weight": "w", "group": "g"}
    for more in ({}, {"interval": "bootstrap"}):
        expected = content(compare(table, other, **options, **more))
        found = compare(table.assign(w=np.ldexp(table.w, power)), other, **options, **more)
        assert unscaled(found, 2.0**-power) == expected


def test_quantiles_of_residuals_are_of_rows_and_the_bias_is_by_weight():
    residuals, w = np.array([1.0, 2.0, 4.0, 8.0, 16.0]), np.array([100.0, 1.0, 1.0, 1.0, 1.0])
    columns = {"y": np.zeros(5), "p": residuals, "w": w}
    found = score(columns, loss="squared_error", target="y", prediction="p", weight="w")
    assert found.residuals.bias == pytest.approx(np.average(residuals, weights=w), rel=1e-15)
    median = next(q.value for q in found.residuals.quantiles if q.at == 0.5)
    assert median == pytest.approx(np.median(residuals), rel=0.004)
    assert "quantile of rows" in str(found)
    assert "share of the number of rows" in found.to_html()
