"""Losses of boxes: equal, apart, without area, in other units; malformed ones; smallest by descent."""

import functools

import numpy as np
import pytest
import torch

import lossary
from tests.losses.rows.boxes import boxes
from tests.oracle import as_library, jitted, to_numpy

NAMES = ["iou", "giou", "diou", "ciou"]
by_name = pytest.mark.parametrize("name", NAMES)
UNIT = [0.0, 0.0, 1.0, 1.0]


@functools.cache
def computed(name, library):
    return jitted(library, functools.partial(getattr(lossary, name).value_and_gradient, reduction="none"))


def both(name, prediction, target, library="numpy"):
    value, slope = computed(name, library)(*(as_library(library, np.array([x])) for x in (prediction, target)))
    return to_numpy(value)[0], to_numpy(slope)[0]


@by_name
def test_equal_boxes_cost_nothing(name, library):
    for box in (UNIT, [2.0, 3.0, 2.0, 3.0], [2.0, 3.0, 5.0, 3.0], [-1e8, 0.0, 1e8, 1e-8]):
        value, slope = both(name, box, box, library)
        assert value == 0
        assert np.isfinite(slope).all()


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        # without overlap; on one line; at a point of it; two points
        ([2.0, 0.0, 3.0, 1.0], {"iou": 1, "giou": 4 / 3, "diou": 1 + 4 / 10, "ciou": 1 + 4 / 10}),
        ([1.0, 0.0, 2.0, 1.0], {"iou": 1, "giou": 1, "diou": 1 + 1 / 5, "ciou": 1 + 1 / 5}),
        ([0.5, 0.5, 0.5, 0.5], {"iou": 1, "giou": 1, "diou": 1}),
    ],
)
def test_boxes_apart_cost_what_lies_between(target, expected):
    for name, cost in expected.items():
        value, slope = both(name, UNIT, target)
        assert value == pytest.approx(cost, rel=1e-15)
        assert np.isfinite(slope).all()
        assert name != "iou" or (slope == 0).all()


@by_name
@pytest.mark.parametrize(
    ("first", "second"), [((0, 0, 0, 1), (1, 0, 1, 1)), ((0, 0, 0, 0), (3, 4, 3, 4)), ((0, 0, 1, 0), UNIT)]
)
def test_boxes_without_area_have_finite_losses_and_slopes(name, first, second):
    value, slope = both(name, np.array(first, float), np.array(second, float))
    assert 1 <= value <= 3
    assert np.isfinite(slope).all()


@by_name
def test_neither_unit_nor_place_nor_mirror_matters(name):
    a, b = boxes(np.random.default_rng(1))
    loss = getattr(lossary, name)
    losses = loss(a, b, reduction="none")
    np.testing.assert_array_equal(loss(2.0**40 * a, 2.0**40 * b, reduction="none"), losses)
    np.testing.assert_allclose(loss(a + 64, b + 64, reduction="none"), losses, rtol=1e-12, atol=1e-13)
    mirrored = [-x[:, [2, 3, 0, 1]] for x in (a, b)]
    np.testing.assert_allclose(loss(*mirrored, reduction="none"), losses, rtol=1e-13)
    assert ((losses >= 0) & (losses <= 3)).all()


def test_the_losses_are_ordered():
    losses = {name: getattr(lossary, name)(*boxes(np.random.default_rng(2)), reduction="none") for name in NAMES}
    assert (losses["iou"] <= losses["giou"]).all()
    assert (losses["iou"] <= losses["diou"]).all()
    assert (losses["diou"] <= losses["ciou"]).all()


@by_name
@pytest.mark.parametrize("role", [0, 1])
def test_corners_in_another_order_are_refused(name, role, library):
    inputs = [np.array([UNIT, UNIT]) for _ in range(2)]
    inputs[role][1] = [0.0, 1.0, 1.0, 0.5]
    arrays = [as_library(library, x) for x in inputs]
    with pytest.raises(ValueError, match=rf"{name}: a box is .* y1 ≤ y2; got 1.0 at index \(1, 1\); sort the corners"):
        getattr(lossary, name)(*arrays)
    kept = as_library(library, np.array([True, False]))
    assert float(getattr(lossary, name)(*arrays, where=kept)) == 0


def test_a_box_has_four_numbers():
    with pytest.raises(ValueError, match=r"four numbers; got shape \(2, 3\)"):
        lossary.iou(np.ones((2, 3)), np.ones((2, 3)))


@pytest.mark.parametrize("name", ["giou", "diou", "ciou"])
def test_a_box_apart_moves_onto_the_other(name):
    corner = torch.tensor([[6.0, 5.0]], requires_grad=True)
    size = torch.tensor([[0.5, 1.5]], requires_grad=True)
    target = torch.tensor([[0.0, 0.0, 2.0, 1.0]])
    optimizer = torch.optim.Adam([corner, size], lr=0.1)
    for _ in range(200):
        optimizer.zero_grad()
        cost = getattr(lossary, name)(torch.cat([corner, corner + size.abs()], 1), target)
        cost.backward()
        optimizer.step()
    assert cost.item() < 0.3
