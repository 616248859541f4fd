"""What the engine tells about its machine and the images that are on it; nothing is pulled."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from bgd.adapters.engine_address import EngineAddress
from bgd.adapters.engine_socket import EngineSocket
from bgd.domain.host import UNKNOWN, Host, LocalImage
from bgd.errors import BgError, NotFound

SURVEY_TIMEOUT_S = 5.0
"""An engine that is slower than this is asked for nothing: a file can be planned without it."""
AT_ONCE = 8


class HostSurvey:
    """Asks one engine. Where it doesn't answer, nothing is known, and that is no error."""

    def __init__(self, socket: EngineSocket) -> None:
        self._socket = socket
        self._gate = asyncio.Semaphore(AT_ONCE)

    async def ask(self, images: Mapping[str, str]) -> Host:
        """The machine, and those of `images` (references by service) that are on it."""
        names = sorted(set(images.values()))
        try:
            async with asyncio.timeout(SURVEY_TIMEOUT_S):
                info = await self._get("/info")
                looked_up = await asyncio.gather(*map(self._image, names))
        except (BgError, TimeoutError, ValueError):
            return UNKNOWN
        known = {name: image for name, image in zip(names, looked_up, strict=True) if image is not None}
        return Host(
            int(info.get("MemTotal") or 0) or None,
            await asyncio.to_thread(self._free_disk, info),
            {service: known[name] for service, name in images.items() if name in known},
        )

    async def _image(self, reference: str) -> LocalImage | None:
        try:
            async with self._gate:
                found = await self._get(f"/images/{quote(reference)}/json")
        except NotFound:
            return None
        config = found.get("Config") or {}
        test = (config.get("Healthcheck") or {}).get("Test") or ["NONE"]
        ports = _tcp(config.get("ExposedPorts") or {})
        return LocalImage(ports, int(found.get("Size") or 0), test[0] != "NONE")

    async def _get(self, path: str) -> dict[str, Any]:
        async with self._socket.request("GET", path) as answer:
            told: dict[str, Any] = json.loads(await answer.read_all())
        return told

    def _free_disk(self, info: Mapping[str, Any]) -> int | None:
        """Free bytes where the engine keeps images, which only an engine on this machine lets one see."""
        if self._socket.address.socket is None:
            return None
        try:
            return shutil.disk_usage(str(info["DockerRootDir"])).free
        except (KeyError, OSError):
            return None


def usual_survey() -> HostSurvey | None:
    """The survey of the engine that the `docker` command would use; `None` for one that bgd can't."""
    try:
        return HostSurvey(EngineSocket(EngineAddress.of()))
    except BgError:
        return None


def _tcp(declared: Mapping[str, Any]) -> tuple[int, ...]:
    ports = (str(port).partition("/") for port in declared)
    return tuple(sorted(int(port) for port, _, kind in ports if port.isdigit() and kind in {"", "tcp"}))
