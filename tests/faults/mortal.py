"""The daemon as it is, but mortal: once armed, it kills itself with SIGKILL at the effect it was told.

    python mortal.py DIRECTORY OPTION…

Nothing in the daemon knows of it. Its effects are found by the interpreter's own audit events (a process
started, a file opened for writing, renamed, removed, a request to the engine that changes something), by
what asyncio sends to the engine and by SQLite's trace of the journal's statements, so a step that is added to
the daemon is found by itself. Only what changes the world counts: to die at a question, or within a
transaction, is to die at the change that follows. A signal arms it: then `DIRECTORY/at` is read, and the
effect of that number, counted from then on, isn't carried out any more. With `BGD_ARMED` in its environment
it is armed from its start on.
The effects are written to `DIRECTORY/points`, one a line.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sqlite3
import sys
from functools import partial
from pathlib import Path
from types import FrameType

ARM = signal.SIGUSR2
AT, POINTS = "at", "points"
ARMED = "BGD_ARMED"

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_FILES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate", "os.link", "os.symlink", "os.kill"}
_ALONE = ("INSERT", "REPLACE", "UPDATE", "DELETE", "CREATE", "ALTER", "DROP", "VACUUM")
_CHANGES = (b"POST ", b"PUT ", b"DELETE ")


class Mortality:
    """Counts effects from the moment it was armed, and dies at one of them."""

    def __init__(self, directory: Path) -> None:
        self._at = directory / AT
        self._points = os.open(directory / POINTS, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
        self._is_armed = False
        self._dies_at = 0
        self._count = 0
        self._opened: sqlite3.Connection | None = None

    def arm(self, number: int, frame: FrameType | None) -> None:
        """Read when to die; 0 is never. Counts from here."""
        self._is_armed = False
        self._dies_at = int(self._at.read_text())
        self._count = 0
        os.ftruncate(self._points, 0)
        self._is_armed = True

    def hear(self, event: str, details: tuple[object, ...]) -> None:
        """An audit event: an effect, or none."""
        if event == "sqlite3.connect/handle":
            connection = details[0]
            assert isinstance(connection, sqlite3.Connection)
            self._opened = connection  # it isn't ready yet: it is traced from the next event on
            return
        if self._opened is not None:
            opened, self._opened = self._opened, None
            with contextlib.suppress(sqlite3.ProgrammingError):  # it is closed again already
                opened.set_trace_callback(partial(self.trace, opened))
        if self._is_armed and (effect := _effect(event, details)):
            self._pass(effect)

    def trace(self, connection: sqlite3.Connection, statement: str) -> None:
        """A statement of the journal is about to run; within a transaction none counts but its end."""
        changing = "COMMIT" if connection.in_transaction else _ALONE
        if self._is_armed and statement.lstrip().upper().startswith(changing):
            self._pass(f"journal {statement.split()[0]}")

    def send(self, data: object) -> None:
        """Something is about to be sent."""
        if self._is_armed and (request := _request(data)):
            self._pass(request)

    def _pass(self, effect: str) -> None:
        self._count += 1
        os.write(self._points, f"{effect}\n".encode())
        if self._count == self._dies_at:
            self._is_armed = False  # this isn't one of the daemon's
            os.kill(os.getpid(), signal.SIGKILL)


def _effect(event: str, details: tuple[object, ...]) -> str | None:
    """What is about to be changed in the world outside, or `None`."""
    if event == "subprocess.Popen":
        arguments = details[1]
        assert isinstance(arguments, (list, tuple))
        return "run " + " ".join(str(word) for word in arguments[-3:])
    if event == "open":
        path, _, flags = details
        if path == os.devnull:
            return None
        is_written = isinstance(flags, int) and flags & _WRITING
        return f"open {_name(path)}" if is_written else None
    if event in _FILES:
        return f"{event} {_name(details[0])}"
    return _request(details[1]) if event == "http.client.send" else None


def _request(data: object) -> str | None:
    """The first line of a request that changes something."""
    if not isinstance(data, (bytes, bytearray, memoryview)) or not bytes(data[:7]).startswith(_CHANGES):
        return None
    return bytes(data).split(b"\r\n", 1)[0].decode(errors="replace")


def _hear_what_asyncio_sends(mortality: Mortality) -> None:
    """It has no audit event for that."""
    write = asyncio.StreamWriter.write

    def heard(self: asyncio.StreamWriter, data: bytes | bytearray | memoryview) -> None:
        mortality.send(data)
        write(self, data)

    asyncio.StreamWriter.write = heard  # type: ignore[method-assign]


def _name(path: object) -> str:
    return Path(os.fsdecode(path)).name if isinstance(path, (str, bytes, os.PathLike)) else "a descriptor"


def main() -> int:
    """Run the daemon."""
    mortality = Mortality(Path(sys.argv[1]))
    signal.signal(ARM, mortality.arm)
    sys.addaudithook(mortality.hear)
    _hear_what_asyncio_sends(mortality)
    from bgd.main import main as daemon

    if os.environ.get(ARMED):
        mortality.arm(ARM, None)
    return daemon(sys.argv[2:])


if __name__ == "__main__":
    sys.exit(main())
