"""The commands that open the atlas, and write it."""

import socket
import sys

import pytest

from lossary import atlas
from lossary.cli.main import main


@pytest.fixture
def run(capsys):
    def run(*arguments):
        with pytest.raises(SystemExit) as end:
            main(arguments)
        return end.value.code, *capsys.readouterr()

    return run


@pytest.fixture
def opened(monkeypatch):
    """The addresses that a browser was asked to open; the server ends at once, as by Ctrl-C."""
    addresses = []

    def serve(server):
        raise KeyboardInterrupt

    monkeypatch.setattr("webbrowser.open", addresses.append)
    monkeypatch.setattr("http.server.ThreadingHTTPServer.serve_forever", serve)
    return addresses


def test_pages_are_written(run, tmp_path, monkeypatch):
    monkeypatch.setattr("lossary.atlas.site.names", lambda: ["index", "huber"])
    code, out, _ = run("atlas", "--out", str(tmp_path / "new" / "site"))
    assert code == 0
    assert out.startswith("wrote 2 pages")
    assert {path.name for path in (tmp_path / "new" / "site").iterdir()} == {"index.html", "huber.html"}


def test_a_folder_that_cannot_be_is_named(run, tmp_path):
    (tmp_path / "file").write_text("")
    code, _, error = run("atlas", "--out", str(tmp_path / "file" / "site"))
    assert code == 4
    assert str(tmp_path / "file" / "site") in error


def test_the_atlas_is_opened(run, opened):
    code, out, _ = run("explore")
    assert code == 130
    assert opened == [out.split()[0]]
    assert run("explore", "--no-browser", "--loss", "mae")[1].split()[0].endswith("/absolute_error.html")
    assert len(opened) == 1


def test_what_the_pages_need_is_asked_for_before_a_browser_is_opened(run, opened, monkeypatch):
    monkeypatch.setitem(sys.modules, "latex2mathml.converter", None)
    code, out, error = run("explore", "--loss", "huber")
    assert (code, out, opened) == (2, "", [])
    assert 'pip install "lossary[atlas]"' in error


def test_a_file_is_opened_on_the_page_of_its_loss(run, opened, tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("y,p,q\n1,0.9,3\n0,0.2,-1\n")
    assert run("explore", str(path), "--target", "y", "--prediction", "p")[0] == 130
    assert run("explore", str(path), "--target", "y", "--prediction", "q")[0] == 130
    assert run("explore", str(path), "--given", "logits")[0] == 130
    assert [address.rpartition("/")[2] for address in opened] == ["binary_cross_entropy.html"] * 3


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--target", "y"], "name the files first"),
        (["--loss", "hubber"], "huber"),
        (["{file}", "--target", "z", "--prediction", "p"], "no column 'z'"),
        (["{file}", "--target", "y", "--prediction", "p", "--loss", "cox"], "one number predicted"),
        (["nothing.csv", "--target", "y", "--prediction", "p"], "nothing.csv"),
    ],
)
def test_mistakes_are_answered(arguments, said, run, opened, tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("y,p\n1,0.9\n0,0.2\n")
    code, _, error = run("explore", *(text.format(file=path) for text in arguments))
    assert code in (2, 4)
    assert said in error
    assert opened == []


def test_a_port_that_is_taken_is_said(run, opened):
    with socket.socket() as other:
        other.bind((atlas.serve.HOST, 0))
        other.listen()
        code, _, error = run("explore", "--port", str(other.getsockname()[1]))
    assert code == 2
    assert "--port" in error
