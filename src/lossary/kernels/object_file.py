"""Check that bytes are an object file as LLVM writes it: in the system's format, and not cut off."""

from __future__ import annotations

import struct

_RELOCATABLE, _NO_BITS = 1, 8
_COFF_MACHINES = (0x8664, 0xAA64)


def is_object(code: bytes) -> bool:
    """Return whether bytes are a complete, relocatable 64-bit object in ELF, Mach-O or COFF."""
    try:
        if code[:4] == b"\x7fELF":
            return _is_elf(code)
        if code[:4] in (b"\xcf\xfa\xed\xfe", b"\xfe\xed\xfa\xcf"):
            return _is_mach(code)
        return _is_coff(code)
    except struct.error:  # it ends within a header
        return False


def _is_elf(code: bytes) -> bool:
    if code[4] != 2 or code[5] not in (1, 2):  # 64 bits; the order of bytes
        return False
    order = "<" if code[5] == 1 else ">"
    (kind,) = struct.unpack_from(f"{order}H", code, 16)
    (start,) = struct.unpack_from(f"{order}Q", code, 40)
    size, count = struct.unpack_from(f"{order}HH", code, 58)
    if kind != _RELOCATABLE or size != 64 or not count:
        return False
    for i in range(count):
        _, section, _, _, offset, length = struct.unpack_from(f"{order}IIQQQQ", code, start + i * size)
        if section != _NO_BITS and offset + length > len(code):
            return False
    return True


def _is_mach(code: bytes) -> bool:
    order = "<" if code[0] == 0xCF else ">"
    kind, commands, length = struct.unpack_from(f"{order}III", code, 12)
    at = 32
    for _ in range(commands):
        command, size = struct.unpack_from(f"{order}II", code, at)
        if command == 0x19:  # a segment of 64 bits: where its contents lie
            offset, extent = struct.unpack_from(f"{order}QQ", code, at + 40)
            if offset + extent > len(code):
                return False
        if size < 8:
            return False
        at += size
    return kind == _RELOCATABLE and commands > 0 and at == 32 + length <= len(code)


def _is_coff(code: bytes) -> bool:
    machine, count, _, symbols, symbol_count, optional = struct.unpack_from("<HHIIIH", code)
    if machine not in _COFF_MACHINES or not count or symbols + 18 * symbol_count > len(code):
        return False
    for i in range(count):
        length, offset = struct.unpack_from("<II", code, 20 + optional + 40 * i + 16)
        if offset and offset + length > len(code):
            return False
    return True
