"""Signatures of array code: the axes of each input that make up one sample, written as NumPy writes those of its gufuncs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

Axes = tuple[str, ...]
"""The names of the axes that make up one sample: the last axes of an array."""
_NAMES = r"\s*(?:[^\W\d]\w*\s*(?:,\s*[^\W\d]\w*\s*)*)?"
_WHOLE = re.compile(rf"\s*\({_NAMES}\)\s*(?:,\s*\({_NAMES}\)\s*)*")


def sample_axes(name: str, signature: str | None, inputs: Sequence[str]) -> dict[str, Axes]:
    """Return the axes of each input by a signature such as ``"(m),()"``; by default all have one axis ``n``."""
    if signature is None:
        return dict.fromkeys(inputs, ("n",))
    found = _read(f"{name}: signature", signature)
    if len(found) != len(inputs):
        example = ",".join("(n)" for _ in inputs)
        raise TypeError(
            f'{name}: signature has one group of axes for each of {", ".join(inputs)}, as in "{example}"; '
            f"got {len(found)} in {signature!r}"
        )
    return dict(zip(inputs, found, strict=True))


def array_axes(name: str, arrays: Mapping[str, str], parameters: Mapping[str, object]) -> dict[str, Axes]:
    """Return the axes of parameters that are arrays, given as ``{"levels": "(q)"}``."""
    if not isinstance(arrays, Mapping) or not set(arrays) <= set(parameters):
        known = ", ".join(parameters) or "there is none"
        raise TypeError(
            f'{name}: arrays= maps keyword-only parameters ({known}) to their axes, as in {{"levels": "(q)"}}; got {arrays!r}'
        )
    axes = {}
    for parameter, text in arrays.items():
        found = _read(f"{name}: the axes of {parameter}", text)
        if len(found) != 1:
            raise TypeError(f'{name}: arrays= has one group of axes a parameter, as in "(q)"; got {text!r} for {parameter}')
        axes[parameter] = found[0]
    return axes


def _read(role: str, text: object) -> list[Axes]:
    if not isinstance(text, str) or not _WHOLE.fullmatch(text):
        raise TypeError(f'{role} has groups of names in parentheses, as in "(n),(n)" or "(m),()"; got {text!r}')
    return [tuple(re.findall(r"\w+", group)) for group in re.findall(r"\(([^)]*)\)", text)]


def written(axes: Axes) -> str:
    """Return the shape of an array with these axes, as error messages write it: ``(…, m)``."""
    return f"({', '.join(('…', *axes))})"
