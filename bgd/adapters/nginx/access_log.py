"""Reads nginx's access log as it grows, and replaces it before it gets large.

nginx keeps the file open, so it is replaced in the way that loses nothing: an empty one is put in its place
by a rename, nginx is told to open its log anew (USR1), and the old one is read until nobody writes there any
more. There is a file at every moment: on a full disk nginx couldn't make one, and wouldn't start. Where the
disk has no room for an empty file either, the old one is cut instead.

Whatever goes wrong here costs figures and never a request: nginx drops lines that it can't write.
These functions block: they wait for the disk.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from bgd.domain.nginx_layout import ACCESS_LOG

REPLACE_BYTES = 8 << 20
CHUNK_BYTES = 1 << 20
"""At most so much at a time, so that nothing else waits for long."""
REST_S = 3.0
"""After so long no worker writes to the old file: they flush once a second, and open the new one at once."""
_MODE = 0o666
_OLD, _NEXT = f"{ACCESS_LOG}.old", f"{ACCESS_LOG}.next"


class AccessLog:
    """The log in its directory. `reopen` tells nginx to open it anew, and says whether it was told."""

    def __init__(
        self,
        directory: Path,
        reopen: Callable[[], bool],
        *,
        replace_bytes: int = REPLACE_BYTES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.path = directory
        self._reopen = reopen
        self._replace_bytes = replace_bytes
        self._clock = clock
        self._file: int | None = None
        self._rest = b""  # a line that hasn't ended
        self._old: int | None = None
        self._old_rest = b""
        self._replaced_at = 0.0

    def prepare(self) -> None:
        """Make the directory and the file, for a user that may be any other on an engine that renumbers them.

        Nobody else gets there: the directory above is the daemon's own, mode 0700.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        self.path.chmod(0o777)
        if not (self.path / ACCESS_LOG).exists():
            self._make(ACCESS_LOG)
        self._clear(_OLD)

    def read(self) -> list[bytes]:
        """The lines that have come since, a part of them where there are many; the first time, none.

        What was written while nobody read isn't news any more.
        """
        lines: list[bytes] = []
        if self._old is not None:
            lines, self._old_rest, is_end = _read(self._old, self._old_rest)
            if is_end and self._clock() - self._replaced_at > REST_S:
                self._end_old()
            if not is_end:
                return lines
        if self._file is None:
            self._file = self._open()
            if self._file is not None:
                os.lseek(self._file, 0, os.SEEK_END)
        elif self._is_cut(self._file):
            os.lseek(self._file, 0, os.SEEK_SET)
            self._rest = b""
        if self._file is None:
            return lines
        more, self._rest, is_end = _read(self._file, self._rest)
        if is_end and self._old is None and os.fstat(self._file).st_size >= self._replace_bytes:
            more += self._replace(self._file)
        elif is_end and not self._is_current(self._file):
            os.close(self._file)  # somebody took it away
            self._file, self._rest = None, b""
            self.prepare()
            self._reopen()
        return lines + more

    def close(self) -> None:
        """Close the files; what wasn't read stays unread."""
        for file in (self._file, self._old):
            if file is not None:
                os.close(file)
        self._file = self._old = None

    def _replace(self, file: int) -> list[bytes]:
        """Put an empty file in place; lines that are read on the way."""
        old, spare = self.path / _OLD, self.path / _NEXT
        try:
            self._clear(_NEXT)
            self._make(_NEXT)
        except OSError:
            with suppress(OSError):
                self._clear(_NEXT)
            lines, self._rest, _ = _read(file, self._rest)
            os.truncate(self.path / ACCESS_LOG, 0)
            return lines
        self._clear(_OLD)
        old.hardlink_to(self.path / ACCESS_LOG)
        spare.rename(self.path / ACCESS_LOG)
        self._old, self._old_rest, self._replaced_at = file, self._rest, self._clock()
        self._file, self._rest = self._open(), b""
        if not self._reopen():
            # Nobody has been told: nginx goes on with the old file, so that is put back. It is tried again.
            old.rename(self.path / ACCESS_LOG)
            if self._file is not None:
                os.close(self._file)
            self._file, self._rest = self._old, self._old_rest
            self._old = None
        return []

    def _end_old(self) -> None:
        if self._old is not None:
            os.close(self._old)
        self._old, self._old_rest = None, b""
        self._clear(_OLD)

    def _open(self) -> int | None:
        """The file for reading; `None` for what is none: neither a link nor a pipe is nginx's."""
        try:
            file = os.open(self.path / ACCESS_LOG, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            return None
        if stat.S_ISREG(os.fstat(file).st_mode):
            return file
        os.close(file)
        return None

    def _is_cut(self, file: int) -> bool:
        return os.fstat(file).st_size < os.lseek(file, 0, os.SEEK_CUR)

    def _is_current(self, file: int) -> bool:
        try:
            return (self.path / ACCESS_LOG).lstat().st_ino == os.fstat(file).st_ino
        except OSError:
            return False

    def _make(self, name: str) -> None:
        file = os.open(self.path / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _MODE)
        os.fchmod(file, _MODE)  # the daemon's umask is 077
        os.close(file)

    def _clear(self, name: str) -> None:
        (self.path / name).unlink(missing_ok=True)


def _read(file: int, rest: bytes) -> tuple[list[bytes], bytes, bool]:
    """Whole lines, what is left of one, and whether that was all there is."""
    data = os.read(file, CHUNK_BYTES)
    lines = (rest + data).split(b"\n")
    rest = lines.pop()
    # A line has some fifty bytes: what is so long without an end is none.
    return lines, rest if len(rest) < CHUNK_BYTES else b"", len(data) < CHUNK_BYTES
