"""What decisions by a threshold cost, against every decision tried one by one."""

import numpy as np
import pytest

from lossary.report import UsageError, score


def table(weighted: bool) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(8)
    p = rng.permutation(np.linspace(0.02, 0.98, 120))  # apart by more than the bins of probabilities
    columns = {"y": (rng.random(120) < p**1.5).astype(float), "p": p}
    return {**columns, "w": rng.uniform(0.5, 2, 120)} if weighted else columns


def tried(columns: dict[str, np.ndarray], threshold: float, cost: tuple[float, float]) -> tuple[float, ...]:
    """Return the shares of rows that are called, wrongly called and missed, the cost of a row and its standard error."""
    w, y, called = columns.get("w", np.ones(len(columns["y"]))), columns["y"], columns["p"] > threshold
    each = cost[0] * (called & (y == 0)) + cost[1] * (~called & (y == 1))
    mean = np.average(each, weights=w)
    rows = w.sum() ** 2 / (w**2).sum()
    error = np.sqrt(np.average((each - mean) ** 2, weights=w) / (rows - 1))
    return (*(np.average(x, weights=w) for x in (called, called & (y == 0), ~called & (y == 1), each)), error)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("cost", [(1.0, 5.0), (3.0, 0.25), (0.0, 1.0)])
def test_the_least_cost(weighted: bool, cost: tuple[float, float]) -> None:
    columns = table(weighted)
    options = {"loss": "bce", "target": "y", "prediction": "p", "given": "probabilities", "weight": "w" if weighted else None}
    found = score(columns, cost={"false_positive": cost[0], "false_negative": cost[1]}, **options).costs
    assert found is not None
    ordered = np.sort(columns["p"])
    thresholds = [0.0, *((ordered[1:] + ordered[:-1]) / 2), 1.0]
    means = [tried(columns, at, cost)[3] for at in thresholds]
    assert found.best.cost == pytest.approx(min(means), rel=1e-12)
    assert found.best.threshold == pytest.approx(thresholds[int(np.argmin(means))], rel=5e-3)
    assert found.none == pytest.approx(means[-1], rel=1e-12)
    assert found.all == pytest.approx(means[0], rel=1e-12)
    for one in (found.best, found.calibrated, *found.curve):
        called, wrong, missed, mean, error = tried(columns, one.threshold, cost)
        assert (one.called, one.false_positive, one.false_negative) == pytest.approx((called, wrong, missed), abs=1e-12)
        assert one.cost == pytest.approx(mean, abs=1e-12)
        assert one.interval.high - one.cost == pytest.approx(1.959963984540054 * error, abs=1e-12)
    at = cost[0] / sum(cost)
    assert found.calibrated.threshold == at
    hits = np.average(columns["y"], weights=columns.get("w")) - found.calibrated.false_negative
    assert found.net_benefit == pytest.approx(hits - cost[0] / cost[1] * found.calibrated.false_positive, rel=1e-9)
    # Vickers and Elkin: the odds of the threshold are what a false positive counts
    if at:
        assert cost[0] / cost[1] == pytest.approx(at / (1 - at))


def test_a_capacity() -> None:
    columns = table(weighted=False)
    options = {"loss": "bce", "target": "y", "prediction": "p", "given": "probabilities"}
    found = score(columns, capacity="25%", **options).costs
    assert (found.best.called, found.best.cost, found.calibrated, found.none) == (0.25, None, None, None)
    wrong = np.mean((columns["p"] > np.sort(columns["p"])[89]) & (columns["y"] == 0))
    assert found.best.false_positive == pytest.approx(wrong)
    limited = score(columns, capacity=0.25, cost="false_positive=1,false_negative=5", **options).costs
    assert limited.best.called == 0.25
    free = score(columns, capacity=0.25, cost="false_positive=5,false_negative=0.01", **options).costs
    assert free.best.called < 0.25


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"cost": "false_positive=1"}, "false positive and that of a false negative"),
        ({"cost": "false_positive=1,false_negative=many"}, "costs are numbers"),
        ({"cost": {"false_positive": 0, "false_negative": 0}}, "not both 0"),
        ({"cost": {"false_positive": -1, "false_negative": 2}}, "at least 0"),
        ({"capacity": 0}, "share of rows"),
        ({"capacity": "120%"}, "share of rows"),
        ({"capacity": 0.1, "loss": "mse", "given": None}, "probability of one event"),
    ],
)
def test_what_is_no_cost(options: dict, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        score(table(weighted=False), **{"loss": "bce", "target": "y", "prediction": "p", "given": "probabilities"} | options)


def test_extremes() -> None:
    options = {
        "loss": "bce",
        "target": "y",
        "prediction": "p",
        "given": "probabilities",
        "capacity": 1,
        "cost": "false_positive=1,false_negative=1",
    }
    one = score({"y": [1.0], "p": [0.3]}, **options).costs
    assert (one.best.called, one.best.cost, one.best.interval) == (1.0, 0.0, None)
    same = score({"y": [1.0, 0.0, 0.0], "p": [0.5, 0.5, 0.5]}, **options).costs
    assert (same.best.called, same.best.cost) == (0.0, pytest.approx(1 / 3))
    sure = score({"y": [1.0, 0.0], "p": [1.0, 0.0]}, **options).costs
    assert (sure.best.cost, sure.calibrated.cost) == (0.0, 0.0)
