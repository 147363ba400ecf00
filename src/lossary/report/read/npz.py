"""Read NumPy's ``.npz`` files, whose members are streamed and never loaded as a whole."""

from __future__ import annotations

import errno
import math
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import numpy as np

from lossary.errors import UnreadableError, UnwritableError
from lossary.report.read.arrays import NumpyColumn, kind_of
from lossary.report.read.source import Source, raise_if_changed
from lossary.report.read.table import Batch, Part, Table, readable

_LONGEST = 1 << 23
"""The most bytes of a row."""
_DAMAGE = (zipfile.BadZipFile, zlib.error)


@dataclass
class _Member:
    file: str
    shape: tuple[int, ...]
    fortran: bool
    dtype: np.dtype
    start: int
    """The position of the data, after the header."""


class NpzTable(Table):
    """The arrays of an ``.npz`` file as columns; a two-dimensional array is a list column."""

    def __init__(self, source: Source) -> None:
        self.source, self.path = source, source.path
        path = self.path
        self._members: dict[str, _Member] = {}
        with readable(path, "a NumPy .npz file", *_DAMAGE), source.open() as file, zipfile.ZipFile(file) as archive:
            for file in archive.namelist():
                if file.endswith(".npy"):
                    self._members[file.removesuffix(".npy")] = self._member(archive, file)
        if not self._members:
            held = f", but with {names[0]}; unzip it first" if (names := archive.namelist()) else ""
            raise UnreadableError(
                f"{path} is a zip file without arrays{held or '; what is read is a NumPy .npz file, made by numpy.savez'}"
            )
        self.kinds: Mapping[str, str] = {name: kind_of(member.shape, member.dtype) for name, member in self._members.items()}

    def _member(self, archive: zipfile.ZipFile, file: str) -> _Member:
        with archive.open(file) as data:
            version = np.lib.format.read_magic(data)
            read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
            try:
                shape, fortran, dtype = read(data)
            except EOFError:
                raise
            except Exception as error:  # the header is Python source, whose parser may raise anything, MemoryError too
                raise ValueError(f"the header of {file} is not one that NumPy writes: {type(error).__name__}") from None
            start = data.tell()
        held, row = archive.getinfo(file).file_size - start, math.prod(shape[1:]) * dtype.itemsize
        if min(shape, default=0) < 0 or (not dtype.hasobject and held != math.prod(shape) * dtype.itemsize):
            raise ValueError(f"{file} announces an array of shape {shape} and type {dtype}, and holds {held} bytes")
        if row > _LONGEST:
            raise ValueError(f"a row of {file} has {row:,} bytes, more than the {_LONGEST:,} that can be read")
        return _Member(file, shape, fortran and len(shape) > 1, dtype, start)

    def batches(self, columns: Sequence[str], size: int, part: Part = None) -> Iterator[Batch]:
        """Yield the rows of some columns, at most ``size`` at a time."""
        members = {name: self._members[name] for name in columns}
        lengths = {name: member.shape[0] for name, member in members.items()}
        if len(set(lengths.values())) > 1:
            listed = ", ".join(f"{name} {length}" for name, length in lengths.items())
            raise UnreadableError(f"{self.path}: all arrays have the same number of rows; got {listed}; save them again")
        rows = next(iter(lengths.values()))
        with ExitStack() as stack:
            stack.enter_context(raise_if_changed(self.source))
            stack.enter_context(readable(self.path, "a NumPy .npz file", *_DAMAGE))
            archive = stack.enter_context(zipfile.ZipFile(stack.enter_context(self.source.open())))
            streams = {name: _stream(archive, stack, member) for name, member in members.items()}
            for start in range(0, rows, size):
                count = min(size, rows - start)
                yield Batch(
                    {name: NumpyColumn(_read(streams[name], members[name], start, count)) for name in columns},
                    count,
                    start,
                    (start + count) / rows,
                )


def _stream(archive: zipfile.ZipFile, stack: ExitStack, member: _Member) -> Any:
    """Open the data of a member to be read in order, or a seekable copy on disk if it is in Fortran order."""
    stream = stack.enter_context(archive.open(member.file))
    if member.fortran:
        try:
            copy = stack.enter_context(tempfile.TemporaryFile(prefix="lossary-"))  # noqa: SIM115
            shutil.copyfileobj(stream, copy, 1 << 20)
            copy.flush()
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
                raise
            raise UnwritableError(
                f"{member.file}, which lies column by column, could not be kept in the temporary folder: {error.strerror}; "
                "make room there, set TMPDIR, or save numpy.ascontiguousarray of it"
            ) from None
        return copy
    stream.seek(member.start)
    return stream


def _read(stream: Any, member: _Member, first: int, count: int) -> np.ndarray:
    if member.fortran:
        columns = []
        for column in range(member.shape[1]):
            stream.seek(member.start + (column * member.shape[0] + first) * member.dtype.itemsize)
            columns.append(_numbers(stream, member, count))
        array = np.stack(columns, axis=1)
    else:
        array = _numbers(stream, member, count * math.prod(member.shape[1:]))
    array = array.reshape(count, *member.shape[1:])
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def _numbers(stream: Any, member: _Member, count: int) -> np.ndarray:
    data = stream.read(count * member.dtype.itemsize)
    if len(data) < count * member.dtype.itemsize:
        raise EOFError(f"{member.file} ends early")
    return np.frombuffer(data, member.dtype)
