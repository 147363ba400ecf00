"""``lossary explore``: open the atlas in a browser, offline."""

from __future__ import annotations

import webbrowser

import click

from lossary.errors import UsageError


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="The port of this machine.  [default: any that is free]")
@click.option("--no-browser", is_flag=True, help="Print the address only.")
def explore(port: int, no_browser: bool) -> None:
    """Open the atlas in a browser: every loss on a page to touch. It needs no network, and ends with Ctrl-C.

    \b
    lossary explore
    """
    import lossary.atlas

    try:
        server = lossary.atlas.server(port)
    except OSError as error:
        raise UsageError(f"port {port} of this machine is free; got {error.strerror}; take another by --port") from None
    with server:
        address = f"http://127.0.0.1:{server.server_address[1]}/"
        click.echo(f"{address}  (Ctrl-C ends it)")
        if not no_browser:
            webbrowser.open(address)
        server.serve_forever()
