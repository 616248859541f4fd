"""The connections that nginx's old workers still have to a colour, and how they are cut.

After a switch and its reload, whatever still goes to the old colour is in workers that are shutting down;
what current workers have there came in by the preview, and is nobody's traffic. The workers are common to
all apps, so none is ended for one app's sake: each connection is cut by itself. Its socket is borrowed from
the worker (`pidfd_getfd`, Linux 5.6) and shut down, which both ends see as a hang-up; nginx then ends the
client's side in its own way, and everybody else's goes on.

Borrowing needs root, or a kernel without Yama's restriction. Where it is refused, a worker is ended that has
nothing but this colour's connections, and others are left: they end by themselves, at the latest with
`worker_shutdown_timeout`.
"""

from __future__ import annotations

import ctypes
import errno
import os
import signal
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bgd.adapters.nginx.workers import PROC, tcp_tables_on_host, workers_on_host
from bgd.domain.tcp_table import Connection, canonical, connections

_SYS_PIDFD_GETFD = 438  # the same on every architecture
_LIBC = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class Stream:
    """A worker's connection to a container."""

    worker: int
    fd: int
    connection: Connection


class Streams:
    """What the old workers of one nginx had open when it was looked at. Blocks, but not for the disk."""

    def __init__(self, held: Mapping[int, Sequence[Stream]], addresses: Sequence[str]) -> None:
        self._held = held
        self._wanted = canonical(addresses)

    @classmethod
    def of(cls, master: int, addresses: Sequence[str], proc: Path = PROC) -> Streams | None:
        """Look at the workers below `master`; `None` where this /proc doesn't tell, or not to this user."""
        workers, table = workers_on_host(master, proc), tcp_tables_on_host(master, proc)
        if workers is None or table is None:
            return None
        by_inode = {each.inode: each for each in connections(table)}
        held: dict[int, Sequence[Stream]] = {}
        for worker, is_shutting_down in workers.items():
            if is_shutting_down:
                try:
                    held[worker] = list(_streams(worker, by_inode, proc))
                except FileNotFoundError:  # it ended meanwhile
                    continue
                except OSError:
                    return None
        return cls(held, addresses)

    def __len__(self) -> int:
        """How many go to these addresses."""
        return sum(1 for streams in self._held.values() for each in streams if self._is_wanted(each))

    def cut(self) -> int:
        """Cut those that go to these addresses; how many were."""
        done = 0
        for worker, streams in self._held.items():
            wanted = [each for each in streams if self._is_wanted(each)]
            try:
                done += sum(_shut(each) for each in wanted)
            except PermissionError:
                # A client's connection for each of these, and nothing else: ending the worker ends just them.
                if wanted and len(streams) <= 2 * len(wanted):
                    with suppress(ProcessLookupError, PermissionError):
                        os.kill(worker, signal.SIGTERM)
                        done += len(wanted)
        return done

    def _is_wanted(self, stream: Stream) -> bool:
        return stream.connection.remote in self._wanted


def _streams(worker: int, by_inode: Mapping[int, Connection], proc: Path) -> Iterator[Stream]:
    for name in (proc / str(worker) / "fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            connection = by_inode.get(_inode(str(name.readlink())))
            if connection is not None:
                yield Stream(worker, int(name.name), connection)


def _inode(link: str) -> int:
    """7 of `socket:[7]`; 0 of what is no socket."""
    digits = link.removeprefix("socket:[").removesuffix("]")
    return int(digits) if digits.isdigit() else 0


def _shut(stream: Stream) -> bool:
    """Hang up; false where it was closed meanwhile. Raises `PermissionError`."""
    try:
        process = os.pidfd_open(stream.worker)
    except ProcessLookupError:
        return False
    try:
        fd = _LIBC.syscall(_SYS_PIDFD_GETFD, process, stream.fd, 0)
    finally:
        os.close(process)
    if fd < 0:
        error = ctypes.get_errno()
        if error in (errno.EBADF, errno.ESRCH):
            return False
        # Refused, or a kernel that can't.
        raise PermissionError(error, os.strerror(error))
    with socket.socket(fileno=fd) as borrowed:
        # The number may be another connection's by now.
        if os.fstat(fd).st_ino != stream.connection.inode:
            return False
        with suppress(OSError):  # it isn't connected any more
            borrowed.shutdown(socket.SHUT_RDWR)
    return True
