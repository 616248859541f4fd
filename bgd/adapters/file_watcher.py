"""File changes, by `watchfiles`.

Directories are watched, not files: an editor that saves by a rename leaves a watch on the file dead. What
counts is whether a file's identity or content stamp changed, so other files in the directory wake nobody.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

from watchfiles import awatch

QUIET_MS = 100
GATHER_MS = 1600

Stamp = tuple[int, int, int, int] | None


def stamp_of(file: Path) -> Stamp:
    """What changes when a file does, through symbolic links; `None` while there is none."""
    try:
        stat = file.stat()
    except OSError:
        return None
    return stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns


class FileWatcher:
    """The `Watcher` port."""

    async def changes(self, files: Sequence[Path]) -> AsyncGenerator[None]:
        """See `Watcher.changes`."""
        before = {file: stamp_of(file) for file in files}
        stop = asyncio.Event()
        directories = sorted({directory for file in files for directory in _directories(file)})
        watch = awatch(
            *directories,
            watch_filter=None,
            debounce=GATHER_MS,
            step=QUIET_MS,
            stop_event=stop,
            recursive=False,
            ignore_permission_denied=True,
        )
        try:
            async for _ in watch:
                after = {file: stamp_of(file) for file in files}
                if after != before:
                    before = after
                    yield
        finally:
            stop.set()
            await watch.aclose()


def _directories(file: Path) -> list[Path]:
    """The directories of a file, and of what it is a link to; the nearest that exist."""
    found = []
    for place in (file, file.resolve()):
        directory = place.parent
        while not directory.is_dir():
            directory = directory.parent
        found.append(directory)
    return found
