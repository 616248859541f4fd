"""A Docker engine of the tests' own, in a network of its own: it can be stopped, killed and started again.

Nothing of the machine's engine is touched: another data directory, another socket, other bridges and
firewall rules. Whoever talks to a port in there enters the network first.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeVar

import docker

T = TypeVar("T")

CLONE_NEWNET = 0x40000000
START_WITHIN_S = 60.0
END_WITHIN_S = 60.0
IMAGES = ("bgd/nginx:local", "bgd/demo-web:local")


class OwnEngine:
    """One dockerd. `home` must be short: sockets are in it."""

    def __init__(self, home: Path, *options: str) -> None:
        self.home = home
        self.options = options
        home.mkdir(parents=True)
        self.url = f"unix://{home / 'sock'}"
        # A network outlives its last process only while something holds it: this does.
        self._network = subprocess.Popen(
            ["unshare", "--net", "sh", "-c", "ip link set lo up && echo up && exec cat"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._network.stdout is not None
        assert self._network.stdout.readline() == b"up\n"
        self._engine: subprocess.Popen[bytes] | None = None

    @property
    def is_up(self) -> bool:
        """Whether it runs."""
        return self._engine is not None

    @property
    def inside(self) -> tuple[str, ...]:
        """What goes before a command that is to run in the engine's network."""
        return ("nsenter", "--target", str(self._network.pid), "--net")

    @property
    def environment(self) -> dict[str, str]:
        """What makes Docker's clients find it."""
        return {"DOCKER_HOST": self.url}

    def enter(self) -> None:
        """Put the calling thread into the engine's network, for as long as it lives."""
        handle = os.open(f"/proc/{self._network.pid}/ns/net", os.O_RDONLY)
        try:
            libc = ctypes.CDLL(None, use_errno=True)
            if libc.setns(handle, CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), "setns")
        finally:
            os.close(handle)

    def within(self, call: Callable[[], T]) -> T:
        """The result of `call`, made in the engine's network."""
        made: list[T] = []

        def run() -> None:
            self.enter()
            made.append(call())

        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
        return made[0]

    def start(self) -> None:
        """Start it and wait until it answers."""
        with (self.home / "log").open("ab") as log:
            self._engine = subprocess.Popen(
                [
                    *self.inside,
                    "dockerd",
                    f"--data-root={self.home / 'data'}",
                    f"--exec-root={self.home / 'exec'}",
                    f"--pidfile={self.home / 'pid'}",
                    f"--host={self.url}",
                    "--log-level=warn",
                    *self.options,
                ],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_WITHIN_S
        while not self._answers():
            assert self._engine.poll() is None, (self.home / "log").read_text()[-3000:]
            assert time.monotonic() < deadline, (self.home / "log").read_text()[-3000:]
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._engine.wait(0.1)

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as asking:
            try:
                asking.settimeout(5)
                asking.connect(str(self.home / "sock"))
                asking.sendall(b"GET /_ping HTTP/1.0\r\n\r\n")
                return b" 200 " in asking.recv(64)
            except OSError:
                return False

    def stop(self) -> None:
        """Stop it as a service manager does."""
        self._end(signal.SIGTERM)

    def crash(self) -> None:
        """Pull the plug of the whole host: the engine and every container, at once."""
        doomed = list(self._processes())
        for pid in doomed:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._end(signal.SIGKILL)
        deadline = time.monotonic() + END_WITHIN_S
        while any(Path(f"/proc/{pid}/exe").exists() for pid in doomed):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        for left in (self.home / "exec", self.home / "pid"):  # what is in /run is gone after a boot
            _unmount_below(left)
            shutil.rmtree(left, ignore_errors=True)
            left.unlink(missing_ok=True)

    def _end(self, number: signal.Signals) -> None:
        if self._engine is None:
            return
        with contextlib.suppress(ProcessLookupError):
            self._engine.send_signal(number)
        self._engine.wait(END_WITHIN_S)
        self._engine = None

    def _processes(self) -> Iterator[int]:
        """Everything of this engine: what has its directory in its command line, and the children of that."""
        parents: dict[int, int] = {}
        roots: set[int] = set()
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            with contextlib.suppress(OSError):
                pid = int(entry.name)
                parents[pid] = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
                if str(self.home).encode() in (entry / "cmdline").read_bytes() and pid != os.getpid():
                    roots.add(pid)
        for pid in parents:
            above = pid
            while above in parents and above not in roots:
                above = parents[above]
            if above in roots:
                yield pid

    def load(self, images: Iterable[str] = IMAGES) -> None:
        """Give it images of the machine's engine."""
        with (
            contextlib.closing(docker.from_env()) as there,
            contextlib.closing(docker.DockerClient(self.url, timeout=120)) as here,
        ):
            for name in images:
                with (self.home / "image.tar").open("w+b") as file:
                    file.writelines(there.images.get(name).save(named=name))
                    file.seek(0)
                    here.images.load(file)

    def clear(self) -> None:
        """End it, and leave nothing."""
        if self._engine is not None:
            self.crash()
        self._network.kill()
        self._network.communicate()
        _unmount_below(self.home)
        shutil.rmtree(self.home, ignore_errors=True)


def _unmount_below(directory: Path) -> None:
    mounted = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
    for place in sorted((m for m in mounted if m.startswith(f"{directory}/")), reverse=True):
        subprocess.run(["umount", "--lazy", place], check=False, capture_output=True)
