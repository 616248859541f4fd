"""The proxy's Compose project: its settings, its network, its ports; brought up and down."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from importlib.resources import as_file, files
from ipaddress import IPv4Network
from pathlib import Path

from docker import APIClient
from docker.types import IPAMConfig, IPAMPool

from bgd.adapters.compose_cli import ComposeCli
from bgd.adapters.nginx.door import Door
from bgd.adapters.nginx.proxy import Engine
from bgd.adapters.taken_subnets import routed, subnets_of
from bgd.domain.subnet import free_subnet
from bgd.domain.traffic import edge_network
from bgd.errors import Failed, InvalidInput, Occupied

UP_TIMEOUT_S = 300.0  # the image may have to be pulled
DOWN_TIMEOUT_S = 60.0
EDGE_PREFIX_BITS = 22
"""Room for a thousand fronts; a small one, as a host has only so many private addresses."""
NETWORK_TRIES = 20

LABEL_INSTANCE = "bgd.instance"
LABEL_HTTP, LABEL_PREVIEW, LABEL_IMAGE = "bgd.http", "bgd.preview", "bgd.image"

_TAKEN = re.compile(r"address already in use|port is already allocated", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Settings:
    """What a proxy that runs can't change. Raises `InvalidInput` for doors that can't both be open."""

    http: Door
    preview: Door
    image: str

    def __post_init__(self) -> None:
        if self.http.overlaps(self.preview):
            raise InvalidInput(
                f"--http {self.http} and --preview {self.preview} are one address",
                "give one of them another port",
            )

    def doors(self) -> tuple[tuple[Door, str], ...]:
        """The addresses on the host, and the options that set them."""
        return (self.http, "--http"), (self.preview, "--preview")

    @classmethod
    def of(cls, labels: Mapping[str, str]) -> Settings | None:
        """What a container was made with; `None` for one whose labels don't say it."""
        try:
            http, preview = (Door.parse(labels[name]) for name in (LABEL_HTTP, LABEL_PREVIEW))
            return cls(http, preview, labels[LABEL_IMAGE])
        except (KeyError, InvalidInput):
            return None


class Project:
    """`INSTANCE-proxy`."""

    def __init__(
        self, instance: str, directory: Path, logs: Path, compose: ComposeCli, engine: Engine
    ) -> None:
        self.name = f"{instance}-proxy"
        self.edge = edge_network(instance)
        self._instance = instance
        self._directory = directory
        self._logs = logs
        self._compose = compose
        self._engine = engine
        self._made_edge = False

    async def up(self, settings: Settings) -> None:
        """Make the proxy anew with these settings, and start it; the network first, where it is missing.

        Raises `Failed`: a port that is taken, an image that can't be had.
        """
        await self._ensure_edge()
        done = await self._run(settings, UP_TIMEOUT_S, "up", "--detach", "--force-recreate")
        if done:
            raise failure(settings, done)

    def keep(self) -> None:
        """The proxy is up: the network that was made for it isn't `discard`'s to remove any more."""
        self._made_edge = False

    async def gateway(self) -> str:
        """This machine's address on the network, which is made where it is missing.

        What comes from here by a published port comes from there to nginx.
        """
        await self._ensure_edge()

        def look(client: APIClient) -> str:
            (pool,) = client.inspect_network(self.edge)["IPAM"]["Config"]
            return str(pool.get("Gateway") or next(IPv4Network(pool["Subnet"]).hosts()))

        return await self._engine.call(look)

    async def pull(self, settings: Settings) -> None:
        """Have the image on this host. Raises `Failed`."""
        if complaint := await self._run(settings, UP_TIMEOUT_S, "pull", "--quiet"):
            raise failure(settings, complaint)

    async def discard(self, settings: Settings) -> None:
        """Remove the proxy that `up` made, and the network if `up` made it.

        Not a network that was there before: stopped containers may belong to it, and it wouldn't show.
        """
        if complaint := await self._run(settings, DOWN_TIMEOUT_S, "down"):
            raise Failed(f"the proxy can't be removed: {complaint}")
        if self._made_edge:
            await self.remove_edge()

    async def down(self, settings: Settings) -> None:
        """Remove the proxy, and its network unless an app is on it."""
        self._made_edge = True
        await self.discard(settings)

    async def _ensure_edge(self) -> None:
        """Make the edge network, with a small subnet of its own that nothing else uses.

        Not Compose's doing: told another subnet, or grown up to another way of hashing it, Compose takes
        a network down to make it anew, and with it every app.
        """
        refused: list[IPv4Network] = []
        for tries_left in reversed(range(NETWORK_TRIES)):
            try:
                self._made_edge |= await self._engine.call(partial(self._create_edge, refused))
            except Failed as error:
                # Somebody else took the subnet between the look and the creation.
                if not tries_left or "overlap" not in error.message:
                    raise
            else:
                return

    async def remove_edge(self) -> None:
        """Remove the network, unless something is on it."""

        def remove(client: APIClient) -> None:
            for network in client.networks(names=[self.edge]):
                if network["Name"] == self.edge and not client.inspect_network(network["Id"])["Containers"]:
                    client.remove_network(network["Id"])

        await self._engine.call(remove)

    def _create_edge(self, refused: list[IPv4Network], client: APIClient) -> bool:
        """Make the network where it is missing, on no `refused` subnet, and tell whether it was."""
        existing = client.networks()
        if any(network["Name"] == self.edge for network in existing):
            return False
        taken = [*routed(), *subnets_of(existing), *refused]
        refused.append(free_subnet(taken, EDGE_PREFIX_BITS))
        pool = IPAMPool(subnet=str(refused[-1]))
        client.create_network(
            self.edge,
            driver="bridge",
            ipam=IPAMConfig(pool_configs=[pool]),
            check_duplicate=True,
            labels={LABEL_INSTANCE: self._instance},
        )
        return True

    async def _run(self, settings: Settings, timeout_s: float, *arguments: str) -> str:
        """Run Compose on the project; its complaint, or nothing."""
        with as_file(files("compose") / "proxy" / "compose.yaml") as file:
            async with self._compose.project(self.name):
                done = await self._compose.run(
                    ["--project-name", self.name, "--file", str(file), *arguments],
                    timeout_s=timeout_s,
                    env=self._variables(settings),
                )
        return done.complaint if done.status else ""

    def _variables(self, settings: Settings) -> Mapping[str, str]:
        # nginx's own user in the official image. A daemon that isn't root runs it as itself: then even a
        # broken nginx can do no more than whoever started it, and its /proc can be read.
        uid, gid = (os.getuid(), os.getgid()) if os.getuid() else (101, 101)
        return {
            "BGD_INSTANCE": self._instance,
            "BGD_EDGE": self.edge,
            "BGD_PROXY_IMAGE": settings.image,
            "BGD_PROXY_USER": f"{uid}:{gid}",
            "BGD_PROXY_OWNER": f"uid={uid},gid={gid}",
            "BGD_PROXY_DIRECTORY": str(self._directory),
            "BGD_PROXY_LOGS": str(self._logs),
            "BGD_HTTP": str(settings.http),
            "BGD_HTTP_HOST": settings.http.host,
            "BGD_HTTP_PORT": str(settings.http.port),
            "BGD_PREVIEW": str(settings.preview),
            "BGD_PREVIEW_HOST": settings.preview.host,
            "BGD_PREVIEW_PORT": str(settings.preview.port),
        }


def failure(settings: Settings, complaint: str) -> Failed:
    """What to tell when Compose couldn't start the proxy."""
    if _TAKEN.search(complaint):
        for door, option in settings.doors():
            if re.search(rf":{door.port}(?!\d)", complaint):
                return taken(door, option)
    return Failed(f"the proxy can't be started: {complaint}", f"its image is {settings.image}")


def taken(door: Door, option: str) -> Occupied:
    """What to tell when another program listens where the proxy is to."""
    return Occupied(
        f"{door} is taken: something else listens there already",
        f"`ss -ltnp 'sport = :{door.port}'` shows what: stop it, or give bgd another {option} ADDR:PORT",
    )
