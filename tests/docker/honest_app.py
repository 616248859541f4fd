"""What the services of the feature files run: an HTTP server that tells what its container sees.

It is mounted into containers of the demo's image, so it has the standard library alone.
"""

import os
import signal
import socket
import sys
import urllib.request
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


def addresses(name: str) -> str:
    """The addresses that a name has here, or why it has none."""
    try:
        found = socket.getaddrinfo(name, None, socket.AF_INET, socket.SOCK_STREAM)
    except OSError as error:
        return f"none: {error}"
    return " ".join(sorted({str(one[4][0]) for one in found}))


def fetched(target: str) -> str:
    """What another service answers: `HOST:PORT/PATH`."""
    with urllib.request.urlopen(f"http://{target}", timeout=5) as answer:
        return str(answer.read().decode())


TELLS: dict[str, Callable[[str], str]] = {
    "env": lambda name: os.environ.get(name, "not set"),
    "file": lambda path: Path("/" + path).read_text(),
    "is": lambda path: str(Path("/" + path).exists()),
    "name": addresses,
    "get": fetched,
    "host": lambda _: socket.gethostname(),
}


class Handler(BaseHTTPRequestHandler):
    """`/env/NAME`, `/file/etc/hosts`, `/name/db`, …"""

    def do_GET(self) -> None:
        """Tell it, or the error as it is."""
        kind, _, of = self.path[1:].partition("/")
        try:
            status, body = 200, TELLS[kind](of) if kind in TELLS else "ok"
        except (OSError, ValueError) as error:
            status, body = 404, repr(error)
        self.send_response(status)
        self.send_header("Content-Length", str(len(body.encode())))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        """Nothing."""


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    for needed in sys.argv[2:]:
        Path(needed).read_text()  # what it can't do without: it crashes where that isn't there yet
    ThreadingHTTPServer(("0.0.0.0", int(sys.argv[1])), Handler).serve_forever()
