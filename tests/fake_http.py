"""The HTTP of the fake daemon: requests in, JSON documents and event streams out."""

from __future__ import annotations

import json
import socketserver
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any, NamedTuple, Protocol
from urllib.parse import parse_qsl, unquote, urlsplit

from bgd.errors import BgError, Failed, InvalidInput, Irreversible, NotFound, Refused, Unreachable

_STATUS = {InvalidInput: 400, NotFound: 404, Refused: 409, Irreversible: 409, Failed: 500, Unreachable: 503}


class Request(NamedTuple):
    """One request as it came in; `path` is decoded and without the query."""

    method: str
    path: str
    query: dict[str, str]
    body: Any


class Daemon(Protocol):
    """What answers."""

    def answer(self, request: Request) -> Any:
        """A JSON value, a `BgError`, or an iterator of JSON values to stream."""

    def follows(self, by: int) -> None:
        """A client follows a stream now (1), or no longer does (-1)."""


class Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = False
    block_on_close = True

    def __init__(self, path: str, handler: type[Handler], daemon: Daemon) -> None:
        self.daemon = daemon
        super().__init__(path, handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients may go away whenever they like; anything else is a defect of a test."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def _handle(self) -> None:
        self.close_connection = True
        target = urlsplit(self.path)
        length = int(self.headers.get("Content-Length", 0))
        body = json.loads(self.rfile.read(length)) if length else None
        request = Request(self.command, unquote(target.path), dict(parse_qsl(target.query)), body)
        daemon = self.server.daemon
        answer = daemon.answer(request)
        if isinstance(answer, Iterator):
            self._stream(answer)
        elif isinstance(answer, BgError):
            told = {"code": answer.code, "message": answer.message, "hint": answer.hint}
            self._answer(_STATUS[type(answer)], {"error": told})
        else:
            self._answer(200, answer)

    do_GET = do_POST = do_DELETE = _handle  # noqa: N815 - the library's names

    def _answer(self, status: int, value: object) -> None:
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _stream(self, values: Iterator[dict[str, Any]]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self._chunk(b": hello\n\n")
        self.server.daemon.follows(1)
        try:
            for value in values:
                head = f"id: {value['id']}\n" if "id" in value else ""
                data = f"event: {value.get('event', 'line')}\ndata: {json.dumps(value)}\n"
                self._chunk(f"{head}{'' if value.keys() == {'id'} else data}\n".encode())
            self.wfile.write(b"0\r\n\r\n")
        finally:
            self.server.daemon.follows(-1)

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))

    def log_message(self, *_: object) -> None:
        """Say nothing: the tests look at `requests`."""
