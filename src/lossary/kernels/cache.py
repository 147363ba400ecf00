"""Compiled kernels on disk. They are machine code, so a file is loaded only if no other user can have written it.

A file or folder is trusted if it belongs to this user or to root and nobody else may write it. The check is made on the open
file, not on its name, which may refer to another file a moment later. Windows keeps other users out of a user's folders itself.
"""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from collections.abc import Iterator

from lossary import log

LARGEST = 16 << 20
"""Bytes of a file; the largest kernels have 200 kB."""
_POSIX = os.name == "posix"
_DIGEST = 32
# a named pipe would make open wait for a writer
_SAFELY = sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY", "O_NOINHERIT"))


class Unusable(Exception):  # noqa: N818
    """Raised if kernels cannot be kept; holds the reason and the remedy, which make one sentence."""

    def __init__(self, why: str, remedy: str = "set LOSSARY_CACHE_DIR to a folder of your own") -> None:
        super().__init__(why)
        self.why, self.remedy = why, remedy

    def __str__(self) -> str:
        return f"{self.why}; {self.remedy}"


def folder() -> str:
    """Return ``LOSSARY_CACHE_DIR``, or the operating system's cache folder of this user; always an absolute path."""
    chosen = os.environ.get("LOSSARY_CACHE_DIR")
    if chosen:
        if not os.path.isabs(chosen):
            raise Unusable(f"LOSSARY_CACHE_DIR is an absolute path, and got {chosen!r}", f"set it to {os.path.abspath(chosen)}")
        return chosen
    if sys.platform == "win32":
        parent = os.environ.get("LOCALAPPDATA") or os.path.expanduser(r"~\AppData\Local")
    elif sys.platform == "darwin":
        parent = os.path.expanduser("~/Library/Caches")
    else:
        parent = os.environ.get("XDG_CACHE_HOME") or ""
        if not os.path.isabs(parent):  # the XDG specification says to ignore a relative path
            parent = os.path.expanduser("~/.cache")
    if not os.path.isabs(parent):
        raise Unusable("this user has no home folder")
    return os.path.join(parent, "lossary")


def read(key: str) -> bytes | None:
    """Return the code kept under a key, or None if there is no complete and trusted file."""
    try:
        with _opened(folder()) as (descriptor, prefix):
            file = os.open(f"{prefix}{key}.o", os.O_RDONLY | _SAFELY, dir_fd=descriptor)
            with open(file, "rb") as opened:
                status = os.fstat(file)
                if not stat.S_ISREG(status.st_mode) or not _DIGEST < status.st_size <= LARGEST:
                    return None
                flaw = _flaw(status)
                if flaw:
                    raise Unusable(f"{key}.o in {folder()} {flaw}", "delete it")
                content = opened.read(LARGEST + 1)
    except Unusable as error:
        _tell(str(error))
        return None
    except OSError:
        return None
    digest, code = content[:_DIGEST], content[_DIGEST:]
    return code if _digest(key, code) == digest else None


def write(key: str, code: bytes) -> str | None:
    """Write code under a key, atomically; return the path, or None if it cannot be kept."""
    import secrets  # here and elsewhere: what takes milliseconds to import is not needed to import lossary

    try:
        place = folder()
        with _opened(place, make=True) as (descriptor, prefix):
            temporary, final = f"{prefix}{secrets.token_hex(8)}.part", f"{prefix}{key}.o"
            file = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _SAFELY, 0o644, dir_fd=descriptor)
            try:
                with open(file, "wb") as opened:
                    if hasattr(os, "fchmod"):  # whatever the umask is: the folder decides who may read
                        os.fchmod(file, 0o644)
                    opened.write(_digest(key, code) + code)
                os.replace(temporary, final, src_dir_fd=descriptor, dst_dir_fd=descriptor)
            except BaseException:
                with contextlib.suppress(OSError):
                    os.unlink(temporary, dir_fd=descriptor)
                raise
        return os.path.join(place, f"{key}.o")
    except Unusable as error:
        _tell(str(error))
    except OSError as error:
        _tell(f"{place} cannot be written ({error.strerror or error}); set LOSSARY_CACHE_DIR to a folder that can")
    return None


def check() -> None:
    """Make the cache folder; raise :class:`Unusable` or OSError if kernels cannot be kept there."""
    import secrets

    with _opened(folder(), make=True) as (descriptor, prefix):
        probe = f"{prefix}{secrets.token_hex(8)}.part"
        os.close(os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _SAFELY, 0o644, dir_fd=descriptor))
        os.unlink(probe, dir_fd=descriptor)


def _tell(why: str) -> None:
    log.warn_once("cache", f"compiled kernels are not kept, so each process compiles its own, for seconds: {why}")


def _digest(key: str, code: bytes) -> bytes:
    """Return a digest of key and code: a file renamed to another key is refused."""
    import hashlib

    return hashlib.sha256(key.encode() + b"\0" + code).digest()


@contextlib.contextmanager
def _opened(path: str, *, make: bool = False) -> Iterator[tuple[int | None, str]]:
    """Open the folder; yield its descriptor and the prefix of its files' names. On Windows: no descriptor, the whole path."""
    if not _POSIX:
        if make:
            os.makedirs(path, exist_ok=True)
        yield None, f"{path}{os.sep}"
        return
    head, name = os.path.split(path.rstrip("/") or "/")
    head = os.path.realpath(head)  # links on the way are followed; what matters is where they lead
    parents = [head]
    while parents[-1] != os.path.dirname(parents[-1]):
        parents.append(os.path.dirname(parents[-1]))
    for parent in reversed(parents):
        if make:
            with contextlib.suppress(FileExistsError):
                os.mkdir(parent, 0o700)
        mode = os.stat(parent).st_mode
        if not stat.S_ISDIR(mode):
            raise Unusable(f"{parent} is not a folder")
        if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
            raise Unusable(f"every user may replace what is in {parent}", f"run: chmod o-w {parent}")
    place = os.path.join(head, name)
    if make:
        with contextlib.suppress(FileExistsError):
            os.mkdir(place, 0o700)
    try:
        descriptor = os.open(place, os.O_RDONLY | os.O_DIRECTORY | _SAFELY)
    except OSError:
        if os.path.islink(place):
            raise Unusable(f"{path} is a link", f"set LOSSARY_CACHE_DIR to {os.path.realpath(place)}") from None
        if os.path.lexists(place) and not os.path.isdir(place):
            raise Unusable(f"{path} is not a folder") from None
        raise
    try:
        flaw = _flaw(os.fstat(descriptor))
        if flaw:
            raise Unusable(f"{path} {flaw}", f"run: chmod go-w {path}" if "may be written" in flaw else Unusable("").remedy)
        yield descriptor, ""
    finally:
        os.close(descriptor)


def _flaw(status: os.stat_result) -> str:
    """Return why an open file or folder is not to be trusted, or an empty string if it is."""
    if not _POSIX:
        return ""
    if status.st_uid not in (os.geteuid(), 0):
        return f"belongs to user {status.st_uid}, not to user {os.geteuid()} or root"
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return "may be written by other users"
    return ""
