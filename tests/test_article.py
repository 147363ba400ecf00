"""The article that the project started from, number by number, in its order.

Each test has the number as it is printed there, and the exact one, which comes from a naive formula in plain Python.
"""

import doctest
import math
from pathlib import Path

import mpmath
import numpy as np
import pytest
import sklearn.metrics
import torch

import lossary
from lossary import activations, information
from lossary.vocabulary import sigmoid

DOCS = Path(__file__).parent.parent / "docs"
OF_PROBABILITIES = {"given": "probabilities", "reduction": "none"}


def rounds_to(printed, value):
    """Whether a printed number is the value rounded to the digits that are printed."""
    digits = len(printed.partition(".")[2])
    return f"{value:.{digits}f}" == printed


def cut_to(printed, value):
    """Whether the digits beyond the printed ones were left off without rounding."""
    scale = 10 ** len(printed.partition(".")[2])
    return math.floor(value * scale) == round(float(printed) * scale)


def test_loss_cost_and_objective():
    prediction, target = [2.5, 0.0, 2.0], [3.0, -0.5, 2.0]
    losses = [(p - t) ** 2 for p, t in zip(prediction, target, strict=True)]
    np.testing.assert_array_equal(lossary.squared_error(prediction, target, reduction="none"), losses)
    assert lossary.squared_error(prediction, target, reduction="sum") == sum(losses)
    assert lossary.squared_error(prediction, target) == sum(losses) / 3
    assert min(losses) >= 0


# ---- 2.1 where the cross-entropy comes from


def test_self_information():
    for p, printed in ((0.7, "0.36"), (0.2, "1.61"), (0.1, "2.30")):
        assert information.self_information(p) == pytest.approx(-math.log(p), rel=1e-15)
        assert rounds_to(printed, information.self_information(p))


def test_entropy_of_three_outcomes():
    exact = -(0.7 * math.log(0.7) + 0.2 * math.log(0.2) + 0.1 * math.log(0.1))
    got = information.entropy([0.7, 0.2, 0.1])
    assert got == pytest.approx(exact, rel=1e-15)
    assert got == pytest.approx(0.8018185525433372, rel=1e-15)
    # printed as 0.804, the sum of factors that were rounded before
    assert rounds_to("0.804", 0.7 * 0.36 + 0.2 * 1.61 + 0.1 * 2.30)
    assert not rounds_to("0.804", got)
    assert rounds_to("0.80", got)


P, Q = [0.7, 0.2, 0.1], [0.5, 0.3, 0.2]


def test_relative_entropy():
    exact = sum(p * math.log(p / q) for p, q in zip(P, Q, strict=True))
    assert information.relative_entropy(P, Q) == pytest.approx(exact, rel=1e-14)
    assert information.kl_divergence(P, Q) == information.relative_entropy(P, Q)
    assert information.relative_entropy(Q, P) != pytest.approx(exact, rel=1e-2)
    # the smaller it is, the closer q is to p
    nearer = [information.relative_entropy(P, [p + s * (q - p) for p, q in zip(P, Q, strict=True)]) for s in (0, 0.3, 0.6, 1)]
    assert nearer == sorted(nearer)
    assert nearer[0] == 0


def test_divergence_is_cross_entropy_less_entropy():
    cross = -sum(p * math.log(q) for p, q in zip(P, Q, strict=True))
    entropy = -sum(p * math.log(p) for p in P)
    assert information.cross_entropy(P, Q) == pytest.approx(cross, rel=1e-15)
    assert information.relative_entropy(P, Q) == pytest.approx(cross - entropy, rel=1e-13)


def test_what_is_constant_is_the_entropy_of_the_labels():
    y, a, better = [0.0, 0.0, 1.0], [0.3, 0.3, 0.4], [0.1, 0.1, 0.8]
    assert information.entropy(y) == 0
    assert information.entropy(a) != pytest.approx(information.entropy(better))  # H(a) is not, as the article has it
    for prediction in (a, better):
        assert information.relative_entropy(y, prediction) == pytest.approx(information.cross_entropy(y, prediction), rel=1e-15)


def test_the_loss_of_one_sample_has_its_minus_sign():
    y, a = [0.0, 0.0, 1.0], [0.3, 0.3, 0.4]
    without = sum(t * math.log(p) for t, p in zip(y, a, strict=True))
    assert without < 0
    assert lossary.cross_entropy(a, y, given="probabilities") == pytest.approx(-without, rel=1e-15)


def test_a_batch_costs_the_mean_over_its_samples():
    y = [[0, 0, 1], [1, 0, 0]]
    a = [[0.3, 0.3, 0.4], [0.1, 0.2, 0.7]]
    n = len(y)
    exact = -1 / n * sum(y[i][j] * math.log(a[i][j]) for i in range(n) for j in range(3))
    assert lossary.cross_entropy(a, y, given="probabilities") == pytest.approx(exact, rel=1e-15)


def test_two_classes_are_the_special_case():
    for y, a in ((1, 0.9), (0, 0.2), (1, 0.6), (0.3, 0.6)):
        exact = -(y * math.log(a) + (1 - y) * math.log(1 - a))
        assert lossary.binary_cross_entropy([a], [y], given="probabilities") == pytest.approx(exact, rel=1e-14)
        assert lossary.cross_entropy([[a, 1 - a]], [[y, 1 - y]], given="probabilities") == pytest.approx(exact, rel=1e-14)


def test_a_batch_of_two_classes():
    y, a = [1, 0, 1], [0.9, 0.2, 0.6]
    exact = -sum(t * math.log(p) + (1 - t) * math.log(1 - p) for t, p in zip(y, a, strict=True)) / 3
    assert lossary.binary_cross_entropy(a, y, given="probabilities") == pytest.approx(exact, rel=1e-15)


def test_the_mean_estimates_an_expectation():
    expectation = sum(p * -math.log(q) for p, q in zip(P, Q, strict=True))
    for times in (1, 10):
        drawn = np.repeat([0, 1, 2], [7 * times, 2 * times, times])
        rows = np.tile(Q, (drawn.size, 1))
        assert lossary.cross_entropy(rows, drawn, given="probabilities") == pytest.approx(expectation, rel=1e-14)
        total = lossary.cross_entropy(rows, drawn, given="probabilities", reduction="sum")
        assert total == pytest.approx(10 * times * expectation, rel=1e-14)  # the sum grows with the batch


# ---- 2.2 two branches


def test_the_branches_of_the_binary_cross_entropy():
    a = np.linspace(0.01, 0.99, 99)
    happened = lossary.binary_cross_entropy(a, np.ones(99), **OF_PROBABILITIES)
    did_not = lossary.binary_cross_entropy(a, np.zeros(99), **OF_PROBABILITIES)
    np.testing.assert_allclose(happened, [-math.log(x) for x in a], rtol=1e-14)
    np.testing.assert_allclose(did_not, [-math.log(1 - x) for x in a], rtol=1e-13)
    assert (np.diff(happened) < 0).all()
    assert (np.diff(did_not) > 0).all()
    assert lossary.binary_cross_entropy([0.0], [1], given="probabilities") == math.inf
    assert lossary.binary_cross_entropy([1.0], [1], given="probabilities") == 0


# ---- 2.3 two models that tell animals apart

LABELS = [[0, 0, 1], [0, 1, 0], [1, 0, 0]]  # pig, dog, cat
MODELS = {
    1: ([[0.3, 0.3, 0.4], [0.3, 0.4, 0.4], [0.1, 0.2, 0.7]], ["0.91", "0.91", "2.30"], "1.37", "1.38"),
    2: ([[0.1, 0.2, 0.7], [0.1, 0.7, 0.2], [0.3, 0.4, 0.4]], ["0.35", "0.35", "1.20"], "0.63", "0.64"),
}


@pytest.mark.parametrize("model", MODELS)
def test_the_animal_tables(model):
    rows, printed, printed_mean, rounded_mean = MODELS[model]
    exact = [-sum(t * math.log(p) for t, p in zip(y, a, strict=True) if t) for y, a in zip(LABELS, rows, strict=True)]
    got = lossary.cross_entropy(rows, LABELS, **OF_PROBABILITIES, check=False)
    np.testing.assert_allclose(got, exact, rtol=1e-15)
    for text, value in zip(printed, got, strict=True):
        assert cut_to(text, value)  # 0.9163 is printed as 0.91
    mean = lossary.cross_entropy(rows, LABELS, given="probabilities", check=False)
    assert mean == pytest.approx(sum(exact) / 3, rel=1e-15)
    assert mean == pytest.approx({1: 1.37838887, 2: 0.63910749}[model], abs=1e-7)
    assert rounds_to(rounded_mean, mean)
    assert rounds_to(printed_mean, sum(map(float, printed)) / 3)  # printed as the mean of the cut numbers
    by_index = lossary.cross_entropy(rows, [2, 1, 0], given="probabilities", check=False)
    assert by_index == pytest.approx(mean, rel=1e-15)


@pytest.mark.parametrize(("model", "row"), [(1, 1), (2, 2)])
def test_a_row_that_sums_to_more_than_one_is_rejected(model, row):
    with pytest.raises(ValueError, match=rf"sum to 1 .* got 1\.1\d* at index {row}"):
        lossary.cross_entropy(MODELS[model][0], LABELS, given="probabilities")


def test_the_better_model_costs_less_though_both_err_once():
    costs = {}
    for model, (rows, *_) in MODELS.items():
        right = [int(np.argmax(a)) == y.index(1) for a, y in zip(rows, LABELS, strict=True)]
        assert right == [True, True, False]
        costs[model] = lossary.cross_entropy(rows, LABELS, given="probabilities", check=False)
    assert costs[2] < costs[1]
    assert MODELS[1][0][1][1] == MODELS[1][0][1][2]  # the dog of model 1 is tied with the pig


def test_a_smaller_loss_pushes_less():
    z = np.array([[0.0, 0.0, s] for s in (0, 1, 2, 4, 8)])
    losses, slopes = lossary.cross_entropy.value_and_gradient(z, np.full(5, 2), reduction="none")
    assert (np.diff(losses) < 0).all()
    assert (np.diff(np.abs(slopes).sum(-1)) < 0).all()


# ---- 2.4 PyTorch

LOGITS = np.array([[3.0, 1.0, -3.0], [0.5, 2.0, 0.0], [-1.0, 0.0, 2.0]])


def test_cross_entropy_loss_and_nll_loss():
    y = torch.tensor([0, 2, 1])
    z = torch.tensor(LOGITS)
    assert lossary.cross_entropy(z, y).item() == pytest.approx(torch.nn.CrossEntropyLoss()(z, y).item(), rel=1e-14)
    log_p = torch.nn.LogSoftmax(dim=1)(z)
    nll = lossary.cross_entropy(log_p, y, given="log_probabilities").item()
    assert nll == pytest.approx(torch.nn.NLLLoss()(log_p, y).item(), rel=1e-14)
    assert nll == pytest.approx(lossary.cross_entropy(z, y).item(), rel=1e-14)


def test_weight():
    weight, y = [1.0, 2.0, 3.0], [0, 2, 1]
    losses = [math.log(sum(map(math.exp, row))) - row[k] for row, k in zip(LOGITS.tolist(), y, strict=True)]
    exact = sum(weight[k] * loss for k, loss in zip(y, losses, strict=True)) / sum(weight[k] for k in y)
    assert lossary.cross_entropy(LOGITS, y, class_weight=weight) == pytest.approx(exact, rel=1e-14)
    theirs = torch.nn.CrossEntropyLoss(weight=torch.tensor(weight, dtype=torch.float64))
    assert theirs(torch.tensor(LOGITS), torch.tensor(y)).item() == pytest.approx(exact, rel=1e-14)


def test_ignore_index():
    y = [0, -100, 1]
    losses = [math.log(sum(map(math.exp, row))) - row[k] for row, k in zip(LOGITS.tolist(), y, strict=True) if k >= 0]
    got = lossary.cross_entropy(LOGITS, y, ignore_index=-100, reduction="none")
    assert got[1] == 0
    exact = sum(losses) / 2  # the divisor does not count it
    assert lossary.cross_entropy(LOGITS, y, ignore_index=-100) == pytest.approx(exact, rel=1e-14)
    assert torch.nn.CrossEntropyLoss()(torch.tensor(LOGITS), torch.tensor(y)).item() == pytest.approx(exact, rel=1e-14)


@pytest.mark.filterwarnings("ignore:size_average and reduce args will be deprecated")
@pytest.mark.parametrize("size_average", [None, True, False])
@pytest.mark.parametrize("reduce", [None, True, False])
def test_size_average_and_reduce(size_average, reduce):
    meaning = lossary.reduction_from_legacy(size_average=size_average, reduce=reduce)
    theirs = torch.nn.CrossEntropyLoss(size_average=size_average, reduce=reduce)
    assert meaning == theirs.reduction
    y = torch.tensor([0, 2, 1])
    ours = lossary.cross_entropy(torch.tensor(LOGITS), y, reduction=meaning)
    np.testing.assert_allclose(ours, theirs(torch.tensor(LOGITS), y), rtol=1e-14)


def test_elementwise_mean():
    assert lossary.reduction_from_legacy(reduction="elementwise_mean") == "mean"


def test_hardmax():
    np.testing.assert_array_equal(activations.hardmax([3, 1, -3]), [1, 0, 0])
    assert int(np.argmax([3, 1, -3])) == 0  # what the article's program prints: the place


def test_softmax():
    total = math.exp(3) + math.exp(1) + math.exp(-3)
    got = activations.softmax([3, 1, -3])
    np.testing.assert_allclose(got, [math.exp(z) / total for z in (3, 1, -3)], rtol=1e-15)
    for value, table, program in zip(got, ("0.879", "0.119", "0.002"), ("0.87887824", "0.11894324", "0.00217852"), strict=True):
        assert rounds_to(table, value)
        assert rounds_to(program, value)
    assert sum(got) == 1.0
    assert (got > 0).all()


def test_softmax_of_a_batch_in_pytorch():
    z = torch.tensor(LOGITS)
    e = torch.exp(z)
    np.testing.assert_allclose(activations.softmax(z), e / e.sum(dim=1, keepdim=True), rtol=1e-15)
    large = torch.tensor([[1000.0, 998.0]])
    assert torch.isnan(torch.exp(large) / torch.exp(large).sum()).all()  # where the textbook's form overflows
    assert activations.softmax(large)[0, 0].item() == pytest.approx(1 / (1 + math.exp(-2)), rel=1e-6)


# ---- 2.5 why not the squared error


@lossary.pointwise
def squared_error_of_a_score(prediction, target):
    return (sigmoid(prediction) - target) ** 2


def test_the_squared_error_of_a_score_is_not_convex():
    z = np.linspace(-6, 6, 49)
    for loss in (squared_error_of_a_score, lossary.binary_cross_entropy):
        curvature = loss.curvature(z, np.ones(49), reduction="none")
        naive = {
            "squared_error_of_a_score": lambda x: (1 / (1 + mpmath.exp(-x)) - 1) ** 2,
            "binary_cross_entropy": lambda x: mpmath.log(1 + mpmath.exp(-x)),
        }[loss.__name__]
        exact = [float(mpmath.diff(naive, x, 2)) for x in z]
        np.testing.assert_allclose(curvature, exact, rtol=1e-4, atol=1e-7)
        assert (curvature.min() < -0.1) == (loss is squared_error_of_a_score)
        assert (curvature > 0).all() == (loss is lossary.binary_cross_entropy)


def test_the_gradient_of_softmax_and_cross_entropy_is_a_minus_y():
    # symbolically: f′(log p) = -1, which leaves Σ yₖ (pⱼ - δⱼₖ)
    slope = lossary.cross_entropy.formula(order=1)
    assert slope.is_constant
    assert slope.value == -1
    assert lossary.cross_entropy.latex("gradient") == "p_j - y_j"
    for y in ([0.0, 1.0, 0.0], [0.2, 0.3, 0.5]):
        z = [3.0, 1.0, -3.0]
        a = [math.exp(v) / sum(map(math.exp, z)) for v in z]
        gradient = lossary.cross_entropy.gradient([z], [y])[0]
        np.testing.assert_allclose(gradient, np.subtract(a, y), rtol=1e-13)

        def cost(*scores, y=y):
            total = mpmath.fsum(map(mpmath.exp, scores))
            return -mpmath.fsum(t * mpmath.log(mpmath.exp(s) / total) for t, s in zip(y, scores, strict=True))

        by_differences = [float(mpmath.diff(cost, z, tuple(int(i == j) for i in range(3)))) for j in range(3)]
        np.testing.assert_allclose(gradient, by_differences, rtol=1e-7)


# ---- 3 regression

TARGET = [[1.0, 2.0], [0.0, -1.0], [3.0, 3.0]]
PREDICTION = [[1.5, 2.0], [1.0, 1.0], [3.0, 2.0]]


def by_article(term):
    """1/n Σᵢ Σₜ term(yᵢₜ - ŷᵢₜ), and the inner sums."""
    sums = [sum(term(t - p) for t, p in zip(ts, ps, strict=True)) for ts, ps in zip(TARGET, PREDICTION, strict=True)]
    return sum(sums) / len(sums), sums


def huber_term(delta):
    return lambda r: r * r / 2 if abs(r) <= delta else delta * abs(r) - delta**2 / 2


@pytest.mark.parametrize(
    ("loss", "term", "parameters"),
    [
        (lossary.absolute_error, abs, {}),
        (lossary.squared_error, lambda r: r * r, {}),
        (lossary.huber, huber_term(1), {"delta": 1}),
        (lossary.huber, huber_term(0.5), {"delta": 0.5}),
    ],
)
def test_losses_are_summed_over_components_and_averaged_over_samples(loss, term, parameters):
    cost, sums = by_article(term)
    np.testing.assert_allclose(loss(PREDICTION, TARGET, axis=-1, reduction="none", **parameters), sums, rtol=1e-15)
    assert loss(PREDICTION, TARGET, axis=-1, **parameters) == pytest.approx(cost, rel=1e-15)
    assert loss(TARGET, PREDICTION, axis=-1, **parameters) == pytest.approx(cost, rel=1e-15)  # either sign of the residual


def test_the_absolute_error_resists_outliers():
    wild = np.array([1.0, 2.0, 3.0, 4.0, 100.0])
    candidates = np.arange(0, 101, dtype=float)
    for loss, best in ((lossary.squared_error, 22), (lossary.absolute_error, 3)):
        costs = [loss(np.full(5, c), wild) for c in candidates]
        assert candidates[np.argmin(costs)] == best


def test_gradients_of_mae_and_mse():
    residual = np.array([-3.0, -0.01, 0.01, 3.0])
    zeros = np.zeros(4)
    np.testing.assert_array_equal(lossary.absolute_error.gradient(residual, zeros, reduction="none"), [-1, -1, 1, 1])
    np.testing.assert_array_equal(lossary.squared_error.gradient(residual, zeros, reduction="none"), [-6, -0.02, 0.02, 6])
    np.testing.assert_array_equal(lossary.huber.gradient(residual, zeros, reduction="none"), [-1, -0.01, 0.01, 1])


def test_huber_is_both():
    r = np.array([0.1, 0.9, -0.9])
    np.testing.assert_allclose(lossary.huber(r, 0 * r, reduction="none"), r**2 / 2)
    r = np.array([1.1, 50.0, -50.0])
    np.testing.assert_allclose(lossary.huber(r, 0 * r, reduction="none"), np.abs(r) - 0.5)


# ---- 3.4 the three functions at its end sum where its formulas average

TRUE, PRED = np.array([3.0, -0.5, 2.0, 7.0]), np.array([2.5, 0.0, 2.0, 8.0])


def test_mse_function():
    exact = math.fsum((t - p) ** 2 for t, p in zip(TRUE, PRED, strict=True))
    assert lossary.squared_error(PRED, TRUE, reduction="sum") == exact == 1.5
    assert lossary.squared_error(PRED, TRUE) == sklearn.metrics.mean_squared_error(TRUE, PRED) == exact / 4


def test_mae_function():
    exact = math.fsum(abs(t - p) for t, p in zip(TRUE, PRED, strict=True))
    assert lossary.absolute_error(PRED, TRUE, reduction="sum") == exact == 2
    assert lossary.absolute_error(PRED, TRUE) == sklearn.metrics.mean_absolute_error(TRUE, PRED) == exact / 4


def test_huber_function():
    delta = 0.5  # two residuals lie on the border, where `<` and `≤` choose different branches of one value

    def strict(r):
        return r * r / 2 if abs(r) < delta else delta * abs(r) - delta**2 / 2

    exact = math.fsum(strict(t - p) for t, p in zip(TRUE, PRED, strict=True))
    assert exact == math.fsum(huber_term(delta)(t - p) for t, p in zip(TRUE, PRED, strict=True))
    assert lossary.huber(PRED, TRUE, delta=delta, reduction="sum") == exact == 0.625


# ---- the pages


@pytest.mark.parametrize("page", ["index.md", "article.md"])
def test_the_code_on_the_pages_runs(page):
    failures, examples = doctest.testfile(
        str(DOCS / page), module_relative=False, optionflags=doctest.ELLIPSIS, encoding="utf-8"
    )
    assert examples > 3
    assert failures == 0


def test_the_page_prints_the_numbers_of_the_article():
    text = (DOCS / "article.md").read_text(encoding="utf-8")
    for number in (
        "0.804",
        "0.36",
        "1.61",
        "2.30",
        "1.37",
        "0.63",
        "0.91",
        "0.35",
        "1.20",
        "0.879",
        "0.119",
        "0.002",
        "0.87887824",
    ):
        assert number in text
