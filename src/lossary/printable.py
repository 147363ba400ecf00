"""Text from files and of users as a terminal may show it."""

from __future__ import annotations

from typing import Any

import numpy as np


def printable(text: str) -> str:
    r"""Return the text with every character escaped that could steer a terminal or hide: ``\x1b``, ``\n``, ``\u202e``.

    These are control and format characters (bidirectional overrides among them), line ends, spaces other than the usual one,
    and halves of surrogate pairs.
    """
    return text if text.isprintable() else "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def printable_lines(text: str) -> str:
    """Return the text likewise, with its line ends left as they are."""
    return "\n".join(map(printable, text.split("\n")))


def as_typed(value: Any) -> str:
    """Return a value as one types it: numbers and texts of NumPy without their type, ``2.0`` for ``np.float64(2.0)``."""
    if type(value) in (list, tuple):
        items = ", ".join(map(as_typed, value))
        return f"[{items}]" if isinstance(value, list) else f"({items}{',' if len(value) == 1 else ''})"
    if isinstance(value, np.number):
        return str(value)
    return repr(str(value) if isinstance(value, np.str_) else value)
