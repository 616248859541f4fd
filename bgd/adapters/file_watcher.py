"""File changes: by `watchfiles`, and by looking, for where notifications don't come.

Directories are watched, not files: an editor that saves by a rename leaves a watch on the file dead. So are
the directories of every symbolic link on the way to a file: one that is swapped (`current`, Kubernetes'
`..data`) changes the file and nothing in its directory. What counts is whether a file's identity or stamp
changed; other files in the directory wake nobody.

Notifications fail in silence: on network file systems, over a mount that is moved, where the kernel's limit
is reached. So files are looked at every second whatever happens; a few `stat` calls cost nothing. Build
contexts, with their thousands of files, are looked at when something stirs in them, and now and then.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

from watchfiles import awatch

from bgd.adapters.build_context import Stamp, files_of, stamp_of
from bgd.adapters.mounts import is_remote
from bgd.engine.ports import BuildContext
from bgd.errors import InvalidInput

log = logging.getLogger("bgd.watcher")

LOOK_EVERY_S = 1.0
QUIET_S = 0.2
"""Changes have ended when two looks so far apart see the same."""
GATHER_S = 15.0
"""What never gets quiet is taken as it is after so long."""
LOOK_INTO_BUILDS_S = 60.0
SHARE_OF_LOOKS = 0.05
"""Looking into build contexts may take this share of the time, however much stirs beside them."""
MAX_LINKS = 40

Notify = Callable[..., AsyncGenerator[Any]]


@dataclass(frozen=True, slots=True)
class Sight:
    """What a look saw: the stamps of files and of the contexts' files, and the directories to watch."""

    files: tuple[Stamp, ...]
    builds: tuple[tuple[Path, Stamp], ...]
    directories: frozenset[tuple[Path, Stamp]]
    took_s: float


class FileWatcher:
    """The `Watcher` port."""

    def __init__(self, notify: Notify = awatch) -> None:
        self._notify = notify

    async def changes(
        self, files: Sequence[Path], contexts: Sequence[BuildContext] = ()
    ) -> AsyncGenerator[None]:
        """See `Watcher.changes`."""
        return self._changes(files, contexts, await asyncio.to_thread(look, files, contexts, None))

    async def _changes(
        self, files: Sequence[Path], contexts: Sequence[BuildContext], before: Sight
    ) -> AsyncGenerator[None]:
        while True:
            # Whatever happened until somebody listens is found by the first look.
            is_stirred, looked_at = True, float("-inf")
            places = sorted({place for place, _ in before.directories})
            is_blind = await asyncio.to_thread(lambda at=places: any(map(is_remote, at)))  # type: ignore[misc]
            is_moved = False
            async with aclosing(self._stirs(places)) as stirs:
                async for stirred in stirs:
                    is_blind = is_blind or stirred is None
                    is_stirred = is_stirred or is_blind or bool(stirred)
                    pause_s = before.took_s / SHARE_OF_LOOKS if is_stirred else LOOK_INTO_BUILDS_S
                    is_due = monotonic() - looked_at > pause_s
                    now = await asyncio.to_thread(look, files, contexts, None if is_due else before)
                    if is_due:
                        is_stirred, looked_at = False, monotonic()
                    if _told(now) != _told(before):
                        now = await self._settled(files, contexts, now)
                        before, is_moved = now, now.directories != before.directories
                        yield
                    else:
                        is_moved = now.directories != before.directories
                        before = now
                    if is_moved:
                        break

    async def _settled(self, files: Sequence[Path], contexts: Sequence[BuildContext], now: Sight) -> Sight:
        """The first sight that lasts: a checkout writes one file after the other."""
        deadline = monotonic() + GATHER_S
        while monotonic() < deadline:
            await asyncio.sleep(QUIET_S)
            before, now = now, await asyncio.to_thread(look, files, contexts, None)
            if _told(now) == _told(before):
                break
        return now

    async def _stirs(self, places: Sequence[Path]) -> AsyncGenerator[bool | None]:
        """True when something stirred in a place, False now and then, None where nobody would tell."""
        stop = asyncio.Event()
        watch = self._notify(
            *places,
            watch_filter=None,
            debounce=int(QUIET_S * 1000),
            step=50,
            stop_event=stop,
            recursive=False,
            ignore_permission_denied=True,
            rust_timeout=int(LOOK_EVERY_S * 1000),
            yield_on_timeout=True,
        )
        try:
            async for changes in watch:
                yield bool(changes)
        except OSError as error:  # the limit of inotify, or a directory that is gone again
            log.warning("files are looked at every %g s, for changes aren't told: %s", LOOK_EVERY_S, error)
        finally:
            stop.set()
            await watch.aclose()
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            yield None


def _told(sight: Sight) -> object:
    return sight.files, sight.builds


def look(files: Sequence[Path], contexts: Sequence[BuildContext], known: Sight | None) -> Sight:
    """What is there now; of the contexts what is `known`, or anew."""
    began = monotonic()
    directories = {directory for file in files for directory in _directories(file)}
    builds: tuple[tuple[Path, Stamp], ...] = () if known is None else known.builds
    if known is None:
        for context in contexts:
            try:
                inside, holding = files_of(context)
            except InvalidInput:  # told by whoever reads the app; here it is a context without files
                inside, holding = [], [context.root]
            builds += tuple((file, stamp_of(file)) for file in inside)
            directories.update(holding)
    elif contexts:
        directories |= {place for place, _ in known.directories}
    # A directory's identity, not its stamp: that changes with every file in it.
    identities = frozenset((place, (s := stamp_of(place)) and (s[0], s[1], 0, 0, 0)) for place in directories)
    took_s = monotonic() - began if known is None else known.took_s
    return Sight(tuple(map(stamp_of, files)), builds, identities, took_s)


def _directories(file: Path) -> Iterator[Path]:
    """The nearest directory that exists of a file, and those of every link on the way to it."""
    waiting, links = [file], 0
    while waiting:
        path = waiting.pop()
        for place in (path, *path.parents):
            if place.is_symlink() and links < MAX_LINKS:
                links += 1
                yield _nearest(place.parent)
                with contextlib.suppress(OSError):  # it is being swapped, which the next look sees
                    target = os.path.normpath(place.parent / os.readlink(place))  # noqa: PTH115
                    waiting.append(Path(target) / path.relative_to(place))
                break
        else:
            yield _nearest(path.parent)


def _nearest(directory: Path) -> Path:
    while not directory.is_dir():
        directory = directory.parent
    return directory
