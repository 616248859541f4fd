"""Starting the proxy where it doesn't run, or runs with other settings."""

from __future__ import annotations

import asyncio
import time

from bgd.adapters.nginx.directory import Directory
from bgd.adapters.nginx.disk import Disk
from bgd.adapters.nginx.marker import Marker, NotSeen
from bgd.adapters.nginx.project import Project, Settings, taken
from bgd.adapters.nginx.proxy import Found, Proxy
from bgd.domain.nginx_config import NginxConfig
from bgd.errors import BgError, Failed, Occupied, Refused

START_TIMEOUT_S = 30.0
LOOK_EVERY_S = 0.05


class Launch:
    """Brings the proxy up, or leaves things as they were."""

    def __init__(
        self, project: Project, directory: Directory, proxy: Proxy, marker: Marker, disk: Disk
    ) -> None:
        self._project = project
        self._directory = directory
        self._proxy = proxy
        self._marker = marker
        self._disk = disk

    async def is_up(self, settings: Settings) -> bool:
        """Whether the proxy runs with these settings.

        Raises `Refused` when it is another daemon's: two would overwrite each other's traffic.
        """
        found = await self._proxy.find()
        if found is None:
            return False
        if found.directory != str(self._directory.path):
            raise Refused(
                f"{self._project.name} is there already, with its configuration in {found.directory}",
                "another bgd has this instance: start this one with another --instance, or with that "
                "one's --state-dir",
            )
        # One without a place for its log is an earlier bgd's.
        return found.is_running and bool(found.logs) and Settings.of(found.labels) == settings

    async def launch(self, settings: Settings, config: NginxConfig) -> None:
        """Make the proxy anew with these settings, and return when it is seen to serve `config`.

        Raises `Failed`, and `Occupied` for an address that is taken; a proxy that ran before runs again then,
        else nothing is left over.
        """
        found = await self._proxy.find()
        running = Settings.of(found.labels) if found and found.is_up else None
        await self._refuse_taken(settings, running)
        before = await self._disk.run(self._directory.current)
        # Without `nginx -t`: there is nowhere to run it. A configuration that nginx refuses is seen below.
        await self._disk.run(lambda: self._directory.place(config))
        try:
            await self._project.up(settings)
            await self._see(settings, config)
            self._project.keep()
        except BgError as error:
            told = await self._undo(settings, running, before)
            kind = Occupied if isinstance(error, Occupied) else Failed
            raise kind(f"{error.message}; {told}", error.hint) from error

    async def _refuse_taken(self, wanted: Settings, running: Settings | None) -> None:
        """Raise `Occupied` for an address that something else listens on, before anything is touched."""
        own = [door for door, _ in running.doors()] if running else []
        for door, option in wanted.doors():
            if not any(map(door.overlaps, own)) and await self._disk.run(door.is_taken):
                raise taken(door, option)

    async def _see(self, settings: Settings, config: NginxConfig) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while True:
            try:
                if (await self._marker.ask()).generation == config.generation:
                    return
                last = f"{settings.preview} is answered by another configuration"
            except NotSeen as error:
                last = str(error)
            found = await self._proxy.find()
            if found is None or found.restarts or found.status in ("exited", "dead"):
                raise await self._no_start(settings, found)
            if time.monotonic() > deadline:
                raise Failed(f"nginx wasn't seen to serve within {START_TIMEOUT_S:g} s: {last}")
            await asyncio.sleep(LOOK_EVERY_S)

    async def _no_start(self, settings: Settings, found: Found | None) -> Failed:
        complaint = await self._proxy.complaint(found.id) if found else ""
        why = complaint or (f"its container is {found.status}" if found else "its container is gone")
        return Failed(f"nginx doesn't start: {why}", f"its image is {settings.image}")

    async def _undo(self, settings: Settings, running: Settings | None, before: NginxConfig | None) -> str:
        """Bring back what was; what to tell about it."""
        try:
            if before is not None:
                config = before
                await self._disk.run(lambda: self._directory.place(config))
            if running is not None:
                await self._project.up(running)
                return f"the proxy runs as before, on {running.http}"
            await self._project.discard(settings)
        except (BgError, OSError) as error:
            return f"nor could things be put back: {error}"
        return "nothing was left over"
