"""Machine code of every loss, in both precisions, beside its plain twin; most other tests run kernels in plain Python."""

import math

import numpy as np
import pytest

from lossary.engine.plain import compute_with_arrays
from lossary.formula.domains import Interval
from lossary.losses.find import registry
from tests.laws.cases import BUILT_IN
from tests.laws.compare import same

pytestmark = pytest.mark.compiled
ERROR = {"float32": 4e-6, "float64": 1e-13}
SIZE = 800


def numbers(interval, rng):
    """Random numbers of an interval, with the ends that it has."""
    if math.isfinite(interval.low) and math.isfinite(interval.high):
        x = rng.uniform(interval.low, interval.high, SIZE)
    elif math.isfinite(interval.low):
        x = interval.low + np.exp(rng.normal(size=SIZE))
    elif math.isfinite(interval.high):
        x = interval.high - np.exp(rng.normal(size=SIZE))
    else:
        x = rng.normal(size=SIZE) * 3
    return x


def pointwise(loss, given, rng):
    given_intervals = {"logits": Interval(), "probabilities": Interval(0.0, 1.0), "log_probabilities": Interval(high=0.0)}
    prediction = given_intervals[given] if given else loss.properties.prediction
    return numbers(prediction, rng), numbers(loss.properties.target, rng)


def of_classes(classes, given, rng):
    p, labels = rng.dirichlet(np.full(classes, 0.5), SIZE // classes), rng.integers(0, classes, SIZE // classes)
    return {"logits": np.log(p) * 2 + 1, "probabilities": p, "log_probabilities": np.log(p)}[given], labels


CASES = [
    (loss, given, classes)
    for loss in BUILT_IN
    if loss.kind in ("pointwise", "softmax")
    for given in loss.properties.given or (None,)
    for classes in ((5, 60) if loss.kind == "softmax" else (0,))
]


@pytest.mark.parametrize(
    ("loss", "given", "classes", "dtype"),
    [
        pytest.param(*case, dtype, marks=[pytest.mark.heavy] if (i + k) % 2 else [])  # `make test` has one precision of each
        for i, case in enumerate(CASES)
        for k, dtype in enumerate(ERROR)
    ],
)
def test_value_and_gradient_are_those_of_the_plain_twin(loss, given, classes, dtype, kernels):
    rng = np.random.default_rng(0)
    x, y = of_classes(classes, given, rng) if classes else pointwise(loss, given, rng)
    x, y = x.astype(dtype), y.astype(dtype) if y.dtype.kind == "f" else y
    options = {"reduction": "none", **({"given": given} if given else {})}
    found = loss.value_and_gradient(x, y, **options)
    expected = compute_with_arrays(loss, loss.read_call((x, y), options), "value_and_gradient")
    for a, b in zip(found, expected, strict=True):
        assert a.dtype == dtype
        same(a, b, error=ERROR[dtype])
    assert {type(plan).__name__ for plan in loss.plans.values()} >= {"KernelPlan"}


COMPONENTS = sorted(
    {x for x in registry.values() if x.kind == "samplewise" and not x.takes_labels and not x.of_distributions},
    key=lambda loss: loss.__name__,
)


@pytest.mark.heavy
@pytest.mark.parametrize(("loss", "components"), [(loss, (5, 20)[i % 2]) for i, loss in enumerate(COMPONENTS)])
def test_losses_of_components_are_those_of_the_plain_twin_also_at_the_target_and_far_from_it(loss, components, kernels):
    rng, options = np.random.default_rng(0), {"reduction": "none"}
    given, inputs, wide = next(iter(loss.formulas.given), None), [], []
    for name in loss.inputs:
        if name in loss.formulas.of_sample:
            inputs.append(rng.integers(0, 2, 40).astype(float))
            continue
        inputs.append(numbers(loss.formulas.interval(name, given), rng)[: 40 * components].reshape(40, -1))
        wide.append(inputs[-1])
    for x in wide[1:]:
        x[:3] = wide[0][:3]  # each at the other
    if all(loss.formulas.interval(name, given).everything for name in loss.inputs if name not in loss.formulas.of_sample):
        for x in wide:
            x[3] *= 1e200
            x[4] *= 1e-200
    found = loss.value_and_gradient(*inputs, **options)
    expected = compute_with_arrays(loss, loss.read_call(inputs, options), "value_and_gradient")
    for a, b in zip(found, expected, strict=True):
        for one, other in zip(*((x if isinstance(x, tuple) else (x,)) for x in (a, b)), strict=True):
            same(one, other, error=ERROR["float64"])
    assert {type(plan).__name__ for plan in loss.plans.values()} >= {"KernelPlan"}
