"""The daemon's socket, and the server on it.

A live daemon's socket is never taken away: the lock on the state directory comes first, and a socket that
somebody answers on is left alone. Two daemons that come for one place at once take turns by a lock on its
directory. The socket is bound with its mode, so it is never open for a moment.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import uvicorn
from starlette.applications import Starlette

from bgd.api.connection import Connection
from bgd.errors import Failed, Refused

SOCKET_MODE = 0o660
DIRECTORY_MODE = 0o750
STATE_MODE = 0o700
BACKLOG = 512
GRACE_S = 3
"""What requests in progress get when the daemon stops."""
IDLE_S = 75
"""How long a connection may be without a whole request."""


@contextlib.contextmanager
def held(state_dir: Path) -> Iterator[None]:
    """Hold the state directory. Raises `Refused`, saying who holds it, when another daemon does.

    One that others may look into is made the owner's alone, if it is bgd's: a home must not be shut.
    """
    try:
        state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        if stat.S_IMODE(state_dir.stat().st_mode) != STATE_MODE:
            _refuse_foreign(state_dir)
            state_dir.chmod(STATE_MODE)
        lock = os.open(state_dir / "bgd.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise Failed(
            f"the state directory {state_dir} can't be used: {error.strerror}",
            "name another with --state-dir",
        ) from None
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(lock, 64, 0).decode(errors="replace").strip() or "unknown"
            raise Refused(
                f"{state_dir} is held by another daemon, pid {holder}",
                "stop that one, or name another --state-dir",
            ) from None
        os.ftruncate(lock, 0)
        os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(lock)


def _refuse_foreign(state_dir: Path) -> None:
    """Raise `Failed` for a directory with things in it of which none is a daemon's."""
    names = {entry.name for entry in os.scandir(state_dir)}
    if names and not names & {"bgd.lock", "bgd.db"}:
        raise Failed(
            f"{state_dir} can't be the state directory: it has other things in it, like {min(names)},"
            " and is open to others; nothing was changed",
            f"name one of bgd's own with --state-dir, such as {state_dir / 'bgd'}",
        )


def bound(path: Path) -> socket.socket:
    """A listening socket at `path`, mode 0660. Raises `Refused` where somebody listens there."""
    try:
        _make_directory(path.parent)
        with _turn(path.parent):
            _clear(path)
            return _placed(path)
    except OSError as error:
        why = error.strerror or str(error)
        raise Failed(f"the socket {path} can't be made: {why}", "name another with --socket") from None


def vacated(path: Path, own: os.stat_result) -> None:
    """Remove the socket at `path` if it is still the daemon's `own`: another may have its place by now."""
    with contextlib.suppress(OSError), _turn(path.parent):
        found = path.lstat()
        if (found.st_dev, found.st_ino) == (own.st_dev, own.st_ino):
            path.unlink()


def _make_directory(path: Path) -> None:
    if not path.exists():
        path.mkdir(parents=True)
        path.chmod(DIRECTORY_MODE)  # whatever the umask: the socket's group has to get in


@contextlib.contextmanager
def _turn(directory: Path) -> Iterator[None]:
    """Be alone among the daemons that make or remove a socket there; the kernel ends it with the process."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _placed(path: Path) -> socket.socket:
    """Made under another name and renamed when it is ready: nobody ever meets it half open.

    The name is always the same, as whoever makes it has the turn: so what a killed daemon left of it goes.
    """
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    spare = path.with_name(f".{path.name}.new")
    spare.unlink(missing_ok=True)
    before = os.umask(0o777 & ~SOCKET_MODE)
    try:
        listener.bind(str(spare))
    finally:
        os.umask(before)
    listener.listen(BACKLOG)
    listener.setblocking(False)
    spare.rename(path)
    return listener


def _clear(path: Path) -> None:
    """See that nobody listens at `path`; what a killed daemon left is replaced."""
    if not path.exists():
        return
    if not path.is_socket():
        raise Refused(f"{path} is there and is no socket", "name another with --socket")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
        asking.settimeout(2.0)
        try:
            asking.connect(str(path))
        except (ConnectionRefusedError, FileNotFoundError):
            return
        except OSError as error:
            raise Refused(
                f"{path} can't be asked whether it is in use: {error}", "name another --socket"
            ) from None
    raise Refused(f"a daemon listens on {path} already", "stop that one, or name another with --socket")


class Server(uvicorn.Server):
    """uvicorn on a socket of ours; signals are the daemon's own affair."""

    def __init__(self, app: Starlette) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=Connection,
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=GRACE_S,
                timeout_keep_alive=IDLE_S,
                backlog=BACKLOG,
            )
        )

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave them alone: `bgd.main` stops engine and server in order."""
        yield
