"""Relations between inputs that a loss requires: in formulas, kernels and array code, where samples are masked, and in sums."""

import numpy as np
import pytest

import lossary
from lossary.domains import Requirement
from lossary.vocabulary import maximum
from tests.oracle import as_library, to_numpy

ORDERED = Requirement(lambda lower, upper: lower > upper, "upper", "lower ≤ upper", "swap the bounds")


@lossary.pointwise(observed=("lower", "upper"), requires=(ORDERED,))
def outside(prediction, lower, upper):
    return maximum(lower - prediction, 0) + maximum(prediction - upper, 0)


@lossary.composed(
    signature="(n),(n)",
    requires=(
        Requirement(lambda target, longest: target > longest, "target", "target ≤ longest", "cut them"),
        Requirement(lambda target: target < 0, "target", "target ≥ 0", "count from 0"),
    ),
)
def counted(prediction, target: int, *, longest=3):
    return (prediction * target).sum(-1)


X, LOW, HIGH = np.zeros(4), np.arange(4.0), np.array([1.0, 1.0, 1.5, 4.0])


@pytest.mark.parametrize("rows", [4, 4000])
def test_a_sample_whose_inputs_are_not_related_as_required_is_refused(library, rows):
    inputs = [as_library(library, np.resize(x, rows)) for x in (X, LOW, HIGH)]
    with pytest.raises(ValueError, match=r"outside: lower ≤ upper; got 1\.5 at index 2( \(1000 such\))?; swap the bounds"):
        outside(*inputs)
    kept = as_library(library, np.arange(rows) % 4 != 2)
    expected = np.mean([0.0, 1.0, 3.0])
    assert float(outside(*inputs, where=kept)) == pytest.approx(expected)
    assert to_numpy(outside(*inputs, check=False, reduction="none")).tolist()[:2] == [0, 1]


def test_the_problem_is_listed_and_stays_with_sums():
    assert outside.problems(X, LOW, HIGH)["upper relation"].tolist() == [False, False, True, False]
    with pytest.raises(ValueError, match="lower ≤ upper"):
        (outside + 2 * outside)(X, LOW, HIGH)


def test_array_code_requires_relations_to_parameters_too(library):
    prediction, target = as_library(library, np.ones((2, 2))), as_library(library, np.array([[0, 1], [3, 4]]))
    with pytest.raises(ValueError, match=r"target ≤ longest; got 4 at index \(1, 1\); cut them"):
        counted(prediction, target)
    assert to_numpy(counted(prediction, target, longest=4, reduction="none")).tolist() == [1, 7]
    with pytest.raises(ValueError, match="target ≥ 0; got -1"):
        counted(prediction, target - 1)


def test_an_invalid_sample_is_nan_where_nothing_can_be_raised():
    import jax

    found = jax.jit(lambda *x: outside(*x, reduction="none"))(X, LOW, HIGH)
    assert np.isnan(to_numpy(found)).tolist() == [False, False, True, False]


def test_a_requirement_names_inputs():
    def error(prediction, target):
        return abs(prediction - target)

    with pytest.raises(ValueError, match="it has no high"):
        lossary.pointwise(requires=(Requirement(lambda high: high > 0, "high", "", ""),))(error)
