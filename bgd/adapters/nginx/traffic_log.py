"""The requests that nginx served: its access log, read on a thread of its own."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Sequence
from pathlib import Path

from bgd.adapters.nginx.access_log import AccessLog
from bgd.adapters.nginx.disk import Disk
from bgd.adapters.nginx.proxy import Proxy
from bgd.adapters.nginx.workers import is_master
from bgd.domain.served import Reading, Served
from bgd.errors import BgError, Failed

REOPEN_TIMEOUT_S = 3.0


class TrafficLog:
    """What was served since the last look."""

    def __init__(self, directory: Path, proxy: Proxy, disk: Disk, replace_bytes: int) -> None:
        self._proxy = proxy
        self._disk = disk
        self._reading = Reading()
        self._log = AccessLog(directory, self._reopen, replace_bytes=replace_bytes)
        self._loop: asyncio.AbstractEventLoop | None = None

    async def prepare(self) -> None:
        """Make the directory and the file. Raises `Failed`."""
        try:
            await self._disk.run(self._log.prepare)
        except OSError as error:
            raise Failed(
                f"{self._log.path} can't be made: {error.strerror}", "is the disk full, or read-only?"
            ) from error

    async def requests(self) -> Sequence[Served]:
        """The requests that have come since. Raises `Failed`."""
        self._loop = asyncio.get_running_loop()
        try:
            return await self._disk.run(lambda: self._reading.lines(self._log.read()))
        except OSError as error:
            raise Failed(
                f"nginx's log in {self._log.path} can't be read: {error.strerror}", "traffic goes on"
            ) from error

    def _reopen(self) -> bool:
        """Called on the disk's thread; it waits there for the engine."""
        assert self._loop is not None
        telling = asyncio.run_coroutine_threadsafe(self._tell(), self._loop)
        try:
            return telling.result(REOPEN_TIMEOUT_S)
        except (TimeoutError, BgError):
            telling.cancel()
            return False

    async def _tell(self) -> bool:
        """Tell nginx to open its log anew; whether it runs at all."""
        found = await self._proxy.find()
        if found is None or not found.is_running:
            return False
        if is_master(found.pid):
            try:
                os.kill(found.pid, signal.SIGUSR1)
            except ProcessLookupError:
                return False
            except PermissionError:
                pass  # another user's: the engine may
            else:
                return True
        await self._proxy.reopen(found.id)
        return True
