"""The engine's log stream, taken apart: bytes in, entries out. No I/O.

Without a terminal the engine sends frames: a byte for the stream, three zeros, the length as four bytes,
then one entry (`GET /containers/{id}/logs` of the Docker Engine API, "Stream format"). With a terminal it
sends the entries bare. Asked for time stamps, each entry begins with one and a space. A line longer than
16 KiB comes as several entries, all but the last without a newline.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bgd.domain.log import MAX_LINE_CHARS, sanitized

HEAD_BYTES = 8
MAX_ENTRY_BYTES = 4 * MAX_LINE_CHARS + 64
"""What is kept of one line: as many bytes as the characters that are shown can have, and a time stamp."""

_STREAMS = {0: "stdout", 1: "stdout", 2: "stderr", 3: "stderr"}
_TIME = re.compile(rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)) ")


@dataclass(frozen=True, slots=True)
class Entry:
    """One whole line: when (RFC 3339 with nanoseconds), from which stream, and its sanitised text."""

    at: str
    stream: str
    text: str


class Frames:
    """Splits the framed stream. However long a frame claims to be, `MAX_ENTRY_BYTES` of it are kept."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._to_skip = 0

    def feed(self, data: bytes) -> Iterator[tuple[str, bytes]]:
        """The entries that are whole with these bytes: stream and payload."""
        buffer = self._rest
        buffer += data
        at = 0
        while True:
            if self._to_skip:
                skipped = min(self._to_skip, len(buffer) - at)
                self._to_skip -= skipped
                at += skipped
            if self._to_skip or len(buffer) - at < HEAD_BYTES:
                break
            size = int.from_bytes(buffer[at + 4 : at + HEAD_BYTES], "big")
            kept = min(size, MAX_ENTRY_BYTES)
            if len(buffer) - at < HEAD_BYTES + kept:
                break
            start = at + HEAD_BYTES
            payload = bytes(buffer[start : start + kept])
            if kept < size:
                # Its end is lost, and with it the newline that says whether the line goes on: it doesn't.
                payload += b"\n"
                self._to_skip = size - kept
            yield _STREAMS.get(buffer[at], "stdout"), payload
            at = start + kept
        del buffer[:at]


class Bare:
    """Splits the stream of a container with a terminal, at its newlines."""

    def __init__(self) -> None:
        self._rest = b""
        self._is_skipping = False

    def feed(self, data: bytes) -> Iterator[tuple[str, bytes]]:
        """The lines that are whole with these bytes."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            if not self._is_skipping:
                yield "stdout", line + b"\n"
            self._is_skipping = False
        if len(self._rest) > MAX_ENTRY_BYTES:
            if not self._is_skipping:
                yield "stdout", self._rest[:MAX_ENTRY_BYTES] + b"\n"
            self._rest, self._is_skipping = b"", True


class Lines:
    """Puts the parts of long lines together again, stream by stream."""

    def __init__(self) -> None:
        self._open: dict[str, tuple[str, bytearray]] = {}
        self._last = ""

    def take(self, stream: str, payload: bytes) -> Entry | None:
        """The line that ends with this entry; `None` when it goes on."""
        match = _TIME.match(payload)
        text = payload[match.end() :] if match else payload
        begun = self._open.pop(stream, None)
        if begun is None:
            self._last = match[1].decode() if match else self._last
            at, whole = self._last, bytearray(text)
        else:
            at, whole = begun
            whole += text[: max(0, MAX_ENTRY_BYTES - len(whole))]
        if not text.endswith(b"\n"):
            self._open[stream] = at, whole
            return None
        return Entry(at, stream, sanitized(whole.decode(errors="replace")))

    def rest(self) -> Iterator[Entry]:
        """The lines that never ended, when the stream has."""
        for stream, (at, whole) in self._open.items():
            yield Entry(at, stream, sanitized(whole.decode(errors="replace")))
        self._open.clear()
