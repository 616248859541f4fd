"""A runner on the real engine with an instance of its own, and what the tests ask of it."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import docker
import yaml

from bgd.adapters.compose_cli import ComposeCli
from bgd.adapters.compose_runner import ComposeRunner
from bgd.adapters.docker_engine import DockerEngine
from bgd.domain.color import Color
from bgd.domain.container import Container
from bgd.domain.plan import Plan, RoleOf
from bgd.domain.release import Release
from bgd.domain.settings import Role, Route, Settings
from bgd.domain.traffic import edge_network
from tests.docker.leftovers import clear_instance

DEADLINE_S = 30.0


@dataclass
class World:
    """One instance of bgd on the engine: its runner, a client beside it, and what was told."""

    runner: ComposeRunner
    cli: ComposeCli
    client: docker.DockerClient
    instance: str
    directory: Path
    told: list[str] = field(default_factory=list)

    def say(self, line: str) -> None:
        """Takes progress."""
        self.told.append(line)

    async def release(
        self,
        text: str,
        roles: Mapping[str, str],
        number: int = 1,
        front: str | None = None,
        app: str = "shop",
    ) -> Release:
        """A release of a Compose file, read by Compose, with these roles."""
        source = self.directory / f"{app}.compose.yaml"
        source.write_text(text)
        done = await self.cli.run(["-f", str(source), "-p", app, "config"], timeout_s=DEADLINE_S)
        assert done.status == 0, done.stderr
        model: dict[str, Any] = yaml.safe_load(done.stdout)
        given = {
            name: RoleOf(Role(roles.get(name, "colored")), "the test says so") for name in model["services"]
        }
        route = Route(front, 80) if front else None
        plan = Plan(app, Settings(), given, route, (), (), ())
        return Release(app, number, model, plan, {}, datetime.now(UTC), "test", "test")

    async def prepared(
        self,
        text: str,
        roles: Mapping[str, str],
        number: int = 1,
        front: str | None = None,
        app: str = "shop",
    ) -> Release:
        """The same with its images."""
        release = await self.release(text, roles, number, front, app)
        return replace(release, images=await self.runner.prepare(release, Color.BLUE, self.say))

    async def up(self, release: Release, color: Color) -> None:
        """Shared services and the colour, as a deployment brings them up."""
        await self.runner.start_shared(release, False, self.say)
        await self.runner.start(release, color, self.say)

    async def container(self, service: str, color: Color | None, app: str = "shop") -> Container:
        """The one container of a service in a colour; `None` is for the shared ones."""
        found = [
            c
            for c in await self.runner.containers(app, details=True)
            if c.service == service and c.color == color and not c.one_off
        ]
        assert len(found) == 1, found
        return found[0]

    def run(self, container: str, *words: str) -> tuple[int, str]:
        """Run a command in a container: its status and output."""
        status, output = self.client.containers.get(container).exec_run(list(words))
        assert isinstance(output, bytes)
        return status or 0, output.decode(errors="replace")

    async def until(self, app: str, holds: Callable[[], Awaitable[bool]]) -> None:
        """Wait for changes of the app until `holds`; fails after `DEADLINE_S`."""
        async with asyncio.timeout(DEADLINE_S):
            while not await holds():
                await self.runner.changed(app, 1.0)


@asynccontextmanager
async def world(directory: Path) -> AsyncIterator[World]:
    """A world that leaves nothing behind."""
    instance = f"t{uuid.uuid4().hex[:8]}"
    client = docker.from_env()
    client.networks.create(edge_network(instance), labels={"bgd.instance": instance})
    engine = DockerEngine()
    cli = await ComposeCli.find()
    runner = ComposeRunner(instance, directory / "state", cli, engine, edge_network(instance))
    await runner.open()
    try:
        yield World(runner, cli, client, instance, directory)
    finally:
        await runner.close()
        await engine.close()
        clear_instance(client, instance)
        client.close()
