"""A new configuration: tested, put in place, read by nginx, and seen to be the one that serves."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping

from bgd.adapters.nginx.directory import Directory
from bgd.adapters.nginx.disk import Disk
from bgd.adapters.nginx.marker import Marker, NotSeen
from bgd.adapters.nginx.old_workers import OldWorkers
from bgd.adapters.nginx.proxy import Found, Proxy
from bgd.adapters.nginx.workers import workers_on_host
from bgd.domain.nginx_config import NginxConfig
from bgd.errors import BgError, Failed

RUNNING_TIMEOUT_S = 10.0
RELOAD_TIMEOUT_S = 10.0
MARKER_TIMEOUT_S = 5.0
LOOK_EVERY_S = 0.02
COMPLAINT_AFTER_S = 0.3
"""New workers are there within this time, or nginx has logged why not."""


class Rejected(Failed):
    """nginx doesn't take the configuration; nothing was changed."""


class Reload:
    """Brings a configuration into service."""

    def __init__(self, directory: Directory, proxy: Proxy, marker: Marker, disk: Disk) -> None:
        self._directory = directory
        self._proxy = proxy
        self._marker = marker
        self._disk = disk
        self.old_workers = OldWorkers(self._has_old_workers)

    async def serve(self, config: NginxConfig) -> None:
        """Make nginx serve `config`. Raises `Failed`: it is refused, or not seen; the old one serves."""
        found = await self._running()
        before = await self._disk.run(self._directory.current)
        if before == config:
            if await self._is_served(config):
                return
        else:
            await self._disk.run(lambda: self._directory.write_candidate(config))
            if complaint := await self._proxy.test(found.id):
                await self._disk.run(self._directory.drop_candidate)
                raise Rejected(
                    f"nginx refuses the new configuration: {complaint}; the one before it still serves",
                    "this is a defect of bgd, or of an image of another nginx than 1.27.4 or newer",
                )
            await self._disk.run(self._directory.place_candidate)
        try:
            await self._reload(found, config)
        except NotSeen as error:
            raise await self._put_back(before, error) from None

    async def _reload(self, found: Found, config: NginxConfig) -> None:
        """Have nginx read what is in place, and see it. Raises `NotSeen`.

        A new worker's answer doesn't prove it: old ones accept for 100 ms more. So every worker of before
        must be gone, or say in its title that it is shutting down.
        """
        try:
            await self._replace_workers(found)
        finally:
            self.old_workers.note()
        await self._marker.see_generation(config.generation, MARKER_TIMEOUT_S)

    async def _replace_workers(self, found: Found) -> None:
        old = await self._accepting(found)
        # A second early: the engine's clock stamps the log, and it may be a little behind this one.
        begun, begun_s = time.monotonic(), time.time() - 1
        await self._proxy.hang_up(found.id)
        while True:
            accepting = await self._accepting(found)
            if accepting and not accepting & old:
                break
            waited_s = time.monotonic() - begun
            has_new = bool(accepting - old) or waited_s < COMPLAINT_AFTER_S
            if not has_new and (complaint := await self._proxy.complaint(found.id, begun_s)):
                raise NotSeen(f"nginx says: {complaint}")
            if waited_s > RELOAD_TIMEOUT_S:
                raise NotSeen(f"the workers of before still accept after {RELOAD_TIMEOUT_S:g} s")
            await asyncio.sleep(LOOK_EVERY_S)

    async def _put_back(self, before: NginxConfig | None, error: NotSeen) -> Failed:
        """Bring back what was in place; what to tell."""
        message = f"nginx wasn't seen to serve the new configuration: {error}"
        if before is None:
            return Failed(message, "`docker logs` of the proxy's container says more")
        await self._disk.run(lambda: self._directory.place(before))
        try:
            await self._reload(await self._running(), before)
        except (NotSeen, BgError) as second:
            return Failed(
                f"{message}; the one before was put back, but wasn't seen either: {second}",
                "`docker logs` of the proxy's container says more; nginx goes on as it did",
            )
        return Failed(f"{message}; the one before it serves again", "`docker logs` of the proxy says more")

    async def _has_old_workers(self) -> bool:
        """Whether a worker of before a reload still ends what it began."""
        return any((await self._workers(await self._running())).values())

    async def _running(self) -> Found:
        """The proxy, which may just come back after a crash."""
        deadline = time.monotonic() + RUNNING_TIMEOUT_S
        while True:
            found = await self._proxy.find()
            if found is not None and found.is_running:
                return found
            if found is None or time.monotonic() > deadline:
                status = f"is {found.status}" if found else "isn't there"
                raise Failed(f"the proxy's container {status}", "restart bgd: it brings the proxy up again")
            await asyncio.sleep(LOOK_EVERY_S)

    async def _accepting(self, found: Found) -> set[int]:
        """The workers that take new requests."""
        workers = await self._workers(found)
        return {pid for pid, is_shutting_down in workers.items() if not is_shutting_down}

    async def _workers(self, found: Found) -> Mapping[int, bool]:
        """The workers by pid, true while one shuts down."""
        workers = await self._disk.run(lambda: workers_on_host(found.pid))
        return await self._proxy.workers(found.id) if workers is None else workers

    async def _is_served(self, config: NginxConfig) -> bool:
        """Whether nginx serves it already: a daemon may have died between the rename and the signal."""
        try:
            return (await self._marker.ask()).generation == config.generation
        except NotSeen:
            return False
