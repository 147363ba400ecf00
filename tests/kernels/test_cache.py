"""Where compiled kernels are kept, and whose files are trusted: they are machine code."""

import errno
import hashlib
import os
import re
import stat
import subprocess
import sys

import pytest

from lossary import log
from lossary.kernels import cache

pytestmark = pytest.mark.compiled

KEY, CODE = "0123456789abcdef", bytes(range(256)) * 3
posix = pytest.mark.skipif(os.name != "posix", reason="owners and modes of files are POSIX's")


@pytest.fixture(autouse=True)
def _place(monkeypatch, tmp_path):
    monkeypatch.setenv("LOSSARY_CACHE_DIR", str(tmp_path / "kernels"))
    monkeypatch.setattr(log, "_told", set())


def test_what_is_written_is_read_back_and_anything_else_is_not(tmp_path):
    path = tmp_path / "kernels" / f"{KEY}.o"
    assert cache.read(KEY) is None
    assert not path.parent.exists()
    assert cache.write(KEY, CODE) == str(path)
    assert cache.read(KEY) == CODE
    whole = path.read_bytes()
    for place in (0, 31, 32, 400, len(whole) - 1):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :])
        assert cache.read(KEY) is None
        path.write_bytes(whole[:place])
        assert cache.read(KEY) is None
    path.write_bytes(whole + b"more")
    assert cache.read(KEY) is None
    path.write_bytes(hashlib.sha256(KEY.encode() + b"\0").digest())  # a digest of nothing
    assert cache.read(KEY) is None
    path.write_bytes(whole)
    path.rename(path.with_name("another.o"))  # another kernel's name
    assert cache.read("another") is None
    cache.write(KEY, CODE)
    assert cache.read(KEY) == CODE


def test_a_file_is_not_read_beyond_what_a_kernel_may_have(tmp_path, monkeypatch):
    cache.write(KEY, CODE)
    monkeypatch.setattr(cache, "LARGEST", len(CODE))
    assert cache.read(KEY) is None


def test_kernels_go_into_the_users_cache_unless_another_folder_is_chosen(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert cache.folder() == str(tmp_path / "kernels")
    monkeypatch.setenv("LOSSARY_CACHE_DIR", "")
    assert cache.folder() == str(tmp_path / "xdg" / "lossary")
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert cache.folder() == str(tmp_path / "home" / ".cache" / "lossary")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache.folder() == str(tmp_path / "home" / ".cache" / "lossary")


@posix
def test_no_folder_is_relative(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    for name, value in (("LOSSARY_CACHE_DIR", "here"), ("LOSSARY_CACHE_DIR", "~/here"), ("HOME", "home")):
        monkeypatch.setenv("LOSSARY_CACHE_DIR", "")
        monkeypatch.setenv(name, value)
        log._told.clear()
        with pytest.warns(RuntimeWarning, match="absolute path, and got|no home folder"):
            assert cache.write(KEY, CODE) is None
    monkeypatch.setenv("LOSSARY_CACHE_DIR", "")
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)  # a user whom the system does not know
    log._told.clear()
    with pytest.warns(RuntimeWarning, match="no home folder; set LOSSARY_CACHE_DIR"):
        assert cache.read(KEY) is None
    assert list(tmp_path.iterdir()) == []


def make_strange(path, monkeypatch):
    """Another user's, for this user."""
    if os.geteuid() == 0:
        os.chown(path, 54321, -1)
    else:
        user = os.geteuid()
        monkeypatch.setattr(os, "geteuid", lambda: user + 1)


def spoil(what, folder, monkeypatch):
    file = folder / f"{KEY}.o"
    if what == "owner of the folder":
        make_strange(folder, monkeypatch)
    elif what == "owner of the file":
        make_strange(file, monkeypatch)
    elif what == "mode of the folder":
        folder.chmod(0o770)
    elif what == "mode of the file":
        file.chmod(0o666)
    elif what == "mode of a parent":
        folder.parent.chmod(0o777)
    elif what == "link to the folder":
        folder.rename(folder.with_name("elsewhere"))
        folder.symlink_to("elsewhere")
    elif what == "link to the file":
        file.rename(folder / "elsewhere")
        file.symlink_to("elsewhere")
    elif what == "pipe":
        file.unlink()
        os.mkfifo(file)
    elif what == "pipe for a folder":
        file.unlink()
        folder.rmdir()
        os.mkfifo(folder)
    elif what == "nothing in it":
        file.write_bytes(b"")


SPOILT = {
    "owner of the folder": "belongs to user",
    "owner of the file": "belongs to user",
    "mode of the folder": "may be written by other users; run: chmod go-w",
    "mode of the file": "may be written by other users; delete it",
    "mode of a parent": "every user may replace what is in .*; run: chmod o-w",
    "link to the folder": "is a link; set LOSSARY_CACHE_DIR to .*elsewhere",
    "link to the file": None,
    "pipe": None,
    "pipe for a folder": "is not a folder",
    "nothing in it": None,
}


@posix
@pytest.mark.parametrize("what", SPOILT)
def test_code_that_another_user_may_have_written_is_not_loaded(what, tmp_path, monkeypatch, recwarn):
    assert cache.write(KEY, CODE)
    spoil(what, tmp_path / "kernels", monkeypatch)
    for _ in range(2):
        with monkeypatch.context() as patch:
            patch.setattr("warnings.filters", [("always", None, Warning, None, 0)])
            assert cache.read(KEY) is None
    found = [str(warning.message) for warning in recwarn]
    assert len(found) == (SPOILT[what] is not None)  # once a process
    if found:
        assert re.search(SPOILT[what], found[0])
    tmp_path.chmod(0o700)


@posix
def test_a_sticky_parent_and_links_on_the_way_are_no_danger(tmp_path, monkeypatch):
    (tmp_path / "real").mkdir(mode=0o755)
    (tmp_path / "real").chmod(0o1777)
    (tmp_path / "linked").symlink_to("real")
    monkeypatch.setenv("LOSSARY_CACHE_DIR", str(tmp_path / "linked" / "kernels") + "/")
    assert cache.write(KEY, CODE)
    assert cache.read(KEY) == CODE
    assert (tmp_path / "real" / "kernels").is_dir()


@posix
def test_folders_are_made_for_this_user_alone_whatever_the_umask(tmp_path, monkeypatch):
    monkeypatch.setenv("LOSSARY_CACHE_DIR", str(tmp_path / "new" / "deeper"))
    before = os.umask(0)
    try:
        path = cache.write(KEY, CODE)
    finally:
        os.umask(before)
    for folder in (tmp_path / "new", tmp_path / "new" / "deeper"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o644  # where a folder of root's is shared, others read what is in it
    assert cache.read(KEY) == CODE


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root can become another user")
def test_what_root_has_prepared_is_used_by_others_who_cannot_change_it(tmp_path, monkeypatch):
    for parent in (tmp_path, *tmp_path.parents):
        if stat.S_IMODE(parent.stat().st_mode) & 0o005 != 0o005:
            parent.chmod(0o755)
    (tmp_path / "kernels").mkdir(mode=0o755)
    (tmp_path / "kernels").chmod(0o755)
    cache.write(KEY, CODE)
    monkeypatch.setattr(os, "geteuid", lambda: 54321)
    assert cache.read(KEY) == CODE
    (tmp_path / "kernels" / f"{KEY}.o").chmod(0o664)
    with pytest.warns(RuntimeWarning, match="may be written by other users"):
        assert cache.read(KEY) is None


@pytest.mark.parametrize("broken", ["os.replace", "os.open", "os.mkdir"])
@pytest.mark.parametrize("number", ["ENOSPC", "EROFS", "EACCES"])
def test_a_cache_that_cannot_be_written_is_no_error_and_leaves_nothing_behind(broken, number, monkeypatch, tmp_path):
    def refuse(*arguments, **options):
        raise OSError(getattr(errno, number), "refused")

    with monkeypatch.context() as patch:
        patch.setattr(broken, refuse)
        with pytest.warns(RuntimeWarning, match=r"kernels cannot be written \(refused\); set LOSSARY_CACHE_DIR"):
            assert cache.write(KEY, CODE) is None
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == []


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device that is always full is Linux's")
def test_a_disk_that_fills_up_while_writing_leaves_nothing_behind(monkeypatch, tmp_path):
    fdopen = open

    def full(handle, mode):
        os.dup2(os.open("/dev/full", os.O_WRONLY), handle)
        return fdopen(handle, mode)

    monkeypatch.setattr("builtins.open", full)
    with pytest.warns(RuntimeWarning, match="No space left on device"):
        assert cache.write(KEY, CODE) is None
    monkeypatch.undo()
    assert list((tmp_path / "kernels").iterdir()) == []


@posix
@pytest.mark.heavy
def test_kernels_that_cannot_be_kept_serve_from_memory_and_one_warning_says_so(tmp_path):
    (tmp_path / "kernels").mkdir()
    (tmp_path / "kernels").chmod(0o777)
    script = (
        "import numpy as np, lossary\n"
        "x = np.linspace(-3, 3, 20_000, dtype=np.float32)\n"
        "values = {float(lossary.squared_error(x, x / 2)) for _ in range(3)}\n"
        "gradient = lossary.squared_error.gradient(x, x / 2)\n"
        "from lossary.kernels import compiler\n"
        "print(len(values), len(compiler._engines))\n"
    )
    environment = {**os.environ, "LOSSARY_LOG": "error"}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "1 2\n")
    assert done.stderr.count("RuntimeWarning") == 1
    assert f"chmod go-w {tmp_path / 'kernels'}" in done.stderr
    assert list((tmp_path / "kernels").iterdir()) == []
