"""Groups that are bins of a column of numbers."""

import numpy as np
import pytest

from lossary.report import UsageError, compare, score
from lossary.report.measure.plan.bins import Bins
from lossary.report.measure.statistics.sample import SAMPLE_ROWS, Sample, priorities
from lossary.report.show.format import number


def table(rows: int = 301) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(3)
    y, p = rng.normal(size=(2, rows))
    return {"y": y, "p": p, "q": p + 0.5, "age": rng.integers(18, 80, rows), "size": rng.lognormal(size=rows)}


def expected(values: np.ndarray, count: int) -> list[np.ndarray]:
    """Return a mask of the rows of each bin: a bin begins at the row of rank k/count, equal values stay together."""
    ordered = sorted(values.tolist())
    starts = sorted({ordered[0], *(ordered[k * len(ordered) // count] for k in range(1, count))})
    return [(values >= low) & (values < high) for low, high in zip(starts, [*starts[1:], np.inf], strict=True)]


@pytest.mark.parametrize(("column", "count"), [("age", 5), ("size", 4), ("size", 2)])
def test_bins_are_quantiles(column: str, count: int) -> None:
    columns = table()
    found = score(columns, loss="squared_error", target="y", prediction="p", group=f"{column}:{count}").breakdowns[0]
    assert found.by == f"{column}:{count}"
    assert found.order == "number"
    assert len(found.parts) == count
    for part, mask in zip(found.parts, expected(columns[column], count), strict=True):
        residual = (columns["p"] - columns["y"])[mask]
        assert part.count == mask.sum()
        assert part.mean == pytest.approx((residual**2).mean(), rel=1e-12)
        assert part.bias == pytest.approx(residual.mean(), rel=1e-12)
        least, largest = columns[column][mask].min(), columns[column][mask].max()
        if column == "age":
            assert part.name.startswith(f"{least} to ")
            assert int(part.name.split(" to ")[1]) >= largest


def test_bias_of_probabilities() -> None:
    rng = np.random.default_rng(4)
    logits, age = rng.normal(size=200), rng.integers(0, 9, 200)
    columns = {"y": (rng.random(200) < 0.4).astype(int), "p": logits, "age": age}
    found = score(columns, loss="bce", target="y", prediction="p", group="age:3", given="logits").breakdowns[0]
    for part, mask in zip(found.parts, expected(age, 3), strict=True):
        assert part.bias == pytest.approx((1 / (1 + np.exp(-logits[mask])) - columns["y"][mask]).mean(), rel=1e-12)


def test_few_values_missing_ones_and_names() -> None:
    size = np.array([1.0, 1.0, 1.0, 1.0, 2.5, np.nan])
    columns = {"y": np.zeros(6), "p": np.arange(6.0), "size": size, "age:5": list("aabbcc")}
    found = score(columns, loss="squared_error", target="y", prediction="p", group=["size:3", "age:5"]).breakdowns
    assert [(part.name, part.count) for part in found[0].parts] == [("1 to 2.5", 5), ("null", 1)]
    assert {part.name for part in found[1].parts} == {"a", "b", "c"}  # a column of that name
    assert Bins("x", 3, (1.0, 4.0, 5.0), 9.0).names() == ["1 to 3", "4", "5 to 9"]
    close = Bins("x", 2, (0.00012341, 0.00012349), 1.0, whole=False)
    assert close.names() == ["0.0001234 to <0.0001235", "0.0001235 to 1"]
    assert Bins("x", 2, (0.0,), 0.0).names() == ["0"]


def test_comparisons_of_every_kind() -> None:
    columns = table()
    columns["id"] = np.arange(301)
    options = {"loss": "squared_error", "target": "y", "group": "age:3"}
    ranked = compare(columns, prediction="p,q", **options).breakdowns[0]
    other = {**columns, "p": columns["q"]}
    paired = compare(columns, other, prediction="p", id="id", **options).breakdowns[0]
    masks = expected(columns["age"], 3)
    assert [part.count for part in ranked.parts] == [part.count for part in paired.parts] == [m.sum() for m in masks]
    for part, mask in zip(paired.parts, masks, strict=True):
        difference = (columns["q"] - columns["y"]) ** 2 - (columns["p"] - columns["y"]) ** 2
        assert part.difference == pytest.approx(difference[mask].mean(), rel=1e-12)


def test_what_has_no_bins() -> None:
    columns = {"y": [0.0, 1.0], "p": [0.0, 1.0], "store": ["a", "b"], "x": [1.0, 2.0]}
    for group, message in (("store:3", "holds numbers.*'a'"), ("x:1", "2 to 100 bins"), ("z:3", "no column 'z'")):
        with pytest.raises(UsageError, match=message):
            score(columns, loss="mse", target="y", prediction="p", group=group)


def test_a_sample_depends_on_the_rows_alone() -> None:
    rows = SAMPLE_ROWS * 3
    numbers, priority = np.arange(float(rows)), priorities("a/file", 0, rows)
    whole, parts = Sample(), [Sample() for _ in range(3)]
    whole.add(priority, {"x": numbers}, rows)
    for k in range(9):
        piece = slice(k * rows // 9, (k + 1) * rows // 9)
        wanted = parts[k % 3].wanted(priority[piece])
        parts[k % 3].add(priority[piece][wanted], {"x": numbers[piece][wanted]}, rows // 9)
    for other in (parts[2], parts[1]):
        parts[0].merge(other)
    found = whole.arrays()["x"]
    assert (found == parts[0].arrays()["x"]).all()
    assert len(found) == SAMPLE_ROWS
    assert not whole.is_all
    assert set(found) == set(numbers[np.argsort(priority)[:SAMPLE_ROWS]])
    # spread evenly over the file
    assert abs(np.histogram(found, 16, (0, rows))[0] - SAMPLE_ROWS / 16).max() < 10


def test_pages_and_tables_name_the_column_and_not_the_number_of_bins():
    data = {"y": np.zeros(40), "p": np.arange(40.0) ** 2, "age": np.arange(40)}
    found = score(data, loss="mae", target="y", prediction="p", group="age:4")
    assert "By age\n" in str(found)
    page = found.to_html()
    assert "By <bdi>age</bdi>" in page
    assert "age:4" not in page.partition("How this was made")[0]
    assert found.breakdowns[0].by == "age:4"
    for part in found.breakdowns[0].parts:  # beside the mean on a phone, in a column of its own elsewhere
        assert page.count(f'<small class="phone">bias {number(part.bias)}</small>') == 1
