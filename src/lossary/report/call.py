"""Record in a report how it was made, so that it can be made again."""

from __future__ import annotations

import dataclasses
import functools
import importlib
import inspect
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, ParamSpec, TypeVar

import numpy as np

from lossary.engine.loss import Loss
from lossary.engine.user_module import USER_PREFIX
from lossary.losses.find import registry
from lossary.report.show.document import Report

P = ParamSpec("P")
R = TypeVar("R", bound=Report)

_NOT_RECORDED = ("address", "engine", "executor", "progress", "workers")
"""Options that change nothing in a report."""


class _Unrecordable(Exception):  # noqa: N818
    """An argument that a document cannot hold, such as an array."""


def records_call(function: Callable[P, R]) -> Callable[P, R]:
    """Return the function that adds to its report the data and the options which it was called with.

    The report's ``call`` is None where an option is an array or a loss that has no name to find it by; its ``data`` are None
    where these are no files.
    """
    parameters = inspect.signature(function).parameters

    @functools.wraps(function)
    def call(*arguments: P.args, **options: P.kwargs) -> R:
        found = function(*arguments, **options)
        return dataclasses.replace(found, call=_recorded(parameters, arguments, options, found))  # type: ignore[type-var]

    return call


def _recorded(
    parameters: Mapping[str, inspect.Parameter], arguments: Sequence[Any], given: Mapping[str, Any], found: Report
) -> dict[str, Any] | None:
    data = [value for value in arguments if value is not None]
    options = {}
    try:
        for name, value in given.items():
            if parameters[name].kind is not inspect.Parameter.KEYWORD_ONLY:
                data.append(value)
            elif name not in _NOT_RECORDED and (plain := _plain(value)) != _plain(parameters[name].default):
                options[name] = plain
    except _Unrecordable:
        return None
    files = [{"path": path, "bytes": size_of(path)} for path in dict.fromkeys(_paths(found.to_dict()))]
    # a list of one file is that file
    sides = [one[0] if isinstance(one, (list, tuple)) and len(one) == 1 else one for one in data]
    return {"data": _plain(sides) if _are_paths(data) else None, "options": options, "files": files}


def _are_paths(data: Any) -> bool:
    return all(_are_paths(one) if isinstance(one, (list, tuple)) else isinstance(one, (str, os.PathLike)) for one in data)


def _plain(value: Any) -> Any:
    """Return a value as a document holds it; raise if it cannot."""
    if value is None or isinstance(value, (bool, str, int, float)):
        return value
    if isinstance(value, os.PathLike):
        return os.fsdecode(value)
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, Loss):
        return _name_of(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    raise _Unrecordable


def _name_of(loss: Loss) -> str:
    """Return the name by which a loss is found again."""
    name, module = loss.__name__, loss.__module__
    if name in registry and registry[name] is loss:
        return name
    held = importlib.import_module(module)
    if module == "__main__" or getattr(held, name, None) is not loss:
        raise _Unrecordable
    return f"{os.path.relpath(str(held.__file__))}:{name}" if module.startswith(USER_PREFIX) else f"{module}:{name}"


def _paths(document: Any) -> Iterator[str]:
    """Yield the files that a report lists, of every side."""
    for key, value in document.items():
        if key == "files" and isinstance(value, list):
            yield from value
        elif isinstance(value, Mapping):
            yield from _paths(value)


def size_of(path: str) -> int | None:
    """Return the size of a file on this machine, or None of anything else."""
    return os.path.getsize(path) if os.path.isfile(path) else None
