"""What notebooks show of losses and totals."""

import math
import re
import sys
from xml.etree import ElementTree as ET

import numpy as np
import pytest

import lossary
from lossary import losses
from lossary.vocabulary import exp


def read(html):
    """Parse as XML, which is stricter than what browsers read."""
    return ET.fromstring(html)


def texts(tree):
    return [text.strip() for text in tree.itertext() if text.strip()]


def cells(tree):
    return {row[0].text: row[1].text for row in tree.iter("tr")}


@pytest.mark.parametrize("name", losses.registry)
def test_every_loss_shows_its_properties_and_fetches_nothing(name):
    loss = losses.registry[name]
    html = loss._repr_html_()
    tree = read(html)
    assert tree[0][0].text == loss.__name__
    shown = cells(tree)
    described = dict(loss.properties.described(loss.parameters))
    assert {label: shown[label] for label in described} == described
    assert bool(tree.findall(".//svg")) == (loss.kind in ("pointwise", "softmax"))
    assert not re.search(r"<script|<style|https?://(?!www\.w3\.org/1998/Math)", html)
    assert len(html) < 30_000


def test_the_curve_is_the_loss():
    tree = read(lossary.squared_error._repr_html_())
    zero, curve = tree.iter("path")
    numbers = np.array([[float(x) for x in point.split(",")] for point in re.split("[ML]", curve.get("d")) if point])
    level = float(re.fullmatch(r"M.*,(.*)H.*", zero.get("d"))[1])
    heights = level - numbers[:, 1]
    x = np.linspace(-4, 4, len(numbers))
    np.testing.assert_allclose(heights / heights[0], (x / 4) ** 2, atol=0.1 / heights[0])
    assert tree.find(".//svg").get("aria-label") == "The loss over the prediction − target, from -4 to 4, at target 0"


def test_a_curve_that_leaves_for_infinity_stays_in_its_picture():
    _, curve = read(lossary.binary_cross_entropy._repr_html_()).iter("path")
    numbers = [float(x) for x in re.findall(r"[\d.-]+", curve.get("d"))]
    assert len(numbers) > 200
    assert min(numbers) >= 0
    assert max(numbers) <= 220


def test_formulas_are_mathml_or_latex_without_the_converter(monkeypatch):
    assert read(lossary.huber._repr_html_()).find(".//{http://www.w3.org/1998/Math/MathML}math") is not None
    monkeypatch.setitem(sys.modules, "latex2mathml.converter", None)
    assert read(lossary.huber._repr_html_()).find(".//code").text == lossary.huber.latex()


def test_nothing_needs_matplotlib(monkeypatch):
    for name in [name for name in sys.modules if name.partition(".")[0] == "matplotlib"] or ["matplotlib"]:
        monkeypatch.setitem(sys.modules, name, None)
    assert "<svg" in lossary.huber._repr_html_()


def test_names_and_docstrings_of_users_are_escaped():
    def definition(prediction, target):
        return exp(prediction - target)

    definition.__name__ = "<b>&loss"
    tree = read(lossary.pointwise(definition)._repr_html_())
    assert tree[0][0].text == "<b>&loss"

    @lossary.composed
    def mine(prediction, target):
        r"""Lose. :math:`\text{<img src=x onerror="alert(1)">} + 1`"""
        return (prediction - target).sum(-1)

    tree = read(mine._repr_html_())
    assert not tree.findall(".//img")
    assert tree.find(".//{http://www.w3.org/1998/Math/MathML}mtext").text.startswith("<img")


def test_array_code_without_a_formula_and_sums_of_losses():
    @lossary.composed
    def mine(prediction, target):
        return (prediction - target).sum(-1)

    assert texts(read(mine._repr_html_()))[:2] == ["mine", "(prediction, target), a composed loss"]
    assert texts(read((lossary.huber + 0.5 * lossary.squared_error)._repr_html_()))[0] == "huber + 0.5 * squared_error"


def test_a_total_shows_its_numbers():
    total = lossary.Total()
    total.update(np.array([1.0, 2.5]), weight=np.array([1.0, 2.0]))
    assert cells(read(total._repr_html_())) == {"count": "2", "sum": "6", "weight": "3", "mean": "2"}


def test_a_total_says_what_is_not_finite_and_that_it_is_empty():
    total = lossary.Total()
    assert cells(read(total._repr_html_())) == {"count": "0", "sum": "0", "weight": "0", "mean": "nan"}
    total.update(np.array([1.0, math.nan, math.inf]))
    shown = cells(read(total._repr_html_()))
    assert (shown["losses that are NaN"], shown["losses that are Infinity"]) == ("1", "1")
