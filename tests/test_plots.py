"""Pictures: what they draw is what the formulas say, and what they say beside it."""

import io
import itertools
import math
import pickle
import sys

import numpy as np
import pytest

import lossary
from lossary import plots
from lossary.domains import Positive
from lossary.vocabulary import exp, log, sigmoid, total
from lossary.vocabulary import log1p as log_of_one_plus


@lossary.pointwise
def cauchy(prediction, target, *, scale=1.0):
    return log_of_one_plus(((prediction - target) / scale) ** 2)


@lossary.pointwise
def squared_error_of_a_score(prediction, target):
    return (sigmoid(prediction) - target) ** 2


@lossary.softmax
def focal(log_probability, *, gamma=2.0):
    return -((1 - exp(log_probability)) ** gamma) * log_probability


def draw(figure):
    """Render, with warnings as errors, and see that the picture is not blank."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="raw", dpi=60)
    pixels = np.frombuffer(buffer.getvalue(), np.uint32)  # of four bytes
    assert len(np.unique(pixels)) > 10
    return figure


def curves(axes):
    """The data of each curve; the zero line is no curve."""
    return [line.get_data() for line in axes.lines if len(line.get_xdata()) > 2]


def assert_curve(curve, formula, **tolerance):
    x, y = curve
    np.testing.assert_allclose(y, [formula(v) for v in x], **{"rtol": 1e-12, "atol": 1e-12} | tolerance)


def minus_log(a):
    return -math.log(a) if a else math.inf


def test_regression_losses():
    value, gradient = draw(plots.regression_losses(deltas=(0.5, 2))).axes
    assert (value.get_ylabel(), gradient.get_ylabel(), gradient.get_xlabel()) == ("loss", "gradient", "prediction − target")

    def huber(delta):
        return lambda r: r * r / 2 if abs(r) <= delta else delta * (abs(r) - delta / 2)

    for curve, formula in zip(curves(value), (lambda r: r * r, abs, huber(0.5), huber(2)), strict=True):
        assert_curve(curve, formula)
    for curve, formula in zip(
        curves(gradient),
        (lambda r: 2 * r, np.sign, lambda r: max(-0.5, min(r, 0.5)), lambda r: max(-2, min(r, 2))),
        strict=True,
    ):
        assert_curve(curve, formula)
    labels = [text.get_text() for text in value.figure.legends[0].get_texts()]
    assert labels == ["squared", "absolute", "Huber, δ = 0.5", "Huber, δ = 2"]


def test_binary_cross_entropy_branches():
    (axes,) = draw(plots.binary_cross_entropy_branches()).axes
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("predicted probability a", "loss")
    happened, did_not = curves(axes)
    assert_curve(happened, minus_log)
    assert_curve(did_not, lambda a: minus_log(1 - a))


def test_softmax_process():
    panels = draw(plots.softmax_process()).axes
    heights = [[bar.get_height() for bar in axes.patches] for axes in panels]
    total = math.exp(3) + math.exp(1) + math.exp(-3)
    assert heights[0] == [3, 1, -3]
    assert heights[1] == pytest.approx([math.exp(3), math.exp(1), math.exp(-3)])
    assert heights[2] == pytest.approx([math.exp(z) / total for z in (3, 1, -3)])
    assert heights[3] == [1, 0, 0]
    words = [[text.get_text() for text in axes.texts] for axes in panels]
    assert words == [["3", "1", "-3"], ["20.09", "2.718", "0.050"], ["0.879", "0.119", "0.002"], ["1", "0", "0"]]
    assert f"{total:.2f}" in panels[1].get_xlabel()
    draw(plots.softmax_process((700, -700, 0, 0, 0, 0, 0, 0)))


def test_training_loop():
    (axes,) = draw(plots.training_loop()).axes
    words = [text.get_text() for text in axes.texts]
    assert {"data", "model", "prediction", "loss", "target", "gradient", "optimiser"} <= set(words)
    places = {text.get_text(): text.get_position() for text in axes.texts}
    arrows = {(text.xyann, text.xy) for text in axes.texts if getattr(text, "arrow_patch", None)}
    steps = ["data", "model", "prediction", "loss", "gradient", "optimiser", "model"]
    for start, end in [*itertools.pairwise(steps), ("data", "target"), ("target", "loss")]:
        assert (places[start], places[end]) in arrows


def test_a_loss_of_a_number():
    figure = draw(lossary.huber.plot(parameters={"delta": (0.5, 2)}))
    value, gradient = figure.axes
    assert (value.get_ylabel(), gradient.get_ylabel(), gradient.get_xlabel()) == ("loss", "gradient", "prediction − target")
    assert_curve(curves(value)[1], lambda r: r * r / 2 if abs(r) <= 2 else 2 * abs(r) - 2)
    assert_curve(curves(gradient)[0], lambda r: max(-0.5, min(r, 0.5)))
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["delta = 0.5", "delta = 2"]


def test_a_loss_of_a_probability():
    figure = draw(plots.loss(lossary.binary_cross_entropy, curvature=True))
    value, gradient, curvature = figure.axes
    assert curvature.get_xlabel() == "predicted probability"
    assert_curve(curves(value)[0], minus_log)
    assert_curve(curves(value)[1], lambda a: minus_log(1 - a))
    assert_curve(curves(gradient)[0], lambda a: -1 / a if a else -math.inf)
    assert_curve(curves(curvature)[0], lambda a: 1 / a**2 if a else math.inf)
    assert max(value.get_ylim()) < 10 > -min(value.get_ylim())  # the ends at infinity do not press the rest flat
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["target 1", "target 0"]
    _, gradient = draw(plots.loss(lossary.binary_cross_entropy, given="logits", target=1)).axes
    assert gradient.get_xlabel() == "predicted logit"
    assert_curve(curves(gradient)[0], lambda z: -1 / (1 + math.exp(z)))


def test_a_logarithm_is_not_compared_with_the_target():
    figure = lossary.plots.loss(lossary.poisson, target=(0.0, 4.0))
    _, gradient = figure.axes
    assert gradient.get_xlabel() == "predicted logarithm of the mean"
    assert gradient.get_xlim() == pytest.approx((-4, 4), abs=0.5)


@pytest.mark.parametrize(
    ("given", "value", "gradient"),
    [
        ("probabilities", minus_log, lambda p: -1 / p if p else -math.inf),
        ("log_probabilities", lambda q: -q, lambda q: -1),
        ("logits", lambda z: math.log(1 + math.exp(-z)), lambda z: -1 / (1 + math.exp(z))),
    ],
)
def test_a_loss_of_classes(given, value, gradient):
    above, below = draw(plots.loss(lossary.cross_entropy, given=given)).axes
    assert below.get_xlabel().endswith("of the true class")
    assert_curve(curves(above)[0], value)
    assert_curve(curves(below)[0], gradient)


def test_losses_of_ones_own():
    (value, gradient) = draw(cauchy.plot(target=2, parameters={"scale": 0.5}, span=(0, 4))).axes
    assert gradient.get_xlabel() == "prediction"
    assert value.get_xlim() == (0, 4)
    assert_curve(curves(value)[0], lambda x: math.log(1 + ((x - 2) / 0.5) ** 2))
    assert_curve(curves(gradient)[0], lambda x: 2 * (x - 2) / (0.25 + (x - 2) ** 2))
    value, _ = draw(focal.plot(parameters={"gamma": (0, 2)})).axes
    assert_curve(curves(value)[1], lambda p: (1 - p) ** 2 * minus_log(p))
    *_, curvature = draw(squared_error_of_a_score.plot(target=1, curvature=True)).axes
    assert curves(curvature)[0][1].min() < 0 < curves(curvature)[0][1].max()


def test_nothing_leaks():
    before = set(sys.modules)
    figure = plots.loss(lossary.squared_error)
    assert "matplotlib.pyplot" not in set(sys.modules) - before
    assert figure._repr_png_().startswith(b"\x89PNG")  # what a notebook shows
    assert pickle.loads(pickle.dumps(figure)).axes[0].get_ylabel() == "loss"


def test_without_matplotlib(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ImportError, match=r'pip install "lossary\[plots\]"'):
        lossary.huber.plot()


@lossary.composed
def inner(prediction, target):
    return (prediction * target).sum(-1)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: plots.loss("huber"), TypeError, "draws a loss, such as lossary.huber; got str"),
        (lambda: inner.plot(), TypeError, "inner is composed of many predictions"),
        (lambda: lossary.huber.plot(parameters={"detla": 1}), TypeError, "huber has no parameter 'detla'; it has delta"),
        (lambda: lossary.huber.plot(parameters={"delta": range(1, 8)}), ValueError, "at most 6 curves; got 7"),
        (lambda: lossary.huber.plot(parameters={"delta": -1}), ValueError, "delta lies in"),
        (lambda: lossary.huber.plot(span=(1, 1)), ValueError, "span goes from a number to a larger one"),
        (lambda: lossary.cross_entropy.plot(target=1), TypeError, "probability of the true class; leave out target="),
        (lambda: lossary.cross_entropy.plot(given="odds"), ValueError, "given is one of"),
        (lambda: lossary.huber.plot(given="logits"), ValueError, "there is no choice of given"),
        (lambda: plots.regression_losses(range(1, 9)), ValueError, "at most 4 values of delta; got 8"),
        (lambda: plots.softmax_process([1]), ValueError, "2 to 8 scores"),
    ],
)
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_losses_of_several_predictions_are_drawn_along_one_of_them():
    @lossary.pointwise
    def gaussian(mean, variance: Positive, target):
        return (log(variance) + (target - mean) ** 2 / variance) / 2

    value, gradient = draw(gaussian.plot(at={"variance": (0.5, 2)})).axes
    for curve, variance in zip(curves(value), (0.5, 2), strict=True):
        assert_curve(curve, lambda m, v=variance: (math.log(v) + m**2 / v) / 2)
    for curve, variance in zip(curves(gradient), (0.5, 2), strict=True):
        assert_curve(curve, lambda m, v=variance: m / v)
    assert gradient.get_xlabel() == "mean"
    assert value.get_legend_handles_labels()[1] == ["variance 0.5", "variance 2"]
    value, gradient, curvature = draw(gaussian.plot(along="variance", target=3, curvature=True)).axes
    assert_curve(curves(value)[0], lambda v: (math.log(v) + 9 / v) / 2)
    assert_curve(curves(gradient)[0], lambda v: (1 / v - 9 / v**2) / 2, rtol=1e-10)
    assert_curve(curves(curvature)[0], lambda v: (18 / v**3 - 1 / v**2) / 2, rtol=1e-10)
    assert curves(value)[0][0].min() > 0
    for options, text in (
        ({"along": "target"}, "along is one of 'mean', 'variance'; got 'target'"),
        ({"at": {"mean": 1}}, "drawn along mean, at values of variance, target; got 'mean'"),
    ):
        with pytest.raises((TypeError, ValueError), match=text):
            gaussian.plot(**options)


def test_losses_of_samples_are_drawn_over_two_components():
    @lossary.samplewise
    def product(first, second, target):
        return total(first * second) + total(target)

    figure = draw(product.plot(at={"second": (2, 1)}))
    axis, bar = figure.axes
    assert (axis.get_xlabel(), axis.get_ylabel(), bar.get_ylabel()) == (
        "first, component 1",
        "first, component 2",
        "loss",
    )
    assert [line.get_label() for line in axis.lines] == ["second", "target"]
    np.testing.assert_allclose(np.ravel(axis.lines[0].get_data()), [2, 1])
    (arrows,) = (part for part in axis.collections if hasattr(part, "U"))
    np.testing.assert_allclose(arrows.U, -2 / math.sqrt(5))
    np.testing.assert_allclose(arrows.V, -1 / math.sqrt(5))
    for options, text in (
        ({"target": 1}, "takes only parameters= and at="),
        ({"at": {"first": (0, 1)}}, "drawn over first, at values of second, target; got 'first'"),
        ({"at": {"second": 3}}, "gives each input two components; got 3 for second"),
    ):
        with pytest.raises((TypeError, ValueError), match=text):
            product.plot(**options)


def test_several_losses_are_those_losses():
    figure = draw(plots.losses(lossary.squared_error, lossary.log_cosh, curvature=True, span=(-2, 3)))
    value, slope, curvature = ([line.get_ydata() for line in axis.lines[:2]] for axis in figure.axes)
    x = np.asarray(figure.axes[0].lines[0].get_xdata())
    np.testing.assert_allclose(value, [x**2, np.log(np.cosh(x))], atol=1e-14)
    np.testing.assert_allclose(slope, [2 * x, np.tanh(x)], atol=1e-14)
    np.testing.assert_allclose(curvature, [np.full_like(x, 2), 1 / np.cosh(x) ** 2], atol=1e-14)


def test_several_losses_of_classes_over_the_probability():
    figure = draw(plots.losses(lossary.cross_entropy, lossary.brier))
    x = np.asarray(figure.axes[0].lines[0].get_xdata())
    np.testing.assert_allclose(figure.axes[0].lines[1].get_ydata(), 2 * (1 - x) ** 2, atol=1e-12)
    assert figure.axes[-1].get_xlabel() == "probability of the true class"


@pytest.mark.parametrize(
    ("drawn", "options", "error", "words"),
    [
        ((), {}, ValueError, "1 to 6 losses; got 0"),
        ((lossary.huber,) * 7, {}, ValueError, "got 7"),
        (("huber",), {}, TypeError, "got str"),
        ((lossary.gaussian,), {}, TypeError, "gaussian is another"),
        ((lossary.dice,), {}, TypeError, "dice is another"),
        ((lossary.huber, lossary.cross_entropy), {}, TypeError, "different kinds"),
        ((lossary.huber, lossary.poisson), {}, TypeError, "different forms"),
        ((lossary.huber,), {"given": "logits"}, ValueError, "no choice of given="),
    ],
)
def test_losses_that_are_not_drawn_together(drawn, options, error, words):
    with pytest.raises(error, match=words):
        plots.losses(*drawn, **options)


def test_reliability_is_the_frequency_by_probability():
    p = np.repeat([0.2, 0.7], 100)
    y = np.concatenate([np.arange(100) < 30, np.arange(100) < 60]).astype(int)
    score = lossary.report.score(
        {"target": y, "p": p}, loss="binary_cross_entropy", prediction="p", target="target", given="probabilities"
    )
    axis = draw(plots.reliability({"model": score, "again": score})).axes[0]
    x, y = axis.lines[1].get_data()
    np.testing.assert_allclose(x, [0.2, 0.7], rtol=0.01)  # bins of 0.4 %
    np.testing.assert_allclose(y, [0.3, 0.6])
    regression = lossary.report.score(
        {"target": [1.0, 2.0], "p": [1.0, 3.0]}, loss="squared_error", prediction="p", target="target"
    )
    with pytest.raises(ValueError, match="no calibration"):
        plots.reliability(regression)


def test_learning_curves_are_means_of_totals():
    totals = []
    for losses in ([3.0, 1.0], [1.0], [math.nan], [2.0, 1.0]):
        totals.append(lossary.Total())
        totals[-1].update(np.array(losses))
    axis = draw(plots.learning_curves({"validation": totals, "training": [1.0, 0.5]}, step="round")).axes[0]
    np.testing.assert_array_equal(axis.lines[0].get_ydata(), [2.0, 1.0, math.nan, 1.5])
    assert axis.lines[1].get_data()[0] == 2  # the least
    assert axis.get_xlabel() == "round"
    with pytest.raises(ValueError, match="'none' has no steps"):
        plots.learning_curves({"none": []})
    with pytest.raises(ValueError, match="1 to 6 curves; got 0"):
        plots.learning_curves({})
