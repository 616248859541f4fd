"""Somebody kills, removes and edits what is bgd's while it serves: it comes back, and the journal says so."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.docker.tiny import Tiny
from tests.faults.asker import Asker
from tests.faults.mortal_daemon import MortalDaemon

BACK_WITHIN_S = 60.0
WEB = "restart: always\nmem_limit: 64m"
XBGD = "health: {path: /up, interval: 100ms}\ndrain: 1s"


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MortalDaemon]:
    """A daemon with green live and blue warm."""
    made = MortalDaemon(tmp_path_factory.mktemp("hand") / "bgd")
    tiny = Tiny(made.home / "tiny")
    try:
        made.start()
        made.bgctl("add", str(tiny.write("one", xbgd=XBGD, web=WEB)))
        made.bgctl("deploy", "tiny")
        tiny.write("two", xbgd=XBGD, web=WEB)
        made.bgctl("deploy", "tiny")
        yield made
    finally:
        made.clear()


@pytest.fixture(autouse=True)
def served(daemon: MortalDaemon) -> Iterator[Callable[[], bool]]:
    """Whether the live release answers; it does again after every test."""

    def serves() -> bool:
        return daemon.answer() == "two"

    daemon.wait_until(serves, "served before", BACK_WITHIN_S)
    yield serves
    daemon.wait_until(serves, "served after", BACK_WITHIN_S)
    assert daemon.json("status", "tiny")["live"] == "green"


def proxy_id(daemon: MortalDaemon) -> str:
    """The proxy's container."""
    (proxy,) = [c for c in daemon.containers() if c.name == f"{daemon.instance}-proxy-nginx-1"]
    return str(proxy.id)


def crash(daemon: MortalDaemon, container: str) -> None:
    """Kill a container's first process: `docker kill` would count as a stop, which no policy undoes."""
    os.kill(daemon.engine.containers.get(container).attrs["State"]["Pid"], signal.SIGKILL)


def mended(daemon: MortalDaemon, word: str) -> bool:
    """Whether the journal says that something with this word in it was brought back."""
    lines = daemon.bgctl("events", "--json").stdout.splitlines()
    return any('"upkeep"' in line and word in line for line in lines)


def switched(daemon: MortalDaemon) -> bool:
    """Whether a switch succeeds now."""
    return daemon.bgctl("switch", "tiny", status=None).returncode == 0


def test_a_killed_proxy_is_back_by_its_restart_policy(daemon: MortalDaemon) -> None:
    before = proxy_id(daemon)
    crash(daemon, before)
    daemon.wait_until(lambda: daemon.answer() == "two", "served", BACK_WITHIN_S)
    assert proxy_id(daemon) == before


def test_a_removed_proxy_is_made_again(daemon: MortalDaemon) -> None:
    daemon.engine.containers.get(proxy_id(daemon)).remove(force=True)
    daemon.wait_until(lambda: daemon.answer() == "two", "served", BACK_WITHIN_S)
    daemon.wait_until(lambda: mended(daemon, "the proxy"), "told", BACK_WITHIN_S)


def test_a_stopped_proxy_is_started_again(daemon: MortalDaemon) -> None:
    daemon.engine.containers.get(proxy_id(daemon)).stop(timeout=1)
    daemon.wait_until(lambda: daemon.answer() == "two", "served", BACK_WITHIN_S)


def test_a_removed_front_is_made_again_from_the_release_that_is_live(daemon: MortalDaemon) -> None:
    (web,) = daemon.containers("bgd.app=tiny", "bgd.color=green")
    web.remove(force=True)
    daemon.wait_until(lambda: daemon.answer() == "two", "served", BACK_WITHIN_S)
    daemon.wait_until(lambda: mended(daemon, "web of green"), "told", BACK_WITHIN_S)
    assert daemon.json("status", "tiny")["colors"]["green"]["release"] == "r2"


def test_the_proxy_and_the_front_are_back_also_while_a_deployment_waits(daemon: MortalDaemon) -> None:
    tiny = Tiny(daemon.home / "tiny")
    tiny.write("three", xbgd=f"{XBGD}\npromote: manual", web=WEB)
    number = daemon.client.deploy("tiny")["id"]
    waits: Callable[[], bool] = lambda: daemon.client.app("tiny")["phase"] == "awaiting"  # noqa: E731
    daemon.wait_until(waits, "waiting", BACK_WITHIN_S)
    (web,) = daemon.containers("bgd.app=tiny", "bgd.color=green")
    web.remove(force=True)
    daemon.engine.containers.get(proxy_id(daemon)).remove(force=True)
    daemon.wait_until(lambda: daemon.answer() == "two", "served", BACK_WITHIN_S)
    assert waits()
    daemon.client.cancel("tiny")
    assert daemon.client.deployment("tiny", number)["outcome"] == "cancelled"
    for version in ("one", "two"):
        tiny.write(version, xbgd=XBGD, web=WEB)
        daemon.bgctl("deploy", "tiny")


def test_a_front_that_gets_another_address_is_found(daemon: MortalDaemon) -> None:
    (web,) = daemon.containers("bgd.app=tiny", "bgd.color=green")
    crash(daemon, str(web.id))  # its restart policy brings it back, perhaps with another address
    daemon.wait_until(lambda: daemon.answer() == "two", "served", BACK_WITHIN_S)


@pytest.mark.parametrize("path", ["/crash", "/eat"])
def test_a_front_that_dies_of_itself_is_back_and_said_to_have_restarted(
    daemon: MortalDaemon, path: str
) -> None:
    def restarts() -> int:
        return int(daemon.json("status", "tiny")["colors"]["green"]["containers"][0]["restarts"])

    before = restarts()
    with pytest.raises(httpx.HTTPError), httpx.Client(timeout=30) as client:
        client.get(daemon.url + path).raise_for_status()
    daemon.wait_until(lambda: daemon.answer() == "two", "served", BACK_WITHIN_S)
    daemon.wait_until(lambda: restarts() > before, "told", BACK_WITHIN_S)


def test_compose_down_on_both_colours_takes_nothing_away_for_long(daemon: MortalDaemon) -> None:
    compose = Path(sys.executable).with_name("docker-compose")
    for color in ("blue", "green"):
        subprocess.run(
            [compose, "-p", f"{daemon.instance}-tiny-{color}", "down", "--remove-orphans"],
            check=True, capture_output=True, timeout=60,
        )  # fmt: skip
    daemon.wait_until(lambda: daemon.answer() == "two", "served", BACK_WITHIN_S)
    back: Callable[[], bool] = lambda: len(daemon.containers("bgd.app=tiny", "bgd.color=blue")) == 1  # noqa: E731
    daemon.wait_until(back, "warm again", BACK_WITHIN_S)
    daemon.wait_until(
        lambda: daemon.bgctl("switch", "tiny", status=None).returncode == 0, "well", BACK_WITHIN_S
    )
    assert daemon.answer() == "one"
    daemon.bgctl("switch", "tiny")


@pytest.mark.parametrize("harm", ["renamed gate", "no gates", "garbage configuration", "no configuration"])
def test_files_that_were_edited_are_put_back(daemon: MortalDaemon, harm: str) -> None:
    nginx = daemon.state_dir / "nginx"
    gate = nginx / "gate" / "tiny"
    if harm == "renamed gate":
        (gate / "green.on").rename(gate / "green.off")
    elif harm == "no gates":
        for file in gate.iterdir():
            file.unlink()
    elif harm == "garbage configuration":
        (nginx / "nginx.conf").write_text("garbage;")
    else:
        (nginx / "nginx.conf").unlink()
    # The proxy reads what is there when it is started: what was broken would show now at the latest.
    crash(daemon, proxy_id(daemon))
    daemon.wait_until(lambda: daemon.answer() == "two", "served", BACK_WITHIN_S)
    assert (gate / "green.on").exists()


def test_compose_killed_in_the_middle_fails_the_deployment_and_nothing_else(daemon: MortalDaemon) -> None:
    tiny = Tiny(daemon.home / "tiny")
    tiny.write("three", xbgd=XBGD, web=WEB)
    over = threading.Event()

    def kill_composes() -> None:
        while not over.is_set():
            for pid, command in daemon.children():
                if " up " in command:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)

    killer = threading.Thread(target=kill_composes)
    with Asker(daemon.http_port) as asker:
        killer.start()
        told = daemon.finished("deploy", "tiny", status=1)
        over.set()
        killer.join()
    assert told["outcome"] == "failed"
    assert not asker.failures, asker.failures[:3]
    assert daemon.answer() == "two"
    tiny.write("two", xbgd=XBGD, web=WEB)
    assert daemon.finished("deploy", "tiny")["outcome"] == "succeeded"
    daemon.bgctl("deploy", "tiny")
