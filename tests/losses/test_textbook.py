"""What LaTeX shows of a loss that is computed in another way is the same loss."""

import numpy as np
import pytest

import lossary
from lossary.arrays import select
from lossary.formula.rewrite import shown
from tests.losses.rows import all_rows

REGISTRY = lossary.losses.registry
NUMPY = select.of(np.zeros(1))


def is_written_otherwise(loss):
    traced = getattr(loss.formulas, "traced", None)
    return traced is not None and shown(traced) is not traced


ROWS = [
    row for row in all_rows() if is_written_otherwise(REGISTRY[row.loss]) and not {*row.options} & {*REGISTRY[row.loss].choices}
]


def as_shown(row, inputs):
    """The losses of a row's inputs by the formula that is shown; of classes, those of logits."""
    loss, prediction = REGISTRY[row.loss], next(iter(inputs.values()))
    if inputs["target"].ndim < prediction.ndim:
        inputs = {**inputs, "target": np.eye(prediction.shape[-1])[inputs["target"]]}
    values = {**inputs, **loss.parameters, **row.options}
    if loss.kind == "softmax":
        formula, values["log_probability"] = loss.formulas.textbook(0), NUMPY.log_softmax(prediction)
    else:
        formula = loss.formulas.textbook(row.options.get("given", next(iter(loss.formulas.given), None)), 0, None)
    found = NUMPY.evaluate(formula, {name: x for name, x in values.items() if name in formula.symbols()}, prediction)
    return found.sum(-1) if loss.kind == "softmax" else found


@pytest.mark.parametrize("name", sorted({row.loss for row in ROWS}))
def test_what_is_shown_is_what_is_computed(name):
    compared, loss = 0, REGISTRY[name]
    for row in ROWS:
        if row.loss != name or (loss.kind == "softmax" and "given" in row.options):
            continue
        inputs = dict(zip(loss.inputs, map(np.asarray, row.inputs(np.random.default_rng(9))), strict=True))
        expected = loss(*inputs.values(), reduction="none", **row.options)
        found = as_shown(row, inputs).reshape(expected.shape)
        finite = np.isfinite(found)  # at limits of parameters and at zeros, what is shown need not be
        compared += finite.sum()
        np.testing.assert_allclose(found[finite], expected[finite], rtol=1e-5, atol=1e-12)  # it may cancel
    assert compared >= 20
