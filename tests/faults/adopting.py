"""An app under plain Compose that is adopted: taken over whole, or left as it was."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx

from bgd.errors import BgError
from bgd.wire import AppJson
from tests.docker.plain import PlainApp
from tests.faults.mortal_daemon import MortalDaemon
from tests.faults.stage import ACT_WITHIN_S, Act, Stage

HOST = "plain.test"
DECIDED_WITHIN_S = 60.0


def begin(daemon: MortalDaemon, plain: PlainApp) -> None:
    """See that it runs under plain Compose, with its data, and that bgd doesn't have it."""
    if taken(daemon, plain) is not None:
        daemon.client.remove(plain.name)
    plain.write(hosts=HOST)
    plain.compose("up", "-d")
    plain.redis(f"{plain.name}-database", "SET", "customer", "Ada")
    daemon.wait_until(lambda: asked(f"127.0.0.1:{plain.port}") == "one", "up", ACT_WITHIN_S)


def adopt(daemon: MortalDaemon, plain: PlainApp) -> None:
    """Take it over, to the end of that."""
    daemon.client.add(str(plain.file), adopt=True)

    def is_over() -> bool:
        app = taken(daemon, plain)
        return app is None or app["phase"] == "idle"

    daemon.wait_until(is_over, "adopted", ACT_WITHIN_S)


def end(daemon: MortalDaemon, plain: PlainApp, where: str) -> None:
    """It was taken over with its data, or runs as it did before."""

    def is_decided() -> bool:
        app = taken(daemon, plain)
        return app is None or app["live"] is not None

    daemon.wait_until(is_decided, "decided", DECIDED_WITHIN_S)
    if taken(daemon, plain) is not None:
        left = list(plain.containers())
        assert left == [], (left, where)
        (database,) = daemon.containers("bgd.role=shared", f"bgd.app={plain.name}")
        answer = asked(f"127.0.0.1:{daemon.http_port}")
        assert answer == "one", (answer, where)
    else:
        found = plain.containers()
        states = {name: c.status for name, c in found.items()}
        expected = dict.fromkeys((f"{plain.name}-web-1", f"{plain.name}-database"), "running")
        assert states == expected, (states, where)
        policies = {c.attrs["HostConfig"]["RestartPolicy"]["Name"] for c in found.values()}
        assert policies == {"always", "unless-stopped"}, (policies, where)
        left = [c.name for c in daemon.containers(f"bgd.app={plain.name}")]
        assert left == [], (left, where)
        daemon.wait_until(lambda: asked(f"127.0.0.1:{plain.port}") == "one", "as before", ACT_WITHIN_S)
        database = found[f"{plain.name}-database"]
    assert plain.redis(database.name, "GET", "customer") == "Ada", where


def taken(daemon: MortalDaemon, plain: PlainApp) -> AppJson | None:
    """The app as bgd has it; `None` where it hasn't."""
    return next((app for app in daemon.client.apps()["apps"] if app["app"] == plain.name), None)


def asked(door: str) -> str | None:
    """What is answered there for the app; `None` when nothing is, or not well."""
    try:
        told = httpx.get(f"http://{door}/", headers={"Host": HOST}, timeout=5)
    except httpx.HTTPError:
        return None
    return told.text if told.status_code == 200 else None


class Takeover(Stage):
    """A plain app on the very port that bgd's nginx wants, and nothing else."""

    def __init__(self, daemon: MortalDaemon, home: Path) -> None:
        super().__init__(daemon)
        self.plain = PlainApp(home / "plain", daemon.http_port)


def adopt_badly(stage: Takeover) -> None:
    """An adoption whose first release isn't well: the plain containers come back."""
    stage.plain.write(fault="sick", within="2s", hosts=HOST)
    with contextlib.suppress(BgError):
        adopt(stage.daemon, stage.plain)


TAKEOVERS: Mapping[str, Act[Takeover]] = {
    "adopt_with_port": Act(
        lambda s: adopt(s.daemon, s.plain),
        lambda s: begin(s.daemon, s.plain),
        end=lambda s, where: end(s.daemon, s.plain, where),
        takes_s=6.0,
    ),
    "adopt_badly": Act(
        adopt_badly,
        lambda s: begin(s.daemon, s.plain),
        end=lambda s, where: end(s.daemon, s.plain, where),
        takes_s=9.0,
    ),
}
"""Adoptions where the port passes from the app to bgd's nginx."""


@contextlib.contextmanager
def takeover(home: Path) -> Iterator[Takeover]:
    """A daemon without apps, beside a plain one; nothing is left of either."""
    daemon = MortalDaemon(home / "bgd")
    made = Takeover(daemon, home)
    try:
        made.plain.write(hosts=HOST)
        made.plain.compose("up", "-d")
        daemon.start()
        yield made
    finally:
        daemon.clear()
        made.plain.clear()
