"""Read a file of named conditions: each check is a command, and its keys are the options of that command."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import click

from lossary.cli.options import SHOWN
from lossary.errors import UnreadableError, UsageError, short_repr
from lossary.names import did_you_mean

FILES = "files"
"""The key of what the command takes without an option's name."""
_PATHS = ("truth",)
_ROLES = ("target", "prediction", "weight")
"""Options that are paths where no files are named."""


@dataclass(frozen=True)
class Check:
    """One score or comparison with conditions on it."""

    kind: str
    """ "score" or "compare"."""
    name: str
    options: Mapping[str, Any]
    """What the command's function takes."""

    @property
    def path(self) -> str:
        """The keys that lead to it in the file."""
        return f"{self.kind}.{self.name}"


def read_checks(path: str, commands: Mapping[str, click.Command]) -> list[Check]:
    """Return the checks of a file in order; raise for the first key or value that is wrong, before anything is scored."""
    try:
        with open(path, "rb") as file:
            held = tomllib.load(file)
    except OSError as error:
        raise UnreadableError(f"{path} cannot be read: {error.strerror or error}; check the path") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is not TOML: {error}; correct it there") from None
    found = []
    for kind, checks in held.items():
        _known(path, "", kind, commands)
        for name, keys in (checks if isinstance(checks, dict) else {"": checks}).items():
            if not isinstance(keys, dict):
                raise UsageError(f"{path}: {kind} holds named checks; begin one by a line such as [{kind}.holdout]")
            found.append(Check(kind, name, _options(path, f"{kind}.{name}", keys, commands[kind])))
    if not found:
        raise UsageError(f"{path} has no check; begin one with a line such as [score.holdout]")
    return found


def _known(path: str, place: str, key: str, known: Mapping[str, Any]) -> None:
    if key not in known:
        hint = did_you_mean(key, known)
        has = f"{place} has" if place else "there is"
        listed = "" if hint else f"; there are {', '.join(known)}"
        raise UsageError(f"{path}: {has} no key {key!r}{hint}{listed}")


def _options(path: str, place: str, keys: Mapping[str, Any], command: click.Command) -> dict[str, Any]:
    """Return the options of a check as the command's parser reads them."""
    named = [param for param in command.params if isinstance(param, click.Option) and param.name not in SHOWN]
    known = {word.lstrip("-"): option for option in named for word in option.opts}
    for key in keys:
        _known(path, place, key, {FILES: None, **known})
    if not any(key.startswith(("fail-", "warn-")) for key in keys):
        conditions = ", ".join(key for key in known if key.startswith(("fail-", "warn-")))
        raise UsageError(f"{path}: {place} has no condition, so it could never fail; add one of {conditions}")
    folder = os.path.dirname(path)
    files = [_beside(folder, file) for file in _texts(path, f"{place}.{FILES}", keys.get(FILES, []))]
    paths = (*_PATHS, *(() if files else _ROLES))
    words = []
    for key, value in keys.items():
        if key != FILES:
            option, where = known[key], f"{place}.{key}"
            for text in _values(path, where, option, value):
                given = _beside(folder, text) if key in paths or (key == "loss" and ".py:" in text) else text
                words.append(f"--{key}={given}" if given else f"--{key}")
    try:
        context = command.make_context(place, [*words, "--", *files])
    except click.ClickException as error:
        wrong = getattr(error, "param", None)
        key = wrong.opts[0][2:] if isinstance(wrong, click.Option) else FILES
        sentence = (error.message or error.format_message()).rstrip(".")
        raise UsageError(f"{path}: {place}.{key}: {sentence}; correct it there") from None
    return {name: value for name, value in context.params.items() if name not in SHOWN}


def _values(path: str, place: str, option: click.Option, value: Any) -> Iterator[str]:
    """Yield the text of each time that the option is given; of a flag, nothing."""
    if option.is_flag:
        if not isinstance(value, bool):
            raise UsageError(f"{path}: {place} is true or false; got {short_repr(value)}")
        if value:
            yield ""
        return
    texts = list(_texts(path, place, value))
    if option.multiple:
        yield from texts
    else:
        yield ",".join(texts)


def _texts(path: str, place: str, value: Any) -> Iterator[str]:
    """Yield the texts of a text, a number, a list of these, or a table of names and these."""
    if isinstance(value, dict):
        for name, one in value.items():
            yield f"{name}={','.join(_texts(path, f'{place}.{name}', one))}"
    elif isinstance(value, list):
        for k, one in enumerate(value):
            yield from _texts(path, f"{place}[{k}]", one)
    elif isinstance(value, str) and value:
        yield value
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield repr(value)
    else:
        raise UsageError(f"{path}: {place} is a text, a number or a list of these; got {short_repr(value)}")


def _beside(folder: str, name: str) -> str:
    """Return the path of a file that is named relative to the folder of the checks."""
    if name == "-":
        raise UsageError("a check reads files, and standard input is none; name the file")
    return name if "://" in name else os.path.join(folder, name)
