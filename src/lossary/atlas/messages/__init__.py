"""The words of the pages: one file a language with the same keys, the names of losses, and the glossary of terms."""

from __future__ import annotations

import functools
import json
from importlib import resources
from typing import Any

LANGUAGES = ("en", "zh")


@functools.cache
def read(name: str) -> dict[str, Any]:
    """Return one of the files by its name, such as ``"en"`` or ``"losses.zh"``."""
    text = (resources.files(__name__) / f"{name}.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def used_in(script: str) -> dict[str, dict[str, str]]:
    """Return the messages that a script names, by language: by their whole key, or by its beginning up to the dot."""

    def named(key: str) -> bool:
        return f'"{key}"' in script or f"`{key.partition('.')[0]}.$" in script

    return {language: {key: text for key, text in read(language).items() if named(key)} for language in LANGUAGES}
