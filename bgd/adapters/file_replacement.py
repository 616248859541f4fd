"""Replacing a file that belongs to somebody else: whole or not at all, with its mode and its owner."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from bgd.errors import Failed


class Replacement:
    """New content for `path`, beside it until `commit` puts it in its place."""

    def __init__(self, path: Path, before: bytes, beside: Path) -> None:
        self._path = path
        self._before = before
        self.beside = beside

    def commit(self) -> None:
        """Put it in the place of the old file. Raises `Failed` where that one has changed meanwhile."""
        try:
            if self._path.read_bytes() != self._before:
                raise Failed(f"{self._path} was changed meanwhile: nothing was written", "try again")
            self.beside.replace(self._path)
            directory = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(directory)
            finally:
                os.close(directory)
        except OSError as error:
            raise _unwritten(self._path, error) from error


@contextlib.contextmanager
def replacement(path: Path, before: bytes, after: bytes) -> Iterator[Replacement]:
    """Write `after` into a new file beside `path`, which is gone at the end unless it was committed.

    A symbolic link is followed: what it points at is replaced, and the link stays. Raises `Failed`.
    """
    real = path.resolve()
    beside = real.with_name(f".{real.name}.{secrets.token_hex(4)}")
    try:
        try:
            _write(real, beside, after)
        except OSError as error:
            raise _unwritten(real, error) from error
        yield Replacement(real, before, beside)
    finally:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)


def _write(real: Path, beside: Path, after: bytes) -> None:
    old = real.stat()
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        if (old.st_uid, old.st_gid) != (os.geteuid(), os.getegid()):
            os.fchown(descriptor, old.st_uid, old.st_gid)
        os.fchmod(descriptor, old.st_mode & 0o7777)
        file.write(after)
        file.flush()
        os.fsync(descriptor)


def _unwritten(path: Path, error: OSError) -> Failed:
    return Failed(
        f"{path} can't be written: {error.strerror}; it is as it was",
        f"check the permissions of it and of {path.parent}, and `df`",
    )
