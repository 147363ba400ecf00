"""``lossary losses``: list the losses, all or those that fit."""

from __future__ import annotations

import inspect
import re
import textwrap

import click

from lossary import losses
from lossary.cli.wording import as_options
from lossary.engine.loss import Loss
from lossary.errors import UsageError
from lossary.losses.figures import figures_like
from lossary.losses.find import registry


@click.command("losses")
@click.argument("word", default="")
@click.option("--for", "family", type=click.Choice(registry.fields()), help="Losses of one field only.")
@click.option("--robust", is_flag=True, help="Losses whose slope is bounded: no outlier weighs more than that.")
@click.option("--convex", is_flag=True, help="Losses that are convex in all predictions together.")
@click.option("--proper", is_flag=True, help="Strictly proper scoring rules.")
def list_losses(word: str, family: str | None, robust: bool, convex: bool, proper: bool) -> None:
    """List the losses, all or those that a WORD finds. It is looked for in names, aliases and descriptions.

    \b
    lossary losses --for regression --robust
    lossary losses pinball
    lossary losses accuracy    (figures that are no losses, too: what to type)
    """
    found = registry.search(word, family=family, robust=robust, convex=convex, proper=proper)
    others = [] if family or robust or convex or proper else _elsewhere(word)
    figures = {} if family or robust or convex or proper else figures_like(word)
    if not found and not others and not figures:
        raise UsageError("no loss fits; leave out a word or an option, or see all by: lossary losses")
    width = max(map(len, found), default=0)
    field = None
    for name in found:
        loss = registry[name]
        if registry.family(name) != field:
            click.echo(("\n" if field else "") + registry.family(name).capitalize())
            field = registry.family(name)
        click.echo(f"  {name:<{width}}  {_headline(loss)}")
        indent = " " * (width + 4)
        if registry.aliases(name):
            click.echo(f"{indent}also: {', '.join(registry.aliases(name))}")
        if loss.inputs != ("prediction", "target"):
            click.echo(f"{indent}inputs: {', '.join(loss.inputs)}")
        if loss.parameters:
            click.echo(f"{indent}parameters: {', '.join(f'{key}={value}' for key, value in loss.parameters.items())}")
        for key, words in loss.choices.items():
            click.echo(f"{indent}{key}: {', '.join(map(str, words))}")
        if loss.properties.given:
            click.echo(f"{indent}given: {', '.join(loss.properties.given)}")
    if others:
        click.echo(("\n" if found else "") + "Of a batch or a linear layer, called in Python")
    for name in others:
        click.echo(f"  lossary.{name}")
    if figures:
        click.echo(("\n" if found or others else "") + "Figures that are no losses")
    for name, said in figures.items():
        click.echo(textwrap.fill(as_options(f"{name}: {said}"), 100, initial_indent="  ", subsequent_indent="    "))
    if not found and not others:
        return
    click.echo("\nMore about one: " + ("lossary show NAME" if found else f"help(lossary.{others[0]})"))


def _elsewhere(word: str) -> list[str]:
    names = (name for names in losses.ELSEWHERE.values() for name in names)
    return [name for name in names if word.lower().replace("-", "_") in name]


def _headline(loss: Loss) -> str:
    lines = inspect.cleandoc(loss.definition.__doc__ or "").splitlines()
    without_formula = re.sub(r":? *:math:`[^`]*`", "", lines[0]) if lines else ""  # lossary show has it
    return plain(without_formula).replace(" ,", ",")


def plain(text: str) -> str:
    """Return a docstring without the markup of the documentation pages."""
    text = re.sub(r"\.\. math:: .*?\n(?=\S|\Z)", "", text, flags=re.DOTALL)  # shown as LaTeX instead
    return re.sub(r":\w+:`([^`]*)`", r"\1", text).replace("``", "").replace("`", "")
