"""The test stand: a daemon of its own on the real engine, and an app that costs next to nothing to serve."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bgd.client import Client
from tests.docker.daemon import RunningDaemon, running

APP = "bench"
IMAGE = "bgd/nginx:local"
ANSWER = """\
server {
    listen 80;
    access_log off;
    keepalive_requests 100000000;
    location / { return 200 "%s\\n"; }
}
"""
COMPOSE = """\
name: {app}
services:
  web:
    image: {image}
    command: [nginx, -g, "daemon off;"]
    stop_grace_period: 2s
    volumes: ["{directory}/{version}.conf:/etc/nginx/conf.d/default.conf:ro"]
x-bgd:
  route: {{service: web, port: 80}}
"""


class Stand:
    """A daemon with the app in both colours; each answers with its colour. Green is live."""

    def __init__(self, daemon: RunningDaemon) -> None:
        self.daemon = daemon
        self.client: Client = daemon.client
        self.door = f"127.0.0.1:{daemon.http_port}"
        self.live = "green"

    @property
    def idle(self) -> str:
        """The colour that a switch goes to."""
        return "blue" if self.live == "green" else "green"

    def switch(self) -> str:
        """Switch over the socket and return when it is done; who is live now."""
        told = self.client.switch(APP)
        self.live = told["to"]
        return self.live

    def address(self, color: str) -> str:
        """`IP:PORT` of a colour's front on the proxy's network, where this machine reaches it too."""
        (front,) = self.daemon.containers(f"bgd.app={APP}", f"bgd.color={color}")
        networks = front.attrs["NetworkSettings"]["Networks"]
        edge = next(name for name in networks if name.startswith("zz-"))
        return f"{networks[edge]['IPAddress']}:80"


def write_app(directory: Path, version: str, app: str = APP) -> Path:
    """The app's Compose file, in the version that answers so."""
    directory.mkdir(parents=True, exist_ok=True)
    conf = directory / f"{version}.conf"
    conf.write_text(ANSWER % version)
    conf.chmod(0o644)
    file = directory / "compose.yaml"
    file.write_text(COMPOSE.format(app=app, image=IMAGE, directory=directory, version=version))
    return file


def settle(daemon: RunningDaemon, app: str) -> None:
    """Wait until the app's old colour has drained: nobody does the next thing in the same second."""
    with daemon.client.events(app=app) as stream:
        stream.next(0.1)  # listening
        while any(color["state"] == "draining" for color in daemon.client.app(app)["colors"].values()):
            stream.next(1.0)


@contextmanager
def daemon_at(home: Path | None = None) -> Iterator[tuple[RunningDaemon, Path]]:
    """A running daemon and a directory for what its apps need; both are gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="bgd-bench-") as made:
        place = home or Path(made)
        place.chmod(0o755)  # containers run as other users
        with running(place / "daemon") as daemon:
            yield daemon, place


@contextmanager
def stand() -> Iterator[Stand]:
    """The test stand, ready."""
    with daemon_at() as (daemon, place):
        daemon.bgctl("add", str(write_app(place / "app", "blue")))
        daemon.bgctl("deploy", APP)
        write_app(place / "app", "green")
        daemon.bgctl("deploy", APP)
        yield Stand(daemon)
