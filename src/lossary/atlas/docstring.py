"""Docstrings as HTML: paragraphs, formulas, code and examples."""

from __future__ import annotations

import inspect
import re
from html import escape

from lossary.atlas.formulas import formula

_ROLE = re.compile(r":(\w+):`([^`]+)`|``(.+?)``|\*\*(.+?)\*\*")


def as_html(text: str) -> str:
    """Return a docstring as HTML.

    >>> print(as_html("The mean, ``m``.\\n\\n>>> 1 + 1\\n2"))
    <p>The mean, <code>m</code>.</p>
    <pre tabindex="0">&gt;&gt;&gt; 1 + 1
    2</pre>
    """
    return "\n".join(_block(block) for block in re.split(r"\n\s*\n", inspect.cleandoc(text).strip()) if block.strip())


def summary(text: str) -> str:
    """Return the first line of a docstring as HTML."""
    return _inline(inspect.cleandoc(text).partition("\n")[0])


def plain(text: str) -> str:
    """Return the first line of a docstring as plain text, without formulas."""
    line = inspect.cleandoc(text).partition("\n")[0]
    return re.sub(r":\w+:`(?:lossary\.)?([^`]*)`", r"\1", re.sub(r":? *:math:`[^`]*`", "", line)).replace("``", "")


def _block(text: str) -> str:
    if text.startswith(".. math::"):
        latex = re.sub(r"\s+", " ", text.removeprefix(".. math::")).strip()
        return f'<div class="math" tabindex="0">{formula(latex, "block")}</div>'
    if text.startswith(">>>"):
        return f'<pre tabindex="0">{escape(text, quote=False)}</pre>'
    if text.startswith("- "):
        items = re.split(r"\n?- ", text)[1:]
        return f"<ul>{''.join(f'<li>{_inline(item)}</li>' for item in items)}</ul>"
    return f"<p>{_inline(text)}</p>"


def _inline(text: str) -> str:
    parts, end = [], 0
    for match in _ROLE.finditer(text):
        parts.append(escape(text[end : match.start()], quote=False))
        role, content, code, strong = match.groups()
        if role == "math":
            parts.append(formula(content))
        elif strong:
            parts.append(f"<strong>{escape(strong, quote=False)}</strong>")
        else:
            name = re.sub(r"^~?lossary\.", "", content) if role else code
            parts.append(f"<code>{escape(name, quote=False)}</code>")
        end = match.end()
    return "".join((*parts, escape(text[end:], quote=False))).replace("\n", " ")
