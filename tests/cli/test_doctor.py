"""``lossary doctor`` says what is amiss, and how to mend it."""

import importlib.metadata
import json
import os

import pytest
from click.testing import CliRunner

from lossary.cli.doctor import _numbers, command
from lossary.kernels import compiler


def run(*arguments):
    done = CliRunner().invoke(command, arguments, standalone_mode=False)
    assert done.exception is None, done.output
    return done.return_value, done.output


@pytest.fixture
def quick(monkeypatch):
    """Nothing is compiled."""
    monkeypatch.setattr("lossary.cli.doctor._difference", lambda: 0.0)


def test_all_is_well_here(monkeypatch, tmp_path):
    monkeypatch.setenv("LOSSARY_CACHE_DIR", str(tmp_path / "kernels"))
    code, output = run("--json")
    found = json.loads(output)
    assert code == 0
    assert found["ok"] is True
    named = {finding["name"]: finding for finding in found["findings"]}
    assert named["numpy"]["found"] == importlib.metadata.version("numpy")
    assert named["compiling"]["state"] == named["cache"]["state"] == "ok"
    assert str(tmp_path / "kernels") in named["cache"]["found"]
    assert list((tmp_path / "kernels").iterdir()) == []  # the attempt to write leaves nothing


def test_a_person_reads_it_in_80_columns(quick):
    code, output = run()
    assert (code, output.splitlines()[-1]) == (0, "All is well")
    assert max(map(len, output.splitlines())) <= 80


def break_kernel(monkeypatch):
    monkeypatch.setattr(compiler, "compiled", lambda *_: b"nothing")


def break_folder(monkeypatch):
    monkeypatch.setenv("LOSSARY_CACHE_DIR", "here")


def break_threads(monkeypatch):
    monkeypatch.setenv("LOSSARY_NUM_THREADS", "many")


def break_version(monkeypatch):
    version = importlib.metadata.version
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "1.9" if name == "duckdb" else version(name))
    monkeypatch.setattr(importlib.metadata, "requires", lambda name: ["duckdb>=2; extra == 'report'"])


BROKEN = {
    break_kernel: ("cannot be compiled (ValueError: no object code)", "pip install --upgrade --force-reinstall numba"),
    break_folder: ("LOSSARY_CACHE_DIR is an absolute path, and got 'here'", f"set it to {os.path.abspath('here')}"),
    break_threads: ("LOSSARY_NUM_THREADS is a whole number ≥ 1; got 'many'", "unset LOSSARY_NUM_THREADS"),
    break_version: ("1.9, older than 2", 'pip install --upgrade "duckdb>=2"'),
}


@pytest.mark.parametrize("spoil", BROKEN)
def test_what_is_amiss_is_named_with_a_command_and_exits_with_1(spoil, monkeypatch, request):
    if spoil is not break_kernel:
        request.getfixturevalue("quick")
    spoil(monkeypatch)
    found, remedy = BROKEN[spoil]
    code, output = run()
    assert code == 1
    assert output.splitlines()[-1] == "1 to mend"
    assert output.count(" ! ") == 1
    assert found in " ".join(output.split())
    assert f"-> {remedy}\n" in output


def test_what_is_not_installed_is_no_mistake(quick, monkeypatch):
    version = importlib.metadata.version

    def without(name):
        if name == "ray":
            raise importlib.metadata.PackageNotFoundError(name)
        return version(name)

    monkeypatch.setattr(importlib.metadata, "version", without)
    code, output = run()
    assert code == 0
    assert "not installed: scores on a cluster" in output
    assert 'pip install "lossary[ray]"' in output


TRAINERS = {
    "lightgbm": 'pip install "lossary[boosting]"',
    "xgboost": 'pip install "lossary[boosting]"',
    "scikit-learn": 'pip install "lossary[boosting]"',
    "catboost": 'pip install "lossary[catboost]"',
    "keras": "pip install keras",
    "transformers": "pip install transformers",
}


def test_packages_that_train_are_named(quick, monkeypatch):
    version = importlib.metadata.version

    def without(name):
        if name.removesuffix("-cpu") in TRAINERS:
            raise importlib.metadata.PackageNotFoundError(name)
        return version(name)

    monkeypatch.setattr(importlib.metadata, "version", without)
    found = {x["name"]: (x["state"], x["remedy"]) for x in json.loads(run("--json")[1])["findings"]}
    assert {name: found[name] for name in TRAINERS} == {name: ("missing", remedy) for name, remedy in TRAINERS.items()}


def test_xgboost_without_cuda_is_xgboost(quick, monkeypatch):
    def only_cpu(name):
        if name == "xgboost":
            raise importlib.metadata.PackageNotFoundError(name)
        return "99.0"

    monkeypatch.setattr(importlib.metadata, "version", only_cpu)
    found = {x["name"]: x for x in json.loads(run("--json")[1])["findings"]}
    assert (found["xgboost"]["state"], found["xgboost"]["found"]) == ("ok", "99.0")


def test_versions_are_compared_as_numbers():
    assert _numbers("2.13.0+cpu") > _numbers("2.6")
    assert _numbers("10.0") > _numbers("9.9.9")
