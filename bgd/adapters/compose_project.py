"""One Compose project on the engine: brought up in two steps, swept by labels."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from bgd.adapters.compose_cli import ComposeCli
from bgd.adapters.docker_engine import Attributes, DockerEngine, together
from bgd.adapters.provisions import Provisions
from bgd.adapters.rendered_file import AppFiles
from bgd.adapters.secrecy import Voice
from bgd.domain.release import Model
from bgd.domain.render import Project
from bgd.domain.restart_policy import NEVER, RestartPolicy
from bgd.domain.starting import can_start_together
from bgd.domain.stopping import stopping_order
from bgd.engine.ports import Progress
from bgd.errors import Failed

START_TIMEOUT_S = 900.0
"""How long one `up` may take. It waits for what `depends_on` says about services that start together."""

PROJECT = "com.docker.compose.project"
SERVICE = "com.docker.compose.service"
ONE_OFF = "com.docker.compose.oneoff"
DEPENDS_ON = "com.docker.compose.depends_on"

_HINTS = (
    (
        re.compile(r"port is already allocated|address already in use|bind: "),
        "something else has that port: `docker ps` and `ss -ltnp` show what; stop it, or take another port",
    ),
    (
        re.compile(r"is unhealthy|dependency failed to start"),
        "a service that others depend on doesn't get healthy: its log says why",
    ),
    (re.compile(r"no space left"), "the disk is full: `docker system df` shows what takes the room"),
    (
        re.compile(r"no such file or directory|not found in \$PATH"),
        "is the command or the mounted path right?",
    ),
    (
        re.compile(r"Conflict\. The container name"),
        "a container of that name isn't bgd's: rename or remove it",
    ),
)


class ComposeProjects:
    """Brings projects up and takes them away."""

    def __init__(self, cli: ComposeCli, engine: DockerEngine, provisions: Provisions) -> None:
        self._cli = cli
        self._engine = engine
        self._provisions = provisions

    async def bring_up(
        self,
        project: Project,
        services: Sequence[str],
        files: AppFiles,
        name: str,
        voice: Voice,
        *options: str,
    ) -> None:
        """Create and start these services, of a project that is written as the file `name`.

        Their containers are created, connected to the project's joints, and only then started, so that none
        ever runs without a network that it needs. Killed anywhere in between, the next call finishes it.
        `options` are those of `up`. Raises `Failed` with what Compose or the engine complained about.
        """
        if not services:
            return
        await self._provisions.ensure(project)
        path = await files.write(name, project.document)
        base = ["-f", str(path), "--progress", "json", "up", "--no-build", "--pull", "never"]
        async with self._cli.project(project.name):
            await self._up([*base, "--no-start", *options, *services], project, voice, None)
            await self._join(project)
            await self._wake(project.name, project.document, services)
            if can_start_together(project.services[service] for service in services):
                # A second Compose takes longer to see what is to be started than the engine to start it.
                await self._start(project, services, voice)
                return
            kept = [option for option in options if option == "--no-deps"]
            await self._up([*base, "--detach", "--no-recreate", *kept, *services], project, voice, voice.say)

    async def _start(self, project: Project, services: Sequence[str], voice: Voice) -> None:
        """Start the services' containers, all at once."""
        listed = await self._engine.containers({PROJECT: project.name, ONE_OFF: "False"})
        waiting = [c for c in listed if c["Labels"].get(SERVICE) in services and c["State"] != "running"]
        try:
            await together(self._engine.start(container["Id"]) for container in waiting)
        except Failed as error:
            raise _not_started(project, voice.clean(error.message)) from None
        for container in waiting:
            voice.say(f"{container['Names'][0].lstrip('/')} started")

    async def _up(
        self, arguments: Sequence[str], project: Project, voice: Voice, on_line: Progress | None
    ) -> None:
        done = await self._cli.run(arguments, timeout_s=START_TIMEOUT_S, env=project.env, on_line=on_line)
        if done.status:
            raise _not_started(project, voice.clean(done.complaint))

    async def _join(self, project: Project) -> None:
        """Connect the project's containers to the joints that they aren't on yet."""
        if not project.joints:
            return
        for container in await self._engine.containers({PROJECT: project.name}):
            on = container["NetworkSettings"]["Networks"]
            for joint in project.joints.get(container["Labels"].get(SERVICE, ""), ()):
                if joint.network not in on:
                    await self._provisions.connect(container["Id"], joint.network, joint.aliases)

    async def _wake(self, project: str, document: Model, services: Sequence[str]) -> None:
        """Give stopped containers their restart policies back, which `rest` took."""
        listed = await self._engine.containers({PROJECT: project})
        stopped = [(c["Id"], c["Labels"].get(SERVICE, "")) for c in listed if c["State"] == "exited"]
        defined = document.get("services") or {}
        policies = {name: RestartPolicy.of(defined[name]) for name in services if name in defined}
        await together(
            self._engine.set_restart_policy(container, policies[service])
            for container, service in stopped
            if policies.get(service, NEVER) != NEVER
        )

    async def rest(self, containers: Sequence[Attributes]) -> None:
        """Stop containers for as long as nobody starts them again: not with the engine either."""
        await together(self._engine.set_restart_policy(c["Id"], NEVER) for c in containers)
        await self.stop(containers)

    async def restart(
        self, path: Path, document: Model, project: str, services: Sequence[str], voice: Voice
    ) -> None:
        """Start the project's containers again, in the order and with the waits of its file at `path`."""
        if not services:
            return
        known = Project(project, {"services": {}})
        options = ["up", "--no-build", "--pull", "never", "--detach", "--no-recreate"]
        async with self._cli.project(project):
            await self._wake(project, document, services)
            await self._up(["-f", str(path), "--progress", "json", *options, *services], known, voice, None)

    async def stop(self, containers: Iterable[Attributes]) -> None:
        """Stop containers, each within its own grace period; those that depend on others first."""
        for group in stopping_order({c["Id"]: _node(c) for c in containers if c["State"] != "exited"}):
            await together(self._engine.stop(container) for container in group)

    async def remove(self, containers: Sequence[Attributes], anonymous_volumes: bool = True) -> None:
        """Stop containers and remove them."""
        await self.stop(c for c in containers if c["State"] in {"running", "paused", "restarting"})
        await together(self._engine.remove(c["Id"], anonymous_volumes) for c in containers)


def _not_started(project: Project, complaint: str) -> Failed:
    hint = next((hint for pattern, hint in _HINTS if pattern.search(complaint)), "")
    return Failed(f"{project.name} can't be started: {complaint}", hint)


def _node(container: Attributes) -> tuple[str, frozenset[str]]:
    """A container's service and the services that it depends on, as Compose labels them."""
    labels = container["Labels"]
    needs = (item.split(":", 1)[0] for item in labels.get(DEPENDS_ON, "").split(","))
    return labels.get(SERVICE, ""), frozenset(filter(None, needs))
