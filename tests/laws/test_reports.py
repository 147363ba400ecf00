"""Laws over scores and comparisons: weights times a power of two, rows of weight 0, any order of rows and of classes."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lossary.report import compare, score
from tests.laws.cases import law

LOSSES = ("squared_error", "absolute_error", "huber", "binary_cross_entropy", "cross_entropy")
CLASSES = ("ant", "bee", "cat")


@st.composite
def tables(draw, weighted=False):
    """Rows with two models' predictions, a weight, a group, a cluster and an id; and the loss that judges them."""
    loss = draw(st.sampled_from(LOSSES))
    rows = draw(st.integers(2, 40))
    seed = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    columns = {
        "id": np.arange(rows),
        "group": np.array(["north", "south"])[seed.integers(0, 2, rows)],
        "cluster": seed.integers(0, max(2, rows // 3), rows),
        "w": seed.choice([0.25, 0.5, 1.0, 1.5, 3.0] if weighted else [0.0, 0.5, 1.0, 1.5, 3.0], rows),
    }
    columns["w"][0] = 1.0
    options = {"loss": loss}
    if loss == "cross_entropy":
        columns["y"] = np.array(CLASSES)[seed.integers(0, 3, rows)]
        for model in "ab":
            columns |= {f"{model}_{name}": seed.normal(0, 2, rows) for name in CLASSES}
        options["given"] = "logits"
    elif loss == "binary_cross_entropy":
        columns["y"] = seed.integers(0, 2, rows)
        columns |= {model: seed.uniform(0.01, 0.99, rows) for model in "ab"}
        options["given"] = "probabilities"
    else:
        columns["y"] = np.round(seed.normal(size=rows), 3)
        columns |= {model: np.round(columns["y"] + seed.normal(size=rows), 3) for model in "ab"}
    options["interval"] = draw(st.sampled_from(("normal", "bootstrap")))
    return columns, options | {name: name for name in ("group", "cluster") if draw(st.booleans())}


def scored(columns, options, model="a"):
    prediction = f"{model}_*" if options["loss"] == "cross_entropy" else model
    return score(columns, id="id", target="y", prediction=prediction, weight="w", **options).to_dict()


def compared(columns, options, models="ab"):
    sides = []
    for model in models:
        side = {name: x for name, x in columns.items() if name[0] not in "ab" or name == "id"}
        for name, x in columns.items():
            if name.split("_")[0] == model:
                side[name.replace(model, "p", 1)] = x
        sides.append(side)
    prediction = "p_*" if options["loss"] == "cross_entropy" else "p"
    return compare(*sides, id="id", target="y", prediction=prediction, weight="w", **options).to_dict()


def flat(found, path=()):
    """A nested answer as pairs of a path and a value."""
    if isinstance(found, dict):
        for name, value in found.items():
            yield from flat(value, (*path, name))
    elif isinstance(found, (list, tuple)):
        for i, value in enumerate(found):
            yield from flat(value, (*path, i))
    else:
        yield path, found


def differing(one, other):
    """Paths at which two answers differ, with both values where there are two."""
    one, other = dict(flat(one)), dict(flat(other))
    found = sorted((path for path in one.keys() ^ other.keys()), key=str)
    for path in one.keys() & other.keys():
        a, b = one[path], other[path]
        if isinstance(a, float) and isinstance(b, float):
            if a != b and not (math.isnan(a) and math.isnan(b)):
                found.append((path, a, b))
        elif a != b:
            found.append((path, a, b))
    return found


WEIGHTS = {"weight", "sum"}
READ = {"weightless", "rows", ("count",)}
"""What counts the rows read: of groups, classes and the like, only rows that weigh something are counted."""
PLACES = {"files", "row", "file", "call"}


def about(found, names):
    """Differences but for those in fields of these names, or at these paths."""
    paths = [(entry, entry[0] if isinstance(entry[0], tuple) else entry) for entry in found]
    return [entry for entry, path in paths if not names & {path, *path}]


@law(25, shrink=False)
@given(tables(), st.integers(-900, 900))
def test_a_common_factor_of_weights_changes_no_score(table, power):
    columns, options = table
    scaled = {**columns, "w": columns["w"] * 2.0**power}
    assert about(differing(scored(columns, options), scored(scaled, options)), WEIGHTS) == []


@pytest.mark.heavy
@law(12, shrink=False)
@given(tables(), st.integers(-900, 900))
def test_a_common_factor_of_weights_changes_no_comparison(table, power):
    columns, options = table
    scaled = {**columns, "w": columns["w"] * 2.0**power}
    assert about(differing(compared(columns, options), compared(scaled, options)), WEIGHTS) == []


def with_rows_of_weight_0(columns, more):
    places = np.arange(more) % len(columns["w"])
    extended = {name: np.concatenate([x, x[places]]) for name, x in columns.items()}
    rows = len(columns["w"])
    extended["w"][rows:] = 0
    extended["id"] = np.arange(rows + more)
    extended["y"][rows:] = extended["y"][rows:][::-1].copy()
    return extended


@law(25, shrink=False)
@given(tables(weighted=True), st.integers(1, 90))
def test_rows_of_weight_0_change_no_score(table, more):
    columns, options = table
    found = differing(scored(columns, options), scored(with_rows_of_weight_0(columns, more), options))
    assert about(found, READ) == []


@pytest.mark.heavy
@law(12, shrink=False)
@given(tables(weighted=True), st.integers(1, 90))
def test_rows_of_weight_0_change_no_comparison(table, more):
    columns, options = table
    found = differing(compared(columns, options), compared(with_rows_of_weight_0(columns, more), options))
    assert about(found, READ) == []


@pytest.mark.heavy
@law(10, shrink=False)
@given(tables(), st.randoms(use_true_random=False))
def test_an_order_of_rows_and_columns_is_as_good_as_another(table, random):
    columns, options = table
    order = list(range(len(columns["w"])))
    random.shuffle(order)
    names = list(columns)
    random.shuffle(names)
    other = {name: columns[name][order] for name in names}
    assert about(differing(scored(columns, options), scored(other, options)), PLACES) == []
    assert about(differing(compared(columns, options), compared(other, options)), PLACES) == []


@pytest.mark.heavy
@law(12, shrink=False)
@given(tables())
def test_a_comparison_the_other_way_round_has_the_opposite_sign(table):
    columns, options = table
    one, other = compared(columns, options), compared(columns, options, "ba")
    assert one["difference"] == -other["difference"]
    assert (one["wins"], one["losses"], one["ties"]) == (other["losses"], other["wins"], other["ties"])
    assert {one["verdict"], other["verdict"]} in ({"better", "worse"}, {"undecided"}, {"equal"})
    assert compared(columns, options, "aa")["verdict"] == "equal"
