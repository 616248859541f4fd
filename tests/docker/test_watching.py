"""A changed file deploys by itself: once per save, and only when the app as resolved changed."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from bgd.client import Client
from tests.docker.daemon import RunningDaemon
from tests.docker.registry import registry
from tests.docker.tiny import IMAGE, Tiny

WATCHED = "watch: true\nhealth: {path: /up}"


@pytest.fixture
def watched(bgd: RunningDaemon, tiny: Tiny) -> Tiny:
    """An app that is watched, with version `one` live."""
    bgd.bgctl("add", str(tiny.write("one", xbgd=WATCHED)))
    until(bgd, "tiny", "finished")
    return tiny


def events(daemon: RunningDaemon, app: str, since: int = 0) -> Iterator[dict[str, Any]]:
    """The app's events from the journal, and as they come."""
    with Client(str(daemon.socket)).events(app=app, since=since) as stream:
        yield from stream


def until(daemon: RunningDaemon, app: str, kind: str, since: int = 0) -> dict[str, Any]:
    """The next event of a kind."""
    return next(event for event in events(daemon, app, since) if event["event"] == kind)


def newest(daemon: RunningDaemon) -> int:
    """The id of the newest event."""
    with daemon.client.events(since=0, follow=False) as stream:
        return max(int(event["id"]) for event in stream)


def save_atomically(file: Path, text: str) -> None:
    """Write beside and rename, as editors do."""
    beside = file.with_name(".compose.yaml.swp")
    beside.write_text(text)
    beside.rename(file)


def test_a_watched_app_is_deployed_once_per_save(bgd: RunningDaemon, watched: Tiny) -> None:
    mark = newest(bgd)
    save_atomically(watched.file, watched.file.read_text().replace('"one"', '"two"'))
    done = until(bgd, "tiny", "finished", mark)
    assert (done["outcome"], done["release"]) == ("succeeded", "r2")
    assert httpx.get(bgd.url).text == "two"

    mark = newest(bgd)
    with watched.file.open("a") as file:
        file.write("# a remark\n")
        os.fsync(file.fileno())
    assert "nothing to deploy" in until(bgd, "tiny", "watch", mark)["message"]

    mark = newest(bgd)
    good = watched.file.read_text()
    save_atomically(watched.file, good + "  drain: [\n")
    told = until(bgd, "tiny", "watch", mark)["message"]
    assert f"{watched.file}:" in told
    assert "green still serves r2" in told

    mark = newest(bgd)
    for version in range(50):
        save_atomically(watched.file, good.replace('"two"', f'"v{version}"'))
    done = until(bgd, "tiny", "finished", mark)
    assert (done["outcome"], done["release"]) == ("succeeded", "r3")
    assert httpx.get(bgd.url).text == "v49"
    assert len(bgd.json("history", "tiny")["deployments"]) == 3


def test_a_change_while_no_daemon_looked_is_deployed_by_the_next(bgd: RunningDaemon, watched: Tiny) -> None:
    bgd.end()
    watched.file.write_text(watched.file.read_text().replace('"one"', '"two"'))
    bgd.start()
    done = next(e for e in events(bgd, "tiny") if e["event"] == "finished" and e["release"] == "r2")
    assert done["outcome"] == "succeeded"
    assert httpx.get(bgd.url).text == "two"


def finished(daemon: RunningDaemon, release: str) -> str:
    """How the deployment of a release ended."""
    ends = (e for e in events(daemon, "tiny") if e["event"] == "finished" and e["release"] == release)
    return str(next(ends)["outcome"])


def test_all_that_the_app_is_made_of_deploys_it(bgd: RunningDaemon, tiny: Tiny) -> None:
    (tiny.directory / "src").mkdir(parents=True)
    (tiny.directory / "src" / "Dockerfile").write_text(f"FROM {IMAGE}\nCOPY word /word\n")
    (tiny.directory / "src" / ".dockerignore").write_text("*.log\n")
    (tiny.directory / "src" / "word").write_text("one")
    (tiny.directory / "key").write_text("first")
    side = "services: {side: {image: '%s', command: [sleep, '%d'], init: true, user: '0'}}\n"
    (tiny.directory / "side.yaml").write_text(side % (IMAGE, 1000))
    file = tiny.write(
        "one",
        xbgd="watch: build\nhealth: {path: /up}",
        web="env_file: [{path: late.env, required: false}]\nsecrets: [key]",
        services="made:\n  build: ./src\n  command: [sleep, '1000']\n  init: true",
    )
    text = f"include: [side.yaml]\nsecrets: {{key: {{file: ./key}}}}\n{file.read_text()}"
    file.write_text(text.replace('"one"', '"${SAYS:-one}"'))
    bgd.bgctl("add", str(file))
    assert finished(bgd, "r1") == "succeeded"
    changes = {
        "r2": (tiny.directory / ".env", "SAYS=two\n"),
        "r3": (tiny.directory / "late.env", "LATE=1\n"),
        "r4": (tiny.directory / "key", "second"),
        "r5": (tiny.directory / "src" / "word", "two"),
        "r6": (tiny.directory / "side.yaml", side % (IMAGE, 2000)),
    }
    for release, (path, content) in changes.items():
        path.write_text(content)
        assert finished(bgd, release) == "succeeded", path
    assert httpx.get(bgd.url).text == "two"
    live = bgd.json("status", "tiny")["live"]
    (made,) = [c for c in bgd.containers(f"bgd.color={live}") if "-made-" in c.name]
    assert made.exec_run(["cat", "/word"]).output == b"two"
    mark = newest(bgd)
    (tiny.directory / "src" / "noise.log").write_text("not in the context")
    file.touch()
    assert "nothing to deploy" in until(bgd, "tiny", "watch", mark)["message"]
    assert len(bgd.json("history", "tiny")["deployments"]) == 6


def test_a_tag_that_moves_on_this_machine_deploys_what_it_stands_for(bgd: RunningDaemon, tiny: Tiny) -> None:
    tag = f"{bgd.instance}/moving:1"
    bgd.engine.images.get(IMAGE).tag(tag)
    file = tiny.write("one", xbgd="watch: {images: 1s}\nhealth: {path: /up}")
    file.write_text(file.read_text().replace(IMAGE, tag))
    bgd.bgctl("add", str(file))
    assert finished(bgd, "r1") == "succeeded"
    made, _ = bgd.engine.images.build(
        fileobj=io.BytesIO(f"FROM {IMAGE}\nENV MOVED=yes\n".encode()), tag=tag, rm=True
    )
    assert finished(bgd, "r2") == "succeeded"
    (started,) = [e for e in events_until(bgd, "r2") if e["event"] == "started" and e["release"] == "r2"]
    assert started["reason"] == f"newer images: {tag}"
    live = bgd.json("status", "tiny")["live"]
    (front,) = bgd.containers(f"bgd.color={live}")
    assert front.image.id == made.id


def events_until(daemon: RunningDaemon, release: str) -> Iterator[dict[str, Any]]:
    """The app's events up to the end of a release's deployment."""
    for event in events(daemon, "tiny"):
        yield event
        if event["event"] == "finished" and event["release"] == release:
            return


def test_a_newer_digest_behind_a_tag_of_a_registry_is_pulled_and_deployed(
    bgd: RunningDaemon, tiny: Tiny
) -> None:
    with registry() as shelf:
        reference = f"{shelf.name}/tiny:1"
        shelf.publish("1", bgd.engine.images.get(IMAGE))
        file = tiny.write("one", xbgd="watch: {images: 1s}\nhealth: {path: /up}")
        file.write_text(file.read_text().replace(IMAGE, reference))
        try:
            bgd.bgctl("add", str(file))
            assert finished(bgd, "r1") == "succeeded"
            newer, _ = bgd.engine.images.build(
                fileobj=io.BytesIO(f"FROM {IMAGE}\nENV MOVED=again\n".encode()), rm=True
            )
            shelf.publish("1", newer)
            assert finished(bgd, "r2") == "succeeded"
            live = bgd.json("status", "tiny")["live"]
            (front,) = bgd.containers(f"bgd.color={live}")
            assert front.image.id == newer.id
            digest = bgd.json("show", "tiny", "r2")["images"]["web"]["digest"]
            assert digest == f"{shelf.name}/tiny@{shelf.tags['1']}"
        finally:
            bgd.bgctl("remove", "tiny", "--yes")
            bgd.engine.images.remove(reference, force=True)
