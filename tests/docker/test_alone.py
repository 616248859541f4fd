"""An app that must not run twice, on the real engine: one file that it keeps locked, in a volume.

Clients ask all the while. They may get a 503 that says when to come back, and nothing else but answers.
"""

from __future__ import annotations

import asyncio
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx
import pytest

from tests.docker.both import watching
from tests.docker.daemon import RunningDaemon
from tests.docker.load.connection import Connection, Mishap
from tests.docker.tiny import Tiny

CLIENTS, SLOW_CLIENTS = 8, 4
XBGD = "health: {path: /up, within: 20s}\nsmoke:\n  - get: /pay\n    status: 200"


@pytest.fixture
def bgd(common_bgd: RunningDaemon) -> RunningDaemon:
    """The daemon that others use too."""
    return common_bgd


@pytest.fixture
def tiny(guest: Tiny) -> Tiny:
    """The app, which leaves again."""
    return guest


@dataclass
class Asked:
    """What clients got: the moment, and the version or what kept them from one."""

    answers: list[tuple[float, str]] = field(default_factory=list)

    @property
    def kinds(self) -> Counter[str]:
        """How often each."""
        return Counter(what for _, what in self.answers)


@asynccontextmanager
async def clients(bgd: RunningDaemon) -> AsyncIterator[Asked]:
    """Clients on kept connections, quick and slow ones."""
    asked, is_over = Asked(), asyncio.Event()
    door = f"127.0.0.1:{bgd.http_port}"

    async def serve(path: str) -> None:
        connection: Connection | None = None
        while not is_over.is_set():
            try:
                if connection is not None and not connection.is_reusable:
                    await connection.close()
                    connection = None
                connection = connection or await Connection.open(door)
                answer = await connection.ask("GET", path, "tiny.test")
            except Mishap as error:
                what = f"failed: {error}"
                if connection is not None:
                    await connection.close()
                connection = None
            else:
                later = answer.status == 503 and answer.header("retry-after") == "5"
                what = answer.body.decode() if answer.status == 200 else f"status {answer.status}"
                what = "503 later" if later and b"Back in a moment" in answer.body else what
            asked.answers.append((time.monotonic(), what))
            await asyncio.sleep(0.005)
        if connection is not None:
            await connection.close()

    async with asyncio.TaskGroup() as group:
        for number in range(CLIENTS + SLOW_CLIENTS):
            group.create_task(serve("/" if number < CLIENTS else "/slow"))
        try:
            yield asked
        finally:
            is_over.set()


def written(tiny: Tiny, version: str, fault: str = "") -> str:
    """The app's file, with a volume that it keeps its data in."""
    file = tiny.write(version, fault=fault, xbgd=XBGD, web="user: root")
    text = file.read_text()
    for before, after in (
        ('["./app.py:/app.py:ro"]', '["./app.py:/app.py:ro", "data:/data"]'),
        ("      VERSION:", "      DATA: /data\n      VERSION:"),
    ):
        assert before in text
        text = text.replace(before, after)
    file.write_text(text + "volumes: {data: {}}\n")
    return str(file)


@pytest.fixture
def alone(bgd: RunningDaemon, tiny: Tiny) -> Tiny:
    """The app, live in blue."""
    bgd.bgctl("add", written(tiny, "one"))
    bgd.bgctl("deploy", "tiny")
    return tiny


def only_clean(asked: Asked, *versions: str) -> None:
    """Nobody got anything but a version or the page that says when to come back."""
    assert set(asked.kinds) <= {*versions, "503 later"}, asked.kinds


async def test_a_deployment_stops_the_old_color_first_and_nobody_sees_an_error(
    bgd: RunningDaemon, alone: Tiny
) -> None:
    blue = bgd.ids("tiny", "blue")
    written(alone, "two")
    with watching(bgd) as watched:
        async with clients(bgd) as asked:
            done = await asyncio.to_thread(bgd.bgctl, "deploy", "tiny")
    assert "blue stops before green starts: web keeps data in /data" in done.stderr
    assert "bgctl rollback tiny starts it again" in done.stdout
    only_clean(asked, "one", "two")
    assert asked.kinds["503 later"] > 0
    assert not watched.both
    status = bgd.json("status", "tiny")
    assert (status["live"], status["closed"], status["problems"]) == ("green", [], [])
    assert status["colors"]["blue"]["state"] == "stopped"

    with watching(bgd) as watched:
        async with clients(bgd) as asked:
            back = await asyncio.to_thread(bgd.json, "rollback", "tiny")
    assert (back["from"], back["to"], back["release"]) == ("green", "blue", "r1")
    only_clean(asked, "one", "two")
    assert not watched.both
    assert bgd.ids("tiny", "blue") == blue


@pytest.mark.parametrize("fault", ["crash", "broke"])
async def test_a_release_that_fails_brings_the_old_containers_back(
    bgd: RunningDaemon, alone: Tiny, fault: str
) -> None:
    blue = bgd.ids("tiny", "blue")
    written(alone, "two", fault=fault)
    with watching(bgd) as watched:
        async with clients(bgd) as asked:
            done = await asyncio.to_thread(bgd.bgctl, "deploy", "tiny", status=1)
    assert "blue serves r1 again, in the containers it had before" in done.stderr
    only_clean(asked, "one")
    assert not watched.both
    assert bgd.ids("tiny", "blue") == blue
    assert bgd.ids("tiny", "green") == set()
    assert httpx.get(bgd.url).text == "one"


@pytest.mark.parametrize("stage", ["stopping", "starting", "checking", "switching"])
async def test_killed_while_nobody_serves_the_next_daemon_finishes(
    bgd: RunningDaemon, alone: Tiny, stage: str
) -> None:
    written(alone, "two")
    with watching(bgd) as watched:
        async with clients(bgd) as asked:
            begun = bgd.client.deploy("tiny")
            await asyncio.to_thread(until_stage, bgd, stage)
            await asyncio.to_thread(bgd.end, signal.SIGKILL)
            await asyncio.to_thread(bgd.start)
            await asyncio.to_thread(until_idle, bgd)
    assert bgd.client.deployment("tiny", begun["id"])["outcome"] == "succeeded"
    only_clean(asked, "one", "two")
    assert not watched.both
    status = bgd.json("status", "tiny")
    assert (status["live"], status["closed"], status["problems"]) == ("green", [], [])
    assert httpx.get(bgd.url).text == "two"


def until_stage(bgd: RunningDaemon, stage: str) -> None:
    """Return when the deployment has reached a stage."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        running = bgd.client.app("tiny")["deployment"]
        if running is None or stage in {s["stage"] for s in running["stages"] if s["status"] != "waiting"}:
            return
    raise AssertionError(f"it never came to {stage}")


def until_idle(bgd: RunningDaemon) -> None:
    """Return when nothing is under way."""
    deadline = time.monotonic() + 60
    while bgd.client.app("tiny")["phase"] != "idle":
        assert time.monotonic() < deadline


async def test_maintenance_closes_and_opens_under_load_without_an_error(
    bgd: RunningDaemon, tiny: Tiny
) -> None:
    bgd.bgctl("add", str(tiny.write("one")))
    bgd.bgctl("maintenance", "tiny", "on", status=4)
    bgd.bgctl("deploy", "tiny")
    blue = bgd.ids("tiny", "blue")
    async with clients(bgd) as asked:
        told = await asyncio.to_thread(bgd.bgctl, "maintenance", "tiny", "on")
        assert "503 page" in told.stdout
        page = await asyncio.to_thread(httpx.get, bgd.url)
        assert (page.status_code, page.headers["retry-after"]) == (503, "60")
        assert "Back soon" in page.text
        behind = await asyncio.to_thread(httpx.get, bgd.preview, headers={"Bgd-Color": "blue"})
        assert (behind.status_code, behind.text) == (200, "one")
        await asyncio.to_thread(bgd.end, signal.SIGKILL)
        await asyncio.to_thread(bgd.start)
        assert bgd.json("status", "tiny")["closed"] == ["maintenance"]
        await asyncio.to_thread(bgd.bgctl, "maintenance", "tiny", "off")
        assert (await asyncio.to_thread(httpx.get, bgd.url)).text == "one"
    assert set(asked.kinds) == {"one", "status 503"}, asked.kinds
    assert bgd.ids("tiny", "blue") == blue
