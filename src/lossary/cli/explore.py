"""``lossary explore``: open the atlas in a browser, offline."""

from __future__ import annotations

import webbrowser
from collections.abc import Sequence

import click

from lossary.cli.guess import command_for
from lossary.errors import UsageError
from lossary.losses.find import find_loss
from lossary.report.read.form import TextFormat


@click.command()
@click.argument("files", metavar="[FILE...]", nargs=-1)
@click.option("--loss", metavar="NAME", help="The loss whose page is opened.  [default: for files, by their target]")
@click.option("--target", metavar="COLUMN", help="The column of what happened.")
@click.option("--prediction", metavar="COLUMN", help="The column of what was predicted, one number a row.")
@click.option("--given", metavar="FORM", help="What the predictions are, as logits.  [default: by their range]")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="The port of this machine.  [default: any that is free]")
@click.option("--no-browser", is_flag=True, help="Print the address only.")
def explore(
    files: tuple[str, ...],
    loss: str | None,
    target: str | None,
    prediction: str | None,
    given: str | None,
    port: int,
    no_browser: bool,
) -> None:
    """Open the atlas in a browser: a page for each loss. Or the page of one loss, with rows of your own.

    It needs no network, shows the pages to this machine alone, and ends with Ctrl-C. Of files, some rows are shown; totals are
    exact.

    \b
    lossary explore
    lossary explore predictions.parquet --target y --prediction p
    """
    import lossary.atlas

    place, more = "", None
    if files:
        if target is None or prediction is None:
            target, prediction = _guessed(files, target, prediction)
        own = lossary.atlas.OwnRows(
            list(files), target=target, prediction=prediction, loss=loss, given=given, name=", ".join(files)
        )
        place, more = f"{own.loss}.html", own.of
    elif target or prediction or given:
        raise UsageError("--target, --prediction and --given are of files; name the files first")
    elif loss is not None:
        place = f"{find_loss(loss).__name__}.html"
    try:
        server = lossary.atlas.server(port, more)
    except OSError as error:
        raise UsageError(f"port {port} of this machine is free; got {error.strerror}; take another by --port") from None
    with server:
        address = f"http://127.0.0.1:{server.server_address[1]}/{place}"
        click.echo(f"{address}  (Ctrl-C ends it)")
        if not no_browser:
            webbrowser.open(address)
        server.serve_forever()


def _guessed(files: Sequence[str], target: str | None, prediction: str | None) -> tuple[str, str]:
    """Return the columns that are named, and for the others those that their names say."""
    guessed = command_for(files, TextFormat())
    value = {name: guessed[guessed.index(f"--{name}") + 1] for name in ("target", "prediction")}
    return target or value["target"], prediction or value["prediction"]
