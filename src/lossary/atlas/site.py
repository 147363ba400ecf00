"""Write a page as one file: markup, style, and one classic script with all that it needs, so that it works from a disk."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from lossary.atlas import messages
from lossary.atlas.bundle import bundle
from lossary.atlas.pages import PAGES, names, page

_WEB = resources.files("lossary.atlas") / "web"
_PACKAGES = {"preact": "vendor/preact.mjs", "preact/hooks": "vendor/hooks.mjs", "htm": "vendor/htm.mjs"}
_HTML = """<!DOCTYPE html>
<html lang="en" style="--hue:{hue}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Lossary</title>
<link rel="icon" href="data:,">
<style>
{style}</style>
</head>
<body>
<noscript><p lang="en">These pages draw themselves with JavaScript, which is switched off here.</p>
<p lang="zh-Hans">这些页面由 JavaScript 绘制，而它在这里已被关闭。</p></noscript>
<script>
(() => {{
"use strict";
const PAGE = {given};
{script}}})();
</script>
</body>
</html>
"""


@functools.cache
def _read(path: str) -> str:
    return _WEB.joinpath(path).read_text(encoding="utf-8")


@functools.cache
def script_of(module: str) -> str:
    """Return the script of a module of ``web`` with all that it imports."""
    return bundle(module, _read, _PACKAGES)


@functools.cache
def messages_of(module: str) -> dict[str, dict[str, str]]:
    """Return the messages of a module's script and those that name pages, by language."""
    named = [one.message for one in PAGES if one.message is not None]
    return {
        language: own | {key: messages.read(language)[key] for key in named}
        for language, own in messages.used_in(script_of(module)).items()
    }


def html_of(name: str, more: Mapping[str, Any] | None = None) -> str:
    """Return a page as HTML; ``more`` is added to what its module finds as ``data``."""
    found = page(name)
    script = script_of(found.module)
    bar = [{"name": one.name, "message": one.message} for one in PAGES if one.message is not None]
    given = {
        "messages": messages_of(found.module),
        "pages": bar,
        "data": {"page": name, **found.data(), **(more or {})},
    }
    functions = "".join(f"{json.dumps(curve.key)}: [{', '.join(curve.code)}],\n" for curve in found.curves())
    written = f"{_as_script(given)[:-1]}, functions: {{\n{functions}}}}}"
    return _HTML.format(style="".join(map(_read, found.styles)), hue=found.hue, given=written, script=script)


def write(folder: str | Path) -> list[Path]:
    """Write all pages into a folder, which is made if there is none; return their paths."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name in names():
        path = folder / f"{name}.html"
        path.write_text(html_of(name), encoding="utf-8")
        written.append(path)
    return written


def _as_script(value: Any) -> str:
    """Return data as an expression of JavaScript that may stand within a page."""
    return json.dumps(value, ensure_ascii=False).replace("</", "<\\/").replace("<!--", "<\\!--")
