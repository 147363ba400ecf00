"""The table of findings, and codes that are not to be told."""

import json
import re
from pathlib import Path

import pytest

from lossary.cli import main as cli
from lossary.report import UsageError, compare, findings, score

ZERO = {"k": [1, 2], "y": [0, 1], "p": [0.25, 0.0]}
OPTIONS = {"loss": "bce", "given": "probabilities", "target": "y", "prediction": "p"}


def test_every_kind_has_a_code_of_its_own_and_is_found_somewhere():
    kinds = {name: kind for name, kind in vars(findings).items() if isinstance(kind, findings.Kind)}
    assert len({kind.code for kind in kinds.values()}) == len(kinds) == len(findings.KINDS)
    sources = [path for path in Path(findings.__file__).parent.rglob("*.py") if path.name != "findings.py"]
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    for name, kind in kinds.items():
        assert re.fullmatch(r"L[1-9]\d\d", kind.code)
        assert kind.level in ("warning", "note")
        assert all(sentence.endswith(".") for sentence in (kind.what, kind.why, kind.remedy))
        assert re.search(rf"\b{name}\.found\(", text), name


def test_what_is_ignored_is_not_told_and_stays_in_the_document():
    told = score(ZERO, **OPTIONS)
    assert [(found.code, found.count) for found in told.findings] == [("L101", 1), ("L106", 1)]
    for ignore in ("l101,L204", ["L101"], ("L101", "L302")):
        found = score(ZERO, ignore=ignore, **OPTIONS)
        assert [(one.code, one.ignored) for one in found.findings] == [("L101", True), ("L106", False)]
        assert found.warnings == told.warnings[1:]
        document = found.to_dict()
        assert (document["warnings"], document["findings"][0]["ignored"]) == (list(found.warnings), True)
        for text in (str(found), found.to_html(), found.to_markdown()):
            assert "L101" not in text
            assert "L106" in text
    both = compare(ZERO, ZERO, id="k", ignore="L106", **OPTIONS)
    assert both.warnings == ()
    assert {one.code for one in both.findings} == {"L106", "L312"}  # L312: few rows
    plain = score(ZERO, details=False, ignore="L101", **OPTIONS)
    assert (plain.warnings, len(plain.findings)) == ((), 1)


@pytest.mark.parametrize(
    ("ignore", "sentence"), [("L100", "no finding 'L100'; there are L101, L102"), (7, "ignore lists codes"), ([1], "got list")]
)
def test_codes_that_there_are_not_are_refused(ignore, sentence):
    for call in (lambda: score(ZERO, ignore=ignore, **OPTIONS), lambda: compare(ZERO, ZERO, ignore=ignore, **OPTIONS)):
        with pytest.raises(UsageError, match=sentence):
            call()


def test_the_command_line_explains_and_ignores(tmp_path, capsys):
    path = tmp_path / "x.csv"
    path.write_text("y,p\n0,0.25\n1,0\n")

    def run(*arguments):
        with pytest.raises(SystemExit) as exit:
            cli.main([*arguments])
        return exit.value.code, *capsys.readouterr()

    arguments = (
        "score",
        str(path),
        "--loss",
        "bce",
        "--given",
        "probabilities",
        "--target",
        "y",
        "--prediction",
        "p",
        "--json",
    )
    code, out, err = run(*arguments)
    assert (code, [line.split()[2] for line in err.splitlines()]) == (0, ["L101", "L106"])
    code, out, err = run(*arguments, "--ignore", "L101", "--ignore", "L106,L303")
    assert (code, err, json.loads(out)["warnings"]) == (0, "", [])
    code, out, err = run("explain", "L101")
    assert code == 0
    assert out.startswith("L101 Probability 0 for what happened (warning)\n  what        ")
    assert all(kind.title in run("explain")[1] for kind in findings.KINDS.values())
    code, out, err = run("explain", "L999")
    assert (code, out) == (2, "")
    assert "there is no finding 'L999'" in err
