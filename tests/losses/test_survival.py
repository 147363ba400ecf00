"""Losses of times until an event: ties and orders, extremes, censoring, and distributions of SciPy."""

import numpy as np
import pytest
import torch
from scipy import stats

import lossary
from tests.losses.rows.survival import cohorts
from tests.oracle import as_library, to_numpy

INF = np.inf
RNG = np.random.default_rng(4)
HAZARD, TIME, EVENT = cohorts(RNG)
TIES = ["efron", "breslow"]
by_ties = pytest.mark.parametrize("ties", TIES)


def cox(log_hazard, time, event, library="numpy", **options):
    inputs = [as_library(library, np.asarray(x)) for x in (log_hazard, time, event)]
    value, slope = lossary.cox.value_and_gradient(*inputs, reduction="none", **options)
    return to_numpy(value), to_numpy(slope)


@by_ties
def test_the_order_of_a_cohort_does_not_matter(ties):
    order = np.argsort(RNG.uniform(size=HAZARD.shape))
    value, slope = cox(HAZARD, TIME, EVENT, ties=ties)
    shuffled = cox(*(np.take_along_axis(x, order, -1) for x in (HAZARD, TIME, EVENT)), ties=ties)
    np.testing.assert_allclose(shuffled[0], value, rtol=1e-13)
    np.testing.assert_allclose(shuffled[1], np.take_along_axis(slope, order, -1), rtol=1e-11, atol=1e-13)


@by_ties
def test_a_common_factor_of_all_hazards_does_not_matter(ties):
    value, slope = cox(HAZARD, TIME, EVENT, ties=ties)
    moved = cox(HAZARD + 512, TIME, EVENT, ties=ties)
    np.testing.assert_allclose(moved[0], value, rtol=1e-11)
    np.testing.assert_allclose(slope.sum(-1), 0, atol=1e-13)
    np.testing.assert_allclose(cox(HAZARD, np.exp(TIME), EVENT, ties=ties)[0], value, rtol=1e-13)


def test_ties_matter_where_there_are_some():
    apart = np.argsort(np.argsort(RNG.uniform(size=TIME.shape))).astype(float)
    np.testing.assert_allclose(cox(HAZARD, apart, EVENT)[0], cox(HAZARD, apart, EVENT, ties="breslow")[0], rtol=1e-14)
    assert (cox(HAZARD, TIME, EVENT)[0] <= cox(HAZARD, TIME, EVENT, ties="breslow")[0]).all()
    assert (cox(HAZARD, TIME, EVENT)[0] < cox(HAZARD, TIME, EVENT, ties="breslow")[0]).any()


@pytest.mark.parametrize("library", ["numpy", "torch"])
def test_a_time_that_is_nan_makes_the_loss_nan(library):
    time = np.array([[1.0, np.nan, 3.0], [1.0, 2.0, np.inf]])
    values = cox(np.zeros((2, 3)), time, np.array([[1, 0, 1], [1, 0, 1]], bool), library)[0]
    np.testing.assert_allclose(values, [np.nan, np.log(3)])
    inputs = [as_library(library, np.asarray(x)) for x in ([0.5, 0.5, 0.5], [np.nan, 0.5, 2.0], [1.0, np.nan, np.nan])]
    np.testing.assert_array_equal(to_numpy(lossary.survival_brier(*inputs, reduction="none")), [np.nan, np.nan, 0.25])


@pytest.mark.parametrize("call", [lossary.cox, lossary.cox.gradient])
def test_a_column_of_subjects_is_no_cohort_each(call):
    column = np.ones((5, 1))
    with pytest.raises(ValueError, match=r"cox: a cohort has more than one subject.* got 5 cohorts of one.*axis=0"):
        call(column, column, column > 0)
    np.testing.assert_array_equal(np.ravel(call(column, column, column > 0, axis=0)), np.ravel(call(*3 * [np.ones(5)])))


@by_ties
def test_a_cohort_without_events_costs_nothing(ties):
    value, slope = cox(HAZARD, TIME, np.zeros_like(EVENT), ties=ties)
    assert (value == 0).all()
    assert (slope == 0).all()
    alone = cox([3.0], [1.0], [True], ties=ties)
    assert alone[0] == 0
    assert alone[1].tolist() == [0]
    nobody = cox(np.ones((2, 0)), np.ones((2, 0)), np.ones((2, 0), bool), ties=ties)
    assert nobody[0].tolist() == [0, 0]
    assert nobody[1].shape == (2, 0)


@by_ties
def test_hazards_of_any_size_are_compared(ties, library):
    value, slope = cox([2000.0, -2000.0, 0.0, 1.0], [1.0, 1.0, 2.0, 3.0], [True, True, False, True], library, ties=ties)
    # the large one outweighs all; without it, the small one is e^-2001.313… of the rest
    second = 4000 if ties == "breslow" else 4000 - np.log(2)
    np.testing.assert_allclose(value, second, rtol=1e-14)
    np.testing.assert_allclose(slope, [1, -1, 0, 0], atol=1e-14)


def test_whole_numbers_are_events_too():
    assert cox(HAZARD, TIME, EVENT.astype(int))[0].tolist() == cox(HAZARD, TIME, EVENT)[0].tolist()
    with pytest.raises(ValueError, match="event is true or false"):
        lossary.cox([0.0, 1.0], [1.0, 2.0], [0, 2])


@by_ties
def test_the_given_gradient_is_that_of_autograd(ties):
    learned = torch.tensor(HAZARD, requires_grad=True)
    lossary.cox(learned, torch.tensor(TIME), torch.tensor(EVENT), ties=ties, reduction="sum").backward()
    np.testing.assert_allclose(learned.grad, cox(HAZARD, TIME, EVENT, ties=ties)[1], rtol=1e-12, atol=1e-14)


def test_single_precision_keeps_its_digits_in_long_cohorts():
    hazard, time, event = RNG.normal(size=5000), RNG.integers(0, 50, 5000).astype(float), RNG.uniform(size=5000) < 0.5
    exact = cox(hazard.astype(np.float32).astype(float), time, event)
    got = cox(hazard.astype(np.float32), time.astype(np.float32), event)
    assert got[0].dtype == np.float32
    np.testing.assert_allclose(got[0], exact[0], rtol=1e-5)
    np.testing.assert_allclose(got[1], exact[1], atol=2e-4)


def test_a_hazard_is_the_binary_cross_entropy_of_the_intervals_gone_through(library):
    logits, interval, event = RNG.normal(0, 3, (9, 4)), np.arange(9) % 4, np.arange(9) % 2 == 0
    inputs = [as_library(library, x) for x in (logits, interval, event)]
    value, slope = lossary.discrete_hazard.value_and_gradient(*inputs, reduction="none")
    for i in range(9):
        seen = slice(interval[i] + 1)
        label = np.zeros(interval[i] + 1)
        label[-1] = event[i]
        expected = lossary.binary_cross_entropy.value_and_gradient(logits[i, seen], label, reduction="sum")
        np.testing.assert_allclose(to_numpy(value)[i], expected[0], rtol=1e-14)
        np.testing.assert_allclose(to_numpy(slope)[i, seen], expected[1], rtol=1e-14)
        assert (to_numpy(slope)[i, interval[i] + 1 :] == 0).all()


@pytest.mark.parametrize("interval", [-1, 3])
def test_an_interval_out_of_range_is_refused(interval, library):
    inputs = [as_library(library, np.array(x)) for x in (np.zeros((2, 3)), [0, interval], [True, False])]
    with pytest.raises(ValueError, match=f"an interval is the place .* got {interval} at index 1"):
        lossary.discrete_hazard(*inputs)


OF_SCIPY = {
    "normal": lambda location, scale: stats.lognorm(s=scale, scale=np.exp(location)),
    "logistic": lambda location, scale: stats.fisk(c=1 / scale, scale=np.exp(location)),
    "extreme": lambda location, scale: stats.weibull_min(c=1 / scale, scale=np.exp(location)),
}


@pytest.mark.parametrize("name", OF_SCIPY)
def test_a_failure_time_has_the_likelihood_of_scipy(name):
    location, lower, upper = RNG.normal(1, 1, 8), np.linspace(0.5, 4, 8), np.linspace(1, 9, 8)
    law, loss = OF_SCIPY[name](location, 0.75), lossary.accelerated_failure
    options = {"scale": 0.75, "distribution": name, "reduction": "none"}
    np.testing.assert_allclose(loss(location, lower, lower, **options), -law.logpdf(lower), rtol=1e-12)
    np.testing.assert_allclose(loss(location, lower, lower + INF, **options), -law.logsf(lower), rtol=1e-12)
    np.testing.assert_allclose(loss(location, 0 * lower, upper, **options), -law.logcdf(upper), rtol=1e-12)
    between = -np.log(law.cdf(upper) - law.cdf(lower))
    np.testing.assert_allclose(loss(location, lower, upper, **options), between, rtol=1e-9)


@pytest.mark.parametrize("name", OF_SCIPY)
def test_nothing_known_of_a_time_costs_nothing_and_tails_keep_their_digits(name, library):
    location, lower, upper = [0.0, 50.0, -40.0, 30.0], [0.0, 0.0, 1.0, 1.0], [INF, 1.0, INF, 2.0]
    inputs = [as_library(library, np.array(x)) for x in (location, lower, upper)]
    value, slope = map(to_numpy, lossary.accelerated_failure.value_and_gradient(*inputs, distribution=name, reduction="none"))
    assert value[0] == slope[0] == 0
    assert np.isfinite(value[1:2]).all()
    assert value[1] > 49
    # far beyond what the model expects: the slope is that of the tail, and pulls the location there
    assert (slope[[1, 3]] > 0.9).all()
    assert slope[2] < -0.9


def test_the_scale_of_failure_times_is_learned():
    torch.manual_seed(0)
    times = torch.exp(1.5 + 0.5 * torch.randn(600, dtype=torch.float64))
    censored = times > 6
    lower, upper = times.clamp(max=6), torch.where(censored, INF, times)
    location, log_scale = torch.zeros((), dtype=torch.float64), torch.zeros((), dtype=torch.float64)
    learned = [location.requires_grad_(), log_scale.requires_grad_()]
    optimizer = torch.optim.LBFGS(learned, max_iter=20, line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        cost = lossary.accelerated_failure(location.expand(600), lower, upper, scale=log_scale.exp())
        cost.backward()
        return cost

    optimizer.step(closure)
    assert location.item() == pytest.approx(1.5, abs=0.08)
    assert log_scale.exp().item() == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize(
    ("bounds", "message"),
    [
        (([2.0], [1.0]), "lower ≤ upper; got 1.0"),
        (([INF], [INF]), "lower < ∞"),
        (([-1.0], [1.0]), r"lower lies in \[0, ∞\)"),
        (([0.0], [0.0]), r"upper lies in \(0, ∞\)"),
    ],
)
def test_bounds_that_hold_no_time_are_refused(bounds, message):
    with pytest.raises(ValueError, match=message):
        lossary.accelerated_failure([0.0], *bounds)


def test_without_censoring_a_survival_score_is_that_of_brier(library):
    survival, time = RNG.uniform(size=20), RNG.exponential(size=20)
    inputs = [as_library(library, x) for x in (survival, time, np.ones(20))]
    got = lossary.survival_brier(*inputs, horizon=0.75, reduction="none")
    np.testing.assert_allclose(to_numpy(got), (survival - (time > 0.75)) ** 2, rtol=1e-14)
    assert lossary.censoring_survival(time, np.ones(20), horizon=0.75).tolist() == [1] * 20


def test_censoring_is_weighed_by_who_stays():
    time, event = RNG.integers(1, 7, 30).astype(float), RNG.integers(0, 2, 30)

    def naive(until, *, included):
        found = 1.0
        for s in sorted(set(time)):
            if s < until or (included and s == until):
                exposed = sum(time >= s) - sum((time == s) & (event == 1))
                found *= 1 - sum((time == s) & (event == 0)) / exposed if exposed else 1
        return found

    expected = [
        naive(4, included=True) if t > 4 else naive(t, included=False) if e else 1 for t, e in zip(time, event, strict=True)
    ]
    np.testing.assert_allclose(lossary.censoring_survival(time, event, horizon=4), expected, rtol=1e-14)
    weighed = (time > 4) | (event == 1)
    # those who stand for the censored ones too are as many as the sample
    assert sum(1 / np.array(expected)[weighed]) == pytest.approx(30, rel=0.2)


def test_where_all_were_censored_nothing_can_be_weighed():
    train = {"train_time": [1.0, 2.0, 2.0], "train_event": [1, 0, 0]}
    assert lossary.censoring_survival([0.5, 2.0, 1.5], [1, 1, 0], horizon=3, **train).tolist() == [1, 1, 1]
    with pytest.raises(ValueError, match=r"got 0 at index 1, .* take a horizon before 3"):
        lossary.censoring_survival([0.5, 3.0], [1, 1], horizon=4, **train)
    with pytest.raises(ValueError, match="censoring lies in"):
        lossary.survival_brier([0.5], [1.0], [1.0], censoring=[0.0])
    with pytest.raises(ValueError, match="event is 1, or 0 for censoring"):
        lossary.censoring_survival([0.5], [2], horizon=4)
    with pytest.raises(ValueError, match="one value a sample"):
        lossary.censoring_survival([0.5], [1, 1], horizon=4)
