"""The words that libraries lack or compute otherwise, in every language: errors beside mpmath, edges, derivatives."""

import contextlib
import functools
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch

import lossary
from lossary import vocabulary
from lossary.formula import calls
from lossary.formula.words import WORDS as TABLE
from lossary.kernels.words import WORDS as MACHINE_WORDS
from tests.formula.accuracy import LIBRARIES, MP, PRECISIONS, WORDS, boxcox, exact, published, truths, worst
from tests.formula.languages.test_languages import node, sql
from tests.oracle import jitted

INF, NAN, PI = math.inf, math.nan, math.pi

# ---- accuracy


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("library", LIBRARIES[:-1])
@pytest.mark.parametrize("name", WORDS)
def test_errors_are_as_published(name, library, precision):
    error, where = worst(name, library, precision, count=400)
    assert error <= limit(name, library, precision), where


@pytest.mark.compiled
@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize(
    "name", ["arctan2", "boxcox", "log_gamma", "log_ndtr_slope"]
)  # among them they have all approximations
def test_errors_of_kernels_are_as_published(name, precision):
    error, where = worst(name, "kernels", precision, count=400)
    assert error <= limit(name, "kernels", precision), where


def limit(name, library, precision):
    if name in ("log_ndtr", "boxcox1p") and (library, precision) == ("jax", "float64"):
        return 300  # XLA's log1p near -0.4
    return published()[name][PRECISIONS.index(precision)]


def test_errors_of_javascript_and_sql_are_as_published():
    losses, codes, asked = {}, [], []
    for name in WORDS:
        columns = truths(name, "float64", 400)[0][:, ::2]
        points = columns.T.tolist() if len(columns) == 2 else [(x, 1.0) for x in columns[0].tolist()]

        formula, arguments = WORDS[name].formula, len(columns)
        own = of_first(lambda *both, f=formula, n=arguments: f(*both[:n]))
        losses[name] = own, points
        asked += ((len(codes), *point) for point in points)
        codes.append(own.code("javascript"))
    answers = iter(together(codes, asked))
    for name, (loss, points) in losses.items():
        expected, places = (numbers[::2] for numbers in truths(name, "float64", 400)[1:])
        by_sql = sql(loss.code("sql"), "prediction double, target double", points)
        for point, c, t, place in zip(
            points * 2, [next(answers) for _ in points] + by_sql, expected * 2, places * 2, strict=True
        ):
            assert abs(t) > 1e308 or abs(exact(c) - t) <= limit(name, "numpy", "float64") * place, (name, point)


def test_the_page_has_every_measured_word():
    assert published().keys() == WORDS.keys()


def test_every_word_that_machine_code_lacks_is_written_out():
    operators = {"add", "subtract", "multiply", "divide", "negative", "abs", "less", "less_equal", "equal"}
    operators |= {"logical_and", "logical_or", "logical_not"}
    for name, word in TABLE.items():
        assert word.expansion is not None or name in operators or name in MACHINE_WORDS


# ---- edges: value and slopes in both arguments

ROOT_2, LOG_2 = math.sqrt(2), math.log(2)
EDGES = [
    (calls.hypot, 0.0, 0.0, 0.0, 0.0, 0.0),
    (calls.hypot, 0.0, -3.0, 3.0, 0.0, -1.0),
    (calls.hypot, INF, 1.0, INF, 1.0, 0.0),
    (calls.hypot, -INF, NAN, INF, -1.0, NAN),
    (calls.hypot, NAN, 1.0, NAN, NAN, NAN),
    (calls.hypot, 1e300, 1e300, ROOT_2 * 1e300, 1 / ROOT_2, 1 / ROOT_2),
    (calls.hypot, 1e-300, -1e-300, ROOT_2 * 1e-300, 1 / ROOT_2, -1 / ROOT_2),
    (calls.arctan2, 0.0, 0.0, 0.0, 0.0, 0.0),
    (calls.arctan2, 0.0, -1.0, PI, -1.0, 0.0),
    (calls.arctan2, -0.0, -1.0, -PI, -1.0, 0.0),
    (calls.arctan2, 1.0, 0.0, PI / 2, 0.0, -1.0),
    (calls.arctan2, 1e200, 1e200, PI / 4, 5e-201, -5e-201),
    (calls.arctan2, INF, -INF, 3 * PI / 4, 0.0, 0.0),
    (calls.logaddexp, -INF, -INF, -INF, 0.5, 0.5),
    (calls.logaddexp, INF, INF, INF, 0.5, 0.5),
    (calls.logaddexp, INF, -INF, INF, 1.0, 0.0),
    (calls.logaddexp, -INF, 2.0, 2.0, 0.0, 1.0),
    (calls.logaddexp, 1e300, 1e300, 1e300, 0.5, 0.5),
    (calls.logaddexp, 0.0, -800.0, 0.0, 1.0, 0.0),
    (calls.logaddexp, NAN, 0.0, NAN, NAN, NAN),
    (lambda x, y: calls.clip(x, y, 2), 1.5, 1.0, 1.5, 1.0, 0.0),
    (lambda x, y: calls.clip(x, y, 2), 0.5, 1.0, 1.0, 0.0, 1.0),
    (lambda x, y: calls.clip(x, y, 2), 1.0, 1.0, 1.0, 1.0, 0.0),
    (lambda x, y: calls.clip(x, y, 2), 2.0, 1.0, 2.0, 1.0, 0.0),
    (lambda x, y: calls.clip(x, y, 2), 9.0, 1.0, 2.0, 0.0, 0.0),
    (lambda x, y: calls.clip(x, y, 2), 0.5, 3.0, 2.0, 0.0, 0.0),
    (lambda x, y: calls.clip(x, y, 2), INF, -INF, 2.0, 0.0, 0.0),
    (lambda x, y: calls.clip(x, -y, y), 3.0, 2.0, 2.0, 0.0, 1.0),
    (lambda x, y: calls.clip(x, -y, y), -3.0, 2.0, -2.0, 0.0, -1.0),
    (calls.boxcox, 0.0, 2.0, -0.5, 0.0, 0.25),
    (calls.boxcox, 0.0, 0.5, -2.0, INF, 4.0),
    (calls.boxcox, 0.0, 0.0, -INF, INF, INF),
    (calls.boxcox, 0.0, -1.0, -INF, INF, INF),
    (calls.boxcox, INF, -1.0, 1.0, 0.0, 1.0),
    (calls.boxcox, INF, 0.0, INF, 0.0, INF),
    (calls.boxcox, INF, 2.0, INF, INF, INF),
    (calls.boxcox, 1.0, 0.0, 0.0, 1.0, 0.0),
    (calls.boxcox, 2.0, 0.0, LOG_2, 0.5, LOG_2**2 / 2),
    (calls.boxcox, 2.0, 1e-300, LOG_2, 0.5, LOG_2**2 / 2),
    (
        calls.boxcox,
        2.0,
        -1e-12,
        LOG_2 * (1 - 1e-12 * LOG_2 / 2),
        0.5 * (1 - 1e-12 * LOG_2),
        LOG_2**2 / 2 * (1 - 2e-12 / 3 * LOG_2),
    ),
    (calls.boxcox, -1.0, 0.5, NAN, NAN, NAN),
    (calls.boxcox, NAN, 0.0, NAN, NAN, NAN),
    (calls.boxcox1p, -1.0, 3.0, -1 / 3, 0.0, 1 / 9),
    (calls.boxcox1p, -1.0, 0.0, -INF, INF, INF),
    (calls.boxcox1p, 0.0, 0.0, 0.0, 1.0, 0.0),
    (calls.boxcox1p, 1e-20, -2.0, 1e-20, 1.0, 5e-41),
    (calls.boxcox1p, INF, -1.0, 1.0, 0.0, 1.0),
    (calls.boxcox1p, NAN, 0.0, NAN, NAN, NAN),
    (calls.hypot_excess, 0.0, 0.0, 0.0, 0.0, 0.0),
    (calls.hypot_excess, 1e-20, 1.0, 5e-41, 1e-20, -5e-41),
    (calls.hypot_excess, 3e200, 4e200, 1e200, 0.6, -0.2),
    (calls.hypot_excess, -INF, 1.0, INF, -1.0, -1.0),
    (calls.hypot_excess, NAN, 1.0, NAN, NAN, NAN),
    (lambda x, y: x**y, 0.0, 0.0, 1.0, 0.0, -INF),
    (lambda x, y: x**y, 0.0, 2.0, 0.0, 0.0, 0.0),
    (lambda x, y: x**y, 0.0, 0.5, 0.0, INF, 0.0),
    (lambda x, y: x**y, 0.0, -1.0, INF, -INF, -INF),
    (lambda x, y: x**y, -2.0, 3.0, -8.0, 12.0, NAN),
    (lambda x, y: x**y, -2.0, 0.5, NAN, NAN, NAN),
    (lambda x, y: x**y, 2.0, -0.5, 2**-0.5, -0.5 * 2**-1.5, 2**-0.5 * LOG_2),
    (lambda x, y: x**y, INF, 0.0, 1.0, 0.0, INF),
    (lambda x, y: calls.floor(x) * y, -0.5, 3.0, -3.0, 0.0, -1.0),
    (lambda x, y: calls.floor(x) + y, INF, 3.0, INF, 0.0, 1.0),
    (lambda x, y: calls.stop_gradient(x) * x * y, 3.0, 2.0, 18.0, 6.0, 9.0),
    (lambda x, y: calls.sin(x) * y, INF, 1.0, NAN, NAN, NAN),
    (
        lambda x, y: calls.cos(x) * y,
        1e300,
        1.0,
        float(MP.cos(exact(1e300))),
        -float(MP.sin(exact(1e300))),
        float(MP.cos(exact(1e300))),
    ),
    (lambda x, y: calls.arctan(x) * y, -INF, 1.0, -PI / 2, 0.0, -PI / 2),
    (lambda x, y: calls.log_softplus(x) + y, -INF, 0.0, -INF, 1.0, 1.0),
    (lambda x, y: calls.log_softplus(x) + y, -1e6, 0.0, -1e6, 1.0, 1.0),
    (lambda x, y: calls.log_softplus(x) + y, INF, 0.0, INF, 0.0, 1.0),
    (lambda x, y: calls.log_softplus(x) + y, 1e300, 0.0, math.log(1e300), 1e-300, 1.0),
    (lambda x, y: calls.log_gamma(x) + y, 0.0, 0.0, INF, -INF, 1.0),
    (lambda x, y: calls.log_gamma(x) + y, 1.0, 0.0, 0.0, -0.5772156649015329, 1.0),
    (lambda x, y: calls.log_gamma(x) + y, -0.5, 0.0, NAN, NAN, 1.0),
    (lambda x, y: calls.log_gamma(x) + y, INF, 0.0, INF, INF, 1.0),
    (lambda x, y: calls.log_gamma(x) + y, 1e-300, 0.0, -math.log(1e-300), -1e300, 1.0),
    (lambda x, y: calls.log_gamma(x) + y, 1e300, 0.0, 1e300 * (math.log(1e300) - 1), math.log(1e300), 1.0),
    (lambda x, y: calls.digamma(x) + y, 0.0, 0.0, -INF, INF, 1.0),
    (lambda x, y: calls.digamma(x) + y, -2.5, 0.0, NAN, NAN, 1.0),
    (lambda x, y: calls.digamma(x) + y, INF, 0.0, INF, 0.0, 1.0),
    (lambda x, y: calls.trigamma(x) + y, 0.0, 0.0, INF, -INF, 1.0),
    (lambda x, y: calls.trigamma(x) + y, INF, 0.0, 0.0, 0.0, 1.0),
    (lambda x, y: calls.erf(x) + y, -INF, 0.0, -1.0, 0.0, 1.0),
    (lambda x, y: calls.erf(x) + y, 0.0, 0.0, 0.0, 2 / math.sqrt(PI), 1.0),
    (lambda x, y: calls.erfc(x) + y, INF, 0.0, 0.0, 0.0, 1.0),
    (lambda x, y: calls.erfc(x) + y, -INF, 0.0, 2.0, 0.0, 1.0),
    (lambda x, y: calls.erfc(x) + y, NAN, 0.0, NAN, NAN, 1.0),
    (lambda x, y: calls.log_ndtr(x) + y, -INF, 0.0, -INF, INF, 1.0),
    (lambda x, y: calls.log_ndtr(x) + y, -1e6, 0.0, -5e11 - math.log(1e6 * math.sqrt(2 * PI)), 1e6 + 1e-6, 1.0),
    (lambda x, y: calls.log_ndtr(x) + y, -1e200, 0.0, -INF, 1e200, 1.0),
    (lambda x, y: calls.log_ndtr(x) + y, 0.0, 0.0, -LOG_2, math.sqrt(2 / PI), 1.0),
    (lambda x, y: calls.log_ndtr(x) + y, INF, 0.0, 0.0, 0.0, 1.0),
    (lambda x, y: calls.log_ndtr(x) + y, NAN, 0.0, NAN, NAN, 1.0),
    (lambda x, y: calls.log_ndtr_slope(x) + y, -INF, 0.0, INF, -1.0, 1.0),
    (lambda x, y: calls.log_ndtr_slope(x) + y, -1e6, 0.0, 1e6 + 1e-6, -1 + 1e-12, 1.0),
]


def of_first(function):
    def own(prediction, target):
        return function(prediction, target)

    return lossary.pointwise(own)


def of_second(function):
    def own(prediction, target):
        return function(target, prediction)

    return lossary.pointwise(own)


FUNCTIONS = list(dict.fromkeys(function for function, *_ in EDGES))


def check_edges(function, compute):
    cases = [case for f, *case in EDGES if f is function]
    first, second = of_first(function), of_second(function)
    rows, swapped = [(x, y) for x, y, *_ in cases], [(y, x) for x, y, *_ in cases]
    found = compute(first, "value", rows), compute(first, "gradient", rows), compute(second, "gradient", swapped)
    for (x, y, *expected), *got in zip(cases, *found, strict=True):
        np.testing.assert_allclose(got, expected, rtol=4e-15, atol=1e-16, err_msg=f"at {x}, {y}")


@pytest.mark.parametrize("function", range(len(FUNCTIONS)))
def test_edges(function, library):
    array = {"numpy": np.array, "torch": torch.DoubleTensor, "jax": jnp.array}[library]

    def compute(loss, what, rows):
        operation = functools.partial(loss if what == "value" else loss.gradient, reduction="none", check=False)
        columns = (array(column) for column in zip(*rows, strict=True))
        return np.asarray(jitted(library, operation)(*columns)).tolist()

    check_edges(FUNCTIONS[function], compute)


@pytest.mark.parametrize("function", range(len(FUNCTIONS)))
def test_edges_in_sql(function):
    columns = "prediction double, target double"
    check_edges(FUNCTIONS[function], lambda loss, what, rows: sql(loss.code(f"{what}:sql"), columns, rows))


def test_edges_in_javascript():
    codes, asked = [], []

    def ask(loss, what, rows):
        asked.extend((len(codes), *row) for row in rows)
        codes.append(loss.code(f"{what}:javascript"))
        return [0.0] * len(rows)

    def answer(loss, what, rows):
        return [next(answers) for _ in rows]

    for function in FUNCTIONS:
        with contextlib.suppress(AssertionError):  # zeros
            check_edges(function, ask)
    answers = iter(together(codes, asked))
    for function in FUNCTIONS:
        check_edges(function, answer)


def together(codes, asked):
    """What JavaScript functions make of rows (number of the function, x, y), in one process."""
    return node(f"(i, x, y) => [{', '.join(codes)}][i](x, y)", asked)


# ---- parameters, which are plain numbers


@lossary.pointwise
def of_numbers(prediction, target, *, number=0.5):
    differences = calls.boxcox(prediction, number) - calls.boxcox(target, number)
    return differences + calls.log_gamma(number) + calls.log_gamma(prediction + number) + number**2


@pytest.mark.parametrize("number", [0.0, 0.3, 2.0, 1e-200])
def test_words_of_parameters(number, library):
    """A condition on a parameter chooses one of two arrays, neither of which may be written over."""
    array = {"numpy": np.array, "torch": torch.DoubleTensor, "jax": jnp.array}[library]
    p, t = [0.5, 1.5, 4.0], [0.2, 3.0, 1.0]
    lmbda, log_gamma = exact(number), lambda x: MP.inf if x == 0 else MP.loggamma(x)
    expected = [
        float(boxcox(exact(x), lmbda) - boxcox(exact(y), lmbda) + log_gamma(lmbda) + log_gamma(x + lmbda) + lmbda**2)
        for x, y in zip(p, t, strict=True)
    ]
    found = of_numbers(array(p), array(t), number=number, reduction="none")
    np.testing.assert_allclose(np.asarray(found), expected, rtol=1e-14)
    slopes = [float(exact(x) ** (lmbda - 1) + MP.digamma(x + lmbda)) for x in p]
    found = of_numbers.gradient(array(p), array(t), number=number, reduction="none")
    np.testing.assert_allclose(np.asarray(found), slopes, rtol=1e-14)


def test_powers_and_words_of_numbers_overflow_as_those_of_arrays_do(library):
    array = {"numpy": np.array, "torch": torch.DoubleTensor, "jax": jnp.array}[library]
    found = of_numbers(array([0.5]), array([0.5]), number=1e200, reduction="none", check=False)
    assert np.asarray(found).tolist() == [INF]


# ---- words applied to arrays: values and derivatives of any order, alone and transformed

ONE = ["arctan", "cos", "digamma", "erf", "erfc", "log1pmx", "log_gamma", "log_ndtr", "log_softplus", "sin", "trigamma"]
TWO = ["arctan2", "boxcox", "boxcox1p", "hypot", "hypot_excess", "logaddexp"]
X, Y = [0.3, 0.9, 1.7, 4.5, 11.0], [0.7, -1.2, 0.4, 2.5, -0.3]


def arguments(name):
    return (X, Y) if name in TWO else (X,)


@pytest.mark.parametrize("name", [*ONE, *TWO])
def test_derivatives_of_words_of_tensors(name):
    word = getattr(vocabulary, name)
    tensors = [torch.tensor(column, dtype=torch.float64, requires_grad=True) for column in arguments(name)]
    assert torch.autograd.gradcheck(word, tensors, check_forward_ad=True)
    assert torch.autograd.gradgradcheck(word, tensors)
    columns = [tensor.detach() for tensor in tensors]
    slope = torch.func.vmap(torch.func.grad(word))(*columns)
    expected = torch.autograd.grad(word(*tensors).sum(), tensors[0])[0]
    np.testing.assert_allclose(slope, expected, rtol=1e-14)
    np.testing.assert_allclose(torch.func.jacfwd(word)(*columns).diagonal(), expected, rtol=1e-14)


@pytest.mark.parametrize("name", [*ONE, *TWO])
def test_derivatives_of_words_of_jax_arrays(name):
    word = getattr(vocabulary, name)
    columns = [jnp.asarray(column) for column in arguments(name)]
    tensors = [torch.tensor(column, dtype=torch.float64, requires_grad=True) for column in arguments(name)]
    first = torch.autograd.grad(word(*tensors).sum(), tensors[-1], create_graph=True)[0]
    second = torch.autograd.grad(first.sum(), tensors[-1])[0]
    which = len(columns) - 1
    each = lambda *x: (word(*x), jax.grad(word, which)(*x), jax.hessian(word, which)(*x))
    value, slope, curvature = jax.jit(jax.vmap(each))(*columns)
    np.testing.assert_allclose(value, word(*tensors).detach(), rtol=1e-13)
    np.testing.assert_allclose(slope, first.detach(), rtol=1e-13)
    np.testing.assert_allclose(curvature, second, rtol=1e-12)


@pytest.mark.parametrize("name", ["log_gamma", "log_ndtr", "boxcox", "hypot"])
def test_words_of_tensors_are_compiled(name):
    word = getattr(vocabulary, name)
    tensors = [torch.tensor(column, dtype=torch.float64, requires_grad=True) for column in arguments(name)]
    compiled = torch.compile(lambda *x: word(*x) * 2, backend="aot_eager", fullgraph=True)
    for x, y in zip(
        torch.autograd.grad(compiled(*tensors).sum(), tensors), torch.autograd.grad(word(*tensors).sum(), tensors), strict=True
    ):
        np.testing.assert_allclose(x, 2 * y, rtol=1e-14)


def test_words_at_kinks_of_tensors_and_jax_arrays_have_the_words_own_slopes():
    for name, point, expected in (
        ("hypot", (0.0, 0.0), (0.0, 0.0)),
        ("logaddexp", (-INF, -INF), (0.5, 0.5)),
        ("clip", (1.0, 1.0, 2.0), (1.0, 0.0, 0.0)),
        ("xlogy", (0.0, 0.0), (-INF, 0.0)),
        ("stop_gradient", (3.0,), (3.0,)),
    ):
        word = getattr(vocabulary, name)
        if name == "stop_gradient":  # which leaves nothing to differentiate, alone
            word = lambda x: vocabulary.stop_gradient(x) * x
        tensors = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in point]
        found = torch.autograd.grad(word(*tensors), tensors, materialize_grads=True, allow_unused=True)
        assert tuple(x.item() for x in found) == expected
        assert tuple(map(float, jax.grad(word, tuple(range(len(point))))(*point))) == expected


@pytest.mark.parametrize("library", ["numpy", "torch", "jax"])
def test_words_of_arrays_broadcast_and_keep_the_dtype(library):
    array = {"numpy": np.asarray, "torch": torch.as_tensor, "jax": jnp.asarray}[library]
    for dtype in (np.float16, np.float32, np.float64):
        column, row = np.array([[0.5], [2.0]], dtype), np.array([0.25, 1.0, 3.0], dtype)
        with np.errstate(all="ignore"):
            expected = np.hypot(column, row)
        found = np.asarray(vocabulary.hypot(array(column), array(row)))
        assert found.dtype == dtype
        np.testing.assert_allclose(found, expected, rtol=2 * np.finfo(dtype).eps)
        assert np.asarray(vocabulary.boxcox(array(row), 0.5)).dtype == dtype
    assert vocabulary.log_gamma(array(np.array([5]))).item() == pytest.approx(math.log(24), rel=1e-6)
    assert vocabulary.hypot(3, 4) == 5
    assert vocabulary.log_gamma(0.0) == INF
