"""Probabilities moved away from 0 and 1: against NumPy and scikit-learn's rule."""

import numpy as np
import pytest

from lossary.report import BadDataError, UsageError, compare, score

rng = np.random.default_rng(3)
P = np.where(np.arange(200) % 40 == 0, 0.0, rng.random(200))
P[[7, 9]] = 1.0, 1e-20
Y = (rng.random(200) < P) | (np.arange(200) % 40 == 0)
BINARY = {"k": np.arange(200), "y": Y.astype(int), "p": P, "q": rng.random(200)}
OPTIONS = {"loss": "bce", "target": "y", "prediction": "p"}


@pytest.mark.parametrize("clip", [1e-15, 0.01])
def test_binary_probabilities(clip):
    held = np.clip(P, clip, 1 - clip)
    expected = -np.where(Y, np.log(held), np.log1p(-held)).mean()
    assert score(BINARY, given="probabilities", **OPTIONS).mean == np.inf
    with np.errstate(divide="ignore"):
        logs = BINARY | {"p": np.log(P)}
    for columns, given in ((BINARY, "probabilities"), (logs, "log_probabilities")):
        for details in (True, False):
            found = score(columns, given=given, clip=clip, details=details, **OPTIONS)
            assert found.mean == pytest.approx(expected, rel=1e-12)
            assert (found.clip.at, found.clip.rows) == (clip, int((held != P).sum()))
            assert f"{found.clip.rows} rows had a probability closer to 0 or 1 than {clip:g}" in found.warnings[0]
    whole = np.full(200, 0.3)
    unmoved = score(BINARY | {"p": whole}, given="probabilities", clip=clip, **OPTIONS)
    assert (unmoved.clip.rows, unmoved.warnings) == (0, ())


def test_probabilities_of_classes():
    p = np.array([[0.0, 1.0, 0.0], [0.25, 0.5, 0.25]])
    columns = {"y": [0, 1], "p": p}
    found = score(columns, loss="ce", given="probabilities", target="y", prediction="p", clip=1e-6)
    assert found.mean == pytest.approx(-(np.log(1e-6) + np.log(0.5)) / 2, rel=1e-12)
    assert found.clip.rows == 1


def test_a_comparison_says_which_side_was_clipped():
    found = compare(BINARY, BINARY, id="k", prediction_b="q", given="probabilities", clip=1e-3, **OPTIONS)
    one, other = (np.clip(x, 1e-3, 1 - 1e-3) for x in (P, BINARY["q"]))
    losses = [-np.where(Y, np.log(x), np.log1p(-x)) for x in (one, other)]
    assert found.difference == pytest.approx(np.mean(losses[1] - losses[0]), rel=1e-12)
    assert "rows of A had a probability" in found.warnings[0]


def test_what_is_no_probability_is_not_clipped_into_one():
    with pytest.raises(BadDataError, match=r"got 1.5; probabilities lie in \[0, 1\]"):
        score(BINARY | {"p": P + 0.5 * (P == 1)}, given="probabilities", clip=1e-3, **OPTIONS)
    for options, sentence in (
        ({"clip": 0.7, "given": "probabilities"}, "between 0 and 0.5"),
        ({"clip": 1e-3, "given": "logits"}, "bce|binary_cross_entropy takes logits"),
        ({"clip": 1e-3, "loss": "mse"}, "takes no probabilities"),
    ):
        with pytest.raises(UsageError, match=sentence):
            score(BINARY, **OPTIONS | options)
