"""Formulas as MathML, which browsers draw themselves and screen readers read: nothing is fetched."""

from __future__ import annotations

import re
from html import escape

from lossary.errors import UsageError

_FUNCTION = re.compile(r"<mi>(log|cosh|tanh|exp|max|min|sign)</mi>(?!<mo[^>]*>(&#x00028;|\())")
"""A function's name without a bracket behind it, where the converter leaves out a thin space."""
_TEXT = re.compile(r"(?<=\\text\{)[^{}]*")
"""The words of a formula, which the converter passes through as they are."""


def of_latex(text: str, display: str = "inline") -> str:
    """Return LaTeX as MathML; ``display`` is "inline" or "block".

    Raises UsageError without latex2mathml.
    """
    try:
        from latex2mathml.converter import convert
    except ImportError:
        raise UsageError('formulas as MathML take latex2mathml, which is not installed: pip install "lossary[atlas]"') from None
    return _FUNCTION.sub(
        r'<mi>\1</mi><mspace width="0.17em"/>', convert(_TEXT.sub(lambda found: escape(found[0]), text), display=display)
    )
