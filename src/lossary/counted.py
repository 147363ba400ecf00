"""Write counts with their nouns, and lists of names, as sentences have them."""

from __future__ import annotations

from collections.abc import Sequence


def counted(number: int, one: str, many: str | None = None) -> str:
    """Return ``1 row`` or ``1,000 rows``; ``many`` is the plural if it is not ``one`` with an s."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def enumerated(names: Sequence[str]) -> str:
    """Return names as in a sentence: ``a``, ``a and b`` or ``a, b and c``."""
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def first_few(names: Sequence[str], most: int = 8) -> str:
    """Return the first names with commas between them, and how many there are if that is more: ``a, b, … (12)``."""
    return ", ".join(names[:most]) + (f", … ({len(names)})" if len(names) > most else "")
