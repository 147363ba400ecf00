"""Other losses of the same predictions: each takes them for what they are, or is refused."""

import contextlib

import numpy as np
import pytest
from scipy.special import expit

from lossary.report import BadDataError, UsageError, score
from lossary.report.measure.plan.checks import check_loss
from lossary.report.measure.plan.make_plan import make_plan
from lossary.report.measure.plan.others import other_losses, with_plan
from lossary.report.measure.plan.roles import Roles
from lossary.report.read.data import tables_of
from lossary.report.read.form import TextFormat

rng = np.random.default_rng(8)
N = 40
Z = np.append(rng.normal(size=N - 1), 0.0)
Y = rng.integers(0, 2, N)
CHANCE = expit(Z)
SCORES = rng.integers(-2, 3, (N, 3)).astype(float)
CLASS = rng.integers(0, 3, N)
SHARES = np.exp(SCORES) / np.exp(SCORES).sum(1, keepdims=True)
DATA = {
    "y": Y, "logits": Z, "probabilities": CHANCE, "log_probabilities": np.log(CHANCE), "w": rng.integers(0, 4, N) / 2,
    "count": 1 + rng.poisson(3.0, N), "log": Z, "mean": np.exp(Z), "class": CLASS, "soft": np.where(Y == 1, 0.75, 0.25),
    **{f"z_{k}": SCORES[:, k] for k in range(3)}, **{f"p_{k}": SHARES[:, k] for k in range(3)},
}  # fmt: skip
NAMES = ("zero_one", "brier_binary", "hinge", "exponential", "squared_error", "absolute_error", "quantile", "poisson", "dice")


@pytest.mark.parametrize("weight", [None, "w"])
@pytest.mark.parametrize("form", ["logits", "probabilities", "log_probabilities", None])
def test_a_label_of_two_is_what_the_prediction_is_in_favour_of(form, weight):
    main = {"loss": "hinge", "prediction": "logits"} if form is None else {"loss": "bce", "prediction": form, "given": form}
    found = score(DATA, **main, target="y", weight=weight, also="zero_one,accuracy", group="class")
    w = DATA["w"] if weight else np.ones(N)
    wrong = sum(w[i] for i in range(N) if (Z[i] > 0) != bool(Y[i])) / w.sum()  # at 0 neither: the first label
    assert found.also[0].mean == found.also[1].mean == pytest.approx(wrong, rel=1e-14)
    assert found.also[0].baseline == pytest.approx(min(w[Y == 1].sum(), w[Y == 0].sum()) / w.sum(), rel=1e-14)
    assert found.accuracy is None if form is None else found.accuracy == pytest.approx(1 - wrong, rel=1e-14)


@pytest.mark.parametrize("main", ["cross_entropy", "crammer_singer", "probabilities"])
def test_a_label_of_several_is_the_class_of_the_largest_prediction(main):
    options = {"loss": main, "prediction": "z_*"}
    if main == "probabilities":
        options = {"loss": "cross_entropy", "prediction": "p_*", "given": "probabilities"}
    found = score(DATA, **options, target="class", also="zero_one", weight="w")
    w = DATA["w"]
    wrong = sum(w[i] for i in range(N) if list(SCORES[i]).index(max(SCORES[i])) != CLASS[i]) / w.sum()
    assert found.also[0].mean == pytest.approx(wrong, rel=1e-14)
    assert found.also[0].baseline == pytest.approx(1 - max(w[k == CLASS].sum() for k in range(3)) / w.sum(), rel=1e-14)


@pytest.mark.parametrize(
    ("main", "forms", "target", "accepted"),
    [
        ("bce", ("logits", "probabilities", "log_probabilities"), "y", {"zero_one", "brier_binary", "hinge", "squared_error"}),
        ("poisson", ("log", "mean"), "count", {"poisson", "squared_error", "quantile"}),
    ],
)
def test_no_loss_depends_on_the_form_in_which_predictions_are_stored(main, forms, target, accepted):
    means, tables = {}, tables_of(DATA, TextFormat())
    chosen, own = check_loss(main, None, None)
    for form in forms:
        plan = make_plan(tables, chosen, form, own, target, form, None, Roles())
        taken = []
        for name in NAMES:
            with contextlib.suppress(UsageError):
                with_plan(other_losses(name, form, chosen), plan, tables[0])
                taken.append(name)
        found = score(DATA, loss=main, given=form, prediction=form, target=target, also=taken, interval="none")
        for other in found.also:
            means.setdefault(other.loss, []).append(other.mean)
    assert accepted <= means.keys()
    for name, values in means.items():
        np.testing.assert_allclose(values, values[0], rtol=1e-12, err_msg=name)


@pytest.mark.parametrize(
    ("main", "also", "sentence"),
    [
        ({"loss": "bce", "prediction": "logits"}, "mse", 'are logits to binary_cross_entropy.*pass given="probabilities"'),
        ({"loss": "bce", "prediction": "probabilities", "given": "probabilities"}, "hinge", "column of raw scores"),
        (
            {"loss": "poisson", "prediction": "log", "target": "count"},
            "mae",
            'write means .*given="mean"',
        ),
        ({"loss": "mse", "prediction": "logits"}, "bce", 'also="binary_cross_entropy:given=probabilities" or .*given=logits"'),
        ({"loss": "mse", "prediction": "mean", "target": "count"}, "poisson", 'also="poisson:given=mean" or .*given=log"'),
        ({"loss": "hinge", "prediction": "logits"}, "mse", "are raw scores to hinge and numbers in the unit of the target"),
        (
            {"loss": "cross_entropy", "prediction": "p_*", "given": "probabilities", "target": "class"},
            "sparsemax",
            "raw scores",
        ),
        ({"loss": "mse", "prediction": "probabilities"}, "zero_one", "holds numbers such as"),
    ],
)
def test_predictions_are_taken_by_all_losses_for_the_same(main, also, sentence):
    with pytest.raises(UsageError, match=sentence):
        score(DATA, **{"target": "y"} | main, also=also)


def test_a_label_is_compared_with_labels_only():
    with pytest.raises(BadDataError, match=r"zero_one cannot be scored on the same rows: a label is 0 or 1; got 0\.\d+; leave"):
        score(DATA, loss="bce", prediction="logits", target="soft", also="zero_one")
    with pytest.raises(UsageError, match="here the target is a distribution over classes"):
        score(DATA, loss="cross_entropy", prediction="z_*", target="p_*", also="zero_one")
    found = score(DATA, loss="mae", prediction="count", target="class", also="zero_one")  # whole numbers are labels
    assert found.also[0].mean == np.mean(DATA["count"] != CLASS)
