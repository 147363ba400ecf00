"""The command: every exit code with its sentence, what stdout holds, and no traceback ever."""

import io
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from fractions import Fraction
from importlib import resources

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import lossary
from lossary.cli import main as cli
from lossary.cli.demo import DEMONSTRATIONS
from lossary.cli.output import _rate
from lossary.formula.languages.write import LANGUAGES

LOSSARY = [sys.executable, "-m", "lossary"]


@pytest.fixture
def run(capsys):
    def run(*arguments):
        with pytest.raises(SystemExit) as exit:
            cli.main([str(a) for a in arguments])
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return exit.value.code, out, err

    return run


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "x.parquet"
    columns = {"y": [1.0, 2.0, 6.0], "p": [1.0, 3.0, 5.0], "w": [1, 1, 2], "c": [0, 1, 1], "bad": [0.0, None, 2.0]}
    pq.write_table(pa.table(columns | {"z_0": [1.0, 0.0, -1.0], "z_1": [0.0, 2.0, 1.0]}), path)
    return path


def options(loss="squared_error", target="y", prediction="p"):
    return "--loss", loss, "--target", target, "--prediction", prediction


def test_the_truth_may_be_standard_input(run, tmp_path, monkeypatch):
    (tmp_path / "p.csv").write_text("id,p\n007,1\n07,2\n")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"id,y\n07,2\n007,4\n")))
    code, out, err = run("score", tmp_path / "p.csv", "--truth", "-", "--id", "id", *options(), "--quiet")
    assert (code, out, err) == (0, "4.5\n", "")


def test_report(run, file):
    code, out, err = run("score", file, *options())
    assert (code, err) == (0, "")
    reach = 1.959963984540054 * np.std([0, 1, 1], ddof=1) / np.sqrt(3)
    assert out.startswith(
        "squared_error\n"
        f"  file           {file}\n"
        "  rows           3\n"
        "  mean loss      0.666667\n"
        f"                 95 % interval {2 / 3 - reach:.4g} to {2 / 3 + reach:.4g} (normal)\n"
        "                 its root 0.816497\n"
        "  sum            2\n"
        "  best constant  4.66667, predicting the mean of the target, 3\n"
        "  skill          0.857143  (1 is perfect, 0 no better than the best constant)\n"
    )


def test_report_with_everything(run, file):
    code, out, _ = run("score", file, file, *options("cross_entropy", "c", "z_*"), "--weight", "w")
    assert code == 0
    logits = np.array([[1, 0], [0, 2], [-1, 1]])
    losses = np.log(np.exp(logits).sum(1)) - logits[[0, 1, 2], [0, 1, 1]]
    mean = np.average(losses, weights=[1, 1, 2])
    squares = 2 * (np.array([1, 1, 4]) * (losses - mean) ** 2).sum()  # the file is scored twice: 6 rows of weight 8
    reach = 1.959963984540054 * np.sqrt(squares * 6 / 5) / 8
    prior = -(0.25 * np.log(0.25) + 0.75 * np.log(0.75))
    assert out.startswith(
        "cross_entropy\n"
        f"  files          2 files, {file} … {file}\n"
        "  classes        0 = z_0, 1 = z_1\n"
        "  rows           6\n"
        "  weight         8\n"
        f"  mean loss      {mean:.6g} nats\n"
        f"                 95 % interval {mean - reach:.4g} to {mean + reach:.4g} (normal)\n"
        f"  sum            {8 * mean:.6g} nats\n"
        f"  best constant  {prior:.6g} nats, predicting the share of each class, 0.25, 0.75\n"
        f"  skill          {1 - mean / prior:.6g}  (1 is perfect, 0 no better than the best constant)\n"
    )
    code, out, _ = run("score", file, *options("huber", prediction="bad"), "--skip-invalid", "--param", "delta=2")
    assert "huber (delta=2)\n" in out
    assert "  skipped        1 (null 1)\n" in out


def test_json(run, file):
    code, out, err = run("score", file, *options("huber"), "--json", "--param", "delta=2.5")
    assert (code, err, out.count("\n")) == (0, "", 1)
    found = json.loads(out)
    assert [found[name] for name in ("schema", "kind", "loss")] == [2, "score", "huber"]
    assert found["parameters"] == {"delta": 2.5}
    assert found["mean"] == pytest.approx(1 / 3)
    assert found == lossary.report.score(file, loss="huber", target="y", prediction="p", parameters={"delta": 2.5}).to_dict()
    code, out, _ = run("score", file, *options(prediction="bad"), "--json", "--skip-invalid")
    assert json.loads(out)["invalid"] == {"null": 1}


def test_json_has_no_infinity(run, tmp_path):
    path = tmp_path / "i.npz"
    np.savez(path, y=[1, 0], p=[0.0, 0.5])
    code, out, _ = run("score", path, *options("binary_cross_entropy"), "--given", "probabilities", "--json")
    assert code == 0
    found = json.loads(out, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
    assert (found["sum"], found["mean"], found["skill"]) == ("Infinity", "Infinity", "-Infinity")


def test_quiet(run, tmp_path):
    np.savez(tmp_path / "a.npz", y=[0.1, 0.2, 0.4], p=[0.0, 0.0, 0.0])
    code, out, err = run("score", tmp_path / "a.npz", *options("absolute_error"), "--quiet")
    assert (code, err) == (0, "")
    assert float(out) == float((Fraction(0.1) + Fraction(0.2) + Fraction(0.4)) / 3)
    assert out.strip() == repr(float(out))


@pytest.mark.parametrize(("options_more", "times"), [([], 1), (["--json"], 1), (["--quiet"], 0), (["--quiet", "--json"], 1)])
def test_freed_memory_is_kept_where_details_are_asked_for(run, file, monkeypatch, options_more, times):
    called = []
    monkeypatch.setattr("lossary.cli.score.keep_freed_memory", lambda: called.append(1))
    assert run("score", file, *options(), *options_more)[0] == 0
    assert len(called) == times


def test_fail_above(run, file, tmp_path):
    assert run("score", file, *options(), "--fail-above", "0.67")[0] == 0
    code, out, err = run("score", file, *options(), "--fail-above", "0.5", "--quiet")
    assert code == 1
    assert float(out) == pytest.approx(2 / 3)
    assert "the mean loss is 0.666667, above --fail-above 0.5" in err
    np.savez(tmp_path / "a.npz", y=[1.0], p=[1.0], w=[0.0])
    assert run("score", tmp_path / "a.npz", *options(), "--weight", "w", "--fail-above", "9")[0] == 1  # a mean of NaN
    assert run("score", file, *options(), "--fail-above", "nan")[0] == 2


@pytest.mark.parametrize(
    ("gates", "said"),
    [
        (["--fail-above", "high=0.9"], "the upper end of the interval is 1.31999,"),
        (["--fail-above", "high=1.4", "--fail-below", "low=0.013"], ""),
        (["--fail-below", "low=0.014"], "the lower end of the interval is 0.0133453,"),
        (["--fail-above", "mae=0.6"], "the mean absolute_error is 0.666667,"),
        (["--fail-above", "absolute_error=0.7", "--fail-above", "rmse=0.82", "--fail-below", "skill=0.85"], ""),
        (["--fail-above", "rmse=0.81"], "rmse is 0.816497,"),
        (["--fail-below", "skill=0.9"], "skill is 0.857143,"),
        (["--fail-above", "c:1=0.9"], "the mean loss where c is 1 is 1, above --fail-above c:1=0.9"),
        (["--fail-below", "skill=0.857143"], "skill is 0.8571429, below"),  # as many digits as tell them apart
        (["--fail-above", "c:*=0.9"], "the mean loss where c is 1 is 1,"),
        (["--fail-above", "c:0=0.9", "--fail-above", "c:*=1"], ""),
    ],
)
def test_gates(run, file, gates, said):
    code, out, err = run("score", file, *options(), "--also", "mae", "--group", "c", "--quiet", *gates)
    assert (code, float(out)) == (1 if said else 0, 2 / 3)
    assert said in err


@pytest.mark.parametrize(
    ("gate", "said"),
    [
        ("huber=1", "bounds what is scored: squared_error, absolute_error; got 'huber'"),
        ("c:7=1", "bounds a group of 'c', as 0, 1; got '7'"),
        ("y:7=1", "add --group y"),
        ("high=nan", "takes a number"),
    ],
)
def test_gates_on_what_is_not_scored(run, file, gate, said):
    code, _, err = run("score", file, *options(), "--also", "mae", "--group", "c", "--quiet", "--fail-above", gate)
    assert code == 2
    assert said in err


def test_markdown(run, file, tmp_path):
    pages = tmp_path / "score.md", tmp_path / "compare.md"
    assert run("score", file, *options(), "--group", "c", "--markdown", pages[0])[0] == 0
    assert run("compare-predictions", file, file, *options(), "--markdown", pages[1], "--quiet")[0] == 0
    score, comparison = (page.read_text() for page in pages)
    assert score.startswith("### squared\\_error\n")
    assert "| mean loss | 0.666667 |" in score
    assert "| 1 | 2 | 66.7 % | 100 % | 1 |" in score
    assert "**every row has the same loss under A and B**" in comparison


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--loss", "hubber"], "there is no loss 'hubber'; did you mean 'huber'?"),
        (["--loss", "info_nce"], "'info_nce' is a loss of a batch or of a linear layer, not of rows; call it in Python"),
        (["--loss", "huber:delta=2"], "parameters of huber are passed apart from its name; got 'huber:delta=2'"),
        (["--loss", "huber", "--param", "dleta=2"], "no parameter 'dleta'; did you mean 'delta'?"),
        (["--loss", "huber", "--param", "delta"], "name=value"),
        (["--loss", "huber", "--param", "delta=two"], "is a number; got 'two'"),
        (["--loss", "huber", "--param", "delta=0"], "delta lies in (0, ∞); got 0"),
        (["--loss", "huber", "--param", "delta=nan"], "delta lies in"),
        (["--loss", "huber", "--param", "delta=1", "--param", "delta=2"], "given once"),
        (["--loss", "huber", "--given", "probabilities"], "leave out --given"),
        (["--loss", "bce", "--given", "logit"], "given is one of 'logits', 'probabilities', 'log_probabilities'; got 'logit'"),
        (["--target", "Y"], "no column 'Y' for the target; did you mean 'y'? it has: y, p, w"),
        (["--prediction", "logit_*"], "no column like 'logit_*'"),
        (["--loss", "cross_entropy", "--target", "c"], "takes one prediction per class"),
        (["--lsos", "huber"], "No such option"),
        (["--fail-above", "high"], "--fail-above takes a number, or what it bounds and a number, as in mae=3; got 'high'"),
        (["--loss", "nowhere.py:f"], "there is no file 'nowhere.py'"),
        (["--loss", "no_such_module:f"], "'no_such_module' could not be loaded: ModuleNotFoundError"),
        (["--loss", "lossary.losses:hubber"], "lossary.losses has no 'hubber'; did you mean 'huber'?"),
        (["--loss", "math:exp"], "'exp' in math is a builtin_function_or_method, not a loss; decorate"),
    ],
)
def test_usage(run, file, arguments, sentence):
    code, out, err = run("score", file, *options(), *arguments)
    assert (code, out) == (2, "")
    assert sentence in err


def test_commands_and_arguments_that_are_missing(run, file):
    assert run("scroe")[0] == 2
    code, _, err = run("score", file)
    assert code == 2
    assert "--loss" in err
    code, _, err = run("score", *options())
    assert "name the files to score" in err
    assert code == 2
    code, out, _ = run("--version")
    assert (code, out) == (0, f"lossary {lossary.__version__}\n")


def test_no_command_at_all_shows_the_help_with_its_lines(run):
    code, out, err = run()
    assert (code, out) == (2, "")
    assert "\nCommands:\n" in err
    assert err.count("Compare predictions") == 1  # the alias of `compare` is not listed
    assert "..." not in err.partition("Commands:")[2]  # no sentence is cut


def test_json_takes_no_file(run, file, tmp_path):
    report = tmp_path / "report.json"
    for command in (["score", file], ["compare", file, file, "--id", "y"]):
        code, out, err = run(*command, *options(), "--json", report)
        assert (code, out) == (2, "")
        assert f"--json > {report}" in err


def test_bad_data(run, file):
    for extra in ([], ["--json"], ["--quiet"]):
        code, out, err = run("score", file, *options(prediction="bad"), *extra)
        assert (code, out) == (3, "")
        assert err == (
            f"lossary: {file}, row 2 (index 1), column 'bad': got null; every row has a value\n"
            "  1 of 3 rows cannot be scored (null: 1)\n"
            "  Correct the data. Or pass --skip-invalid to score the other 2 rows.\n"
        )
    code, out, err = run("score", file, *options("cross_entropy", "c", "z_*"), "--given", "probabilities")
    assert code == 3
    assert "row 2 (index 1), column 'z_1': got 2.0; probabilities lie in [0, 1]" in err or "row 1" in err
    assert "--given logits" in err


def test_unreadable(run, file, tmp_path):
    for path, sentence in ((tmp_path / "y.parquet", "does not exist; did you mean 'x.parquet'?"), (tmp_path, "is a directory")):
        code, out, err = run("score", file, path, *options())
        assert (code, out) == (4, "")
        assert sentence in err
    file.write_bytes(file.read_bytes()[:-20])
    code, _, err = run("score", file, *options())
    assert code == 4
    assert "is cut short" in err


def test_probabilities_as_logits(run, tmp_path):
    np.savez(tmp_path / "a.npz", y=[1, 0], p=[0.9, 0.2])
    asked = options("binary_cross_entropy")
    for command in (["score", tmp_path / "a.npz"], ["compare-predictions", tmp_path / "a.npz", tmp_path / "a.npz"]):
        for extra in ([], ["--json"], ["--quiet"], ["--quiet", "--fail-above", "9"][: 4 if command[0] == "score" else 1]):
            code, out, err = run(*command, *asked, *extra, *(["--id", "p"] if len(command) == 3 else []))
            assert (code, out) == (2, "")
            assert "pass --given probabilities, or --given logits if they are logits" in err
    code, out, err = run("score", tmp_path / "a.npz", *asked, "--given", "logits", "--quiet")
    assert (code, err) == (0, "")
    assert float(out) == pytest.approx((np.log1p(np.exp(-0.9)) + np.log1p(np.exp(0.2))) / 2)


OWN = '''
import helper
from lossary import pointwise
from lossary.vocabulary import abs

@pointwise(convex=True)
def quartic(prediction, target, *, scale=1.0):
    """Fourth power."""
    return helper.twice((prediction - target) ** 4) * scale / 2

def plain(prediction, target):
    return 0
'''


def test_a_users_own_loss(run, file, tmp_path, monkeypatch):
    (tmp_path / "own_losses.py").write_text(OWN)
    (tmp_path / "helper.py").write_text("def twice(x):\n    return 2 * x\n")
    code, out, err = run("score", file, *options(f"{tmp_path / 'own_losses.py'}:quartic"), "--json", "--param", "scale=3")
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert (found["loss"], found["mean"], found["parameters"]) == ("quartic", pytest.approx(2.0), {"scale": 3})
    assert found["baseline"] is not None
    for name in ("own_losses", "helper"):
        sys.modules.pop(name, None)
    monkeypatch.chdir(tmp_path)
    assert run("score", file, *options("own_losses:quartic"), "--quiet")[:2] == (0, f"{2 / 3!r}\n")
    assert "is a function, not a loss; decorate" in run("score", file, *options("own_losses:plain"))[2]
    assert "did you mean 'quartic'" in run("score", file, *options("own_losses:quartik"))[2]
    code, out, _ = run("show", "own_losses.py:quartic")
    assert code == 0
    assert "Fourth power." in out
    (tmp_path / "broken.py").write_text("1 / 0")
    code, _, err = run("score", file, *options("broken.py:f"))
    assert code == 2
    assert "'broken.py' could not be loaded: ZeroDivisionError: division by zero" in err


def test_figures_are_asked_for_by_name(run, tmp_path):
    rng = np.random.default_rng(4)
    p, y = rng.normal(0, 2, (2, 500))
    pq.write_table(pa.table({"p": p, "y": y}), tmp_path / "a.parquet")
    asked = ("score", tmp_path / "a.parquet", "--loss", "rmse", "--target", "y", "--prediction", "p")
    root = np.sqrt(np.mean((p - y) ** 2))
    code, out, _ = run(*asked, "--quiet")
    assert code == 0
    assert float(out) == pytest.approx(root, rel=1e-14)
    assert run(*asked, "--quiet", "--fail-above", 0.99 * root)[0] == 1
    assert run(*asked, "--quiet", "--fail-above", 1.01 * root)[0] == 0
    report = json.loads(run(*asked, "--json")[1])
    figure = report["figure"]
    assert (figure["name"], report["loss"]) == ("rmse", "squared_error")
    for end in ("low", "high"):
        assert figure["interval"][end] == pytest.approx(np.sqrt(report["interval"][end]), rel=1e-14)
    assert f"rmse           {figure['value']:.6g}" in run(*asked)[1]
    code, _, err = run(*asked, "--fail-below", "0.5")
    assert code == 2
    assert "--fail-below an accuracy" in err
    page = tmp_path / "page.html"
    assert run(*asked, "--html", page)[0] == 0
    assert '<span class="label">rmse</span>' in page.read_text(encoding="utf-8")


def test_losses(run):
    code, out, _ = run("losses")
    assert code == 0
    for name in lossary.losses.registry:
        assert f"\n  {name} " in out
    assert "parameters: delta=1.0" in out
    assert "given: logits, probabilities, log_probabilities" in out
    for arguments, there, missing in (
        (["mae"], "absolute_error", "squared_error"),
        (["--for", "regression", "--robust"], "huber", "squared_error"),
        (["--for", "regression", "--robust"], "cauchy", "hinge"),
        (["--for", "boxes"], "giou", "dice"),
        (["--for", "binary", "--proper", "--convex"], "binary_cross_entropy", "huber"),
    ):
        code, out, _ = run("losses", *arguments)
        assert code == 0
        assert f"  {there} " in out
        assert f"  {missing} " not in out
    code, out, _ = run("losses", "info")
    assert code == 0
    assert "help(lossary.info_nce)" in out
    code, _, err = run("losses", "nonsense")
    assert code == 2
    assert "no loss fits" in err


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("accuracy", "--loss accuracy with predicted labels"),
        ("rmse", "--loss rmse;"),
        ("rmsle", "--loss rmsle;"),
        ("R²", "--loss squared_error reports it"),
        ("r2", "--loss squared_error reports it"),
        ("logloss", "--loss binary_cross_entropy for two outcomes"),
        ("AUC", "auc: not computed"),
        ("f1-score", "--cost false_positive=1,false_negative=5"),
        ("mape", "also: mape"),
        ("brier", "Brier score of two outcomes"),
        ("mae", "also: l1, mae"),
        ("mse", "also: l2, mse"),
    ],
)
def test_figures_that_people_name_are_found(run, word, said):
    code, out, _ = run("losses", word)
    assert code == 0
    assert said in " ".join(out.split())


def test_figures_that_are_no_losses_are_explained(run, tmp_path):
    (tmp_path / "b.csv").write_text("y,p\n1,0.7\n0,0.2\n1,0.4\n")
    for name, said in (("roc_auc", "'roc_auc' is no loss: not computed"), ("acc", "--loss accuracy with predicted labels")):
        code, _, err = run("score", tmp_path / "b.csv", "--loss", name, "--target", "y", "--prediction", "p")
        assert code == 2
        assert said in err
    from lossary.losses.figures import ALTERNATIVES
    from lossary.report.measure.plan.figures import FIGURES as COMPUTED

    names = [name for names in ALTERNATIVES for name in names]
    assert len(names) == len({*names})
    assert {*COMPUTED} <= {*names}
    asked = re.findall(r'loss="(\w+)"', " ".join(ALTERNATIVES.values()))
    assert all(name in COMPUTED or name in lossary.losses.registry or name == "loss" for name in asked)
    assert not [name for name in names if name in lossary.losses.registry]


@pytest.mark.parametrize("name", ["huber", "binary_cross_entropy", "cross_entropy"])
def test_show(run, name):
    code, out, _ = run("show", name)
    loss = getattr(lossary.losses, name)
    assert code == 0
    assert loss.latex() in out
    assert loss.latex("gradient") in out
    assert "best constant" in out
    for language in LANGUAGES:
        for what in (language, f"gradient:{language}"):
            code, out, err = run("show", name, "--code", what)
            if code == 2:  # a loss of whole rows has no formula in SQL
                assert name == "cross_entropy"
                assert out == ""
                with pytest.raises((TypeError, ValueError)) as error:
                    loss.code(what)
                assert err == f"lossary: {error.value}\n"
            else:
                assert (code, out) == (0, f"{loss.code(what)}\n")


def test_show_code(run):
    assert run("show", "huber", "--code", "sql", "--param", "delta=2")[1] == lossary.huber.code("sql", delta=2.0) + "\n"
    code, out, _ = run("show", "binary_cross_entropy", "--code", "javascript", "--given", "probabilities")
    assert out == lossary.binary_cross_entropy.code("javascript", given="probabilities") + "\n"
    code, out, _ = run("show", "poisson", "--code", "sql", "--given", "mean", "--param", "constant=likelihood")
    assert out == lossary.poisson.code("sql", given="mean", constant="likelihood") + "\n"
    for arguments, sentence in (
        (["poisson", "--code", "sql", "--param", "constant=likely"], "constant is one of 'none', 'likelihood', 'deviance'"),
        (["huber", "--code", "sql", "--given", "logits"], "has no option 'given'"),
        (["hubber"], "did you mean 'huber'"),
        (["huber", "--code", "javascrpit"], "did you mean 'javascript'"),
        (["huber", "--param", "delta=2"], "add --code sql"),
        (["huber", "--code", "sql", "--param", "dleta=2"], "did you mean 'delta'"),
    ):
        code, out, err = run("show", *arguments)
        assert (code, out) == (2, "")
        assert sentence in err


def test_demo(run, tmp_path, monkeypatch, tmp_path_factory):
    monkeypatch.chdir(tmp_path)
    package, files = tmp_path_factory.mktemp("other") / "a folder with spaces", resources.files
    package.symlink_to(files("lossary"))
    monkeypatch.setattr("importlib.resources.files", lambda name: package if name == "lossary" else files(name))
    code, out, err = run("demo")
    assert (code, err) == (0, "")
    report = (tmp_path / "lossary-demo.txt").read_text(encoding="utf-8")
    for line in out[: out.index("The whole report")].splitlines():
        assert line in report.splitlines()
    assert str(tmp_path / "lossary-demo.txt") in out
    assert str(tmp_path / "lossary-demo.html") in out
    for _, loss, *_ in DEMONSTRATIONS:
        assert f"\n{loss}" in report
    assert sorted(os.listdir(tmp_path)) == ["lossary-demo.html", "lossary-demo.txt"]
    for line in out[out.index("Try next:") :].splitlines()[1:-1]:  # the last one is for the user's own file
        assert run(*shlex.split(line)[1:])[0] == 0
    for line in report.splitlines():
        if line.startswith("$ "):
            assert run(*shlex.split(line)[2:])[0] == 0
    code, _, err = run("demo", "--output", tmp_path / "no" / "where.txt")
    assert code == 4
    assert "write elsewhere" in err


@pytest.mark.parametrize(
    ("error", "code", "sentence"),
    [
        (KeyboardInterrupt(), 130, "interrupted"),
        (MemoryError(), 70, "out of memory"),
        (RuntimeError("boom"), 70, "a mistake in lossary, please report it: RuntimeError: boom (test_cli.py:"),
    ],
)
def test_accidents(run, file, monkeypatch, error, code, sentence):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr(lossary.report, "score", fail)
    found = run("score", file, *options())
    assert found[0] == code
    assert sentence in found[2]


def test_a_reader_that_goes_away():
    process = subprocess.Popen([*LOSSARY, "losses"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.close()
    with process.stderr:
        assert process.stderr.read() == b""
    assert process.wait() == 141


def test_start_up_imports_nothing_heavy():
    code = (
        "import sys\nfrom lossary.cli import main as cli\nfor args in (['--help'], ['losses']):\n"
        "    try:\n        cli.main(args)\n    except SystemExit:\n        pass\n"
        "print(sorted({'pyarrow', 'torch', 'jax', 'matplotlib', 'sympy', 'numba', 'pandas'} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.splitlines()[-1] == "[]"


def test_without_pyarrow(run, file, tmp_path, monkeypatch):
    for name in [name for name in sys.modules if name.partition(".")[0] == "pyarrow"] + ["lossary.report.read.arrow"]:
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    code, _, err = run("score", file, *options())
    assert code == 2
    assert 'pip install "lossary[report]"' in err
    np.savez(tmp_path / "a.npz", y=[1.0], p=[2.0])
    assert run("score", tmp_path / "a.npz", *options(), "--quiet")[:2] == (0, "1.0\n")


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals")
def test_words_are_parameters(run, tmp_path):
    path = tmp_path / "counts.csv"
    path.write_text("m,y\n1.5,2\n2,0\n4,3\n")
    asked = ["--loss", "poisson", "--prediction", "m", "--target", "y", "--given", "mean"]
    code, out, _ = run("score", path, *asked, "--param", "constant=deviance", "--also", "poisson:constant=likelihood", "--json")
    found = json.loads(out)
    assert found["parameters"] == {"constant": "deviance"}
    arrays = [1.5, 2.0, 4.0], [2.0, 0.0, 3.0]
    assert found["mean"] == pytest.approx(lossary.poisson(*arrays, given="mean", constant="deviance"))
    assert found["also"][0]["mean"] == pytest.approx(lossary.poisson(*arrays, given="mean", constant="likelihood"))
    code, _, err = run("score", path, *asked, "--param", "constant=nothing")
    assert code == 2
    assert "constant is one of 'none', 'likelihood', 'deviance'; got 'nothing'" in err


@pytest.mark.heavy
def test_progress_is_shown_on_a_terminal_only(file):
    import pty

    for extra, shown in (([], True), (["--quiet"], False)):
        master, slave = pty.openpty()
        process = subprocess.Popen([*LOSSARY, "score", file, *options(), *extra], stdout=subprocess.PIPE, stderr=slave)
        os.close(slave)
        out = process.stdout.read()
        err = b""
        try:
            while part := os.read(master, 4096):
                err += part
        except OSError:  # a pseudo-terminal ends so on Linux
            pass
        os.close(master)
        process.stdout.close()
        assert process.wait() == 0
        assert b"scoring" not in out
        assert (b"100%" in err) is shown


@pytest.mark.parametrize("prediction", ["logit_*", "logit_1,logit_2,logit_3", "logit_3,logit_1,logit_2"])
def test_a_class_is_found_by_its_columns_name_however_the_columns_are_named(run, tmp_path, prediction):
    path = tmp_path / "x.csv"
    path.write_text("l,logit_1,logit_2,logit_3\n1,1,2,3\n1,1,2,3\n2,1,2,3\n")
    code, out, _ = run("score", path, *options("cross_entropy", "l", prediction), "--quiet")
    truth = np.log(np.exp([1, 2, 3]).sum()) - (1 + 1 + 2) / 3
    assert code == 0
    assert float(out) == pytest.approx(truth, rel=1e-15)


@pytest.mark.parametrize(
    ("names", "parts"),
    [("p_cat,p_cow", ["cat", "cow"]), ("x1,x10", ["1", "10"]), ("a,b", ["a", "b"]), ("z.up,z.down", ["up", "down"])],
)
def test_listed_columns_name_classes_by_what_they_do_not_share(run, tmp_path, names, parts):
    path = tmp_path / "x.csv"
    path.write_text(f"l,{names}\n{parts[0]},3,1\n{parts[1]},0,1\n")
    code, out, _ = run("score", path, *options("cross_entropy", "l", names), "--quiet")
    assert code == 0
    assert float(out) == pytest.approx((np.log1p(np.exp(-2)) + np.log1p(np.exp(-1))) / 2, rel=1e-14)


def test_the_first_infinite_loss_is_named(run, tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("y,p\n1,0.5\n0,1\n1,0\n")
    code, out, _ = run("score", path, *options("binary_cross_entropy"), "--given", "probabilities")
    assert code == 0
    assert "mean loss      inf nats" in out
    assert f"warning L106: the loss of 2 rows is infinite, first in {path}, row 2 (index 1)" in out


def test_a_flipped_byte_in_a_page_with_a_checksum_is_found(run, tmp_path):
    path = tmp_path / "x.parquet"
    table = pa.table({"y": np.arange(1000.0), "p": np.arange(1000.0) + 1})
    pq.write_table(table, path, write_page_checksum=True, compression="none", use_dictionary=False)
    damaged = bytearray(path.read_bytes())
    damaged[3000] ^= 1
    path.write_bytes(damaged)
    code, out, err = run("score", path, *options())
    assert (code, out) == (4, "")
    assert "is damaged" in err


def test_output_that_cannot_be_written(file):
    if not os.path.exists("/dev/full"):
        return
    with open("/dev/full", "w") as full:
        result = subprocess.run([*LOSSARY, "score", file, *options()], stdout=full, stderr=subprocess.PIPE, text=True)
    assert result.returncode == 4
    assert "could not be written: No space left on device" in result.stderr


def test_a_loss_of_ones_own_that_fails_is_not_called_a_mistake_of_lossary(run, file, tmp_path):
    own = tmp_path / "mine.py"
    own.write_text("import lossary\n@lossary.composed\ndef crash(prediction, target):\n    return prediction.summ(-1)\n")
    code, _, err = run("score", file, *options(f"{own}:crash"))
    assert code == 2
    assert "lossary: the loss failed at mine.py:4: AttributeError: 'numpy.ndarray' object has no attribute 'summ'" in err


def test_options_that_a_score_has_not(run, file):
    code, _, err = run("score", file, *options("cross_entropy", "c", "z_*"), "--param", "label_smoothing=0.1")
    assert code == 2
    assert "label_smoothing is an option of cross_entropy in Python, not of a score" in err


def test_a_page_does_not_replace_what_is_scored(run, file):
    before = file.read_bytes()
    code, _, err = run("score", file, *options(), "--html", file)
    assert code == 2
    assert "does not take the place of what it reports on" in err
    code, _, err = run("compare-predictions", file, file, "--id", "y", *options(), "--html", file)
    assert (code, file.read_bytes()) == (2, before)


@pytest.mark.parametrize(
    ("a", "b", "code", "printed", "said"),
    [
        ([0.9, 0.1], [0.9, 0.1], 0, "equal 0.0\n", ""),
        ([0.9, 0.2], [0.8, 0.1], 0, "undecided ", ""),
        ([0.9, 0.1], [0.0, 0.1], 1, "worse inf\n", "B is worse than A by inf"),
        ([0.9, 1.0], [0.9, 0.1], 0, "better -inf\n", ""),
        ([0.9, 1.0], [0.0, 0.1], 1, "undecided nan\n", "cannot tell whether B is worse; undecided: A and B have infinite"),
    ],
)
def test_fail_if_worse(run, tmp_path, a, b, code, printed, said):
    for name, values in (("a.npz", a), ("b.npz", b)):
        np.savez(tmp_path / name, k=[1, 2], y=[1, 0], p=values)
    asked = ["--id", "k", "--loss", "bce", "--given", "probabilities", "--target", "y", "--prediction", "p"]
    found = run("compare-predictions", tmp_path / "a.npz", tmp_path / "b.npz", *asked, "--fail-if-worse", "--quiet")
    assert found[0] == code
    assert found[1].startswith(printed)
    assert said in found[2]


# ---- standard streams, signals and terminals


@pytest.mark.heavy
@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_the_exit_code_does_not_depend_on_stderr(file, tmp_path):
    command = " ".join([sys.executable, "-m", "lossary", "score"])
    sound = f"{command} {file} {' '.join(options())} --quiet"
    cases = (
        (sound, 0, f"{2 / 3!r}\n"),
        (f"{sound} --fail-above 0.1", 1, f"{2 / 3!r}\n"),
        (f"{sound} --prediction bad --skip-invalid", 0, "8.5\n"),  # skipped rows are told on stderr
        (f"{command} --lsos", 2, ""),
        (f"{sound} --prediction bad", 3, ""),
        (f"{command} {tmp_path}/missing.csv {' '.join(options())}", 4, ""),
        (f"{sound} >/dev/full", 4, ""),
        (f"{sound} >&-", 4, ""),
    )
    for k, (line, code, out) in enumerate(cases):
        for errors in ("2>/dev/full", "2>&-", "<&- 2>&-") if k == 0 else ("2>/dev/full",):
            result = subprocess.run(["bash", "-c", f"{line} {errors}"], stdout=subprocess.PIPE, text=True)
            assert (result.returncode, result.stdout) == (code, out), line


@pytest.mark.skipif(sys.platform == "win32", reason="no such descriptors")
def test_a_closed_stdout_is_an_error_and_not_where_a_file_is_opened(file):
    line = f"{sys.executable} -m lossary score {file} {' '.join(options())} >&-"
    result = subprocess.run(["bash", "-c", line], stderr=subprocess.PIPE, text=True)
    assert (result.returncode, result.stderr) == (
        4,
        "lossary: what was asked for could not be written: stdout is closed; make room, or write elsewhere\n",
    )


SLOW = """
import pathlib, time, lossary

@lossary.composed
def slow(prediction, target):
    if len(prediction) > 100:
        pathlib.Path({flag!r}).touch()
        time.sleep(3)
    return ((prediction - target) ** 2).sum(-1)
"""


@pytest.mark.heavy
@pytest.mark.skipif(sys.platform == "win32", reason="no such signals")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGINT"])
def test_a_comparison_that_is_ended_leaves_nothing_behind(tmp_path, name):
    folder, flag, n = tmp_path / "temporary", tmp_path / "started", 700
    folder.mkdir()
    (tmp_path / "losses.py").write_text(SLOW.format(flag=str(flag)))
    pq.write_table(pa.table({"k": np.arange(n), "y": np.zeros(n), "p": np.ones(n)}), tmp_path / "a.parquet")
    slow = options(f"{tmp_path / 'losses.py'}:slow")
    command = [*LOSSARY, "compare-predictions", *[tmp_path / "a.parquet"] * 2, "--id", "k", *slow]
    with subprocess.Popen(command, env={**os.environ, "TMPDIR": str(folder)}, stderr=subprocess.PIPE, text=True) as process:
        while not flag.exists():
            assert process.poll() is None
            time.sleep(0.01)
        assert list(folder.glob("lossary-*/join.duckdb"))
        process.send_signal(getattr(signal, name))
        said = process.communicate(timeout=60)[1]
    assert process.returncode == 128 + getattr(signal, name)
    assert said == f"lossary: {'interrupted' if name == 'SIGINT' else 'terminated'}\n"
    assert os.listdir(folder) == []


HOSTILE = "\x1b[31mred\x1b]0;title\x07\x9b2J\u202egpj\r\n\x7f\x08\u2028"
SHOWN = r"\x1b[31mred\x1b]0;title\x07\x9b2J\u202egpj\r\n\x7f\x08\u2028"


def on_a_terminal(*command, columns=0, kind="xterm"):
    """What a terminal of some columns receives of a command, and its exit code."""
    import fcntl
    import pty
    import struct
    import termios

    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    own = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")} | {"TERM": kind}
    errors = subprocess.DEVNULL if columns else slave  # progress would be among the lines
    with subprocess.Popen([*LOSSARY, *map(str, command)], stdout=slave, stderr=errors, env=own) as process:
        os.close(slave)
        out = b""
        while True:
            try:
                out += os.read(master, 4096)
            except OSError:  # a pseudo-terminal ends so on Linux
                break
    os.close(master)
    return process.returncode, out.decode()


def hostile_commands(tmp_path):
    """Commands that speak of hostile names of files, columns, classes, groups, ids and losses, and how they end."""
    folder = tmp_path / HOSTILE
    folder.mkdir()
    good, bad = folder / "x.parquet", folder / "bad.csv"
    columns = {"y": [HOSTILE, "b"], "p_b": [0.0, 2.0], f"p_{HOSTILE}": [2.0, 0.0], HOSTILE: [HOSTILE, "c"], "t": [1.0, 2.0]}
    pq.write_table(pa.table(columns | {"n": [None, 1.0], "k": ["a", "b"], "u": [1.0, 3.0]}), good)
    bad.write_text('t,u\n1,"2"x\n')
    (folder / "cut.parquet").write_bytes(good.read_bytes()[:-3])
    (folder / "own.py").write_text(f"1 / 0  # {HOSTILE.splitlines()[0]}\nraise ValueError({HOSTILE!r})\n")
    (folder / "text.py").write_text(f"raise ValueError({HOSTILE!r})\n")
    own = f"import lossary\ndef f(prediction, target, *, a=1.0):\n    {HOSTILE!r}\n    return a * (prediction - target) ** 2\n"
    (folder / "named.py").write_text(f"{own}f.__name__ = {HOSTILE!r}\nloss = lossary.pointwise(f)\n")
    classes = ("--loss", "ce", "--target", "y", "--prediction", "p_*")
    numbers = ("--loss", "mse", "--target", "t", "--prediction", "u")
    yield 0, ["score", good, *classes, "--group", HOSTILE, "--id", HOSTILE, "--cluster", HOSTILE]
    yield 0, ["compare-predictions", good, good, *classes, "--group", HOSTILE, "--id", HOSTILE]
    yield 1, ["score", good, *classes, "--fail-above", "0", "--quiet"]
    yield 2, ["score", good, *numbers, "--group", HOSTILE + "x"]
    yield 2, ["score", good, *numbers[:4], "--prediction", HOSTILE + "*"]
    yield 3, ["score", good, *classes, "--classes", f"{HOSTILE},c"]
    yield 2, ["score", good, *classes, "--classes", f"{HOSTILE},{HOSTILE}"]
    yield 2, ["score", good, *numbers, "--param", f"{HOSTILE}=1"]
    yield 2, ["score", good, *numbers, "--also", HOSTILE]
    yield 2, ["score", good, "--loss", HOSTILE, *numbers[2:]]
    yield 2, ["score", good, "--loss", f"{folder}/text.py:f", *numbers[2:]]
    yield 2, ["score", good, *numbers, f"--{HOSTILE}"]
    yield 2, ["score", good, *numbers, "--interval", HOSTILE]
    yield 2, ["score", good, *numbers, "--encoding", HOSTILE]
    yield 0, ["score", good, "--loss", f"{folder}/named.py:loss", *numbers[2:], "--param", "a=1"]
    yield 0, ["show", f"{folder}/named.py:loss"]
    yield 2, [HOSTILE]
    yield 2, ["show", HOSTILE]
    yield 3, ["score", good, *numbers[:4], "--prediction", "n"]
    yield 3, ["score", good, *numbers[:4], "--prediction", "p_b", "--weight", HOSTILE]
    yield 3, ["score", good, *classes[:2], "--target", HOSTILE, "--prediction", "p_*"]
    yield 4, ["score", folder / "missing.csv", *numbers]
    yield 4, ["score", folder / "x.parquett", *numbers]
    yield 4, ["score", bad, *numbers]
    yield 4, ["score", folder / "cut.parquet", *numbers]
    yield 4, ["score", good, *numbers, "--html", f"{folder}/{HOSTILE}/x.html"]
    yield 4, ["score", f"nothing://{HOSTILE}", *numbers]
    yield 4, ["demo", "--output", f"{folder}/{HOSTILE}/x.txt"]


def test_no_name_steers_a_terminal(run, tmp_path):
    seen = 0
    for code, command in hostile_commands(tmp_path):
        found, out, err = run(*command)
        assert found == code, (command, err)
        assert {c for c in out + err if not c.isprintable()} <= {"\n"}, (command, out, err)
        seen += SHOWN in (out + err).replace("\\\\", "\\")
    assert seen > 15  # they are shown, and not left out


@pytest.mark.heavy
@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals")
def test_no_name_steers_a_real_terminal(tmp_path):
    commands = list(hostile_commands(tmp_path))
    for code, command in (commands[0], commands[1], commands[-4]):
        found, out = on_a_terminal(*command)
        assert found == code, out
        styles = re.compile(r"\x1b\[[0-9;]*[mKA]|\x1b\[\?25[lh]|[\r\n]")  # bold, and how a bar of progress is drawn
        left = styles.sub("", out.replace("\x1b[31m", "HOSTILE"))
        assert left.isprintable(), left
        assert r"\x1b[31mred" in out
        assert "HOSTILE" not in left


def test_no_name_of_a_folder_steers_a_terminal(run, tmp_path, monkeypatch):
    monkeypatch.setenv("LOSSARY_CACHE_DIR", f"{tmp_path}/{HOSTILE}")
    _, out, err = run("doctor")
    assert {c for c in out + err if not c.isprintable()} <= {"\n", "\x1b"}  # the marks have colours
    assert "\x1b[31mred" not in out + err


def test_json_has_names_as_they_are(run, tmp_path):
    code, out, _ = run(*next(hostile_commands(tmp_path))[1], "--json")
    assert code == 0
    assert HOSTILE in {part["name"] for part in json.loads(out)["breakdowns"][0]["parts"]}
    assert out.rstrip("\n").isprintable()


LABELS = [f"a-long-name-of-a-class-number-{i:06d}" for i in range(3)]
IDS = [f"images/val/ILSVRC2012_val_{i:08d}.JPEG" for i in range(9)]


@pytest.fixture
def long_names(tmp_path):
    """Two files of predictions whose ids and classes have long names that differ at their ends."""
    for name, logit in (("a", 0.0), ("b", 1.0)):
        columns = {"id": IDS, "y": LABELS * 3} | {f"p_{label}": [logit * i, 1.0, 2.0] * 3 for i, label in enumerate(LABELS)}
        pq.write_table(pa.table(columns | {"loss": [-123.4567] * 9}), tmp_path / f"{name}.parquet")
    return tmp_path / "a.parquet", tmp_path / "b.parquet"


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals")
@pytest.mark.heavy
@pytest.mark.parametrize(
    ("command", "columns", "kind"),
    [
        ("score", 80, "xterm"),
        ("compare-predictions", 80, "xterm"),
        ("compare-predictions", 120, "dumb"),
    ],
)
def test_tables_on_a_narrow_terminal_cut_names_in_the_middle_and_no_number(long_names, command, columns, kind, run):
    files = long_names if command == "compare-predictions" else long_names[:1]
    arguments = [command, *files, "--loss", "cross_entropy", "--target", "y", "--prediction", "p_*", "--id", "id"]
    code, out = on_a_terminal(*arguments, "--group", "y", columns=columns, kind=kind)
    assert code == 0
    lines = re.sub(r"\x1b\[[0-9;]*m", "", out).splitlines()
    assert all(len(line) <= columns for line in lines if ".parquet" not in line)
    _, wide, _ = run(*arguments, "--group", "y")
    assert not re.search(r"\w…\w", wide)
    assert all(name in wide for name in LABELS)
    assert sum(name in wide for name in IDS) >= 3  # those that changed
    assert any(line.endswith(" target") for line in lines)
    ids = {line.split()[0] for line in lines if line.strip().startswith("images")}
    assert ids
    assert all(re.fullmatch(r"images.*0000000\d\.JPEG", name) for name in ids)
    for line in lines:
        for word in line.split():
            assert "…" not in word or re.fullmatch(r"(images|a-long).*…\S*\w\d*|…\]", word), line
    numbers = {word for line in wide.splitlines() for word in line.split() if re.fullmatch(r"-?\d+\.\d+", word)}
    shown = {word for line in lines for word in line.split() if re.fullmatch(r"-?\d+\.\d+", word)}
    assert shown == numbers


@pytest.mark.heavy
@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals")
def test_long_lines_on_a_terminal_go_on_below_their_beginning(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("y,p\n" + "".join(f"{k},{k * k}\n" for k in range(100)))
    code, out = on_a_terminal("score", path, *options("absolute_error"), columns=60)
    lines = re.sub(r"\x1b\[[0-9;]*m", "", out).splitlines()
    assert code == 0
    begin = next(i for i, line in enumerate(lines) if line.startswith("  concentration"))
    assert len(lines[begin]) <= 60
    assert lines[begin + 1].startswith(" " * 17)
    assert lines[begin + 1][17] != " "


def test_a_sentence_of_ours_is_never_cut(run, tmp_path):
    path = tmp_path / "s.csv"
    path.write_text("a,y,p\n" + "1,2,3\n" * 9998 + "1,2,3,4")
    code, _, err = run("score", path, *options())
    assert code == 3
    assert "got 4 fields in line 10000; every row has as many as the header, 3\n" in err
    assert "or pass --skip-invalid to score the other 9,998 rows." in err.lower()


def test_one_row_is_no_rows(run, tmp_path):
    path = tmp_path / "s.csv"
    path.write_text("y,p\n1,2\n1,x\n")
    _, _, err = run("score", path, *options())
    assert "to score the other 1 row." in err
    _, _, err = run("score", path, *options(), "--skip-invalid", "--quiet")
    assert "lossary: 1 row was skipped (" in err


def test_an_interrupt_after_the_end_changes_nothing():
    program = (
        "import atexit, signal, sys\nfrom lossary.cli.main import main\natexit.register(signal.raise_signal, signal.SIGINT)\n"
        "sys.argv = ['lossary', '--version']\nmain()"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (found.returncode, found.stdout, found.stderr) == (0, f"lossary {lossary.__version__}\n", "")


@pytest.mark.parametrize(("rate", "shown"), [(0.777, "1/s"), (12_345.6, "12,346/s"), (2_500_000.0, "2.5 million/s")])
def test_the_rate_of_progress_has_a_unit_of_its_size(rate, shown):
    assert _rate(rate) == shown


def test_a_page_has_a_title_names_the_command_and_the_day(run, file, tmp_path, monkeypatch):
    page = tmp_path / "p.html"
    monkeypatch.setattr(sys, "argv", ["/usr/bin/lossary", "score", "a b.csv"])
    assert run("score", file, *options(), "--html", page, "--title", "Model <7>")[0] == 0
    html = page.read_text()
    assert "<h1><bdi>Model &lt;7&gt;</bdi></h1>" in html
    assert "<code>lossary score &#39;a b.csv&#39;</code>, on 20" in html
    code, _, _ = run("compare-predictions", file, file, *options(), "--html", page, "--names", "old, new")
    assert code == 0
    assert "<bdi>new</bdi>" in page.read_text()
    assert run("compare-predictions", file, file, *options(), "--html", page, "--names", "old")[0] == 2


def test_ready_made_scores(run, file):
    asked = ["score", file, "--prediction", "c", "--given", "loss", "--higher-is-better", "--quiet"]
    code, out, _ = run(*asked, "--fail-below", "0.7")
    assert (code, float(out)) == (1, 2 / 3)
    assert run(*asked, "--fail-below", "0.6")[0] == 0
    assert run("compare-predictions", file, file, *asked[2:-1], "--quiet")[1] == "equal 0.0\n"
    code, _, err = run("score", file, "--prediction", "c", "--target", "y")
    assert (code, "--loss huber; or --given loss" in err) == (2, True)


def test_labels_from_another_file(run, tmp_path):
    (tmp_path / "p.csv").write_text("id,target\n1,0.25\n2,0.5\n3,0.5\n")
    (tmp_path / "t.csv").write_text("id,target\n2,1\n1,0\n")
    asked = ["score", tmp_path / "p.csv", "--truth", tmp_path / "t.csv", "--id", "id", *options("bce", "target", "target")]
    code, _, err = run(*asked, "--given", "probabilities", "--quiet")
    assert (code, "or pass --unlabelled skip to leave them out" in err) == (3, True)
    code, out, err = run(*asked, "--given", "probabilities", "--quiet", "--unlabelled", "skip")
    assert (code, "1 row was skipped (unlabelled 1)" in err) == (0, True)
    assert float(out) == pytest.approx(-(np.log(0.75) + np.log(0.5)) / 2)


def test_arrays_in_npy_files(run, tmp_path):
    z, y = np.random.default_rng(1).normal(size=(50, 3)), np.random.default_rng(2).integers(0, 3, 50)
    np.save(tmp_path / "z.npy", z)
    np.save(tmp_path / "y.npy", y)
    asked = ["--loss", "ce", "--target", tmp_path / "y.npy", "--quiet"]
    code, out, _ = run("score", *asked, "--prediction", tmp_path / "z.npy")
    assert (code, float(out)) == (0, pytest.approx(np.mean(np.log(np.exp(z).sum(1)) - z[range(50), y])))
    for prediction, code, said in (
        ("z", 2, "or .npy files for every role"),
        (tmp_path / "x.npy", 4, "cannot be read as a .npy"),
    ):
        found, _, err = run("score", *asked, "--prediction", prediction)
        assert (found, said in err) == (code, True)
    assert run("score", "--loss", "mse")[0] == 2


@pytest.mark.parametrize(
    ("columns", "command"),
    [
        (
            {"id": [1, 2, 3], "y_true": [1.5, 2, 3], "Y_pred": [1.0, 2, 4]},
            "--loss absolute_error --id id --target y_true --prediction Y_pred",
        ),
        (
            {"label": [0, 1, 1], "proba": [0.2, 0.5, 0.9]},
            "--loss binary_cross_entropy --given probabilities --target label --prediction proba",
        ),
        (
            {"actual": ["no", "yes", "no"], "score": [-2.5, 1.5, 0.5]},
            "--loss binary_cross_entropy --given logits --target actual --prediction score --classes no,yes",
        ),
        (
            {"y": ["a", "b", "a"], "P_a": [0.5, 0.2, 1.0], "P_b": [0.5, 0.8, 0.0]},
            "--loss cross_entropy --given probabilities --target y --prediction 'P_*'",
        ),
    ],
)
def test_a_file_without_options_says_its_command(run, tmp_path, columns, command):
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table(columns), path)
    code, out, err = run("score", path)
    assert (code, out, err.splitlines()[1]) == (2, "", f"lossary score {path} {command}")
    assert run(*shlex.split(err.splitlines()[1])[1:], "--quiet")[0] == 0


def test_a_file_whose_names_say_nothing_is_refused(run, tmp_path):
    for columns in (
        {"a": [1.0], "b": [2.0]},
        {"y": [1.0], "p": [1.0], "pred": [1.0]},
        {"y": [1.0], "target": [1.0], "p": [1.0]},
    ):
        np.savez(tmp_path / "x.npz", **columns)
        code, _, err = run("score", tmp_path / "x.npz")
        assert (code, "--loss huber --target y --prediction p" in err) == (2, True)
