"""Room on the disks: for images, for the journal, for nginx's log."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

from bgd.adapters.doctor.place import Place
from bgd.domain.finding import Finding, broken, good, warning
from bgd.errors import BgError

THEME = "disk"
GIB = 1 << 30
TIGHT_BYTES, FULL_BYTES = 5 * GIB, GIB // 4
FEW_INODES = 0.05


async def look(place: Place) -> Sequence[Finding]:
    """A line for each file system: bgd's state, and the engine's images where they are elsewhere."""
    try:
        await place.reach_engine()
        root = (await place.engine.call(lambda client: client.info())).get("DockerRootDir")
    except BgError:
        root = None  # the engine's own theme says so
    return await asyncio.to_thread(look_at, place.state_dir, None if root is None else Path(root))


def look_at(state_dir: Path, images: Path | None) -> list[Finding]:
    """A line for each. Blocks."""
    state = existing(state_dir)
    if images is None or not images.exists():
        return [_judge("bgd's state", state)]
    if images.stat().st_dev == state.stat().st_dev:
        return [_judge("bgd's state and Docker's images", state)]
    return [_judge("bgd's state", state), _judge("Docker's images", images)]


def existing(path: Path) -> Path:
    """The path, or the nearest above it that is there."""
    while not path.exists() and path != path.parent:
        path = path.parent
    return path


def _judge(what: str, path: Path) -> Finding:
    disk = os.statvfs(path)
    free = disk.f_bavail * disk.f_frsize
    told = f"{free / GIB:.1f} GiB free for {what}, in {path}"
    fix = "`docker image prune` removes images that no container uses"
    if free < FULL_BYTES:
        return broken(THEME, told, f"{fix}; deployments wait for room, traffic goes on")
    if free < TIGHT_BYTES:
        return warning(THEME, told, fix)
    if disk.f_files and disk.f_favail < FEW_INODES * disk.f_files:
        return warning(THEME, f"few inodes are left for {what}, in {path}", fix)
    return good(THEME, told)
