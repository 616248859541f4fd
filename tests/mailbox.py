"""A service that takes notifications as JSON, and keeps them."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from typing import Any


class Mailbox:
    """On loopback; `status` is what it answers."""

    def __init__(self) -> None:
        self.messages: Queue[dict[str, Any]] = Queue()
        self.status = 200
        mailbox = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(mailbox.status)
                self.send_header("Content-Length", "0")
                self.end_headers()
                mailbox.messages.put(json.loads(body))

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        """Its address, as Apprise writes it, with a secret in its path."""
        return f"json://127.0.0.1:{self.server.server_port}/hunter2-token"


@contextmanager
def mailbox() -> Iterator[Mailbox]:
    """A mailbox that is open."""
    made = Mailbox()
    thread = threading.Thread(target=made.server.serve_forever, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        made.server.shutdown()
        made.server.server_close()
        thread.join()
