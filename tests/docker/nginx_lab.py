"""A proxy of its own for a test, with fronts to send traffic to, and no trace of either afterwards."""

from __future__ import annotations

import contextlib
import secrets
import socket
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import docker
import pytest
from docker.types import NetworkingConfig

from bgd.adapters.compose_cli import ComposeCli
from bgd.adapters.docker_engine import DockerEngine
from bgd.adapters.nginx import NginxTraffic
from bgd.domain.color import Color
from bgd.domain.render.naming import DEFAULT_INSTANCE, Place
from bgd.domain.settings import Route
from bgd.domain.traffic import AppRoutes, edge_network
from tests.docker.leftovers import clear_label
from tests.docker.nginx_client import until

NGINX_IMAGE = "bgd/nginx:local"
WEB_IMAGE = "bgd/demo-web:local"
MIRROR = Path(__file__).with_name("nginx_mirror.py")


def connect() -> docker.APIClient:
    """A client of the engine that the environment names."""
    return docker.APIClient(base_url="unix:///var/run/docker.sock", version="auto", timeout=30)


def free_port() -> int:
    """A port of the loopback that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def routes(
    app: str,
    live: Color | None,
    *,
    hosts: tuple[str, ...] = (),
    path: str = "/",
    green: Route | None = None,
    shifts: bool = False,
) -> AppRoutes:
    """An app's line of the table; its front is `web` on port 8000, in green what `green` says."""
    route = Route("web", 8000, hosts, path)
    return AppRoutes(app, live, {Color.BLUE: route, Color.GREEN: green or route}, shifts=shifts)


class Lab:
    """One instance of bgd's proxy on the shared engine, and containers on its edge network."""

    def __init__(self, state_dir: Path, compose: ComposeCli, client: docker.APIClient) -> None:
        self.instance = f"test-{secrets.token_hex(3)}"
        self.state_dir = state_dir
        self.client = client
        self.compose = compose
        self.engine = DockerEngine()
        self.http = f"127.0.0.1:{free_port()}"
        self.preview = f"127.0.0.1:{free_port()}"
        self._opened: list[NginxTraffic] = []
        self.traffic = self.daemon()

    def daemon(self, **changed: Any) -> NginxTraffic:
        """The adapter as a daemon of this instance would make it; `changed` are other settings."""
        settings = {
            "state_dir": self.state_dir,
            "instance": self.instance,
            "http": self.http,
            "preview": self.preview,
            "image": NGINX_IMAGE,
            "compose": self.compose,
            "engine": self.engine,
            **changed,
        }
        made = NginxTraffic(**settings)
        self._opened.append(made)
        return made

    @property
    def proxy(self) -> str:
        """The name of the proxy's container."""
        return f"{self.instance}-proxy-nginx-1"

    def inspect(self) -> Mapping[str, Any]:
        """What the engine says of the proxy's container."""
        details: Mapping[str, Any] = self.client.inspect_container(self.proxy)
        return details

    def front(
        self, app: str, color: Color, *, mirror: bool = False, is_deaf: bool = False, copy: int = 1
    ) -> str:
        """Start a front that calls itself `color`; the address it has on the edge.

        A mirror says what it was sent, a deaf one listens on no port; copies share one name there.
        """
        edge = edge_network(self.instance)
        alias = Place(DEFAULT_INSTANCE, app).edge_alias(color, "web")
        command = ["sleep", "600"] if is_deaf else ["python3", "/mirror.py"] if mirror else None
        endpoints: Any = {edge: self.client.create_endpoint_config(aliases=[alias])}
        made = self.client.create_container(
            WEB_IMAGE,
            command=command,
            name=f"{self.instance}-{alias}-{copy}",
            environment={"VERSION": str(color)},
            labels={"bgd.instance": self.instance},
            host_config=self.client.create_host_config(
                network_mode=edge, binds=[f"{MIRROR}:/mirror.py:ro"], init=True
            ),
            networking_config=NetworkingConfig(endpoints),
        )
        self.client.start(made["Id"])
        networks = self.client.inspect_container(made["Id"])["NetworkSettings"]["Networks"]
        return str(networks[edge]["IPAddress"])

    async def go_live(self, color: Color) -> None:
        """Move the shop's traffic, and reload after it, as the engine does."""
        await self.traffic.switch("shop", color)
        await self.traffic.apply((routes("shop", color),))

    async def begin(self, traffic: NginxTraffic | None = None) -> None:
        """Start the proxy with both colours of a shop, of which none is live."""
        await (traffic or self.traffic).start((routes("shop", None),))
        for color in Color:
            self.front("shop", color)
        await until(self.preview, "shop", "/version", version="blue")

    async def begin_anew(self) -> None:
        """The same again, whatever a test has moved or closed."""
        await self.traffic.apply((routes("shop", None),))
        await self.traffic.forget("shop")
        assert await self.traffic.closures("shop") == frozenset()

    async def close(self) -> None:
        """Remove all that has this instance's label, whatever the test did."""
        for each in self._opened:
            each.close()
        await self.engine.close()
        with contextlib.closing(docker.from_env()) as engine:
            clear_label(engine, f"bgd.instance={self.instance}")


@contextlib.asynccontextmanager
async def opened(state_dir: Path) -> AsyncIterator[Lab]:
    """A lab for the length of a block."""
    client = connect()
    try:
        for image in (NGINX_IMAGE, WEB_IMAGE):
            if not client.images(name=image):
                pytest.fail(f"the engine has no image {image}: run `make images`")
        lab = Lab(state_dir, await ComposeCli.find(), client)
        try:
            yield lab
        finally:
            await lab.close()
    finally:
        client.close()
