"""An app that runs under plain Compose, on the very port that bgd's nginx wants, is taken over."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.docker.daemon import RunningDaemon, free_port
from tests.docker.plain import PlainApp


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[tuple[RunningDaemon, PlainApp]]:
    """A plain app with data, and a daemon that was started beside it."""
    daemon = RunningDaemon(tmp_path / "bgd")
    app = PlainApp(tmp_path / "app", daemon.http_port)
    try:
        app.write()
        app.compose("up", "-d")
        app.redis(f"{app.name}-database", "SET", "customer", "Ada")
        daemon.start()
        yield daemon, app
    finally:
        daemon.clear()
        app.clear()


def answer(app: PlainApp) -> str:
    """What the world gets, once somebody listens: a container that was just started doesn't at once."""
    deadline = time.monotonic() + 20
    while True:
        try:
            return httpx.get(f"http://127.0.0.1:{app.port}/", timeout=5).text
        except httpx.TransportError:
            if time.monotonic() > deadline:
                raise
            threading.Event().wait(0.05)


def test_the_daemon_starts_beside_it_and_says_that_its_port_is_taken(
    scene: tuple[RunningDaemon, PlainApp],
) -> None:
    daemon, app = scene
    told = daemon.bgctl("status").stdout
    assert f"127.0.0.1:{app.port} is taken" in told
    assert answer(app) == "one"


def test_add_tells_the_plan_refuses_and_changes_nothing(scene: tuple[RunningDaemon, PlainApp]) -> None:
    daemon, app = scene
    before = app.state()
    told = daemon.bgctl("add", str(app.file), status=4).stderr
    for part in (
        f"{app.name}-shared",
        f"{app.name}_data is kept",
        f"127.0.0.1:{app.port} passes from web to bgd's nginx",
        "--adopt",
        "way back",
    ):
        assert part in told, told
    assert app.state() == before
    assert daemon.json("status")["apps"] == []


def test_it_is_adopted_with_its_data_and_its_port_and_goes_back_with_them(
    scene: tuple[RunningDaemon, PlainApp],
) -> None:
    daemon, app = scene
    done = daemon.bgctl("add", str(app.file), "--adopt")
    assert "nothing served for" in done.stdout, done.stdout
    assert answer(app) == "one"
    assert daemon.bgctl("status").stdout.count("is taken") == 0
    assert app.containers() == {}
    (database,) = daemon.containers("bgd.role=shared")
    assert database.name == f"{daemon.instance}-{app.name}-shared-db-1"
    assert app.redis(database.name, "GET", "customer") == "Ada"
    assert [mount["Name"] for mount in database.attrs["Mounts"]] == [f"{app.name}_data"]

    app.write("two")
    app.redis(database.name, "SET", "customer", "Grace")
    assert daemon.finished("deploy", app.name)["outcome"] == "succeeded"
    assert answer(app) == "two"
    assert [one.id for one in daemon.containers("bgd.role=shared")] == [database.id]

    daemon.bgctl("remove", app.name, "--yes")
    app.compose("up", "-d")
    assert answer(app) == "two"
    assert app.redis(f"{app.name}-database", "GET", "customer") == "Grace"


def test_an_adoption_that_fails_leaves_the_plain_app_running_as_it_was(
    scene: tuple[RunningDaemon, PlainApp],
) -> None:
    daemon, app = scene
    before = app.state()
    app.write("two", fault="sick", within="3s")
    finished = daemon.finished("add", str(app.file), "--adopt", status=1)
    assert finished["outcome"] == "failed"
    assert "plain Compose" in finished["failure"]["still_serving"]
    assert answer(app) == "one"
    assert app.state() == before
    assert app.redis(f"{app.name}-database", "GET", "customer") == "Ada"
    app.write("two")
    assert daemon.finished("add", str(app.file), "--adopt")["outcome"] == "succeeded"
    assert answer(app) == "two"


def test_under_other_names_it_keeps_the_data_and_a_second_database_is_refused(tmp_path: Path) -> None:
    daemon = RunningDaemon(tmp_path / "bgd")
    app = PlainApp(tmp_path / "app", free_port())  # not the proxy's
    project = f"{app.name}-prod"
    try:
        app.write(db="healthcheck: {test: [CMD, redis-cli, ping], interval: 1s}")
        app.compose("up", "-d", project=project)
        app.redis(f"{app.name}-database", "SET", "customer", "Ada")
        daemon.start()
        daemon.bgctl("add", str(app.file), "--name", "renamed", "--adopt")
        (database,) = daemon.containers("bgd.role=shared")
        assert app.redis(database.name, "GET", "customer") == "Ada"
        assert [mount["Name"] for mount in database.attrs["Mounts"]] == [f"{project}_data"]
        assert httpx.get(daemon.url, timeout=5).text == "one"
        assert app.containers(project) == {}

        app.compose("up", "-d", "db", project=project)
        told = daemon.bgctl("deploy", "renamed", status=4).stderr
        assert f"docker compose -p {project} stop" in told
        app.compose("stop", project=project)
        assert daemon.finished("deploy", "renamed")["outcome"] == "succeeded"
    finally:
        daemon.clear()
        app.clear()


def test_killed_in_the_gap_the_next_daemon_finishes_the_adoption(
    scene: tuple[RunningDaemon, PlainApp],
) -> None:
    daemon, app = scene
    begun = daemon.client.add(str(app.file), adopt=True)
    with daemon.client.events(app=app.name, since=begun["deployment"]["event"]) as events:
        for event in events:
            if event["event"] == "effect" and event["effect"] == "start_shared":
                break
    daemon.end(signal.SIGKILL)
    daemon.start()
    with daemon.client.events(app=app.name, since=begun["deployment"]["event"]) as events:
        finished = next(event for event in events if event["event"] == "finished")
    assert finished["outcome"] == "succeeded"
    assert answer(app) == "one"
    assert app.containers() == {}
    (database,) = daemon.containers("bgd.role=shared")
    assert app.redis(database.name, "GET", "customer") == "Ada"
