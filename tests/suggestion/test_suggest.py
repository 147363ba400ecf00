"""Suggestions for made-up targets whose process is known."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch

import lossary
from lossary.cli import main as cli
from lossary.errors import UsageError
from lossary.suggestion import rules, values

ROWS = 4000


def rng(seed=0):
    return np.random.default_rng(seed)


def some(share, seed):
    return rng(seed + 100).random(ROWS) < share


MADE = {
    "normal noise": (lambda s: rng(s).normal(3, 2, ROWS), "real", set(), ["squared_error", "gaussian"]),
    "heavy tails": (
        lambda s: rng(s).standard_t(2, ROWS) - 1,
        "real",
        {"outliers"},
        ["huber", "absolute_error", "student_t"],
    ),
    "errors of recording": (
        lambda s: np.where(some(0.01, s), 1000.0, rng(s).normal(0, 1, ROWS)),
        "real",
        {"outliers"},
        ["huber", "absolute_error", "student_t"],
    ),
    "skewed differences": (
        lambda s: rng(s).gamma(2, 1, ROWS) - 1,
        "real",
        {"skewed", "outliers"},
        ["huber", "absolute_error", "quantile", "student_t"],
    ),
    "heights": (
        lambda s: rng(s).normal(170, 8, ROWS),
        "positive",
        set(),
        ["squared_error", "absolute_percentage_error"],
    ),
    "incomes": (
        lambda s: rng(s).lognormal(10, 1, ROWS),
        "positive",
        {"spread", "skewed", "outliers"},
        ["gamma", "squared_log_error", "lognormal", "absolute_error", "absolute_percentage_error"],
    ),
    "prices in whole hundreds": (
        lambda s: 100 * np.ceil(rng(s).lognormal(7, 0.8, ROWS)),
        "positive",
        {"spread", "skewed", "outliers"},
        ["gamma", "squared_log_error", "lognormal", "absolute_error", "absolute_percentage_error"],
    ),
    "sums of claims": (
        lambda s: rng(s).gamma(2, 100, ROWS) * some(0.3, s),
        "amounts",
        {"mostly zeros"},
        ["tweedie", "poisson", "quantile"],
    ),
    "independent events": (lambda s: rng(s).poisson(3, ROWS), "counts", set(), ["poisson"]),
    "many independent events": (lambda s: rng(s).poisson(300, ROWS), "counts", set(), ["poisson"]),
    "events of different rates": (
        lambda s: rng(s).negative_binomial(2, 0.3, ROWS),
        "counts",
        {"overdispersed"},
        ["negative_binomial", "poisson"],
    ),
    "events that many cannot have": (
        lambda s: rng(s).poisson(4, ROWS) * some(0.5, s),
        "counts",
        {"overdispersed", "excess zeros"},
        ["zero_inflated_poisson", "negative_binomial", "poisson"],
    ),
    "both": (
        lambda s: rng(s).negative_binomial(1.5, 0.1, ROWS) * some(0.5, s),
        "counts",
        {"overdispersed", "excess zeros", "overdispersed above 0"},
        ["zero_inflated_negative_binomial", "negative_binomial", "poisson"],
    ),
    "a fair coin": (lambda s: rng(s).random(ROWS) < 0.5, "binary", set(), ["binary_cross_entropy", "brier_binary"]),
    "fraud": (
        lambda s: (rng(s).random(ROWS) < 0.02).astype(int),
        "binary",
        {"rare class"},
        ["binary_cross_entropy", "binary_cross_entropy", "focal_binary", "brier_binary"],
    ),
    "words": (
        lambda s: rng(s).choice(["red", "green", "blue"], ROWS),
        "classes",
        set(),
        ["cross_entropy", "brier", "generalized_cross_entropy"],
    ),
    "labels": (
        lambda s: rng(s).integers(0, 10, ROWS),
        "classes",
        set(),
        ["cross_entropy", "brier", "generalized_cross_entropy"],
    ),
    "a rare word": (
        lambda s: rng(s).choice(["a", "b", "c"], ROWS, p=[0.6, 0.39, 0.01]),
        "classes",
        {"rare class"},
        ["cross_entropy", "cross_entropy", "focal", "brier", "generalized_cross_entropy"],
    ),
    "grades": (
        lambda s: rng(s).integers(1, 6, ROWS),
        "ordered",
        set(),
        ["ordinal", "ranked_probability_score", "cross_entropy", "absolute_error"],
    ),
    "shares": (lambda s: rng(s).beta(2, 2, ROWS), "probabilities", set(), ["binary_cross_entropy", "brier_binary"]),
    "soft labels": (
        lambda s: rng(s).dirichlet(np.ones(3), ROWS),
        "distributions",
        set(),
        ["cross_entropy", "kl_divergence", "jensen_shannon"],
    ),
}


@pytest.mark.parametrize("name", MADE)
def test_losses_follow_from_the_process_that_made_the_target(name):
    make, kind, facts, expected = MADE[name]
    for seed in range(5):
        found = lossary.suggest(make(seed))
        assert (found.kind, set(found.facts)) == (kind, facts)
        assert [one.loss for one in found] == expected


def test_every_kind_and_fact_and_rule_occurs():
    assert {kind for _, kind, _, _ in MADE.values()} == set(rules.KINDS) == {rule.kind for rule in rules.RULES}
    assert {fact for _, _, facts, _ in MADE.values() for fact in facts} == set(rules.FACTS)
    assert {fact for rule in rules.RULES for fact in (*rule.needs, *rule.unless)} <= set(rules.FACTS)
    made = {(kind, loss) for _, kind, _, expected in MADE.values() for loss in expected}
    left = {(rule.kind, rule.loss) for rule in rules.RULES} - made
    assert left == {("positive", "huber"), ("amounts", "absolute_error")}
    outlier = np.where(some(0.01, 0), 9999.0, rng().normal(170, 8, ROWS))
    assert [one.loss for one in lossary.suggest(outlier)] == ["huber", "absolute_error", "absolute_percentage_error"]
    rain = np.where(some(0.2, 0), 0.0, np.where(some(0.01, 1), 1e4, rng().gamma(30, 1, ROWS)))
    assert "absolute_error" in [one.loss for one in lossary.suggest(rain)]


@pytest.mark.parametrize("name", MADE)
def test_what_is_suggested_can_be_called(name):
    make, *_ = MADE[name]
    whole, rows = make(0), 40
    target = whole[:rows] if whole.dtype.kind != "U" else np.unique(whole, return_inverse=True)[1][:rows]
    classes = {"words": 3, "a rare word": 3, "soft labels": 3, "grades": 5}.get(name, 10)
    logits, ones = rng(1).normal(size=(rows, classes)), np.ones(rows)
    given = {
        "lossary": lossary,
        "target": target,
        "prediction": ones / 2,
        "logits": logits,
        "class_weight": np.ones(classes),
        "score": ones,
        "thresholds": np.tile(np.arange(classes - 1.0), (rows, 1)),
        "mean": ones,
        "zero_probability": ones / 2,
        "variance": ones,
        "location": ones,
        "scale": ones,
    }
    for one in lossary.suggest(whole):
        assert one.call.startswith(f"lossary.{one.loss}(")
        assert np.isfinite(eval(one.call, given)), one.call


def test_a_prediction_makes_outliers_and_spread_those_of_residuals():
    x = rng().uniform(0, 100, ROWS)
    target = x + rng(1).standard_t(2, ROWS) - 50
    assert "outliers" not in lossary.suggest(target).facts
    found = lossary.suggest(target, x - 50)
    assert set(found.facts) == {"outliers"}
    delta = float(found[0].call.rpartition("=")[2].rstrip(")"))
    residuals = np.abs(target - x + 50)
    assert delta == pytest.approx(1.345 * 1.4826 * np.median(residuals), rel=0.02)
    rates = rng(2).gamma(2, 2, ROWS)
    events = rng(3).poisson(rates)
    assert lossary.suggest(events)[0].loss == "negative_binomial"
    assert [one.loss for one in lossary.suggest(events, rates)] == ["poisson"]
    event = rng(4).random(ROWS) < 0.4
    assert lossary.suggest(event, np.full(ROWS, 0.4))[0].call.endswith('target, given="probabilities")')
    assert lossary.suggest(event, np.full(ROWS, -0.4))[0].call.endswith("(prediction, target)")


def test_the_dispersion_and_the_balance_are_those_of_the_target():
    counts = rng().negative_binomial(2, 0.3, 100_000)
    assert float(lossary.suggest(counts)[0].call.rpartition("=")[2].rstrip(")")) == pytest.approx(1 / 2, rel=0.05)
    fraud = np.arange(1000) % 50 == 0
    assert "positive_weight=49)" in lossary.suggest(fraud)[1].call
    words = np.where(fraud, "yes", "no")
    found = lossary.suggest(words)
    assert "positive_weight=49)" in found[1].call
    assert found.notes == ("losses take 0 and 1: pass target == 'yes'",)
    assert lossary.suggest(np.where(fraud, 2, 1)).notes == ("losses take 0 and 1: pass target == 2",)


def test_calls_number_grades_from_0():
    grades = rng().integers(1, 6, ROWS)
    assert "(score, thresholds, target - 1)" in lossary.suggest(grades)[0].call
    assert "(score, thresholds, target)" in lossary.suggest(grades - 1, kind="ordered")[0].call
    assert "(score, thresholds, target + 1)" in lossary.suggest(grades - 2, kind="ordered")[0].call
    words = lossary.suggest(np.array(["low", "high", "middle"])[grades % 3], kind="ordered")
    assert "(score, thresholds, target)" in words[0].call
    assert words.notes == ("losses take the numbers of classes, 0 … 2, from the lowest to the highest",)


def test_chance_is_no_fact():
    for seed in range(300):
        assert not lossary.suggest(rng(seed).normal(size=60)).facts
        assert not lossary.suggest(rng(seed).poisson(2, 60), kind="counts").facts


def test_targets_may_be_lists_tensors_columns_and_have_holes():
    for target in ([0.5, 1.5, 2.5, -1.0], torch.tensor([0.5, 1.5, 2.5, -1.0]), pa.array([0.5, 1.5, None, -1.0])):
        assert lossary.suggest(target).kind == "real"
    found = lossary.suggest([1.5, np.nan, 2.5, np.inf, -1.0])
    assert found.rows == 5
    assert found.notes == ("2 rows were left out: a value is missing or not finite",)
    assert lossary.suggest([0, 1, 2, 0, 1, 2], kind="counts").kind == "counts"
    assert repr(found) == "<suggestions for real: squared_error, gaussian>"
    assert str(found).startswith("real: any other numbers\n")
    assert found[-1] is found.losses[-1]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: lossary.suggest([1.0, 1.0]), "two values at least; got 2 times the same value"),
        (lambda: lossary.suggest([]), "got no values"),
        (lambda: lossary.suggest([1, 2], kind="count"), "no kind of target 'count'; did you mean 'counts'"),
        (lambda: lossary.suggest([-1.0, 2.0], kind="counts"), "kind='counts' is of whole numbers .*; leave kind= out"),
        (lambda: lossary.suggest(["a", "b"], kind="real"), "a target of words is binary, classes or ordered"),
        (lambda: lossary.suggest([[0.5, 0.6], [0.1, 0.9]]), "of probabilities that sum to 1"),
    ],
)
def test_what_is_wrong_is_refused(call, message):
    with pytest.raises(UsageError, match=message):
        call()


@pytest.fixture
def run(capsys):
    def run(*arguments):
        with pytest.raises(SystemExit) as exit:
            cli.main([str(a) for a in arguments])
        return exit.value.code, *capsys.readouterr()

    return run


def test_the_command_reads_files_and_says_what_it_looked_at(run, tmp_path, monkeypatch):
    target = rng().negative_binomial(2, 0.3, ROWS)
    path = tmp_path / "claims.parquet"
    pq.write_table(pa.table({"claims": target, "expected": np.full(ROWS, target.mean()), "word": ["x"] * ROWS}), path)
    code, out, err = run("suggest", path, "--target", "claims")
    assert (code, err) == (0, "")
    headline, rows, fact, *_ = out.splitlines()
    assert headline == f"counts: {rules.KINDS['counts']}"
    assert rows == "  rows           4,000"
    assert fact.startswith("  overdispersed  the variance is 3.")
    assert "\n1. negative_binomial\n  finds  the mean\n" in out
    assert "\n2. poisson\n" in out
    code, out, _ = run("suggest", path, "--target", "claims", "--prediction", "expected", "--json")
    found = json.loads(out)
    assert [one["loss"] for one in found["losses"]] == ["negative_binomial", "poisson"]
    monkeypatch.setattr(values, "ROWS", 1000)
    monkeypatch.setattr(values, "_SIZE", 300)
    _, out, _ = run("suggest", path, "--target", "claims")
    assert "  rows           1,000\n" in out
    assert "rows were looked at, and there are more" in out
    pq.write_table(pa.table({"y": np.where(np.arange(1100) < 1000, np.arange(1100) % 2, 0.5)}), tmp_path / "y.parquet")
    assert run("suggest", tmp_path / "y.parquet", "--target", "y")[1].startswith("binary: ")
    assert run("suggest", path, "--target", "word")[0] == 2
    assert run("suggest", path, "--target", "clams")[0] == 2
    text = tmp_path / "x.csv"
    text.write_text("y,z\n" + "".join(f"{'yes' if i % 30 == 0 else 'no'},{i % 7}\n" for i in range(300)))
    code, out, _ = run("suggest", text, "--target", "y")
    assert out.startswith("binary: ")
    assert "pass target == 'yes'" in out
    assert run("suggest", text, "--target", "z", "--kind", "counts")[1].startswith("counts: ")
