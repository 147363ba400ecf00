"""Write a report to disk, as a whole or not at all."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from lossary.errors import UnwritableError

_SEPARATORS = tuple(filter(None, (os.sep, os.altsep)))


def check_writable(path: str) -> None:
    """Raise if a file cannot be written, before hours of work."""
    if not path:
        raise UnwritableError("a file has a name; got ''; name the file to write")
    if path.endswith(_SEPARATORS):  # Path() would drop the separator
        raise UnwritableError(f"{path} cannot be written: it is a folder; name a file in it")
    try:
        target = Path(path).resolve()
        folder, there = target.parent, target.exists()
        is_folder, is_file = target.is_dir(), target.is_file()
    except (OSError, RuntimeError, ValueError) as error:  # too long a name, or circular links
        reason = getattr(error, "strerror", None) or error
        raise UnwritableError(f"{path} cannot be written: {reason}; choose another name") from None
    if not folder.is_dir():
        raise UnwritableError(f"{path} cannot be written: there is no folder {folder}; make it, or write elsewhere")
    if is_folder:
        raise UnwritableError(f"{path} cannot be written: it is a folder; name a file in it")
    if there and not is_file:  # os.replace would replace a device
        raise UnwritableError(f"{path} cannot be written: it is not a regular file; name another")
    if not os.access(folder, os.W_OK):
        raise UnwritableError(f"{path} cannot be written: no permission to write in {folder}; write elsewhere")


def write_whole(path: str, text: str) -> None:
    """Write a temporary file and move it into place: readers find either the old file or the whole new one."""
    check_writable(path)
    import tempfile

    target = Path(path).resolve()
    name = None
    try:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:30]}.", suffix=".part")
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(name, target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~umask)
        os.replace(name, target)
    except BaseException as error:
        if name is not None:
            with contextlib.suppress(OSError):
                os.unlink(name)
        if isinstance(error, OSError):
            reason = error.strerror or str(error)
            raise UnwritableError(f"{path} could not be written: {reason}; make room, or write elsewhere") from None
        raise
