"""Parameters that are words: each has a formula, kernels and plans of its own."""

import copy
import pickle
from typing import Literal

import numpy as np
import pytest

import lossary
from lossary import report
from lossary.errors import UsageError
from lossary.formula.domains import NonNegative, Positive
from lossary.vocabulary import log_gamma, xlogy
from tests.oracle import as_library, to_numpy


@lossary.pointwise(given={"log": (lossary.vocabulary.exp, lossary.kinds.PROBABILITIES["logits"][1])})
def count(rate: Positive, target: NonNegative, *, scale=1.0, constant: Literal["none", "all", "odd"] = "none"):
    """A Poisson loss; the odd one is another loss altogether."""
    loss = rate - xlogy(target, rate)
    if constant == "all":
        loss = loss + log_gamma(target + 1)
    return scale * loss if constant != "odd" else scale * (rate - target) ** 2


@lossary.pointwise
def error(rate: Positive, target: NonNegative):
    return (rate - target) ** 2


@lossary.composed(gradient=lambda rate, target, *, constant: (2 if constant == "all" else 1) * (rate * 0 + 1))
def summed(rate, target, *, constant: Literal["none", "all", "odd"] = "none"):
    return (2 if constant == "all" else 1) * (rate - target).sum(-1)


rng = np.random.default_rng(3)
S, Y = rng.normal(size=300), rng.poisson(2.0, 300).astype(float)
LOGS = np.array([sum(np.log(np.arange(1, y + 1))) for y in Y])
VALUES = {"none": np.exp(S) - Y * S, "all": np.exp(S) - Y * S + LOGS, "odd": (np.exp(S) - Y) ** 2}
SLOPES = {"none": np.exp(S) - Y, "all": np.exp(S) - Y, "odd": 2 * (np.exp(S) - Y) * np.exp(S)}
WORDS = pytest.mark.parametrize("word", ["odd", "none", "all"])


@pytest.mark.parametrize("size", [300, 3])
@WORDS
def test_each_word_has_its_value_and_slope(word, size, library):
    s, y = as_library(library, S[:size]), as_library(library, Y[:size])
    for reduction in ("none", "mean"):  # by kernels, functions of arrays and array operations
        value, slope = count.value_and_gradient(s, y, constant=word, reduction=reduction)
        total = VALUES[word][:size] if reduction == "none" else VALUES[word][:size].mean()
        np.testing.assert_allclose(to_numpy(value), total, rtol=1e-12)
        share = 1 if reduction == "none" else size
        np.testing.assert_allclose(to_numpy(slope), SLOPES[word][:size] / share, rtol=1e-10, atol=1e-12)


@WORDS
def test_torch_differentiates_each_word(word):
    torch = pytest.importorskip("torch")
    s = torch.tensor(S, requires_grad=True)
    count(s, torch.tensor(Y), constant=word, reduction="sum").backward()
    np.testing.assert_allclose(s.grad.numpy(), SLOPES[word], rtol=1e-10, atol=1e-12)


@WORDS
def test_learned_parameters_go_with_each_word(word):
    torch = pytest.importorskip("torch")
    scale = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
    count(torch.tensor(S), torch.tensor(Y), constant=word, scale=scale, reduction="sum").backward()
    np.testing.assert_allclose(scale.grad.item(), VALUES[word].sum(), rtol=1e-12)


def test_a_compiled_graph_keeps_words_apart():
    torch = pytest.importorskip("torch")

    @torch.compile(backend="eager", fullgraph=True)
    def step(s, y):
        return [count(s, y, constant=word, reduction="sum") for word in ("none", "all", "odd")]

    found = step(torch.tensor(S), torch.tensor(Y))
    np.testing.assert_allclose([x.item() for x in found], [VALUES[word].sum() for word in ("none", "all", "odd")], rtol=1e-12)


def test_jit_keeps_words_apart():
    jax = pytest.importorskip("jax")
    both = jax.jit(lambda s, y: [count(s, y, constant=word) for word in ("all", "odd")])
    found = both(as_library("jax", S), as_library("jax", Y))
    np.testing.assert_allclose(found, [VALUES["all"].mean(), VALUES["odd"].mean()], rtol=1e-12)


@WORDS
def test_totals_and_samples_and_problems_and_constants(word):
    assert count.total(S, Y, constant=word).mean == pytest.approx(VALUES[word].mean(), rel=1e-14)
    np.testing.assert_allclose(count.sample_losses(S, Y, constant=word)[0], VALUES[word], rtol=1e-12)
    assert not count.problems(S, Y, constant=word)
    assert count.best_constant(Y, constant=word, given="log") == pytest.approx(np.log(Y.mean()), rel=1e-9)
    count.prepare(np.empty(0), np.empty(0), constant=word)


@WORDS
def test_code_and_latex_are_of_the_word(word):
    assert ("Gamma" in count.latex(constant=word)) == (word == "all")
    assert ("lgamma" in count.code("sql", constant=word)) == (word == "all")
    assert ("** 2" in count.code("javascript", constant=word)) == (word == "odd")


def test_code_of_one_word_computes_that_word():
    names = {}
    exec("import numpy as np\n" + count.code("numpy", constant="odd"), names)
    np.testing.assert_allclose(names["count"](S, Y, 1.0), VALUES["odd"])


@WORDS
def test_sums_share_the_choice(word):
    expected = error(np.exp(S), Y)
    both = error + count
    mixed = summed + error
    assert both(np.exp(S), Y, constant=word) == pytest.approx(expected + count(np.exp(S), Y, constant=word, given="log"))
    parts = both(np.exp(S), Y, constant=word, returns=("parts",)).parts
    assert sum(parts) == pytest.approx(both(np.exp(S), Y, constant=word))
    rows = np.exp(S).reshape(-1, 3), Y.reshape(-1, 3)
    times = 2 if word == "all" else 1
    assert mixed(*rows, constant=word, axis=-1) == pytest.approx(
        times * np.mean((rows[0] - rows[1]).sum(-1)) + error(*rows, axis=-1)
    )
    np.testing.assert_allclose(
        mixed.gradient(*rows, constant=word, axis=-1, reduction="sum"), times + error.gradient(*rows, axis=-1, reduction="sum")
    )
    assert mixed.total(*rows, constant=word, axis=-1).mean == pytest.approx(mixed(*rows, constant=word, axis=-1))


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
@WORDS
def test_losses_of_words_are_copied(word, copied):
    loss, _ = count.choose({"constant": word})
    assert copied(loss) is loss
    assert copied(count)(S, Y, constant=word) == count(S, Y, constant=word)


def test_a_loss_with_a_choice_is_called_in_a_definition():
    @lossary.pointwise
    def doubled(rate, target, *, constant: Literal["all", "odd"] = "all"):
        return 2 * count(rate, target, constant=constant, given="log")

    assert doubled(S, Y) == pytest.approx(2 * VALUES["all"].mean())
    assert doubled(S, Y, constant="odd") == pytest.approx(2 * VALUES["odd"].mean())


@pytest.mark.parametrize("word", ["odd", "all"])
def test_reports_take_words(word):
    table = {"s": S, "y": Y}
    found = report.score(table, loss=count, prediction="s", target="y", parameters={"constant": word})
    assert found.mean == pytest.approx(VALUES[word].mean(), rel=1e-14)
    assert found.baseline == pytest.approx(count(np.full_like(Y, np.log(Y.mean())), Y, constant=word), rel=1e-9)
    assert f"constant={word}" in str(found)
    assert word in found.to_html()


def test_reports_of_another_loss_take_words():
    table = {"s": np.exp(S), "y": Y}
    found = report.score(table, loss=error, prediction="s", target="y", also=[error])
    assert len(found.also) == 1
    place = f"{__file__}:count"
    found = report.score(table, loss=error, prediction="s", target="y", also=f"{place}:constant=odd:given=log")
    assert found.also[0].mean == pytest.approx(count(np.exp(S), Y, constant="odd"))


def test_pictures_take_words():
    pytest.importorskip("matplotlib")
    figure = count.plot(constant=("none", "all"), target=1.0)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["constant = none", "constant = all"]


def test_signature_and_choices_tell():
    assert count.__signature__.parameters["constant"].default == "none"
    assert count.choices == {"constant": ("none", "all", "odd")}
    assert list(count.parameters) == ["scale"]


def test_an_unknown_word_raises():
    for call in (count, count.gradient, count.total, count.sample_losses, error + count):
        with pytest.raises(ValueError, match=r"constant is one of 'none', 'all', 'odd'; got 'al'; did you mean 'all'\?"):
            call(S, Y, constant="al")
    with pytest.raises(TypeError, match="no option 'constnt'; did you mean 'constant'"):
        count(S, Y, constnt="all")
    with pytest.raises(TypeError, match=r"it has .*constant"):
        count(S, Y, constant="all", nothing="of the kind")
    with pytest.raises(UsageError, match="constant is one of"):
        report.score({"s": S, "y": Y}, loss=count, prediction="s", target="y", parameters={"constant": "al"})


def test_a_definition_lists_its_words():
    with pytest.raises(TypeError, match="words that its annotation lists; kind is 'a' by default"):

        @lossary.pointwise
        def unlisted(prediction, target, *, kind="a"):
            return prediction - target

    with pytest.raises(TypeError, match="words that its annotation lists"):

        @lossary.pointwise
        def other(prediction, target, *, kind: Literal["b", "c"] = "a"):
            return prediction - target

    with pytest.raises(TypeError, match="option of every loss"):

        @lossary.pointwise
        def taken(prediction, target, *, empty: Literal["a"] = "a"):
            return prediction - target


def test_terms_agree_on_words():
    @lossary.pointwise
    def other(rate, target, *, constant: Literal["all", "none"] = "all"):
        return rate - target

    with pytest.raises(TypeError, match="share choices of the same name"):
        other + count


def test_a_choice_may_be_true_or_false():
    @lossary.pointwise
    def error(prediction, target, *, squared: bool = True):
        return (prediction - target) ** 2 if squared else abs(prediction - target)

    x, y = np.array([1.0, 5.0]), np.array([3.0, 2.0])
    assert error.choices == {"squared": (True, False)}
    assert error(x, y, reduction="sum") == 13
    assert error(x, y, squared=False, reduction="sum") == 5
    np.testing.assert_array_equal(error.gradient(x, y, squared=False, reduction="sum"), [-1, 1])
    for wrong in (1, 0, "yes", None):
        with pytest.raises(ValueError, match="squared is one of True, False; got"):
            error(x, y, squared=wrong)
    assert error.word_of("squared", "False") is False


def test_reports_take_what_is_true_or_false():
    rng = np.random.default_rng(1)
    p = rng.dirichlet(np.ones(3), 8)
    columns = {f"p{i}": p[:, i] for i in range(3)} | {"y": rng.integers(0, 3, 8)}
    expected = lossary.jensen_shannon(p, columns["y"], scaled=True, given="probabilities")
    given = {"prediction": "p*", "target": "y", "given": "probabilities"}
    also = "jensen_shannon:scaled=true:given=probabilities"
    found = report.score(columns, loss="jensen_shannon", parameters={"scaled": True}, also=also, **given)
    assert found.parameters["scaled"] is True
    assert [found.mean, found.also[0].mean] == pytest.approx([expected, expected], rel=1e-13)
