"""What the engine tells about its machine and the images that are on it; nothing is pulled."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from bgd.adapters.docker_engine import Attributes, DockerEngine, together
from bgd.domain.host import UNKNOWN, Host, LocalImage
from bgd.errors import BgError, NotFound

SURVEY_TIMEOUT_S = 5
"""An engine that is slower than this is asked for nothing: a file can be planned without it."""


class HostSurvey:
    """Asks one engine. Where it doesn't answer, nothing is known, and that is no error."""

    def __init__(self, engine: DockerEngine) -> None:
        self._engine = engine

    async def ask(self, images: Mapping[str, str]) -> Host:
        """The machine, and those of `images` (references by service) that are on it."""
        try:
            info = await self._engine.call(lambda api: api.info(), timeout_s=SURVEY_TIMEOUT_S)
            names = sorted(set(images.values()))
            looked_up = await together(self._image(name) for name in names)
        except BgError:
            return UNKNOWN
        known = {name: image for name, image in zip(names, looked_up, strict=True) if image is not None}
        return Host(
            int(info.get("MemTotal") or 0) or None,
            await asyncio.to_thread(self._free_disk, info),
            {service: known[name] for service, name in images.items() if name in known},
        )

    async def _image(self, reference: str) -> LocalImage | None:
        try:
            found: Attributes = await self._engine.call(
                lambda api: api.inspect_image(reference),  # type: ignore[no-untyped-call]
                timeout_s=SURVEY_TIMEOUT_S,
            )
        except NotFound:
            return None
        test = ((found.get("Config") or {}).get("Healthcheck") or {}).get("Test") or ["NONE"]
        return LocalImage(_exposed(found), int(found.get("Size") or 0), test[0] != "NONE")

    def _free_disk(self, info: Attributes) -> int | None:
        """Free bytes where the engine keeps images, which only an engine on this machine lets one see."""
        if not self._engine.address.url.startswith("unix:"):
            return None
        try:
            return shutil.disk_usage(str(info["DockerRootDir"])).free
        except (KeyError, OSError):
            return None


@asynccontextmanager
async def survey() -> AsyncIterator[HostSurvey | None]:
    """The survey of the engine that the `docker` command would use; `None` for one that bgd can't."""
    try:
        engine = DockerEngine()
    except BgError:
        yield None
        return
    try:
        yield HostSurvey(engine)
    finally:
        await engine.close()


def _exposed(found: Attributes) -> tuple[int, ...]:
    declared = (str(port).partition("/") for port in (found.get("Config") or {}).get("ExposedPorts") or {})
    return tuple(sorted(int(port) for port, _, kind in declared if port.isdigit() and kind in {"", "tcp"}))
