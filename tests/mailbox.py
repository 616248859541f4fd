"""A service that takes notifications as JSON, and keeps them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from queue import Queue
from typing import Any

from tests.loopback import Quiet, loopback_server, serving


class Mailbox:
    """On loopback; `status` is what it answers."""

    def __init__(self) -> None:
        self.messages: Queue[dict[str, Any]] = Queue()
        self.status = 200
        mailbox = self

        class Handler(Quiet, BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(mailbox.status)
                self.send_header("Content-Length", "0")
                self.end_headers()
                mailbox.messages.put(json.loads(body))

        self.server = loopback_server(Handler)

    @property
    def url(self) -> str:
        """Its address, as Apprise writes it, with a secret in its path."""
        return f"json://127.0.0.1:{self.server.server_port}/hunter2-token"


@contextmanager
def mailbox() -> Iterator[Mailbox]:
    """A mailbox that is open."""
    made = Mailbox()
    with serving(made.server):
        yield made
