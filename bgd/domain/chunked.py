"""Chunked transfer encoding, taken apart (RFC 9112, section 7.1). Bytes in, bytes out; no I/O.

The engine sends each line of a log in a chunk of its own, so what is read at once holds hundreds.
"""

from __future__ import annotations

MAX_SIZE_BYTES = 1024
"""The line with a chunk's size, extensions included: nobody needs more."""


class Chunked:
    """The body of one answer. `is_over` once its last chunk was seen."""

    def __init__(self) -> None:
        self._rest = b""
        self._left = 0
        self.is_over = False

    def feed(self, data: bytes) -> bytes:
        """What `data` adds to the body. Raises `ValueError` for what isn't chunked."""
        raw = self._rest + data if self._rest else data
        at, parts = 0, []
        while not self.is_over:
            if self._left:
                part = raw[at : at + self._left]
                parts.append(part)
                at += len(part)
                self._left -= len(part)
                if self._left or at == len(raw):
                    break
            end = raw.find(b"\r\n", at)
            if end < 0:
                if len(raw) - at > MAX_SIZE_BYTES:
                    raise ValueError("a chunk without a size")
                break
            if end > at:  # else it is the end of the chunk before
                self._left = int(raw[at:end].partition(b";")[0], 16)
                self.is_over = self._left == 0
                stop = end + 2 + self._left
                if self._left and raw[stop : stop + 2] == b"\r\n":  # it is here whole, as most are
                    parts.append(raw[end + 2 : stop])
                    self._left = 0
                    at = stop + 2
                    continue
            at = end + 2
        self._rest = raw[at:]
        return b"".join(parts)
