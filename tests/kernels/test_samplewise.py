"""Kernels of sums over components, beside the plain twin and sums in full precision, whatever the samples are like."""

import dataclasses
import math

import ml_dtypes
import mpmath
import numpy as np
import pytest

from lossary.arrays import numpy as on_numpy
from lossary.formula.rewrite import substitute
from lossary.formula.samples import component_slope
from lossary.formula.stable import stable
from lossary.kernels.samplewise import kernel as samplewise
from lossary.kernels.samplewise.spec import SamplewiseKernel
from lossary.kernels.task import PassesTask, Task
from lossary.vocabulary import abs, average, count, largest, log_sum_exp, norm, sigmoid, total, xmuly
from tests.formula.test_samples import FORMULAS, INPUTS, MP, N, T, W, X, mp_lse, mp_norm

ALL = {name: formula for name, (formula, _) in FORMULAS.items()}
ALL["of each word"] = largest(abs(X)) * norm(T) + log_sum_exp(N * 3) * total(X) + count(T > X) * largest(N - largest(T))


@dataclasses.dataclass
class Case:
    """A kernel with arrays for one call."""

    kernel: SamplewiseKernel
    arrays: dict

    def run(self, threads=1, share=1.0):
        """The sum of the losses, the flag, and stored arrays by name."""
        kernel, given = self.kernel, self.arrays
        samples, components = given["x"].shape
        stored = [given[name] for name, _ in (*kernel.inputs, *kernel.per_sample)]
        if kernel.masked:
            stored.append(given["where"])
        made = {}
        if kernel.loss is not None and not kernel.reduced:
            made["losses"] = np.empty((samples, 1), memory(kernel.stored[0]))
        for i, dtype in enumerate(kernel.stored[1:]):
            made[f"slopes_{i}"] = np.empty((samples, components), memory(dtype))
        task = samplewise.task(kernel, samples, components, [given[name] for name in kernel.numbers])
        addresses = [x.ctypes.data for x in (*stored, *made.values())]
        total, flag = task.run(addresses, threads, share)
        return total, flag, made

    def twin(self):
        """Losses and slopes by array operations in float64."""
        kernel, given = self.kernel, self.arrays
        wide = {name: np.asarray(value, np.float64) for name, value in given.items() if name != "where"}
        numbers = {name: given[name] for name in kernel.numbers}
        found = []
        for formula in (kernel.loss, *kernel.slopes):
            result = on_numpy.evaluate(formula, wide | numbers, wide["x"])
            result = result if formula is kernel.loss else np.broadcast_to(result, wide["x"].shape)
            found.append(np.where(given["where"], result, 0) if kernel.masked else result)
        return found


def memory(dtype):
    return ml_dtypes.bfloat16 if dtype == "bfloat16" else dtype


def case(formula, shape, dtype="float32", *, precision=None, masked=False, reduced=False, invalid=None, seed=0):
    formula, rng = stable(formula), np.random.default_rng(seed)
    used = tuple(name for name in INPUTS if name in formula.symbols())
    arrays = {name: rng.uniform(0.6, 1.9, shape).astype(memory(dtype)) for name in INPUTS}
    arrays |= {"s": 0.3, "weight": rng.uniform(0.5, 1, (shape[0], 1)).astype(precision or dtype)}
    arrays["where"] = np.arange(shape[0])[:, None] % 3 != 1
    kernel = SamplewiseKernel(
        name="test",
        precision=precision or dtype,
        loss=formula,
        slopes=tuple(component_slope(formula, name, used) for name in used),
        invalid=invalid,
        inputs=tuple((name, dtype) for name in used),
        per_sample=(("weight", precision or dtype),) if "weight" in formula.symbols() else (),
        numbers=("s",) if "s" in formula.symbols() else (),
        masked=masked,
        reduced=reduced,
        stored=(dtype,) * (1 + len(used)),
    )
    return Case(kernel, arrays)


def assert_close(case, ulps):
    """Stored losses and slopes equal the twin's, to so many units in the last place of the largest, or of 1."""
    _, _, made = case.run()
    expected = case.twin()
    assert len(made) == len(expected)
    for found, truth in zip(made.values(), expected, strict=True):
        finite = np.isfinite(truth)
        assert np.array_equal(found[~finite], truth[~finite], equal_nan=True)
        scale = max(1, np.abs(truth[finite]).max(initial=0)) * ulps * float(ml_dtypes.finfo(found.dtype).eps)
        assert np.abs(found.astype(np.float64)[finite] - truth[finite]).max(initial=0) <= scale


@pytest.fixture
def small_blocks(monkeypatch):
    monkeypatch.setattr(samplewise, "LONG", 300)


SIZES = [1, 2, 3, 8, 9, 70, 255, 256, 257, 600]


@pytest.mark.parametrize("name", ALL)
def test_samples_of_few_and_of_many_components_equal_the_twin(name):
    for i, components in enumerate(SIZES):
        assert_close(case(ALL[name], (4, components), "float32" if i % 2 else "float64", masked=i % 3 == 0, seed=i), 24)


@pytest.mark.parametrize("name", ALL)
def test_blocks_of_samples_equal_the_twin(name, small_blocks):
    for i, components in enumerate((301, 600, 1000)):
        assert_close(case(ALL[name], (4, components), "float32" if i % 2 else "float64", masked=i % 2 == 0, seed=i), 24)


def test_which_kernel_serves():
    kernel = case(ALL["dice"], (1, 1)).kernel
    assert isinstance(samplewise.task(kernel, 4, samplewise.LONG, [0.3]), Task)
    assert isinstance(samplewise.task(kernel, 4, samplewise.LONG + 1, [0.3]), PassesTask)
    assert isinstance(samplewise.task(kernel, 300, samplewise.LONG + 1, [0.3]), Task)
    samplewise.task(kernel, 4, samplewise.FEW, [0.3])
    assert {*kernel.natives} == {"whole", ("blocks", samplewise.LONG), samplewise.FEW}
    large = case(sum((norm(X - k) for k in range(2, 40)), norm(X)), (1, 1)).kernel
    samplewise.task(large, 4, samplewise.FEW, [])
    assert {*large.natives} == {"whole"}  # eight times as much would take long to compile


def test_sums_are_shared_between_loss_and_slopes():
    kernel = case(ALL["dice"], (1, 1)).kernel
    (step,) = kernel.passes.sums
    assert len(step.formulas) == 3
    assert len(case(ALL["variance"], (1, 1)).kernel.passes.sums) == 2
    held, formulas = kernel.passes.slopes.held, kernel.passes.slopes.formulas
    assert held
    assert all(formula.children and not formula.symbols() & {"x", "t"} for formula in held.values())
    # nothing of the sample is left to be computed at each component
    assert all(not node.children or node.symbols() & {"x", "t"} for formula in formulas for node in formula.walk())


@pytest.mark.parametrize("components", [5, 50, 1000])
def test_reduced_costs_and_masks(components, small_blocks):
    one = case(ALL["weighted"], (5, components), masked=True)
    one.arrays["x"][1] = math.nan  # left out
    _, _, each = one.run()
    assert each["losses"][1] == 0
    assert not each["slopes_0"][1].any()
    both = Case(dataclasses.replace(one.kernel, reduced=True), one.arrays)
    sum_of_losses, flag, made = both.run(share=0.25)
    assert flag == 0
    assert sum_of_losses == pytest.approx(each["losses"].sum(dtype=float), rel=1e-7)
    assert made["slopes_0"] == pytest.approx(0.25 * each["slopes_0"], rel=1e-6)


@pytest.mark.parametrize("components", [5, 50, 1000])
def test_losses_and_slopes_are_stored_each_in_its_own_dtype(components, small_blocks):
    one = case(ALL["dice"], (3, components), "bfloat16", precision="float32")
    for losses, slopes in (("float32", "bfloat16"), ("bfloat16", "float32")):
        one.kernel = dataclasses.replace(one.kernel, stored=(losses, slopes, slopes))
        for found, truth in zip(one.run()[2].values(), one.twin(), strict=True):
            size, digits = abs(truth).max(), 2.0**-8 if found.dtype == ml_dtypes.bfloat16 else 2.0**-20
            np.testing.assert_allclose(found.astype(float), truth, rtol=0, atol=size * digits)


@pytest.mark.parametrize("components", [5, 50, 1000])
def test_only_what_is_asked_for(components, small_blocks):
    whole = case(ALL["of each word"], (3, components), "float64", reduced=True)
    sum_of_losses, _, made = whole.run()
    value = Case(dataclasses.replace(whole.kernel, slopes=(), stored=("float64",)), whole.arrays)
    assert value.run()[0] == sum_of_losses
    slopes = Case(dataclasses.replace(whole.kernel, loss=None), whole.arrays)
    assert all(np.array_equal(a, made[name]) for name, a in slopes.run()[2].items())
    linear = case(total(X * T), (3, components), "float64", reduced=True)
    no_sums = Case(dataclasses.replace(linear.kernel, loss=None), linear.arrays)
    assert no_sums.kernel.passes.sums == ()
    assert np.array_equal(no_sums.run()[2]["slopes_0"], linear.arrays["t"])


@pytest.mark.parametrize("components", [5, 50, 1000])
@pytest.mark.parametrize("form", [X, sigmoid(X)], ids=str)
def test_a_weight_of_0_counts_nothing(form, components, small_blocks):
    one = case(xmuly(W, substitute(ALL["dice"], {"x": form})), (2, components))
    one.arrays["x"][0, 0], one.arrays["weight"][0] = math.nan, 0
    _, _, made = one.run()
    assert made["losses"][0] == 0
    assert not made["slopes_0"][0].any()
    assert made["losses"][1] != 0


@pytest.mark.parametrize("components", [5, 50, 1000])
def test_invalid_components_are_found(components, small_blocks):
    for loss in (True, False):
        one = case(total(X * T), (3, components), invalid=(X < 0) | (T > 5), masked=True)
        if not loss:
            one.kernel = dataclasses.replace(one.kernel, loss=None)
        assert one.run()[1] == 0
        one.arrays["x"][1, -1] = -1  # masked
        assert one.run()[1] == 0
        one.arrays["t"][2, 3] = 6
        assert one.run()[1] == 1


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_half_precision_is_computed_in_float32(dtype):
    assert_close(case(ALL["cosine"], (3, 70), dtype, precision="float32"), 1)


def test_integers_and_booleans():
    one = case(ALL["dice"], (3, 40))
    kernel = dataclasses.replace(one.kernel, inputs=(("x", "int8"), ("t", "bool")))
    rng = np.random.default_rng(0)
    given = {**one.arrays, "x": rng.integers(0, 5, (3, 40), np.int8), "t": rng.random((3, 40)) < 0.5}
    assert_close(Case(kernel, given), 8)


EXTREMES = [
    [3.0, -4.0],
    [0.0, -0.0],
    [math.inf, 1.0, -2.0],
    [-math.inf, 1.0],
    [-math.inf, -math.inf],
    [math.nan, 1.0],
    [1.0, math.nan],
    [2.0, 1.0, 2.0],
    [0.0, -40.0],
    [1e-45, 1e-40],
    [2e38, 2e38, 1e-38],
]
DOUBLE = [[1e308, -1e308], [5e-324, 1.5e-323], [1e-170, 1e-200], [1e200, 1.0], [1e-160, 3e-160], [745.0, -745.0]]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_extreme_samples_equal_the_twin_in_float64(dtype, small_blocks):
    words = {"norm": norm(X), "largest": largest(X), "log_sum_exp": log_sum_exp(X)}
    for row in EXTREMES + (DOUBLE if dtype == "float64" else []):
        for name, formula in words.items():
            for length in (len(row), 20, 700):  # alone, and with components that add nothing
                rest = {"norm": 0.0, "largest": -math.inf, "log_sum_exp": -math.inf}[name]
                one = case(formula, (1, length), dtype)
                one.arrays["x"] = np.array([row + [rest] * (length - len(row))], dtype)
                _, _, made = one.run()
                with np.errstate(all="ignore"):
                    expected = [x.astype(dtype) for x in one.twin()]
                for a, b in zip(made.values(), expected, strict=True):
                    near = np.isclose(a, b, rtol=4 * np.finfo(dtype).eps, atol=np.finfo(dtype).smallest_subnormal)
                    assert (near | (np.isnan(a) & np.isnan(b))).all(), (name, row, length, a, b)


def test_samples_without_components():
    for formula, value in ((total(X), 0), (largest(X), -math.inf), (log_sum_exp(X), -math.inf), (norm(X), 0)):
        assert case(formula, (2, 0)).run()[2]["losses"].tolist() == [[value], [value]]
    assert np.isnan(case(average(X), (2, 0)).run()[2]["losses"]).all()


def test_what_sums_of_blocks_lost_to_rounding_is_joined(monkeypatch):
    monkeypatch.setattr(samplewise, "LONG", 512)
    one = case(total(X), (1, 1024), "float64")
    one.arrays["x"] = np.zeros((1, 1024))
    one.arrays["x"][0, [0, 300, 600]] = 1e16, 1.0, -1e16  # two chunks of one block, and the other
    assert one.run()[2]["losses"] == 1


# ---- what the compiler makes of it


@pytest.mark.compiled
@pytest.mark.parametrize(
    ("shape", "dtype"),
    [
        ((5000, 4), "float32"),
        pytest.param((7, 1000), "float64", marks=pytest.mark.heavy),
        pytest.param((3, 100_000), "float32", marks=pytest.mark.heavy),
    ],
)
def test_results_depend_on_no_number_of_threads_and_equal_the_twin(shape, dtype):
    one = case(ALL["of each word"], shape, dtype, reduced=True, masked=True)
    sum_of_losses, _, made = one.run()
    for threads in (2, 5):
        again, _, more = one.run(threads)
        assert again == sum_of_losses
        assert all(np.array_equal(a, more[name]) for name, a in made.items())
    losses, *slopes = one.twin()
    eps = float(np.finfo(dtype).eps)
    assert sum_of_losses == pytest.approx(losses.sum(), rel=4 * eps)
    for found, truth in zip(made.values(), slopes, strict=True):
        assert np.abs(found - truth).max() <= 16 * eps * np.abs(truth).max()


@pytest.mark.compiled
def test_sums_of_float64_in_60_digits():
    x = np.random.default_rng(1).normal(size=(1, 40_001)) * 10.0 ** np.random.default_rng(2).integers(-3, 3, (1, 40_001))
    exact = [MP.mpf(float(a)) for a in x[0]]
    truths = {"total": (total(X), math.fsum(x[0])), "norm": (norm(X), mp_norm(exact)), "lse": (log_sum_exp(X), mp_lse(exact))}
    for name, (formula, truth) in truths.items():
        one = case(formula, x.shape, "float64")
        one.arrays["x"] = x
        found = float(one.run()[2]["losses"][0, 0])
        scale = math.fsum(np.abs(x[0])) if name == "total" else float(mpmath.fabs(truth))
        assert abs(found - float(truth)) <= 2 * np.finfo(float).eps * scale


@pytest.mark.compiled
@pytest.mark.parametrize("components", [4, 40_001])
def test_no_square_of_a_norm_overflows_or_vanishes(components):
    one = case(norm(X), (1, components), "float64")
    x, truth = one.arrays["x"].copy(), float(mp_norm([MP.mpf(float(a)) for a in one.arrays["x"][0]]))
    for power in (-1000, -500, 500, 1000):
        one.arrays["x"] = np.ldexp(x, power)
        made = one.run()[2]
        assert made["losses"][0, 0] == pytest.approx(math.ldexp(truth, power), rel=1e-15)
        np.testing.assert_allclose(made["slopes_0"], x / truth, rtol=1e-15)
    one.arrays["x"] = 0 * x
    assert all(not found.any() for found in one.run()[2].values())


@pytest.mark.compiled
def test_the_sum_of_float64_losses_is_exact_to_2_ulp():
    one = case(total(X), (20_000, 3), "float64", reduced=True)
    one.arrays["x"] = np.random.default_rng(3).normal(size=(20_000, 3)) * 1e3
    losses = Case(dataclasses.replace(one.kernel, reduced=False), one.arrays).run()[2]["losses"]
    truth = math.fsum(losses[:, 0])
    assert abs(one.run(2)[0] - truth) <= 2 * np.spacing(truth)
