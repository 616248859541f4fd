"""Compose projects on the engine that aren't bgd's: found, put aside, put back, cleared away."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from docker import APIClient

from bgd.adapters.compose_project import DEPENDS_ON, ONE_OFF, PROJECT, SERVICE
from bgd.adapters.docker_engine import Attributes, DockerEngine, together
from bgd.domain.adoption import PlainContainer, PlainMount, PlainPort, PlainProject, name_aside
from bgd.domain.render.naming import APP, INSTANCE
from bgd.domain.stopping import stopping_order
from bgd.engine.ports import Progress
from bgd.errors import Failed, NotFound

FILES = "com.docker.compose.project.config_files"
VOLUME = "com.docker.compose.volume"

HEALTHY_WITHIN_S = 60.0
"""How long who depends on a container waits for its health when the plain project is started again."""
LOOK_EVERY_S = 0.2
DEFAULT_CHECK_EVERY_S = 30.0
DEFAULT_STOP_S = 10.0

_ANONYMOUS = re.compile(r"[0-9a-f]{64}")


class PlainProjects:
    """What plain Compose made, by the labels that it gives everything."""

    def __init__(self, engine: DockerEngine) -> None:
        self._engine = engine

    async def find(self, file: Path, name: str) -> PlainProject | None:
        """The project called `name`; else the only one that was made of `file`, whatever its name.

        Its volumes are found though no container is left. `None` where there is nothing.
        """
        listed: list[Attributes] = await self._engine.call(
            lambda api: api.containers(all=True, filters={"label": PROJECT})
        )
        theirs = [c for c in listed if INSTANCE not in c["Labels"]]
        by_file = {c["Labels"][PROJECT] for c in theirs if _is_of(c["Labels"].get(FILES, ""), file)}
        chosen = name
        if all(c["Labels"][PROJECT] != name for c in theirs) and len(by_file) == 1:
            chosen = by_file.pop()
        inspected = await together(
            self._engine.inspect(c["Id"]) for c in theirs if c["Labels"][PROJECT] == chosen
        )
        containers = tuple(plain_container(details) for details in inspected if details is not None)
        volumes = await self._volumes(chosen)
        return PlainProject(chosen, containers, volumes) if containers or volumes else None

    async def _volumes(self, project: str) -> tuple[tuple[str, str], ...]:
        found = await self._engine.call(
            lambda api: api.volumes(filters={"label": [f"{PROJECT}={project}", VOLUME]})
        )
        return tuple(
            (volume["Labels"][VOLUME], volume["Name"])
            for volume in found.get("Volumes") or []
            if INSTANCE not in volume["Labels"]
        )

    async def users(self, volumes: Iterable[str], instance: str, app: str) -> list[PlainContainer]:
        """Compose's containers that have one of these volumes and aren't the app's."""
        wanted = list(volumes)
        if not wanted:
            return []
        listed: list[Attributes] = await self._engine.call(
            lambda api: api.containers(filters={"label": PROJECT, "volume": wanted})
        )
        own = {INSTANCE: instance, APP: app}
        others = [c for c in listed if any(c["Labels"].get(k) != v for k, v in own.items())]
        inspected = await together(self._engine.inspect(c["Id"]) for c in others)
        return [plain_container(details) for details in inspected if details is not None]

    async def stop(self, project: PlainProject, renamed: Sequence[str], progress: Progress) -> None:
        """Stop what runs, each within its grace period, and give the names of `renamed` free.

        An engine that restarts in the middle mustn't start them: their restart policies are off meanwhile.
        """
        running = {c.id: c for c in project.running}
        for container in running.values():
            await self._restart(container.id, "no", 0)
        for group in stopping_order({c.id: _node(c) for c in running.values()}):
            progress(f"plain containers stop: {', '.join(running[one].name for one in group)}")
            await together(self._engine.stop(one) for one in group)
        for container in project.containers:
            if container.id in renamed:
                await self._rename(container.id, name_aside(container))

    async def start(self, project: PlainProject, progress: Progress) -> None:
        """Bring everything back as it was: names, restart policies, and what ran, in order."""
        for container in project.containers:
            await self._rename(container.id, container.name)
        running = {c.id: c for c in project.running}
        for container in running.values():
            await self._restart(container.id, *container.restart)
        needed = {name for c in running.values() for name in c.needs}
        for group in reversed(stopping_order({c.id: _node(c) for c in running.values()})):
            progress(f"plain containers start again: {', '.join(running[one].name for one in group)}")
            await together(self._start(one) for one in group)
            await together(self._healthy(one) for one in group if running[one].service in needed)

    async def remove(self, project: PlainProject) -> None:
        """Remove its containers, no volume, and those networks of it that nothing is on any more."""
        await together(self._engine.remove(c.id, anonymous_volumes=False) for c in project.containers)
        networks = await self._engine.call(
            lambda api: api.networks(filters={"label": f"{PROJECT}={project.name}"})
        )
        for network in networks:
            if INSTANCE not in (network["Labels"] or {}):
                await self._remove_network(network["Id"])

    async def _remove_network(self, network: str) -> None:
        def remove(api: APIClient) -> None:
            if not api.inspect_network(network).get("Containers"):
                api.remove_network(network)

        try:
            await self._engine.call(remove)
        except NotFound:
            return

    async def _rename(self, container: str, name: str) -> None:
        details = await self._engine.inspect(container)
        if details is not None and details["Name"].lstrip("/") != name:
            await self._engine.call(lambda api: api.rename(container, name))

    async def _restart(self, container: str, policy: str, tries: int) -> None:
        def update(api: APIClient) -> None:
            wanted: Any = {"Name": policy, "MaximumRetryCount": tries}
            api.update_container(container, restart_policy=wanted)

        try:
            await self._engine.call(update)
        except NotFound:
            return

    async def _start(self, container: str) -> None:
        try:
            await self._engine.call(lambda api: api.start(container))
        except NotFound as error:
            raise Failed(
                f"a container of the plain project is gone: {error.message}",
                "`docker compose up -d` makes it anew; its volumes are there",
            ) from None

    async def _healthy(self, container: str) -> None:
        """Wait until it is healthy; after a while go on, as whoever depends on it may cope."""
        try:
            async with asyncio.timeout(HEALTHY_WITHIN_S):
                while (details := await self._engine.inspect(container)) is not None:
                    health = details["State"].get("Health") or {}
                    if health.get("Status") != "starting":
                        return
                    await asyncio.sleep(LOOK_EVERY_S)
        except TimeoutError:
            return


def plain_container(details: Mapping[str, Any]) -> PlainContainer:
    """A container from its inspection."""
    config, host = details["Config"], details["HostConfig"]
    labels: Mapping[str, str] = config.get("Labels") or {}
    policy = host.get("RestartPolicy") or {}
    return PlainContainer(
        id=details["Id"],
        name=details["Name"].lstrip("/"),
        service=labels.get(SERVICE, ""),
        project=labels.get(PROJECT, ""),
        status=details["State"]["Status"],
        is_one_off=labels.get(ONE_OFF, "").lower() == "true",
        restart=(policy.get("Name") or "no", int(policy.get("MaximumRetryCount") or 0)),
        check_every_s=_check_every_s(config.get("Healthcheck")),
        stops_within_s=float(DEFAULT_STOP_S if config.get("StopTimeout") is None else config["StopTimeout"]),
        mounts=tuple(
            PlainMount(m["Name"], m["Destination"], _ANONYMOUS.fullmatch(m["Name"]) is not None)
            for m in details.get("Mounts") or []
            if m.get("Type") == "volume" and m.get("Name")
        ),
        ports=tuple(_ports(details["NetworkSettings"].get("Ports") or {})),
        needs=tuple(filter(None, (item.split(":", 1)[0] for item in labels.get(DEPENDS_ON, "").split(",")))),
    )


def _ports(published: Mapping[str, Any]) -> Iterable[PlainPort]:
    for inside, bindings in published.items():
        target, _, protocol = inside.partition("/")
        for binding in bindings or []:
            if binding.get("HostPort"):
                address = binding.get("HostIp") or "0.0.0.0"  # noqa: S104 - told, not listened on
                yield PlainPort(address, int(binding["HostPort"]), protocol, int(target))


def _check_every_s(check: Mapping[str, Any] | None) -> float | None:
    test = (check or {}).get("Test")
    if not check or not test or test == ["NONE"]:
        return None
    return float(check.get("Interval") or 0) / 1e9 or DEFAULT_CHECK_EVERY_S


def _is_of(label: str, file: Path) -> bool:
    return any(Path(one).resolve() == file.resolve() for one in label.split(",") if one)


def _node(container: PlainContainer) -> tuple[str, frozenset[str]]:
    return container.service, frozenset(container.needs)
