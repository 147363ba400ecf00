"""Show the atlas in a browser from this machine alone; pages are made when they are asked for."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from lossary.atlas.pages import names
from lossary.atlas.site import html_of
from lossary.formula.languages.mathml import of_latex

HOST = "127.0.0.1"


def server(port: int = 0, more: Callable[[str], Mapping[str, Any]] | None = None) -> ThreadingHTTPServer:
    """Return a server of the pages on this machine; ``more`` returns what is added to the data of a page, by its name.

    Port 0 takes any that is free. Raises OSError for a port that is taken, and UsageError without latex2mathml.
    """
    of_latex("1")  # else it would be missed within a request, where nobody is told

    @functools.cache
    def made(name: str) -> bytes:
        return html_of(name, more(name) if more else None).encode()

    return ThreadingHTTPServer((HOST, port), _handler(made))


def _handler(made: Callable[[str], bytes]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            host = self.headers.get("Host", "").rpartition(":")[0] or self.headers.get("Host", "")
            if host not in (HOST, "localhost"):  # another site that points its name here would read the user's rows
                self.send_error(HTTPStatus.FORBIDDEN)
                return
            name = self.path.partition("?")[0].strip("/").removesuffix(".html") or "index"
            if name not in names():
                self.send_error(HTTPStatus.NOT_FOUND)
                return
            body = made(name)
            self.send_response(HTTPStatus.OK)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing of each request."""

    return Handler
