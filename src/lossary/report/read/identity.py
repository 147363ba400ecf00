"""Compare and hash ids, clusters and groups as values of one type, however each file stores them.

The key of a value is an integer of 64 bits if possible (a time is its nanoseconds), else bytes. Values of one family are equal
if and only if their keys are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np

from lossary.errors import UsageError

Key = int | bytes | None
"""A value, or None for null."""
_FAMILIES = {
    "number": "number",
    "bool": "truth value",
    "text": "text",
    "untyped": "text",
    "timestamp": "moment",
    "datetime64": "moment",
    "date": "day",
    "time32": "time of day",
    "time64": "time of day",
    "duration": "duration",
    "timedelta64": "duration",
    "binary": "bytes",
    "large_binary": "bytes",
    "fixed_size_binary": "bytes",
}
"""Families by the prefix of a kind of column (see ``Table.kinds``)."""
NANOSECONDS = {"D": 86_400 * 10**9, "h": 3600 * 10**9, "m": 60 * 10**9, "s": 10**9, "ms": 10**6, "us": 1000, "ns": 1}


def family_of(kind: str) -> str:
    """Return the family of types of a kind of column; "instant" is a moment with a time zone."""
    if kind.startswith("timestamp") and "tz=" in kind:
        return "instant"
    if kind == "datetime64[D]":
        return "day"
    beginning = kind.partition("[")[0]
    return next(family for name, family in _FAMILIES.items() if beginning in (name, f"{name}32", f"{name}64", f"{name}_view"))


def common_family(role: str, kinds: Iterable[tuple[str, str, str]]) -> str:
    """Return the family in which to compare the values of columns, each given by file, name and kind.

    Text is parsed as the other type, and a day is its midnight. Other families are not compared.
    """
    held = dict[str, tuple[str, str, str]]()
    for file, column, kind in kinds:
        held.setdefault(family_of(kind), (file, column, kind))
    families = held.keys() - {"text"} or {"text"}
    if families == {"day", "moment"}:
        return "moment"
    if len(families) > 1:
        (one, other), article = sorted(families)[:2], "an" if role == "id" else "a"
        listed = " and ".join(f"{held[f][2]} in column {held[f][1]!r} of {held[f][0]}" for f in (one, other))
        hint = "; give both a time zone, or neither" if families == {"instant", "moment"} else "; convert one of them"
        raise UsageError(f"{article} {role} is compared as a value of one type; got {listed}{hint}")
    return families.pop()


@dataclass
class Keys:
    """The keys of rows: integers of 64 bits, or bytes."""

    whole: np.ndarray
    """The integer of each row; without meaning for the rows in ``other`` or ``missing``."""
    other: np.ndarray
    """The rows whose key is bytes, in order."""
    data: np.ndarray
    """The bytes of their keys, one after the other."""
    ends: np.ndarray
    """The start of each of these keys, and the end of the last."""
    missing: np.ndarray | None = None
    """Rows without a key, or None if there are none."""

    @classmethod
    def of(cls, values: Sequence[Key]) -> Keys:
        """Return the keys of a list of values."""
        whole = np.array([value if isinstance(value, int) else 0 for value in values], np.int64)
        found = [(i, value) for i, value in enumerate(values) if isinstance(value, bytes)]
        data = np.frombuffer(b"".join(value for _, value in found), np.uint8)
        ends = np.cumsum([0, *(len(value) for _, value in found)])
        missing = np.array([value is None for value in values], bool)
        return cls(whole, np.array([i for i, _ in found], np.int64), data, ends, missing if missing.any() else None)

    @classmethod
    def of_whole(cls, whole: np.ndarray, missing: np.ndarray | None = None) -> Keys:
        """Return the keys of integers or booleans."""
        nothing = np.zeros(0, np.int64)
        if whole.dtype == np.uint64 and whole.size and whole.max() > np.iinfo(np.int64).max:
            large = np.flatnonzero(whole > np.iinfo(np.int64).max)
            return cls(whole.view(np.int64), nothing, nothing, nothing, missing)._with(large, whole[large].tolist())
        return cls(whole.astype(np.int64, copy=False), nothing, np.zeros(0, np.uint8), np.zeros(1, np.int64), missing)

    @classmethod
    def of_floats(cls, values: np.ndarray, missing: np.ndarray | None = None) -> Keys:
        """Return the keys of floating-point numbers; NaN has none."""
        values = values.astype(np.float64, copy=False)
        nan = np.isnan(values)
        if nan.any():
            missing = nan if missing is None else nan | missing
        small = (values == np.trunc(values)) & (values >= -(2.0**63)) & (values < 2.0**63)
        found = cls.of_whole(np.where(small, values, 0.0).astype(np.int64), missing)
        rest = np.flatnonzero(~small & ~nan)
        return found._with(rest, values[rest].tolist()) if rest.size else found

    @classmethod
    def of_times(cls, counts: np.ndarray, unit: int, missing: np.ndarray | None = None) -> Keys:
        """Return the keys of times, given as counts of a unit of so many nanoseconds."""
        counts = counts.astype(np.int64, copy=False)
        most = np.iinfo(np.int64).max // unit
        found = cls.of_whole(np.where(abs(counts) <= most, counts * unit if unit > 1 else counts, 0), missing)
        far = np.flatnonzero((counts > most) | (counts < -most)) if unit > 1 else np.zeros(0, np.int64)
        if missing is not None:
            far = far[~missing[far]]
        return found._with(far, [count * unit for count in counts[far].tolist()]) if far.size else found

    @classmethod
    def of_texts(cls, data: np.ndarray, ends: np.ndarray, family: str, missing: np.ndarray | None = None) -> Keys:
        """Return the keys of adjacent texts in UTF-8, parsed as values of the family."""
        rows = len(ends) - 1
        if family in ("text", "bytes"):
            other = np.arange(rows) if missing is None else np.flatnonzero(~missing)
            if missing is not None and (ends[1:] > ends[:-1])[missing].any():
                raise AssertionError("a missing text has no bytes")
            kept = ends if missing is None else np.append(ends[:-1][~missing], ends[-1])
            return cls(np.zeros(rows, np.int64), other, data, kept, missing)
        raw, known = data.tobytes(), dict[bytes, Key]()
        keys = list[Key]()
        for i, (start, stop) in enumerate(zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True)):
            text = raw[start:stop]
            if missing is not None and missing[i]:
                keys.append(None)
                continue
            if text not in known:
                known[text] = parsed(text, family)
            keys.append(known[text])
        return cls.of(keys)

    def _with(self, rows: np.ndarray, values: Sequence[Any]) -> Keys:
        """Return the keys with those of some rows replaced, for numbers that are no integers or too large."""
        texts = [number_key(value) for value in values]
        data = [text if isinstance(text, bytes) else str(text).encode() for text in texts]
        ends = np.cumsum([0, *map(len, data)])
        return Keys(self.whole, rows, np.frombuffer(b"".join(data), np.uint8), ends, self.missing)

    def __len__(self) -> int:
        return len(self.whole)

    def listed(self) -> list[Key]:
        """Return the keys as a list."""
        found: list[Key] = self.whole.tolist()
        raw = self.data.tobytes()
        for row, start, stop in zip(self.other.tolist(), self.ends[:-1].tolist(), self.ends[1:].tolist(), strict=True):
            found[row] = raw[start:stop]
        for row in [] if self.missing is None else np.flatnonzero(self.missing).tolist():
            found[row] = None
        return found

    def hashes(self) -> np.ndarray:
        """Return a fixed hash of 64 bits of each key, 0 for none."""
        found = scatter(self.whole.view(np.uint64))
        if len(self.other):
            found[self.other] = siphash(self.data, self.ends, _KEY)[0]
        if self.missing is not None:
            found[self.missing] = 0
        return found

    def digests(self, secret: bytes) -> tuple[np.ndarray, np.ndarray]:
        """Return a hash of 128 bits of each key, as two integers, that differs for different keys; without meaning for none.

        Integers are mapped one to one. Bytes are hashed by SipHash under a secret of 16 bytes, so that a pair collides with
        probability 2^-128, whoever chose the values.
        """
        key = np.frombuffer(secret, "<u8")
        first, second = scatter(self.whole.view(np.uint64) ^ key[0]), np.zeros(len(self), np.uint64)
        if len(self.other):
            first[self.other], second[self.other] = siphash(self.data, self.ends, secret)
        return first, second


def number_key(value: int | float | Decimal) -> int | bytes:
    """Return the key of a number: an integer of 64 bits, or its digits, the shortest ones that give the same float64."""
    if not np.isfinite(float(value)):
        return str(float(value)).encode()
    if value == int(value):
        whole = int(value)
        return whole if -(2**63) <= whole < 2**63 else str(whole).encode()
    shortest = repr(float(value))
    exact = value if isinstance(value, Decimal) else Decimal(shortest)
    return (shortest if Decimal(shortest) == exact else f"{exact.normalize()}").encode()


_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d{1,3})?")
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,9}))?)? ?(Z|[+-]\d\d:?\d\d)?")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def parsed(text: bytes, family: str) -> Key:
    """Return the key of a text parsed as a value of a family, or the text itself if it is none."""
    try:
        word = text.decode()
    except UnicodeDecodeError:
        return text
    if family == "number" and (found := _NUMBER.fullmatch(word)):
        if found[3]:  # the form of large and small floats
            return number_key(float(word))
        return number_key(Decimal(word) if found[2] else int(word))
    if family == "truth value" and word.lower() in ("true", "false"):
        return int(word.lower() == "true")
    if family in ("moment", "instant", "day") and (found := _MOMENT.fullmatch(word)):
        if (family == "instant") != (found[4] is not None) or (family == "day" and found[2]):
            return text
        try:
            zone = (found[4] or "Z").replace("Z", "+00:00")
            since = datetime.fromisoformat(f"{found[1]}T{found[2] or '00:00'}{zone}") - _EPOCH
        except ValueError:
            return text
        return number_key((since // timedelta(seconds=1)) * 10**9 + int((found[3] or "0").ljust(9, "0")))
    return text


def shown(key: Key, family: str) -> str:
    """Return a key as text to show; the text "null" is quoted, since null stands for no value."""
    if key is None:
        return "null"
    found = as_text(key, family)
    return f'"{found}"' if found.strip('"') == "null" else found  # quoted once more, so that different keys look different


def as_text(key: int | bytes, family: str) -> str:
    """Return a key as text."""
    if family == "truth value" and isinstance(key, int):
        return str(bool(key))
    if family in ("moment", "instant", "day", "time of day", "duration") and (isinstance(key, int) or _is_whole(key)):
        seconds, rest = divmod(int(key), 10**9)
        fraction = f".{rest:09}".rstrip("0").rstrip(".") if rest else ""
        if family == "duration":
            return f"{seconds}{fraction} s"
        day, time = str(np.datetime64(seconds, "s")).split("T")
        whole = f"{time}{fraction}"
        return {"day": day, "time of day": whole, "moment": f"{day} {whole}"}.get(family, f"{day} {whole}+00:00")
    if isinstance(key, int):
        return str(key)
    try:
        return key.decode()
    except UnicodeDecodeError:
        return str(key) if family == "bytes" else key.decode(errors="backslashreplace")


def _is_whole(key: bytes) -> bool:
    return key.removeprefix(b"-").isdigit()


# ---- hashes

_BASE = np.uint64(0x9E37_79B9_7F4A_7C15)
_KEY = bytes(range(16))
"""A fixed key, not a secret: these hashes only scatter values, the same way in every run."""
_LONG = 512
"""The length in bytes from which on keys are hashed one by one."""
_ROWS = 1 << 13
"""Keys that are hashed side by side, so few that their state stays in the cache."""


def scatter(x: np.ndarray) -> np.ndarray:
    """Return integers of 64 bits mixed one to one (SplitMix64; Steele et al., 2014)."""
    x = x + _BASE
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58_476D_1CE4_E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D0_49BB_1331_11EB)
    found: np.ndarray = x ^ (x >> np.uint64(31))
    return found


def siphash(data: np.ndarray, ends: np.ndarray, key: bytes) -> tuple[np.ndarray, np.ndarray]:
    """Return SipHash-2-4 of 128 bits (Aumasson and Bernstein, 2012) of each range of bytes, as two integers of 64 bits.

    SipHash resists inputs that were chosen to collide. Long ranges, which are rare, are hashed by BLAKE2b.
    """
    lengths = np.diff(ends)
    first, second = np.empty(len(lengths), np.uint64), np.empty(len(lengths), np.uint64)
    held = np.concatenate([data, np.zeros(8, np.uint8)])
    # eight bytes from any position
    words = np.ndarray((len(data) + 1,), "<u8", held, strides=(1,))
    order = np.argsort(lengths, kind="stable")[::-1]
    count = int(np.count_nonzero(lengths >= _LONG))
    for i in order[:count].tolist():
        from hashlib import blake2b

        digest = blake2b(data[ends[i] : ends[i + 1]].tobytes(), digest_size=16, key=key).digest()
        first[i], second[i] = np.frombuffer(digest, "<u8")
    for start in range(count, len(order), _ROWS):
        rows = order[start : start + _ROWS]
        first[rows], second[rows] = _siphash(words, ends[:-1][rows], lengths[rows], np.frombuffer(key, "<u8"))
    return first, second


def _siphash(words: np.ndarray, starts: np.ndarray, lengths: np.ndarray, key: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the hashes of ranges sorted by falling length."""
    names = (0x736F_6D65_7073_6575, 0x646F_7261_6E64_6F6D, 0x6C79_6765_6E65_7261, 0x7465_6462_7974_6573)
    state = np.empty((4, len(starts)), np.uint64)
    for k, name in enumerate(names):
        state[k] = np.uint64(name) ^ key[k % 2]
    state[1] ^= np.uint64(0xEE)  # for 128 bits
    blocks = lengths // 8
    for block in range(int(blocks.max(initial=0))):
        active = int(np.count_nonzero(blocks > block))
        _absorb(state[:, :active], words[starts[:active] + 8 * block])
    rest = (8 * (lengths % 8)).astype(np.uint64)
    last = words[starts + 8 * blocks] & ((np.uint64(1) << rest) - np.uint64(1))
    _absorb(state, last | ((lengths.astype(np.uint64) & np.uint64(255)) << np.uint64(56)))
    found = list[np.ndarray]()
    for row, mark in ((2, 0xEE), (1, 0xDD)):
        state[row] ^= np.uint64(mark)
        _rounds(state, 4)
        found.append(state[0] ^ state[1] ^ state[2] ^ state[3])
    return found[0], found[1]


def _absorb(state: np.ndarray, word: np.ndarray) -> None:
    state[3] ^= word
    _rounds(state, 2)
    state[0] ^= word


def _rounds(state: np.ndarray, count: int) -> None:
    a, b, c, d = state
    for _ in range(count):
        for one, other, by in ((a, b, 13), (c, d, 16)):
            one += other
            _rotate(other, by)
            other ^= one
        _rotate(a, 32)
        for one, other, by in ((a, d, 21), (c, b, 17)):
            one += other
            _rotate(other, by)
            other ^= one
        _rotate(c, 32)


def _rotate(x: np.ndarray, by: int) -> None:
    high = x >> np.uint64(64 - by)
    x <<= np.uint64(by)
    x |= high
