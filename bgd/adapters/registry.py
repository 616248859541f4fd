"""Registries, asked by the engine: what a tag stands for there, and the image itself."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import docker
from docker import auth

from bgd.adapters.docker_engine import DockerEngine
from bgd.adapters.engine_socket import Answer
from bgd.adapters.secrecy import Voice
from bgd.domain.reference import Reference
from bgd.errors import Failed, NotFound

PULL_TIMEOUT_S = 1800.0
LOOKUP_TIMEOUT_S = 10.0
"""How long a registry may take to say what a tag stands for, where the image is here already."""


class Registry:
    """Whatever registry a reference names, with the logins of `docker login`."""

    def __init__(self, engine: DockerEngine) -> None:
        self._engine = engine

    async def digest(self, reference: str) -> str:
        """The digest (`sha256:…`) that the registry has for a reference now.

        Raises `Failed`, `NotFound` or `Unreachable` when it doesn't say, within `LOOKUP_TIMEOUT_S`.
        """
        async with self._engine.socket.request(
            "GET",
            f"/distribution/{reference}/json",
            headers=await self._login(reference),
            answer_within_s=LOOKUP_TIMEOUT_S,
        ) as answer:
            said = await answer.read_all()
        try:
            return str(json.loads(said)["Descriptor"]["digest"])
        except (ValueError, KeyError, TypeError):
            raise Failed(f"the registry's answer about {reference} has no digest") from None

    async def pull(self, reference: str, platform: str | None, voice: Voice) -> None:
        """Pull an image. Raises `Failed`, naming the cause. Cancelled, the engine stops pulling too."""
        voice.say(f"{reference}: pulling")
        parsed = Reference.of(reference)
        query = {"fromImage": parsed.repository, "tag": parsed.version}
        if platform:
            query["platform"] = platform
        try:
            async with (
                asyncio.timeout(PULL_TIMEOUT_S),
                self._engine.socket.request(
                    "POST",
                    "/images/create",
                    query,
                    headers=await self._login(reference),
                    answer_within_s=PULL_TIMEOUT_S,
                ) as answer,
            ):
                await _follow(answer, reference, voice)
        except TimeoutError:
            raise Failed(
                f"the image {reference} didn't come within {PULL_TIMEOUT_S:.0f} s",
                f"`docker pull {reference}` shows how far it gets",
            ) from None
        except (NotFound, Failed) as error:
            raise Failed(
                f"the image {reference} can't be pulled: {voice.clean(error.message)}",
                "is the name right, is the registry reachable, and is it logged in to (`docker login`)? "
                f"`docker pull {reference}` tries it again",
            ) from None
        voice.say(f"{reference}: pulled")

    async def _login(self, reference: str) -> dict[str, str]:
        """The header with what `docker login` left for the reference's registry; none is fine."""

        def header(api: docker.APIClient) -> bytes | str | None:
            registry, _ = auth.resolve_repository_name(Reference.of(reference).repository)
            found: bytes | str | None = auth.get_config_header(api, registry)
            return found

        try:
            found = await self._engine.call(header)
        except Failed:  # a credential helper that is broken: the registry may well be open
            return {}
        if not found:
            return {}
        return {"X-Registry-Auth": found.decode() if isinstance(found, bytes) else found}


async def _follow(answer: Answer, reference: str, voice: Voice) -> None:
    """Tell the layers as they come. The engine reports a failure here, not by its status."""
    layers: set[str] = set()
    done: set[str] = set()
    async for report in _reports(answer):
        if "error" in report:
            raise Failed(str(report["error"]))
        layer, status = str(report.get("id") or ""), report.get("status")
        if status == "Pulling fs layer":
            layers.add(layer)
        elif status in {"Pull complete", "Already exists"}:
            layers.add(layer)
            done.add(layer)
            voice.say(f"{reference}: {len(done)} of {len(layers)} layers")


async def _reports(answer: Answer) -> AsyncIterator[dict[str, Any]]:
    rest = b""
    while data := await answer.read():
        *lines, rest = (rest + data).split(b"\n")
        for line in lines:
            if line.strip():
                yield json.loads(line)
