"""Open files by path, or by a URI such as ``s3://bucket/file.parquet`` through pyarrow's filesystems."""

from __future__ import annotations

import os
import stat
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from lossary.errors import ReportError, UnreadableError, UnwritableError, UsageError, first_line
from lossary.names import did_you_mean

ENDS = 8


class Source:
    """A file by its path or URI, opened anew each time it is read."""

    def __init__(self, path: str, shown: str | None = None) -> None:
        self.place = path
        """The path or URI of the bytes."""
        self.path = path if shown is None else shown
        """The name in messages: the place, or the name of the stream that was copied there."""
        self.is_copy = shown is not None
        self.is_local = self.is_copy or "://" not in path
        self.head, self.tail, self.size = self._look() if self.is_local else self._look_far()
        self._stamp = self._stamp_now()

    def open(self) -> Any:
        """Open the bytes as a seekable file."""
        if self.is_local:
            return open(self.place, "rb")
        return self._far().open_input_file(self._inner())

    def tells(self, beginning: bytes) -> bool:
        """Return whether the file begins so."""
        with self.open() as file:
            return bool(file.read(len(beginning)) == beginning)

    def check(self) -> None:
        """Raise if the file has changed since it was first opened."""
        try:
            stamp = self._stamp_now()
        except OSError:
            raise UnreadableError(f"{self.path} has vanished while it was being read; put it back, and start again") from None
        if stamp != self._stamp:
            raise UnreadableError(f"{self.path} was changed while it was being read; wait until it is written, and start again")

    def _stamp_now(self) -> Any:
        if not self.is_local:
            info = self._far().get_file_info(self._inner())
            return info.size, info.mtime_ns
        found = os.stat(self.place)
        return found.st_size, found.st_mtime_ns, found.st_ino

    def _far(self) -> Any:
        from pyarrow import fs  # type: ignore[import-untyped]

        return fs.FileSystem.from_uri(self.path)[0]

    def _inner(self) -> str:
        from pyarrow import fs

        return str(fs.FileSystem.from_uri(self.path)[1])

    def _look_far(self) -> tuple[bytes, bytes, int]:
        require_pyarrow(f"reading {self.path}")
        try:
            with self._far().open_input_file(self._inner()) as file:
                return self._ends(file, file.size())
        except UnreadableError:
            raise
        except FileNotFoundError:
            raise UnreadableError(f"{self.path} does not exist; check the address") from None
        except (OSError, ValueError, ImportError) as error:
            raise UnreadableError(
                f"{self.path} cannot be read: {first_line(error)}; check the address and the access"
            ) from None

    def _ends(self, file: Any, size: int) -> tuple[bytes, bytes, int]:
        head = file.read(ENDS)
        if not head:
            raise UnreadableError(f"{self.path} is empty: it has no bytes at all; write or download it again")
        file.seek(max(0, size - ENDS))
        return head, file.read(), size

    def _look(self) -> tuple[bytes, bytes, int]:
        path, place = self.path, self.place
        try:
            mode = os.stat(place).st_mode
            if stat.S_ISDIR(mode):
                raise UnreadableError(f"{path} is a directory; name the files in it, e.g. {_pattern_in(path)}")
            if not stat.S_ISREG(mode):
                raise UnreadableError(
                    f"{path} is not a regular file, and a file may be read more than once; pass it on standard input, as -, "
                    "which keeps a copy, or save it first"
                )
            with open(place, "rb") as file:
                return self._ends(file, os.path.getsize(place))
        except UnreadableError:
            raise
        except FileNotFoundError:
            folder = Path(path).parent
            siblings = sorted(p.name for p in folder.iterdir()) if folder.is_dir() else []
            near = did_you_mean(Path(path).name, siblings, 3, 0.8)
            raise UnreadableError(f"{path} does not exist{near or '; check the path'}") from None
        except PermissionError:
            raise UnreadableError(f"{path} may not be read: permission denied; check its permissions") from None
        except (OSError, ValueError) as error:
            raise UnreadableError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from None


def _pattern_in(folder: str) -> str:
    """Return a glob of the files that a folder, or the folders in it, have."""
    for place, _, files in os.walk(folder):
        for file in sorted(files):
            if not file.startswith((".", "_")) and (end := "".join(Path(file).suffixes[-2:])):
                return f"{folder.rstrip('/')}/{'' if place == folder else '**/'}*{end}"
    return f"{folder.rstrip('/')}/*.parquet"


def copy_stream(stream: Any, shown: str) -> Source:
    """Return a copy of a stream, which can be read only once, in a temporary file that lives as long as the source."""
    import tempfile

    handle, path = tempfile.mkstemp(prefix="lossary-")
    try:
        with os.fdopen(handle, "wb") as file:
            while True:
                try:
                    more = stream.read(1 << 20)
                except (OSError, ValueError) as error:
                    raise UnreadableError(f"{shown} cannot be read: {first_line(error)}") from None
                if not more:
                    break
                file.write(more.encode() if isinstance(more, str) else more)
        source = Source(path, shown)
    except BaseException as error:
        os.unlink(path)
        if isinstance(error, OSError) and not isinstance(error, ReportError):
            raise UnwritableError(
                f"{shown} could not be kept in the temporary folder: {error.strerror or error}; make room there, or set TMPDIR"
            ) from None
        raise
    weakref.finalize(source, _remove, path)
    return source


def _remove(path: str) -> None:
    with suppress(OSError):
        os.unlink(path)


@contextmanager
def raise_if_changed(source: Source) -> Iterator[None]:
    """Raise if the file has changed at the end of this context, also in place of the error of a reader."""
    try:
        yield
    except UnreadableError:
        source.check()
        raise
    else:
        source.check()


def require_pyarrow(what: str) -> None:
    """Raise unless pyarrow is installed."""
    try:
        import pyarrow  # noqa: F401
    except ImportError:
        raise UsageError(
            f'{what} takes pyarrow, which is not installed: pip install "lossary[report]" (.npz files need nothing more)'
        ) from None
