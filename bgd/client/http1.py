"""As much of HTTP/1.1 as the two ends of the daemon's socket use. Bytes in, bytes out.

`http.client` would do it too, and costs 25 ms of a `bgctl status` that takes 40: it brings the parser of
e-mail along. What is needed here is small, because both ends are bgd's: a connection for each request, no
redirects, no compression; bodies by length, in chunks, or to the end of the connection.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

MAX_HEAD_BYTES = 65_536

_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


class NotHttp(ValueError):
    """What came isn't HTTP, or ended too early."""


def quoted(text: str) -> str:
    """`text` as a segment of a path or a value of a query (RFC 3986, section 2.1)."""
    octets = text.encode("utf-8", "surrogateescape")
    return "".join(chr(octet) if octet in _UNRESERVED else f"%{octet:02X}" for octet in octets)


def query(values: Mapping[str, object]) -> str:
    """`?a=1&b=true` of what is neither None nor False, or nothing."""
    told = [
        f"{key}={'true' if value is True else quoted(str(value))}"
        for key, value in values.items()
        if value is not None and value is not False
    ]
    return "?" + "&".join(told) if told else ""


def request(method: str, target: str, body: object, accept: str) -> bytes:
    """A request, whole. `body` is a JSON value; None sends none."""
    lines = [f"{method} {target} HTTP/1.1", "Host: bgd", f"Accept: {accept}", "Connection: close"]
    data = b"" if body is None else json.dumps(body).encode()
    if data:
        lines += ["Content-Type: application/json", f"Content-Length: {len(data)}"]
    elif method != "GET":
        lines.append("Content-Length: 0")
    return "\r\n".join([*lines, "", ""]).encode() + data


class Answer:
    """An answer, as its bytes come in. `status` is 0 until the head is there."""

    def __init__(self) -> None:
        self.status = 0
        self.is_whole = False
        self._raw = b""
        self._length: int | None = None  # what is missing of a body that told its length
        self._is_chunked = False

    def feed(self, data: bytes) -> bytes:
        """What `data` adds to the body. Raises `NotHttp`, and is of no more use then."""
        self._raw += data
        if not self.status and not self._take_head():
            return b""
        if self._is_chunked:
            return self._take_chunks()
        body, self._raw = self._raw, b""
        if self._length is not None:
            body = body[: self._length]
            self._length -= len(body)
            self.is_whole = self._length == 0
        return body

    def end(self) -> None:
        """The connection has ended. Raises `NotHttp` where that is too early."""
        if not self.status:
            raise NotHttp("it closed the connection without an answer")
        if self._is_chunked or self._length is not None:
            raise NotHttp("it closed the connection in the middle of an answer")
        self.is_whole = True

    def _take_head(self) -> bool:
        if not b"HTTP/1.".startswith(self._raw[:7]) or len(self._raw) > MAX_HEAD_BYTES:
            raise NotHttp("what it says isn't HTTP")
        head, found, rest = self._raw.partition(b"\r\n\r\n")
        if not found:
            return False
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        self._is_chunked = headers.get("transfer-encoding", "").lower() == "chunked"
        try:
            self.status = int(first.split(" ", 2)[1])
            if "content-length" in headers and not self._is_chunked:
                self._length = int(headers["content-length"])
        except (ValueError, IndexError):
            raise NotHttp("its answer begins with what isn't HTTP") from None
        self._raw = rest
        self.is_whole = self._length == 0
        return True

    def _take_chunks(self) -> bytes:
        """The chunks that are here whole; the daemon sends an event in each, so they are short."""
        body = []
        while not self.is_whole:
            head, found, rest = self._raw.partition(b"\r\n")
            if not found:
                break
            try:
                size = int(head.partition(b";")[0], 16)
            except ValueError:
                raise NotHttp("a chunk of its answer has no size") from None
            if size == 0:
                self.is_whole = True  # trailers may follow; the connection ends with this answer anyway
            elif len(rest) < size + 2:
                break
            else:
                body.append(rest[:size])
                self._raw = rest[size + 2 :]
        return b"".join(body)
