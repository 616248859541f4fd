"""The engine's log stream, taken apart: bytes in, entries out. No I/O.

Without a terminal the engine sends frames: a byte for the stream, three zeros, the length as four bytes,
then one entry (`GET /containers/{id}/logs` of the Docker Engine API, "Stream format"). With a terminal it
sends the entries bare. Asked for time stamps, each entry begins with one and a space. A line longer than
16 KiB comes as several entries, all but the last without a newline.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from bgd.domain.log import MAX_LINE_CHARS, sanitized

HEAD_BYTES = 8
MAX_ENTRY_BYTES = 4 * MAX_LINE_CHARS + 64
"""What is kept of one line: as many bytes as the characters that are shown can have, and a time stamp."""

_STREAMS = {0: "stdout", 1: "stdout", 2: "stderr", 3: "stderr"}
_TIME_WORD = r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)) "
_TIME = re.compile(_TIME_WORD.encode())
_WHOLE_LINE = re.compile(rf"^{_TIME_WORD}([^\n]*)\n", re.MULTILINE | re.ASCII)
_PLAIN = bytes([*b"\t\n", *range(0x20, 0x7F)])


_HEAD = struct.Struct(">BxxxI")


class Entry(NamedTuple):
    """One whole line: when (RFC 3339 with nanoseconds), from which stream, and its sanitised text.

    A tuple: there are a hundred thousand a second of them, and a dataclass takes four times as long to make.
    """

    at: str
    stream: str
    text: str


class Frames:
    """Splits the framed stream. However long a frame claims to be, `MAX_ENTRY_BYTES` of it are kept."""

    def __init__(self) -> None:
        self._rest = b""
        self._to_skip = 0

    def feed(self, data: bytes) -> list[tuple[str, bytes]]:
        """The entries that are whole with these bytes: stream and payload."""
        buffer = self._rest + data
        at, end = 0, len(buffer)
        found = []
        while True:
            if self._to_skip:
                skipped = min(self._to_skip, end - at)
                self._to_skip -= skipped
                at += skipped
            if self._to_skip or end - at < HEAD_BYTES:
                break
            stream, size = _HEAD.unpack_from(buffer, at)
            start = at + HEAD_BYTES
            stop = start + (size if size <= MAX_ENTRY_BYTES else MAX_ENTRY_BYTES)  # `min` takes twice as long
            if stop > end:
                break
            payload = buffer[start:stop]
            if stop - start < size:
                # Its end is lost, and with it the newline that says whether the line goes on: it doesn't.
                payload += b"\n"
                self._to_skip = size - (stop - start)
            found.append((_STREAMS.get(stream, "stdout"), payload))
            at = stop
        self._rest = buffer[at:]
        return found


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

    def take_all(self, pieces: Iterable[tuple[str, bytes]]) -> list[Entry]:
        """The lines that end with these entries."""
        pieces = list(pieces)
        if (whole := self._whole(pieces)) is not None:
            return whole
        taken = (self.take(stream, payload) for stream, payload in pieces)
        return [entry for entry in taken if entry is not None]

    def _whole(self, pieces: Sequence[tuple[str, bytes]]) -> list[Entry] | None:
        """What `take` makes of each, where all are whole lines of usual length: most are, and at a third of
        the cost. `None` where one isn't."""
        payloads = [payload for _, payload in pieces]
        joined = b"".join(payloads)
        if self._open or not joined or max(map(len, payloads)) > MAX_LINE_CHARS:
            return None
        if joined.count(b"\n") != len(pieces) or {payload[-1:] for payload in payloads} != {b"\n"}:
            return None
        found: list[tuple[str, str]] = _WHOLE_LINE.findall(joined.decode(errors="replace"))
        if len(found) != len(pieces):
            return None
        self._last = found[-1][0]
        if joined.translate(None, _PLAIN):
            found = [(at, sanitized(text)) for at, text in found]
        return [Entry(at, stream, text) for (stream, _), (at, text) in zip(pieces, found, strict=True)]

    def take(self, stream: str, payload: bytes) -> Entry | None:
        """The line that ends with this entry; `None` when it goes on."""
        match = _TIME.match(payload)
        text = payload[match.end() :] if match else payload
        begun = self._open.pop(stream, None)
        if begun is None:
            self._last = match[1].decode() if match else self._last
            if text.endswith(b"\n"):
                return Entry(self._last, stream, sanitized(text.decode(errors="replace")))
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
