"""Public names: what users may have written in their code and scripts. ``public_names.txt`` records them.

A line has a name and what belongs to it: the parameters of a function, the members of a class, the options of a command.
``python -m tests.public_names`` adds what is new, before a release. Words are taken out by hand only, with a note in
CHANGELOG.md of what to write instead.
"""

import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path

import click

import lossary
from lossary import losses
from lossary.engine.loss import Loss

RECORD = Path(__file__).parent / "public_names.txt"
MODULES = (
    "lossary",
    *(f"lossary.{name}" for name in lossary._MODULES),
    *(
        f"lossary.{name}"
        for name in ("atlas", "suggestion", "torch", "trainers.boosting", "trainers.sklearn", "trainers.transformers")
    ),
)
"""The modules of which users import names."""
Names = set[tuple[str, str]]
"""Pairs of a name and of what belongs to it, "" for the name itself."""


def _of_module(place: str) -> Iterator[tuple[str, str]]:
    module = importlib.import_module(place)
    for name in module.__all__:
        whole, found = f"{place}.{name}", getattr(module, name)
        yield whole, ""
        if inspect.isclass(found):
            yield from ((whole, member) for member in _members(found))
        elif callable(found):
            parameters = inspect.signature(found).parameters.values()
            yield from ((whole, p.name) for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD))


def _members(found: type) -> list[str]:
    """Return what a class of ours adds to those of others; a loss has what it lists itself, and hooks besides."""
    if issubclass(found, Loss):
        return [member for member in dir(lossary.huber) if not member.startswith("_")]
    ours = [vars(base) for base in found.__mro__ if base.__module__.startswith("lossary")]
    names = {*getattr(found, "__dataclass_fields__", ()), *(name for members in ours for name in members)}
    return [name for name in names if not name.startswith("_")]


def _of_command(command: click.Command, name: str) -> Iterator[tuple[str, str]]:
    yield name, ""
    if isinstance(command, click.Group):
        for key, part in command.commands.items():
            yield from _of_command(part, f"{name} {key}")
    for parameter in command.params:
        options = (*parameter.opts, *parameter.secondary_opts) if isinstance(parameter, click.Option) else ()
        yield from ((name, option) for option in options)


def todays_names() -> Names:
    """Return every public name with what belongs to it."""
    from lossary.cli.main import cli

    found = {pair for place in MODULES for pair in _of_module(place)}
    found |= {(f"lossary.{alias}", "") for alias in losses.ALIASES}
    return found | set(_of_command(cli, "lossary"))


def recorded_names() -> Names:
    lines = [line.partition(": ") for line in RECORD.read_text(encoding="utf-8").splitlines()]
    return {(name, part) for name, _, parts in lines for part in ("", *parts.split())}


def _record(names: Names) -> None:
    parts: dict[str, list[str]] = {}
    for name, part in sorted(names):
        parts.setdefault(name, []).append(part)
    lines = (f"{name}: {' '.join(filter(None, own))}".removesuffix(": ") for name, own in parts.items())
    RECORD.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


if __name__ == "__main__":
    _record(recorded_names() | todays_names())
