"""``lossary show``: show a loss, or its code in another language."""

from __future__ import annotations

import inspect
import textwrap
from typing import Any

import click

from lossary.cli import options
from lossary.cli.losses import plain
from lossary.engine.loss import Loss
from lossary.errors import UsageError
from lossary.formula.languages.write import LANGUAGES
from lossary.losses.find import find_loss
from lossary.printable import printable, printable_lines


@click.command()
@click.argument("loss", metavar="LOSS")
@click.option("--code", metavar="LANGUAGE", help=f"Print only the formula in {', '.join(LANGUAGES)}; also gradient:LANGUAGE.")
@click.option("--param", "parameters", multiple=True, metavar="NAME=VALUE", help="A parameter to write into SQL.")
@click.option(
    "--given", metavar="FORM", help="What the prediction in the code is, as logits or mean.  [default: the loss's own]"
)
def show(loss: str, code: str | None, parameters: tuple[str, ...], given: str | None) -> None:
    """Show a loss: what it is, its formula, its properties. Or its code in another language.

    \b
    lossary show huber
    lossary show huber --code sql --param delta=2
    lossary show cross_entropy --code gradient:javascript
    """
    found = find_loss(loss)
    own: dict[str, Any] = options.read_parameters(found, parameters) | ({"given": given} if given else {})
    if code is not None:
        try:
            click.echo(found.code(code, **own))
        except (TypeError, ValueError) as error:
            raise UsageError(str(error)) from None
        return
    if own:
        raise UsageError("--param and --given are written into code; add --code sql")
    click.echo(printable(f"{found.__name__}{found.__signature__}") + "\n")
    click.echo(textwrap.indent(printable_lines(plain(inspect.cleandoc(found.definition.__doc__ or "no docstring"))), "  "))
    click.echo(f"\n{printable_lines(_facts(found))}")


def _facts(loss: Loss) -> str:
    known = loss.properties
    rows = [("kind", known.kind), ("module", loss.__module__)]
    if known.given:
        rows.append(("given", ", ".join(known.given)))
    if loss.parameters:
        rows.append(("parameters", ", ".join(f"{name}={value}" for name, value in loss.parameters.items())))
    rows += [(name, ", ".join(map(str, words))) for name, words in loss.choices.items()]
    if known.kind == "softmax":
        rows.append(("target", "class indices, or class probabilities"))
    else:
        rows += [(f"{name} in", str(interval)) for name, interval in known.domains.items()]
    rows += known.described(loss.parameters)
    if known.kind == "composed":
        rows += [("LaTeX", formula)] if (formula := loss.formulas.documented) else []
    else:
        rows.append(("LaTeX", loss.latex()))
        if len(loss.predictions) == 1:
            rows.append(("its gradient", loss.latex("gradient")))
        else:
            rows += [(f"its gradient in {name}", loss.latex("gradient", of=name)) for name in loss.predictions]
    width = max(len(label) for label, _ in rows)
    return "\n".join(f"  {label:<{width}}  {value}" for label, value in rows)
