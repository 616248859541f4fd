"""The proxy's container, through the engine's API."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from docker import APIClient

from bgd.adapters.nginx.workers import LISTING, workers_listed
from bgd.domain.nginx_layout import CANDIDATE, DIRECTORY, LOG_DIRECTORY
from bgd.domain.nginx_version import Version, version_in
from bgd.errors import NotFound

SERVICE = "nginx"
LOG_LINES = 50
VERSION = ["nginx", "-v"]
VERSION_TIMEOUT_S = 20

Result = TypeVar("Result")


class Engine(Protocol):
    """What is needed of the engine: `bgd.adapters.docker_engine` has it."""

    async def call(self, function: Callable[[APIClient], Result]) -> Result:
        """Run `function` with a client, on a thread. Raises `BgError`."""


@dataclass(frozen=True, slots=True)
class Found:
    """The proxy's container as it is. `pid` is the master's on the host, 0 when it doesn't run."""

    id: str
    status: str  # Docker's word
    pid: int
    started_at: str
    restarts: int
    labels: Mapping[str, str]
    directory: str  # what is mounted for its configuration
    logs: str  # and for its access log

    @property
    def is_up(self) -> bool:
        """It isn't stopped: it may be paused or about to start again, and mostly has its ports."""
        return self.status in ("running", "paused", "restarting")

    @property
    def is_running(self) -> bool:
        """It runs, and isn't between two attempts to start."""
        return self.status == "running" and self.pid > 0


class Proxy:
    """Finds the container by Compose's labels each time: its name may be a leftover's, its id changes."""

    def __init__(self, engine: Engine, project: str) -> None:
        self._engine = engine
        self._instance = project.removesuffix("-proxy")
        self._labels = [
            f"com.docker.compose.project={project}",
            f"com.docker.compose.service={SERVICE}",
        ]

    async def find(self) -> Found | None:
        """The container, whatever its state; of several the youngest."""

        def look(client: APIClient) -> Found | None:
            listed = client.containers(all=True, filters={"label": self._labels})
            for entry in sorted(listed, key=lambda one: int(one["Created"]), reverse=True):
                return _found(client.inspect_container(entry["Id"]))
            return None

        try:
            return await self._engine.call(look)
        except NotFound:  # it went between the two questions
            return None

    async def test(self, container: str) -> str:
        """What nginx has against the candidate, in its own words; nothing when it takes it."""

        def run(client: APIClient) -> str:
            command = ["nginx", "-t", "-q", "-e", "stderr", "-c", f"{DIRECTORY}/{CANDIDATE}"]
            made = client.exec_create(container, command)
            told: bytes = client.exec_start(made["Id"])
            status = client.exec_inspect(made["Id"])["ExitCode"]
            text = told.decode(errors="replace").strip()
            return "" if status == 0 else (text or f"`{shlex.join(command)}` ended with {status}")

        return complaint_in(await self._engine.call(run))

    async def hang_up(self, container: str) -> None:
        """Tell nginx to read its configuration anew (SIGHUP).

        By the API: 11 ms, where an exec of `nginx -s reload` takes 46. It would break a restart policy
        other than this project's; see its compose.yaml.
        """
        await self._engine.call(lambda client: client.kill(container, "HUP"))

    async def version(self, container: str) -> Version | None:
        """Which nginx runs there; `None` where it doesn't say."""

        def run(client: APIClient) -> str:
            made = client.exec_create(container, VERSION)
            told: bytes = client.exec_start(made["Id"])
            return told.decode(errors="replace")

        return version_in(await self._engine.call(run))

    async def version_of_image(self, image: str) -> Version | None:
        """Which nginx an image has, by a container that says it and is gone. Raises `NotFound`."""

        def run(client: APIClient) -> str:
            config = client.create_host_config(network_mode="none")
            labels = {"bgd.instance": self._instance}
            made = client.create_container(image, entrypoint=VERSION, labels=labels, host_config=config)
            try:
                client.start(made["Id"])
                client.wait(made["Id"], timeout=VERSION_TIMEOUT_S)
                told: bytes = client.logs(made["Id"])
                return told.decode(errors="replace")
            finally:
                client.remove_container(made["Id"], force=True)

        return version_in(await self._engine.call(run))

    async def reopen(self, container: str) -> None:
        """Tell nginx to open its log anew (USR1), by the API: see `hang_up`."""
        await self._engine.call(lambda client: client.kill(container, "USR1"))

    async def workers(self, container: str) -> Mapping[int, bool]:
        """The worker processes by their pid in the container; true while one only ends what it began."""

        def look(client: APIClient) -> Mapping[int, bool]:
            made = client.exec_create(container, ["sh", "-c", LISTING], stderr=False)
            return workers_listed(client.exec_start(made["Id"]))

        return await self._engine.call(look)

    async def complaint(self, container: str, since_s: float = 0) -> str:
        """nginx's last reason for not starting or not reloading, since that time (seconds of the epoch)."""

        def read(client: APIClient) -> str:
            logs: bytes = client.logs(
                container, stdout=False, stderr=True, tail=LOG_LINES, since=since_s or None
            )
            return logs.decode(errors="replace")

        lines = [line for line in (await self._engine.call(read)).splitlines() if "[emerg]" in line]
        return complaint_in(lines[-1]) if lines else ""

    async def tcp_tables(self, container: str) -> str:
        """The container's `/proc/net/tcp` and `tcp6`, read inside: for engines whose /proc isn't ours."""

        def run(client: APIClient) -> str:
            made = client.exec_create(container, ["cat", "/proc/net/tcp", "/proc/net/tcp6"], stderr=False)
            told: bytes = client.exec_start(made["Id"])
            return told.decode(errors="replace")

        return await self._engine.call(run)


def complaint_in(text: str) -> str:
    """nginx's message without its prefixes and the container's path: `unknown directive "x" in line 12`."""
    lines = [line for line in text.splitlines() if line.strip()]
    told = next((line for line in lines if "[emerg]" in line), lines[0] if lines else "")
    message = told.partition("[emerg]")[2] or told
    # `[emerg] 7#7: host not found …`: the process and thread are nobody's concern.
    _, colon, rest = message.partition("#")[2].partition(": ")
    return (rest if colon else message).strip().removeprefix("nginx: ")


def _found(details: Mapping[str, Any]) -> Found:
    state = details["State"]
    mounts = {mount["Destination"]: mount.get("Source", "") for mount in details["Mounts"]}
    return Found(
        id=details["Id"],
        status=state["Status"],
        pid=state["Pid"],
        started_at=state["StartedAt"],
        restarts=details["RestartCount"],
        labels=details["Config"]["Labels"] or {},
        directory=mounts.get(DIRECTORY, ""),
        logs=mounts.get(LOG_DIRECTORY, ""),
    )
