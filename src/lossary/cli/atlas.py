"""``lossary atlas``: write every loss on a page, as static files."""

from __future__ import annotations

import click

from lossary.counted import counted
from lossary.errors import UnwritableError


@click.command()
@click.option("--out", metavar="FOLDER", required=True, help="Where the pages are written; it is made if there is none.")
def atlas(out: str) -> None:
    """Write the atlas: a page for each loss, as files. Any web host can serve them; a browser opens them from a disk too.

    \b
    lossary atlas --out site/
    """
    import lossary.atlas

    try:
        written = lossary.atlas.write(out)
    except OSError as error:
        raise UnwritableError(f"{out} cannot be written: {error.strerror}; name another folder by --out") from None
    size = sum(path.stat().st_size for path in written)
    click.echo(f"wrote {counted(len(written), 'page')}, {size / 1e6:.1f} MB; open {written[0]}")
