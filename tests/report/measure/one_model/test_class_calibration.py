"""How often each class happens beside its probability."""

import numpy as np
import pytest

from lossary.report import score


def table(rows: int, weighted: bool) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(6)
    logits = rng.normal(size=(rows, 3))
    logits[: rows // 4] = logits[0]  # equal probabilities
    columns = {f"logit_{k}": logits[:, k] for k in range(3)} | {"y": rng.integers(0, 3, rows)}
    return {**columns, "w": rng.uniform(0.5, 2.0, rows)} if weighted else columns


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("form", ["logits", "probabilities", "log_probabilities"])
def test_each_class(form: str, weighted: bool) -> None:
    columns = table(230, weighted)
    logits = np.stack([columns[f"logit_{k}"] for k in range(3)], axis=1)
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    held = {"logits": logits, "probabilities": p, "log_probabilities": np.log(p)}[form]
    columns |= {f"logit_{k}": held[:, k] for k in range(3)}
    options = {"target": "y", "prediction": "logit_*", "given": form, "weight": "w" if weighted else None}
    found = score(columns, loss="cross_entropy", **options).class_calibration
    w, errors = columns.get("w", np.ones(230)), []
    for k, one in enumerate(found.classes):
        happened = columns["y"] == k
        assert one.predicted == pytest.approx(np.average(p[:, k], weights=w), rel=1e-12)
        assert one.observed == pytest.approx(np.average(happened, weights=w), rel=1e-12)
        # ten levels by rank, equal probabilities together
        rank = (p[:, k][:, None] > p[:, k] * (1 + 1e-9)).sum(axis=1) * 10 // 230
        error = 0.0
        for level in range(10):
            rows = rank == level
            if rows.any():
                gap = np.average(p[rows, k], weights=w[rows]) - np.average(happened[rows], weights=w[rows])
                error += w[rows].sum() / w.sum() * abs(gap)
        errors.append(error)
        assert one.error == pytest.approx(error, rel=1e-6)
        assert sum(level.count for level in one.levels) == 230
    assert found.error == pytest.approx(np.mean(errors), rel=1e-6)
    assert found.rows == 230


def test_what_has_none() -> None:
    columns = {"y": np.array([0.0, 1.0]), "p": np.array([0.2, 0.7])}
    assert score(columns, loss="bce", target="y", prediction="p", given="probabilities").class_calibration is None
    soft = {"a": [0.5], "b": [0.5], "ta": [0.3], "tb": [0.7]}
    found = score(soft, loss="cross_entropy", target=["ta", "tb"], prediction=["a", "b"], given="probabilities")
    assert found.class_calibration is None
