"""LaTeX that is read back is the formula, and can be read in one way only."""

import math
import random

import mpmath
import pytest
from matplotlib.mathtext import MathTextParser

import lossary
from lossary import absolute_error, binary_cross_entropy, huber, squared_error, vocabulary
from lossary.formula.calls import textbook
from lossary.formula.expression import apply, constant, symbol
from lossary.formula.words import WORDS
from lossary.vocabulary import log
from tests.formula.languages.latex_reader import Ambiguous, read
from tests.formula.languages.test_languages import WHAT, mixture

M = mpmath
HEADS = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "xmuly": lambda a, b: a * b,
    "divide": lambda a, b: a / b,
    "xdivy": lambda a, b: a / b,
    "xlogy": lambda a, b: a * M.log(b),
    "negative": lambda a: -a,
    "power": lambda a, b: a**b,
    "abs": abs,
    "sign": M.sign,
    "sqrt": M.sqrt,
    "exp": M.exp,
    "expm1": M.expm1,
    "log": M.log,
    "log1p": M.log1p,
    "tanh": M.tanh,
    "sigmoid": lambda x: 1 / (1 + M.exp(-x)),
    "softplus": lambda x: M.log1p(M.exp(x)),
    "log_sigmoid": lambda x: -M.log1p(M.exp(-x)),
    "log_cosh": lambda x: M.log(M.cosh(x)),
    "log1mexp": lambda x: M.log(-M.expm1(x)),
    "reciprocal_expm1": lambda x: 1 / M.expm1(x),
    "stop_gradient": lambda x: x,
    "textbook": lambda shown, computed: shown,
    "floor": M.floor,
    "clip": lambda x, low, high: min(max(x, low), high),
    "sin": M.sin,
    "cos": M.cos,
    "arctan": M.atan,
    "arctan2": M.atan2,
    "hypot": lambda a, b: M.sqrt(a**2 + b**2),
    "hypot_slope": lambda a, b: a / M.sqrt(a**2 + b**2),
    "difference": lambda a, b: a - b,
    "logaddexp": lambda a, b: M.log(M.exp(a) + M.exp(b)),
    "boxcox": lambda x, y, k: (x**y * M.log(x) - (x**y - 1) / y) / y if k else (x**y - 1) / y,
    "boxcox1p": lambda x, y, k: HEADS["boxcox"](1 + x, y, k),
    "log1pmx": lambda x: M.log(1 + x) - x,
    "hypot_excess": lambda a, b: M.sqrt(a**2 + b**2) - abs(b),
    "log_softplus": lambda x: M.log(M.log1p(M.exp(x))),
    "log_softplus_slope": lambda x: 1 / (1 + M.exp(-x)) / M.log1p(M.exp(x)),
    "log_gamma": lambda x: M.log(M.gamma(x)),
    "digamma": M.digamma,
    "polygamma": lambda n, x: M.polygamma(int(n), x),
    "gaussian": lambda x: M.exp(-(x**2)),
    "erf": M.erf,
    "erfc": M.erfc,
    "log_ndtr": lambda x: M.log(M.ncdf(x)),
    "log_ndtr_slope": lambda x: M.npdf(x) / M.ncdf(x),
    "log_ndtr_curvature": lambda x: -M.npdf(x) / M.ncdf(x) * (x + M.npdf(x) / M.ncdf(x)),
    "maximum": max,
    "minimum": min,
    "where": lambda c, a, b: a if c else b,
    "less": lambda a, b: a < b,
    "less_equal": lambda a, b: a <= b,
    "equal": lambda a, b: a == b,
    "logical_and": lambda a, b: a and b,
    "logical_or": lambda a, b: a or b,
    "logical_not": lambda a: not a,
}


ORDERS = {"boxcox": (2, (0, 1)), "boxcox1p": (2, (0, 1)), "polygamma": (0, (1, 2))}
"""The places of arguments that are orders of derivatives."""


def value_of(formula, symbols):
    """The value of a tree, word by word."""
    values = {}
    for node in formula.walk():
        if node.is_symbol:
            values[node] = symbols[node.name]
        elif node.is_constant:
            values[node] = M.mpf(node.value)
        else:
            values[node] = HEADS[node.head](*(values[child] for child in node.children))
            if isinstance(values[node], M.mpc) or not abs(values[node]) <= 1e6:
                raise ValueError("no real number, or one whose exponential has a million digits")
    return values[formula]


def formulas(seed, size, words):
    """Random trees of two symbols, a parameter and numbers of all kinds."""
    rng = random.Random(seed)
    numbers = [2, 0.5, 1.5, -2, -0.5, -1, 3, 1e-7, 2.5e-7, -1e-7, 3.5e-5, 12, 0, math.pi]
    conditions = ("less", "less_equal", "equal")

    def leaf():
        return rng.choice([symbol("prediction"), symbol("target"), symbol("delta_"), constant(rng.choice(numbers))])

    def condition(depth):
        if depth < 1 or rng.random() < 0.5:
            return apply(rng.choice(conditions), tree(depth - 1), tree(depth - 1))
        head = rng.choice(["logical_and", "logical_or", "logical_not"])
        return apply(head, *(condition(depth - 1) for _ in range(1 if head == "logical_not" else 2)))

    def tree(depth):
        if depth < 1 or rng.random() < 0.1:
            return leaf()
        head = rng.choice(words)
        if head == "where":
            return apply(head, condition(depth - 1), tree(depth - 1), tree(depth - 1))
        arity = WORDS[head].derivative.__code__.co_argcount // 2  # it takes the arguments and their derivatives
        parts = [tree(depth - 1) for _ in range(arity)]
        if head in ORDERS:
            place, orders = ORDERS[head]
            parts[place] = constant(rng.choice(orders))
        # 1 + a number is one number, rounded, and would be compared in sixty digits
        return tree(depth) if all(part.is_constant for part in parts) else apply(head, *parts)

    found = []
    while len(found) < size:
        formula = tree(rng.randint(1, 5))
        if "prediction" in formula.symbols():
            found.append(formula)
    return found


def loss_of(formula):
    def own(prediction, target, *, delta_=0.75):
        return formula

    return lossary.pointwise(own)


POINTS = [(0.3, 0.8), (-1.25, 2.0), (1.0, 0.0)]
LEFT_OUT = ("less", "less_equal", "equal", "logical_and", "logical_or", "logical_not", "boxcox1p", "log1pmx")
"""Conditions; and words that write 1 + x, which is rounded where x is a number."""
ALL_WORDS = [
    *("add", "subtract", "multiply", "divide", "negative", "power") * 3,
    *(word for word in HEADS if word not in LEFT_OUT),
]


def same(a, b):
    return a == b or abs(a - b) <= 1e-20 * (abs(a) + abs(b)) + 1e-40  # the sigmoid of a large number is 1 in sixty digits


@pytest.mark.parametrize(("seed", "size"), [(1, 500), pytest.param(0, 800, marks=pytest.mark.heavy)])
def test_random_formulas_are_read_back(seed, size):
    compared = 0
    with mpmath.workdps(60):
        for formula in formulas(seed, size, ALL_WORDS):
            text = loss_of(formula).latex()
            for p, t in POINTS:
                values = {"prediction": M.mpf(p), "target": M.mpf(t), "delta_": M.mpf(0.75)}
                written = {r"\hat{y}": M.mpf(p), "y": M.mpf(t), r"\mathrm{delta\_}": M.mpf(0.75)}
                try:
                    expected = value_of(formula, values)
                except (ArithmeticError, ValueError):  # a logarithm or root of what is negative, or a number too large to hold
                    continue
                try:
                    got = read(text, written)
                except Ambiguous as error:
                    raise AssertionError((text, formula)) from error
                except ZeroDivisionError:  # 1/(e^x - 1), where e^x is 1 in sixty digits
                    continue
                assert same(got, expected), (text, formula)
                compared += 1
    assert compared > 1.4 * size


@pytest.mark.parametrize("what", WHAT)
@pytest.mark.parametrize("loss", [squared_error, absolute_error, huber, binary_cross_entropy, mixture])
def test_losses_and_their_derivatives_are_read_back(loss, what):
    formula = loss.formulas.traced
    with mpmath.workdps(60):
        for p, t in [(0.3, 0.75), (0.9, 0.0625), (0.5, 0.25)]:
            at = lambda x, t=t: value_of(formula, {"prediction": x, "target": M.mpf(t), **loss.parameters})
            order = WHAT.index(what)
            expected = M.diff(at, M.mpf(p), order) if order else at(M.mpf(p))
            names = {"delta": r"\delta", "scale": r"\mathrm{scale}", "knee": r"\mathrm{knee}"}
            # parameters that change nothing by default are not written
            written = {names[name]: M.mpf(value) for name, value in loss.parameters.items() if name in names}
            got = read(loss.latex(what), {r"\hat{y}": M.mpf(p), "y": M.mpf(t), **written})
            assert abs(got - expected) <= 1e-15 * max(1, abs(expected)), loss.latex(what)


P, T, D = symbol("prediction"), symbol("target"), symbol("delta_")
GOLDEN = {
    "a number after a number": (lambda: 1.5 * vocabulary.xdivy(0.5 * P, 1), r"0.75 \, \hat{y}"),
    "a number after a symbol": (lambda: P * (0.5 * T), r"\hat{y} \cdot 0.5 \, y"),
    "a negative number in a sum": (lambda: P - constant(-2), r"\hat{y} - \left(-2\right)"),
    "a negative number in a product": (lambda: P**2 * (T - 3) ** -2, r"\hat{y}^{2} \, \left(y - 3\right)^{-2}"),
    "a negative base": (lambda: constant(-2) ** P, r"\left(-2\right)^{\hat{y}}"),
    "a small number": (lambda: 1e-7 * P, r"10^{-7} \, \hat{y}"),
    "a small number times another": (lambda: P + 2.5e-7, r"\hat{y} + 2.5 \cdot 10^{-7}"),
    "a negative power of ten": (lambda: P - constant(-1e-7), r"\hat{y} - \left(-10^{-7}\right)"),
    "a large number": (lambda: P * 2.5e20, r"2.5 \cdot 10^{20} \, \hat{y}"),
    "all digits": (lambda: P * 0.123456789, r"0.123456789 \, \hat{y}"),
    "infinity": (lambda: vocabulary.minimum(P, math.inf), r"\min\left(\hat{y}, \infty\right)"),
    "not a number": (lambda: vocabulary.maximum(P, math.nan), r"\max\left(\hat{y}, \mathrm{NaN}\right)"),
    "a power of a power": (lambda: (P**2) ** 3, r"\left(\hat{y}^{2}\right)^{3}"),
    "a power of e": (lambda: vocabulary.exp(P) ** 2, r"\left(e^{\hat{y}}\right)^{2}"),
    "a power of a function": (lambda: vocabulary.tanh(P) ** 2, r"\left(\tanh \hat{y}\right)^{2}"),
    "a function before a factor": (lambda: vocabulary.log(P) * T, r"\left(\log \hat{y}\right) \, y"),
    "a function of a product": (lambda: vocabulary.log(P * T), r"\log \left(\hat{y} \, y\right)"),
    "minus a sum": (lambda: T - (P + 1), r"y - \left(\hat{y} + 1\right)"),
    "minus a difference": (lambda: T - (P - 1), r"y - \left(\hat{y} - 1\right)"),
}


@pytest.mark.parametrize("name", GOLDEN)
def test_what_used_to_be_ambiguous(name):
    make, expected = GOLDEN[name]
    text = loss_of(make()).latex()
    assert text == expected
    MathTextParser("path").parse(f"${text}$")


def test_a_choice_within_a_formula_stands_in_parentheses():
    text = loss_of(2 * vocabulary.where(P < 0, P, T) + 1).latex()
    assert text.startswith(r"2 \, \left(\begin{cases}")
    assert text.endswith(r"\end{cases}\right) + 1")


def test_each_term_of_a_sum_over_classes_is_summed():
    @lossary.softmax
    def own(log_probability):
        return -log_probability + vocabulary.exp(log_probability)

    assert own.latex() == r"\sum_k y_k \, \left(p_k - \log p_k\right)"

    @lossary.softmax
    def scaled(log_probability):
        return log_probability * -2

    assert scaled.latex() == r"\sum_k y_k \, \left(-2 \, \log p_k\right)"


@pytest.mark.parametrize(
    "text",
    [
        r"1.5 \, 0.5",
        r"y - -2",
        r"e^{y}^{2}",
        r"\log y^{2}",
        r"\log y \, y",
        r"\begin{cases} y & \text{if } y < 1 \\ 2 & \text{otherwise} \end{cases} + 1",
    ],
)
def test_the_reader_refuses_what_is_ambiguous(text):
    with pytest.raises((Ambiguous, AssertionError, KeyError)):
        read(text, {"y": M.mpf(2)})


def test_shared_and_deep_parts_of_long_formulas_are_named():
    doubled, deep = (P - T) ** 2, P - T
    for _ in range(60):
        doubled = doubled * (1 - doubled)
    for _ in range(150):
        deep = vocabulary.log1p(vocabulary.abs(deep))
    terms = [vocabulary.tanh(vocabulary.exp(P - k) + T) for k in range(40)]
    many = sum((x * (x + T) for x in terms), 0)
    with mpmath.workdps(60):
        values = {"prediction": M.mpf(0.3), "target": M.mpf(0.8)}
        for formula in (doubled, deep, many):
            text = loss_of(formula).latex()
            assert r"\text{where } t_{1} = " in text
            assert len(text) < 40 * 150
            assert same(read(text, {r"\hat{y}": M.mpf(0.3), "y": M.mpf(0.8)}), value_of(formula, values))


def test_names_of_parts_have_the_index_of_what_is_in_them():
    @lossary.softmax
    def of_classes(log_probability):
        value = log_probability
        for _ in range(12):
            value = value * (value - 1)
        return -value

    assert r"\text{where } t_{1,k} = \left(\log p_k\right) \, " in of_classes.latex()

    @lossary.samplewise
    def of_samples(prediction, target):
        value = prediction - target
        for _ in range(12):
            value = value * (value - 1)
        return vocabulary.total(value)

    text = of_samples.latex()
    assert r"\text{where } t_{1,i} = \left(\hat{y}_i - y_i\right)" in text
    assert r"\sum_i t_{" in text


def test_a_formula_may_be_written_in_another_way_than_it_is_computed():
    @lossary.pointwise
    def shifted(prediction, target):
        return textbook(log(prediction / target), log(prediction) - log(target))

    assert shifted.latex() == r"\log \left(\frac{\hat{y}}{y}\right)"
    assert "/" not in shifted.code("numpy")
    assert float(shifted([1e200], [1e-200])) == pytest.approx(400 * math.log(10))


def test_what_is_short_is_written_in_full():
    assert r"\text{where }" not in loss_of((P - T) * ((P - T) + 1) / ((P - T) * 2)).latex()


def test_too_large_a_formula_is_refused():
    with pytest.raises(ValueError, match=r"own\.latex: a formula has at most 100000 characters in LaTeX.*write it out as code"):
        loss_of(sum((vocabulary.exp(P - k) for k in range(6000)), 0)).latex()


def test_a_formula_in_the_mean_is_written_in_the_mean():
    assert lossary.poisson.latex(given="mean") == r"\hat{y} - y \log \hat{y}"
    assert lossary.poisson.latex("gradient", given="mean") == r"1 - \frac{y}{\hat{y}}"


def test_array_code_is_written_as_its_docstring_has_it():
    losses = [loss for loss in lossary.losses.registry.values() if loss.kind == "composed"]
    assert len(losses) > 20
    for loss in losses:
        assert loss.latex() in " ".join(loss.definition.__doc__.split())
        assert loss.mathml(display="block").startswith("<math")
    assert lossary.ordinal.latex() == r"-\log[\sigma(\theta_y - s) - \sigma(\theta_{y-1} - s)]"
    with pytest.raises(
        TypeError, match=r"derivatives in latex\(\), which for array code is the first formula of its docstring"
    ):
        lossary.corn.latex("gradient")

    @lossary.composed
    def untold(prediction, target):
        return (prediction - target).sum(-1)

    with pytest.raises(TypeError, match="untold is composed of array operations, so it has no formula to write out"):
        untold.latex()

    @lossary.composed
    def apart(prediction, target):
        r"""Sum of residuals.

        .. math:: \sum_i
                  r_i

        With :math:`r_i` the residual.
        """
        return (prediction - target).sum(-1)

    assert apart.latex() == r"\sum_i r_i"
