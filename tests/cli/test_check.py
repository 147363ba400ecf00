"""Conditions in a file, and as test cases: what passes, warns, fails and cannot be made."""

import json
import xml.etree.ElementTree as Xml

import pytest

from lossary.cli import main as cli
from lossary.cli.gates import FAIL, PASS, WARN, Outcome
from lossary.cli.junit import Suite, document

ROWS = "k,y,p,q,g\n1,1,1.5,1.25,a\n2,2,2,2,a\n3,6,4,5,b\n4,3,3,3,b\n"  # squared errors of p: 0.25, 0, 4, 0
SCORE = 'files = "x.csv"\nloss = "mse"\ntarget = "y"\nprediction = "p"\n'
COMPARE = 'files = ["x.csv", "x.csv"]\nid = "k"\nloss = "mse"\ntarget = "y"\nprediction = "p"\nprediction-b = "q"\n'


@pytest.fixture
def run(tmp_path, capsys):
    (tmp_path / "x.csv").write_text(ROWS)

    def run(*arguments):
        with pytest.raises(SystemExit) as exit:
            cli.main([str(a) for a in arguments])
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return exit.value.code, out, err

    return run


@pytest.fixture
def check(run, tmp_path):
    def check(text, *arguments):
        (tmp_path / "checks.toml").write_text(text, encoding="utf-8")
        return run("check", tmp_path / "checks.toml", *arguments)

    return check


def cases(path):
    """The test cases of a document: suite, name, and the element that says what became of it with its text."""
    root = Xml.parse(path).getroot()
    for suite in root:
        kinds = [one.tag for case in suite for one in case]
        for count, tag in (("failures", "failure"), ("errors", "error")):
            assert suite.get(count) == str(kinds.count(tag))
        assert suite.get("tests") == str(len(suite))
    return [(suite.get("name"), case.get("name"), case[0].tag, case[0].text) for suite in root for case in suite]


@pytest.mark.parametrize(
    ("bounds", "statuses", "code"),
    [
        ("fail-above = 1.0625", ["pass"], 0),
        ("fail-above = 1\n", ["fail"], 1),
        ("fail-above = 1.1\nwarn-above = 1", ["pass", "warn"], 0),
        ('fail-above = [1, "g:b=3"]', ["fail", "pass"], 1),
        ('group = "g"\nfail-above = {"g:*" = 1.9}\nwarn-below = {skill = 2}', ["fail", "warn"], 1),
        ('also = ["mae", "huber:delta=2"]\nfail-above = {absolute_error = 0.6, huber = 0.1}', ["fail", "fail"], 1),
        ('param = {}\nskip-invalid = false\ninterval = "none"\nlevel = 0.9\nfail-above = 2', ["pass"], 0),
    ],
)
def test_scores(check, bounds, statuses, code):
    group = 'group = "g"\n' * ("g:b" in bounds)
    found = check(f"[score.one]\n{SCORE}{group}{bounds}", "--json")
    assert found[0] == code
    document = json.loads(found[1])
    assert (document["kind"], document["file"][-11:]) == ("checks", "checks.toml")
    (one,) = document["checks"]
    assert (one["name"], [condition["status"] for condition in one["conditions"]]) == ("score.one", statuses)
    assert one["metrics"]["squared_error"] == 1.0625
    assert one["status"] == ("fail" if "fail" in statuses else "warn" if "warn" in statuses else "pass")


def test_a_check_is_the_command_with_its_options(run, check, tmp_path):
    command = ("--loss", "mse", "--target", "y", "--prediction", "p", "--fail-above", "1", "--json")
    code, out, err = run("score", tmp_path / "x.csv", *command)
    (one,) = json.loads(check(f"[score.x]\n{SCORE}fail-above = 1", "--json")[1])["checks"]
    assert code == 1
    assert err == f"lossary: {one['conditions'][0]['sentence']}\n"
    assert json.loads(out)["mean"] == one["metrics"]["squared_error"]
    assert json.loads(out)["interval"]["low"] == one["metrics"]["squared_error_low"]


def test_several_checks_and_what_they_come_to(run, check, tmp_path):
    text = (
        f"[score.sound]\n{SCORE}fail-above = 2\n[score.close]\n{SCORE}warn-above = 1\n"
        f"[compare.new]\n{COMPARE}fail-if-worse = true\n"
        f'[score."<&> gone"]\n{SCORE.replace("x.csv", "gone.csv")}fail-above = 2\n'
        f'[score.bad]\n{SCORE.replace("mse", "bce")}given = "probabilities"\nfail-above = 2\n'
    )
    written = {name: tmp_path / name for name in ("j.xml", "m.md")}
    code, out, err = check(text, "--junit", written["j.xml"], "--markdown", written["m.md"])
    assert (code, err) == (4, "")  # the greatest of 0, 3 and 4
    lines = out.splitlines()
    assert lines[0].endswith("checks.toml: 2 cannot be made, 1 warns, 2 pass, of 5 checks")
    assert [line.split()[0] for line in lines[1:6]] == ["pass", "warn", "error", "error", "pass"]  # tables go by their kind
    found = cases(written["j.xml"])
    assert [case[2] for case in found] == ["system-out", "system-out", "error", "error", "system-out"]
    assert found[0][:2] == ("score.sound", "--fail-above 2.0")
    assert found[1][3].startswith("warning: the mean loss is 1.0625, above --warn-above 1")
    assert found[2][0] == "score.<&> gone"
    assert "gone.csv does not exist" in found[2][3]
    assert found[4][:2] == ("compare.new", "--fail-if-worse")
    page = written["m.md"].read_text()
    assert page.startswith("### ")
    assert "2 cannot be made" in page.splitlines()[0]
    assert "| **warn** | score.close | the mean loss is 1.0625, above" in page
    quiet = check(text, "--quiet")[1]
    assert [line.split()[0] for line in quiet.splitlines()[1:]] == ["warn", "error", "error"]


def test_findings_are_told_unless_they_are_ignored(check, tmp_path):
    (tmp_path / "z.csv").write_text("y,p\n0,0.25\n1,0\n")
    keys = 'files = "z.csv"\nloss = "bce"\ngiven = "probabilities"\ntarget = "y"\nprediction = "p"\n'
    code, out, _ = check(f"[score.z]\n{keys}fail-above = 2")
    assert (code, out.count("warning L101: score.z: 1 row gives probability 0")) == (1, 1)
    assert "warning" not in check(f'[score.z]\n{keys}fail-above = 2\nignore = ["L101", "L106"]')[1]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "checks.toml has no check; begin one with a line such as [score.holdout]"),
        ("a = [1,\n", "is not TOML: "),
        ("[scores.a]\nfiles = 1", "checks.toml: there is no key 'scores'; did you mean 'score'?"),
        (f"[score]\n{SCORE}", "score holds named checks; begin one by a line such as [score.holdout]"),
        ("score = 3", "score holds named checks"),
        (
            f"[score.a]\n{SCORE}",
            "score.a has no condition, so it could never fail; add one of fail-above, fail-below, warn-above",
        ),
        (f"[score.a]\n{SCORE}fail-abov = 1", "score.a has no key 'fail-abov'; did you mean 'fail-above'?"),
        (f"[score.a]\n{SCORE}fail_above = 1", "score.a has no key 'fail_above'; did you mean 'fail-above'?"),
        (f"[score.a]\n{SCORE}fail-above = 1\nhtml = 'p.html'", "score.a has no key 'html'; "),
        (f"[score.a]\n{SCORE}fail-above = true", "score.a.fail-above is a text, a number or a list of these; got True"),
        (f"[score.a]\n{SCORE}fail-above = [1, [2, 1979-05-27]]", "score.a.fail-above[1][1] is a text, a number or a list"),
        (f"[score.a]\n{SCORE}fail-above = 1\nskip-invalid = 'no'", "score.a.skip-invalid is true or false; got 'no'"),
        (f"[score.a]\n{SCORE}fail-above = 1\ninterval = 'wide'", "score.a.interval: 'wide' is not one of"),
        (f"[score.a]\n{SCORE}fail-above = 1\nlevel = 'high'", "score.a.level: 'high' is not a valid float"),
        ("[compare.a]\nloss = 'mse'\nfail-if-worse = true", "compare.a.files: Missing argument 'FILE...'"),
        (f"[score.a]\n{SCORE.replace('x.csv', '-')}fail-above = 1", "a check reads files, and standard input is none"),
    ],
)
def test_wrong_files_are_refused_by_the_path_of_the_key(check, text, said):
    code, out, err = check(text)
    assert (code, out) == (2, "")
    assert said in err


def test_a_file_of_checks_that_is_not_there(run, tmp_path):
    assert run("check", tmp_path / "none.toml")[0] == 4


def test_conditions_of_the_commands_as_test_cases(run, tmp_path):
    path, data = tmp_path / "j.xml", tmp_path / "x.csv"
    command = ("--loss", "mse", "--target", "y", "--prediction", "p", "--quiet", "--junit", path)
    code, _, err = run("score", data, *command, "--fail-above", "1", "--warn-above", "high=2", "--fail-below", "skill=0")
    assert code == 1
    assert [case[1:3] for case in cases(path)] == [
        ("--fail-above 1.0", "failure"),
        ("--fail-below skill=0.0", "system-out"),
        ("--warn-above high=2.0", "system-out"),
    ]
    assert "lossary: warning: the upper end of the interval " in err
    assert run("score", data, *command)[0] == 0
    assert cases(path) == [(f"score {data}", f"score {data}", "system-out", "there are no conditions")]
    assert run("score", data, *command, "--weight", "none")[0] == 2
    assert cases(path)[0][2] == "error"
    assert run("score", data, *command, "--group", "g", "--fail-above", "g:c=1")[0] == 2
    assert "bounds a group of 'g'" in cases(path)[0][3]
    page = tmp_path / "m.md"
    run("score", data, *command, "--fail-above", "1", "--warn-above", "2", "--markdown", page)
    title, failed, passed, table = page.read_text().split("\n\n", 3)
    assert (title, table[:9]) == ("### squared\\_error", "| | |\n|--")
    assert (failed[:10], passed) == ("**fail:** ", "**pass:** the mean loss is 1.0625, not above 2.0")
    worse = ("--id", "k", "--loss", "mse", "--target", "y", "--prediction", "q", "--prediction-b", "p", "--junit", path)
    code = run("compare-predictions", data, data, *worse, "--warn-if-worse", "--quiet")[0]
    assert (code, [case[1:3] for case in cases(path)]) == (0, [("--warn-if-worse", "system-out")])


def test_xml_holds_any_text(tmp_path):
    outcomes = [
        Outcome("--fail-above <&'\">]]>=1", FAIL, "a\x00b\x1b\ud800 \ufffe"),
        Outcome("é\n", WARN, "ü"),
        Outcome("3", PASS, ""),
    ]
    (tmp_path / "j.xml").write_text(document([Suite("\x07", outcomes)]), encoding="utf-8")
    found = cases(tmp_path / "j.xml")
    assert found[0] == ("\\x07", "--fail-above <&'\">]]>=1", "failure", "a\\x00b\\x1b\\ud800 \\ufffe")
    assert found[1] == ("\\x07", "é\n", "system-out", "warning: ü")
