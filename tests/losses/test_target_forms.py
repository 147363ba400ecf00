"""Targets of divergences as logits and as log-probabilities, and rows that do not sum to 1."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.special
import torch

import lossary
from lossary import report
from lossary.formula.expression import FormulaError
from tests.oracle import as_library, to_numpy

rng = np.random.default_rng(31)
Z, Q = rng.normal(0, 2, (12, 5)), rng.normal(0, 2, (12, 5))
T = scipy.special.softmax(Q, -1)
FORMS = {"logits": Q, "log_probabilities": scipy.special.log_softmax(Q, -1)}
NAMES = (
    "kl_divergence",
    "reverse_kl",
    "jensen_shannon",
    "squared_hellinger",
    "total_variation",
    "renyi",
    "ranked_probability_score",
    "wasserstein_1",
)
by_name = pytest.mark.parametrize("name", NAMES)
by_library = pytest.mark.parametrize("library", ["numpy", "torch"])
by_form = pytest.mark.parametrize("form", FORMS)


@by_name
@by_form
@by_library
def test_another_form_of_the_target_is_its_probabilities(name, form, library):
    loss, target = getattr(lossary, name), FORMS[form]
    inputs = as_library(library, Z), as_library(library, target)
    expected = loss.value_and_gradient(Z, T, reduction="none")
    for got, truth in zip(loss.value_and_gradient(*inputs, target_given=form, reduction="none"), expected, strict=True):
        np.testing.assert_allclose(to_numpy(got), truth, rtol=1e-13, atol=4e-15)
    assert loss.total(*inputs, target_given=form).mean == pytest.approx(loss(Z, T), rel=1e-13)
    moved = loss(as_library(library, Z.T.copy()), as_library(library, target.T.copy()), target_given=form, axis=0)
    assert float(moved) == pytest.approx(float(loss(Z, T)), rel=1e-13)


@by_name
@by_form
def test_the_target_has_no_gradient(name, form):
    loss = getattr(lossary, name)
    z, t = (torch.tensor(x, requires_grad=True) for x in (Z, FORMS[form]))
    loss(z, t, target_given=form).backward()
    assert t.grad is None
    np.testing.assert_allclose(z.grad, loss.gradient(Z, T), rtol=1e-11, atol=1e-15)


def test_the_target_has_no_gradient_in_jax():
    cost = lambda z, t: lossary.kl_divergence(z, t, target_given="logits")
    found = jax.jit(jax.grad(cost, argnums=(0, 1)))(jnp.asarray(Z), jnp.asarray(Q))
    np.testing.assert_allclose(found[0], lossary.kl_divergence.gradient(Z, T), rtol=1e-5, atol=1e-7)
    assert (found[1] == 0).all()


@by_name
@by_library
def test_a_class_that_the_target_rules_out(name, library):
    """A logit of -∞ is a probability of 0."""
    loss, q = getattr(lossary, name), Q.copy()
    q[:, 1] = -np.inf
    expected = loss.value_and_gradient(Z, scipy.special.softmax(q, -1), reduction="none")
    found = loss.value_and_gradient(as_library(library, Z), as_library(library, q), target_given="logits", reduction="none")
    for got, truth in zip(found, expected, strict=True):
        np.testing.assert_allclose(to_numpy(got), truth, rtol=1e-12, atol=4e-15)


def test_logits_in_half_precision_are_converted_in_single():
    z, q = (torch.tensor(x).bfloat16() for x in (Z, Q))
    got = lossary.kl_divergence(z, q, target_given="logits")
    assert got.dtype == torch.float32
    assert got.item() == pytest.approx(lossary.kl_divergence(z.double(), q.double().softmax(-1)).item(), rel=1e-6)


@pytest.mark.parametrize("name", ["kl_divergence", "wasserstein_1"])
def test_reports_take_the_form_of_the_target(name):
    found = report.score(None, loss=name, prediction=Z, target=Q, parameters={"target_given": "logits"})
    assert found.mean == pytest.approx(float(getattr(lossary, name)(Z, T)), rel=1e-13)


def test_sums_of_divergences_take_the_form_too():
    both = lossary.kl_divergence + lossary.reverse_kl
    assert both(Z, Q, target_given="logits") == pytest.approx(both(Z, T), rel=1e-13)


def test_what_has_no_form_is_refused():
    with pytest.raises(ValueError, match=r"target_given='logits' is the form of rows .* labels have no form"):
        lossary.kl_divergence(Z, np.zeros(12, int), target_given="logits")
    with pytest.raises(ValueError, match="target_given is one of 'probabilities', 'logits', 'log_probabilities'; got 'logit'"):
        lossary.renyi(Z, Q, target_given="logit")
    with pytest.raises(TypeError, match=r"logits of a target have their classes on one axis; got axis=\(0, 1\)"):
        lossary.renyi(Z, Q, target_given="logits", axis=(0, 1))
    assert np.isnan(lossary.kl_divergence(Z[:1], np.full((1, 5), -np.inf), target_given="logits"))  # which have no softmax
    with pytest.raises(ValueError, match="target"):
        lossary.wasserstein_1(Z, Q + 9, target_given="log_probabilities")
    with pytest.raises((FormulaError, TypeError), match="takes probabilities as its target"):
        lossary.scaled(lossary.renyi)(Z, Q, target_given="logits")
    with pytest.raises(TypeError, match="made of labels or probabilities; got target_given='logits'"):
        lossary.kl_divergence.best_constant(Q, target_given="logits")
    with pytest.raises((FormulaError, TypeError), match="takes probabilities as its target"):

        @lossary.samplewise
        def of_logits(prediction, target):
            return lossary.renyi(prediction, target, target_given="logits")


@pytest.mark.parametrize("name", ["renyi", "ranked_probability_score", "wasserstein_1"])
@pytest.mark.parametrize("role", ["prediction", "target"])
@pytest.mark.parametrize("rows", [12, 840])
@by_library
def test_rows_that_do_not_sum_to_1_raise_but_where_they_are_masked(name, role, rows, library):
    loss = getattr(lossary, name)
    wrong = {"prediction": np.resize(T[::-1], (rows, 5)), "target": np.resize(T, (rows, 5))}
    wrong[role][1] *= 0.9
    inputs = [as_library(library, x) for x in wrong.values()]
    with pytest.raises(ValueError, match=f"the probabilities of a {role} row sum to 1"):
        loss(*inputs, given="probabilities")
    with pytest.raises(ValueError, match=f"the probabilities of a {role} row sum to 1"):
        loss.total(*inputs, given="probabilities")
    assert np.isfinite(float(loss(*inputs, given="probabilities", check=False)))
    kept = np.arange(rows) != 1
    expected = loss(*(x[kept] for x in wrong.values()), given="probabilities")
    found = loss(*inputs, given="probabilities", where=as_library(library, kept))
    assert float(found) == pytest.approx(float(expected), rel=1e-12)
    assert loss.problems(*wrong.values(), given="probabilities")[f"{role} sum"].nonzero()[0].tolist() == [1]
