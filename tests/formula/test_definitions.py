"""A definition that is no formula is refused where it is decorated, in a sentence that says what to write instead."""

import functools
import math

import jax.numpy as jnp
import numpy as np
import pytest
import torch

import lossary
from lossary import vocabulary
from lossary.formula.domains import Interval, Positive
from lossary.formula.expression import symbol

HERE = {
    "math": math,
    "np": np,
    "torch": torch,
    "jnp": jnp,
    "Positive": Positive,
    "Interval": Interval,
    "vocabulary": vocabulary,
}
HERE |= {name: getattr(vocabulary, name) for name in vocabulary.__all__}
HERE |= {"foreign": symbol("foreign"), "huber": lossary.huber}


def defined(body, arguments="prediction, target"):
    namespace = dict(HERE)
    exec(f"def own({arguments}):\n    {body}", namespace)
    return namespace["own"]


BRANCH = r"cannot branch on a value .* write where\(condition, a, b\)"
ELEMENTS = "its arguments are numbers, without elements"
RAISED = "is called once, with symbols for its arguments, and this call raised "
WORDS = "; a formula is made of its arguments, numbers, operators and the words of lossary.vocabulary"
MIXED = "conditions and numbers are not mixed"
NOT_ONE = "a formula is made of its arguments, numbers and words of the vocabulary; got "
CONDITION = "a formula is a number; got the condition"
BODIES = {
    "return prediction if prediction > 0 else target": BRANCH,
    "return max(prediction, 0)": BRANCH,
    "return where(0 < prediction < 1, prediction, 0)": BRANCH,
    "return prediction and target": BRANCH,
    "return not prediction": BRANCH,
    "return prediction in (1, 2)": BRANCH,
    "return math.exp(prediction)": "a function of `math` or NumPy cannot be applied",
    "return float(prediction)": "a function of `math` or NumPy cannot be applied",
    "return int(prediction)": RAISED + "TypeError: int.*" + WORDS,
    "return np.exp(prediction)": "numpy.exp cannot be applied .* use lossary.vocabulary.exp",
    "return np.abs(prediction)": "numpy.absolute cannot be applied .* use lossary.vocabulary.abs",
    "return np.clip(prediction, 0, 1)": "numpy.clip cannot be applied .* use lossary.vocabulary.clip",
    "return np.tan(prediction)": "numpy.tan cannot be applied .* use operators and the words of lossary.vocabulary",
    "return torch.lgamma(prediction)": "torch.lgamma cannot be applied .* use lossary.vocabulary.log_gamma",
    "return np.where(prediction > 0, prediction, 0)": "numpy.where cannot be applied .* use lossary.vocabulary.where",
    "return np.mean([prediction, target])": "its arguments are no arrays",
    "return torch.exp(prediction)": "torch.exp cannot be applied .* use lossary.vocabulary.exp",
    "return jnp.exp(prediction)": RAISED + r"TypeError(.|\n)*" + WORDS,
    "return prediction.exp()": r"a formula has no method 'exp'; write exp\(…\) with lossary.vocabulary.exp",
    "return (prediction - target).sum()": "a formula has no 'sum': a pointwise or softmax definition is of one sample",
    "return tan(prediction)": RAISED + "NameError: name 'tan' is not defined" + WORDS,
    "return vocabulary.tan(prediction)": RAISED + "AttributeError: .*'tan'" + WORDS,
    "return prediction % 2": RAISED + "TypeError: unsupported operand.*" + WORDS,
    "return 1 / 0 * prediction": RAISED + "ZeroDivisionError",
    "return prediction * 10**400": RAISED + "OverflowError",
    "raise KeyError('missing')": RAISED + "KeyError: 'missing'",
    "return len(prediction)": ELEMENTS,
    "return sum(x for x in prediction)": ELEMENTS,
    "return prediction[0]": ELEMENTS,
    "prediction - target": "got None; does the definition return its formula",
    "return prediction, target": NOT_ONE + "tuple .* give one formula",
    "return 'a'": NOT_ONE + "str",
    "return 1j * prediction": NOT_ONE + "complex",
    "return torch.tensor(2.0) * prediction": NOT_ONE + "Tensor .* convert it to a Python number first",
    "return np.ones(2) * prediction": NOT_ONE + "ndarray",
    "return prediction == target": CONDITION,
    "return prediction < target": CONDITION,
    "return (prediction < 0) * prediction": MIXED,
    "return 1 - (prediction < target)": MIXED,
    "return prediction * True": MIXED,
    "return where(prediction, 1, prediction)": MIXED,
    "return where(~prediction, 1, prediction)": MIXED,
    "return where(target < 0, target < 1, prediction)": MIXED,
    "return exp(prediction < 0)": MIXED,
    "return prediction + foreign": "a formula is made of the definition's own arguments; this one has foreign, too",
    "yield prediction": "this one is a generator; write it with def and return",
}


@pytest.mark.parametrize("body", BODIES)
def test_what_is_no_formula_is_refused_at_once(body):
    with pytest.raises(TypeError, match=BODIES[body]) as raised:
        lossary.pointwise(defined(body))
    assert str(raised.value).startswith("own")


@pytest.mark.parametrize("body", ["return target**2", "return 0 * prediction", "return 3"])
def test_a_loss_depends_on_its_prediction(body):
    with pytest.raises(ValueError, match="own: a loss depends on its prediction, and this formula does not"):
        lossary.pointwise(defined(body))
    with pytest.raises(ValueError, match="own: a loss depends on its log_probability"):
        lossary.softmax(defined("return 1.0", "log_probability"))


def test_the_line_is_named():
    def own(prediction, target):
        residual = prediction - target
        return math.sqrt(residual)

    with pytest.raises(TypeError, match=r"own \(.*test_definitions\.py:\d+: return math\.sqrt\(residual\)\): a definition is"):
        lossary.pointwise(own)


NUMBER = "the default of delta is a number; got "
OUTSIDE = r"the default of delta lies in \(0, ∞\); got -1"
ARGUMENTS = {
    "prediction, target=0": (TypeError, "target is given in every call, so it has no default; got 0"),
    "prediction, target, *more": (TypeError, r"names each of its arguments; it takes \*more"),
    "prediction, target, **more": (TypeError, r"names each of its arguments; it takes \*\*more"),
    "prediction, target, delta=1": (
        TypeError,
        r"takes \(prediction, target, delta\); put .* after a `\*`",
    ),
    "self, prediction, target": (TypeError, "'self' is an option of every loss; give the input another name"),
    "prediction, target, *, delta": (TypeError, "every parameter needs a default; delta has none"),
    "prediction, target, *, delta=None": (TypeError, NUMBER + "NoneType"),
    "prediction, target, *, delta='1'": (TypeError, "a parameter is a number, or one of the words that its annotation lists"),
    "prediction, target, *, delta=np.ones(3)": (TypeError, NUMBER + "ndarray"),
    "prediction, target, *, delta: Positive=-1": (ValueError, OUTSIDE),
    "prediction, target, *, delta: 'Positive'=-1": (ValueError, OUTSIDE),
    "prediction, target, *, delta: Interval(0, 2)=3": (ValueError, r"delta lies in \[0, 2\]; got 3"),
    "prediction, target, *, delta: 'Positiv'=1": (TypeError, "annotation of delta cannot be read: 'Positiv'"),
    "prediction, target, *, delta: str=1": (TypeError, "delta is annotated <class 'str'>; write one of these, or leave it out"),
    "prediction: np.ndarray, target": (TypeError, "prediction is annotated <class 'numpy.ndarray'>"),
    **{
        f"prediction, target, *, {name}=1": (TypeError, f"{name!r} is an option of every loss; give the parameter another")
        for name in ("given", "out", "self", "language", "with_squares", "weight", "reduction")
    },
}


@pytest.mark.parametrize("arguments", ARGUMENTS)
def test_arguments_that_no_loss_can_have_are_refused_at_once(arguments):
    kind, message = ARGUMENTS[arguments]
    with pytest.raises(kind, match=message) as raised:
        lossary.pointwise(defined("return prediction - target", arguments))
    assert "own" in str(raised.value)


async def coroutine(prediction, target):
    return prediction


@pytest.mark.parametrize(
    ("what", "message"),
    [
        (coroutine, "coroutine: .* this one is a coroutine"),
        (lambda prediction, target: prediction, "a lambda has none; write def name"),
        (functools.partial(coroutine), "a plain Python function; got functools.partial"),
        (Interval, "a plain Python function; got <class"),
    ],
)
def test_only_a_plain_function_is_a_definition(what, message):
    for decorate in (lossary.pointwise, lossary.composed, lossary.pointwise(convex=True)):
        with pytest.raises(TypeError, match=message):
            decorate(what)


def test_links_are_checked_too():
    definition = lossary.huber.definition
    with pytest.raises(TypeError, match=r"huber: given= maps a name to \(function, interval\)"):
        lossary.pointwise(given={"z": vocabulary.exp})(definition)
    with pytest.raises(TypeError, match=r"huber, given='z' \(.*math\.exp\(z\).*a function of `math`"):
        lossary.pointwise(given={"z": (lambda z: math.exp(z), Interval())})(definition)


def test_what_is_a_formula_is_taken():
    for body, expected in (
        ("prediction += 1; return prediction", 3.0),
        ("return np.float64(2) * prediction / np.float32(4)", 1.0),
        ("return where(np.float64(1) < prediction, np.array(5.0) * prediction, 0)", 10.0),
        ("return huber.definition(prediction, target, delta=1)", 1.5),
        ("return where(~(prediction == 2) | (target != 0), 0, prediction)", 2.0),
        ("return sum([prediction] * 3)", 6.0),
        ("return prediction * 2**70", 2.0**71),
    ):
        assert lossary.pointwise(defined(body))([2.0], [0.0]) == expected, body
    loss = lossary.pointwise(defined("return prediction * delta", "prediction: float, target, /, *, delta: 'Positive' = 2"))
    assert loss([2.0], [0.0]) == 4
    with pytest.raises(ValueError, match="delta lies in"):
        loss([2.0], [0.0], delta=-1)


def test_parameters_of_latex_stay_symbols():
    with pytest.raises(TypeError, match="parameters stay symbols in LaTeX, so leave out delta"):
        lossary.huber.code("latex", delta=2)


def test_parameters_that_change_nothing_are_named():
    def weighs(prediction, target, *, weight_of_events=1.0, scale=2.0):
        return weight_of_events * abs(prediction - target) / scale

    plain = lossary.pointwise(weighs)
    named = lossary.pointwise(neutral=("weight_of_events",))(weighs)
    assert r"\mathrm{weight\_of\_events}" in plain.latex()
    assert named.latex() == r"\frac{\left|\hat{y} - y\right|}{\mathrm{scale}}"
    x, y = np.linspace(0, 1, 5000), np.linspace(2, 1, 5000)
    for options in ({}, {"weight_of_events": 3.0}, {"scale": 5.0}, {"weight_of_events": 3.0, "scale": 5.0}):
        assert named(x, y, **options) == plain(x, y, **options)
    with pytest.raises(TypeError, match=r"neutral= is a tuple of parameters \(weight_of_events, scale\); got \('scal',\)"):
        lossary.pointwise(neutral=("scal",))(weighs)
