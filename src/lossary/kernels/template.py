"""Kernels written as text with conditions."""

from __future__ import annotations

import functools
from collections.abc import Mapping


@functools.cache
def template(name: str) -> str:
    """The text of a template."""
    from importlib.resources import files

    return (files("lossary.kernels") / f"{name}.txt").read_text("utf-8")


def chosen(text: str, flags: Mapping[str, bool]) -> str:
    """The lines whose condition, after ``#?``, holds: names joined by ``&`` and, binding less, ``|``; ``!`` is "not"."""
    lines = []
    for line in text.splitlines():
        code, _, condition = line.partition("#?")
        if not condition or any(
            all(flags[name.strip(" !")] != name.strip().startswith("!") for name in choice.split("&"))
            for choice in condition.split("|")
        ):
            lines.append(code.rstrip())
    return "\n".join(lines) + "\n"
