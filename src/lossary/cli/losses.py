"""``lossary losses``: list the losses."""

from __future__ import annotations

import inspect
import re

import click

from lossary.engine.loss import Loss
from lossary.losses.find import registry


@click.command("losses")
def list_losses() -> None:
    """List the losses, with their parameters and what a prediction may be given as."""
    found: list[Loss] = list(registry.values())
    width = max(len(loss.__name__) for loss in found)
    for loss in found:
        click.echo(f"{loss.__name__:<{width}}  {_headline(loss)}")
        indent = " " * (width + 2)
        if loss.parameters:
            click.echo(f"{indent}parameters: {', '.join(f'{name}={value}' for name, value in loss.parameters.items())}")
        for name, words in loss.choices.items():
            click.echo(f"{indent}{name}: {', '.join(words)}")
        if loss.properties.given:
            click.echo(f"{indent}given: {', '.join(loss.properties.given)}")
    click.echo("\nMore about one: lossary show NAME")


def _headline(loss: Loss) -> str:
    lines = inspect.cleandoc(loss.__doc__ or "").splitlines()
    return plain(lines[0]) if lines else ""


def plain(text: str) -> str:
    """Return a docstring without the markup of the documentation pages."""
    text = re.sub(r"\.\. math:: .*?\n(?=\S|\Z)", "", text, flags=re.DOTALL)  # shown as LaTeX instead
    return re.sub(r":\w+:`([^`]*)`", r"\1", text).replace("``", "").replace("`", "")
