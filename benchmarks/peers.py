"""Other proxies in front of the same two colours, each switched by its own best means."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from benchmarks.tools import Tool, tool
from tests.docker.daemon import free_port

READY_WITHIN_S = 15.0
COLORS = ("blue", "green")


class Peer(ABC):
    """A proxy as a process of this machine. `fronts` are the colours' `IP:PORT`; green is live first."""

    program: str
    means: str

    def __init__(self, home: Path, fronts: Mapping[str, str]) -> None:
        self.home = home
        self.fronts = fronts
        self.port = free_port()
        self.door = f"127.0.0.1:{self.port}"
        self.live = "green"
        self._process: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def arguments(self) -> Sequence[str]:
        """How it is started in the foreground; writes what it reads."""

    @abstractmethod
    def move(self, to: str) -> None:
        """Move the traffic; returns when the proxy says that it did, or at once where it says nothing."""

    def switch(self) -> str:
        """To the other colour; who is live now."""
        to = next(color for color in COLORS if color != self.live)
        self.move(to)
        self.live = to
        return to

    @property
    def pid(self) -> int:
        """The process that takes signals."""
        assert self._process is not None
        return self._process.pid

    def start(self, program: Tool) -> None:
        """Start it and wait until it serves. Raises `RuntimeError`."""
        with (self.home / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [program.path, *self.arguments()],
                env={**os.environ, **program.environment, "HOME": str(self.home)},
                cwd=self.home,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + READY_WITHIN_S
        while not _answers(self.port):
            if self._process.poll() is not None or time.monotonic() > deadline:
                said = (self.home / "log").read_text(errors="replace")[-2000:]
                raise RuntimeError(f"{self.program} doesn't serve:\n{said}")
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(0.05)

    def close(self) -> None:
        """End it."""
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()


class PlainNginx(Peer):
    """nginx as most people switch it: the upstream rewritten, then a reload."""

    program = "nginx"
    means = "reload"

    def arguments(self) -> Sequence[str]:
        self._write()
        return ["-p", str(self.home), "-e", str(self.home / "error.log"), "-c", str(self.home / "nginx.conf")]

    def move(self, to: str) -> None:
        self.live = to
        self._write()
        os.kill(self.pid, signal.SIGHUP)

    def _write(self) -> None:
        spare = self.home / "nginx.conf.new"
        spare.write_text(f"""\
daemon off; worker_processes 2; pid {self.home}/pid; {"user root;" if os.geteuid() == 0 else ""}
events {{ worker_connections 1024; }}
http {{
  access_log off; keepalive_requests 1000000;
  client_body_temp_path {self.home}/b; proxy_temp_path {self.home}/p; fastcgi_temp_path {self.home}/f;
  uwsgi_temp_path {self.home}/u; scgi_temp_path {self.home}/s;
  upstream app {{ server {self.fronts[self.live]}; keepalive 64; }}
  server {{ listen 127.0.0.1:{self.port}; location / {{
    proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection ""; }} }}
}}
""")
        spare.rename(self.home / "nginx.conf")


class HAProxy(Peer):
    """HAProxy with a map that chooses the backend, changed over its runtime socket."""

    program = "haproxy"
    means = "runtime map"

    def arguments(self) -> Sequence[str]:
        (self.home / "live.map").write_text("live green\n")
        backends = "\n".join(f"backend {c}\n  server one {self.fronts[c]}" for c in COLORS)
        (self.home / "haproxy.cfg").write_text(f"""\
global
  stats socket {self.home}/admin.sock level admin
defaults
  mode http
  timeout connect 1s
  timeout client 60s
  timeout server 60s
frontend in
  bind 127.0.0.1:{self.port}
  use_backend %[str(live),map({self.home}/live.map,green)]
{backends}
""")
        return ["-f", str(self.home / "haproxy.cfg")]

    def move(self, to: str) -> None:
        with socket.socket(socket.AF_UNIX) as admin:
            admin.connect(str(self.home / "admin.sock"))
            admin.sendall(f"set map {self.home}/live.map live {to}\n".encode())
            admin.recv(4096)


class Caddy(Peer):
    """Caddy, its upstream replaced over the admin API."""

    program = "caddy"
    means = "admin API"

    def arguments(self) -> Sequence[str]:
        self._admin = free_port()
        route = {
            "handle": [{"@id": "proxy", "handler": "reverse_proxy", "upstreams": self._upstreams("green")}]
        }
        server = {
            "listen": [f"127.0.0.1:{self.port}"],
            "routes": [route],
            "automatic_https": {"disable": True},
        }
        config = {
            "admin": {"listen": f"127.0.0.1:{self._admin}", "config": {"persist": False}},
            "logging": {"logs": {"default": {"level": "ERROR"}}},
            "apps": {"http": {"servers": {"in": server}}},
        }
        (self.home / "caddy.json").write_text(json.dumps(config))
        return ["run", "--config", str(self.home / "caddy.json")]

    def move(self, to: str) -> None:
        admin = http.client.HTTPConnection("127.0.0.1", self._admin, timeout=10)
        body = json.dumps(self._upstreams(to))
        admin.request("PATCH", "/id/proxy/upstreams", body, {"Content-Type": "application/json"})
        answer = admin.getresponse()
        told = answer.read()
        admin.close()
        if answer.status != 200:
            raise RuntimeError(f"Caddy refuses: {told.decode()}")

    def _upstreams(self, color: str) -> list[dict[str, str]]:
        return [{"dial": self.fronts[color]}]


class Envoy(Peer):
    """Envoy, its routes in a file that it watches."""

    program = "envoy"
    means = "watched route file"

    def arguments(self) -> Sequence[str]:
        self._route("green")
        hcm = "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3"
        router = "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"
        source = {"path_config_source": {"path": str(self.home / "rds.json")}, "resource_api_version": "V3"}
        manager = {
            "@type": f"{hcm}.HttpConnectionManager",
            "stat_prefix": "in",
            "rds": {"route_config_name": "live", "config_source": source},
            "http_filters": [{"name": "envoy.filters.http.router", "typed_config": {"@type": router}}],
        }
        listener = {
            "address": _socket_address(self.door),
            "filter_chains": [{"filters": [{"name": "hcm", "typed_config": manager}]}],
        }
        clusters = [
            {
                "name": color,
                "type": "STATIC",
                "connect_timeout": "1s",
                "load_assignment": {
                    "cluster_name": color,
                    "endpoints": [
                        {"lb_endpoints": [{"endpoint": {"address": _socket_address(self.fronts[color])}}]}
                    ],
                },
            }
            for color in COLORS
        ]
        static = {"listeners": [listener], "clusters": clusters}
        config = {"node": {"id": "bench", "cluster": "bench"}, "static_resources": static}
        (self.home / "envoy.json").write_text(json.dumps(config))
        concurrency = ["--concurrency", "2", "--use-dynamic-base-id"]
        return ["-c", str(self.home / "envoy.json"), *concurrency, "--log-level", "warning"]

    def move(self, to: str) -> None:
        self._route(to)

    def _route(self, color: str) -> None:
        routes = [{"match": {"prefix": "/"}, "route": {"cluster": color}}]
        live = {
            "@type": "type.googleapis.com/envoy.config.route.v3.RouteConfiguration",
            "name": "live",
            "virtual_hosts": [{"name": "all", "domains": ["*"], "routes": routes}],
        }
        spare = self.home / "rds.json.new"
        spare.write_text(json.dumps({"version_info": str(time.time()), "resources": [live]}))
        spare.rename(self.home / "rds.json")


PEERS: Sequence[type[Peer]] = (PlainNginx, HAProxy, Caddy, Envoy)


@contextlib.contextmanager
def serving(kind: type[Peer], fronts: Mapping[str, str]) -> Iterator[Peer]:
    """A peer that serves; gone afterwards. Raises `Missing` where it can't be had."""
    program = tool(kind.program)
    with tempfile.TemporaryDirectory(prefix="bgd-bench-") as home:
        peer = kind(Path(home), fronts)
        try:
            peer.start(program)
            yield peer
        finally:
            peer.close()


def _socket_address(door: str) -> dict[str, dict[str, str | int]]:
    host, _, port = door.rpartition(":")
    return {"socket_address": {"address": host, "port_value": int(port)}}


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/", headers={"Host": "bench"})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
