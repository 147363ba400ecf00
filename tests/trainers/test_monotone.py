"""The table of docs/trainers/boosting-details.md: proven curvatures never raise the training cost, others hardly do."""

from pathlib import Path

import pytest

pytest.importorskip("lightgbm", reason="the extra boosting")
pytest.importorskip("xgboost", reason="the extra boosting")

from tests.trainers import monotone

TABLE = (Path(__file__).parents[2] / "docs" / "trainers" / "boosting-details.md").read_text(encoding="utf-8")


@pytest.mark.heavy
@pytest.mark.parametrize("engine", ["lightgbm", "xgboost"])
@pytest.mark.parametrize("name", sorted(monotone.LOSSES))
def test_the_cost_falls(name, engine):
    kind, found = monotone.costs(name, engine, 60)
    count, most = monotone.rises(found)
    assert count == 0 if kind in ("exact", "majorizer", "relaxed", "bound") else most < 1e-2
    assert found[-1] < found[0]


def test_the_table_has_every_loss():
    missing = [name for name in monotone.LOSSES if f"\n| `{name}` | " not in TABLE]
    assert missing == [], "add the rows that `python -m tests.trainers.monotone NAME` prints"
