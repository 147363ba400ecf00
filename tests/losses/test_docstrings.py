"""Examples in the docstrings of losses, which doctest does not find because a loss is not a function; and what they state."""

import doctest
import inspect

import pytest

import lossary
from lossary import losses

LOSSES = list(losses.registry.values())
LINEAR = [
    lossary.linear_cross_entropy,
    lossary.linear_distillation,
    lossary.linear_kl_divergence,
    lossary.linear_jensen_shannon,
    lossary.sequence_log_probabilities,
]


@pytest.mark.parametrize("loss", [*LOSSES, *LINEAR], ids=lambda loss: loss.__name__)
def test_examples_of_losses_run(loss):
    test = doctest.DocTestParser().get_doctest(loss.__doc__, {"lossary": lossary}, loss.__name__, None, 0)
    assert test.examples
    failed, _ = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test)
    assert not failed


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.__name__)
def test_docstrings_state_formula_source_and_every_parameter(loss):
    assert "math:" in loss.__doc__
    assert any(year in loss.__doc__ for year in ("17", "18", "19", "20"))
    assert "raise" in loss.__doc__
    for parameter in loss.parameters:
        assert f"``{parameter}``" in loss.__doc__
    for choice in loss.choices:
        assert f"``{choice}``" in loss.__doc__ or f"``{choice}=" in loss.__doc__
    assert getattr(lossary, loss.__name__) is loss


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.__name__)
def test_help_explains_every_option(loss):
    own = inspect.cleandoc(loss.definition.__doc__)
    assert loss.__doc__.startswith(own)
    more = loss.__doc__.removeprefix(own)
    for option in loss.known_options():
        assert f"    {option} = " in more or f"``{option}``" in own
    for name in ("gradient", "value_and_gradient", "curvature", "total", "best_constant", "latex", "code", "plot", "prepare"):
        assert f"{name}(" in more
        assert hasattr(loss, name)
