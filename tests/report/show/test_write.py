"""Reports on disk: whole or not there, whatever happens meanwhile."""

import errno
import os
import stat
import subprocess
import sys
import threading

import numpy as np
import pytest

from lossary.report import UnwritableError
from lossary.report.show.write import check_writable, write_whole

OLD, NEW = "what was there", "what is new\n" * 1000
posix = pytest.mark.skipif(os.name != "posix", reason="what Unix has")


@pytest.fixture
def page(tmp_path):
    path = tmp_path / "page.html"
    path.write_text(OLD)
    return path


def test_a_page_is_written_anew_or_over_an_old_one(tmp_path, page):
    for path in (page, tmp_path / "other.html", tmp_path / "é ü'\".html", tmp_path / f"{'報' * 80}.html"):
        write_whole(str(path), NEW)
        assert path.read_text() == NEW
    write_whole(str(page), "∞ \udcff")  # a path need not be text
    assert page.read_bytes() == "∞ \\udcff".encode()
    assert {name for name in os.listdir(tmp_path) if name.startswith(".")} == set()


def test_a_name_is_taken_from_the_working_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    check_writable("page.html")
    write_whole("page.html", NEW)
    assert (tmp_path / "page.html").read_text() == NEW


@posix
def test_the_old_ones_permissions_stay_and_a_new_one_has_the_usual_ones(tmp_path, page):
    page.chmod(0o640)
    write_whole(str(page), NEW)
    assert stat.S_IMODE(page.stat().st_mode) == 0o640
    mask = os.umask(0o027)
    try:
        write_whole(str(tmp_path / "new.html"), NEW)
    finally:
        os.umask(mask)
    assert stat.S_IMODE((tmp_path / "new.html").stat().st_mode) == 0o640


@posix
def test_a_link_stays_and_what_it_points_at_is_written(tmp_path, page):
    link = tmp_path / "link.html"
    link.symlink_to(page)
    write_whole(str(link), NEW)
    assert link.is_symlink()
    assert page.read_text() == NEW


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt(), MemoryError()])
@pytest.mark.parametrize("step", ["fsync", "replace", "chmod"])
def test_what_goes_wrong_leaves_the_old_page_and_nothing_beside_it(page, monkeypatch, error, step):
    def fail(*_):
        raise error

    monkeypatch.setattr(os, step, fail)
    expected = UnwritableError if isinstance(error, OSError) else type(error)
    with pytest.raises(expected) as found:
        write_whole(str(page), NEW)
    if expected is UnwritableError:
        assert str(found.value) == f"{page} could not be written: No space left on device; make room, or write elsewhere"
        assert found.value.exit_code == 4
    assert page.read_text() == OLD
    assert os.listdir(page.parent) == ["page.html"]


def test_places_where_no_page_can_be(tmp_path, page, monkeypatch):
    for path, reason in (
        (tmp_path / "nowhere" / "page.html", "there is no folder .*nowhere; make it"),
        (page / "page.html", "there is no folder"),
        (tmp_path, "it is a folder; name a file in it"),
        (tmp_path / ("x" * 300), "File name too long; choose another name"),
        ("a\0b", "cannot be written: .*null"),
    ):
        for write in (check_writable, lambda path: write_whole(path, NEW)):
            with pytest.raises(UnwritableError, match=f"cannot be written: .*{reason}|{reason}"):
                write(str(path))
    monkeypatch.setattr(os, "access", lambda *_: False)  # for root may write everywhere
    with pytest.raises(UnwritableError, match="no permission to write in"):
        check_writable(str(page))
    assert os.listdir(tmp_path) == ["page.html"]


@posix
def test_devices_and_pipes_are_not_replaced_by_files(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (pipe, "/dev/null"):
        for write in (check_writable, lambda path: write_whole(path, NEW)):
            with pytest.raises(UnwritableError, match="it is not a regular file; name another"):
                write(str(path))
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    with pytest.raises(UnwritableError, match="cannot be written"):
        check_writable(str(tmp_path / "a"))


def test_who_reads_meanwhile_finds_the_old_page_or_the_new_one(page):
    seen, done = set(), threading.Event()

    def read():
        while not done.is_set():
            seen.add(page.read_text())

    reader = threading.Thread(target=read)
    reader.start()
    for k in range(30):
        write_whole(str(page), NEW if k % 2 else OLD)
    done.set()
    reader.join()
    assert seen <= {OLD, NEW}


@posix
def test_a_command_that_finds_no_room_exits_with_4_and_leaves_the_old_page(tmp_path, page):
    np.savez(tmp_path / "a.npz", y=[1.0, 2.0], p=[1.0, 3.0])
    code = (
        "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "from lossary.cli import main as cli\n"
        f"file, page = {str(tmp_path / 'a.npz')!r}, {str(page)!r}\n"
        "cli.main(['score', file, '--loss', 'mse', '--target', 'y', '--prediction', 'p', '--html', page])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (result.returncode, result.stdout) == (4, "")
    assert result.stderr == f"lossary: {page} could not be written: File too large; make room, or write elsewhere\n"
    assert page.read_text() == OLD
    assert sorted(os.listdir(tmp_path)) == ["a.npz", "page.html"]


def test_a_name_that_is_empty_or_that_of_a_folder(tmp_path):
    for path, sentence in (("", "a file has a name; got ''"), (f"{tmp_path}/new{os.sep}", "it is a folder; name a file in it")):
        for check in (check_writable, lambda path: write_whole(path, NEW)):
            with pytest.raises(UnwritableError, match=sentence):
                check(path)
    assert not os.listdir(tmp_path)
