"""Whether the training cost ever rises: prints the table of docs/trainers/boosting-details.md.

``python -m tests.trainers.monotone`` prints all rows; with names of losses, only theirs.
200 rounds on 400 rows at a learning rate of 0.1, each loss with its default parameters, by each engine that is installed.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from typing import Any

import numpy as np

from lossary.trainers.boosting import objective
from tests.trainers import cases, test_several

ENGINES = [engine for engine in ("lightgbm", "xgboost", "catboost") if find_spec(engine)]
LOSSES = {loss.__name__: loss for loss in cases.TRAINED} | {
    name: cases.lossary.losses.registry[name] for name in test_several.SEVERAL
}
ROUNDS = 200


def data(name: str) -> tuple[np.ndarray, np.ndarray]:
    return test_several.data(name) if name in test_several.SEVERAL else cases.data(LOSSES[name], 400)


def costs(name: str, engine: str, rounds: int = ROUNDS) -> tuple[str, list[float]]:
    """Return the curvature that was chosen, and the mean loss on the training data before training and after each round."""
    features, target = data(name)
    own: Any = objective(LOSSES[name], target, engine=engine)  # type: ignore[arg-type]
    first = own.cost(np.zeros((len(target), *np.shape(own.start))), target)
    watched: dict[str, Any] = {}
    if engine == "lightgbm":
        import lightgbm

        table = lightgbm.Dataset(features, target)
        usual = {"learning_rate": 0.1, "num_leaves": 15, "verbose": -1, "num_threads": 1}
        record = [lightgbm.record_evaluation(watched)]
        lightgbm.train({**usual, **own.parameters}, table, rounds, valid_sets=[table], feval=own.metric, callbacks=record)
    elif engine == "xgboost":
        import xgboost

        table = xgboost.DMatrix(features, target)
        usual = {"eta": 0.1, "max_depth": 4, "nthread": 1}
        watch = {"custom_metric": own.metric, "evals": [(table, "train")], "evals_result": watched, "verbose_eval": False}
        xgboost.train({**usual, **own.parameters}, table, rounds, obj=own, **watch)
    else:
        import catboost

        usual = {"learning_rate": 0.1, "depth": 4, "thread_count": 1, "logging_level": "Silent", "allow_writing_files": False}
        targets = np.stack([target] * len(own.start), axis=1) if own.scores.several else target
        model = catboost.CatBoost({**usual, **own.parameters, "iterations": rounds}).fit(catboost.Pool(features, targets))
        watched = model.get_evals_result()
    return own.curvature.kind, [first, *next(iter(next(iter(watched.values())).values()))]


def rises(found: list[float]) -> tuple[int, float]:
    """Return in how many rounds the cost rose by more than rounding does, and the greatest rise, by the first cost."""
    steps = np.diff(found) / max(abs(found[0]), 1e-300)
    return int((steps > 1e-9).sum()), float(steps.max())


def main() -> None:
    print(f"| loss | curvature | {' | '.join(ENGINES)} |\n|---|---|{'---|' * len(ENGINES)}")
    for name in sys.argv[1:] or sorted(LOSSES):
        kinds: list[str] = []
        cells = []
        for engine in ENGINES:
            try:
                kind, found = costs(name, engine)
                kinds += [kind] if not kinds else [f"{kind} in {engine}"] if kind != kinds[0] else []
            except TypeError:
                cells.append("–")
                continue
            count, most = rises(found)
            left = f"{found[0]:.4g} → {found[-1]:.4g}"
            cells.append(left if not count else f"{left}; {count} rises ≤ {most:.0e}")
        print(f"| `{name}` | {'; '.join(kinds)} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    sys.exit(main())
