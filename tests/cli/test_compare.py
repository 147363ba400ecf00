"""``lossary compare`` of several models: what a person would type, gates, and what is printed."""

import json
import re

import pytest

from lossary.cli import main as cli

SALES = """date,actual,Persistence,ARIMA,XGBoost
2024-01-01,10,9,10.5,9.8
2024-01-02,12,10,11.5,12.1
2024-01-03,11,12,11.5,10.8
2024-01-04,15,11,13.5,14.8
2024-01-05,13,15,13.5,13.0
2024-01-06,10,13,11.5,9.9
"""
MODELS = ("--loss", "mae", "--target", "actual", "--prediction", "Persistence,ARIMA,XGBoost")


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
def sales(tmp_path):
    path = tmp_path / "sales.csv"
    path.write_text(SALES)
    return path


def test_models_are_ranked(run, sales, tmp_path):
    page, words = tmp_path / "r.html", tmp_path / "r.md"
    code, out, err = run("compare", sales, *MODELS, "--html", page, "--markdown", words, "--title", "Which one?")
    assert (code, err) == (0, "")
    assert "XGBoost is the best of 3 models" in out
    assert re.search(r"XGBoost +0\.1333 .* yes\n", out)
    assert "note L312: the verdict rests on 6 rows" in out
    assert "<h1>" in page.read_text()
    assert words.read_text().startswith("### absolute\\_error: which model is best?\n\n**XGBoost is the best of 3 models")
    code, out, _ = run("compare-predictions", sales, *MODELS, "--json", "--names", "a,b,c")
    assert code == 0
    assert [model["name"] for model in json.loads(out)["models"]] == ["c", "b", "a"]
    assert run("compare", sales, *MODELS, "--quiet")[1] == "XGBoost\n"


def test_a_baseline_is_a_gate(run, sales):
    code, out, err = run("compare", sales, *MODELS, "--baseline", "ARIMA", "--fail-if-worse", "--quiet")
    assert code == 1
    assert out == "XGBoost is better than ARIMA; Persistence is worse than ARIMA\n"
    assert "worse than ARIMA: Persistence by 1.33" in err
    assert run("compare", sales, *MODELS, "--baseline", "Persistence", "--fail-if-worse", "--quiet")[0] == 0
    code, _, err = run("compare", sales, *MODELS, "--fail-if-worse")
    assert code == 2
    assert "name the model, as in --baseline NAME" in err
    first = sales.read_text().splitlines()[:2]
    sales.write_text("\n".join(first))
    code, _, err = run("compare", sales, *MODELS, "--baseline", "ARIMA", "--fail-if-worse", "--quiet")
    assert code == 1
    assert "cannot tell whether" in err


def test_a_file_alone_is_told_how_it_would_be_compared(run, sales, tmp_path):
    code, out, err = run("compare", sales)
    assert (code, out) == (2, "")
    assert f"lossary compare {sales} --loss absolute_error --target actual --prediction Persistence,ARIMA,XGBoost\n" in err
    other = tmp_path / "other.csv"
    other.write_text("ID,y_true,a,b,word\n1,0,0.5,0.25,x\n2,1,0.75,0.5,y\n")
    command = (
        f"lossary compare {other} --loss binary_cross_entropy --given probabilities --target y_true --prediction a,b --id ID"
    )
    assert command in run("compare", other)[2]
    other.write_text("a,b\n1,2\n")
    code, _, err = run("compare", other)
    assert code == 2
    assert "do not say which is the target" in err


def test_options_in_messages_are_those_of_the_command(run, sales):
    for options, said in (
        (("--loss", "mae", "--target", "actual"), "--prediction a,b"),
        ((*MODELS[:4], "--prediction", "A*"), "two or more; got ARIMA"),
        ((*MODELS[:4], "--prediction", "ARIMA", "--model", "date"), "as in --id row"),
        ((*MODELS, "--baseline", "arima"), "no model 'arima'"),
    ):
        code, _, err = run("compare", sales, *options)
        assert code == 2
        assert said in err
