"""The stubs are what the definitions say, and a type checker finds with them what it should."""

import ast
import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

import lossary

ROOT = Path(__file__).parents[2]
STUBS = importlib.util.spec_from_file_location("stubs", ROOT / "tools" / "stubs.py")


def test_stubs_are_up_to_date():
    stubs = importlib.util.module_from_spec(STUBS)
    STUBS.loader.exec_module(stubs)
    for path, text in stubs.stubs().items():
        there = (Path(lossary.__file__).parent / path).read_text()
        assert there == stubs.formatted(text), f"{path} is out of date: run `make stubs`"


def check(*arguments):
    """Line and code of each error that mypy finds, of the package too: so it leaves the cache of `make types` behind."""
    command = [sys.executable, "-m", "mypy", "src/lossary", *arguments]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert found.returncode in (0, 1), found.stdout + found.stderr
    errors = [
        re.match(r"(.*?):(\d+): error: .*\[([a-z-]+)\]", line) for line in found.stdout.splitlines() if ": error: " in line
    ]
    return {(Path(error[1]).name, int(error[2]), error[3]) for error in errors}


@pytest.mark.heavy
def test_mypy_finds_what_is_wrong_and_nothing_else():
    file = ROOT / "tests" / "typing" / "calls.py"
    lines = enumerate(file.read_text().splitlines()[2:], 3)
    expected = {("calls.py", i, line.partition("# E: ")[2]) for i, line in lines if "# E: " in line}
    assert len(expected) > 20
    assert check(str(file.relative_to(ROOT))) == expected


def test_what_is_public_is_the_same_to_a_type_checker():
    stub = ast.parse((Path(lossary.__file__).parent / "engine" / "calls.pyi").read_text())
    (loss,) = (node for node in stub.body if isinstance(node, ast.ClassDef) and node.name == "Loss")
    found = {node.name for node in loss.body if isinstance(node, ast.FunctionDef)}
    found |= {node.target.id for node in loss.body if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)}
    public = {name for name in found if not name.startswith("__")}
    assert public == {name for name in dir(lossary.huber) if not name.startswith("__")}
    assert all(hasattr(lossary.Loss, name) for name in found - public - {"__name__", "__signature__"})


def test_types_are_shipped():
    assert (Path(lossary.__file__).parent / "py.typed").exists()
