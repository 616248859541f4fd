"""A real daemon as a process, on the real engine, with an instance name and ports of its own."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

import docker

from bgd.client import Client
from bgd.errors import BgError
from tests.docker.leftovers import clear_instance

READY_WITHIN_S = 60.0
END_WITHIN_S = 20.0
VERB_WITHIN_S = 180.0
PROXY_IMAGE = "bgd/nginx:local"


def free_port() -> int:
    """A loopback port that nobody has at this moment."""
    with socket.socket() as asking:
        asking.bind(("127.0.0.1", 0))
        return int(asking.getsockname()[1])


class RunningDaemon:
    """One daemon: its files below `home`, its names on the engine behind `instance`."""

    program: tuple[str, ...] = ("-m", "bgd.main")
    """What Python runs as the daemon."""

    prefix: tuple[str, ...] = ()
    """What goes before it, such as a command that enters a network."""
    environment: Mapping[str, str] = MappingProxyType({})
    """What it and bgctl get beside the test's own environment."""

    def __init__(self, home: Path, python: str = sys.executable, engine_url: str | None = None) -> None:
        self.home = home
        self.python = python
        home.mkdir(parents=True, exist_ok=True)
        self.instance = f"t{secrets.token_hex(3)}"
        self.socket = home / "run" / "bgd.sock"
        self.state_dir = home / "state"
        self.http_port, self.preview_port = free_port(), free_port()
        self.log = home / "bgd.log"
        self.client = Client(str(self.socket))
        self.engine = docker.DockerClient(engine_url) if engine_url else docker.from_env()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The public listener."""
        return f"http://127.0.0.1:{self.http_port}"

    @property
    def preview(self) -> str:
        """The preview listener."""
        return f"http://127.0.0.1:{self.preview_port}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        arguments = {
            "--socket": str(self.socket),
            "--state-dir": str(self.state_dir),
            "--http": f"127.0.0.1:{self.http_port}",
            "--preview": f"127.0.0.1:{self.preview_port}",
            "--proxy-image": PROXY_IMAGE,
            "--instance": self.instance,
        }
        words = [word for pair in arguments.items() for word in pair]
        paths = f"{os.environ['PATH']}:{Path(sys.executable).parent}"  # Compose is there
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*self.prefix, self.python, *self.program, *words],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                env={**os.environ, **self.environment, "PATH": paths},
                cwd=self.home,  # not the checkout: what is installed is what runs
            )
        deadline = time.monotonic() + READY_WITHIN_S
        while True:
            try:
                self.client.daemon()
                return
            except BgError:
                if self._process.poll() is not None:
                    raise AssertionError(
                        f"bgd ended with {self._process.returncode}:\n{self.words()}"
                    ) from None
                if time.monotonic() > deadline:
                    raise AssertionError(f"bgd didn't answer in time:\n{self.words()}") from None
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self._process.wait(0.05)

    def words(self) -> str:
        """What it logged."""
        return self.log.read_text(errors="replace")[-6000:]

    def end(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and wait for the end; the exit status."""
        process = self._process
        assert process is not None
        process.send_signal(number)
        try:
            return process.wait(END_WITHIN_S)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
            self._process = None

    def bgctl(self, *arguments: str, status: int | None = 0) -> subprocess.CompletedProcess[str]:
        """Run bgctl; fails the test when it doesn't end with `status`."""
        command = [str(Path(self.python).with_name("bgctl")), *arguments]
        environment = {**os.environ, "BGD_SOCKET": str(self.socket), "NO_COLOR": "1"}
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=VERB_WITHIN_S, check=False
        )
        if status is not None:
            told = f"bgctl {' '.join(arguments)} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
            assert done.returncode == status, f"{told}\n--- daemon:\n{self.words()}"
        return done

    def json(self, *arguments: str, status: int = 0) -> dict[str, Any]:
        """The JSON document that bgctl prints."""
        return cast("dict[str, Any]", json.loads(self.bgctl(*arguments, "--json", status=status).stdout))

    def finished(self, *arguments: str, status: int = 0) -> dict[str, Any]:
        """The last line of bgctl's JSON lines: how a deployment ended."""
        lines = self.bgctl(*arguments, "--json", status=status).stdout.splitlines()
        return cast("dict[str, Any]", json.loads(lines[-1]))

    def containers(self, *labels: str) -> list[Any]:
        """The containers of this instance, by further labels."""
        wanted = [f"bgd.instance={self.instance}", *labels]
        return list(self.engine.containers.list(all=True, filters={"label": wanted}))

    def ids(self, app: str, color: str) -> set[str]:
        """The ids of a colour's containers."""
        return {str(c.id) for c in self.containers(f"bgd.app={app}", f"bgd.color={color}")}

    def clear(self) -> None:
        """End it, and remove everything that bears its label."""
        if self._process is not None:
            self.end(signal.SIGKILL)
        clear_instance(self.engine, self.instance)
        self.engine.close()


@contextlib.contextmanager
def running(home: Path, python: str = sys.executable) -> Iterator[RunningDaemon]:
    """A started daemon, and nothing left of it afterwards."""
    daemon = RunningDaemon(home, python)
    try:
        daemon.start()
        yield daemon
    finally:
        daemon.clear()
